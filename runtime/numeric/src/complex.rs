//! Complex arithmetic and text as `complexobject.c` defines them.

use crate::float::text::{FloatCode, FloatStyle, format, parse_prefix, remove_underscores};
use crate::int::strip_spaces;
use crate::math::libm;

#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Complex {
    pub real: f64,
    pub imag: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ComplexError {
    /// `ZeroDivisionError`: "complex division by zero", or for powers "0.0 to a negative or complex power"
    ZeroDivision,
    /// `OverflowError`: "absolute value too large", or for powers "complex exponentiation"
    Overflow,
}

#[expect(
    clippy::should_implement_trait,
    reason = "division and power are fallible, so all four stay plain methods"
)]
impl Complex {
    pub const ONE: Complex = Complex::new(1.0, 0.0);

    pub const fn new(real: f64, imag: f64) -> Complex {
        Complex { real, imag }
    }

    pub fn add(self, other: Complex) -> Complex {
        Complex::new(self.real + other.real, self.imag + other.imag)
    }

    pub fn sub(self, other: Complex) -> Complex {
        Complex::new(self.real - other.real, self.imag - other.imag)
    }

    pub fn mul(self, other: Complex) -> Complex {
        Complex::new(
            self.real * other.real - self.imag * other.imag,
            self.real * other.imag + self.imag * other.real,
        )
    }

    /// Smith's division, which scales by the divisor's larger part.
    pub fn div(self, other: Complex) -> Result<Complex, ComplexError> {
        let (real_size, imag_size) = (other.real.abs(), other.imag.abs());
        if real_size >= imag_size {
            if real_size == 0.0 {
                return Err(ComplexError::ZeroDivision);
            }
            let ratio = other.imag / other.real;
            let denominator = other.real + other.imag * ratio;
            Ok(Complex::new(
                (self.real + self.imag * ratio) / denominator,
                (self.imag - self.real * ratio) / denominator,
            ))
        } else if imag_size >= real_size {
            let ratio = other.real / other.imag;
            let denominator = other.real * ratio + other.imag;
            Ok(Complex::new(
                (self.real * ratio + self.imag) / denominator,
                (self.imag * ratio - self.real) / denominator,
            ))
        } else {
            // A part of the divisor is NaN.
            Ok(Complex::new(f64::NAN, f64::NAN))
        }
    }

    /// `self ** exponent`.
    pub fn pow(self, exponent: Complex) -> Result<Complex, ComplexError> {
        let small_integer = exponent.imag == 0.0
            && exponent.real == exponent.real.floor()
            && exponent.real.abs() <= 100.0;
        let result = if small_integer {
            self.pow_int(exponent.real as i64)?
        } else {
            self.pow_polar(exponent)?
        };
        if result.real.is_infinite() || result.imag.is_infinite() {
            return Err(ComplexError::Overflow);
        }
        Ok(result)
    }

    fn pow_int(self, exponent: i64) -> Result<Complex, ComplexError> {
        let mut result = Complex::ONE;
        let mut square = self;
        let mut bits = exponent.unsigned_abs();
        while bits > 0 {
            if bits & 1 == 1 {
                result = result.mul(square);
            }
            bits >>= 1;
            square = square.mul(square);
        }
        if exponent > 0 {
            Ok(result)
        } else {
            Complex::ONE.div(result)
        }
    }

    fn pow_polar(self, exponent: Complex) -> Result<Complex, ComplexError> {
        if exponent.real == 0.0 && exponent.imag == 0.0 {
            return Ok(Complex::ONE);
        }
        if self.real == 0.0 && self.imag == 0.0 {
            if exponent.imag != 0.0 || exponent.real < 0.0 {
                return Err(ComplexError::ZeroDivision);
            }
            return Ok(Complex::new(0.0, 0.0));
        }
        let size = libm::hypot(self.real, self.imag);
        let mut length = libm::pow(size, exponent.real);
        let angle = libm::atan2(self.imag, self.real);
        let mut phase = angle * exponent.real;
        if exponent.imag != 0.0 {
            length /= libm::exp(angle * exponent.imag);
            phase += exponent.imag * libm::log(size);
        }
        if phase.is_infinite() {
            // The C library's cos(inf) sets EDOM, which complex powers report as this error.
            return Err(ComplexError::ZeroDivision);
        }
        Ok(Complex::new(
            length * libm::cos(phase),
            length * libm::sin(phase),
        ))
    }

    /// `abs(self)`.
    pub fn abs(self) -> Result<f64, ComplexError> {
        if !self.real.is_finite() || !self.imag.is_finite() {
            // An infinite part wins over NaN.
            if self.real.is_infinite() || self.imag.is_infinite() {
                return Ok(f64::INFINITY);
            }
            return Ok(f64::NAN);
        }
        let result = libm::hypot(self.real, self.imag);
        if result.is_finite() {
            Ok(result)
        } else {
            Err(ComplexError::Overflow)
        }
    }

    /// `cmath.phase(self)`; an underflow to zero is CPython's "math range error" (the C library sets ERANGE).
    pub fn phase(self) -> Result<f64, ComplexError> {
        let angle = libm::atan2(self.imag, self.real);
        let underflow = angle == 0.0 && self.imag != 0.0 && self.real.is_finite();
        if underflow {
            Err(ComplexError::Overflow)
        } else {
            Ok(angle)
        }
    }

    /// `repr(self)`.
    pub fn repr(self) -> String {
        let style = FloatStyle::new(FloatCode::Repr, 0);
        let imag = format(self.imag, &style);
        if self.real == 0.0 && self.real.is_sign_positive() {
            return format!("{imag}j");
        }
        let sign = if imag.starts_with('-') { "" } else { "+" };
        format!("({}{sign}{imag}j)", format(self.real, &style))
    }

    /// `complex(text)`; `None` is "complex() arg is a malformed string".
    pub fn parse(text: &[u8]) -> Option<Complex> {
        if text.contains(&b'_') {
            return Complex::parse(&remove_underscores(text)?);
        }
        let mut rest = strip_spaces(text);
        if let [b'(', inner @ ..] = rest {
            let [inner @ .., b')'] = inner else {
                return None;
            };
            rest = strip_spaces(inner);
        }
        let is_unit = |byte: Option<&u8>| matches!(byte, Some(b'j' | b'J'));
        let (mut real, mut imag) = (0.0, 0.0);
        let after;
        if let Some((value, used)) = parse_prefix(rest) {
            if let Some(sign @ (b'+' | b'-')) = rest.get(used) {
                // <float><signed imaginary>
                real = value;
                let tail = &rest[used..];
                let number = parse_prefix(tail);
                let (part, length) = number.unwrap_or((if *sign == b'-' { -1.0 } else { 1.0 }, 1));
                imag = part;
                if !is_unit(tail.get(length)) {
                    return None;
                }
                after = used + length + 1;
            } else if is_unit(rest.get(used)) {
                imag = value;
                after = used + 1;
            } else {
                real = value;
                after = used;
            }
        } else {
            // A bare, perhaps signed, j.
            let signed = matches!(rest.first(), Some(b'+' | b'-'));
            imag = if rest.first() == Some(&b'-') {
                -1.0
            } else {
                1.0
            };
            if !is_unit(rest.get(usize::from(signed))) {
                return None;
            }
            after = usize::from(signed) + 1;
        }
        (after == rest.len()).then_some(Complex::new(real, imag))
    }
}
