//! What the driver knows of one region: where it is entered, its recording, its code, its exits.

use crate::not_compiled;
use pyrs_jit_ir::record::{PackedRecording, Recording};
use pyrs_jit_ir::region::ExitId;
use pyrs_jit_native::{CompiledRegion, EntryCell, EntryFn};
use pyrs_jit_record::Kept;
use pyrs_vm::code::Code;
use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::sync::Arc;

/// Failed recordings of a loop before it is left alone.
pub(crate) const MAX_FAILURES: u32 = 6;
/// Times a region is recorded from the start, and the paths that make it be recorded again for the first time.
const MAX_GENERATIONS: u32 = 4;
const FIRST_RESTART: u32 = 4;
/// Full collections for which a region that has lost what it was recorded with keeps everything alive.
const MAX_FIRM: u32 = 8;
/// Times a region is left alone during imports.
const MOST_SAT_OUT: u32 = 60;
/// Calls between two looks at a function whose code is being compiled.
const WHILE_COMPILING: u32 = 1 << 30;
/// Entries that ended where better code goes on before the region is paused.
const MIN_LATE: u32 = 24;

/// Where a region is entered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// At the instruction at this address.
    Loop { header: usize },
    /// At the start of a function with these globals and builtins.
    Function {
        code: *mut Code,
        globals: usize,
        builtins: usize,
    },
}

pub(crate) struct Region {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) recording: Option<Arc<PackedRecording>>,
    pub(crate) compiled: Option<Rc<Compiled>>,
    /// What `call_region` enters.
    pub(crate) cell: Box<EntryCell>,
    /// Other regions' code may refer to the cell.
    pub(crate) shared: bool,
    pub(crate) initial: Rc<HashSet<u32>>,
    exits: Vec<ExitState>,
    pub(crate) kept: Kept,
    /// Back edges from which it was asked for.
    pub(crate) back_edges: Vec<*mut u64>,
    pub(crate) sides: u32,
    /// Goes up whenever it is recorded from the start.
    pub(crate) generation: u32,
    /// Its generation before it was recorded for the first time: places of dead regions are used again.
    first_generation: u32,
    /// It is to be recorded again: more is known now of its instructions.
    pub(crate) restart: bool,
    pub(crate) failures: u32,
    pub(crate) skip: u32,
    /// Times it was hot while a module was being imported.
    sat_out: u32,
    pub(crate) entries: u64,
    /// It is being recorded.
    pub(crate) busy: bool,
    /// It is being compiled.
    pub(crate) compiling: bool,
    /// The interpreter is faster.
    pub(crate) given_up: bool,
    /// Times it has [lost](Self::lose) what it was recorded with, and the collections until it may again.
    losses: u32,
    pub(crate) firm_until: u64,
    /// What it belonged to is dead.
    pub(crate) forgotten: bool,
    /// Paths that were recorded since it was last given to the compiler, and exits taken since the first of them.
    pub(crate) pending: (u32, u32),
    /// What compiling it took last, in microseconds.
    pub(crate) cost: u32,
    pub(crate) worth: Worth,
    /// Entries at which the next look begins.
    pub(crate) look_again: u64,
    /// Entries of the code that there is, and those of them that ended where better code, which is on its way, goes on.
    pub(crate) late: (u32, u32),
    /// Much of what was recorded for a function is executed by the interpreter, which runs it as fast when it calls it itself.
    pub(crate) patchy: bool,
    /// Not entered until the better code is there.
    pub(crate) paused: bool,
    /// Regions that are paused until this one has other code.
    pub(crate) awaited_by: Vec<usize>,
    /// Paths recorded from failing guards on operands, by instruction (code, pc).
    pub(crate) kinds: HashMap<(u64, u32), u32>,
    /// Instructions with too many of them.
    pub(crate) generic: Rc<HashSet<(u64, u32)>>,
}

