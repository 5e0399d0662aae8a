//! `_PyRuntime`: the few of its words that extension modules of CPython's own library reach past the C API.
//!
//! Inline functions of CPython's headers read the current thread state and the small ints from fixed places in it.

use crate::layout::*;
use std::ptr;

/// A small int as C finds it there.
#[repr(C)]
struct SmallInt {
    ob_base: PyVarObject,
    digit: [u32; 2],
}
const SMALL_INTS: usize = 262;
/// `_PyRuntimeState` of 3.11; what nobody reads is zero.
#[repr(C)]
pub struct RuntimeState {
    front: [u64; 72],
    tstate_current: *mut PyThreadState,
    middle: [u64; 12],
    small_ints: [SmallInt; SMALL_INTS],
    rest: [u64; (166_688 - 680 - 32 * SMALL_INTS) / 8],
}
const _: () = {
    assert!(std::mem::offset_of!(RuntimeState, tstate_current) == 576);
    assert!(std::mem::offset_of!(RuntimeState, small_ints) == 680);
    assert!(size_of::<RuntimeState>() == 166_688);
};
#[allow(non_upper_case_globals, reason = "the symbol name is CPython's")]
#[unsafe(no_mangle)]
// SAFETY: pointers and numbers: zero is valid for each field.
pub static mut _PyRuntime: RuntimeState = unsafe { std::mem::zeroed() };

/// Makes the current thread state visible to C.
#[inline]
pub(crate) fn set_current(ts: *mut PyThreadState) {
    // SAFETY: only the GIL's holder writes.
    unsafe { ptr::write(&raw mut _PyRuntime.tstate_current, ts) }
}
/// Fills in the small ints; before the first extension module is loaded.
pub fn prepare() {
    // SAFETY: only the address is taken.
    let first = unsafe { &raw mut _PyRuntime.small_ints };
    for i in 0..SMALL_INTS {
        let n = i as i64 - 5;
        // SAFETY: within the array; done under the GIL.
        unsafe {
            let p = first.cast::<SmallInt>().add(i);
            (*p).ob_base.ob_base.ob_refcnt = IMMORTAL_REFCNT;
            (*p).ob_base.ob_base.ob_type = &raw mut crate::int::PyLong_Type;
            (*p).ob_base.ob_size = n.signum() as isize;
            (*p).digit[0] = n.unsigned_abs() as u32;
        }
    }
}
