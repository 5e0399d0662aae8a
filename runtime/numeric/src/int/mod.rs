//! Unbounded integers in CPython's shape: little-endian 30-bit digits and a separate sign.
//!
//! The object layer owns the storage (a `PyLongObject`'s digit array), so the everyday operations come in an
//! `*_into` form that writes into a caller's slice and says how much of it is the result. [`IntRef`] borrows such
//! storage; [`Int`] owns a vector and is what the expensive operations return.

mod bits;
mod convert;
mod limb;
mod ops;
mod power;
mod text;

use core::cmp::Ordering;

pub use bits::{BitOp, bit_op_into, bit_op_size};
pub use convert::{BytesError, FloatOverflow, true_divide};
pub(crate) use convert::{compose, decompose};
pub use ops::{
    add_into, add_size, divrem_small, mul_into, mul_size, shl_into, shl_size, shr_into, shr_size,
    sub_into,
};
pub use power::{PowError, gcd, isqrt, mod_pow, pow};
pub(crate) use text::strip_spaces;
pub use text::{DecimalLimit, ParseError};

/// One 30-bit digit, as `PyLongObject.ob_digit` stores it.
pub type Digit = u32;
/// Bits in a [`Digit`].
pub const SHIFT: u32 = 30;
/// Mask of the bits a [`Digit`] may have set.
pub const MASK: Digit = (1 << SHIFT) - 1;

/// What an `*_into` function wrote: `out[..len]` is the normalised magnitude.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    pub len: usize,
    pub negative: bool,
}

/// A borrowed integer. Digits are normalised: the last one is not zero, and zero has none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct IntRef<'a> {
    negative: bool,
    digits: &'a [Digit],
}

/// An owned integer, normalised like [`IntRef`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Int {
    negative: bool,
    digits: Vec<Digit>,
}

/// A machine integer spread into digits without allocating, for mixing immediates with big integers.
#[derive(Clone, Copy, Debug)]
pub struct SmallInt {
    negative: bool,
    len: u8,
    digits: [Digit; 5],
}

/// Length of `digits` without leading (most significant) zeros.
pub fn normalized_len(digits: &[Digit]) -> usize {
    digits.iter().rposition(|&d| d != 0).map_or(0, |i| i + 1)
}

/// Compares two normalised magnitudes.
pub fn compare_magnitudes(a: &[Digit], b: &[Digit]) -> Ordering {
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

impl SmallInt {
    pub const fn from_u128(negative: bool, mut magnitude: u128) -> SmallInt {
        let nonzero = magnitude != 0;
        let mut digits = [0; 5];
        let mut len = 0;
        while magnitude != 0 {
            digits[len] = magnitude as u32 & MASK;
            magnitude >>= SHIFT;
            len += 1;
        }
        SmallInt {
            negative: negative && nonzero,
            len: len as u8,
            digits,
        }
    }

    pub const fn from_i64(value: i64) -> SmallInt {
        SmallInt::from_u128(value < 0, value.unsigned_abs() as u128)
    }

    pub fn as_ref(&self) -> IntRef<'_> {
        IntRef {
            negative: self.negative,
            digits: &self.digits[..usize::from(self.len)],
        }
    }
}

