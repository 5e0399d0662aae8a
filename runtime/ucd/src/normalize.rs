//! The four normalization forms over the crate's own tables, for 14.0 and for 3.2.
//!
//! Text that is already normalized is the common case, so a scan over per-character marks comes
//! first; only when it cannot tell is the text decomposed, ordered and composed again.

use crate::database::{combining, compose_pair, decomposition_parts, record};
use crate::legacy;

/// A normalization form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Nfc,
    Nfd,
    Nfkc,
    Nfkd,
}

impl Form {
    /// The form that `unicodedata.normalize` calls by this name.
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "NFC" => Some(Self::Nfc),
            "NFD" => Some(Self::Nfd),
            "NFKC" => Some(Self::Nfkc),
            "NFKD" => Some(Self::Nfkd),
            _ => None,
        }
    }

    fn composes(self) -> bool {
        matches!(self, Self::Nfc | Self::Nfkc)
    }

    fn is_compatible(self) -> bool {
        matches!(self, Self::Nfkc | Self::Nfkd)
    }

    fn mark(self) -> u8 {
        match self {
            Self::Nfd => 1,
            Self::Nfkd => 1 << 1,
            Self::Nfc => 1 << 2,
            Self::Nfkc => 1 << 3,
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Version {
    Current,
    Old,
}

/// What a scan without any transformation finds out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quick {
    Yes,
    No,
    Maybe,
}

const SECOND: u8 = 1 << 4;

/// Whether the text is in the form, as far as single characters tell.
pub fn quick_check(form: Form, text: impl IntoIterator<Item = u32>) -> Quick {
    let mut answer = Quick::Yes;
    let mut previous = 0;
    for c in text {
        if c < 0x80 {
            previous = 0;
            continue;
        }
        let record = record(c);
        if record.quick & form.mark() != 0 || (record.combining != 0 && previous > record.combining)
        {
            return Quick::No;
        }
        if form.composes() && record.quick & SECOND != 0 {
            answer = Quick::Maybe;
        }
        previous = record.combining;
    }
    answer
}

/// `unicodedata.normalize`
pub fn normalize(form: Form, text: &[u32]) -> Vec<u32> {
    normalize_in(Version::Current, form, text)
}

/// `unicodedata.is_normalized`
pub fn is_normalized(form: Form, text: &[u32]) -> bool {
    is_normalized_in(Version::Current, form, text)
}

pub(crate) fn is_normalized_in(version: Version, form: Form, text: &[u32]) -> bool {
    if version == Version::Current {
        match quick_check(form, text.iter().copied()) {
            Quick::Yes => return true,
            Quick::No => return false,
            Quick::Maybe => {}
        }
    }
    normalize_in(version, form, text) == text
}

pub(crate) fn normalize_in(version: Version, form: Form, text: &[u32]) -> Vec<u32> {
    if version == Version::Current && quick_check(form, text.iter().copied()) == Quick::Yes {
        return text.to_vec();
    }
    let mut out = Vec::with_capacity(text.len() + text.len() / 4);
    for &c in text {
        decompose(version, form.is_compatible(), c, &mut out);
    }
    order(&mut out);
    if form.composes() {
        compose(&mut out);
    }
    out
}

const S_BASE: u32 = 0xac00;
const L_BASE: u32 = 0x1100;
const V_BASE: u32 = 0x1161;
const T_BASE: u32 = 0x11a7;
const L_COUNT: u32 = 19;
const V_COUNT: u32 = 21;
const T_COUNT: u32 = 28;
const S_COUNT: u32 = L_COUNT * V_COUNT * T_COUNT;

fn decompose(version: Version, compatible: bool, c: u32, out: &mut Vec<u32>) {
    // Mappings nest at most four deep, so a small stack on the heap is only made when needed.
    if c < 0x80 {
        out.push(c);
        return;
    }
    let mut pending = vec![c];
    while let Some(c) = pending.pop() {
        if let Some(s) = c.checked_sub(S_BASE).filter(|&s| s < S_COUNT) {
            out.push(L_BASE + s / (V_COUNT * T_COUNT));
            out.push(V_BASE + s % (V_COUNT * T_COUNT) / T_COUNT);
            if s % T_COUNT != 0 {
                out.push(T_BASE + s % T_COUNT);
            }
            continue;
        }
        if version == Version::Old {
            if let Some(corrected) = legacy::corrected_decomposition(c) {
                pending.push(corrected);
                continue;
            }
            if legacy::is_unassigned(c) {
                out.push(c);
                continue;
            }
        }
        match decomposition_parts(c) {
            Some((tag, parts)) if tag == 0 || compatible => pending.extend(parts.iter().rev()),
            _ => out.push(c),
        }
    }
}

/// Canonical ordering: runs of combining characters sorted by class, stably.
fn order(text: &mut [u32]) {
    let mut i = 0;
    while i < text.len() {
        if combining(text[i]) == 0 {
            i += 1;
            continue;
        }
        let start = i;
        while i < text.len() && combining(text[i]) != 0 {
            i += 1;
        }
        text[start..i].sort_by_key(|&c| combining(c));
    }
}

fn compose_two(first: u32, second: u32) -> Option<u32> {
    if let (Some(l), Some(v)) = (first.checked_sub(L_BASE), second.checked_sub(V_BASE))
        && l < L_COUNT
        && v < V_COUNT
    {
        return Some(S_BASE + (l * V_COUNT + v) * T_COUNT);
    }
    if let (Some(s), Some(t)) = (first.checked_sub(S_BASE), second.checked_sub(T_BASE))
        && s < S_COUNT
        && s.is_multiple_of(T_COUNT)
        && t > 0
        && t < T_COUNT
    {
        return Some(first + t);
    }
    if record(second).quick & SECOND == 0 {
        return None;
    }
    compose_pair(first, second)
}

fn compose(text: &mut Vec<u32>) {
    let mut starter: Option<usize> = None;
    let mut last_class = 0;
    let mut kept = 0;
    for i in 0..text.len() {
        let c = text[i];
        let class = combining(c);
        if let Some(at) = starter {
            // Blocked unless adjacent to the starter or of a higher class than what stayed between.
            let adjacent = kept == at + 1;
            if (adjacent || (last_class < class && last_class != 0))
                && let Some(composite) = compose_two(text[at], c)
            {
                text[at] = composite;
                continue;
            }
        }
        if class == 0 {
            starter = Some(kept);
        }
        last_class = class;
        text[kept] = c;
        kept += 1;
    }
    text.truncate(kept);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(s: &str) -> Vec<u32> {
        s.chars().map(u32::from).collect()
    }

    #[test]
    fn forms() {
        assert_eq!(
            normalize(Form::Nfd, &chars("é각")),
            chars("e\u{301}\u{1100}\u{1161}\u{11a8}")
        );
        assert_eq!(
            normalize(Form::Nfc, &chars("e\u{301}\u{1100}\u{1161}\u{11a8}")),
            chars("é각")
        );
        assert_eq!(normalize(Form::Nfkc, &chars("ﬁ½")), chars("fi1\u{2044}2"));
        assert_eq!(
            normalize(Form::Nfc, &chars("a\u{315}\u{300}")),
            chars("à\u{315}")
        );
        assert!(!is_normalized(Form::Nfc, &chars("e\u{301}")));
        assert!(is_normalized(Form::Nfc, &chars("x\u{301}")));
        assert!(!is_normalized(Form::Nfd, &chars("a\u{315}\u{300}")));
    }
}
