//! Calls: Python functions, methods and `__init__` are inlined, known builtins get code of their own, other builtins
//! are called through helpers.

use crate::{
    FUNC_SLOT, FrameKind, INIT_SLOT, Inlined, Kind, MAX_DEPTH, Next, Recorder, Res, Stop, class_of,
    code_of, helpers::MAX_ARGS, mem,
};
use pyrs_bytecode::{CALL_METHOD_FLAG, Instr, KILL_B, KILL_C, Op as B};
use pyrs_jit_ir::context::{MAX_ARGUMENT_REGISTERS, offsets};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::region::{Alias, Imm, MemType, ValueId};
use pyrs_object::layout::*;
use pyrs_object::{Type, Value, ValueExt, ty, typeobject};
use pyrs_vm::code::{self, Code};
use pyrs_vm::frames::Continuation;
use pyrs_vm::interp::MADE_INSTANCE;
use std::ffi::CStr;
use std::mem::offset_of;

/// Builtins that look at the caller's frame, whose registers are not up to date in compiled code.
const LOOK_AT_FRAMES: &[&str] = &[
    "locals",
    "globals",
    "vars",
    "dir",
    "eval",
    "exec",
    "compile",
    "super",
    "__import__",
    "__build_class__",
    "breakpoint",
    "input",
    "_getframe",
    // Counts what registers hold, too.
    "getrefcount",
    "_current_frames",
    "settrace",
    "setprofile",
    "exc_info",
    "exception",
    "call_tracing",
    "warn",
    "warn_explicit",
    "setrecursionlimit",
    "collect",
    "exit",
    "quit",
];
/// Frames of one function inlined into each other.
const MAX_RECURSION: usize = 3;
/// The same where many functions are called: each level multiplies the paths.
const MAX_BRANCHING_RECURSION: usize = 1;

/// Exits of a region from which on only small bodies are inlined where there is a choice, and the words of such a body.
const LARGE: usize = 150;
const SMALL_BODY: u32 = 60;

/// The operands of the instruction stay in their registers until the callee has returned.
pub(crate) fn keeps_operands(kind: Continuation) -> bool {
    use Continuation::{Attribute, Finish, GetAttribute};
    matches!(kind, Finish | GetAttribute | Attribute)
}

const STORE: FrameKind = FrameKind::new(Continuation::Store, 0);

/// Why a call that could be inlined is not.
pub(crate) const DEEP: &str = "deep calls";

