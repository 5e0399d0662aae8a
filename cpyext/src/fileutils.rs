//! `cpython/fileutils.h` and the converters of file descriptors.

use crate::*;
use pyrs_object::{audit, errors, ops};
use std::ffi::{CString, c_void};

/// Sets `OSError` from `errno`.
fn os_error() {
    let _ = errors::os_error(Value::EMPTY, Value::EMPTY);
}
/// Calls `f` again when a signal interrupted it and its handler raised nothing.
unsafe fn retrying(mut f: impl FnMut() -> isize) -> isize {
    loop {
        let n = f();
        if n >= 0 {
            return n;
        }
        if std::io::Error::last_os_error().raw_os_error() != Some(libc::EINTR) {
            os_error();
            return -1;
        }
        // SAFETY: the GIL is held.
        if unsafe { crate::pyerrors::PyErr_CheckSignals() } != 0 {
            return -1;
        }
    }
}

capi! {
    fn _Py_dup(fd: c_int) -> c_int {
        let n = libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0);
        if n < 0 { os_error(); }
        n
    }
    fn _Py_fstat_noraise(fd: c_int, out: *mut libc::stat) -> c_int { libc::fstat(fd, out) }
    fn _Py_fstat(fd: c_int, out: *mut libc::stat) -> c_int {
        let r = libc::fstat(fd, out);
        if r != 0 { os_error(); }
        r
    }
    fn _Py_set_inheritable(fd: c_int, inheritable: c_int, _works: *mut c_int) -> c_int {
        let flags = libc::fcntl(fd, libc::F_GETFD);
        let new = if inheritable != 0 { flags & !libc::FD_CLOEXEC } else { flags | libc::FD_CLOEXEC };
        if flags < 0 || new != flags && libc::fcntl(fd, libc::F_SETFD, new) < 0 { os_error(); return -1; }
        0
    }
    fn _Py_open(path: *const c_char, flags: c_int) -> c_int {
        if audit!("open", &*text(path), Value::EMPTY, flags).is_err() { return -1; }
        retrying(|| libc::open(path, flags | libc::O_CLOEXEC) as isize) as c_int
    }
    fn _Py_read(fd: c_int, buf: *mut c_void, n: usize) -> isize { retrying(|| libc::read(fd, buf, n)) }
    fn _Py_write(fd: c_int, buf: *const c_void, n: usize) -> isize { retrying(|| libc::write(fd, buf, n)) }
    fn _Py_fopen_obj(path: O, mode: *const c_char) -> *mut libc::FILE {
        if audit!("open", val(path), &*text(mode), 0).is_err() { return std::ptr::null_mut(); }
        let Ok(raw) = pyrs_object::codec::encode_fs(val(path)) else { return std::ptr::null_mut() };
        let Ok(raw) = CString::new(raw) else { let _ = raise!(ValueError, "embedded null byte"); return std::ptr::null_mut() };
        let f = libc::fopen(raw.as_ptr(), mode);
        if f.is_null() { let _ = errors::os_error(val(path), Value::EMPTY); }
        else { libc::fcntl(libc::fileno(f), libc::F_SETFD, libc::FD_CLOEXEC); }
        f
    }
    fn _PyLong_FileDescriptor_Converter(o: O, out: *mut c_int) -> c_int {
        let fd = crate::fileobject::PyObject_AsFileDescriptor(o);
        if fd == -1 { return 0; }
        *out = fd;
        1
    }
    fn _Py_convert_optional_to_ssize_t(o: O, out: *mut isize) -> c_int {
        let v = val(o);
        if pyrs_object::ValueExt::is_none(v) { return 1; }
        if !ops::has_index(v) {
            let _ = raise!(TypeError, "argument should be integer or None, not {}", pyrs_object::ValueExt::ty(v).message_name());
            return 0;
        }
        match ops::index_as_isize(v) { Ok(n) => { *out = n; 1 } Err(_) => 0 }
    }
    fn _PyBytes_Find(hay: *const c_char, n: isize, needle: *const c_char, m: isize, offset: isize) -> isize {
        let (h, s) = (std::slice::from_raw_parts(hay.cast::<u8>(), n.max(0) as usize), std::slice::from_raw_parts(needle.cast::<u8>(), m.max(0) as usize));
        pyrs_object::str::search::find(h, s).map_or(-1, |i| i as isize + offset)
    }
    fn _PyBytes_ReverseFind(hay: *const c_char, n: isize, needle: *const c_char, m: isize, offset: isize) -> isize {
        let (h, s) = (std::slice::from_raw_parts(hay.cast::<u8>(), n.max(0) as usize), std::slice::from_raw_parts(needle.cast::<u8>(), m.max(0) as usize));
        pyrs_object::str::search::rfind(h, s).map_or(-1, |i| i as isize + offset)
    }
    fn _Py_strhex(p: *const c_char, n: isize) -> O {
        let b = std::slice::from_raw_parts(p.cast::<u8>(), n.max(0) as usize);
        boundary::to_c(pyrs_object::str::from_latin1(&pyrs_object::bytes::hex_text(b, None, 0)))
    }
}
