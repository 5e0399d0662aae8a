//! `_socket`: the socket object. Names and numbers are in [`names`], addresses in [`address`].

mod address;
mod names;

use crate::convert::*;
use address::{Address, GAIERROR, HERROR, parse};
use names::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, audit, bytes, check_positional, errors,
    exceptions, getset, heap, intern, list, members, memory, methods, module, ops, py_type, raise,
    singletons, str, tuple, ty,
};
use pyrs_vm::{safepoint, threads};
use std::sync::atomic::{AtomicI64, Ordering};

/// Default timeout of new sockets in nanoseconds; negative: none.
static DEFAULT_TIMEOUT: AtomicI64 = AtomicI64::new(-1);

/// `PySocketSockObject`: `_ssl` reads the fields.
#[repr(C)]
struct Socket {
    ob_base: PyObject,
    fd: i32,
    family: i32,
    kind: i32,
    proto: i32,
    errorhandler: Option<unsafe extern "C" fn() -> *mut PyObject>,
    /// Nanoseconds; negative: blocking.
    timeout: i64,
}
/// Sets `OSError` from `errno`.
unsafe extern "C" fn raise_errno() -> *mut PyObject {
    let _ = errors::os_error(Value::EMPTY, Value::EMPTY);
    std::ptr::null_mut()
}
/// `PySocketModule_APIObject`: what other extension modules find in the capsule `_socket.CAPI`.
#[repr(C)]
struct SocketApi {
    socket_type: *mut PyTypeObject,
    error: *mut PyObject,
    timeout_error: *mut PyObject,
}
fn so<'a>(v: Value) -> &'a mut Socket {
    // SAFETY: a live socket; borrows are not held across Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
fn socket_new(t: Type, _: Args<'_>) -> PyResult {
    let f = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: a ready type; the layout is ours.
    unsafe {
        let object = f(t.as_ptr(), 0);
        if object.is_null() {
            return Err(errors::no_memory());
        }
        (*object.cast::<Socket>()).fd = -1;
        (*object.cast::<Socket>()).errorhandler = Some(raise_errno);
        (*object.cast::<Socket>()).timeout = DEFAULT_TIMEOUT.load(Ordering::Relaxed);
        Ok(Ref::from_owned_ptr(object))
    }
}
fn option(fd: i32, level: i32, name: i32) -> Result<i32, i32> {
    let mut n = 0i32;
    let mut len = 4 as libc::socklen_t;
    // SAFETY: room for the number.
    if unsafe { libc::getsockopt(fd, level, name, (&raw mut n).cast(), &mut len) } < 0 {
        Err(errno())
    } else {
        Ok(n)
    }
}
fn set_blocking(fd: i32, on: bool) -> PyResult<()> {
    let mut flag = i32::from(!on);
    // SAFETY: a live number.
    if unsafe { libc::ioctl(fd, libc::FIONBIO, &mut flag) } < 0 {
        Err(os_error(errno()))
    } else {
        Ok(())
    }
}
fn socket_init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<4> = Signature {
        name: "socket",
        params: ["family", "type", "proto", "fileno"],
        posonly: 0,
        positional: 4,
        required: 0,
    };
    let [family, kind, proto, given] = args.bind(&INIT)?;
    let (mut family, mut kind, mut proto) = (
        c_int_or(family, -1)?,
        c_int_or(kind, -1)?,
        c_int_or(proto, -1)?,
    );
    audit!("socket.__new__", v, family, kind, proto)?;
    let fd;
    if !given.is_empty() && !given.is_none() {
        if given.is_float() {
            return Err(raise!(TypeError, "integer argument expected, got float"));
        }
        fd = c_int(given)?;
        if fd < 0 {
            return Err(raise!(ValueError, "negative file descriptor"));
        }
        let mut a = Address::empty();
        // SAFETY: room for the address.
        if unsafe { libc::getsockname(fd, a.ptr_mut(), &mut a.len) } < 0 {
            if family == -1 || matches!(errno(), libc::EBADF | libc::ENOTSOCK) {
                return Err(os_error(errno()));
            }
        } else if family == -1 {
            family = i32::from(a.storage.ss_family);
        }
        if kind == -1 {
            kind = option(fd, libc::SOL_SOCKET, libc::SO_TYPE).map_err(os_error)?;
        }
        if proto == -1 {
            proto = option(fd, libc::SOL_SOCKET, libc::SO_PROTOCOL).unwrap_or(0);
        }
    } else {
        if family == -1 {
            family = libc::AF_INET;
        }
        if kind == -1 {
            kind = libc::SOCK_STREAM;
        }
        if proto == -1 {
            proto = 0;
        }
        // SAFETY: plain numbers.
        fd = unsafe { libc::socket(family, kind | libc::SOCK_CLOEXEC, proto) };
        if fd < 0 {
            return Err(os_error(errno()));
        }
    }
    let s = so(v);
    s.fd = fd;
    s.family = family;
    s.kind = kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
    s.proto = proto;
    if kind & libc::SOCK_NONBLOCK != 0 {
        s.timeout = 0;
    } else {
        s.timeout = DEFAULT_TIMEOUT.load(Ordering::Relaxed);
        if s.timeout >= 0 {
            set_blocking(fd, false)?;
        }
    }
    Ok(())
}
fn close_fd(fd: i32) -> PyResult<()> {
    let (r, code) = threads::without_gil(|| {
        // SAFETY: our own descriptor; not retried after EINTR.
        let r = unsafe { libc::close(fd) };
        (r, errno())
    });
    // A peer that reset the connection is no error of close.
    if r < 0 && code != libc::ECONNRESET {
        Err(os_error(code))
    } else {
        Ok(())
    }
}
unsafe extern "C" fn socket_finalize(object: *mut PyObject) {
    let v = Value::from_object(object);
    if so(v).fd < 0 {
        return;
    }
    let saved = errors::occurred().then(errors::take);
    if let Ok(text) = ops::repr(v) {
        let message = format!("unclosed {}", str::to_string_lossy(text.value()));
        if pyrs_vm::import::warn_about(exceptions::ResourceWarning, &message, 1, v).is_err()
            && errors::matches(exceptions::Warning)
        {
            errors::write_unraisable("", v);
        }
    }
    errors::clear();
    let fd = std::mem::replace(&mut so(v).fd, -1);
    if close_fd(fd).is_err() {
        errors::clear();
    }
    if let Some(e) = saved {
        let _ = errors::restore(e);
    }
}
unsafe extern "C" fn socket_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero; the object is kept alive while it is finalized.
    unsafe {
        if (*object.cast::<Socket>()).fd >= 0 {
            (*object).ob_refcnt = 1;
            socket_finalize(object);
            (*object).ob_refcnt -= 1;
            if (*object).ob_refcnt > 0 {
                return;
            }
        }
        heap::finish_dealloc(object);
    }
}
fn socket_repr(v: Value) -> PyResult {
    let s = so(v);
    Ok(str::new(&format!(
        "<socket object, fd={}, family={}, type={}, proto={}>",
        s.fd, s.family, s.kind, s.proto
    )))
}

fn now() -> PyResult<i64> {
    crate::time::clock(libc::CLOCK_MONOTONIC).map_err(os_error)
}
#[cold]
fn timed_out() -> pyrs_object::Raised {
    raise!(TimeoutError, "timed out")
}
/// Waits until the socket is ready; false when the time is over.
fn wait_ready(fd: i32, write: bool, end: i64) -> PyResult<bool> {
    loop {
        let left = end.saturating_sub(now()?);
        if left < 0 {
            return Ok(false);
        }
        let ms = ((left + 999_999) / 1_000_000).min(i64::from(i32::MAX)) as i32;
        let mut p = libc::pollfd {
            fd,
            events: if write { libc::POLLOUT } else { libc::POLLIN },
            revents: 0,
        };
        // SAFETY: one entry.
        let (r, code) = threads::without_gil(|| unsafe { (libc::poll(&mut p, 1, ms), errno()) });
        match r {
            0 => return Ok(false),
            r if r > 0 => return Ok(true),
            _ if code == libc::EINTR => safepoint::poll(pyrs_object::thread::current())?,
            _ => return Err(os_error(code)),
        }
    }
}
/// Runs a socket call under the socket's timeout.
fn call(v: Value, write: bool, f: impl FnMut(i32) -> i64) -> PyResult<i64> {
    let timeout = so(v).timeout;
    let end = if timeout > 0 {
        now()?.saturating_add(timeout)
    } else {
        0
    };
    call_until(v, write, end, f)
}
fn call_until(v: Value, write: bool, end: i64, mut f: impl FnMut(i32) -> i64) -> PyResult<i64> {
    loop {
        let (fd, timeout) = (so(v).fd, so(v).timeout);
        if timeout > 0 && fd >= 0 && !wait_ready(fd, write, end)? {
            return Err(timed_out());
        }
        match syscall(|| f(fd))? {
            Ok(n) => return Ok(n),
            Err(libc::EAGAIN) if timeout > 0 => continue,
            Err(code) => return Err(os_error(code)),
        }
    }
}

