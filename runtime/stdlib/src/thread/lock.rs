//! `_thread.lock` and `_thread.RLock`: POSIX semaphores, because waiting on one ends with `EINTR` when a signal arrives,
//! so that Ctrl-C interrupts a blocked main thread.

use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_exact, alloc_instance};
use pyrs_object::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, errors, float, heap, int, methods, ops, py_type, raise, thread, tuple, ty, typeobject};
use pyrs_vm::{safepoint, threads};

#[repr(C)]
pub struct LockObject {
    pub ob_base: PyObject,
    pub weakrefs: *mut PyObject,
    pub locked: bool,
    sem: libc::sem_t,
}
#[repr(C)]
pub struct RLockObject {
    pub ob_base: PyObject,
    pub weakrefs: *mut PyObject,
    /// The holder's ident while `count` is positive.
    owner: u64,
    count: u64,
    sem: libc::sem_t,
}

py_type! {
    pub static _PyThread_LockType: LockObject = "_thread.lock" {
        flags: DISALLOW_INSTANTIATION;
        fields { tp_weaklistoffset: std::mem::offset_of!(LockObject, weakrefs) as isize }
        doc: "A lock object is a synchronization primitive: allocate_lock() makes one.";
        raw { tp_dealloc: lock_dealloc }
        slots { tp_repr: lock_repr }
        methods: LOCK_METHODS;
    }
}
py_type! {
    pub static _PyThread_RLockType: RLockObject = "_thread.RLock" {
        flags: BASETYPE;
        fields { tp_weaklistoffset: std::mem::offset_of!(RLockObject, weakrefs) as isize }
        raw { tp_dealloc: rlock_dealloc }
        slots { tp_repr: rlock_repr, tp_new: rlock_new }
        methods: RLOCK_METHODS;
    }
}
methods! { static LOCK_METHODS = [
    "acquire_lock" KW lock_acquire, "acquire_lock($self, blocking=True, timeout=-1)\n--\n\nLocks the lock.";
    "acquire" KW lock_acquire, "acquire($self, /, blocking=True, timeout=-1)\n--\n\nLocks the lock; says whether it did.";
    "release_lock" NOARGS lock_release, "release_lock($self, /)\n--\n\nUnlocks the lock.";
    "release" NOARGS lock_release, "release($self, /)\n--\n\nUnlocks the lock.";
    "locked_lock" NOARGS lock_locked, "locked_lock($self, /)\n--\n\nWhether the lock is locked.";
    "locked" NOARGS lock_locked, "locked($self, /)\n--\n\nWhether the lock is locked.";
    "__enter__" KW lock_acquire, "__enter__($self, /)\n--\n\nLocks the lock.";
    "__exit__" FAST lock_exit, "__exit__($self, /, *args)\n--\n\nUnlocks the lock.";
    "_at_fork_reinit" NOARGS lock_at_fork, "_at_fork_reinit($self, /)\n--\n\n";
] }
methods! { static RLOCK_METHODS = [
    "acquire" KW rlock_acquire, "acquire($self, /, blocking=True, timeout=-1)\n--\n\nLocks the lock once more.";
    "release" NOARGS rlock_release, "release($self, /)\n--\n\nUnlocks the lock once.";
    "_is_owned" NOARGS rlock_is_owned, "_is_owned($self, /)\n--\n\nFor internal use by `threading.Condition`.";
    "_acquire_restore" O rlock_acquire_restore, "_acquire_restore($self, state, /)\n--\n\nFor internal use by `threading.Condition`.";
    "_release_save" NOARGS rlock_release_save, "_release_save($self, /)\n--\n\nFor internal use by `threading.Condition`.";
    "__enter__" KW rlock_acquire, "__enter__($self, /)\n--\n\nLocks the lock once more.";
    "__exit__" FAST rlock_exit, "__exit__($self, /, *args)\n--\n\nUnlocks the lock once.";
    "_at_fork_reinit" NOARGS rlock_at_fork, "_at_fork_reinit($self, /)\n--\n\n";
] }

