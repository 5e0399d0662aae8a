//! The exception that is being handled: the topmost value in a thread's chain of exception states.
//!
//! Each running generator adds a state to the chain, mostly an empty one. What lies below the topmost state does not
//! change while that is linked in, so a long walk is remembered ([`Skip`]): raising in each of many nested generators
//! would otherwise take time with the square of their number.

use crate::layout::*;
use crate::thread::{ThreadState, current};
use crate::{Ref, Value, ValueExt};
use std::ptr;

/// Below `from`, a state of the chain that belongs to a generator of ours, `nearest` is the first that is not empty
/// (null: there is none). Nothing is known when `from` is null.
#[derive(Clone, Copy)]
pub struct Skip {
    from: *mut _PyErr_StackItem,
    nearest: *mut _PyErr_StackItem,
}

/// States walked before that is worth remembering, and frames looked at to find out whose the topmost state is.
const FAR: u32 = 16;

/// The exception that is being handled.
pub fn handled() -> Option<Ref> {
    let ts = current();
    // SAFETY: the current thread state and its chain are valid.
    unsafe {
        let top = (*ts).c.exc_info;
        let mut item = top;
        let mut steps = 0;
        while !item.is_null() && is_empty(item) {
            item = if item == (*ts).handled.from {
                (*ts).handled.nearest
            } else {
                (*item).previous_item
            };
            steps += 1;
        }
        if steps > FAR && is_own(top, (*ts).c.frame) {
            (*ts).handled = Skip {
                from: top,
                nearest: item,
            };
        }
        (!item.is_null()).then(|| Ref::new(Value::from_object((*item).exc_value)))
    }
}

/// The exception that another thread is handling.
///
/// # Safety
/// A thread state, while the GIL is held.
pub unsafe fn handled_by(ts: *mut PyThreadState) -> Option<Ref> {
    // SAFETY: the chain lives as long as the frames and generators it belongs to, which are running.
    unsafe {
        let mut item = (*ts).exc_info;
        while !item.is_null() && is_empty(item) {
            item = (*item).previous_item;
        }
        (!item.is_null()).then(|| Ref::new(Value::from_object((*item).exc_value)))
    }
}

/// Before a generator's state is put on top of the chain: what is known of one that was at this place and left without
/// telling (with the native stack of a coroutine library) is forgotten.
///
/// # Safety
/// `ts` is the current thread state.
#[inline(always)]
pub unsafe fn linked(ts: *mut ThreadState, item: *mut _PyErr_StackItem) {
    // SAFETY: by contract.
    unsafe {
        if (*ts).handled.from == item {
            (*ts).handled.from = ptr::null_mut();
        }
    }
}

/// After a generator's state was taken out of the chain, whose topmost state is `top` now.
///
/// # Safety
/// `ts` is the current thread state and `caller` the frame that runs now.
#[inline(always)]
pub unsafe fn unlinked(
    ts: *mut ThreadState,
    gone: *mut _PyErr_StackItem,
    top: *mut _PyErr_StackItem,
    caller: *mut Frame,
) {
    // SAFETY: by contract.
    unsafe {
        if (*ts).handled.from == gone {
            move_down(ts, top, caller);
        }
    }
}

#[cold]
unsafe fn move_down(ts: *mut ThreadState, top: *mut _PyErr_StackItem, caller: *mut Frame) {
    // SAFETY: as `unlinked`.
    unsafe {
        let skip = &mut (*ts).handled;
        skip.from = if skip.nearest != top && is_own(top, caller) {
            top
        } else {
            ptr::null_mut()
        };
    }
}

/// Whether the topmost state is certainly that of a generator of ours. C code links in its own, and takes them out again
/// without telling.
unsafe fn is_own(top: *mut _PyErr_StackItem, mut frame: *mut Frame) -> bool {
    // SAFETY: a chain of running frames; a generator outlives its frame.
    unsafe {
        for _ in 0..FAR {
            if frame.is_null() {
                return false;
            }
            let generator = (*frame).generator.cast::<PyGenObject>();
            if !generator.is_null() {
                return &raw mut (*generator).gi_exc_state == top;
            }
            frame = (*frame).prev;
        }
        false
    }
}

unsafe fn is_empty(item: *mut _PyErr_StackItem) -> bool {
    // SAFETY: a state of a chain.
    let v = unsafe { Value::from_object((*item).exc_value) };
    v.is_empty() || v.is_none()
}