fn socket_accept(v: Value) -> PyResult {
    let mut a = Address::empty();
    let (p, len) = (a.ptr_mut(), &raw mut a.len);
    let room = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let fd = call(v, false, |fd| {
        // SAFETY: room for the address.
        unsafe {
            *len = room;
            i64::from(libc::accept4(fd, p, len, libc::SOCK_CLOEXEC))
        }
    })?;
    match a.object() {
        Ok(address) => Ok(tuple::from_vec(vec![Ref::int(fd), address])),
        Err(e) => {
            // SAFETY: the new descriptor.
            unsafe { libc::close(fd as i32) };
            Err(e)
        }
    }
}
fn socket_bind(v: Value, address: Value) -> PyResult {
    let a = parse(address, so(v).family, "bind")?;
    audit!("socket.bind", v, address)?;
    // SAFETY: a filled address.
    none_or_errno(unsafe { libc::bind(so(v).fd, a.ptr(), a.len) })
}
/// Connects; the result is the error number (0: connected).
fn do_connect(v: Value, a: &Address) -> PyResult<i32> {
    let (fd, timeout) = (so(v).fd, so(v).timeout);
    let end = if timeout > 0 {
        now()?.saturating_add(timeout)
    } else {
        i64::MAX
    };
    // SAFETY: a filled address.
    let (r, code) =
        threads::without_gil(|| unsafe { (libc::connect(fd, a.ptr(), a.len), errno()) });
    if r == 0 {
        return Ok(0);
    }
    let wait = match code {
        libc::EINTR => {
            safepoint::poll(pyrs_object::thread::current())?;
            timeout != 0
        }
        libc::EINPROGRESS => timeout > 0,
        _ => false,
    };
    if !wait {
        return Ok(code);
    }
    if !wait_ready(fd, true, end)? {
        return Ok(libc::EWOULDBLOCK);
    }
    Ok(match option(fd, libc::SOL_SOCKET, libc::SO_ERROR) {
        Ok(libc::EISCONN) => 0,
        Ok(code) | Err(code) => code,
    })
}
fn socket_connect(v: Value, address: Value) -> PyResult {
    let a = parse(address, so(v).family, "connect")?;
    audit!("socket.connect", v, address)?;
    match do_connect(v, &a)? {
        0 => Ok(Ref::none()),
        libc::EWOULDBLOCK if so(v).timeout > 0 => Err(timed_out()),
        code => Err(os_error(code)),
    }
}
fn socket_connect_ex(v: Value, address: Value) -> PyResult {
    let a = parse(address, so(v).family, "connect_ex")?;
    audit!("socket.connect", v, address)?;
    Ok(Ref::int(i64::from(do_connect(v, &a)?)))
}
fn socket_listen(v: Value, args: &[Value]) -> PyResult {
    check_positional("listen", args.len(), 0, 1)?;
    let backlog = args.first().map_or(Ok(128), |n| c_int(*n))?.max(0);
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::listen(so(v).fd, backlog) })
}
fn socket_close(v: Value) -> PyResult {
    let fd = std::mem::replace(&mut so(v).fd, -1);
    if fd >= 0 {
        close_fd(fd)?;
    }
    Ok(Ref::none())
}
fn socket_detach(v: Value) -> PyResult {
    Ok(Ref::int(i64::from(std::mem::replace(&mut so(v).fd, -1))))
}
fn socket_fileno(v: Value) -> PyResult {
    Ok(Ref::int(i64::from(so(v).fd)))
}
fn socket_shutdown(v: Value, how: Value) -> PyResult {
    let how = c_int(how)?;
    // SAFETY: plain numbers.
    none_or_errno(unsafe { libc::shutdown(so(v).fd, how) })
}
fn name_of(
    v: Value,
    f: unsafe extern "C" fn(i32, *mut libc::sockaddr, *mut libc::socklen_t) -> i32,
) -> PyResult {
    let mut a = Address::empty();
    // SAFETY: room for the address.
    none_or_errno(unsafe { f(so(v).fd, a.ptr_mut(), &mut a.len) })?;
    a.object()
}
fn socket_getsockname(v: Value) -> PyResult {
    name_of(v, libc::getsockname)
}
fn socket_getpeername(v: Value) -> PyResult {
    name_of(v, libc::getpeername)
}
/// A timeout argument in nanoseconds; negative: blocking.
fn timeout_arg(v: Value) -> PyResult<i64> {
    if v.is_none() {
        return Ok(-1);
    }
    let ns = crate::time::nanoseconds(v, true)?;
    if ns < 0 {
        Err(raise!(ValueError, "Timeout value out of range"))
    } else {
        Ok(ns)
    }
}
fn timeout_object(ns: i64) -> Ref {
    if ns < 0 {
        Ref::none()
    } else {
        Ref::float(ns as f64 / 1e9)
    }
}
fn socket_settimeout(v: Value, timeout: Value) -> PyResult {
    let ns = timeout_arg(timeout)?;
    so(v).timeout = ns;
    set_blocking(so(v).fd, ns < 0)?;
    Ok(Ref::none())
}
fn socket_gettimeout(v: Value) -> PyResult {
    Ok(timeout_object(so(v).timeout))
}
fn socket_setblocking(v: Value, on: Value) -> PyResult {
    let on = ops::is_true(on)?;
    so(v).timeout = if on { -1 } else { 0 };
    set_blocking(so(v).fd, on)?;
    Ok(Ref::none())
}
fn socket_getblocking(v: Value) -> PyResult {
    Ok(Ref::bool(so(v).timeout != 0))
}
fn socket_setsockopt(v: Value, args: &[Value]) -> PyResult {
    if args.len() != 3 && args.len() != 4 {
        return Err(raise!(
            TypeError,
            "setsockopt() takes exactly 3 arguments ({} given)",
            args.len()
        ));
    }
    let (level, name) = (c_int(args[0])?, c_int(args[1])?);
    let fd = so(v).fd;
    if args.len() == 4 {
        let len = c_uint(args[3])?;
        // SAFETY: only the length counts.
        return none_or_errno(unsafe { libc::setsockopt(fd, level, name, std::ptr::null(), len) });
    }
    if ops::has_index(args[2]) {
        let n = c_int(args[2])?;
        // SAFETY: a live number.
        return none_or_errno(unsafe {
            libc::setsockopt(fd, level, name, (&raw const n).cast(), 4)
        });
    }
    let held = memory::bytes_like(args[2])?;
    let s = held.bytes();
    // SAFETY: a held buffer.
    none_or_errno(unsafe {
        libc::setsockopt(
            fd,
            level,
            name,
            s.as_ptr().cast(),
            s.len() as libc::socklen_t,
        )
    })
}
fn socket_getsockopt(v: Value, args: &[Value]) -> PyResult {
    check_positional("getsockopt", args.len(), 2, 3)?;
    let (level, name) = (c_int(args[0])?, c_int(args[1])?);
    let n = args.get(2).map_or(Ok(0), |n| c_int(*n))?;
    if n == 0 {
        return option(so(v).fd, level, name)
            .map(|n| Ref::int(i64::from(n)))
            .map_err(os_error);
    }
    if !(1..=1024).contains(&n) {
        return Err(raise!(OSError, "getsockopt buflen out of range"));
    }
    let mut room = vec![0u8; n as usize];
    let mut len = n as libc::socklen_t;
    // SAFETY: room for `len` bytes.
    none_or_errno(unsafe {
        libc::getsockopt(so(v).fd, level, name, room.as_mut_ptr().cast(), &mut len)
    })?;
    Ok(bytes::new(&room[..(len as usize).min(room.len())]))
}

