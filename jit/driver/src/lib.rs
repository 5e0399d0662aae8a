//! Counters, region cache, side exits, deoptimization: ties recorder, passes and lowering together.
//!
//! [`install`] hooks into the interpreter's loops. A region is kept as recorded, so that paths behind hot exits can be
//! added; passes and lowering run on a copy each time. All state is guarded by the GIL; nothing of it is borrowed
//! while compiled code or the interpreter runs.

mod deopt;
mod stress;

use pyrs_jit_ir::context::{JitContext, NOT_COMPILED, RETURNED, split_status};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::passes::{self, PassSet};
use pyrs_jit_ir::record::Recording;
use pyrs_jit_ir::region::{ExitId, Imm};
use pyrs_jit_native::{CodeMemory, CompiledRegion, Compiler, EntryCell, EntryFn};
use pyrs_jit_record::{After, End, Env, Recorder};
use pyrs_object::layout::{Frame, FrameFlags, PyFunctionObject, coflags};
use pyrs_object::thread::ThreadState;
use pyrs_object::{Ref, Value, errors};
use pyrs_vm::code::Code;
use pyrs_vm::interp::Single;
use pyrs_vm::jit::LoopAction;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
pub use stress::Stress;

/// Times an exit is taken before a path is recorded from it.
const HOT_EXIT: u32 = 100;
/// Paths for kinds of operands at one instruction; then one that takes any.
const MAX_KINDS: u32 = 4;
/// Instructions that take any operands in a region; with more of them the interpreter is faster.
const MAX_GENERIC: usize = 2;
/// Paths that are added to a region.
const MAX_SIDES: u32 = 60;
/// Time that compilation may take: so much at once (microseconds), and one part in so many of the time that has passed.
const BUDGET_START: u128 = 40_000;
const BUDGET_SHARE: u128 = 5;
/// Exits taken after which a region is compiled with what was added to it meanwhile.
const PENDING_EXITS: u32 = 500;
/// Native stack that compiled calls leave alone, in bytes.
const NATIVE_RESERVE: usize = 128 << 10;
/// Failed recordings of a loop before it is left alone.
const MAX_FAILURES: u32 = 6;

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
}

/// Where a region is entered.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Loop,
    /// At the start of a function with these globals and builtins.
    Function {
        code: *mut Code,
        globals: usize,
        builtins: usize,
    },
}

struct Region {
    name: String,
    kind: Kind,
    recording: Option<Recording>,
    compiled: Option<Rc<Compiled>>,
    /// What `call_region` enters.
    cell: Box<EntryCell>,
    initial: Rc<HashSet<u32>>,
    exits: HashMap<ExitId, ExitState>,
    keep: Vec<Value>,
    singles: Vec<Box<Single>>,
    sides: u32,
    failures: u32,
    skip: u32,
    entries: u64,
    /// It is being recorded.
    busy: bool,
    /// Paths that were recorded since it was compiled, and exits taken since the first of them.
    pending: (u32, u32),
    worth: Worth,
    /// Paths recorded from failing guards on operands, by instruction (code, pc).
    kinds: HashMap<(u64, u32), u32>,
    /// Instructions with too many of them.
    generic: Rc<HashSet<(u64, u32)>>,
}
/// Whether a region gains anything, found out by looking at some entries after each compilation.
#[derive(Default)]
struct Worth {
    entries: u32,
    /// Entries that ended at an exit from which nothing more will be recorded.
    dead_ends: u32,
    /// Time in compiled code, in cycles.
    cycles: u64,
}
impl Worth {
    /// Looked at.
    const SAMPLE: u32 = 400;
    /// What entering and leaving costs, in cycles: code that runs for less is slower than the interpreter.
    const OVERHEAD: u64 = 900;
    fn is_nothing(&self) -> bool {
        self.entries >= Self::SAMPLE
            && self.dead_ends > self.entries / 2
            && self.cycles / u64::from(self.entries) < Self::OVERHEAD
    }
}
#[derive(Default)]
struct ExitState {
    taken: u64,
    count: u32,
    failures: u32,
    never: bool,
}
struct Compiled {
    region: usize,
    code: CompiledRegion,
    entry: EntryFn,
}

