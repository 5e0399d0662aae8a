//! Products and quotients of large magnitudes in 60-bit limbs.
//!
//! Two 30-bit digits make one limb, so packing is a shift, and a column of up to 255 products of limbs fits in a
//! `u128` without a carry: four times fewer multiplications than digit by digit. Above [`BIG_MUL`] limbs num-bigint's
//! Toom-3 takes over; division is Knuth's algorithm D, and above [`BIG_DIV`] limbs the recursive division of Burnikel
//! and Ziegler, so its cost follows that of multiplication.

use core::cmp::Ordering;

use num_bigint::BigUint;

use super::{Digit, MASK, SHIFT};

pub(crate) const LIMB_BITS: u32 = 60;
pub(crate) const LIMB_MASK: u64 = (1 << LIMB_BITS) - 1;

/// From this many limbs Karatsuba beats the column method (35 limbs are 70 digits, CPython's own threshold).
const KARATSUBA: usize = 36;
/// From this many limbs the conversion to num-bigint pays.
const BIG_MUL: usize = 600;
/// From this many limbs of divisor and quotient the recursive division pays.
const BIG_DIV: usize = 80;

fn pack_pair(pair: &[Digit]) -> u64 {
    u64::from(pair[0]) | pair.get(1).map_or(0, |&hi| u64::from(hi) << SHIFT)
}

pub(crate) fn pack(digits: &[Digit]) -> Vec<u64> {
    digits.chunks(2).map(pack_pair).collect()
}

/// Limbs that [`mul_digits`] holds without allocating.
const ON_STACK: usize = 12;
/// So few that clearing room for more would cost more than the product.
const FEW: usize = 4;

fn pack_into(digits: &[Digit], limbs: &mut [u64]) {
    for (slot, pair) in limbs.iter_mut().zip(digits.chunks(2)) {
        *slot = pack_pair(pair);
    }
}

/// [`mul_digits`] of at most `N` limbs each; `M` is twice that.
fn mul_on_stack<const N: usize, const M: usize>(a: &[Digit], b: &[Digit], out: &mut [Digit]) {
    let (n, m) = (a.len().div_ceil(2), b.len().div_ceil(2));
    let (mut x, mut y, mut product) = ([0; N], [0; N], [0; M]);
    pack_into(a, &mut x);
    let product = &mut product[..n + m];
    if core::ptr::eq(a, b) {
        square_columns(&x[..n], product);
    } else {
        pack_into(b, &mut y);
        mul_columns(&x[..n], &y[..m], product);
    }
    unpack_into(product, out);
}

/// `out = a * b` in digits; neither operand is empty and `out` has the sum of their lengths. Passing one slice twice
/// squares it.
pub(crate) fn mul_digits(a: &[Digit], b: &[Digit], out: &mut [Digit]) {
    let (n, m) = (a.len().div_ceil(2), b.len().div_ceil(2));
    let same = core::ptr::eq(a, b);
    if n.max(m) <= FEW {
        return mul_on_stack::<FEW, { 2 * FEW }>(a, b, out);
    }
    if n.max(m) <= ON_STACK {
        return mul_on_stack::<ON_STACK, { 2 * ON_STACK }>(a, b, out);
    }
    let x = pack(a);
    let mut product = vec![0; n + m];
    if same {
        mul(&x, &x, &mut product);
    } else {
        mul(&x, &pack(b), &mut product);
    }
    unpack_into(&product, out);
}

/// Writes limbs as digits; `out` may be one digit short if the last limb's upper half is zero.
pub(crate) fn unpack_into(limbs: &[u64], out: &mut [Digit]) {
    let mut chunks = out.chunks_mut(2);
    for &limb in limbs {
        let Some(pair) = chunks.next() else {
            debug_assert_eq!(limb, 0);
            break;
        };
        pair[0] = limb as u32 & MASK;
        match pair.get_mut(1) {
            Some(hi) => *hi = (limb >> SHIFT) as u32,
            None => debug_assert_eq!(limb >> SHIFT, 0),
        }
    }
    for pair in chunks {
        pair.fill(0);
    }
}

pub(crate) fn unpack(limbs: &[u64]) -> Vec<Digit> {
    let mut out = vec![0; limbs.len() * 2];
    unpack_into(limbs, &mut out);
    out
}

