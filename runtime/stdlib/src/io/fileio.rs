//! `FileIO`: an unbuffered descriptor.

use super::base::*;
use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, audit, check_positional, errors,
    exceptions, getset, heap, int, intern, members, memory, methods, ops, py_type, raise, str, ty,
};
use pyrs_vm::threads;

#[repr(C)]
pub(super) struct FileIO {
    pub(super) base: IoBase,
    pub(super) fd: i32,
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
    /// -1 is "not asked yet".
    seekable: i8,
    closefd: bool,
    finalizing: i8,
    blksize: u32,
}
gc_fields!(file_traverse, file_clear, FileIO, []);

fn file<'a>(v: Value) -> &'a mut FileIO {
    // SAFETY: a live FileIO; borrows are not held across Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
pub(super) fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(PyFileIO_Type))
}
pub(super) fn is_open(v: Value) -> bool {
    file(v).fd >= 0
}
pub(super) fn block_size(v: Value) -> u32 {
    file(v).blksize
}

fn closed() -> Raised {
    raise!(ValueError, "I/O operation on closed file")
}
fn check(v: Value) -> PyResult<i32> {
    let fd = file(v).fd;
    if fd < 0 { Err(closed()) } else { Ok(fd) }
}
fn mode_error(what: &str) -> Raised {
    unsupported(&format!("File not open for {what}"))
}

fn file_new(t: Type, _: Args<'_>) -> PyResult {
    let p: *mut FileIO = alloc(t)?;
    // SAFETY: a new zeroed object.
    unsafe {
        (*p).fd = -1;
        (*p).seekable = -1;
        (*p).closefd = true;
        Ok(Ref::from_owned_ptr(p))
    }
}

/// Closes the descriptor of `v`; an error is raised.
fn close_fd(v: Value) -> PyResult<()> {
    let fd = std::mem::replace(&mut file(v).fd, -1);
    if fd < 0 {
        return Ok(());
    }
    let (r, code) = threads::without_gil(|| {
        // SAFETY: the descriptor is ours. Not retried after EINTR: it is gone.
        let r = unsafe { libc::close(fd) };
        (r, errno())
    });
    if r < 0 && code != libc::EINTR {
        Err(os_error(code))
    } else {
        Ok(())
    }
}

const INIT: Signature<4> = Signature {
    name: "FileIO",
    params: ["file", "mode", "closefd", "opener"],
    posonly: 0,
    positional: 4,
    required: 1,
};

struct Mode {
    flags: i32,
    created: bool,
    readable: bool,
    writable: bool,
    appending: bool,
}
fn parse_mode(mode: &str) -> PyResult<Mode> {
    let bad = || {
        raise!(
            ValueError,
            "Must have exactly one of create/read/write/append mode and at most one plus"
        )
    };
    let mut m = Mode {
        flags: libc::O_CLOEXEC,
        created: false,
        readable: false,
        writable: false,
        appending: false,
    };
    let (mut kind, mut plus) = (false, false);
    for c in mode.bytes() {
        match c {
            b'x' | b'r' | b'w' | b'a' => {
                if kind {
                    return Err(bad());
                }
                kind = true;
                match c {
                    b'x' => {
                        m.created = true;
                        m.writable = true;
                        m.flags |= libc::O_EXCL | libc::O_CREAT;
                    }
                    b'r' => m.readable = true,
                    b'w' => {
                        m.writable = true;
                        m.flags |= libc::O_CREAT | libc::O_TRUNC;
                    }
                    _ => {
                        m.writable = true;
                        m.appending = true;
                        m.flags |= libc::O_APPEND | libc::O_CREAT;
                    }
                }
            }
            b'b' => {}
            b'+' => {
                if plus {
                    return Err(bad());
                }
                plus = true;
                m.readable = true;
                m.writable = true;
            }
            _ => return Err(raise!(ValueError, "invalid mode: {mode}")),
        }
    }
    if !kind {
        return Err(bad());
    }
    m.flags |= match (m.readable, m.writable) {
        (true, true) => libc::O_RDWR,
        (true, false) => libc::O_RDONLY,
        _ => libc::O_WRONLY,
    };
    Ok(m)
}

