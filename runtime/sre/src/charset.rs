//! Character categories, sets and case folding.
//!
//! A set is translated once: a table answers for the first 256 characters, whatever the set's
//! form; for the others the words are interpreted as they are, unless none or all of them match.

use pyrs_ucd as ucd;

use crate::InvalidCode;
use crate::opcodes::*;

/// What the C library's locale says about the 256 byte values; only patterns of bytes with
/// `re.LOCALE` ask.
#[derive(Clone, Debug)]
pub struct Locale {
    pub lower: [u8; 256],
    pub upper: [u8; 256],
    pub alnum: [bool; 256],
}

/// The "C" locale.
pub(crate) static C_LOCALE: Locale = {
    let mut locale = Locale {
        lower: [0; 256],
        upper: [0; 256],
        alnum: [false; 256],
    };
    let mut i = 0;
    while i < 256 {
        let c = i as u8;
        locale.lower[i] = c.to_ascii_lowercase();
        locale.upper[i] = c.to_ascii_uppercase();
        locale.alnum[i] = c.is_ascii_alphanumeric();
        i += 1;
    }
    locale
};

impl Default for Locale {
    fn default() -> Self {
        C_LOCALE.clone()
    }
}

impl Locale {
    pub(crate) fn lower(&self, c: u32) -> u32 {
        self.lower.get(c as usize).map_or(c, |&c| u32::from(c))
    }

    pub(crate) fn upper(&self, c: u32) -> u32 {
        self.upper.get(c as usize).map_or(c, |&c| u32::from(c))
    }

    pub(crate) fn is_word(&self, c: u32) -> bool {
        self.alnum.get(c as usize).is_some_and(|&alnum| alnum) || c == UNDERSCORE
    }
}

pub(crate) const NEWLINE: u32 = b'\n' as u32;
const UNDERSCORE: u32 = b'_' as u32;

/// How characters are compared without regard to case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fold {
    None,
    Ascii,
    Unicode,
    Locale,
}

pub(crate) fn lower_ascii(c: u32) -> u32 {
    u8::try_from(c).map_or(c, |c| u32::from(c.to_ascii_lowercase()))
}

impl Fold {
    #[inline]
    pub(crate) fn lower(self, c: u32, locale: &Locale) -> u32 {
        match self {
            Self::None => c,
            Self::Ascii => lower_ascii(c),
            Self::Unicode => ucd::to_lower(c),
            Self::Locale => locale.lower(c),
        }
    }
}

