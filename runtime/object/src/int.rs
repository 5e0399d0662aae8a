//! `int`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyLong_Type: PyLongObject = "int" { flags: BASETYPE | LONG_SUBCLASS | MATCH_SELF; }
}
/// An int outside the immediate range (callers checked).
pub fn from_i64_boxed(n: i64) -> Ref {
    unimplemented!()
}
pub fn from_u64(n: u64) -> Ref {
    unimplemented!()
}
pub fn from_i128(n: i128) -> Ref {
    unimplemented!()
}
/// From little-endian 30-bit digits; immediate when it fits.
pub fn from_digits(negative: bool, digits: &[u32]) -> Ref {
    unimplemented!()
}
/// Sign and digits of any int instance (immediate, big, bool, subclass).
pub fn with_digits<T>(v: Value, f: impl FnOnce(bool, &[u32]) -> T) -> T {
    unimplemented!()
}
/// An owned real PyLong (cached for -5..=256).
pub fn box_int(n: i64) -> *mut PyObject {
    unimplemented!()
}
/// The canonical value of an exact PyLong (borrowed): immediate if it fits, else the pointer.
pub unsafe fn canonical(object: *mut PyObject) -> Value {
    unimplemented!()
}
pub fn hash_i64(n: i64) -> i64 {
    unimplemented!()
}
/// int or a subclass (bool included).
pub fn is_int_instance(v: Value) -> bool {
    unimplemented!()
}
/// Of any int instance.
pub fn to_i64(v: Value) -> Option<i64> {
    unimplemented!()
}
pub fn to_u64(v: Value) -> Option<u64> {
    unimplemented!()
}
/// Correctly rounded; OverflowError "int too large to convert to float".
pub fn to_f64(v: Value) -> PyResult<f64> {
    unimplemented!()
}
pub fn is_negative(v: Value) -> bool {
    unimplemented!()
}
/// Truncates; OverflowError/ValueError for inf/nan with CPython's messages.
pub fn from_f64(x: f64) -> PyResult {
    unimplemented!()
}
/// Python literal/int() syntax without surrounding space; None if invalid.
pub fn parse(text: &str, base: u32) -> Option<Ref> {
    unimplemented!()
}
pub fn to_text(v: Value, base: u32) -> PyResult<String> {
    unimplemented!()
}
/// int(v): __int__, __index__, __trunc__, str, bytes.
pub fn from_object(v: Value) -> PyResult {
    unimplemented!()
}
/// Arithmetic of two int instances of any size (the slow path of the interpreter's int fast paths).
pub fn big_binary(op: crate::ops::BinOp, a: Value, b: Value) -> PyResult {
    unimplemented!()
}
pub fn max_str_digits() -> usize {
    4300
}
pub fn set_max_str_digits(_n: usize) {}
