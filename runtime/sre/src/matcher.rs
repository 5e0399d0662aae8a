//! The backtracking machine.
//!
//! Execution is a program counter, a position and the current repeat; every choice that may have
//! to be taken back is a [`Frame`] on a stack on the heap, so neither deep patterns nor long
//! subjects use the native stack. Setting a capture pushes its old value as a frame: when the
//! machine fails it pops frames, undoing captures and repeat counts, down to the latest choice.
//! Captures after backtracking are therefore exactly those of the path that matched, which is what
//! CPython's saving and restoring of marks amounts to.
//!
//! Assertions, atomic groups and possessive repeats put a barrier on the stack. Reaching SUCCESS
//! inside one cuts the stack back to the barrier (keeping the undo entries of captures), so what
//! is inside is never tried again.

use crate::Pattern;
use crate::charset::{C_LOCALE, Fold, Locale, NEWLINE, is_ascii_word, is_unicode_word};
use crate::opcodes::MAXREPEAT;
use crate::program::*;
use crate::unit::Unit;

/// What is asked of a match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Starts at the position.
    Match,
    /// Starts at the position and ends at the end.
    Fullmatch,
    /// Starts anywhere from the position on.
    Search,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Error {
    /// The poll callback asked to stop.
    Interrupted,
    /// No memory for the backtrack stack.
    Memory,
}

/// What a run needs from outside.
#[derive(Default)]
pub struct Context<'a> {
    /// For patterns with `re.LOCALE`; without one, the "C" locale.
    pub locale: Option<&'a Locale>,
    /// Called every few thousand steps; true stops the run.
    pub poll: Option<&'a mut dyn FnMut() -> bool>,
}

/// Steps between two polls.
const POLL_INTERVAL: u32 = 10_000;
/// A capture that is not set.
const UNSET: usize = usize::MAX;
/// Frames that a state keeps for its next run.
const KEEP_FRAMES: usize = 1 << 16;

/// What to do when the machine fails, newest last.
#[derive(Clone, Copy, Debug)]
enum Frame {
    /// Undo a capture and go on failing.
    Mark {
        mark: u32,
        lastindex: u32,
        old: usize,
    },
    /// Try other alternatives (`rest` of the branch, then those chained to it).
    Branch {
        branch: u32,
        repeat: u32,
        rest: u64,
        ptr: usize,
    },
    /// Give one character back, down to `low`.
    One {
        one: u32,
        repeat: u32,
        ptr: usize,
        low: usize,
    },
    /// Take one character more, up to `high`.
    MinOne {
        one: u32,
        repeat: u32,
        ptr: usize,
        high: usize,
    },
    /// The body of a repeat failed: try what follows.
    MaxBody {
        repeat: u32,
        ptr: usize,
        last: usize,
    },
    /// What follows a lazy repeat failed: try the body.
    MinTail { repeat: u32, ptr: usize },
    /// An iteration is taken back; go on failing.
    Iteration { repeat: u32, last: usize },
    /// A repeat is left backwards; go on failing.
    Repeat { len: usize },
    /// The inside of the latest barrier failed.
    Barrier,
}

/// A repeat that is being matched.
#[derive(Clone, Copy, Debug)]
struct Active {
    id: u32,
    /// The repeat around it.
    previous: u32,
    /// Iterations that were entered.
    count: usize,
    /// Where the latest optional iteration began: an empty one is not repeated.
    last: usize,
}

/// The entry of an assertion, atomic group or iteration of a possessive repeat.
#[derive(Clone, Copy, Debug)]
struct Barrier {
    pc: Pc,
    repeat: u32,
    ptr: usize,
    /// Index of its frame.
    base: usize,
    repeats: usize,
    /// Of a possessive repeat: iterations done, and start of the latest optional one.
    count: usize,
    last: usize,
}

/// Working memory and result of runs; reusable.
#[derive(Debug, Default)]
pub struct State {
    marks: Vec<usize>,
    /// Some capture may be set.
    marks_set: bool,
    stack: Vec<Frame>,
    active: Vec<Active>,
    barriers: Vec<Barrier>,
    lastindex: u32,
    start: usize,
    end: usize,
}

impl State {
    pub fn new() -> Self {
        Self::default()
    }

