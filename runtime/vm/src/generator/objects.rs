//! The types `generator`, `coroutine` and `coroutine_wrapper`.

use super::*;
use crate::frameobject;
use pyrs_object::{Raised, audit, getset, intern, methods, py_type, str};
use std::ffi::{c_int, c_void};

pub(super) unsafe extern "C" fn gen_dealloc(raw: *mut PyObject) {
    // SAFETY: called once with a dead generator; a suspended body is run to its end first (which may revive it).
    unsafe {
        pyrs_object::gc::untrack(raw);
        let g = raw.cast::<PyGenObject>();
        if !(*g).gi_weakreflist.is_null() {
            pyrs_object::weakref::clear_refs(raw);
        }
        if (*g).gi_frame_state < state::EXECUTING {
            (*raw).ob_refcnt = 1;
            finalize(Value::from_object(raw));
            (*raw).ob_refcnt -= 1;
            if (*raw).ob_refcnt > 0 {
                pyrs_object::gc::track(raw);
                return;
            }
        }
        if (*g).gi_frame_state < state::EXECUTING {
            discard(Value::from_object(raw));
        }
        heap::clear_field(&raw mut (*g).gi_code);
        heap::clear_field(&raw mut (*g).gi_name);
        heap::clear_field(&raw mut (*g).gi_qualname);
        heap::clear_field(&raw mut (*g).gi_exc_state.exc_value);
        heap::clear_field(&raw mut (*g).gi_origin_or_finalizer);
        heap::finish_dealloc(raw);
    }
}

/// What `tp_finalize` does: closes a suspended body, warns about a coroutine that was never awaited.
pub(crate) fn finalize(v: Value) {
    // SAFETY: a live generator object.
    unsafe {
        let g = object(v);
        let s = (*g).gi_frame_state;
        if s >= state::EXECUTING {
            return;
        }
        let saved = if errors::occurred() {
            Some(errors::take())
        } else {
            None
        };
        if v.is_exact(ty!(PyAsyncGen_Type)) && super::asyncgen::call_finalizer(v) {
            if let Some(e) = saved {
                let _ = errors::restore(e);
            }
            return;
        }
        if v.is_exact(ty!(PyCoro_Type)) && s == state::CREATED {
            warn_unawaited(v);
        } else if close(v).is_err() {
            errors::write_unraisable("", v);
        }
        if let Some(e) = saved {
            let _ = errors::restore(e);
        }
    }
}

fn warn_unawaited(v: Value) {
    let result = (|| -> PyResult<()> {
        let warnings = crate::import::modules().and_then(|m| {
            errors::absorb(
                ops::getitem(m.value(), intern!("warnings")),
                exceptions::KeyError,
            )
        })?;
        if let Some(w) = warnings
            && let Some(f) = ops::getattr_opt(w.value(), intern!("_warn_unawaited_coroutine"))?
        {
            match ops::call(f.value(), &[v]) {
                Ok(_) => return Ok(()),
                Err(e) if errors::matches(exceptions::RuntimeWarning) => return Err(e),
                Err(_) => errors::write_unraisable("", v),
            }
        }
        // SAFETY: a live generator object.
        let name = unsafe { Value::from_object((*object(v)).gi_qualname) };
        crate::import::warn(
            exceptions::RuntimeWarning,
            &format!(
                "coroutine '{}' was never awaited",
                str::to_string_lossy(name)
            ),
            1,
        )
    })();
    if result.is_err() {
        errors::write_unraisable("", v);
    }
}

