//! `frame` objects: made when somebody asks for one; they look at the interpreter's [`Frame`] while it runs and own a copy of it afterwards.

use crate::code::Code;
use crate::frames;
use crate::generator;
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, audit, dict, gc, getset, heap, methods, py_type, raise, ty,
};
use std::ffi::{c_int, c_void};
use std::ptr;

/// The interpreter frame behind a frame object, or null after it was cleared.
pub fn frame_of(v: Value) -> *mut Frame {
    // SAFETY: callers pass frame objects.
    unsafe { (*v.as_ptr().cast::<PyFrameObject>()).f_frame.cast() }
}
pub fn is_frame(v: Value) -> bool {
    v.is_exact(ty!(PyFrame_Type))
}

/// A frame object of a call that never runs (`PyFrame_New`): extensions make tracebacks with them.
pub fn detached(code: Value, globals: Value, locals: Value) -> PyResult {
    if !frames::has_body(code) {
        return Err(pyrs_object::errors::bad_internal_call());
    }
    let func = pyrs_object::function::new(code, globals, Value::EMPTY)?;
    // SAFETY: the copy is owned by the new frame object, which frees it; the function keeps the globals.
    unsafe {
        let body = crate::code::body(code.as_ptr());
        let f = func.value().as_ptr().cast::<PyFunctionObject>();
        let copy = heap::malloc(frames::generator_frame_size(body)).cast::<Frame>();
        frames::init(copy, body, (*body).registers);
        (*copy).prev = ptr::null_mut();
        (*copy).globals = (*f).func_globals;
        (*copy).builtins = (*f).func_builtins;
        (*copy).result_register = 0;
        (*copy).continuation = frames::Continuation::Store as u8;
        (*copy).flags = FrameFlags::NONE;
        (*copy).func = func.into_ptr();
        if !locals.is_empty() {
            (*copy).locals = Ref::new(locals).into_ptr();
            (*copy).flags = FrameFlags::HAS_LOCALS;
        }
        let object = heap::alloc_zeroed(ty!(PyFrame_Type), size_of::<PyFrameObject>());
        let new = object.cast::<PyFrameObject>();
        (*new).f_frame = copy.cast();
        (*new).f_trace_lines = 1;
        gc::track(object);
        Ok(Ref::from_owned_ptr(object))
    }
}

/// Whether the frame is one that [`detached`] made, or has ended.
pub fn is_detached(v: Value) -> bool {
    // SAFETY: callers pass a live frame object.
    unsafe { owns(v.as_ptr().cast()) }
}
/// `PyFrame_LocalsToFast`: what stands in the snapshot of `f_locals` goes into the variables. Without `clear`, a variable
/// that the snapshot does not have is left alone.
pub fn store_locals(v: Value, clear: bool) {
    let frame = frame_of(v);
    if !frame.is_null() {
        // SAFETY: a live frame.
        unsafe { crate::trace::store_locals(frame, clear) }
    }
}

/// Whether the frame object owns its frame (the frame has ended).
unsafe fn owns(object: *mut PyFrameObject) -> bool {
    // SAFETY: a frame that still runs or is suspended points back at its object.
    unsafe {
        let f = (*object).f_frame.cast::<Frame>();
        !f.is_null() && (*f).frame_obj != object
    }
}

