//! `collections.OrderedDict`: a dict whose keys are also nodes of a list, which is its order.
//!
//! A node is found by its key through the dict: `nodes` has one word for each entry of the dict's table. When the table
//! was made anew, [`sync`] fills it again. Methods of dict itself (`dict.pop(od, k)`) know nothing of the list; it may
//! then hold nodes without an entry, and the dict entries without a node. What walks the list raises `KeyError` for those.

mod iter;
mod slots;

pub use iter::{PyODictItems_Type, PyODictIter_Type, PyODictKeys_Type, PyODictValues_Type};
pub use slots::PyODict_Type;

use super::table::{self, Probe};
use super::{
    EMPTY_INDEX, Keys, hash_key, insert_new, keys, lookup, remove_entry, replace, value_of,
};
use crate::errors::no_memory;
use crate::heap;
use crate::layout::*;
use crate::list::common::is_exact_str;
use crate::{PyResult, Ref, Value, ValueExt, ty};
use std::ptr;

/// A key in the list; owns it.
pub(super) struct Node {
    key: Value,
    hash: i64,
    next: *mut Node,
    prev: *mut Node,
}

/// Differs from what it was when the list has changed.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(C)]
struct State {
    /// Nodes that came, went or moved, one by one.
    steps: u32,
    /// How often the list was emptied.
    clears: u32,
}
impl State {
    fn step(&mut self) {
        self.steps = self.steps.wrapping_add(1);
    }
}

/// The size and the places of the last two fields are CPython's; its other fields are as private as these.
#[repr(C)]
pub struct OrderedDict {
    pub base: PyDictObject,
    first: *mut Node,
    last: *mut Node,
    /// The node of each entry, or null.
    nodes: *mut *mut Node,
    /// How many words `nodes` has.
    room: usize,
    /// The table that `nodes` belongs to.
    synced: *mut Keys,
    state: State,
    dict: *mut PyObject,
    weakrefs: *mut PyObject,
}

#[inline(always)]
fn raw(d: Value) -> *mut OrderedDict {
    d.as_ptr().cast()
}
fn first(d: Value) -> *mut Node {
    // SAFETY: a live OrderedDict.
    unsafe { (*raw(d)).first }
}
fn last(d: Value) -> *mut Node {
    // SAFETY: a live OrderedDict.
    unsafe { (*raw(d)).last }
}
fn state(d: Value) -> State {
    // SAFETY: a live OrderedDict.
    unsafe { (*raw(d)).state }
}
pub fn is_ordered(v: Value) -> bool {
    v.is_a(ty!(PyODict_Type))
}

/// Makes `nodes` fit the table.
#[inline]
fn sync(d: Value) -> PyResult<()> {
    let k = keys(d);
    // SAFETY: a live OrderedDict and its table.
    if unsafe { (*raw(d)).synced == k && (*raw(d)).room == table::usable((*k).log2) } {
        return Ok(());
    }
    resync(d)
}
#[inline(never)]
fn resync(d: Value) -> PyResult<()> {
    let k = keys(d);
    // SAFETY: the nodes are alive while they are in the list; no code runs.
    unsafe {
        let room = table::usable((*k).log2);
        let mut fresh: *mut *mut Node = ptr::null_mut();
        if room > 0 {
            fresh = heap::try_malloc(room * 8).cast();
            if fresh.is_null() {
                return Err(no_memory());
            }
            ptr::write_bytes(fresh, 0, room);
        }
        // Most keys are where they were added last: the entries are in the order of the list.
        let (mut node, mut at) = (first(d), 0);
        while !node.is_null() {
            let key = (*node).key;
            while at < (*k).filled as usize && (*Keys::entry(k, at)).key.is_empty() {
                at += 1;
            }
            let found = if at < (*k).filled as usize && (*Keys::entry(k, at)).key == key {
                Some(at)
            } else {
                entry_of(k, key, (*node).hash)
            };
            if let Some(n) = found {
                *fresh.add(n) = node;
                at = n + 1;
            }
            node = (*node).next;
        }
        release_nodes(d);
        ((*raw(d)).nodes, (*raw(d)).room, (*raw(d)).synced) = (fresh, room, k);
    }
    Ok(())
}
fn release_nodes(d: Value) {
    // SAFETY: `nodes` is null or a block of `room` words.
    unsafe {
        let o = raw(d);
        if !(*o).nodes.is_null() {
            heap::release_sized((*o).nodes.cast(), (*o).room * 8);
        }
        ((*o).nodes, (*o).room, (*o).synced) = (ptr::null_mut(), 0, ptr::null_mut());
    }
}
/// The entry whose key is this very object.
///
/// # Safety
/// `k` is a live table.
unsafe fn entry_of(k: *mut Keys, key: Value, hash: i64) -> Option<usize> {
    // SAFETY: by contract.
    unsafe {
        let mut probe = Probe::new(hash, Keys::mask(k));
        loop {
            match Keys::index(k, probe.slot) {
                EMPTY_INDEX => return None,
                n if n >= 0 && (*Keys::entry(k, n as usize)).key == key => return Some(n as usize),
                _ => probe.step(),
            }
        }
    }
}

