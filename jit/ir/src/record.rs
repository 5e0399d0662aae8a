//! The recorder's interface: frames of slots, guards with snapshots, loops, merge points, splicing.

use crate::fold::{self, Folded};
use crate::ops::{Effect, ExitUse, Op, Type};
use crate::region::*;
use crate::seen::Seen;
use crate::tables::{Generators, HelperId, LayoutId, Raises, Tables};
use rustc_hash::{FxHashMap as HashMap, FxHashSet as HashSet};
use std::collections::BTreeMap;
use std::sync::Arc;

mod packed;
mod parked;

pub use packed::{FrameHead, PackedRecording, numbered_type, type_number};
pub use parked::Path;

/// Versions of a merge point by types of its values.
pub const MAX_VERSIONS: usize = 4;
/// Versions after which the next one is general.
const GENERAL_AFTER: usize = 2;
/// Exits a region may have before the recorder should stop.
pub const MAX_GUARDS: usize = 1000;

/// What a slot holds when a region is entered, as the recorder saw it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotKind {
    /// Small int: guarded (dropped if nothing relies on it), held raw.
    Int,
    /// Immediate double: likewise.
    Float,
    /// Object of this exact class (address of the type): guarded, held as `ptr`.
    Object(u64),
    /// Anything: held boxed, not guarded.
    Boxed,
}

/// Outcome of [`RegionBuilder::merge`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Merge {
    /// The path joined an existing point: recording of this path is over.
    Joined,
    /// A new point (or version) was made: go on recording behind it.
    New,
    /// All versions are used up: end with [`RegionBuilder::end_exit`].
    TooMany,
}

#[derive(Clone, Debug)]
struct FrameState {
    code: u64,
    pc: u32,
    result_slot: u32,
    kind: u32,
    slots: BTreeMap<u32, ValueId>,
    /// Of a frame that lies in its generator: see [`SnapFrame::held`].
    held: Option<Vec<Held>>,
    /// Of a parked frame: address of the instruction that it is suspended at.
    at: u64,
    /// Frames of suspended generators that this one holds, by register.
    parked: BTreeMap<u32, FrameState>,
}

/// A register of a frame for [`RegionBuilder::restore`].
#[derive(Clone, Copy, Debug)]
pub struct Saved(Option<ValueId>, Option<Held>);

/// Where a path stands, for [`RegionBuilder::go_back`].
#[derive(Clone, Debug)]
pub struct Mark {
    block: BlockId,
    /// Instructions in the block, constants apart.
    recorded: usize,
    frames: Vec<FrameState>,
}

#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct PointKey {
    key: u64,
    frames: Vec<FrameKey>,
}

/// What a frame must be like where paths meet.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
struct FrameKey {
    code: u64,
    call: Call,
    registers: Vec<u32>,
    held: Option<Vec<Held>>,
}
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Call {
    /// Where the caller goes on, its register for the result, kind of call.
    Running(u32, u32, u32),
    /// Where the frame is, and where the parked one is found.
    Parked(u32, Path),
}

/// A recorded region with its merge points: what is kept between recordings ([packed](Recording::pack)); passes run on a copy
/// of `region`.
#[derive(Clone, Debug)]
pub struct Recording {
    /// The region as recorded.
    pub region: Region,
    points: HashMap<PointKey, Vec<BlockId>>,
}

/// Writes a region, one path at a time.
#[derive(Debug)]
pub struct RegionBuilder {
    region: Region,
    points: HashMap<PointKey, Vec<BlockId>>,
    current: BlockId,
    frames: Vec<FrameState>,
    shared: HashMap<(Op, Vec<ValueId>, Imm), ValueId>,
    defs: Vec<Option<Inst>>,
    /// Kinds of boxed values as seen while recording: a merge converts down only to these.
    hints: HashMap<ValueId, Type>,
    seen: Seen,
    /// See [`RegionBuilder::is_lost`].
    lost: bool,
}

/// Whether giving up the result does nothing.
fn is_uncounted(i: &Inst) -> bool {
    i.op.is_const()
        || matches!(
            i.op,
            Op::BoxInt | Op::BoxIntNc | Op::BoxFloat | Op::BoxFloatNc
        )
}