/// `threading.TIMEOUT_MAX`, in seconds.
pub const TIMEOUT_MAX: f64 = 9223372036.0;

unsafe extern "C" {
    /// glibc 2.30: a wait that the wall clock's changes do not disturb.
    fn sem_clockwait(sem: *mut libc::sem_t, clock: libc::clockid_t, deadline: *const libc::timespec) -> libc::c_int;
}

fn deadline(seconds: f64) -> libc::timespec {
    let mut now = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `now` is valid for writes.
    unsafe { libc::clock_gettime(libc::CLOCK_MONOTONIC, &raw mut now) };
    // Rounded up: a wait never ends early.
    let whole = seconds.floor();
    let nanos = now.tv_nsec + ((seconds - whole) * 1e9).ceil() as libc::c_long;
    libc::timespec {
        tv_sec: now.tv_sec + whole as libc::time_t + nanos / 1_000_000_000,
        tv_nsec: nanos % 1_000_000_000,
    }
}

/// Takes the semaphore: at once if it can, else without the GIL. `timeout` in seconds; negative waits for ever.
///
/// # Safety
/// `sem` is initialised and stays alive for the call.
pub unsafe fn wait(sem: *mut libc::sem_t, timeout: f64) -> PyResult<bool> {
    // SAFETY: by contract.
    unsafe {
        if libc::sem_trywait(sem) == 0 {
            return Ok(true);
        }
        if timeout == 0.0 {
            return Ok(false);
        }
        let until = if timeout > 0.0 { Some(deadline(timeout)) } else { None };
        let address = sem as usize;
        loop {
            let code = threads::without_gil(|| {
                let sem = address as *mut libc::sem_t;
                let r = match &until {
                    Some(t) => sem_clockwait(sem, libc::CLOCK_MONOTONIC, t),
                    None => libc::sem_wait(sem),
                };
                if r == 0 { 0 } else { std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EINVAL) }
            });
            match code {
                0 => return Ok(true),
                libc::ETIMEDOUT => return Ok(false),
                libc::EINTR => safepoint::poll(thread::current())?,
                other => return Err(errors::os_error_code(other, Value::EMPTY, Value::EMPTY)),
            }
        }
    }
}

/// The timeout that `acquire(blocking, timeout)` asks for, as [`wait`] takes it.
fn acquire_timeout(args: Args<'_>) -> PyResult<f64> {
    if args.values.is_empty() {
        return Ok(-1.0);
    }
    const SIGNATURE: Signature<2> =
        Signature { name: "acquire", params: ["blocking", "timeout"], posonly: 0, positional: 2, required: 0 };
    let [blocking, timeout] = args.bind(&SIGNATURE)?;
    let blocking = match blocking.non_empty() {
        Some(b) => ops::index_as_isize(b)? != 0,
        None => true,
    };
    let timeout = match timeout.non_empty() {
        Some(t) => seconds(t)?,
        None => -1.0,
    };
    if !blocking && timeout != -1.0 {
        return Err(raise!(ValueError, "can't specify a timeout for a non-blocking call"));
    }
    if timeout < 0.0 && timeout != -1.0 {
        return Err(raise!(ValueError, "timeout value must be positive"));
    }
    if timeout > TIMEOUT_MAX {
        return Err(raise!(OverflowError, "timeout value is too large"));
    }
    Ok(if blocking { timeout } else { 0.0 })
}

/// Seconds from an int or float argument.
pub fn seconds(v: Value) -> PyResult<f64> {
    if float::is_float_instance(v) {
        let x = float::value(v);
        if x.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        if x.abs() >= 9.3e9 {
            return Err(raise!(OverflowError, "timestamp too large to convert to C _PyTime_t"));
        }
        return Ok(x);
    }
    let n = ops::index(v)?;
    match int::to_i64(n.value()) {
        Some(n) if n.unsigned_abs() < 9_223_372_037 => Ok(n as f64),
        _ => Err(raise!(OverflowError, "timestamp too large to convert to C _PyTime_t")),
    }
}

