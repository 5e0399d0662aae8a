//! File status, permissions, ownership and times.

use super::path::{dir_fd, id, or_fd, plain, shown_dir};
use super::table as sig;
use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Value, ValueExt, audit, float, int, module, ops, raise, singletons,
    structseq, tuple,
};

static STAT_RESULT: TypeCell = TypeCell::new();
static STATVFS_RESULT: TypeCell = TypeCell::new();

const STAT_FIELDS: &[(&str, &str)] = &[
    ("st_mode", "protection bits"),
    ("st_ino", "inode"),
    ("st_dev", "device"),
    ("st_nlink", "number of hard links"),
    ("st_uid", "user ID of owner"),
    ("st_gid", "group ID of owner"),
    ("st_size", "total size, in bytes"),
    (structseq::UNNAMED, "integer time of last access"),
    (structseq::UNNAMED, "integer time of last modification"),
    (structseq::UNNAMED, "integer time of last change"),
    ("st_atime", "time of last access"),
    ("st_mtime", "time of last modification"),
    ("st_ctime", "time of last change"),
    ("st_atime_ns", "time of last access in nanoseconds"),
    ("st_mtime_ns", "time of last modification in nanoseconds"),
    ("st_ctime_ns", "time of last change in nanoseconds"),
    ("st_blksize", "blocksize for filesystem I/O"),
    ("st_blocks", "number of blocks allocated"),
    ("st_rdev", "device type (if inode device)"),
];
const STATVFS_FIELDS: &[(&str, &str)] = &[
    ("f_bsize", ""),
    ("f_frsize", ""),
    ("f_blocks", ""),
    ("f_bfree", ""),
    ("f_bavail", ""),
    ("f_files", ""),
    ("f_ffree", ""),
    ("f_favail", ""),
    ("f_flag", ""),
    ("f_namemax", ""),
    ("f_fsid", ""),
];

/// `tp_new` of `stat_result` as `structseq` made it.
static STAT_NEW: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// Absent float times of a `stat_result` built by hand are the integer ones.
fn stat_result_new(t: pyrs_object::Type, args: Args<'_>) -> PyResult {
    let original = STAT_NEW.load(std::sync::atomic::Ordering::Acquire);
    // SAFETY: written once by `add_types` with the native `tp_new` of the type.
    let original = unsafe { std::mem::transmute::<usize, pyrs_object::native::NewFn>(original) };
    let r = original(t, args)?;
    // SAFETY: a struct sequence holds all its fields behind the visible ones; nobody else has seen it yet.
    unsafe {
        let items = (&raw mut (*r.as_ptr().cast::<PyTupleObject>()).ob_item).cast::<Value>();
        for i in 7..10 {
            let slot = items.add(i + 3);
            if (*slot).is_empty() || (*slot).is_none() {
                let v = Ref::new(*items.add(i));
                *slot = v.into_value();
            }
        }
    }
    Ok(r)
}

pub(super) fn add_types(m: Value) -> PyResult<()> {
    let t = structseq::new_type(
        "os.stat_result",
        "Result of stat, fstat or lstat.",
        STAT_FIELDS,
        10,
    )?;
    // SAFETY: the type is new; its extension is writable.
    unsafe {
        if let Some(f) = (*t.ext()).native.tp_new {
            STAT_NEW.store(f as usize, std::sync::atomic::Ordering::Release);
            (*t.ext()).native.tp_new = Some(stat_result_new);
            (*t.as_ptr()).tp_new = pyrs_object::c_slot!(tp_new, stat_result_new);
        }
    }
    STAT_RESULT.set(t);
    module::add(m, "stat_result", t.to_ref());
    let t = structseq::new_type(
        "os.statvfs_result",
        "Result of statvfs or fstatvfs.",
        STATVFS_FIELDS,
        10,
    )?;
    STATVFS_RESULT.set(t);
    module::add(m, "statvfs_result", t.to_ref());
    Ok(())
}

fn nanoseconds(seconds: i64, ns: i64) -> Ref {
    int::from_i128(i128::from(seconds) * 1_000_000_000 + i128::from(ns))
}

