//! What programs see of compiled code while it waits for a call: the frames that it stands for.
//!
//! Warnings have a line, callbacks look at their callers, loggers at theirs. Compiled code makes no frames and notes nothing
//! before its calls; where it is follows from its native frames. The stack pointer at the entry is known, so is the size of the
//! native frame of each region: the address to which its call returns lies at its end, tells the call, and that an exit with a
//! snapshot of the frames. If a region is called, the next native frame follows. Frames are made of that when somebody asks: they
//! have no registers, and live until the code goes on to another call and somebody asks again, or ends.

use crate::region::{Compiled, Kind};
use crate::{DRIVER, Driver};
use pyrs_jit_ir::context::JitContext;
use pyrs_jit_native::{ExitFrame, Source};
use pyrs_jit_record::FUNC_SLOT;
use pyrs_object::layout::{Frame, PyFunctionObject};
use pyrs_object::thread::ThreadState;
use pyrs_object::{Value, ValueExt, ty};
use pyrs_vm::code::Code;
use pyrs_vm::frames;
use std::collections::HashMap;
use std::rc::Rc;

/// Entries among which one is looked for without an index.
const FEW: usize = 16;

/// What a thread needs to run compiled code.
pub(crate) struct Thread {
    pub(crate) context: Box<JitContext>,
    /// Entries that have not returned, mostly in the order in which they began: coroutine libraries mix them up.
    entered: Vec<Entered>,
    /// What was made for some of them.
    shown: HashMap<Key, Shown>,
    /// Places in `entered` by frame, perhaps of entries that are gone, for those below `indexed`.
    index: HashMap<*mut Frame, Vec<usize>>,
    indexed: usize,
}

/// Compiled code that was entered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Entered {
    /// The running frame then: the one that the code was entered with, or the caller of `func`.
    pub(crate) frame: *mut Frame,
    /// The function that runs without a frame, or empty.
    pub(crate) func: Value,
    pub(crate) compiled: *const Compiled,
    /// The native stack pointer at the entry.
    pub(crate) stack: usize,
}

/// Stack pointer and frame of an entry: others, of coroutines, may have either, not both.
type Key = (usize, *mut Frame);

impl Entered {
    fn key(&self) -> Key {
        (self.stack, self.frame)
    }
}

/// Frames that were made for one state of the native stack.
struct Shown {
    /// The addresses to which its calls return.
    state: Vec<usize>,
    /// Where the frames of each level begin.
    starts: Vec<usize>,
    /// Outermost first.
    frames: Vec<*mut Frame>,
    /// How many of them belong to all but the innermost code; `None` if that is the code that the frame was entered with.
    below: Option<usize>,
}