/// A region that has left and whose frames are to be rebuilt.
enum Left {
    Exit {
        compiled: Rc<Compiled>,
        exit: u32,
        values: Vec<u64>,
    },
    /// A function without code was called with these registers.
    NotCompiled(Vec<u64>),
}

#[derive(Default)]
struct Stats {
    recorded: u32,
    sides: u32,
    compiled: u32,
    bytes: usize,
    micros: u128,
    ends: BTreeMap<String, u32>,
}

struct Driver {
    env: Env,
    compiler: Compiler,
    passes: PassSet,
    options: Options,
    regions: Vec<Region>,
    by_header: HashMap<usize, usize>,
    /// Code by the number in the status it returns; kept while it may be running.
    codes: Vec<Option<Rc<Compiled>>>,
    /// Numbers of code that newer code has replaced.
    replaced: Vec<usize>,
    /// Regions entered by the interpreter and not left yet.
    active: u32,
    /// By address of the thread state.
    contexts: HashMap<usize, Box<JitContext>>,
    last_context: (usize, *mut JitContext),
    /// Regions that have left so far, innermost first.
    left: Vec<Left>,
    recording: bool,
    stats: Stats,
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
    let compiler = Compiler::new(CodeMemory::default(), native)?;
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
        compiler,
        stress: stress::State::new(&options.stress),
        began: std::time::Instant::now(),
        options,
        regions: Vec::new(),
        by_header: HashMap::new(),
        codes: Vec::new(),
        replaced: Vec::new(),
        active: 0,
        contexts: HashMap::new(),
        last_context: (0, std::ptr::null_mut()),
        left: Vec::new(),
        recording: false,
        stats: Stats::default(),
    };
    // SAFETY: by contract; the driver lives as long as the process.
    unsafe {
        DRIVER = Box::into_raw(Box::new(driver));
        let entries = options_entry_threshold(threshold);
        pyrs_vm::jit::install(loop_hook, entry_hook, threshold, entries);
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
        let d = &*DRIVER;
        let f = func.as_ptr().cast::<PyFunctionObject>();
        let code = pyrs_vm::code::body((*f).func_code);
        let region = d
            .regions
            .get(((*code).entry_region as usize).checked_sub(1)?)?;
        let kind = Kind::Function {
            code,
            globals: (*f).func_globals as usize,
            builtins: (*f).func_builtins as usize,
        };
        (region.kind == kind && (region.busy || region.compiled.is_some()))
            .then(|| region.cell.address())
    }
}

/// The entry of functions that have no code.
unsafe extern "C" fn not_compiled(_registers: *mut u64, _context: *mut JitContext) -> u64 {
    NOT_COMPILED
}

/// Notes that compiled code has left: its values are in the context.
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

/// The driver. The reference must not be held while Python code may run.
///
/// # Safety
/// The GIL is held and the JIT is installed.
#[expect(clippy::mut_from_ref, reason = "guarded by the GIL")]
unsafe fn driver<'a>(_gil: &'a ()) -> &'a mut Driver {
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
            None => {
                let index = d.regions.len();
                let code = code_of(frame);
                let name = region_name(code, code.index_of((*frame).pc));
                d.regions.push(Region::new(name, Kind::Loop));
                d.by_header.insert(header, index);
                index
            }
        };
        let region = &mut d.regions[index];
        if region.compiled.is_none() && number != 0 {
            // It was given up.
            use pyrs_bytecode::{Instr, Op};
            *word &= 0xFFFF_FFFF;
            *back_edge.cast_mut() = Instr(*back_edge).with_op(Op::JUMP_BACK).0;
        }
        if region.compiled.is_some() {
            if number == 0 {
                use pyrs_bytecode::{Instr, Op};
                *word = *word & 0xFFFF_FFFF | ((index as u64 + 1) << 32);
                *back_edge.cast_mut() = Instr(*back_edge).with_op(Op::JUMP_BACK_JIT).0;
            }
            return enter(ts, frame, index);
        }
        if region.failures >= MAX_FAILURES || region.busy {
            return LoopAction::Interpret;
        }
        if region.skip > 0 {
            region.skip -= 1;
            return LoopAction::Interpret;
        }
        record_root(ts, frame, index)
    }
}

