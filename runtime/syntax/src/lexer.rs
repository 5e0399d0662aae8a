//! The lexer: normalised UTF-8 source to a vector of tokens, with CPython's errors.
//!
//! The whole source is lexed before parsing. An error does not stop the parser at once: it becomes the last token,
//! because CPython reports a parser error that comes first. What CPython's lexer leaves behind for the parser's error
//! reports (the current line, open brackets, whether the end was seen) is kept in [`LexError`] and [`Lexed`].

use crate::error::{
    ErrorKind, SyntaxError, Warning, WarningCategory, char_offset, count_chars, is_printable, lossy,
};
use crate::token::{NO_COLUMN, Tok, Token, keyword};

const MAX_INDENT: usize = 100;
const MAX_LEVEL: usize = 200;
const TAB_SIZE: u32 = 8;

/// A bracket that is open: `(character, line, column)`.
pub(crate) type OpenBracket = (u8, u32, u32);

#[derive(Clone, Debug)]
pub(crate) struct LexError {
    pub(crate) error: SyntaxError,
    /// The lexer raised the exception itself; otherwise the parser turns a status into one, which loses against
    /// unclosed brackets.
    pub(crate) raised: bool,
    /// The error is that the source ended (also inside a string).
    pub(crate) at_eof: bool,
}

pub(crate) struct Lexed {
    pub(crate) tokens: Vec<Token>,
    /// Byte offset of each line; line `first_line + i` starts at `line_starts[i]`.
    pub(crate) line_starts: Vec<u32>,
    /// For each line, where the text begins that CPython's lexer holds while it is on that line: an earlier line if
    /// a string or a continuation reaches into this one.
    pub(crate) buffer_starts: Vec<u32>,
    pub(crate) first_line: u32,
    pub(crate) error: Option<LexError>,
    pub(crate) warnings: Vec<Warning>,
    /// Innermost bracket that was open at the end or at the error.
    pub(crate) open_bracket: Option<OpenBracket>,
    /// Index of the first token whose lexing looked at the end of the source.
    pub(crate) eof_token: usize,
    /// `# type: ignore` comments: line, and the byte range of what follows.
    pub(crate) type_ignores: Vec<(u32, std::ops::Range<usize>)>,
}

#[derive(Clone, Copy, Default)]
pub(crate) struct LexOptions {
    /// Line number of the first line, and the columns to add to tokens that end on it (inside f-strings).
    pub(crate) first_line: u32,
    pub(crate) first_column: u32,
    /// Interactive input: a newline is implied at the end.
    pub(crate) single: bool,
    /// Do not close the open blocks at the end of interactive input.
    pub(crate) dont_imply_dedent: bool,
    /// Report columns of errors in bytes (CPython does where it was not told an encoding).
    pub(crate) byte_columns: bool,
    /// Make tokens of `# type:` comments.
    pub(crate) type_comments: bool,
    /// `async` and `await` are keywords only inside `async def` (before Python 3.7).
    pub(crate) async_is_name: bool,
}

struct Lexer<'a> {
    src: &'a [u8],
    pos: usize,
    line: u32,
    line_start: usize,
    /// Start of the text CPython still buffers: the line on which the current token's context began.
    buffer_start: usize,
    at_line_start: bool,
    pending: i32,
    indents: Vec<(u32, u32)>,
    brackets: Vec<OpenBracket>,
    options: LexOptions,
    out: Lexed,
}

type Stop = Box<LexError>;

const START: u8 = 1;
const CONTINUE: u8 = 2;
const DIGIT: u8 = 4;

const fn classes() -> [u8; 256] {
    let mut table = [0; 256];
    let mut i = 0;
    while i < 256 {
        let c = i as u8;
        if c.is_ascii_alphabetic() || c == b'_' || c >= 128 {
            table[i] = START | CONTINUE;
        } else if c.is_ascii_digit() {
            table[i] = CONTINUE | DIGIT;
        }
        i += 1;
    }
    table
}

static CLASS: [u8; 256] = classes();

#[inline]
fn is_identifier_char(c: u8) -> bool {
    CLASS[c as usize] & CONTINUE != 0
}

