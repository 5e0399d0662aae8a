//! `_thread`: OS threads, locks, thread-local data.
//!
//! A thread is an OS thread with a `ThreadState` of its own; it runs while it holds the GIL. When the process ends, daemon
//! threads wait for a GIL that never comes.

mod local;
mod lock;

pub use local::_PyThread_LocalType;
pub use lock::{_PyThread_LockType, _PyThread_RLockType, new_lock, seconds, wait};
pub use pyrs_vm::threads::{copy_states, register, states, unregister};

use pyrs_object::boundary::CArgs;
use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, check_positional, dict, errors, exceptions, heap, int, intern,
    methods, module, ops, raise, str, structseq, tuple, ty,
};
use pyrs_vm::{frames, import, threads};
use std::os::unix::thread::JoinHandleExt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// `_thread._count()`.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// `_thread.stack_size()`; 0 is the default.
static STACK_SIZE: AtomicUsize = AtomicUsize::new(0);
static EXCEPT_HOOK_ARGS: AtomicU64 = AtomicU64::new(0);

const DEFAULT_STACK: usize = 8 << 20;
const MIN_STACK: usize = 32 << 10;

/// In the child after `fork`: only the calling thread exists.
pub fn after_fork_child() {
    let ts = thread::current();
    threads::keep_only(ts);
    COUNT.store(0, Ordering::Relaxed);
    // SAFETY: the current state belongs to this thread.
    unsafe {
        (*ts).c.native_thread_id = libc::syscall(libc::SYS_gettid) as std::ffi::c_ulong;
        (*ts).c.thread_id = libc::pthread_self();
    }
}

/// The calling thread's ident.
pub fn ident() -> u64 {
    // SAFETY: the current thread state is valid.
    unsafe { (*thread::current()).c.thread_id }
}

struct Start {
    function: Ref,
    args: Ref,
    kwargs: Option<Ref>,
    interp: usize,
    recursion_limit: i32,
}

fn run(start: Start) {
    let ts = thread::new_state();
    // SAFETY: the new state belongs to this thread, which does not hold the GIL yet.
    unsafe {
        threads::acquire(ts);
        (*ts).c.interp = start.interp as *mut _;
        thread::set_recursion_limit(ts, start.recursion_limit);
        register(ts);
    }
    let Start {
        function,
        args,
        kwargs,
        ..
    } = start;
    let kw = kwargs.as_ref().map_or(std::ptr::null_mut(), |d| d.as_ptr());
    // SAFETY: a tuple and a dict or null, alive for the call.
    let result = unsafe { CArgs::from_tuple_dict(args.as_ptr(), kw) }
        .and_then(|c| ops::call_args(function.value(), c.args()).map(drop));
    if result.is_err() && !errors::take_if(exceptions::SystemExit) {
        errors::write_unraisable("Exception ignored in thread started by", function.value());
    }
    drop((function, args, kwargs));
    COUNT.fetch_sub(1, Ordering::Relaxed);
    // SAFETY: the thread's last act on its state.
    unsafe { end_state(ts) }
}

/// Releases what a thread's state holds, gives the GIL up and frees the state.
///
/// # Safety
/// `ts` is the calling thread's state, which is current, and no frame of it is left.
pub unsafe fn end_state(ts: *mut ThreadState) {
    // SAFETY: by contract; each field is emptied before its object may die.
    unsafe {
        local::forget_thread((*ts).c.id);
        let c = &raw mut (*ts).c;
        heap::clear_field(&raw mut (*c).dict);
        heap::clear_field(&raw mut (*c).async_exc);
        heap::clear_field(&raw mut (*c).exc_state.exc_value);
        heap::clear_field(&raw mut (*c).c_profileobj);
        heap::clear_field(&raw mut (*c).c_traceobj);
        heap::clear_field(&raw mut (*c).async_gen_firstiter);
        heap::clear_field(&raw mut (*c).async_gen_finalizer);
        heap::clear_field(&raw mut (*c).context);
        errors::clear();
        release_sentinel(ts);
        unregister(ts);
        frames::free_stack(ts);
        thread::MINE.set(std::ptr::null_mut());
        thread::set_current(std::ptr::null_mut());
        std::ptr::drop_in_place(&raw mut (*ts).repr_running);
        heap::free(ts.cast());
    }
    threads::release();
}

/// The lock that tells `threading` of the thread's end lies in `on_delete_data`.
unsafe fn release_sentinel(ts: *mut ThreadState) {
    // SAFETY: the field owns a lock or is null.
    unsafe {
        let held = std::mem::replace(&mut (*ts).c.on_delete_data, std::ptr::null_mut());
        if !held.is_null() {
            let held = Ref::from_owned_ptr(held);
            lock::release_quietly(held.value());
        }
    }
}

