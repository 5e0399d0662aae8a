//! `_queue`: an unbounded queue whose semaphore counts its items.

use crate::thread::{seconds, wait};
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_instance, class_getitem};
use pyrs_object::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, dict, errors, exceptions, heap, methods, module, ops, py_type, raise, str, tuple, ty};
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicU64, Ordering};

#[repr(C)]
pub struct SimpleQueue {
    pub ob_base: PyObject,
    weakrefs: *mut PyObject,
    items: VecDeque<Ref>,
    sem: libc::sem_t,
}
py_type! {
    pub static PySimpleQueue_Type: SimpleQueue = "_queue.SimpleQueue" {
        flags: HAVE_GC | BASETYPE;
        fields { tp_weaklistoffset: offset_of!(SimpleQueue, weakrefs) as isize }
        doc: "SimpleQueue()\n--\n\nSimple, unbounded, reentrant FIFO queue.";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_new: new }
        methods: METHODS;
    }
}
methods! { static METHODS = [
    "put" KW put, "put($self, /, item, block=True, timeout=None)\n--\n\nPut the item on the queue; never blocks.";
    "put_nowait" KW put_nowait, "put_nowait($self, /, item)\n--\n\nPut an item into the queue without blocking.";
    "get" KW get, "get($self, /, block=True, timeout=None)\n--\n\nRemove and return an item from the queue.";
    "get_nowait" NOARGS get_nowait, "get_nowait($self, /)\n--\n\nRemove and return an item from the queue without blocking.";
    "empty" NOARGS empty, "empty($self, /)\n--\n\nReturn True if the queue is empty, False otherwise (not reliable!).";
    "qsize" NOARGS qsize, "qsize($self, /)\n--\n\nReturn the approximate size of the queue (not reliable!).";
    "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
] }
/// The exception class `Empty`.
static EMPTY_ERROR: AtomicU64 = AtomicU64::new(0);

fn raw(v: Value) -> *mut SimpleQueue {
    v.as_ptr().cast()
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    let p = object.cast::<SimpleQueue>();
    // SAFETY: a dead instance; nobody waits on it.
    unsafe {
        pyrs_object::gc::untrack(object);
        pyrs_object::weakref::clear_refs(object);
        clear(object);
        std::ptr::drop_in_place(&raw mut (*p).items);
        libc::sem_destroy(&raw mut (*p).sem);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe {
        for v in &(*object.cast::<SimpleQueue>()).items {
            if v.is_object() {
                let r = visit(v.as_ptr(), arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: a live or dying instance; the queue is empty before its items may die.
    let old = unsafe { std::mem::take(&mut (*object.cast::<SimpleQueue>()).items) };
    drop(old);
    0
}
fn new(t: Type, args: Args<'_>) -> PyResult {
    if t == ty!(PySimpleQueue_Type) {
        args.no_keywords("SimpleQueue")?;
        if !args.values.is_empty() {
            return Err(raise!(TypeError, "SimpleQueue() takes no positional arguments"));
        }
    }
    let p = alloc_instance(t, 0)?.cast::<SimpleQueue>();
    // SAFETY: a fresh zeroed instance; nobody has read the items yet.
    unsafe {
        std::ptr::write(&raw mut (*p).items, VecDeque::new());
        libc::sem_init(&raw mut (*p).sem, 0, 0);
        Ok(Ref::from_owned_ptr(p))
    }
}
fn push(v: Value, item: Value) -> PyResult {
    // SAFETY: a live instance; pushing runs no Python code.
    unsafe {
        (&mut (*raw(v)).items).push_back(Ref::new(item));
        libc::sem_post(&raw mut (*raw(v)).sem);
    }
    Ok(Ref::none())
}
fn put(v: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<3> =
        Signature { name: "put", params: ["item", "block", "timeout"], posonly: 0, positional: 3, required: 1 };
    let [item, _, _] = args.bind(&SIGNATURE)?;
    push(v, item)
}
fn put_nowait(v: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<1> =
        Signature { name: "put_nowait", params: ["item"], posonly: 0, positional: 1, required: 1 };
    let [item] = args.bind(&SIGNATURE)?;
    push(v, item)
}
fn take(v: Value, timeout: f64) -> PyResult {
    // SAFETY: the caller keeps the queue alive; each unit of the semaphore is one item.
    unsafe {
        if wait(&raw mut (*raw(v)).sem, timeout)?
            && let Some(item) = (&mut (*raw(v)).items).pop_front()
        {
            return Ok(item);
        }
    }
    let class = Value::from_bits(EMPTY_ERROR.load(Ordering::Relaxed));
    match Type::from_value(class) {
        Some(t) => Err(errors::raise_none(t)),
        None => Err(errors::bad_internal_call()),
    }
}
fn get(v: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> =
        Signature { name: "get", params: ["block", "timeout"], posonly: 0, positional: 2, required: 0 };
    let [block, timeout] = args.bind(&SIGNATURE)?;
    let block = match block.non_empty() {
        Some(b) => ops::is_true(b)?,
        None => true,
    };
    if !block {
        return take(v, 0.0);
    }
    let timeout = match timeout.non_empty().filter(|t| !t.is_none()) {
        None => -1.0,
        Some(t) => {
            let t = seconds(t)?;
            if t < 0.0 {
                return Err(raise!(ValueError, "'timeout' must be a non-negative number"));
            }
            t
        }
    };
    take(v, timeout)
}
fn get_nowait(v: Value) -> PyResult {
    take(v, 0.0)
}
fn size(v: Value) -> usize {
    // SAFETY: a live instance.
    unsafe { (&(*raw(v)).items).len() }
}
fn empty(v: Value) -> PyResult {
    Ok(Ref::bool(size(v) == 0))
}
fn qsize(v: Value) -> PyResult {
    Ok(Ref::int(size(v) as i64))
}

pub fn init() -> PyResult {
    let m = module::new("_queue");
    module::add_type(m.value(), ty!(PySimpleQueue_Type))?;
    if EMPTY_ERROR.load(Ordering::Relaxed) == 0 {
        let ns = dict::new();
        dict::set_str(ns.value(), "__module__", str::intern("_queue").value());
        dict::set_str(ns.value(), "__doc__", str::new("Exception raised by Queue.get(block=0)/get_nowait().").value());
        let bases = tuple::from_slice(&[exceptions::Exception.value()]);
        let name = str::intern("Empty");
        let meta = exceptions::Exception.value().ty().value();
        let class = ops::call(meta, &[name.value(), bases.value(), ns.value()])?;
        EMPTY_ERROR.store(class.into_value().bits(), Ordering::Relaxed);
    }
    module::add(m.value(), "Empty", Ref::new(Value::from_bits(EMPTY_ERROR.load(Ordering::Relaxed))));
    Ok(m)
}
