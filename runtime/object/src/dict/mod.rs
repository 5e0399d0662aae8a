//! `dict`: compact and ordered; entries hold Values.
//!
//! Anything that compares keys may run Python code and change the dict, so [`lookup`] starts over when it did.
//! `ma_version_tag` gets a new, globally unique number with every mutation: extension modules cache by it.

mod iter;
pub mod ordered;
mod slots;
mod table;
mod views;

pub use iter::{
    DictIter, PyDictIterItem_Type, PyDictIterKey_Type, PyDictIterValue_Type,
    PyDictRevIterItem_Type, PyDictRevIterKey_Type, PyDictRevIterValue_Type,
};
pub use ordered::{
    PyODict_Type, PyODictItems_Type, PyODictIter_Type, PyODictKeys_Type, PyODictValues_Type,
};
pub use slots::{PyDict_Type, from_keywords, merge_pairs};
pub use table::{Entry, Keys};
pub use views::{PyDictItems_Type, PyDictKeys_Type, PyDictValues_Type, is_view};

use crate::boundary::canonical;
use crate::errors::no_memory;
use crate::heap;
use crate::layout::*;
use crate::list::common::*;
use crate::{PyResult, Raised, Ref, Value, ValueExt, ty};
use std::collections::BTreeSet;
use table::{DUMMY, EMPTY_INDEX, Probe};

#[inline(always)]
fn raw(v: Value) -> *mut PyDictObject {
    v.as_ptr().cast()
}
#[inline(always)]
fn keys(v: Value) -> *mut Keys {
    // SAFETY: a live dict.
    unsafe { (*raw(v)).ma_keys.cast() }
}

/// Marks a mutation.
#[inline(always)]
fn touch(d: Value) {
    static mut LAST: u64 = 0;
    // SAFETY: the counter is used under the GIL.
    unsafe {
        LAST += 1;
        (*raw(d)).ma_version_tag = LAST;
    }
}
/// The key layout changes.
#[inline(always)]
fn touch_keys(d: Value) {
    let k = keys(d);
    if k != table::empty() {
        // SAFETY: a live table of its own.
        unsafe { (*k).version = 0 }
    }
}
/// Hashes of the names that were found missing from a dict under its key version ([`rely_on_absence`]).
static mut MISSED: BTreeSet<i64> = BTreeSet::new();

/// Makes the key version of a dict (of exact strs only) say, too, that it does not have this exact str.
pub fn rely_on_absence(name: Value) {
    let missed = &raw mut MISSED;
    // SAFETY: used under the GIL.
    unsafe { (*missed).insert(crate::str::hash(name)) };
}
/// A key with this hash was added: entries stay where they are, so that the version only changes if somebody relies on the key
/// not being there. Scripts define their globals one after the other, while functions that use builtins are hot already.
#[inline(always)]
fn added_key(d: Value, hash: i64) {
    let k = keys(d);
    // SAFETY: a live table of its own, as it has an entry.
    unsafe {
        if (*k).version != 0 && must_renew(k, hash) {
            (*k).version = 0;
        }
    }
}
#[cold]
#[inline(never)]
unsafe fn must_renew(k: *mut Keys, hash: i64) -> bool {
    let missed = &raw const MISSED;
    // SAFETY: by contract a live table; the names are used under the GIL.
    unsafe { !(*k).only_str || (*missed).contains(&hash) }
}
/// From now on the collector must see the dict, if `v` can be part of a cycle.
#[inline(always)]
fn track_for(d: Value, v: Value) {
    // SAFETY: dicts have a GC head.
    if may_be_cyclic(v) && unsafe { !is_tracked(d.as_ptr()) } {
        crate::gc::track(d.as_ptr());
    }
}

/// `hash(key)`, without a call for ints and strs.
#[inline]
pub fn hash_key(key: Value) -> PyResult<i64> {
    if let Some(n) = key.as_int() {
        return Ok(if n == -1 { -2 } else { n });
    }
    if is_exact_str(key) {
        return Ok(crate::str::hash(key));
    }
    crate::ops::hash(key)
}

