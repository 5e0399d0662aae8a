//! The open-addressing table of sets, with CPython's probe sequence and growth: printing a set shows its order.

use crate::dict::compares_in_python;
use crate::heap;
use crate::layout::*;
use crate::list::common::eq_fast;
use crate::{PyResult, Raised, Ref};

type Set = *mut PySetObject;

/// The key of a removed entry; no object lies there.
pub(super) const DUMMY: Value = Value::from_bits(1);
const LINEAR_PROBES: usize = 9;
const PERTURB_SHIFT: u32 = 5;
const MIN_SIZE: usize = 8;

/// # Safety
/// `s` is a live set and `i` at most its mask. (The same holds for the functions below.)
#[inline(always)]
pub(super) unsafe fn key_at(s: Set, i: usize) -> Value {
    // SAFETY: by contract; the key word holds a Value.
    unsafe { *(*s).table.add(i).cast::<Value>() }
}
#[inline(always)]
pub(super) unsafe fn hash_at(s: Set, i: usize) -> i64 {
    // SAFETY: by contract.
    unsafe { (*(*s).table.add(i)).hash as i64 }
}
#[inline(always)]
pub(super) unsafe fn write(table: *mut setentry, i: usize, key: Value, hash: i64) {
    // SAFETY: by contract.
    unsafe {
        table.add(i).write(setentry {
            key: key.bits() as *mut PyObject,
            hash: hash as isize,
        });
    }
}
/// Whether the entry holds an item.
#[inline(always)]
pub(super) fn in_use(key: Value) -> bool {
    !key.is_empty() && key != DUMMY
}

/// Makes a fresh or emptied set point at its small table.
pub(super) unsafe fn init(s: Set) {
    // SAFETY: the set's own memory.
    unsafe {
        std::ptr::write_bytes(&raw mut (*s).smalltable, 0, 1);
        (*s).table = (&raw mut (*s).smalltable).cast();
        (*s).mask = MIN_SIZE as isize - 1;
        (*s).fill = 0;
        (*s).used = 0;
        (*s).hash = -1;
        (*s).finger = 0;
    }
}
pub(super) unsafe fn is_small(s: Set) -> bool {
    // SAFETY: by contract.
    unsafe { std::ptr::eq((*s).table, (&raw const (*s).smalltable).cast()) }
}

/// What a probe found.
pub(super) enum Found {
    At(usize),
    /// Absent; the slot where it would go, and whether that is a removed entry.
    Free(usize, bool),
}

/// Whether `key` is there, if that takes no comparison but of bits: the rule for ints and for objects met again.
#[inline(always)]
pub(super) unsafe fn find_at_once(s: Set, key: Value, hash: i64) -> Option<bool> {
    // SAFETY: a live set, whose table has a free entry, so the probe ends.
    unsafe {
        let (table, mask) = ((*s).table, (*s).mask as usize);
        let mut perturb = hash as u64;
        let mut i = hash as usize & mask;
        loop {
            let last = if i + LINEAR_PROBES <= mask {
                i + LINEAR_PROBES
            } else {
                i
            };
            for j in i..=last {
                let e = table.add(j);
                let found = Value::from_bits((*e).key as u64);
                if found == key {
                    return Some(true);
                }
                if found.is_empty() {
                    return Some(false);
                }
                if (*e).hash as i64 == hash && found != DUMMY && !(found.is_int() && key.is_int()) {
                    return None;
                }
            }
            perturb >>= PERTURB_SHIFT;
            i = i
                .wrapping_mul(5)
                .wrapping_add(1)
                .wrapping_add(perturb as usize)
                & mask;
        }
    }
}

/// Whether `b` has all of `a`, if that takes no comparison but of bits.
pub(super) unsafe fn is_subset_at_once(a: Set, b: Set) -> Option<bool> {
    // SAFETY: live sets; no code runs.
    unsafe {
        for i in 0..=(*a).mask as usize {
            let key = key_at(a, i);
            if in_use(key) && !find_at_once(b, key, hash_at(a, i))? {
                return Some(false);
            }
        }
        Some(true)
    }
}

