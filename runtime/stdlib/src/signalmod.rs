//! `_signal`: handlers run at safepoints of the main thread; the C handler only notes the number.

use pyrs_object::{PyResult, Ref, Type, Value, ValueExt, check_positional, errors, exceptions, methods, module, ops, raise, set, singletons, structseq, tuple};
use pyrs_vm::safepoint;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

const NSIG: usize = 65;
/// Signals that arrived and wait for a safepoint.
static PENDING: [AtomicBool; NSIG] = [const { AtomicBool::new(false) }; NSIG];
/// Python handlers by number (owned; 0 when the system's default was never asked for).
static HANDLERS: [AtomicU64; NSIG] = [const { AtomicU64::new(0) }; NSIG];
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
static WARN_ON_FULL: AtomicBool = AtomicBool::new(true);
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);

extern "C" fn on_signal(number: libc::c_int) {
    if let Some(flag) = PENDING.get(number as usize) {
        flag.store(true, Ordering::Release);
        safepoint::request();
        let fd = WAKEUP_FD.load(Ordering::Relaxed);
        if fd >= 0 {
            let byte = number as u8;
            // SAFETY: write is async-signal-safe; errno is put back for the interrupted code.
            unsafe {
                let errno = *libc::__errno_location();
                libc::write(fd, (&raw const byte).cast(), 1);
                *libc::__errno_location() = errno;
            }
        }
    }
}

fn in_main_thread() -> bool {
    // SAFETY: has no preconditions.
    MAIN_THREAD.load(Ordering::Relaxed) == unsafe { libc::pthread_self() } as u64
}

/// Runs the Python handlers of signals that have arrived.
fn run_pending() -> PyResult<()> {
    if !in_main_thread() {
        if PENDING.iter().any(|p| p.load(Ordering::Relaxed)) {
            safepoint::request();
        }
        return Ok(());
    }
    for (number, flag) in PENDING.iter().enumerate() {
        if !flag.swap(false, Ordering::AcqRel) {
            continue;
        }
        let handler = handler_of(number);
        if !ops::is_callable(handler.value()) {
            continue;
        }
        // SAFETY: the current thread state and its frame are live.
        let frame = unsafe {
            let f = (*pyrs_object::thread::current()).frame;
            if f.is_null() {
                Ref::none()
            } else {
                Ref::new(Value::from_object(pyrs_vm::frames::frame_object(f).cast()))
            }
        };
        ops::call(handler.value(), &[Value::int_unchecked(number as i64), frame.value()])?;
    }
    Ok(())
}

fn handler_of(number: usize) -> Ref {
    let v = Value::from_bits(HANDLERS[number].load(Ordering::Relaxed));
    if v.is_empty() { Ref::none() } else { Ref::new(v) }
}
fn set_handler(number: usize, v: Ref) -> Ref {
    let old = HANDLERS[number].swap(v.into_value().bits(), Ordering::Relaxed);
    let old = Value::from_bits(old);
    // SAFETY: the table owned it.
    if old.is_empty() { Ref::none() } else { unsafe { Ref::from_owned(old) } }
}

fn number_of(v: Value) -> PyResult<usize> {
    let n = ops::index_as_isize(v)?;
    if n < 1 || n >= NSIG as isize {
        return Err(raise!(ValueError, "signal number out of range"));
    }
    Ok(n as usize)
}
fn os_error<T>() -> PyResult<T> {
    Err(errors::os_error(Value::EMPTY, Value::EMPTY))
}

