//! `set_iterator`.

use super::{len, next};
use crate::layout::*;
use crate::list::common::*;
use crate::{PyResult, Ref, Value, heap, intern, ops, raise, ty};
use std::ffi::{c_int, c_void};

#[repr(C)]
pub struct SetIter {
    pub ob_base: PyObject,
    /// Empty once exhausted.
    pub set: Value,
    /// Length of the set when the iterator was made; -1 after it was seen to change.
    pub used: isize,
    pub position: usize,
    pub left: isize,
}
py_type! {
    pub static PySetIter_Type: SetIter = "set_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse }
        slots { tp_iter: self_iter, tp_iternext: iter_next }
        methods: METHODS;
    }
}
methods! {
    static METHODS = [
        "__length_hint__" NOARGS hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
    ]
}
fn raw(v: Value) -> *mut SetIter {
    v.as_ptr().cast()
}
pub(super) fn new(set: Value) -> PyResult {
    let p = alloc_exact::<SetIter>(ty!(PySetIter_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).set = Ref::new(set).into_value();
        (*p).used = len(set) as isize;
        (*p).position = 0;
        (*p).left = len(set) as isize;
        crate::gc::track(p.cast());
        Ok(Ref::from_owned_ptr(p))
    }
}
fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
/// The error of whoever walks a set that has become larger or smaller meanwhile.
#[cold]
pub(crate) fn changed() -> crate::Raised {
    raise!(RuntimeError, "Set changed size during iteration")
}
fn iter_next(v: Value) -> PyResult<Option<Ref>> {
    let it = raw(v);
    // SAFETY: a live iterator; its set is alive while the field is set.
    unsafe {
        if (*it).set.is_empty() {
            return Ok(None);
        }
        if (*it).used != len((*it).set) as isize {
            (*it).used = -1;
            return Err(changed());
        }
        if let Some(item) = next((*it).set, &mut (*it).position) {
            (*it).left -= 1;
            return Ok(Some(Ref::new(item)));
        }
        heap::clear_field(&raw mut (*it).set);
    }
    Ok(None)
}
fn hint(v: Value) -> PyResult {
    let it = raw(v);
    // SAFETY: a live iterator.
    let n = unsafe {
        if !(*it).set.is_empty() && (*it).used == len((*it).set) as isize {
            (*it).left
        } else {
            0
        }
    };
    Ok(Ref::int(n as i64))
}
fn reduce(v: Value) -> PyResult {
    let it = raw(v);
    let list = crate::list::new();
    // SAFETY: a live iterator; its position is put back after the walk.
    unsafe {
        let saved = (Ref::new((*it).set), (*it).used, (*it).position, (*it).left);
        while let Some(item) = ops::next(v)? {
            crate::list::append(list.value(), item)?;
        }
        let (set, used, position, left) = saved;
        heap::clear_field(&raw mut (*it).set);
        (*it).set = set.into_value();
        ((*it).used, (*it).position, (*it).left) = (used, position, left);
    }
    Ok(reduce_tuple(builtin(intern!("iter"))?, vec![list], None))
}
unsafe extern "C" fn iter_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        crate::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<SetIter>()).set);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn iter_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live iterator.
    unsafe { crate::visit_fields!(visit, arg, (*object.cast::<SetIter>()).set) }
}
