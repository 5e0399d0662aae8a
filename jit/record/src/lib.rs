//! The trace recorder: observes the interpreter and writes IR.
//!
//! Each instruction is looked at before the interpreter executes it: operands' runtime values decide what is emitted,
//! and what happened afterwards (which way a branch went, which frame runs) decides the guards. Recording never
//! changes what the program does: an aborted recording is dropped.

mod arith;
mod bind;
mod calls;
mod cells;
mod classmethods;
mod containers;
mod descriptors;
mod exceptions;
mod expand;
mod fallback;
mod floats;
mod general;
mod generators;
mod helpers;
mod imports;
mod instances;
mod iteration;
mod new;
mod objects;
mod operators;
mod patterns;
mod returns;
mod scan;
mod slices;
mod subscripts;
mod supers;
mod truth;
mod wide;

pub use bind::parameter_registers;
pub use fallback::Executed;
pub use helpers::Env;

use pyrs_bytecode::{Instr, KILL_A, KILL_B, KILL_C, Op as B};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::record::{Merge, Recording, RegionBuilder, SlotKind};
use pyrs_jit_ir::region::{Alias, ExitId, Imm, Mem, MemType, ValueId};
use pyrs_object::layout::{Frame, PyObject};
use pyrs_object::thread::ThreadState;
use pyrs_object::{Value, ValueExt, heap, tuple};
use pyrs_vm::code::Code;
use pyrs_vm::interp::{self, Exit, Unwinding};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// Pseudo register of an inlined frame that holds its function.
pub const FUNC_SLOT: u32 = 0xFFFF_0000;
/// Pseudo register of an inlined `__init__` that holds the instance.
pub const INIT_SLOT: u32 = 0xFFFF_0001;
/// Pseudo register of an inlined frame that handles an exception, whose traceback leads to the frame: holds the exception.
pub const EXC_SLOT: u32 = 0xFFFF_0002;

/// What a snapshot says of how an inlined frame returns: the continuation and, above it, its data.
#[derive(Clone, Copy)]
pub struct FrameKind(pub u32);
impl FrameKind {
    pub(crate) const fn new(continuation: pyrs_vm::frames::Continuation, data: u64) -> FrameKind {
        FrameKind(continuation as u32 | (data as u32) << 8)
    }
    /// [`Frame::continuation`].
    pub const fn continuation(self) -> u8 {
        self.0 as u8
    }
    /// [`Frame::continuation_data`], unless it is an object.
    pub const fn data(self) -> u64 {
        (self.0 >> 8) as u64
    }
}

/// Instructions after which a recording is given up.
const MAX_STEPS: usize = 3000;
/// Changes of the class of its object after which an instruction counts as polymorphic.
const POLYMORPHIC: u32 = 4;
/// Frames that are inlined into each other.
const MAX_DEPTH: usize = 12;

/// The path leaves the frame that the region was entered with.
pub const LEFT: &str = "the frame was left";

/// Why a path ends where a generator whose consumer is not in the region yields: its loops will do that again.
pub const YIELD_ELSEWHERE: &str = "a yield to elsewhere";

