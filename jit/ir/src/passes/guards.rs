//! Guards that a dominating guard or the definition of their operand makes superfluous.
//!
//! Facts about memory (an object's type, a cell) end where something may change it; facts about values never end.

use super::{clobbers, clobbers_between};
use crate::analysis::{Cfg, Scoped, walk_dominators};
use crate::ops::Op;
use crate::region::*;
use rustc_hash::FxHashMap as HashMap;

/// What a guard establishes: the guard, its operand, its immediate.
pub(crate) type Fact = (Op, Option<ValueId>, u64);
type Facts = Scoped<Fact, u32>;

/// Tag bit of what guards on cells read: changed by whatever may run Python code.
const CELLS: u32 = 1 << 31;

/// Runs the pass.
pub fn run(region: &mut Region) {
    let cfg = Cfg::new(region);
    let pointers = pointers(region);
    walk_dominators(region, &cfg, |region, b, facts| {
        if cfg.preds[b.index()].len() > 1 {
            let mask = clobbers_between(region, &cfg, b);
            facts.retain(|_, reads| *reads & mask == 0);
        }
        if let [pred] = cfg.preds[b.index()][..] {
            edge_facts(region, pred, b, facts);
        }
        let insts = std::mem::take(&mut region.block_mut(b).insts);
        let last = insts.len().wrapping_sub(1);
        let bridge = matches!(region.block(b).term, Terminator::Bridge(..));
        let mut kept = Vec::with_capacity(insts.len());
        for (i, mut inst) in insts.into_iter().enumerate() {
            if bridge && i == last {
                let mask = clobbers(region, &inst);
                facts.retain(|_, reads| *reads & mask == 0);
                kept.push(inst);
                continue;
            }
            if let Some((key, reads)) = fact(&inst) {
                if facts.contains(&key) || implied_by(|f| facts.contains(f), &inst) {
                    continue;
                }
                facts.insert(key, reads);
            } else {
                if inst.op == Op::Release
                    && let Some(class) = known_class(region, facts, &pointers, inst.args[0])
                {
                    inst.imm = Imm::Int(class);
                }
                let mask = clobbers(region, &inst);
                if mask != 0 {
                    facts.retain(|_, reads| *reads & mask == 0);
                }
            }
            kept.push(inst);
        }
        region.block_mut(b).insts = kept;
    });
}

/// The pointers taken from boxed values.
fn pointers(region: &Region) -> HashMap<ValueId, Vec<ValueId>> {
    let mut map: HashMap<ValueId, Vec<ValueId>> = HashMap::default();
    for b in region.block_ids() {
        for i in &region.block(b).insts {
            if let (Op::AsPtr, Some(r)) = (i.op, i.result) {
                map.entry(i.args[0]).or_default().push(r);
            }
        }
    }
    map
}

/// The class of a value if it is known here and dropping its objects does nothing else.
fn known_class(
    region: &Region,
    facts: &Facts,
    pointers: &HashMap<ValueId, Vec<ValueId>>,
    v: ValueId,
) -> Option<u64> {
    let names = pointers.get(&v).map_or(&[][..], Vec::as_slice);
    let classes = &region.tables.simple_classes;
    let number = |g| facts.contains(&(g, Some(v), 0));
    if number(Op::GuardInt) || number(Op::GuardFloat) {
        return classes.first().copied();
    }
    names.iter().chain([&v]).find_map(|p| {
        let known = |c: &&u64| facts.contains(&(Op::GuardType, Some(*p), **c));
        classes.iter().find(known).copied()
    })
}

/// What a guard establishes, and the memory it depends on.
pub(crate) fn fact(inst: &Inst) -> Option<(Fact, u32)> {
    let imm = match inst.op {
        Op::GuardInt | Op::GuardFloat | Op::GuardPtr => 0,
        Op::GuardTrue | Op::GuardFalse | Op::GuardNotEmpty => 0,
        Op::GuardType | Op::GuardValue | Op::GuardIs | Op::GuardIEq | Op::GuardCell => {
            inst.imm.int()
        }
        _ => return None,
    };
    let reads = match inst.op {
        Op::GuardType => Alias::OBJECT_TYPE.bit(),
        Op::GuardCell => CELLS,
        _ => 0,
    };
    Some(((inst.op, inst.args.first().copied(), imm), reads))
}

/// Whether the guard follows from another one that is known.
pub(crate) fn implied_by(known: impl Fn(&Fact) -> bool, inst: &Inst) -> bool {
    inst.op == Op::GuardNotEmpty
        && [Op::GuardInt, Op::GuardFloat, Op::GuardPtr]
            .iter()
            .any(|g| known(&(*g, inst.args.first().copied(), 0)))
}

/// A branch's condition, or a bridged guard that passed, is known behind its edge.
fn edge_facts(region: &Region, pred: BlockId, b: BlockId, facts: &mut Facts) {
    match &region.block(pred).term {
        Terminator::Branch(c, yes, no) if yes.block != no.block => {
            let op = if yes.block == b {
                Op::GuardTrue
            } else {
                Op::GuardFalse
            };
            facts.insert((op, Some(*c), 0), 0);
        }
        Terminator::Bridge(ok, _) if ok.block == b => {
            if let Some((key, reads)) = region.block(pred).insts.last().and_then(fact) {
                facts.insert(key, reads);
            }
        }
        _ => {}
    }
}
