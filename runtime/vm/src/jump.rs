//! Setting `f_lineno` in a trace function: which lines the frame may go to, and going there.
//!
//! Between statements temporaries hold what enclosing statements need: iterators of loops, handled exceptions, exit
//! functions. A jump may give such values up but cannot invent them, so a line can be reached when each of its temporaries
//! holds a value of the same kind where the frame is now. The kinds are found by walking the code from its start.

use crate::code::Code;
use pyrs_bytecode::{Access, ExceptionEntry, Instr, Op, flags, register_effects};
use pyrs_object::layout::*;
use pyrs_object::{PyResult, Ref, Value, ValueExt, heap, raise, thread};

/// What a temporary holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Nothing,
    Iterator,
    Exception,
    /// The exit function of a with statement, or its `self`.
    Exit,
    /// Anything in the middle of an expression.
    Object,
}
/// The temporaries before an instruction, from the first one on; no trailing `Nothing`.
type Temps = Vec<Kind>;

struct Analysis<'c> {
    code: &'c Code,
    /// By word; `None` where nothing leads to or no instruction begins.
    temps: Vec<Option<Temps>>,
}

impl Analysis<'_> {
    fn word(&self, at: usize) -> u64 {
        debug_assert!(at < self.code.word_count as usize);
        // SAFETY: within the code; extra words are read only behind their instruction.
        unsafe { *self.code.instructions.add(at) }
    }
    fn instr(&self, at: usize) -> Instr {
        Instr(self.word(at))
    }
    /// The words where `at` may go on, without exceptions.
    fn successors(&self, at: usize) -> impl Iterator<Item = usize> {
        let i = self.instr(at);
        let op = i.op().map(Op::family);
        let next = at + 1 + op.map_or(0, Op::extra);
        let has = |flag| op.is_some_and(|op| op.has(flag));
        let by = if has(flags::JUMP) {
            Some(i.offset())
        } else if has(flags::JUMP_EXTRA) {
            Some(self.word(at + 1) as u32 as i32)
        } else {
            None
        };
        let target = by.map(|n| next.wrapping_add_signed(n as isize));
        let falls = op.is_some_and(Op::falls_through).then_some(next);
        // With an item the jump behind FOR_ITER is skipped.
        let item = (op == Some(Op::FOR_ITER)).then_some(next + 1);
        let n = self.code.word_count as usize;
        [falls, target, item]
            .into_iter()
            .flatten()
            .filter(move |t| *t < n)
    }

    /// The temporaries behind the instruction `at`, before which they are `temps`.
    fn after(&self, at: usize, temps: &Temps, exhausted: bool) -> Temps {
        let i = self.instr(at);
        let mut out = temps.clone();
        let first = self.code.first_temp;
        let mut set = |r: u32, kind: Kind| {
            let Some(k) = r.checked_sub(first).map(|k| k as usize) else {
                return;
            };
            if k >= out.len() {
                out.resize(k + 1, Kind::Nothing);
            }
            out[k] = kind;
        };
        let made = match i.op().map(Op::family) {
            Some(Op::GET_ITER | Op::GET_AITER) => Kind::Iterator,
            Some(Op::PUSH_EXC) => Kind::Exception,
            Some(Op::BEFORE_WITH | Op::BEFORE_ASYNC_WITH) => Kind::Exit,
            _ => Kind::Object,
        };
        if exhausted {
            set(u32::from(i.a()), Kind::Nothing);
        } else {
            let moved = |r: u32| -> Kind {
                let k = r.checked_sub(first).and_then(|k| temps.get(k as usize));
                k.copied().unwrap_or(Kind::Object)
            };
            let mut source = Kind::Object;
            register_effects(i, |r, access| match access {
                Access::Take | Access::MaybeTake => {
                    source = moved(r);
                    set(r, Kind::Nothing);
                }
                Access::Write | Access::MaybeWrite => {
                    let kind = if i.op() == Some(Op::MOVE) {
                        source
                    } else {
                        made
                    };
                    set(r, kind);
                }
                Access::Read | Access::MaybeRead => {}
            });
        }
        while out.last() == Some(&Kind::Nothing) {
            out.pop();
        }
        out
    }

    fn reach(&mut self, at: usize, temps: Temps, work: &mut Vec<usize>) {
        if self.temps[at].is_none() {
            self.temps[at] = Some(temps);
            work.push(at);
        }
    }

    fn run(&mut self) {
        let mut work = Vec::new();
        self.reach(0, Temps::new(), &mut work);
        loop {
            while let Some(at) = work.pop() {
                let Some(before) = self.temps[at].clone() else {
                    continue;
                };
                let is_for = self.instr(at).op().map(Op::family) == Some(Op::FOR_ITER);
                let next = at + 1 + self.instr(at).op().map_or(0, Op::extra);
                for target in self.successors(at).collect::<Vec<_>>() {
                    let temps = self.after(at, &before, is_for && target == next);
                    self.reach(target, temps, &mut work);
                }
            }
            // Handlers start with what the protected instructions had below their depth, and the exception.
            let entries: Vec<ExceptionEntry> = self.code.exception_table.to_vec();
            for e in entries {
                let range = e.start as usize..(e.end as usize).min(self.temps.len());
                let Some(mut temps) = self.temps[range].iter().flatten().next().cloned() else {
                    continue;
                };
                let depth = u32::from(e.depth).saturating_sub(self.code.first_temp) as usize;
                temps.resize(depth, Kind::Nothing);
                temps.push(Kind::Exception);
                self.reach(e.target as usize, temps, &mut work);
            }
            if work.is_empty() {
                return;
            }
        }
    }
}

