//! The cycle collector.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

pub fn track(object: *mut PyObject) {
    unimplemented!()
}
pub fn untrack(object: *mut PyObject) {
    unimplemented!()
}
pub fn is_tracked(object: *mut PyObject) -> bool {
    unimplemented!()
}
pub fn count_allocation() {
    unimplemented!()
}
pub fn count_deallocation() {
    unimplemented!()
}
/// Number of unreachable objects found.
pub fn collect(generation: usize) -> usize {
    unimplemented!()
}
