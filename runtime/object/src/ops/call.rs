//! Calling: native functions directly, Python functions through the interpreter's hook, C callables by vectorcall
//! or `tp_call`.

use super::foreign::*;
use crate::boundary::{CRef, from_c_owned};
use crate::native::{NativeFn, NativeMethodDef};
use crate::{Args, PyResult, Ref, Value, ValueExt, raise, ty};
use pyrs_layout::*;

/// Calls with positional arguments.
#[inline]
pub fn call(callable: Value, args: &[Value]) -> PyResult {
    call_args(callable, Args::positional_only(args))
}

/// Calls with any arguments.
pub fn call_args(callable: Value, args: Args<'_>) -> PyResult {
    let t = callable.ty();
    if let Some(f) = t.native().tp_call {
        return f(callable, args);
    }
    if t.has(tpflags::HAVE_VECTORCALL) && t.tp_vectorcall_offset > 0 {
        // SAFETY: the flag says that a vectorcall pointer (or null) lies at the offset.
        let f = unsafe {
            *callable
                .as_ptr()
                .cast::<u8>()
                .add(t.tp_vectorcall_offset as usize)
                .cast::<Option<vectorcallfunc>>()
        };
        if let Some(f) = f {
            return c_vectorcall(f, callable, args);
        }
    }
    match t.tp_call {
        Some(f) => {
            let _guard = crate::hooks().enter_native()?;
            c_call(f, callable, args)
        }
        None => Err(raise!(
            TypeError,
            "'{}' object is not callable",
            t.message_name()
        )),
    }
}

/// Calls a C vectorcall function with boxed arguments.
pub fn c_vectorcall(f: vectorcallfunc, callable: Value, args: Args<'_>) -> PyResult {
    let _guard = crate::hooks().enter_native()?;
    let kwnames = args.kwnames.as_ptr();
    let n = args.positional().len();
    // C may write to the word before the arguments.
    let call = |shown: &[*mut PyObject]| {
        // SAFETY: boxed, live arguments, behind one scratch slot, as PY_VECTORCALL_ARGUMENTS_OFFSET promises.
        unsafe {
            let first = shown.as_ptr().add(1);
            from_c_owned(f(callable.as_ptr(), first, n | (1 << 63), kwnames))
        }
    };
    let scratch = std::ptr::null_mut();
    match args.values {
        [] => call(&[scratch]),
        [a] => {
            let a = CRef::new(*a);
            call(&[scratch, a.ptr()])
        }
        [a, b] => {
            let (a, b) = (CRef::new(*a), CRef::new(*b));
            call(&[scratch, a.ptr(), b.ptr()])
        }
        all => {
            let boxed: smallvec::SmallVec<[CRef; 8]> = all.iter().map(|v| CRef::new(*v)).collect();
            let mut shown: smallvec::SmallVec<[*mut PyObject; 9]> = smallvec::smallvec![scratch];
            shown.extend(boxed.iter().map(CRef::ptr));
            call(&shown)
        }
    }
}

/// The vectorcall entry of a callable that is implemented in C.
pub fn foreign_entry(callable: Value) -> Option<vectorcallfunc> {
    let t = callable.ty();
    if !t.has(tpflags::HAVE_VECTORCALL) || t.tp_vectorcall_offset <= 0 {
        return None;
    }
    let native = if t == ty!(crate::cfunction::PyCFunction_Type) {
        crate::cfunction::native_def(callable).is_some()
    } else if t == ty!(crate::descr::PyMethodDescr_Type) {
        crate::descr::native_method(callable).is_some()
    } else {
        t != ty!(crate::cfunction::PyCMethod_Type) && t.native().tp_call.is_some()
    };
    if native {
        return None;
    }
    // SAFETY: the flag says that a vectorcall pointer (or null) lies at the offset.
    unsafe {
        *callable
            .as_ptr()
            .cast::<u8>()
            .add(t.tp_vectorcall_offset as usize)
            .cast::<Option<vectorcallfunc>>()
    }
}

/// Calls C with arguments where they lie: the caller owns them, as CPython's stack does, so that C sees the counts it
/// would see there. Immediates are boxed in place.
///
/// # Safety
/// `first[..n]` are owned registers, the last `n_keywords` of them named by `kwnames`; the word before them may be
/// used by the callee for the time of the call.
pub unsafe fn call_in_place(
    f: vectorcallfunc,
    callable: Value,
    first: *mut Value,
    n: usize,
    kwnames: Value,
) -> PyResult {
    let _guard = crate::hooks().enter_native()?;
    // SAFETY: by contract; after the call all arguments are objects that C may look at.
    unsafe {
        show_in_place(first, n);
        let named = if kwnames.is_empty() {
            0
        } else {
            crate::tuple::len(kwnames)
        };
        let positional = (n - named) | (1 << 63);
        let result = f(
            callable.as_ptr(),
            first.cast(),
            positional,
            kwnames.as_ptr(),
        );
        if crate::audit::on() {
            crate::audit::after_arguments(first, n);
        }
        from_c_owned(result)
    }
}

