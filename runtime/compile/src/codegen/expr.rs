//! Expressions: operands, values into registers, conditions as jumps.

use super::*;
use pyrs_bytecode::{CMP_MASK, FALL_KILL, HAS_SPEC, INVERTED, SENSE};

/// Comparison numbers of `COMPARE` (CPython's `Py_LT` ...).
fn compare_number(op: CmpOp) -> Option<u8> {
    Some(match op {
        CmpOp::Lt => 0,
        CmpOp::LtE => 1,
        CmpOp::Eq => 2,
        CmpOp::NotEq => 3,
        CmpOp::Gt => 4,
        CmpOp::GtE => 5,
        _ => return None,
    })
}

pub(super) fn binary_op(op: Operator) -> Op {
    match op {
        Operator::Add => Op::ADD,
        Operator::Sub => Op::SUB,
        Operator::Mult => Op::MUL,
        Operator::MatMult => Op::MATMUL,
        Operator::Div => Op::TRUEDIV,
        Operator::Mod => Op::MOD,
        Operator::Pow => Op::POW,
        Operator::LShift => Op::LSHIFT,
        Operator::RShift => Op::RSHIFT,
        Operator::BitOr => Op::OR,
        Operator::BitXor => Op::XOR,
        Operator::BitAnd => Op::AND,
        Operator::FloorDiv => Op::FLOORDIV,
    }
}

/// Where a name is found.
#[derive(Clone, Copy)]
enum Place {
    Fast(Reg),
    Cell(Reg),
    ClassCell(Reg),
    Global,
    Name,
}

impl<'a> Compiler<'a> {
    /// Evaluates `e`: variables and constants as they are, the rest into a new temporary.
    pub(super) fn operand(&mut self, e: &'a Expr) -> Result<Operand> {
        match self.direct(e)? {
            Some(operand) => Ok(operand),
            None => {
                let t = self.temp();
                self.expr_into(e, Reg::Temp(t))?;
                Ok(Operand::Temp(t))
            }
        }
    }

    /// Like [`operand`](Self::operand), with `scratch` (allocated, dead) instead of a new temporary.
    pub(super) fn operand_at(&mut self, e: &'a Expr, scratch: Option<u32>) -> Result<Operand> {
        let Some(t) = scratch else {
            return self.operand(e);
        };
        match self.direct(e)? {
            Some(operand) => Ok(operand),
            None => {
                self.expr_into(e, Reg::Temp(t))?;
                Ok(Operand::Temp(t))
            }
        }
    }

    /// Evaluates into a new temporary, always.
    pub(super) fn in_temp(&mut self, e: &'a Expr) -> Result<u32> {
        let t = self.temp();
        self.expr_into(e, Reg::Temp(t))?;
        Ok(t)
    }

    /// The operand, if evaluating `e` takes no instruction (but perhaps a check).
    fn direct(&mut self, e: &'a Expr) -> Result<Option<Operand>> {
        if let Some(value) = self.fold(e) {
            let k = self.constant(value);
            return Ok((k < pyrs_bytecode::Operand::LIMIT).then_some(Operand::Const(k)));
        }
        let ExprKind::Name {
            id,
            ctx: ExprContext::Load,
        } = &e.kind
        else {
            return Ok(None);
        };
        let mangled = self.mangle(id);
        // A later assignment expression could change the register before the operand is used.
        if self.u().walrus.contains(&mangled) {
            return Ok(None);
        }
        let Place::Fast(reg) = self.place_of(&mangled) else {
            return Ok(None);
        };
        self.check_local(reg, e.span);
        Ok(Some(Operand::Var(reg)))
    }

    fn check_local(&mut self, reg: Reg, span: Span) {
        let saved = self.u().position;
        self.at(span);
        self.emit(
            Op::CHECK_LOCAL,
            0,
            Field::Reg(reg),
            Field::None,
            Field::None,
        );
        self.u().position = saved;
    }

