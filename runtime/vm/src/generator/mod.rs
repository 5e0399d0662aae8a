//! Generators, coroutines and async generators: a frame that detaches from the frame stack.
//!
//! The object is a `PyGenObject` whose `gi_iframe` is the [`Frame`] itself, registers included. Resuming links that
//! frame in front of the running one and switches to it; yielding unlinks it. Nothing is copied. `objects` has the types,
//! `asyncgen` what async generators add.

mod asyncgen;
mod objects;

pub use asyncgen::*;
pub use objects::*;

use crate::code::Code;
use crate::frames::{self, Continuation};
use crate::interp::{self, Ctx, Exit, Flow};
use pyrs_bytecode::Op;
use pyrs_object::layout::*;
use pyrs_object::native::Sent;
use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{PyResult, Ref, Type, Value, ValueExt, errors, exceptions, heap, ops, raise, ty};
use std::ptr;

/// `gi_frame_state`, with CPython's values.
pub mod state {
    pub const CREATED: i8 = -2;
    pub const SUSPENDED: i8 = -1;
    pub const EXECUTING: i8 = 0;
    pub const COMPLETED: i8 = 1;
}

/// Offset of the frame in the object.
pub const FRAME_OFFSET: usize = std::mem::offset_of!(PyGenObject, gi_iframe);

/// The object as its layout.
#[inline(always)]
pub fn object(v: Value) -> *mut PyGenObject {
    v.as_ptr().cast()
}
/// The frame inside a generator.
///
/// # Safety
/// `v` is a generator, coroutine or async generator.
#[inline(always)]
pub unsafe fn frame_of(v: Value) -> *mut Frame {
    // SAFETY: by contract.
    unsafe { v.as_ptr().cast::<u8>().add(FRAME_OFFSET).cast() }
}
/// Exactly a generator or a coroutine: what `FOR_ITER` and `YIELD_FROM` drive without a native call.
#[inline(always)]
pub fn is_generator(v: Value) -> bool {
    if !v.is_object() {
        return false;
    }
    let t = v.ty();
    t == ty!(PyGen_Type) || t == ty!(PyCoro_Type)
}
/// A generator, coroutine or async generator.
pub fn is_any(v: Value) -> bool {
    is_generator(v) || v.is_exact(ty!(PyAsyncGen_Type))
}
/// Whether the end of this generator would run code or warn.
pub fn is_unfinished(v: Value) -> bool {
    state_of(v) < state::EXECUTING
}
fn state_of(v: Value) -> i8 {
    // SAFETY: a live generator.
    unsafe { (*object(v)).gi_frame_state }
}
/// "generator", "coroutine" or "async generator", for messages.
pub fn kind_name(v: Value) -> &'static str {
    let t = v.ty();
    if t == ty!(PyCoro_Type) {
        "coroutine"
    } else if t == ty!(PyAsyncGen_Type) {
        "async generator"
    } else {
        "generator"
    }
}

/// A new generator, coroutine or async generator of `code`, named by `func`, with everything set but its frame. The
/// collector does not know it yet.
unsafe fn allocate(code: *const Code, func: *mut PyObject) -> *mut PyGenObject {
    // SAFETY: a live body, and a live function or code object.
    unsafe {
        let flags = (*code).flags;
        let t = if flags & coflags::COROUTINE != 0 {
            ty!(PyCoro_Type)
        } else if flags & coflags::ASYNC_GENERATOR != 0 {
            ty!(PyAsyncGen_Type)
        } else {
            ty!(PyGen_Type)
        };
        let size = FRAME_OFFSET + frames::generator_frame_size(code);
        let g = heap::alloc_uninit(t, size).cast::<PyGenObject>();
        (*g).gi_code = Ref::new(Value::from_object((*code).object.cast()))
            .into_ptr()
            .cast();
        (*g).gi_weakreflist = ptr::null_mut();
        let (name, qualname) = if interp::is_py_function(Value::from_object(func)) {
            let func = func.cast::<PyFunctionObject>();
            ((*func).func_name, (*func).func_qualname)
        } else {
            ((*(*code).object).co_name, (*(*code).object).co_qualname)
        };
        (*g).gi_name = Ref::new(Value::from_object(name)).into_ptr();
        (*g).gi_qualname = Ref::new(Value::from_object(qualname)).into_ptr();
        (*g).gi_exc_state.exc_value = ptr::null_mut();
        (*g).gi_exc_state.previous_item = ptr::null_mut();
        (*g).gi_origin_or_finalizer = ptr::null_mut();
        (*g).gi_hooks_inited = 0;
        (*g).gi_closed = 0;
        (*g).gi_running_async = 0;
        (*g).gi_frame_state = state::CREATED;
        g
    }
}

