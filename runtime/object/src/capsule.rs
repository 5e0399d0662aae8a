//! `PyCapsule`: a C pointer with a name, passed between extension modules.

use crate::layout::*;
use crate::{PyResult, Ref, Value, heap, ty};
use std::ffi::{c_char, c_void};

/// CPython keeps this layout private; only its size is fixed.
#[repr(C)]
pub struct PyCapsuleObject {
    pub ob_base: PyObject,
    pub pointer: *mut c_void,
    pub name: *const c_char,
    pub context: *mut c_void,
    pub destructor: Option<unsafe extern "C" fn(*mut PyObject)>,
}

py_type! {
    pub static PyCapsule_Type: PyCapsuleObject = "PyCapsule" {
        flags: DISALLOW_INSTANTIATION;
        doc: "A pointer of C code, with its name.";
        raw { tp_dealloc: dealloc }
        slots { tp_repr: repr }
    }
}

/// A new capsule; `name` must live as long as the capsule.
pub fn new(
    pointer: *mut c_void,
    name: *const c_char,
    destructor: Option<unsafe extern "C" fn(*mut PyObject)>,
) -> Ref {
    let object = heap::alloc_zeroed(ty!(PyCapsule_Type), size_of::<PyCapsuleObject>());
    // SAFETY: a fresh capsule.
    unsafe {
        let c = object.cast::<PyCapsuleObject>();
        (*c).pointer = pointer;
        (*c).name = name;
        (*c).destructor = destructor;
        Ref::from_owned_ptr(object)
    }
}

fn repr(v: Value) -> PyResult {
    // SAFETY: a capsule; its name is NUL-terminated.
    let name = unsafe { (*v.as_ptr().cast::<PyCapsuleObject>()).name };
    let text = if name.is_null() {
        "NULL".to_string()
    } else {
        // SAFETY: as above.
        format!("\"{}\"", unsafe { crate::native::c_str(name) })
    };
    Ok(Ref::str(&format!(
        "<capsule object {text} at {:#x}>",
        v.bits()
    )))
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: as a C slot: a dead capsule.
    unsafe {
        if let Some(f) = (*object.cast::<PyCapsuleObject>()).destructor {
            f(object);
        }
        heap::finish_dealloc(object);
    }
}
