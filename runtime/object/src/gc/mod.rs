//! The cycle collector: three generations, as CPython's `gc` module shows them.
//!
//! Allocation only counts; when the youngest generation is full a request is posted, and the collection runs at the
//! interpreter's next safepoint ([`safepoint`]) or when it is asked for ([`collect`]): never in the middle of an
//! operation. Counted references from outside the examined objects keep them alive, so frames need no root list.

mod collect;
mod ring;

use crate::heap::{GcHead, gc_head, gcflags, head_object};
use crate::layout::*;
use crate::{PyResult, Ref, Type, Value, ValueExt};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

pub const GENERATIONS: usize = 3;

/// `gc.DEBUG_*`.
pub mod debug {
    pub const STATS: i32 = 1;
    pub const COLLECTABLE: i32 = 2;
    pub const UNCOLLECTABLE: i32 = 4;
    pub const SAVEALL: i32 = 32;
    pub const LEAK: i32 = COLLECTABLE | UNCOLLECTABLE | SAVEALL;
}

/// `gc.get_stats()` of one generation.
#[derive(Clone, Copy, Default, Debug)]
pub struct Stats {
    pub collections: usize,
    pub collected: usize,
    pub uncollectable: usize,
}

struct State {
    /// Sentinels of the generations and of the permanent generation (`gc.freeze`).
    rings: [GcHead; GENERATIONS + 1],
    counts: [i32; GENERATIONS],
    thresholds: [i32; GENERATIONS],
    /// Objects after which the young ones are collected: the threshold, or more while nothing is found.
    limit: i32,
    stats: [Stats; GENERATIONS],
    enabled: bool,
    collecting: bool,
    /// While positive, automatic collections wait (imports create much and drop little).
    paused: u32,
    debug: i32,
    /// See [`is_weak`].
    weak: bool,
    /// Objects that survived a full collection, and those that came since: full collections wait until there are as
    /// many, so that what they cost stays in proportion to what is allocated.
    long_lived_total: usize,
    long_lived_pending: usize,
    /// Lists made on first use.
    garbage: Value,
    callbacks: Value,
}

const DEFAULT_THRESHOLDS: [i32; GENERATIONS] = [700, 10, 10];
/// By how much young collections that find nothing put the next one off, and at most.
const PATIENCE: i32 = 2;
const MOST_PATIENCE: i32 = 16;

struct Shared(UnsafeCell<State>);
// SAFETY: only the holder of the GIL touches it.
unsafe impl Sync for Shared {}

const EMPTY_RING: GcHead = GcHead {
    next: ptr::null_mut(),
    prev: 0,
};
static STATE: Shared = Shared(UnsafeCell::new(State {
    rings: [EMPTY_RING; GENERATIONS + 1],
    counts: [0; GENERATIONS],
    thresholds: DEFAULT_THRESHOLDS,
    limit: DEFAULT_THRESHOLDS[0],
    stats: [Stats {
        collections: 0,
        collected: 0,
        uncollectable: 0,
    }; GENERATIONS],
    enabled: true,
    collecting: false,
    paused: 0,
    debug: 0,
    weak: false,
    long_lived_total: 0,
    long_lived_pending: 0,
    garbage: Value::EMPTY,
    callbacks: Value::EMPTY,
}));

#[inline(always)]
fn state() -> *mut State {
    STATE.0.get()
}

/// The sentinel of a generation (3: the permanent one).
fn ring_of(generation: usize) -> *mut GcHead {
    let s = state();
    // SAFETY: GIL; the rings are initialised together.
    unsafe {
        if (*s).rings[0].next.is_null() {
            init_rings();
        }
        &raw mut (*s).rings[generation]
    }
}
#[cold]
fn init_rings() {
    let s = state();
    for i in 0..=GENERATIONS {
        // SAFETY: GIL; sentinels in static memory.
        unsafe { ring::init(&raw mut (*s).rings[i]) }
    }
}

/// A collection is wanted: the interpreter calls [`safepoint`] when it sees this.
pub static GC_REQUESTED: AtomicBool = AtomicBool::new(false);
static ATTENTION: AtomicUsize = AtomicUsize::new(0);

/// `notify` is called when a collection is requested (the interpreter sets its own safepoint flag there).
pub fn set_attention(notify: fn()) {
    ATTENTION.store(notify as usize, Ordering::Release);
}

static LOST: AtomicUsize = AtomicUsize::new(0);

