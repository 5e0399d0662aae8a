//! `select`: select, poll, epoll.

use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, check_positional, exceptions, getset,
    heap, list, methods, module, ops, py_type, raise, tuple, ty, typeobject,
};
use pyrs_vm::{safepoint, threads};

fn now() -> PyResult<i64> {
    crate::time::clock(libc::CLOCK_MONOTONIC).map_err(os_error)
}
/// A timeout in seconds as the end of the wait; `None` waits for ever.
fn deadline(v: Value) -> PyResult<Option<(i64, i64)>> {
    if v.is_empty() || v.is_none() {
        return Ok(None);
    }
    let ns = match crate::time::nanoseconds(v, true) {
        Ok(ns) => ns,
        Err(e) => {
            if pyrs_object::errors::take_if(exceptions::TypeError) {
                return Err(raise!(TypeError, "timeout must be a float or None"));
            }
            return Err(e);
        }
    };
    Ok(Some((ns, now()?.saturating_add(ns))))
}
/// Runs a waiting call with the time that is left in nanoseconds (-1: for ever) until it is not interrupted.
fn wait(end: Option<i64>, mut f: impl FnMut(i64) -> i32) -> PyResult<i32> {
    loop {
        let left = match end {
            None => -1,
            Some(end) => end.saturating_sub(now()?).max(0),
        };
        let (r, code) = threads::without_gil(|| {
            let r = f(left);
            (r, errno())
        });
        if r >= 0 {
            return Ok(r);
        }
        if code != libc::EINTR {
            return Err(os_error(code));
        }
        safepoint::poll(pyrs_object::thread::current())?;
    }
}

/// The objects of a select list with their descriptors.
fn descriptors(v: Value, set: &mut libc::fd_set, max: &mut i32) -> PyResult<Vec<(Ref, i32)>> {
    if !ops::is_sequence(v)
        && ops::exact_items(v).is_none()
        && pyrs_object::typeobject::lookup_special(v, pyrs_object::intern!("__iter__"))?.is_none()
    {
        return Err(raise!(TypeError, "arguments 1-3 must be sequences"));
    }
    let mut all = Vec::new();
    // `fileno` may change the list: it is read anew for each item.
    let items = if list::is_list(v) {
        Ref::new(v)
    } else {
        list::from_vec(ops::collect(v)?)
    };
    let mut i = 0;
    while let Some(item) = list::get(items.value(), i) {
        i += 1;
        let fd = fileno(item.value())?;
        if fd as usize >= libc::FD_SETSIZE {
            return Err(raise!(
                ValueError,
                "filedescriptor out of range in select()"
            ));
        }
        // SAFETY: below FD_SETSIZE.
        unsafe { libc::FD_SET(fd, set) };
        *max = (*max).max(fd);
        all.push((item, fd));
    }
    Ok(all)
}
fn select(_: Value, args: &[Value]) -> PyResult {
    check_positional("select", args.len(), 3, 4)?;
    let end = deadline(args.get(3).copied().unwrap_or(Value::EMPTY))?;
    if end.is_some_and(|(ns, _)| ns < 0) {
        return Err(raise!(ValueError, "timeout must be non-negative"));
    }
    // SAFETY: all-zero sets are empty.
    let mut wanted: [libc::fd_set; 3] = unsafe { std::mem::zeroed() };
    let mut max = -1;
    let mut lists = Vec::new();
    for (v, set) in args.iter().take(3).zip(&mut wanted) {
        lists.push(descriptors(*v, set, &mut max)?);
    }
    let mut ready = wanted;
    let n = wait(end.map(|e| e.1), |left| {
        ready = wanted;
        let [r, w, x] = &mut ready;
        let mut t = libc::timeval {
            tv_sec: left / 1_000_000_000,
            tv_usec: left % 1_000_000_000 / 1000,
        };
        let p = if left < 0 {
            std::ptr::null_mut()
        } else {
            &raw mut t
        };
        // SAFETY: live sets.
        unsafe { libc::select(max + 1, r, w, x, p) }
    })?;
    let mut results = Vec::new();
    for (all, set) in lists.iter().zip(&ready) {
        let found = all.iter().filter(|(_, fd)| {
            // SAFETY: below FD_SETSIZE.
            n > 0 && unsafe { libc::FD_ISSET(*fd, set) }
        });
        results.push(list::from_vec(found.map(|(v, _)| v.clone()).collect()));
    }
    Ok(tuple::from_vec(results))
}

