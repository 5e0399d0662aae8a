//! `OSError`: the subclass is chosen by errno in `__new__`; fields are set there too unless a subclass has an
//! `__init__` of its own but no `__new__`.

use super::base::{self, load, store};
use super::table::types as exc;
use crate::layout::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, ops, raise};
use std::mem::offset_of;

fn fields(v: Value) -> *mut PyOSErrorObject {
    v.as_ptr().cast()
}

/// Whether the fields are set by `__init__` rather than `__new__`.
fn uses_init(t: Type) -> bool {
    let os = exc::OSError;
    let init = |t: Type| t.tp_init.map_or(0, |f| f as usize);
    let new = |t: Type| t.tp_new.map_or(0, |f| f as usize);
    init(t) != init(os) && new(t) == new(os)
}

fn subclass_of_errno(code: i64) -> Option<Type> {
    let code = i32::try_from(code).ok()?;
    Some(match code {
        libc::EAGAIN | libc::EALREADY | libc::EINPROGRESS => exc::BlockingIOError,
        libc::EPIPE | libc::ESHUTDOWN => exc::BrokenPipeError,
        libc::ECHILD => exc::ChildProcessError,
        libc::ECONNABORTED => exc::ConnectionAbortedError,
        libc::ECONNREFUSED => exc::ConnectionRefusedError,
        libc::ECONNRESET => exc::ConnectionResetError,
        libc::EEXIST => exc::FileExistsError,
        libc::ENOENT => exc::FileNotFoundError,
        libc::EISDIR => exc::IsADirectoryError,
        libc::ENOTDIR => exc::NotADirectoryError,
        libc::EINTR => exc::InterruptedError,
        libc::EACCES | libc::EPERM => exc::PermissionError,
        libc::ESRCH => exc::ProcessLookupError,
        libc::ETIMEDOUT => exc::TimeoutError,
        _ => return None,
    })
}

fn set_fields(v: Value, args: &[Value]) -> PyResult<()> {
    let f = fields(v);
    let mut kept = args;
    // SAFETY: an OSError.
    unsafe {
        if (2..=5).contains(&args.len()) {
            if let Some(filename) = args.get(2).filter(|x| !x.is_none()) {
                if v.ty() == exc::BlockingIOError && is_number(*filename) {
                    (*f).written = ops::index_as_isize_clipped_error(*filename, exc::ValueError)?;
                } else {
                    store(&raw mut (*f).filename, Some(Ref::new(*filename)));
                    if let Some(second) = args.get(4).filter(|x| !x.is_none()) {
                        store(&raw mut (*f).filename2, Some(Ref::new(*second)));
                    }
                    kept = &args[..2];
                }
            }
            store(&raw mut (*f).myerrno, Some(Ref::new(args[0])));
            store(&raw mut (*f).strerror, Some(Ref::new(args[1])));
        }
    }
    base::set_args(v, kept);
    Ok(())
}

/// `PyNumber_Check`.
fn is_number(v: Value) -> bool {
    v.ty()
        .number()
        .is_some_and(|n| n.nb_index.is_some() || n.nb_int.is_some() || n.nb_float.is_some())
}

pub(super) fn new(t: Type, args: Args<'_>) -> PyResult {
    let direct = !uses_init(t);
    let given = args.positional();
    let mut t = t;
    if direct {
        args.no_keywords(t.message_name())?;
        if t == exc::OSError
            && (2..=5).contains(&given.len())
            && crate::int::is_int_instance(given[0])
            && let Some(sub) = crate::int::to_i64(given[0]).and_then(subclass_of_errno)
        {
            t = sub;
        }
    }
    let v = base::alloc(t, crate::tuple::empty())?;
    // SAFETY: an OSError.
    unsafe { (*fields(v.value())).written = -1 };
    if direct {
        set_fields(v.value(), given)?;
    }
    Ok(v)
}

pub(super) fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    if !uses_init(v.ty()) {
        return Ok(());
    }
    args.no_keywords(v.ty().message_name())?;
    set_fields(v, args.positional())
}

pub(super) fn str_of(v: Value) -> PyResult {
    // SAFETY: an OSError.
    let (errno, strerror, filename, filename2) = unsafe {
        let f = fields(v);
        (
            load(&raw const (*f).myerrno),
            load(&raw const (*f).strerror),
            load(&raw const (*f).filename),
            load(&raw const (*f).filename2),
        )
    };
    if filename.is_none() && (errno.is_none() || strerror.is_none()) {
        return base::str_of(v);
    }
    let text = |x: Option<Ref>| ops::str_of(x.unwrap_or_else(Ref::none).value());
    let mut b = crate::str::Builder::new();
    b.push_str("[Errno ");
    b.push_value(text(errno)?.value());
    b.push_str("] ");
    b.push_value(text(strerror)?.value());
    if let Some(name) = filename {
        b.push_str(": ");
        b.push_value(ops::repr(name.value())?.value());
        if let Some(second) = filename2 {
            b.push_str(" -> ");
            b.push_value(ops::repr(second.value())?.value());
        }
    }
    b.finish()
}

fn reduce(v: Value) -> PyResult {
    let mut args = base::args_of(v);
    // SAFETY: an OSError.
    let (filename, filename2) = unsafe {
        let f = fields(v);
        (
            load(&raw const (*f).filename),
            load(&raw const (*f).filename2),
        )
    };
    if crate::tuple::len(args.value()) == 2
        && let Some(name) = filename
    {
        let (a, b) = (
            crate::tuple::get(args.value(), 0),
            crate::tuple::get(args.value(), 1),
        );
        let none = crate::singletons::none();
        args = match filename2 {
            Some(n2) => crate::tuple::from_slice(&[a, b, name.value(), none, n2.value()]),
            None => crate::tuple::from_slice(&[a, b, name.value()]),
        };
    }
    let t = v.ty().value();
    Ok(match base::dict_of(v) {
        Some(d) => crate::tuple::from_slice(&[t, args.value(), d.value()]),
        None => crate::tuple::from_slice(&[t, args.value()]),
    })
}

fn get_written(v: Value) -> PyResult {
    // SAFETY: an OSError.
    match unsafe { (*fields(v)).written } {
        -1 => Err(raise!(AttributeError, "characters_written")),
        n => Ok(Ref::int(n as i64)),
    }
}
fn set_written(v: Value, n: Value) -> PyResult<()> {
    // SAFETY: an OSError.
    unsafe {
        if n.is_empty() {
            if (*fields(v)).written == -1 {
                return Err(raise!(AttributeError, "characters_written"));
            }
            (*fields(v)).written = -1;
            return Ok(());
        }
        (*fields(v)).written = ops::index_as_isize_clipped_error(n, exc::ValueError)?;
    }
    Ok(())
}

crate::methods! {
    pub(super) static METHODS = [
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\n";
    ]
}
crate::getset! {
    pub(super) static GETSET = [
        "characters_written" get_written, set_written, "";
    ]
}
crate::members! {
    pub(super) static MEMBERS = [
        "errno" OBJECT, offset_of!(PyOSErrorObject, myerrno), 0, "POSIX exception code";
        "strerror" OBJECT, offset_of!(PyOSErrorObject, strerror), 0, "exception strerror";
        "filename" OBJECT, offset_of!(PyOSErrorObject, filename), 0, "exception filename";
        "filename2" OBJECT, offset_of!(PyOSErrorObject, filename2), 0, "second exception filename";
    ]
}
