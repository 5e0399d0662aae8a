//! Counters, region cache, side exits, deoptimization: ties recorder, passes and lowering together.
//!
//! [`install`] hooks into the interpreter's loops. A region is kept as recorded, so that paths behind hot exits can be
//! added; passes and lowering run on a copy each time. All state is guarded by the GIL; nothing of it is borrowed
//! while compiled code or the interpreter runs.

mod deopt;
mod enter;
mod lifetime;
mod recording;
mod region;
mod report;
mod shown;
mod stress;
mod worker;

use enter::{Left, enter};
use pyrs_bytecode::Instr;
use pyrs_jit_ir::context::{JitContext, NOT_COMPILED};
use pyrs_jit_ir::passes::PassSet;
use pyrs_jit_native::{CodeMemory, Compiler};
use pyrs_jit_record::Env;
use pyrs_object::Value;
use pyrs_object::layout::{Frame, FrameFlags, PyFunctionObject, coflags};
use pyrs_object::thread::ThreadState;
use pyrs_vm::code::Code;
use pyrs_vm::jit::LoopAction;
use recording::record_root;
use region::{Compiled, Kind, MAX_FAILURES, Region};
pub use report::report;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
pub use stress::Stress;

/// Times an exit is taken before a path is recorded from it.
const HOT_EXIT: u32 = 100;
/// Milliseconds within which a loop must go round, a function be called, an exit taken, as often as its threshold says.
const WINDOW: u32 = 50;
/// Looks that are taken at a loop while it goes round as often as its threshold says.
const LOOKS: u32 = 8;
/// Iterations from a recording that failed to the next.
const RETRY: u32 = 17;
/// Paths for kinds of operands at one instruction; then one that takes any.
const MAX_KINDS: u32 = 5;
/// Instructions that take any operands in a region; with more of them the interpreter is faster.
const MAX_GENERIC: usize = 2;
/// Paths that are added to a region.
const MAX_SIDES: u32 = 60;
/// Time that compilation may take on the running thread: so much at once (microseconds), and one part in so many of the
/// time that has passed.
const BUDGET_START: u128 = 40_000;
const BUDGET_SHARE: u128 = 5;
/// Time that recording may take, in microseconds: so much at once, one part in so many of the time that has passed, and of
/// that again one part in so many once the program is a second old. Most programs that are young end young, and code is worth
/// what it costs only to those that go on for as long again.
const RECORDING_START: u64 = 2_000;
const RECORDING_SHARE: u64 = 100;
const RECORDING_GROWTH: u64 = 6;
const SECOND: u64 = 1_000_000;
/// How much more of that time may have passed for what is compiled already: without its side paths that is slower than the
/// interpreter.
const KNOWN: u64 = 2;
/// Exits taken after which a region is compiled with what was added to it meanwhile: on the running thread, and on the
/// compiler's one for each so many microseconds that it takes, of which there are more when it has nothing else to do.
const PENDING_EXITS: u32 = 500;
const MICROS_PER_EXIT: u32 = 16;
const IDLE_MICROS_PER_EXIT: u32 = 128;

/// What is known of a loop that has no region.
struct Looked {
    looks: u32,
    /// When half of the iterations were done.
    half: u32,
    /// At the latest look: the time, and entries of compiled code by then.
    last: u32,
    entered: u64,
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Iterations before a loop is recorded.
    pub threshold: Option<u32>,
    /// Which guards are forced to fail.
    pub stress: Stress,
    /// Compile whatever is hot, however long that takes: for tests.
    pub sync: bool,
    /// Print what happened at exit.
    pub stats: bool,
    /// Passes that are left out.
    pub without: Vec<String>,
    /// Print the optimized IR of each region.
    pub dump_ir: bool,
    /// Print the machine code.
    pub dump_asm: bool,
    /// Lower all regions for this target at exit, too: for tests.
    pub cross: Option<String>,
}

impl Options {
    /// Not told to compile at once.
    fn is_patient(&self) -> bool {
        !self.sync && self.threshold.is_none() && !self.stress.is_on()
    }
}

