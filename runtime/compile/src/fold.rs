//! Constant folding: the value of an expression that is known at compile time. Only what cannot fail and stays
//! small is folded, with CPython's limits, so that errors still happen at run time.

use pyrs_bytecode::Const;
use pyrs_syntax::ast::*;

const MAX_STR_SIZE: usize = 4096;
const MAX_COLLECTION_SIZE: usize = 256;
const MAX_TOTAL_ITEMS: i64 = 1024;
const MAX_INT_BITS: u32 = 126;

/// The constant that a literal's value is.
pub(crate) fn literal(value: &Constant) -> Const {
    match value {
        Constant::None => Const::None,
        Constant::True => Const::True,
        Constant::False => Const::False,
        Constant::Ellipsis => Const::Ellipsis,
        Constant::Int(n) => Const::Int(*n),
        Constant::BigInt(text) => big(text),
        Constant::Float(x) => Const::Float(*x),
        Constant::Complex(im) => Const::Complex(0.0, *im),
        Constant::Str(s) => Const::Str(s.clone()),
        Constant::Bytes(s) => Const::Bytes(s.clone()),
        Constant::Tuple(items) => Const::Tuple(items.iter().map(literal).collect()),
        Constant::FrozenSet(items) => Const::FrozenSet(items.iter().map(literal).collect()),
    }
}

/// Octal and binary digits become hexadecimal.
fn big(text: &str) -> Const {
    let bits_per_digit = match text.get(..2) {
        Some("0o") => 3,
        Some("0b") => 1,
        _ => return Const::BigInt(text.to_owned()),
    };
    let mut bits = Vec::with_capacity(text.len() * bits_per_digit);
    for digit in text[2..].bytes() {
        let value = digit.wrapping_sub(b'0');
        bits.extend((0..bits_per_digit).rev().map(|k| value >> k & 1));
    }
    let pad = (4 - bits.len() % 4) % 4;
    bits.splice(0..0, std::iter::repeat_n(0, pad));
    let hex: String = bits
        .chunks(4)
        .map(|c| {
            char::from_digit(c.iter().fold(0, |n, &b| n * 2 + u32::from(b)), 16).unwrap_or('0')
        })
        .collect();
    let hex = hex.trim_start_matches('0');
    Const::BigInt(format!("0x{}", if hex.is_empty() { "0" } else { hex }))
}

/// The value of `e`, if it is constant. `debug` is what `__debug__` is.
pub(crate) fn fold(e: &Expr, debug: bool) -> Option<Const> {
    match &e.kind {
        ExprKind::Constant { value, .. } => Some(literal(value)),
        ExprKind::Name {
            id,
            ctx: ExprContext::Load,
        } if &**id == "__debug__" => Some(if debug { Const::True } else { Const::False }),
        ExprKind::Tuple {
            elts,
            ctx: ExprContext::Load,
        } => {
            let items: Option<Vec<Const>> =
                elts.iter().map(|e| with_stack(|| fold(e, debug))).collect();
            items.map(Const::Tuple)
        }
        ExprKind::UnaryOp { op, operand } => unary(*op, with_stack(|| fold(operand, debug))?),
        ExprKind::BinOp { left, op, right } => {
            let right = with_stack(|| fold(right, debug))?;
            let left = with_stack(|| fold(left, debug))?;
            binary(*op, &left, &right)
        }
        ExprKind::Subscript {
            value,
            slice,
            ctx: ExprContext::Load,
        } => {
            let index = fold(slice, debug)?;
            let value = with_stack(|| fold(value, debug))?;
            subscript(&value, &index)
        }
        _ => None,
    }
}

/// Truth of a constant.
pub(crate) fn truth(c: &Const) -> bool {
    match c {
        Const::None | Const::False => false,
        Const::True | Const::Ellipsis | Const::Code(_) | Const::BigInt(_) => true,
        Const::Int(n) => *n != 0,
        Const::Float(x) => *x != 0.0,
        Const::Complex(re, im) => *re != 0.0 || *im != 0.0,
        Const::Str(s) | Const::Bytes(s) => !s.is_empty(),
        Const::Tuple(items) | Const::FrozenSet(items) => !items.is_empty(),
    }
}