    /// Evaluates `e` for its effects.
    pub(super) fn discard(&mut self, e: &'a Expr) -> Result<()> {
        let top = self.u().top;
        if let Operand::Temp(t) = self.operand(e)? {
            self.clear(t);
        }
        self.set_top(top);
        Ok(())
    }

    fn scratch(dst: Reg) -> Option<u32> {
        match dst {
            Reg::Temp(t) => Some(t),
            _ => None,
        }
    }

    /// Evaluates `e` into `dst`, which is dead if it is a temporary, and which only the last instruction writes if
    /// it is a variable.
    pub(super) fn expr_into(&mut self, e: &'a Expr, dst: Reg) -> Result<()> {
        let saved = self.u().position;
        self.at(e.span);
        let top = self.u().top;
        with_stack(|| self.expr_inner(e, dst))?;
        self.set_top(top);
        self.u().position = saved;
        Ok(())
    }

    /// Runs `f` with a temporary as destination and moves the result to `dst`.
    pub(super) fn through_temp(
        &mut self,
        dst: Reg,
        f: impl FnOnce(&mut Self, u32) -> Result<()>,
    ) -> Result<()> {
        if let Reg::Temp(t) = dst {
            return f(self, t);
        }
        let t = self.temp();
        f(self, t)?;
        self.move_to(dst, Operand::Temp(t));
        Ok(())
    }

