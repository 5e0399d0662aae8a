//! Displays, f-strings and `%` formatting with a constant pattern.

use super::*;

/// Longer displays are built item by item instead of from a window of registers.
const WINDOW: usize = 32;
/// Displays of at least this many constants are copied from one.
const CONSTANT_DISPLAY: usize = 3;

fn is_starred(e: &Expr) -> bool {
    matches!(e.kind, ExprKind::Starred { .. })
}

impl<'a> Compiler<'a> {
    pub(super) fn list(&mut self, elts: &'a [Expr], dst: Reg) -> Result<()> {
        if elts.len() <= WINDOW && !elts.iter().any(is_starred) {
            let constants =
                elts.len() >= CONSTANT_DISPLAY && elts.iter().all(|e| self.fold(e).is_some());
            if !constants {
                return self.window(Op::BUILD_LIST, elts, dst);
            }
        }
        self.through_temp(dst, |c, t| c.long_list(elts, t))
    }

    pub(super) fn tuple(&mut self, elts: &'a [Expr], dst: Reg) -> Result<()> {
        if elts.len() <= WINDOW && !elts.iter().any(is_starred) {
            return self.window(Op::BUILD_TUPLE, elts, dst);
        }
        self.through_temp(dst, |c, t| {
            c.long_list(elts, t)?;
            c.emit_unary(Op::LIST_TO_TUPLE, 0, Reg::Temp(t), Operand::Temp(t));
            Ok(())
        })
    }

    pub(super) fn set(&mut self, elts: &'a [Expr], t: u32) -> Result<()> {
        let constants: Option<Vec<Const>> = if elts.len() >= CONSTANT_DISPLAY {
            elts.iter().map(|e| self.fold(e)).collect()
        } else {
            None
        };
        if let Some(items) = constants {
            self.build(Op::BUILD_SET, Reg::Temp(t), 0, 0);
            let k = self.const_operand(Const::FrozenSet(items));
            self.emit_effect(Op::SET_UPDATE, 0, &[Operand::Keep(t), k]);
            return Ok(());
        }
        if elts.len() <= WINDOW && !elts.iter().any(is_starred) {
            return self.window(Op::BUILD_SET, elts, Reg::Temp(t));
        }
        self.build(Op::BUILD_SET, Reg::Temp(t), 0, 0);
        self.extend(elts, t, Op::SET_ADD, Op::SET_UPDATE)
    }

    /// `op dst, first, count`.
    pub(super) fn build(&mut self, op: Op, dst: Reg, first: u32, count: u32) {
        self.emit(
            op,
            0,
            Field::Reg(dst),
            Field::Reg(Reg::Temp(first)),
            Field::Imm(count),
        );
        let u = self.u();
        u.temps = u.temps.max(first + 1);
    }

    /// Evaluates all into consecutive temporaries (the first may be `dst`) and builds from them.
    fn window(&mut self, op: Op, elts: &'a [Expr], dst: Reg) -> Result<()> {
        let top = self.u().top;
        let first = match dst {
            Reg::Temp(t) if self.is_newest(t) => {
                self.set_top(t);
                t
            }
            _ => top,
        };
        for e in elts {
            self.in_temp(e)?;
        }
        self.build(op, dst, first, elts.len() as u32);
        self.set_top(top);
        Ok(())
    }

    fn long_list(&mut self, elts: &'a [Expr], t: u32) -> Result<()> {
        if let Some((first, rest)) = elts.split_first() {
            // [*x, ...] and constant runs start from nothing; so does everything else.
            let constants: Option<Vec<Const>> = elts.iter().map(|e| self.fold(e)).collect();
            self.build(Op::BUILD_LIST, Reg::Temp(t), 0, 0);
            if let Some(items) = constants {
                let k = self.const_operand(Const::Tuple(items));
                self.emit_effect(Op::LIST_EXTEND, 0, &[Operand::Keep(t), k]);
                return Ok(());
            }
            self.extend(
                std::slice::from_ref(first),
                t,
                Op::LIST_APPEND,
                Op::LIST_EXTEND,
            )?;
            return self.extend(rest, t, Op::LIST_APPEND, Op::LIST_EXTEND);
        }
        self.build(Op::BUILD_LIST, Reg::Temp(t), 0, 0);
        Ok(())
    }

    fn extend(&mut self, elts: &'a [Expr], t: u32, add: Op, update: Op) -> Result<()> {
        for e in elts {
            let top = self.u().top;
            match &e.kind {
                ExprKind::Starred { value, .. } => {
                    let value = self.operand(value)?;
                    self.emit_effect(update, 0, &[Operand::Keep(t), value]);
                }
                _ => {
                    let value = self.operand(e)?;
                    self.emit_effect(add, 0, &[Operand::Keep(t), value]);
                }
            }
            self.set_top(top);
        }
        Ok(())
    }

    /// A list in `t` of a call's positional arguments, some of them starred.
    pub(super) fn starred_arguments(
        &mut self,
        prefilled: u32,
        args: &'a [Expr],
        t: u32,
    ) -> Result<()> {
        if prefilled == 0 {
            self.build(Op::BUILD_LIST, Reg::Temp(t), 0, 0);
        }
        self.extend(args, t, Op::LIST_APPEND, Op::LIST_EXTEND)?;
        self.emit_unary(Op::LIST_TO_TUPLE, 0, Reg::Temp(t), Operand::Temp(t));
        Ok(())
    }

