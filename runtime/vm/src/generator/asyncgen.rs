//! Async generators: `async_generator`, its awaitables, and the opcodes of `async for`.
//!
//! A value that an async generator yields is wrapped so that the driver can tell it from what the awaits inside it
//! yield; `asend`/`athrow` objects unwrap it into `StopIteration(value)`.

use super::objects::*;
use super::*;
use pyrs_bytecode::Instr;
use pyrs_object::{Raised, getset, methods, py_type};
use std::ffi::{c_int, c_void};

/// A yielded value in its wrapper.
#[repr(C)]
pub struct WrappedValue {
    ob_base: PyObject,
    value: Value,
}
unsafe extern "C" fn wrapped_dealloc(raw: *mut PyObject) {
    // SAFETY: called once with a dead wrapper.
    unsafe {
        pyrs_object::gc::untrack(raw);
        heap::clear_field(&raw mut (*raw.cast::<WrappedValue>()).value);
        heap::finish_dealloc(raw);
    }
}
unsafe extern "C" fn wrapped_traverse(
    raw: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector with a live wrapper.
    unsafe {
        let v = (*raw.cast::<WrappedValue>()).value;
        if v.is_object() {
            visit(v.as_ptr(), arg)
        } else {
            0
        }
    }
}
py_type! {
    /// `async_generator_wrapped_value`.
    pub static _PyAsyncGenWrappedValue_Type: WrappedValue = "async_generator_wrapped_value" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: wrapped_dealloc, tp_traverse: wrapped_traverse }
    }
}

fn wrap(v: Ref) -> Ref {
    let raw = heap::alloc_zeroed(ty!(_PyAsyncGenWrappedValue_Type), size_of::<WrappedValue>());
    // SAFETY: a fresh wrapper.
    unsafe {
        (*raw.cast::<WrappedValue>()).value = v.into_value();
        pyrs_object::gc::track(raw);
        Ref::from_owned_ptr(raw)
    }
}
fn unwrap(v: Value) -> Option<Ref> {
    if !v.is_exact(ty!(_PyAsyncGenWrappedValue_Type)) {
        return None;
    }
    // SAFETY: a live wrapper.
    Some(Ref::new(unsafe {
        (*v.as_ptr().cast::<WrappedValue>()).value
    }))
}

/// `ASYNC_GEN_WRAP`. `one`: only that.
pub(crate) fn async_gen_wrap(ctx: Ctx, one: bool) -> Flow {
    let i = ctx.instr();
    // SAFETY: the running frame is an async generator's; the instruction is followed by others. The frame that drives an
    // `asend` object is at its YIELD_FROM.
    unsafe {
        let frame = ctx.frame;
        let plain = (*frame).flags.0 & (FrameFlags::ENTRY.0 | FrameFlags::TRACED.0) == 0
            && Continuation::of(&*frame) == Continuation::Asend
            && !(*(*frame).prev).flags.has(FrameFlags::TRACED);
        let next = |i: Instr| i.op_byte() == Op::YIELD as u8 && i.b() == ctx.instr().a();
        if plain && !one && next(crate::code::instr((*frame).pc.add(1))) {
            // The wrapper would be taken off at once.
            let v = ctx.take_operand(i.b(), i.d() & pyrs_bytecode::KILL_B != 0);
            ctx.advance();
            let ts = ctx.ts;
            let driver = Ctx {
                ts,
                frame: unlink(ts, frame, state::SUSPENDED),
            };
            let s = step(driver.reg(driver.instr().b()));
            set_running(s.generator, false);
            s.progress = Progress::Closed;
            yield_from_returned(driver, v);
            return Flow::Reload;
        }
    }
    let v = ctx.take_operand(i.b(), i.d() & pyrs_bytecode::KILL_B != 0);
    ctx.set(i.a(), wrap(v));
    Flow::Next
}

