//! Extended attributes.

use super::path::{or_fd, or_fd_none, plain};
use super::table as sig;
use crate::convert::*;
use pyrs_object::{Args, PyResult, Value, audit, codec, list, memory};

pub(super) fn getxattr(_: Value, args: Args<'_>) -> PyResult {
    let [path, attribute, follow] = args.bind(&sig::GETXATTR)?;
    let p = or_fd("getxattr", "path").parse(path)?;
    let name = plain("getxattr", "attribute").parse(attribute)?;
    let follow = truth(follow, true)?;
    p.check_follow(follow)?;
    audit!("os.getxattr", &p.object, &name.object)?;
    for size in [128usize, 65536] {
        let mut b = BytesMaker::new(size)?;
        let out = b.ptr();
        // SAFETY: C strings and room for `size` bytes.
        let r = syscall(|| unsafe {
            if p.is_fd {
                libc::fgetxattr(p.fd, name.ptr(), out.cast(), size) as i64
            } else if follow {
                libc::getxattr(p.ptr(), name.ptr(), out.cast(), size) as i64
            } else {
                libc::lgetxattr(p.ptr(), name.ptr(), out.cast(), size) as i64
            }
        })?;
        match r {
            Ok(n) => return Ok(b.finish(n as usize)),
            Err(libc::ERANGE) => {}
            Err(code) => return Err(p.error(code)),
        }
    }
    Err(p.error(libc::ERANGE))
}
pub(super) fn setxattr(_: Value, args: Args<'_>) -> PyResult {
    let [path, attribute, value, flags, follow] = args.bind(&sig::SETXATTR)?;
    let p = or_fd("setxattr", "path").parse(path)?;
    let name = plain("setxattr", "attribute").parse(attribute)?;
    let data = memory::bytes_like(value)?;
    let (flags, follow) = (c_int_or(flags, 0)?, truth(follow, true)?);
    p.check_follow(follow)?;
    let s = data.bytes();
    audit!(
        "os.setxattr",
        &p.object,
        &name.object,
        pyrs_object::bytes::new(s),
        flags
    )?;
    // SAFETY: C strings and a held buffer.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::fsetxattr(p.fd, name.ptr(), s.as_ptr().cast(), s.len(), flags)
        } else if follow {
            libc::setxattr(p.ptr(), name.ptr(), s.as_ptr().cast(), s.len(), flags)
        } else {
            libc::lsetxattr(p.ptr(), name.ptr(), s.as_ptr().cast(), s.len(), flags)
        }
    })?;
    p.none_or(r)
}
pub(super) fn removexattr(_: Value, args: Args<'_>) -> PyResult {
    let [path, attribute, follow] = args.bind(&sig::REMOVEXATTR)?;
    let p = or_fd("removexattr", "path").parse(path)?;
    let name = plain("removexattr", "attribute").parse(attribute)?;
    let follow = truth(follow, true)?;
    p.check_follow(follow)?;
    audit!("os.removexattr", &p.object, &name.object)?;
    // SAFETY: C strings.
    let r = syscall(|| unsafe {
        if p.is_fd {
            libc::fremovexattr(p.fd, name.ptr())
        } else if follow {
            libc::removexattr(p.ptr(), name.ptr())
        } else {
            libc::lremovexattr(p.ptr(), name.ptr())
        }
    })?;
    p.none_or(r)
}
pub(super) fn listxattr(_: Value, args: Args<'_>) -> PyResult {
    let [path, follow] = args.bind(&sig::LISTXATTR)?;
    let p = or_fd_none("listxattr", "path").parse(path)?;
    let follow = truth(follow, true)?;
    p.check_follow(follow)?;
    audit!("os.listxattr", &p.object)?;
    for size in [256usize, 65536] {
        let mut buffer = vec![0u8; size];
        let out = buffer.as_mut_ptr();
        // SAFETY: a C string and room for `size` bytes.
        let r = syscall(|| unsafe {
            if p.is_fd {
                libc::flistxattr(p.fd, out.cast(), size) as i64
            } else if follow {
                libc::listxattr(p.ptr(), out.cast(), size) as i64
            } else {
                libc::llistxattr(p.ptr(), out.cast(), size) as i64
            }
        })?;
        match r {
            Ok(n) => {
                let names = buffer[..n as usize]
                    .split(|c| *c == 0)
                    .filter(|s| !s.is_empty());
                return Ok(list::from_vec(names.map(codec::decode_fs).collect()));
            }
            Err(libc::ERANGE) => {}
            Err(code) => return Err(p.error(code)),
        }
    }
    Err(p.error(libc::ERANGE))
}
