//! The arithmetic of Python's `float` where it differs from the processor's: floored division, powers, rounding.

pub mod half;
pub mod hex;
pub mod text;

use crate::int::{Int, IntRef, SmallInt, decompose};
use crate::math::libm;

pub use text::{FloatCode, FloatStyle, format, parse, parse_prefix, repr};

/// What `float.__pow__` does instead of returning a float.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FloatPow {
    Value(f64),
    /// `ZeroDivisionError`: "0.0 cannot be raised to a negative power"
    ZeroToNegative,
    /// A negative base with a fractional exponent: the answer is `complex`.
    Complex,
    /// `OverflowError(34, 'Numerical result out of range')`
    Overflow,
}

/// "rounded value too large to represent"
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RoundOverflow;

/// `x // y` and `x % y`; `None` for division by zero.
pub fn divmod(x: f64, y: f64) -> Option<(f64, f64)> {
    if y == 0.0 {
        return None;
    }
    let mut remainder = x % y;
    // x - remainder is a multiple of y but for rounding; the quotient is close to an integer.
    let mut quotient = (x - remainder) / y;
    if remainder != 0.0 {
        if (y < 0.0) != (remainder < 0.0) {
            remainder += y;
            quotient -= 1.0;
        }
    } else {
        remainder = 0.0f64.copysign(y);
    }
    let floored = if quotient != 0.0 {
        let floored = quotient.floor();
        if quotient - floored > 0.5 {
            floored + 1.0
        } else {
            floored
        }
    } else {
        0.0f64.copysign(x / y)
    };
    Some((floored, remainder))
}

/// `x % y`; `None` for division by zero.
pub fn modulo(x: f64, y: f64) -> Option<f64> {
    if y == 0.0 {
        return None;
    }
    let remainder = x % y;
    if remainder == 0.0 {
        Some(0.0f64.copysign(y))
    } else if (y < 0.0) != (remainder < 0.0) {
        Some(remainder + y)
    } else {
        Some(remainder)
    }
}

fn is_odd_integer(x: f64) -> bool {
    x.abs() % 2.0 == 1.0
}

/// `base ** exponent` with the special cases of C99, which CPython spells out rather than trust each libm.
pub fn pow(base: f64, exponent: f64) -> FloatPow {
    use FloatPow::Value;
    if exponent == 0.0 {
        return Value(1.0);
    }
    if base.is_nan() {
        return Value(base);
    }
    if exponent.is_nan() {
        return Value(if base == 1.0 { 1.0 } else { exponent });
    }
    if exponent.is_infinite() {
        let base = base.abs();
        return Value(if base == 1.0 {
            1.0
        } else if (exponent > 0.0) == (base > 1.0) {
            f64::INFINITY
        } else {
            0.0
        });
    }
    let odd = is_odd_integer(exponent);
    if base.is_infinite() {
        return Value(match (exponent > 0.0, odd) {
            (true, true) => base,
            (true, false) => base.abs(),
            (false, true) => 0.0f64.copysign(base),
            (false, false) => 0.0,
        });
    }
    if base == 0.0 {
        if exponent < 0.0 {
            return FloatPow::ZeroToNegative;
        }
        return Value(if odd { base } else { 0.0 });
    }
    if base < 0.0 && exponent != exponent.floor() {
        return FloatPow::Complex;
    }
    let sign = if base < 0.0 && odd { -1.0 } else { 1.0 };
    let base = base.abs();
    if base == 1.0 {
        return Value(sign);
    }
    let result = libm::pow(base, exponent);
    if result.is_infinite() {
        FloatPow::Overflow
    } else {
        Value(sign * result)
    }
}

/// `float.is_integer()`.
pub fn is_integer(x: f64) -> bool {
    x.is_finite() && x == x.floor()
}

/// `round(x)` of a finite float before it becomes an int: ties go to even.
pub fn round_half_even(x: f64) -> f64 {
    x.round_ties_even()
}

/// `round(x, ndigits)`: correctly rounded from the exact decimal expansion.
pub fn round(x: f64, ndigits: i64) -> Result<f64, RoundOverflow> {
    // Beyond 323 digits every double is exact, below -308 every one vanishes.
    if !x.is_finite() || ndigits > 323 {
        return Ok(x);
    }
    if ndigits < -308 {
        return Ok(0.0 * x);
    }
    let magnitude = x.abs();
    if ndigits >= 0 {
        let text = format!("{:.*}", ndigits as usize, magnitude);
        return finish_round(&text, x);
    }
    let whole = magnitude.floor();
    let Some(integer) = Int::from_f64(whole) else {
        return Ok(x);
    };
    let ten = SmallInt::from_i64(10);
    let Ok(unit) = crate::int::pow(ten.as_ref(), SmallInt::from_i64(-ndigits).as_ref()) else {
        return Ok(x);
    };
    let Some((quotient, rest)) = integer.as_ref().divmod(unit.as_ref()) else {
        return Ok(x);
    };
    // Compare the dropped part, fraction included, with half a unit.
    let twice = rest.as_ref().add(rest.as_ref());
    let order = twice.as_ref().cmp(&unit.as_ref());
    let up = match order {
        core::cmp::Ordering::Less => false,
        core::cmp::Ordering::Greater => true,
        core::cmp::Ordering::Equal => magnitude > whole || quotient.as_ref().is_odd(),
    };
    let quotient = if up {
        quotient.as_ref().add(IntRef::ONE)
    } else {
        quotient
    };
    let rounded = quotient
        .as_ref()
        .mul(unit.as_ref())
        .as_ref()
        .to_f64()
        .map_err(|_| RoundOverflow)?;
    Ok(rounded.copysign(x))
}

fn finish_round(text: &str, x: f64) -> Result<f64, RoundOverflow> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value.copysign(x)),
        _ => Err(RoundOverflow),
    }
}

/// `float.as_integer_ratio()` in lowest terms; `None` for infinities and NaN.
pub fn as_integer_ratio(x: f64) -> Option<(Int, Int)> {
    if !x.is_finite() {
        return None;
    }
    let (mantissa, exponent) = decompose(x);
    if mantissa == 0 {
        return Some((Int::ZERO, IntRef::ONE.to_int()));
    }
    let zeros = mantissa.trailing_zeros();
    let odd = Int::from_u64(mantissa >> zeros).with_sign(x < 0.0);
    let exponent = exponent + zeros as i32;
    let shift = u64::from(exponent.unsigned_abs());
    if exponent >= 0 {
        Some((odd.as_ref().shl(shift)?, IntRef::ONE.to_int()))
    } else {
        Some((odd, IntRef::ONE.shl(shift)?))
    }
}
