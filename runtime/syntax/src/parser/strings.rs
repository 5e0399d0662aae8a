//! String tokens to constants: prefixes, escapes, implicit concatenation.

use super::fstring::Pieces;
use super::{Parser, R, Stop};
use crate::ast::{Constant, Expr, ExprKind, Span};
use crate::error::{ErrorKind, SyntaxError, Warning, WarningCategory, lossy};
use crate::lexer::utf8_error;
use crate::token::{Tok, Token};

/// Why a string literal is bad; the slow pass gets the whole error.
pub(crate) type StringResult<T> = Result<T, Box<SyntaxError>>;

/// The parts of a string token.
pub(super) struct Literal<'a> {
    pub(crate) body: &'a [u8],
    pub(crate) bytes: bool,
    pub(crate) raw: bool,
    pub(crate) fstring: bool,
}

fn split(text: &[u8]) -> Option<Literal<'_>> {
    let quote_at = memchr::memchr2(b'\'', b'"', text)?;
    let (prefix, quoted) = text.split_at(quote_at);
    let (mut bytes, mut raw, mut fstring) = (false, false, false);
    for c in prefix {
        match c | 0x20 {
            b'b' => bytes = true,
            b'r' => raw = true,
            b'f' => fstring = true,
            _ => {}
        }
    }
    let quote = quoted[0];
    let size = if quoted.len() >= 6 && quoted[1] == quote && quoted[2] == quote {
        3
    } else {
        1
    };
    let body = quoted.get(size..quoted.len().checked_sub(size)?)?;
    Some(Literal {
        body,
        bytes,
        raw,
        fstring,
    })
}

impl<'a> Parser<'a> {
    /// `strings`: all adjacent string tokens.
    pub(super) fn strings(&mut self) -> R<Expr> {
        let first = self.pos;
        let mut last = first;
        while self
            .tokens
            .get(last)
            .is_some_and(|token| token.kind == Tok::String)
        {
            last += 1;
        }
        let value = match self.concatenate(first, last, last) {
            Ok(value) => value,
            Err(_) => return Err(Stop::Invalid),
        };
        if matches!(value.kind, ExprKind::JoinedStr { .. }) {
            self.since(6, "Format strings are")?;
        }
        while self.pos < last {
            self.advance();
        }
        Ok(value)
    }

    /// The value of the string tokens `first..last`. Errors are placed at token `last_read`.
    pub(crate) fn concatenate(
        &mut self,
        first: usize,
        last: usize,
        last_read: usize,
    ) -> StringResult<Expr> {
        let tokens = &self.tokens[first..last];
        let (Some(&first_token), Some(&last_token)) = (tokens.first(), tokens.last()) else {
            return Err(self.string_error(last_read, "internal error: no string token"));
        };
        let span = first_token.span().to(last_token.span());
        if let [token] = tokens
            && let Some(literal) = split(self.text(token))
            && !literal.fstring
            && !literal.bytes
            && (literal.raw || memchr::memchr(b'\\', literal.body).is_none())
            && std::str::from_utf8(literal.body).is_ok()
        {
            return Ok(self.string_constant(&first_token, span, literal.body.into()));
        }
        let mut bytes_mode = None;
        let mut bytes = Vec::new();
        let mut pieces = Pieces::new(span, first_token, (first_token, span), last_read);
        for token in tokens {
            let Some(literal) = split(self.text(token)) else {
                return Err(self.string_error(last_read, "internal error: bad string token"));
            };
            let mut part = Vec::new();
            if literal.bytes {
                self.bytes_literal(&literal, token, last_read, &mut part)?;
            } else if !literal.fstring {
                self.decode_text(literal.body, literal.raw, token, last_read, &mut part)?;
            }
            if *bytes_mode.get_or_insert(literal.bytes) != literal.bytes {
                return Err(self.string_error(last_read, "cannot mix bytes and nonbytes literals"));
            }
            if literal.bytes {
                bytes.append(&mut part);
            } else if literal.fstring {
                let mut at = 0;
                self.fstring(&mut pieces, literal.body, &mut at, literal.raw, 0, token)?;
            } else {
                pieces.text(&part);
            }
        }
        if bytes_mode == Some(true) {
            let value = Constant::Bytes(bytes.into_boxed_slice());
            return Ok(Expr::new(span, ExprKind::Constant { value, kind: None }));
        }
        Ok(self.finish_pieces(pieces))
    }

    /// A string constant, with the kind of the first token of its concatenation.
    pub(super) fn string_constant(&self, first: &Token, span: Span, text: Box<[u8]>) -> Expr {
        let kind = if self.unit.src.get(first.start as usize) == Some(&b'u') {
            Some(Box::from("u"))
        } else {
            None
        };
        Expr::new(
            span,
            ExprKind::Constant {
                value: Constant::Str(text),
                kind,
            },
        )
    }

    #[cold]
    pub(super) fn string_error(&self, last_read: usize, message: &str) -> Box<SyntaxError> {
        let index = last_read.min(self.tokens.len().saturating_sub(1));
        Box::new(
            self.unit
                .error_at_last(ErrorKind::Syntax, &self.tokens[index], message),
        )
    }

