//! Heap cache: a load of what was loaded or stored before is that value; repeated slot reads are one.

use super::{clobbers, clobbers_between};
use crate::analysis::{Cfg, Scoped, walk_dominators};
use crate::ops::{Effect, Op};
use crate::region::*;

/// Where a value can be found.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Place {
    /// Base, index, what is added to them.
    Memory(ValueId, Option<ValueId>, Mem),
    /// Of the frame.
    Slot(u64),
}

pub(crate) fn may_overlap(a: &Place, base: ValueId, index: Option<ValueId>, m: Mem) -> bool {
    match a {
        Place::Slot(_) => false,
        Place::Memory(b, i, n) => {
            if n.alias != m.alias {
                return false;
            }
            // The same base with constant offsets: compare the bytes.
            if *b == base && i.is_none() && index.is_none() {
                let (s, e) = (
                    i64::from(m.offset),
                    i64::from(m.offset) + i64::from(m.ty.size()),
                );
                let (t, f) = (
                    i64::from(n.offset),
                    i64::from(n.offset) + i64::from(n.ty.size()),
                );
                return s < f && t < e;
            }
            true
        }
    }
}

/// Runs the pass.
pub fn run(region: &mut Region) {
    let cfg = Cfg::new(region);
    let slot_writes = slots_written(region);
    let mut map = region.identity_map();
    walk_dominators::<Place, ValueId>(region, &cfg, |region, b, known| {
        if cfg.preds[b.index()].len() > 1 {
            let mask = clobbers_between(region, &cfg, b);
            known.retain(|p, _| match p {
                Place::Memory(_, _, m) => m.alias == Alias::IMMUTABLE || m.alias.bit() & mask == 0,
                Place::Slot(s) => !slot_writes.contains(s),
            });
        }
        let insts = std::mem::take(&mut region.block_mut(b).insts);
        let last = insts.len().wrapping_sub(1);
        let bridge = matches!(region.block(b).term, Terminator::Bridge(..));
        let mut kept = Vec::with_capacity(insts.len());
        for (i, mut inst) in insts.into_iter().enumerate() {
            for a in &mut inst.args {
                while map[a.index()] != *a {
                    *a = map[a.index()];
                }
            }
            let mask = clobbers(region, &inst);
            match (inst.op.effect(), inst.imm) {
                (Effect::Load, Imm::Mem(m)) => {
                    let place = Place::Memory(inst.args[0], inst.args.get(1).copied(), m);
                    if let (Some(v), Some(r)) = (known.get(&place), inst.result) {
                        map[r.index()] = *v;
                        continue;
                    }
                    if let Some(r) = inst.result {
                        known.insert(place, r);
                    }
                }
                (Effect::Store, Imm::Mem(m)) => {
                    let index = (inst.op == Op::StoreIdx).then(|| inst.args[1]);
                    known.retain(|p, _| !may_overlap(p, inst.args[0], index, m));
                    // Narrow stores lose bits: what a load gives back is not what was stored.
                    if m.ty.size() == 8
                        && let Some(v) = inst.args.last()
                    {
                        known.insert(Place::Memory(inst.args[0], index, m), *v);
                    }
                }
                (Effect::SlotRead, _) => {
                    let place = Place::Slot(inst.imm.int());
                    if let (Some(v), Some(r)) = (known.get(&place), inst.result) {
                        map[r.index()] = *v;
                        continue;
                    }
                    if let Some(r) = inst.result {
                        known.insert(place, r);
                    }
                }
                (Effect::SlotWrite, _) => {
                    known.remove(&Place::Slot(inst.imm.int()));
                    drop_clobbered(known, mask);
                }
                (Effect::Alloc, Imm::Layout(l)) => {
                    if let Some(r) = inst.result {
                        for (f, v) in region.tables.layout(l).fields.iter().zip(&inst.args) {
                            let m = Mem {
                                offset: f.offset,
                                ty: f.ty,
                                alias: f.alias,
                            };
                            if m.ty.size() == 8 {
                                known.insert(Place::Memory(r, None, m), *v);
                            }
                        }
                    }
                }
                _ => drop_clobbered(known, mask),
            }
            if bridge && i == last {
                // The result is not there on the failing edge.
                if let Some(r) = inst.result {
                    known.retain(|_, v| *v != r);
                }
            }
            kept.push(inst);
        }
        region.block_mut(b).insts = kept;
    });
    region.replace_values(&map);
}

fn drop_clobbered(known: &mut Scoped<Place, ValueId>, mask: u32) {
    if mask != 0 {
        known.retain(|p, _| match p {
            Place::Memory(_, _, m) => m.alias == Alias::IMMUTABLE || m.alias.bit() & mask == 0,
            Place::Slot(_) => true,
        });
    }
}

fn slots_written(region: &Region) -> Vec<u64> {
    let mut slots = Vec::new();
    for b in region.block_ids() {
        for i in &region.block(b).insts {
            if i.op.effect() == Effect::SlotWrite {
                slots.push(i.imm.int());
            }
        }
    }
    slots
}
