//! The hash table behind `ma_keys`: an index table over a dense array of entries in insertion order.
//!
//! CPython never shows it to extensions, so its layout is ours. Lookups that may run Python code are the dict's
//! business; here are memory, probing and the entries.

use crate::heap;
use crate::layout::Value;
use std::ptr;

/// One entry; an empty key marks a deleted one.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Entry {
    pub hash: i64,
    pub key: Value,
    pub value: Value,
}

/// The table's header; the index table and the entries follow in the same block.
#[repr(C)]
pub struct Keys {
    /// Log2 of the index table's size (0: the shared empty table).
    pub log2: u8,
    /// Bytes of an index: 1, 2 or 4.
    pub width: u8,
    /// All keys are exact strs.
    pub only_str: bool,
    /// See `dict::keys_version`; 0 until asked for.
    pub version: u32,
    /// Entries in use, deleted ones included.
    pub filled: u32,
    /// Entries that the block has room for.
    pub room: u32,
    pub entries: *mut Entry,
}

pub(super) const EMPTY_INDEX: i32 = -1;
pub(super) const DUMMY: i32 = -2;
const HEAD: usize = size_of::<Keys>();
/// The version of every empty table: "no key is here".
pub(super) const EMPTY_VERSION: u32 = 1;

#[repr(C)]
struct EmptyTable {
    head: Keys,
    index: [i8; 8],
}
static mut EMPTY: EmptyTable = EmptyTable {
    head: Keys {
        log2: 0,
        width: 1,
        only_str: true,
        version: EMPTY_VERSION,
        filled: 0,
        room: 0,
        entries: ptr::null_mut(),
    },
    index: [-1; 8],
};

/// The table of all empty dicts; never written, never freed.
#[inline(always)]
pub(super) fn empty() -> *mut Keys {
    (&raw mut EMPTY).cast()
}

/// Usable entries of an index table of that size.
pub(super) const fn usable(log2: u8) -> usize {
    ((1usize << log2) << 1) / 3
}
/// The smallest table with room for `n` entries.
pub(super) fn log2_for(n: usize) -> u8 {
    let mut log2 = 3;
    while usable(log2) < n {
        log2 += 1;
    }
    log2
}

/// Bytes of an index.
const fn width(log2: u8) -> usize {
    match log2 {
        0..=7 => 1,
        8..=15 => 2,
        _ => 4,
    }
}
/// Bytes of a table.
const fn size(log2: u8) -> usize {
    HEAD + (width(log2) << log2) + usable(log2) * size_of::<Entry>()
}

/// Memory for a table, or null.
fn allocate(log2: u8) -> *mut u8 {
    match log2 {
        3 => heap::block(size(log2)),
        ..=30 => heap::try_malloc(size(log2)),
        _ => ptr::null_mut(),
    }
}

/// The same entries in the same places, or null without memory. The references are not counted.
///
/// # Safety
/// `keys` is a live table, not the empty one.
pub(super) unsafe fn copy(keys: *mut Keys) -> *mut Keys {
    // SAFETY: the block is as large as that of `keys`; its entries are written up to `filled`.
    unsafe {
        let log2 = (*keys).log2;
        let block = allocate(log2);
        if block.is_null() {
            return ptr::null_mut();
        }
        let before = HEAD + (width(log2) << log2);
        let entries = (*keys).filled as usize * size_of::<Entry>();
        ptr::copy_nonoverlapping(keys.cast::<u8>(), block, before + entries);
        let fresh = block.cast::<Keys>();
        (*fresh).version = 0;
        (*fresh).entries = block.add(before).cast();
        fresh
    }
}

/// A table without entries, or null without memory.
pub(super) fn new(log2: u8) -> *mut Keys {
    let (width, room) = (width(log2), usable(log2));
    let index = width << log2;
    let block = allocate(log2);
    if block.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the block has room for header, index table and entries.
    unsafe {
        let keys = block.cast::<Keys>();
        keys.write(Keys {
            log2,
            width: width as u8,
            only_str: true,
            version: 0,
            filled: 0,
            room: room as u32,
            entries: block.add(HEAD + index).cast(),
        });
        ptr::write_bytes(block.add(HEAD), 0xFF, index);
        keys
    }
}

/// # Safety
/// `keys` is a table that nobody uses any more; its references are released already.
#[inline]
pub(super) unsafe fn free(keys: *mut Keys) {
    if keys != empty() {
        // SAFETY: by contract; the block is as large as `new` made it.
        unsafe { heap::release_sized(keys.cast(), size((*keys).log2)) }
    }
}

