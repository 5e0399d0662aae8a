//! Arithmetic of ints of any size.

use super::*;
use crate::ops::BinOp;
use pyrs_numeric::int::{self as algo, BitOp, PowError};

/// Arithmetic of two int instances of any size (the slow path of the interpreter's int fast paths).
pub fn big_binary(op: BinOp, a: Value, b: Value) -> PyResult {
    if let (Some(x), Some(y)) = (a.as_int(), b.as_int())
        && let Some(r) = small_binary(op, x, y)
    {
        return Ok(r);
    }
    if let Some(r) = wide::binary(op, a, b) {
        return Ok(r);
    }
    with_ref(a, |x| with_ref(b, |y| binary_refs(op, x, y, a, b)))
}

/// Operations of two immediates that need no digits.
#[inline]
fn small_binary(op: BinOp, x: i64, y: i64) -> Option<Ref> {
    Some(match op {
        BinOp::Add => Ref::int(x + y),
        BinOp::Sub => Ref::int(x - y),
        BinOp::Mul => from_i128(i128::from(x) * i128::from(y)),
        BinOp::And => Ref::int(x & y),
        BinOp::Or => Ref::int(x | y),
        BinOp::Xor => Ref::int(x ^ y),
        BinOp::FloorDiv if y != 0 => Ref::int(floor_div(x, y).0),
        BinOp::Mod if y != 0 => Ref::int(floor_div(x, y).1),
        BinOp::DivMod if y != 0 => {
            let (q, r) = floor_div(x, y);
            crate::tuple::from_vec(vec![Ref::int(q), Ref::int(r)])
        }
        BinOp::RShift if y >= 0 => Ref::int(x >> y.min(63)),
        BinOp::LShift if (0..64).contains(&y) => from_i128(i128::from(x) << y),
        _ => return None,
    })
}

fn floor_div(x: i64, y: i64) -> (i64, i64) {
    let (q, r) = (x / y, x % y);
    if r != 0 && (r < 0) != (y < 0) {
        (q - 1, r + y)
    } else {
        (q, r)
    }
}

fn binary_refs(op: BinOp, x: IntRef<'_>, y: IntRef<'_>, a: Value, b: Value) -> PyResult {
    let bits = |op| {
        build(algo::bit_op_size(x, y), |out| {
            algo::bit_op_into(op, x, y, out)
        })
    };
    match op {
        BinOp::Add => build(algo::add_size(x, y), |out| algo::add_into(x, y, out)),
        BinOp::Sub => build(algo::add_size(x, y), |out| algo::sub_into(x, y, out)),
        BinOp::Mul => build(algo::mul_size(x, y), |out| algo::mul_into(x, y, out)),
        BinOp::And => bits(BitOp::And),
        BinOp::Or => bits(BitOp::Or),
        BinOp::Xor => bits(BitOp::Xor),
        BinOp::LShift => shift_left(x, y),
        BinOp::RShift => {
            if y.is_negative() {
                return Err(negative_shift());
            }
            let by = y.to_u64().unwrap_or(u64::MAX);
            build(algo::shr_size(x, by), |out| algo::shr_into(x, by, out))
        }
        BinOp::FloorDiv => match x.floor_div(y) {
            Some(q) => Ok(from_int(&q)),
            None => Err(zero_division("integer division or modulo by zero")),
        },
        BinOp::Mod => match x.modulo(y) {
            Some(r) => Ok(from_int(&r)),
            None => Err(zero_division("integer modulo by zero")),
        },
        BinOp::DivMod => match x.divmod(y) {
            Some((q, r)) => Ok(crate::tuple::from_vec(vec![from_int(&q), from_int(&r)])),
            None => Err(zero_division("integer division or modulo by zero")),
        },
        BinOp::TrueDiv => {
            if y.is_zero() {
                return Err(zero_division("division by zero"));
            }
            match algo::true_divide(x, y) {
                Ok(q) => Ok(Ref::float(q)),
                Err(_) => Err(raise!(
                    OverflowError,
                    "integer division result too large for a float"
                )),
            }
        }
        BinOp::Pow => {
            if y.is_negative() {
                return crate::float::power_f64(to_f64(a)?, to_f64(b)?);
            }
            finish_pow(algo::pow(x, y))
        }
        BinOp::MatMul => Err(raise!(
            TypeError,
            "unsupported operand type(s) for @: '{}' and '{}'",
            a.ty().message_name(),
            b.ty().message_name()
        )),
    }
}

