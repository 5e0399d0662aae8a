//! Characters of XML 1.0 in UTF-8.

/// What lies at a place in the input.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Char {
    /// A character that may stand in a document, with its length.
    Is(char, usize),
    /// The input ends before or within the character.
    End { within: bool },
    /// Not UTF-8, or not a character of XML.
    Invalid,
}

#[inline]
pub(crate) fn char_at(s: &[u8], at: usize) -> Char {
    let Some(&b) = s.get(at) else {
        return Char::End { within: false };
    };
    if b < 0x80 {
        return if b >= 0x20 || matches!(b, b'\t' | b'\n' | b'\r') {
            Char::Is(b as char, 1)
        } else {
            Char::Invalid
        };
    }
    let n = match b {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => return Char::Invalid,
    };
    let Some(part) = s.get(at..at + n) else {
        return Char::End { within: true };
    };
    match std::str::from_utf8(part)
        .ok()
        .and_then(|t| t.chars().next())
    {
        Some('\u{fffe}' | '\u{ffff}') | None => Char::Invalid,
        Some(c) => Char::Is(c, n),
    }
}
/// ASCII bytes of names (colons are no part of them), and those that run on in text.
const NAME: u8 = 1;
const TEXT: u8 = 2;
static KIND: [u8; 256] = {
    let mut kinds = [0; 256];
    let mut b = 0x20;
    while b < 0x80u8 {
        if !matches!(b, b'&' | b'<' | b']') {
            kinds[b as usize] |= TEXT;
        }
        if b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.') {
            kinds[b as usize] |= NAME;
        }
        b += 1;
    }
    kinds[b'\t' as usize] |= TEXT;
    kinds
};
fn run(s: &[u8], mut at: usize, kind: u8) -> usize {
    while s.get(at).is_some_and(|b| KIND[usize::from(*b)] & kind != 0) {
        at += 1;
    }
    at
}
/// Behind the ASCII characters from `at` on that are part of a name.
pub(crate) fn ascii_name(s: &[u8], at: usize) -> usize {
    run(s, at, NAME)
}
/// Behind the ASCII characters from `at` on that are text and nothing else.
pub(crate) fn ascii_text(s: &[u8], at: usize) -> usize {
    run(s, at, TEXT)
}
#[inline]
pub(crate) fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r')
}
pub(crate) fn is_name_start(c: char) -> bool {
    matches!(c, 'A'..='Z' | 'a'..='z' | '_' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}')
}
pub(crate) fn is_name_char(c: char) -> bool {
    is_name_start(c)
        || matches!(c, '0'..='9' | '-' | '.' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
/// An ASCII character that means something in documents, or is part of names.
pub(crate) fn is_markup(b: u8) -> bool {
    is_space(b)
        || b.is_ascii_graphic()
            && !matches!(b, b'$' | b'@' | b'\\' | b'^' | b'`' | b'{' | b'}' | b'~')
}
/// A character that a numeric reference may name.
pub(crate) fn valid_reference(n: u32) -> Option<char> {
    let c = char::from_u32(n)?;
    let ok = matches!(n, 9 | 10 | 13 | 0x20..) && n != 0xfffe && n != 0xffff;
    ok.then_some(c)
}
pub(crate) fn is_public_id_char(b: u8) -> bool {
    b.is_ascii_alphanumeric() || is_space(b) && b != b'\t' || b"-'()+,./:=?;!*#@$_%".contains(&b)
}
