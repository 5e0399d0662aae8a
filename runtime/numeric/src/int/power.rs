//! Powers, modular powers and inverses, greatest common divisors and integer square roots.

use super::limb::{self, LIMB_BITS};
use super::{Int, IntRef, SHIFT, SmallInt};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PowError {
    /// "pow() 3rd argument cannot be 0"
    ZeroModulus,
    /// "base is not invertible for the given modulus"
    NotInvertible,
    /// The result has more digits than memory can hold.
    TooLarge,
}

/// `base ** exponent` for a non-negative exponent.
pub fn pow(base: IntRef<'_>, exponent: IntRef<'_>) -> Result<Int, PowError> {
    let negative = base.negative && exponent.is_odd();
    if exponent.is_zero() || (base.digits == [1]) {
        return Ok(IntRef::ONE.to_int().with_sign(negative));
    }
    if base.is_zero() {
        return Ok(Int::ZERO);
    }
    let exponent = exponent.to_u64().ok_or(PowError::TooLarge)?;
    // The power of two in the base is a shift at the end; what remains is odd.
    let zeros = base.trailing_zeros();
    let shift = zeros.checked_mul(exponent).ok_or(PowError::TooLarge)?;
    let odd = base.abs().shr(zeros);
    let odd_bits = odd.as_ref().bit_length();
    if odd_bits > 1 {
        // Refuse what cannot be addressed before spending hours on it.
        let bits = (odd_bits - 1)
            .checked_mul(exponent)
            .ok_or(PowError::TooLarge)?;
        if bits > isize::MAX as u64 {
            return Err(PowError::TooLarge);
        }
    }
    let mut result = odd.clone();
    if odd_bits > 1 {
        for i in (0..exponent.ilog2()).rev() {
            result = result.as_ref().square();
            if exponent >> i & 1 == 1 {
                result = result.as_ref().mul(odd.as_ref());
            }
        }
    }
    let result = if shift == 0 {
        result
    } else {
        result.as_ref().shl(shift).ok_or(PowError::TooLarge)?
    };
    Ok(result.with_sign(negative))
}

/// `pow(base, exponent, modulus)` with any signs.
pub fn mod_pow(
    base: IntRef<'_>,
    exponent: IntRef<'_>,
    modulus: IntRef<'_>,
) -> Result<Int, PowError> {
    let absolute = modulus.abs();
    if modulus.is_zero() {
        return Err(PowError::ZeroModulus);
    }
    if absolute.is_one() {
        return Ok(Int::ZERO);
    }
    let mut base = base.modulo(absolute).ok_or(PowError::ZeroModulus)?;
    if exponent.negative {
        base = mod_inverse(base.as_ref(), absolute).ok_or(PowError::NotInvertible)?;
    }
    let power = match (base.as_ref().to_u64(), absolute.to_u64()) {
        (Some(base), Some(modulus)) => Int::from_u64(mod_pow_u64(base, exponent, modulus)),
        _ => {
            let pack = |value: IntRef<'_>| limb::pack(value.digits);
            let result = limb::mod_pow(&pack(base.as_ref()), &pack(exponent), &pack(absolute));
            Int::new(false, limb::unpack(&result))
        }
    };
    if modulus.negative && !power.is_zero() {
        return Ok(power.as_ref().add(modulus));
    }
    Ok(power)
}

fn mod_pow_u64(base: u64, exponent: IntRef<'_>, modulus: u64) -> u64 {
    let reduce = |x: u64, y: u64| {
        if modulus >> 32 == 0 {
            x * y % modulus
        } else {
            (u128::from(x) * u128::from(y) % u128::from(modulus)) as u64
        }
    };
    let mut result = 1;
    for i in (0..exponent.bit_length()).rev() {
        result = reduce(result, result);
        if exponent.magnitude_bit(i) {
            result = reduce(result, base);
        }
    }
    result
}

/// The inverse of `a` modulo `n > 1`, both non-negative; `None` if they share a factor.
fn mod_inverse(a: IntRef<'_>, n: IntRef<'_>) -> Option<Int> {
    let (mut r0, mut r1) = (n.to_int(), a.to_int());
    let (mut t0, mut t1) = (Int::ZERO, IntRef::ONE.to_int());
    while !r1.is_zero() {
        let (quotient, remainder) = r0.as_ref().divrem_truncating(r1.as_ref())?;
        let next = t0.as_ref().sub(quotient.as_ref().mul(t1.as_ref()).as_ref());
        (r0, r1) = (r1, remainder);
        (t0, t1) = (t1, next);
    }
    if !r0.as_ref().is_one() {
        return None;
    }
    if t0.is_negative() {
        Some(t0.as_ref().add(n))
    } else {
        Some(t0)
    }
}

fn gcd_u128(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        if let (Ok(x), Ok(y)) = (u64::try_from(a), u64::try_from(b)) {
            return u128::from(gcd_u64(x, y));
        }
        (a, b) = (b, a % b);
    }
    a
}

