//! `PyCapsule`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyCapsule_Type: PyObject = "PyCapsule" { flags: DEFAULT; }
}
