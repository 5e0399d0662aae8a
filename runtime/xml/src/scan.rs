//! Tokens. Each scanner looks at the input from one place and finds a whole token, or says what is in the way.

use crate::chars::*;

/// Why there is no token.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Stop {
    /// The input ends within the token; `partial` within a character.
    More { partial: bool },
    /// The character at this place cannot stand there.
    Invalid(usize),
}
pub(crate) type Scan<T> = Result<T, Stop>;

const MORE: Stop = Stop::More { partial: false };

/// Where names, values and the rest of an attribute lie.
#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: (usize, usize),
    pub(crate) value: (usize, usize),
}
#[derive(Clone, Debug)]
pub(crate) enum Token {
    Data,
    Newline,
    CharRef(char),
    EntityRef,
    StartTag {
        name: (usize, usize),
        attributes: Vec<Attribute>,
        empty: bool,
    },
    EndTag {
        name: (usize, usize),
    },
    Comment,
    Pi {
        target: (usize, usize),
        data: (usize, usize),
    },
    XmlDecl,
    CdataOpen,
    /// Not a character that exists: error 14.
    BadCharRef,
}

/// The input from which tokens are scanned; `ns` makes colons in names special.
pub(crate) struct Scanner<'s> {
    pub(crate) s: &'s [u8],
    pub(crate) ns: bool,
}

