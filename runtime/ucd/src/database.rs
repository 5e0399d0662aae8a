//! The properties `unicodedata` reports besides those of `ctype`, decompositions included.

use crate::tables::decomp_data::*;
use crate::tables::record_data::*;
use crate::tables::trie_get;

/// Properties shared by all code points of one record.
pub(crate) struct Record {
    pub(crate) category: u8,
    pub(crate) bidirectional: u8,
    pub(crate) combining: u8,
    pub(crate) mirrored: bool,
    pub(crate) east_asian_width: u8,
    /// One bit for each normalization form the character alone is not in (NFD, NFKD, NFC, NFKC),
    /// and bit 4 when it can be the second half of a composition.
    pub(crate) quick: u8,
}

impl Record {
    pub(crate) const fn new(
        category: u8,
        bidirectional: u8,
        combining: u8,
        mirrored: u8,
        width: u8,
        quick: u8,
    ) -> Self {
        Self {
            category,
            bidirectional,
            combining,
            mirrored: mirrored != 0,
            east_asian_width: width,
            quick,
        }
    }
}

#[inline]
pub(crate) fn record(c: u32) -> &'static Record {
    &RECORDS[trie_get!(c, RECORD_INDEX, RECORD_DATA, RECORD_SHIFT)]
}

pub(crate) fn category_name(category: u8) -> &'static str {
    CATEGORY_NAMES[usize::from(category)]
}

pub(crate) fn bidirectional_name(class: u8) -> &'static str {
    BIDI_NAMES[usize::from(class)]
}

pub(crate) fn width_name(width: u8) -> &'static str {
    WIDTH_NAMES[usize::from(width)]
}

/// `unicodedata.category`
pub fn category(c: u32) -> &'static str {
    category_name(record(c).category)
}

/// `unicodedata.bidirectional`
pub fn bidirectional(c: u32) -> &'static str {
    bidirectional_name(record(c).bidirectional)
}

/// `unicodedata.combining`
#[inline]
pub fn combining(c: u32) -> u8 {
    record(c).combining
}

/// `unicodedata.mirrored`
pub fn mirrored(c: u32) -> bool {
    record(c).mirrored
}

/// `unicodedata.east_asian_width`
pub fn east_asian_width(c: u32) -> &'static str {
    width_name(record(c).east_asian_width)
}

/// One step of decomposition: number of the tag (0 for canonical) and the code points.
pub(crate) fn decomposition_parts(c: u32) -> Option<(usize, &'static [u32])> {
    let at = trie_get!(c, DECOMP_INDEX, DECOMP_DATA, DECOMP_SHIFT);
    if at == 0 {
        return None;
    }
    let head = DECOMP_TEXT[at];
    let len = (head & 0xff) as usize;
    Some(((head >> 8) as usize, &DECOMP_TEXT[at + 1..at + 1 + len]))
}

/// `unicodedata.decomposition`: Hangul syllables have none here.
pub fn decomposition(c: u32) -> String {
    let Some((tag, parts)) = decomposition_parts(c) else {
        return String::new();
    };
    let mut out = String::from(DECOMPOSITION_TAGS[tag]);
    for part in parts {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&format!("{part:04X}"));
    }
    out
}

/// The primary composite of two characters, without Hangul.
pub(crate) fn compose_pair(first: u32, second: u32) -> Option<u32> {
    let at = COMPOSE
        .binary_search_by_key(&(first, second), |entry| (entry.0, entry.1))
        .ok()?;
    Some(COMPOSE[at].2)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_answers() {
        assert_eq!(category(0x41), "Lu");
        assert_eq!(category(0x110000), "Cn");
        assert_eq!(bidirectional(0x5d0), "R");
        assert_eq!(combining(0x301), 230);
        assert!(mirrored(0x28));
        assert_eq!(east_asian_width(0x3042), "W");
        assert_eq!(decomposition(0xbd), "<fraction> 0031 2044 0032");
        assert_eq!(decomposition(0xac00), "");
    }
}
