//! `BaseException`: what every exception instance has.

use crate::boundary::{from_c, to_c};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty};
use std::ffi::{c_int, c_void};
use std::ptr;

pub(super) fn fields(v: Value) -> *mut PyBaseExceptionObject {
    v.as_ptr().cast()
}

/// The canonical content of an object field, or `None` if it is null.
///
/// # Safety
/// `field` lies in a live exception.
pub(super) unsafe fn load(field: *const *mut PyObject) -> Option<Ref> {
    // SAFETY: by contract.
    unsafe { from_c(*field).non_empty().map(Ref::new) }
}
/// Replaces an object field; C may read it.
///
/// # Safety
/// As [`load`].
pub(super) unsafe fn store(field: *mut *mut PyObject, v: Option<Ref>) {
    let new = v.map_or(ptr::null_mut(), to_c);
    // SAFETY: by contract; the old object is given up last.
    unsafe {
        let old = ptr::replace(field, new);
        heap::xdecref_ptr(old);
    }
}

/// The object words of an exception: the six common ones, then those of `mask` from offset 72.
unsafe fn words(object: *mut PyObject, mask: u32) -> impl Iterator<Item = *mut *mut PyObject> {
    // SAFETY: the offsets lie in the exception's layout (its row of the table says so).
    unsafe {
        let first = object.cast::<u8>().add(16).cast::<*mut PyObject>();
        let own = object.cast::<u8>().add(72).cast::<*mut PyObject>();
        (0..6).map(move |i| first.add(i)).chain(
            (0..32)
                .filter(move |i| mask & (1 << i) != 0)
                .map(move |i| own.add(i)),
        )
    }
}

/// # Safety
/// As a C slot. (The same holds for the two below.)
pub(super) unsafe extern "C" fn exc_traverse<const MASK: u32>(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: by contract.
    unsafe {
        for word in words(object, MASK) {
            let v = Value::from_object(*word);
            if v.is_object() {
                let r = visit(v.as_ptr(), arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
/// # Safety
/// See [`exc_traverse`].
pub(super) unsafe extern "C" fn exc_clear<const MASK: u32>(object: *mut PyObject) -> c_int {
    // SAFETY: by contract.
    unsafe {
        for word in words(object, MASK) {
            heap::clear_field(word);
        }
    }
    0
}
/// # Safety
/// See [`exc_traverse`].
pub(super) unsafe extern "C" fn exc_dealloc<const MASK: u32>(object: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        gc::untrack(object);
        exc_clear::<MASK>(object);
        heap::finish_dealloc(object);
    }
}

/// An instance of `t` with `args`, its other fields empty.
pub(super) fn alloc(t: Type, args: Ref) -> PyResult {
    // SAFETY: tp_alloc gives an owned zeroed instance or null with an error set.
    unsafe {
        let object = match t.tp_alloc {
            Some(f) => f(t.as_ptr(), 0),
            None => heap::generic_alloc(t.as_ptr(), 0),
        };
        if object.is_null() {
            return Err(crate::errors::from_c_null());
        }
        (*object.cast::<PyBaseExceptionObject>()).args = to_c(args);
        Ok(Ref::from_owned_ptr(object))
    }
}

/// `BaseException.__new__`.
pub(super) fn new(t: Type, args: Args<'_>) -> PyResult {
    alloc(t, crate::tuple::from_slice(args.positional()))
}

/// `BaseException.__init__`.
pub(super) fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    args.no_keywords(v.ty().message_name())?;
    set_args(v, args.positional());
    Ok(())
}
pub(super) fn set_args(v: Value, args: &[Value]) {
    let f = fields(v);
    // SAFETY: an exception.
    unsafe {
        // `__new__` has stored the same arguments: keep its tuple.
        let old = Value::from_object((*f).args);
        if old.is_exact(ty!(crate::tuple::PyTuple_Type)) {
            let items = crate::tuple::items(old);
            if items.len() == args.len()
                && items
                    .iter()
                    .zip(args)
                    .all(|(a, b)| crate::boundary::canonical(*a) == *b)
            {
                return;
            }
        }
        store(&raw mut (*f).args, Some(crate::tuple::from_slice(args)));
    }
}
/// The args tuple.
pub(super) fn args_of(v: Value) -> Ref {
    // SAFETY: an exception.
    unsafe { load(&raw const (*fields(v)).args) }.unwrap_or_else(crate::tuple::empty)
}

pub(super) fn str_of(v: Value) -> PyResult {
    let args = args_of(v);
    match crate::tuple::len(args.value()) {
        0 => Ok(crate::str::empty()),
        1 => ops::str_of(crate::tuple::get(args.value(), 0)),
        _ => ops::str_of(args.value()),
    }
}

pub(super) fn repr(v: Value) -> PyResult {
    let name = v.ty().name();
    let args = args_of(v);
    let mut b = crate::str::Builder::new();
    b.push_str(name);
    if crate::tuple::len(args.value()) == 1 {
        let r = ops::repr(crate::tuple::get(args.value(), 0))?;
        b.push_str("(");
        b.push_value(r.value());
        b.push_str(")");
    } else {
        b.push_value(ops::repr(args.value())?.value());
    }
    b.finish()
}

/// The instance dict if there is one.
pub(super) fn dict_of(v: Value) -> Option<Ref> {
    // SAFETY: an exception.
    unsafe { load(&raw const (*fields(v)).dict) }
}

fn reduce(v: Value) -> PyResult {
    let (t, args) = (v.ty().value(), args_of(v));
    Ok(match dict_of(v) {
        Some(d) => crate::tuple::from_slice(&[t, args.value(), d.value()]),
        None => crate::tuple::from_slice(&[t, args.value()]),
    })
}

fn setstate(v: Value, state: Value) -> PyResult {
    if state.is_none() {
        return Ok(Ref::none());
    }
    if !crate::dict::is_dict(state) {
        return Err(raise!(TypeError, "state is not a dictionary"));
    }
    let mut items = Vec::new();
    crate::dict::for_each(state, |k, v| items.push((Ref::new(k), Ref::new(v))));
    for (k, x) in items {
        ops::setattr(v, k.value(), x.value())?;
    }
    Ok(Ref::none())
}

fn with_traceback(v: Value, tb: Value) -> PyResult {
    set_traceback_attr(v, tb)?;
    Ok(Ref::new(v))
}

fn add_note(v: Value, note: Value) -> PyResult {
    if !note.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "note must be a str, not '{}'",
            note.ty().message_name()
        ));
    }
    let name = intern!("__notes__");
    let notes = match ops::getattr_opt(v, name)? {
        Some(n) => n,
        None => {
            let n = crate::list::new();
            ops::setattr(v, name, n.value())?;
            n
        }
    };
    if !crate::list::is_list(notes.value()) {
        return Err(raise!(
            TypeError,
            "Cannot add note: __notes__ is not a list"
        ));
    }
    crate::list::append(notes.value(), Ref::new(note))?;
    Ok(Ref::none())
}

