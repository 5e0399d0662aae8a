//! `sys.settrace` and `sys.setprofile` events of frames that are traced.

use crate::interp::Ctx;
use pyrs_object::layout::Frame;
use pyrs_object::thread::ThreadState;
use pyrs_object::{PyResult, Value};

/// A traced frame returns or yields `value`.
pub(crate) fn on_return(_ctx: Ctx, _value: Value) -> PyResult<()> {
    Ok(())
}

/// An exception passes through a traced frame.
pub(crate) fn on_exception(_ts: *mut ThreadState, _frame: *mut Frame) {}
