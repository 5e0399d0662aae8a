//! `unicode_escape`, `raw_unicode_escape` and the escapes of bytes literals.

use super::*;
use crate::each_width;

fn warn_escape(c: u8) -> PyResult<()> {
    let message = format!("invalid escape sequence '\\{}'", c as char);
    (crate::hooks().warn)(crate::exceptions::DeprecationWarning, &message, 1)
}

fn warn_octal(digits: &[u8]) -> PyResult<()> {
    let message = format!(
        "invalid octal escape sequence '\\{}'",
        String::from_utf8_lossy(digits)
    );
    (crate::hooks().warn)(crate::exceptions::DeprecationWarning, &message, 1)
}

/// Up to `n` hexadecimal digits: value and how many there were.
pub(super) fn hex_digits(s: &[u8], n: usize) -> (u32, usize) {
    let mut value = 0;
    for (i, &c) in s.iter().take(n).enumerate() {
        match (c as char).to_digit(16) {
            Some(d) => value = value << 4 | d,
            None => return (value, i),
        }
    }
    (value, s.len().min(n))
}
/// Up to three octal digits.
fn octal_digits(s: &[u8]) -> (u32, usize) {
    let n = s
        .iter()
        .take(3)
        .take_while(|c| (b'0'..=b'7').contains(*c))
        .count();
    (s[..n].iter().fold(0, |v, c| v * 8 + (c - b'0') as u32), n)
}
fn simple(c: u8) -> Option<Option<u8>> {
    Some(match c {
        b'\n' => None,
        b'\\' | b'\'' | b'"' => Some(c),
        b'a' => Some(7),
        b'b' => Some(8),
        b't' => Some(9),
        b'n' => Some(10),
        b'v' => Some(11),
        b'f' => Some(12),
        b'r' => Some(13),
        _ => return None,
    })
}

/// Decodes; gives the text and how many bytes were used (all, if `last`).
pub fn unicode_escape_decode(data: &[u8], errors: &str, last: bool) -> PyResult<(Ref, usize)> {
    let mut out = Builder::with_capacity(data.len());
    let mut handler = DecodeErrors::new("unicodeescape", errors);
    let (mut input, mut pos) = (data, 0);
    while pos < input.len() {
        let plain = memchr::memchr(b'\\', &input[pos..]).unwrap_or(input.len() - pos);
        out.push_latin1(&input[pos..pos + plain]);
        pos += plain;
        if pos >= input.len() {
            break;
        }
        let start = pos;
        let Some(&c) = input.get(pos + 1) else {
            if !last {
                break;
            }
            pos = handler.handle(
                &mut input,
                start,
                start + 1,
                "\\ at end of string",
                &mut out,
            )?;
            continue;
        };
        pos += 2;
        let (end, reason) = match c {
            b'0'..=b'7' => {
                let (value, n) = octal_digits(&input[pos - 1..]);
                out.push(value);
                if value > 0o377 {
                    warn_octal(&input[pos - 1..pos - 1 + n])?;
                }
                pos += n - 1;
                continue;
            }
            b'x' | b'u' | b'U' => {
                let (count, reason) = match c {
                    b'x' => (2, "truncated \\xXX escape"),
                    b'u' => (4, "truncated \\uXXXX escape"),
                    _ => (8, "truncated \\UXXXXXXXX escape"),
                };
                let (value, n) = hex_digits(&input[pos..], count);
                if n == count && value <= 0x10FFFF {
                    out.push(value);
                    pos += n;
                    continue;
                }
                if n < count && pos + n >= input.len() && !last {
                    pos = start;
                    break;
                }
                (
                    pos + n,
                    if n == count {
                        "illegal Unicode character"
                    } else {
                        reason
                    },
                )
            }
            b'N' => match named(&input[pos..]) {
                Named::Char(c, n) => {
                    out.push(c);
                    pos += n;
                    continue;
                }
                Named::Unknown(n) => (pos + n, "unknown Unicode character name"),
                Named::Malformed(n) => {
                    if pos + n >= input.len() && !last {
                        pos = start;
                        break;
                    }
                    (pos + n, "malformed \\N character escape")
                }
            },
            _ => {
                match simple(c) {
                    Some(Some(c)) => out.push(c as u32),
                    Some(None) => {}
                    None => {
                        out.push_latin1(&[b'\\', c]);
                        warn_escape(c)?;
                    }
                }
                continue;
            }
        };
        pos = handler.handle(&mut input, start, end, reason, &mut out)?;
    }
    Ok((out.finish()?, pos))
}

enum Named {
    Char(u32, usize),
    Unknown(usize),
    Malformed(usize),
}
/// `{NAME}` behind `\N`.
fn named(s: &[u8]) -> Named {
    if s.first() != Some(&b'{') {
        return Named::Malformed(0);
    }
    let Some(end) = memchr::memchr(b'}', s) else {
        return Named::Malformed(s.len());
    };
    if end == 1 {
        return Named::Malformed(1);
    }
    match std::str::from_utf8(&s[1..end])
        .ok()
        .and_then(pyrs_ucd::lookup)
    {
        Some(pyrs_ucd::Found::Char(c)) => Named::Char(c, end + 1),
        _ => Named::Unknown(end + 1),
    }
}