unsafe extern "C" fn frame_dealloc(object: *mut PyObject) {
    // SAFETY: called once with a dead frame object.
    unsafe {
        gc::untrack(object);
        let f = object.cast::<PyFrameObject>();
        if owns(f) {
            frames::free_copy((*f).f_frame.cast());
        }
        (*f).f_frame = ptr::null_mut();
        heap::clear_field(&raw mut (*f).f_back);
        heap::clear_field(&raw mut (*f).f_trace);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn frame_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector with a live frame object.
    unsafe {
        let f = object.cast::<PyFrameObject>();
        for p in [(*f).f_back.cast::<PyObject>(), (*f).f_trace] {
            if !p.is_null() {
                let r = visit(p, arg);
                if r != 0 {
                    return r;
                }
            }
        }
        if owns(f) {
            return traverse_frame((*f).f_frame.cast(), visit, arg);
        }
        0
    }
}

/// Visits what a frame owns.
///
/// # Safety
/// `frame` is live; called by the collector.
pub unsafe fn traverse_frame(frame: *mut Frame, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: by contract.
    unsafe {
        for p in [(*frame).locals, (*frame).func] {
            if !p.is_null() {
                let r = visit(p, arg);
                if r != 0 {
                    return r;
                }
            }
        }
        let registers = Frame::registers(frame);
        for i in 0..(*frame).size as usize {
            let v = *registers.add(i);
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

unsafe extern "C" fn frame_tp_clear(object: *mut PyObject) -> c_int {
    // SAFETY: called by the collector with a live frame object.
    unsafe {
        let f = object.cast::<PyFrameObject>();
        if owns(f) {
            let frame = (*f).f_frame.cast::<Frame>();
            frames::release_registers(frame, 0, (*frame).size);
        }
        heap::clear_field(&raw mut (*f).f_trace);
        0
    }
}

fn repr(v: Value) -> PyResult {
    let frame = frame_of(v);
    if frame.is_null() {
        return Ok(pyrs_object::str::new(&format!(
            "<frame at {:#x}>",
            v.bits()
        )));
    }
    // SAFETY: a live frame.
    unsafe {
        let code = frames::code_object(frame);
        let file = pyrs_object::ops::repr(Value::from_object((*code).co_filename))?;
        Ok(pyrs_object::str::new(&format!(
            "<frame at {:#x}, file {}, line {}, code {}>",
            v.bits(),
            pyrs_object::str::to_string_lossy(file.value()),
            line_number(v),
            pyrs_object::str::to_string_lossy(Value::from_object((*code).co_name)),
        )))
    }
}

/// `f_lineno`.
pub fn line_number(v: Value) -> i32 {
    // SAFETY: a live frame object.
    unsafe {
        let object = v.as_ptr().cast::<PyFrameObject>();
        if (*object).f_lineno != 0 {
            return (*object).f_lineno;
        }
        let frame = frame_of(v);
        if frame.is_null() {
            0
        } else {
            frames::update(frame);
            frames::line(frame)
        }
    }
}

/// `f_back`: the caller's frame object.
pub fn back(v: Value) -> Option<Ref> {
    // SAFETY: a live frame object; its frame's caller is live while the frame is linked.
    unsafe {
        let object = v.as_ptr().cast::<PyFrameObject>();
        if !(*object).f_back.is_null() {
            return Some(Ref::new(Value::from_object((*object).f_back.cast())));
        }
        let frame = frame_of(v);
        if frame.is_null() {
            return None;
        }
        let caller = frames::back(frame);
        (!caller.is_null())
            .then(|| Ref::new(Value::from_object(frames::frame_object(caller).cast())))
    }
}

fn get_back(v: Value) -> PyResult {
    Ok(back(v).unwrap_or_else(Ref::none))
}
fn live_frame(v: Value) -> PyResult<*mut Frame> {
    let frame = frame_of(v);
    if frame.is_null() {
        Err(raise!(SystemError, "frame was cleared"))
    } else {
        Ok(frame)
    }
}
fn get_code(v: Value) -> PyResult {
    audit!("object.__getattr__", v, "f_code")?;
    code_of(v)
}
/// The code that a frame object executes.
pub fn code_of(v: Value) -> PyResult {
    // SAFETY: a live frame.
    Ok(unsafe { frames::code_ref(live_frame(v)?) })
}
fn get_globals(v: Value) -> PyResult {
    // SAFETY: a live frame.
    Ok(unsafe { Ref::new(Value::from_object((*live_frame(v)?).globals)) })
}
fn get_builtins(v: Value) -> PyResult {
    // SAFETY: a live frame.
    Ok(unsafe { Ref::new(Value::from_object((*live_frame(v)?).builtins)) })
}
fn get_lineno(v: Value) -> PyResult {
    Ok(Ref::int(i64::from(line_number(v))))
}
fn set_lineno(v: Value, line: Value) -> PyResult<()> {
    crate::trace::set_line(v, line)
}
fn get_lasti(v: Value) -> PyResult {
    let frame = live_frame(v)?;
    // SAFETY: a live frame.
    unsafe {
        frames::update(frame);
        let code = (*frame).code.cast::<Code>();
        Ok(Ref::int(i64::from((*code).index_of((*frame).pc)) * 2))
    }
}
fn get_trace(v: Value) -> PyResult {
    // SAFETY: a live frame object.
    let t = unsafe { pyrs_object::boundary::from_c((*v.as_ptr().cast::<PyFrameObject>()).f_trace) };
    Ok(if t.is_empty() {
        Ref::none()
    } else {
        Ref::new(t)
    })
}
fn set_trace(v: Value, value: Value) -> PyResult<()> {
    // SAFETY: a live frame object; the field owns its object.
    unsafe {
        let object = v.as_ptr().cast::<PyFrameObject>();
        let new = if value.is_empty() || value.is_none() {
            ptr::null_mut()
        } else {
            pyrs_object::boundary::to_c(Ref::new(value))
        };
        let old = std::mem::replace(&mut (*object).f_trace, new);
        heap::xdecref_ptr(old);
    }
    Ok(())
}

/// The variables of a frame: the mapping of module and class bodies, a snapshot dict of function frames.
pub fn locals(frame: *mut Frame) -> PyResult {
    // SAFETY: a live frame; registers below `first_temp` are variables or their cells.
    unsafe {
        if (*frame).flags.has(FrameFlags::HAS_LOCALS) && !(*frame).locals.is_null() {
            let l = Value::from_object((*frame).locals);
            add_free_variables(frame, l)?;
            return Ok(Ref::new(l));
        }
        if (*frame).locals.is_null() {
            (*frame).locals = dict::new().into_ptr();
        }
        let l = Ref::new(Value::from_object((*frame).locals));
        let code = &*(*frame).code.cast::<Code>();
        for (i, name) in code.local_names.iter().enumerate() {
            let mut v = *Frame::registers(frame).add(i);
            if code.is_cell_register(i) && v.is_exact(ty!(pyrs_object::cell::PyCell_Type)) {
                v = pyrs_object::cell::get(v);
            }
            if v.is_empty() {
                dict::del_item(l.value(), *name)?;
            } else {
                dict::set_item(l.value(), *name, v)?;
            }
        }
        Ok(l)
    }
}

/// `locals()` in a class body also shows the free variables only in function frames: class bodies leave them out.
fn add_free_variables(_frame: *mut Frame, _locals: Value) -> PyResult<()> {
    Ok(())
}

fn get_locals(v: Value) -> PyResult {
    locals(live_frame(v)?)
}

fn clear(v: Value) -> PyResult {
    let frame = frame_of(v);
    if frame.is_null() {
        return Ok(Ref::none());
    }
    // SAFETY: a live frame object.
    unsafe {
        let object = v.as_ptr().cast::<PyFrameObject>();
        if owns(object) {
            frames::release_registers(frame, 0, (*frame).size);
            heap::clear_field(&raw mut (*frame).locals);
            return Ok(Ref::none());
        }
        if (*frame).flags.has(FrameFlags::GENERATOR) {
            let g = Ref::new(Value::from_object((*frame).generator));
            if (*generator::object(g.value())).gi_frame_state != generator::state::EXECUTING {
                generator::finalize(g.value());
                generator::discard(g.value());
                return Ok(Ref::none());
            }
        }
    }
    Err(raise!(RuntimeError, "cannot clear an executing frame"))
}

methods! { static FRAME_METHODS = [
    "clear" NOARGS clear, "clear($self, /)\n--\n\nDrops what the frame of a finished or suspended call holds.";
] }
getset! { static FRAME_GETSET = [
    "f_back" get_back, None, "";
    "f_locals" get_locals, None, "";
    "f_lineno" get_lineno, set_lineno, "";
    "f_trace" get_trace, set_trace, "";
    "f_globals" get_globals, None, "";
    "f_builtins" get_builtins, None, "";
    "f_code" get_code, None, "";
    "f_lasti" get_lasti, None, "";
] }
pyrs_object::members! { static FRAME_MEMBERS = [
    "f_trace_lines" BOOL, std::mem::offset_of!(PyFrameObject, f_trace_lines), 0, "";
    "f_trace_opcodes" BOOL, std::mem::offset_of!(PyFrameObject, f_trace_opcodes), 0, "";
] }

py_type! {
    /// `frame`.
    pub static PyFrame_Type: PyFrameObject = "frame" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: frame_dealloc, tp_traverse: frame_traverse, tp_clear: frame_tp_clear }
        slots { tp_repr: repr }
        methods: FRAME_METHODS;
        getset: FRAME_GETSET;
        members: FRAME_MEMBERS;
    }
}
