//! `collections.deque`: a ring buffer. `state` counts mutations, so that iterators notice them.

use crate::util::repr_text;
use pyrs_object::layout::*;
use pyrs_object::list::common::{
    alloc_instance, class_getitem, eq_fast, index_arguments, repeat_total, repr_enter, repr_leave,
};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, check_positional, getset, heap, intern,
    iterobject, methods, ops, py_type, raise, str, tuple, ty,
};
use std::collections::VecDeque;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

#[repr(C)]
pub(crate) struct DequeObject {
    pub ob_base: PyObject,
    weakrefs: *mut PyObject,
    items: VecDeque<Ref>,
    state: u64,
    /// -1: unbounded.
    max: isize,
}
#[repr(C)]
pub(crate) struct DequeIter {
    pub ob_base: PyObject,
    deque: Value,
    index: usize,
    state: u64,
    remaining: usize,
}
py_type! {
    pub static PyDeque_Type: DequeObject = "collections.deque" {
        flags: HAVE_GC | BASETYPE | SEQUENCE;
        fields {
            tp_weaklistoffset: offset_of!(DequeObject, weakrefs) as isize,
            tp_hash: Some(pyrs_object::typeobject::PyObject_HashNotImplemented)
        }
        doc: "deque([iterable[, maxlen]]) --> deque object\n\nA list-like sequence optimized for data accesses near its endpoints.";
        raw { tp_dealloc: deque_dealloc, tp_traverse: deque_traverse, tp_clear: deque_tp_clear }
        slots {
            tp_repr: deque_repr, tp_richcompare: deque_compare, tp_iter: deque_iter, tp_init: deque_init, tp_new: deque_new
        }
        number { nb_bool: deque_bool }
        sequence {
            sq_length: deque_len, sq_concat: deque_concat, sq_repeat: deque_repeat, sq_item: deque_item,
            sq_ass_item: deque_ass_item, sq_contains: deque_contains, sq_inplace_concat: deque_iconcat,
            sq_inplace_repeat: deque_irepeat
        }
        methods: METHODS;
        getset: GETSET;
    }
}
py_type! {
    pub static PyDequeIter_Type: DequeIter = "_collections._deque_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse, tp_clear: iter_clear }
        slots { tp_iter: iterobject::self_iter, tp_iternext: iter_next, tp_new: iter_new }
        methods: ITER_METHODS;
    }
}
py_type! {
    pub static PyDequeRevIter_Type: DequeIter = "_collections._deque_reverse_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse, tp_clear: iter_clear }
        slots { tp_iter: iterobject::self_iter, tp_iternext: reviter_next, tp_new: reviter_new }
        methods: ITER_METHODS;
    }
}
owning_fields!(DequeIter iter_dealloc iter_traverse iter_clear; deque);

methods! { static METHODS = [
    "append" O append, "Add an element to the right side of the deque.";
    "appendleft" O appendleft, "Add an element to the left side of the deque.";
    "clear" NOARGS clear, "Remove all elements from the deque.";
    "__copy__" NOARGS copy, "Return a shallow copy of a deque.";
    "copy" NOARGS copy, "Return a shallow copy of a deque.";
    "count" O count, "D.count(value) -- return number of occurrences of value";
    "extend" O extend, "Extend the right side of the deque with elements from the iterable";
    "extendleft" O extendleft, "Extend the left side of the deque with elements from the iterable";
    "index" FAST index, "D.index(value, [start, [stop]]) -- return first index of value.\nRaises ValueError if the value is not present.";
    "insert" FAST insert, "D.insert(index, object) -- insert object before index";
    "pop" NOARGS pop, "Remove and return the rightmost element.";
    "popleft" NOARGS popleft, "Remove and return the leftmost element.";
    "__reduce__" NOARGS reduce, "Return state information for pickling.";
    "remove" O remove, "D.remove(value) -- remove first occurrence of value.";
    "__reversed__" NOARGS reversed, "D.__reversed__() -- return a reverse iterator over the deque";
    "reverse" NOARGS reverse, "D.reverse() -- reverse *IN PLACE*";
    "rotate" FAST rotate, "Rotate the deque n steps to the right (default n=1).  If n is negative, rotates left.";
    "__sizeof__" NOARGS sizeof, "D.__sizeof__() -- size of D in memory, in bytes";
    "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
] }
getset! { static GETSET = [ "maxlen" get_maxlen, None, "maximum size of a deque or None if unbounded"; ] }
methods! { static ITER_METHODS = [
    "__length_hint__" NOARGS iter_hint, "Private method returning an estimate of len(list(it)).";
    "__reduce__" NOARGS iter_reduce, "Return state information for pickling.";
] }

