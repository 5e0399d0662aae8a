//! Doubles to and from decimal text, exactly as `repr`, `%`-formatting and `float()` do.
//!
//! Shortest digits come from Ryu, exact ones from `core::fmt`, whose expansion is exact at any precision and rounds
//! ties to even. The layout of the digits (when to use an exponent, which zeros to keep) is CPython's.

use crate::int::strip_spaces;

/// The conversions of `PyOS_double_to_string`; upper case is a flag of [`FloatStyle`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FloatCode {
    Exponent,
    Fixed,
    General,
    /// Shortest digits that read back as the same double.
    Repr,
}

/// How to lay a double out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatStyle {
    pub code: FloatCode,
    /// Ignored by [`FloatCode::Repr`].
    pub precision: usize,
    pub upper: bool,
    /// `#`: keep the point and, for [`FloatCode::General`], trailing zeros.
    pub alternate: bool,
    /// Make the result look like a float ("1.0").
    pub add_dot_0: bool,
    /// `z`: no minus sign on what rounds to zero.
    pub no_negative_zero: bool,
}

impl FloatStyle {
    pub const fn new(code: FloatCode, precision: usize) -> FloatStyle {
        FloatStyle {
            code,
            precision,
            upper: false,
            alternate: false,
            add_dot_0: false,
            no_negative_zero: false,
        }
    }
}

/// More significant digits than any double has (767), and more places after the point (1074): the rest are zeros.
const MAX_SIGNIFICANT: usize = 800;
const MAX_PLACES: usize = 1100;

/// `repr(x)`.
pub fn repr(x: f64) -> String {
    if x.is_finite() && (x == 0.0 || (1e-4..1e16).contains(&x.abs())) {
        // In this range Ryu lays the digits out as Python does.
        return String::from(ryu::Buffer::new().format_finite(x));
    }
    let mut style = FloatStyle::new(FloatCode::Repr, 0);
    style.add_dot_0 = true;
    format(x, &style)
}

/// Digits without leading or trailing zeros ("0" for zero) and the position of the point before the first of them.
fn shortest_digits(magnitude: f64) -> (String, i32) {
    if magnitude == 0.0 {
        return (String::from("0"), 1);
    }
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(magnitude);
    let (mantissa, exponent) = match text.split_once('e') {
        Some((mantissa, exponent)) => (mantissa, exponent.parse().unwrap_or(0)),
        None => (text, 0),
    };
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let all: String = [whole, fraction].concat();
    let leading = all.len() - all.trim_start_matches('0').len();
    let digits = all.trim_matches('0').to_owned();
    (digits, whole.len() as i32 - leading as i32 + exponent)
}

/// `count` (at least 1) significant digits, correctly rounded, and the position of the point.
fn exact_digits(magnitude: f64, count: usize) -> (String, i32) {
    let text = format!("{:.*e}", count.min(MAX_SIGNIFICANT) - 1, magnitude);
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let mut digits = mantissa.replace('.', "");
    let exponent: i32 = exponent.parse().unwrap_or(0);
    pad_zeros(&mut digits, count);
    (digits, exponent + 1)
}

fn pad_zeros(text: &mut String, len: usize) {
    text.extend(core::iter::repeat_n('0', len.saturating_sub(text.len())));
}

/// Formats `x`, with a minus sign if it is negative (never one for NaN).
pub fn format(x: f64, style: &FloatStyle) -> String {
    if !x.is_finite() {
        let text = match (x.is_nan(), x < 0.0) {
            (true, _) => "nan",
            (_, true) => "-inf",
            _ => "inf",
        };
        return if style.upper {
            text.to_uppercase()
        } else {
            text.to_owned()
        };
    }
    let magnitude = x.abs();
    let mut out = String::new();
    if x.is_sign_negative() {
        out.push('-');
    }
    let body_start = out.len();
    match style.code {
        FloatCode::Fixed => {
            out.push_str(&format!(
                "{:.*}",
                style.precision.min(MAX_PLACES),
                magnitude
            ));
            if style.precision > MAX_PLACES {
                out.extend(core::iter::repeat_n('0', style.precision - MAX_PLACES));
            }
            if style.precision == 0 {
                if style.add_dot_0 {
                    out.push_str(".0");
                } else if style.alternate {
                    out.push('.');
                }
            }
        }
        FloatCode::Exponent => {
            let (digits, point) = exact_digits(magnitude, style.precision.saturating_add(1));
            lay_out(&mut out, &digits, point, true, style);
        }
        FloatCode::General => {
            let precision = style.precision.max(1);
            let (digits, point) = exact_digits(magnitude, precision);
            let limit = precision as i64 - i64::from(style.add_dot_0);
            let exponent = point <= -4 || i64::from(point) > limit;
            let digits = if style.alternate {
                &digits[..]
            } else {
                digits.trim_end_matches('0')
            };
            let digits = if digits.is_empty() { "0" } else { digits };
            lay_out(&mut out, digits, point, exponent, style);
        }
        FloatCode::Repr => {
            let (digits, point) = shortest_digits(magnitude);
            lay_out(&mut out, &digits, point, point <= -4 || point > 16, style);
        }
    }
    if style.no_negative_zero && body_start == 1 && is_zero_text(&out[1..]) {
        out.remove(0);
    }
    if style.upper {
        out.make_ascii_uppercase();
    }
    out
}

