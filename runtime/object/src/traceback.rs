//! `traceback`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyTraceBack_Type: PyTracebackObject = "traceback" { flags: HAVE_GC; }
}
pub fn new(next: Value, frame: Value, lasti: i32, lineno: i32) -> Ref {
    unimplemented!()
}
