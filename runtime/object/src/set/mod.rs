//! `set` and `frozenset`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PySet_Type: PySetObject = "set" { flags: HAVE_GC | BASETYPE | MATCH_SELF; }
}
py_type! {
    pub static PyFrozenSet_Type: PySetObject = "frozenset" { flags: HAVE_GC | BASETYPE | MATCH_SELF; }
}
pub fn new() -> Ref {
    unimplemented!()
}
pub fn new_frozen(items: Vec<Ref>) -> PyResult {
    unimplemented!()
}
pub fn from_iterable(v: Value) -> PyResult {
    unimplemented!()
}
/// True if it was not there.
pub fn add(set: Value, item: Value) -> PyResult<bool> {
    unimplemented!()
}
pub fn discard(set: Value, item: Value) -> PyResult<bool> {
    unimplemented!()
}
pub fn contains(set: Value, item: Value) -> PyResult<bool> {
    unimplemented!()
}
pub fn len(set: Value) -> usize {
    unimplemented!()
}
pub fn next(set: Value, position: &mut usize) -> Option<Value> {
    unimplemented!()
}
/// set or frozenset or subclass.
pub fn is_set(v: Value) -> bool {
    unimplemented!()
}
pub fn update(set: Value, iterable: Value) -> PyResult<()> {
    unimplemented!()
}