fn flags_arg(args: &[Value], i: usize) -> PyResult<i32> {
    c_int_or(args.get(i).copied().unwrap_or(Value::EMPTY), 0)
}
fn length_arg(v: Value, function: &str) -> PyResult<usize> {
    let n = c_ssize(v)?;
    if n < 0 {
        Err(raise!(ValueError, "negative buffersize in {function}"))
    } else {
        Ok(n as usize)
    }
}
/// Receives into memory, with the sender's address if `from` is given.
///
/// # Safety
/// `p` has room for `n` bytes until the call returns.
unsafe fn receive(
    v: Value,
    p: *mut u8,
    n: usize,
    flags: i32,
    from: Option<&mut Address>,
) -> PyResult<usize> {
    if n == 0 && from.is_none() {
        return Ok(0);
    }
    let room = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
    let (a, len) = match from {
        Some(a) => (a.ptr_mut(), &raw mut a.len),
        None => (std::ptr::null_mut(), std::ptr::null_mut()),
    };
    let got = call(v, false, |fd| {
        // SAFETY: by contract; null or room for an address.
        unsafe {
            if !len.is_null() {
                *len = room;
            }
            libc::recvfrom(fd, p.cast(), n, flags, a, len) as i64
        }
    })?;
    Ok(got as usize)
}
fn socket_recv(v: Value, args: &[Value]) -> PyResult {
    check_positional("recv", args.len(), 1, 2)?;
    let (n, flags) = (length_arg(args[0], "recv")?, flags_arg(args, 1)?);
    let mut b = BytesMaker::new(n)?;
    // SAFETY: room for `n` bytes.
    let got = unsafe { receive(v, b.ptr(), n, flags, None)? };
    Ok(b.finish(got))
}
fn socket_recvfrom(v: Value, args: &[Value]) -> PyResult {
    check_positional("recvfrom", args.len(), 1, 2)?;
    let (n, flags) = (length_arg(args[0], "recvfrom")?, flags_arg(args, 1)?);
    let mut b = BytesMaker::new(n)?;
    let mut a = Address::empty();
    // SAFETY: room for `n` bytes.
    let got = unsafe { receive(v, b.ptr(), n, flags, Some(&mut a))? };
    Ok(tuple::from_vec(vec![b.finish(got), a.object()?]))
}
fn into_args(args: Args<'_>, name: &'static str) -> PyResult<(memory::Buffer, usize, i32)> {
    let signature = Signature {
        name,
        params: ["buffer", "nbytes", "flags"],
        posonly: 0,
        positional: 3,
        required: 1,
    };
    let [buffer, n, flags] = args.bind(&signature)?;
    let mut held = writable(buffer, name, "1")?;
    let n = if n.is_empty() { 0 } else { c_ssize(n)? };
    if n < 0 {
        return Err(raise!(ValueError, "negative buffersize in {name}"));
    }
    let room = held.bytes_mut().len();
    if n as usize > room {
        return Err(raise!(ValueError, "buffer too small for requested bytes"));
    }
    let n = if n == 0 { room } else { n as usize };
    Ok((held, n, c_int_or(flags, 0)?))
}
fn socket_recv_into(v: Value, args: Args<'_>) -> PyResult {
    let (mut held, n, flags) = into_args(args, "recv_into")?;
    let p = held.bytes_mut().as_mut_ptr();
    // SAFETY: a held buffer.
    Ok(Ref::int(unsafe { receive(v, p, n, flags, None)? } as i64))
}
fn socket_recvfrom_into(v: Value, args: Args<'_>) -> PyResult {
    let (mut held, n, flags) = into_args(args, "recvfrom_into")?;
    let p = held.bytes_mut().as_mut_ptr();
    let mut a = Address::empty();
    // SAFETY: a held buffer.
    let got = unsafe { receive(v, p, n, flags, Some(&mut a))? };
    Ok(tuple::from_vec(vec![Ref::int(got as i64), a.object()?]))
}
fn socket_send(v: Value, args: &[Value]) -> PyResult {
    check_positional("send", args.len(), 1, 2)?;
    let held = memory::bytes_like(args[0])?;
    let (s, flags) = (held.bytes(), flags_arg(args, 1)?);
    // SAFETY: a held buffer.
    let n = call(v, true, |fd| unsafe {
        libc::send(fd, s.as_ptr().cast(), s.len(), flags) as i64
    })?;
    Ok(Ref::int(n))
}
fn socket_sendall(v: Value, args: &[Value]) -> PyResult {
    check_positional("sendall", args.len(), 1, 2)?;
    let held = memory::bytes_like(args[0])?;
    let (mut s, flags) = (held.bytes(), flags_arg(args, 1)?);
    let timeout = so(v).timeout;
    let end = if timeout > 0 {
        now()?.saturating_add(timeout)
    } else {
        0
    };
    while !s.is_empty() {
        // SAFETY: a held buffer.
        let n = call_until(v, true, end, |fd| unsafe {
            libc::send(fd, s.as_ptr().cast(), s.len(), flags) as i64
        })?;
        s = &s[n as usize..];
        if safepoint::requested() {
            safepoint::poll(pyrs_object::thread::current())?;
        }
    }
    Ok(Ref::none())
}
fn socket_sendto(v: Value, args: &[Value]) -> PyResult {
    let (flags, address) = match args {
        [_, a] => (0, *a),
        [_, f, a] => (c_int(*f)?, *a),
        _ => {
            return Err(raise!(
                TypeError,
                "sendto() takes 2 or 3 arguments ({} given)",
                args.len()
            ));
        }
    };
    let held = memory::bytes_like(args[0])?;
    let a = parse(address, so(v).family, "sendto")?;
    audit!("socket.sendto", v, address)?;
    let s = held.bytes();
    // SAFETY: a held buffer and a filled address.
    let n = call(v, true, |fd| unsafe {
        libc::sendto(fd, s.as_ptr().cast(), s.len(), flags, a.ptr(), a.len) as i64
    })?;
    Ok(Ref::int(n))
}