/// `lost` is called when a full collection has found unreachable objects and has done nothing to them yet. It gives up
/// references that are [weak](is_weak).
pub fn set_lost(lost: fn()) {
    LOST.store(lost as usize, Ordering::Release);
}
fn call_lost() {
    let lost = LOST.load(Ordering::Acquire);
    if lost != 0 {
        // SAFETY: only `set_lost` writes it, with a function of this type.
        let lost = unsafe { std::mem::transmute::<usize, fn()>(lost) };
        lost();
    }
}
/// Whether a full collection is finding out what is reachable. A `tp_traverse` that then leaves out references (all of them
/// count otherwise) does not keep alive what they refer to: it is told so by [`set_lost`]'s function.
pub fn is_weak() -> bool {
    // SAFETY: GIL.
    unsafe { (*state()).weak }
}
/// Whether the collection that calls [`set_lost`]'s function has found nothing that leads to `v`.
pub fn is_unreachable(v: Value) -> bool {
    // SAFETY: a live object.
    v.is_object()
        && unsafe { is_gc(v.as_ptr()) && (*gc_head(v.as_ptr())).prev & gcflags::COLLECTING != 0 }
}

#[inline(always)]
pub fn pending() -> bool {
    GC_REQUESTED.load(Ordering::Relaxed)
}

/// Counts a GC object that was allocated.
#[inline(always)]
pub fn count_allocation() {
    let s = state();
    // SAFETY: GIL.
    unsafe {
        (*s).counts[0] += 1;
        if (*s).counts[0] > (*s).limit {
            request();
        }
    }
}
#[inline(always)]
pub fn count_deallocation() {
    let s = state();
    // SAFETY: GIL.
    unsafe {
        if (*s).counts[0] > 0 {
            (*s).counts[0] -= 1;
        }
    }
}

#[cold]
#[inline(never)]
fn request() {
    if pending() {
        return;
    }
    let s = state();
    // SAFETY: GIL.
    let wanted =
        unsafe { (*s).enabled && (*s).thresholds[0] != 0 && !(*s).collecting && (*s).paused == 0 };
    if wanted {
        post();
    }
}
/// Asks for the next [`safepoint`].
fn post() {
    if !GC_REQUESTED.swap(true, Ordering::Relaxed) {
        let notify = ATTENTION.load(Ordering::Acquire);
        if notify != 0 {
            // SAFETY: only `set_attention` writes it, with a function of this type.
            let notify = unsafe { std::mem::transmute::<usize, fn()>(notify) };
            notify();
        }
    }
}

/// An [audit](crate::audit) is due.
pub(crate) fn request_audit() {
    post();
}
/// Calls `f` with the head of each tracked object.
pub(crate) fn for_each_tracked(mut f: impl FnMut(*mut GcHead)) {
    for i in 0..=GENERATIONS {
        // SAFETY: GIL; objects in rings are alive.
        unsafe { ring::heads(ring_of(i)).into_iter().for_each(&mut f) }
    }
}

/// Runs the collection that was requested. To be called where no operation is under way.
#[cold]
pub fn safepoint() {
    GC_REQUESTED.store(false, Ordering::Relaxed);
    if crate::audit::on() {
        crate::audit::at_safepoint();
    }
    let s = state();
    // SAFETY: GIL.
    unsafe {
        if !(*s).enabled || (*s).collecting || (*s).paused != 0 || (*s).thresholds[0] == 0 {
            return;
        }
        for i in (0..GENERATIONS).rev() {
            let limit = if i == 0 {
                (*s).limit
            } else {
                (*s).thresholds[i]
            };
            if (*s).counts[i] > limit {
                if i == GENERATIONS - 1 && (*s).long_lived_pending < (*s).long_lived_total {
                    continue;
                }
                let found = collect::run(i);
                // Who has set thresholds gets them.
                if (*s).thresholds == DEFAULT_THRESHOLDS {
                    let least = DEFAULT_THRESHOLDS[0];
                    (*s).limit = if found == 0 {
                        ((*s).limit * PATIENCE).min(least * MOST_PATIENCE)
                    } else {
                        least
                    };
                }
                break;
            }
        }
    }
}

/// Automatic collections wait until the matching [`resume`].
pub fn pause() {
    // SAFETY: GIL.
    unsafe { (*state()).paused += 1 }
}
pub fn resume() {
    // SAFETY: GIL.
    unsafe { (*state()).paused = (*state()).paused.saturating_sub(1) }
}

