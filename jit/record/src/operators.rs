//! Operators as compiled code calls them, for operands of any class; helpers like those of [`helpers`](crate::helpers).

use crate::helpers::{out, truth_out, v};
use pyrs_object::int::Wide;
use pyrs_object::{CmpOp, Ref, Value, ValueExt, boundary, errors, ops};

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
/// An operator on numbers: ints of any size and floats. Gives nothing for other operands and where it raises.
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
    let (op, _) = bin_op(op);
    if let (Some(x), Some(y)) = (Wide::of(x), Wide::of(y))
        && let Some(r) = Wide::binary(op, x, y)
    {
        return r.value().into_value().bits();
    }
    quiet(of_numbers(op, x, y))
}
fn is_number(v: Value) -> bool {
    v.is_int()
        || v.is_float()
        || v.is_exact(pyrs_object::ty!(pyrs_object::int::PyLong_Type))
        || v.is_exact(pyrs_object::ty!(pyrs_object::float::PyFloat_Type))
}
/// The operator if both are numbers and it raises nothing.
fn of_numbers(op: ops::BinOp, x: Value, y: Value) -> Option<Ref> {
    if !is_number(x) || !is_number(y) {
        return None;
    }
    ops::binary(op, x, y, false)
        .inspect_err(|_| errors::clear())
        .ok()
}
fn quiet(r: Option<Ref>) -> u64 {
    r.map_or(0, |r| r.into_value().bits())
}

/// Bits of one link of a [`chain`].
const LINK: u32 = 8;
/// In a link: what came before is the right operand.
const FLIPPED: u64 = 16;

/// A link of a chain of operators: the operator's number, and whether what came before is the right operand.
pub(crate) fn link(op: u64, flipped: bool) -> u64 {
    op & 15 | if flipped { FLIPPED } else { 0 }
}
/// The links in one word, the first in the lowest bits.
pub(crate) fn links(all: &[u64]) -> u64 {
    all.iter().rev().fold(0, |word, link| word << LINK | link)
}

/// Operators on ints, each of which takes what the one before it gave: no ints between them are made as long as they have
/// at most 128 bits. Gives nothing where one raises, and for other operands.
fn chain(links: u64, first: Value, rest: &[Value]) -> u64 {
    let link = |n: usize| {
        let word = links >> (LINK as usize * n);
        (bin_op(word & 15).0, word & FLIPPED != 0)
    };
    let wide = || {
        let mut x = Wide::of(first)?;
        for (n, y) in rest.iter().enumerate() {
            let (op, flipped) = link(n);
            let y = Wide::of(*y)?;
            x = if flipped {
                Wide::binary(op, y, x)
            } else {
                Wide::binary(op, x, y)
            }?;
        }
        Some(x.value())
    };
    let any = || {
        let mut x = Ref::new(first);
        for (n, y) in rest.iter().enumerate() {
            let (op, flipped) = link(n);
            x = if flipped {
                of_numbers(op, *y, x.value())
            } else {
                of_numbers(op, x.value(), *y)
            }?;
        }
        Some(x)
    };
    quiet(wide().or_else(any))
}
pub(crate) extern "C" fn number_chain2(links: u64, a: u64, b: u64, c: u64) -> u64 {
    chain(links, v(a), &[v(b), v(c)])
}
pub(crate) extern "C" fn number_chain3(links: u64, a: u64, b: u64, c: u64, d: u64) -> u64 {
    chain(links, v(a), &[v(b), v(c), v(d)])
}
/// `-x` (0) or `~x` (2) of an int. Gives nothing for other operands.
pub(crate) extern "C" fn number_unary(op: u64, a: u64) -> u64 {
    let x = v(a);
    let r = Wide::of(x).and_then(|x| {
        if op == 0 {
            Some(x.negated())
        } else {
            x.invert()
        }
    });
    match r {
        Some(r) => r.value().into_value().bits(),
        None if x.is_exact(pyrs_object::ty!(pyrs_object::int::PyLong_Type)) => unary(op, a),
        None => 0,
    }
}
/// Whether the comparison of two ints or floats holds; 2 for other operands.
pub(crate) extern "C" fn number_compare(op: u64, a: u64, b: u64) -> u64 {
    if is_number(v(a)) && is_number(v(b)) {
        u64::from(compare(op, a, b))
    } else {
        2
    }
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
