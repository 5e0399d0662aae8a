//! Arithmetic of ints of up to 128 bits in machine numbers: hashes, random numbers and modular arithmetic exceed the
//! immediate range all the time, and their digits fit two registers.

use super::*;
use crate::ops::BinOp;

/// An int whose magnitude has at most 128 bits; zero is not negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wide {
    negative: bool,
    magnitude: u128,
}

impl Wide {
    #[inline]
    fn new(negative: bool, magnitude: u128) -> Wide {
        Wide {
            negative: negative && magnitude != 0,
            magnitude,
        }
    }

    /// Of an exact int; `None` for everything else and for what has more bits.
    #[inline]
    pub fn of(v: Value) -> Option<Wide> {
        if let Some(n) = v.as_int() {
            return Some(Wide::new(n < 0, u128::from(n.unsigned_abs())));
        }
        if !v.is_exact(ty!(PyLong_Type)) {
            return None;
        }
        Wide::of_object(v)
    }
    /// Of any int instance; `None` if it has more bits.
    #[inline]
    fn of_instance(v: Value) -> Option<Wide> {
        match v.as_int() {
            Some(n) => Some(Wide::new(n < 0, u128::from(n.unsigned_abs()))),
            None => Wide::of_object(v),
        }
    }
    #[inline]
    fn of_object(v: Value) -> Option<Wide> {
        // SAFETY: the callers' value is a live int object.
        let (negative, digits) = unsafe { object_digits(v.as_ptr()) };
        let pair = |low: u32, high: u32| u64::from(high) << 30 | u64::from(low);
        let magnitude = match *digits {
            [] => 0,
            [a] => u128::from(a),
            [a, b] => u128::from(pair(a, b)),
            [a, b, c] => u128::from(c) << 60 | u128::from(pair(a, b)),
            [a, b, c, d] => u128::from(pair(c, d)) << 60 | u128::from(pair(a, b)),
            [a, b, c, d, e] if e < 1 << 8 => {
                u128::from(e) << 120 | u128::from(pair(c, d)) << 60 | u128::from(pair(a, b))
            }
            _ => return None,
        };
        Some(Wide::new(negative, magnitude))
    }

    /// As a value.
    #[inline]
    pub fn value(self) -> Ref {
        if let Ok(n) = i64::try_from(self.magnitude)
            && let Some(v) = Value::try_int(if self.negative { -n } else { n })
        {
            // SAFETY: immediates own nothing.
            return unsafe { Ref::from_owned(v) };
        }
        let digit = |n: u32| (self.magnitude >> (30 * n)) as u32 & DIGIT_MASK;
        let len = (128 - self.magnitude.leading_zeros()).div_ceil(30) as usize;
        let object = crate::heap::alloc_uninit(ty!(PyLong_Type), object_size(len));
        // SAFETY: the new object has room for `len` digits, of which there are at least two.
        unsafe {
            write_size(object, self.negative, len);
            let out = object.cast::<u8>().add(HEAD).cast::<u32>();
            *out = digit(0);
            *out.add(1) = digit(1);
            for n in 2..len {
                *out.add(n) = digit(n as u32);
            }
            Ref::from_owned_ptr(object)
        }
    }