    fn expr_inner(&mut self, e: &'a Expr, dst: Reg) -> Result<()> {
        if let Some(value) = self.fold(e) {
            let k = self.constant(value);
            self.move_to(dst, Operand::Const(k));
            return Ok(());
        }
        let scratch = Self::scratch(dst);
        match &e.kind {
            ExprKind::Constant { value, .. } => {
                let k = self.constant(fold::literal(value));
                self.move_to(dst, Operand::Const(k));
            }
            ExprKind::Name { id, .. } => self.load_name_reg(id, dst),
            ExprKind::BoolOp { op, values } => {
                let jump = if *op == BoolOperator::And {
                    Op::JUMP_IF_FALSE
                } else {
                    Op::JUMP_IF_TRUE
                };
                self.through_temp(dst, |c, t| {
                    let end = c.label();
                    for (n, value) in values.iter().enumerate() {
                        c.expr_into(value, Reg::Temp(t))?;
                        if n + 1 < values.len() {
                            c.emit_jump(
                                jump,
                                FALL_KILL,
                                Field::Reg(Reg::Temp(t)),
                                Field::None,
                                end,
                            );
                        }
                    }
                    c.place(end);
                    Ok(())
                })?;
            }
            ExprKind::NamedExpr { target, value } => {
                self.through_temp(dst, |c, t| {
                    c.expr_into(value, Reg::Temp(t))?;
                    c.store(target, Operand::Keep(t))
                })?;
            }
            ExprKind::BinOp { left, op, right } => {
                if *op == Operator::Mod && self.percent_format(left, right, dst)? {
                    return Ok(());
                }
                let l = self.operand_at(left, scratch)?;
                let rest = if matches!(l, Operand::Temp(_)) {
                    None
                } else {
                    scratch
                };
                let r = self.operand_at(right, rest)?;
                self.emit_binary(binary_op(*op), 0, dst, l, r);
            }
            ExprKind::UnaryOp { op, operand } => self.unary(e, *op, operand, dst)?,
            ExprKind::Lambda { args, body } => self.lambda(e, args, body, dst)?,
            ExprKind::IfExp { test, body, orelse } => {
                let (otherwise, end) = (self.label(), self.label());
                self.jump_if(test, otherwise, false)?;
                self.expr_into(body, dst)?;
                self.nowhere();
                self.jump(end);
                self.at(e.span);
                self.place(otherwise);
                self.expr_into(orelse, dst)?;
                self.place(end);
            }
            ExprKind::Dict { keys, values } => {
                self.through_temp(dst, |c, t| c.dict(keys, values, t))?
            }
            ExprKind::Set { elts } => self.through_temp(dst, |c, t| c.set(elts, t))?,
            ExprKind::List { elts, .. } => self.list(elts, dst)?,
            ExprKind::Tuple { elts, .. } => self.tuple(elts, dst)?,
            ExprKind::ListComp { .. }
            | ExprKind::SetComp { .. }
            | ExprKind::DictComp { .. }
            | ExprKind::GeneratorExp { .. } => self.comprehension(e, dst)?,
            ExprKind::Yield { value } => {
                if self.block().block_type != BlockType::Function {
                    return self.error("'yield' outside function");
                }
                let value = match value {
                    Some(value) => self.operand_at(value, scratch)?,
                    None => self.const_operand(Const::None),
                };
                self.yield_value(value, dst);
            }
            ExprKind::YieldFrom { value } => {
                if self.block().block_type != BlockType::Function {
                    return self.error("'yield' outside function");
                }
                if self.u().kind == ScopeKind::AsyncFunction {
                    return self.error("'yield from' inside async function");
                }
                let base = self.temps(2);
                let value = self.operand_at(value, Some(base))?;
                self.emit_unary(Op::GET_YIELD_FROM_ITER, 0, Reg::Temp(base), value);
                self.yield_from(base, dst);
            }
            ExprKind::Await { value } => {
                self.check_await()?;
                let base = self.temps(2);
                let value = self.operand_at(value, Some(base))?;
                self.emit_unary(Op::GET_AWAITABLE, 0, Reg::Temp(base), value);
                self.yield_from(base, dst);
            }
            ExprKind::Compare {
                left,
                ops,
                comparators,
            } => self.compare(left, ops, comparators, dst)?,
            ExprKind::Call {
                func,
                args,
                keywords,
            } => self.call(e, func, args, keywords, dst)?,
            ExprKind::JoinedStr { values } => self.joined_str(e, values, dst)?,
            ExprKind::FormattedValue {
                value,
                conversion,
                format_spec,
            } => {
                let conversion = match *conversion {
                    -1 => 0,
                    115 => 1,
                    114 => 2,
                    97 => 3,
                    _ => return Err(CompileError::value("Unrecognized conversion character")),
                };
                let v = self.operand_at(value, scratch)?;
                match format_spec {
                    Some(spec) => {
                        let rest = if matches!(v, Operand::Temp(_)) {
                            None
                        } else {
                            scratch
                        };
                        let spec = self.operand_at(spec, rest)?;
                        self.emit_binary(Op::FORMAT_VALUE, conversion | HAS_SPEC, dst, v, spec);
                    }
                    None => self.emit_unary(Op::FORMAT_VALUE, conversion, dst, v),
                }
            }
            ExprKind::Attribute { value, attr, .. } => {
                let value = self.operand_at(value, scratch)?;
                self.at_attribute(e, attr);
                self.emit_named(Op::LOAD_ATTR, dst, value, attr);
                self.at(e.span);
            }
            ExprKind::Subscript { value, slice, .. } => {
                self.check_subscript(value, slice);
                let v = self.operand_at(value, scratch)?;
                let rest = if matches!(v, Operand::Temp(_)) {
                    None
                } else {
                    scratch
                };
                let index = self.operand_at(slice, rest)?;
                self.emit_binary(Op::LOAD_SUBSCR, 0, dst, v, index);
            }
            ExprKind::Starred { ctx, .. } => {
                return self.error(if *ctx == ExprContext::Store {
                    "starred assignment target must be in a list or tuple"
                } else {
                    "can't use starred expression here"
                });
            }
            ExprKind::Slice { lower, upper, step } => {
                let parts = [lower, upper, step];
                let count = if step.is_some() { 3 } else { 2 };
                let first = self.u().top;
                for part in parts.into_iter().take(count) {
                    match part {
                        Some(part) => drop(self.in_temp(part)?),
                        None => {
                            let t = self.temp();
                            self.load_none(t);
                        }
                    }
                }
                self.emit(
                    Op::BUILD_SLICE,
                    0,
                    Field::Reg(dst),
                    Field::Reg(Reg::Temp(first)),
                    Field::Imm(count as u32),
                );
            }
        }
        Ok(())
    }

