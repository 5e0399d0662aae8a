//! Names that are known not to be in a dict: what `LOAD_GLOBAL` finds in the builtins is valid until the globals have it.
//!
//! A number for the whole layout would be lost with every new global, and scripts make them between calls of their hot
//! functions. So a new key only costs a table its version if the key was looked up in vain under it: a bit of the table's header
//! says for most keys that it was not, the hashes that are kept here for the rest.

use super::table::{self, Keys};
use std::collections::HashMap;

/// Hashes by version.
struct Known(HashMap<u32, Vec<i64>>);
static mut KNOWN: Option<Known> = None;

/// Under the GIL only.
fn known() -> &'static mut HashMap<u32, Vec<i64>> {
    #[expect(
        static_mut_refs,
        reason = "only under the GIL, and no reference outlives its call"
    )]
    // SAFETY: as above.
    unsafe {
        &mut KNOWN.get_or_insert_with(|| Known(HashMap::new())).0
    }
}

fn bit(hash: i64) -> u64 {
    1 << (hash & 63)
}

/// A key with this hash is absent as long as the table has its version.
///
/// # Safety
/// `keys` is a live table with a version, not the empty one.
pub(super) unsafe fn note(keys: *mut Keys, hash: i64) {
    // SAFETY: by contract.
    unsafe {
        let hashes = known().entry((*keys).version).or_default();
        if !hashes.contains(&hash) {
            hashes.push(hash);
        }
        (*keys).absent |= bit(hash);
    }
}

/// Whether a key with this hash has been noted.
///
/// # Safety
/// `keys` is a live table.
#[inline(always)]
pub(super) unsafe fn is_noted(keys: *mut Keys, hash: i64) -> bool {
    // SAFETY: by contract.
    unsafe {
        (*keys).absent & bit(hash) != 0
            && known()
                .get(&(*keys).version)
                .is_some_and(|hashes| hashes.contains(&hash))
    }
}

/// The table loses its version, or ends.
///
/// # Safety
/// `keys` is a live table.
#[inline(always)]
pub(super) unsafe fn forget(keys: *mut Keys) {
    // SAFETY: by contract; the empty table has noted nothing.
    unsafe {
        if (*keys).absent != 0 {
            known().remove(&(*keys).version);
            (*keys).absent = 0;
        }
        if keys != table::empty() {
            (*keys).version = 0;
        }
    }
}
