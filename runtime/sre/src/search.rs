//! Searching: finds the places where an attempt can succeed at all.

use crate::charset::NEWLINE;
use crate::matcher::{Error, Machine};
use crate::program::Start;
use crate::unit::Unit;

/// So many attempts in vain are worth a look at more than the first character, if there was one among so many characters.
const MANY: usize = 16;
const FREQUENT: usize = 16;

impl<U: Unit> Machine<'_, '_, U> {
    pub(crate) fn search(&mut self, pos: usize) -> Result<bool, Error> {
        let text = self.text;
        // A match that begins later is too long for the text.
        let Some(last) = text.len().checked_sub(self.program.min_width) else {
            return Ok(false);
        };
        if let Start::Literal(literal) = &self.program.start
            && self.program.only_literal
        {
            if let Some(at) = text
                .get(pos..)
                .and_then(|rest| U::find_literal(rest, &literal.chars, literal.bytes.as_ref()))
            {
                self.found(pos + at, pos + at + literal.chars.len());
                return Ok(true);
            }
            return Ok(false);
        }
        let program = self.program;
        let first = matches!(
            program.start,
            Start::Anywhere | Start::Few(_) | Start::First(_)
        );
        let (mut from, mut tries, mut window) = (pos, 0, None);
        let mut noted = pos;
        while from <= last {
            tries += 1;
            if tries % MANY == 0 && first && window.is_none() {
                if from - noted < MANY * FREQUENT {
                    window = program.window();
                }
                noted = from;
            }
            let at = match window {
                Some(window) => window.find(&text[from..]).map(|at| from + at),
                None => self.candidate(from),
            };
            let Some(at) = at.filter(|&at| at <= last) else {
                return Ok(false);
            };
            self.must_advance &= at == pos;
            if self.attempt(at)? {
                return Ok(true);
            }
            from = at + 1;
        }
        Ok(false)
    }

    /// The first position from `from` on where the pattern may match.
    #[inline(always)]
    fn candidate(&self, from: usize) -> Option<usize> {
        let rest = &self.text[from..];
        let skip = match &self.program.start {
            Start::Anywhere => Some(0),
            Start::Beginning => (from == 0).then_some(0),
            Start::Line => {
                let at_line = from == 0 || self.text[from - 1].code() == NEWLINE;
                if at_line {
                    Some(0)
                } else {
                    U::find(rest, NEWLINE).map(|at| at + 1)
                }
            }
            Start::Literal(literal) => {
                U::find_literal(rest, &literal.chars, literal.bytes.as_ref())
            }
            Start::Few(few) => U::find_any(rest, few),
            Start::First(first) => {
                let first = &self.program.firsts[*first as usize];
                rest.iter().position(|c| first.contains(c.code()))
            }
        };
        skip.map(|skip| from + skip)
    }
}