fn file_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let [name, mode, closefd, opener] = args.bind(&INIT)?;
    let mode = if mode.is_empty() {
        "r"
    } else {
        text(mode, "FileIO", "'mode'")?
    };
    open_into(v, name, mode, truth(closefd, true)?, opener)
}
fn open_into(v: Value, name: Value, mode: &str, closefd: bool, opener: Value) -> PyResult<()> {
    if file(v).fd >= 0 {
        if file(v).closefd {
            close_fd(v)?;
        } else {
            file(v).fd = -1;
        }
    }
    let mut given: i32 = -1;
    if name.is_float() {
        return Err(raise!(TypeError, "integer argument expected, got float"));
    }
    if int::is_int_instance(name) {
        given = c_int(name)?;
        if given < 0 {
            return Err(raise!(ValueError, "negative file descriptor"));
        }
    }
    let path = if given < 0 {
        Some(fs_text(name)?)
    } else {
        None
    };
    let m = parse_mode(mode)?;
    {
        let f = file(v);
        (f.created, f.readable, f.writable, f.appending) =
            (m.created, m.readable, m.writable, m.appending);
        f.seekable = -1;
        f.closefd = closefd;
    }
    audit!("open", name, mode, m.flags)?;
    let opened = (|| -> PyResult<()> {
        match &path {
            None => {
                file(v).fd = given;
                file(v).closefd = closefd;
            }
            Some(path) => {
                if !closefd {
                    return Err(raise!(
                        ValueError,
                        "Cannot use closefd=False with file name"
                    ));
                }
                if opener.is_empty() || opener.is_none() {
                    // SAFETY: a C string.
                    let fd = syscall(|| unsafe { libc::open(path.as_ptr(), m.flags, 0o666) })?
                        .map_err(|code| os_error_for(code, name))?;
                    file(v).fd = fd;
                } else {
                    let r = ops::call(opener, &[name, Value::int_unchecked(i64::from(m.flags))])?;
                    if !int::is_int_instance(r.value()) {
                        return Err(raise!(TypeError, "expected integer from opener"));
                    }
                    let fd = c_int(r.value())?;
                    if fd < 0 {
                        return Err(raise!(ValueError, "opener returned {fd}"));
                    }
                    // SAFETY: plain numbers.
                    if unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) } < 0 {
                        return Err(os_error(errno()));
                    }
                    file(v).fd = fd;
                }
            }
        }
        let fd = file(v).fd;
        // SAFETY: filled by the call.
        let st = unsafe {
            let mut st: libc::stat = std::mem::zeroed();
            if libc::fstat(fd, &mut st) < 0 {
                // Only EBADF matters: other failures do not say that the descriptor is unusable.
                if errno() == libc::EBADF {
                    return Err(os_error(libc::EBADF));
                }
            }
            st
        };
        if st.st_mode & libc::S_IFMT == libc::S_IFDIR {
            return Err(os_error_for(libc::EISDIR, name));
        }
        file(v).blksize = if st.st_blksize > 1 {
            st.st_blksize as u32
        } else {
            super::DEFAULT_BUFFER_SIZE as u32
        };
        ops::setattr(v, intern!("name"), name)?;
        if m.appending {
            // SAFETY: plain numbers; pipes cannot seek and need not.
            if unsafe { libc::lseek(fd, 0, libc::SEEK_END) } < 0
                && path.is_some()
                && errno() != libc::ESPIPE
            {
                return Err(os_error(errno()));
            }
        }
        Ok(())
    })();
    if opened.is_err() {
        if given >= 0 {
            file(v).fd = -1;
        } else if file(v).fd >= 0 {
            let e = errors::take();
            if close_fd(v).is_err() {
                errors::clear();
            }
            let _ = errors::restore(e);
        }
    }
    opened
}
/// `FileIO(name, mode, closefd, opener)` without going through the type call.
pub(super) fn open(name: Value, mode: &str, closefd: bool, opener: Value) -> PyResult {
    let f = file_new(ty!(PyFileIO_Type), Args::NONE)?;
    open_into(f.value(), name, mode, closefd, opener)?;
    Ok(f)
}

/// Largest count that Linux transfers in one call.
const MAX_IO: usize = 0x7FFF_F000;

