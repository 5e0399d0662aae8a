//! What the `math` module computes: the C library behind CPython's error rules, and the algorithms of its own.

pub mod integer;
pub mod libm;
mod special;
mod sums;

use crate::int::IntRef;

pub use special::{gamma, lgamma};
pub use sums::{Fsum, FsumError, dist, hypot};

/// `ValueError("math domain error")` or `OverflowError("math range error")`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MathError {
    Domain,
    Range,
}

type MathResult = Result<f64, MathError>;

/// A NaN from a number is a domain error; an infinity from a finite one a range error if the function can overflow
/// and a domain error (a pole) if not.
fn check(argument: f64, result: f64, can_overflow: bool) -> MathResult {
    if result.is_nan() && !argument.is_nan() {
        return Err(MathError::Domain);
    }
    if result.is_infinite() && argument.is_finite() {
        return Err(if can_overflow {
            MathError::Range
        } else {
            MathError::Domain
        });
    }
    Ok(result)
}

macro_rules! checked {
    ($($name:ident $can_overflow:literal;)*) => {
        $(#[doc = concat!("`math.", stringify!($name), "`")]
        pub fn $name(x: f64) -> Result<f64, MathError> {
            check(x, libm::$name(x), $can_overflow)
        })*
        /// The one-argument functions that are the C library's, by name, for building the module's table.
        pub const UNARY: &[(&str, fn(f64) -> Result<f64, MathError>)] = &[$((stringify!($name), $name),)*];
    };
}

checked! {
    acos false; acosh false; asin false; asinh false; atan false; atanh false;
    cbrt false; cos false; cosh true; erf false; erfc false; exp true; exp2 true; expm1 true;
    sin false; sinh true; tan false; tanh false;
}

/// `math.sqrt`
pub fn sqrt(x: f64) -> MathResult {
    check(x, x.sqrt(), false)
}

/// `math.log1p`; the sign of zero survives whatever the C library does.
pub fn log1p(x: f64) -> MathResult {
    if x == 0.0 {
        Ok(x)
    } else {
        check(x, libm::log1p(x), false)
    }
}

/// The logarithms that also take unbounded integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Logarithm {
    Natural,
    Base2,
    Base10,
}

impl Logarithm {
    fn raw(self, x: f64) -> f64 {
        match self {
            Logarithm::Natural => libm::log(x),
            Logarithm::Base2 => libm::log2(x),
            Logarithm::Base10 => libm::log10(x),
        }
    }

    /// Of a double.
    pub fn of(self, x: f64) -> MathResult {
        if x <= 0.0 {
            return Err(MathError::Domain);
        }
        check(x, self.raw(x), false)
    }

    /// Of an integer, however large.
    pub fn of_int(self, value: IntRef<'_>) -> MathResult {
        if value.is_zero() || value.is_negative() {
            return Err(MathError::Domain);
        }
        match value.to_f64() {
            Ok(x) => self.of(x),
            Err(_) => {
                let (fraction, exponent) = value.frexp();
                Ok(self.raw(fraction) + self.raw(2.0) * exponent as f64)
            }
        }
    }
}

/// `math.pow`, with C99's special cases.
pub fn pow(x: f64, y: f64) -> MathResult {
    if x.is_finite() && y.is_finite() {
        let result = libm::pow(x, y);
        return if result.is_nan() {
            Err(MathError::Domain)
        } else if result.is_infinite() {
            // A pole at zero, an overflow elsewhere.
            Err(if x == 0.0 {
                MathError::Domain
            } else {
                MathError::Range
            })
        } else {
            Ok(result)
        };
    }
    if x.is_nan() {
        return Ok(if y == 0.0 { 1.0 } else { x });
    }
    if y.is_nan() {
        return Ok(if x == 1.0 { 1.0 } else { y });
    }
    if x.is_infinite() {
        let odd = y.is_finite() && y.abs() % 2.0 == 1.0;
        return Ok(if y > 0.0 {
            if odd { x } else { x.abs() }
        } else if y == 0.0 {
            1.0
        } else if odd {
            0.0f64.copysign(x)
        } else {
            0.0
        });
    }
    Ok(if x.abs() == 1.0 {
        1.0
    } else if (y > 0.0) == (x.abs() > 1.0) {
        f64::INFINITY
    } else {
        0.0
    })
}

/// `math.fmod`
pub fn fmod(x: f64, y: f64) -> MathResult {
    if y.is_infinite() && x.is_finite() {
        return Ok(x);
    }
    let result = x % y;
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        Err(MathError::Domain)
    } else {
        Ok(result)
    }
}

/// `math.remainder`: IEEE 754's, with the quotient rounded to even.
pub fn remainder(x: f64, y: f64) -> MathResult {
    let result = libm::remainder(x, y);
    if result.is_nan() && !x.is_nan() && !y.is_nan() {
        Err(MathError::Domain)
    } else if result == 0.0 {
        // The library loses the sign next to the smallest normal number.
        Ok(result.copysign(x))
    } else {
        Ok(result)
    }
}

/// `math.frexp`
pub fn frexp(x: f64) -> (f64, i32) {
    if x == 0.0 || !x.is_finite() {
        return (x, 0);
    }
    // Subnormals are scaled into the normal range first.
    let (scaled, offset) = if x.abs() < f64::MIN_POSITIVE {
        (x * 2f64.powi(64), -64)
    } else {
        (x, 0)
    };
    let bits = scaled.to_bits();
    let exponent = (bits >> 52 & 0x7FF) as i32 - 1022;
    (
        f64::from_bits(bits & !(0x7FF << 52) | 1022 << 52),
        exponent + offset,
    )
}

/// `math.ldexp`; the caller saturates an exponent that does not fit.
pub fn ldexp(x: f64, exponent: i64) -> MathResult {
    if x == 0.0 || !x.is_finite() {
        return Ok(x);
    }
    // No double needs more than a few thousand either way.
    let exponent = exponent.clamp(-10_000, 10_000) as i32;
    let result = libm::ldexp(x, exponent);
    if result.is_infinite() {
        Err(MathError::Range)
    } else {
        Ok(result)
    }
}

/// `math.modf`: fractional and integer part, both with the sign of `x`.
pub fn modf(x: f64) -> (f64, f64) {
    if x.is_infinite() {
        return (0.0f64.copysign(x), x);
    }
    let whole = x.trunc();
    ((x - whole).copysign(x), whole)
}

/// `math.ulp`
pub fn ulp(x: f64) -> f64 {
    if !x.is_finite() {
        return x.abs();
    }
    let x = x.abs();
    let next = libm::nextafter(x, f64::INFINITY);
    if next.is_infinite() {
        x - libm::nextafter(x, 0.0)
    } else {
        next - x
    }
}

/// `math.degrees`
pub fn degrees(x: f64) -> f64 {
    x * (180.0 / core::f64::consts::PI)
}

/// `math.radians`
pub fn radians(x: f64) -> f64 {
    x * (core::f64::consts::PI / 180.0)
}

/// `math.isclose`; the caller has refused negative tolerances.
pub fn is_close(a: f64, b: f64, relative: f64, absolute: f64) -> bool {
    if a == b {
        return true;
    }
    if a.is_infinite() || b.is_infinite() {
        return false;
    }
    let difference = (b - a).abs();
    difference <= (relative * b).abs()
        || difference <= (relative * a).abs()
        || difference <= absolute
}
