//! Numbers whose kind changes: ints inside and outside the immediate range, ints and floats. One helper takes them all, so
//! there is no guard that fails when the kind is another one; what the helper does not answer leaves the region.

use crate::arith::{is_binary, number, number_of};
use crate::operators::{link, links};
use crate::scan::instr_at;
use crate::{Next, Recorder, Res, Stop, code_of};
use pyrs_bytecode::{Instr, KILL_B, KILL_C, Op as B};
use pyrs_jit_ir::ops::{Op, Type};
use pyrs_jit_ir::region::{Imm, ValueId};
use pyrs_object::{Value, ValueExt};

/// Most operators that become one call.
const MAX_CHAIN: usize = 3;

fn is_boxed_int(v: Value) -> bool {
    v.is_object() && v.is_exact(pyrs_object::ty!(pyrs_object::int::PyLong_Type))
}
fn is_int(v: Value) -> bool {
    v.is_int() || is_boxed_int(v)
}
/// Operators whose results of ints are ints.
fn keeps_ints(op: B) -> bool {
    is_binary(op) && !matches!(op, B::POW | B::TRUEDIV | B::MATMUL)
}

impl Recorder<'_> {
    /// Whether the operands are numbers that an operation takes as such: it was seen to have several kinds of them, or one
    /// is an int outside the immediate range.
    pub(crate) fn takes_numbers(&self, f: u16, g: u16) -> bool {
        let (x, y) = (self.value(f), self.value(g));
        let is_number = |v: Value| is_int(v) || v.is_float();
        if self.many_kinds {
            is_number(x) && is_number(y)
        } else {
            is_int(x) && is_int(y) && (is_boxed_int(x) || is_boxed_int(y))
        }
    }
    /// The same of one operand, which is an int.
    pub(crate) fn is_int_of_any_size(&self, f: u16) -> bool {
        let x = self.value(f);
        is_boxed_int(x) || self.many_kinds && x.is_int()
    }

    /// An operand of any kind. What leaves because the helper does not answer has raw numbers in its registers: they must be some.
    fn any_number(&mut self, field: u16) -> Res<ValueId> {
        let id = self.operand(field)?;
        if matches!(self.b.ty(id), Type::I64 | Type::F64) {
            self.b.rely_on_kind(id);
        }
        Ok(self.b.as_value(id))
    }

    /// A binary operator on numbers of any kind, together with those that follow and take its result.
    pub(crate) fn of_numbers(&mut self, i: Instr, op: B) -> Res<Next> {
        let chain = self.chain_from(i, op);
        let x = self.any_number(i.b())?;
        if chain.is_empty() {
            let y = self.any_number(i.c())?;
            let n = self.b.int_const(number_of(i, op) as i64);
            let r = self
                .b
                .call(self.env.h.number_binary, &[n, x, y])
                .ok_or(Stop::Abort("no result"))?;
            self.b.guard(Op::GuardNotEmpty, &[r], Imm::None);
            self.kill_and_set(i, r);
            return Ok(Next::Fall);
        }
        let mut operands = vec![x, self.any_number(i.c())?];
        let mut all = vec![link(number(op), false)];
        for j in &chain {
            let op = j.op().ok_or(Stop::Abort("bad instruction"))?.family();
            // The result before is in the register that the instruction before set.
            let flipped = j.c() == i.a();
            operands.push(self.any_number(if flipped { j.b() } else { j.c() })?);
            all.push(link(number(op), flipped));
        }
        let word = self.b.int_const(links(&all) as i64);
        operands.insert(0, word);
        let helper = if chain.len() == 1 {
            self.env.h.number_chain2
        } else {
            self.env.h.number_chain3
        };
        let r = self
            .b
            .call(helper, &operands)
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardNotEmpty, &[r], Imm::None);
        self.kill(i);
        let between = i.a();
        for j in &chain {
            let mut kills = *j;
            for (field, kill) in [(j.b(), KILL_B), (j.c(), KILL_C)] {
                if field == between {
                    kills = Instr(kills.0 & !(u64::from(kill) << 8));
                }
            }
            self.kill(kills);
        }
        let last = chain[chain.len() - 1];
        if last.a() != between && self.b.get(u32::from(between)).is_some() {
            self.moved(u32::from(between));
        }
        self.set(last.a(), r);
        let frame = self.frame();
        for _ in 0..=chain.len() {
            let next = self.pc() + self.length();
            self.step()?;
            self.expect(frame, next)?;
        }
        Ok(Next::Done)
    }
    /// Operators behind `i` that take its result, and it alone, out of the same temporary, and otherwise ints.
    fn chain_from(&mut self, i: Instr, op: B) -> Vec<Instr> {
        let mut chain = Vec::new();
        let code = code_of(self.frame());
        let between = i.a();
        if !keeps_ints(op)
            || u32::from(between) < code.first_temp
            || !is_int(self.value(i.b()))
            || !is_int(self.value(i.c()))
        {
            return chain;
        }
        let scan = self.scan();
        let mut dead = vec![];
        let mut before = i;
        let mut pc = self.pc() + self.length();
        while chain.len() + 1 < MAX_CHAIN && before.a() == between {
            if scan.headers.contains(&pc) {
                break;
            }
            let Some((j, op)) = instr_at(code, pc).and_then(|j| Some((j, j.op()?))) else {
                break;
            };
            if !keeps_ints(op.family()) || (j.b() == between) == (j.c() == between) {
                break;
            }
            let (other, kill) = if j.b() == between {
                (j.c(), KILL_B)
            } else {
                (j.b(), KILL_C)
            };
            for (field, kill) in [(before.b(), KILL_B), (before.c(), KILL_C)] {
                if before.d() & kill != 0 {
                    dead.push(field);
                }
            }
            let dies = j.d() & kill != 0 || j.a() == between;
            if !dies || dead.contains(&other) || !self.is_known_int(other) {
                break;
            }
            chain.push(j);
            before = j;
            pc += 1 + u32::from(op.info().extra);
        }
        chain
    }
    fn is_known_int(&self, field: u16) -> bool {
        ((field as i16) < 0 || self.b.get(u32::from(field)).is_some()) && is_int(self.value(field))
    }

    pub(crate) fn unary_of_numbers(&mut self, i: Instr, op: B) -> Res<Next> {
        let x = self.any_number(i.b())?;
        let n = self.b.int_const(if op == B::NEG { 0 } else { 2 });
        let r = self
            .b
            .call(self.env.h.number_unary, &[n, x])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardNotEmpty, &[r], Imm::None);
        self.kill_and_set(i, r);
        Ok(Next::Fall)
    }

    /// Whether a comparison of numbers of any kind holds.
    pub(crate) fn compare_numbers(&mut self, which: u8, f: u16, g: u16) -> Res<ValueId> {
        let (x, y) = (self.any_number(f)?, self.any_number(g)?);
        let n = self.b.int_const(i64::from(which));
        let r = self
            .b
            .call(self.env.h.number_compare, &[n, x, y])
            .ok_or(Stop::Abort("no result"))?;
        let two = self.b.int_const(2);
        let answered = self.b.op(Op::ILt, &[r, two]);
        self.b.guard(Op::GuardTrue, &[answered], Imm::None);
        let zero = self.b.int_const(0);
        Ok(self.b.op(Op::INe, &[r, zero]))
    }
}
