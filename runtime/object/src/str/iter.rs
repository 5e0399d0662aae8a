//! `str_iterator`.

use super::*;

/// In CPython's layout: index and sequence.
#[repr(C)]
pub(super) struct StrIterator {
    ob_base: PyObject,
    index: isize,
    seq: O,
}

py_type! {
    /// `str_iterator`
    pub static PyUnicodeIter_Type: StrIterator = "str_iterator" {
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

fn this(v: Value) -> *mut StrIterator {
    v.as_ptr().cast()
}

pub(super) fn new(v: Value) -> Ref {
    let object = crate::heap::alloc_uninit(ty!(PyUnicodeIter_Type), size_of::<StrIterator>());
    // SAFETY: just allocated with that size.
    unsafe {
        let it = object.cast::<StrIterator>();
        (*it).index = 0;
        (*it).seq = Ref::new(v).into_ptr();
        crate::gc::track(object);
        Ref::from_owned_ptr(object)
    }
}
unsafe extern "C" fn dealloc(object: O) {
    crate::gc::untrack(object);
    // SAFETY: a dying iterator.
    unsafe {
        crate::heap::clear_field(&raw mut (*object.cast::<StrIterator>()).seq);
        crate::heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn traverse(object: O, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: a live iterator; `visit` is the collector's.
    unsafe {
        let seq = (*object.cast::<StrIterator>()).seq;
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
        let seq = (*it).seq;
        if seq.is_null() {
            return Ok(None);
        }
        let s = Value::from_object(seq);
        let i = (*it).index as usize;
        if i < len(s) {
            (*it).index += 1;
            return Ok(Some(from_char(char_at(s, i))));
        }
        crate::heap::clear_field(&raw mut (*it).seq);
        Ok(None)
    }
}
fn left(v: Value) -> usize {
    // SAFETY: a live iterator.
    unsafe {
        let seq = (*this(v)).seq;
        if seq.is_null() {
            0
        } else {
            len(Value::from_object(seq)).saturating_sub((*this(v)).index as usize)
        }
    }
}
fn length_hint(v: Value) -> PyResult {
    Ok(Ref::int(left(v) as i64))
}
fn reduce(v: Value) -> PyResult {
    let builtins = (crate::hooks().import)("builtins")?;
    let iter = crate::ops::getattr(builtins.value(), crate::intern!("iter"))?;
    // SAFETY: a live iterator.
    let (seq, index) = unsafe { ((*this(v)).seq, (*this(v)).index) };
    if seq.is_null() {
        let none = crate::tuple::from_vec(vec![empty()]);
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
            (*this(v)).index = i.clamp(0, len(Value::from_object(seq)) as isize);
        }
    }
    Ok(Ref::none())
}
