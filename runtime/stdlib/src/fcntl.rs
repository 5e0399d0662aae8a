//! `fcntl`: control of descriptors, locks.

use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, audit, bytes, check_positional, memory, methods, module, ops,
    raise, str,
};

/// Bytes of the buffers that calls fill.
const ROOM: usize = 1024;

/// A str or buffer argument's bytes.
fn data_of(v: Value) -> PyResult<Option<Vec<u8>>> {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Ok(Some(str::as_utf8(v)?.as_bytes().to_vec()));
    }
    if bytes::is_bytes(v) || (!ops::has_index(v) && memory::has_buffer(v)) {
        return Ok(Some(memory::bytes_like(v)?.bytes().to_vec()));
    }
    Ok(None)
}
fn number(v: Option<&Value>) -> PyResult<u32> {
    match v {
        None => Ok(0),
        Some(v) => Ok(c_mask(*v)? as u32),
    }
}
fn optional(args: &[Value], n: usize) -> Value {
    args.get(n).copied().unwrap_or(Value::EMPTY)
}
fn fcntl(_: Value, args: &[Value]) -> PyResult {
    check_positional("fcntl", args.len(), 2, 3)?;
    let (fd, command) = (fileno(args[0])?, c_int(args[1])?);
    audit!("fcntl.fcntl", fd, command, optional(args, 2))?;
    if let Some(v) = args.get(2)
        && let Some(data) = data_of(*v)?
    {
        if data.len() > ROOM {
            return Err(raise!(ValueError, "fcntl string arg too long"));
        }
        let mut room = [0u8; ROOM + 8];
        room[..data.len()].copy_from_slice(&data);
        let p = room.as_mut_ptr();
        // SAFETY: room for what the command fills.
        syscall_or_raise(|| unsafe { libc::fcntl(fd, command, p) })?;
        return Ok(bytes::new(&room[..data.len()]));
    }
    let n = number(args.get(2))?;
    // SAFETY: plain numbers.
    let r = syscall_or_raise(|| unsafe { libc::fcntl(fd, command, n as i32) })?;
    Ok(Ref::int(i64::from(r)))
}
fn ioctl(_: Value, args: &[Value]) -> PyResult {
    check_positional("ioctl", args.len(), 2, 4)?;
    let (fd, request) = (fileno(args[0])?, c_mask(args[1])? as libc::c_ulong);
    audit!("fcntl.ioctl", fd, request as u32, optional(args, 2))?;
    let mutate = truth(args.get(3).copied().unwrap_or(Value::EMPTY), true)?;
    if let Some(v) = args.get(2)
        && !ops::has_index(*v)
    {
        if mutate
            && !bytes::is_bytes(*v)
            && !v.has_flag(tpflags::UNICODE_SUBCLASS)
            && memory::has_buffer(*v)
        {
            if let Ok(mut held) = memory::Buffer::get(*v, bufflags::WRITABLE) {
                let target = held.bytes_mut();
                // Short buffers get slack behind them, since the kernel's size is not known here.
                let mut room = vec![0u8; target.len().max(ROOM) + 8];
                room[..target.len()].copy_from_slice(target);
                let p = room.as_mut_ptr();
                // SAFETY: room for what the request fills.
                let r = syscall_or_raise(|| unsafe { libc::ioctl(fd, request, p) })?;
                let n = target.len();
                target.copy_from_slice(&room[..n]);
                return Ok(Ref::int(i64::from(r)));
            }
            pyrs_object::errors::clear();
        }
        let Some(data) = data_of(*v)? else {
            return Err(raise!(
                TypeError,
                "ioctl() argument 3 must be int, bytes-like object or str, not {}",
                v.ty().message_name()
            ));
        };
        if data.len() > ROOM {
            return Err(raise!(ValueError, "ioctl string arg too long"));
        }
        let mut room = [0u8; ROOM + 8];
        room[..data.len()].copy_from_slice(&data);
        let p = room.as_mut_ptr();
        // SAFETY: room for what the request fills.
        syscall_or_raise(|| unsafe { libc::ioctl(fd, request, p) })?;
        return Ok(bytes::new(&room[..data.len()]));
    }
    let n = number(args.get(2))?;
    // SAFETY: plain numbers.
    let r = syscall_or_raise(|| unsafe { libc::ioctl(fd, request, n as libc::c_ulong) })?;
    Ok(Ref::int(i64::from(r)))
}
fn flock(_: Value, args: &[Value]) -> PyResult {
    check_positional("flock", args.len(), 2, 2)?;
    let (fd, operation) = (fileno(args[0])?, c_int(args[1])?);
    audit!("fcntl.flock", fd, operation)?;
    // SAFETY: plain numbers.
    syscall_or_raise(|| unsafe { libc::flock(fd, operation) })?;
    Ok(Ref::none())
}
fn lockf(_: Value, args: &[Value]) -> PyResult {
    check_positional("lockf", args.len(), 2, 5)?;
    let (fd, code) = (fileno(args[0])?, c_int(args[1])?);
    let whence = c_int_or(optional(args, 4), 0)?;
    audit!(
        "fcntl.lockf",
        fd,
        code,
        optional(args, 2),
        optional(args, 3),
        whence
    )?;
    // SAFETY: all-zero is valid.
    let mut l: libc::flock = unsafe { std::mem::zeroed() };
    l.l_type = if code == libc::LOCK_UN {
        libc::F_UNLCK
    } else if code & libc::LOCK_SH != 0 {
        libc::F_RDLCK
    } else if code & libc::LOCK_EX != 0 {
        libc::F_WRLCK
    } else {
        return Err(raise!(ValueError, "unrecognized lockf argument"));
    } as i16;
    if let Some(v) = args.get(2) {
        l.l_len = c_long(*v)?;
    }
    if let Some(v) = args.get(3) {
        l.l_start = c_long(*v)?;
    }
    l.l_whence = whence as i16;
    let command = if code & libc::LOCK_NB != 0 {
        libc::F_SETLK
    } else {
        libc::F_SETLKW
    };
    // SAFETY: a filled structure.
    syscall_or_raise(|| unsafe { libc::fcntl(fd, command, &l) })?;
    Ok(Ref::none())
}
methods! {
    static FUNCTIONS = [
        "fcntl" FAST fcntl, "fcntl($module, fd, cmd, arg=0, /)\n--\n\nPerforms an operation on a descriptor.";
        "ioctl" FAST ioctl, "ioctl($module, fd, request, arg=0, mutate_flag=True, /)\n--\n\nPerforms a device operation on a descriptor.";
        "flock" FAST flock, "flock($module, fd, operation, /)\n--\n\nLocks a file.";
        "lockf" FAST lockf, "lockf($module, fd, cmd, len=0, start=0, whence=0, /)\n--\n\nLocks part of a file.";
    ]
}
/// The constants of the module.
static CONSTANTS: &[(&str, i64)] = &[
    ("DN_ACCESS", 1),
    ("DN_ATTRIB", 32),
    ("DN_CREATE", 4),
    ("DN_DELETE", 8),
    ("DN_MODIFY", 2),
    ("DN_MULTISHOT", 0x80000000),
    ("DN_RENAME", 16),
    ("FASYNC", 8192),
    ("FD_CLOEXEC", libc::FD_CLOEXEC as i64),
    ("F_ADD_SEALS", libc::F_ADD_SEALS as i64),
    ("F_DUPFD", libc::F_DUPFD as i64),
    ("F_DUPFD_CLOEXEC", libc::F_DUPFD_CLOEXEC as i64),
    ("F_EXLCK", 4),
    ("F_GETFD", libc::F_GETFD as i64),
    ("F_GETFL", libc::F_GETFL as i64),
    ("F_GETLEASE", libc::F_GETLEASE as i64),
    ("F_GETLK", libc::F_GETLK as i64),
    ("F_GETLK64", 5),
    ("F_GETOWN", libc::F_GETOWN as i64),
    ("F_GETPIPE_SZ", libc::F_GETPIPE_SZ as i64),
    ("F_GETSIG", 11),
    ("F_GET_SEALS", libc::F_GET_SEALS as i64),
    ("F_NOTIFY", libc::F_NOTIFY as i64),
    ("F_OFD_GETLK", libc::F_OFD_GETLK as i64),
    ("F_OFD_SETLK", libc::F_OFD_SETLK as i64),
    ("F_OFD_SETLKW", libc::F_OFD_SETLKW as i64),
    ("F_RDLCK", libc::F_RDLCK as i64),
    ("F_SEAL_GROW", libc::F_SEAL_GROW as i64),
    ("F_SEAL_SEAL", libc::F_SEAL_SEAL as i64),
    ("F_SEAL_SHRINK", libc::F_SEAL_SHRINK as i64),
    ("F_SEAL_WRITE", libc::F_SEAL_WRITE as i64),
    ("F_SETFD", libc::F_SETFD as i64),
    ("F_SETFL", libc::F_SETFL as i64),
    ("F_SETLEASE", libc::F_SETLEASE as i64),
    ("F_SETLK", libc::F_SETLK as i64),
    ("F_SETLK64", 6),
    ("F_SETLKW", libc::F_SETLKW as i64),
    ("F_SETLKW64", 7),
    ("F_SETOWN", libc::F_SETOWN as i64),
    ("F_SETPIPE_SZ", libc::F_SETPIPE_SZ as i64),
    ("F_SETSIG", 10),
    ("F_SHLCK", 8),
    ("F_UNLCK", libc::F_UNLCK as i64),
    ("F_WRLCK", libc::F_WRLCK as i64),
    ("LOCK_EX", libc::LOCK_EX as i64),
    ("LOCK_MAND", 32),
    ("LOCK_NB", libc::LOCK_NB as i64),
    ("LOCK_READ", 64),
    ("LOCK_RW", 192),
    ("LOCK_SH", libc::LOCK_SH as i64),
    ("LOCK_UN", libc::LOCK_UN as i64),
    ("LOCK_WRITE", 128),
];

fn add_constants(m: Value) {
    for (name, n) in CONSTANTS {
        module::add(m, name, Ref::int(*n));
    }
}
pub fn init() -> PyResult {
    let m = module::new("fcntl");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    add_constants(m.value());
    Ok(m)
}
