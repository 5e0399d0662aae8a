//! The interpreter loop.
//!
//! One `run` call executes frames until the frame it was entered with returns, yields or raises. Python-to-Python
//! calls push a heap frame and stay in the loop; native recursion happens only when native code calls back. Slow
//! paths live in the sibling files and answer with [`Flow`].

mod attr;
mod binary;
mod bind;
mod build;
mod cache;
pub(crate) mod call;
mod compare;
mod except;
mod imports;
mod iter;
mod matching;
mod names;
mod new;
mod single;
mod subscr;

use crate::code::{self, Code};
use crate::frames::{self, Continuation};
use crate::generator;
use pyrs_bytecode::{
    CALL_METHOD_FLAG, CMP_MASK, FALL_KILL, INVERTED, Instr, KILL_A, KILL_B, KILL_C, Op,
    RERAISE_IN_PLACE, SENSE,
};
use pyrs_object::layout::*;
use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{CmpOp, PyResult, Raised, Ref, Value, ValueExt, errors, heap, ops, raise, ty};

pub use attr::{classes_seen, descriptor_getter, descriptor_setter, is_hooked};
pub use binary::{
    OperatorMethod, is_extension_operator, is_native_operator, operator_method, unary_method,
};
pub use bind::bind_native_call;
pub use cache::slot_offset;
pub(crate) use call::deliver;
pub use call::{MADE_INSTANCE, call_function, call_method_of, exec_code, run_class_body};
pub use compare::contains_method;
pub(crate) use except::checked_instance;
pub use except::{add_traceback, matches_clause, pop_handled, push_handled};
pub(crate) use iter::get_iter;
pub use iter::{iter_method_of, mapping, next_method_of};
pub use new::{MADE_BY_NEW, needs_no_init, new_method_of};
pub use single::{Raises, Single, SingleFrame, Unwinding, execute_single, unwind_inlined};
pub use subscr::{missing_method, store_method, stores_as_dict, subscript_method};

/// How `run` left its entry frame.
pub enum Exit {
    Returned(Ref),
    Yielded(Ref),
    Raised(Raised),
    /// One instruction was executed ([`step`] only).
    Stepped,
}

/// What the loop does after a slow path.
pub(crate) enum Flow {
    /// The instruction is done: go on behind it.
    Next,
    /// The running frame or its `pc` changed: load them anew (the new `pc` is where to go on).
    Reload,
    /// The frame of a Python function was pushed: as `Reload`, but the JIT may have code for it.
    Call,
    /// An exception is set.
    Raise(Raised),
    /// The entry frame is left.
    Exit(Exit),
}

impl From<PyResult<()>> for Flow {
    #[inline(always)]
    fn from(r: PyResult<()>) -> Flow {
        match r {
            Ok(()) => Flow::Next,
            Err(e) => Flow::Raise(e),
        }
    }
}

/// The running frame with what every slow path needs of it.
#[derive(Clone, Copy)]
pub(crate) struct Ctx {
    pub(crate) ts: *mut ThreadState,
    pub(crate) frame: *mut Frame,
}

impl Ctx {
    #[inline(always)]
    pub(crate) fn regs(self) -> *mut Value {
        // SAFETY: the running frame is live.
        unsafe { Frame::registers(self.frame) }
    }
    #[inline(always)]
    pub(crate) fn code(self) -> &'static Code {
        // SAFETY: the body outlives the frame.
        unsafe { &*(*self.frame).code.cast::<Code>() }
    }
    #[inline(always)]
    pub(crate) fn pc(self) -> *mut u64 {
        // SAFETY: the running frame is live; instruction words are writable.
        unsafe { (*self.frame).pc.cast_mut() }
    }
    #[inline(always)]
    pub(crate) fn instr(self) -> Instr {
        // SAFETY: `pc` points at an instruction.
        unsafe { code::instr((*self.frame).pc) }
    }
    /// An `R` operand (borrowed).
    #[inline(always)]
    pub(crate) fn operand(self, field: u16) -> Value {
        // SAFETY: the validator has checked operand fields.
        unsafe { operand(self.regs(), self.code().constants_end, field) }
    }
    /// An `R` operand, owned: moved out of the register if `kill`, else a new reference.
    #[inline(always)]
    pub(crate) fn take_operand(self, field: u16, kill: bool) -> Ref {
        if kill {
            self.take(field)
        } else {
            Ref::new(self.operand(field))
        }
    }
    #[inline(always)]
    pub(crate) fn reg(self, r: u16) -> Value {
        // SAFETY: the validator has checked registers.
        unsafe { *self.regs().add(r as usize) }
    }
    /// Moves the content of a register out.
    #[inline(always)]
    pub(crate) fn take(self, r: u16) -> Ref {
        // SAFETY: registers own their values.
        unsafe {
            let slot = self.regs().add(r as usize);
            let v = *slot;
            *slot = Value::EMPTY;
            Ref::from_owned(v)
        }
    }
    #[inline(always)]
    pub(crate) fn set(self, r: u16, v: Ref) {
        // SAFETY: registers own their values.
        unsafe { set_register(self.regs(), r, v) }
    }
    #[inline(always)]
    pub(crate) fn release(self, r: u16) {
        drop(self.take(r));
    }
    /// Releases killed operands of the given instruction.
    #[inline(always)]
    pub(crate) fn kill(self, i: Instr) {
        let d = i.d();
        if d & (KILL_A | KILL_B | KILL_C) != 0 {
            self.kill_cold(i);
        }
    }
    #[inline]
    fn kill_cold(self, i: Instr) {
        let d = i.d();
        if d & KILL_A != 0 {
            self.release(i.a());
        }
        if d & KILL_B != 0 {
            self.release(i.b());
        }
        if d & KILL_C != 0 {
            self.release(i.c());
        }
    }
    /// Sets `pc` behind the running instruction.
    #[inline(always)]
    pub(crate) fn advance(self) {
        // SAFETY: every instruction that does not end is followed by another.
        unsafe {
            let length = 1 + EXTRA[self.instr().op_byte() as usize] as usize;
            (*self.frame).pc = (*self.frame).pc.add(length);
        }
    }
    /// Sets `pc` to a jump target relative to the next instruction.
    #[inline(always)]
    pub(crate) fn jump(self, offset: i32) {
        self.advance();
        // SAFETY: the validator has checked jump targets.
        unsafe { (*self.frame).pc = (*self.frame).pc.offset(offset as isize) }
    }
    /// The `n`th extra word of the running instruction.
    #[inline(always)]
    pub(crate) fn extra(self, n: usize) -> *mut u64 {
        // SAFETY: the table says how many words follow.
        unsafe { self.pc().add(1 + n) }
    }
    /// Rewrites the op byte of the running instruction.
    #[inline]
    pub(crate) fn quicken(self, op: Op) {
        // SAFETY: instruction words are writable under the GIL.
        unsafe { *self.pc() = self.instr().with_op(op).0 }
    }
}

