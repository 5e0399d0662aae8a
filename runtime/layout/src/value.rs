//! `Value`: the 64 bits that every register, list item and dict entry holds.
//!
//! ```text
//! 0                          empty: unbound local, hole, "no argument"
//! 0x0000_pppp_pppp_ppp0      object pointer (never null)
//! 0x0002.. to 0xFFF2..       double, bits + 2^49 (NaN is never immediate)
//! 0xFFFE.. and up            small int, 49 bits signed
//! ```
//! An immediate that leaks into C is a non-canonical address, so it faults at once.
//!
//! A `Value` carries no ownership: whoever hands one to a function keeps it alive for the call.
//! **Canonical form**: inside pyrs an `int` that fits 49 bits and a `float` that is not NaN are always
//! immediates when their type is exactly `int`/`float`. Boxed forms exist only where C looks; whatever
//! comes back from there goes through [`Value::from_object`]'s caller-side canonicalisation in `object`.

use crate::PyObject;

/// See the module text for the encoding.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Value(u64);

/// Added to a double's bits.
pub const FLOAT_OFFSET: u64 = 1 << 49;
/// The lowest bit pattern that is a small int.
pub const INT_TAG: u64 = 0xFFFE << 48;
/// The payload bits of a small int.
pub const INT_MASK: u64 = (1 << 49) - 1;
/// Smallest and largest immediate ints.
pub const INT_MIN: i64 = -(1 << 48);
pub const INT_MAX: i64 = (1 << 48) - 1;
/// The bits of the canonical refcount at which immortal objects start.
pub const IMMORTAL_REFCNT: isize = 1 << 60;

impl Value {
    pub const EMPTY: Value = Value(0);

    #[inline(always)]
    pub const fn from_bits(bits: u64) -> Value {
        Value(bits)
    }
    #[inline(always)]
    pub const fn bits(self) -> u64 {
        self.0
    }
    /// The object at `object`, which may be null (then the value is empty).
    #[inline(always)]
    pub fn from_object(object: *mut PyObject) -> Value {
        Value(object as u64)
    }
    #[inline(always)]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
    /// A heap or static object (not empty, not immediate). Addresses end at 2^48 and nothing lies between them and the
    /// doubles; to compare with that power of two is a shift, which needs no constant of eight bytes.
    #[inline(always)]
    pub const fn is_object(self) -> bool {
        self.0.wrapping_sub(1) < 1 << 48
    }
    /// An immediate: int or float.
    #[inline(always)]
    pub const fn is_immediate(self) -> bool {
        self.0 >= FLOAT_OFFSET
    }
    #[inline(always)]
    pub const fn is_int(self) -> bool {
        self.0 >= INT_TAG
    }
    #[inline(always)]
    pub const fn is_float(self) -> bool {
        self.0.wrapping_sub(FLOAT_OFFSET) < INT_TAG - FLOAT_OFFSET
    }
    /// The pointer; only meaningful if [`is_object`](Self::is_object) (or null if empty).
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut PyObject {
        self.0 as *mut PyObject
    }
    #[inline(always)]
    pub const fn as_int_unchecked(self) -> i64 {
        ((self.0 << 15) as i64) >> 15
    }
    #[inline(always)]
    pub const fn as_float_unchecked(self) -> f64 {
        f64::from_bits(self.0.wrapping_sub(FLOAT_OFFSET))
    }
    #[inline(always)]
    pub const fn as_int(self) -> Option<i64> {
        if self.is_int() {
            Some(self.as_int_unchecked())
        } else {
            None
        }
    }
    #[inline(always)]
    pub const fn as_float(self) -> Option<f64> {
        if self.is_float() {
            Some(self.as_float_unchecked())
        } else {
            None
        }
    }
    #[inline(always)]
    pub const fn int_fits(n: i64) -> bool {
        n >= INT_MIN && n <= INT_MAX
    }
    /// The immediate of `n`, which must satisfy [`int_fits`](Self::int_fits).
    #[inline(always)]
    pub const fn int_unchecked(n: i64) -> Value {
        Value(INT_TAG | (n as u64 & INT_MASK))
    }
    #[inline(always)]
    pub const fn try_int(n: i64) -> Option<Value> {
        if Self::int_fits(n) {
            Some(Self::int_unchecked(n))
        } else {
            None
        }
    }
    /// The immediate of `x`, which must not be NaN.
    #[inline(always)]
    pub const fn float_unchecked(x: f64) -> Value {
        Value(x.to_bits().wrapping_add(FLOAT_OFFSET))
    }
    #[inline(always)]
    pub const fn try_float(x: f64) -> Option<Value> {
        if x.is_nan() {
            None
        } else {
            Some(Self::float_unchecked(x))
        }
    }
}

impl std::fmt::Debug for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.is_empty() {
            f.write_str("<empty>")
        } else if let Some(n) = self.as_int() {
            write!(f, "{n}")
        } else if let Some(x) = self.as_float() {
            write!(f, "{x:?}")
        } else {
            write!(f, "<object {:#x}>", self.0)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn immediates_keep_their_value_and_kind() {
        for n in [0, 1, -1, INT_MIN, INT_MAX, 1 << 40] {
            let v = Value::int_unchecked(n);
            assert_eq!(v.as_int(), Some(n));
            assert!(!v.is_float() && !v.is_object() && !v.is_empty());
        }
        for x in [
            0.0,
            -0.0,
            1.5,
            f64::MAX,
            f64::MIN_POSITIVE,
            f64::INFINITY,
            f64::NEG_INFINITY,
            5e-324,
        ] {
            let v = Value::float_unchecked(x);
            assert_eq!(v.as_float().map(f64::to_bits), Some(x.to_bits()));
            assert!(!v.is_int() && !v.is_object());
        }
        assert!(Value::try_int(INT_MAX + 1).is_none() && Value::try_float(f64::NAN).is_none());
        assert!(!Value::EMPTY.is_object() && !Value::EMPTY.is_float() && !Value::EMPTY.is_int());
    }
}
