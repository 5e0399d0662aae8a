//! `types.GenericAlias`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static Py_GenericAliasType: PyObject = "types.GenericAlias" { flags: HAVE_GC; }
}
pub fn new(origin: Value, args: Value) -> PyResult {
    unimplemented!()
}