impl Recording {
    /// Starts recording the path behind exit `exit` (an exit's `origin`). The builder's frames are those of the
    /// snapshot, values in the representation they had there. `None` if the exit is not in the region any more.
    pub fn resume(mut self, exit: ExitId) -> Option<RegionBuilder> {
        let mut found = None;
        for b in self.region.block_ids() {
            let block = self.region.block(b);
            if block.term == Terminator::Exit(exit) {
                found = Some((b, None));
            } else if let Some(i) = block.insts.iter().position(|i| i.exit == Some(exit)) {
                if !self.region.is_bridged(b, i) {
                    found = Some((b, Some(i)));
                }
            }
        }
        let (b, index) = found?;
        let side = self.region.new_block();
        match index {
            None => {
                self.region.block_mut(b).term = Terminator::Jump(Edge {
                    block: side,
                    args: vec![],
                })
            }
            Some(i) => {
                let rest = self.region.new_block();
                let tail = self.region.block_mut(b).insts.split_off(i + 1);
                let edge = |block| Edge {
                    block,
                    args: vec![],
                };
                let term = std::mem::replace(
                    &mut self.region.block_mut(b).term,
                    Terminator::Bridge(edge(rest), edge(side)),
                );
                self.region.block_mut(rest).insts = tail;
                self.region.block_mut(rest).term = term;
            }
        }
        let snapshot = &self.region.exits.get(exit.index())?.frames;
        let mut frames: Vec<FrameState> = snapshot
            .iter()
            .map(|f| FrameState {
                code: f.code,
                pc: f.pc,
                result_slot: f.result_slot,
                kind: f.kind,
                slots: f.slots.iter().map(|s| (s.slot, s.value)).collect(),
                held: f.held.clone(),
                at: f.parked.map_or(0, |p| p.at),
                parked: BTreeMap::new(),
            })
            .collect();
        // Owners come before what they hold.
        let parked: Vec<Parked> = snapshot.iter().filter_map(|f| f.parked).collect();
        for p in parked.iter().rev() {
            let f = frames.pop()?;
            frames
                .get_mut(p.owner as usize)?
                .parked
                .insert(p.register, f);
        }
        let mut defs = vec![None; self.region.values.len()];
        for b in self.region.block_ids() {
            for i in &self.region.block(b).insts {
                if let Some(r) = i.result {
                    defs[r.index()] = Some(i.clone());
                }
            }
        }
        Some(RegionBuilder {
            region: self.region,
            points: self.points,
            current: side,
            frames,
            shared: HashMap::default(),
            hints: HashMap::default(),
            seen: Seen::default(),
            lost: false,
            defs,
        })
    }
}

impl RegionBuilder {
    /// A region entered at `pc` of function `code`; `slots` are the registers that are live there. Registers not named
    /// must not be read or written. Ends in the entry block: call [`RegionBuilder::merge`] next for a loop header.
    pub fn start(
        name: &str,
        tables: Arc<Tables>,
        statics: Statics,
        code: u64,
        pc: u32,
        slots: &[(u32, SlotKind)],
    ) -> RegionBuilder {
        Self::start_with(Op::SlotRead, name, tables, statics, code, pc, slots)
    }
    /// A region for a function's body from its start: it takes the registers over, so that afterwards nothing is left in
    /// them, and may be entered by `call_region`.
    pub fn start_function(
        name: &str,
        tables: Arc<Tables>,
        statics: Statics,
        code: u64,
        slots: &[(u32, SlotKind)],
    ) -> RegionBuilder {
        Self::start_with(Op::SlotTake, name, tables, statics, code, 0, slots)
    }
    fn start_with(
        read_op: Op,
        name: &str,
        tables: Arc<Tables>,
        statics: Statics,
        code: u64,
        pc: u32,
        slots: &[(u32, SlotKind)],
    ) -> RegionBuilder {
        let region = Region::new(name, tables, statics);
        let mut b = RegionBuilder {
            current: region.entry(),
            region,
            points: HashMap::default(),
            frames: vec![FrameState {
                code,
                pc,
                result_slot: 0,
                kind: 0,
                slots: BTreeMap::new(),
                held: None,
                at: 0,
                parked: BTreeMap::new(),
            }],
            shared: HashMap::default(),
            hints: HashMap::default(),
            seen: Seen::default(),
            lost: false,
            defs: Vec::new(),
        };
        let mut read = Vec::new();
        for (slot, _) in slots {
            if let Some(v) = b.push(read_op, vec![], Imm::Int(u64::from(*slot)), None) {
                b.frames[0].slots.insert(*slot, v);
                read.push(v);
            }
        }
        for ((slot, kind), v) in slots.iter().zip(read) {
            let held = match *kind {
                SlotKind::Int => {
                    b.guard(Op::GuardInt, &[v], Imm::Int(1));
                    b.op(Op::UnboxInt, &[v])
                }
                SlotKind::Float => {
                    b.guard(Op::GuardFloat, &[v], Imm::Int(1));
                    b.op(Op::UnboxFloat, &[v])
                }
                SlotKind::Object(class) => {
                    b.guard(Op::GuardPtr, &[v], Imm::Int(0));
                    let p = b.op(Op::AsPtr, &[v]);
                    b.guard(Op::GuardType, &[p], Imm::Int(class));
                    p
                }
                SlotKind::Boxed => v,
            };
            b.frames[0].slots.insert(*slot, held);
        }
        b
    }

    /// The region so far.
    pub fn region(&self) -> &Region {
        &self.region
    }
    /// Whether the region is as large as it should get.
    pub fn is_full(&self) -> bool {
        self.size() >= MAX_GUARDS
    }
    /// Exits recorded.
    pub fn size(&self) -> usize {
        self.region.exits.len()
    }
    /// A value's type.
    pub fn ty(&self, v: ValueId) -> Type {
        self.region.ty(v)
    }
    /// Ends recording. Every path must have ended.
    pub fn finish(self) -> Recording {
        Recording {
            region: self.region,
            points: self.points,
        }
    }

