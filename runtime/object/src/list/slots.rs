//! The type `list`: slots and methods.

use super::common::*;
use super::*;
use crate::{Args, Type, raise};
use std::ffi::{c_int, c_void};

py_type! {
    pub static PyList_Type: PyListObject = "list" {
        flags: HAVE_GC | BASETYPE | LIST_SUBCLASS | SEQUENCE | MATCH_SELF;
        doc: "list(iterable=(), /)\n--\n\nA mutable sequence; without an argument an empty one.";
        raw { tp_dealloc: list_dealloc, tp_traverse: list_traverse, tp_clear: list_tp_clear }
        slots {
            tp_repr: list_repr, tp_richcompare: list_richcompare, tp_iter: super::iter::new,
            tp_init: list_init, tp_new: list_new
        }
        sequence {
            sq_length: list_length, sq_concat: list_concat, sq_repeat: list_repeat, sq_item: list_item,
            sq_ass_item: list_ass_item, sq_contains: list_contains, sq_inplace_concat: list_inplace_concat,
            sq_inplace_repeat: list_inplace_repeat
        }
        mapping { mp_length: list_length, mp_subscript: list_subscript, mp_ass_subscript: list_ass_subscript }
        methods: LIST_METHODS;
    }
}

methods! {
    static LIST_METHODS = [
        "__getitem__" O|COEXIST list_subscript, "__getitem__($self, index, /)\n--\n\nReturn self[index].";
        "__reversed__" NOARGS super::iter::new_reversed, "__reversed__($self, /)\n--\n\nA reverse iterator over the list.";
        "__sizeof__" NOARGS list_sizeof, "__sizeof__($self, /)\n--\n\nSize in memory, in bytes.";
        "clear" NOARGS list_clear, "clear($self, /)\n--\n\nRemove all items.";
        "copy" NOARGS list_copy, "copy($self, /)\n--\n\nA shallow copy.";
        "append" O list_append, "append($self, object, /)\n--\n\nAppend object to the end.";
        "insert" FAST list_insert, "insert($self, index, object, /)\n--\n\nInsert object before index.";
        "extend" O list_extend, "extend($self, iterable, /)\n--\n\nAppend the items of the iterable.";
        "pop" FAST list_pop, "pop($self, index=-1, /)\n--\n\nRemove and return the item at index.";
        "remove" O list_remove, "remove($self, value, /)\n--\n\nRemove the first occurrence of value.";
        "index" FAST list_index, "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\nFirst index of value.";
        "count" O list_count, "count($self, value, /)\n--\n\nNumber of occurrences of value.";
        "reverse" NOARGS list_reverse, "reverse($self, /)\n--\n\nReverse in place.";
        "sort" KW super::sort::list_sort, "sort($self, /, *, key=None, reverse=False)\n--\n\nSort in place, stably.";
        "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
    ]
}

fn list_new(t: Type, _args: Args<'_>) -> PyResult {
    if t == ty!(PyList_Type) {
        return Ok(new());
    }
    let p = alloc_instance(t, 0)?;
    // SAFETY: zeroed: an empty list.
    unsafe { Ok(Ref::from_owned_ptr(p)) }
}

fn list_init(v: Value, args: Args<'_>) -> PyResult<()> {
    // A `__new__` of its own may have taken the keywords.
    if same_new(v.ty(), ty!(PyList_Type)) {
        args.no_keywords("list")?;
    }
    let given = args.positional();
    crate::check_positional("list", given.len(), 0, 1)?;
    if len(v) > 0 {
        clear(v);
    }
    match given {
        [iterable] => extend(v, *iterable),
        _ => Ok(()),
    }
}