fn signal(_: Value, args: &[Value]) -> PyResult {
    check_positional("signal", args.len(), 2, 2)?;
    if !in_main_thread() {
        return Err(raise!(ValueError, "signal only works in main thread of the main interpreter"));
    }
    let number = number_of(args[0])?;
    let handler = args[1];
    let action = if ops::is_callable(handler) {
        on_signal as extern "C" fn(libc::c_int) as usize
    } else {
        match int_value(handler) {
            Some(0) => libc::SIG_DFL,
            Some(1) => libc::SIG_IGN,
            _ => {
                return Err(raise!(
                    TypeError,
                    "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"
                ));
            }
        }
    };
    run_pending()?;
    install(number, action)?;
    Ok(set_handler(number, Ref::new(handler)))
}
fn install(number: usize, action: usize) -> PyResult<()> {
    // SAFETY: a zeroed sigaction with a handler; no flags, so that system calls are interrupted.
    unsafe {
        let mut sa: libc::sigaction = std::mem::zeroed();
        sa.sa_sigaction = action;
        libc::sigemptyset(&mut sa.sa_mask);
        if libc::sigaction(number as i32, &sa, std::ptr::null_mut()) != 0 {
            return os_error();
        }
    }
    Ok(())
}
fn getsignal(_: Value, v: Value) -> PyResult {
    Ok(handler_of(number_of(v)?))
}
fn default_int_handler(_: Value, _args: &[Value]) -> PyResult {
    Err(raise!(KeyboardInterrupt))
}
fn alarm(_: Value, v: Value) -> PyResult {
    let n = ops::index_as_isize(v)?;
    // SAFETY: has no preconditions.
    Ok(Ref::int(i64::from(unsafe { libc::alarm(n as u32) })))
}
fn pause(_: Value) -> PyResult {
    // SAFETY: has no preconditions.
    pyrs_vm::threads::without_gil(|| unsafe { libc::pause() });
    run_pending()?;
    Ok(Ref::none())
}
fn raise_signal(_: Value, v: Value) -> PyResult {
    let n = ops::index_as_isize(v)?;
    // SAFETY: the system checks the number.
    if unsafe { libc::raise(n as i32) } != 0 {
        return os_error();
    }
    run_pending()?;
    Ok(Ref::none())
}
fn strsignal(_: Value, v: Value) -> PyResult {
    let number = number_of(v)?;
    // SAFETY: strsignal gives a static or thread-local text.
    let text = unsafe { libc::strsignal(number as i32) };
    if text.is_null() {
        return Ok(Ref::none());
    }
    // SAFETY: a NUL-terminated text.
    let text = unsafe { std::ffi::CStr::from_ptr(text) }.to_string_lossy().into_owned();
    if text.starts_with("Unknown signal") { Ok(Ref::none()) } else { Ok(pyrs_object::str::new(&text)) }
}
fn set_wakeup_fd(_: Value, args: pyrs_object::Args<'_>) -> PyResult {
    const SIGNATURE: pyrs_object::Signature<2> = pyrs_object::Signature {
        name: "set_wakeup_fd",
        params: ["", "warn_on_full_buffer"],
        posonly: 1,
        positional: 1,
        required: 1,
    };
    let [fd, warn] = args.bind(&SIGNATURE)?;
    if !in_main_thread() {
        return Err(raise!(ValueError, "set_wakeup_fd only works in main thread of the main interpreter"));
    }
    let fd = ops::index_as_isize(fd)? as i32;
    if fd != -1 {
        // SAFETY: queries a descriptor.
        let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
        if flags < 0 {
            return os_error();
        }
        if flags & libc::O_NONBLOCK == 0 {
            return Err(raise!(ValueError, "the fd {fd} must be in non-blocking mode"));
        }
    }
    if !warn.is_empty() {
        WARN_ON_FULL.store(ops::is_true(warn)?, Ordering::Relaxed);
    }
    Ok(Ref::int(i64::from(WAKEUP_FD.swap(fd, Ordering::Relaxed))))
}
fn siginterrupt(_: Value, args: &[Value]) -> PyResult {
    check_positional("siginterrupt", args.len(), 2, 2)?;
    let number = number_of(args[0])?;
    let on = ops::is_true(args[1])?;
    // SAFETY: reads and writes the disposition of a valid number.
    unsafe {
        let mut sa: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(number as i32, std::ptr::null(), &mut sa) != 0 {
            return os_error();
        }
        if on {
            sa.sa_flags &= !libc::SA_RESTART;
        } else {
            sa.sa_flags |= libc::SA_RESTART;
        }
        if libc::sigaction(number as i32, &sa, std::ptr::null_mut()) != 0 {
            return os_error();
        }
    }
    Ok(Ref::none())
}

