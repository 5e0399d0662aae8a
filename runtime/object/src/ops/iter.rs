//! Iteration: `iter`, `next`, and Rust-side loops over any iterable.

use super::foreign::*;
use crate::{PyResult, Raised, Ref, Value, ValueExt, raise};

/// `iter(v)`.
pub fn iter(v: Value) -> PyResult {
    let t = v.ty();
    let r = if let Some(f) = t.native().tp_iter {
        f(v)?
    } else if let Some(f) = t.tp_iter {
        c_unary(f, v)?
    } else if super::is_sequence(v) {
        return Ok(crate::iterobject::new_seq_iter(v));
    } else {
        return Err(raise!(
            TypeError,
            "'{}' object is not iterable",
            t.message_name()
        ));
    };
    if is_iterator(r.value()) {
        Ok(r)
    } else {
        Err(raise!(
            TypeError,
            "iter() returned non-iterator of type '{}'",
            r.ty().message_name()
        ))
    }
}

pub fn is_iterator(v: Value) -> bool {
    let t = v.ty();
    t.native().tp_iternext.is_some()
        || t.tp_iternext
            .is_some_and(|f| !crate::typeobject::is_next_not_implemented(f))
}

/// One step of an iterator; `None` at its end.
#[inline]
pub fn next(it: Value) -> PyResult<Option<Ref>> {
    match step(it) {
        Err(e) => ended(e),
        item => item,
    }
}

/// [`next`], but a `StopIteration` that was raised, by a function that the iterator calls, stays one.
#[inline]
pub fn step(it: Value) -> PyResult<Option<Ref>> {
    let t = it.ty();
    if let Some(f) = t.native().tp_iternext {
        return crate::hooks().with_room(|| f(it));
    }
    match t.tp_iternext {
        Some(f) => c_next(f, it),
        None => Err(raise!(
            TypeError,
            "'{}' object is not an iterator",
            t.message_name()
        )),
    }
}

/// What `join` takes its parts from.
pub fn joinable(v: Value) -> PyResult {
    if exact_items(v).is_some() {
        return Ok(Ref::new(v));
    }
    iter(v).map_err(|e| {
        if crate::errors::take_if(crate::exceptions::TypeError) {
            raise!(TypeError, "can only join an iterable")
        } else {
            e
        }
    })
}

/// A step that raised `StopIteration` is the end, too.
#[cold]
pub fn ended(e: Raised) -> PyResult<Option<Ref>> {
    if crate::errors::take_if(crate::exceptions::StopIteration) {
        Ok(None)
    } else {
        Err(e)
    }
}

/// Calls `f` with each item of any iterable until it returns `false`.
pub fn for_each(iterable: Value, mut f: impl FnMut(Ref) -> PyResult<bool>) -> PyResult<()> {
    if exact_items(iterable).is_some() {
        let mut i = 0;
        // The list may change while its items are looked at.
        while let Some(item) = exact_items(iterable).and_then(|items| items.get(i)) {
            i += 1;
            if !f(crate::list::common::item_ref(*item))? {
                break;
            }
        }
        return Ok(());
    }
    if crate::set::is_exact_set(iterable) {
        let (n, mut position) = (crate::set::len(iterable), 0);
        while let Some(item) = crate::set::next(iterable, &mut position) {
            if !f(Ref::new(item))? {
                break;
            }
            if crate::set::len(iterable) != n {
                return Err(crate::set::changed());
            }
        }
        return Ok(());
    }
    go_through(&iter(iterable)?, f)
}

fn go_through(it: &Ref, mut f: impl FnMut(Ref) -> PyResult<bool>) -> PyResult<()> {
    while let Some(item) = next(it.value())? {
        if !f(item)? {
            break;
        }
    }
    Ok(())
}

/// [`for_each`] for `in` and what else looks for items: a TypeError while the iterator is made becomes one that says so.
pub fn search(iterable: Value, f: impl FnMut(Ref) -> PyResult<bool>) -> PyResult<()> {
    if exact_items(iterable).is_some() || crate::set::is_exact_set(iterable) {
        return for_each(iterable, f);
    }
    match iter(iterable) {
        Ok(it) => go_through(&it, f),
        Err(_) if crate::errors::take_if(crate::exceptions::TypeError) => Err(raise!(
            TypeError,
            "argument of type '{}' is not iterable",
            iterable.ty().message_name()
        )),
        Err(e) => Err(e),
    }
}

/// All items of any iterable.
pub fn collect(iterable: Value) -> PyResult<Vec<Ref>> {
    if let Some(items) = exact_items(iterable) {
        crate::errors::check_room(items.len(), 8)?;
        return Ok(items
            .iter()
            .map(|v| Ref::new(crate::boundary::canonical(*v)))
            .collect());
    }
    let hint = length_hint(iterable, 8)?;
    crate::errors::check_room(hint, 8)?;
    let mut all = Vec::with_capacity(hint.min(1 << 20));
    for_each(iterable, |item| {
        if all.len() == all.capacity() && all.try_reserve(1).is_err() {
            return Err(crate::errors::no_memory());
        }
        all.push(item);
        Ok(true)
    })?;
    Ok(all)
}

/// The items of an exact list or tuple (possibly boxed: see `boundary::canonical`).
pub fn exact_items<'a>(v: Value) -> Option<&'a [Value]> {
    if v.is_exact(crate::ty!(crate::tuple::PyTuple_Type)) {
        Some(crate::tuple::items(v))
    } else if v.is_exact(crate::ty!(crate::list::PyList_Type)) {
        Some(crate::list::items(v))
    } else {
        None
    }
}

/// `operator.length_hint(v, default)`.
pub fn length_hint(v: Value, default: usize) -> PyResult<usize> {
    // A `__len__` that raises TypeError counts as none.
    if super::has_len(v)
        && let Some(n) = crate::errors::absorb(super::len(v), crate::exceptions::TypeError)?
    {
        return Ok(n);
    }
    let Some(hint) = crate::typeobject::lookup_special(v, crate::intern!("__length_hint__"))?
    else {
        return Ok(default);
    };
    let Some(r) = crate::errors::absorb(hint.call(&[]), crate::exceptions::TypeError)? else {
        return Ok(default);
    };
    if r.is_not_implemented() {
        return Ok(default);
    }
    if !crate::int::is_int_instance(r.value()) {
        return Err(raise!(
            TypeError,
            "__length_hint__ must be an integer, not {}",
            r.ty().message_name()
        ));
    }
    let n = super::index_as_isize(r.value())?;
    if n < 0 {
        return Err(raise!(ValueError, "__length_hint__() should return >= 0"));
    }
    Ok(n as usize)
}