unsafe extern "C" fn list_dealloc(object: *mut PyObject) {
    // SAFETY: a dead list.
    unsafe {
        crate::gc::untrack(object);
        clear(Value::from_object(object));
        if Type::of_ptr(object) == ty!(PyList_Type) {
            return heap::finish_exact::<PyListObject>(object);
        }
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn list_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    for v in items(Value::from_object(object)) {
        // SAFETY: called by the collector for a live list.
        let code = unsafe { visit_value(*v, visit, arg) };
        if code != 0 {
            return code;
        }
    }
    0
}
unsafe extern "C" fn list_tp_clear(object: *mut PyObject) -> c_int {
    clear(Value::from_object(object));
    0
}

fn list_repr(v: Value) -> PyResult {
    if len(v) == 0 {
        return Ok(crate::str::new("[]"));
    }
    if repr_enter(v) {
        return Ok(crate::str::new("[...]"));
    }
    let result = repr_items(v);
    repr_leave(v);
    result
}
fn repr_items(v: Value) -> PyResult {
    let mut b = crate::str::Builder::new();
    b.push_str("[");
    let mut i = 0;
    while let Some(item) = get(v, i) {
        if i > 0 {
            b.push_str(", ");
        }
        if item.value().is_empty() {
            b.push_str("<NULL>");
        } else {
            b.push_value(crate::ops::repr(item.value())?.value());
        }
        i += 1;
    }
    b.push_str("]");
    b.finish()
}

fn list_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_list(a) || !is_list(b) {
        return Ok(Ref::not_implemented());
    }
    if len(a) != len(b) && matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::bool(op == CmpOp::Ne));
    }
    compare_sequences(op, || len(a), || len(b), |i| peek(a, i), |i| peek(b, i))
}

fn list_length(v: Value) -> PyResult<usize> {
    Ok(len(v))
}
fn list_concat(a: Value, b: Value) -> PyResult {
    if !is_list(b) {
        return Err(raise!(
            TypeError,
            "can only concatenate list (not \"{}\") to list",
            b.ty().message_name()
        ));
    }
    let (n, more) = (len(a), len(b));
    crate::errors::check_room(n + more, 8)?;
    let list = with_capacity(n + more);
    // SAFETY: room for both; each item gets a count of its own. Nothing runs meanwhile.
    unsafe {
        let l = raw(list.value());
        for (i, item) in items(a).iter().chain(items(b)).enumerate() {
            words(l).add(i).write(item_ref(*item).into_value());
        }
        (*l).ob_base.ob_size = (n + more) as isize;
    }
    Ok(list)
}
fn list_repeat(v: Value, times: isize) -> PyResult {
    let total = repeat_total(len(v), times)?;
    if total == 0 {
        return Ok(new());
    }
    let probe = heap::try_malloc(total * 8);
    if probe.is_null() {
        return Err(crate::errors::no_memory());
    }
    let n = len(v);
    let list = new();
    // SAFETY: the block has `total` words; each is written with a count of its own before the list sees it.
    unsafe {
        let w = probe.cast::<Value>();
        for (i, item) in items(v).iter().enumerate() {
            let item = canonical(*item);
            if item.is_object() {
                (*item.as_ptr()).ob_refcnt += (total / n) as isize;
            }
            w.add(i).write(item);
        }
        let mut done = n;
        while done < total {
            let more = done.min(total - done);
            std::ptr::copy_nonoverlapping(w, w.add(done), more);
            done += more;
        }
        let l = raw(list.value());
        (*l).ob_item = w.cast();
        (*l).allocated = total as isize;
        (*l).ob_base.ob_size = total as isize;
    }
    Ok(list)
}
fn list_inplace_repeat(v: Value, times: isize) -> PyResult {
    let n = len(v);
    if n == 0 || times == 1 {
        return Ok(Ref::new(v));
    }
    if times < 1 {
        clear(v);
        return Ok(Ref::new(v));
    }
    repeat_total(n, times)?;
    let more = list_repeat(v, times - 1)?;
    extend(v, more.value())?;
    Ok(Ref::new(v))
}
fn list_inplace_concat(v: Value, other: Value) -> PyResult {
    extend(v, other)?;
    Ok(Ref::new(v))
}
fn list_item(v: Value, i: isize) -> PyResult {
    match usize::try_from(i).ok().and_then(|i| get(v, i)) {
        Some(item) => Ok(item),
        None => Err(raise!(IndexError, "list index out of range")),
    }
}
fn list_ass_item(v: Value, i: isize, value: Value) -> PyResult<()> {
    if i < 0 || i as usize >= len(v) {
        return Err(raise!(IndexError, "list assignment index out of range"));
    }
    if value.is_empty() {
        drop(remove_at(v, i as usize));
    } else {
        set(v, i as usize, Ref::new(value));
    }
    Ok(())
}
fn list_contains(v: Value, item: Value) -> PyResult<bool> {
    Ok(find(v, item, 0, isize::MAX)?.is_some())
}

