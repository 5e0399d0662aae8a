//! `_signal`: handlers in Python. The C handler only notes the signal and asks for a safepoint; the main thread runs the
//! Python handlers there.

use crate::convert::*;
use crate::posix::signal_set;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, audit, check_positional, errors, exceptions,
    intern, methods, module, ops, raise, set, str, structseq, thread, tuple,
};
use pyrs_vm::{frames, safepoint, threads};
use std::ffi::c_int;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};

const NSIG: usize = 65;

static TRIPPED: [AtomicBool; NSIG] = [const { AtomicBool::new(false) }; NSIG];
static ANY_TRIPPED: AtomicBool = AtomicBool::new(false);
static MAIN_THREAD: AtomicU64 = AtomicU64::new(0);
static WAKEUP_FD: AtomicI32 = AtomicI32::new(-1);
/// The errno of a write to it that failed and was not told yet, or 0.
static WAKEUP_ERROR: AtomicI32 = AtomicI32::new(0);
static WARN_FULL: AtomicBool = AtomicBool::new(true);
/// What `getsignal` gives: an int, `None` or a callable, owned.
static mut HANDLERS: [Value; NSIG] = [Value::EMPTY; NSIG];
static ITIMER_ERROR: TypeCell = TypeCell::new();
static SIGINFO: TypeCell = TypeCell::new();

fn handler(n: usize) -> Ref {
    // SAFETY: under the GIL; numbers are checked by callers.
    let v = unsafe { HANDLERS[n] };
    if v.is_empty() {
        Ref::none()
    } else {
        Ref::new(v)
    }
}
fn set_handler(n: usize, v: Ref) -> Ref {
    // SAFETY: as above; the table owns what it holds.
    unsafe {
        let old = HANDLERS[n];
        HANDLERS[n] = v.into_value();
        if old.is_empty() {
            Ref::none()
        } else {
            Ref::from_owned(old)
        }
    }
}

/// Async-signal-safe: notes the signal.
extern "C" fn on_signal(n: c_int) {
    // SAFETY: only atomics, `write` and the thread's own errno.
    unsafe {
        let saved = *libc::__errno_location();
        trip(n);
        *libc::__errno_location() = saved;
    }
}
fn trip(n: c_int) {
    if let Some(t) = TRIPPED.get(n as usize) {
        t.store(true, Ordering::Release);
        ANY_TRIPPED.store(true, Ordering::Release);
        safepoint::request();
        let fd = WAKEUP_FD.load(Ordering::Relaxed);
        if fd >= 0 {
            let byte = n as u8;
            // SAFETY: one byte.
            let failed = unsafe {
                loop {
                    if libc::write(fd, (&raw const byte).cast(), 1) >= 0 {
                        break None;
                    }
                    let code = *libc::__errno_location();
                    if code != libc::EINTR {
                        break Some(code);
                    }
                }
            };
            if let Some(code) = failed
                && (code != libc::EAGAIN || WARN_FULL.load(Ordering::Relaxed))
            {
                WAKEUP_ERROR.store(code, Ordering::Relaxed);
            }
        }
    }
}
fn is_main_thread() -> bool {
    // SAFETY: no preconditions.
    unsafe { libc::pthread_self() as u64 == MAIN_THREAD.load(Ordering::Relaxed) }
}

/// Runs the handlers of signals that arrived.
pub fn check_signals() -> PyResult<()> {
    if !ANY_TRIPPED.load(Ordering::Acquire) {
        return Ok(());
    }
    if !is_main_thread() {
        // The main thread has to see it.
        safepoint::request();
        return Ok(());
    }
    ANY_TRIPPED.store(false, Ordering::Release);
    match WAKEUP_ERROR.swap(0, Ordering::Relaxed) {
        0 => {}
        code => tell_wakeup_error(code),
    }
    for (n, tripped) in TRIPPED.iter().enumerate().skip(1) {
        if !tripped.swap(false, Ordering::AcqRel) {
            continue;
        }
        let f = handler(n);
        if f.is_none() || f.is_int() {
            continue;
        }
        // SAFETY: the current thread state is valid.
        let frame = unsafe {
            let frame = frames::current(thread::current());
            if frame.is_null() {
                Ref::none()
            } else {
                Ref::new(Value::from_object(frames::frame_object(frame).cast()))
            }
        };
        if let Err(e) = ops::call(f.value(), &[Value::int_unchecked(n as i64), frame.value()]) {
            // The others run at the next safepoint.
            ANY_TRIPPED.store(true, Ordering::Release);
            safepoint::request();
            return Err(e);
        }
    }
    Ok(())
}

