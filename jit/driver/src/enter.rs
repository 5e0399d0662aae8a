//! Entering compiled code and what follows: rebuilding frames, counting exits.

use crate::recording::record_side;
use crate::region::{Compiled, Kind, Worth};
use crate::shown::{Entered, Thread};
use crate::{DRIVER, Driver, HOT_EXIT, MAX_SIDES, WINDOW, clock, code_of, deopt, driver};
use pyrs_jit_ir::context::{
    JitContext, MAX_ARGUMENT_REGISTERS, NOT_COMPILED, RETURNED, split_status,
};
use pyrs_jit_native::EntryFn;
use pyrs_jit_record::Env;
use pyrs_object::layout::{Frame, PyFunctionObject};
use pyrs_object::thread::ThreadState;
use pyrs_object::{Ref, Value, errors};
use pyrs_vm::code::Code;
use pyrs_vm::jit::{Direct, LoopAction};
use smallvec::SmallVec;
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
        values: SmallVec<[u64; 16]>,
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
                values: SmallVec::from_slice(&(&(*context).exit_buffer)[..words]),
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

/// What compiled code that runs in between must leave as it was.
struct Outer {
    depth: u64,
    depth_limit: u64,
    stack_limit: u64,
    /// Results that are on their way, if code is active.
    results: Option<[u64; RESULT_WORDS]>,
}

/// Where code is entered.
struct Entry {
    entry: EntryFn,
    thread: *mut Thread,
    context: *mut JitContext,
    /// Entries that have not returned.
    before: usize,
    frame: *mut Frame,
    outer: Outer,
    sampled: bool,
}

impl Driver {
    /// Before the code of a region is entered. `None`: it has none.
    #[inline(always)]
    unsafe fn begin(
        &mut self,
        ts: *mut ThreadState,
        frame: *mut Frame,
        func: Value,
        index: usize,
    ) -> Option<Entry> {
        let region = &mut self.regions[index];
        // Replaced code is kept while a region is active.
        let compiled = region.compiled.as_ref()?;
        let entry = compiled.entry;
        let entered = Entered {
            frame,
            func,
            compiled: Rc::as_ptr(compiled),
            stack: 0,
        };
        region.entries += 1;
        region.late.0 += 1;
        self.entered += 1;
        let sampled = region.worth.entries <= Worth::SAMPLE;
        self.stress.entered();
        let nested = self.active > 0;
        self.active += 1;
        if self.last_thread.0 != ts as usize {
            let thread = self.threads.entry(ts as usize).or_insert_with(|| {
                let mut context = JitContext::new(0);
                context.deopt_callee = note_left as *const () as u64;
                Box::new(Thread::new(context))
            });
            self.last_thread = (ts as usize, &raw mut **thread);
        }
        let thread = self.last_thread.1;
        // SAFETY: that of the current thread, which lives as long as the driver.
        unsafe {
            let context = &raw mut *(*thread).context;
            let before = (*thread).enter(entered);
            let outer = Outer {
                depth: (*context).depth,
                depth_limit: (*context).depth_limit,
                stack_limit: (*context).stack_limit,
                results: if nested {
                    (*context).arguments.first_chunk().copied()
                } else {
                    None
                },
            };
            (*context).depth = 0;
            (*context).depth_limit = (*ts).c.recursion_remaining.max(0) as u64;
            (*context).stack_limit = pyrs_vm::safepoint::stack_limit(NATIVE_RESERVE) as u64;
            Some(Entry {
                entry,
                thread,
                context,
                before,
                frame,
                outer,
                sampled,
            })
        }
    }
}

/// Calls `entry`. The word at `stack` has the stack pointer meanwhile, as it is just before the call.
///
/// # Safety
/// As [`enter`]; `stack` may be written to.
#[inline(always)]
unsafe fn call_noting(
    entry: EntryFn,
    registers: *mut u64,
    context: *mut JitContext,
    stack: *mut usize,
) -> u64 {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a call in the C convention with the stack aligned, which an assembler block starts with.
    unsafe {
        let status: u64;
        std::arch::asm!(
            "mov qword ptr [{stack}], rsp",
            "call {entry}",
            stack = in(reg) stack,
            entry = in(reg) entry,
            in("rdi") registers,
            in("rsi") context,
            lateout("rax") status,
            clobber_abi("C"),
        );
        status
    }
    #[cfg(not(target_arch = "x86_64"))]
    // SAFETY: by contract.
    unsafe {
        let _ = stack;
        entry(registers, context)
    }
}

impl Entry {
    /// Runs the code with these registers; the status it gives.
    ///
    /// # Safety
    /// As [`enter`].
    #[inline(always)]
    unsafe fn run(&self, registers: *mut u64, index: usize) -> u64 {
        // SAFETY: by contract.
        unsafe {
            let began = if self.sampled { cycles() } else { 0 };
            let stack = (*self.thread).stack_of(self.before);
            let status = call_noting(self.entry, registers, self.context, stack);
            (*self.thread).leave(self.before, self.frame, std::ptr::from_ref(self).addr());
            (*self.context).depth = self.outer.depth;
            (*self.context).depth_limit = self.outer.depth_limit;
            (*self.context).stack_limit = self.outer.stack_limit;
            let d = &mut *DRIVER;
            d.active -= 1;
            if self.sampled {
                let took = cycles().wrapping_sub(began);
                let worth = &mut d.regions[index].worth;
                worth.entries += 1;
                worth.cycles += took.min(1 << 20);
            }
            status
        }
    }
    /// Puts back the results that were on their way.
    #[inline(always)]
    unsafe fn restore(&self) {
        if let Some(results) = &self.outer.results {
            // SAFETY: the context of the current thread.
            unsafe { (&mut (*self.context).arguments)[..RESULT_WORDS].copy_from_slice(results) };
        }
    }
}