fn lock_raw(v: Value) -> *mut LockObject {
    v.as_ptr().cast()
}

/// A new, unlocked lock.
pub fn new_lock() -> Ref {
    let p = alloc_exact::<LockObject>(ty!(_PyThread_LockType));
    // SAFETY: a fresh object; every field is set.
    unsafe {
        (*p).weakrefs = std::ptr::null_mut();
        (*p).locked = false;
        libc::sem_init(&raw mut (*p).sem, 0, 1);
        Ref::from_owned_ptr(p)
    }
}
unsafe extern "C" fn lock_dealloc(object: *mut PyObject) {
    // SAFETY: a dead lock; nobody waits on it.
    unsafe {
        pyrs_object::weakref::clear_refs(object);
        libc::sem_destroy(&raw mut (*object.cast::<LockObject>()).sem);
        heap::finish_dealloc(object);
    }
}
fn state_repr(v: Value, locked: bool, more: &str) -> PyResult {
    let state = if locked { "locked" } else { "unlocked" };
    Ok(Ref::str(&format!("<{state} {} object{more} at {:#x}>", v.ty().full_name(), v.bits())))
}
fn lock_repr(v: Value) -> PyResult {
    // SAFETY: a live lock.
    state_repr(v, unsafe { (*lock_raw(v)).locked }, "")
}
fn lock_acquire(v: Value, args: Args<'_>) -> PyResult {
    let timeout = acquire_timeout(args)?;
    let p = lock_raw(v);
    // SAFETY: the caller keeps the lock alive.
    unsafe {
        let taken = wait(&raw mut (*p).sem, timeout)?;
        if taken {
            (*p).locked = true;
        }
        Ok(Ref::bool(taken))
    }
}
/// Unlocks if it is locked.
pub fn release_quietly(v: Value) {
    let p = lock_raw(v);
    // SAFETY: a live lock.
    unsafe {
        if (*p).locked {
            (*p).locked = false;
            libc::sem_post(&raw mut (*p).sem);
        }
    }
}
fn lock_release(v: Value) -> PyResult {
    // SAFETY: a live lock.
    if unsafe { !(*lock_raw(v)).locked } {
        return Err(raise!(RuntimeError, "release unlocked lock"));
    }
    release_quietly(v);
    Ok(Ref::none())
}
fn lock_exit(v: Value, _: &[Value]) -> PyResult {
    lock_release(v)
}
fn lock_locked(v: Value) -> PyResult {
    // SAFETY: a live lock.
    Ok(Ref::bool(unsafe { (*lock_raw(v)).locked }))
}
fn lock_at_fork(v: Value) -> PyResult {
    // SAFETY: a live lock; after a fork no other thread uses it.
    unsafe {
        (*lock_raw(v)).locked = false;
        libc::sem_init(&raw mut (*lock_raw(v)).sem, 0, 1);
    }
    Ok(Ref::none())
}

