//! Statements and the start rules.

use super::expr::starts_expression;
use super::target::{delete, single, store};
use super::{Parser, R, Stop};
use crate::ast::{
    Alias, Body, ExceptHandler, Expr, ExprContext, ExprKind, Ident, MatchCase, Mod, Operator, P,
    Span, Stmt, StmtKind, WithItem,
};
use crate::token::Tok;

fn augmented(kind: Tok) -> Option<Operator> {
    Some(match kind {
        Tok::PlusEqual => Operator::Add,
        Tok::MinEqual => Operator::Sub,
        Tok::StarEqual => Operator::Mult,
        Tok::AtEqual => Operator::MatMult,
        Tok::SlashEqual => Operator::Div,
        Tok::PercentEqual => Operator::Mod,
        Tok::AmperEqual => Operator::BitAnd,
        Tok::VBarEqual => Operator::BitOr,
        Tok::CircumflexEqual => Operator::BitXor,
        Tok::LeftShiftEqual => Operator::LShift,
        Tok::RightShiftEqual => Operator::RShift,
        Tok::DoubleStarEqual => Operator::Pow,
        Tok::DoubleSlashEqual => Operator::FloorDiv,
        _ => return None,
    })
}

impl Parser<'_> {
    /// One line or compound statement, appended to `body`.
    pub(super) fn statement(&mut self, body: &mut Vec<Stmt>) -> R<()> {
        match self.compound_statement()? {
            Some(stmt) => {
                body.push(stmt);
                Ok(())
            }
            None => self.simple_statements(body),
        }
    }

    fn compound_statement(&mut self) -> R<Option<Stmt>> {
        let stmt = match self.kind() {
            Tok::Name => {
                if !self.at_word(0, b"match") || !self.at_match_statement() {
                    return Ok(None);
                }
                self.match_statement()?
            }
            Tok::If => self.if_statement()?,
            Tok::Def | Tok::Class | Tok::At => self.decorated()?,
            Tok::For => self.for_statement(self.start(), false)?,
            Tok::While => self.while_statement()?,
            Tok::With => self.with_statement(self.start(), false)?,
            Tok::Try => self.try_statement()?,
            Tok::Async => self.async_statement()?,
            _ => return Ok(None),
        };
        Ok(Some(stmt))
    }

    pub(super) fn simple_statements(&mut self, body: &mut Vec<Stmt>) -> R<()> {
        loop {
            body.push(self.simple_statement()?);
            if self.eat(Tok::Semi) {
                if self.eat(Tok::Newline) {
                    return Ok(());
                }
            } else {
                return self.expect(Tok::Newline);
            }
        }
    }

    /// `interactive`: one statement, and nothing behind it.
    pub(super) fn interactive(&mut self) -> R<Mod> {
        let mut body = Vec::new();
        match self.kind() {
            Tok::Newline => {
                body.push(Stmt::new(self.start(), StmtKind::Pass {}));
                self.advance();
            }
            _ => match self.compound_statement()? {
                Some(stmt) => {
                    body.push(stmt);
                    self.expect(Tok::Newline)?;
                }
                None => self.simple_statements(&mut body)?,
            },
        }
        if self.more_statements() {
            return Err(Stop::Invalid);
        }
        Ok(Mod::Interactive {
            body: Body::new(body),
        })
    }

    /// Whether anything but blank lines and comments follows the last token consumed.
    fn more_statements(&self) -> bool {
        let last = &self.tokens[self.pos.saturating_sub(1)];
        text_follows(&self.unit.src[last.end as usize..])
    }

    /// `func_type`: `(int, *str, **Any) -> float`.
    pub(super) fn func_type(&mut self) -> R<Mod> {
        self.expect(Tok::LPar)?;
        let mut argtypes = Vec::new();
        let mut stars = 0;
        while self.kind() != Tok::RPar {
            let kind = self.kind();
            if matches!(kind, Tok::Star | Tok::DoubleStar) {
                let level = if kind == Tok::Star { 1 } else { 2 };
                if level <= stars {
                    return Err(Stop::Invalid);
                }
                stars = level;
                self.advance();
            } else if stars != 0 {
                return Err(Stop::Invalid);
            }
            argtypes.push(self.expression()?);
            if !self.eat(Tok::Comma) {
                break;
            }
            if self.kind() == Tok::RPar {
                return Err(Stop::Invalid);
            }
        }
        self.expect(Tok::RPar)?;
        self.expect(Tok::RArrow)?;
        let returns = self.expression()?;
        self.rest_is_empty()?;
        Ok(Mod::FunctionType {
            argtypes,
            returns: P::new(returns),
        })
    }

    // Simple statements.

    fn simple_statement(&mut self) -> R<Stmt> {
        let start = self.start();
        let kind = match self.kind() {
            Tok::Pass => {
                self.advance();
                StmtKind::Pass {}
            }
            Tok::Break => {
                self.advance();
                StmtKind::Break {}
            }
            Tok::Continue => {
                self.advance();
                StmtKind::Continue {}
            }
            Tok::Return => {
                self.advance();
                let value = if self.at_expression() || self.kind() == Tok::Star {
                    Some(P::new(self.star_expressions()?))
                } else {
                    None
                };
                StmtKind::Return { value }
            }
            Tok::Raise => {
                self.advance();
                let (mut exc, mut cause) = (None, None);
                if self.at_expression() {
                    exc = Some(P::new(self.expression()?));
                    if self.eat(Tok::From) {
                        cause = Some(P::new(self.expression()?));
                    }
                }
                StmtKind::Raise { exc, cause }
            }
            Tok::Assert => {
                self.advance();
                let test = P::new(self.expression()?);
                let msg = if self.eat(Tok::Comma) {
                    Some(P::new(self.expression()?))
                } else {
                    None
                };
                StmtKind::Assert { test, msg }
            }
            Tok::Del => self.del_statement()?,
            Tok::Global => {
                self.advance();
                StmtKind::Global {
                    names: self.name_list()?,
                }
            }
            Tok::Nonlocal => {
                self.advance();
                StmtKind::Nonlocal {
                    names: self.name_list()?,
                }
            }
            Tok::Import => {
                self.advance();
                StmtKind::Import {
                    names: self.dotted_as_names()?,
                }
            }
            Tok::From => self.import_from()?,
            _ => self.expression_statement(start)?,
        };
        Ok(Stmt::new(self.span(start), kind))
    }

    fn expression_statement(&mut self, start: Span) -> R<StmtKind> {
        let parenthesised = self.kind() == Tok::LPar;
        let is_yield = self.kind() == Tok::Yield;
        let mut first = self.yield_or_star_expressions()?;
        match self.kind() {
            Tok::Equal if !is_yield => {
                let mut targets = Vec::new();
                let mut value = first;
                while self.eat(Tok::Equal) {
                    store(&mut value)?;
                    targets.push(value);
                    let ends = self.kind() == Tok::Yield;
                    value = self.yield_or_star_expressions()?;
                    if ends && self.kind() == Tok::Equal {
                        return Err(Stop::Invalid);
                    }
                }
                let type_comment = self.type_comment();
                Ok(StmtKind::Assign {
                    targets,
                    value: P::new(value),
                    type_comment,
                })
            }
            Tok::Colon if !is_yield => {
                single(&mut first)?;
                let is_name = matches!(first.kind, ExprKind::Name { .. });
                let simple = i32::from(is_name && !parenthesised);
                self.advance();
                self.since(6, "Variable annotation syntax is")?;
                let annotation = P::new(self.expression()?);
                let value = if self.eat(Tok::Equal) {
                    Some(P::new(self.yield_or_star_expressions()?))
                } else {
                    None
                };
                Ok(StmtKind::AnnAssign {
                    target: P::new(first),
                    annotation,
                    value,
                    simple,
                })
            }
            kind => {
                if let Some(op) = augmented(kind)
                    && !is_yield
                {
                    single(&mut first)?;
                    self.advance();
                    let value = self.yield_or_star_expressions()?;
                    return Ok(StmtKind::AugAssign {
                        target: P::new(first),
                        op,
                        value: P::new(value),
                    });
                }
                let _ = start;
                Ok(StmtKind::Expr {
                    value: P::new(first),
                })
            }
        }
    }

    fn del_statement(&mut self) -> R<StmtKind> {
        self.advance();
        let mut targets = Vec::new();
        loop {
            let mut target = self.bitwise_or()?;
            delete(&mut target)?;
            targets.push(target);
            if !self.eat(Tok::Comma) || !self.at_expression() {
                break;
            }
        }
        if matches!(self.kind(), Tok::Semi | Tok::Newline) {
            Ok(StmtKind::Delete { targets })
        } else {
            Err(Stop::Invalid)
        }
    }

    fn name_list(&mut self) -> R<Vec<Ident>> {
        let mut names = vec![self.identifier()?];
        while self.eat(Tok::Comma) {
            names.push(self.identifier()?);
        }
        Ok(names)
    }

    fn dotted_name(&mut self) -> R<Ident> {
        let first = self.identifier()?;
        if self.kind() != Tok::Dot {
            return Ok(first);
        }
        let mut name = first.to_string();
        while self.eat(Tok::Dot) {
            name.push('.');
            name.push_str(&self.identifier()?);
        }
        Ok(Ident::from(name))
    }

    fn as_name(&mut self) -> R<Option<Ident>> {
        if self.eat(Tok::As) {
            self.identifier().map(Some)
        } else {
            Ok(None)
        }
    }

    fn dotted_as_names(&mut self) -> R<Vec<Alias>> {
        let mut names = Vec::new();
        loop {
            let start = self.start();
            let name = self.dotted_name()?;
            let asname = self.as_name()?;
            names.push(Alias {
                span: self.span(start),
                name,
                asname,
            });
            if !self.eat(Tok::Comma) {
                return Ok(names);
            }
        }
    }

    fn import_from(&mut self) -> R<StmtKind> {
        self.advance();
        let mut level = 0;
        loop {
            match self.kind() {
                Tok::Dot => level += 1,
                Tok::Ellipsis => level += 3,
                _ => break,
            }
            self.advance();
        }
        let module = if self.kind() == Tok::Import && level > 0 {
            None
        } else {
            Some(self.dotted_name()?)
        };
        self.expect(Tok::Import)?;
        let mut names = Vec::new();
        if self.kind() == Tok::Star {
            let span = self.start();
            self.advance();
            names.push(Alias {
                span,
                name: Ident::from("*"),
                asname: None,
            });
        } else {
            let parenthesised = self.eat(Tok::LPar);
            loop {
                let start = self.start();
                let name = self.identifier()?;
                let asname = self.as_name()?;
                names.push(Alias {
                    span: self.span(start),
                    name,
                    asname,
                });
                if !self.eat(Tok::Comma) || (parenthesised && self.kind() == Tok::RPar) {
                    break;
                }
            }
            if parenthesised {
                self.expect(Tok::RPar)?;
            }
        }
        Ok(StmtKind::ImportFrom {
            module,
            names,
            level: Some(level),
        })
    }

    // Compound statements.

    pub(super) fn block(&mut self) -> R<Body<Stmt>> {
        let mut body = Vec::new();
        if self.eat(Tok::Newline) {
            self.expect(Tok::Indent)?;
            self.nested(8, |parser| {
                while parser.kind() != Tok::Dedent {
                    parser.statement(&mut body)?;
                }
                Ok(())
            })?;
            self.advance();
        } else {
            self.simple_statements(&mut body)?;
        }
        Ok(Body::new(body))
    }

    /// `':' [TYPE_COMMENT] block`.
    fn typed_block(&mut self) -> R<(Option<Box<str>>, Body<Stmt>)> {
        self.expect(Tok::Colon)?;
        let type_comment = self.type_comment();
        Ok((type_comment, self.block()?))
    }

    /// The block of a function, whose type comment may stand on a line of its own.
    fn function_block(&mut self) -> R<(Option<Box<str>>, Body<Stmt>)> {
        self.expect(Tok::Colon)?;
        let mut type_comment = self.type_comment();
        let own_line = self.kind() == Tok::Newline
            && self.kind_at(1) == Tok::TypeComment
            && self.kind_at(2) == Tok::Newline
            && self.kind_at(3) == Tok::Indent;
        if own_line {
            self.advance();
            if type_comment.is_some() {
                return Err(self.refuse("Cannot have two type comments on def"));
            }
            type_comment = self.type_comment();
        }
        Ok((type_comment, self.block()?))
    }

    fn colon_block(&mut self) -> R<Body<Stmt>> {
        self.expect(Tok::Colon)?;
        self.block()
    }

    fn else_block(&mut self) -> R<Body<Stmt>> {
        if self.eat(Tok::Else) {
            self.colon_block()
        } else {
            Ok(Body::default())
        }
    }

    fn if_statement(&mut self) -> R<Stmt> {
        let mut arms = Vec::new();
        let before = self.depth;
        let result = self.if_arms(&mut arms);
        self.depth = before;
        let mut orelse = result?;
        while let Some((start, test, body)) = arms.pop() {
            let kind = StmtKind::If {
                test: P::new(test),
                body,
                orelse,
            };
            let stmt = Stmt::new(self.span(start), kind);
            if arms.is_empty() {
                return Ok(stmt);
            }
            orelse = Body::new(vec![stmt]);
        }
        Err(Stop::Invalid)
    }

    /// The `if` and `elif` arms; returns the body of `else`. Each arm counts as one level, as in CPython.
    fn if_arms(&mut self, arms: &mut Vec<(Span, Expr, Body<Stmt>)>) -> R<Body<Stmt>> {
        loop {
            let start = self.start();
            self.advance();
            let test = self.named_expression()?;
            arms.push((start, test, self.colon_block()?));
            if self.kind() != Tok::Elif {
                return self.else_block();
            }
            self.depth += 1;
            if self.depth > super::MAX_DEPTH {
                return Err(Stop::TooDeep);
            }
        }
    }

    fn while_statement(&mut self) -> R<Stmt> {
        let start = self.start();
        self.advance();
        let test = P::new(self.named_expression()?);
        let body = self.colon_block()?;
        let orelse = self.else_block()?;
        Ok(Stmt::new(
            self.span(start),
            StmtKind::While { test, body, orelse },
        ))
    }

    fn async_statement(&mut self) -> R<Stmt> {
        let start = self.start();
        self.advance();
        match self.kind() {
            Tok::Def => {
                self.since(5, "Async functions are")?;
                self.function(start, Vec::new(), true)
            }
            Tok::For => {
                self.since(5, "Async for loops are")?;
                self.for_statement(start, true)
            }
            Tok::With => {
                self.since(5, "Async with statements are")?;
                self.with_statement(start, true)
            }
            _ => Err(Stop::Invalid),
        }
    }

    fn for_statement(&mut self, start: Span, is_async: bool) -> R<Stmt> {
        self.advance();
        let target = P::new(self.star_targets()?);
        self.expect(Tok::In)?;
        let iter = P::new(self.star_expressions()?);
        let (type_comment, body) = self.typed_block()?;
        let orelse = self.else_block()?;
        let kind = if is_async {
            StmtKind::AsyncFor {
                target,
                iter,
                body,
                orelse,
                type_comment,
            }
        } else {
            StmtKind::For {
                target,
                iter,
                body,
                orelse,
                type_comment,
            }
        };
        Ok(Stmt::new(self.span(start), kind))
    }

    fn with_statement(&mut self, start: Span, is_async: bool) -> R<Stmt> {
        self.advance();
        let mut items = None;
        if self.kind() == Tok::LPar && self.parenthesis_ends_header() {
            let saved = (self.pos, self.prev_end, self.depth, self.warnings.len());
            match self.parenthesised_items() {
                Ok(found) => items = Some(found),
                Err(Stop::TooDeep) => return Err(Stop::TooDeep),
                Err(Stop::Invalid) => {
                    (self.pos, self.prev_end, self.depth) = (saved.0, saved.1, saved.2);
                    self.warnings.truncate(saved.3);
                }
            }
        }
        let (items, (type_comment, body)) = match items {
            Some(items) => {
                self.since(9, "Parenthesized context managers are")?;
                (items, (None, self.colon_block()?))
            }
            None => {
                let mut items = vec![self.with_item()?];
                while self.eat(Tok::Comma) {
                    items.push(self.with_item()?);
                }
                (items, self.typed_block()?)
            }
        };
        let kind = if is_async {
            StmtKind::AsyncWith {
                items,
                body,
                type_comment,
            }
        } else {
            StmtKind::With {
                items,
                body,
                type_comment,
            }
        };
        Ok(Stmt::new(self.span(start), kind))
    }

    /// Whether the bracket at the current token closes right before a colon.
    fn parenthesis_ends_header(&self) -> bool {
        let mut depth = 0usize;
        for (i, token) in self.tokens[self.pos..].iter().enumerate() {
            match token.kind {
                Tok::LPar | Tok::LSqb | Tok::LBrace => depth += 1,
                Tok::RPar | Tok::RSqb | Tok::RBrace => {
                    depth = depth.saturating_sub(1);
                    if depth == 0 {
                        return self.kind_at(i + 1) == Tok::Colon;
                    }
                }
                Tok::EndMarker | Tok::Error => return false,
                _ => {}
            }
        }
        false
    }

    fn parenthesised_items(&mut self) -> R<Vec<WithItem>> {
        self.expect(Tok::LPar)?;
        let mut items = vec![self.with_item()?];
        while self.eat(Tok::Comma) {
            if self.kind() == Tok::RPar {
                break;
            }
            items.push(self.with_item()?);
        }
        self.expect(Tok::RPar)?;
        if self.kind() == Tok::Colon {
            Ok(items)
        } else {
            Err(Stop::Invalid)
        }
    }

    fn with_item(&mut self) -> R<WithItem> {
        let context_expr = P::new(self.expression()?);
        let optional_vars = if self.eat(Tok::As) {
            Some(P::new(self.star_target()?))
        } else {
            None
        };
        Ok(WithItem {
            context_expr,
            optional_vars,
        })
    }

    fn try_statement(&mut self) -> R<Stmt> {
        let start = self.start();
        self.advance();
        let body = self.colon_block()?;
        let mut handlers = Vec::new();
        let is_star = self.kind() == Tok::Except && self.kind_at(1) == Tok::Star;
        while self.kind() == Tok::Except {
            let start = self.start();
            self.advance();
            if self.eat(Tok::Star) != is_star {
                return Err(Stop::Invalid);
            }
            if is_star {
                self.since(11, "Exception groups are")?;
            }
            let (mut type_, mut name) = (None, None);
            if is_star || self.kind() != Tok::Colon {
                type_ = Some(P::new(self.expression()?));
                name = self.as_name()?;
            }
            let body = self.colon_block()?;
            handlers.push(ExceptHandler {
                span: self.span(start),
                type_,
                name,
                body,
            });
        }
        let orelse = if handlers.is_empty() {
            Body::default()
        } else {
            self.else_block()?
        };
        let finalbody = if self.eat(Tok::Finally) {
            self.colon_block()?
        } else if handlers.is_empty() {
            return Err(Stop::Invalid);
        } else {
            Body::default()
        };
        let handlers = Body::new(handlers);
        let kind = if is_star {
            StmtKind::TryStar {
                body,
                handlers,
                orelse,
                finalbody,
            }
        } else {
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
            }
        };
        Ok(Stmt::new(self.span(start), kind))
    }

    fn decorated(&mut self) -> R<Stmt> {
        let mut decorators = Vec::new();
        while self.eat(Tok::At) {
            decorators.push(self.named_expression()?);
            self.expect(Tok::Newline)?;
        }
        let start = self.start();
        match self.kind() {
            Tok::Class => self.class(start, decorators),
            Tok::Def => self.function(start, decorators, false),
            Tok::Async if self.kind_at(1) == Tok::Def => {
                self.advance();
                self.since(5, "Async functions are")?;
                self.function(start, decorators, true)
            }
            _ => Err(Stop::Invalid),
        }
    }

    fn class(&mut self, start: Span, decorator_list: Vec<Expr>) -> R<Stmt> {
        self.advance();
        let name = self.identifier()?;
        let (bases, keywords) = if self.kind() == Tok::LPar {
            self.class_arguments()?
        } else {
            (Vec::new(), Vec::new())
        };
        let body = self.colon_block()?;
        Ok(Stmt::new(
            self.span(start),
            StmtKind::ClassDef {
                name,
                bases,
                keywords,
                body,
                decorator_list,
            },
        ))
    }

    /// As a call's arguments, but a lone generator expression needs parentheses of its own.
    fn class_arguments(&mut self) -> R<(Vec<Expr>, Vec<crate::ast::Keyword>)> {
        let open = self.start();
        let (args, keywords) = self.call_arguments()?;
        let bare_generator = args.first().is_some_and(|arg| {
            matches!(arg.kind, ExprKind::GeneratorExp { .. })
                && (arg.span.lineno, arg.span.col_offset) == (open.lineno, open.col_offset)
        });
        if bare_generator {
            Err(Stop::Invalid)
        } else {
            Ok((args, keywords))
        }
    }

    fn function(&mut self, start: Span, decorator_list: Vec<Expr>, is_async: bool) -> R<Stmt> {
        self.advance();
        let name = self.identifier()?;
        self.expect(Tok::LPar)?;
        let args = P::new(self.parameters(Tok::RPar, true)?);
        self.expect(Tok::RPar)?;
        let returns = if self.eat(Tok::RArrow) {
            Some(P::new(self.expression()?))
        } else {
            None
        };
        let (type_comment, body) = self.function_block()?;
        let kind = if is_async {
            StmtKind::AsyncFunctionDef {
                name,
                args,
                body,
                decorator_list,
                returns,
                type_comment,
            }
        } else {
            StmtKind::FunctionDef {
                name,
                args,
                body,
                decorator_list,
                returns,
                type_comment,
            }
        };
        Ok(Stmt::new(self.span(start), kind))
    }

    // match

    /// Whether the line that begins with the name `match` is a match statement: it goes on as an expression, and its
    /// last token is a colon with an indented block behind it. No other statement looks so.
    fn at_match_statement(&self) -> bool {
        let next = self.kind_at(1);
        if !(starts_expression(next) || next == Tok::Star) {
            return false;
        }
        let mut last = Tok::Name;
        for (i, token) in self.tokens[self.pos..].iter().enumerate() {
            match token.kind {
                Tok::Newline => return last == Tok::Colon && self.kind_at(i + 1) == Tok::Indent,
                Tok::EndMarker | Tok::Error => return false,
                kind => last = kind,
            }
        }
        false
    }

    fn match_statement(&mut self) -> R<Stmt> {
        let start = self.start();
        self.advance();
        let subject_start = self.start();
        let starred = self.kind() == Tok::Star;
        let mut subject = self.star_named_expression()?;
        if self.kind() == Tok::Comma {
            let mut elts = vec![subject];
            while self.eat(Tok::Comma) {
                if self.kind() == Tok::Colon {
                    break;
                }
                elts.push(self.star_named_expression()?);
            }
            subject = Expr::new(
                self.span(subject_start),
                ExprKind::Tuple {
                    elts,
                    ctx: ExprContext::Load,
                },
            );
        } else if starred {
            return Err(Stop::Invalid);
        }
        self.since(10, "Pattern matching is")?;
        self.expect(Tok::Colon)?;
        self.expect(Tok::Newline)?;
        self.expect(Tok::Indent)?;
        let mut cases = Vec::new();
        while self.kind() != Tok::Dedent {
            if !self.at_word(0, b"case") {
                return Err(Stop::Invalid);
            }
            self.advance();
            let pattern = P::new(self.patterns()?);
            let guard = if self.eat(Tok::If) {
                Some(P::new(self.named_expression()?))
            } else {
                None
            };
            let body = self.colon_block()?;
            cases.push(MatchCase {
                pattern,
                guard,
                body,
            });
        }
        self.advance();
        Ok(Stmt::new(
            self.span(start),
            StmtKind::Match {
                subject: P::new(subject),
                cases: Body::new(cases),
            },
        ))
    }
}

/// Whether there is more than white space and comments.
pub(crate) fn text_follows(text: &[u8]) -> bool {
    let mut rest = text;
    loop {
        match rest.first() {
            None => return false,
            Some(b' ' | b'\t' | b'\n' | 0x0c) => rest = &rest[1..],
            Some(b'#') => match memchr::memchr(b'\n', rest) {
                Some(end) => rest = &rest[end..],
                None => return false,
            },
            Some(_) => return true,
        }
    }
}
