//! `range` and its iterators. The iterator of machine-word ranges is a plain struct the interpreter and the JIT read.

use crate::heap;
use crate::layout::*;
use crate::list::common::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, errors, int, intern, ops, raise, ty};
use std::mem::offset_of;

/// The four ints of a range, canonical.
#[repr(C)]
pub struct RangeObject {
    pub ob_base: PyObject,
    pub start: Value,
    pub stop: Value,
    pub step: Value,
    pub length: Value,
}
/// The iterator over a range of immediates: `remaining` items from `next` on, `step` apart. All its items are
/// immediates, which the interpreter and machine code rely on.
#[repr(C)]
pub struct RangeIter {
    pub ob_base: PyObject,
    pub next: i64,
    pub step: i64,
    pub remaining: i64,
    /// What `remaining` was at first, for pickling; 0 in an iterator that machine code materialised, which counts
    /// its position from there.
    pub total: i64,
}
/// The iterator over any other range.
#[repr(C)]
pub struct LongRangeIter {
    pub ob_base: PyObject,
    pub start: Value,
    pub step: Value,
    pub length: Value,
    pub index: Value,
}

py_type! {
    pub static PyRange_Type: RangeObject = "range" {
        flags: SEQUENCE;
        doc: "range(stop) -> range object\nrange(start, stop[, step]) -> range object\n\nAn arithmetic progression of ints.";
        raw { tp_dealloc: range_dealloc }
        slots {
            tp_repr: range_repr, tp_hash: range_hash, tp_richcompare: range_richcompare, tp_iter: range_iter,
            tp_new: range_new
        }
        number { nb_bool: range_bool }
        sequence { sq_length: range_len, sq_item: range_item, sq_contains: range_contains }
        mapping { mp_length: range_len, mp_subscript: range_subscript }
        methods: RANGE_METHODS;
        members: RANGE_MEMBERS;
    }
}
py_type! {
    pub static PyRangeIter_Type: RangeIter = "range_iterator" {
        flags: DEFAULT;
        raw { tp_dealloc: iter_dealloc }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: iter_next }
        methods: ITER_METHODS;
    }
}
py_type! {
    pub static PyLongRangeIter_Type: LongRangeIter = "longrange_iterator" {
        flags: DEFAULT;
        raw { tp_dealloc: long_dealloc }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: long_next }
        methods: LONG_METHODS;
    }
}
py_type! {
    /// Of a range whose items are machine words but not all immediates: CPython has no type of its own for it.
    pub static WideRangeIter_Type: LongRangeIter = "range_iterator" {
        flags: DEFAULT;
        raw { tp_dealloc: long_dealloc }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: long_next }
        methods: LONG_METHODS;
    }
}
methods! {
    static RANGE_METHODS = [
        "__reversed__" NOARGS range_reversed, "__reversed__($self, /)\n--\n\nA reverse iterator.";
        "__reduce__" NOARGS range_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "count" O range_count, "rangeobject.count(value) -> integer -- number of occurrences of value";
        "index" O range_index, "rangeobject.index(value) -> integer -- index of value";
    ]
}
methods! {
    static ITER_METHODS = [
        "__length_hint__" NOARGS iter_hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS iter_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O iter_setstate, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}
methods! {
    static LONG_METHODS = [
        "__length_hint__" NOARGS long_hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS long_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O long_setstate, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}
members! {
    static RANGE_MEMBERS = [
        "start" OBJECT, offset_of!(RangeObject, start), membertype::READONLY, "";
        "stop" OBJECT, offset_of!(RangeObject, stop), membertype::READONLY, "";
        "step" OBJECT, offset_of!(RangeObject, step), membertype::READONLY, "";
    ]
}

fn raw<'a>(v: Value) -> &'a RangeObject {
    // SAFETY: callers pass a live range, which is never changed.
    unsafe { &*v.as_ptr().cast::<RangeObject>() }
}
/// start, step and length as machine words.
fn words(v: Value) -> Option<(i64, i64, i64)> {
    let r = raw(v);
    Some((
        int::to_i64(r.start)?,
        int::to_i64(r.step)?,
        int::to_i64(r.length)?,
    ))
}
pub fn is_range(v: Value) -> bool {
    v.is_exact(ty!(PyRange_Type))
}

/// An exact int: what `operator.index` gave, without a subclass.
fn plain_index(v: Value) -> PyResult {
    if v.is_int() {
        return Ok(Ref::new(v));
    }
    let n = ops::index(v)?;
    if n.is_exact(ty!(int::PyLong_Type)) {
        return Ok(n);
    }
    Ok(int::with_digits(n.value(), int::from_digits))
}

/// `range(start, stop, step)`; an empty step is 1.
pub fn new(start: Value, stop: Value, step: Value) -> PyResult {
    let (start, stop) = (plain_index(start)?, plain_index(stop)?);
    let step = match step.non_empty() {
        Some(step) => plain_index(step)?,
        None => Ref::int(1),
    };
    if step.value() == Value::int_unchecked(0) {
        return Err(raise!(ValueError, "range() arg 3 must not be zero"));
    }
    let length = count(start.value(), stop.value(), step.value())?;
    Ok(build(start, stop, step, length))
}
fn build(start: Ref, stop: Ref, step: Ref, length: Ref) -> Ref {
    let p = alloc_exact::<RangeObject>(ty!(PyRange_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).start = start.into_value();
        (*p).stop = stop.into_value();
        (*p).step = step.into_value();
        (*p).length = length.into_value();
        Ref::from_owned_ptr(p)
    }
}
/// Number of items.
fn count(start: Value, stop: Value, step: Value) -> PyResult {
    if let (Some(a), Some(b), Some(s)) = (int::to_i64(start), int::to_i64(stop), int::to_i64(step))
    {
        return Ok(int::from_i128(count_words(a, b, s)));
    }
    let (low, high, step) = if int::is_negative(step) {
        (stop, start, ops::negative(step)?)
    } else {
        (start, stop, Ref::new(step))
    };
    if !ops::compare_bool(low, high, CmpOp::Lt)? {
        return Ok(Ref::int(0));
    }
    let span = ops::sub(high, low)?;
    let span = ops::sub(span.value(), Value::int_unchecked(1))?;
    let n = ops::floor_div(span.value(), step.value())?;
    ops::add(n.value(), Value::int_unchecked(1))
}
fn count_words(start: i64, stop: i64, step: i64) -> i128 {
    let (a, b, s) = (i128::from(start), i128::from(stop), i128::from(step));
    if s > 0 && a < b {
        (b - a - 1) / s + 1
    } else if s < 0 && a > b {
        (a - b - 1) / -s + 1
    } else {
        0
    }
}
/// `start + i * step`.
fn item(start: Value, step: Value, i: Value) -> PyResult {
    if let (Some(a), Some(s), Some(i)) = (int::to_i64(start), int::to_i64(step), int::to_i64(i)) {
        let n = i128::from(i) * i128::from(s);
        if let Some(n) = n.checked_add(i128::from(a)) {
            return Ok(int::from_i128(n));
        }
    }
    let offset = ops::mul(i, step)?;
    ops::add(start, offset.value())
}

fn range_new(_t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("range")?;
    let given = args.positional();
    crate::check_positional("range", given.len(), 1, 3)?;
    match given {
        [stop] => new(Value::int_unchecked(0), *stop, Value::EMPTY),
        [start, stop] => new(*start, *stop, Value::EMPTY),
        _ => new(given[0], given[1], given[2]),
    }
}
unsafe extern "C" fn range_dealloc(object: *mut PyObject) {
    // SAFETY: a dead range.
    unsafe {
        let r = object.cast::<RangeObject>();
        for field in [
            &raw mut (*r).start,
            &raw mut (*r).stop,
            &raw mut (*r).step,
            &raw mut (*r).length,
        ] {
            heap::clear_field(field);
        }
        heap::finish_dealloc(object);
    }
}
fn range_len(v: Value) -> PyResult<usize> {
    match int::to_i64(raw(v).length) {
        Some(n) => Ok(n as usize),
        None => Err(raise!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        )),
    }
}
fn range_bool(v: Value) -> PyResult<bool> {
    Ok(raw(v).length != Value::int_unchecked(0))
}
fn out_of_range() -> crate::Raised {
    raise!(IndexError, "range object index out of range")
}
fn range_item(v: Value, i: isize) -> PyResult {
    let i = Ref::int(i as i64);
    if int::is_negative(i.value()) || !ops::compare_bool(i.value(), raw(v).length, CmpOp::Lt)? {
        return Err(out_of_range());
    }
    item(raw(v).start, raw(v).step, i.value())
}
fn range_subscript(v: Value, key: Value) -> PyResult {
    let r = raw(v);
    if ops::has_index(key) {
        let mut i = ops::index(key)?;
        if int::is_negative(i.value()) {
            i = ops::add(i.value(), r.length)?;
        }
        if int::is_negative(i.value()) || !ops::compare_bool(i.value(), r.length, CmpOp::Lt)? {
            return Err(out_of_range());
        }
        return item(r.start, r.step, i.value());
    }
    if !crate::slice::is_slice(key) {
        return Err(raise!(
            TypeError,
            "range indices must be integers or slices, not {}",
            key.ty().message_name()
        ));
    }
    let (a, b, s) = crate::slice::long_indices(key, r.length)?;
    let step = ops::mul(r.step, s.value())?;
    let start = item(r.start, r.step, a.value())?;
    let stop = item(r.start, r.step, b.value())?;
    new(start.value(), stop.value(), step.value())
}

/// Whether the int `n` is an item.
fn has_int(v: Value, n: Value) -> PyResult<bool> {
    let r = raw(v);
    if let (Some((a, s, len)), Some(n)) = (words(v), int::to_i64(n)) {
        let offset = i128::from(n) - i128::from(a);
        let s = i128::from(s);
        return Ok(offset % s == 0 && (0..i128::from(len)).contains(&(offset / s)));
    }
    let offset = ops::sub(n, r.start)?;
    let rest = ops::modulo(offset.value(), r.step)?;
    if rest.value() != Value::int_unchecked(0) {
        return Ok(false);
    }
    let i = ops::floor_div(offset.value(), r.step)?;
    Ok(!int::is_negative(i.value()) && ops::compare_bool(i.value(), r.length, CmpOp::Lt)?)
}
/// Items of ranges are found by arithmetic for ints and bools, by comparison for everything else.
fn is_plain_int(v: Value) -> bool {
    v.is_exact(ty!(int::PyLong_Type)) || v.is_exact(ty!(crate::bool::PyBool_Type))
}
fn range_contains(v: Value, n: Value) -> PyResult<bool> {
    if is_plain_int(n) {
        return has_int(v, n);
    }
    let mut found = false;
    ops::for_each(v, |x| {
        found = eq_fast(x.value(), n)?;
        Ok(!found)
    })?;
    Ok(found)
}
fn range_count(v: Value, n: Value) -> PyResult {
    if is_plain_int(n) {
        return Ok(Ref::int(i64::from(has_int(v, n)?)));
    }
    let mut count = 0;
    ops::for_each(v, |x| {
        count += i64::from(eq_fast(x.value(), n)?);
        Ok(true)
    })?;
    Ok(Ref::int(count))
}
fn range_index(v: Value, n: Value) -> PyResult {
    if is_plain_int(n) {
        if has_int(v, n)? {
            let offset = ops::sub(n, raw(v).start)?;
            return ops::floor_div(offset.value(), raw(v).step);
        }
        let text = ops::repr(n)?;
        return Err(raise!(
            ValueError,
            "{} is not in range",
            crate::str::display(text.value())
        ));
    }
    let (mut i, mut found) = (0, false);
    ops::for_each(v, |x| {
        found = eq_fast(x.value(), n)?;
        i += i64::from(!found);
        Ok(!found)
    })?;
    if found {
        return Ok(Ref::int(i));
    }
    Err(raise!(ValueError, "sequence.index(x): x not in sequence"))
}
fn range_repr(v: Value) -> PyResult {
    let r = raw(v);
    let mut b = crate::str::Builder::new();
    b.push_str("range(");
    b.push_value(ops::repr(r.start)?.value());
    b.push_str(", ");
    b.push_value(ops::repr(r.stop)?.value());
    if r.step != Value::int_unchecked(1) {
        b.push_str(", ");
        b.push_value(ops::repr(r.step)?.value());
    }
    b.push_str(")");
    b.finish()
}
fn range_hash(v: Value) -> PyResult<i64> {
    let (r, none) = (raw(v), crate::singletons::none());
    let key = if r.length == Value::int_unchecked(0) {
        [r.length, none, none]
    } else if r.length == Value::int_unchecked(1) {
        [r.length, r.start, none]
    } else {
        [r.length, r.start, r.step]
    };
    crate::tuple::tuple_hash(crate::tuple::from_slice(&key).value())
}
fn range_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_range(a) || !is_range(b) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (raw(a), raw(b));
    let same = a == b
        || (ops::eq(x.length, y.length)?
            && (x.length == Value::int_unchecked(0)
                || (ops::eq(x.start, y.start)?
                    && (x.length == Value::int_unchecked(1) || ops::eq(x.step, y.step)?))));
    Ok(Ref::bool(same == (op == CmpOp::Eq)))
}
fn range_reduce(v: Value) -> PyResult {
    let r = raw(v);
    let args = crate::tuple::from_slice(&[r.start, r.stop, r.step]);
    Ok(crate::tuple::pair(v.ty().to_ref(), args))
}

