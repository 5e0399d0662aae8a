//! Descriptors: open, read, write, seek, duplicate, pipes.

use super::path::{dir_fd, plain};
use super::table as sig;
use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{Args, PyResult, Ref, Value, ValueExt, audit, memory, ops, raise, tuple};

pub(super) fn posix_open(_: Value, args: Args<'_>) -> PyResult {
    let [path, flags, mode, dir] = args.bind(&sig::OPEN)?;
    let p = plain("open", "path").parse(path)?;
    let (flags, mode, dir) = (
        c_int(flags)? | libc::O_CLOEXEC,
        c_int_or(mode, 0o777)?,
        dir_fd(dir)?,
    );
    audit!("open", &p.object, Value::EMPTY, flags)?;
    // SAFETY: a C string.
    let fd = syscall(|| unsafe { libc::openat(dir, p.ptr(), flags, mode) })?
        .map_err(|code| p.error(code))?;
    Ok(Ref::int(i64::from(fd)))
}
pub(super) fn posix_close(_: Value, args: Args<'_>) -> PyResult {
    let [fd] = args.bind(&sig::CLOSE)?;
    let fd = c_int(fd)?;
    let (r, code) = pyrs_vm::threads::without_gil(|| {
        // SAFETY: plain numbers. Not retried: the descriptor is gone even after EINTR.
        let r = unsafe { libc::close(fd) };
        (r, errno())
    });
    if r < 0 && code != libc::EINTR {
        Err(os_error(code))
    } else {
        Ok(Ref::none())
    }
}
pub(super) fn closerange(_: Value, args: Args<'_>) -> PyResult {
    let [low, high] = args.bind(&sig::CLOSERANGE)?;
    let (low, high) = (c_int(low)?.max(0), c_int(high)?);
    close_range(low, high);
    Ok(Ref::none())
}
/// Closes the descriptors from `low` to below `high`.
pub(super) fn close_range(low: i32, high: i32) {
    if high <= low {
        return;
    }
    // SAFETY: plain numbers.
    unsafe {
        if libc::syscall(libc::SYS_close_range, low as u32, (high - 1) as u32, 0) != 0 {
            for fd in low..high {
                libc::close(fd);
            }
        }
    }
}
pub(super) fn posix_read(_: Value, args: Args<'_>) -> PyResult {
    let [fd, n] = args.bind(&sig::READ)?;
    let (fd, n) = (c_int(fd)?, c_ssize(n)?);
    if n < 0 {
        return Err(os_error(libc::EINVAL));
    }
    let mut b = BytesMaker::new((n as usize).min(0x7FFF_F000))?;
    let (p, n) = (b.ptr(), (n as usize).min(0x7FFF_F000));
    // SAFETY: room for `n` bytes.
    let used = syscall_or_raise(|| unsafe { libc::read(fd, p.cast(), n) as i64 })?;
    Ok(b.finish(used as usize))
}
pub(super) fn pread(_: Value, args: Args<'_>) -> PyResult {
    let [fd, n, offset] = args.bind(&sig::PREAD)?;
    let (fd, n, offset) = (c_int(fd)?, c_ssize(n)?, c_long(offset)?);
    if n < 0 {
        return Err(os_error(libc::EINVAL));
    }
    let mut b = BytesMaker::new(n as usize)?;
    let p = b.ptr();
    // SAFETY: room for `n` bytes.
    let used =
        syscall_or_raise(|| unsafe { libc::pread(fd, p.cast(), n as usize, offset) as i64 })?;
    Ok(b.finish(used as usize))
}
pub(super) fn posix_write(_: Value, args: Args<'_>) -> PyResult {
    let [fd, data] = args.bind(&sig::WRITE)?;
    let fd = c_int(fd)?;
    let b = memory::bytes_like(data)?;
    let s = b.bytes();
    let n = s.len().min(0x7FFF_F000);
    // SAFETY: the buffer is held during the call.
    let written = syscall_or_raise(|| unsafe { libc::write(fd, s.as_ptr().cast(), n) as i64 })?;
    Ok(Ref::int(written))
}
pub(super) fn pwrite(_: Value, args: Args<'_>) -> PyResult {
    let [fd, data, offset] = args.bind(&sig::PWRITE)?;
    let fd = c_int(fd)?;
    let b = memory::bytes_like(data)?;
    let offset = c_long(offset)?;
    let s = b.bytes();
    // SAFETY: the buffer is held during the call.
    let written = syscall_or_raise(|| unsafe {
        libc::pwrite(fd, s.as_ptr().cast(), s.len(), offset) as i64
    })?;
    Ok(Ref::int(written))
}

