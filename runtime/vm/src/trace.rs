//! `sys.settrace` and `sys.setprofile`.
//!
//! Tracing costs nothing while it is off: `cframe.use_tracing` is looked at when a run of the interpreter starts and when a
//! frame with the TRACED flag returns. While it is on, frames are executed one instruction at a time ([`run`]) and the
//! events are found between the instructions. The thread state's C fields are the truth, so C tracers work alike.

use crate::code::Code;
use crate::interp::{self, Ctx, Exit};
use crate::{frameobject, frames, safepoint};
use pyrs_bytecode::{CALL_METHOD_FLAG, Op};
use pyrs_object::layout::*;
use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{
    PyResult, Raised, Ref, Value, ValueExt, boundary, cell, descr, dict, errors, heap, intern, ops,
    raise, tuple, ty,
};
use std::ffi::c_int;
use std::ptr;
use std::sync::atomic::{AtomicBool, Ordering};

/// `PyTrace_*`.
pub mod what {
    pub const CALL: i32 = 0;
    pub const EXCEPTION: i32 = 1;
    pub const LINE: i32 = 2;
    pub const RETURN: i32 = 3;
    pub const C_CALL: i32 = 4;
    pub const C_EXCEPTION: i32 = 5;
    pub const C_RETURN: i32 = 6;
    pub const OPCODE: i32 = 7;
}

/// What `PyThreadState.tracing_what` says outside of callbacks.
const NOTHING: c_int = -1;

/// Whether the thread's events are wanted now.
#[inline(always)]
pub fn active(ts: *mut ThreadState) -> bool {
    // SAFETY: a live thread state; its cframe is always set.
    unsafe { (*(*ts).c.cframe).use_tracing != 0 }
}

/// Calls one C-level function with tracing switched off.
unsafe fn fire(
    ts: *mut ThreadState,
    profile: bool,
    frame: *mut Frame,
    event: i32,
    arg: Value,
) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe { fire_at(ts, profile, frame, event, arg, None) }
}

/// [`fire`] with what `f_lineno` shall say.
unsafe fn fire_at(
    ts: *mut ThreadState,
    profile: bool,
    frame: *mut Frame,
    event: i32,
    arg: Value,
    line: Option<i32>,
) -> PyResult<()> {
    // SAFETY: a live thread state and frame; the function is called as CPython calls it.
    unsafe {
        let (func, object) = if profile {
            ((*ts).c.c_profilefunc, (*ts).c.c_profileobj)
        } else {
            ((*ts).c.c_tracefunc, (*ts).c.c_traceobj)
        };
        let Some(func) = func else { return Ok(()) };
        if (*ts).c.tracing != 0 {
            return Ok(());
        }
        let object = if object.is_null() {
            None
        } else {
            Some(Ref::new(Value::from_object(object)))
        };
        let raw = object
            .as_ref()
            .map_or(ptr::null_mut(), |o| o.value().as_ptr());
        let frame_object = frames::frame_object(frame);
        let keep = Ref::new(Value::from_object(frame_object.cast()));
        (*frame_object).f_lineno = match line {
            Some(line) => line,
            None if event == what::LINE || event == what::OPCODE => frames::line(frame),
            None => 0,
        };
        let arg = pyrs_object::boundary::to_c(Ref::new(arg));
        let previous = std::mem::replace(&mut (*ts).c.tracing_what, event);
        thread::enter_tracing(ts);
        let result = func(raw, frame_object, event, arg);
        heap::decref_ptr(arg);
        (*ts).c.tracing_what = previous;
        thread::leave_tracing(ts);
        (*frame_object).f_lineno = 0;
        drop(keep);
        if result == 0 {
            Ok(())
        } else {
            Err(Raised::assume_set())
        }
    }
}

/// An event while an error may be set: the error stays unless the function raises another.
unsafe fn fire_protected(
    ts: *mut ThreadState,
    profile: bool,
    frame: *mut Frame,
    event: i32,
    arg: Value,
) {
    let pending = errors::occurred().then(errors::take);
    // SAFETY: by contract.
    let result = unsafe { fire(ts, profile, frame, event, arg) };
    if let (Ok(()), Some(exc)) = (result, pending) {
        let _ = errors::restore(exc);
    }
}

