//! `float.hex()` and `float.fromhex()`.

use super::text::{parse_special, repr};
use crate::int::{compose, strip_spaces};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HexError {
    /// `ValueError`: "invalid hexadecimal floating-point string"
    Invalid,
    /// `OverflowError`: "hexadecimal value too large to represent as a float"
    Overflow,
}

/// `x.hex()`.
pub fn to_hex(x: f64) -> String {
    if !x.is_finite() {
        return repr(x);
    }
    let bits = x.to_bits();
    let sign = if x.is_sign_negative() { "-" } else { "" };
    if x == 0.0 {
        return format!("{sign}0x0.0p+0");
    }
    let field = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    let (lead, exponent) = if field == 0 {
        (0, -1022)
    } else {
        (1, field - 1023)
    };
    format!("{sign}0x{lead}.{fraction:013x}p{exponent:+}")
}

/// `float.fromhex(text)`.
pub fn from_hex(text: &[u8]) -> Result<f64, HexError> {
    let text = strip_spaces(text);
    if let Some((value, used)) = parse_special(text) {
        return if used == text.len() {
            Ok(value)
        } else {
            Err(HexError::Invalid)
        };
    }
    let negative = text.first() == Some(&b'-');
    let mut rest = &text[usize::from(matches!(text.first(), Some(b'+' | b'-')))..];
    if let [b'0', b'x' | b'X', tail @ ..] = rest {
        rest = tail;
    }
    let (mut mantissa, mut sticky, mut exponent) = (0u64, false, 0i64);
    let (mut digits, mut after_point) = (0usize, false);
    while let [byte, tail @ ..] = rest {
        if *byte == b'.' && !after_point {
            after_point = true;
        } else if let Some(value) = char::from(*byte).to_digit(16) {
            digits += 1;
            if mantissa >> 60 == 0 {
                mantissa = mantissa << 4 | u64::from(value);
                exponent -= if after_point { 4 } else { 0 };
            } else {
                sticky |= value != 0;
                exponent += if after_point { 0 } else { 4 };
            }
        } else {
            break;
        }
        rest = tail;
    }
    if digits == 0 {
        return Err(HexError::Invalid);
    }
    if let [b'p' | b'P', tail @ ..] = rest {
        let (minus, tail) = match tail {
            [b'-', tail @ ..] => (true, tail),
            [b'+', tail @ ..] => (false, tail),
            _ => (false, tail),
        };
        let mut value = 0i64;
        if tail.is_empty() || !tail.iter().all(u8::is_ascii_digit) {
            return Err(HexError::Invalid);
        }
        for byte in tail {
            // Far beyond any double's range, far from overflowing the sum.
            value = (value * 10 + i64::from(byte - b'0')).min(1 << 58);
        }
        exponent += if minus { -value } else { value };
    } else if !rest.is_empty() {
        return Err(HexError::Invalid);
    }
    let value = compose(mantissa, sticky, exponent).map_err(|_| HexError::Overflow)?;
    Ok(if negative { -value } else { value })
}
