//! The fast recursive-descent parser for valid code.
//!
//! It looks one token ahead and never explains a failure: any surprise is a [`Stop`], and `diagnose` finds the words.
//! Targets are parsed as expressions and converted; the few truly ambiguous starts (`match`, parenthesised `with`)
//! are decided by looking at the tokens of the logical line.

mod expr;
mod fstring;
mod number;
mod pattern;
mod stmt;
mod strings;
mod target;

use std::collections::HashMap;
use std::rc::Rc;

use unicode_normalization::UnicodeNormalization;

pub(crate) use number::too_many_digits;
pub(crate) use stmt::text_follows;

use crate::ast::{Body, Expr, Ident, Mod, P, Span, TypeIgnore};
use crate::error::{ErrorKind, SyntaxError, Warning, char_offset, lossy};
use crate::lexer::Lexed;
use crate::token::{Tok, Token};
use crate::{Mode, Options};

/// CPython's parser counts its own nested calls and gives up at 6000.
pub(crate) const MAX_DEPTH: usize = 5990;

/// Where an f-string expression stands in the file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FStringPlace {
    pub(crate) first_line: u32,
    pub(crate) first_column: u32,
}

/// One lexed text: a source file, or an expression of an f-string wrapped in parentheses.
pub(crate) struct Unit<'a> {
    pub(crate) src: &'a [u8],
    pub(crate) lexed: &'a Lexed,
    pub(crate) options: &'a Options<'a>,
    pub(crate) byte_columns: bool,
    pub(crate) fstring: Option<FStringPlace>,
}

/// An error position in bytes, already counted from 1; `end_column` 0 and -1 stand for themselves.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ErrorPlace {
    pub(crate) lineno: i64,
    pub(crate) column: i64,
    pub(crate) end_lineno: i64,
    pub(crate) end_column: i64,
}

impl Unit<'_> {
    pub(crate) fn line(&self, lineno: i64) -> &[u8] {
        let index = usize::try_from(lineno - i64::from(self.lexed.first_line)).unwrap_or(0);
        let start = self.lexed.line_starts.get(index).copied().unwrap_or(0) as usize;
        let rest = &self.src[start.min(self.src.len())..];
        let length = memchr::memchr(b'\n', rest).map_or(rest.len(), |newline| newline + 1);
        &rest[..length]
    }

    /// All text the lexer holds when it is on a line; CPython shows it and counts characters from its start.
    fn buffered(&self, lineno: i64) -> &[u8] {
        let index = usize::try_from(lineno - i64::from(self.lexed.first_line)).unwrap_or(0);
        let line = self.line(lineno);
        let end = self
            .lexed
            .line_starts
            .get(index)
            .map_or(0, |&start| start as usize + line.len());
        let start = self
            .lexed
            .buffer_starts
            .get(index)
            .map_or(end, |&start| start as usize);
        self.src.get(start..end).unwrap_or(line)
    }

    /// Whether errors show a line of the file rather than what the lexer holds.
    fn is_read_from_file(&self) -> bool {
        let is_file = |name: &str| std::path::Path::new(name).is_file();
        let options = self.options;
        self.fstring.is_none() && (options.file.is_some() || options.filename.is_some_and(is_file))
    }

    /// Builds an error as CPython's `_PyPegen_raise_error_known_location` does. `read_to` is the line the lexer has
    /// reached: the text of that line keeps its newline.
    pub(crate) fn error(
        &self,
        kind: ErrorKind,
        place: ErrorPlace,
        read_to: u32,
        message: &str,
    ) -> SyntaxError {
        let mut line = self.line(place.lineno);
        if self.is_read_from_file() {
            // CPython reads it again, with its newline.
        } else if i64::from(read_to) > place.lineno {
            line = line.strip_suffix(b"\n").unwrap_or(line);
        } else {
            line = self.buffered(place.lineno);
        }
        let mut message = message.to_string();
        let (mut offset, mut end_offset) = (place.column, place.end_column);
        if let Some(fstring) = self.fstring {
            message.insert_str(0, "f-string: ");
            offset -= i64::from(fstring.first_column);
            end_offset -= i64::from(fstring.first_column);
        }
        if !self.byte_columns {
            offset = char_offset(line, offset);
            if end_offset > 0 {
                end_offset = char_offset(line, end_offset);
            }
        }
        SyntaxError {
            kind,
            message,
            lineno: place.lineno,
            offset,
            end_lineno: place.end_lineno,
            end_offset,
            text: Some(lossy(line)),
        }
    }

    /// An error at a token, as CPython's `RAISE_SYNTAX_ERROR` places it at the last token it has read.
    pub(crate) fn error_at_last(
        &self,
        kind: ErrorKind,
        last: &Token,
        message: &str,
    ) -> SyntaxError {
        let span = last.span();
        let column = if span.col_offset == crate::token::NO_COLUMN {
            let index = (last.lineno.max(self.lexed.first_line) - self.lexed.first_line) as usize;
            let start = self.lexed.line_starts.get(index).copied().unwrap_or(0);
            i64::from(last.start.saturating_sub(start))
        } else {
            i64::from(span.col_offset) + 1
        };
        let end_column = if span.end_col_offset == crate::token::NO_COLUMN {
            -1
        } else {
            i64::from(span.end_col_offset) + 1
        };
        let place = ErrorPlace {
            lineno: i64::from(span.lineno),
            column,
            end_lineno: i64::from(span.end_lineno),
            end_column,
        };
        self.error(kind, place, last.end_lineno, message)
    }
}

