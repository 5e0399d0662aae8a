//! `pythread.h`: locks and thread-specific storage.

use crate::*;
use std::ffi::c_void;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};
use std::time::{Duration, Instant};

/// A lock that another thread may release.
pub struct Lock {
    held: Mutex<bool>,
    freed: Condvar,
}
/// `Py_tss_t`.
#[repr(C)]
pub struct Tss {
    initialised: c_int,
    key: libc::pthread_key_t,
}

/// Waits at most so many microseconds; negative waits for ever.
fn acquire(l: &Lock, micros: i64) -> bool {
    let mut held = l.held.lock().unwrap_or_else(|e| e.into_inner());
    let end = u64::try_from(micros)
        .ok()
        .map(|m| Instant::now() + Duration::from_micros(m));
    while *held {
        match end {
            None => held = l.freed.wait(held).unwrap_or_else(|e| e.into_inner()),
            Some(end) => {
                let left = end.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return false;
                }
                held = l
                    .freed
                    .wait_timeout(held, left)
                    .unwrap_or_else(|e| e.into_inner())
                    .0;
            }
        }
    }
    *held = true;
    true
}

/// What `PyThread_set_stacksize` asked for; 0 is the system's choice.
static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);

/// Starts a thread that does not hold the GIL; gives its identifier, or all ones.
fn start(f: extern "C" fn(*mut c_void), arg: *mut c_void) -> std::ffi::c_ulong {
    use std::os::unix::thread::JoinHandleExt;
    let arg = arg as usize;
    let mut builder = std::thread::Builder::new();
    let stack = STACK_SIZE.load(Ordering::Relaxed);
    if stack != 0 {
        builder = builder.stack_size(stack);
    }
    let made = builder.spawn(move || f(arg as *mut c_void));
    made.map_or(std::ffi::c_ulong::MAX, |handle| handle.as_pthread_t())
}

capi! {
    fn PyThread_init_thread() {}
    fn PyThread_allocate_lock() -> *mut Lock { Box::into_raw(Box::new(Lock { held: Mutex::new(false), freed: Condvar::new() })) }
    fn PyThread_free_lock(l: *mut Lock) { if !l.is_null() { drop(Box::from_raw(l)) } }
    fn PyThread_acquire_lock(l: *mut Lock, wait: c_int) -> c_int { acquire(&*l, if wait != 0 { -1 } else { 0 }).into() }
    fn PyThread_acquire_lock_timed(l: *mut Lock, micros: i64, _interruptible: c_int) -> c_int { acquire(&*l, micros).into() }
    fn PyThread_release_lock(l: *mut Lock) {
        *(*l).held.lock().unwrap_or_else(|e| e.into_inner()) = false;
        (*l).freed.notify_one();
    }
    fn PyThread_start_new_thread(f: extern "C" fn(*mut c_void), arg: *mut c_void) -> std::ffi::c_ulong { start(f, arg) }
    fn PyThread_get_thread_ident() -> std::ffi::c_ulong { libc::pthread_self() }
    fn PyThread_get_thread_native_id() -> std::ffi::c_ulong { libc::syscall(libc::SYS_gettid) as std::ffi::c_ulong }
    fn PyThread_exit_thread() { libc::pthread_exit(std::ptr::null_mut()) }
    fn PyThread_get_stacksize() -> usize { STACK_SIZE.load(Ordering::Relaxed) }
    fn PyThread_set_stacksize(n: usize) -> c_int {
        if n != 0 && n < 0x8000 { return -1; }
        STACK_SIZE.store(n, Ordering::Relaxed);
        0
    }
    fn PyThread_GetInfo() -> O { ret(pyrs_vm::import::sys_attr("thread_info").ok_or_else(bad_call)) }
    fn PyThread_ReInitTLS() {}
    fn PyThread_create_key() -> c_int {
        let mut key = 0;
        if libc::pthread_key_create(&raw mut key, None) != 0 { return -1; }
        c_int::try_from(key).unwrap_or_else(|_| { libc::pthread_key_delete(key); -1 })
    }
    fn PyThread_delete_key(key: c_int) { libc::pthread_key_delete(key as libc::pthread_key_t); }
    fn PyThread_delete_key_value(key: c_int) { libc::pthread_setspecific(key as libc::pthread_key_t, std::ptr::null()); }
    fn PyThread_set_key_value(key: c_int, v: *mut c_void) -> c_int { if libc::pthread_setspecific(key as libc::pthread_key_t, v) == 0 { 0 } else { -1 } }
    fn PyThread_get_key_value(key: c_int) -> *mut c_void { libc::pthread_getspecific(key as libc::pthread_key_t) }
    fn PyThread_tss_create(t: *mut Tss) -> c_int {
        if (*t).initialised != 0 { return 0; }
        if libc::pthread_key_create(&raw mut (*t).key, None) != 0 { return -1; }
        (*t).initialised = 1;
        0
    }
    fn PyThread_tss_is_created(t: *mut Tss) -> c_int { (*t).initialised }
    fn PyThread_tss_delete(t: *mut Tss) {
        if (*t).initialised != 0 { libc::pthread_key_delete((*t).key); (*t).initialised = 0; }
    }
    fn PyThread_tss_set(t: *mut Tss, v: *mut c_void) -> c_int { if libc::pthread_setspecific((*t).key, v) == 0 { 0 } else { -1 } }
    fn PyThread_tss_get(t: *mut Tss) -> *mut c_void { libc::pthread_getspecific((*t).key) }
    fn PyThread_tss_alloc() -> *mut Tss { pyrs_object::heap::zalloc(size_of::<Tss>()).cast() }
    fn PyThread_tss_free(t: *mut Tss) {
        if !t.is_null() { PyThread_tss_delete(t); pyrs_object::heap::free(t.cast()); }
    }
}
