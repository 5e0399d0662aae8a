//! Checks code words and turns them into a [`Program`], in one pass over the words.
//!
//! Constructs nest, but the pass does not recurse: a stack holds where each open construct ends.
//! Anything `re._compiler` would not emit is an error, so that the matcher can trust every index.

use crate::InvalidCode;
use crate::charset::{Fold, Set};
use crate::first::{First, disjoint};
use crate::opcodes::*;
use crate::program::*;

type Result<T> = std::result::Result<T, InvalidCode>;

/// A construct whose end is still ahead.
struct Open {
    /// Index of the word at which it is closed.
    end: usize,
    kind: Kind,
}

enum Kind {
    /// REPEAT: an UNTIL comes.
    Repeat(u32),
    /// Assertion or atomic group: SUCCESS comes; the instruction wants its tail.
    Group(Pc),
    /// POSSESSIVE_REPEAT: SUCCESS comes.
    Possessive(u32),
    /// An alternative: JUMP and the next alternative, or the end of the branch, come.
    Alternative(Alternatives),
    /// The "yes" part of a conditional: "no" may follow after a JUMP.
    Yes(Pc),
    /// The "no" part; the jump over it wants its target.
    No(Pc),
}

struct Alternatives {
    branch: Pc,
    bodies: Vec<Pc>,
    jumps: Vec<Pc>,
    /// Where all the JUMPs must lead.
    target: Option<usize>,
}

struct Translator<'a> {
    code: &'a [u32],
    groups: usize,
    pos: usize,
    open: Vec<Open>,
    program: Program,
    /// The last instruction is a literal that may grow: no jump leads behind it.
    literal_open: bool,
}

pub(crate) fn translate(code: &[u32], groups: usize) -> Result<Program> {
    if groups > MAXGROUPS as usize || u32::try_from(code.len()).is_err() {
        return Err(InvalidCode);
    }
    let program = Program {
        insts: Vec::new(),
        chars: Vec::new(),
        sets: Vec::new(),
        ones: Vec::new(),
        repeats: Vec::new(),
        branches: Vec::new(),
        firsts: Vec::new(),
        start: Start::Anywhere,
        window: std::sync::OnceLock::new(),
        only_literal: false,
        min_width: 0,
    };
    let mut translator = Translator {
        code,
        groups,
        pos: 0,
        open: Vec::new(),
        program,
        literal_open: false,
    };
    translator.info()?;
    translator.body()?;
    let mut program = translator.program;
    analyze(&mut program);
    Ok(program)
}

