//! Class and static methods of builtin classes: `int.from_bytes`, `dict.fromkeys`, `str.maketrans`.

use crate::{Next, Recorder, Res, Stop};
use pyrs_bytecode::Instr;
use pyrs_object::layout::Frame;
use pyrs_object::native::Slot;
use pyrs_object::{Type, Value, ValueExt, descr, errors, ops, ty, typeobject};

/// Such a method, if reading it from the class `v` only binds it.
fn native_class_method(v: Value, name: Value) -> Option<Value> {
    let class = Type::from_value(v)?;
    let (meta, plain) = (v.ty(), ty!(typeobject::PyType_Type));
    if ops::c_slot_word(meta, Slot::tp_getattro) != ops::c_slot_word(plain, Slot::tp_getattro)
        || typeobject::lookup(meta, name).is_some()
    {
        return None;
    }
    typeobject::lookup(class, name).filter(|found| {
        found.is_exact(ty!(descr::PyClassMethodDescr_Type))
            || found.is_exact(ty!(descr::PyStaticMethod_Type))
                && descr::wrapped_callable(*found)
                    .is_exact(ty!(pyrs_object::cfunction::PyCFunction_Type))
    })
}

impl Recorder<'_> {
    /// `LOAD_METHOD` of such a method: one bound object serves all rounds. `None` if it is another attribute.
    pub(crate) fn native_method_of_class(
        &mut self,
        i: Instr,
        v: Value,
        name: Value,
    ) -> Res<Option<Next>> {
        let Some(found) = native_class_method(v, name) else {
            return Ok(None);
        };
        let Ok(bound) = typeobject::descr_get(found, Value::EMPTY, v) else {
            errors::clear();
            return Ok(None);
        };
        let id = self.operand(i.b())?;
        self.guard_class_attribute(id, v, found)?;
        let a = self.execute_load_method(i)?;
        if !self.reg_value(a + 1).is_empty() {
            return Err(Stop::Abort("a method of something else"));
        }
        self.keep(bound.value());
        let id = self.const_value(bound.value());
        // The interpreter has made another object: what follows is recorded for ours.
        // SAFETY: the running frame owns what its registers hold.
        unsafe {
            let register = Frame::registers(self.frame()).add(a as usize);
            pyrs_object::heap::decref(std::mem::replace(&mut *register, bound.into_value()));
        }
        self.b.set(a, id);
        Ok(Some(Next::Done))
    }
}