pub(crate) fn trimmed_len(limbs: &[u64]) -> usize {
    limbs.iter().rposition(|&l| l != 0).map_or(0, |i| i + 1)
}

pub(crate) fn trim(limbs: &[u64]) -> &[u64] {
    &limbs[..trimmed_len(limbs)]
}

pub(crate) fn compare(a: &[u64], b: &[u64]) -> Ordering {
    let (a, b) = (trim(a), trim(b));
    a.len()
        .cmp(&b.len())
        .then_with(|| a.iter().rev().cmp(b.iter().rev()))
}

/// `a += b`, returning the carry out of `a`. `b` is not longer than `a`.
fn add_assign(a: &mut [u64], b: &[u64]) -> u64 {
    let (low, high) = a.split_at_mut(b.len());
    let mut carry = 0;
    for (x, &y) in low.iter_mut().zip(b) {
        let sum = *x + y + carry;
        *x = sum & LIMB_MASK;
        carry = sum >> LIMB_BITS;
    }
    for x in high {
        if carry == 0 {
            break;
        }
        let sum = *x + carry;
        *x = sum & LIMB_MASK;
        carry = sum >> LIMB_BITS;
    }
    carry
}

/// `a += b`, where the sum is known to fit in `a`.
pub(crate) fn add_to(a: &mut [u64], b: &[u64]) {
    let carry = add_assign(a, trim(b));
    debug_assert_eq!(carry, 0);
}

/// `a -= b`, returning the borrow out of `a`. `b` is not longer than `a`.
fn sub_assign(a: &mut [u64], b: &[u64]) -> u64 {
    let (low, high) = a.split_at_mut(b.len());
    let mut borrow = 0;
    for (x, &y) in low.iter_mut().zip(b) {
        let diff = x.wrapping_sub(y + borrow);
        *x = diff & LIMB_MASK;
        borrow = diff >> 63;
    }
    for x in high {
        if borrow == 0 {
            break;
        }
        let diff = x.wrapping_sub(borrow);
        *x = diff & LIMB_MASK;
        borrow = diff >> 63;
    }
    borrow
}

/// Column-wise product; the shorter operand has at most 255 limbs and both are not empty.
fn mul_columns(a: &[u64], b: &[u64], out: &mut [u64]) {
    let (n, m) = (a.len(), b.len());
    let mut carry: u128 = 0;
    for k in 0..n + m - 1 {
        let first = k.saturating_sub(m - 1);
        let last = k.min(n - 1);
        let mut sum = carry;
        for (&x, &y) in a[first..=last]
            .iter()
            .zip(b[k - last..=k - first].iter().rev())
        {
            sum += u128::from(x) * u128::from(y);
        }
        out[k] = sum as u64 & LIMB_MASK;
        carry = sum >> LIMB_BITS;
    }
    out[n + m - 1] = carry as u64;
}

/// Column-wise square of at most 255 limbs: off-diagonal products are computed once.
fn square_columns(a: &[u64], out: &mut [u64]) {
    let n = a.len();
    let mut carry: u128 = 0;
    for k in 0..2 * n - 1 {
        let first = k.saturating_sub(n - 1);
        let half = k.div_ceil(2);
        let mut sum: u128 = 0;
        for (&x, &y) in a[first..half]
            .iter()
            .zip(a[k + 1 - half..=k - first].iter().rev())
        {
            sum += u128::from(x) * u128::from(y);
        }
        sum = (sum << 1) + carry;
        if k % 2 == 0 {
            sum += u128::from(a[k / 2]) * u128::from(a[k / 2]);
        }
        out[k] = sum as u64 & LIMB_MASK;
        carry = sum >> LIMB_BITS;
    }
    out[2 * n - 1] = carry as u64;
}

/// `a + b` of the two halves of a Karatsuba operand, one limb longer than the longer half.
fn half_sum(low: &[u64], high: &[u64]) -> Vec<u64> {
    let (long, short) = if low.len() >= high.len() {
        (low, high)
    } else {
        (high, low)
    };
    let mut sum = Vec::with_capacity(long.len() + 1);
    sum.extend_from_slice(long);
    let carry = add_assign(&mut sum, short);
    sum.push(carry);
    sum
}

