//! `traceback`: where an exception has passed; made by the interpreter, one entry a frame.

use crate::layout::*;
use crate::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, gc, heap, ops, raise, ty};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::ptr;

py_type! {
    pub static PyTraceBack_Type: PyTracebackObject = "traceback" {
        flags: HAVE_GC;
        doc: "TracebackType(tb_next, tb_frame, tb_lasti, tb_lineno)\n--\n\nOne entry of a traceback.";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_getattro: crate::typeobject::generic_getattr, tp_new: construct }
        methods: METHODS;
        getset: GETSET;
        members: MEMBERS;
    }
}

fn fields(v: Value) -> *mut PyTracebackObject {
    v.as_ptr().cast()
}

/// A new entry; `next` is a traceback, `None` or empty.
pub fn new(next: Value, frame: Value, lasti: i32, lineno: i32) -> Ref {
    let object = heap::alloc_uninit(ty!(PyTraceBack_Type), size_of::<PyTracebackObject>());
    let next = next.non_empty().filter(|n| !n.is_none());
    // SAFETY: a fresh object; every field is written.
    unsafe {
        let tb = object.cast::<PyTracebackObject>();
        (*tb).tb_next = next.map_or(ptr::null_mut(), |n| Ref::new(n).into_ptr().cast());
        (*tb).tb_frame = Ref::new(frame).into_ptr().cast();
        (*tb).tb_lasti = lasti;
        (*tb).tb_lineno = lineno;
        gc::track(object);
        Ref::from_owned_ptr(object)
    }
}
pub fn next_of(tb: Value) -> Option<Ref> {
    // SAFETY: a traceback.
    let next = unsafe { Value::from_object((*fields(tb)).tb_next.cast()) };
    next.non_empty().map(Ref::new)
}
pub fn frame_of(tb: Value) -> Ref {
    // SAFETY: a traceback.
    Ref::new(unsafe { Value::from_object((*fields(tb)).tb_frame.cast()) })
}
/// The line; entries made with line -1 ask their frame's code.
pub fn lineno_of(tb: Value) -> i32 {
    // SAFETY: a traceback.
    unsafe { (*fields(tb)).tb_lineno }
}
pub fn lasti_of(tb: Value) -> i32 {
    // SAFETY: a traceback.
    unsafe { (*fields(tb)).tb_lasti }
}
/// Replaces `tb_next` without a check for loops.
pub fn set_next(tb: Value, next: Option<Ref>) {
    // SAFETY: a traceback; the old entry is given up last.
    unsafe {
        let new = next.map_or(ptr::null_mut(), |n| n.into_ptr().cast());
        let old = ptr::replace(&raw mut (*fields(tb)).tb_next, new);
        heap::xdecref_ptr(old.cast());
    }
}

const SIGNATURE: Signature<4> = Signature {
    name: "TracebackType",
    params: ["tb_next", "tb_frame", "tb_lasti", "tb_lineno"],
    posonly: 0,
    positional: 4,
    required: 4,
};

fn small_int(v: Value) -> PyResult<c_int> {
    let n = ops::index_as_isize(v)?;
    c_int::try_from(n).map_err(|_| {
        let how = if n < 0 {
            "less than minimum"
        } else {
            "greater than maximum"
        };
        raise!(OverflowError, "signed integer is {how}")
    })
}

fn construct(_: Type, args: Args<'_>) -> PyResult {
    let [next, frame, lasti, lineno] = args.bind(&SIGNATURE)?;
    if frame.ty().full_name() != "frame" {
        return Err(raise!(
            TypeError,
            "TracebackType() argument 'tb_frame' must be frame, not {}",
            argument_name(frame)
        ));
    }
    let (lasti, lineno) = (small_int(lasti)?, small_int(lineno)?);
    if !next.is_none() && !next.is_a(ty!(PyTraceBack_Type)) {
        return Err(raise!(
            TypeError,
            "expected traceback object or None, got '{}'",
            next.ty().message_name()
        ));
    }
    Ok(new(next, frame, lasti, lineno))
}
fn argument_name(v: Value) -> &'static str {
    if v.is_none() {
        "None"
    } else {
        v.ty().message_name()
    }
}

fn get_next(v: Value) -> PyResult {
    Ok(next_of(v).unwrap_or_else(Ref::none))
}
fn set_next_attr(v: Value, next: Value) -> PyResult<()> {
    if next.is_empty() {
        return Err(raise!(TypeError, "can't delete tb_next attribute"));
    }
    if next.is_none() {
        set_next(v, None);
        return Ok(());
    }
    if !next.is_a(ty!(PyTraceBack_Type)) {
        return Err(raise!(
            TypeError,
            "expected traceback object, got '{}'",
            next.ty().message_name()
        ));
    }
    let mut at = Some(Ref::new(next));
    while let Some(tb) = at {
        if tb.value() == v {
            return Err(raise!(ValueError, "traceback loop detected"));
        }
        at = next_of(tb.value());
    }
    set_next(v, Some(Ref::new(next)));
    Ok(())
}
fn get_lineno(v: Value) -> PyResult {
    let line = lineno_of(v);
    if line != -1 {
        return Ok(Ref::int(i64::from(line)));
    }
    // Not known yet: the line of the instruction in the frame's code.
    let code = (crate::hooks().frame_code)(frame_of(v).value())?;
    let positions = ops::call_method_str(code.value(), "co_positions", &[])?;
    let index = (lasti_of(v).max(0) / 2) as usize;
    let mut found = Ref::none();
    let mut i = 0;
    ops::for_each(positions.value(), |p| {
        if i == index {
            found = Ref::new(crate::boundary::canonical(crate::tuple::get(p.value(), 0)));
        }
        i += 1;
        Ok(i <= index)
    })?;
    Ok(found)
}

fn dir(_: Value) -> PyResult {
    Ok(crate::list::from_vec(
        ["tb_frame", "tb_next", "tb_lasti", "tb_lineno"]
            .iter()
            .map(|n| crate::str::intern(n))
            .collect(),
    ))
}

methods! {
    static METHODS = [
        "__dir__" NOARGS dir, "__dir__($self, /)\n--\n\n";
    ]
}
getset! {
    static GETSET = [
        "tb_next" get_next, set_next_attr, "";
        "tb_lineno" get_lineno, None, "";
    ]
}
members! {
    static MEMBERS = [
        "tb_frame" OBJECT, offset_of!(PyTracebackObject, tb_frame), membertype::READONLY | membertype::AUDIT_READ, "";
        "tb_lasti" INT, offset_of!(PyTracebackObject, tb_lasti), membertype::READONLY, "";
    ]
}

unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: as a C slot: a live traceback.
    unsafe {
        let tb = object.cast::<PyTracebackObject>();
        for field in [(*tb).tb_next.cast::<PyObject>(), (*tb).tb_frame.cast()] {
            if !field.is_null() {
                let r = visit(field, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: as a C slot: a live traceback.
    unsafe {
        let tb = object.cast::<PyTracebackObject>();
        heap::clear_field(&raw mut (*tb).tb_next);
        heap::clear_field(&raw mut (*tb).tb_frame);
    }
    0
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: as a C slot: a dead traceback.
    unsafe {
        gc::untrack(object);
        clear(object);
        heap::finish_dealloc(object);
    }
}
