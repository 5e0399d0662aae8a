//! The meaning of pure ops on bits: constant folding and the IR interpreter share it, so they cannot differ.

use crate::encoding as enc;
use crate::ops::Op;

/// Outcome of an op on known operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Eval {
    /// A value (bits), or 0 for a guard that passes.
    Value(u64),
    /// The op leaves through its exit.
    Leave,
    /// Needs memory, calls or the frame.
    Unknown,
}

fn checked(r: Option<i64>) -> Eval {
    r.map_or(Eval::Leave, |v| Eval::Value(v as u64))
}

fn guard(ok: bool) -> Eval {
    if ok { Eval::Value(0) } else { Eval::Leave }
}

/// Python's `//`.
pub fn floor_div(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let q = a.checked_div(b)?;
    Some(if a % b != 0 && ((a < 0) != (b < 0)) {
        q - 1
    } else {
        q
    })
}

/// Python's `%`.
pub fn floor_mod(a: i64, b: i64) -> Option<i64> {
    if b == 0 {
        return None;
    }
    let r = a.wrapping_rem(b);
    Some(if r != 0 && ((r < 0) != (b < 0)) {
        r + b
    } else {
        r
    })
}

/// Evaluates `op`. Missing operands give `Unknown`.
pub fn eval(op: Op, imm: u64, args: &[u64]) -> Eval {
    use Op::*;
    let arg = |i: usize| args.get(i).copied().unwrap_or(0);
    let (a, b, c) = (arg(0), arg(1), arg(2));
    let (ia, ib) = (a as i64, b as i64);
    let (fa, fb) = (f64::from_bits(a), f64::from_bits(b));
    let flt = |f: f64| Eval::Value(f.to_bits());
    let boolean = |x: bool| Eval::Value(u64::from(x));
    let int = |x: i64| Eval::Value(x as u64);
    match op {
        IConst | FConst | BConst | PConst | VConst => Eval::Value(imm),
        IAdd => int(ia.wrapping_add(ib)),
        ISub => int(ia.wrapping_sub(ib)),
        IMul => int(ia.wrapping_mul(ib)),
        IAddOvf => checked(ia.checked_add(ib)),
        ISubOvf => checked(ia.checked_sub(ib)),
        IMulOvf => checked(ia.checked_mul(ib)),
        IFloorDiv => checked(floor_div(ia, ib)),
        IMod => checked(floor_mod(ia, ib)),
        INegOvf => checked(ia.checked_neg()),
        IShl => {
            if !(0..=63).contains(&ib) {
                return Eval::Leave;
            }
            let r = ia << ib;
            if r >> ib == ia { int(r) } else { Eval::Leave }
        }
        IShr => {
            if ib < 0 {
                Eval::Leave
            } else {
                int(ia >> ib.min(63))
            }
        }
        IAnd => Eval::Value(a & b),
        IOr => Eval::Value(a | b),
        IXor => Eval::Value(a ^ b),
        INot => Eval::Value(!a),
        INarrow | Near => Eval::Value(a),
        IEq => boolean(ia == ib),
        INe => boolean(ia != ib),
        ILt => boolean(ia < ib),
        ILe => boolean(ia <= ib),
        IGt => boolean(ia > ib),
        IGe => boolean(ia >= ib),
        IULt => boolean(a < b),
        ISelect | FSelect | VSelect => Eval::Value(if a != 0 { b } else { c }),
        FAdd => flt(fa + fb),
        FSub => flt(fa - fb),
        FMul => flt(fa * fb),
        FDiv => flt(fa / fb),
        FNeg => Eval::Value(a ^ (1 << 63)),
        FAbs => Eval::Value(a & !(1 << 63)),
        FSqrt => flt(fa.sqrt()),
        FFloor => flt(fa.floor()),
        FCeil => flt(fa.ceil()),
        FTrunc => flt(fa.trunc()),
        FEq => boolean(fa == fb),
        FNe => boolean(fa != fb),
        FLt => boolean(fa < fb),
        FLe => boolean(fa <= fb),
        FGt => boolean(fa > fb),
        FGe => boolean(fa >= fb),
        I2F => flt(ia as f64),
        F2I => {
            // The bounds are exact doubles: -2^63 and 2^63.
            if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&fa) {
                int(fa as i64)
            } else {
                Eval::Leave
            }
        }
        BNot => Eval::Value(a ^ 1),
        BAnd => Eval::Value(a & b),
        BOr => Eval::Value(a | b),
        B2I | Bits | AsPtr | AsValue | AddrOf => Eval::Value(a),
        BoxInt => {
            if enc::int_fits(ia) {
                Eval::Value(enc::box_int(ia))
            } else {
                Eval::Leave
            }
        }
        BoxIntNc => Eval::Value(enc::box_int(ia)),
        BoxFloat => enc::box_float(a).map_or(Eval::Leave, Eval::Value),
        BoxFloatNc => Eval::Value(a.wrapping_add(enc::DOUBLE_OFFSET)),
        UnboxInt => int(enc::unbox_int(a)),
        UnboxFloat => Eval::Value(enc::unbox_float(a)),
        IsInt => boolean(enc::is_int(a)),
        IsFloat => boolean(enc::is_float(a)),
        IsPtr => boolean(enc::is_ptr(a)),
        RefEq => boolean(a == b),
        GuardTrue => guard(a != 0),
        GuardFalse => guard(a == 0),
        GuardInt => guard(enc::is_int(a)),
        GuardFloat => guard(enc::is_float(a)),
        GuardPtr => guard(enc::is_ptr(a)),
        GuardNotEmpty => guard(a != 0),
        GuardValue | GuardIs | GuardIEq => guard(a == imm),
        GuardBounds => guard(a < b),
        GuardType | GuardCell | Poll | GuardDepth | Load | Store | LoadIdx | StoreIdx
        | SlotRead | SlotTake | SlotWrite | SlotInit | FrameBase | ContextBase | Release | Inc
        | Dec | Call | CallRegion | New => Eval::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn python_division() {
        for (a, b, q, r) in [
            (7, 2, 3, 1),
            (-7, 2, -4, 1),
            (7, -2, -4, -1),
            (-7, -2, 3, -1),
            (6, -3, -2, 0),
        ] {
            assert_eq!((floor_div(a, b), floor_mod(a, b)), (Some(q), Some(r)));
        }
        assert_eq!(floor_div(i64::MIN, -1), None);
        assert_eq!(floor_mod(i64::MIN, -1), Some(0));
        assert_eq!(floor_mod(1, 0), None);
    }
}
