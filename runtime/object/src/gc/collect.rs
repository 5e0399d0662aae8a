//! One collection: find what is only reachable from itself, call its weak references' callbacks and finalizers, and
//! clear what is still unreachable then.

use super::ring;
use super::{GENERATIONS, debug, is_gc, ring_of, state};
use crate::heap::{self, GcHead, gc_head, gcflags, head_object};
use crate::layout::*;
use crate::thread::tstate;
use crate::{Ref, Type, Value, ValueExt, errors, ops, ty};
use std::ffi::{c_int, c_void};
use std::ptr;

/// In `prev` while a collection looks at an object: nothing had reached it when it was passed, so that it is in the
/// ring of what may be unreachable.
const PASSED: usize = 8;
/// Where the count of outside references lies in `prev` until an object is passed or found to be reachable.
const SHIFT: u32 = 4;

/// Error indicator put aside while callbacks and finalizers run.
struct SavedError([*mut PyObject; 3]);
impl SavedError {
    fn new() -> SavedError {
        // SAFETY: the current thread state is valid; ownership moves here.
        unsafe {
            let ts = tstate();
            if ts.is_null() {
                return SavedError([ptr::null_mut(); 3]);
            }
            SavedError([
                ptr::replace(&raw mut (*ts).curexc_type, ptr::null_mut()),
                ptr::replace(&raw mut (*ts).curexc_value, ptr::null_mut()),
                ptr::replace(&raw mut (*ts).curexc_traceback, ptr::null_mut()),
            ])
        }
    }
}
impl Drop for SavedError {
    fn drop(&mut self) {
        // SAFETY: as in `new`; what was left behind is released last.
        unsafe {
            let ts = tstate();
            if ts.is_null() {
                return;
            }
            let [ty, value, tb] = self.0;
            let left = [
                ptr::replace(&raw mut (*ts).curexc_type, ty),
                ptr::replace(&raw mut (*ts).curexc_value, value),
                ptr::replace(&raw mut (*ts).curexc_traceback, tb),
            ];
            for o in left {
                heap::xdecref_ptr(o);
            }
        }
    }
}

/// Collects `generation` and the younger ones, with `gc.callbacks`.
pub(super) fn run(generation: usize) -> usize {
    let s = state();
    // SAFETY: GIL.
    unsafe { (*s).collecting = true };
    let saved = SavedError::new();
    callbacks("start", generation, 0, 0);
    let (collected, uncollectable) = collect(generation);
    callbacks("stop", generation, collected, uncollectable);
    drop(saved);
    // SAFETY: GIL.
    unsafe { (*s).collecting = false };
    collected + uncollectable
}

fn callbacks(phase: &str, generation: usize, collected: usize, uncollectable: usize) {
    // SAFETY: GIL.
    let list = unsafe { (*state()).callbacks };
    if list.is_empty() || crate::list::len(list) == 0 {
        return;
    }
    let info = crate::dict::new();
    for (name, n) in [
        ("generation", generation),
        ("collected", collected),
        ("uncollectable", uncollectable),
    ] {
        crate::dict::set_str(info.value(), name, Ref::int(n as i64).value());
    }
    let phase = crate::str::intern(phase);
    let mut i = 0;
    while let Some(f) = crate::list::get(list, i) {
        if ops::call(f.value(), &[phase.value(), info.value()]).is_err() {
            errors::write_unraisable("", f.value());
        }
        i += 1;
    }
}

/// Says that what lies there is needed soon: a collection waits for memory most of the time.
#[inline(always)]
fn prefetch<T>(place: *const T) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: a hint about any address.
    unsafe {
        std::arch::x86_64::_mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(place.cast());
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = place;
}
#[inline(always)]
fn prefetch_value(v: Value) {
    if v.is_object() {
        prefetch(v.as_ptr());
    }
}
/// References between one that is asked for and the one that is looked at meanwhile.
const AHEAD: usize = 8;

