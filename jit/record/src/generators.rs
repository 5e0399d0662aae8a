//! Generators: the frame of a generator that a region resumes is inlined, as that of a call is.
//!
//! Its registers lie in the generator. They are read from there when the region goes on with the frame, and those that were
//! set are written back where the frame is suspended or paths meet; in between the builder knows which ones memory does not
//! have ([`Held`]). The generator counts as running meanwhile, so nobody else touches its frame. A suspended frame is parked
//! until something may look at it (`pyrs_jit_ir::record::parked`).

use crate::calls::is_expanded;
use crate::{FUNC_SLOT, Inlined, Next, Recorder, Res, Stop, code_of, mem, scan};
use pyrs_bytecode::{Instr, KILL_A, KILL_B, Op as B, flags};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::record::Path;
use pyrs_jit_ir::region::{Alias, Held, Imm, Mem, MemType, ValueId};
use pyrs_jit_ir::tables::{Generators, HelperId};
use pyrs_object::layout::frame::FRAME_HEADER;
use pyrs_object::layout::*;
use pyrs_object::thread::ThreadState;
use pyrs_object::{Value, ValueExt, ty};
use pyrs_vm::frames::Continuation;
use pyrs_vm::generator::{self, FRAME_OFFSET, state};
use std::mem::offset_of;

const STATE: Mem = mem(
    offset_of!(PyGenObject, gi_frame_state),
    MemType::U8,
    Alias::GENERATOR,
);
const PC: Mem = mem(
    FRAME_OFFSET + offset_of!(Frame, pc),
    MemType::I64,
    Alias::GENERATOR,
);
const GLOBALS: Mem = mem(
    FRAME_OFFSET + offset_of!(Frame, globals),
    MemType::Ptr,
    Alias::IMMUTABLE,
);
const fn register(r: u32) -> Mem {
    let offset = FRAME_OFFSET + FRAME_HEADER + 8 * r as usize;
    mem(offset, MemType::Boxed, Alias::REGISTER)
}

/// For the region's builder, which writes frames back.
pub(crate) const fn layout(box_int: HelperId, box_float: HelperId) -> Generators {
    Generators {
        state: STATE,
        suspended: state::SUSPENDED as u8 as i64,
        pc: PC,
        registers: register(0),
        box_int,
        box_float,
    }
}
/// Versions of a meeting point, and of a loop, by where suspended generators are and what memory has of them.
const MAX_STATES: usize = 4;
const MAX_LOOP_STATES: usize = 8;

/// How a frame resumes another one.
pub(crate) struct Resumption {
    /// The register that holds the generator.
    pub(crate) from: u16,
    /// What is sent; a Value.
    pub(crate) sent: ValueId,
    /// The register it was taken from, if any.
    pub(crate) taken: Option<u32>,
    pub(crate) kind: Continuation,
    /// The register for what is yielded.
    pub(crate) to: u32,
}