pub fn new() -> Ref {
    let p = alloc_exact::<PyDictObject>(ty!(PyDict_Type));
    // SAFETY: fresh object of that size; untracked until it holds something that may be part of a cycle.
    unsafe {
        (*p).ma_used = 0;
        (*p).ma_keys = table::empty().cast();
        (*p).ma_values = std::ptr::null_mut();
        let d = Ref::from_owned_ptr(p);
        touch(d.value());
        d
    }
}
pub fn with_capacity(n: usize) -> Ref {
    let d = new();
    if n > 0 {
        let k = table::new(table::log2_for(n));
        if !k.is_null() {
            // SAFETY: the dict is fresh.
            unsafe { (*raw(d.value())).ma_keys = k.cast() }
        }
    }
    d
}
#[inline(always)]
pub fn len(d: Value) -> usize {
    // SAFETY: a live dict.
    unsafe { (*raw(d)).ma_used as usize }
}
#[inline(always)]
pub fn is_dict(v: Value) -> bool {
    v.has_flag(tpflags::DICT_SUBCLASS)
}

/// The entry of an exact-str key in a table of exact strs only; runs no Python code.
#[inline]
fn lookup_str(k: *mut Keys, key: Value, hash: i64) -> Option<usize> {
    // SAFETY: a live table; nothing runs meanwhile.
    unsafe {
        let mut probe = Probe::new(hash, Keys::mask(k));
        loop {
            let n = Keys::index(k, probe.slot);
            if n >= 0 {
                let e = Keys::entry(k, n as usize);
                if (*e).key == key || ((*e).hash == hash && crate::str::eq((*e).key, key)) {
                    return Some(n as usize);
                }
            } else if n == EMPTY_INDEX {
                return None;
            }
            probe.step();
        }
    }
}

/// The entry of `key`, whose hash is `hash`.
#[inline]
fn lookup(d: Value, key: Value, hash: i64) -> PyResult<Option<usize>> {
    let k = keys(d);
    // SAFETY: a live table.
    if unsafe { (*k).only_str } && is_exact_str(key) {
        return Ok(lookup_str(k, key, hash));
    }
    lookup_any::<false>(d, key, hash)
}

/// With `QUIET`, a comparison that would run Python code is an error without an exception instead.
fn lookup_any<const QUIET: bool>(d: Value, key: Value, hash: i64) -> PyResult<Option<usize>> {
    'restart: loop {
        // SAFETY: the table is read afresh after every comparison that may have run code.
        unsafe {
            let k = keys(d);
            let log2 = (*k).log2;
            let mut probe = Probe::new(hash, Keys::mask(k));
            loop {
                let n = Keys::index(k, probe.slot);
                if n >= 0 {
                    let e = Keys::entry(k, n as usize);
                    let found = (*e).key;
                    if found == key {
                        return Ok(Some(n as usize));
                    }
                    if (*e).hash == hash && !(found.is_int() && key.is_int()) {
                        if QUIET && (compares_in_python(found) || compares_in_python(key)) {
                            return Err(Raised::assume_set());
                        }
                        let tag = (*raw(d)).ma_version_tag;
                        let held = Ref::new(found);
                        let equal = eq_fast(held.value(), key)?;
                        let same = (*raw(d)).ma_version_tag == tag
                            || (keys(d) == k
                                && (*k).log2 == log2
                                && (n as u32) < (*k).filled
                                && (*Keys::entry(k, n as usize)).key == found);
                        if !same {
                            continue 'restart;
                        }
                        if equal {
                            return Ok(Some(n as usize));
                        }
                    }
                } else if n == EMPTY_INDEX {
                    return Ok(None);
                }
                probe.step();
            }
        }
    }
}

/// The value of entry `n`, canonical and borrowed.
#[inline(always)]
fn value_of(d: Value, n: usize) -> Value {
    // SAFETY: `n` is an entry of the live table.
    unsafe { canonical((*Keys::entry(keys(d), n)).value) }
}