unsafe fn both(ts: *mut ThreadState, frame: *mut Frame, event: i32, arg: Value) -> PyResult<()> {
    // SAFETY: by contract of `fire`.
    unsafe {
        fire(ts, false, frame, event, arg)?;
        fire(ts, true, frame, event, arg)
    }
}

/// A traced frame returns or yields `value`.
pub(crate) fn on_return(ctx: Ctx, value: Value) -> PyResult<()> {
    if !active(ctx.ts) {
        return Ok(());
    }
    let keep = Ref::new(value);
    // SAFETY: the frame still runs.
    unsafe { both(ctx.ts, ctx.frame, what::RETURN, keep.value()) }
}

/// An exception passes through a traced frame.
pub(crate) fn on_exception(ts: *mut ThreadState, frame: *mut Frame) {
    if !active(ts) {
        return;
    }
    // SAFETY: a live thread state and frame; an error is set.
    unsafe {
        if (*ts).c.c_profilefunc.is_some()
            && let Some(callee) = CALLEES
                .with_borrow_mut(|list| list.pop_if(|(f, _)| *f == frame))
                .map(|(_, c)| c)
        {
            fire_protected(ts, true, frame, what::C_EXCEPTION, callee.value());
        }
        if (*ts).c.c_tracefunc.is_none() {
            return;
        }
        let exc = errors::take();
        let tb = pyrs_object::exceptions::traceback_of(exc.value()).unwrap_or_else(Ref::none);
        let arg = tuple::from_vec(vec![exc.ty().to_ref(), exc.clone(), tb]);
        if fire(ts, false, frame, what::EXCEPTION, arg.value()).is_ok() {
            let _ = errors::restore(exc);
        }
    }
}

/// What a traced frame awaits, delegates to or loops over has returned `value`: for CPython, a `StopIteration` when there is one.
pub(crate) fn on_delegate_end(
    ts: *mut ThreadState,
    frame: *mut Frame,
    value: Value,
) -> PyResult<()> {
    // SAFETY: a live thread state and frame.
    unsafe {
        if value.is_none() || !active(ts) || (*ts).c.c_tracefunc.is_none() {
            return Ok(());
        }
        let exc = pyrs_object::exceptions::new_instance(
            pyrs_object::exceptions::StopIteration,
            &[value],
        )?;
        let arg = tuple::from_vec(vec![exc.ty().to_ref(), exc, Ref::none()]);
        fire(ts, false, frame, what::EXCEPTION, arg.value())
    }
}

/// An exception leaves a traced frame.
pub(crate) fn on_unwind(ts: *mut ThreadState, frame: *mut Frame) {
    if active(ts) {
        // SAFETY: a live thread state and frame.
        unsafe {
            fire_protected(ts, false, frame, what::RETURN, Ref::none().value());
            fire_protected(ts, true, frame, what::RETURN, Ref::none().value());
        }
    }
}

/// The builtin that the `CALL` at the frame's `pc` calls.
unsafe fn builtin_callee(frame: *mut Frame) -> Option<Ref> {
    // SAFETY: a live frame at an instruction; the window lies inside the registers.
    unsafe {
        let i = crate::code::instr((*frame).pc);
        let op = i.op()?.family();
        if !matches!(op, Op::CALL | Op::CALL_KW | Op::CALL_EX) {
            return None;
        }
        let window = Frame::registers(frame).add(i.a() as usize);
        let callable = *window;
        if !callable.is_object() {
            return None;
        }
        if callable.is_exact(ty!(pyrs_object::cfunction::PyCFunction_Type)) {
            return Some(Ref::new(callable));
        }
        if callable.is_exact(ty!(descr::PyMethodDescr_Type)) && op != Op::CALL_EX {
            let has_self = i.d() & CALL_METHOD_FLAG != 0 && !(*window.add(1)).is_empty();
            let first = if has_self {
                *window.add(1)
            } else {
                *window.add(2)
            };
            if has_self || i.b() > 0 {
                let bound = pyrs_object::typeobject::descr_get(callable, first, first.ty().value());
                return bound.map_err(|_| errors::clear()).ok();
            }
        }
        None
    }
}