impl Translator<'_> {
    fn peek(&self, at: usize) -> Result<u32> {
        self.code.get(at).copied().ok_or(InvalidCode)
    }

    fn arg(&mut self) -> Result<u32> {
        let word = self.peek(self.pos)?;
        self.pos += 1;
        Ok(word)
    }

    /// Reads a skip: what it leads to lies inside the construct that is open.
    fn skip(&mut self) -> Result<usize> {
        let target = self.pos + self.peek(self.pos)? as usize;
        self.pos += 1;
        if target < self.pos || target > self.limit() {
            return Err(InvalidCode);
        }
        Ok(target)
    }

    /// Words from here on belong to something outside.
    fn limit(&self) -> usize {
        self.open.last().map_or(self.code.len(), |open| open.end)
    }

    fn here(&self) -> Pc {
        self.program.insts.len() as Pc
    }

    fn emit(&mut self, inst: Inst) -> Pc {
        self.literal_open = false;
        self.program.insts.push(inst);
        self.here() - 1
    }

    /// INFO: only the width counts, the rest is found out again from the instructions.
    fn info(&mut self) -> Result<()> {
        if self.peek(0)? != INFO {
            return Ok(());
        }
        self.pos = 1;
        let end = self.skip()?;
        let (flags, min, max) = (self.arg()?, self.arg()?, self.arg()?);
        let known = INFO_PREFIX | INFO_LITERAL | INFO_CHARSET;
        let both = INFO_PREFIX | INFO_CHARSET;
        let literal_alone = flags & INFO_LITERAL != 0 && flags & INFO_PREFIX == 0;
        if flags & !known != 0
            || flags & both == both
            || literal_alone
            || min > max
            || self.pos > end
        {
            return Err(InvalidCode);
        }
        if flags & INFO_PREFIX != 0 {
            let (len, skip) = (self.arg()? as usize, self.arg()? as usize);
            let (prefix, overlap) = (self.pos, self.pos + len);
            if skip > len
                || self.code.get(overlap..overlap + len).is_none()
                || prefix + 2 * len > end
            {
                return Err(InvalidCode);
            }
            if (0..len).any(|i| self.code[overlap + i] as usize > i) {
                return Err(InvalidCode);
            }
        } else if flags & INFO_CHARSET != 0 {
            Set::new(self.code.get(self.pos..end).ok_or(InvalidCode)?, Fold::None)?;
        }
        self.pos = end;
        self.program.min_width = min as usize;
        Ok(())
    }

    fn body(&mut self) -> Result<()> {
        loop {
            while self.open.last().is_some_and(|open| open.end == self.pos) {
                self.close()?;
            }
            if self.pos > self.limit() {
                return Err(InvalidCode);
            }
            let op = self.arg()?;
            if op == SUCCESS && self.open.is_empty() && self.pos == self.code.len() {
                self.emit(Inst::Success);
                return Ok(());
            }
            self.operation(op)?;
        }
    }

    fn operation(&mut self, op: u32) -> Result<()> {
        match op {
            LITERAL => {
                let c = self.arg()?;
                self.literal(c);
            }
            ANY
            | ANY_ALL
            | NOT_LITERAL
            | CATEGORY
            | IN
            | IN_IGNORE
            | IN_LOC_IGNORE
            | IN_UNI_IGNORE
            | LITERAL_IGNORE
            | LITERAL_LOC_IGNORE
            | LITERAL_UNI_IGNORE
            | NOT_LITERAL_IGNORE
            | NOT_LITERAL_LOC_IGNORE
            | NOT_LITERAL_UNI_IGNORE => {
                let inst = self.single(op)?;
                self.emit(inst);
            }
            FAILURE => {
                self.emit(Inst::Fail);
            }
            AT => {
                let code = self.arg()?;
                self.emit(Inst::At(position(code)?));
            }
            MARK => {
                let mark = self.arg()?;
                if mark as usize >= 2 * self.groups {
                    return Err(InvalidCode);
                }
                self.emit(Inst::Mark(mark));
            }
            GROUPREF | GROUPREF_IGNORE | GROUPREF_LOC_IGNORE | GROUPREF_UNI_IGNORE => {
                let group = self.group()?;
                let fold = match op {
                    GROUPREF => Fold::None,
                    GROUPREF_IGNORE => Fold::Ascii,
                    GROUPREF_LOC_IGNORE => Fold::Locale,
                    _ => Fold::Unicode,
                };
                self.emit(Inst::GroupRef { group, fold });
            }
            GROUPREF_EXISTS => {
                let base = self.pos;
                let group = self.group()?;
                let end = base + self.arg()? as usize;
                let inst = self.emit(Inst::GroupExists { group, no: NONE });
                self.push(end, Kind::Yes(inst))?;
            }
            JUMP => self.jump()?,
            BRANCH => {
                let branch = self.emit(Inst::Branch(NONE));
                let parts = Alternatives {
                    branch,
                    bodies: Vec::new(),
                    jumps: Vec::new(),
                    target: None,
                };
                if !self.alternative(parts)? {
                    return Err(InvalidCode);
                }
            }
            ASSERT | ASSERT_NOT => {
                let end = self.skip()?;
                let back = self.arg()?;
                if back >> 31 != 0 {
                    return Err(InvalidCode);
                }
                let inst = if op == ASSERT {
                    Inst::Assert { back, tail: NONE }
                } else {
                    Inst::AssertNot { back, tail: NONE }
                };
                let inst = self.emit(inst);
                self.push(end.checked_sub(1).ok_or(InvalidCode)?, Kind::Group(inst))?;
            }
            ATOMIC_GROUP => {
                let end = self.skip()?;
                let inst = self.emit(Inst::Atomic { tail: NONE });
                self.push(end.checked_sub(1).ok_or(InvalidCode)?, Kind::Group(inst))?;
            }
            REPEAT | POSSESSIVE_REPEAT => {
                let end = self.skip()?;
                let (min, max) = self.bounds()?;
                let id = self.program.repeats.len() as u32;
                let possessive = op == POSSESSIVE_REPEAT;
                self.emit(if possessive {
                    Inst::Possessive(id)
                } else {
                    Inst::Repeat(id)
                });
                let body = self.here();
                self.program.repeats.push(Repeat {
                    min,
                    max,
                    body,
                    until: NONE,
                    first: NONE,
                });
                self.push(
                    end,
                    if possessive {
                        Kind::Possessive(id)
                    } else {
                        Kind::Repeat(id)
                    },
                )?;
            }
            REPEAT_ONE | MIN_REPEAT_ONE | POSSESSIVE_REPEAT_ONE => self.repeat_one(op)?,
            _ => return Err(InvalidCode),
        }
        Ok(())
    }

    fn push(&mut self, end: usize, kind: Kind) -> Result<()> {
        // What closes the construct is a word of it.
        if end < self.pos || end > self.limit() || end >= self.code.len() {
            return Err(InvalidCode);
        }
        self.literal_open = false;
        self.open.push(Open { end, kind });
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let Some(Open { kind, .. }) = self.open.pop() else {
            return Err(InvalidCode);
        };
        match kind {
            Kind::Repeat(id) => {
                let until = match self.arg()? {
                    MAX_UNTIL => Inst::MaxUntil(id),
                    MIN_UNTIL => Inst::MinUntil(id),
                    _ => return Err(InvalidCode),
                };
                self.program.repeats[id as usize].until = self.emit(until);
            }
            Kind::Possessive(id) => {
                self.success()?;
                self.program.repeats[id as usize].until = self.here();
            }
            Kind::Group(inst) => {
                self.success()?;
                let here = self.here();
                match &mut self.program.insts[inst as usize] {
                    Inst::Assert { tail, .. }
                    | Inst::AssertNot { tail, .. }
                    | Inst::Atomic { tail } => *tail = here,
                    _ => return Err(InvalidCode),
                }
            }
            Kind::Alternative(mut parts) => {
                if self.arg()? != JUMP {
                    return Err(InvalidCode);
                }
                let target = self.pos + self.arg()? as usize;
                if parts.target.is_some_and(|known| known != target) {
                    return Err(InvalidCode);
                }
                parts.target = Some(target);
                let jump = self.emit(Inst::Jump(NONE));
                parts.jumps.push(jump);
                self.alternative(parts)?;
            }
            Kind::Yes(inst) => self.set_no(inst)?,
            Kind::No(jump) => self.program.insts[jump as usize] = Inst::Jump(self.here()),
        }
        self.literal_open = false;
        Ok(())
    }

    fn success(&mut self) -> Result<()> {
        if self.arg()? != SUCCESS {
            return Err(InvalidCode);
        }
        self.emit(Inst::Success);
        Ok(())
    }

    fn set_no(&mut self, inst: Pc) -> Result<()> {
        let here = self.here();
        match &mut self.program.insts[inst as usize] {
            Inst::GroupExists { no, .. } => *no = here,
            _ => return Err(InvalidCode),
        }
        Ok(())
    }

    /// At a skip word of a branch: opens the next alternative, or ends the branch on 0 and
    /// returns false.
    fn alternative(&mut self, mut parts: Alternatives) -> Result<bool> {
        let skip_at = self.pos;
        let skip = self.arg()? as usize;
        if skip != 0 {
            let end = (skip_at + skip).checked_sub(2).ok_or(InvalidCode)?;
            parts.bodies.push(self.here());
            self.push(end, Kind::Alternative(parts))?;
            return Ok(true);
        }
        if parts.target.is_some_and(|target| target != self.pos) || self.pos > self.limit() {
            return Err(InvalidCode);
        }
        let here = self.here();
        for &jump in &parts.jumps {
            self.program.insts[jump as usize] = Inst::Jump(here);
        }
        self.program.insts[parts.branch as usize] =
            Inst::Branch(self.program.branches.len() as u32);
        let chunks = parts.bodies.chunks(64);
        let last = chunks.len();
        for (i, chunk) in chunks.enumerate() {
            let next = if i + 1 < last {
                self.program.branches.len() as u32 + 1
            } else {
                NONE
            };
            let (low, alternatives) = (Box::new([u64::MAX; 256]), chunk.to_vec());
            self.program.branches.push(Branch {
                alternatives,
                low,
                high: u64::MAX,
                at_end: u64::MAX,
                next,
            });
        }
        Ok(false)
    }

    /// A JUMP outside a branch separates the parts of a conditional.
    fn jump(&mut self) -> Result<()> {
        match self.open.last() {
            Some(&Open {
                end,
                kind: Kind::Yes(inst),
            }) if end == self.pos + 1 => {
                self.open.pop();
                let target = self.pos + self.arg()? as usize;
                let jump = self.emit(Inst::Jump(NONE));
                self.set_no(inst)?;
                self.push(target, Kind::No(jump))
            }
            _ => Err(InvalidCode),
        }
    }

    fn group(&mut self) -> Result<u32> {
        let group = self.arg()?;
        if group as usize >= self.groups {
            return Err(InvalidCode);
        }
        Ok(group)
    }

    fn bounds(&mut self) -> Result<(u32, u32)> {
        let (min, max) = (self.arg()?, self.arg()?);
        if min > max {
            return Err(InvalidCode);
        }
        Ok((min, max))
    }

    fn repeat_one(&mut self, op: u32) -> Result<()> {
        let end = self.skip()?;
        let (min, max) = self.bounds()?;
        let item = self.arg()?;
        let body = match item {
            LITERAL => Inst::Lit(self.arg()?),
            item => self.single(item)?,
        };
        if self.arg()? != SUCCESS || self.pos != end {
            return Err(InvalidCode);
        }
        let id = self.program.ones.len() as u32;
        let pc = self.emit(match op {
            REPEAT_ONE => Inst::RepeatOne(id),
            MIN_REPEAT_ONE => Inst::MinRepeatOne(id),
            _ => Inst::PossessiveOne(id),
        });
        self.program.ones.push(One {
            body,
            min,
            max,
            tail: pc + 1,
            next: NONE,
            next_literal: NONE,
            disjoint_low: false,
            disjoint: false,
        });
        Ok(())
    }

    fn literal(&mut self, c: u32) {
        if self.literal_open
            && let Some(last) = self.program.insts.last_mut()
        {
            let chars = &mut self.program.chars;
            match last {
                Inst::Lit(previous) => {
                    let at = chars.len() as u32;
                    chars.extend([*previous, c]);
                    *last = Inst::Str { at, len: 2 };
                    return;
                }
                Inst::Str { len, .. } => {
                    chars.push(c);
                    *len += 1;
                    return;
                }
                _ => {}
            }
        }
        self.emit(Inst::Lit(c));
        self.literal_open = true;
    }

    /// A single-character operator other than LITERAL.
    fn single(&mut self, op: u32) -> Result<Inst> {
        let set = match op {
            ANY => return Ok(Inst::Any),
            ANY_ALL => return Ok(Inst::AnyAll),
            NOT_LITERAL => return Ok(Inst::NotLit(self.arg()?)),
            CATEGORY => Set::category(self.arg()?)?,
            IN | IN_IGNORE | IN_LOC_IGNORE | IN_UNI_IGNORE => {
                let end = self.skip()?;
                let words = self.code.get(self.pos..end).ok_or(InvalidCode)?;
                self.pos = end;
                let fold = match op {
                    IN => Fold::None,
                    IN_IGNORE => Fold::Ascii,
                    IN_LOC_IGNORE => Fold::Locale,
                    _ => Fold::Unicode,
                };
                Set::new(words, fold)?
            }
            LITERAL_IGNORE => Set::literal(self.arg()?, Fold::Ascii, false)?,
            NOT_LITERAL_IGNORE => Set::literal(self.arg()?, Fold::Ascii, true)?,
            LITERAL_LOC_IGNORE => Set::literal(self.arg()?, Fold::Locale, false)?,
            NOT_LITERAL_LOC_IGNORE => Set::literal(self.arg()?, Fold::Locale, true)?,
            LITERAL_UNI_IGNORE => Set::literal(self.arg()?, Fold::Unicode, false)?,
            NOT_LITERAL_UNI_IGNORE => Set::literal(self.arg()?, Fold::Unicode, true)?,
            _ => return Err(InvalidCode),
        };
        let id = self.program.sets.len() as u32;
        let inst = if set.by_locale {
            Inst::LocaleSet(id)
        } else {
            Inst::Set(id)
        };
        self.program.sets.push(set);
        Ok(inst)
    }
}

