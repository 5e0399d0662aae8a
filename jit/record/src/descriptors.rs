//! Attributes that Python code provides: descriptors, setters of properties, `__setattr__`; items of dicts of a class of
//! their own.

use crate::{Next, Recorder, Res, Stop};
use pyrs_bytecode::Instr;
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Imm, ValueId};
use pyrs_object::layout::tpflags;
use pyrs_object::native::Slot;
use pyrs_object::str::PyUnicode_Type;
use pyrs_object::{Type, Value, ValueExt, dict, intern, shape, ty, typeobject};
use pyrs_vm::frames::Continuation;

impl Recorder<'_> {
    /// An attribute that the descriptor `d` of the object's class gives with a Python `__get__`; `None` if it does not.
    pub(crate) fn load_by_descriptor(
        &mut self,
        i: Instr,
        v: Value,
        d: Value,
        data: bool,
    ) -> Res<Option<Next>> {
        let Some(getter) = pyrs_vm::interp::descriptor_getter(d) else {
            return Ok(None);
        };
        let name = self.name(i.c());
        if !data && !matches!(typeobject::has_instance_attribute(v, name), Ok(false)) {
            pyrs_object::errors::clear();
            return Ok(None);
        }
        let t = v.ty();
        let slf = self.instance_of(i.b())?;
        if !data {
            self.guard_lacks(slf, v, name)?;
        }
        self.guard_version(d.ty());
        let (d, class) = (self.const_value(d), self.const_value(t.value()));
        let next = self.enter_method(i, getter, &[d, slf, class], Continuation::Attribute, 0)?;
        Ok(Some(next))
    }
    /// A store that a property's setter or a Python `__set__` of the class's descriptor does; `None` if it does not.
    pub(crate) fn store_by_descriptor(
        &mut self,
        i: Instr,
        v: Value,
        d: Value,
    ) -> Res<Option<Next>> {
        let Some((setter, with_descriptor)) = pyrs_vm::interp::descriptor_setter(d) else {
            return Ok(None);
        };
        let slf = self.object(i.a())?;
        self.guard_version(v.ty());
        if with_descriptor {
            self.guard_version(d.ty());
        }
        let value = self.operand(i.b())?;
        let args = [self.const_value(d), slf, value];
        let args = &args[usize::from(!with_descriptor)..];
        let next = self.enter_method(i, setter, args, Continuation::Finish, 0)?;
        Ok(Some(next))
    }
    /// A store to an object whose class has a Python `__setattr__`.
    pub(crate) fn store_by_method(&mut self, i: Instr, v: Value, name: Value) -> Res<Next> {
        if !v.ty().is_heap() && !v.has_flag(tpflags::TYPE_SUBCLASS) {
            // A builtin class with a rule of its own, such as that of weak proxies.
            return self.store_natively(i, name);
        }
        let python = v.ty().is_heap() && typeobject::is_python_slot(v.ty(), Slot::tp_setattro);
        let method = typeobject::lookup(v.ty(), intern!("__setattr__")).filter(|_| python);
        let method = method.ok_or(Stop::Unsupported("attribute store"))?;
        if method.is_exact(pyrs_object::ty!(pyrs_object::descr::PyWrapperDescr_Type)) {
            // `__setattr__ = dict.__setitem__`, say.
            self.guard_version(v.ty());
            return self.store_natively(i, name);
        }
        if !pyrs_vm::interp::is_py_function(method) {
            return Err(Stop::Unsupported("attribute store"));
        }
        let slf = self.object(i.a())?;
        self.guard_version(v.ty());
        let (name, value) = (self.const_value(name), self.operand(i.b())?);
        self.enter_method(i, method, &[slf, name, value], Continuation::Finish, 0)
    }
    /// Whether hashing a key and comparing it with others runs no Python code of its class.
    fn is_quiet_object(&self, k: Value) -> bool {
        let slots = [Slot::tp_hash, Slot::tp_richcompare];
        self.is_quiet(k) || k.is_none() || crate::objects::is_like(k, ty!(PyUnicode_Type), &slots)
    }
    /// An item that a dict of a Python class has. Where it has none the interpreter asks `__missing__`.
    pub(crate) fn item_of_dict(&mut self, i: Instr, c: Value, k: Value) -> Res<Next> {
        if !self.is_quiet_object(k) {
            return Err(Stop::Unsupported("subscript of a class"));
        }
        let missing = match dict::get(c, k) {
            Ok(Some(_)) => None,
            found => {
                if found.is_err() {
                    pyrs_object::errors::clear();
                }
                let method = pyrs_vm::interp::missing_method(c);
                Some(method.ok_or(Stop::Unsupported("a missing item"))?)
            }
        };
        self.instance_of(i.b())?;
        if k.is_object() && k.ty().is_heap() {
            self.instance_of(i.c())?;
        }
        let (d, key) = (self.guarded(i.b())?, self.guarded(i.c())?);
        if let Some(method) = missing {
            let has = self.b.call(self.env.h.has_item, &[d, key]);
            let has = has.ok_or(Stop::Abort("no result"))?;
            self.b.guard(Op::GuardFalse, &[has], Imm::None);
            return self.enter_method(i, method, &[d, key], Continuation::Store, 0);
        }
        let id = self
            .b
            .call(self.env.h.item_of_dict, &[d, key])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
        self.kill_and_set(i, id);
        Ok(Next::Fall)
    }
    /// Guards that the instance itself, which is `v` now, has no attribute of that name.
    fn guard_lacks(&mut self, p: ValueId, v: Value, name: Value) -> Res {
        let t = v.ty();
        if !t.has(tpflags::MANAGED_DICT) {
            return if t.tp_dictoffset == 0 {
                Ok(())
            } else {
                self.guard_not_own(p, name)
            };
        }
        if self.has_plain_dict(v) {
            return self.guard_not_in_dict(p, name);
        }
        // SAFETY: the flag says that the pre-header exists.
        let s = unsafe { shape::shape_of(v.as_ptr()) };
        self.b.guard_shape(p, shape::SHAPE_OFFSET as i32, s.bits());
        Ok(())
    }
    /// `LOAD_ATTR` of an attribute that neither the instance nor its class has, as guards say: `__getattr__` is inlined.
    pub(crate) fn enter_hook(&mut self, i: Instr, v: Value, name: Value) -> Res<Next> {
        let hook = typeobject::lookup(v.ty(), intern!("__getattr__"))
            .filter(|f| pyrs_vm::interp::is_py_function(*f))
            .ok_or(Stop::Unsupported("a missing attribute"))?;
        let slf = self.object(i.b())?;
        let n = self.const_value(name);
        self.enter_method(i, hook, &[slf, n], Continuation::Attribute, 0)
    }
    /// `LOAD_ATTR` of a number.
    pub(crate) fn attribute_of_number(&mut self, i: Instr, t: Type, name: Value) -> Res<Next> {
        let x = self.guarded(i.b())?;
        let id = if self.is_class_of(t, name) {
            self.const_value(t.value())
        } else {
            let n = self.const_value(name);
            self.b
                .call(self.env.h.getattr, &[x, n])
                .ok_or(Stop::Abort("no result"))?
        };
        let pc = self.pc();
        self.kill_and_set(i, id);
        self.b.set_pc(pc + self.length());
        Ok(Next::Fall)
    }
    /// An attribute in the dict of an instance with managed attributes. The class has no data descriptor of that name.
    pub(crate) fn load_from_dict(&mut self, i: Instr, v: Value, name: Value) -> Res<Next> {
        // SAFETY: the caller has looked at the class's flags.
        let found = unsafe { shape::get_attribute(v.as_ptr(), name) };
        if !matches!(found, Ok(Some(_))) {
            pyrs_object::errors::clear();
            return Err(Stop::Unsupported("an instance with a dict"));
        }
        let p = self.object(i.b())?;
        self.guard_version(v.ty());
        self.b
            .guard_shape(p, shape::SHAPE_OFFSET as i32, shape::DICT_MODE as u64);
        self.keep(name);
        let (object, n) = (self.b.as_value(p), self.b.value_const(name.bits()));
        let id = self
            .b
            .call(self.env.h.dict_attr, &[object, n])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
        self.kill_and_set(i, id);
        Ok(Next::Fall)
    }
}