/// The buffers of a vectored call.
struct Vectors {
    held: Vec<memory::Buffer>,
    list: Vec<libc::iovec>,
}
fn vectors(v: Value, function: &str, writable: bool) -> PyResult<Vectors> {
    if !ops::is_sequence(v) {
        return Err(raise!(TypeError, "{function}() arg 2 must be a sequence"));
    }
    let flags = if writable {
        bufflags::WRITABLE
    } else {
        bufflags::SIMPLE
    };
    let mut out = Vectors {
        held: Vec::new(),
        list: Vec::new(),
    };
    for item in ops::collect(v)? {
        let mut b = memory::Buffer::get(item.value(), flags)?;
        let base = if writable {
            b.bytes_mut().as_mut_ptr()
        } else {
            b.bytes().as_ptr().cast_mut()
        };
        out.list.push(libc::iovec {
            iov_base: base.cast(),
            iov_len: b.bytes().len(),
        });
        out.held.push(b);
    }
    Ok(out)
}
pub(super) fn readv(_: Value, args: Args<'_>) -> PyResult {
    let [fd, buffers] = args.bind(&sig::READV)?;
    let fd = c_int(fd)?;
    let v = vectors(buffers, "readv", true)?;
    // SAFETY: the buffers are held during the call.
    let n = syscall_or_raise(|| unsafe {
        libc::readv(fd, v.list.as_ptr(), v.list.len() as i32) as i64
    })?;
    drop(v.held);
    Ok(Ref::int(n))
}
pub(super) fn writev(_: Value, args: Args<'_>) -> PyResult {
    let [fd, buffers] = args.bind(&sig::WRITEV)?;
    let fd = c_int(fd)?;
    let v = vectors(buffers, "writev", false)?;
    // SAFETY: the buffers are held during the call.
    let n = syscall_or_raise(|| unsafe {
        libc::writev(fd, v.list.as_ptr(), v.list.len() as i32) as i64
    })?;
    drop(v.held);
    Ok(Ref::int(n))
}
pub(super) fn preadv(_: Value, args: Args<'_>) -> PyResult {
    let [fd, buffers, offset, flags] = args.bind(&sig::PREADV)?;
    let (fd, offset, flags) = (c_int(fd)?, c_long(offset)?, c_int_or(flags, 0)?);
    let v = vectors(buffers, "preadv", true)?;
    // SAFETY: the buffers are held during the call.
    let n = syscall_or_raise(|| unsafe {
        libc::preadv2(fd, v.list.as_ptr(), v.list.len() as i32, offset, flags) as i64
    })?;
    drop(v.held);
    Ok(Ref::int(n))
}
pub(super) fn pwritev(_: Value, args: Args<'_>) -> PyResult {
    let [fd, buffers, offset, flags] = args.bind(&sig::PWRITEV)?;
    let (fd, offset, flags) = (c_int(fd)?, c_long(offset)?, c_int_or(flags, 0)?);
    let v = vectors(buffers, "pwritev", false)?;
    // SAFETY: the buffers are held during the call.
    let n = syscall_or_raise(|| unsafe {
        libc::pwritev2(fd, v.list.as_ptr(), v.list.len() as i32, offset, flags) as i64
    })?;
    drop(v.held);
    Ok(Ref::int(n))
}

