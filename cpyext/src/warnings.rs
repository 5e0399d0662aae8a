//! `warnings.h`.

use crate::*;
use pyrs_object::{ValueExt, exceptions};

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

/// `warnings.warn_explicit`; a module that is not given is named after the file.
///
/// # Safety
/// Objects are alive; category, module and registry may be null.
pub(crate) unsafe fn warn_explicit(
    category: O,
    message: Value,
    file: Value,
    line: c_int,
    module: Value,
    registry: O,
) -> c_int {
    // SAFETY: by contract.
    let (category, registry) = unsafe { (val(category), val(registry)) };
    let category = category
        .non_empty()
        .unwrap_or(exceptions::RuntimeWarning.value());
    let registry = registry.non_empty().map_or_else(Ref::none, Ref::new);
    let module = module.non_empty().map_or_else(
        || {
            let name = pyrs_object::str::to_string_lossy(file);
            Ref::str(match name.strip_suffix(".py") {
                Some(stem) => stem,
                None if name.is_empty() => "<unknown>",
                None => &name,
            })
        },
        Ref::new,
    );
    let line = Ref::int(line.into());
    status((pyrs_object::hooks().import)("warnings").and_then(|m| {
        let values = [
            message,
            category,
            file,
            line.value(),
            module.value(),
            registry.value(),
        ];
        pyrs_object::ops::call_method_str(m.value(), "warn_explicit", &values).map(drop)
    }))
}

capi! {
    fn PyErr_WarnEx(category: O, s: *const c_char, level: isize) -> c_int { warn(category, Ref::str(&text(s)).value(), level, NULL) }
    fn PyErr_WarnExplicit(category: O, s: *const c_char, file: *const c_char, line: c_int, module: *const c_char, registry: O) -> c_int {
        let module = if module.is_null() { Ref::from_owned(Value::EMPTY) } else { Ref::str(&text(module)) };
        let file = pyrs_object::codec::decode_fs(c_bytes(file));
        warn_explicit(category, Ref::str(&text(s)).value(), file.value(), line, module.value(), registry)
    }
    fn PyErr_WarnExplicitObject(category: O, message: O, file: O, line: c_int, module: O, registry: O) -> c_int {
        warn_explicit(category, val(message), val(file), line, val(module), registry)
    }
    fn pyrs_warn_explicit(category: O, message: O, file: *const c_char, line: c_int, module: *const c_char, registry: O) -> c_int {
        if message.is_null() { return -1; }
        let message = steal(message);
        let module = if module.is_null() { Ref::from_owned(Value::EMPTY) } else { Ref::str(&text(module)) };
        let file = pyrs_object::codec::decode_fs(c_bytes(file));
        warn_explicit(category, message.value(), file.value(), line, module.value(), registry)
    }
}
