//! `dict_keys`, `dict_values`, `dict_items`.

use super::iter::{self, make};
use super::{PyDict_Type, contains, get, len, next};
use crate::layout::*;
use crate::list::common::*;
use crate::{PyResult, Ref, Type, Value, ValueExt, heap, ops, set, ty};
use std::ffi::{c_int, c_void};

#[repr(C)]
pub(super) struct DictView {
    pub ob_base: PyObject,
    pub dict: Value,
}

py_type! {
    pub static PyDictKeys_Type: DictView = "dict_keys" {
        flags: HAVE_GC;
        raw { tp_dealloc: view_dealloc, tp_traverse: view_traverse }
        slots { tp_repr: view_repr, tp_richcompare: view_richcompare, tp_iter: keys_iter }
        number { nb_subtract: view_sub, nb_and: view_and, nb_xor: view_xor, nb_or: view_or }
        sequence { sq_length: view_len, sq_contains: keys_contains }
        methods: KEYS_METHODS;
        getset: VIEW_GETSET;
    }
}
py_type! {
    pub static PyDictItems_Type: DictView = "dict_items" {
        flags: HAVE_GC;
        raw { tp_dealloc: view_dealloc, tp_traverse: view_traverse }
        slots { tp_repr: view_repr, tp_richcompare: view_richcompare, tp_iter: items_iter }
        number { nb_subtract: view_sub, nb_and: view_and, nb_xor: view_xor, nb_or: view_or }
        sequence { sq_length: view_len, sq_contains: items_contains }
        methods: ITEMS_METHODS;
        getset: VIEW_GETSET;
    }
}
py_type! {
    pub static PyDictValues_Type: DictView = "dict_values" {
        flags: HAVE_GC;
        raw { tp_dealloc: view_dealloc, tp_traverse: view_traverse }
        slots { tp_repr: view_repr, tp_iter: values_iter }
        sequence { sq_length: view_len }
        methods: VALUES_METHODS;
        getset: VIEW_GETSET;
    }
}
methods! {
    static KEYS_METHODS = [
        "isdisjoint" O isdisjoint, "isdisjoint($self, other, /)\n--\n\nWhether the two have nothing in common.";
        "__reversed__" NOARGS keys_reversed, "__reversed__($self, /)\n--\n\nA reverse iterator.";
    ]
}
methods! {
    static ITEMS_METHODS = [
        "isdisjoint" O isdisjoint, "isdisjoint($self, other, /)\n--\n\nWhether the two have nothing in common.";
        "__reversed__" NOARGS items_reversed, "__reversed__($self, /)\n--\n\nA reverse iterator.";
    ]
}
methods! {
    static VALUES_METHODS = [
        "__reversed__" NOARGS values_reversed, "__reversed__($self, /)\n--\n\nA reverse iterator.";
    ]
}
getset! {
    static VIEW_GETSET = [ "mapping" view_mapping, None, "the dict behind the view, read-only"; ]
}

pub(super) fn dict_of(v: Value) -> Value {
    // SAFETY: a live view.
    unsafe { (*v.as_ptr().cast::<DictView>()).dict }
}
pub(super) fn new(t: Type, dict: Value) -> Ref {
    let p = alloc_exact::<DictView>(t);
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).dict = Ref::new(dict).into_value();
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}
pub(super) fn new_keys(d: Value) -> PyResult {
    Ok(new(ty!(PyDictKeys_Type), d))
}
pub(super) fn new_items(d: Value) -> PyResult {
    Ok(new(ty!(PyDictItems_Type), d))
}
pub(super) fn new_values(d: Value) -> PyResult {
    Ok(new(ty!(PyDictValues_Type), d))
}
/// A keys or items view.
pub fn is_view(v: Value) -> bool {
    v.is_a(ty!(PyDictKeys_Type)) || v.is_a(ty!(PyDictItems_Type))
}