/// Starts examining `object`, which must be complete enough for its `tp_traverse`.
#[inline]
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "objects of the crate are trusted to be alive, as in `refs`"
)]
pub fn track(object: *mut PyObject) {
    // SAFETY: callers pass live objects with a GC head.
    unsafe {
        let head = gc_head(object);
        if (*head).next.is_null() {
            ring::append(ring_of(0), head);
        }
    }
}
#[inline]
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "objects of the crate are trusted to be alive, as in `refs`"
)]
pub fn untrack(object: *mut PyObject) {
    // SAFETY: callers pass live objects with a GC head.
    unsafe {
        let head = gc_head(object);
        if !(*head).next.is_null() {
            ring::unlink(head);
            (*head).next = ptr::null_mut();
            (*head).prev &= gcflags::FINALIZED | gcflags::EXPOSED;
        }
    }
}
#[inline]
#[expect(
    clippy::not_unsafe_ptr_arg_deref,
    reason = "objects of the crate are trusted to be alive, as in `refs`"
)]
pub fn is_tracked(object: *mut PyObject) -> bool {
    // SAFETY: callers pass live objects with a GC head.
    unsafe { !(*gc_head(object)).next.is_null() }
}

/// Whether `object` has a GC head (`PyObject_IS_GC`): static types have none though their metatype is collected.
///
/// # Safety
/// `object` is alive.
#[inline]
pub unsafe fn is_gc(object: *mut PyObject) -> bool {
    // SAFETY: by contract.
    unsafe {
        let ty = Type::of_ptr(object);
        let flags = ty.tp_flags;
        if flags & tpflags::HAVE_GC == 0 {
            return false;
        }
        if flags & tpflags::TYPE_SUBCLASS != 0 {
            return (*object.cast::<PyTypeObject>()).tp_flags & tpflags::HEAPTYPE != 0;
        }
        match ty.tp_is_gc {
            Some(f) => f(object) != 0,
            None => true,
        }
    }
}

// ---- what the `gc` module shows ----------------------------------------------------------------------------

/// `gc.collect(generation)`: the number of unreachable objects found. Nothing happens inside a collection.
pub fn collect(generation: usize) -> usize {
    // SAFETY: GIL.
    if unsafe { (*state()).collecting } {
        return 0;
    }
    collect::run(generation.min(GENERATIONS - 1))
}

pub fn enable() {
    // SAFETY: GIL.
    unsafe { (*state()).enabled = true }
}
pub fn disable() {
    // SAFETY: GIL.
    unsafe { (*state()).enabled = false }
}
pub fn is_enabled() -> bool {
    // SAFETY: GIL.
    unsafe { (*state()).enabled }
}
pub fn thresholds() -> [i32; GENERATIONS] {
    // SAFETY: GIL.
    unsafe { (*state()).thresholds }
}
pub fn set_thresholds(thresholds: [i32; GENERATIONS]) {
    // SAFETY: GIL.
    unsafe {
        (*state()).thresholds = thresholds;
        (*state()).limit = thresholds[0];
    }
}
/// `gc.get_count()`.
pub fn counts() -> [i32; GENERATIONS] {
    // SAFETY: GIL.
    unsafe { (*state()).counts }
}
pub fn stats() -> [Stats; GENERATIONS] {
    // SAFETY: GIL.
    unsafe { (*state()).stats }
}
pub fn debug_flags() -> i32 {
    // SAFETY: GIL.
    unsafe { (*state()).debug }
}
pub fn set_debug_flags(flags: i32) {
    // SAFETY: GIL.
    unsafe { (*state()).debug = flags }
}

fn list_in(field: *mut Value) -> Value {
    // SAFETY: GIL; a field of the state.
    unsafe {
        if (*field).is_empty() {
            *field = crate::list::new().into_value();
        }
        *field
    }
}
/// `gc.garbage`.
pub fn garbage() -> Value {
    // SAFETY: GIL.
    list_in(unsafe { &raw mut (*state()).garbage })
}
/// Adds to it. Without memory for that the object is not kept.
fn keep_as_garbage(object: Ref) {
    if crate::list::append(garbage(), object).is_err() {
        crate::errors::clear();
    }
}
/// `gc.callbacks`.
pub fn callbacks() -> Value {
    // SAFETY: GIL.
    list_in(unsafe { &raw mut (*state()).callbacks })
}

/// Moves all tracked objects where no collection looks.
pub fn freeze() {
    for i in 0..GENERATIONS {
        // SAFETY: GIL; initialised rings.
        unsafe {
            ring::merge(ring_of(i), ring_of(GENERATIONS));
            (*state()).counts[i] = 0;
        }
    }
}
pub fn unfreeze() {
    // SAFETY: GIL; initialised rings.
    unsafe { ring::merge(ring_of(GENERATIONS), ring_of(GENERATIONS - 1)) }
}
pub fn freeze_count() -> usize {
    // SAFETY: GIL; an initialised ring.
    unsafe { ring::size(ring_of(GENERATIONS)) }
}

