//! `bytes`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyBytes_Type: PyBytesObject = "bytes" { flags: BASETYPE | BYTES_SUBCLASS | MATCH_SELF; }
}
pub fn new(data: &[u8]) -> Ref {
    unimplemented!()
}
/// Of a bytes instance.
pub fn data<'a>(v: Value) -> &'a [u8] {
    unimplemented!()
}
pub fn is_bytes(v: Value) -> bool {
    unimplemented!()
}