/// A fresh iterator over immediates.
#[inline]
fn new_iter(next: i64, step: i64, remaining: i64) -> Ref {
    let p = alloc_exact::<RangeIter>(ty!(PyRangeIter_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).next = next;
        (*p).step = step;
        (*p).remaining = remaining;
        (*p).total = remaining;
        Ref::from_owned_ptr(p)
    }
}
fn new_long_iter(class: Type, start: Ref, step: Ref, length: Ref) -> Ref {
    let p = alloc_exact::<LongRangeIter>(class);
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).start = start.into_value();
        (*p).step = step.into_value();
        (*p).length = length.into_value();
        (*p).index = Value::int_unchecked(0);
        Ref::from_owned_ptr(p)
    }
}
/// Whether every item and the value behind the last one are machine words.
fn fits(start: i64, step: i64, len: i64) -> bool {
    step.checked_mul(len)
        .and_then(|n| n.checked_add(start))
        .is_some()
}
/// Whether every item is an immediate, and the value behind the last one a machine word.
fn immediate(start: i64, step: i64, len: i64) -> bool {
    let last = step.checked_mul(len - 1).and_then(|n| n.checked_add(start));
    len <= 0
        || Value::try_int(start).is_some()
            && last.is_some_and(|n| Value::try_int(n).is_some() && n.checked_add(step).is_some())
}
fn range_iter(v: Value) -> PyResult {
    let mut class = ty!(PyLongRangeIter_Type);
    if let Some((start, step, len)) = words(v)
        && fits(start, step, len)
    {
        if immediate(start, step, len) {
            return Ok(new_iter(start, step, len));
        }
        class = ty!(WideRangeIter_Type);
    }
    let r = raw(v);
    Ok(new_long_iter(
        class,
        Ref::new(r.start),
        Ref::new(r.step),
        Ref::new(r.length),
    ))
}
fn range_reversed(v: Value) -> PyResult {
    let mut class = ty!(PyLongRangeIter_Type);
    if let Some((start, step, len)) = words(v)
        && fits(start, step, len)
        && let (Some(back), Some(before)) = (step.checked_neg(), start.checked_sub(step))
    {
        let last = before + step * len;
        if immediate(last, back, len) {
            return Ok(new_iter(last, back, len));
        }
        class = ty!(WideRangeIter_Type);
    }
    let r = raw(v);
    let last = ops::sub(r.length, Value::int_unchecked(1))?;
    let first = item(r.start, r.step, last.value())?;
    Ok(new_long_iter(
        class,
        first,
        ops::negative(r.step)?,
        Ref::new(r.length),
    ))
}