/// `RETURN_GENERATOR`: moves the running frame into a new object and returns that to the caller.
pub(crate) fn return_generator(ctx: Ctx) -> Flow {
    // SAFETY: the running frame is a stack frame; everything it owns moves into the new object.
    unsafe {
        let frame = ctx.frame;
        let code = (*frame).code.cast::<Code>();
        let gen_object = allocate(code, (*frame).func);
        let raw = gen_object.cast::<PyObject>();
        let value = Value::from_object(raw);
        let target = frame_of(value);
        ptr::copy_nonoverlapping(
            frame.cast::<u8>(),
            target.cast::<u8>(),
            frames::generator_frame_size(code),
        );
        let entry = (*frame).flags.has(FrameFlags::ENTRY);
        (*target).flags =
            FrameFlags::GENERATOR.with(FrameFlags((*frame).flags.0 & FrameFlags::HAS_LOCALS.0));
        (*target).generator = raw;
        (*target).pc = (*frame).pc.add(1);
        (*target).prev = ptr::null_mut();
        if !(*target).frame_obj.is_null() {
            (*(*target).frame_obj).f_frame = target.cast();
        }
        let caller = (*frame).prev;
        let (dst, data) = ((*frame).result_register, (*frame).continuation_data);
        let continuation = Continuation::of(&*frame);
        frames::pop_memory(ctx.ts, frame);
        (*ctx.ts).c.frame = caller;
        (*ctx.ts).c.recursion_remaining += 1;
        if is_coroutine(value) {
            set_origin(ctx.ts, gen_object, caller);
        }
        pyrs_object::gc::track(raw);
        let result = Ref::from_owned(value);
        if entry {
            return Flow::Exit(Exit::Returned(result));
        }
        interp::deliver(
            Ctx {
                ts: ctx.ts,
                frame: caller,
            },
            continuation,
            dst,
            data,
            result,
        )
    }
}

/// The generator or coroutine that a call of `func` makes, with empty registers, for compiled code, which sets them.
///
/// # Safety
/// `func` is a function whose body is `code`'s, and `pc` lies behind its `RETURN_GENERATOR`.
pub unsafe fn create(func: Value, pc: *const u64) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let f = func.as_ptr().cast::<PyFunctionObject>();
        let (globals, builtins) = ((*f).func_globals, (*f).func_builtins);
        create_of((*f).func_code, globals, builtins, func.as_ptr(), pc)
    }
}
/// As [`create`], for a function with the default builtins that nobody has made.
///
/// # Safety
/// `pc` lies behind the `RETURN_GENERATOR` of the code object's body.
pub unsafe fn create_unnamed(code_object: Value, globals: Value, pc: *const u64) -> Ref {
    // SAFETY: by contract; the object keeps the globals.
    unsafe {
        let builtins = crate::builtins_dict().as_ptr();
        let code = code_object.as_ptr();
        let g = create_of(code, globals.as_ptr(), builtins, code, pc);
        (*object(g.value())).gi_origin_or_finalizer = Ref::new(globals).into_ptr();
        g
    }
}
unsafe fn create_of(
    code_object: *mut PyObject,
    globals: *mut PyObject,
    builtins: *mut PyObject,
    func: *mut PyObject,
    pc: *const u64,
) -> Ref {
    // SAFETY: by contract of the callers; the frame is complete before the collector sees the object.
    unsafe {
        let code = crate::code::body(code_object);
        let raw = allocate(code, func).cast::<PyObject>();
        let frame = frame_of(Value::from_object(raw));
        frames::init(frame, code, (*code).registers);
        heap::incref(Value::from_object(func));
        (*frame).prev = ptr::null_mut();
        (*frame).pc = pc;
        (*frame).func = func;
        (*frame).globals = globals;
        (*frame).builtins = builtins;
        (*frame).result_register = 0;
        (*frame).continuation = Continuation::Store as u8;
        (*frame).flags = FrameFlags::GENERATOR;
        (*frame).generator = raw;
        pyrs_object::gc::track(raw);
        Ref::from_owned(Value::from_object(raw))
    }
}