crate::methods! {
    pub(super) static METHODS = [
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\n";
        "__setstate__" O setstate, "__setstate__($self, state, /)\n--\n\n";
        "with_traceback" O with_traceback, "with_traceback($self, tb, /)\n--\n\nSets __traceback__ and returns self.";
        "add_note" O add_note, "add_note($self, note, /)\n--\n\nAdds a note that is printed after the message.";
    ]
}

fn get_args(v: Value) -> PyResult {
    Ok(args_of(v))
}
fn set_args_attr(v: Value, x: Value) -> PyResult<()> {
    if x.is_empty() {
        return Err(raise!(TypeError, "args may not be deleted"));
    }
    let t = ops::to_tuple(x)?;
    // SAFETY: an exception.
    unsafe { store(&raw mut (*fields(v)).args, Some(t)) };
    Ok(())
}
fn get_dict(v: Value) -> PyResult {
    // SAFETY: an exception.
    unsafe {
        let f = fields(v);
        if (*f).dict.is_null() {
            (*f).dict = crate::dict::new().into_ptr();
        }
        Ok(Ref::new(Value::from_object((*f).dict)))
    }
}
fn set_dict(v: Value, d: Value) -> PyResult<()> {
    if d.is_empty() {
        return Err(raise!(TypeError, "cannot delete __dict__"));
    }
    if !crate::dict::is_dict(d) {
        return Err(raise!(
            TypeError,
            "__dict__ must be set to a dictionary, not a '{}'",
            d.ty().message_name()
        ));
    }
    // SAFETY: an exception.
    unsafe { store(&raw mut (*fields(v)).dict, Some(Ref::new(d))) };
    Ok(())
}
fn or_none(v: Option<Ref>) -> PyResult {
    Ok(v.unwrap_or_else(Ref::none))
}
fn get_traceback(v: Value) -> PyResult {
    or_none(super::traceback_of(v))
}
fn set_traceback_attr(v: Value, tb: Value) -> PyResult<()> {
    if tb.is_empty() {
        return Err(raise!(TypeError, "__traceback__ may not be deleted"));
    }
    if !tb.is_none() && !tb.is_a(ty!(crate::traceback::PyTraceBack_Type)) {
        return Err(raise!(
            TypeError,
            "__traceback__ must be a traceback or None"
        ));
    }
    super::set_traceback(v, tb);
    Ok(())
}
fn get_context(v: Value) -> PyResult {
    or_none(super::context_of(v))
}
fn get_cause(v: Value) -> PyResult {
    or_none(super::cause_of(v))
}
fn checked(x: Value, name: &str, what: &str) -> PyResult<Option<Ref>> {
    if x.is_empty() {
        Err(raise!(TypeError, "{name} may not be deleted"))
    } else if x.is_none() {
        Ok(None)
    } else if x.has_flag(tpflags::BASE_EXC_SUBCLASS) {
        Ok(Some(Ref::new(x)))
    } else {
        Err(raise!(
            TypeError,
            "exception {what} must be None or derive from BaseException"
        ))
    }
}
fn set_context_attr(v: Value, x: Value) -> PyResult<()> {
    let x = checked(x, "__context__", "context")?;
    super::set_context(v, x);
    Ok(())
}
fn set_cause_attr(v: Value, x: Value) -> PyResult<()> {
    let x = checked(x, "__cause__", "cause")?;
    super::set_cause(v, x);
    Ok(())
}

crate::getset! {
    pub(super) static GETSET = [
        "__dict__" get_dict, set_dict, "";
        "args" get_args, set_args_attr, "";
        "__traceback__" get_traceback, set_traceback_attr, "";
        "__context__" get_context, set_context_attr, "exception context";
        "__cause__" get_cause, set_cause_attr, "exception cause";
    ]
}
crate::members! {
    pub(super) static MEMBERS = [
        "__suppress_context__" BOOL, std::mem::offset_of!(PyBaseExceptionObject, suppress_context), 0, "";
    ]
}