fn iter_raw(v: Value) -> *mut RangeIter {
    v.as_ptr().cast()
}
#[inline]
fn iter_next(v: Value) -> PyResult<Option<Ref>> {
    let it = iter_raw(v);
    // SAFETY: a live iterator.
    unsafe {
        if (*it).remaining <= 0 {
            return Ok(None);
        }
        let n = (*it).next;
        (*it).next = n.wrapping_add((*it).step);
        (*it).remaining -= 1;
        Ok(Some(Ref::new(Value::int_unchecked(n))))
    }
}
fn iter_hint(v: Value) -> PyResult {
    // SAFETY: a live iterator.
    Ok(Ref::int(unsafe { (*iter_raw(v)).remaining }))
}
/// The start of the whole iteration, its step, its length and the position in it.
fn iter_whole(v: Value) -> (i64, i64, i64, i64) {
    // SAFETY: a live iterator.
    let it = unsafe { &*iter_raw(v) };
    let total = it.total.max(it.remaining);
    let index = total - it.remaining;
    // What was stepped over lies within the range, whose bounds were checked.
    let start = it.next.wrapping_sub(it.step.wrapping_mul(index));
    (start, it.step, total, index)
}
fn iter_reduce(v: Value) -> PyResult {
    let (start, step, total, index) = iter_whole(v);
    let stop = i128::from(start) + i128::from(step) * i128::from(total);
    let range = build(
        Ref::int(start),
        int::from_i128(stop),
        Ref::int(step),
        Ref::int(total),
    );
    Ok(reduce_tuple(
        builtin(intern!("iter"))?,
        vec![range],
        Some(Ref::int(index)),
    ))
}
fn iter_setstate(v: Value, state: Value) -> PyResult {
    let index = ops::index_as_isize(state)? as i64;
    let (start, step, total, _) = iter_whole(v);
    let index = index.clamp(0, total);
    // SAFETY: a live iterator; the position is within the range, whose bounds were checked.
    unsafe {
        let it = iter_raw(v);
        (*it).next = start.wrapping_add(step.wrapping_mul(index));
        (*it).remaining = total - index;
        (*it).total = total;
    }
    Ok(Ref::none())
}
unsafe extern "C" fn iter_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator without references.
    unsafe { heap::finish_dealloc(object) }
}

