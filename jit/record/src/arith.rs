//! Arithmetic and comparisons.

use crate::{Kind, Next, Recorder, Res, Stop};
use pyrs_bytecode::{CMP_MASK, IN_PLACE, INVERTED, Instr, KILL_B, KILL_C, Op as B, SENSE};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Imm, ValueId};
use pyrs_jit_ir::tables::HelperId;
use pyrs_object::native::Slot;
use pyrs_object::typeobject::is_python_slot;
use pyrs_object::{Value, ValueExt};
use pyrs_vm::frames::Continuation;

pub(crate) fn number(op: B) -> u64 {
    match op {
        B::ADD => 0,
        B::SUB => 1,
        B::MUL => 2,
        B::TRUEDIV => 3,
        B::FLOORDIV => 4,
        B::MOD => 5,
        B::POW => 6,
        B::MATMUL => 7,
        B::LSHIFT => 8,
        B::RSHIFT => 9,
        B::AND => 10,
        B::OR => 11,
        _ => 12,
    }
}

/// What the helpers of operators take: the operator, and whether it is in place.
pub(crate) fn number_of(i: Instr, op: B) -> u64 {
    number(op) | u64::from(i.d() & IN_PLACE != 0) << 8
}

pub(crate) fn is_binary(op: B) -> bool {
    matches!(
        op,
        B::ADD
            | B::SUB
            | B::MUL
            | B::TRUEDIV
            | B::FLOORDIV
            | B::MOD
            | B::POW
            | B::MATMUL
            | B::LSHIFT
            | B::RSHIFT
            | B::AND
            | B::OR
            | B::XOR
    )
}