pub(crate) fn is_ascii_word(c: u32) -> bool {
    u8::try_from(c).is_ok_and(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// `\w` for the first 256 characters: boundaries ask it twice a character.
static LATIN_WORD: [bool; 128] = {
    let mut table = [false; 128];
    let mut i = 0;
    while i < 128 {
        table[i] = (i as u8).is_ascii_alphanumeric() || i as u8 == b'_';
        i += 1;
    }
    table
};

#[inline]
pub(crate) fn is_unicode_word(c: u32) -> bool {
    match LATIN_WORD.get(c as usize) {
        Some(&word) => word,
        None => ucd::is_alnum(c),
    }
}

fn in_category(category: u32, c: u32, locale: &Locale) -> bool {
    let ascii = |test: fn(&u8) -> bool| u8::try_from(c).is_ok_and(|c| test(&c));
    let space = |c: &u8| matches!(c, b'\t'..=b'\r' | b' ');
    match category {
        CATEGORY_DIGIT => ascii(u8::is_ascii_digit),
        CATEGORY_NOT_DIGIT => !ascii(u8::is_ascii_digit),
        CATEGORY_SPACE => ascii(space),
        CATEGORY_NOT_SPACE => !ascii(space),
        CATEGORY_WORD => is_ascii_word(c),
        CATEGORY_NOT_WORD => !is_ascii_word(c),
        CATEGORY_LINEBREAK => c == NEWLINE,
        CATEGORY_NOT_LINEBREAK => c != NEWLINE,
        CATEGORY_LOC_WORD => locale.is_word(c),
        CATEGORY_LOC_NOT_WORD => !locale.is_word(c),
        CATEGORY_UNI_DIGIT => ucd::is_decimal(c),
        CATEGORY_UNI_NOT_DIGIT => !ucd::is_decimal(c),
        CATEGORY_UNI_SPACE => ucd::is_space(c),
        CATEGORY_UNI_NOT_SPACE => !ucd::is_space(c),
        CATEGORY_UNI_WORD => is_unicode_word(c),
        CATEGORY_UNI_NOT_WORD => !is_unicode_word(c),
        CATEGORY_UNI_LINEBREAK => ucd::is_linebreak(c),
        CATEGORY_UNI_NOT_LINEBREAK => !ucd::is_linebreak(c),
        _ => false,
    }
}

const BITMAP_WORDS: usize = 8;
const BLOCK_INDEX_WORDS: usize = 64;

fn bit(bitmap: &[u32], at: usize) -> bool {
    bitmap[at / 32] >> (at % 32) & 1 != 0
}

/// Byte `at` of the words as they lie in memory.
fn byte(words: &[u32], at: usize) -> usize {
    usize::from(words[at / 4].to_ne_bytes()[at % 4])
}

/// Runs checked set words on `c`.
fn eval(words: &[u32], c: u32, locale: &Locale) -> bool {
    let mut ok = true;
    let mut at = 0;
    loop {
        let op = words[at];
        at += 1;
        match op {
            NEGATE => ok = !ok,
            LITERAL => {
                if c == words[at] {
                    return ok;
                }
                at += 1;
            }
            CATEGORY => {
                if in_category(words[at], c, locale) {
                    return ok;
                }
                at += 1;
            }
            RANGE => {
                if (words[at]..=words[at + 1]).contains(&c) {
                    return ok;
                }
                at += 2;
            }
            RANGE_UNI_IGNORE => {
                let range = words[at]..=words[at + 1];
                if range.contains(&c) || range.contains(&ucd::to_upper(c)) {
                    return ok;
                }
                at += 2;
            }
            CHARSET => {
                if c < 256 && bit(&words[at..], c as usize) {
                    return ok;
                }
                at += BITMAP_WORDS;
            }
            BIGCHARSET => {
                let count = words[at] as usize;
                let bitmaps = at + 1 + BLOCK_INDEX_WORDS;
                if c < 0x1_0000 {
                    let block = byte(&words[at + 1..], (c >> 8) as usize);
                    if bit(&words[bitmaps..], block * 256 + (c & 255) as usize) {
                        return ok;
                    }
                }
                at = bitmaps + count * BITMAP_WORDS;
            }
            _ => return !ok,
        }
    }
}

/// [`eval`] of checked set words for the first 256 characters: one pass over the words.
fn eval_low(words: &[u32], locale: &Locale) -> [bool; 256] {
    let (mut answers, mut open) = ([false; 256], [true; 256]);
    let mut ok = true;
    let mut at = 0;
    loop {
        let mut decide = |matches: &dyn Fn(u32) -> bool| {
            for c in 0..256 {
                if open[c] && matches(c as u32) {
                    (open[c], answers[c]) = (false, ok);
                }
            }
        };
        let op = words[at];
        at += 1;
        match op {
            NEGATE => ok = !ok,
            LITERAL => {
                let c = words[at] as usize;
                if c < 256 && open[c] {
                    (open[c], answers[c]) = (false, ok);
                }
                at += 1;
            }
            RANGE => {
                for c in words[at] as usize..=(words[at + 1] as usize).min(255) {
                    if open[c] {
                        (open[c], answers[c]) = (false, ok);
                    }
                }
                at += 2;
            }
            CATEGORY => {
                decide(&|c| in_category(words[at], c, locale));
                at += 1;
            }
            RANGE_UNI_IGNORE => {
                let range = words[at]..=words[at + 1];
                decide(&|c| range.contains(&c) || range.contains(&ucd::to_upper(c)));
                at += 2;
            }
            CHARSET => {
                decide(&|c| bit(&words[at..], c as usize));
                at += BITMAP_WORDS;
            }
            BIGCHARSET => {
                let count = words[at] as usize;
                let bitmaps = at + 1 + BLOCK_INDEX_WORDS;
                let block = byte(&words[at + 1..], 0);
                decide(&|c| bit(&words[bitmaps..], block * 256 + c as usize));
                at = bitmaps + count * BITMAP_WORDS;
            }
            _ => break,
        }
    }
    for c in 0..256 {
        answers[c] |= open[c] && !ok;
    }
    answers
}

/// What is known of a set beyond the first 256 characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum High {
    None,
    All,
    Ask,
}

/// A set of characters, or a literal that folds case.
#[derive(Debug)]
pub(crate) struct Set {
    pub(crate) low: [bool; 256],
    pub(crate) high: High,
    words: Box<[u32]>,
    fold: Fold,
    /// The literal of `LITERAL_LOC_IGNORE`, which also matches itself unfolded.
    negated: bool,
    /// The answer depends on the locale of the moment: the table does not count.
    pub(crate) by_locale: bool,
}

/// Checks set words that end in FAILURE; says whether none can match beyond 255, the parity of
/// NEGATE and whether the locale matters.
fn check(words: &[u32], fold: Fold) -> Result<(bool, bool, bool), InvalidCode> {
    let (mut narrow, mut negated, mut by_locale) =
        (fold != Fold::Unicode, false, fold == Fold::Locale);
    let mut at = 0;
    let arg = |i: usize| words.get(i).copied().ok_or(InvalidCode);
    loop {
        let op = arg(at)?;
        at += 1;
        match op {
            FAILURE => break,
            NEGATE => negated = !negated,
            LITERAL => {
                narrow &= arg(at)? < 256;
                at += 1;
            }
            CATEGORY => {
                match arg(at)? {
                    CATEGORY_DIGIT | CATEGORY_SPACE | CATEGORY_WORD | CATEGORY_LINEBREAK => {}
                    CATEGORY_LOC_WORD | CATEGORY_LOC_NOT_WORD => {
                        by_locale = true;
                        narrow = false;
                    }
                    c if c <= CATEGORY_UNI_NOT_LINEBREAK => narrow = false,
                    _ => return Err(InvalidCode),
                }
                at += 1;
            }
            RANGE | RANGE_UNI_IGNORE => {
                narrow &= op == RANGE && arg(at + 1)? < 256;
                arg(at + 1)?;
                at += 2;
            }
            CHARSET => at += BITMAP_WORDS,
            BIGCHARSET => {
                let count = arg(at)? as usize;
                let index = words
                    .get(at + 1..at + 1 + BLOCK_INDEX_WORDS)
                    .ok_or(InvalidCode)?;
                if count > 256 || (0..256).any(|i| byte(index, i) >= count) {
                    return Err(InvalidCode);
                }
                narrow = false;
                at += 1 + BLOCK_INDEX_WORDS + count * BITMAP_WORDS;
            }
            _ => return Err(InvalidCode),
        }
    }
    if at != words.len() {
        return Err(InvalidCode);
    }
    Ok((narrow, negated, by_locale))
}

impl Set {
    /// A set from its words, the final FAILURE included.
    pub(crate) fn new(words: &[u32], fold: Fold) -> Result<Self, InvalidCode> {
        Self::build(words, fold, false)
    }

    /// A literal that folds case, or everything but it.
    pub(crate) fn literal(c: u32, fold: Fold, negated: bool) -> Result<Self, InvalidCode> {
        Self::build(&[LITERAL, c, FAILURE], fold, negated)
    }

    /// A bare CATEGORY.
    pub(crate) fn category(category: u32) -> Result<Self, InvalidCode> {
        Self::build(&[CATEGORY, category, FAILURE], Fold::None, false)
    }

    fn build(words: &[u32], fold: Fold, negated: bool) -> Result<Self, InvalidCode> {
        let (narrow, parity, by_locale) = check(words, fold)?;
        let high = match (narrow, parity != negated) {
            (false, _) => High::Ask,
            (true, false) => High::None,
            (true, true) => High::All,
        };
        let mut set = Self {
            low: [false; 256],
            high,
            words: words.into(),
            fold,
            negated,
            by_locale,
        };
        let plain = match fold {
            Fold::Locale => None,
            _ => Some(eval_low(words, &C_LOCALE)),
        };
        for c in 0..256 {
            let lower = fold.lower(c as u32, &C_LOCALE) as usize;
            set.low[c] = match plain.as_ref().and_then(|answers| answers.get(lower)) {
                Some(found) => *found != negated,
                None => set.ask(c as u32, &C_LOCALE),
            };
        }
        Ok(set)
    }

    #[inline(never)]
    pub(crate) fn ask(&self, c: u32, locale: &Locale) -> bool {
        let found = match self.fold {
            Fold::Locale => {
                let (lower, upper) = (locale.lower(c), locale.upper(c));
                eval(&self.words, lower, locale)
                    || (upper != lower && eval(&self.words, upper, locale))
                    // Only a literal is compared as it is, too.
                    || (self.words.len() == 3 && self.words[0] == LITERAL && self.words[1] == c)
            }
            fold => eval(&self.words, fold.lower(c, locale), locale),
        };
        found != self.negated
    }

    /// Membership of a set that does not depend on the locale.
    #[inline(always)]
    pub(crate) fn contains(&self, c: u32) -> bool {
        match self.low.get(c as usize) {
            Some(&found) => found,
            None => match self.high {
                High::None => false,
                High::All => true,
                High::Ask => self.ask(c, &C_LOCALE),
            },
        }
    }
}
