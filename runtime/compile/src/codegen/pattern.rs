//! `match`. The subject stays in a temporary; each name that a pattern binds has a temporary that is filled while
//! matching and stored only when the whole pattern has matched. A failed match jumps to one place that clears
//! every temporary above the subject.

use super::*;

/// State of one `case`.
struct Case {
    /// Names in order of binding, with their temporaries.
    names: Vec<Ident>,
    first_name: u32,
    /// Names bound so far on this way.
    bound: Vec<Ident>,
    fail: Label,
    /// Highest temporary alive at a jump to `fail`.
    high: u32,
    allow_irrefutable: bool,
}

fn is_wildcard(p: &Pattern) -> bool {
    matches!(&p.kind, PatternKind::MatchAs { name: None, .. })
}
fn is_star_wildcard(p: &Pattern) -> bool {
    matches!(&p.kind, PatternKind::MatchStar { name: None })
}

/// All names that a pattern may bind.
fn collect_names(p: &Pattern, names: &mut Vec<Ident>) {
    let mut add = |n: &Option<Ident>| {
        if let Some(n) = n
            && !names.contains(n)
        {
            names.push(n.clone());
        }
    };
    match &p.kind {
        PatternKind::MatchValue { .. } | PatternKind::MatchSingleton { .. } => {}
        PatternKind::MatchStar { name } => add(name),
        PatternKind::MatchAs { pattern, name } => {
            add(name);
            if let Some(p) = pattern {
                with_stack(|| collect_names(p, names));
            }
        }
        PatternKind::MatchMapping { patterns, rest, .. } => {
            add(rest);
            patterns
                .iter()
                .for_each(|p| with_stack(|| collect_names(p, names)));
        }
        PatternKind::MatchClass {
            patterns,
            kwd_patterns,
            ..
        } => {
            patterns
                .iter()
                .chain(kwd_patterns)
                .for_each(|p| with_stack(|| collect_names(p, names)));
        }
        PatternKind::MatchSequence { patterns } | PatternKind::MatchOr { patterns } => {
            patterns
                .iter()
                .for_each(|p| with_stack(|| collect_names(p, names)));
        }
    }
}

impl<'a> Compiler<'a> {
    pub(super) fn match_stmt(
        &mut self,
        s: &'a Stmt,
        subject: &'a Expr,
        cases: &'a [MatchCase],
    ) -> Result<()> {
        let top = self.u().top;
        let end = self.label();
        let t = self.in_temp(subject)?;
        for (n, case) in cases.iter().enumerate() {
            let last = n + 1 == cases.len();
            let (fail, next) = (self.label(), self.label());
            self.at(case.pattern.span);
            let mut names = Vec::new();
            collect_names(&case.pattern, &mut names);
            let first_name = self.temps(names.len() as u32);
            let mut state = Case {
                first_name,
                names,
                bound: Vec::new(),
                fail,
                high: self.u().top,
                allow_irrefutable: case.guard.is_some() || last,
            };
            self.pattern(&case.pattern, t, false, &mut state)?;
            if is_wildcard(&case.pattern) {
                // Nothing to do, but the line counts as executed.
                self.emit(Op::NOP, 0, Field::None, Field::None, Field::None);
            }
            for name in state.bound.clone() {
                if let Some(n) = state.names.iter().position(|x| *x == name) {
                    self.store_name(&name, Operand::Temp(first_name + n as u32))?;
                }
            }
            self.set_top(first_name);
            if let Some(guard) = &case.guard {
                self.jump_if(guard, next, false)?;
            }
            self.nowhere();
            self.clear(t);
            // The subject is gone in the body, but its register stays reserved: it is alive on the other ways.
            self.body(&case.body)?;
            self.nowhere();
            self.jump(end);
            self.place(fail);
            self.at(case.pattern.span);
            for dead in first_name..state.high {
                self.clear(dead);
            }
            self.place(next);
        }
        self.at(s.span);
        self.nowhere();
        self.clear(t);
        self.place(end);
        self.set_top(top);
        Ok(())
    }