/// See [`RECORDING_START`].
fn recording_share(elapsed: u64) -> u64 {
    let growth = elapsed.min(SECOND).saturating_mul(elapsed) / SECOND;
    RECORDING_START + elapsed / RECORDING_SHARE + growth / RECORDING_GROWTH
}

struct Driver {
    env: Env,
    memory: CodeMemory,
    native: pyrs_jit_native::Options,
    /// For compilation on the running thread.
    compiler: Option<Compiler>,
    worker: Option<worker::Worker>,
    passes: PassSet,
    options: Options,
    regions: Vec<Region>,
    by_header: HashMap<usize, usize>,
    /// What was seen of loops without region.
    looked_at: HashMap<usize, Looked>,
    /// Entries of compiled code.
    entered: u64,
    /// By address of the body they belong to.
    by_code: HashMap<usize, Vec<usize>>,
    /// Places of regions that were forgotten.
    free: Vec<usize>,
    /// Full collections that found something.
    collections: u64,
    /// Code by the number in the status it returns; kept while it may be running.
    codes: Vec<Option<Rc<Compiled>>>,
    /// Numbers of code that newer code has replaced.
    replaced: Vec<usize>,
    /// Regions entered by the interpreter and not left yet.
    active: u32,
    /// By address of the thread state.
    threads: HashMap<usize, Box<shown::Thread>>,
    last_thread: (usize, *mut shown::Thread),
    /// Regions that have left so far, innermost first.
    left: Vec<Left>,
    recording: bool,
    stats: report::Stats,
    stress: stress::State,
    began: std::time::Instant,
}

static mut DRIVER: *mut Driver = std::ptr::null_mut();

/// Turns the JIT on.
///
/// # Safety
/// Called once, after the runtime was started and before Python code runs.
pub unsafe fn install(options: Options) -> Result<(), String> {
    let native = pyrs_jit_native::Options {
        disassemble: options.dump_asm,
        perf_map: std::env::var_os("PYRS_PERF_MAP").is_some(),
        verify: cfg!(debug_assertions),
    };
    if let Some(triple) = &options.cross {
        report::target(triple)?;
    }
    let memory = CodeMemory::default();
    worker::watch_forks(&memory);
    let background = !options.sync && !options.stress.is_on();
    let worker = background.then(|| worker::Worker::new(memory.clone(), native));
    let threshold = options.threshold.unwrap_or(500).max(2);
    let mut env = Env::new();
    env.pause = pause;
    env.entry_cell = entry_cell;
    let mut passes = PassSet::all();
    for name in &options.without {
        passes = passes.without(name)?;
    }
    let driver = Driver {
        passes,
        env,
        memory,
        native,
        compiler: None,
        worker,
        stress: stress::State::new(&options.stress),
        began: std::time::Instant::now(),
        options,
        regions: Vec::new(),
        by_header: HashMap::new(),
        looked_at: HashMap::new(),
        entered: 0,
        by_code: HashMap::new(),
        free: Vec::new(),
        collections: 0,
        codes: Vec::new(),
        replaced: Vec::new(),
        active: 0,
        threads: HashMap::new(),
        last_thread: (0, std::ptr::null_mut()),
        left: Vec::new(),
        recording: false,
        stats: report::Stats::default(),
    };
    // SAFETY: by contract; the driver lives as long as the process.
    unsafe {
        DRIVER = Box::into_raw(Box::new(driver));
        pyrs_object::gc::set_lost(lifetime::lost);
        let entries = options_entry_threshold(threshold);
        let patient = (*DRIVER).options.is_patient();
        pyrs_vm::jit::install(pyrs_vm::jit::Hooks {
            back_edge: loop_hook,
            entry: entry_hook,
            direct: enter::direct_hook,
            show: shown::show,
            code_ready: ready_hook,
            visit_kept: lifetime::visit_kept,
            forget: lifetime::forget,
            loop_threshold: if patient {
                (threshold / LOOKS).max(2)
            } else {
                threshold
            },
            entry_threshold: entries,
        });
    }
    Ok(())
}

/// Calls of a function before it is recorded, as loops wait for `threshold` iterations.
fn options_entry_threshold(threshold: u32) -> u32 {
    (threshold * 3 / 5).max(2)
}