/// The place for the node of entry `n`.
///
/// # Safety
/// `nodes` fits the table, and `n` is one of its entries.
#[inline(always)]
unsafe fn place(d: Value, n: usize) -> *mut *mut Node {
    // SAFETY: by contract.
    unsafe { (*raw(d)).nodes.add(n) }
}

/// # Safety
/// `node` is in no list.
unsafe fn link_last(d: Value, node: *mut Node) {
    // SAFETY: by contract; neighbours are alive.
    unsafe {
        let o = raw(d);
        ((*node).prev, (*node).next) = ((*o).last, ptr::null_mut());
        match (*o).last.is_null() {
            true => (*o).first = node,
            false => (*(*o).last).next = node,
        }
        (*o).last = node;
        (*o).state.step();
    }
}
/// # Safety
/// `node` is in no list.
unsafe fn link_first(d: Value, node: *mut Node) {
    // SAFETY: by contract; neighbours are alive.
    unsafe {
        let o = raw(d);
        ((*node).prev, (*node).next) = (ptr::null_mut(), (*o).first);
        match (*o).first.is_null() {
            true => (*o).last = node,
            false => (*(*o).first).prev = node,
        }
        (*o).first = node;
        (*o).state.step();
    }
}
/// # Safety
/// `node` is in the list of `d`.
unsafe fn unlink(d: Value, node: *mut Node) {
    // SAFETY: by contract; neighbours are alive.
    unsafe {
        let o = raw(d);
        let (next, prev) = ((*node).next, (*node).prev);
        match prev.is_null() {
            true => (*o).first = next,
            false => (*prev).next = next,
        }
        match next.is_null() {
            true => (*o).last = prev,
            false => (*next).prev = prev,
        }
        (*o).state.step();
    }
}
/// Takes a node out of memory; its key is left to drop.
///
/// # Safety
/// `node` is in no list.
unsafe fn end_node(node: *mut Node) -> Ref {
    // SAFETY: by contract; the count of the key moves out.
    unsafe {
        let key = Ref::from_owned((*node).key);
        heap::release_sized(node.cast(), size_of::<Node>());
        key
    }
}
/// The node of entry `n`, or null. What dict's own methods took out may have left another key's node behind.
///
/// # Safety
/// As [`place`].
unsafe fn node_of(d: Value, n: usize) -> *mut Node {
    // SAFETY: by contract. A node is freed only by what empties its place, so one that is there is alive.
    unsafe {
        let node = *place(d, n);
        match !node.is_null() && (*node).key == (*Keys::entry(keys(d), n)).key {
            true => node,
            false => ptr::null_mut(),
        }
    }
}
/// Gives entry `n` a node at the end, if it has none.
fn add_node(d: Value, n: usize) -> PyResult<()> {
    sync(d)?;
    // SAFETY: `nodes` fits; the new node owns a count of the entry's key.
    unsafe {
        if !node_of(d, n).is_null() {
            return Ok(());
        }
        let entry = *Keys::entry(keys(d), n);
        let node = heap::block(size_of::<Node>()).cast::<Node>();
        node.write(Node {
            key: Ref::new(entry.key).into_value(),
            hash: entry.hash,
            next: ptr::null_mut(),
            prev: ptr::null_mut(),
        });
        *place(d, n) = node;
        link_last(d, node);
    }
    Ok(())
}

