//! Python functions.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyFunction_Type: PyFunctionObject = "function" { flags: HAVE_GC; }
}
/// As PyFunction_NewWithQualName.
pub fn new(code: Value, globals: Value, qualname: Value) -> PyResult {
    unimplemented!()
}
pub fn code(v: Value) -> Value {
    unimplemented!()
}
pub fn is_function(v: Value) -> bool {
    unimplemented!()
}
