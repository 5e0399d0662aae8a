//! Control flow: branches, loops, `try`, `with`, and leaving them.
//!
//! Handlers: an exception lands in the first temporary that is dead at the handler; `PUSH_EXC` keeps the
//! previously handled exception beside it. The code that ends a handler by raising again restores that one first.
//! A `finally` body is compiled once for each way into it.

use super::*;

impl<'a> Compiler<'a> {
    pub(super) fn if_stmt(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result<()> {
        let otherwise = self.label();
        self.jump_if(test, otherwise, false)?;
        self.body(body)?;
        if orelse.is_empty() {
            self.place(otherwise);
            return Ok(());
        }
        let end = self.label();
        self.nowhere();
        self.jump(end);
        self.place(otherwise);
        self.body(orelse)?;
        self.place(end);
        Ok(())
    }

    pub(super) fn while_stmt(
        &mut self,
        test: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result<()> {
        let (otherwise, exit) = (self.label(), self.label());
        let start = self.here();
        let outer = self.u().handler;
        self.push_block(
            BlockKind::Loop {
                exit,
                start,
                iter: None,
            },
            outer,
        )?;
        self.jump_if(test, otherwise, false)?;
        self.body(body)?;
        self.nowhere();
        self.jump_back(start);
        self.pop_block();
        self.place(otherwise);
        self.body(orelse)?;
        self.place(exit);
        Ok(())
    }

    /// `FOR_ITER` and its exit jump; the item goes to `target`.
    pub(super) fn for_iter(&mut self, iter: Reg, target: &'a Expr, end: Label) -> Result<()> {
        let fast = self.fast_target(target);
        let top = self.u().top;
        let dst = match fast {
            Some(reg) => reg,
            None => Reg::Temp(self.temp()),
        };
        self.emit(
            Op::FOR_ITER,
            0,
            Field::Reg(iter),
            Field::Reg(dst),
            Field::None,
        );
        self.jump(end);
        if let Reg::Temp(t) = dst {
            self.store(target, Operand::Temp(t))?;
        }
        self.set_top(top);
        Ok(())
    }

    pub(super) fn for_stmt(
        &mut self,
        target: &'a Expr,
        iter: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result<()> {
        let (ended, exit) = (self.label(), self.label());
        let t = self.temp();
        let start = self.label();
        let outer = self.u().handler;
        self.push_block(
            BlockKind::Loop {
                exit,
                start,
                iter: Some(t),
            },
            outer,
        )?;
        let value = self.iterable(iter, t)?;
        self.emit_unary(Op::GET_ITER, 0, Reg::Temp(t), value);
        self.set_top(t + 1);
        self.place(start);
        self.for_iter(Reg::Temp(t), target, ended)?;
        self.body(body)?;
        self.nowhere();
        self.jump_back(start);
        self.pop_block();
        self.place(ended);
        self.set_top(t);
        self.body(orelse)?;
        self.place(exit);
        Ok(())
    }

    /// Awaits the next item of `iter` (a temporary, with nothing above it) into `target`; `StopAsyncIteration` goes
    /// to `ended`.
    pub(super) fn async_next(&mut self, iter: u32, ended: Label, target: &'a Expr) -> Result<()> {
        let outer = self.u().handler;
        let top = self.u().top;
        let handler = self.new_handler(ended, iter + 1);
        self.u().handler = handler;
        let base = self.temps(2);
        let (dst, from) = (Field::Reg(Reg::Temp(base)), Field::Reg(Reg::Temp(iter)));
        self.emit(Op::GET_ANEXT, 0, dst, from, Field::None);
        self.yield_from(base, Reg::Temp(base));
        self.u().handler = outer;
        self.set_top(base + 1);
        self.store(target, Operand::Temp(base))?;
        self.set_top(top);
        Ok(())
    }

    /// The handler of [`async_next`](Self::async_next).
    pub(super) fn end_async_for(&mut self, iter: u32, span: Span) {
        self.at(span);
        let (exc, iter) = (Field::Reg(Reg::Temp(iter + 1)), Field::Reg(Reg::Temp(iter)));
        self.emit(Op::END_ASYNC_FOR, 0, exc, iter, Field::None);
    }

    pub(super) fn async_for(
        &mut self,
        target: &'a Expr,
        iter: &'a Expr,
        body: &'a [Stmt],
        orelse: &'a [Stmt],
    ) -> Result<()> {
        if !self.top_level_await() && self.u().kind != ScopeKind::AsyncFunction {
            return self.error("'async for' outside async function");
        }
        let (ended, exit) = (self.label(), self.label());
        let t = self.temp();
        let start = self.label();
        let outer = self.u().handler;
        self.push_block(
            BlockKind::Loop {
                exit,
                start,
                iter: Some(t),
            },
            outer,
        )?;
        let value = self.operand_at(iter, Some(t))?;
        self.emit_unary(Op::GET_AITER, 0, Reg::Temp(t), value);
        self.set_top(t + 1);
        self.place(start);
        self.async_next(t, ended, target)?;
        self.body(body)?;
        self.nowhere();
        self.jump_back(start);
        self.pop_block();
        self.place(ended);
        self.end_async_for(t, iter.span);
        self.set_top(t);
        self.body(orelse)?;
        self.place(exit);
        Ok(())
    }

    // Leaving blocks

    pub(super) fn return_stmt(&mut self, s: &'a Stmt, value: Option<&'a Expr>) -> Result<()> {
        let block = self.block();
        if block.block_type != BlockType::Function {
            return self.error("'return' outside function");
        }
        if value.is_some() && block.coroutine && block.generator {
            return self.error("'return' with value in async generator");
        }
        let top = self.u().top;
        let mut result = match value {
            Some(value) => self.operand(value)?,
            None => self.const_operand(Const::None),
        };
        // What runs before the frame is left could change the variable.
        if matches!(result, Operand::Var(_)) && !self.u().blocks.is_empty() {
            let t = self.temp();
            self.move_to(Reg::Temp(t), result);
            result = Operand::Temp(t);
        }
        match value {
            Some(value) if value.span.lineno == s.span.lineno => {
                if self.fold(value).is_some() {
                    self.at(value.span);
                }
            }
            _ => self.at(s.span),
        }
        let handler = self.u().handler;
        if !self.u().blocks.is_empty() {
            // The statement has a line of its own before what it leaves.
            self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
        }
        self.unwind(0, &mut result)?;
        self.emit_effect(Op::RETURN, 0, &[result]);
        self.u().handler = handler;
        self.set_top(top);
        Ok(())
    }

    pub(super) fn break_stmt(&mut self) -> Result<()> {
        self.leave_loop(true)
    }
    pub(super) fn continue_stmt(&mut self) -> Result<()> {
        self.leave_loop(false)
    }

    fn leave_loop(&mut self, is_break: bool) -> Result<()> {
        // A line of its own for tracing.
        self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
        let found = self
            .u()
            .blocks
            .iter()
            .rposition(|b| matches!(b.kind, BlockKind::Loop { .. }));
        let star = self
            .u()
            .blocks
            .iter()
            .rposition(|b| matches!(b.kind, BlockKind::ExceptionGroupHandler));
        if star > found {
            return self
                .error("'break', 'continue' and 'return' cannot appear in an except* block");
        }
        let Some(at) = found else {
            return self.error(if is_break {
                "'break' outside loop"
            } else {
                "'continue' not properly in loop"
            });
        };
        let (top, handler) = (self.u().top, self.u().handler);
        let mut nothing = Operand::Const(0);
        self.unwind(at + 1, &mut nothing)?;
        let BlockKind::Loop { exit, start, iter } = self.u().blocks[at].kind.clone() else {
            return Ok(());
        };
        if is_break {
            if let Some(iter) = iter {
                self.u().handler = self.unit().blocks[at].outer;
                self.clear(iter);
            }
            self.jump(exit);
        } else {
            self.jump_back(start);
        }
        self.u().handler = handler;
        self.set_top(top);
        Ok(())
    }

    /// Leaves all blocks from the innermost down to index `down_to`; `value` is what `return` keeps.
    fn unwind(&mut self, down_to: usize, value: &mut Operand) -> Result<()> {
        let down_to = down_to.min(self.u().blocks.len());
        let saved = self.u().blocks.split_off(down_to);
        let mut result = Ok(());
        for n in (0..saved.len()).rev() {
            // The blocks further out are in force while this one's code runs.
            let outer: Vec<Block<'a>> = saved[..n].to_vec();
            self.u().blocks.extend(outer);
            result = self.unwind_one(&saved[n], value);
            self.u().blocks.truncate(down_to);
            if result.is_err() {
                break;
            }
        }
        self.u().blocks.extend(saved);
        result
    }

    fn unwind_one(&mut self, block: &Block<'a>, value: &mut Operand) -> Result<()> {
        self.u().handler = block.outer;
        match &block.kind {
            BlockKind::Loop { iter, .. } => {
                if let Some(iter) = iter {
                    self.clear(*iter);
                }
            }
            BlockKind::Try => {}
            BlockKind::FinallyTry(finalbody) => {
                let kept = match *value {
                    Operand::Temp(t) => {
                        let outer = self.u().handler;
                        self.push_block(BlockKind::PopValue(t), outer)?;
                        true
                    }
                    _ => false,
                };
                self.body(finalbody)?;
                if kept {
                    self.pop_block();
                }
                // What follows belongs to the last line that was executed here.
                self.nowhere();
            }
            BlockKind::FinallyEnd(exc) => self.pop_except(*exc),
            BlockKind::With {
                base,
                span,
                is_async,
            } => {
                self.at(*span);
                self.exit_with(*base, *is_async, value);
                self.nowhere();
            }
            BlockKind::HandlerCleanup { exc, name } => {
                if let Some(exc) = exc {
                    self.pop_except(*exc);
                }
                if let Some(name) = name {
                    self.forget(name)?;
                }
            }
            BlockKind::ExceptionGroupHandler => {
                return self
                    .error("'break', 'continue' and 'return' cannot appear in an except* block");
            }
            BlockKind::PopValue(t) => self.clear(*t),
        }
        Ok(())
    }

    fn pop_except(&mut self, exc: u32) {
        self.emit(
            Op::POP_EXCEPT,
            0,
            Field::Reg(Reg::Temp(exc)),
            Field::None,
            Field::None,
        );
    }

    fn push_exc(&mut self, exc: u32) {
        self.emit(
            Op::PUSH_EXC,
            0,
            Field::Reg(Reg::Temp(exc)),
            Field::None,
            Field::None,
        );
        self.set_top(exc + 2);
    }

    /// The exception of a handler goes on at the current position, the one handled before is back in force.
    fn pass_on(&mut self, exc: u32) {
        self.move_to(Reg::Temp(exc + 2), Operand::Keep(exc));
        self.pop_except(exc);
        let t = Field::Reg(Reg::Temp(exc + 2));
        self.emit(Op::RERAISE, 0, t, Field::None, Field::None);
        let u = self.u();
        u.temps = u.temps.max(exc + 3);
    }

    /// Where exceptions inside a handler land (`label`): the one in `exc + 2` goes on from where it was raised.
    fn reraise(&mut self, exc: u32, label: Label) {
        self.nowhere();
        self.place(label);
        self.pop_except(exc);
        let t = Field::Reg(Reg::Temp(exc + 2));
        self.emit(Op::RERAISE, RERAISE_IN_PLACE, t, Field::None, Field::None);
        let u = self.u();
        u.temps = u.temps.max(exc + 3);
    }

    /// `name = None; del name` at the end of an `except ... as name` body.
    fn forget(&mut self, name: &Ident) -> Result<()> {
        let none = self.const_operand(Const::None);
        self.store_name(name, none)?;
        self.delete_name(name)
    }

    // try

    pub(super) fn try_stmt(
        &mut self,
        body: &'a [Stmt],
        handlers: &'a [ExceptHandler],
        orelse: &'a [Stmt],
        finalbody: &'a [Stmt],
        star: bool,
    ) -> Result<()> {
        if finalbody.is_empty() {
            return self.try_except(body, handlers, orelse, star);
        }
        let exc = self.u().top;
        let outer = self.u().handler;
        let (caught, cleanup, exit) = (self.label(), self.label(), self.label());
        self.push_block(BlockKind::FinallyTry(finalbody), outer)?;
        let handler = self.new_handler(caught, exc);
        self.u().handler = handler;
        self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
        if handlers.is_empty() {
            self.body(body)?;
        } else {
            self.try_except(body, handlers, orelse, star)?;
        }
        self.nowhere();
        self.pop_block();
        self.u().handler = outer;
        self.body(finalbody)?;
        self.nowhere();
        self.jump(exit);
        self.place(caught);
        self.push_exc(exc);
        self.push_block(BlockKind::FinallyEnd(exc), outer)?;
        let handler = self.new_handler(cleanup, exc + 2);
        self.u().handler = handler;
        self.body(finalbody)?;
        self.pop_block();
        self.u().handler = outer;
        self.pass_on(exc);
        self.reraise(exc, cleanup);
        self.set_top(exc);
        self.place(exit);
        Ok(())
    }

    fn try_except(
        &mut self,
        body: &'a [Stmt],
        handlers: &'a [ExceptHandler],
        orelse: &'a [Stmt],
        star: bool,
    ) -> Result<()> {
        let exc = self.u().top;
        let outer = self.u().handler;
        let (caught, cleanup, end) = (self.label(), self.label(), self.label());
        let handler = self.new_handler(caught, exc);
        self.push_block(BlockKind::Try, outer)?;
        self.u().handler = handler;
        self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
        self.body(body)?;
        self.pop_block();
        self.u().handler = outer;
        // CPython puts the else part of except* behind the handlers, which shows in the order of names.
        let otherwise = self.label();
        if star {
            self.jump(otherwise);
        } else {
            self.body(orelse)?;
            self.nowhere();
            self.jump(end);
        }
        self.place(caught);
        self.push_exc(exc);
        let inside = self.new_handler(cleanup, exc + 2);
        self.u().handler = inside;
        if star {
            self.push_block(BlockKind::ExceptionGroupHandler, outer)?;
            self.star_handlers(handlers, exc, end, outer)?;
        } else {
            self.push_block(BlockKind::Try, outer)?;
            self.handlers(handlers, exc, cleanup, end, outer)?;
        }
        self.pop_block();
        self.u().handler = outer;
        if !star {
            match handlers.last().and_then(|h| h.type_.as_ref()) {
                Some(class) => self.at(class.span),
                None => self.nowhere(),
            }
            self.pass_on(exc);
        }
        self.reraise(exc, cleanup);
        self.set_top(exc);
        self.place(otherwise);
        if star {
            self.body(orelse)?;
        }
        self.place(end);
        Ok(())
    }

    fn handlers(
        &mut self,
        handlers: &'a [ExceptHandler],
        exc: u32,
        cleanup: Label,
        end: Label,
        outer: HandlerId,
    ) -> Result<()> {
        let inside = self.u().handler;
        for (n, handler) in handlers.iter().enumerate() {
            self.at(handler.span);
            if handler.type_.is_none() && n + 1 < handlers.len() {
                return self.error("default 'except:' must be last");
            }
            let next = self.label();
            if let Some(type_) = &handler.type_ {
                let top = self.u().top;
                let class = self.operand(type_)?;
                let (b, kill) = self.field(class, None, KILL_B);
                self.emit_jump(
                    Op::EXC_MATCH_JUMP,
                    kill,
                    Field::Reg(Reg::Temp(exc)),
                    b,
                    next,
                );
                self.set_top(top);
            } else {
                // A tracer sees the line of a bare `except:`, too.
                self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
            }
            let named_cleanup = self.label();
            if let Some(name) = &handler.name {
                self.store_name(name, Operand::Keep(exc))?;
                let h = self.new_handler(named_cleanup, exc + 2);
                self.u().handler = h;
            }
            self.push_block(
                BlockKind::HandlerCleanup {
                    exc: Some(exc),
                    name: handler.name.clone(),
                },
                outer,
            )?;
            self.body(&handler.body)?;
            self.pop_block();
            self.u().handler = outer;
            self.nowhere();
            self.pop_except(exc);
            if let Some(name) = &handler.name {
                self.forget(name)?;
                self.jump(end);
                self.u().handler = inside;
                self.place(named_cleanup);
                self.set_top(exc + 3);
                self.forget(name)?;
                self.jump(cleanup);
                self.set_top(exc + 2);
            } else {
                self.jump(end);
            }
            self.u().handler = inside;
            self.place(next);
        }
        Ok(())
    }

    /// `except*` clauses: `exc + 2` is the list of what they raise, `exc + 3` what is not yet handled.
    fn star_handlers(
        &mut self,
        handlers: &'a [ExceptHandler],
        exc: u32,
        end: Label,
        outer: HandlerId,
    ) -> Result<()> {
        let inside = self.u().handler;
        let (list, rest) = (exc + 2, exc + 3);
        self.temps(2);
        let matched = exc + 4;
        let reg = |t: u32| Field::Reg(Reg::Temp(t));
        self.build(Op::BUILD_LIST, Reg::Temp(list), list, 0);
        self.move_to(Reg::Temp(rest), Operand::Keep(exc));
        for handler in handlers {
            self.at(handler.span);
            let (raised, unmatched, next) = (self.label(), self.label(), self.label());
            let t = self.temp();
            if let Some(type_) = &handler.type_ {
                let class = self.operand(type_)?;
                let (c, kill) = self.field(class, None, KILL_C);
                self.emit(Op::CHECK_EG_MATCH, kill, reg(t), reg(rest), c);
                self.emit_jump(Op::JUMP_IF_NONE, 0, reg(t), Field::None, unmatched);
            }
            self.set_top(matched + 1);
            match &handler.name {
                Some(name) => self.store_name(name, Operand::Temp(matched))?,
                None => self.clear(matched),
            }
            self.set_top(matched);
            let h = self.new_handler(raised, matched);
            self.push_block(
                BlockKind::HandlerCleanup {
                    exc: None,
                    name: handler.name.clone(),
                },
                outer,
            )?;
            self.u().handler = h;
            self.body(&handler.body)?;
            self.pop_block();
            self.u().handler = inside;
            self.nowhere();
            if let Some(name) = &handler.name {
                self.forget(name)?;
            }
            self.jump(next);
            self.place(raised);
            self.set_top(matched + 1);
            if let Some(name) = &handler.name {
                self.forget(name)?;
            }
            self.emit_effect(
                Op::LIST_APPEND,
                0,
                &[Operand::Keep(list), Operand::Temp(matched)],
            );
            self.jump(next);
            self.place(unmatched);
            self.clear(matched);
            self.set_top(matched);
            self.place(next);
        }
        self.nowhere();
        let reraise = self.label();
        self.emit_effect(
            Op::LIST_APPEND,
            0,
            &[Operand::Keep(list), Operand::Temp(rest)],
        );
        self.emit(Op::PREP_RERAISE_STAR, 0, reg(rest), reg(exc), reg(list));
        self.clear(list);
        self.emit_jump(Op::JUMP_IF_NOT_NONE, 0, reg(rest), Field::None, reraise);
        self.clear(rest);
        self.u().handler = outer;
        self.pop_except(exc);
        self.jump(end);
        self.place(reraise);
        self.move_to(Reg::Temp(list), Operand::Temp(rest));
        self.set_top(exc + 2);
        Ok(())
    }

    // with

    pub(super) fn with_stmt(
        &mut self,
        s: &'a Stmt,
        items: &'a [WithItem],
        body: &'a [Stmt],
        is_async: bool,
    ) -> Result<()> {
        let Some((item, rest)) = items.split_first() else {
            return self.body(body);
        };
        let base = self.u().top;
        let outer = self.u().handler;
        let (caught, cleanup, suppressed, exit) =
            (self.label(), self.label(), self.label(), self.label());
        let reg = |t: u32| Field::Reg(Reg::Temp(t));
        let manager = self.operand(&item.context_expr)?;
        self.at(s.span);
        self.set_top(base);
        self.temps(3);
        let result = base + 2;
        let (b, kill) = match manager {
            // The manager's register is the window's first, so it is overwritten.
            Operand::Temp(t) if t == base => (reg(t), 0),
            other => self.field(other, None, KILL_B),
        };
        let op = if is_async {
            Op::BEFORE_ASYNC_WITH
        } else {
            Op::BEFORE_WITH
        };
        self.emit(op, kill, reg(base), b, Field::None);
        if is_async {
            self.temp();
            self.emit_unary(
                Op::GET_AWAITABLE,
                1,
                Reg::Temp(result),
                Operand::Temp(result),
            );
            self.yield_from(result, Reg::Temp(result));
            self.set_top(result + 1);
        }
        let handler = self.new_handler(caught, result);
        self.push_block(
            BlockKind::With {
                base,
                span: s.span,
                is_async,
            },
            outer,
        )?;
        self.u().handler = handler;
        match &item.optional_vars {
            Some(target) => self.store(target, Operand::Temp(result))?,
            None => self.clear(result),
        }
        self.set_top(result);
        if rest.is_empty() {
            self.body(body)?;
        } else {
            with_stack(|| self.with_stmt(s, rest, body, is_async))?;
        }
        self.pop_block();
        self.u().handler = outer;
        self.at(s.span);
        self.set_top(result);
        let mut nothing = Operand::Const(0);
        self.exit_with(base, is_async, &mut nothing);
        self.nowhere();
        self.jump(exit);
        self.place(caught);
        self.at(s.span);
        let exc = result;
        self.push_exc(exc);
        let handler = self.new_handler(cleanup, exc + 2);
        self.u().handler = handler;
        let t = self.temps(2);
        self.emit(Op::WITH_EXCEPT_START, 0, reg(t), reg(base), reg(exc));
        if is_async {
            self.emit_unary(Op::GET_AWAITABLE, 2, Reg::Temp(t), Operand::Temp(t));
            self.yield_from(t, Reg::Temp(t));
        }
        self.truth_jump(Operand::Temp(t), suppressed, true);
        self.u().handler = outer;
        self.move_to(Reg::Temp(t), Operand::Keep(exc));
        self.reraise(exc, cleanup);
        self.place(suppressed);
        self.pop_except(exc);
        self.clear(base);
        self.clear(base + 1);
        self.set_top(base);
        self.place(exit);
        Ok(())
    }

    /// Calls the exit function in `base` with three `None`. Its window would overlap a kept value, which moves up.
    fn exit_with(&mut self, base: u32, is_async: bool, value: &mut Operand) {
        let window_end = base + 5;
        let top = self.u().top.max(window_end);
        self.set_top(top);
        if let Operand::Temp(t) = *value
            && t < window_end
        {
            self.set_top(window_end + 1);
            self.move_to(Reg::Temp(window_end), Operand::Temp(t));
            *value = Operand::Temp(window_end);
        }
        for t in base + 2..window_end {
            self.load_none(t);
        }
        self.emit_call(base, 3, true, Reg::Temp(base));
        if is_async {
            self.emit_unary(Op::GET_AWAITABLE, 2, Reg::Temp(base), Operand::Temp(base));
            self.yield_from(base, Reg::Temp(base));
        }
        self.clear(base);
    }
}