impl Recorder<'_> {
    /// `FOR_ITER` over a generator.
    pub(crate) fn for_generator(&mut self, i: Instr) -> Res<Next> {
        let sent = self.b.value_const(self.env.statics.none_object);
        self.resume(Resumption {
            from: i.a(),
            sent,
            taken: None,
            kind: Continuation::ForIter,
            to: u32::from(i.b()),
        })
    }

    /// `YIELD_FROM`.
    pub(crate) fn yield_from(&mut self, i: Instr) -> Res<Next> {
        let (it, sent) = (
            self.reg_value(u32::from(i.b())),
            self.reg_value(u32::from(i.c())),
        );
        let items = [
            ty!(pyrs_object::list::PyListIter_Type),
            ty!(pyrs_object::tuple::PyTupleIter_Type),
            ty!(pyrs_object::range::PyRangeIter_Type),
        ];
        let items = sent.is_none() && items.iter().any(|t| it.is_exact(*t));
        if !generator::is_generator(it) && !items {
            return Err(Stop::Unsupported("delegation to another iterator"));
        }
        let id = self.boxed(i.c())?;
        if sent.is_none() {
            self.guard_is(id, sent)?;
            if items {
                return self.yield_items(i, it);
            }
        } else if state_of(it) == state::CREATED {
            return Err(Stop::Unsupported("a value for a generator that starts"));
        }
        self.resume(Resumption {
            from: i.b(),
            sent: id,
            taken: Some(u32::from(i.c())),
            kind: Continuation::YieldFrom,
            to: 0,
        })
    }

    /// `GET_ITER` and `GET_YIELD_FROM_ITER` of a generator, which is its own iterator.
    pub(crate) fn own_iterator(&mut self, i: Instr) -> Res<Next> {
        let p = self.object(i.b())?;
        if i.d() & KILL_B != 0 {
            self.moved(u32::from(i.b()));
        }
        self.set(i.a(), p);
        Ok(Next::Fall)
    }

    fn resume(&mut self, r: Resumption) -> Res<Next> {
        let it = self.reg_value(u32::from(r.from));
        let (caller, caller_pc) = (self.frame(), self.pc());
        let now = state_of(it);
        // SAFETY: a live generator.
        let (frame, flags, globals, handles) = unsafe {
            let frame = generator::frame_of(it);
            let handled = (*generator::object(it)).gi_exc_state.exc_value;
            (
                frame,
                (*frame).flags.without(FrameFlags::ENTRY),
                (*frame).globals,
                !handled.is_null(),
            )
        };
        if now != state::CREATED && now != state::SUSPENDED {
            return Err(Stop::Unsupported("a generator that runs or has ended"));
        }
        if flags != FrameFlags::GENERATOR || handles {
            return Err(Stop::Unsupported("an unusual generator"));
        }
        let code = code_of(frame);
        let plain = coflags::OPTIMIZED | coflags::NEWLOCALS;
        if code.flags & plain != plain {
            return Err(Stop::Unsupported("an unusual function"));
        }
        self.may_inline(code)?;
        // SAFETY: a live frame.
        let at = unsafe { (*frame).pc };
        let goes_on = goes_on_at(frame, now == state::SUSPENDED);
        if self.b.parked_registers().contains(&u32::from(r.from)) {
            if let Some(c) = r.taken {
                self.moved(c);
            }
            self.b.go_on(u32::from(r.from), r.to, r.kind as u32);
            return self.resumed(&r, frame, caller, caller_pc);
        }
        let parked = self.b.parked();
        let another_name = |path: &Path| self.parked_frame(path) == frame;
        if parked.iter().any(another_name) {
            self.b.flush(None);
        }

        let p = self.object(r.from)?;
        self.b.set(u32::from(r.from), p);
        let s = self.b.load(p, STATE);
        self.b
            .guard(Op::GuardIEq, &[s], Imm::Int(u64::from(now as u8)));
        let pc = self.b.load(p, PC);
        self.b.guard(Op::GuardIEq, &[pc], Imm::Int(at as u64));
        let g = self.b.load(p, GLOBALS);
        self.guard_is(g, Value::from_object(globals))?;
        self.keep(Value::from_object(code.object.cast()));
        let mut registers = Vec::new();
        for n in present(frame, goes_on) {
            let id = self.b.load(p, register(n));
            // What numbers are overwritten with needs no release of the old ones.
            // SAFETY: a register of the frame.
            let v = unsafe { *Frame::registers(frame).add(n as usize) };
            let id = if v.is_int() {
                self.b.as_int(id)
            } else if v.is_float() {
                self.b.as_float(id)
            } else {
                id
            };
            registers.push((n, id));
        }
        // From here on the frame runs.
        if let Some(c) = r.taken {
            self.moved(c);
        }
        let running = self.b.int_const(i64::from(state::EXECUTING));
        self.b.store(p, running, STATE);
        let (size, key) = (code.registers, std::ptr::from_ref(code) as u64);
        self.b
            .push_generator(caller_pc, key, r.to, r.kind as u32, size);
        let top = self.b.depth() - 1;
        for (n, id) in registers {
            self.b.rename(top, n, Some(id));
        }
        self.resumed(&r, frame, caller, caller_pc)
    }
    /// The builder's innermost frame is that of the generator, which goes on.
    fn resumed(
        &mut self,
        r: &Resumption,
        frame: *mut Frame,
        caller: *mut Frame,
        caller_pc: u32,
    ) -> Res<Next> {
        let suspended = state_of(self.reg_value(u32::from(r.from))) == state::SUSPENDED;
        let goes_on = goes_on_at(frame, suspended);
        // SAFETY: a suspended frame's `pc` points at an instruction of its code.
        let stopped = Instr(unsafe { *(*frame).pc });
        if suspended {
            let delegates = stopped.op() == Some(B::YIELD_FROM);
            let to = if delegates { stopped.c() } else { stopped.a() };
            self.b.set(u32::from(to), r.sent);
        }
        self.inlined.push(Inlined {
            branches: self.branches,
            one_of_many: false,
        });
        self.b.set_pc(goes_on);
        self.step()?;
        if self.frame() == caller && self.pc() == caller_pc {
            // The instruction was only specialised.
            self.step()?;
        }
        self.expect(frame, goes_on)?;
        Ok(Next::Done)
    }

    /// `RETURN_GENERATOR` of an inlined call: what its frame holds moves into a new generator.
    pub(crate) fn return_generator(&mut self) -> Res<Next> {
        let frame = self.frame();
        // SAFETY: the running frame and its caller.
        let (kind, flags, caller) =
            unsafe { (Continuation::of(&*frame), (*frame).flags, (*frame).prev) };
        let inlined = self.b.depth() > 1 && !self.b.is_generator(self.b.depth() - 1);
        let expanded = inlined && kind == Continuation::Finish && is_expanded(caller);
        if !inlined
            || flags != FrameFlags::NONE
            || !(expanded || matches!(kind, Continuation::Store | Continuation::Iter))
        {
            return Err(Stop::Unsupported("an unusual frame"));
        }
        let code = code_of(frame);
        let plain = code.flags & coflags::GENERATOR != 0;
        if !plain {
            self.guard_no_origin();
        }
        let func = self.slot(FUNC_SLOT)?;
        let func = self.b.as_ptr(func);
        // SAFETY: the frame is at an instruction, and others follow.
        let behind = unsafe { (*frame).pc.add(1) } as i64;
        let behind = self.b.int_const(behind);
        let g = match self.functions.get(&func) {
            // Nobody sees the function: it need not be made.
            Some([code, globals]) if plain => {
                let (helper, all) = (self.env.h.new_generator_of, [*code, *globals, behind]);
                self.b.call(helper, &all)
            }
            _ if plain => self.b.call(self.env.h.new_generator, &[func, behind]),
            _ => self.b.call(self.env.h.new_coroutine, &[func, behind]),
        };
        let g = g.ok_or(Stop::Abort("no result"))?;
        // What the helper has set, for those who read it again.
        let created = self.b.int_const(i64::from(state::CREATED as u8));
        self.b.store(g, created, STATE);
        self.b.store(g, behind, PC);
        for (r, id) in self.b.slots() {
            if r < FUNC_SLOT {
                let v = self.b.as_value(id);
                self.b.store(g, v, register(r));
            }
        }
        // SAFETY: the caller's frame is at an instruction.
        let called = Instr(unsafe { *(*caller).pc });
        let mut window = Vec::new();
        if expanded {
            window = self.window(self.b.depth() - 2, called);
        }
        self.deliver(caller, Some(g), &[])?;
        if expanded {
            self.leave_window(&window, u32::from(called.c()));
        }
        self.meet_after_inlined();
        Ok(Next::Done)
    }
    /// Leaves if coroutines are to remember where they were made.
    fn guard_no_origin(&mut self) {
        let current = self
            .b
            .int_const(&raw const pyrs_object::thread::CURRENT as i64);
        let ts = self.b.load(current, mem(0, MemType::I64, Alias::OTHER));
        let at =
            offset_of!(ThreadState, c) + offset_of!(PyThreadState, coroutine_origin_tracking_depth);
        let depth = self.b.load(ts, mem(at, MemType::I32, Alias::OTHER));
        self.b.guard(Op::GuardIEq, &[depth], Imm::Int(0));
    }

    /// `YIELD`.
    pub(crate) fn yield_value(&mut self, i: Instr) -> Res<Next> {
        let chain = self.suspended_frames()?;
        let v = self.operand(i.b())?;
        self.b.prepare_flush();
        if i.d() & KILL_B != 0 && (i.b() as i16) >= 0 {
            self.moved(u32::from(i.b()));
        }
        self.suspend(chain, v)
    }
    /// `YIELD_FROM` over a list, a tuple or a range: the frame yields the items itself.
    fn yield_items(&mut self, i: Instr, it: Value) -> Res<Next> {
        let chain = self.suspended_frames()?;
        let (frame, pc) = (self.frame(), self.pc());
        let p = self.object(i.b())?;
        let source = self.source(p, it)?;
        if source.has_more {
            self.b.guard(Op::GuardTrue, &[source.more], Imm::None);
            let v = self.take(&source)?;
            self.b.prepare_flush();
            self.advance(&source);
            self.moved(u32::from(i.c()));
            return self.suspend(chain, v);
        }
        self.b.guard(Op::GuardFalse, &[source.more], Imm::None);
        let it = self.b.as_value(p);
        self.b.call(self.env.h.iter_finish, &[it]);
        for r in [i.b(), i.c()] {
            let old = self.reg_value(u32::from(r));
            self.drop_slot(u32::from(r), old);
        }
        let none = self.b.value_const(self.env.statics.none_object);
        self.set(i.a(), none);
        self.b.set_pc(pc + 1);
        self.step()?;
        self.expect(frame, pc + 1)?;
        Ok(Next::Done)
    }
    /// The running frame yields `v`, through those that delegate to it: `chain` frames are suspended.
    fn suspend(&mut self, chain: usize, v: ValueId) -> Res<Next> {
        let mut frame = self.frame();
        let first = self.b.depth() - chain;
        let mut frames = Vec::new();
        for k in (first..self.b.depth()).rev() {
            frames.push((k, frame));
            // SAFETY: the frames of the builder are those of the interpreter.
            frame = unsafe { (*frame).prev };
        }
        for &(k, f) in &frames {
            self.empty_stale(k)?;
            for (r, held) in self.b.stale(k) {
                let id = self.b.get_in(k, r);
                if id.is_some() && self.is_dead(f, r, id, held) {
                    self.b.rename(k, r, None);
                }
            }
        }
        let last = frames.last().map_or(frame, |f| f.1);
        // SAFETY: as above.
        let to = unsafe { (*last).result_register };
        for &(_, f) in &frames {
            // SAFETY: a frame of the chain and its caller, which is at the instruction that resumed it.
            let (at, by) = unsafe { ((*f).pc, Instr(*(*(*f).prev).pc)) };
            self.b.park(holder(by), at as u64);
            self.meet_after_inlined();
        }
        self.ahead = chain;
        // FOR_ITER (two words) and the JUMP for exhaustion.
        // SAFETY: as above.
        let next = code_of(frame).index_of(unsafe { (*frame).pc }) + 3;
        self.b.set_pc(next);
        self.set_in(frame, u32::from(to), v);
        self.ahead = 0;
        self.step()?;
        self.expect(frame, next)?;
        Ok(Next::Done)
    }

    /// How many frames a `yield` of the running one suspends: itself and those that delegate to it.
    fn suspended_frames(&self) -> Res<usize> {
        let mut frame = self.frame();
        for n in 1..self.b.depth() {
            // SAFETY: the frames of the builder are those of the interpreter.
            let (flags, kind, caller) =
                unsafe { ((*frame).flags, Continuation::of(&*frame), (*frame).prev) };
            if flags != FrameFlags::GENERATOR {
                break;
            }
            match kind {
                Continuation::ForIter => return Ok(n),
                Continuation::YieldFrom => frame = caller,
                _ => break,
            }
        }
        Err(Stop::Unsupported(crate::YIELD_ELSEWHERE))
    }

    /// `RETURN` of an inlined generator.
    pub(crate) fn end_generator(&mut self, i: Instr) -> Res<Next> {
        let frame = self.frame();
        // SAFETY: the running frame and its caller.
        let (flags, kind, caller) =
            unsafe { ((*frame).flags, Continuation::of(&*frame), (*frame).prev) };
        let delegated = match kind {
            Continuation::ForIter => false,
            Continuation::YieldFrom => true,
            _ => return Err(Stop::Unsupported("an unusual return")),
        };
        if flags != FrameFlags::GENERATOR {
            return Err(Stop::Unsupported("an unusual frame"));
        }
        let v = self.operand(i.a())?;
        let value = self.value(i.a());
        if i.d() & KILL_A != 0 && (i.a() as i16) >= 0 {
            self.moved(u32::from(i.a()));
        }
        let top = self.b.depth() - 1;
        // The references that registers hold are dropped in their order.
        for (r, held) in self.b.stale(top) {
            if let Some(id) = self.b.get(r)
                && self.b.ty(id).is_ref()
                && !self.b.is_const(id)
            {
                self.write_register(top, r, held);
            }
        }
        let p = self.generator_of(top)?;
        self.b.call(self.env.h.end_generator, &[p]);
        self.b.drop_frame();
        self.meet_after_inlined();
        self.ahead = 1;
        // SAFETY: the caller is at the instruction that resumed the generator.
        let (by, at) = unsafe { (Instr(*(*caller).pc), code_of(caller).index_of((*caller).pc)) };
        let next = if delegated {
            let registers = Frame::registers;
            for r in [by.b(), by.c()] {
                // SAFETY: a register of the caller.
                let old = unsafe { *registers(caller).add(r as usize) };
                self.drop_slot(u32::from(r), old);
            }
            self.set_in(caller, u32::from(by.a()), v);
            at + 1
        } else {
            if self.has_destructor(value) {
                self.b.release(v);
            }
            self.moved(u32::from(by.a()));
            at + 2
        };
        self.b.set_pc(next);
        self.ahead = 0;
        self.step()?;
        self.expect(caller, next)?;
        Ok(Next::Done)
    }

    /// Sets a register of the builder's innermost frame, which is `frame` and not running yet.
    fn set_in(&mut self, frame: *mut Frame, r: u32, id: ValueId) {
        let id = if self.b.ty(id) == T::Bool {
            self.b.as_value(id)
        } else {
            id
        };
        // SAFETY: a register of the frame.
        let old_value = unsafe { *Frame::registers(frame).add(r as usize) };
        let old = self.b.get(r);
        self.b.set(r, id);
        if let Some(o) = old
            && o != id
            && self.has_destructor(old_value)
            && !self.held_elsewhere(o, r)
        {
            self.give_up(r, o);
        }
    }

    // ---- registers ------------------------------------------------------------------------------------------

    /// The generator whose frame is the builder's at that depth.
    fn generator_of(&mut self, k: usize) -> Res<ValueId> {
        let caller = self.interpreter_frame(k - 1);
        // SAFETY: the caller is at the instruction that resumed the generator.
        let by = Instr(unsafe { *(*caller).pc });
        let id = self
            .b
            .get_in(k - 1, holder(by))
            .ok_or(Stop::Abort("a generator that nobody holds"))?;
        Ok(match self.b.ty(id) {
            T::Boxed => self.b.op(Op::AsPtr, &[id]),
            _ => id,
        })
    }
    /// The interpreter's frame that the builder's at that depth stands for.
    pub(crate) fn interpreter_frame(&self, k: usize) -> *mut Frame {
        let mut frame = self.frame();
        for _ in k + 1..self.b.depth() + self.ahead {
            // SAFETY: the frames of the builder are those of the interpreter.
            frame = unsafe { (*frame).prev };
        }
        frame
    }
    /// Whether a temporary that nobody reads again holds something that needs no release.
    fn is_dead(&self, frame: *mut Frame, r: u32, id: Option<ValueId>, held: Held) -> bool {
        let code = code_of(frame);
        let uncounted = id.is_none_or(|v| self.b.is_const(v) || !self.b.ty(v).is_ref());
        if held == Held::Reference || r < code.first_temp || !uncounted {
            return false;
        }
        // SAFETY: a frame of the chain.
        let at = unsafe { (*frame).pc };
        // SAFETY: `pc` points at an instruction.
        let i = Instr(unsafe { *at });
        let after = match i.op() {
            Some(B::YIELD_FROM) => 0,
            Some(op) => 1 + u32::from(op.info().extra),
            None => return false,
        };
        i.op() == Some(B::YIELD) && u32::from(i.a()) == r
            || !scan::is_live(code, code.index_of(at) + after, r)
    }
    /// Memory gives up the references that the frame does not hold any more.
    fn empty_stale(&mut self, k: usize) -> Res {
        for (r, held) in self.b.stale(k) {
            if held == Held::Reference {
                let p = self.generator_of(k)?;
                let old = self.b.load(p, register(r));
                let empty = self.b.value_const(0);
                self.b.store(p, empty, register(r));
                self.b.emptied(k, r);
                self.b.emit(Op::Dec, &[old], Imm::None);
            }
        }
        Ok(())
    }
    fn write_register(&mut self, k: usize, r: u32, held: Held) {
        let Ok(p) = self.generator_of(k) else { return };
        let new = match self.b.get_in(k, r) {
            Some(id) => self.b.as_value(id),
            None => self.b.value_const(0),
        };
        let old = (held == Held::Reference).then(|| self.b.load(p, register(r)));
        self.b.store(p, new, register(r));
        self.b.stored(k, r);
        if let Some(old) = old {
            self.b.emit(Op::Dec, &[old], Imm::None);
        }
    }
    /// A register that held `v`, whose destructor may be noticed, has given it up: memory must, too.
    pub(crate) fn give_up(&mut self, r: u32, v: ValueId) {
        let top = self.b.depth() - 1;
        let held = self.b.stale(top).into_iter().find(|s| s.0 == r);
        if let Some((_, Held::Reference)) = held
            && let Ok(p) = self.generator_of(top)
        {
            let old = self.b.load(p, register(r));
            let empty = self.b.value_const(0);
            self.b.store(p, empty, register(r));
            self.b.emptied(top, r);
            self.b.emit(Op::Dec, &[old], Imm::None);
        }
        self.b.release(v);
    }
    /// Memory gets what it lacks before an instruction that uses the generator otherwise than by going on with it, or ends
    /// the frame that holds it.
    pub(crate) fn show_parked(&mut self) {
        let registers = self.b.parked_registers();
        if registers.is_empty() {
            return;
        }
        let i = self.instr();
        let resumes = match i.op().map(B::family) {
            Some(B::FOR_ITER | B::YIELD_FROM) => Some(holder(i)),
            _ => None,
        };
        let ends = i.op().is_none_or(|op| {
            op.info().flags & flags::END != 0 && op.info().flags & flags::JUMP == 0
        });
        let uses = |r: &u32| Some(*r) != resumes && scan::mentions(i, *r);
        if ends || registers.iter().any(uses) {
            self.b.flush(Some(self.b.depth() - 1));
        }
    }
    /// Paths meet: registers of generators' frames are parameters as others are, and memory has none of the references that
    /// they have replaced. Where generators are in too many states, memory gets all they hold; what may be references is
    /// read from there again behind the meeting ([`Recorder::read_back`]).
    pub(crate) fn before_meeting(&mut self, header: bool) -> Res {
        for k in 1..self.b.depth() {
            self.empty_stale(k)?;
        }
        self.b.unify_numbers();
        let limit = if header { MAX_LOOP_STATES } else { MAX_STATES };
        if !self.b.is_crowded(self.pc_ptr() as u64, limit) {
            return Ok(());
        }
        self.b.flush(None);
        for k in 1..self.b.depth() {
            if !self.b.is_generator(k) {
                continue;
            }
            for (r, _) in self.b.stale(k) {
                if let Some(id) = self.b.get_in(k, r)
                    && self.b.ty(id).is_ref()
                {
                    self.b.as_value(id);
                }
            }
            for (r, held) in self.b.stale(k) {
                let id = self.b.get_in(k, r);
                if id.is_some_and(|v| self.b.ty(v).is_ref()) {
                    self.write_register(k, r, held);
                }
            }
        }
        for k in 1..self.b.depth() {
            if !self.b.is_generator(k) {
                continue;
            }
            for (r, id) in self.b.slots_in(k) {
                if !matches!(self.b.ty(id), T::I64 | T::F64) {
                    self.b.rename(k, r, None);
                }
            }
        }
        Ok(())
    }
    /// Reads registers of inlined generators that have no value in the builder.
    pub(crate) fn read_back(&mut self) -> Res {
        for k in 1..self.b.depth() {
            if !self.b.is_generator(k) {
                continue;
            }
            let frame = self.interpreter_frame(k);
            let stale = self.b.stale(k);
            let p = self.generator_of(k)?;
            // SAFETY: a frame of the chain.
            let at = code_of(frame).index_of(unsafe { (*frame).pc });
            for r in present(frame, at) {
                if self.b.get_in(k, r).is_none() && stale.iter().all(|s| s.0 != r) {
                    let id = self.b.load(p, register(r));
                    self.b.rename(k, r, Some(id));
                }
            }
        }
        for path in self.b.parked() {
            let frame = self.parked_frame(&path);
            let held = self.b.held_parked(&path);
            let (owner, by) = (&path[..path.len() - 1], path[path.len() - 1]);
            let p = self
                .b
                .get_parked(owner, by)
                .ok_or(Stop::Abort("a generator that nobody holds"))?;
            let p = match self.b.ty(p) {
                T::Boxed => self.b.op(Op::AsPtr, &[p]),
                _ => p,
            };
            for r in present(frame, goes_on_at(frame, true)) {
                if self.b.get_parked(&path, r).is_none()
                    && held.get(r as usize) == Some(&Held::Same)
                {
                    let id = self.b.load(p, register(r));
                    self.b.rename_parked(&path, r, id);
                }
            }
        }
        Ok(())
    }
    /// The interpreter's frame that a parked one of the builder stands for.
    fn parked_frame(&self, path: &[u32]) -> *mut Frame {
        let mut frame = self.interpreter_frame(path[0] as usize);
        for r in &path[1..] {
            // SAFETY: the register holds the generator.
            frame = unsafe { generator::frame_of(*Frame::registers(frame).add(*r as usize)) };
        }
        frame
    }
}

