//! Memory of objects: the allocator, the pre-header, reference counts and deallocation.
//!
//! ```text
//!            -32          -24          -16           -8            0
//! managed:   slots        shape|dict   gc next       gc prev|flags PyObject ...
//! gc:                                  gc next       gc prev|flags PyObject ...
//! plain:                                                           PyObject ...
//! ```
//! C never looks before an object, so pyrs' own words live there. Immortal objects (static types, None,
//! interned names) start at a count of 2^60: they are counted like all others and never reach zero.

use crate::{Ref, Type, tracemalloc};
use pyrs_layout::{PyObject, PyTypeObject, PyVarObject, Value, tpflags};
use std::cell::Cell;
use std::ffi::c_void;
use std::ptr;

/// The collector's words before a `HAVE_GC` object. `prev` carries [`gcflags`] in its low four bits, so every head,
/// the sentinels of the rings included, is aligned to 16.
#[repr(C, align(16))]
pub struct GcHead {
    /// Next in the generation's ring; null when the object is not tracked.
    pub next: *mut GcHead,
    pub prev: usize,
}

/// Low bits of [`GcHead::prev`].
pub mod gcflags {
    pub const FINALIZED: usize = 1;
    pub const COLLECTING: usize = 2;
    /// Nothing reachable from here through lists and tuples is an immediate, and stores keep it so.
    pub const EXPOSED: usize = 4;
    pub const MASK: usize = 15;
}

/// Bytes of [`GcHead`].
pub const GC_HEAD: usize = size_of::<GcHead>();
/// Bytes before an instance with managed attributes (shape word, slots pointer, [`GcHead`]).
pub const MANAGED_HEAD: usize = GC_HEAD + 16;

/// # Safety
/// `object` must have been allocated with a GC head.
#[inline(always)]
pub unsafe fn gc_head(object: *mut PyObject) -> *mut GcHead {
    // SAFETY: the head lies directly before the object.
    unsafe { object.cast::<u8>().sub(GC_HEAD).cast() }
}

/// # Safety
/// `head` must be the head of an object.
#[inline(always)]
pub unsafe fn head_object(head: *mut GcHead) -> *mut PyObject {
    // SAFETY: see `gc_head`.
    unsafe { head.cast::<u8>().add(GC_HEAD).cast() }
}

/// Rust's own collections use the objects' allocator too: it is much faster than the C library's.
struct Allocator;
#[global_allocator]
static ALLOCATOR: Allocator = Allocator;

/// mimalloc's blocks are aligned to this by themselves, if they are as large.
const NATURAL_ALIGNMENT: usize = 16;

// SAFETY: mimalloc's functions keep GlobalAlloc's contract; blocks may be freed by pointer alone.
unsafe impl std::alloc::GlobalAlloc for Allocator {
    #[inline]
    unsafe fn alloc(&self, layout: std::alloc::Layout) -> *mut u8 {
        if layout.size() >= ASKED && !is_available(layout.size()) {
            return ptr::null_mut();
        }
        // SAFETY: no preconditions.
        let p = unsafe {
            if layout.align() <= NATURAL_ALIGNMENT && layout.align() <= layout.size() {
                libmimalloc_sys::mi_malloc(layout.size()).cast()
            } else {
                libmimalloc_sys::mi_malloc_aligned(layout.size(), layout.align()).cast()
            }
        };
        if watched() {
            tracemalloc::allocated(p, layout.size(), true);
        }
        p
    }
    #[inline]
    unsafe fn alloc_zeroed(&self, layout: std::alloc::Layout) -> *mut u8 {
        // SAFETY: no preconditions; the block has the layout's size.
        unsafe {
            if layout.size() >= ASKED && !is_available(layout.size()) {
                return ptr::null_mut();
            }
            if layout.size() <= 1024 {
                let p = self.alloc(layout);
                if !p.is_null() {
                    ptr::write_bytes(p, 0, layout.size());
                }
                return p;
            }
            let p = if layout.align() <= NATURAL_ALIGNMENT && layout.align() <= layout.size() {
                libmimalloc_sys::mi_zalloc(layout.size()).cast()
            } else {
                libmimalloc_sys::mi_zalloc_aligned(layout.size(), layout.align()).cast()
            };
            if watched() {
                tracemalloc::allocated(p, layout.size(), true);
            }
            p
        }
    }
    #[inline]
    unsafe fn dealloc(&self, p: *mut u8, _: std::alloc::Layout) {
        if watched() {
            tracemalloc::freed(p);
        }
        // SAFETY: by contract the block came from here.
        unsafe { libmimalloc_sys::mi_free(p.cast()) }
    }
    #[inline]
    unsafe fn realloc(&self, p: *mut u8, layout: std::alloc::Layout, size: usize) -> *mut u8 {
        if size >= ASKED && !is_available(size) {
            return ptr::null_mut();
        }
        // SAFETY: by contract the block came from here.
        let grow = || unsafe {
            if layout.align() <= NATURAL_ALIGNMENT && layout.align() <= size {
                libmimalloc_sys::mi_realloc(p.cast(), size).cast()
            } else {
                libmimalloc_sys::mi_realloc_aligned(p.cast(), size, layout.align()).cast()
            }
        };
        if watched() {
            return tracemalloc::reallocated(p, size, true, grow);
        }
        grow()
    }
}

