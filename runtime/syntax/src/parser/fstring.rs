//! f-strings, as 3.11 parses them: the string is cut into literals and expressions first, and each expression is
//! lexed and parsed on its own, wrapped in parentheses.

use super::strings::StringResult;
use super::{FStringPlace, Parser, Unit};
use crate::ast::{Expr, ExprKind, P, Span};
use crate::error::SyntaxError;
use crate::lexer::{LexOptions, lex};
use crate::token::Token;

/// What has been collected of a concatenation of strings and f-strings.
pub(super) struct Pieces {
    /// Of the whole and of the text at its end.
    span: Span,
    first: Token,
    /// Of what comes before that: in a format specification, too, all strings that are joined.
    inside: (Token, Span),
    last_read: usize,
    values: Vec<Expr>,
    text: Vec<u8>,
    formatted: bool,
}

impl Pieces {
    pub(super) fn new(span: Span, first: Token, inside: (Token, Span), last_read: usize) -> Pieces {
        Pieces {
            span,
            first,
            inside,
            last_read,
            values: Vec::new(),
            text: Vec::new(),
            formatted: false,
        }
    }

    pub(super) fn text(&mut self, text: &[u8]) {
        self.text.extend_from_slice(text);
    }
}

const MAX_NESTING: usize = 200;