/// The register of the generator that an instruction goes on with.
fn holder(by: Instr) -> u32 {
    u32::from(if by.op() == Some(B::YIELD_FROM) {
        by.b()
    } else {
        by.a()
    })
}
/// Where the frame of a generator that does not run goes on.
fn goes_on_at(frame: *mut Frame, suspended: bool) -> u32 {
    // SAFETY: a frame's `pc` points at an instruction of its code.
    let (at, stopped) = unsafe {
        let at = (*frame).pc;
        (code_of(frame).index_of(at), Instr(*at))
    };
    match stopped.op() {
        Some(op) if suspended && op != B::YIELD_FROM => at + 1 + u32::from(op.info().extra),
        _ => at,
    }
}

/// Registers of a generator's frame that hold something, if it goes on at `pc`. Locals may; temporaries do wherever the
/// frame is at that instruction, or never.
fn present(frame: *mut Frame, pc: u32) -> Vec<u32> {
    let code = code_of(frame);
    // SAFETY: the frame has that many registers.
    let value = |r: u32| unsafe { *Frame::registers(frame).add(r as usize) };
    (0..code.registers)
        .filter(|r| {
            let v = value(*r);
            *r < code.first_temp
                || !v.is_empty() && (!v.is_immediate() || scan::is_live(code, pc, *r))
        })
        .collect()
}