/// Links the frame of `gen` in as the running frame.
#[inline(always)]
unsafe fn link(
    ts: *mut ThreadState,
    generator: Value,
    continuation: Continuation,
    dst: u16,
    entry: bool,
) {
    // SAFETY: the generator is suspended or new; it is kept alive by whoever resumes it.
    unsafe {
        let g = object(generator);
        let frame = frame_of(generator);
        (*frame).prev = (*ts).c.frame;
        (*frame).continuation = continuation as u8;
        (*frame).result_register = dst;
        (*frame).flags = if entry {
            (*frame).flags.with(FrameFlags::ENTRY)
        } else {
            (*frame).flags.without(FrameFlags::ENTRY)
        };
        (*g).gi_frame_state = state::EXECUTING;
        (*g).gi_exc_state.previous_item = (*ts).c.exc_info;
        exceptions::linked(ts, &raw mut (*g).gi_exc_state);
        (*ts).c.exc_info = &raw mut (*g).gi_exc_state;
        (*ts).c.frame = frame;
        (*ts).c.recursion_remaining -= 1;
    }
}

/// Makes the frame of `generator`, which compiled code runs, the running frame of the interpreter.
///
/// # Safety
/// `ts` is the current thread state; the generator was suspended or new when the compiled code went on with it.
pub unsafe fn link_inlined(ts: *mut ThreadState, generator: Value, continuation: u8, dst: u16) {
    // SAFETY: by contract; the number is that of a continuation.
    unsafe {
        link(ts, generator, Continuation::Store, dst, false);
        (*frame_of(generator)).continuation = continuation;
    }
}

/// `generator`, with whose frame compiled code works, is suspended.
///
/// # Safety
/// Its frame is not linked in.
pub unsafe fn suspend_inlined(generator: Value) {
    // SAFETY: by contract.
    unsafe { (*object(generator)).gi_frame_state = state::SUSPENDED }
}

/// Ends `generator`, whose code compiled code has run to its end.
///
/// # Safety
/// Its frame is not linked in.
pub unsafe fn end_inlined(generator: Value) {
    // SAFETY: by contract; a reference keeps the object over its own end.
    unsafe {
        let keep = Ref::new(generator);
        (*object(generator)).gi_frame_state = state::COMPLETED;
        finish_frame(thread::current(), frame_of(generator));
        drop(keep);
    }
}

/// Takes the running generator frame out of the chain; gives its caller.
#[inline(always)]
unsafe fn unlink(ts: *mut ThreadState, frame: *mut Frame, new_state: i8) -> *mut Frame {
    // SAFETY: `frame` is the running generator frame.
    unsafe {
        let g = (*frame).generator.cast::<PyGenObject>();
        let caller = (*frame).prev;
        (*g).gi_frame_state = new_state;
        let below = (*g).gi_exc_state.previous_item;
        (*ts).c.exc_info = below;
        exceptions::unlinked(ts, &raw mut (*g).gi_exc_state, below, caller);
        (*g).gi_exc_state.previous_item = ptr::null_mut();
        (*frame).prev = ptr::null_mut();
        (*ts).c.frame = caller;
        (*ts).c.recursion_remaining += 1;
        caller
    }
}

/// Checks that `generator` may be resumed with `sent`. `Ok(false)`: it has finished already.
#[inline]
fn may_resume(ts: *mut ThreadState, generator: Value, sent: Value) -> PyResult<bool> {
    // SAFETY: a live generator.
    unsafe {
        let g = object(generator);
        match (*g).gi_frame_state {
            state::CREATED => {
                if !sent.is_none() {
                    return Err(raise!(
                        TypeError,
                        "can't send non-None value to a just-started {}",
                        kind_name(generator)
                    ));
                }
            }
            state::SUSPENDED => {}
            state::EXECUTING => {
                return Err(raise!(
                    ValueError,
                    "{} already executing",
                    kind_name(generator)
                ));
            }
            _ => return Ok(false),
        }
        if (*ts).c.recursion_remaining <= 0 {
            return Err(crate::safepoint::recursion_error(""));
        }
        Ok(true)
    }
}

