//! Attributes of classes that are read from the class's dict, since stores to them leave the version alone
//! (`pyrs_object::typeobject::cell`).

use crate::{Next, Recorder, Res, Stop};
use pyrs_bytecode::Instr;
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Imm, ValueId};
use pyrs_object::layout::tpflags;
use pyrs_object::native::Slot::tp_setattro;
use pyrs_object::{Type, Value, ValueExt, ty, typeobject};

impl Recorder<'_> {
    /// What attribute `name`, found in the class `class` under its version, is for its readers.
    pub(crate) fn value_of_class(
        &mut self,
        found: Value,
        class: Value,
        name: Value,
    ) -> Res<ValueId> {
        match Type::from_value(class).and_then(|t| typeobject::cell(t, name)) {
            Some(cell) => self.dict_value(cell.dict, cell.index),
            None => Ok(self.bound_to_class(found, class)),
        }
    }
    /// A store of data to a cell of a class.
    pub(crate) fn store_to_cell(
        &mut self,
        i: Instr,
        class: Value,
        name: Value,
    ) -> Res<Option<Next>> {
        let Some(t) = Type::from_value(class) else {
            return Ok(None);
        };
        let (meta, plain) = (class.ty(), ty!(typeobject::PyType_Type));
        let plain = pyrs_object::ops::c_slot_word(meta, tp_setattro)
            == pyrs_object::ops::c_slot_word(plain, tp_setattro)
            && !t.has(tpflags::IMMUTABLETYPE)
            && typeobject::stores_to_dict(meta, name);
        if !plain || typeobject::cell(t, name).is_none() {
            return Ok(None);
        }
        let id = self.object(i.a())?;
        if meta.is_heap() {
            self.guard_version(meta);
        }
        let class = self.b.as_value(id);
        let value = self.boxed(i.b())?;
        self.keep(name);
        let n = self.b.value_const(name.bits());
        let done = self
            .b
            .call(self.env.h.store_to_cell, &[class, n, value])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardTrue, &[done], Imm::None);
        let pc = self.pc();
        self.kill(i);
        self.b.set_pc(pc + 5);
        Ok(Some(Next::Fall))
    }
}