/// Reads into memory; `None` when it would block.
///
/// # Safety
/// `p` has room for `n` bytes until the call returns.
pub(super) unsafe fn read_raw(v: Value, p: *mut u8, n: usize) -> PyResult<Option<usize>> {
    let fd = check(v)?;
    if !file(v).readable {
        return Err(mode_error("reading"));
    }
    // SAFETY: by contract.
    match syscall(|| unsafe { libc::read(fd, p.cast(), n.min(MAX_IO)) as i64 })? {
        Ok(n) => Ok(Some(n as usize)),
        Err(libc::EAGAIN) => Ok(None),
        Err(code) => Err(os_error(code)),
    }
}
/// Writes; `None` when it would block.
///
/// # Safety
/// `p` points at `n` bytes that stay until the call returns.
pub(super) unsafe fn write_raw(v: Value, p: *const u8, n: usize) -> PyResult<Option<usize>> {
    let fd = check(v)?;
    if !file(v).writable {
        return Err(mode_error("writing"));
    }
    // SAFETY: by contract.
    match syscall(|| unsafe { libc::write(fd, p.cast(), n.min(MAX_IO)) as i64 })? {
        Ok(n) => Ok(Some(n as usize)),
        Err(libc::EAGAIN) => Ok(None),
        Err(code) => Err(os_error(code)),
    }
}
pub(super) fn seek_raw(v: Value, position: i64, how: i32) -> PyResult<i64> {
    let fd = check(v)?;
    // SAFETY: plain numbers.
    let r = threads::without_gil(|| unsafe {
        let r = libc::lseek(fd, position, how);
        if r < 0 { Err(errno()) } else { Ok(r) }
    });
    if file(v).seekable < 0 {
        file(v).seekable = r.is_ok().into();
    }
    r.map_err(os_error)
}
pub(super) fn readall_raw(v: Value) -> PyResult {
    let fd = check(v)?;
    if !file(v).readable {
        return Err(mode_error("reading"));
    }
    // SAFETY: plain numbers; filled by the call.
    let expected = unsafe {
        let position = libc::lseek(fd, 0, libc::SEEK_CUR);
        let mut st: libc::stat = std::mem::zeroed();
        if libc::fstat(fd, &mut st) == 0 && position >= 0 && st.st_size > position {
            (st.st_size - position) as usize + 1
        } else {
            0
        }
    };
    let mut b = BytesMaker::new(expected.clamp(8192, 1 << 40))?;
    let (mut used, mut capacity) = (0usize, expected.max(8192));
    loop {
        if used == capacity {
            let more = capacity.clamp(65536, 1 << 24).max(capacity / 8);
            let grown = capacity.saturating_add(more);
            let mut larger = BytesMaker::new(grown)?;
            larger.slice()[..used].copy_from_slice(&b.slice()[..used]);
            b = larger;
            capacity = grown;
        }
        // SAFETY: the rest of the buffer.
        match unsafe { read_raw(v, b.ptr().add(used), capacity - used)? } {
            None if used == 0 => return Ok(Ref::none()),
            None | Some(0) => break,
            Some(n) => used += n,
        }
    }
    Ok(b.finish(used))
}