    /// `-x`.
    #[inline]
    pub fn negated(self) -> Wide {
        Wide::new(!self.negative, self.magnitude)
    }
    #[inline]
    fn add(self, other: Wide) -> Option<Wide> {
        let (x, y) = (self.magnitude, other.magnitude);
        Some(if self.negative == other.negative {
            Wide::new(self.negative, x.checked_add(y)?)
        } else if x >= y {
            Wide::new(self.negative, x - y)
        } else {
            Wide::new(other.negative, y - x)
        })
    }
    #[inline]
    fn mul(self, other: Wide) -> Option<Wide> {
        let magnitude = match (
            u64::try_from(self.magnitude),
            u64::try_from(other.magnitude),
        ) {
            (Ok(x), Ok(y)) => u128::from(x) * u128::from(y),
            _ => self.magnitude.checked_mul(other.magnitude)?,
        };
        Some(Wide::new(self.negative != other.negative, magnitude))
    }
    /// Quotient and remainder, rounded down.
    #[inline]
    fn divmod(self, other: Wide) -> Option<(Wide, Wide)> {
        let (x, y) = (self.magnitude, other.magnitude);
        let (q, r) = match (u64::try_from(x), u64::try_from(y)) {
            (_, Ok(0)) => return None,
            (Ok(x), Ok(y)) => (u128::from(x / y), u128::from(x % y)),
            _ => (x / y, x % y),
        };
        Some(if self.negative == other.negative {
            (Wide::new(false, q), Wide::new(other.negative, r))
        } else if r == 0 {
            (Wide::new(true, q), Wide::new(false, 0))
        } else {
            (Wide::new(true, q + 1), Wide::new(other.negative, y - r))
        })
    }
    #[inline]
    fn shift_left(self, by: Wide) -> Option<Wide> {
        if by.negative || by.magnitude > u128::from(self.magnitude.leading_zeros().min(127)) {
            return None;
        }
        Some(Wide::new(
            self.negative,
            self.magnitude << by.magnitude as u32,
        ))
    }
    #[inline]
    fn shift_right(self, by: Wide) -> Option<Wide> {
        if by.negative {
            return None;
        }
        let by = by.magnitude.min(128) as u32;
        let shift = |n: u128| n.checked_shr(by).unwrap_or(0);
        Some(if self.negative {
            Wide::new(true, shift(self.magnitude - 1) + 1)
        } else {
            Wide::new(false, shift(self.magnitude))
        })
    }
    /// In two's complement.
    #[inline]
    fn signed(self) -> Option<i128> {
        let n = i128::try_from(self.magnitude).ok()?;
        Some(if self.negative { -n } else { n })
    }
    #[inline]
    fn bits(
        self,
        other: Wide,
        of_magnitudes: fn(u128, u128) -> u128,
        of_signed: fn(i128, i128) -> i128,
    ) -> Option<Wide> {
        if !self.negative && !other.negative {
            return Some(Wide::new(
                false,
                of_magnitudes(self.magnitude, other.magnitude),
            ));
        }
        let n = of_signed(self.signed()?, other.signed()?);
        Some(Wide::new(n < 0, n.unsigned_abs()))
    }

    /// What the operator gives; `None` if that raises, is no int or has more bits.
    #[inline]
    pub fn binary(op: BinOp, x: Wide, y: Wide) -> Option<Wide> {
        match op {
            BinOp::Add => x.add(y),
            BinOp::Sub => x.add(y.negated()),
            BinOp::Mul => x.mul(y),
            BinOp::FloorDiv => x.divmod(y).map(|(q, _)| q),
            BinOp::Mod => x.divmod(y).map(|(_, r)| r),
            BinOp::And => x.bits(y, |a, b| a & b, |a, b| a & b),
            BinOp::Or => x.bits(y, |a, b| a | b, |a, b| a | b),
            BinOp::Xor => x.bits(y, |a, b| a ^ b, |a, b| a ^ b),
            BinOp::LShift => x.shift_left(y),
            BinOp::RShift => x.shift_right(y),
            BinOp::Pow | BinOp::MatMul | BinOp::TrueDiv | BinOp::DivMod => None,
        }
    }
    /// `~x`.
    pub fn invert(self) -> Option<Wide> {
        self.negated().add(Wide::new(true, 1))
    }
}

/// The operator on two int instances of at most 128 bits; `None` as [`Wide::binary`].
#[inline]
pub(super) fn binary(op: BinOp, a: Value, b: Value) -> Option<Ref> {
    let (x, y) = (Wide::of_instance(a)?, Wide::of_instance(b)?);
    Wide::binary(op, x, y).map(Wide::value)
}