/// Whether a region gains anything, found out by looking at some entries after each compilation.
#[derive(Default)]
pub(crate) struct Worth {
    pub(crate) entries: u32,
    /// Entries that ended at an exit from which nothing more will be recorded.
    pub(crate) dead_ends: u32,
    /// Time in compiled code, in cycles.
    pub(crate) cycles: u64,
}
impl Worth {
    /// Looked at.
    pub(crate) const SAMPLE: u32 = 400;
    /// What entering and leaving costs, in cycles: code that runs for less is slower than the interpreter.
    const OVERHEAD: u64 = 900;
    /// What a body takes in compiled code, in cycles, that the interpreter runs as fast when it calls it itself.
    const TINY: u64 = 120;
    /// At the end of the sample: entering from the interpreter costs more than running the body there.
    pub(crate) fn is_tiny(&self) -> bool {
        self.entries == Self::SAMPLE
            && self.dead_ends == 0
            && self.cycles / u64::from(self.entries) < Self::TINY
    }
    /// So little happens between entering and leaving that the interpreter is as fast.
    fn is_soon_over(&self) -> bool {
        self.cycles / u64::from(self.entries.max(1)) < 3 * Self::OVERHEAD
    }
    pub(crate) fn is_nothing(&self) -> bool {
        self.entries >= Self::SAMPLE
            && self.dead_ends > self.entries / 2
            && self.cycles / u64::from(self.entries) < Self::OVERHEAD
    }
}
#[derive(Default)]
pub(crate) struct ExitState {
    pub(crate) taken: u64,
    pub(crate) count: u32,
    /// When counting began.
    pub(crate) since: u32,
    pub(crate) failures: u32,
    /// Nothing is recorded from it (any more).
    pub(crate) never: bool,
}
pub(crate) struct Compiled {
    pub(crate) region: usize,
    /// That of the recording it was made from.
    pub(crate) generation: u32,
    pub(crate) code: CompiledRegion,
    pub(crate) entry: EntryFn,
}

/// A cell for a function that has no code.
pub(crate) fn new_cell() -> Box<EntryCell> {
    Box::new(EntryCell::new(not_compiled))
}