    /// `YIELD`, wrapped in asynchronous generators.
    pub(super) fn yield_value(&mut self, value: Operand, dst: Reg) {
        let block = self.block();
        let mut value = value;
        if block.generator && block.coroutine {
            let t = match value {
                Operand::Temp(t) => t,
                _ => self.temp(),
            };
            self.emit_unary(Op::ASYNC_GEN_WRAP, 0, Reg::Temp(t), value);
            value = Operand::Temp(t);
        }
        // Killed even if it is the destination: a suspended frame must not keep the value alive.
        let (b, kill) = self.field(value, None, KILL_B);
        self.emit(Op::YIELD, kill, Field::Reg(dst), b, Field::None);
    }

    /// Runs the iterator in `base` to its end; `base + 1` is for what is sent.
    pub(super) fn yield_from(&mut self, base: u32, dst: Reg) {
        self.load_none(base + 1);
        let (iter, sent) = (Field::Reg(Reg::Temp(base)), Field::Reg(Reg::Temp(base + 1)));
        self.emit(Op::YIELD_FROM, 0, Field::Reg(dst), iter, sent);
    }

    pub(super) fn check_await(&mut self) -> Result<()> {
        if self.top_level_await() {
            return Ok(());
        }
        if self.block().block_type != BlockType::Function {
            return self.error("'await' outside function");
        }
        if !matches!(
            self.u().kind,
            ScopeKind::AsyncFunction | ScopeKind::Comprehension
        ) {
            return self.error("'await' outside async function");
        }
        Ok(())
    }

    /// An attribute access over several lines is placed at the attribute's name.
    pub(super) fn at_attribute(&mut self, e: &Expr, attr: &Ident) {
        let span = e.span;
        let p = &mut self.u().position;
        if p.line != span.end_lineno {
            p.line = span.end_lineno;
            let length = attr.chars().count() as u32;
            if length <= span.end_col_offset {
                p.column = Some(span.end_col_offset - length);
            } else {
                p.column = None;
                p.end_column = None;
            }
        }
    }

    fn unary(&mut self, e: &'a Expr, op: UnaryOperator, operand: &'a Expr, dst: Reg) -> Result<()> {
        if op == UnaryOperator::Not
            && let ExprKind::Compare {
                left,
                ops,
                comparators,
            } = &operand.kind
        {
            let inverse = match ops[..] {
                [CmpOp::Is] => Some(&[CmpOp::IsNot]),
                [CmpOp::IsNot] => Some(&[CmpOp::Is]),
                [CmpOp::In] => Some(&[CmpOp::NotIn]),
                [CmpOp::NotIn] => Some(&[CmpOp::In]),
                _ => None,
            };
            if let Some(inverse) = inverse {
                self.at(operand.span);
                self.compare(left, inverse, comparators, dst)?;
                self.at(e.span);
                return Ok(());
            }
        }
        let code = match op {
            UnaryOperator::Invert => Op::INVERT,
            UnaryOperator::Not => Op::NOT,
            UnaryOperator::UAdd => Op::POS,
            UnaryOperator::USub => Op::NEG,
        };
        let value = self.operand_at(operand, Self::scratch(dst))?;
        self.emit_unary(code, 0, dst, value);
        Ok(())
    }

    // Comparisons

    /// A container that is only tested for membership or iterated may be an unchangeable one.
    fn container(&mut self, e: &'a Expr, scratch: Option<u32>) -> Result<Operand> {
        if let Some(value) = self.fold_container(e) {
            return Ok(self.const_operand(value));
        }
        if let ExprKind::List { elts, .. } = &e.kind
            && !elts
                .iter()
                .any(|e| matches!(e.kind, ExprKind::Starred { .. }))
        {
            let t = scratch.unwrap_or_else(|| self.temp());
            self.tuple(elts, Reg::Temp(t))?;
            return Ok(Operand::Temp(t));
        }
        self.operand_at(e, scratch)
    }