    /// Warns of the escape whose first character after the backslash is `escape[0]`.
    fn warn_escape(&mut self, escape: &[u8], token: &Token) {
        let message = match escape {
            // Only octal escapes beyond 0o377 get here.
            [b'4'..=b'7', ..] => format!(
                "invalid octal escape sequence '\\{}'",
                lossy(&escape[..escape.len().min(3)])
            ),
            [c, ..] => format!("invalid escape sequence '\\{}'", char::from(*c)),
            [] => return,
        };
        let category = WarningCategory::Deprecation;
        self.warnings.push(Warning {
            category,
            message,
            lineno: token.lineno,
        });
    }

    pub(super) fn warn_brace(&mut self, token: &Token) {
        self.warn_escape(b"{", token);
    }

    fn bytes_literal(
        &mut self,
        literal: &Literal<'_>,
        token: &Token,
        last_read: usize,
        out: &mut Vec<u8>,
    ) -> StringResult<()> {
        if !literal.body.is_ascii() {
            return Err(
                self.string_error(last_read, "bytes can only contain ASCII literal characters")
            );
        }
        if literal.raw {
            out.extend_from_slice(literal.body);
            return Ok(());
        }
        let body = literal.body;
        let mut invalid = None;
        let mut at = 0;
        while let Some(length) = memchr::memchr(b'\\', &body[at..]) {
            out.extend_from_slice(&body[at..at + length]);
            let backslash = at + length;
            at = backslash + 1;
            let Some(&c) = body.get(at) else { break };
            at += 1;
            match c {
                b'x' => {
                    let Some(value) = hex(body, at, 2) else {
                        let message =
                            format!("(value error) invalid \\x escape at position {backslash}");
                        return Err(self.string_error(last_read, &message));
                    };
                    out.push(value as u8);
                    at += 2;
                }
                b'0'..=b'7' => {
                    let first = at - 1;
                    let value = octal(body, c, &mut at);
                    if value > 0o377 {
                        invalid.get_or_insert(first);
                    }
                    out.push(value as u8);
                }
                _ => match simple_escape(c) {
                    Some(Some(value)) => out.push(value),
                    Some(None) => {}
                    None => {
                        invalid.get_or_insert(at - 1);
                        out.extend_from_slice(&[b'\\', c]);
                    }
                },
            }
        }
        out.extend_from_slice(&body[at..]);
        if let Some(at) = invalid {
            self.warn_escape(&body[at..], token);
        }
        Ok(())
    }

    /// Decodes the text of a string literal (or of a literal part of an f-string).
    pub(super) fn decode_text(
        &mut self,
        body: &[u8],
        raw: bool,
        token: &Token,
        last_read: usize,
        out: &mut Vec<u8>,
    ) -> StringResult<()> {
        if raw || memchr::memchr(b'\\', body).is_none() {
            if std::str::from_utf8(body).is_err() {
                return Err(
                    self.string_error(last_read, &format!("(unicode error) {}", utf8_error(body)))
                );
            }
            out.extend_from_slice(body);
            return Ok(());
        }
        if std::str::from_utf8(body).is_err()
            && let Some(run) = body
                .split(u8::is_ascii)
                .find(|run| std::str::from_utf8(run).is_err())
        {
            return Err(
                self.string_error(last_read, &format!("(unicode error) {}", utf8_error(run)))
            );
        }
        let mut invalid = None;
        let mut at = 0;
        while let Some(length) = memchr::memchr(b'\\', &body[at..]) {
            out.extend_from_slice(&body[at..at + length]);
            let backslash = at + length;
            at = backslash + 1;
            let c = match body.get(at) {
                // A backslash at the end (before a brace of an f-string) or before a non-ASCII character stays.
                None => {
                    out.push(b'\\');
                    break;
                }
                Some(c) if !c.is_ascii() => {
                    out.push(b'\\');
                    continue;
                }
                Some(&c) => c,
            };
            at += 1;
            match c {
                b'x' | b'u' | b'U' => {
                    let (digits, reason) = match c {
                        b'x' => (2, "truncated \\xXX escape"),
                        b'u' => (4, "truncated \\uXXXX escape"),
                        _ => (8, "truncated \\UXXXXXXXX escape"),
                    };
                    let found = body[at..]
                        .iter()
                        .take(digits)
                        .take_while(|c| c.is_ascii_hexdigit())
                        .count();
                    if found < digits {
                        return Err(self.escape_error(
                            body,
                            backslash,
                            at + found,
                            reason,
                            last_read,
                        ));
                    }
                    let value = hex(body, at, digits).unwrap_or(u32::MAX);
                    at += digits;
                    if !push_code_point(out, value) {
                        return Err(self.escape_error(
                            body,
                            backslash,
                            at,
                            "illegal Unicode character",
                            last_read,
                        ));
                    }
                }
                b'N' => at = self.named_escape(body, backslash, at, last_read, out)?,
                b'0'..=b'7' => {
                    let first = at - 1;
                    let value = octal(body, c, &mut at);
                    if value > 0o377 {
                        invalid.get_or_insert(first);
                    }
                    push_code_point(out, value);
                }
                _ => match simple_escape(c) {
                    Some(Some(value)) => out.push(value),
                    Some(None) => {}
                    None => {
                        invalid.get_or_insert(at - 1);
                        out.extend_from_slice(&[b'\\', c]);
                    }
                },
            }
        }
        if at < body.len() {
            out.extend_from_slice(&body[at..]);
        }
        if let Some(at) = invalid {
            self.warn_escape(&body[at..], token);
        }
        Ok(())
    }

