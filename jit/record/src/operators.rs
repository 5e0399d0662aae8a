//! Operators as compiled code calls them, for operands of any class; helpers like those of [`helpers`](crate::helpers).

use crate::helpers::{out, truth_out, v};
use pyrs_object::{CmpOp, Ref, Value, ValueExt, boundary, ops};

fn bin_op(n: u64) -> (ops::BinOp, bool) {
    use ops::BinOp::*;
    let all = [
        Add, Sub, Mul, TrueDiv, FloorDiv, Mod, Pow, MatMul, LShift, RShift, And, Or, Xor,
    ];
    (all[(n & 0xFF) as usize % all.len()], n >> 8 != 0)
}

pub(crate) extern "C" fn binary(op: u64, a: u64, b: u64) -> u64 {
    let (op, inplace) = bin_op(op);
    out(ops::binary(op, v(a), v(b), inplace))
}
/// An operator of an extension type; C may change an operand that is given up and that nobody else has.
fn extension(op: u64, a: Ref, b: Ref) -> u64 {
    let (op, inplace) = bin_op(op);
    let (x, y) = (a.value(), b.value());
    let Some(f) = ops::extension_operator(op, x, y, inplace) else {
        return out(ops::binary(op, x, y, inplace));
    };
    let (a, b) = (boundary::CRef::given(a), boundary::CRef::given(b));
    // SAFETY: live objects that C may look at.
    out(match unsafe { ops::call_operator(f, a.ptr(), b.ptr()) } {
        Ok(r) if r.is_not_implemented() => ops::after_extension(op, x, y, inplace),
        r => r,
    })
}
pub(crate) extern "C" fn extension_kept(op: u64, a: u64, b: u64) -> u64 {
    extension(op, Ref::new(v(a)), Ref::new(v(b)))
}
pub(crate) extern "C" fn extension_left(op: u64, a: u64, b: u64) -> u64 {
    // SAFETY: the compiled code gives the reference up.
    extension(op, unsafe { Ref::from_owned(v(a)) }, Ref::new(v(b)))
}
pub(crate) extern "C" fn extension_right(op: u64, a: u64, b: u64) -> u64 {
    // SAFETY: as above.
    extension(op, Ref::new(v(a)), unsafe { Ref::from_owned(v(b)) })
}
pub(crate) extern "C" fn extension_both(op: u64, a: u64, b: u64) -> u64 {
    // SAFETY: as above.
    unsafe { extension(op, Ref::from_owned(v(a)), Ref::from_owned(v(b))) }
}
/// An operator on immediates, ints or floats.
pub(crate) extern "C" fn number_binary(op: u64, a: u64, b: u64) -> u64 {
    let (x, y) = (v(a), v(b));
    if let (Some(x), Some(y)) = (x.as_int(), y.as_int()) {
        let r = match op & 15 {
            0 => x.checked_add(y),
            1 => x.checked_sub(y),
            2 => x.checked_mul(y),
            _ => None,
        };
        if let Some(r) = r.and_then(Value::try_int) {
            return r.bits();
        }
    } else if let (Some(x), Some(y)) = (number(x), number(y)) {
        let r = match op & 15 {
            0 => x + y,
            1 => x - y,
            2 => x * y,
            3 if y != 0.0 => x / y,
            _ => f64::NAN,
        };
        if let Some(r) = Value::try_float(r) {
            return r.bits();
        }
    }
    binary(op, a, b)
}
/// An int that is exact as a double, or a float.
fn number(v: Value) -> Option<f64> {
    const EXACT: i64 = 1 << 53;
    match v.as_int() {
        Some(n) if n.abs() <= EXACT => Some(n as f64),
        Some(_) => None,
        None => v.as_float(),
    }
}
pub(crate) extern "C" fn unary(op: u64, a: u64) -> u64 {
    out(match op {
        0 => ops::negative(v(a)),
        1 => ops::positive(v(a)),
        _ => ops::invert(v(a)),
    })
}
pub(crate) extern "C" fn compare(op: u64, a: u64, b: u64) -> u8 {
    truth_out(
        ops::richcompare(v(a), v(b), CmpOp::ALL[op as usize % 6])
            .and_then(|r| ops::is_true(r.value())),
    )
}
pub(crate) extern "C" fn richcompare(op: u64, a: u64, b: u64) -> u64 {
    out(ops::richcompare(v(a), v(b), CmpOp::ALL[op as usize % 6]))
}
pub(crate) extern "C" fn truth(a: u64) -> u8 {
    truth_out(ops::is_true(v(a)))
}
pub(crate) extern "C" fn float_floordiv(x: f64, y: f64) -> f64 {
    let mut div = (x - x % y) / y;
    if x % y != 0.0 && (y < 0.0) != (x % y < 0.0) {
        div -= 1.0;
    }
    if div != 0.0 {
        let floor = div.floor();
        if div - floor > 0.5 {
            floor + 1.0
        } else {
            floor
        }
    } else {
        0.0f64.copysign(x / y)
    }
}
pub(crate) extern "C" fn float_mod(x: f64, y: f64) -> f64 {
    let mut m = x % y;
    if m != 0.0 {
        if (y < 0.0) != (m < 0.0) {
            m += y;
        }
    } else {
        m = 0.0f64.copysign(y);
    }
    m
}