/// What an `asend`, `athrow` or `aclose` object does when it is stepped.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Kind {
    Send,
    Throw,
    Close,
}
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Progress {
    Init,
    Iterating,
    Closed,
}

/// `async_generator_asend` and `async_generator_athrow`.
#[repr(C)]
pub struct Step {
    ob_base: PyObject,
    generator: Value,
    /// The value to send, or the tuple of `athrow`'s arguments.
    argument: Value,
    kind: Kind,
    progress: Progress,
}
unsafe extern "C" fn step_dealloc(raw: *mut PyObject) {
    // SAFETY: called once with a dead object.
    unsafe {
        pyrs_object::gc::untrack(raw);
        heap::clear_field(&raw mut (*raw.cast::<Step>()).generator);
        heap::clear_field(&raw mut (*raw.cast::<Step>()).argument);
        heap::finish_dealloc(raw);
    }
}
unsafe extern "C" fn step_traverse(
    raw: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector with a live object.
    unsafe {
        for v in [
            (*raw.cast::<Step>()).generator,
            (*raw.cast::<Step>()).argument,
        ] {
            if v.is_object() {
                let r = visit(v.as_ptr(), arg);
                if r != 0 {
                    return r;
                }
            }
        }
        0
    }
}
fn step(v: Value) -> &'static mut Step {
    // SAFETY: callers pass live step objects; no two borrows overlap because each use is short.
    unsafe { &mut *v.as_ptr().cast::<Step>() }
}
fn new_step(t: Type, generator: Value, argument: Value, kind: Kind) -> Ref {
    let raw = heap::alloc_zeroed(t, size_of::<Step>());
    // SAFETY: a fresh object.
    unsafe {
        let s = raw.cast::<Step>();
        (*s).generator = Ref::new(generator).into_value();
        (*s).argument = Ref::new(argument).into_value();
        (*s).kind = kind;
        (*s).progress = Progress::Init;
        pyrs_object::gc::track(raw);
        Ref::from_owned_ptr(raw)
    }
}

fn running(g: Value) -> bool {
    // SAFETY: a live async generator.
    unsafe { (*object(g)).gi_running_async != 0 }
}
fn set_running(g: Value, on: bool) {
    // SAFETY: a live async generator.
    unsafe { (*object(g)).gi_running_async = on.into() }
}
fn set_closed(g: Value) {
    // SAFETY: a live async generator.
    unsafe { (*object(g)).gi_closed = 1 }
}
fn is_closed(g: Value) -> bool {
    // SAFETY: a live async generator.
    unsafe { (*object(g)).gi_closed != 0 }
}

/// Turns one step of the body into what the awaiter sees.
fn outcome(g: Value, result: PyResult<Sent>) -> PyResult {
    match result {
        Ok(Sent::Yielded(v)) => match unwrap(v.value()) {
            Some(inner) => {
                set_running(g, false);
                Err(stop_iteration_exact(inner))
            }
            None => Ok(v),
        },
        Ok(Sent::Returned(_)) => {
            set_closed(g);
            set_running(g, false);
            Err(raise!(StopAsyncIteration))
        }
        Err(e) => {
            if errors::matches(exceptions::StopAsyncIteration)
                || errors::matches(exceptions::GeneratorExit)
            {
                set_closed(g);
            }
            set_running(g, false);
            Err(e)
        }
    }
}
fn stop_iteration_exact(v: Ref) -> Raised {
    match exceptions::new_instance(exceptions::StopIteration, &[v.value()]) {
        Ok(exc) => errors::set(exc),
        Err(e) => e,
    }
}

fn step_send(v: Value, arg: Value) -> PyResult {
    let s = step(v);
    let g = s.generator;
    match s.kind {
        Kind::Send => asend_send(v, g, arg),
        Kind::Throw | Kind::Close => athrow_send(v, g, arg),
    }
}

