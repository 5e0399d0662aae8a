//! Traces of allocated blocks: how large each is and which frames asked for it. `_tracemalloc` and `PyTraceMalloc_*`
//! stand on this.
//!
//! While tracing is off an allocation pays for one test of a flag, and blocks taken from the free lists do not even that.
//! While it is on these lists are [set aside](crate::heap::set_free_lists_aside), so every block comes from the allocator
//! and goes back to it, past [`allocated`] and [`freed`].

use crate::{Ref, Type, Value, heap, thread};
use pyrs_layout::PyObject;
use std::cell::{Cell, UnsafeCell};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex, MutexGuard, PoisonError};

/// The most frames a traceback has.
pub const MAX_FRAMES: u32 = 65535;
/// The domain of Python's own allocations.
pub const DEFAULT_DOMAIN: u32 = 0;

/// A frame as a traceback has it: the `str` of its file, borrowed, and its line.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    pub filename: Value,
    pub line: u32,
}
impl std::hash::Hash for Frame {
    fn hash<H: std::hash::Hasher>(&self, h: &mut H) {
        h.write_u64(self.filename.bits());
        h.write_u32(self.line);
    }
}

/// Gives the innermost frames of the running thread, at most as many as asked for, and how many there are.
pub type Walk = fn(limit: u32, frames: &mut Vec<Frame>) -> u32;

/// Which frames asked for a block, the innermost first. Equal ones are one.
#[derive(PartialEq, Eq, Hash)]
pub struct Traceback {
    pub frames: Vec<Frame>,
    /// How many frames there were.
    pub total: u32,
}
impl Drop for Traceback {
    fn drop(&mut self) {
        for frame in &self.frames {
            heap::decref(frame.filename);
        }
    }
}

/// A block that is traced.
#[derive(Clone)]
pub struct Trace {
    pub size: usize,
    pub traceback: Arc<Traceback>,
}

/// Multiplication spreads addresses well enough.
#[derive(Default)]
struct Spread(u64);
impl std::hash::Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|b| self.write_u64(u64::from(*b)));
    }
    fn write_usize(&mut self, n: usize) {
        self.write_u64(n as u64);
    }
    fn write_u32(&mut self, n: u32) {
        self.write_u64(u64::from(n));
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0 ^ n)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(26);
    }
    fn finish(&self) -> u64 {
        self.0
    }
}
type Spreading = std::hash::BuildHasherDefault<Spread>;

#[derive(Default)]
struct Tables {
    traces: HashMap<(u32, usize), Trace, Spreading>,
    /// All tracebacks of `traces` are among these, so none dies with a trace: that may go without the GIL.
    tracebacks: HashMap<Arc<Traceback>, (), Spreading>,
    current: usize,
    peak: usize,
}
// SAFETY: references are counted under the GIL only: see `tracebacks`.
unsafe impl Send for Tables {}

static TRACING: AtomicBool = AtomicBool::new(false);
static LIMIT: AtomicU32 = AtomicU32::new(1);
static TABLES: LazyLock<Mutex<Tables>> = LazyLock::new(Mutex::default);

struct Walker(UnsafeCell<Option<Walk>>);
// SAFETY: used under the GIL.
unsafe impl Sync for Walker {}
static WALK: Walker = Walker(UnsafeCell::new(None));

thread_local! {
    /// The thread allocates or frees for the traces themselves.
    static BUSY: Cell<bool> = const { Cell::new(false) };
}

/// While one exists, what its thread allocates is not traced.
struct Untraced(bool);
impl Untraced {
    fn new() -> Untraced {
        Untraced(BUSY.replace(true))
    }
}
impl Drop for Untraced {
    fn drop(&mut self) {
        BUSY.set(self.0);
    }
}

/// Does something during which frames cannot be looked at.
pub fn untraced<T>(f: impl FnOnce() -> T) -> T {
    let _untraced = Untraced::new();
    f()
}