pub(crate) fn lex(src: &[u8], options: LexOptions) -> Lexed {
    let first_line = options.first_line.max(1);
    let mut lexer = Lexer {
        src,
        pos: 0,
        // CPython counts lines as it reads them: an empty source has none.
        line: if src.is_empty() { 0 } else { first_line },
        line_start: 0,
        buffer_start: 0,
        at_line_start: true,
        pending: 0,
        indents: vec![(0, 0)],
        brackets: Vec::new(),
        options,
        out: Lexed {
            tokens: Vec::with_capacity(src.len() / 4 + 8),
            line_starts: vec![0],
            buffer_starts: vec![0],
            first_line,
            error: None,
            warnings: Vec::new(),
            open_bracket: None,
            eof_token: usize::MAX,
            type_ignores: Vec::new(),
        },
    };
    lexer.run();
    if options.async_is_name {
        demote_async(&mut lexer.out.tokens);
    }
    lexer.out
}

/// Makes names of `async` and `await` outside the bodies of `async def`.
fn demote_async(tokens: &mut [Token]) {
    let mut depth = 0usize;
    // Depth of the `async def` that is open, and whether its first line is over.
    let mut open: Option<(usize, bool)> = None;
    for i in 0..tokens.len() {
        match tokens[i].kind {
            Tok::Indent => depth += 1,
            Tok::Dedent => depth = depth.saturating_sub(1),
            Tok::Newline => {
                if let Some((_, body)) = &mut open {
                    *body = true;
                }
            }
            Tok::TypeComment => {}
            kind => {
                if open.is_some_and(|(level, body)| body && depth <= level) {
                    open = None;
                }
                let starts = kind == Tok::Async
                    && tokens.get(i + 1).is_some_and(|next| next.kind == Tok::Def);
                if open.is_none() && starts {
                    open = Some((depth, false));
                } else if open.is_none() && matches!(kind, Tok::Async | Tok::Await) {
                    tokens[i].kind = Tok::Name;
                }
            }
        }
    }
}

/// What a comment says behind `# type: `.
enum TypeComment {
    /// Where the type starts in the comment.
    Type(usize),
    /// Where the text behind `ignore` starts.
    Ignore(usize),
}

fn type_comment(comment: &[u8]) -> Option<TypeComment> {
    let blanks = |from: usize| {
        let run = comment[from..]
            .iter()
            .take_while(|c| matches!(c, b' ' | b'\t'));
        from + run.count()
    };
    let word = blanks(1);
    let at = word + b"type:".len();
    if comment.get(word..at) != Some(b"type:") {
        return None;
    }
    let start = blanks(at);
    let after = start + b"ignore".len();
    if comment.get(start..after) == Some(b"ignore")
        && comment
            .get(after)
            .is_none_or(|c| c.is_ascii() && !c.is_ascii_alphanumeric())
    {
        return Some(TypeComment::Ignore(after));
    }
    Some(TypeComment::Type(start))
}

impl<'a> Lexer<'a> {
    fn run(&mut self) {
        if let Err(stop) = self.lex_all() {
            self.out.error = Some(*stop);
            if self.out.eof_token == usize::MAX && self.out.error.as_ref().is_some_and(|e| e.at_eof)
            {
                self.out.eof_token = self.out.tokens.len();
            }
            self.bare(Tok::Error);
        }
        self.out.open_bracket = self.brackets.last().copied();
    }

    /// The byte at `pos`, or 0 at the end (the source holds no null bytes).
    #[inline]
    fn at(&self, pos: usize) -> u8 {
        self.src.get(pos).copied().unwrap_or(0)
    }

    #[inline]
    fn peek(&self) -> u8 {
        self.at(self.pos)
    }

    #[inline]
    fn column(&self, pos: usize) -> u32 {
        (pos - self.line_start) as u32
    }

    /// A token without text.
    fn bare(&mut self, kind: Tok) {
        let level = self.brackets.len() as u8;
        let lineno = self.line;
        let at = self.pos as u32;
        self.out.tokens.push(Token {
            kind,
            level,
            start: at,
            end: at,
            lineno,
            col_offset: NO_COLUMN,
            end_lineno: lineno,
            end_col_offset: NO_COLUMN,
        });
    }

    #[inline]
    fn token(&mut self, kind: Tok, start: usize) {
        let end = self.pos;
        let shift = if self.line == self.options.first_line {
            self.options.first_column
        } else {
            0
        };
        let token = Token {
            kind,
            level: self.brackets.len() as u8,
            start: start as u32,
            end: end as u32,
            lineno: self.line,
            col_offset: self.column(start) + shift,
            end_lineno: self.line,
            end_col_offset: self.column(end) + shift,
        };
        self.out.tokens.push(token);
    }