/// Why recording of a path ended.
#[derive(Debug)]
pub enum End {
    /// It joined the region.
    Joined,
    /// It ends with an exit to the interpreter at an instruction that is not compiled.
    Exited(&'static str),
    /// Nothing of it is to be used.
    Aborted(&'static str),
}

/// How the interpreter goes on after a recording.
pub enum After {
    /// At the running frame's `pc`.
    Resume,
    /// The running frame raises: an exception is set.
    Raise,
    /// Its entry frame was left.
    Left(Exit),
}

/// What stops the recording of a path.
pub(crate) enum Stop {
    /// End the path with an exit at the instruction.
    Unsupported(&'static str),
    Abort(&'static str),
    Joined,
    /// The interpreter's entry frame was left.
    Left(Exit),
    /// The path ends with the return of the function the region is entered in; the interpreter has returned, too.
    Returned(Option<Exit>),
    /// Nothing of the path is to be used, and an exception is set.
    Raised,
}
pub(crate) type Res<X = ()> = Result<X, Stop>;

/// What an instruction does next, for the check against what the interpreter did.
pub(crate) enum Next {
    /// On to the next instruction.
    Fall,
    Jump(u32),
    /// The handler has made the step and checked it.
    Done,
}

/// Kind of a value while recording.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Kind {
    Int,
    Float,
    Bool,
    Object,
}

/// What a `super` object that was made in a recording stands for. The object's class is guarded.
#[derive(Clone, Copy)]
pub(crate) struct Super {
    pub(crate) class: pyrs_object::Type,
    pub(crate) start: pyrs_object::Type,
    pub(crate) object: ValueId,
    /// The object is the class itself.
    pub(crate) of_class: bool,
}

/// What is remembered of an inlined call until it returns.
pub(crate) struct Inlined {
    /// Branches recorded before.
    pub(crate) branches: usize,
    /// Other paths make another call there.
    pub(crate) one_of_many: bool,
}

/// What a region refers to by address.
#[derive(Default)]
#[allow(clippy::vec_box, reason = "machine code holds their addresses")]
pub struct Kept {
    /// Owned.
    pub objects: Vec<Value>,
    pub singles: Vec<Box<Executed>>,
    unwindings: Vec<Box<Unwinding>>,
}
impl Kept {
    /// Adds what another path refers to.
    pub fn extend(&mut self, other: Kept) {
        self.objects.extend(other.objects);
        self.singles.extend(other.singles);
        self.unwindings.extend(other.unwindings);
    }
}

/// One recording.
#[allow(clippy::vec_box, reason = "machine code will hold their addresses")]
pub struct Recorder<'a> {
    pub(crate) b: RegionBuilder,
    pub(crate) env: &'a Env,
    pub(crate) ts: *mut ThreadState,
    /// Registers named at the start of the region.
    pub initial: Rc<HashSet<u32>>,
    /// Objects whose addresses are in the region.
    pub keep: Vec<Value>,
    singles: Vec<Box<Executed>>,
    pub(crate) unwindings: Vec<Box<Unwinding>>,
    /// Instructions (code, pc) that met too many kinds of operands: no guards for them.
    generic: Rc<HashSet<(u64, u32)>>,
    scans: HashMap<*const Code, Rc<scan::Scan>>,
    /// Tuples made in this recording.
    pub(crate) tuples: HashMap<ValueId, usize>,
    /// Dicts of keyword arguments made in this recording.
    pub(crate) keywords: HashMap<ValueId, Vec<(Value, ValueId)>>,
    /// `super` objects made in this recording.
    pub(crate) supers: HashMap<ValueId, Super>,
    /// Attribute slots of instances made in this recording, which lie in the instance: how many there are.
    pub(crate) inline_slots: HashMap<ValueId, u32>,
    /// Methods of builtin classes bound by them: the method, the object, what that is now.
    pub(crate) bound: HashMap<ValueId, (Value, ValueId, Value)>,
    /// Functions made in this recording: their code and globals.
    pub(crate) functions: HashMap<ValueId, [ValueId; 2]>,
    merged_at: *const u64,
    /// Paths from other kinds of operands, or other ways through a callee, meet at the next instruction.
    join_next: bool,
    /// The running instruction is known to need several paths.
    pub(crate) many_kinds: bool,
    /// A traceback leads to the frame that the region was entered with: it says where it is, until paths meet.
    pub(crate) shown: bool,
    /// So does one to an inlined frame: the depth of that, and the register that holds the exception.
    pub(crate) told: Option<(usize, u32)>,
    /// Frames that the builder has left and the interpreter has not yet.
    pub(crate) ahead: usize,
    /// Branches recorded.
    pub(crate) branches: usize,
    /// Of each frame inlined in this recording.
    pub(crate) inlined: Vec<Inlined>,
    /// Window (depth, register) of a method that depends on the object's class: paths meet after the call.
    pub(crate) method_of_class: Option<(usize, u32)>,
    pub(crate) steps: usize,
    finished: bool,
    /// The class that is called may be any with the same `__init__`.
    pub(crate) any_class: bool,
    /// The call that is recorded is an `f(*args)`.
    pub(crate) expanded: bool,
    /// The interpreter executes the instruction that was recorded last for compiled code.
    left_to_interpreter: bool,
    /// The region is a function's: the names it was recorded for hold wherever it is entered.
    pub(crate) function: bool,
}

pub(crate) fn code_of(frame: *mut Frame) -> &'static Code {
    // SAFETY: the body of a running frame is alive.
    unsafe { &*(*frame).code.cast::<Code>() }
}
pub(crate) const fn mem(offset: usize, ty: MemType, alias: Alias) -> Mem {
    Mem {
        offset: offset as i32,
        ty,
        alias,
    }
}
pub(crate) fn class_of(v: Value) -> u64 {
    v.ty().as_ptr() as u64
}

/// What a new region is entered with.
pub struct Start {
    pub builder: RegionBuilder,
    pub initial: Rc<HashSet<u32>>,
}

fn slot_kind(v: Value) -> SlotKind {
    if v.is_int() {
        SlotKind::Int
    } else if v.is_float() {
        SlotKind::Float
    } else {
        SlotKind::Boxed
    }
}

/// Names the registers of a region entered at the loop header `frame.pc`.
///
/// # Safety
/// `frame` is the running frame.
pub unsafe fn start(env: &Env, frame: *mut Frame, name: &str) -> Start {
    let code = code_of(frame);
    let mut slots = Vec::new();
    // SAFETY: the frame has that many registers.
    unsafe {
        let regs = Frame::registers(frame);
        let pc = code.index_of((*frame).pc);
        for r in 0..(*frame).size {
            let v = *regs.add(r as usize);
            let local = r < code.first_temp;
            if !local && (v.is_empty() || v.is_immediate() && !scan::is_live(code, pc, r)) {
                continue;
            }
            slots.push((r, slot_kind(v)));
        }
        let builder = RegionBuilder::start(
            name,
            env.tables.clone(),
            env.statics,
            std::ptr::from_ref(code) as u64,
            pc,
            &slots,
        );
        Start {
            builder,
            initial: Rc::new(slots.iter().map(|s| s.0).collect()),
        }
    }
}

/// Names the registers of a region for the function of the frame that was just pushed.
///
/// # Safety
/// `frame` is the running frame and has not executed anything.
pub unsafe fn start_function(env: &Env, frame: *mut Frame, name: &str) -> Start {
    let code = code_of(frame);
    let mut slots = Vec::new();
    // SAFETY: the frame has that many registers.
    unsafe {
        let regs = Frame::registers(frame);
        for r in 0..(*frame).size {
            let v = *regs.add(r as usize);
            if v.is_empty() {
                continue;
            }
            slots.push((r, slot_kind(v)));
        }
    }
    let mut builder = RegionBuilder::start_function(
        name,
        env.tables.clone(),
        env.statics,
        std::ptr::from_ref(code) as u64,
        &slots,
    );
    builder.poll(&raw const pyrs_vm::safepoint::REQUESTED as u64);
    Start {
        builder,
        initial: Rc::default(),
    }
}

impl<'a> Recorder<'a> {
    /// Names the instructions that are recorded without guards on their operands.
    pub fn set_generic(&mut self, generic: Rc<HashSet<(u64, u32)>>) {
        self.generic = generic;
    }
    /// Says that the region is a function's ([`start_function`]).
    pub fn set_function(&mut self) {
        self.function = true;
    }
    /// A recorder that goes on with `builder`, whose frames are those of the interpreter.
    pub fn new(
        env: &'a Env,
        ts: *mut ThreadState,
        builder: RegionBuilder,
        initial: Rc<HashSet<u32>>,
    ) -> Recorder<'a> {
        Recorder {
            b: builder,
            env,
            ts,
            initial,
            keep: Vec::new(),
            singles: Vec::new(),
            unwindings: Vec::new(),
            generic: Rc::default(),
            scans: HashMap::new(),
            tuples: HashMap::new(),
            keywords: HashMap::new(),
            supers: HashMap::new(),
            bound: HashMap::new(),
            functions: HashMap::new(),
            inline_slots: HashMap::new(),
            merged_at: std::ptr::null(),
            join_next: false,
            many_kinds: false,
            ahead: 0,
            shown: false,
            told: None,
            branches: 0,
            inlined: Vec::new(),
            method_of_class: None,
            steps: 0,
            finished: false,
            left_to_interpreter: false,
            any_class: false,
            expanded: false,
            function: false,
        }
    }