/// Links `generator` in and puts `sent` where its frame expects it. Where that waits in a `yield from` of another generator
/// that is suspended, that one goes on, and so on (unless only `one` is to): no frame in between executes anything.
///
/// # Safety
/// [`may_resume`]; whoever resumes the generator keeps it alive.
unsafe fn go_on(
    ts: *mut ThreadState,
    generator: Value,
    sent: Ref,
    to: (Continuation, u16),
    entry: bool,
    one: bool,
) {
    // SAFETY: by contract; a suspended frame's `pc` points at its YIELD or YIELD_FROM, and its register keeps what it
    // delegates to.
    unsafe {
        let suspended = (*object(generator)).gi_frame_state == state::SUSPENDED;
        link(ts, generator, to.0, to.1, entry);
        if !suspended {
            return;
        }
        loop {
            let frame = (*ts).c.frame;
            let ctx = Ctx { ts, frame };
            let i = ctx.instr();
            if i.op() != Some(Op::YIELD_FROM) {
                ctx.set(i.a(), sent);
                ctx.advance();
                return;
            }
            let it = ctx.reg(i.b());
            let goes_on = !one
                && !(*frame).flags.has(FrameFlags::TRACED)
                && is_generator(it)
                && (*object(it)).gi_frame_state == state::SUSPENDED
                && (*ts).c.recursion_remaining > 0;
            if !goes_on {
                ctx.set(i.c(), sent);
                return;
            }
            link(ts, it, Continuation::YieldFrom, 0, false);
        }
    }
}

/// Polls as CPython does when a generator goes on behind a plain `yield`: the frame that was linked in raises what a
/// signal handler raised. (One that waits in `yield from` leaves it to what it delegates to.)
#[inline]
fn poll_resumed(ts: *mut ThreadState) -> PyResult<()> {
    if !crate::safepoint::requested() {
        return Ok(());
    }
    // SAFETY: the running frame is the resumed one.
    let delegating = unsafe {
        let i = Ctx {
            ts,
            frame: (*ts).c.frame,
        }
        .instr();
        i.op() == Some(Op::YIELD_FROM)
    };
    if delegating {
        return Ok(());
    }
    crate::safepoint::poll(ts)
}

/// Makes `generator` the running frame with `sent` as the value of its `yield`. `Ok(false)`: it has finished already.
pub(crate) fn resume(
    ts: *mut ThreadState,
    generator: Value,
    sent: Ref,
    to: (Continuation, u16),
    one: bool,
) -> PyResult<bool> {
    if !may_resume(ts, generator, sent.value())? {
        return Ok(false);
    }
    // SAFETY: checked; the resuming frame's register keeps the generator alive.
    unsafe {
        if state_of(generator) == state::CREATED {
            link(ts, generator, to.0, to.1, false);
        } else {
            go_on(ts, generator, sent, to, false, one);
        }
    }
    Ok(true)
}

/// `FOR_ITER` over a generator that is new or waits in a plain `yield`: makes it the running frame. False, with nothing
/// done, if it is not that simple.
///
/// # Safety
/// The current thread state; the running frame's register keeps the iterator.
#[inline(always)]
pub(crate) unsafe fn resume_plain(ts: *mut ThreadState, it: Value, dst: u16) -> bool {
    // SAFETY: by contract; a suspended frame's `pc` points at its YIELD or YIELD_FROM.
    unsafe {
        if !it.is_exact(ty!(PyGen_Type)) || (*ts).c.recursion_remaining <= 0 {
            return false;
        }
        let frame = frame_of(it);
        match (*object(it)).gi_frame_state {
            state::CREATED => {}
            state::SUSPENDED => {
                let i = crate::code::instr((*frame).pc);
                if i.op_byte() != Op::YIELD as u8 {
                    return false;
                }
                (Ctx { ts, frame }).set(i.a(), Ref::none());
                (*frame).pc = (*frame).pc.add(1);
            }
            _ => return false,
        }
        link(ts, it, Continuation::ForIter, dst, false);
        true
    }
}

/// `YIELD` to a `FOR_ITER`: makes that the running frame, behind the exhaustion's JUMP. False, with nothing done, for any
/// other kind of yield.
///
/// # Safety
/// `frame` is the running generator frame.
#[inline(always)]
pub(crate) unsafe fn yield_plain(ts: *mut ThreadState, frame: *mut Frame) -> bool {
    // SAFETY: by contract.
    unsafe {
        if (*frame).flags.0 & (FrameFlags::ENTRY.0 | FrameFlags::TRACED.0) != 0
            || (*frame).continuation != Continuation::ForIter as u8
        {
            return false;
        }
        let caller = unlink(ts, frame, state::SUSPENDED);
        // FOR_ITER (two words) and the JUMP for exhaustion.
        (*caller).pc = (*caller).pc.add(3);
        true
    }
}

/// Takes a generator frame that yields to native code out of the chain.
///
/// # Safety
/// `frame` is the running generator frame.
#[inline(always)]
pub(crate) unsafe fn suspend(ts: *mut ThreadState, frame: *mut Frame) {
    // SAFETY: by contract.
    unsafe { unlink(ts, frame, state::SUSPENDED) };
}