/// Whether blocks are looked at as they come and go: for `tracemalloc` or an audit.
static mut WATCHED: bool = false;
#[inline(always)]
fn watched() -> bool {
    // SAFETY: a plain load. Written under the GIL; a thread without it that sees the change late misses nothing of its own.
    unsafe { WATCHED }
}
/// Blocks are looked at from now on, or not, as those want who look.
pub(crate) fn watch() {
    // SAFETY: GIL, or nothing runs yet.
    unsafe { WATCHED = crate::audit::on() || tracemalloc::is_tracing() }
}

/// Raw memory for objects and C's `PyMem_*`; aborts like Rust's own allocator when there is none.
#[inline]
pub fn malloc(size: usize) -> *mut u8 {
    // SAFETY: mi_malloc has no preconditions.
    let p = unsafe { libmimalloc_sys::mi_malloc(size.max(16)) }.cast::<u8>();
    if p.is_null() {
        std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>());
    }
    if watched() {
        tracemalloc::allocated(p, size, false);
    }
    p
}
#[inline]
pub fn zalloc(size: usize) -> *mut u8 {
    // mimalloc clears with `rep stosb`, which is slow to start; only large blocks may come cleared already.
    if size <= 1024 {
        let p = malloc(size);
        // SAFETY: a block of at least that size.
        unsafe { ptr::write_bytes(p, 0, size.max(16)) }
        return p;
    }
    // SAFETY: mi_zalloc has no preconditions.
    let p = unsafe { libmimalloc_sys::mi_zalloc(size.max(16)) }.cast::<u8>();
    if p.is_null() {
        std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>());
    }
    if watched() {
        tracemalloc::allocated(p, size, false);
    }
    p
}
/// # Safety
/// `p` is null or came from this module's allocator.
#[inline]
pub unsafe fn realloc(p: *mut u8, size: usize) -> *mut u8 {
    // SAFETY: by contract.
    let q = unsafe { try_realloc(p, size) };
    if q.is_null() {
        std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>());
    }
    q
}
/// Like [`realloc`], but null when the memory cannot be had, and `p` is as before.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn try_realloc(p: *mut u8, size: usize) -> *mut u8 {
    // Blocks that grow do so again: a large one gets slack, so that repeated growth does not copy each time.
    let want = if size >= 4096 {
        size.saturating_add(size / 4)
    } else {
        size.max(16)
    };
    // SAFETY: by contract.
    let resize = || unsafe {
        let usable = if p.is_null() {
            0
        } else {
            libmimalloc_sys::mi_usable_size(p.cast())
        };
        if usable >= size && usable / 2 <= size {
            return p;
        }
        if want >= ASKED && (size > isize::MAX as usize || !is_available(want)) {
            return ptr::null_mut();
        }
        libmimalloc_sys::mi_realloc(p.cast(), want).cast::<u8>()
    };
    if watched() {
        tracemalloc::reallocated(p, size, false, resize)
    } else {
        resize()
    }
}
/// # Safety
/// `p` is null or came from this module's allocator and is not used again.
#[inline]
pub unsafe fn free(p: *mut u8) {
    // SAFETY: by contract.
    unsafe {
        if watched() && !p.is_null() {
            tracemalloc::freed(p);
            if crate::audit::on() {
                return crate::audit::retire(p);
            }
        }
        libmimalloc_sys::mi_free(p.cast::<c_void>())
    }
}
/// Small blocks that were given back lately, by size and last in first out: the next object of that size gets memory
/// that is still in the processor's cache, while the allocator hands the blocks of a page out in turn.
struct Recent {
    /// Linked through the first word.
    first: *mut u8,
    count: u32,
}
const SMALL: usize = 256;
const SIZES: usize = size_class(SMALL) + 1;
const RECENT_MAX: u32 = 64;
static mut RECENT: [Recent; SIZES] = [const {
    Recent {
        first: ptr::null_mut(),
        count: 0,
    }
}; SIZES];
/// What takes the place of [`RECENT`] while each block must come from the allocator: empty lists that say they are full.
static mut ASIDE: [Recent; SIZES] = [const {
    Recent {
        first: ptr::null_mut(),
        count: RECENT_MAX,
    }
}; SIZES];

