//! The regular-expression matcher that runs the code words of CPython 3.11's `re._compiler`.
//!
//! The `re` package is Python: it parses a pattern and produces code words. [`Pattern::new`]
//! checks the words and translates them once into instructions that are quick to run (literal
//! runs, tables for the first 256 characters of each set, first-character filters for branches and
//! repeats); [`State::run`] executes them over Latin-1, UCS-2 or UCS-4 text with a backtrack
//! stack on the heap. Which match is found, and every capture in it, is CPython's.
#![forbid(unsafe_code)]

mod charset;
mod first;
mod matcher;
pub mod opcodes;
mod program;
mod scanner;
mod search;
mod translate;
mod unit;
mod window;

pub use charset::Locale;
pub use matcher::{Context, Error, Mode, State};
pub use scanner::{Marks, Scanner, Subject, match_at};
pub use unit::Unit;

use program::Program;

/// The words are not something `re._compiler` produces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct InvalidCode;

impl std::fmt::Display for InvalidCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("invalid SRE code")
    }
}

impl std::error::Error for InvalidCode {}

/// A checked and translated pattern; immutable, to be shared.
#[derive(Debug)]
pub struct Pattern {
    code: Box<[u32]>,
    groups: usize,
    program: Program,
}

impl Pattern {
    /// `groups` counts the capturing groups, the whole match not included.
    pub fn new(code: impl Into<Box<[u32]>>, groups: usize) -> Result<Self, InvalidCode> {
        let code = code.into();
        let program = translate::translate(&code, groups)?;
        Ok(Self {
            code,
            groups,
            program,
        })
    }

    /// The words the pattern was made from: equality and hash of `re.Pattern` use them.
    pub fn code(&self) -> &[u32] {
        &self.code
    }

    /// Number of capturing groups, the whole match not included.
    pub fn groups(&self) -> usize {
        self.groups
    }
}

/// `_sre.ascii_iscased`
pub fn ascii_iscased(c: u32) -> bool {
    u8::try_from(c).is_ok_and(|c| c.is_ascii_alphabetic())
}

/// `_sre.unicode_iscased`
pub fn unicode_iscased(c: u32) -> bool {
    pyrs_ucd::to_lower(c) != c || pyrs_ucd::to_upper(c) != c
}

/// `_sre.ascii_tolower`
pub fn ascii_tolower(c: u32) -> u32 {
    charset::lower_ascii(c)
}

/// `_sre.unicode_tolower`
pub fn unicode_tolower(c: u32) -> u32 {
    pyrs_ucd::to_lower(c)
}

/// `_sre.getlower`: by the flags of a pattern, in the C locale unless one is given.
pub fn getlower(c: u32, flags: u32, locale: &Locale) -> u32 {
    if flags & opcodes::FLAG_LOCALE != 0 {
        locale.lower(c)
    } else if flags & opcodes::FLAG_UNICODE != 0 {
        unicode_tolower(c)
    } else {
        ascii_tolower(c)
    }
}
