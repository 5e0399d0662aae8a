//! `sys.settrace` and `sys.setprofile`.

use crate::interp::Ctx;
use pyrs_object::layout::Frame;
use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{PyResult, Ref, Value, ValueExt, heap, raise};

/// A traced frame returns or yields `value`.
pub(crate) fn on_return(_ctx: Ctx, _value: Value) -> PyResult<()> {
    Ok(())
}

/// An exception passes through a traced frame.
pub(crate) fn on_exception(_ts: *mut ThreadState, _frame: *mut Frame) {}

fn get(object: *mut pyrs_object::layout::PyObject) -> Ref {
    if object.is_null() {
        Ref::none()
    } else {
        Ref::new(Value::from_object(object))
    }
}

/// `sys.gettrace()`.
pub fn get_trace() -> Ref {
    // SAFETY: the current thread state is valid.
    get(unsafe { (*thread::current()).c.c_traceobj })
}
/// `sys.getprofile()`.
pub fn get_profile() -> Ref {
    // SAFETY: the current thread state is valid.
    get(unsafe { (*thread::current()).c.c_profileobj })
}

/// `sys.settrace(function)`: only switching off is supported so far.
pub fn set_trace(v: Value) -> PyResult<()> {
    if !v.is_none() {
        return Err(raise!(
            RuntimeError,
            "sys.settrace: pyrs cannot trace Python code yet"
        ));
    }
    // SAFETY: the field owns its object.
    unsafe { heap::clear_field(&raw mut (*thread::current()).c.c_traceobj) };
    Ok(())
}
/// `sys.setprofile(function)`: only switching off is supported so far.
pub fn set_profile(v: Value) -> PyResult<()> {
    if !v.is_none() {
        return Err(raise!(
            RuntimeError,
            "sys.setprofile: pyrs cannot profile Python code yet"
        ));
    }
    // SAFETY: the field owns its object.
    unsafe { heap::clear_field(&raw mut (*thread::current()).c.c_profileobj) };
    Ok(())
}