/// Keeps the lists of small blocks empty from now on.
pub(crate) fn without_free_lists() {
    // SAFETY: GIL. A list that says it is full takes nothing; what it held is left alone.
    unsafe {
        RECENT = [const {
            Recent {
                first: ptr::null_mut(),
                count: RECENT_MAX,
            }
        }; SIZES];
    }
}

/// Has every block come from the allocator until [`bring_free_lists_back`].
pub(crate) fn set_free_lists_aside() {
    swap_free_lists();
    crate::tuple::swap_free_lists();
}
/// Ends [`set_free_lists_aside`].
pub(crate) fn bring_free_lists_back() {
    swap_free_lists();
    crate::tuple::swap_free_lists();
}
fn swap_free_lists() {
    // SAFETY: GIL.
    unsafe { ptr::swap(&raw mut RECENT, &raw mut ASIDE) }
}

/// The number of the smallest size of the allocator's that `size` bytes fit in: multiples of 16, above 128 of 32.
const fn size_class(size: usize) -> usize {
    if size <= 128 {
        size.div_ceil(16)
    } else {
        8 + (size - 128).div_ceil(32)
    }
}
/// The number of the largest such size that a block of `usable` bytes has room for.
const fn room_class(usable: usize) -> usize {
    if usable < 160 {
        let n = usable / 16;
        if n > 8 { 8 } else { n }
    } else {
        8 + (usable - 128) / 32
    }
}

/// [`malloc`] for what the holder of the GIL needs for its objects; goes back by [`release_block`].
#[inline]
pub fn block(size: usize) -> *mut u8 {
    if size <= SMALL {
        // SAFETY: the lists are used under the GIL; a block in one is at least as large as its size.
        unsafe {
            let list = &raw mut RECENT[size_class(size)];
            let p = (*list).first;
            if !p.is_null() {
                (*list).first = p.cast::<*mut u8>().read();
                (*list).count -= 1;
                return p;
            }
        }
    }
    malloc(size)
}

/// # Safety
/// As [`free`], but not null; the caller holds the GIL.
#[inline]
pub unsafe fn release_block(p: *mut u8) {
    // SAFETY: by contract; the allocator knows how large its block is.
    unsafe {
        let usable = libmimalloc_sys::mi_usable_size(p.cast());
        release(p, usable, room_class(usable.min(SMALL)));
    }
}
/// [`release_block`] of a block that was made for at least `size` bytes.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn release_sized(p: *mut u8, size: usize) {
    // SAFETY: by contract; the allocator's blocks are as large as their class.
    unsafe { release(p, size, size_class(size.min(SMALL))) }
}
/// # Safety
/// As [`release_block`]; the block has room for all of that class if it is small.
#[inline(always)]
unsafe fn release(p: *mut u8, size: usize, class: usize) {
    // SAFETY: by contract.
    unsafe {
        if size <= SMALL {
            let list = &raw mut RECENT[class];
            if (*list).count < RECENT_MAX {
                p.cast::<*mut u8>().write((*list).first);
                (*list).first = p;
                (*list).count += 1;
                return;
            }
        }
        free(p)
    }
}

/// [`finish_dealloc`] for what [`alloc_uninit`] made for a `T`: an instance of a static type itself.
///
/// # Safety
/// As there.
#[inline]
pub unsafe fn finish_exact<T>(object: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        let pre = pre_header(Type::of_ptr(object));
        if pre != 0 {
            crate::gc::count_deallocation();
        }
        release_sized(object.cast::<u8>().sub(pre), pre + size_of::<T>())
    }
}