/// Extra words by opcode.
pub(crate) static EXTRA: [u8; 256] = {
    let mut table = [0; 256];
    let mut i = 0;
    while i < Op::COUNT {
        table[i] = Op::ALL[i].info().extra;
        i += 1;
    }
    table
};

/// # Safety
/// `field` was validated against the registers and constants.
#[inline(always)]
unsafe fn operand(regs: *mut Value, constants_end: *const Value, field: u16) -> Value {
    let index = field as i16 as isize;
    let base = if index < 0 {
        constants_end
    } else {
        regs.cast_const()
    };
    // SAFETY: by contract.
    unsafe { *base.offset(index) }
}

/// # Safety
/// `r` is a register of the frame.
#[inline(always)]
unsafe fn set_register(regs: *mut Value, r: u16, v: Ref) {
    // SAFETY: by contract; the old value is released after the new one is in place.
    unsafe {
        let slot = regs.add(r as usize);
        let old = *slot;
        *slot = v.into_value();
        heap::decref(old);
    }
}

/// Runs `ts.frame` (whose flags say ENTRY) until it is left. With `raise` the frame starts by raising the current
/// error at its `pc` (generator `throw`).
///
/// # Safety
/// `ts` is the current thread state and its frame is ready to run.
pub unsafe fn run(ts: *mut ThreadState, mut raise: bool) -> Exit {
    // SAFETY: by contract.
    unsafe {
        let frame = (*ts).c.frame;
        frames::begin_with(ts, frame);
        if !raise
            && crate::jit::enabled()
            && (*frame).pc.cast_mut() == (*(*frame).code.cast::<Code>()).instructions
            && !crate::trace::active(ts)
            && crate::jit::count_entry(frame)
        {
            match crate::jit::entry_hook(ts, frame) {
                Flow::Raise(_) => raise = true,
                Flow::Exit(exit) => return exit,
                _ => {}
            }
        }
        run_on(ts, raise)
    }
}

/// [`run`] that does not ask the JIT first.
///
/// # Safety
/// As there.
pub(crate) unsafe fn run_on(ts: *mut ThreadState, mut raise: bool) -> Exit {
    let mut entered = true;
    loop {
        // SAFETY: by contract.
        let exit = unsafe {
            if crate::trace::active(ts) {
                crate::trace::run(ts, entered, raise)
            } else {
                run_loop::<false>(ts, raise)
            }
        };
        // Either loop stops this way when tracing was switched.
        if !matches!(exit, Exit::Stepped) {
            return exit;
        }
        (entered, raise) = (false, false);
    }
}

/// [`step`] that starts by raising the current error at the running instruction.
///
/// # Safety
/// As [`run`].
pub unsafe fn step_raising(ts: *mut ThreadState) -> Exit {
    // SAFETY: by contract.
    unsafe { run_loop::<true>(ts, true) }
}

/// Executes one instruction of the running frame (unwinding included) and leaves `ts.frame` and its `pc` at the next
/// one. `Exit::Stepped` unless the entry frame was left. For the trace recorder.
///
/// # Safety
/// As [`run`].
pub unsafe fn step(ts: *mut ThreadState) -> Exit {
    // SAFETY: by contract.
    unsafe { run_loop::<true>(ts, false) }
}

