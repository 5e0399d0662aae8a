//! Character classes, case mappings and digit values: what `str`'s methods and `re` ask.
//!
//! One record per distinct combination of facts; a code point finds its record through a two-level
//! table. Case mappings are stored as differences so that whole alphabets share a record.

use crate::tables::ctype_data::*;
use crate::tables::trie_get;

const ALPHA: u16 = 1;
const DECIMAL: u16 = 1 << 1;
const DIGIT: u16 = 1 << 2;
const NUMERIC_FLAG: u16 = 1 << 3;
const SPACE: u16 = 1 << 4;
const PRINTABLE: u16 = 1 << 5;
const UPPER: u16 = 1 << 6;
const LOWER: u16 = 1 << 7;
const TITLE: u16 = 1 << 8;
const CASED: u16 = 1 << 9;
const CASE_IGNORABLE: u16 = 1 << 10;
const XID_START: u16 = 1 << 11;
const XID_CONTINUE: u16 = 1 << 12;
const LINEBREAK: u16 = 1 << 13;
const EXTENDED: u16 = 1 << 14;
const NO_DIGIT: u8 = 255;

/// The facts shared by all code points of one record.
pub(crate) struct Ctype {
    lower: i32,
    upper: i32,
    title: i32,
    flags: u16,
    decimal: u8,
    digit: u8,
    numeric: u8,
}

impl Ctype {
    pub(crate) const fn new(
        flags: u16,
        lower: i32,
        upper: i32,
        title: i32,
        decimal: u8,
        digit: u8,
        numeric: u8,
    ) -> Self {
        Self {
            lower,
            upper,
            title,
            flags,
            decimal,
            digit,
            numeric,
        }
    }
}

/// Full mappings of a character whose simple ones are not the whole truth, padded with 0.
pub(crate) struct FullCase {
    pub(crate) lower: [u32; 3],
    pub(crate) upper: [u32; 3],
    pub(crate) title: [u32; 3],
    pub(crate) fold: [u32; 3],
}

/// Up to three code points: the result of a full case mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CaseMapping {
    chars: [u32; 3],
    len: u8,
}

impl CaseMapping {
    fn one(c: u32) -> Self {
        Self {
            chars: [c, 0, 0],
            len: 1,
        }
    }

    fn padded(chars: [u32; 3]) -> Self {
        let len = 1 + u8::from(chars[1] != 0) + u8::from(chars[2] != 0);
        Self { chars, len }
    }

    /// The mapped code points.
    #[inline]
    pub fn as_slice(&self) -> &[u32] {
        &self.chars[..usize::from(self.len)]
    }
}

#[inline]
fn ctype(c: u32) -> &'static Ctype {
    &CTYPE[trie_get!(c, CTYPE_INDEX, CTYPE_DATA, CTYPE_SHIFT)]
}

