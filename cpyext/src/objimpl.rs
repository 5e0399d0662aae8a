//! `objimpl.h` and `pymem.h`: memory of objects, and the collector. One allocator serves all domains.

use crate::*;
use pyrs_object::{gc, heap, shape};
use std::cell::UnsafeCell;
use std::ffi::c_void;

/// Some modules make objects of static types that they never made ready; CPython gets along with that.
unsafe fn ensure_ready(t: *mut PyTypeObject) -> bool {
    let t = Type::from_ptr(t);
    !t.ext().is_null() || pyrs_object::typeobject::ready(t).is_ok()
}

unsafe fn alloc_gc(t: *mut PyTypeObject, n: isize) -> O {
    // SAFETY: a live type.
    if !unsafe { ensure_ready(t) } {
        return NULL;
    }
    let t = Type::from_ptr(t);
    // SAFETY: a ready GC type.
    unsafe {
        let Some(size) = (t.tp_itemsize as usize)
            .checked_mul(n.max(0) as usize)
            .and_then(|m| m.checked_add(t.tp_basicsize as usize))
        else {
            let _ = pyrs_object::errors::no_memory();
            return NULL;
        };
        let size = size.next_multiple_of(8);
        let managed = t.has(tpflags::MANAGED_DICT);
        let o = heap::alloc_zeroed(t, size + if managed { shape::inline_bytes(t) } else { 0 });
        if managed {
            shape::init_instance(o, t, size);
        }
        o
    }
}
fn null_on_overflow(n: usize, size: usize) -> Option<usize> {
    n.checked_mul(size).filter(|t| *t <= isize::MAX as usize)
}
unsafe fn resize(p: *mut c_void, size: usize) -> *mut c_void {
    if size > isize::MAX as usize {
        return std::ptr::null_mut();
    }
    // SAFETY: null or a block of this allocator.
    unsafe { heap::realloc(p.cast(), size).cast() }
}
fn zeroed(n: usize, size: usize) -> *mut c_void {
    match null_on_overflow(n, size) {
        Some(total) => heap::zalloc(total).cast(),
        None => std::ptr::null_mut(),
    }
}
/// `PyMemAllocatorEx`. Only what C code allocates itself goes through it, not pyrs' own objects.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Allocator {
    context: *mut c_void,
    malloc: unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void,
    calloc: unsafe extern "C" fn(*mut c_void, usize, usize) -> *mut c_void,
    realloc: unsafe extern "C" fn(*mut c_void, *mut c_void, usize) -> *mut c_void,
    free: unsafe extern "C" fn(*mut c_void, *mut c_void),
}
unsafe extern "C" fn own_malloc(_: *mut c_void, n: usize) -> *mut c_void {
    heap::try_malloc(n).cast()
}
unsafe extern "C" fn own_calloc(_: *mut c_void, n: usize, size: usize) -> *mut c_void {
    zeroed(n, size)
}
unsafe extern "C" fn own_realloc(_: *mut c_void, p: *mut c_void, n: usize) -> *mut c_void {
    // SAFETY: null or a block of this allocator.
    unsafe { resize(p, n) }
}
unsafe extern "C" fn own_free(_: *mut c_void, p: *mut c_void) {
    // SAFETY: null or a block of this allocator.
    unsafe { heap::free(p.cast()) }
}
/// One of C's three allocation domains.
struct Domain(UnsafeCell<Allocator>);
// SAFETY: replaced under the GIL, before other threads allocate (C's rule for `PyMem_SetAllocator`).
unsafe impl Sync for Domain {}
impl Domain {
    const fn own() -> Domain {
        Domain(UnsafeCell::new(Allocator {
            context: std::ptr::null_mut(),
            malloc: own_malloc,
            calloc: own_calloc,
            realloc: own_realloc,
            free: own_free,
        }))
    }
    fn get(&self) -> Allocator {
        // SAFETY: see the Sync implementation.
        unsafe { *self.0.get() }
    }
    unsafe fn malloc(&self, n: usize) -> *mut c_void {
        let a = self.get();
        // SAFETY: the allocator's contract.
        unsafe { (a.malloc)(a.context, n) }
    }
    unsafe fn calloc(&self, n: usize, size: usize) -> *mut c_void {
        let a = self.get();
        // SAFETY: the allocator's contract.
        unsafe { (a.calloc)(a.context, n, size) }
    }
    unsafe fn realloc(&self, p: *mut c_void, n: usize) -> *mut c_void {
        let a = self.get();
        // SAFETY: the allocator's contract; the caller's block is of this domain.
        unsafe { (a.realloc)(a.context, p, n) }
    }
    unsafe fn free(&self, p: *mut c_void) {
        let a = self.get();
        // SAFETY: the allocator's contract; the caller's block is of this domain.
        unsafe { (a.free)(a.context, p) }
    }
}
static RAW: Domain = Domain::own();
static MEM: Domain = Domain::own();
static OBJ: Domain = Domain::own();

