//! Short texts of small numbers without the general machinery: `f"{n:05d}"`, `f"{x:.2f}"`, `hex(n)`.

use super::{ascii_bytes, from_ascii};
use crate::{Ref, Value};
use core::fmt::Write;

/// Characters of a text that is made here.
const ROOM: usize = 80;
/// Digits behind the point; above them the general way is as good.
const MOST_DIGITS: usize = 20;

/// Text that fits or is given up.
struct Text {
    bytes: [u8; ROOM],
    len: usize,
}
impl Text {
    fn new() -> Text {
        Text {
            bytes: [0; ROOM],
            len: 0,
        }
    }
    fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.len]
    }
}
impl Write for Text {
    fn write_str(&mut self, s: &str) -> core::fmt::Result {
        let place = self.bytes.get_mut(self.len..self.len + s.len());
        place.ok_or(core::fmt::Error)?.copy_from_slice(s.as_bytes());
        self.len += s.len();
        Ok(())
    }
}

/// The number at the start of a text, and what is behind it.
fn number(s: &[u8]) -> (Option<usize>, &[u8]) {
    let n = s.iter().take(3).take_while(|c| c.is_ascii_digit()).count();
    let value = s[..n].iter().fold(0, |v, c| v * 10 + usize::from(c - b'0'));
    ((n > 0).then_some(value), &s[n..])
}

/// `format(v, spec)` of an int in the immediate range or a finite float, for a specification that is a width, perhaps with a zero
/// before it, and for ints nothing or `d`, `x`, `X`, for floats a precision and `f`. `None` for anything else.
pub(crate) fn format(v: Value, spec: Value) -> Option<Ref> {
    let spec = ascii_bytes(spec)?;
    let (zero, rest) = match spec {
        [b'0', rest @ ..] => (true, rest),
        _ => (false, spec),
    };
    let (width, rest) = number(rest);
    let mut text = Text::new();
    if let Some(n) = v.as_int() {
        let magnitude = n.unsigned_abs();
        let sign = if n < 0 { "-" } else { "" };
        text.write_str(sign).ok()?;
        match rest {
            [] | [b'd'] => write!(text, "{magnitude}"),
            [b'x'] => write!(text, "{magnitude:x}"),
            [b'X'] => write!(text, "{magnitude:X}"),
            _ => return None,
        }
        .ok()?;
    } else {
        let x = v.as_float().filter(|x| x.is_finite())?;
        let [b'.', rest @ ..] = rest else {
            return None;
        };
        let (Some(digits), [b'f']) = number(rest) else {
            return None;
        };
        if digits > MOST_DIGITS {
            return None;
        }
        write!(text, "{x:.digits$}").ok()?;
    }
    let missing = width.unwrap_or(0).saturating_sub(text.len);
    if missing == 0 {
        return Some(from_ascii(text.as_bytes()));
    }
    if width? > ROOM {
        return None;
    }
    let mut padded = [b' '; ROOM];
    let all = &mut padded[..missing + text.len];
    let sign = usize::from(zero && text.bytes[0] == b'-');
    if zero {
        all.fill(b'0');
    }
    all[..sign].copy_from_slice(&text.bytes[..sign]);
    all[sign + missing..].copy_from_slice(&text.as_bytes()[sign..]);
    Some(from_ascii(all))
}

/// `hex(n)`, `oct(n)` or `bin(n)` of an int in the immediate range.
pub fn radix(n: i64, base: u32) -> Option<Ref> {
    let (mut text, m) = (Text::new(), n.unsigned_abs());
    let sign = if n < 0 { "-" } else { "" };
    match base {
        2 => write!(text, "{sign}{m:#b}"),
        8 => write!(text, "{sign}{m:#o}"),
        16 => write!(text, "{sign}{m:#x}"),
        _ => return None,
    }
    .ok()?;
    Some(from_ascii(text.as_bytes()))
}
