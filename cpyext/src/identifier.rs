//! `_Py_Identifier` (`cpython/object.h`): names of C code, made into interned strings at their first use.

use crate::va::Va;
use crate::*;
use pyrs_object::{dict, ops, str};

/// `struct _Py_Identifier`. The index is this process's number of the name plus one step: -1 until it is known.
#[repr(C)]
pub struct Identifier {
    string: *const c_char,
    index: isize,
}
/// The names by index; interned for good.
static mut NAMES: Vec<Value> = Vec::new();

unsafe fn id_name(id: *mut Identifier) -> Value {
    // SAFETY: a static identifier; the list is used under the GIL.
    unsafe {
        let names = &raw mut NAMES;
        let names = &mut *names;
        if (*id).index < 0 {
            names.push(str::intern(&text((*id).string)).into_value());
            (*id).index = names.len() as isize - 1;
        }
        names[(*id).index as usize]
    }
}

unsafe extern "C" {
    fn pyrs_call_method_format(
        o: O,
        name: *const c_char,
        format: *const c_char,
        list: *mut Va,
        flags: c_int,
    ) -> O;
    fn pyrs_call_method_objects(o: O, name: O, list: *mut Va) -> O;
}

capi! {
    fn _PyUnicode_FromId(id: *mut Identifier) -> O { id_name(id).as_ptr() }
    fn _PyObject_GetAttrId(o: O, id: *mut Identifier) -> O { ret(ops::getattr(val(o), id_name(id))) }
    fn _PyObject_SetAttrId(o: O, id: *mut Identifier, v: O) -> c_int { status(ops::setattr(val(o), id_name(id), val(v))) }
    fn _PyObject_LookupAttrId(o: O, id: *mut Identifier, out: *mut O) -> c_int {
        crate::object::_PyObject_LookupAttr(o, id_name(id).as_ptr(), out)
    }
    fn _PyObject_LookupSpecialId(o: O, id: *mut Identifier) -> O {
        let v = val(o);
        match pyrs_object::typeobject::lookup(Type::of(v), id_name(id)) {
            None => NULL,
            Some(f) => ret(pyrs_object::typeobject::descr_get(f, v, Type::of(v).value())),
        }
    }
    fn _PyType_LookupId(t: *mut PyTypeObject, id: *mut Identifier) -> O {
        pyrs_object::typeobject::lookup(type_of_ptr(t), id_name(id)).map_or(NULL, |v| v.as_ptr())
    }
    fn _PyDict_GetItemIdWithError(d: O, id: *mut Identifier) -> O {
        crate::dictobject::PyDict_GetItemWithError(d, id_name(id).as_ptr())
    }
    fn _PyDict_SetItemId(d: O, id: *mut Identifier, v: O) -> c_int { status(ops::setitem(val(d), id_name(id), val(v))) }
    fn _PyDict_DelItemId(d: O, id: *mut Identifier) -> c_int { crate::dictobject::PyDict_DelItem(d, id_name(id).as_ptr()) }
    fn _PyDict_ContainsId(d: O, id: *mut Identifier) -> c_int { truth(dict::contains(val(d), id_name(id))) }
    fn _PyImport_GetModuleId(id: *mut Identifier) -> O {
        match pyrs_vm::import::modules().and_then(|m| dict::get(m.value(), id_name(id))) {
            Ok(Some(m)) => boundary::to_c(m),
            _ => NULL,
        }
    }
    fn pyrs_call_method_id_format(o: O, id: *mut Identifier, format: *const c_char, list: *mut Va, flags: c_int) -> O {
        pyrs_call_method_format(o, (*id).string, format, list, flags)
    }
    fn pyrs_call_method_object_format(o: O, method: O, format: *const c_char, list: *mut Va, flags: c_int) -> O {
        let Ok(method) = std::ffi::CString::new(str::to_string_lossy(val(method))) else { return bad_null() };
        pyrs_call_method_format(o, method.as_ptr(), format, list, flags)
    }
    fn pyrs_call_method_id_objects(o: O, id: *mut Identifier, list: *mut Va) -> O {
        pyrs_call_method_objects(o, id_name(id).as_ptr(), list)
    }
}