/// `YIELD`, and a sub-iterator's value passing through `YIELD_FROM`.
pub(crate) fn yielded(ctx: Ctx, value: Ref) -> Flow {
    // SAFETY: the running frame is a generator frame.
    unsafe {
        let ts = ctx.ts;
        let mut frame = ctx.frame;
        loop {
            let entry = (*frame).flags.has(FrameFlags::ENTRY);
            let continuation = Continuation::of(&*frame);
            let dst = (*frame).result_register;
            if (*frame).flags.has(FrameFlags::TRACED)
                && let Err(e) = crate::trace::on_return(Ctx { ts, frame }, value.value())
            {
                return Flow::Raise(e);
            }
            let caller = unlink(ts, frame, state::SUSPENDED);
            if entry {
                return Flow::Exit(Exit::Yielded(value));
            }
            match continuation {
                Continuation::YieldFrom => frame = caller,
                Continuation::Asend => {
                    let ctx = Ctx { ts, frame: caller };
                    match asend_yielded(ctx.reg(ctx.instr().b()), value.value()) {
                        Some(inner) => {
                            let traced = crate::trace::on_delegate_end(ts, caller, inner.value());
                            if let Err(e) = traced {
                                return Flow::Raise(e);
                            }
                            yield_from_returned(ctx, inner);
                            return Flow::Reload;
                        }
                        None => frame = caller,
                    }
                }
                _ => {
                    let ctx = Ctx { ts, frame: caller };
                    ctx.set(dst, value);
                    // FOR_ITER (two words) and the JUMP for exhaustion.
                    (*caller).pc = (*caller).pc.add(3);
                    return Flow::Reload;
                }
            }
        }
    }
}

/// Releases what a finished generator's frame holds.
unsafe fn finish_frame(ts: *mut ThreadState, frame: *mut Frame) {
    // SAFETY: the frame is unlinked; `frames::finish` leaves generator memory alone.
    unsafe { frames::finish(ts, frame, true) }
}

/// `RETURN` of a generator frame.
pub(crate) fn returned(ctx: Ctx, value: Ref) -> Flow {
    // SAFETY: the running frame is a generator frame; a reference keeps the object over its own end.
    unsafe {
        let ts = ctx.ts;
        let frame = ctx.frame;
        let keep = Ref::new(Value::from_object((*frame).generator));
        let entry = (*frame).flags.has(FrameFlags::ENTRY);
        let continuation = Continuation::of(&*frame);
        let caller = unlink(ts, frame, state::COMPLETED);
        finish_frame(ts, frame);
        drop(keep);
        if entry {
            return Flow::Exit(Exit::Returned(value));
        }
        let ctx = Ctx { ts, frame: caller };
        match continuation {
            Continuation::YieldFrom => {
                if let Err(e) = crate::trace::on_delegate_end(ts, caller, value.value()) {
                    return Flow::Raise(e);
                }
                yield_from_returned(ctx, value)
            }
            Continuation::Asend => {
                let asend = ctx.reg(ctx.instr().b());
                if end_loop(ctx, asend) {
                    return Flow::Reload;
                }
                return Flow::Raise(asend_returned(asend));
            }
            _ => {
                // The loop ends even if the tracer raises, as in CPython.
                if crate::trace::on_delegate_end(ts, caller, value.value()).is_err() {
                    errors::clear();
                }
                drop(value);
                ctx.release(ctx.instr().a());
                ctx.advance();
            }
        }
        Flow::Reload
    }
}

/// An exception leaves a generator frame: unlinks and ends it; `StopIteration` becomes `RuntimeError`.
///
/// # Safety
/// `frame` is the running generator frame and an error is set.
pub(crate) unsafe fn raised(ts: *mut ThreadState, frame: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        let keep = Ref::new(Value::from_object((*frame).generator));
        unlink(ts, frame, state::COMPLETED);
        let error = errors::take();
        finish_frame(ts, frame);
        let asynchronous = keep.is_exact(ty!(PyAsyncGen_Type));
        let what = if error.is_a(exceptions::StopIteration) {
            "StopIteration"
        } else if asynchronous && error.is_a(exceptions::StopAsyncIteration) {
            "StopAsyncIteration"
        } else {
            let _ = errors::restore(error);
            return;
        };
        let wrapped = exceptions::new_instance(
            exceptions::RuntimeError,
            &[
                pyrs_object::str::new(&format!("{} raised {what}", kind_name(keep.value())))
                    .value(),
            ],
        );
        if let Ok(wrapped) = wrapped {
            exceptions::set_cause(wrapped.value(), Some(error.clone()));
            exceptions::set_context(wrapped.value(), Some(error));
            let _ = errors::restore(wrapped);
        }
    }
}