    /// Runs the pattern over `subject[..endpos]` from `pos` on (both are clamped). With
    /// `must_advance` an empty match at `pos` does not count, as after an empty match in
    /// `finditer`, `sub` and `split`.
    pub fn run<U: Unit>(
        &mut self,
        pattern: &Pattern,
        subject: &[U],
        pos: usize,
        endpos: usize,
        mode: Mode,
        must_advance: bool,
        context: &mut Context<'_>,
    ) -> Result<bool, Error> {
        let text = &subject[..endpos.min(subject.len())];
        self.reset(pattern.groups);
        let pos = pos.min(subject.len());
        // Behind the end, only `match` can find something, and only something empty.
        if pos > text.len() && mode != Mode::Match {
            return Ok(false);
        }
        let mut machine = Machine {
            program: &pattern.program,
            text,
            whole: subject,
            state: self,
            locale: context.locale.unwrap_or(&C_LOCALE),
            poll: context.poll.as_deref_mut(),
            fuel: POLL_INTERVAL,
            fullmatch: mode == Mode::Fullmatch,
            must_advance,
        };
        let found = match mode {
            Mode::Search => machine.search(pos),
            Mode::Match | Mode::Fullmatch => machine.attempt(pos),
        };
        if self.stack.capacity() > KEEP_FRAMES {
            self.stack = Vec::new();
        }
        found
    }

    fn reset(&mut self, groups: usize) {
        if self.marks.len() != 2 * groups {
            self.marks.clear();
            self.marks.resize(2 * groups, UNSET);
        } else {
            self.unset_marks();
        }
        self.lastindex = 0;
        self.clear_stacks();
    }

    /// Most attempts fail before they set a capture: then there is nothing to do.
    #[inline(always)]
    fn unset_marks(&mut self) {
        if self.marks_set {
            self.marks_set = false;
            self.marks.fill(UNSET);
        }
    }

    fn clear_stacks(&mut self) {
        self.stack.clear();
        self.active.clear();
        self.barriers.clear();
    }

    /// Start of the match.
    pub fn start(&self) -> usize {
        self.start
    }

    /// End of the match.
    pub fn end(&self) -> usize {
        self.end
    }

    /// Span of a group; group 0 is the match.
    pub fn span(&self, group: usize) -> Option<(usize, usize)> {
        if group == 0 {
            return Some((self.start, self.end));
        }
        let at = group.checked_sub(1)?.checked_mul(2)?;
        let (&start, &end) = (self.marks.get(at)?, self.marks.get(at + 1)?);
        (start != UNSET && end != UNSET && start <= end).then_some((start, end))
    }

    /// Number of the group that was closed last.
    pub fn lastindex(&self) -> Option<usize> {
        (self.lastindex != 0).then_some(self.lastindex as usize)
    }
}

pub(crate) struct Machine<'a, 'p, U> {
    pub(crate) program: &'a Program,
    /// The subject up to `endpos`.
    pub(crate) text: &'a [U],
    /// The whole subject: what stands before a position beyond `endpos` still counts.
    whole: &'a [U],
    state: &'a mut State,
    locale: &'a Locale,
    poll: Option<&'a mut (dyn FnMut() -> bool + 'p)>,
    fuel: u32,
    fullmatch: bool,
    pub(crate) must_advance: bool,
}

impl<U: Unit> Machine<'_, '_, U> {
    /// The match is known without running anything.
    pub(crate) fn found(&mut self, start: usize, end: usize) {
        self.state.start = start;
        self.state.end = end;
    }

    #[cold]
    #[inline(never)]
    fn refuel(&mut self) -> Result<(), Error> {
        self.fuel = POLL_INTERVAL;
        let stop = self.poll.as_mut().is_some_and(|poll| poll());
        if stop {
            Err(Error::Interrupted)
        } else {
            Ok(())
        }
    }

    #[inline(always)]
    fn step(&mut self) -> Result<(), Error> {
        self.fuel -= 1;
        if self.fuel == 0 {
            self.refuel()
        } else {
            Ok(())
        }
    }

    #[cold]
    #[inline(never)]
    fn grow(&mut self) -> Result<(), Error> {
        let more = self.state.stack.len().max(64);
        self.state
            .stack
            .try_reserve_exact(more)
            .map_err(|_| Error::Memory)
    }

    #[inline(always)]
    fn push(&mut self, frame: Frame) -> Result<(), Error> {
        if self.state.stack.len() == self.state.stack.capacity() {
            self.grow()?;
        }
        self.state.stack.push(frame);
        Ok(())
    }