/// From this size on the system is asked whether there is so much memory: the allocator reserves without asking, and the
/// process would be killed when it uses it.
const ASKED: usize = 1 << 30;

#[cold]
fn is_available(size: usize) -> bool {
    // SAFETY: a mapping of its own, which nobody uses.
    unsafe {
        let p = libc::mmap(
            ptr::null_mut(),
            size,
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
            -1,
            0,
        );
        p != libc::MAP_FAILED && libc::munmap(p, size) == 0
    }
}

/// Like [`malloc`], but null when the memory cannot be had: for sizes that input decides.
#[inline]
pub fn try_malloc(size: usize) -> *mut u8 {
    if size >= ASKED && (size > isize::MAX as usize || !is_available(size)) {
        return ptr::null_mut();
    }
    // SAFETY: mi_malloc has no preconditions.
    let p = unsafe { libmimalloc_sys::mi_malloc(size.max(16)) }.cast();
    if watched() {
        tracemalloc::allocated(p, size, false);
    }
    p
}

/// Bytes of the pre-header of instances of `ty`.
#[inline]
pub fn pre_header(ty: Type) -> usize {
    let flags = ty.tp_flags;
    if flags & tpflags::HAVE_GC == 0 {
        0
    } else if flags & tpflags::MANAGED_DICT != 0 {
        MANAGED_HEAD
    } else {
        GC_HEAD
    }
}

/// Allocates an object of `size` bytes with the pre-header of its type; the header is set (count 1), the
/// rest is **not** initialised. The type is counted if it is a heap type. A GC object is not tracked yet.
#[inline]
pub fn alloc_uninit(ty: Type, size: usize) -> *mut PyObject {
    let pre = pre_header(ty);
    let p = block(size + pre);
    // SAFETY: the block has `pre + size` bytes.
    unsafe { init_block(p, pre, ty) }
}

/// Like [`alloc_uninit`], zeroed behind the header.
#[inline]
pub fn alloc_zeroed(ty: Type, size: usize) -> *mut PyObject {
    let pre = pre_header(ty);
    let p = if size + pre <= SMALL {
        let p = block(size + pre);
        // SAFETY: the block has `pre + size` bytes.
        unsafe { ptr::write_bytes(p, 0, size + pre) }
        p
    } else {
        zalloc(size + pre)
    };
    // SAFETY: as above.
    unsafe { init_block(p, pre, ty) }
}

/// Like [`alloc_zeroed`] for sizes that input decides: null without memory (the caller raises `MemoryError`).
pub fn try_alloc(ty: Type, size: usize) -> *mut PyObject {
    let pre = pre_header(ty);
    let Some(total) = size.checked_add(pre) else {
        return ptr::null_mut();
    };
    let p = if total <= SMALL {
        block(total)
    } else {
        try_malloc(total)
    };
    if p.is_null() {
        return ptr::null_mut();
    }
    // SAFETY: the block has `total` bytes.
    unsafe {
        ptr::write_bytes(p, 0, total.min(pre + 64.min(size)));
        init_block(p, pre, ty)
    }
}

#[inline(always)]
unsafe fn init_block(p: *mut u8, pre: usize, ty: Type) -> *mut PyObject {
    // SAFETY: the caller's block starts with `pre` bytes of pre-header.
    unsafe {
        if pre >= GC_HEAD {
            ptr::write_bytes(p, 0, pre);
            crate::gc::count_allocation();
        }
        let object = p.add(pre).cast::<PyObject>();
        (*object).ob_refcnt = 1;
        (*object).ob_type = ty.as_ptr();
        if ty.tp_flags & tpflags::HEAPTYPE != 0 {
            (*ty.as_ptr().cast::<PyObject>()).ob_refcnt += 1;
        }
        object
    }
}

/// Gives the memory of `object` back (with its pre-header); contents and type reference must be released already.
///
/// # Safety
/// `object` came from this module and is dead; `ty` is its type.
#[inline]
pub unsafe fn free_object(object: *mut PyObject, ty: Type) {
    let pre = pre_header(ty);
    if pre != 0 {
        crate::gc::count_deallocation();
        // SAFETY: the type has a GC head.
        let untracked = unsafe { (*gc_head(object)).next.is_null() };
        debug_assert!(
            untracked,
            "an instance of {} was freed while the collector tracks it",
            ty.full_name()
        );
    }
    // SAFETY: by contract.
    unsafe { release_block(object.cast::<u8>().sub(pre)) }
}

