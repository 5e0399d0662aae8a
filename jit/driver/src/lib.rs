//! Counters, region cache, side exits, deoptimization: ties recorder, passes and lowering together.
//!
//! [`install`] hooks into the interpreter's loops. A region is kept as recorded, so that paths behind hot exits can be
//! added; passes and lowering run on a copy each time. All state is guarded by the GIL; nothing of it is borrowed
//! while compiled code or the interpreter runs.

mod deopt;
mod stress;

use pyrs_jit_ir::context::{JitContext, split_status};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::passes::{self, PassSet};
use pyrs_jit_ir::record::Recording;
use pyrs_jit_ir::region::{ExitId, Imm};
use pyrs_jit_native::{CodeMemory, CompiledRegion, Compiler, EntryFn};
use pyrs_jit_record::{End, Env, Recorder};
use pyrs_object::layout::{Frame, FrameFlags};
use pyrs_object::thread::ThreadState;
use pyrs_object::{Value, errors};
use pyrs_vm::code::Code;
use pyrs_vm::jit::LoopAction;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;
pub use stress::Stress;

/// Times an exit is taken before a path is recorded from it.
const HOT_EXIT: u32 = 100;
/// Paths that are added to a region.
const MAX_SIDES: u32 = 60;
/// Failed recordings of a loop before it is left alone.
const MAX_FAILURES: u32 = 6;

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Iterations before a loop is recorded.
    pub threshold: Option<u32>,
    /// Which guards are forced to fail.
    pub stress: Stress,
    /// Print what happened at exit.
    pub stats: bool,
    /// Passes that are left out.
    pub without: Vec<String>,
    /// Print the optimized IR of each region.
    pub dump_ir: bool,
    /// Print the machine code.
    pub dump_asm: bool,
}

struct Region {
    name: String,
    recording: Option<Recording>,
    compiled: Option<Rc<Compiled>>,
    initial: Rc<HashSet<u32>>,
    exits: HashMap<ExitId, ExitState>,
    keep: Vec<Value>,
    sides: u32,
    failures: u32,
    skip: u32,
    entries: u64,
}
#[derive(Default)]
struct ExitState {
    taken: u64,
    count: u32,
    failures: u32,
    never: bool,
}
struct Compiled {
    code: CompiledRegion,
    entry: EntryFn,
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
    context: Box<JitContext>,
    recording: bool,
    stats: Stats,
    stress: stress::State,
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
    let mut passes = PassSet::all();
    for name in &options.without {
        passes = passes.without(name)?;
    }
    let driver = Driver {
        passes,
        env: Env::new(),
        compiler,
        stress: stress::State::new(&options.stress),
        options,
        regions: Vec::new(),
        by_header: HashMap::new(),
        context: JitContext::new(64),
        recording: false,
        stats: Stats::default(),
    };
    // SAFETY: by contract; the driver lives as long as the process.
    unsafe {
        DRIVER = Box::into_raw(Box::new(driver));
        pyrs_vm::jit::install(loop_hook, threshold, u32::MAX);
    }
    Ok(())
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
                let name =
                    pyrs_object::str::to_string_lossy(Value::from_object((*code.object).co_name));
                let name = format!("{name}:{}", code.line_at(code.index_of((*frame).pc)));
                d.regions.push(Region {
                    name,
                    recording: None,
                    compiled: None,
                    initial: Rc::default(),
                    exits: HashMap::new(),
                    keep: Vec::new(),
                    sides: 0,
                    failures: 0,
                    skip: 0,
                    entries: 0,
                });
                d.by_header.insert(header, index);
                index
            }
        };
        let region = &mut d.regions[index];
        if region.compiled.is_some() {
            if number == 0 {
                use pyrs_bytecode::{Instr, Op};
                *word = *word & 0xFFFF_FFFF | ((index as u64 + 1) << 32);
                *back_edge.cast_mut() = Instr(*back_edge).with_op(Op::JUMP_BACK_JIT).0;
            }
            return enter(ts, frame, index);
        }
        if region.failures >= MAX_FAILURES {
            return LoopAction::Interpret;
        }
        if region.skip > 0 {
            region.skip -= 1;
            return LoopAction::Interpret;
        }
        record_root(ts, frame, index)
    }
}