    /// `\N{name}`; returns where the text goes on.
    fn named_escape(
        &mut self,
        body: &[u8],
        backslash: usize,
        at: usize,
        last_read: usize,
        out: &mut Vec<u8>,
    ) -> StringResult<usize> {
        let malformed = "malformed \\N character escape";
        if body.get(at) != Some(&b'{') {
            return Err(self.escape_error(body, backslash, at, malformed, last_read));
        }
        let Some(length) = memchr::memchr(b'}', &body[at..]) else {
            return Err(self.escape_error(body, backslash, body.len(), malformed, last_read));
        };
        let end = at + length;
        let name = &body[at + 1..end];
        if name.is_empty() {
            return Err(self.escape_error(body, backslash, end, malformed, last_read));
        }
        let Some(lookup) = self.unit.options.unicode_name else {
            let reason = "\\N escapes not supported (can't load unicodedata module)";
            return Err(self.escape_error(body, backslash, end + 1, reason, last_read));
        };
        match std::str::from_utf8(name).ok().and_then(lookup) {
            Some(value) if push_code_point(out, value) => Ok(end + 1),
            _ => Err(self.escape_error(
                body,
                backslash,
                end + 1,
                "unknown Unicode character name",
                last_read,
            )),
        }
    }

    #[cold]
    fn escape_error(
        &self,
        body: &[u8],
        start: usize,
        end: usize,
        reason: &str,
        last_read: usize,
    ) -> Box<SyntaxError> {
        let start = escaped_length(&body[..start]);
        let end = start
            + escaped_length(
                &body[body.len().min(escaped_start(body, start))..end.min(body.len())],
            );
        let message = if end == start + 1 {
            format!(
                "(unicode error) 'unicodeescape' codec can't decode byte 0x5c in position {start}: {reason}"
            )
        } else {
            format!(
                "(unicode error) 'unicodeescape' codec can't decode bytes in position {start}-{}: {reason}",
                end.saturating_sub(1)
            )
        };
        self.string_error(last_read, &message)
    }
}

/// CPython spells non-ASCII characters as `\UXXXXXXXX` (10 characters) before it decodes escapes, and a backslash in
/// front of one as `\u005c`; error positions count those.
fn escaped_length(text: &[u8]) -> usize {
    let mut length = 0;
    let mut i = 0;
    while i < text.len() {
        let c = text[i];
        if c == b'\\' {
            match text.get(i + 1) {
                Some(next) if next.is_ascii() => {
                    length += 2;
                    i += 2;
                    continue;
                }
                Some(_) => length += 6,
                None => length += 1,
            }
        } else if c.is_ascii() {
            length += 1;
        } else if c & 0xc0 != 0x80 {
            length += 10;
        }
        i += 1;
    }
    length
}

/// The offset in `text` whose escaped length is `length`.
fn escaped_start(text: &[u8], length: usize) -> usize {
    (0..=text.len())
        .find(|&end| escaped_length(&text[..end]) >= length)
        .unwrap_or(text.len())
}

/// The escape of one character: `Some(None)` is an escaped newline, `None` no escape at all.
fn simple_escape(c: u8) -> Option<Option<u8>> {
    Some(Some(match c {
        b'\n' => return Some(None),
        b'\\' | b'\'' | b'"' => c,
        b'b' => 0x08,
        b'f' => 0x0c,
        b't' => b'\t',
        b'n' => b'\n',
        b'r' => b'\r',
        b'v' => 0x0b,
        b'a' => 0x07,
        _ => return None,
    }))
}

fn hex(body: &[u8], at: usize, digits: usize) -> Option<u32> {
    let text = body.get(at..at + digits)?;
    if !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u32::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

fn octal(body: &[u8], first: u8, at: &mut usize) -> u32 {
    let mut value = u32::from(first - b'0');
    for _ in 0..2 {
        match body.get(*at) {
            Some(&c @ b'0'..=b'7') => {
                value = value * 8 + u32::from(c - b'0');
                *at += 1;
            }
            _ => break,
        }
    }
    value
}

/// Appends a code point in generalized UTF-8; false if there is none of that number.
fn push_code_point(out: &mut Vec<u8>, value: u32) -> bool {
    if let Some(c) = char::from_u32(value) {
        let mut buffer = [0; 4];
        out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes());
        return true;
    }
    if (0xd800..0xe000).contains(&value) {
        out.extend_from_slice(&[
            0xed,
            0x80 | ((value >> 6) & 0x3f) as u8,
            0x80 | (value & 0x3f) as u8,
        ]);
        return true;
    }
    false
}
