//! Integers to and from text in bases 2 to 36, with Python's literal syntax.
//!
//! Bases that are powers of two move bits. All others split the number at powers `base^(chunk * 2^k)`, recursively,
//! so that large conversions cost what multiplication and division cost; short pieces go limb by limb.

use super::limb::{self, LIMB_MASK};
use super::{Digit, Int, IntRef, MASK, SHIFT};

/// Limbs (or chunks of text) up to which the quadratic loop is faster than splitting.
const SPLIT: usize = 48;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParseError {
    /// "invalid literal for int() with base N: ..."
    Invalid,
    /// "Exceeds the limit (N digits) for integer string conversion: value has M digits; ..."
    TooManyDigits(usize),
}

/// "Exceeds the limit (N digits) for integer string conversion; use sys.set_int_max_str_digits() ..."
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DecimalLimit;

/// The largest power of `base` below 2^60 and its exponent.
fn chunk_of(base: u32) -> (u64, usize) {
    let (mut power, mut count) = (u64::from(base), 1);
    while let Some(next) = power.checked_mul(u64::from(base))
        && next <= LIMB_MASK
    {
        power = next;
        count += 1;
    }
    (power, count)
}

/// `first`, its square, the square of that, ... as long as a power has at most `limit` limbs.
fn squarings(first: u64, limit: usize) -> Vec<Vec<u64>> {
    let mut powers = vec![vec![first]];
    while let Some(last) = powers.last()
        && 2 * last.len() - 1 <= limit
    {
        let mut next = vec![0; 2 * last.len()];
        limb::mul(last, last, &mut next);
        next.truncate(limb::trimmed_len(&next));
        powers.push(next);
    }
    powers
}

struct Writer<'a> {
    base: u32,
    chunk: u64,
    chunk_digits: usize,
    powers: &'a [Vec<u64>],
    out: Vec<u8>,
}

impl Writer<'_> {
    fn push_digit(&mut self, digit: u64) {
        self.out
            .push(b"0123456789abcdefghijklmnopqrstuvwxyz"[digit as usize % 36]);
    }

    /// Appends `value` with leading zeros to `width` digits, or without any if `width` is 0.
    fn write(&mut self, value: &[u64], width: usize) {
        let value = limb::trim(value);
        if value.len() <= SPLIT {
            return self.write_short(value, width);
        }
        // The largest power of at most half the limbs splits best.
        let level = self
            .powers
            .iter()
            .rposition(|p| 2 * p.len() - 1 <= value.len())
            .unwrap_or(0);
        let powers = self.powers;
        let (high, low) = limb::divrem(value, &powers[level]);
        let low_width = self.chunk_digits << level;
        self.write(&high, width.saturating_sub(low_width));
        self.write(&low, low_width);
    }

    fn write_short(&mut self, value: &[u64], width: usize) {
        let start = self.out.len();
        let mut rest = value.to_vec();
        let base = u64::from(self.base);
        while !rest.is_empty() {
            let mut piece = limb::div_limb(&mut rest, self.chunk);
            rest.truncate(limb::trimmed_len(&rest));
            let mut left = self.chunk_digits;
            if base == 10 {
                // By a constant: the compiler makes a multiplication of it.
                while if rest.is_empty() {
                    piece != 0
                } else {
                    left != 0
                } {
                    self.out.push(b'0' + (piece % 10) as u8);
                    piece /= 10;
                    left -= 1;
                }
                continue;
            }
            while if rest.is_empty() {
                piece != 0
            } else {
                left != 0
            } {
                self.push_digit(piece % base);
                piece /= base;
                left -= 1;
            }
        }
        while self.out.len() - start < width {
            self.out.push(b'0');
        }
        self.out[start..].reverse();
    }
}

