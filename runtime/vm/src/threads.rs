//! OS threads under one GIL.

use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{PyResult, Ref};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

struct State {
    held: bool,
    /// The state that held it last, and how often the holder has changed.
    last: usize,
    switches: u64,
}
struct Gil {
    state: Mutex<State>,
    freed: Condvar,
    /// Another thread than the last has it now.
    switched: Condvar,
}

static GIL: Gil = Gil {
    state: Mutex::new(State {
        held: false,
        last: 0,
        switches: 0,
    }),
    freed: Condvar::new(),
    switched: Condvar::new(),
};
/// Threads waiting for the GIL.
static WAITING: AtomicU32 = AtomicU32::new(0);
static DROP_REQUEST: AtomicBool = AtomicBool::new(false);
/// `sys.setswitchinterval`, in microseconds.
static SWITCH_INTERVAL: AtomicU32 = AtomicU32::new(5000);

fn lock() -> MutexGuard<'static, State> {
    GIL.state.lock().unwrap_or_else(|e| e.into_inner())
}

/// States of all threads that run Python.
static STATES: Mutex<Vec<usize>> = Mutex::new(Vec::new());
static NEXT_ID: AtomicU64 = AtomicU64::new(1);

fn registry() -> MutexGuard<'static, Vec<usize>> {
    STATES.lock().unwrap_or_else(|e| e.into_inner())
}

/// The states of all threads, the main thread's first. Only valid while the GIL is held.
pub fn states() -> Vec<*mut ThreadState> {
    registry().iter().map(|a| *a as *mut ThreadState).collect()
}

/// Copies the states into `out` without allocating or waiting, for signal handlers: the number copied, 0 if another
/// thread is changing the list.
pub fn copy_states(out: &mut [*mut ThreadState]) -> usize {
    let Ok(all) = STATES.try_lock() else { return 0 };
    for (to, from) in out.iter_mut().zip(all.iter()) {
        *to = *from as *mut ThreadState;
    }
    all.len().min(out.len())
}

/// Registers a thread state and gives it its id.
///
/// # Safety
/// `ts` is alive until [`unregister`].
pub unsafe fn register(ts: *mut ThreadState) {
    let mut all = registry();
    if !all.contains(&(ts as usize)) {
        // SAFETY: by contract.
        unsafe { (*ts).c.id = NEXT_ID.fetch_add(1, Ordering::Relaxed) };
        all.push(ts as usize);
    }
}
/// Takes a thread state out of the registry.
pub fn unregister(ts: *mut ThreadState) {
    registry().retain(|a| *a != ts as usize);
}

/// In the child after `fork`: only the calling thread exists.
pub fn keep_only(ts: *mut ThreadState) {
    // The lock's holder may have vanished with its thread.
    if STATES.try_lock().is_err() {
        STATES.clear_poison();
    }
    if let Ok(mut all) = STATES.try_lock() {
        all.retain(|a| *a == ts as usize);
    }
}

