//! `faulthandler`: prints where threads are, on demand, after a time, or when a signal kills the process.
//!
//! What runs in a signal handler neither allocates nor takes locks: it walks the frame chains and writes from a buffer on
//! its stack. Like CPython's, the watchdog and the handlers read frames that may be changing.

use crate::thread::{seconds, states};
use pyrs_object::layout::*;
use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, intern, methods, module, ops, raise, str,
};
use pyrs_vm::{frames, import};
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Frames shown of one thread.
const MAX_FRAMES: usize = 100;
const MAX_THREADS: usize = 100;
const MAX_TEXT: usize = 500;

/// Writes to a file descriptor from a buffer on the stack.
struct Out {
    fd: i32,
    used: usize,
    buffer: [u8; 512],
}
impl Out {
    fn new(fd: i32) -> Out {
        Out {
            fd,
            used: 0,
            buffer: [0; 512],
        }
    }
    fn flush(&mut self) {
        let mut from = 0;
        while from < self.used {
            // SAFETY: the buffer is valid for the range.
            let n = unsafe {
                libc::write(
                    self.fd,
                    self.buffer[from..].as_ptr().cast(),
                    self.used - from,
                )
            };
            if n <= 0 {
                break;
            }
            from += n as usize;
        }
        self.used = 0;
    }
    fn byte(&mut self, b: u8) {
        if self.used == self.buffer.len() {
            self.flush();
        }
        self.buffer[self.used] = b;
        self.used += 1;
    }
    fn text(&mut self, s: &str) {
        for b in s.bytes() {
            self.byte(b);
        }
    }
    fn number(&mut self, mut n: u64, base: u64, width: usize) {
        let mut digits = [0u8; 24];
        let mut at = digits.len();
        loop {
            at -= 1;
            digits[at] = b"0123456789abcdef"[(n % base) as usize];
            n /= base;
            if n == 0 || at == 0 {
                break;
            }
        }
        for _ in digits.len() - at..width {
            self.byte(b'0');
        }
        for d in &digits[at..] {
            self.byte(*d);
        }
    }
    /// A Python str; other than ASCII is escaped.
    fn python_text(&mut self, v: Value) {
        let n = str::len(v);
        for i in 0..n.min(MAX_TEXT) {
            let c = str::char_at(v, i);
            match c {
                0x20..=0x7E => self.byte(c as u8),
                0..=0xFF => {
                    self.text("\\x");
                    self.number(u64::from(c), 16, 2);
                }
                0x100..=0xFFFF => {
                    self.text("\\u");
                    self.number(u64::from(c), 16, 4);
                }
                _ => {
                    self.text("\\U");
                    self.number(u64::from(c), 16, 8);
                }
            }
        }
        if n > MAX_TEXT {
            self.text("...");
        }
    }
}
impl Drop for Out {
    fn drop(&mut self) {
        self.flush();
    }
}

/// The frames of one thread, the innermost first.
///
/// # Safety
/// `ts` is alive; its frames are read as they are.
unsafe fn write_frames(out: &mut Out, ts: *mut ThreadState) {
    // SAFETY: by contract.
    unsafe {
        let mut frame: *const Frame = (*ts).c.frame;
        if frame.is_null() {
            out.text("  <no Python frame>\n");
            return;
        }
        let mut n = 0;
        while !frame.is_null() {
            if n == MAX_FRAMES {
                out.text("  ...\n");
                return;
            }
            let code = frames::code_object(frame);
            out.text("  File ");
            if code.is_null() || (*code).co_filename.is_null() {
                out.text("???");
            } else {
                out.byte(b'"');
                out.python_text(Value::from_object((*code).co_filename));
                out.byte(b'"');
            }
            out.text(", line ");
            out.number(frames::line(frame).max(0) as u64, 10, 0);
            out.text(" in ");
            if code.is_null() || (*code).co_name.is_null() {
                out.text("???");
            } else {
                out.python_text(Value::from_object((*code).co_name));
            }
            out.byte(b'\n');
            frame = frames::stored_back(frame);
            n += 1;
        }
    }
}

/// All threads; the one that holds the GIL is the current one.
///
/// # Safety
/// As [`write_frames`].
unsafe fn write_all(out: &mut Out, current: *mut ThreadState, all: &[*mut ThreadState]) {
    // SAFETY: by contract.
    unsafe {
        for (i, ts) in all.iter().rev().enumerate() {
            if i > 0 {
                out.byte(b'\n');
            }
            if i == MAX_THREADS {
                out.text("...\n");
                return;
            }
            out.text(if *ts == current {
                "Current thread 0x"
            } else {
                "Thread 0x"
            });
            out.number((**ts).c.thread_id, 16, 16);
            out.text(" (most recent call first):\n");
            write_frames(out, *ts);
        }
    }
}

