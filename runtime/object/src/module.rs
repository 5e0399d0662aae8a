//! `module`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyModule_Type: PyModuleObject = "module" { flags: HAVE_GC; }
}
pub fn new(name: &str) -> Ref {
    unimplemented!()
}
/// Borrowed.
pub fn dict(v: Value) -> Value {
    unimplemented!()
}
pub fn add(module: Value, name: &str, value: Ref) {
    unimplemented!()
}
/// Adds builtin functions with `self` = module.
pub fn add_functions(module: Value, table: *mut crate::native::NativeMethodDef) {
    unimplemented!()
}
/// Readies it if needed and adds it under its short name.
pub fn add_type(module: Value, t: Type) -> PyResult<()> {
    unimplemented!()
}
pub fn is_module(v: Value) -> bool {
    unimplemented!()
}