/// Why the fast parser gave up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    Invalid,
    TooDeep,
}

pub(crate) type R<T> = Result<T, Stop>;

#[derive(Default)]
pub(crate) struct Names(HashMap<Box<[u8]>, Ident>);

impl Names {
    fn intern(&mut self, bytes: &[u8]) -> R<Ident> {
        if let Some(name) = self.0.get(bytes) {
            return Ok(name.clone());
        }
        let text = std::str::from_utf8(bytes).map_err(|_| Stop::Invalid)?;
        let name: Ident = if text.is_ascii() {
            Rc::from(text)
        } else {
            Rc::from(text.nfkc().collect::<String>())
        };
        self.0.insert(bytes.into(), name.clone());
        Ok(name)
    }
}

pub(crate) struct Parser<'a> {
    pub(crate) unit: &'a Unit<'a>,
    tokens: &'a [Token],
    pos: usize,
    /// End of the last token that is not layout.
    prev_end: (u32, u32),
    depth: usize,
    names: Names,
    warnings: Vec<Warning>,
    /// First token of the module-level statement being parsed.
    statement_start: usize,
    /// Errors inside string literals are spelt out (the slow pass asks for them).
    pub(crate) report: bool,
    /// An error the grammar does not know about (`diagnose` would not find it).
    pub(crate) raised: Option<Box<SyntaxError>>,
}

