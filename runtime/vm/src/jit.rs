//! Where the JIT hooks in. The interpreter counts loops and calls; the JIT, when installed, is asked at thresholds.

use crate::code::Code;
use crate::interp::call::entered;
use crate::interp::{Flow, run_on};
use pyrs_object::layout::Frame;
use pyrs_object::thread::ThreadState;
use pyrs_object::tracemalloc;
use pyrs_object::{PyResult, Value};
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

static ENABLED: AtomicBool = AtomicBool::new(false);
static LOOP_THRESHOLD: AtomicU32 = AtomicU32::new(500);
static ENTRY_THRESHOLD: AtomicU32 = AtomicU32::new(300);

/// Result of the loop hook.
pub enum LoopAction {
    /// Go on in the interpreter at `frame.pc` (the loop header).
    Interpret,
    /// A region ran; the running frame and its `pc` are up to date.
    Resume,
    /// A region raised; an exception is set and the frames are up to date.
    Raised,
    /// A region ran the rest of the running frame's function, which returns this.
    Returned(pyrs_object::Ref),
    /// The interpreter's entry frame was left while a trace was recorded.
    Exit(crate::interp::Exit),
}

/// Called with the frame at the loop header (`frame.pc`) and the back-edge instruction.
pub type LoopHook = unsafe fn(*mut ThreadState, *mut Frame, *const u64) -> LoopAction;

/// Called with a frame whose arguments are bound and which has not executed anything.
pub type EntryHook = unsafe fn(*mut ThreadState, *mut Frame) -> LoopAction;

/// What [`DirectHook`] did.
pub enum Direct {
    /// Nothing: a frame is to be pushed.
    Declined,
    /// The function ran; this is what it returned.
    Returned(pyrs_object::Ref),
    /// Its code was left, with the function's frame, which is an entry. What follows from that.
    Left(LoopAction),
}

/// Runs the code of a function that native code calls with all its positional arguments, which are borrowed, without a frame.
pub type DirectHook = unsafe fn(*mut ThreadState, Value, &Code, &[Value]) -> Direct;

/// Calls the function with each reference that compiled code of this body owns, as long as that gives 0; gives its last answer.
pub type VisitKept = unsafe fn(&Code, &mut dyn FnMut(Value) -> c_int) -> c_int;

/// The topmost of the frames that compiled code stands for above `frame` (itself if there are none), whose own place is brought
/// up to date. With `instead` those of the innermost code are left out: `None` if `frame` is among these. If
/// finding them takes more than so many steps, `frame` is the answer.
pub type ShowHook = unsafe fn(*mut ThreadState, *mut Frame, bool, usize) -> Option<*mut Frame>;

/// What the JIT wants to be asked, and when.
pub struct Hooks {
    pub back_edge: LoopHook,
    pub entry: EntryHook,
    pub direct: DirectHook,
    pub show: ShowHook,
    /// At a safepoint after [`code_is_ready`].
    pub code_ready: fn(),
    /// See [`visit_kept`] and [`forget`].
    pub visit_kept: VisitKept,
    pub forget: unsafe fn(&mut Code),
    /// Iterations of a loop before its back edge asks.
    pub loop_threshold: u32,
    /// Calls of a function before its entry asks.
    pub entry_threshold: u32,
}

static mut LOOP_HOOK: LoopHook = |_, _, _| LoopAction::Interpret;
static mut ENTRY_HOOK: EntryHook = |_, _| LoopAction::Interpret;
static mut DIRECT_HOOK: DirectHook = |_, _, _, _| Direct::Declined;
static mut SHOW_HOOK: ShowHook = |_, frame, _, _| Some(frame);
static mut READY_HOOK: fn() = || {};
static mut VISIT_KEPT: VisitKept = |_, _| 0;
static mut FORGET: unsafe fn(&mut Code) = |_| ();
static CODE_READY: AtomicBool = AtomicBool::new(false);

/// # Safety
/// Called once, before Python code runs.
pub unsafe fn install(hooks: Hooks) {
    // SAFETY: by contract.
    unsafe {
        LOOP_HOOK = hooks.back_edge;
        ENTRY_HOOK = hooks.entry;
        DIRECT_HOOK = hooks.direct;
        SHOW_HOOK = hooks.show;
        READY_HOOK = hooks.code_ready;
        VISIT_KEPT = hooks.visit_kept;
        FORGET = hooks.forget;
    }
    LOOP_THRESHOLD.store(hooks.loop_threshold, Ordering::Relaxed);
    ENTRY_THRESHOLD.store(hooks.entry_threshold, Ordering::Relaxed);
    ENABLED.store(true, Ordering::Relaxed);
}

/// For the collector: what compiled code of this body keeps alive.
pub(crate) fn visit_kept(code: &Code, visit: &mut dyn FnMut(Value) -> c_int) -> c_int {
    // SAFETY: the hook is written once, before Python code runs.
    unsafe { VISIT_KEPT(code, visit) }
}

/// Gives up the compiled code of a body that cannot run any more and, at the end, what that keeps alive.
pub(crate) fn forget(code: &mut Code) {
    // SAFETY: as `visit_kept`.
    unsafe { FORGET(code) }
}