/// What C has queued for the main thread (`Py_AddPendingCall`); runs what is queued.
pub type PendingCalls = fn() -> PyResult<()>;
static PENDING: std::sync::OnceLock<PendingCalls> = std::sync::OnceLock::new();
static ANY_PENDING: AtomicBool = AtomicBool::new(false);

/// Has `run` called by the main thread at its next safepoint. Any thread may ask, without the GIL.
pub fn request_pending_calls(run: PendingCalls) {
    PENDING.get_or_init(|| run);
    ANY_PENDING.store(true, Ordering::Release);
    safepoint::request();
}
/// The safepoint's hook.
fn poll() -> PyResult<()> {
    check_signals()?;
    if !ANY_PENDING.load(Ordering::Acquire) {
        return Ok(());
    }
    if !is_main_thread() {
        safepoint::request();
        return Ok(());
    }
    ANY_PENDING.store(false, Ordering::Release);
    PENDING.get().map_or(Ok(()), |run| run())
}

#[cold]
fn tell_wakeup_error(code: c_int) {
    let _ = os_error(code);
    let text = "Exception ignored when trying to write to the signal wakeup fd";
    errors::write_unraisable(text, Value::EMPTY);
}

fn signal_number(v: Value) -> PyResult<usize> {
    let n = c_int(v)?;
    if (1..NSIG as i32).contains(&n) {
        Ok(n as usize)
    } else {
        Err(raise!(ValueError, "signal number out of range"))
    }
}
/// Installs a C handler; false with errno set when the system refuses.
fn install(n: c_int, action: libc::sighandler_t) -> bool {
    // SAFETY: a filled structure.
    unsafe {
        let mut a: libc::sigaction = std::mem::zeroed();
        a.sa_sigaction = action;
        a.sa_flags = if action == libc::SIG_DFL || action == libc::SIG_IGN {
            0
        } else {
            libc::SA_ONSTACK
        };
        libc::sigaction(n, &a, std::ptr::null_mut()) == 0
    }
}
fn signal(_: Value, args: &[Value]) -> PyResult {
    check_positional("signal", args.len(), 2, 2)?;
    let n = c_int(args[0])?;
    if !is_main_thread() {
        return Err(raise!(
            ValueError,
            "signal only works in main thread of the main interpreter"
        ));
    }
    if !(1..NSIG as i32).contains(&n) {
        return Err(raise!(ValueError, "signal number out of range"));
    }
    let new = args[1];
    let number = Value::int_unchecked;
    let action = if ops::is_callable(new) {
        on_signal as extern "C" fn(c_int) as libc::sighandler_t
    } else if ops::eq(new, number(1))? {
        libc::SIG_IGN
    } else if ops::eq(new, number(0))? {
        libc::SIG_DFL
    } else {
        return Err(raise!(
            TypeError,
            "signal handler must be signal.SIG_IGN, signal.SIG_DFL, or a callable object"
        ));
    };
    check_signals()?;
    if !install(n, action) {
        return Err(os_error(errno()));
    }
    Ok(set_handler(n as usize, Ref::new(new)))
}
fn getsignal(_: Value, n: Value) -> PyResult {
    Ok(handler(signal_number(n)?))
}
fn default_int_handler(_: Value, args: &[Value]) -> PyResult {
    check_positional("default_int_handler", args.len(), 2, 2)?;
    Err(errors::raise_none(exceptions::KeyboardInterrupt))
}
fn alarm(_: Value, seconds: Value) -> PyResult {
    let n = c_int(seconds)?;
    // SAFETY: plain numbers.
    Ok(Ref::int(i64::from(unsafe { libc::alarm(n as u32) })))
}
fn pause(_: Value) -> PyResult {
    // SAFETY: no preconditions.
    threads::without_gil(|| unsafe { libc::pause() });
    safepoint::poll(thread::current())?;
    Ok(Ref::none())
}
fn after() -> PyResult {
    safepoint::poll(thread::current())?;
    Ok(Ref::none())
}
fn raise_signal(_: Value, n: Value) -> PyResult {
    let n = c_int(n)?;
    // SAFETY: plain numbers.
    if unsafe { libc::raise(n) } != 0 {
        return Err(os_error(errno()));
    }
    after()
}
fn strsignal(_: Value, n: Value) -> PyResult {
    let n = signal_number(n)?;
    // SAFETY: the text is read at once under the GIL.
    let text = unsafe {
        let p = libc::strsignal(n as c_int);
        if p.is_null() {
            return Ok(Ref::none());
        }
        std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned()
    };
    if text.starts_with("Unknown signal") {
        Ok(Ref::none())
    } else {
        Ok(str::new(&text))
    }
}
fn siginterrupt(_: Value, args: &[Value]) -> PyResult {
    check_positional("siginterrupt", args.len(), 2, 2)?;
    let (n, on) = (signal_number(args[0])?, c_int(args[1])?);
    // SAFETY: filled by the first call.
    unsafe {
        let mut a: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(n as c_int, std::ptr::null(), &mut a) != 0 {
            return Err(os_error(errno()));
        }
        if on != 0 {
            a.sa_flags &= !libc::SA_RESTART;
        } else {
            a.sa_flags |= libc::SA_RESTART;
        }
        none_or_errno(libc::sigaction(n as c_int, &a, std::ptr::null_mut()))
    }
}
fn set_wakeup_fd(_: Value, args: Args<'_>) -> PyResult {
    const SIG: Signature<2> = Signature {
        name: "set_wakeup_fd",
        params: ["", "warn_on_full_buffer"],
        posonly: 1,
        positional: 1,
        required: 1,
    };
    let [fd, warn] = args.bind(&SIG)?;
    let (fd, warn) = (c_int(fd)?, truth(warn, true)?);
    if !is_main_thread() {
        return Err(raise!(
            ValueError,
            "set_wakeup_fd only works in main thread of the main interpreter"
        ));
    }
    if fd >= 0 {
        // SAFETY: filled by the call; plain numbers.
        unsafe {
            let mut st: libc::stat = std::mem::zeroed();
            if libc::fstat(fd, &mut st) != 0 {
                return Err(os_error(errno()));
            }
            let flags = libc::fcntl(fd, libc::F_GETFL);
            if flags < 0 {
                return Err(os_error(errno()));
            }
            if flags & libc::O_NONBLOCK == 0 {
                return Err(raise!(
                    ValueError,
                    "the fd {fd} must be in non-blocking mode"
                ));
            }
        }
    }
    WARN_FULL.store(warn, Ordering::Relaxed);
    Ok(Ref::int(i64::from(WAKEUP_FD.swap(fd, Ordering::AcqRel))))
}
fn pthread_kill(_: Value, args: &[Value]) -> PyResult {
    check_positional("pthread_kill", args.len(), 2, 2)?;
    let (id, n) = (c_mask(args[0])?, c_int(args[1])?);
    audit!("signal.pthread_kill", pyrs_object::int::from_u64(id), n)?;
    // SAFETY: the thread id is the caller's responsibility, as in CPython.
    match unsafe { libc::pthread_kill(id as libc::pthread_t, n) } {
        0 => after(),
        code => Err(os_error(code)),
    }
}
fn set_object(s: &libc::sigset_t) -> PyResult {
    let all = set::new();
    for n in 1..NSIG as c_int {
        // SAFETY: a filled set.
        if unsafe { libc::sigismember(s, n) } == 1 {
            set::add(all.value(), Value::int_unchecked(i64::from(n)))?;
        }
    }
    Ok(all)
}
fn empty_set() -> libc::sigset_t {
    // SAFETY: emptied before use.
    unsafe {
        let mut s = std::mem::zeroed();
        libc::sigemptyset(&mut s);
        s
    }
}
fn pthread_sigmask(_: Value, args: &[Value]) -> PyResult {
    check_positional("pthread_sigmask", args.len(), 2, 2)?;
    let (how, mask) = (c_int(args[0])?, signal_set(args[1])?);
    let mut old = empty_set();
    // SAFETY: live sets.
    match unsafe { libc::pthread_sigmask(how, &mask, &mut old) } {
        0 => {}
        code => return Err(os_error(code)),
    }
    safepoint::poll(thread::current())?;
    set_object(&old)
}
fn sigpending(_: Value) -> PyResult {
    let mut s = empty_set();
    // SAFETY: room for the result.
    none_or_errno(unsafe { libc::sigpending(&mut s) })?;
    set_object(&s)
}
fn valid_signals(_: Value) -> PyResult {
    let mut s = empty_set();
    // SAFETY: a live set.
    unsafe { libc::sigfillset(&mut s) };
    set_object(&s)
}
fn sigwait(_: Value, sigset: Value) -> PyResult {
    let s = signal_set(sigset)?;
    let mut n = 0;
    // SAFETY: live arguments.
    match threads::without_gil(|| unsafe { libc::sigwait(&s, &mut n) }) {
        0 => Ok(Ref::int(i64::from(n))),
        code => Err(os_error(code)),
    }
}
fn info_object(i: &libc::siginfo_t) -> Ref {
    // SAFETY: the fields are plain numbers in every variant of the union.
    let n = unsafe {
        [
            i64::from(i.si_signo),
            i64::from(i.si_code),
            i64::from(i.si_errno),
            i64::from(i.si_pid()),
            i64::from(i.si_uid()),
            i64::from(i.si_status()),
            0,
        ]
    };
    structseq::new(SIGINFO.get(), n.iter().map(|n| Ref::int(*n)).collect())
}
fn sigwaitinfo(_: Value, sigset: Value) -> PyResult {
    let s = signal_set(sigset)?;
    // SAFETY: filled by the call.
    let mut i: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let out = &raw mut i;
    // SAFETY: live arguments.
    syscall_or_raise(|| unsafe { libc::sigwaitinfo(&s, out) })?;
    Ok(info_object(&i))
}
fn sigtimedwait(_: Value, args: &[Value]) -> PyResult {
    check_positional("sigtimedwait", args.len(), 2, 2)?;
    let s = signal_set(args[0])?;
    let ns = crate::time::nanoseconds(args[1], true)?;
    if ns < 0 {
        return Err(raise!(ValueError, "timeout must be non-negative"));
    }
    let end = crate::time::clock(libc::CLOCK_MONOTONIC)
        .map_err(os_error)?
        .saturating_add(ns);
    // SAFETY: filled by the call.
    let mut i: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let out = &raw mut i;
    // SAFETY: live arguments; the time left is computed anew after a signal.
    let r = syscall(|| unsafe {
        let left = end
            .saturating_sub(crate::time::clock(libc::CLOCK_MONOTONIC).unwrap_or(end))
            .max(0);
        let t = libc::timespec {
            tv_sec: left / 1_000_000_000,
            tv_nsec: left % 1_000_000_000,
        };
        libc::sigtimedwait(&s, out, &t)
    })?;
    match r {
        Ok(_) => Ok(info_object(&i)),
        Err(libc::EAGAIN) => Ok(Ref::none()),
        Err(code) => Err(os_error(code)),
    }
}
fn timer_error() -> pyrs_object::Raised {
    let code = errno();
    let text = str::new(&errors::strerror(code));
    match exceptions::new_instance(
        ITIMER_ERROR.get(),
        &[Value::int_unchecked(i64::from(code)), text.value()],
    ) {
        Ok(e) => errors::set(e),
        Err(e) => e,
    }
}
fn interval_object(t: &libc::itimerval) -> Ref {
    let s = |t: &libc::timeval| Ref::float(t.tv_sec as f64 + t.tv_usec as f64 / 1e6);
    tuple::from_vec(vec![s(&t.it_value), s(&t.it_interval)])
}
unsafe extern "C" {
    fn setitimer(which: c_int, new: *const libc::itimerval, old: *mut libc::itimerval) -> c_int;
    fn getitimer(which: c_int, old: *mut libc::itimerval) -> c_int;
}
fn do_setitimer(_: Value, args: &[Value]) -> PyResult {
    check_positional("setitimer", args.len(), 2, 3)?;
    let which = c_int(args[0])?;
    let micros = |v: Value| -> PyResult<libc::timeval> {
        let ns = crate::time::nanoseconds(v, true)?;
        let us = ns.div_euclid(1000) + i64::from(ns.rem_euclid(1000) != 0);
        Ok(libc::timeval {
            tv_sec: us.div_euclid(1_000_000),
            tv_usec: us.rem_euclid(1_000_000),
        })
    };
    let new = libc::itimerval {
        it_value: micros(args[1])?,
        it_interval: args.get(2).map_or(
            Ok(libc::timeval {
                tv_sec: 0,
                tv_usec: 0,
            }),
            |v| micros(*v),
        )?,
    };
    // SAFETY: live structures.
    unsafe {
        let mut old: libc::itimerval = std::mem::zeroed();
        if setitimer(which, &new, &mut old) != 0 {
            return Err(timer_error());
        }
        Ok(interval_object(&old))
    }
}
fn do_getitimer(_: Value, which: Value) -> PyResult {
    let which = c_int(which)?;
    // SAFETY: room for the result.
    unsafe {
        let mut old: libc::itimerval = std::mem::zeroed();
        if getitimer(which, &mut old) != 0 {
            return Err(timer_error());
        }
        Ok(interval_object(&old))
    }
}
fn pidfd_send_signal(_: Value, args: &[Value]) -> PyResult {
    check_positional("pidfd_send_signal", args.len(), 2, 4)?;
    let (fd, n) = (c_int(args[0])?, c_int(args[1])?);
    if args.get(2).is_some_and(|v| !v.is_none()) {
        return Err(raise!(TypeError, "siginfo must be None"));
    }
    let flags = c_int_or(args.get(3).copied().unwrap_or(Value::EMPTY), 0)?;
    // SAFETY: plain numbers.
    let r = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            fd,
            n,
            std::ptr::null::<u8>(),
            flags,
        )
    };
    if r < 0 {
        Err(os_error(errno()))
    } else {
        Ok(Ref::none())
    }
}

