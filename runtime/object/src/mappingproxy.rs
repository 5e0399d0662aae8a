//! `mappingproxy`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyDictProxy_Type: PyObject = "mappingproxy" { flags: HAVE_GC; }
}
pub fn new(mapping: Value) -> Ref {
    unimplemented!()
}
