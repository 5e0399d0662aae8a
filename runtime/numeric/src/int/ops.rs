//! Addition, multiplication, floor division and shifts.

use core::cmp::Ordering;

use super::limb;
use super::{
    Digit, Int, IntRef, MASK, SHIFT, SmallInt, Written, compare_magnitudes, normalized_len,
};

/// From this many digits of the shorter operand, packing into limbs beats digit-by-digit products.
const LIMB_MUL: usize = 5;

fn add_magnitudes(a: &[Digit], b: &[Digit], out: &mut [Digit]) -> usize {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let (low, high) = long.split_at(short.len());
    let mut carry = 0;
    for ((x, y), slot) in low.iter().zip(short).zip(out.iter_mut()) {
        carry += x + y;
        *slot = carry & MASK;
        carry >>= SHIFT;
    }
    for (x, slot) in high.iter().zip(&mut out[short.len()..]) {
        carry += x;
        *slot = carry & MASK;
        carry >>= SHIFT;
    }
    if carry == 0 {
        return long.len();
    }
    out[long.len()] = carry;
    long.len() + 1
}

/// `long - short`, which must not be negative.
fn sub_magnitudes(long: &[Digit], short: &[Digit], out: &mut [Digit]) -> usize {
    let (low, high) = long.split_at(short.len());
    let mut borrow = 0;
    for ((x, y), slot) in low.iter().zip(short).zip(out.iter_mut()) {
        let diff = x.wrapping_sub(y + borrow);
        *slot = diff & MASK;
        borrow = diff >> 31;
    }
    for (x, slot) in high.iter().zip(&mut out[short.len()..]) {
        let diff = x.wrapping_sub(borrow);
        *slot = diff & MASK;
        borrow = diff >> 31;
    }
    normalized_len(&out[..long.len()])
}

/// Digits that [`add_into`] and [`sub_into`] may write.
pub fn add_size(a: IntRef<'_>, b: IntRef<'_>) -> usize {
    a.digits.len().max(b.digits.len()) + 1
}

/// `a + b`; `out` has at least [`add_size`] digits.
pub fn add_into(a: IntRef<'_>, b: IntRef<'_>, out: &mut [Digit]) -> Written {
    if a.negative == b.negative {
        return Written {
            len: add_magnitudes(a.digits, b.digits, out),
            negative: a.negative,
        };
    }
    match compare_magnitudes(a.digits, b.digits) {
        Ordering::Equal => Written {
            len: 0,
            negative: false,
        },
        Ordering::Greater => Written {
            len: sub_magnitudes(a.digits, b.digits, out),
            negative: a.negative,
        },
        Ordering::Less => Written {
            len: sub_magnitudes(b.digits, a.digits, out),
            negative: b.negative,
        },
    }
}

/// `a - b`; `out` has at least [`add_size`] digits.
pub fn sub_into(a: IntRef<'_>, b: IntRef<'_>, out: &mut [Digit]) -> Written {
    add_into(a, b.negated(), out)
}

/// Digits that [`mul_into`] may write.
pub fn mul_size(a: IntRef<'_>, b: IntRef<'_>) -> usize {
    a.digits.len() + b.digits.len()
}

fn mul_magnitudes(a: &[Digit], b: &[Digit], out: &mut [Digit]) -> usize {
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    let out = &mut out[..long.len() + short.len()];
    if short.len() >= LIMB_MUL {
        limb::mul_digits(a, b, out);
        return normalized_len(out);
    }
    // The first row is written, the others are added to it.
    let Some((&first, others)) = short.split_first() else {
        out.fill(0);
        return 0;
    };
    let mut carry = 0u64;
    for (slot, &x) in out.iter_mut().zip(long) {
        carry += u64::from(x) * u64::from(first);
        *slot = carry as Digit & MASK;
        carry >>= SHIFT;
    }
    out[long.len()] = carry as Digit;
    out[long.len() + 1..].fill(0);
    for (i, &y) in others.iter().enumerate() {
        let (i, mut carry) = (i + 1, 0u64);
        for (slot, &x) in out[i..].iter_mut().zip(long) {
            carry += u64::from(*slot) + u64::from(x) * u64::from(y);
            *slot = carry as Digit & MASK;
            carry >>= SHIFT;
        }
        out[i + long.len()] = carry as Digit;
    }
    normalized_len(out)
}

