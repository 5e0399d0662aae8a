//! The buffer protocol and `memoryview`.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyMemoryView_Type: PyMemoryViewObject = "memoryview" { flags: HAVE_GC; }
}
pub struct Buffer {
    pub raw: Py_buffer,
}
/// A held buffer of any exporter (native or C); released when dropped.
impl Buffer {
    pub fn get(v: Value, flags: i32) -> PyResult<Buffer> {
        unimplemented!()
    }
    pub fn bytes(&self) -> &[u8] {
        unimplemented!()
    }
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        unimplemented!()
    }
}
/// Contiguous read-only bytes of a bytes-like object; "a bytes-like object is required, not 'X'".
pub fn bytes_like(v: Value) -> PyResult<Buffer> {
    unimplemented!()
}
pub fn has_buffer(v: Value) -> bool {
    unimplemented!()
}
/// memoryview(v)
pub fn new(v: Value) -> PyResult {
    unimplemented!()
}
