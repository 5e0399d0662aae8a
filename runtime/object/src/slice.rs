//! `slice`. C reads the three fields directly, so they hold real objects; reading here canonicalises.

use crate::boundary::{from_c, to_c};
use crate::heap;
use crate::layout::*;
use crate::list::common::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, raise, ty};
use std::ffi::{c_int, c_void};

py_type! {
    pub static PySlice_Type: PySliceObject = "slice" {
        flags: HAVE_GC;
        doc: "slice(stop)\nslice(start, stop[, step])\n\nA slice object, as extended slicing makes them.";
        raw { tp_dealloc: slice_dealloc, tp_traverse: slice_traverse }
        slots { tp_repr: slice_repr, tp_richcompare: slice_richcompare, tp_new: slice_new }
        methods: METHODS;
        members: MEMBERS;
    }
}
methods! {
    static METHODS = [
        "indices" O slice_indices, "indices(len) -> (start, stop, stride)\n\nThe bounds for a sequence of that length.";
        "__reduce__" NOARGS slice_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
    ]
}
members! {
    static MEMBERS = [
        "start" OBJECT, std::mem::offset_of!(PySliceObject, start), 1, "";
        "stop" OBJECT, std::mem::offset_of!(PySliceObject, stop), 1, "";
        "step" OBJECT, std::mem::offset_of!(PySliceObject, step), 1, "";
    ]
}

fn raw(v: Value) -> *mut PySliceObject {
    v.as_ptr().cast()
}