/// What the generator `g` is sent when `v` is sent `arg`; from now on it counts as running.
fn asend_start(v: Value, g: Value, arg: Value) -> PyResult {
    let s = step(v);
    if s.progress == Progress::Closed {
        return Err(raise!(
            RuntimeError,
            "cannot reuse already awaited __anext__()/asend()"
        ));
    }
    let mut value = Ref::new(arg);
    if s.progress == Progress::Init {
        if running(g) {
            return Err(raise!(
                RuntimeError,
                "anext(): asynchronous generator is already running"
            ));
        }
        if value.is_none() {
            value = Ref::new(s.argument);
        }
        s.progress = Progress::Iterating;
    }
    set_running(g, true);
    Ok(value)
}

/// `YIELD_FROM` over the `asend` object `v`: makes the frame of its generator the running one. `None`, with nothing done,
/// if the generator has finished.
pub(super) fn asend_in_frame(
    ts: *mut ThreadState,
    v: Value,
    arg: &Ref,
    one: bool,
) -> Option<PyResult<()>> {
    let g = step(v).generator;
    if state_is_finished(g) {
        return None;
    }
    let sent = match asend_start(v, g, arg.value()) {
        Ok(sent) => sent,
        Err(e) => return Some(Err(e)),
    };
    let resumed = resume(ts, g, sent, (Continuation::Asend, 0), one);
    if resumed.is_err() {
        asend_raised(v);
    }
    Some(resumed.map(drop))
}
/// The generator of the `asend` object `v` has yielded: its value if it was not one of what it awaits.
pub(super) fn asend_yielded(v: Value, yielded: Value) -> Option<Ref> {
    let inner = unwrap(yielded)?;
    let s = step(v);
    set_running(s.generator, false);
    s.progress = Progress::Closed;
    Some(inner)
}
/// The generator of the `asend` object `v` has returned.
pub(super) fn asend_returned(v: Value) -> Raised {
    let s = step(v);
    s.progress = Progress::Closed;
    set_closed(s.generator);
    set_running(s.generator, false);
    raise!(StopAsyncIteration)
}
/// The generator of the `asend` object `v`, which `async for` has made and the running frame drives, has returned: goes on
/// behind the loop. False, with nothing done, where `StopAsyncIteration` must be raised.
pub(super) fn end_loop(ctx: Ctx, v: Value) -> bool {
    // SAFETY: the running frame is at its YIELD_FROM; a handler's target is an instruction.
    unsafe {
        let frame = ctx.frame;
        let code = &*(*frame).code.cast::<crate::code::Code>();
        let Some(entry) = code.handler(code.index_of((*frame).pc)) else {
            return false;
        };
        let target = code.instructions.add(entry.target as usize);
        let i = crate::code::instr(target);
        if i.op() != Some(Op::END_ASYNC_FOR) || (*frame).flags.has(FrameFlags::TRACED) {
            return false;
        }
        let s = step(v);
        s.progress = Progress::Closed;
        set_closed(s.generator);
        set_running(s.generator, false);
        frames::release_registers(frame, u32::from(entry.depth), (*frame).size);
        ctx.release(i.b());
        (*frame).pc = target.add(1);
        true
    }
}
/// The generator of the `asend` object `v` has raised.
pub(crate) fn asend_raised(v: Value) {
    let s = step(v);
    s.progress = Progress::Closed;
    let _ = outcome(s.generator, Err(Raised::assume_set()));
}

fn asend_send(v: Value, g: Value, arg: Value) -> PyResult {
    let value = asend_start(v, g, arg)?;
    let result = outcome(g, send(g, value.value()));
    if result.is_err() {
        step(v).progress = Progress::Closed;
    }
    result
}

