//! The instructions a pattern is translated into.

use crate::charset::{Fold, Set};
use crate::first::First;
use crate::window::Window;

/// Index of an instruction.
pub(crate) type Pc = u32;

/// "No such thing" in tables indexed by u32.
pub(crate) const NONE: u32 = u32::MAX;

/// A position assertion.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    Beginning,
    BeginningLine,
    End,
    EndLine,
    EndString,
    /// Word boundary (or none) by the kind of word.
    Boundary(Word, bool),
}

/// Which characters make a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Word {
    Ascii,
    Locale,
    Unicode,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Inst {
    /// End of the pattern, or of the innermost assertion, atomic group or possessive repeat.
    Success,
    Fail,
    Any,
    AnyAll,
    Lit(u32),
    NotLit(u32),
    /// Index into `sets`.
    Set(u32),
    /// A set whose answer depends on the locale.
    LocaleSet(u32),
    /// A run of characters in `chars`.
    Str {
        at: u32,
        len: u32,
    },
    At(At),
    Mark(u32),
    Jump(Pc),
    /// Index into `branches`.
    Branch(u32),
    GroupRef {
        group: u32,
        fold: Fold,
    },
    GroupExists {
        group: u32,
        no: Pc,
    },
    Assert {
        back: u32,
        tail: Pc,
    },
    AssertNot {
        back: u32,
        tail: Pc,
    },
    Atomic {
        tail: Pc,
    },
    /// Repeats of a single character: index into `ones`.
    RepeatOne(u32),
    MinRepeatOne(u32),
    PossessiveOne(u32),
    /// Repeats of anything else: index into `repeats`.
    Repeat(u32),
    MaxUntil(u32),
    MinUntil(u32),
    Possessive(u32),
}

/// A repeat whose body is one character.
#[derive(Clone, Copy, Debug)]
pub(crate) struct One {
    /// One of the single-character instructions.
    pub(crate) body: Inst,
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) tail: Pc,
    /// What the tail can begin with (index into `firsts`), if it cannot be empty.
    pub(crate) next: u32,
    /// The only character the tail can begin with.
    pub(crate) next_literal: u32,
    /// The body never matches what the tail begins with: giving characters back is pointless.
    pub(crate) disjoint_low: bool,
    pub(crate) disjoint: bool,
}

/// A repeat with a body of its own.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Repeat {
    pub(crate) min: u32,
    pub(crate) max: u32,
    pub(crate) body: Pc,
    /// The UNTIL instruction; of a possessive repeat, the instruction after its SUCCESS.
    pub(crate) until: Pc,
    /// What the body can begin with (index into `firsts`), if it cannot be empty.
    pub(crate) first: u32,
}

/// Up to 64 alternatives; more are chained.
#[derive(Debug)]
pub(crate) struct Branch {
    pub(crate) alternatives: Vec<Pc>,
    /// For each character below 256, the alternatives that can match there.
    pub(crate) low: Box<[u64; 256]>,
    pub(crate) high: u64,
    /// Those that may match at the end of the text.
    pub(crate) at_end: u64,
    pub(crate) next: u32,
}

/// Characters to search for.
#[derive(Debug)]
pub(crate) struct Literal {
    pub(crate) chars: Vec<u32>,
    /// Absent when a character does not fit a byte.
    pub(crate) bytes: Option<memchr::memmem::Finder<'static>>,
}

impl Program {
    pub(crate) fn window(&self) -> Option<&Window> {
        self.window.get_or_init(|| Window::new(self)).as_deref()
    }
}

impl Literal {
    pub(crate) fn new(chars: Vec<u32>) -> Self {
        let bytes: Option<Vec<u8>> = chars.iter().map(|&c| u8::try_from(c).ok()).collect();
        let bytes = bytes.map(|bytes| memchr::memmem::Finder::new(&bytes).into_owned());
        Self { chars, bytes }
    }
}

/// Where a search needs to try at all.
#[derive(Debug)]
pub(crate) enum Start {
    Anywhere,
    /// Only at the very beginning.
    Beginning,
    /// At the beginning and after newlines.
    Line,
    Literal(Box<Literal>),
    /// One of these few characters.
    Few(Vec<u32>),
    /// Index into `firsts`.
    First(u32),
}

#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) insts: Vec<Inst>,
    pub(crate) chars: Vec<u32>,
    pub(crate) sets: Vec<Set>,
    pub(crate) ones: Vec<One>,
    pub(crate) repeats: Vec<Repeat>,
    pub(crate) branches: Vec<Branch>,
    pub(crate) firsts: Vec<First>,
    pub(crate) start: Start,
    /// Made when a search has had many places to try in vain.
    pub(crate) window: std::sync::OnceLock<Option<Box<Window>>>,
    /// The whole pattern is the literal in `start`.
    pub(crate) only_literal: bool,
    /// No match is shorter.
    pub(crate) min_width: usize,
}
