//! Processes: identity, fork, exec, wait, signals.

use super::path::{id, or_fd, plain};
use super::table as sig;
use crate::convert::*;
use pyrs_object::{
    Args, PyResult, Ref, Value, ValueExt, audit, errors, int, list, module, ops, raise, structseq,
    tuple,
};
use std::cell::RefCell;
use std::ffi::{CString, c_char};

static WAITID_RESULT: TypeCell = TypeCell::new();
/// `resource.struct_rusage` for `wait3`/`wait4`, imported on first use.
static RUSAGE: TypeCell = TypeCell::new();

pub(super) fn add_types(m: Value) -> PyResult<()> {
    let t = structseq::new_type(
        "posix.waitid_result",
        "Result of waitid.",
        &[
            ("si_pid", ""),
            ("si_uid", ""),
            ("si_signo", ""),
            ("si_status", ""),
            ("si_code", ""),
        ],
        5,
    )?;
    WAITID_RESULT.set(t);
    module::add(m, "waitid_result", t.to_ref());
    Ok(())
}

/// Calls that take nothing and give a number.
macro_rules! number {
    ($($name:ident)*) => { $(
        pub(super) fn $name(_: Value) -> PyResult {
            // SAFETY: no preconditions.
            Ok(Ref::int(i64::from(unsafe { libc::$name() })))
        }
    )* };
}
number! { getpid getppid getuid geteuid getgid getegid getpgrp }

/// Calls that set one id.
macro_rules! set_id {
    ($($name:ident $what:literal)*) => { $(
        pub(super) fn $name(_: Value, v: Value) -> PyResult {
            let n = id(v, $what)?;
            // SAFETY: plain numbers.
            none_or_errno(unsafe { libc::$name(n) })
        }
    )* };
}
set_id! { setuid "uid" seteuid "uid" setgid "gid" setegid "gid" }

/// Calls that set several ids.
macro_rules! set_ids {
    ($($name:ident $sig:ident $what:literal ($($v:ident),*))*) => { $(
        pub(super) fn $name(_: Value, args: Args<'_>) -> PyResult {
            let [$($v),*] = args.bind(&sig::$sig)?;
            $(let $v = id($v, $what)?;)*
            // SAFETY: plain numbers.
            none_or_errno(unsafe { libc::$name($($v),*) })
        }
    )* };
}
set_ids! {
    setreuid SETREUID "uid" (a, b)
    setregid SETREGID "gid" (a, b)
    setresuid SETRESUID "uid" (a, b, c)
    setresgid SETRESGID "gid" (a, b, c)
}

fn id_tuple(ids: &[u32]) -> Ref {
    tuple::from_vec(ids.iter().map(|n| Ref::int(i64::from(*n))).collect())
}
pub(super) fn getresuid(_: Value) -> PyResult {
    let mut n = [0u32; 3];
    let [a, b, c] = &mut n;
    // SAFETY: room for three ids.
    none_or_errno(unsafe { libc::getresuid(a, b, c) })?;
    Ok(id_tuple(&n))
}
pub(super) fn getresgid(_: Value) -> PyResult {
    let mut n = [0u32; 3];
    let [a, b, c] = &mut n;
    // SAFETY: room for three ids.
    none_or_errno(unsafe { libc::getresgid(a, b, c) })?;
    Ok(id_tuple(&n))
}
pub(super) fn getgroups(_: Value) -> PyResult {
    // SAFETY: asks for the number first, then gives that much room.
    let groups = unsafe {
        let n = libc::getgroups(0, std::ptr::null_mut());
        if n < 0 {
            return Err(os_error(errno()));
        }
        let mut groups = vec![0; n as usize];
        let n = libc::getgroups(n, groups.as_mut_ptr());
        if n < 0 {
            return Err(os_error(errno()));
        }
        groups.truncate(n as usize);
        groups
    };
    Ok(list::from_vec(
        groups.iter().map(|n| Ref::int(i64::from(*n))).collect(),
    ))
}
pub(super) fn setgroups(_: Value, groups: Value) -> PyResult {
    if !ops::is_sequence(groups) {
        return Err(raise!(TypeError, "setgroups argument must be a sequence"));
    }
    let items = ops::collect(groups)?;
    if items.len() > 65536 {
        return Err(raise!(ValueError, "too many groups"));
    }
    let ids = items.iter().map(|v| {
        if int::is_int_instance(v.value()) {
            id(v.value(), "gid")
        } else {
            Err(raise!(TypeError, "groups must be integers"))
        }
    });
    let ids = ids.collect::<PyResult<Vec<u32>>>()?;
    // SAFETY: a list of that length.
    none_or_errno(unsafe { libc::setgroups(ids.len(), ids.as_ptr()) })
}
pub(super) fn getgrouplist(_: Value, args: Args<'_>) -> PyResult {
    let [user, group] = args.bind(&sig::GETGROUPLIST)?;
    let (user, group) = (c_text(user, "getgrouplist", "1")?, id(group, "gid")?);
    let mut n = 64i32;
    loop {
        let mut groups = vec![0; n as usize];
        // SAFETY: a C string and room for `n` ids.
        if unsafe { libc::getgrouplist(user.as_ptr(), group, groups.as_mut_ptr(), &mut n) } >= 0 {
            let ids = groups
                .iter()
                .take(n as usize)
                .map(|g| Ref::int(i64::from(*g)));
            return Ok(list::from_vec(ids.collect()));
        }
        n = n.max(groups.len() as i32 + 1).min(1 << 20);
        if groups.len() >= 1 << 20 {
            return Err(os_error(errno()));
        }
    }
}
pub(super) fn initgroups(_: Value, args: Args<'_>) -> PyResult {
    let [user, group] = args.bind(&sig::INITGROUPS)?;
    let (user, group) = (fs_text(user)?, id(group, "gid")?);
    // SAFETY: a C string.
    none_or_errno(unsafe { libc::initgroups(user.as_ptr(), group) })
}

