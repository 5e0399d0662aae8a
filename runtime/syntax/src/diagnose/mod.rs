//! The second, slow parse: finds the error CPython would report.
//!
//! CPython's messages and positions are an effect of how its PEG parser works: which alternative comes first, how far
//! it has read ahead, what is remembered, that the `invalid_` rules run in a second pass only, and that errors of the
//! lexer surface when their token is fetched. So this is a small PEG machine that runs the same rules (`rules.txt`)
//! in the same order over the tokens the fast parser has failed on. It begins at the module-level statement that
//! failed: what stands before it is valid.

mod actions;
mod grammar;

use std::collections::HashMap;
use std::rc::Rc;

use crate::Mode;
use crate::ast::Span;
use crate::error::{ErrorKind, SyntaxError};
use crate::lexer::unclosed;
use crate::parser::{ErrorPlace, Stop, Unit, text_follows, too_many_digits};
use crate::token::{Tok, Token};
use grammar::{Action, Alternative, Grammar, Item, grammar};

/// What a rule has matched.
#[derive(Clone, Debug)]
enum Value {
    /// An option that is absent.
    Null,
    Token(usize),
    List(Rc<Vec<Value>>),
    Node(Rc<Node>),
}

#[derive(Debug)]
struct Node {
    kind: &'static str,
    span: Span,
    items: Vec<Value>,
}

/// The parse is over with this error.
struct Raised {
    error: SyntaxError,
    by_lexer: bool,
}

type Outcome<T> = Result<T, Box<Raised>>;

/// CPython's parser gives up with `MemoryError` at this depth.
const MAX_DEPTH: usize = 6000;

struct Machine<'a> {
    unit: &'a Unit<'a>,
    grammar: &'static Grammar,
    tokens: &'a [Token],
    mark: usize,
    /// Tokens read so far.
    fill: usize,
    invalid: bool,
    depth: usize,
    memo: HashMap<(usize, usize), (Option<Value>, usize)>,
}

#[cold]
pub(crate) fn diagnose(unit: &Unit<'_>, mode: Mode, start: usize, stop: Stop) -> SyntaxError {
    let (rule, start) = match mode {
        Mode::Exec => ("file", start),
        Mode::Eval => ("eval", 0),
        Mode::Single => ("interactive", 0),
        Mode::FuncType => ("func_type", 0),
    };
    let single = mode == Mode::Single;
    crate::tree::with_stack(|| run(unit, rule, start, stop, single))
}

/// The error of an f-string's expression.
#[cold]
pub(crate) fn diagnose_fstring(unit: &Unit<'_>, stop: Stop) -> SyntaxError {
    crate::tree::with_stack(|| run(unit, "fstring", 0, stop, false))
}

fn too_deep() -> SyntaxError {
    SyntaxError::unlocated(
        ErrorKind::RecursionLimit,
        "too many nested constructs for the parser",
    )
}

fn run(unit: &Unit<'_>, rule: &str, start: usize, stop: Stop, single: bool) -> SyntaxError {
    if stop == Stop::TooDeep {
        return too_deep();
    }
    let grammar = grammar();
    let rule = grammar.rule(rule);
    let mut machine = Machine {
        unit,
        grammar,
        tokens: &unit.lexed.tokens,
        mark: start,
        fill: start,
        invalid: false,
        depth: 0,
        memo: HashMap::new(),
    };
    let first = machine.rule(rule);
    if let Ok(Some(_)) = first {
        let last = machine.last_token();
        let message = if single && text_follows(&unit.src[last.end as usize..]) {
            "multiple statements found while compiling a single statement"
        } else {
            // The two parsers disagree, which is a bug of the fast one; the source is refused all the same.
            "invalid syntax"
        };
        return unit.error_at_last(ErrorKind::Syntax, last, message);
    }
    if unit.options.allow_incomplete && machine.at_end() {
        return unit.error_at_last(ErrorKind::Syntax, machine.last_token(), "incomplete input");
    }
    if let Err(raised) = first {
        return machine.settle(*raised);
    }
    let last = *machine.last_token();
    machine.memo.clear();
    machine.mark = start;
    machine.invalid = true;
    machine.depth = 0;
    if let Err(raised) = machine.rule(rule) {
        return machine.settle(*raised);
    }
    if matches!(last.kind, Tok::Indent | Tok::Dedent) {
        let message = if last.kind == Tok::Indent {
            "unexpected indent"
        } else {
            "unexpected unindent"
        };
        return unit.error_at_last(ErrorKind::Indentation, machine.last_token(), message);
    }
    let generic = machine.known(
        ErrorKind::Syntax,
        last.span(),
        last.span(),
        "invalid syntax",
    );
    machine.lexer_error().unwrap_or(generic)
}

