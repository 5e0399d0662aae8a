//! `super()`: the object is virtual, and what is read of it is found while recording.

use crate::{Next, Recorder, Res, Stop, Super, class_of, code_of, mem};
use pyrs_bytecode::{Instr, KILL_B};
use pyrs_jit_ir::region::{Alias, MemType, ValueId};
use pyrs_object::layout::{PyCellObject, tpflags};
use pyrs_object::{Type, Value, ValueExt, ty};
use std::mem::offset_of;

impl Recorder<'_> {
    /// `super()` in a method.
    pub(crate) fn new_super(&mut self, id: ValueId) -> Res<ValueId> {
        const ODD: Stop = Stop::Unsupported("an unusual super()");
        let code = code_of(self.frame());
        let at = code
            .freevars()
            .iter()
            .position(|n| *n == pyrs_object::intern!("__class__"))
            .filter(|_| code.argcount > 0 && !code.is_cell_register(0))
            .ok_or(ODD)?;
        let holder = code.first_free + at as u32;
        let class = pyrs_object::cell::get(self.reg_value(holder));
        let object = self.reg_value(0);
        self.guard_is(id, ty!(pyrs_object::superobject::PySuper_Type).value())?;
        let cell = self.slot(holder)?;
        let cell = self.b.as_ptr(cell);
        let content = self.b.load(
            cell,
            mem(
                offset_of!(PyCellObject, ob_ref),
                MemType::Boxed,
                Alias::CELL,
            ),
        );
        let slf = self.slot(0)?;
        self.super_of(content, slf, class, object)
    }
    /// `super(class, object)`.
    pub(crate) fn super_of(
        &mut self,
        class_id: ValueId,
        slf: ValueId,
        class: Value,
        object: Value,
    ) -> Res<ValueId> {
        const ODD: Stop = Stop::Unsupported("an unusual super()");
        let class = Type::from_value(class).ok_or(ODD)?;
        let of_class = Type::from_value(object);
        let start = of_class.unwrap_or(object.ty());
        if !object.is_object() || !start.is_subtype(class) {
            return Err(ODD);
        }
        self.guard_is(class_id, class.value())?;
        let slf = if of_class.is_some() {
            self.guard_is(slf, object)?;
            self.b.value_const(object.bits())
        } else {
            self.object_of(slf, class_of(object))?
        };
        self.guard_version(start);
        self.keep(class.value());
        let (c, o, t) = (
            self.b.value_const(class.value().bits()),
            self.b.as_value(slf),
            self.b.value_const(start.value().bits()),
        );
        let r = self.b.allocate(self.env.h.super_object, &[c, o, t]);
        self.supers.insert(
            r,
            Super {
                class,
                start,
                object: slf,
                of_class: of_class.is_some(),
            },
        );
        Ok(r)
    }

    /// `super().name(...)`: the method is found while recording.
    pub(crate) fn super_method(&mut self, i: Instr, name: Value) -> Res<Next> {
        let id = self.operand(i.b())?;
        let v = self.value(i.b());
        let found = match self.supers.get(&id).copied() {
            Some(found) => found,
            None => self.read_super(id, v)?,
        };
        let method = pyrs_object::superobject::find(found.class, found.start, name);
        if found.of_class {
            let method = method.ok_or(Stop::Unsupported("an unusual attribute of super"))?;
            let id = self.super_of_class(method, found.start)?;
            if i.d() & KILL_B != 0 {
                self.moved(u32::from(i.b()));
            }
            self.moved(u32::from(i.a()) + 1);
            self.set(i.a(), id);
            return Ok(Next::Fall);
        }
        let method = method
            .filter(|d| d.is_object() && d.ty().has(tpflags::METHOD_DESCRIPTOR))
            .ok_or(Stop::Unsupported("an unusual attribute of super"))?;
        self.keep(method);
        if i.d() & KILL_B != 0 {
            self.moved(u32::from(i.b()));
        }
        let (m, o) = (
            self.b.value_const(method.bits()),
            self.b.as_value(found.object),
        );
        // As the interpreter: a bound method and no separate object. For a builtin method it is one of another class, which
        // nobody sees before the call.
        let bound = self.b.allocate(self.env.h.bound_method, &[m, o]);
        if !pyrs_vm::interp::is_py_function(method)
            && let Some((_, object, _)) = pyrs_object::superobject::parts(v)
        {
            self.bound.insert(bound, (method, found.object, object));
        }
        self.moved(u32::from(i.a()) + 1);
        self.set(i.a(), bound);
        Ok(Next::Fall)
    }
    /// A `super` object that was made before paths met.
    fn read_super(&mut self, id: ValueId, v: Value) -> Res<Super> {
        let known = pyrs_object::superobject::parts(v).filter(|(_, object, start)| {
            let own = object.is_object() && object.ty() == *start;
            own || *object == start.value()
        });
        let Some((class, object, start)) = known else {
            return Err(Stop::Unsupported("an unusual super()"));
        };
        let p = self.object_of(id, class_of(v))?;
        let field = |offset| mem(offset, MemType::Boxed, Alias::IMMUTABLE);
        let c = self.b.load(p, field(16));
        self.guard_is(c, class.value())?;
        let t = self.b.load(p, field(32));
        self.guard_is(t, start.value())?;
        let o = self.b.load(p, field(24));
        let of_class = object == start.value();
        let object = if of_class {
            self.guard_is(o, object)?;
            self.b.value_const(object.bits())
        } else {
            self.object_of(o, class_of(object))?
        };
        self.guard_version(start);
        Ok(Super {
            class,
            start,
            object,
            of_class,
        })
    }
    /// The attribute `found` of `super()` in a method of the class `start`: functions that are bound to nothing, class methods.
    fn super_of_class(&mut self, found: Value, start: Type) -> Res<ValueId> {
        use pyrs_object::{cfunction, descr};
        let is = |t| found.is_exact(t);
        let plain = is(ty!(cfunction::PyCFunction_Type))
            || is(ty!(descr::PyStaticMethod_Type))
            || is(ty!(descr::PyClassMethod_Type));
        let wrapped = !is(ty!(cfunction::PyCFunction_Type));
        if !plain || wrapped && !pyrs_vm::interp::is_py_function(descr::wrapped_callable(found)) {
            return Err(Stop::Unsupported("an unusual attribute of super"));
        }
        self.keep(found);
        Ok(self.bound_to_class(found, start.value()))
    }
}
