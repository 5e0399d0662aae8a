//! Generators that the region has suspended: their frames stay in registers of the machine.
//!
//! Such a frame is *parked* in the frame that holds the generator, under the register that does. Memory says that the
//! generator runs, so nobody goes on with it; snapshots describe the frame, and whoever leaves suspends it. Before anything
//! that may look at it, memory gets what it lacks ([`RegionBuilder::flush`]). What goes on with a parked frame finds it as
//! it was left: nothing is read and nothing is checked.

use super::*;

/// A frame of a generator: the depth of a running frame, then the registers on the way from there to the parked one.
pub type Path = Vec<u32>;

/// The frames that `frame` holds parked, outermost first, with their paths.
fn collect<'a>(frame: &'a FrameState, path: &Path, all: &mut Vec<(Path, &'a FrameState)>) {
    for (r, f) in &frame.parked {
        let mut to = path.clone();
        to.push(*r);
        all.push((to.clone(), f));
        collect(f, &to, all);
    }
}
/// Calls `f` for each frame, callers and owners first.
pub(super) fn for_each_mut(frames: &mut [FrameState], f: &mut impl FnMut(&mut FrameState)) {
    for frame in frames {
        f(frame);
        for child in frame.parked.values_mut() {
            for_each_mut(std::slice::from_mut(child), f);
        }
    }
}

impl RegionBuilder {
    /// All frames, callers and owners first, with their paths.
    pub(super) fn all_frames(&self) -> Vec<(Path, &FrameState)> {
        let mut all = Vec::new();
        for (k, f) in self.frames.iter().enumerate() {
            let path = vec![k as u32];
            all.push((path.clone(), f));
            collect(f, &path, &mut all);
        }
        all
    }
    fn at(&self, path: &[u32]) -> Option<&FrameState> {
        let mut f = self.frames.get(*path.first()? as usize)?;
        for r in &path[1..] {
            f = f.parked.get(r)?;
        }
        Some(f)
    }
    fn at_mut(&mut self, path: &[u32]) -> Option<&mut FrameState> {
        let mut f = self.frames.get_mut(*path.first()? as usize)?;
        for r in &path[1..] {
            f = f.parked.get_mut(r)?;
        }
        Some(f)
    }

    /// The innermost frame is suspended at the instruction at address `at`: it is parked in its caller, whose `register`
    /// holds the generator. Memory must have none of the references that it would have to give up.
    pub fn park(&mut self, register: u32, at: u64) {
        if self.frames.len() < 2 {
            return;
        }
        if let Some(mut f) = self.frames.pop() {
            f.at = at;
            if let Some(caller) = self.frames.last_mut() {
                caller.parked.insert(register, f);
            }
        }
    }
    /// Goes on with what is parked under a register of the innermost frame; false if nothing is.
    pub fn go_on(&mut self, register: u32, result_slot: u32, kind: u32) -> bool {
        let parked = self.frames.last_mut();
        let Some(mut f) = parked.and_then(|f| f.parked.remove(&register)) else {
            return false;
        };
        f.result_slot = result_slot;
        f.kind = kind;
        self.frames.push(f);
        true
    }
    /// Whether anything is parked.
    pub fn has_parked(&self) -> bool {
        self.frames.iter().any(|f| !f.parked.is_empty())
    }
    /// Registers of the innermost frame under which something is parked.
    pub fn parked_registers(&self) -> Vec<u32> {
        let top = self.frames.last();
        top.map(|f| f.parked.keys().copied().collect())
            .unwrap_or_default()
    }
    /// Parked frames, owners first.
    pub fn parked(&self) -> Vec<Path> {
        let all = self.all_frames().into_iter().map(|f| f.0);
        all.filter(|path| path.len() > 1).collect()
    }
    /// A register that had something parked was set: the recording is of no use.
    pub fn is_lost(&self) -> bool {
        self.lost
    }
    /// A register of a parked frame.
    pub fn get_parked(&self, path: &[u32], slot: u32) -> Option<ValueId> {
        self.at(path)?.slots.get(&slot).copied()
    }
    /// Registers of a parked frame and what memory has there.
    pub fn held_parked(&self, path: &[u32]) -> Vec<Held> {
        let held = self.at(path).and_then(|f| f.held.clone());
        held.unwrap_or_default()
    }
    /// As [`RegionBuilder::rename`], for a parked frame.
    pub fn rename_parked(&mut self, path: &[u32], slot: u32, v: ValueId) {
        if let Some(f) = self.at_mut(path) {
            f.slots.insert(slot, v);
        }
    }

