//! `float`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyFloat_Type: PyFloatObject = "float" { flags: BASETYPE | MATCH_SELF; }
}
/// NaN (callers checked).
pub fn new_boxed(x: f64) -> Ref {
    unimplemented!()
}
/// An owned real PyFloat.
pub fn box_float(x: f64) -> *mut PyObject {
    unimplemented!()
}
/// floats, subclasses, __float__, __index__; "must be real number, not X".
pub fn as_f64_slow(v: Value) -> PyResult<f64> {
    unimplemented!()
}
pub fn is_float_instance(v: Value) -> bool {
    unimplemented!()
}
/// Of a float instance.
pub fn value(v: Value) -> f64 {
    unimplemented!()
}
/// float(v) incl. text.
pub fn from_object(v: Value) -> PyResult {
    unimplemented!()
}
pub fn repr_f64(x: f64) -> String {
    unimplemented!()
}
