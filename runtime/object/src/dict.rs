//! `dict`: compact and ordered; entries hold Values.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyDict_Type: PyDictObject = "dict" { flags: HAVE_GC | BASETYPE | DICT_SUBCLASS | MAPPING | MATCH_SELF; }
}
pub fn new() -> Ref {
    unimplemented!()
}
pub fn with_capacity(n: usize) -> Ref {
    unimplemented!()
}
pub fn len(d: Value) -> usize {
    unimplemented!()
}
pub fn is_dict(v: Value) -> bool {
    unimplemented!()
}
/// New reference, canonical.
pub fn get(d: Value, key: Value) -> PyResult<Option<Ref>> {
    unimplemented!()
}
/// Borrowed; `key` is an exact str; never runs Python code for exact-str tables.
pub fn get_interned(d: Value, key: Value) -> Option<Value> {
    unimplemented!()
}
pub fn get_str(d: Value, key: &str) -> Option<Ref> {
    unimplemented!()
}
pub fn set_item(d: Value, key: Value, value: Value) -> PyResult<()> {
    unimplemented!()
}
pub fn set_item_owned(d: Value, key: Ref, value: Ref) -> PyResult<()> {
    unimplemented!()
}
pub fn set_str(d: Value, key: &str, value: Value) {
    unimplemented!()
}
/// False when absent.
pub fn del_item(d: Value, key: Value) -> PyResult<bool> {
    unimplemented!()
}
pub fn contains(d: Value, key: Value) -> PyResult<bool> {
    unimplemented!()
}
pub fn set_default(d: Value, key: Value, value: Value) -> PyResult {
    unimplemented!()
}
pub fn pop(d: Value, key: Value) -> PyResult<Option<Ref>> {
    unimplemented!()
}
pub fn clear(d: Value) {
    unimplemented!()
}
pub fn copy(d: Value) -> Ref {
    unimplemented!()
}
/// dict.update(other): mapping or pairs.
pub fn update(d: Value, other: Value) -> PyResult<()> {
    unimplemented!()
}
pub fn merge(d: Value, other: Value, overwrite: bool) -> PyResult<()> {
    unimplemented!()
}
/// Iteration in order; borrowed, canonical.
pub fn next(d: Value, position: &mut usize) -> Option<(Value, Value)> {
    unimplemented!()
}
pub fn for_each(d: Value, f: impl FnMut(Value, Value)) {
    unimplemented!()
}
/// `ma_version_tag`: unique number of the current content.
pub fn version_tag(d: Value) -> u64 {
    unimplemented!()
}
/// Unique number of the current key layout (0: none could be given); changes when a key is added, removed or moved, not when a value changes.
pub fn keys_version(d: Value) -> u32 {
    unimplemented!()
}
/// Entry index of an exact-str key, for inline caches guarded by `keys_version`.
pub fn find_index(d: Value, key: Value) -> Option<usize> {
    unimplemented!()
}
/// Borrowed, canonical; valid while keys_version is unchanged.
pub unsafe fn value_at(d: Value, index: usize) -> Value {
    unimplemented!()
}
pub unsafe fn set_value_at(d: Value, index: usize, value: Ref) {
    unimplemented!()
}