fn long_raw(v: Value) -> *mut LongRangeIter {
    v.as_ptr().cast()
}
fn long_next(v: Value) -> PyResult<Option<Ref>> {
    let it = long_raw(v);
    // SAFETY: a live iterator; int arithmetic runs no code that could change it.
    unsafe {
        if !ops::compare_bool((*it).index, (*it).length, CmpOp::Lt)? {
            return Ok(None);
        }
        let result = item((*it).start, (*it).step, (*it).index)?;
        let index = ops::add((*it).index, Value::int_unchecked(1))?;
        heap::decref(std::mem::replace(&mut (*it).index, index.into_value()));
        Ok(Some(result))
    }
}
fn long_hint(v: Value) -> PyResult {
    // SAFETY: a live iterator.
    unsafe { ops::sub((*long_raw(v)).length, (*long_raw(v)).index) }
}
fn long_reduce(v: Value) -> PyResult {
    let it = long_raw(v);
    // SAFETY: a live iterator.
    let (start, step, length, index) = unsafe {
        (
            Ref::new((*it).start),
            Ref::new((*it).step),
            Ref::new((*it).length),
            Ref::new((*it).index),
        )
    };
    let stop = item(start.value(), step.value(), length.value())?;
    let range = build(start, stop, step, length);
    Ok(reduce_tuple(
        builtin(intern!("iter"))?,
        vec![range],
        Some(index),
    ))
}
fn long_setstate(v: Value, state: Value) -> PyResult {
    let it = long_raw(v);
    if !int::is_int_instance(state) {
        return Err(errors::type_error_for(
            state,
            "cannot be interpreted as an integer",
        ));
    }
    // SAFETY: a live iterator; int arithmetic runs no code that could change it.
    unsafe {
        let index = if int::is_negative(state) {
            Ref::int(0)
        } else if ops::compare_bool(state, (*it).length, CmpOp::Gt)? {
            Ref::new((*it).length)
        } else {
            Ref::new(state)
        };
        heap::decref(std::mem::replace(&mut (*it).index, index.into_value()));
    }
    Ok(Ref::none())
}
unsafe extern "C" fn long_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        let it = object.cast::<LongRangeIter>();
        for field in [
            &raw mut (*it).start,
            &raw mut (*it).step,
            &raw mut (*it).length,
            &raw mut (*it).index,
        ] {
            heap::clear_field(field);
        }
        heap::finish_dealloc(object);
    }
}

#[cfg(test)]
mod tests {
    use super::count_words;

    #[test]
    fn lengths_do_not_overflow() {
        assert_eq!(count_words(0, 10, 3), 4);
        assert_eq!(count_words(10, 0, -3), 4);
        assert_eq!(count_words(0, 0, 1), 0);
        assert_eq!(count_words(5, 0, 1), 0);
        assert_eq!(count_words(i64::MIN, i64::MAX, 1), u64::MAX.into());
        assert_eq!(count_words(i64::MAX, i64::MIN, i64::MIN), 2);
    }
}