    /// Keeps an object alive as long as the region.
    pub fn keep_alive(&mut self, v: Value) {
        self.keep(v);
    }
    /// The path starts behind a call that may have raised: leaves at once if it did, or did not.
    pub fn check_error(&mut self, raised: bool) {
        let current = self
            .b
            .int_const(&raw const pyrs_object::thread::CURRENT as i64);
        let ts = self.b.load(current, mem(0, MemType::I64, Alias::OTHER));
        let at = std::mem::offset_of!(ThreadState, c)
            + std::mem::offset_of!(pyrs_object::layout::PyThreadState, curexc_type);
        let error = self.b.load(ts, mem(at, MemType::I64, Alias::OTHER));
        self.b.set_pc(self.pc());
        if raised {
            let zero = self.b.int_const(0);
            let set = self.b.op(Op::INe, &[error, zero]);
            self.b.guard(Op::GuardTrue, &[set], Imm::None);
        } else {
            self.b.guard(Op::GuardIEq, &[error], Imm::Int(0));
        }
    }

    /// The path starts behind an exit: its first instruction is recorded even where paths join, or a path that leaves and
    /// joins at the same place would go round without executing anything.
    pub fn start_behind_exit(&mut self) {
        self.merged_at = self.pc_ptr();
        // The path that led to the exit may have been shown already.
        let entered = self.interpreter_frame(0);
        // SAFETY: a frame of the chain.
        self.shown = unsafe { !(*entered).frame_obj.is_null() };
        self.told = (1..self.b.depth())
            .rev()
            .find(|k| self.b.get_in(*k, EXC_SLOT).is_some())
            .map(|k| (k + 1, EXC_SLOT));
        // It fails where nobody holds the generator, which cannot be: the path aborts at the first use then.
        let _ = self.read_back();
    }

    /// Records until the path ends.
    ///
    /// # Safety
    /// The running frame is in the state that the builder's frames describe.
    pub unsafe fn run(&mut self) -> (End, After) {
        loop {
            match self.one() {
                Ok(()) => {}
                Err(Stop::Joined) => return (End::Joined, After::Resume),
                Err(Stop::Unsupported(why)) => {
                    if !self.finished {
                        self.b.end_exit();
                    }
                    return (End::Exited(why), After::Resume);
                }
                Err(Stop::Abort(why)) => return (End::Aborted(why), After::Resume),
                Err(Stop::Returned(left)) => {
                    return (End::Joined, left.map_or(After::Resume, After::Left));
                }
                Err(Stop::Raised) => return (End::Aborted("a callee raised"), After::Raise),
                Err(Stop::Left(exit)) => {
                    return (End::Aborted("the frame was left"), After::Left(exit));
                }
            }
        }
    }
    /// The recording, once the path has ended.
    pub fn finish(self) -> (Recording, Kept) {
        let kept = Kept {
            objects: self.keep,
            singles: self.singles,
            unwindings: self.unwindings,
        };
        (self.b.finish(), kept)
    }
    /// Instructions recorded.
    pub fn steps(&self) -> usize {
        self.steps
    }

    // ---- state ----------------------------------------------------------------------------------------------

    /// The path has its end already.
    pub(crate) fn ended(&mut self) {
        self.finished = true;
    }
    pub(crate) fn frame(&self) -> *mut Frame {
        // SAFETY: the current thread state.
        unsafe { (*self.ts).c.frame }
    }
    pub(crate) fn pc_ptr(&self) -> *const u64 {
        // SAFETY: the running frame.
        unsafe { (*self.frame()).pc }
    }
    pub(crate) fn pc(&self) -> u32 {
        code_of(self.frame()).index_of(self.pc_ptr())
    }
    pub(crate) fn instr(&self) -> Instr {
        // SAFETY: `pc` points at an instruction.
        Instr(unsafe { *self.pc_ptr() })
    }
    pub(crate) fn extra(&self, n: usize) -> u64 {
        // SAFETY: the table says how many words follow.
        unsafe { *self.pc_ptr().add(1 + n) }
    }
    pub(crate) fn length(&self) -> u32 {
        1 + u32::from(self.instr().op().map_or(0, |op| op.info().extra))
    }
    pub(crate) fn name(&self, index: u16) -> Value {
        code_of(self.frame()).name(index)
    }
    /// What a register holds now.
    pub(crate) fn reg_value(&self, r: u32) -> Value {
        // SAFETY: operands were validated.
        unsafe { *Frame::registers(self.frame()).add(r as usize) }
    }
    /// What an operand is now.
    pub(crate) fn value(&self, field: u16) -> Value {
        if (field as i16) < 0 {
            return code_of(self.frame()).constant((-(field as i16 as i32) - 1) as usize);
        }
        self.reg_value(u32::from(field))
    }
    fn scan(&mut self) -> Rc<scan::Scan> {
        let code: *const Code = code_of(self.frame());
        self.scans
            .entry(code)
            .or_insert_with(|| Rc::new(scan::Scan::new(code_of_ptr(code))))
            .clone()
    }
    /// Keeps an object alive as long as the region.
    pub(crate) fn keep(&mut self, v: Value) {
        if v.is_object() && !self.keep.contains(&v) {
            heap::incref(v);
            self.keep.push(v);
        }
    }

    // ---- operands -------------------------------------------------------------------------------------------