impl Thread {
    pub(crate) fn new(context: Box<JitContext>) -> Thread {
        Thread {
            context,
            entered: Vec::new(),
            shown: HashMap::new(),
            index: HashMap::new(),
            indexed: 0,
        }
    }
    /// Begins an entry; how many there were.
    #[inline(always)]
    pub(crate) fn enter(&mut self, entered: Entered) -> usize {
        let before = self.entered.len();
        if before == self.entered.capacity() {
            self.make_room();
        }
        // SAFETY: there is room.
        unsafe {
            self.entered.as_mut_ptr().add(before).write(entered);
            self.entered.set_len(before + 1);
        }
        before
    }
    #[cold]
    #[inline(never)]
    fn make_room(&mut self) {
        self.entered.reserve(32);
    }
    /// Where entry `n`, which has just begun, has its stack pointer.
    ///
    /// # Safety
    /// There is one.
    #[inline(always)]
    pub(crate) unsafe fn stack_of(&mut self, n: usize) -> *mut usize {
        // SAFETY: by contract.
        unsafe { &raw mut (*self.entered.as_mut_ptr().add(n)).stack }
    }
    /// Ends the entry that was begun with `frame` when there were `before`. `near`: a place in the native frame of the function
    /// that did that.
    #[inline(always)]
    pub(crate) fn leave(&mut self, before: usize, frame: *mut Frame, near: usize) {
        if self.entered.len() == before + 1 && self.shown.is_empty() {
            // SAFETY: one less.
            unsafe { self.entered.set_len(before) };
            self.indexed = self.indexed.min(before);
        } else {
            self.leave_any(before, frame, near);
        }
    }
    #[cold]
    #[inline(never)]
    fn leave_any(&mut self, before: usize, frame: *mut Frame, near: usize) {
        let last = self.entered.len().wrapping_sub(1);
        let at = if last == before && self.entered[last].frame == frame {
            last
        } else {
            let same = (0..self.entered.len()).rev();
            let same = same.filter(|n| self.entered[*n].frame == frame);
            match same.min_by_key(|n| self.entered[*n].stack.abs_diff(near)) {
                Some(at) => at,
                None => return,
            }
        };
        let ended = self.entered.remove(at);
        self.indexed = self.indexed.min(at);
        if let Some(shown) = self.shown.remove(&ended.key()) {
            release(&shown.frames);
        }
    }
    /// The entries with `frame`, outermost first. `None`: there are more than `most`.
    fn entries_of(&mut self, frame: *mut Frame, most: usize) -> Option<Vec<Entered>> {
        if self.entered.len() <= FEW {
            let same = self.entered.iter().filter(|e| e.frame == frame);
            return Some(same.copied().collect());
        }
        if self.indexed == 0 {
            self.index.clear();
        }
        for n in self.indexed..self.entered.len() {
            let places = self.index.entry(self.entered[n].frame).or_default();
            // Of entries that are gone.
            while places.pop_if(|p| *p >= n).is_some() {}
            places.push(n);
        }
        self.indexed = self.entered.len();
        let Some(places) = self.index.get_mut(&frame) else {
            return Some(Vec::new());
        };
        let is_there = |p: usize| self.entered.get(p).is_some_and(|e| e.frame == frame);
        while places.pop_if(|p| !is_there(*p)).is_some() {}
        if places.len() > most {
            return None;
        }
        let there = places.iter().filter(|p| is_there(**p));
        Some(there.map(|p| self.entered[*p]).collect())
    }
}

#[cold]
#[inline(never)]
fn release(shown: &[*mut Frame]) {
    for frame in shown.iter().rev() {
        // SAFETY: made here; inner ones are gone.
        unsafe { frames::drop_shown(*frame) };
    }
}

/// One region's native frame: its code, the exit that tells where it is, where its call returns to.
struct Level {
    compiled: *const Compiled,
    exit: u32,
    returns_to: usize,
}

/// All code of the regions behind some cells.
#[cfg(target_arch = "x86_64")]
type Versions = HashMap<u64, Vec<*const Compiled>>;

/// The word at an address of the running thread's stack.
///
/// # Safety
/// The address lies between the stack pointer and that of a function that has not returned.
unsafe fn word(at: usize) -> usize {
    // SAFETY: by contract.
    unsafe { (at as *const usize).read() }
}

impl Driver {
    /// The native frames of an entry, outermost first, as far as they are known. `None`: there are more than `most`.
    #[cfg(target_arch = "x86_64")]
    fn levels(&self, entered: &Entered, most: usize) -> Option<Vec<Level>> {
        let here = std::ptr::from_ref(&entered).addr();
        let mut levels = Vec::new();
        let mut versions = Versions::new();
        // Behind the return address and the saved frame pointer.
        let mut base = entered.stack.wrapping_sub(16);
        let mut compiled = entered.compiled;
        loop {
            // SAFETY: code that runs is kept. Places below this function's frame are not looked at.
            let (returns_to, site, place) = unsafe {
                let place = base.wrapping_sub((*compiled).code.frame_size() + 8);
                if place <= here {
                    break;
                }
                let returns_to = word(place);
                (returns_to, (*compiled).code.site(returns_to), place)
            };
            let Some(site) = site else { break };
            if levels.len() == most {
                return None;
            }
            levels.push(Level {
                compiled,
                exit: site.exit,
                returns_to,
            });
            let Some(cell) = site.cell else { break };
            base = place - 8;
            let Some(next) = self.callee(cell, &mut versions, base, here) else {
                break;
            };
            compiled = next;
        }
        Some(levels)
    }
    #[cfg(not(target_arch = "x86_64"))]
    fn levels(&self, _: &Entered, _: usize) -> Option<Vec<Level>> {
        // The address to which a call returns is in the link register, and the callee decides where to save it.
        Some(Vec::new())
    }

