//! UTF-7.

use super::*;

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

fn from_base64(c: u8) -> Option<u32> {
    memchr::memchr(c, BASE64).map(|i| i as u32)
}
/// Characters that stand for themselves.
fn direct(c: u32) -> bool {
    matches!(c, 9 | 10 | 13 | 32..=42 | 44..=91 | 93..=125)
}

/// `codecs.utf_7_encode`
pub fn utf7_encode(v: Value) -> Vec<u8> {
    let s = text(v);
    let mut out = Vec::with_capacity(s.len());
    let (mut shifted, mut bits, mut n) = (false, 0u64, 0u32);
    for i in 0..s.len() {
        let c = s.get(i);
        if direct(c) {
            if shifted {
                if n > 0 {
                    out.push(BASE64[(bits << (6 - n) & 63) as usize]);
                }
                if c < 128 && (from_base64(c as u8).is_some() || c == b'-' as u32) {
                    out.push(b'-');
                }
                (shifted, bits, n) = (false, 0, 0);
            }
            out.push(c as u8);
            continue;
        }
        if !shifted {
            out.push(b'+');
            if c == b'+' as u32 {
                out.push(b'-');
                continue;
            }
            shifted = true;
        }
        let mut push = |unit: u32| {
            bits = bits << 16 | unit as u64;
            n += 16;
            while n >= 6 {
                out.push(BASE64[(bits >> (n - 6) & 63) as usize]);
                n -= 6;
            }
            bits &= (1 << n) - 1;
        };
        if c >= 0x10000 {
            push(0xD800 + ((c - 0x10000) >> 10));
            push(0xDC00 + ((c - 0x10000) & 0x3FF));
        } else {
            push(c);
        }
    }
    if n > 0 {
        out.push(BASE64[(bits << (6 - n) & 63) as usize]);
    }
    if shifted {
        out.push(b'-');
    }
    out
}

/// Decodes; gives the text and how many bytes were used (all, if `last`).
pub fn utf7_decode(data: &[u8], errors: &str, last: bool) -> PyResult<(Ref, usize)> {
    let mut out = Builder::with_capacity(data.len());
    let mut handler = DecodeErrors::new("utf7", errors);
    let (mut input, mut pos) = (data, 0);
    let (mut shifted, mut bits, mut n, mut surrogate, mut start) = (false, 0u32, 0u32, 0u32, 0);
    loop {
        while pos < input.len() {
            let c = input[pos];
            let problem = if shifted {
                if let Some(d) = from_base64(c) {
                    bits = bits << 6 | d;
                    n += 6;
                    pos += 1;
                    if n >= 16 {
                        let unit = bits >> (n - 16) & 0xFFFF;
                        n -= 16;
                        bits &= (1 << n) - 1;
                        if surrogate != 0 && (0xDC00..0xE000).contains(&unit) {
                            out.push(0x10000 + ((surrogate - 0xD800) << 10) + (unit - 0xDC00));
                            surrogate = 0;
                        } else {
                            if surrogate != 0 {
                                out.push(surrogate);
                                surrogate = 0;
                            }
                            if (0xD800..0xDC00).contains(&unit) {
                                surrogate = unit
                            } else {
                                out.push(unit)
                            }
                        }
                    }
                    continue;
                }
                shifted = false;
                if n >= 6 {
                    pos += 1;
                    Some((pos, "partial character in base64 sequence"))
                } else if n > 0 && bits != 0 {
                    pos += 1;
                    Some((pos, "non-zero padding bits in base64 sequence"))
                } else {
                    if surrogate != 0 && direct(c as u32) {
                        out.push(surrogate);
                    }
                    surrogate = 0;
                    if c == b'-' {
                        pos += 1;
                    }
                    None
                }
            } else if c == b'+' {
                start = pos;
                pos += 1;
                match input.get(pos) {
                    Some(b'-') => {
                        pos += 1;
                        out.push(b'+' as u32);
                        None
                    }
                    Some(&c) if from_base64(c).is_none() => {
                        pos += 1;
                        Some((pos, "ill-formed sequence"))
                    }
                    _ => {
                        (shifted, bits, n, surrogate) = (true, 0, 0, 0);
                        None
                    }
                }
            } else if c < 128 {
                pos += 1;
                out.push(c as u32);
                None
            } else {
                start = pos;
                Some((pos + 1, "unexpected special character"))
            };
            if let Some((end, reason)) = problem {
                pos = handler.handle(&mut input, start, end, reason, &mut out)?;
            }
        }
        if !shifted {
            return Ok((out.finish()?, pos));
        }
        if !last {
            // The open sequence is read again with what follows it.
            let done = start;
            let (r, _) = utf7_decode(&input[..done], errors, true)?;
            return Ok((r, done));
        }
        if surrogate != 0 || n >= 6 || (n > 0 && bits != 0) {
            shifted = false;
            let end = input.len();
            pos = handler.handle(
                &mut input,
                start,
                end,
                "unterminated shift sequence",
                &mut out,
            )?;
            continue;
        }
        return Ok((out.finish()?, pos));
    }
}