pub(super) fn lseek(_: Value, args: Args<'_>) -> PyResult {
    let [fd, position, how] = args.bind(&sig::LSEEK)?;
    let (fd, how) = (c_int(fd)?, c_int(how)?);
    let position = c_long(position)?;
    // SAFETY: plain numbers.
    int_or_errno(unsafe { libc::lseek(fd, position, how) })
}
pub(super) fn dup(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe {
        libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)
    }))
}
pub(super) fn dup2(_: Value, args: Args<'_>) -> PyResult {
    let [fd, fd2, inheritable] = args.bind(&sig::DUP2)?;
    let (fd, fd2, inheritable) = (c_int(fd)?, c_int(fd2)?, truth(inheritable, true)?);
    if fd < 0 || fd2 < 0 {
        return Err(os_error(libc::EBADF));
    }
    // SAFETY: plain numbers.
    let r = syscall_or_raise(|| unsafe {
        if inheritable || fd == fd2 {
            libc::dup2(fd, fd2)
        } else {
            libc::dup3(fd, fd2, libc::O_CLOEXEC)
        }
    })?;
    Ok(Ref::int(i64::from(r)))
}
fn pair(a: i32, b: i32) -> Ref {
    tuple::from_vec(vec![Ref::int(i64::from(a)), Ref::int(i64::from(b))])
}
pub(super) fn pipe(_: Value) -> PyResult {
    let mut fds = [0; 2];
    // SAFETY: room for two descriptors.
    none_or_errno(unsafe { libc::pipe2(fds.as_mut_ptr(), libc::O_CLOEXEC) })?;
    Ok(pair(fds[0], fds[1]))
}
pub(super) fn pipe2(_: Value, flags: Value) -> PyResult {
    let flags = c_int(flags)?;
    let mut fds = [0; 2];
    // SAFETY: room for two descriptors.
    none_or_errno(unsafe { libc::pipe2(fds.as_mut_ptr(), flags) })?;
    Ok(pair(fds[0], fds[1]))
}

/// Functions of one descriptor that give nothing: name, signature, converter, call.
macro_rules! on_fd {
    ($($name:ident, $sig:ident, $convert:ident;)*) => { $(
        pub(super) fn $name(_: Value, args: Args<'_>) -> PyResult {
            let [fd] = args.bind(&sig::$sig)?;
            let fd = $convert(fd)?;
            // SAFETY: plain numbers.
            syscall_or_raise(|| unsafe { libc::$name(fd) })?;
            Ok(Ref::none())
        }
    )* };
}
on_fd! {
    fsync, FSYNC, fileno;
    fdatasync, FDATASYNC, fileno;
}
pub(super) fn fchdir(_: Value, args: Args<'_>) -> PyResult {
    let [fd] = args.bind(&sig::FCHDIR)?;
    let fd = fileno(fd)?;
    audit!("os.chdir", fd)?;
    // SAFETY: a plain number.
    syscall_or_raise(|| unsafe { libc::fchdir(fd) })?;
    Ok(Ref::none())
}

