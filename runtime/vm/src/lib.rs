//! The stackless interpreter: frames, calls, unwinding, generators, imports.
//!
//! [`interp`] is the loop; [`frames`] the frame stack; [`code`] what a code object executes; [`generator`] frames that detach;
//! [`import`] the import system; [`safepoint`] what back-edges poll; [`jit`] where the JIT hooks in. This crate never depends on
//! the JIT.

pub mod builtins;
pub mod code;
pub mod codeobject;
pub mod frameobject;
pub mod frames;
pub mod generator;
pub mod import;
pub mod interp;
pub mod jit;
pub mod safepoint;
pub mod source;
pub mod threads;
pub mod trace;

use pyrs_object::{PyResult, Ref, Value, dict, errors, intern, module};
use std::sync::atomic::{AtomicU64, Ordering};

static BUILTINS: AtomicU64 = AtomicU64::new(0);

/// The `builtins` module's dict (borrowed; alive until the end of the process).
pub fn builtins_dict() -> Value {
    Value::from_bits(BUILTINS.load(Ordering::Relaxed))
}

/// Declares the `builtins` module. Called once at start.
pub fn set_builtins(builtins: &Ref) {
    BUILTINS.store(module::dict(builtins.value()).bits(), Ordering::Relaxed);
    pyrs_object::heap::incref(builtins.value());
}

/// The builtins that code with these globals sees: `globals["__builtins__"]` (a module or a dict), else the default, which is
/// stored there.
pub fn builtins_of(globals: Value) -> PyResult<Value> {
    let key = intern!("__builtins__");
    match dict::get(globals, key)? {
        Some(b) => {
            let v = b.value();
            if module::is_module(v) {
                return Ok(module::dict(v));
            }
            // The globals keep it alive.
            Ok(v)
        }
        None => Ok(builtins_dict()),
    }
}

/// Puts `__builtins__` into fresh globals, as `exec` does.
pub fn ensure_builtins(globals: Value) -> PyResult<()> {
    let key = intern!("__builtins__");
    if !dict::contains(globals, key)? {
        dict::set_item(globals, key, builtins_dict())?;
    }
    Ok(())
}

/// Installs the interpreter's hooks into the object layer.
///
/// # Safety
/// Called once, before Python code runs.
pub unsafe fn install() {
    let hooks = pyrs_object::Hooks {
        call_function: interp::call_function,
        check_native_depth: safepoint::check_native_depth,
        warn: import::warn,
        write_unraisable: import::write_unraisable,
        import: import::import_absolute,
        sys_attr: import::sys_attr,
    };
    // SAFETY: by contract.
    unsafe { pyrs_object::install_hooks(hooks) }
    errors::clear();
}