/// Ends a native `tp_dealloc`: frees the memory and gives up the reference to a heap type.
///
/// # Safety
/// `object` is dead, untracked, and its contents are released.
#[inline]
pub unsafe fn finish_dealloc(object: *mut PyObject) {
    // SAFETY: by contract; the type is read before the memory goes.
    unsafe {
        let ty = Type::of_ptr(object);
        match ty.tp_free {
            Some(tp_free)
                if !std::ptr::fn_addr_eq(tp_free, object_free as pyrs_layout::freefunc) =>
            {
                tp_free(object.cast())
            }
            _ => free_object(object, ty),
        }
        // Instances of Python classes come here from `subtype_dealloc`, which gives up the type itself.
        if ty.tp_flags & tpflags::HEAPTYPE != 0 && !crate::typeobject::is_python_class(ty) {
            decref_ptr(ty.as_ptr().cast());
        }
    }
}

/// Ends the deallocation of a type object (itself an instance of a heap metaclass, perhaps).
///
/// # Safety
/// As [`finish_dealloc`].
pub unsafe fn finish_type_dealloc(object: *mut PyObject) {
    // SAFETY: by contract; the metaclass is given up by `subtype_dealloc` when it is a Python class.
    unsafe { finish_dealloc(object) }
}

/// `tp_free` of every native type, which C calls.
///
/// # Safety
/// As [`free_object`]: the object's type must still be readable.
pub unsafe extern "C" fn object_free(p: *mut c_void) {
    let object = p.cast::<PyObject>();
    // SAFETY: by contract.
    unsafe {
        let ty = Type::of_ptr(object);
        // As `PyObject_GC_Del`: destructors in C may leave it to this.
        if ty.tp_flags & tpflags::HAVE_GC != 0 {
            crate::gc::untrack(object);
        }
        // Instances of fixed size are not smaller than their type says; only strs are.
        let flags = tpflags::MANAGED_DICT | tpflags::UNICODE_SUBCLASS;
        if ty.tp_itemsize != 0 || ty.tp_flags & flags != 0 {
            return free_object(object, ty);
        }
        let pre = pre_header(ty);
        if pre != 0 {
            crate::gc::count_deallocation();
        }
        release_sized(object.cast::<u8>().sub(pre), pre + ty.tp_basicsize as usize);
    }
}

/// Bytes of an instance with nothing but attributes and weak references, rounded up: that many are cleared at once.
const SMALL_INSTANCE: usize = 32;

/// `tp_alloc` of every type: `tp_basicsize + n * tp_itemsize` zeroed bytes (one item more, as CPython's).
///
/// # Safety
/// `ty` is a ready type.
pub unsafe extern "C" fn generic_alloc(ty: *mut PyTypeObject, n: isize) -> *mut PyObject {
    let ty = Type::from_ptr(ty);
    let items = if ty.tp_itemsize != 0 {
        (n.max(0) as usize).saturating_add(1)
    } else {
        0
    };
    let size = (ty.tp_itemsize as usize)
        .saturating_mul(items)
        .saturating_add(ty.tp_basicsize as usize);
    let size = size.next_multiple_of(8);
    if size > isize::MAX as usize - 64 {
        let _ = crate::errors::no_memory();
        return ptr::null_mut();
    }
    let extra = crate::shape::inline_bytes(ty);
    let kind = tpflags::MANAGED_DICT | tpflags::HAVE_GC;
    if extra >= SMALL_INSTANCE && size <= SMALL_INSTANCE && ty.tp_flags & kind == kind {
        // SAFETY: a block of `size + extra` bytes behind the pre-header. The words that are cleared are in it, and all that
        // is to be clear: attribute slots need not be.
        unsafe {
            let p = block(MANAGED_HEAD + size + extra);
            ptr::write_bytes(p.add(MANAGED_HEAD), 0, SMALL_INSTANCE);
            let object = init_block(p, MANAGED_HEAD, ty);
            if ty.tp_itemsize != 0 {
                (*object.cast::<PyVarObject>()).ob_size = n;
            }
            crate::shape::init_instance(object, ty, size);
            crate::gc::track(object);
            show_to_c(object, ty);
            return object;
        }
    }
    let object = alloc_zeroed(ty, size + extra);
    // SAFETY: freshly allocated with at least a PyVarObject where there are items.
    unsafe {
        if ty.tp_itemsize != 0 {
            (*object.cast::<PyVarObject>()).ob_size = n;
        }
        if ty.tp_flags & tpflags::MANAGED_DICT != 0 {
            crate::shape::init_instance(object, ty, size);
        }
        if ty.tp_flags & tpflags::HAVE_GC != 0 {
            crate::gc::track(object);
            show_to_c(object, ty);
        }
    }
    object
}
/// Says of a new list or tuple that C knows it: C calls `tp_alloc` itself, and fills what it gets without a call.
///
/// # Safety
/// `object` is a new instance of `ty`, with a GC head.
#[inline(always)]
unsafe fn show_to_c(object: *mut PyObject, ty: Type) {
    if ty.tp_flags & (tpflags::LIST_SUBCLASS | tpflags::TUPLE_SUBCLASS) != 0 {
        // SAFETY: by contract.
        unsafe { (*gc_head(object)).prev |= gcflags::EXPOSED }
    }
}