    pub(super) fn fold_container(&mut self, e: &Expr) -> Option<Const> {
        match &e.kind {
            ExprKind::List { elts, .. } => elts
                .iter()
                .map(|e| self.fold(e))
                .collect::<Option<_>>()
                .map(Const::Tuple),
            ExprKind::Set { elts } => elts
                .iter()
                .map(|e| self.fold(e))
                .collect::<Option<_>>()
                .map(Const::FrozenSet),
            _ => None,
        }
    }

    /// The iterable of a loop: a display of constants becomes a constant.
    pub(super) fn iterable(&mut self, e: &'a Expr, scratch: u32) -> Result<Operand> {
        self.container(e, Some(scratch))
    }

    fn emit_compare(&mut self, op: CmpOp, dst: Reg, left: Operand, right: Operand) {
        match (op, compare_number(op)) {
            (_, Some(number)) => self.emit_binary(Op::COMPARE, number & CMP_MASK, dst, left, right),
            (CmpOp::Is, _) => self.emit_binary(Op::IS, 0, dst, left, right),
            (CmpOp::IsNot, _) => self.emit_binary(Op::IS, INVERTED, dst, left, right),
            (CmpOp::In, _) => self.emit_binary(Op::CONTAINS, 0, dst, left, right),
            _ => self.emit_binary(Op::CONTAINS, INVERTED, dst, left, right),
        }
    }

    fn compare(
        &mut self,
        left: &'a Expr,
        ops: &[CmpOp],
        comparators: &'a [Expr],
        dst: Reg,
    ) -> Result<()> {
        self.check_compare(left, ops, comparators);
        if let ([op], [right]) = (ops, comparators) {
            let scratch = Self::scratch(dst);
            let l = self.operand_at(left, scratch)?;
            let rest = if matches!(l, Operand::Temp(_)) {
                None
            } else {
                scratch
            };
            let r = self.comparator(*op, right, rest)?;
            self.emit_compare(*op, dst, l, r);
            return Ok(());
        }
        self.through_temp(dst, |c, t| {
            let (cleanup, end) = (c.label(), c.label());
            let mut l = c.operand(left)?;
            let middle_base = c.u().top;
            let mut kept_any = false;
            for (n, (op, right)) in ops.iter().zip(comparators).enumerate() {
                let last = n + 1 == ops.len();
                let r = if last {
                    c.comparator(*op, right, None)?
                } else {
                    c.operand(right)?
                };
                if last {
                    c.emit_compare(*op, Reg::Temp(t), l, r);
                    break;
                }
                let kept = match r {
                    Operand::Temp(r) => Operand::Keep(r),
                    other => other,
                };
                c.emit_compare(*op, Reg::Temp(t), l, kept);
                kept_any |= matches!(r, Operand::Temp(_));
                c.emit_jump(
                    Op::JUMP_IF_FALSE,
                    FALL_KILL,
                    Field::Reg(Reg::Temp(t)),
                    Field::None,
                    cleanup,
                );
                l = r;
            }
            c.jump(end);
            c.place(cleanup);
            if kept_any {
                // Which of the middle operands is alive depends on where the chain broke.
                for kept in middle_base..c.u().top {
                    c.clear(kept);
                }
            }
            c.place(end);
            Ok(())
        })
    }

    fn comparator(&mut self, op: CmpOp, right: &'a Expr, scratch: Option<u32>) -> Result<Operand> {
        if matches!(op, CmpOp::In | CmpOp::NotIn) {
            self.container(right, scratch)
        } else {
            self.operand_at(right, scratch)
        }
    }