/// A new table of that size, without the deleted entries.
fn resize(d: Value, log2: u8) -> PyResult<()> {
    let old = keys(d);
    let fresh = table::new(log2);
    if fresh.is_null() {
        return Err(no_memory());
    }
    // SAFETY: the references move from the old table into the new one; no code runs.
    unsafe {
        (*fresh).only_str = (*old).only_str;
        if old != table::empty() && (*old).filled as usize == len(d) {
            // No entry moves. Every empty dict has the version of the empty table.
            (*fresh).version = (*old).version;
        }
        for n in 0..(*old).filled as usize {
            let e = *Keys::entry(old, n);
            if !e.key.is_empty() {
                Keys::push(fresh, e);
            }
        }
        (*raw(d)).ma_keys = fresh.cast();
        table::free(old);
    }
    Ok(())
}

/// Appends an entry whose key is known to be absent.
fn insert_new(d: Value, key: Ref, hash: i64, value: Ref) -> PyResult<()> {
    let k = keys(d);
    // SAFETY: a live table.
    if unsafe { (*k).filled == (*k).room } {
        resize(
            d,
            (len(d) * 3).next_power_of_two().trailing_zeros().max(3) as u8,
        )?;
    }
    track_for(d, key.value());
    track_for(d, value.value());
    let k = keys(d);
    // SAFETY: there is room now; the counts move into the entry.
    unsafe {
        if (*k).only_str && !is_exact_str(key.value()) {
            (*k).only_str = false;
        }
        Keys::push(
            k,
            Entry {
                hash,
                key: key.into_value(),
                value: value.into_value(),
            },
        );
        (*raw(d)).ma_used += 1;
    }
    added_key(d, hash);
    touch(d);
    Ok(())
}

/// Puts a value into entry `n`; gives the old one to drop.
fn replace(d: Value, n: usize, value: Ref) -> Ref {
    track_for(d, value.value());
    touch(d);
    // SAFETY: `n` is an entry of the live table; the old count moves out.
    unsafe {
        let e = Keys::entry(keys(d), n);
        Ref::from_owned(std::mem::replace(&mut (*e).value, value.into_value()))
    }
}

/// Takes entry `n` out.
fn remove_entry(d: Value, n: usize) -> (Ref, Ref) {
    let k = keys(d);
    // SAFETY: `n` is an entry of the live table; the counts move out.
    unsafe {
        let e = Keys::entry(k, n);
        let slot = Keys::slot_of(k, (*e).hash, n);
        Keys::set_index(k, slot, DUMMY);
        let taken = *e;
        (*e).key = Value::EMPTY;
        (*e).value = Value::EMPTY;
        (*raw(d)).ma_used -= 1;
        touch_keys(d);
        touch(d);
        (
            Ref::from_owned(taken.key),
            crate::list::owned_canonical(taken.value),
        )
    }
}