impl IntRef<'_> {
    /// Digits of the magnitude in `base` (2 to 36), lower case, without sign or prefix; "0" for zero.
    pub fn magnitude_text(self, base: u32) -> String {
        debug_assert!((2..=36).contains(&base));
        if self.is_zero() {
            return String::from("0");
        }
        let bytes = if base.is_power_of_two() {
            self.power_of_two_text(base.trailing_zeros())
        } else {
            if base == 10
                && self.digits.len() <= 4
                && let Some(small) = self.magnitude_u128()
            {
                return match u64::try_from(small) {
                    Ok(small) => small.to_string(),
                    Err(_) => small.to_string(),
                };
            }
            let value = limb::pack(self.digits);
            let (chunk, chunk_digits) = chunk_of(base);
            let powers = if value.len() <= SPLIT {
                Vec::new()
            } else {
                squarings(chunk, value.len().div_ceil(2))
            };
            let mut writer = Writer {
                base,
                chunk,
                chunk_digits,
                powers: &powers,
                out: Vec::new(),
            };
            writer.write(&value, 0);
            writer.out
        };
        // Letters and digits.
        String::from_utf8(bytes).unwrap_or_default()
    }

    fn power_of_two_text(self, bits: u32) -> Vec<u8> {
        let count = self.bit_length().div_ceil(u64::from(bits));
        let mut out = Vec::with_capacity(count as usize);
        let (mut acc, mut held) = (0u64, 0);
        let mut digits = self.digits.iter();
        for _ in 0..count {
            if held < bits {
                acc |= u64::from(digits.next().copied().unwrap_or(0)) << held;
                held += SHIFT;
            }
            let digit = acc as usize & ((1 << bits) - 1);
            out.push(b"0123456789abcdefghijklmnopqrstuvwxyz"[digit]);
            acc >>= bits;
            held -= bits;
        }
        out.reverse();
        out
    }

    /// Text in `base` with a minus sign where needed, without prefix.
    pub fn to_text(self, base: u32) -> String {
        let text = self.magnitude_text(base);
        if self.negative {
            format!("-{text}")
        } else {
            text
        }
    }

    /// `str(self)`, refusing more than `max_digits` digits (0: no limit) without computing them.
    pub fn to_decimal(self, max_digits: usize) -> Result<String, DecimalLimit> {
        if max_digits > 0 {
            // log10(2) rounded down gives a lower bound of the digits.
            let least = (self.bit_length().saturating_sub(1) as u128 * 30_102) / 100_000 + 1;
            if least > max_digits as u128 {
                return Err(DecimalLimit);
            }
        }
        let text = self.magnitude_text(10);
        if max_digits > 0 && text.len() > max_digits {
            return Err(DecimalLimit);
        }
        Ok(if self.negative {
            format!("-{text}")
        } else {
            text
        })
    }
}

fn digit_value(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => u32::from(byte - b'0'),
        b'a'..=b'z' => u32::from(byte - b'a') + 10,
        b'A'..=b'Z' => u32::from(byte - b'A') + 10,
        _ => 37,
    }
}

/// Python's white space among ASCII bytes as `int()` and `float()` strip it from `bytes`.
pub(crate) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t'..=b'\r')
}

pub(crate) fn strip_spaces(mut text: &[u8]) -> &[u8] {
    while let [first, rest @ ..] = text
        && is_space(*first)
    {
        text = rest;
    }
    while let [rest @ .., last] = text
        && is_space(*last)
    {
        text = rest;
    }
    text
}

impl Int {
    /// `int(text, base)`: white space around, sign, prefix, underscores; `base` is 0 or 2 to 36. More than
    /// `max_digits` digits (0: no limit) are refused for bases that are not powers of two.
    pub fn parse(text: &[u8], base: u32, max_digits: usize) -> Result<Int, ParseError> {
        let mut rest = strip_spaces(text);
        let negative = rest.first() == Some(&b'-');
        if let [b'+' | b'-', tail @ ..] = rest {
            rest = tail;
        }
        let prefix_base = match rest {
            [b'0', b'x' | b'X', ..] => 16,
            [b'0', b'o' | b'O', ..] => 8,
            [b'0', b'b' | b'B', ..] => 2,
            _ => 0,
        };
        let mut base = base;
        let mut only_zero = false;
        if base == 0 {
            // An old-style octal such as 0777 is an error, 000 is not.
            only_zero = prefix_base == 0 && rest.first() == Some(&b'0');
            base = if prefix_base == 0 { 10 } else { prefix_base };
        }
        if prefix_base != 0 && base == prefix_base {
            rest = &rest[2..];
            if let [b'_', tail @ ..] = rest {
                rest = tail;
            }
        }
        let mut values = Vec::with_capacity(rest.len());
        let mut after_digit = false;
        for &byte in rest {
            if byte == b'_' && after_digit {
                after_digit = false;
                continue;
            }
            let value = digit_value(byte);
            if value >= base {
                return Err(ParseError::Invalid);
            }
            values.push(value as u8);
            after_digit = true;
        }
        if !after_digit {
            return Err(ParseError::Invalid);
        }
        if max_digits > 0 && values.len() > max_digits && !base.is_power_of_two() {
            return Err(ParseError::TooManyDigits(values.len()));
        }
        let value = Int::from_digit_values(&values, base);
        if only_zero && !value.is_zero() {
            return Err(ParseError::Invalid);
        }
        Ok(value.with_sign(negative))
    }