/// Control messages as a list of `(level, type, data)`.
///
/// # Safety
/// `m` was filled by `recvmsg`.
unsafe fn control_list(m: &libc::msghdr) -> PyResult {
    let all = list::new();
    // SAFETY: by contract; lengths are clipped to the buffer.
    unsafe {
        let end = m.msg_control.cast::<u8>().add(m.msg_controllen);
        let mut c = libc::CMSG_FIRSTHDR(m);
        while !c.is_null() {
            let data = libc::CMSG_DATA(c);
            let claimed = ((*c).cmsg_len).saturating_sub(libc::CMSG_LEN(0) as usize);
            let n = claimed.min((end as usize).saturating_sub(data as usize));
            let data = std::slice::from_raw_parts(data, n);
            let (level, kind) = (
                Ref::int(i64::from((*c).cmsg_level)),
                Ref::int(i64::from((*c).cmsg_type)),
            );
            list::append(
                all.value(),
                tuple::from_vec(vec![level, kind, bytes::new(data)]),
            )?;
            c = libc::CMSG_NXTHDR(m, c);
        }
    }
    Ok(all)
}
fn receive_message(
    v: Value,
    vectors: &mut [libc::iovec],
    control: usize,
    flags: i32,
) -> PyResult<(usize, Ref, i32, Ref)> {
    let mut room = vec![0u64; control.div_ceil(8)];
    let mut a = Address::empty();
    // SAFETY: all-zero is valid.
    let mut m: libc::msghdr = unsafe { std::mem::zeroed() };
    m.msg_name = a.ptr_mut().cast();
    m.msg_iov = vectors.as_mut_ptr();
    m.msg_iovlen = vectors.len() as _;
    let (p, space) = (&raw mut m, room.as_mut_ptr());
    let n = call(v, false, |fd| {
        // SAFETY: the structure's buffers are alive.
        unsafe {
            (*p).msg_namelen = size_of::<libc::sockaddr_storage>() as libc::socklen_t;
            (*p).msg_control = if control > 0 {
                space.cast()
            } else {
                std::ptr::null_mut()
            };
            (*p).msg_controllen = control as _;
            libc::recvmsg(fd, p, flags) as i64
        }
    })?;
    // SAFETY: filled by the successful call.
    let list = unsafe { control_list(&m)? };
    a.len = m.msg_namelen;
    Ok((n as usize, list, m.msg_flags, a.object()?))
}
fn control_size(args: &[Value], i: usize) -> PyResult<usize> {
    let n = args.get(i).map_or(Ok(0), |n| c_ssize(*n))?;
    if n < 0 || n > i32::MAX as isize {
        return Err(raise!(ValueError, "invalid ancillary data buffer length"));
    }
    Ok(n as usize)
}
fn socket_recvmsg(v: Value, args: &[Value]) -> PyResult {
    check_positional("recvmsg", args.len(), 1, 3)?;
    let n = c_ssize(args[0])?;
    if n < 0 {
        return Err(raise!(ValueError, "negative buffer size in recvmsg()"));
    }
    let (control, flags) = (control_size(args, 1)?, flags_arg(args, 2)?);
    let mut b = BytesMaker::new(n as usize)?;
    let mut vectors = [libc::iovec {
        iov_base: b.ptr().cast(),
        iov_len: n as usize,
    }];
    let (got, list, flags, address) = receive_message(v, &mut vectors, control, flags)?;
    Ok(tuple::from_vec(vec![
        b.finish(got),
        list,
        Ref::int(i64::from(flags)),
        address,
    ]))
}
fn socket_recvmsg_into(v: Value, args: &[Value]) -> PyResult {
    check_positional("recvmsg_into", args.len(), 1, 3)?;
    let items = ops::collect(args[0])?;
    let (control, flags) = (control_size(args, 1)?, flags_arg(args, 2)?);
    let mut held = Vec::new();
    for item in &items {
        held.push(memory::Buffer::get(item.value(), bufflags::WRITABLE)?);
    }
    let mut vectors: Vec<libc::iovec> = held
        .iter_mut()
        .map(|b| {
            let s = b.bytes_mut();
            libc::iovec {
                iov_base: s.as_mut_ptr().cast(),
                iov_len: s.len(),
            }
        })
        .collect();
    let (got, list, flags, address) = receive_message(v, &mut vectors, control, flags)?;
    Ok(tuple::from_vec(vec![
        Ref::int(got as i64),
        list,
        Ref::int(i64::from(flags)),
        address,
    ]))
}
fn socket_sendmsg(v: Value, args: &[Value]) -> PyResult {
    check_positional("sendmsg", args.len(), 1, 4)?;
    let mut held = Vec::new();
    for item in ops::collect(args[0])? {
        held.push(memory::bytes_like(item.value())?);
    }
    let mut vectors: Vec<libc::iovec> = held
        .iter()
        .map(|b| libc::iovec {
            iov_base: b.bytes().as_ptr().cast_mut().cast(),
            iov_len: b.bytes().len(),
        })
        .collect();
    let flags = flags_arg(args, 2)?;
    let address = match args.get(3) {
        Some(a) if !a.is_none() => Some(parse(*a, so(v).family, "sendmsg")?),
        _ => None,
    };
    let shown = args.get(3).copied().unwrap_or(Value::EMPTY);
    audit!("socket.sendmsg", v, shown)?;
    let mut control = Vec::new();
    if let Some(items) = args.get(1) {
        for item in ops::collect(*items)? {
            if !tuple::is_tuple(item.value()) || tuple::len(item.value()) != 3 {
                return Err(raise!(
                    TypeError,
                    "[sendmsg() ancillary data items] must be tuples of 3 items"
                ));
            }
            let (level, kind) = (
                c_int(tuple::get(item.value(), 0))?,
                c_int(tuple::get(item.value(), 1))?,
            );
            control.push((
                level,
                kind,
                memory::bytes_like(tuple::get(item.value(), 2))?,
            ));
        }
    }
    // SAFETY: plain arithmetic.
    let size: usize = control
        .iter()
        .map(|c| unsafe { libc::CMSG_SPACE(c.2.bytes().len() as u32) } as usize)
        .sum();
    let mut room = vec![0u64; size.div_ceil(8)];
    // SAFETY: all-zero is valid; the control buffer has the sum of the spaces.
    let m = unsafe {
        let mut m: libc::msghdr = std::mem::zeroed();
        if let Some(a) = &address {
            m.msg_name = a.ptr().cast_mut().cast();
            m.msg_namelen = a.len;
        }
        m.msg_iov = vectors.as_mut_ptr();
        m.msg_iovlen = vectors.len() as _;
        if size > 0 {
            m.msg_control = room.as_mut_ptr().cast();
            m.msg_controllen = size as _;
            let mut c = libc::CMSG_FIRSTHDR(&m);
            for (level, kind, data) in &control {
                if c.is_null() {
                    return Err(raise!(
                        RuntimeError,
                        "unexpected NULL result from CMSG_NXTHDR()"
                    ));
                }
                let data = data.bytes();
                (*c).cmsg_level = *level;
                (*c).cmsg_type = *kind;
                (*c).cmsg_len = libc::CMSG_LEN(data.len() as u32) as _;
                std::ptr::copy_nonoverlapping(data.as_ptr(), libc::CMSG_DATA(c), data.len());
                c = libc::CMSG_NXTHDR(&m, c);
            }
        }
        m
    };
    // SAFETY: the structure's buffers are alive.
    let n = call(v, true, |fd| unsafe { libc::sendmsg(fd, &m, flags) as i64 })?;
    drop(held);
    Ok(Ref::int(n))
}

fn module_close(_: Value, fd: Value) -> PyResult {
    close_fd(c_int(fd)?)?;
    Ok(Ref::none())
}
fn module_dup(_: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    // SAFETY: plain numbers.
    int_or_errno(i64::from(unsafe {
        libc::fcntl(fd, libc::F_DUPFD_CLOEXEC, 0)
    }))
}
fn socketpair(_: Value, args: &[Value]) -> PyResult {
    check_positional("socketpair", args.len(), 0, 3)?;
    let n =
        |i: usize, default: i32| c_int_or(args.get(i).copied().unwrap_or(Value::EMPTY), default);
    let (family, kind, proto) = (n(0, libc::AF_UNIX)?, n(1, libc::SOCK_STREAM)?, n(2, 0)?);
    let mut fds = [0; 2];
    // SAFETY: room for two descriptors.
    none_or_errno(unsafe {
        libc::socketpair(family, kind | libc::SOCK_CLOEXEC, proto, fds.as_mut_ptr())
    })?;
    let mut both = Vec::new();
    for fd in fds {
        let s = socket_new(ty!(Socket_Type), Args::NONE)?;
        let o = so(s.value());
        (o.fd, o.family, o.proto) = (fd, family, proto);
        o.kind = kind & !(libc::SOCK_NONBLOCK | libc::SOCK_CLOEXEC);
        if kind & libc::SOCK_NONBLOCK != 0 {
            o.timeout = 0;
        } else if o.timeout >= 0 {
            set_blocking(fd, false)?;
        }
        both.push(s);
    }
    Ok(tuple::from_vec(both))
}
fn getdefaulttimeout(_: Value) -> PyResult {
    Ok(timeout_object(DEFAULT_TIMEOUT.load(Ordering::Relaxed)))
}
fn setdefaulttimeout(_: Value, timeout: Value) -> PyResult {
    DEFAULT_TIMEOUT.store(timeout_arg(timeout)?, Ordering::Relaxed);
    Ok(Ref::none())
}
fn message_size(v: Value, name: &str, f: unsafe extern "C" fn(u32) -> u32) -> PyResult {
    let n = c_ssize(v)?;
    if !(0..=i32::MAX as isize - 64).contains(&n) {
        return Err(raise!(OverflowError, "{name}() argument out of range"));
    }
    // SAFETY: plain arithmetic.
    Ok(Ref::int(i64::from(unsafe { f(n as u32) })))
}
unsafe extern "C" fn cmsg_len(n: u32) -> u32 {
    // SAFETY: plain arithmetic.
    unsafe { libc::CMSG_LEN(n) }
}
unsafe extern "C" fn cmsg_space(n: u32) -> u32 {
    // SAFETY: plain arithmetic.
    unsafe { libc::CMSG_SPACE(n) }
}
fn module_cmsg_len(_: Value, n: Value) -> PyResult {
    message_size(n, "CMSG_LEN", cmsg_len)
}
fn module_cmsg_space(_: Value, n: Value) -> PyResult {
    message_size(n, "CMSG_SPACE", cmsg_space)
}