/// Runs a region and what follows until the interpreter goes on.
pub(crate) unsafe fn enter(ts: *mut ThreadState, frame: *mut Frame, index: usize) -> LoopAction {
    // SAFETY: the frame is at the region's entry.
    unsafe {
        let gil = ();
        let Some(entry) = driver(&gil).begin(ts, frame, Value::EMPTY, index) else {
            return LoopAction::Interpret;
        };
        let status = entry.run(Frame::registers(frame).cast(), index);
        if status == RETURNED {
            entry.restore();
            let d = driver(&gil);
            if entry.sampled && d.regions[index].worth.is_tiny() && !d.options.stress.is_on() {
                // Other compiled code still calls it, and native code.
                d.regions[index].count_entries(0);
            }
            let result = Value::from_bits((*entry.context).result);
            return LoopAction::Returned(Ref::from_owned(result));
        }
        leave(ts, frame, &entry, index, status)
    }
}

/// Runs the region of a function that native code calls. It has no frame, as a function that compiled code calls has none,
/// unless its code is left.
pub(crate) unsafe fn direct_hook(
    ts: *mut ThreadState,
    func: Value,
    code: &Code,
    arguments: &[Value],
) -> Direct {
    // SAFETY: by the hook's contract.
    unsafe {
        let f = func.as_ptr().cast::<PyFunctionObject>();
        let index = code.entry_region as usize - 1;
        let gil = ();
        let d = driver(&gil);
        let kind = Kind::Function {
            code: std::ptr::from_ref(code).cast_mut(),
            globals: (*f).func_globals as usize,
            builtins: (*f).func_builtins as usize,
        };
        let region = &d.regions[index];
        let cells = code.first_free as usize..(code.first_free + code.free_count) as usize;
        if d.recording
            || region.busy
            || region.paused
            || region.restart
            || region.kind != kind
            || arguments.len().max(cells.end) > MAX_ARGUMENT_REGISTERS
            || (*ts).c.recursion_remaining <= 0
        {
            return Direct::Declined;
        }
        let Some(entry) = d.begin(ts, (*ts).c.frame, func, index) else {
            return Direct::Declined;
        };
        // It counts as one all the same.
        (*ts).c.recursion_remaining -= 1;
        let registers = &mut (*entry.context).arguments;
        for (register, v) in registers.iter_mut().zip(arguments) {
            *register = Ref::new(*v).into_value().bits();
        }
        if !cells.is_empty() {
            let closure = pyrs_object::tuple::items(Value::from_object((*f).func_closure));
            for (register, v) in registers[cells].iter_mut().zip(closure) {
                *register = Ref::new(*v).into_value().bits();
            }
        }
        let status = entry.run(registers.as_mut_ptr(), index);
        if status == RETURNED {
            (*ts).c.recursion_remaining += 1;
            entry.restore();
            let result = Value::from_bits((*entry.context).result);
            return Direct::Returned(Ref::from_owned(result));
        }
        let frame = pyrs_vm::frames::push_entry(ts, func, code);
        Direct::Left(leave(ts, frame, &entry, index, status))
    }
}

/// After the code of region `entered` was left with a status other than [`RETURNED`], until the interpreter goes on.
unsafe fn leave(
    ts: *mut ThreadState,
    frame: *mut Frame,
    entry: &Entry,
    entered: usize,
    status: u64,
) -> LoopAction {
    // SAFETY: the frame is the one that the code was entered for; code that runs is kept by the clone.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        let context = entry.context;
        let (number, exit) = split_status(status);
        let outermost = d.codes.get(number as usize).cloned().flatten();
        let inner = std::mem::take(&mut d.left);
        let env: *const Env = &d.env;
        let mut dropped = deopt::Dropped::new();
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
        entry.restore();
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
            region.worth.dead_ends += u32::from(region.worth.entries <= Worth::SAMPLE);
            if region.worth.is_nothing() && !d.options.stress.is_on() {
                region.discard();
                d.stats.note("given up: the interpreter is faster");
                return resume;
            }
            if region.worth.entries > Worth::SAMPLE && region.entries >= region.look_again {
                region.look_again = 2 * region.entries;
                region.worth = Worth::default();
            }
        }
        if dead_end {
            return resume;
        }
        let background = d.worker.is_some() && !d.options.stress.is_on();
        let awaited = region.compiling || region.pending.0 > 0;
        if awaited && background && !region.restart {
            let outer = &mut d.regions[entered];
            if outer.is_late() {
                outer.pause();
                if index != entered {
                    d.regions[index].awaited_by.push(entered);
                }
                d.schedule(index);
                return resume;
            }
        }
        let region = &mut d.regions[index];
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
