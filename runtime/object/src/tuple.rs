//! `tuple`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyTuple_Type: PyTupleObject = "tuple" { flags: HAVE_GC | BASETYPE | TUPLE_SUBCLASS | SEQUENCE | MATCH_SELF; }
}
py_type! {
    pub static PyTupleIter_Type: PyTupleObject = "tuple_iterator" { flags: HAVE_GC; }
}
pub fn empty() -> Ref {
    unimplemented!()
}
pub fn from_vec(items: Vec<Ref>) -> Ref {
    unimplemented!()
}
/// Takes new references.
pub fn from_slice(items: &[Value]) -> Ref {
    unimplemented!()
}
/// Moves `n` owned values out of registers.
pub unsafe fn from_owned(items: *const Value, n: usize) -> Ref {
    unimplemented!()
}
/// Of a tuple instance. May hold boxes if exposed: `boundary::canonical`.
pub fn items<'a>(v: Value) -> &'a [Value] {
    unimplemented!()
}
pub fn len(v: Value) -> usize {
    unimplemented!()
}
/// Canonical.
pub fn get(v: Value, i: usize) -> Value {
    unimplemented!()
}
pub fn is_tuple(v: Value) -> bool {
    unimplemented!()
}