    /// Jumps to `target` if the truth of `e` is `sense`.
    pub(super) fn jump_if(&mut self, e: &'a Expr, target: Label, sense: bool) -> Result<()> {
        // As in CPython, the jump has the position of what asks, except that a comparison keeps its own, which
        // then stays in force (an assertion that fails points at the comparison).
        let top = self.u().top;
        with_stack(|| self.jump_if_inner(e, target, sense))?;
        self.set_top(top);
        Ok(())
    }

    fn jump_if_inner(&mut self, e: &'a Expr, target: Label, sense: bool) -> Result<()> {
        if let Some(value) = self.fold(e) {
            let truth = fold::truth(&value);
            self.constant(value);
            self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
            if truth == sense {
                self.jump(target);
            }
            return Ok(());
        }
        match &e.kind {
            ExprKind::UnaryOp {
                op: UnaryOperator::Not,
                operand,
            } => return self.jump_if(operand, target, !sense),
            ExprKind::BoolOp { op, values } => {
                let inner_sense = *op == BoolOperator::Or;
                let past = self.label();
                let inner_target = if inner_sense == sense { target } else { past };
                if let Some((last, init)) = values.split_last() {
                    for value in init {
                        self.jump_if(value, inner_target, inner_sense)?;
                    }
                    self.jump_if(last, target, sense)?;
                }
                self.place(past);
                return Ok(());
            }
            ExprKind::IfExp { test, body, orelse } => {
                let (otherwise, end) = (self.label(), self.label());
                self.jump_if(test, otherwise, false)?;
                self.jump_if(body, target, sense)?;
                let saved = self.u().position;
                self.nowhere();
                self.jump(end);
                self.u().position = saved;
                self.place(otherwise);
                self.jump_if(orelse, target, sense)?;
                self.place(end);
                return Ok(());
            }
            ExprKind::Compare {
                left,
                ops,
                comparators,
            } => {
                self.at(e.span);
                self.check_compare(left, ops, comparators);
                if let ([op], [right]) = (&ops[..], &comparators[..]) {
                    let l = self.operand(left)?;
                    let r = self.comparator(*op, right, None)?;
                    self.compare_jump(*op, l, r, target, sense);
                    return Ok(());
                }
                return self.chain_jump(left, ops, comparators, target, sense);
            }
            _ => {}
        }
        let value = self.operand(e)?;
        self.truth_jump(value, target, sense);
        Ok(())
    }

    pub(super) fn truth_jump(&mut self, value: Operand, target: Label, sense: bool) {
        let (field, kill) = self.field(value, None, KILL_A);
        let op = if sense {
            Op::JUMP_IF_TRUE
        } else {
            Op::JUMP_IF_FALSE
        };
        self.emit_jump(op, kill, field, Field::None, target);
    }

    /// Jumps if `left op right` is `sense`; consumes both.
    pub(super) fn compare_jump(
        &mut self,
        op: CmpOp,
        left: Operand,
        right: Operand,
        target: Label,
        sense: bool,
    ) {
        let sense_bit = if sense { SENSE } else { 0 };
        if let Some(number) = compare_number(op) {
            let (a, kill_a) = self.field(left, None, KILL_A);
            let (b, kill_b) = self.field(right, None, KILL_B);
            self.emit_jump(
                Op::COMPARE_JUMP,
                number | sense_bit | kill_a | kill_b,
                a,
                b,
                target,
            );
            return;
        }
        let is_none = |c: &mut Self, o: Operand| match o {
            Operand::Const(k) => matches!(c.u().consts.get(k as usize), Some(Const::None)),
            _ => false,
        };
        if matches!(op, CmpOp::Is | CmpOp::IsNot) && is_none(self, right) {
            let none = sense == (op == CmpOp::Is);
            let (a, kill) = self.field(left, None, KILL_A);
            let op = if none {
                Op::JUMP_IF_NONE
            } else {
                Op::JUMP_IF_NOT_NONE
            };
            self.emit_jump(op, kill, a, Field::None, target);
            return;
        }
        let t = match (left, right) {
            (Operand::Temp(t), _) | (_, Operand::Temp(t)) => t,
            _ => self.temp(),
        };
        self.emit_compare(op, Reg::Temp(t), left, right);
        self.truth_jump(Operand::Temp(t), target, sense);
    }