/// Which objects have a GC head, as the types met last say: neighbours are mostly of one type.
struct Kinds {
    with_head: *mut PyTypeObject,
    without: *mut PyTypeObject,
}
impl Kinds {
    const NONE: Kinds = Kinds {
        with_head: ptr::null_mut(),
        without: ptr::null_mut(),
    };
    /// # Safety
    /// `object` is alive.
    #[inline(always)]
    unsafe fn is_gc(&mut self, object: *mut PyObject) -> bool {
        // SAFETY: by contract.
        unsafe {
            let t = (*object).ob_type;
            t == self.with_head || t != self.without && self.ask(object)
        }
    }
    #[inline(never)]
    unsafe fn ask(&mut self, object: *mut PyObject) -> bool {
        // SAFETY: by contract.
        unsafe {
            let t = (*object).ob_type;
            if (*t).tp_flags & tpflags::HAVE_GC == 0 {
                self.without = t;
                return false;
            }
            if (*t).tp_flags & tpflags::TYPE_SUBCLASS == 0 && (*t).tp_is_gc.is_none() {
                self.with_head = t;
                return true;
            }
            is_gc(object)
        }
    }
}

/// Both passes over what an object refers to: a step for each reference, and the visitor for foreign `tp_traverse`s.
trait Pass {
    /// # Safety
    /// `head` is the head of a live object.
    unsafe fn step(&mut self, head: *mut GcHead);
    fn kinds(&mut self) -> &mut Kinds;
    /// # Safety
    /// `object` is null or alive.
    #[inline(always)]
    unsafe fn visit(&mut self, object: *mut PyObject) {
        // SAFETY: by contract.
        unsafe {
            if !object.is_null() && self.kinds().is_gc(object) {
                self.step(gc_head(object));
            }
        }
    }
    #[inline(always)]
    unsafe fn visit_value(&mut self, v: Value) {
        if v.is_object() {
            // SAFETY: by contract.
            unsafe { self.visit(v.as_ptr()) }
        }
    }
    unsafe extern "C" fn visitor(object: *mut PyObject, pass: *mut c_void) -> c_int
    where
        Self: Sized,
    {
        // SAFETY: traverse functions pass live objects and the pass.
        unsafe { (*pass.cast::<Self>()).visit(object) }
        0
    }
    /// Visits what the object of `head` refers to: without a call for each where the type is one of the common ones.
    #[inline(always)]
    unsafe fn walk(&mut self, head: *mut GcHead)
    where
        Self: Sized,
    {
        // SAFETY: a tracked object is complete enough for its tp_traverse.
        unsafe {
            let object = head_object(head);
            let v = Value::from_object(object);
            if let Some(items) = crate::ops::exact_items(v) {
                items.iter().take(AHEAD).for_each(|v| prefetch_value(*v));
                for (n, v) in items.iter().enumerate() {
                    if let Some(later) = items.get(n + AHEAD) {
                        prefetch_value(*later);
                    }
                    self.visit_value(*v);
                }
            } else if v.is_exact(ty!(crate::dict::PyDict_Type)) {
                let (entries, only_str) = crate::dict::stored(v);
                entries
                    .iter()
                    .take(AHEAD)
                    .for_each(|e| prefetch_value(e.value));
                for (n, e) in entries.iter().enumerate() {
                    if let Some(later) = entries.get(n + AHEAD) {
                        prefetch_value(later.value);
                    }
                    if !only_str {
                        self.visit_value(e.key);
                    }
                    self.visit_value(e.value);
                }
            } else if v.is_exact(ty!(crate::function::PyFunction_Type)) {
                let fields = crate::function::owned_fields(object.cast()).map(|field| *field);
                fields.iter().for_each(|o| prefetch(*o));
                for o in fields {
                    self.visit(o);
                }
            } else if crate::typeobject::is_traversed_as_instance(v.ty()) {
                let (_, rest) = crate::typeobject::each_referent(object, |o| {
                    self.visit(o);
                    0
                });
                if let Some(f) = rest {
                    f(object, Self::visitor, ptr::from_mut(self).cast());
                }
            } else {
                traverse(head, Self::visitor, ptr::from_mut(self).cast());
            }
        }
    }
}

