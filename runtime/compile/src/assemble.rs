//! From symbolic instructions to words: removes what cannot be reached, shortens jumps, proves locals bound
//! (a `CHECK_LOCAL` that cannot fail disappears), numbers registers and lays out words and tables.

use crate::error::{CompileError, Result};
use crate::ir::*;
use pyrs_bytecode::{
    Access, ExceptionEntry, Instr, Op, Operand as Encoded, Position, PositionTable, PositionWriter,
    flags, register_effects,
};

/// What the generator knows about the unit besides its instructions.
pub(crate) struct Input {
    pub(crate) code: Vec<Ins>,
    /// Label to index of the instruction it precedes.
    pub(crate) labels: Vec<u32>,
    pub(crate) handlers: Vec<Handler>,
    pub(crate) parameters: u32,
    pub(crate) locals: u32,
    pub(crate) cells: u32,
    pub(crate) frees: u32,
    pub(crate) temps: u32,
    pub(crate) columns: bool,
}

pub(crate) struct Output {
    pub(crate) instructions: Vec<u64>,
    pub(crate) exception_table: Vec<ExceptionEntry>,
    pub(crate) positions: PositionTable,
    pub(crate) registers: u32,
}

pub(crate) fn assemble(mut input: Input) -> Result<Output> {
    let registers = input.locals + input.cells + input.frees + input.temps;
    if registers > Encoded::LIMIT {
        return Err(CompileError::limit(
            "too many local variables and temporaries in one code block",
        ));
    }
    thread_jumps(&mut input);
    let dead = reachable(&input);
    remove(&mut input, |n, _| !dead[n]);
    drop_checks(&mut input)?;
    drop_nops(&mut input);
    split_exits(&mut input);
    inherit_positions(&mut input);
    layout(&input, registers)
}

fn target_index(input: &Input, ins: &Ins) -> Option<usize> {
    ins.target.map(|l| input.labels[l.0 as usize] as usize)
}

/// Jumps to jumps go to the end of the chain.
fn thread_jumps(input: &mut Input) {
    for n in 0..input.code.len() {
        let ins = input.code[n];
        if ins.op == Op::JUMP_BACK {
            continue;
        }
        let Some(mut label) = ins.target else {
            continue;
        };
        for _ in 0..16 {
            let at = input.labels[label.0 as usize] as usize;
            let Some(next) = input.code.get(at) else {
                break;
            };
            let Some(to) = next.target else { break };
            if next.op == Op::JUMP && to != label {
                label = to;
            } else if next.op == Op::JUMP_BACK
                && ins.op == Op::JUMP
                && n > 0
                && input.code[n - 1].op != Op::FOR_ITER
            {
                if (input.labels[to.0 as usize] as usize) <= n {
                    input.code[n].op = Op::JUMP_BACK;
                    label = to;
                }
                break;
            } else {
                break;
            }
        }
        input.code[n].target = Some(label);
    }
}

fn reachable(input: &Input) -> Vec<bool> {
    let mut seen = vec![false; input.code.len()];
    let mut work = vec![0usize];
    while let Some(mut n) = work.pop() {
        while n < seen.len() && !seen[n] {
            seen[n] = true;
            let ins = &input.code[n];
            if let HandlerId(Some(h)) = ins.handler {
                let at = input.labels[input.handlers[h as usize].target.0 as usize] as usize;
                if at < seen.len() && !seen[at] {
                    work.push(at);
                }
            }
            if let Some(to) = target_index(input, ins)
                && to < seen.len()
                && !seen[to]
            {
                work.push(to);
            }
            if ins.op == Op::FOR_ITER {
                work.push(n + 2);
            }
            if !ins.op.falls_through() {
                break;
            }
            n += 1;
        }
    }
    seen
}

/// Removes the instructions that `drop` says, and moves labels to what follows.
fn remove(input: &mut Input, drop: impl Fn(usize, &Ins) -> bool) {
    let mut moved = Vec::with_capacity(input.code.len() + 1);
    let mut kept = Vec::with_capacity(input.code.len());
    for (n, ins) in input.code.iter().enumerate() {
        moved.push(kept.len() as u32);
        if !drop(n, ins) {
            kept.push(*ins);
        }
    }
    moved.push(kept.len() as u32);
    for label in &mut input.labels {
        *label = moved
            .get(*label as usize)
            .copied()
            .unwrap_or(kept.len() as u32);
    }
    input.code = kept;
}