fn pid_arg(v: Value) -> PyResult<i32> {
    match int::to_i64(ops::index(v)?.value()).map(i32::try_from) {
        Some(Ok(n)) => Ok(n),
        Some(Err(_)) => Err(raise!(
            OverflowError,
            "signed integer is greater than maximum"
        )),
        None => Err(raise!(
            OverflowError,
            "Python int too large to convert to C long"
        )),
    }
}
pub(super) fn getpgid(_: Value, args: Args<'_>) -> PyResult {
    let [pid] = args.bind(&sig::GETPGID)?;
    let pid = pid_arg(pid)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe { libc::getpgid(pid) }))
}
pub(super) fn setpgid(_: Value, args: Args<'_>) -> PyResult {
    let [pid, group] = args.bind(&sig::SETPGID)?;
    let (pid, group) = (pid_arg(pid)?, pid_arg(group)?);
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::setpgid(pid, group) })
}
pub(super) fn setpgrp(_: Value) -> PyResult {
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::setpgid(0, 0) })
}
pub(super) fn getsid(_: Value, pid: Value) -> PyResult {
    let pid = pid_arg(pid)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe { libc::getsid(pid) }))
}
pub(super) fn setsid(_: Value) -> PyResult {
    // SAFETY: no preconditions.
    none_or_errno(unsafe { libc::setsid() })
}
pub(super) fn nice(_: Value, increment: Value) -> PyResult {
    let n = c_int(increment)?;
    // SAFETY: plain numbers; -1 may be a result, so errno decides.
    unsafe {
        *libc::__errno_location() = 0;
        let r = libc::nice(n);
        if r == -1 && errno() != 0 {
            Err(os_error(errno()))
        } else {
            Ok(Ref::int(i64::from(r)))
        }
    }
}
pub(super) fn getpriority(_: Value, args: Args<'_>) -> PyResult {
    let [which, who] = args.bind(&sig::GETPRIORITY)?;
    let (which, who) = (c_int(which)?, c_int(who)?);
    // SAFETY: as above.
    unsafe {
        *libc::__errno_location() = 0;
        let r = libc::getpriority(which as _, who as _);
        if errno() != 0 {
            Err(os_error(errno()))
        } else {
            Ok(Ref::int(i64::from(r)))
        }
    }
}
pub(super) fn setpriority(_: Value, args: Args<'_>) -> PyResult {
    let [which, who, priority] = args.bind(&sig::SETPRIORITY)?;
    let (which, who, priority) = (c_int(which)?, c_int(who)?, c_int(priority)?);
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::setpriority(which as _, who as _, priority) })
}

#[derive(Default)]
struct ForkHooks {
    before: Vec<Ref>,
    child: Vec<Ref>,
    parent: Vec<Ref>,
}
struct HooksCell(RefCell<Option<ForkHooks>>);
// SAFETY: only touched by the holder of the GIL.
unsafe impl Sync for HooksCell {}
static FORK_HOOKS: HooksCell = HooksCell(RefCell::new(None));