pub(super) unsafe extern "C" fn gen_traverse(
    raw: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector with a live generator.
    unsafe {
        let g = raw.cast::<PyGenObject>();
        for p in [
            (*g).gi_code.cast::<PyObject>(),
            (*g).gi_name,
            (*g).gi_qualname,
            (*g).gi_exc_state.exc_value,
            (*g).gi_origin_or_finalizer,
        ] {
            if !p.is_null() {
                let r = visit(p, arg);
                if r != 0 {
                    return r;
                }
            }
        }
        if (*g).gi_frame_state < state::COMPLETED {
            return frameobject::traverse_frame(frame_of(Value::from_object(raw)), visit, arg);
        }
        0
    }
}
pub(super) unsafe extern "C" fn gen_finalize(raw: *mut PyObject) {
    finalize(Value::from_object(raw));
}

fn next(v: Value) -> PyResult<Option<Ref>> {
    match send(v, pyrs_object::singletons::none())? {
        Sent::Yielded(v) => Ok(Some(v)),
        // `next()` and `yield from` ask through `send`; a plain iteration has no use for the value.
        Sent::Returned(_) => Ok(None),
    }
}
/// `StopIteration(value)`; tuples and exceptions are wrapped as they are.
pub(super) fn stop_iteration(v: Ref) -> Raised {
    if v.is_none() {
        return raise!(StopIteration);
    }
    match exceptions::new_instance(exceptions::StopIteration, &[v.value()]) {
        Ok(exc) => errors::set(exc),
        Err(e) => e,
    }
}
fn result(r: PyResult<Sent>) -> PyResult {
    match r? {
        Sent::Yielded(v) => Ok(v),
        Sent::Returned(v) => Err(stop_iteration(v)),
    }
}
fn gen_send(v: Value, arg: Value) -> PyResult {
    result(send(v, arg))
}
fn gen_close(v: Value) -> PyResult {
    close(v)?;
    Ok(Ref::none())
}

fn instance_to_throw(class: Value, value: Option<Value>) -> PyResult {
    let made = match value {
        None => ops::call(class, &[])?,
        Some(v) if ops::is_instance(v, class)? => return Ok(Ref::new(v)),
        Some(v) if v.has_flag(tpflags::TUPLE_SUBCLASS) => {
            ops::call(class, pyrs_object::tuple::items(v))?
        }
        Some(v) => ops::call(class, &[v])?,
    };
    interp::checked_instance(class, made)
}

/// The exception instance of `throw(type[, value[, traceback]])`.
pub(super) fn throw_argument(args: &[Value]) -> PyResult {
    pyrs_object::check_positional("throw", args.len(), 1, 3)?;
    let typ = args[0];
    let value = args.get(1).copied().filter(|v| !v.is_none());
    let tb = args.get(2).copied().filter(|v| !v.is_none());
    if let Some(tb) = tb
        && !tb.is_exact(ty!(pyrs_object::traceback::PyTraceBack_Type))
    {
        return Err(raise!(
            TypeError,
            "throw() third argument must be a traceback object"
        ));
    }
    let exc = if Type::from_value(typ).is_some_and(|t| t.has(tpflags::BASE_EXC_SUBCLASS)) {
        // An error while the instance is made is what gets thrown.
        instance_to_throw(typ, value).unwrap_or_else(|_| errors::take())
    } else if typ.has_flag(tpflags::BASE_EXC_SUBCLASS) {
        if value.is_some() {
            return Err(raise!(
                TypeError,
                "instance exception may not have a separate value"
            ));
        }
        Ref::new(typ)
    } else {
        return Err(raise!(
            TypeError,
            "exceptions must be classes or instances deriving from BaseException, not {}",
            typ.ty().message_name()
        ));
    };
    if let Some(tb) = tb {
        exceptions::set_traceback(exc.value(), tb);
    }
    Ok(exc)
}
fn gen_throw(v: Value, args: &[Value]) -> PyResult {
    let exc = throw_argument(args)?;
    result(throw(v, exc))
}

