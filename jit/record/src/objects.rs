//! Names, attributes, subscripts, iteration, displays.

use crate::{Kind, Next, Recorder, Res, Stop, helpers::MAX_ARGS, mem};
use pyrs_bytecode::{Instr, KILL_B, KILL_C, Op as B};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Alias, Imm, MemType, ValueId};
use pyrs_object::dict::{Entry, Keys, PyDict_Type};
use pyrs_object::layout::frame::FRAME_HEADER;
use pyrs_object::layout::*;
use pyrs_object::list::PyList_Type;
use pyrs_object::range::{PyRange_Type, RangeObject};
use pyrs_object::tuple::PyTuple_Type;
use pyrs_object::{Type, Value, ValueExt, dict, heap, shape, tuple, ty, typeobject};
use pyrs_vm::frames::Continuation;
use std::mem::offset_of;

const DICT_KEYS: usize = offset_of!(PyDictObject, ma_keys);

impl Recorder<'_> {
    // ---- names ----------------------------------------------------------------------------------------------

    /// The dict of globals of the running frame, guarded to be the one of the recording.
    pub(crate) fn globals(&mut self) -> Res<Value> {
        // SAFETY: the running frame.
        let globals = unsafe { Value::from_object((*self.frame()).globals) };
        if self.b.depth() == 1 && !self.function {
            self.guard_header(offset_of!(Frame, globals), globals);
        }
        Ok(globals)
    }
    /// Guards a pointer in the header of the frame the region was entered with.
    pub(crate) fn guard_header(&mut self, offset: usize, v: Value) {
        let base = self.b.op(Op::FrameBase, &[]);
        let at = offset as i32 - FRAME_HEADER as i32;
        let p = self.b.load(
            base,
            pyrs_jit_ir::region::Mem {
                offset: at,
                ty: MemType::I64,
                alias: Alias::IMMUTABLE,
            },
        );
        self.keep(v);
        self.b.guard(Op::GuardIEq, &[p], Imm::Int(v.bits()));
    }
    /// Guards the keys of a dict; the address of the entries.
    pub(crate) fn dict_entries(&mut self, d: Value) -> Res<ValueId> {
        let version = dict::keys_version(d);
        if version == 0 {
            return Err(Stop::Unsupported("a dict without version"));
        }
        self.keep(d);
        let p = self.b.ptr_const(d.bits());
        let keys = self.b.load(p, mem(DICT_KEYS, MemType::I64, Alias::DICT));
        let now = self.b.load(
            keys,
            mem(offset_of!(Keys, version), MemType::U32, Alias::DICT),
        );
        self.b
            .guard(Op::GuardIEq, &[now], Imm::Int(u64::from(version)));
        Ok(self.b.load(
            keys,
            mem(offset_of!(Keys, entries), MemType::I64, Alias::DICT),
        ))
    }
    pub(crate) fn dict_value(&mut self, d: Value, index: usize) -> Res<ValueId> {
        let entries = self.dict_entries(d)?;
        let offset = index * size_of::<Entry>() + offset_of!(Entry, value);
        let id = self
            .b
            .load(entries, mem(offset, MemType::Boxed, Alias::GLOBAL));
        // SAFETY: the index was just found.
        let v = unsafe { dict::value_at(d, index) };
        if v.is_object() && is_stable(v) {
            self.guard_is(id, v)?;
            return Ok(self.b.value_const(v.bits()));
        }
        Ok(id)
    }
    /// A global or builtin of that name.
    fn global(&mut self, name: Value) -> Res<ValueId> {
        let g = self.globals()?;
        // SAFETY: the running frame.
        let b = unsafe { Value::from_object((*self.frame()).builtins) };
        let simple = |d: Value| d.is_exact(ty!(PyDict_Type)) && dict::has_only_strs(d);
        if !simple(g) || !simple(b) {
            return Err(Stop::Unsupported("unusual globals"));
        }
        if let Some(at) = dict::find_index(g, name) {
            return self.dict_value(g, at);
        }
        if self.b.depth() == 1 && !self.function {
            self.guard_header(offset_of!(Frame, builtins), b);
        }
        let Some(at) = dict::find_index(b, name) else {
            return Err(Stop::Unsupported("an unknown name"));
        };
        dict::rely_on_absence(name);
        self.dict_entries(g)?;
        self.dict_value(b, at)
    }
    pub(crate) fn load_global(&mut self, i: Instr) -> Res<Next> {
        let name = self.name(i.b());
        let id = self.global(name)?;
        self.set(i.a(), id);
        Ok(Next::Fall)
    }
    pub(crate) fn load_name(&mut self, i: Instr) -> Res<Next> {
        self.locals_are_globals()?;
        self.load_global(i)
    }
    fn locals_are_globals(&mut self) -> Res {
        // SAFETY: the running frame.
        let (locals, globals) = unsafe { ((*self.frame()).locals, (*self.frame()).globals) };
        if locals != globals || self.b.depth() != 1 {
            return Err(Stop::Unsupported("names of a class body"));
        }
        self.guard_header(offset_of!(Frame, locals), Value::from_object(locals));
        Ok(())
    }
    pub(crate) fn store_global(&mut self, i: Instr, name_op: bool) -> Res<Next> {
        if name_op {
            self.locals_are_globals()?;
        }
        let name = self.name(i.b());
        let g = self.globals()?;
        if !g.is_exact(ty!(PyDict_Type)) || dict::find_index(g, name).is_none() {
            return Err(Stop::Unsupported("a new global"));
        }
        self.dict_entries(g)?;
        let value = self.boxed(i.a())?;
        let (d, n) = (
            self.b.value_const(g.bits()),
            self.b.value_const(name.bits()),
        );
        self.keep(name);
        self.b.call(self.env.h.set_global, &[d, n, value]);
        let pc = self.pc();
        self.kill(i);
        self.b.set_pc(pc + 4);
        Ok(Next::Fall)
    }
    pub(crate) fn load_deref(&mut self, i: Instr) -> Res<Next> {
        let cell = self.slot(u32::from(i.b()))?;
        let cell = self.b.as_ptr(cell);
        let id = self.b.load(
            cell,
            mem(
                offset_of!(PyCellObject, ob_ref),
                MemType::Boxed,
                Alias::CELL,
            ),
        );
        if pyrs_object::cell::get(self.reg_value(u32::from(i.b()))).is_empty() {
            return Err(Stop::Unsupported("an unbound variable"));
        }
        self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
        self.set(i.a(), id);
        Ok(Next::Fall)
    }
    pub(crate) fn store_deref(&mut self, i: Instr) -> Res<Next> {
        let v = self.boxed(i.b())?;
        let cell = self.slot(u32::from(i.a()))?;
        let cell = self.b.as_ptr(cell);
        let content = pyrs_object::cell::get(self.reg_value(u32::from(i.a())));
        let m = mem(
            offset_of!(PyCellObject, ob_ref),
            MemType::Boxed,
            Alias::CELL,
        );
        let old = self.b.load(cell, m);
        self.replace(old, content, |r| r.b.store(cell, v, m));
        let pc = self.pc();
        if i.d() & KILL_B != 0 && (i.b() as i16) >= 0 {
            self.moved(u32::from(i.b()));
        }
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }
    /// A store over `old`, which is `v` now: numbers are guarded to be so and need no release.
    fn replace(&mut self, old: ValueId, v: Value, store: impl FnOnce(&mut Self)) {
        if v.is_int() {
            self.b.as_int(old);
            store(self);
        } else if v.is_float() {
            self.b.as_float(old);
            store(self);
        } else {
            store(self);
            self.b.emit(Op::Dec, &[old], Imm::None);
        }
    }

    // ---- attributes -----------------------------------------------------------------------------------------

    /// An operand of the class it has now, which is as it is now.
    pub(crate) fn instance_of(&mut self, field: u16) -> Res<ValueId> {
        let t = self.value(field).ty();
        let p = self.object(field)?;
        if t.is_heap() {
            self.guard_version(t);
        }
        Ok(p)
    }
    /// Guards class, class version and shape of an instance; `None` if it has no shape.
    pub(crate) fn instance(&mut self, field: u16) -> Res<Option<(ValueId, shape::Shape)>> {
        let v = self.value(field);
        if !v.is_object() {
            return Err(Stop::Unsupported("attribute of a number"));
        }
        let t = v.ty();
        let p = self.object(field)?;
        if !t.has(tpflags::MANAGED_DICT) {
            return Ok(None);
        }
        // SAFETY: the flag says that the pre-header exists.
        let s = unsafe { shape::shape_of(v.as_ptr()) };
        if s.is_none() {
            return Err(Stop::Unsupported("an instance with a dict"));
        }
        self.b.guard_shape(p, shape::SHAPE_OFFSET as i32, s.bits());
        Ok(Some((p, s)))
    }
    pub(crate) fn generic_get(&self, t: Type) -> bool {
        use pyrs_object::native::Slot;
        use pyrs_object::ops::c_slot_word;
        c_slot_word(t, Slot::tp_getattro)
            == c_slot_word(ty!(typeobject::PyBaseObject_Type), Slot::tp_getattro)
            // As types of C extensions say it.
            || typeobject::is_generic_getattr(t)
    }
    pub(crate) fn generic_set(&self, t: Type) -> bool {
        use pyrs_object::native::Slot;
        use pyrs_object::ops::c_slot_word;
        c_slot_word(t, Slot::tp_setattro)
            == c_slot_word(ty!(typeobject::PyBaseObject_Type), Slot::tp_setattro)
    }
    pub(crate) fn slot_mem(slot: u32) -> pyrs_jit_ir::region::Mem {
        mem(slot as usize * 8, MemType::Boxed, Alias::FIELD)
    }
    /// An entry of `__slots__`.
    pub(crate) fn member_mem(offset: u32) -> pyrs_jit_ir::region::Mem {
        mem(offset as usize, MemType::Boxed, Alias::MEMBER)
    }
    /// # Safety
    /// There is an object member at the offset.
    pub(crate) unsafe fn member(v: Value, offset: u32) -> Value {
        // SAFETY: by contract.
        unsafe { *v.as_ptr().cast::<u8>().add(offset as usize).cast::<Value>() }
    }
    pub(crate) fn slots_of(&mut self, p: ValueId) -> ValueId {
        self.b.load(
            p,
            pyrs_jit_ir::region::Mem {
                offset: shape::SLOTS_OFFSET as i32,
                ty: MemType::I64,
                alias: Alias::SHAPE,
            },
        )
    }

    pub(crate) fn load_attr(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.b());
        let name = self.name(i.c());
        let t = v.ty();
        if !v.is_object() {
            return self.attribute_of_number(i, t, name);
        }
        if v.is_exact(ty!(pyrs_object::module::PyModule_Type)) {
            let d = pyrs_object::module::dict(v);
            if let Some(at) = dict::find_index(d, name) {
                let id = self.operand(i.b())?;
                self.guard_is(id, v)?;
                let found = self.dict_value(d, at)?;
                self.kill_and_set(i, found);
                return Ok(Next::Fall);
            }
            return Err(Stop::Unsupported("attribute of a module"));
        }
        if let Some(found) = self.class_attribute(v, name) {
            let id = self.operand(i.b())?;
            self.guard_class_attribute(id, v, found)?;
            let found = self.value_of_class(found, v, name)?;
            self.kill_and_set(i, found);
            return Ok(Next::Fall);
        }
        if self.is_class_of(t, name) {
            self.instance_of(i.b())?;
            let id = self.const_value(t.value());
            self.kill_and_set(i, id);
            return Ok(Next::Fall);
        }
        let hooked = !self.generic_get(t) && pyrs_vm::interp::is_hooked(v);
        if hooked || self.generic_get(t) {
            let descr = typeobject::lookup(t, name);
            if let Some(d) = descr {
                let getter = pyrs_object::descr::property_getter(d);
                if !getter.is_empty() && pyrs_vm::interp::is_py_function(getter) {
                    let slf = self.object(i.b())?;
                    self.guard_version(t);
                    return self.enter_getter(i, getter, slf, hooked);
                }
            }
            if let Some(offset) = descr.and_then(|d| pyrs_vm::interp::slot_offset(t, d)) {
                let p = self.object(i.b())?;
                self.guard_version(t);
                let id = self.b.load(p, Self::member_mem(offset));
                // SAFETY: the descriptor says that it is there.
                if unsafe { Self::member(v, offset) }.is_empty() {
                    return Err(Stop::Unsupported("an empty slot"));
                }
                self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
                self.kill_and_set(i, id);
                return Ok(Next::Fall);
            }
            let data = descr.is_some_and(|d| d.ty().tp_descr_set.is_some());
            if !hooked
                && let Some(d) = descr
                && let Some(next) = self.load_by_descriptor(i, v, d, data)?
            {
                return Ok(next);
            }
            if !data && t.has(tpflags::MANAGED_DICT) && self.has_plain_dict(v) {
                let plain = descr.filter(|d| {
                    d.ty().tp_descr_get.is_none()
                        || !of_class(*d).is_empty()
                        || pyrs_vm::interp::is_py_function(*d)
                });
                if hooked && descr.is_none() && !self.dict_has(v, name) {
                    let p = self.object(i.b())?;
                    self.guard_version(t);
                    self.guard_not_in_dict(p, name)?;
                    return self.enter_hook(i, v, name);
                }
                let Some(d) = plain.filter(|_| !self.dict_has(v, name)) else {
                    return self.load_from_dict(i, v, name);
                };
                let p = self.object(i.b())?;
                self.guard_version(t);
                self.guard_not_in_dict(p, name)?;
                let id = if pyrs_vm::interp::is_py_function(d) {
                    let (m, o) = (self.const_value(d), self.b.as_value(p));
                    self.b.allocate(self.env.h.bound_method, &[m, o])
                } else {
                    self.value_of_class(d, t.value(), name)?
                };
                self.kill_and_set(i, id);
                return Ok(Next::Fall);
            }
            if !data && t.has(tpflags::MANAGED_DICT) {
                let found = self.instance(i.b())?;
                self.guard_version(t);
                if let Some((p, s)) = found {
                    // SAFETY: a live shape.
                    if let Some(slot) = unsafe { shape::slot_index(s, name) } {
                        let slots = self.slots_of(p);
                        let id = self.b.load(slots, Self::slot_mem(slot));
                        self.kill_and_set(i, id);
                        return Ok(Next::Fall);
                    }
                    if let Some(d) =
                        descr.filter(|d| d.ty().tp_descr_get.is_none() || !of_class(*d).is_empty())
                    {
                        let id = self.value_of_class(d, t.value(), name)?;
                        self.kill_and_set(i, id);
                        return Ok(Next::Fall);
                    }
                    if let Some(d) = descr.filter(|d| pyrs_vm::interp::is_py_function(*d)) {
                        let (m, o) = (self.const_value(d), self.b.as_value(p));
                        let bound = self.b.allocate(self.env.h.bound_method, &[m, o]);
                        self.kill_and_set(i, bound);
                        return Ok(Next::Fall);
                    }
                }
                if descr.is_none() && hooked {
                    return self.enter_hook(i, v, name);
                }
                if descr.is_none() {
                    return Err(Stop::Unsupported("a missing attribute"));
                }
            }
        }
        // A method of a builtin class that is not called here, and not hidden by an attribute of the instance.
        let method = t.has(tpflags::MANAGED_DICT)
            && self.generic_get(t)
            && !self.has_plain_dict(v)
            && typeobject::lookup(t, name)
                .is_some_and(|d| d.is_exact(ty!(pyrs_object::descr::PyMethodDescr_Type)));
        // Data descriptors of native classes are asked as builtins are called.
        use pyrs_object::native::Slot;
        let native = (hooked || !typeobject::is_python_slot(t, Slot::tp_getattro))
            .then(|| typeobject::lookup(t, name))
            .flatten()
            .filter(|d| {
                d.ty().tp_descr_set.is_some()
                    && d.ty().tp_descr_get.is_some()
                    && !(d.ty().is_heap() && typeobject::is_python_slot(d.ty(), Slot::tp_descr_get))
                    && pyrs_object::descr::property_getter(*d).is_empty()
            });
        if let Some(d) = native.filter(|_| self.generic_get(t)) {
            let p = self.instance_of(i.b())?;
            self.keep(d);
            let (d, p) = (self.b.value_const(d.bits()), self.b.as_value(p));
            let id = self
                .b
                .call(self.env.h.descriptor, &[d, p])
                .ok_or(Stop::Abort("no result"))?;
            let pc = self.pc();
            self.kill_and_set(i, id);
            self.b.set_pc(pc + 5);
            return Ok(Next::Fall);
        }
        if t.is_heap() && native.is_none() && !method {
            if self.attribute_of_any(i)? {
                return Ok(Next::Done);
            }
            return Err(Stop::Unsupported("attribute of a class"));
        }
        let p = self.object(i.b())?;
        if t.is_heap() {
            self.guard_version(t);
        }
        let p = self.b.as_value(p);
        let n = self.b.value_const(name.bits());
        self.keep(name);
        let id = self
            .b
            .call(self.env.h.getattr, &[p, n])
            .ok_or(Stop::Abort("no result"))?;
        let pc = self.pc();
        self.kill_and_set(i, id);
        self.b.set_pc(pc + 5);
        Ok(Next::Fall)
    }
    /// Whether the attribute of instances of `t` is their class.
    pub(crate) fn is_class_of(&self, t: Type, name: Value) -> bool {
        let object = ty!(typeobject::PyBaseObject_Type);
        name == pyrs_object::intern!("__class__")
            && self.generic_get(t)
            && typeobject::lookup(t, name) == typeobject::lookup(object, name)
    }
    /// What reading the attribute of a class gives, if that is found in the class and its bases and is itself.
    fn class_attribute(&self, v: Value, name: Value) -> Option<Value> {
        let class = Type::from_value(v)?;
        let meta = v.ty();
        let hook = pyrs_object::intern!("__getattribute__");
        let plain = typeobject::lookup(meta, hook)
            == typeobject::lookup(ty!(typeobject::PyType_Type), hook);
        let hidden = typeobject::lookup(meta, name)
            .is_some_and(|d| d.is_object() && (d.ty().is_heap() || d.ty().tp_descr_set.is_some()));
        if !plain || hidden {
            return None;
        }
        typeobject::lookup(class, name).filter(|found| {
            pyrs_vm::interp::is_py_function(*found)
                || !found.is_object()
                || found.ty().tp_descr_get.is_none()
                || is_method_of_builtin(*found)
                || !of_class(*found).is_empty()
        })
    }
    /// Has the interpreter load the method of `i`, whose two registers give up what they held; the first of them.
    pub(crate) fn execute_load_method(&mut self, i: Instr) -> Res<u32> {
        let a = u32::from(i.a());
        let (frame, next) = (self.frame(), self.pc() + self.length());
        self.kill(i);
        for r in [a, a + 1] {
            if self.b.get(r).is_some() {
                let old = self.reg_value(r);
                self.drop_slot(r, old);
            }
        }
        self.step()?;
        self.expect(frame, next)?;
        Ok(a)
    }
    /// An attribute found in the class `class` as the method of `i`. The interpreter binds class methods, or gives the class
    /// apart: so does this.
    fn method_of_class(&mut self, i: Instr, found: Value, class: Value) -> Res<Next> {
        let a = self.execute_load_method(i)?;
        let apart = self.reg_value(a + 1);
        let id = if apart.is_empty() {
            self.bound_to_class(found, class)
        } else if apart == class {
            self.keep(found);
            let class = self.const_value(class);
            self.b.set(a + 1, class);
            self.const_value(of_class(found))
        } else {
            return Err(Stop::Abort("a method of something else"));
        };
        self.b.set(a, id);
        Ok(Next::Done)
    }
    /// What an attribute found in the class `class` (or in that of an instance) is for its readers.
    pub(crate) fn bound_to_class(&mut self, found: Value, class: Value) -> ValueId {
        let function = of_class(found);
        if function.is_empty() {
            return self.const_value(found);
        }
        self.keep(found);
        let f = self.const_value(function);
        if found.is_exact(ty!(pyrs_object::descr::PyStaticMethod_Type)) {
            return f;
        }
        let c = self.const_value(class);
        self.b.allocate(self.env.h.bound_method, &[f, c])
    }
    pub(crate) fn guard_class_attribute(&mut self, id: ValueId, v: Value, found: Value) -> Res {
        self.guard_is(id, v)?;
        for t in [Type::from_value(v), Some(v.ty()), Some(found.ty())] {
            if let Some(t) = t.filter(|t| t.is_heap()) {
                self.guard_version(t);
            }
        }
        Ok(())
    }
    /// Whether an instance with managed attributes holds them in a dict.
    pub(crate) fn has_plain_dict(&self, v: Value) -> bool {
        // SAFETY: the caller has looked at the class's flags.
        v.is_object() && unsafe { shape::shape_of(v.as_ptr()) }.is_none()
    }
    /// Whether the dict of such an instance has the attribute, or cannot say.
    fn dict_has(&self, v: Value, name: Value) -> bool {
        // SAFETY: as `has_plain_dict`.
        let found = unsafe { shape::get_attribute(v.as_ptr(), name) };
        if found.is_err() {
            pyrs_object::errors::clear();
        }
        !matches!(found, Ok(None))
    }
    /// Guards that an instance with managed attributes has a dict, and that this lacks the attribute.
    pub(crate) fn guard_not_in_dict(&mut self, p: ValueId, name: Value) -> Res {
        self.b
            .guard_shape(p, shape::SHAPE_OFFSET as i32, shape::DICT_MODE as u64);
        self.guard_not_own(p, name)
    }
    pub(crate) fn guard_not_own(&mut self, p: ValueId, name: Value) -> Res {
        self.keep(name);
        let (object, n) = (self.b.as_value(p), self.b.value_const(name.bits()));
        let own = self
            .b
            .call(self.env.h.has_own, &[object, n])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardFalse, &[own], Imm::None);
        Ok(())
    }
    pub(crate) fn store_attr(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.a());
        let name = self.name(i.c());
        if let Some(next) = self.store_to_cell(i, v, name)? {
            return Ok(next);
        }
        if v.is_object() && !self.generic_set(v.ty()) {
            return self.store_by_method(i, v, name);
        }
        if !v.is_object() {
            return Err(Stop::Unsupported("attribute of a number"));
        }
        let t = v.ty();
        let pc = self.pc();
        let descr = typeobject::lookup(t, name);
        if let Some(offset) = descr.and_then(|d| pyrs_vm::interp::slot_offset(t, d)) {
            let p = self.object(i.a())?;
            self.guard_version(t);
            let value = self.boxed(i.b())?;
            let m = Self::member_mem(offset);
            let old = self.b.load(p, m);
            // SAFETY: the descriptor says that it is there.
            let content = unsafe { Self::member(v, offset) };
            self.replace(old, content, |r| r.b.store(p, value, m));
            self.kill(i);
            self.b.set_pc(pc + 5);
            return Ok(Next::Fall);
        }
        if let Some(d) = descr.filter(|d| d.ty().tp_descr_set.is_some()) {
            if let Some(next) = self.store_by_descriptor(i, v, d)? {
                return Ok(next);
            }
            // Setters that are not Python's, which might look at frames.
            if !d.is_exact(ty!(pyrs_object::descr::PyGetSetDescr_Type))
                && !d.is_exact(ty!(pyrs_object::descr::PyMemberDescr_Type))
            {
                return Err(Stop::Unsupported("store to a data descriptor"));
            }
            self.guard_version(t);
            return self.store_natively(i, name);
        }
        if t.has(tpflags::MANAGED_DICT) && self.has_plain_dict(v) && self.store_to_any(i)? {
            return Ok(Next::Done);
        }
        let Some((p, s)) = self.instance(i.a())? else {
            if t.tp_dictoffset == 0 {
                return Err(Stop::Unsupported("attribute store"));
            }
            // A function, say, or an instance of a subclass of a builtin class: its dict lies elsewhere.
            self.guard_version(t);
            return self.store_natively(i, name);
        };
        self.guard_version(t);
        let value = self.boxed(i.b())?;
        // SAFETY: a live shape of this instance.
        unsafe {
            if let Some(slot) = shape::slot_index(s, name) {
                let slots = self.slots_of(p);
                let m = Self::slot_mem(slot);
                let old = self.b.load(slots, m);
                let content = *shape::slots(v.as_ptr()).add(slot as usize);
                self.replace(old, content, |r| r.b.store(slots, value, m));
            } else if !self.add_attribute(p, v, s, name, value) {
                let (object, n) = (self.b.as_value(p), self.b.value_const(name.bits()));
                self.keep(name);
                self.b.call(self.env.h.setattr, &[object, n, value]);
            }
        }
        self.kill(i);
        self.b.set_pc(pc + 5);
        Ok(Next::Fall)
    }
    /// A store to an object of a class that has no Python function run for it.
    pub(crate) fn store_natively(&mut self, i: Instr, name: Value) -> Res<Next> {
        let p = self.object(i.a())?;
        let (object, value) = (self.b.as_value(p), self.boxed(i.b())?);
        let n = self.b.value_const(name.bits());
        self.keep(name);
        self.b.call(self.env.h.setattr, &[object, n, value]);
        let pc = self.pc();
        self.kill(i);
        self.b.set_pc(pc + 5);
        Ok(Next::Fall)
    }
    /// A new instance of a class that is guarded to be as it is now; one that can stay virtual if the class allows that.
    pub(crate) fn new_instance(&mut self, class: Type) -> Res<ValueId> {
        let slots = shape::inline_bytes(class) / 8;
        let layout = slots
            .checked_sub(1 + crate::instances::LEAST_SLOTS)
            .and_then(|k| self.env.h.instance.get(k).copied())
            .filter(|_| typeobject::is_plain(class));
        let address = class.value().bits();
        let Some(layout) = layout else {
            let c = self.b.ptr_const(address);
            return self
                .b
                .call(self.env.h.alloc_instance, &[c])
                .ok_or(Stop::Abort("no result"));
        };
        let root = shape::root_shape(class).bits() as i64;
        let mut fields = vec![self.b.int_const(address as i64), self.b.int_const(root)];
        let empty = self.b.value_const(0);
        fields.extend(vec![empty; slots - 1]);
        let object = self.b.allocate(layout, &fields);
        self.b.set_class(object, address);
        // That its slots are in the object itself is said once: all who read the word know it from here.
        let base = self.b.op(Op::AddrOf, &[object]);
        let offset = self.b.int_const(heap::PLAIN_SLOTS as i64);
        let at = self.b.op(Op::IAdd, &[base, offset]);
        let word = pyrs_jit_ir::region::Mem {
            offset: shape::SLOTS_OFFSET as i32,
            ty: MemType::I64,
            alias: Alias::SHAPE,
        };
        self.b.store(object, at, word);
        self.inline_slots.insert(at, slots as u32 - 1);
        Ok(object)
    }
    /// Stores a new attribute of the instance `v`, if it has room: its shape becomes the next one.
    ///
    /// # Safety
    /// `s` is the shape of `v`.
    unsafe fn add_attribute(
        &mut self,
        p: ValueId,
        v: Value,
        s: shape::Shape,
        name: Value,
        value: ValueId,
    ) -> bool {
        // SAFETY: by contract.
        let (next, index, capacity) = unsafe {
            let next = shape::add_transition(s, name);
            (next, s.count(), shape::capacity(shape::slots(v.as_ptr())))
        };
        if next.is_none() || u64::from(index) >= capacity {
            return false;
        }
        let slots = self.slots_of(p);
        if self.inline_slots.get(&slots).is_none_or(|n| index >= *n) {
            let at = pyrs_jit_ir::region::Mem {
                offset: shape::CAPACITY_OFFSET as i32,
                ty: MemType::I64,
                alias: Alias::IMMUTABLE,
            };
            let word = self.b.load(slots, at);
            let (mask, index) = (
                self.b.int_const(!shape::OWNED as i64),
                self.b.int_const(i64::from(index)),
            );
            let capacity = self.b.op(Op::IAnd, &[word, mask]);
            let room = self.b.op(Op::IULt, &[index, capacity]);
            self.b.guard(Op::GuardTrue, &[room], Imm::None);
        }
        self.b.store(slots, value, Self::slot_mem(index));
        let next = self.b.int_const(next.bits() as i64);
        let shape_word = pyrs_jit_ir::region::Mem {
            offset: shape::SHAPE_OFFSET as i32,
            ty: MemType::I64,
            alias: Alias::SHAPE,
        };
        self.b.store(p, next, shape_word);
        true
    }
    pub(crate) fn load_method(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.b());
        let name = self.name(i.c());
        if v.is_empty() {
            return Err(Stop::Unsupported("an unbound variable"));
        }
        let t = v.ty();
        let (a, b) = (u32::from(i.a()), i.b());
        if v.is_exact(ty!(pyrs_object::module::PyModule_Type)) {
            let d = pyrs_object::module::dict(v);
            let Some(at) = dict::find_index(d, name) else {
                return Err(Stop::Unsupported("attribute of a module"));
            };
            let id = self.operand(b)?;
            self.guard_is(id, v)?;
            let found = self.dict_value(d, at)?;
            self.kill(i);
            self.no_receiver(a + 1);
            self.set(i.a(), found);
            return Ok(Next::Fall);
        }
        if v.is_exact(ty!(pyrs_object::superobject::PySuper_Type)) {
            return self.super_method(i, name);
        }
        if let Some(found) = self.class_attribute(v, name) {
            if Type::from_value(v).is_some_and(|t| typeobject::is_cell(t, name, found)) {
                return Err(Stop::Unsupported("a method that is data"));
            }
            let id = self.operand(b)?;
            self.guard_class_attribute(id, v, found)?;
            return self.method_of_class(i, found, v);
        }
        if let Some(next) = self.native_method_of_class(i, v, name)? {
            return Ok(next);
        }
        if !self.generic_get(t) && !pyrs_vm::interp::is_hooked(v) {
            return Err(Stop::Unsupported("method of an unusual object"));
        }
        if self.is_class_of(t, name) && v.is_object() {
            self.instance_of(b)?;
            let class = self.const_value(t.value());
            self.kill(i);
            self.no_receiver(a + 1);
            self.set(i.a(), class);
            return Ok(Next::Fall);
        }
        let Some(d) = typeobject::lookup(t, name) else {
            return self.method_in_slot(i, v, name);
        };
        if !d.ty().has(tpflags::METHOD_DESCRIPTOR) {
            return self.method_in_slot(i, v, name);
        }
        let slf = if v.is_object() {
            if t.has(tpflags::MANAGED_DICT) && self.has_plain_dict(v) {
                if self.dict_has(v, name) {
                    return Err(Stop::Unsupported("a method hidden by an attribute"));
                }
                let p = self.object(b)?;
                self.guard_not_in_dict(p, name)?;
                p
            } else if let Some((p, s)) = self.instance(b)? {
                // SAFETY: a live shape.
                if unsafe { shape::slot_index(s, name) }.is_some() {
                    return Err(Stop::Unsupported("a method hidden by an attribute"));
                }
                p
            } else {
                let p = self.object(b)?;
                if t.tp_dictoffset != 0 {
                    if !matches!(typeobject::has_instance_attribute(v, name), Ok(false)) {
                        pyrs_object::errors::clear();
                        return Err(Stop::Unsupported("method of an object with a dict"));
                    }
                    self.guard_not_own(p, name)?;
                }
                p
            }
        } else {
            self.guarded(b)?
        };
        self.guard_version(t);
        if i.d() & KILL_B != 0 && (b as i16) >= 0 {
            self.moved(u32::from(b));
        }
        self.keep(d);
        let method = self.b.value_const(d.bits());
        self.set(i.a(), method);
        self.b.set(a + 1, slf);
        Ok(Next::Fall)
    }
    /// `object.name(...)` where the attribute is a plain value of the instance or its class.
    fn method_in_slot(&mut self, i: Instr, v: Value, name: Value) -> Res<Next> {
        let t = v.ty();
        let found = typeobject::lookup(t, name);
        let data = found.is_some_and(|d| d.ty().tp_descr_set.is_some());
        if v.is_object()
            && t.is_heap()
            && !t.has(tpflags::MANAGED_DICT)
            && t.tp_dictoffset == 0
            && let Some(d) = found.filter(|d| !of_class(*d).is_empty())
            && !typeobject::is_cell(t, name, d)
        {
            self.instance_of(i.b())?;
            return self.method_of_class(i, d, t.value());
        }
        if data || !v.is_object() || !t.has(tpflags::MANAGED_DICT) {
            return Err(Stop::Unsupported("an unusual method"));
        }
        if self.has_plain_dict(v) {
            let next = self.load_from_dict(i, v, name)?;
            self.no_receiver(u32::from(i.a()) + 1);
            return Ok(next);
        }
        let Some((p, s)) = self.instance(i.b())? else {
            return Err(Stop::Unsupported("an unusual method"));
        };
        self.guard_version(t);
        // SAFETY: a live shape.
        let slot = unsafe { shape::slot_index(s, name) };
        let id = match (slot, typeobject::lookup(t, name)) {
            (Some(slot), _) => {
                let slots = self.slots_of(p);
                self.b.load(slots, Self::slot_mem(slot))
            }
            (None, Some(d))
                if (d.ty().tp_descr_get.is_none() || !of_class(d).is_empty())
                    && !typeobject::is_cell(t, name, d) =>
            {
                return self.method_of_class(i, d, t.value());
            }
            _ => return Err(Stop::Unsupported("an unusual method")),
        };
        self.kill(i);
        self.no_receiver(u32::from(i.a()) + 1);
        self.set(i.a(), id);
        Ok(Next::Fall)
    }

    // ---- subscripts -----------------------------------------------------------------------------------------

    /// Item pointer of a list whose class is guarded.
    pub(crate) fn list_items(&mut self, p: ValueId) -> ValueId {
        self.b.load(
            p,
            mem(offset_of!(PyListObject, ob_item), MemType::I64, Alias::LIST),
        )
    }
    pub(crate) fn load_subscr(&mut self, i: Instr) -> Res<Next> {
        let (c, k) = (self.value(i.b()), self.value(i.c()));
        let pc = self.pc();
        if !c.is_object() {
            return Err(Stop::Unsupported("subscript of a number"));
        }
        if let Some(func) = pyrs_vm::interp::subscript_method(c) {
            let container = self.object(i.b())?;
            self.guard_version(c.ty());
            let key = self.operand(i.c())?;
            return self.enter_method(i, func, &[container, key], Continuation::Store, 0);
        }
        let int = self.kind(i.c())? == Kind::Int;
        if int && in_bounds(c, k) {
            use pyrs_object::native::Slot::mp_subscript;
            if is_like(c, ty!(PyList_Type), &[mp_subscript]) {
                let p = self.instance_of(i.b())?;
                let boxes = self.may_hold_boxes(p, c)?;
                let size = self.b.load(p, mem(16, MemType::Size, Alias::LIST));
                let at = self.index(i.c(), size)?;
                let items = self.list_items(p);
                let id = self.b.emit(
                    Op::LoadIdx,
                    &[items, at],
                    Imm::Mem(mem(0, MemType::Boxed, Alias::LIST_ITEM)),
                );
                let id = self.item(id.ok_or(Stop::Abort("no result"))?, boxes)?;
                self.kill_and_set(i, id);
                return Ok(Next::Fall);
            }
            if is_like(c, ty!(PyTuple_Type), &[mp_subscript]) {
                let p = self.instance_of(i.b())?;
                if let Some(n) = self.tuples.get(&p).copied() {
                    let at = k.as_int().unwrap_or(0);
                    let at = if at < 0 { at + n as i64 } else { at };
                    let index = self.int(i.c())?;
                    self.b.guard(
                        Op::GuardIEq,
                        &[index],
                        Imm::Int(k.as_int().unwrap_or(0) as u64),
                    );
                    let id = self.b.load(
                        p,
                        mem(24 + 8 * at as usize, MemType::Boxed, Alias::IMMUTABLE),
                    );
                    self.kill_and_set(i, id);
                    return Ok(Next::Fall);
                }
                let boxes = self.may_hold_boxes(p, c)?;
                let size = self.b.load(p, mem(16, MemType::Size, Alias::IMMUTABLE));
                let at = self.index(i.c(), size)?;
                let id = self.b.emit(
                    Op::LoadIdx,
                    &[p, at],
                    Imm::Mem(mem(24, MemType::Boxed, Alias::IMMUTABLE)),
                );
                let id = self.item(id.ok_or(Stop::Abort("no result"))?, boxes)?;
                self.kill_and_set(i, id);
                return Ok(Next::Fall);
            }
            if c.is_exact(ty!(pyrs_object::str::PyUnicode_Type)) {
                let p = self.object(i.b())?;
                let size = self.b.load(p, mem(16, MemType::Size, Alias::IMMUTABLE));
                let at = self.index(i.c(), size)?;
                let p = self.b.as_value(p);
                let id = self
                    .b
                    .call(self.env.h.str_item, &[p, at])
                    .ok_or(Stop::Abort("no result"))?;
                self.kill_and_set(i, id);
                self.b.set_pc(pc + 3);
                return Ok(Next::Fall);
            }
        }
        if let Some((place, size)) = self.machine_items(i.b(), i.c(), false)? {
            let at = self.index(i.c(), size)?;
            let id = self
                .b
                .emit(Op::LoadIdx, &[place.base, at], Imm::Mem(place.mem));
            self.kill_and_set(i, id.ok_or(Stop::Abort("no result"))?);
            return Ok(Next::Fall);
        }
        if c.ty().is_heap() {
            use pyrs_object::native::Slot::mp_subscript;
            let like = |t| is_like(c, t, &[mp_subscript]);
            if like(ty!(PyDict_Type)) {
                return self.item_of_dict(i, c, k);
            }
            if !like(ty!(PyList_Type)) && !like(ty!(PyTuple_Type)) {
                return Err(Stop::Unsupported("subscript of a class"));
            }
            self.instance_of(i.b())?;
        }
        let (x, y) = (self.guarded(i.b())?, self.guarded(i.c())?);
        let simple = !k.is_object() || k.is_exact(ty!(pyrs_object::str::PyUnicode_Type));
        let helper = if simple {
            self.env.h.getitem_builtin
        } else {
            self.env.h.getitem
        };
        let id = self
            .b
            .call(helper, &[x, y])
            .ok_or(Stop::Abort("no result"))?;
        self.kill_and_set(i, id);
        self.b.set_pc(pc + 3);
        Ok(Next::Fall)
    }
    pub(crate) fn store_subscr(&mut self, i: Instr) -> Res<Next> {
        let (c, k) = (self.value(i.a()), self.value(i.b()));
        let pc = self.pc();
        if let Some(func) = pyrs_vm::interp::store_method(c) {
            let container = self.object(i.a())?;
            self.guard_version(c.ty());
            let (key, value) = (self.operand(i.b())?, self.operand(i.c())?);
            let (args, kind) = ([container, key, value], Continuation::Finish);
            return self.enter_method(i, func, &args, kind, 0);
        }
        if let Some(next) = self.store_machine_item(i)? {
            return Ok(next);
        }
        use pyrs_object::native::Slot::mp_ass_subscript;
        let list = is_like(c, ty!(PyList_Type), &[mp_ass_subscript]);
        let dict =
            is_like(c, ty!(PyDict_Type), &[mp_ass_subscript]) || pyrs_vm::interp::stores_as_dict(c);
        if !c.is_object() || c.ty().is_heap() && !list && !dict {
            return Err(Stop::Unsupported("subscript store of a class"));
        }
        if list && self.kind(i.b())? == Kind::Int && in_bounds(c, k) {
            let p = self.instance_of(i.a())?;
            self.guard_unexposed(p, c, Alias::LIST)?;
            let size = self.b.load(p, mem(16, MemType::Size, Alias::LIST));
            let at = self.index(i.b(), size)?;
            let items = self.list_items(p);
            let m = Imm::Mem(mem(0, MemType::Boxed, Alias::LIST_ITEM));
            let value = self.boxed(i.c())?;
            let old = self
                .b
                .emit(Op::LoadIdx, &[items, at], m)
                .ok_or(Stop::Abort("no result"))?;
            let n = k.as_int().unwrap_or(0);
            let content = pyrs_object::list::items(c);
            let at_now = if n < 0 { n + content.len() as i64 } else { n } as usize;
            let content = content.get(at_now).copied().unwrap_or(Value::EMPTY);
            self.replace(old, content, |r| {
                r.b.emit(Op::StoreIdx, &[items, at, value], m);
            });
            self.kill(i);
            self.b.set_pc(pc + 2);
            return Ok(Next::Fall);
        }
        if c.ty().is_heap() {
            self.instance_of(i.a())?;
        }
        let (x, y) = (self.guarded(i.a())?, self.guarded(i.b())?);
        let value = self.boxed(i.c())?;
        // The old value dies in the helper: only numbers and strings are known to go quietly.
        let helper = if dict {
            self.env.h.map_add_any
        } else {
            self.env.h.setitem
        };
        self.b.call(helper, &[x, y, value]);
        self.kill(i);
        self.b.set_pc(pc + 2);
        Ok(Next::Fall)
    }

    /// An int or None, guarded to be so; a Value.
    fn slice_part(&mut self, r: u32) -> Res<ValueId> {
        let v = self.reg_value(r);
        if !v.is_int() && !v.is_none() {
            return Err(Stop::Unsupported("a slice of objects"));
        }
        let field = r as u16;
        if v.is_none() {
            let id = self.boxed(field)?;
            let none = self.env.statics.none_object;
            self.b.guard(Op::GuardValue, &[id], Imm::Int(none));
            return Ok(id);
        }
        self.guarded(field)
    }
    /// A slice, together with the subscript that follows where that is the only one to see it.
    pub(crate) fn build_slice(&mut self, i: Instr) -> Res<Next> {
        let (first, n) = (u32::from(i.b()), u32::from(i.c()));
        let pc = self.pc();
        // SAFETY: another instruction follows each that makes a slice.
        let then = Instr(unsafe { *self.pc_ptr().add(1) });
        let op = then.op().map(B::family);
        let mut parts = Vec::new();
        let load = op == Some(B::LOAD_SUBSCR)
            && then.c() == i.a()
            && (then.d() & KILL_C != 0 || then.a() == i.a())
            && then.b() != i.a();
        let store = op == Some(B::STORE_SUBSCR)
            && then.b() == i.a()
            && then.d() & KILL_B != 0
            && then.a() != i.a()
            && then.c() != i.a();
        let container = self.value(if load { then.b() } else { then.a() });
        let known = [
            ty!(PyList_Type),
            ty!(PyTuple_Type),
            ty!(pyrs_object::str::PyUnicode_Type),
            ty!(pyrs_object::bytes::PyBytes_Type),
        ];
        let known = if load { &known[..] } else { &known[..1] };
        // An error would be that of the subscript.
        let step = self.b.get(first + 2).filter(|_| n == 3);
        let value = self.value(then.c());
        let safe = if load {
            step.is_none_or(|id| {
                self.b.is_const(id) && self.reg_value(first + 2).as_int().is_some_and(|n| n != 0)
            })
        } else {
            n == 2 && value.is_exact(ty!(PyList_Type)) && value != container
        };
        let fused = (load || store)
            && safe
            && known.iter().any(|t| container.is_exact(*t))
            && (first..first + n).all(|r| {
                let v = self.reg_value(r);
                v.is_int() || v.is_none()
            });
        let none = self.b.value_const(self.env.statics.none_object);
        for r in first..first + n {
            parts.push(if fused {
                self.slice_part(r)?
            } else {
                let id = self.slot(r)?;
                self.b.as_value(id)
            });
        }
        parts.resize(3, none);
        if !fused {
            let r = self
                .b
                .call(self.env.h.slice_new, &parts)
                .ok_or(Stop::Abort("no result"))?;
            for r in first..first + n {
                self.moved(r);
            }
            self.set(i.a(), r);
            self.b.set_pc(pc + 1);
            return Ok(Next::Fall);
        }
        let next = pc + 1 + 1 + u32::from(then.op().map_or(0, |op| op.info().extra));
        let object = if load { then.b() } else { then.a() };
        let c = self.guarded(object)?;
        let result = if load {
            let all = [c, parts[0], parts[1], parts[2]];
            self.b.call(self.env.h.get_slice, &all)
        } else {
            let value = self.guarded(then.c())?;
            let all = [c, parts[0], parts[1], parts[2], value];
            self.b.call(self.env.h.set_slice, &all);
            None
        };
        for r in first..first + n {
            self.moved(r);
        }
        // The slice itself is never in its register.
        let slice = if load { KILL_C } else { KILL_B };
        self.kill(Instr(then.0 & !(u64::from(slice) << 8)));
        if let Some(r) = result {
            self.set(then.a(), r);
        }
        self.b.set_pc(next);
        let frame = self.frame();
        self.step()?;
        if self.frame() == frame && self.pc() == pc + 1 {
            self.step()?;
        }
        self.expect(frame, next)?;
        Ok(Next::Done)
    }
    /// An instruction on builtin containers that has a helper.
    pub(crate) fn container_helper(&mut self, i: Instr, op: B) -> Res<Next> {
        let pc = self.pc();
        match op {
            B::DELETE_SUBSCR => {
                let c = self.value(i.a());
                let slot = pyrs_object::native::Slot::mp_ass_subscript;
                let dict = is_like(c, ty!(PyDict_Type), &[slot]);
                if !self.is_builtin(c) && !dict || !self.is_builtin(self.value(i.b())) {
                    return Err(Stop::Unsupported("deletion from a class"));
                }
                if dict {
                    self.instance_of(i.a())?;
                }
                let (c, k) = (self.guarded(i.a())?, self.guarded(i.b())?);
                self.b.call(self.env.h.delitem, &[c, k]);
            }
            B::LIST_EXTEND => {
                let v = self.value(i.b());
                if !v.is_exact(ty!(PyList_Type)) && !v.is_exact(ty!(PyTuple_Type)) {
                    return Err(Stop::Unsupported("a list of items of an object"));
                }
                let (c, k) = (self.guarded(i.a())?, self.guarded(i.b())?);
                self.b.call(self.env.h.list_extend, &[c, k]);
            }
            _ => {
                let list = self.guarded(i.b())?;
                let r = self
                    .b
                    .call(self.env.h.list_to_tuple, &[list])
                    .ok_or(Stop::Abort("no result"))?;
                self.kill_and_set(i, r);
                self.b.set_pc(pc + self.length());
                return Ok(Next::Fall);
            }
        }
        self.kill(i);
        self.b.set_pc(pc + self.length());
        Ok(Next::Fall)
    }

    // ---- iteration ------------------------------------------------------------------------------------------

    pub(crate) fn get_iter(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.b());
        let pc = self.pc();
        if v.is_exact(pyrs_vm::generator::generator_type()) {
            return self.own_iterator(i);
        }
        if v.is_object()
            && v.ty().is_heap()
            && let Some(f) = pyrs_vm::interp::iter_method_of(v)
        {
            let slf = self.object(i.b())?;
            self.guard_version(v.ty());
            return self.enter_method(i, f, &[slf], Continuation::Iter, 0);
        }
        use pyrs_object::native::Slot::tp_iter;
        let native = [ty!(PyList_Type), ty!(PyTuple_Type), ty!(PyDict_Type)]
            .iter()
            .any(|t| is_like(v, *t, &[tp_iter]))
            // Iterated by subscripts.
            || v.is_object() && pyrs_object::ops::c_slot_word(v.ty(), tp_iter) == 0;
        if !v.is_object() || v.ty().is_heap() && !native || pyrs_vm::generator::is_generator(v) {
            return Err(Stop::Unsupported("iter() of a class"));
        }
        if v.ty().is_heap() {
            self.instance_of(i.b())?;
        }
        if v.is_exact(ty!(PyRange_Type)) {
            // SAFETY: exactly a range.
            let parts = unsafe {
                let r = v.as_ptr().cast::<RangeObject>();
                [(*r).start, (*r).stop, (*r).step, (*r).length]
            };
            if parts.iter().all(|p| p.is_int()) {
                let p = self.object(i.b())?;
                let mut field = |offset| {
                    let f = self
                        .b
                        .load(p, mem(offset, MemType::Boxed, Alias::IMMUTABLE));
                    self.b.as_int(f)
                };
                let next = field(offset_of!(RangeObject, start));
                // All items are immediates, then.
                field(offset_of!(RangeObject, stop));
                let step = field(offset_of!(RangeObject, step));
                let left = field(offset_of!(RangeObject, length));
                let it = self.b.allocate(self.env.h.range_iter, &[next, step, left]);
                self.kill_and_set(i, it);
                return Ok(Next::Fall);
            }
        }
        let x = self.guarded(i.b())?;
        let id = self
            .b
            .call(self.env.h.iter, &[x])
            .ok_or(Stop::Abort("no result"))?;
        self.kill_and_set(i, id);
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }

    // ---- displays -------------------------------------------------------------------------------------------

    pub(crate) fn build(&mut self, i: Instr, op: B) -> Res<Next> {
        let (first, n) = (u32::from(i.b()), i.c() as usize);
        let most = if op == B::BUILD_TUPLE {
            MAX_ARGS
        } else {
            4 * MAX_ARGS
        };
        if n > most || (op == B::BUILD_TUPLE && n == 0) {
            return Err(Stop::Unsupported("a large display"));
        }
        let mut items = Vec::new();
        for k in 0..n as u32 {
            let id = self.slot(first + k)?;
            items.push(self.b.as_value(id));
        }
        let pc = self.pc();
        let r = match op {
            B::BUILD_TUPLE => {
                let t = self.b.allocate(self.env.h.build_tuple[n], &items);
                self.tuples.insert(t, n);
                t
            }
            B::BUILD_LIST => {
                let (some, more) = items.split_at(n.min(MAX_ARGS));
                let list = self
                    .b
                    .call(self.env.h.build_list[some.len()], some)
                    .ok_or(Stop::Abort("no result"))?;
                let to = self.b.as_value(list);
                for item in more {
                    self.b.call(self.env.h.list_append, &[to, *item]);
                }
                list
            }
            _ => {
                let (some, more) = items.split_at(n.min(MAX_ARGS));
                let mut s = self
                    .b
                    .call(self.env.h.build_string[some.len()], some)
                    .ok_or(Stop::Abort("no result"))?;
                for part in more.chunks(MAX_ARGS - 1) {
                    let mut all = vec![self.b.as_value(s)];
                    all.extend_from_slice(part);
                    s = self
                        .b
                        .call(self.env.h.build_string[all.len()], &all)
                        .ok_or(Stop::Abort("no result"))?;
                }
                s
            }
        };
        for k in 0..n as u32 {
            self.moved(first + k);
        }
        self.set(i.a(), r);
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }
    /// A dict display whose keys run no Python code.
    pub(crate) fn build_map(&mut self, i: Instr, op: B) -> Res<Next> {
        const LARGE: Stop = Stop::Unsupported("a large display");
        let (first, n) = (i.b(), i.c());
        if usize::from(n) > MAX_ARGS {
            return Err(LARGE);
        }
        let mut keys = Vec::new();
        let (each, length) = if op == B::BUILD_MAP {
            for k in 0..n {
                if !self.is_quiet(self.reg_value(u32::from(first + 2 * k))) {
                    return Err(Stop::Unsupported("a key of a class"));
                }
                keys.push(self.guarded(first + 2 * k)?);
            }
            (2, 1)
        } else {
            let names = self.extra(0) as u32 as usize;
            let names = crate::code_of(self.frame()).constant(names);
            self.keep(names);
            for key in tuple::items(names) {
                if !self.is_quiet(*key) {
                    return Err(Stop::Unsupported("a key of a class"));
                }
                keys.push(self.b.value_const(key.bits()));
            }
            (1, 2)
        };
        let mut values = Vec::new();
        for k in 0..n {
            let id = self.slot(u32::from(first + each * k + each - 1))?;
            values.push(self.b.as_value(id));
        }
        let pc = self.pc();
        let d = self.b.call(self.env.h.dict_new, &[]);
        let d = d.ok_or(Stop::Abort("no result"))?;
        let map = self.b.as_value(d);
        for (key, value) in keys.into_iter().zip(values) {
            self.b.call(self.env.h.map_add, &[map, key, value]);
        }
        for k in 0..each * n {
            self.moved(u32::from(first + k));
        }
        self.set(i.a(), d);
        self.b.set_pc(pc + length);
        Ok(Next::Fall)
    }
    /// The items of a tuple, whose length is guarded.
    pub(crate) fn tuple_items(&mut self, p: ValueId, v: Value) -> Res<Vec<ValueId>> {
        let n = tuple::len(v);
        if self.b.is_const(p) && v.is_exact(ty!(PyTuple_Type)) && !is_exposed(v) {
            let constant = |item: &Value| {
                self.keep(*item);
                self.b.value_const(item.bits())
            };
            return Ok(tuple::items(v).iter().map(constant).collect());
        }
        let mut boxes = false;
        if self.tuples.get(&p) != Some(&n) {
            boxes = self.may_hold_boxes(p, v)?;
            let size = self.b.load(p, mem(16, MemType::Size, Alias::IMMUTABLE));
            self.b.guard(Op::GuardIEq, &[size], Imm::Int(n as u64));
        }
        let at = |k| mem(24 + 8 * k, MemType::Boxed, Alias::IMMUTABLE);
        let items: Vec<_> = (0..n).map(|k| self.b.load(p, at(k))).collect();
        items.into_iter().map(|id| self.item(id, boxes)).collect()
    }
    /// The items of a list, whose length is guarded.
    pub(crate) fn list_contents(&mut self, p: ValueId, v: Value) -> Res<Vec<ValueId>> {
        let boxes = self.may_hold_boxes(p, v)?;
        let n = pyrs_object::list::len(v);
        let size = self.b.load(p, mem(16, MemType::Size, Alias::LIST));
        self.b.guard(Op::GuardIEq, &[size], Imm::Int(n as u64));
        let at = self.list_items(p);
        let mut items = Vec::new();
        for k in 0..n {
            let id = self
                .b
                .load(at, mem(8 * k, MemType::Boxed, Alias::LIST_ITEM));
            items.push(self.item(id, boxes)?);
        }
        Ok(items)
    }
    pub(crate) fn unpack(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.b());
        let n = i.c() as usize;
        // Named tuples, too.
        let is_tuple = is_like(v, ty!(PyTuple_Type), &[pyrs_object::native::Slot::tp_iter]);
        if !(is_tuple && tuple::len(v) == n
            || v.is_exact(ty!(PyList_Type)) && pyrs_object::list::len(v) == n)
        {
            return Err(Stop::Unsupported("unpacking"));
        }
        let p = self.instance_of(i.b())?;
        let items = if is_tuple {
            self.tuple_items(p, v)?
        } else {
            self.list_contents(p, v)?
        };
        self.kill(Instr(i.0 & !(u64::from(KILL_C) << 8)));
        for (k, id) in items.into_iter().enumerate() {
            self.set(i.a() + k as u16, id);
        }
        Ok(Next::Fall)
    }
    pub(crate) fn format(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.b());
        let has_spec = i.d() & pyrs_bytecode::HAS_SPEC != 0;
        if v.is_empty() {
            return Err(Stop::Unsupported("an unbound variable"));
        }
        let x = if self.is_builtin(v) && (!v.is_object() || is_atom(v)) {
            self.guarded(i.b())?
        } else {
            self.boxed(i.b())?
        };
        let conversion = self
            .b
            .int_const(i64::from(i.d() & pyrs_bytecode::CONVERSION_MASK));
        let spec = if has_spec {
            self.guarded(i.c())?
        } else {
            self.b.value_const(0)
        };
        let r = self
            .b
            .call(self.env.h.format, &[x, conversion, spec])
            .ok_or(Stop::Abort("no result"))?;
        let pc = self.pc();
        self.kill_and_set(i, r);
        self.b.set_pc(pc + 1);
        Ok(Next::Fall)
    }
}

