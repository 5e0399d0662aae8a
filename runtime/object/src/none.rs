//! `NoneType`, `NotImplementedType`, `ellipsis`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static _PyNone_Type: PyObject = "NoneType" { flags: DEFAULT; }
}
py_type! {
    pub static _PyNotImplemented_Type: PyObject = "NotImplementedType" { flags: DEFAULT; }
}
py_type! {
    pub static PyEllipsis_Type: PyObject = "ellipsis" { flags: DEFAULT; }
}