fn file_read(v: Value, args: &[Value]) -> PyResult {
    check_positional("read", args.len(), 0, 1)?;
    check(v)?;
    if !file(v).readable {
        return Err(mode_error("reading"));
    }
    let n = size_arg(args.first())?;
    if n < 0 {
        return readall_raw(v);
    }
    let n = (n as usize).min(MAX_IO);
    let mut b = BytesMaker::new(n)?;
    // SAFETY: room for `n` bytes.
    match unsafe { read_raw(v, b.ptr(), n)? } {
        None => Ok(Ref::none()),
        Some(n) => Ok(b.finish(n)),
    }
}
fn file_readinto(v: Value, target: Value) -> PyResult {
    check(v)?;
    if !file(v).readable {
        return Err(mode_error("reading"));
    }
    let mut b = writable(target, "readinto", "1").map_err(|_| {
        errors::clear();
        raise!(
            TypeError,
            "readinto() argument must be read-write bytes-like object, not {}",
            target.ty().message_name()
        )
    })?;
    let s = b.bytes_mut();
    let (p, n) = (s.as_mut_ptr(), s.len());
    // SAFETY: the buffer is held during the call.
    match unsafe { read_raw(v, p, n)? } {
        None => Ok(Ref::none()),
        Some(n) => Ok(Ref::int(n as i64)),
    }
}
fn file_write(v: Value, data: Value) -> PyResult {
    check(v)?;
    if !file(v).writable {
        return Err(mode_error("writing"));
    }
    let b = memory::bytes_like(data)?;
    // SAFETY: the buffer is held during the call.
    match unsafe { write_raw(v, b.bytes().as_ptr(), b.bytes().len())? } {
        None => Ok(Ref::none()),
        Some(n) => Ok(Ref::int(n as i64)),
    }
}
fn offset_arg(v: Value) -> PyResult<i64> {
    if v.is_float() || v.is_a(ty!(pyrs_object::float::PyFloat_Type)) {
        return Err(raise!(TypeError, "an integer is required"));
    }
    c_long(v)
}
fn file_seek(v: Value, args: &[Value]) -> PyResult {
    check_positional("seek", args.len(), 1, 2)?;
    let how = args.get(1).map_or(Ok(0), |w| c_int(*w))?;
    check(v)?;
    Ok(Ref::int(seek_raw(v, offset_arg(args[0])?, how)?))
}
fn file_tell(v: Value) -> PyResult {
    Ok(Ref::int(seek_raw(v, 0, libc::SEEK_CUR)?))
}
fn file_truncate(v: Value, args: &[Value]) -> PyResult {
    check_positional("truncate", args.len(), 0, 1)?;
    let fd = check(v)?;
    if !file(v).writable {
        return Err(mode_error("writing"));
    }
    let size = match args.first() {
        Some(n) if !n.is_none() => Ref::new(*n),
        _ => file_tell(v)?,
    };
    let n = offset_arg(size.value())?;
    // SAFETY: plain numbers.
    syscall_or_raise(|| unsafe { libc::ftruncate(fd, n) })?;
    Ok(size)
}
fn file_close(v: Value) -> PyResult {
    let method = ops::getattr(ty!(PyRawIOBase_Type).value(), intern!("close"))?;
    let r = ops::call(method.value(), &[v]);
    if !file(v).closefd {
        file(v).fd = -1;
        return r;
    }
    if file(v).finalizing != 0 {
        let saved = errors::occurred().then(errors::take);
        dealloc_warn(v, v);
        if let Some(e) = saved {
            let _ = errors::restore(e);
        }
    }
    both(r, || {
        close_fd(v)?;
        Ok(Ref::none())
    })
}
/// Warns that `source` dies unclosed.
pub(super) fn dealloc_warn(v: Value, source: Value) {
    if file(v).fd < 0 || !file(v).closefd {
        return;
    }
    let saved = errors::occurred().then(errors::take);
    if let Ok(text) = ops::repr(source) {
        let message = format!("unclosed file {}", str::to_string_lossy(text.value()));
        if pyrs_vm::import::warn_about(exceptions::ResourceWarning, &message, 1, source).is_err()
            && errors::matches(exceptions::Warning)
        {
            errors::write_unraisable("", v);
        }
    }
    errors::clear();
    if let Some(e) = saved {
        let _ = errors::restore(e);
    }
}
fn file_dealloc_warn(v: Value, source: Value) -> PyResult {
    dealloc_warn(v, source);
    Ok(Ref::none())
}
fn file_readable(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::bool(file(v).readable))
}
fn file_writable(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::bool(file(v).writable))
}
pub(super) fn seekable(v: Value) -> PyResult<bool> {
    check(v)?;
    if file(v).seekable < 0 && seek_raw(v, 0, libc::SEEK_CUR).is_err() {
        errors::clear();
    }
    Ok(file(v).seekable > 0)
}
fn file_seekable(v: Value) -> PyResult {
    Ok(Ref::bool(seekable(v)?))
}
fn file_fileno(v: Value) -> PyResult {
    Ok(Ref::int(i64::from(check(v)?)))
}
pub(super) fn isatty(v: Value) -> PyResult<bool> {
    let fd = check(v)?;
    // SAFETY: plain numbers.
    Ok(unsafe { libc::isatty(fd) } == 1)
}
fn file_isatty(v: Value) -> PyResult {
    Ok(Ref::bool(isatty(v)?))
}
fn mode_text(f: &FileIO) -> &'static str {
    match (f.created, f.appending, f.readable, f.writable) {
        (true, _, true, _) => "xb+",
        (true, _, false, _) => "xb",
        (_, true, true, _) => "ab+",
        (_, true, false, _) => "ab",
        (_, _, true, true) => "rb+",
        (_, _, true, false) => "rb",
        _ => "wb",
    }
}
fn file_repr(v: Value) -> PyResult {
    let class = v.ty().full_name();
    if file(v).fd < 0 {
        return Ok(str::new(&format!("<{class} [closed]>")));
    }
    let tail = |f: &FileIO| {
        format!(
            "mode='{}' closefd={}",
            mode_text(f),
            if f.closefd { "True" } else { "False" }
        )
    };
    match ops::getattr_opt(v, intern!("name"))? {
        None => Ok(str::new(&format!(
            "<{class} fd={} {}>",
            file(v).fd,
            tail(file(v))
        ))),
        Some(name) => {
            let _guard = ReprGuard::enter(v)?;
            let name = ops::repr(name.value())?;
            let (head, tail) = (format!("<{class} name="), format!(" {}>", tail(file(v))));
            Ok(str::from_wtf8(
                &[
                    head.as_bytes(),
                    &str::to_wtf8(name.value()),
                    tail.as_bytes(),
                ]
                .concat(),
            ))
        }
    }
}
fn get_closed(v: Value) -> PyResult {
    Ok(Ref::bool(file(v).fd < 0))
}
fn get_closefd(v: Value) -> PyResult {
    Ok(Ref::bool(file(v).closefd))
}
fn get_mode(v: Value) -> PyResult {
    Ok(str::intern(mode_text(file(v))))
}
unsafe extern "C" fn file_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        if start_dealloc(object, true) {
            heap::finish_dealloc(object);
        }
    }
}