/// The traces, locked. Nothing that runs Python code or gives up references may happen meanwhile.
fn tables() -> MutexGuard<'static, Tables> {
    TABLES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Nobody changes the traces while this exists: for `fork`, whose child gets them as they are.
pub struct Held {
    _tables: MutexGuard<'static, Tables>,
    _untraced: Untraced,
}
/// See [`Held`].
pub fn hold() -> Option<Held> {
    is_tracing().then(|| {
        let _untraced = Untraced::new();
        Held {
            _tables: tables(),
            _untraced,
        }
    })
}

#[inline]
pub fn is_tracing() -> bool {
    TRACING.load(Ordering::Relaxed)
}
pub fn limit() -> u32 {
    LIMIT.load(Ordering::Relaxed)
}

impl Tables {
    /// The traceback of the running frames, or the one that says that nobody knows.
    fn traceback(&mut self, known: bool) -> Arc<Traceback> {
        let mut frames = Vec::new();
        let mut total = 0;
        // SAFETY: written under the GIL, which the caller has if it is `known`.
        if known && let Some(walk) = unsafe { *WALK.0.get() } {
            total = walk(limit(), &mut frames);
        }
        if frames.is_empty() {
            frames.push(Frame {
                filename: UNKNOWN.0.value(),
                line: 0,
            });
            total = 1;
        }
        // Its references are borrowed yet.
        let found = std::mem::ManuallyDrop::new(Traceback { frames, total });
        if let Some((known, ())) = self.tracebacks.get_key_value(&*found) {
            let known = known.clone();
            let Traceback { frames, .. } = &*found;
            // SAFETY: the vector of what is forgotten otherwise.
            drop(unsafe { std::ptr::read(frames) });
            return known;
        }
        found.frames.iter().for_each(|f| heap::incref(f.filename));
        let new = Arc::new(std::mem::ManuallyDrop::into_inner(found));
        self.tracebacks.insert(new.clone(), ());
        new
    }
    fn add(&mut self, domain: u32, address: usize, size: usize, known: bool) {
        let traceback = self.traceback(known);
        self.put(domain, address, Trace { size, traceback });
    }
    fn put(&mut self, domain: u32, address: usize, trace: Trace) {
        self.current = self.current.saturating_add(trace.size);
        if let Some(old) = self.traces.insert((domain, address), trace) {
            self.current -= old.size.min(self.current);
        }
        self.peak = self.peak.max(self.current);
    }
    fn remove(&mut self, domain: u32, address: usize) -> Option<Trace> {
        let trace = self.traces.remove(&(domain, address))?;
        self.current -= trace.size.min(self.current);
        Some(trace)
    }
}

/// The file of blocks that nobody is known to have asked for.
struct Unknown(Ref);
// SAFETY: never written.
unsafe impl Sync for Unknown {}
// SAFETY: made under the GIL and never dropped.
unsafe impl Send for Unknown {}
static UNKNOWN: LazyLock<Unknown> = LazyLock::new(|| Unknown(crate::str::intern("<unknown>")));

/// The allocator gave out a block. `own`: for pyrs' own collections, of which those of threads without the GIL are no concern
/// of Python's.
#[cold]
#[inline(never)]
pub(crate) fn allocated(p: *mut u8, size: usize, own: bool) {
    if is_tracing() && !p.is_null() && !BUSY.get() {
        let known = thread::holds_gil();
        if known || !own {
            let _untraced = Untraced::new();
            tables().add(DEFAULT_DOMAIN, p.addr(), size, known);
        }
    }
}

/// A block goes back to the allocator.
#[cold]
#[inline(never)]
pub(crate) fn freed(p: *mut u8) {
    if is_tracing() && !BUSY.get() {
        let _untraced = Untraced::new();
        tables().remove(DEFAULT_DOMAIN, p.addr());
    }
}

