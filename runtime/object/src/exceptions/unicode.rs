//! `UnicodeEncodeError`, `UnicodeDecodeError`, `UnicodeTranslateError`.

use super::base::{self, load, store};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Value, ValueExt, ops, raise};
use std::mem::offset_of;

fn fields(v: Value) -> *mut PyUnicodeErrorObject {
    v.as_ptr().cast()
}

fn str_arg(v: Value, position: usize) -> PyResult {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(Ref::new(v))
    } else {
        let name = if v.is_none() {
            "None"
        } else {
            v.ty().message_name()
        };
        Err(raise!(
            TypeError,
            "argument {position} must be str, not {name}"
        ))
    }
}
fn count(args: Args<'_>, n: usize) -> PyResult<&[Value]> {
    let given = args.positional();
    if given.len() == n {
        Ok(given)
    } else {
        Err(raise!(
            TypeError,
            "function takes exactly {n} arguments ({} given)",
            given.len()
        ))
    }
}

struct Parts {
    encoding: Option<Ref>,
    object: Ref,
    start: isize,
    end: isize,
    reason: Ref,
}
fn fill(v: Value, p: Parts) {
    let f = fields(v);
    // SAFETY: one of the three exceptions of this layout.
    unsafe {
        store(&raw mut (*f).encoding, p.encoding);
        store(&raw mut (*f).object, Some(p.object));
        (*f).start = p.start;
        (*f).end = p.end;
        store(&raw mut (*f).reason, Some(p.reason));
    }
}

pub(super) fn encode_init(v: Value, args: Args<'_>) -> PyResult<()> {
    base::init(v, args)?;
    let a = count(args, 5)?;
    let parts = Parts {
        encoding: Some(str_arg(a[0], 1)?),
        object: str_arg(a[1], 2)?,
        start: ops::index_as_isize(a[2])?,
        end: ops::index_as_isize(a[3])?,
        reason: str_arg(a[4], 5)?,
    };
    fill(v, parts);
    Ok(())
}
pub(super) fn decode_init(v: Value, args: Args<'_>) -> PyResult<()> {
    base::init(v, args)?;
    let a = count(args, 5)?;
    let encoding = str_arg(a[0], 1)?;
    let (start, end) = (ops::index_as_isize(a[2])?, ops::index_as_isize(a[3])?);
    let reason = str_arg(a[4], 5)?;
    let object = if crate::bytes::is_bytes(a[1]) {
        Ref::new(a[1])
    } else {
        let buffer = crate::memory::bytes_like(a[1])?;
        crate::bytes::new(buffer.bytes())
    };
    let parts = Parts {
        encoding: Some(encoding),
        object,
        start,
        end,
        reason,
    };
    fill(v, parts);
    Ok(())
}
pub(super) fn translate_init(v: Value, args: Args<'_>) -> PyResult<()> {
    base::init(v, args)?;
    let a = count(args, 4)?;
    let parts = Parts {
        encoding: None,
        object: str_arg(a[0], 1)?,
        start: ops::index_as_isize(a[1])?,
        end: ops::index_as_isize(a[2])?,
        reason: str_arg(a[3], 4)?,
    };
    fill(v, parts);
    Ok(())
}

/// The field as text, or `None` before `__init__`.
unsafe fn text(field: *const *mut PyObject) -> PyResult<Option<Ref>> {
    // SAFETY: the caller's field lies in a live exception.
    match unsafe { load(field) } {
        Some(v) => ops::str_of(v.value()).map(Some),
        None => Ok(None),
    }
}

fn describe(v: Value, verb: &str, what: &str) -> PyResult {
    let f = fields(v);
    // SAFETY: one of the three exceptions of this layout.
    let (encoding, object, start, end, reason) = unsafe {
        let Some(object) = load(&raw const (*f).object) else {
            return Ok(crate::str::empty());
        };
        (
            text(&raw const (*f).encoding)?,
            object,
            (*f).start,
            (*f).end,
            text(&raw const (*f).reason)?,
        )
    };
    let bytes = crate::bytes::is_bytes(object.value());
    let len = if bytes {
        crate::bytes::data(object.value()).len()
    } else if object.has_flag(tpflags::UNICODE_SUBCLASS) {
        crate::str::len(object.value())
    } else {
        0
    };
    let mut b = crate::str::Builder::new();
    if verb != "translate" {
        b.push_str("'");
        b.push_value(
            encoding
                .unwrap_or_else(Ref::none)
                .value_or_none_text()
                .value(),
        );
        b.push_str("' codec ");
    }
    b.push_str("can't ");
    b.push_str(verb);
    let at = usize::try_from(start).ok().filter(|s| *s < len);
    match at {
        Some(at) if end == start.wrapping_add(1) => {
            if bytes {
                let byte = crate::bytes::data(object.value())[at];
                b.push_str(&format!(" byte {byte:#04x} in position {start}: "));
            } else {
                let c = crate::str::char_at(object.value(), at);
                let c = match c {
                    0..=0xff => format!("\\x{c:02x}"),
                    0x100..=0xffff => format!("\\u{c:04x}"),
                    _ => format!("\\U{c:08x}"),
                };
                b.push_str(&format!(" character '{c}' in position {start}: "));
            }
        }
        _ => b.push_str(&format!(
            " {what}s in position {start}-{}: ",
            end.wrapping_sub(1)
        )),
    }
    b.push_value(
        reason
            .unwrap_or_else(Ref::none)
            .value_or_none_text()
            .value(),
    );
    b.finish()
}

/// `None` as the text "None" for the parts of an unfinished error.
trait NoneText {
    fn value_or_none_text(self) -> Ref;
}
impl NoneText for Ref {
    fn value_or_none_text(self) -> Ref {
        if self.is_none() {
            crate::str::new("None")
        } else {
            self
        }
    }
}

pub(super) fn encode_str(v: Value) -> PyResult {
    describe(v, "encode", "character")
}
pub(super) fn decode_str(v: Value) -> PyResult {
    describe(v, "decode", "byte")
}
pub(super) fn translate_str(v: Value) -> PyResult {
    describe(v, "translate", "character")
}

crate::members! {
    pub(super) static MEMBERS = [
        "encoding" OBJECT, offset_of!(PyUnicodeErrorObject, encoding), 0, "exception encoding";
        "object" OBJECT, offset_of!(PyUnicodeErrorObject, object), 0, "exception object";
        "start" PYSSIZET, offset_of!(PyUnicodeErrorObject, start), 0, "exception start";
        "end" PYSSIZET, offset_of!(PyUnicodeErrorObject, end), 0, "exception end";
        "reason" OBJECT, offset_of!(PyUnicodeErrorObject, reason), 0, "exception reason";
    ]
}
crate::members! {
    pub(super) static TRANSLATE_MEMBERS = [
        "object" OBJECT, offset_of!(PyUnicodeErrorObject, object), 0, "exception object";
        "start" PYSSIZET, offset_of!(PyUnicodeErrorObject, start), 0, "exception start";
        "end" PYSSIZET, offset_of!(PyUnicodeErrorObject, end), 0, "exception end";
        "reason" OBJECT, offset_of!(PyUnicodeErrorObject, reason), 0, "exception reason";
    ]
}
