//! Binding of arguments to the parameters of a Python function, done once while recording: compiled code finds each argument
//! in its register.

use crate::{Recorder, Res, Stop, helpers::MAX_ARGS, mem};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::region::{Alias, Imm, MemType, ValueId};
use pyrs_object::layout::{PyFunctionObject, coflags};
use pyrs_object::{Value, ValueExt, boundary, dict, tuple, ty};
use pyrs_vm::code::Code;
use std::mem::offset_of;

const WRONG: Stop = Stop::Unsupported("arguments that do not fit");

/// Registers that hold parameters: positional, keyword-only, `*args`, `**kwargs`.
pub fn parameter_registers(code: &Code) -> u32 {
    let flag = |f| u32::from(code.flags & f != 0);
    code.argcount + code.kwonly + flag(coflags::VARARGS) + flag(coflags::VARKEYWORDS)
}

impl Recorder<'_> {
    /// The callee's parameters by register. The last arguments are named by `names`; `p` is the function, whose code and
    /// globals are guarded.
    pub(crate) fn bind(
        &mut self,
        func: Value,
        p: ValueId,
        code: &Code,
        args: &[ValueId],
        names: &[Value],
    ) -> Res<Vec<(u32, ValueId)>> {
        let positional = code.argcount as usize;
        let total = positional + code.kwonly as usize;
        let varargs = code.flags & coflags::VARARGS != 0;
        let varkw = code.flags & coflags::VARKEYWORDS != 0;
        let given = args.len().checked_sub(names.len()).ok_or(WRONG)?;
        if given > positional && !varargs {
            return Err(WRONG);
        }
        let mut registers: Vec<Option<ValueId>> = vec![None; total];
        for (k, a) in args[..given.min(positional)].iter().enumerate() {
            registers[k] = Some(*a);
        }
        let mut extra = Vec::new();
        for (name, value) in names.iter().zip(&args[given..]) {
            let name = boundary::canonical(*name);
            let first = code.posonly as usize;
            let found = (first..total).find(|p| code.local_names[*p] == name);
            match found {
                Some(p) if registers[p].is_none() => registers[p] = Some(*value),
                None if varkw => extra.push((name, *value)),
                _ => return Err(WRONG),
            }
        }
        self.positional_defaults(func, p, positional, &mut registers)?;
        self.keyword_defaults(func, p, code, positional, &mut registers)?;
        let mut bound = Vec::new();
        for (k, v) in registers.into_iter().enumerate() {
            bound.push((k as u32, v.ok_or(WRONG)?));
        }
        let mut next = total as u32;
        if varargs {
            let rest = args.get(positional..given).unwrap_or(&[]);
            let t = if rest.is_empty() {
                let empty = tuple::empty();
                self.keep(empty.value());
                self.b.value_const(empty.value().bits())
            } else if rest.len() > MAX_ARGS {
                return Err(Stop::Unsupported("many arguments"));
            } else {
                let items: Vec<ValueId> = rest.iter().map(|a| self.b.as_value(*a)).collect();
                let t = self.b.allocate(self.env.h.build_tuple[items.len()], &items);
                self.tuples.insert(t, items.len());
                t
            };
            bound.push((next, t));
            next += 1;
        }
        if varkw {
            let d = self.keyword_dict(&extra)?;
            bound.push((next, d));
        }
        for (_, v) in &mut bound {
            if self.b.ty(*v) == T::Bool {
                *v = self.b.as_value(*v);
            }
        }
        Ok(bound)
    }

    fn positional_defaults(
        &mut self,
        func: Value,
        p: ValueId,
        positional: usize,
        registers: &mut [Option<ValueId>],
    ) -> Res {
        if registers[..positional].iter().all(Option::is_some) {
            return Ok(());
        }
        // SAFETY: a live function.
        let defaults = unsafe {
            Value::from_object((*func.as_ptr().cast::<PyFunctionObject>()).func_defaults)
        };
        if defaults.is_empty() || defaults.is_none() {
            return Err(WRONG);
        }
        self.guard_defaults(p, offset_of!(PyFunctionObject, func_defaults), defaults);
        let all = tuple::items(defaults);
        let first = positional.saturating_sub(all.len());
        for (k, r) in registers[..positional].iter_mut().enumerate() {
            if r.is_none() {
                let at = (k + all.len())
                    .checked_sub(positional)
                    .filter(|_| k >= first)
                    .ok_or(WRONG)?;
                *r = Some(self.const_value(boundary::canonical(all[at])));
            }
        }
        Ok(())
    }

    /// Leaves unless the field of the function is `defaults`. It is read as a number: a function without any has null there, which
    /// side traces must not count as they would an object.
    fn guard_defaults(&mut self, p: ValueId, offset: usize, defaults: Value) {
        let d = self.b.load(p, mem(offset, MemType::I64, Alias::OTHER));
        self.b.guard(Op::GuardIEq, &[d], Imm::Int(defaults.bits()));
        self.keep(defaults);
    }

    fn keyword_defaults(
        &mut self,
        func: Value,
        p: ValueId,
        code: &Code,
        positional: usize,
        registers: &mut [Option<ValueId>],
    ) -> Res {
        if registers[positional..].iter().all(Option::is_some) {
            return Ok(());
        }
        // SAFETY: a live function.
        let defaults = unsafe {
            Value::from_object((*func.as_ptr().cast::<PyFunctionObject>()).func_kwdefaults)
        };
        if defaults.is_empty() || !defaults.is_exact(ty!(dict::PyDict_Type)) {
            return Err(WRONG);
        }
        self.guard_defaults(p, offset_of!(PyFunctionObject, func_kwdefaults), defaults);
        for (k, r) in registers.iter_mut().enumerate().skip(positional) {
            if r.is_none() {
                let at = dict::find_index(defaults, code.local_names[k]).ok_or(WRONG)?;
                *r = Some(self.dict_value(defaults, at)?);
            }
        }
        Ok(())
    }
}