impl Scanner<'_> {
    pub(crate) fn char(&self, at: usize) -> Scan<(char, usize)> {
        match char_at(self.s, at) {
            Char::Is(c, n) => Ok((c, n)),
            Char::End { within } => Err(Stop::More { partial: within }),
            Char::Invalid => Err(Stop::Invalid(at)),
        }
    }
    fn byte(&self, at: usize) -> Scan<u8> {
        self.s.get(at).copied().ok_or(MORE)
    }
    fn expect(&self, at: usize, b: u8) -> Scan<usize> {
        if self.byte(at)? == b {
            Ok(at + 1)
        } else {
            self.char(at)?;
            Err(Stop::Invalid(at))
        }
    }
    pub(crate) fn spaces(&self, mut at: usize) -> usize {
        while self.s.get(at).is_some_and(|b| is_space(*b)) {
            at += 1;
        }
        at
    }
    /// A name; what follows must be seen for it to be whole.
    pub(crate) fn name(&self, start: usize) -> Scan<usize> {
        let (c, n) = self.char(start)?;
        if !is_name_start(c) && (c != ':' || self.ns) {
            return Err(Stop::Invalid(start));
        }
        let (mut at, mut colon) = (start + n, false);
        loop {
            at = ascii_name(self.s, at);
            let (c, n) = self.char(at)?;
            if c == ':' {
                if self.ns {
                    if colon {
                        return Err(Stop::Invalid(at));
                    }
                    colon = true;
                    let (next, m) = self.char(at + n)?;
                    if !is_name_start(next) {
                        return Err(Stop::Invalid(at + n));
                    }
                    at += m;
                }
            } else if !is_name_char(c) {
                return Ok(at);
            }
            at += n;
        }
    }
    pub(crate) fn nmtoken(&self, mut at: usize) -> Scan<usize> {
        loop {
            let (c, n) = self.char(at)?;
            if !is_name_char(c) && c != ':' {
                return Ok(at);
            }
            at += n;
        }
    }
    /// Behind the closing quote of a literal that begins at `at`.
    pub(crate) fn literal(&self, at: usize) -> Scan<usize> {
        let quote = self.byte(at)?;
        let mut i = at + 1;
        loop {
            let (c, n) = self.char(i)?;
            i += n;
            if c as u32 == u32::from(quote) {
                return Ok(i);
            }
        }
    }

    /// The token at `at` in an element's content. `last` says that no more input comes.
    pub(crate) fn content(&self, at: usize, last: bool) -> Scan<(Token, usize)> {
        match self.byte(at)? {
            b'<' => self.markup(at),
            b'&' => self.reference(at),
            b'\n' => Ok((Token::Newline, at + 1)),
            b'\r' => match self.s.get(at + 1) {
                Some(b'\n') => Ok((Token::Newline, at + 2)),
                None if !last => Err(MORE),
                _ => Ok((Token::Newline, at + 1)),
            },
            b']' if self.s[at..].starts_with(b"]]>") => Err(Stop::Invalid(at + 2)),
            b']' if !last && matches!(&self.s[at..], b"]" | b"]]") => Err(MORE),
            _ => self.data(at, last),
        }
    }
    fn data(&self, start: usize, last: bool) -> Scan<(Token, usize)> {
        let mut at = start;
        loop {
            at = ascii_text(self.s, at);
            match self.char(at) {
                Ok(('&' | '<' | '\r' | '\n', _)) => break,
                Ok((']', _)) if at > start => {
                    let rest = &self.s[at..];
                    if rest.starts_with(b"]]>") || !last && matches!(rest, b"]" | b"]]") {
                        break;
                    }
                    at += 1;
                }
                Ok((_, n)) => at += n,
                Err(stop) => {
                    if at == start {
                        return Err(stop);
                    }
                    break;
                }
            }
        }
        Ok((Token::Data, at))
    }
    /// The token at `at` in a CDATA section; `None` is its end.
    pub(crate) fn cdata(&self, start: usize, last: bool) -> Scan<(Option<Token>, usize)> {
        let mut at = start;
        match self.byte(start)? {
            b'\n' => return Ok((Some(Token::Newline), start + 1)),
            b'\r' => {
                return match self.s.get(start + 1) {
                    Some(b'\n') => Ok((Some(Token::Newline), start + 2)),
                    None if !last => Err(MORE),
                    _ => Ok((Some(Token::Newline), start + 1)),
                };
            }
            b']' => {
                let rest = &self.s[start..];
                if rest.starts_with(b"]]>") {
                    return Ok((None, start + 3));
                }
                if matches!(rest, b"]" | b"]]") {
                    return Err(MORE);
                }
                at += 1;
            }
            _ => {}
        }
        loop {
            match self.char(at) {
                Ok((']' | '\r' | '\n', _)) => break,
                Ok((_, n)) => at += n,
                Err(stop) => {
                    if at == start {
                        return Err(stop);
                    }
                    break;
                }
            }
        }
        Ok((Some(Token::Data), at))
    }
    /// `&...;`
    pub(crate) fn reference(&self, start: usize) -> Scan<(Token, usize)> {
        if self.byte(start + 1)? != b'#' {
            let end = self.name(start + 1)?;
            return Ok((Token::EntityRef, self.expect(end, b';')?));
        }
        let hex = self.byte(start + 2)? == b'x';
        let mut at = start + if hex { 3 } else { 2 };
        let (first, mut n) = (at, 0u32);
        loop {
            let b = self.byte(at)?;
            let Some(d) = (b as char).to_digit(if hex { 16 } else { 10 }) else {
                if b == b';' && at > first {
                    break;
                }
                self.char(at)?;
                return Err(Stop::Invalid(at));
            };
            n = n
                .saturating_mul(if hex { 16 } else { 10 })
                .saturating_add(d);
            at += 1;
        }
        let token = valid_reference(n).map_or(Token::BadCharRef, Token::CharRef);
        Ok((token, at + 1))
    }
    fn markup(&self, start: usize) -> Scan<(Token, usize)> {
        match self.byte(start + 1)? {
            b'!' => match self.byte(start + 2)? {
                b'-' => self.comment(start),
                b'[' => {
                    let open = b"<![CDATA[";
                    for (i, b) in open.iter().enumerate().skip(3) {
                        self.expect(start + i, *b)?;
                    }
                    Ok((Token::CdataOpen, start + open.len()))
                }
                _ => {
                    self.char(start + 2)?;
                    Err(Stop::Invalid(start + 2))
                }
            },
            b'?' => self.pi(start),
            b'/' => {
                let name = self.name(start + 2)?;
                let end = self.expect(self.spaces(name), b'>')?;
                Ok((
                    Token::EndTag {
                        name: (start + 2, name),
                    },
                    end,
                ))
            }
            _ => self.start_tag(start),
        }
    }
    /// `<!-- ... -->`
    pub(crate) fn comment(&self, start: usize) -> Scan<(Token, usize)> {
        let mut at = self.expect(start + 3, b'-')?;
        loop {
            let (c, n) = self.char(at)?;
            if c == '-' && self.byte(at + 1)? == b'-' {
                return Ok((Token::Comment, self.expect(at + 2, b'>')?));
            }
            at += n;
        }
    }
    /// `<?target data?>`
    pub(crate) fn pi(&self, start: usize) -> Scan<(Token, usize)> {
        let target = start + 2;
        let end = Scanner {
            s: self.s,
            ns: false,
        }
        .name(target)?;
        if let Some(colon) = self.s[target..end].iter().position(|b| *b == b':') {
            if self.ns {
                return Err(Stop::Invalid(target + colon));
            }
        }
        let name = &self.s[target..end];
        let declaration = name == b"xml";
        if !declaration && name.eq_ignore_ascii_case(b"xml") {
            return Err(Stop::Invalid(end));
        }
        let data = self.spaces(end);
        if data == end && self.byte(end)? != b'?' {
            return Err(Stop::Invalid(end));
        }
        if data == end {
            let stop = self.expect(end + 1, b'>')?;
            return Ok(self.pi_token(declaration, (target, end), (end, end), stop));
        }
        let mut at = data;
        loop {
            let (c, n) = self.char(at)?;
            if c == '?' && self.byte(at + 1)? == b'>' {
                return Ok(self.pi_token(declaration, (target, end), (data, at), at + 2));
            }
            at += n;
        }
    }
    fn pi_token(
        &self,
        declaration: bool,
        target: (usize, usize),
        data: (usize, usize),
        end: usize,
    ) -> (Token, usize) {
        if declaration {
            (Token::XmlDecl, end)
        } else {
            (Token::Pi { target, data }, end)
        }
    }
    fn start_tag(&self, start: usize) -> Scan<(Token, usize)> {
        let name_end = self.name(start + 1)?;
        let name = (start + 1, name_end);
        let mut attributes = Vec::new();
        let mut at = name_end;
        loop {
            let next = self.spaces(at);
            let (c, _) = self.char(next)?;
            match c {
                '>' => {
                    let token = Token::StartTag {
                        name,
                        attributes,
                        empty: false,
                    };
                    return Ok((token, next + 1));
                }
                '/' => {
                    let end = self.expect(next + 1, b'>')?;
                    let token = Token::StartTag {
                        name,
                        attributes,
                        empty: true,
                    };
                    return Ok((token, end));
                }
                _ if next == at => return Err(Stop::Invalid(next)),
                _ => {}
            }
            let end = self.name(next)?;
            let eq = self.expect(self.spaces(end), b'=')?;
            let open = self.spaces(eq);
            let (quote, _) = self.char(open)?;
            if quote != '"' && quote != '\'' {
                return Err(Stop::Invalid(open));
            }
            let mut i = open + 1;
            loop {
                let (c, n) = self.char(i)?;
                match c {
                    c if c == quote => break,
                    '<' => return Err(Stop::Invalid(i)),
                    '&' => i = self.reference(i)?.1,
                    _ => i += n,
                }
            }
            attributes.push(Attribute {
                name: (next, end),
                value: (open + 1, i),
            });
            at = i + 1;
        }
    }

    /// The pseudo-attributes of an XML or text declaration between `<?xml` and `?>`: name and value.
    pub(crate) fn pseudo_attributes(
        &self,
        text: (usize, usize),
    ) -> Scan<Vec<((usize, usize), (usize, usize))>> {
        let s = Scanner {
            s: &self.s[..text.1],
            ns: false,
        };
        let bad = |at: usize| Stop::Invalid(at.min(text.1));
        let (mut all, mut at) = (Vec::new(), text.0);
        loop {
            let next = s.spaces(at);
            if next >= text.1 {
                return Ok(all);
            }
            if next == at {
                return Err(bad(at));
            }
            let mut end = next;
            while end < text.1 && s.s[end].is_ascii_lowercase() {
                end += 1;
            }
            let eq = s.spaces(end);
            if end == next || s.s.get(eq) != Some(&b'=') {
                return Err(bad(eq));
            }
            let open = s.spaces(eq + 1);
            let quote = s.s.get(open).copied().filter(|b| matches!(b, b'"' | b'\''));
            let Some(quote) = quote else {
                return Err(bad(open));
            };
            let mut close = open + 1;
            while close < text.1 && s.s[close] != quote {
                let b = s.s[close];
                if !(b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_')) {
                    return Err(bad(close));
                }
                close += 1;
            }
            if close >= text.1 {
                return Err(bad(close));
            }
            all.push(((next, end), (open + 1, close)));
            at = close + 1;
        }
    }
}