    /// Whether `ptr` is at a character that `first` admits.
    #[inline(always)]
    fn admits(&self, first: u32, ptr: usize) -> bool {
        match self.program.firsts.get(first as usize) {
            None => true,
            Some(first) => self
                .text
                .get(ptr)
                .is_some_and(|&c| first.contains(c.code())),
        }
    }

    /// One of the single-character instructions.
    #[inline(always)]
    fn single(&self, inst: Inst, c: u32) -> bool {
        match inst {
            Inst::Any => c != NEWLINE,
            Inst::AnyAll => true,
            Inst::Lit(literal) => c == literal,
            Inst::NotLit(literal) => c != literal,
            Inst::Set(set) => self.program.sets[set as usize].contains(c),
            Inst::LocaleSet(set) => self.program.sets[set as usize].ask(c, self.locale),
            _ => false,
        }
    }

    /// Where a run of at most `max` characters from `ptr` ends.
    #[inline]
    fn run_end(&self, body: Inst, ptr: usize, max: u32) -> usize {
        let len = self.text.len();
        let limit = if max == MAXREPEAT {
            len
        } else {
            len.min(ptr.saturating_add(max as usize))
        };
        let run = &self.text[ptr..limit];
        let count = match body {
            Inst::AnyAll => None,
            Inst::Any => U::find(run, NEWLINE),
            Inst::NotLit(c) => U::find(run, c),
            Inst::Lit(c) => run.iter().position(|x| x.code() != c),
            Inst::Set(set) => {
                let set = &self.program.sets[set as usize];
                run.iter().position(|x| !set.contains(x.code()))
            }
            body => run.iter().position(|x| !self.single(body, x.code())),
        };
        count.map_or(limit, |count| ptr + count)
    }

    /// The highest position in `low..=high` where the tail of a repeat may match.
    #[inline]
    fn give_back(&self, one: &One, low: usize, high: usize) -> Option<usize> {
        let Some(first) = self.program.firsts.get(one.next as usize) else {
            return Some(high);
        };
        // One past `high` counts when there is a character at `high`.
        let window = &self.text[low..self.text.len().min(high.saturating_add(1))];
        let at = if one.next_literal != NONE {
            U::rfind(window, one.next_literal)
        } else {
            window.iter().rposition(|c| first.contains(c.code()))
        };
        at.map(|at| low + at)
    }

    fn is_word(&self, word: Word, c: Option<&U>) -> bool {
        c.is_some_and(|c| match word {
            Word::Ascii => is_ascii_word(c.code()),
            Word::Locale => self.locale.is_word(c.code()),
            Word::Unicode => is_unicode_word(c.code()),
        })
    }

    #[inline]
    fn at(&self, at: At, ptr: usize) -> bool {
        let len = self.text.len();
        let is_newline = |c: &U| c.code() == NEWLINE;
        let newline = |ptr: usize| self.text.get(ptr).is_some_and(is_newline);
        let previous = || ptr.checked_sub(1).and_then(|ptr| self.whole.get(ptr));
        match at {
            At::Beginning => ptr == 0,
            At::BeginningLine => previous().is_none_or(is_newline),
            At::End => ptr == len || (ptr + 1 == len && newline(ptr)),
            At::EndLine => ptr == len || newline(ptr),
            At::EndString => ptr == len,
            // An empty subject has neither boundaries nor their absence.
            At::Boundary(word, wanted) => {
                let before = self.is_word(word, previous());
                len != 0 && (before != self.is_word(word, self.text.get(ptr))) == wanted
            }
        }
    }

    /// Where the text of a group ends if it is at `ptr` again.
    fn group_again(&self, group: u32, fold: Fold, ptr: usize) -> Option<usize> {
        let (start, end) = self.group(group)?;
        let len = end - start;
        if len == 0 {
            return Some(ptr);
        }
        let (old, new) = (
            &self.text[start..end],
            self.text.get(ptr..ptr.checked_add(len)?)?,
        );
        let same = match fold {
            Fold::None => old == new,
            fold => old.iter().zip(new).all(|(a, b)| {
                fold.lower(a.code(), self.locale) == fold.lower(b.code(), self.locale)
            }),
        };
        same.then_some(ptr + len)
    }

    fn group(&self, group: u32) -> Option<(usize, usize)> {
        self.state.span(group as usize + 1)
    }