    // ---- frames -------------------------------------------------------------------------------------------

    /// Where guards from now on resume, in the innermost frame: the instruction being recorded.
    pub fn set_pc(&mut self, pc: u32) {
        if let Some(f) = self.frames.last_mut() {
            f.pc = pc;
        }
    }
    /// Frames at the moment (1 = nothing inlined).
    pub fn depth(&self) -> usize {
        self.frames.len()
    }
    /// What a register of the innermost frame holds; `None` if it holds nothing.
    pub fn get(&self, slot: u32) -> Option<ValueId> {
        self.frames.last()?.slots.get(&slot).copied()
    }
    /// Sets a register of the innermost frame. What it held before must have been `release`d if it may have a
    /// destructor.
    pub fn set(&mut self, slot: u32, v: ValueId) {
        self.overwritten(slot, Some(v));
        if let Some(f) = self.frames.last_mut() {
            f.slots.insert(slot, v);
        }
    }
    /// What a register of the innermost frame is now.
    pub fn save(&self, slot: u32) -> Saved {
        let held = self.frames.last().and_then(|f| f.held.as_ref());
        Saved(
            self.get(slot),
            held.and_then(|h| h.get(slot as usize).copied()),
        )
    }
    /// Undoes what was done to a register of the innermost frame since it was saved.
    pub fn restore(&mut self, slot: u32, saved: Saved) {
        let Some(f) = self.frames.last_mut() else {
            return;
        };
        match saved.0 {
            Some(v) => f.slots.insert(slot, v),
            None => f.slots.remove(&slot),
        };
        let held = f.held.as_mut().and_then(|h| h.get_mut(slot as usize));
        if let (Some(h), Some(was)) = (held, saved.1) {
            *h = was;
        }
    }
    /// Notes that memory does not have what a register is to hold, unless that is what it holds already.
    fn overwritten(&mut self, slot: u32, new: Option<ValueId>) {
        let Some(f) = self.frames.last() else {
            return;
        };
        let held = f.held.as_ref().and_then(|h| h.get(slot as usize));
        let parked = f.parked.contains_key(&slot);
        if held != Some(&Held::Same) && !parked {
            return;
        }
        let old = f.slots.get(&slot).copied();
        if old == new
            || matches!((old, new), (Some(a), Some(b)) if self.reference(a) == self.reference(b))
        {
            return;
        }
        self.lost |= parked;
        if held != Some(&Held::Same) {
            return;
        }
        let now = match old {
            Some(v) if self.ty(v).is_ref() => Held::Reference,
            _ => Held::Number,
        };
        let held = self.frames.last_mut().and_then(|f| f.held.as_mut());
        if let Some(h) = held.and_then(|h| h.get_mut(slot as usize)) {
            *h = now;
        }
    }
    /// The value that `v` is another form of.
    fn reference(&self, mut v: ValueId) -> ValueId {
        while let Some(i) = self.def(v) {
            match i.op {
                Op::UnboxInt
                | Op::UnboxFloat
                | Op::AsPtr
                | Op::AsValue
                | Op::BoxInt
                | Op::BoxIntNc
                | Op::BoxFloat
                | Op::BoxFloatNc => v = i.args[0],
                _ => break,
            }
        }
        v
    }

    // ---- frames of generators -----------------------------------------------------------------------------

