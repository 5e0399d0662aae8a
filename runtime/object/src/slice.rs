//! `slice`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PySlice_Type: PySliceObject = "slice" { flags: HAVE_GC; }
}
/// Empty stands for None.
pub fn new(start: Value, stop: Value, step: Value) -> Ref {
    unimplemented!()
}
/// PySlice_Unpack.
pub fn unpack(v: Value) -> PyResult<(isize, isize, isize)> {
    unimplemented!()
}
/// start, stop, step, count after clipping.
pub fn indices(v: Value, len: usize) -> PyResult<(isize, isize, isize, usize)> {
    unimplemented!()
}
pub fn is_slice(v: Value) -> bool {
    unimplemented!()
}