    fn chain_jump(
        &mut self,
        left: &'a Expr,
        ops: &[CmpOp],
        comparators: &'a [Expr],
        target: Label,
        sense: bool,
    ) -> Result<()> {
        let (cleanup, end) = (self.label(), self.label());
        let mut l = self.operand(left)?;
        let middle_base = self.u().top;
        let mut kept_any = false;
        for (n, (op, right)) in ops.iter().zip(comparators).enumerate() {
            if n + 1 == ops.len() {
                let r = self.comparator(*op, right, None)?;
                self.compare_jump(*op, l, r, target, sense);
                break;
            }
            let r = self.operand(right)?;
            let kept = match r {
                Operand::Temp(r) => Operand::Keep(r),
                other => other,
            };
            kept_any |= matches!(r, Operand::Temp(_));
            self.compare_jump(*op, l, kept, cleanup, false);
            l = r;
        }
        self.jump(end);
        self.place(cleanup);
        if kept_any {
            for kept in middle_base..self.u().top {
                self.clear(kept);
            }
        }
        if !sense {
            self.jump(target);
        }
        self.place(end);
        Ok(())
    }

    // Names

    fn place_of(&mut self, mangled: &Ident) -> Place {
        let block = self.block();
        let flags = block.symbols.get(mangled);
        match scope_of(flags) {
            Scope::Free => {
                // Not the cell that a class has for its own `__class__`.
                let reg = self.free_register(mangled);
                if block.block_type == BlockType::Class {
                    Place::ClassCell(reg)
                } else {
                    Place::Cell(reg)
                }
            }
            Scope::Cell => Place::Cell(self.cell_register(mangled)),
            Scope::Local if block.block_type == BlockType::Function => {
                let id = self.u().varnames.add(mangled);
                self.mark_local(id);
                Place::Fast(Reg::Local(id))
            }
            Scope::GlobalImplicit if block.block_type == BlockType::Function => Place::Global,
            Scope::GlobalExplicit => Place::Global,
            _ => Place::Name,
        }
    }

    /// The register of a cell or free variable of this unit.
    pub(super) fn cell_register(&mut self, mangled: &Ident) -> Reg {
        let u = self.u();
        if let Some((_, reg)) = u.cells.iter().find(|(n, _)| n == mangled) {
            return *reg;
        }
        self.free_register(mangled)
    }
    fn free_register(&mut self, mangled: &Ident) -> Reg {
        Reg::Free(self.u().frees.binary_search(mangled).unwrap_or(0) as u32)
    }

    pub(super) fn load_name_reg(&mut self, id: &Ident, dst: Reg) {
        let mangled = self.mangle(id);
        let dst_field = Field::Reg(dst);
        match self.place_of(&mangled) {
            Place::Fast(reg) => {
                self.emit(
                    Op::CHECK_LOCAL,
                    0,
                    Field::Reg(reg),
                    Field::None,
                    Field::None,
                );
                self.move_to(dst, Operand::Var(reg));
            }
            Place::Cell(reg) => {
                _ = self.emit(Op::LOAD_DEREF, 0, dst_field, Field::Reg(reg), Field::None)
            }
            Place::ClassCell(reg) => {
                _ = self.emit(
                    Op::LOAD_CLASSDEREF,
                    0,
                    dst_field,
                    Field::Reg(reg),
                    Field::None,
                )
            }
            Place::Global => {
                let name = self.u().names.add(&mangled);
                self.emit(Op::LOAD_GLOBAL, 0, dst_field, Field::Imm(name), Field::None);
            }
            Place::Name => {
                let name = self.u().names.add(&mangled);
                self.emit(Op::LOAD_NAME, 0, dst_field, Field::Imm(name), Field::None);
            }
        }
    }