/// `YIELD_FROM a, b, c`: sends `c` to iterator `b`. `one`: see [`go_on`].
pub(crate) fn yield_from(ctx: Ctx, one: bool) -> Flow {
    let i = ctx.instr();
    let it = ctx.reg(i.b());
    let sent = ctx.take(i.c());
    if is_generator(it) {
        let finished_coroutine = it.is_exact(ty!(PyCoro_Type)) && state_of(it) >= state::COMPLETED;
        if finished_coroutine {
            return Flow::Raise(raise!(
                RuntimeError,
                "cannot reuse already awaited coroutine"
            ));
        }
        return match resume(ctx.ts, it, sent, (Continuation::YieldFrom, 0), one) {
            Ok(true) => match poll_resumed(ctx.ts) {
                Ok(()) => Flow::Reload,
                Err(e) => Flow::Raise(e),
            },
            Ok(false) => {
                yield_from_returned(ctx, Ref::none());
                Flow::Reload
            }
            Err(e) => Flow::Raise(e),
        };
    }
    if it.is_exact(ty!(_PyAsyncGenASend_Type))
        && let Some(resumed) = asend_in_frame(ctx.ts, it, &sent, one)
    {
        return match resumed.and_then(|()| poll_resumed(ctx.ts)) {
            Ok(()) => Flow::Reload,
            Err(e) => Flow::Raise(e),
        };
    }
    let it = Ref::new(it);
    match send_to(it.value(), sent.value()) {
        Ok(Sent::Yielded(v)) => yielded(ctx, v),
        Ok(Sent::Returned(v)) => {
            yield_from_returned(ctx, v);
            Flow::Reload
        }
        Err(e) => Flow::Raise(e),
    }
}

/// The sub-iterator of the running `YIELD_FROM` has returned `value`.
pub(crate) fn yield_from_returned(ctx: Ctx, value: Ref) {
    let i = ctx.instr();
    ctx.release(i.b());
    ctx.release(i.c());
    ctx.set(i.a(), value);
    ctx.advance();
}

/// One step of any iterator: `next` or `send`, with `StopIteration`'s value as the result.
pub fn send_to(it: Value, sent: Value) -> PyResult<Sent> {
    let t = it.ty();
    if let Some(f) = t.native().am_send {
        return f(it, sent);
    }
    // SAFETY: null or a table that lives as long as the type.
    if let Some(f) = unsafe { t.tp_as_async.as_ref() }.and_then(|a| a.am_send) {
        return pyrs_object::ops::c_send(f, it, sent);
    }
    let result = if sent.is_none() {
        if let Some(f) = t.native().tp_iternext
            && !pyrs_object::typeobject::is_python_slot(t, pyrs_object::native::Slot::tp_iternext)
        {
            return match f(it) {
                Ok(Some(v)) => Ok(Sent::Yielded(v)),
                Ok(None) => Ok(Sent::Returned(Ref::none())),
                Err(_) if errors::matches(exceptions::StopIteration) => Ok(Sent::Returned(
                    exceptions::stop_iteration_value(errors::take()),
                )),
                Err(e) => Err(e),
            };
        }
        ops::call_method(it, pyrs_object::intern!("__next__"), &[])
    } else {
        ops::call_method(it, pyrs_object::intern!("send"), &[sent])
    };
    match result {
        Ok(v) => Ok(Sent::Yielded(v)),
        Err(e) => {
            if errors::matches(exceptions::StopIteration) {
                Ok(Sent::Returned(exceptions::stop_iteration_value(
                    errors::take(),
                )))
            } else {
                Err(e)
            }
        }
    }
}

/// Resumes from native code.
pub fn send(generator: Value, sent: Value) -> PyResult<Sent> {
    let ts = thread::current();
    crate::safepoint::with_room(ts, || {
        let keep = Ref::new(generator);
        if !may_resume(ts, generator, sent)? {
            if generator.is_exact(ty!(PyCoro_Type)) {
                return Err(raise!(
                    RuntimeError,
                    "cannot reuse already awaited coroutine"
                ));
            }
            return Ok(Sent::Returned(Ref::none()));
        }
        // SAFETY: checked, and kept alive by `keep`.
        let exit = unsafe {
            go_on(
                ts,
                generator,
                Ref::new(sent),
                (Continuation::Store, 0),
                true,
                false,
            );
            let raises = poll_resumed(ts).is_err();
            interp::run(ts, raises)
        };
        drop(keep);
        sent_of(exit)
    })
}