/// # Safety
/// As [`call_in_place`].
#[inline(always)]
unsafe fn show_in_place(first: *mut Value, n: usize) {
    // SAFETY: by contract.
    unsafe {
        for k in 0..n {
            let slot = first.add(k);
            let v = *slot;
            if v.is_immediate() {
                *slot = Value::from_object(crate::boundary::box_immediate(v));
            } else {
                crate::boundary::expose(v);
            }
        }
    }
}

/// [`call_in_place`] of builtin functions and method descriptors whose definition is C's, without keywords. `None` if
/// `callable` is something else.
///
/// # Safety
/// As [`call_in_place`]; `callable` is an object.
#[inline(always)]
pub unsafe fn call_c_in_place(callable: Value, first: *mut Value, n: usize) -> Option<PyResult> {
    // SAFETY: by contract; after the calls all arguments are objects that C may look at.
    unsafe {
        let ty = (*callable.as_ptr()).ob_type;
        let none = std::ptr::null_mut::<PyObject>();
        if ty == &raw mut crate::cfunction::PyCFunction_Type {
            let (ml, slf) = crate::cfunction::foreign_def(callable)?;
            let _guard = match crate::hooks().enter_native() {
                Ok(guard) => guard,
                Err(e) => return Some(Err(e)),
            };
            show_in_place(first, n);
            let r = crate::cfunction::invoke(ml, slf, none.cast(), first.cast(), n, none);
            if crate::audit::on() {
                crate::audit::after_arguments(first, n);
            }
            return Some(from_c_owned(r));
        }
        if ty == &raw mut crate::descr::PyMethodDescr_Type && n > 0 {
            let (ml, class) = crate::descr::foreign_method(callable)?;
            let own = (*first).ty();
            if own.as_ptr() != class && !own.is_subtype(crate::Type::from_ptr(class)) {
                return None;
            }
            let _guard = match crate::hooks().enter_native() {
                Ok(guard) => guard,
                Err(e) => return Some(Err(e)),
            };
            show_in_place(first, n);
            let slf = (*first).as_ptr();
            let r = crate::cfunction::invoke(ml, slf, class, first.add(1).cast(), n - 1, none);
            if crate::audit::on() {
                crate::audit::after_arguments(first, n);
            }
            return Some(from_c_owned(r));
        }
        None
    }
}

/// [`call_c_in_place`] with arguments that are not the callee's: it sees references of its own to them.
///
/// # Safety
/// `callable` is an object.
#[inline(always)]
pub unsafe fn call_c(callable: Value, args: &[Value]) -> Option<PyResult> {
    // SAFETY: by contract.
    unsafe {
        let ty = (*callable.as_ptr()).ob_type;
        let none = std::ptr::null_mut::<PyObject>();
        let _held;
        let (ml, slf, class, args) = if ty == &raw mut crate::cfunction::PyCFunction_Type {
            let (ml, slf) = crate::cfunction::foreign_def(callable)?;
            (ml, slf, none.cast(), args)
        } else if ty == &raw mut crate::descr::PyMethodDescr_Type {
            let (slf, args) = args.split_first()?;
            let (ml, class) = crate::descr::foreign_method(callable)?;
            let own = slf.ty();
            if own.as_ptr() != class && !own.is_subtype(crate::Type::from_ptr(class)) {
                return None;
            }
            _held = CRef::new(*slf);
            (ml, slf.as_ptr(), class, args)
        } else {
            return None;
        };
        let _guard = match crate::hooks().enter_native() {
            Ok(guard) => guard,
            Err(e) => return Some(Err(e)),
        };
        let n = args.len();
        // A `CRef` is its pointer, so that a slice of them is a C array.
        let call =
            |args: &[CRef]| crate::cfunction::invoke(ml, slf, class, args.as_ptr().cast(), n, none);
        let made = |k: usize| CRef::new(args[k]);
        let r = match n {
            0 => call(&[]),
            1 => call(&[made(0)]),
            2 => call(&[made(0), made(1)]),
            3 => call(&[made(0), made(1), made(2)]),
            _ => return None,
        };
        Some(from_c_owned(r))
    }
}