/// What it is called in reports.
fn region_name(code: &Code, at: u32) -> String {
    // SAFETY: a live code object.
    let name = unsafe { Value::from_object((*code.object).co_name) };
    let name = pyrs_object::str::to_string_lossy(name);
    format!("{name}:{}", code.line_at(at))
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
        let kind = Kind::Function {
            code,
            globals: (*frame).globals as usize,
            builtins: (*frame).builtins as usize,
        };
        let index = match ((*code).entry_region as usize).checked_sub(1) {
            Some(index) => index,
            None => {
                d.regions.push(Region::new(region_name(&*code, 0), kind));
                (*code).entry_region = d.regions.len() as u32;
                d.regions.len() - 1
            }
        };
        let region = &mut d.regions[index];
        if region.kind != kind || region.busy {
            return LoopAction::Interpret;
        }
        if region.compiled.is_some() {
            return enter(ts, frame, index);
        }
        if region.failures >= MAX_FAILURES {
            (*code).entry_counter = 0;
            return LoopAction::Interpret;
        }
        record_root(ts, frame, index)
    }
}

impl Region {
    fn new(name: String, kind: Kind) -> Region {
        Region {
            name,
            kind,
            recording: None,
            compiled: None,
            cell: Box::new(EntryCell::new(not_compiled)),
            initial: Rc::default(),
            exits: HashMap::new(),
            keep: Vec::new(),
            singles: Vec::new(),
            sides: 0,
            failures: 0,
            skip: 0,
            entries: 0,
            busy: false,
            pending: (0, 0),
            worth: Worth::default(),
            kinds: HashMap::new(),
            generic: Rc::default(),
        }
    }
    /// Gives the region up: the interpreter is faster.
    fn discard(&mut self) {
        self.compiled = None;
        self.failures = MAX_FAILURES;
        self.cell.swap(not_compiled);
        if let Kind::Function { code, .. } = self.kind {
            // SAFETY: the region keeps the body alive.
            unsafe { (*code).entry_counter = 0 };
        }
    }
    fn is_function(&self) -> bool {
        self.kind != Kind::Loop
    }
    /// After a failed recording: waits longer each time.
    fn failed(&mut self, entry_threshold: u32) {
        self.failures += 1;
        self.skip = 1 << self.failures;
        if let Kind::Function { code, .. } = self.kind {
            // SAFETY: the region keeps the body alive.
            unsafe {
                (*code).entry_counter = if self.failures >= MAX_FAILURES {
                    0
                } else {
                    entry_threshold << self.failures
                };
            }
        }
    }
}

/// What the interpreter does after a recording.
fn go_on(after: After) -> LoopAction {
    match after {
        After::Resume => LoopAction::Resume,
        After::Raise => LoopAction::Raised,
        After::Left(exit) => LoopAction::Exit(exit),
    }
}