fn push_hex(out: &mut Vec<u8>, c: u32) {
    let text = match c {
        0..0x100 => format!("\\x{c:02x}"),
        0x100..0x10000 => format!("\\u{c:04x}"),
        _ => format!("\\U{c:08x}"),
    };
    out.extend_from_slice(text.as_bytes());
}
pub fn unicode_escape_encode(v: Value) -> Vec<u8> {
    let s = text(v);
    let mut out = Vec::with_capacity(s.len());
    each_width!(s, s => for &c in s {
        match c.into() {
            9 => out.extend_from_slice(b"\\t"),
            10 => out.extend_from_slice(b"\\n"),
            13 => out.extend_from_slice(b"\\r"),
            0x5C => out.extend_from_slice(b"\\\\"),
            c @ 32..127 => out.push(c as u8),
            c => push_hex(&mut out, c),
        }
    });
    out
}
pub fn raw_unicode_escape_encode(v: Value) -> Vec<u8> {
    let s = text(v);
    let mut out = Vec::with_capacity(s.len());
    each_width!(s, s => for &c in s {
        match c.into() {
            c @ 0..256 => out.push(c as u8),
            c => push_hex(&mut out, c),
        }
    });
    out
}
/// Decodes; gives the text and how many bytes were used (all, if `last`).
pub fn raw_unicode_escape_decode(data: &[u8], errors: &str, last: bool) -> PyResult<(Ref, usize)> {
    let mut out = Builder::with_capacity(data.len());
    let mut handler = DecodeErrors::new("rawunicodeescape", errors);
    let (mut input, mut pos) = (data, 0);
    while pos < input.len() {
        let plain = memchr::memchr(b'\\', &input[pos..]).unwrap_or(input.len() - pos);
        out.push_latin1(&input[pos..pos + plain]);
        pos += plain;
        if pos >= input.len() {
            break;
        }
        let start = pos;
        let (count, reason) = match input.get(pos + 1) {
            None if !last => break,
            Some(b'u') => (4, "truncated \\uXXXX escape"),
            Some(b'U') => (8, "truncated \\UXXXXXXXX escape"),
            other => {
                out.push(b'\\' as u32);
                other.iter().for_each(|c| out.push(**c as u32));
                pos += 1 + usize::from(other.is_some());
                continue;
            }
        };
        let (value, n) = hex_digits(&input[pos + 2..], count);
        let end = pos + 2 + n;
        if n == count && value <= 0x10FFFF {
            out.push(value);
            pos = end;
            continue;
        }
        if n < count && end >= input.len() && !last {
            break;
        }
        let reason = if n == count {
            "\\Uxxxxxxxx out of range"
        } else {
            reason
        };
        pos = handler.handle(&mut input, start, end, reason, &mut out)?;
    }
    Ok((out.finish()?, pos))
}

/// `codecs.escape_decode`: the escapes of a bytes literal.
pub fn escape_decode(s: &[u8], errors: &str) -> PyResult<Vec<u8>> {
    let mut out = Vec::with_capacity(s.len());
    let mut i = 0;
    while i < s.len() {
        if s[i] != b'\\' {
            out.push(s[i]);
            i += 1;
            continue;
        }
        let Some(&c) = s.get(i + 1) else {
            return Err(raise!(ValueError, "Trailing \\ in string"));
        };
        i += 2;
        match c {
            b'0'..=b'7' => {
                let (value, n) = octal_digits(&s[i - 1..]);
                out.push(value as u8);
                if value > 0o377 {
                    warn_octal(&s[i - 1..i - 1 + n])?;
                }
                i += n - 1;
            }
            b'x' => {
                let (value, n) = hex_digits(&s[i..], 2);
                if n == 2 {
                    out.push(value as u8);
                    i += 2;
                    continue;
                }
                match errors {
                    "strict" => {
                        return Err(raise!(
                            ValueError,
                            "invalid \\x escape at position {}",
                            i - 2
                        ));
                    }
                    "replace" => out.push(b'?'),
                    "ignore" => {}
                    _ => {
                        return Err(raise!(
                            ValueError,
                            "decoding error; unknown error handling code: {errors}"
                        ));
                    }
                }
                i += n;
            }
            _ => match simple(c) {
                Some(Some(c)) => out.push(c),
                Some(None) => {}
                None => {
                    out.extend_from_slice(&[b'\\', c]);
                    warn_escape(c)?;
                }
            },
        }
    }
    Ok(out)
}
/// `codecs.escape_encode`
pub fn escape_encode(s: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(s.len());
    for &c in s {
        match c {
            b'\'' | b'\\' => out.extend_from_slice(&[b'\\', c]),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            32..127 => out.push(c),
            _ => out.extend_from_slice(format!("\\x{c:02x}").as_bytes()),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_digits() {
        assert_eq!(hex_digits(b"1fg", 4), (0x1f, 2));
        assert_eq!(octal_digits(b"7777"), (0o777, 3));
        assert_eq!(escape_encode(b"a'\x00\n"), b"a\\'\\x00\\n");
        assert!(matches!(named(b"{BULLET}x"), Named::Char(0x2022, 8)));
        assert!(matches!(named(b"{NO SUCH}"), Named::Unknown(9)));
    }
}
