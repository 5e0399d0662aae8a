//! Packing and unpacking items of native formats.

use crate::{PyResult, Ref, Value, raise};

/// A native single-character format.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Format(pub u8);

impl Format {
    /// Of a format text with an optional `@`.
    pub fn parse(text: &[u8]) -> Option<Format> {
        match text.strip_prefix(b"@").unwrap_or(text) {
            [c] if Format(*c).size().is_some() => Some(Format(*c)),
            _ => None,
        }
    }
    pub fn size(self) -> Option<usize> {
        Some(match self.0 {
            b'c' | b'b' | b'B' | b'?' => 1,
            b'h' | b'H' => 2,
            b'i' | b'I' | b'f' => 4,
            b'l' | b'L' | b'q' | b'Q' | b'n' | b'N' | b'd' | b'P' => 8,
            _ => return None,
        })
    }
    pub fn is_byte(self) -> bool {
        matches!(self.0, b'c' | b'b' | b'B')
    }
}

fn word<const N: usize>(s: &[u8]) -> [u8; N] {
    s.first_chunk().copied().unwrap_or([0; N])
}

/// The Python value of an item.
pub fn unpack_item(f: Format, s: &[u8]) -> PyResult {
    Ok(match f.0 {
        b'B' => Ref::int(word::<1>(s)[0] as i64),
        b'b' => Ref::int(word::<1>(s)[0] as i8 as i64),
        b'c' => crate::bytes::new(&word::<1>(s)),
        b'?' => Ref::bool(word::<1>(s)[0] != 0),
        b'h' => Ref::int(i16::from_ne_bytes(word(s)) as i64),
        b'H' => Ref::int(u16::from_ne_bytes(word(s)) as i64),
        b'i' => Ref::int(i32::from_ne_bytes(word(s)) as i64),
        b'I' => Ref::int(u32::from_ne_bytes(word(s)) as i64),
        b'l' | b'q' | b'n' => Ref::int(i64::from_ne_bytes(word(s))),
        b'L' | b'Q' | b'N' | b'P' => crate::int::from_u64(u64::from_ne_bytes(word(s))),
        b'f' => Ref::float(f32::from_ne_bytes(word(s)) as f64),
        b'd' => Ref::float(f64::from_ne_bytes(word(s))),
        c => {
            return Err(raise!(
                NotImplementedError,
                "memoryview: format {} not supported",
                c as char
            ));
        }
    })
}

/// Writes a Python value as an item.
pub fn pack_item(f: Format, v: Value, out: &mut [u8]) -> PyResult<()> {
    let c = f.0 as char;
    let wrong_type = || raise!(TypeError, "memoryview: invalid type for format '{c}'");
    let wrong_value = || raise!(ValueError, "memoryview: invalid value for format '{c}'");
    let mut put = |s: &[u8]| {
        if let Some(out) = out.get_mut(..s.len()) {
            out.copy_from_slice(s);
        }
    };
    match f.0 {
        b'c' => {
            if !crate::bytes::is_bytes(v) {
                return Err(wrong_type());
            }
            let s = crate::bytes::data(v);
            if s.len() != 1 {
                return Err(wrong_value());
            }
            put(s);
        }
        b'?' => put(&[crate::ops::is_true(v)?.into()]),
        b'f' | b'd' => {
            let r = crate::errors::absorb(crate::ops::as_f64(v), crate::exceptions::TypeError)?;
            let x = r.ok_or_else(wrong_type)?;
            if f.0 == b'd' {
                put(&x.to_ne_bytes())
            } else {
                put(&(x as f32).to_ne_bytes())
            }
        }
        _ => {
            let r = crate::errors::absorb(crate::ops::index(v), crate::exceptions::TypeError)?;
            let n = r.ok_or_else(wrong_type)?;
            if matches!(f.0, b'L' | b'Q' | b'N' | b'P') {
                let n = crate::int::to_u64(n.value()).ok_or_else(wrong_value)?;
                put(&n.to_ne_bytes());
                return Ok(());
            }
            let n = crate::int::to_i64(n.value()).ok_or_else(wrong_value)?;
            let bad = |_| wrong_value();
            match f.0 {
                b'B' => put(&u8::try_from(n).map_err(bad)?.to_ne_bytes()),
                b'b' => put(&i8::try_from(n).map_err(bad)?.to_ne_bytes()),
                b'h' => put(&i16::try_from(n).map_err(bad)?.to_ne_bytes()),
                b'H' => put(&u16::try_from(n).map_err(bad)?.to_ne_bytes()),
                b'i' => put(&i32::try_from(n).map_err(bad)?.to_ne_bytes()),
                b'I' => put(&u32::try_from(n).map_err(bad)?.to_ne_bytes()),
                _ => put(&n.to_ne_bytes()),
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_formats() {
        assert_eq!(Format::parse(b"@i"), Some(Format(b'i')));
        assert_eq!(Format::parse(b"<i"), None);
        assert_eq!(Format::parse(b"2B"), None);
        assert_eq!(Format(b'P').size(), Some(8));
    }
}
