//! Entering compiled code and what follows: rebuilding frames, counting exits.

use crate::recording::record_side;
use crate::region::{Compiled, Worth};
use crate::{DRIVER, HOT_EXIT, MAX_SIDES, WINDOW, clock, code_of, deopt, driver};
use pyrs_jit_ir::context::{JitContext, NOT_COMPILED, RETURNED, split_status};
use pyrs_jit_record::Env;
use pyrs_object::layout::Frame;
use pyrs_object::thread::ThreadState;
use pyrs_object::{Ref, Value, errors};
use pyrs_vm::jit::LoopAction;
use std::rc::Rc;

/// Native stack that compiled calls leave alone, in bytes.
const NATIVE_RESERVE: usize = 128 << 10;
/// Words of results that may be on their way in the context while other code runs.
const RESULT_WORDS: usize = 16;

/// A region that has left and whose frames are to be rebuilt.
pub(crate) enum Left {
    Exit {
        compiled: Rc<Compiled>,
        exit: u32,
        values: Vec<u64>,
    },
    /// A function without code was called with these registers.
    NotCompiled(Vec<u64>),
}

/// Notes that compiled code that was called by compiled code has left: its values are in the context.
unsafe extern "C" fn note_left(context: *mut JitContext, status: u64) {
    // SAFETY: called by compiled code under the GIL.
    unsafe {
        let d = &mut *DRIVER;
        let left = if status == NOT_COMPILED {
            Left::NotCompiled((*context).arguments.to_vec())
        } else {
            let (number, exit) = split_status(status);
            let Some(compiled) = d.codes.get(number as usize).cloned().flatten() else {
                return;
            };
            let words = compiled.code.exit(exit).map_or(0, |x| x.words);
            Left::Exit {
                compiled,
                exit,
                values: (&(*context).exit_buffer)[..words].to_vec(),
            }
        };
        d.left.push(left);
    }
}

/// A clock for comparing costs.
#[inline(always)]
fn cycles() -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: every x86-64 has the time-stamp counter.
    unsafe {
        std::arch::x86_64::_rdtsc()
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START
            .get_or_init(std::time::Instant::now)
            .elapsed()
            .as_nanos() as u64
            * 3
    }
}

