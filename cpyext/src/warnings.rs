//! `warnings.h`.

use crate::*;
use pyrs_object::exceptions;

/// `source`: what the warning is about, or null.
pub(crate) fn warn(category: O, message: Value, level: isize, source: O) -> c_int {
    // SAFETY: null or a live warning class.
    let t = Type::from_value(unsafe { val(category) }).unwrap_or(exceptions::RuntimeWarning);
    let s = pyrs_object::str::to_string_lossy(message);
    let source = if source.is_null() {
        Ref::none()
    } else {
        // SAFETY: a live object of the caller's.
        Ref::new(unsafe { val(source) })
    };
    let level = level.max(1) as usize;
    status(pyrs_vm::import::warn_about(t, &s, level, source.value()))
}

capi! {
    fn PyErr_WarnEx(category: O, s: *const c_char, level: isize) -> c_int { warn(category, Ref::str(&text(s)).value(), level, NULL) }
    fn PyErr_WarnExplicit(category: O, s: *const c_char, _file: *const c_char, _line: c_int, _module: *const c_char, _registry: O) -> c_int {
        PyErr_WarnEx(category, s, 1)
    }
}
