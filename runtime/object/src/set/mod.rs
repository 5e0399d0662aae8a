//! `set` and `frozenset` in CPython's layout; the table's key words hold Values.

mod iter;
mod slots;
mod table;

pub(crate) use iter::changed;
pub use iter::{PySetIter_Type, SetIter};
pub use slots::{PyFrozenSet_Type, PySet_Type};

use crate::dict::hash_key;
use crate::layout::*;
use crate::list::common::*;
use crate::{PyResult, Ref, Type, Value, ValueExt, heap, ops, ty};
use table::{Found, in_use};

#[inline(always)]
fn raw(v: Value) -> *mut PySetObject {
    v.as_ptr().cast()
}

/// A fresh empty set of any set type.
fn make(t: Type) -> PyResult {
    let exact = t == ty!(PySet_Type) || t == ty!(PyFrozenSet_Type);
    let p = if exact {
        heap::alloc_uninit(t, size_of::<PySetObject>())
    } else {
        alloc_instance(t, 0)?
    };
    // SAFETY: fresh memory of at least a set's size.
    unsafe {
        table::init(p.cast());
        (*p.cast::<PySetObject>()).weakreflist = std::ptr::null_mut();
        if exact {
            crate::gc::track(p);
        }
        Ok(Ref::from_owned_ptr(p))
    }
}

