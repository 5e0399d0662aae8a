//! What a pattern is run over: the memory of a str or of a bytes-like object, borrowed for the call.

use super::pattern::PatternObject;
use pyrs_layout::bufflags;
use pyrs_object::memory::Buffer;
use pyrs_object::str::{self, StrView};
use pyrs_object::{PyResult, Ref, Value, ValueExt, bytes, raise};

/// The subject of a search. The caller keeps the object alive; a buffer is held besides, so that its memory stays.
pub(super) enum Text {
    Str(Value),
    Bytes(Value),
    Buffer(Buffer),
}

impl Text {
    /// The text of any object, whatever the kind of pattern.
    pub(super) fn of(v: Value) -> PyResult<Text> {
        if str::is_str(v) {
            return Ok(Text::Str(v));
        }
        if bytes::is_exact(v) {
            return Ok(Text::Bytes(v));
        }
        match Buffer::get(v, bufflags::SIMPLE) {
            Ok(buffer) => Ok(Text::Buffer(buffer)),
            Err(_) => {
                pyrs_object::errors::clear();
                Err(raise!(
                    TypeError,
                    "expected string or bytes-like object, got '{}'",
                    v.ty().message_name()
                ))
            }
        }
    }
    /// The text of a subject of `pattern`: str for str, bytes for bytes.
    pub(super) fn for_pattern(v: Value, pattern: &PatternObject) -> PyResult<Text> {
        let text = Text::of(v)?;
        match (&text, pattern.is_bytes) {
            (Text::Str(_), 1) => Err(raise!(
                TypeError,
                "cannot use a bytes pattern on a string-like object"
            )),
            (Text::Bytes(_) | Text::Buffer(_), 0) => Err(raise!(
                TypeError,
                "cannot use a string pattern on a bytes-like object"
            )),
            _ => Ok(text),
        }
    }
    pub(super) fn subject(&self) -> pyrs_sre::Subject<'_> {
        match self {
            Text::Str(v) => match str::view(*v) {
                StrView::Latin1(s) => pyrs_sre::Subject::Latin1(s),
                StrView::Ucs2(s) => pyrs_sre::Subject::Ucs2(s),
                StrView::Ucs4(s) => pyrs_sre::Subject::Ucs4(s),
            },
            Text::Bytes(v) => pyrs_sre::Subject::Latin1(bytes::data(*v)),
            Text::Buffer(b) => pyrs_sre::Subject::Latin1(b.bytes()),
        }
    }
    pub(super) fn len(&self) -> usize {
        match self {
            Text::Str(v) => str::len(*v),
            Text::Bytes(v) => bytes::data(*v).len(),
            Text::Buffer(b) => b.bytes().len(),
        }
    }
    pub(super) fn is_str(&self) -> bool {
        matches!(self, Text::Str(_))
    }
    /// The part from `start` to `end` (clamped) as a new str or bytes; the whole of an exact object is itself.
    pub(super) fn slice(&self, start: usize, end: usize) -> Ref {
        let end = end.min(self.len());
        let start = start.min(end);
        match self {
            Text::Str(v) => str::substring(*v, start, end),
            Text::Bytes(v) => {
                let data = bytes::data(*v);
                if start == 0 && end == data.len() {
                    Ref::new(*v)
                } else {
                    bytes::new(&data[start..end])
                }
            }
            Text::Buffer(b) => bytes::new(&b.bytes()[start..end]),
        }
    }
    /// "" or b"".
    pub(super) fn empty(&self) -> Ref {
        if self.is_str() {
            str::empty()
        } else {
            bytes::new(b"")
        }
    }
}

/// `pos` and `endpos` clamped to the text.
pub(super) fn clamp(pos: isize, endpos: isize, len: usize) -> (usize, usize) {
    let at = |n: isize| usize::try_from(n).unwrap_or(0).min(len);
    (at(pos), at(endpos))
}
