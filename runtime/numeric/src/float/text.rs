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
            if !push_fixed(&mut out, magnitude, style.precision) {
                out.push_str(&format!(
                    "{:.*}",
                    style.precision.min(MAX_PLACES),
                    magnitude
                ));
            }
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

/// Appends `x`, which is finite and not negative, with so many decimal places; false, with nothing done, if they or `x` are
/// large. A double times a power of ten is exact in 128 bits, so that it is rounded once, ties to even.
fn push_fixed(out: &mut String, x: f64, places: usize) -> bool {
    const MOST_PLACES: usize = 17;
    const MOST_BITS: i32 = 10;
    let bits = x.to_bits();
    let (exponent, fraction) = ((bits >> 52) as i32, bits & ((1 << 52) - 1));
    let (mantissa, shift) = match exponent {
        0 => (fraction, -1074),
        e => (fraction | 1 << 52, e - 1075),
    };
    if places > MOST_PLACES || shift > MOST_BITS {
        return false;
    }
    let exact = u128::from(mantissa) * 10u128.pow(places as u32);
    let scaled = if shift >= 0 {
        exact << shift
    } else if shift <= -127 {
        // Below a half: the product has at most 110 bits.
        0
    } else {
        let (whole, rest) = (exact >> -shift, exact & ((1 << -shift) - 1));
        let half = 1u128 << (-shift - 1);
        whole + u128::from(rest > half || rest == half && whole & 1 == 1)
    };
    let mut text = [0u8; 48];
    let (mut at, mut written) = (text.len(), 0);
    let mut put = |digit: u8, written: usize| {
        if written == places && places > 0 {
            at -= 1;
            text[at] = b'.';
        }
        at -= 1;
        text[at] = b'0' + digit;
    };
    let mut large = scaled;
    while large > u128::from(u64::MAX) {
        put((large % 10) as u8, written);
        large /= 10;
        written += 1;
    }
    let mut rest = large as u64;
    while rest > 0 || written <= places {
        put((rest % 10) as u8, written);
        rest /= 10;
        written += 1;
    }
    out.push_str(std::str::from_utf8(&text[at..]).unwrap_or_default());
    true
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

#[cfg(test)]
mod tests {
    use super::push_fixed;

    #[test]
    fn fixed_places_are_those_of_the_exact_value() {
        let mut values = vec![
            0.0,
            0.5,
            1.5,
            2.5,
            0.125,
            0.375,
            1e-300,
            5e-324,
            1e15,
            9_007_199_254_740_993.0,
            1e18,
            0.1,
            0.05,
            0.15,
            2.675,
            999.995,
            0.999_999,
            123_456.789,
            4.35,
            1e22,
            5e-5,
            0.045,
        ];
        let mut seed = 0x9e37_79b9_7f4a_7c15u64;
        for i in 0..20_000u64 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            values.push((seed >> 11) as f64 / 2f64.powi((i % 90) as i32));
        }
        for x in values {
            for places in 0..=17 {
                let mut out = String::new();
                if push_fixed(&mut out, x, places) {
                    assert_eq!(out, format!("{x:.places$}"));
                }
            }
        }
    }
}
