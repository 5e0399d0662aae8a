//! The exception hierarchy: static types in CPython's layouts, and what the error machinery asks of exceptions.

mod base;
mod group;
mod handled;
mod oserror;
mod simple;
mod syntax;
mod table;
mod unicode;

pub use group::{group_match, prep_reraise_star};
pub use handled::{Skip, handled, handled_by, linked, unlinked};
pub use table::types::*;
pub use table::*;

use crate::layout::*;
use crate::thread::tstate;
use crate::{Args, PyResult, Raised, Ref, Type, Value, ValueExt, errors, heap, ops, raise};
use base::{fields, load, store};
use std::ptr;

/// Gives `ExceptionGroup` its two bases; before the types are readied.
fn prepare() {
    // SAFETY: start-up, before anyone else uses the type.
    unsafe {
        let t = &raw mut _PyExc_ExceptionGroup;
        if (*t).tp_bases.is_null() {
            let bases = [BaseExceptionGroup.value(), Exception.value()];
            (*t).tp_bases = crate::tuple::from_slice(&bases).into_ptr();
        }
    }
}

/// Readies the hierarchy.
pub fn init() -> PyResult<()> {
    for &t in TYPES {
        // SAFETY: start-up, before anyone else uses the types.
        unsafe { crate::typeobject::set_base_and_meta(t.as_ptr()) };
    }
    prepare();
    for &t in TYPES {
        crate::typeobject::ready(t)?;
    }
    Ok(())
}

/// An exception of type `t`: the plain built-in ones are made directly, others by calling the type.
pub fn new_instance(t: Type, args: &[Value]) -> PyResult {
    if is_plain(t) {
        let object = heap::alloc_zeroed(t, size_of::<PyBaseExceptionObject>());
        let args = crate::tuple::from_slice(args);
        // SAFETY: a fresh exception of the plain layout.
        unsafe {
            (*object.cast::<PyBaseExceptionObject>()).args = crate::boundary::to_c(args);
            crate::gc::track(object);
            return Ok(Ref::from_owned_ptr(object));
        }
    }
    crate::typeobject::type_call(t, Args::positional_only(args))
}

/// Whether instances of `t` are nothing but `args`: its `__new__` and `__init__` are `BaseException`'s.
fn is_plain(t: Type) -> bool {
    let root = BaseException;
    let word = |f: Option<newfunc>| f.map_or(0, |f| f as usize);
    let init = |f: Option<initproc>| f.map_or(0, |f| f as usize);
    t.tp_flags & tpflags::HEAPTYPE == 0
        && t.tp_basicsize == size_of::<PyBaseExceptionObject>() as isize
        && (t.tp_flags & tpflags::READY == 0
            || (word(t.tp_new) == word(root.tp_new) && init(t.tp_init) == init(root.tp_init)))
}

/// Sets `__context__` from the handled exception, breaking cycles.
pub fn chain_context(exc: Value) {
    if let Some(top) = handled() {
        chain_to(exc, top);
    }
}

/// Makes `top` the `__context__` of `exc`, breaking cycles.
pub fn chain_to(exc: Value, top: Ref) {
    if top.value() == exc {
        return;
    }
    // Walk the handled exception's contexts; `slow` finds cycles that exist already.
    let mut at = top.clone();
    let mut slow = top.clone();
    let mut step_slow = false;
    while let Some(context) = context_of(at.value()) {
        if context.value() == exc {
            set_context(at.value(), None);
            break;
        }
        at = context;
        if at.value() == slow.value() {
            break;
        }
        if step_slow && let Some(next) = context_of(slow.value()) {
            slow = next;
        }
        step_slow = !step_slow;
    }
    set_context(exc, Some(top));
}

pub fn traceback_of(exc: Value) -> Option<Ref> {
    // SAFETY: an exception.
    unsafe { load(&raw const (*fields(exc)).traceback) }.filter(|tb| !tb.is_none())
}
/// `tb` is a traceback, `None` or empty.
pub fn set_traceback(exc: Value, tb: Value) {
    let tb = tb.non_empty().filter(|tb| !tb.is_none()).map(Ref::new);
    // SAFETY: an exception.
    unsafe { store(&raw mut (*fields(exc)).traceback, tb) }
}
pub fn context_of(exc: Value) -> Option<Ref> {
    // SAFETY: an exception.
    unsafe { load(&raw const (*fields(exc)).context) }
}
pub fn set_context(exc: Value, context: Option<Ref>) {
    // SAFETY: an exception.
    unsafe { store(&raw mut (*fields(exc)).context, context) }
}
pub fn cause_of(exc: Value) -> Option<Ref> {
    // SAFETY: an exception.
    unsafe { load(&raw const (*fields(exc)).cause) }
}
/// Also sets `__suppress_context__`.
pub fn set_cause(exc: Value, cause: Option<Ref>) {
    // SAFETY: an exception.
    unsafe {
        (*fields(exc)).suppress_context = 1;
        store(&raw mut (*fields(exc)).cause, cause);
    }
}
/// The `args` tuple.
pub fn args_of(exc: Value) -> Ref {
    base::args_of(exc)
}
pub fn is_exception(v: Value) -> bool {
    v.has_flag(tpflags::BASE_EXC_SUBCLASS)
}
/// The type, if `v` is an exception class.
pub fn exception_class(v: Value) -> Option<Type> {
    Type::from_value(v).filter(|t| t.has(tpflags::BASE_EXC_SUBCLASS))
}