fn with_hooks<T>(f: impl FnOnce(&mut ForkHooks) -> T) -> T {
    f(FORK_HOOKS
        .0
        .borrow_mut()
        .get_or_insert_with(ForkHooks::default))
}
fn run_hooks(hooks: Vec<Ref>) {
    for f in hooks {
        if ops::call(f.value(), &[]).is_err() {
            errors::write_unraisable("", f.value());
        }
    }
}
/// What `os.register_at_fork` registered; each in its order.
pub fn before_fork() {
    let mut hooks = with_hooks(|h| h.before.clone());
    hooks.reverse();
    run_hooks(hooks);
    // The child must not find another thread in the middle of an import.
    crate::imp::lock();
}
pub fn after_fork_parent() {
    crate::imp::unlock();
    run_hooks(with_hooks(|h| h.parent.clone()));
}
pub fn after_fork_child() {
    pyrs_vm::threads::after_fork_child();
    crate::thread::after_fork_child();
    crate::imp::unlock();
    run_hooks(with_hooks(|h| h.child.clone()));
}
pub(super) fn register_at_fork(_: Value, args: Args<'_>) -> PyResult {
    let values = args.bind(&sig::REGISTER_AT_FORK)?;
    if values.iter().all(|v| v.is_empty()) {
        return Err(raise!(TypeError, "At least one argument is required."));
    }
    for (v, name) in values
        .iter()
        .zip(["before", "after_in_child", "after_in_parent"])
    {
        if !v.is_empty() && !ops::is_callable(*v) {
            return Err(raise!(
                TypeError,
                "'{name}' must be callable, not {}",
                v.ty().message_name()
            ));
        }
    }
    with_hooks(|h| {
        for (v, to) in values
            .iter()
            .zip([&mut h.before, &mut h.child, &mut h.parent])
        {
            if !v.is_empty() {
                to.push(Ref::new(*v));
            }
        }
    });
    Ok(Ref::none())
}

pub(super) fn posix_fork(_: Value) -> PyResult {
    audit!("os.fork")?;
    before_fork();
    let held = pyrs_object::tracemalloc::hold();
    // SAFETY: the child has only this thread, which holds the GIL.
    let pid = unsafe { libc::fork() };
    let code = errno();
    drop(held);
    if pid == 0 {
        after_fork_child();
    } else {
        after_fork_parent();
    }
    if pid < 0 {
        Err(os_error(code))
    } else {
        Ok(Ref::int(i64::from(pid)))
    }
}
pub(super) fn forkpty(_: Value) -> PyResult {
    audit!("os.forkpty")?;
    before_fork();
    let mut master = -1;
    let null = std::ptr::null_mut::<u8>();
    // SAFETY: as above.
    let pid = unsafe { libc::forkpty(&mut master, null.cast(), null.cast(), null.cast()) };
    let code = errno();
    if pid == 0 {
        after_fork_child();
    } else {
        after_fork_parent();
    }
    if pid < 0 {
        return Err(os_error(code));
    }
    Ok(tuple::from_vec(vec![
        Ref::int(i64::from(pid)),
        Ref::int(i64::from(master)),
    ]))
}
pub(super) fn abort(_: Value) -> PyResult {
    std::process::abort()
}
pub(super) fn exit(_: Value, args: Args<'_>) -> PyResult {
    let [status] = args.bind(&sig::EXIT)?;
    let status = c_int(status)?;
    // SAFETY: no preconditions.
    unsafe { libc::_exit(status) }
}