fn start_new_thread(_: Value, args: &[Value]) -> PyResult {
    check_positional("start_new_thread", args.len(), 2, 3)?;
    if !ops::is_callable(args[0]) {
        return Err(raise!(TypeError, "first arg must be callable"));
    }
    if !tuple::is_tuple(args[1]) {
        return Err(raise!(TypeError, "2nd arg must be a tuple"));
    }
    if args.len() == 3 && !dict::is_dict(args[2]) {
        return Err(raise!(TypeError, "optional 3rd arg must be a dictionary"));
    }
    // SAFETY: the current thread state is valid.
    let (interp, recursion_limit) = unsafe {
        let ts = thread::current();
        ((*ts).c.interp as usize, (*ts).c.recursion_limit)
    };
    let start = Start {
        function: Ref::new(args[0]),
        args: Ref::new(args[1]),
        kwargs: args.get(2).map(|d| dict::copy(*d)),
        interp,
        recursion_limit,
    };
    let size = match STACK_SIZE.load(Ordering::Relaxed) {
        0 => DEFAULT_STACK,
        n => n,
    };
    COUNT.fetch_add(1, Ordering::Relaxed);
    // The closure must not be dropped by a failing spawn without the GIL: this thread holds it.
    match std::thread::Builder::new()
        .stack_size(size)
        .spawn(move || run(start))
    {
        Ok(handle) => Ok(int::from_u64(handle.as_pthread_t() as u64)),
        Err(_) => {
            COUNT.fetch_sub(1, Ordering::Relaxed);
            Err(raise!(RuntimeError, "can't start new thread"))
        }
    }
}
fn allocate_lock(_: Value) -> PyResult {
    Ok(new_lock())
}
fn get_ident(_: Value) -> PyResult {
    Ok(int::from_u64(ident()))
}
fn get_native_id(_: Value) -> PyResult {
    // SAFETY: gettid cannot fail.
    Ok(Ref::int(unsafe { libc::syscall(libc::SYS_gettid) }))
}
fn count(_: Value) -> PyResult {
    Ok(Ref::int(COUNT.load(Ordering::Relaxed) as i64))
}
fn exit(_: Value) -> PyResult {
    Err(raise!(SystemExit))
}
fn stack_size(_: Value, args: &[Value]) -> PyResult {
    check_positional("stack_size", args.len(), 0, 1)?;
    let old = STACK_SIZE.load(Ordering::Relaxed);
    if let [n] = args {
        let n = ops::index_as_isize(*n)?;
        if n < 0 {
            return Err(raise!(ValueError, "size must be 0 or a positive value"));
        }
        if n != 0 && (n as usize) < MIN_STACK {
            return Err(raise!(ValueError, "size not valid: {n} bytes"));
        }
        STACK_SIZE.store(n as usize, Ordering::Relaxed);
    }
    Ok(Ref::int(old as i64))
}
fn set_sentinel(_: Value) -> PyResult {
    let new = new_lock();
    let ts = thread::current();
    // SAFETY: the field owns a lock or is null.
    unsafe {
        let old = std::mem::replace(&mut (*ts).c.on_delete_data, new.clone().into_ptr().cast());
        heap::xdecref_ptr(old.cast());
    }
    Ok(new)
}
/// Delivers a signal to the main thread, if somebody handles it.
fn interrupt_main(_: Value, args: &[Value]) -> PyResult {
    check_positional("interrupt_main", args.len(), 0, 1)?;
    let signum = match args {
        [n] => ops::index_as_isize(*n)?,
        _ => libc::SIGINT as isize,
    };
    if !(1..=64).contains(&signum) {
        return Err(raise!(ValueError, "signal number out of range"));
    }
    // SAFETY: sigaction reads into a valid struct; the main thread exists as long as the process.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        libc::sigaction(signum as i32, std::ptr::null(), &raw mut action);
        if action.sa_sigaction != libc::SIG_DFL && action.sa_sigaction != libc::SIG_IGN {
            let main = states().first().map(|ts| (**ts).c.thread_id);
            if let Some(main) = main {
                libc::pthread_kill(main, signum as i32);
            }
        }
    }
    Ok(Ref::none())
}

