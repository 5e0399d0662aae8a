//! Expressions.

use super::{Parser, R, Stop};
use crate::ast::{
    Arg, Arguments, BoolOperator, CmpOp, Comprehension, Constant, Expr, ExprContext, ExprKind,
    Keyword, Operator, P, Span, UnaryOperator,
};
use crate::token::Tok;

/// Binding power and operator of a binary operator token.
#[inline]
fn binary_operator(kind: Tok) -> Option<(u8, Operator)> {
    Some(match kind {
        Tok::VBar => (1, Operator::BitOr),
        Tok::Circumflex => (2, Operator::BitXor),
        Tok::Amper => (3, Operator::BitAnd),
        Tok::LeftShift => (4, Operator::LShift),
        Tok::RightShift => (4, Operator::RShift),
        Tok::Plus => (5, Operator::Add),
        Tok::Minus => (5, Operator::Sub),
        Tok::Star => (6, Operator::Mult),
        Tok::Slash => (6, Operator::Div),
        Tok::DoubleSlash => (6, Operator::FloorDiv),
        Tok::Percent => (6, Operator::Mod),
        Tok::At => (6, Operator::MatMult),
        _ => return None,
    })
}

impl Parser<'_> {
    /// Whether the current token can begin an expression (not a starred one).
    pub(super) fn at_expression(&self) -> bool {
        starts_expression(self.kind())
    }

    /// `star_expressions`: one expression, or a tuple without parentheses.
    pub(super) fn star_expressions(&mut self) -> R<Expr> {
        let start = self.start();
        let first = self.star_expression()?;
        self.tuple_tail(start, first, true)
    }

    /// `expressions`: as above without stars.
    pub(super) fn expressions(&mut self) -> R<Expr> {
        let start = self.start();
        let first = self.expression()?;
        self.tuple_tail(start, first, false)
    }

    fn tuple_tail(&mut self, start: Span, first: Expr, stars: bool) -> R<Expr> {
        if self.kind() != Tok::Comma {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(Tok::Comma) {
            let more = self.at_expression() || (stars && self.kind() == Tok::Star);
            if !more {
                break;
            }
            elts.push(if stars {
                self.star_expression()?
            } else {
                self.expression()?
            });
        }
        Ok(Expr::new(
            self.span(start),
            ExprKind::Tuple {
                elts,
                ctx: ExprContext::Load,
            },
        ))
    }

    /// `'*' bitwise_or | expression`.
    pub(super) fn star_expression(&mut self) -> R<Expr> {
        if self.kind() == Tok::Star {
            self.starred_bitwise_or()
        } else {
            self.expression()
        }
    }

    fn starred_bitwise_or(&mut self) -> R<Expr> {
        let start = self.start();
        self.advance();
        let value = self.bitwise_or()?;
        Ok(Expr::new(
            self.span(start),
            ExprKind::Starred {
                value: P::new(value),
                ctx: ExprContext::Load,
            },
        ))
    }

    /// `'*' expression`, in calls and subscripts.
    fn starred_expression(&mut self) -> R<Expr> {
        let start = self.start();
        self.advance();
        let value = self.expression()?;
        Ok(Expr::new(
            self.span(start),
            ExprKind::Starred {
                value: P::new(value),
                ctx: ExprContext::Load,
            },
        ))
    }

    /// `'*' bitwise_or | named_expression`.
    pub(super) fn star_named_expression(&mut self) -> R<Expr> {
        if self.kind() == Tok::Star {
            self.starred_bitwise_or()
        } else {
            self.named_expression()
        }
    }

    /// `NAME ':=' expression | expression`.
    pub(super) fn named_expression(&mut self) -> R<Expr> {
        if self.kind() == Tok::Name && self.kind_at(1) == Tok::ColonEqual {
            let start = self.start();
            let name_span = start;
            let id = self.identifier()?;
            self.advance();
            self.since(8, "Assignment expressions are")?;
            let value = self.expression()?;
            let target = Expr::new(
                name_span,
                ExprKind::Name {
                    id,
                    ctx: ExprContext::Store,
                },
            );
            return Ok(Expr::new(
                self.span(start),
                ExprKind::NamedExpr {
                    target: P::new(target),
                    value: P::new(value),
                },
            ));
        }
        let value = self.expression()?;
        if self.kind() == Tok::ColonEqual {
            return Err(Stop::Invalid);
        }
        Ok(value)
    }

    pub(super) fn yield_or_star_expressions(&mut self) -> R<Expr> {
        if self.kind() == Tok::Yield {
            self.yield_expr()
        } else {
            self.star_expressions()
        }
    }

    pub(super) fn yield_expr(&mut self) -> R<Expr> {
        let start = self.start();
        self.expect(Tok::Yield)?;
        if self.eat(Tok::From) {
            let value = self.expression()?;
            return Ok(Expr::new(
                self.span(start),
                ExprKind::YieldFrom {
                    value: P::new(value),
                },
            ));
        }
        let value = if self.at_expression() || self.kind() == Tok::Star {
            Some(P::new(self.star_expressions()?))
        } else {
            None
        };
        Ok(Expr::new(self.span(start), ExprKind::Yield { value }))
    }

    /// Any expression but tuples, stars and `:=`.
    pub(super) fn expression(&mut self) -> R<Expr> {
        self.nested(1, |parser| {
            let start = parser.start();
            if parser.kind() == Tok::Lambda {
                return parser.nested(1, Self::lambda);
            }
            let body = parser.disjunction()?;
            if parser.kind() != Tok::If {
                return Ok(body);
            }
            parser.advance();
            let test = parser.disjunction()?;
            parser.expect(Tok::Else)?;
            let orelse = parser.expression()?;
            Ok(Expr::new(
                parser.span(start),
                ExprKind::IfExp {
                    test: P::new(test),
                    body: P::new(body),
                    orelse: P::new(orelse),
                },
            ))
        })
    }

    fn lambda(&mut self) -> R<Expr> {
        let start = self.start();
        self.expect(Tok::Lambda)?;
        let args = self.parameters(Tok::Colon, false)?;
        self.expect(Tok::Colon)?;
        let body = self.expression()?;
        Ok(Expr::new(
            self.span(start),
            ExprKind::Lambda {
                args: P::new(args),
                body: P::new(body),
            },
        ))
    }

    pub(super) fn disjunction(&mut self) -> R<Expr> {
        let start = self.start();
        let first = self.conjunction()?;
        if self.kind() != Tok::Or {
            return Ok(first);
        }
        let mut values = vec![first];
        while self.eat(Tok::Or) {
            values.push(self.conjunction()?);
        }
        Ok(Expr::new(
            self.span(start),
            ExprKind::BoolOp {
                op: BoolOperator::Or,
                values,
            },
        ))
    }

    fn conjunction(&mut self) -> R<Expr> {
        let start = self.start();
        let first = self.inversion()?;
        if self.kind() != Tok::And {
            return Ok(first);
        }
        let mut values = vec![first];
        while self.eat(Tok::And) {
            values.push(self.inversion()?);
        }
        Ok(Expr::new(
            self.span(start),
            ExprKind::BoolOp {
                op: BoolOperator::And,
                values,
            },
        ))
    }

    fn inversion(&mut self) -> R<Expr> {
        if self.kind() != Tok::Not {
            return self.comparison();
        }
        let start = self.start();
        self.advance();
        let operand = self.nested(1, Self::inversion)?;
        Ok(Expr::new(
            self.span(start),
            ExprKind::UnaryOp {
                op: UnaryOperator::Not,
                operand: P::new(operand),
            },
        ))
    }

    fn comparison_operator(&mut self) -> R<Option<CmpOp>> {
        let op = match self.kind() {
            Tok::EqEqual => CmpOp::Eq,
            Tok::NotEqual => {
                let flufl = self.text(self.token()) == b"<>";
                if flufl != self.unit.options.barry_as_flufl {
                    return Err(Stop::Invalid);
                }
                CmpOp::NotEq
            }
            Tok::LessEqual => CmpOp::LtE,
            Tok::Less => CmpOp::Lt,
            Tok::GreaterEqual => CmpOp::GtE,
            Tok::Greater => CmpOp::Gt,
            Tok::In => CmpOp::In,
            Tok::Not => {
                if self.kind_at(1) != Tok::In {
                    return Ok(None);
                }
                self.advance();
                CmpOp::NotIn
            }
            Tok::Is => {
                if self.kind_at(1) == Tok::Not {
                    self.advance();
                    CmpOp::IsNot
                } else {
                    CmpOp::Is
                }
            }
            _ => return Ok(None),
        };
        self.advance();
        Ok(Some(op))
    }

    fn comparison(&mut self) -> R<Expr> {
        let start = self.start();
        let left = self.bitwise_or()?;
        let Some(op) = self.comparison_operator()? else {
            return Ok(left);
        };
        let mut ops = vec![op];
        let mut comparators = vec![self.bitwise_or()?];
        while let Some(op) = self.comparison_operator()? {
            ops.push(op);
            comparators.push(self.bitwise_or()?);
        }
        Ok(Expr::new(
            self.span(start),
            ExprKind::Compare {
                left: P::new(left),
                ops,
                comparators,
            },
        ))
    }

    #[inline]
    pub(super) fn bitwise_or(&mut self) -> R<Expr> {
        self.binary(1)
    }

    fn binary(&mut self, minimum: u8) -> R<Expr> {
        let start = self.start();
        let mut left = self.factor()?;
        while let Some((power, op)) = binary_operator(self.kind()) {
            if power < minimum {
                break;
            }
            self.advance();
            if op == Operator::MatMult {
                self.since(5, "The '@' operator is")?;
            }
            let right = self.binary(power + 1)?;
            left = Expr::new(
                self.span(start),
                ExprKind::BinOp {
                    left: P::new(left),
                    op,
                    right: P::new(right),
                },
            );
        }
        Ok(left)
    }

    fn factor(&mut self) -> R<Expr> {
        let op = match self.kind() {
            Tok::Plus => UnaryOperator::UAdd,
            Tok::Minus => UnaryOperator::USub,
            Tok::Tilde => UnaryOperator::Invert,
            _ => return self.power(),
        };
        let start = self.start();
        self.advance();
        let operand = self.nested(1, Self::factor)?;
        Ok(Expr::new(
            self.span(start),
            ExprKind::UnaryOp {
                op,
                operand: P::new(operand),
            },
        ))
    }

    fn power(&mut self) -> R<Expr> {
        let start = self.start();
        let base = if self.eat(Tok::Await) {
            self.since(5, "Await expressions are")?;
            let value = self.primary()?;
            Expr::new(
                self.span(start),
                ExprKind::Await {
                    value: P::new(value),
                },
            )
        } else {
            self.primary()?
        };
        if !self.eat(Tok::DoubleStar) {
            return Ok(base);
        }
        let exponent = self.nested(2, Self::factor)?;
        Ok(Expr::new(
            self.span(start),
            ExprKind::BinOp {
                left: P::new(base),
                op: Operator::Pow,
                right: P::new(exponent),
            },
        ))
    }

    fn primary(&mut self) -> R<Expr> {
        let start = self.start();
        let mut value = self.atom()?;
        loop {
            match self.kind() {
                Tok::Dot => {
                    self.advance();
                    let attr = self.identifier()?;
                    value = Expr::new(
                        self.span(start),
                        ExprKind::Attribute {
                            value: P::new(value),
                            attr,
                            ctx: ExprContext::Load,
                        },
                    );
                }
                Tok::LPar => {
                    let (args, keywords) = self.call_arguments()?;
                    value = Expr::new(
                        self.span(start),
                        ExprKind::Call {
                            func: P::new(value),
                            args,
                            keywords,
                        },
                    );
                }
                Tok::LSqb => {
                    self.advance();
                    let slice = self.slices()?;
                    self.expect(Tok::RSqb)?;
                    value = Expr::new(
                        self.span(start),
                        ExprKind::Subscript {
                            value: P::new(value),
                            slice: P::new(slice),
                            ctx: ExprContext::Load,
                        },
                    );
                }
                _ => return Ok(value),
            }
        }
    }

    /// `slices`: what stands between the brackets of a subscript.
    fn slices(&mut self) -> R<Expr> {
        let start = self.start();
        let starred = self.kind() == Tok::Star;
        let first = if starred {
            self.starred_expression()?
        } else {
            self.slice()?
        };
        if !starred && self.kind() != Tok::Comma {
            return Ok(first);
        }
        let mut elts = vec![first];
        while self.eat(Tok::Comma) {
            if self.kind() == Tok::RSqb {
                break;
            }
            elts.push(if self.kind() == Tok::Star {
                self.starred_expression()?
            } else {
                self.slice()?
            });
        }
        Ok(Expr::new(
            self.span(start),
            ExprKind::Tuple {
                elts,
                ctx: ExprContext::Load,
            },
        ))
    }

    fn slice(&mut self) -> R<Expr> {
        let start = self.start();
        let lower = if self.kind() == Tok::Colon {
            None
        } else {
            let named = self.kind() == Tok::Name && self.kind_at(1) == Tok::ColonEqual;
            let value = self.named_expression()?;
            if named || self.kind() != Tok::Colon {
                return Ok(value);
            }
            Some(P::new(value))
        };
        self.expect(Tok::Colon)?;
        let upper = self.optional_expression()?;
        let step = if self.eat(Tok::Colon) {
            self.optional_expression()?
        } else {
            None
        };
        Ok(Expr::new(
            self.span(start),
            ExprKind::Slice { lower, upper, step },
        ))
    }

    fn optional_expression(&mut self) -> R<Option<P<Expr>>> {
        if self.at_expression() {
            Ok(Some(P::new(self.expression()?)))
        } else {
            Ok(None)
        }
    }

    /// `'(' [arguments] ')'`.
    pub(super) fn call_arguments(&mut self) -> R<(Vec<Expr>, Vec<Keyword>)> {
        let open = self.start();
        self.expect(Tok::LPar)?;
        let (mut args, mut keywords) = (Vec::new(), Vec::new());
        let mut double_starred = false;
        while self.kind() != Tok::RPar {
            let start = self.start();
            match self.kind() {
                Tok::Star => {
                    if double_starred {
                        return Err(Stop::Invalid);
                    }
                    args.push(self.starred_expression()?);
                }
                Tok::DoubleStar => {
                    self.advance();
                    double_starred = true;
                    let value = self.expression()?;
                    keywords.push(Keyword {
                        span: self.span(start),
                        arg: None,
                        value: P::new(value),
                    });
                }
                Tok::Name if self.kind_at(1) == Tok::Equal => {
                    let name = self.identifier()?;
                    self.advance();
                    let value = self.expression()?;
                    keywords.push(Keyword {
                        span: self.span(start),
                        arg: Some(name),
                        value: P::new(value),
                    });
                }
                _ => {
                    if !keywords.is_empty() {
                        return Err(Stop::Invalid);
                    }
                    let value = self.named_expression()?;
                    if matches!(self.kind(), Tok::For | Tok::Async) {
                        // A generator expression may stand alone only, and then its parentheses are the call's.
                        if !args.is_empty() {
                            return Err(Stop::Invalid);
                        }
                        let generators = self.comprehensions()?;
                        self.expect(Tok::RPar)?;
                        let span = self.span(open);
                        args.push(Expr::new(
                            span,
                            ExprKind::GeneratorExp {
                                elt: P::new(value),
                                generators,
                            },
                        ));
                        return Ok((args, keywords));
                    }
                    args.push(value);
                }
            }
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(Tok::RPar)?;
        Ok((args, keywords))
    }

    /// `for_if_clauses`.
    fn comprehensions(&mut self) -> R<Vec<Comprehension>> {
        let mut clauses = Vec::new();
        while matches!(self.kind(), Tok::For | Tok::Async) {
            let is_async = i32::from(self.eat(Tok::Async));
            self.expect(Tok::For)?;
            if is_async != 0 {
                self.since(6, "Async comprehensions are")?;
            }
            let target = self.star_targets()?;
            self.expect(Tok::In)?;
            let iter = self.disjunction()?;
            let mut ifs = Vec::new();
            while self.eat(Tok::If) {
                ifs.push(self.disjunction()?);
            }
            clauses.push(Comprehension {
                target: P::new(target),
                iter: P::new(iter),
                ifs,
                is_async,
            });
        }
        Ok(clauses)
    }

    fn constant(&mut self, value: Constant) -> Expr {
        let span = self.start();
        self.advance();
        Expr::new(span, ExprKind::Constant { value, kind: None })
    }

    pub(super) fn atom(&mut self) -> R<Expr> {
        match self.kind() {
            Tok::Name => {
                let span = self.start();
                let id = self.identifier()?;
                Ok(Expr::new(
                    span,
                    ExprKind::Name {
                        id,
                        ctx: ExprContext::Load,
                    },
                ))
            }
            Tok::Number => self.number(),
            Tok::String => self.strings(),
            Tok::True => Ok(self.constant(Constant::True)),
            Tok::False => Ok(self.constant(Constant::False)),
            Tok::None => Ok(self.constant(Constant::None)),
            Tok::Ellipsis => Ok(self.constant(Constant::Ellipsis)),
            Tok::LPar => self.nested(16, Self::parenthesised),
            Tok::LSqb => self.nested(16, Self::list),
            Tok::LBrace => self.nested(16, Self::dict_or_set),
            _ => Err(Stop::Invalid),
        }
    }

    fn parenthesised(&mut self) -> R<Expr> {
        let start = self.start();
        self.advance();
        if self.eat(Tok::RPar) {
            return Ok(Expr::new(
                self.span(start),
                ExprKind::Tuple {
                    elts: Vec::new(),
                    ctx: ExprContext::Load,
                },
            ));
        }
        if self.kind() == Tok::Yield {
            let value = self.yield_expr()?;
            self.expect(Tok::RPar)?;
            return Ok(value);
        }
        let starred = self.kind() == Tok::Star;
        let first = self.star_named_expression()?;
        match self.kind() {
            Tok::Comma => {
                let elts = self.elements(first, Tok::RPar)?;
                self.expect(Tok::RPar)?;
                Ok(Expr::new(
                    self.span(start),
                    ExprKind::Tuple {
                        elts,
                        ctx: ExprContext::Load,
                    },
                ))
            }
            Tok::RPar if !starred => {
                self.advance();
                Ok(first)
            }
            Tok::For | Tok::Async if !starred => {
                let generators = self.comprehensions()?;
                self.expect(Tok::RPar)?;
                Ok(Expr::new(
                    self.span(start),
                    ExprKind::GeneratorExp {
                        elt: P::new(first),
                        generators,
                    },
                ))
            }
            _ => Err(Stop::Invalid),
        }
    }

    /// The rest of a comma-separated list in brackets.
    fn elements(&mut self, first: Expr, closing: Tok) -> R<Vec<Expr>> {
        let mut elts = vec![first];
        while self.eat(Tok::Comma) {
            if self.kind() == closing {
                break;
            }
            elts.push(self.star_named_expression()?);
        }
        Ok(elts)
    }

    fn list(&mut self) -> R<Expr> {
        let start = self.start();
        self.advance();
        if self.eat(Tok::RSqb) {
            return Ok(Expr::new(
                self.span(start),
                ExprKind::List {
                    elts: Vec::new(),
                    ctx: ExprContext::Load,
                },
            ));
        }
        let starred = self.kind() == Tok::Star;
        let first = self.star_named_expression()?;
        if !starred && matches!(self.kind(), Tok::For | Tok::Async) {
            let generators = self.comprehensions()?;
            self.expect(Tok::RSqb)?;
            return Ok(Expr::new(
                self.span(start),
                ExprKind::ListComp {
                    elt: P::new(first),
                    generators,
                },
            ));
        }
        let elts = self.elements(first, Tok::RSqb)?;
        self.expect(Tok::RSqb)?;
        Ok(Expr::new(
            self.span(start),
            ExprKind::List {
                elts,
                ctx: ExprContext::Load,
            },
        ))
    }

    fn dict_or_set(&mut self) -> R<Expr> {
        let start = self.start();
        self.advance();
        if self.eat(Tok::RBrace) {
            return Ok(Expr::new(
                self.span(start),
                ExprKind::Dict {
                    keys: Vec::new(),
                    values: Vec::new(),
                },
            ));
        }
        if self.kind() == Tok::DoubleStar {
            return self.dict(start, Vec::new(), Vec::new());
        }
        let starred = self.kind() == Tok::Star;
        let named = self.kind() == Tok::Name && self.kind_at(1) == Tok::ColonEqual;
        let first = self.star_named_expression()?;
        match self.kind() {
            Tok::Colon if !starred && !named => {
                self.advance();
                let value = self.expression()?;
                if matches!(self.kind(), Tok::For | Tok::Async) {
                    let generators = self.comprehensions()?;
                    self.expect(Tok::RBrace)?;
                    return Ok(Expr::new(
                        self.span(start),
                        ExprKind::DictComp {
                            key: P::new(first),
                            value: P::new(value),
                            generators,
                        },
                    ));
                }
                if !self.eat(Tok::Comma) {
                    self.expect(Tok::RBrace)?;
                    let (keys, values) = (vec![Some(first)], vec![value]);
                    return Ok(Expr::new(self.span(start), ExprKind::Dict { keys, values }));
                }
                self.dict(start, vec![Some(first)], vec![value])
            }
            Tok::For | Tok::Async if !starred => {
                let generators = self.comprehensions()?;
                self.expect(Tok::RBrace)?;
                Ok(Expr::new(
                    self.span(start),
                    ExprKind::SetComp {
                        elt: P::new(first),
                        generators,
                    },
                ))
            }
            _ => {
                let elts = self.elements(first, Tok::RBrace)?;
                self.expect(Tok::RBrace)?;
                Ok(Expr::new(self.span(start), ExprKind::Set { elts }))
            }
        }
    }

    /// The items of a dict display from here on.
    fn dict(&mut self, start: Span, mut keys: Vec<Option<Expr>>, mut values: Vec<Expr>) -> R<Expr> {
        while self.kind() != Tok::RBrace {
            if self.eat(Tok::DoubleStar) {
                keys.push(None);
                values.push(self.bitwise_or()?);
            } else {
                keys.push(Some(self.expression()?));
                self.expect(Tok::Colon)?;
                values.push(self.expression()?);
            }
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(Tok::RBrace)?;
        Ok(Expr::new(self.span(start), ExprKind::Dict { keys, values }))
    }

    /// The parameters of a function (`closing` is `)`, annotations allowed) or of a lambda (`closing` is `:`).
    pub(super) fn parameters(&mut self, closing: Tok, annotations: bool) -> R<Arguments> {
        let mut all = Arguments {
            posonlyargs: Vec::new(),
            args: Vec::new(),
            vararg: None,
            kwonlyargs: Vec::new(),
            kw_defaults: Vec::new(),
            kwarg: None,
            defaults: Vec::new(),
        };
        let mut slash_seen = false;
        let mut star_seen = false;
        while self.kind() != closing {
            match self.kind() {
                Tok::Slash => {
                    if slash_seen || star_seen || all.args.is_empty() {
                        return Err(Stop::Invalid);
                    }
                    slash_seen = true;
                    self.advance();
                    self.since(8, "Positional-only parameters are")?;
                    all.posonlyargs = std::mem::take(&mut all.args);
                }
                Tok::Star => {
                    if star_seen {
                        return Err(Stop::Invalid);
                    }
                    star_seen = true;
                    self.advance();
                    if self.kind() == Tok::Comma {
                        if self.kind_at(1) == Tok::TypeComment {
                            return Err(self.refuse("bare * has associated type comment"));
                        }
                        // A bare star needs a parameter after it.
                        if self.kind_at(1) != Tok::Name {
                            return Err(Stop::Invalid);
                        }
                    } else {
                        all.vararg = Some(P::new(self.parameter(annotations, true)?));
                        if self.parameter_comma(all.vararg.as_deref_mut()) {
                            continue;
                        }
                        break;
                    }
                }
                Tok::DoubleStar => {
                    self.advance();
                    all.kwarg = Some(P::new(self.parameter(annotations, false)?));
                    self.parameter_comma(all.kwarg.as_deref_mut());
                    if self.kind() != closing {
                        return Err(Stop::Invalid);
                    }
                    break;
                }
                _ => {
                    let mut arg = self.parameter(annotations, false)?;
                    let default = if self.eat(Tok::Equal) {
                        Some(self.expression()?)
                    } else {
                        None
                    };
                    let more = self.parameter_comma(Some(&mut arg));
                    if star_seen {
                        all.kwonlyargs.push(arg);
                        all.kw_defaults.push(default);
                    } else {
                        all.args.push(arg);
                        match default {
                            Some(default) => all.defaults.push(default),
                            None if !all.defaults.is_empty() => return Err(Stop::Invalid),
                            None => {}
                        }
                    }
                    if more {
                        continue;
                    }
                    break;
                }
            }
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        if self.kind() == closing {
            Ok(all)
        } else {
            Err(Stop::Invalid)
        }
    }

    /// The comma behind a parameter, if there is one, and the type comment behind that or in its place.
    fn parameter_comma(&mut self, arg: Option<&mut Arg>) -> bool {
        let comma = self.eat(Tok::Comma);
        let type_comment = self.type_comment();
        if let Some(arg) = arg {
            arg.type_comment = type_comment;
        }
        comma
    }

    fn parameter(&mut self, annotations: bool, variadic: bool) -> R<Arg> {
        let start = self.start();
        let arg = self.identifier()?;
        let annotation = if annotations && self.eat(Tok::Colon) {
            Some(P::new(if variadic {
                self.star_expression()?
            } else {
                self.expression()?
            }))
        } else {
            None
        };
        Ok(Arg {
            span: self.span(start),
            arg,
            annotation,
            type_comment: None,
        })
    }
}

/// Tokens that can begin an `expression`.
#[inline]
pub(super) fn starts_expression(kind: Tok) -> bool {
    matches!(
        kind,
        Tok::Name
            | Tok::Number
            | Tok::String
            | Tok::LPar
            | Tok::LSqb
            | Tok::LBrace
            | Tok::Minus
            | Tok::Plus
            | Tok::Tilde
            | Tok::Not
            | Tok::Lambda
            | Tok::Await
            | Tok::None
            | Tok::True
            | Tok::False
            | Tok::Ellipsis
    )
}
