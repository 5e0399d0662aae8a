//! Builtin functions.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyCFunction_Type: PyCFunctionObject = "builtin_function_or_method" { flags: HAVE_GC; }
}
pub fn new_native(def: *mut crate::native::NativeMethodDef, slf: Value, module: Value) -> Ref {
    unimplemented!()
}
/// The definition and self of an exact builtin with a native definition.
pub fn native_def(v: Value) -> Option<(&'static crate::native::NativeMethodDef, Value)> {
    unimplemented!()
}
pub fn qualified_name(name: &str) -> String {
    unimplemented!()
}
pub fn is_builtin_named(v: Value, name: &str) -> bool {
    unimplemented!()
}
