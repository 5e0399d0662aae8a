//! `cell`: a variable shared by closures.

use crate::boundary::{from_c, to_c};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, gc, heap, ops, raise, ty};
use std::ffi::{c_int, c_void};

py_type! {
    pub static PyCell_Type: PyCellObject = "cell" {
        flags: HAVE_GC;
        doc: "cell([contents])\n--\n\nCreate a new cell object.";
        raw { tp_dealloc: cell_dealloc, tp_traverse: cell_traverse, tp_clear: cell_clear }
        slots { tp_repr: cell_repr, tp_richcompare: cell_richcompare, tp_new: cell_new }
        getset: CELL_GETSET;
    }
}
getset! { static CELL_GETSET = [
    "cell_contents" get_contents, set_contents, "";
] }

fn field(v: Value) -> *mut Value {
    // SAFETY: the content is one word behind the header.
    unsafe { (&raw mut (*v.as_ptr().cast::<PyCellObject>()).ob_ref).cast() }
}
/// A cell with `content` (empty for an unbound variable). Nothing inlines reads of cells, so they may hold immediates.
pub fn new(content: Value) -> Ref {
    let p = heap::alloc_uninit(ty!(PyCell_Type), size_of::<PyCellObject>());
    // SAFETY: a fresh object.
    unsafe {
        heap::incref(content);
        field(Value::from_object(p)).write(content);
        gc::track(p);
        Ref::from_owned_ptr(p)
    }
}
/// Borrowed content or empty.
#[inline]
pub fn get(cell: Value) -> Value {
    // SAFETY: a live cell; its content may be a box that C stored.
    crate::boundary::canonical(unsafe { *field(cell) })
}
/// Replaces the content.
#[inline]
pub fn set(cell: Value, content: Ref) {
    // SAFETY: a live cell; the old content is given up after the new is in place.
    let old = unsafe { field(cell).replace(content.into_value()) };
    heap::decref(old);
}

unsafe extern "C" fn cell_dealloc(o: *mut PyObject) {
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        heap::clear_field(field(Value::from_object(o)));
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn cell_clear(o: *mut PyObject) -> c_int {
    // SAFETY: alive.
    unsafe { heap::clear_field(field(Value::from_object(o))) };
    0
}
unsafe extern "C" fn cell_traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: alive.
    unsafe {
        let v = *field(Value::from_object(o));
        if v.is_object() {
            visit(v.as_ptr(), arg)
        } else {
            0
        }
    }
}
fn cell_new(_: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("cell")?;
    crate::check_positional("cell", args.values.len(), 0, 1)?;
    Ok(new(args.values.first().copied().unwrap_or(Value::EMPTY)))
}
fn cell_repr(v: Value) -> PyResult {
    let at = ops::id(v);
    let c = get(v);
    Ok(Ref::str(&if c.is_empty() {
        format!("<cell at {at:#x}: empty>")
    } else {
        format!(
            "<cell at {at:#x}: {} object at {:#x}>",
            c.ty().message_name(),
            ops::id(c)
        )
    }))
}
fn cell_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !b.is_exact(ty!(PyCell_Type)) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (get(a), get(b));
    if !x.is_empty() && !y.is_empty() {
        let (x, y) = (Ref::new(x), Ref::new(y));
        return ops::richcompare(x.value(), y.value(), op);
    }
    let order = (!x.is_empty()).cmp(&!y.is_empty());
    Ok(Ref::bool(op.holds(order)))
}
fn get_contents(v: Value) -> PyResult {
    match get(v).non_empty() {
        Some(c) => Ok(Ref::new(c)),
        None => Err(raise!(ValueError, "Cell is empty")),
    }
}
fn set_contents(v: Value, value: Value) -> PyResult<()> {
    if value.is_empty() {
        // SAFETY: alive.
        unsafe { heap::clear_field(field(v)) };
    } else {
        set(v, Ref::new(value));
    }
    Ok(())
}
/// The content for C: boxed in place, borrowed (`PyCell_GET` reads the field itself after this).
///
/// # Safety
/// `cell` is a live cell.
pub unsafe fn expose(cell: *mut PyObject) {
    // SAFETY: by contract; an immediate is replaced by a box that the cell owns.
    unsafe {
        let f = field(Value::from_object(cell));
        if (*f).is_immediate() {
            let boxed = to_c(Ref::new(*f));
            f.write(Value::from_object(boxed));
        }
        debug_assert!(from_c((*f).as_ptr()) == crate::boundary::canonical(*f));
    }
}