/// The descriptor of a file argument: a number, an object with `fileno()`, or `sys.stderr`. The object keeps it open.
fn descriptor(file: Value) -> PyResult<(i32, Option<Ref>)> {
    let file = match file.non_empty().filter(|f| !f.is_none()) {
        Some(f) => Ref::new(f),
        None => match import::sys_attr("stderr") {
            Some(f) if !f.is_none() => f,
            Some(_) => return Err(raise!(RuntimeError, "sys.stderr is None")),
            None => return Err(raise!(RuntimeError, "unable to get sys.stderr")),
        },
    };
    if pyrs_object::int::is_int_instance(file.value()) {
        let fd = ops::index_as_isize(file.value())?;
        return match i32::try_from(fd) {
            Ok(fd) if fd >= 0 => Ok((fd, None)),
            _ => Err(raise!(ValueError, "file is not a valid file descripter")),
        };
    }
    let fd = ops::call_method(file.value(), intern!("fileno"), &[])?;
    let Some(fd) = pyrs_object::int::to_i64(fd.value()) else {
        return Err(raise!(
            RuntimeError,
            "file.fileno() is not a valid file descriptor"
        ));
    };
    if ops::call_method(file.value(), intern!("flush"), &[]).is_err() {
        pyrs_object::errors::clear();
    }
    match i32::try_from(fd) {
        Ok(fd) if fd >= 0 => Ok((fd, Some(file))),
        _ => Err(raise!(
            RuntimeError,
            "file.fileno() is not a valid file descriptor"
        )),
    }
}
fn flag(v: Value, default: bool) -> PyResult<bool> {
    match v.non_empty() {
        Some(v) => ops::is_true(v),
        None => Ok(default),
    }
}

