//! Conversions to and from doubles and byte strings, true division and hashing.

use core::cmp::Ordering;

use super::{Digit, Int, IntRef, MASK, SHIFT, SmallInt};
use crate::hash::{HASH_BITS, HASH_MODULUS};

/// "int too large to convert to float", or for [`true_divide`] "integer division result too large for a float".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FloatOverflow;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BytesError {
    /// "int too big to convert"
    TooBig,
    /// "can't convert negative int to unsigned"
    Negative,
}

/// The double nearest to `mantissa * 2^exponent`, ties to even; `sticky` says that a non-zero tail was cut off.
pub(crate) fn compose(mantissa: u64, sticky: bool, exponent: i64) -> Result<f64, FloatOverflow> {
    if mantissa == 0 {
        return Ok(0.0);
    }
    let zeros = mantissa.leading_zeros();
    let mantissa = mantissa << zeros;
    let top = exponent.saturating_sub(i64::from(zeros)).saturating_add(63);
    if top > 1023 {
        return Err(FloatOverflow);
    }
    // 53 bits stay, fewer among the subnormals.
    let dropped = if top >= -1022 {
        11
    } else {
        11i64.saturating_add((-1022i64).saturating_sub(top))
    };
    if dropped > 64 {
        return Ok(0.0);
    }
    let (kept, rest) = if dropped == 64 {
        (0, mantissa)
    } else {
        (mantissa >> dropped, mantissa << (64 - dropped))
    };
    let round_up = rest > 1 << 63 || (rest == 1 << 63 && (sticky || kept & 1 == 1));
    let kept = kept + u64::from(round_up);
    // The implicit bit of `kept` adds one to the exponent field, and so does a carry out of rounding.
    let bits = if top >= -1022 {
        (((top + 1022) as u64) << 52) + kept
    } else {
        kept
    };
    let value = f64::from_bits(bits);
    if value.is_infinite() {
        Err(FloatOverflow)
    } else {
        Ok(value)
    }
}

