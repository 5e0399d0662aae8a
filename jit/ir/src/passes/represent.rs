//! Representation inference: a boxed block parameter that only ever receives boxed ints (or floats), or values that
//! guards proved to be ints, becomes raw.

use crate::analysis::Cfg;
use crate::encoding as enc;
use crate::fold;
use crate::ops::{Op, Type};
use crate::region::*;
use std::collections::HashMap;

/// Runs the pass.
pub fn run(region: &mut Region) {
    for ty in [Type::I64, Type::F64] {
        convert(region, ty);
    }
}

fn convert(region: &mut Region, ty: Type) {
    let cfg = Cfg::new(region);
    let defs = region.defs();
    let (boxes, no_check, unbox): (&[Op], Op, Op) = match ty {
        Type::I64 => (&[Op::BoxInt, Op::BoxIntNc], Op::BoxIntNc, Op::UnboxInt),
        _ => (
            &[Op::BoxFloat, Op::BoxFloatNc],
            Op::BoxFloatNc,
            Op::UnboxFloat,
        ),
    };
    let is_kind = |bits| {
        if ty == Type::I64 {
            enc::is_int(bits)
        } else {
            enc::is_float(bits)
        }
    };
    let guard = if ty == Type::I64 {
        Op::GuardInt
    } else {
        Op::GuardFloat
    };
    let mut guarded: HashMap<ValueId, Vec<BlockId>> = HashMap::new();
    for &b in &cfg.order {
        for (k, i) in region.block(b).insts.iter().enumerate() {
            if i.op == guard && !region.is_bridged(b, k) {
                guarded.entry(i.args[0]).or_default().push(b);
            }
        }
    }
    let proven = |v: ValueId, b: BlockId| {
        guarded
            .get(&v)
            .is_some_and(|at| at.iter().any(|g| cfg.dominates(*g, b)))
    };
    // Start with every boxed parameter and strike out those that get something else, until nothing changes.
    let mut raw = vec![false; region.values.len()];
    for &b in &cfg.order {
        for p in &region.block(b).params {
            raw[p.index()] = region.ty(*p) == Type::Boxed;
        }
    }
    let mut changed = true;
    while changed {
        changed = false;
        for &b in &cfg.order {
            for e in region.block(b).term.edges() {
                for (p, a) in region.block(e.block).params.iter().zip(&e.args) {
                    let ok = raw[a.index()]
                        || raw[p.index()] && proven(*a, b)
                        || region.def_inst(&defs, *a).is_some_and(|i| {
                            boxes.contains(&i.op) || (i.op == Op::VConst && is_kind(i.imm.int()))
                        });
                    if raw[p.index()] && !ok {
                        raw[p.index()] = false;
                        changed = true;
                    }
                }
            }
        }
    }
    for &b in &cfg.order {
        let params = region.block(b).params.clone();
        for (k, p) in params
            .into_iter()
            .enumerate()
            .filter(|(_, p)| raw[p.index()])
        {
            // The old number stays the boxed value, computed from the new raw parameter: values that were boxed fit.
            let q = region.new_value(ty);
            region.block_mut(b).params[k] = q;
            let inst = Inst {
                op: no_check,
                args: vec![q],
                imm: Imm::None,
                result: Some(p),
                exit: None,
            };
            region.block_mut(b).insts.insert(0, inst);
            for pred in region.block_ids() {
                let mut term = region.block(pred).term.clone();
                for e in term.edges_mut().into_iter().filter(|e| e.block == b) {
                    let a = e.args[k];
                    let bits = region.const_bits(&defs, a).filter(|bits| is_kind(*bits));
                    e.args[k] = if let Some(bits) = bits {
                        let n = if ty == Type::I64 {
                            enc::unbox_int(bits) as u64
                        } else {
                            enc::unbox_float(bits)
                        };
                        fold::constant(region, ty, n)
                    } else {
                        let r = region.new_value(ty);
                        let unboxed = Inst {
                            op: unbox,
                            args: vec![a],
                            imm: Imm::None,
                            result: Some(r),
                            exit: None,
                        };
                        let bridge = matches!(region.block(pred).term, Terminator::Bridge(..));
                        let insts = &mut region.block_mut(pred).insts;
                        let at = insts.len() - usize::from(bridge);
                        insts.insert(at, unboxed);
                        r
                    };
                }
                region.block_mut(pred).term = term;
            }
        }
    }
}
