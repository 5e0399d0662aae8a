//! Calls: the window of callable, self and arguments.

use super::*;
use pyrs_bytecode::{CALL_EX_KWARGS, CALL_METHOD_FLAG};

/// Calls with more arguments than this pass them in a tuple and a dict.
const MAX_WINDOW: usize = 250;

impl<'a> Compiler<'a> {
    pub(super) fn emit_call(&mut self, base: u32, argc: u32, method: bool, dst: Reg) {
        let d = if method { CALL_METHOD_FLAG } else { 0 };
        self.emit(
            Op::CALL,
            d,
            Field::Reg(Reg::Temp(base)),
            Field::Imm(argc),
            Field::Reg(dst),
        );
    }

    /// The first register of a call's window: `dst` itself if that is the newest temporary.
    pub(super) fn window_base(&mut self, dst: Reg) -> u32 {
        match dst {
            Reg::Temp(t) if self.is_newest(t) => {
                self.set_top(t);
                t
            }
            _ => self.u().top,
        }
    }

    pub(super) fn call(
        &mut self,
        e: &'a Expr,
        func: &'a Expr,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        dst: Reg,
    ) -> Result<()> {
        self.check_keywords(keywords)?;
        let top = self.u().top;
        let base = self.window_base(dst);
        let simple = is_simple(args, keywords);
        if let (
            ExprKind::Attribute {
                value,
                attr,
                ctx: ExprContext::Load,
            },
            true,
        ) = (&func.kind, simple)
        {
            self.temp();
            let object = self.operand_at(value, Some(base))?;
            self.temp();
            self.at(func.span);
            self.at_attribute(func, attr);
            let (b, kill) = match object {
                // The object's register is part of the window, so it is overwritten.
                Operand::Temp(t) if t == base => (Field::Reg(Reg::Temp(t)), 0),
                other => self.field(other, None, KILL_B),
            };
            let name = self.name_index(attr);
            self.emit(
                Op::LOAD_METHOD,
                kill,
                Field::Reg(Reg::Temp(base)),
                b,
                Field::Imm(name),
            );
            self.at(e.span);
            self.simple_arguments(args, keywords)?;
            self.at(e.span);
            self.at_attribute(func, attr);
            self.finish_call(base, args.len(), keywords, true, dst);
            self.at(e.span);
        } else {
            self.check_caller(func);
            let t = self.temp();
            self.expr_into(func, Reg::Temp(t))?;
            self.temp();
            self.at(e.span);
            self.arguments(base, 0, args, keywords, dst)?;
        }
        self.set_top(top);
        Ok(())
    }

