//! `pickle.PickleBuffer`: a buffer that may travel beside the pickle.

use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::memory::{self, Buffer};
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, check_positional, gc, heap, methods, py_type,
    raise, ty,
};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

#[repr(C)]
pub(crate) struct PickleBufferObject {
    pub ob_base: PyObject,
    /// The exporter's buffer; without one after `release()`.
    view: Option<Buffer>,
    weakrefs: *mut PyObject,
}
py_type! {
    pub static PyPickleBuffer_Type: PickleBufferObject = "pickle.PickleBuffer" {
        flags: HAVE_GC | BASETYPE;
        fields { tp_weaklistoffset: offset_of!(PickleBufferObject, weakrefs) as isize }
        doc: "Wrapper for potentially out-of-band buffers";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_new: new }
        buffer { bf_getbuffer: get_buffer }
        methods: METHODS;
    }
}
methods! { static METHODS = [
    "raw" NOARGS raw, "raw($self, /)\n--\n\nReturn a memoryview of the raw memory underlying this buffer.\n\nWill raise BufferError is the buffer isn't contiguous.";
    "release" NOARGS release, "release($self, /)\n--\n\nRelease the underlying buffer held by the PickleBuffer object.";
] }

/// `_Py_MEMORYVIEW_C | _Py_MEMORYVIEW_FORTRAN`.
const FLAT: c_int = 6;

fn object(v: Value) -> *mut PickleBufferObject {
    v.as_ptr().cast()
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        gc::untrack(o);
        pyrs_object::weakref::clear_refs(o);
        clear(o);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: a live instance.
    match unsafe { &(*o.cast::<PickleBufferObject>()).view } {
        // SAFETY: the view keeps its exporter alive.
        Some(b) if !b.raw.obj.is_null() => unsafe { visit(b.raw.obj, arg) },
        _ => 0,
    }
}
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: a live instance; the view is gone before its exporter may die.
    drop(unsafe { (*o.cast::<PickleBufferObject>()).view.take() });
    0
}
fn new(t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("PickleBuffer")?;
    check_positional("PickleBuffer", args.values.len(), 1, 1)?;
    let made = alloc_instance(t, 0)?;
    // SAFETY: a fresh zeroed instance.
    let made = unsafe { Ref::from_owned_ptr(made) };
    // SAFETY: a zeroed view is none: `Buffer` is a Box, whose niche is null.
    unsafe { (*object(made.value())).view = Some(Buffer::get(args.values[0], bufflags::FULL_RO)?) };
    Ok(made)
}
#[cold]
fn released() -> pyrs_object::Raised {
    raise!(
        ValueError,
        "operation forbidden on released PickleBuffer object"
    )
}
/// `v` is a PickleBuffer; its buffer.
pub(super) fn view<'a>(v: Value) -> PyResult<&'a Buffer> {
    // SAFETY: a live PickleBuffer.
    unsafe { (*object(v)).view.as_ref() }.ok_or_else(released)
}
/// The buffer of a PickleBuffer for C, which reads it while the PickleBuffer holds it.
pub fn buffer_of(v: Value) -> PyResult<*const Py_buffer> {
    view(v).map(|b| &raw const *b.raw)
}
/// The buffer lies in one piece (in C or Fortran order).
pub(super) fn is_contiguous(b: &Py_buffer) -> bool {
    if !b.suboffsets.is_null() {
        return false;
    }
    if b.len == 0 || b.strides.is_null() {
        return true;
    }
    let n = b.ndim as usize;
    // SAFETY: the exporter gave `ndim` shapes and strides.
    let (shape, strides) = unsafe {
        (
            std::slice::from_raw_parts(b.shape, n),
            std::slice::from_raw_parts(b.strides, n),
        )
    };
    let in_order = |order: &mut dyn Iterator<Item = usize>| {
        let mut step = b.itemsize;
        for i in order {
            if shape[i] > 1 && strides[i] != step {
                return false;
            }
            step *= shape[i];
        }
        true
    };
    in_order(&mut (0..n).rev()) || in_order(&mut (0..n))
}
fn raw(v: Value) -> PyResult {
    let b = view(v)?;
    if !is_contiguous(&b.raw) {
        return Err(raise!(
            BufferError,
            "cannot extract raw buffer from non-contiguous buffer"
        ));
    }
    let whole = memory::new(v)?;
    let m = whole.value().as_ptr().cast::<PyMemoryViewObject>();
    // SAFETY: a memoryview that nobody else has seen; as CPython's, its shape and stride are words of its own view.
    unsafe {
        (*m).view.format = c"B".as_ptr().cast_mut();
        (*m).view.ndim = 1;
        (*m).view.itemsize = 1;
        (*m).view.shape = &raw mut (*m).view.len;
        (*m).view.strides = &raw mut (*m).view.itemsize;
        (*m).flags = FLAT;
    }
    Ok(whole)
}
fn release(v: Value) -> PyResult {
    // SAFETY: a live instance.
    drop(unsafe { (*object(v)).view.take() });
    Ok(Ref::none())
}
/// A view of the exporter itself: `memoryview(PickleBuffer(x)).obj` is `x`.
unsafe extern "C" fn get_buffer(o: *mut PyObject, view: *mut Py_buffer, flags: c_int) -> c_int {
    // SAFETY: a live instance; the exporter fills the caller's structure.
    unsafe {
        let Some(b) = &(*o.cast::<PickleBufferObject>()).view else {
            let _ = released();
            return -1;
        };
        let exporter = b.raw.obj;
        let procs = (*(*exporter).ob_type).tp_as_buffer;
        match procs.as_ref().and_then(|p| p.bf_getbuffer) {
            Some(get) => get(exporter, view, flags),
            None => {
                let _ = released();
                -1
            }
        }
    }
}
/// `v` is a PickleBuffer.
pub fn is_pickle_buffer(v: Value) -> bool {
    v.is_exact(ty!(PyPickleBuffer_Type))
}
