//! The patterns of `case`.

use super::{Parser, R, Stop};
use crate::ast::{
    Constant, Expr, ExprContext, ExprKind, Ident, Operator, P, Pattern, PatternKind, Span,
    UnaryOperator,
};
use crate::token::Tok;

impl Parser<'_> {
    /// `patterns`: one pattern, or a sequence without brackets.
    pub(super) fn patterns(&mut self) -> R<Pattern> {
        let start = self.start();
        let starred = self.kind() == Tok::Star;
        let first = self.maybe_star_pattern()?;
        if self.kind() != Tok::Comma {
            return if starred {
                Err(Stop::Invalid)
            } else {
                Ok(first)
            };
        }
        let mut patterns = vec![first];
        while self.eat(Tok::Comma) {
            if matches!(self.kind(), Tok::Colon | Tok::If) {
                break;
            }
            patterns.push(self.maybe_star_pattern()?);
        }
        Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns }))
    }

    fn pattern_node(&self, start: Span, kind: PatternKind) -> Pattern {
        Pattern {
            span: self.span(start),
            kind,
        }
    }

    fn maybe_star_pattern(&mut self) -> R<Pattern> {
        if self.kind() != Tok::Star {
            return self.pattern();
        }
        let start = self.start();
        self.advance();
        let name = self.capture_name()?;
        Ok(self.pattern_node(start, PatternKind::MatchStar { name }))
    }

    /// A name to bind; `None` for `_`.
    fn capture_name(&mut self) -> R<Option<Ident>> {
        let wildcard = self.at_word(0, b"_");
        let name = self.identifier()?;
        if matches!(self.kind(), Tok::Dot | Tok::LPar | Tok::Equal) {
            return Err(Stop::Invalid);
        }
        Ok(if wildcard { None } else { Some(name) })
    }

    /// `or_pattern ['as' name]`.
    fn pattern(&mut self) -> R<Pattern> {
        self.nested(4, |parser| {
            let start = parser.start();
            let pattern = parser.or_pattern()?;
            if !parser.eat(Tok::As) {
                return Ok(pattern);
            }
            let name = parser.capture_name()?;
            if name.is_none() {
                return Err(Stop::Invalid);
            }
            Ok(parser.pattern_node(
                start,
                PatternKind::MatchAs {
                    pattern: Some(P::new(pattern)),
                    name,
                },
            ))
        })
    }

    fn or_pattern(&mut self) -> R<Pattern> {
        let start = self.start();
        let first = self.closed_pattern()?;
        if self.kind() != Tok::VBar {
            return Ok(first);
        }
        let mut patterns = vec![first];
        while self.eat(Tok::VBar) {
            patterns.push(self.closed_pattern()?);
        }
        Ok(self.pattern_node(start, PatternKind::MatchOr { patterns }))
    }

    fn closed_pattern(&mut self) -> R<Pattern> {
        let start = self.start();
        match self.kind() {
            Tok::None | Tok::True | Tok::False => {
                let value = match self.kind() {
                    Tok::None => Constant::None,
                    Tok::True => Constant::True,
                    _ => Constant::False,
                };
                self.advance();
                Ok(self.pattern_node(start, PatternKind::MatchSingleton { value }))
            }
            Tok::Number | Tok::Minus | Tok::String => {
                let value = P::new(self.literal()?);
                Ok(self.pattern_node(start, PatternKind::MatchValue { value }))
            }
            Tok::Name => self.name_pattern(start),
            Tok::LPar => self.group_or_sequence(start),
            Tok::LSqb => {
                self.advance();
                let patterns = self.pattern_list(Tok::RSqb)?;
                Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns }))
            }
            Tok::LBrace => self.mapping_pattern(start),
            _ => Err(Stop::Invalid),
        }
    }

    /// `[-] NUMBER [(+|-) imaginary]` or strings.
    fn literal(&mut self) -> R<Expr> {
        if self.kind() == Tok::String {
            return self.strings();
        }
        let start = self.start();
        let negative = self.eat(Tok::Minus);
        if self.kind() != Tok::Number {
            return Err(Stop::Invalid);
        }
        let mut value = self.number()?;
        let real = !matches!(
            value.kind,
            ExprKind::Constant {
                value: Constant::Complex(_),
                ..
            }
        );
        if negative {
            let kind = ExprKind::UnaryOp {
                op: UnaryOperator::USub,
                operand: P::new(value),
            };
            value = Expr::new(self.span(start), kind);
        }
        let op = match self.kind() {
            Tok::Plus => Operator::Add,
            Tok::Minus => Operator::Sub,
            _ => return Ok(value),
        };
        self.advance();
        if !real || self.kind() != Tok::Number {
            return Err(Stop::Invalid);
        }
        let imaginary = self.number()?;
        if !matches!(
            imaginary.kind,
            ExprKind::Constant {
                value: Constant::Complex(_),
                ..
            }
        ) {
            return Err(Stop::Invalid);
        }
        let kind = ExprKind::BinOp {
            left: P::new(value),
            op,
            right: P::new(imaginary),
        };
        Ok(Expr::new(self.span(start), kind))
    }

    /// A capture, a wildcard, a dotted value or a class.
    fn name_pattern(&mut self, start: Span) -> R<Pattern> {
        let wildcard = self.at_word(0, b"_");
        let id = self.identifier()?;
        match self.kind() {
            Tok::Equal => return Err(Stop::Invalid),
            Tok::Dot | Tok::LPar => {}
            _ => {
                let name = if wildcard { None } else { Some(id) };
                return Ok(self.pattern_node(
                    start,
                    PatternKind::MatchAs {
                        pattern: None,
                        name,
                    },
                ));
            }
        }
        let value = self.dotted_value(start, id)?;
        if self.kind() == Tok::LPar {
            return self.class_pattern(start, value);
        }
        if self.kind() == Tok::Equal {
            return Err(Stop::Invalid);
        }
        Ok(self.pattern_node(
            start,
            PatternKind::MatchValue {
                value: P::new(value),
            },
        ))
    }

    fn dotted_value(&mut self, start: Span, id: Ident) -> R<Expr> {
        let mut value = Expr::new(
            self.span(start),
            ExprKind::Name {
                id,
                ctx: ExprContext::Load,
            },
        );
        while self.eat(Tok::Dot) {
            let attr = self.identifier()?;
            let kind = ExprKind::Attribute {
                value: P::new(value),
                attr,
                ctx: ExprContext::Load,
            };
            value = Expr::new(self.span(start), kind);
        }
        Ok(value)
    }

    fn class_pattern(&mut self, start: Span, cls: Expr) -> R<Pattern> {
        self.advance();
        let (mut patterns, mut kwd_attrs, mut kwd_patterns) = (Vec::new(), Vec::new(), Vec::new());
        while self.kind() != Tok::RPar {
            if self.kind() == Tok::Name && self.kind_at(1) == Tok::Equal {
                kwd_attrs.push(self.identifier()?);
                self.advance();
                kwd_patterns.push(self.pattern()?);
            } else if kwd_attrs.is_empty() {
                patterns.push(self.pattern()?);
            } else {
                return Err(Stop::Invalid);
            }
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(Tok::RPar)?;
        let cls = P::new(cls);
        Ok(self.pattern_node(
            start,
            PatternKind::MatchClass {
                cls,
                patterns,
                kwd_attrs,
                kwd_patterns,
            },
        ))
    }

    fn pattern_list(&mut self, closing: Tok) -> R<Vec<Pattern>> {
        let mut patterns = Vec::new();
        while self.kind() != closing {
            patterns.push(self.maybe_star_pattern()?);
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(closing)?;
        Ok(patterns)
    }

    fn group_or_sequence(&mut self, start: Span) -> R<Pattern> {
        self.advance();
        let mut patterns = Vec::new();
        if self.kind() != Tok::RPar {
            let starred = self.kind() == Tok::Star;
            let first = self.maybe_star_pattern()?;
            if self.kind() == Tok::RPar && !starred {
                self.advance();
                return Ok(first);
            }
            patterns.push(first);
            self.expect(Tok::Comma)?;
        }
        patterns.extend(self.pattern_list(Tok::RPar)?);
        Ok(self.pattern_node(start, PatternKind::MatchSequence { patterns }))
    }

    fn mapping_pattern(&mut self, start: Span) -> R<Pattern> {
        self.advance();
        let (mut keys, mut patterns, mut rest) = (Vec::new(), Vec::new(), None);
        while self.kind() != Tok::RBrace {
            if self.eat(Tok::DoubleStar) {
                rest = self.capture_name()?;
                if rest.is_none() {
                    return Err(Stop::Invalid);
                }
                self.eat(Tok::Comma);
                break;
            }
            keys.push(self.mapping_key()?);
            self.expect(Tok::Colon)?;
            patterns.push(self.pattern()?);
            if !self.eat(Tok::Comma) {
                break;
            }
        }
        self.expect(Tok::RBrace)?;
        Ok(self.pattern_node(
            start,
            PatternKind::MatchMapping {
                keys,
                patterns,
                rest,
            },
        ))
    }

    fn mapping_key(&mut self) -> R<Expr> {
        let start = self.start();
        match self.kind() {
            Tok::None | Tok::True | Tok::False => self.atom(),
            Tok::Name => {
                let id = self.identifier()?;
                if self.kind() != Tok::Dot {
                    return Err(Stop::Invalid);
                }
                self.dotted_value(start, id)
            }
            _ => self.literal(),
        }
    }
}