/// New reference, canonical.
#[inline]
pub fn get(d: Value, key: Value) -> PyResult<Option<Ref>> {
    let hash = hash_key(key)?;
    get_hashed(d, key, hash)
}
#[inline]
pub fn get_hashed(d: Value, key: Value, hash: i64) -> PyResult<Option<Ref>> {
    Ok(lookup(d, key, hash)?.map(|n| Ref::new(value_of(d, n))))
}
/// Borrowed; `key` is an exact str; never runs Python code for exact-str tables.
pub fn get_interned(d: Value, key: Value) -> Option<Value> {
    match lookup(d, key, crate::str::hash(key)) {
        Ok(n) => n.map(|n| value_of(d, n)),
        Err(_) => {
            crate::errors::clear();
            None
        }
    }
}
pub fn get_str(d: Value, key: &str) -> Option<Ref> {
    let key = crate::str::new(key);
    get_interned(d, key.value()).map(Ref::new)
}
/// Borrowed for C: an immediate is boxed in place so that the dict keeps the box alive.
pub fn borrow_for_c(d: Value, key: Value) -> PyResult<Option<*mut PyObject>> {
    let hash = hash_key(key)?;
    Ok(lookup(d, key, hash)?.map(|n| {
        // SAFETY: `n` is an entry of the live table.
        unsafe { shown_in_place(&mut (*Keys::entry(keys(d), n)).value) }
    }))
}
fn shown_in_place(slot: &mut Value) -> *mut PyObject {
    if slot.is_immediate() {
        *slot = Value::from_object(crate::boundary::box_immediate(*slot));
    } else {
        crate::boundary::expose(*slot);
    }
    slot.as_ptr()
}
/// Key and value of entry `n` as objects, boxed in place.
fn box_entry(d: Value, n: usize) -> (*mut PyObject, *mut PyObject) {
    // SAFETY: `n` is an entry of the live table. Keys stay immediates (lookups compare them as such); their boxes are
    // kept alive by the dict's list of lent keys.
    unsafe {
        let e = Keys::entry(keys(d), n);
        let key = if (*e).key.is_immediate() {
            lend_key(d, (*e).key)
        } else {
            (*e).key.as_ptr()
        };
        (key, shown_in_place(&mut (*e).value))
    }
}
/// A box for an immediate key that lives as long as the dict: in a list hung off `ma_values`, which no wheel touches.
fn lend_key(d: Value, key: Value) -> *mut PyObject {
    // SAFETY: the field is null or an owned list.
    unsafe {
        let field = &raw mut (*raw(d)).ma_values;
        if (*field).is_null() {
            let lent = new();
            *field = lent.into_ptr().cast();
        }
        let lent = Value::from_object((*field).cast());
        let hash = hash_key(key).unwrap_or(0);
        if let Ok(Some(n)) = lookup(lent, key, hash) {
            return (*Keys::entry(keys(lent), n)).value.as_ptr();
        }
        let boxed = crate::boundary::box_immediate(key);
        if insert_new(lent, Ref::new(key), hash, Ref::from_owned_ptr(boxed)).is_err() {
            crate::errors::clear();
        }
        boxed
    }
}
/// `PyDict_Next` for C: borrowed objects kept alive by the dict.
pub fn next_for_c(d: Value, position: &mut usize) -> Option<(*mut PyObject, *mut PyObject)> {
    let n = next_entry(d, *position)?;
    *position = n + 1;
    Some(box_entry(d, n))
}