    /// Notes the first use of a local.
    pub(super) fn mark_local(&mut self, id: u32) {
        let u = self.u();
        let n = id as usize;
        if u.local_marked.len() <= n {
            u.local_marked.resize(n + 1, false);
        }
        if !std::mem::replace(&mut u.local_marked[n], true) {
            u.local_order.push(id);
        }
    }

    /// [`fast_name`](Self::fast_name) before the value is evaluated: that counts as used only afterwards
    /// ([`mark_local`](Self::mark_local)).
    pub(super) fn fast_name_early(&mut self, id: &Ident) -> Option<u32> {
        let mangled = self.mangle(id);
        let block = self.block();
        let local =
            block.block_type == BlockType::Function && block.scope(&mangled) == Scope::Local;
        (local && &**id != "__debug__").then(|| self.u().varnames.add(&mangled))
    }

    /// The register, if assigning to `id` is just writing one.
    pub(super) fn fast_name(&mut self, id: &Ident) -> Option<Reg> {
        let mangled = self.mangle(id);
        match self.place_of(&mangled) {
            Place::Fast(reg) => Some(reg),
            _ => None,
        }
    }
    pub(super) fn fast_target(&mut self, target: &Expr) -> Option<Reg> {
        match &target.kind {
            ExprKind::Name { id, .. } if &**id != "__debug__" => self.fast_name(id),
            _ => None,
        }
    }

    pub(super) fn forbidden(&mut self, name: &Ident, ctx: ExprContext) -> Result<()> {
        if &**name == "__debug__" && ctx == ExprContext::Store {
            return self.error("cannot assign to __debug__");
        }
        if &**name == "__debug__" && ctx == ExprContext::Del {
            return self.error("cannot delete __debug__");
        }
        Ok(())
    }

    pub(super) fn store_name(&mut self, id: &Ident, value: Operand) -> Result<()> {
        self.forbidden(id, ExprContext::Store)?;
        let mangled = self.mangle(id);
        match self.place_of(&mangled) {
            Place::Fast(reg) => self.move_to(reg, value),
            Place::Cell(reg) | Place::ClassCell(reg) => {
                let (field, kill) = self.field(value, None, KILL_B);
                self.emit(Op::STORE_DEREF, kill, Field::Reg(reg), field, Field::None);
            }
            place => {
                let (field, kill) = self.field(value, None, KILL_A);
                let name = self.u().names.add(&mangled);
                let op = if matches!(place, Place::Global) {
                    Op::STORE_GLOBAL
                } else {
                    Op::STORE_NAME
                };
                self.emit(op, kill, field, Field::Imm(name), Field::None);
            }
        }
        Ok(())
    }

    /// `del name`; `bound`: it has just been assigned.
    pub(super) fn delete_name(&mut self, id: &Ident) -> Result<()> {
        self.forbidden(id, ExprContext::Del)?;
        let mangled = self.mangle(id);
        match self.place_of(&mangled) {
            Place::Fast(reg) => {
                self.emit(
                    Op::CHECK_LOCAL,
                    0,
                    Field::Reg(reg),
                    Field::None,
                    Field::None,
                );
                self.emit(
                    Op::DELETE_LOCAL,
                    0,
                    Field::Reg(reg),
                    Field::None,
                    Field::None,
                );
            }
            Place::Cell(reg) | Place::ClassCell(reg) => {
                self.emit(
                    Op::DELETE_DEREF,
                    0,
                    Field::Reg(reg),
                    Field::None,
                    Field::None,
                );
            }
            place => {
                let name = self.u().names.add(&mangled);
                let op = if matches!(place, Place::Global) {
                    Op::DELETE_GLOBAL
                } else {
                    Op::DELETE_NAME
                };
                self.emit(op, 0, Field::Imm(name), Field::None, Field::None);
            }
        }
        Ok(())
    }
}
