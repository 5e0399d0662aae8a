//! Struct sequences (`os.stat_result`, `sys.version_info`...).
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

pub fn new_type(
    name: &'static str,
    doc: &'static str,
    fields: &[(&'static str, &'static str)],
    visible: usize,
) -> PyResult<Type> {
    unimplemented!()
}
pub fn new(t: Type, values: Vec<Ref>) -> Ref {
    unimplemented!()
}