    fn fail_here(&mut self, case: &mut Case) -> Label {
        case.high = case.high.max(self.u().top);
        case.fail
    }

    fn bind(&mut self, name: &Ident, value: Operand, case: &mut Case) -> Result<()> {
        self.forbidden(name, ExprContext::Store)?;
        if case.bound.contains(name) {
            return self.error(format!(
                "multiple assignments to name {} in pattern",
                quoted(name)
            ));
        }
        case.bound.push(name.clone());
        if let Some(n) = case.names.iter().position(|x| x == name) {
            self.move_to(Reg::Temp(case.first_name + n as u32), value);
        }
        Ok(())
    }

    /// Matches the value in temporary `t`; `owned`: `t` is dead afterwards.
    fn pattern(&mut self, p: &'a Pattern, t: u32, owned: bool, case: &mut Case) -> Result<()> {
        let top = self.u().top;
        // The position stays at the innermost pattern visited, which is where CPython reports later errors.
        self.at(p.span);
        let value = if owned {
            Operand::Temp(t)
        } else {
            Operand::Keep(t)
        };
        let mut used = false;
        match &p.kind {
            PatternKind::MatchValue { value: e } => {
                if !matches!(
                    e.kind,
                    ExprKind::Constant { .. }
                        | ExprKind::Attribute { .. }
                        | ExprKind::UnaryOp { .. }
                        | ExprKind::BinOp { .. }
                ) {
                    return self.error("patterns may only match literals and attribute lookups");
                }
                let expected = self.operand(e)?;
                let fail = self.fail_here(case);
                self.compare_jump(CmpOp::Eq, value, expected, fail, false);
                used = true;
            }
            PatternKind::MatchSingleton { value: constant } => {
                let k = self.const_operand(fold::literal(constant));
                let fail = self.fail_here(case);
                self.compare_jump(CmpOp::Is, value, k, fail, false);
                used = true;
            }
            PatternKind::MatchStar { .. } => {
                return self.error("star pattern outside a sequence pattern");
            }
            PatternKind::MatchAs { pattern, name } => match (pattern, name) {
                (None, _) if !case.allow_irrefutable => {
                    return match name {
                        Some(name) => self.error(format!(
                            "name capture {} makes remaining patterns unreachable",
                            quoted(name)
                        )),
                        None => self.error("wildcard makes remaining patterns unreachable"),
                    };
                }
                (None, Some(name)) => {
                    self.bind(name, value, case)?;
                    used = true;
                }
                (None, None) => {}
                (Some(inner), _) => {
                    with_stack(|| self.pattern(inner, t, false, case))?;
                    if let Some(name) = name {
                        self.at(p.span);
                        self.bind(name, value, case)?;
                        used = true;
                    }
                }
            },
            PatternKind::MatchOr { patterns } => self.or_pattern(patterns, t, case)?,
            PatternKind::MatchSequence { patterns } => self.sequence_pattern(patterns, t, case)?,
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            } => {
                self.mapping_pattern(keys, patterns, rest.as_ref(), t, case)?;
            }
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_attrs,
                kwd_patterns,
            } => {
                self.class_pattern(p, cls, patterns, kwd_attrs, kwd_patterns, t, case)?;
            }
        }
        if owned && !used {
            self.clear(t);
        }
        self.set_top(top);
        Ok(())
    }

    /// A pattern inside another may be irrefutable.
    fn sub_pattern(&mut self, p: &'a Pattern, t: u32, owned: bool, case: &mut Case) -> Result<()> {
        let allowed = std::mem::replace(&mut case.allow_irrefutable, true);
        with_stack(|| self.pattern(p, t, owned, case))?;
        case.allow_irrefutable = allowed;
        Ok(())
    }

    fn or_pattern(&mut self, patterns: &'a [Pattern], t: u32, case: &mut Case) -> Result<()> {
        let matched = self.label();
        let before = case.bound.clone();
        let (fail, allowed) = (case.fail, case.allow_irrefutable);
        let mut names: Option<Vec<Ident>> = None;
        let mut order = Vec::new();
        for (n, alternative) in patterns.iter().enumerate() {
            let last = n + 1 == patterns.len();
            let top = self.u().top;
            let next = self.label();
            case.bound = before.clone();
            case.allow_irrefutable = last && allowed;
            case.fail = if last { fail } else { next };
            let high = std::mem::replace(&mut case.high, top);
            with_stack(|| self.pattern(alternative, t, false, case))?;
            let mut bound = case.bound[before.len()..].to_vec();
            bound.sort();
            match &names {
                None => {
                    order = case.bound.clone();
                    names = Some(bound);
                }
                Some(first) if *first != bound => {
                    return self.error("alternative patterns bind different names");
                }
                Some(_) => {}
            }
            if !last {
                self.jump(matched);
                self.place(next);
                for dead in top..case.high {
                    self.clear(dead);
                }
            }
            case.high = case.high.max(high);
        }
        case.bound = order;
        case.fail = fail;
        case.allow_irrefutable = allowed;
        self.place(matched);
        Ok(())
    }

    /// Jumps to the case's failure if the truth value in a new temporary, made by `op`, is false.
    fn test(&mut self, op: Op, t: u32, case: &mut Case) {
        let flag = self.temp();
        self.emit_unary(op, 0, Reg::Temp(flag), Operand::Keep(t));
        self.set_top(flag);
        let fail = self.fail_here(case);
        self.truth_jump(Operand::Temp(flag), fail, false);
    }

    fn test_length(&mut self, op: CmpOp, length: usize, t: u32, case: &mut Case) {
        let size = self.temp();
        self.emit_unary(Op::GET_LEN, 0, Reg::Temp(size), Operand::Keep(t));
        let k = self.const_operand(Const::Int(length as i64));
        let fail = self.fail_here(case);
        self.compare_jump(op, Operand::Temp(size), k, fail, false);
        self.set_top(size);
    }

    fn sequence_pattern(&mut self, patterns: &'a [Pattern], t: u32, case: &mut Case) -> Result<()> {
        let mut star = None;
        for (n, p) in patterns.iter().enumerate() {
            if matches!(p.kind, PatternKind::MatchStar { .. }) {
                if star.is_some() {
                    return self.error("multiple starred names in sequence pattern");
                }
                star = Some(n);
            }
        }
        let only_wildcards = patterns
            .iter()
            .all(|p| is_wildcard(p) || is_star_wildcard(p));
        let star_wildcard = star.is_some_and(|n| is_star_wildcard(&patterns[n]));
        self.test(Op::MATCH_SEQUENCE, t, case);
        match star {
            None => self.test_length(CmpOp::Eq, patterns.len(), t, case),
            Some(_) if patterns.len() > 1 => {
                self.test_length(CmpOp::GtE, patterns.len() - 1, t, case)
            }
            Some(_) => {}
        }
        if only_wildcards {
            return Ok(());
        }
        if let (Some(at), true) = (star, star_wildcard) {
            return self.indexed_items(patterns, at, t, case);
        }
        let (op, count) = match star {
            Some(n) if n >= 256 || patterns.len() - n > 256 => {
                return self.error("too many expressions in star-unpacking sequence pattern");
            }
            Some(n) => (
                Op::UNPACK_EX,
                n as u32 | ((patterns.len() - n - 1) as u32) << 8,
            ),
            None => (Op::UNPACK_SEQUENCE, patterns.len() as u32),
        };
        let first = self.temps(patterns.len() as u32);
        let (dst, from) = (Field::Reg(Reg::Temp(first)), Field::Reg(Reg::Temp(t)));
        self.emit(op, 0, dst, from, Field::Imm(count));
        self.items(patterns, first, case)
    }

    /// Matches consecutive temporaries, which die.
    fn items(&mut self, patterns: &'a [Pattern], first: u32, case: &mut Case) -> Result<()> {
        for (n, p) in patterns.iter().enumerate() {
            let item = first + n as u32;
            match &p.kind {
                PatternKind::MatchStar { name } => {
                    self.at(p.span);
                    match name {
                        Some(name) => self.bind(name, Operand::Temp(item), case)?,
                        None => self.clear(item),
                    }
                }
                _ => self.sub_pattern(p, item, true, case)?,
            }
        }
        Ok(())
    }

    /// With a nameless star only the items at the ends are fetched.
    fn indexed_items(
        &mut self,
        patterns: &'a [Pattern],
        star: usize,
        t: u32,
        case: &mut Case,
    ) -> Result<()> {
        for (n, p) in patterns.iter().enumerate() {
            if n == star || is_wildcard(p) {
                continue;
            }
            let item = self.temp();
            if n < star {
                let k = self.const_operand(Const::Int(n as i64));
                self.emit_binary(Op::LOAD_SUBSCR, 0, Reg::Temp(item), Operand::Keep(t), k);
            } else {
                self.emit_unary(Op::GET_LEN, 0, Reg::Temp(item), Operand::Keep(t));
                let k = self.const_operand(Const::Int((patterns.len() - n) as i64));
                self.emit_binary(Op::SUB, 0, Reg::Temp(item), Operand::Temp(item), k);
                self.emit_binary(
                    Op::LOAD_SUBSCR,
                    0,
                    Reg::Temp(item),
                    Operand::Keep(t),
                    Operand::Temp(item),
                );
            }
            self.sub_pattern(p, item, true, case)?;
            self.set_top(item);
        }
        Ok(())
    }

    fn mapping_pattern(
        &mut self,
        keys: &'a [Expr],
        patterns: &'a [Pattern],
        rest: Option<&'a Ident>,
        t: u32,
        case: &mut Case,
    ) -> Result<()> {
        if keys.len() != patterns.len() {
            return Err(CompileError::value(
                "keys and patterns of a mapping pattern differ in number",
            ));
        }
        self.test(Op::MATCH_MAPPING, t, case);
        if keys.is_empty() && rest.is_none() {
            return Ok(());
        }
        if !keys.is_empty() {
            self.test_length(CmpOp::GtE, keys.len(), t, case);
        }
        let mut seen: Vec<Const> = Vec::new();
        let mut constants = Vec::new();
        for key in keys {
            let value = self.fold(key);
            match (&key.kind, value) {
                (_, Some(value)) => {
                    if seen.iter().any(|k| same_key(k, &value)) {
                        let text = crate::unparse::const_repr(&value);
                        return self
                            .error(format!("mapping pattern checks duplicate key ({text})"));
                    }
                    seen.push(value.clone());
                    constants.push(value);
                }
                (ExprKind::Attribute { .. }, None) => {}
                _ => {
                    return self.error(
                        "mapping pattern keys may only match literals and attribute lookups",
                    );
                }
            }
        }
        let key_tuple = self.temp();
        if constants.len() == keys.len() {
            let k = self.constant(Const::Tuple(constants));
            self.move_to(Reg::Temp(key_tuple), Operand::Const(k));
        } else {
            self.tuple(keys, Reg::Temp(key_tuple))?;
        }
        let values = self.temp();
        self.emit_binary(
            Op::MATCH_KEYS,
            0,
            Reg::Temp(values),
            Operand::Keep(t),
            Operand::Keep(key_tuple),
        );
        let fail = self.fail_here(case);
        self.emit_jump(
            Op::JUMP_IF_NONE,
            0,
            Field::Reg(Reg::Temp(values)),
            Field::None,
            fail,
        );
        // The rest is taken first, so that the keys can go.
        match rest {
            Some(name) => {
                let saved = self.temp();
                let dst = Reg::Temp(saved);
                self.emit_binary(
                    Op::COPY_DICT_WITHOUT_KEYS,
                    0,
                    dst,
                    Operand::Keep(t),
                    Operand::Temp(key_tuple),
                );
                self.move_to(Reg::Temp(key_tuple), Operand::Temp(saved));
                self.set_top(saved);
                self.unpack_items(patterns, values, case)?;
                self.bind(name, Operand::Temp(key_tuple), case)?;
            }
            None => {
                self.clear(key_tuple);
                self.unpack_items(patterns, values, case)?;
            }
        }
        Ok(())
    }

    /// Unpacks the tuple in `values` (the newest temporary) and matches its items.
    fn unpack_items(
        &mut self,
        patterns: &'a [Pattern],
        values: u32,
        case: &mut Case,
    ) -> Result<()> {
        if patterns.is_empty() {
            self.clear(values);
            return Ok(());
        }
        self.set_top(values);
        let first = self.temps(patterns.len() as u32);
        let reg = Field::Reg(Reg::Temp(values));
        self.emit(
            Op::UNPACK_SEQUENCE,
            0,
            reg,
            reg,
            Field::Imm(patterns.len() as u32),
        );
        self.items(patterns, first, case)
    }

    fn class_pattern(
        &mut self,
        p: &Pattern,
        cls: &'a Expr,
        patterns: &'a [Pattern],
        attrs: &'a [Ident],
        kwd_patterns: &'a [Pattern],
        t: u32,
        case: &mut Case,
    ) -> Result<()> {
        if attrs.len() != kwd_patterns.len() {
            return Err(CompileError::value(
                "names and patterns of a class pattern differ in number",
            ));
        }
        for (n, attr) in attrs.iter().enumerate() {
            let saved = self.u().position;
            if let Some(pattern) = kwd_patterns.get(n) {
                self.at(pattern.span);
            }
            self.forbidden(attr, ExprContext::Store)?;
            if let Some(later) = attrs[n + 1..].iter().position(|a| a == attr) {
                if let Some(pattern) = kwd_patterns.get(n + 1 + later) {
                    self.at(pattern.span);
                }
                return self.error(format!("attribute name repeated in class pattern: {attr}"));
            }
            self.u().position = saved;
        }
        let class = self.operand(cls)?;
        self.at(p.span);
        let values = match class {
            Operand::Temp(c) => c,
            _ => self.temp(),
        };
        let names = self.constant(Const::Tuple(attrs.iter().map(|a| Const::str(a)).collect()));
        let extra = u64::from(names) | (patterns.len() as u64) << 32;
        let (b, _) = self.field(Operand::Keep(t), None, 0);
        let (c, kill) = self.field(class, Some(Reg::Temp(values)), KILL_C);
        self.emit_extra(
            Op::MATCH_CLASS,
            kill,
            Field::Reg(Reg::Temp(values)),
            b,
            c,
            extra,
        );
        let fail = self.fail_here(case);
        self.emit_jump(
            Op::JUMP_IF_NONE,
            0,
            Field::Reg(Reg::Temp(values)),
            Field::None,
            fail,
        );
        let count = patterns.len() + kwd_patterns.len();
        if count == 0 {
            self.clear(values);
            return Ok(());
        }
        self.set_top(values);
        let first = self.temps(count as u32);
        let reg = Field::Reg(Reg::Temp(values));
        self.emit(Op::UNPACK_SEQUENCE, 0, reg, reg, Field::Imm(count as u32));
        self.items(patterns, first, case)?;
        self.items(kwd_patterns, first + patterns.len() as u32, case)
    }
}

/// Keys that are equal in Python: numbers compare across types.
fn same_key(a: &Const, b: &Const) -> bool {
    let number = |c: &Const| match c {
        Const::Int(n) => Some((*n as f64, 0.0)),
        Const::True => Some((1.0, 0.0)),
        Const::False => Some((0.0, 0.0)),
        Const::Float(x) => Some((*x, 0.0)),
        Const::Complex(re, im) => Some((*re, *im)),
        _ => None,
    };
    match (a, b) {
        (Const::Int(x), Const::Int(y)) => x == y,
        _ => match (number(a), number(b)) {
            (Some(x), Some(y)) => x == y,
            _ => a == b,
        },
    }
}

fn quoted(name: &str) -> String {
    format!("'{name}'")
}