fn sent_of(exit: Exit) -> PyResult<Sent> {
    match exit {
        Exit::Yielded(v) => Ok(Sent::Yielded(v)),
        Exit::Returned(v) => Ok(Sent::Returned(v)),
        Exit::Raised(e) => Err(e),
        Exit::Stepped => Err(errors::bad_internal_call()),
    }
}

/// What a suspended generator is delegating to, if it is in a `yield from` or `await` (borrowed).
pub fn delegate(generator: Value) -> Option<Value> {
    if state_of(generator) != state::SUSPENDED {
        return None;
    }
    // SAFETY: a suspended frame's `pc` points at its YIELD or YIELD_FROM.
    unsafe {
        let ctx = Ctx {
            ts: thread::current(),
            frame: frame_of(generator),
        };
        let i = ctx.instr();
        if i.op() == Some(Op::YIELD_FROM) {
            Some(ctx.reg(i.b()))
        } else {
            None
        }
    }
}

/// Throws `exc` (an instance) into a generator.
pub fn throw(generator: Value, exc: Ref) -> PyResult<Sent> {
    stacker::maybe_grow(96 << 10, 1 << 20, || throw_inner(generator, exc))
}

fn throw_inner(generator: Value, exc: Ref) -> PyResult<Sent> {
    let keep = Ref::new(generator);
    let ts = thread::current();
    match state_of(generator) {
        state::EXECUTING => {
            return Err(raise!(
                ValueError,
                "{} already executing",
                kind_name(generator)
            ));
        }
        s if s >= state::COMPLETED => {
            if generator.is_exact(ty!(PyCoro_Type)) {
                return Err(raise!(
                    RuntimeError,
                    "cannot reuse already awaited coroutine"
                ));
            }
            return Err(errors::restore(exc));
        }
        _ => {}
    }
    let mut exc = exc;
    if let Some(sub) = delegate(generator) {
        let sub = Ref::new(sub);
        // The generator counts as running while its delegate does, and is seen on the stack.
        // SAFETY: it is suspended, and kept alive by `keep`.
        let outcome = unsafe {
            link(ts, generator, Continuation::Store, 0, true);
            let outcome = throw_delegate(sub.value(), exc.clone());
            unlink(ts, frame_of(generator), state::SUSPENDED);
            outcome
        };
        match outcome {
            Ok(Some(Sent::Yielded(v))) => return Ok(Sent::Yielded(v)),
            Ok(Some(Sent::Returned(v))) => {
                // SAFETY: the frame is suspended at its YIELD_FROM.
                unsafe {
                    yield_from_returned(
                        Ctx {
                            ts,
                            frame: frame_of(generator),
                        },
                        v,
                    );
                    link(ts, generator, Continuation::Store, 0, true);
                    return sent_of(interp::run(ts, false));
                }
            }
            Ok(None) => {}
            Err(_) => exc = errors::take(),
        }
        // The delegate is gone when the exception arrives in this frame.
        // SAFETY: the frame is suspended.
        unsafe {
            let ctx = Ctx {
                ts,
                frame: frame_of(generator),
            };
            let i = ctx.instr();
            ctx.release(i.c());
        }
    }
    // SAFETY: suspended or new; kept alive by `keep`.
    let exit = unsafe {
        // What is thrown happens in the generator: its context is what the generator handles, not what its caller does.
        let own = Value::from_object((*object(generator)).gi_exc_state.exc_value);
        if let Some(own) = own.non_empty().filter(|own| !own.is_none()) {
            exceptions::chain_to(exc.value(), Ref::new(own));
        }
        link(ts, generator, Continuation::Store, 0, true);
        let _ = errors::restore(exc);
        interp::run(ts, true)
    };
    drop(keep);
    sent_of(exit)
}