impl IntRef<'_> {
    /// The top 64 bits of the magnitude as `mantissa * 2^exponent`, and whether a tail was cut off.
    fn leading_bits(self) -> (u64, bool, i64) {
        let bits = self.bit_length();
        if bits <= 64 {
            return (self.abs().low_u64(), false, 0);
        }
        let base = bits - 64;
        let (word, shift) = (
            (base / u64::from(SHIFT)) as usize,
            (base % u64::from(SHIFT)) as u32,
        );
        let window = self.digits[word..]
            .iter()
            .rev()
            .fold(0u128, |acc, &d| acc << SHIFT | u128::from(d));
        let sticky = self.digits[..word].iter().any(|&d| d != 0)
            || self.digits[word] & ((1 << shift) - 1) != 0;
        ((window >> shift) as u64, sticky, base as i64)
    }

    /// `float(self)`.
    pub fn to_f64(self) -> Result<f64, FloatOverflow> {
        let (mantissa, sticky, exponent) = self.leading_bits();
        let value = compose(mantissa, sticky, exponent)?;
        Ok(if self.negative { -value } else { value })
    }

    /// The value as `m * 2^e` with `0.5 <= |m| < 1`, rounded like [`IntRef::to_f64`] but without overflow.
    pub fn frexp(self) -> (f64, i64) {
        if self.is_zero() {
            return (0.0, 0);
        }
        let (mantissa, sticky, exponent) = self.leading_bits();
        let zeros = i64::from(mantissa.leading_zeros());
        // 2^-64 times a 64-bit mantissa never overflows; it may round up to exactly 1.
        let mut fraction = compose(mantissa << zeros, sticky, -64).unwrap_or(1.0);
        let mut exponent = exponent - zeros + 64;
        if fraction == 1.0 {
            fraction = 0.5;
            exponent += 1;
        }
        (if self.negative { -fraction } else { fraction }, exponent)
    }

    /// Exact comparison with a double; `None` for NaN.
    pub fn compare_f64(self, other: f64) -> Option<Ordering> {
        if other.is_nan() {
            return None;
        }
        if other.is_infinite() {
            return Some(if other > 0.0 {
                Ordering::Less
            } else {
                Ordering::Greater
            });
        }
        if self.bit_length() <= 53 {
            return self.to_f64().ok()?.partial_cmp(&other);
        }
        let whole = Int::from_f64(other.trunc())?;
        // Equal whole parts leave the decision to the fraction.
        let fraction = 0.0f64.partial_cmp(&other.fract())?;
        Some(self.cmp(&whole.as_ref()).then(fraction))
    }

    /// `round(self, -places)`: the nearest multiple of `10**places`, ties to an even multiple. `None` if the power
    /// itself cannot be held.
    pub fn round_to_power_of_ten(self, places: u64) -> Option<Int> {
        if self.bit_length() < places.saturating_mul(3) {
            // 10**places is more than 8 times, so more than twice, as large.
            return Some(Int::ZERO);
        }
        let ten = SmallInt::from_i64(10);
        let unit = super::pow(
            ten.as_ref(),
            SmallInt::from_u128(false, places.into()).as_ref(),
        )
        .ok()?;
        let (quotient, rest) = self.divmod(unit.as_ref())?;
        let order = rest
            .as_ref()
            .add(rest.as_ref())
            .as_ref()
            .cmp(&unit.as_ref());
        let up =
            order == Ordering::Greater || (order == Ordering::Equal && quotient.as_ref().is_odd());
        let quotient = if up {
            quotient.as_ref().add(IntRef::ONE)
        } else {
            quotient
        };
        Some(quotient.as_ref().mul(unit.as_ref()))
    }

    /// `hash(self)`.
    pub fn hash(self) -> i64 {
        let mut acc = 0u64;
        for &digit in self.digits.iter().rev() {
            // acc * 2^30 modulo 2^61 - 1 is a rotation.
            acc = (acc << SHIFT & HASH_MODULUS) | acc >> (HASH_BITS - SHIFT);
            acc += u64::from(digit);
            if acc >= HASH_MODULUS {
                acc -= HASH_MODULUS;
            }
        }
        let hash = if self.negative {
            -(acc as i64)
        } else {
            acc as i64
        };
        if hash == -1 { -2 } else { hash }
    }

    /// `int.to_bytes` into a slice of the wanted length.
    pub fn to_bytes(
        self,
        out: &mut [u8],
        little_endian: bool,
        signed: bool,
    ) -> Result<(), BytesError> {
        if self.negative && !signed {
            return Err(BytesError::Negative);
        }
        let bits = self.bit_length();
        let room = out.len() as u64 * 8;
        let fits = if !signed {
            bits <= room
        } else if self.negative {
            // -2^(room-1) itself fits; and CPython accepts -1 in no bytes at all.
            bits < room
                || (bits == room && self.trailing_zeros() + 1 == bits)
                || (room == 0 && bits == 1)
        } else {
            bits < room || bits == 0
        };
        if !fits {
            return Err(BytesError::TooBig);
        }
        let (mut acc, mut held, mut carry) = (0u64, 0u32, 1u64);
        let mut digits = self.digits.iter();
        for slot in out.iter_mut() {
            if held < 8 {
                let digit = u64::from(digits.next().copied().unwrap_or(0));
                let digit = if self.negative {
                    let flipped = (digit ^ u64::from(MASK)) + carry;
                    carry = flipped >> SHIFT;
                    flipped & u64::from(MASK)
                } else {
                    digit
                };
                acc |= digit << held;
                held += SHIFT;
            }
            *slot = acc as u8;
            acc >>= 8;
            held -= 8;
        }
        if !little_endian {
            out.reverse();
        }
        Ok(())
    }
}

