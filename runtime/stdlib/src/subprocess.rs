//! `_posixsubprocess`: fork and exec with everything between them done natively.
//!
//! The child may only make async-signal-safe calls (unless `preexec_fn` is given), so all arguments are converted first.

use crate::convert::*;
use crate::posix::{self, CArray};
use pyrs_object::{
    Args, PyResult, Ref, Value, ValueExt, bytes, check_positional, errors, ops, raise, tuple,
};
use pyrs_object::{int, methods, module};
use std::ffi::CString;

struct Child {
    programs: CArray,
    count: usize,
    argv: Option<CArray>,
    env: Option<CArray>,
    cwd: Option<CString>,
    keep: Vec<i32>,
    close_fds: bool,
    p2c: [i32; 2],
    c2p: [i32; 2],
    err: [i32; 2],
    error_pipe: [i32; 2],
    restore_signals: bool,
    call_setsid: bool,
    pgid: i32,
    gid: Option<u32>,
    groups: Option<Vec<u32>>,
    uid: Option<u32>,
    umask: i32,
    /// A failing `chdir` is named.
    names_chdir: bool,
}

fn c_strings(v: Value) -> PyResult<Vec<CString>> {
    ops::collect(v)?
        .iter()
        .map(|item| fs_text(item.value()))
        .collect()
}
fn bytes_list(v: Value) -> PyResult<Vec<CString>> {
    let one = |item: &Ref| {
        if !bytes::is_bytes(item.value()) {
            return Err(raise!(
                TypeError,
                "expected bytes, {} found",
                item.ty().message_name()
            ));
        }
        CString::new(bytes::data(item.value()))
            .map_err(|_| raise!(ValueError, "embedded null byte"))
    };
    ops::collect(v)?.iter().map(one).collect()
}
fn optional_id(v: Value) -> PyResult<Option<u32>> {
    if v.is_none() {
        Ok(None)
    } else {
        Ok(Some(c_mask(v)? as u32))
    }
}

/// Closes all descriptors from 3 on but those to keep (sorted).
///
/// # Safety
/// Only in a forked child.
unsafe fn close_others(keep: &[i32]) {
    let mut from = 3;
    // SAFETY: plain numbers.
    unsafe {
        for &fd in keep {
            if fd < from {
                continue;
            }
            close_span(from, fd);
            from = fd + 1;
        }
        close_span(from, i32::MAX);
    }
}
unsafe fn close_span(low: i32, high: i32) {
    if low >= high {
        return;
    }
    // SAFETY: plain numbers.
    unsafe {
        if libc::syscall(libc::SYS_close_range, low as u32, (high - 1) as u32, 0) != 0 {
            let limit = libc::sysconf(libc::_SC_OPEN_MAX).clamp(256, 1 << 16) as i32;
            for fd in low..high.min(limit) {
                libc::close(fd);
            }
        }
    }
}
unsafe fn inherit(fd: i32) -> bool {
    // SAFETY: plain numbers.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        flags >= 0 && libc::fcntl(fd, libc::F_SETFD, flags & !libc::FD_CLOEXEC) >= 0
    }
}

