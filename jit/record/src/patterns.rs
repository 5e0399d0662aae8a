//! The tests of `match` statements. What a subject's class decides is decided while recording.

use crate::objects::is_like;
use crate::{Kind, Next, Recorder, Res, Stop, mem};
use pyrs_bytecode::{Instr, Op as B};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Alias, Imm, MemType, ValueId};
use pyrs_object::dict::PyDict_Type;
use pyrs_object::layout::tpflags;
use pyrs_object::list::PyList_Type;
use pyrs_object::native::Slot;
use pyrs_object::str::PyUnicode_Type;
use pyrs_object::tuple::PyTuple_Type;
use pyrs_object::typeobject::{self, PyType_Type};
use pyrs_object::{Type, Value, ValueExt, intern, shape, tuple, ty};

const ODD: Stop = Stop::Unsupported("an unusual class pattern");

impl Recorder<'_> {
    /// Guards the class of the subject, and that it is as it is.
    fn subject(&mut self, field: u16) -> Res<ValueId> {
        match self.kind(field)? {
            Kind::Object => {
                let p = self.instance_of(field)?;
                Ok(self.b.as_value(p))
            }
            _ => self.guarded(field),
        }
    }
    /// `MATCH_SEQUENCE` and `MATCH_MAPPING`.
    pub(crate) fn match_kind(&mut self, i: Instr, op: B) -> Res<Next> {
        let flag = if op == B::MATCH_MAPPING {
            tpflags::MAPPING
        } else {
            tpflags::SEQUENCE
        };
        let answer = self.value(i.b()).has_flag(flag);
        self.subject(i.b())?;
        let answer = self.bool_const(answer);
        self.kill_and_set(i, answer);
        Ok(Next::Fall)
    }
    /// The same of subjects of whatever class.
    pub(crate) fn match_kind_of_any(&mut self, i: Instr, op: B) -> Res {
        let flag = if op == B::MATCH_MAPPING {
            tpflags::MAPPING
        } else {
            tpflags::SEQUENCE
        };
        let subject = self.boxed(i.b())?;
        let flag = self.b.int_const(flag as i64);
        let answer = self
            .b
            .call(self.env.h.containers.has_flag, &[subject, flag])
            .ok_or(Stop::Abort("no result"))?;
        self.kill_and_set(i, answer);
        let (frame, next) = (self.frame(), self.pc() + self.length());
        self.step()?;
        self.expect(frame, next)
    }
    /// `GET_LEN` of lists, tuples and dicts.
    pub(crate) fn match_length(&mut self, i: Instr) -> Res<Next> {
        let v = self.value(i.b());
        let like = |t| is_like(v, t, &[Slot::sq_length, Slot::mp_length]);
        let alias = if like(ty!(PyList_Type)) {
            Alias::LIST
        } else if like(ty!(PyTuple_Type)) {
            Alias::IMMUTABLE
        } else if like(ty!(PyDict_Type)) {
            Alias::DICT
        } else {
            return Err(Stop::Unsupported("length of a subject"));
        };
        let p = self.instance_of(i.b())?;
        let n = match self.tuples.get(&p).copied() {
            Some(n) => self.b.int_const(n as i64),
            None => self.b.load(p, mem(16, MemType::Size, alias)),
        };
        self.kill_and_set(i, n);
        Ok(Next::Fall)
    }
    /// `MATCH_CLASS` where the attributes are plain ones of the instance.
    pub(crate) fn match_class(&mut self, i: Instr) -> Res<Next> {
        let (v, cls) = (self.value(i.b()), self.value(i.c()));
        let class = Type::from_value(cls).ok_or(ODD)?;
        let t = v.ty();
        let is_instance = t.is_subtype(class);
        // The metaclass may see that otherwise, as may the subject's `__class__`.
        let by_class = cls.is_exact(ty!(PyType_Type)) && self.is_class_of(t, intern!("__class__"));
        if t != class && !by_class {
            return Err(ODD);
        }
        let word = self.extra(0);
        let names = crate::code_of(self.frame()).constant(word as u32 as usize);
        let positional = (word >> 32) as usize;
        let mut wanted = Vec::new();
        let mut whole = false;
        if is_instance && positional > 0 {
            match typeobject::lookup(class, intern!("__match_args__")) {
                Some(args) if args.is_exact(ty!(PyTuple_Type)) => {
                    let args = tuple::items(args).get(..positional).ok_or(ODD)?;
                    wanted.extend_from_slice(args);
                }
                None if class.has(tpflags::MATCH_SELF) && positional == 1 => whole = true,
                _ => return Err(ODD),
            }
        }
        if is_instance {
            wanted.extend_from_slice(tuple::items(names));
        }
        let strings = wanted.iter().all(|n| n.is_exact(ty!(PyUnicode_Type)));
        let twice = (1..wanted.len()).any(|n| wanted[..n].contains(&wanted[n]));
        if !strings || twice {
            return Err(ODD);
        }
        let c = self.operand(i.c())?;
        self.guard_is(c, cls)?;
        if class.is_heap() {
            self.guard_version(class);
        }
        let subject = self.subject(i.b())?;
        let mut items = Vec::new();
        if whole {
            items.push(subject);
        }
        for name in wanted {
            items.push(self.plain_field(i.b(), v, name)?);
        }
        let found = if !is_instance {
            self.b.value_const(self.env.statics.none_object)
        } else if items.is_empty() {
            self.const_value(tuple::empty().value())
        } else {
            let layout = self.env.h.build_tuple.get(items.len());
            let n = items.len();
            let t = self.b.allocate(*layout.ok_or(ODD)?, &items);
            self.tuples.insert(t, n);
            t
        };
        self.kill_and_set(i, found);
        Ok(Next::Fall)
    }
    /// A value that the instance in a register holds itself, by the shape or a `__slots__` entry.
    fn plain_field(&mut self, field: u16, v: Value, name: Value) -> Res<ValueId> {
        let t = v.ty();
        if !v.is_object() || !self.generic_get(t) {
            return Err(ODD);
        }
        let descr = typeobject::lookup(t, name);
        if let Some(offset) = descr.and_then(|d| pyrs_vm::interp::slot_offset(t, d)) {
            // SAFETY: the descriptor says that it is there.
            if unsafe { Self::member(v, offset) }.is_empty() {
                return Err(ODD);
            }
            let p = self.object(field)?;
            let id = self.b.load(p, Self::member_mem(offset));
            self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
            return Ok(id);
        }
        if descr.is_some_and(|d| d.ty().tp_descr_set.is_some()) {
            return Err(ODD);
        }
        let (p, s) = self.instance(field)?.ok_or(ODD)?;
        // SAFETY: a live shape of this instance.
        let slot = unsafe { shape::slot_index(s, name) }.ok_or(ODD)?;
        let slots = self.slots_of(p);
        Ok(self.b.load(slots, Self::slot_mem(slot)))
    }
}