fn view_len(v: Value) -> PyResult<usize> {
    Ok(len(dict_of(v)))
}
fn view_mapping(v: Value) -> PyResult {
    Ok(crate::mappingproxy::new(dict_of(v)))
}
fn keys_iter(v: Value) -> PyResult {
    Ok(make(ty!(iter::PyDictIterKey_Type), dict_of(v)))
}
fn items_iter(v: Value) -> PyResult {
    Ok(make(ty!(iter::PyDictIterItem_Type), dict_of(v)))
}
fn values_iter(v: Value) -> PyResult {
    Ok(make(ty!(iter::PyDictIterValue_Type), dict_of(v)))
}
fn keys_reversed(v: Value) -> PyResult {
    Ok(make(ty!(iter::PyDictRevIterKey_Type), dict_of(v)))
}
fn items_reversed(v: Value) -> PyResult {
    Ok(make(ty!(iter::PyDictRevIterItem_Type), dict_of(v)))
}
fn values_reversed(v: Value) -> PyResult {
    Ok(make(ty!(iter::PyDictRevIterValue_Type), dict_of(v)))
}
fn keys_contains(v: Value, key: Value) -> PyResult<bool> {
    contains(dict_of(v), key)
}
fn items_contains(v: Value, item: Value) -> PyResult<bool> {
    if !crate::tuple::is_tuple(item) || crate::tuple::len(item) != 2 {
        return Ok(false);
    }
    match get(dict_of(v), crate::tuple::get(item, 0))? {
        Some(found) => eq_fast(found.value(), crate::tuple::get(item, 1)),
        None => Ok(false),
    }
}
fn view_repr(v: Value) -> PyResult {
    if repr_enter(v) {
        return Ok(crate::str::new("..."));
    }
    let run = || {
        let list = ops::to_list(v)?;
        let mut b = crate::str::Builder::new();
        b.push_str(v.ty().name());
        b.push_str("(");
        b.push_value(ops::repr(list.value())?.value());
        b.push_str(")");
        b.finish()
    };
    let result = run();
    repr_leave(v);
    result
}
fn all_in(a: Value, b: Value) -> PyResult<bool> {
    let mut all = true;
    ops::for_each(a, |item| {
        all = ops::contains(b, item.value())?;
        Ok(all)
    })?;
    Ok(all)
}
fn view_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !set::is_set(b) && !is_view(b) {
        return Ok(Ref::not_implemented());
    }
    let (n, m) = (ops::len(a)?, ops::len(b)?);
    let result = match op {
        CmpOp::Eq => n == m && all_in(a, b)?,
        CmpOp::Ne => !(n == m && all_in(a, b)?),
        CmpOp::Lt => n < m && all_in(a, b)?,
        CmpOp::Le => n <= m && all_in(a, b)?,
        CmpOp::Gt => n > m && all_in(b, a)?,
        CmpOp::Ge => n >= m && all_in(b, a)?,
    };
    Ok(Ref::bool(result))
}

/// The left operand as a set; for a keys view without making tuples.
fn as_set(v: Value) -> PyResult {
    if v.is_exact(ty!(PyDictKeys_Type)) && dict_of(v).is_exact(ty!(PyDict_Type)) {
        let s = set::new();
        let mut position = 0;
        while let Some((key, _)) = next(dict_of(v), &mut position) {
            set::add(s.value(), key)?;
        }
        return Ok(s);
    }
    set::from_iterable(v)
}
fn view_sub(a: Value, b: Value) -> PyResult {
    let s = as_set(a)?;
    set::difference_update(s.value(), b)?;
    Ok(s)
}
fn view_or(a: Value, b: Value) -> PyResult {
    let s = as_set(a)?;
    set::update(s.value(), b)?;
    Ok(s)
}
fn view_xor(a: Value, b: Value) -> PyResult {
    let s = as_set(a)?;
    let other = set::from_iterable(b)?;
    set::symmetric_difference_update(s.value(), other.value())?;
    Ok(s)
}
fn view_and(a: Value, b: Value) -> PyResult {
    let (a, b) = if is_view(a) { (a, b) } else { (b, a) };
    // The larger of two sized operands answers, the other is walked.
    let swap = is_view(b) && ops::len(b)? > ops::len(a)?;
    let (walked, asked) = if swap { (a, b) } else { (b, a) };
    let s = set::new();
    ops::for_each(walked, |item| {
        if ops::contains(asked, item.value())? {
            set::add(s.value(), item.value())?;
        }
        Ok(true)
    })?;
    Ok(s)
}
fn isdisjoint(v: Value, other: Value) -> PyResult {
    if v == other {
        return Ok(Ref::bool(ops::len(v)? == 0));
    }
    let sized = set::is_set(other) || is_view(other);
    let (walked, asked) = if sized && ops::len(other)? > ops::len(v)? {
        (v, other)
    } else {
        (other, v)
    };
    let mut disjoint = true;
    ops::for_each(walked, |item| {
        disjoint = !ops::contains(asked, item.value())?;
        Ok(disjoint)
    })?;
    Ok(Ref::bool(disjoint))
}
pub(super) unsafe extern "C" fn view_dealloc(object: *mut PyObject) {
    // SAFETY: a dead view.
    unsafe {
        crate::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<DictView>()).dict);
        heap::finish_dealloc(object);
    }
}
pub(super) unsafe extern "C" fn view_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live view.
    unsafe { crate::visit_fields!(visit, arg, (*object.cast::<DictView>()).dict) }
}