    /// The non-negative integer whose digits in `base`, most significant first, are `values` (each below `base`).
    pub fn from_digit_values(values: &[u8], base: u32) -> Int {
        if base.is_power_of_two() {
            let bits = base.trailing_zeros();
            let mut digits = Vec::with_capacity(values.len() * bits as usize / SHIFT as usize + 1);
            let (mut acc, mut held) = (0u64, 0);
            for &value in values.iter().rev() {
                acc |= u64::from(value) << held;
                held += bits;
                if held >= SHIFT {
                    digits.push(acc as Digit & MASK);
                    acc >>= SHIFT;
                    held -= SHIFT;
                }
            }
            digits.push(acc as Digit);
            return Int::new(false, digits);
        }
        let (chunk, chunk_digits) = chunk_of(base);
        // Chunks, least significant first.
        let chunks: Vec<u64> = values
            .rchunks(chunk_digits)
            .map(|piece| {
                piece
                    .iter()
                    .fold(0, |acc, &v| acc * u64::from(base) + u64::from(v))
            })
            .collect();
        let powers = if chunks.len() <= SPLIT {
            Vec::new()
        } else {
            squarings(chunk, chunks.len())
        };
        Int::new(false, limb::unpack(&join_chunks(&chunks, chunk, &powers)))
    }
}

/// The value of chunks in base `chunk`, least significant first; `powers[k]` is `chunk^(2^k)`.
fn join_chunks(chunks: &[u64], chunk: u64, powers: &[Vec<u64>]) -> Vec<u64> {
    if chunks.len() <= SPLIT {
        let mut value: Vec<u64> = Vec::with_capacity(chunks.len());
        for &piece in chunks.iter().rev() {
            let mut carry = piece;
            for limb in &mut value {
                let sum = u128::from(*limb) * u128::from(chunk) + u128::from(carry);
                *limb = sum as u64 & LIMB_MASK;
                carry = (sum >> limb::LIMB_BITS) as u64;
            }
            if carry != 0 {
                value.push(carry);
            }
        }
        return value;
    }
    let level = ((chunks.len() - 1).ilog2() as usize).min(powers.len() - 1);
    let (low, high) = chunks.split_at(1 << level);
    let high = join_chunks(high, chunk, powers);
    let low = join_chunks(low, chunk, powers);
    let mut product = vec![0; high.len() + powers[level].len()];
    limb::mul(&high, &powers[level], &mut product);
    limb::add_to(&mut product, &low);
    product
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digit_limits_count_digits_only() {
        let digits = "1_2345_6789_0";
        assert_eq!(
            Int::parse(digits.as_bytes(), 10, 10).map(|v| v.as_ref().to_i64()),
            Ok(Some(1_234_567_890))
        );
        assert_eq!(
            Int::parse(digits.as_bytes(), 10, 9),
            Err(ParseError::TooManyDigits(10))
        );
        assert!(Int::parse(b"0xffffffffffffffffffff", 0, 9).is_ok());
        let value = Int::from_i64(-1_234_567_890);
        assert_eq!(value.as_ref().to_decimal(10).as_deref(), Ok("-1234567890"));
        assert_eq!(value.as_ref().to_decimal(9), Err(DecimalLimit));
        // Refused by the estimate alone: converting this would take minutes.
        let huge = IntRef::ONE.shl(1 << 24).expect("fits");
        assert_eq!(huge.as_ref().to_decimal(4300), Err(DecimalLimit));
    }
}