    pub(crate) fn slot(&self, r: u32) -> Res<ValueId> {
        self.b
            .get(r)
            .ok_or(Stop::Unsupported("a register without known content"))
    }
    pub(crate) fn const_value(&mut self, v: Value) -> ValueId {
        if let Some(n) = v.as_int() {
            return self.b.int_const(n);
        }
        if let Some(x) = v.as_float() {
            return self.b.float_const(x);
        }
        self.keep(v);
        self.b.value_const(v.bits())
    }
    /// An operand as it is held.
    pub(crate) fn operand(&mut self, field: u16) -> Res<ValueId> {
        if (field as i16) < 0 {
            let v = self.value(field);
            return Ok(self.const_value(v));
        }
        self.slot(u32::from(field))
    }
    pub(crate) fn kind_of(&self, id: ValueId, v: Value) -> Kind {
        match self.b.ty(id) {
            T::I64 => Kind::Int,
            T::F64 => Kind::Float,
            T::Bool => Kind::Bool,
            _ if v.is_int() => Kind::Int,
            _ if v.is_float() => Kind::Float,
            _ => Kind::Object,
        }
    }
    pub(crate) fn kind(&mut self, field: u16) -> Res<Kind> {
        let id = self.operand(field)?;
        Ok(self.kind_of(id, self.value(field)))
    }
    /// An operand of kind int, raw; its register holds it raw from now on.
    pub(crate) fn int(&mut self, field: u16) -> Res<ValueId> {
        let id = self.operand(field)?;
        if self.b.ty(id) == T::Ptr {
            return Err(Stop::Abort("an object turned into an int"));
        }
        let n = self.b.as_int(id);
        if n != id && (field as i16) >= 0 && self.b.ty(id) == T::Boxed {
            self.b.set(u32::from(field), n);
        }
        Ok(n)
    }
    pub(crate) fn float(&mut self, field: u16) -> Res<ValueId> {
        let id = self.operand(field)?;
        if matches!(self.b.ty(id), T::Ptr | T::Bool) {
            return Err(Stop::Abort("an object turned into a float"));
        }
        if self.b.ty(id) == T::I64 {
            return Ok(self.b.op(Op::I2F, &[id]));
        }
        let x = self.b.as_float(id);
        if x != id && (field as i16) >= 0 {
            self.b.set(u32::from(field), x);
        }
        Ok(x)
    }
    /// An operand as a Value.
    pub(crate) fn boxed(&mut self, field: u16) -> Res<ValueId> {
        let id = self.operand(field)?;
        Ok(self.b.as_value(id))
    }
    /// An operand that is an object of exactly the class it has now.
    pub(crate) fn object(&mut self, field: u16) -> Res<ValueId> {
        let id = self.operand(field)?;
        let class = class_of(self.value(field));
        self.object_of(id, class)
    }
    pub(crate) fn object_of(&mut self, id: ValueId, class: u64) -> Res<ValueId> {
        match self.b.ty(id) {
            T::Boxed | T::Ptr => {}
            T::Bool => {
                let id = self.b.as_value(id);
                return Ok(self.b.as_ptr(id));
            }
            _ => return Err(Stop::Abort("a number turned into an object")),
        }
        let fixed = !pyrs_object::Type::from_ptr(class as *mut _).is_heap();
        if fixed && self.b.is_const(id) {
            // A constant keeps the class it has: only instances of Python's classes change theirs.
            return Ok(self.b.as_ptr(id));
        }
        let p = self.b.as_object(id, class);
        // SAFETY: a type object.
        self.keep(Value::from_object(class as *mut PyObject));
        Ok(p)
    }
    /// Guards that a value is of the kind (and class) it has now; a Value.
    pub(crate) fn guarded(&mut self, field: u16) -> Res<ValueId> {
        match self.kind(field)? {
            Kind::Int => {
                let n = self.int(field)?;
                self.b.rely_on_kind(n);
                Ok(self.b.as_value(n))
            }
            Kind::Float => {
                let x = self.float(field)?;
                self.b.rely_on_kind(x);
                Ok(self.b.as_value(x))
            }
            Kind::Bool => self.boxed(field),
            Kind::Object => {
                self.object(field)?;
                self.boxed(field)
            }
        }
    }
    /// Guards that a reference is this very object.
    pub(crate) fn guard_is(&mut self, id: ValueId, v: Value) -> Res {
        match self.b.ty(id) {
            T::Boxed => self.b.guard(Op::GuardValue, &[id], Imm::Int(v.bits())),
            T::Ptr => self.b.guard(Op::GuardIs, &[id], Imm::Int(v.bits())),
            _ => return Err(Stop::Unsupported("identity of a number")),
        }
        self.keep(v);
        Ok(())
    }
    pub(crate) fn bool_const(&mut self, x: bool) -> ValueId {
        self.b
            .emit(Op::BConst, &[], Imm::Int(u64::from(x)))
            .unwrap_or(ValueId(0))
    }

    // ---- registers ------------------------------------------------------------------------------------------

    /// Whether giving up the value could be noticed by a program.
    pub(crate) fn has_destructor(&self, v: Value) -> bool {
        v.is_object() && v.ty().is_heap()
    }
    pub(crate) fn held_elsewhere(&self, id: ValueId, but: u32) -> bool {
        self.b.slots().iter().any(|(s, v)| *v == id && *s != but)
    }
    /// Sets a register; `old` is what it holds at run time.
    pub(crate) fn set(&mut self, r: u16, id: ValueId) {
        let r = u32::from(r);
        let id = if self.b.ty(id) == T::Bool && r < code_of(self.frame()).first_temp {
            self.b.as_value(id)
        } else {
            id
        };
        let old = self.b.get(r);
        let release = old.is_some_and(|o| {
            o != id && self.has_destructor(self.reg_value(r)) && !self.held_elsewhere(o, r)
        });
        self.b.set(r, id);
        if release && let Some(o) = old {
            self.give_up(r, o);
        }
    }
    /// A register is empty from here on; its content moves elsewhere.
    pub(crate) fn moved(&mut self, r: u32) {
        if self.b.depth() == 1 && self.initial.contains(&r) {
            self.b.clear(r);
        } else {
            self.b.forget(r);
        }
    }
    /// The register for the receiver of a call that has none. The call reads it, so exits before it empty it in the frame, where
    /// an old immediate may lie.
    pub(crate) fn no_receiver(&mut self, r: u32) {
        self.b.clear(r);
    }
    /// A register gives up its content, which was `v` at run time.
    pub(crate) fn drop_slot(&mut self, r: u32, v: Value) {
        let old = self.b.get(r);
        let release = old.is_some_and(|o| self.has_destructor(v) && !self.held_elsewhere(o, r));
        self.moved(r);
        if release && let Some(o) = old {
            self.give_up(r, o);
        }
    }
    /// Kills operands as the instruction says.
    pub(crate) fn kill(&mut self, i: Instr) {
        let d = i.d();
        for (bit, field) in [(KILL_A, i.a()), (KILL_B, i.b()), (KILL_C, i.c())] {
            if d & bit != 0 && (field as i16) >= 0 {
                let v = self.reg_value(u32::from(field));
                self.drop_slot(u32::from(field), v);
            }
        }
    }
    /// Kills operands but not the destination, then sets the destination.
    pub(crate) fn kill_and_set(&mut self, i: Instr, id: ValueId) {
        self.kill(i);
        self.set(i.a(), id);
    }

    // ---- the loop -------------------------------------------------------------------------------------------

    /// Lets the interpreter execute the instruction.
    pub(crate) fn step(&mut self) -> Res {
        // SAFETY: the current thread state; its frame is ready to run.
        match unsafe { interp::step(self.ts) } {
            Exit::Stepped => Ok(()),
            exit => Err(Stop::Left(exit)),
        }
    }
    pub(crate) fn expect(&self, frame: *mut Frame, pc: u32) -> Res {
        if self.frame() == frame && self.pc() == pc {
            Ok(())
        } else {
            Err(Stop::Abort("control went elsewhere"))
        }
    }