/// A block is about to change its place or size, which `change` does: null says that it stays as it is.
#[cold]
#[inline(never)]
pub(crate) fn reallocated(
    p: *mut u8,
    size: usize,
    own: bool,
    change: impl FnOnce() -> *mut u8,
) -> *mut u8 {
    if !is_tracing() || BUSY.get() {
        return change();
    }
    // The old address may belong to another thread's block as soon as it is free.
    let old = untraced(|| Some(tables().remove(DEFAULT_DOMAIN, p.addr())?.size));
    let q = change();
    match old {
        Some(old) if q.is_null() => allocated(p, old, own),
        _ => allocated(q, size, own),
    }
    q
}

/// Starts tracing: tracebacks have at most `limit` frames, which `walk` finds.
pub fn start(limit: u32, walk: Walk) {
    debug_assert!((1..=MAX_FRAMES).contains(&limit));
    if is_tracing() {
        return;
    }
    LazyLock::force(&UNKNOWN);
    LIMIT.store(limit, Ordering::Relaxed);
    // SAFETY: GIL.
    unsafe { *WALK.0.get() = Some(walk) }
    heap::set_free_lists_aside();
    TRACING.store(true, Ordering::Relaxed);
    heap::watch();
}

/// Ends tracing and forgets all traces.
pub fn stop() {
    if is_tracing() {
        TRACING.store(false, Ordering::Relaxed);
        heap::watch();
        heap::bring_free_lists_back();
        forget();
    }
}
/// Forgets all traces.
pub fn clear() {
    if is_tracing() {
        forget();
    }
}
fn forget() {
    let _untraced = Untraced::new();
    let old = std::mem::take(&mut *tables());
    // The names of files die here, unlocked.
    drop(old);
}

/// (bytes that are traced, the most there were).
pub fn traced_memory() -> (usize, usize) {
    let tables = tables();
    (tables.current, tables.peak)
}
pub fn reset_peak() {
    let mut tables = tables();
    tables.peak = tables.current;
}

/// Bytes that the traces themselves need.
pub fn own_memory() -> usize {
    let tables = tables();
    let frames: usize = tables
        .tracebacks
        .keys()
        .map(|t| size_of::<Traceback>() + t.frames.capacity() * size_of::<Frame>())
        .sum();
    frames
        + tables.traces.capacity() * (size_of::<((u32, usize), Trace)>() + 1)
        + tables.tracebacks.capacity() * (size_of::<Arc<Traceback>>() + 1)
}

/// All traces with their domains.
pub fn traces() -> Vec<(u32, Trace)> {
    untraced(|| {
        let tables = tables();
        let all = tables.traces.iter();
        all.map(|((domain, _), t)| (*domain, t.clone())).collect()
    })
}

/// The traceback of one block.
pub fn traceback_of(domain: u32, address: usize) -> Option<Arc<Traceback>> {
    let tables = tables();
    Some(tables.traces.get(&(domain, address))?.traceback.clone())
}

/// The traceback of an object's block.
pub fn traceback_of_object(v: Value) -> Option<Arc<Traceback>> {
    if !v.is_object() {
        return None;
    }
    let object: *mut PyObject = v.as_ptr();
    // SAFETY: a live object.
    let pre = heap::pre_header(unsafe { Type::of_ptr(object) });
    traceback_of(DEFAULT_DOMAIN, object.addr() - pre)
}

/// Traces a block of C's; false while tracing is off.
pub fn track(domain: u32, address: usize, size: usize) -> bool {
    let on = is_tracing();
    if on {
        let _untraced = Untraced::new();
        tables().add(domain, address, size, true);
    }
    on
}
/// Forgets a block of C's; false while tracing is off.
pub fn untrack(domain: u32, address: usize) -> bool {
    let on = is_tracing();
    if on {
        let _untraced = Untraced::new();
        tables().remove(domain, address);
    }
    on
}

impl Traceback {
    /// As programs see it: `((filename, line), ...)`.
    pub fn to_tuple(&self) -> Ref {
        let frame =
            |f: &Frame| crate::tuple::pair(Ref::new(f.filename), Ref::int(i64::from(f.line)));
        crate::tuple::from_vec(self.frames.iter().map(frame).collect())
    }
}