pub(super) fn repr(v: Value) -> PyResult {
    // SAFETY: a live generator object.
    let name = unsafe { Value::from_object((*object(v)).gi_qualname) };
    let kind = if v.is_exact(ty!(PyAsyncGen_Type)) {
        "async_generator"
    } else {
        kind_name(v)
    };
    Ok(str::new(&format!(
        "<{kind} object {} at {:#x}>",
        str::to_string_lossy(name),
        v.bits()
    )))
}
fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
pub(super) fn get_name(v: Value) -> PyResult {
    // SAFETY: a live generator object.
    Ok(Ref::new(unsafe {
        Value::from_object((*object(v)).gi_name)
    }))
}
pub(super) fn set_name(v: Value, value: Value) -> PyResult<()> {
    if !value.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "__name__ must be set to a string object"));
    }
    // SAFETY: the field owns its object.
    unsafe {
        let old = std::mem::replace(&mut (*object(v)).gi_name, Ref::new(value).into_ptr());
        heap::xdecref_ptr(old);
    }
    Ok(())
}
pub(super) fn get_qualname(v: Value) -> PyResult {
    // SAFETY: a live generator object.
    Ok(Ref::new(unsafe {
        Value::from_object((*object(v)).gi_qualname)
    }))
}
pub(super) fn set_qualname(v: Value, value: Value) -> PyResult<()> {
    if !value.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__qualname__ must be set to a string object"
        ));
    }
    // SAFETY: the field owns its object.
    unsafe {
        let old = std::mem::replace(&mut (*object(v)).gi_qualname, Ref::new(value).into_ptr());
        heap::xdecref_ptr(old);
    }
    Ok(())
}
pub(super) fn get_running(v: Value) -> PyResult {
    Ok(Ref::bool(state_of(v) == state::EXECUTING))
}
pub(super) fn get_suspended(v: Value) -> PyResult {
    Ok(Ref::bool(state_of(v) == state::SUSPENDED))
}
/// `name` with the prefix that attributes of this kind of generator have.
fn own_name(v: Value, name: &str) -> Ref {
    let t = v.ty();
    let prefix = if t == ty!(PyCoro_Type) {
        "cr"
    } else if v.is_exact(ty!(super::asyncgen::PyAsyncGen_Type)) {
        "ag"
    } else {
        "gi"
    };
    str::new(&format!("{prefix}_{name}"))
}
/// `gi_frame` and what it is called elsewhere.
pub(super) fn get_frame(v: Value) -> PyResult {
    audit!("object.__getattr__", v, own_name(v, "frame"))?;
    if state_of(v) >= state::COMPLETED {
        return Ok(Ref::none());
    }
    // SAFETY: a live generator's frame.
    Ok(unsafe { Ref::new(Value::from_object(frames::frame_object(frame_of(v)).cast())) })
}
pub(super) fn get_code(v: Value) -> PyResult {
    audit!("object.__getattr__", v, own_name(v, "code"))?;
    // SAFETY: a live generator object.
    Ok(Ref::new(unsafe {
        Value::from_object((*object(v)).gi_code.cast())
    }))
}
pub(super) fn get_delegate(v: Value) -> PyResult {
    Ok(delegate(v).map_or_else(Ref::none, Ref::new))
}
fn get_origin(v: Value) -> PyResult {
    // SAFETY: a live coroutine object.
    let o = unsafe { Value::from_object((*object(v)).gi_origin_or_finalizer) };
    Ok(if o.is_empty() {
        Ref::none()
    } else {
        Ref::new(o)
    })
}

methods! { static GEN_METHODS = [
    "send" O gen_send, "send(arg): passes 'arg' into generator as the value of its yield; gives the next yielded value.";
    "throw" FAST gen_throw, "throw(value)\n\nRaises an exception in generator, where it is suspended.";
    "close" NOARGS gen_close, "close(): raises GeneratorExit inside generator.";
] }
getset! { static GEN_GETSET = [
    "__name__" get_name, set_name, "name of the generator";
    "__qualname__" get_qualname, set_qualname, "qualified name of the generator";
    "gi_yieldfrom" get_delegate, None, "object being iterated by yield from, or None";
    "gi_running" get_running, None, "";
    "gi_frame" get_frame, None, "";
    "gi_suspended" get_suspended, None, "";
    "gi_code" get_code, None, "";
] }

