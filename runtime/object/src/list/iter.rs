//! `list_iterator` and `list_reverseiterator`.

use super::common::*;
use crate::layout::*;
use crate::{PyResult, Ref, Value, ValueExt, intern, ty};
use std::ffi::{c_int, c_void};

/// Both iterators; `seq` is empty once exhausted. The interpreter reads the fields of exact ones.
#[repr(C)]
pub struct ListIter {
    pub ob_base: PyObject,
    pub index: isize,
    pub seq: Value,
}

py_type! {
    pub static PyListIter_Type: ListIter = "list_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse }
        slots { tp_iter: self_iter, tp_iternext: iter_next }
        methods: ITER_METHODS;
    }
}
py_type! {
    pub static PyListRevIter_Type: ListIter = "list_reverseiterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse }
        slots { tp_iter: self_iter, tp_iternext: rev_next }
        methods: REV_METHODS;
    }
}
methods! {
    static ITER_METHODS = [
        "__length_hint__" NOARGS iter_hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS iter_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O iter_setstate, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}
methods! {
    static REV_METHODS = [
        "__length_hint__" NOARGS rev_hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS rev_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O rev_setstate, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}

fn raw(v: Value) -> *mut ListIter {
    v.as_ptr().cast()
}

fn make(t: crate::Type, list: Value, index: isize) -> Ref {
    let p = alloc_exact::<ListIter>(t);
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).index = index;
        (*p).seq = Ref::new(list).into_value();
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}

pub(super) fn new(list: Value) -> PyResult {
    Ok(make(ty!(PyListIter_Type), list, 0))
}
pub(super) fn new_reversed(list: Value) -> PyResult {
    let n = super::len(list) as isize;
    Ok(make(ty!(PyListRevIter_Type), list, n - 1))
}

fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}

fn iter_next(v: Value) -> PyResult<Option<Ref>> {
    let it = raw(v);
    // SAFETY: a live iterator; its list is alive while `seq` is set.
    unsafe {
        if (*it).seq.is_empty() {
            return Ok(None);
        }
        if let Some(item) = super::get((*it).seq, (*it).index as usize) {
            (*it).index += 1;
            return Ok(Some(item));
        }
        crate::heap::clear_field(&raw mut (*it).seq);
    }
    Ok(None)
}

/// The next item of a list's iterator as a new reference, if the list holds only objects that C may look at.
pub fn next_boxed(v: Value) -> Option<*mut PyObject> {
    if !v.is_exact(ty!(PyListIter_Type)) {
        return None;
    }
    let it = raw(v);
    // SAFETY: a live iterator; its list is alive while `seq` is set, and an exposed list holds objects.
    unsafe {
        let seq = (*it).seq;
        if seq.is_empty() || !crate::boundary::is_exposed(seq.as_ptr()) {
            return None;
        }
        // C may not have filled it yet.
        let item = *super::items(seq).get((*it).index as usize)?;
        if item.is_empty() {
            return None;
        }
        (*it).index += 1;
        Some(Ref::new(item).into_ptr())
    }
}

fn rev_next(v: Value) -> PyResult<Option<Ref>> {
    let it = raw(v);
    // SAFETY: as above.
    unsafe {
        if (*it).seq.is_empty() {
            return Ok(None);
        }
        if (*it).index >= 0
            && let Some(item) = super::get((*it).seq, (*it).index as usize)
        {
            (*it).index -= 1;
            return Ok(Some(item));
        }
        (*it).index = -1;
        crate::heap::clear_field(&raw mut (*it).seq);
    }
    Ok(None)
}

fn iter_hint(v: Value) -> PyResult {
    // SAFETY: as above.
    let (seq, index) = unsafe { ((*raw(v)).seq, (*raw(v)).index) };
    if seq.is_empty() {
        return Ok(Ref::int(0));
    }
    Ok(Ref::int((super::len(seq) as i64 - index as i64).max(0)))
}
fn rev_hint(v: Value) -> PyResult {
    // SAFETY: as above.
    let (seq, index) = unsafe { ((*raw(v)).seq, (*raw(v)).index) };
    let n = index as i64 + 1;
    if seq.is_empty() || (super::len(seq) as i64) < n {
        return Ok(Ref::int(0));
    }
    Ok(Ref::int(n))
}
fn iter_reduce(v: Value) -> PyResult {
    let f = builtin(intern!("iter"))?;
    // SAFETY: as above.
    let (seq, index) = unsafe { ((*raw(v)).seq, (*raw(v)).index) };
    if seq.is_empty() {
        return Ok(reduce_tuple(f, vec![super::new()], None));
    }
    Ok(reduce_tuple(
        f,
        vec![Ref::new(seq)],
        Some(Ref::int(index as i64)),
    ))
}
fn rev_reduce(v: Value) -> PyResult {
    // SAFETY: as above.
    let (seq, index) = unsafe { ((*raw(v)).seq, (*raw(v)).index) };
    if seq.is_empty() {
        return Ok(reduce_tuple(
            builtin(intern!("iter"))?,
            vec![super::new()],
            None,
        ));
    }
    let f = builtin(intern!("reversed"))?;
    // SAFETY: as above; the import may have run code.
    let seq = unsafe { (*raw(v)).seq };
    Ok(reduce_tuple(
        f,
        vec![Ref::new(seq)],
        Some(Ref::int(index as i64)),
    ))
}
fn iter_setstate(v: Value, state: Value) -> PyResult {
    let n = crate::ops::index_as_isize(state)?;
    // SAFETY: as above.
    unsafe {
        if !(*raw(v)).seq.is_empty() {
            let len = super::len((*raw(v)).seq) as isize;
            (*raw(v)).index = n.clamp(0, len);
        }
    }
    Ok(Ref::none())
}
fn rev_setstate(v: Value, state: Value) -> PyResult {
    let n = crate::ops::index_as_isize(state)?;
    // SAFETY: as above.
    unsafe {
        if !(*raw(v)).seq.is_empty() {
            let len = super::len((*raw(v)).seq) as isize;
            (*raw(v)).index = n.clamp(-1, len - 1);
        }
    }
    Ok(Ref::none())
}

unsafe extern "C" fn iter_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        crate::gc::untrack(object);
        crate::heap::clear_field(&raw mut (*object.cast::<ListIter>()).seq);
        crate::heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn iter_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live iterator.
    unsafe { crate::visit_fields!(visit, arg, (*object.cast::<ListIter>()).seq) }
}
