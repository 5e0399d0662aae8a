//! `bytearray`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyByteArray_Type: PyByteArrayObject = "bytearray" { flags: BASETYPE; }
}
pub fn new(data: &[u8]) -> Ref {
    unimplemented!()
}
pub fn data<'a>(v: Value) -> &'a [u8] {
    unimplemented!()
}
pub fn is_bytearray(v: Value) -> bool {
    unimplemented!()
}