/// Between pieces of a recording other code may be recorded.
fn pause(running: bool) {
    // SAFETY: called by a recorder, which runs under the GIL.
    unsafe { (*DRIVER).recording = !running };
}

/// See [`Env::entry_cell`].
fn entry_cell(func: Value) -> Option<u64> {
    // SAFETY: called by a recorder with a live function, under the GIL.
    unsafe {
        let d = &mut *DRIVER;
        let f = func.as_ptr().cast::<PyFunctionObject>();
        let code = pyrs_vm::code::body((*f).func_code);
        let region = d
            .regions
            .get_mut(((*code).entry_region as usize).checked_sub(1)?)?;
        let kind = Kind::Function {
            code,
            globals: (*f).func_globals as usize,
            builtins: (*f).func_builtins as usize,
        };
        let known = region.kind == kind && (region.busy || region.compiled.is_some());
        region.shared |= known;
        known.then(|| region.cell.address())
    }
}

/// The entry of functions that have no code.
unsafe extern "C" fn not_compiled(_registers: *mut u64, _context: *mut JitContext) -> u64 {
    NOT_COMPILED
}

/// The driver. The reference must not be held while Python code may run.
///
/// # Safety
/// The GIL is held and the JIT is installed.
#[expect(clippy::mut_from_ref, reason = "guarded by the GIL")]
unsafe fn driver(_gil: &()) -> &mut Driver {
    // SAFETY: by contract.
    unsafe { &mut *DRIVER }
}

fn code_of(frame: *mut Frame) -> &'static Code {
    // SAFETY: the body of a running frame is alive.
    unsafe { &*(*frame).code.cast::<Code>() }
}

unsafe fn loop_hook(ts: *mut ThreadState, frame: *mut Frame, back_edge: *const u64) -> LoopAction {
    // SAFETY: called by the interpreter with the GIL held; `back_edge` is a JUMP_BACK with its extra word.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        if d.recording || (*frame).flags.has(FrameFlags::TRACED) {
            return LoopAction::Interpret;
        }
        let header = (*frame).pc as usize;
        let word = back_edge.add(1).cast_mut();
        let number = (*word >> 32) as usize;
        let index = match number
            .checked_sub(1)
            .or_else(|| d.by_header.get(&header).copied())
        {
            Some(index) => index,
            None if d.options.is_patient() && !d.iterates_often(header) => {
                return LoopAction::Interpret;
            }
            None => {
                let code = code_of(frame);
                let name = region_name(code, code.index_of((*frame).pc));
                let index = d.new_region(code, name, Kind::Loop { header });
                d.by_header.insert(header, index);
                index
            }
        };
        let region = &mut d.regions[index];
        if region.paused {
            to_interpreter(back_edge.cast_mut());
            if !region.back_edges.contains(&back_edge.cast_mut()) {
                region.back_edges.push(back_edge.cast_mut());
            }
            return LoopAction::Interpret;
        }
        if region.compiled.is_some() {
            if number == 0 {
                to_jit(back_edge.cast_mut(), index);
            }
            if region.restart && !region.busy && !region.compiling && !d.records_too_much(KNOWN) {
                return record_root(ts, frame, index);
            }
            return enter(ts, frame, index);
        }
        if number != 0 {
            // It was given up.
            to_interpreter(back_edge.cast_mut());
        }
        if region.failures >= MAX_FAILURES || region.busy {
            return LoopAction::Interpret;
        }
        if d.options.is_patient() && region.sits_out_import() {
            return LoopAction::Interpret;
        }
        if region.compiling {
            if !region.back_edges.contains(&back_edge.cast_mut()) {
                region.back_edges.push(back_edge.cast_mut());
            }
            return LoopAction::Interpret;
        }
        if region.skip > 0 {
            region.skip -= 1;
            return LoopAction::Interpret;
        }
        region.back_edges.push(back_edge.cast_mut());
        // If that fails it is tried again before long, and not in step with a loop that ends after as many iterations.
        let threshold = pyrs_vm::jit::loop_threshold();
        let longest = if d.options.is_patient() {
            threshold * LOOKS / 2
        } else {
            threshold
        };
        let again = (RETRY << region.failures.min(8)).min(longest - 1);
        region.skip = again / threshold;
        *word = *word & !0xFFFF_FFFF | u64::from(threshold - (again % threshold).max(1));
        record_root(ts, frame, index)
    }
}