methods! {
    static FUNCTIONS = [
        "signal" FAST signal, "signal($module, signalnum, handler, /)\n--\n\nSets the action for a signal.";
        "getsignal" O getsignal, "getsignal($module, signalnum, /)\n--\n\nThe current action for a signal.";
        "default_int_handler" FAST default_int_handler, "default_int_handler($module, signalnum, frame, /)\n--\n\nRaises KeyboardInterrupt.";
        "alarm" O alarm, "alarm($module, seconds, /)\n--\n\nArranges for SIGALRM.";
        "pause" NOARGS pause, "pause($module, /)\n--\n\nWaits for a signal.";
        "raise_signal" O raise_signal, "raise_signal($module, signalnum, /)\n--\n\nSends a signal to this process.";
        "strsignal" O strsignal, "strsignal($module, signalnum, /)\n--\n\nThe description of a signal.";
        "siginterrupt" FAST siginterrupt, "siginterrupt($module, signalnum, flag, /)\n--\n\nWhether a signal interrupts system calls.";
        "set_wakeup_fd" KW set_wakeup_fd, "set_wakeup_fd(fd, *, warn_on_full_buffer=True) -> fd";
        "pthread_kill" FAST pthread_kill, "pthread_kill($module, thread_id, signalnum, /)\n--\n\nSends a signal to a thread.";
        "pthread_sigmask" FAST pthread_sigmask, "pthread_sigmask($module, how, mask, /)\n--\n\nChanges the thread's signal mask.";
        "sigpending" NOARGS sigpending, "sigpending($module, /)\n--\n\nSignals that wait.";
        "valid_signals" NOARGS valid_signals, "valid_signals($module, /)\n--\n\nThe signal numbers of this platform.";
        "sigwait" O sigwait, "sigwait($module, sigset, /)\n--\n\nWaits for a signal of the set.";
        "sigwaitinfo" O sigwaitinfo, "sigwaitinfo($module, sigset, /)\n--\n\nWaits for a signal of the set.";
        "sigtimedwait" FAST sigtimedwait, "sigtimedwait($module, sigset, timeout, /)\n--\n\nWaits for a signal with a timeout.";
        "setitimer" FAST do_setitimer, "setitimer($module, which, seconds, interval=0.0, /)\n--\n\nSets an interval timer.";
        "getitimer" O do_getitimer, "getitimer($module, which, /)\n--\n\nThe value of an interval timer.";
        "pidfd_send_signal" FAST pidfd_send_signal, "pidfd_send_signal($module, pidfd, signalnum, siginfo=None, flags=0, /)\n--\n\nSends a signal through a descriptor.";
    ]
}
/// The constants of the module.
static CONSTANTS: &[(&str, i64)] = &[
    ("ITIMER_PROF", libc::ITIMER_PROF as i64),
    ("ITIMER_REAL", libc::ITIMER_REAL as i64),
    ("ITIMER_VIRTUAL", libc::ITIMER_VIRTUAL as i64),
    ("NSIG", 65),
    ("SIGABRT", libc::SIGABRT as i64),
    ("SIGALRM", libc::SIGALRM as i64),
    ("SIGBUS", libc::SIGBUS as i64),
    ("SIGCHLD", libc::SIGCHLD as i64),
    ("SIGCLD", 17),
    ("SIGCONT", libc::SIGCONT as i64),
    ("SIGFPE", libc::SIGFPE as i64),
    ("SIGHUP", libc::SIGHUP as i64),
    ("SIGILL", libc::SIGILL as i64),
    ("SIGINT", libc::SIGINT as i64),
    ("SIGIO", libc::SIGIO as i64),
    ("SIGIOT", libc::SIGIOT as i64),
    ("SIGKILL", libc::SIGKILL as i64),
    ("SIGPIPE", libc::SIGPIPE as i64),
    ("SIGPOLL", libc::SIGPOLL as i64),
    ("SIGPROF", libc::SIGPROF as i64),
    ("SIGPWR", libc::SIGPWR as i64),
    ("SIGQUIT", libc::SIGQUIT as i64),
    ("SIGRTMAX", 64),
    ("SIGRTMIN", 34),
    ("SIGSEGV", libc::SIGSEGV as i64),
    ("SIGSTKFLT", libc::SIGSTKFLT as i64),
    ("SIGSTOP", libc::SIGSTOP as i64),
    ("SIGSYS", libc::SIGSYS as i64),
    ("SIGTERM", libc::SIGTERM as i64),
    ("SIGTRAP", libc::SIGTRAP as i64),
    ("SIGTSTP", libc::SIGTSTP as i64),
    ("SIGTTIN", libc::SIGTTIN as i64),
    ("SIGTTOU", libc::SIGTTOU as i64),
    ("SIGURG", libc::SIGURG as i64),
    ("SIGUSR1", libc::SIGUSR1 as i64),
    ("SIGUSR2", libc::SIGUSR2 as i64),
    ("SIGVTALRM", libc::SIGVTALRM as i64),
    ("SIGWINCH", libc::SIGWINCH as i64),
    ("SIGXCPU", libc::SIGXCPU as i64),
    ("SIGXFSZ", libc::SIGXFSZ as i64),
    ("SIG_BLOCK", libc::SIG_BLOCK as i64),
    ("SIG_DFL", libc::SIG_DFL as i64),
    ("SIG_IGN", libc::SIG_IGN as i64),
    ("SIG_SETMASK", libc::SIG_SETMASK as i64),
    ("SIG_UNBLOCK", libc::SIG_UNBLOCK as i64),
];