/// A set of signal numbers as the C structure.
fn sigset(v: Value) -> PyResult<libc::sigset_t> {
    // SAFETY: emptied before use; numbers are checked.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        libc::sigemptyset(&mut s);
        for item in ops::collect(v)? {
            let n = ops::index_as_isize(item.value())?;
            if n < 1 || n >= NSIG as isize {
                return Err(raise!(ValueError, "signal number {n} out of range [1; {}]", NSIG - 1));
            }
            libc::sigaddset(&mut s, n as i32);
        }
        Ok(s)
    }
}
fn from_sigset(s: &libc::sigset_t) -> PyResult {
    let out = set::new();
    for n in 1..NSIG {
        // SAFETY: a filled set.
        if unsafe { libc::sigismember(s, n as i32) } == 1 {
            set::add(out.value(), Value::int_unchecked(n as i64))?;
        }
    }
    Ok(out)
}
fn pthread_sigmask(_: Value, args: &[Value]) -> PyResult {
    check_positional("pthread_sigmask", args.len(), 2, 2)?;
    let how = ops::index_as_isize(args[0])? as i32;
    let new = sigset(args[1])?;
    // SAFETY: valid sets.
    let old = unsafe {
        let mut old: libc::sigset_t = std::mem::zeroed();
        let code = libc::pthread_sigmask(how, &new, &mut old);
        if code != 0 {
            return Err(errors::os_error_code(code, Value::EMPTY, Value::EMPTY));
        }
        old
    };
    run_pending()?;
    from_sigset(&old)
}
fn pthread_kill(_: Value, args: &[Value]) -> PyResult {
    check_positional("pthread_kill", args.len(), 2, 2)?;
    let thread = ops::index_as_isize(args[0])?;
    let number = ops::index_as_isize(args[1])? as i32;
    // SAFETY: the C library checks the number; the thread id is the caller's word, as in C.
    let code = unsafe { libc::pthread_kill(thread as libc::pthread_t, number) };
    if code != 0 {
        return Err(errors::os_error_code(code, Value::EMPTY, Value::EMPTY));
    }
    run_pending()?;
    Ok(Ref::none())
}
fn sigpending(_: Value) -> PyResult {
    // SAFETY: fills the set.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        if libc::sigpending(&mut s) != 0 {
            return os_error();
        }
        from_sigset(&s)
    }
}
fn sigwait(_: Value, v: Value) -> PyResult {
    let s = sigset(v)?;
    let mut number = 0;
    // SAFETY: a valid set.
    let code = pyrs_vm::threads::without_gil(|| unsafe { libc::sigwait(&s, &mut number) });
    if code != 0 {
        return Err(errors::os_error_code(code, Value::EMPTY, Value::EMPTY));
    }
    Ok(Ref::int(i64::from(number)))
}
fn valid_signals(_: Value) -> PyResult {
    // SAFETY: fills the set.
    unsafe {
        let mut s: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut s);
        from_sigset(&s)
    }
}
fn timeval(x: f64) -> libc::timeval {
    libc::timeval { tv_sec: x.floor() as i64, tv_usec: ((x - x.floor()) * 1e6) as i64 }
}
fn itimer(t: &libc::itimerval) -> Ref {
    let f = |t: libc::timeval| Ref::float(t.tv_sec as f64 + t.tv_usec as f64 * 1e-6);
    tuple::from_vec(vec![f(t.it_value), f(t.it_interval)])
}
static ITIMER_ERROR: OnceLock<u64> = OnceLock::new();
fn itimer_error() -> pyrs_object::Raised {
    let e = errors::os_error(Value::EMPTY, Value::EMPTY);
    let Some(bits) = ITIMER_ERROR.get() else { return e };
    let exc = errors::take();
    let args = ops::getattr_str(exc.value(), "args");
    match args.and_then(|a| ops::call(Value::from_bits(*bits), tuple::items(a.value()))) {
        Ok(exc) => errors::set(exc),
        Err(e) => e,
    }
}
unsafe extern "C" {
    fn setitimer(which: libc::c_int, new: *const libc::itimerval, old: *mut libc::itimerval) -> libc::c_int;
    fn getitimer(which: libc::c_int, value: *mut libc::itimerval) -> libc::c_int;
}
fn py_setitimer(_: Value, args: &[Value]) -> PyResult {
    check_positional("setitimer", args.len(), 2, 3)?;
    let which = ops::index_as_isize(args[0])? as i32;
    let value = timeval(ops::as_f64(args[1])?);
    let interval = timeval(args.get(2).map_or(Ok(0.0), |v| ops::as_f64(*v))?);
    let new = libc::itimerval { it_value: value, it_interval: interval };
    // SAFETY: valid structures.
    unsafe {
        let mut old: libc::itimerval = std::mem::zeroed();
        if setitimer(which, &new, &mut old) != 0 {
            return Err(itimer_error());
        }
        Ok(itimer(&old))
    }
}
fn py_getitimer(_: Value, v: Value) -> PyResult {
    let which = ops::index_as_isize(v)? as i32;
    // SAFETY: a valid structure.
    unsafe {
        let mut old: libc::itimerval = std::mem::zeroed();
        if getitimer(which, &mut old) != 0 {
            return Err(itimer_error());
        }
        Ok(itimer(&old))
    }
}
fn siginfo_type() -> PyResult<Type> {
    static TYPE: OnceLock<Type> = OnceLock::new();
    if let Some(t) = TYPE.get() {
        return Ok(*t);
    }
    let fields: &[(&str, &str)] = &[
        ("si_signo", "signal number"), ("si_code", "signal code"), ("si_errno", "errno associated with this signal"),
        ("si_pid", "sending process ID"), ("si_uid", "real user ID of sending process"),
        ("si_status", "exit value or signal"), ("si_band", "band event for SIGPOLL"),
    ];
    let t = structseq::new_type("signal.struct_siginfo", "struct_siginfo: Result from sigwaitinfo or sigtimedwait.", fields, 7)?;
    Ok(*TYPE.get_or_init(|| t))
}