pub(super) fn stat_object(st: &libc::stat) -> Ref {
    let times = [
        (st.st_atime, st.st_atime_nsec),
        (st.st_mtime, st.st_mtime_nsec),
        (st.st_ctime, st.st_ctime_nsec),
    ];
    let mut fields = vec![
        Ref::int(i64::from(st.st_mode)),
        int::from_u64(st.st_ino),
        int::from_u64(st.st_dev),
        int::from_u64(st.st_nlink as u64),
        Ref::int(i64::from(st.st_uid)),
        Ref::int(i64::from(st.st_gid)),
        Ref::int(st.st_size),
    ];
    fields.extend(times.iter().map(|t| Ref::int(t.0)));
    fields.extend(
        times
            .iter()
            .map(|t| Ref::float(t.0 as f64 + 1e-9 * t.1 as f64)),
    );
    fields.extend(times.iter().map(|t| nanoseconds(t.0, t.1)));
    fields.push(Ref::int(st.st_blksize as i64));
    fields.push(Ref::int(st.st_blocks));
    fields.push(int::from_u64(st.st_rdev));
    structseq::new(STAT_RESULT.get(), fields)
}

fn do_stat(function: &'static str, path: Value, dir: Value, follow: bool) -> PyResult {
    let p = if function == "stat" {
        or_fd(function, "path")
    } else {
        plain(function, "path")
    }
    .parse(path)?;
    let dir = dir_fd(dir)?;
    p.check_dir_fd(dir)?;
    p.check_follow(follow)?;
    let mut st = std::mem::MaybeUninit::<libc::stat>::uninit();
    let out = st.as_mut_ptr();
    // SAFETY: a C string and room for the result.
    let r = unsafe {
        if p.is_fd {
            libc::fstat(p.fd, out)
        } else if dir == libc::AT_FDCWD {
            if follow {
                libc::stat(p.ptr(), out)
            } else {
                libc::lstat(p.ptr(), out)
            }
        } else {
            libc::fstatat(
                dir,
                p.ptr(),
                out,
                if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW },
            )
        }
    };
    if r != 0 {
        return Err(p.error(errno()));
    }
    // SAFETY: filled by the successful call.
    Ok(stat_object(unsafe { st.assume_init_ref() }))
}
pub(super) fn stat(_: Value, args: Args<'_>) -> PyResult {
    let [path, dir, follow] = args.bind(&sig::STAT)?;
    do_stat("stat", path, dir, truth(follow, true)?)
}
pub(super) fn lstat(_: Value, args: Args<'_>) -> PyResult {
    let [path, dir] = args.bind(&sig::LSTAT)?;
    do_stat("lstat", path, dir, false)
}
pub(super) fn fstat(_: Value, args: Args<'_>) -> PyResult {
    let [fd] = args.bind(&sig::FSTAT)?;
    let fd = c_int(fd)?;
    let mut st = std::mem::MaybeUninit::<libc::stat>::uninit();
    let out = st.as_mut_ptr();
    // SAFETY: room for the result.
    if unsafe { libc::fstat(fd, out) } != 0 {
        return Err(os_error(errno()));
    }
    // SAFETY: filled by the successful call.
    Ok(stat_object(unsafe { st.assume_init_ref() }))
}

fn statvfs_object(st: &libc::statvfs) -> Ref {
    let fields = [
        st.f_bsize,
        st.f_frsize,
        st.f_blocks,
        st.f_bfree,
        st.f_bavail,
        st.f_files,
        st.f_ffree,
        st.f_favail,
        st.f_flag,
        st.f_namemax,
        st.f_fsid,
    ];
    structseq::new(
        STATVFS_RESULT.get(),
        fields.iter().map(|n| int::from_u64(*n)).collect(),
    )
}
pub(super) fn statvfs(_: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&sig::STATVFS)?;
    let p = or_fd("statvfs", "path").parse(path)?;
    let mut st = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    let out = st.as_mut_ptr();
    // SAFETY: a C string and room for the result.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::fstatvfs(p.fd, out)
        } else {
            libc::statvfs(p.ptr(), out)
        }
    })?;
    r.map_err(|code| p.error(code))?;
    // SAFETY: filled by the successful call.
    Ok(statvfs_object(unsafe { st.assume_init_ref() }))
}
pub(super) fn fstatvfs(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    let mut st = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    let out = st.as_mut_ptr();
    // SAFETY: room for the result.
    syscall_or_raise(|| unsafe { libc::fstatvfs(fd, out) })?;
    // SAFETY: filled by the successful call.
    Ok(statvfs_object(unsafe { st.assume_init_ref() }))
}