/// `PyODict_New`.
pub fn new() -> PyResult {
    slots::make(ty!(PyODict_Type))
}
/// Calls `f` with each item of an exact `OrderedDict`, in order.
pub(super) fn each_item(d: Value, mut f: impl FnMut(Ref, Ref) -> PyResult<()>) -> PyResult<()> {
    let it = iter::make(d, iter::Kind::Items, false);
    while let Some((key, value)) = iter::step(it.value())? {
        f(key, value)?;
    }
    Ok(())
}
/// Whether `v` is an `OrderedDict` and no instance of a subclass.
pub(super) fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(PyODict_Type))
}

/// `od[key] = value`.
pub fn set_item(d: Value, key: Value, value: Value) -> PyResult<()> {
    let hash = hash_key(key)?;
    set_hashed(d, key, hash, value)
}
fn set_hashed(d: Value, key: Value, hash: i64, value: Value) -> PyResult<()> {
    match lookup(d, key, hash)? {
        Some(n) => {
            add_node(d, n)?;
            drop(replace(d, n, Ref::new(value)));
        }
        None => {
            insert_new(d, Ref::new(key), hash, Ref::new(value))?;
            // SAFETY: a live table, whose last entry is the new one.
            let n = unsafe { (*keys(d)).filled as usize - 1 };
            if let Err(e) = add_node(d, n) {
                drop(remove_entry(d, n));
                return Err(e);
            }
        }
    }
    Ok(())
}

/// Takes `key` out of the dict and the list.
fn pop_hashed(d: Value, key: Value, hash: i64) -> PyResult<Option<Ref>> {
    let Some(n) = lookup(d, key, hash)? else {
        return Ok(None);
    };
    sync(d)?;
    // SAFETY: `nodes` fits; a node that is there is in the list. Nothing dies before all is consistent.
    let kept = unsafe {
        let node = node_of(d, n);
        (!node.is_null()).then(|| {
            *place(d, n) = ptr::null_mut();
            unlink(d, node);
            end_node(node)
        })
    };
    let (key, value) = remove_entry(d, n);
    drop((key, kept));
    Ok(Some(value))
}
/// `od.pop(key)`; `None` when absent.
pub fn pop(d: Value, key: Value) -> PyResult<Option<Ref>> {
    let hash = hash_key(key)?;
    pop_hashed(d, key, hash)
}

/// `od.clear()`.
fn clear(d: Value) {
    // SAFETY: the list is the caller's alone before any key dies.
    unsafe {
        let o = raw(d);
        let mut node = (*o).first;
        ((*o).first, (*o).last) = (ptr::null_mut(), ptr::null_mut());
        (*o).state.clears = (*o).state.clears.wrapping_add(1);
        release_nodes(d);
        if !keys(d).is_null() {
            super::clear(d);
        }
        while !node.is_null() {
            let next = (*node).next;
            drop(end_node(node));
            node = next;
        }
    }
}

/// The entry of a node's key, as a lookup by the key finds it. May run the key's own code, and change the list by that.
fn entry_of_node(d: Value, key: Value, hash: i64) -> PyResult<Option<usize>> {
    if key.is_immediate() || is_exact_str(key) {
        // SAFETY: a live table. Such keys always have the same hash, and the entry's is the node's unless dict's own
        // methods were used.
        if let Some(n) = unsafe { entry_of(keys(d), key, hash) } {
            return Ok(Some(n));
        }
    }
    let hash = hash_key(key)?;
    lookup(d, key, hash)
}

/// `od.move_to_end(key, last)`; false when absent.
fn move_to_end(d: Value, key: Value, to_last: bool) -> PyResult<bool> {
    let at_end = || if to_last { last(d) } else { first(d) };
    let end = at_end();
    if end.is_null() {
        return Ok(false);
    }
    // SAFETY: a node of the list.
    if unsafe { (*end).key } == key {
        return Ok(true);
    }
    let hash = hash_key(key)?;
    let Some(n) = lookup(d, key, hash)? else {
        return Ok(false);
    };
    sync(d)?;
    // SAFETY: `nodes` fits; a node that is there is in the list.
    unsafe {
        let node = node_of(d, n);
        if node.is_null() {
            return Ok(false);
        }
        if node != at_end() {
            unlink(d, node);
            match to_last {
                true => link_last(d, node),
                false => link_first(d, node),
            }
        }
    }
    Ok(true)
}