unsafe fn record_root(ts: *mut ThreadState, frame: *mut Frame, index: usize) -> LoopAction {
    // SAFETY: the GIL is held; the driver is not borrowed while the recorder steps.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        if d.is_over_budget() {
            let region = &mut d.regions[index];
            region.skip = 8;
            if let Kind::Function { code, .. } = region.kind {
                (*code).entry_counter = pyrs_vm::jit::entry_threshold() * 4;
            }
            return LoopAction::Interpret;
        }
        d.recording = true;
        d.stats.recorded += 1;
        let env: *const Env = &d.env;
        let region = &mut d.regions[index];
        region.busy = true;
        let function = region.is_function();
        let start = if function {
            pyrs_jit_record::start_function(&*env, frame, &region.name)
        } else {
            pyrs_jit_record::start(&*env, frame, &region.name)
        };
        // The code object stays alive with its region, and what else it was recorded for.
        let code = Value::from_object(code_of(frame).object.cast());
        let globals = Value::from_object((*frame).globals);
        let builtins = Value::from_object((*frame).builtins);
        let mut recorder = Recorder::new(&*env, ts, start.builder, start.initial.clone());
        if function {
            recorder.set_function();
        }
        for v in [code, globals, builtins] {
            recorder.keep_alive(v);
        }
        let (end, after) = recorder.run();
        let d = driver(&gil);
        d.recording = false;
        d.note(&end);
        let threshold = pyrs_vm::jit::entry_threshold();
        let region = &mut d.regions[index];
        region.busy = false;
        if matches!(end, End::Joined) {
            let (recording, keep, singles) = recorder.finish();
            region.recording = Some(recording);
            region.initial = start.initial;
            region.keep.extend(keep);
            region.singles.extend(singles);
            match d.compile(index) {
                Ok(()) => {
                    if let Kind::Function { code, .. } = d.regions[index].kind {
                        (*code).entry_counter = 1;
                    }
                }
                Err(e) => {
                    d.note_text(&format!("not compiled: {}", e.lines().next().unwrap_or("")));
                    if d.options.stats {
                        eprintln!("{e}");
                    }
                    d.regions[index].failures = MAX_FAILURES;
                    d.regions[index].failed(threshold);
                }
            }
        } else {
            region.failed(threshold);
            let kept = std::mem::take(&mut recorder.keep);
            kept.into_iter().for_each(pyrs_object::heap::decref);
        }
        go_on(after)
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
unsafe fn enter(ts: *mut ThreadState, frame: *mut Frame, index: usize) -> LoopAction {
    // SAFETY: the frame is at the region's entry; code that runs is kept by the clone.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        let region = &mut d.regions[index];
        let Some(compiled) = &region.compiled else {
            return LoopAction::Interpret;
        };
        // Replaced code is kept while a region is active.
        let entry = compiled.entry;
        region.entries += 1;
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
        (*context).depth_limit = u64::from((*ts).recursion_limit.saturating_sub((*ts).depth));
        (*context).stack_limit = pyrs_vm::safepoint::stack_limit(NATIVE_RESERVE) as u64;
        (*context).deopt_callee = note_left as *const () as u64;
        // Code that runs in between may use the same context: results that are on their way.
        let results = if d.active > 1 {
            *(*context).arguments.first_chunk::<16>().unwrap_or(&[0; 16])
        } else {
            [0; 16]
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
        }
        if d.active > 0 && status == RETURNED {
            (&mut (*context).arguments)[..16].copy_from_slice(&results);
        }
        if status == RETURNED {
            return LoopAction::Returned(Ref::from_owned(Value::from_bits((*context).result)));
        }
        note_left(context, status);
        let chain = std::mem::take(&mut d.left);
        let env: *const Env = &d.env;
        let mut dropped = Vec::new();
        for (n, left) in chain.iter().rev().enumerate() {
            let frame = if n == 0 { frame } else { (*ts).frame };
            match left {
                Left::Exit {
                    compiled,
                    exit,
                    values,
                } => {
                    if let Some(info) = compiled.code.exit(*exit) {
                        dropped.push(deopt::rebuild(ts, frame, info, values.as_ptr(), &*env));
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
        if d.active > 0 {
            (&mut (*context).arguments)[..16].copy_from_slice(&results);
        }
        d.stress.left();
        let raised = errors::occurred();
        let Some(Left::Exit { compiled, exit, .. }) = chain.first() else {
            return LoopAction::Resume;
        };
        let Some(info) = compiled.code.exit(*exit) else {
            return LoopAction::Resume;
        };
        let (origin, index) = (info.origin, compiled.region);
        let region = &mut d.regions[index];
        let state = region.exits.entry(origin).or_default();
        state.taken += 1;
        if state.never && region.pending.0 == 0 || raised {
            region.worth.dead_ends += 1;
            if region.worth.is_nothing() && !d.options.stress.is_on() {
                region.discard();
                d.note_text("given up: the interpreter is faster");
                return if raised {
                    LoopAction::Raised
                } else {
                    LoopAction::Resume
                };
            }
            if region.worth.entries > Worth::SAMPLE {
                region.worth = Worth::default();
            }
        }
        if raised {
            return LoopAction::Raised;
        }
        state.count += 1;
        if region.pending.0 > 0 {
            region.pending.1 += 1;
            if region.pending.1 > PENDING_EXITS && !region.busy && !d.recording {
                d.compile_pending(index);
                return LoopAction::Resume;
            }
        }
        let hot = if d.options.stress.is_on() {
            10_000
        } else {
            HOT_EXIT.min(d.options.threshold.unwrap_or(HOT_EXIT).max(2))
        };
        if state.count < hot << state.failures.min(8)
            || state.never
            || region.sides >= MAX_SIDES
            || region.busy
            || d.recording
        {
            return LoopAction::Resume;
        }
        state.count = 0;
        record_side(ts, index, origin)
    }
}

/// The helper's name if the exit is that of a call.
fn exit_call(recording: &Recording, exit: ExitId) -> Option<String> {
    for b in recording.region.block_ids() {
        for i in &recording.region.block(b).insts {
            if i.exit == Some(exit)
                && i.op == Op::Call
                && let Imm::Helper(h) = i.imm
            {
                return Some(recording.region.tables.helper(h).name.clone());
            }
        }
    }
    None
}
/// Whether what happens behind the exit says nothing about the program's paths.
fn is_accidental(recording: &Recording, exit: ExitId) -> bool {
    recording.region.block_ids().any(|b| {
        recording.region.block(b).insts.iter().any(|i| {
            i.exit == Some(exit) && matches!(i.op, Op::Poll | Op::GuardDepth | Op::CallRegion)
        })
    })
}

unsafe fn record_side(ts: *mut ThreadState, index: usize, origin: ExitId) -> LoopAction {
    // SAFETY: as `record_root`.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        if d.is_over_budget() {
            return LoopAction::Resume;
        }
        let region = &mut d.regions[index];
        let Some(recording) = region.recording.clone() else {
            return LoopAction::Resume;
        };
        let call = exit_call(&recording, origin);
        let refused =
            is_accidental(&recording, origin) || call.as_deref().is_some_and(|h| h != "iter_next");
        let site = recording
            .region
            .exits
            .get(origin.index())
            .filter(|x| !x.other_way)
            .and_then(|x| x.frames.last())
            .map(|f| (f.code, f.pc));
        if let Some(site) = site {
            let kinds = region.kinds.entry(site).or_default();
            *kinds += 1;
            if *kinds >= MAX_KINDS {
                Rc::make_mut(&mut region.generic).insert(site);
                if region.generic.len() > MAX_GENERIC {
                    region.discard();
                    d.note_text("given up: too many kinds of operands");
                    return LoopAction::Resume;
                }
            }
        }
        let generic = region.generic.clone();
        let builder = if refused {
            None
        } else {
            pyrs_jit_record::resume(recording, origin)
        };
        let Some(builder) = builder else {
            region.exits.entry(origin).or_default().never = true;
            return LoopAction::Resume;
        };
        region.sides += 1;
        region.busy = true;
        d.stats.sides += 1;
        d.recording = true;
        let function = region.is_function();
        let env: *const Env = &d.env;
        let initial = region.initial.clone();
        let mut recorder = Recorder::new(&*env, ts, builder, initial);
        recorder.set_generic(generic);
        recorder.start_behind_exit();
        if function {
            recorder.set_function();
        }
        if call.is_some() {
            recorder.check_error();
        }
        let (end, after) = recorder.run();
        let d = driver(&gil);
        d.recording = false;
        d.regions[index].busy = false;
        d.note(&end);
        let useful = match &end {
            End::Joined => true,
            End::Exited(_) => recorder.steps() > 12,
            End::Aborted(_) => false,
        };
        let state = d.regions[index].exits.entry(origin).or_default();
        if useful {
            state.never = true;
            let (recording, keep, singles) = recorder.finish();
            let region = &mut d.regions[index];
            region.recording = Some(recording);
            region.keep.extend(keep);
            region.singles.extend(singles);
            region.pending.0 += 1;
            // The larger a region is, the more paths it takes to make compiling it again worth the time.
            if region.pending.0 > region.sides / 4 {
                d.compile_pending(index);
            }
        } else {
            state.failures += 1;
            if state.failures > 3 {
                state.never = true;
            }
            let kept = std::mem::take(&mut recorder.keep);
            kept.into_iter().for_each(pyrs_object::heap::decref);
        }
        go_on(after)
    }
}

impl Driver {
    /// Compiles a region with the paths that were added to it. The old code stays if that fails.
    fn compile_pending(&mut self, index: usize) {
        if let Err(e) = self.compile(index) {
            self.note_text(&format!(
                "side not compiled: {}",
                e.lines().next().unwrap_or("")
            ));
            if self.options.stats {
                eprintln!("{e}");
            }
            // No more of them.
            self.regions[index].sides = MAX_SIDES;
        }
        self.regions[index].pending = (0, 0);
    }
    /// Whether compilation has taken more than its share of the time since the program began.
    fn is_over_budget(&self) -> bool {
        let elapsed = self.began.elapsed().as_micros();
        !self.options.sync
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
    fn note(&mut self, end: &End) {
        let text = match end {
            End::Joined => String::from("joined"),
            End::Exited(why) => format!("ended at: {why}"),
            End::Aborted(why) => format!("aborted: {why}"),
        };
        self.note_text(&text);
    }
    fn note_text(&mut self, text: &str) {
        *self.stats.ends.entry(text.to_string()).or_default() += 1;
    }

    fn compile(&mut self, index: usize) -> Result<(), String> {
        let began = std::time::Instant::now();
        let region = &mut self.regions[index];
        let recording = region.recording.as_ref().ok_or("nothing recorded")?;
        let mut copy = recording.region.clone();
        copy.id = self.codes.len() as u32;
        self.stress.instrument(&mut copy);
        let check = cfg!(debug_assertions) || self.options.stress.is_on();
        if check {
            pyrs_jit_ir::validate::validate(&copy)
                .map_err(|e| format!("recorded: {e}\n{}", pyrs_jit_ir::text::print(&copy)))?;
        }
        passes::optimize(&mut copy, &self.passes, check)?;
        if self.options.dump_ir {
            eprintln!("== {} ==\n{}", region.name, pyrs_jit_ir::text::print(&copy));
        }
        let code = self.compiler.compile(&copy)?;
        if let Some(asm) = &code.assembly {
            eprintln!("== {} ==\n{asm}", region.name);
        }
        self.stats.compiled += 1;
        self.stats.bytes += code.size;
        self.stats.micros += began.elapsed().as_micros();
        let entry = code.entry();
        let compiled = Rc::new(Compiled {
            region: index,
            code,
            entry,
        });
        self.codes.push(Some(compiled.clone()));
        region.cell.swap(entry);
        region.worth = Worth::default();
        if let Some(old) = region.compiled.replace(compiled) {
            let old = self
                .codes
                .iter()
                .position(|c| c.as_ref().is_some_and(|c| Rc::ptr_eq(c, &old)));
            self.replaced.extend(old);
        }
        Ok(())
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
            region.compiled = None;
            region.cell.swap(not_compiled);
            kept.append(&mut region.keep);
        }
        for v in kept {
            pyrs_object::heap::decref(v);
        }
    }
}

/// The statistics, if they were asked for.
pub fn report() -> Option<String> {
    use std::fmt::Write;
    // SAFETY: at exit, with the GIL held.
    let d = unsafe {
        if DRIVER.is_null() {
            return None;
        }
        &*DRIVER
    };
    if !d.options.stats {
        return None;
    }
    let s = &d.stats;
    let mut t = format!(
        "jit: {} loops recorded, {} side paths, {} compilations, {} bytes of code, {:.1} ms\n",
        s.recorded,
        s.sides,
        s.compiled,
        s.bytes,
        s.micros as f64 / 1000.0
    );
    for (why, n) in &s.ends {
        let _ = writeln!(t, "  {n:6} {why}");
    }
    for r in &d.regions {
        let _ = writeln!(
            t,
            "  {}: entered {}, {} sides{}",
            r.name,
            r.entries,
            r.sides,
            if r.compiled.is_none() {
                ", not compiled"
            } else {
                ""
            }
        );
        let mut exits: Vec<_> = r.exits.iter().collect();
        exits.sort_by_key(|(x, _)| x.0);
        for (x, e) in exits {
            let what = r
                .recording
                .as_ref()
                .and_then(|rec| describe(rec, *x))
                .unwrap_or_default();
            let _ = writeln!(t, "    exit {x}: {} times {what}", e.taken);
        }
    }
    Some(t)
}

fn describe(recording: &Recording, exit: ExitId) -> Option<String> {
    let x = recording.region.exits.get(exit.index())?;
    let f = x.frames.last()?;
    // SAFETY: bodies named in regions are kept alive by them.
    let code = unsafe { &*(f.code as *const Code) };
    let mut op = String::from("end of a path");
    for b in recording.region.block_ids() {
        for i in &recording.region.block(b).insts {
            if i.exit == Some(exit) {
                op = i.op.text().to_string();
            }
        }
    }
    Some(format!("({op}, line {}, pc {})", code.line_at(f.pc), f.pc))
}