impl Recorder<'_> {
    /// `names`: the tuple that names the last arguments, or empty.
    pub(crate) fn call(&mut self, i: Instr, names: Value) -> Res<Next> {
        let depth = self.b.depth();
        let of_class = self.method_of_class == Some((depth, u32::from(i.a())));
        let next = self.call_it(i, names)?;
        if of_class {
            self.method_of_class = None;
            match self.inlined.last_mut() {
                Some(call) if self.b.depth() > depth => call.one_of_many = true,
                _ => self.meet(),
            }
        }
        Ok(next)
    }
    /// Guards that a call of a method has a receiver in this register, or has none.
    pub(crate) fn guard_receiver(&mut self, r: u32, has_self: bool) {
        if let Some(id) = self.b.get(r)
            && self.b.ty(id) == T::Boxed
        {
            if has_self {
                self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
            } else {
                self.b.guard(Op::GuardValue, &[id], Imm::Int(0));
            }
        }
    }
    fn call_it(&mut self, i: Instr, names: Value) -> Res<Next> {
        let (base, argc) = (u32::from(i.a()), u32::from(i.b()));
        let method = i.d() & CALL_METHOD_FLAG != 0;
        let callable = self.reg_value(base);
        if !callable.is_object() {
            return Err(Stop::Unsupported("a call of a number"));
        }
        let has_self = method && !self.reg_value(base + 1).is_empty();
        if method {
            self.guard_receiver(base + 1, has_self);
        }
        let first = if has_self { base + 1 } else { base + 2 };
        let n = argc + u32::from(has_self);
        let id = self.slot(base)?;
        let mut args = Vec::new();
        let mut values = Vec::new();
        for k in 0..n {
            args.push(self.slot(first + k)?);
            values.push(self.reg_value(first + k));
        }
        self.call_with(i, callable, id, args, values, names, has_self, first + n)
    }
    /// The call with its arguments and what they are now; registers up to `end` are given up.
    #[expect(
        clippy::too_many_arguments,
        reason = "they say together what is called"
    )]
    pub(crate) fn call_with(
        &mut self,
        i: Instr,
        callable: Value,
        id: ValueId,
        mut args: Vec<ValueId>,
        values: Vec<Value>,
        names: Value,
        has_self: bool,
        end: u32,
    ) -> Res<Next> {
        let (base, dst, n) = (u32::from(i.a()), u32::from(i.c()), args.len() as u32);
        if let Some((method, slf, object)) = self.bound.get(&id).copied()
            && !has_self
        {
            let mut values = values;
            args.insert(0, slf);
            values.insert(0, object);
            let id = self.b.value_const(method.bits());
            return self.call_with(i, method, id, args, values, names, false, end);
        }
        let t = callable.ty();
        let object_init = || {
            let object = ty!(typeobject::PyBaseObject_Type);
            typeobject::lookup(object, pyrs_object::intern!("__init__"))
        };
        if n == 1 && names.is_empty() && self.b.is_const(id) && Some(callable) == object_init() {
            self.guard_is(id, callable)?;
            let none = self.b.value_const(self.env.statics.none_object);
            return self.called(i, base, end, none);
        }
        if t == ty!(pyrs_object::function::PyFunction_Type) {
            let func = self.function(id, callable)?;
            return self.inline(callable, func, &args, names, base, end, dst);
        }
        if t == ty!(pyrs_object::method::PyMethod_Type) && !has_self {
            let (func, _) = pyrs_object::method::parts(callable);
            if !func.is_exact(ty!(pyrs_object::function::PyFunction_Type)) {
                return Err(Stop::Unsupported("a bound builtin"));
            }
            let p = self.object_of(id, class_of(callable))?;
            let f = self.b.load(
                p,
                mem(
                    offset_of!(PyMethodObject, im_func),
                    MemType::Boxed,
                    Alias::IMMUTABLE,
                ),
            );
            let slf = self.b.load(
                p,
                mem(
                    offset_of!(PyMethodObject, im_self),
                    MemType::Boxed,
                    Alias::IMMUTABLE,
                ),
            );
            let f = self.function(f, func)?;
            args.insert(0, slf);
            return self.inline(func, f, &args, names, base, end, dst);
        }
        if let Some(func) = self.stand_in(callable, &values, names) {
            return self.consume(func, callable, id, args, &values, base, end, dst);
        }
        let python_call = t.is_heap() && pyrs_vm::interp::call_method_of(callable).is_some();
        if let Some(class) = Type::from_value(callable)
            && class.is_heap()
            && !python_call
        {
            if n == 0 && self.has_no_init(class) {
                self.guard_is(id, class.value())?;
                self.guard_version(class);
                let r = self.new_instance(class)?;
                return self.called(i, base, end, r);
            }
            if let Some(func) = pyrs_vm::interp::new_method_of(callable) {
                return self.call_new(class, func, id, args, names, dst);
            }
            if self.is_made_natively(class) {
                return self.call_any(i, callable, id, &args, names, base, end);
            }
            return self.instantiate(class, id, args, names, base, end, dst);
        }
        if !names.is_empty() && !python_call {
            return self.call_any(i, callable, id, &args, names, base, end);
        }
        if callable == ty!(pyrs_object::superobject::PySuper_Type).value() && n == 0 {
            let r = self.new_super(id)?;
            return self.called(i, base, end, r);
        }
        if callable == ty!(pyrs_object::superobject::PySuper_Type).value() && n == 2 {
            self.guard_is(id, callable)?;
            let r = self.super_of(args[0], args[1], values[0], values[1])?;
            return self.called(i, base, end, r);
        }
        if n as usize > MAX_ARGS {
            return Err(Stop::Unsupported("a call with many arguments"));
        }
        if t == ty!(pyrs_object::cfunction::PyCFunction_Type)
            && let Some((def, slf)) = pyrs_object::cfunction::native_def(callable)
        {
            let name = def_name(&def.def);
            if LOOK_AT_FRAMES.contains(&name) {
                return Err(Stop::Unsupported("a builtin that looks at frames"));
            }
            let s = self.native_function(id, callable, slf)?;
            if slf.is_object() && !slf.is_exact(ty!(pyrs_object::module::PyModule_Type)) {
                let r = self.native_method(def, name, slf, s, &args)?;
                return self.called(i, base, end, r);
            }
            if i.op() == Some(B::CALL_ISINSTANCE)
                && let Some(check) = pyrs_object::ops::instance_check_of(values[0], values[1])
            {
                return self.instance_check(check, &args, &values, base, end, dst);
            }
            if name == "__new__"
                && let Some(r) = self.new_object(slf, &args, &values)?
            {
                return self.called(i, base, end, r);
            }
            let done = self.known(name, slf, &args, &values)?;
            let r = match done {
                Some(r) => r,
                None => {
                    let d = self.b.int_const(std::ptr::from_ref(def) as i64);
                    let mut all = vec![d, s];
                    self.boxed_args(&args, &mut all);
                    self.b
                        .call(self.env.h.call_native[n as usize], &all)
                        .ok_or(Stop::Abort("no result"))?
                }
            };
            return self.called(i, base, end, r);
        }
        if t == ty!(pyrs_object::descr::PyMethodDescr_Type)
            && n > 0
            && let Some(def) = pyrs_object::descr::native_method(callable)
        {
            let name = def_name(&def.def);
            if LOOK_AT_FRAMES.contains(&name) {
                return Err(Stop::Unsupported("a builtin that looks at frames"));
            }
            self.guard_is(id, callable)?;
            // The receiver's class decides whether the descriptor takes it.
            let slf = match self.kind_of(args[0], values[0]) {
                Kind::Object => {
                    let p = self.object_of(args[0], class_of(values[0]))?;
                    self.b.as_value(p)
                }
                Kind::Int if self.b.ty(args[0]) == T::Boxed => {
                    self.b.as_int(args[0]);
                    args[0]
                }
                Kind::Float if self.b.ty(args[0]) == T::Boxed => {
                    self.b.as_float(args[0]);
                    args[0]
                }
                _ => self.b.as_value(args[0]),
            };
            let accepted = {
                // SAFETY: a live method descriptor.
                let owner = unsafe {
                    (*callable.as_ptr().cast::<PyMethodDescrObject>())
                        .d_common
                        .d_type
                };
                values[0].ty().as_ptr() == owner || values[0].ty().is_subtype(Type::from_ptr(owner))
            };
            if !accepted {
                return Err(Stop::Unsupported("a descriptor of another class"));
            }
            let r = self.native_method(def, name, values[0], slf, &args[1..])?;
            return self.called(i, base, end, r);
        }
        if t.is_heap()
            && let Some(func) = pyrs_vm::interp::call_method_of(callable)
        {
            let slf = self.object_of(id, class_of(callable))?;
            self.guard_version(t);
            self.keep(func);
            let f = self.b.ptr_const(func.bits());
            args.insert(0, slf);
            return self.inline(func, f, &args, names, base, end, dst);
        }
        if let Some(class) = Type::from_value(callable) {
            return self.call_class(i, class, id, &args, &values, base, end);
        }
        self.call_any(i, callable, id, &args, names, base, end)
    }

    /// A call of something whose code is not Python: it is left to the object. `names` names the last arguments.
    #[expect(clippy::too_many_arguments, reason = "all parts of a call")]
    fn call_any(
        &mut self,
        i: Instr,
        callable: Value,
        id: ValueId,
        args: &[ValueId],
        names: Value,
        base: u32,
        end: u32,
    ) -> Res<Next> {
        let t = callable.ty();
        if args.len() > MAX_ARGS {
            return Err(Stop::Unsupported("a call with many arguments"));
        }
        if self.looks_at_frames(callable) {
            return Err(Stop::Unsupported("a builtin that looks at frames"));
        }
        let function = callable.is_exact(ty!(pyrs_object::cfunction::PyCFunction_Type));
        let class = Type::from_value(callable);
        if class.is_some_and(|c| !self.is_made_natively(c)) {
            return Err(Stop::Unsupported("an unusual class"));
        }
        if function {
            let slf = pyrs_object::cfunction::own_self(callable);
            self.native_function(id, callable, slf)?;
        } else if class.is_none() && (t.is_heap() || !self.b.is_const(id)) {
            self.object_of(id, class_of(callable))?;
        } else {
            self.guard_is(id, callable)?;
        }
        for c in [class, class.map(|c| c.value().ty())].into_iter().flatten() {
            if c.is_heap() {
                self.guard_version(c);
            }
        }
        let mut all = vec![self.b.as_value(id)];
        let helper = if names.is_empty() {
            self.env.h.call_object[args.len()]
        } else {
            self.keep(names);
            all.push(self.b.value_const(names.bits()));
            self.env.h.call_keywords[args.len()]
        };
        self.boxed_args(args, &mut all);
        let r = self.b.call(helper, &all).ok_or(Stop::Abort("no result"))?;
        self.called(i, base, end, r)
    }

    /// The Python function that the interpreter runs instead of the builtin ([`pyrs_vm::consume`]).
    fn stand_in(&self, callable: Value, arguments: &[Value], names: Value) -> Option<Value> {
        // The first time, it is compiled and a module's code runs.
        (self.env.pause)(true);
        let func = pyrs_vm::consume::stand_in(self.ts, callable, arguments, names);
        (self.env.pause)(false);
        func
    }
    /// A call of a builtin that has a stand-in.
    #[expect(clippy::too_many_arguments, reason = "all parts of a call")]
    fn consume(
        &mut self,
        func: Value,
        callable: Value,
        id: ValueId,
        mut args: Vec<ValueId>,
        values: &[Value],
        base: u32,
        end: u32,
        dst: u32,
    ) -> Res<Next> {
        self.guard_is(id, callable)?;
        for (a, v) in args.iter_mut().zip(values) {
            match self.kind_of(*a, *v) {
                Kind::Object => *a = self.object_of(*a, class_of(*v))?,
                Kind::Int => *a = self.b.as_int(*a),
                Kind::Float => *a = self.b.as_float(*a),
                Kind::Bool => {}
            }
        }
        self.keep(func);
        let f = self.b.ptr_const(func.bits());
        self.inline(func, f, &args, Value::EMPTY, base, end, dst)
    }

    /// Guards which builtin function is called; its self. Bound methods are made again and again: what they are bound to
    /// may differ.
    fn native_function(&mut self, id: ValueId, callable: Value, slf: Value) -> Res<ValueId> {
        if self.b.is_const(id) || !slf.is_object() {
            self.guard_is(id, callable)?;
            self.keep(slf);
            return Ok(self.b.value_const(slf.bits()));
        }
        let p = self.object_of(id, class_of(callable))?;
        let field = |offset, ty| mem(offset, ty, Alias::IMMUTABLE);
        let ml = offset_of!(PyCFunctionObject, m_ml);
        let ml = self.b.load(p, field(ml, MemType::I64));
        // SAFETY: exactly a builtin function.
        let now = unsafe { (*callable.as_ptr().cast::<PyCFunctionObject>()).m_ml };
        self.b.guard(Op::GuardIEq, &[ml], Imm::Int(now as u64));
        let at = offset_of!(PyCFunctionObject, m_self);
        Ok(self.b.load(p, field(at, MemType::Boxed)))
    }

    /// Calls a method of a builtin class; `s` is the object, `slf` now.
    fn native_method(
        &mut self,
        def: &'static pyrs_object::native::NativeMethodDef,
        name: &str,
        slf: Value,
        s: ValueId,
        args: &[ValueId],
    ) -> Res<ValueId> {
        if name == "append"
            && let [item] = args
            && slf.is_exact(ty!(pyrs_object::list::PyList_Type))
        {
            let list = self.object_of(s, class_of(slf))?;
            let (list, item) = (self.b.as_value(list), self.b.as_value(*item));
            self.b.call(self.env.h.list_append, &[list, item]);
            return Ok(self.b.value_const(self.env.statics.none_object));
        }
        let d = self.b.int_const(std::ptr::from_ref(def) as i64);
        let mut all = vec![d, s];
        self.boxed_args(args, &mut all);
        self.b
            .call(self.env.h.call_native[args.len()], &all)
            .ok_or(Stop::Abort("no result"))
    }

    /// Whether a callable needs registers of the caller that are not in its frame while compiled code runs.
    pub(crate) fn looks_at_frames(&self, callable: Value) -> bool {
        let t = callable.ty();
        if t == ty!(pyrs_object::cfunction::PyCFunction_Type) {
            return pyrs_object::cfunction::native_def(callable)
                .is_some_and(|(def, _)| LOOK_AT_FRAMES.contains(&def_name(&def.def)));
        }
        callable == ty!(pyrs_object::superobject::PySuper_Type).value()
    }

    fn boxed_args(&mut self, args: &[ValueId], all: &mut Vec<ValueId>) {
        for a in args {
            let v = self.b.as_value(*a);
            all.push(v);
        }
    }
    /// The window is empty after the call, the result set.
    fn called(&mut self, i: Instr, base: u32, end: u32, r: ValueId) -> Res<Next> {
        let pc = self.pc();
        for s in base..end {
            if self.b.get(s).is_some() {
                let v = self.reg_value(s);
                self.drop_slot(s, v);
            }
        }
        self.set(i.c(), r);
        self.b.set_pc(pc + self.length());
        Ok(Next::Fall)
    }

    /// Guards which function is called; its value.
    pub(crate) fn function(&mut self, id: ValueId, func: Value) -> Res<ValueId> {
        // SAFETY: a live function.
        let (code_object, globals, closure) = unsafe {
            let f = func.as_ptr().cast::<PyFunctionObject>();
            ((*f).func_code, (*f).func_globals, (*f).func_closure)
        };
        let code_object = Value::from_object(code_object);
        self.keep(code_object);
        let p = if closure.is_null() && self.b.is_const(id) {
            self.guard_is(id, func)?;
            self.b.ptr_const(func.bits())
        } else {
            // Functions are made again and again from the same code: that and their globals decide.
            let p = self.object_of(id, class_of(func))?;
            let g = self.b.load(
                p,
                mem(
                    offset_of!(PyFunctionObject, func_globals),
                    MemType::Ptr,
                    Alias::IMMUTABLE,
                ),
            );
            self.guard_is(g, Value::from_object(globals))?;
            p
        };
        let c = self.b.load(
            p,
            mem(
                offset_of!(PyFunctionObject, func_code),
                MemType::Ptr,
                Alias::OTHER,
            ),
        );
        self.guard_is(c, code_object)?;
        Ok(p)
    }

    /// Checks that a call of `func` can be inlined; its code.
    pub(crate) fn inlinable(&self, func: Value) -> Res<&'static Code> {
        let code = self.callee_code(func)?;
        if !code.is_generator_like() {
            self.may_inline(code)?;
        }
        Ok(code)
    }
    /// Whether there may be another frame of `code`.
    pub(crate) fn may_inline(&self, code: &'static Code) -> Res {
        if self.b.depth() >= MAX_DEPTH {
            return Err(Stop::Unsupported(DEEP));
        }
        let mut same = 0;
        let mut f = self.frame();
        for _ in 0..self.b.depth() {
            if std::ptr::eq(code_of(f), code) {
                same += 1;
            }
            // SAFETY: the frames of the builder are those of the interpreter.
            f = unsafe { (*f).prev };
        }
        let most = if self.many_kinds {
            MAX_BRANCHING_RECURSION
        } else {
            MAX_RECURSION
        };
        if same >= most {
            return Err(Stop::Unsupported(DEEP));
        }
        Ok(())
    }

    fn callee_code(&self, func: Value) -> Res<&'static Code> {
        // SAFETY: a live function.
        let body = unsafe { code::body((*func.as_ptr().cast::<PyFunctionObject>()).func_code) };
        // SAFETY: a body is alive as long as its code object.
        let Some(code) = (unsafe { body.as_ref() }) else {
            return Err(Stop::Unsupported("a function without body"));
        };
        if code.flags & coflags::ASYNC_GENERATOR != 0 {
            return Err(Stop::Unsupported("a call of an asynchronous generator"));
        }
        let wanted = coflags::OPTIMIZED | coflags::NEWLOCALS;
        if code.flags & wanted != wanted {
            return Err(Stop::Unsupported("an unusual function"));
        }
        Ok(code)
    }

    /// The closure's cells, by register.
    pub(crate) fn cells(&mut self, p: ValueId, code: &Code, slots: &mut Vec<(u32, ValueId)>) {
        if code.free_count != 0 {
            let offset = offset_of!(PyFunctionObject, func_closure);
            let closure = self.b.load(p, mem(offset, MemType::Ptr, Alias::IMMUTABLE));
            for k in 0..code.free_count {
                let cell = self.b.load(
                    closure,
                    mem(24 + 8 * k as usize, MemType::Ptr, Alias::IMMUTABLE),
                );
                slots.push((code.first_free + k, cell));
            }
        }
    }

    /// Inlines a call; the window `base..end` is given up.
    #[expect(clippy::too_many_arguments, reason = "all parts of a call")]
    fn inline(
        &mut self,
        func: Value,
        p: ValueId,
        args: &[ValueId],
        names: Value,
        base: u32,
        end: u32,
        dst: u32,
    ) -> Res<Next> {
        let names = if names.is_empty() {
            &[][..]
        } else {
            pyrs_object::tuple::items(names)
        };
        let (code, cell) = match self.inlinable(func) {
            // It only makes a generator.
            Ok(code) if code.is_generator_like() => (code, None),
            // In a large region a call costs less than another copy of a body.
            Ok(code) if self.b.size() > LARGE && code.word_count > SMALL_BODY => {
                (code, (self.env.entry_cell)(func))
            }
            Ok(code) => (code, None),
            Err(Stop::Unsupported(DEEP)) => {
                let cell = (self.env.entry_cell)(func).ok_or(Stop::Unsupported(DEEP))?;
                (self.callee_code(func)?, Some(cell))
            }
            Err(stop) => return Err(stop),
        };
        let mut slots = self.bind(func, p, code, args, names)?;
        self.cells(p, code, &mut slots);
        if let Some(cell) = cell {
            return self.call_region(code, cell, p, slots, base, end, dst);
        }
        slots.push((FUNC_SLOT, p));
        let pc = self.pc();
        let kind = self.enter_window(base, end);
        self.enter(code, pc, dst, kind, &slots)
    }

    /// Steps into the callee.
    pub(crate) fn enter(
        &mut self,
        code: &'static Code,
        pc: u32,
        dst: u32,
        kind: FrameKind,
        slots: &[(u32, ValueId)],
    ) -> Res<Next> {
        let caller = self.frame();
        self.step()?;
        let frame = self.frame();
        // SAFETY: the running frame.
        let entered = frame != caller
            && unsafe { (*frame).prev } == caller
            && std::ptr::eq(code_of(frame), code);
        if !entered || self.pc() != 0 {
            return Err(Stop::Abort("a call went elsewhere"));
        }
        // SAFETY: as above.
        if unsafe { (*frame).continuation } != kind.continuation() {
            return Err(Stop::Abort("a call with another continuation"));
        }
        self.b
            .push_frame(pc, std::ptr::from_ref(code) as u64, dst, kind.0, slots);
        self.b.set_pc(0);
        self.inlined.push(Inlined {
            branches: self.branches,
            one_of_many: false,
        });
        Ok(Next::Done)
    }

    /// A method that an instruction calls for its result. Where it [`keeps_operands`] these are given up when it returns, in
    /// other cases here.
    pub(crate) fn enter_method(
        &mut self,
        i: Instr,
        func: Value,
        args: &[ValueId],
        kind: Continuation,
        stage: u64,
    ) -> Res<Next> {
        let code = self.inlinable(func)?;
        self.keep(func);
        let p = self.b.ptr_const(func.bits());
        let mut slots = self.bind(func, p, code, args, &[])?;
        self.cells(p, code, &mut slots);
        slots.push((FUNC_SLOT, p));
        let pc = self.pc();
        if !keeps_operands(kind) {
            for (bit, field) in [(KILL_B, i.b()), (KILL_C, i.c())] {
                if i.d() & bit != 0 && (field as i16) >= 0 {
                    self.moved(u32::from(field));
                }
            }
        }
        let kind = FrameKind::new(kind, stage);
        self.enter(code, pc, u32::from(i.a()), kind, &slots)
    }

    /// A function that `FOR_ITER` calls for its next item. What `advance` records happens before the function runs.
    pub(crate) fn enter_for_item(
        &mut self,
        i: Instr,
        func: Value,
        p: ValueId,
        args: &[ValueId],
        advance: impl FnOnce(&mut Self),
    ) -> Res<Next> {
        let code = self.inlinable(func)?;
        if code.is_generator_like() {
            return Err(Stop::Unsupported(DEEP));
        }
        let mut slots = self.bind(func, p, code, args, &[])?;
        self.cells(p, code, &mut slots);
        slots.push((FUNC_SLOT, p));
        advance(self);
        let kind = FrameKind::new(Continuation::Next, 0);
        self.enter(code, self.pc(), u32::from(i.b()), kind, &slots)
    }

    /// A property of a Python class; `hooked`: the class has a `__getattr__`.
    pub(crate) fn enter_getter(
        &mut self,
        i: Instr,
        getter: Value,
        slf: ValueId,
        hooked: bool,
    ) -> Res<Next> {
        let how = if hooked {
            Continuation::GetAttribute
        } else {
            Continuation::Attribute
        };
        self.enter_method(i, getter, &[slf], how, 0)
    }

    /// `with` an instance of a Python class: `__enter__` is inlined.
    pub(crate) fn before_with(&mut self, i: Instr) -> Res<Next> {
        const ODD: Stop = Stop::Unsupported("an unusual context manager");
        let v = self.value(i.b());
        if !v.is_object() {
            return Err(ODD);
        }
        if let Some(next) = self.enter_native(i, v)? {
            return Ok(next);
        }
        let method =
            |name| typeobject::lookup(v.ty(), name).filter(|f| pyrs_vm::interp::is_py_function(*f));
        let (Some(enter), Some(exit)) = (
            method(pyrs_object::intern!("__enter__")),
            method(pyrs_object::intern!("__exit__")),
        ) else {
            return Err(ODD);
        };
        let code = self.inlinable(enter)?;
        let slf = self.object(i.b())?;
        self.guard_version(v.ty());
        self.keep(enter);
        self.keep(exit);
        let p = self.b.ptr_const(enter.bits());
        let mut slots = self.bind(enter, p, code, &[slf], &[])?;
        self.cells(p, code, &mut slots);
        slots.push((FUNC_SLOT, p));
        let pc = self.pc();
        if i.d() & KILL_B != 0 && (i.b() as i16) >= 0 {
            self.moved(u32::from(i.b()));
        }
        let exit = self.b.value_const(exit.bits());
        self.set(i.a(), exit);
        self.set(i.a() + 1, slf);
        self.enter(code, pc, u32::from(i.a()) + 2, STORE, &slots)
    }

    /// Calls the region of a function instead of inlining its body.
    #[expect(clippy::too_many_arguments, reason = "all parts of a call")]
    fn call_region(
        &mut self,
        code: &'static Code,
        cell: u64,
        p: ValueId,
        mut registers: Vec<(u32, ValueId)>,
        base: u32,
        end: u32,
        dst: u32,
    ) -> Res<Next> {
        for (_, v) in &mut registers {
            *v = self.b.as_value(*v);
        }
        if registers
            .iter()
            .any(|(r, _)| *r as usize >= MAX_ARGUMENT_REGISTERS)
        {
            return Err(Stop::Unsupported("a call with many registers"));
        }
        self.b.guard_depth(self.b.depth() as u64);
        let pc = self.pc();
        let window = if self.expanded {
            self.window(self.b.depth() - 1, self.instr())
        } else {
            Vec::new()
        };
        let kind = self.enter_window(base, end);
        let callee = std::ptr::from_ref(code) as u64;
        self.b
            .push_frame(pc, callee, dst, kind.0, &[(FUNC_SLOT, p)]);
        let context = self.b.op(Op::ContextBase, &[]);
        for (r, v) in registers {
            let at = offsets::ARGUMENTS as usize + 8 * r as usize;
            let m = mem(at, MemType::Boxed, Alias::ARGUMENTS);
            self.b.store(context, v, m);
        }
        let offset = self.b.int_const(i64::from(offsets::ARGUMENTS));
        let at = self.b.op(Op::IAdd, &[context, offset]);
        let r = self.b.call_region(cell, at);
        self.b.forget(FUNC_SLOT);
        self.b.pop_frame(r);
        self.leave_window(&window, dst);
        let next = pc + self.length();
        self.b.set_pc(next);
        let caller = self.frame();
        self.step()?;
        let frame = self.frame();
        // SAFETY: the running frame.
        let entered = frame != caller
            && unsafe { (*frame).prev } == caller
            && std::ptr::eq(code_of(frame), code);
        if !entered {
            return Err(Stop::Abort("a call went elsewhere"));
        }
        self.run_callee(caller)?;
        self.expect(caller, next)?;
        Ok(Next::Done)
    }
    /// Lets the interpreter run the callee that was just entered to its end.
    pub(crate) fn run_callee(&mut self, caller: *mut Frame) -> Res {
        let frame = self.frame();
        // SAFETY: the running frame.
        if unsafe { (*frame).prev } != caller || self.pc() != 0 {
            return Err(Stop::Abort("control went elsewhere"));
        }
        (self.env.pause)(true);
        // SAFETY: the callee's frame was just pushed by a step.
        let r = unsafe { pyrs_vm::interp::finish_callee(self.ts) };
        (self.env.pause)(false);
        r.map_err(|_| Stop::Raised)
    }

    /// A call of a builtin class.
    #[expect(clippy::too_many_arguments, reason = "all parts of a call")]
    fn call_class(
        &mut self,
        i: Instr,
        class: Type,
        id: ValueId,
        args: &[ValueId],
        values: &[Value],
        base: u32,
        end: u32,
    ) -> Res<Next> {
        let callable = class.value();
        if class == ty!(pyrs_object::superobject::PySuper_Type)
            || class == ty!(typeobject::PyType_Type) && args.len() != 1
        {
            return Err(Stop::Unsupported("a call of super or type"));
        }
        self.guard_is(id, callable)?;
        let r = match self.known_class(class, args, values)? {
            Some(r) => r,
            None => {
                let mut all = vec![self.b.value_const(callable.bits())];
                self.boxed_args(args, &mut all);
                self.b
                    .call(self.env.h.call_object[args.len()], &all)
                    .ok_or(Stop::Abort("no result"))?
            }
        };
        self.called(i, base, end, r)
    }

    /// Whether an instance is made without running any method.
    fn has_no_init(&self, class: Type) -> bool {
        let init = pyrs_object::intern!("__init__");
        typeobject::is_plain_instantiation(class)
            && typeobject::lookup(class, init)
                == typeobject::lookup(ty!(typeobject::PyBaseObject_Type), init)
    }

    /// A call of a Python class: the instance is made here, `__init__` is inlined.
    #[expect(clippy::too_many_arguments, reason = "all parts of a call")]
    fn instantiate(
        &mut self,
        class: Type,
        id: ValueId,
        mut args: Vec<ValueId>,
        names: Value,
        base: u32,
        end: u32,
        dst: u32,
    ) -> Res<Next> {
        if !typeobject::is_plain_instantiation(class) {
            return Err(Stop::Unsupported("an unusual class"));
        }
        let init = typeobject::lookup(class, pyrs_object::intern!("__init__"))
            .filter(|f| pyrs_vm::interp::is_py_function(*f));
        let Some(init) = init else {
            return Err(Stop::Unsupported("a class without __init__"));
        };
        let code = self.inlinable(init)?;
        let (p, object) = if std::mem::take(&mut self.any_class) {
            let c = self.b.as_value(id);
            let f = self
                .b
                .call(self.env.h.any_init, &[c])
                .ok_or(Stop::Abort("no result"))?;
            self.b.guard(Op::GuardNotEmpty, &[f], Imm::None);
            let p = self.function(f, init)?;
            let c = self.b.as_ptr(c);
            let object = self
                .b
                .call(self.env.h.alloc_instance, &[c])
                .ok_or(Stop::Abort("no result"))?;
            (p, object)
        } else {
            self.guard_is(id, class.value())?;
            self.guard_version(class);
            self.keep(init);
            (self.b.ptr_const(init.bits()), self.new_instance(class)?)
        };
        args.insert(0, object);
        let names = if names.is_empty() {
            &[][..]
        } else {
            pyrs_object::tuple::items(names)
        };
        let mut slots = self.bind(init, p, code, &args, names)?;
        self.cells(p, code, &mut slots);
        slots.push((FUNC_SLOT, p));
        let pc = self.pc();
        let kind = if self.expanded {
            self.b.set(base + 1, object);
            FrameKind::new(Continuation::Finish, MADE_INSTANCE)
        } else {
            slots.push((INIT_SLOT, object));
            self.enter_window(base, end);
            FrameKind::new(Continuation::Init, 0)
        };
        self.enter(code, pc, dst, kind, &slots)
    }

    /// Whether calling a class runs no Python function of the class or of its metaclass.
    fn is_made_natively(&self, class: Type) -> bool {
        use pyrs_object::native::Slot;
        let python = |t: Type, slot| t.is_heap() && typeobject::is_python_slot(t, slot);
        !class.has(tpflags::TYPE_SUBCLASS)
            && !class.has(tpflags::IS_ABSTRACT)
            && !python(class, Slot::tp_new)
            && !python(class, Slot::tp_init)
            && !python(class.value().ty(), Slot::tp_call)
    }

    /// Builtin functions with code of their own.
    fn known(
        &mut self,
        name: &str,
        slf: Value,
        args: &[ValueId],
        values: &[Value],
    ) -> Res<Option<ValueId>> {
        let module = pyrs_object::module::name(slf).unwrap_or_default();
        if module == "math" && name != "sqrt" {
            return self.math_function(name, args, values);
        }
        if module != "builtins" && name != "sqrt" {
            return Ok(None);
        }
        Ok(match (name, args) {
            ("len", [a]) if values[0].is_object() => {
                let v = values[0];
                if crate::size_alias(v).is_none() {
                    return Ok(None);
                }
                let p = self.object_of(*a, class_of(v))?;
                self.size_of_object(p, v)
            }
            ("isinstance", [a, c]) => self.is_instance(*a, *c, values[0], values[1])?,
            ("abs", [a]) => match self.kind_of(*a, values[0]) {
                Kind::Int => {
                    let n = self.b.as_int(*a);
                    let zero = self.b.int_const(0);
                    let neg = self.b.op(Op::INegOvf, &[n]);
                    let less = self.b.op(Op::ILt, &[n, zero]);
                    Some(self.b.op(Op::ISelect, &[less, neg, n]))
                }
                Kind::Float => {
                    let x = self.b.as_float(*a);
                    Some(self.b.op(Op::FAbs, &[x]))
                }
                _ => None,
            },
            ("min" | "max", [a, b]) => {
                match (self.kind_of(*a, values[0]), self.kind_of(*b, values[1])) {
                    (Kind::Int, Kind::Int) => {
                        let (x, y) = (self.b.as_int(*a), self.b.as_int(*b));
                        let second = self
                            .b
                            .op(if name == "min" { Op::ILt } else { Op::IGt }, &[y, x]);
                        Some(self.b.op(Op::ISelect, &[second, y, x]))
                    }
                    (Kind::Float, Kind::Float) => {
                        let (x, y) = (self.b.as_float(*a), self.b.as_float(*b));
                        let second = self
                            .b
                            .op(if name == "min" { Op::FLt } else { Op::FGt }, &[y, x]);
                        Some(self.b.op(Op::FSelect, &[second, y, x]))
                    }
                    _ => None,
                }
            }
            ("sqrt", [a]) if module == "math" => {
                let x = match self.kind_of(*a, values[0]) {
                    Kind::Float => self.b.as_float(*a),
                    Kind::Int => {
                        let n = self.b.as_int(*a);
                        self.b.op(Op::I2F, &[n])
                    }
                    _ => return Ok(None),
                };
                let zero = self.b.float_const(0.0);
                let ok = self.b.op(Op::FGe, &[x, zero]);
                self.b.guard(Op::GuardTrue, &[ok], Imm::None);
                Some(self.b.op(Op::FSqrt, &[x]))
            }
            _ => None,
        })
    }

    /// `isinstance` of a value whose class decides, and a class or a tuple of classes without `__instancecheck__`.
    fn is_instance(
        &mut self,
        a: ValueId,
        c: ValueId,
        value: Value,
        classes: Value,
    ) -> Res<Option<ValueId>> {
        let one = [classes];
        // A tuple that is no constant may be a new one each time.
        let tuple = classes.is_exact(ty!(pyrs_object::tuple::PyTuple_Type)) && self.b.is_const(c);
        let all = if tuple {
            pyrs_object::tuple::items(classes)
        } else {
            &one
        };
        let all: Option<Vec<Type>> = all
            .iter()
            .map(|c| {
                Type::from_value(*c).filter(|c| c.value().ty() == ty!(typeobject::PyType_Type))
            })
            .collect();
        let Some(all) = all else {
            return Ok(None);
        };
        let t = value.ty();
        let answer = all.iter().any(|class| t.is_subtype(*class));
        // `__class__` may say something else.
        if !answer && !typeobject::claims_nothing(t) {
            return Ok(None);
        }
        self.guard_is(c, classes)?;
        match self.kind_of(a, value) {
            Kind::Object => {
                self.object_of(a, class_of(value))?;
                if t.is_heap() {
                    self.guard_version(t);
                }
            }
            Kind::Int => {
                let n = self.b.as_int(a);
                self.b.rely_on_kind(n);
            }
            Kind::Float => {
                let x = self.b.as_float(a);
                self.b.rely_on_kind(x);
            }
            Kind::Bool => {}
        }
        Ok(Some(self.bool_const(answer)))
    }

    /// `isinstance` of a class whose metaclass answers in Python: the answer is inlined.
    fn instance_check(
        &mut self,
        (check, slf): (Value, Value),
        args: &[ValueId],
        values: &[Value],
        base: u32,
        end: u32,
        dst: u32,
    ) -> Res<Next> {
        let code = self.inlinable(check)?;
        let class = values[1];
        let p = self.object_of(args[1], class_of(class))?;
        self.guard_is(p, class)?;
        self.guard_version(class.ty());
        match self.kind_of(args[0], values[0]) {
            Kind::Object => {
                // An instance of just this class needs no answer.
                if self.b.ty(args[0]) == T::Boxed {
                    self.b.guard(Op::GuardPtr, &[args[0]], Imm::Int(0));
                }
                let object = self.b.as_ptr(args[0]);
                let field = mem(
                    pyrs_jit_ir::encoding::TYPE_OFFSET as usize,
                    MemType::Ptr,
                    Alias::OBJECT_TYPE,
                );
                let t = self.b.load(object, field);
                let same = self.b.op(Op::RefEq, &[t, p]);
                self.b.guard(Op::GuardFalse, &[same], Imm::None);
            }
            Kind::Int => {
                let n = self.b.as_int(args[0]);
                self.b.rely_on_kind(n);
            }
            Kind::Float => {
                let x = self.b.as_float(args[0]);
                self.b.rely_on_kind(x);
            }
            Kind::Bool => {}
        }
        self.keep(check);
        self.keep(slf);
        let f = self.b.ptr_const(check.bits());
        let slf = self.b.value_const(slf.bits());
        let mut slots = self.bind(check, f, code, &[slf, args[0]], &[])?;
        self.cells(f, code, &mut slots);
        slots.push((FUNC_SLOT, f));
        let pc = self.pc();
        for s in base..end {
            if self.b.get(s).is_some() {
                self.moved(s);
            }
        }
        self.enter(
            code,
            pc,
            dst,
            FrameKind::new(Continuation::Truth, 0),
            &slots,
        )
    }

    /// Builtin classes with code of their own.
    fn known_class(
        &mut self,
        class: Type,
        args: &[ValueId],
        values: &[Value],
    ) -> Res<Option<ValueId>> {
        if class == ty!(pyrs_object::range::PyRange_Type) && matches!(args.len(), 1 | 2) {
            for (a, v) in args.iter().zip(values) {
                if self.kind_of(*a, *v) != Kind::Int {
                    return Ok(None);
                }
            }
            let zero = self.b.int_const(0);
            let (start, stop) = if args.len() == 1 {
                (zero, self.b.as_int(args[0]))
            } else {
                (self.b.as_int(args[0]), self.b.as_int(args[1]))
            };
            let one = self.b.int_const(1);
            let left = self.b.op(Op::ISubOvf, &[stop, start]);
            let some = self.b.op(Op::IGt, &[left, zero]);
            let left = self.b.op(Op::ISelect, &[some, left, zero]);
            let fields = [start, stop, one, left].map(|f| self.b.as_value(f));
            return Ok(Some(self.b.allocate(self.env.h.range, &fields)));
        }
        if class == ty!(pyrs_object::str::PyUnicode_Type) && args.len() == 1 {
            let x = match self.kind_of(args[0], values[0]) {
                Kind::Int => {
                    let n = self.b.as_int(args[0]);
                    self.b.rely_on_kind(n);
                    self.b.as_value(n)
                }
                Kind::Float => {
                    let x = self.b.as_float(args[0]);
                    self.b.rely_on_kind(x);
                    self.b.as_value(x)
                }
                Kind::Object if values[0].is_exact(ty!(pyrs_object::str::PyUnicode_Type)) => {
                    let s = self.object_of(args[0], class_of(values[0]))?;
                    return Ok(Some(self.b.as_value(s)));
                }
                Kind::Object if values[0].ty().is_heap() => {
                    let x = self.b.as_value(args[0]);
                    return Ok(self.b.call(self.env.h.general.str_of_any, &[x]));
                }
                _ => return Ok(None),
            };
            return Ok(self.b.call(self.env.h.str_of, &[x]));
        }
        if class == ty!(pyrs_object::float::PyFloat_Type) && args.len() == 1 {
            return Ok(match self.kind_of(args[0], values[0]) {
                Kind::Float => Some(self.b.as_float(args[0])),
                Kind::Int => {
                    let n = self.b.as_int(args[0]);
                    Some(self.b.op(Op::I2F, &[n]))
                }
                _ => None,
            });
        }
        if class == ty!(pyrs_object::int::PyLong_Type) && args.len() == 1 {
            return Ok(match self.kind_of(args[0], values[0]) {
                Kind::Int => Some(self.b.as_int(args[0])),
                Kind::Float => {
                    let x = self.b.as_float(args[0]);
                    Some(self.b.op(Op::F2I, &[x]))
                }
                _ => None,
            });
        }
        Ok(None)
    }
}

/// Whether the frame, which waits for a `Continuation::Finish`, is at a call whose window stays until it is finished: an
/// `f(*args)` or the call of a class with a Python `__new__`.
pub(crate) fn is_expanded(frame: *mut Frame) -> bool {
    // SAFETY: the frame is live and at an instruction.
    let op = unsafe { Instr(*(*frame).pc) }.op();
    op.is_some_and(|op| matches!(op.family(), B::CALL_EX | B::CALL | B::CALL_KW))
}

fn def_name(def: &PyMethodDef) -> &'static str {
    if def.ml_name.is_null() {
        return "";
    }
    // SAFETY: names of definitions are static C strings.
    unsafe { CStr::from_ptr(def.ml_name) }
        .to_str()
        .unwrap_or("")
}
