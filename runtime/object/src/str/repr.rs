//! `repr(str)` and `ascii()`'s escapes.

use super::*;

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `\xhh`, `\uhhhh` or `\Uhhhhhhhh`, the shortest that fits.
pub fn push_escape(out: &mut Builder, c: u32) {
    let (letter, digits) = if c < 0x100 {
        (b'x', 2)
    } else if c < 0x10000 {
        (b'u', 4)
    } else {
        (b'U', 8)
    };
    out.push_latin1(&[b'\\', letter]);
    for i in (0..digits).rev() {
        out.push(HEX[(c >> (4 * i) & 15) as usize] as u32);
    }
}

pub(super) fn repr_units<U: Unit>(s: &[U]) -> Builder {
    let has = |q: u8| U::fit(q as u32).is_some_and(|q| U::find_char(s, q).is_some());
    let quote = if has(b'\'') && !has(b'"') {
        b'"'
    } else {
        b'\''
    } as u32;
    let mut out = Builder::with_capacity(s.len() + 2);
    out.push(quote);
    for &c in s {
        let c: u32 = c.into();
        match c {
            0x20..=0x7E => {
                if c == quote || c == b'\\' as u32 {
                    out.push(b'\\' as u32);
                }
                out.push(c);
            }
            0x0A => out.push_latin1(b"\\n"),
            0x0D => out.push_latin1(b"\\r"),
            0x09 => out.push_latin1(b"\\t"),
            _ if c > 0x7F && pyrs_ucd::is_printable(c) => out.push(c),
            _ => push_escape(&mut out, c),
        }
    }
    out.push(quote);
    out
}

/// repr of a str.
pub fn repr_of(v: Value) -> Ref {
    if let Some(s) = ascii_bytes(v)
        && s.iter()
            .all(|&c| (0x20..0x7F).contains(&c) && c != b'\'' && c != b'\\')
    {
        let mut out = Vec::with_capacity(s.len() + 2);
        out.push(b'\'');
        out.extend_from_slice(s);
        out.push(b'\'');
        return from_ascii(&out);
    }
    each_width!(view(v), s => repr_units(s)).finish_short()
}

/// For ascii().
pub fn escape_non_ascii(v: Value) -> Ref {
    if ascii_bytes(v).is_some() {
        return Ref::new(v);
    }
    let mut out = Builder::with_capacity(len(v) * 2);
    each_width!(view(v), s => for &c in s {
        let c: u32 = c.into();
        if c < 128 { out.push(c) } else { push_escape(&mut out, c) }
    });
    out.finish_short()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(s: &str) -> String {
        let units: Vec<u32> = s.chars().map(u32::from).collect();
        repr_units(&units)
            .view()
            .to_vec()
            .into_iter()
            .filter_map(char::from_u32)
            .collect()
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(text("it's"), "\"it's\"");
        assert_eq!(text("it's \"x\""), "'it\\'s \"x\"'");
        assert_eq!(
            text("a\n\\\u{7f}\u{a0}é\u{e000}\u{1F600}\u{E0001}"),
            "'a\\n\\\\\\x7f\\xa0é\\ue000\u{1F600}\\U000e0001'"
        );
    }
}
