//! The error indicator: raising, fetching, normalising. It lives in the thread state at CPython's offsets, because
//! compiled extensions read and write it without a call.

use crate::thread::tstate;
use crate::{PyResult, Raised, Ref, Type, Value, ValueExt};
use std::fmt;

/// Raises a built-in exception with a formatted message and gives the [`Raised`] to return:
/// `return Err(raise!(TypeError, "expected {}, got {}", a, b))`.
#[macro_export]
macro_rules! raise {
    ($exc:ident, $($arg:tt)*) => {
        $crate::errors::raise_fmt($crate::exceptions::$exc, format_args!($($arg)*))
    };
    ($exc:ident) => {
        $crate::errors::raise_none($crate::exceptions::$exc)
    };
}

/// Raises `ty(message)`.
#[cold]
#[inline(never)]
pub fn raise_fmt(ty: Type, message: fmt::Arguments<'_>) -> Raised {
    let text = match message.as_str() {
        Some(text) => crate::str::new(text),
        None => crate::str::new(&message.to_string()),
    };
    raise_arg(ty, text)
}
/// Raises `ty()`.
#[cold]
pub fn raise_none(ty: Type) -> Raised {
    match crate::exceptions::new_instance(ty, &[]) {
        Ok(exc) => set(exc),
        Err(e) => e,
    }
}
/// Raises `ty(arg)`.
#[cold]
pub fn raise_arg(ty: Type, arg: Ref) -> Raised {
    match crate::exceptions::new_instance(ty, &[arg.value()]) {
        Ok(exc) => set(exc),
        Err(e) => e,
    }
}
/// `KeyError(key)`.
#[cold]
pub fn key_error(key: Value) -> Raised {
    raise_arg(crate::exceptions::KeyError, Ref::new(key))
}
#[cold]
pub fn no_memory() -> Raised {
    raise_none(crate::exceptions::MemoryError)
}
/// `MemoryError` when there is no block of `count` times `size` bytes: asked where a program's input decides the size, before
/// code that cannot fail allocates it.
pub fn check_room(count: usize, size: usize) -> PyResult<()> {
    let bytes = count.saturating_mul(size);
    if bytes < 1 << 24 {
        return Ok(());
    }
    let mut block: Vec<u8> = Vec::new();
    let had = block.try_reserve_exact(bytes).is_ok();
    // An allocation that nobody looks at would be optimised away, and count as had.
    std::hint::black_box(&mut block);
    if had { Ok(()) } else { Err(no_memory()) }
}
#[cold]
pub fn bad_internal_call() -> Raised {
    raise!(SystemError, "bad argument to internal function")
}

/// Sets `exc` (an exception instance) as the current error, with the handled exception as its `__context__`.
#[cold]
pub fn set(exc: Ref) -> Raised {
    crate::exceptions::chain_context(exc.value());
    restore(exc)
}

/// Sets `exc` as the current error as it is (no context chaining).
pub fn restore(exc: Ref) -> Raised {
    // SAFETY: the indicator's fields own their objects; the old ones are released after the new are in place.
    unsafe {
        let ts = tstate();
        let ty = Type::of(exc.value()).to_ref();
        let tb = crate::exceptions::traceback_of(exc.value());
        let old = [
            (*ts).curexc_type,
            (*ts).curexc_value,
            (*ts).curexc_traceback,
        ];
        (*ts).curexc_type = ty.into_ptr();
        (*ts).curexc_value = exc.into_ptr();
        (*ts).curexc_traceback = tb.map_or(std::ptr::null_mut(), Ref::into_ptr);
        for o in old {
            crate::heap::xdecref_ptr(o);
        }
    }
    Raised::assume_set()
}

#[inline]
pub fn occurred() -> bool {
    // SAFETY: the current thread state is valid while the GIL is held.
    unsafe { !(*tstate()).curexc_type.is_null() }
}

/// Whether the current error is an instance of `ty`.
pub fn matches(ty: Type) -> bool {
    // SAFETY: as above.
    let current = unsafe { (*tstate()).curexc_type };
    Type::from_value(Value::from_object(current)).is_some_and(|t| t.is_subtype(ty))
}

pub fn clear() {
    // SAFETY: the fields own their objects.
    unsafe {
        let ts = tstate();
        crate::heap::clear_field(&raw mut (*ts).curexc_type);
        crate::heap::clear_field(&raw mut (*ts).curexc_value);
        crate::heap::clear_field(&raw mut (*ts).curexc_traceback);
    }
}

/// Takes the current error as a normalised instance with its traceback in place; clears the indicator.
pub fn take() -> Ref {
    // SAFETY: the fields own their objects; ownership moves into the Refs.
    unsafe {
        let ts = tstate();
        let ty = std::mem::replace(&mut (*ts).curexc_type, std::ptr::null_mut());
        let value = std::mem::replace(&mut (*ts).curexc_value, std::ptr::null_mut());
        let tb = std::mem::replace(&mut (*ts).curexc_traceback, std::ptr::null_mut());
        let ty = Ref::from_owned_ptr(ty);
        let value = Ref::from_owned_ptr(value);
        let tb = Ref::from_owned_ptr(tb);
        crate::exceptions::normalize(ty, value, tb)
    }
}

/// Clears the current error if it is a `ty` and says whether it was.
pub fn take_if(ty: Type) -> bool {
    if matches(ty) {
        clear();
        true
    } else {
        false
    }
}

/// `Ok(None)` instead of an error of type `ty` (`StopIteration`, `AttributeError`, `KeyError`...).
pub fn absorb<T>(result: PyResult<T>, ty: Type) -> PyResult<Option<T>> {
    match result {
        Ok(v) => Ok(Some(v)),
        Err(e) => {
            if take_if(ty) {
                Ok(None)
            } else {
                Err(e)
            }
        }
    }
}

/// A C function returned its failure value.
#[cold]
pub fn from_c_null() -> Raised {
    if occurred() {
        Raised::assume_set()
    } else {
        raise!(SystemError, "error return without exception set")
    }
}

/// Prints an error that cannot be raised (in `__del__`, callbacks) through `sys.unraisablehook`, and clears it.
pub fn write_unraisable(context: &str, object: Value) {
    if !occurred() {
        return;
    }
    let exc = take();
    (crate::hooks().write_unraisable)(exc, context, object);
    if occurred() {
        clear();
    }
}

/// `OSError` from the calling thread's errno, with up to two file names.
#[cold]
pub fn os_error(filename: Value, filename2: Value) -> Raised {
    let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    os_error_code(code, filename, filename2)
}
#[cold]
pub fn os_error_code(code: i32, filename: Value, filename2: Value) -> Raised {
    let text = crate::str::new(&strerror(code));
    let mut args = vec![Value::int_unchecked(code as i64), text.value()];
    if !filename.is_empty() {
        args.push(filename);
        if !filename2.is_empty() {
            args.push(crate::singletons::none());
            args.push(filename2);
        }
    }
    match crate::exceptions::new_instance(crate::exceptions::OSError, &args) {
        Ok(exc) => set(exc),
        Err(e) => e,
    }
}
/// The operating system's text for an error number.
pub fn strerror(code: i32) -> String {
    // SAFETY: strerror gives a NUL-terminated text that is read at once under the GIL.
    unsafe { std::ffi::CStr::from_ptr(libc::strerror(code)) }
        .to_string_lossy()
        .into_owned()
}

/// "an integer is required", "'x' object is not callable"... with the type's name in front.
#[cold]
pub fn type_error_for(v: Value, rest: &str) -> Raised {
    raise!(TypeError, "'{}' object {rest}", v.ty().message_name())
}
