//! `unicodedata.ucd_3_2_0`: the old version that IDNA 2003 and stringprep are defined on.
//!
//! Only differences are stored: record 0 means "as in 14.0".

use crate::normalize::{Form, Version, is_normalized_in, normalize_in};
use crate::tables::legacy_data::*;
use crate::tables::trie_get;
use crate::{ctype, database, names};

/// `unicodedata.ucd_3_2_0.unidata_version`
pub const UNIDATA_VERSION: &str = "3.2.0";

const SAME: usize = 0;
/// Number of the category Cn.
const UNASSIGNED: u8 = 0;

/// All the properties of a character that changed.
pub(crate) struct OldRecord {
    category: u8,
    bidirectional: u8,
    combining: u8,
    mirrored: bool,
    east_asian_width: u8,
    decimal: u8,
    digit: u8,
    numeric: u8,
}

impl OldRecord {
    pub(crate) const fn new(
        category: u8,
        bidirectional: u8,
        combining: u8,
        mirrored: u8,
        east_asian_width: u8,
        decimal: u8,
        digit: u8,
        numeric: u8,
    ) -> Self {
        Self {
            category,
            bidirectional,
            combining,
            mirrored: mirrored != 0,
            east_asian_width,
            decimal,
            digit,
            numeric,
        }
    }
}

fn index(c: u32) -> usize {
    trie_get!(c, OLD_INDEX, OLD_DATA, OLD_SHIFT)
}

fn changed(c: u32) -> Option<&'static OldRecord> {
    let at = index(c);
    (at != SAME).then(|| &OLD_RECORDS[at])
}

pub(crate) fn is_unassigned(c: u32) -> bool {
    changed(c).is_some_and(|old| old.category == UNASSIGNED)
}

/// The 3.2 decomposition of the few characters whose mapping was corrected later.
pub(crate) fn corrected_decomposition(c: u32) -> Option<u32> {
    OLD_CANONICAL
        .iter()
        .find(|entry| entry.0 == c)
        .map(|entry| entry.1)
}

/// `ucd_3_2_0.category`
pub fn category(c: u32) -> &'static str {
    changed(c).map_or_else(
        || database::category(c),
        |old| database::category_name(old.category),
    )
}

/// `ucd_3_2_0.bidirectional`
pub fn bidirectional(c: u32) -> &'static str {
    changed(c).map_or_else(
        || database::bidirectional(c),
        |old| database::bidirectional_name(old.bidirectional),
    )
}

/// `ucd_3_2_0.combining`
pub fn combining(c: u32) -> u8 {
    changed(c).map_or_else(|| database::combining(c), |old| old.combining)
}

/// `ucd_3_2_0.mirrored`
pub fn mirrored(c: u32) -> bool {
    changed(c).map_or_else(|| database::mirrored(c), |old| old.mirrored)
}

/// `ucd_3_2_0.east_asian_width`
pub fn east_asian_width(c: u32) -> &'static str {
    changed(c).map_or_else(
        || database::east_asian_width(c),
        |old| database::width_name(old.east_asian_width),
    )
}

/// `ucd_3_2_0.decimal`
pub fn decimal_value(c: u32) -> Option<u8> {
    changed(c).map_or_else(
        || ctype::decimal_value(c),
        |old| Some(old.decimal).filter(|&d| d != 255),
    )
}

/// `ucd_3_2_0.digit`
pub fn digit_value(c: u32) -> Option<u8> {
    changed(c).map_or_else(
        || ctype::digit_value(c),
        |old| Some(old.digit).filter(|&d| d != 255),
    )
}

/// `ucd_3_2_0.numeric`
pub fn numeric_value(c: u32) -> Option<f64> {
    changed(c).map_or_else(
        || ctype::numeric_value(c),
        |old| ctype::numeric_entry(old.numeric),
    )
}

/// `ucd_3_2_0.decomposition`
pub fn decomposition(c: u32) -> String {
    if is_unassigned(c) {
        String::new()
    } else {
        database::decomposition(c)
    }
}

/// `ucd_3_2_0.name`
pub fn name(c: u32) -> Option<String> {
    if is_unassigned(c) {
        None
    } else {
        names::name(c)
    }
}

/// `ucd_3_2_0.lookup`
pub fn lookup(text: &str) -> Option<names::Found> {
    names::lookup(text).filter(|found| !matches!(found, names::Found::Char(c) if is_unassigned(*c)))
}

/// `ucd_3_2_0.normalize`
pub fn normalize(form: Form, text: &[u32]) -> Vec<u32> {
    normalize_in(Version::Old, form, text)
}

/// `ucd_3_2_0.is_normalized`
pub fn is_normalized(form: Form, text: &[u32]) -> bool {
    is_normalized_in(Version::Old, form, text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_facts() {
        assert_eq!(category(0x221), "Cn");
        assert_eq!(crate::category(0x221), "Ll");
        assert_eq!(normalize(Form::Nfd, &[0x2f868]), [0x2136a]);
        assert_eq!(crate::normalize(Form::Nfd, &[0x2f868]), [0x36fc]);
    }
}