impl<'a> Parser<'a> {
    pub(crate) fn new(unit: &'a Unit<'a>) -> Parser<'a> {
        Parser {
            unit,
            tokens: &unit.lexed.tokens,
            pos: 0,
            prev_end: (1, 0),
            depth: 0,
            names: Names::default(),
            warnings: Vec::new(),
            statement_start: 0,
            report: false,
            raised: None,
        }
    }

    pub(crate) fn into_warnings(self) -> Vec<Warning> {
        self.warnings
    }

    pub(crate) fn statement_start(&self) -> usize {
        self.statement_start
    }

    pub(crate) fn parse_mode(&mut self, mode: Mode) -> R<Mod> {
        match mode {
            Mode::Exec => {
                let mut body = Vec::new();
                while self.kind() != Tok::EndMarker {
                    self.statement_start = self.pos;
                    self.statement(&mut body)?;
                }
                Ok(Mod::Module {
                    body: Body::new(body),
                    type_ignores: self.type_ignores(),
                })
            }
            Mode::Eval => {
                let body = self.expressions()?;
                self.rest_is_empty()?;
                Ok(Mod::Expression { body: P::new(body) })
            }
            Mode::Single => self.interactive(),
            Mode::FuncType => self.func_type(),
        }
    }

    fn type_ignores(&self) -> Vec<TypeIgnore> {
        let ignores = self.unit.lexed.type_ignores.iter();
        ignores
            .map(|(lineno, range)| TypeIgnore {
                lineno: *lineno as i32,
                tag: lossy(&self.unit.src[range.clone()]).into(),
            })
            .collect()
    }

    /// A type comment, if one stands here.
    fn type_comment(&mut self) -> Option<Box<str>> {
        if self.kind() != Tok::TypeComment {
            return None;
        }
        let text = lossy(self.text(self.token()));
        self.advance();
        Some(text.into())
    }

    /// Gives up with an error of its own.
    #[cold]
    fn refuse(&mut self, message: &str) -> Stop {
        let last = &self.tokens[self.pos.saturating_sub(1)];
        let error = self.unit.error_at_last(ErrorKind::Syntax, last, message);
        self.raised.get_or_insert(Box::new(error));
        Stop::Invalid
    }

    /// Refuses `what` if the grammar asked for is older than 3.`version`.
    #[inline]
    fn since(&mut self, version: u8, what: &str) -> R<()> {
        if self.unit.options.feature_version >= version {
            return Ok(());
        }
        Err(self.refuse(&format!(
            "{what} only supported in Python 3.{version} and greater"
        )))
    }

    /// The expression of an f-string: `(...)`; what follows the parenthesis is not looked at.
    pub(crate) fn parse_fstring_expression(&mut self) -> R<Expr> {
        self.star_expressions()
    }

    fn rest_is_empty(&mut self) -> R<()> {
        while self.kind() == Tok::Newline {
            self.advance();
        }
        if self.kind() == Tok::EndMarker {
            Ok(())
        } else {
            Err(Stop::Invalid)
        }
    }

    // Tokens.

    #[inline]
    fn token(&self) -> &'a Token {
        &self.tokens[self.pos]
    }

    #[inline]
    fn kind(&self) -> Tok {
        self.tokens[self.pos].kind
    }

    #[inline]
    fn kind_at(&self, ahead: usize) -> Tok {
        self.tokens
            .get(self.pos + ahead)
            .map_or(Tok::EndMarker, |token| token.kind)
    }

    /// Consumes a token. The last one (the end, or an error) is never passed.
    #[inline]
    fn advance(&mut self) {
        let token = &self.tokens[self.pos];
        if !matches!(
            token.kind,
            Tok::Newline | Tok::Indent | Tok::Dedent | Tok::EndMarker
        ) {
            self.prev_end = (token.end_lineno, token.end_col_offset);
        }
        if self.pos + 1 < self.tokens.len() {
            self.pos += 1;
        }
    }

    #[inline]
    fn eat(&mut self, kind: Tok) -> bool {
        let found = self.kind() == kind;
        if found {
            self.advance();
        }
        found
    }

    #[inline]
    fn expect(&mut self, kind: Tok) -> R<()> {
        if self.eat(kind) {
            Ok(())
        } else {
            Err(Stop::Invalid)
        }
    }

    fn text(&self, token: &Token) -> &'a [u8] {
        &self.unit.src[token.start as usize..token.end as usize]
    }

    fn at_word(&self, ahead: usize, word: &[u8]) -> bool {
        match self.tokens.get(self.pos + ahead) {
            Some(token) => token.kind == Tok::Name && self.text(token) == word,
            None => false,
        }
    }

    /// A `NAME` as an identifier.
    fn identifier(&mut self) -> R<Ident> {
        let token = self.token();
        if token.kind != Tok::Name {
            return Err(Stop::Invalid);
        }
        let name = self.names.intern(self.text(token))?;
        self.advance();
        Ok(name)
    }

    /// Where the next node starts.
    #[inline]
    fn start(&self) -> Span {
        self.token().span()
    }

    /// The span from `start` to the last token consumed.
    #[inline]
    fn span(&self, start: Span) -> Span {
        Span {
            lineno: start.lineno,
            col_offset: start.col_offset,
            end_lineno: self.prev_end.0,
            end_col_offset: self.prev_end.1,
        }
    }

    /// Runs one nested production `levels` deeper, on enough stack.
    #[inline]
    fn nested<T>(&mut self, levels: usize, production: impl FnOnce(&mut Self) -> R<T>) -> R<T> {
        self.depth += levels;
        if self.depth > MAX_DEPTH {
            return Err(Stop::TooDeep);
        }
        let result = crate::tree::with_stack(|| production(self));
        self.depth -= levels;
        result
    }
}