/// `a * b`; `out` has at least [`mul_size`] digits. Squaring is recognised when both borrow the same digits.
pub fn mul_into(a: IntRef<'_>, b: IntRef<'_>, out: &mut [Digit]) -> Written {
    if a.is_zero() || b.is_zero() {
        return Written {
            len: 0,
            negative: false,
        };
    }
    Written {
        len: mul_magnitudes(a.digits, b.digits, out),
        negative: a.negative != b.negative,
    }
}

/// Divides a magnitude by one non-zero digit into `quotient` (as long as `digits`), returning the remainder.
pub fn divrem_small(digits: &[Digit], divisor: Digit, quotient: &mut [Digit]) -> Digit {
    let divisor = u64::from(divisor);
    let mut remainder = 0u64;
    for (slot, &digit) in quotient.iter_mut().zip(digits).rev() {
        let value = remainder << SHIFT | u64::from(digit);
        *slot = (value / divisor) as Digit;
        remainder = value % divisor;
    }
    remainder as Digit
}

/// The quotient of long magnitudes that differ in length by one digit at most, if it follows from their leading digits:
/// most often it does, and the rest of them need not be looked at.
fn leading_quotient(a: &[Digit], b: &[Digit]) -> Option<u128> {
    let kept = match a.len().checked_sub(b.len())? {
        0 => 4,
        1 => 3,
        _ => return None,
    };
    let low = b.len().checked_sub(kept)?;
    let leading = |digits: &[Digit]| {
        let all = digits[low..].iter().rev();
        all.fold(0u128, |n, d| n << SHIFT | u128::from(*d))
    };
    let (x, y) = (leading(a), leading(b));
    // The quotient is not larger than this one, because `a < (x + 1) << low` and `b >= y << low`. It is not smaller if
    // `quotient * (y + 1) <= x`, because `b < (y + 1) << low`.
    let quotient = x / y;
    (x % y >= quotient).then_some(quotient)
}

fn divrem_magnitudes(a: &[Digit], b: &[Digit]) -> (Int, Int) {
    if compare_magnitudes(a, b) == Ordering::Less {
        return (Int::ZERO, Int::new(false, a.to_vec()));
    }
    if let [divisor] = *b {
        let mut quotient = vec![0; a.len()];
        let remainder = divrem_small(a, divisor, &mut quotient);
        return (Int::new(false, quotient), Int::new(false, vec![remainder]));
    }
    let (x, y) = (
        IntRef {
            negative: false,
            digits: a,
        },
        IntRef {
            negative: false,
            digits: b,
        },
    );
    if a.len() <= 4
        && let (Some(x), Some(y)) = (x.magnitude_u128(), y.magnitude_u128())
    {
        return (Int::from_u128(x / y), Int::from_u128(x % y));
    }
    if let Some((quotient, remainder)) = limb::divrem_short(a, b, true) {
        return (Int::new(false, quotient), Int::new(false, remainder));
    }
    let (quotient, remainder) = limb::divrem(&limb::pack(a), &limb::pack(b));
    (
        Int::new(false, limb::unpack(&quotient)),
        Int::new(false, limb::unpack(&remainder)),
    )
}

/// Digits that [`shl_into`] writes, or `None` if that is more than a `usize` can index.
pub fn shl_size(a: IntRef<'_>, bits: u64) -> Option<usize> {
    if a.is_zero() {
        return Some(0);
    }
    let limit = isize::MAX as usize / size_of::<Digit>();
    let size = usize::try_from(bits / u64::from(SHIFT))
        .ok()?
        .checked_add(a.digits.len() + 1)?;
    (size <= limit).then_some(size)
}