macro_rules! flag_tests {
    ($($(#[$doc:meta])* $name:ident = $flag:expr;)*) => { $(
        $(#[$doc])*
        #[inline]
        pub fn $name(c: u32) -> bool {
            ctype(c).flags & ($flag) != 0
        }
    )* };
}

flag_tests! {
    /// `str.isalpha`
    is_alpha = ALPHA;
    /// `str.isdecimal`
    is_decimal = DECIMAL;
    /// `str.isdigit`
    is_digit = DIGIT;
    /// `str.isnumeric`
    is_numeric = NUMERIC_FLAG;
    /// `str.isalnum`
    is_alnum = ALPHA | DECIMAL | DIGIT | NUMERIC_FLAG;
    /// `str.isspace`
    is_space = SPACE;
    /// `str.isprintable`
    is_printable = PRINTABLE;
    /// Uppercase property.
    is_upper = UPPER;
    /// Lowercase property.
    is_lower = LOWER;
    /// Titlecase letters (Lt).
    is_title = TITLE;
    /// Cased property.
    is_cased = CASED;
    /// Case_Ignorable property.
    is_case_ignorable = CASE_IGNORABLE;
    /// XID_Start; `_` is not in it.
    is_xid_start = XID_START;
    /// XID_Continue
    is_xid_continue = XID_CONTINUE;
    /// Where `str.splitlines` breaks.
    is_linebreak = LINEBREAK;
}

/// `str.isidentifier` of the code points.
pub fn is_identifier(mut chars: impl Iterator<Item = u32>) -> bool {
    chars
        .next()
        .is_some_and(|c| c == u32::from(b'_') || is_xid_start(c))
        && chars.all(is_xid_continue)
}

/// Simple lowercase mapping: in CPython, the first character of the full one.
#[inline]
pub fn to_lower(c: u32) -> u32 {
    c.wrapping_add_signed(ctype(c).lower)
}

/// Simple uppercase mapping: in CPython, the first character of the full one.
#[inline]
pub fn to_upper(c: u32) -> u32 {
    c.wrapping_add_signed(ctype(c).upper)
}

/// Simple titlecase mapping: in CPython, the first character of the full one.
#[inline]
pub fn to_title(c: u32) -> u32 {
    c.wrapping_add_signed(ctype(c).title)
}

fn full(c: u32) -> Option<&'static FullCase> {
    let at = FULL_CASE.binary_search_by_key(&c, |entry| entry.0).ok()?;
    Some(&FULL_CASE[at].1)
}

macro_rules! full_mappings {
    ($($(#[$doc:meta])* $name:ident = $simple:ident, $field:ident;)*) => { $(
        $(#[$doc])*
        #[inline]
        pub fn $name(c: u32) -> CaseMapping {
            let record = ctype(c);
            if record.flags & EXTENDED != 0 && let Some(full) = full(c) {
                return CaseMapping::padded(full.$field);
            }
            CaseMapping::one(c.wrapping_add_signed(record.$simple))
        }
    )* };
}

full_mappings! {
    /// Full lowercase mapping; the final-sigma rule is `lower_str`'s.
    to_lower_full = lower, lower;
    /// Full uppercase mapping.
    to_upper_full = upper, upper;
    /// Full titlecase mapping.
    to_title_full = title, title;
    /// Full case folding.
    to_casefold_full = lower, fold;
}

const CAPITAL_SIGMA: u32 = 0x3a3;
const SMALL_SIGMA: u32 = 0x3c3;
const FINAL_SIGMA: u32 = 0x3c2;

/// The lowercase of the capital sigma at `i`: final when a cased character precedes it and none
/// follows, case-ignorable ones not counting.
pub fn lower_sigma(text: &[u32], i: usize) -> u32 {
    let cased = |c: Option<&u32>| c.is_some_and(|&c| is_cased(c));
    let before = text[..i].iter().rev().find(|&&c| !is_case_ignorable(c));
    let after = text[i + 1..].iter().find(|&&c| !is_case_ignorable(c));
    if cased(before) && !cased(after) {
        FINAL_SIGMA
    } else {
        SMALL_SIGMA
    }
}

fn push_lower(out: &mut Vec<u32>, text: &[u32], i: usize) {
    if text[i] == CAPITAL_SIGMA {
        out.push(lower_sigma(text, i));
    } else {
        out.extend_from_slice(to_lower_full(text[i]).as_slice());
    }
}

/// `str.lower`
pub fn lower_str(text: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len());
    for i in 0..text.len() {
        push_lower(&mut out, text, i);
    }
    out
}

/// `str.upper`
pub fn upper_str(text: &[u32]) -> Vec<u32> {
    text.iter()
        .flat_map(|&c| to_upper_full(c).as_slice().to_vec())
        .collect()
}

/// `str.casefold`
pub fn casefold_str(text: &[u32]) -> Vec<u32> {
    text.iter()
        .flat_map(|&c| to_casefold_full(c).as_slice().to_vec())
        .collect()
}

/// `str.title`
pub fn title_str(text: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len());
    let mut previous_is_cased = false;
    for (i, &c) in text.iter().enumerate() {
        if previous_is_cased {
            push_lower(&mut out, text, i);
        } else {
            out.extend_from_slice(to_title_full(c).as_slice());
        }
        previous_is_cased = is_cased(c);
    }
    out
}

/// `str.capitalize`
pub fn capitalize_str(text: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len());
    for (i, &c) in text.iter().enumerate() {
        if i == 0 {
            out.extend_from_slice(to_title_full(c).as_slice());
        } else {
            push_lower(&mut out, text, i);
        }
    }
    out
}

/// `str.swapcase`
pub fn swapcase_str(text: &[u32]) -> Vec<u32> {
    let mut out = Vec::with_capacity(text.len());
    for (i, &c) in text.iter().enumerate() {
        if is_upper(c) {
            push_lower(&mut out, text, i);
        } else if is_lower(c) {
            out.extend_from_slice(to_upper_full(c).as_slice());
        } else {
            out.push(c);
        }
    }
    out
}

/// `unicodedata.decimal`
#[inline]
pub fn decimal_value(c: u32) -> Option<u8> {
    Some(ctype(c).decimal).filter(|&d| d != NO_DIGIT)
}

/// `unicodedata.digit`
#[inline]
pub fn digit_value(c: u32) -> Option<u8> {
    Some(ctype(c).digit).filter(|&d| d != NO_DIGIT)
}

/// `unicodedata.numeric`
pub fn numeric_value(c: u32) -> Option<f64> {
    numeric_entry(ctype(c).numeric)
}

/// Entry 0 of the table of values stands for "none".
pub(crate) fn numeric_entry(entry: u8) -> Option<f64> {
    (entry != 0).then(|| NUMERIC[usize::from(entry)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(s: &str) -> Vec<u32> {
        s.chars().map(u32::from).collect()
    }

    #[test]
    fn final_sigma_depends_on_neighbours() {
        assert_eq!(lower_str(&chars("ΑΣ ΑΣΑ Σ")), chars("ας ασα σ"));
        assert_eq!(lower_str(&chars("Α\u{ad}Σ\u{ad}")), chars("α\u{ad}ς\u{ad}"));
    }

    #[test]
    fn full_mappings_expand() {
        assert_eq!(to_upper_full(0xdf).as_slice(), chars("SS"));
        assert_eq!(to_upper(0xdf), u32::from(b'S'));
        assert_eq!(to_upper_full(0x390).as_slice().len(), 3);
        assert_eq!(to_lower_full(0x130).as_slice(), [0x69, 0x307]);
        assert_eq!(to_lower(0x130), 0x69);
        assert_eq!(to_casefold_full(0x13a0).as_slice(), [0x13a0]);
        assert_eq!(title_str(&chars("ǆ they're ﬁne")), chars("ǅ They'Re Fine"));
    }

    #[test]
    fn beyond_unicode_is_unassigned() {
        assert!(!is_alpha(0x110000) && !is_printable(u32::MAX));
        assert_eq!(to_lower(u32::MAX), u32::MAX);
    }
}