/// The `value` of a `StopIteration`; `None` if it has none.
pub fn stop_iteration_value(exc: Ref) -> Ref {
    if !exc.is_a(StopIteration) {
        return Ref::none();
    }
    // SAFETY: a StopIteration.
    unsafe { load(&raw const (*exc.as_ptr().cast::<PyStopIterationObject>()).value) }
        .unwrap_or_else(Ref::none)
}

/// Sets `NameError.name` of the current error.
pub fn set_name(name: Value) {
    // SAFETY: the current thread state is valid while the GIL is held.
    let current = Value::from_object(unsafe { (*tstate()).curexc_value });
    if current.is_a(NameError) {
        // SAFETY: a NameError.
        unsafe {
            let e = current.as_ptr().cast::<PyNameErrorObject>();
            store(&raw mut (*e).name, Some(Ref::new(name)));
        }
    }
}

/// Whether an `except class_or_tuple` clause catches `exc` (an instance or a class).
pub fn given_matches(exc: Value, class_or_tuple: Value) -> bool {
    if exc.is_empty() || class_or_tuple.is_empty() {
        return false;
    }
    if class_or_tuple.has_flag(tpflags::TUPLE_SUBCLASS) {
        return crate::tuple::items(class_or_tuple)
            .iter()
            .any(|c| given_matches(exc, *c));
    }
    let t = if is_exception(exc) {
        Some(exc.ty())
    } else {
        exception_class(exc)
    };
    match (t, exception_class(class_or_tuple)) {
        (Some(t), Some(c)) => t.is_subtype(c),
        (Some(t), None) => t.value() == class_or_tuple,
        (None, _) => exc == class_or_tuple,
    }
}

/// An instance with its traceback set; the fields may be empty or unfinished as C left them.
pub fn normalize(ty: Ref, value: Ref, tb: Ref) -> Ref {
    let mut tb = tb;
    let (mut ty, mut value) = (ty, value);
    for _ in 0..32 {
        match make_instance(&ty, &value) {
            Ok(exc) => {
                if !tb.is_empty() && !tb.is_none() {
                    set_traceback(exc.value(), tb.value());
                }
                return exc;
            }
            Err(_) => {
                // Making it failed: that error takes its place.
                let (t, v, new_tb) = fetch();
                ty = t;
                value = v;
                if !new_tb.is_empty() {
                    tb = new_tb;
                }
            }
        }
    }
    // The constructors go on failing: a plain exception that runs no Python code.
    errors::clear();
    let text = crate::str::new("Cannot recover from the recursive normalization of an exception.");
    let exc = heap::alloc_zeroed(RecursionError, size_of::<PyBaseExceptionObject>());
    // SAFETY: a fresh exception of the plain layout.
    unsafe {
        let args = crate::tuple::from_slice(&[text.value()]);
        (*exc.cast::<PyBaseExceptionObject>()).args = crate::boundary::to_c(args);
        crate::gc::track(exc);
        Ref::from_owned_ptr(exc)
    }
}

fn fetch() -> (Ref, Ref, Ref) {
    // SAFETY: the indicator's fields own their objects; ownership moves out.
    unsafe {
        let ts = tstate();
        let take = |p: *mut *mut PyObject| Ref::from_owned_ptr(ptr::replace(p, ptr::null_mut()));
        (
            take(&raw mut (*ts).curexc_type),
            take(&raw mut (*ts).curexc_value),
            take(&raw mut (*ts).curexc_traceback),
        )
    }
}

fn make_instance(ty: &Ref, value: &Ref) -> PyResult {
    if is_exception(value.value()) {
        let wanted = exception_class(ty.value());
        match wanted {
            Some(t) if !value.ty().is_subtype(t) => {}
            _ => return Ok(value.clone()),
        }
    }
    let Some(_) = exception_class(ty.value()) else {
        return Err(raise!(
            SystemError,
            "_PyErr_SetObject: exception is not a BaseException subclass"
        ));
    };
    let v = value.value();
    let exc = if v.is_empty() || v.is_none() {
        ops::call(ty.value(), &[])?
    } else if v.has_flag(tpflags::TUPLE_SUBCLASS) {
        let args: Vec<Value> = crate::tuple::items(v)
            .iter()
            .map(|x| crate::boundary::canonical(*x))
            .collect();
        ops::call(ty.value(), &args)?
    } else {
        ops::call(ty.value(), &[crate::boundary::canonical(v)])?
    };
    if is_exception(exc.value()) {
        return Ok(exc);
    }
    Err(raise!(
        TypeError,
        "calling {} should have returned an instance of BaseException, not {}",
        crate::str::display(ops::repr(ty.value())?.value()),
        exc.ty().message_name()
    ))
}

