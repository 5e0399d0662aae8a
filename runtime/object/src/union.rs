//! `types.UnionType`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static _PyUnion_Type: PyObject = "types.UnionType" { flags: HAVE_GC; }
}
/// The tuple of a union.
pub fn args(v: Value) -> Value {
    unimplemented!()
}
/// a | b for types.
pub fn or(a: Value, b: Value) -> PyResult {
    unimplemented!()
}