fn int(n: i128) -> Option<Const> {
    if let Ok(small) = i64::try_from(n) {
        return Some(Const::Int(small));
    }
    (n.unsigned_abs().leading_zeros() >= 128 - MAX_INT_BITS).then(|| Const::BigInt(n.to_string()))
}

fn as_int(c: &Const) -> Option<i64> {
    match c {
        Const::Int(n) => Some(*n),
        Const::True => Some(1),
        Const::False => Some(0),
        _ => None,
    }
}

/// As a float, if it is a number whose conversion is exact enough to be Python's.
fn as_float(c: &Const) -> Option<f64> {
    match c {
        Const::Float(x) => Some(*x),
        other => as_int(other).map(|n| n as f64),
    }
}

fn unary(op: UnaryOperator, c: Const) -> Option<Const> {
    match op {
        UnaryOperator::Not => Some(if truth(&c) { Const::False } else { Const::True }),
        UnaryOperator::UAdd => match c {
            Const::True | Const::False => as_int(&c).map(Const::Int),
            Const::Int(_) | Const::BigInt(_) | Const::Float(_) | Const::Complex(..) => Some(c),
            _ => None,
        },
        UnaryOperator::USub => match c {
            Const::Float(x) => Some(Const::Float(-x)),
            Const::Complex(re, im) => Some(Const::Complex(-re, -im)),
            Const::BigInt(text) => match text.strip_prefix('-') {
                Some(positive) => Some(Const::BigInt(positive.to_owned())),
                None if text == "9223372036854775808" || text == "0x8000000000000000" => {
                    Some(Const::Int(i64::MIN))
                }
                None => Some(Const::BigInt(format!("-{text}"))),
            },
            other => int(-i128::from(as_int(&other)?)),
        },
        UnaryOperator::Invert => int(!i128::from(as_int(&c)?)),
    }
}

fn binary(op: Operator, left: &Const, right: &Const) -> Option<Const> {
    if matches!(
        (left, right),
        (Const::True | Const::False, Const::True | Const::False)
    ) {
        return None;
    }
    if let (Some(l), Some(r)) = (as_int(left), as_int(right)) {
        return integers(op, l, r);
    }
    match (left, right) {
        (Const::Complex(..), _) | (_, Const::Complex(..)) => complex(op, left, right),
        (Const::Float(_), _) | (_, Const::Float(_)) => {
            floats(op, as_float(left)?, as_float(right)?)
        }
        (Const::Str(a), Const::Str(b)) if op == Operator::Add => {
            Some(Const::Str([&**a, &**b].concat().into()))
        }
        (Const::Bytes(a), Const::Bytes(b)) if op == Operator::Add => {
            Some(Const::Bytes([&**a, &**b].concat().into()))
        }
        (Const::Tuple(a), Const::Tuple(b)) if op == Operator::Add => {
            Some(Const::Tuple([&a[..], &b[..]].concat()))
        }
        (sequence, count) if op == Operator::Mult && as_int(count).is_some() => {
            repeat(sequence, as_int(count)?)
        }
        (count, sequence) if op == Operator::Mult && as_int(count).is_some() => {
            repeat(sequence, as_int(count)?)
        }
        _ => None,
    }
}