pub(super) fn access(_: Value, args: Args<'_>) -> PyResult {
    let [path, mode, dir, effective, follow] = args.bind(&sig::ACCESS)?;
    let p = plain("access", "path").parse(path)?;
    let (mode, dir) = (c_int(mode)?, dir_fd(dir)?);
    let mut flags = 0;
    if truth(effective, false)? {
        flags |= libc::AT_EACCESS;
    }
    if !truth(follow, true)? {
        flags |= libc::AT_SYMLINK_NOFOLLOW;
    }
    // SAFETY: a C string.
    let r = unsafe {
        if dir != libc::AT_FDCWD || flags != 0 {
            libc::faccessat(dir, p.ptr(), mode, flags)
        } else {
            libc::access(p.ptr(), mode)
        }
    };
    Ok(Ref::bool(r == 0))
}

pub(super) fn chmod(_: Value, args: Args<'_>) -> PyResult {
    let [path, mode, dir, follow] = args.bind(&sig::CHMOD)?;
    let p = or_fd("chmod", "path").parse(path)?;
    let (mode, dir, follow) = (
        c_int(mode)? as libc::mode_t,
        dir_fd(dir)?,
        truth(follow, true)?,
    );
    audit!("os.chmod", &p.object, mode, shown_dir(dir))?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::fchmod(p.fd, mode)
        } else if dir != libc::AT_FDCWD || !follow {
            libc::fchmodat(
                dir,
                p.ptr(),
                mode,
                if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW },
            )
        } else {
            libc::chmod(p.ptr(), mode)
        }
    })?;
    if !follow && matches!(r, Err(libc::EOPNOTSUPP)) {
        if dir != libc::AT_FDCWD {
            return Err(raise!(
                ValueError,
                "chmod: cannot use dir_fd and follow_symlinks together"
            ));
        }
        return Err(raise!(
            NotImplementedError,
            "chmod: follow_symlinks unavailable on this platform"
        ));
    }
    p.none_or(r)
}
pub(super) fn fchmod(_: Value, args: Args<'_>) -> PyResult {
    let [fd, mode] = args.bind(&sig::FCHMOD)?;
    let (fd, mode) = (c_int(fd)?, c_int(mode)? as libc::mode_t);
    audit!("os.chmod", fd, mode, -1)?;
    // SAFETY: plain numbers.
    syscall_or_raise(|| unsafe { libc::fchmod(fd, mode) })?;
    Ok(Ref::none())
}
pub(super) fn chown(_: Value, args: Args<'_>) -> PyResult {
    let [path, uid, gid, dir, follow] = args.bind(&sig::CHOWN)?;
    let p = or_fd("chown", "path").parse(path)?;
    let (uid, gid) = (id(uid, "uid")?, id(gid, "gid")?);
    let (dir, follow) = (dir_fd(dir)?, truth(follow, true)?);
    p.check_dir_fd(dir)?;
    p.check_follow(follow)?;
    audit!("os.chown", &p.object, uid, gid, shown_dir(dir))?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::fchown(p.fd, uid, gid)
        } else {
            libc::fchownat(
                dir,
                p.ptr(),
                uid,
                gid,
                if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW },
            )
        }
    })?;
    p.none_or(r)
}
pub(super) fn fchown(_: Value, args: Args<'_>) -> PyResult {
    let [fd, uid, gid] = args.bind(&sig::FCHOWN)?;
    let (fd, uid, gid) = (c_int(fd)?, id(uid, "uid")?, id(gid, "gid")?);
    audit!("os.chown", fd, uid, gid, -1)?;
    // SAFETY: plain numbers.
    syscall_or_raise(|| unsafe { libc::fchown(fd, uid, gid) })?;
    Ok(Ref::none())
}
pub(super) fn lchown(_: Value, args: Args<'_>) -> PyResult {
    let [path, uid, gid] = args.bind(&sig::LCHOWN)?;
    let p = plain("lchown", "path").parse(path)?;
    let (uid, gid) = (id(uid, "uid")?, id(gid, "gid")?);
    audit!("os.chown", &p.object, uid, gid, -1)?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe { libc::lchown(p.ptr(), uid, gid) })?;
    p.none_or(r)
}

