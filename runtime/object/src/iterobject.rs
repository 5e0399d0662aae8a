//! The sequence iterator, `callable_iterator`, and shared iterator helpers.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PySeqIter_Type: PyObject = "iterator" { flags: HAVE_GC; }
}
py_type! {
    pub static PyCallIter_Type: PyObject = "callable_iterator" { flags: HAVE_GC; }
}
pub fn new_seq_iter(seq: Value) -> Ref {
    unimplemented!()
}
pub fn new_call_iter(callable: Value, sentinel: Value) -> Ref {
    unimplemented!()
}
