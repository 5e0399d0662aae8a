//! `list`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyList_Type: PyListObject = "list" { flags: HAVE_GC | BASETYPE | LIST_SUBCLASS | SEQUENCE | MATCH_SELF; }
}
py_type! {
    pub static PyListIter_Type: PyListObject = "list_iterator" { flags: HAVE_GC; }
}
pub fn new() -> Ref {
    unimplemented!()
}
pub fn with_capacity(n: usize) -> Ref {
    unimplemented!()
}
pub fn from_vec(items: Vec<Ref>) -> Ref {
    unimplemented!()
}
pub fn from_slice(items: &[Value]) -> Ref {
    unimplemented!()
}
/// Moves `n` owned values out of registers.
pub unsafe fn from_owned(items: *const Value, n: usize) -> Ref {
    unimplemented!()
}
/// Of a list instance; invalid after anything that may change the list. May hold boxes if exposed.
pub fn items<'a>(v: Value) -> &'a [Value] {
    unimplemented!()
}
pub fn len(v: Value) -> usize {
    unimplemented!()
}
/// Canonical.
pub fn get(v: Value, i: usize) -> Option<Ref> {
    unimplemented!()
}
pub fn append(list: Value, item: Ref) {
    unimplemented!()
}
/// Index checked by the caller.
pub fn set(list: Value, i: usize, item: Ref) {
    unimplemented!()
}
pub fn insert(list: Value, i: usize, item: Ref) {
    unimplemented!()
}
pub fn extend(list: Value, iterable: Value) -> PyResult<()> {
    unimplemented!()
}
pub fn sort(list: Value, key: Value, reverse: bool) -> PyResult<()> {
    unimplemented!()
}
pub fn is_list(v: Value) -> bool {
    unimplemented!()
}
