//! `structseq.h`: named tuples of C modules, by the same machinery as `sys.version_info`.

use crate::*;
use pyrs_object::structseq;

unsafe fn fields(desc: *mut PyStructSequence_Desc) -> Vec<(&'static str, &'static str)> {
    let mut out = Vec::new();
    // SAFETY: the array ends with an entry without name; its texts outlive the type.
    unsafe {
        let mut f = (*desc).fields;
        while !f.is_null() && !(*f).name.is_null() {
            let unnamed = (*f).name.cast_const() == PyStructSequence_UnnamedField.0
                || c_bytes((*f).name) == b"unnamed field";
            out.push((
                if unnamed {
                    structseq::UNNAMED
                } else {
                    pyrs_object::native::c_str((*f).name)
                },
                pyrs_object::native::c_str((*f).doc),
            ));
            f = f.add(1);
        }
    }
    out
}
unsafe fn init(t: *mut PyTypeObject, desc: *mut PyStructSequence_Desc) -> PyResult<Type> {
    // SAFETY: a description whose texts outlive the type, and memory for one.
    unsafe {
        structseq::init_type(
            t,
            pyrs_object::native::c_str((*desc).name),
            pyrs_object::native::c_str((*desc).doc),
            &fields(desc),
            (*desc).n_in_sequence.max(0) as usize,
        )
    }
}

/// The name that marks a field without name.
#[unsafe(no_mangle)]
pub static PyStructSequence_UnnamedField: Text = Text(c"unnamed field".as_ptr());
/// A C string constant.
#[repr(transparent)]
pub struct Text(*const c_char);
// SAFETY: it points at a constant.
unsafe impl Sync for Text {}

capi! {
    fn PyStructSequence_NewType(desc: *mut PyStructSequence_Desc) -> *mut PyTypeObject {
        let t = Box::into_raw(Box::new(pyrs_object::native::Zero::TYPE));
        init(t, desc).map_or(std::ptr::null_mut(), Type::as_ptr)
    }
    fn PyStructSequence_InitType2(t: *mut PyTypeObject, desc: *mut PyStructSequence_Desc) -> c_int { status(init(t, desc).map(drop)) }
    fn PyStructSequence_InitType(t: *mut PyTypeObject, desc: *mut PyStructSequence_Desc) { let _ = init(t, desc); }
    fn _PyStructSequence_NewType(desc: *mut PyStructSequence_Desc, _flags: std::ffi::c_ulong) -> *mut PyTypeObject { PyStructSequence_NewType(desc) }
    fn PyStructSequence_New(t: *mut PyTypeObject) -> O {
        let ty = Type::from_ptr(t);
        let n = pyrs_object::dict::get_str(Value::from_object(ty.tp_dict), "n_fields").and_then(|n| n.as_int()).unwrap_or(0);
        boundary::to_c(structseq::new(ty, (0..n).map(|_| Ref::none()).collect()))
    }
    fn PyStructSequence_SetItem(o: O, i: isize, v: O) {
        let slot = (&raw mut (*o.cast::<PyTupleObject>()).ob_item).cast::<O>().offset(i);
        let old = std::mem::replace(&mut *slot, v);
        pyrs_object::heap::xdecref_ptr(old);
    }
    fn PyStructSequence_GetItem(o: O, i: isize) -> O { *(&raw mut (*o.cast::<PyTupleObject>()).ob_item).cast::<O>().offset(i) }
}
