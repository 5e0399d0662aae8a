//! `-X audit`: finds what breaks the rules of the boundary to C close to where it happens, and aborts there.
//!
//! - **Quarantine.** Freed blocks are filled with a pattern and kept. A use after the end then meets addresses that do not
//!   exist, and what writes (a count, mostly) is seen when the block is looked at again.
//! - **Results.** What C returns is alive, and is an object exactly when no exception is set.
//! - **Exposure.** What C may read without a call holds no immediate: the arguments of each call behind it, everything the
//!   collector knows at each [audit](audit).
//! - **Counts.** At each audit, no object has fewer references than the others have to it.
//!
//! Audits take place at safepoints, as collections do, every so many calls of C (`-X audit=N`). The free lists stay empty, so that nothing is
//! used again early; that costs the other modes nothing.

use crate::heap::{self, gcflags, head_object};
use crate::{Type, Value, boundary, gc};
use pyrs_layout::*;
use std::collections::{HashMap, VecDeque};
use std::ffi::{c_int, c_void};
use std::ptr;

/// Calls of C between audits unless the option says otherwise.
pub const PERIOD: usize = 20_000;
/// Bytes that the quarantine holds.
const KEPT: usize = 64 << 20;
/// Larger blocks give their memory back at once.
const LARGEST: usize = 1 << 20;
const PATTERN: u8 = 0xdb;
const DEAD: u64 = u64::from_ne_bytes([PATTERN; 8]);

struct Quarantine {
    blocks: VecDeque<Freed>,
    bytes: usize,
}
struct Freed {
    block: *mut u8,
    size: usize,
    /// What it began with, for the report.
    was: [u64; 6],
}

static mut ON: bool = false;
static mut DUE: bool = false;
static mut PERIOD_NOW: usize = PERIOD;
static mut CALLS: usize = 0;
static mut AUDITS: usize = 0;
static mut QUARANTINE: Quarantine = Quarantine {
    blocks: VecDeque::new(),
    bytes: 0,
};

/// Whether the mode is on.
#[inline(always)]
pub fn on() -> bool {
    // SAFETY: written once, before Python code runs.
    unsafe { ON }
}

/// Switches the mode on, with an audit after every `period` calls.
///
/// # Safety
/// Called before Python code runs and before there are other threads.
pub unsafe fn switch_on(period: usize) {
    // SAFETY: by contract.
    unsafe {
        ON = true;
        PERIOD_NOW = period.max(1);
    }
    heap::watch();
    heap::without_free_lists();
    crate::tuple::without_free_lists();
}

/// The traceback is `-X faulthandler`'s.
#[cold]
fn fail(text: std::fmt::Arguments<'_>) -> ! {
    eprintln!("pyrs: audit: {text}");
    std::process::abort()
}

/// Keeps a block that was given back; the ones before it make room.
///
/// # Safety
/// `p` came from the allocator and is not used again. The caller holds the GIL or nobody else frees.
#[cold]
pub(crate) unsafe fn retire(p: *mut u8) {
    // SAFETY: by contract: the block is the quarantine's from now on.
    unsafe {
        let size = libmimalloc_sys::mi_usable_size(p.cast());
        if !(16..=LARGEST).contains(&size) {
            return libmimalloc_sys::mi_free(p.cast());
        }
        let mut was = [0; 6];
        ptr::copy_nonoverlapping(p, was.as_mut_ptr().cast::<u8>(), size.min(48));
        ptr::write_bytes(p, PATTERN, size);
        let q = &raw mut QUARANTINE;
        let q = &mut *q;
        q.bytes += size;
        q.blocks.push_back(Freed {
            block: p,
            size,
            was,
        });
        while q.bytes > KEPT {
            let Some(old) = q.blocks.pop_front() else {
                break;
            };
            q.bytes -= old.size;
            inspect(&old);
            libmimalloc_sys::mi_free(old.block.cast());
        }
    }
}

/// A block of the quarantine must be as it was left.
unsafe fn inspect(freed: &Freed) {
    // SAFETY: blocks are aligned to 8 and have `size` bytes.
    unsafe {
        let words = std::slice::from_raw_parts(freed.block.cast::<u64>(), freed.size / 8);
        if let Some(i) = words.iter().position(|w| *w != DEAD) {
            fail(format_args!(
                "a freed block of {} bytes at {:p} was written to: word {i} is {:#x}; it began with {:#x?}",
                freed.size, freed.block, words[i], freed.was
            ));
        }
    }
}

unsafe fn name_of(object: *mut PyObject) -> String {
    // SAFETY: a live object.
    unsafe { Type::of_ptr(object).full_name().to_string() }
}

