//! What the path that is being recorded has proved and read: no guard and no load is recorded twice.
//!
//! The passes `guards` and `heap` find more, across paths. What is not recorded needs no exit, no time in the passes and
//! does not count towards the size at which a region is full.

use crate::ops::{Effect, Op};
use crate::passes::guards::{Fact, fact, implied_by};
use crate::passes::heap::{Place, may_overlap};
use crate::region::{Alias, Imm, Inst, Mem, MemType, Region, ValueId};
use rustc_hash::FxHashMap;

/// See the module text.
#[derive(Default, Debug)]
pub(crate) struct Seen {
    facts: FxHashMap<Fact, u32>,
    memory: FxHashMap<Place, ValueId>,
    /// Objects made on this path that nothing else can know, and addresses in them: the object.
    own: FxHashMap<ValueId, ValueId>,
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
        self.own.clear();
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
    /// The class of an object that was just made.
    pub(crate) fn set_class(&mut self, object: ValueId, class: u64) {
        let key = (Op::GuardType, Some(object), class);
        self.facts.insert(key, Alias::OBJECT_TYPE.bit());
    }
    /// Whether an object made here gives nothing up when it ends.
    fn ends_quietly(&self, inst: &Inst, uncounted: impl Fn(ValueId) -> bool) -> bool {
        let object = inst.args.first().and_then(|a| self.own.get(a));
        if inst.op != Op::Release || object.is_none() {
            return false;
        }
        let number = |v: &ValueId| {
            [Op::GuardInt, Op::GuardFloat]
                .iter()
                .any(|g| self.facts.contains_key(&(*g, Some(*v), 0)))
        };
        self.memory.iter().all(|(p, v)| {
            self.owner(p) != object.copied()
                || !matches!(p, Place::Memory(_, _, m) if m.ty == MemType::Boxed)
                || uncounted(*v)
                || number(v)
        })
    }
    /// Follows what nothing else can know.
    fn note_own(&mut self, inst: &Inst) {
        let named = |own: &FxHashMap<ValueId, ValueId>, k: usize| {
            inst.args.get(k).and_then(|a| own.get(a)).copied()
        };
        match inst.op {
            Op::New => {
                for k in 0..inst.args.len() {
                    self.escape(named(&self.own, k));
                }
                if let Some(r) = inst.result {
                    self.own.insert(r, r);
                }
            }
            Op::AddrOf | Op::AsValue | Op::AsPtr | Op::IAdd => {
                if let (Some(o), Some(r)) = (named(&self.own, 0), inst.result) {
                    self.own.insert(r, o);
                }
            }
            Op::Load | Op::Release => {}
            Op::Store => {
                let (base, value) = (named(&self.own, 0), named(&self.own, 1));
                if base != value {
                    self.escape(value);
                }
            }
            op if op.effect() == Effect::Guard => {}
            _ => {
                for k in 0..inst.args.len() {
                    self.escape(named(&self.own, k));
                }
            }
        }
    }
    fn escape(&mut self, object: Option<ValueId>) {
        if let Some(object) = object {
            self.own.retain(|_, o| *o != object);
        }
    }
    /// The object made on this path that the place is in, if nothing else can know that.
    fn owner(&self, place: &Place) -> Option<ValueId> {
        match place {
            Place::Memory(base, ..) => self.own.get(base).copied(),
            Place::Slot(_) => None,
        }
    }
    /// An instruction was recorded.
    /// `uncounted`: whether giving the value up does nothing.
    pub(crate) fn note(
        &mut self,
        region: &Region,
        inst: &Inst,
        uncounted: impl Fn(ValueId) -> bool,
    ) {
        self.note_own(inst);
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
                let owner = self.own.get(&inst.args[0]).copied();
                let mut memory = std::mem::take(&mut self.memory);
                memory.retain(|p, _| {
                    self.owner(p) != owner || !may_overlap(p, inst.args[0], index, m)
                });
                self.memory = memory;
                self.facts.retain(|_, reads| *reads & m.alias.bit() == 0);
                // Narrow stores lose bits, and others may change the type.
                if m.ty.size() == 8
                    && let Some(v) = inst.args.last()
                    && region.ty(*v) == m.ty.ty()
                {
                    let place = Place::Memory(inst.args[0], index, m);
                    self.memory.insert(place, *v);
                } else {
                    self.escape(owner);
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
                if mask != 0 && !self.ends_quietly(inst, uncounted) {
                    let own = &self.own;
                    self.facts.retain(|(_, v, _), reads| {
                        *reads & mask == 0 || v.is_some_and(|v| own.contains_key(&v))
                    });
                    let mut memory = std::mem::take(&mut self.memory);
                    memory.retain(|p, _| match p {
                        Place::Memory(_, _, m) => {
                            m.alias == Alias::IMMUTABLE
                                || m.alias.bit() & mask == 0
                                || self.owner(p).is_some()
                        }
                        Place::Slot(_) => false,
                    });
                    self.memory = memory;
                }
            }
        }
    }
}
