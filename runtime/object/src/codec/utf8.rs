//! UTF-8.

use super::*;
use crate::each_width;

/// Length of the longest valid prefix.
pub(super) fn valid_prefix(s: &[u8]) -> usize {
    match simdutf8::compat::from_utf8(s) {
        Ok(_) => s.len(),
        Err(e) => e.valid_up_to(),
    }
}
/// Appends bytes known to be valid.
pub(super) fn push_valid(out: &mut Builder, s: &[u8]) {
    // SAFETY: the caller validated them.
    out.push_str(unsafe { std::str::from_utf8_unchecked(s) });
}

/// What is wrong at the start of `s`, whose longest valid prefix is empty: the length of the bad sequence and the reason;
/// `None` if more bytes could complete it.
pub(crate) fn defect(s: &[u8]) -> Option<(usize, &'static str)> {
    let first = *s.first()?;
    if !(0xC2..=0xF4).contains(&first) {
        return Some((1, "invalid start byte"));
    }
    match std::str::from_utf8(&s[..s.len().min(4)]).err()?.error_len() {
        Some(n) => Some((n, "invalid continuation byte")),
        None => None,
    }
}

/// Decodes; gives the text and how many bytes were used (all, if `last`).
pub fn utf8_decode(data: &[u8], errors: &str, last: bool) -> PyResult<(Ref, usize)> {
    if data.is_ascii() {
        return Ok((crate::str::from_ascii(data), data.len()));
    }
    let mut out = Builder::with_capacity(data.len());
    let mut handler = DecodeErrors::new("utf-8", errors);
    let (mut input, mut pos) = (data, 0);
    loop {
        let n = valid_prefix(&input[pos..]);
        push_valid(&mut out, &input[pos..pos + n]);
        pos += n;
        if pos >= input.len() {
            break;
        }
        let (end, reason) = match defect(&input[pos..]) {
            // A cut surrogate, which `surrogatepass` may want whole.
            Some(_) if !last && matches!(&input[pos..], [0xED, 0xA0..=0xBF]) => break,
            Some((n, reason)) => (pos + n, reason),
            None if last => (input.len(), "unexpected end of data"),
            None => break,
        };
        pos = handler.handle(&mut input, pos, end, reason, &mut out)?;
    }
    Ok((out.finish()?, pos))
}

/// The bytes of a str without surrogates; UnicodeEncodeError otherwise.
pub fn utf8_encode_strict(v: Value) -> PyResult<Vec<u8>> {
    utf8_encode(v, "strict")
}

fn is_surrogate(c: u32) -> bool {
    c & 0xFFFF_F800 == 0xD800
}

pub fn utf8_encode(v: Value, errors: &str) -> PyResult<Vec<u8>> {
    if let Some(s) = crate::str::ascii_bytes(v) {
        return Ok(s.to_vec());
    }
    let s = text(v);
    let mut out = Vec::with_capacity(s.len() * 2);
    let mut handler = EncodeErrors::new("utf-8", errors, v);
    each_width!(s, s => {
        let mut pos = 0;
        while pos < s.len() {
            let c: u32 = s[pos].into();
            if !is_surrogate(c) {
                crate::str::push_wtf8(&mut out, c);
                pos += 1;
                continue;
            }
            let mut end = pos + 1;
            while end < s.len() && is_surrogate(s[end].into()) {
                end += 1;
            }
            let reason = "surrogates not allowed";
            let (replacement, next) = handler.handle(pos, end, reason)?;
            match replacement {
                Replacement::Bytes(b) => out.extend_from_slice(&b),
                Replacement::Text(t) => {
                    if t.iter().any(|&c| c >= 128) {
                        return Err(handler.raise(pos, end, reason));
                    }
                    out.extend(t.iter().map(|&c| c as u8));
                }
            }
            pos = next;
        }
    });
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_defects_as_cpython_does() {
        let start = Some((1, "invalid start byte"));
        let cont = |n| Some((n, "invalid continuation byte"));
        for (bytes, expected) in [
            (&b"\x80"[..], start),
            (b"\xc0\x80", start),
            (b"\xf5\x80", start),
            (b"\xe0\x80\x80", cont(1)),
            (b"\xed\xa0\x80", cont(1)),
            (b"\xf0\x90\x41", cont(2)),
            (b"\xf4\x90\x80\x80", cont(1)),
            (b"\xe2\x82A", cont(2)),
            (b"\xe2\x82", None),
            (b"\xf0\x9f\x98", None),
            (b"\xc3", None),
        ] {
            assert_eq!(defect(bytes), expected, "{bytes:x?}");
        }
    }
}
