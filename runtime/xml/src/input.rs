//! The input as UTF-8: its encoding, the texts of entities that are being read in between, and places in the original.

use std::rc::Rc;

/// How the bytes of a document are to be read.
pub enum Encoding {
    Utf8,
    Utf16 { little: bool },
    Latin1,
    Ascii,
    Map(Box<[Option<char>; 256]>),
}
fn known(name: &str) -> Option<Encoding> {
    Some(match name.to_ascii_uppercase().as_str() {
        "UTF-8" => Encoding::Utf8,
        "ISO-8859-1" => Encoding::Latin1,
        "US-ASCII" => Encoding::Ascii,
        "UTF-16" | "UTF-16BE" => Encoding::Utf16 { little: false },
        "UTF-16LE" => Encoding::Utf16 { little: true },
        _ => return None,
    })
}
/// Stands for what cannot be decoded: never part of UTF-8, so scanning stops there.
const BAD: u8 = 0xff;

#[derive(Clone, Copy, Debug)]
struct Place {
    byte: i64,
    line: i64,
    column: i64,
    after_cr: bool,
}
/// The text of an internal entity.
struct EntityText {
    text: Rc<str>,
    at: usize,
    /// How many elements were open before it.
    depth: usize,
}

pub(crate) struct Input {
    protocol: Option<String>,
    encoding: Option<Encoding>,
    unknown: Option<String>,
    /// Bytes before the encoding is known, or half a UTF-16 unit.
    raw: Vec<u8>,
    buf: Vec<u8>,
    at: usize,
    last: bool,
    /// There has been something to read.
    started: bool,
    here: Place,
    event: Place,
    event_at: usize,
    /// Where the document names its encoding.
    named: Place,
    entities: Vec<EntityText>,
}