unsafe fn run_loop<const STEP: bool>(ts: *mut ThreadState, raise: bool) -> Exit {
    // SAFETY: the loop keeps `frame`, `regs`, `consts` and `pc` in step with `ts.frame`; operands were validated
    // when the code object was made; registers own their values.
    unsafe {
        let mut frame = (*ts).c.frame;
        let mut regs = Frame::registers(frame);
        let mut consts = (*(*frame).code.cast::<Code>()).constants_end;
        let mut pc = (*frame).pc;
        let mut pending = raise;
        let mut stepped = false;

        'frames: loop {
            let raised: Raised = 'raise: {
                if pending {
                    pending = false;
                    if STEP {
                        stepped = true;
                    }
                    break 'raise Raised::assume_set();
                }
                loop {
                    let i = Instr(*pc);
                    (*frame).pc = pc;
                    if STEP {
                        if stepped {
                            return Exit::Stepped;
                        }
                        stepped = true;
                    }

                    macro_rules! ctx {
                        () => {
                            Ctx { ts, frame }
                        };
                    }
                    macro_rules! r {
                        ($field:ident) => {
                            operand(regs, consts, i.$field())
                        };
                    }
                    macro_rules! reg {
                        ($field:ident) => {
                            *regs.add(i.$field() as usize)
                        };
                    }
                    macro_rules! set {
                        ($field:ident, $v:expr) => {{
                            let v: Ref = $v;
                            set_register(regs, i.$field(), v);
                        }};
                    }
                    macro_rules! next {
                        ($n:expr) => {{
                            pc = pc.add($n);
                            continue;
                        }};
                    }
                    macro_rules! reload {
                        () => {{
                            frame = (*ts).c.frame;
                            regs = Frame::registers(frame);
                            consts = (*(*frame).code.cast::<Code>()).constants_end;
                            pc = (*frame).pc;
                            continue;
                        }};
                    }
                    macro_rules! flow {
                        ($n:expr, $e:expr) => {
                            match $e {
                                Flow::Next => next!($n),
                                Flow::Reload => reload!(),
                                Flow::Call => {
                                    let callee = (*ts).c.frame;
                                    if !STEP
                                        && crate::jit::enabled()
                                        && crate::jit::count_entry(callee)
                                    {
                                        match crate::jit::entry_hook(ts, callee) {
                                            Flow::Raise(e) => break 'raise e,
                                            Flow::Exit(exit) => return exit,
                                            _ => {}
                                        }
                                    }
                                    reload!()
                                }
                                Flow::Raise(e) => break 'raise e,
                                Flow::Exit(exit) => return exit,
                            }
                        };
                    }
                    macro_rules! ok {
                        ($e:expr) => {
                            match $e {
                                Ok(v) => v,
                                Err(e) => break 'raise e,
                            }
                        };
                    }
                    macro_rules! jump {
                        ($n:expr, $offset:expr) => {{
                            pc = pc.add($n).offset($offset as isize);
                            continue;
                        }};
                    }
                    // Int and float fast paths of a binary operator; anything else goes to the slow path.
                    macro_rules! arith {
                        ($op:ident, $x:ident $y:ident, $int:expr, $float:expr) => {{
                            let (b, c) = (r!(b), r!(c));
                            if b.is_int() && c.is_int() {
                                let ($x, $y) = (b.as_int_unchecked(), c.as_int_unchecked());
                                if let Some(v) = $int {
                                    set!(a, Ref::from_owned(v));
                                    next!(2);
                                }
                            } else if b.is_float() {
                                let $x = b.as_float_unchecked();
                                if c.is_float() {
                                    let $y = c.as_float_unchecked();
                                    if let Some(v) = Value::try_float($float) {
                                        set!(a, Ref::from_owned(v));
                                        next!(2);
                                    }
                                } else if c.is_int() {
                                    let $y = c.as_int_unchecked() as f64;
                                    if let Some(v) = Value::try_float($float) {
                                        set!(a, Ref::from_owned(v));
                                        next!(2);
                                    }
                                }
                            } else if b.is_int() && c.is_float() {
                                let ($x, $y) =
                                    (b.as_int_unchecked() as f64, c.as_float_unchecked());
                                if let Some(v) = Value::try_float($float) {
                                    set!(a, Ref::from_owned(v));
                                    next!(2);
                                }
                            }
                            flow!(2, binary::slow(ctx!(), ops::BinOp::$op))
                        }};
                    }
                    macro_rules! int_op {
                        ($op:ident, $x:ident $y:ident, $int:expr) => {{
                            let (b, c) = (r!(b), r!(c));
                            if b.is_int() && c.is_int() {
                                let ($x, $y) = (b.as_int_unchecked(), c.as_int_unchecked());
                                if let Some(v) = $int {
                                    set!(a, Ref::from_owned(v));
                                    next!(2);
                                }
                            }
                            flow!(2, binary::slow(ctx!(), ops::BinOp::$op))
                        }};
                    }

                    // An attribute that `$hit` finds by the cache.
                    macro_rules! cached_attr {
                        ($hit:expr) => {{
                            let v = r!(b);
                            if let Some(found) = $hit(v, pc) {
                                if i.d() & KILL_B != 0 {
                                    ctx!().release(i.b());
                                }
                                set!(a, found);
                                next!(5)
                            }
                            flow!(5, attr::load(ctx!()))
                        }};
                    }
                    // The same for a callable that is no method: the window's `self` stays empty.
                    macro_rules! cached_callable {
                        ($hit:expr) => {{
                            let v = r!(b);
                            if let Some(found) = $hit(v, pc) {
                                if i.d() & KILL_B != 0 {
                                    ctx!().release(i.b());
                                }
                                set!(a, found);
                                set_register(regs, i.a() + 1, Ref::from_owned(Value::EMPTY));
                                next!(5)
                            }
                            flow!(5, attr::load_method(ctx!()))
                        }};
                    }

                    // SAFETY: the validator has checked op bytes.
                    let op: Op = std::mem::transmute::<u8, Op>(i.op_byte());
                    match op {
                        Op::NOP => next!(1),
                        Op::MOVE => {
                            if i.d() & KILL_B != 0 {
                                let v = ctx!().take(i.b());
                                set!(a, v);
                            } else {
                                let v = r!(b);
                                set!(a, Ref::new(v));
                            }
                            next!(1)
                        }
                        Op::LOADK => {
                            let v = *consts.sub(i.wide() as usize + 1);
                            set!(a, Ref::new(v));
                            next!(1)
                        }
                        Op::CHECK_LOCAL => {
                            if reg!(a).is_empty() {
                                break 'raise names::unbound_local(ctx!(), i.a());
                            }
                            next!(1)
                        }
                        Op::DELETE_LOCAL | Op::CLEAR => {
                            ctx!().release(i.a());
                            next!(1)
                        }
                        Op::LOAD_GLOBAL => flow!(4, names::load_global(ctx!())),
                        Op::LOAD_GLOBAL_MODULE => {
                            let word = *pc.add(1);
                            let globals = Value::from_object((*frame).globals);
                            if pyrs_object::dict::keys_are(globals, word as u32) {
                                let v = pyrs_object::dict::value_at(globals, (word >> 32) as usize);
                                set!(a, Ref::new(v));
                                next!(4)
                            }
                            flow!(4, names::load_global(ctx!()))
                        }
                        Op::LOAD_GLOBAL_BUILTIN => {
                            let word = *pc.add(1);
                            let builtin = *pc.add(2);
                            let globals = Value::from_object((*frame).globals);
                            let builtins = Value::from_object((*frame).builtins);
                            if pyrs_object::dict::keys_are(globals, word as u32)
                                && pyrs_object::dict::keys_are(builtins, builtin as u32)
                            {
                                let v =
                                    pyrs_object::dict::value_at(builtins, (builtin >> 32) as usize);
                                set!(a, Ref::new(v));
                                next!(4)
                            }
                            flow!(4, names::load_global(ctx!()))
                        }
                        Op::STORE_GLOBAL | Op::STORE_GLOBAL_MODULE => {
                            flow!(4, names::store_global(ctx!()))
                        }
                        Op::DELETE_GLOBAL => flow!(1, names::delete_global(ctx!())),
                        Op::LOAD_NAME
                        | Op::LOAD_NAME_MODULE
                        | Op::LOAD_NAME_BUILTIN
                        | Op::LOAD_NAME_LOCAL => {
                            flow!(4, names::load_name(ctx!()))
                        }
                        Op::STORE_NAME | Op::STORE_NAME_MODULE | Op::STORE_NAME_LOCAL => {
                            flow!(4, names::store_name(ctx!()))
                        }
                        Op::DELETE_NAME => flow!(1, names::delete_name(ctx!())),
                        Op::LOAD_CLASSDEREF => flow!(1, names::load_classderef(ctx!())),
                        Op::MAKE_CELL => {
                            let content = ctx!().take(i.a());
                            let cell = pyrs_object::cell::new(content.value());
                            set!(a, cell);
                            next!(1)
                        }
                        Op::LOAD_DEREF => {
                            let v = pyrs_object::cell::get(reg!(b));
                            if v.is_empty() {
                                break 'raise names::unbound_cell(ctx!(), i.b());
                            }
                            set!(a, Ref::new(v));
                            next!(1)
                        }
                        Op::STORE_DEREF => {
                            let v = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                            pyrs_object::cell::set(reg!(a), v);
                            next!(1)
                        }
                        Op::DELETE_DEREF => {
                            if pyrs_object::cell::get(reg!(a)).is_empty() {
                                break 'raise names::unbound_cell(ctx!(), i.a());
                            }
                            pyrs_object::cell::set(reg!(a), Ref::from_owned(Value::EMPTY));
                            next!(1)
                        }
                        Op::LOAD_ATTR_SLOT => {
                            let v = r!(b);
                            if let Some(found) = attr::slot_hit(v, pc) {
                                let found = Ref::new(found);
                                if i.d() & KILL_B != 0 {
                                    ctx!().release(i.b());
                                }
                                set!(a, found);
                                next!(5)
                            }
                            flow!(5, attr::load(ctx!()))
                        }
                        Op::LOAD_ATTR_MEMBER => cached_attr!(cache::member),
                        Op::LOAD_ATTR_MODULE => cached_attr!(cache::module_attribute),
                        Op::LOAD_ATTR_CLASS => cached_attr!(cache::class_attribute),
                        Op::LOAD_ATTR_NONDESCR => cached_attr!(cache::class_value),
                        Op::LOAD_ATTR_METHOD_DESCR => cached_attr!(cache::bound_method),
                        Op::LOAD_ATTR_PROPERTY => {
                            let v = r!(b);
                            match cache::getter(v, pc) {
                                Some(getter) => flow!(5, attr::run_getter(ctx!(), i, v, getter)),
                                None => flow!(5, attr::load(ctx!())),
                            }
                        }
                        Op::LOAD_ATTR_GETSET => match cache::data_descriptor(r!(b), pc) {
                            Some(d) => flow!(5, attr::ask(ctx!(), d)),
                            None => flow!(5, attr::load(ctx!())),
                        },
                        Op::LOAD_ATTR | Op::LOAD_ATTR_DICT | Op::LOAD_ATTR_GETATTR => {
                            flow!(5, attr::load(ctx!()))
                        }
                        Op::STORE_ATTR_SLOT => {
                            let object = r!(a);
                            if let Some(slot) = attr::store_slot_hit(object, pc) {
                                let v = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                                let old = *slot;
                                *slot = v.into_value();
                                heap::decref(old);
                                if i.d() & KILL_A != 0 {
                                    ctx!().release(i.a());
                                }
                                next!(5)
                            }
                            flow!(5, attr::store(ctx!()))
                        }
                        Op::STORE_ATTR_NEW_SLOT => {
                            let object = r!(a);
                            if cache::new_slot_hit(object, pc) {
                                let v = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                                cache::add_slot(object, pc, v);
                                if i.d() & KILL_A != 0 {
                                    ctx!().release(i.a());
                                }
                                next!(5)
                            }
                            flow!(5, attr::store(ctx!()))
                        }
                        Op::STORE_ATTR_MEMBER => {
                            let object = r!(a);
                            if let Some(place) = cache::member_place(object, pc) {
                                let v = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                                let old = *place;
                                *place = v.into_value();
                                heap::decref(old);
                                if i.d() & KILL_A != 0 {
                                    ctx!().release(i.a());
                                }
                                next!(5)
                            }
                            flow!(5, attr::store(ctx!()))
                        }
                        Op::STORE_ATTR
                        | Op::STORE_ATTR_DICT
                        | Op::STORE_ATTR_PROPERTY
                        | Op::STORE_ATTR_SETATTR => flow!(5, attr::store(ctx!())),
                        Op::DELETE_ATTR => flow!(1, attr::delete(ctx!())),
                        Op::LOAD_METHOD_NO_DICT | Op::LOAD_METHOD_SLOT_SHAPE => {
                            if attr::method_hit(ctx!(), i, pc) {
                                next!(5)
                            }
                            flow!(5, attr::load_method(ctx!()))
                        }
                        Op::LOAD_METHOD_MODULE => cached_callable!(cache::module_attribute),
                        Op::LOAD_METHOD_CLASS => cached_callable!(cache::class_attribute),
                        Op::LOAD_METHOD_INSTANCE => {
                            cached_callable!(|v, pc| attr::slot_hit(v, pc).map(Ref::new))
                        }
                        Op::LOAD_METHOD_DICT => {
                            let v = r!(b);
                            if let Some(method) = cache::method_beside_dict(v, pc) {
                                let slf = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                                set!(a, method);
                                set_register(regs, i.a() + 1, slf);
                                next!(5)
                            }
                            flow!(5, attr::load_method(ctx!()))
                        }
                        Op::LOAD_METHOD_CLASSMETHOD => {
                            if let Some((method, class)) = cache::class_method(r!(b), pc) {
                                if i.d() & KILL_B != 0 {
                                    ctx!().release(i.b());
                                }
                                set!(a, method);
                                set_register(regs, i.a() + 1, class);
                                next!(5)
                            }
                            flow!(5, attr::load_method(ctx!()))
                        }
                        Op::LOAD_METHOD_CLASS_SELF => {
                            if let Some(method) = cache::class_method_of_class(r!(b), pc) {
                                let class = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                                set!(a, method);
                                set_register(regs, i.a() + 1, class);
                                next!(5)
                            }
                            flow!(5, attr::load_method(ctx!()))
                        }
                        Op::LOAD_METHOD => flow!(5, attr::load_method(ctx!())),
                        Op::CALL
                        | Op::CALL_PY_EXACT
                        | Op::CALL_PY_GENERAL
                        | Op::CALL_BOUND_PY_EXACT
                        | Op::CALL_BOUND_PY_GENERAL
                        | Op::CALL_NATIVE_O
                        | Op::CALL_NATIVE_NOARGS
                        | Op::CALL_NATIVE_KW
                        | Op::CALL_METHOD_O
                        | Op::CALL_METHOD_NOARGS
                        | Op::CALL_TYPE_1
                        | Op::CALL_STR_1
                        | Op::CALL_TUPLE_1
                        | Op::CALL_CLASS
                        | Op::CALL_LEN
                        | Op::CALL_LIST_APPEND => {
                            let window = regs.add(i.a() as usize);
                            let callable = *window;
                            if is_py_function(callable) && !crate::safepoint::requested() {
                                let method =
                                    i.d() & CALL_METHOD_FLAG != 0 && !(*window.add(1)).is_empty();
                                let (first, n) = if method {
                                    (window.add(1), i.b() as usize + 1)
                                } else {
                                    (window.add(2), i.b() as usize)
                                };
                                let none = Value::EMPTY;
                                let to = Continuation::Store;
                                if call::push_plain(ts, callable, none, first, n, i.c(), to) {
                                    // The frame has a count of its own, so this is not the last.
                                    (*callable.as_ptr()).ob_refcnt -= 1;
                                    *window = Value::EMPTY;
                                    flow!(0, Flow::Call)
                                }
                            }
                            flow!(4, call::call(ctx!(), i.d() & CALL_METHOD_FLAG != 0))
                        }
                        Op::CALL_NATIVE_FAST => {
                            let method = i.d() & CALL_METHOD_FLAG != 0;
                            flow!(4, call::cached_native(ctx!(), method))
                        }
                        Op::CALL_METHOD_FAST => {
                            let method = i.d() & CALL_METHOD_FLAG != 0;
                            flow!(4, call::cached_method(ctx!(), method))
                        }
                        Op::CALL_BUILTIN_CLASS => {
                            let method = i.d() & CALL_METHOD_FLAG != 0;
                            flow!(4, call::cached_class(ctx!(), method))
                        }
                        Op::CALL_VECTORCALL => {
                            let method = i.d() & CALL_METHOD_FLAG != 0;
                            flow!(4, call::cached_vectorcall(ctx!(), method))
                        }
                        Op::CALL_ISINSTANCE => {
                            let method = i.d() & CALL_METHOD_FLAG != 0;
                            flow!(4, call::isinstance(ctx!(), method))
                        }
                        Op::CALL_KW
                        | Op::CALL_KW_PY
                        | Op::CALL_KW_BOUND_PY
                        | Op::CALL_KW_NATIVE
                        | Op::CALL_KW_CLASS
                        | Op::CALL_KW_VECTORCALL => {
                            flow!(5, call::call_kw(ctx!(), i.d() & CALL_METHOD_FLAG != 0))
                        }
                        Op::CALL_EX => flow!(1, call::call_ex(ctx!())),
                        Op::ADD
                        | Op::ADD_INT
                        | Op::ADD_FLOAT
                        | Op::ADD_INT_FLOAT
                        | Op::ADD_STR
                        | Op::ADD_LIST
                        | Op::ADD_EXT => {
                            arith!(Add, x y, Value::try_int(x + y), x + y)
                        }
                        Op::SUB | Op::SUB_INT | Op::SUB_FLOAT | Op::SUB_INT_FLOAT | Op::SUB_EXT => {
                            arith!(Sub, x y, Value::try_int(x - y), x - y)
                        }
                        Op::MUL | Op::MUL_INT | Op::MUL_FLOAT | Op::MUL_INT_FLOAT | Op::MUL_EXT => {
                            arith!(Mul, x y, x.checked_mul(y).and_then(Value::try_int), x * y)
                        }
                        Op::TRUEDIV
                        | Op::TRUEDIV_INT
                        | Op::TRUEDIV_FLOAT
                        | Op::TRUEDIV_INT_FLOAT
                        | Op::TRUEDIV_EXT => {
                            arith!(TrueDiv, x y, binary::int_true_div(x, y), if y == 0.0 { f64::NAN } else { x / y })
                        }
                        Op::FLOORDIV | Op::FLOORDIV_INT | Op::FLOORDIV_FLOAT => {
                            int_op!(FloorDiv, x y, binary::int_floor_div(x, y))
                        }
                        Op::MOD | Op::MOD_INT | Op::MOD_FLOAT | Op::MOD_STR => {
                            int_op!(Mod, x y, binary::int_mod(x, y))
                        }
                        Op::POW | Op::POW_INT | Op::POW_FLOAT => {
                            let (b, c) = (r!(b), r!(c));
                            let power = if b.is_int() && c.is_int() {
                                pyrs_object::int::small_power(
                                    b.as_int_unchecked(),
                                    c.as_int_unchecked(),
                                )
                            } else if let (Some(x), true) = (b.as_float(), c.is_int()) {
                                binary::float_pow(x, c.as_int_unchecked() as f64)
                            } else if let (Some(x), Some(y)) = (b.as_float(), c.as_float()) {
                                binary::float_pow(x, y)
                            } else {
                                None
                            };
                            if let Some(v) = power {
                                set!(a, Ref::from_owned(v));
                                next!(2)
                            }
                            flow!(2, binary::slow(ctx!(), ops::BinOp::Pow))
                        }
                        Op::MATMUL | Op::MATMUL_EXT => {
                            flow!(2, binary::slow(ctx!(), ops::BinOp::MatMul))
                        }
                        Op::LSHIFT | Op::LSHIFT_INT => {
                            int_op!(LShift, x y, binary::int_lshift(x, y))
                        }
                        Op::RSHIFT | Op::RSHIFT_INT => {
                            int_op!(RShift, x y, binary::int_rshift(x, y))
                        }
                        Op::AND | Op::AND_INT => {
                            int_op!(And, x y, Some(Value::int_unchecked(x & y)))
                        }
                        Op::OR | Op::OR_INT => int_op!(Or, x y, Some(Value::int_unchecked(x | y))),
                        Op::XOR | Op::XOR_INT => {
                            int_op!(Xor, x y, Some(Value::int_unchecked(x ^ y)))
                        }
                        Op::NEG => {
                            let v = r!(b);
                            if let Some(x) = v.as_int()
                                && let Some(n) = Value::try_int(-x)
                            {
                                set!(a, Ref::from_owned(n));
                                next!(1)
                            }
                            if let Some(x) = v.as_float() {
                                set!(a, Ref::float(-x));
                                next!(1)
                            }
                            flow!(1, binary::unary(ctx!(), op))
                        }
                        Op::POS | Op::INVERT => flow!(1, binary::unary(ctx!(), op)),
                        Op::NOT => {
                            let v = r!(b);
                            if v.is_true_const() || v.is_false_const() {
                                set!(a, Ref::bool(v.is_false_const()));
                                next!(1)
                            }
                            flow!(1, compare::not(ctx!()))
                        }
                        Op::COMPARE
                        | Op::COMPARE_INT
                        | Op::COMPARE_FLOAT
                        | Op::COMPARE_STR
                        | Op::COMPARE_EXT => {
                            let (b, c) = (r!(b), r!(c));
                            if let Some(answer) = compare::fast(b, c, i.d() & CMP_MASK) {
                                set!(a, Ref::bool(answer));
                                next!(2)
                            }
                            flow!(2, compare::compare(ctx!()))
                        }
                        Op::COMPARE_JUMP_STR => {
                            let (a, b) = (r!(a), r!(b));
                            if let Some(answer) = compare::strings(a, b, cmp_of(i.d())) {
                                ctx!().kill(i);
                                if answer == (i.d() & SENSE != 0) {
                                    let offset = *pc.add(1) as u32 as i32;
                                    jump!(2, offset)
                                }
                                next!(2)
                            }
                            flow!(2, compare::compare_jump(ctx!()))
                        }
                        Op::COMPARE_JUMP | Op::COMPARE_JUMP_INT | Op::COMPARE_JUMP_FLOAT => {
                            let (a, b) = (r!(a), r!(b));
                            if let Some(answer) = compare::fast(a, b, i.d() & CMP_MASK) {
                                if answer == (i.d() & SENSE != 0) {
                                    let offset = *pc.add(1) as u32 as i32;
                                    jump!(2, offset)
                                }
                                next!(2)
                            }
                            flow!(2, compare::compare_jump(ctx!()))
                        }
                        Op::IS => {
                            let answer = ops::is(r!(b), r!(c)) != (i.d() & INVERTED != 0);
                            ctx!().kill(i);
                            set!(a, Ref::bool(answer));
                            next!(1)
                        }
                        Op::CONTAINS
                        | Op::CONTAINS_SET
                        | Op::CONTAINS_DICT
                        | Op::CONTAINS_STR
                        | Op::CONTAINS_LIST => {
                            flow!(2, compare::contains(ctx!()))
                        }
                        Op::JUMP => jump!(1, i.offset()),
                        Op::JUMP_BACK | Op::JUMP_BACK_JIT => {
                            if crate::safepoint::requested() {
                                ok!(crate::safepoint::poll(ts));
                                if !STEP && crate::trace::active(ts) {
                                    return Exit::Stepped;
                                }
                            }
                            if !STEP && crate::jit::enabled() {
                                let target = pc.add(2).offset(i.offset() as isize);
                                if op == Op::JUMP_BACK_JIT
                                    || crate::jit::count_loop(pc.add(1).cast_mut())
                                {
                                    (*frame).pc = target;
                                    flow!(0, crate::jit::loop_hook(ts, frame, pc))
                                }
                            }
                            jump!(2, i.offset())
                        }
                        Op::JUMP_IF_TRUE
                        | Op::JUMP_IF_TRUE_BOOL
                        | Op::JUMP_IF_FALSE
                        | Op::JUMP_IF_FALSE_BOOL => {
                            let v = r!(a);
                            let want = matches!(op, Op::JUMP_IF_TRUE | Op::JUMP_IF_TRUE_BOOL);
                            let truth = if v.is_true_const() {
                                true
                            } else if v.is_false_const() || v.is_none() {
                                false
                            } else if let Some(n) = v.as_int() {
                                n != 0
                            } else if let Some(truth) = compare::container_truth(v) {
                                truth
                            } else {
                                flow!(1, compare::truth_jump(ctx!(), want))
                            };
                            let jumps = truth == want;
                            if i.d() & KILL_A != 0 || (!jumps && i.d() & FALL_KILL != 0) {
                                ctx!().release(i.a());
                            }
                            if jumps {
                                jump!(1, i.offset())
                            }
                            next!(1)
                        }
                        Op::JUMP_IF_NONE | Op::JUMP_IF_NOT_NONE => {
                            let jumps = r!(a).is_none() == (op == Op::JUMP_IF_NONE);
                            if i.d() & KILL_A != 0 {
                                ctx!().release(i.a());
                            }
                            if jumps {
                                jump!(1, i.offset())
                            }
                            next!(1)
                        }
                        Op::GET_ITER => flow!(1, iter::get_iter(ctx!())),
                        Op::FOR_ITER_RANGE => {
                            let it = reg!(a);
                            if it.is_object()
                                && (*it.as_ptr()).ob_type
                                    == &raw mut pyrs_object::range::PyRangeIter_Type
                            {
                                let range = it.as_ptr().cast::<pyrs_object::range::RangeIter>();
                                let n = (*range).remaining;
                                if n > 0 {
                                    let v = (*range).next;
                                    (*range).remaining = n - 1;
                                    (*range).next = v.wrapping_add((*range).step);
                                    set!(b, Ref::new(Value::int_unchecked(v)));
                                    next!(3)
                                }
                                ctx!().release(i.a());
                                next!(2)
                            }
                            flow!(2, iter::for_iter(ctx!(), STEP))
                        }
                        Op::FOR_ITER_LIST => {
                            let it = reg!(a);
                            if it.is_exact(ty!(pyrs_object::list::PyListIter_Type)) {
                                if let Some(v) = iter::list_step(it) {
                                    set!(b, v);
                                    next!(3)
                                }
                                ctx!().release(i.a());
                                next!(2)
                            }
                            flow!(2, iter::for_iter(ctx!(), STEP))
                        }
                        Op::FOR_ITER_NATIVE => {
                            let it = reg!(a);
                            if let Some(step) = iter::native_step(it) {
                                let item = match step(it) {
                                    Ok(item) => item,
                                    Err(e) => ok!(ops::ended(e)),
                                };
                                match item {
                                    Some(v) => {
                                        set!(b, v);
                                        next!(3)
                                    }
                                    None => {
                                        ctx!().release(i.a());
                                        next!(2)
                                    }
                                }
                            }
                            flow!(2, iter::for_iter(ctx!(), STEP))
                        }
                        Op::FOR_ITER_GEN => {
                            if generator::resume_plain(ts, reg!(a), i.b()) {
                                reload!()
                            }
                            flow!(2, iter::for_iter(ctx!(), STEP))
                        }
                        Op::FOR_ITER | Op::FOR_ITER_TUPLE => {
                            flow!(2, iter::for_iter(ctx!(), STEP))
                        }
                        Op::BUILD_TUPLE => {
                            let t = pyrs_object::tuple::from_owned(
                                regs.add(i.b() as usize),
                                i.c() as usize,
                            );
                            build::clear_window(regs, i.b(), i.c());
                            set!(a, t);
                            next!(1)
                        }
                        Op::BUILD_LIST => {
                            let t = pyrs_object::list::from_owned(
                                regs.add(i.b() as usize),
                                i.c() as usize,
                            );
                            build::clear_window(regs, i.b(), i.c());
                            set!(a, t);
                            next!(1)
                        }
                        Op::BUILD_SET => flow!(1, build::set(ctx!())),
                        Op::BUILD_MAP => flow!(1, build::map(ctx!())),
                        Op::BUILD_CONST_KEY_MAP => flow!(2, build::const_key_map(ctx!())),
                        Op::BUILD_STRING => flow!(1, build::string(ctx!())),
                        Op::BUILD_SLICE => {
                            // A slice that only the next instruction sees need not be made.
                            if !STEP && let Some(v) = subscr::sliced(ctx!(), pc) {
                                let then = Instr(*pc.add(1));
                                set!(a, Ref::from_owned(Value::EMPTY));
                                if then.d() & KILL_B != 0 {
                                    ctx!().release(then.b());
                                }
                                set_register(regs, then.a(), v);
                                next!(4)
                            }
                            if !STEP && subscr::slice_stored(ctx!(), pc) {
                                next!(3)
                            }
                            flow!(1, build::slice(ctx!()))
                        }
                        Op::LIST_APPEND => {
                            let v = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                            match pyrs_object::list::append(reg!(a), v) {
                                Ok(()) => next!(1),
                                Err(e) => flow!(1, Flow::Raise(e)),
                            }
                        }
                        Op::LIST_EXTEND => flow!(1, build::list_extend(ctx!())),
                        Op::SET_ADD => flow!(1, build::set_add(ctx!())),
                        Op::SET_UPDATE => flow!(1, build::set_update(ctx!())),
                        Op::MAP_ADD => flow!(1, build::map_add(ctx!())),
                        Op::DICT_UPDATE => flow!(1, build::dict_update(ctx!())),
                        Op::DICT_MERGE => flow!(1, build::dict_merge(ctx!())),
                        Op::LIST_TO_TUPLE => flow!(1, build::list_to_tuple(ctx!())),
                        Op::FORMAT_VALUE => flow!(1, build::format_value(ctx!())),
                        Op::UNPACK_SEQUENCE
                        | Op::UNPACK_SEQUENCE_TUPLE
                        | Op::UNPACK_SEQUENCE_LIST => {
                            let (v, n) = (r!(b), i.c() as usize);
                            if i.d() & KILL_B != 0
                                && v.is_exact(ty!(pyrs_object::tuple::PyTuple_Type))
                                && pyrs_object::tuple::len(v) == n
                            {
                                let source = ctx!().take(i.b());
                                let to = i.a();
                                for (k, item) in pyrs_object::tuple::items(v).iter().enumerate() {
                                    let item = Ref::new(pyrs_object::boundary::canonical(*item));
                                    set_register(regs, to + k as u16, item);
                                }
                                drop(source);
                                next!(1)
                            }
                            flow!(1, build::unpack_sequence(ctx!()))
                        }
                        Op::UNPACK_EX => flow!(1, build::unpack_ex(ctx!())),
                        Op::LOAD_SUBSCR
                        | Op::LOAD_SUBSCR_LIST_INT
                        | Op::LOAD_SUBSCR_TUPLE_INT
                        | Op::LOAD_SUBSCR_DICT
                        | Op::LOAD_SUBSCR_STR_INT
                        | Op::LOAD_SUBSCR_GETITEM
                        | Op::LOAD_SUBSCR_EXT
                        | Op::LOAD_SUBSCR_LIST_SLICE => {
                            let (b, c) = (r!(b), r!(c));
                            if c.is_int()
                                && let Some(v) = subscr::fast_index(b, c.as_int_unchecked())
                            {
                                if i.d() & KILL_B != 0 {
                                    ctx!().release(i.b());
                                }
                                set!(a, v);
                                next!(3)
                            }
                            if let Some(v) = ok!(subscr::dict_hit(b, c)) {
                                if i.d() & (KILL_B | KILL_C) != 0 {
                                    ctx!().kill(i);
                                }
                                set!(a, v);
                                next!(3)
                            }
                            if b.is_exact(ty!(pyrs_object::dict::PyDict_Type)) {
                                break 'raise errors::key_error(c);
                            }
                            flow!(3, subscr::load(ctx!()))
                        }
                        Op::STORE_SUBSCR_LIST_INT => {
                            let (container, key) = (r!(a), r!(b));
                            if key.is_int()
                                && let Some(place) =
                                    subscr::list_place(container, key.as_int_unchecked())
                            {
                                let v = ctx!().take_operand(i.c(), i.d() & KILL_C != 0);
                                let old = *place;
                                *place = v.into_value();
                                heap::decref(old);
                                if i.d() & KILL_A != 0 {
                                    ctx!().release(i.a());
                                }
                                next!(2)
                            }
                            flow!(2, subscr::store(ctx!()))
                        }
                        Op::STORE_SUBSCR | Op::STORE_SUBSCR_DICT | Op::STORE_SUBSCR_EXT => {
                            flow!(2, subscr::store(ctx!()))
                        }
                        Op::DELETE_SUBSCR => flow!(1, subscr::delete(ctx!())),
                        Op::MAKE_FUNCTION => flow!(1, build::make_function(ctx!())),
                        Op::LOAD_BUILD_CLASS => flow!(1, names::load_build_class(ctx!())),
                        Op::RETURN => {
                            let value = ctx!().take_operand(i.a(), i.d() & KILL_A != 0);
                            let flags = (*frame).flags;
                            if flags.0
                                & (FrameFlags::GENERATOR.0
                                    | FrameFlags::TRACED.0
                                    | FrameFlags::HIDDEN.0)
                                != 0
                                || (*frame).continuation != Continuation::Store as u8
                                    && ((*frame).continuation != Continuation::Init as u8
                                        || !value.is_none())
                            {
                                flow!(0, call::return_slow(ctx!(), value))
                            }
                            let value = if (*frame).continuation == Continuation::Init as u8 {
                                // The instance was moved into the continuation; None needs no release of its own.
                                drop(value);
                                Ref::from_owned(Value::from_bits((*frame).continuation_data))
                            } else {
                                value
                            };
                            let to = (*frame).result_register;
                            let caller = (*frame).prev;
                            frames::finish(ts, frame, false);
                            (*ts).c.frame = caller;
                            (*ts).c.recursion_remaining += 1;
                            if flags.has(FrameFlags::ENTRY) {
                                return Exit::Returned(value);
                            }
                            frame = caller;
                            regs = Frame::registers(frame);
                            consts = (*(*frame).code.cast::<Code>()).constants_end;
                            set_register(regs, to, value);
                            pc = (*frame).pc;
                            pc = pc.add(1 + EXTRA[*pc as u8 as usize] as usize);
                            continue;
                        }
                        Op::RETURN_GENERATOR => flow!(0, generator::return_generator(ctx!())),
                        Op::YIELD => {
                            let v = ctx!().take_operand(i.b(), i.d() & KILL_B != 0);
                            if (*frame).flags.0 & (FrameFlags::ENTRY.0 | FrameFlags::TRACED.0)
                                == FrameFlags::ENTRY.0
                            {
                                generator::suspend(ts, frame);
                                return Exit::Yielded(v);
                            }
                            let to = (*frame).result_register;
                            if generator::yield_plain(ts, frame) {
                                frame = (*ts).c.frame;
                                regs = Frame::registers(frame);
                                consts = (*(*frame).code.cast::<Code>()).constants_end;
                                pc = (*frame).pc;
                                set_register(regs, to, v);
                                continue;
                            }
                            flow!(0, generator::yielded(ctx!(), v))
                        }
                        Op::YIELD_FROM => flow!(1, generator::yield_from(ctx!(), STEP)),
                        Op::GET_YIELD_FROM_ITER => flow!(1, generator::get_yield_from_iter(ctx!())),
                        Op::GET_AWAITABLE => flow!(1, generator::get_awaitable_op(ctx!())),
                        Op::GET_AITER => flow!(1, generator::get_aiter(ctx!())),
                        Op::GET_ANEXT => flow!(1, generator::get_anext(ctx!())),
                        Op::END_ASYNC_FOR => flow!(1, generator::end_async_for(ctx!())),
                        Op::ASYNC_GEN_WRAP => flow!(1, generator::async_gen_wrap(ctx!(), STEP)),
                        Op::BEFORE_WITH => flow!(1, except::before_with(ctx!(), false)),
                        Op::BEFORE_ASYNC_WITH => flow!(1, except::before_with(ctx!(), true)),
                        Op::WITH_EXCEPT_START => flow!(1, except::with_except_start(ctx!())),
                        Op::RAISE => {
                            // A bare `raise` goes on with the traceback that is there.
                            if i.d() & 3 == 0 && except::restore_handled() {
                                if !except::unwind(ts, false) {
                                    return except::leave_raised(ts);
                                }
                                reload!()
                            }
                            break 'raise except::raise(ctx!());
                        }
                        Op::RERAISE => {
                            let _ = errors::restore(ctx!().take(i.a()));
                            if !except::unwind(ts, false) {
                                return except::leave_raised(ts);
                            }
                            reload!()
                        }
                        Op::PUSH_EXC => {
                            let old = except::push_handled(ts, Ref::new(reg!(a)));
                            set_register(regs, i.a() + 1, old);
                            next!(1)
                        }
                        Op::POP_EXCEPT => {
                            let old = ctx!().take(i.a() + 1);
                            except::pop_handled(ts, old);
                            ctx!().release(i.a());
                            next!(1)
                        }
                        Op::EXC_MATCH_JUMP => flow!(2, except::match_jump(ctx!())),
                        Op::CHECK_EG_MATCH => flow!(1, except::check_eg_match(ctx!())),
                        Op::PREP_RERAISE_STAR => flow!(1, except::prep_reraise_star(ctx!())),
                        Op::IMPORT_NAME => flow!(2, imports::import_name(ctx!())),
                        Op::IMPORT_FROM => flow!(1, imports::import_from(ctx!())),
                        Op::IMPORT_STAR => flow!(1, imports::import_star(ctx!())),
                        Op::SETUP_ANNOTATIONS => flow!(1, names::setup_annotations(ctx!())),
                        Op::LOAD_ASSERTION_ERROR => {
                            set!(a, pyrs_object::exceptions::AssertionError.to_ref());
                            next!(1)
                        }
                        Op::PRINT_EXPR => flow!(1, names::print_expr(ctx!())),
                        Op::MATCH_MAPPING | Op::MATCH_SEQUENCE => {
                            flow!(1, matching::kind(ctx!(), op))
                        }
                        Op::MATCH_KEYS => flow!(1, matching::keys(ctx!())),
                        Op::MATCH_CLASS => flow!(2, matching::class(ctx!())),
                        Op::GET_LEN => flow!(1, matching::get_len(ctx!())),
                        Op::COPY_DICT_WITHOUT_KEYS => {
                            flow!(1, matching::copy_dict_without_keys(ctx!()))
                        }
                    }
                }
            };
            let _ = raised;
            if !except::unwind(ts, true) {
                return except::leave_raised(ts);
            }
            frame = (*ts).c.frame;
            regs = Frame::registers(frame);
            consts = (*(*frame).code.cast::<Code>()).constants_end;
            pc = (*frame).pc;
            continue 'frames;
        }
    }
}

