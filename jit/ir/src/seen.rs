//! What the path that is being recorded has proved and read: no guard and no load is recorded twice.
//!
//! The passes `guards` and `heap` find more, across paths. What is not recorded needs no exit, no time in the passes and
//! does not count towards the size at which a region is full.

use crate::ops::{Effect, Op};
use crate::passes::guards::{Fact, fact, implied_by};
use crate::passes::heap::{Place, may_overlap};
use crate::region::{Alias, Imm, Inst, Mem, Region, ValueId};
use rustc_hash::FxHashMap;

/// See the module text.
#[derive(Default, Debug)]
pub(crate) struct Seen {
    facts: FxHashMap<Fact, u32>,
    memory: FxHashMap<Place, ValueId>,
}

fn load_place(inst: &Inst) -> Option<Place> {
    match (inst.op.effect(), inst.imm) {
        (Effect::Load, Imm::Mem(m)) => {
            Some(Place::Memory(inst.args[0], inst.args.get(1).copied(), m))
        }
        _ => None,
    }
}
/// Whether a guard is one that goes away if nothing relies on it.
fn is_weak(inst: &Inst) -> bool {
    matches!(inst.op, Op::GuardInt | Op::GuardFloat | Op::GuardPtr) && inst.imm == Imm::Int(1)
}

impl Seen {
    /// Nothing is known: other paths come here.
    pub(crate) fn clear(&mut self) {
        self.facts.clear();
        self.memory.clear();
    }
    /// Whether the guard passes for sure.
    pub(crate) fn proves(&self, inst: &Inst) -> bool {
        fact(inst).is_some_and(|(key, _)| self.facts.contains_key(&key))
            || implied_by(|key| self.facts.contains_key(key), inst)
    }
    /// What the load gives.
    pub(crate) fn loaded(&self, inst: &Inst) -> Option<ValueId> {
        self.memory.get(&load_place(inst)?).copied()
    }
    /// An instruction was recorded.
    pub(crate) fn note(&mut self, region: &Region, inst: &Inst) {
        if let Some((key, reads)) = fact(inst) {
            if !is_weak(inst) {
                self.facts.insert(key, reads);
            }
            return;
        }
        if let Some(place) = load_place(inst) {
            if let Some(r) = inst.result {
                self.memory.insert(place, r);
            }
            return;
        }
        match (inst.op.effect(), inst.imm) {
            (Effect::Store, Imm::Mem(m)) => {
                let index = (inst.op == Op::StoreIdx).then(|| inst.args[1]);
                self.memory
                    .retain(|p, _| !may_overlap(p, inst.args[0], index, m));
                self.facts.retain(|_, reads| *reads & m.alias.bit() == 0);
                // Narrow stores lose bits, and others may change the type.
                if m.ty.size() == 8
                    && let Some(v) = inst.args.last()
                    && region.ty(*v) == m.ty.ty()
                {
                    let place = Place::Memory(inst.args[0], index, m);
                    self.memory.insert(place, *v);
                }
            }
            (Effect::Alloc, Imm::Layout(l)) => {
                let Some(r) = inst.result else { return };
                for (f, v) in region.tables.layout(l).fields.iter().zip(&inst.args) {
                    let m = Mem {
                        offset: f.offset,
                        ty: f.ty,
                        alias: f.alias,
                    };
                    if m.ty.size() == 8 && region.ty(*v) == m.ty.ty() {
                        self.memory.insert(Place::Memory(r, None, m), *v);
                    }
                }
            }
            _ => {
                let mask = crate::passes::clobbers(region, inst);
                if mask != 0 {
                    self.facts.retain(|_, reads| *reads & mask == 0);
                    self.memory.retain(|p, _| match p {
                        Place::Memory(_, _, m) => {
                            m.alias == Alias::IMMUTABLE || m.alias.bit() & mask == 0
                        }
                        Place::Slot(_) => false,
                    });
                }
            }
        }
    }
}