impl Int {
    /// `int.from_bytes`.
    pub fn from_bytes(bytes: &[u8], little_endian: bool, signed: bool) -> Int {
        let last = if little_endian {
            bytes.last()
        } else {
            bytes.first()
        };
        let negative = signed && last.is_some_and(|b| b & 0x80 != 0);
        let mut digits: Vec<Digit> = Vec::with_capacity(bytes.len() * 8 / SHIFT as usize + 1);
        let (mut acc, mut held, mut carry) = (0u64, 0u32, 1u64);
        let mut push = |byte: u8| {
            let byte = if negative {
                let flipped = u64::from(!byte) + carry;
                carry = flipped >> 8;
                flipped & 0xFF
            } else {
                u64::from(byte)
            };
            acc |= byte << held;
            held += 8;
            if held >= SHIFT {
                digits.push(acc as Digit & MASK);
                acc >>= SHIFT;
                held -= SHIFT;
            }
        };
        if little_endian {
            bytes.iter().for_each(|&b| push(b));
        } else {
            bytes.iter().rev().for_each(|&b| push(b));
        }
        // A carry out of the top byte means the value is exactly -2^(8n): impossible, as the sign bit was set.
        digits.push(acc as Digit & MASK);
        digits.push((acc >> SHIFT) as Digit);
        Int::new(negative, digits)
    }

    /// The integer part of a finite double, `None` for infinities and NaN.
    pub fn from_f64(value: f64) -> Option<Int> {
        if !value.is_finite() {
            return None;
        }
        let (mantissa, exponent) = decompose(value);
        let whole = if exponent >= 0 {
            SmallInt::from_u128(false, u128::from(mantissa))
                .as_ref()
                .shl(exponent as u64)?
        } else if exponent <= -64 {
            Int::ZERO
        } else {
            Int::from_u64(mantissa >> -exponent)
        };
        Some(whole.with_sign(value < 0.0))
    }
}

/// `|value| = mantissa * 2^exponent` for a finite double.
pub(crate) fn decompose(value: f64) -> (u64, i32) {
    let bits = value.to_bits();
    let field = (bits >> 52 & 0x7FF) as i32;
    let fraction = bits & ((1 << 52) - 1);
    if field == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, field - 1075)
    }
}

/// `a / b` correctly rounded. The caller has dealt with `b == 0`, which gives an overflow here.
pub fn true_divide(a: IntRef<'_>, b: IntRef<'_>) -> Result<f64, FloatOverflow> {
    let negative = a.negative != b.negative;
    let sign = |value: f64| if negative { -value } else { value };
    if b.is_zero() {
        return Err(FloatOverflow);
    }
    if a.is_zero() {
        return Ok(sign(0.0));
    }
    let (a_bits, b_bits) = (a.bit_length() as i64, b.bit_length() as i64);
    if a_bits <= 53 && b_bits <= 53 {
        // Both convert exactly, so the processor's division rounds once.
        return Ok(sign(a.abs().low_u64() as f64 / b.abs().low_u64() as f64));
    }
    let difference = a_bits - b_bits;
    if difference > 1024 {
        return Err(FloatOverflow);
    }
    if difference < -1076 {
        return Ok(sign(0.0));
    }
    // Scale so that the integer quotient has 61 to 63 bits; the remainder decides ties.
    let shift = difference - 62;
    let (scaled, mut sticky) = if shift <= 0 {
        (
            a.abs().shl(shift.unsigned_abs()).ok_or(FloatOverflow)?,
            false,
        )
    } else {
        let shift = shift as u64;
        (a.abs().shr(shift), a.trailing_zeros() < shift)
    };
    let (quotient, remainder) = scaled
        .as_ref()
        .divrem_truncating(b.abs())
        .ok_or(FloatOverflow)?;
    sticky |= !remainder.is_zero();
    let mantissa = quotient.as_ref().to_u64().ok_or(FloatOverflow)?;
    compose(mantissa, sticky, shift).map(sign)
}
