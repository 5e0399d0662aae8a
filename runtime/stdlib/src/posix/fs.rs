//! The tree: make, remove, rename, link.

use super::path::{Path, dir_fd, or_fd, plain, shown_dir};
use super::table as sig;
use crate::convert::*;
use pyrs_object::{Args, PyResult, Ref, Value, ValueExt, audit, raise};

pub(super) fn mkdir(_: Value, args: Args<'_>) -> PyResult {
    let [path, mode, dir] = args.bind(&sig::MKDIR)?;
    let p = plain("mkdir", "path").parse(path)?;
    let (mode, dir) = (c_int_or(mode, 0o777)?, dir_fd(dir)?);
    audit!("os.mkdir", &p.object, mode, shown_dir(dir))?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe { libc::mkdirat(dir, p.ptr(), mode as libc::mode_t) })?;
    p.none_or(r)
}
pub(super) fn rmdir(_: Value, args: Args<'_>) -> PyResult {
    let [path, dir] = args.bind(&sig::RMDIR)?;
    let p = plain("rmdir", "path").parse(path)?;
    let dir = dir_fd(dir)?;
    audit!("os.rmdir", &p.object, shown_dir(dir))?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe { libc::unlinkat(dir, p.ptr(), libc::AT_REMOVEDIR) })?;
    p.none_or(r)
}
fn do_unlink(p: Path, dir: Value) -> PyResult {
    let dir = dir_fd(dir)?;
    audit!("os.remove", &p.object, shown_dir(dir))?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe { libc::unlinkat(dir, p.ptr(), 0) })?;
    p.none_or(r)
}
pub(super) fn unlink(_: Value, args: Args<'_>) -> PyResult {
    let [path, dir] = args.bind(&sig::UNLINK)?;
    do_unlink(plain("unlink", "path").parse(path)?, dir)
}
pub(super) fn remove(_: Value, args: Args<'_>) -> PyResult {
    let [path, dir] = args.bind(&sig::REMOVE)?;
    do_unlink(plain("remove", "path").parse(path)?, dir)
}
fn do_rename(function: &'static str, values: [Value; 4]) -> PyResult {
    let [src, dst, src_dir, dst_dir] = values;
    let a = plain(function, "src").parse(src)?;
    let b = plain(function, "dst").parse(dst)?;
    let (from, to) = (dir_fd(src_dir)?, dir_fd(dst_dir)?);
    audit!(
        "os.rename",
        &a.object,
        &b.object,
        shown_dir(from),
        shown_dir(to)
    )?;
    // SAFETY: C strings.
    match syscall(|| unsafe { libc::renameat(from, a.ptr(), to, b.ptr()) })? {
        Ok(_) => Ok(Ref::none()),
        Err(code) => Err(a.error2(code, &b)),
    }
}
pub(super) fn rename(_: Value, args: Args<'_>) -> PyResult {
    do_rename("rename", args.bind(&sig::RENAME)?)
}
pub(super) fn replace(_: Value, args: Args<'_>) -> PyResult {
    do_rename("replace", args.bind(&sig::REPLACE)?)
}
pub(super) fn link(_: Value, args: Args<'_>) -> PyResult {
    let [src, dst, src_dir, dst_dir, follow] = args.bind(&sig::LINK)?;
    let a = plain("link", "src").parse(src)?;
    let b = plain("link", "dst").parse(dst)?;
    let (from, to) = (dir_fd(src_dir)?, dir_fd(dst_dir)?);
    audit!(
        "os.link",
        &a.object,
        &b.object,
        shown_dir(from),
        shown_dir(to)
    )?;
    // Without an explicit choice plain link(2), which does not follow.
    let flags = if !follow.is_empty() && truth(follow, true)? {
        libc::AT_SYMLINK_FOLLOW
    } else {
        0
    };
    // SAFETY: C strings.
    match syscall(|| unsafe { libc::linkat(from, a.ptr(), to, b.ptr(), flags) })? {
        Ok(_) => Ok(Ref::none()),
        Err(code) => Err(a.error2(code, &b)),
    }
}
pub(super) fn symlink(_: Value, args: Args<'_>) -> PyResult {
    let [src, dst, is_directory, dir] = args.bind(&sig::SYMLINK)?;
    let a = plain("symlink", "src").parse(src)?;
    let b = plain("symlink", "dst").parse(dst)?;
    truth(is_directory, false)?;
    let dir = dir_fd(dir)?;
    audit!("os.symlink", &a.object, &b.object, shown_dir(dir))?;
    // SAFETY: C strings.
    match syscall(|| unsafe { libc::symlinkat(a.ptr(), dir, b.ptr()) })? {
        Ok(_) => Ok(Ref::none()),
        Err(code) => Err(a.error2(code, &b)),
    }
}
pub(super) fn readlink(_: Value, args: Args<'_>) -> PyResult {
    let [path, dir] = args.bind(&sig::READLINK)?;
    let p = plain("readlink", "path").parse(path)?;
    let dir = dir_fd(dir)?;
    let mut buffer = vec![0u8; libc::PATH_MAX as usize + 1];
    let (out, n) = (buffer.as_mut_ptr(), buffer.len());
    // SAFETY: a C string and room for `n` bytes.
    match syscall(|| unsafe { libc::readlinkat(dir, p.ptr(), out.cast(), n) as i64 })? {
        Ok(n) => Ok(p.name(&buffer[..n as usize])),
        Err(code) => Err(p.error(code)),
    }
}
pub(super) fn chdir(_: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&sig::CHDIR)?;
    let p = or_fd("chdir", "path").parse(path)?;
    audit!("os.chdir", &p.object)?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::fchdir(p.fd)
        } else {
            libc::chdir(p.ptr())
        }
    })?;
    p.none_or(r)
}
pub(super) fn chroot(_: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&sig::CHROOT)?;
    let p = plain("chroot", "path").parse(path)?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe { libc::chroot(p.ptr()) })?;
    p.none_or(r)
}
fn working_directory() -> PyResult<Vec<u8>> {
    use std::os::unix::ffi::OsStringExt;
    match std::env::current_dir() {
        Ok(path) => Ok(path.into_os_string().into_vec()),
        Err(e) => Err(os_error(e.raw_os_error().unwrap_or(libc::ENOENT))),
    }
}
pub(super) fn getcwd(_: Value) -> PyResult {
    Ok(pyrs_object::codec::decode_fs(&working_directory()?))
}
pub(super) fn getcwdb(_: Value) -> PyResult {
    Ok(pyrs_object::bytes::new(&working_directory()?))
}
pub(super) fn truncate(_: Value, args: Args<'_>) -> PyResult {
    let [path, length] = args.bind(&sig::TRUNCATE)?;
    let p = or_fd("truncate", "path").parse(path)?;
    let length = c_long(length)?;
    audit!("os.truncate", &p.object, length)?;
    // SAFETY: a C string.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::ftruncate(p.fd, length)
        } else {
            libc::truncate(p.ptr(), length)
        }
    })?;
    p.none_or(r)
}
pub(super) fn mkfifo(_: Value, args: Args<'_>) -> PyResult {
    let [path, mode, dir] = args.bind(&sig::MKFIFO)?;
    let p = plain("mkfifo", "path").parse(path)?;
    let (mode, dir) = (c_int_or(mode, 0o666)?, dir_fd(dir)?);
    // SAFETY: a C string.
    syscall_or_raise(|| unsafe { libc::mkfifoat(dir, p.ptr(), mode as libc::mode_t) })?;
    Ok(Ref::none())
}
pub(super) fn mknod(_: Value, args: Args<'_>) -> PyResult {
    let [path, mode, device, dir] = args.bind(&sig::MKNOD)?;
    let p = plain("mknod", "path").parse(path)?;
    let mode = c_int_or(mode, 0o600)?;
    let device = if device.is_empty() {
        0
    } else {
        c_ulong(device)?
    };
    let dir = dir_fd(dir)?;
    // SAFETY: a C string.
    syscall_or_raise(|| unsafe { libc::mknodat(dir, p.ptr(), mode as libc::mode_t, device) })?;
    Ok(Ref::none())
}
pub(super) fn major(_: Value, device: Value) -> PyResult {
    Ok(Ref::int(i64::from(libc::major(c_ulong(device)?))))
}
pub(super) fn minor(_: Value, device: Value) -> PyResult {
    Ok(Ref::int(i64::from(libc::minor(c_ulong(device)?))))
}
pub(super) fn makedev(_: Value, args: Args<'_>) -> PyResult {
    let [major, minor] = args.bind(&sig::MAKEDEV)?;
    let (major, minor) = (c_int(major)? as u32, c_int(minor)? as u32);
    Ok(pyrs_object::int::from_u64(libc::makedev(major, minor)))
}
pub(super) fn sync(_: Value) -> PyResult {
    // SAFETY: no preconditions.
    pyrs_vm::threads::without_gil(|| unsafe { libc::sync() });
    Ok(Ref::none())
}
/// Removes "." and empty parts and resolves ".." by text alone.
pub(super) fn path_normpath(_: Value, args: Args<'_>) -> PyResult {
    let [path] = args.bind(&sig::PATH_NORMPATH)?;
    if !pyrs_object::str::is_str(path) {
        return Err(raise!(
            TypeError,
            "expected 'str', not '{}'",
            path.ty().message_name()
        ));
    }
    let text = pyrs_object::str::to_wtf8(path);
    // A NUL ends the path for this function alone.
    let leading = text.iter().take_while(|c| **c == b'/').count();
    let root: &[u8] = match leading {
        0 => b"",
        2 => b"//",
        _ => b"/",
    };
    let mut parts: Vec<&[u8]> = Vec::new();
    for part in text.split(|c| *c == b'/') {
        match part {
            b"" | b"." => {}
            b".." => match parts.last() {
                Some(last) if *last != b".." => {
                    parts.pop();
                }
                None if !root.is_empty() => {}
                _ => parts.push(part),
            },
            _ => parts.push(part),
        }
    }
    let joined = [root, &parts.join(&b'/')].concat();
    Ok(if joined.is_empty() {
        Ref::str(".")
    } else {
        pyrs_object::str::from_wtf8(&joined)
    })
}