pub(super) fn isatty(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    // SAFETY: plain numbers.
    Ok(Ref::bool(unsafe { libc::isatty(fd) } == 1))
}
pub(super) fn ftruncate(_: Value, args: Args<'_>) -> PyResult {
    let [fd, length] = args.bind(&sig::FTRUNCATE)?;
    let (fd, length) = (c_int(fd)?, c_long(length)?);
    audit!("os.truncate", fd, length)?;
    // SAFETY: plain numbers.
    syscall_or_raise(|| unsafe { libc::ftruncate(fd, length) })?;
    Ok(Ref::none())
}
pub(super) fn lockf(_: Value, args: Args<'_>) -> PyResult {
    let [fd, command, length] = args.bind(&sig::LOCKF)?;
    let (fd, command, length) = (c_int(fd)?, c_int(command)?, c_long(length)?);
    audit!("os.lockf", fd, command, length)?;
    // SAFETY: plain numbers.
    syscall_or_raise(|| unsafe { libc::lockf(fd, command, length) })?;
    Ok(Ref::none())
}
pub(super) fn posix_fadvise(_: Value, args: Args<'_>) -> PyResult {
    let [fd, offset, length, advice] = args.bind(&sig::POSIX_FADVISE)?;
    let (fd, offset, length, advice) =
        (c_int(fd)?, c_long(offset)?, c_long(length)?, c_int(advice)?);
    // SAFETY: plain numbers.
    match unsafe { libc::posix_fadvise(fd, offset, length, advice) } {
        0 => Ok(Ref::none()),
        code => Err(os_error(code)),
    }
}
pub(super) fn posix_fallocate(_: Value, args: Args<'_>) -> PyResult {
    let [fd, offset, length] = args.bind(&sig::POSIX_FALLOCATE)?;
    let (fd, offset, length) = (c_int(fd)?, c_long(offset)?, c_long(length)?);
    // SAFETY: plain numbers.
    match unsafe { libc::posix_fallocate(fd, offset, length) } {
        0 => Ok(Ref::none()),
        code => Err(os_error(code)),
    }
}
pub(super) fn get_inheritable(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    // SAFETY: plain numbers.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFD) };
    if flags < 0 {
        Err(os_error(errno()))
    } else {
        Ok(Ref::bool(flags & libc::FD_CLOEXEC == 0))
    }
}
pub(super) fn set_inheritable(_: Value, args: Args<'_>) -> PyResult {
    let [fd, on] = args.bind(&sig::SET_INHERITABLE)?;
    let (fd, on) = (c_int(fd)?, c_int(on)? != 0);
    // SAFETY: plain numbers.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        if flags < 0 {
            return Err(os_error(errno()));
        }
        let flags = if on {
            flags & !libc::FD_CLOEXEC
        } else {
            flags | libc::FD_CLOEXEC
        };
        none_or_errno(libc::fcntl(fd, libc::F_SETFD, flags))
    }
}
pub(super) fn get_blocking(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    // SAFETY: plain numbers.
    let flags = unsafe { libc::fcntl(fd, libc::F_GETFL) };
    if flags < 0 {
        Err(os_error(errno()))
    } else {
        Ok(Ref::bool(flags & libc::O_NONBLOCK == 0))
    }
}
pub(super) fn set_blocking(_: Value, args: Args<'_>) -> PyResult {
    let [fd, on] = args.bind(&sig::SET_BLOCKING)?;
    let (fd, on) = (c_int(fd)?, ops::is_true(on)?);
    // SAFETY: plain numbers.
    unsafe {
        let flags = libc::fcntl(fd, libc::F_GETFL);
        if flags < 0 {
            return Err(os_error(errno()));
        }
        let flags = if on {
            flags & !libc::O_NONBLOCK
        } else {
            flags | libc::O_NONBLOCK
        };
        none_or_errno(libc::fcntl(fd, libc::F_SETFL, flags))
    }
}