methods! {
    static SOCKET_METHODS = [
        "_accept" NOARGS socket_accept, "_accept() -> (integer, address info)";
        "bind" O socket_bind, "bind(address)";
        "close" NOARGS socket_close, "close()";
        "connect" O socket_connect, "connect(address)";
        "connect_ex" O socket_connect_ex, "connect_ex(address) -> errno";
        "detach" NOARGS socket_detach, "detach()";
        "fileno" NOARGS socket_fileno, "fileno() -> integer";
        "getpeername" NOARGS socket_getpeername, "getpeername() -> address info";
        "getsockname" NOARGS socket_getsockname, "getsockname() -> address info";
        "getsockopt" FAST socket_getsockopt, "getsockopt(level, option[, buffersize]) -> value";
        "listen" FAST socket_listen, "listen([backlog])";
        "recv" FAST socket_recv, "recv(buffersize[, flags]) -> data";
        "recv_into" KW socket_recv_into, "recv_into(buffer, [nbytes[, flags]]) -> nbytes_read";
        "recvfrom" FAST socket_recvfrom, "recvfrom(buffersize[, flags]) -> (data, address info)";
        "recvfrom_into" KW socket_recvfrom_into, "recvfrom_into(buffer[, nbytes[, flags]]) -> (nbytes, address info)";
        "recvmsg" FAST socket_recvmsg, "recvmsg(bufsize[, ancbufsize[, flags]]) -> (data, ancdata, msg_flags, address)";
        "recvmsg_into" FAST socket_recvmsg_into, "recvmsg_into(buffers[, ancbufsize[, flags]]) -> (nbytes, ancdata, msg_flags, address)";
        "send" FAST socket_send, "send(data[, flags]) -> count";
        "sendall" FAST socket_sendall, "sendall(data[, flags])";
        "sendto" FAST socket_sendto, "sendto(data[, flags], address) -> count";
        "sendmsg" FAST socket_sendmsg, "sendmsg(buffers[, ancdata[, flags[, address]]]) -> count";
        "setblocking" O socket_setblocking, "setblocking(flag)";
        "getblocking" NOARGS socket_getblocking, "getblocking()";
        "settimeout" O socket_settimeout, "settimeout(timeout)";
        "gettimeout" NOARGS socket_gettimeout, "gettimeout() -> timeout";
        "setsockopt" FAST socket_setsockopt, "setsockopt(level, option, value: int)";
        "shutdown" O socket_shutdown, "shutdown(flag)";
    ]
}
getset! {
    static SOCKET_GETSET = [ "timeout" socket_gettimeout, None, "the socket timeout"; ]
}
members! {
    static SOCKET_MEMBERS = [
        "family" INT, std::mem::offset_of!(Socket, family), 1, "the socket family";
        "type" INT, std::mem::offset_of!(Socket, kind), 1, "the socket type";
        "proto" INT, std::mem::offset_of!(Socket, proto), 1, "the socket protocol";
    ]
}
py_type! {
    static Socket_Type: Socket = "_socket.socket" {
        flags: BASETYPE;
        doc: "socket(family=AF_INET, type=SOCK_STREAM, proto=0) -> socket object";
        raw { tp_dealloc: socket_dealloc, tp_finalize: socket_finalize }
        slots { tp_repr: socket_repr, tp_init: socket_init, tp_new: socket_new }
        methods: SOCKET_METHODS;
        getset: SOCKET_GETSET;
        members: SOCKET_MEMBERS;
    }
}
methods! {
    static FUNCTIONS = [
        "gethostname" NOARGS gethostname, "gethostname() -> string";
        "sethostname" O sethostname, "sethostname(name)";
        "getaddrinfo" KW getaddrinfo, "getaddrinfo(host, port [, family, type, proto, flags])";
        "getnameinfo" FAST getnameinfo, "getnameinfo(sockaddr, flags) --> (host, port)";
        "gethostbyname" O gethostbyname, "gethostbyname(host) -> address";
        "gethostbyname_ex" O gethostbyname_ex, "gethostbyname_ex(host) -> (name, aliaslist, addresslist)";
        "gethostbyaddr" O gethostbyaddr, "gethostbyaddr(host) -> (name, aliaslist, addresslist)";
        "getservbyname" FAST serv_by_name, "getservbyname(servicename[, protocolname]) -> integer";
        "getservbyport" FAST serv_by_port, "getservbyport(port[, protocolname]) -> string";
        "getprotobyname" O proto_by_name, "getprotobyname(name) -> integer";
        "htons" O htons, "htons(integer) -> integer";
        "ntohs" O ntohs, "ntohs(integer) -> integer";
        "htonl" O htonl, "htonl(integer) -> integer";
        "ntohl" O ntohl, "ntohl(integer) -> integer";
        "inet_aton" O aton, "inet_aton(string) -> bytes";
        "inet_ntoa" O ntoa, "inet_ntoa(packed_ip) -> ip_address_string";
        "inet_pton" FAST pton, "inet_pton(af, ip) -> packed IP address string";
        "inet_ntop" FAST ntop, "inet_ntop(af, packed_ip) -> string formatted IP address";
        "if_nameindex" NOARGS if_nameindex, "if_nameindex()";
        "if_nametoindex" O if_nametoindex, "if_nametoindex(if_name)";
        "if_indextoname" O if_indextoname, "if_indextoname(if_index)";
        "close" O module_close, "close(integer) -> None";
        "dup" O module_dup, "dup(integer) -> integer";
        "socketpair" FAST socketpair, "socketpair([family[, type [, proto]]]) -> (socket object, socket object)";
        "getdefaulttimeout" NOARGS getdefaulttimeout, "getdefaulttimeout() -> timeout";
        "setdefaulttimeout" O setdefaulttimeout, "setdefaulttimeout(timeout)";
        "CMSG_LEN" O module_cmsg_len, "CMSG_LEN(length) -> control message length";
        "CMSG_SPACE" O module_cmsg_space, "CMSG_SPACE(length) -> buffer size";
    ]
}
/// The constants of the module.
static CONSTANTS: &[(&str, i64)] = &[
    ("AF_ALG", libc::AF_ALG as i64),
    ("AF_APPLETALK", libc::AF_APPLETALK as i64),
    ("AF_ASH", libc::AF_ASH as i64),
    ("AF_ATMPVC", libc::AF_ATMPVC as i64),
    ("AF_ATMSVC", libc::AF_ATMSVC as i64),
    ("AF_AX25", libc::AF_AX25 as i64),
    ("AF_BRIDGE", libc::AF_BRIDGE as i64),
    ("AF_CAN", libc::AF_CAN as i64),
    ("AF_DECnet", libc::AF_DECnet as i64),
    ("AF_ECONET", libc::AF_ECONET as i64),
    ("AF_INET", libc::AF_INET as i64),
    ("AF_INET6", libc::AF_INET6 as i64),
    ("AF_IPX", libc::AF_IPX as i64),
    ("AF_IRDA", libc::AF_IRDA as i64),
    ("AF_KEY", libc::AF_KEY as i64),
    ("AF_LLC", libc::AF_LLC as i64),
    ("AF_NETBEUI", libc::AF_NETBEUI as i64),
    ("AF_NETLINK", libc::AF_NETLINK as i64),
    ("AF_NETROM", libc::AF_NETROM as i64),
    ("AF_PACKET", libc::AF_PACKET as i64),
    ("AF_PPPOX", libc::AF_PPPOX as i64),
    ("AF_QIPCRTR", 42),
    ("AF_RDS", libc::AF_RDS as i64),
    ("AF_ROSE", libc::AF_ROSE as i64),
    ("AF_ROUTE", libc::AF_ROUTE as i64),
    ("AF_SECURITY", libc::AF_SECURITY as i64),
    ("AF_SNA", libc::AF_SNA as i64),
    ("AF_TIPC", libc::AF_TIPC as i64),
    ("AF_UNIX", libc::AF_UNIX as i64),
    ("AF_UNSPEC", libc::AF_UNSPEC as i64),
    ("AF_VSOCK", libc::AF_VSOCK as i64),
    ("AF_WANPIPE", libc::AF_WANPIPE as i64),
    ("AF_X25", libc::AF_X25 as i64),
    ("AI_ADDRCONFIG", libc::AI_ADDRCONFIG as i64),
    ("AI_ALL", libc::AI_ALL as i64),
    ("AI_CANONNAME", libc::AI_CANONNAME as i64),
    ("AI_NUMERICHOST", libc::AI_NUMERICHOST as i64),
    ("AI_NUMERICSERV", libc::AI_NUMERICSERV as i64),
    ("AI_PASSIVE", libc::AI_PASSIVE as i64),
    ("AI_V4MAPPED", libc::AI_V4MAPPED as i64),
    ("ALG_OP_DECRYPT", libc::ALG_OP_DECRYPT as i64),
    ("ALG_OP_ENCRYPT", libc::ALG_OP_ENCRYPT as i64),
    ("ALG_OP_SIGN", 2),
    ("ALG_OP_VERIFY", 3),
    ("ALG_SET_AEAD_ASSOCLEN", libc::ALG_SET_AEAD_ASSOCLEN as i64),
    ("ALG_SET_AEAD_AUTHSIZE", libc::ALG_SET_AEAD_AUTHSIZE as i64),
    ("ALG_SET_IV", libc::ALG_SET_IV as i64),
    ("ALG_SET_KEY", libc::ALG_SET_KEY as i64),
    ("ALG_SET_OP", libc::ALG_SET_OP as i64),
    ("ALG_SET_PUBKEY", 6),
    ("CAN_BCM", 2),
    ("CAN_BCM_CAN_FD_FRAME", 2048),
    ("CAN_BCM_RX_ANNOUNCE_RESUME", 256),
    ("CAN_BCM_RX_CHANGED", 12),
    ("CAN_BCM_RX_CHECK_DLC", 64),
    ("CAN_BCM_RX_DELETE", 6),
    ("CAN_BCM_RX_FILTER_ID", 32),
    ("CAN_BCM_RX_NO_AUTOTIMER", 128),
    ("CAN_BCM_RX_READ", 7),
    ("CAN_BCM_RX_RTR_FRAME", 1024),
    ("CAN_BCM_RX_SETUP", 5),
    ("CAN_BCM_RX_STATUS", 10),
    ("CAN_BCM_RX_TIMEOUT", 11),
    ("CAN_BCM_SETTIMER", 1),
    ("CAN_BCM_STARTTIMER", 2),
    ("CAN_BCM_TX_ANNOUNCE", 8),
    ("CAN_BCM_TX_COUNTEVT", 4),
    ("CAN_BCM_TX_CP_CAN_ID", 16),
    ("CAN_BCM_TX_DELETE", 2),
    ("CAN_BCM_TX_EXPIRED", 9),
    ("CAN_BCM_TX_READ", 3),
    ("CAN_BCM_TX_RESET_MULTI_IDX", 512),
    ("CAN_BCM_TX_SEND", 4),
    ("CAN_BCM_TX_SETUP", 1),
    ("CAN_BCM_TX_STATUS", 8),
    ("CAN_EFF_FLAG", 0x80000000),
    ("CAN_EFF_MASK", 536870911),
    ("CAN_ERR_FLAG", 536870912),
    ("CAN_ERR_MASK", 536870911),
    ("CAN_ISOTP", 6),
    ("CAN_J1939", 7),
    ("CAN_RAW", 1),
    ("CAN_RAW_FD_FRAMES", 5),
    ("CAN_RAW_FILTER", 1),
    ("CAN_RAW_JOIN_FILTERS", 6),
    ("CAN_RAW_LOOPBACK", 3),
    ("CAN_RAW_RECV_OWN_MSGS", 4),
    ("CAN_RTR_FLAG", 1073741824),
    ("CAN_SFF_MASK", 2047),
    ("EAI_ADDRFAMILY", -9),
    ("EAI_AGAIN", libc::EAI_AGAIN as i64),
    ("EAI_BADFLAGS", libc::EAI_BADFLAGS as i64),
    ("EAI_FAIL", libc::EAI_FAIL as i64),
    ("EAI_FAMILY", libc::EAI_FAMILY as i64),
    ("EAI_MEMORY", libc::EAI_MEMORY as i64),
    ("EAI_NODATA", -5),
    ("EAI_NONAME", libc::EAI_NONAME as i64),
    ("EAI_OVERFLOW", libc::EAI_OVERFLOW as i64),
    ("EAI_SERVICE", libc::EAI_SERVICE as i64),
    ("EAI_SOCKTYPE", libc::EAI_SOCKTYPE as i64),
    ("EAI_SYSTEM", libc::EAI_SYSTEM as i64),
    ("INADDR_ALLHOSTS_GROUP", 0xe0000001),
    ("INADDR_ANY", libc::INADDR_ANY as i64),
    ("INADDR_BROADCAST", libc::INADDR_BROADCAST as i64),
    ("INADDR_LOOPBACK", libc::INADDR_LOOPBACK as i64),
    ("INADDR_MAX_LOCAL_GROUP", 0xe00000ff),
    ("INADDR_NONE", libc::INADDR_NONE as i64),
    ("INADDR_UNSPEC_GROUP", 0xe0000000),
    ("IOCTL_VM_SOCKETS_GET_LOCAL_CID", 1977),
    ("IPPORT_RESERVED", 1024),
    ("IPPORT_USERRESERVED", 5000),
    ("IPPROTO_AH", libc::IPPROTO_AH as i64),
    ("IPPROTO_DSTOPTS", libc::IPPROTO_DSTOPTS as i64),
    ("IPPROTO_EGP", libc::IPPROTO_EGP as i64),
    ("IPPROTO_ESP", libc::IPPROTO_ESP as i64),
    ("IPPROTO_FRAGMENT", libc::IPPROTO_FRAGMENT as i64),
    ("IPPROTO_GRE", libc::IPPROTO_GRE as i64),
    ("IPPROTO_HOPOPTS", libc::IPPROTO_HOPOPTS as i64),
    ("IPPROTO_ICMP", libc::IPPROTO_ICMP as i64),
    ("IPPROTO_ICMPV6", libc::IPPROTO_ICMPV6 as i64),
    ("IPPROTO_IDP", libc::IPPROTO_IDP as i64),
    ("IPPROTO_IGMP", libc::IPPROTO_IGMP as i64),
    ("IPPROTO_IP", libc::IPPROTO_IP as i64),
    ("IPPROTO_IPIP", libc::IPPROTO_IPIP as i64),
    ("IPPROTO_IPV6", libc::IPPROTO_IPV6 as i64),
    ("IPPROTO_MPTCP", libc::IPPROTO_MPTCP as i64),
    ("IPPROTO_NONE", libc::IPPROTO_NONE as i64),
    ("IPPROTO_PIM", libc::IPPROTO_PIM as i64),
    ("IPPROTO_PUP", libc::IPPROTO_PUP as i64),
    ("IPPROTO_RAW", libc::IPPROTO_RAW as i64),
    ("IPPROTO_ROUTING", libc::IPPROTO_ROUTING as i64),
    ("IPPROTO_RSVP", libc::IPPROTO_RSVP as i64),
    ("IPPROTO_SCTP", libc::IPPROTO_SCTP as i64),
    ("IPPROTO_TCP", libc::IPPROTO_TCP as i64),
    ("IPPROTO_TP", libc::IPPROTO_TP as i64),
    ("IPPROTO_UDP", libc::IPPROTO_UDP as i64),
    ("IPPROTO_UDPLITE", libc::IPPROTO_UDPLITE as i64),
    ("IPV6_CHECKSUM", libc::IPV6_CHECKSUM as i64),
    ("IPV6_DONTFRAG", libc::IPV6_DONTFRAG as i64),
    ("IPV6_DSTOPTS", libc::IPV6_DSTOPTS as i64),
    ("IPV6_HOPLIMIT", libc::IPV6_HOPLIMIT as i64),
    ("IPV6_HOPOPTS", libc::IPV6_HOPOPTS as i64),
    ("IPV6_JOIN_GROUP", 20),
    ("IPV6_LEAVE_GROUP", 21),
    ("IPV6_MULTICAST_HOPS", libc::IPV6_MULTICAST_HOPS as i64),
    ("IPV6_MULTICAST_IF", libc::IPV6_MULTICAST_IF as i64),
    ("IPV6_MULTICAST_LOOP", libc::IPV6_MULTICAST_LOOP as i64),
    ("IPV6_NEXTHOP", libc::IPV6_NEXTHOP as i64),
    ("IPV6_PATHMTU", libc::IPV6_PATHMTU as i64),
    ("IPV6_PKTINFO", libc::IPV6_PKTINFO as i64),
    ("IPV6_RECVDSTOPTS", libc::IPV6_RECVDSTOPTS as i64),
    ("IPV6_RECVHOPLIMIT", libc::IPV6_RECVHOPLIMIT as i64),
    ("IPV6_RECVHOPOPTS", libc::IPV6_RECVHOPOPTS as i64),
    ("IPV6_RECVPATHMTU", libc::IPV6_RECVPATHMTU as i64),
    ("IPV6_RECVPKTINFO", libc::IPV6_RECVPKTINFO as i64),
    ("IPV6_RECVRTHDR", libc::IPV6_RECVRTHDR as i64),
    ("IPV6_RECVTCLASS", libc::IPV6_RECVTCLASS as i64),
    ("IPV6_RTHDR", libc::IPV6_RTHDR as i64),
    ("IPV6_RTHDRDSTOPTS", libc::IPV6_RTHDRDSTOPTS as i64),
    ("IPV6_RTHDR_TYPE_0", 0),
    ("IPV6_TCLASS", libc::IPV6_TCLASS as i64),
    ("IPV6_UNICAST_HOPS", libc::IPV6_UNICAST_HOPS as i64),
    ("IPV6_V6ONLY", libc::IPV6_V6ONLY as i64),
    ("IP_ADD_MEMBERSHIP", libc::IP_ADD_MEMBERSHIP as i64),
    (
        "IP_BIND_ADDRESS_NO_PORT",
        libc::IP_BIND_ADDRESS_NO_PORT as i64,
    ),
    (
        "IP_DEFAULT_MULTICAST_LOOP",
        libc::IP_DEFAULT_MULTICAST_LOOP as i64,
    ),
    (
        "IP_DEFAULT_MULTICAST_TTL",
        libc::IP_DEFAULT_MULTICAST_TTL as i64,
    ),
    ("IP_DROP_MEMBERSHIP", libc::IP_DROP_MEMBERSHIP as i64),
    ("IP_HDRINCL", libc::IP_HDRINCL as i64),
    ("IP_MAX_MEMBERSHIPS", 20),
    ("IP_MULTICAST_IF", libc::IP_MULTICAST_IF as i64),
    ("IP_MULTICAST_LOOP", libc::IP_MULTICAST_LOOP as i64),
    ("IP_MULTICAST_TTL", libc::IP_MULTICAST_TTL as i64),
    ("IP_OPTIONS", libc::IP_OPTIONS as i64),
    ("IP_RECVOPTS", libc::IP_RECVOPTS as i64),
    ("IP_RECVRETOPTS", 7),
    ("IP_RECVTOS", libc::IP_RECVTOS as i64),
    ("IP_RETOPTS", libc::IP_RETOPTS as i64),
    ("IP_TOS", libc::IP_TOS as i64),
    ("IP_TRANSPARENT", libc::IP_TRANSPARENT as i64),
    ("IP_TTL", libc::IP_TTL as i64),
    ("J1939_EE_INFO_NONE", 0),
    ("J1939_EE_INFO_TX_ABORT", 1),
    ("J1939_FILTER_MAX", 512),
    ("J1939_IDLE_ADDR", 254),
    ("J1939_MAX_UNICAST_ADDR", 253),
    ("J1939_NLA_BYTES_ACKED", 1),
    ("J1939_NLA_PAD", 0),
    ("J1939_NO_ADDR", 255),
    ("J1939_NO_NAME", 0),
    ("J1939_NO_PGN", 262144),
    ("J1939_PGN_ADDRESS_CLAIMED", 60928),
    ("J1939_PGN_ADDRESS_COMMANDED", 65240),
    ("J1939_PGN_MAX", 262143),
    ("J1939_PGN_PDU1_MAX", 261888),
    ("J1939_PGN_REQUEST", 59904),
    ("MSG_CMSG_CLOEXEC", libc::MSG_CMSG_CLOEXEC as i64),
    ("MSG_CONFIRM", libc::MSG_CONFIRM as i64),
    ("MSG_CTRUNC", libc::MSG_CTRUNC as i64),
    ("MSG_DONTROUTE", libc::MSG_DONTROUTE as i64),
    ("MSG_DONTWAIT", libc::MSG_DONTWAIT as i64),
    ("MSG_EOR", libc::MSG_EOR as i64),
    ("MSG_ERRQUEUE", libc::MSG_ERRQUEUE as i64),
    ("MSG_FASTOPEN", libc::MSG_FASTOPEN as i64),
    ("MSG_MORE", libc::MSG_MORE as i64),
    ("MSG_NOSIGNAL", libc::MSG_NOSIGNAL as i64),
    ("MSG_OOB", libc::MSG_OOB as i64),
    ("MSG_PEEK", libc::MSG_PEEK as i64),
    ("MSG_TRUNC", libc::MSG_TRUNC as i64),
    ("MSG_WAITALL", libc::MSG_WAITALL as i64),
    ("NETLINK_CRYPTO", 21),
    ("NETLINK_DNRTMSG", 14),
    ("NETLINK_FIREWALL", 3),
    ("NETLINK_IP6_FW", 13),
    ("NETLINK_NFLOG", 5),
    ("NETLINK_ROUTE", 0),
    ("NETLINK_USERSOCK", 2),
    ("NETLINK_XFRM", 6),
    ("NI_DGRAM", libc::NI_DGRAM as i64),
    ("NI_MAXHOST", libc::NI_MAXHOST as i64),
    ("NI_MAXSERV", 32),
    ("NI_NAMEREQD", libc::NI_NAMEREQD as i64),
    ("NI_NOFQDN", libc::NI_NOFQDN as i64),
    ("NI_NUMERICHOST", libc::NI_NUMERICHOST as i64),
    ("NI_NUMERICSERV", libc::NI_NUMERICSERV as i64),
    ("PACKET_BROADCAST", 1),
    ("PACKET_FASTROUTE", 6),
    ("PACKET_HOST", 0),
    ("PACKET_LOOPBACK", 5),
    ("PACKET_MULTICAST", 2),
    ("PACKET_OTHERHOST", 3),
    ("PACKET_OUTGOING", 4),
    ("PF_CAN", libc::PF_CAN as i64),
    ("PF_PACKET", libc::PF_PACKET as i64),
    ("PF_RDS", libc::PF_RDS as i64),
    ("SCM_CREDENTIALS", libc::SCM_CREDENTIALS as i64),
    ("SCM_J1939_DEST_ADDR", 1),
    ("SCM_J1939_DEST_NAME", 2),
    ("SCM_J1939_ERRQUEUE", 4),
    ("SCM_J1939_PRIO", 3),
    ("SCM_RIGHTS", libc::SCM_RIGHTS as i64),
    ("SHUT_RD", libc::SHUT_RD as i64),
    ("SHUT_RDWR", libc::SHUT_RDWR as i64),
    ("SHUT_WR", libc::SHUT_WR as i64),
    ("SOCK_CLOEXEC", libc::SOCK_CLOEXEC as i64),
    ("SOCK_DGRAM", libc::SOCK_DGRAM as i64),
    ("SOCK_NONBLOCK", libc::SOCK_NONBLOCK as i64),
    ("SOCK_RAW", libc::SOCK_RAW as i64),
    ("SOCK_RDM", libc::SOCK_RDM as i64),
    ("SOCK_SEQPACKET", libc::SOCK_SEQPACKET as i64),
    ("SOCK_STREAM", libc::SOCK_STREAM as i64),
    ("SOL_ALG", libc::SOL_ALG as i64),
    ("SOL_CAN_BASE", 100),
    ("SOL_CAN_RAW", 101),
    ("SOL_IP", libc::SOL_IP as i64),
    ("SOL_RDS", libc::SOL_RDS as i64),
    ("SOL_SOCKET", libc::SOL_SOCKET as i64),
    ("SOL_TCP", libc::SOL_TCP as i64),
    ("SOL_TIPC", libc::SOL_TIPC as i64),
    ("SOL_UDP", libc::SOL_UDP as i64),
    ("SOMAXCONN", libc::SOMAXCONN as i64),
    ("SO_ACCEPTCONN", libc::SO_ACCEPTCONN as i64),
    ("SO_BINDTODEVICE", libc::SO_BINDTODEVICE as i64),
    ("SO_BROADCAST", libc::SO_BROADCAST as i64),
    ("SO_DEBUG", libc::SO_DEBUG as i64),
    ("SO_DOMAIN", 39),
    ("SO_DONTROUTE", libc::SO_DONTROUTE as i64),
    ("SO_ERROR", libc::SO_ERROR as i64),
    ("SO_INCOMING_CPU", 49),
    ("SO_J1939_ERRQUEUE", 4),
    ("SO_J1939_FILTER", 1),
    ("SO_J1939_PROMISC", 2),
    ("SO_J1939_SEND_PRIO", 3),
    ("SO_KEEPALIVE", libc::SO_KEEPALIVE as i64),
    ("SO_LINGER", libc::SO_LINGER as i64),
    ("SO_MARK", libc::SO_MARK as i64),
    ("SO_OOBINLINE", libc::SO_OOBINLINE as i64),
    ("SO_PASSCRED", 16),
    ("SO_PASSSEC", 34),
    ("SO_PEERCRED", 17),
    ("SO_PEERSEC", 31),
    ("SO_PRIORITY", 12),
    ("SO_PROTOCOL", 38),
    ("SO_RCVBUF", libc::SO_RCVBUF as i64),
    ("SO_RCVLOWAT", libc::SO_RCVLOWAT as i64),
    ("SO_RCVTIMEO", libc::SO_RCVTIMEO as i64),
    ("SO_REUSEADDR", libc::SO_REUSEADDR as i64),
    ("SO_REUSEPORT", libc::SO_REUSEPORT as i64),
    ("SO_SNDBUF", libc::SO_SNDBUF as i64),
    ("SO_SNDLOWAT", libc::SO_SNDLOWAT as i64),
    ("SO_SNDTIMEO", libc::SO_SNDTIMEO as i64),
    ("SO_TYPE", libc::SO_TYPE as i64),
    ("SO_VM_SOCKETS_BUFFER_MAX_SIZE", 2),
    ("SO_VM_SOCKETS_BUFFER_MIN_SIZE", 1),
    ("SO_VM_SOCKETS_BUFFER_SIZE", 0),
    ("TCP_CONGESTION", libc::TCP_CONGESTION as i64),
    ("TCP_CORK", libc::TCP_CORK as i64),
    ("TCP_DEFER_ACCEPT", libc::TCP_DEFER_ACCEPT as i64),
    ("TCP_FASTOPEN", libc::TCP_FASTOPEN as i64),
    ("TCP_INFO", libc::TCP_INFO as i64),
    ("TCP_KEEPCNT", libc::TCP_KEEPCNT as i64),
    ("TCP_KEEPIDLE", libc::TCP_KEEPIDLE as i64),
    ("TCP_KEEPINTVL", libc::TCP_KEEPINTVL as i64),
    ("TCP_LINGER2", libc::TCP_LINGER2 as i64),
    ("TCP_MAXSEG", libc::TCP_MAXSEG as i64),
    ("TCP_NODELAY", libc::TCP_NODELAY as i64),
    ("TCP_NOTSENT_LOWAT", libc::TCP_NOTSENT_LOWAT as i64),
    ("TCP_QUICKACK", libc::TCP_QUICKACK as i64),
    ("TCP_SYNCNT", libc::TCP_SYNCNT as i64),
    ("TCP_USER_TIMEOUT", libc::TCP_USER_TIMEOUT as i64),
    ("TCP_WINDOW_CLAMP", libc::TCP_WINDOW_CLAMP as i64),
    ("TIPC_ADDR_ID", 3),
    ("TIPC_ADDR_NAME", 2),
    ("TIPC_ADDR_NAMESEQ", 1),
    ("TIPC_CFG_SRV", 0),
    ("TIPC_CLUSTER_SCOPE", 2),
    ("TIPC_CONN_TIMEOUT", 130),
    ("TIPC_CRITICAL_IMPORTANCE", 3),
    ("TIPC_DEST_DROPPABLE", 129),
    ("TIPC_HIGH_IMPORTANCE", 2),
    ("TIPC_IMPORTANCE", 127),
    ("TIPC_LOW_IMPORTANCE", 0),
    ("TIPC_MEDIUM_IMPORTANCE", 1),
    ("TIPC_NODE_SCOPE", 3),
    ("TIPC_PUBLISHED", 1),
    ("TIPC_SRC_DROPPABLE", 128),
    ("TIPC_SUBSCR_TIMEOUT", 3),
    ("TIPC_SUB_CANCEL", 4),
    ("TIPC_SUB_PORTS", 1),
    ("TIPC_SUB_SERVICE", 2),
    ("TIPC_TOP_SRV", 1),
    ("TIPC_WAIT_FOREVER", -1),
    ("TIPC_WITHDRAWN", 2),
    ("TIPC_ZONE_SCOPE", 1),
    ("UDPLITE_RECV_CSCOV", 11),
    ("UDPLITE_SEND_CSCOV", 10),
    ("VMADDR_CID_ANY", libc::VMADDR_CID_ANY as i64),
    ("VMADDR_CID_HOST", libc::VMADDR_CID_HOST as i64),
    ("VMADDR_PORT_ANY", libc::VMADDR_PORT_ANY as i64),
    ("VM_SOCKETS_INVALID_VERSION", 0xffffffff),
];