    #[inline(always)]
    fn mark(&mut self, mark: u32, ptr: usize) -> Result<(), Error> {
        let old = std::mem::replace(&mut self.state.marks[mark as usize], ptr);
        self.state.marks_set = true;
        let lastindex = self.state.lastindex;
        if mark & 1 != 0 {
            self.state.lastindex = mark / 2 + 1;
        }
        // With nothing to fall back to, a failure clears everything anyway.
        if self.state.stack.is_empty() {
            return Ok(());
        }
        self.push(Frame::Mark {
            mark,
            lastindex,
            old,
        })
    }

    fn undo_mark(&mut self, mark: u32, lastindex: u32, old: usize) {
        self.state.marks[mark as usize] = old;
        self.state.lastindex = lastindex;
    }

    #[inline(never)]
    fn push_barrier(&mut self, barrier: Barrier) -> Result<(), Error> {
        let barrier = Barrier {
            base: self.state.stack.len(),
            repeats: self.state.active.len(),
            ..barrier
        };
        self.state.barriers.push(barrier);
        self.push(Frame::Barrier)
    }

    /// Forgets the choices since the barrier, not the captures.
    fn cut(&mut self, barrier: &Barrier) {
        let stack = &mut self.state.stack;
        let mut kept = barrier.base;
        for i in barrier.base + 1..stack.len() {
            if let Frame::Mark { .. } = stack[i] {
                stack[kept] = stack[i];
                kept += 1;
            }
        }
        stack.truncate(kept);
        self.state.active.truncate(barrier.repeats);
    }

    /// Takes everything since the barrier back.
    fn unwind(&mut self, barrier: &Barrier) {
        while self.state.stack.len() > barrier.base {
            if let Some(Frame::Mark {
                mark,
                lastindex,
                old,
            }) = self.state.stack.pop()
            {
                self.undo_mark(mark, lastindex, old);
            }
        }
        self.state.active.truncate(barrier.repeats);
    }

    /// Enters another iteration of a possessive repeat, or leaves it: the next instruction.
    fn possessive(
        &mut self,
        pc: Pc,
        id: u32,
        repeat: u32,
        ptr: usize,
        count: usize,
        last: usize,
    ) -> Result<Pc, Error> {
        let rule = self.program.repeats[id as usize];
        let required = count < rule.min as usize;
        if !required && ((rule.max != MAXREPEAT && count >= rule.max as usize) || ptr == last) {
            return Ok(rule.until);
        }
        let last = if required { last } else { ptr };
        self.push_barrier(Barrier {
            pc,
            repeat,
            ptr,
            base: 0,
            repeats: 0,
            count,
            last,
        })?;
        Ok(rule.body)
    }

    /// The viable alternatives of a branch at `ptr`, in this part of it or a later one.
    #[inline(always)]
    fn viable(&self, mut branch: u32, ptr: usize) -> Option<(u32, u64)> {
        loop {
            let part = self.program.branches.get(branch as usize)?;
            let mask = match self.text.get(ptr) {
                None => part.at_end,
                Some(c) => part
                    .low
                    .get(c.code() as usize)
                    .copied()
                    .unwrap_or(part.high),
            };
            if mask != 0 {
                return Some((branch, mask));
            }
            branch = part.next;
        }
    }

    /// Takes the first of the alternatives in `mask`: the next instruction.
    #[inline(always)]
    fn take(&mut self, branch: u32, mask: u64, repeat: u32, ptr: usize) -> Result<Pc, Error> {
        let part = &self.program.branches[branch as usize];
        let pc = part.alternatives[mask.trailing_zeros() as usize];
        let rest = mask & (mask - 1);
        if rest != 0 || part.next != NONE {
            self.push(Frame::Branch {
                branch,
                repeat,
                rest,
                ptr,
            })?;
        }
        Ok(pc)
    }

    /// Tries a match at `start`. When it fails, captures are unset again.
    pub(crate) fn attempt(&mut self, start: usize) -> Result<bool, Error> {
        if self
            .text
            .len()
            .checked_sub(start)
            .is_some_and(|left| left < self.program.min_width)
        {
            return Ok(false);
        }
        let found = self.execute(start);
        if !matches!(found, Ok(true)) {
            self.state.unset_marks();
            self.state.lastindex = 0;
        }
        self.state.clear_stacks();
        found
    }

