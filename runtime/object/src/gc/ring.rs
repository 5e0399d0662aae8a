//! Rings of tracked objects: doubly linked through [`GcHead`], closed by a sentinel. Low bits of `prev` are flags.

use crate::heap::{GcHead, gcflags};

/// # Safety
/// `ring` is valid for writes. (All functions here: `ring` is an initialised sentinel, `head` a live GC head.)
pub(super) unsafe fn init(ring: *mut GcHead) {
    // SAFETY: by contract.
    unsafe {
        (*ring).next = ring;
        (*ring).prev = ring as usize;
    }
}
pub(super) unsafe fn is_empty(ring: *mut GcHead) -> bool {
    // SAFETY: see `init`.
    unsafe { (*ring).next == ring }
}
pub(super) unsafe fn prev(head: *mut GcHead) -> *mut GcHead {
    // SAFETY: see `init`.
    unsafe { ((*head).prev & !gcflags::MASK) as *mut GcHead }
}
unsafe fn set_prev(head: *mut GcHead, prev: *mut GcHead) {
    // SAFETY: see `init`.
    unsafe { (*head).prev = prev as usize | ((*head).prev & gcflags::MASK) }
}
#[inline(always)]
pub(super) unsafe fn append(ring: *mut GcHead, head: *mut GcHead) {
    // SAFETY: see `init`; the sentinel's `prev` carries no flags.
    unsafe {
        let last = (*ring).prev as *mut GcHead;
        (*last).next = head;
        set_prev(head, last);
        (*head).next = ring;
        (*ring).prev = head as usize;
    }
}
/// Takes `head` out of its ring; its own links are left as they are.
#[inline(always)]
pub(super) unsafe fn unlink(head: *mut GcHead) {
    // SAFETY: see `init`; the neighbours are heads or the sentinel.
    unsafe {
        let (p, n) = (prev(head), (*head).next);
        (*p).next = n;
        set_prev(n, p);
    }
}
pub(super) unsafe fn move_to(head: *mut GcHead, ring: *mut GcHead) {
    // SAFETY: see `init`.
    unsafe {
        unlink(head);
        append(ring, head);
    }
}
/// Moves everything in `from` to the end of `to`.
pub(super) unsafe fn merge(from: *mut GcHead, to: *mut GcHead) {
    // SAFETY: see `init`.
    unsafe {
        if is_empty(from) {
            return;
        }
        let (first, last) = ((*from).next, (*from).prev as *mut GcHead);
        let end = (*to).prev as *mut GcHead;
        (*end).next = first;
        set_prev(first, end);
        (*last).next = to;
        (*to).prev = last as usize;
        init(from);
    }
}
pub(super) unsafe fn any(ring: *mut GcHead, mut f: impl FnMut(*mut GcHead) -> bool) -> bool {
    // SAFETY: see `init`.
    unsafe {
        let mut at = (*ring).next;
        while at != ring {
            if f(at) {
                return true;
            }
            at = (*at).next;
        }
    }
    false
}
pub(super) unsafe fn heads(ring: *mut GcHead) -> Vec<*mut GcHead> {
    let mut all = Vec::new();
    // SAFETY: see `init`.
    unsafe {
        let mut at = (*ring).next;
        while at != ring {
            all.push(at);
            at = (*at).next;
        }
    }
    all
}
pub(super) unsafe fn size(ring: *mut GcHead) -> usize {
    let mut n = 0;
    // SAFETY: see `init`.
    unsafe {
        let mut at = (*ring).next;
        while at != ring {
            n += 1;
            at = (*at).next;
        }
    }
    n
}
