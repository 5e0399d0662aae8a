//! Matches over a subject of any width, one or one after the other.

use crate::Pattern;
use crate::matcher::{Context, Error, Mode, State};

/// A subject in one of the widths of Python strings; bytes are Latin-1 here.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}

impl Subject<'_> {
    pub fn len(&self) -> usize {
        match self {
            Self::Latin1(text) => text.len(),
            Self::Ucs2(text) => text.len(),
            Self::Ucs4(text) => text.len(),
        }
    }

    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// [`State::run`] in the width of the subject.
    pub fn run(
        &self,
        state: &mut State,
        pattern: &Pattern,
        pos: usize,
        endpos: usize,
        mode: Mode,
        must_advance: bool,
        context: &mut Context<'_>,
    ) -> Result<bool, Error> {
        match self {
            Self::Latin1(text) => {
                state.run(pattern, text, pos, endpos, mode, must_advance, context)
            }
            Self::Ucs2(text) => state.run(pattern, text, pos, endpos, mode, must_advance, context),
            Self::Ucs4(text) => state.run(pattern, text, pos, endpos, mode, must_advance, context),
        }
    }
}

/// The captures of one match.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marks {
    /// Span of the match, then of each group.
    pub spans: Vec<Option<(usize, usize)>>,
    pub lastindex: Option<usize>,
}

impl Marks {
    fn of(state: &State, pattern: &Pattern) -> Self {
        Self {
            spans: (0..=pattern.groups())
                .map(|group| state.span(group))
                .collect(),
            lastindex: state.lastindex(),
        }
    }
}

/// One match with a state of its own.
pub fn match_at(
    pattern: &Pattern,
    subject: Subject<'_>,
    pos: usize,
    endpos: usize,
    mode: Mode,
) -> Result<Option<Marks>, Error> {
    let mut state = State::new();
    let found = subject.run(
        &mut state,
        pattern,
        pos,
        endpos,
        mode,
        false,
        &mut Context::default(),
    )?;
    Ok(found.then(|| Marks::of(&state, pattern)))
}

/// The position of `finditer`, `sub`, `split` and `Pattern.scanner`: matches follow each other
/// without overlapping, and an empty one is not found twice at the same place.
#[derive(Clone, Copy, Debug)]
pub struct Scanner {
    pos: usize,
    endpos: usize,
    must_advance: bool,
    done: bool,
}

impl Scanner {
    pub fn new(pos: usize, endpos: usize) -> Self {
        Self {
            pos,
            endpos,
            must_advance: false,
            done: false,
        }
    }

    /// Finds the next match; its captures are in `state`. After a failure there is no more.
    pub fn next(
        &mut self,
        state: &mut State,
        pattern: &Pattern,
        subject: Subject<'_>,
        mode: Mode,
        context: &mut Context<'_>,
    ) -> Result<bool, Error> {
        if self.done {
            return Ok(false);
        }
        let found = subject.run(
            state,
            pattern,
            self.pos,
            self.endpos,
            mode,
            self.must_advance,
            context,
        )?;
        if found {
            self.must_advance = state.start() == state.end();
            self.pos = state.end();
        } else {
            self.done = true;
        }
        Ok(found)
    }
}