/// Offset of the first attribute slot of a [plain](crate::typeobject::is_plain) instance.
pub const PLAIN_SLOTS: usize = PLAIN_SIZE + 8;
/// `tp_basicsize` of plain instances: the header and the list of weak references.
pub const PLAIN_SIZE: usize = 24;

/// A plain instance of `ty` with `shape`, room for as many attributes as there are `values`, and these in its slots; their
/// references are taken over.
///
/// # Safety
/// `ty` is plain; the shape is one of its, and has no more attributes than `values`.
#[inline]
pub unsafe fn new_plain(ty: Type, shape: crate::shape::Shape, values: &[Value]) -> *mut PyObject {
    let p = block(MANAGED_HEAD + PLAIN_SLOTS + 8 * values.len());
    // SAFETY: a block of that size; the words are those of the pre-header, of the list of weak references and of the slots.
    unsafe {
        let object = init_block(p, MANAGED_HEAD, ty);
        let area = object.cast::<u8>().add(PLAIN_SIZE).cast::<u64>();
        *area.sub(1) = 0;
        *area = values.len() as u64;
        let slots = area.add(1).cast::<Value>();
        ptr::copy_nonoverlapping(values.as_ptr(), slots, values.len());
        crate::shape::init_words(object, shape, slots);
        crate::gc::track(object);
        object
    }
}

/// One more reference.
#[inline(always)]
pub fn incref(value: Value) {
    if value.is_object() {
        // SAFETY: a live value that is an object points at its header.
        unsafe { (*value.as_ptr()).ob_refcnt += 1 }
    }
}

/// One reference less; the object dies with its last.
#[inline(always)]
pub fn decref(value: Value) {
    if value.is_object() {
        // SAFETY: the caller gives up a count it owned.
        unsafe { decref_ptr(value.as_ptr()) }
    }
}

/// # Safety
/// `object` is alive and the caller gives up one count.
#[inline(always)]
pub unsafe fn decref_ptr(object: *mut PyObject) {
    // SAFETY: by contract.
    unsafe {
        let count = (*object).ob_refcnt - 1;
        (*object).ob_refcnt = count;
        if count == 0 {
            dealloc(object);
        }
    }
}

/// # Safety
/// `object` is null or alive.
#[inline(always)]
pub unsafe fn xincref_ptr(object: *mut PyObject) {
    if !object.is_null() {
        // SAFETY: by contract.
        unsafe { (*object).ob_refcnt += 1 }
    }
}

/// # Safety
/// As [`decref_ptr`], or null.
#[inline(always)]
pub unsafe fn xdecref_ptr(object: *mut PyObject) {
    if !object.is_null() {
        // SAFETY: by contract.
        unsafe { decref_ptr(object) }
    }
}

