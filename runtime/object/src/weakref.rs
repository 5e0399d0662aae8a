//! Weak references and proxies.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static _PyWeakref_RefType: PyWeakReference = "weakref.ReferenceType" { flags: HAVE_GC; }
}
pub fn new_ref(v: Value, callback: Value) -> PyResult {
    unimplemented!()
}
pub fn get(r: Value) -> Option<Ref> {
    unimplemented!()
}
/// PyObject_ClearWeakRefs: clears and calls callbacks.
pub unsafe fn clear_refs(object: *mut PyObject) {
    unimplemented!()
}
pub fn supports(t: Type) -> bool {
    unimplemented!()
}