/// Looks for `key`; comparing may run code, after which a changed table is searched anew.
pub(super) unsafe fn find(s: Set, key: Value, hash: i64) -> PyResult<Found> {
    // SAFETY: by contract.
    unsafe { find_with::<false>(s, key, hash) }
}
/// [`find`]; with `QUIET`, a comparison that would run Python code is an error without an exception instead.
pub(super) unsafe fn find_with<const QUIET: bool>(
    s: Set,
    key: Value,
    hash: i64,
) -> PyResult<Found> {
    'restart: loop {
        // SAFETY: the table is read afresh after every comparison that may have run code.
        unsafe {
            let mask = (*s).mask as usize;
            let table = (*s).table;
            let mut free: Option<usize> = None;
            let mut perturb = hash as u64;
            let mut i = hash as usize & mask;
            loop {
                let last = if i + LINEAR_PROBES <= mask {
                    i + LINEAR_PROBES
                } else {
                    i
                };
                for j in i..=last {
                    let found = key_at(s, j);
                    if found.is_empty() {
                        return Ok(match free {
                            Some(j) => Found::Free(j, true),
                            None => Found::Free(j, false),
                        });
                    }
                    if found == key {
                        return Ok(Found::At(j));
                    }
                    if found == DUMMY {
                        free = Some(j);
                    } else if hash_at(s, j) == hash && !(found.is_int() && key.is_int()) {
                        if QUIET && (compares_in_python(found) || compares_in_python(key)) {
                            return Err(Raised::assume_set());
                        }
                        let held = Ref::new(found);
                        let equal = eq_fast(held.value(), key)?;
                        if (*s).table != table
                            || (*s).mask as usize != mask
                            || key_at(s, j) != found
                        {
                            continue 'restart;
                        }
                        if equal {
                            return Ok(Found::At(j));
                        }
                    }
                }
                perturb >>= PERTURB_SHIFT;
                i = i
                    .wrapping_mul(5)
                    .wrapping_add(1)
                    .wrapping_add(perturb as usize)
                    & mask;
            }
        }
    }
}

/// Puts an absent key where [`find`] said; the count moves into the set.
pub(super) unsafe fn insert_at(
    s: Set,
    slot: usize,
    reuse: bool,
    key: Ref,
    hash: i64,
) -> PyResult<()> {
    // SAFETY: nothing ran since `find`.
    unsafe {
        write((*s).table, slot, key.into_value(), hash);
        (*s).used += 1;
        if reuse {
            return Ok(());
        }
        (*s).fill += 1;
        if (*s).fill * 5 < (*s).mask * 3 {
            return Ok(());
        }
        let used = (*s).used as usize;
        resize(s, if used > 50_000 { used * 2 } else { used * 4 })
    }
}

/// Where an absent key goes in a table without removed entries.
#[inline]
pub(super) unsafe fn free_slot(table: *mut setentry, mask: usize, hash: i64) -> usize {
    // SAFETY: the table has `mask + 1` entries, at least one of them free.
    unsafe {
        let mut perturb = hash as u64;
        let mut i = hash as usize & mask;
        loop {
            let last = if i + LINEAR_PROBES <= mask {
                i + LINEAR_PROBES
            } else {
                i
            };
            for j in i..=last {
                if (*table.add(j)).key.is_null() {
                    return j;
                }
            }
            perturb >>= PERTURB_SHIFT;
            i = i
                .wrapping_mul(5)
                .wrapping_add(1)
                .wrapping_add(perturb as usize)
                & mask;
        }
    }
}

/// Inserts into a table without removed entries that does not hold the key.
unsafe fn insert_clean(table: *mut setentry, mask: usize, key: Value, hash: i64) {
    // SAFETY: by contract.
    unsafe { write(table, free_slot(table, mask, hash), key, hash) }
}

/// A table of more than `min_used` entries without the removed ones.
pub(super) unsafe fn resize(s: Set, min_used: usize) -> PyResult<()> {
    let mut size = MIN_SIZE;
    while size <= min_used {
        size <<= 1;
    }
    // SAFETY: entries move; no code runs. A small table is copied away before it is used again.
    unsafe {
        let (old, old_mask, was_small) = ((*s).table, (*s).mask as usize, is_small(s));
        let mut copy: [setentry; MIN_SIZE];
        let mut from = old;
        let fresh: *mut setentry = if size == MIN_SIZE {
            if was_small {
                if (*s).fill == (*s).used {
                    return Ok(());
                }
                copy = (*s).smalltable;
                from = copy.as_mut_ptr();
            }
            (&raw mut (*s).smalltable).cast()
        } else {
            let p = heap::try_malloc(size * size_of::<setentry>());
            if p.is_null() {
                return Err(crate::errors::no_memory());
            }
            p.cast()
        };
        std::ptr::write_bytes(fresh, 0, size);
        for i in 0..=old_mask {
            let e = *from.add(i);
            let key = Value::from_bits(e.key as u64);
            if in_use(key) {
                insert_clean(fresh, size - 1, key, e.hash as i64);
            }
        }
        (*s).table = fresh;
        (*s).mask = size as isize - 1;
        (*s).fill = (*s).used;
        if !was_small {
            heap::free(old.cast());
        }
        Ok(())
    }
}