/// Sets a field that owns its object to null and gives the old count up afterwards (so re-entrant code sees
/// the field already empty).
///
/// # Safety
/// `field` points at an owning field: an object pointer or a `Value`, valid for writes.
#[inline]
pub unsafe fn clear_field<T>(field: *mut T) {
    debug_assert!(size_of::<T>() == 8);
    // SAFETY: pointer and Value are both one word with 0 for "nothing".
    unsafe {
        let field = field.cast::<Value>();
        let old = field.read();
        field.write(Value::EMPTY);
        decref(old);
    }
}

/// How deep deallocation may nest on the native stack before containers are put off.
const DEALLOC_NESTING: u32 = 50;

/// Said of an object that waits while [`NESTING`] counts: the outermost deallocation has more to do.
const WAITING: u32 = 1 << 31;

thread_local! {
    /// How deep deallocations nest, and whether some [wait](WAITING).
    static NESTING: Cell<u32> = const { Cell::new(0) };
    /// What waits, and whether the collector knew it: meanwhile it must not find an object that nobody owns.
    static LATER: std::cell::RefCell<Vec<(*mut PyObject, bool)>> = const { std::cell::RefCell::new(Vec::new()) };
}

/// Destroys an object whose count has reached zero. Deep chains do not nest: beyond a depth containers wait
/// in a list until the outermost deallocation works it off.
///
/// # Safety
/// The count of `object` is zero and nobody uses it again.
#[cold]
#[inline(never)]
pub unsafe fn dealloc(object: *mut PyObject) {
    // SAFETY: `object` is valid until its tp_dealloc returns; its type outlives it.
    unsafe {
        let ty = Type::of_ptr(object);
        let Some(tp_dealloc) = ty.tp_dealloc else {
            return;
        };
        if ty.tp_flags & tpflags::HAVE_GC == 0 {
            return tp_dealloc(object);
        }
        dealloc_container(object, tp_dealloc);
    }
}

/// [`dealloc`] of what may hold other objects, which die with it: so deep that the native stack cannot end.
///
/// # Safety
/// As [`dealloc`].
#[inline(never)]
unsafe fn dealloc_container(object: *mut PyObject, tp_dealloc: pyrs_layout::destructor) {
    // SAFETY: by contract.
    unsafe {
        let depth = NESTING.get();
        if depth & !WAITING >= DEALLOC_NESTING {
            let tracked = crate::gc::is_gc(object) && crate::gc::is_tracked(object);
            if tracked {
                crate::gc::untrack(object);
            }
            LATER.with_borrow_mut(|later| later.push((object, tracked)));
            NESTING.set(depth | WAITING);
            return;
        }
        NESTING.set(depth + 1);
        tp_dealloc(object);
        if depth == 0 && NESTING.get() & WAITING != 0 {
            while let Some((next, tracked)) = LATER.with_borrow_mut(Vec::pop) {
                if tracked {
                    crate::gc::track(next);
                }
                if let Some(tp_dealloc) = Type::of_ptr(next).tp_dealloc {
                    tp_dealloc(next);
                }
            }
            NESTING.set(0);
        } else {
            NESTING.set(NESTING.get() - 1);
        }
    }
}

/// Exact reference count, for `sys.getrefcount` and tests; immediates count as immortal, small integers by the
/// references that C has to their box.
pub fn refcount(value: Value) -> isize {
    if value.is_object() {
        // SAFETY: a live object.
        unsafe { (*value.as_ptr()).ob_refcnt }
    } else {
        value
            .as_int()
            .and_then(crate::int::small_box_refcount)
            .unwrap_or(pyrs_layout::IMMORTAL_REFCNT)
    }
}

/// Makes an object immortal (static data, interned names, singletons).
pub fn immortalize(value: &Ref) {
    if value.is_object() {
        // SAFETY: a live object.
        unsafe { (*value.as_ptr()).ob_refcnt = pyrs_layout::IMMORTAL_REFCNT }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What goes back as one size must have room for all that is asked for as that size.
    #[test]
    fn blocks_have_room_for_their_size() {
        let _gil = crate::test_gil();
        for size in 1..=SMALL {
            let p = malloc(size);
            // SAFETY: a block of the allocator's.
            unsafe {
                let usable = libmimalloc_sys::mi_usable_size(p.cast());
                assert!(usable >= size);
                let class = room_class(usable);
                let largest = (1..=SMALL).rev().find(|s| size_class(*s) == class);
                assert!(largest.is_none_or(|s| s <= usable), "{size}: {usable}");
                free(p);
            }
        }
    }
}