impl Input {
    pub(crate) fn new(protocol: Option<String>) -> Input {
        let start = Place {
            byte: 0,
            line: 1,
            column: 0,
            after_cr: false,
        };
        Input {
            protocol,
            encoding: None,
            unknown: None,
            raw: Vec::new(),
            buf: Vec::new(),
            at: 0,
            last: false,
            started: false,
            here: start,
            event: start,
            event_at: 0,
            named: start,
            entities: Vec::new(),
        }
    }
    pub(crate) fn set_protocol_encoding(&mut self, name: &str) {
        self.protocol = Some(name.to_owned());
    }
    pub(crate) fn feed(&mut self, data: &[u8], last: bool) {
        if self.at > 0 {
            // What was used goes away, but for the current event's own text.
            let keep = self.event_at.min(self.at).max(self.at.saturating_sub(1024));
            self.buf.drain(..keep);
            self.at -= keep;
            self.event_at = self.event_at.saturating_sub(keep);
        }
        self.last = last;
        self.started |= !data.is_empty();
        self.raw.extend_from_slice(data);
        if self.encoding.is_some() {
            self.decode();
        }
    }
    /// How much of `n` bytes of text is reported at once: what is converted comes in pieces of 1024 bytes.
    pub(crate) fn data_piece(&self, n: usize) -> usize {
        const PIECE: usize = 1024;
        let verbatim = matches!(self.encoding, Some(Encoding::Utf8) | None) || self.in_entity();
        if verbatim || n <= PIECE {
            return n;
        }
        let rest = self.rest();
        (1..=PIECE)
            .rev()
            .find(|i| rest[*i] & 0xc0 != 0x80)
            .unwrap_or(PIECE)
    }
    /// The input ends within a UTF-16 unit.
    pub(crate) fn has_partial(&self) -> bool {
        !self.raw.is_empty()
    }
    pub(crate) fn is_last(&self) -> bool {
        self.last
    }
    /// Nothing is left to read.
    pub(crate) fn is_empty(&self) -> bool {
        self.rest().is_empty() && self.entities.is_empty()
    }
    /// What is there of the present text is all of it.
    pub(crate) fn ends_here(&self) -> bool {
        !self.entities.is_empty() || self.last
    }
    pub(crate) fn rest(&self) -> &[u8] {
        match self.entities.last() {
            Some(e) => &e.text.as_bytes()[e.at..],
            None => &self.buf[self.at..],
        }
    }
    /// The encoding is known, if need be by guessing from the first bytes.
    pub(crate) fn decide_encoding(&mut self) -> bool {
        if self.encoding.is_some() || self.unknown.is_some() {
            return true;
        }
        if self.raw.len() < 3 && !self.last || self.raw.is_empty() {
            return false;
        }
        let bom = if self.raw.starts_with(b"\xef\xbb\xbf") {
            Some((3, Encoding::Utf8))
        } else if self.raw.starts_with(b"\xfe\xff") {
            Some((2, Encoding::Utf16 { little: false }))
        } else if self.raw.starts_with(b"\xff\xfe") {
            Some((2, Encoding::Utf16 { little: true }))
        } else {
            None
        };
        let mut skip = 0;
        let encoding = match self.protocol.as_deref() {
            Some(name) => match (known(name), bom) {
                (Some(Encoding::Utf8), Some((3, e))) => {
                    skip = 3;
                    e
                }
                (Some(Encoding::Utf16 { .. }), Some((2, e))) => {
                    skip = 2;
                    e
                }
                (Some(e), _) => e,
                (None, _) => {
                    self.unknown = Some(name.to_owned());
                    return true;
                }
            },
            None => match bom {
                Some((n, e)) => {
                    skip = n;
                    e
                }
                None if self.raw[0] == 0 => Encoding::Utf16 { little: false },
                None if self.raw.starts_with(b"<\0") => Encoding::Utf16 { little: true },
                None => Encoding::Utf8,
            },
        };
        self.raw.drain(..skip);
        self.here.byte += skip as i64;
        // The mark counts as a character.
        self.here.column += i64::from(skip > 0);
        self.encoding = Some(encoding);
        self.decode();
        true
    }
    pub(crate) fn take_unknown(&mut self) -> Option<String> {
        self.unknown.take()
    }
    /// The document cannot be in the encoding that it names, being in units of another width.
    pub(crate) fn contradicts(&self, name: &str) -> bool {
        let wide = matches!(self.encoding, Some(Encoding::Utf16 { .. }));
        self.protocol.is_none() && wide != matches!(known(name), Some(Encoding::Utf16 { .. }))
    }
    /// The encoding's name lies `offset` bytes on.
    pub(crate) fn note_name(&mut self, offset: usize) {
        let end = (self.at + offset).min(self.buf.len());
        self.named = self.moved(self.here, &self.buf[self.at..end]);
    }
    /// The name of the encoding is where the error is.
    pub(crate) fn mark_name(&mut self) {
        self.event = self.named;
    }
    /// The encoding that the document itself names.
    pub(crate) fn declared(&mut self, name: &str) {
        if self.protocol.is_some() {
            return;
        }
        match known(name) {
            Some(Encoding::Utf16 { .. } | Encoding::Utf8) => {}
            Some(e) => self.switch(e),
            None => self.unknown = Some(name.to_owned()),
        }
    }
    /// Reads what is left in another encoding: so far it was taken as it came.
    pub(crate) fn switch(&mut self, encoding: Encoding) {
        self.encoding = Some(encoding);
        let mut rest = self.buf.split_off(self.at);
        rest.append(&mut self.raw);
        self.raw = rest;
        self.decode();
    }
    fn decode(&mut self) {
        let raw = &mut self.raw;
        let buf = &mut self.buf;
        let mut push = |c: Option<char>| match c {
            Some(c) => {
                let mut b = [0; 4];
                buf.extend_from_slice(c.encode_utf8(&mut b).as_bytes());
            }
            None => buf.push(BAD),
        };
        match &self.encoding {
            None => {}
            Some(Encoding::Utf8) => buf.append(raw),
            Some(Encoding::Latin1) => raw.drain(..).for_each(|b| push(Some(b as char))),
            Some(Encoding::Ascii) => raw
                .drain(..)
                .for_each(|b| push(b.is_ascii().then_some(b as char))),
            Some(Encoding::Map(map)) => raw.drain(..).for_each(|b| push(map[usize::from(b)])),
            Some(Encoding::Utf16 { little }) => {
                let mut used = 0;
                let unit = |at: usize| {
                    let pair = [*raw.get(at)?, *raw.get(at + 1)?];
                    Some(if *little {
                        u16::from_le_bytes(pair)
                    } else {
                        u16::from_be_bytes(pair)
                    })
                };
                while let Some(u) = unit(used) {
                    if (0xd800..0xdc00).contains(&u) {
                        let Some(v) = unit(used + 2) else { break };
                        push(char::decode_utf16([u, v]).next().and_then(Result::ok));
                        used += 4;
                    } else {
                        push(char::from_u32(u32::from(u)));
                        used += 2;
                    }
                }
                raw.drain(..used);
            }
        }
    }