unsafe fn check_alive(object: *mut PyObject, what: &str) {
    // SAFETY: at worst memory in quarantine is read, or the process ends here.
    unsafe {
        let (count, ty) = ((*object).ob_refcnt, (*object).ob_type);
        if count as u64 == DEAD || ty as u64 == DEAD {
            fail(format_args!("{what} at {object:p} is dead"));
        }
        if count <= 0 {
            fail(format_args!(
                "{what} at {object:p}, a {}, has a count of {count}",
                name_of(object)
            ));
        }
    }
}

/// Looks at what C returned.
///
/// # Safety
/// `object` is what a function that returns an owned object has returned.
#[cold]
#[inline(never)]
pub(crate) unsafe fn after_call(object: *mut PyObject) {
    let occurred = crate::errors::occurred();
    // SAFETY: by contract; GIL.
    unsafe {
        if !object.is_null() {
            check_alive(object, "the result of a C function");
            if occurred {
                fail(format_args!(
                    "a C function returned a {} with an exception set",
                    name_of(object)
                ));
            }
            check_exposed(Value::from_object(object), 3);
        }
        CALLS += 1;
        if CALLS.is_multiple_of(PERIOD_NOW) {
            DUE = true;
            gc::request_audit();
        }
    }
}

/// Looks at arguments that C has had.
///
/// # Safety
/// `first[..n]` are the registers of the call.
#[cold]
#[inline(never)]
pub(crate) unsafe fn after_arguments(first: *const Value, n: usize) {
    // SAFETY: by contract.
    unsafe {
        for k in 0..n {
            let v = *first.add(k);
            if v.is_immediate() {
                fail(format_args!("argument {k} of a C function is an immediate"));
            }
            check_alive(v.as_ptr(), "an argument of a C function");
            check_exposed(v, 3);
        }
    }
}

/// Nothing in an exposed list or tuple may be an immediate, nor be a list or tuple that is not exposed.
unsafe fn check_exposed(v: Value, depth: u32) {
    // SAFETY: the caller's object is alive.
    unsafe {
        if !boundary::is_container(v) {
            return;
        }
        let object = v.as_ptr();
        if !boundary::is_exposed(object) {
            fail(format_args!(
                "C sees a {} at {object:p} that is not exposed",
                name_of(object)
            ));
        }
        for (i, item) in boundary::stored_items(object).iter().enumerate() {
            if item.is_immediate() {
                let ty = name_of(object);
                fail(format_args!(
                    "item {i} of a {ty} at {object:p} that C may look at is an immediate"
                ));
            }
            if depth > 0 && item.is_object() {
                check_exposed(*item, depth - 1);
            }
        }
    }
}

/// References found, by the address of what they lead to.
type Found = HashMap<usize, isize, std::hash::BuildHasherDefault<Addresses>>;
/// Addresses are spread by a multiplication: an audit counts some hundred thousand of them.
#[derive(Default)]
struct Addresses(u64);
impl std::hash::Hasher for Addresses {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_usize(usize::from(*b)));
    }
    fn write_usize(&mut self, n: usize) {
        self.0 = (self.0 ^ n as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(26);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

unsafe extern "C" fn count_reference(object: *mut PyObject, found: *mut c_void) -> c_int {
    if !object.is_null() {
        // SAFETY: `found` is the map of `audit`.
        let found = unsafe { &mut *found.cast::<Found>() };
        *found.entry(object as usize).or_insert(0) += 1;
    }
    0
}

/// Runs the audit that is due.
#[cold]
pub(crate) fn at_safepoint() {
    // SAFETY: GIL.
    unsafe {
        if (&raw mut DUE).replace(false) {
            audit();
        }
    }
}

/// Checks everything the collector and the quarantine know.
pub fn audit() {
    let mut found = Found::default();
    // SAFETY: GIL, at a safepoint: tracked objects are complete enough for their `tp_traverse`.
    unsafe {
        AUDITS += 1;
        let q = &raw const QUARANTINE;
        let q = &*q;
        q.blocks.iter().for_each(|b| inspect(b));
        gc::for_each_tracked(|head| {
            let object = head_object(head);
            check_alive(object, "an object that the collector knows");
            if (*head).prev & gcflags::EXPOSED != 0
                && boundary::is_container(Value::from_object(object))
            {
                check_exposed(Value::from_object(object), 0);
            }
            if let Some(traverse) = Type::of_ptr(object).tp_traverse {
                traverse(object, count_reference, (&raw mut found).cast());
            }
        });
        for (object, n) in found {
            let object = object as *mut PyObject;
            check_alive(object, "an object that another refers to");
            let count = (*object).ob_refcnt;
            if count < n {
                fail(format_args!(
                    "a {} at {object:p} has a count of {count}, but {n} references to it were found",
                    name_of(object)
                ));
            }
        }
    }
}

/// The last audit, at the end of the program: says what was done.
pub fn finish() -> String {
    audit();
    // SAFETY: GIL.
    let (calls, audits) = unsafe { (CALLS, AUDITS) };
    format!("pyrs: audit: {calls} calls of C, {audits} audits, nothing found")
}
