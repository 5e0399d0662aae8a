//! `cell`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyCell_Type: PyCellObject = "cell" { flags: HAVE_GC; }
}
pub fn new(content: Value) -> Ref {
    unimplemented!()
}
/// Borrowed content or empty (a Value; exposed cells may hold boxes).
pub fn get(cell: Value) -> Value {
    unimplemented!()
}
pub fn set(cell: Value, content: Ref) {
    unimplemented!()
}