fn optional_offset(v: Value) -> PyResult<Option<i64>> {
    if v.is_empty() || v.is_none() {
        Ok(None)
    } else {
        c_long(v).map(Some)
    }
}
pub(super) fn sendfile(_: Value, args: Args<'_>) -> PyResult {
    let [out, from, offset, count] = args.bind(&sig::SENDFILE)?;
    let (out, from, count) = (c_int(out)?, c_int(from)?, c_ssize(count)?);
    let mut offset = optional_offset(offset)?;
    let p = offset
        .as_mut()
        .map_or(std::ptr::null_mut(), |o| o as *mut i64);
    // SAFETY: `p` is null or points at the offset.
    let n = syscall_or_raise(|| unsafe { libc::sendfile(out, from, p, count as usize) as i64 })?;
    Ok(Ref::int(n))
}
fn count_arg(v: Value) -> PyResult<usize> {
    let n = c_ssize(v)?;
    if n < 0 {
        Err(raise!(ValueError, "negative value for 'count' not allowed"))
    } else {
        Ok(n as usize)
    }
}
pub(super) fn copy_file_range(_: Value, args: Args<'_>) -> PyResult {
    let [src, dst, count, offset_src, offset_dst] = args.bind(&sig::COPY_FILE_RANGE)?;
    let (src, dst, count) = (c_int(src)?, c_int(dst)?, count_arg(count)?);
    let (mut a, mut b) = (optional_offset(offset_src)?, optional_offset(offset_dst)?);
    let pa = a.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
    let pb = b.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
    // SAFETY: null or pointers at the offsets.
    let n =
        syscall_or_raise(|| unsafe { libc::copy_file_range(src, pa, dst, pb, count, 0) as i64 })?;
    Ok(Ref::int(n))
}
pub(super) fn splice(_: Value, args: Args<'_>) -> PyResult {
    let [src, dst, count, offset_src, offset_dst, flags] = args.bind(&sig::SPLICE)?;
    let (src, dst, count) = (c_int(src)?, c_int(dst)?, count_arg(count)?);
    let (mut a, mut b) = (optional_offset(offset_src)?, optional_offset(offset_dst)?);
    let flags = if flags.is_empty() { 0 } else { c_uint(flags)? };
    let pa = a.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
    let pb = b.as_mut().map_or(std::ptr::null_mut(), |o| o as *mut i64);
    // SAFETY: null or pointers at the offsets.
    let n = syscall_or_raise(|| unsafe { libc::splice(src, pa, dst, pb, count, flags) as i64 })?;
    Ok(Ref::int(n))
}
pub(super) fn memfd_create(_: Value, args: Args<'_>) -> PyResult {
    let [name, flags] = args.bind(&sig::MEMFD_CREATE)?;
    let name = fs_text(name)?;
    let flags = if flags.is_empty() {
        libc::MFD_CLOEXEC
    } else {
        c_mask(flags)? as u32
    };
    // SAFETY: a C string.
    int_or_errno(i64::from(unsafe {
        libc::memfd_create(name.as_ptr(), flags)
    }))
}
pub(super) fn eventfd(_: Value, args: Args<'_>) -> PyResult {
    let [initial, flags] = args.bind(&sig::EVENTFD)?;
    let (initial, flags) = (c_uint(initial)?, c_int_or(flags, libc::EFD_CLOEXEC)?);
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe { libc::eventfd(initial, flags) }))
}
pub(super) fn eventfd_read(_: Value, args: Args<'_>) -> PyResult {
    let [fd] = args.bind(&sig::EVENTFD_READ)?;
    let fd = fileno(fd)?;
    let mut n: u64 = 0;
    let p = &raw mut n;
    // SAFETY: room for the counter.
    syscall_or_raise(|| unsafe { libc::eventfd_read(fd, p) })?;
    Ok(pyrs_object::int::from_u64(n))
}
pub(super) fn eventfd_write(_: Value, args: Args<'_>) -> PyResult {
    let [fd, n] = args.bind(&sig::EVENTFD_WRITE)?;
    let (fd, n) = (fileno(fd)?, c_ulong(n)?);
    // SAFETY: plain numbers.
    syscall_or_raise(|| unsafe { libc::eventfd_write(fd, n) })?;
    Ok(Ref::none())
}
pub(super) fn openpty(_: Value) -> PyResult {
    let (mut master, mut slave) = (-1, -1);
    // SAFETY: room for the descriptors.
    unsafe {
        let null = std::ptr::null_mut::<u8>();
        none_or_errno(libc::openpty(
            &mut master,
            &mut slave,
            null.cast(),
            null.cast(),
            null.cast(),
        ))?;
        for fd in [master, slave] {
            libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC);
        }
    }
    Ok(pair(master, slave))
}
pub(super) fn login_tty(_: Value, fd: Value) -> PyResult {
    let fd = fileno(fd)?;
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::login_tty(fd) })
}
pub(super) fn ttyname(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    let mut buffer = [0u8; 512];
    // SAFETY: room for `len` bytes; the result ends with NUL.
    match unsafe { libc::ttyname_r(fd, buffer.as_mut_ptr().cast(), buffer.len()) } {
        0 => {
            let end = buffer.iter().position(|c| *c == 0).unwrap_or(buffer.len());
            Ok(pyrs_object::codec::decode_fs(&buffer[..end]))
        }
        code => Err(os_error(code)),
    }
}
pub(super) fn tcgetpgrp(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe { libc::tcgetpgrp(fd) }))
}
pub(super) fn tcsetpgrp(_: Value, args: Args<'_>) -> PyResult {
    let [fd, group] = args.bind(&sig::TCSETPGRP)?;
    let (fd, group) = (c_int(fd)?, c_int(group)?);
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::tcsetpgrp(fd, group) })
}
pub(super) fn device_encoding(_: Value, args: Args<'_>) -> PyResult {
    let [fd] = args.bind(&sig::DEVICE_ENCODING)?;
    let fd = c_int(fd)?;
    // SAFETY: plain numbers.
    if unsafe { libc::isatty(fd) } != 1 {
        return Ok(Ref::none());
    }
    Ok(Ref::str("UTF-8"))
}
