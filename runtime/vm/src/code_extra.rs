//! Words that tools hang on code objects (PEP 523): each tool asks for an index, and may have its word freed with the code.

use pyrs_object::layout::PyCodeObject;
use std::ffi::c_void;

pub type Free = unsafe extern "C" fn(*mut c_void);
/// As many tools as CPython has room for.
const MOST: usize = 255;
static mut USERS: Vec<Option<Free>> = Vec::new();

fn users() -> &'static mut Vec<Option<Free>> {
    let all = &raw mut USERS;
    // SAFETY: used under the GIL, and not across calls.
    unsafe { &mut *all }
}
/// An index for one more tool, or `None` if there are too many.
pub fn request(free: Option<Free>) -> Option<usize> {
    let all = users();
    (all.len() < MOST).then(|| {
        all.push(free);
        all.len() - 1
    })
}
type Words = Vec<*mut c_void>;

/// The word at `index`; null if there is none.
///
/// # Safety
/// A live code object.
pub unsafe fn get(code: *mut PyCodeObject, index: usize) -> *mut c_void {
    // SAFETY: by contract; the field is null or a box of words.
    let words = unsafe { (*code).co_extra.cast::<Words>().as_ref() };
    words
        .and_then(|words| words.get(index).copied())
        .unwrap_or(std::ptr::null_mut())
}
/// Sets the word at `index` and frees the one that was there; false if nobody has asked for the index.
///
/// # Safety
/// A live code object.
pub unsafe fn set(code: *mut PyCodeObject, index: usize, word: *mut c_void) -> bool {
    let Some(free) = users().get(index).copied() else {
        return false;
    };
    // SAFETY: by contract; the field is null or a box of words.
    unsafe {
        if (*code).co_extra.is_null() {
            (*code).co_extra = Box::into_raw(Box::new(Words::new())).cast();
        }
        let words = &mut *(*code).co_extra.cast::<Words>();
        if words.len() <= index {
            words.resize(index + 1, std::ptr::null_mut());
        }
        let old = std::mem::replace(&mut words[index], word);
        if let Some(free) = free.filter(|_| !old.is_null()) {
            free(old);
        }
    }
    true
}
/// Frees all words of a code object that is dying.
///
/// # Safety
/// As [`get`].
pub(crate) unsafe fn end(code: *mut PyCodeObject) {
    // SAFETY: by contract; the box is taken out first.
    unsafe {
        let words = std::mem::replace(&mut (*code).co_extra, std::ptr::null_mut());
        if words.is_null() {
            return;
        }
        let words = Box::from_raw(words.cast::<Words>());
        for (i, word) in words.iter().enumerate().filter(|(_, word)| !word.is_null()) {
            if let Some(free) = users().get(i).copied().flatten() {
                free(*word);
            }
        }
    }
}