/// `select.poll()`: descriptors and the events wanted, in order of registration.
#[repr(C)]
struct Poll {
    ob_base: PyObject,
    fds: Vec<libc::pollfd>,
    running: bool,
}
fn polls<'a>(v: Value) -> &'a mut Poll {
    // SAFETY: a live poll object; borrows are not held across Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
fn poll(_: Value) -> PyResult {
    let object = heap::alloc_zeroed(ty!(Poll_Type), size_of::<Poll>());
    // SAFETY: freshly allocated with that layout.
    unsafe {
        std::ptr::write(&raw mut (*object.cast::<Poll>()).fds, Vec::new());
        Ok(Ref::from_owned_ptr(object))
    }
}
fn event_mask(v: Option<&Value>) -> PyResult<i16> {
    match v {
        None => Ok(libc::POLLIN | libc::POLLPRI | libc::POLLOUT),
        Some(v) => {
            let n = c_ulong(*v)?;
            u16::try_from(n).map(|n| n as i16).map_err(|_| {
                raise!(
                    OverflowError,
                    "Python int too large to convert to C unsigned short"
                )
            })
        }
    }
}
fn poll_register(v: Value, args: &[Value]) -> PyResult {
    check_positional("register", args.len(), 1, 2)?;
    let fd = fileno(args[0])?;
    let events = event_mask(args.get(1))?;
    let p = polls(v);
    match p.fds.iter_mut().find(|f| f.fd == fd) {
        Some(f) => f.events = events,
        None => p.fds.push(libc::pollfd {
            fd,
            events,
            revents: 0,
        }),
    }
    Ok(Ref::none())
}
fn poll_modify(v: Value, args: &[Value]) -> PyResult {
    check_positional("modify", args.len(), 2, 2)?;
    let fd = fileno(args[0])?;
    let events = event_mask(args.get(1))?;
    match polls(v).fds.iter_mut().find(|f| f.fd == fd) {
        Some(f) => f.events = events,
        None => return Err(os_error(libc::ENOENT)),
    }
    Ok(Ref::none())
}
fn poll_unregister(v: Value, fd: Value) -> PyResult {
    let fd = fileno(fd)?;
    let p = polls(v);
    match p.fds.iter().position(|f| f.fd == fd) {
        Some(i) => {
            p.fds.remove(i);
            Ok(Ref::none())
        }
        None => Err(pyrs_object::errors::key_error(
            Ref::int(i64::from(fd)).value(),
        )),
    }
}
fn milliseconds_end(v: Option<&Value>) -> PyResult<Option<i64>> {
    let Some(v) = v.filter(|v| !v.is_none()) else {
        return Ok(None);
    };
    let ms = if pyrs_object::float::is_float_instance(*v) {
        pyrs_object::float::value(*v).ceil()
    } else {
        if !ops::has_index(*v) {
            return Err(raise!(TypeError, "timeout must be an integer or None"));
        }
        c_long(*v)? as f64
    };
    if ms < 0.0 {
        return Ok(None);
    }
    if ms > f64::from(i32::MAX) {
        return Err(raise!(OverflowError, "timeout is too large"));
    }
    Ok(Some(now()?.saturating_add((ms * 1e6) as i64)))
}
fn ceil_ms(left: i64) -> i32 {
    if left < 0 {
        -1
    } else {
        ((left + 999_999) / 1_000_000).min(i64::from(i32::MAX)) as i32
    }
}
fn poll_poll(v: Value, args: &[Value]) -> PyResult {
    check_positional("poll", args.len(), 0, 1)?;
    let end = milliseconds_end(args.first())?;
    if polls(v).running {
        return Err(raise!(RuntimeError, "concurrent poll() invocation"));
    }
    let mut fds = polls(v).fds.clone();
    polls(v).running = true;
    let (p, n) = (fds.as_mut_ptr(), fds.len());
    // SAFETY: a live array of `n` entries.
    let r = wait(end, |left| unsafe {
        libc::poll(p, n as libc::nfds_t, ceil_ms(left))
    });
    polls(v).running = false;
    r?;
    let ready = fds.iter().filter(|f| f.revents != 0);
    let pair = |f: &libc::pollfd| {
        tuple::from_vec(vec![
            Ref::int(i64::from(f.fd)),
            Ref::int(i64::from(f.revents as u16)),
        ])
    };
    Ok(list::from_vec(ready.map(pair).collect()))
}
unsafe extern "C" fn poll_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        std::ptr::drop_in_place(&raw mut (*object.cast::<Poll>()).fds);
        heap::finish_dealloc(object);
    }
}
methods! {
    static POLL_METHODS = [
        "register" FAST poll_register, "register($self, fd, eventmask=select.POLLIN | select.POLLPRI | select.POLLOUT, /)\n--\n\nAdds a descriptor.";
        "modify" FAST poll_modify, "modify($self, fd, eventmask, /)\n--\n\nChanges a descriptor's events.";
        "unregister" O poll_unregister, "unregister($self, fd, /)\n--\n\nRemoves a descriptor.";
        "poll" FAST poll_poll, "poll($self, timeout=None, /)\n--\n\nWaits for events.";
    ]
}
py_type! {
    static Poll_Type: Poll = "select.poll" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: poll_dealloc }
        methods: POLL_METHODS;
    }
}