fn integers(op: Operator, l: i64, r: i64) -> Option<Const> {
    let (a, b) = (i128::from(l), i128::from(r));
    match op {
        Operator::Add => int(a + b),
        Operator::Sub => int(a - b),
        Operator::Mult => int(a * b),
        Operator::Div => {
            // Exact only while both are exact doubles.
            let exact = 1i64 << 53;
            (r != 0 && l.unsigned_abs() <= exact as u64 && r.unsigned_abs() <= exact as u64)
                .then(|| Const::Float(l as f64 / r as f64))
        }
        Operator::FloorDiv if r != 0 => {
            let q = a / b;
            int(if a % b != 0 && (a < 0) != (b < 0) {
                q - 1
            } else {
                q
            })
        }
        Operator::Mod if r != 0 => {
            let m = a % b;
            int(if m != 0 && (m < 0) != (b < 0) {
                m + b
            } else {
                m
            })
        }
        Operator::Pow if r >= 0 => {
            let mut result = 1i128;
            if l.unsigned_abs() > 1 && r >= 128 {
                return None;
            }
            if l == 0 || l == 1 {
                return Some(Const::Int(if r == 0 { 1 } else { l }));
            }
            if l == -1 {
                return Some(Const::Int(if r % 2 == 0 { 1 } else { -1 }));
            }
            for _ in 0..r {
                result = result.checked_mul(a)?;
            }
            int(result)
        }
        Operator::LShift if (0..MAX_INT_BITS as i64).contains(&r) => {
            let shifted = a.checked_shl(r as u32)?;
            (shifted >> r == a).then(|| int(shifted)).flatten()
        }
        Operator::RShift if r >= 0 => int(a >> r.min(127)),
        Operator::BitAnd => int(a & b),
        Operator::BitOr => int(a | b),
        Operator::BitXor => int(a ^ b),
        _ => None,
    }
}

fn floats(op: Operator, a: f64, b: f64) -> Option<Const> {
    Some(Const::Float(match op {
        Operator::Add => a + b,
        Operator::Sub => a - b,
        Operator::Mult => a * b,
        Operator::Div if b != 0.0 => a / b,
        _ => return None,
    }))
}

fn complex(op: Operator, left: &Const, right: &Const) -> Option<Const> {
    let parts = |c: &Const| match c {
        Const::Complex(re, im) => Some((*re, *im)),
        other => as_float(other).map(|x| (x, 0.0)),
    };
    let ((a, b), (c, d)) = (parts(left)?, parts(right)?);
    match op {
        Operator::Add => Some(Const::Complex(a + c, b + d)),
        Operator::Sub => Some(Const::Complex(a - c, b - d)),
        Operator::Mult => Some(Const::Complex(a * c - b * d, a * d + b * c)),
        _ => None,
    }
}

fn repeat(sequence: &Const, count: i64) -> Option<Const> {
    let n = usize::try_from(count.max(0)).ok()?;
    let fits = |len: usize, limit: usize| len.checked_mul(n).is_some_and(|total| total <= limit);
    match sequence {
        Const::Str(s) if fits(s.len(), MAX_STR_SIZE) => Some(Const::Str(s.repeat(n).into())),
        Const::Bytes(s) if fits(s.len(), MAX_STR_SIZE) => Some(Const::Bytes(s.repeat(n).into())),
        Const::Tuple(items) if fits(items.len(), MAX_COLLECTION_SIZE) => {
            let inner: i64 = items.iter().map(item_count).sum();
            if inner.checked_mul(count.max(0))? > MAX_TOTAL_ITEMS {
                return None;
            }
            Some(Const::Tuple(
                (0..n).flat_map(|_| items.iter().cloned()).collect(),
            ))
        }
        _ => None,
    }
}

fn item_count(c: &Const) -> i64 {
    match c {
        Const::Tuple(items) => items.iter().map(item_count).sum::<i64>() + 1,
        _ => 1,
    }
}

fn subscript(value: &Const, index: &Const) -> Option<Const> {
    let at = |len: usize| {
        let n = as_int(index)?;
        let n = if n < 0 {
            n.checked_add(i64::try_from(len).ok()?)?
        } else {
            n
        };
        usize::try_from(n).ok().filter(|&n| n < len)
    };
    match value {
        Const::Tuple(items) => items.get(at(items.len())?).cloned(),
        Const::Bytes(s) => s.get(at(s.len())?).map(|&b| Const::Int(b.into())),
        Const::Str(s) if s.is_ascii() => {
            let n = at(s.len())?;
            s.get(n..n + 1).map(|s| Const::Str(s.into()))
        }
        _ => None,
    }
}