    fn arrive(&mut self) -> Res {
        let at = self.pc_ptr();
        if self.merged_at == at {
            self.merged_at = std::ptr::null();
            self.join_next = false;
            return Ok(());
        }
        let pc = self.pc();
        let scan = self.scan();
        let header = scan.headers.contains(&pc);
        let meets = std::mem::take(&mut self.join_next) || scan.joins.contains(&pc);
        if !header && !meets {
            return Ok(());
        }
        self.b.set_pc(pc);
        for (s, id) in self.b.slots() {
            match self.b.ty(id) {
                T::Bool => {
                    let v = self.b.as_value(id);
                    self.b.set(s, v);
                }
                T::Boxed if s < FUNC_SLOT => {
                    let v = self.reg_value(s);
                    let kind = if v.is_int() {
                        T::I64
                    } else if v.is_float() {
                        T::F64
                    } else if v.is_empty() {
                        T::Boxed
                    } else {
                        T::Ptr
                    };
                    self.b.hint(id, kind);
                }
                _ => {}
            }
        }
        self.before_meeting(header)?;
        self.shown &= !header;
        if header && self.told.take().is_some() {
            self.b.forget(EXC_SLOT);
        }
        match self.b.merge(at as u64, header) {
            Merge::Joined => return Err(Stop::Joined),
            Merge::New => {
                self.tuples.clear();
                self.keywords.clear();
                self.supers.clear();
                self.bound.clear();
                self.functions.clear();
            }
            Merge::TooMany if header => {
                return Err(Stop::Unsupported("too many versions of a loop"));
            }
            Merge::TooMany => {}
        }
        self.read_back()?;
        if self.b.has_parked() {
            self.b.prepare_flush();
        }
        Ok(())
    }

    fn one(&mut self) -> Res {
        self.arrive()?;
        self.steps += 1;
        if self.steps > MAX_STEPS {
            return Err(Stop::Abort("too long"));
        }
        let frame = self.frame();
        let pc = self.pc();
        self.b.set_pc(pc);
        if self.b.is_full() {
            return Err(Stop::Unsupported("too many guards"));
        }
        if self.b.is_lost() {
            return Err(Stop::Abort("a suspended generator was lost"));
        }
        self.show_parked();
        let length = self.length();
        let generic = (std::ptr::from_ref(code_of(frame)) as u64, pc);
        if self.generic.contains(&generic) && self.generic_instruction()? {
            return Ok(());
        }
        if self.shown || self.told.is_some() {
            self.tell_place();
        }
        let depth = self.b.depth();
        let polymorphic = self.is_polymorphic();
        self.many_kinds = polymorphic;
        if polymorphic {
            self.branches += 1;
            let i = self.instr();
            if i.op().map(B::family) == Some(B::LOAD_METHOD) {
                self.method_of_class = Some((depth, u32::from(i.a())));
            }
        }
        let handler = code_of(frame).handler(pc).map(|h| h.target);
        let mark = handler.map(|_| (self.b.mark(), self.inlined.len()));
        match self.instruction(frame, pc, length) {
            Err(Stop::Abort(_)) if self.frame() == frame && Some(self.pc()) == handler => {
                // It raised. Until it does not, or has raised in compiled code, the path ends there.
                let (mark, inlined) = mark.ok_or(Stop::Abort("no handler"))?;
                if !self.b.go_back(mark) {
                    return Err(Stop::Abort("an exception"));
                }
                self.inlined.truncate(inlined);
                return Err(Stop::Unsupported("an exception of a builtin operation"));
            }
            done => done?,
        }
        if polymorphic && !std::mem::take(&mut self.left_to_interpreter) {
            self.meet_later(depth);
        }
        Ok(())
    }
    /// Records the instruction and lets the interpreter execute it.
    fn instruction(&mut self, frame: *mut Frame, pc: u32, length: u32) -> Res {
        self.left_to_interpreter = false;
        let next = match self.emit() {
            Err(Stop::Unsupported(why)) => {
                let i = self.instr();
                let op = i.op().ok_or(Stop::Abort("bad instruction"))?.family();
                self.b.set_pc(pc);
                self.left_to_interpreter = true;
                return self.fallback(i, op, why);
            }
            next => next?,
        };
        match next {
            Next::Fall => {
                self.step()?;
                self.expect(frame, pc + length)
            }
            Next::Jump(to) => {
                self.step()?;
                self.expect(frame, to)
            }
            Next::Done => Ok(()),
        }
    }

    /// The frame that the region was entered with says which instruction it is at, if that may run Python code.
    fn tell_place(&mut self) {
        let calls = self.instr().op().map_or(0, |op| op.family().info().flags)
            & pyrs_bytecode::flags::CALLS
            != 0;
        if self.told.is_some_and(|(depth, _)| self.b.depth() < depth) {
            self.told = None;
        }
        if calls
            && let Some((depth, register)) = self.told
            && self.b.depth() == depth
            && let Some(exc) = self.b.get(register)
            && self.b.ty(exc).is_ref()
        {
            let exc = self.b.as_value(exc);
            let code = self
                .b
                .int_const(std::ptr::from_ref(code_of(self.frame())) as i64);
            let at = self.b.int_const(self.pc_ptr() as i64);
            self.b.call(self.env.h.tell, &[exc, code, at]);
        }
        if !calls || !self.shown || self.b.depth() != 1 {
            return;
        }
        let base = self.b.op(Op::FrameBase, &[]);
        let at = self.b.int_const(self.pc_ptr() as i64);
        let offset = std::mem::offset_of!(Frame, pc) as i32
            - pyrs_object::layout::frame::FRAME_HEADER as i32;
        let place = Mem {
            offset,
            ty: MemType::I64,
            alias: Alias::OTHER,
        };
        self.b.store(base, at, place);
    }

    /// Whether the instruction has seen objects of several classes, or other functions.
    fn is_polymorphic(&self) -> bool {
        let i = self.instr();
        let attribute = matches!(
            i.op().map(B::family),
            Some(B::LOAD_ATTR | B::STORE_ATTR | B::LOAD_METHOD)
        );
        if attribute && pyrs_vm::interp::classes_seen(self.extra(3)) >= POLYMORPHIC {
            return true;
        }
        let site = (std::ptr::from_ref(code_of(self.frame())) as u64, self.pc());
        self.env.polymorphic.borrow().contains(&site)
    }
    /// After a polymorphic instruction: its paths meet at the next one; those of a method, after the call of it; those of
    /// a call, when the callee returns.
    fn meet_later(&mut self, depth: usize) {
        if self.b.depth() > depth {
            if let Some(call) = self.inlined.last_mut() {
                call.one_of_many = true;
            }
        } else if self.b.depth() == depth {
            self.join_next = self.method_of_class.is_none_or(|(d, _)| d != depth);
        }
    }
    /// Paths meet at the next instruction.
    pub(crate) fn meet(&mut self) {
        self.join_next = true;
    }