fn analyse(code: &Code) -> Analysis<'_> {
    let mut a = Analysis {
        code,
        temps: vec![None; code.word_count as usize],
    };
    a.run();
    a
}

/// The word where each line begins: (word, line), in the order of the code.
fn line_starts(code: &Code) -> Vec<(usize, i64)> {
    let (mut at, mut last, mut all) = (0, 0, Vec::new());
    for (words, position) in code.positions().runs() {
        if position.line != 0 && position.line != last {
            last = position.line;
            all.push((at, i64::from(position.line)));
        }
        at += words as usize;
    }
    all
}

/// Why a jump to a place with these temporaries is refused.
fn refusal(temps: Option<&Temps>) -> &'static str {
    match temps.map(|t| t.last()) {
        None => "can't jump into an exception handler, or code may be unreachable",
        Some(Some(Kind::Exception)) => "can't jump into an 'except' block as there's no exception",
        Some(Some(Kind::Iterator)) => "can't jump into the body of a for loop",
        Some(_) => "incompatible stacks",
    }
}

fn compatible(from: &Temps, to: &Temps) -> bool {
    to.iter().enumerate().all(|(k, kind)| match kind {
        Kind::Nothing => true,
        Kind::Object => false,
        kind => from.get(k) == Some(kind),
    })
}

/// The locals that code from the word `start` on reads without asking whether they are bound: liveness, backwards.
fn needed_locals(a: &Analysis<'_>, start: usize) -> Vec<u32> {
    let locals = a.code.first_temp as usize;
    let words = a.code.word_count as usize;
    let mut live = vec![vec![false; locals]; words];
    let mut changed = true;
    while changed {
        changed = false;
        for at in (0..words).rev().filter(|at| a.temps[*at].is_some()) {
            let mut now = vec![false; locals];
            let join = |now: &mut [bool], next: usize| {
                for (n, l) in now.iter_mut().zip(&live[next]) {
                    *n |= l;
                }
            };
            for next in a.successors(at) {
                join(&mut now, next);
            }
            let mut effects = Vec::new();
            register_effects(a.instr(at), |r, access| effects.push((r as usize, access)));
            for (r, access) in effects.into_iter().rev().filter(|e| e.0 < locals) {
                match access {
                    Access::Read | Access::Take => now[r] = true,
                    Access::Write | Access::MaybeRead => now[r] = false,
                    Access::MaybeTake | Access::MaybeWrite => {}
                }
            }
            // An instruction that raises has written nothing.
            if let Some(e) = a.code.handler(at as u32) {
                join(&mut now, e.target as usize);
            }
            if now != live[at] {
                live[at] = now;
                changed = true;
            }
        }
    }
    (0..locals as u32)
        .filter(|r| live[start][*r as usize])
        .collect()
}

