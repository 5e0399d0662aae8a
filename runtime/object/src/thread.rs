//! The thread state: CPython's `PyThreadState` at its offsets, followed by pyrs' own fields.

use pyrs_layout::*;
use std::cell::Cell;
use std::collections::HashSet;
use std::ptr;

/// One per OS thread that runs Python.
#[repr(C)]
pub struct ThreadState {
    pub c: PyThreadState,
    /// The running frame.
    pub frame: *mut Frame,
    /// Frame stack: the next free byte and the end of the current chunk (owned by `vm`).
    pub stack_top: *mut u8,
    pub stack_end: *mut u8,
    pub vm: *mut std::ffi::c_void,
    /// Python frames now on the stack, compared with the recursion limit.
    pub depth: u32,
    pub recursion_limit: u32,
    /// Native interpreter entries now nested.
    pub native_depth: u32,
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
        (*ts).recursion_limit = 1000;
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