/// Takes references from within off the counts.
struct Subtract(Kinds);
impl Pass for Subtract {
    fn kinds(&mut self) -> &mut Kinds {
        &mut self.0
    }
    #[inline(always)]
    unsafe fn step(&mut self, head: *mut GcHead) {
        // SAFETY: by contract.
        unsafe {
            let word = (*head).prev;
            if word & gcflags::COLLECTING != 0 && word >> SHIFT != 0 {
                (*head).prev = word - (1 << SHIFT);
            }
        }
    }
}
/// Marks what is reached; what was passed too early goes to the end of the ring whose reachable members are walked.
struct Reach {
    kinds: Kinds,
    walked: *mut GcHead,
}
impl Pass for Reach {
    fn kinds(&mut self) -> &mut Kinds {
        &mut self.kinds
    }
    #[inline(always)]
    unsafe fn step(&mut self, head: *mut GcHead) {
        // SAFETY: by contract.
        unsafe {
            let word = (*head).prev;
            if word & gcflags::COLLECTING == 0 {
                return;
            }
            if word & PASSED != 0 {
                ring::unlink(head);
                ring::append(self.walked, head);
            } else if word >> SHIFT != 0 {
                return;
            }
            (*head).prev = 1 << SHIFT | word & (gcflags::MASK & !PASSED);
        }
    }
}
unsafe fn traverse(head: *mut GcHead, visit: visitproc, arg: *mut c_void) {
    // SAFETY: a tracked object is complete enough for its tp_traverse.
    unsafe {
        let object = head_object(head);
        if let Some(f) = Type::of_ptr(object).tp_traverse {
            f(object, visit, arg);
        }
    }
}

/// Moves what nothing outside `young` reaches from `young` to `unreachable`, in order; its members keep the
/// `COLLECTING` flag.
///
/// What is found to be reachable after it was passed moves to the end, behind what it is reached from. So the owner of a
/// stream comes before the stream it writes to, and is finalized first when both die later.
///
/// Gives the number of objects that stay in `young`. With `weak` references count that [`super::is_weak`] is about.
unsafe fn deduce(young: *mut GcHead, unreachable: *mut GcHead, weak: bool) -> usize {
    // SAFETY: no Python code runs while the links back are replaced by counts; those of the sentinel and of what was
    // walked or passed already are links.
    unsafe {
        let mut head = (*young).next;
        while head != young {
            prefetch((*(*head).next).next);
            let count = (*head_object(head)).ob_refcnt.clamp(0, 1 << 50) as usize;
            let kept = (*head).prev & (gcflags::FINALIZED | gcflags::EXPOSED);
            (*head).prev = count << SHIFT | kept | gcflags::COLLECTING;
            head = (*head).next;
        }
        let mut subtract = Subtract(Kinds::NONE);
        head = (*young).next;
        while head != young {
            prefetch((*(*head).next).next);
            subtract.walk(head);
            head = (*head).next;
        }
        (*state()).weak = weak;
        let mut reach = Reach {
            kinds: Kinds::NONE,
            walked: young,
        };
        let (mut last, mut kept) = (young, 0);
        head = (*young).next;
        while head != young {
            prefetch((*(*head).next).next);
            let flags = (*head).prev & (gcflags::FINALIZED | gcflags::EXPOSED);
            let reached = (*head).prev >> SHIFT != 0;
            if reached {
                reach.walk(head);
                if !is_atomic_tuple(Value::from_object(head_object(head))) {
                    (*head).prev = last as usize | flags;
                    last = head;
                    kept += 1;
                    head = (*head).next;
                    continue;
                }
            }
            (*last).next = (*head).next;
            if (*last).next == young {
                (*young).prev = last as usize;
            }
            if reached {
                (*head).next = ptr::null_mut();
                (*head).prev = flags;
            } else {
                (*head).prev = flags | gcflags::COLLECTING | PASSED;
                ring::append(unreachable, head);
            }
            head = (*last).next;
        }
        (*young).prev = last as usize;
        (*state()).weak = false;
        head = (*unreachable).next;
        while head != unreachable {
            (*head).prev &= !PASSED;
            head = (*head).next;
        }
        kept
    }
}

/// Whether `v` is an exact tuple whose items can never be part of a cycle: it needs no tracking.
unsafe fn is_atomic_tuple(v: Value) -> bool {
    // SAFETY: a live object; items are read without running code.
    unsafe {
        v.is_exact(ty!(crate::tuple::PyTuple_Type))
            && crate::tuple::items(v).iter().all(|x| {
                x.is_immediate()
                    || (x.is_object()
                        && (!is_gc(x.as_ptr())
                            || (x.is_exact(ty!(crate::tuple::PyTuple_Type))
                                && !super::is_tracked(x.as_ptr()))))
            })
    }
}

