//! `NoneType`, `NotImplementedType`, `ellipsis`: the types of the three nameless singletons.

use crate::layout::*;
use crate::{Args, PyResult, Ref, Type, Value, hooks, intern, raise, singletons};

py_type! {
    pub static _PyNone_Type: PyObject = "NoneType" {
        flags: DEFAULT;
        raw { tp_dealloc: never_dealloc }
        slots { tp_repr: none_repr, tp_hash: none_hash, tp_new: none_new }
        number { nb_bool: none_bool }
    }
}
py_type! {
    pub static _PyNotImplemented_Type: PyObject = "NotImplementedType" {
        flags: DEFAULT;
        raw { tp_dealloc: never_dealloc }
        slots { tp_repr: not_implemented_repr, tp_new: not_implemented_new }
        number { nb_bool: not_implemented_bool }
        methods: NOT_IMPLEMENTED_METHODS;
    }
}
py_type! {
    pub static PyEllipsis_Type: PyObject = "ellipsis" {
        flags: DEFAULT;
        raw { tp_dealloc: never_dealloc }
        slots { tp_repr: ellipsis_repr, tp_new: ellipsis_new }
        methods: ELLIPSIS_METHODS;
    }
}

/// The singletons are immortal; an extension that released one too often gets its count back.
unsafe extern "C" fn never_dealloc(object: *mut PyObject) {
    // SAFETY: a static singleton.
    unsafe { (*object).ob_refcnt = IMMORTAL_REFCNT }
}

fn no_arguments(name: &str, args: Args<'_>) -> PyResult<()> {
    if args.values.is_empty() {
        Ok(())
    } else {
        Err(raise!(TypeError, "{name} takes no arguments"))
    }
}

fn none_repr(_: Value) -> PyResult {
    Ok(Ref::new(intern!("None")))
}
fn none_bool(_: Value) -> PyResult<bool> {
    Ok(false)
}
/// The address without its alignment bits, as `object.__hash__`.
fn none_hash(v: Value) -> PyResult<i64> {
    Ok(v.bits().rotate_right(4) as i64)
}
fn none_new(_: Type, args: Args<'_>) -> PyResult {
    no_arguments("NoneType", args)?;
    Ok(Ref::none())
}

fn not_implemented_repr(_: Value) -> PyResult {
    Ok(Ref::new(intern!("NotImplemented")))
}
fn not_implemented_bool(_: Value) -> PyResult<bool> {
    (hooks().warn)(
        crate::exceptions::DeprecationWarning,
        "NotImplemented should not be used in a boolean context",
        1,
    )?;
    Ok(true)
}
fn not_implemented_new(_: Type, args: Args<'_>) -> PyResult {
    no_arguments("NotImplementedType", args)?;
    Ok(Ref::not_implemented())
}
fn not_implemented_reduce(_: Value) -> PyResult {
    Ok(Ref::new(intern!("NotImplemented")))
}
methods! {
    static NOT_IMPLEMENTED_METHODS = [
        "__reduce__" NOARGS not_implemented_reduce, "__reduce__($self, /)\n--\n\n";
    ]
}

fn ellipsis_repr(_: Value) -> PyResult {
    Ok(Ref::new(intern!("Ellipsis")))
}
fn ellipsis_new(_: Type, args: Args<'_>) -> PyResult {
    no_arguments("EllipsisType", args)?;
    Ok(Ref::new(singletons::ellipsis()))
}
fn ellipsis_reduce(_: Value) -> PyResult {
    Ok(Ref::new(intern!("Ellipsis")))
}
methods! {
    static ELLIPSIS_METHODS = [
        "__reduce__" NOARGS ellipsis_reduce, "__reduce__($self, /)\n--\n\n";
    ]
}