    /// Goes on with a frame that lies in its generator: registers are what memory has, until they are set.
    pub fn push_generator(
        &mut self,
        resume_pc: u32,
        code: u64,
        result_slot: u32,
        kind: u32,
        registers: u32,
    ) {
        self.push_frame(resume_pc, code, result_slot, kind, &[]);
        if let Some(f) = self.frames.last_mut() {
            f.held = Some(vec![Held::Same; registers as usize]);
        }
    }
    /// The innermost frame is gone, or suspended with its registers in memory: nothing is released.
    pub fn drop_frame(&mut self) {
        if self.frames.len() > 1 {
            self.frames.pop();
        }
    }
    /// Whether the frame at that depth (from 0) lies in its generator.
    pub fn is_generator(&self, frame: usize) -> bool {
        self.frames.get(frame).is_some_and(|f| f.held.is_some())
    }
    /// A register of the frame at that depth.
    pub fn get_in(&self, frame: usize, slot: u32) -> Option<ValueId> {
        self.frames.get(frame)?.slots.get(&slot).copied()
    }
    /// Gives a register of a generator's frame another name for what memory has there; `None` for none.
    pub fn rename(&mut self, frame: usize, slot: u32, v: Option<ValueId>) {
        let Some(f) = self.frames.get_mut(frame) else {
            return;
        };
        match v {
            Some(v) => f.slots.insert(slot, v),
            None => f.slots.remove(&slot),
        };
    }
    /// Registers of a generator's frame that memory does not have, and what it has there.
    pub fn stale(&self, frame: usize) -> Vec<(u32, Held)> {
        let held = self.frames.get(frame).and_then(|f| f.held.as_ref());
        let all = held.into_iter().flatten().enumerate();
        all.filter(|(_, h)| **h != Held::Same)
            .map(|(r, h)| (r as u32, *h))
            .collect()
    }
    /// Memory has the register's value now.
    pub fn stored(&mut self, frame: usize, slot: u32) {
        self.set_held(frame, slot, Held::Same);
    }
    /// Memory has nothing at the register now.
    pub fn emptied(&mut self, frame: usize, slot: u32) {
        self.set_held(frame, slot, Held::Number);
    }
    fn set_held(&mut self, frame: usize, slot: u32, held: Held) {
        let all = self.frames.get_mut(frame).and_then(|f| f.held.as_mut());
        if let Some(h) = all.and_then(|h| h.get_mut(slot as usize)) {
            *h = held;
        }
    }
    /// Registers of the frame at that depth with their values.
    pub fn slots_in(&self, frame: usize) -> Vec<(u32, ValueId)> {
        let slots = self.frames.get(frame).map(|f| &f.slots);
        slots.into_iter().flatten().map(|(s, v)| (*s, *v)).collect()
    }
    /// Empties a register of the innermost frame.
    pub fn clear(&mut self, slot: u32) {
        if self.frames.len() == 1 {
            let empty = self.value_const(0);
            self.set(slot, empty);
        } else {
            self.forget(slot);
        }
    }
    /// Drops a register of the innermost frame from snapshots: what the frame itself holds there is dead.
    pub fn forget(&mut self, slot: u32) {
        self.overwritten(slot, None);
        if let Some(f) = self.frames.last_mut() {
            f.slots.remove(&slot);
        }
    }
    /// Registers of the innermost frame with their values.
    pub fn slots(&self) -> Vec<(u32, ValueId)> {
        self.frames
            .last()
            .map(|f| f.slots.iter().map(|(s, v)| (*s, *v)).collect())
            .unwrap_or_default()
    }
    /// Says which kind a boxed value has at the moment.
    pub fn hint(&mut self, v: ValueId, kind: Type) {
        self.hints.insert(v, kind);
    }
    /// Inlines a call: the caller resumes at `resume_pc` with the result in its register `result_slot`.
    pub fn push_frame(
        &mut self,
        resume_pc: u32,
        code: u64,
        result_slot: u32,
        kind: u32,
        arguments: &[(u32, ValueId)],
    ) {
        self.set_pc(resume_pc);
        self.frames.push(FrameState {
            code,
            pc: 0,
            result_slot,
            kind,
            slots: arguments.iter().copied().collect(),
            held: None,
            at: 0,
            parked: BTreeMap::new(),
        });
    }
    /// The inlined frame returns `v` to its caller's register; its own registers are released.
    pub fn pop_frame(&mut self, v: ValueId) {
        if self.frames.len() < 2 {
            return;
        }
        if let Some(f) = self.frames.pop() {
            let others = self.frames.iter().flat_map(|f| f.slots.values());
            let held: HashSet<ValueId> = others.chain([&v]).map(|v| self.reference(*v)).collect();
            for old in f.slots.into_values() {
                // What another register holds does not die here.
                if !held.contains(&self.reference(old)) {
                    self.release(old);
                }
            }
            self.set(f.result_slot, v);
        }
    }
    /// A register that held `v` gives it up here: its destructor may run. Nothing for raw values.
    pub fn release(&mut self, v: ValueId) {
        let uncounted = self.def(v).is_some_and(is_uncounted);
        if self.ty(v).is_ref() && !uncounted {
            if self.has_parked() && self.looks_at_parked(Op::Release, &[v], Imm::None) {
                self.flush_staying();
            }
            self.push(Op::Release, vec![v], Imm::Int(0), None);
        }
    }

    fn snapshot(&mut self) -> ExitId {
        let all = self.all_frames();
        let (running, suspended): (Vec<_>, Vec<_>) = all.into_iter().partition(|f| f.0.len() == 1);
        let mut numbers: HashMap<&[u32], u32> = HashMap::default();
        for (n, (path, _)) in running.iter().chain(&suspended).enumerate() {
            numbers.insert(path, n as u32);
        }
        let frames = running
            .iter()
            .chain(&suspended)
            .map(|(path, f)| SnapFrame {
                parked: (path.len() > 1).then(|| Parked {
                    owner: numbers[&path[..path.len() - 1]],
                    register: path[path.len() - 1],
                    at: f.at,
                }),
                code: f.code,
                pc: f.pc,
                result_slot: f.result_slot,
                kind: f.kind,
                slots: f
                    .slots
                    .iter()
                    .filter(|(s, _)| {
                        let held = f.held.as_ref().and_then(|h| h.get(**s as usize));
                        held != Some(&Held::Same)
                    })
                    .map(|(s, v)| SnapSlot {
                        slot: *s,
                        value: *v,
                        ownership: Ownership::Borrowed,
                    })
                    .collect(),
                held: f.held.clone(),
            })
            .collect();
        self.region.new_exit(frames)
    }

