//! `range` and its iterators. The iterator of machine-word ranges is a plain struct the interpreter and the JIT read.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyRange_Type: PyObject = "range" { flags: SEQUENCE; }
}
py_type! {
    pub static PyRangeIter_Type: RangeIter = "range_iterator" { flags: DEFAULT; }
}
/// The iterator over a machine-word range: `remaining` items from `next` on, `step` apart.
#[repr(C)]
pub struct RangeIter {
    pub ob_base: PyObject,
    pub next: i64,
    pub step: i64,
    pub remaining: i64,
    pub spare: i64,
}
pub fn new(start: Value, stop: Value, step: Value) -> PyResult {
    unimplemented!()
}