methods! { static FUNCTIONS = [
    "alarm" O alarm, "alarm($module, seconds, /)\n--\n\n";
    "default_int_handler" FAST default_int_handler, "default_int_handler($module, signalnum, frame, /)\n--\n\nRaises KeyboardInterrupt.";
    "getitimer" O py_getitimer, "getitimer($module, which, /)\n--\n\n";
    "getsignal" O getsignal, "getsignal($module, signalnum, /)\n--\n\nThe current handler of a signal.";
    "pause" NOARGS pause, "pause($module, /)\n--\n\n";
    "pthread_kill" FAST pthread_kill, "pthread_kill($module, thread_id, signalnum, /)\n--\n\n";
    "pthread_sigmask" FAST pthread_sigmask, "pthread_sigmask($module, how, mask, /)\n--\n\n";
    "raise_signal" O raise_signal, "raise_signal($module, signalnum, /)\n--\n\n";
    "set_wakeup_fd" KW set_wakeup_fd, "set_wakeup_fd(fd, *, warn_on_full_buffer=True) -> fd\n\n";
    "setitimer" FAST py_setitimer, "setitimer($module, which, seconds, interval=0.0, /)\n--\n\n";
    "siginterrupt" FAST siginterrupt, "siginterrupt($module, signalnum, flag, /)\n--\n\n";
    "signal" FAST signal, "signal($module, signalnum, handler, /)\n--\n\nSets the handler of a signal.";
    "sigpending" NOARGS sigpending, "sigpending($module, /)\n--\n\n";
    "sigwait" O sigwait, "sigwait($module, sigset, /)\n--\n\n";
    "strsignal" O strsignal, "strsignal($module, signalnum, /)\n--\n\n";
    "valid_signals" NOARGS valid_signals, "valid_signals($module, /)\n--\n\n";
] }