unsafe fn has_legacy_finalizer(head: *mut GcHead) -> bool {
    // SAFETY: a live object.
    unsafe { Type::of_ptr(head_object(head)).tp_del.is_some() }
}

unsafe extern "C" fn visit_move(object: *mut PyObject, arg: *mut c_void) -> c_int {
    // SAFETY: as in `visit_decref`; `arg` is the worklist.
    unsafe {
        if !object.is_null() && is_gc(object) {
            let head = gc_head(object);
            if (*head).prev & gcflags::COLLECTING != 0 {
                (*head).prev &= !gcflags::COLLECTING;
                (*arg.cast::<Vec<*mut GcHead>>()).push(head);
            }
        }
    }
    0
}
/// Moves objects with a `tp_del`, and what they reach, out of `unreachable`: they are never cleared.
unsafe fn move_legacy(unreachable: *mut GcHead, legacy: *mut GcHead) {
    // SAFETY: live objects in rings.
    unsafe {
        let mut work: Vec<*mut GcHead> = Vec::new();
        for head in ring::heads(unreachable) {
            if has_legacy_finalizer(head) {
                (*head).prev &= !gcflags::COLLECTING;
                work.push(head);
            }
        }
        while let Some(head) = work.pop() {
            ring::move_to(head, legacy);
            traverse(head, visit_move, (&raw mut work).cast());
        }
    }
}

/// Clears weak references to the garbage; calls the callbacks of those that are not garbage themselves.
unsafe fn handle_weakrefs(unreachable: *mut GcHead) {
    let mut to_call: Vec<Ref> = Vec::new();
    // SAFETY: clearing weak references runs no code; the callbacks are called when all are cleared.
    unsafe {
        for head in ring::heads(unreachable) {
            let object = head_object(head);
            if crate::weakref::is_weakref(Value::from_object(object)) {
                crate::weakref::clear_one(object.cast());
            }
            let Some(list) = crate::weakref::list_of(object) else {
                continue;
            };
            while !(*list).is_null() {
                let wr = *list;
                crate::weakref::clear_one(wr);
                if (*wr).wr_callback.is_null()
                    || (*gc_head(wr.cast())).prev & gcflags::COLLECTING != 0
                {
                    continue;
                }
                to_call.push(Ref::new(Value::from_object(wr.cast())));
            }
        }
        for head in ring::heads(unreachable) {
            (*head).prev &= !gcflags::COLLECTING;
        }
    }
    for wr in to_call {
        // SAFETY: a live weak reference that keeps its callback.
        let callback = unsafe {
            let p = wr.as_ptr().cast::<PyWeakReference>();
            Value::from_object((*p).wr_callback)
        };
        if callback.is_empty() {
            continue;
        }
        let callback = Ref::new(callback);
        if ops::call(callback.value(), &[wr.value()]).is_err() {
            errors::write_unraisable("", callback.value());
        }
    }
}

/// Calls `tp_finalize` of each object once.
unsafe fn finalize(garbage: *mut GcHead) {
    let mut seen = GcHead {
        next: ptr::null_mut(),
        prev: 0,
    };
    let seen = &raw mut seen;
    // SAFETY: an object that dies meanwhile leaves its ring by itself.
    unsafe {
        ring::init(seen);
        while !ring::is_empty(garbage) {
            let head = (*garbage).next;
            ring::move_to(head, seen);
            let object = head_object(head);
            if (*head).prev & gcflags::FINALIZED == 0
                && let Some(f) = Type::of_ptr(object).tp_finalize
            {
                (*head).prev |= gcflags::FINALIZED;
                let hold = Ref::new(Value::from_object(object));
                f(object);
                drop(hold);
            }
        }
        ring::merge(seen, garbage);
    }
}