fn athrow_send(v: Value, g: Value, arg: Value) -> PyResult {
    let s = step(v);
    let closing = s.kind == Kind::Close;
    if state_is_finished(g) || s.progress == Progress::Closed {
        if s.progress == Progress::Closed || !closing {
            if s.progress != Progress::Closed {
                s.progress = Progress::Closed;
                return Err(raise!(StopAsyncIteration));
            }
            return Err(raise!(
                RuntimeError,
                "cannot reuse already awaited aclose()/athrow()"
            ));
        }
        s.progress = Progress::Closed;
        return Err(raise!(StopIteration));
    }
    if s.progress == Progress::Init {
        if running(g) {
            s.progress = Progress::Closed;
            return Err(if closing {
                raise!(
                    RuntimeError,
                    "aclose(): asynchronous generator is already running"
                )
            } else {
                raise!(
                    RuntimeError,
                    "athrow(): asynchronous generator is already running"
                )
            });
        }
        if is_closed(g) {
            s.progress = Progress::Closed;
            return Err(if closing {
                raise!(StopIteration)
            } else {
                raise!(StopAsyncIteration)
            });
        }
        if !arg.is_none() {
            return Err(raise!(
                RuntimeError,
                "can't send non-None value to a just-started coroutine"
            ));
        }
        s.progress = Progress::Iterating;
        set_running(g, true);
        let exc = if closing {
            set_closed(g);
            exceptions::new_instance(exceptions::GeneratorExit, &[])?
        } else {
            let args = Ref::new(s.argument);
            match throw_argument(pyrs_object::tuple::items(args.value())) {
                Ok(exc) => exc,
                Err(e) => {
                    set_running(g, false);
                    return Err(e);
                }
            }
        };
        let result = throw(g, exc);
        return athrow_outcome(v, g, result);
    }
    let result = send(g, arg);
    athrow_outcome(v, g, result)
}

fn athrow_outcome(v: Value, g: Value, result: PyResult<Sent>) -> PyResult {
    let closing = step(v).kind == Kind::Close;
    if !closing {
        let r = outcome(g, result);
        if r.is_err() {
            step(v).progress = Progress::Closed;
        }
        return r;
    }
    match result {
        Ok(Sent::Yielded(y)) => {
            if unwrap(y.value()).is_some() {
                set_running(g, false);
                step(v).progress = Progress::Closed;
                return Err(raise!(
                    RuntimeError,
                    "async generator ignored GeneratorExit"
                ));
            }
            Ok(y)
        }
        Ok(Sent::Returned(_)) => {
            set_running(g, false);
            step(v).progress = Progress::Closed;
            Err(raise!(StopIteration))
        }
        Err(e) => {
            set_running(g, false);
            step(v).progress = Progress::Closed;
            if errors::matches(exceptions::StopAsyncIteration)
                || errors::matches(exceptions::GeneratorExit)
            {
                errors::clear();
                return Err(raise!(StopIteration));
            }
            Err(e)
        }
    }
}

fn state_is_finished(g: Value) -> bool {
    // SAFETY: a live async generator.
    unsafe { (*object(g)).gi_frame_state >= state::COMPLETED }
}

fn step_next(v: Value) -> PyResult<Option<Ref>> {
    step_send(v, pyrs_object::singletons::none()).map(Some)
}
fn step_throw(v: Value, args: &[Value]) -> PyResult {
    let s = step(v);
    let g = s.generator;
    if s.progress == Progress::Closed {
        return Err(match s.kind {
            Kind::Send => raise!(
                RuntimeError,
                "cannot reuse already awaited __anext__()/asend()"
            ),
            _ => raise!(
                RuntimeError,
                "cannot reuse already awaited aclose()/athrow()"
            ),
        });
    }
    let exc = throw_argument(args)?;
    let result = throw(g, exc);
    if s.kind == Kind::Close {
        return athrow_outcome(v, g, result);
    }
    let r = outcome(g, result);
    if r.is_err() {
        step(v).progress = Progress::Closed;
    }
    r
}
fn step_close(v: Value) -> PyResult {
    step(v).progress = Progress::Closed;
    Ok(Ref::none())
}
fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
methods! { static STEP_METHODS = [
    "send" O step_send, "send($self, arg, /)\n--\n\n";
    "throw" FAST step_throw, "throw(value)\n\n";
    "close" NOARGS step_close, "close($self, /)\n--\n\n";
] }
py_type! {
    /// `async_generator_asend`.
    pub static _PyAsyncGenASend_Type: Step = "async_generator_asend" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: step_dealloc, tp_traverse: step_traverse }
        slots { tp_iter: self_iter, tp_iternext: step_next }
        async { am_await: self_iter }
        methods: STEP_METHODS;
    }
}
py_type! {
    /// `async_generator_athrow`.
    pub static _PyAsyncGenAThrow_Type: Step = "async_generator_athrow" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: step_dealloc, tp_traverse: step_traverse }
        slots { tp_iter: self_iter, tp_iternext: step_next }
        async { am_await: self_iter }
        methods: STEP_METHODS;
    }
}

