//! `str`: compact strings in CPython's layout.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyUnicode_Type: PyUnicodeObject = "str" { flags: BASETYPE | UNICODE_SUBCLASS | MATCH_SELF; }
}
py_type! {
    pub static PyUnicodeIter_Type: PyUnicodeObject = "str_iterator" { flags: HAVE_GC; }
}
pub enum StrView<'a> {
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}
pub fn new(text: &str) -> Ref {
    unimplemented!()
}
/// Generalised UTF-8 (lone surrogates allowed); invalid bytes become U+FFFD.
pub fn from_wtf8(bytes: &[u8]) -> Ref {
    unimplemented!()
}
pub fn from_latin1(bytes: &[u8]) -> Ref {
    unimplemented!()
}
/// Code points, not UTF-16.
pub fn from_ucs2(units: &[u16]) -> Ref {
    unimplemented!()
}
pub fn from_ucs4(units: &[u32]) -> Ref {
    unimplemented!()
}
/// Latin-1 ones are cached and immortal.
pub fn from_char(c: u32) -> Ref {
    unimplemented!()
}
pub fn empty() -> Ref {
    unimplemented!()
}
/// The characters of a str instance.
pub fn view<'a>(v: Value) -> StrView<'a> {
    unimplemented!()
}
pub fn len(v: Value) -> usize {
    unimplemented!()
}
pub fn char_at(v: Value, i: usize) -> u32 {
    unimplemented!()
}
/// Cached in the object.
pub fn hash(v: Value) -> i64 {
    unimplemented!()
}
/// Two str instances.
pub fn eq(a: Value, b: Value) -> bool {
    unimplemented!()
}
pub fn cmp(a: Value, b: Value) -> std::cmp::Ordering {
    unimplemented!()
}
/// False when v is no str.
pub fn eq_str(v: Value, text: &str) -> bool {
    unimplemented!()
}
/// The interned str of that text.
pub fn intern(text: &str) -> Ref {
    unimplemented!()
}
pub fn intern_immortal(text: &str) -> Value {
    unimplemented!()
}
/// Interns an exact str.
pub fn intern_value(v: Ref) -> Ref {
    unimplemented!()
}
pub fn is_interned(v: Value) -> bool {
    unimplemented!()
}
/// Cached UTF-8; UnicodeEncodeError for surrogates.
pub fn as_utf8<'a>(v: Value) -> PyResult<&'a str> {
    unimplemented!()
}
pub fn to_wtf8(v: Value) -> Vec<u8> {
    unimplemented!()
}
pub fn to_string_lossy(v: Value) -> String {
    unimplemented!()
}
pub fn concat(a: Value, b: Value) -> PyResult {
    unimplemented!()
}
/// left + right, in place when `left` is the only reference.
pub fn append(left: Ref, right: Value) -> PyResult {
    unimplemented!()
}
pub fn substring(v: Value, start: usize, end: usize) -> Ref {
    unimplemented!()
}
pub fn join(separator: Value, parts: &[Ref]) -> PyResult {
    unimplemented!()
}
/// For ascii().
pub fn escape_non_ascii(v: Value) -> Ref {
    unimplemented!()
}
/// repr of a str.
pub fn repr_of(v: Value) -> Ref {
    unimplemented!()
}
pub fn is_exact(v: Value) -> bool {
    unimplemented!()
}
pub struct Display(pub Value);
impl std::fmt::Display for Display {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_string_lossy(self.0))
    }
}
/// For messages: the text, surrogates replaced.
pub fn display(v: Value) -> Display {
    unimplemented!()
}
pub struct Builder {
    pub units: Vec<u32>,
}
/// Builds a str of unknown width piece by piece.
impl Builder {
    pub fn new() -> Builder {
        unimplemented!()
    }
    pub fn push(&mut self, c: u32) {
        unimplemented!()
    }
    pub fn push_str(&mut self, s: &str) {
        unimplemented!()
    }
    pub fn push_value(&mut self, v: Value) {
        unimplemented!()
    }
    pub fn finish(self) -> Ref {
        unimplemented!()
    }
}
