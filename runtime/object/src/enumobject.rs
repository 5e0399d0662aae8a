//! `enumerate`, `reversed`, `zip`, `map`, `filter`.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyEnum_Type: PyObject = "enumerate" { flags: HAVE_GC; }
}
py_type! {
    pub static PyReversed_Type: PyObject = "reversed" { flags: HAVE_GC; }
}
py_type! {
    pub static PyZip_Type: PyObject = "zip" { flags: HAVE_GC; }
}
py_type! {
    pub static PyMap_Type: PyObject = "map" { flags: HAVE_GC; }
}
py_type! {
    pub static PyFilter_Type: PyObject = "filter" { flags: HAVE_GC; }
}