pub fn new() -> Ref {
    let p = alloc_exact::<PySetObject>(ty!(PySet_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        table::init(p);
        (*p).weakreflist = std::ptr::null_mut();
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}
pub fn new_frozen(items: Vec<Ref>) -> PyResult {
    if items.is_empty() {
        return slots::empty_frozen();
    }
    let s = make(ty!(PyFrozenSet_Type))?;
    for item in &items {
        add(s.value(), item.value())?;
    }
    Ok(s)
}
/// An empty frozenset of its own, for C code that fills it before anybody else sees it.
pub fn new_empty_frozen() -> PyResult {
    make(ty!(PyFrozenSet_Type))
}
pub fn from_iterable(v: Value) -> PyResult {
    let s = new();
    update(s.value(), v)?;
    Ok(s)
}

/// True if it was not there.
#[inline]
pub fn add(set: Value, item: Value) -> PyResult<bool> {
    let hash = hash_key(item)?;
    add_hashed(set, item, hash)
}
/// [`add`] for compiled code that counts on nothing else happening: where comparing with what the set holds would run Python
/// code, an error without an exception.
pub fn add_quietly(set: Value, item: Value) -> PyResult<bool> {
    let hash = hash_key(item)?;
    add_with::<true>(set, item, hash)
}
fn add_hashed(set: Value, item: Value, hash: i64) -> PyResult<bool> {
    add_with::<false>(set, item, hash)
}
fn add_with<const QUIET: bool>(set: Value, item: Value, hash: i64) -> PyResult<bool> {
    let item = Ref::new(item);
    // SAFETY: a live set; the slot is used before anything else runs.
    unsafe {
        match table::find_with::<QUIET>(raw(set), item.value(), hash)? {
            Found::At(_) => Ok(false),
            Found::Free(slot, reuse) => {
                table::insert_at(raw(set), slot, reuse, item, hash).map(|()| true)
            }
        }
    }
}

/// Adds what a fresh set, from which nothing was removed, does not hold.
#[inline]
fn add_absent(set: Value, item: Ref, hash: i64) -> PyResult<()> {
    // SAFETY: a live set; nothing runs before the slot is used.
    unsafe {
        let s = raw(set);
        let slot = table::free_slot((*s).table, (*s).mask as usize, hash);
        table::insert_at(s, slot, false, item, hash)
    }
}

/// The hash of something looked up: an unhashable set stands for the frozenset with its items.
fn lookup_key(item: Value) -> PyResult<(Ref, i64)> {
    match hash_key(item) {
        Ok(hash) => Ok((Ref::new(item), hash)),
        Err(e) => {
            if !item.is_a(ty!(PySet_Type)) || !crate::errors::take_if(crate::exceptions::TypeError)
            {
                return Err(e);
            }
            let frozen = slots::copy_as(ty!(PyFrozenSet_Type), item)?;
            let hash = slots::frozen_hash(frozen.value())?;
            Ok((frozen, hash))
        }
    }
}

pub fn discard(set: Value, item: Value) -> PyResult<bool> {
    let (key, hash) = lookup_key(item)?;
    discard_hashed(set, key.value(), hash)
}
fn discard_hashed(set: Value, item: Value, hash: i64) -> PyResult<bool> {
    // SAFETY: a live set; the entry is taken out before anything else runs.
    unsafe {
        match table::find(raw(set), item, hash)? {
            Found::At(slot) => {
                drop(table::remove_at(raw(set), slot));
                Ok(true)
            }
            Found::Free(..) => Ok(false),
        }
    }
}
pub fn contains(set: Value, item: Value) -> PyResult<bool> {
    if crate::str::is_exact(item) {
        return contains_hashed(set, item, crate::str::hash(item));
    }
    let (key, hash) = lookup_key(item)?;
    contains_hashed(set, key.value(), hash)
}
/// [`contains`] of what is hashable, in the way of [`add_quietly`].
pub fn contains_quietly(set: Value, item: Value) -> PyResult<bool> {
    let hash = hash_key(item)?;
    // SAFETY: a live set.
    unsafe {
        match table::find_at_once(raw(set), item, hash) {
            Some(there) => Ok(there),
            None => Ok(matches!(
                table::find_with::<true>(raw(set), item, hash)?,
                Found::At(_)
            )),
        }
    }
}
#[inline]
fn contains_hashed(set: Value, item: Value, hash: i64) -> PyResult<bool> {
    // SAFETY: a live set.
    unsafe {
        match table::find_at_once(raw(set), item, hash) {
            Some(there) => Ok(there),
            None => Ok(matches!(table::find(raw(set), item, hash)?, Found::At(_))),
        }
    }
}
#[inline(always)]
pub fn len(set: Value) -> usize {
    // SAFETY: a live set.
    unsafe { (*raw(set)).used as usize }
}

/// Iteration in table order; borrowed.
#[inline]
pub fn next(set: Value, position: &mut usize) -> Option<Value> {
    next_hashed(set, position).map(|(key, _)| key)
}
/// [`next`] with the hash.
#[inline]
pub fn next_hashed(set: Value, position: &mut usize) -> Option<(Value, i64)> {
    let s = raw(set);
    // SAFETY: a live set; indices stay within the mask.
    unsafe {
        while *position <= (*s).mask as usize {
            let i = *position;
            *position += 1;
            let key = table::key_at(s, i);
            if in_use(key) {
                return Some((key, table::hash_at(s, i)));
            }
        }
    }
    None
}
/// [`next`] for C: a borrowed object; an immediate is boxed by the caller's reference table, so the box is owned.
pub fn next_boxed(set: Value, position: &mut usize) -> Option<(Ref, i64)> {
    next_hashed(set, position).map(|(key, hash)| (Ref::new(key), hash))
}

/// set or frozenset, no subclass.
#[inline]
pub fn is_exact_set(v: Value) -> bool {
    v.is_exact(ty!(PySet_Type)) || v.is_exact(ty!(PyFrozenSet_Type))
}
/// set or frozenset or subclass.
#[inline]
pub fn is_set(v: Value) -> bool {
    is_exact_set(v) || v.is_a(ty!(PySet_Type)) || v.is_a(ty!(PyFrozenSet_Type))
}

pub fn update(set: Value, iterable: Value) -> PyResult<()> {
    if is_set(iterable) {
        // SAFETY: both are live sets.
        return unsafe { table::merge(raw(set), raw(iterable)) };
    }
    if iterable.is_exact(ty!(crate::dict::PyDict_Type)) {
        let n = crate::dict::len(iterable) as isize;
        // SAFETY: a live set.
        unsafe {
            let s = raw(set);
            if ((*s).fill + n) * 5 >= (*s).mask * 3 {
                table::resize(s, ((*s).used + n) as usize * 2)?;
            }
        }
        let mut position = 0;
        while let Some((key, _, hash)) = crate::dict::next_hashed(iterable, &mut position) {
            add_hashed(set, key, hash)?;
        }
        return Ok(());
    }
    ops::for_each(iterable, |item| add(set, item.value()).map(|_| true))
}

pub fn clear(set: Value) {
    let s = raw(set);
    // SAFETY: the set is empty before anything is released; a small table is copied away first.
    unsafe {
        if (*s).table.is_null() {
            return;
        }
        let small = table::is_small(s);
        let copy = (*s).smalltable;
        let (big, mask) = ((*s).table, (*s).mask as usize);
        table::init(s);
        let from: *const setentry = if small { copy.as_ptr() } else { big };
        for i in 0..=mask {
            let key = Value::from_bits((*from.add(i)).key as u64);
            if in_use(key) {
                heap::decref(key);
            }
        }
        if !small {
            heap::free(big.cast());
        }
    }
}

/// Releases the items of a dead set, whose memory goes next.
///
/// # Safety
/// Nobody looks at the set any more.
unsafe fn release(s: *mut PySetObject) {
    // SAFETY: by contract.
    unsafe {
        if (*s).table.is_null() {
            return;
        }
        if (*s).used != 0 {
            for i in 0..=(*s).mask as usize {
                let key = table::key_at(s, i);
                if in_use(key) {
                    heap::decref(key);
                }
            }
        }
        if !table::is_small(s) {
            heap::free((*s).table.cast());
        }
    }
}

/// `set.difference_update(other)`.
pub fn difference_update(set: Value, other: Value) -> PyResult<()> {
    if set == other {
        clear(set);
        return Ok(());
    }
    if is_set(other) {
        let mut position = 0;
        while let Some((key, hash)) = next_hashed(other, &mut position) {
            let key = Ref::new(key);
            discard_hashed(set, key.value(), hash)?;
        }
    } else {
        ops::for_each(other, |item| {
            let hash = hash_key(item.value())?;
            discard_hashed(set, item.value(), hash).map(|_| true)
        })?;
    }
    shrink(set)
}
/// Compacts when more than a quarter of the filled entries are removed ones.
fn shrink(set: Value) -> PyResult<()> {
    let s = raw(set);
    // SAFETY: a live set.
    unsafe {
        if ((*s).fill - (*s).used) <= (*s).mask / 5 {
            return Ok(());
        }
        let used = (*s).used as usize;
        table::resize(s, if used > 50_000 { used * 2 } else { used * 4 })
    }
}

/// `set ^= other` for a set `other`.
pub fn symmetric_difference_update(set: Value, other: Value) -> PyResult<()> {
    if set == other {
        clear(set);
        return Ok(());
    }
    let mut position = 0;
    while let Some((key, hash)) = next_hashed(other, &mut position) {
        let key = Ref::new(key);
        if !discard_hashed(set, key.value(), hash)? {
            add_hashed(set, key.value(), hash)?;
        }
    }
    Ok(())
}