    /// Numbers in frames of generators count as stale: with or without a store of what memory has already, paths meet in the
    /// same version.
    pub fn unify_numbers(&mut self) {
        let region = &self.region;
        for_each_mut(&mut self.frames, &mut |f| {
            for (r, held) in f.held.iter_mut().flatten().enumerate() {
                let id = f.slots.get(&(r as u32));
                let number = id.is_none_or(|v| matches!(region.ty(*v), Type::I64 | Type::F64));
                if *held == Held::Same && number {
                    *held = Held::Number;
                }
            }
        });
    }

    /// Whether the operation may see what is parked, or use what a flush uses.
    pub(super) fn looks_at_parked(&self, op: Op, args: &[ValueId], imm: Imm) -> bool {
        match (op, imm) {
            (Op::CallRegion, _) => true,
            (Op::Call, Imm::Helper(h)) => self.region.tables.helper(h).effects.calls_python,
            (Op::Store, Imm::Mem(m)) => m.alias == Alias::ARGUMENTS,
            (Op::Release, _) => {
                let class = args
                    .first()
                    .and_then(|a| self.region.values[a.index()].class);
                class.is_none_or(|c| !self.region.tables.simple_classes.contains(&c))
            }
            _ => false,
        }
    }
    /// Gives memory what it lacks of the parked frames, or of those in the running frame at depth `only`: they are parked no
    /// more. Leaves, if at all, before the first store.
    pub fn flush(&mut self, only: Option<usize>) {
        self.flush_with(only, |b, _, v| b.as_value(v));
    }
    /// As [`RegionBuilder::flush`] of all, where nothing may leave: an instruction has begun that must not be executed twice.
    pub fn flush_staying(&mut self) {
        self.flush_with(None, |b, layout, v| {
            let (op, helper) = match b.ty(v) {
                Type::I64 => (Op::BoxInt, layout.box_int),
                Type::F64 => (Op::BoxFloat, layout.box_float),
                _ => return b.as_value(v),
            };
            let unboxed = |i: &Inst| matches!(i.op, Op::UnboxInt | Op::UnboxFloat);
            if b.shared.contains_key(&(op, vec![v], Imm::None))
                || b.is_const(v)
                || b.def(v).is_some_and(unboxed)
            {
                return b.as_value(v);
            }
            b.call(helper, &[v]).unwrap_or(v)
        });
    }
    /// Makes Values of what a flush of frames of generators is going to store, those that run included, so that it need not
    /// leave. What no flush uses is dropped again. For the start of an instruction.
    pub fn prepare_flush(&mut self) {
        let all = self.all_frames().into_iter();
        let numbers: Vec<ValueId> = all
            .filter(|(_, f)| f.held.is_some())
            .flat_map(|(_, f)| f.slots.values().copied())
            .filter(|v| matches!(self.ty(*v), Type::I64 | Type::F64))
            .collect();
        for v in numbers {
            self.as_value(v);
        }
    }
    fn flush_with(
        &mut self,
        only: Option<usize>,
        value: impl Fn(&mut Self, &Generators, ValueId) -> ValueId,
    ) {
        let mut paths = self.parked();
        paths.retain(|p| only.is_none_or(|k| p[0] as usize == k));
        let Some(layout) = self.region.tables.generators.filter(|_| !paths.is_empty()) else {
            return;
        };
        let stale = |b: &Self, path: &[u32]| -> Vec<(u32, Held, Option<ValueId>)> {
            let held = b.held_parked(path).into_iter().enumerate();
            held.filter(|(_, h)| *h != Held::Same)
                .map(|(r, h)| (r as u32, h, b.get_parked(path, r as u32)))
                .collect()
        };
        let mut values = HashMap::default();
        for path in &paths {
            for (_, _, id) in stale(self, path) {
                if let Some(id) = id
                    && !values.contains_key(&id)
                {
                    values.insert(id, value(self, &layout, id));
                }
            }
        }
        for path in paths.iter().rev() {
            let (register, owner) = (path[path.len() - 1], &path[..path.len() - 1]);
            let Some(holder) = self.get_parked(owner, register) else {
                self.lost = true;
                continue;
            };
            let p = match self.ty(holder) {
                Type::Boxed => self.op(Op::AsPtr, &[holder]),
                _ => holder,
            };
            for (r, held, id) in stale(self, path) {
                let new = match id.and_then(|id| values.get(&id)) {
                    Some(v) => *v,
                    None => self.value_const(0),
                };
                let at = layout.register(r);
                let old = (held == Held::Reference).then(|| self.load(p, at));
                self.store(p, new, at);
                if let Some(old) = old {
                    self.push(Op::Dec, vec![old], Imm::None, None);
                }
            }
            let parked = self.at_mut(owner).and_then(|f| f.parked.remove(&register));
            let at = parked.map_or(0, |f| f.at);
            let at = self.int_const(at as i64);
            self.store(p, at, layout.pc);
            let suspended = self.int_const(layout.suspended);
            self.store(p, suspended, layout.state);
        }
    }
}