/// As [`ShowHook`], for the running thread.
///
/// # Safety
/// `frame` is null or live.
pub(crate) unsafe fn show(frame: *mut Frame, instead: bool, most: usize) -> Option<*mut Frame> {
    // SAFETY: by contract; written once, before Python code runs.
    unsafe { SHOW_HOOK(pyrs_object::thread::current(), frame, instead, most) }
}

/// Says, from any thread, that there is code to be taken over at the next safepoint.
pub fn code_is_ready() {
    CODE_READY.store(true, Ordering::Release);
    crate::safepoint::request();
}

/// At a safepoint: has the JIT take over what is ready.
pub(crate) fn take_ready_code() {
    if CODE_READY.swap(false, Ordering::AcqRel) {
        // SAFETY: written once, before Python code runs.
        unsafe { READY_HOOK() };
    }
}

#[inline(always)]
pub fn enabled() -> bool {
    ENABLED.load(Ordering::Relaxed)
}
pub fn loop_threshold() -> u32 {
    LOOP_THRESHOLD.load(Ordering::Relaxed)
}
pub fn entry_threshold() -> u32 {
    ENTRY_THRESHOLD.load(Ordering::Relaxed)
}

/// Calls of a function before the JIT sees it for the first time: from then on it knows how often it is called.
pub fn first_look() -> u32 {
    entry_threshold().div_ceil(8).max(2)
}

/// Counts one back-edge in the instruction's extra word (low half counts, high half belongs to the JIT); true when
/// the threshold is reached (the counter starts again).
///
/// # Safety
/// `word` is the extra word of a `JUMP_BACK`.
#[inline(always)]
pub unsafe fn count_loop(word: *mut u64) -> bool {
    // SAFETY: by contract.
    unsafe {
        let count = (*word as u32).wrapping_add(1);
        if count >= LOOP_THRESHOLD.load(Ordering::Relaxed) {
            *word &= !0xFFFF_FFFF;
            return true;
        }
        *word = *word & !0xFFFF_FFFF | u64::from(count);
        false
    }
}

/// Counts one call of a function; true when the JIT is to be asked. The counter goes down to 1 and stays there while there
/// is a region; 0 means that nobody wants to know.
///
/// # Safety
/// `frame` is a frame that has not executed anything.
#[inline(always)]
pub unsafe fn count_entry(frame: *mut Frame) -> bool {
    // SAFETY: by contract; bodies are changed under the GIL.
    unsafe {
        let code = (*frame).code.cast::<Code>().cast_mut();
        match (*code).entry_counter {
            0 => false,
            1 => true,
            n => {
                (*code).entry_counter = n - 1;
                false
            }
        }
    }
}

/// Asks the JIT about the frame that was just pushed, after [`count_entry`] said so.
///
/// # Safety
/// As [`EntryHook`].
#[cold]
#[inline(never)]
pub(crate) unsafe fn entry_hook(ts: *mut ThreadState, frame: *mut Frame) -> Flow {
    if tracemalloc::is_tracing() {
        return Flow::Reload;
    }
    // SAFETY: by contract.
    unsafe { flow(ts, ENTRY_HOOK(ts, frame)) }
}

/// Whether a call of a function with this body may be given to [`direct`].
#[inline(always)]
pub(crate) fn may_enter_directly(code: &Code, arguments: usize) -> bool {
    code.entry_region != 0
        && code.entry_counter <= 1
        && code.positional
        && code.argcount as usize == arguments
}

/// As [`DirectHook`].
///
/// # Safety
/// The current thread state; a function of this body and its arguments, see [`may_enter_directly`].
#[inline]
pub(crate) unsafe fn direct(
    ts: *mut ThreadState,
    func: Value,
    code: &Code,
    arguments: &[Value],
) -> Direct {
    if tracemalloc::is_tracing() || crate::trace::active(ts) {
        return Direct::Declined;
    }
    // SAFETY: by contract.
    unsafe { DIRECT_HOOK(ts, func, code, arguments) }
}

/// Goes on after [`Direct::Left`] until the function is left.
///
/// # Safety
/// The current thread state.
#[cold]
#[inline(never)]
pub(crate) unsafe fn after_direct(ts: *mut ThreadState, action: LoopAction) -> PyResult {
    // SAFETY: by contract.
    let exit = unsafe {
        match flow(ts, action) {
            Flow::Exit(exit) => exit,
            other => run_on(ts, matches!(other, Flow::Raise(_))),
        }
    };
    entered(exit)
}

unsafe fn flow(ts: *mut ThreadState, action: LoopAction) -> Flow {
    match action {
        LoopAction::Interpret | LoopAction::Resume => Flow::Reload,
        LoopAction::Raised => Flow::Raise(pyrs_object::Raised::assume_set()),
        // SAFETY: by contract of the hooks.
        LoopAction::Returned(value) => unsafe { crate::interp::return_value(ts, value) },
        LoopAction::Exit(exit) => Flow::Exit(exit),
    }
}

/// # Safety
/// As [`LoopHook`].
pub(crate) unsafe fn loop_hook(
    ts: *mut ThreadState,
    frame: *mut Frame,
    back_edge: *const u64,
) -> Flow {
    if tracemalloc::is_tracing() {
        return Flow::Reload;
    }
    // SAFETY: by contract.
    unsafe { flow(ts, LOOP_HOOK(ts, frame, back_edge)) }
}
