//! The actions of `rules.txt` that need code, and what nodes are called in messages.

use std::rc::Rc;

use super::{Machine, Node, Outcome, Raised, Value};
use crate::ast::{ExprKind, Span};
use crate::error::{ErrorKind, SyntaxError};
use crate::parser::{ErrorPlace, Parser};
use crate::token::Tok;

#[derive(Clone, Copy, PartialEq)]
enum Targets {
    Star,
    Delete,
    For,
}

impl Machine<'_> {
    pub(super) fn span(&self, value: &Value) -> Span {
        match value {
            Value::Null => Span::default(),
            Value::Token(index) => self.tokens[*index].span(),
            Value::Node(node) => node.span,
            Value::List(list) => {
                let mut spans = list
                    .iter()
                    .filter(|value| !self.is_empty(value))
                    .map(|value| self.span(value));
                let first = spans.next().unwrap_or_default();
                first.to(spans.next_back().unwrap_or(first))
            }
        }
    }

    fn is_empty(&self, value: &Value) -> bool {
        match value {
            Value::Null => true,
            Value::List(list) => list.iter().all(|value| self.is_empty(value)),
            _ => false,
        }
    }

    /// Fills in `%n` (what the item is called) and `%d` (its line).
    pub(super) fn message(&self, message: &str, values: &[Value], index: usize) -> String {
        let mut message = message.to_string();
        if message.contains("%n") {
            message = message.replace("%n", self.name(&values[index]));
        }
        if message.contains("%d") {
            message = message.replace("%d", &self.span(&values[index]).lineno.to_string());
        }
        message
    }

    /// What CPython calls an expression.
    fn name(&self, value: &Value) -> &'static str {
        match value {
            Value::Null | Value::List(_) => "expression",
            Value::Token(index) => match self.tokens[*index].kind {
                Tok::Name => "name",
                Tok::True => "True",
                Tok::False => "False",
                Tok::None => "None",
                Tok::Ellipsis => "ellipsis",
                _ => "literal",
            },
            Value::Node(node) => match node.kind {
                "Attribute" => "attribute",
                "Subscript" => "subscript",
                "Starred" => "starred",
                "List" => "list",
                "Tuple" => "tuple",
                "Lambda" => "lambda",
                "Call" => "function call",
                "BoolOp" | "BinOp" | "UnaryOp" => "expression",
                "GeneratorExp" => "generator expression",
                "Yield" => "yield expression",
                "Await" => "await expression",
                "ListComp" => "list comprehension",
                "SetComp" => "set comprehension",
                "DictComp" => "dict comprehension",
                "Dict" => "dict literal",
                "Set" => "set display",
                "JoinedStr" => "f-string expression",
                "Constant" => "literal",
                "Compare" => "comparison",
                "IfExp" => "conditional expression",
                "NamedExpr" => "named expression",
                _ => "expression",
            },
        }
    }

    /// The expressions in a value, in order; punctuation is left out.
    fn expressions(&self, value: &Value, out: &mut Vec<Value>) {
        match value {
            Value::Null => {}
            Value::Node(_) => out.push(value.clone()),
            Value::List(list) => list.iter().for_each(|value| self.expressions(value, out)),
            Value::Token(index) => {
                let kind = self.tokens[*index].kind;
                if matches!(
                    kind,
                    Tok::Name | Tok::Number | Tok::True | Tok::False | Tok::None | Tok::Ellipsis
                ) {
                    out.push(value.clone());
                }
            }
        }
    }

    fn all_expressions(&self, values: &[Value]) -> Vec<Value> {
        let mut out = Vec::new();
        values
            .iter()
            .for_each(|value| self.expressions(value, &mut out));
        out
    }

    /// The part of a target that cannot be one.
    fn invalid_target(&self, value: &Value, targets: Targets) -> Option<Value> {
        let Value::Node(node) = value else {
            return match value {
                Value::Token(index) if self.tokens[*index].kind == Tok::Name => None,
                _ => Some(value.clone()),
            };
        };
        match node.kind {
            "List" | "Tuple" => self
                .all_expressions(&node.items)
                .iter()
                .find_map(|element| self.invalid_target(element, targets)),
            "Starred" if targets == Targets::Delete => Some(value.clone()),
            "Starred" => self.invalid_target(node.items.get(1)?, targets),
            "Compare" if targets == Targets::For => {
                // `for a in b` without its end reads as a comparison.
                let is_in = node
                    .items
                    .get(1)
                    .is_some_and(|pairs| self.first_token(pairs) == Some(Tok::In));
                if is_in {
                    self.invalid_target(node.items.first()?, targets)
                } else {
                    None
                }
            }
            "Subscript" | "Attribute" => None,
            _ => Some(value.clone()),
        }
    }

    fn first_token(&self, value: &Value) -> Option<Tok> {
        match value {
            Value::Token(index) => Some(self.tokens[*index].kind),
            Value::List(list) => list.iter().find_map(|value| self.first_token(value)),
            _ => None,
        }
    }

    fn check_target(&mut self, value: &Value, targets: Targets) -> Outcome<Option<Value>> {
        let Some(invalid) = self.invalid_target(value, targets) else {
            return Ok(None);
        };
        let verb = if targets == Targets::Delete {
            "delete"
        } else {
            "assign to"
        };
        let message = format!("cannot {verb} {}", self.name(&invalid));
        self.raise_at(&invalid, &invalid, &message)
    }

    fn raise_at(&self, from: &Value, to: &Value, message: &str) -> Outcome<Option<Value>> {
        self.raise(self.known(ErrorKind::Syntax, self.span(from), self.span(to), message))
    }

    /// `print` or `exec`, which used to be statements.
    fn legacy(&self, value: &Value) -> Option<&'static str> {
        let Value::Token(index) = value else {
            return None;
        };
        let token = &self.tokens[*index];
        match self.text(token) {
            b"print" if token.kind == Tok::Name => Some("print"),
            b"exec" if token.kind == Tok::Name => Some("exec"),
            _ => None,
        }
    }

    /// The last expression of a comprehension's clauses.
    fn clauses_end(&self, clauses: &Value) -> Value {
        let mut clause = clauses.clone();
        loop {
            let items = match &clause {
                Value::Node(node) if node.kind == "Comprehension" => {
                    self.all_expressions(&node.items)
                }
                Value::List(list) => self.all_expressions(list),
                _ => return clause,
            };
            match items.last() {
                Some(last) => clause = last.clone(),
                None => return clause,
            }
        }
    }

    fn arguments(&self, value: &Value) -> Vec<Value> {
        match value {
            Value::Node(node) if node.kind == "Args" => self.all_expressions(&node.items),
            _ => Vec::new(),
        }
    }

    pub(super) fn special(
        &mut self,
        name: &str,
        start: usize,
        values: Vec<Value>,
    ) -> Outcome<Option<Value>> {
        let unparenthesised = "Generator expression must be parenthesized";
        match name {
            "nothing" => Ok(None),
            "barry" => {
                let token = &self.tokens[start];
                let flufl = self.text(token) == b"<>";
                if !self.unit.options.barry_as_flufl {
                    return Ok((!flufl).then_some(Value::Null));
                }
                if flufl {
                    return Ok(Some(Value::Null));
                }
                let message = "with Barry as BDFL, use '<>' instead of '!='";
                self.raise(
                    self.unit
                        .error_at_last(ErrorKind::Syntax, self.last_token(), message),
                )
            }
            "strings" => self.strings(start),
            "real" | "imaginary" => {
                let text = self.text(&self.tokens[start]);
                let is_imaginary = matches!(text.last(), Some(b'j' | b'J'))
                    && !text.starts_with(b"0x")
                    && !text.starts_with(b"0X");
                if is_imaginary == (name == "imaginary") {
                    return Ok(values.first().cloned());
                }
                self.raise_at(
                    &values[0],
                    &values[0],
                    &format!("{name} number required in complex literal"),
                )
            }
            "bare_generator" => {
                self.raise_at(&values[0], &self.clauses_end(&values[1]), unparenthesised)
            }
            "last_bare_generator" => {
                self.raise_at(&values[2], &self.clauses_end(&values[3]), unparenthesised)
            }
            "generator_after_arguments" => {
                let positional: Vec<Value> = self
                    .arguments(&values[0])
                    .into_iter()
                    .filter(|value| !matches!(value, Value::Node(node) if node.kind.starts_with("Keyword")))
                    .collect();
                match positional.as_slice() {
                    [_, .., last] => {
                        self.raise_at(last, &self.clauses_end(&values[1]), unparenthesised)
                    }
                    _ => Ok(None),
                }
            }
            "argument_order" => {
                let unpacking = self.arguments(&values[0]).iter().any(
                    |value| matches!(value, Value::Node(node) if node.kind == "KeywordUnpacking"),
                );
                let message = if unpacking {
                    "positional argument follows keyword argument unpacking"
                } else {
                    "positional argument follows keyword argument"
                };
                self.raise(
                    self.unit
                        .error_at_last(ErrorKind::Syntax, self.last_token(), message),
                )
            }
            "legacy" => {
                let Some(word) = self.legacy(&values[0]) else {
                    return Ok(None);
                };
                let message =
                    format!("Missing parentheses in call to '{word}'. Did you mean {word}(...)?");
                self.raise_at(&values[0], &values[2], &message)
            }
            "comma" => {
                let level = self.tokens[self.mark.max(1) - 1].level;
                if level == 0 || self.legacy(&values[1]).is_some() {
                    return Ok(None);
                }
                self.raise_at(
                    &values[1],
                    &values[2],
                    "invalid syntax. Perhaps you forgot a comma?",
                )
            }
            "assignment_target" => self.check_target(&values[1], Targets::Star),
            "delete_target" => self.check_target(&values[1], Targets::Delete),
            "with_target" => self.check_target(&values[2], Targets::Star),
            "for_target" => self.check_target(&values[2], Targets::For),
            "missing_colon" => {
                let span = self.span(&values[0]);
                let place = ErrorPlace {
                    lineno: i64::from(span.lineno),
                    column: i64::from(span.end_col_offset),
                    end_lineno: i64::from(span.end_lineno),
                    end_column: 0,
                };
                let read_to = self.last_token().end_lineno;
                let message = "':' expected after dictionary key";
                self.raise(self.unit.error(ErrorKind::Syntax, place, read_to, message))
            }
            _ => self.raise(SyntaxError::unlocated(
                ErrorKind::Syntax,
                format!("unknown grammar action {name}"),
            )),
        }
    }

    /// Adjacent string tokens: their errors are reported here.
    fn strings(&mut self, start: usize) -> Outcome<Option<Value>> {
        let mut parser = Parser::new(self.unit);
        parser.report = true;
        let last_read = self.fill.max(1) - 1;
        match parser.concatenate(start, self.mark, last_read) {
            Ok(expr) => {
                let kind = if matches!(expr.kind, ExprKind::JoinedStr { .. }) {
                    "JoinedStr"
                } else {
                    "Constant"
                };
                Ok(Some(Value::Node(Rc::new(Node {
                    kind,
                    span: expr.span,
                    items: Vec::new(),
                }))))
            }
            Err(error) => Err(Box::new(Raised {
                error: *error,
                by_lexer: false,
            })),
        }
    }
}