    /// The code that was called through a cell, if its native frame begins at `base`.
    #[cfg(target_arch = "x86_64")]
    fn callee(
        &self,
        cell: u64,
        versions: &mut Versions,
        base: usize,
        here: usize,
    ) -> Option<*const Compiled> {
        let versions = versions.entry(cell).or_insert_with(|| {
            let region = self.regions.iter().position(|r| r.cell.address() == cell);
            let all = self.codes.iter().flatten();
            let all = all.filter(|c| Some(c.region) == region);
            all.map(Rc::as_ptr).collect()
        });
        let fits = |c: &&*const Compiled| {
            // SAFETY: code that runs is kept; the place is above this function's frame.
            unsafe {
                let code = &(***c).code;
                let place = base.wrapping_sub(code.frame_size() + 8);
                place > here && place < base && code.site(word(place)).is_some()
            }
        };
        versions.iter().find(fits).copied()
    }

    /// The globals of a frame of `region`'s code. `below`: those of its caller.
    fn globals(&self, frame: &ExitFrame, outermost: Option<usize>, below: Value) -> Value {
        let constant = frame.slots.iter().find_map(|(slot, source)| match source {
            Source::Const { bits, .. } if *slot == FUNC_SLOT => Some(Value::from_bits(*bits)),
            _ => None,
        });
        if let Some(func) = constant
            && func.is_exact(ty!(pyrs_object::function::PyFunction_Type))
        {
            let f = func.as_ptr().cast::<PyFunctionObject>();
            // SAFETY: the code keeps its constants.
            return Value::from_object(unsafe { (*f).func_globals });
        }
        let of = |index: usize| match self.regions[index].kind {
            Kind::Function { code, globals, .. } if code as u64 == frame.code => {
                Some(Value::from_object(globals as *mut _))
            }
            _ => None,
        };
        if let Some(globals) = outermost.and_then(of) {
            return globals;
        }
        let regions = self.by_code.get(&(frame.code as usize));
        let known = regions.and_then(|all| all.iter().find_map(|index| of(*index)));
        known.unwrap_or(below)
    }

    /// What is to be shown of an entry: body, instruction and globals of each frame, the level each belongs to, and the state.
    fn plan(&self, entered: &Entered, most: usize) -> Option<Plan> {
        let mut plan = Plan::default();
        // SAFETY: the frame is live.
        let mut globals = unsafe {
            if entered.func.is_empty() {
                Value::from_object((*entered.frame).globals)
            } else {
                let f = entered.func.as_ptr().cast::<PyFunctionObject>();
                Value::from_object((*f).func_globals)
            }
        };
        for (n, level) in self.levels(entered, most)?.iter().enumerate() {
            // SAFETY: code that runs is kept.
            let compiled = unsafe { &*level.compiled };
            plan.state.push(level.returns_to);
            plan.starts.push(plan.frames.len());
            let Some(info) = compiled.code.exit(level.exit) else {
                continue;
            };
            let running = info.frames.iter().filter(|f| f.parked.is_none());
            for (k, f) in running.enumerate() {
                let code = f.code as *const Code;
                if k > 0 || n > 0 {
                    let outermost = (k == 0).then_some(compiled.region);
                    globals = self.globals(f, outermost, globals);
                } else if entered.func.is_empty() {
                    plan.pc = Some((code, f.pc));
                    continue;
                }
                plan.frames.push((code, f.pc, globals));
            }
        }
        Some(plan)
    }
}

