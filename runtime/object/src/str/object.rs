//! The type object of `str`: construction, operators, subscripts, comparison.

use super::*;
use crate::{Args, Raised, Signature};

py_type! {
    /// `str`
    pub static PyUnicode_Type: PyUnicodeObject = "str" {
        flags: BASETYPE | UNICODE_SUBCLASS | MATCH_SELF;
        doc: "str(object='') -> str\nstr(bytes_or_buffer[, encoding[, errors]]) -> str\n\nText: an immutable sequence of Unicode code points.";
        raw { tp_dealloc: unicode_dealloc }
        slots {
            tp_repr: repr, tp_hash: hash_slot, tp_str: str_slot, tp_richcompare: richcompare,
            tp_iter: iterate, tp_new: new_slot
        }
        number { nb_remainder: remainder }
        sequence { sq_length: len_slot, sq_concat: concat, sq_repeat: repeat, sq_item: item, sq_contains: contains }
        mapping { mp_length: len_slot, mp_subscript: subscript }
        methods: super::methods::METHODS;
    }
}

fn repr(v: Value) -> PyResult {
    Ok(repr_of(v))
}
fn hash_slot(v: Value) -> PyResult<i64> {
    Ok(hash(v))
}
fn str_slot(v: Value) -> PyResult {
    Ok(exact(v))
}
fn iterate(v: Value) -> PyResult {
    Ok(iter::new(v))
}
fn len_slot(v: Value) -> PyResult<usize> {
    Ok(len(v))
}
fn remainder(a: Value, b: Value) -> PyResult {
    if is_str(a) {
        percent(a, b)
    } else {
        Ok(Ref::not_implemented())
    }
}
pub(super) fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_str(a) || !is_str(b) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool(match op {
        CmpOp::Eq => eq(a, b),
        CmpOp::Ne => !eq(a, b),
        _ if a == b => op.holds(Ordering::Equal),
        _ => op.holds(cmp(a, b)),
    }))
}
fn index_error() -> Raised {
    raise!(IndexError, "string index out of range")
}
fn item(v: Value, i: isize) -> PyResult {
    if i < 0 || i as usize >= len(v) {
        return Err(index_error());
    }
    Ok(from_char(char_at(v, i as usize)))
}
pub(super) fn subscript(v: Value, key: Value) -> PyResult {
    if let Some(i) = key.as_int() {
        let i = if i < 0 { i + len(v) as i64 } else { i };
        return item(v, i as isize);
    }
    if crate::ops::has_index(key) {
        let i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        return item(
            v,
            if i < 0 {
                i.saturating_add(len(v) as isize)
            } else {
                i
            },
        );
    }
    if crate::slice::is_slice(key) {
        let (start, _stop, step, n) = crate::slice::indices(key, len(v))?;
        if n == 0 {
            return Ok(empty());
        }
        if step == 1 {
            return Ok(substring(v, start as usize, start as usize + n));
        }
        return Ok(each_width!(view(v), s => Unit::make(&stepped(s, start, step, n))));
    }
    Err(raise!(
        TypeError,
        "string indices must be integers, not '{}'",
        key.ty().message_name()
    ))
}
/// The items of an extended slice.
pub(crate) fn stepped<T: Copy>(s: &[T], start: isize, step: isize, n: usize) -> Vec<T> {
    (0..n as isize)
        .map(|i| s[(start + i * step) as usize])
        .collect()
}
pub(super) fn contains(v: Value, item: Value) -> PyResult<bool> {
    if !is_str(item) {
        return Err(raise!(
            TypeError,
            "'in <string>' requires string as left operand, not {}",
            item.ty().message_name()
        ));
    }
    Ok(methods::find_in(v, item, 0, len(v)).is_some())
}

const NEW: Signature<3> = Signature {
    name: "str",
    params: ["object", "encoding", "errors"],
    posonly: 0,
    positional: 3,
    required: 0,
};

/// A text argument as Rust text, for encoding and error handler names.
pub(crate) fn name_arg(v: Value, function: &str, what: &str) -> PyResult<Option<String>> {
    if v.is_empty() {
        return Ok(None);
    }
    if !is_str(v) {
        return Err(raise!(
            TypeError,
            "{function}() argument {what} must be str, not {}",
            v.ty().message_name()
        ));
    }
    let s = as_utf8(v)?;
    if s.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(Some(s.to_owned()))
}

fn new_slot(t: Type, args: Args<'_>) -> PyResult {
    let [object, encoding, errors] = args.bind(&NEW)?;
    let r = if object.is_empty() {
        empty()
    } else if encoding.is_empty() && errors.is_empty() {
        crate::ops::str_of(object)?
    } else {
        let encoding = name_arg(encoding, "str", "'encoding'")?;
        let errors = name_arg(errors, "str", "'errors'")?;
        decode_object(
            object,
            encoding.as_deref().unwrap_or("utf-8"),
            errors.as_deref().unwrap_or("strict"),
        )?
    };
    if t == ty!(PyUnicode_Type) {
        return Ok(r);
    }
    new_subclass(t, r.value())
}

/// `str(object, encoding, errors)`
pub fn decode_object(object: Value, encoding: &str, errors: &str) -> PyResult {
    if is_str(object) {
        return Err(raise!(TypeError, "decoding str is not supported"));
    }
    if !crate::memory::has_buffer(object) {
        return Err(raise!(
            TypeError,
            "decoding to str: need a bytes-like object, {} found",
            object.ty().message_name()
        ));
    }
    let buffer = crate::memory::Buffer::get(object, bufflags::SIMPLE)?;
    crate::codec::decode(buffer.bytes(), encoding, errors)
}