fn gcd_u64(mut a: u64, mut b: u64) -> u64 {
    if a == 0 || b == 0 {
        return a | b;
    }
    let shift = (a | b).trailing_zeros();
    a >>= a.trailing_zeros();
    while b != 0 {
        b >>= b.trailing_zeros();
        if a > b {
            core::mem::swap(&mut a, &mut b);
        }
        b -= a;
    }
    a << shift
}

/// The greatest common divisor, never negative (Lehmer's algorithm on the leading 60 bits).
pub fn gcd(a: IntRef<'_>, b: IntRef<'_>) -> Int {
    let (mut a, mut b) = (a.abs().to_int(), b.abs().to_int());
    if a.as_ref() < b.as_ref() {
        core::mem::swap(&mut a, &mut b);
    }
    while b.digits.len() > 4 {
        let (x, y) = leading_pair(a.as_ref(), b.as_ref());
        let [ca, cb, cc, cd] = lehmer_step(x, y);
        if cb == 0 {
            let Some((_, remainder)) = a.as_ref().divrem_truncating(b.as_ref()) else {
                return a;
            };
            (a, b) = (b, remainder);
            continue;
        }
        (a, b) = (combine(&a, &b, ca, cb), combine(&a, &b, cc, cd));
        if a.as_ref() < b.as_ref() {
            core::mem::swap(&mut a, &mut b);
        }
    }
    if b.is_zero() {
        return a;
    }
    let Some(rest) = a.as_ref().modulo(b.as_ref()) else {
        return a;
    };
    match (b.as_ref().magnitude_u128(), rest.as_ref().magnitude_u128()) {
        (Some(x), Some(y)) => Int::from_u128(gcd_u128(x, y)),
        _ => b,
    }
}

/// The top 60 bits of `a`, and the bits of `b` at the same positions.
fn leading_pair(a: IntRef<'_>, b: IntRef<'_>) -> (i64, i64) {
    let base = a.bit_length() - u64::from(LIMB_BITS);
    let window = |value: IntRef<'_>| {
        let (word, shift) = ((base / u64::from(SHIFT)) as usize, base % u64::from(SHIFT));
        let digits = value.digits.get(word..).unwrap_or(&[]);
        let wide = digits
            .iter()
            .take(3)
            .rev()
            .fold(0u128, |acc, &d| acc << SHIFT | u128::from(d));
        (wide >> shift) as i64
    };
    (window(a), window(b))
}

/// Cofactors that stay valid whatever the bits below the window are, each below 2^30.
fn lehmer_step(mut x: i64, mut y: i64) -> [i64; 4] {
    let [mut a, mut b, mut c, mut d] = [1i64, 0, 0, 1];
    loop {
        if y + c == 0 || y + d == 0 {
            break;
        }
        let quotient = (x + a) / (y + c);
        if quotient != (x + b) / (y + d) {
            break;
        }
        let (next_c, next_d) = match (c.checked_mul(quotient), d.checked_mul(quotient)) {
            (Some(qc), Some(qd)) => (a - qc, b - qd),
            _ => break,
        };
        if next_c.unsigned_abs() >> SHIFT != 0 || next_d.unsigned_abs() >> SHIFT != 0 {
            break;
        }
        (a, b, c, d) = (c, d, next_c, next_d);
        (x, y) = (y, x - quotient * y);
    }
    [a, b, c, d]
}

/// `a * x + b * y`, known not to be negative.
fn combine(a: &Int, b: &Int, x: i64, y: i64) -> Int {
    let mut carry = 0i64;
    let mut digits = Vec::with_capacity(a.digits.len());
    for (i, &high) in a.digits.iter().enumerate() {
        let low = b.digits.get(i).copied().unwrap_or(0);
        carry += i64::from(high) * x + i64::from(low) * y;
        digits.push(carry as u32 & super::MASK);
        carry >>= SHIFT;
    }
    debug_assert_eq!(carry, 0);
    Int::new(false, digits)
}

/// `math.isqrt`: the floor of the square root; `None` for a negative value.
pub fn isqrt(n: IntRef<'_>) -> Option<Int> {
    if n.negative {
        return None;
    }
    if let Some(small) = n.magnitude_u128() {
        return Some(Int::from_u128(small.isqrt()));
    }
    // Each round doubles the correct leading bits: root = (root << d) + (n >> s) // root, halved.
    let c = (n.bit_length() - 1) / 2;
    let mut root = IntRef::ONE.to_int();
    let mut d = 0u64;
    for s in (0..=c.ilog2()).rev() {
        let e = d;
        d = c >> s;
        let part = n.shr(2 * c - e - d + 1);
        let quotient = part.as_ref().floor_div(root.as_ref())?;
        root = root
            .as_ref()
            .shl(d - e - 1)?
            .as_ref()
            .add(quotient.as_ref());
    }
    if root.as_ref().square().as_ref() > n {
        root = root.as_ref().sub(SmallInt::from_i64(1).as_ref());
    }
    Some(root)
}