#[inline(always)]
fn raw(v: Value) -> *mut DequeObject {
    v.as_ptr().cast()
}
/// The items. The reference must not outlive code that may run Python.
#[inline(always)]
unsafe fn items<'a>(v: Value) -> &'a mut VecDeque<Ref> {
    // SAFETY: the caller passes a live deque and keeps the rule above.
    unsafe { &mut (*raw(v)).items }
}
#[inline(always)]
fn touch(v: Value) {
    // SAFETY: a live deque.
    unsafe { (*raw(v)).state = (*raw(v)).state.wrapping_add(1) }
}
fn state(v: Value) -> u64 {
    // SAFETY: a live deque.
    unsafe { (*raw(v)).state }
}
fn max(v: Value) -> isize {
    // SAFETY: a live deque.
    unsafe { (*raw(v)).max }
}
#[inline]
fn length(v: Value) -> usize {
    // SAFETY: a live deque; the reference ends here.
    unsafe { items(v).len() }
}
#[inline]
fn at(v: Value, i: usize) -> Option<Ref> {
    // SAFETY: as above.
    unsafe { items(v).get(i).cloned() }
}

unsafe extern "C" fn deque_dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        pyrs_object::weakref::clear_refs(object);
        deque_tp_clear(object);
        std::ptr::drop_in_place(&raw mut (*object.cast::<DequeObject>()).items);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn deque_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe {
        for v in &(*object.cast::<DequeObject>()).items {
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
unsafe extern "C" fn deque_tp_clear(object: *mut PyObject) -> c_int {
    // SAFETY: a live or dying instance; the deque is empty before its items may die.
    let old = unsafe {
        let d = object.cast::<DequeObject>();
        (*d).state = (*d).state.wrapping_add(1);
        std::mem::take(&mut (*d).items)
    };
    drop(old);
    0
}

fn deque_new(t: Type, _: Args<'_>) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<DequeObject>();
    // SAFETY: a fresh zeroed instance; nobody has read the items yet.
    unsafe {
        std::ptr::write(&raw mut (*p).items, VecDeque::new());
        (*p).max = -1;
        Ok(Ref::from_owned_ptr(p))
    }
}
fn deque_init(v: Value, args: Args<'_>) -> PyResult<()> {
    const SIGNATURE: Signature<2> = Signature {
        name: "deque",
        params: ["iterable", "maxlen"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [iterable, maxlen] = args.bind(&SIGNATURE)?;
    let limit = match maxlen.non_empty().filter(|m| !m.is_none()) {
        None => -1,
        Some(m) => {
            if !pyrs_object::int::is_int_instance(m) {
                return Err(raise!(TypeError, "an integer is required"));
            }
            let n = ops::index_as_isize(m)?;
            if n < 0 {
                return Err(raise!(ValueError, "maxlen must be non-negative"));
            }
            n
        }
    };
    // SAFETY: a live deque.
    unsafe { (*raw(v)).max = limit };
    if length(v) > 0 {
        clear(v)?;
    }
    if !iterable.is_empty() {
        extend(v, iterable)?;
    }
    Ok(())
}

/// Drops one item of the left if there are too many.
#[inline]
fn trim_left(v: Value) {
    let limit = max(v);
    if limit >= 0 && length(v) > limit as usize {
        // SAFETY: the reference ends before the item dies.
        let old = unsafe { items(v).pop_front() };
        drop(old);
    }
}
#[inline]
fn trim_right(v: Value) {
    let limit = max(v);
    if limit >= 0 && length(v) > limit as usize {
        // SAFETY: as above.
        let old = unsafe { items(v).pop_back() };
        drop(old);
    }
}
/// For one more item.
#[inline]
fn make_room(v: Value) -> PyResult<()> {
    // SAFETY: nothing runs meanwhile.
    let d = unsafe { items(v) };
    if d.len() == d.capacity() && d.try_reserve(1).is_err() {
        return Err(pyrs_object::errors::no_memory());
    }
    Ok(())
}
fn append(v: Value, item: Value) -> PyResult {
    make_room(v)?;
    // SAFETY: pushing runs no Python code.
    unsafe { items(v).push_back(Ref::new(item)) };
    touch(v);
    trim_left(v);
    Ok(Ref::none())
}
fn appendleft(v: Value, item: Value) -> PyResult {
    make_room(v)?;
    // SAFETY: as above.
    unsafe { items(v).push_front(Ref::new(item)) };
    touch(v);
    trim_right(v);
    Ok(Ref::none())
}
fn pop(v: Value) -> PyResult {
    // SAFETY: popping runs no Python code.
    match unsafe { items(v).pop_back() } {
        Some(item) => {
            touch(v);
            Ok(item)
        }
        None => Err(raise!(IndexError, "pop from an empty deque")),
    }
}
fn popleft(v: Value) -> PyResult {
    // SAFETY: as above.
    match unsafe { items(v).pop_front() } {
        Some(item) => {
            touch(v);
            Ok(item)
        }
        None => Err(raise!(IndexError, "pop from an empty deque")),
    }
}
fn clear(v: Value) -> PyResult {
    touch(v);
    // SAFETY: the deque is empty before its items die.
    let old = unsafe { std::mem::take(items(v)) };
    drop(old);
    Ok(Ref::none())
}

fn extend_with(v: Value, iterable: Value, left: bool) -> PyResult {
    let copy;
    let iterable = if iterable == v {
        copy = ops::to_list(v)?;
        copy.value()
    } else {
        iterable
    };
    let it = ops::iter(iterable)?;
    if max(v) == 0 {
        while ops::next(it.value())?.is_some() {}
        return Ok(Ref::none());
    }
    while let Some(item) = ops::next(it.value())? {
        make_room(v)?;
        // SAFETY: pushing runs no Python code.
        unsafe {
            if left {
                items(v).push_front(item);
                touch(v);
                trim_right(v);
            } else {
                items(v).push_back(item);
                touch(v);
                trim_left(v);
            }
        }
    }
    Ok(Ref::none())
}
fn extend(v: Value, iterable: Value) -> PyResult {
    extend_with(v, iterable, false)
}
fn extendleft(v: Value, iterable: Value) -> PyResult {
    extend_with(v, iterable, true)
}
fn deque_iconcat(v: Value, other: Value) -> PyResult {
    extend(v, other)?;
    Ok(Ref::new(v))
}

fn is_deque(v: Value) -> bool {
    v.is_a(ty!(PyDeque_Type))
}
fn maxlen_value(v: Value) -> Ref {
    match max(v) {
        -1 => Ref::none(),
        n => Ref::int(n as i64),
    }
}
fn copy(v: Value) -> PyResult {
    if v.is_exact(ty!(PyDeque_Type)) {
        let new = deque_new(ty!(PyDeque_Type), Args::NONE)?;
        pyrs_object::errors::check_room(length(v), size_of::<Ref>())?;
        // SAFETY: cloning counts references and runs no Python code.
        unsafe {
            (*raw(new.value())).max = max(v);
            *items(new.value()) = items(v).clone();
        }
        return Ok(new);
    }
    let class = v.ty().value();
    let new = if max(v) < 0 {
        ops::call(class, &[v])?
    } else {
        ops::call(class, &[v, maxlen_value(v).value()])?
    };
    if !is_deque(new.value()) {
        return Err(raise!(
            TypeError,
            "{}() must return a deque, not {}",
            v.ty().message_name(),
            new.ty().message_name()
        ));
    }
    Ok(new)
}
fn deque_concat(v: Value, other: Value) -> PyResult {
    if !is_deque(other) {
        return Err(raise!(
            TypeError,
            "can only concatenate deque (not \"{}\") to deque",
            other.ty().message_name()
        ));
    }
    let new = copy(v)?;
    extend(new.value(), other)?;
    Ok(new)
}
fn deque_irepeat(v: Value, n: isize) -> PyResult {
    let size = length(v);
    if size == 0 || n == 1 {
        return Ok(Ref::new(v));
    }
    if n <= 0 {
        clear(v)?;
        return Ok(Ref::new(v));
    }
    let mut total = repeat_total(size, n)?;
    let limit = max(v);
    if limit >= 0 {
        total = total.min(limit as usize + size);
    }
    pyrs_object::errors::check_room(total, size_of::<Ref>())?;
    // SAFETY: cloning and pushing run no Python code; what is cut off dies afterwards.
    let cut: Vec<Ref> = unsafe {
        let d = items(v);
        let add = if limit >= 0 {
            // The last `limit` of `n` repetitions.
            let rounds = n as usize;
            (total.div_ceil(size)).min(rounds).saturating_sub(1) * size
        } else {
            total - size
        };
        d.reserve(add);
        for i in 0..add {
            let item = d[i % size].clone();
            d.push_back(item);
        }
        let over = if limit >= 0 {
            d.len().saturating_sub(limit as usize)
        } else {
            0
        };
        d.drain(..over).collect()
    };
    touch(v);
    drop(cut);
    Ok(Ref::new(v))
}
fn deque_repeat(v: Value, n: isize) -> PyResult {
    let new = copy(v)?;
    deque_irepeat(new.value(), n)
}
fn deque_bool(v: Value) -> PyResult<bool> {
    Ok(length(v) > 0)
}
fn deque_len(v: Value) -> PyResult<usize> {
    Ok(length(v))
}
fn out_of_range() -> pyrs_object::Raised {
    raise!(IndexError, "deque index out of range")
}
fn deque_item(v: Value, i: isize) -> PyResult {
    usize::try_from(i)
        .ok()
        .and_then(|i| at(v, i))
        .ok_or_else(out_of_range)
}
fn deque_ass_item(v: Value, i: isize, value: Value) -> PyResult<()> {
    let Some(i) = usize::try_from(i).ok().filter(|i| *i < length(v)) else {
        return Err(out_of_range());
    };
    // SAFETY: the old item dies after the reference has ended.
    let old = unsafe {
        if value.is_empty() {
            touch(v);
            items(v).remove(i)
        } else {
            Some(std::mem::replace(&mut items(v)[i], Ref::new(value)))
        }
    };
    drop(old);
    Ok(())
}
fn mutated() -> pyrs_object::Raised {
    raise!(RuntimeError, "deque mutated during iteration")
}
fn deque_contains(v: Value, item: Value) -> PyResult<bool> {
    let before = state(v);
    let mut i = 0;
    while let Some(x) = at(v, i) {
        if eq_fast(x.value(), item)? {
            return Ok(true);
        }
        if state(v) != before {
            return Err(mutated());
        }
        i += 1;
    }
    Ok(false)
}
fn count(v: Value, item: Value) -> PyResult {
    let before = state(v);
    let (mut i, mut n) = (0, 0);
    while let Some(x) = at(v, i) {
        n += i64::from(eq_fast(x.value(), item)?);
        if state(v) != before {
            return Err(mutated());
        }
        i += 1;
    }
    Ok(Ref::int(n))
}
fn index(v: Value, args: &[Value]) -> PyResult {
    let (item, start, stop) = index_arguments("index", args, length(v))?;
    let before = state(v);
    let mut i = start;
    while i < stop {
        let Some(x) = at(v, i as usize) else { break };
        if eq_fast(x.value(), item)? {
            return Ok(Ref::int(i as i64));
        }
        if state(v) != before {
            return Err(mutated());
        }
        i += 1;
    }
    Err(raise!(ValueError, "{} is not in deque", repr_text(item)?))
}
fn insert(v: Value, args: &[Value]) -> PyResult {
    check_positional("insert", args.len(), 2, 2)?;
    let i = ops::index_as_isize(args[0])?;
    let n = length(v) as isize;
    if max(v) == n {
        return Err(raise!(IndexError, "deque already at its maximum size"));
    }
    let i = if i < 0 {
        i.saturating_add(n).max(0)
    } else {
        i.min(n)
    };
    // SAFETY: inserting runs no Python code.
    unsafe { items(v).insert(i as usize, Ref::new(args[1])) };
    touch(v);
    Ok(Ref::none())
}
fn remove(v: Value, item: Value) -> PyResult {
    let before = state(v);
    let mut i = 0;
    while let Some(x) = at(v, i) {
        let equal = eq_fast(x.value(), item)?;
        if state(v) != before {
            return Err(raise!(IndexError, "deque mutated during iteration"));
        }
        if equal {
            // SAFETY: the item dies after the reference has ended.
            let old = unsafe { items(v).remove(i) };
            touch(v);
            drop(old);
            return Ok(Ref::none());
        }
        i += 1;
    }
    Err(raise!(ValueError, "{} is not in deque", repr_text(item)?))
}
fn reverse(v: Value) -> PyResult {
    // SAFETY: swapping runs no Python code.
    unsafe { items(v).make_contiguous().reverse() };
    touch(v);
    Ok(Ref::none())
}
fn rotate(v: Value, args: &[Value]) -> PyResult {
    check_positional("rotate", args.len(), 0, 1)?;
    let n = match args {
        [n] => ops::index_as_isize(*n)?,
        _ => 1,
    };
    let size = length(v);
    if size > 1 {
        let by = n.rem_euclid(size as isize) as usize;
        if by != 0 {
            // SAFETY: rotating runs no Python code.
            unsafe { items(v).rotate_right(by) };
            touch(v);
        }
    }
    Ok(Ref::none())
}
fn sizeof(v: Value) -> PyResult {
    // SAFETY: a live deque.
    let room = unsafe { items(v).capacity() };
    Ok(Ref::int((v.ty().tp_basicsize as usize + room * 8) as i64))
}
fn get_maxlen(v: Value) -> PyResult {
    Ok(maxlen_value(v))
}
fn reduce(v: Value) -> PyResult {
    let state = ops::call_method(v, intern!("__getstate__"), &[])?;
    let it = ops::iter(v)?;
    let args = if max(v) < 0 {
        tuple::empty()
    } else {
        tuple::from_vec(vec![tuple::empty(), maxlen_value(v)])
    };
    Ok(tuple::from_vec(vec![v.ty().to_ref(), args, state, it]))
}
fn deque_repr(v: Value) -> PyResult {
    if repr_enter(v) {
        return Ok(str::new("[...]"));
    }
    let made = ops::to_list(v).and_then(|l| repr_text(l.value()));
    repr_leave(v);
    let (name, body) = (v.ty().name(), made?);
    Ok(str::new(&match max(v) {
        -1 => format!("{name}({body})"),
        n => format!("{name}({body}, maxlen={n})"),
    }))
}
fn deque_compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_deque(a) || !is_deque(b) {
        return Ok(Ref::not_implemented());
    }
    if a == b {
        return Ok(Ref::bool(op.holds(std::cmp::Ordering::Equal)));
    }
    let (n, m) = (length(a), length(b));
    if n != m {
        match op {
            CmpOp::Eq => return Ok(Ref::bool(false)),
            CmpOp::Ne => return Ok(Ref::bool(true)),
            _ => {}
        }
    }
    let before = (state(a), state(b));
    let mut i = 0;
    while let (Some(x), Some(y)) = (at(a, i), at(b, i)) {
        if !eq_fast(x.value(), y.value())? {
            return match op {
                CmpOp::Eq => Ok(Ref::bool(false)),
                CmpOp::Ne => Ok(Ref::bool(true)),
                _ => ops::richcompare(x.value(), y.value(), op),
            };
        }
        if (state(a), state(b)) != before {
            return Err(mutated());
        }
        i += 1;
    }
    Ok(Ref::bool(op.holds(n.cmp(&m))))
}

fn iter_raw(v: Value) -> *mut DequeIter {
    v.as_ptr().cast()
}
fn make_iter(t: Type, deque: Value) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<DequeIter>();
    let n = length(deque);
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).deque = Ref::new(deque).into_value();
        (*p).index = 0;
        (*p).state = state(deque);
        (*p).remaining = n;
        Ok(Ref::from_owned_ptr(p))
    }
}
fn deque_iter(v: Value) -> PyResult {
    make_iter(ty!(PyDequeIter_Type), v)
}
fn reversed(v: Value) -> PyResult {
    make_iter(ty!(PyDequeRevIter_Type), v)
}
fn new_iter(t: Type, args: Args<'_>, from: Type) -> PyResult {
    args.no_keywords(from.name())?;
    check_positional(from.name(), args.values.len(), 1, 2)?;
    if !is_deque(args.values[0]) {
        return Err(raise!(
            TypeError,
            "{}() argument 1 must be collections.deque, not {}",
            from.name(),
            args.values[0].ty().message_name()
        ));
    }
    let it = make_iter(t, args.values[0])?;
    if let Some(skip) = args.values.get(1) {
        let skip = ops::index_as_isize(*skip)?.max(0) as usize;
        // SAFETY: a fresh iterator.
        unsafe {
            let p = iter_raw(it.value());
            let skip = skip.min((*p).remaining);
            (*p).index = skip;
            (*p).remaining -= skip;
        }
    }
    Ok(it)
}
fn iter_new(t: Type, args: Args<'_>) -> PyResult {
    new_iter(t, args, ty!(PyDequeIter_Type))
}
fn reviter_new(t: Type, args: Args<'_>) -> PyResult {
    new_iter(t, args, ty!(PyDequeRevIter_Type))
}
#[inline]
fn step(v: Value, backwards: bool) -> PyResult<Option<Ref>> {
    let p = iter_raw(v);
    // SAFETY: a live iterator, which keeps its deque.
    unsafe {
        let d = (*p).deque;
        if state(d) != (*p).state {
            (*p).remaining = 0;
            return Err(mutated());
        }
        if (*p).remaining == 0 {
            return Ok(None);
        }
        let i = (*p).index;
        (*p).index += 1;
        (*p).remaining -= 1;
        let n = length(d);
        if i >= n {
            return Ok(None);
        }
        Ok(at(d, if backwards { n - 1 - i } else { i }))
    }
}
fn iter_next(v: Value) -> PyResult<Option<Ref>> {
    step(v, false)
}
fn reviter_next(v: Value) -> PyResult<Option<Ref>> {
    step(v, true)
}
fn iter_hint(v: Value) -> PyResult {
    // SAFETY: a live iterator.
    Ok(Ref::int(unsafe { (*iter_raw(v)).remaining } as i64))
}
fn iter_reduce(v: Value) -> PyResult {
    // SAFETY: a live iterator.
    let (d, index) = unsafe { ((*iter_raw(v)).deque, (*iter_raw(v)).index) };
    Ok(tuple::pair(
        v.ty().to_ref(),
        tuple::pair(Ref::new(d), Ref::int(index as i64)),
    ))
}