/// Makes a back edge enter the region from now on.
unsafe fn to_jit(back_edge: *mut u64, index: usize) {
    // SAFETY: the caller names a back edge of a live body: a JUMP_BACK with its extra word.
    unsafe {
        let word = back_edge.add(1);
        *word = *word & 0xFFFF_FFFF | ((index as u64 + 1) << 32);
        *back_edge = Instr(*back_edge)
            .with_op(pyrs_bytecode::Op::JUMP_BACK_JIT)
            .0;
    }
}

/// Makes a back edge count again.
unsafe fn to_interpreter(back_edge: *mut u64) {
    // SAFETY: as `to_jit`.
    unsafe {
        *back_edge.add(1) &= 0xFFFF_FFFF;
        *back_edge = Instr(*back_edge).with_op(pyrs_bytecode::Op::JUMP_BACK).0;
    }
}

/// What it is called in reports.
fn region_name(code: &Code, at: u32) -> String {
    // SAFETY: a live code object.
    let name = unsafe { Value::from_object((*code.object).co_name) };
    let name = pyrs_object::str::to_string_lossy(name);
    format!("{name}:{}", code.line_at(at))
}

/// Milliseconds since the JIT was first asked, at least 1.
pub(crate) fn clock() -> u32 {
    static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
    let start = START.get_or_init(std::time::Instant::now);
    u32::try_from(start.elapsed().as_millis()).map_or(u32::MAX, |t| t.saturating_add(1))
}

/// Whether the threshold's calls of a function came so fast that code for it is worth what it costs. Functions that are
/// called now and then add up to programs that run slower from compiled code: there is more of it than of bytecode and
/// interpreter, and the processor's caches do not hold it.
fn is_called_often(code: &mut Code) -> bool {
    let (now, since) = (clock(), code.entry_since);
    let often = since != 0 && now - since <= WINDOW;
    if !often {
        code.entry_since = now;
        let threshold = pyrs_vm::jit::entry_threshold();
        let seen = if since == 0 {
            pyrs_vm::jit::first_look()
        } else {
            0
        };
        code.entry_counter = threshold.saturating_sub(seen).max(2);
    }
    often
}

unsafe fn entry_hook(ts: *mut ThreadState, frame: *mut Frame) -> LoopAction {
    // SAFETY: called by the interpreter with the GIL held.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        let code = (*frame).code.cast::<Code>().cast_mut();
        let plain = coflags::OPTIMIZED | coflags::NEWLOCALS;
        if d.recording || (*frame).flags.has(FrameFlags::TRACED) {
            return LoopAction::Interpret;
        }
        if (*code).flags & plain != plain
            || (*code).is_generator_like()
            || !(*frame).locals.is_null()
        {
            (*code).entry_counter = 0;
            return LoopAction::Interpret;
        }
        if d.options.is_patient() && (*code).entry_region == 0 && !is_called_often(&mut *code) {
            return LoopAction::Interpret;
        }
        let kind = Kind::Function {
            code,
            globals: (*frame).globals as usize,
            builtins: (*frame).builtins as usize,
        };
        let index = match ((*code).entry_region as usize).checked_sub(1) {
            Some(index) => index,
            None => {
                let index = d.new_region(&*code, region_name(&*code, 0), kind);
                (*code).entry_region = index as u32 + 1;
                index
            }
        };
        let region = &mut d.regions[index];
        if region.kind != kind || region.busy || region.paused {
            return LoopAction::Interpret;
        }
        if region.compiled.is_some() {
            if region.restart && !region.compiling && !d.records_too_much(KNOWN) {
                return record_root(ts, frame, index);
            }
            return enter(ts, frame, index);
        }
        if region.compiling {
            region.wait();
            return LoopAction::Interpret;
        }
        if region.failures >= MAX_FAILURES {
            (*code).entry_counter = 0;
            return LoopAction::Interpret;
        }
        if d.options.is_patient() && region.sits_out_import() {
            (*code).entry_counter = pyrs_vm::jit::entry_threshold().max(2);
            return LoopAction::Interpret;
        }
        record_root(ts, frame, index)
    }
}

