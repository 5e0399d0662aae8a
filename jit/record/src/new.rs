//! Calls of classes with a Python `__new__`, which is inlined, and what that calls to make the instance.

use crate::{FUNC_SLOT, FrameKind, Next, Recorder, Res, Stop, class_of};
use pyrs_jit_ir::region::ValueId;
use pyrs_object::layout::{Frame, tpflags};
use pyrs_object::native::Slot;
use pyrs_object::{Type, Value, ValueExt, tuple, ty, typeobject};
use pyrs_vm::frames::Continuation;
use pyrs_vm::interp::{MADE_BY_NEW, needs_no_init};

impl Recorder<'_> {
    /// Enters the `__new__` of a class that is called; the arguments stay in the caller's window.
    pub(crate) fn call_new(
        &mut self,
        class: Type,
        func: Value,
        id: ValueId,
        mut args: Vec<ValueId>,
        names: Value,
        dst: u32,
    ) -> Res<Next> {
        let code = self.inlinable(func)?;
        if !needs_no_init(class, class) || code.is_generator_like() {
            return Err(Stop::Unsupported("a class with __new__ and __init__"));
        }
        self.guard_is(id, class.value())?;
        self.guard_version(class);
        if class.value().ty().is_heap() {
            self.guard_version(class.value().ty());
        }
        self.keep(func);
        let names = if names.is_empty() {
            &[][..]
        } else {
            tuple::items(names)
        };
        let p = self.b.ptr_const(func.bits());
        args.insert(0, self.b.value_const(class.value().bits()));
        let mut slots = self.bind(func, p, code, &args, names)?;
        self.cells(p, code, &mut slots);
        slots.push((FUNC_SLOT, p));
        let kind = FrameKind::new(Continuation::Finish, MADE_BY_NEW);
        self.enter(code, self.pc(), dst, kind, &slots)
    }
    /// What such a `__new__` returns, if it needs no `__init__`.
    pub(crate) fn made_by_new(
        &mut self,
        caller: *mut Frame,
        id: ValueId,
        value: Value,
    ) -> Res<ValueId> {
        const ODD: Stop = Stop::Unsupported("__new__ returned something else");
        // SAFETY: the caller is at a call, whose window is in its registers.
        let class = unsafe {
            let i = pyrs_bytecode::Instr(*(*caller).pc);
            *Frame::registers(caller).add(usize::from(i.a()))
        };
        let class = Type::from_value(class).ok_or(ODD)?;
        if !value.is_object() || value.ty() != class || !needs_no_init(class, class) {
            return Err(ODD);
        }
        let p = self.object_of(id, class_of(value))?;
        self.guard_version(class);
        Ok(p)
    }
    /// `object.__new__(cls)` for a Python class: `slf` is the class whose `__new__` it is.
    pub(crate) fn new_object(
        &mut self,
        slf: Value,
        args: &[ValueId],
        values: &[Value],
    ) -> Res<Option<ValueId>> {
        let object = ty!(typeobject::PyBaseObject_Type);
        let ([id], Some(class)) = (args, values.first().and_then(|v| Type::from_value(*v))) else {
            return Ok(None);
        };
        // What is made natively makes its instances itself.
        let mut base = class;
        while base.is_heap() && !base.tp_base.is_null() {
            base = Type::from_ptr(base.tp_base);
        }
        let alloc = pyrs_object::heap::generic_alloc as pyrs_object::layout::allocfunc;
        if slf != object.value()
            || base != object
            || !class.is_heap()
            || class.has(tpflags::IS_ABSTRACT)
            || class.tp_itemsize != 0
            || !class
                .tp_alloc
                .is_some_and(|f| std::ptr::fn_addr_eq(f, alloc))
            || !typeobject::is_python_slot(class, Slot::tp_new)
        {
            return Ok(None);
        }
        self.guard_is(*id, class.value())?;
        self.guard_version(class);
        self.new_instance(class).map(Some)
    }
}
