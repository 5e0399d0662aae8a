//! `list` in CPython's layout: `ob_item` points at words that hold Values.
//!
//! A list that C has seen is *exposed*: its words are real objects only, and stores box. C may also have changed
//! `ob_size` and items since we last looked, so nothing about them is cached.

pub mod common;
pub mod iter;
mod part;
mod slots;
mod sort;

pub use iter::{ListIter, PyListIter_Type, PyListRevIter_Type};
pub use part::{assign_part, part};
pub use slots::PyList_Type;

use crate::boundary::{boxed_for_store, canonical, is_exposed};
use crate::heap;
use crate::layout::*;
use crate::{PyResult, Ref, Value, ValueExt, ty};

#[inline(always)]
fn raw(v: Value) -> *mut PyListObject {
    v.as_ptr().cast()
}

/// The words of a list.
///
/// # Safety
/// `l` is a live list.
#[inline(always)]
unsafe fn words(l: *mut PyListObject) -> *mut Value {
    // SAFETY: by contract.
    unsafe { (*l).ob_item.cast() }
}

/// What a store into `list` writes.
#[inline(always)]
fn stored(list: Value, item: Ref) -> Value {
    // SAFETY: a live list.
    if unsafe { is_exposed(list.as_ptr()) } {
        boxed_for_store(item)
    } else {
        item.into_value()
    }
}

/// Makes room for `n` items and sets the size; new words are not initialised.
#[inline(always)]
fn resize(list: Value, n: usize) -> PyResult<()> {
    let l = raw(list);
    // SAFETY: a live list.
    unsafe {
        if (*l).allocated >= n as isize && n as isize >= (*l).allocated >> 1 {
            (*l).ob_base.ob_size = n as isize;
            return Ok(());
        }
    }
    grow(list, n)
}
/// [`resize`] to fewer items, for which there is room in any case.
#[inline(always)]
fn shrink(list: Value, n: usize) {
    debug_assert!(n <= len(list));
    if resize(list, n).is_err() {
        unreachable!("a list keeps its block when no smaller one can be had");
    }
}

/// `MemoryError` without room for more items; the list is as before then.
#[cold]
#[inline(never)]
fn grow(list: Value, n: usize) -> PyResult<()> {
    let l = raw(list);
    // SAFETY: a live list whose block came from the heap.
    unsafe {
        let size = (*l).ob_base.ob_size.max(0) as usize;
        if n > isize::MAX as usize / 16 {
            return Err(crate::errors::no_memory());
        }
        let mut room = (n + (n >> 3) + 6) & !3;
        if n > size && n - size > room - n {
            room = (n + 3) & !3;
        }
        if n == 0 {
            heap::free((*l).ob_item.cast());
            (*l).ob_item = std::ptr::null_mut();
            room = 0;
        } else {
            let block = match ((*l).ob_item.is_null(), room * 8) {
                (true, bytes @ ..MUCH) => heap::block(bytes),
                (true, bytes) => heap::try_malloc(bytes),
                (false, bytes) => heap::try_realloc((*l).ob_item.cast(), bytes),
            };
            if !block.is_null() {
                (*l).ob_item = block.cast();
            } else if (*l).allocated >= n as isize {
                room = (*l).allocated as usize;
            } else {
                return Err(crate::errors::no_memory());
            }
        }
        (*l).ob_base.ob_size = n as isize;
        (*l).allocated = room as isize;
    }
    Ok(())
}
/// Blocks of so many bytes are asked for in a way that can fail.
const MUCH: usize = 1 << 16;

pub fn new() -> Ref {
    with_capacity(0)
}