fn karatsuba(a: &[u64], b: &[u64], out: &mut [u64]) {
    let half = a.len().max(b.len()).div_ceil(2);
    let (a0, a1) = a.split_at(half);
    let (b0, b1) = b.split_at(half);
    let same = core::ptr::eq(a, b);
    let (low, high) = out.split_at_mut(2 * half);
    mul(a0, b0, low);
    mul(a1, b1, high);
    let sum_a = half_sum(a0, a1);
    let mut middle = vec![0; 2 * (half + 1)];
    if same {
        mul(&sum_a, &sum_a, &mut middle);
    } else {
        mul(&sum_a, &half_sum(b0, b1), &mut middle);
    }
    sub_assign(&mut middle, low);
    sub_assign(&mut middle, high);
    let length = trimmed_len(&middle);
    add_assign(&mut out[half..], &middle[..length]);
}

fn to_biguint(limbs: &[u64]) -> BigUint {
    let mut words = Vec::with_capacity(limbs.len() * 2);
    let (mut acc, mut bits) = (0u128, 0);
    for &limb in limbs {
        acc |= u128::from(limb) << bits;
        bits += LIMB_BITS;
        while bits >= 32 {
            words.push(acc as u32);
            acc >>= 32;
            bits -= 32;
        }
    }
    if bits > 0 {
        words.push(acc as u32);
    }
    BigUint::new(words)
}

/// Writes `value`, which must fit, as limbs.
fn from_biguint(value: &BigUint, out: &mut [u64]) {
    out.fill(0);
    let mut slots = out.iter_mut();
    let (mut acc, mut bits) = (0u128, 0);
    for word in value.iter_u64_digits() {
        acc |= u128::from(word) << bits;
        bits += 64;
        while bits >= LIMB_BITS {
            if let Some(slot) = slots.next() {
                *slot = acc as u64 & LIMB_MASK;
            }
            acc >>= LIMB_BITS;
            bits -= LIMB_BITS;
        }
    }
    if let Some(slot) = slots.next() {
        *slot = acc as u64;
    }
}

/// `out = a * b`; `out` has exactly `a.len() + b.len()` limbs. Passing one slice twice squares it.
pub(crate) fn mul(a: &[u64], b: &[u64], out: &mut [u64]) {
    debug_assert_eq!(out.len(), a.len() + b.len());
    let (long, short) = if a.len() >= b.len() { (a, b) } else { (b, a) };
    if short.is_empty() {
        out.fill(0);
    } else if short.len() < KARATSUBA {
        if core::ptr::eq(a, b) {
            square_columns(a, out)
        } else {
            mul_columns(long, short, out)
        }
    } else if short.len() <= long.len().div_ceil(2) {
        // Lopsided: cut the longer operand into pieces of the shorter one's length.
        out.fill(0);
        let mut product = vec![0; 2 * short.len()];
        for (i, piece) in long.chunks(short.len()).enumerate() {
            let product = &mut product[..piece.len() + short.len()];
            mul(piece, short, product);
            add_assign(&mut out[i * short.len()..], product);
        }
    } else if short.len() >= BIG_MUL {
        from_biguint(&(to_biguint(a) * to_biguint(b)), out);
    } else {
        karatsuba(a, b, out);
    }
}

/// `base ** exponent % modulus` by Montgomery products.
pub(crate) fn mod_pow(base: &[u64], exponent: &[u64], modulus: &[u64]) -> Vec<u64> {
    let result = to_biguint(base).modpow(&to_biguint(exponent), &to_biguint(modulus));
    let mut out = vec![0; modulus.len()];
    from_biguint(&result, &mut out);
    out
}

/// Divides by a fixed 60-bit limb with multiplications (Möller and Granlund's reciprocal).
#[derive(Clone, Copy)]
pub(crate) struct Reciprocal {
    divisor: u64,
    inverse: u64,
    shift: u32,
}

impl Reciprocal {
    /// `divisor` is not zero and below 2^60.
    pub(crate) fn new(divisor: u64) -> Reciprocal {
        let shift = divisor.leading_zeros();
        let divisor = divisor << shift;
        let inverse = (u128::MAX / u128::from(divisor) - (1 << 64)) as u64;
        Reciprocal {
            divisor,
            inverse,
            shift,
        }
    }