py_type! {
    /// `generator`.
    pub static PyGen_Type: PyGenObject = "generator" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION | HAVE_FINALIZE;
        fields { tp_weaklistoffset: std::mem::offset_of!(PyGenObject, gi_weakreflist) as isize, tp_itemsize: 8 }
        raw { tp_dealloc: gen_dealloc, tp_traverse: gen_traverse, tp_finalize: gen_finalize }
        slots { tp_repr: repr, tp_iter: self_iter, tp_iternext: next }
        async { am_send: send }
        methods: GEN_METHODS;
        getset: GEN_GETSET;
    }
}

/// `coroutine.__await__`'s iterator.
#[repr(C)]
pub struct CoroWrapper {
    ob_base: PyObject,
    coroutine: *mut PyObject,
}
unsafe extern "C" fn wrapper_dealloc(raw: *mut PyObject) {
    // SAFETY: called once with a dead wrapper.
    unsafe {
        pyrs_object::gc::untrack(raw);
        heap::clear_field(&raw mut (*raw.cast::<CoroWrapper>()).coroutine);
        heap::finish_dealloc(raw);
    }
}
unsafe extern "C" fn wrapper_traverse(
    raw: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector with a live wrapper.
    unsafe { visit((*raw.cast::<CoroWrapper>()).coroutine, arg) }
}
fn wrapped(v: Value) -> Value {
    // SAFETY: a live wrapper.
    Value::from_object(unsafe { (*v.as_ptr().cast::<CoroWrapper>()).coroutine })
}
fn wrapper_next(v: Value) -> PyResult<Option<Ref>> {
    next(wrapped(v))
}
fn wrapper_am_send(v: Value, arg: Value) -> PyResult<Sent> {
    send(wrapped(v), arg)
}
fn wrapper_send(v: Value, arg: Value) -> PyResult {
    gen_send(wrapped(v), arg)
}
fn wrapper_throw(v: Value, args: &[Value]) -> PyResult {
    gen_throw(wrapped(v), args)
}
fn wrapper_close(v: Value) -> PyResult {
    gen_close(wrapped(v))
}
methods! { static WRAPPER_METHODS = [
    "send" O wrapper_send, "";
    "throw" FAST wrapper_throw, "";
    "close" NOARGS wrapper_close, "";
] }
py_type! {
    /// `coroutine_wrapper`.
    pub static _PyCoroWrapper_Type: CoroWrapper = "coroutine_wrapper" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: wrapper_dealloc, tp_traverse: wrapper_traverse }
        slots { tp_iter: self_iter, tp_iternext: wrapper_next }
        async { am_send: wrapper_am_send }
        methods: WRAPPER_METHODS;
    }
}
fn coro_await(v: Value) -> PyResult {
    let raw = heap::alloc_zeroed(ty!(_PyCoroWrapper_Type), size_of::<CoroWrapper>());
    // SAFETY: a fresh object.
    unsafe {
        (*raw.cast::<CoroWrapper>()).coroutine = Ref::new(v).into_ptr();
        pyrs_object::gc::track(raw);
        Ok(Ref::from_owned_ptr(raw))
    }
}