/// Calls the first-iteration hook of `sys.set_asyncgen_hooks` and remembers the finalizer.
fn init_hooks(g: Value) -> PyResult<()> {
    // SAFETY: live async generator and thread state; the fields own their objects.
    unsafe {
        let o = object(g);
        if (*o).gi_hooks_inited != 0 {
            return Ok(());
        }
        (*o).gi_hooks_inited = 1;
        let ts = thread::current();
        let finalizer = (*ts).c.async_gen_finalizer;
        if !finalizer.is_null() {
            (*o).gi_origin_or_finalizer = Ref::new(Value::from_object(finalizer)).into_ptr();
        }
        let first = (*ts).c.async_gen_firstiter;
        if !first.is_null() {
            let first = Ref::new(Value::from_object(first));
            ops::call(first.value(), &[g])?;
        }
    }
    Ok(())
}

/// Runs the finalizer hook of a dying async generator; false if it has none.
pub(super) fn call_finalizer(g: Value) -> bool {
    // SAFETY: a live async generator.
    unsafe {
        let o = object(g);
        let f = (*o).gi_origin_or_finalizer;
        if f.is_null() || (*o).gi_closed != 0 {
            return false;
        }
        let f = Ref::new(Value::from_object(f));
        if ops::call(f.value(), &[g]).is_err() {
            errors::write_unraisable("", g);
        }
        true
    }
}

fn anext(g: Value) -> PyResult {
    init_hooks(g)?;
    Ok(new_step(
        ty!(_PyAsyncGenASend_Type),
        g,
        pyrs_object::singletons::none(),
        Kind::Send,
    ))
}
fn asend(g: Value, arg: Value) -> PyResult {
    init_hooks(g)?;
    Ok(new_step(ty!(_PyAsyncGenASend_Type), g, arg, Kind::Send))
}
fn athrow(g: Value, args: &[Value]) -> PyResult {
    init_hooks(g)?;
    let args = pyrs_object::tuple::from_slice(args);
    Ok(new_step(
        ty!(_PyAsyncGenAThrow_Type),
        g,
        args.value(),
        Kind::Throw,
    ))
}
fn aclose(g: Value) -> PyResult {
    init_hooks(g)?;
    Ok(new_step(
        ty!(_PyAsyncGenAThrow_Type),
        g,
        pyrs_object::singletons::none(),
        Kind::Close,
    ))
}
fn ag_running(g: Value) -> PyResult {
    Ok(Ref::bool(running(g)))
}
methods! { static ASYNCGEN_METHODS = [
    "asend" O asend, "asend($self, value, /)\n--\n\nAwaitable that resumes with a value.";
    "athrow" FAST athrow, "athrow(value)\n\nAwaitable that raises inside the generator.";
    "aclose" NOARGS aclose, "aclose($self, /)\n--\n\nAwaitable that closes the generator.";
    "__class_getitem__" O|CLASS class_getitem, "See PEP 585";
] }
fn class_getitem(cls: Value, item: Value) -> PyResult {
    pyrs_object::genericalias::new(cls, item)
}
getset! { static ASYNCGEN_GETSET = [
    "__name__" get_name, set_name, "name of the async generator";
    "__qualname__" get_qualname, set_qualname, "qualified name of the async generator";
    "ag_await" get_delegate, None, "object being awaited on, or None";
    "ag_frame" get_frame, None, "";
    "ag_running" ag_running, None, "";
    "ag_suspended" get_suspended, None, "";
    "ag_code" get_code, None, "";
] }
py_type! {
    /// `async_generator`.
    pub static PyAsyncGen_Type: PyGenObject = "async_generator" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION | HAVE_FINALIZE;
        fields { tp_weaklistoffset: std::mem::offset_of!(PyGenObject, gi_weakreflist) as isize, tp_itemsize: 8 }
        raw { tp_dealloc: gen_dealloc, tp_traverse: gen_traverse, tp_finalize: gen_finalize }
        slots { tp_repr: repr }
        async { am_aiter: self_iter, am_anext: anext }
        methods: ASYNCGEN_METHODS;
        getset: ASYNCGEN_GETSET;
    }
}