    // ---- instructions -------------------------------------------------------------------------------------

    fn def(&self, v: ValueId) -> Option<&Inst> {
        self.defs.get(v.index())?.as_ref()
    }
    fn push(
        &mut self,
        op: Op,
        args: Vec<ValueId>,
        imm: Imm,
        exit: Option<ExitId>,
    ) -> Option<ValueId> {
        let result = self
            .region
            .result_type(op, imm)
            .map(|t| self.region.new_value(t));
        let inst = Inst {
            op,
            args,
            imm,
            result,
            exit,
        };
        if let Some(r) = result {
            let class = match imm {
                Imm::Layout(l) => Some(self.region.tables.layout(l).class).filter(|c| *c != 0),
                Imm::Helper(h) => self.region.tables.helper(h).ret.and_then(|r| r.class),
                _ => None,
            };
            self.region.values[r.index()].class = class;
            self.defs.resize(self.region.values.len(), None);
            self.defs[r.index()] = Some(inst.clone());
        }
        let defs = &self.defs;
        let uncounted = |v: ValueId| {
            defs.get(v.index())
                .and_then(Option::as_ref)
                .is_some_and(is_uncounted)
        };
        self.seen.note(&self.region, &inst, uncounted);
        self.region.block_mut(self.current).insts.push(inst);
        result
    }
    fn constant(&mut self, ty: Type, bits: u64) -> ValueId {
        let v = fold::constant(&mut self.region, ty, bits);
        self.defs.resize(self.region.values.len(), None);
        self.defs[v.index()] = Some(Inst {
            op: fold::const_op(ty),
            args: vec![],
            imm: Imm::Int(bits),
            result: Some(v),
            exit: None,
        });
        v
    }
    /// Appends any op of the table; folds and shares. `None` for ops without result (or a guard that always passes).
    pub fn emit(&mut self, op: Op, args: &[ValueId], imm: Imm) -> Option<ValueId> {
        if self.has_parked() && self.looks_at_parked(op, args, imm) {
            self.flush_staying();
        }
        let result = self.region.result_type(op, imm);
        let mut probe = Inst {
            op,
            args: args.to_vec(),
            imm,
            result: None,
            exit: None,
        };
        if let Some(t) = result {
            // Folding wants a typed result; the value is dropped again.
            probe.result = Some(self.region.new_value(t));
        }
        fold::canonical(&mut probe, |v| self.def(v).is_some_and(|i| i.op.is_const()));
        let folded = fold::fold(&self.region, |v| self.def(v), &probe);
        if result.is_some() {
            self.region.values.pop();
        }
        match folded {
            Folded::Value(v) => return Some(v),
            Folded::Const(t, bits) => return Some(self.constant(t, bits)),
            Folded::Remove => return None,
            Folded::Keep => {}
        }
        let key = (op, probe.args.clone(), imm);
        let may_share = matches!(op.effect(), Effect::Pure | Effect::Fallible);
        if may_share && let Some(v) = self.shared.get(&key) {
            return Some(*v);
        }
        if self.seen.proves(&probe) {
            return None;
        }
        if let Some(v) = self.seen.loaded(&probe) {
            return Some(v);
        }
        let leaves = match (op.exit_use(), imm) {
            (ExitUse::Yes, _) => true,
            (ExitUse::Maybe, Imm::Helper(h)) => {
                self.region.tables.helper(h).raises != Raises::Never
            }
            _ => false,
        };
        let exit = if leaves { Some(self.snapshot()) } else { None };
        let r = self.push(op, probe.args, imm, exit);
        if may_share && let Some(r) = r {
            self.shared.insert(key, r);
        }
        r
    }
    /// An op with a result and no immediate.
    pub fn op(&mut self, op: Op, args: &[ValueId]) -> ValueId {
        debug_assert!(
            self.region.result_type(op, Imm::None).is_some(),
            "{op} has no result"
        );
        self.emit(op, args, Imm::None).unwrap_or(ValueId(0))
    }
    /// A guard.
    pub fn guard(&mut self, op: Op, args: &[ValueId], imm: Imm) {
        self.emit(op, args, imm);
    }
    /// A guard that leaves to the other way of a branch: the frames are what they are there.
    pub fn guard_branch(&mut self, op: Op, cond: ValueId) {
        let before = self.region.exits.len();
        self.emit(op, &[cond], Imm::None);
        if let Some(exit) = self.region.exits.get_mut(before) {
            exit.other_way = true;
        }
    }
    /// The path was chosen for the kind of the raw number `v` without reading its value: a guard on entry that established
    /// the kind must stay even if nothing else needs it.
    pub fn rely_on_kind(&mut self, v: ValueId) {
        let source = match self.def(v) {
            Some(i) if matches!(i.op, Op::UnboxInt | Op::UnboxFloat) => Some(i.args[0]),
            // Computed here.
            Some(_) => return,
            None => None,
        };
        let slots: Vec<u64> = self.frames[0]
            .slots
            .iter()
            .filter(|(_, held)| **held == v)
            .map(|(s, _)| u64::from(*s))
            .collect();
        let entry = self.region.entry();
        let insts = &mut self.region.block_mut(entry).insts;
        let named: Vec<ValueId> = insts
            .iter()
            .filter(|i| matches!(i.op, Op::SlotRead | Op::SlotTake))
            .filter(|i| slots.contains(&i.imm.int()))
            .filter_map(|i| i.result)
            .chain(source)
            .collect();
        for i in insts {
            let weak = matches!(i.op, Op::GuardInt | Op::GuardFloat) && i.imm == Imm::Int(1);
            if weak && (named.is_empty() || named.contains(&i.args[0])) {
                i.imm = Imm::Int(0);
            }
        }
    }
    /// Whether a value is a constant.
    pub fn is_const(&self, v: ValueId) -> bool {
        self.def(v).is_some_and(|i| i.op.is_const())
    }
    /// Integer constant.
    pub fn int_const(&mut self, n: i64) -> ValueId {
        self.constant(Type::I64, n as u64)
    }
    /// Float constant.
    pub fn float_const(&mut self, f: f64) -> ValueId {
        self.constant(Type::F64, f.to_bits())
    }
    /// Value constant; an object must be kept alive by the driver.
    pub fn value_const(&mut self, bits: u64) -> ValueId {
        self.constant(Type::Boxed, bits)
    }
    /// Pointer constant; likewise.
    pub fn ptr_const(&mut self, address: u64) -> ValueId {
        self.constant(Type::Ptr, address)
    }
    /// `v` as a raw int: guards that it is a small int if it is boxed.
    pub fn as_int(&mut self, v: ValueId) -> ValueId {
        match self.ty(v) {
            Type::Boxed => {
                self.guard(Op::GuardInt, &[v], Imm::Int(0));
                self.op(Op::UnboxInt, &[v])
            }
            Type::Bool => self.op(Op::B2I, &[v]),
            _ => v,
        }
    }
    /// `v` as a raw float: guards that it is an immediate double if it is boxed. Ints are not converted.
    pub fn as_float(&mut self, v: ValueId) -> ValueId {
        if self.ty(v) == Type::Boxed {
            self.guard(Op::GuardFloat, &[v], Imm::Int(0));
            return self.op(Op::UnboxFloat, &[v]);
        }
        v
    }
    /// `v` as an object of exactly this class.
    pub fn as_object(&mut self, v: ValueId, class: u64) -> ValueId {
        let p = self.as_ptr(v);
        self.guard(Op::GuardType, &[p], Imm::Int(class));
        p
    }
    /// `v` as a pointer: guards that it is no immediate.
    pub fn as_ptr(&mut self, v: ValueId) -> ValueId {
        if self.ty(v) == Type::Boxed {
            self.guard(Op::GuardPtr, &[v], Imm::Int(0));
            return self.op(Op::AsPtr, &[v]);
        }
        v
    }
    /// `v` as a Value; leaves where it has no immediate form (big int, NaN).
    pub fn as_value(&mut self, v: ValueId) -> ValueId {
        match self.ty(v) {
            Type::I64 => self.op(Op::BoxInt, &[v]),
            Type::F64 => self.op(Op::BoxFloat, &[v]),
            Type::Ptr => self.op(Op::AsValue, &[v]),
            Type::Boxed => v,
            Type::Bool => {
                let (t, f) = (
                    self.region.statics.true_object,
                    self.region.statics.false_object,
                );
                let (t, f) = (self.value_const(t), self.value_const(f));
                self.op(Op::VSelect, &[v, t, f])
            }
        }
    }
    /// Load from `base + mem.offset`.
    pub fn load(&mut self, base: ValueId, mem: Mem) -> ValueId {
        self.emit(Op::Load, &[base], Imm::Mem(mem)).unwrap_or(base)
    }
    /// Store; takes over the reference of a counted `value`. The old content is the recorder's: load and release it.
    pub fn store(&mut self, base: ValueId, value: ValueId, mem: Mem) {
        self.emit(Op::Store, &[base, value], Imm::Mem(mem));
    }
    /// Leaves unless the type's version tag (u32 at `offset` of `class`) is `version`.
    pub fn guard_type_version(&mut self, class: u64, offset: i32, version: u32) {
        let p = self.ptr_const(class);
        let tag = self.load(
            p,
            Mem {
                offset,
                ty: MemType::U32,
                alias: Alias::TYPE,
            },
        );
        self.guard(Op::GuardIEq, &[tag], Imm::Int(u64::from(version)));
    }
    /// Leaves unless the word at `offset` of the object is `shape`.
    pub fn guard_shape(&mut self, object: ValueId, offset: i32, shape: u64) {
        let s = self.load(
            object,
            Mem {
                offset,
                ty: MemType::I64,
                alias: Alias::SHAPE,
            },
        );
        self.guard(Op::GuardIEq, &[s], Imm::Int(shape));
    }
    /// Leaves when the u32 at the address is not 0.
    pub fn guard_cell(&mut self, address: u64) {
        self.guard(Op::GuardCell, &[], Imm::Int(address));
    }
    /// Leaves when the u32 at the address, which may change at any time, is not 0: for back edges.
    pub fn poll(&mut self, address: u64) {
        self.guard(Op::Poll, &[], Imm::Int(address));
    }
    /// Leaves when `frames` more do not fit.
    pub fn guard_depth(&mut self, frames: u64) {
        self.guard(Op::GuardDepth, &[], Imm::Int(frames));
    }
    /// Calls a helper.
    pub fn call(&mut self, helper: HelperId, args: &[ValueId]) -> Option<ValueId> {
        self.emit(Op::Call, args, Imm::Helper(helper))
    }
    /// Makes an object that stays virtual if it can.
    pub fn allocate(&mut self, layout: LayoutId, fields: &[ValueId]) -> ValueId {
        self.emit(Op::New, fields, Imm::Layout(layout))
            .unwrap_or(ValueId(0))
    }
    /// Says which class a new object is of, where its layout does not: until something may have changed that.
    pub fn set_class(&mut self, object: ValueId, class: u64) {
        self.seen.set_class(object, class);
    }
    /// Whether a new object may be known elsewhere: something but loads, guards and snapshots uses it.
    pub fn escapes(&self, object: ValueId) -> bool {
        let mut names = vec![object];
        let mut escapes = false;
        for b in self.region.block_ids() {
            let block = self.region.block(b);
            for i in &block.insts {
                if !i.args.iter().any(|a| names.contains(a)) {
                    continue;
                }
                match i.op {
                    Op::AsValue | Op::AsPtr => names.extend(i.result),
                    Op::Load | Op::Release => {}
                    op if op.effect() == Effect::Guard => {}
                    _ => escapes = true,
                }
            }
            for e in block.term.edges() {
                escapes |= e.args.iter().any(|a| names.contains(a));
            }
        }
        escapes
    }
    /// Enters another region with the registers at `registers`; its result.
    pub fn call_region(&mut self, cell: u64, registers: ValueId) -> ValueId {
        self.emit(Op::CallRegion, &[registers], Imm::Int(cell))
            .unwrap_or(ValueId(0))
    }