/// The table of a `PyMemAllocatorDomain`.
fn domain_of(n: c_int) -> Option<*mut Allocator> {
    Some(match n {
        0 => RAW.0.get(),
        1 => MEM.0.get(),
        2 => OBJ.0.get(),
        _ => return None,
    })
}

unsafe extern "C" fn arena_alloc(_: *mut c_void, size: usize) -> *mut c_void {
    heap::try_malloc(size).cast()
}
unsafe extern "C" fn arena_free(_: *mut c_void, p: *mut c_void, _: usize) {
    // SAFETY: a block of this allocator.
    unsafe { heap::free(p.cast()) }
}
/// `PyObjectArenaAllocator`.
#[repr(C)]
pub struct ArenaAllocator {
    context: *mut c_void,
    alloc: Option<unsafe extern "C" fn(*mut c_void, usize) -> *mut c_void>,
    free: Option<unsafe extern "C" fn(*mut c_void, *mut c_void, usize)>,
}

capi! {
    fn PyType_SUPPORTS_WEAKREFS(t: *mut PyTypeObject) -> c_int { ((*t).tp_weaklistoffset > 0).into() }
    fn PyObject_GET_WEAKREFS_LISTPTR(o: O) -> *mut O { o.cast::<u8>().offset((*(*o).ob_type).tp_weaklistoffset).cast() }
    // Memory comes from an allocator that has no arenas of this kind, and whose blocks are checked under `-X audit`.
    fn PyObject_SetArenaAllocator(_a: *mut ArenaAllocator) {}
    fn PyMem_SetupDebugHooks() {}
    fn _PyMem_RawWcsdup(s: *const u32) -> *mut u32 {
        let n = (0..).find(|i| *s.add(*i) == 0).unwrap_or(0) + 1;
        let p = RAW.malloc(n * 4).cast::<u32>();
        if !p.is_null() { std::ptr::copy_nonoverlapping(s, p, n); }
        p
    }
    fn PyMem_Malloc(n: usize) -> *mut c_void { MEM.malloc(n) }
    fn PyMem_Calloc(n: usize, size: usize) -> *mut c_void { MEM.calloc(n, size) }
    fn PyMem_Realloc(p: *mut c_void, n: usize) -> *mut c_void { MEM.realloc(p, n) }
    fn PyMem_Free(p: *mut c_void) { MEM.free(p) }
    fn PyMem_RawMalloc(n: usize) -> *mut c_void { RAW.malloc(n) }
    fn PyMem_RawCalloc(n: usize, size: usize) -> *mut c_void { RAW.calloc(n, size) }
    fn PyMem_RawRealloc(p: *mut c_void, n: usize) -> *mut c_void { RAW.realloc(p, n) }
    fn PyMem_RawFree(p: *mut c_void) { RAW.free(p) }
    fn PyObject_Malloc(n: usize) -> *mut c_void { OBJ.malloc(n) }
    fn PyObject_Calloc(n: usize, size: usize) -> *mut c_void { OBJ.calloc(n, size) }
    fn PyObject_Realloc(p: *mut c_void, n: usize) -> *mut c_void { OBJ.realloc(p, n) }
    fn PyObject_Free(p: *mut c_void) { OBJ.free(p) }
    fn PyMem_GetAllocator(domain: c_int, out: *mut Allocator) {
        if let Some(a) = domain_of(domain) { out.write(*a) }
    }
    fn PyMem_SetAllocator(domain: c_int, from: *const Allocator) {
        if let Some(a) = domain_of(domain) { a.write(*from) }
    }
    fn _PyMem_GetCurrentAllocatorName() -> *const c_char { c"mimalloc".as_ptr() }
    fn _PyMem_Strdup(s: *const c_char) -> *mut c_char { leak(&text(s)) }
    fn _PyMem_RawStrdup(s: *const c_char) -> *mut c_char { leak(&text(s)) }
    fn PyObject_GetArenaAllocator(out: *mut ArenaAllocator) {
        out.write(ArenaAllocator { context: std::ptr::null_mut(), alloc: Some(arena_alloc), free: Some(arena_free) })
    }
    fn PyObject_Init(o: O, t: *mut PyTypeObject) -> O {
        if o.is_null() { let _ = pyrs_object::errors::no_memory(); return NULL; }
        if !ensure_ready(t) { return NULL; }
        (*o).ob_type = t;
        (*o).ob_refcnt = 1;
        if (*t).tp_flags & tpflags::HEAPTYPE != 0 { (*t).ob_base.ob_base.ob_refcnt += 1; }
        o
    }
    fn PyObject_InitVar(o: O, t: *mut PyTypeObject, n: isize) -> O {
        if o.is_null() { let _ = pyrs_object::errors::no_memory(); return NULL; }
        (*o.cast::<PyVarObject>()).ob_size = n;
        PyObject_Init(o, t)
    }
    fn _PyObject_New(t: *mut PyTypeObject) -> O {
        let o = heap::try_malloc((*t).tp_basicsize as usize).cast::<PyObject>();
        PyObject_Init(o, t)
    }
    fn _PyObject_NewVar(t: *mut PyTypeObject, n: isize) -> O {
        let Some(size) = null_on_overflow(n.max(0) as usize, (*t).tp_itemsize as usize) else { let _ = pyrs_object::errors::no_memory(); return NULL };
        let o = heap::try_malloc((size + (*t).tp_basicsize as usize).next_multiple_of(8)).cast::<PyObject>();
        PyObject_InitVar(o, t, n)
    }
    fn _PyObject_GC_New(t: *mut PyTypeObject) -> O { alloc_gc(t, 0) }
    fn _PyObject_GC_NewVar(t: *mut PyTypeObject, n: isize) -> O {
        if n < 0 { return bad_null(); }
        let o = alloc_gc(t, n);
        if !o.is_null() { (*o.cast::<PyVarObject>()).ob_size = n; }
        o
    }
    fn _PyObject_GC_Resize(o: O, n: isize) -> O {
        let t = Type::of_ptr(o);
        let Some(size) = null_on_overflow(n.max(0) as usize, t.tp_itemsize as usize) else { let _ = pyrs_object::errors::no_memory(); return NULL };
        let (size, pre) = ((size + t.tp_basicsize as usize).next_multiple_of(8), heap::pre_header(t));
        let p = heap::realloc(o.cast::<u8>().sub(pre), size + pre).add(pre).cast::<PyVarObject>();
        (*p).ob_size = n;
        p.cast()
    }
    fn PyObject_GC_Del(p: *mut c_void) {
        let o = p.cast::<PyObject>();
        gc::untrack(o);
        heap::object_free(p)
    }
    fn PyObject_GC_Track(p: *mut c_void) { gc::track(p.cast()) }
    fn PyObject_GC_UnTrack(p: *mut c_void) { gc::untrack(p.cast()) }
    fn PyObject_GC_IsTracked(o: O) -> c_int { (gc::is_gc(o) && gc::is_tracked(o)).into() }
    fn PyObject_GC_IsFinalized(o: O) -> c_int { (gc::is_gc(o) && (*heap::gc_head(o)).prev & heap::gcflags::FINALIZED != 0).into() }
    fn PyObject_IS_GC(o: O) -> c_int { gc::is_gc(o).into() }
    fn PyGC_Collect() -> isize { gc::collect(2) as isize }
    fn PyGC_Enable() -> c_int { let was = gc::is_enabled(); gc::enable(); was.into() }
    fn PyGC_Disable() -> c_int { let was = gc::is_enabled(); gc::disable(); was.into() }
    fn PyGC_IsEnabled() -> c_int { gc::is_enabled().into() }
}
