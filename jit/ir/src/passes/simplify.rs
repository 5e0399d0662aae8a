//! Folding, sharing of equal computations along the dominator tree, trivial block parameters, constant branches.

use crate::analysis::{Cfg, walk_dominators};
use crate::fold::{self, Folded};
use crate::ops::{Effect, Op};
use crate::region::*;

/// Runs the pass.
pub fn run(region: &mut Region) {
    fold::hoist_constants(region);
    for _ in 0..8 {
        let a = trivial_params(region);
        let b = fold_and_share(region);
        let c = branches(region);
        if !(a || b || c) {
            break;
        }
    }
}

/// A parameter that always gets the same value is that value.
fn trivial_params(region: &mut Region) -> bool {
    let cfg = Cfg::new(region);
    let mut map = region.identity_map();
    let resolve = |map: &[ValueId], mut v: ValueId| {
        while map[v.index()] != v {
            v = map[v.index()];
        }
        v
    };
    let mut any = false;
    let mut changed = true;
    while changed {
        changed = false;
        for &b in &cfg.order {
            let preds = &cfg.preds[b.index()];
            for (i, p) in region.block(b).params.iter().enumerate() {
                if map[p.index()] != *p {
                    continue;
                }
                let mut same = None;
                let mut trivial = true;
                for pred in preds {
                    for e in region.block(*pred).term.edges() {
                        if e.block != b {
                            continue;
                        }
                        let a = resolve(&map, e.args[i]);
                        if a != *p && same != Some(a) {
                            trivial &= same.is_none();
                            same = Some(a);
                        }
                    }
                }
                if let Some(v) = same.filter(|_| trivial) {
                    map[p.index()] = v;
                    changed = true;
                }
            }
        }
        any |= changed;
    }
    if any {
        remove_params(region, |p| map[p.index()] != p);
        region.replace_values(&map);
    }
    any
}

/// Removes the parameters of reachable and other blocks that `gone` names, with their arguments.
pub(crate) fn remove_params(region: &mut Region, gone: impl Fn(ValueId) -> bool) {
    let keep: Vec<Vec<bool>> = region
        .blocks
        .iter()
        .map(|b| b.params.iter().map(|p| !gone(*p)).collect())
        .collect();
    let retain = |values: &mut Vec<ValueId>, keep: &[bool]| {
        let mut n = 0;
        values.retain(|_| {
            n += 1;
            keep[n - 1]
        });
    };
    for (n, block) in region.blocks.iter_mut().enumerate() {
        retain(&mut block.params, &keep[n]);
        for e in block.term.edges_mut() {
            retain(&mut e.args, &keep[e.block.index()]);
        }
    }
}

fn fold_and_share(region: &mut Region) -> bool {
    let cfg = Cfg::new(region);
    let mut map = region.identity_map();
    let mut defs: Vec<Option<Inst>> = vec![None; region.values.len()];
    let mut changed = false;
    // Shared computations.
    type Key = (Op, Vec<ValueId>, Imm);
    walk_dominators::<Key, Option<ValueId>>(region, &cfg, |region, b, table| {
        let insts = std::mem::take(&mut region.block_mut(b).insts);
        let count = insts.len();
        let bridge = matches!(region.block(b).term, Terminator::Bridge(..));
        let mut kept = Vec::with_capacity(count);
        for (i, mut inst) in insts.into_iter().enumerate() {
            for a in &mut inst.args {
                while map[a.index()] != *a {
                    *a = map[a.index()];
                }
            }
            if bridge && i + 1 == count {
                // What the last instruction proves does not hold on the failing edge: left alone.
                kept.push(inst);
                continue;
            }
            let def = |v: ValueId| defs.get(v.index()).and_then(Option::as_ref);
            fold::canonical(&mut inst, |v| def(v).is_some_and(|d| d.op.is_const()));
            let folded = fold::fold(region, def, &inst);
            match (folded, inst.result) {
                (Folded::Value(v), Some(r)) => {
                    map[r.index()] = v;
                    changed = true;
                    continue;
                }
                (Folded::Const(t, bits), Some(r)) => {
                    inst = Inst {
                        op: fold::const_op(t),
                        args: vec![],
                        imm: Imm::Int(bits),
                        result: Some(r),
                        exit: None,
                    };
                    changed = true;
                }
                (Folded::Remove, None) => {
                    changed = true;
                    continue;
                }
                _ => {}
            }
            let pure_call = matches!(inst.imm, Imm::Helper(h) if region.tables.helper(h).effects.pure
                && region.tables.helper(h).ret.is_some_and(|r| !r.ty.is_ref()));
            let stable_guard = inst.op.effect() == Effect::Guard
                && !matches!(
                    inst.op,
                    Op::GuardCell | Op::Poll | Op::GuardDepth | Op::GuardType
                );
            if matches!(inst.op.effect(), Effect::Pure | Effect::Fallible)
                || pure_call
                || stable_guard
            {
                let imm = if matches!(inst.op, Op::GuardInt | Op::GuardFloat | Op::GuardPtr) {
                    Imm::None
                } else {
                    inst.imm
                };
                let key = (inst.op, inst.args.clone(), imm);
                if let Some(found) = table.get(&key) {
                    if let (Some(r), Some(v)) = (inst.result, found) {
                        map[r.index()] = *v;
                    }
                    changed = true;
                    continue;
                }
                table.insert(key, inst.result);
            }
            if let Some(r) = inst.result {
                defs[r.index()] = Some(inst.clone());
            }
            kept.push(inst);
        }
        region.block_mut(b).insts = kept;
    });
    region.replace_values(&map);
    changed
}

/// Branches on constants become jumps, a jump to a block nobody else enters is merged, unreachable blocks die.
fn branches(region: &mut Region) -> bool {
    let mut changed = false;
    let defs = region.defs();
    for b in region.block_ids() {
        if let Terminator::Branch(c, yes, no) = &region.block(b).term
            && let Some(bits) = region.const_bits(&defs, *c)
        {
            let edge = if bits != 0 { yes.clone() } else { no.clone() };
            region.block_mut(b).term = Terminator::Jump(edge);
            changed = true;
        }
    }
    let cfg = Cfg::new(region);
    let dead = || Block {
        params: vec![],
        insts: vec![],
        term: Terminator::Open,
        is_loop: false,
        cold: false,
        live: false,
    };
    for b in region.block_ids() {
        if !cfg.reachable(b) {
            *region.block_mut(b) = dead();
            changed = true;
        }
    }
    // Merging a block with its successor leaves the number of ways into all others as it is.
    let mut map = region.identity_map();
    let mut merged = false;
    for &b in &cfg.order {
        if !region.block(b).live {
            continue;
        }
        while let Terminator::Jump(e) = &region.block(b).term
            && e.block != b
            && cfg.preds[e.block.index()].len() == 1
        {
            let e = e.clone();
            let target = std::mem::replace(region.block_mut(e.block), dead());
            for (p, a) in target.params.iter().zip(&e.args) {
                map[p.index()] = *a;
            }
            region.block_mut(b).insts.extend(target.insts);
            region.block_mut(b).term = target.term;
            merged = true;
        }
    }
    if merged {
        region.replace_values(&map);
    }
    changed | merged
}