fn except_hook_args() -> Value {
    Value::from_bits(EXCEPT_HOOK_ARGS.load(Ordering::Relaxed))
}
/// `threading.excepthook`.
fn excepthook(_: Value, args: Value) -> PyResult {
    if args.ty().value() != except_hook_args() {
        return Err(raise!(
            TypeError,
            "_thread._excepthook argument type must be ExceptHookArgs"
        ));
    }
    let [class, value, tb, thread] = [0, 1, 2, 3].map(|i| structseq::get(args, i));
    if class == exceptions::SystemExit.value() {
        return Ok(Ref::none());
    }
    let stderr = import::sys_attr("stderr").filter(|f| !f.is_none());
    let own = stderr.is_some();
    let file = match stderr {
        Some(f) => f,
        None => {
            if thread.is_none() {
                return Ok(Ref::none());
            }
            let f = ops::getattr(thread, intern!("_stderr"))?;
            if f.is_none() {
                return Ok(Ref::none());
            }
            f
        }
    };
    let name = if thread.is_none() {
        None
    } else {
        errors::absorb(
            ops::getattr(thread, intern!("name")),
            exceptions::AttributeError,
        )?
    };
    let name = match name {
        Some(n) => str::to_string_lossy(ops::str_of(n.value())?.value()),
        None => ident().to_string(),
    };
    let line = str::new(&format!("Exception in thread {name}:\n"));
    ops::call_method(file.value(), intern!("write"), &[line.value()])?;
    if own {
        crate::sys::print_exception(value, tb)?;
    } else {
        let traceback = import::import_absolute("traceback")?;
        let none = Ref::none();
        ops::call_method_str(
            traceback.value(),
            "print_exception",
            &[class, value, tb, none.value(), file.value()],
        )?;
    }
    if errors::absorb(
        ops::call_method(file.value(), intern!("flush"), &[]),
        exceptions::Exception,
    )?
    .is_none()
    {
        return Ok(Ref::none());
    }
    Ok(Ref::none())
}

methods! { static FUNCTIONS = [
    "start_new_thread" FAST start_new_thread, "start_new_thread(function, args[, kwargs])\n\nStarts a thread and returns its identifier.";
    "start_new" FAST start_new_thread, "start_new(function, args[, kwargs])\n\nAn obsolete synonym of start_new_thread().";
    "allocate_lock" NOARGS allocate_lock, "allocate_lock($module, /)\n--\n\nA new lock.";
    "allocate" NOARGS allocate_lock, "allocate($module, /)\n--\n\nAn obsolete synonym of allocate_lock().";
    "exit_thread" NOARGS exit, "exit_thread($module, /)\n--\n\nAn obsolete synonym of exit().";
    "exit" NOARGS exit, "exit($module, /)\n--\n\nRaises SystemExit.";
    "interrupt_main" FAST interrupt_main, "interrupt_main($module, signum=2, /)\n--\n\nSimulates a signal to the main thread.";
    "get_ident" NOARGS get_ident, "get_ident($module, /)\n--\n\nA number that identifies the thread.";
    "get_native_id" NOARGS get_native_id, "get_native_id($module, /)\n--\n\nThe system's number of the thread.";
    "_count" NOARGS count, "_count($module, /)\n--\n\nThe number of running threads besides the main one.";
    "stack_size" FAST stack_size, "stack_size([size]) -> size\n\nThe stack size of new threads.";
    "_set_sentinel" NOARGS set_sentinel, "_set_sentinel($module, /)\n--\n\nA lock that is released when the thread ends.";
    "_excepthook" O excepthook, "_excepthook($module, exc_hook_args, /)\n--\n\nHandles an uncaught exception of a thread.";
] }

pub fn init() -> PyResult {
    lock::init()?;
    local::init()?;
    // SAFETY: the current state lives as long as its thread.
    unsafe { register(thread::current()) }
    let m = module::new("_thread");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(m.value(), "LockType", ty!(_PyThread_LockType).to_ref());
    module::add(m.value(), "RLock", ty!(_PyThread_RLockType).to_ref());
    module::add(m.value(), "_local", ty!(_PyThread_LocalType).to_ref());
    module::add(m.value(), "error", exceptions::RuntimeError.to_ref());
    module::add(m.value(), "TIMEOUT_MAX", Ref::float(lock::TIMEOUT_MAX));
    if EXCEPT_HOOK_ARGS.load(Ordering::Relaxed) == 0 {
        let fields = [
            ("exc_type", "Exception type"),
            ("exc_value", "Exception value"),
            ("exc_traceback", "Exception traceback"),
            ("thread", "Thread"),
        ];
        let t = structseq::new_type(
            "_thread._ExceptHookArgs",
            "Arguments of threading.excepthook.",
            &fields,
            4,
        )?;
        EXCEPT_HOOK_ARGS.store(t.value().bits(), Ordering::Relaxed);
    }
    module::add(m.value(), "_ExceptHookArgs", Ref::new(except_hook_args()));
    Ok(m)
}
