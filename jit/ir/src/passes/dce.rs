//! Dead code, dead parameters, weak guards nobody relies on, and snapshot slots that hold what the frame holds.

use crate::analysis::{Cfg, ValueSet, for_each_term_use, for_each_use};
use crate::ops::{Effect, Op};
use crate::region::*;
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};

/// Runs the pass.
pub fn run(region: &mut Region) {
    prune_snapshots(region);
    sweep(region);
}

/// The slot a value is an unchanged (perhaps unboxed) copy of.
fn source_slot(region: &Region, defs: &[Def], mut v: ValueId) -> Option<u64> {
    for _ in 0..4 {
        let i = region.def_inst(defs, v)?;
        match i.op {
            Op::SlotRead => return Some(i.imm.int()),
            Op::UnboxInt | Op::UnboxFloat | Op::AsPtr | Op::AsValue => v = i.args[0],
            _ => return None,
        }
    }
    None
}

fn names_slot(exit: &Exit, slot: u64) -> bool {
    exit.frames
        .first()
        .is_some_and(|f| f.slots.iter().any(|s| u64::from(s.slot) == slot))
}

fn used_exits(region: &Region) -> Vec<ExitId> {
    let mut used = Vec::new();
    for b in region.block_ids() {
        used.extend(region.block(b).insts.iter().filter_map(|i| i.exit));
        if let Terminator::Exit(x) = region.block(b).term {
            used.push(x);
        }
    }
    used
}

/// Slots that change somewhere and may hold a counted reference are emptied on entry (`slot_take`), so that the old
/// object dies when it should; then every snapshot keeps them. Other unchanged slots leave the snapshots.
fn prune_snapshots(region: &mut Region) {
    let defs = region.defs();
    let exits = used_exits(region);
    let mut dirty = HashSet::default();
    for x in &exits {
        for s in region.exits[x.index()]
            .frames
            .first()
            .into_iter()
            .flat_map(|f| &f.slots)
        {
            if source_slot(region, &defs, s.value) != Some(u64::from(s.slot)) {
                dirty.insert(u64::from(s.slot));
            }
        }
    }
    let mut immediate = HashSet::default();
    let mut reads: HashMap<u64, u32> = HashMap::default();
    let mut written = HashSet::default();
    for b in region.block_ids() {
        for i in &region.block(b).insts {
            match i.op {
                Op::GuardInt | Op::GuardFloat | Op::UnboxInt | Op::UnboxFloat => {
                    immediate.extend(source_slot(region, &defs, i.args[0]));
                }
                Op::SlotRead => *reads.entry(i.imm.int()).or_default() += 1,
                _ if i.op.effect() == Effect::SlotWrite => {
                    written.insert(i.imm.int());
                }
                _ => {}
            }
        }
    }
    let take: HashSet<u64> = dirty
        .iter()
        .copied()
        .filter(|s| !immediate.contains(s) && !written.contains(s) && reads.get(s) == Some(&1))
        // An earlier run may have taken the slot out of snapshots already: then it stays in the frame.
        .filter(|s| {
            exits
                .iter()
                .all(|x| names_slot(&region.exits[x.index()], *s))
        })
        .collect();
    for x in &exits {
        let mut exit = region.exits[x.index()].clone();
        if let Some(f) = exit.frames.first_mut() {
            f.slots.retain(|s| {
                let n = u64::from(s.slot);
                take.contains(&n)
                    || written.contains(&n)
                    || source_slot(region, &defs, s.value) != Some(n)
            });
        }
        region.exits[x.index()] = exit;
    }
    // Only reads in the entry block happen once for each entry.
    for i in &mut region.blocks[0].insts {
        if i.op == Op::SlotRead && take.contains(&i.imm.int()) {
            i.op = Op::SlotTake;
        }
    }
}

fn removable(region: &Region, inst: &Inst) -> bool {
    match inst.op.effect() {
        Effect::Pure | Effect::Load | Effect::SlotRead | Effect::Alloc => true,
        // An unused box may go: leaving is only for its result. Arithmetic may have to raise.
        Effect::Fallible => matches!(inst.op, Op::BoxInt | Op::BoxFloat),
        Effect::Call => matches!(inst.imm, Imm::Helper(h) if region.tables.helper(h).effects.pure),
        _ => false,
    }
}

fn is_weak(inst: &Inst) -> bool {
    matches!(inst.op, Op::GuardInt | Op::GuardFloat | Op::GuardPtr) && inst.imm == Imm::Int(1)
}

fn sweep(region: &mut Region) {
    let cfg = Cfg::new(region);
    let defs = region.defs();
    let mut live = ValueSet::new(region.values.len());
    let mut work: Vec<ValueId> = Vec::new();
    // Weak guards by operand: alive once something unboxes it.
    let mut weak: HashMap<ValueId, Vec<(BlockId, usize)>> = HashMap::default();
    let mut alive_guards: HashSet<(BlockId, usize)> = HashSet::default();
    for &b in &cfg.order {
        let block = region.block(b);
        for (i, inst) in block.insts.iter().enumerate() {
            let bridged = region.is_bridged(b, i);
            if !bridged && is_weak(inst) {
                weak.entry(inst.args[0]).or_default().push((b, i));
            } else if bridged || !removable(region, inst) {
                for_each_use(region, inst, |v| work.push(v));
                work.extend(inst.result);
            }
        }
        match &block.term {
            Terminator::Jump(_) | Terminator::Bridge(..) => {}
            Terminator::Branch(c, ..) => work.push(*c),
            other => for_each_term_use(region, other, |v| work.push(v)),
        }
    }
    while let Some(v) = work.pop() {
        if !live.insert(v) {
            continue;
        }
        match defs[v.index()] {
            Def::Inst(b, i) => {
                let inst = &region.block(b).insts[i as usize];
                for_each_use(region, inst, |u| work.push(u));
                if matches!(inst.op, Op::UnboxInt | Op::UnboxFloat | Op::AsPtr) {
                    for g in weak.get(&inst.args[0]).into_iter().flatten() {
                        if alive_guards.insert(*g) {
                            for_each_use(region, &region.block(g.0).insts[g.1], |u| work.push(u));
                        }
                    }
                }
            }
            Def::Param(b, k) => {
                for &p in &cfg.preds[b.index()] {
                    for e in region
                        .block(p)
                        .term
                        .edges()
                        .into_iter()
                        .filter(|e| e.block == b)
                    {
                        work.push(e.args[k as usize]);
                    }
                }
            }
            Def::None => {}
        }
    }
    for &b in &cfg.order {
        let insts = std::mem::take(&mut region.block_mut(b).insts);
        let last = insts.len().wrapping_sub(1);
        let bridge = matches!(region.block(b).term, Terminator::Bridge(..));
        let kept = insts.into_iter().enumerate().filter(|(i, inst)| {
            (bridge && *i == last)
                || match inst.result {
                    _ if is_weak(inst) => alive_guards.contains(&(b, *i)),
                    Some(r) => live.contains(r) || !removable(region, inst),
                    None => true,
                }
        });
        let kept = kept.map(|(_, i)| i).collect();
        region.block_mut(b).insts = kept;
    }
    let reachable = |b: BlockId| cfg.reachable(b);
    let mut dead = ValueSet::new(region.values.len());
    for b in region.block_ids().filter(|b| reachable(*b)) {
        for p in &region.block(b).params {
            if !live.contains(*p) {
                dead.insert(*p);
            }
        }
    }
    super::simplify::remove_params(region, |p| dead.contains(p));
}