const NUMBERS: &[(&str, i32)] = &[
    ("SIGABRT", libc::SIGABRT), ("SIGALRM", libc::SIGALRM), ("SIGBUS", libc::SIGBUS), ("SIGCHLD", libc::SIGCHLD),
    ("SIGCLD", libc::SIGCHLD), ("SIGCONT", libc::SIGCONT), ("SIGFPE", libc::SIGFPE), ("SIGHUP", libc::SIGHUP),
    ("SIGILL", libc::SIGILL), ("SIGINT", libc::SIGINT), ("SIGIO", libc::SIGIO), ("SIGIOT", libc::SIGABRT),
    ("SIGKILL", libc::SIGKILL), ("SIGPIPE", libc::SIGPIPE), ("SIGPOLL", libc::SIGPOLL), ("SIGPROF", libc::SIGPROF),
    ("SIGPWR", libc::SIGPWR), ("SIGQUIT", libc::SIGQUIT), ("SIGRTMAX", 64), ("SIGRTMIN", 34),
    ("SIGSEGV", libc::SIGSEGV), ("SIGSTKFLT", libc::SIGSTKFLT), ("SIGSTOP", libc::SIGSTOP), ("SIGSYS", libc::SIGSYS),
    ("SIGTERM", libc::SIGTERM), ("SIGTRAP", libc::SIGTRAP), ("SIGTSTP", libc::SIGTSTP), ("SIGTTIN", libc::SIGTTIN),
    ("SIGTTOU", libc::SIGTTOU), ("SIGURG", libc::SIGURG), ("SIGUSR1", libc::SIGUSR1), ("SIGUSR2", libc::SIGUSR2),
    ("SIGVTALRM", libc::SIGVTALRM), ("SIGWINCH", libc::SIGWINCH), ("SIGXCPU", libc::SIGXCPU), ("SIGXFSZ", libc::SIGXFSZ),
    ("SIG_DFL", 0), ("SIG_IGN", 1), ("SIG_BLOCK", libc::SIG_BLOCK), ("SIG_UNBLOCK", libc::SIG_UNBLOCK),
    ("SIG_SETMASK", libc::SIG_SETMASK), ("NSIG", NSIG as i32), ("ITIMER_REAL", 0), ("ITIMER_VIRTUAL", 1), ("ITIMER_PROF", 2),
];

pub fn init() -> PyResult {
    let m = module::new("_signal");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    for (name, n) in NUMBERS {
        module::add(m.value(), name, Ref::int(i64::from(*n)));
    }
    module::add(m.value(), "struct_siginfo", siginfo_type()?.to_ref());
    let error = crate::util::new_exception("signal", "itimer_error", exceptions::OSError)?;
    let _ = ITIMER_ERROR.set(error.clone().into_value().bits());
    module::add(m.value(), "ItimerError", error);
    // SAFETY: has no preconditions.
    MAIN_THREAD.store(unsafe { libc::pthread_self() } as u64, Ordering::Relaxed);
    safepoint::set_poll_hook(run_pending);
    for number in 1..NSIG {
        // SAFETY: reads a disposition.
        let current = unsafe {
            let mut sa: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(number as i32, std::ptr::null(), &mut sa) != 0 {
                continue;
            }
            sa.sa_sigaction
        };
        let v = match current {
            libc::SIG_DFL => Ref::int(0),
            libc::SIG_IGN => Ref::int(1),
            _ => Ref::new(singletons::none()),
        };
        set_handler(number, v);
    }
    // Ctrl-C becomes KeyboardInterrupt unless the parent ignores it.
    let interrupt = libc::SIGINT as usize;
    if handler_of(interrupt).as_int() == Some(0) {
        let f = pyrs_object::dict::get_str(module::dict(m.value()), "default_int_handler");
        if let Some(f) = f {
            set_handler(interrupt, f);
            install(interrupt, on_signal as extern "C" fn(libc::c_int) as usize)?;
        }
    }
    Ok(m)
}

/// The number of an int instance (enum members included).
fn int_value(v: Value) -> Option<i64> {
    if pyrs_object::int::is_int_instance(v) { pyrs_object::int::to_i64(v) } else { None }
}