/// The Python function of a classmethod or staticmethod of those very classes, or empty.
fn of_class(found: Value) -> Value {
    use pyrs_object::descr;
    let wrapped = found.is_exact(ty!(descr::PyStaticMethod_Type))
        || found.is_exact(ty!(descr::PyClassMethod_Type));
    if !wrapped {
        return Value::EMPTY;
    }
    let function = descr::wrapped_callable(found);
    if pyrs_vm::interp::is_py_function(function) {
        function
    } else {
        Value::EMPTY
    }
}
/// Whether the class of `c` is `builtin`, or a Python class that leaves these slots as they are there.
pub(crate) fn is_like(c: Value, builtin: Type, slots: &[pyrs_object::native::Slot]) -> bool {
    use pyrs_object::ops::c_slot_word;
    let same = |s: &pyrs_object::native::Slot| c_slot_word(c.ty(), *s) == c_slot_word(builtin, *s);
    c.is_exact(builtin)
        || c.is_object() && c.ty().is_heap() && c.ty().is_subtype(builtin) && slots.iter().all(same)
}

/// Whether a global with this value is worth a guard on its identity.
fn is_stable(v: Value) -> bool {
    let t = v.ty();
    t.has(tpflags::TYPE_SUBCLASS)
        || t == ty!(pyrs_object::function::PyFunction_Type)
        || t == ty!(pyrs_object::cfunction::PyCFunction_Type)
        || t == ty!(pyrs_object::module::PyModule_Type)
}
/// A descriptor that gives itself when it is read from a class.
fn is_method_of_builtin(v: Value) -> bool {
    v.is_exact(ty!(pyrs_object::descr::PyMethodDescr_Type))
        || v.is_exact(ty!(pyrs_object::descr::PyWrapperDescr_Type))
}
/// A list or tuple that C has seen.
pub(crate) fn is_exposed(v: Value) -> bool {
    let container = v.is_exact(ty!(PyList_Type)) || v.is_exact(ty!(PyTuple_Type));
    // SAFETY: lists and tuples have a GC head.
    container && unsafe { (*heap::gc_head(v.as_ptr())).prev } & heap::gcflags::EXPOSED != 0
}
fn is_atom(v: Value) -> bool {
    v.is_none()
        || v.is_exact(ty!(pyrs_object::str::PyUnicode_Type))
        || v.is_exact(ty!(pyrs_object::int::PyLong_Type))
        || v.is_exact(ty!(pyrs_object::float::PyFloat_Type))
        || v.is_exact(ty!(pyrs_object::bool::PyBool_Type))
}
fn in_bounds(c: Value, k: Value) -> bool {
    let Some(k) = k.as_int() else { return false };
    let n = if c.is_exact(ty!(PyList_Type)) {
        pyrs_object::list::len(c)
    } else if c.is_exact(ty!(PyTuple_Type)) {
        tuple::len(c)
    } else if c.is_exact(ty!(pyrs_object::str::PyUnicode_Type)) {
        pyrs_object::str::len(c)
    } else {
        return false;
    } as i64;
    k >= -n && k < n
}
