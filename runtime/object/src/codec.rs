//! Codecs: the built-in ones (utf-8/16/32, latin-1, ascii, escapes), error handlers, the registry.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

/// str to bytes through the registry if needed.
pub fn encode(v: Value, encoding: &str, errors: &str) -> PyResult {
    unimplemented!()
}
/// bytes to str.
pub fn decode(data: &[u8], encoding: &str, errors: &str) -> PyResult {
    unimplemented!()
}
/// File-system encoding: UTF-8 with surrogateescape.
pub fn decode_fs(data: &[u8]) -> Ref {
    unimplemented!()
}
/// As os.fsencode; a str, bytes or path-like.
pub fn encode_fs(v: Value) -> PyResult<Vec<u8>> {
    unimplemented!()
}
