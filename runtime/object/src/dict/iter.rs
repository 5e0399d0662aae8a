//! The six dict iterators: keys, values and items, forwards and backwards.

use super::{PyDict_Type, entry_at, len, next_entry, prev_entry};
use crate::layout::*;
use crate::list::common::*;
use crate::{PyResult, Ref, Type, Value, ValueExt, heap, intern, raise, ty};
use std::ffi::{c_int, c_void};

#[repr(C)]
pub struct DictIter {
    pub ob_base: PyObject,
    /// Empty once exhausted.
    pub dict: Value,
    /// Length of the dict when the iterator was made; -1 after it was seen to change.
    pub used: isize,
    /// The next entry (backwards: one above it).
    pub position: usize,
    /// The last items tuple, to be used again when nobody else holds it.
    pub result: Value,
    /// Items still to come.
    pub left: isize,
}

macro_rules! dict_iter {
    ($($sym:ident $name:literal $next:ident)*) => {$(
        py_type! {
            pub static $sym: DictIter = $name {
                flags: HAVE_GC;
                raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse }
                slots { tp_iter: self_iter, tp_iternext: $next }
                methods: METHODS;
            }
        }
    )*};
}
dict_iter! {
    PyDictIterKey_Type "dict_keyiterator" next_key
    PyDictIterValue_Type "dict_valueiterator" next_value
    PyDictIterItem_Type "dict_itemiterator" next_item
    PyDictRevIterKey_Type "dict_reversekeyiterator" prev_key
    PyDictRevIterValue_Type "dict_reversevalueiterator" prev_value
    PyDictRevIterItem_Type "dict_reverseitemiterator" prev_item
}
methods! {
    static METHODS = [
        "__length_hint__" NOARGS hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
    ]
}

fn raw(v: Value) -> *mut DictIter {
    v.as_ptr().cast()
}

pub(super) fn make(t: Type, dict: Value) -> Ref {
    let p = alloc_exact::<DictIter>(t);
    let back = [
        ty!(PyDictRevIterKey_Type),
        ty!(PyDictRevIterValue_Type),
        ty!(PyDictRevIterItem_Type),
    ]
    .contains(&t);
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).dict = Ref::new(dict).into_value();
        (*p).used = len(dict) as isize;
        (*p).position = if back { usize::MAX } else { 0 };
        (*p).result = Value::EMPTY;
        (*p).left = len(dict) as isize;
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}

fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}

/// Steps to the next entry: its key and value, borrowed.
#[inline]
fn step(v: Value, back: bool) -> PyResult<Option<(Value, Value)>> {
    let it = raw(v);
    // SAFETY: a live iterator; the dict is alive while the field is set.
    unsafe {
        let d = (*it).dict;
        if d.is_empty() {
            return Ok(None);
        }
        if (*it).used != len(d) as isize {
            (*it).used = -1;
            return Err(raise!(
                RuntimeError,
                "dictionary changed size during iteration"
            ));
        }
        let found = if back {
            prev_entry(d, (*it).position)
        } else {
            next_entry(d, (*it).position)
        };
        let Some(n) = found else {
            heap::clear_field(&raw mut (*it).dict);
            return Ok(None);
        };
        if (*it).left == 0 && !back {
            heap::clear_field(&raw mut (*it).dict);
            return Err(raise!(
                RuntimeError,
                "dictionary keys changed during iteration"
            ));
        }
        (*it).position = if back { n } else { n + 1 };
        (*it).left -= 1;
        let (key, value, _) = entry_at(d, n);
        Ok(Some((key, value)))
    }
}
fn next_key(v: Value) -> PyResult<Option<Ref>> {
    Ok(step(v, false)?.map(|(k, _)| Ref::new(k)))
}
fn next_value(v: Value) -> PyResult<Option<Ref>> {
    Ok(step(v, false)?.map(|(_, x)| Ref::new(x)))
}
fn pair(k: Value, x: Value) -> Ref {
    crate::tuple::pair(Ref::new(k), Ref::new(x))
}
fn next_item(v: Value) -> PyResult<Option<Ref>> {
    Ok(step(v, false)?.map(|(k, x)| pair(k, x)))
}
fn prev_key(v: Value) -> PyResult<Option<Ref>> {
    Ok(step(v, true)?.map(|(k, _)| Ref::new(k)))
}
fn prev_value(v: Value) -> PyResult<Option<Ref>> {
    Ok(step(v, true)?.map(|(_, x)| Ref::new(x)))
}
fn prev_item(v: Value) -> PyResult<Option<Ref>> {
    Ok(step(v, true)?.map(|(k, x)| pair(k, x)))
}

fn hint(v: Value) -> PyResult {
    let it = raw(v);
    // SAFETY: a live iterator.
    let n = unsafe {
        if !(*it).dict.is_empty() && (*it).used == len((*it).dict) as isize {
            (*it).left
        } else {
            0
        }
    };
    Ok(Ref::int(n as i64))
}
/// `iter(list of what is left)`; this iterator stays where it is.
fn reduce(v: Value) -> PyResult {
    let it = raw(v);
    // SAFETY: a live iterator; its position is put back after the walk.
    unsafe {
        let saved = (Ref::new((*it).dict), (*it).used, (*it).position, (*it).left);
        let list = crate::list::new();
        while let Some(item) = crate::ops::next(v)? {
            crate::list::append(list.value(), item)?;
        }
        let (dict, used, position, left) = saved;
        heap::clear_field(&raw mut (*it).dict);
        (*it).dict = dict.into_value();
        ((*it).used, (*it).position, (*it).left) = (used, position, left);
        Ok(reduce_tuple(builtin(intern!("iter"))?, vec![list], None))
    }
}
unsafe extern "C" fn iter_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        crate::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<DictIter>()).dict);
        heap::clear_field(&raw mut (*object.cast::<DictIter>()).result);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn iter_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let it = object.cast::<DictIter>();
    // SAFETY: called by the collector for a live iterator.
    unsafe { crate::visit_fields!(visit, arg, (*it).dict, (*it).result) }
}

/// `iter(d)`, `reversed(d)`.
pub(super) fn iter_keys(d: Value) -> PyResult {
    Ok(make(ty!(PyDictIterKey_Type), d))
}
pub(super) fn reversed_keys(d: Value) -> PyResult {
    Ok(make(ty!(PyDictRevIterKey_Type), d))
}
/// Whether the dict is plain: iteration cannot have been overridden.
pub(super) fn is_plain(d: Value) -> bool {
    d.is_exact(ty!(PyDict_Type))
}