    /// A branch on `cond`, whose operands are killed already: `yes`/`no` are where it goes. Steps.
    pub(crate) fn branch(&mut self, cond: ValueId, yes: u32, no: u32) -> Res<Next> {
        let frame = self.frame();
        self.step()?;
        if self.frame() != frame {
            // A special method decides.
            self.run_callee(frame)?;
        }
        if self.frame() != frame {
            return Err(Stop::Abort("control went elsewhere"));
        }
        self.branch_taken(cond, yes, no)?;
        Ok(Next::Done)
    }
    /// The same after the interpreter has gone one of the two ways.
    pub(crate) fn branch_taken(&mut self, cond: ValueId, yes: u32, no: u32) -> Res {
        let at = self.pc();
        let (other, op) = if at == yes && yes != no {
            (no, Op::GuardTrue)
        } else if at == no {
            (yes, Op::GuardFalse)
        } else {
            return Err(Stop::Abort("a branch went elsewhere"));
        };
        self.b.set_pc(other);
        self.branches += 1;
        self.b.guard_branch(op, cond);
        self.b.set_pc(at);
        Ok(())
    }

    /// Truth of an operand as a bool value, guarding its kind.
    pub(crate) fn truth(&mut self, field: u16) -> Res<ValueId> {
        let v = self.value(field);
        match self.kind(field)? {
            Kind::Bool => self.operand(field),
            Kind::Int => {
                let n = self.int(field)?;
                let zero = self.b.int_const(0);
                Ok(self.b.op(Op::INe, &[n, zero]))
            }
            Kind::Float => {
                let x = self.float(field)?;
                let zero = self.b.float_const(0.0);
                Ok(self.b.op(Op::FNe, &[x, zero]))
            }
            Kind::Object => {
                let id = self.operand(field)?;
                self.truth_of_object(id, v)
            }
        }
    }
    pub(crate) fn truth_of_object(&mut self, id: ValueId, v: Value) -> Res<ValueId> {
        if v.is_empty() {
            return Err(Stop::Unsupported("an unbound variable"));
        }
        let s = self.env.statics;
        if v.bits() == s.true_object || v.bits() == s.false_object {
            let p = self.object_of(id, class_of(v))?;
            let b = self.b.as_value(p);
            let t = self.b.value_const(s.true_object);
            return Ok(self.b.op(Op::RefEq, &[b, t]));
        }
        if v.is_none() {
            let b = self.b.as_value(id);
            self.b.guard(Op::GuardValue, &[b], Imm::Int(s.none_object));
            return Ok(self.bool_const(false));
        }
        let class = class_of(v);
        let p = self.object_of(id, class)?;
        if let Some(n) = self.size_of_object(p, v) {
            let zero = self.b.int_const(0);
            return Ok(self.b.op(Op::INe, &[n, zero]));
        }
        if v.ty().is_heap() {
            let plain = v.ty().native().nb_bool.is_none()
                && v.ty().native().sq_length.is_none()
                && v.ty().native().mp_length.is_none();
            let c = v.ty();
            // SAFETY: method tables of a ready type.
            let c_plain = unsafe {
                (c.tp_as_number.is_null() || (*c.tp_as_number).nb_bool.is_none())
                    && (c.tp_as_sequence.is_null() || (*c.tp_as_sequence).sq_length.is_none())
                    && (c.tp_as_mapping.is_null() || (*c.tp_as_mapping).mp_length.is_none())
            };
            if plain && c_plain {
                self.guard_version(v.ty());
                return Ok(self.bool_const(true));
            }
            let b = self.b.as_value(id);
            return self
                .b
                .call(self.env.h.truth_any, &[b])
                .ok_or(Stop::Abort("no result"));
        }
        let b = self.b.as_value(id);
        self.b
            .call(self.env.h.truth, &[b])
            .ok_or(Stop::Abort("no result"))
    }

    /// Leaves when the class was changed.
    pub(crate) fn guard_version(&mut self, t: pyrs_object::Type) {
        let version = pyrs_object::typeobject::version_tag(t);
        let offset = std::mem::offset_of!(pyrs_object::layout::PyTypeObject, tp_version_tag) as i32;
        self.keep(t.value());
        self.b
            .guard_type_version(t.as_ptr() as u64, offset, version);
    }

    fn jump_target(&self, i: Instr, length: u32) -> u32 {
        (self.pc() + length).wrapping_add_signed(i.offset())
    }

