//! The sequence iterator and `callable_iterator`.

use crate::heap;
use crate::layout::*;
use crate::list::common::*;
use crate::{PyResult, Ref, Value, ValueExt, errors, exceptions, intern, ops, raise, ty};
use std::ffi::{c_int, c_void};

/// `iter(obj)` of something with only `__getitem__`; `seq` is empty once exhausted.
#[repr(C)]
pub struct SeqIter {
    pub ob_base: PyObject,
    pub index: isize,
    pub seq: Value,
}
/// `iter(callable, sentinel)`; both are empty once exhausted.
#[repr(C)]
pub struct CallIter {
    pub ob_base: PyObject,
    pub callable: Value,
    pub sentinel: Value,
}
py_type! {
    pub static PySeqIter_Type: SeqIter = "iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: seq_dealloc, tp_traverse: seq_traverse }
        slots { tp_iter: self_iter, tp_iternext: seq_next }
        methods: SEQ_METHODS;
    }
}
py_type! {
    pub static PyCallIter_Type: CallIter = "callable_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: call_dealloc, tp_traverse: call_traverse }
        slots { tp_iter: self_iter, tp_iternext: call_next }
        methods: CALL_METHODS;
    }
}
methods! {
    static SEQ_METHODS = [
        "__length_hint__" NOARGS seq_hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS seq_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O seq_setstate, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}
methods! {
    static CALL_METHODS = [
        "__reduce__" NOARGS call_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
    ]
}

pub fn new_seq_iter(seq: Value) -> Ref {
    let p = alloc_exact::<SeqIter>(ty!(PySeqIter_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).index = 0;
        (*p).seq = Ref::new(seq).into_value();
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}
pub fn new_call_iter(callable: Value, sentinel: Value) -> Ref {
    let p = alloc_exact::<CallIter>(ty!(PyCallIter_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).callable = Ref::new(callable).into_value();
        (*p).sentinel = Ref::new(sentinel).into_value();
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}

pub fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn seq(v: Value) -> *mut SeqIter {
    v.as_ptr().cast()
}
fn seq_next(v: Value) -> PyResult<Option<Ref>> {
    let it = seq(v);
    // SAFETY: a live iterator; the sequence is held while it is asked.
    unsafe {
        if (*it).seq.is_empty() {
            return Ok(None);
        }
        if (*it).index == isize::MAX {
            return Err(raise!(OverflowError, "iter index too large"));
        }
        let object = Ref::new((*it).seq);
        // What knows its length need not make an error to say that it has ended.
        let t = object.value().ty();
        if !t.is_heap()
            && t.native().sq_item.is_some()
            && let Some(length) = t.native().sq_length
            && (*it).index >= length(object.value())? as isize
        {
            heap::clear_field(&raw mut (*it).seq);
            return Ok(None);
        }
        match ops::sequence_item(object.value(), (*it).index) {
            Ok(item) => {
                (*it).index += 1;
                Ok(Some(item))
            }
            Err(e) => {
                if errors::take_if(exceptions::IndexError)
                    || errors::take_if(exceptions::StopIteration)
                {
                    heap::clear_field(&raw mut (*it).seq);
                    Ok(None)
                } else {
                    Err(e)
                }
            }
        }
    }
}
fn seq_hint(v: Value) -> PyResult {
    // SAFETY: a live iterator.
    let (object, index) = unsafe { (Ref::new((*seq(v)).seq), (*seq(v)).index) };
    if object.is_empty() {
        return Ok(Ref::int(0));
    }
    if !ops::has_len(object.value()) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::int(
        (ops::len(object.value())? as i64 - index as i64).max(0),
    ))
}
fn seq_reduce(v: Value) -> PyResult {
    let f = builtin(intern!("iter"))?;
    // SAFETY: a live iterator.
    let (object, index) = unsafe { (Ref::new((*seq(v)).seq), (*seq(v)).index) };
    if object.is_empty() {
        return Ok(reduce_tuple(f, vec![crate::tuple::empty()], None));
    }
    Ok(reduce_tuple(f, vec![object], Some(Ref::int(index as i64))))
}
fn seq_setstate(v: Value, state: Value) -> PyResult {
    let n = ops::index_as_isize(state)?;
    // SAFETY: a live iterator.
    unsafe {
        if !(*seq(v)).seq.is_empty() {
            (*seq(v)).index = n.max(0);
        }
    }
    Ok(Ref::none())
}

fn call(v: Value) -> *mut CallIter {
    v.as_ptr().cast()
}
/// # Safety
/// `it` is a live iterator.
unsafe fn call_finish(it: *mut CallIter) {
    // SAFETY: by contract.
    unsafe {
        heap::clear_field(&raw mut (*it).callable);
        heap::clear_field(&raw mut (*it).sentinel);
    }
}
fn call_next(v: Value) -> PyResult<Option<Ref>> {
    let it = call(v);
    // SAFETY: a live iterator; callable and sentinel are held while they are used.
    unsafe {
        if (*it).callable.is_empty() {
            return Ok(None);
        }
        let f = Ref::new((*it).callable);
        let item = match ops::call(f.value(), &[]) {
            Ok(item) => item,
            Err(e) => {
                if errors::take_if(exceptions::StopIteration) {
                    call_finish(it);
                    return Ok(None);
                }
                return Err(e);
            }
        };
        let sentinel = Ref::new((*it).sentinel);
        if sentinel.is_empty() {
            return Ok(None);
        }
        if eq_fast(sentinel.value(), item.value())? {
            call_finish(it);
            return Ok(None);
        }
        Ok(Some(item))
    }
}
fn call_reduce(v: Value) -> PyResult {
    let f = builtin(intern!("iter"))?;
    // SAFETY: a live iterator.
    let (callable, sentinel) =
        unsafe { (Ref::new((*call(v)).callable), Ref::new((*call(v)).sentinel)) };
    if callable.value().non_empty().is_none() || sentinel.is_empty() {
        return Ok(reduce_tuple(f, vec![crate::tuple::empty()], None));
    }
    Ok(reduce_tuple(f, vec![callable, sentinel], None))
}

unsafe extern "C" fn seq_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        crate::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<SeqIter>()).seq);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn seq_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live iterator.
    unsafe { crate::visit_fields!(visit, arg, (*object.cast::<SeqIter>()).seq) }
}
unsafe extern "C" fn call_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        crate::gc::untrack(object);
        call_finish(object.cast());
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn call_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let it = object.cast::<CallIter>();
    // SAFETY: called by the collector for a live iterator.
    unsafe { crate::visit_fields!(visit, arg, (*it).callable, (*it).sentinel) }
}