methods! {
    static FILE_METHODS = [
        "read" FAST file_read, "read($self, size=-1, /)\n--\n\nReads at most size bytes with one system call.";
        "readall" NOARGS readall_raw, "readall($self, /)\n--\n\nReads everything up to the end.";
        "readinto" O file_readinto, "readinto($self, buffer, /)\n--\n\nReads into a buffer.";
        "write" O file_write, "write($self, b, /)\n--\n\nWrites a buffer with one system call.";
        "seek" FAST file_seek, "seek($self, pos, whence=0, /)\n--\n\nMoves to a new position.";
        "tell" NOARGS file_tell, "tell($self, /)\n--\n\nThe current position.";
        "truncate" FAST file_truncate, "truncate($self, size=None, /)\n--\n\nTruncates the file.";
        "close" NOARGS file_close, "close($self, /)\n--\n\nCloses the file.";
        "seekable" NOARGS file_seekable, "seekable($self, /)\n--\n\nWhether the file supports random access.";
        "readable" NOARGS file_readable, "readable($self, /)\n--\n\nWhether the file was opened for reading.";
        "writable" NOARGS file_writable, "writable($self, /)\n--\n\nWhether the file was opened for writing.";
        "fileno" NOARGS file_fileno, "fileno($self, /)\n--\n\nThe descriptor.";
        "isatty" NOARGS file_isatty, "isatty($self, /)\n--\n\nWhether the file is a terminal.";
        "_dealloc_warn" O file_dealloc_warn, "";
    ]
}
getset! {
    static FILE_GETSET = [
        "closed" get_closed, None, "True if the file is closed";
        "closefd" get_closefd, None, "True if the file descriptor will be closed by close().";
        "mode" get_mode, None, "String giving the file mode";
    ]
}
members! {
    static FILE_MEMBERS = [
        "_blksize" UINT, std::mem::offset_of!(FileIO, blksize), 0, "";
        "_finalizing" BOOL, std::mem::offset_of!(FileIO, finalizing), 0, "";
    ]
}
py_type! {
    /// `io.FileIO`
    pub static PyFileIO_Type: FileIO = "_io.FileIO" {
        flags: BASETYPE | HAVE_GC;
        base: PyRawIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "FileIO(file, mode='r', closefd=True, opener=None)\n--\n\nAn unbuffered file.";
        raw { tp_dealloc: file_dealloc, tp_traverse: file_traverse, tp_clear: file_clear, tp_finalize: io_finalize }
        slots { tp_repr: file_repr, tp_init: file_init, tp_new: file_new }
        methods: FILE_METHODS;
        getset: FILE_GETSET;
        members: FILE_MEMBERS;
    }
}
