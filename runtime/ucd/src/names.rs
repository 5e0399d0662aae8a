//! Character names both ways, for `unicodedata.name`/`lookup` and `\N{...}`.
//!
//! A name is a sequence of numbers of words. Each number is one, two or three printable ASCII
//! symbols (frequent words are short) and `!` ends a name, so that the whole table is plain text.
//! Hangul syllables and unified ideographs are computed. The index for `lookup` is built on first
//! use: it would be a third of the size of the names and few programs ever need it.

use std::sync::OnceLock;

use crate::tables::name_aliases::ALIASES;
use crate::tables::name_phrases::PHRASES;
use crate::tables::name_words::*;

/// What a name stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    Char(u32),
    /// A named sequence: valid for `unicodedata.lookup`, not for `\N{...}`.
    Sequence(Vec<u32>),
}

const END: u8 = b'!';
const GROUP: usize = 16;
/// Printable ASCII without `!`, `"` and `\`.
const SYMBOLS: usize = 91;

fn symbol(byte: u8) -> usize {
    usize::from(byte) - 0x23 - usize::from(byte > b'\\')
}

/// Entry `number` of a table of `!`-terminated entries with an offset for every 16th.
fn entry(text: &'static str, offsets: &[u32], number: usize) -> &'static [u8] {
    let start = offsets[number / GROUP] as usize;
    text.as_bytes()[start..]
        .split(|&b| b == END)
        .nth(number % GROUP)
        .unwrap_or_default()
}

fn decode(code: &[u8], c: u32) -> String {
    let mut out = String::with_capacity(48);
    let mut symbols = code.iter().map(|&b| symbol(b));
    let mut next = || symbols.next().unwrap_or(0);
    let mut left = code.len();
    while left > 0 {
        let lead = next();
        let word = if lead < SINGLES {
            left -= 1;
            lead
        } else if lead < SINGLES + DOUBLES {
            left = left.saturating_sub(2);
            SINGLES + (lead - SINGLES) * SYMBOLS + next()
        } else {
            left = left.saturating_sub(3);
            let high = (lead - SINGLES - DOUBLES) * SYMBOLS + next();
            SINGLES + DOUBLES * SYMBOLS + high * SYMBOLS + next()
        };
        if !out.is_empty() {
            out.push(' ');
        }
        let word = std::str::from_utf8(entry(WORDS, &WORD_OFFSETS, word)).unwrap_or_default();
        match word.strip_suffix('#') {
            // The rest of the name is the code point itself.
            Some(stem) => out.push_str(&format!("{stem}{c:X}")),
            None => out.push_str(word),
        }
    }
    out
}

const JAMO_L: [&str; 19] = [
    "G", "GG", "N", "D", "DD", "R", "M", "B", "BB", "S", "SS", "", "J", "JJ", "C", "K", "T", "P",
    "H",
];
const JAMO_V: [&str; 21] = [
    "A", "AE", "YA", "YAE", "EO", "E", "YEO", "YE", "O", "WA", "WAE", "OE", "YO", "U", "WEO", "WE",
    "WI", "YU", "EU", "YI", "I",
];
const JAMO_T: [&str; 28] = [
    "", "G", "GG", "GS", "N", "NJ", "NH", "D", "L", "LG", "LM", "LB", "LS", "LT", "LP", "LH", "M",
    "B", "BS", "S", "SS", "NG", "J", "C", "K", "T", "P", "H",
];
const HANGUL: &str = "HANGUL SYLLABLE ";
const IDEOGRAPH: &str = "CJK UNIFIED IDEOGRAPH-";
const S_BASE: u32 = 0xac00;

fn is_unified_ideograph(c: u32) -> bool {
    CJK.iter().any(|&(first, last)| (first..=last).contains(&c))
}

/// `unicodedata.name`
pub fn name(c: u32) -> Option<String> {
    if let Some(s) = c
        .checked_sub(S_BASE)
        .map(|s| s as usize)
        .filter(|&s| s < 19 * 21 * 28)
    {
        return Some(format!(
            "{HANGUL}{}{}{}",
            JAMO_L[s / 588],
            JAMO_V[s % 588 / 28],
            JAMO_T[s % 28]
        ));
    }
    if is_unified_ideograph(c) {
        return Some(format!("{IDEOGRAPH}{c:X}"));
    }
    let run = NAME_RUNS.partition_point(|run| run.0 <= c).checked_sub(1)?;
    let (first, last, number) = NAME_RUNS[run];
    if c > last {
        return None;
    }
    let number = (number + (c - first)) as usize;
    Some(decode(entry(PHRASES, &PHRASE_OFFSETS, number), c))
}

/// FNV-1a of the name in upper case.
fn hash(name: &[u8]) -> u32 {
    name.iter().fold(0x811c_9dc5, |h, b| {
        (h ^ u32::from(b.to_ascii_uppercase())).wrapping_mul(0x0100_0193)
    })
}

/// (hash of the name, code point), sorted.
fn name_index() -> &'static [(u32, u32)] {
    static INDEX: OnceLock<Vec<(u32, u32)>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let mut codes = PHRASES.as_bytes().split(|&b| b == END);
        let mut index = Vec::with_capacity(NAME_COUNT);
        for &(first, last, _) in &NAME_RUNS {
            for c in first..=last {
                let name = decode(codes.next().unwrap_or_default(), c);
                index.push((hash(name.as_bytes()), c));
            }
        }
        index.sort_unstable();
        index
    })
}

