//! Folding, sharing of equal computations along the dominator tree, trivial block parameters, constant branches.

use crate::analysis::Cfg;
use crate::fold::{self, Folded};
use crate::ops::{Effect, Op};
use crate::region::*;
use std::collections::HashMap;

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
    let mut any = false;
    loop {
        let cfg = Cfg::new(region);
        let mut map = region.identity_map();
        let mut drop: Vec<(BlockId, usize)> = Vec::new();
        'blocks: for &b in &cfg.order {
            for (i, p) in region.block(b).params.iter().enumerate() {
                let mut same = None;
                let mut trivial = true;
                for &pred in &cfg.preds[b.index()] {
                    for e in region
                        .block(pred)
                        .term
                        .edges()
                        .into_iter()
                        .filter(|e| e.block == b)
                    {
                        let a = e.args[i];
                        if a == *p || same == Some(a) {
                            continue;
                        }
                        trivial &= same.is_none();
                        same = Some(a);
                    }
                }
                if let Some(v) = same.filter(|_| trivial) {
                    map[p.index()] = v;
                    drop.push((b, i));
                    break 'blocks;
                }
            }
        }
        if drop.is_empty() {
            return any;
        }
        any = true;
        for (b, i) in drop {
            remove_param(region, b, i);
        }
        region.replace_values(&map);
    }
}

/// Removes parameter `i` of `b` with its arguments.
pub(crate) fn remove_param(region: &mut Region, b: BlockId, i: usize) {
    region.block_mut(b).params.remove(i);
    for block in &mut region.blocks {
        for e in block.term.edges_mut() {
            if e.block == b {
                e.args.remove(i);
            }
        }
    }
}

fn fold_and_share(region: &mut Region) -> bool {
    let cfg = Cfg::new(region);
    let children = cfg.dom_children();
    let mut map = region.identity_map();
    let mut defs: HashMap<ValueId, Inst> = HashMap::new();
    let mut changed = false;
    // Tables of shared computations, one for each block on the way down.
    let mut work = vec![(
        region.entry(),
        HashMap::<(Op, Vec<ValueId>, Imm), Option<ValueId>>::new(),
    )];
    while let Some((b, mut table)) = work.pop() {
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
            fold::canonical(&mut inst, |v| defs.get(&v).is_some_and(|d| d.op.is_const()));
            let folded = fold::fold(region, |v| defs.get(&v), &inst);
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
                defs.insert(r, inst.clone());
            }
            kept.push(inst);
        }
        region.block_mut(b).insts = kept;
        for &c in children[b.index()].iter().rev() {
            work.push((c, table.clone()));
        }
    }
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
    loop {
        let cfg = Cfg::new(region);
        for b in region.block_ids() {
            if !cfg.reachable(b) {
                let block = region.block_mut(b);
                *block = Block {
                    params: vec![],
                    insts: vec![],
                    term: Terminator::Open,
                    is_loop: false,
                    live: false,
                };
                changed = true;
            }
        }
        let mergeable = cfg
            .order
            .iter()
            .copied()
            .find_map(|b| match &region.block(b).term {
                Terminator::Jump(e) if e.block != b && cfg.preds[e.block.index()].len() == 1 => {
                    Some((b, e.clone()))
                }
                _ => None,
            });
        let Some((b, e)) = mergeable else {
            return changed;
        };
        let target = std::mem::replace(
            region.block_mut(e.block),
            Block {
                params: vec![],
                insts: vec![],
                term: Terminator::Open,
                is_loop: false,
                live: false,
            },
        );
        let mut map = region.identity_map();
        for (p, a) in target.params.iter().zip(&e.args) {
            map[p.index()] = *a;
        }
        region.block_mut(b).insts.extend(target.insts);
        region.block_mut(b).term = target.term;
        region.replace_values(&map);
        changed = true;
    }
}
