//! Hidden classes: attributes of instances of Python classes in inline slots.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

/// Bytes behind `tp_basicsize` that instances get for inline attribute slots.
pub fn inline_bytes(t: Type) -> usize {
    unimplemented!()
}
/// Sets up the managed pre-header of a fresh instance whose inline area starts at `size`.
pub unsafe fn init_instance(object: *mut PyObject, t: Type, size: usize) {
    unimplemented!()
}

pub struct Shape;
pub unsafe fn shape_of(object: *mut PyObject) -> *mut Shape { unimplemented!() }
pub unsafe fn slot_index(shape: *const Shape, name: Value) -> Option<u32> { unimplemented!() }
pub unsafe fn slots(object: *mut PyObject) -> *mut Value { unimplemented!() }
pub unsafe fn store_slot(object: *mut PyObject, index: u32, value: Ref) { unimplemented!() }
