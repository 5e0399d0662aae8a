//! An abstract interpreter over bytecode that checks what the interpreter relies on: a register that is read holds
//! something on every path, and no temporary outlives its use.

use pyrs_bytecode::{Access, CodeUnit, Const, Instr, Op, flags, register_effects};

/// What is known of a register.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// Holds nothing that is owned.
    Dead,
    Live,
    /// Live on some paths, dead on others.
    Maybe,
}

/// Checks a unit and those inside it.
pub(crate) fn check(unit: &CodeUnit) -> Result<(), String> {
    one(unit).map_err(|e| {
        format!(
            "{} (line {}): {e}\n{}",
            unit.qualname,
            unit.first_line,
            pyrs_bytecode::disassemble(unit)
        )
    })?;
    for c in &unit.consts {
        if let Const::Code(inner) = c {
            check(inner)?;
        }
    }
    Ok(())
}

fn one(unit: &CodeUnit) -> Result<(), String> {
    let size = unit.instructions.len();
    let mut states: Vec<Option<Vec<State>>> = vec![None; size];
    let mut start = vec![State::Dead; unit.registers as usize];
    let first_temp = unit.first_temp() as usize;
    for (r, state) in start.iter_mut().enumerate().take(first_temp) {
        // Cells are made by MAKE_CELL, free variables by the call, other locals may be unbound.
        *state = if (r as u32) < unit.parameter_count() || r as u32 >= unit.first_free() {
            State::Live
        } else {
            State::Dead
        };
    }
    states[0] = Some(start);
    let mut work = vec![0usize];
    while let Some(pc) = work.pop() {
        let Some(state) = states[pc].clone() else {
            continue;
        };
        step(unit, pc, state, first_temp, &mut |to, next| {
            let Some(slot) = states.get_mut(to) else {
                return Err(format!("{pc}: leaves the code"));
            };
            match slot {
                None => {
                    *slot = Some(next);
                    work.push(to);
                }
                Some(have) => {
                    let mut changed = false;
                    for (h, n) in have.iter_mut().zip(next) {
                        if *h != n && *h != State::Maybe {
                            *h = State::Maybe;
                            changed = true;
                        }
                    }
                    if changed {
                        work.push(to);
                    }
                }
            }
            Ok(())
        })?;
    }
    Ok(())
}

type Flow<'a> = &'a mut dyn FnMut(usize, Vec<State>) -> Result<(), String>;

fn step(
    unit: &CodeUnit,
    pc: usize,
    mut state: Vec<State>,
    first_temp: usize,
    flow: Flow<'_>,
) -> Result<(), String> {
    let instr = Instr(unit.instructions[pc]);
    let op = instr.op().ok_or("opcode")?;
    let name = |r: usize| {
        unit.register_name(r as u32)
            .map_or_else(|| format!("t{}", r - first_temp), str::to_owned)
    };
    if let Some(entry) = unit.handler(pc as u32)
        && op.has(flags::RAISES | flags::CALLS)
    {
        let mut at = state.clone();
        let depth = entry.depth as usize;
        for s in &mut at[depth..] {
            *s = State::Dead;
        }
        at[depth] = State::Live;
        flow(entry.target as usize, at)?;
    }
    let mut problem = None;
    let before = state.clone();
    if op.family() == Op::CHECK_LOCAL {
        state[instr.a() as usize] = State::Live;
    }
    register_effects(instr, |r, access| {
        let r = r as usize;
        let slot = &mut state[r];
        match access {
            Access::Read | Access::Take if *slot != State::Live => {
                problem = Some(format!(
                    "{pc}: {} reads {} which is {slot:?}",
                    op.name(),
                    name(r)
                ));
            }
            Access::Take | Access::MaybeTake => *slot = State::Dead,
            Access::Write | Access::MaybeWrite => *slot = State::Live,
            Access::Read | Access::MaybeRead => {}
        }
    });
    if let Some(problem) = problem {
        return Err(problem);
    }
    let next = pc + 1 + op.extra();
    match op.family() {
        Op::RETURN | Op::RAISE | Op::RERAISE => {
            // What a raise leaves is the unwinder's; a return must leave no temporary but in an exhausted `.0`.
            if op.family() == Op::RETURN
                && let Some(r) = (first_temp..state.len()).find(|&r| state[r] != State::Dead)
            {
                return Err(format!("{pc}: returns while {} is {:?}", name(r), state[r]));
            }
        }
        Op::FOR_ITER => {
            let mut exhausted = before;
            exhausted[instr.a() as usize] = State::Dead;
            flow(next, exhausted)?;
            flow(next + 1, state)?;
        }
        _ => {
            let target = if op.has(flags::JUMP) {
                Some(instr.offset())
            } else if op.has(flags::JUMP_EXTRA) {
                Some(unit.instructions[pc + 1] as u32 as i32)
            } else {
                None
            };
            if let Some(offset) = target {
                flow((next as i64 + i64::from(offset)) as usize, state.clone())?;
            }
            if op.falls_through() {
                let fall_kill = matches!(op.family(), Op::JUMP_IF_TRUE | Op::JUMP_IF_FALSE)
                    && instr.d() & pyrs_bytecode::FALL_KILL != 0;
                if fall_kill {
                    state[instr.a() as usize] = State::Dead;
                }
                flow(next, state)?;
            }
        }
    }
    Ok(())
}