fn longest_prefix(text: &str, parts: &[&str]) -> Option<(usize, usize)> {
    let (at, part) = parts
        .iter()
        .enumerate()
        .filter(|(_, p)| text.starts_with(**p))
        .max_by_key(|(_, p)| p.len())?;
    Some((at, part.len()))
}

fn hangul_syllable(text: &str) -> Option<u32> {
    let (l, used) = longest_prefix(text, &JAMO_L)?;
    let text = &text[used..];
    let (v, used) = longest_prefix(text, &JAMO_V)?;
    let text = &text[used..];
    let (t, used) = longest_prefix(text, &JAMO_T)?;
    (used == text.len()).then(|| S_BASE + ((l * 21 + v) * 28 + t) as u32)
}

/// `unicodedata.lookup`: names, aliases and named sequences, in any case (the computed ones only
/// in upper case, as in CPython).
pub fn lookup(text: &str) -> Option<Found> {
    if let Some(rest) = text.strip_prefix(HANGUL)
        && let Some(c) = hangul_syllable(rest)
    {
        return Some(Found::Char(c));
    }
    if let Some(digits) = text.strip_prefix(IDEOGRAPH) {
        let valid = matches!(digits.len(), 4 | 5)
            && digits
                .bytes()
                .all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
        let c = u32::from_str_radix(digits, 16).ok().filter(|_| valid)?;
        return is_unified_ideograph(c).then_some(Found::Char(c));
    }
    let index = name_index();
    let wanted = hash(text.as_bytes());
    let start = index.partition_point(|entry| entry.0 < wanted);
    for &(_, c) in index[start..].iter().take_while(|entry| entry.0 == wanted) {
        if name(c).is_some_and(|name| name.eq_ignore_ascii_case(text)) {
            return Some(Found::Char(c));
        }
    }
    let line = ALIASES.lines().find(|line| {
        line.split_once('=')
            .is_some_and(|(name, _)| name.eq_ignore_ascii_case(text))
    })?;
    let (_, codes) = line.split_once('=')?;
    let codes: Vec<u32> = codes
        .split(' ')
        .filter_map(|code| u32::from_str_radix(code, 16).ok())
        .collect();
    match codes[..] {
        [one] => Some(Found::Char(one)),
        _ => Some(Found::Sequence(codes)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways() {
        assert_eq!(name(0x41).as_deref(), Some("LATIN CAPITAL LETTER A"));
        assert_eq!(
            name(0xf900).as_deref(),
            Some("CJK COMPATIBILITY IDEOGRAPH-F900")
        );
        assert_eq!(name(0xac01).as_deref(), Some("HANGUL SYLLABLE GAG"));
        assert_eq!(name(0x1b170).as_deref(), Some("NUSHU CHARACTER-1B170"));
        assert_eq!(name(0), None);
        assert_eq!(lookup("latin small letter a"), Some(Found::Char(0x61)));
        assert_eq!(lookup("BACKSPACE"), Some(Found::Char(8)));
        assert_eq!(lookup("HANGUL SYLLABLE GAG"), Some(Found::Char(0xac01)));
        assert_eq!(lookup("hangul syllable gag"), None);
        assert_eq!(
            lookup("CJK UNIFIED IDEOGRAPH-4E00"),
            Some(Found::Char(0x4e00))
        );
        assert!(
            matches!(lookup("KEYCAP DIGIT ONE"), Some(Found::Sequence(s)) if s == [0x31, 0xfe0f, 0x20e3])
        );
        assert_eq!(lookup("NO SUCH NAME"), None);
        assert_eq!(lookup(""), None);
    }
}
