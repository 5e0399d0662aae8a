//! The exceptions with a field or two: `StopIteration`, `SystemExit`, `ImportError`, `AttributeError`, `NameError`,
//! `KeyError`.

use super::base::{self, load, store};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Value, ValueExt, ops};
use std::mem::offset_of;

pub(super) fn stop_iteration_init(v: Value, args: Args<'_>) -> PyResult<()> {
    base::init(v, args)?;
    let value = args.positional().first().copied();
    // SAFETY: a StopIteration.
    unsafe {
        let e = v.as_ptr().cast::<PyStopIterationObject>();
        let value = value.map_or_else(Ref::none, Ref::new);
        store(&raw mut (*e).value, Some(value));
    }
    Ok(())
}
pub(super) fn system_exit_init(v: Value, args: Args<'_>) -> PyResult<()> {
    base::init(v, args)?;
    let code = match args.positional() {
        [] => return Ok(()),
        [one] => Ref::new(*one),
        all => crate::tuple::from_slice(all),
    };
    // SAFETY: a SystemExit.
    unsafe {
        let e = v.as_ptr().cast::<PySystemExitObject>();
        store(&raw mut (*e).code, Some(code));
    }
    Ok(())
}

/// Positional arguments become `args`; returns the keyword arguments in the order of `names`.
fn keyword_fields<const N: usize>(
    v: Value,
    args: Args<'_>,
    function: &'static str,
    names: [&'static str; N],
) -> PyResult<[Option<Ref>; N]> {
    base::set_args(v, args.positional());
    let mut out = [const { None }; N];
    for (key, value) in args.keywords() {
        match names.iter().position(|n| crate::str::eq_str(key, n)) {
            Some(i) => out[i] = Some(Ref::new(value)),
            None => {
                return Err(crate::raise!(
                    TypeError,
                    "'{}' is an invalid keyword argument for {function}()",
                    crate::str::display(key)
                ));
            }
        }
    }
    Ok(out)
}

pub(super) fn import_error_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let [name, path] = keyword_fields(v, args, "ImportError", ["name", "path"])?;
    // SAFETY: an ImportError.
    unsafe {
        let e = v.as_ptr().cast::<PyImportErrorObject>();
        store(&raw mut (*e).name, name);
        store(&raw mut (*e).path, path);
        let msg = match args.positional() {
            [one] => Some(Ref::new(*one)),
            _ => None,
        };
        store(&raw mut (*e).msg, msg);
    }
    Ok(())
}
pub(super) fn import_error_str(v: Value) -> PyResult {
    // SAFETY: an ImportError.
    let msg = unsafe { load(&raw const (*v.as_ptr().cast::<PyImportErrorObject>()).msg) };
    match msg {
        Some(m) if crate::str::is_exact(m.value()) => Ok(m),
        _ => base::str_of(v),
    }
}
fn import_error_reduce(v: Value) -> PyResult {
    let (t, args) = (v.ty().value(), base::args_of(v));
    // SAFETY: an ImportError.
    let (name, path) = unsafe {
        let e = v.as_ptr().cast::<PyImportErrorObject>();
        (load(&raw const (*e).name), load(&raw const (*e).path))
    };
    let dict = base::dict_of(v);
    let state = if name.is_some() || path.is_some() {
        let d = match dict {
            Some(d) => crate::dict::copy(d.value()),
            None => crate::dict::new(),
        };
        if let Some(n) = name {
            crate::dict::set_str(d.value(), "name", n.value());
        }
        if let Some(p) = path {
            crate::dict::set_str(d.value(), "path", p.value());
        }
        Some(d)
    } else {
        dict
    };
    Ok(match state {
        Some(s) => crate::tuple::from_slice(&[t, args.value(), s.value()]),
        None => crate::tuple::from_slice(&[t, args.value()]),
    })
}

pub(super) fn attribute_error_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let [name, obj] = keyword_fields(v, args, "AttributeError", ["name", "obj"])?;
    // SAFETY: an AttributeError.
    unsafe {
        let e = v.as_ptr().cast::<PyAttributeErrorObject>();
        store(&raw mut (*e).name, name);
        store(&raw mut (*e).obj, obj);
    }
    Ok(())
}
pub(super) fn name_error_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let [name] = keyword_fields(v, args, "NameError", ["name"])?;
    // SAFETY: a NameError.
    unsafe {
        let e = v.as_ptr().cast::<PyNameErrorObject>();
        store(&raw mut (*e).name, name);
    }
    Ok(())
}

/// The repr of a single key, so that `KeyError('')` shows something.
pub(super) fn key_error_str(v: Value) -> PyResult {
    let args = base::args_of(v);
    if crate::tuple::len(args.value()) == 1 {
        ops::repr(crate::tuple::get(args.value(), 0))
    } else {
        base::str_of(v)
    }
}

crate::methods! {
    pub(super) static IMPORT_ERROR_METHODS = [
        "__reduce__" NOARGS import_error_reduce, "__reduce__($self, /)\n--\n\n";
    ]
}
crate::members! {
    pub(super) static STOP_ITERATION_MEMBERS = [
        "value" OBJECT, offset_of!(PyStopIterationObject, value), 0, "generator return value";
    ]
}
crate::members! {
    pub(super) static SYSTEM_EXIT_MEMBERS = [
        "code" OBJECT, offset_of!(PySystemExitObject, code), 0, "exception code";
    ]
}
crate::members! {
    pub(super) static IMPORT_ERROR_MEMBERS = [
        "msg" OBJECT, offset_of!(PyImportErrorObject, msg), 0, "exception message";
        "name" OBJECT, offset_of!(PyImportErrorObject, name), 0, "module name";
        "path" OBJECT, offset_of!(PyImportErrorObject, path), 0, "module path";
    ]
}
crate::members! {
    pub(super) static ATTRIBUTE_ERROR_MEMBERS = [
        "name" OBJECT, offset_of!(PyAttributeErrorObject, name), 0, "attribute name";
        "obj" OBJECT, offset_of!(PyAttributeErrorObject, obj), 0, "object";
    ]
}
crate::members! {
    pub(super) static NAME_ERROR_MEMBERS = [
        "name" OBJECT, offset_of!(PyNameErrorObject, name), 0, "name";
    ]
}
