//! `syslog`: the system's log.
//!
//! The C library keeps the pointer to the identifier, so the module keeps the text until another one takes its place;
//! messages are sent without the GIL, hence the lock around both.

use crate::convert::*;
use pyrs_object::layout::tpflags;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, audit, check_positional, errors, exceptions,
    list, methods, module, raise, str,
};
use pyrs_vm::threads;
use std::ffi::CString;
use std::sync::{Mutex, MutexGuard};

/// The log that is open: its identifier (none without `sys.argv[0]`).
static OPEN: Mutex<Option<Option<CString>>> = Mutex::new(None);

fn open_log() -> MutexGuard<'static, Option<Option<CString>>> {
    threads::without_gil(|| OPEN.lock().unwrap_or_else(|e| e.into_inner()))
}

const OPENLOG: Signature<3> = Signature {
    name: "openlog",
    params: ["ident", "logoption", "facility"],
    posonly: 0,
    positional: 3,
    required: 0,
};
/// The last part of `sys.argv[0]`.
fn program() -> Option<CString> {
    let argv = pyrs_vm::import::sys_attr("argv").filter(|a| list::is_list(a.value()))?;
    let first = list::get(argv.value(), 0).filter(|f| str::is_str(f.value()))?;
    let path = str::to_string_lossy(first.value());
    let name = path.rsplit('/').next().filter(|n| !n.is_empty())?;
    CString::new(name).ok()
}
fn open(ident: Option<CString>, options: i32, facility: i32) -> PyResult<()> {
    let shown = ident
        .as_ref()
        .map_or_else(Ref::none, |c| pyrs_object::codec::decode_fs(c.to_bytes()));
    audit!("syslog.openlog", shown, options, facility)?;
    let mut log = open_log();
    let name = ident.as_ref().map_or(std::ptr::null(), |c| c.as_ptr());
    // SAFETY: the identifier is kept for as long as the log is open; moving a CString does not move its text.
    unsafe { libc::openlog(name, options, facility) };
    *log = Some(ident);
    Ok(())
}
fn openlog(_: Value, args: Args<'_>) -> PyResult {
    let [ident, options, facility] = args.bind(&OPENLOG)?;
    let ident = if ident.is_empty() {
        program()
    } else {
        Some(c_text(ident, "openlog", "argument 1")?)
    };
    open(
        ident,
        c_int_or(options, 0)?,
        c_int_or(facility, libc::LOG_USER)?,
    )?;
    Ok(Ref::none())
}
fn write(_: Value, args: &[Value]) -> PyResult {
    let parsed = match args {
        [message] => Some((Value::EMPTY, *message)),
        [priority, message] => Some((*priority, *message)),
        _ => None,
    };
    let wrong = || raise!(TypeError, "[priority,] message string");
    let (priority, message) = parsed
        .filter(|(_, m)| m.has_flag(tpflags::UNICODE_SUBCLASS))
        .ok_or_else(wrong)?;
    let priority = match c_int_or(priority, libc::LOG_INFO) {
        Err(_) if errors::take_if(exceptions::TypeError) => return Err(wrong()),
        other => other?,
    };
    // C ends the message at its first null.
    let text = str::as_utf8(message)?.split('\0').next().unwrap_or("");
    let text = CString::new(text).unwrap_or_default();
    audit!("syslog.syslog", priority, message)?;
    if open_log().is_none() {
        open(program(), 0, libc::LOG_USER)?;
    }
    threads::without_gil(|| {
        let _open = OPEN.lock().unwrap_or_else(|e| e.into_inner());
        // SAFETY: both are C strings; the format takes one.
        unsafe { libc::syslog(priority, c"%s".as_ptr(), text.as_ptr()) };
    });
    Ok(Ref::none())
}
fn closelog(_: Value) -> PyResult {
    audit!("syslog.closelog")?;
    let mut log = open_log();
    if log.is_some() {
        // SAFETY: no preconditions; after it the C library knows the identifier no longer.
        unsafe { libc::closelog() };
        *log = None;
    }
    Ok(Ref::none())
}
fn setlogmask(_: Value, args: &[Value]) -> PyResult {
    check_positional("setlogmask", args.len(), 1, 1)?;
    let mask = c_int(args[0])?;
    audit!("syslog.setlogmask", mask)?;
    // SAFETY: no preconditions.
    Ok(Ref::int(unsafe { libc::setlogmask(mask) }.into()))
}
fn log_mask(_: Value, args: &[Value]) -> PyResult {
    check_positional("LOG_MASK", args.len(), 1, 1)?;
    Ok(Ref::int(1i32.wrapping_shl(c_int(args[0])? as u32).into()))
}
fn log_upto(_: Value, args: &[Value]) -> PyResult {
    check_positional("LOG_UPTO", args.len(), 1, 1)?;
    let above = 1i32.wrapping_shl((c_int(args[0])?.wrapping_add(1)) as u32);
    Ok(Ref::int(above.wrapping_sub(1).into()))
}

methods! {
    static FUNCTIONS = [
        "openlog" KW openlog, "openlog([ident[, logoption[, facility]]])\n\nOptions of the messages that follow.";
        "closelog" NOARGS closelog, "closelog()\n\nForgets what openlog() said.";
        "syslog" FAST write, "syslog([priority,] message)\n\nSends a message to the system's log.";
        "setlogmask" FAST setlogmask, "setlogmask(mask)\n\nSets which priorities are sent; gives the mask before.";
        "LOG_MASK" FAST log_mask, "LOG_MASK(priority)\n\nThe mask of one priority.";
        "LOG_UPTO" FAST log_upto, "LOG_UPTO(priority)\n\nThe mask of all priorities up to this one.";
    ]
}

macro_rules! constants {
    ($($name:ident)*) => { [$((stringify!($name), libc::$name)),*] };
}

pub fn init() -> PyResult {
    let m = module::new("syslog");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let all = constants! {
        LOG_EMERG LOG_ALERT LOG_CRIT LOG_ERR LOG_WARNING LOG_NOTICE LOG_INFO LOG_DEBUG
        LOG_PID LOG_CONS LOG_NDELAY LOG_ODELAY LOG_NOWAIT LOG_PERROR
        LOG_KERN LOG_USER LOG_MAIL LOG_DAEMON LOG_AUTH LOG_LPR LOG_NEWS LOG_UUCP LOG_CRON LOG_SYSLOG LOG_AUTHPRIV
        LOG_LOCAL0 LOG_LOCAL1 LOG_LOCAL2 LOG_LOCAL3 LOG_LOCAL4 LOG_LOCAL5 LOG_LOCAL6 LOG_LOCAL7
    };
    for (name, n) in all {
        module::add(m.value(), name, Ref::int(n.into()));
    }
    Ok(m)
}