pub fn set_item(d: Value, key: Value, value: Value) -> PyResult<()> {
    let hash = hash_key(key)?;
    set_hashed(d, Ref::new(key), hash, Ref::new(value))
}
pub fn set_item_owned(d: Value, key: Ref, value: Ref) -> PyResult<()> {
    let hash = hash_key(key.value())?;
    set_hashed(d, key, hash, value)
}
#[inline]
pub fn set_hashed(d: Value, key: Ref, hash: i64, value: Ref) -> PyResult<()> {
    let at = lookup(d, key.value(), hash)?;
    put(d, at, key, hash, value)
}
/// Sets the item that was looked for, and found `at` an entry or not.
#[inline(always)]
fn put(d: Value, at: Option<usize>, key: Ref, hash: i64, value: Ref) -> PyResult<()> {
    match at {
        Some(n) => {
            drop(replace(d, n, value));
            Ok(())
        }
        None => insert_new(d, key, hash, value),
    }
}
pub fn set_str(d: Value, key: &str, value: Value) {
    let key = crate::str::intern(key);
    if set_item(d, key.value(), value).is_err() {
        crate::errors::clear();
    }
}
/// False when absent.
pub fn del_item(d: Value, key: Value) -> PyResult<bool> {
    Ok(pop(d, key)?.is_some())
}
/// [`get`] for compiled code that counts on nothing else happening: where comparing with a key of the dict would run Python
/// code, an error without an exception.
pub fn get_quietly(d: Value, key: Value) -> PyResult<Option<Ref>> {
    Ok(find_quietly(d, key)?.map(|n| Ref::new(value_of(d, n))))
}
/// [`contains`] in the same way.
pub fn contains_quietly(d: Value, key: Value) -> PyResult<bool> {
    Ok(find_quietly(d, key)?.is_some())
}
/// [`set_item`] in the same way.
pub fn set_item_quietly(d: Value, key: Value, value: Value) -> PyResult<()> {
    let hash = hash_key(key)?;
    let at = find_hashed_quietly(d, key, hash)?;
    put(d, at, Ref::new(key), hash, Ref::new(value))
}
fn find_quietly(d: Value, key: Value) -> PyResult<Option<usize>> {
    find_hashed_quietly(d, key, hash_key(key)?)
}
fn find_hashed_quietly(d: Value, key: Value, hash: i64) -> PyResult<Option<usize>> {
    let k = keys(d);
    // SAFETY: a live table.
    if unsafe { (*k).only_str } && is_exact_str(key) {
        return Ok(lookup_str(k, key, hash));
    }
    lookup_any::<true>(d, key, hash)
}
/// Whether comparing for equality runs Python code of the value's class.
#[cold]
pub(crate) fn compares_in_python(v: Value) -> bool {
    v.is_object() && crate::typeobject::is_python_slot(v.ty(), crate::native::Slot::tp_richcompare)
}
pub fn contains(d: Value, key: Value) -> PyResult<bool> {
    let hash = hash_key(key)?;
    Ok(lookup(d, key, hash)?.is_some())
}
pub fn set_default(d: Value, key: Value, value: Value) -> PyResult {
    let hash = hash_key(key)?;
    match lookup(d, key, hash)? {
        Some(n) => Ok(Ref::new(value_of(d, n))),
        None => {
            insert_new(d, Ref::new(key), hash, Ref::new(value))?;
            Ok(Ref::new(value))
        }
    }
}
pub fn pop(d: Value, key: Value) -> PyResult<Option<Ref>> {
    let hash = hash_key(key)?;
    Ok(lookup(d, key, hash)?.map(|n| remove_entry(d, n).1))
}
/// [`pop`] with a known hash.
pub fn pop_hashed(d: Value, key: Value, hash: i64) -> PyResult<Option<Ref>> {
    Ok(lookup(d, key, hash)?.map(|n| remove_entry(d, n).1))
}
/// Takes the last entry out.
pub fn pop_last(d: Value) -> Option<(Ref, Ref)> {
    let n = prev_entry(d, usize::MAX)?;
    let taken = remove_entry(d, n);
    // SAFETY: the entries from `n` on are all deleted and need not be looked at again. Their dummies stay in the index
    // table, so the room shrinks: otherwise the index table could run out of free slots.
    unsafe {
        let k = keys(d);
        (*k).room -= (*k).filled - n as u32;
        (*k).filled = n as u32;
    }
    Some(taken)
}

pub fn clear(d: Value) {
    let old = keys(d);
    if old == table::empty() {
        return;
    }
    // SAFETY: the dict is empty before anything is released; the old table is ours alone then.
    unsafe {
        (*raw(d)).ma_keys = table::empty().cast();
        (*raw(d)).ma_used = 0;
        touch(d);
        heap::clear_field(&raw mut (*raw(d)).ma_values);
        release(old);
    }
}
/// # Safety
/// `k` is no dict's table any more.
unsafe fn release(k: *mut Keys) {
    // SAFETY: by contract.
    unsafe {
        for n in 0..(*k).filled as usize {
            let e = *Keys::entry(k, n);
            heap::decref(e.key);
            heap::decref(e.value);
        }
        table::free(k);
    }
}