/// The child's way to exec; returns only on failure: the text that says where.
///
/// # Safety
/// Only in a forked child.
unsafe fn run_child(c: &mut Child, preexec: Value) -> &'static [u8] {
    // SAFETY: by contract; all calls are async-signal-safe but the optional Python function.
    unsafe {
        let fail: &[u8] = b"";
        for &fd in &c.keep {
            if fd != c.error_pipe[1] && !inherit(fd) {
                return fail;
            }
        }
        for fd in [c.p2c[1], c.c2p[0], c.err[0]] {
            if fd >= 0 {
                libc::close(fd);
            }
        }
        libc::close(c.error_pipe[0]);
        // Descriptors in the way of the standard ones move up first.
        if c.c2p[1] == 0 {
            c.c2p[1] = libc::fcntl(c.c2p[1], libc::F_DUPFD_CLOEXEC, 3);
            if c.c2p[1] < 0 {
                return fail;
            }
        }
        while c.err[1] == 0 || c.err[1] == 1 {
            c.err[1] = libc::fcntl(c.err[1], libc::F_DUPFD_CLOEXEC, 3);
            if c.err[1] < 0 {
                return fail;
            }
        }
        for (fd, target) in [(c.p2c[0], 0), (c.c2p[1], 1), (c.err[1], 2)] {
            if fd == target {
                if !inherit(fd) {
                    return fail;
                }
            } else if fd >= 0 && libc::dup2(fd, target) < 0 {
                return fail;
            }
        }
        if let Some(cwd) = &c.cwd
            && libc::chdir(cwd.as_ptr()) < 0
        {
            return if c.names_chdir { b"noexec:chdir" } else { fail };
        }
        if c.umask >= 0 {
            libc::umask(c.umask as libc::mode_t);
        }
        if c.restore_signals {
            libc::signal(libc::SIGPIPE, libc::SIG_DFL);
            libc::signal(libc::SIGXFSZ, libc::SIG_DFL);
        }
        if c.call_setsid && libc::setsid() < 0 {
            return fail;
        }
        if c.pgid >= 0 && libc::setpgid(0, c.pgid) < 0 {
            return fail;
        }
        if let Some(groups) = &c.groups
            && libc::setgroups(groups.len(), groups.as_ptr()) < 0
        {
            return fail;
        }
        if let Some(gid) = c.gid
            && libc::setregid(gid, gid) < 0
        {
            return fail;
        }
        if let Some(uid) = c.uid
            && libc::setreuid(uid, uid) < 0
        {
            return fail;
        }
        if !preexec.is_none() {
            posix::after_fork_child();
            if ops::call(preexec, &[]).is_err() {
                errors::clear();
                *libc::__errno_location() = 0;
                return b"SubprocessError:0:Exception occurred in preexec_fn.";
            }
        }
        if c.close_fds {
            close_others(&c.keep);
        }
        let mut saved = 0;
        for i in 0..c.count {
            let program = *c.programs.ptr().add(i);
            match (&c.argv, &c.env) {
                (Some(argv), Some(env)) => libc::execve(program, argv.ptr(), env.ptr()),
                (Some(argv), None) => libc::execv(program, argv.ptr()),
                (None, _) => libc::execve(program, std::ptr::null(), std::ptr::null()),
            };
            let code = errno();
            if code != libc::ENOENT && code != libc::ENOTDIR && saved == 0 {
                saved = code;
            }
        }
        if saved != 0 {
            *libc::__errno_location() = saved;
        }
        b"exec"
    }
}
/// Tells the parent what failed.
///
/// # Safety
/// Only in a forked child.
unsafe fn report(fd: i32, what: &[u8]) {
    // SAFETY: live buffers; only `write`.
    unsafe {
        let code = errno();
        let write = |s: &[u8]| {
            libc::write(fd, s.as_ptr().cast(), s.len());
        };
        if what.starts_with(b"SubprocessError") {
            write(what);
        } else if code != 0 {
            let mut hex = [0u8; 8];
            let (mut n, mut i) = (code as u32, hex.len());
            while n != 0 && i > 0 {
                i -= 1;
                hex[i] = b"0123456789ABCDEF"[(n & 15) as usize];
                n >>= 4;
            }
            write(b"OSError:");
            write(&hex[i..]);
            write(b":");
            // The parent shows the program's name unless the text says that it never came to exec.
            if what.starts_with(b"noexec:") {
                write(what);
            } else if what != b"exec" {
                write(b"noexec");
            }
        } else {
            write(b"SubprocessError:0:");
            write(what);
        }
    }
}

/// Whether the library's `subprocess` is of a release (3.11.8) that tells a failing `chdir` from other failures before exec; to
/// older ones they are all the directory's.
fn library_knows_chdir() -> bool {
    (pyrs_object::hooks().sys_attr)("version_info")
        .filter(|v| tuple::is_tuple(v.value()) && tuple::len(v.value()) > 2)
        .and_then(|v| tuple::get(v.value(), 2).as_int())
        .is_some_and(|micro| micro >= 8)
}

