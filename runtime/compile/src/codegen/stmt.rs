//! Statements without control flow, and dispatch to the rest.

use super::expr::binary_op;
use super::*;
use pyrs_bytecode::IN_PLACE;

impl<'a> Compiler<'a> {
    pub(super) fn body(&mut self, body: &'a [Stmt]) -> Result<()> {
        body.iter().try_for_each(|s| self.stmt(s))
    }

    pub(super) fn stmt(&mut self, s: &'a Stmt) -> Result<()> {
        self.at(s.span);
        let top = self.u().top;
        with_stack(|| self.stmt_inner(s))?;
        debug_assert_eq!(
            self.u().top,
            top,
            "temporaries left by line {}",
            s.span.lineno
        );
        self.set_top(top);
        Ok(())
    }

    fn stmt_inner(&mut self, s: &'a Stmt) -> Result<()> {
        match &s.kind {
            StmtKind::FunctionDef {
                name,
                args,
                body,
                decorator_list,
                returns,
                ..
            }
            | StmtKind::AsyncFunctionDef {
                name,
                args,
                body,
                decorator_list,
                returns,
                ..
            } => self.function_def(s, name, args, body, decorator_list, returns.as_deref()),
            StmtKind::ClassDef {
                name,
                bases,
                keywords,
                body,
                decorator_list,
            } => self.class_def(s, name, bases, keywords, body, decorator_list),
            StmtKind::Return { value } => self.return_stmt(s, value.as_deref()),
            StmtKind::Delete { targets } => targets.iter().try_for_each(|t| self.delete(t)),
            StmtKind::Assign { targets, value, .. } => self.assign(targets, value),
            StmtKind::AugAssign { target, op, value } => self.aug_assign(s, target, *op, value),
            StmtKind::AnnAssign {
                target,
                annotation,
                value,
                simple,
            } => self.ann_assign(s, target, annotation, value.as_deref(), *simple != 0),
            StmtKind::For {
                target,
                iter,
                body,
                orelse,
                ..
            } => self.for_stmt(target, iter, body, orelse),
            StmtKind::AsyncFor {
                target,
                iter,
                body,
                orelse,
                ..
            } => self.async_for(target, iter, body, orelse),
            StmtKind::While { test, body, orelse } => self.while_stmt(test, body, orelse),
            StmtKind::If { test, body, orelse } => self.if_stmt(test, body, orelse),
            StmtKind::With { items, body, .. } => self.with_stmt(s, items, body, false),
            StmtKind::AsyncWith { items, body, .. } => {
                if !self.top_level_await() && self.u().kind != ScopeKind::AsyncFunction {
                    return self.error("'async with' outside async function");
                }
                self.with_stmt(s, items, body, true)
            }
            StmtKind::Match { subject, cases } => self.match_stmt(s, subject, cases),
            StmtKind::Raise { exc, cause } => {
                let top = self.u().top;
                let mut operands = Vec::new();
                for e in [exc, cause].into_iter().flatten() {
                    operands.push(self.operand(e)?);
                }
                self.emit_effect(Op::RAISE, operands.len() as u8, &operands);
                self.set_top(top);
                Ok(())
            }
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
            } => self.try_stmt(body, handlers, orelse, finalbody, false),
            StmtKind::TryStar {
                body,
                handlers,
                orelse,
                finalbody,
            } => self.try_stmt(body, handlers, orelse, finalbody, true),
            StmtKind::Assert { test, msg } => self.assert(test, msg.as_deref()),
            StmtKind::Import { names } => self.import(names),
            StmtKind::ImportFrom {
                module,
                names,
                level,
            } => self.import_from(s, module.as_ref(), names, level.unwrap_or(0)),
            StmtKind::Global { .. } | StmtKind::Nonlocal { .. } => Ok(()),
            StmtKind::Expr { value } => self.expr_stmt(value),
            StmtKind::Pass {} => {
                self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
                Ok(())
            }
            StmtKind::Break {} => self.break_stmt(),
            StmtKind::Continue {} => self.continue_stmt(),
        }
    }

    fn expr_stmt(&mut self, value: &'a Expr) -> Result<()> {
        let top = self.u().top;
        if self.interactive && self.units.len() <= 1 {
            let value = self.operand(value)?;
            self.emit_effect(Op::PRINT_EXPR, 0, &[value]);
            self.set_top(top);
            return Ok(());
        }
        if matches!(value.kind, ExprKind::Constant { .. }) {
            self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
            return Ok(());
        }
        self.discard(value)
    }

    fn assert(&mut self, test: &'a Expr, msg: Option<&'a Expr>) -> Result<()> {
        if matches!(&test.kind, ExprKind::Tuple { elts, .. } if !elts.is_empty()) {
            self.warn("assertion is always true, perhaps remove parentheses?".into());
        }
        if self.optimize > 0 {
            return Ok(());
        }
        let end = self.label();
        self.jump_if(test, end, true)?;
        let t = self.temp();
        self.emit(
            Op::LOAD_ASSERTION_ERROR,
            0,
            Field::Reg(Reg::Temp(t)),
            Field::None,
            Field::None,
        );
        if let Some(msg) = msg {
            self.temp();
            self.in_temp(msg)?;
            self.emit_call(t, 1, false, Reg::Temp(t));
        }
        self.emit_effect(Op::RAISE, 1, &[Operand::Temp(t)]);
        self.place(end);
        self.set_top(t);
        Ok(())
    }

    // Assignment

    pub(super) fn assign(&mut self, targets: &'a [Expr], value: &'a Expr) -> Result<()> {
        let top = self.u().top;
        if let [target] = targets {
            if let ExprKind::Name { id, .. } = &target.kind
                && let Some(local) = self.fast_name_early(id)
            {
                self.expr_into(value, Reg::Local(local))?;
                self.mark_local(local);
                return Ok(());
            }
            if let (
                ExprKind::Tuple { elts, .. } | ExprKind::List { elts, .. },
                ExprKind::Tuple { elts: values, .. },
            ) = (&target.kind, &value.kind)
                && elts.len() == values.len()
                && self.fold(value).is_none()
                && no_star(elts)
                && no_star(values)
            {
                return self.parallel_assign(elts, values);
            }
        }
        let Some((last, init)) = targets.split_last() else {
            return Ok(());
        };
        let mut operand = self.operand(value)?;
        if let (Operand::Var(_), false) = (operand, init.is_empty()) {
            // An earlier target could change the variable.
            let t = self.temp();
            self.move_to(Reg::Temp(t), operand);
            operand = Operand::Temp(t);
        }
        let kept = match operand {
            Operand::Temp(t) => Operand::Keep(t),
            other => other,
        };
        for target in init {
            self.store(target, kept)?;
        }
        self.store(last, operand)?;
        self.set_top(top);
        Ok(())
    }

    /// `a, b = x, y`: all values first, then the targets from the left; no tuple.
    fn parallel_assign(&mut self, targets: &'a [Expr], values: &'a [Expr]) -> Result<()> {
        let top = self.u().top;
        let first = top;
        for value in values {
            self.in_temp(value)?;
        }
        for (n, target) in targets.iter().enumerate() {
            self.store(target, Operand::Temp(first + n as u32))?;
        }
        self.set_top(top);
        Ok(())
    }

    /// Assigns an operand (consumed) to a target.
    pub(super) fn store(&mut self, target: &'a Expr, value: Operand) -> Result<()> {
        let saved = self.u().position;
        let top = self.u().top;
        self.at(target.span);
        with_stack(|| self.store_inner(target, value))?;
        self.set_top(top);
        self.u().position = saved;
        Ok(())
    }

    fn store_inner(&mut self, target: &'a Expr, value: Operand) -> Result<()> {
        match &target.kind {
            ExprKind::Name { id, .. } => self.store_name(id, value),
            ExprKind::Attribute {
                value: object,
                attr,
                ..
            } => {
                self.forbidden(attr, ExprContext::Store)?;
                let object = self.operand(object)?;
                self.at_attribute(target, attr);
                self.store_attribute(object, value, attr);
                Ok(())
            }
            ExprKind::Subscript {
                value: object,
                slice,
                ..
            } => {
                let object = self.operand(object)?;
                let index = self.operand(slice)?;
                self.emit_effect(Op::STORE_SUBSCR, 0, &[object, index, value]);
                Ok(())
            }
            ExprKind::Tuple { elts, .. } | ExprKind::List { elts, .. } => self.unpack(elts, value),
            ExprKind::Starred { .. } => {
                self.error("starred assignment target must be in a list or tuple")
            }
            _ => Err(CompileError::value(
                "expression which can't be assigned to in Store context",
            )),
        }
    }

    fn store_attribute(&mut self, object: Operand, value: Operand, attr: &Ident) {
        let (a, kill_a) = self.field(object, None, KILL_A);
        let (b, kill_b) = self.field(value, None, KILL_B);
        let name = self.name_index(attr);
        self.emit(Op::STORE_ATTR, kill_a | kill_b, a, b, Field::Imm(name));
    }

    fn unpack(&mut self, elts: &'a [Expr], value: Operand) -> Result<()> {
        let mut star = None;
        for (n, e) in elts.iter().enumerate() {
            if matches!(e.kind, ExprKind::Starred { .. }) {
                if star.is_some() {
                    return self.error("multiple starred expressions in assignment");
                }
                if n >= 256 || elts.len() - n > 256 {
                    return self.error("too many expressions in star-unpacking assignment");
                }
                star = Some(n);
            }
        }
        let (op, count) = match star {
            Some(n) => (Op::UNPACK_EX, n as u32 | ((elts.len() - n - 1) as u32) << 8),
            None => (Op::UNPACK_SEQUENCE, elts.len() as u32),
        };
        let (b, kill) = self.field(value, None, KILL_B);
        if let (None, Some(first)) = (star, self.consecutive_locals(elts)) {
            self.emit(op, kill, Field::Reg(first), b, Field::Imm(count));
            return Ok(());
        }
        // The sequence's own register may be the first of the window.
        let (first, kill) = match value {
            Operand::Temp(t) if self.is_newest(t) && !elts.is_empty() => {
                self.set_top(t);
                (t, 0)
            }
            _ => (self.u().top, kill),
        };
        self.temps(elts.len() as u32);
        let u = self.u();
        u.temps = u.temps.max(first + 1);
        self.emit(op, kill, Field::Reg(Reg::Temp(first)), b, Field::Imm(count));
        for (n, e) in elts.iter().enumerate() {
            let target = match &e.kind {
                ExprKind::Starred { value, .. } => value,
                _ => e,
            };
            self.store(target, Operand::Temp(first + n as u32))?;
        }
        Ok(())
    }

    /// The first of the locals, if all targets are locals with consecutive registers.
    fn consecutive_locals(&mut self, elts: &[Expr]) -> Option<Reg> {
        let mut first = None;
        for (n, e) in elts.iter().enumerate() {
            match (self.fast_target(e)?, first) {
                (Reg::Local(r), None) => first = Some((r, self.local_position(r)?)),
                (Reg::Local(r), Some((_, f))) if self.local_position(r)? == f + n => {}
                _ => return None,
            }
        }
        first.map(|(r, _)| Reg::Local(r))
    }

    fn local_position(&mut self, id: u32) -> Option<usize> {
        self.u().local_order.iter().position(|&l| l == id)
    }

    fn aug_assign(
        &mut self,
        s: &'a Stmt,
        target: &'a Expr,
        op: Operator,
        value: &'a Expr,
    ) -> Result<()> {
        let top = self.u().top;
        let op = binary_op(op);
        match &target.kind {
            ExprKind::Name { id, .. } => {
                let mangled = self.mangle(id);
                let walrus = self.u().walrus.contains(&mangled);
                if let (Some(reg), false) = (self.fast_target(target), walrus) {
                    self.at(target.span);
                    self.emit(
                        Op::CHECK_LOCAL,
                        0,
                        Field::Reg(reg),
                        Field::None,
                        Field::None,
                    );
                    self.at(s.span);
                    let value = self.operand(value)?;
                    self.emit_binary(op, IN_PLACE, reg, Operand::Var(reg), value);
                } else {
                    let t = self.temp();
                    self.at(target.span);
                    self.load_name_into(id, t);
                    self.at(s.span);
                    let value = self.operand(value)?;
                    self.emit_binary(op, IN_PLACE, Reg::Temp(t), Operand::Temp(t), value);
                    self.at(target.span);
                    self.store_name(id, Operand::Temp(t))?;
                }
            }
            ExprKind::Attribute {
                value: object,
                attr,
                ..
            } => {
                self.forbidden(attr, ExprContext::Store)?;
                let object = self.operand(object)?;
                let kept = keep(object);
                let t = self.temp();
                self.at(target.span);
                self.at_attribute(target, attr);
                self.emit_named(Op::LOAD_ATTR, Reg::Temp(t), kept, attr);
                self.at(s.span);
                let value = self.operand(value)?;
                self.emit_binary(op, IN_PLACE, Reg::Temp(t), Operand::Temp(t), value);
                self.at(target.span);
                self.at_attribute(target, attr);
                self.store_attribute(object, Operand::Temp(t), attr);
            }
            ExprKind::Subscript {
                value: object,
                slice,
                ..
            } => {
                let object = self.operand(object)?;
                let index = self.operand(slice)?;
                let t = self.temp();
                self.at(target.span);
                self.emit_binary(Op::LOAD_SUBSCR, 0, Reg::Temp(t), keep(object), keep(index));
                self.at(s.span);
                let value = self.operand(value)?;
                self.emit_binary(op, IN_PLACE, Reg::Temp(t), Operand::Temp(t), value);
                self.at(target.span);
                self.emit_effect(Op::STORE_SUBSCR, 0, &[object, index, Operand::Temp(t)]);
            }
            _ => {
                return Err(CompileError::value(
                    "invalid node type for augmented assignment",
                ));
            }
        }
        self.set_top(top);
        Ok(())
    }

    fn ann_assign(
        &mut self,
        s: &'a Stmt,
        target: &'a Expr,
        annotation: &'a Expr,
        value: Option<&'a Expr>,
        simple: bool,
    ) -> Result<()> {
        if let Some(value) = value {
            self.assign(std::slice::from_ref(target), value)?;
            self.at(s.span);
        }
        let evaluates = matches!(self.u().kind, ScopeKind::Module | ScopeKind::Class);
        match &target.kind {
            ExprKind::Name { id, .. } => {
                self.forbidden(id, ExprContext::Store)?;
                if simple && evaluates {
                    let t = self.temp();
                    self.annotation_value(annotation, t)?;
                    let dict = self.temp();
                    self.load_name_into(&"__annotations__".into(), dict);
                    let key = Const::str(&self.mangle(id));
                    let key = self.const_operand(key);
                    self.emit_effect(
                        Op::STORE_SUBSCR,
                        0,
                        &[Operand::Temp(dict), key, Operand::Temp(t)],
                    );
                    self.set_top(t);
                }
            }
            ExprKind::Attribute {
                value: object,
                attr,
                ..
            } => {
                self.forbidden(attr, ExprContext::Store)?;
                if value.is_none() {
                    self.discard(object)?;
                }
            }
            ExprKind::Subscript {
                value: object,
                slice,
                ..
            } => {
                if value.is_none() {
                    self.discard(object)?;
                    self.discard_slice(slice)?;
                }
            }
            _ => {
                return Err(CompileError::value(
                    "invalid node type for annotated assignment",
                ));
            }
        }
        if !simple && evaluates && !self.future.annotations() {
            self.discard(annotation)?;
        }
        Ok(())
    }

    fn discard_slice(&mut self, slice: &'a Expr) -> Result<()> {
        match &slice.kind {
            ExprKind::Slice { lower, upper, step } => [lower, upper, step]
                .into_iter()
                .flatten()
                .try_for_each(|e| self.discard(e)),
            ExprKind::Tuple { elts, .. } => elts.iter().try_for_each(|e| self.discard_slice(e)),
            _ => self.discard(slice),
        }
    }

    fn load_name_into(&mut self, id: &Ident, t: u32) {
        self.load_name_reg(id, Reg::Temp(t));
    }

    fn delete(&mut self, target: &'a Expr) -> Result<()> {
        let saved = self.u().position;
        let top = self.u().top;
        self.at(target.span);
        match &target.kind {
            ExprKind::Name { id, .. } => self.delete_name(id)?,
            ExprKind::Attribute { value, attr, .. } => {
                self.forbidden(attr, ExprContext::Del)?;
                let object = self.operand(value)?;
                self.at_attribute(target, attr);
                let (a, kill) = self.field(object, None, KILL_A);
                let name = self.name_index(attr);
                self.emit(Op::DELETE_ATTR, kill, a, Field::Imm(name), Field::None);
            }
            ExprKind::Subscript { value, slice, .. } => {
                let object = self.operand(value)?;
                let index = self.operand(slice)?;
                self.emit_effect(Op::DELETE_SUBSCR, 0, &[object, index]);
            }
            ExprKind::Tuple { elts, .. } | ExprKind::List { elts, .. } => {
                elts.iter()
                    .try_for_each(|e| with_stack(|| self.delete(e)))?;
            }
            _ => {
                return Err(CompileError::value(
                    "expression which can't be assigned to in Del context",
                ));
            }
        }
        self.set_top(top);
        self.u().position = saved;
        Ok(())
    }

    // Imports

    fn emit_import(&mut self, module: &Ident, fromlist: Const, level: i32) -> Result<u32> {
        let level =
            u64::try_from(level).map_err(|_| CompileError::value("Negative ImportFrom level"))?;
        let fromlist = self.const_operand(fromlist);
        let t = self.temp();
        let (b, kill) = self.field(fromlist, None, KILL_B);
        let name = self.name_index(module);
        self.emit_extra(
            Op::IMPORT_NAME,
            kill,
            Field::Reg(Reg::Temp(t)),
            b,
            Field::Imm(name),
            level,
        );
        Ok(t)
    }

    fn import(&mut self, names: &'a [Alias]) -> Result<()> {
        for alias in names {
            let top = self.u().top;
            let t = self.emit_import(&alias.name, Const::None, 0)?;
            match &alias.asname {
                Some(asname) => {
                    for part in alias.name.split('.').skip(1) {
                        let next = self.temp();
                        let name = self.name_index(&part.into());
                        let (dst, module) = (Field::Reg(Reg::Temp(next)), Field::Reg(Reg::Temp(t)));
                        self.emit(Op::IMPORT_FROM, 0, dst, module, Field::Imm(name));
                        self.move_to(Reg::Temp(t), Operand::Temp(next));
                        self.set_top(next);
                    }
                    self.store_name(asname, Operand::Temp(t))?;
                }
                None => match alias.name.split_once('.') {
                    Some((first, _)) => self.store_name(&first.into(), Operand::Temp(t))?,
                    None => self.store_name(&alias.name, Operand::Temp(t))?,
                },
            }
            self.set_top(top);
        }
        Ok(())
    }

    fn import_from(
        &mut self,
        s: &Stmt,
        module: Option<&'a Ident>,
        names: &'a [Alias],
        level: i32,
    ) -> Result<()> {
        if s.span.lineno > self.future.lineno
            && module.is_some_and(|m| &**m == "__future__")
            && level == 0
        {
            return self.error("from __future__ imports must occur at the beginning of the file");
        }
        let top = self.u().top;
        let fromlist = Const::Tuple(names.iter().map(|a| Const::str(&a.name)).collect());
        let empty: Ident = "".into();
        let t = self.emit_import(module.unwrap_or(&empty), fromlist, level)?;
        for alias in names {
            if &*alias.name == "*" {
                self.emit_effect(Op::IMPORT_STAR, 0, &[Operand::Temp(t)]);
                self.set_top(top);
                return Ok(());
            }
            let item = self.temp();
            let stored = alias.asname.as_ref().unwrap_or(&alias.name);
            let dst = self
                .fast_name(stored)
                .filter(|_| &**stored != "__debug__")
                .unwrap_or(Reg::Temp(item));
            let name = self.name_index(&alias.name);
            self.emit(
                Op::IMPORT_FROM,
                0,
                Field::Reg(dst),
                Field::Reg(Reg::Temp(t)),
                Field::Imm(name),
            );
            if dst == Reg::Temp(item) {
                self.store_name(stored, Operand::Temp(item))?;
            }
            self.set_top(item);
        }
        self.clear(t);
        self.set_top(top);
        Ok(())
    }
}

fn keep(operand: Operand) -> Operand {
    match operand {
        Operand::Temp(t) => Operand::Keep(t),
        other => other,
    }
}

fn no_star(elts: &[Expr]) -> bool {
    !elts
        .iter()
        .any(|e| matches!(e.kind, ExprKind::Starred { .. }))
}