/// Calls the native function of a builtin with `slf`.
#[inline]
pub fn call_native(def: &NativeMethodDef, slf: Value, args: Args<'_>) -> PyResult {
    match def.native {
        NativeFn::Kw(f) => f(slf, args),
        NativeFn::Fast(f) => {
            if !args.kwnames.is_empty() && args.n_keywords() > 0 {
                return Err(native_no_keywords(def, slf));
            }
            f(slf, args.positional())
        }
        NativeFn::O(f) => match args.values {
            [a] if args.kwnames.is_empty() => f(slf, *a),
            _ => Err(native_wrong_count(def, slf, args)),
        },
        NativeFn::NoArgs(f) => {
            if args.values.is_empty() {
                f(slf)
            } else {
                Err(native_wrong_count(def, slf, args))
            }
        }
    }
}

fn native_name(def: &NativeMethodDef) -> &'static str {
    // SAFETY: names of native definitions are static.
    unsafe { crate::native::c_str(def.def.ml_name) }
}
#[cold]
fn native_no_keywords(def: &NativeMethodDef, slf: Value) -> crate::Raised {
    let name = crate::cfunction::function_text(native_name(def), slf);
    raise!(TypeError, "{name}() takes no keyword arguments")
}
#[cold]
fn native_wrong_count(def: &NativeMethodDef, slf: Value, args: Args<'_>) -> crate::Raised {
    if args.n_keywords() > 0 {
        return native_no_keywords(def, slf);
    }
    let name = crate::cfunction::function_text(native_name(def), slf);
    let n = args.values.len();
    match def.native {
        NativeFn::NoArgs(_) => raise!(TypeError, "{name}() takes no arguments ({n} given)"),
        _ => raise!(TypeError, "{name}() takes exactly one argument ({n} given)"),
    }
}

/// `v.name(*args)` without a bound method object where possible.
pub fn call_method(v: Value, name: Value, args: &[Value]) -> PyResult {
    let method = crate::typeobject::get_method(v, name)?;
    method.call(args)
}
/// [`call_method`] by Rust name.
pub fn call_method_str(v: Value, name: &str, args: &[Value]) -> PyResult {
    let name = crate::str::intern(name);
    call_method(v, name.value(), args)
}

/// A callable found by a method lookup, with `self` still apart.
pub struct BoundCall {
    pub callable: Ref,
    /// Goes in front of the arguments unless empty.
    pub slf: Value,
}

impl BoundCall {
    pub fn call(&self, args: &[Value]) -> PyResult {
        self.call_args(Args::positional_only(args))
    }
    pub fn call_args(&self, args: Args<'_>) -> PyResult {
        if self.slf.is_empty() {
            return call_args(self.callable.value(), args);
        }
        with_self(self.slf, args, |all| call_args(self.callable.value(), all))
    }
}

/// Does `work` with `slf` in front of the arguments.
#[inline]
pub fn with_self<R>(slf: Value, args: Args<'_>, work: impl FnOnce(Args<'_>) -> R) -> R {
    let kwnames = args.kwnames;
    match *args.values {
        [] => work(Args {
            values: &[slf],
            kwnames,
        }),
        [a] => work(Args {
            values: &[slf, a],
            kwnames,
        }),
        [a, b] => work(Args {
            values: &[slf, a, b],
            kwnames,
        }),
        _ => {
            let mut all: smallvec::SmallVec<[Value; 8]> = smallvec::smallvec![slf];
            all.extend_from_slice(args.values);
            work(Args {
                values: &all,
                kwnames,
            })
        }
    }
}

/// Arguments that need no vector.
const FEW: usize = 6;

/// The vectorcall entry of every native callable: C gets here, canonicalises and calls.
///
/// # Safety
/// As the vectorcall protocol.
pub unsafe extern "C" fn native_vectorcall(
    callable: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: by contract.
    unsafe {
        let (n, v) = (nargsf & !(1 << 63), Value::from_object(callable));
        if kwnames.is_null() && n <= FEW {
            let mut values = [Value::EMPTY; FEW];
            for (k, place) in values[..n].iter_mut().enumerate() {
                *place = crate::boundary::from_c(*args.add(k));
            }
            let given = Args::positional_only(&values[..n]);
            let t = (*callable).ob_type;
            let r = if t == &raw mut crate::function::PyFunction_Type {
                (crate::hooks().call_function)(v, given)
            } else if t == &raw mut crate::cfunction::PyCFunction_Type
                && let Some((def, slf)) = crate::cfunction::native_def(v)
            {
                call_native(def, slf, given)
            } else {
                call_args(v, given)
            };
            return crate::boundary::c_owned(r);
        }
        let c = crate::boundary::CArgs::from_vector(args, n, kwnames);
        crate::boundary::c_owned(call_args(v, c.args()))
    }
}

/// Whether `callable` is a builtin function with a native definition, and that definition with its `self`.
#[inline]
pub fn native_function(callable: Value) -> Option<(&'static NativeMethodDef, Value)> {
    if !callable.is_exact(ty!(crate::cfunction::PyCFunction_Type)) {
        return None;
    }
    crate::cfunction::native_def(callable)
}
