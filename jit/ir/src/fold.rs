//! Folding of one instruction: constants, identities, boxing against unboxing. The builder folds while recording
//! and the simplify pass folds again with what other passes uncovered.

use crate::eval::{Eval, eval};
use crate::ops::{Effect, Op, Type};
use crate::region::{Imm, Inst, Region, ValueId};

/// What an instruction folds to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Folded {
    /// Nothing found.
    Keep,
    /// An existing value.
    Value(ValueId),
    /// A constant.
    Const(Type, u64),
    /// A guard that always passes.
    Remove,
}

/// The constant op of a type.
pub const fn const_op(ty: Type) -> Op {
    match ty {
        Type::I64 => Op::IConst,
        Type::F64 => Op::FConst,
        Type::Bool => Op::BConst,
        Type::Ptr => Op::PConst,
        Type::Boxed => Op::VConst,
    }
}

/// Folds `inst`; `def` finds the instruction that defines a value.
pub fn fold<'a>(region: &Region, def: impl Fn(ValueId) -> Option<&'a Inst>, inst: &Inst) -> Folded {
    let op = inst.op;
    if op.is_const() {
        return Folded::Keep;
    }
    let konst = |v: ValueId| def(v).filter(|i| i.op.is_const()).map(|i| i.imm.int());
    if matches!(op.effect(), Effect::Pure | Effect::Fallible | Effect::Guard)
        && !matches!(op, Op::FrameBase | Op::ContextBase | Op::Near)
    {
        let args: Option<Vec<u64>> = inst.args.iter().map(|a| konst(*a)).collect();
        if let Some(args) = args
            && let Eval::Value(bits) = eval(op, inst.imm.int(), &args)
        {
            return match inst.result {
                Some(r) => Folded::Const(region.ty(r), bits),
                None => Folded::Remove,
            };
        }
    }
    let (Some(&a), b) = (inst.args.first(), inst.args.get(1).copied()) else {
        return Folded::Keep;
    };
    let def_op = |v: ValueId| def(v).map(|i| (i.op, i.args.first().copied()));
    let kb = b.and_then(konst);
    match op {
        Op::IAdd
        | Op::IAddOvf
        | Op::ISub
        | Op::ISubOvf
        | Op::IOr
        | Op::IXor
        | Op::IShl
        | Op::IShr
            if kb == Some(0) =>
        {
            Folded::Value(a)
        }
        Op::IMul | Op::IMulOvf | Op::IFloorDiv if kb == Some(1) => Folded::Value(a),
        Op::IAnd if kb == Some(u64::MAX) => Folded::Value(a),
        Op::IAnd | Op::IOr if b == Some(a) => Folded::Value(a),
        Op::IEq | Op::ILe | Op::IGe | Op::RefEq if b == Some(a) => Folded::Const(Type::Bool, 1),
        Op::INe | Op::ILt | Op::IGt | Op::IULt if b == Some(a) => Folded::Const(Type::Bool, 0),
        Op::INarrow => match def_op(a) {
            Some((Op::INarrow | Op::UnboxInt, _)) => Folded::Value(a),
            _ => Folded::Keep,
        },
        Op::UnboxInt => match def_op(a) {
            Some((Op::BoxInt | Op::BoxIntNc, Some(x))) => Folded::Value(x),
            _ => Folded::Keep,
        },
        Op::UnboxFloat => match def_op(a) {
            Some((Op::BoxFloat | Op::BoxFloatNc, Some(x))) => Folded::Value(x),
            _ => Folded::Keep,
        },
        Op::BoxInt | Op::BoxIntNc => match def_op(a) {
            Some((Op::UnboxInt, Some(v))) => Folded::Value(v),
            _ => Folded::Keep,
        },
        Op::BoxFloat | Op::BoxFloatNc => match def_op(a) {
            Some((Op::UnboxFloat, Some(v))) => Folded::Value(v),
            _ => Folded::Keep,
        },
        Op::AsPtr => match def_op(a) {
            Some((Op::AsValue, Some(v))) => Folded::Value(v),
            _ => Folded::Keep,
        },
        Op::AsValue => match def_op(a) {
            Some((Op::AsPtr, Some(v))) => Folded::Value(v),
            _ => Folded::Keep,
        },
        Op::BNot => match def_op(a) {
            Some((Op::BNot, Some(v))) => Folded::Value(v),
            _ => Folded::Keep,
        },
        Op::GuardInt if matches!(def_op(a), Some((Op::BoxInt | Op::BoxIntNc, _))) => Folded::Remove,
        Op::GuardFloat if matches!(def_op(a), Some((Op::BoxFloat | Op::BoxFloatNc, _))) => {
            Folded::Remove
        }
        Op::GuardPtr if matches!(def_op(a), Some((Op::AsValue, _))) => Folded::Remove,
        Op::GuardNotEmpty
            if matches!(
                def_op(a),
                Some((
                    Op::AsValue | Op::BoxInt | Op::BoxIntNc | Op::BoxFloat | Op::BoxFloatNc,
                    _
                ))
            ) =>
        {
            Folded::Remove
        }
        Op::IsInt if matches!(def_op(a), Some((Op::BoxInt | Op::BoxIntNc, _))) => {
            Folded::Const(Type::Bool, 1)
        }
        Op::IsInt | Op::IsFloat if matches!(def_op(a), Some((Op::AsValue, _))) => {
            Folded::Const(Type::Bool, 0)
        }
        Op::GuardType if region.values[a.index()].class == Some(inst.imm.int()) => Folded::Remove,
        Op::VSelect | Op::ISelect | Op::FSelect => match (konst(a), b, inst.args.get(2)) {
            (Some(c), Some(yes), Some(no)) => Folded::Value(if c != 0 { yes } else { *no }),
            (None, Some(yes), Some(no)) if yes == *no => Folded::Value(yes),
            _ => Folded::Keep,
        },
        _ => Folded::Keep,
    }
}

/// Puts a constant of a commutative op to the right, and orders the operands otherwise.
pub fn canonical(inst: &mut Inst, is_const: impl Fn(ValueId) -> bool) {
    if inst.op.is_commutative() && inst.args.len() == 2 {
        let (ca, cb) = (is_const(inst.args[0]), is_const(inst.args[1]));
        if (ca && !cb) || (ca == cb && inst.args[0] > inst.args[1]) {
            inst.args.swap(0, 1);
        }
    }
}

/// Where a constant goes: the front of the entry block, shared.
pub fn constant(region: &mut Region, ty: Type, bits: u64) -> ValueId {
    let op = const_op(ty);
    let found = region.blocks[0]
        .insts
        .iter()
        .find(|i| i.op == op && i.imm == Imm::Int(bits))
        .and_then(|i| i.result);
    if let Some(v) = found {
        // A constant that was recorded later than its user would not dominate it: constants stay in front.
        return v;
    }
    let v = region.new_value(ty);
    region.blocks[0].insts.insert(
        0,
        Inst {
            op,
            args: vec![],
            imm: Imm::Int(bits),
            result: Some(v),
            exit: None,
        },
    );
    v
}

/// Moves the constants of the entry block to its front.
pub fn hoist_constants(region: &mut Region) {
    let bridged = matches!(region.blocks[0].term, crate::region::Terminator::Bridge(..));
    let last = if bridged {
        region.blocks[0].insts.pop()
    } else {
        None
    };
    region.blocks[0].insts.sort_by_key(|i| !i.op.is_const());
    region.blocks[0].insts.extend(last);
}