fn position(code: u32) -> Result<At> {
    Ok(match code {
        AT_BEGINNING | AT_BEGINNING_STRING => At::Beginning,
        AT_BEGINNING_LINE => At::BeginningLine,
        AT_END => At::End,
        AT_END_LINE => At::EndLine,
        AT_END_STRING => At::EndString,
        AT_BOUNDARY => At::Boundary(Word::Ascii, true),
        AT_NON_BOUNDARY => At::Boundary(Word::Ascii, false),
        AT_LOC_BOUNDARY => At::Boundary(Word::Locale, true),
        AT_LOC_NON_BOUNDARY => At::Boundary(Word::Locale, false),
        AT_UNI_BOUNDARY => At::Boundary(Word::Unicode, true),
        AT_UNI_NON_BOUNDARY => At::Boundary(Word::Unicode, false),
        _ => return Err(InvalidCode),
    })
}

/// Fills in what the first characters of each part tell.
fn analyze(program: &mut Program) {
    for i in 0..program.ones.len() {
        let one = program.ones[i];
        if let Some(next) = First::of(program, one.tail).filter(|next| !next.is_everything()) {
            let body = First::of_single(program, one.body);
            let (low, all) = disjoint(&body, &next);
            let literal = match next.few() {
                Some(&[c]) => c,
                _ => NONE,
            };
            let one = &mut program.ones[i];
            (one.disjoint_low, one.disjoint, one.next_literal) = (low, all, literal);
            one.next = program.firsts.len() as u32;
            program.firsts.push(next);
        }
    }
    for i in 0..program.repeats.len() {
        if let Some(first) =
            First::of(program, program.repeats[i].body).filter(|first| !first.is_everything())
        {
            program.repeats[i].first = program.firsts.len() as u32;
            program.firsts.push(first);
        }
    }
    for i in 0..program.branches.len() {
        let firsts: Vec<_> = program.branches[i]
            .alternatives
            .iter()
            .map(|&pc| First::of(program, pc))
            .collect();
        let branch = &mut program.branches[i];
        let mask = |test: &dyn Fn(&First) -> bool| {
            let bits = firsts.iter().enumerate();
            bits.fold(0, |mask, (bit, first)| {
                mask | u64::from(first.as_ref().is_none_or(test)) << bit
            })
        };
        branch.at_end = mask(&|_| false);
        branch.high = mask(&|first| first.high);
        for c in 0..256 {
            branch.low[c] = mask(&|first| first.low[c]);
        }
    }
    start(program);
}

/// How a search finds places worth trying.
fn start(program: &mut Program) {
    let at = program
        .insts
        .iter()
        .position(|inst| !matches!(inst, Inst::Mark(_)))
        .unwrap_or(0);
    program.start = match program.insts[at] {
        Inst::At(At::Beginning) => Start::Beginning,
        Inst::At(At::BeginningLine) => Start::Line,
        Inst::Str { at: from, len } => {
            let chars = program.chars[from as usize..(from + len) as usize].to_vec();
            program.only_literal = at == 0 && matches!(program.insts[1..], [Inst::Success]);
            Start::Literal(Box::new(Literal::new(chars)))
        }
        _ => match First::of(program, 0).filter(|first| !first.is_everything()) {
            None => Start::Anywhere,
            Some(first) => match first.few() {
                Some(few) if !few.is_empty() => Start::Few(few.to_vec()),
                _ => {
                    program.firsts.push(first);
                    Start::First(program.firsts.len() as u32 - 1)
                }
            },
        },
    };
}