impl<'a> Machine<'a> {
    fn last_token(&self) -> &'a Token {
        let index = self.fill.max(1).min(self.tokens.len()) - 1;
        &self.tokens[index]
    }

    /// Whether the lexer, having read `fill` tokens, stands at the end of the source.
    fn at_end(&self) -> bool {
        let eof = self.unit.lexed.eof_token;
        match &self.unit.lexed.error {
            Some(error) if self.fill >= self.tokens.len() => error.at_eof,
            _ => self.fill > eof,
        }
    }

    /// Errors of the lexer further on win over errors of the parser, unless the lexer is through already.
    fn settle(&self, raised: Raised) -> SyntaxError {
        if raised.by_lexer || self.at_end() || raised.error.kind == ErrorKind::RecursionLimit {
            return raised.error;
        }
        self.lexer_error().unwrap_or(raised.error)
    }

    /// The error of lexing the rest of the source, if it counts.
    fn lexer_error(&self) -> Option<SyntaxError> {
        let error = self.unit.lexed.error.as_ref()?;
        if error.raised {
            return Some(error.error.clone());
        }
        let (_, line, _) = self.unit.lexed.open_bracket?;
        if self.last_token().lineno > line {
            self.unclosed_bracket()
        } else {
            None
        }
    }

    fn unclosed_bracket(&self) -> Option<SyntaxError> {
        let lexed = self.unit.lexed;
        let bracket = lexed.open_bracket?;
        let mut error = unclosed(
            self.unit.src,
            &lexed.line_starts,
            lexed.first_line,
            bracket,
            self.unit.byte_columns,
            u32::MAX,
        );
        self.in_fstring(&mut error);
        Some(error)
    }

    /// What the parser says about an error inside an f-string: the prefix, and columns of the expression alone.
    fn in_fstring(&self, error: &mut SyntaxError) {
        if let Some(place) = self.unit.fstring {
            error.message.insert_str(0, "f-string: ");
            error.offset -= i64::from(place.first_column);
            error.end_offset -= i64::from(place.first_column);
        }
    }

    fn raise<T>(&self, error: SyntaxError) -> Outcome<T> {
        Err(Box::new(Raised {
            error,
            by_lexer: false,
        }))
    }

    /// An error from the start of one span to the end of another.
    fn known(&self, kind: ErrorKind, from: Span, to: Span, message: &str) -> SyntaxError {
        let column = |column: u32| {
            if column == crate::token::NO_COLUMN {
                0
            } else {
                i64::from(column) + 1
            }
        };
        let place = ErrorPlace {
            lineno: i64::from(from.lineno),
            column: column(from.col_offset),
            end_lineno: i64::from(to.end_lineno),
            end_column: column(to.end_col_offset),
        };
        self.unit
            .error(kind, place, self.last_token().end_lineno, message)
    }

    /// Reads the token at the mark; an error of the lexer surfaces here.
    fn fetch(&mut self) -> Outcome<&'a Token> {
        let index = self.mark.min(self.tokens.len() - 1);
        let token = &self.tokens[index];
        self.fill = self.fill.max(index + 1);
        if token.kind == Tok::Error {
            return match &self.unit.lexed.error {
                Some(lexed) => {
                    let mut error = lexed.error.clone();
                    if !lexed.raised {
                        self.in_fstring(&mut error);
                    }
                    Err(Box::new(Raised {
                        error,
                        by_lexer: true,
                    }))
                }
                None => self.raise(too_deep()),
            };
        }
        Ok(token)
    }

    fn text(&self, token: &Token) -> &'a [u8] {
        &self.unit.src[token.start as usize..token.end as usize]
    }

    fn expect(&mut self, kind: Tok) -> Outcome<Option<Value>> {
        let token = self.fetch()?;
        if token.kind != kind {
            return Ok(None);
        }
        if kind == Tok::Number
            && let Some(digits) =
                too_many_digits(self.text(token), self.unit.options.int_max_str_digits)
        {
            let limit = self.unit.options.int_max_str_digits;
            let message = format!(
                "Exceeds the limit ({limit} digits) for integer string conversion: value has {digits} digits; use \
                 sys.set_int_max_str_digits() to increase the limit - Consider hexadecimal for huge integer literals \
                 to avoid decimal conversion limits."
            );
            let place = ErrorPlace {
                lineno: i64::from(token.lineno),
                column: 0,
                end_lineno: i64::from(token.end_lineno),
                end_column: 0,
            };
            return self.raise(self.unit.error(
                ErrorKind::Syntax,
                place,
                token.end_lineno,
                &message,
            ));
        }
        let value = Value::Token(self.mark);
        self.mark += 1;
        Ok(Some(value))
    }

    fn rule(&mut self, index: usize) -> Outcome<Option<Value>> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return self.raise(too_deep());
        }
        let result = crate::tree::with_stack(|| self.rule_here(index));
        self.depth -= 1;
        result
    }

    fn rule_here(&mut self, index: usize) -> Outcome<Option<Value>> {
        let rule = &self.grammar.rules[index];
        if rule.left_recursive {
            return self.left_recursive(index);
        }
        if rule.memo {
            let key = (self.mark, index);
            if let Some((value, end)) = self.memo.get(&key) {
                self.mark = *end;
                return Ok(value.clone());
            }
            let value = self.alternatives(index)?;
            self.memo.insert(key, (value.clone(), self.mark));
            return Ok(value);
        }
        if rule.without_invalid {
            let invalid = std::mem::replace(&mut self.invalid, false);
            let value = self.alternatives(index);
            self.invalid = invalid;
            return value;
        }
        self.alternatives(index)
    }

    /// Grows the match of a left-recursive rule: each round uses the result of the round before.
    fn left_recursive(&mut self, index: usize) -> Outcome<Option<Value>> {
        let start = self.mark;
        let key = (start, index);
        if let Some((value, end)) = self.memo.get(&key) {
            self.mark = *end;
            return Ok(value.clone());
        }
        let mut best = None;
        let mut end = start;
        loop {
            self.memo.insert(key, (best.clone(), end));
            self.mark = start;
            let value = self.alternatives(index)?;
            if value.is_none() || self.mark <= end {
                break;
            }
            end = self.mark;
            best = value;
        }
        self.mark = end;
        Ok(best)
    }

    fn alternatives(&mut self, index: usize) -> Outcome<Option<Value>> {
        let start = self.mark;
        for alternative in &self.grammar.rules[index].alternatives {
            if alternative.invalid && !self.invalid {
                continue;
            }
            self.mark = start;
            let mut cut = false;
            if let Some(values) = self.sequence(&alternative.items, &mut cut)? {
                let value = self.act(alternative, start, values)?;
                if value.is_none() {
                    // An action without a result ends the rule: no other alternative is tried.
                    self.mark = start;
                }
                return Ok(value);
            }
            if cut {
                break;
            }
        }
        self.mark = start;
        Ok(None)
    }

    /// The values of all items, or `None` if one does not match.
    fn sequence(&mut self, items: &'static [Item], cut: &mut bool) -> Outcome<Option<Vec<Value>>> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            if matches!(item, Item::Cut) {
                *cut = true;
                values.push(Value::Null);
                continue;
            }
            match self.item(item)? {
                Some(value) => values.push(value),
                None => return Ok(None),
            }
        }
        Ok(Some(values))
    }

    fn item(&mut self, item: &'static Item) -> Outcome<Option<Value>> {
        match item {
            Item::Tok(kind) => self.expect(*kind),
            Item::Soft(text) => {
                let token = self.fetch()?;
                if token.kind == Tok::Name && self.text(token) == text.as_bytes() {
                    self.expect(Tok::Name)
                } else {
                    Ok(None)
                }
            }
            Item::AnySoft => {
                let token = self.fetch()?;
                // CPython compares the length of the name only, so prefixes count too.
                let text = self.text(token);
                let is_prefix = b"_".starts_with(text)
                    || b"case".starts_with(text)
                    || b"match".starts_with(text);
                let soft = token.kind == Tok::Name && is_prefix;
                if soft {
                    self.expect(Tok::Name)
                } else {
                    Ok(None)
                }
            }
            Item::Rule(index) => self.rule(*index),
            Item::Optional(inner) => {
                let start = self.mark;
                let value = self.item(inner)?;
                if value.is_none() {
                    self.mark = start;
                }
                Ok(Some(value.unwrap_or(Value::Null)))
            }
            Item::Star(inner) => self.repeat(None, inner, 0),
            Item::Plus(inner) => self.repeat(None, inner, 1),
            Item::Gather(separator, inner) => self.repeat(Some(separator), inner, 1),
            Item::And(inner) | Item::Not(inner) => {
                let start = self.mark;
                let found = self.item(inner)?.is_some();
                self.mark = start;
                let wanted = matches!(item, Item::And(_));
                Ok((found == wanted).then_some(Value::Null))
            }
            Item::Cut => Ok(Some(Value::Null)),
            Item::Forced(kind) => {
                let token = self.fetch()?;
                if token.kind == *kind {
                    return self.expect(*kind);
                }
                let message = format!("expected '{}'", kind.text());
                self.raise(self.known(ErrorKind::Syntax, token.span(), token.span(), &message))
            }
        }
    }

    fn repeat(
        &mut self,
        separator: Option<&'static Item>,
        element: &'static Item,
        minimum: usize,
    ) -> Outcome<Option<Value>> {
        let mut values = Vec::new();
        loop {
            let start = self.mark;
            if let Some(separator) = separator
                && !values.is_empty()
                && self.item(separator)?.is_none()
            {
                self.mark = start;
                break;
            }
            match self.item(element)? {
                Some(value) if self.mark > start => values.push(value),
                _ => {
                    self.mark = start;
                    break;
                }
            }
        }
        if values.len() < minimum {
            Ok(None)
        } else {
            Ok(Some(Value::List(Rc::new(values))))
        }
    }

    /// The span of a node that began at token `start` and ends before the mark.
    fn span_from(&self, start: usize) -> Span {
        let first = self.tokens[start.min(self.tokens.len() - 1)].span();
        let last = self.tokens[..self.mark.min(self.tokens.len())]
            .iter()
            .rev()
            .find(|token| {
                !matches!(
                    token.kind,
                    Tok::Newline | Tok::Indent | Tok::Dedent | Tok::EndMarker
                )
            });
        match last {
            Some(last) => first.to(last.span()),
            None => first,
        }
    }

    fn act(
        &mut self,
        alternative: &Alternative,
        start: usize,
        mut values: Vec<Value>,
    ) -> Outcome<Option<Value>> {
        let kind = ErrorKind::Syntax;
        match &alternative.action {
            Action::Default => {
                let counts = |item: &Item| !matches!(item, Item::And(_) | Item::Not(_) | Item::Cut);
                let mut keep = alternative.items.iter().map(counts);
                values.retain(|_| keep.next().unwrap_or(true));
                if values.len() == 1 {
                    return Ok(values.pop());
                }
                Ok(Some(Value::List(Rc::new(values))))
            }
            Action::Pick(index) => Ok(values.get(*index).cloned()),
            Action::Node(name) => {
                // A single pattern or an `or` of one is no node of its own; nobody asks.
                let span = self.span_from(start);
                Ok(Some(Value::Node(Rc::new(Node {
                    kind: name,
                    span,
                    items: values,
                }))))
            }
            Action::At(index, message) => {
                let span = self.span(&values[*index]);
                let message = self.message(message, &values, *index);
                self.raise(self.known(kind, span, span, &message))
            }
            Action::Range(from, to, message) => {
                let (from_span, mut to_span) = (self.span(&values[*from]), self.span(&values[*to]));
                if let Value::List(list) = &values[*to]
                    && let Some(last) = list.last()
                {
                    to_span = self.span(last);
                }
                let message = self.message(message, &values, *from);
                self.raise(self.known(kind, from_span, to_span, &message))
            }
            Action::From(index, message) => {
                let span = self.span(&values[*index]);
                let last = self.last_token();
                let newline = u32::from(last.kind == Tok::Newline);
                let line = self
                    .unit
                    .lexed
                    .line_starts
                    .get((last.end_lineno - self.unit.lexed.first_line) as usize);
                let place = ErrorPlace {
                    lineno: i64::from(span.lineno),
                    column: i64::from(span.col_offset) + 1,
                    end_lineno: i64::from(last.end_lineno),
                    end_column: i64::from(last.end + newline)
                        - i64::from(line.copied().unwrap_or(0)),
                };
                self.raise(self.unit.error(kind, place, last.end_lineno, message))
            }
            Action::Last(message) => {
                self.raise(self.unit.error_at_last(kind, self.last_token(), message))
            }
            Action::Indent(index, message) => {
                let message = self.message(message, &values, *index);
                self.raise(self.unit.error_at_last(
                    ErrorKind::Indentation,
                    self.last_token(),
                    &message,
                ))
            }
            Action::Do(name) => self.special(name, start, values),
        }
    }
}