/// Runs a region and what follows until the interpreter goes on.
pub(crate) unsafe fn enter(ts: *mut ThreadState, frame: *mut Frame, index: usize) -> LoopAction {
    // SAFETY: the frame is at the region's entry; code that runs is kept by the clone.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        let entered = index;
        let region = &mut d.regions[index];
        let Some(compiled) = &region.compiled else {
            return LoopAction::Interpret;
        };
        // Replaced code is kept while a region is active.
        let entry = compiled.entry;
        region.entries += 1;
        region.late.0 += 1;
        let sampled = region.worth.entries <= Worth::SAMPLE;
        d.stress.entered();
        d.active += 1;
        if d.last_context.0 != ts as usize {
            let context = d
                .contexts
                .entry(ts as usize)
                .or_insert_with(|| JitContext::new(0));
            d.last_context = (ts as usize, &raw mut **context);
        }
        let context = d.last_context.1;
        let outer = (
            (*context).depth,
            (*context).depth_limit,
            (*context).stack_limit,
        );
        (*context).depth = 0;
        (*context).depth_limit = (*ts).c.recursion_remaining.max(0) as u64;
        (*context).stack_limit = pyrs_vm::safepoint::stack_limit(NATIVE_RESERVE) as u64;
        (*context).deopt_callee = note_left as *const () as u64;
        // Code that runs in between may use the same context: results that are on their way.
        let nested = d.active > 1;
        let results = if nested {
            *(*context)
                .arguments
                .first_chunk::<RESULT_WORDS>()
                .unwrap_or(&[0; RESULT_WORDS])
        } else {
            [0; RESULT_WORDS]
        };
        let began = if sampled { cycles() } else { 0 };
        let status = entry(Frame::registers(frame).cast(), context);
        (
            (*context).depth,
            (*context).depth_limit,
            (*context).stack_limit,
        ) = outer;
        let d = driver(&gil);
        d.active -= 1;
        if sampled {
            let worth = &mut d.regions[index].worth;
            worth.entries += 1;
            worth.cycles += cycles().wrapping_sub(began).min(1 << 20);
            if status == RETURNED && worth.is_tiny() && !d.options.stress.is_on() {
                // Other compiled code still calls it.
                d.regions[index].count_entries(0);
            }
        }
        if status == RETURNED {
            if nested {
                (&mut (*context).arguments)[..RESULT_WORDS].copy_from_slice(&results);
            }
            return LoopAction::Returned(Ref::from_owned(Value::from_bits((*context).result)));
        }
        let (number, exit) = split_status(status);
        let outermost = d.codes.get(number as usize).cloned().flatten();
        let inner = std::mem::take(&mut d.left);
        let env: *const Env = &d.env;
        let mut dropped = Vec::new();
        if let Some(compiled) = &outermost
            && let Some(info) = compiled.code.exit(exit)
        {
            // The innermost code left first and has used the buffer; this one's values are there now.
            let buffer = (&raw const (*context).exit_buffer).cast();
            dropped = deopt::rebuild(ts, frame, info, buffer, &*env);
        }
        for left in inner.iter().rev() {
            let frame = (*ts).c.frame;
            match left {
                Left::Exit {
                    compiled,
                    exit,
                    values,
                } => {
                    if let Some(info) = compiled.code.exit(*exit) {
                        dropped.extend(deopt::rebuild(ts, frame, info, values.as_ptr(), &*env));
                    }
                }
                Left::NotCompiled(arguments) => {
                    let code = code_of(frame);
                    let regs = Frame::registers(frame);
                    let cells = code.first_free..code.first_free + code.free_count;
                    let parameters = 0..pyrs_jit_record::parameter_registers(code);
                    for r in parameters.chain(cells) {
                        *regs.add(r as usize) = Value::from_bits(arguments[r as usize]);
                    }
                }
            }
        }
        drop(dropped);
        let d = driver(&gil);
        d.sweep();
        if nested {
            (&mut (*context).arguments)[..RESULT_WORDS].copy_from_slice(&results);
        }
        d.stress.left();
        let raised = errors::occurred();
        let innermost = match inner.first() {
            Some(Left::Exit { compiled, exit, .. }) => Some((compiled, *exit)),
            Some(Left::NotCompiled(_)) => None,
            None => outermost.as_ref().map(|c| (c, exit)),
        };
        let resume = if raised {
            LoopAction::Raised
        } else {
            LoopAction::Resume
        };
        let Some((compiled, exit)) = innermost else {
            return resume;
        };
        let Some(info) = compiled.code.exit(exit) else {
            return resume;
        };
        let (origin, index) = (info.origin, compiled.region);
        let region = &mut d.regions[index];
        if compiled.generation != region.generation {
            // Another recording has taken the place of the one that this exit belongs to.
            return resume;
        }
        let state = region.exit(origin);
        state.taken += 1;
        let never = state.never;
        // The handler may be in the region.
        let followed = raised && inner.is_empty() && !never;
        if !raised || followed {
            if state.count == 0 {
                state.since = clock();
            }
            state.count += 1;
        }
        let (count, failures) = (state.count, state.failures);
        let dead_end = raised && !followed;
        if never && region.pending.0 == 0 && !region.compiling || dead_end {
            region.worth.dead_ends += 1;
            if region.worth.is_nothing() && !d.options.stress.is_on() {
                region.discard();
                d.stats.note("given up: the interpreter is faster");
                return resume;
            }
            if region.worth.entries > Worth::SAMPLE {
                region.worth = Worth::default();
            }
        }
        if dead_end {
            return resume;
        }
        let alone = inner.is_empty() && d.worker.is_some() && !d.options.stress.is_on();
        let awaited = region.compiling || region.pending.0 > 0;
        if never && awaited && alone && index == entered && region.is_late() {
            region.pause();
            d.schedule(index);
            return resume;
        }
        let (pending, sides) = (region.pending.0 > 0, region.sides);
        if pending {
            region.pending.1 += 1;
            if !d.recording && d.wants_compilation(index) {
                d.schedule(index);
                return resume;
            }
        }
        let region = &mut d.regions[index];
        let hot = if d.options.stress.is_on() {
            10_000
        } else {
            // A path of a large region must be worth more.
            let hot = HOT_EXIT * (1 + sides / 8);
            hot.min(d.options.threshold.unwrap_or(hot).max(2))
        };
        if count < hot << failures.min(8)
            || never
            || region.sides >= MAX_SIDES
            || region.restart
            || region.busy
            || d.recording
        {
            return resume;
        }
        let state = region.exit(origin);
        state.count = 0;
        if d.options.is_patient() && clock() - state.since > WINDOW {
            return resume;
        }
        record_side(ts, index, origin, raised).unwrap_or(resume)
    }
}
