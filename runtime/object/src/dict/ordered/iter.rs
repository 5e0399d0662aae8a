//! `odict_iterator` and the views of an `OrderedDict`.

use super::super::views::{self, DictView};
use super::super::{PyDictItems_Type, PyDictKeys_Type, PyDictValues_Type, len};
use super::{Node, State, entry_of_node, first, last, state, value_of};
use crate::layout::*;
use crate::list::common::*;
use crate::{PyResult, Ref, Type, Value, errors, heap, intern, raise, ty};
use std::ffi::{c_int, c_void};
use std::ptr;

/// What an iterator gives.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub(super) enum Kind {
    Keys,
    Values,
    Items,
}

#[repr(C)]
pub(super) struct OrderedDictIter {
    pub ob_base: PyObject,
    kind: Kind,
    back: bool,
    /// Empty once exhausted.
    dict: Value,
    /// The length when the iterator was made; -1 after it was seen to change.
    size: isize,
    state: State,
    /// For CPython's size only.
    _result: usize,
    /// The node that comes next; in the list as long as the dict's state is this one's. Null at the end.
    node: *mut Node,
}

py_type! {
    pub static PyODictIter_Type: OrderedDictIter = "odict_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse }
        slots { tp_getattro: crate::typeobject::generic_getattr, tp_iter: self_iter, tp_iternext: next }
        methods: ITER_METHODS;
    }
}
methods! { static ITER_METHODS = [
    "__reduce__" NOARGS reduce, "Return state information for pickling";
] }

py_type! {
    pub static PyODictKeys_Type: DictView = "odict_keys" {
        flags: HAVE_GC;
        base: PyDictKeys_Type;
        raw { tp_dealloc: views::view_dealloc, tp_traverse: views::view_traverse }
        slots { tp_iter: keys_iter }
        methods: KEYS_METHODS;
    }
}
py_type! {
    pub static PyODictItems_Type: DictView = "odict_items" {
        flags: HAVE_GC;
        base: PyDictItems_Type;
        raw { tp_dealloc: views::view_dealloc, tp_traverse: views::view_traverse }
        slots { tp_iter: items_iter }
        methods: ITEMS_METHODS;
    }
}
py_type! {
    pub static PyODictValues_Type: DictView = "odict_values" {
        flags: HAVE_GC;
        base: PyDictValues_Type;
        raw { tp_dealloc: views::view_dealloc, tp_traverse: views::view_traverse }
        slots { tp_iter: values_iter }
        methods: VALUES_METHODS;
    }
}
methods! { static KEYS_METHODS = [ "__reversed__" NOARGS keys_reversed, ""; ] }
methods! { static ITEMS_METHODS = [ "__reversed__" NOARGS items_reversed, ""; ] }
methods! { static VALUES_METHODS = [ "__reversed__" NOARGS values_reversed, ""; ] }

pub(super) fn new_keys(d: Value) -> PyResult {
    Ok(views::new(ty!(PyODictKeys_Type), d))
}
pub(super) fn new_items(d: Value) -> PyResult {
    Ok(views::new(ty!(PyODictItems_Type), d))
}
pub(super) fn new_values(d: Value) -> PyResult {
    Ok(views::new(ty!(PyODictValues_Type), d))
}
fn keys_iter(v: Value) -> PyResult {
    Ok(make(views::dict_of(v), Kind::Keys, false))
}
fn items_iter(v: Value) -> PyResult {
    Ok(make(views::dict_of(v), Kind::Items, false))
}
fn values_iter(v: Value) -> PyResult {
    Ok(make(views::dict_of(v), Kind::Values, false))
}
fn keys_reversed(v: Value) -> PyResult {
    Ok(make(views::dict_of(v), Kind::Keys, true))
}
fn items_reversed(v: Value) -> PyResult {
    Ok(make(views::dict_of(v), Kind::Items, true))
}
fn values_reversed(v: Value) -> PyResult {
    Ok(make(views::dict_of(v), Kind::Values, true))
}

pub(super) fn make(d: Value, kind: Kind, back: bool) -> Ref {
    let t: Type = ty!(PyODictIter_Type);
    let p = alloc_exact::<OrderedDictIter>(t);
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).kind = kind;
        (*p).back = back;
        (*p).dict = Ref::new(d).into_value();
        (*p).size = len(d) as isize;
        (*p).state = state(d);
        (*p)._result = 0;
        (*p).node = if back { last(d) } else { first(d) };
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}
fn iterator(v: Value) -> *mut OrderedDictIter {
    v.as_ptr().cast()
}
fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
/// Steps on: the key and the entry's value.
pub(super) fn step(v: Value) -> PyResult<Option<(Ref, Ref)>> {
    let it = iterator(v);
    // SAFETY: a live iterator; the dict is alive while the field is set, the node while the states agree.
    unsafe {
        let d = (*it).dict;
        if d.is_empty() {
            return Ok(None);
        }
        let node = (*it).node;
        if node.is_null() {
            heap::clear_field(&raw mut (*it).dict);
            return Ok(None);
        }
        let changed = || raise!(RuntimeError, "OrderedDict mutated during iteration");
        let now = state(d);
        if now.steps != (*it).state.steps {
            heap::clear_field(&raw mut (*it).dict);
            return Err(changed());
        }
        if (*it).size != len(d) as isize {
            (*it).size = -1;
            return Err(raise!(
                RuntimeError,
                "OrderedDict changed size during iteration"
            ));
        }
        if now != (*it).state {
            heap::clear_field(&raw mut (*it).dict);
            return Err(changed());
        }
        let key = Ref::new((*node).key);
        let found = entry_of_node(d, key.value(), (*node).hash);
        // Finding the entry may have run code; then the iterator may even be further already.
        if (*it).dict.is_empty() || state(d) != (*it).state || (*it).node != node {
            found?;
            return Err(changed());
        }
        let Some(n) = found? else {
            (*it).node = ptr::null_mut();
            return Err(errors::key_error(key.value()));
        };
        (*it).node = if (*it).back {
            (*node).prev
        } else {
            (*node).next
        };
        let value = Ref::new(value_of(d, n));
        Ok(Some((key, value)))
    }
}
fn next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: a live iterator.
    let kind = unsafe { (*iterator(v)).kind };
    Ok(step(v)?.map(|(key, value)| match kind {
        Kind::Keys => key,
        Kind::Values => value,
        Kind::Items => crate::tuple::pair(key, value),
    }))
}
/// `iter(list of what is left)`; this iterator stays where it is.
fn reduce(v: Value) -> PyResult {
    let it = iterator(v);
    // SAFETY: a live iterator; the other one gets its state and a count of the dict.
    let rest = unsafe {
        if (*it).dict.is_empty() {
            crate::list::new()
        } else {
            let other = make((*it).dict, (*it).kind, (*it).back);
            let p = iterator(other.value());
            ((*p).size, (*p).state, (*p).node) = ((*it).size, (*it).state, (*it).node);
            crate::ops::to_list(other.value())?
        }
    };
    Ok(reduce_tuple(builtin(intern!("iter"))?, vec![rest], None))
}
unsafe extern "C" fn iter_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        crate::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<OrderedDictIter>()).dict);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn iter_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live iterator.
    unsafe { crate::visit_fields!(visit, arg, (*object.cast::<OrderedDictIter>()).dict) }
}