fn fork_exec(_: Value, a: &[Value]) -> PyResult {
    check_positional("fork_exec", a.len(), 23, 23)?;
    let keep_fds = a[3];
    if !tuple::is_tuple(keep_fds) {
        return Err(wrong_type("fork_exec", "4", "tuple", keep_fds));
    }
    let close_fds = ops::is_true(a[2])?;
    let fd = |i: usize| c_int(a[i]);
    let error_pipe = [fd(12)?, fd(13)?];
    if close_fds && error_pipe[1] < 3 {
        return Err(raise!(ValueError, "errpipe_write must be >= 3"));
    }
    let mut keep = Vec::new();
    let mut previous = -1;
    for i in 0..tuple::len(keep_fds) {
        let n = match tuple::get(keep_fds, i).as_int().map(i32::try_from) {
            Some(Ok(n)) if n >= 0 && n > previous => n,
            _ => return Err(raise!(ValueError, "bad value(s) in fds_to_keep")),
        };
        keep.push(n);
        previous = n;
    }
    let programs = bytes_list(a[1])?;
    let preexec = a[21];
    let groups = if a[18].is_none() {
        None
    } else {
        if !pyrs_object::list::is_list(a[18]) {
            return Err(raise!(TypeError, "setgroups argument must be a list"));
        }
        let ids = ops::collect(a[18])?;
        if ids.iter().any(|v| !int::is_int_instance(v.value())) {
            return Err(raise!(TypeError, "groups must be integers"));
        }
        Some(
            ids.iter()
                .map(|v| c_mask(v.value()).map(|n| n as u32))
                .collect::<PyResult<Vec<u32>>>()?,
        )
    };
    let mut c = Child {
        count: programs.len(),
        programs: CArray::new(programs),
        argv: if a[0].is_none() {
            None
        } else {
            Some(CArray::new(c_strings(a[0])?))
        },
        env: if a[5].is_none() {
            None
        } else {
            Some(CArray::new(bytes_list(a[5])?))
        },
        cwd: if a[4].is_none() {
            None
        } else {
            Some(fs_text(a[4])?)
        },
        keep,
        close_fds,
        p2c: [fd(6)?, fd(7)?],
        c2p: [fd(8)?, fd(9)?],
        err: [fd(10)?, fd(11)?],
        error_pipe,
        restore_signals: ops::is_true(a[14])?,
        call_setsid: ops::is_true(a[15])?,
        pgid: fd(16)?,
        gid: optional_id(a[17])?,
        groups,
        uid: optional_id(a[19])?,
        umask: fd(20)?,
        names_chdir: false,
    };
    c.names_chdir = library_knows_chdir();
    ops::is_true(a[22])?;
    if !preexec.is_none() {
        posix::before_fork();
    }
    // SAFETY: the child makes async-signal-safe calls and execs or exits; signals are held back so that no Python handler
    // of the parent runs in it.
    let (pid, code) = unsafe {
        let mut all: libc::sigset_t = std::mem::zeroed();
        let mut old: libc::sigset_t = std::mem::zeroed();
        libc::sigfillset(&mut all);
        libc::pthread_sigmask(libc::SIG_BLOCK, &all, &mut old);
        let held = pyrs_object::tracemalloc::hold();
        let pid = libc::fork();
        drop(held);
        if pid == 0 {
            libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
            let what = run_child(&mut c, preexec);
            report(c.error_pipe[1], what);
            libc::_exit(255);
        }
        let code = errno();
        libc::pthread_sigmask(libc::SIG_SETMASK, &old, std::ptr::null_mut());
        (pid, code)
    };
    if !preexec.is_none() {
        posix::after_fork_parent();
    }
    if pid < 0 {
        Err(os_error(code))
    } else {
        Ok(Ref::int(i64::from(pid)))
    }
}
fn entry(m: Value, args: Args<'_>) -> PyResult {
    args.no_keywords("fork_exec")?;
    fork_exec(m, args.positional())
}
methods! {
    static FUNCTIONS = [ "fork_exec" KW entry, "Forks a process and executes a program in it."; ]
}
pub fn init() -> PyResult {
    let m = module::new("_posixsubprocess");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