/// A `NOP` stays only where it is the only instruction of its line; a jump to the next instruction goes as well.
fn drop_nops(input: &mut Input) {
    let mut is_target = vec![false; input.code.len() + 1];
    for &l in &input.labels {
        is_target[l as usize] = true;
    }
    let mut drop = vec![false; input.code.len()];
    for n in 0..input.code.len() {
        let ins = &input.code[n];
        let after_iter = n > 0 && input.code[n - 1].op == Op::FOR_ITER;
        let line = ins.position.line;
        // A jump to a `return` becomes that `return`, with its line.
        let next_line = input.code.get(n + 1).map_or(0, |i| {
            let exit = target_index(input, i).and_then(|to| input.code.get(to));
            match exit {
                Some(exit)
                    if i.op == Op::JUMP && exit.op == Op::RETURN && exit.position.line != 0 =>
                {
                    exit.position.line
                }
                _ => i.position.line,
            }
        });
        let before = (0..n).rev().find(|&p| !drop[p]);
        let same_before = before.is_some_and(|p| {
            input.code[p].position.line == line && input.code[p].op.falls_through() && !is_target[n]
        });
        let redundant_line = line == 0 || line == next_line || same_before;
        drop[n] = match ins.op {
            Op::NOP => redundant_line && !after_iter,
            Op::JUMP => target_index(input, ins) == Some(n + 1) && redundant_line && !after_iter,
            _ => false,
        };
    }
    remove(input, |n, _| drop[n]);
}

/// A `return` that the source does not show and that several jumps reach is copied for each, so that each copy has
/// the line it is reached from; a plain jump to any `return` becomes that `return`.
fn split_exits(input: &mut Input) {
    let size = input.code.len();
    let mut copies = Vec::new();
    for n in 0..size {
        let ins = input.code[n];
        let after_iter = n > 0 && input.code[n - 1].op == Op::FOR_ITER;
        let Some(exit) = target_index(input, &ins)
            .and_then(|to| input.code.get(to))
            .copied()
        else {
            continue;
        };
        if exit.op != Op::RETURN {
            continue;
        }
        let shown = exit.position.line != 0;
        if ins.op == Op::JUMP && !after_iter {
            let position = if shown { exit.position } else { ins.position };
            input.code[n] = Ins { position, ..exit };
        } else if !shown && ins.position.line != 0 && ins.op != Op::JUMP_BACK {
            let label = Label(input.labels.len() as u32);
            input.labels.push((size + copies.len()) as u32);
            input.code[n].target = Some(label);
            copies.push(Ins {
                position: ins.position,
                ..exit
            });
        }
    }
    input.code.extend(copies);
    let dead = reachable(input);
    remove(input, |n, _| !dead[n]);
}

/// Instructions without a line take the position of the one that control comes from, if that is only one.
fn inherit_positions(input: &mut Input) {
    let size = input.code.len();
    // Number of ways into each instruction and one instruction that control comes from.
    let mut ways = vec![0u32; size + 2];
    let mut from = vec![0usize; size + 2];
    for (n, ins) in input.code.iter().enumerate() {
        let next = ins.op.falls_through().then_some(n + 1);
        let skip = (ins.op == Op::FOR_ITER).then_some(n + 2);
        let handler = match ins.handler {
            HandlerId(Some(h)) => {
                Some(input.labels[input.handlers[h as usize].target.0 as usize] as usize)
            }
            HandlerId(None) => None,
        };
        for to in [next, skip, target_index(input, ins)].into_iter().flatten() {
            ways[to] += 1;
            from[to] = n;
        }
        if let Some(to) = handler {
            ways[to] += 2;
        }
    }
    for n in 0..size {
        if input.code[n].position.line == 0 && ways[n] == 1 && from[n] < n {
            input.code[n].position = input.code[from[n]].position;
        }
    }
}