    /// Notes that lexing the next token looked past the last byte.
    #[inline]
    fn saw_end(&mut self) {
        if self.out.eof_token == usize::MAX {
            self.out.eof_token = self.out.tokens.len();
        }
    }

    #[inline]
    fn new_line(&mut self, start: usize) {
        // At the end of the source there is no further line: positions stay on the last one.
        if start < self.src.len() {
            self.line += 1;
            self.line_start = start;
            self.out.line_starts.push(start as u32);
            self.out.buffer_starts.push(self.buffer_start as u32);
        }
    }

    /// The line just begun is not part of a token that began before it.
    #[inline]
    fn release_buffer(&mut self) {
        if self.pos >= self.src.len() {
            return;
        }
        self.buffer_start = self.line_start;
        if let Some(start) = self.out.buffer_starts.last_mut() {
            *start = self.line_start as u32;
        }
    }

    fn line_text(&self, start: usize) -> &'a [u8] {
        let rest = &self.src[start.min(self.src.len())..];
        match memchr::memchr(b'\n', rest) {
            Some(end) => &rest[..end],
            None => rest,
        }
    }

    /// An error at the current position, as CPython's lexer raises it.
    fn error(&self, message: impl Into<String>) -> Stop {
        let offset = count_chars(&self.src[self.line_start..self.pos.min(self.src.len())]) as i64;
        self.error_range(message, offset, offset)
    }

    fn error_range(&self, message: impl Into<String>, offset: i64, end_offset: i64) -> Stop {
        Box::new(LexError {
            error: SyntaxError {
                kind: ErrorKind::Syntax,
                message: message.into(),
                lineno: i64::from(self.line),
                offset,
                end_lineno: i64::from(self.line),
                end_offset,
                text: Some(lossy(self.line_text(self.line_start))),
            },
            raised: true,
            at_eof: false,
        })
    }

    /// An error by status: the parser gives it its message, at byte column `column` of the buffered text.
    fn status(&self, kind: ErrorKind, message: &str, column: i64, end_offset: i64) -> Stop {
        let line_end = self.line_start + self.line_text(self.line_start).len();
        let end = (line_end + 1).min(self.src.len());
        let text = &self.src[self.buffer_start.min(end)..end];
        let offset = if self.options.byte_columns {
            column
        } else {
            char_offset(text, column)
        };
        Box::new(LexError {
            error: SyntaxError {
                kind,
                message: message.into(),
                lineno: i64::from(self.line),
                offset,
                end_lineno: i64::from(self.line),
                end_offset,
                text: Some(lossy(text)),
            },
            raised: false,
            at_eof: false,
        })
    }

    /// The source ended too early (inside brackets or after a backslash).
    fn end_error(&mut self) -> Stop {
        self.saw_end();
        let mut stop = match self.brackets.last() {
            Some(&bracket) => Box::new(LexError {
                error: unclosed(
                    self.src,
                    &self.out.line_starts,
                    self.out.first_line,
                    bracket,
                    self.options.byte_columns,
                    self.line,
                ),
                raised: false,
                at_eof: true,
            }),
            None => {
                let column = (self.pos - self.line_start) as i64;
                self.status(
                    ErrorKind::Syntax,
                    "unexpected EOF while parsing",
                    column,
                    -1,
                )
            }
        };
        stop.at_eof = true;
        stop
    }

    fn indent_error(&self) -> Stop {
        self.status(
            ErrorKind::Tab,
            "inconsistent use of tabs and spaces in indentation",
            1,
            0,
        )
    }

    /// Moves past the line end (or the end of the source), as CPython does before it reports bad indentation.
    fn skip_line(&mut self) {
        let end = self.line_start + self.line_text(self.line_start).len();
        self.pos = (end + 1).min(self.src.len());
    }

    /// `self.pos` is at a backslash: goes to the start of the next line.
    fn continuation(&mut self) -> Result<(), Stop> {
        if self.at(self.pos + 1) != b'\n' {
            self.pos += 2;
            self.pos = self.pos.min(self.src.len());
            let column = (self.pos - self.buffer_start) as i64;
            return Err(self.status(
                ErrorKind::Syntax,
                "unexpected character after line continuation character",
                column,
                0,
            ));
        }
        self.pos += 2;
        if self.pos >= self.src.len() {
            return Err(self.end_error());
        }
        self.new_line(self.pos);
        Ok(())
    }

    /// Measures the indentation of a line. Returns whether the line is blank.
    fn indentation(&mut self) -> Result<bool, Stop> {
        let (mut column, mut alternative) = (0u32, 0u32);
        let mut continued = 0;
        self.buffer_start = self.line_start;
        loop {
            match self.peek() {
                b' ' => {
                    column += 1;
                    alternative += 1;
                }
                b'\t' => {
                    column = (column / TAB_SIZE + 1) * TAB_SIZE;
                    alternative += 1;
                }
                0x0c => {
                    column = 0;
                    alternative = 0;
                }
                b'\\' => {
                    if continued == 0 {
                        continued = column;
                    }
                    self.continuation()?;
                    self.release_buffer();
                    continue;
                }
                _ => break,
            }
            self.pos += 1;
        }
        let c = self.peek();
        if c == b'#' || c == b'\n' {
            return Ok(true);
        }
        if c == 0 {
            self.saw_end();
        }
        if !self.brackets.is_empty() {
            return Ok(false);
        }
        if continued != 0 {
            column = continued;
            alternative = continued;
        }
        let (current, current_alternative) = self.indents.last().copied().unwrap_or((0, 0));
        if column == current {
            if alternative != current_alternative {
                return Err(self.indent_error());
            }
        } else if column > current {
            if self.indents.len() >= MAX_INDENT {
                return Err(self.status(
                    ErrorKind::Indentation,
                    "too many levels of indentation",
                    1,
                    0,
                ));
            }
            if alternative <= current_alternative {
                return Err(self.indent_error());
            }
            self.pending += 1;
            self.indents.push((column, alternative));
        } else {
            while self.indents.len() > 1
                && self
                    .indents
                    .last()
                    .is_some_and(|&(indent, _)| column < indent)
            {
                self.indents.pop();
                self.pending -= 1;
            }
            let (current, current_alternative) = self.indents.last().copied().unwrap_or((0, 0));
            if column != current {
                self.skip_line();
                let column = (self.pos - self.line_start) as i64;
                return Err(self.status(
                    ErrorKind::Indentation,
                    "unindent does not match any outer indentation level",
                    column,
                    -1,
                ));
            }
            if alternative != current_alternative {
                return Err(self.indent_error());
            }
        }
        Ok(false)
    }

    fn lex_all(&mut self) -> Result<(), Stop> {
        let mut started = false;
        'line: loop {
            let mut blank = false;
            if self.at_line_start {
                self.at_line_start = false;
                blank = self.indentation()?;
                while self.pending != 0 {
                    if self.pending < 0 {
                        self.pending += 1;
                        self.bare(Tok::Dedent);
                    } else {
                        self.pending -= 1;
                        self.bare(Tok::Indent);
                    }
                    started = true;
                }
            }
            loop {
                while matches!(self.peek(), b' ' | b'\t' | 0x0c) {
                    self.pos += 1;
                }
                let start = self.pos;
                let mut c = self.peek();
                if c == b'#' {
                    self.pos = match memchr::memchr(b'\n', &self.src[self.pos..]) {
                        Some(length) => self.pos + length,
                        None => self.src.len(),
                    };
                    c = self.peek();
                    if self.options.type_comments {
                        match type_comment(&self.src[start..self.pos]) {
                            Some(TypeComment::Ignore(at)) => {
                                let ignored = (self.line, start + at..self.pos);
                                self.out.type_ignores.push(ignored);
                            }
                            Some(TypeComment::Type(at)) => {
                                self.token(Tok::TypeComment, start + at);
                                (blank, started) = (false, true);
                                continue;
                            }
                            None => {}
                        }
                    }
                }
                if c == 0 && self.pos >= self.src.len() {
                    if !self.brackets.is_empty() {
                        return Err(self.end_error());
                    }
                    self.saw_end();
                    if self.options.single && started {
                        self.bare(Tok::Newline);
                        if !self.options.dont_imply_dedent && self.indents.len() > 1 {
                            while self.indents.len() > 1 {
                                self.indents.pop();
                                self.bare(Tok::Dedent);
                            }
                            self.bare(Tok::Newline);
                        }
                    }
                    self.bare(Tok::EndMarker);
                    return Ok(());
                }
                match c {
                    b'\n' => {
                        self.at_line_start = true;
                        let emit = !blank && self.brackets.is_empty();
                        if emit {
                            // A comment before it belongs to the line end: CPython starts the token there.
                            self.token(Tok::Newline, start);
                            started = true;
                            self.pos += 1;
                            // What follows the token for the error reports: the lexer stands behind the newline.
                        } else {
                            self.pos += 1;
                        }
                        self.new_line(self.pos);
                        self.release_buffer();
                        continue 'line;
                    }
                    b'\\' => {
                        self.continuation()?;
                        continue;
                    }
                    _ => {}
                }
                started = true;
                self.one_token(c, start)?;
            }
        }
    }

    #[inline]
    fn one_token(&mut self, c: u8, start: usize) -> Result<(), Stop> {
        if CLASS[c as usize] & START != 0 {
            self.name(start)
        } else if CLASS[c as usize] & DIGIT != 0
            || (c == b'.' && self.at(start + 1).is_ascii_digit())
        {
            self.number(start)
        } else if c == b'"' || c == b'\'' {
            self.string(start)
        } else {
            self.operator(c, start)
        }
    }

    fn name(&mut self, start: usize) -> Result<(), Stop> {
        let mut pos = start;
        let mut non_ascii = false;
        loop {
            let c = self.at(pos);
            if !is_identifier_char(c) {
                if (c == b'"' || c == b'\'') && is_string_prefix(&self.src[start..pos]) {
                    self.pos = pos;
                    return self.string(start);
                }
                break;
            }
            non_ascii |= c >= 128;
            pos += 1;
        }
        self.pos = pos;
        if pos >= self.src.len() {
            self.saw_end();
        }
        if non_ascii {
            self.verify_identifier(start)?;
            self.token(Tok::Name, start);
        } else {
            let kind = keyword(&self.src[start..pos]);
            self.token(kind, start);
        }
        Ok(())
    }

    #[cold]
    fn verify_identifier(&mut self, start: usize) -> Result<(), Stop> {
        let bytes = &self.src[start..self.pos];
        let text = match std::str::from_utf8(bytes) {
            Ok(text) => text,
            Err(_) => {
                let message = format!("(unicode error) {}", utf8_error(bytes));
                let column = (self.pos - self.line_start) as i64;
                let mut stop = self.status(ErrorKind::Syntax, &message, column, -1);
                stop.raised = true;
                return Err(stop);
            }
        };
        for (i, (at, c)) in text.char_indices().enumerate() {
            let valid = c == '_'
                || if i == 0 {
                    unicode_ident::is_xid_start(c)
                } else {
                    unicode_ident::is_xid_continue(c)
                };
            if !valid {
                self.pos = start + at + c.len_utf8();
                let code = c as u32;
                return Err(if is_printable(c) {
                    self.error(format!("invalid character '{c}' (U+{code:04X})"))
                } else {
                    self.error(format!("invalid non-printable character U+{code:04X}"))
                });
            }
        }
        Ok(())
    }

    /// `self.pos` is at the opening quote; the prefix starts at `start`.
    fn string(&mut self, start: usize) -> Result<(), Stop> {
        let quote = self.peek();
        let first_line = self.line;
        let first_line_start = self.line_start;
        let triple = self.at(self.pos + 1) == quote && self.at(self.pos + 2) == quote;
        if triple {
            self.pos += 3;
            loop {
                let rest = &self.src[self.pos..];
                let Some(length) = memchr::memchr3(quote, b'\\', b'\n', rest) else {
                    return Err(self.unterminated(start, first_line, first_line_start, true));
                };
                self.pos += length;
                match self.peek() {
                    b'\n' => {
                        self.pos += 1;
                        self.new_line(self.pos);
                    }
                    b'\\' => {
                        self.pos += 1;
                        match self.peek() {
                            b'\n' => {
                                self.pos += 1;
                                self.new_line(self.pos);
                            }
                            0 => {}
                            _ => self.pos += 1,
                        }
                    }
                    _ => {
                        if self.at(self.pos + 1) == quote && self.at(self.pos + 2) == quote {
                            self.pos += 3;
                            break;
                        }
                        self.pos += 1;
                    }
                }
            }
        } else {
            self.pos += 1;
            let empty = self.peek() == quote;
            loop {
                let rest = &self.src[self.pos..];
                let Some(length) = memchr::memchr3(quote, b'\\', b'\n', rest) else {
                    self.pos = self.src.len();
                    return Err(self.unterminated(start, first_line, first_line_start, false));
                };
                self.pos += length;
                match self.peek() {
                    b'\\' => {
                        self.pos += 1;
                        match self.peek() {
                            b'\n' => {
                                self.pos += 1;
                                self.new_line(self.pos);
                            }
                            0 => {}
                            _ => self.pos += 1,
                        }
                    }
                    b'\n' => {
                        return Err(self.unterminated(start, first_line, first_line_start, false));
                    }
                    _ => {
                        self.pos += 1;
                        break;
                    }
                }
            }
            if empty && self.pos >= self.src.len() {
                self.saw_end();
            }
        }
        // Columns of the first line are shifted only if the token also ends there.
        let shift = if self.line == self.options.first_line {
            self.options.first_column
        } else {
            0
        };
        let token = Token {
            kind: Tok::String,
            level: self.brackets.len() as u8,
            start: start as u32,
            end: self.pos as u32,
            lineno: first_line,
            col_offset: (start - first_line_start) as u32 + shift,
            end_lineno: self.line,
            end_col_offset: self.column(self.pos) + shift,
        };
        self.out.tokens.push(token);
        Ok(())
    }

    #[cold]
    fn unterminated(
        &mut self,
        start: usize,
        first_line: u32,
        first_line_start: usize,
        triple: bool,
    ) -> Stop {
        let detected = self.line;
        let at_eof = triple || self.pos >= self.src.len();
        if at_eof {
            self.saw_end();
        }
        self.line = first_line;
        self.line_start = first_line_start;
        self.pos = start + 1;
        let what = if triple {
            "triple-quoted string literal"
        } else {
            "string literal"
        };
        let mut stop = self.error(format!("unterminated {what} (detected at line {detected})"));
        stop.at_eof = at_eof;
        stop
    }

    fn operator(&mut self, c: u8, start: usize) -> Result<(), Stop> {
        let c2 = self.at(start + 1);
        let c3 = self.at(start + 2);
        let (kind, length) = match (c, c2, c3) {
            (b'.', b'.', b'.') => (Tok::Ellipsis, 3),
            (b'*', b'*', b'=') => (Tok::DoubleStarEqual, 3),
            (b'/', b'/', b'=') => (Tok::DoubleSlashEqual, 3),
            (b'<', b'<', b'=') => (Tok::LeftShiftEqual, 3),
            (b'>', b'>', b'=') => (Tok::RightShiftEqual, 3),
            (b'!', b'=', _) | (b'<', b'>', _) => (Tok::NotEqual, 2),
            (b'%', b'=', _) => (Tok::PercentEqual, 2),
            (b'&', b'=', _) => (Tok::AmperEqual, 2),
            (b'*', b'*', _) => (Tok::DoubleStar, 2),
            (b'*', b'=', _) => (Tok::StarEqual, 2),
            (b'+', b'=', _) => (Tok::PlusEqual, 2),
            (b'-', b'=', _) => (Tok::MinEqual, 2),
            (b'-', b'>', _) => (Tok::RArrow, 2),
            (b'/', b'/', _) => (Tok::DoubleSlash, 2),
            (b'/', b'=', _) => (Tok::SlashEqual, 2),
            (b':', b'=', _) => (Tok::ColonEqual, 2),
            (b'<', b'<', _) => (Tok::LeftShift, 2),
            (b'<', b'=', _) => (Tok::LessEqual, 2),
            (b'=', b'=', _) => (Tok::EqEqual, 2),
            (b'>', b'=', _) => (Tok::GreaterEqual, 2),
            (b'>', b'>', _) => (Tok::RightShift, 2),
            (b'@', b'=', _) => (Tok::AtEqual, 2),
            (b'^', b'=', _) => (Tok::CircumflexEqual, 2),
            (b'|', b'=', _) => (Tok::VBarEqual, 2),
            _ => (
                match c {
                    b'(' => Tok::LPar,
                    b')' => Tok::RPar,
                    b'[' => Tok::LSqb,
                    b']' => Tok::RSqb,
                    b'{' => Tok::LBrace,
                    b'}' => Tok::RBrace,
                    b':' => Tok::Colon,
                    b',' => Tok::Comma,
                    b';' => Tok::Semi,
                    b'+' => Tok::Plus,
                    b'-' => Tok::Minus,
                    b'*' => Tok::Star,
                    b'/' => Tok::Slash,
                    b'|' => Tok::VBar,
                    b'&' => Tok::Amper,
                    b'<' => Tok::Less,
                    b'>' => Tok::Greater,
                    b'=' => Tok::Equal,
                    b'.' => Tok::Dot,
                    b'%' => Tok::Percent,
                    b'~' => Tok::Tilde,
                    b'^' => Tok::Circumflex,
                    b'@' => Tok::At,
                    _ => Tok::Unknown,
                },
                1,
            ),
        };
        self.pos = start + length;
        if length < 3 && self.pos >= self.src.len() {
            self.saw_end();
        }
        match kind {
            Tok::LPar | Tok::LSqb | Tok::LBrace => {
                if self.brackets.len() >= MAX_LEVEL {
                    return Err(self.error("too many nested parentheses"));
                }
                let column = self.column(start);
                self.brackets.push((c, self.line, column));
            }
            Tok::RPar | Tok::RSqb | Tok::RBrace => {
                let Some((opening, line, _)) = self.brackets.pop() else {
                    return Err(self.error(format!("unmatched '{}'", c as char)));
                };
                if !matches!((opening, c), (b'(', b')') | (b'[', b']') | (b'{', b'}')) {
                    let (closing, opening) = (c as char, opening as char);
                    let mut message = format!(
                        "closing parenthesis '{closing}' does not match opening parenthesis '{opening}'"
                    );
                    if line != self.line {
                        message.push_str(&format!(" on line {line}"));
                    }
                    return Err(self.error(message));
                }
            }
            Tok::Unknown if !(b' '..0x7f).contains(&c) => {
                return Err(self.error(format!("invalid non-printable character U+{c:04X}")));
            }
            _ => {}
        }
        self.token(kind, start);
        Ok(())
    }

    // Numbers.

    fn number(&mut self, start: usize) -> Result<(), Stop> {
        self.pos = start;
        self.number_text()?;
        if self.pos >= self.src.len() {
            self.saw_end();
        }
        self.token(Tok::Number, start);
        Ok(())
    }

    /// Leaves `self.pos` behind the number.
    fn number_text(&mut self) -> Result<(), Stop> {
        let start = self.pos;
        if self.peek() == b'.' {
            self.pos += 1;
            return self.fraction();
        }
        if self.peek() != b'0' {
            self.decimal_tail()?;
            return self.after_integer();
        }
        self.pos += 1;
        match self.peek() {
            b'x' | b'X' => return self.radix("hexadecimal", |c| c.is_ascii_hexdigit()),
            b'o' | b'O' => return self.radix("octal", |c| (b'0'..b'8').contains(&c)),
            b'b' | b'B' => return self.radix("binary", |c| c == b'0' || c == b'1'),
            _ => {}
        }
        loop {
            if self.peek() == b'_' {
                self.pos += 1;
                if !self.peek().is_ascii_digit() {
                    return Err(self.error("invalid decimal literal"));
                }
            }
            if self.peek() != b'0' {
                break;
            }
            self.pos += 1;
        }
        // CPython has read one character more at this point.
        let zeros_end = self.pos + 1;
        let mut nonzero = false;
        if self.peek().is_ascii_digit() {
            nonzero = true;
            self.decimal_tail()?;
        }
        match self.peek() {
            b'.' | b'e' | b'E' | b'j' | b'J' => self.after_integer(),
            _ if nonzero => {
                let offset = (start + 1 - self.line_start) as i64;
                let end = (zeros_end - self.line_start) as i64;
                Err(self.error_range(
                    "leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers",
                    offset,
                    end,
                ))
            }
            _ => self.end_of_number("decimal"),
        }
    }

    fn radix(&mut self, kind: &str, valid: fn(u8) -> bool) -> Result<(), Stop> {
        self.pos += 1;
        let hexadecimal = kind == "hexadecimal";
        loop {
            if self.peek() == b'_' {
                self.pos += 1;
            }
            if !valid(self.peek()) {
                return Err(self.bad_digit(kind, hexadecimal));
            }
            while valid(self.peek()) {
                self.pos += 1;
            }
            if self.peek() != b'_' {
                break;
            }
        }
        if !hexadecimal && self.peek().is_ascii_digit() {
            return Err(self.bad_digit(kind, false));
        }
        self.end_of_number(kind)
    }

    #[cold]
    fn bad_digit(&mut self, kind: &str, hexadecimal: bool) -> Stop {
        let c = self.peek();
        if !hexadecimal && c.is_ascii_digit() {
            self.pos += 1;
            self.error(format!("invalid digit '{}' in {kind} literal", c as char))
        } else {
            self.error(format!("invalid {kind} literal"))
        }
    }

    /// `self.pos` is at a digit.
    fn decimal_tail(&mut self) -> Result<(), Stop> {
        loop {
            while self.peek().is_ascii_digit() {
                self.pos += 1;
            }
            if self.peek() != b'_' {
                return Ok(());
            }
            self.pos += 1;
            if !self.peek().is_ascii_digit() {
                return Err(self.error("invalid decimal literal"));
            }
        }
    }

    fn after_integer(&mut self) -> Result<(), Stop> {
        if self.peek() == b'.' {
            self.pos += 1;
            return self.fraction();
        }
        self.exponent()
    }

    fn fraction(&mut self) -> Result<(), Stop> {
        if self.peek().is_ascii_digit() {
            self.decimal_tail()?;
        }
        self.exponent()
    }

    fn exponent(&mut self) -> Result<(), Stop> {
        if matches!(self.peek(), b'e' | b'E') {
            let next = self.at(self.pos + 1);
            if next == b'+' || next == b'-' {
                self.pos += 2;
                if !self.peek().is_ascii_digit() {
                    return Err(self.error("invalid decimal literal"));
                }
            } else if !next.is_ascii_digit() {
                // Not an exponent: perhaps `1else`.
                return self.end_of_number("decimal");
            } else {
                self.pos += 1;
            }
            self.decimal_tail()?;
        }
        if matches!(self.peek(), b'j' | b'J') {
            self.pos += 1;
            return self.end_of_number("imaginary");
        }
        self.end_of_number("decimal")
    }

    /// A number directly followed by a letter is an error, or a warning if the letters are a keyword that may follow.
    fn end_of_number(&mut self, kind: &str) -> Result<(), Stop> {
        let c = self.peek();
        if !is_identifier_char(c) {
            return Ok(());
        }
        let rest = &self.src[self.pos..];
        let word = |word: &[u8]| {
            rest.starts_with(word)
                && !rest
                    .get(word.len())
                    .is_some_and(|&next| is_identifier_char(next))
        };
        let follows = word(b"and")
            || word(b"else")
            || word(b"for")
            || word(b"or")
            || word(b"not")
            || rest.starts_with(b"if")
            || rest.starts_with(b"in")
            || rest.starts_with(b"is");
        if !follows {
            return Err(self.error(format!("invalid {kind} literal")));
        }
        self.out.warnings.push(Warning {
            category: WarningCategory::Syntax,
            message: format!("invalid {kind} literal"),
            lineno: self.line,
        });
        Ok(())
    }
}