/// A new exact dict of the items of `d`.
pub fn copy(d: Value) -> Ref {
    match try_copy(d) {
        Ok(c) => c,
        Err(_) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<Keys>()),
    }
}
fn try_copy(d: Value) -> PyResult {
    let c = new();
    let k = keys(d);
    if len(d) == 0 {
        return Ok(c);
    }
    // SAFETY: a live table; no code runs while the entries are copied, each of which takes a count of key and value.
    unsafe {
        if len(d) >= (*k).filled as usize * 2 / 3 {
            take_table_of(c.value(), d)?;
            return Ok(c);
        }
        let fresh = table::new(table::log2_for(len(d)));
        if fresh.is_null() {
            return Err(no_memory());
        }
        (*fresh).only_str = (*k).only_str;
        for n in 0..(*k).filled as usize {
            let e = *Keys::entry(k, n);
            if !e.key.is_empty() {
                Keys::push(fresh, counted(e));
            }
        }
        put_table(c.value(), fresh, d);
    }
    Ok(c)
}
/// One more owner of a key and its value.
#[inline(always)]
fn counted(e: Entry) -> Entry {
    let value = canonical(e.value);
    heap::incref(e.key);
    heap::incref(value);
    Entry { value, ..e }
}
/// Gives an empty dict the table with the items of `other`.
///
/// # Safety
/// The table's counts are the dict's from now on.
unsafe fn put_table(d: Value, table: *mut Keys, other: Value) {
    // SAFETY: the old table has no entries in use.
    unsafe {
        table::free(keys(d));
        (*raw(d)).ma_keys = table.cast();
        (*raw(d)).ma_used = len(other) as isize;
        if is_tracked(other.as_ptr()) && !is_tracked(d.as_ptr()) {
            crate::gc::track(d.as_ptr());
        }
    }
    touch(d);
}
/// Gives an empty dict a copy of the table of one that is not. Keys are not compared, and code that CPython would not run
/// either does not run.
fn take_table_of(d: Value, other: Value) -> PyResult<()> {
    // SAFETY: `other` has a table of its own, as it has items; an entry without a key holds nothing.
    unsafe {
        let fresh = table::copy(keys(other));
        if fresh.is_null() {
            return Err(no_memory());
        }
        for n in 0..(*fresh).filled as usize {
            let e = Keys::entry(fresh, n);
            if !(*e).key.is_empty() {
                *e = counted(*e);
            }
        }
        put_table(d, fresh, other);
    }
    Ok(())
}
/// Whether [`merge`] into an empty dict takes the table as it is: nothing was deleted, and it is not much too large.
fn is_compact(d: Value) -> bool {
    let k = keys(d);
    // SAFETY: a live table.
    unsafe {
        let (used, log2) = (len(d), (*k).log2);
        used == (*k).filled as usize && (log2 == 3 || table::usable(log2 - 1) < used)
    }
}

/// dict.update(other): mapping or pairs.
pub fn update(d: Value, other: Value) -> PyResult<()> {
    slots::update_one(d, other)
}
/// `PyDict_Merge`: `other` is a dict or has `keys()` and `[]`.
/// A new exact dict of the items of any dict, asking a subclass that iterates in its own way.
pub fn copy_of_subclass(d: Value) -> PyResult {
    // SAFETY: a live table.
    let (filled, only_str) = unsafe { ((*keys(d)).filled as usize, (*keys(d)).only_str) };
    // Where much was deleted CPython adds the items one by one, which compares keys of the same hash.
    if slots::inherits_iter(d) && (only_str || len(d) >= filled * 2 / 3) {
        return try_copy(d);
    }
    let c = new();
    merge(c.value(), d, true)?;
    Ok(c)
}
pub fn merge(d: Value, other: Value, overwrite: bool) -> PyResult<()> {
    slots::merge(d, other, slots::Duplicate::overwrite(overwrite))
}
/// [`merge`] of keyword arguments: a key that is there already is a `KeyError`.
pub fn merge_unique(d: Value, other: Value) -> PyResult<()> {
    slots::merge(d, other, slots::Duplicate::Refuse)
}

