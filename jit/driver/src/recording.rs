//! Recording: of loops and functions that are hot, and of paths behind exits that are.

use crate::region::MAX_FAILURES;
use crate::{KNOWN, LOOKS, MAX_GENERIC, MAX_KINDS, code_of, driver};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::record::Recording;
use pyrs_jit_ir::region::{ExitId, Imm};
use pyrs_jit_record::{After, End, Env, Recorder};
use pyrs_object::Value;
use pyrs_object::layout::Frame;
use pyrs_object::thread::ThreadState;
use pyrs_vm::jit::LoopAction;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Instant;

/// Instructions that a function must have for each that the interpreter executes for it.
const STEPS_PER_SINGLE: usize = 40;

/// What the interpreter does after a recording.
fn go_on(after: After) -> LoopAction {
    match after {
        After::Resume => LoopAction::Resume,
        After::Raise => LoopAction::Raised,
        After::Left(exit) => LoopAction::Exit(exit),
    }
}

pub(crate) unsafe fn record_root(
    ts: *mut ThreadState,
    frame: *mut Frame,
    index: usize,
) -> LoopAction {
    // SAFETY: the GIL is held; the driver is not borrowed while the recorder steps.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        let (over, again) = (d.is_over_budget(), d.regions[index].restart);
        if over || !again && d.records_too_much(1) {
            let (looks, calls) = if over { (4 * LOOKS, 4) } else { (LOOKS / 2, 1) };
            let region = &mut d.regions[index];
            region.skip = looks;
            region.count_entries(pyrs_vm::jit::entry_threshold() * calls);
            return LoopAction::Interpret;
        }
        d.recording = true;
        d.stats.recorded += 1;
        let env: *const Env = &d.env;
        let began = Instant::now();
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
        let generic = region.generic.iter().copied();
        let generic = Rc::new(generic.filter(|site| is_attribute(*site)).collect());
        let mut recorder = Recorder::new(&*env, ts, start.builder, start.initial.clone());
        recorder.set_generic(generic);
        if function {
            recorder.set_function();
        }
        for v in [code, globals, builtins] {
            recorder.keep_alive(v);
        }
        let (end, after) = recorder.run();
        let d = driver(&gil);
        d.recording = false;
        let steps = recorder.steps();
        d.stats.note_end(&end);
        let patient = d.options.is_patient();
        let threshold = pyrs_vm::jit::entry_threshold();
        let region = &mut d.regions[index];
        region.busy = false;
        if matches!(end, End::Joined) {
            let (recording, kept) = recorder.finish();
            region.patchy = patient && function && kept.singles.len() * STEPS_PER_SINGLE > steps;
            region.begin_again(&recording);
            region.initial = start.initial;
            region.kept.extend(kept);
            d.schedule(index);
        } else {
            if !std::mem::take(&mut region.restart) {
                let hopeless = matches!(end, End::Exited(pyrs_jit_record::YIELD_ELSEWHERE));
                region.failed(threshold, if hopeless { MAX_FAILURES / 2 } else { 1 });
            }
            let kept = std::mem::take(&mut recorder.keep);
            kept.into_iter().for_each(pyrs_object::heap::decref);
        }
        driver(&gil).stats.recorded_in(began.elapsed(), steps);
        go_on(after)
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
/// Whether the instruction is about an attribute: code for any class costs little.
fn is_attribute(site: (u64, u32)) -> bool {
    use pyrs_bytecode::Op as B;
    matches!(
        instruction(site),
        Some(B::LOAD_ATTR | B::LOAD_METHOD | B::STORE_ATTR)
    )
}
fn instruction(site: (u64, u32)) -> Option<pyrs_bytecode::Op> {
    // SAFETY: bodies named in regions are kept alive by them.
    let i = unsafe {
        let code = &*(site.0 as *const pyrs_vm::code::Code);
        pyrs_bytecode::Instr(*code.instructions.add(site.1 as usize))
    };
    i.op().map(pyrs_bytecode::Op::family)
}
/// Whether the instruction goes on with generators: as many paths as there are places where those stand are no sign of
/// many kinds of operands.
fn resumes(site: (u64, u32)) -> bool {
    use pyrs_bytecode::Op as B;
    matches!(instruction(site), Some(B::FOR_ITER | B::YIELD_FROM))
}

/// Whether what happens behind the exit says nothing about the program's paths.
fn is_accidental(recording: &Recording, exit: ExitId) -> bool {
    recording.region.block_ids().any(|b| {
        recording.region.block(b).insts.iter().any(|i| {
            i.exit == Some(exit) && matches!(i.op, Op::Poll | Op::GuardDepth | Op::CallRegion)
        })
    })
}

/// Records a path from an exit that was just taken, `raised` with an exception. `None`: nothing happened.
pub(crate) unsafe fn record_side(
    ts: *mut ThreadState,
    index: usize,
    origin: ExitId,
    raised: bool,
) -> Option<LoopAction> {
    // SAFETY: as `record_root`.
    unsafe {
        let gil = ();
        let d = driver(&gil);
        if d.is_over_budget() || d.records_too_much(KNOWN) {
            return None;
        }
        let began = Instant::now();
        let region = &mut d.regions[index];
        let recording = region.recording.as_ref()?.unpack();
        let call = exit_call(&recording, origin);
        let may_end = call.as_deref() == Some("iter_next");
        let refused = is_accidental(&recording, origin) || call.is_some() && !may_end && !raised;
        let site = recording
            .region
            .exits
            .get(origin.index())
            .filter(|x| !x.other_way && !raised)
            .and_then(|x| x.running().next_back())
            .map(|f| (f.code, f.pc))
            .filter(|site| !resumes(*site));
        let mut learned = false;
        if let Some(site) = site {
            learned = d.env.polymorphic.borrow_mut().insert(site);
            let kinds = region.kinds.entry(site).or_default();
            *kinds += 1;
            if *kinds >= MAX_KINDS {
                if Rc::make_mut(&mut region.generic).insert(site) {
                    // Attributes of the same objects are about to be.
                    let others = region.kinds.iter();
                    let others: Vec<_> = others
                        .filter(|(site, kinds)| **kinds + 1 >= MAX_KINDS && is_attribute(**site))
                        .map(|(site, _)| *site)
                        .collect();
                    Rc::make_mut(&mut region.generic).extend(others);
                    if is_attribute(site) {
                        region.begin_anew();
                    }
                }
                let slow = region.generic.iter().filter(|site| !is_attribute(**site));
                if slow.count() > MAX_GENERIC {
                    region.discard();
                    d.stats.note("given up: too many kinds of operands");
                    return None;
                }
            }
        }
        let generic = region.generic.clone();
        let builder = if refused {
            None
        } else {
            let builder = pyrs_jit_record::resume(recording, origin);
            builder.filter(|b| pyrs_jit_record::agrees(b, (*ts).c.frame))
        };
        let Some(builder) = builder else {
            region.exit(origin).never = true;
            return None;
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
        if may_end {
            recorder.check_error(raised);
        }
        let begun = if raised {
            recorder.start_raising()
        } else {
            Ok(())
        };
        let (end, after) = match begun {
            Ok(()) => recorder.run(),
            Err(after) => (End::Aborted("no handler in the region"), after),
        };
        let steps = recorder.steps();
        let d = driver(&gil);
        d.recording = false;
        d.stats.note_end(&end);
        let useful = match &end {
            End::Joined => true,
            End::Exited(_) => recorder.steps() > 12,
            End::Aborted(_) => false,
        };
        let region = &mut d.regions[index];
        region.busy = false;
        let state = region.exit(origin);
        if useful {
            state.never = true;
            let (recording, kept) = recorder.finish();
            region.recording = Some(Arc::new(recording.pack()));
            region.kept.extend(kept);
            region.pending.0 += 1;
            if learned {
                region.learned();
            }
            if d.wants_compilation(index) {
                d.schedule(index);
            }
        } else {
            state.failures += 1;
            if state.failures > 3 {
                state.never = true;
            }
            let kept = std::mem::take(&mut recorder.keep);
            kept.into_iter().for_each(pyrs_object::heap::decref);
        }
        driver(&gil).stats.recorded_in(began.elapsed(), steps);
        Some(go_on(after))
    }
}