    /// Quotient and remainder of `high * 2^60 + low`, where `high` is below the divisor.
    #[inline]
    fn divide(&self, high: u64, low: u64) -> (u64, u64) {
        let value = (u128::from(high) << LIMB_BITS | u128::from(low)) << self.shift;
        let (u1, u0) = ((value >> 64) as u64, value as u64);
        let product = u128::from(self.inverse) * u128::from(u1) + value;
        let mut quotient = ((product >> 64) as u64).wrapping_add(1);
        let mut remainder = u0.wrapping_sub(quotient.wrapping_mul(self.divisor));
        if remainder > product as u64 {
            quotient = quotient.wrapping_sub(1);
            remainder = remainder.wrapping_add(self.divisor);
        }
        if remainder >= self.divisor {
            quotient = quotient.wrapping_add(1);
            remainder -= self.divisor;
        }
        debug_assert!(u1 < self.divisor);
        (quotient, remainder >> self.shift)
    }
}

/// `limbs /= divisor` in place, returning the remainder. `divisor` is not zero.
pub(crate) fn div_limb(limbs: &mut [u64], divisor: u64) -> u64 {
    let reciprocal = Reciprocal::new(divisor);
    let mut remainder = 0;
    for limb in limbs.iter_mut().rev() {
        (*limb, remainder) = reciprocal.divide(remainder, *limb);
    }
    remainder
}

/// `u -= q * v`, returning the borrow; `u` has one limb more than `v`.
fn sub_mul(u: &mut [u64], v: &[u64], q: u64) -> bool {
    let mut carry = 0u64;
    let (low, top) = u.split_at_mut(v.len());
    for (x, &y) in low.iter_mut().zip(v) {
        let product = u128::from(q) * u128::from(y) + u128::from(carry);
        let diff = x.wrapping_sub(product as u64 & LIMB_MASK);
        *x = diff & LIMB_MASK;
        carry = (product >> LIMB_BITS) as u64 + (diff >> 63);
    }
    let diff = top[0].wrapping_sub(carry);
    top[0] = diff & LIMB_MASK;
    diff >> 63 != 0
}

/// Knuth's algorithm D. `v` has its top bit set and at least two limbs; `u` has `v.len() + m` limbs and holds the
/// remainder afterwards; the quotient has `m + 1` limbs.
fn div_schoolbook(u: &mut [u64], v: &[u64], q: &mut [u64]) {
    let (n, m) = (v.len(), u.len() - v.len());
    q[m] = 0;
    if compare(&u[m..], v) != Ordering::Less {
        sub_assign(&mut u[m..], v);
        q[m] = 1;
    }
    let (v1, v2) = (v[n - 1], v[n - 2]);
    let reciprocal = Reciprocal::new(v1);
    for j in (0..m).rev() {
        let (u2, u1, u0) = (u[j + n], u[j + n - 1], u[j + n - 2]);
        let (mut digit, mut rest) = if u2 >= v1 {
            (LIMB_MASK, u1 + v1)
        } else {
            reciprocal.divide(u2, u1)
        };
        while rest <= LIMB_MASK
            && u128::from(digit) * u128::from(v2) > (u128::from(rest) << LIMB_BITS | u128::from(u0))
        {
            digit -= 1;
            rest += v1;
        }
        let window = &mut u[j..=j + n];
        if sub_mul(window, v, digit) {
            digit -= 1;
            add_assign(window, v);
        }
        q[j] = digit;
    }
}

/// Recursive division with the contract of [`div_schoolbook`], for `m <= n`.
fn div_recursive(u: &mut [u64], v: &[u64], q: &mut [u64]) {
    let (n, m) = (v.len(), u.len() - v.len());
    if m < BIG_DIV {
        return div_schoolbook(u, v, q);
    }
    let k = m / 2;
    let (v0, v1) = v.split_at(k);
    q.fill(0);
    let mut part = vec![0; m - k + 1];
    // The high part of the quotient, from the operands without their low limbs; then the same one step lower.
    for (offset, size) in [(k, m - k), (0, k)] {
        let part = &mut part[..=size];
        let top = n + offset + size;
        {
            // Divide u[offset + k .. top] by v1 and keep the remainder in place.
            let (low, _) = u.split_at_mut(top);
            div_recursive(&mut low[offset + k..], v1, part);
        }
        let mut product = vec![0; part.len() + k];
        mul(part, v0, &mut product);
        let product = trim(&product);
        // The window may go negative: `debt` counts the borrows out of its top limb.
        let window = &mut u[offset..];
        let mut debt = if product.len() > window.len() {
            1
        } else {
            sub_assign(window, product)
        };
        debug_assert!(product.len() <= window.len());
        while debt != 0 {
            sub_assign(part, &[1]);
            debt -= add_assign(window, v);
        }
        add_assign(&mut q[offset..], trim(part));
    }
}