/// Takes the entry out; the count moves into the result.
pub(super) unsafe fn remove_at(s: Set, slot: usize) -> Ref {
    // SAFETY: the slot is in use.
    unsafe {
        let key = key_at(s, slot);
        write((*s).table, slot, DUMMY, -1);
        (*s).used -= 1;
        Ref::from_owned(key)
    }
}

/// Adds all items of the set `other` (`set_merge`).
pub(super) unsafe fn merge(s: Set, other: Set) -> PyResult<()> {
    // SAFETY: both are live; `other`'s table is read afresh at each step because comparisons may run code.
    unsafe {
        if s == other || (*other).used == 0 {
            return Ok(());
        }
        if ((*s).fill + (*other).used) * 5 >= (*s).mask * 3 {
            resize(s, ((*s).used + (*other).used) as usize * 2)?;
        }
        if (*s).fill == 0 {
            let same = (*s).mask == (*other).mask && (*other).fill == (*other).used;
            for i in 0..=(*other).mask as usize {
                let key = key_at(other, i);
                if in_use(key) {
                    heap::incref(key);
                    if same {
                        write((*s).table, i, key, hash_at(other, i));
                    } else {
                        insert_clean((*s).table, (*s).mask as usize, key, hash_at(other, i));
                    }
                }
            }
            (*s).fill = (*other).used;
            (*s).used = (*other).used;
            return Ok(());
        }
        let mut i = 0;
        while i <= (*other).mask as usize {
            let key = key_at(other, i);
            if in_use(key) {
                let (key, hash) = (Ref::new(key), hash_at(other, i));
                if let Found::Free(slot, reuse) = find(s, key.value(), hash)? {
                    insert_at(s, slot, reuse, key, hash)?;
                }
            }
            i += 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order of a set of small ints after adding them (`n`) and removing them (`!n`) one by one.
    fn order(steps: impl IntoIterator<Item = i64>) -> Vec<i64> {
        // SAFETY: a zeroed set on the native stack; the keys are immediates, so nothing is counted.
        unsafe {
            let mut set: PySetObject = std::mem::zeroed();
            let s = &raw mut set;
            init(s);
            for n in steps {
                let (k, remove) = if n < 0 { (!n, true) } else { (n, false) };
                let key = Value::int_unchecked(k);
                match find(s, key, k).unwrap() {
                    Found::Free(slot, reuse) => {
                        insert_at(s, slot, reuse, Ref::new(key), k).unwrap()
                    }
                    Found::At(slot) if remove => drop(remove_at(s, slot)),
                    Found::At(_) => {}
                }
            }
            let all = (0..=(*s).mask as usize)
                .filter_map(|i| key_at(s, i).as_int())
                .collect();
            if !is_small(s) {
                heap::free((*s).table.cast());
            }
            all
        }
    }

    #[test]
    fn iteration_order_is_cpythons() {
        let _gil = crate::test_gil();
        assert_eq!(order([5, 13, 21, 29, 1, 9]), [1, 5, 9, 13, 21, 29]);
        assert_eq!(order([8, 32, 16, !8, 24]), [24, 16, 32]);
        assert_eq!(order([0, 8, 16, !0, !8, 24, 32]), [32, 24, 16]);
        let sevens = order((0..40).map(|i| i * 7));
        assert_eq!(sevens[..8], [0, 259, 133, 7, 266, 140, 14, 273]);
        assert_eq!(sevens[36..], [245, 119, 252, 126]);
        let many = order((0..100).map(|i| i * 37 % 101 + 1000));
        assert_eq!(
            (many[0], many[75], many[76], many[99]),
            (1024, 1100, 1000, 1023)
        );
    }
}