/// `select.epoll`
#[repr(C)]
struct Epoll {
    ob_base: PyObject,
    fd: i32,
}
fn ep<'a>(v: Value) -> &'a mut Epoll {
    // SAFETY: a live epoll object.
    unsafe { &mut *v.as_ptr().cast() }
}
fn ep_fd(v: Value) -> PyResult<i32> {
    let fd = ep(v).fd;
    if fd < 0 {
        Err(raise!(ValueError, "I/O operation on closed epoll object"))
    } else {
        Ok(fd)
    }
}
fn ep_make(t: Type, fd: i32) -> PyResult {
    let f = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: a ready type; the layout is ours.
    unsafe {
        let object = f(t.as_ptr(), 0);
        if object.is_null() {
            return Err(pyrs_object::errors::no_memory());
        }
        (*object.cast::<Epoll>()).fd = fd;
        Ok(Ref::from_owned_ptr(object))
    }
}
fn ep_new(t: Type, args: Args<'_>) -> PyResult {
    const NEW: Signature<2> = Signature {
        name: "epoll",
        params: ["sizehint", "flags"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [size, flags] = args.bind(&NEW)?;
    let size = c_int_or(size, -1)?;
    if size == 0 || size < -1 {
        return Err(raise!(ValueError, "sizehint must be positive or -1"));
    }
    let flags = c_int_or(flags, 0)?;
    if flags & !libc::EPOLL_CLOEXEC != 0 {
        return Err(os_error(libc::EINVAL));
    }
    // SAFETY: plain numbers.
    let fd = unsafe { libc::epoll_create1(libc::EPOLL_CLOEXEC) };
    if fd < 0 {
        return Err(os_error(errno()));
    }
    ep_make(t, fd)
}
fn ep_fromfd(t: Value, fd: Value) -> PyResult {
    let fd = c_int(fd)?;
    match Type::from_value(t) {
        Some(t) => ep_make(t, fd),
        None => Err(pyrs_object::errors::bad_internal_call()),
    }
}
fn ep_close(v: Value) -> PyResult {
    let fd = std::mem::replace(&mut ep(v).fd, -1);
    // SAFETY: our own descriptor.
    if fd >= 0 && unsafe { libc::close(fd) } < 0 {
        return Err(os_error(errno()));
    }
    Ok(Ref::none())
}
unsafe extern "C" fn ep_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        let fd = (*object.cast::<Epoll>()).fd;
        if fd >= 0 {
            libc::close(fd);
        }
        heap::finish_dealloc(object);
    }
}
fn ep_fileno(v: Value) -> PyResult {
    Ok(Ref::int(i64::from(ep_fd(v)?)))
}
fn ep_closed(v: Value) -> PyResult {
    Ok(Ref::bool(ep(v).fd < 0))
}
fn control(v: Value, operation: i32, fd: Value, events: u32) -> PyResult {
    let epfd = ep_fd(v)?;
    let fd = fileno(fd)?;
    let mut e = libc::epoll_event {
        events,
        u64: fd as u64,
    };
    let p = if operation == libc::EPOLL_CTL_DEL {
        std::ptr::null_mut()
    } else {
        &raw mut e
    };
    // SAFETY: null or a live structure.
    none_or_errno(unsafe { libc::epoll_ctl(epfd, operation, fd, p) })
}
const REGISTER: Signature<2> = Signature {
    name: "register",
    params: ["fd", "eventmask"],
    posonly: 0,
    positional: 2,
    required: 1,
};
fn ep_register(v: Value, args: Args<'_>) -> PyResult {
    let [fd, events] = args.bind(&REGISTER)?;
    let events = if events.is_empty() {
        (libc::EPOLLIN | libc::EPOLLPRI | libc::EPOLLOUT) as u32
    } else {
        c_mask(events)? as u32
    };
    control(v, libc::EPOLL_CTL_ADD, fd, events)
}
const MODIFY: Signature<2> = Signature {
    name: "modify",
    params: ["fd", "eventmask"],
    posonly: 0,
    positional: 2,
    required: 2,
};
fn ep_modify(v: Value, args: Args<'_>) -> PyResult {
    let [fd, events] = args.bind(&MODIFY)?;
    control(v, libc::EPOLL_CTL_MOD, fd, c_mask(events)? as u32)
}
const UNREGISTER: Signature<1> = Signature {
    name: "unregister",
    params: ["fd"],
    posonly: 0,
    positional: 1,
    required: 1,
};
fn ep_unregister(v: Value, args: Args<'_>) -> PyResult {
    let [fd] = args.bind(&UNREGISTER)?;
    control(v, libc::EPOLL_CTL_DEL, fd, 0)
}
const EP_POLL: Signature<2> = Signature {
    name: "poll",
    params: ["timeout", "maxevents"],
    posonly: 0,
    positional: 2,
    required: 0,
};
fn ep_poll(v: Value, args: Args<'_>) -> PyResult {
    let [timeout, max] = args.bind(&EP_POLL)?;
    let epfd = ep_fd(v)?;
    let end = match deadline(timeout) {
        Ok(Some((ns, _))) if ns < 0 => None,
        Ok(end) => end.map(|e| e.1),
        Err(e) => {
            if pyrs_object::errors::take_if(exceptions::TypeError) {
                return Err(raise!(TypeError, "timeout must be an integer or None"));
            }
            return Err(e);
        }
    };
    let max = match c_int_or(max, -1)? {
        -1 => libc::FD_SETSIZE as i32 - 1,
        n if n < 1 => {
            return Err(raise!(
                ValueError,
                "maxevents must be greater than 0, got {n}"
            ));
        }
        n => n,
    };
    let mut events = vec![libc::epoll_event { events: 0, u64: 0 }; max as usize];
    let p = events.as_mut_ptr();
    // SAFETY: room for `max` events.
    let n = wait(end, |left| unsafe {
        libc::epoll_wait(epfd, p, max, ceil_ms(left))
    })?;
    let pair = |e: &libc::epoll_event| {
        let (fd, events) = (e.u64 as i32, e.events);
        tuple::from_vec(vec![Ref::int(i64::from(fd)), Ref::int(i64::from(events))])
    };
    Ok(list::from_vec(
        events[..n as usize].iter().map(pair).collect(),
    ))
}
fn ep_enter(v: Value) -> PyResult {
    ep_fd(v)?;
    Ok(Ref::new(v))
}
fn ep_exit(v: Value, _: &[Value]) -> PyResult {
    ep_close(v)
}
methods! {
    static EPOLL_METHODS = [
        "fromfd" O|CLASS ep_fromfd, "fromfd($type, fd, /)\n--\n\nAn epoll object from a descriptor.";
        "close" NOARGS ep_close, "close($self, /)\n--\n\nCloses the descriptor.";
        "fileno" NOARGS ep_fileno, "fileno($self, /)\n--\n\nThe descriptor.";
        "register" KW ep_register, "register($self, /, fd, eventmask=select.EPOLLIN | select.EPOLLPRI | select.EPOLLOUT)\n--\n\nAdds a descriptor.";
        "modify" KW ep_modify, "modify($self, /, fd, eventmask)\n--\n\nChanges a descriptor's events.";
        "unregister" KW ep_unregister, "unregister($self, /, fd)\n--\n\nRemoves a descriptor.";
        "poll" KW ep_poll, "poll($self, /, timeout=None, maxevents=-1)\n--\n\nWaits for events.";
        "__enter__" NOARGS ep_enter, "__enter__($self, /)\n--\n\n";
        "__exit__" FAST ep_exit, "__exit__($self, exc_type=None, exc_value=None, exc_tb=None, /)\n--\n\n";
    ]
}
getset! {
    static EPOLL_GETSET = [ "closed" ep_closed, None, "True if the epoll handler is closed"; ]
}
py_type! {
    static Epoll_Type: Epoll = "select.epoll" {
        flags: BASETYPE;
        doc: "epoll(sizehint=-1, flags=0)\n--\n\nAn epoll object.";
        raw { tp_dealloc: ep_dealloc }
        slots { tp_new: ep_new }
        methods: EPOLL_METHODS;
        getset: EPOLL_GETSET;
    }
}
methods! {
    static FUNCTIONS = [
        "select" FAST select, "select($module, rlist, wlist, xlist, timeout=None, /)\n--\n\nWaits until descriptors are ready.";
        "poll" NOARGS poll, "poll($module, /)\n--\n\nA polling object.";
    ]
}
/// The constants of the module.
static CONSTANTS: &[(&str, i64)] = &[
    ("EPOLLERR", libc::EPOLLERR as i64),
    ("EPOLLET", libc::EPOLLET as i64),
    ("EPOLLEXCLUSIVE", libc::EPOLLEXCLUSIVE as i64),
    ("EPOLLHUP", libc::EPOLLHUP as i64),
    ("EPOLLIN", libc::EPOLLIN as i64),
    ("EPOLLMSG", libc::EPOLLMSG as i64),
    ("EPOLLONESHOT", libc::EPOLLONESHOT as i64),
    ("EPOLLOUT", libc::EPOLLOUT as i64),
    ("EPOLLPRI", libc::EPOLLPRI as i64),
    ("EPOLLRDBAND", libc::EPOLLRDBAND as i64),
    ("EPOLLRDHUP", libc::EPOLLRDHUP as i64),
    ("EPOLLRDNORM", libc::EPOLLRDNORM as i64),
    ("EPOLLWRBAND", libc::EPOLLWRBAND as i64),
    ("EPOLLWRNORM", libc::EPOLLWRNORM as i64),
    ("EPOLL_CLOEXEC", libc::EPOLL_CLOEXEC as i64),
    ("PIPE_BUF", libc::PIPE_BUF as i64),
    ("POLLERR", libc::POLLERR as i64),
    ("POLLHUP", libc::POLLHUP as i64),
    ("POLLIN", libc::POLLIN as i64),
    ("POLLMSG", 1024),
    ("POLLNVAL", libc::POLLNVAL as i64),
    ("POLLOUT", libc::POLLOUT as i64),
    ("POLLPRI", libc::POLLPRI as i64),
    ("POLLRDBAND", libc::POLLRDBAND as i64),
    ("POLLRDHUP", libc::POLLRDHUP as i64),
    ("POLLRDNORM", libc::POLLRDNORM as i64),
    ("POLLWRBAND", libc::POLLWRBAND as i64),
    ("POLLWRNORM", libc::POLLWRNORM as i64),
];

fn add_constants(m: Value) {
    for (name, n) in CONSTANTS {
        module::add(m, name, Ref::int(*n));
    }
}
pub fn init() -> PyResult {
    let m = module::new("select");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    add_constants(m.value());
    module::add(m.value(), "error", exceptions::OSError.to_ref());
    typeobject::ready(ty!(Poll_Type))?;
    module::add_type(m.value(), ty!(Epoll_Type))?;
    Ok(m)
}