/// True if the mantissa of a formatted number has only zeros.
fn is_zero_text(text: &str) -> bool {
    text.bytes()
        .take_while(|b| *b != b'e')
        .all(|b| matches!(b, b'0' | b'.'))
}

/// Appends `digits` with the point before `digits[point]`, padded with zeros on either side where needed.
fn lay_out(out: &mut String, digits: &str, point: i32, use_exponent: bool, style: &FloatStyle) {
    let (point, exponent) = if use_exponent {
        (1, Some(point - 1))
    } else {
        (point, None)
    };
    let whole = point.max(0) as usize;
    if point <= 0 {
        out.push('0');
    } else {
        out.push_str(&digits[..whole.min(digits.len())]);
        out.extend(core::iter::repeat_n(
            '0',
            whole.saturating_sub(digits.len()),
        ));
    }
    let mut fraction_end = digits.len().max(whole);
    if exponent.is_none() && style.add_dot_0 {
        fraction_end = fraction_end.max(whole + 1);
    }
    let leading = if point < 0 {
        point.unsigned_abs() as usize
    } else {
        0
    };
    let has_fraction = fraction_end > whole;
    if has_fraction || style.alternate {
        out.push('.');
    }
    if has_fraction {
        out.extend(core::iter::repeat_n('0', leading));
        let tail = digits.get(whole..).unwrap_or("");
        out.push_str(tail);
        out.extend(core::iter::repeat_n('0', fraction_end - whole - tail.len()));
    }
    if let Some(exponent) = exponent {
        let sign = if exponent < 0 { '-' } else { '+' };
        out.push_str(&format!("e{sign}{:02}", exponent.unsigned_abs()));
    }
}

fn starts_with_ignore_case(text: &[u8], word: &[u8]) -> bool {
    text.len() >= word.len() && text[..word.len()].eq_ignore_ascii_case(word)
}

/// `inf`, `infinity` or `nan` with an optional sign: the value and how many bytes it takes.
pub(crate) fn parse_special(text: &[u8]) -> Option<(f64, usize)> {
    let (negative, start) = match text.first() {
        Some(b'-') => (true, 1),
        Some(b'+') => (false, 1),
        _ => (false, 0),
    };
    let rest = &text[start..];
    let (value, len) = if starts_with_ignore_case(rest, b"infinity") {
        (f64::INFINITY, 8)
    } else if starts_with_ignore_case(rest, b"inf") {
        (f64::INFINITY, 3)
    } else if starts_with_ignore_case(rest, b"nan") {
        (f64::NAN, 3)
    } else {
        return None;
    };
    Some((if negative { -value } else { value }, start + len))
}

fn digits_end(text: &[u8], mut at: usize) -> usize {
    while text.get(at).is_some_and(u8::is_ascii_digit) {
        at += 1;
    }
    at
}

/// The longest float at the start of `text` and its length (`PyOS_string_to_double` with an end pointer): no white
/// space, no underscores.
pub fn parse_prefix(text: &[u8]) -> Option<(f64, usize)> {
    if let Some(special) = parse_special(text) {
        return Some(special);
    }
    let start = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let whole_end = digits_end(text, start);
    let mut end = whole_end;
    let mut count = whole_end - start;
    if text.get(end) == Some(&b'.') {
        end = digits_end(text, end + 1);
        count += end - whole_end - 1;
    }
    if count == 0 {
        return None;
    }
    if let Some(b'e' | b'E') = text.get(end) {
        let sign = usize::from(matches!(text.get(end + 1), Some(b'+' | b'-')));
        let exponent_end = digits_end(text, end + 1 + sign);
        if exponent_end > end + 1 + sign {
            end = exponent_end;
        }
    }
    let value = core::str::from_utf8(&text[..end]).ok()?.parse().ok()?;
    Some((value, end))
}

/// Removes the underscores of a number if each stands between two digits.
pub(crate) fn remove_underscores(text: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(text.len());
    let mut previous = 0u8;
    for &byte in text {
        if byte == b'_' {
            if !previous.is_ascii_digit() {
                return None;
            }
        } else {
            if previous == b'_' && !byte.is_ascii_digit() {
                return None;
            }
            out.push(byte);
        }
        previous = byte;
    }
    (previous != b'_').then_some(out)
}

/// `float(text)`: ASCII white space around is skipped; `None` is "could not convert string to float: ...".
pub fn parse(text: &[u8]) -> Option<f64> {
    let text = strip_spaces(text);
    if text.contains(&b'_') {
        return parse(&remove_underscores(text)?);
    }
    let (value, used) = parse_prefix(text)?;
    (used == text.len()).then_some(value)
}
