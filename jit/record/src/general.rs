//! Instructions recorded for whatever operands they meet: no guards, so one path does for all.

use crate::helpers::{MAX_ARGS, out, v};
use crate::{Recorder, Res, Stop};
use pyrs_bytecode::{CALL_METHOD_FLAG, Instr};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::region::{Imm, ValueId};
use pyrs_jit_ir::tables::{Effects, Helper, HelperId, Param, Raises, Ret, Tables};
use pyrs_object::{Value, ValueExt, function, method, ops, ty};

/// Whether it is a Python function or bound to one. Such a callee sees its caller by a frame object at most, where native ones
/// (`locals`, `super`) read the registers.
extern "C" fn is_python_callee(callable: u64) -> u8 {
    let callable = v(callable);
    let function = if callable.is_exact(ty!(method::PyMethod_Type)) {
        method::parts(callable).0
    } else {
        callable
    };
    u8::from(function.is_exact(ty!(function::PyFunction_Type)))
}

/// `str(value)`, by a `__str__` written in Python, too.
extern "C" fn str_of_any(value: u64) -> u64 {
    out(ops::str_of(v(value)))
}

pub(crate) struct Ids {
    is_python_callee: HelperId,
    pub(crate) str_of_any: HelperId,
}
impl Ids {
    pub(crate) fn declare(t: &mut Tables) -> Ids {
        let mut add = |name: &str, address: u64, ty, owned, effects, raises| {
            t.add_helper(Helper {
                name: name.to_string(),
                address,
                takes_context: false,
                params: vec![Param {
                    ty: T::Boxed,
                    steals: false,
                }],
                ret: Some(Ret {
                    ty,
                    owned,
                    class: None,
                }),
                effects,
                raises,
            })
        };
        Ids {
            is_python_callee: add(
                "is_python_callee",
                is_python_callee as *const () as u64,
                T::Bool,
                false,
                Effects::heap(!0, 0),
                Raises::Never,
            ),
            str_of_any: add(
                "str_of_any",
                str_of_any as *const () as u64,
                T::Boxed,
                true,
                Effects::ANY,
                Raises::ByResult,
            ),
        }
    }
}

impl Recorder<'_> {
    /// A call of whatever Python function or method; false if it is a call of something else now.
    pub(crate) fn call_of_any(&mut self, i: Instr) -> Res<bool> {
        let (base, argc) = (u32::from(i.a()), u32::from(i.b()));
        let method = i.d() & CALL_METHOD_FLAG != 0;
        let callable = self.reg_value(base);
        let has_self = method && !self.reg_value(base + 1).is_empty();
        let n = argc + u32::from(has_self);
        if is_python_callee(callable.bits()) == 0 || n as usize > MAX_ARGS {
            return Ok(false);
        }
        if method {
            self.guard_receiver(base + 1, has_self);
        }
        let first = if has_self { base + 1 } else { base + 2 };
        let id = self.slot(base)?;
        let callee = self.b.as_value(id);
        if !self.b.is_const(id) {
            let helper = self.env.h.general.is_python_callee;
            let known = self.answer(helper, &[callee])?;
            self.b.guard(Op::GuardTrue, &[known], Imm::None);
        }
        let mut all = vec![callee];
        for k in 0..n {
            let argument = self.slot(first + k)?;
            all.push(self.b.as_value(argument));
        }
        let r = self.answer(self.env.h.call_object[n as usize], &all)?;
        for s in base..first + n {
            if self.b.get(s).is_some() {
                let now: Value = self.reg_value(s);
                self.drop_slot(s, now);
            }
        }
        self.set(i.c(), r);
        let (frame, at) = (self.frame(), self.pc_ptr());
        let next = self.pc() + self.length();
        self.b.set_pc(next);
        // The first execution may only specialise the instruction.
        while self.pc_ptr() == at {
            self.step()?;
            if self.frame() != frame {
                self.run_callee(frame)?;
            }
        }
        self.expect(frame, next)?;
        Ok(true)
    }
    fn answer(&mut self, helper: HelperId, arguments: &[ValueId]) -> Res<ValueId> {
        let r = self.b.call(helper, arguments);
        r.ok_or(Stop::Abort("no result"))
    }
}