impl<'a> IntRef<'a> {
    pub const ZERO: IntRef<'static> = IntRef {
        negative: false,
        digits: &[],
    };
    pub const ONE: IntRef<'static> = IntRef {
        negative: false,
        digits: &[1],
    };

    /// Borrows digits, dropping leading zeros; zero is never negative.
    pub fn new(negative: bool, digits: &'a [Digit]) -> IntRef<'a> {
        let digits = &digits[..normalized_len(digits)];
        IntRef {
            negative: negative && !digits.is_empty(),
            digits,
        }
    }

    pub fn is_negative(self) -> bool {
        self.negative
    }

    pub fn digits(self) -> &'a [Digit] {
        self.digits
    }

    pub fn is_zero(self) -> bool {
        self.digits.is_empty()
    }

    pub fn is_odd(self) -> bool {
        self.digits.first().is_some_and(|d| d & 1 == 1)
    }

    /// True for 1 (not for -1).
    pub fn is_one(self) -> bool {
        !self.negative && self.digits == [1]
    }

    pub fn abs(self) -> IntRef<'a> {
        IntRef {
            negative: false,
            ..self
        }
    }

    /// The value with its sign turned around, on the same digits.
    pub fn negated(self) -> IntRef<'a> {
        IntRef {
            negative: !self.negative && !self.is_zero(),
            ..self
        }
    }

    pub fn to_int(self) -> Int {
        Int {
            negative: self.negative,
            digits: self.digits.to_vec(),
        }
    }

    /// `int.bit_length()`.
    pub fn bit_length(self) -> u64 {
        match self.digits.last() {
            None => 0,
            Some(top) => {
                (self.digits.len() as u64 - 1) * u64::from(SHIFT)
                    + u64::from(32 - top.leading_zeros())
            }
        }
    }

    /// `int.bit_count()`: one bits of the magnitude.
    pub fn bit_count(self) -> u64 {
        self.digits.iter().map(|d| u64::from(d.count_ones())).sum()
    }

    /// Bit `index` of the magnitude.
    pub fn magnitude_bit(self, index: u64) -> bool {
        let digit = index / u64::from(SHIFT);
        usize::try_from(digit)
            .ok()
            .and_then(|i| self.digits.get(i))
            .is_some_and(|d| d >> (index % u64::from(SHIFT)) & 1 == 1)
    }

    /// Zero bits below the lowest one bit of the magnitude (0 for zero).
    pub fn trailing_zeros(self) -> u64 {
        match self.digits.iter().position(|&d| d != 0) {
            None => 0,
            Some(i) => i as u64 * u64::from(SHIFT) + u64::from(self.digits[i].trailing_zeros()),
        }
    }

    /// The magnitude when it fits in 128 bits.
    pub fn magnitude_u128(self) -> Option<u128> {
        if self.bit_length() > 128 {
            return None;
        }
        Some(
            self.digits
                .iter()
                .rev()
                .fold(0, |acc, &d| acc << SHIFT | u128::from(d)),
        )
    }

    /// The low 64 bits in two's complement (`PyLong_AsUnsignedLongLongMask`).
    pub fn low_u64(self) -> u64 {
        let low = self
            .digits
            .iter()
            .take(3)
            .rev()
            .fold(0u64, |acc, &d| acc << SHIFT | u64::from(d));
        if self.negative {
            low.wrapping_neg()
        } else {
            low
        }
    }

    pub fn to_u64(self) -> Option<u64> {
        if self.negative || self.bit_length() > 64 {
            return None;
        }
        Some(self.low_u64())
    }

    pub fn to_i64(self) -> Option<i64> {
        if self.digits.len() > 3 {
            return None;
        }
        self.to_i128().and_then(|v| i64::try_from(v).ok())
    }

    pub fn to_i128(self) -> Option<i128> {
        let magnitude = self.magnitude_u128()?;
        if self.negative {
            0i128.checked_sub_unsigned(magnitude)
        } else {
            i128::try_from(magnitude).ok()
        }
    }
}

impl Ord for IntRef<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        match (self.negative, other.negative) {
            (false, true) => Ordering::Greater,
            (true, false) => Ordering::Less,
            (false, false) => compare_magnitudes(self.digits, other.digits),
            (true, true) => compare_magnitudes(other.digits, self.digits),
        }
    }
}

impl PartialOrd for IntRef<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Int {
    pub const ZERO: Int = Int {
        negative: false,
        digits: Vec::new(),
    };

    /// Takes digits, dropping leading zeros; zero is never negative.
    pub fn new(negative: bool, mut digits: Vec<Digit>) -> Int {
        digits.truncate(normalized_len(&digits));
        Int {
            negative: negative && !digits.is_empty(),
            digits,
        }
    }

    pub fn from_i64(value: i64) -> Int {
        SmallInt::from_i64(value).as_ref().to_int()
    }

    pub fn from_u64(value: u64) -> Int {
        SmallInt::from_u128(false, u128::from(value))
            .as_ref()
            .to_int()
    }

    pub fn from_i128(value: i128) -> Int {
        SmallInt::from_u128(value < 0, value.unsigned_abs())
            .as_ref()
            .to_int()
    }

    pub fn from_u128(value: u128) -> Int {
        SmallInt::from_u128(false, value).as_ref().to_int()
    }

    pub fn as_ref(&self) -> IntRef<'_> {
        IntRef {
            negative: self.negative,
            digits: &self.digits,
        }
    }

    pub fn is_negative(&self) -> bool {
        self.negative
    }

    pub fn digits(&self) -> &[Digit] {
        &self.digits
    }

    pub fn is_zero(&self) -> bool {
        self.digits.is_empty()
    }

    pub fn into_parts(self) -> (bool, Vec<Digit>) {
        (self.negative, self.digits)
    }

    pub fn with_sign(mut self, negative: bool) -> Int {
        self.negative = negative && !self.digits.is_empty();
        self
    }
}

impl From<IntRef<'_>> for Int {
    fn from(value: IntRef<'_>) -> Int {
        value.to_int()
    }
}