impl Keys {
    /// # Safety
    /// `keys` is a live table and `slot` below its size. (The same holds for the functions below.)
    #[inline(always)]
    pub(super) unsafe fn index(keys: *mut Keys, slot: usize) -> i32 {
        // SAFETY: by contract; the index table follows the header.
        unsafe {
            let base = keys.cast::<u8>().add(HEAD);
            match (*keys).width {
                1 => i32::from(*base.cast::<i8>().add(slot)),
                2 => i32::from(*base.cast::<i16>().add(slot)),
                _ => *base.cast::<i32>().add(slot),
            }
        }
    }
    #[inline(always)]
    pub(super) unsafe fn set_index(keys: *mut Keys, slot: usize, n: i32) {
        // SAFETY: as above.
        unsafe {
            let base = keys.cast::<u8>().add(HEAD);
            match (*keys).width {
                1 => *base.cast::<i8>().add(slot) = n as i8,
                2 => *base.cast::<i16>().add(slot) = n as i16,
                _ => *base.cast::<i32>().add(slot) = n,
            }
        }
    }
    #[inline(always)]
    pub(super) unsafe fn mask(keys: *mut Keys) -> usize {
        // SAFETY: as above.
        unsafe { (1usize << (*keys).log2) - 1 }
    }
    #[inline(always)]
    pub(super) unsafe fn entry(keys: *mut Keys, i: usize) -> *mut Entry {
        // SAFETY: as above, for entries below `filled`.
        unsafe { (*keys).entries.add(i) }
    }
    /// The slot of the index table that holds `n`, which is the entry of `hash`.
    pub(super) unsafe fn slot_of(keys: *mut Keys, hash: i64, n: usize) -> usize {
        // SAFETY: the entry is in the table, so the probe ends.
        unsafe {
            let mut probe = Probe::new(hash, Keys::mask(keys));
            while Keys::index(keys, probe.slot) != n as i32 {
                probe.step();
            }
            probe.slot
        }
    }
    /// Appends an entry; the table has room and does not hold the key.
    #[inline]
    pub(super) unsafe fn push(keys: *mut Keys, entry: Entry) {
        // SAFETY: there is room, so there is a free index slot too.
        unsafe {
            let mut probe = Probe::new(entry.hash, Keys::mask(keys));
            while Keys::index(keys, probe.slot) >= 0 {
                probe.step();
            }
            let n = (*keys).filled;
            Keys::set_index(keys, probe.slot, n as i32);
            (*keys).entries.add(n as usize).write(entry);
            (*keys).filled = n + 1;
        }
    }
    /// Bytes of the block as CPython's `sys.getsizeof` counts them.
    pub(super) unsafe fn reported_size(keys: *mut Keys) -> usize {
        // SAFETY: as above.
        unsafe {
            if (*keys).log2 == 0 {
                return 0;
            }
            let entry = if (*keys).only_str { 16 } else { 24 };
            32 + (((*keys).width as usize) << (*keys).log2) + usable((*keys).log2) * entry
        }
    }
}

/// CPython's probe sequence.
pub(super) struct Probe {
    pub slot: usize,
    perturb: u64,
    mask: usize,
}
impl Probe {
    #[inline(always)]
    pub(super) fn new(hash: i64, mask: usize) -> Probe {
        Probe {
            slot: hash as usize & mask,
            perturb: hash as u64,
            mask,
        }
    }
    #[inline(always)]
    pub(super) fn step(&mut self) {
        self.perturb >>= 5;
        self.slot = self
            .slot
            .wrapping_mul(5)
            .wrapping_add(self.perturb as usize)
            .wrapping_add(1)
            & self.mask;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(keys: *mut Keys, hash: i64) -> Option<usize> {
        // SAFETY: a live table.
        unsafe {
            let mut probe = Probe::new(hash, Keys::mask(keys));
            loop {
                match Keys::index(keys, probe.slot) {
                    EMPTY_INDEX => return None,
                    DUMMY => {}
                    n if (*Keys::entry(keys, n as usize)).hash == hash => return Some(n as usize),
                    _ => {}
                }
                probe.step();
            }
        }
    }

    #[test]
    fn entries_are_found_in_tables_of_every_width() {
        let _gil = crate::test_gil();
        for log2 in [3u8, 7, 8, 12, 16] {
            let keys = new(log2);
            let n = usable(log2);
            // SAFETY: the table has room for `n` entries and is freed at the end.
            unsafe {
                for i in 0..n {
                    let hash = (i as i64).wrapping_mul(0x9E37_79B9) << 7;
                    Keys::push(
                        keys,
                        Entry {
                            hash,
                            key: Value::int_unchecked(i as i64),
                            value: Value::EMPTY,
                        },
                    );
                }
                for i in 0..n {
                    let hash = (i as i64).wrapping_mul(0x9E37_79B9) << 7;
                    assert_eq!(find(keys, hash), Some(i));
                    let slot = Keys::slot_of(keys, hash, i);
                    Keys::set_index(keys, slot, DUMMY);
                    assert_eq!(find(keys, hash), None);
                }
                free(keys);
            }
        }
        assert_eq!(find(empty(), 12345), None);
    }

    #[test]
    fn sizes_are_cpythons() {
        assert_eq!([usable(3), usable(4), usable(5)], [5, 10, 21]);
        assert_eq!(
            [log2_for(1), log2_for(5), log2_for(6), log2_for(22)],
            [3, 3, 4, 6]
        );
    }
}
