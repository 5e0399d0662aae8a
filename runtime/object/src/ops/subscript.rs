//! Length, subscripts, containment and sequence operations.

use super::foreign::*;
use crate::{PyResult, Ref, Value, ValueExt, raise, ty};
use pyrs_layout::tpflags;

pub fn has_len(v: Value) -> bool {
    let t = v.ty();
    t.sequence().is_some_and(|s| s.sq_length.is_some())
        || t.mapping().is_some_and(|m| m.mp_length.is_some())
}

/// `len(v)`.
pub fn len(v: Value) -> PyResult<usize> {
    let t = v.ty();
    let n = t.native();
    if let Some(f) = n.sq_length.or(n.mp_length) {
        return f(v);
    }
    match t
        .sequence()
        .and_then(|s| s.sq_length)
        .or(t.mapping().and_then(|m| m.mp_length))
    {
        Some(f) => c_len_call(f, v),
        None => Err(raise!(
            TypeError,
            "object of type '{}' has no len()",
            t.message_name()
        )),
    }
}

/// `v[key]`.
pub fn getitem(v: Value, key: Value) -> PyResult {
    let t = v.ty();
    let n = t.native();
    if let Some(f) = n.mp_subscript {
        return f(v, key);
    }
    if let Some(f) = t.mapping().and_then(|m| m.mp_subscript) {
        return c_binary(f, v, key);
    }
    if t.sequence().is_some_and(|s| s.sq_item.is_some()) {
        if super::has_index(key) {
            let i = super::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
            return sequence_item(v, i);
        }
        return Err(raise!(
            TypeError,
            "sequence index must be integer, not '{}'",
            key.ty().message_name()
        ));
    }
    if v.has_flag(tpflags::TYPE_SUBCLASS) {
        return crate::typeobject::class_getitem(v, key);
    }
    Err(raise!(
        TypeError,
        "'{}' object is not subscriptable",
        t.message_name()
    ))
}

/// `v[key] = value`; an empty value deletes.
pub fn setitem(v: Value, key: Value, value: Value) -> PyResult<()> {
    let t = v.ty();
    let n = t.native();
    if let Some(f) = n.mp_ass_subscript {
        return f(v, key, value);
    }
    if let Some(f) = t.mapping().and_then(|m| m.mp_ass_subscript) {
        return c_set(f, v, key, value);
    }
    if t.sequence().is_some_and(|s| s.sq_ass_item.is_some()) {
        if super::has_index(key) {
            let i = super::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
            return sequence_set_item(v, i, value);
        }
        return Err(raise!(
            TypeError,
            "sequence index must be integer, not '{}'",
            key.ty().message_name()
        ));
    }
    let (does, how) = match value.is_empty() {
        // What CPython's deletion from sequences says, which indices reach in anything with a table for sequences.
        true if t.sequence().is_some() && super::has_index(key) => ("doesn't", "deletion"),
        true => ("does not", "deletion"),
        false => ("does not", "assignment"),
    };
    Err(raise!(
        TypeError,
        "'{}' object {does} support item {how}",
        t.message_name()
    ))
}

/// `PySequence_GetItem`: negative indices count from the end.
pub fn sequence_item(v: Value, mut i: isize) -> PyResult {
    let t = v.ty();
    if i < 0 && t.sequence().is_some_and(|s| s.sq_length.is_some()) {
        i += len(v)? as isize;
    }
    if let Some(f) = t.native().sq_item {
        return f(v, i);
    }
    match t.sequence().and_then(|s| s.sq_item) {
        Some(f) => c_sizearg(f, v, i),
        None => Err(raise!(
            TypeError,
            "'{}' object does not support indexing",
            t.message_name()
        )),
    }
}

pub fn sequence_set_item(v: Value, mut i: isize, value: Value) -> PyResult<()> {
    let t = v.ty();
    if i < 0 && t.sequence().is_some_and(|s| s.sq_length.is_some()) {
        i += len(v)? as isize;
    }
    if let Some(f) = t.native().sq_ass_item {
        return f(v, i, value);
    }
    match t.sequence().and_then(|s| s.sq_ass_item) {
        Some(f) => c_sizeobjarg(f, v, i, value),
        None => Err(raise!(
            TypeError,
            "'{}' object does not support item assignment",
            t.message_name()
        )),
    }
}

/// `item in v`.
pub fn contains(v: Value, item: Value) -> PyResult<bool> {
    let t = v.ty();
    if let Some(f) = t.native().sq_contains {
        return f(v, item);
    }
    if let Some(f) = t.sequence().and_then(|s| s.sq_contains) {
        return c_contains(f, v, item);
    }
    let mut found = false;
    super::search(v, |x| {
        found = super::eq(x.value(), item)?;
        Ok(!found)
    })?;
    Ok(found)
}

/// `PySequence_Check`: has `sq_item` and is not a dict.
pub fn is_sequence(v: Value) -> bool {
    let t = v.ty();
    !t.has(tpflags::DICT_SUBCLASS) && t.sequence().is_some_and(|s| s.sq_item.is_some())
}
/// `PyMapping_Check`.
pub fn is_mapping(v: Value) -> bool {
    v.ty().mapping().is_some_and(|m| m.mp_subscript.is_some())
}

/// `PySequence_Concat`.
pub fn concat(a: Value, b: Value) -> PyResult {
    let t = a.ty();
    if let Some(f) = t.native().sq_concat {
        return f(a, b);
    }
    if let Some(f) = t.sequence().and_then(|s| s.sq_concat) {
        return c_binary(f, a, b);
    }
    if is_sequence(a) && is_sequence(b) {
        return super::add(a, b);
    }
    Err(raise!(
        TypeError,
        "'{}' object can't be concatenated",
        t.message_name()
    ))
}

/// `PySequence_Tuple`.
pub fn to_tuple(v: Value) -> PyResult {
    if v.is_exact(crate::ty!(crate::tuple::PyTuple_Type)) {
        return Ok(Ref::new(v));
    }
    let items = super::collect(v)?;
    crate::errors::check_room(items.len(), 8)?;
    Ok(crate::tuple::from_vec(items))
}
/// `PyMapping_Keys` and its like: what the method gives, as a list of its own.
pub fn mapping_list(v: Value, method: &str) -> PyResult {
    let r = super::call_method_str(v, method, &[])?;
    if v.is_exact(ty!(crate::dict::PyDict_Type)) || super::exact_items(r.value()).is_some() {
        return to_list(r.value());
    }
    match super::iter(r.value()) {
        Ok(it) => to_list(it.value()),
        Err(_) if crate::errors::take_if(crate::exceptions::TypeError) => Err(raise!(
            TypeError,
            "{}.{method}() returned a non-iterable (type {})",
            v.ty().message_name(),
            r.ty().message_name()
        )),
        Err(e) => Err(e),
    }
}
/// `PySequence_List`.
pub fn to_list(v: Value) -> PyResult {
    match super::exact_items(v) {
        // SAFETY: a list or a tuple has a GC head.
        Some(items) if !unsafe { crate::boundary::is_exposed(v.as_ptr()) } => {
            Ok(crate::list::from_slice(items))
        }
        _ => Ok(crate::list::from_vec(super::collect(v)?)),
    }
}