/// The first index in `start..stop` whose item equals `value`.
fn find(v: Value, value: Value, start: isize, stop: isize) -> PyResult<Option<usize>> {
    let mut i = start as usize;
    let all = items(v);
    let end = all.len().min(stop.max(0) as usize);
    match quick_place(all.get(i..end).unwrap_or(&[]), value) {
        Ok(found) => return Ok(found.map(|k| i + k)),
        Err(seen) => i += seen,
    }
    while i < len(v) && (i as isize) < stop {
        let item = peek(v, i);
        if item == value {
            return Ok(Some(i));
        }
        if !(item.is_int() && value.is_int()) {
            let item = Ref::new(item);
            if !item.is_empty() && eq_fast(item.value(), value)? {
                return Ok(Some(i));
            }
        }
        i += 1;
    }
    Ok(None)
}

fn bad_index(key: Value) -> crate::Raised {
    raise!(
        TypeError,
        "list indices must be integers or slices, not {}",
        key.ty().message_name()
    )
}

fn list_subscript(v: Value, key: Value) -> PyResult {
    if crate::ops::has_index(key) {
        let mut i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        if i < 0 {
            i += len(v) as isize;
        }
        return list_item(v, i);
    }
    if !crate::slice::is_slice(key) {
        return Err(bad_index(key));
    }
    let (start, _, step, count) = crate::slice::indices_of(key, || len(v))?;
    crate::errors::check_room(count, 8)?;
    Ok(part(items(v), start, step, count))
}

fn list_ass_subscript(v: Value, key: Value, value: Value) -> PyResult<()> {
    if crate::ops::has_index(key) {
        let mut i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        if i < 0 {
            i += len(v) as isize;
        }
        return list_ass_item(v, i, value);
    }
    if !crate::slice::is_slice(key) {
        return Err(bad_index(key));
    }
    let (start, stop, step, _) = crate::slice::indices_of(key, || len(v))?;
    if step == 1 {
        let (start, stop) = (start as usize, stop.max(start) as usize);
        if value.is_empty() {
            return splice(v, start, stop, Vec::new());
        }
        return assign_part(v, start, stop, value);
    }
    if value.is_empty() {
        let (start, _, step, count) = crate::slice::indices_of(key, || len(v))?;
        delete_extended(v, start, step, count);
        return Ok(());
    }
    let with = assigned_items(value, "must assign iterable to extended slice")?;
    let (start, _, step, count) = crate::slice::indices_of(key, || len(v))?;
    if with.len() != count {
        return Err(raise!(
            ValueError,
            "attempt to assign sequence of size {} to extended slice of size {count}",
            with.len()
        ));
    }
    let mut old: Vec<Value> = Vec::with_capacity(count);
    for (k, item) in with.into_iter().enumerate() {
        let word = stored(v, item);
        // SAFETY: nothing ran since the bounds were computed: the index is in range.
        unsafe {
            old.push(
                words(raw(v))
                    .offset(start + k as isize * step)
                    .replace(word),
            )
        }
    }
    old.into_iter().for_each(heap::decref);
    Ok(())
}

pub(super) fn assigned_items(value: Value, message: &'static str) -> PyResult<Vec<Ref>> {
    if crate::ops::exact_items(value).is_none() {
        let iterable = value.ty().tp_iter.is_some() || crate::ops::is_sequence(value);
        if !iterable {
            return Err(raise!(TypeError, "{message}"));
        }
    }
    crate::ops::collect(value)
}