/// Takes over what the compiler thread has finished.
fn ready_hook() {
    // SAFETY: called at a safepoint with the GIL held.
    unsafe {
        if DRIVER.is_null() {
            return;
        }
        let d = &mut *DRIVER;
        let Some(worker) = &d.worker else { return };
        let (done, lost) = worker.take();
        for done in done {
            d.install(done);
        }
        if lost {
            for index in 0..d.regions.len() {
                if std::mem::take(&mut d.regions[index].compiling) {
                    d.recycle(index);
                    d.schedule(index);
                }
            }
        }
    }
}

impl Driver {
    /// Whether the back edges of a loop came as fast as calls of [a function](is_called_often) must, in the second half of
    /// its iterations. A loop that enters compiled code each time it goes round is known to be worth code sooner.
    fn iterates_often(&mut self, header: usize) -> bool {
        let (now, entered) = (clock(), self.entered);
        let Some(seen) = self.looked_at.get_mut(&header) else {
            let seen = Looked {
                looks: 1,
                half: now,
                last: now,
                entered,
            };
            self.looked_at.insert(header, seen);
            return false;
        };
        seen.looks += 1;
        let encloses = entered - seen.entered >= u64::from(pyrs_vm::jit::loop_threshold())
            && now - seen.last <= WINDOW * 2 / LOOKS;
        (seen.last, seen.entered) = (now, entered);
        let often = encloses || seen.looks >= LOOKS && now - seen.half <= WINDOW;
        if often {
            self.looked_at.remove(&header);
        } else if seen.looks == LOOKS / 2 || seen.looks >= LOOKS {
            (seen.looks, seen.half) = (LOOKS / 2, now);
        }
        often
    }

    /// Compiles a region as recorded so far, on the compiler's thread if there is one.
    fn schedule(&mut self, index: usize) {
        let region = &mut self.regions[index];
        if region.compiling || region.given_up {
            return;
        }
        let Some(recording) = &region.recording else {
            return;
        };
        let recording = if self.options.stress.is_on() {
            let mut recording = recording.unpack();
            self.stress.instrument(&mut recording.region);
            Arc::new(recording.pack())
        } else {
            recording.clone()
        };
        let number = self.codes.len();
        self.codes.push(None);
        region.pending = (0, 0);
        region.wait();
        let generation = region.generation;
        let job = worker::Job {
            region: index,
            generation,
            number,
            recording,
            passes: self.passes.clone(),
            check: cfg!(debug_assertions) || self.options.stress.is_on(),
            dump_ir: self.options.dump_ir,
            first: region.compiled.is_none(),
        };
        let job = match &self.worker {
            Some(worker) => match worker.submit(job) {
                Ok(()) => return,
                Err(job) => {
                    self.worker = None;
                    *job
                }
            },
            None => job,
        };
        if self.compiler.is_none() {
            self.compiler = Compiler::new(self.memory.clone(), self.native).ok();
        }
        let done = match &mut self.compiler {
            Some(compiler) => worker::run(compiler, job),
            None => worker::Done {
                region: index,
                generation,
                number: job.number,
                code: Err("no compiler for this machine".into()),
                micros: 0,
            },
        };
        self.install(done);
    }

    /// Whether the paths that were added to a region should be compiled now. The longer that takes, the more exits there
    /// must have been meanwhile to make it worth the time; on the running thread many paths do, too.
    fn wants_compilation(&self, index: usize) -> bool {
        let region = &self.regions[index];
        let (paths, exits) = region.pending;
        if paths == 0 || region.compiling || region.busy {
            return false;
        }
        if let Some(worker) = &self.worker {
            let micros = if worker.is_idle() {
                IDLE_MICROS_PER_EXIT
            } else {
                MICROS_PER_EXIT
            };
            exits >= region.cost / micros && !worker.is_busy()
        } else {
            paths > region.sides / 4 || exits > PENDING_EXITS
        }
    }