fn rlock_raw(v: Value) -> *mut RLockObject {
    v.as_ptr().cast()
}
fn rlock_new(t: Type, _: Args<'_>) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<RLockObject>();
    // SAFETY: a fresh zeroed object.
    unsafe {
        libc::sem_init(&raw mut (*p).sem, 0, 1);
        Ok(Ref::from_owned_ptr(p))
    }
}
unsafe extern "C" fn rlock_dealloc(object: *mut PyObject) {
    // SAFETY: a dead lock.
    unsafe {
        if Type::of_ptr(object).has(tpflags::HAVE_GC) && pyrs_object::gc::is_tracked(object) {
            pyrs_object::gc::untrack(object);
        }
        pyrs_object::weakref::clear_refs(object);
        libc::sem_destroy(&raw mut (*object.cast::<RLockObject>()).sem);
        heap::finish_dealloc(object);
    }
}
fn rlock_repr(v: Value) -> PyResult {
    // SAFETY: a live lock.
    let (owner, count) = unsafe { ((*rlock_raw(v)).owner, (*rlock_raw(v)).count) };
    state_repr(v, count > 0, &format!(" owner={owner} count={count}"))
}
fn rlock_owned(p: *mut RLockObject) -> bool {
    // SAFETY: a live lock.
    unsafe { (*p).count > 0 && (*p).owner == super::ident() }
}
fn rlock_acquire(v: Value, args: Args<'_>) -> PyResult {
    let timeout = acquire_timeout(args)?;
    let p = rlock_raw(v);
    // SAFETY: the caller keeps the lock alive.
    unsafe {
        if rlock_owned(p) {
            let Some(count) = (*p).count.checked_add(1) else {
                return Err(raise!(OverflowError, "Internal lock count overflowed"));
            };
            (*p).count = count;
            return Ok(Ref::bool(true));
        }
        let taken = wait(&raw mut (*p).sem, timeout)?;
        if taken {
            (*p).owner = super::ident();
            (*p).count = 1;
        }
        Ok(Ref::bool(taken))
    }
}
fn rlock_release(v: Value) -> PyResult {
    let p = rlock_raw(v);
    if !rlock_owned(p) {
        return Err(raise!(RuntimeError, "cannot release un-acquired lock"));
    }
    // SAFETY: a live lock that this thread holds.
    unsafe {
        (*p).count -= 1;
        if (*p).count == 0 {
            (*p).owner = 0;
            libc::sem_post(&raw mut (*p).sem);
        }
    }
    Ok(Ref::none())
}
fn rlock_exit(v: Value, _: &[Value]) -> PyResult {
    rlock_release(v)
}
fn rlock_is_owned(v: Value) -> PyResult {
    Ok(Ref::bool(rlock_owned(rlock_raw(v))))
}
fn rlock_acquire_restore(v: Value, state: Value) -> PyResult {
    let pair = if tuple::is_tuple(state) { tuple::items(state) } else { &[] };
    let [count, owner] = pair else {
        return Err(raise!(TypeError, "_acquire_restore() argument 1 must be 2-item tuple"));
    };
    let (Some(count), Some(owner)) = (int::to_u64(*count), int::to_u64(*owner)) else {
        return Err(raise!(TypeError, "an integer is required"));
    };
    let p = rlock_raw(v);
    // SAFETY: the caller keeps the lock alive.
    unsafe {
        wait(&raw mut (*p).sem, -1.0)?;
        (*p).owner = owner;
        (*p).count = count;
    }
    Ok(Ref::none())
}
fn rlock_release_save(v: Value) -> PyResult {
    let p = rlock_raw(v);
    // SAFETY: a live lock.
    unsafe {
        if (*p).count == 0 {
            return Err(raise!(RuntimeError, "cannot release un-acquired lock"));
        }
        let state = tuple::pair(int::from_u64((*p).count), int::from_u64((*p).owner));
        (*p).count = 0;
        (*p).owner = 0;
        libc::sem_post(&raw mut (*p).sem);
        Ok(state)
    }
}
fn rlock_at_fork(v: Value) -> PyResult {
    let p = rlock_raw(v);
    // SAFETY: a live lock; after a fork no other thread uses it.
    unsafe {
        (*p).count = 0;
        (*p).owner = 0;
        libc::sem_init(&raw mut (*p).sem, 0, 1);
    }
    Ok(Ref::none())
}

/// Readies the types.
pub fn init() -> PyResult<()> {
    typeobject::ready(ty!(_PyThread_LockType))?;
    typeobject::ready(ty!(_PyThread_RLockType))
}