/// Throws into what a generator delegates to. `Ok(None)`: it has no `throw`; the exception stays with the caller.
fn throw_delegate(sub: Value, exc: Ref) -> PyResult<Option<Sent>> {
    if exc.is_a(exceptions::GeneratorExit) {
        close_delegate(sub)?;
        return Ok(None);
    }
    if is_generator(sub) {
        return throw(sub, exc).map(Some);
    }
    let Some(method) = ops::getattr_opt(sub, pyrs_object::intern!("throw"))? else {
        return Ok(None);
    };
    match ops::call(method.value(), &[exc.value()]) {
        Ok(v) => Ok(Some(Sent::Yielded(v))),
        Err(e) => {
            if errors::matches(exceptions::StopIteration) {
                Ok(Some(Sent::Returned(exceptions::stop_iteration_value(
                    errors::take(),
                ))))
            } else {
                Err(e)
            }
        }
    }
}

fn close_delegate(sub: Value) -> PyResult<()> {
    if is_generator(sub) {
        return close(sub);
    }
    match ops::getattr_opt(sub, pyrs_object::intern!("close")) {
        Ok(Some(method)) => ops::call(method.value(), &[]).map(drop),
        Ok(None) => Ok(()),
        Err(_) => {
            errors::write_unraisable("", sub);
            Ok(())
        }
    }
}

/// Whether closing a suspended generator would run none of its code: it waits in a plain `yield` that no handler
/// covers, so `GeneratorExit` would only pass through. (A tracer sees it pass.)
fn nothing_to_run(generator: Value) -> bool {
    if crate::trace::active(thread::current()) {
        return false;
    }
    // SAFETY: a suspended frame's `pc` points at its YIELD or YIELD_FROM.
    unsafe {
        let frame = frame_of(generator);
        let code = &*(*frame).code.cast::<Code>();
        let index = code.index_of((*frame).pc);
        pyrs_bytecode::Instr(*(*frame).pc).op() == Some(Op::YIELD) && code.handler(index).is_none()
    }
}

/// `generator.close()`.
pub fn close(generator: Value) -> PyResult<()> {
    let s = state_of(generator);
    if s >= state::COMPLETED {
        return Ok(());
    }
    if s == state::CREATED || (s == state::SUSPENDED && nothing_to_run(generator)) {
        discard(generator);
        return Ok(());
    }
    let exit = exceptions::new_instance(exceptions::GeneratorExit, &[])?;
    exceptions::chain_context(exit.value());
    match throw(generator, exit) {
        Ok(Sent::Yielded(_)) => Err(raise!(
            RuntimeError,
            "{} ignored GeneratorExit",
            kind_name(generator)
        )),
        Ok(Sent::Returned(_)) => Ok(()),
        Err(e) => {
            if errors::matches(exceptions::GeneratorExit)
                || errors::matches(exceptions::StopIteration)
            {
                errors::clear();
                Ok(())
            } else {
                Err(e)
            }
        }
    }
}

/// Ends a generator that is not running, without running its code.
pub fn discard(generator: Value) {
    // SAFETY: not running; its frame is released once.
    unsafe {
        let g = object(generator);
        if (*g).gi_frame_state < state::EXECUTING {
            (*g).gi_frame_state = state::COMPLETED;
            finish_frame(thread::current(), frame_of(generator));
        }
    }
}

/// `cr_origin`, when `sys.set_coroutine_origin_tracking_depth` is on.
unsafe fn set_origin(ts: *mut ThreadState, g: *mut PyGenObject, caller: *mut Frame) {
    // SAFETY: live thread state and frames.
    unsafe {
        let depth = (*ts).c.coroutine_origin_tracking_depth;
        if depth <= 0 {
            return;
        }
        let mut rows = Vec::new();
        let mut frame = caller;
        while !frame.is_null() && rows.len() < depth as usize {
            let code = frames::code_object(frame);
            rows.push(pyrs_object::tuple::from_slice(&[
                Value::from_object((*code).co_filename),
                Value::int_unchecked(i64::from(frames::line(frame))),
                Value::from_object((*code).co_name),
            ]));
            frame = (*frame).prev;
        }
        (*g).gi_origin_or_finalizer = pyrs_object::tuple::from_vec(rows).into_ptr();
    }
}

/// The type handles, for callers that test types.
pub fn is_coroutine(v: Value) -> bool {
    v.is_exact(ty!(PyCoro_Type))
}
/// A generator made by `types.coroutine` may be awaited.
pub fn is_iterable_coroutine(v: Value) -> bool {
    v.is_exact(ty!(PyGen_Type)) && {
        // SAFETY: a live generator keeps its code.
        let flags = unsafe { (*(*object(v)).gi_code).co_flags };
        flags & coflags::ITERABLE_COROUTINE != 0
    }
}
/// Shorthand for slot code.
pub fn generator_type() -> Type {
    ty!(PyGen_Type)
}