impl Parser<'_> {
    pub(super) fn finish_pieces(&self, mut pieces: Pieces) -> Expr {
        let text = std::mem::take(&mut pieces.text);
        if !pieces.formatted {
            return self.string_constant(&pieces.first, pieces.span, text.into_boxed_slice());
        }
        if !text.is_empty() {
            pieces.values.push(self.string_constant(
                &pieces.first,
                pieces.span,
                text.into_boxed_slice(),
            ));
        }
        Expr::new(
            pieces.span,
            ExprKind::JoinedStr {
                values: pieces.values,
            },
        )
    }

    /// Parses an f-string (`level` 0) or a format specification from `body[*at..]` into `pieces`.
    pub(super) fn fstring(
        &mut self,
        pieces: &mut Pieces,
        body: &[u8],
        at: &mut usize,
        raw: bool,
        level: usize,
        token: &Token,
    ) -> StringResult<()> {
        pieces.formatted = true;
        let last_read = pieces.last_read;
        loop {
            let mut literal = Vec::new();
            let doubled =
                self.fstring_literal(body, at, raw, level, token, last_read, &mut literal)?;
            pieces.text(&literal);
            if doubled {
                continue;
            }
            if *at >= body.len() || body[*at] == b'}' {
                break;
            }
            let (text, expression) = self.replacement(pieces, body, at, raw, level, token)?;
            pieces.text(text);
            if !pieces.text.is_empty() {
                let text = std::mem::take(&mut pieces.text).into_boxed_slice();
                let constant = self.string_constant(&pieces.inside.0, pieces.inside.1, text);
                pieces.values.push(constant);
            }
            pieces.values.push(expression);
        }
        if level != 0 && body.get(*at) != Some(&b'}') {
            return Err(self.string_error(last_read, "f-string: expecting '}'"));
        }
        Ok(())
    }

    /// Literal text up to a brace. Returns true behind a doubled brace: more literal text follows.
    #[expect(
        clippy::too_many_arguments,
        reason = "one cursor over the string, passed down"
    )]
    fn fstring_literal(
        &mut self,
        body: &[u8],
        at: &mut usize,
        raw: bool,
        level: usize,
        token: &Token,
        last_read: usize,
        out: &mut Vec<u8>,
    ) -> StringResult<bool> {
        let start = *at;
        let mut i = start;
        let mut doubled = false;
        while i < body.len() {
            let mut c = body[i];
            i += 1;
            if !raw && c == b'\\' && i < body.len() {
                c = body[i];
                i += 1;
                if c == b'N' {
                    if i < body.len() {
                        let brace = body[i] == b'{';
                        i += 1;
                        if brace {
                            i = memchr::memchr(b'}', &body[i..])
                                .map_or(body.len(), |length| i + length + 1);
                        }
                    }
                    continue;
                }
                if c == b'{' {
                    self.warn_brace(token);
                }
            }
            if c != b'{' && c != b'}' {
                continue;
            }
            if level == 0 {
                if body.get(i) == Some(&c) {
                    doubled = true;
                    break;
                }
                if c == b'}' {
                    return Err(self.string_error(last_read, "f-string: single '}' is not allowed"));
                }
            }
            i -= 1;
            break;
        }
        *at = if doubled { i + 1 } else { i };
        if i > start {
            self.decode_text(&body[start..i], raw, token, last_read, out)?;
        }
        Ok(doubled)
    }

    /// `{expression [=] [!conversion] [:specification]}`: the text to show before it (for `=`), and its node.
    fn replacement<'s>(
        &mut self,
        pieces: &Pieces,
        body: &'s [u8],
        at: &mut usize,
        raw: bool,
        level: usize,
        token: &Token,
    ) -> StringResult<(&'s [u8], Expr)> {
        let last_read = pieces.last_read;
        if level >= 2 {
            return Err(self.string_error(last_read, "f-string: expressions nested too deeply"));
        }
        *at += 1;
        let start = *at;
        let end = self.expression_end(body, start, last_read)?;
        *at = end;
        let unexpected_end = "f-string: expecting '}'";
        if end >= body.len() {
            return Err(self.string_error(last_read, unexpected_end));
        }
        let value = self.embedded_expression(body, start, end, token, last_read)?;
        let mut text: &[u8] = b"";
        if body[*at] == b'=' {
            if self.unit.options.feature_version < 8 {
                let message = "f-string: self documenting expressions are only supported in Python 3.8 and greater";
                return Err(self.string_error(last_read, message));
            }
            *at += 1;
            while body
                .get(*at)
                .is_some_and(|c| matches!(c, b' ' | b'\t'..=b'\r'))
            {
                *at += 1;
            }
            if *at >= body.len() {
                return Err(self.string_error(last_read, unexpected_end));
            }
            text = &body[start..*at];
        }
        let mut conversion = -1;
        if body[*at] == b'!' {
            *at += 1;
            let Some(&c) = body.get(*at) else {
                return Err(self.string_error(last_read, unexpected_end));
            };
            *at += 1;
            if !matches!(c, b's' | b'r' | b'a') {
                let message = "f-string: invalid conversion character: expected 's', 'r', or 'a'";
                return Err(self.string_error(last_read, message));
            }
            conversion = i32::from(c);
        }
        if *at >= body.len() {
            return Err(self.string_error(last_read, unexpected_end));
        }
        let mut format_spec = None;
        if body[*at] == b':' {
            *at += 1;
            if *at >= body.len() {
                return Err(self.string_error(last_read, unexpected_end));
            }
            let mut inner = Pieces::new(token.span(), *token, pieces.inside, last_read);
            self.fstring(&mut inner, body, at, raw, level + 1, token)?;
            format_spec = Some(P::new(self.finish_pieces(inner)));
        }
        if body.get(*at) != Some(&b'}') {
            return Err(self.string_error(last_read, unexpected_end));
        }
        *at += 1;
        if !text.is_empty() && format_spec.is_none() && conversion == -1 {
            conversion = i32::from(b'r');
        }
        let span = pieces.inside.1;
        let kind = ExprKind::FormattedValue {
            value: P::new(value),
            conversion,
            format_spec,
        };
        Ok((text, Expr::new(span, kind)))
    }

    /// Where the expression that begins at `start` ends: at a `}`, `!`, `:` or `=` outside brackets and strings.
    fn expression_end(&self, body: &[u8], start: usize, last_read: usize) -> StringResult<usize> {
        let fail = |message: &str| Err(self.string_error(last_read, message));
        let mut quote = 0u8;
        let mut triple = false;
        let mut brackets: Vec<u8> = Vec::new();
        let mut i = start;
        while i < body.len() {
            let c = body[i];
            if c == b'\\' {
                return fail("f-string expression part cannot include a backslash");
            }
            if quote != 0 {
                if c == quote {
                    if !triple {
                        quote = 0;
                    } else if body[i..].starts_with(&[c, c, c]) {
                        i += 2;
                        quote = 0;
                    }
                }
                i += 1;
                continue;
            }
            match c {
                b'\'' | b'"' => {
                    triple = body[i..].starts_with(&[c, c, c]);
                    if triple {
                        i += 2;
                    }
                    quote = c;
                }
                b'[' | b'{' | b'(' => {
                    if brackets.len() >= MAX_NESTING {
                        return fail("f-string: too many nested parenthesis");
                    }
                    brackets.push(c);
                }
                b'#' => return fail("f-string expression part cannot include '#'"),
                b'!' | b':' | b'}' | b'=' | b'>' | b'<' if brackets.is_empty() => {
                    let next = body.get(i + 1);
                    if matches!(c, b'!' | b'=' | b'<' | b'>') && next == Some(&b'=') {
                        i += 1;
                    } else if c != b'>' && c != b'<' {
                        break;
                    }
                }
                b']' | b'}' | b')' => {
                    let Some(opening) = brackets.pop() else {
                        return fail(&format!("f-string: unmatched '{}'", char::from(c)));
                    };
                    if !matches!((opening, c), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
                        return fail(&format!(
                            "f-string: closing parenthesis '{}' does not match opening parenthesis '{}'",
                            char::from(c),
                            char::from(opening)
                        ));
                    }
                }
                _ => {}
            }
            i += 1;
        }
        if quote != 0 {
            return fail("f-string: unterminated string");
        }
        if let Some(&opening) = brackets.last() {
            return fail(&format!("f-string: unmatched '{}'", char::from(opening)));
        }
        Ok(i.min(body.len()))
    }

    /// Parses `body[start..end]`, which follows a `{` in the text of `token`.
    fn embedded_expression(
        &mut self,
        body: &[u8],
        start: usize,
        end: usize,
        token: &Token,
        last_read: usize,
    ) -> StringResult<Expr> {
        let text = &body[start..end];
        if text
            .iter()
            .all(|c| matches!(c, b' ' | b'\t' | b'\n' | 0x0c))
        {
            return Err(match body.get(end) {
                Some(&c @ (b'!' | b':' | b'=')) => self.string_error(
                    last_read,
                    &format!("f-string: expression required before '{}'", char::from(c)),
                ),
                _ => self.string_error(last_read, "f-string: empty expression not allowed"),
            });
        }
        let place = self.expression_place(body, start - 1, token);
        let mut source = Vec::with_capacity(text.len() + 3);
        source.push(b'(');
        source.extend_from_slice(text);
        source.extend_from_slice(b")\n");
        let lexed = lex(
            &source,
            LexOptions {
                first_line: place.first_line,
                first_column: place.first_column,
                byte_columns: true,
                ..LexOptions::default()
            },
        );
        let unit = Unit {
            src: &source,
            lexed: &lexed,
            options: self.unit.options,
            byte_columns: true,
            fstring: Some(place),
        };
        let mut parser = Parser::new(&unit);
        parser.report = self.report;
        parser.depth = self.depth;
        std::mem::swap(&mut parser.names, &mut self.names);
        let result = crate::tree::with_stack(|| parser.parse_fstring_expression());
        std::mem::swap(&mut parser.names, &mut self.names);
        self.warnings.append(&mut parser.warnings);
        self.warnings.extend(lexed.warnings.iter().cloned());
        match result {
            Ok(expr) => Ok(expr),
            Err(stop) if self.report => {
                Err(Box::new(crate::diagnose::diagnose_fstring(&unit, stop)))
            }
            Err(_) => Err(Box::new(SyntaxError::unlocated(
                crate::ErrorKind::Syntax,
                "invalid syntax",
            ))),
        }
    }

    /// Line and column CPython gives to the parenthesis that stands for the `{` at `body[brace]`.
    fn expression_place(&self, body: &[u8], brace: usize, token: &Token) -> FStringPlace {
        let token_text = self.text(token);
        // `body` is the tail of the token without its closing quotes.
        let quotes = if token_text.ends_with(b"\"\"\"") || token_text.ends_with(b"'''") {
            3
        } else {
            1
        };
        let quotes = if token_text.len() >= body.len() + 2 * quotes {
            quotes
        } else {
            1
        };
        let offset = token_text.len().saturating_sub(body.len() + quotes);
        let before = &token_text[..(offset + brace).min(token_text.len())];
        let lines = before.iter().filter(|c| **c == b'\n').count() as u32;
        let mut newline_follows = true;
        for &c in &body[brace + 1..] {
            match c {
                b'}' | b'\n' => break,
                b' ' | b'\t' | 0x0c => {}
                _ => {
                    newline_follows = false;
                    break;
                }
            }
        }
        let mut columns = 0;
        if !newline_follows {
            columns = match before.iter().rposition(|c| *c == b'\n') {
                Some(newline) => before.len() - newline - 1,
                None => before.len(),
            } as u32;
        }
        let first_column = if lines != 0 {
            columns
        } else {
            token.col_offset + columns
        };
        FStringPlace {
            first_line: token.lineno + lines,
            first_column,
        }
    }
}