unsafe fn record_root(ts: *mut ThreadState, frame: *mut Frame, index: usize) -> LoopAction {
    // SAFETY: the GIL is held; the driver is not borrowed while the recorder steps.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        d.recording = true;
        d.stats.recorded += 1;
        let env: *const Env = &d.env;
        let start = pyrs_jit_record::start(&*env, frame, &d.regions[index].name);
        // The code object stays alive with its region.
        let code = Value::from_object(code_of(frame).object.cast());
        let mut recorder = Recorder::new(&*env, ts, start.builder, start.initial.clone());
        recorder.keep_alive(code);
        let (end, left) = recorder.run();
        let d = driver(&gil);
        d.recording = false;
        let ok = match &end {
            End::Joined => true,
            End::Exited(_) => false,
            End::Aborted(_) => false,
        };
        d.note(&end);
        if ok {
            let (recording, keep) = recorder.finish();
            let region = &mut d.regions[index];
            region.recording = Some(recording);
            region.initial = start.initial;
            region.keep.extend(keep);
            if let Err(e) = d.compile(index) {
                d.note_text(&format!("not compiled: {}", e.lines().next().unwrap_or("")));
                if d.options.stats {
                    eprintln!("{e}");
                }
                d.regions[index].failures = MAX_FAILURES;
            }
        } else {
            let region = &mut d.regions[index];
            region.failures += 1;
            region.skip = 1 << region.failures;
        }
        match left {
            Some(exit) => LoopAction::Exit(exit),
            None => LoopAction::Resume,
        }
    }
}

/// Runs a region and what follows until the interpreter goes on.
unsafe fn enter(ts: *mut ThreadState, frame: *mut Frame, index: usize) -> LoopAction {
    // SAFETY: the frame is at the region's header; code that runs is kept by the clone.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        let Some(compiled) = d.regions[index].compiled.clone() else {
            return LoopAction::Interpret;
        };
        d.regions[index].entries += 1;
        d.stress.entered();
        let context: *mut JitContext = &mut *d.context;
        let status = (compiled.entry)(Frame::registers(frame).cast(), context);
        let d = driver(&gil);
        let (_, exit) = split_status(status);
        let Some(info) = compiled.code.exit(exit) else {
            return LoopAction::Interpret;
        };
        let buffer = d.context.exit_buffer.as_ptr();
        let env: *const Env = &d.env;
        deopt::rebuild(ts, frame, info, buffer, &*env);
        d.stress.left();
        let origin = info.origin;
        let raised = errors::occurred();
        let region = &mut d.regions[index];
        let state = region.exits.entry(origin).or_default();
        state.taken += 1;
        if raised {
            return LoopAction::Raised;
        }
        state.count += 1;
        let hot = if d.options.stress.is_on() {
            10_000
        } else {
            HOT_EXIT.min(d.options.threshold.unwrap_or(HOT_EXIT).max(2))
        };
        if state.count < hot << state.failures.min(8) || state.never || region.sides >= MAX_SIDES {
            return LoopAction::Resume;
        }
        state.count = 0;
        record_side(ts, index, origin)
    }
}

/// Whether a path may be recorded from the exit; the helper's name if it is that of a call.
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
fn is_poll(recording: &Recording, exit: ExitId) -> bool {
    recording.region.block_ids().any(|b| {
        recording
            .region
            .block(b)
            .insts
            .iter()
            .any(|i| i.exit == Some(exit) && i.op == Op::Poll)
    })
}

unsafe fn record_side(ts: *mut ThreadState, index: usize, origin: ExitId) -> LoopAction {
    // SAFETY: as `record_root`.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        let region = &mut d.regions[index];
        let Some(recording) = region.recording.clone() else {
            return LoopAction::Resume;
        };
        let call = exit_call(&recording, origin);
        let refused =
            is_poll(&recording, origin) || call.as_deref().is_some_and(|h| h != "iter_next");
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
        d.stats.sides += 1;
        d.recording = true;
        let env: *const Env = &d.env;
        let initial = region.initial.clone();
        let mut recorder = Recorder::new(&*env, ts, builder, initial);
        recorder.start_behind_exit();
        if call.is_some() {
            recorder.check_error();
        }
        let (end, left) = recorder.run();
        let d = driver(&gil);
        d.recording = false;
        d.note(&end);
        let useful = match &end {
            End::Joined => true,
            End::Exited(_) => recorder.steps() > 12,
            End::Aborted(_) => false,
        };
        let state = d.regions[index].exits.entry(origin).or_default();
        if useful {
            state.never = true;
            let (recording, keep) = recorder.finish();
            let region = &mut d.regions[index];
            let old = region.recording.replace(recording);
            region.keep.extend(keep);
            if let Err(e) = d.compile(index) {
                d.note_text(&format!(
                    "side not compiled: {}",
                    e.lines().next().unwrap_or("")
                ));
                if d.options.stats {
                    eprintln!("{e}");
                }
                d.regions[index].recording = old;
            }
        } else {
            state.failures += 1;
            if state.failures > 3 {
                state.never = true;
            }
        }
        match left {
            Some(exit) => LoopAction::Exit(exit),
            None => LoopAction::Resume,
        }
    }
}

impl Driver {
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
        copy.id = index as u32;
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
        region.compiled = Some(Rc::new(Compiled { code, entry }));
        Ok(())
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
