//! UTF-16 and UTF-32.

use super::*;
use crate::each_width;

/// Order of bytes in a unit.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ByteOrder {
    Little,
    Big,
    /// Decoding: a byte order mark decides and is dropped. Encoding: native order behind a mark.
    Marked,
}

/// How the text of one unit sequence went wrong: length of what is wrong and the reason; `Incomplete` may be completed.
#[derive(Debug, PartialEq)]
pub(super) enum Unit16 {
    Char(u32, usize),
    Bad(usize, &'static str),
    Incomplete(&'static str),
}

pub(super) fn next16(s: &[u8], big: bool) -> Unit16 {
    let unit = |i: usize| {
        let pair = [s[i], s[i + 1]];
        if big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        }
    };
    if s.len() < 2 {
        return Unit16::Incomplete("truncated data");
    }
    let c = unit(0) as u32;
    match c {
        0xD800..0xDC00 if s.len() < 4 => Unit16::Incomplete("unexpected end of data"),
        0xD800..0xDC00 => match unit(2) as u32 {
            low @ 0xDC00..0xE000 => {
                Unit16::Char(0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00), 4)
            }
            _ => Unit16::Bad(2, "illegal UTF-16 surrogate"),
        },
        0xDC00..0xE000 => Unit16::Bad(2, "illegal encoding"),
        _ => Unit16::Char(c, 2),
    }
}

fn next32(s: &[u8], big: bool) -> Unit16 {
    let Some(four) = s.first_chunk::<4>() else {
        return Unit16::Incomplete("truncated data");
    };
    match if big {
        u32::from_be_bytes(*four)
    } else {
        u32::from_le_bytes(*four)
    } {
        0xD800..0xE000 => Unit16::Bad(
            4,
            "code point in surrogate code point range(0xd800, 0xe000)",
        ),
        c @ 0..0x110000 => Unit16::Char(c, 4),
        _ => Unit16::Bad(4, "code point not in range(0x110000)"),
    }
}

fn decode_units(
    data: &[u8],
    errors: &str,
    big: bool,
    start: usize,
    last: bool,
    names: [&str; 2],
    next: fn(&[u8], bool) -> Unit16,
) -> PyResult<(Ref, usize)> {
    let mut out = Builder::with_capacity(data.len() / 2);
    let mut handler = DecodeErrors::new(names[usize::from(big)], errors);
    let (mut input, mut pos) = (data, start);
    while pos < input.len() {
        let (end, reason) = match next(&input[pos..], big) {
            Unit16::Char(c, n) => {
                out.push(c);
                pos += n;
                continue;
            }
            Unit16::Bad(n, reason) => (pos + n, reason),
            Unit16::Incomplete(_) if !last => break,
            Unit16::Incomplete(reason) => (input.len(), reason),
        };
        pos = handler.handle(&mut input, pos, end, reason, &mut out)?;
    }
    Ok((out.finish()?, pos))
}

/// Decodes; `order` tells what the mark said. Gives the text and how many bytes were used.
pub fn utf16_decode(
    data: &[u8],
    errors: &str,
    order: &mut ByteOrder,
    last: bool,
) -> PyResult<(Ref, usize)> {
    let mut start = 0;
    if *order == ByteOrder::Marked {
        match data {
            [0xFF, 0xFE, ..] => (*order, start) = (ByteOrder::Little, 2),
            [0xFE, 0xFF, ..] => (*order, start) = (ByteOrder::Big, 2),
            _ => {}
        }
    }
    decode_units(
        data,
        errors,
        *order == ByteOrder::Big,
        start,
        last,
        ["utf-16-le", "utf-16-be"],
        next16,
    )
}
pub fn utf32_decode(
    data: &[u8],
    errors: &str,
    order: &mut ByteOrder,
    last: bool,
) -> PyResult<(Ref, usize)> {
    let mut start = 0;
    if *order == ByteOrder::Marked {
        match data {
            [0xFF, 0xFE, 0, 0, ..] => (*order, start) = (ByteOrder::Little, 4),
            [0, 0, 0xFE, 0xFF, ..] => (*order, start) = (ByteOrder::Big, 4),
            _ => {}
        }
    }
    decode_units(
        data,
        errors,
        *order == ByteOrder::Big,
        start,
        last,
        ["utf-32-le", "utf-32-be"],
        next32,
    )
}

fn push16(out: &mut Vec<u8>, c: u32, big: bool) {
    let mut unit = |u: u16| {
        out.extend_from_slice(&if big {
            u.to_be_bytes()
        } else {
            u.to_le_bytes()
        })
    };
    if c < 0x10000 {
        unit(c as u16);
    } else {
        unit((0xD800 + ((c - 0x10000) >> 10)) as u16);
        unit((0xDC00 + ((c - 0x10000) & 0x3FF)) as u16);
    }
}
fn push32(out: &mut Vec<u8>, c: u32, big: bool) {
    out.extend_from_slice(&if big {
        c.to_be_bytes()
    } else {
        c.to_le_bytes()
    });
}

fn encode_units(
    v: Value,
    errors: &str,
    order: ByteOrder,
    names: [&str; 3],
    width: usize,
    push: fn(&mut Vec<u8>, u32, bool),
) -> PyResult<Vec<u8>> {
    let big = order == ByteOrder::Big;
    let s = text(v);
    let mut out = Vec::with_capacity(s.len() * width + width);
    if order == ByteOrder::Marked {
        push(&mut out, 0xFEFF, big);
    }
    let mut handler = EncodeErrors::new(names[order as usize], errors, v);
    each_width!(s, s => {
        let mut pos = 0;
        while pos < s.len() {
            let c: u32 = s[pos].into();
            if !(0xD800..0xE000).contains(&c) {
                push(&mut out, c, big);
                pos += 1;
                continue;
            }
            let reason = "surrogates not allowed";
            let (replacement, next) = handler.handle(pos, pos + 1, reason)?;
            match replacement {
                Replacement::Bytes(b) if b.len() % width == 0 => out.extend_from_slice(&b),
                Replacement::Text(t) if t.iter().all(|&c| c < 128) => t.iter().for_each(|&c| push(&mut out, c, big)),
                _ => return Err(handler.raise(pos, pos + 1, reason)),
            }
            pos = next;
        }
    });
    Ok(out)
}
pub fn utf16_encode(v: Value, errors: &str, order: ByteOrder) -> PyResult<Vec<u8>> {
    encode_units(
        v,
        errors,
        order,
        ["utf-16-le", "utf-16-be", "utf-16"],
        2,
        push16,
    )
}
pub fn utf32_encode(v: Value, errors: &str, order: ByteOrder) -> PyResult<Vec<u8>> {
    encode_units(
        v,
        errors,
        order,
        ["utf-32-le", "utf-32-be", "utf-32"],
        4,
        push32,
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_units() {
        assert_eq!(
            next16(b"\x00\xd8", false),
            Unit16::Incomplete("unexpected end of data")
        );
        assert_eq!(
            next16(b"\x00\xdc", false),
            Unit16::Bad(2, "illegal encoding")
        );
        assert_eq!(
            next16(b"\xd8\x00\x00A", true),
            Unit16::Bad(2, "illegal UTF-16 surrogate")
        );
        assert_eq!(next16(b"\xd8\x3d\xde\x00", true), Unit16::Char(0x1F600, 4));
        assert_eq!(
            next32(b"\0\x11\0\0", true),
            Unit16::Bad(4, "code point not in range(0x110000)")
        );
        let mut out = Vec::new();
        push16(&mut out, 0x1F600, true);
        assert_eq!(out, b"\xd8\x3d\xde\x00");
    }
}