/// The first entry from `from` on that is in use.
#[inline]
fn next_entry(d: Value, mut from: usize) -> Option<usize> {
    let k = keys(d);
    // SAFETY: a live table; indices stay below `filled`.
    unsafe {
        while from < (*k).filled as usize {
            if !(*Keys::entry(k, from)).key.is_empty() {
                return Some(from);
            }
            from += 1;
        }
    }
    None
}
/// The last entry before `before` that is in use.
fn prev_entry(d: Value, before: usize) -> Option<usize> {
    let k = keys(d);
    // SAFETY: a live table; indices stay below `filled`.
    unsafe {
        let mut n = before.min((*k).filled as usize);
        while n > 0 {
            n -= 1;
            if !(*Keys::entry(k, n)).key.is_empty() {
                return Some(n);
            }
        }
    }
    None
}
/// Key and value of entry `n`, canonical and borrowed.
#[inline]
fn entry_at(d: Value, n: usize) -> (Value, Value, i64) {
    // SAFETY: `n` is an entry of the live table.
    unsafe {
        let e = *Keys::entry(keys(d), n);
        (e.key, canonical(e.value), e.hash)
    }
}

/// Iteration in order; borrowed, canonical.
pub fn next(d: Value, position: &mut usize) -> Option<(Value, Value)> {
    let n = next_entry(d, *position)?;
    *position = n + 1;
    let (key, value, _) = entry_at(d, n);
    Some((key, value))
}
/// [`next`] with the hash.
pub fn next_hashed(d: Value, position: &mut usize) -> Option<(Value, Value, i64)> {
    let n = next_entry(d, *position)?;
    *position = n + 1;
    Some(entry_at(d, n))
}
pub fn for_each(d: Value, mut f: impl FnMut(Value, Value)) {
    let mut position = 0;
    while let Some((key, value)) = next(d, &mut position) {
        f(key, value);
    }
}

/// The entries as they are stored, and whether all keys are exact strs: for the collector, while no code runs.
#[inline(always)]
pub(crate) fn stored<'a>(d: Value) -> (&'a [Entry], bool) {
    let k = keys(d);
    if k.is_null() {
        return (&[], true);
    }
    // SAFETY: a live table; entries that are filled lie one behind the other.
    unsafe {
        let entries = match (*k).filled {
            0 => &[],
            n => std::slice::from_raw_parts(Keys::entry(k, 0), n as usize),
        };
        (entries, (*k).only_str)
    }
}

/// `ma_version_tag`: unique number of the current content.
#[inline(always)]
pub fn version_tag(d: Value) -> u64 {
    // SAFETY: a live dict.
    unsafe { (*raw(d)).ma_version_tag }
}
/// Unique number of the current key layout (0: none could be given); changes when a key is removed or moved, or one is added
/// that was relied on not to be there ([`rely_on_absence`]), not when a value changes.
#[inline]
pub fn keys_version(d: Value) -> u32 {
    static mut LAST: u32 = table::EMPTY_VERSION;
    let k = keys(d);
    // SAFETY: a live table; the counter is used under the GIL. The empty table has its number already.
    unsafe {
        if (*k).version == 0 && LAST < u32::MAX {
            LAST += 1;
            (*k).version = LAST;
        }
        (*k).version
    }
}
/// Whether [`keys_version`] would still give `version`, which it has given before.
#[inline(always)]
pub fn keys_are(d: Value, version: u32) -> bool {
    // SAFETY: a live table.
    unsafe { (*keys(d)).version == version }
}
/// Whether looking up an exact str runs no code of other keys: all keys are exact strs.
#[inline]
pub fn has_only_strs(d: Value) -> bool {
    let k = keys(d);
    // SAFETY: a live table.
    k.is_null() || unsafe { (*k).only_str }
}
/// Entry index of an exact-str key, for inline caches guarded by `keys_version`.
pub fn find_index(d: Value, key: Value) -> Option<usize> {
    let k = keys(d);
    // SAFETY: a live table.
    unsafe { (*k).only_str }.then(|| lookup_str(k, key, crate::str::hash(key)))?
}
/// Borrowed, canonical; valid while keys_version is unchanged.
///
/// # Safety
/// `index` came from [`find_index`] for the current key layout.
#[inline(always)]
pub unsafe fn value_at(d: Value, index: usize) -> Value {
    value_of(d, index)
}
/// # Safety
/// As [`value_at`].
#[inline]
pub unsafe fn set_value_at(d: Value, index: usize, value: Ref) {
    drop(replace(d, index, value));
}