/// Drops each `CHECK_LOCAL` whose local is bound on all ways to it.
fn drop_checks(input: &mut Input) -> Result<()> {
    let mut deleted = vec![false; input.locals as usize];
    for ins in &input.code {
        if let (Op::DELETE_LOCAL, Field::Reg(Reg::Local(n))) = (ins.op, ins.a) {
            deleted[n as usize] = true;
        }
    }
    let always = |ins: &Ins| match (ins.op, ins.a) {
        (Op::CHECK_LOCAL, Field::Reg(Reg::Local(n))) => {
            n < input.parameters && !deleted[n as usize]
        }
        _ => false,
    };
    let drop: Vec<bool> = input.code.iter().map(always).collect();
    remove(input, |n, _| drop[n]);
    if !input.code.iter().any(|i| i.op == Op::CHECK_LOCAL) {
        return Ok(());
    }
    let bound = bound_locals(input)?;
    remove(input, |n, _| bound[n]);
    Ok(())
}

/// For each instruction whether it is a check that cannot fail: forward dataflow of "bound on every path".
fn bound_locals(input: &Input) -> Result<Vec<bool>> {
    let size = input.code.len();
    let words = (input.locals as usize).div_ceil(64);
    let mut leader = vec![false; size + 1];
    leader[0] = true;
    for (n, ins) in input.code.iter().enumerate() {
        if let Some(to) = target_index(input, ins) {
            leader[to] = true;
            leader[n + 1] = true;
        }
        if ins.op == Op::FOR_ITER || !ins.op.falls_through() {
            leader[(n + 1).min(size)] = true;
            leader[(n + 2).min(size)] |= ins.op == Op::FOR_ITER;
        }
        if let HandlerId(Some(h)) = ins.handler {
            leader[input.labels[input.handlers[h as usize].target.0 as usize] as usize] = true;
        }
    }
    // Effects on locals, decoded once: (bits set, bits cleared) as lists.
    let mut effects: Vec<Vec<(u32, bool)>> = Vec::with_capacity(size);
    for ins in &input.code {
        let mut list = Vec::new();
        let word = encode(input, ins)?;
        register_effects(word, |r, access| {
            if r < input.locals {
                match access {
                    Access::Write => list.push((r, true)),
                    Access::Take | Access::MaybeTake | Access::MaybeWrite => list.push((r, false)),
                    Access::Read | Access::MaybeRead => {}
                }
            }
        });
        if let (Op::CHECK_LOCAL, Field::Reg(Reg::Local(n))) = (ins.op, ins.a) {
            list.push((n, true));
        }
        effects.push(list);
    }
    let mut states: Vec<Option<Vec<u64>>> = vec![None; size + 1];
    let mut entry = vec![0u64; words];
    for p in 0..input.parameters as usize {
        entry[p / 64] |= 1 << (p % 64);
    }
    states[0] = Some(entry);
    let mut work = vec![0usize];
    let mut redundant = vec![false; size];
    while let Some(start) = work.pop() {
        let Some(mut state) = states[start].clone() else {
            continue;
        };
        let mut n = start;
        while n < size {
            let ins = &input.code[n];
            if let HandlerId(Some(h)) = ins.handler {
                let at = input.labels[input.handlers[h as usize].target.0 as usize] as usize;
                meet(&mut states[at], &state, at, &mut work);
            }
            if let (Op::CHECK_LOCAL, Field::Reg(Reg::Local(l))) = (ins.op, ins.a) {
                redundant[n] = state[l as usize / 64] >> (l % 64) & 1 != 0;
            }
            let before_item = (ins.op == Op::FOR_ITER).then(|| state.clone());
            for &(r, set) in &effects[n] {
                let bit = 1u64 << (r % 64);
                if set {
                    state[r as usize / 64] |= bit;
                } else {
                    state[r as usize / 64] &= !bit;
                }
            }
            if let Some(before) = before_item {
                meet(&mut states[n + 1], &before, n + 1, &mut work);
                meet(&mut states[n + 2], &state, n + 2, &mut work);
                break;
            }
            if let Some(to) = target_index(input, ins) {
                meet(&mut states[to], &state, to, &mut work);
            }
            if !ins.op.falls_through() {
                break;
            }
            n += 1;
            if n < size && leader[n] {
                meet(&mut states[n], &state, n, &mut work);
                break;
            }
        }
    }
    Ok(redundant)
}

