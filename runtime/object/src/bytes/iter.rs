//! `bytes_iterator` and `bytearray_iterator`.

use super::*;

/// In CPython's layout: index and sequence.
#[repr(C)]
pub(crate) struct BytesIterator {
    ob_base: PyObject,
    index: isize,
    seq: *mut PyObject,
}
py_type! {
    /// `bytes_iterator`
    pub static PyBytesIter_Type: BytesIterator = "bytes_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: dealloc, tp_traverse: traverse }
        slots { tp_iter: iter_self, tp_iternext: next }
        methods: METHODS;
    }
}
py_type! {
    /// `bytearray_iterator`
    pub static PyByteArrayIter_Type: BytesIterator = "bytearray_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: dealloc, tp_traverse: traverse }
        slots { tp_iter: iter_self, tp_iternext: next }
        methods: METHODS;
    }
}
methods! {
    static METHODS = [
        "__length_hint__" NOARGS length_hint, "__length_hint__($self, /)\n--\n\nItems left at most.";
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O set_state, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}
fn this(v: Value) -> *mut BytesIterator {
    v.as_ptr().cast()
}
fn make(t: Type, v: Value) -> PyResult {
    let object = crate::heap::alloc_uninit(t, size_of::<BytesIterator>());
    // SAFETY: just allocated with that size.
    unsafe {
        let it = object.cast::<BytesIterator>();
        (*it).index = 0;
        (*it).seq = Ref::new(v).into_ptr();
        crate::gc::track(object);
        Ok(Ref::from_owned_ptr(object))
    }
}
pub(crate) fn new_bytes(v: Value) -> PyResult {
    make(ty!(PyBytesIter_Type), v)
}
pub(crate) fn new_bytearray(v: Value) -> PyResult {
    make(ty!(PyByteArrayIter_Type), v)
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    crate::gc::untrack(object);
    // SAFETY: a dying iterator.
    unsafe {
        crate::heap::clear_field(&raw mut (*object.cast::<BytesIterator>()).seq);
        crate::heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: a live iterator; `visit` is the collector's.
    unsafe {
        let seq = (*object.cast::<BytesIterator>()).seq;
        if seq.is_null() { 0 } else { visit(seq, arg) }
    }
}
fn iter_self(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn next(v: Value) -> PyResult<Option<Ref>> {
    let it = this(v);
    // SAFETY: a live iterator.
    unsafe {
        if (*it).seq.is_null() {
            return Ok(None);
        }
        let s = methods::own(Value::from_object((*it).seq));
        if let Some(&c) = s.get((*it).index as usize) {
            (*it).index += 1;
            return Ok(Some(Ref::int(c as i64)));
        }
        crate::heap::clear_field(&raw mut (*it).seq);
        Ok(None)
    }
}
fn length_hint(v: Value) -> PyResult {
    // SAFETY: a live iterator.
    unsafe {
        let seq = (*this(v)).seq;
        let n = if seq.is_null() {
            0
        } else {
            methods::own(Value::from_object(seq))
                .len()
                .saturating_sub((*this(v)).index as usize)
        };
        Ok(Ref::int(n as i64))
    }
}
fn reduce(v: Value) -> PyResult {
    let builtins = (crate::hooks().import)("builtins")?;
    let iter = crate::ops::getattr(builtins.value(), crate::intern!("iter"))?;
    // SAFETY: a live iterator.
    let (seq, index) = unsafe { ((*this(v)).seq, (*this(v)).index) };
    if seq.is_null() {
        let none = crate::tuple::from_vec(vec![crate::tuple::empty()]);
        return Ok(crate::tuple::from_vec(vec![iter, none]));
    }
    let args = crate::tuple::from_slice(&[Value::from_object(seq)]);
    Ok(crate::tuple::from_vec(vec![
        iter,
        args,
        Ref::int(index as i64),
    ]))
}
fn set_state(v: Value, state: Value) -> PyResult {
    let i = crate::ops::index_as_isize(state)?;
    // SAFETY: a live iterator.
    unsafe {
        let seq = (*this(v)).seq;
        if !seq.is_null() {
            let n = methods::own(Value::from_object(seq)).len() as isize;
            (*this(v)).index = i.clamp(0, n);
        }
    }
    Ok(Ref::none())
}