fn add_constants(m: Value) {
    for (name, n) in CONSTANTS {
        module::add(m, name, Ref::int(*n));
    }
}
pub fn init() -> PyResult {
    let m = module::new("_socket");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    add_constants(m.value());
    module::add_type(m.value(), ty!(Socket_Type))?;
    module::add(m.value(), "SocketType", ty!(Socket_Type).to_ref());
    module::add(m.value(), "error", exceptions::OSError.to_ref());
    module::add(m.value(), "timeout", exceptions::TimeoutError.to_ref());
    for (name, cell) in [("gaierror", &GAIERROR), ("herror", &HERROR)] {
        let t = crate::locale::new_exception(intern!("socket"), name, exceptions::OSError)?;
        cell.set(t);
        module::add(m.value(), name, t.to_ref());
    }
    let api = Box::leak(Box::new(SocketApi {
        socket_type: ty!(Socket_Type).as_ptr(),
        error: exceptions::OSError.value().as_ptr(),
        timeout_error: exceptions::TimeoutError.value().as_ptr(),
    }));
    let capsule = pyrs_object::capsule::new((&raw mut *api).cast(), c"_socket.CAPI".as_ptr(), None);
    module::add(m.value(), "CAPI", capsule);
    module::add(
        m.value(),
        "has_ipv6",
        Ref::new(singletons::bool_value(true)),
    );
    Ok(m)
}