/// An `AttributeError` that says neither name nor object is told that `name` was asked of `v`.
#[cold]
pub fn tell_attribute(v: Value, name: Value) {
    if !crate::errors::matches(AttributeError) {
        return;
    }
    let exc = crate::errors::take();
    if exc.is_a(AttributeError) {
        // SAFETY: an AttributeError.
        unsafe {
            let e = exc.as_ptr().cast::<PyAttributeErrorObject>();
            if (*e).name.is_null() && (*e).obj.is_null() {
                store(&raw mut (*e).name, Some(Ref::new(name)));
                store(&raw mut (*e).obj, Some(Ref::new(v)));
            }
        }
    }
    let _ = crate::errors::restore(exc);
}

/// `AttributeError` "'X' object has no attribute 'y'" with `name` and `obj` set.
#[cold]
pub fn no_attribute(v: Value, name: Value) -> Raised {
    let text = match Type::from_value(v) {
        Some(t) => format!(
            "type object '{}' has no attribute '{}'",
            t.name(),
            crate::str::display(name)
        ),
        None => format!(
            "'{}' object has no attribute '{}'",
            v.ty().message_name(),
            crate::str::display(name)
        ),
    };
    attribute_error(&text, v, name)
}
/// `AttributeError(text, name=name, obj=v)`.
#[cold]
pub fn attribute_error(text: &str, v: Value, name: Value) -> Raised {
    let text = crate::str::new(text);
    match new_instance(AttributeError, &[text.value()]) {
        Ok(exc) => {
            // SAFETY: an AttributeError.
            unsafe {
                let e = exc.as_ptr().cast::<PyAttributeErrorObject>();
                store(&raw mut (*e).obj, Some(Ref::new(v)));
                store(&raw mut (*e).name, Some(Ref::new(name)));
            }
            errors::set(exc)
        }
        Err(e) => e,
    }
}
/// `ImportError(message, name=name, path=path)` of type `t`; empty values are left out.
pub fn new_import_error(t: Type, message: &str, name: Value, path: Value) -> PyResult {
    let text = crate::str::new(message);
    let exc = new_instance(t, &[text.value()])?;
    // SAFETY: an ImportError.
    unsafe {
        let e = exc.as_ptr().cast::<PyImportErrorObject>();
        store(&raw mut (*e).name, name.non_empty().map(Ref::new));
        store(&raw mut (*e).path, path.non_empty().map(Ref::new));
    }
    Ok(exc)
}

/// Takes the frames of the import machinery out of the current error's traceback: chunks of them that end in
/// `_call_with_frames_removed`, or all of them if the error is an `ImportError`.
pub fn remove_importlib_frames() {
    if !errors::occurred() {
        return;
    }
    let (ty, value, tb) = fetch();
    let exc = normalize(ty, value, tb);
    let always = exc.is_a(ImportError);
    let text_of = |frame: Value, name: &str| -> Option<String> {
        let code = (crate::hooks().frame_code)(frame).ok()?;
        let s = ops::getattr_str(code.value(), name).ok()?;
        Some(crate::str::to_string_lossy(s.value()))
    };
    let mut all = Vec::new();
    let mut at = traceback_of(exc.value());
    while let Some(tb) = at {
        at = crate::traceback::next_of(tb.value());
        all.push(tb);
    }
    let mut keep = vec![true; all.len()];
    let mut chunk = None;
    for (i, tb) in all.iter().enumerate() {
        let frame = crate::traceback::frame_of(tb.value());
        let file = text_of(frame.value(), "co_filename");
        let name = text_of(frame.value(), "co_name");
        let internal = matches!(
            file.as_deref(),
            Some("<frozen importlib._bootstrap>" | "<frozen importlib._bootstrap_external>")
        );
        if !internal {
            chunk = None;
            continue;
        }
        let start = *chunk.get_or_insert(i);
        if always || name.as_deref() == Some("_call_with_frames_removed") {
            keep[start..=i].fill(false);
        }
    }
    errors::clear();
    if keep.contains(&false) {
        let mut next: Option<Ref> = None;
        for (tb, keep) in all.iter().zip(&keep).rev() {
            if *keep {
                crate::traceback::set_next(tb.value(), next.take());
                next = Some(tb.clone());
            }
        }
        set_traceback(exc.value(), next.as_ref().map_or(Value::EMPTY, Ref::value));
    }
    let _ = errors::restore(exc);
}