/// Leaves the running frame with the value its function returns.
///
/// # Safety
/// The current thread state.
pub(crate) unsafe fn return_value(ts: *mut ThreadState, value: Ref) -> Flow {
    // SAFETY: by contract.
    let frame = unsafe {
        let frame = (*ts).c.frame;
        // The region of a loop leaves registers that it only read to their frame, temporaries among them.
        let code = (*frame).code.cast::<Code>();
        frames::release_registers(frame, (*code).first_temp, (*frame).size);
        frame
    };
    call::return_slow(Ctx { ts, frame }, value)
}

/// Runs the function whose frame was just pushed by [`step`] to its end and gives its result to its caller, which is at
/// the next instruction then. `Err`: it raised; the caller is still at its call.
///
/// # Safety
/// The running frame has not executed anything and is no entry.
pub unsafe fn finish_callee(ts: *mut ThreadState) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        let frame = (*ts).c.frame;
        let continuation = Continuation::of(&*frame);
        let (dst, data, caller) = (
            (*frame).result_register,
            (*frame).continuation_data,
            (*frame).prev,
        );
        (*frame).continuation = Continuation::Store as u8;
        let ctx = Ctx { ts, frame: caller };
        let value = match call::enter(ts) {
            Ok(value) => value,
            Err(e) => {
                if continuation == Continuation::Init {
                    drop(Ref::from_owned(Value::from_bits(data)));
                }
                if continuation == Continuation::Attribute {
                    attr::tell(ctx);
                }
                let hook = continuation == Continuation::GetAttribute
                    && errors::matches(pyrs_object::exceptions::AttributeError);
                return match hook.then(|| attr::getattribute_failed(ctx)).flatten() {
                    Some(Flow::Call) => finish_callee(ts),
                    Some(Flow::Raise(e)) => Err(e),
                    _ => Err(e),
                };
            }
        };
        match call::deliver(ctx, continuation, dst, data, value) {
            Flow::Raise(e) => Err(e),
            _ => Ok(()),
        }
    }
}

/// The current thread state; shorthand for native entries.
pub(crate) fn current() -> *mut ThreadState {
    thread::current()
}

/// A comparison operator from an instruction's `d`.
#[inline(always)]
pub(crate) fn cmp_of(d: u8) -> CmpOp {
    CmpOp::ALL[(d & CMP_MASK) as usize % 6]
}

/// Whether `v` is exactly a Python function.
#[inline(always)]
pub fn is_py_function(v: Value) -> bool {
    // SAFETY: a live object.
    v.is_object()
        && unsafe { (*v.as_ptr()).ob_type } == &raw mut pyrs_object::function::PyFunction_Type
}

/// Whether a heap type's slot runs Python code, i.e. is worth a frame instead of a native call.
#[inline]
pub(crate) fn python_slot(v: Value, slot: pyrs_object::native::Slot) -> bool {
    v.is_object() && v.ty().is_heap() && pyrs_object::typeobject::is_python_slot(v.ty(), slot)
}

/// `type(v).name` if it is a plain Python function (so that it can run in a frame).
#[inline]
pub(crate) fn python_method(v: Value, name: Value) -> Option<Value> {
    pyrs_object::typeobject::lookup(v.ty(), name).filter(|f| is_py_function(*f))
}
