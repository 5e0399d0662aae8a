//! `warnings.h`.

use crate::*;
use pyrs_object::exceptions;

pub(crate) fn warn(category: O, message: Value, level: isize) -> c_int {
    // SAFETY: null or a live warning class.
    let t = Type::from_value(unsafe { val(category) }).unwrap_or(exceptions::RuntimeWarning);
    let s = pyrs_object::str::to_string_lossy(message);
    status((pyrs_object::hooks().warn)(t, &s, level.max(1) as usize))
}

capi! {
    fn PyErr_WarnEx(category: O, s: *const c_char, level: isize) -> c_int { warn(category, Ref::str(&text(s)).value(), level) }
    fn PyErr_WarnExplicit(category: O, s: *const c_char, _file: *const c_char, _line: c_int, _module: *const c_char, _registry: O) -> c_int {
        PyErr_WarnEx(category, s, 1)
    }
}