    fn check_keywords(&mut self, keywords: &[Keyword]) -> Result<()> {
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

    fn simple_arguments(&mut self, args: &'a [Expr], keywords: &'a [Keyword]) -> Result<()> {
        for arg in args {
            self.in_temp(arg)?;
        }
        for keyword in keywords {
            self.in_temp(&keyword.value)?;
        }
        Ok(())
    }

    fn finish_call(
        &mut self,
        base: u32,
        positional: usize,
        keywords: &'a [Keyword],
        method: bool,
        dst: Reg,
    ) {
        let argc = (positional + keywords.len()) as u32;
        if keywords.is_empty() {
            self.emit_call(base, argc, method, dst);
            return;
        }
        let names = keywords
            .iter()
            .flat_map(|k| &k.arg)
            .map(|n| Const::str(n))
            .collect();
        let names = self.constant(Const::Tuple(names));
        let d = if method { CALL_METHOD_FLAG } else { 0 };
        self.emit_extra(
            Op::CALL_KW,
            d,
            Field::Reg(Reg::Temp(base)),
            Field::Imm(argc),
            Field::Reg(dst),
            names.into(),
        );
    }

    /// The rest of a call whose callable is in `base` and whose first `prefilled` arguments are evaluated.
    pub(super) fn arguments(
        &mut self,
        base: u32,
        prefilled: u32,
        args: &'a [Expr],
        keywords: &'a [Keyword],
        dst: Reg,
    ) -> Result<()> {
        if is_simple(args, keywords) {
            self.simple_arguments(args, keywords)?;
            self.finish_call(base, prefilled as usize + args.len(), keywords, false, dst);
            return Ok(());
        }
        let positional = base + 2;
        match args {
            [single] if prefilled == 0 && matches!(single.kind, ExprKind::Starred { .. }) => {
                if let ExprKind::Starred { value, .. } = &single.kind {
                    self.in_temp(value)?;
                }
            }
            _ if prefilled == 0
                && !args
                    .iter()
                    .any(|a| matches!(a.kind, ExprKind::Starred { .. })) =>
            {
                let t = self.temp();
                if args.is_empty() {
                    let k = self.constant(Const::Tuple(Vec::new()));
                    self.move_to(Reg::Temp(t), Operand::Const(k));
                } else {
                    self.tuple(args, Reg::Temp(t))?;
                }
            }
            _ => {
                if prefilled > 0 {
                    self.build(Op::BUILD_LIST, Reg::Temp(positional), positional, prefilled);
                }
                self.set_top(positional + 1);
                self.starred_arguments(prefilled, args, positional)?;
            }
        }
        self.set_top(positional + 1);
        let mut d = 0;
        if !keywords.is_empty() {
            d = CALL_EX_KWARGS;
            match keywords {
                // The call looks into the mapping itself.
                [only] if only.arg.is_none() => {
                    self.in_temp(&only.value)?;
                }
                _ => {
                    let t = self.temp();
                    self.keyword_dict(base, keywords, t)?;
                }
            }
        }
        self.emit(
            Op::CALL_EX,
            d,
            Field::Reg(Reg::Temp(base)),
            Field::None,
            Field::Reg(dst),
        );
        Ok(())
    }

    /// A dict in `t` of keyword arguments: runs of named ones, `**mapping`s merged in order.
    fn keyword_dict(&mut self, base: u32, keywords: &'a [Keyword], t: u32) -> Result<()> {
        let mut rest = keywords;
        let mut have = false;
        while !rest.is_empty() {
            let named = rest.iter().take_while(|k| k.arg.is_some()).count();
            let top = self.u().top;
            if named > 0 {
                let (run, tail) = rest.split_at(named);
                rest = tail;
                let target = if have { self.temp() } else { t };
                self.named_dict(run, target)?;
                if have {
                    self.merge(t, Operand::Temp(target), base);
                }
                have = true;
            } else if let Some((first, tail)) = rest.split_first() {
                rest = tail;
                if !have {
                    self.build(Op::BUILD_MAP, Reg::Temp(t), 0, 0);
                    have = true;
                }
                let mapping = self.operand(&first.value)?;
                self.merge(t, mapping, base);
            }
            self.set_top(top);
        }
        Ok(())
    }

    fn merge(&mut self, t: u32, mapping: Operand, base: u32) {
        self.emit_effect(
            Op::DICT_MERGE,
            0,
            &[Operand::Keep(t), mapping, Operand::Keep(base)],
        );
    }

    fn named_dict(&mut self, run: &'a [Keyword], t: u32) -> Result<()> {
        if run.len() <= 16 {
            let first = self.u().top;
            for keyword in run {
                self.in_temp(&keyword.value)?;
            }
            let names = run
                .iter()
                .flat_map(|k| &k.arg)
                .map(|n| Const::str(n))
                .collect();
            let names = self.constant(Const::Tuple(names));
            let count = Field::Imm(run.len() as u32);
            let first = Field::Reg(Reg::Temp(first));
            self.emit_extra(
                Op::BUILD_CONST_KEY_MAP,
                0,
                Field::Reg(Reg::Temp(t)),
                first,
                count,
                names.into(),
            );
            return Ok(());
        }
        self.build(Op::BUILD_MAP, Reg::Temp(t), 0, 0);
        for keyword in run {
            let top = self.u().top;
            let name = keyword.arg.as_ref().map_or("", |n| n);
            let key = self.const_operand(Const::str(name));
            let value = self.operand(&keyword.value)?;
            self.emit_effect(Op::MAP_ADD, 0, &[Operand::Keep(t), key, value]);
            self.set_top(top);
        }
        Ok(())
    }
}

fn is_simple(args: &[Expr], keywords: &[Keyword]) -> bool {
    args.len() + keywords.len() <= MAX_WINDOW
        && !args
            .iter()
            .any(|a| matches!(a.kind, ExprKind::Starred { .. }))
        && keywords.iter().all(|k| k.arg.is_some())
}