/// Seconds and nanoseconds of a number of seconds, rounded down as `os.utime` does.
fn time_of(v: Value) -> PyResult<libc::timespec> {
    if float::is_float_instance(v) {
        let x = float::value(v);
        if x.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let mut seconds = x.floor();
        let mut ns = ((x - seconds) * 1e9).floor();
        if ns >= 1e9 {
            seconds += 1.0;
            ns -= 1e9;
        }
        if !(-9.2e18..9.2e18).contains(&seconds) {
            return Err(raise!(
                OverflowError,
                "timestamp out of range for platform time_t"
            ));
        }
        return Ok(libc::timespec {
            tv_sec: seconds as i64,
            tv_nsec: ns as i64,
        });
    }
    let n = ops::index(v)?;
    match int::to_i64(n.value()) {
        Some(n) => Ok(libc::timespec {
            tv_sec: n,
            tv_nsec: 0,
        }),
        None => Err(raise!(
            OverflowError,
            "timestamp out of range for platform time_t"
        )),
    }
}
fn time_of_ns(v: Value) -> PyResult<libc::timespec> {
    let divisor = Ref::int(1_000_000_000);
    let pair = ops::binary(ops::BinOp::DivMod, v, divisor.value(), false)?;
    if !tuple::is_tuple(pair.value()) || tuple::len(pair.value()) != 2 {
        return Err(raise!(
            TypeError,
            "{}.__divmod__() must return a 2-tuple, not {}",
            v.ty().message_name(),
            pair.ty().message_name()
        ));
    }
    let seconds = c_long(tuple::get(pair.value(), 0))?;
    let ns = c_long(tuple::get(pair.value(), 1))?;
    Ok(libc::timespec {
        tv_sec: seconds,
        tv_nsec: ns,
    })
}

pub(super) fn utime(_: Value, args: Args<'_>) -> PyResult {
    let [path, times, ns, dir, follow] = args.bind(&sig::UTIME)?;
    let p = or_fd("utime", "path").parse(path)?;
    let times = if times.is_empty() {
        singletons::none()
    } else {
        times
    };
    if !times.is_none() && !ns.is_empty() {
        return Err(raise!(
            ValueError,
            "utime: you may specify either 'times' or 'ns' but not both"
        ));
    }
    let pair = if !times.is_none() {
        if !tuple::is_tuple(times) || tuple::len(times) != 2 {
            return Err(raise!(
                TypeError,
                "utime: 'times' must be either a tuple of two ints or None"
            ));
        }
        Some([
            time_of(tuple::get(times, 0))?,
            time_of(tuple::get(times, 1))?,
        ])
    } else if !ns.is_empty() {
        if !tuple::is_tuple(ns) || tuple::len(ns) != 2 {
            return Err(raise!(TypeError, "utime: 'ns' must be a tuple of two ints"));
        }
        Some([
            time_of_ns(tuple::get(ns, 0))?,
            time_of_ns(tuple::get(ns, 1))?,
        ])
    } else {
        None
    };
    let (dir, follow) = (dir_fd(dir)?, truth(follow, true)?);
    p.check_dir_fd(dir)?;
    p.check_follow(follow)?;
    audit!("os.utime", &p.object, times, ns, shown_dir(dir))?;
    let spec = pair.as_ref().map_or(std::ptr::null(), |t| t.as_ptr());
    // SAFETY: a C string; `spec` is null or two timespecs.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::futimens(p.fd, spec)
        } else {
            libc::utimensat(
                dir,
                p.ptr(),
                spec,
                if follow { 0 } else { libc::AT_SYMLINK_NOFOLLOW },
            )
        }
    })?;
    p.none_or(r)
}

pub(super) fn umask(_: Value, mask: Value) -> PyResult {
    let mask = c_int(mask)? as libc::mode_t;
    // SAFETY: no preconditions.
    Ok(Ref::int(i64::from(unsafe { libc::umask(mask) })))
}
