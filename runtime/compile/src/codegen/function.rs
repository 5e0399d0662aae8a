//! Bodies of their own: functions, lambdas, classes, comprehensions.

use super::*;
use crate::unparse::unparse;
use pyrs_bytecode::{FUNC_ANNOTATIONS, FUNC_CLOSURE, FUNC_DEFAULTS, FUNC_KWDEFAULTS};

impl<'a> Compiler<'a> {
    /// Evaluates decorators; returns the first window. Each window's argument is the next one's callable register,
    /// so results fall into place.
    fn decorators(&mut self, decorators: &'a [Expr]) -> Result<u32> {
        let first = self.u().top;
        for d in decorators {
            self.in_temp(d)?;
            self.temp();
        }
        Ok(first)
    }

    fn apply_decorators(&mut self, decorators: &'a [Expr], first: u32) {
        let saved = self.u().position;
        for (n, d) in decorators.iter().enumerate().rev() {
            let base = first + 2 * n as u32;
            self.at(d.span);
            self.emit_call(base, 1, false, Reg::Temp(base));
        }
        self.u().position = saved;
    }

    pub(super) fn function_def(
        &mut self,
        s: &'a Stmt,
        name: &'a Ident,
        args: &'a Arguments,
        body: &'a [Stmt],
        decorators: &'a [Expr],
        returns: Option<&'a Expr>,
    ) -> Result<()> {
        let top = self.u().top;
        for arg in all_args(args) {
            self.forbidden(&arg.arg, ExprContext::Store)?;
        }
        let windows = self.decorators(decorators)?;
        let first_line = decorators.first().map_or(s.span.lineno, |d| d.span.lineno);
        let fast = if decorators.is_empty() {
            self.fast_name_early(name)
        } else {
            None
        };
        let base = self.u().top;
        let mut d = self.defaults(args)?;
        if self.annotations(args, returns)? {
            d |= FUNC_ANNOTATIONS;
        }
        let kind = if matches!(s.kind, StmtKind::AsyncFunctionDef { .. }) {
            ScopeKind::AsyncFunction
        } else {
            ScopeKind::Function
        };
        self.enter(self.node_block(s)?, kind, name.clone(), first_line);
        self.parameters(args);
        let doc = docstring(body);
        let constant = match doc {
            Some(text) if self.optimize < 2 => Const::Str(text.into()),
            _ => Const::None,
        };
        self.constant(constant);
        self.body(if doc.is_some() { &body[1..] } else { body })?;
        let unit = self.leave()?;
        let dst = fast.map_or(Reg::Temp(base), Reg::Local);
        self.make_function(unit, base, d, dst)?;
        self.set_top(base + 1);
        if let Some(local) = fast {
            self.mark_local(local);
        } else {
            self.apply_decorators(decorators, windows);
            let result = if decorators.is_empty() { base } else { windows };
            self.store_name(name, Operand::Temp(result))?;
        }
        self.set_top(top);
        Ok(())
    }

    fn parameters(&mut self, args: &Arguments) {
        let u = self.u();
        u.posonlyargcount = args.posonlyargs.len() as u32;
        u.argcount = (args.posonlyargs.len() + args.args.len()) as u32;
        u.kwonlyargcount = args.kwonlyargs.len() as u32;
    }

