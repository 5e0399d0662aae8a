//! Exceptions that are raised and handled in a region: the handler is found while recording; a helper makes the traceback, and
//! leaves the frames in between ([`unwind_inlined`]).

use crate::calls::is_expanded;
use crate::{
    After, EXC_SLOT, FUNC_SLOT, INIT_SLOT, Next, Recorder, Res, Stop, class_of, code_of, mem,
};
use pyrs_bytecode::{Instr, KILL_A, KILL_B};
use pyrs_jit_ir::context::{JitContext, MAX_ARGUMENT_REGISTERS, offsets};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Alias, MemType, ValueId};
use pyrs_object::layout::{Frame, FrameFlags, tpflags};
use pyrs_object::{Ref, Type, Value, ValueExt, exceptions};
use pyrs_vm::frames::Continuation;
use pyrs_vm::interp::{self, Exit, Raises, Unwinding};

impl Recorder<'_> {
    /// `with` an object whose `__enter__` and `__exit__` are builtin methods: a lock, a file.
    pub(crate) fn enter_native(&mut self, i: Instr, v: Value) -> Res<Option<Next>> {
        let method = |name| {
            pyrs_object::typeobject::lookup(v.ty(), name)
                .filter(|f| f.is_exact(pyrs_object::ty!(pyrs_object::descr::PyMethodDescr_Type)))
        };
        let (Some(enter), Some(exit)) = (
            method(pyrs_object::intern!("__enter__")),
            method(pyrs_object::intern!("__exit__")),
        ) else {
            return Ok(None);
        };
        if self.looks_at_frames(enter) || self.looks_at_frames(exit) {
            return Ok(None);
        }
        let manager = self.instance_of(i.b())?;
        let (enter, exit) = (self.const_value(enter), self.const_value(exit));
        let slf = self.b.as_value(manager);
        let entered = self
            .b
            .call(self.env.h.call_object[1], &[enter, slf])
            .ok_or(Stop::Abort("no result"))?;
        let pc = self.pc();
        if i.d() & KILL_B != 0 && (i.b() as i16) >= 0 {
            self.moved(u32::from(i.b()));
        }
        self.set(i.a(), exit);
        self.set(i.a() + 1, slf);
        self.set(i.a() + 2, entered);
        self.b.set_pc(pc + self.length());
        Ok(Some(Next::Fall))
    }
    /// `RAISE`.
    pub(crate) fn raise(&mut self, i: Instr) -> Res<Next> {
        if let Some(next) = self.ends_a_loop(i)? {
            return Ok(next);
        }
        let mut given = Vec::new();
        let raises = match i.d() & 3 {
            1 => Raises::Value,
            2 => Raises::ValueFrom,
            _ => return Err(Stop::Unsupported("a bare raise")),
        };
        given.push(self.boxed(i.a())?);
        if raises == Raises::ValueFrom {
            given.push(self.boxed(i.b())?);
        }
        let kills = [(KILL_A, i.a()), (KILL_B, i.b())].map(|(bit, field)| {
            (i.d() & bit != 0 && (field as i16) >= 0).then_some(u32::from(field))
        });
        self.unwind(raises, given, &kills)?;
        Ok(Next::Done)
    }
    /// `raise StopIteration` in an inlined `__next__`, or in the function of a `map`, is the end of its caller's loop.
    fn ends_a_loop(&mut self, i: Instr) -> Res<Option<Next>> {
        let value = self.value(i.a());
        let stop = pyrs_object::exceptions::StopIteration;
        let (frame, depth) = (self.frame(), self.b.depth());
        if i.d() & 3 != 1 || depth == 1 || value != stop.value() && !value.is_exact(stop) {
            return Ok(None);
        }
        // SAFETY: the running frame.
        let (flags, kind, caller) =
            unsafe { ((*frame).flags, Continuation::of(&*frame), (*frame).prev) };
        if kind != Continuation::Next
            || flags != FrameFlags::NONE
            || self.b.is_generator(depth - 1)
            || code_of(frame).handler(self.pc()).is_some()
        {
            return Ok(None);
        }
        let id = self.boxed(i.a())?;
        if value == stop.value() {
            self.guard_is(id, value)?;
        } else {
            self.object_of(id, class_of(value))?;
        }
        // SAFETY: the caller's frame is live and at `FOR_ITER`.
        let (at, iterator) = unsafe {
            let pc = (*caller).pc;
            (code_of(caller).index_of(pc), Instr(*pc).a())
        };
        let mut gone = Vec::new();
        for (r, id) in self.b.slots() {
            if r < FUNC_SLOT && self.has_destructor(self.reg_value(r)) {
                gone.push(id);
            }
        }
        // SAFETY: a register of the caller.
        let it = unsafe { *Frame::registers(caller).add(iterator as usize) };
        self.step()?;
        self.expect(caller, at + 2)?;
        for (r, _) in self.b.slots() {
            self.b.forget(r);
        }
        for id in gone {
            self.b.release(id);
        }
        self.b.drop_frame();
        self.drop_slot(u32::from(iterator), it);
        self.b.set_pc(at + 2);
        self.meet_after_inlined();
        Ok(Some(Next::Done))
    }
    /// `RERAISE`.
    pub(crate) fn reraise(&mut self, i: Instr) -> Res<Next> {
        let exc = self.boxed(i.a())?;
        self.unwind(Raises::Again, vec![exc], &[Some(u32::from(i.a()))])?;
        Ok(Next::Done)
    }
    /// The path starts with an exception that is set: goes on at its handler. Says how the interpreter goes on if there is none
    /// in the region.
    ///
    /// # Safety
    /// As [`Recorder::run`].
    pub unsafe fn start_raising(&mut self) -> Result<(), After> {
        self.b.set_pc(self.pc());
        self.b.flush_staying();
        match self.unwind(Raises::Pending, Vec::new(), &[]) {
            Ok(()) => Ok(()),
            Err(Stop::Unsupported(_)) => Err(After::Raise),
            Err(Stop::Left(exit)) => Err(After::Left(exit)),
            Err(_) => Err(After::Resume),
        }
    }

    /// Goes to the handler. Nothing was done if this fails with `Unsupported`.
    fn unwind(&mut self, raises: Raises, given: Vec<ValueId>, taken: &[Option<u32>]) -> Res {
        let depth = self.b.depth();
        let top = self.frame();
        // Where the handler is.
        let (mut frame, mut at) = (top, depth - 1);
        let entry = loop {
            // SAFETY: the frames of the builder are those of the interpreter.
            let (flags, kind, caller) =
                unsafe { ((*frame).flags, Continuation::of(&*frame), (*frame).prev) };
            let plain = FrameFlags::NONE
                .with(FrameFlags::HAS_LOCALS)
                .with(FrameFlags::ENTRY)
                .with(FrameFlags::HIDDEN);
            if self.b.is_generator(at) {
                return Err(Stop::Unsupported("an exception in a generator"));
            }
            let code = code_of(frame);
            // SAFETY: as above.
            let pc = code.index_of(unsafe { (*frame).pc });
            if let Some(entry) = code.handler(pc) {
                break *entry;
            }
            if flags.without(plain) != FrameFlags::NONE
                || at == 0
                || !(matches!(kind, Continuation::Store | Continuation::Init)
                    || kind == Continuation::Finish && is_expanded(caller))
            {
                return Err(Stop::Unsupported("an exception that is not handled here"));
            }
            frame = caller;
            at -= 1;
        };
        let handling = frame;
        // SAFETY: as above.
        if unsafe { (*handling).flags.has(FrameFlags::TRACED) } {
            return Err(Stop::Unsupported("a traced frame"));
        }
        let entered = at == 0 && !self.function;
        let mut frames = self.frames_of_region();
        frames.drain(..at);
        let mut values = given;
        let mut inputs = Vec::new();
        for k in at..depth {
            let registers = if k == at && entered {
                Vec::new()
            } else {
                self.b.slots_in(k)
            };
            let mut named = Vec::new();
            for (r, id) in registers {
                let gone = k == depth - 1 && taken.contains(&Some(r));
                // Of the handler's frame only what its frame object shows.
                let hidden = k == at && r >= code_of(handling).first_temp;
                if r < FUNC_SLOT && !gone && !hidden {
                    values.push(self.b.as_value(id));
                    named.push(r);
                }
            }
            inputs.push(named.into_boxed_slice());
        }
        if values.len() > MAX_ARGUMENT_REGISTERS {
            return Err(Stop::Unsupported("many registers"));
        }
        let unwinding = Box::new(Unwinding {
            frames: frames.into(),
            inputs: inputs.into(),
            entered,
            raises,
        });
        let address = std::ptr::from_ref(&*unwinding) as i64;
        self.unwindings.push(unwinding);
        let context = self.b.op(Op::ContextBase, &[]);
        for (n, v) in values.into_iter().enumerate() {
            let m = mem(
                offsets::ARGUMENTS as usize + 8 * n,
                MemType::Boxed,
                Alias::ARGUMENTS,
            );
            self.b.store(context, v, m);
        }
        // No instruction that may leave until the frames are those of the handler.
        let address = self.b.int_const(address);
        let exc = self
            .b
            .call(self.env.h.unwind, &[address])
            .ok_or(Stop::Abort("no result"))?;
        for _ in at..depth - 1 {
            if let Some(instance) = self.b.get(INIT_SLOT) {
                self.b.release(instance);
            }
            self.b.drop_frame();
            self.inlined.pop();
        }
        let first = u32::from(entry.depth);
        for (r, _) in self.b.slots() {
            if r >= first && r < FUNC_SLOT {
                // SAFETY: a register of the frame.
                let old = unsafe { *Frame::registers(handling).add(r as usize) };
                self.drop_slot(r, old);
            }
        }
        self.b.set(first, exc);
        self.shown |= entered;
        self.told = (!entered).then_some((at + 1, first));
        if at > 0 {
            self.b.set(EXC_SLOT, exc);
        }
        self.b.set_pc(entry.target);
        // SAFETY: the interpreter is at the raising instruction, or an exception is set there.
        let exit = unsafe {
            match raises {
                Raises::Pending => interp::step_raising(self.ts),
                _ => interp::step(self.ts),
            }
        };
        if !matches!(exit, Exit::Stepped) {
            return Err(Stop::Left(exit));
        }
        self.expect(handling, entry.target)
    }

    /// `PUSH_EXC`.
    pub(crate) fn push_exc(&mut self, i: Instr) -> Res<Next> {
        self.refuse_in_generators()?;
        let exc = self.boxed(i.a())?;
        let old = self
            .b
            .call(self.env.h.push_handled, &[exc])
            .ok_or(Stop::Abort("no result"))?;
        let pc = self.pc();
        self.set(i.a() + 1, old);
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }
    /// `POP_EXCEPT`.
    pub(crate) fn pop_except(&mut self, i: Instr) -> Res<Next> {
        self.refuse_in_generators()?;
        let old = self.slot(u32::from(i.a()) + 1)?;
        let old = self.b.as_value(old);
        let pc = self.pc();
        let exc = self.reg_value(u32::from(i.a()));
        self.moved(u32::from(i.a()) + 1);
        self.b.call(self.env.h.pop_handled, &[old]);
        if self.told.is_some_and(|(depth, _)| depth == self.b.depth()) {
            self.told = None;
        }
        self.b.forget(EXC_SLOT);
        self.drop_slot(u32::from(i.a()), exc);
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }
    /// The handled exception of a generator is kept in it, which is not linked in while compiled code runs it.
    fn refuse_in_generators(&self) -> Res {
        if (1..self.b.depth()).any(|k| self.b.is_generator(k)) {
            return Err(Stop::Unsupported("a handler in a generator"));
        }
        Ok(())
    }
    /// `EXC_MATCH_JUMP`.
    pub(crate) fn match_exception(&mut self, i: Instr) -> Res<Next> {
        let (exc, class) = (self.value(i.a()), self.value(i.b()));
        let pc = self.pc();
        let target = (pc + 2).wrapping_add_signed(self.extra(0) as u32 as i32);
        let simple = Type::from_value(class).is_some_and(|t| t.has(tpflags::BASE_EXC_SUBCLASS));
        let cond = if simple && exc.is_object() {
            let id = self.operand(i.b())?;
            self.guard_is(id, class)?;
            self.object(i.a())?;
            let t = exc.ty();
            if t.is_heap() {
                self.guard_version(t);
            }
            self.bool_const(exceptions::given_matches(exc, class))
        } else {
            let (e, c) = (self.boxed(i.a())?, self.boxed(i.b())?);
            self.b
                .call(self.env.h.matches_clause, &[e, c])
                .ok_or(Stop::Abort("no result"))?
        };
        self.kill(i);
        self.branch(cond, pc + 2, target)
    }
}