fn state_of(v: Value) -> i8 {
    // SAFETY: a live generator.
    unsafe { (*generator::object(v)).gi_frame_state }
}

/// Makes the generator of a call of `func`, which stands behind its `RETURN_GENERATOR` at `pc`.
pub(crate) extern "C" fn new(func: *mut PyObject, pc: *const u64) -> *mut PyObject {
    // SAFETY: called by compiled code, which knows the function's body.
    unsafe { generator::create(Value::from_object(func), pc).into_ptr() }
}

/// As [`new`], for a function that was not made: one of this code and globals, named as its code is.
pub(crate) extern "C" fn new_of(
    code: *mut PyObject,
    globals: *mut PyObject,
    pc: *const u64,
) -> *mut PyObject {
    let (code, globals) = (Value::from_object(code), Value::from_object(globals));
    // SAFETY: called by compiled code, which knows the body.
    unsafe {
        if crate::helpers::builtins_of(globals).value() == pyrs_vm::builtins_dict() {
            return generator::create_unnamed(code, globals, pc).into_ptr();
        }
        generator::create(crate::helpers::function_of(code, globals).value(), pc).into_ptr()
    }
}

/// Ends a generator that compiled code has run to its end.
pub(crate) extern "C" fn end(p: *mut PyObject) {
    // SAFETY: called by compiled code with a generator that it has resumed.
    unsafe { generator::end_inlined(Value::from_object(p)) }
}

pub(crate) extern "C" fn box_int(n: i64) -> u64 {
    pyrs_object::Ref::int(n).into_value().bits()
}
pub(crate) extern "C" fn box_float(x: f64) -> u64 {
    pyrs_object::Ref::float(x).into_value().bits()
}