    /// Pushes the tuple and dict of default values that there are.
    fn defaults(&mut self, args: &'a Arguments) -> Result<u8> {
        let mut d = 0;
        if !args.defaults.is_empty() {
            d |= FUNC_DEFAULTS;
            let t = self.temp();
            let constants: Option<Vec<Const>> =
                args.defaults.iter().map(|e| self.fold(e)).collect();
            match constants {
                Some(items) => {
                    let k = self.constant(Const::Tuple(items));
                    self.move_to(Reg::Temp(t), Operand::Const(k));
                }
                None => self.tuple(&args.defaults, Reg::Temp(t))?,
            }
        }
        let with_default: Vec<(&Arg, &'a Expr)> = args
            .kwonlyargs
            .iter()
            .zip(&args.kw_defaults)
            .filter_map(|(a, d)| Some((a, d.as_ref()?)))
            .collect();
        if !with_default.is_empty() {
            d |= FUNC_KWDEFAULTS;
            let t = self.temp();
            self.set_top(t);
            for (_, value) in &with_default {
                self.in_temp(value)?;
            }
            let keys = with_default
                .iter()
                .map(|(a, _)| Const::str(&self.mangle(&a.arg)))
                .collect();
            let keys = self.constant(Const::Tuple(keys));
            let (first, count) = (
                Field::Reg(Reg::Temp(t)),
                Field::Imm(with_default.len() as u32),
            );
            self.emit_extra(Op::BUILD_CONST_KEY_MAP, 0, first, first, count, keys.into());
            self.set_top(t + 1);
        }
        Ok(d)
    }

    /// Pushes the tuple of names and annotations, if there are any.
    fn annotations(&mut self, args: &'a Arguments, returns: Option<&'a Expr>) -> Result<bool> {
        let first = self.u().top;
        let stars = |a: &'a Option<P<Arg>>| a.as_ref().map(|a| &**a);
        let ordered = args
            .args
            .iter()
            .chain(&args.posonlyargs)
            .chain(stars(&args.vararg))
            .chain(&args.kwonlyargs)
            .chain(stars(&args.kwarg));
        let named: Vec<(Ident, &'a Expr)> = ordered
            .filter_map(|a| a.annotation.as_ref().map(|e| (a.arg.clone(), &**e)))
            .chain(returns.map(|e| ("return".into(), e)))
            .collect();
        if named.is_empty() {
            return Ok(false);
        }
        for (name, annotation) in &named {
            let key = Const::str(&self.mangle(name));
            let key = self.constant(key);
            let t = self.temp();
            self.move_to(Reg::Temp(t), Operand::Const(key));
            let t = self.temp();
            self.annotation_value(annotation, t)?;
        }
        self.build(
            Op::BUILD_TUPLE,
            Reg::Temp(first),
            first,
            2 * named.len() as u32,
        );
        self.set_top(first + 1);
        Ok(true)
    }

    /// The value of an annotation: evaluated, or its text.
    pub(super) fn annotation_value(&mut self, annotation: &'a Expr, t: u32) -> Result<()> {
        if self.future.annotations() {
            let text = unparse(annotation);
            let k = self.constant(Const::Str(text.into()));
            self.move_to(Reg::Temp(t), Operand::Const(k));
            return Ok(());
        }
        if let ExprKind::Starred { value, .. } = &annotation.kind {
            // *args: *Ts
            let value = self.operand_at(value, Some(t))?;
            let (b, kill) = self.field(value, Some(Reg::Temp(t)), pyrs_bytecode::KILL_B);
            self.emit(
                Op::UNPACK_SEQUENCE,
                kill,
                Field::Reg(Reg::Temp(t)),
                b,
                Field::Imm(1),
            );
            return Ok(());
        }
        self.expr_into(annotation, Reg::Temp(t))
    }

    /// Emits the closure and the function, whose other parts are already pushed from `base` on.
    pub(super) fn make_function(
        &mut self,
        unit: CodeUnit,
        base: u32,
        mut d: u8,
        dst: Reg,
    ) -> Result<()> {
        if !unit.freevars.is_empty() {
            d |= FUNC_CLOSURE;
            let first = self.u().top;
            for name in &unit.freevars {
                let name: Ident = name.as_str().into();
                let cell = self.cell_register(&name);
                let t = self.temp();
                self.emit_unary(Op::MOVE, 0, Reg::Temp(t), Operand::Var(cell));
            }
            self.build(
                Op::BUILD_TUPLE,
                Reg::Temp(first),
                first,
                unit.freevars.len() as u32,
            );
            self.set_top(first + 1);
        }
        let k = self.constant(Const::Code(Box::new(unit)));
        let u = self.u();
        u.temps = u.temps.max(base + 1);
        self.emit(
            Op::MAKE_FUNCTION,
            d,
            Field::Reg(dst),
            Field::Reg(Reg::Temp(base)),
            Field::Imm(k),
        );
        Ok(())
    }

    pub(super) fn lambda(
        &mut self,
        e: &'a Expr,
        args: &'a Arguments,
        body: &'a Expr,
        dst: Reg,
    ) -> Result<()> {
        for arg in all_args(args) {
            self.forbidden(&arg.arg, ExprContext::Store)?;
        }
        let top = self.u().top;
        let base = self.window_base(dst);
        let d = self.defaults(args)?;
        self.enter(
            self.node_block(e)?,
            ScopeKind::Lambda,
            "<lambda>".into(),
            e.span.lineno,
        );
        self.parameters(args);
        // So that the lambda has no docstring.
        self.constant(Const::None);
        self.at(body.span);
        let value = self.operand(body)?;
        self.at(body.span);
        self.return_value(value);
        let unit = self.leave()?;
        self.make_function(unit, base, d, dst)?;
        self.set_top(top);
        Ok(())
    }

    pub(super) fn class_def(
        &mut self,
        s: &'a Stmt,
        name: &'a Ident,
        bases: &'a [Expr],
        keywords: &'a [Keyword],
        body: &'a [Stmt],
        decorators: &'a [Expr],
    ) -> Result<()> {
        let top = self.u().top;
        let windows = self.decorators(decorators)?;
        let first_line = decorators.first().map_or(s.span.lineno, |d| d.span.lineno);
        self.enter(
            self.node_block(s)?,
            ScopeKind::Class,
            name.clone(),
            first_line,
        );
        self.u().private = Some(name.clone());
        let t = self.temp();
        let module = self.u().names.add(&"__name__".into());
        self.emit(
            Op::LOAD_NAME,
            0,
            Field::Reg(Reg::Temp(t)),
            Field::Imm(module),
            Field::None,
        );
        self.set_top(t);
        self.store_name(&"__module__".into(), Operand::Temp(t))?;
        let qualname = Const::str(&self.u().qualname.clone());
        let qualname = self.const_operand(qualname);
        self.store_name(&"__qualname__".into(), qualname)?;
        self.module_body(body)?;
        self.nowhere();
        if self.block().needs_class_closure {
            let cell = self.cell_register(&"__class__".into());
            self.store_name(&"__classcell__".into(), Operand::Var(cell))?;
            self.return_value(Operand::Var(cell));
        }
        let unit = self.leave()?;
        let base = self.temps(3);
        self.emit(
            Op::LOAD_BUILD_CLASS,
            0,
            Field::Reg(Reg::Temp(base)),
            Field::None,
            Field::None,
        );
        self.set_top(base + 2);
        self.make_function(unit, base + 2, 0, Reg::Temp(base + 2))?;
        self.set_top(base + 3);
        let t = self.temp();
        let k = self.constant(Const::str(name));
        self.move_to(Reg::Temp(t), Operand::Const(k));
        self.check_class_keywords(keywords)?;
        self.arguments(base, 2, bases, keywords, Reg::Temp(base))?;
        self.set_top(base + 1);
        self.apply_decorators(decorators, windows);
        self.store_name(
            name,
            Operand::Temp(if decorators.is_empty() { base } else { windows }),
        )?;
        self.set_top(top);
        Ok(())
    }

    fn check_class_keywords(&mut self, keywords: &[Keyword]) -> Result<()> {
        for (n, keyword) in keywords.iter().enumerate() {
            let Some(name) = &keyword.arg else { continue };
            self.forbidden(name, ExprContext::Store)?;
            if let Some(other) = keywords[n + 1..]
                .iter()
                .find(|k| k.arg.as_ref() == Some(name))
            {
                self.at(other.span);
                return self.error(format!("keyword argument repeated: {name}"));
            }
        }
        Ok(())
    }

    // Comprehensions

    pub(super) fn comprehension(&mut self, e: &'a Expr, dst: Reg) -> Result<()> {
        let (generators, name) = match &e.kind {
            ExprKind::ListComp { generators, .. } => (generators, "<listcomp>"),
            ExprKind::SetComp { generators, .. } => (generators, "<setcomp>"),
            ExprKind::DictComp { generators, .. } => (generators, "<dictcomp>"),
            ExprKind::GeneratorExp { generators, .. } => (generators, "<genexpr>"),
            _ => return Err(CompileError::value("not a comprehension")),
        };
        let Some(outermost) = generators.first() else {
            return Err(CompileError::value("comprehension with no generators"));
        };
        let is_generator = matches!(e.kind, ExprKind::GeneratorExp { .. });
        let outer_kind = self.u().kind;
        let top_level_await = self.top_level_await();
        let top = self.u().top;
        let base = self.window_base(dst);
        self.enter(
            self.node_block(e)?,
            ScopeKind::Comprehension,
            name.into(),
            e.span.lineno,
        );
        self.u().argcount = 1;
        self.at(e.span);
        let is_async = self.block().coroutine;
        if is_async
            && !is_generator
            && !matches!(
                outer_kind,
                ScopeKind::AsyncFunction | ScopeKind::Comprehension
            )
            && !top_level_await
        {
            return self.error("asynchronous comprehension outside of an asynchronous function");
        }
        let result = if is_generator {
            None
        } else {
            let t = self.temp();
            let op = match &e.kind {
                ExprKind::ListComp { .. } => Op::BUILD_LIST,
                ExprKind::SetComp { .. } => Op::BUILD_SET,
                _ => Op::BUILD_MAP,
            };
            self.build(op, Reg::Temp(t), t, 0);
            Some(t)
        };
        self.generator(e, generators, result)?;
        match result {
            Some(t) => self.return_value(Operand::Temp(t)),
            None => {
                let none = self.const_operand(Const::None);
                self.return_value(none);
            }
        }
        let unit = self.leave()?;
        self.temps(2);
        self.set_top(base);
        self.make_function(unit, base, 0, Reg::Temp(base))?;
        self.set_top(base + 2);
        let t = self.temp();
        let iter = if outermost.is_async != 0 {
            self.operand_at(&outermost.iter, Some(t))?
        } else {
            self.iterable(&outermost.iter, t)?
        };
        self.at(outermost.iter.span);
        let op = if outermost.is_async != 0 {
            Op::GET_AITER
        } else {
            Op::GET_ITER
        };
        self.at(e.span);
        self.emit_unary(op, 0, Reg::Temp(t), iter);
        if is_async && !is_generator {
            self.emit_call(base, 1, false, Reg::Temp(base));
            self.emit_unary(Op::GET_AWAITABLE, 0, Reg::Temp(base), Operand::Temp(base));
            self.yield_from(base, dst);
        } else {
            self.emit_call(base, 1, false, dst);
        }
        self.set_top(top);
        Ok(())
    }

    /// One `for` of a comprehension and what is inside it; the outermost iterates over parameter `.0`.
    fn generator(
        &mut self,
        e: &'a Expr,
        generators: &'a [Comprehension],
        result: Option<u32>,
    ) -> Result<()> {
        let Some((generator, inner)) = generators.split_first() else {
            return self.element(e, result);
        };
        let is_outermost = match &e.kind {
            ExprKind::ListComp {
                generators: all, ..
            }
            | ExprKind::SetComp {
                generators: all, ..
            }
            | ExprKind::DictComp {
                generators: all, ..
            }
            | ExprKind::GeneratorExp {
                generators: all, ..
            } => all.len() == generators.len(),
            _ => false,
        };
        let top = self.u().top;
        let skip = self.label();
        if !is_outermost && generator.is_async == 0 {
            // `for x in [value]` is an assignment.
            let single = match &generator.iter.kind {
                ExprKind::List { elts, .. } | ExprKind::Tuple { elts, .. } => match &elts[..] {
                    [only] if !matches!(only.kind, ExprKind::Starred { .. }) => Some(only),
                    _ => None,
                },
                _ => None,
            };
            if let Some(value) = single {
                self.assign(std::slice::from_ref(&*generator.target), value)?;
                for test in &generator.ifs {
                    self.jump_if(test, skip, false)?;
                }
                self.generator(e, inner, result)?;
                self.place(skip);
                return Ok(());
            }
        }
        let iter = if is_outermost {
            Reg::Local(0)
        } else {
            let t = self.temp();
            let value = if generator.is_async != 0 {
                self.operand_at(&generator.iter, Some(t))?
            } else {
                self.iterable(&generator.iter, t)?
            };
            let op = if generator.is_async != 0 {
                Op::GET_AITER
            } else {
                Op::GET_ITER
            };
            self.emit_unary(op, 0, Reg::Temp(t), value);
            Reg::Temp(t)
        };
        let start = self.label();
        if generator.is_async != 0 {
            // The iterator must be a temporary: END_ASYNC_FOR takes it.
            let iter = match iter {
                Reg::Temp(t) => t,
                other => {
                    let t = self.temp();
                    self.emit_unary(Op::MOVE, 0, Reg::Temp(t), Operand::Var(other));
                    t
                }
            };
            let (outer, ended) = (self.u().handler, self.label());
            self.place(start);
            self.async_next(iter, ended, &generator.target)?;
            for test in &generator.ifs {
                self.jump_if(test, skip, false)?;
            }
            self.generator(e, inner, result)?;
            self.place(skip);
            self.jump_back(start);
            self.place(ended);
            self.u().handler = outer;
            self.end_async_for(iter, e.span);
        } else {
            let end = self.label();
            self.place(start);
            self.for_iter(iter, &generator.target, end)?;
            for test in &generator.ifs {
                self.jump_if(test, skip, false)?;
            }
            self.generator(e, inner, result)?;
            self.place(skip);
            self.jump_back(start);
            self.place(end);
        }
        self.set_top(top);
        Ok(())
    }

    fn element(&mut self, e: &'a Expr, result: Option<u32>) -> Result<()> {
        let top = self.u().top;
        let saved = self.u().position;
        let list = Operand::Keep(result.unwrap_or(0));
        match &e.kind {
            ExprKind::GeneratorExp { elt, .. } => {
                let value = self.operand(elt)?;
                let t = match value {
                    Operand::Temp(t) => t,
                    _ => self.temp(),
                };
                self.yield_value(value, Reg::Temp(t));
                self.clear(t);
            }
            ExprKind::ListComp { elt, .. } | ExprKind::SetComp { elt, .. } => {
                let value = self.operand(elt)?;
                let op = if matches!(e.kind, ExprKind::ListComp { .. }) {
                    Op::LIST_APPEND
                } else {
                    Op::SET_ADD
                };
                self.emit_effect(op, 0, &[list, value]);
            }
            ExprKind::DictComp { key, value, .. } => {
                let k = self.operand(key)?;
                let v = self.operand(value)?;
                self.emit_effect(Op::MAP_ADD, 0, &[list, k, v]);
            }
            _ => {}
        }
        self.u().position = saved;
        self.set_top(top);
        Ok(())
    }
}

fn all_args(args: &Arguments) -> impl Iterator<Item = &Arg> {
    let stars = args.vararg.iter().chain(&args.kwarg).map(|a| &**a);
    args.posonlyargs
        .iter()
        .chain(&args.args)
        .chain(&args.kwonlyargs)
        .chain(stars)
}