/// A null-terminated array of C strings.
pub(crate) struct CArray {
    _texts: Vec<CString>,
    pointers: Vec<*const c_char>,
}
impl CArray {
    pub(crate) fn new(texts: Vec<CString>) -> CArray {
        let pointers = texts
            .iter()
            .map(|t| t.as_ptr())
            .chain([std::ptr::null()])
            .collect();
        CArray {
            _texts: texts,
            pointers,
        }
    }
    pub(crate) fn ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }
}
/// The `argv` of `execv`, `execve` and `posix_spawn`; `function` starts the messages.
pub(super) fn argument_list(v: Value, function: &str) -> PyResult<CArray> {
    let spawn = function.starts_with("posix_spawn");
    if !list::is_list(v) && !tuple::is_tuple(v) {
        return Err(if spawn {
            raise!(TypeError, "{function}: argv must be a tuple or list")
        } else if function == "execv" {
            raise!(TypeError, "execv() arg 2 must be a tuple or list")
        } else {
            raise!(TypeError, "{function}: argv must be a tuple or list")
        });
    }
    let items = ops::collect(v)?;
    if items.is_empty() {
        return Err(match function {
            "execv" => raise!(ValueError, "execv() arg 2 must not be empty"),
            _ => raise!(ValueError, "{function}: argv must not be empty"),
        });
    }
    let texts = items
        .iter()
        .map(|item| fs_text(item.value()))
        .collect::<PyResult<Vec<_>>>()?;
    if texts[0].as_bytes().is_empty() {
        return Err(match function {
            "execv" => raise!(ValueError, "execv() arg 2 first element cannot be empty"),
            _ => raise!(ValueError, "{function}: argv first element cannot be empty"),
        });
    }
    Ok(CArray::new(texts))
}
/// `key=value` strings of a mapping.
pub(super) fn environment(v: Value, function: &str) -> PyResult<CArray> {
    if !ops::is_mapping(v) {
        return Err(raise!(
            TypeError,
            "{function}: environment must be a mapping object"
        ));
    }
    let keys = ops::collect(ops::call_method_str(v, "keys", &[])?.value())?;
    let values = ops::collect(ops::call_method_str(v, "values", &[])?.value())?;
    let mut texts = Vec::with_capacity(keys.len());
    for (key, value) in keys.iter().zip(&values) {
        let (key, value) = (fs_text(key.value())?, fs_text(value.value())?);
        if key.as_bytes().is_empty() || key.as_bytes()[1..].contains(&b'=') {
            return Err(raise!(ValueError, "illegal environment variable name"));
        }
        let joined = [key.as_bytes(), b"=", value.as_bytes()].concat();
        texts.push(CString::new(joined).map_err(|_| raise!(ValueError, "embedded null byte"))?);
    }
    Ok(CArray::new(texts))
}
pub(super) fn execv(_: Value, args: Args<'_>) -> PyResult {
    let [path, argv] = args.bind(&sig::EXECV)?;
    let p = plain("execv", "path").parse(path)?;
    let arguments = argv;
    let argv = argument_list(argv, "execv")?;
    audit!("os.exec", &p.object, arguments, Value::EMPTY)?;
    // SAFETY: C strings and a null-terminated array of them.
    unsafe { libc::execv(p.ptr(), argv.ptr()) };
    Err(os_error(errno()))
}
pub(super) fn execve(_: Value, args: Args<'_>) -> PyResult {
    let [path, argv, env] = args.bind(&sig::EXECVE)?;
    let p = or_fd("execve", "path").parse(path)?;
    let (arguments, variables) = (argv, env);
    let argv = argument_list(argv, "execve")?;
    let env = environment(env, "execve")?;
    audit!("os.exec", &p.object, arguments, variables)?;
    // SAFETY: C strings and null-terminated arrays of them.
    unsafe {
        if p.is_fd {
            libc::fexecve(p.fd, argv.ptr(), env.ptr());
        } else {
            libc::execve(p.ptr(), argv.ptr(), env.ptr());
        }
    }
    Err(p.error(errno()))
}

fn wait_pair(pid: i32, status: i32) -> PyResult {
    Ok(tuple::from_vec(vec![
        Ref::int(i64::from(pid)),
        Ref::int(i64::from(status)),
    ]))
}
pub(super) fn waitpid(_: Value, args: Args<'_>) -> PyResult {
    let [pid, options] = args.bind(&sig::WAITPID)?;
    let (pid, options) = (pid_arg(pid)?, c_int(options)?);
    let mut status = 0;
    let out = &raw mut status;
    // SAFETY: room for the status.
    let pid = syscall_or_raise(|| unsafe { libc::waitpid(pid, out, options) })?;
    wait_pair(pid, status)
}
pub(super) fn wait(_: Value) -> PyResult {
    let mut status = 0;
    let out = &raw mut status;
    // SAFETY: room for the status.
    let pid = syscall_or_raise(|| unsafe { libc::waitpid(-1, out, 0) })?;
    wait_pair(pid, status)
}
fn wait_usage(pid: i32, options: i32) -> PyResult {
    let mut status = 0;
    // SAFETY: all-zero is valid; filled by the call.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    let (out, usage_out) = (&raw mut status, &raw mut usage);
    // SAFETY: room for both results.
    let pid = syscall_or_raise(|| unsafe { libc::wait4(pid, out, options, usage_out) })?;
    if RUSAGE.get().as_ptr().is_null() {
        let m = (pyrs_object::hooks().import)("resource")?;
        let t = ops::getattr_str(m.value(), "struct_rusage")?;
        if let Some(t) = pyrs_object::Type::from_value(t.value()) {
            RUSAGE.set(t);
        }
    }
    let usage = crate::resource::usage_object(RUSAGE.get(), &usage);
    Ok(tuple::from_vec(vec![
        Ref::int(i64::from(pid)),
        Ref::int(i64::from(status)),
        usage,
    ]))
}
pub(super) fn wait3(_: Value, args: Args<'_>) -> PyResult {
    let [options] = args.bind(&sig::WAIT3)?;
    wait_usage(-1, c_int(options)?)
}
pub(super) fn wait4(_: Value, args: Args<'_>) -> PyResult {
    let [pid, options] = args.bind(&sig::WAIT4)?;
    wait_usage(pid_arg(pid)?, c_int(options)?)
}
pub(super) fn waitid(_: Value, args: Args<'_>) -> PyResult {
    let [kind, who, options] = args.bind(&sig::WAITID)?;
    let (kind, who, options) = (c_int(kind)?, c_int(who)?, c_int(options)?);
    // SAFETY: all-zero is valid; filled by the call.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    let out = &raw mut info;
    // SAFETY: room for the result.
    syscall_or_raise(|| unsafe {
        libc::waitid(kind as libc::idtype_t, who as libc::id_t, out, options)
    })?;
    // SAFETY: the fields of a SIGCHLD siginfo.
    unsafe {
        if info.si_pid() == 0 {
            return Ok(Ref::none());
        }
        let fields = [
            i64::from(info.si_pid()),
            i64::from(info.si_uid()),
            i64::from(info.si_signo),
            i64::from(info.si_status()),
            i64::from(info.si_code),
        ];
        Ok(structseq::new(
            WAITID_RESULT.get(),
            fields.iter().map(|n| Ref::int(*n)).collect(),
        ))
    }
}

