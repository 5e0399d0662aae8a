//! Bound methods and `instancemethod`.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyMethod_Type: PyMethodObject = "method" { flags: HAVE_GC; }
}
pub fn new(func: Value, slf: Value) -> Ref {
    unimplemented!()
}
/// (function, self) of a bound method.
pub fn parts(v: Value) -> (Value, Value) {
    unimplemented!()
}