/// Breaks the cycles by `tp_clear`.
unsafe fn delete(garbage: *mut GcHead, old: *mut GcHead) {
    // SAFETY: as in `finalize`.
    unsafe {
        while !ring::is_empty(garbage) {
            let head = (*garbage).next;
            let object = head_object(head);
            let hold = Ref::new(Value::from_object(object));
            if (*state()).debug & debug::SAVEALL != 0 {
                super::keep_as_garbage(hold.clone());
            } else if let Some(f) = Type::of_ptr(object).tp_clear {
                f(object);
                if errors::occurred() {
                    errors::write_unraisable("in tp_clear of", hold.ty().value());
                }
            }
            if (*garbage).next == head {
                // Still there: examined again with the old ones, unless it dies now.
                ring::move_to(head, old);
            }
            drop(hold);
        }
    }
}

fn report(what: &str, ring: *mut GcHead) {
    // SAFETY: live objects.
    unsafe {
        for head in ring::heads(ring) {
            let object = head_object(head);
            let name = Type::of_ptr(object).message_name();
            eprintln!("gc: {what} <{name} {object:p}>");
        }
    }
}

fn collect(generation: usize) -> (usize, usize) {
    let s = state();
    let (mut a, mut b, mut c) = (ring_head(), ring_head(), ring_head());
    let (unreachable, legacy, still) = (&raw mut a, &raw mut b, &raw mut c);
    // SAFETY: GIL; rings are initialised before use.
    unsafe {
        let flags = (*s).debug;
        let started = std::time::Instant::now();
        if flags & debug::STATS != 0 {
            eprintln!("gc: collecting generation {generation}...");
            let sizes: Vec<String> = (0..GENERATIONS)
                .map(|i| ring::size(ring_of(i)).to_string())
                .collect();
            eprintln!("gc: objects in each generation: {}", sizes.join(" "));
            eprintln!(
                "gc: objects in permanent generation: {}",
                ring::size(ring_of(GENERATIONS))
            );
        }
        if generation + 1 < GENERATIONS {
            (*s).counts[generation + 1] += 1;
        }
        for i in 0..=generation {
            (*s).counts[i] = 0;
        }
        for i in 0..generation {
            ring::merge(ring_of(i), ring_of(generation));
        }
        let young = ring_of(generation);
        let full = generation == GENERATIONS - 1;
        let old = if full { young } else { ring_of(generation + 1) };
        for r in [unreachable, legacy, still] {
            ring::init(r);
        }

        let kept = deduce(young, unreachable, full);
        if full {
            (*s).long_lived_pending = 0;
            (*s).long_lived_total = kept;
        } else {
            if generation == GENERATIONS - 2 {
                (*s).long_lived_pending += kept;
            }
            ring::merge(young, old);
        }
        if full && !ring::is_empty(unreachable) {
            super::call_lost();
        }
        move_legacy(unreachable, legacy);
        if flags & debug::COLLECTABLE != 0 {
            report("collectable", unreachable);
        }
        handle_weakrefs(unreachable);
        finalize(unreachable);
        // Finalizers may have brought objects back: look again at what is left.
        deduce(unreachable, still, false);
        ring::merge(unreachable, old);
        for head in ring::heads(still) {
            (*head).prev &= !gcflags::COLLECTING;
        }
        let collected = ring::size(still);
        delete(still, old);

        let uncollectable = ring::size(legacy);
        if flags & debug::UNCOLLECTABLE != 0 {
            report("uncollectable", legacy);
        }
        for head in ring::heads(legacy) {
            if flags & debug::SAVEALL != 0 || has_legacy_finalizer(head) {
                let v = Ref::new(Value::from_object(head_object(head)));
                super::keep_as_garbage(v);
            }
        }
        ring::merge(legacy, old);
        if flags & debug::STATS != 0 {
            eprintln!(
                "gc: done, {} unreachable, {uncollectable} uncollectable, {:.4}s elapsed",
                collected + uncollectable,
                started.elapsed().as_secs_f64()
            );
        }
        if errors::occurred() {
            errors::write_unraisable("in garbage collection", Value::EMPTY);
        }
        let stats = &mut (*s).stats[generation];
        stats.collections += 1;
        stats.collected += collected;
        stats.uncollectable += uncollectable;
        (collected, uncollectable)
    }
}

fn ring_head() -> GcHead {
    GcHead {
        next: ptr::null_mut(),
        prev: 0,
    }
}