/// `'(' was never closed`.
pub(crate) fn unclosed(
    src: &[u8],
    line_starts: &[u32],
    first_line: u32,
    bracket: OpenBracket,
    byte_columns: bool,
    read_to: u32,
) -> SyntaxError {
    let (character, line, column) = bracket;
    let start = line_starts
        .get((line - first_line) as usize)
        .copied()
        .unwrap_or(0) as usize;
    let rest = &src[start.min(src.len())..];
    let end = memchr::memchr(b'\n', rest).unwrap_or(rest.len());
    // The line the lexer is on is shown with its newline.
    let shown = if read_to <= line {
        (end + 1).min(rest.len())
    } else {
        end
    };
    let column = i64::from(column) + 1;
    SyntaxError {
        kind: ErrorKind::Syntax,
        message: format!("'{}' was never closed", character as char),
        lineno: i64::from(line),
        offset: if byte_columns {
            column
        } else {
            char_offset(&rest[..end], column)
        },
        end_lineno: i64::from(line),
        end_offset: 0,
        text: Some(lossy(&rest[..shown])),
    }
}

fn is_string_prefix(text: &[u8]) -> bool {
    match text {
        [a] => matches!(a | 0x20, b'b' | b'r' | b'u' | b'f'),
        [a, b] => matches!(
            (a | 0x20, b | 0x20),
            (b'b', b'r') | (b'r', b'b') | (b'f', b'r') | (b'r', b'f')
        ),
        _ => false,
    }
}

/// The message of CPython's UTF-8 decoder for the first bad byte of `bytes`.
pub(crate) fn utf8_error(bytes: &[u8]) -> String {
    let Err(error) = std::str::from_utf8(bytes) else {
        return String::new();
    };
    let start = error.valid_up_to();
    let first = bytes.get(start).copied().unwrap_or(0);
    let (length, reason) = match error.error_len() {
        None => (bytes.len() - start, "unexpected end of data"),
        Some(_) if !(0xc2..=0xf4).contains(&first) => (1, "invalid start byte"),
        Some(length) => (length, "invalid continuation byte"),
    };
    if length == 1 {
        format!("'utf-8' codec can't decode byte 0x{first:02x} in position {start}: {reason}")
    } else {
        format!(
            "'utf-8' codec can't decode bytes in position {start}-{}: {reason}",
            start + length - 1
        )
    }
}
