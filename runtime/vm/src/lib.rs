//! The stackless interpreter: frames, calls, unwinding, generators, imports.
//!
//! [`interp`] is the loop; [`frames`] the frame stack; [`code`] what a code object executes; [`generator`] frames that detach;
//! [`import`] the import system; [`safepoint`] what back-edges poll; [`jit`] where the JIT hooks in. This crate never depends on
//! the JIT.

pub mod builtins;
pub mod caches;
pub mod code;
pub mod code_extra;
pub mod code_from_c;
mod code_new;
pub mod codeobject;
pub mod consume;
pub mod frameobject;
pub mod frames;
pub mod frozen;
pub mod generator;
pub mod import;
pub mod interp;
pub mod jit;
mod jump;
pub mod safepoint;
mod shown_bytecode;
pub mod source;
pub mod threads;
pub mod trace;
pub mod tracemalloc;

use pyrs_object::{PyResult, Ref, Value, dict, intern, module};
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
    consume::install(builtins_dict());
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
        with_stack: safepoint::with_stack,
        warn: import::warn,
        write_unraisable: import::write_unraisable,
        import: import::import_absolute,
        sys_attr: import::sys_attr,
        caller_globals,
        super_frame_args,
        frame_code: frameobject::code_of,
        code_doc: code::docstring,
        type_modified: |_| {},
    };
    // SAFETY: by contract.
    unsafe { pyrs_object::install_hooks(hooks) }
    pyrs_object::gc::set_attention(safepoint::request);
}

/// The globals of the running Python frame.
fn caller_globals() -> Option<Ref> {
    // SAFETY: the current thread state and its frame are live.
    unsafe {
        let frame = (*pyrs_object::thread::current()).c.frame;
        if frame.is_null() {
            None
        } else {
            Some(Ref::new(Value::from_object((*frame).globals)))
        }
    }
}

/// What zero-argument `super()` means in the running frame.
fn super_frame_args() -> PyResult<(Ref, Ref)> {
    use pyrs_object::layout::Frame;
    use pyrs_object::{ValueExt, cell, raise, ty};
    // SAFETY: the current thread state and its frame are live; registers below `first_temp` are variables.
    unsafe {
        let frame = (*pyrs_object::thread::current()).c.frame;
        if frame.is_null() {
            return Err(raise!(RuntimeError, "super(): no current frame"));
        }
        let code = &*(*frame).code.cast::<code::Code>();
        if code.argcount == 0 {
            return Err(raise!(RuntimeError, "super(): no arguments"));
        }
        let registers = Frame::registers(frame);
        let mut first = *registers;
        if code.is_cell_register(0) && first.is_exact(ty!(cell::PyCell_Type)) {
            first = cell::get(first);
        }
        if first.is_empty() {
            return Err(raise!(RuntimeError, "super(): arg[0] deleted"));
        }
        let Some(at) = code
            .freevars()
            .iter()
            .position(|n| *n == pyrs_object::intern!("__class__"))
        else {
            return Err(raise!(RuntimeError, "super(): __class__ cell not found"));
        };
        let holder = *registers.add(code.first_free as usize + at);
        if !holder.is_exact(ty!(cell::PyCell_Type)) {
            return Err(raise!(RuntimeError, "super(): bad __class__ cell"));
        }
        let class = cell::get(holder);
        if class.is_empty() {
            return Err(raise!(RuntimeError, "super(): empty __class__ cell"));
        }
        if pyrs_object::Type::from_value(class).is_none() {
            return Err(raise!(
                RuntimeError,
                "super(): __class__ is not a type ({})",
                class.ty().message_name()
            ));
        }
        Ok((Ref::new(class), Ref::new(first)))
    }
}

/// Readies the types of this crate.
pub fn init_types() -> PyResult<()> {
    use pyrs_object::{Type, ty, typeobject};
    let types: &[Type] = &[
        ty!(codeobject::PyCode_Type),
        ty!(frameobject::PyFrame_Type),
        ty!(generator::PyGen_Type),
        ty!(generator::PyCoro_Type),
        ty!(generator::_PyCoroWrapper_Type),
        ty!(generator::PyAsyncGen_Type),
        ty!(generator::_PyAsyncGenASend_Type),
        ty!(generator::_PyAsyncGenAThrow_Type),
        ty!(generator::_PyAsyncGenWrappedValue_Type),
        ty!(generator::_PyAnextAwaitable_Type),
    ];
    for t in types {
        typeobject::ready(*t)?;
    }
    Ok(())
}