fn add_constants(m: Value) {
    for (name, n) in CONSTANTS {
        module::add(m, name, Ref::int(*n));
    }
}

/// Makes the module and installs the default handlers; the calling thread is the main one.
pub fn init() -> PyResult {
    let m = module::new("_signal");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    add_constants(m.value());
    let t = crate::locale::new_exception(intern!("signal"), "itimer_error", exceptions::OSError)?;
    ITIMER_ERROR.set(t);
    module::add(m.value(), "ItimerError", t.to_ref());
    let fields = [
        ("si_signo", "signal number"),
        ("si_code", "signal code"),
        ("si_errno", "errno associated with this signal"),
        ("si_pid", "sending process ID"),
        ("si_uid", "real user ID of sending process"),
        ("si_status", "exit value or signal"),
        ("si_band", "band event for SIGPOLL"),
    ];
    let t = structseq::new_type(
        "signal.struct_siginfo",
        "Information about a signal.",
        &fields,
        7,
    )?;
    SIGINFO.set(t);
    module::add(m.value(), "struct_siginfo", t.to_ref());
    // SAFETY: asks the system for the current actions.
    unsafe {
        MAIN_THREAD.store(libc::pthread_self() as u64, Ordering::Relaxed);
        for n in 1..NSIG {
            let mut a: libc::sigaction = std::mem::zeroed();
            let known = libc::sigaction(n as c_int, std::ptr::null(), &mut a) == 0;
            let v = match a.sa_sigaction {
                _ if !known => Ref::none(),
                libc::SIG_DFL => Ref::int(0),
                libc::SIG_IGN => Ref::int(1),
                _ => Ref::none(),
            };
            drop(set_handler(n, v));
        }
    }
    // CPython ignores these so that the calls give errors instead.
    for n in [libc::SIGPIPE, libc::SIGXFSZ] {
        if install(n, libc::SIG_IGN) {
            drop(set_handler(n as usize, Ref::int(1)));
        }
    }
    if handler(libc::SIGINT as usize).as_int() == Some(0) {
        let f = ops::getattr(m.value(), intern!("default_int_handler"))?;
        if install(
            libc::SIGINT,
            on_signal as extern "C" fn(c_int) as libc::sighandler_t,
        ) {
            drop(set_handler(libc::SIGINT as usize, f));
        }
    }
    safepoint::set_poll_hook(poll);
    Ok(m)
}
