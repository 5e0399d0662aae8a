//! OS threads under one GIL.

use pyrs_object::PyResult;
use pyrs_object::thread::{self, ThreadState};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard};
use std::time::Duration;

struct Gil {
    held: Mutex<bool>,
    freed: Condvar,
}

static GIL: Gil = Gil { held: Mutex::new(false), freed: Condvar::new() };
/// Threads waiting for the GIL.
static WAITING: AtomicU32 = AtomicU32::new(0);
static DROP_REQUEST: AtomicBool = AtomicBool::new(false);
/// `sys.setswitchinterval`, in microseconds.
static SWITCH_INTERVAL: AtomicU32 = AtomicU32::new(5000);

fn lock() -> MutexGuard<'static, bool> {
    GIL.held.lock().unwrap_or_else(|e| e.into_inner())
}

/// Takes the GIL and makes `ts` current.
///
/// # Safety
/// `ts` belongs to the calling OS thread, which does not hold the GIL.
pub unsafe fn acquire(ts: *mut ThreadState) {
    let mut held = lock();
    if *held {
        WAITING.fetch_add(1, Ordering::Relaxed);
        while *held {
            let wait = Duration::from_micros(u64::from(SWITCH_INTERVAL.load(Ordering::Relaxed)));
            let (guard, timeout) = GIL.freed.wait_timeout(held, wait).unwrap_or_else(|e| e.into_inner());
            held = guard;
            if *held && timeout.timed_out() {
                DROP_REQUEST.store(true, Ordering::Release);
                crate::safepoint::request();
            }
        }
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
    *held = true;
    drop(held);
    // SAFETY: the GIL is held now.
    unsafe { thread::make_current(ts) }
}

/// Gives the GIL up.
pub fn release() {
    *lock() = false;
    GIL.freed.notify_one();
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

/// At a safepoint: lets a waiting thread run.
pub(crate) fn yield_gil_if_wanted(ts: *mut ThreadState) {
    if DROP_REQUEST.swap(false, Ordering::AcqRel) && WAITING.load(Ordering::Relaxed) > 0 {
        release();
        std::thread::yield_now();
        // SAFETY: `ts` is this thread's state.
        unsafe { acquire(ts) }
    }
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
        let class = pyrs_object::Ref::from_owned_ptr(exc);
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