/// `a << bits`; `out` has at least [`shl_size`] digits.
pub fn shl_into(a: IntRef<'_>, bits: u64, out: &mut [Digit]) -> Written {
    if a.is_zero() {
        return Written {
            len: 0,
            negative: false,
        };
    }
    let (words, shift) = (
        (bits / u64::from(SHIFT)) as usize,
        (bits % u64::from(SHIFT)) as u32,
    );
    out[..words].fill(0);
    let mut carry = 0u64;
    for (slot, &digit) in out[words..].iter_mut().zip(a.digits) {
        carry |= u64::from(digit) << shift;
        *slot = carry as Digit & MASK;
        carry >>= SHIFT;
    }
    let mut len = words + a.digits.len();
    if carry != 0 {
        out[len] = carry as Digit;
        len += 1;
    }
    Written {
        len,
        negative: a.negative,
    }
}

/// Digits that [`shr_into`] may write.
pub fn shr_size(a: IntRef<'_>, bits: u64) -> usize {
    let words = usize::try_from(bits / u64::from(SHIFT)).unwrap_or(usize::MAX);
    a.digits.len().saturating_sub(words) + 1
}

/// `a >> bits`, rounding toward minus infinity; `out` has at least [`shr_size`] digits.
pub fn shr_into(a: IntRef<'_>, bits: u64, out: &mut [Digit]) -> Written {
    let words = usize::try_from(bits / u64::from(SHIFT)).unwrap_or(usize::MAX);
    let shift = (bits % u64::from(SHIFT)) as u32;
    let kept = a.digits.get(words..).unwrap_or(&[]);
    for (i, slot) in out.iter_mut().enumerate().take(kept.len()) {
        let high = kept.get(i + 1).copied().unwrap_or(0);
        *slot = ((u64::from(high) << SHIFT | u64::from(kept[i])) >> shift) as Digit & MASK;
    }
    let mut len = normalized_len(&out[..kept.len()]);
    let lost = a.negative
        && (a.digits.iter().take(words).any(|&d| d != 0)
            || kept.first().is_some_and(|&d| d & ((1 << shift) - 1) != 0));
    if lost {
        // Floor of a negative value: one away from zero.
        let mut carry = 1;
        for slot in &mut out[..len] {
            carry += *slot;
            *slot = carry & MASK;
            carry >>= SHIFT;
        }
        if carry != 0 {
            out[len] = carry;
            len += 1;
        }
    }
    Written {
        len,
        negative: a.negative && len != 0,
    }
}

/// Asks the allocator first for sizes that input alone decides: a plain vector would abort the process.
pub(super) fn memory_can_hold(digits: usize) -> bool {
    digits < 1 << 20 || Vec::<Digit>::new().try_reserve_exact(digits).is_ok()
}

pub(super) fn owned(size: usize, fill: impl FnOnce(&mut [Digit]) -> Written) -> Int {
    let mut digits = vec![0; size];
    let written = fill(&mut digits);
    digits.truncate(written.len);
    Int {
        negative: written.negative,
        digits,
    }
}

