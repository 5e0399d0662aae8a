//! Ints from text and objects, and to text.

use super::*;
use crate::str::StrView;
use pyrs_numeric::int::ParseError;

/// The text with decimal digits of any script as ASCII digits and white space as spaces, as `int()`, `float()` and
/// `complex()` read it; any other character beyond ASCII becomes `?`, which none of them accepts.
pub fn ascii_text(v: Value) -> Vec<u8> {
    fn map(c: u32) -> u8 {
        if c < 128 {
            c as u8
        } else if pyrs_ucd::is_space(c) {
            b' '
        } else {
            pyrs_ucd::decimal_value(c).map_or(b'?', |d| b'0' + d)
        }
    }
    match crate::str::view(v) {
        StrView::Latin1(s) => s.iter().map(|&c| map(u32::from(c))).collect(),
        StrView::Ucs2(s) => s.iter().map(|&c| map(u32::from(c))).collect(),
        StrView::Ucs4(s) => s.iter().map(|&c| map(c)).collect(),
    }
}

/// Python literal/int() syntax without surrounding space; None if invalid.
pub fn parse(text: &str, base: u32) -> Option<Ref> {
    if text.bytes().any(|b| b.is_ascii_whitespace() || b == 0x0b) {
        return None;
    }
    Int::parse(text.as_bytes(), base, 0)
        .ok()
        .map(|n| from_int(&n))
}

/// What nearly all texts are: a few decimal digits, perhaps with a minus.
#[inline]
fn short_decimal(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        _ => (false, text),
    };
    if digits.is_empty() || digits.len() > 18 {
        return None;
    }
    let mut n = 0;
    for digit in digits {
        let digit = digit.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        n = n * 10 + i64::from(digit);
    }
    Some(if negative { -n } else { n })
}

/// [`parse`] under the limit on decimal digits; `Ok(None)` if the text is no int.
pub fn parse_limited(text: &[u8], base: u32) -> PyResult<Option<Ref>> {
    // The limit is never below 640 digits.
    if base == 10
        && let Some(n) = short_decimal(text)
    {
        return Ok(Some(Ref::int(n)));
    }
    match Int::parse(text, base, limits::max_str_digits()) {
        Ok(n) => Ok(Some(from_int(&n))),
        Err(ParseError::Invalid) => Ok(None),
        Err(ParseError::TooManyDigits(n)) => Err(limits::parse_error(n)),
    }
}

/// The repr of `v`, at most 200 characters of it.
pub(crate) fn short_repr(v: Value) -> PyResult {
    let repr = crate::ops::repr(v)?;
    let end = crate::str::len(repr.value()).min(200);
    Ok(crate::str::substring(repr.value(), 0, end))
}

fn parse_bytes(text: &[u8], base: u32, shown: impl FnOnce() -> PyResult) -> PyResult {
    match parse_limited(text, base)? {
        Some(n) => Ok(n),
        None => {
            let shown = shown()?;
            Err(raise!(
                ValueError,
                "invalid literal for int() with base {base}: {}",
                crate::str::display(shown.value())
            ))
        }
    }
}

/// `int(v, base)` of a str, bytes or bytearray; `None` if `v` is none of them.
pub fn from_text_value(v: Value, base: u32) -> Option<PyResult> {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        if let StrView::Latin1(text) = crate::str::view(v)
            && base == 10
            && let Some(n) = short_decimal(text)
        {
            return Some(Ok(Ref::int(n)));
        }
        return Some(parse_bytes(&ascii_text(v), base, || short_repr(v)));
    }
    if crate::bytes::is_bytes(v) {
        return Some(parse_bytes(crate::bytes::data(v), base, || short_repr(v)));
    }
    if crate::bytearray::is_bytearray(v) {
        let data = crate::bytearray::data(v).to_vec();
        return Some(parse_bytes(&data, base, || {
            short_repr(crate::bytes::new(&data).value())
        }));
    }
    None
}

pub fn to_text(v: Value, base: u32) -> PyResult<String> {
    if base == 10 {
        if let Some(n) = v.as_int() {
            return Ok(n.to_string());
        }
        return with_ref(v, |n| n.to_decimal(limits::max_str_digits()))
            .map_err(|_| limits::to_text_error());
    }
    Ok(with_ref(v, |n| n.to_text(base)))
}

/// Calls `nb_int`, `nb_float` or `nb_index` if the type has it.
pub(crate) fn convert_slot(v: Value, slot: crate::native::Slot) -> Option<PyResult> {
    use crate::native::Slot;
    let (t, n) = (v.ty(), v.ty().native());
    let (native, c) = match slot {
        Slot::nb_int => (n.nb_int, t.number().and_then(|m| m.nb_int)),
        Slot::nb_float => (n.nb_float, t.number().and_then(|m| m.nb_float)),
        _ => (n.nb_index, t.number().and_then(|m| m.nb_index)),
    };
    match (native, c) {
        (Some(f), _) => Some(f(v)),
        (None, Some(f)) => Some(crate::ops::c_unary(f, v)),
        (None, None) => None,
    }
}

/// int(v): __int__, __index__, __trunc__, str, bytes.
pub fn from_object(v: Value) -> PyResult {
    if is_exact_int(v) {
        return Ok(Ref::new(v));
    }
    if let Some(r) = convert_slot(v, crate::native::Slot::nb_int) {
        let r = r?;
        if is_exact_int(r.value()) {
            return Ok(r);
        }
        if !is_int_instance(r.value()) {
            return Err(raise!(
                TypeError,
                "__int__ returned non-int (type {})",
                r.ty().message_name()
            ));
        }
        (crate::hooks().warn)(
            crate::exceptions::DeprecationWarning,
            &format!(
                "__int__ returned non-int (type {}).  The ability to return an instance of a strict subclass of int is deprecated, and may not be supported in a future version of Python.",
                r.ty().message_name()
            ),
            1,
        )?;
        return Ok(exact(r.value()));
    }
    if crate::ops::has_index(v) {
        return Ok(exact(crate::ops::index(v)?.value()));
    }
    if let Some(trunc) = crate::typeobject::lookup_special(v, crate::intern!("__trunc__"))? {
        return from_trunc(trunc);
    }
    if let Some(r) = from_text_value(v, 10) {
        return r;
    }
    if crate::memory::has_buffer(v) {
        let buffer = crate::memory::bytes_like(v)?;
        let data = buffer.bytes().to_vec();
        return parse_bytes(&data, 10, || short_repr(crate::bytes::new(&data).value()));
    }
    Err(raise!(
        TypeError,
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        v.ty().message_name()
    ))
}

fn from_trunc(trunc: crate::ops::BoundCall) -> PyResult {
    (crate::hooks().warn)(
        crate::exceptions::DeprecationWarning,
        "The delegation of int() to __trunc__ is deprecated.",
        1,
    )?;
    let r = trunc.call(&[])?;
    if is_int_instance(r.value()) {
        return Ok(exact(r.value()));
    }
    if !crate::ops::has_index(r.value()) {
        return Err(raise!(
            TypeError,
            "__trunc__ returned non-Integral (type {})",
            r.ty().message_name()
        ));
    }
    Ok(exact(crate::ops::index(r.value())?.value()))
}
