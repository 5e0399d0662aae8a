//! The first few characters of a match, all at once: where the first one alone says too little, searching by them finds
//! far fewer places to try.
//!
//! Every way through the pattern's beginning is a row of single-character instructions of the same length. The search
//! follows all rows in one word (Shift-And): bit `i` of a row says that the last `i + 1` characters fit its beginning.

use crate::program::{Inst, Pc, Program};
use crate::unit::Unit;

/// Characters looked at, at most.
const WIDTH: usize = 8;
const MAX_ROWS: usize = 32;
const MAX_STEPS: usize = 500;

#[derive(Debug)]
pub(crate) struct Window {
    width: usize,
    /// The first bits of the rows, and the last ones.
    first: u64,
    last: u64,
    /// For each character below 256, where in the rows it may stand.
    low: Box<[u64; 256]>,
    high: u64,
}

impl Window {
    /// Nothing where it would say no more than the first character.
    pub(crate) fn new(program: &Program) -> Option<Box<Window>> {
        let mut rows = rows(program, program.min_width.min(WIDTH))?;
        let says_something = |i: usize| rows.iter().all(|row| !matches!(row[i], Inst::AnyAll));
        let width = (1..=program.min_width.min(WIDTH).min(64 / rows.len().max(1)))
            .rev()
            .find(|n| says_something(n - 1))?;
        if width < 2 {
            return None;
        }
        rows.iter_mut().for_each(|row| row.truncate(width));
        let mut window = Window {
            width,
            first: 0,
            last: 0,
            low: Box::new([0; 256]),
            high: 0,
        };
        for (i, row) in rows.iter().enumerate() {
            window.first |= 1 << (i * width);
            window.last |= 1 << (i * width + width - 1);
            for (k, inst) in row.iter().enumerate() {
                let bit = 1 << (i * width + k);
                for (c, places) in window.low.iter_mut().enumerate() {
                    if may_be(program, *inst, c as u32) {
                        *places |= bit;
                    }
                }
                // Wide characters are not told apart.
                if !matches!(inst, Inst::Lit(c) if *c < 256) {
                    window.high |= bit;
                }
            }
        }
        Some(Box::new(window))
    }

    /// The first place in `text` where a match may begin.
    pub(crate) fn find<U: Unit>(&self, text: &[U]) -> Option<usize> {
        let mut state = 0u64;
        for (i, c) in text.iter().enumerate() {
            let places = self
                .low
                .get(c.code() as usize)
                .copied()
                .unwrap_or(self.high);
            // What leaves one row at its end enters the next at its beginning, where a match may begin anyway.
            state = (state << 1 | self.first) & places;
            if state & self.last != 0 {
                return Some(i + 1 - self.width);
            }
        }
        None
    }
}

/// Whether a single-character instruction may match `c`, which is below 256.
fn may_be(program: &Program, inst: Inst, c: u32) -> bool {
    match inst {
        Inst::Any => c != 10,
        Inst::Lit(literal) => c == literal,
        Inst::NotLit(literal) => c != literal,
        Inst::Set(set) => program.sets[set as usize].low[c as usize],
        _ => true,
    }
}

/// The ways through the first `width` characters; `AnyAll` stands for what is not known.
fn rows(program: &Program, width: usize) -> Option<Vec<Vec<Inst>>> {
    let mut done: Vec<Vec<Inst>> = Vec::new();
    let mut open: Vec<(Pc, Vec<Inst>)> = vec![(0, Vec::new())];
    let mut steps = 0;
    'row: while let Some((mut pc, mut row)) = open.pop() {
        while row.len() < width {
            steps += 1;
            if steps > MAX_STEPS || done.len() + open.len() >= MAX_ROWS {
                return None;
            }
            match program.insts[pc as usize] {
                single @ (Inst::Lit(_)
                | Inst::NotLit(_)
                | Inst::Any
                | Inst::AnyAll
                | Inst::Set(_)
                | Inst::LocaleSet(_)) => {
                    row.push(single);
                    pc += 1;
                }
                Inst::Str { at, len } => {
                    let chars = &program.chars[at as usize..(at + len) as usize];
                    row.extend(chars.iter().map(|c| Inst::Lit(*c)));
                    pc += 1;
                }
                Inst::At(_) | Inst::Mark(_) | Inst::Atomic { .. } => pc += 1,
                Inst::Jump(to) => pc = to,
                Inst::Fail => continue 'row,
                Inst::Assert { tail, .. } | Inst::AssertNot { tail, .. } => pc = tail,
                Inst::Branch(mut branch) => {
                    while let Some(part) = program.branches.get(branch as usize) {
                        open.extend(part.alternatives.iter().map(|pc| (*pc, row.clone())));
                        branch = part.next;
                    }
                    continue 'row;
                }
                Inst::RepeatOne(one) | Inst::MinRepeatOne(one) | Inst::PossessiveOne(one) => {
                    let one = &program.ones[one as usize];
                    let n = (one.min as usize).min(width - row.len());
                    row.extend(std::iter::repeat_n(one.body, n));
                    if one.min != one.max {
                        break;
                    }
                    pc = one.tail;
                }
                Inst::Repeat(id) if program.repeats[id as usize].min > 0 => {
                    pc = program.repeats[id as usize].body;
                }
                _ => break,
            }
        }
        row.resize(width, Inst::AnyAll);
        done.push(row);
    }
    (!done.is_empty()).then_some(done)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::opcodes::*;
    use crate::{Marks, Mode, Pattern, Subject, match_at};

    /// `[ab]c|de` as `re._compiler` writes it, without its INFO.
    fn pattern() -> Pattern {
        let code = [
            &[INFO, 4, 0, 2, 2][..],
            &[BRANCH, 11, IN, 5, RANGE, 97, 98, FAILURE, LITERAL, 99],
            &[JUMP, 9, 7, LITERAL, 100, LITERAL, 101, JUMP, 2, FAILURE],
            &[SUCCESS],
        ]
        .concat();
        Pattern::new(code, 0).unwrap()
    }

    #[test]
    fn places_are_those_of_matches() {
        let pattern = pattern();
        let window = Window::new(&pattern.program).unwrap();
        assert_eq!(window.width, 2);
        assert_eq!(window.find(b"abdebc".as_slice()), Some(2));
        assert_eq!(window.find(b"adbecdaabb".as_slice()), None);
        assert_eq!(window.find(b"".as_slice()), None);
        assert_eq!(
            window.find(&[97u16, 300, 98, 99].map(u32::from)[..]),
            Some(2)
        );
        let text: Vec<u8> = b"adbecdaabb"
            .repeat(40)
            .into_iter()
            .chain(*b"bcde")
            .collect();
        let found = match_at(
            &pattern,
            Subject::Latin1(&text),
            0,
            text.len(),
            Mode::Search,
        );
        let spans = found.unwrap().map(|m: Marks| m.spans);
        assert_eq!(spans, Some(vec![Some((400, 402))]));
    }
}