/// Makes the frame go on at `line` or the first one behind it that has code; gives that line.
///
/// # Safety
/// The frame is live and about to execute an instruction of the line event that is being traced.
pub(crate) unsafe fn jump(frame: *mut Frame, line: i64) -> PyResult<i32> {
    // SAFETY: by contract; the code object is kept by the frame.
    unsafe {
        let code = &*(*frame).code.cast::<Code>();
        if line < i64::from(code.first_line) {
            return Err(raise!(
                ValueError,
                "line {line} comes before the current code block"
            ));
        }
        let starts = line_starts(code);
        let Some(line) = starts.iter().map(|s| s.1).filter(|l| *l >= line).min() else {
            return Err(raise!(
                ValueError,
                "line {line} comes after the current code block"
            ));
        };
        let a = analyse(code);
        let at = code.index_of((*frame).pc) as usize;
        let empty = Temps::new();
        let from = a.temps[at].as_ref().unwrap_or(&empty);
        let mut best: Option<(usize, &Temps)> = None;
        let mut why = "cannot find a place to jump to";
        for (word, _) in starts.iter().filter(|s| s.1 == line) {
            match &a.temps[*word] {
                Some(to) if compatible(from, to) => {
                    if best.is_none_or(|(_, b)| to.len() > b.len()) {
                        best = Some((*word, to));
                    }
                }
                to => why = refusal(to.as_ref()),
            }
        }
        let Some((word, to)) = best else {
            return Err(raise!(ValueError, "{why}"));
        };
        give_up(frame, code.first_temp, from, to);
        let registers = Frame::registers(frame);
        for r in needed_locals(&a, word) {
            let slot = registers.add(r as usize);
            if (*slot).is_empty() {
                *slot = Ref::none().into_value();
            }
        }
        (*frame).pc = (*frame)
            .code
            .cast::<Code>()
            .as_ref()
            .map_or((*frame).pc, |c| c.instructions.add(word).cast_const());
        Ok(line as i32)
    }
}

/// Releases the temporaries that the target has no use for, the innermost first; exceptions stop being handled.
unsafe fn give_up(frame: *mut Frame, first: u32, from: &Temps, to: &Temps) {
    let mut k = from.len();
    while k > 0 {
        k -= 1;
        let kept = to.get(k).is_some_and(|t| *t != Kind::Nothing);
        if kept || from[k] == Kind::Nothing {
            continue;
        }
        // SAFETY: temporaries of a live frame own what they hold; the handled exception is the thread's.
        unsafe {
            let slot = Frame::registers(frame).add(first as usize + k);
            let old = std::mem::replace(&mut *slot, Value::EMPTY);
            let saves_handled =
                k > 0 && from[k] == Kind::Exception && from[k - 1] == Kind::Exception;
            if saves_handled {
                // As POP_EXCEPT: the upper one of the pair is the exception that was handled before.
                let item = (*thread::current()).c.exc_info;
                let before = if old.is_none() || old.is_empty() {
                    std::ptr::null_mut()
                } else {
                    old.as_ptr()
                };
                let current = std::mem::replace(&mut (*item).exc_value, before);
                heap::xdecref_ptr(current);
                let lower = Frame::registers(frame).add(first as usize + k - 1);
                let exception = std::mem::replace(&mut *lower, Value::EMPTY);
                heap::decref(exception);
                k -= 1;
            } else {
                heap::decref(old);
            }
        }
    }
}