/// Limbs of a dividend that [`divrem_short`] holds without allocating: 1,024 bits by 512, and what is shorter.
const SHORT: usize = 18;

/// Quotient, unless it is not `wanted`, and remainder of short magnitudes in digits, the first of which is not smaller and the
/// second longer than one digit; `None` if they are too long.
pub(crate) fn divrem_short(
    u: &[Digit],
    v: &[Digit],
    wanted: bool,
) -> Option<(Vec<Digit>, Vec<Digit>)> {
    let (length, n) = (u.len().div_ceil(2), v.len().div_ceil(2));
    if length > SHORT {
        return None;
    }
    let (mut rest, mut divisor, mut quotient) = ([0; SHORT + 1], [0; SHORT], [0; SHORT + 1]);
    pack_into(u, &mut rest);
    pack_into(v, &mut divisor);
    let digits = |limbs: &[u64]| unpack(trim(limbs));
    if n == 1 {
        let last = div_limb(&mut rest[..length], divisor[0]);
        let quotient = wanted.then(|| digits(&rest[..length]));
        return Some((quotient.unwrap_or_default(), digits(&[last])));
    }
    let shift = divisor[n - 1].leading_zeros() - (64 - LIMB_BITS);
    shift_up(&mut divisor[..n], shift);
    shift_up(&mut rest[..=length], shift);
    let m = length + 1 - n;
    div_schoolbook(&mut rest[..=length], &divisor[..n], &mut quotient[..=m]);
    shift_down(&mut rest[..n], shift);
    let quotient = wanted.then(|| digits(&quotient[..=m]));
    Some((quotient.unwrap_or_default(), digits(&rest[..n])))
}

/// `limbs << shift` (below a limb); nothing may be shifted out.
fn shift_up(limbs: &mut [u64], shift: u32) {
    let mut carry = 0;
    for limb in limbs {
        let value = *limb;
        *limb = value << shift & LIMB_MASK | carry;
        carry = value >> (LIMB_BITS - shift);
    }
    debug_assert_eq!(carry, 0);
}
/// `limbs >> shift` (below a limb).
fn shift_down(limbs: &mut [u64], shift: u32) {
    let mut carry = 0;
    for limb in limbs.iter_mut().rev() {
        let value = *limb;
        *limb = value >> shift | carry;
        carry = value << (LIMB_BITS - shift) & LIMB_MASK;
    }
}

/// Quotient and remainder of magnitudes; `v` is not zero.
pub(crate) fn divrem(u: &[u64], v: &[u64]) -> (Vec<u64>, Vec<u64>) {
    let (u, v) = (trim(u), trim(v));
    if compare(u, v) == Ordering::Less {
        return (Vec::new(), u.to_vec());
    }
    if let [divisor] = *v {
        let mut quotient = u.to_vec();
        let remainder = div_limb(&mut quotient, divisor);
        return (quotient, vec![remainder]);
    }
    let n = v.len();
    let shift = v[n - 1].leading_zeros() - (64 - LIMB_BITS);
    let v = shifted_left(v, shift, 0);
    let mut rest = shifted_left(u, shift, 1);
    let m = rest.len() - n;
    let mut quotient = vec![0; m + 1];
    if n < BIG_DIV || m < BIG_DIV {
        div_schoolbook(&mut rest, &v, &mut quotient);
    } else {
        // Blocks of n quotient limbs from the top; the top limb of `rest` is below that of `v`.
        let mut end = m;
        let mut block = vec![0; n + 1];
        while end > 0 {
            let size = if end.is_multiple_of(n) { n } else { end % n };
            let start = end - size;
            let block = &mut block[..=size];
            div_recursive(&mut rest[start..end + n], &v, block);
            debug_assert_eq!(block[size], 0);
            quotient[start..end].copy_from_slice(&block[..size]);
            end = start;
        }
    }
    rest.truncate(n);
    shift_down(&mut rest, shift);
    (quotient, rest)
}