/// Questions about a wait status: name, signature, how to answer.
macro_rules! status {
    ($($name:ident $posix:ident => $make:expr;)*) => { $(
        pub(super) fn $name(_: Value, args: Args<'_>) -> PyResult {
            let [status] = args.bind(&sig::$posix)?;
            let status = c_int(status)?;
            Ok($make(libc::$posix(status)))
        }
    )* };
}
fn number_result(n: i32) -> Ref {
    Ref::int(i64::from(n))
}
status! {
    wifcontinued WIFCONTINUED => Ref::bool;
    wifstopped WIFSTOPPED => Ref::bool;
    wifsignaled WIFSIGNALED => Ref::bool;
    wifexited WIFEXITED => Ref::bool;
    wexitstatus WEXITSTATUS => number_result;
    wtermsig WTERMSIG => number_result;
    wstopsig WSTOPSIG => number_result;
}
pub(super) fn wcoredump(_: Value, status: Value) -> PyResult {
    Ok(Ref::bool(libc::WCOREDUMP(c_int(status)?)))
}
pub(super) fn waitstatus_to_exitcode(_: Value, args: Args<'_>) -> PyResult {
    let [status] = args.bind(&sig::WAITSTATUS_TO_EXITCODE)?;
    let status = c_int(status)?;
    if libc::WIFEXITED(status) {
        return Ok(Ref::int(i64::from(libc::WEXITSTATUS(status))));
    }
    if libc::WIFSIGNALED(status) {
        return Ok(Ref::int(-i64::from(libc::WTERMSIG(status))));
    }
    if libc::WIFSTOPPED(status) {
        return Err(raise!(
            ValueError,
            "process stopped by delivery of signal {}",
            libc::WSTOPSIG(status)
        ));
    }
    Err(raise!(ValueError, "invalid wait status: {status}"))
}

pub(super) fn kill(_: Value, args: Args<'_>) -> PyResult {
    let [pid, signal] = args.bind(&sig::KILL)?;
    let (pid, signal) = (pid_arg(pid)?, c_int(signal)?);
    audit!("os.kill", pid, signal)?;
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::kill(pid, signal) })?;
    pyrs_vm::safepoint::poll(pyrs_object::thread::current())?;
    Ok(Ref::none())
}
pub(super) fn killpg(_: Value, args: Args<'_>) -> PyResult {
    let [group, signal] = args.bind(&sig::KILLPG)?;
    let (group, signal) = (pid_arg(group)?, c_int(signal)?);
    audit!("os.killpg", group, signal)?;
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::killpg(group, signal) })?;
    pyrs_vm::safepoint::poll(pyrs_object::thread::current())?;
    Ok(Ref::none())
}
pub(super) fn pidfd_open(_: Value, args: Args<'_>) -> PyResult {
    let [pid, flags] = args.bind(&sig::PIDFD_OPEN)?;
    let pid = pid_arg(pid)?;
    let flags = if flags.is_empty() { 0 } else { c_uint(flags)? };
    // SAFETY: plain numbers.
    int_or_errno(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, flags) })
}