/// `del list[slice]` with any step.
fn delete_extended(v: Value, start: isize, step: isize, count: usize) {
    if count == 0 {
        return;
    }
    let (first, step) = if step < 0 {
        (start + step * (count as isize - 1), -step)
    } else {
        (start, step)
    };
    let (first, step, n) = (first as usize, step as usize, len(v));
    let mut removed = Vec::with_capacity(count);
    // SAFETY: all indices are below `n`; the words are moved together before anything is released.
    unsafe {
        let w = words(raw(v));
        let mut out = first;
        for i in first..n {
            if removed.len() < count && (i - first) % step == 0 {
                removed.push(*w.add(i));
            } else {
                w.add(out).write(*w.add(i));
                out += 1;
            }
        }
        shrink(v, out);
    }
    removed.into_iter().for_each(heap::decref);
}

fn list_sizeof(v: Value) -> PyResult {
    // SAFETY: a live list.
    let room = unsafe { (*raw(v)).allocated };
    Ok(Ref::int(v.ty().tp_basicsize as i64 + room as i64 * 8))
}
fn list_clear(v: Value) -> PyResult {
    clear(v);
    Ok(Ref::none())
}
fn list_copy(v: Value) -> PyResult {
    let n = len(v);
    crate::errors::check_room(n, 8)?;
    Ok(part(items(v), 0, 1, n))
}
fn list_append(v: Value, item: Value) -> PyResult {
    append(v, Ref::new(item))?;
    Ok(Ref::none())
}
fn list_insert(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("insert", args.len(), 2, 2)?;
    let mut i = crate::ops::index_as_isize(args[0])?;
    if i < 0 {
        i = i.saturating_add(len(v) as isize).max(0);
    }
    insert(v, i as usize, Ref::new(args[1]))?;
    Ok(Ref::none())
}
fn list_extend(v: Value, iterable: Value) -> PyResult {
    extend(v, iterable)?;
    Ok(Ref::none())
}
fn list_pop(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("pop", args.len(), 0, 1)?;
    let mut i = args
        .first()
        .map_or(Ok(-1), |i| crate::ops::index_as_isize(*i))?;
    let n = len(v) as isize;
    if n == 0 {
        return Err(raise!(IndexError, "pop from empty list"));
    }
    if i < 0 {
        i += n;
    }
    if i < 0 || i >= n {
        return Err(raise!(IndexError, "pop index out of range"));
    }
    Ok(remove_at(v, i as usize))
}
fn list_remove(v: Value, value: Value) -> PyResult {
    match find(v, value, 0, isize::MAX)? {
        Some(i) => {
            if i < len(v) {
                drop(remove_at(v, i));
            }
            Ok(Ref::none())
        }
        None => Err(raise!(ValueError, "list.remove(x): x not in list")),
    }
}
fn list_index(v: Value, args: &[Value]) -> PyResult {
    let (value, start, stop) = index_arguments("index", args, len(v))?;
    match find(v, value, start, stop)? {
        Some(i) => Ok(Ref::int(i as i64)),
        None => {
            let text = crate::ops::repr(value)?;
            Err(raise!(
                ValueError,
                "{} is not in list",
                crate::str::display(text.value())
            ))
        }
    }
}
fn list_count(v: Value, value: Value) -> PyResult {
    let (mut n, mut i) = (0, 0);
    while let Some(item) = get(v, i) {
        if eq_fast(item.value(), value)? {
            n += 1;
        }
        i += 1;
    }
    Ok(Ref::int(n))
}
fn list_reverse(v: Value) -> PyResult {
    let n = len(v);
    if n > 1 {
        // SAFETY: the list has `n` words and nothing runs meanwhile.
        unsafe { std::slice::from_raw_parts_mut(words(raw(v)), n).reverse() }
    }
    Ok(Ref::none())
}