    /// Lets a region be entered again, and those that are paused until it has other code.
    fn wake(&mut self, index: usize) {
        self.regions[index].resume();
        for other in std::mem::take(&mut self.regions[index].awaited_by) {
            self.regions[other].resume();
        }
    }

    /// Makes finished code the region's. After a failure older code stays.
    fn install(&mut self, done: worker::Done) {
        self.stats.micros += done.micros;
        let index = done.region;
        self.wake(index);
        let region = &mut self.regions[index];
        region.compiling = false;
        if region.given_up {
            self.recycle(index);
            return;
        }
        if region.recording.is_none() {
            // What it was made for is gone.
            region.count_entries(pyrs_vm::jit::entry_threshold());
            return;
        }
        match done.code {
            Ok(code) => {
                self.stats.compiled += 1;
                self.stats.bytes += code.size;
                let entry = code.entry();
                let compiled = Rc::new(Compiled {
                    region: index,
                    generation: done.generation,
                    code,
                    entry,
                });
                self.codes[done.number] = Some(compiled.clone());
                region.cell.swap(entry);
                region.look();
                for back_edge in region.back_edges.drain(..) {
                    // SAFETY: the region keeps the body alive.
                    unsafe { to_jit(back_edge, index) };
                }
                if let Some(old) = region.compiled.replace(compiled) {
                    let is_old =
                        |c: &Option<Rc<Compiled>>| c.as_ref().is_some_and(|c| Rc::ptr_eq(c, &old));
                    let old = self.codes.iter().position(is_old);
                    self.replaced.extend(old);
                }
                region.cost = u32::try_from(done.micros).unwrap_or(u32::MAX);
                if done.generation != region.generation || self.wants_compilation(index) {
                    self.schedule(index);
                }
            }
            Err(e) => {
                if region.compiled.is_none() {
                    region.discard();
                } else {
                    // No more of them.
                    region.sides = MAX_SIDES;
                }
                self.stats
                    .note(&format!("not compiled: {}", e.lines().next().unwrap_or("")));
                if self.options.stats {
                    eprintln!("{e}");
                }
            }
        }
    }
    /// Whether recording has taken more than `weight` times its share of the time since the program began.
    fn records_too_much(&self, weight: u64) -> bool {
        let elapsed = u64::try_from(self.began.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.options.is_patient() && self.stats.recording_micros > weight * recording_share(elapsed)
    }
    /// Whether compilation on the running thread has taken more than its share of the time since the program began.
    fn is_over_budget(&self) -> bool {
        let elapsed = self.began.elapsed().as_micros();
        self.worker.is_none()
            && !self.options.sync
            && !self.options.stress.is_on()
            && self.stats.micros > BUDGET_START + elapsed / BUDGET_SHARE
    }
    /// Frees replaced code once none can be running.
    fn sweep(&mut self) {
        if self.active == 0 {
            for n in self.replaced.drain(..) {
                self.codes[n] = None;
            }
        }
    }
}

/// Ends compilation and gives up the objects that compiled code keeps alive, so that they can die with their modules.
/// Called once, before the modules are destroyed.
pub fn shutdown() {
    // SAFETY: with the GIL held.
    unsafe {
        if DRIVER.is_null() || (*DRIVER).active > 0 {
            return;
        }
        // The hooks answer "interpret" from now on.
        (*DRIVER).recording = true;
        let mut kept = Vec::new();
        for region in &mut (*DRIVER).regions {
            region.discard();
            kept.append(&mut region.kept.objects);
        }
        for v in kept {
            pyrs_object::heap::decref(v);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Young programs record little; old ones up to a sixth of their time.
    #[test]
    fn recording_gets_more_of_a_long_run() {
        let share = |millis: u64| recording_share(millis * 1000);
        assert_eq!(share(0), RECORDING_START);
        assert!(share(100) < 5_000);
        assert!(share(1_000) > 150_000);
        let growth = share(3_000) - share(2_000);
        assert!(growth.abs_diff(10_000 + SECOND / RECORDING_GROWTH) < 2);
        assert!(recording_share(u64::MAX) > 0);
    }
}
