//! Safepoints: back-edges and calls look at one word; signals, GIL requests, async exceptions and fuel set it.

use pyrs_object::thread::ThreadState;
use pyrs_object::{PyResult, Raised, raise};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

/// A flag alone in its word: compiled code polls it as a `u32`.
#[repr(C, align(8))]
pub struct Requested(AtomicBool, [u8; 7]);

/// Something wants the interpreter's attention.
pub static REQUESTED: Requested = Requested(AtomicBool::new(false), [0; 7]);

#[inline(always)]
pub fn requested() -> bool {
    REQUESTED.0.load(Ordering::Relaxed)
}
/// Asks for attention; may be called from a signal handler.
pub fn request() {
    REQUESTED.0.store(true, Ordering::Release);
}

/// Runs pending work: signal handlers, GIL hand-over, async exceptions, pending calls.
#[cold]
pub fn poll(ts: *mut ThreadState) -> PyResult<()> {
    // Compiled code that is still on the native stack leaves at its first poll while allocations are traced.
    REQUESTED
        .0
        .store(pyrs_object::tracemalloc::is_tracing(), Ordering::Release);
    crate::threads::yield_gil_if_wanted(ts);
    crate::jit::take_ready_code();
    pyrs_object::gc::safepoint();
    let hook = POLL_HOOK.load(Ordering::Acquire);
    if hook != 0 {
        // SAFETY: only `set_poll_hook` writes it, with a function of this type.
        let hook = unsafe { std::mem::transmute::<usize, fn() -> PyResult<()>>(hook) };
        hook()?;
    }
    crate::threads::raise_async_exception(ts)
}

static POLL_HOOK: AtomicUsize = AtomicUsize::new(0);

/// The signal module's handler runner.
pub fn set_poll_hook(hook: fn() -> PyResult<()>) {
    POLL_HOOK.store(hook as usize, Ordering::Release);
}

/// `RecursionError` with CPython's text; `place` is "" or " while calling a Python object"...
#[cold]
pub fn recursion_error(place: &str) -> Raised {
    // While the error itself is being made a little more depth is allowed.
    let ts = pyrs_object::thread::current();
    // SAFETY: the current thread state is valid.
    let limit = unsafe { (*ts).c.recursion_limit };
    // SAFETY: as above.
    unsafe { pyrs_object::thread::set_recursion_limit(ts, limit.saturating_add(50)) };
    let e = raise!(RecursionError, "maximum recursion depth exceeded{place}");
    // SAFETY: as above.
    unsafe { pyrs_object::thread::set_recursion_limit(ts, limit) };
    e
}

/// The address below which the native stack has less than `reserve` bytes left.
pub fn stack_limit(reserve: usize) -> usize {
    let here = 0u8;
    let here = &raw const here as usize;
    let left = stacker::remaining_stack().unwrap_or(0);
    here - left.saturating_sub(reserve).min(here)
}

/// Bytes of native stack below which native recursion is refused.
const NATIVE_RESERVE: usize = 48 << 10;
/// Stacks end at a multiple of this.
const STACK_PAGE: usize = 4096;

/// Native stack that an entry of the interpreter wants.
const ENTRY_ROOM: usize = 96 << 10;

/// Does what may enter the interpreter, on a stack of its own if this one is nearly full.
#[inline(always)]
pub fn with_room<R>(ts: *mut ThreadState, work: impl FnOnce() -> R) -> R {
    let here = 0u8;
    // SAFETY: the current thread state.
    let safe = unsafe { &(*ts).safe_stack };
    // Where it is safe the reserve is left.
    let roomy = safe.start + (ENTRY_ROOM - NATIVE_RESERVE)..safe.end;
    if roomy.contains(&(&raw const here as usize)) {
        return work();
    }
    stacker::maybe_grow(ENTRY_ROOM, 1 << 20, work)
}

/// The hook for native recursion: raises before the native stack ends or the recursion limit is passed.
pub fn check_native_depth() -> PyResult<()> {
    let ts = pyrs_object::thread::current();
    // SAFETY: the current thread state is valid.
    let (native, remaining) = unsafe { ((*ts).c.native_depth, (*ts).c.recursion_remaining) };
    if native > remaining.saturating_add(100) {
        return Err(recursion_error(" while calling a Python object"));
    }
    if note_safe_stack(ts) {
        Ok(())
    } else {
        Err(recursion_error(" (native stack)"))
    }
}

/// The hook for native recursion that is not counted: it gets another stack when this one ends.
pub fn with_stack(work: &mut dyn FnMut()) {
    if note_safe_stack(pyrs_object::thread::current()) {
        work();
    } else {
        stacker::grow(1 << 20, work);
    }
}

/// Writes down how much of this stack may be used without asking; false if its end is near.
fn note_safe_stack(ts: *mut ThreadState) -> bool {
    let Some(left) = stacker::remaining_stack() else {
        return true;
    };
    if left < NATIVE_RESERVE {
        return false;
    }
    let here = 0u8;
    let here = &raw const here as usize;
    // Callers nearby need not ask again. There may be several stacks: all that lies between two places with the same end
    // is one.
    let end = (here - left).next_multiple_of(STACK_PAGE) + NATIVE_RESERVE;
    // SAFETY: as above.
    let safe = unsafe { &mut (*ts).safe_stack };
    let top = here + STACK_PAGE;
    *safe = if safe.start == end {
        end..safe.end.max(top)
    } else {
        end..top
    };
    true
}
