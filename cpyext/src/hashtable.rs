//! `internal/pycore_hashtable.h`: the hash table of C pointers that `_hashlib` keeps its digest names in.

use crate::*;
use std::ffi::c_void;

type HashFn = unsafe extern "C" fn(*const c_void) -> usize;
type CompareFn = unsafe extern "C" fn(*const c_void, *const c_void) -> c_int;
type DestroyFn = unsafe extern "C" fn(*mut c_void);
type GetEntryFn = unsafe extern "C" fn(*mut HashTable, *const c_void) -> *mut Entry;
type EachFn =
    unsafe extern "C" fn(*mut HashTable, *const c_void, *const c_void, *mut c_void) -> c_int;

/// `_Py_hashtable_entry_t`.
#[repr(C)]
pub struct Entry {
    next: *mut Entry,
    hash: usize,
    key: *mut c_void,
    value: *mut c_void,
}
/// `_Py_hashtable_t`; inline functions of the header read the count and call `get_entry`.
#[repr(C)]
pub struct HashTable {
    count: usize,
    buckets_len: usize,
    buckets: *mut *mut Entry,
    get_entry: Option<GetEntryFn>,
    hash: HashFn,
    compare: CompareFn,
    destroy_key: Option<DestroyFn>,
    destroy_value: Option<DestroyFn>,
    alloc: [*mut c_void; 2],
}

fn new_buckets(n: usize) -> *mut *mut Entry {
    Box::into_raw(vec![std::ptr::null_mut::<Entry>(); n].into_boxed_slice()).cast()
}
unsafe fn free_buckets(p: *mut *mut Entry, n: usize) {
    // SAFETY: made by `new_buckets` with this length.
    drop(unsafe { Box::from_raw(std::ptr::slice_from_raw_parts_mut(p, n)) });
}
/// Calls `f` with the place of each entry's link until it answers true.
unsafe fn walk(t: *mut HashTable, mut f: impl FnMut(*mut Entry) -> bool) {
    // SAFETY: a live table; the next link is read before `f` may free the entry.
    unsafe {
        for i in 0..(*t).buckets_len {
            let mut e = *(*t).buckets.add(i);
            while !e.is_null() {
                let next = (*e).next;
                if f(e) {
                    return;
                }
                e = next;
            }
        }
    }
}
unsafe fn grow(t: *mut HashTable) {
    // SAFETY: a live table; every entry moves to the new buckets.
    unsafe {
        let n = (*t).buckets_len * 2;
        let buckets = new_buckets(n);
        walk(t, |e| {
            let place = buckets.add((*e).hash & (n - 1));
            (*e).next = *place;
            *place = e;
            false
        });
        free_buckets((*t).buckets, (*t).buckets_len);
        ((*t).buckets, (*t).buckets_len) = (buckets, n);
    }
}
unsafe extern "C" fn get_entry(t: *mut HashTable, key: *const c_void) -> *mut Entry {
    // SAFETY: a live table and a key that its functions understand.
    unsafe {
        let hash = ((*t).hash)(key);
        let mut e = *(*t).buckets.add(hash & ((*t).buckets_len - 1));
        while !e.is_null() && ((*e).hash != hash || ((*t).compare)(key, (*e).key) == 0) {
            e = (*e).next;
        }
        e
    }
}
unsafe fn destroy(t: *mut HashTable, e: *mut Entry) {
    // SAFETY: an entry that nobody links to any more.
    unsafe {
        if let Some(f) = (*t).destroy_key {
            f((*e).key);
        }
        if let Some(f) = (*t).destroy_value {
            f((*e).value);
        }
        drop(Box::from_raw(e));
    }
}

capi! {
    fn _Py_hashtable_hash_ptr(key: *const c_void) -> usize { (key as usize).rotate_right(4) }
    fn _Py_hashtable_compare_direct(a: *const c_void, b: *const c_void) -> c_int { (a == b).into() }
    fn _Py_hashtable_new(hash: HashFn, compare: CompareFn) -> *mut HashTable {
        _Py_hashtable_new_full(hash, compare, None, None, std::ptr::null_mut())
    }
    fn _Py_hashtable_new_full(hash: HashFn, compare: CompareFn, destroy_key: Option<DestroyFn>, destroy_value: Option<DestroyFn>, _alloc: *mut c_void) -> *mut HashTable {
        Box::into_raw(Box::new(HashTable {
            count: 0, buckets_len: 16, buckets: new_buckets(16), get_entry: Some(get_entry), hash, compare,
            destroy_key, destroy_value, alloc: [std::ptr::null_mut(); 2],
        }))
    }
    fn _Py_hashtable_size(t: *const HashTable) -> usize { (*t).count }
    fn _Py_hashtable_get(t: *mut HashTable, key: *const c_void) -> *mut c_void {
        let e = get_entry(t, key);
        if e.is_null() { std::ptr::null_mut() } else { (*e).value }
    }
    fn _Py_hashtable_set(t: *mut HashTable, key: *const c_void, value: *mut c_void) -> c_int {
        if (*t).count * 2 >= (*t).buckets_len { grow(t); }
        let hash = ((*t).hash)(key);
        let place = (*t).buckets.add(hash & ((*t).buckets_len - 1));
        *place = Box::into_raw(Box::new(Entry { next: *place, hash, key: key.cast_mut(), value }));
        (*t).count += 1;
        0
    }
    fn _Py_hashtable_steal(t: *mut HashTable, key: *const c_void) -> *mut c_void {
        let found = get_entry(t, key);
        if found.is_null() { return found.cast(); }
        let mut link = (*t).buckets.add((*found).hash & ((*t).buckets_len - 1));
        while *link != found { link = &raw mut (**link).next; }
        *link = (*found).next;
        (*t).count -= 1;
        let value = (*found).value;
        drop(Box::from_raw(found));
        value
    }
    fn _Py_hashtable_foreach(t: *mut HashTable, f: EachFn, data: *mut c_void) -> c_int {
        let mut answer = 0;
        walk(t, |e| { answer = f(t, (*e).key, (*e).value, data); answer != 0 });
        answer
    }
    fn _Py_hashtable_clear(t: *mut HashTable) {
        walk(t, |e| { destroy(t, e); false });
        (*t).count = 0;
        for i in 0..(*t).buckets_len { *(*t).buckets.add(i) = std::ptr::null_mut(); }
    }
    fn _Py_hashtable_destroy(t: *mut HashTable) {
        _Py_hashtable_clear(t);
        free_buckets((*t).buckets, (*t).buckets_len);
        drop(Box::from_raw(t));
    }
}