    fn execute(&mut self, start: usize) -> Result<bool, Error> {
        let program = self.program;
        let text = self.text;
        let insts = &program.insts[..];
        let mut pc: Pc = 0;
        let mut ptr = start;
        let mut repeat = NONE;
        self.step()?;
        loop {
            // Runs until something fails, which leaves the block.
            'fail: loop {
                match insts[pc as usize] {
                    Inst::Lit(c) => {
                        if text.get(ptr).is_none_or(|x| x.code() != c) {
                            break 'fail;
                        }
                        ptr += 1;
                        pc += 1;
                    }
                    Inst::Str { at, len } => {
                        let chars = &program.chars[at as usize..(at + len) as usize];
                        match text.get(ptr..ptr + chars.len()) {
                            Some(run) if run.iter().zip(chars).all(|(x, &c)| x.code() == c) => {}
                            _ => break 'fail,
                        }
                        ptr += chars.len();
                        pc += 1;
                    }
                    Inst::Set(set) => {
                        let set = &program.sets[set as usize];
                        if text.get(ptr).is_none_or(|x| !set.contains(x.code())) {
                            break 'fail;
                        }
                        ptr += 1;
                        pc += 1;
                    }
                    inst @ (Inst::Any | Inst::AnyAll | Inst::NotLit(_) | Inst::LocaleSet(_)) => {
                        if text.get(ptr).is_none_or(|x| !self.single(inst, x.code())) {
                            break 'fail;
                        }
                        ptr += 1;
                        pc += 1;
                    }
                    Inst::At(at) => {
                        if !self.at(at, ptr) {
                            break 'fail;
                        }
                        pc += 1;
                    }
                    Inst::Mark(mark) => {
                        self.mark(mark, ptr)?;
                        pc += 1;
                    }
                    Inst::Jump(to) => pc = to,
                    Inst::Branch(branch) => {
                        let Some((branch, mask)) = self.viable(branch, ptr) else {
                            break 'fail;
                        };
                        pc = self.take(branch, mask, repeat, ptr)?;
                    }
                    Inst::RepeatOne(id) => {
                        let one = &program.ones[id as usize];
                        let low = ptr.saturating_add(one.min as usize);
                        if low > text.len() {
                            break 'fail;
                        }
                        let high = self.run_end(one.body, ptr, one.max);
                        if high < low {
                            break 'fail;
                        }
                        let fixed = one.disjoint || (U::NARROW && one.disjoint_low);
                        if fixed {
                            if !self.admits(one.next, high) {
                                break 'fail;
                            }
                            ptr = high;
                        } else {
                            let Some(at) = self.give_back(one, low, high) else {
                                break 'fail;
                            };
                            if at > low {
                                self.push(Frame::One {
                                    one: id,
                                    repeat,
                                    ptr: at,
                                    low,
                                })?;
                            }
                            ptr = at;
                        }
                        pc = one.tail;
                    }
                    Inst::MinRepeatOne(id) => {
                        let one = &program.ones[id as usize];
                        let low = ptr.saturating_add(one.min as usize);
                        if low > text.len() {
                            break 'fail;
                        }
                        if one.min > 0 && self.run_end(one.body, ptr, one.min) < low {
                            break 'fail;
                        }
                        let high = if one.max == MAXREPEAT {
                            usize::MAX
                        } else {
                            ptr.saturating_add(one.max as usize)
                        };
                        let Some(at) = self.take_more(one, low, high) else {
                            break 'fail;
                        };
                        self.push(Frame::MinOne {
                            one: id,
                            repeat,
                            ptr: at,
                            high,
                        })?;
                        ptr = at;
                        pc = one.tail;
                    }
                    Inst::PossessiveOne(id) => {
                        let one = &program.ones[id as usize];
                        let low = ptr.saturating_add(one.min as usize);
                        if low > text.len() {
                            break 'fail;
                        }
                        let high = self.run_end(one.body, ptr, one.max);
                        if high < low {
                            break 'fail;
                        }
                        ptr = high;
                        pc = one.tail;
                    }
                    Inst::Repeat(id) => {
                        let len = self.state.active.len();
                        if self.state.active.try_reserve(1).is_err() || len >= NONE as usize {
                            return Err(Error::Memory);
                        }
                        self.state.active.push(Active {
                            id,
                            previous: repeat,
                            count: 0,
                            last: UNSET,
                        });
                        self.push(Frame::Repeat { len })?;
                        repeat = len as u32;
                        pc = program.repeats[id as usize].until;
                    }
                    Inst::MaxUntil(id) => {
                        self.step()?;
                        let rule = &program.repeats[id as usize];
                        let active = self.state.active[repeat as usize];
                        let required = active.count < rule.min as usize;
                        let more = rule.max == MAXREPEAT || active.count < rule.max as usize;
                        if !self.admits(rule.first, ptr) {
                            if required {
                                break 'fail;
                            }
                        } else if required || (more && ptr != active.last) {
                            let changed = &mut self.state.active[repeat as usize];
                            changed.count += 1;
                            if required {
                                self.push(Frame::Iteration {
                                    repeat,
                                    last: active.last,
                                })?;
                            } else {
                                changed.last = ptr;
                                self.push(Frame::MaxBody {
                                    repeat,
                                    ptr,
                                    last: active.last,
                                })?;
                            }
                            pc = rule.body;
                            continue;
                        }
                        repeat = active.previous;
                        pc += 1;
                    }
                    Inst::MinUntil(id) => {
                        self.step()?;
                        let rule = &program.repeats[id as usize];
                        let active = &mut self.state.active[repeat as usize];
                        if active.count < rule.min as usize {
                            active.count += 1;
                            let last = active.last;
                            self.push(Frame::Iteration { repeat, last })?;
                            pc = rule.body;
                        } else {
                            let previous = active.previous;
                            self.push(Frame::MinTail { repeat, ptr })?;
                            repeat = previous;
                            pc += 1;
                        }
                    }
                    Inst::Possessive(id) => pc = self.possessive(pc, id, repeat, ptr, 0, UNSET)?,
                    Inst::GroupRef { group, fold } => {
                        let Some(end) = self.group_again(group, fold, ptr) else {
                            break 'fail;
                        };
                        ptr = end;
                        pc += 1;
                    }
                    Inst::GroupExists { group, no } => {
                        pc = if self.group(group).is_some() {
                            pc + 1
                        } else {
                            no
                        }
                    }
                    Inst::Assert { back, .. } => {
                        let Some(from) = ptr.checked_sub(back as usize) else {
                            break 'fail;
                        };
                        self.push_barrier(Barrier {
                            pc,
                            repeat,
                            ptr,
                            base: 0,
                            repeats: 0,
                            count: 0,
                            last: UNSET,
                        })?;
                        ptr = from;
                        pc += 1;
                    }
                    Inst::AssertNot { back, tail } => {
                        let Some(from) = ptr.checked_sub(back as usize) else {
                            pc = tail;
                            continue;
                        };
                        self.push_barrier(Barrier {
                            pc,
                            repeat,
                            ptr,
                            base: 0,
                            repeats: 0,
                            count: 0,
                            last: UNSET,
                        })?;
                        ptr = from;
                        pc += 1;
                    }
                    Inst::Atomic { .. } => {
                        self.push_barrier(Barrier {
                            pc,
                            repeat,
                            ptr,
                            base: 0,
                            repeats: 0,
                            count: 0,
                            last: UNSET,
                        })?;
                        pc += 1;
                    }
                    Inst::Success => {
                        let Some(barrier) = self.state.barriers.pop() else {
                            if (self.fullmatch && ptr != text.len())
                                || (self.must_advance && ptr == start)
                            {
                                break 'fail;
                            }
                            self.found(start, ptr);
                            return Ok(true);
                        };
                        repeat = barrier.repeat;
                        match insts[barrier.pc as usize] {
                            Inst::AssertNot { .. } => {
                                self.unwind(&barrier);
                                break 'fail;
                            }
                            Inst::Assert { tail, .. } => {
                                self.cut(&barrier);
                                ptr = barrier.ptr;
                                pc = tail;
                            }
                            Inst::Possessive(id) => {
                                self.cut(&barrier);
                                self.step()?;
                                let count = barrier.count + 1;
                                pc = self.possessive(
                                    barrier.pc,
                                    id,
                                    repeat,
                                    ptr,
                                    count,
                                    barrier.last,
                                )?;
                            }
                            Inst::Atomic { tail } => {
                                self.cut(&barrier);
                                pc = tail;
                            }
                            _ => break 'fail,
                        }
                    }
                    Inst::Fail => break 'fail,
                }
            }
            // Goes back to the latest choice.
            loop {
                self.step()?;
                let Some(frame) = self.state.stack.pop() else {
                    return Ok(false);
                };
                match frame {
                    Frame::Mark {
                        mark,
                        lastindex,
                        old,
                    } => self.undo_mark(mark, lastindex, old),
                    Frame::One {
                        one: id,
                        repeat: saved,
                        ptr: at,
                        low,
                    } => {
                        let one = &program.ones[id as usize];
                        let Some(at) = self.give_back(one, low, at - 1) else {
                            continue;
                        };
                        if at > low {
                            self.state.stack.push(Frame::One {
                                one: id,
                                repeat: saved,
                                ptr: at,
                                low,
                            });
                        }
                        (pc, ptr, repeat) = (one.tail, at, saved);
                        break;
                    }
                    Frame::MinOne {
                        one: id,
                        repeat: saved,
                        ptr: at,
                        high,
                    } => {
                        let one = &program.ones[id as usize];
                        if at >= high
                            || text
                                .get(at)
                                .is_none_or(|x| !self.single(one.body, x.code()))
                        {
                            continue;
                        }
                        let Some(at) = self.take_more(one, at + 1, high) else {
                            continue;
                        };
                        self.state.stack.push(Frame::MinOne {
                            one: id,
                            repeat: saved,
                            ptr: at,
                            high,
                        });
                        (pc, ptr, repeat) = (one.tail, at, saved);
                        break;
                    }
                    Frame::Branch {
                        branch,
                        repeat: saved,
                        rest,
                        ptr: at,
                    } => {
                        let viable = if rest != 0 {
                            Some((branch, rest))
                        } else {
                            self.viable(program.branches[branch as usize].next, at)
                        };
                        let Some((branch, mask)) = viable else {
                            continue;
                        };
                        pc = self.take(branch, mask, saved, at)?;
                        (ptr, repeat) = (at, saved);
                        break;
                    }
                    Frame::MaxBody {
                        repeat: saved,
                        ptr: at,
                        last,
                    } => {
                        let active = &mut self.state.active[saved as usize];
                        active.count -= 1;
                        active.last = last;
                        pc = program.repeats[active.id as usize].until + 1;
                        (ptr, repeat) = (at, active.previous);
                        break;
                    }
                    Frame::MinTail {
                        repeat: saved,
                        ptr: at,
                    } => {
                        let active = &mut self.state.active[saved as usize];
                        let rule = &program.repeats[active.id as usize];
                        if (rule.max != MAXREPEAT && active.count >= rule.max as usize)
                            || at == active.last
                        {
                            continue;
                        }
                        let last = std::mem::replace(&mut active.last, at);
                        active.count += 1;
                        self.push(Frame::Iteration {
                            repeat: saved,
                            last,
                        })?;
                        (pc, ptr, repeat) = (rule.body, at, saved);
                        break;
                    }
                    Frame::Iteration {
                        repeat: saved,
                        last,
                    } => {
                        let active = &mut self.state.active[saved as usize];
                        active.count -= 1;
                        active.last = last;
                    }
                    Frame::Repeat { len } => self.state.active.truncate(len),
                    Frame::Barrier => {
                        let Some(barrier) = self.state.barriers.pop() else {
                            return Ok(false);
                        };
                        self.state.active.truncate(barrier.repeats);
                        let tail = match insts[barrier.pc as usize] {
                            Inst::AssertNot { tail, .. } => tail,
                            Inst::Possessive(id) => {
                                let rule = &program.repeats[id as usize];
                                if barrier.count < rule.min as usize {
                                    continue;
                                }
                                rule.until
                            }
                            _ => continue,
                        };
                        (pc, ptr, repeat) = (tail, barrier.ptr, barrier.repeat);
                        break;
                    }
                }
            }
        }
    }

    /// The first position from `at` on where the tail of a lazy repeat may match.
    #[inline]
    fn take_more(&self, one: &One, mut at: usize, high: usize) -> Option<usize> {
        if one.next_literal != NONE && matches!(one.body, Inst::AnyAll) {
            let found = at + U::find(self.text.get(at..)?, one.next_literal)?;
            return (found <= high).then_some(found);
        }
        while !self.admits(one.next, at) {
            if at >= high
                || self
                    .text
                    .get(at)
                    .is_none_or(|x| !self.single(one.body, x.code()))
            {
                return None;
            }
            at += 1;
        }
        Some(at)
    }
}
