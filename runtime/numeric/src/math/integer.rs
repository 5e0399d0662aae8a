//! The integer functions of `math`: factorials and binomials, by products of balanced halves.

use crate::int::{Int, IntRef, SmallInt};

/// `start * (start + step) * ...`, `count` factors; `None` never arises for operands that fit.
fn product(first: u64, count: u64, step: u64) -> Int {
    if count <= 8 {
        let mut acc = IntRef::ONE.to_int();
        let mut pending = 1u64;
        for i in 0..count {
            let factor = first + i * step;
            match pending.checked_mul(factor) {
                Some(next) => pending = next,
                None => {
                    acc = acc
                        .as_ref()
                        .mul(SmallInt::from_u128(false, u128::from(pending)).as_ref());
                    pending = factor;
                }
            }
        }
        return acc
            .as_ref()
            .mul(SmallInt::from_u128(false, u128::from(pending)).as_ref());
    }
    let half = count / 2;
    let low = product(first, half, step);
    low.as_ref()
        .mul(product(first + half * step, count - half, step).as_ref())
}

/// `math.factorial(n)`.
pub fn factorial(n: u64) -> Int {
    // n! = 2^(n - ones(n)) times, for each k, the odd numbers up to n / 2^k.
    let mut inner = IntRef::ONE.to_int();
    let mut outer = IntRef::ONE.to_int();
    let mut upper_done = 1u64;
    for shift in (0..64 - n.leading_zeros().min(63)).rev() {
        let limit = n >> shift;
        if limit < 3 {
            continue;
        }
        // Odd numbers in (upper_done, limit].
        let first = (upper_done + 1) | 1;
        let last = if limit.is_multiple_of(2) {
            limit - 1
        } else {
            limit
        };
        if first <= last {
            inner = inner
                .as_ref()
                .mul(product(first, (last - first) / 2 + 1, 2).as_ref());
            upper_done = last;
        }
        outer = outer.as_ref().mul(inner.as_ref());
    }
    outer
        .as_ref()
        .shl(n - u64::from(n.count_ones()))
        .unwrap_or(outer)
}

/// `n * (n - 1) * ... `, `k` factors of a big `n >= k`.
fn falling(n: IntRef<'_>, k: u64) -> Int {
    if k <= 4 {
        let mut acc = IntRef::ONE.to_int();
        for i in 0..k {
            let factor = n.sub(SmallInt::from_u128(false, u128::from(i)).as_ref());
            acc = acc.as_ref().mul(factor.as_ref());
        }
        return acc;
    }
    let half = k / 2;
    let rest = n.sub(SmallInt::from_u128(false, u128::from(half)).as_ref());
    falling(n, half)
        .as_ref()
        .mul(falling(rest.as_ref(), k - half).as_ref())
}

/// `math.perm(n, k)` of non-negative arguments.
pub fn perm(n: IntRef<'_>, k: u64) -> Int {
    match n.to_u64() {
        Some(n) if k > n => Int::ZERO,
        Some(n) => product(n - k + 1, k, 1),
        None => falling(n, k),
    }
}

/// `math.comb(n, k)` of non-negative arguments.
pub fn comb(n: IntRef<'_>, k: u64) -> Int {
    let k = match n.to_u64() {
        Some(n) if k > n => return Int::ZERO,
        Some(n) => k.min(n - k),
        None => k,
    };
    let numerator = perm(n, k);
    match numerator.as_ref().divrem_truncating(factorial(k).as_ref()) {
        Some((quotient, _)) => quotient,
        None => Int::ZERO,
    }
}

/// `math.lcm` of two values.
pub fn lcm(a: IntRef<'_>, b: IntRef<'_>) -> Int {
    if a.is_zero() || b.is_zero() {
        return Int::ZERO;
    }
    let divisor = crate::int::gcd(a, b);
    match a.divrem_truncating(divisor.as_ref()) {
        Some((quotient, _)) => quotient.as_ref().mul(b).with_sign(false),
        None => Int::ZERO,
    }
}
