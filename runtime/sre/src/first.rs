//! What a match can begin with: lets branches, repeats and searches skip hopeless attempts.
//!
//! The answer is always a superset. "Unknown" also covers "can be empty", and is the answer
//! whenever the walk gets long, so its cost per pattern is bounded.

use crate::charset::High;
use crate::program::{Inst, Pc, Program};

/// Characters that may come first; a match consumes at least one.
#[derive(Clone, Debug)]
pub(crate) struct First {
    pub(crate) low: [bool; 256],
    /// Any character above 255 may.
    pub(crate) high: bool,
    /// All of them, when there is only a handful.
    few: Option<Vec<u32>>,
}

const FEW: usize = 3;
const MAX_DEPTH: u32 = 6;
const MAX_STEPS: u32 = 400;

impl First {
    fn nothing() -> Self {
        Self {
            low: [false; 256],
            high: false,
            few: Some(Vec::new()),
        }
    }

    #[inline(always)]
    pub(crate) fn contains(&self, c: u32) -> bool {
        self.low.get(c as usize).copied().unwrap_or(self.high)
    }

    /// The characters, if there are at most three.
    pub(crate) fn few(&self) -> Option<&[u32]> {
        self.few.as_deref()
    }

    /// Whether nothing would be excluded.
    pub(crate) fn is_everything(&self) -> bool {
        self.high && self.low.iter().all(|&x| x)
    }

    fn add(&mut self, c: u32) {
        match self.low.get_mut(c as usize) {
            Some(slot) => *slot = true,
            None => self.high = true,
        }
        if let Some(few) = &mut self.few
            && !few.contains(&c)
        {
            if few.len() < FEW {
                few.push(c)
            } else {
                self.few = None
            }
        }
    }

    /// Adds what a single-character instruction matches.
    fn add_single(&mut self, program: &Program, inst: Inst) {
        if let Inst::Lit(c) = inst {
            return self.add(c);
        }
        if let Inst::Set(set) = inst
            && program.sets[set as usize].high == High::None
        {
            let set = &program.sets[set as usize];
            (0..256)
                .filter(|&c| set.low[c])
                .for_each(|c| self.add(c as u32));
            return;
        }
        self.few = None;
        self.high = true;
        for c in 0..256 {
            self.low[c as usize] |= match inst {
                Inst::Any => c != 10,
                Inst::NotLit(literal) => c != literal,
                Inst::Set(set) => program.sets[set as usize].low[c as usize],
                _ => true,
            };
        }
    }

    /// What a single-character instruction matches.
    pub(crate) fn of_single(program: &Program, inst: Inst) -> Self {
        let mut first = Self::nothing();
        first.add_single(program, inst);
        first
    }

    /// What a match from `pc` on begins with; None when unknown or possibly empty.
    pub(crate) fn of(program: &Program, pc: Pc) -> Option<Self> {
        let mut first = Self::nothing();
        let mut steps = MAX_STEPS;
        walk(program, pc, MAX_DEPTH, &mut steps, &mut first)?;
        Some(first)
    }
}

fn walk(
    program: &Program,
    mut pc: Pc,
    depth: u32,
    steps: &mut u32,
    first: &mut First,
) -> Option<()> {
    let depth = depth.checked_sub(1)?;
    loop {
        *steps = steps.checked_sub(1)?;
        let inst = program.insts[pc as usize];
        match inst {
            Inst::Lit(_)
            | Inst::NotLit(_)
            | Inst::Any
            | Inst::AnyAll
            | Inst::Set(_)
            | Inst::LocaleSet(_) => {
                first.add_single(program, inst);
                return Some(());
            }
            Inst::Str { at, .. } => {
                first.add(program.chars[at as usize]);
                return Some(());
            }
            Inst::At(_) | Inst::Mark(_) => pc += 1,
            Inst::Jump(to) => pc = to,
            Inst::Fail => return Some(()),
            Inst::Success | Inst::GroupRef { .. } => return None,
            Inst::Assert { tail, .. } | Inst::AssertNot { tail, .. } => pc = tail,
            Inst::Atomic { .. } => pc += 1,
            Inst::GroupExists { no, .. } => {
                walk(program, pc + 1, depth, steps, first)?;
                pc = no;
            }
            Inst::Branch(mut branch) => {
                while let Some(part) = program.branches.get(branch as usize) {
                    for &alternative in &part.alternatives {
                        walk(program, alternative, depth, steps, first)?;
                    }
                    branch = part.next;
                }
                return Some(());
            }
            Inst::RepeatOne(one) | Inst::MinRepeatOne(one) | Inst::PossessiveOne(one) => {
                let one = &program.ones[one as usize];
                first.add_single(program, one.body);
                if one.min > 0 {
                    return Some(());
                }
                pc = one.tail;
            }
            Inst::Repeat(id) | Inst::MaxUntil(id) | Inst::MinUntil(id) => {
                let repeat = &program.repeats[id as usize];
                walk(program, repeat.body, depth, steps, first)?;
                if repeat.min > 0 && matches!(inst, Inst::Repeat(_)) {
                    return Some(());
                }
                pc = repeat.until + 1;
            }
            Inst::Possessive(id) => {
                let repeat = &program.repeats[id as usize];
                walk(program, repeat.body, depth, steps, first)?;
                if repeat.min > 0 {
                    return Some(());
                }
                pc = repeat.until;
            }
        }
    }
}

/// Whether two sets share no character below 256, and whether they share none at all.
pub(crate) fn disjoint(a: &First, b: &First) -> (bool, bool) {
    let low = a.low.iter().zip(&b.low).all(|(x, y)| !(x & y));
    (low, low && !(a.high && b.high))
}