/// Empty stands for None.
pub fn new(start: Value, stop: Value, step: Value) -> Ref {
    let part = |v: Value| to_c(v.non_empty().map_or_else(Ref::none, Ref::new));
    of_objects(part(start), part(stop), part(step))
}
/// A slice of owned objects that C may look at.
pub fn of_objects(start: *mut PyObject, stop: *mut PyObject, step: *mut PyObject) -> Ref {
    let p = alloc_exact::<PySliceObject>(ty!(PySlice_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).start = start;
        (*p).stop = stop;
        (*p).step = step;
        crate::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}

/// start, stop and step, canonical and borrowed.
pub fn parts(v: Value) -> (Value, Value, Value) {
    let s = raw(v);
    // SAFETY: a live slice.
    unsafe { (from_c((*s).start), from_c((*s).stop), from_c((*s).step)) }
}

fn slice_bound(v: Value) -> PyResult<isize> {
    if !crate::ops::has_index(v) {
        return Err(raise!(
            TypeError,
            "slice indices must be integers or None or have an __index__ method"
        ));
    }
    crate::ops::index_clipped(v)
}

/// PySlice_Unpack.
pub fn unpack(v: Value) -> PyResult<(isize, isize, isize)> {
    let (start, stop, step) = parts(v);
    let step = if step.is_none() {
        1
    } else {
        slice_bound(step)?
    };
    if step == 0 {
        return Err(raise!(ValueError, "slice step cannot be zero"));
    }
    let step = step.max(-isize::MAX);
    let start = match start.is_none() {
        true if step < 0 => isize::MAX,
        true => 0,
        false => slice_bound(start)?,
    };
    let stop = match stop.is_none() {
        true if step < 0 => isize::MIN,
        true => isize::MAX,
        false => slice_bound(stop)?,
    };
    Ok((start, stop, step))
}

/// PySlice_AdjustIndices: start, stop, step, count after clipping to `len`.
pub fn adjust(start: isize, stop: isize, step: isize, len: usize) -> (isize, isize, isize, usize) {
    let len = len as isize;
    let low = if step < 0 { -1 } else { 0 };
    let high = if step < 0 { len - 1 } else { len };
    let clip = |i: isize| {
        if i < 0 {
            i.saturating_add(len).max(low)
        } else {
            i.min(high)
        }
    };
    let (start, stop) = (clip(start), clip(stop));
    let count = if step < 0 {
        if stop < start {
            ((start - stop - 1) / -step + 1) as usize
        } else {
            0
        }
    } else if start < stop {
        ((stop - start - 1) / step + 1) as usize
    } else {
        0
    };
    (start, stop, step, count)
}

/// start, stop, step, count after clipping.
pub fn indices(v: Value, len: usize) -> PyResult<(isize, isize, isize, usize)> {
    indices_of(v, || len)
}

/// [`indices`] for a container whose length is read after the bounds' `__index__` ran.
#[inline]
pub fn indices_of(v: Value, len: impl FnOnce() -> usize) -> PyResult<(isize, isize, isize, usize)> {
    let (start, stop, step) = unpack(v)?;
    Ok(adjust(start, stop, step, len()))
}

#[inline(always)]
pub fn is_slice(v: Value) -> bool {
    v.is_exact(ty!(PySlice_Type))
}

fn slice_new(_t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("slice")?;
    let none = Value::EMPTY;
    match args.positional() {
        [stop] => Ok(new(none, *stop, none)),
        [start, stop] => Ok(new(*start, *stop, none)),
        [start, stop, step] => Ok(new(*start, *stop, *step)),
        other => Err(crate::check_positional("slice", other.len(), 1, 3)
            .err()
            .unwrap_or_else(crate::errors::bad_internal_call)),
    }
}

/// The three numbers as Python ints for any length (`_PySlice_GetLongIndices`).
pub fn long_indices(v: Value, len: Value) -> PyResult<(Ref, Ref, Ref)> {
    use crate::ops;
    let (start, stop, step) = parts(v);
    let zero = Value::int_unchecked(0);
    let bound = |v: Value| {
        if !ops::has_index(v) {
            return Err(raise!(
                TypeError,
                "slice indices must be integers or None or have an __index__ method"
            ));
        }
        ops::index(v)
    };
    let step = if step.is_none() {
        Ref::int(1)
    } else {
        bound(step)?
    };
    if ops::eq(step.value(), zero)? {
        return Err(raise!(ValueError, "slice step cannot be zero"));
    }
    let backward = crate::int::is_negative(step.value());
    let (low, high) = if backward {
        (Ref::int(-1), ops::add(len, Value::int_unchecked(-1))?)
    } else {
        (Ref::int(0), Ref::new(len))
    };
    let clip = |v: Value, default: &Ref| -> PyResult {
        if v.is_none() {
            return Ok(default.clone());
        }
        let n = bound(v)?;
        if crate::int::is_negative(n.value()) {
            let n = ops::add(n.value(), len)?;
            return Ok(if ops::compare_bool(n.value(), low.value(), CmpOp::Lt)? {
                low.clone()
            } else {
                n
            });
        }
        Ok(if ops::compare_bool(n.value(), high.value(), CmpOp::Gt)? {
            high.clone()
        } else {
            n
        })
    };
    let a = clip(start, if backward { &high } else { &low })?;
    let b = clip(stop, if backward { &low } else { &high })?;
    Ok((a, b, step))
}

fn slice_indices(v: Value, len: Value) -> PyResult {
    let len = crate::ops::index(len)?;
    if crate::int::is_negative(len.value()) {
        return Err(raise!(ValueError, "length should not be negative"));
    }
    let (a, b, c) = long_indices(v, len.value())?;
    Ok(crate::tuple::from_vec(vec![a, b, c]))
}
fn as_tuple(v: Value) -> Ref {
    let (a, b, c) = parts(v);
    crate::tuple::from_slice(&[a, b, c])
}
fn slice_reduce(v: Value) -> PyResult {
    Ok(crate::tuple::pair(v.ty().to_ref(), as_tuple(v)))
}
fn slice_repr(v: Value) -> PyResult {
    let (a, b, c) = parts(v);
    let mut out = crate::str::Builder::new();
    out.push_str("slice(");
    for (i, part) in [a, b, c].into_iter().enumerate() {
        if i > 0 {
            out.push_str(", ");
        }
        out.push_value(crate::ops::repr(part)?.value());
    }
    out.push_str(")");
    out.finish()
}
fn slice_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_slice(a) || !is_slice(b) {
        return Ok(Ref::not_implemented());
    }
    if a == b {
        return Ok(Ref::bool(matches!(op, CmpOp::Eq | CmpOp::Le | CmpOp::Ge)));
    }
    let (a, b) = (as_tuple(a), as_tuple(b));
    crate::ops::richcompare(a.value(), b.value(), op)
}
unsafe extern "C" fn slice_dealloc(object: *mut PyObject) {
    // SAFETY: a dead slice.
    unsafe {
        crate::gc::untrack(object);
        let s = object.cast::<PySliceObject>();
        heap::clear_field(&raw mut (*s).step);
        heap::clear_field(&raw mut (*s).start);
        heap::clear_field(&raw mut (*s).stop);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn slice_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let s = object.cast::<PySliceObject>();
    // SAFETY: called by the collector for a live slice.
    unsafe {
        crate::visit_fields!(
            visit,
            arg,
            Value::from_object((*s).start),
            Value::from_object((*s).stop),
            Value::from_object((*s).step)
        )
    }
}

#[cfg(test)]
mod tests {
    use super::adjust;

    #[test]
    fn bounds_are_clipped_as_cpython_does() {
        assert_eq!(adjust(0, isize::MAX, 1, 5), (0, 5, 1, 5));
        assert_eq!(adjust(isize::MAX, isize::MIN, -1, 5), (4, -1, -1, 5));
        assert_eq!(adjust(-3, -1, 1, 5), (2, 4, 1, 2));
        assert_eq!(adjust(1, 100, 2, 6), (1, 6, 2, 3));
        assert_eq!(adjust(4, 1, 1, 6), (4, 1, 1, 0));
        assert_eq!(adjust(-100, -50, -1, 3), (-1, -1, -1, 0));
    }
}
