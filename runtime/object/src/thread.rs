//! The thread state: CPython's `PyThreadState` at its offsets, followed by pyrs' own fields.

use pyrs_layout::*;
use std::cell::Cell;
use std::collections::HashSet;
use std::ptr;

/// One per OS thread that runs Python.
///
/// What belongs to a native stack (the frames on it, how deep it is, the exceptions it handles) lies in C's fields:
/// coroutine libraries (greenlet) exchange native stacks and these fields with them.
#[repr(C)]
pub struct ThreadState {
    pub c: PyThreadState,
    /// A chunk of frame stack kept for the next overflow, so that a call at the border does not allocate each time.
    pub spare_chunk: *mut std::ffi::c_void,
    /// Whether this thread has made a frame stack: those of coroutines begin smaller.
    pub has_stack: bool,
    /// Addresses of the native stack from where on there is enough of it left.
    pub safe_stack: std::ops::Range<usize>,
    /// Containers whose `repr` is running.
    pub repr_running: ReprStack,
    /// What is known of the chain of exception states.
    pub handled: crate::exceptions::Skip,
}

/// The containers whose `repr` is running, outermost first. Few are searched one by one; a set finds the rest, since
/// the nesting may be deep.
#[derive(Default)]
pub struct ReprStack {
    running: Vec<*mut PyObject>,
    deep: HashSet<*mut PyObject>,
}
impl ReprStack {
    const SHALLOW: usize = 16;

    /// Adds a container; false if it is there already.
    pub fn enter(&mut self, p: *mut PyObject) -> bool {
        let shallow = &self.running[..self.running.len().min(Self::SHALLOW)];
        if shallow.contains(&p) || (!self.deep.is_empty() && self.deep.contains(&p)) {
            return false;
        }
        if self.running.len() >= Self::SHALLOW {
            self.deep.insert(p);
        }
        self.running.push(p);
        true
    }
    /// Undoes [`enter`](Self::enter).
    pub fn leave(&mut self, p: *mut PyObject) {
        if let Some(at) = self.running.iter().rposition(|q| *q == p) {
            self.running.remove(at);
            if at >= Self::SHALLOW {
                self.deep.remove(&p);
            }
        }
    }
}

/// The thread that holds the GIL. Switched by whoever passes the GIL on.
pub static mut CURRENT: *mut ThreadState = ptr::null_mut();

thread_local! {
    /// This OS thread's own state, whether it holds the GIL or not.
    pub static MINE: Cell<*mut ThreadState> = const { Cell::new(ptr::null_mut()) };
}

/// The current thread state; valid while the GIL is held.
#[inline(always)]
pub fn current() -> *mut ThreadState {
    // SAFETY: a plain load of a pointer that only the GIL's holder changes.
    unsafe { CURRENT }
}

/// Python frames now on the stack, compared with the recursion limit.
///
/// # Safety
/// `ts` is a live thread state.
pub unsafe fn depth(ts: *mut ThreadState) -> i32 {
    // SAFETY: by contract.
    unsafe { (*ts).c.recursion_limit - (*ts).c.recursion_remaining }
}
/// Changes the recursion limit; the depth stays.
///
/// # Safety
/// As [`depth`].
pub unsafe fn set_recursion_limit(ts: *mut ThreadState, limit: i32) {
    // SAFETY: by contract.
    unsafe {
        (*ts).c.recursion_remaining = limit - depth(ts);
        (*ts).c.recursion_limit = limit;
    }
}

/// Writes down whether tracers and profilers are to be called.
///
/// # Safety
/// `ts` is a live thread state.
pub unsafe fn update_tracing(ts: *mut ThreadState) {
    // SAFETY: by contract; its cframe is always set.
    unsafe {
        let c = &(*ts).c;
        let on = c.tracing == 0 && (c.c_tracefunc.is_some() || c.c_profilefunc.is_some());
        (*c.cframe).use_tracing = if on { 255 } else { 0 };
    }
}
/// Nothing is traced until [`leave_tracing`].
///
/// # Safety
/// As [`update_tracing`].
pub unsafe fn enter_tracing(ts: *mut ThreadState) {
    // SAFETY: by contract.
    unsafe {
        (*ts).c.tracing += 1;
        update_tracing(ts);
    }
}
/// Ends [`enter_tracing`].
///
/// # Safety
/// As [`update_tracing`].
pub unsafe fn leave_tracing(ts: *mut ThreadState) {
    // SAFETY: by contract.
    unsafe {
        (*ts).c.tracing -= 1;
        update_tracing(ts);
    }
}

/// Whether the calling OS thread holds the GIL.
pub fn holds_gil() -> bool {
    let mine = MINE.get();
    // SAFETY: a plain load: it gives this thread's state only if this thread has the GIL, and then nobody else writes.
    !mine.is_null() && unsafe { (&raw const CURRENT).read_volatile() } == mine
}

/// The C part of the current thread state.
#[inline(always)]
pub fn tstate() -> *mut PyThreadState {
    current().cast()
}

/// Makes a thread state that is not current yet. Its exception chain starts in itself, as C code expects.
pub fn new_state() -> *mut ThreadState {
    // SAFETY: every field is a pointer, number or `ReprStack`; that is written before anyone reads it.
    unsafe {
        let ts = crate::heap::zalloc(size_of::<ThreadState>()).cast::<ThreadState>();
        ptr::write(&raw mut (*ts).repr_running, ReprStack::default());
        (*ts).c.recursion_limit = 1000;
        (*ts).c.recursion_remaining = 1000;
        (*ts).c._initialized = 1;
        (*ts).c.exc_info = &raw mut (*ts).c.exc_state;
        (*ts).c.cframe = &raw mut (*ts).c.root_cframe;
        (*ts).c.thread_id = libc::pthread_self();
        (*ts).c.native_thread_id = libc::syscall(libc::SYS_gettid) as std::ffi::c_ulong;
        (*ts).c.context_ver = 1;
        (*ts).c.gilstate_counter = 1;
        ts
    }
}

/// Makes the calling OS thread's state current.
///
/// # Safety
/// The caller holds the GIL and `ts` belongs to this OS thread.
pub unsafe fn make_current(ts: *mut ThreadState) {
    MINE.set(ts);
    set_current(ts);
}
/// The GIL passes to `ts`, or to nobody.
pub fn set_current(ts: *mut ThreadState) {
    // SAFETY: only the GIL's holder writes, and nobody else reads without it.
    unsafe { CURRENT = ts }
    crate::runtime::set_current(ts.cast());
}