fn dump_traceback(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "dump_traceback",
        params: ["file", "all_threads"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [file, all] = args.bind(&SIGNATURE)?;
    let all = flag(all, true)?;
    let (fd, _keep) = descriptor(file)?;
    let mut out = Out::new(fd);
    let ts = thread::current();
    // SAFETY: the GIL is held: all states and frames are live.
    unsafe {
        if all {
            write_all(&mut out, ts, &known_states(ts));
        } else {
            out.text("Stack (most recent call first):\n");
            write_frames(&mut out, ts);
        }
    }
    drop(out);
    Ok(Ref::none())
}
fn known_states(ts: *mut ThreadState) -> Vec<*mut ThreadState> {
    let mut all = states();
    if !all.contains(&ts) {
        all.push(ts);
    }
    all
}

// ---- fatal signals --------------------------------------------------------------------------------------------

const FATAL: [(i32, &str); 5] = [
    (libc::SIGBUS, "Bus error"),
    (libc::SIGILL, "Illegal instruction"),
    (libc::SIGFPE, "Floating point exception"),
    (libc::SIGABRT, "Aborted"),
    (libc::SIGSEGV, "Segmentation fault"),
];
static ENABLED: AtomicBool = AtomicBool::new(false);
static FATAL_FD: AtomicI32 = AtomicI32::new(2);
static FATAL_ALL: AtomicBool = AtomicBool::new(true);
/// The file object that is kept open.
static FATAL_FILE: AtomicU64 = AtomicU64::new(0);
static OLD_FATAL: Mutex<Vec<(i32, libc::sigaction)>> = Mutex::new(Vec::new());
static BUSY: AtomicUsize = AtomicUsize::new(0);

/// Writes the traces of the interrupted thread, or of all.
unsafe fn write_from_handler(out: &mut Out, all: bool) {
    let ts = thread::MINE.get();
    // SAFETY: the interrupted thread's own state is alive; the others are read as they are.
    unsafe {
        if all {
            let mut list = [std::ptr::null_mut::<ThreadState>(); MAX_THREADS];
            let n = crate::thread::copy_states(&mut list);
            if n > 0 {
                write_all(out, ts, &list[..n]);
                return;
            }
        }
        if ts.is_null() {
            out.text("<no Python state>\n");
            return;
        }
        out.text("Stack (most recent call first):\n");
        write_frames(out, ts);
    }
}

unsafe extern "C" fn on_fatal(signal: libc::c_int) {
    let saved = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    // SAFETY: async-signal-safe calls only; the default action is put back before anything can fail again.
    unsafe {
        libc::signal(signal, libc::SIG_DFL);
        if BUSY.swap(1, Ordering::AcqRel) == 0 {
            let mut out = Out::new(FATAL_FD.load(Ordering::Relaxed));
            out.text("Fatal Python error: ");
            out.text(
                FATAL
                    .iter()
                    .find(|(s, _)| *s == signal)
                    .map_or("signal", |(_, t)| t),
            );
            out.text("\n\n");
            write_from_handler(&mut out, FATAL_ALL.load(Ordering::Relaxed));
            drop(out);
            BUSY.store(0, Ordering::Release);
        }
        *libc::__errno_location() = saved;
        libc::raise(signal);
    }
}

/// A stack of its own for handlers: a fatal signal may be a stack overflow.
fn alternate_stack() {
    static MADE: AtomicBool = AtomicBool::new(false);
    // The runtime's threads have one from Rust's standard library already.
    // SAFETY: the new stack is never freed.
    unsafe {
        let mut old: libc::stack_t = std::mem::zeroed();
        if libc::sigaltstack(std::ptr::null(), &raw mut old) == 0
            && old.ss_flags & libc::SS_DISABLE != 0
            && !MADE.swap(true, Ordering::Relaxed)
        {
            let size = 64 << 10;
            let memory = Box::leak(vec![0u8; size].into_boxed_slice());
            let new = libc::stack_t {
                ss_sp: memory.as_mut_ptr().cast(),
                ss_flags: 0,
                ss_size: size,
            };
            libc::sigaltstack(&raw const new, std::ptr::null_mut());
        }
    }
}
fn handler_action(handler: unsafe extern "C" fn(libc::c_int), flags: i32) -> libc::sigaction {
    // SAFETY: zero is a valid sigaction.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    action.sa_sigaction = handler as *const () as usize;
    action.sa_flags = flags;
    action
}
fn keep_file(slot: &AtomicU64, file: Option<Ref>) {
    let new = file.map_or(0, |f| f.into_value().bits());
    let old = slot.swap(new, Ordering::AcqRel);
    pyrs_object::heap::decref(Value::from_bits(old));
}

fn enable(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "enable",
        params: ["file", "all_threads"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [file, all] = args.bind(&SIGNATURE)?;
    let all = flag(all, true)?;
    let (fd, file) = descriptor(file)?;
    keep_file(&FATAL_FILE, file);
    FATAL_FD.store(fd, Ordering::Relaxed);
    FATAL_ALL.store(all, Ordering::Relaxed);
    if !ENABLED.swap(true, Ordering::AcqRel) {
        alternate_stack();
        let mut olds = OLD_FATAL.lock().unwrap_or_else(|e| e.into_inner());
        for (signal, _) in FATAL {
            let new = handler_action(on_fatal, libc::SA_NODEFER | libc::SA_ONSTACK);
            // SAFETY: both structs are valid.
            unsafe {
                let mut old: libc::sigaction = std::mem::zeroed();
                if libc::sigaction(signal, &raw const new, &raw mut old) == 0 {
                    olds.push((signal, old));
                }
            }
        }
    }
    Ok(Ref::none())
}
fn disable(_: Value) -> PyResult {
    let was = ENABLED.swap(false, Ordering::AcqRel);
    if was {
        let mut olds = OLD_FATAL.lock().unwrap_or_else(|e| e.into_inner());
        for (signal, old) in olds.drain(..) {
            // SAFETY: the struct came from sigaction.
            unsafe { libc::sigaction(signal, &raw const old, std::ptr::null_mut()) };
        }
    }
    keep_file(&FATAL_FILE, None);
    Ok(Ref::bool(was))
}
fn is_enabled(_: Value) -> PyResult {
    Ok(Ref::bool(ENABLED.load(Ordering::Acquire)))
}

// ---- other signals --------------------------------------------------------------------------------------------

struct User {
    registered: AtomicBool,
    fd: AtomicI32,
    all: AtomicBool,
    chain: AtomicBool,
    file: AtomicU64,
    old: Mutex<Option<libc::sigaction>>,
}
static USERS: [User; 65] = [const {
    User {
        registered: AtomicBool::new(false),
        fd: AtomicI32::new(2),
        all: AtomicBool::new(true),
        chain: AtomicBool::new(false),
        file: AtomicU64::new(0),
        old: Mutex::new(None),
    }
}; 65];

unsafe extern "C" fn on_user(signal: libc::c_int) {
    let Some(user) = USERS.get(signal as usize) else {
        return;
    };
    if !user.registered.load(Ordering::Acquire) {
        return;
    }
    // SAFETY: async-signal-safe calls only.
    unsafe {
        let saved = *libc::__errno_location();
        let mut out = Out::new(user.fd.load(Ordering::Relaxed));
        write_from_handler(&mut out, user.all.load(Ordering::Relaxed));
        drop(out);
        if user.chain.load(Ordering::Relaxed)
            && let Ok(old) = user.old.try_lock()
            && let Some(old) = *old
        {
            libc::sigaction(signal, &raw const old, std::ptr::null_mut());
            *libc::__errno_location() = saved;
            libc::raise(signal);
            let again = handler_action(on_user, libc::SA_NODEFER | libc::SA_ONSTACK);
            libc::sigaction(signal, &raw const again, std::ptr::null_mut());
        }
        *libc::__errno_location() = saved;
    }
}
fn user_of(v: Value) -> PyResult<(i32, &'static User)> {
    let signal = ops::index_as_isize(v)?;
    if FATAL.iter().any(|(s, _)| *s as isize == signal) {
        return Err(raise!(
            RuntimeError,
            "signal {signal} cannot be registered, use enable() instead"
        ));
    }
    match usize::try_from(signal)
        .ok()
        .filter(|s| *s >= 1)
        .and_then(|s| USERS.get(s))
    {
        Some(user) => Ok((signal as i32, user)),
        None => Err(raise!(ValueError, "signal number out of range")),
    }
}
fn register(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<4> = Signature {
        name: "register",
        params: ["signum", "file", "all_threads", "chain"],
        posonly: 0,
        positional: 4,
        required: 1,
    };
    let [signum, file, all, chain] = args.bind(&SIGNATURE)?;
    let (signal, user) = user_of(signum)?;
    let (all, chain) = (flag(all, true)?, flag(chain, false)?);
    let (fd, file) = descriptor(file)?;
    keep_file(&user.file, file);
    user.fd.store(fd, Ordering::Relaxed);
    user.all.store(all, Ordering::Relaxed);
    user.chain.store(chain, Ordering::Relaxed);
    if !user.registered.load(Ordering::Acquire) {
        let flags = libc::SA_ONSTACK
            | if chain {
                libc::SA_NODEFER
            } else {
                libc::SA_RESTART
            };
        let new = handler_action(on_user, flags);
        // SAFETY: both structs are valid.
        unsafe {
            let mut old: libc::sigaction = std::mem::zeroed();
            if libc::sigaction(signal, &raw const new, &raw mut old) != 0 {
                return Err(pyrs_object::errors::os_error(Value::EMPTY, Value::EMPTY));
            }
            *user.old.lock().unwrap_or_else(|e| e.into_inner()) = Some(old);
        }
        user.registered.store(true, Ordering::Release);
    }
    Ok(Ref::none())
}
fn unregister(_: Value, signum: Value) -> PyResult {
    let (signal, user) = user_of(signum)?;
    let was = user.registered.swap(false, Ordering::AcqRel);
    if was {
        if let Some(old) = user.old.lock().unwrap_or_else(|e| e.into_inner()).take() {
            // SAFETY: the struct came from sigaction.
            unsafe { libc::sigaction(signal, &raw const old, std::ptr::null_mut()) };
        }
        keep_file(&user.file, None);
    }
    Ok(Ref::bool(was))
}

// ---- after a time ---------------------------------------------------------------------------------------------

/// The watchdog that waits now: setting the flag and waking it ends it.
struct Watch {
    cancelled: Mutex<bool>,
    wake: Condvar,
}
static WATCH: Mutex<Option<Arc<Watch>>> = Mutex::new(None);
static WATCH_FILE: AtomicU64 = AtomicU64::new(0);

fn cancel() {
    let old = WATCH.lock().unwrap_or_else(|e| e.into_inner()).take();
    if let Some(w) = old {
        *w.cancelled.lock().unwrap_or_else(|e| e.into_inner()) = true;
        w.wake.notify_all();
    }
}
fn header(timeout: Duration) -> String {
    let (s, us) = (timeout.as_secs(), timeout.subsec_micros());
    let text = format!("Timeout ({}:{:02}:{:02}", s / 3600, s % 3600 / 60, s % 60);
    if us == 0 {
        format!("{text})!\n")
    } else {
        format!("{text}.{us:06})!\n")
    }
}
fn dump_traceback_later(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<4> = Signature {
        name: "dump_traceback_later",
        params: ["timeout", "repeat", "file", "exit"],
        posonly: 0,
        positional: 4,
        required: 1,
    };
    let [timeout, repeat, file, exit] = args.bind(&SIGNATURE)?;
    let timeout = seconds(timeout)?;
    if timeout <= 0.0 {
        return Err(raise!(ValueError, "timeout must be greater than 0"));
    }
    let (repeat, exit) = (flag(repeat, false)?, flag(exit, false)?);
    let (fd, file) = descriptor(file)?;
    let timeout = Duration::from_secs_f64(timeout);
    let title = header(timeout);
    cancel();
    keep_file(&WATCH_FILE, file);
    let watch = Arc::new(Watch {
        cancelled: Mutex::new(false),
        wake: Condvar::new(),
    });
    *WATCH.lock().unwrap_or_else(|e| e.into_inner()) = Some(watch.clone());
    let run = move || {
        loop {
            let cancelled = watch.cancelled.lock().unwrap_or_else(|e| e.into_inner());
            let (cancelled, _) = watch
                .wake
                .wait_timeout_while(cancelled, timeout, |c| !*c)
                .unwrap_or_else(|e| e.into_inner());
            if *cancelled {
                return;
            }
            let mut out = Out::new(fd);
            out.text(&title);
            // SAFETY: the threads' frames are read as they are; see the module text.
            unsafe { write_all(&mut out, std::ptr::null_mut(), &states()) };
            drop(out);
            if exit {
                // SAFETY: ends the process at once, as promised.
                unsafe { libc::_exit(1) };
            }
            if !repeat {
                return;
            }
        }
    };
    match std::thread::Builder::new()
        .name("faulthandler".into())
        .spawn(run)
    {
        Ok(_) => Ok(Ref::none()),
        Err(_) => Err(raise!(RuntimeError, "unable to start watchdog thread")),
    }
}
fn cancel_dump_traceback_later(_: Value) -> PyResult {
    cancel();
    keep_file(&WATCH_FILE, None);
    Ok(Ref::none())
}

// ---- for tests ------------------------------------------------------------------------------------------------

fn die(signal: i32) -> PyResult {
    // SAFETY: sends the signal to this thread.
    unsafe { libc::raise(signal) };
    Ok(Ref::none())
}
fn sigsegv(_: Value, _: &[Value]) -> PyResult {
    die(libc::SIGSEGV)
}
fn read_null(_: Value) -> PyResult {
    die(libc::SIGSEGV)
}
fn sigabrt(_: Value) -> PyResult {
    // SAFETY: ends the process.
    unsafe { libc::abort() }
}
fn sigfpe(_: Value) -> PyResult {
    die(libc::SIGFPE)
}

methods! { static FUNCTIONS = [
    "enable" KW enable, "enable(file=sys.stderr, all_threads=True): enable the fault handler";
    "disable" NOARGS disable, "disable(): disable the fault handler";
    "is_enabled" NOARGS is_enabled, "is_enabled()->bool: check if the handler is enabled";
    "dump_traceback" KW dump_traceback, "dump_traceback(file=sys.stderr, all_threads=True): dump the traceback of the current thread, or of all threads if all_threads is True, into file";
    "dump_traceback_later" KW dump_traceback_later, "dump_traceback_later(timeout, repeat=False, file=sys.stderr, exit=False):\ndump the traceback of all threads in timeout seconds,\nor each timeout seconds if repeat is True. If exit is True, call _exit(1) which is not safe.";
    "cancel_dump_traceback_later" NOARGS cancel_dump_traceback_later, "cancel_dump_traceback_later():\ncancel the previous call to dump_traceback_later().";
    "register" KW register, "register(signum, file=sys.stderr, all_threads=True, chain=False): register a handler for the signal 'signum': dump the traceback of the current thread, or of all threads if all_threads is True, into file";
    "unregister" O unregister, "unregister(signum): unregister the handler of the signal 'signum' registered by register()";
    "_sigsegv" FAST sigsegv, "_sigsegv(release_gil=False): raise a SIGSEGV signal";
    "_read_null" NOARGS read_null, "_read_null(): read from NULL, raise a SIGSEGV or SIGBUS signal depending on the platform";
    "_sigabrt" NOARGS sigabrt, "_sigabrt(): raise a SIGABRT signal";
    "_sigfpe" NOARGS sigfpe, "_sigfpe(): raise a SIGFPE signal";
] }

pub fn init() -> PyResult {
    let m = module::new("faulthandler");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