fn shift_left(x: IntRef<'_>, y: IntRef<'_>) -> PyResult {
    if y.is_negative() {
        return Err(negative_shift());
    }
    if x.is_zero() {
        return Ok(Ref::int(0));
    }
    match y
        .to_u64()
        .and_then(|by| algo::shl_size(x, by).map(|size| (by, size)))
    {
        Some((by, size)) => build(size, |out| algo::shl_into(x, by, out)),
        None => Err(raise!(OverflowError, "too many digits in integer")),
    }
}

#[cold]
fn negative_shift() -> Raised {
    raise!(ValueError, "negative shift count")
}
#[cold]
fn zero_division(message: &str) -> Raised {
    raise!(ZeroDivisionError, "{message}")
}

fn finish_pow(result: Result<Int, PowError>) -> PyResult {
    match result {
        Ok(n) => Ok(from_int(&n)),
        Err(PowError::ZeroModulus) => Err(raise!(ValueError, "pow() 3rd argument cannot be 0")),
        Err(PowError::NotInvertible) => Err(raise!(
            ValueError,
            "base is not invertible for the given modulus"
        )),
        Err(PowError::TooLarge) => Err(crate::errors::no_memory()),
    }
}

macro_rules! int_slots {
    ($($name:ident $op:ident)*) => {$(
        pub(super) fn $name(a: Value, b: Value) -> PyResult {
            if is_int_instance(a) && is_int_instance(b) {
                big_binary(BinOp::$op, a, b)
            } else {
                Ok(Ref::not_implemented())
            }
        }
    )*};
}
int_slots! {
    int_add Add int_sub Sub int_mul Mul int_mod Mod int_divmod DivMod int_lshift LShift int_rshift RShift
    int_and And int_or Or int_xor Xor int_floor_div FloorDiv int_true_div TrueDiv
}

/// Powers that are immediate ints; those with a negative exponent are floats.
#[inline]
pub fn small_power(x: i64, y: i64) -> Option<Value> {
    let y = u32::try_from(y).ok().filter(|y| *y < 64)?;
    Value::try_int(x.checked_pow(y)?)
}
pub(super) fn int_pow(a: Value, b: Value, c: Value) -> PyResult {
    if !is_int_instance(a) || !is_int_instance(b) {
        return Ok(Ref::not_implemented());
    }
    if c.is_empty() || c.is_none() {
        if let (Some(x), Some(y)) = (a.as_int(), b.as_int())
            && let Some(power) = small_power(x, y)
        {
            return Ok(Ref::new(power));
        }
        return big_binary(BinOp::Pow, a, b);
    }
    if !is_int_instance(c) {
        return Ok(Ref::not_implemented());
    }
    with_ref(a, |x| {
        with_ref(b, |y| with_ref(c, |z| finish_pow(algo::mod_pow(x, y, z))))
    })
}

pub(super) fn int_neg(v: Value) -> PyResult {
    Ok(match v.as_int() {
        Some(n) => Ref::int(-n),
        None => with_ref(v, |n| {
            let n = n.negated();
            from_digits(n.is_negative(), n.digits())
        }),
    })
}
pub(super) fn int_abs(v: Value) -> PyResult {
    if is_negative(v) {
        int_neg(v)
    } else {
        Ok(exact(v))
    }
}
pub(super) fn int_invert(v: Value) -> PyResult {
    Ok(match v.as_int() {
        Some(n) => Ref::int(!n),
        None => with_ref(v, |n| from_int(&n.invert())),
    })
}
pub(super) fn int_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_int_instance(a) || !is_int_instance(b) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool(op.holds(compare(a, b))))
}