impl Recorder<'_> {
    /// Whether operations on the value run no Python code.
    pub(crate) fn is_builtin(&self, v: Value) -> bool {
        !v.is_object() || !v.ty().is_heap()
    }
    /// Leaves unless the int is in the range where doubles are exact.
    fn exact(&mut self, n: ValueId) -> ValueId {
        let boxed = self.b.as_value(n);
        self.b.guard(Op::GuardInt, &[boxed], Imm::Int(0));
        self.b.op(Op::I2F, &[n])
    }

    pub(crate) fn binary(&mut self, i: Instr, op: B) -> Res<Next> {
        let (kb, kc) = (self.kind(i.b())?, self.kind(i.c())?);
        if self.takes_numbers(i.b(), i.c()) {
            return self.of_numbers(i, op);
        }
        let result = match (kb, kc) {
            (Kind::Int, Kind::Int) => self.int_op(i, op)?,
            (Kind::Int | Kind::Float, Kind::Int | Kind::Float) => self.float_op(i, op)?,
            _ => None,
        };
        let pc = self.pc();
        if let Some(r) = result {
            self.kill_and_set(i, r);
            return Ok(Next::Fall);
        }
        if pyrs_vm::interp::is_extension_operator(i, self.value(i.b()), self.value(i.c())) {
            return self.native_operator(i, op);
        }
        if !self.is_builtin(self.value(i.b())) || !self.is_builtin(self.value(i.c())) {
            if pyrs_vm::interp::is_native_operator(i, self.value(i.b()), self.value(i.c())) {
                return self.native_operator(i, op);
            }
            return self.operator_of_class(i);
        }
        let str = |v: Value| v.is_exact(pyrs_object::ty!(pyrs_object::str::PyUnicode_Type));
        let dies = i.a() == i.b() || i.d() & KILL_B != 0;
        if op == B::ADD
            && dies
            && (i.b() as i16) >= 0
            && i.b() != i.c()
            && str(self.value(i.b()))
            && str(self.value(i.c()))
        {
            // The left side is given up first, so that a string without other holders grows in place.
            let (x, y) = (self.guarded(i.b())?, self.guarded(i.c())?);
            self.moved(u32::from(i.b()));
            let r = self
                .b
                .call(self.env.h.str_append, &[x, y])
                .ok_or(Stop::Abort("no result"))?;
            self.kill_and_set(Instr(i.0 & !(u64::from(KILL_B) << 8)), r);
            self.b.set_pc(pc + 2);
            return Ok(Next::Fall);
        }
        let (x, y) = (self.guarded(i.b())?, self.guarded(i.c())?);
        let n = self.b.int_const(number_of(i, op) as i64);
        let list = |v: Value| {
            v.is_object() && !v.is_exact(pyrs_object::ty!(pyrs_object::str::PyUnicode_Type))
        };
        let helper = if list(self.value(i.b())) || list(self.value(i.c())) {
            self.env.h.binary_any
        } else {
            self.env.h.binary
        };
        let r = self
            .b
            .call(helper, &[n, x, y])
            .ok_or(Stop::Abort("no result"))?;
        self.kill_and_set(i, r);
        self.b.set_pc(pc + 2);
        Ok(Next::Fall)
    }

    /// An operator of classes that leave it to their builtin bases.
    fn native_operator(&mut self, i: Instr, op: B) -> Res<Next> {
        let (x, y) = (self.guarded(i.b())?, self.guarded(i.c())?);
        for field in [i.b(), i.c()] {
            let t = self.value(field).ty();
            if t.is_heap() {
                self.guard_version(t);
            }
        }
        let n = self.b.int_const(number_of(i, op) as i64);
        let mut i = i;
        let mut helper = self.env.h.binary_any;
        if pyrs_vm::interp::is_extension_operator(i, self.value(i.b()), self.value(i.c())) {
            // Operands that die are the callee's alone.
            let (a, b, c) = (i.a(), i.b(), i.c());
            let first_temp = crate::code_of(self.frame()).first_temp;
            let mut gives_up = |field: u16, kill: u8| {
                let overwritten = field == a && u32::from(field) >= first_temp;
                let dies = (i.d() & kill != 0 || overwritten) && (field as i16) >= 0 && b != c;
                if dies {
                    self.moved(u32::from(field));
                    i = Instr(i.0 & !(u64::from(kill) << 8));
                }
                dies
            };
            let (left, right) = (gives_up(b, KILL_B), gives_up(c, KILL_C));
            helper = match (left, right) {
                (false, false) => self.env.h.extension_kept,
                (true, false) => self.env.h.extension_left,
                (false, true) => self.env.h.extension_right,
                (true, true) => self.env.h.extension_both,
            };
        }
        let r = self
            .b
            .call(helper, &[n, x, y])
            .ok_or(Stop::Abort("no result"))?;
        let pc = self.pc();
        self.kill_and_set(i, r);
        self.b.set_pc(pc + 2);
        Ok(Next::Fall)
    }

    /// The Python method of an operator, inlined. The operands stay in their registers until it has answered.
    fn operator_of_class(&mut self, i: Instr) -> Res<Next> {
        let (b, c) = (self.value(i.b()), self.value(i.c()));
        let method = pyrs_vm::interp::operator_method(i, b, c)
            .ok_or(Stop::Unsupported("operator of a class"))?;
        let (x, y) = (self.guarded(i.b())?, self.guarded(i.c())?);
        for v in [b, c] {
            if v.is_object() && v.ty().is_heap() {
                self.guard_version(v.ty());
            }
        }
        let args = if method.args == [b, c] {
            [x, y]
        } else {
            [y, x]
        };
        self.enter_method(i, method.func, &args, Continuation::Finish, method.stage)
    }

    fn int_op(&mut self, i: Instr, op: B) -> Res<Option<ValueId>> {
        let (x, y) = (self.int(i.b())?, self.int(i.c())?);
        Ok(Some(match op {
            B::ADD => self.b.op(Op::IAddOvf, &[x, y]),
            B::SUB => self.b.op(Op::ISubOvf, &[x, y]),
            B::MUL => self.b.op(Op::IMulOvf, &[x, y]),
            B::FLOORDIV => self.b.op(Op::IFloorDiv, &[x, y]),
            B::MOD => self.b.op(Op::IMod, &[x, y]),
            B::LSHIFT => {
                // Results that do not fit are for the interpreter; those leave each time, so look first.
                if let (Some(a), Some(n)) = (self.value(i.b()).as_int(), self.value(i.c()).as_int())
                    && (!(0..63).contains(&n) || (a << n) >> n != a)
                {
                    return Ok(None);
                }
                self.b.op(Op::IShl, &[x, y])
            }
            B::RSHIFT => self.b.op(Op::IShr, &[x, y]),
            B::AND => self.b.op(Op::IAnd, &[x, y]),
            B::OR => self.b.op(Op::IOr, &[x, y]),
            B::XOR => self.b.op(Op::IXor, &[x, y]),
            B::TRUEDIV => {
                let zero = self.b.int_const(0);
                let ok = self.b.op(Op::INe, &[y, zero]);
                self.b.guard(Op::GuardTrue, &[ok], Imm::None);
                let (x, y) = (self.exact(x), self.exact(y));
                self.b.op(Op::FDiv, &[x, y])
            }
            B::POW if self.value(i.c()).as_int() == Some(2) && (i.c() as i16) < 0 => {
                self.b.op(Op::IMulOvf, &[x, x])
            }
            _ => return Ok(None),
        }))
    }

    fn float_op(&mut self, i: Instr, op: B) -> Res<Option<ValueId>> {
        let (x, y) = (self.float(i.b())?, self.float(i.c())?);
        let nonzero = |r: &mut Self, y| {
            let zero = r.b.float_const(0.0);
            let ok = r.b.op(Op::FNe, &[y, zero]);
            r.b.guard(Op::GuardTrue, &[ok], Imm::None);
        };
        Ok(Some(match op {
            B::ADD => self.b.op(Op::FAdd, &[x, y]),
            B::SUB => self.b.op(Op::FSub, &[x, y]),
            B::MUL => self.b.op(Op::FMul, &[x, y]),
            B::TRUEDIV => {
                nonzero(self, y);
                self.b.op(Op::FDiv, &[x, y])
            }
            B::FLOORDIV => {
                nonzero(self, y);
                self.b
                    .call(self.env.h.float_floordiv, &[x, y])
                    .ok_or(Stop::Abort("no result"))?
            }
            B::MOD => {
                nonzero(self, y);
                self.b
                    .call(self.env.h.float_mod, &[x, y])
                    .ok_or(Stop::Abort("no result"))?
            }
            B::POW => {
                let now = (self.value(i.b()), self.value(i.c()));
                return self.float_power(x, y, now);
            }
            _ => return Ok(None),
        }))
    }

    pub(crate) fn unary(&mut self, i: Instr, op: B) -> Res<Next> {
        if op != B::POS && self.is_int_of_any_size(i.b()) {
            return self.unary_of_numbers(i, op);
        }
        let r = match (self.kind(i.b())?, op) {
            (Kind::Int, B::NEG) => {
                let x = self.int(i.b())?;
                self.b.op(Op::INegOvf, &[x])
            }
            (Kind::Int, B::POS) => self.int(i.b())?,
            (Kind::Int, _) => {
                let x = self.int(i.b())?;
                self.b.op(Op::INot, &[x])
            }
            (Kind::Float, B::NEG) => {
                let x = self.float(i.b())?;
                self.b.op(Op::FNeg, &[x])
            }
            (Kind::Float, B::POS) => self.float(i.b())?,
            _ => {
                let v = self.value(i.b());
                if let Some(method) = pyrs_vm::interp::unary_method(v, op) {
                    let slf = self.object(i.b())?;
                    self.guard_version(v.ty());
                    return self.enter_method(i, method, &[slf], Continuation::Store, 0);
                }
                if !self.is_builtin(v) {
                    return Err(Stop::Unsupported("operator of a class"));
                }
                let x = self.guarded(i.b())?;
                let n = match op {
                    B::NEG => 0,
                    B::POS => 1,
                    _ => 2,
                };
                let n = self.b.int_const(n);
                let r = self
                    .b
                    .call(self.env.h.unary, &[n, x])
                    .ok_or(Stop::Abort("no result"))?;
                let pc = self.pc();
                self.kill_and_set(i, r);
                self.b.set_pc(pc + 1);
                return Ok(Next::Fall);
            }
        };
        self.kill_and_set(i, r);
        Ok(Next::Fall)
    }

    pub(crate) fn compare(&mut self, i: Instr, op: B) -> Res<Next> {
        let jump = op == B::COMPARE_JUMP;
        let (f, g) = if jump { (i.a(), i.b()) } else { (i.b(), i.c()) };
        let which = i.d() & CMP_MASK;
        if let Some(next) = self.comparison_by_method(i, f, g, which)? {
            return Ok(next);
        }
        let (kf, kg) = (self.kind(f)?, self.kind(g)?);
        let cond = match (kf, kg) {
            _ if self.takes_numbers(f, g) => self.compare_numbers(which, f, g)?,
            (Kind::Int | Kind::Bool, Kind::Int) | (Kind::Int, Kind::Bool) => {
                let (x, y) = (self.int(f)?, self.int(g)?);
                self.b.op(int_compare(which), &[x, y])
            }
            (Kind::Float, Kind::Float) => {
                let (x, y) = (self.float(f)?, self.float(g)?);
                self.b.op(float_compare(which), &[x, y])
            }
            (Kind::Int, Kind::Float) => {
                let x = self.int(f)?;
                let x = self.exact(x);
                let y = self.float(g)?;
                self.b.op(float_compare(which), &[x, y])
            }
            (Kind::Float, Kind::Int) => {
                let x = self.float(f)?;
                let y = self.int(g)?;
                let y = self.exact(y);
                self.b.op(float_compare(which), &[x, y])
            }
            _ => {
                let (a, b) = (self.value(f), self.value(g));
                if a.is_empty() || b.is_empty() || !self.is_builtin(a) || !self.is_builtin(b) {
                    if a.is_empty() || b.is_empty() {
                        return Err(Stop::Unsupported("an unbound variable"));
                    }
                    if !jump {
                        let python = |v: Value| {
                            v.is_object() && is_python_slot(v.ty(), Slot::tp_richcompare)
                        };
                        if python(a) || python(b) {
                            return Err(Stop::Unsupported("comparison of a class"));
                        }
                        self.guarded(f)?;
                        self.guarded(g)?;
                        for v in [a, b] {
                            if v.is_object() && v.ty().is_heap() {
                                self.guard_version(v.ty());
                            }
                        }
                        return self.compare_any(i, jump, f, g, which);
                    }
                    let (x, y) = (self.boxed(f)?, self.boxed(g)?);
                    let n = self.b.int_const(i64::from(which));
                    let cond = self
                        .b
                        .call(self.env.h.compare_truth_any, &[n, x, y])
                        .ok_or(Stop::Abort("no result"))?;
                    return self.compare_branch(i, cond);
                }
                let str = |v: Value| v.is_exact(pyrs_object::ty!(pyrs_object::str::PyUnicode_Type));
                let simple = |v: Value| {
                    !v.is_object()
                        || v.is_none()
                        || str(v)
                        || v.bits() == self.env.statics.true_object
                        || v.bits() == self.env.statics.false_object
                        || v.is_exact(pyrs_object::ty!(pyrs_object::int::PyLong_Type))
                        || v.is_exact(pyrs_object::ty!(pyrs_object::float::PyFloat_Type))
                        || v.is_exact(pyrs_object::ty!(pyrs_object::bytes::PyBytes_Type))
                };
                if !simple(a) || !simple(b) {
                    return self.compare_any(i, jump, f, g, which);
                }
                let both_str = str(a) && str(b) && matches!(which, 2 | 3);
                let (x, y) = (self.guarded(f)?, self.guarded(g)?);
                if both_str {
                    let eq = self
                        .b
                        .call(self.env.h.str_eq, &[x, y])
                        .ok_or(Stop::Abort("no result"))?;
                    if which == 3 {
                        self.b.op(Op::BNot, &[eq])
                    } else {
                        eq
                    }
                } else {
                    let n = self.b.int_const(i64::from(which));
                    self.b
                        .call(self.env.h.compare, &[n, x, y])
                        .ok_or(Stop::Abort("no result"))?
                }
            }
        };
        self.kill(i);
        if !jump {
            self.set(i.a(), cond);
            return Ok(Next::Fall);
        }
        self.compare_jump(i, cond)
    }
    /// Jumps on a comparison whose operands are killed here.
    fn compare_branch(&mut self, i: Instr, cond: ValueId) -> Res<Next> {
        self.kill(i);
        self.compare_jump(i, cond)
    }
    fn compare_jump(&mut self, i: Instr, cond: ValueId) -> Res<Next> {
        let pc = self.pc();
        let target = (pc + 2).wrapping_add_signed(self.extra(0) as u32 as i32);
        let (yes, no) = if i.d() & SENSE != 0 {
            (target, pc + 2)
        } else {
            (pc + 2, target)
        };
        self.branch(cond, yes, no)
    }

    /// A comparison of containers, which may run Python code of their items.
    fn compare_any(&mut self, i: Instr, jump: bool, f: u16, g: u16, which: u8) -> Res<Next> {
        if jump {
            let (x, y) = (self.boxed(f)?, self.boxed(g)?);
            let n = self.b.int_const(i64::from(which));
            let cond = self
                .b
                .call(self.env.h.compare_truth_any, &[n, x, y])
                .ok_or(Stop::Abort("no result"))?;
            return self.compare_branch(i, cond);
        }
        let (x, y) = (self.guarded(f)?, self.guarded(g)?);
        let n = self.b.int_const(i64::from(which));
        let r = self
            .b
            .call(self.env.h.compare_any, &[n, x, y])
            .ok_or(Stop::Abort("no result"))?;
        let pc = self.pc();
        self.kill_and_set(i, r);
        self.b.set_pc(pc + 2);
        Ok(Next::Fall)
    }

    /// What an instruction `CONTAINS` makes of the truth value that a Python `__contains__` returned.
    pub(crate) fn containment(&mut self, i: Instr, found: ValueId) -> ValueId {
        if i.d() & INVERTED != 0 {
            self.b.op(Op::BNot, &[found])
        } else {
            found
        }
    }
    pub(crate) fn contains(&mut self, i: Instr) -> Res<Next> {
        let (item, container) = (self.value(i.b()), self.value(i.c()));
        if let Some(method) = pyrs_vm::interp::contains_method(container) {
            let slf = self.object(i.c())?;
            self.guard_version(container.ty());
            let item = self.operand(i.b())?;
            return self.enter_method(i, method, &[slf, item], Continuation::Finish, 0);
        }
        let simple = !item.is_object()
            || item.is_none()
            || item.is_exact(pyrs_object::ty!(pyrs_object::str::PyUnicode_Type));
        let known = container.is_exact(pyrs_object::ty!(pyrs_object::dict::PyDict_Type))
            || container.is_exact(pyrs_object::ty!(pyrs_object::str::PyUnicode_Type))
            || pyrs_object::set::is_set(container) && !container.ty().is_heap();
        // Hashing and comparing the item runs Python code, or looking into the container does.
        let python = |slot| item.is_object() && is_python_slot(item.ty(), slot);
        let dict = crate::objects::is_like(
            container,
            pyrs_object::ty!(pyrs_object::dict::PyDict_Type),
            &[Slot::sq_contains],
        );
        if !container.is_object()
            || container.ty().is_heap() && !dict
            || python(Slot::tp_hash)
            || python(Slot::tp_richcompare)
        {
            let (item, container) = (self.boxed(i.b())?, self.boxed(i.c())?);
            return self.contained(i, self.env.h.contains_any, container, item);
        }
        let helper = if simple && (known || dict) {
            self.env.h.contains
        } else {
            self.env.h.contains_any
        };
        let (id, this) = (self.guarded(i.b())?, item);
        if this.is_object() && this.ty().is_heap() {
            self.guard_version(this.ty());
        }
        let item = id;
        if container.ty().is_heap() {
            self.instance_of(i.c())?;
        }
        let container = self.guarded(i.c())?;
        self.contained(i, helper, container, item)
    }
    fn contained(
        &mut self,
        i: Instr,
        helper: HelperId,
        container: ValueId,
        item: ValueId,
    ) -> Res<Next> {
        let pc = self.pc();
        let r = self
            .b
            .call(helper, &[container, item])
            .ok_or(Stop::Abort("no result"))?;
        let r = if i.d() & INVERTED != 0 {
            self.b.op(Op::BNot, &[r])
        } else {
            r
        };
        self.kill_and_set(i, r);
        self.b.set_pc(pc + 2);
        Ok(Next::Fall)
    }
}

fn int_compare(which: u8) -> Op {
    [Op::ILt, Op::ILe, Op::IEq, Op::INe, Op::IGt, Op::IGe][which as usize % 6]
}
fn float_compare(which: u8) -> Op {
    [Op::FLt, Op::FLe, Op::FEq, Op::FNe, Op::FGt, Op::FGe][which as usize % 6]
}
