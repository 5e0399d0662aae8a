//! `types.SimpleNamespace`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static _PyNamespace_Type: PyObject = "types.SimpleNamespace" { flags: HAVE_GC; }
}
pub fn new(dict: Ref) -> Ref {
    unimplemented!()
}