impl Region {
    pub(crate) fn new(name: String, kind: Kind, generation: u32) -> Region {
        Region {
            name,
            kind,
            recording: None,
            compiled: None,
            cell: new_cell(),
            shared: false,
            initial: Rc::default(),
            exits: Vec::new(),
            kept: Kept::default(),
            back_edges: Vec::new(),
            sides: 0,
            generation,
            first_generation: generation,
            restart: false,
            failures: 0,
            skip: 0,
            sat_out: 0,
            entries: 0,
            busy: false,
            compiling: false,
            given_up: false,
            losses: 0,
            firm_until: 0,
            forgotten: false,
            pending: (0, 0),
            cost: 0,
            worth: Worth::default(),
            look_again: 0,
            late: (0, 0),
            patchy: false,
            paused: false,
            awaited_by: Vec::new(),
            kinds: HashMap::new(),
            generic: Rc::default(),
        }
    }
    pub(crate) fn exit(&mut self, x: ExitId) -> &mut ExitState {
        if x.index() >= self.exits.len() {
            self.exits.resize_with(x.index() + 1, ExitState::default);
        }
        &mut self.exits[x.index()]
    }
    /// Exits that were taken.
    pub(crate) fn exits_taken(&self) -> impl Iterator<Item = (ExitId, u64)> {
        let numbered = self.exits.iter().enumerate();
        numbered
            .filter(|(_, e)| e.taken > 0)
            .map(|(n, e)| (ExitId(n as u32), e.taken))
    }
    /// Sets the counter of a function's entries, if there still is the function.
    pub(crate) fn count_entries(&self, n: u32) {
        if let Kind::Function { code, .. } = self.kind
            && !self.forgotten
        {
            // SAFETY: a body that dies has its regions forgotten first.
            unsafe { (*code).entry_counter = n };
        }
    }
    /// A recording from the start takes the place of what there is.
    pub(crate) fn begin_again(&mut self, recording: &Recording) {
        self.recording = Some(Arc::new(recording.pack()));
        self.exits.clear();
        self.generation += 1;
        self.restart = false;
        self.sides = 0;
        self.pending = (0, 0);
        self.kinds.clear();
    }
    /// Times it was recorded from the start.
    fn recorded(&self) -> u32 {
        self.generation - self.first_generation
    }
    /// An instruction has met too many kinds of operands: code for any takes the place of code for each.
    pub(crate) fn begin_anew(&mut self) {
        self.restart |= self.recorded() < MAX_GENERATIONS;
    }
    /// After a path was added for an instruction that had not been known to need several: with enough of them it is better
    /// to begin again.
    pub(crate) fn learned(&mut self) {
        let recorded = self.recorded();
        if recorded < MAX_GENERATIONS && self.sides >= FIRST_RESTART << recorded {
            self.restart = true;
        }
    }
    /// Whether recording waits because a module is being imported: what runs then is mostly done with before code would have
    /// paid for itself. What goes on all the same gets its turn.
    pub(crate) fn sits_out_import(&mut self) -> bool {
        let waits = self.sat_out < MOST_SAT_OUT && pyrs_vm::import::in_progress();
        self.sat_out += u32::from(waits);
        waits
    }
    /// The compiler has it: nobody asks before the code is there.
    pub(crate) fn wait(&mut self) {
        self.compiling = true;
        if self.compiled.is_none() {
            self.count_entries(WHILE_COMPILING);
        }
    }
    /// An entry ended early where better code is on its way. Whether most do, and soon: then the interpreter is faster until
    /// that code is there.
    pub(crate) fn is_late(&mut self) -> bool {
        self.late.1 += 1;
        let (entries, late) = self.late;
        late >= MIN_LATE && late > entries / 2 && self.worth.is_soon_over() && !self.restart
    }
    /// The region is entered from now on, and what that gains is found out.
    pub(crate) fn look(&mut self) {
        self.worth = Worth::default();
        self.late = (0, 0);
        self.count_entries(u32::from(!self.patchy));
    }
    /// Ends a [pause](Self::pause).
    pub(crate) fn resume(&mut self) {
        if std::mem::take(&mut self.paused) {
            self.look();
        }
    }
    /// Nobody enters the region before it has other code.
    pub(crate) fn pause(&mut self) {
        self.paused = true;
        self.count_entries(WHILE_COMPILING);
    }
    /// Gives up what was recorded so far because things it was recorded with are about to die, and what is kept with it. May
    /// happen less often each time: recording again costs more than memory.
    pub(crate) fn lose(&mut self, collections: u64) -> Kept {
        self.losses += 1;
        self.paused = false;
        self.firm_until = collections + u64::from(self.losses.min(MAX_FIRM));
        if !self.given_up {
            self.compiled = None;
            self.cell.swap(not_compiled);
            self.count_entries(pyrs_vm::jit::entry_threshold());
        }
        self.recording = None;
        self.exits.clear();
        self.first_generation = self.generation;
        self.restart = false;
        self.sides = 0;
        self.pending = (0, 0);
        self.kinds.clear();
        self.generic = Rc::default();
        std::mem::take(&mut self.kept)
    }
    /// Gives the region up: the interpreter is faster.
    pub(crate) fn discard(&mut self) {
        self.compiled = None;
        self.paused = false;
        self.given_up = true;
        self.failures = MAX_FAILURES;
        self.cell.swap(not_compiled);
        self.count_entries(0);
    }
    pub(crate) fn is_function(&self) -> bool {
        matches!(self.kind, Kind::Function { .. })
    }
    /// After a failed recording, which counts as `weight` of them: waits longer each time.
    pub(crate) fn failed(&mut self, entry_threshold: u32, weight: u32) {
        self.failures += weight;
        self.count_entries(if self.failures >= MAX_FAILURES {
            0
        } else {
            entry_threshold << self.failures
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries that end early are no reason to pause as long as others do not, or much happens before.
    #[test]
    fn regions_that_leave_early_are_late() {
        let late = |entries: u32, cycles: u64| {
            let mut region = Region::new("f".into(), Kind::Loop { header: 0 }, 0);
            region.late.0 = entries;
            region.worth.entries = entries;
            region.worth.cycles = cycles * u64::from(entries);
            (0..MIN_LATE).filter(|_| region.is_late()).count()
        };
        assert_eq!(late(MIN_LATE, 100), 1);
        assert_eq!(late(3 * MIN_LATE, 100), 0);
        assert_eq!(late(MIN_LATE, 100_000), 0);
    }

    /// What was found out of other code is forgotten at the end of a pause, and only then.
    #[test]
    fn a_pause_ends_once() {
        let mut region = Region::new("f".into(), Kind::Loop { header: 0 }, 0);
        region.late = (50, 30);
        region.resume();
        assert_eq!(region.late, (50, 30));
        region.pause();
        region.resume();
        assert!(!region.paused);
        assert_eq!(region.late, (0, 0));
    }

    /// The driver discards all regions at the end, also those whose functions are dead: their memory is others'.
    #[test]
    fn forgotten_regions_write_to_no_function() {
        let mut memory = Box::new(std::mem::MaybeUninit::<Code>::zeroed());
        let code = memory.as_mut_ptr();
        let counter = || {
            // SAFETY: inside the block; a number is always initialised.
            unsafe { (*code).entry_counter }
        };
        let (globals, builtins) = (0, 0);
        let kind = Kind::Function {
            code,
            globals,
            builtins,
        };
        let mut region = Region::new("f".into(), kind, 0);
        region.count_entries(7);
        assert_eq!(counter(), 7);
        region.forgotten = true;
        region.discard();
        assert_eq!(counter(), 7);
    }
}
