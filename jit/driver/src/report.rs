//! What `--jit-stats` prints.

use crate::{DRIVER, Driver};
use pyrs_jit_ir::passes;
use pyrs_jit_ir::record::{PackedRecording, Recording};
use pyrs_jit_ir::region::ExitId;
use pyrs_jit_native::OwnedTargetIsa;
use pyrs_jit_record::End;
use pyrs_vm::code::Code;
use std::collections::BTreeMap;

#[derive(Default)]
pub(crate) struct Stats {
    pub(crate) recorded: u32,
    pub(crate) sides: u32,
    pub(crate) compiled: u32,
    pub(crate) bytes: usize,
    /// Time that recording took.
    pub(crate) recording_micros: u64,
    /// Time that compilation took, on whichever thread.
    pub(crate) micros: u128,
    ends: BTreeMap<String, u32>,
}
impl Stats {
    pub(crate) fn note_end(&mut self, end: &End) {
        self.note(&match end {
            End::Joined => String::from("joined"),
            End::Exited(why) => format!("ended at: {why}"),
            End::Aborted(why) => format!("aborted: {why}"),
        });
    }
    /// Notes the time that a recording took. What the program itself did meanwhile does not count when that was much.
    pub(crate) fn recorded_in(&mut self, time: std::time::Duration, steps: usize) {
        let most = 100 + 4 * steps as u64;
        self.recording_micros += u64::try_from(time.as_micros()).map_or(most, |t| t.min(most));
    }
    pub(crate) fn note(&mut self, text: &str) {
        *self.ends.entry(text.to_string()).or_default() += 1;
    }
}

/// The statistics, if they were asked for, and what became of regions lowered for another target.
pub fn report() -> Option<String> {
    use std::fmt::Write;
    // SAFETY: at exit, with the GIL held.
    let d = unsafe {
        if DRIVER.is_null() {
            return None;
        }
        &*DRIVER
    };
    let s = &d.stats;
    let mut t = String::new();
    if let Some(triple) = &d.options.cross {
        let results = d.lower_all_for(triple);
        let failed = results.iter().filter_map(|r| r.as_ref().err());
        failed.clone().for_each(|e| t.push_str(e));
        let (all, failed) = (results.len(), failed.count());
        let _ = writeln!(
            t,
            "jit: {all} regions lowered for {triple}, {failed} failed"
        );
    }
    if !d.options.stats {
        return (!t.is_empty()).then_some(t);
    }
    let _ = writeln!(
        t,
        "jit: {} regions recorded, {} side paths ({:.1} ms), {} compilations ({:.1} ms), {} bytes of code",
        s.recorded,
        s.sides,
        s.recording_micros as f64 / 1000.0,
        s.compiled,
        s.micros as f64 / 1000.0,
        s.bytes
    );
    let packed = d.regions.iter().filter_map(|r| r.recording.as_deref());
    let exits = d.codes.iter().flatten().map(|c| c.code.exits_size());
    let _ = writeln!(
        t,
        "  kept: {} bytes of recordings, {} bytes of exits",
        packed.map(PackedRecording::size).sum::<usize>(),
        exits.sum::<usize>()
    );
    for (why, n) in &s.ends {
        let _ = writeln!(t, "  {n:6} {why}");
    }
    let mut executed: BTreeMap<_, u64> = BTreeMap::new();
    for e in d.regions.iter().flat_map(|r| &r.kept.singles) {
        *executed.entry((e.name, e.why)).or_default() += e.count.get();
    }
    let mut executed: Vec<_> = executed.into_iter().filter(|e| e.1 > 0).collect();
    executed.sort_by_key(|e| std::cmp::Reverse(e.1));
    for ((name, why), n) in executed {
        let _ = writeln!(t, "  executed without code {n} times: {name} ({why})");
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
        let recording = r.recording.as_deref().map(PackedRecording::unpack);
        for (x, taken) in r.exits_taken() {
            let what = recording.as_ref().and_then(|rec| describe(rec, x));
            let what = what.unwrap_or_default();
            let _ = writeln!(t, "    exit {x}: {taken} times {what}");
        }
    }
    Some(t)
}

/// The instruction set of `triple`; its code generator checks its input.
pub(crate) fn target(triple: &str) -> Result<OwnedTargetIsa, String> {
    pyrs_jit_native::isa_for(triple, true)
}

impl Driver {
    /// Lowers all regions as they are now for another target: bytes of code, or a line that says what went wrong.
    fn lower_all_for(&self, triple: &str) -> Vec<Result<usize, String>> {
        let recordings = self.regions.iter().filter_map(|r| r.recording.as_deref());
        let lower = |recording: &PackedRecording| {
            let mut ir = recording.unpack().region;
            passes::optimize(&mut ir, &self.passes, true)?;
            let (code, _) = pyrs_jit_native::lower_for(&*target(triple)?, &ir)?;
            Ok(code.len())
        };
        let describe = |name: &str, e: String| format!("jit: {name} does not lower: {e}\n");
        let result = |r: &PackedRecording| lower(r).map_err(|e: String| describe(r.name(), e));
        recordings.map(result).collect()
    }
}

fn describe(recording: &Recording, exit: ExitId) -> Option<String> {
    let x = recording.region.exits.get(exit.index())?;
    let f = x.running().next_back()?;
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