fn meet(into: &mut Option<Vec<u64>>, from: &[u64], at: usize, work: &mut Vec<usize>) {
    match into {
        None => {
            *into = Some(from.to_vec());
            work.push(at);
        }
        Some(have) => {
            let mut changed = false;
            for (h, f) in have.iter_mut().zip(from) {
                changed |= *h & !*f != 0;
                *h &= *f;
            }
            if changed {
                work.push(at);
            }
        }
    }
}

fn number(input: &Input, reg: Reg) -> u32 {
    match reg {
        Reg::Local(n) => n,
        Reg::Cell(n) => input.locals + n,
        Reg::Free(n) => input.locals + input.cells + n,
        Reg::Temp(n) => input.locals + input.cells + input.frees + n,
    }
}

fn encode(input: &Input, ins: &Ins) -> Result<Instr> {
    let field = |f: Field| -> Result<u16> {
        let too_big = || CompileError::limit("too many names or constants in one code block");
        match f {
            Field::None | Field::Wide(_) => Ok(0),
            Field::Reg(r) => u16::try_from(number(input, r)).map_err(|_| too_big()),
            Field::Const(k) => Encoded::Constant(k).encode().ok_or_else(too_big),
            Field::Imm(n) => u16::try_from(n).map_err(|_| too_big()),
        }
    };
    let a = field(ins.a)?;
    if let Field::Wide(wide) = ins.b {
        return Ok(Instr::new_wide(ins.op, ins.d, a, wide));
    }
    Ok(Instr::new(ins.op, ins.d, a, field(ins.b)?, field(ins.c)?))
}

fn layout(input: &Input, registers: u32) -> Result<Output> {
    let mut starts = Vec::with_capacity(input.code.len() + 1);
    let mut at = 0usize;
    for ins in &input.code {
        starts.push(at);
        at += 1 + ins.op.extra();
    }
    starts.push(at);
    let size = i32::try_from(at).map_err(|_| CompileError::limit("code block too large"))? as u32;
    let word_of = |label: Label| starts[input.labels[label.0 as usize] as usize];
    let mut instructions = Vec::with_capacity(at);
    let mut positions = PositionWriter::new();
    let mut table: Vec<ExceptionEntry> = Vec::new();
    for (n, ins) in input.code.iter().enumerate() {
        let mut word = encode(input, ins)?;
        let mut extra = ins.extra;
        let next = starts[n] + 1 + ins.op.extra();
        if let Some(target) = ins.target {
            let offset = (word_of(target) as i64 - next as i64) as i32 as u32;
            if ins.op.has(flags::JUMP_EXTRA) {
                extra = u64::from(offset);
            } else {
                word = word.with_wide(offset);
            }
        }
        instructions.push(word.0);
        for k in 0..ins.op.extra() {
            instructions.push(if k == 0 { extra } else { 0 });
        }
        let mut position = ins.position;
        if !input.columns {
            (position.column, position.end_column) = (None, None);
            position.end_line = position.line;
        }
        positions.add(1 + ins.op.extra() as u32, position);
        if let HandlerId(Some(h)) = ins.handler {
            let handler = input.handlers[h as usize];
            let entry = ExceptionEntry {
                start: starts[n] as u32,
                end: next as u32,
                target: word_of(handler.target) as u32,
                depth: number(input, Reg::Temp(handler.depth)) as u16,
            };
            match table.last_mut() {
                Some(last)
                    if last.end == entry.start
                        && last.target == entry.target
                        && last.depth == entry.depth =>
                {
                    last.end = entry.end;
                }
                _ => table.push(entry),
            }
        }
    }
    debug_assert_eq!(instructions.len(), size as usize);
    // A range that holds nothing but ops that cannot raise needs no entry, but merging matters more than size.
    Ok(Output {
        instructions,
        exception_table: table,
        positions: positions.finish(),
        registers,
    })
}

/// The position of instructions that the source does not show.
pub(crate) const NO_POSITION: Position = Position {
    line: 0,
    end_line: 0,
    column: None,
    end_column: None,
};