/// An empty list with room for `n` items.
pub fn with_capacity(n: usize) -> Ref {
    let p = common::alloc_exact::<PyListObject>(ty!(PyList_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).ob_base.ob_size = 0;
        (*p).allocated = n as isize;
        (*p).ob_item = if n == 0 {
            std::ptr::null_mut()
        } else {
            heap::block(n * 8).cast()
        };
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}

/// `PyList_New(n)` for C: `n` nulls that C fills in without a call.
pub fn new_for_c(n: usize) -> Ref {
    let list = with_capacity(n);
    // SAFETY: the list has room for `n` words.
    unsafe {
        let l = raw(list.value());
        if n > 0 {
            std::ptr::write_bytes(words(l), 0, n);
        }
        (*l).ob_base.ob_size = n as isize;
        (*heap::gc_head(l.cast())).prev |= heap::gcflags::EXPOSED;
    }
    list
}

pub fn from_vec(items: Vec<Ref>) -> Ref {
    let items = std::mem::ManuallyDrop::new(items);
    if items.len() >= MUCH / 8 {
        let list = new();
        let l = raw(list.value());
        // SAFETY: vectors have their blocks from the same allocator, which knows how large they are. This one becomes the list's.
        unsafe {
            (*l).ob_item = items.as_ptr().cast_mut().cast();
            (*l).allocated = items.capacity() as isize;
            (*l).ob_base.ob_size = items.len() as isize;
        }
        return list;
    }
    // SAFETY: `Ref` is a transparent `Value`; the references move into the list. Only the Vec's block is freed.
    unsafe {
        let list = from_owned(items.as_ptr().cast(), items.len());
        let mut items = std::mem::ManuallyDrop::into_inner(items);
        items.set_len(0);
        list
    }
}

/// Takes new references.
pub fn from_slice(items: &[Value]) -> Ref {
    for v in &items[common::leading_immediates(items)..] {
        heap::incref(*v);
    }
    // SAFETY: one count of each was just taken.
    unsafe { from_owned(items.as_ptr(), items.len()) }
}

/// Moves `n` owned values out of registers.
///
/// # Safety
/// `items` points at `n` values whose counts the caller gives up.
pub unsafe fn from_owned(items: *const Value, n: usize) -> Ref {
    let list = with_capacity(n);
    // SAFETY: room for `n` words.
    unsafe {
        let l = raw(list.value());
        if n > 0 {
            std::ptr::copy_nonoverlapping(items, words(l), n);
        }
        (*l).ob_base.ob_size = n as isize;
    }
    list
}

/// Of a list instance; invalid after anything that may change the list. May hold boxes if exposed.
#[inline(always)]
pub fn items<'a>(v: Value) -> &'a [Value] {
    let l = raw(v);
    // SAFETY: a live list has `ob_size` words.
    unsafe {
        let n = (*l).ob_base.ob_size;
        if n <= 0 {
            &[]
        } else {
            std::slice::from_raw_parts(words(l), n as usize)
        }
    }
}

#[inline(always)]
pub fn len(v: Value) -> usize {
    // SAFETY: a live list.
    unsafe { (*raw(v)).ob_base.ob_size.max(0) as usize }
}

/// Canonical.
#[inline]
pub fn get(v: Value, i: usize) -> Option<Ref> {
    items(v).get(i).map(|v| common::item_ref(*v))
}

/// The canonical item or empty, borrowed.
#[inline]
pub(crate) fn peek(v: Value, i: usize) -> Value {
    items(v).get(i).map_or(Value::EMPTY, |v| canonical(*v))
}

#[inline]
pub fn append(list: Value, item: Ref) -> PyResult<()> {
    let n = len(list);
    let word = stored(list, item);
    if let Err(e) = resize(list, n + 1) {
        // SAFETY: the item's count was given up for a place that there is not.
        drop(unsafe { Ref::from_owned(word) });
        return Err(e);
    }
    // SAFETY: the list has `n + 1` words now.
    unsafe { words(raw(list)).add(n).write(word) }
    Ok(())
}

/// Index checked by the caller.
#[inline]
pub fn set(list: Value, i: usize, item: Ref) {
    let word = stored(list, item);
    // SAFETY: `i` is in range; the old item is released after the new one is in place.
    unsafe {
        let slot = words(raw(list)).add(i);
        let old = slot.replace(word);
        heap::decref(old);
    }
}

/// Inserts in front of item `i` (at the end if `i` is beyond it).
pub fn insert(list: Value, i: usize, item: Ref) -> PyResult<()> {
    let n = len(list);
    let i = i.min(n);
    let word = stored(list, item);
    if let Err(e) = resize(list, n + 1) {
        // SAFETY: as in `append`.
        drop(unsafe { Ref::from_owned(word) });
        return Err(e);
    }
    // SAFETY: the list has `n + 1` words now.
    unsafe {
        let w = words(raw(list));
        std::ptr::copy(w.add(i), w.add(i + 1), n - i);
        w.add(i).write(word);
    }
    Ok(())
}

/// Takes item `i` (in range) out; canonical.
pub fn remove_at(list: Value, i: usize) -> Ref {
    let n = len(list);
    debug_assert!(i < n);
    // SAFETY: `i` is in range; the item's count moves into the Ref.
    unsafe {
        let w = words(raw(list));
        let word = *w.add(i);
        std::ptr::copy(w.add(i + 1), w.add(i), n - i - 1);
        shrink(list, n - 1);
        owned_canonical(word)
    }
}

/// The canonical owned form of an owned word.
///
/// # Safety
/// The caller owns one count of `word`.
pub(crate) unsafe fn owned_canonical(word: Value) -> Ref {
    let v = canonical(word);
    if v != word {
        heap::decref(word);
    }
    // SAFETY: either the same object with its count or an immediate.
    unsafe { Ref::from_owned(v) }
}

/// Replaces `list[start..end]` (in range) by `with`.
pub fn splice(list: Value, start: usize, end: usize, with: Vec<Ref>) -> PyResult<()> {
    let n = len(list);
    let end = end.clamp(start.min(n), n);
    let start = start.min(end);
    let added = with.len();
    if added > end - start {
        resize(list, n + added - (end - start))?;
        // SAFETY: the list has room for more than these.
        unsafe { (*raw(list)).ob_base.ob_size = n as isize }
    }
    let fresh: Vec<Value> = with.into_iter().map(|item| stored(list, item)).collect();
    // SAFETY: bounds are clipped to the list; removed items are released when the list is whole again.
    unsafe {
        let removed: smallvec::SmallVec<[Value; 16]> = items(list)[start..end].into();
        let tail = n - end;
        let w = words(raw(list));
        if tail > 0 {
            std::ptr::copy(w.add(end), w.add(start + added), tail);
        }
        if added > 0 {
            std::ptr::copy_nonoverlapping(fresh.as_ptr(), w.add(start), added);
        }
        (*raw(list)).ob_base.ob_size = (n + added - (end - start)) as isize;
        if added < end - start {
            shrink(list, n + added - (end - start));
        }
        for v in removed.into_iter().rev() {
            heap::decref(v);
        }
    }
    Ok(())
}

pub fn clear(list: Value) {
    let l = raw(list);
    // SAFETY: the list is emptied before anything is released.
    unsafe {
        let (w, n) = (words(l), len(list));
        (*l).ob_item = std::ptr::null_mut();
        (*l).ob_base.ob_size = 0;
        if w.is_null() {
            return;
        }
        let room = std::mem::replace(&mut (*l).allocated, 0).max(0) as usize;
        let quiet = common::leading_immediates(std::slice::from_raw_parts(w, n));
        for i in (quiet..n).rev() {
            heap::decref(*w.add(i));
        }
        heap::release_sized(w.cast(), (room * 8).max(1));
    }
}

/// `list.extend(iterable)`.
pub fn extend(list: Value, iterable: Value) -> PyResult<()> {
    if let Some(added) = crate::ops::exact_items(iterable).map(<[Value]>::len) {
        let n = len(list);
        if added == 0 {
            return Ok(());
        }
        resize(list, n + added)?;
        // SAFETY: the new words are written before anything looks at them. A list that is added to itself may have moved.
        unsafe {
            let place = words(raw(list)).add(n);
            let from =
                crate::ops::exact_items(iterable).map_or(std::ptr::null(), <[Value]>::as_ptr);
            for i in 0..added {
                place
                    .add(i)
                    .write(stored(list, common::item_ref(*from.add(i))));
            }
        }
        return Ok(());
    }
    let it = crate::ops::iter(iterable)?;
    crate::errors::check_room(crate::ops::length_hint(iterable, 8)?, 8)?;
    while let Some(item) = crate::ops::next(it.value())? {
        append(list, item)?;
    }
    Ok(())
}

pub fn sort(list: Value, key: Value, reverse: bool) -> PyResult<()> {
    sort::sort(list, key, reverse)
}

#[inline(always)]
pub fn is_list(v: Value) -> bool {
    v.has_flag(tpflags::LIST_SUBCLASS)
}
