//! Descriptors: method, classmethod, member, getset, slot wrapper, method-wrapper, `property`, `classmethod`, `staticmethod`.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyMethodDescr_Type: PyMethodDescrObject = "method_descriptor" { flags: HAVE_GC; }
}
py_type! {
    pub static PyProperty_Type: PyObject = "property" { flags: HAVE_GC; }
}
py_type! {
    pub static PyClassMethod_Type: PyObject = "classmethod" { flags: HAVE_GC; }
}
py_type! {
    pub static PyStaticMethod_Type: PyObject = "staticmethod" { flags: HAVE_GC; }
}
/// If `descr` is a method descriptor of a native method.
pub fn native_method(descr: Value) -> Option<&'static crate::native::NativeMethodDef> {
    unimplemented!()
}
/// fget of a property, or empty.
pub fn property_getter(v: Value) -> Value {
    unimplemented!()
}