#[derive(Default)]
struct Plan {
    state: Vec<usize>,
    /// Where the frames of each level begin.
    starts: Vec<usize>,
    frames: Vec<(*const Code, u32, Value)>,
    /// Where the frame is that the code was entered with.
    pc: Option<(*const Code, u32)>,
}

/// See [`pyrs_vm::jit::ShowHook`].
///
/// # Safety
/// With the GIL held, where the driver is not borrowed; `frame` is null or live.
pub(crate) unsafe fn show(
    ts: *mut ThreadState,
    frame: *mut Frame,
    instead: bool,
    most: usize,
) -> Option<*mut Frame> {
    // SAFETY: by contract; nothing of the driver is borrowed while objects are made.
    unsafe {
        if (*DRIVER).active == 0 {
            return Some(frame);
        }
        let Some(thread) = (*DRIVER).threads.get_mut(&(ts as usize)) else {
            return Some(frame);
        };
        let thread: *mut Thread = &raw mut **thread;
        let Some(entered) = (*thread).entries_of(frame, most) else {
            return Some(frame);
        };
        let mut all = entered.iter().peekable();
        let mut top = frame;
        while let Some(e) = all.next() {
            let Some(plan) = (*DRIVER).plan(e, most) else {
                return Some(frame);
            };
            if let Some((code, pc)) = plan.pc
                && (*frame).code == code.cast()
            {
                (*frame).pc = (*code).instructions.add(pc as usize);
            }
            let below = top;
            top = make(thread, e, plan, below);
            if instead && all.peek().is_none() {
                let shown = (*thread).shown.get(&e.key());
                return match shown.map_or(Some(0), |s| s.below) {
                    Some(0) => Some(below),
                    Some(k) => shown
                        .and_then(|s| s.frames.get(k - 1).copied())
                        .or(Some(top)),
                    None => None,
                };
            }
        }
        Some(top)
    }
}

/// Makes the frames of an entry, unless they are there; the innermost one, or `below`.
///
/// # Safety
/// As [`show`].
unsafe fn make(thread: *mut Thread, e: &Entered, plan: Plan, below: *mut Frame) -> *mut Frame {
    // SAFETY: bodies are kept by the code that runs.
    unsafe {
        if let Some(same) = (*thread)
            .shown
            .get(&e.key())
            .filter(|s| s.state == plan.state)
        {
            return same.frames.last().copied().unwrap_or(below);
        }
        // What lies below the first call that is another one stays.
        let mut frames = Vec::with_capacity(plan.frames.len());
        if let Some(mut old) = (*thread).shown.remove(&e.key()) {
            let both = old.state.iter().zip(&plan.state);
            let same = both.take_while(|(a, b)| a == b).count();
            let stay = old.starts.get(same).copied();
            let stay = stay.unwrap_or(old.frames.len()).min(plan.frames.len());
            let gone = old.frames.split_off(stay);
            frames.append(&mut old.frames);
            release(&gone);
        }
        // The frame that the code was entered with is none of those that are made.
        let own = e.func.is_empty() && plan.starts.len() <= 1;
        let innermost = plan.starts.last().copied().unwrap_or(0);
        let mut top = frames.last().copied().unwrap_or(below);
        for (code, pc, globals) in plan.frames.into_iter().skip(frames.len()) {
            match frames::new_shown(code, pc, globals, top) {
                Ok(frame) => {
                    frames.push(frame);
                    top = frame;
                }
                Err(_) => pyrs_object::errors::clear(),
            }
        }
        let shown = Shown {
            state: plan.state,
            starts: plan.starts,
            frames,
            below: (!own).then_some(innermost),
        };
        (*thread).shown.insert(e.key(), shown);
        top
    }
}