/// Takes the GIL and makes `ts` current.
///
/// # Safety
/// `ts` belongs to the calling OS thread, which does not hold the GIL.
pub unsafe fn acquire(ts: *mut ThreadState) {
    // SAFETY: by contract.
    unsafe { take(ts, false) }
}
/// [`acquire`] for a thread that C has made and that runs no Python code: the program may wait for it at its very end.
///
/// # Safety
/// As there.
pub unsafe fn acquire_foreign(ts: *mut ThreadState) {
    // SAFETY: by contract.
    unsafe { take(ts, true) }
}
unsafe fn take(ts: *mut ThreadState, foreign: bool) {
    let mut state = lock();
    if state.held {
        WAITING.fetch_add(1, Ordering::Relaxed);
        while state.held {
            let wait = Duration::from_micros(u64::from(SWITCH_INTERVAL.load(Ordering::Relaxed)));
            let (guard, timeout) = GIL
                .freed
                .wait_timeout(state, wait)
                .unwrap_or_else(|e| e.into_inner());
            state = guard;
            if state.held && timeout.timed_out() {
                DROP_REQUEST.store(true, Ordering::Release);
                crate::safepoint::request();
            }
        }
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
    state = park_if_finalizing(ts, state, foreign);
    state.held = true;
    if state.last != ts as usize {
        state.last = ts as usize;
        state.switches += 1;
        GIL.switched.notify_all();
    }
    drop(state);
    // SAFETY: the GIL is held now; the state is this thread's.
    unsafe {
        // Another thread may have polled what was asked for then.
        if !(*ts).c.async_exc.is_null() {
            crate::safepoint::request();
        }
        thread::make_current(ts)
    }
}

/// The thread state that is ending the program, or 0.
static FINALIZING: AtomicUsize = AtomicUsize::new(0);

/// From now on the calling thread is the only one that runs Python: others stop where they ask for the GIL.
pub fn begin_finalization() {
    FINALIZING.store(thread::current() as usize, Ordering::Release);
}
/// `sys.is_finalizing()`.
pub fn is_finalizing() -> bool {
    FINALIZING.load(Ordering::Acquire) != 0
}
/// No Python code runs any more; what is left are the functions that C has for the exit.
static ENDED: AtomicBool = AtomicBool::new(false);

/// Gives the GIL up for good behind the last Python code: destructors of libraries wait for threads that may want it.
pub fn end() {
    ENDED.store(true, Ordering::Release);
    release();
}
/// Stops a thread for good when the program is ending without it; a foreign one goes on once all Python code has run.
fn park_if_finalizing(
    ts: *mut ThreadState,
    state: MutexGuard<'static, State>,
    foreign: bool,
) -> MutexGuard<'static, State> {
    let ending = FINALIZING.load(Ordering::Acquire);
    if ending == 0 || ending == ts as usize {
        return state;
    }
    drop(state);
    GIL.freed.notify_one();
    loop {
        if !foreign {
            std::thread::park();
            continue;
        }
        if ENDED.load(Ordering::Acquire) {
            let state = lock();
            if !state.held {
                return state;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// In the child after `fork`: nobody else waits.
pub fn after_fork_child() {
    WAITING.store(0, Ordering::Relaxed);
    DROP_REQUEST.store(false, Ordering::Relaxed);
}

/// Gives the GIL up.
pub fn release() {
    let mut state = lock();
    state.held = false;
    // Who waits has said so under the lock; waking nobody is a system call all the same.
    let wanted = WAITING.load(Ordering::Relaxed) > 0;
    drop(state);
    if wanted {
        GIL.freed.notify_one();
    }
}

/// Runs `f` without the GIL (blocking system calls).
pub fn without_gil<T>(f: impl FnOnce() -> T) -> T {
    let ts = thread::current();
    release();
    let result = f();
    // SAFETY: the state belongs to this thread, which has just released the GIL.
    unsafe { acquire(ts) };
    result
}

/// Runs `f` with the GIL, within [`without_gil`].
pub fn with_gil<T>(f: impl FnOnce() -> T) -> T {
    let ts = thread::MINE.get();
    // SAFETY: the thread's own state; the thread has given the GIL up.
    unsafe { acquire(ts) };
    let result = f();
    release();
    result
}

/// At a safepoint: lets a waiting thread run.
pub(crate) fn yield_gil_if_wanted(ts: *mut ThreadState) {
    if DROP_REQUEST.swap(false, Ordering::AcqRel) && WAITING.load(Ordering::Relaxed) > 0 {
        // Without this wait the thread that is awake already would win every time.
        let mut state = lock();
        let before = state.switches;
        state.held = false;
        GIL.freed.notify_one();
        let wait = Duration::from_millis(20);
        drop(GIL.switched.wait_timeout_while(state, wait, |s| {
            s.switches == before && WAITING.load(Ordering::Relaxed) > 0
        }));
        // SAFETY: `ts` is this thread's state.
        unsafe { acquire(ts) }
    }
}

/// `PyThreadState_SetAsyncExc`: leaves `exc` (or nothing, to take it back) for the thread with that ident; whether there
/// is one.
pub fn set_async_exception(ident: u64, exc: Option<Ref>) -> bool {
    let mut all = states();
    all.push(thread::current());
    // SAFETY: states are alive while they are registered; the GIL is held.
    unsafe {
        let Some(ts) = all.into_iter().find(|ts| (**ts).c.thread_id == ident) else {
            return false;
        };
        let new = exc.map_or(std::ptr::null_mut(), Ref::into_ptr);
        let old = std::mem::replace(&mut (*ts).c.async_exc, new);
        pyrs_object::heap::xdecref_ptr(old);
    }
    crate::safepoint::request();
    true
}

/// Raises `exc` in the running thread where it polls next, unless something waits there already.
pub fn raise_soon(exc: Ref) {
    let ts = thread::current();
    // SAFETY: the current thread state is valid while the GIL is held; the field owns its object or is null.
    unsafe {
        if (*ts).c.async_exc.is_null() {
            (*ts).c.async_exc = exc.into_ptr();
        }
    }
    crate::safepoint::request();
}

/// Raises what `PyThreadState_SetAsyncExc` left for this thread.
pub(crate) fn raise_async_exception(ts: *mut ThreadState) -> PyResult<()> {
    // SAFETY: the field owns its object or is null.
    unsafe {
        let exc = (*ts).c.async_exc;
        if exc.is_null() {
            return Ok(());
        }
        (*ts).c.async_exc = std::ptr::null_mut();
        let class = Ref::from_owned_ptr(exc);
        let instance = pyrs_object::ops::call(class.value(), &[])?;
        Err(pyrs_object::errors::set(instance))
    }
}

pub fn switch_interval() -> f64 {
    f64::from(SWITCH_INTERVAL.load(Ordering::Relaxed)) / 1e6
}
pub fn set_switch_interval(seconds: f64) {
    SWITCH_INTERVAL.store(((seconds * 1e6) as u32).max(1), Ordering::Relaxed);
}