thread_local! {
    /// The builtins that traced frames call now, innermost last.
    static CALLEES: std::cell::RefCell<Vec<(*mut Frame, Ref)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// A frame the traced loop has seen: where it was before the instruction that runs now.
struct Seen {
    frame: *mut Frame,
    index: u32,
    line: i32,
    /// The `call` event is still to come.
    new: bool,
}

/// Executes the running frame with events until it is left or tracing ends. `entered`: the frame starts or resumes now.
/// `Exit::Stepped` if tracing was switched off.
///
/// # Safety
/// As [`interp::run`].
pub(crate) unsafe fn run(ts: *mut ThreadState, entered: bool, raise: bool) -> Exit {
    // SAFETY: by contract; frames of the vector are compared, and followed only while they are `ts.frame`.
    unsafe {
        let mut seen: Vec<Seen> = Vec::new();
        let start = |frame: *mut Frame, new: bool| {
            let code = &*(*frame).code.cast::<Code>();
            let index = code.index_of((*frame).pc);
            let line = if new || index == 0 {
                -1
            } else {
                code.line_at(index - 1)
            };
            Seen {
                frame,
                index,
                line,
                new,
            }
        };
        seen.push(start((*ts).c.frame, entered && !raise));
        if entered && raise {
            // A generator that something is thrown into starts running, too.
            let exc = errors::take();
            let frame = (*ts).c.frame;
            (*frame).flags = (*frame).flags.with(FrameFlags::TRACED);
            if both(ts, frame, what::CALL, Ref::none().value()).is_ok() {
                let _ = errors::restore(exc);
            }
        }
        let mut raise = raise;
        loop {
            if !active(ts) {
                if raise {
                    return interp::step_raising(ts);
                }
                return Exit::Stepped;
            }
            let frame = (*ts).c.frame;
            (*frame).flags = (*frame).flags.with(FrameFlags::TRACED);
            let mut failed = raise;
            let mut callee = None;
            if !raise {
                if let Some(at) = seen.last_mut() {
                    failed = before(ts, at).is_err();
                }
                if !failed && (*ts).c.c_profilefunc.is_some() {
                    callee = builtin_callee(frame);
                    if let Some(callee) = &callee {
                        failed = fire(ts, true, frame, what::C_CALL, callee.value()).is_err();
                    }
                }
            }
            raise = false;
            let pc = (*frame).pc;
            let depth = CALLEES.with_borrow_mut(|list| {
                list.extend(callee.clone().filter(|_| !failed).map(|c| (frame, c)));
                list.len()
            });
            let depth = depth - usize::from(callee.is_some() && !failed);
            let exit = if failed {
                interp::step_raising(ts)
            } else {
                interp::step(ts)
            };
            let done = CALLEES.with_borrow_mut(|list| list.split_off(depth.min(list.len())));
            drop(done);
            if !matches!(exit, Exit::Stepped) {
                return exit;
            }
            let now = (*ts).c.frame;
            if now == frame {
                let length = 1 + (*pc.cast::<u8>()).into_extra();
                if let Some(callee) = callee
                    && !failed
                    && (*frame).pc == pc.add(length)
                    && active(ts)
                {
                    let line = (*(*frame).code.cast::<Code>())
                        .line_at((*(*frame).code.cast::<Code>()).index_of(pc));
                    raise = fire_at(ts, true, frame, what::C_RETURN, callee.value(), Some(line))
                        .is_err();
                }
                continue;
            }
            if (*now).prev == frame && !seen.iter().any(|s| s.frame == now) {
                seen.push(start(now, true));
                if let Some(s) = seen.last_mut() {
                    s.index = 0;
                }
                continue;
            }
            while seen.last().is_some_and(|s| s.frame != now) {
                seen.pop();
            }
            if seen.is_empty() {
                seen.push(start(now, false));
            }
        }
    }
}

trait IntoExtra {
    fn into_extra(self) -> usize;
}
impl IntoExtra for u8 {
    fn into_extra(self) -> usize {
        Op::from_u8(self).map_or(0, Op::extra)
    }
}

/// The events before an instruction: `call`, `line`, `opcode`.
unsafe fn before(ts: *mut ThreadState, at: &mut Seen) -> PyResult<()> {
    // SAFETY: the frame is the running one.
    unsafe {
        let frame = at.frame;
        let code = &*(*frame).code.cast::<Code>();
        let op = crate::code::instr((*frame).pc).op().map(Op::family);
        let index = code.index_of((*frame).pc);
        if at.new {
            // The head of a body is no part of the call yet, as in CPython, whose event comes with RESUME.
            if matches!(op, Some(Op::MAKE_CELL | Op::RETURN_GENERATOR)) {
                return Ok(());
            }
            at.new = false;
            let head = index > 0
                && crate::code::instr((*frame).pc.sub(1)).op().map(Op::family)
                    == Some(Op::RETURN_GENERATOR);
            let resumed = index > 0 && !head && (*frame).flags.has(FrameFlags::GENERATOR);
            if resumed {
                at.line = code.line_at(index - 1);
            }
            at.index = index;
            let line = if resumed {
                None
            } else {
                Some(code.first_line as i32)
            };
            fire_at(ts, false, frame, what::CALL, Ref::none().value(), line)?;
            fire_at(ts, true, frame, what::CALL, Ref::none().value(), line)?;
        }
        if (*frame).frame_obj.is_null() || (*ts).c.c_tracefunc.is_none() {
            at.line = code.line_at(index);
            at.index = index;
            return Ok(());
        }
        let line = code.line_at(index);
        let back = index < at.index && op != Some(Op::YIELD_FROM);
        let due = line > 0 && (line != at.line || back);
        at.index = index;
        if line > 0 {
            at.line = line;
        }
        if due && (*(*frame).frame_obj).f_trace_lines != 0 {
            let pc = (*frame).pc;
            fire(ts, false, frame, what::LINE, Ref::none().value())?;
            if (*frame).pc != pc {
                // The function has set `f_lineno`: the target has no event of its own.
                at.index = code.index_of((*frame).pc);
                at.line = code.line_at(at.index);
                return Ok(());
            }
        }
        if !(*frame).frame_obj.is_null() && (*(*frame).frame_obj).f_trace_opcodes != 0 {
            fire(ts, false, frame, what::OPCODE, Ref::none().value())?;
        }
        Ok(())
    }
}

fn event_name(event: i32) -> Value {
    match event {
        what::CALL => intern!("call"),
        what::EXCEPTION => intern!("exception"),
        what::LINE => intern!("line"),
        what::RETURN => intern!("return"),
        what::C_CALL => intern!("c_call"),
        what::C_EXCEPTION => intern!("c_exception"),
        what::C_RETURN => intern!("c_return"),
        _ => intern!("opcode"),
    }
}

/// Calls a Python trace function; what it changed in `f_locals` goes back to the variables.
unsafe fn call_python(
    callback: Value,
    frame: *mut PyFrameObject,
    event: i32,
    arg: *mut PyObject,
) -> PyResult {
    let keep = Ref::new(callback);
    let frame = Value::from_object(frame.cast());
    let arg = if arg.is_null() {
        Ref::none()
    } else {
        Ref::new(pyrs_object::boundary::canonical(Value::from_object(arg)))
    };
    let raw = frameobject::frame_of(frame);
    // SAFETY: the event's frame is live.
    unsafe {
        if !raw.is_null() && !(*raw).locals.is_null() {
            frameobject::locals(raw)?;
        }
        let result = ops::call(keep.value(), &[frame, event_name(event), arg.value()]);
        let raw = frameobject::frame_of(frame);
        if !raw.is_null() {
            let pending = errors::occurred().then(errors::take);
            store_locals(raw, true);
            if let Some(exc) = pending {
                let _ = errors::restore(exc);
            }
        }
        result
    }
}

/// Writes the snapshot of `f_locals` back to the registers; variables that it does not have become unbound if `clear` is set.
///
/// # Safety
/// A live frame.
pub(crate) unsafe fn store_locals(frame: *mut Frame, clear: bool) {
    // SAFETY: a live frame; registers below `first_temp` are variables or their cells.
    unsafe {
        if (*frame).flags.has(FrameFlags::HAS_LOCALS) || (*frame).locals.is_null() {
            return;
        }
        let locals = Ref::new(Value::from_object((*frame).locals));
        let code = &*(*frame).code.cast::<Code>();
        for (i, name) in code.local_names.iter().enumerate() {
            let slot = Frame::registers(frame).add(i);
            let Ok(new) = dict::get(locals.value(), *name) else {
                errors::clear();
                continue;
            };
            if new.is_none() && !clear {
                continue;
            }
            let old = *slot;
            if code.is_cell_register(i) && old.is_exact(ty!(cell::PyCell_Type)) {
                if cell::get(old) != new.as_ref().map_or(Value::EMPTY, Ref::value) {
                    cell::set(old, new.unwrap_or_else(|| Ref::from_owned(Value::EMPTY)));
                }
            } else if old != new.as_ref().map_or(Value::EMPTY, Ref::value) {
                *slot = new.map_or(Value::EMPTY, Ref::into_value);
                heap::decref(old);
            }
        }
    }
}

/// The C-level function of `sys.settrace`.
unsafe extern "C" fn trace_trampoline(
    slf: *mut PyObject,
    frame: *mut PyFrameObject,
    event: c_int,
    arg: *mut PyObject,
) -> c_int {
    // SAFETY: called by `fire` or C code with live objects.
    unsafe {
        let callback = if event == what::CALL {
            slf
        } else {
            (*frame).f_trace
        };
        if callback.is_null() {
            return 0;
        }
        match call_python(Value::from_object(callback), frame, event, arg) {
            Ok(result) => {
                if !result.is_none() {
                    let old = std::mem::replace(&mut (*frame).f_trace, boundary::to_c(result));
                    heap::xdecref_ptr(old);
                }
                0
            }
            Err(_) => {
                let exc = errors::take();
                set_c(false, None, Value::EMPTY);
                heap::clear_field(&raw mut (*frame).f_trace);
                let _ = errors::restore(exc);
                -1
            }
        }
    }
}

/// The C-level function of `sys.setprofile`.
unsafe extern "C" fn profile_trampoline(
    slf: *mut PyObject,
    frame: *mut PyFrameObject,
    event: c_int,
    arg: *mut PyObject,
) -> c_int {
    // SAFETY: called by `fire` or C code with live objects.
    unsafe {
        match call_python(Value::from_object(slf), frame, event, arg) {
            Ok(_) => 0,
            Err(_) => {
                let exc = errors::take();
                set_c(true, None, Value::EMPTY);
                let _ = errors::restore(exc);
                -1
            }
        }
    }
}

/// A trace function, a profile function is being installed: what the one before held may run code as it dies.
static INSTALLING: [AtomicBool; 2] = [const { AtomicBool::new(false) }; 2];

fn check_installing(profile: bool) -> PyResult<()> {
    if INSTALLING[usize::from(profile)].swap(false, Ordering::Relaxed) {
        let what = if profile { "profile" } else { "trace" };
        return Err(raise!(
            RuntimeError,
            "Cannot install a {what} function while another {what} function is being installed"
        ));
    }
    Ok(())
}

/// `PyEval_SetTrace` and `PyEval_SetProfile`: the function and its first argument (may be empty).
pub fn set_c(profile: bool, func: Option<Py_tracefunc>, object: Value) {
    let ts = thread::current();
    INSTALLING[usize::from(profile)].store(true, Ordering::Relaxed);
    // SAFETY: the current thread state and its frames are live; the fields own their objects.
    unsafe {
        let new = object
            .non_empty()
            .map_or(ptr::null_mut(), |o| boundary::to_c(Ref::new(o)));
        let c = &raw mut (*ts).c;
        let (f, o) = if profile {
            (&raw mut (*c).c_profilefunc, &raw mut (*c).c_profileobj)
        } else {
            (&raw mut (*c).c_tracefunc, &raw mut (*c).c_traceobj)
        };
        *f = None;
        let old = std::mem::replace(&mut *o, ptr::null_mut());
        thread::update_tracing(ts);
        heap::xdecref_ptr(old);
        if (*ts).c.tracing == 0 {
            (*ts).c.tracing_what = NOTHING;
        }
        *o = new;
        *f = func;
        thread::update_tracing(ts);
        if func.is_some() {
            // The frames that run already leave the plain loop when they return, call or jump back.
            let mut frame = (*ts).c.frame;
            while !frame.is_null() {
                (*frame).flags = (*frame).flags.with(FrameFlags::TRACED);
                frame = crate::frames::back(frame);
            }
            safepoint::request();
        }
    }
    INSTALLING[usize::from(profile)].store(false, Ordering::Relaxed);
}

fn get(object: *mut PyObject) -> Ref {
    if object.is_null() {
        Ref::none()
    } else {
        // SAFETY: the thread state owns the object.
        Ref::new(unsafe { boundary::from_c(object) })
    }
}

/// `sys.gettrace()`.
pub fn get_trace() -> Ref {
    // SAFETY: the current thread state is valid.
    get(unsafe { (*thread::current()).c.c_traceobj })
}
/// `sys.getprofile()`.
pub fn get_profile() -> Ref {
    // SAFETY: the current thread state is valid.
    get(unsafe { (*thread::current()).c.c_profileobj })
}

/// `sys.settrace(function)`.
pub fn set_trace(v: Value) -> PyResult<()> {
    check_installing(false)?;
    if v.is_none() {
        set_c(false, None, Value::EMPTY)
    } else {
        set_c(false, Some(trace_trampoline), v)
    }
    Ok(())
}
/// `sys.setprofile(function)`.
pub fn set_profile(v: Value) -> PyResult<()> {
    check_installing(true)?;
    if v.is_none() {
        set_c(true, None, Value::EMPTY)
    } else {
        set_c(true, Some(profile_trampoline), v)
    }
    Ok(())
}

/// `sys.call_tracing(func, args)`: calls with tracing on inside a trace function.
pub fn call_tracing(func: Value, args: &[Value]) -> PyResult {
    let ts = thread::current();
    // SAFETY: the current thread state is valid.
    unsafe {
        let saved = std::mem::replace(&mut (*ts).c.tracing, 0);
        thread::update_tracing(ts);
        let result = ops::call(func, args);
        (*ts).c.tracing = saved;
        thread::update_tracing(ts);
        result
    }
}

/// The setter of `f_lineno`.
pub(crate) fn set_line(frame: Value, line: Value) -> PyResult<()> {
    if line.is_empty() {
        return Err(raise!(AttributeError, "cannot delete attribute"));
    }
    if !line.has_flag(tpflags::LONG_SUBCLASS) {
        return Err(raise!(ValueError, "lineno must be an integer"));
    }
    // SAFETY: the current thread state and the frame object are live.
    unsafe {
        let what_now = (*thread::current()).c.tracing_what;
        let has_trace = !(*frame.as_ptr().cast::<PyFrameObject>()).f_trace.is_null();
        match what_now {
            what::LINE => {}
            what::CALL => {
                return Err(raise!(
                    ValueError,
                    "can't jump from the 'call' trace event of a new frame"
                ));
            }
            what::RETURN
            | what::EXCEPTION
            | what::C_CALL
            | what::C_EXCEPTION
            | what::C_RETURN
            | what::OPCODE => {
                return Err(raise!(
                    ValueError,
                    "can only jump from a 'line' trace event"
                ));
            }
            _ if !has_trace => {}
            _ => {
                return Err(raise!(
                    ValueError,
                    "f_lineno can only be set in a trace function"
                ));
            }
        }
        if !has_trace {
            return Err(raise!(
                ValueError,
                "f_lineno can only be set by a trace function"
            ));
        }
        let line = ops::index_as_isize_clipped_error(line, pyrs_object::exceptions::ValueError);
        let line = line.map_err(|_| raise!(ValueError, "lineno out of range"))?;
        let raw = frameobject::frame_of(frame);
        let object = frame.as_ptr().cast::<PyFrameObject>();
        // Only the frame of the event has its line there; another one is in the middle of a call.
        if raw.is_null() || (*object).f_lineno == 0 {
            return Err(raise!(
                ValueError,
                "can only jump from a 'line' trace event"
            ));
        }
        (*object).f_lineno = crate::jump::jump(raw, line as i64)?;
        Ok(())
    }
}