/// See [`Recorder::unwind`].
pub(crate) unsafe extern "C" fn unwind(context: *mut JitContext, unwinding: u64) -> u64 {
    // SAFETY: called by compiled code, which keeps the description alive, with as many owned values as it says.
    unsafe {
        let unwinding = &*(unwinding as *const Unwinding);
        // Other compiled code may use the context meanwhile.
        let given = match unwinding.raises {
            Raises::Pending => 0,
            Raises::Value | Raises::Again => 1,
            Raises::ValueFrom => 2,
        };
        let n = given + unwinding.inputs.iter().map(|r| r.len()).sum::<usize>();
        let values: smallvec::SmallVec<[Value; 16]> = (&(*context).arguments)[..n]
            .iter()
            .map(|bits| Value::from_bits(*bits))
            .collect();
        interp::unwind_inlined(pyrs_object::thread::current(), unwinding, values.as_ptr())
            .into_value()
            .bits()
    }
}
/// The frame object that the traceback of `exc` starts with, if it is one of `code` whose frame has no memory of its own while
/// compiled code stands for it, is at `pc` now.
pub(crate) extern "C" fn tell(exc: u64, code: u64, pc: u64) {
    use pyrs_object::layout::{PyBaseExceptionObject, PyTracebackObject, tpflags};
    let exc = Value::from_bits(exc);
    if !exc.is_object() || !exc.ty().has(tpflags::BASE_EXC_SUBCLASS) {
        return;
    }
    // SAFETY: an exception, its traceback and that one's frame, with the GIL held.
    unsafe {
        let tb = (*exc.as_ptr().cast::<PyBaseExceptionObject>()).traceback;
        if tb.is_null() || (*tb).ob_type != (&raw mut pyrs_object::traceback::PyTraceBack_Type) {
            return;
        }
        let object = (*tb.cast::<PyTracebackObject>()).tb_frame;
        let frame = if object.is_null() {
            std::ptr::null_mut()
        } else {
            (*object).f_frame.cast::<Frame>()
        };
        if !frame.is_null() && (*frame).code as u64 == code && (*frame).frame_obj.is_null() {
            (*frame).pc = pc as *const u64;
        }
    }
}
pub(crate) extern "C" fn push_handled(exc: u64) -> u64 {
    // SAFETY: with the GIL held.
    unsafe {
        let exc = Ref::new(Value::from_bits(exc));
        interp::push_handled(pyrs_object::thread::current(), exc)
            .into_value()
            .bits()
    }
}
pub(crate) extern "C" fn pop_handled(old: u64) {
    // SAFETY: the compiled code gives the reference up.
    unsafe {
        let old = Ref::from_owned(Value::from_bits(old));
        interp::pop_handled(pyrs_object::thread::current(), old);
    }
}
pub(crate) extern "C" fn matches_clause(exc: u64, class: u64) -> u8 {
    interp::matches_clause(Value::from_bits(exc), Value::from_bits(class)).map_or(2, u8::from)
}