getset! { static CORO_GETSET = [
    "__name__" get_name, set_name, "name of the coroutine";
    "__qualname__" get_qualname, set_qualname, "qualified name of the coroutine";
    "cr_await" get_delegate, None, "object being awaited on, or None";
    "cr_running" get_running, None, "";
    "cr_frame" get_frame, None, "";
    "cr_suspended" get_suspended, None, "";
    "cr_code" get_code, None, "";
    "cr_origin" get_origin, None, "";
] }
methods! { static CORO_METHODS = [
    "send" O gen_send, "send(arg): passes 'arg' into coroutine as the value it waits for; gives the next yielded value.";
    "throw" FAST gen_throw, "throw(value)\n\nRaises an exception in coroutine, where it is suspended.";
    "close" NOARGS gen_close, "close(): raises GeneratorExit inside coroutine.";
] }
py_type! {
    /// `coroutine`.
    pub static PyCoro_Type: PyGenObject = "coroutine" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION | HAVE_FINALIZE;
        fields { tp_weaklistoffset: std::mem::offset_of!(PyGenObject, gi_weakreflist) as isize, tp_itemsize: 8 }
        raw { tp_dealloc: gen_dealloc, tp_traverse: gen_traverse, tp_finalize: gen_finalize }
        slots { tp_repr: repr }
        async { am_await: coro_await, am_send: send }
        methods: CORO_METHODS;
        getset: CORO_GETSET;
    }
}

/// `GET_YIELD_FROM_ITER`.
pub(crate) fn get_yield_from_iter(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    let kill = i.d() & pyrs_bytecode::KILL_B != 0;
    if v.is_exact(ty!(PyCoro_Type)) {
        let allowed = coflags::COROUTINE | coflags::ITERABLE_COROUTINE;
        if ctx.code().flags & allowed == 0 {
            return Flow::Raise(raise!(
                TypeError,
                "cannot 'yield from' a coroutine object in a non-coroutine generator"
            ));
        }
    }
    if !is_generator(v) {
        return interp::get_iter(ctx);
    }
    let it = ctx.take_operand(i.b(), kill);
    ctx.set(i.a(), it);
    Flow::Next
}

/// The iterator behind `await v`.
pub fn get_awaitable(v: Value) -> PyResult {
    if is_coroutine(v) || is_iterable_coroutine(v) {
        return Ok(Ref::new(v));
    }
    let t = v.ty();
    let it = if let Some(f) = t.native().am_await {
        f(v)?
    } else {
        // SAFETY: null or a table that lives as long as the type.
        match unsafe { t.tp_as_async.as_ref() }.and_then(|a| a.am_await) {
            Some(f) => ops::c_unary(f, v)?,
            None => {
                return Err(raise!(
                    TypeError,
                    "object {} can't be used in 'await' expression",
                    t.message_name()
                ));
            }
        }
    };
    if is_coroutine(it.value()) || is_iterable_coroutine(it.value()) {
        return Err(raise!(TypeError, "__await__() returned a coroutine"));
    }
    if !ops::is_iterator(it.value()) {
        return Err(raise!(
            TypeError,
            "__await__() returned non-iterator of type '{}'",
            it.ty().message_name()
        ));
    }
    Ok(it)
}

/// `GET_AWAITABLE`.
pub(crate) fn get_awaitable_op(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    match get_awaitable(v) {
        Ok(it) => {
            if is_coroutine(it.value()) && delegate_running(it.value()) {
                return Flow::Raise(raise!(RuntimeError, "coroutine is being awaited already"));
            }
            ctx.kill(i);
            ctx.set(i.a(), it);
            Flow::Next
        }
        Err(e) => {
            let place = match i.d() & 3 {
                1 => "__aenter__",
                2 => "__aexit__",
                _ => return Flow::Raise(e),
            };
            let t = v.ty();
            // SAFETY: null or a table that lives as long as the type.
            let has = unsafe { t.tp_as_async.as_ref() }.is_some_and(|a| a.am_await.is_some());
            if has {
                return Flow::Raise(e);
            }
            errors::clear();
            Flow::Raise(raise!(
                TypeError,
                "'async with' received an object from {place} that does not implement __await__: {}",
                t.message_name()
            ))
        }
    }
}

/// Somebody else awaits this coroutine: it is suspended inside another await.
fn delegate_running(v: Value) -> bool {
    delegate(v).is_some()
}