/// `gc.is_tracked(v)`.
pub fn is_tracked_value(v: Value) -> bool {
    // SAFETY: a live object.
    v.is_object() && unsafe { is_gc(v.as_ptr()) && is_tracked(v.as_ptr()) }
}
/// `gc.is_finalized(v)`.
pub fn is_finalized(v: Value) -> bool {
    // SAFETY: a live object.
    v.is_object()
        && unsafe { is_gc(v.as_ptr()) && (*gc_head(v.as_ptr())).prev & gcflags::FINALIZED != 0 }
}

fn tracked(generations: std::ops::Range<usize>) -> Vec<Ref> {
    let mut all = Vec::new();
    for i in generations {
        // SAFETY: GIL; objects in rings are alive.
        unsafe {
            for head in ring::heads(ring_of(i)) {
                all.push(Ref::new(Value::from_object(head_object(head))));
            }
        }
    }
    all
}
/// Whether `f` says yes to some tracked object. It runs no code that makes or destroys objects.
pub fn any(mut f: impl FnMut(Value) -> bool) -> bool {
    (0..GENERATIONS).any(|i| {
        // SAFETY: GIL; objects in rings are alive.
        unsafe { ring::any(ring_of(i), |head| f(Value::from_object(head_object(head)))) }
    })
}
/// `gc.get_objects(generation)`.
pub fn objects(generation: Option<usize>) -> Ref {
    let all = match generation {
        Some(g) => tracked(g..(g + 1).min(GENERATIONS)),
        None => tracked(0..GENERATIONS),
    };
    crate::list::from_vec(all)
}

unsafe extern "C" fn visit_referrer(object: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: `arg` is the slice `referrers` searches for.
    let wanted = unsafe { &*arg.cast::<&[Value]>() };
    c_int::from(wanted.contains(&Value::from_object(object)))
}
/// `gc.get_referrers(*objects)`.
pub fn referrers(objects: &[Value]) -> Ref {
    let mut found = Vec::new();
    let mut wanted = objects;
    for v in tracked(0..GENERATIONS) {
        // SAFETY: a live tracked object.
        let hit = unsafe {
            match v.ty().tp_traverse {
                Some(f) => f(v.as_ptr(), visit_referrer, (&raw mut wanted).cast()) != 0,
                None => false,
            }
        };
        if hit {
            found.push(v);
        }
    }
    crate::list::from_vec(found)
}

unsafe extern "C" fn visit_referent(object: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: `arg` is the vector that `referents` fills; visited objects are alive.
    unsafe {
        if !object.is_null() {
            let v = crate::boundary::from_c(object);
            (*arg.cast::<Vec<Ref>>()).push(Ref::new(v));
        }
    }
    0
}
/// The items of a built-in container that are no objects in memory, which `tp_traverse` passes over.
fn immediates_in(v: Value, found: &mut Vec<Ref>) {
    let mut add = |v: Value| {
        if v.is_immediate() {
            found.push(Ref::new(v));
        }
    };
    if v.has_flag(tpflags::LIST_SUBCLASS) {
        crate::list::items(v).iter().for_each(|v| add(*v));
    } else if v.has_flag(tpflags::TUPLE_SUBCLASS) {
        crate::tuple::items(v).iter().for_each(|v| add(*v));
    } else if v.has_flag(tpflags::DICT_SUBCLASS) {
        crate::dict::for_each(v, |key, v| {
            add(key);
            add(v);
        });
    } else if crate::set::is_set(v) {
        let mut position = 0;
        while let Some((key, _)) = crate::set::next_hashed(v, &mut position) {
            add(key);
        }
    }
}
/// `gc.get_referents(*objects)`.
pub fn referents(objects: &[Value]) -> PyResult {
    let mut found: Vec<Ref> = Vec::new();
    for v in objects {
        if !v.is_object() {
            continue;
        }
        // SAFETY: a live object.
        unsafe {
            if is_gc(v.as_ptr())
                && let Some(f) = v.ty().tp_traverse
            {
                f(v.as_ptr(), visit_referent, (&raw mut found).cast());
                immediates_in(*v, &mut found);
            }
        }
    }
    Ok(crate::list::from_vec(found))
}

/// Marks `v` as finalized, so that `tp_finalize` does not run (again).
pub fn set_finalized(v: Value) {
    // SAFETY: a live object.
    unsafe {
        if v.is_object() && is_gc(v.as_ptr()) {
            (*gc_head(v.as_ptr())).prev |= gcflags::FINALIZED;
        }
    }
}