    fn emit(&mut self) -> Res<Next> {
        let i = self.instr();
        let op = i.op().ok_or(Stop::Abort("bad instruction"))?.family();
        let pc = self.pc();
        match op {
            B::NOP => {}
            B::MOVE => {
                let id = self.operand(i.b())?;
                if i.d() & KILL_B != 0 {
                    self.moved(u32::from(i.b()));
                }
                self.set(i.a(), id);
            }
            B::LOADK => {
                let v = code_of(self.frame()).constant(i.wide() as usize);
                let id = self.const_value(v);
                self.set(i.a(), id);
            }
            B::CHECK_LOCAL => {
                let v = self.reg_value(u32::from(i.a()));
                if v.is_empty() {
                    return Err(Stop::Unsupported("an unbound variable"));
                }
                let id = self.slot(u32::from(i.a()))?;
                if self.b.ty(id) == T::Boxed {
                    self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
                }
            }
            B::DELETE_LOCAL | B::CLEAR => {
                let r = u32::from(i.a());
                let v = self.reg_value(r);
                if self.b.get(r).is_some() {
                    self.drop_slot(r, v);
                }
            }
            B::JUMP => {
                let to = self.jump_target(i, 1);
                return Ok(Next::Jump(to));
            }
            B::JUMP_BACK => {
                self.b.poll(&raw const pyrs_vm::safepoint::REQUESTED as u64);
                let to = self.jump_target(i, 2);
                return Ok(Next::Jump(to));
            }
            B::JUMP_IF_TRUE | B::JUMP_IF_FALSE => {
                if let Some(next) = self.truth_by_method(i)? {
                    return Ok(next);
                }
                let cond = self.truth(i.a())?;
                let to = self.jump_target(i, 1);
                let (yes, no) = if op == B::JUMP_IF_TRUE {
                    (to, pc + 1)
                } else {
                    (pc + 1, to)
                };
                let fall_kill = i.d() & pyrs_bytecode::FALL_KILL != 0 && i.d() & KILL_A == 0;
                self.kill(i);
                if !fall_kill {
                    return self.branch(cond, yes, no);
                }
                // The operand dies on the path that falls through only.
                let r = u32::from(i.a());
                let v = self.reg_value(r);
                let held = self.b.save(r);
                let frame = self.frame();
                self.step()?;
                let at = self.pc();
                if self.frame() != frame || (at != yes && at != no) {
                    return Err(Stop::Abort("a branch went elsewhere"));
                }
                let other = if at == yes { no } else { yes };
                let guard = if at == yes {
                    Op::GuardTrue
                } else {
                    Op::GuardFalse
                };
                if other == pc + 1 {
                    self.moved(r);
                }
                self.b.set_pc(other);
                self.branches += 1;
                self.b.guard_branch(guard, cond);
                self.b.restore(r, held);
                self.b.set_pc(at);
                if at == pc + 1 {
                    self.drop_slot(r, v);
                }
                return Ok(Next::Done);
            }
            B::JUMP_IF_NONE | B::JUMP_IF_NOT_NONE => {
                let id = self.operand(i.a())?;
                let to = self.jump_target(i, 1);
                let cond = match self.b.ty(id) {
                    T::Boxed | T::Ptr => {
                        let b = self.b.as_value(id);
                        let none = self.b.value_const(self.env.statics.none_object);
                        self.b.op(Op::RefEq, &[b, none])
                    }
                    _ => {
                        self.b.rely_on_kind(id);
                        self.bool_const(false)
                    }
                };
                self.kill(i);
                let (yes, no) = if op == B::JUMP_IF_NONE {
                    (to, pc + 1)
                } else {
                    (pc + 1, to)
                };
                return self.branch(cond, yes, no);
            }
            B::NOT => {
                let cond = self.truth(i.b())?;
                let r = self.b.op(Op::BNot, &[cond]);
                self.kill_and_set(i, r);
            }
            B::IS => {
                let r = self.identity(i)?;
                let r = if i.d() & pyrs_bytecode::INVERTED != 0 {
                    self.b.op(Op::BNot, &[r])
                } else {
                    r
                };
                self.kill_and_set(i, r);
            }
            B::ADD
            | B::SUB
            | B::MUL
            | B::TRUEDIV
            | B::FLOORDIV
            | B::MOD
            | B::POW
            | B::LSHIFT
            | B::RSHIFT
            | B::AND
            | B::OR
            | B::MATMUL
            | B::XOR => {
                return self.binary(i, op);
            }
            B::NEG | B::POS | B::INVERT => return self.unary(i, op),
            B::COMPARE | B::COMPARE_JUMP => return self.compare(i, op),
            B::CONTAINS => return self.contains(i),
            B::LOAD_GLOBAL => return self.load_global(i),
            B::LOAD_NAME => return self.load_name(i),
            B::STORE_NAME | B::STORE_GLOBAL => return self.store_global(i, op == B::STORE_NAME),
            B::LOAD_DEREF => return self.load_deref(i),
            B::STORE_DEREF => return self.store_deref(i),
            B::MAKE_CELL => {
                let r = u32::from(i.a());
                let content = match self.b.get(r) {
                    Some(id) => self.b.as_value(id),
                    None => self.b.value_const(0),
                };
                let cell = self
                    .b
                    .call(self.env.h.cell_new, &[content])
                    .ok_or(Stop::Abort("no result"))?;
                self.b.set(r, cell);
                self.b.set_pc(pc + 1);
            }
            B::LOAD_ATTR => return self.load_attr(i),
            B::IMPORT_NAME => return self.import_name(i),
            B::IMPORT_FROM => return self.import_from(i),
            B::STORE_ATTR => return self.store_attr(i),
            B::LOAD_METHOD => return self.load_method(i),
            B::LOAD_SUBSCR => return self.load_subscr(i),
            B::STORE_SUBSCR => return self.store_subscr(i),
            B::GET_ITER => return self.get_iter(i),
            B::GET_YIELD_FROM_ITER => {
                return self.get_iter(i);
            }
            B::BEFORE_WITH => return self.before_with(i),
            B::MATCH_SEQUENCE | B::MATCH_MAPPING => return self.match_kind(i, op),
            B::GET_LEN => return self.match_length(i),
            B::MATCH_CLASS => return self.match_class(i),
            B::MATCH_KEYS => return self.match_keys(i),
            B::COPY_DICT_WITHOUT_KEYS => return self.copy_without(i),
            B::DICT_UPDATE | B::DICT_MERGE => return self.merge_dict(i, op),
            B::UNPACK_EX => return self.unpack_ex(i),
            B::BUILD_SET if i.c() != 0 => return self.build_set(i),
            B::DELETE_ATTR => return self.delete_attr(i),
            B::RAISE => return self.raise(i),
            B::RERAISE => return self.reraise(i),
            B::PUSH_EXC => return self.push_exc(i),
            B::POP_EXCEPT => return self.pop_except(i),
            B::EXC_MATCH_JUMP => return self.match_exception(i),
            B::RETURN_GENERATOR => return self.return_generator(),
            B::YIELD => return self.yield_value(i),
            B::YIELD_FROM => return self.yield_from(i),
            B::FOR_ITER => return self.for_iter(i),
            B::LIST_APPEND => {
                let list = self.object(i.a())?;
                let list = self.b.as_value(list);
                let item = self.boxed(i.b())?;
                self.b.call(self.env.h.list_append, &[list, item]);
                self.kill(i);
                self.b.set_pc(pc + 1);
            }
            B::SET_ADD => {
                let set = self.object(i.a())?;
                let set = self.b.as_value(set);
                let quiet = self.is_quiet_key(i.b());
                let item = if quiet {
                    self.guarded(i.b())?
                } else {
                    self.boxed(i.b())?
                };
                let helper = if quiet {
                    self.env.h.set_add
                } else {
                    self.env.h.set_add_any
                };
                self.b.call(helper, &[set, item]);
                self.kill(i);
                self.b.set_pc(pc + 1);
            }
            B::MAP_ADD => {
                let map = self.object(i.a())?;
                let map = self.b.as_value(map);
                let quiet = self.is_quiet_key(i.b());
                let key = if quiet {
                    self.guarded(i.b())?
                } else {
                    self.boxed(i.b())?
                };
                let item = self.boxed(i.c())?;
                let helper = if quiet {
                    self.env.h.map_add
                } else {
                    self.env.h.map_add_any
                };
                self.b.call(helper, &[map, key, item]);
                self.kill(i);
                self.b.set_pc(pc + 1);
            }
            B::BUILD_MAP | B::BUILD_SET if i.c() == 0 => {
                let helper = if op == B::BUILD_MAP {
                    self.env.h.dict_new
                } else {
                    self.env.h.set_new
                };
                let r = self.b.call(helper, &[]).ok_or(Stop::Abort("no result"))?;
                self.set(i.a(), r);
                self.b.set_pc(pc + 1);
            }
            B::BUILD_MAP | B::BUILD_CONST_KEY_MAP => return self.build_map(i, op),
            B::MAKE_FUNCTION => return self.make_function(i),
            B::BUILD_TUPLE | B::BUILD_LIST | B::BUILD_STRING => return self.build(i, op),
            B::BUILD_SLICE => return self.build_slice(i),
            B::DELETE_SUBSCR | B::LIST_EXTEND | B::LIST_TO_TUPLE => {
                return self.container_helper(i, op);
            }
            B::UNPACK_SEQUENCE => return self.unpack(i),
            B::FORMAT_VALUE => return self.format(i),
            B::CALL => return self.call(i, Value::EMPTY),
            B::CALL_KW => {
                let names = self.extra(0) as u32 as usize;
                let names = code_of(self.frame()).constant(names);
                return self.call(i, names);
            }
            B::CALL_EX => return self.call_ex(i),
            B::RETURN => return self.ret(i),
            _ => return Err(Stop::Unsupported(op.info().name)),
        }
        Ok(Next::Fall)
    }