#[expect(
    clippy::should_implement_trait,
    reason = "operands are borrowed and results owned or fallible, which operators would hide"
)]
impl IntRef<'_> {
    pub fn add(self, other: IntRef<'_>) -> Int {
        owned(add_size(self, other), |out| add_into(self, other, out))
    }

    pub fn sub(self, other: IntRef<'_>) -> Int {
        owned(add_size(self, other), |out| sub_into(self, other, out))
    }

    pub fn mul(self, other: IntRef<'_>) -> Int {
        owned(mul_size(self, other), |out| mul_into(self, other, out))
    }

    pub fn square(self) -> Int {
        self.mul(self)
    }

    /// `None` if memory cannot hold the result.
    pub fn shl(self, bits: u64) -> Option<Int> {
        let size = shl_size(self, bits)?;
        if !memory_can_hold(size) {
            return None;
        }
        Some(owned(size, |out| shl_into(self, bits, out)))
    }

    pub fn shr(self, bits: u64) -> Int {
        owned(shr_size(self, bits), |out| shr_into(self, bits, out))
    }

    /// Quotient and remainder rounding toward zero; `None` for division by zero.
    pub fn divrem_truncating(self, other: IntRef<'_>) -> Option<(Int, Int)> {
        if other.is_zero() {
            return None;
        }
        let (quotient, remainder) = divrem_magnitudes(self.digits, other.digits);
        Some((
            quotient.with_sign(self.negative != other.negative),
            remainder.with_sign(self.negative),
        ))
    }

    /// Python's `divmod`: the quotient is floored, the remainder has the divisor's sign; `None` for zero.
    pub fn divmod(self, other: IntRef<'_>) -> Option<(Int, Int)> {
        let (quotient, remainder) = self.divrem_truncating(other)?;
        if remainder.is_zero() || remainder.negative == other.negative {
            return Some((quotient, remainder));
        }
        Some((
            quotient.as_ref().sub(IntRef::ONE),
            remainder.as_ref().add(other),
        ))
    }

    /// `self // other`; `None` for division by zero.
    pub fn floor_div(self, other: IntRef<'_>) -> Option<Int> {
        if self.negative == other.negative
            && let Some(quotient) = leading_quotient(self.digits, other.digits)
        {
            return Some(Int::from_u128(quotient));
        }
        Some(self.divmod(other)?.0)
    }

    /// `self % other`; `None` for division by zero.
    pub fn modulo(self, other: IntRef<'_>) -> Option<Int> {
        if let [divisor] = *other.digits {
            let divisor64 = u64::from(divisor);
            let rest = self
                .digits
                .iter()
                .rev()
                .fold(0u64, |r, &d| (r << SHIFT | u64::from(d)) % divisor64);
            let rest = if rest != 0 && self.negative != other.negative {
                divisor64 - rest
            } else {
                rest
            };
            return Some(
                SmallInt::from_u128(other.negative, u128::from(rest))
                    .as_ref()
                    .to_int(),
            );
        }
        let long = |n: IntRef<'_>| n.digits.len() > 4;
        if long(self)
            && compare_magnitudes(self.digits, other.digits) != Ordering::Less
            && !other.is_zero()
            && let Some((_, rest)) = limb::divrem_short(self.digits, other.digits, false)
        {
            let rest = Int::new(self.negative, rest);
            let same_sign = rest.is_zero() || self.negative == other.negative;
            return Some(if same_sign {
                rest
            } else {
                rest.as_ref().add(other)
            });
        }
        Some(self.divmod(other)?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotients_from_leading_digits() {
        let mut seed = 1u64;
        let mut digit = || {
            seed = seed
                .wrapping_mul(6364136223846793005)
                .wrapping_add(1442695040888963407);
            match (seed >> 33) % 5 {
                0 => 0,
                1 => MASK,
                2 => 1,
                _ => (seed >> 20) as Digit & MASK,
            }
        };
        let (mut found, mut all) = (0, 0);
        for n in 1..9 {
            for more in 0..3 {
                for _ in 0..200 {
                    let mut b: Vec<Digit> = (0..n).map(|_| digit()).collect();
                    let mut a: Vec<Digit> = (0..n + more).map(|_| digit()).collect();
                    b[n - 1] = b[n - 1].max(1);
                    a[n + more - 1] = a[n + more - 1].max(1);
                    all += 1;
                    if let Some(q) = leading_quotient(&a, &b) {
                        found += 1;
                        assert_eq!(
                            Int::from_u128(q),
                            divrem_magnitudes(&a, &b).0,
                            "{a:?} {b:?}"
                        );
                    }
                }
            }
        }
        assert!(found * 4 > all);
    }

    #[test]
    fn shifts_that_cannot_be_addressed_are_refused() {
        assert_eq!(IntRef::ONE.shl(u64::MAX), None);
        assert_eq!(shl_size(IntRef::ZERO, u64::MAX), Some(0));
        let minus_one = SmallInt::from_i64(-1);
        assert_eq!(minus_one.as_ref().shr(u64::MAX), Int::from_i64(-1));
        assert_eq!(IntRef::ONE.shr(u64::MAX), Int::ZERO);
    }

    #[test]
    fn extremes_of_machine_integers_survive() {
        for value in [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX] {
            assert_eq!(Int::from_i64(value).as_ref().to_i64(), Some(value));
        }
        assert_eq!(
            Int::from_i128(i128::MIN).as_ref().to_i128(),
            Some(i128::MIN)
        );
        assert_eq!(Int::from_u128(1 << 127).as_ref().to_i128(), None);
        assert_eq!(Int::from_u64(1 << 63).as_ref().to_i64(), None);
        assert_eq!(Int::from_u64(u64::MAX).as_ref().to_u64(), Some(u64::MAX));
    }
}
