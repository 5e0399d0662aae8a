//! Latin-1, ASCII and mapping codecs.

use super::*;
use crate::each_width;

pub fn latin1_decode(data: &[u8]) -> Ref {
    crate::str::from_latin1(data)
}

pub fn ascii_decode(data: &[u8], errors: &str) -> PyResult {
    if data.is_ascii() {
        return Ok(crate::str::from_ascii(data));
    }
    let mut out = Builder::with_capacity(data.len());
    let mut handler = DecodeErrors::new("ascii", errors);
    let (mut input, mut pos) = (data, 0);
    while pos < input.len() {
        let n = input[pos..]
            .iter()
            .position(|&c| c >= 128)
            .unwrap_or(input.len() - pos);
        out.push_latin1(&input[pos..pos + n]);
        pos += n;
        if pos < input.len() {
            pos = handler.handle(
                &mut input,
                pos,
                pos + 1,
                "ordinal not in range(128)",
                &mut out,
            )?;
        }
    }
    out.finish()
}

fn encode_below(v: Value, errors: &str, limit: u32, name: &str, reason: &str) -> PyResult<Vec<u8>> {
    let s = text(v);
    let mut out = Vec::with_capacity(s.len());
    let mut handler = EncodeErrors::new(name, errors, v);
    each_width!(s, s => {
        let mut pos = 0;
        while pos < s.len() {
            let c: u32 = s[pos].into();
            if c < limit {
                out.push(c as u8);
                pos += 1;
                continue;
            }
            let mut end = pos + 1;
            while end < s.len() && Into::<u32>::into(s[end]) >= limit {
                end += 1;
            }
            let (replacement, next) = handler.handle(pos, end, reason)?;
            match replacement {
                Replacement::Bytes(b) => out.extend_from_slice(&b),
                Replacement::Text(t) if t.iter().all(|&c| c < limit) => out.extend(t.iter().map(|&c| c as u8)),
                Replacement::Text(_) => return Err(handler.raise(pos, end, reason)),
            }
            pos = next;
        }
    });
    Ok(out)
}
pub fn latin1_encode(v: Value, errors: &str) -> PyResult<Vec<u8>> {
    if let StrView::Latin1(s) = text(v) {
        return Ok(s.to_vec());
    }
    encode_below(v, errors, 256, "latin-1", "ordinal not in range(256)")
}
pub fn ascii_encode(v: Value, errors: &str) -> PyResult<Vec<u8>> {
    if let Some(s) = crate::str::ascii_bytes(v) {
        return Ok(s.to_vec());
    }
    encode_below(v, errors, 128, "ascii", "ordinal not in range(128)")
}

/// `codecs.charmap_decode`; `mapping` is a str indexed by byte, a mapping, or None (Latin-1).
pub fn charmap_decode(data: &[u8], errors: &str, mapping: Value) -> PyResult {
    if mapping.is_empty() || mapping.is_none() {
        return Ok(latin1_decode(data));
    }
    let mut out = Builder::with_capacity(data.len());
    let mut handler = DecodeErrors::new("charmap", errors);
    let (mut input, mut pos) = (data, 0);
    while pos < input.len() {
        let mapped = if crate::str::is_str(mapping) {
            let table = crate::str::view(mapping);
            let i = input[pos] as usize;
            (i < table.len())
                .then(|| table.get(i))
                .filter(|&c| c != 0xFFFE)
                .map(|c| out.push(c))
        } else {
            map_byte(mapping, input[pos], &mut out)?
        };
        pos = match mapped {
            Some(()) => pos + 1,
            None => handler.handle(
                &mut input,
                pos,
                pos + 1,
                "character maps to <undefined>",
                &mut out,
            )?,
        };
    }
    out.finish()
}
fn map_byte(mapping: Value, c: u8, out: &mut Builder) -> PyResult<Option<()>> {
    let r = crate::ops::getitem(mapping, Value::int_unchecked(c as i64));
    let Some(r) = crate::errors::absorb(r, crate::exceptions::LookupError)? else {
        return Ok(None);
    };
    let v = r.value();
    if v.is_none() {
        return Ok(None);
    }
    if crate::int::is_int_instance(v) {
        match crate::int::to_i64(v) {
            Some(0xFFFE) => return Ok(None),
            Some(n @ 0..=0x10FFFF) => out.push(n as u32),
            _ => {
                return Err(raise!(
                    TypeError,
                    "character mapping must be in range(0x110000)"
                ));
            }
        }
    } else if crate::str::is_str(v) {
        if crate::str::eq_str(v, "\u{FFFE}") {
            return Ok(None);
        }
        out.push_value(v);
    } else {
        return Err(raise!(
            TypeError,
            "character mapping must return integer, None or str"
        ));
    }
    Ok(Some(()))
}

/// `codecs.charmap_build`: the dict from character to byte of a decoding table.
pub fn charmap_build(table: Value) -> PyResult {
    let d = crate::dict::new();
    let view = crate::str::view(table);
    for i in 0..view.len().min(256) {
        if view.get(i) != 0xFFFE {
            let (k, v) = (Ref::int(view.get(i) as i64), Ref::int(i as i64));
            crate::dict::set_item(d.value(), k.value(), v.value())?;
        }
    }
    Ok(d)
}

/// The bytes of one character; false if it has none.
fn map_char(mapping: Value, c: u32, out: &mut Vec<u8>) -> PyResult<bool> {
    let r = crate::ops::getitem(mapping, Value::int_unchecked(c as i64));
    let Some(r) = crate::errors::absorb(r, crate::exceptions::LookupError)? else {
        return Ok(false);
    };
    let v = r.value();
    if v.is_none() {
        return Ok(false);
    }
    if crate::int::is_int_instance(v) {
        let Some(Ok(b)) = crate::int::to_i64(v).map(u8::try_from) else {
            return Err(raise!(TypeError, "character mapping must be in range(256)"));
        };
        out.push(b);
    } else if crate::bytes::is_bytes(v) {
        out.extend_from_slice(crate::bytes::data(v));
    } else {
        return Err(raise!(
            TypeError,
            "character mapping must return integer, bytes or None, not {}",
            v.ty().message_name()
        ));
    }
    Ok(true)
}

/// `codecs.charmap_encode`
pub fn charmap_encode(v: Value, errors: &str, mapping: Value) -> PyResult<Vec<u8>> {
    if mapping.is_empty() || mapping.is_none() {
        return latin1_encode(v, errors);
    }
    let s = text(v);
    let mut out = Vec::with_capacity(s.len());
    let mut handler = EncodeErrors::new("charmap", errors, v);
    let reason = "character maps to <undefined>";
    let mut pos = 0;
    while pos < s.len() {
        if map_char(mapping, s.get(pos), &mut out)? {
            pos += 1;
            continue;
        }
        let mut end = pos + 1;
        let mut scratch = Vec::new();
        while end < s.len() && !map_char(mapping, s.get(end), &mut scratch)? {
            end += 1;
        }
        let (replacement, next) = handler.handle(pos, end, reason)?;
        match replacement {
            Replacement::Bytes(b) => out.extend_from_slice(&b),
            Replacement::Text(t) => {
                for c in t {
                    if !map_char(mapping, c, &mut out)? {
                        return Err(handler.raise(pos, end, reason));
                    }
                }
            }
        }
        pos = next;
    }
    Ok(out)
}