    /// Whether hashing and comparing the operand runs no Python code.
    fn is_quiet_key(&self, field: u16) -> bool {
        self.is_quiet(self.value(field))
    }
    pub(crate) fn is_quiet(&self, v: Value) -> bool {
        !v.is_object() || v.is_exact(pyrs_object::ty!(pyrs_object::str::PyUnicode_Type))
    }

    /// A function without annotations and defaults for keywords.
    fn make_function(&mut self, i: Instr) -> Res<Next> {
        use pyrs_bytecode::{FUNC_CLOSURE, FUNC_DEFAULTS};
        let parts = i.d() & 15;
        if parts & !(FUNC_CLOSURE | FUNC_DEFAULTS) != 0 {
            return Err(Stop::Unsupported("a function with annotations"));
        }
        let code = code_of(self.frame()).constant(i.c() as usize);
        let globals = self.globals()?;
        self.keep(code);
        self.keep(globals);
        let mut at = u32::from(i.b());
        let mut fields =
            [code, globals, Value::EMPTY, Value::EMPTY].map(|v| self.b.ptr_const(v.bits()));
        for (k, bit) in [FUNC_DEFAULTS, FUNC_CLOSURE].into_iter().enumerate() {
            if parts & bit != 0 {
                let id = self.slot(at)?;
                fields[2 + k] = self.b.as_ptr(id);
                at += 1;
            }
        }
        let r = self.b.allocate(self.env.h.function, &fields);
        self.functions.insert(r, [fields[0], fields[1]]);
        let pc = self.pc();
        for r in u32::from(i.b())..at {
            self.moved(r);
        }
        self.set(i.a(), r);
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }

    fn identity(&mut self, i: Instr) -> Res<ValueId> {
        let (x, y) = (self.operand(i.b())?, self.operand(i.c())?);
        let (a, b) = (self.kind(i.b())?, self.kind(i.c())?);
        if a == Kind::Int && b == Kind::Int {
            let (x, y) = (self.int(i.b())?, self.int(i.c())?);
            return Ok(self.b.op(Op::IEq, &[x, y]));
        }
        if a == Kind::Float && b == Kind::Float {
            return Err(Stop::Unsupported("identity of numbers"));
        }
        if [a, b].iter().any(|k| matches!(k, Kind::Int | Kind::Float)) {
            // Of two kinds.
            self.guarded(i.b())?;
            self.guarded(i.c())?;
            return Ok(self.bool_const(false));
        }
        let (x, y) = (self.b.as_value(x), self.b.as_value(y));
        Ok(self.b.op(Op::RefEq, &[x, y]))
    }

    /// Number of items of a builtin container or str whose class is guarded.
    pub(crate) fn size_of_object(&mut self, p: ValueId, v: Value) -> Option<ValueId> {
        let alias = size_alias(v)?;
        Some(self.b.load(p, mem(16, MemType::Size, alias)))
    }
    /// Whether `exit` is still worth naming; for the driver's dumps.
    pub fn region_exit_count(&self) -> usize {
        self.b.region().exits.len()
    }
}

/// The alias tag of the number of items of a builtin container or str.
pub(crate) fn size_alias(v: Value) -> Option<Alias> {
    use pyrs_object::ty;
    if v.is_exact(ty!(tuple::PyTuple_Type)) || v.is_exact(ty!(pyrs_object::str::PyUnicode_Type)) {
        return Some(Alias::IMMUTABLE);
    }
    if v.is_exact(ty!(pyrs_object::list::PyList_Type)) {
        return Some(Alias::LIST);
    }
    if v.is_exact(ty!(pyrs_object::dict::PyDict_Type)) {
        return Some(Alias::DICT);
    }
    pyrs_object::machine_items::of(v).map(|l| subscripts::header_alias(&l))
}

fn code_of_ptr(code: *const Code) -> &'static Code {
    // SAFETY: the body of a running frame is alive.
    unsafe { &*code }
}

/// The builder of a side path behind `exit`.
pub fn resume(recording: Recording, exit: ExitId) -> Option<RegionBuilder> {
    recording.resume(exit)
}

/// Whether the registers of the running frames, of which `frame` is the innermost, hold numbers where the builder has raw ones:
/// a guard that nothing needed may have been left out.
///
/// # Safety
/// The builder's frames are those of the interpreter.
pub unsafe fn agrees(builder: &RegionBuilder, frame: *mut Frame) -> bool {
    let mut frame = frame;
    (0..builder.depth()).rev().all(|k| {
        let held = frame;
        // SAFETY: by contract.
        frame = unsafe { (*held).prev };
        builder.slots_in(k).into_iter().all(|(r, id)| {
            if r >= FUNC_SLOT {
                return true;
            }
            // SAFETY: a register of the frame.
            let v = unsafe { *Frame::registers(held).add(r as usize) };
            match builder.ty(id) {
                T::I64 => v.is_int() || v.is_exact(pyrs_object::ty!(pyrs_object::int::PyLong_Type)),
                T::F64 => {
                    v.is_float() || v.is_exact(pyrs_object::ty!(pyrs_object::float::PyFloat_Type))
                }
                _ => true,
            }
        })
    })
}