    /// The path goes on where the call that was just recorded has failed, with the frames as they were for its exit. `ok`
    /// makes the frames what they are if it succeeds: that path ends there for now.
    pub fn follow_failure(&mut self, ok: impl FnOnce(&mut Self)) {
        let failed = self.frames.clone();
        ok(self);
        let exit = self.snapshot();
        let (good, bad) = (self.region.new_block(), self.region.new_block());
        self.region.block_mut(good).term = Terminator::Exit(exit);
        let edge = |block| Edge {
            block,
            args: vec![],
        };
        self.end(Terminator::Bridge(edge(good), edge(bad)));
        self.current = bad;
        self.frames = failed;
    }

    /// Where the path stands.
    pub fn mark(&self) -> Mark {
        let insts = &self.region.block(self.current).insts;
        Mark {
            block: self.current,
            recorded: insts.iter().filter(|i| !i.op.is_const()).count(),
            frames: self.frames.clone(),
        }
    }
    /// Takes back what was recorded since; false if the path has gone on in another block.
    pub fn go_back(&mut self, mark: Mark) -> bool {
        if self.current != mark.block {
            return false;
        }
        let mut left = mark.recorded;
        self.region.block_mut(mark.block).insts.retain(|i| {
            let keep = i.op.is_const() || left > 0;
            left -= usize::from(keep && !i.op.is_const());
            keep
        });
        self.frames = mark.frames;
        self.shared.clear();
        self.seen.clear();
        true
    }