/// `limbs << shift` (below a limb) with `extra` limbs on top; without any, nothing may be shifted out.
fn shifted_left(limbs: &[u64], shift: u32, extra: usize) -> Vec<u64> {
    let mut out = Vec::with_capacity(limbs.len() + extra);
    let mut carry = 0;
    for &limb in limbs {
        out.push(limb << shift & LIMB_MASK | carry);
        carry = if shift == 0 {
            0
        } else {
            limb >> (LIMB_BITS - shift)
        };
    }
    if extra > 0 {
        out.push(carry);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn random(len: usize, seed: &mut u64) -> Vec<u64> {
        (0..len)
            .map(|i| {
                *seed = seed
                    .wrapping_mul(6364136223846793005)
                    .wrapping_add(1442695040888963407);
                // Runs of zeros and ones reach the correction steps of the division.
                match (*seed >> 33) % 7 {
                    0 => 0,
                    1 => LIMB_MASK,
                    2 if i + 1 == len => 1 << (LIMB_BITS - 1),
                    _ => *seed >> 3 & LIMB_MASK,
                }
            })
            .collect()
    }

    #[test]
    fn products_agree_across_algorithms() {
        let mut seed = 1;
        for (n, m) in [
            (1, 1),
            (5, 3),
            (36, 36),
            (37, 36),
            (70, 50),
            (71, 36),
            (200, 37),
            (601, 600),
            (900, 650),
        ] {
            let (a, b) = (random(n, &mut seed), random(m, &mut seed));
            let mut out = vec![0; n + m];
            mul(&a, &b, &mut out);
            assert_eq!(
                to_biguint(&out),
                to_biguint(&a) * to_biguint(&b),
                "{n} x {m}"
            );
            let mut square = vec![0; 2 * n];
            mul(&a, &a, &mut square);
            assert_eq!(
                to_biguint(&square),
                to_biguint(&a) * to_biguint(&a),
                "{n} squared"
            );
        }
    }

    #[test]
    fn short_quotients_agree_with_long_ones() {
        let mut seed = 11;
        for n in 1..=SHORT {
            for m in 1..=n {
                for _ in 0..20 {
                    let (mut a, mut b) = (random(n, &mut seed), random(m, &mut seed));
                    b[m - 1] |= 1 << 31;
                    a[n - 1] |= 1;
                    if n == m {
                        a[n - 1] |= b[n - 1];
                    }
                    let digits = |limbs: &[u64]| {
                        let mut d = unpack(limbs);
                        d.truncate(d.iter().rposition(|x| *x != 0).map_or(0, |i| i + 1));
                        d
                    };
                    let (u, v) = (digits(&a), digits(&b));
                    let short = divrem_short(&u, &v, true);
                    let (q, r) = divrem(&a, &b);
                    let normal = |(q, r): (Vec<Digit>, Vec<Digit>)| (pack(&q), pack(&r));
                    let (sq, sr) = short.map(normal).unwrap_or_default();
                    assert_eq!((trim(&sq), trim(&sr)), (trim(&q), trim(&r)), "{n} / {m}");
                    let rest = divrem_short(&u, &v, false).map(normal).unwrap_or_default();
                    assert_eq!(trim(&rest.1), trim(&r), "{n} % {m}");
                }
            }
        }
    }

    #[test]
    fn quotients_agree_across_algorithms() {
        let mut seed = 7;
        let sizes = [
            (3, 2),
            (10, 4),
            (90, 3),
            (160, 80),
            (161, 81),
            (330, 81),
            (500, 170),
            (700, 90),
            (1000, 500),
        ];
        for (n, m) in sizes {
            for _ in 0..20 {
                let (a, mut b) = (random(n, &mut seed), random(m, &mut seed));
                b[m - 1] |= 1;
                let (q, r) = divrem(&a, &b);
                let (big_a, big_b) = (to_biguint(&a), to_biguint(&b));
                assert_eq!(to_biguint(&q), &big_a / &big_b, "{n} / {m}");
                assert_eq!(to_biguint(&r), big_a % big_b, "{n} % {m}");
            }
        }
    }
}