/// An async slot of a type: native first, then C.
fn async_unary(
    v: Value,
    native: Option<fn(Value) -> PyResult>,
    c: Option<unaryfunc>,
) -> Option<PyResult> {
    match native {
        Some(f) => Some(f(v)),
        None => c.map(|f| ops::c_unary(f, v)),
    }
}
fn async_table(v: Value) -> Option<&'static PyAsyncMethods> {
    // SAFETY: null or a table that lives as long as the type.
    unsafe { v.ty().tp_as_async.as_ref() }
}

/// `aiter(v)`.
pub fn aiter(v: Value) -> PyResult {
    let c = async_table(v).and_then(|a| a.am_aiter);
    let Some(it) = async_unary(v, v.ty().native().am_aiter, c) else {
        return Err(raise!(
            TypeError,
            "'async for' requires an object with __aiter__ method, got {}",
            v.ty().message_name()
        ));
    };
    let it = it?;
    if async_table(it.value()).is_none_or(|a| a.am_anext.is_none()) {
        return Err(raise!(
            TypeError,
            "'async for' received an object from __aiter__ that does not implement __anext__: {}",
            it.ty().message_name()
        ));
    }
    Ok(it)
}

/// `GET_AITER`.
pub(crate) fn get_aiter(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    match aiter(ctx.operand(i.b())) {
        Ok(it) => {
            ctx.kill(i);
            ctx.set(i.a(), it);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// `GET_ANEXT`.
pub(crate) fn get_anext(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let it = ctx.reg(i.b());
    let c = async_table(it).and_then(|a| a.am_anext);
    let result = match async_unary(it, it.ty().native().am_anext, c) {
        None => Err(raise!(
            TypeError,
            "'async for' requires an iterator with __anext__ method, got {}",
            it.ty().message_name()
        )),
        Some(Err(e)) => Err(e),
        Some(Ok(awaitable)) => {
            if it.is_exact(ty!(PyAsyncGen_Type)) {
                Ok(awaitable)
            } else {
                match get_awaitable(awaitable.value()) {
                    Ok(it) => Ok(it),
                    Err(_) => {
                        let cause = errors::take();
                        let e = raise!(
                            TypeError,
                            "'async for' received an invalid object from __anext__: {}",
                            awaitable.ty().message_name()
                        );
                        let error = errors::take();
                        exceptions::set_cause(error.value(), Some(cause));
                        let _ = e;
                        Err(errors::restore(error))
                    }
                }
            }
        }
    };
    match result {
        Ok(v) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// `END_ASYNC_FOR`: the exception of a step ends the loop or goes on.
pub(crate) fn end_async_for(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let exc = ctx.take(i.a());
    if exc.is_a(exceptions::StopAsyncIteration) {
        ctx.release(i.b());
        return Flow::Next;
    }
    Flow::Raise(errors::restore(exc))
}

/// The awaitable of `anext(it, default)`: `StopAsyncIteration` becomes the default.
#[repr(C)]
pub struct AnextDefault {
    ob_base: PyObject,
    awaitable: Value,
    default: Value,
}
unsafe extern "C" fn anext_dealloc(raw: *mut PyObject) {
    // SAFETY: called once with a dead object.
    unsafe {
        pyrs_object::gc::untrack(raw);
        heap::clear_field(&raw mut (*raw.cast::<AnextDefault>()).awaitable);
        heap::clear_field(&raw mut (*raw.cast::<AnextDefault>()).default);
        heap::finish_dealloc(raw);
    }
}
unsafe extern "C" fn anext_traverse(
    raw: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector with a live object.
    unsafe {
        for v in [
            (*raw.cast::<AnextDefault>()).awaitable,
            (*raw.cast::<AnextDefault>()).default,
        ] {
            if v.is_object() {
                let r = visit(v.as_ptr(), arg);
                if r != 0 {
                    return r;
                }
            }
        }
        0
    }
}
fn anext_parts(v: Value) -> (Value, Value) {
    // SAFETY: a live object of the type.
    unsafe {
        let a = v.as_ptr().cast::<AnextDefault>();
        ((*a).awaitable, (*a).default)
    }
}
/// Ends in `StopIteration(default)` where the awaitable ends in `StopAsyncIteration`.
fn anext_result(v: Value, result: PyResult) -> PyResult {
    let Err(e) = result else { return result };
    if !errors::take_if(exceptions::StopAsyncIteration) {
        return Err(e);
    }
    Err(stop_iteration_exact(Ref::new(anext_parts(v).1)))
}
fn anext_iterator(v: Value) -> PyResult {
    get_awaitable(anext_parts(v).0)
}
fn anext_send(v: Value, arg: Value) -> PyResult {
    let it = anext_iterator(v)?;
    let result = match send_to(it.value(), arg) {
        Ok(Sent::Yielded(y)) => Ok(y),
        Ok(Sent::Returned(r)) => Err(stop_iteration_exact(r)),
        Err(e) => Err(e),
    };
    anext_result(v, result)
}
fn anext_next(v: Value) -> PyResult<Option<Ref>> {
    anext_send(v, pyrs_object::singletons::none()).map(Some)
}
fn anext_throw(v: Value, args: &[Value]) -> PyResult {
    let it = anext_iterator(v)?;
    anext_result(v, ops::call_method_str(it.value(), "throw", args))
}
fn anext_close(v: Value) -> PyResult {
    let it = anext_iterator(v)?;
    ops::call_method_str(it.value(), "close", &[])
}
methods! { static ANEXT_METHODS = [
    "send" O anext_send, "send($self, arg, /)\n--\n\n";
    "throw" FAST anext_throw, "throw(value)\n\n";
    "close" NOARGS anext_close, "close($self, /)\n--\n\n";
] }
py_type! {
    /// `anext_awaitable`.
    pub static _PyAnextAwaitable_Type: AnextDefault = "anext_awaitable" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: anext_dealloc, tp_traverse: anext_traverse }
        slots { tp_iter: self_iter, tp_iternext: anext_next }
        async { am_await: self_iter }
        methods: ANEXT_METHODS;
    }
}
/// See [`AnextDefault`].
pub fn anext_default(awaitable: Ref, default: Value) -> PyResult {
    let raw = heap::alloc_zeroed(ty!(_PyAnextAwaitable_Type), size_of::<AnextDefault>());
    // SAFETY: a fresh object.
    unsafe {
        let a = raw.cast::<AnextDefault>();
        (*a).awaitable = awaitable.into_value();
        (*a).default = Ref::new(default).into_value();
        pyrs_object::gc::track(raw);
        Ok(Ref::from_owned_ptr(raw))
    }
}
