//! Representation inference: a boxed block parameter that only ever receives boxed ints (or floats), or values that
//! guards proved to be ints, becomes raw.

use crate::analysis::Cfg;
use crate::encoding as enc;
use crate::fold;
use crate::ops::{Op, Type};
use crate::region::*;
use rustc_hash::FxHashMap as HashMap;

/// Runs the pass.
pub fn run(region: &mut Region) {
    for ty in [Type::I64, Type::F64] {
        convert(region, ty);
    }
}

fn convert(region: &mut Region, ty: Type) {
    let cfg = Cfg::new(region);
    let defs = region.defs();
    let constants: Vec<Option<u64>> = (0..region.values.len() as u32)
        .map(|v| region.const_bits(&defs, ValueId(v)))
        .collect();
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
    let mut guarded: HashMap<ValueId, Vec<BlockId>> = HashMap::default();
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
    // Start with every boxed parameter and strike out those that get something else, until nothing changes. A value is
    // sure to have a boxed form if a constant, a guard or the range pass says so. The check of `box_int` is no such
    // thing: it goes when nothing needs the boxed value any more. What is not sure must not be boxed again.
    let mut raw = vec![false; region.values.len()];
    for &b in &cfg.order {
        for p in &region.block(b).params {
            raw[p.index()] = region.ty(*p) == Type::Boxed;
        }
    }
    let kept_boxed = kept_boxed(region, &cfg, guard, unbox);
    let mut sure = raw.clone();
    let mut changed = true;
    while changed {
        changed = false;
        for &b in &cfg.order {
            for e in region.block(b).term.edges() {
                for (p, a) in region.block(e.block).params.iter().zip(&e.args) {
                    if !raw[p.index()] {
                        // The parameter stays boxed: so must what it gets, unless that is sure.
                        changed |= raw[a.index()] && !sure[a.index()];
                        raw[a.index()] &= sure[a.index()];
                        continue;
                    }
                    let op = region.def_inst(&defs, *a).map(|i| i.op);
                    let certain = if raw[a.index()] {
                        sure[a.index()]
                    } else {
                        constants[a.index()].is_some_and(is_kind)
                            || op == Some(no_check)
                            || proven(*a, b)
                    };
                    if !certain && !raw[a.index()] && !op.is_some_and(|o| boxes.contains(&o)) {
                        raw[p.index()] = false;
                        changed = true;
                    } else if !certain && sure[p.index()] {
                        sure[p.index()] = false;
                        changed = true;
                    }
                }
            }
        }
        for v in 0..raw.len() {
            if raw[v] && !sure[v] && kept_boxed[v] {
                raw[v] = false;
                changed = true;
            }
        }
    }
    let mut in_snapshots = region.identity_map();
    for &b in &cfg.order {
        let params = region.block(b).params.clone();
        for (k, p) in params
            .into_iter()
            .enumerate()
            .filter(|(_, p)| raw[p.index()])
        {
            // The old number stays the boxed value, computed from the new raw parameter; snapshots take the raw one.
            let q = region.new_value(ty);
            region.block_mut(b).params[k] = q;
            in_snapshots[p.index()] = q;
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
                    let bits = constants
                        .get(a.index())
                        .copied()
                        .flatten()
                        .filter(|bits| is_kind(*bits));
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
    for x in &mut region.exits {
        for s in x.frames.iter_mut().flat_map(|f| f.slots.iter_mut()) {
            if let Some(q) = in_snapshots.get(s.value.index()) {
                s.value = *q;
            }
        }
    }
}

/// Values whose boxed form is used for more than unboxing, guards of its kind, parameters and the registers of
/// snapshots.
fn kept_boxed(region: &Region, cfg: &Cfg, guard: Op, unbox: Op) -> Vec<bool> {
    let mut kept = vec![false; region.values.len()];
    for &b in &cfg.order {
        let block = region.block(b);
        for i in &block.insts {
            if i.op != guard && i.op != unbox && i.op != Op::Release {
                for a in &i.args {
                    kept[a.index()] = true;
                }
            }
        }
        if let Terminator::Branch(v, ..) | Terminator::Return(v) = &block.term {
            kept[v.index()] = true;
        }
    }
    for x in &region.exits {
        for (v, _) in x.virtuals.iter().flat_map(|d| d.fields.iter()) {
            kept[v.index()] = true;
        }
    }
    kept
}