    pub(super) fn dict(
        &mut self,
        keys: &'a [Option<Expr>],
        values: &'a [Expr],
        t: u32,
    ) -> Result<()> {
        let plain = keys.iter().all(Option::is_some);
        if plain && keys.len() > 1 && keys.len() <= WINDOW {
            let constants: Option<Vec<Const>> =
                keys.iter().flatten().map(|k| self.fold(k)).collect();
            if let Some(keys) = constants {
                let top = self.u().top;
                let first = if self.is_newest(t) {
                    self.set_top(t);
                    t
                } else {
                    top
                };
                for value in values {
                    self.in_temp(value)?;
                }
                let k = self.constant(Const::Tuple(keys));
                let first = Field::Reg(Reg::Temp(first));
                let count = Field::Imm(values.len() as u32);
                self.emit_extra(
                    Op::BUILD_CONST_KEY_MAP,
                    0,
                    Field::Reg(Reg::Temp(t)),
                    first,
                    count,
                    k.into(),
                );
                self.set_top(top);
                return Ok(());
            }
        }
        if plain && keys.len() <= WINDOW / 2 {
            let top = self.u().top;
            let first = if self.is_newest(t) {
                self.set_top(t);
                t
            } else {
                top
            };
            for (key, value) in keys.iter().flatten().zip(values) {
                self.in_temp(key)?;
                self.in_temp(value)?;
            }
            self.build(Op::BUILD_MAP, Reg::Temp(t), first, keys.len() as u32);
            self.set_top(top);
            return Ok(());
        }
        self.build(Op::BUILD_MAP, Reg::Temp(t), 0, 0);
        for (key, value) in keys.iter().zip(values) {
            let top = self.u().top;
            match key {
                Some(key) => {
                    let key = self.operand(key)?;
                    let value = self.operand(value)?;
                    self.emit_effect(Op::MAP_ADD, 0, &[Operand::Keep(t), key, value]);
                }
                None => {
                    let value = self.operand(value)?;
                    self.emit_effect(Op::DICT_UPDATE, 0, &[Operand::Keep(t), value]);
                }
            }
            self.set_top(top);
        }
        Ok(())
    }

    pub(super) fn joined_str(&mut self, e: &'a Expr, values: &'a [Expr], dst: Reg) -> Result<()> {
        match values {
            [] => {
                let k = self.constant(Const::str(""));
                self.move_to(dst, Operand::Const(k));
                Ok(())
            }
            [single] => self.expr_into(single, dst),
            _ if values.len() <= WINDOW => self.window(Op::BUILD_STRING, values, dst),
            _ => {
                let base = self.temps(3);
                let list = base + 2;
                let k = self.const_operand(Const::str(""));
                self.emit_named(Op::LOAD_METHOD, Reg::Temp(base), k, &"join".into());
                self.build(Op::BUILD_LIST, Reg::Temp(list), 0, 0);
                self.extend(values, list, Op::LIST_APPEND, Op::LIST_EXTEND)?;
                self.at(e.span);
                self.emit_call(base, 1, true, dst);
                Ok(())
            }
        }
    }

    /// `'...%s...' % (a, b)` without widths: pieces are formatted one by one, as for an f-string. True if done.
    pub(super) fn percent_format(
        &mut self,
        left: &'a Expr,
        right: &'a Expr,
        dst: Reg,
    ) -> Result<bool> {
        let ExprKind::Constant {
            value: Constant::Str(text),
            ..
        } = &left.kind
        else {
            return Ok(false);
        };
        let ExprKind::Tuple { elts, .. } = &right.kind else {
            return Ok(false);
        };
        let Some(pieces) = format_pieces(text) else {
            return Ok(false);
        };
        let count = pieces
            .iter()
            .filter(|p| matches!(p, Piece::Value(_)))
            .count();
        if count != elts.len() || elts.iter().any(is_starred) || pieces.len() > WINDOW || count == 0
        {
            return Ok(false);
        }
        let top = self.u().top;
        let first = match dst {
            Reg::Temp(t) if self.is_newest(t) => {
                self.set_top(t);
                t
            }
            _ => top,
        };
        let saved = self.u().position;
        let mut values = elts.iter();
        for piece in &pieces {
            let t = self.temp();
            match piece {
                Piece::Text(text) => {
                    let k = self.constant(Const::Str(text.clone().into()));
                    self.move_to(Reg::Temp(t), Operand::Const(k));
                }
                Piece::Value(conversion) => {
                    if let Some(value) = values.next() {
                        let span = value.span;
                        let value = self.operand_at(value, Some(t))?;
                        self.at(span);
                        self.emit_unary(Op::FORMAT_VALUE, *conversion, Reg::Temp(t), value);
                    }
                }
            }
        }
        self.u().position = saved;
        self.build(Op::BUILD_STRING, dst, first, pieces.len() as u32);
        self.set_top(top);
        Ok(true)
    }
}

enum Piece {
    Text(Vec<u8>),
    /// Conversion number of `FORMAT_VALUE`.
    Value(u8),
}

/// Splits a pattern that has only `%s`, `%r`, `%a` and `%%`.
fn format_pieces(text: &[u8]) -> Option<Vec<Piece>> {
    let mut pieces = Vec::new();
    let mut run = Vec::new();
    let mut bytes = text.iter();
    while let Some(&b) = bytes.next() {
        if b != b'%' {
            run.push(b);
            continue;
        }
        let conversion = match bytes.next()? {
            b'%' => {
                run.push(b'%');
                continue;
            }
            b's' => 1,
            b'r' => 2,
            b'a' => 3,
            _ => return None,
        };
        if !run.is_empty() {
            pieces.push(Piece::Text(std::mem::take(&mut run)));
        }
        pieces.push(Piece::Value(conversion));
    }
    if !run.is_empty() {
        pieces.push(Piece::Text(run));
    }
    Some(pieces)
}
