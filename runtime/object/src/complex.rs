//! `complex`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyComplex_Type: PyComplexObject = "complex" { flags: BASETYPE; }
}
pub fn new(real: f64, imag: f64) -> Ref {
    unimplemented!()
}
/// Of a complex instance.
pub fn parts(v: Value) -> Option<(f64, f64)> {
    unimplemented!()
}