    // ---- Places -------------------------------------------------------------------------------------------

    fn moved(&self, from: Place, text: &[u8]) -> Place {
        let mut p = from;
        let wide = matches!(self.encoding, Some(Encoding::Utf16 { .. }));
        let verbatim = matches!(self.encoding, Some(Encoding::Utf8) | None);
        if verbatim && text.iter().all(|b| *b >= 0x20 && *b < 0x80) {
            if !text.is_empty() {
                p.byte += text.len() as i64;
                p.column += text.len() as i64;
                p.after_cr = false;
            }
            return p;
        }
        for &b in text {
            let lead = b & 0xc0 != 0x80;
            p.byte += if verbatim {
                1
            } else if !lead {
                0
            } else if wide {
                if b >= 0xf0 && b != BAD { 4 } else { 2 }
            } else {
                1
            };
            if !lead {
                continue;
            }
            match b {
                b'\n' if p.after_cr => p.after_cr = false,
                b'\n' | b'\r' => {
                    p.line += 1;
                    p.column = 0;
                    p.after_cr = b == b'\r';
                }
                _ => {
                    p.column += 1;
                    p.after_cr = false;
                }
            }
        }
        p
    }
    /// The next token is the current event.
    pub(crate) fn mark_event(&mut self) {
        if self.entities.is_empty() {
            self.event = self.here;
            self.event_at = self.at;
        }
    }
    /// The place `offset` bytes on is where an error is.
    pub(crate) fn mark_error(&mut self, offset: usize) {
        if self.entities.is_empty() {
            let end = (self.at + offset).min(self.buf.len());
            self.event = self.moved(self.here, &self.buf[self.at..end]);
            self.event_at = end;
        }
    }
    pub(crate) fn advance(&mut self, n: usize) {
        match self.entities.last_mut() {
            Some(e) => e.at += n,
            None => {
                self.here = self.moved(self.here, &self.buf[self.at..self.at + n]);
                self.at += n;
            }
        }
    }
    pub(crate) fn position(&self) -> (i64, i64, i64) {
        let byte = if self.started { self.event.byte } else { -1 };
        (byte, self.event.line, self.event.column)
    }
    /// The text from the current event on.
    pub(crate) fn context(&self) -> Vec<u8> {
        self.buf[self.event_at.min(self.buf.len())..].to_vec()
    }

    // ---- Entities -----------------------------------------------------------------------------------------

    pub(crate) fn open_entity(&mut self, text: Rc<str>, depth: usize) {
        self.entities.push(EntityText { text, at: 0, depth });
    }
    pub(crate) fn in_entity(&self) -> bool {
        !self.entities.is_empty()
    }
    /// How many elements were open before the present entity (or document).
    pub(crate) fn entity_depth(&self) -> usize {
        self.entities.last().map_or(0, |e| e.depth)
    }
    pub(crate) fn close_entity(&mut self) {
        self.entities.pop();
    }
}