    // ---- ends ---------------------------------------------------------------------------------------------

    /// A loop header (`is_loop`) or join: joins an existing point of the same `key` and frames whose types match (kinds
    /// that a guard can establish included), or makes a new one here.
    pub fn merge(&mut self, key: u64, is_loop: bool) -> Merge {
        let key = self.point_key(key);
        let all = self.all_frames().into_iter();
        let values: Vec<ValueId> = all.flat_map(|(_, f)| f.slots.values().copied()).collect();
        let types: Vec<Type> = values.iter().map(|v| self.ty(*v)).collect();
        let versions = self.points.get(&key).cloned().unwrap_or_default();
        let want = |b: &BlockId, region: &Region| -> Vec<Type> {
            region
                .block(*b)
                .params
                .iter()
                .map(|p| region.ty(*p))
                .collect()
        };
        let exact = versions
            .iter()
            .find(|b| want(b, &self.region) == types)
            .copied();
        let found = exact.or_else(|| {
            versions
                .iter()
                .find(|b| {
                    want(b, &self.region)
                        .iter()
                        .zip(&values)
                        .all(|(t, v)| self.converts(*v, *t))
                })
                .copied()
        });
        if let Some(block) = found {
            let wanted = want(&block, &self.region);
            let mut args = Vec::new();
            for (v, t) in values.iter().zip(wanted) {
                args.push(self.convert(*v, t));
            }
            self.region.block_mut(block).is_loop |= is_loop;
            self.end(Terminator::Jump(Edge { block, args }));
            return Merge::Joined;
        }
        if versions.len() >= MAX_VERSIONS {
            return Merge::TooMany;
        }
        // After some versions one that takes whatever they disagree on boxed.
        let mut wanted = types;
        if versions.len() >= GENERAL_AFTER {
            for b in &versions {
                for (mine, theirs) in wanted.iter_mut().zip(want(b, &self.region)) {
                    if *mine != theirs {
                        *mine = Type::Boxed;
                    }
                }
            }
        }
        let mut args = Vec::new();
        for (v, t) in values.iter().zip(&wanted) {
            args.push(self.convert(*v, *t));
        }
        let block = self.region.new_block();
        self.region.block_mut(block).is_loop = is_loop;
        let mut types = wanted.into_iter();
        let region = &mut self.region;
        parked::for_each_mut(&mut self.frames, &mut |f| {
            for (v, t) in f.slots.values_mut().zip(&mut types) {
                *v = region.add_param(block, t);
            }
        });
        self.defs.resize(self.region.values.len(), None);
        self.end(Terminator::Jump(Edge { block, args }));
        self.current = block;
        self.points.entry(key).or_default().push(block);
        Merge::New
    }
    fn point_key(&self, key: u64) -> PointKey {
        let mut caller_pc = 0;
        let frames = self.all_frames().into_iter().map(|(path, f)| FrameKey {
            code: f.code,
            call: if path.len() > 1 {
                Call::Parked(f.pc, path)
            } else {
                Call::Running(
                    std::mem::replace(&mut caller_pc, f.pc),
                    f.result_slot,
                    f.kind,
                )
            },
            registers: f.slots.keys().copied().collect(),
            held: f.held.clone(),
        });
        PointKey {
            key,
            frames: frames.collect(),
        }
    }
    /// Whether the point has `limit` forms for different states of generators, and this would be one more.
    pub fn is_crowded(&self, key: u64, limit: usize) -> bool {
        let running = |k: &PointKey| -> Vec<(u64, Call)> {
            let calls = k.frames.iter().map(|f| (f.code, f.call.clone()));
            calls
                .filter(|(_, call)| matches!(call, Call::Running(..)))
                .collect()
        };
        let mine = self.point_key(key);
        let calls = running(&mine);
        let others = self.points.keys();
        !self.points.contains_key(&mine)
            && others
                .filter(|k| k.key == key && running(k) == calls)
                .count()
                >= limit
    }
    fn converts(&self, v: ValueId, to: Type) -> bool {
        let from = self.ty(v);
        // A Value converts down only if it was made from that type, or may be it for all we know.
        from == to
            || (to == Type::Boxed && from != Type::Bool)
            || (from == Type::Boxed
                && match self.def(v).map(|i| i.op) {
                    Some(Op::BoxInt | Op::BoxIntNc) => to == Type::I64,
                    Some(Op::BoxFloat | Op::BoxFloatNc) => to == Type::F64,
                    Some(Op::VConst) => match to {
                        Type::I64 => self
                            .def(v)
                            .is_some_and(|i| crate::encoding::is_int(i.imm.int())),
                        Type::F64 => self
                            .def(v)
                            .is_some_and(|i| crate::encoding::is_float(i.imm.int())),
                        Type::Ptr => self
                            .def(v)
                            .is_some_and(|i| crate::encoding::is_ptr(i.imm.int())),
                        _ => false,
                    },
                    _ => self.hints.get(&v).map_or(to != Type::Bool, |k| *k == to),
                })
    }
    fn convert(&mut self, v: ValueId, to: Type) -> ValueId {
        match to {
            Type::I64 => self.as_int(v),
            Type::F64 => self.as_float(v),
            Type::Ptr => self.as_ptr(v),
            Type::Boxed => self.as_value(v),
            Type::Bool => v,
        }
    }
    /// Ends the path: the interpreter goes on with the current frames.
    pub fn end_exit(&mut self) {
        let x = self.snapshot();
        self.end(Terminator::Exit(x));
    }
    /// Ends the path: the function the region was entered for returns `v` (frame 0 must be the only one). References that
    /// its other registers hold are dropped.
    pub fn end_return(&mut self, v: ValueId) {
        let v = self.as_value(v);
        self.end(Terminator::Return(v));
    }
    fn end(&mut self, term: Terminator) {
        self.region.block_mut(self.current).term = term;
        self.shared.clear();
        self.seen.clear();
    }
}
