//! `pycapsule.h`.

use crate::*;
use pyrs_object::capsule::{self, PyCapsuleObject};
use pyrs_object::{ValueExt, errors, exceptions, ops, ty};
use std::ffi::c_void;

fn check(o: O, function: &str) -> Option<*mut PyCapsuleObject> {
    let v = Value::from_object(o);
    let c = o.cast::<PyCapsuleObject>();
    if !o.is_null()
        && v.is_exact(ty!(capsule::PyCapsule_Type))
        // SAFETY: a live capsule.
        && unsafe { !(*c).pointer.is_null() }
    {
        return Some(c);
    }
    let _ = raise!(
        ValueError,
        "{function} called with invalid PyCapsule object"
    );
    None
}
unsafe fn same(a: *const c_char, b: *const c_char) -> bool {
    if a == b || a.is_null() || b.is_null() {
        a == b
    } else {
        // SAFETY: C strings.
        unsafe { c_bytes(a) == c_bytes(b) }
    }
}
unsafe fn import(full: *const c_char) -> PyResult {
    // SAFETY: a C string.
    let full = unsafe { text(full) };
    let mut parts = full.split('.');
    let first = parts.next().unwrap_or("");
    let mut object = match pyrs_vm::import::import_absolute(first) {
        Ok(m) => m,
        Err(_) => {
            errors::clear();
            return Err(raise!(
                ImportError,
                "PyCapsule_Import could not import module \"{first}\""
            ));
        }
    };
    let mut path = first.to_owned();
    for part in parts {
        path = format!("{path}.{part}");
        object = match ops::getattr_str(object.value(), part) {
            Ok(o) => o,
            Err(e) => {
                // A submodule that nobody has imported yet.
                if !errors::take_if(exceptions::AttributeError) {
                    return Err(e);
                }
                match pyrs_vm::import::import_absolute(&path) {
                    Ok(m) => m,
                    Err(_) => {
                        errors::clear();
                        return Err(raise!(
                            AttributeError,
                            "PyCapsule_Import \"{full}\" is not valid"
                        ));
                    }
                }
            }
        };
    }
    Ok(object)
}

capi! {
    fn PyCapsule_New(p: *mut c_void, name: *const c_char, d: Option<destructor>) -> O {
        if p.is_null() { let _ = raise!(ValueError, "PyCapsule_New called with null pointer"); return NULL; }
        capsule::new(p, name, d).into_ptr()
    }
    fn PyCapsule_IsValid(o: O, name: *const c_char) -> c_int {
        (!o.is_null() && Value::from_object(o).is_exact(ty!(capsule::PyCapsule_Type))
            && !(*o.cast::<PyCapsuleObject>()).pointer.is_null() && same((*o.cast::<PyCapsuleObject>()).name, name)).into()
    }
    fn PyCapsule_GetPointer(o: O, name: *const c_char) -> *mut c_void {
        let Some(c) = check(o, "PyCapsule_GetPointer") else { return std::ptr::null_mut() };
        if !same((*c).name, name) {
            let _ = raise!(ValueError, "PyCapsule_GetPointer called with incorrect name");
            return std::ptr::null_mut();
        }
        (*c).pointer
    }
    fn PyCapsule_GetName(o: O) -> *const c_char { check(o, "PyCapsule_GetName").map_or(std::ptr::null(), |c| (*c).name) }
    fn PyCapsule_GetContext(o: O) -> *mut c_void { check(o, "PyCapsule_GetContext").map_or(std::ptr::null_mut(), |c| (*c).context) }
    fn PyCapsule_GetDestructor(o: O) -> Option<destructor> { check(o, "PyCapsule_GetDestructor").and_then(|c| (*c).destructor) }
    fn PyCapsule_SetPointer(o: O, p: *mut c_void) -> c_int {
        if p.is_null() { let _ = raise!(ValueError, "PyCapsule_SetPointer called with null pointer"); return -1; }
        check(o, "PyCapsule_SetPointer").map_or(-1, |c| { (*c).pointer = p; 0 })
    }
    fn PyCapsule_SetName(o: O, name: *const c_char) -> c_int { check(o, "PyCapsule_SetName").map_or(-1, |c| { (*c).name = name; 0 }) }
    fn PyCapsule_SetContext(o: O, p: *mut c_void) -> c_int { check(o, "PyCapsule_SetContext").map_or(-1, |c| { (*c).context = p; 0 }) }
    fn PyCapsule_SetDestructor(o: O, d: Option<destructor>) -> c_int { check(o, "PyCapsule_SetDestructor").map_or(-1, |c| { (*c).destructor = d; 0 }) }
    fn PyCapsule_Import(name: *const c_char, _no_block: c_int) -> *mut c_void {
        match import(name) {
            Ok(o) if PyCapsule_IsValid(o.value().as_ptr(), name) != 0 => (*o.value().as_ptr().cast::<PyCapsuleObject>()).pointer,
            Ok(_) => { let _ = raise!(AttributeError, "PyCapsule_Import \"{}\" is not valid", text(name)); std::ptr::null_mut() }
            Err(_) => std::ptr::null_mut(),
        }
    }
}
