//! The types `set` and `frozenset`: slots and methods. Results of operators are of the base type of the left operand.

use super::*;
use crate::{Args, intern};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};

py_type! {
    pub static PySet_Type: PySetObject = "set" {
        flags: HAVE_GC | BASETYPE | MATCH_SELF;
        fields { tp_weaklistoffset: 192 }
        doc: "set() -> new empty set object\nset(iterable) -> new set object\n\nAn unordered collection of unique items.";
        raw { tp_dealloc: set_dealloc, tp_traverse: set_traverse, tp_clear: set_tp_clear }
        slots {
            tp_repr: set_repr, tp_richcompare: set_richcompare, tp_iter: super::iter::new, tp_init: set_init, tp_new: set_new
        }
        number {
            nb_subtract: set_sub, nb_and: set_and, nb_xor: set_xor, nb_or: set_or, nb_inplace_subtract: set_isub,
            nb_inplace_and: set_iand, nb_inplace_xor: set_ixor, nb_inplace_or: set_ior
        }
        sequence { sq_length: set_len, sq_contains: contains }
        methods: SET_METHODS;
    }
}
py_type! {
    pub static PyFrozenSet_Type: PySetObject = "frozenset" {
        flags: HAVE_GC | BASETYPE | MATCH_SELF;
        fields { tp_weaklistoffset: 192 }
        doc: "frozenset() -> empty frozenset object\nfrozenset(iterable) -> frozenset object\n\nAn immutable set.";
        raw { tp_dealloc: set_dealloc, tp_traverse: set_traverse, tp_clear: set_tp_clear }
        slots {
            tp_repr: set_repr, tp_hash: frozen_hash, tp_richcompare: set_richcompare, tp_iter: super::iter::new,
            tp_new: frozen_new
        }
        number { nb_subtract: set_sub, nb_and: set_and, nb_xor: set_xor, nb_or: set_or }
        sequence { sq_length: set_len, sq_contains: contains }
        methods: FROZEN_METHODS;
    }
}
methods! {
    static SET_METHODS = [
        "add" O set_add, "add($self, object, /)\n--\n\nAdd an item.";
        "clear" NOARGS set_clear, "clear($self, /)\n--\n\nRemove all items.";
        "__contains__" O|COEXIST set_contains, "x.__contains__(y) <==> y in x.";
        "copy" NOARGS set_copy, "copy($self, /)\n--\n\nA shallow copy.";
        "discard" O set_discard, "discard($self, object, /)\n--\n\nRemove an item if it is there.";
        "difference" FAST set_difference, "difference($self, /, *others)\n--\n\nItems in no other set.";
        "difference_update" FAST set_difference_update, "difference_update($self, /, *others)\n--\n\nRemove the items of the others.";
        "intersection" FAST set_intersection, "intersection($self, /, *others)\n--\n\nItems in all sets.";
        "intersection_update" FAST set_intersection_update, "intersection_update($self, /, *others)\n--\n\nKeep the items of all.";
        "isdisjoint" O set_isdisjoint, "isdisjoint($self, other, /)\n--\n\nWhether nothing is common.";
        "issubset" O set_issubset, "issubset($self, other, /)\n--\n\nWhether other has every item.";
        "issuperset" O set_issuperset, "issuperset($self, other, /)\n--\n\nWhether this has every item of other.";
        "pop" NOARGS set_pop, "pop($self, /)\n--\n\nRemove and return some item.";
        "__reduce__" NOARGS set_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "remove" O set_remove, "remove($self, object, /)\n--\n\nRemove an item that must be there.";
        "__sizeof__" NOARGS set_sizeof, "__sizeof__($self, /)\n--\n\nSize in memory, in bytes.";
        "symmetric_difference" O set_symmetric_difference, "symmetric_difference($self, other, /)\n--\n\nItems in exactly one.";
        "symmetric_difference_update" O set_symmetric_update, "symmetric_difference_update($self, other, /)\n--\n\nKeep items in exactly one.";
        "union" FAST set_union, "union($self, /, *others)\n--\n\nItems of all sets.";
        "update" FAST set_update, "update($self, /, *others)\n--\n\nAdd the items of the others.";
        "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
    ]
}
methods! {
    static FROZEN_METHODS = [
        "__contains__" O|COEXIST set_contains, "x.__contains__(y) <==> y in x.";
        "copy" NOARGS frozen_copy, "copy($self, /)\n--\n\nA shallow copy.";
        "difference" FAST set_difference, "difference($self, /, *others)\n--\n\nItems in no other set.";
        "intersection" FAST set_intersection, "intersection($self, /, *others)\n--\n\nItems in all sets.";
        "isdisjoint" O set_isdisjoint, "isdisjoint($self, other, /)\n--\n\nWhether nothing is common.";
        "issubset" O set_issubset, "issubset($self, other, /)\n--\n\nWhether other has every item.";
        "issuperset" O set_issuperset, "issuperset($self, other, /)\n--\n\nWhether this has every item of other.";
        "__reduce__" NOARGS set_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__sizeof__" NOARGS set_sizeof, "__sizeof__($self, /)\n--\n\nSize in memory, in bytes.";
        "symmetric_difference" O set_symmetric_difference, "symmetric_difference($self, other, /)\n--\n\nItems in exactly one.";
        "union" FAST set_union, "union($self, /, *others)\n--\n\nItems of all sets.";
        "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
    ]
}

/// `set` or `frozenset`, whichever `v` is an instance of.
fn base_type(v: Value) -> Type {
    if is_exact_set(v) {
        v.ty()
    } else if v.is_a(ty!(PyFrozenSet_Type)) {
        ty!(PyFrozenSet_Type)
    } else {
        ty!(PySet_Type)
    }
}
/// A new set of type `t` with the items of any iterable.
pub(super) fn copy_as(t: Type, v: Value) -> PyResult {
    let s = make(t)?;
    update(s.value(), v)?;
    Ok(s)
}
fn base_copy(v: Value) -> PyResult {
    copy_as(base_type(v), v)
}

pub(super) fn empty_frozen() -> PyResult {
    static EMPTY: AtomicU64 = AtomicU64::new(0);
    let bits = EMPTY.load(Ordering::Relaxed);
    if bits != 0 {
        return Ok(Ref::new(Value::from_bits(bits)));
    }
    let s = make(ty!(PyFrozenSet_Type))?;
    heap::immortalize(&s);
    EMPTY.store(s.value().bits(), Ordering::Relaxed);
    Ok(Ref::new(s.into_value()))
}

fn set_new(t: Type, _args: Args<'_>) -> PyResult {
    make(t)
}
fn set_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let t = v.ty();
    if t == ty!(PySet_Type) || same_init(t, ty!(PySet_Type)) {
        args.no_keywords("set")?;
    }
    let given = args.positional();
    crate::check_positional("set", given.len(), 0, 1)?;
    clear(v);
    match given {
        [iterable] => update(v, *iterable),
        _ => Ok(()),
    }
}
fn frozen_new(t: Type, args: Args<'_>) -> PyResult {
    let base = ty!(PyFrozenSet_Type);
    if t == base || same_init(t, base) {
        args.no_keywords("frozenset")?;
    }
    let given = args.positional();
    crate::check_positional("frozenset", given.len(), 0, 1)?;
    if t != base {
        let s = make(t)?;
        if let [iterable] = given {
            update(s.value(), *iterable)?;
        }
        return Ok(s);
    }
    let Some(&iterable) = given.first() else {
        return empty_frozen();
    };
    if iterable.is_exact(base) {
        return Ok(Ref::new(iterable));
    }
    let s = copy_as(base, iterable)?;
    if len(s.value()) == 0 {
        empty_frozen()
    } else {
        Ok(s)
    }
}

unsafe extern "C" fn set_dealloc(object: *mut PyObject) {
    // SAFETY: a dead set.
    unsafe {
        crate::gc::untrack(object);
        if !(*object.cast::<PySetObject>()).weakreflist.is_null() {
            crate::weakref::clear_refs(object);
        }
        release(object.cast());
        if is_exact_set(Value::from_object(object)) {
            return heap::finish_exact::<PySetObject>(object);
        }
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn set_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let mut position = 0;
    while let Some(key) = next(Value::from_object(object), &mut position) {
        // SAFETY: called by the collector for a live set.
        let code = unsafe { visit_value(key, visit, arg) };
        if code != 0 {
            return code;
        }
    }
    0
}
unsafe extern "C" fn set_tp_clear(object: *mut PyObject) -> c_int {
    clear(Value::from_object(object));
    0
}

fn set_repr(v: Value) -> PyResult {
    let name = v.ty().name();
    if len(v) == 0 {
        return Ok(crate::str::new(&format!("{name}()")));
    }
    if repr_enter(v) {
        return Ok(crate::str::new(&format!("{name}(...)")));
    }
    let run = || {
        let list = ops::to_list(v)?;
        let text = ops::repr(list.value())?;
        let n = crate::str::len(text.value());
        let inner = crate::str::substring(text.value(), 1, n - 1);
        let plain = v.is_exact(ty!(PySet_Type));
        let mut b = crate::str::Builder::new();
        if !plain {
            b.push_str(name);
            b.push_str("(");
        }
        b.push_str("{");
        b.push_value(inner.value());
        b.push_str(if plain { "}" } else { "})" });
        b.finish()
    };
    let result = run();
    repr_leave(v);
    result
}

/// CPython's order-independent hash, cached in the object.
pub(super) fn frozen_hash(v: Value) -> PyResult<i64> {
    let s = raw(v);
    // SAFETY: a live set; nothing runs here.
    unsafe {
        if (*s).hash != -1 {
            return Ok((*s).hash as i64);
        }
        let shuffle = |h: u64| ((h ^ 89_869_747) ^ (h << 16)).wrapping_mul(3_644_798_167);
        let mut hash = 0u64;
        let mut position = 0;
        while let Some((_, h)) = next_hashed(v, &mut position) {
            hash ^= shuffle(h as u64);
        }
        hash ^= (len(v) as u64 + 1).wrapping_mul(1_927_868_237);
        hash ^= (hash >> 11) ^ (hash >> 25);
        hash = hash.wrapping_mul(69_069).wrapping_add(907_133_923);
        let hash = if hash == u64::MAX {
            590_923_713
        } else {
            hash as i64
        };
        (*s).hash = hash as isize;
        Ok(hash)
    }
}

fn is_subset(a: Value, b: Value) -> PyResult<bool> {
    if len(a) > len(b) {
        return Ok(false);
    }
    // SAFETY: live sets.
    if let Some(answer) = unsafe { table::is_subset_at_once(raw(a), raw(b)) } {
        return Ok(answer);
    }
    let mut position = 0;
    while let Some((key, hash)) = next_hashed(a, &mut position) {
        let key = Ref::new(key);
        if !contains_hashed(b, key.value(), hash)? {
            return Ok(false);
        }
    }
    Ok(true)
}
fn set_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_set(b) {
        return Ok(Ref::not_implemented());
    }
    let (n, m) = (len(a), len(b));
    let equal = || {
        // SAFETY: live sets.
        let (ha, hb) = unsafe { ((*raw(a)).hash, (*raw(b)).hash) };
        if n != m || (ha != -1 && hb != -1 && ha != hb) {
            return Ok(false);
        }
        is_subset(a, b)
    };
    let result = match op {
        CmpOp::Eq => equal()?,
        CmpOp::Ne => !equal()?,
        CmpOp::Le => is_subset(a, b)?,
        CmpOp::Ge => is_subset(b, a)?,
        CmpOp::Lt => n < m && is_subset(a, b)?,
        CmpOp::Gt => n > m && is_subset(b, a)?,
    };
    Ok(Ref::bool(result))
}

/// Whether `set` has `key`; `quiet` stays true while no comparison could run code.
#[inline]
fn contains_quietly(set: Value, key: Value, hash: i64, quiet: &mut bool) -> PyResult<bool> {
    // SAFETY: a live set.
    match unsafe { table::find_at_once(raw(set), key, hash) } {
        Some(there) => Ok(there),
        None => {
            *quiet = false;
            contains_hashed(set, key, hash)
        }
    }
}
/// Adds to a fresh set the next item of another, which meets each once unless code that ran has changed it.
#[inline]
fn add_once(set: Value, item: Ref, hash: i64, quiet: bool) -> PyResult<()> {
    if quiet {
        add_absent(set, item, hash)
    } else {
        add_hashed(set, item.value(), hash).map(|_| ())
    }
}

fn set_len(v: Value) -> PyResult<usize> {
    Ok(len(v))
}
fn intersect(a: Value, b: Value) -> PyResult {
    if a == b {
        return base_copy(a);
    }
    let result = make(base_type(a))?;
    if is_set(b) {
        let (walked, asked) = if len(b) > len(a) { (a, b) } else { (b, a) };
        let mut quiet = true;
        let mut position = 0;
        while let Some((key, hash)) = next_hashed(walked, &mut position) {
            let key = Ref::new(key);
            if contains_quietly(asked, key.value(), hash, &mut quiet)? {
                add_once(result.value(), key, hash, quiet)?;
            }
        }
        return Ok(result);
    }
    ops::for_each(b, |item| {
        let hash = hash_key(item.value())?;
        if contains_hashed(a, item.value(), hash)? {
            add_hashed(result.value(), item.value(), hash)?;
        }
        Ok(true)
    })?;
    Ok(result)
}
fn subtract(a: Value, b: Value) -> PyResult {
    let dict = b.has_flag(tpflags::DICT_SUBCLASS) && b.is_exact(ty!(crate::dict::PyDict_Type));
    if !is_set(b) && !dict {
        let result = base_copy(a)?;
        difference_update(result.value(), b)?;
        return Ok(result);
    }
    let other_len = if dict { crate::dict::len(b) } else { len(b) };
    if !dict && len(a) >> 2 > other_len {
        let result = base_copy(a)?;
        difference_update(result.value(), b)?;
        return Ok(result);
    }
    let result = make(base_type(a))?;
    let mut quiet = !dict;
    let mut position = 0;
    while let Some((key, hash)) = next_hashed(a, &mut position) {
        let key = Ref::new(key);
        let there = if dict {
            crate::dict::get_hashed(b, key.value(), hash)?.is_some()
        } else {
            contains_quietly(b, key.value(), hash, &mut quiet)?
        };
        if !there {
            add_once(result.value(), key, hash, quiet)?;
        }
    }
    Ok(result)
}
/// Exchanges the contents of two sets, as `intersection_update` needs.
fn swap_contents(a: Value, b: Value) {
    let (a, b) = (raw(a), raw(b));
    // SAFETY: two different live sets; a small table moves with its words.
    unsafe {
        let (small_a, small_b) = (table::is_small(a), table::is_small(b));
        std::ptr::swap(&raw mut (*a).fill, &raw mut (*b).fill);
        std::ptr::swap(&raw mut (*a).used, &raw mut (*b).used);
        std::ptr::swap(&raw mut (*a).mask, &raw mut (*b).mask);
        let (ta, tb) = ((*a).table, (*b).table);
        (*a).table = if small_b {
            (&raw mut (*a).smalltable).cast()
        } else {
            tb
        };
        (*b).table = if small_a {
            (&raw mut (*b).smalltable).cast()
        } else {
            ta
        };
        std::ptr::swap(&raw mut (*a).smalltable, &raw mut (*b).smalltable);
        (*a).hash = -1;
        (*b).hash = -1;
    }
}

fn both(a: Value, b: Value) -> bool {
    is_set(a) && is_set(b)
}
fn set_sub(a: Value, b: Value) -> PyResult {
    if both(a, b) {
        subtract(a, b)
    } else {
        Ok(Ref::not_implemented())
    }
}
fn set_and(a: Value, b: Value) -> PyResult {
    if both(a, b) {
        intersect(a, b)
    } else {
        Ok(Ref::not_implemented())
    }
}
fn set_or(a: Value, b: Value) -> PyResult {
    if !both(a, b) {
        return Ok(Ref::not_implemented());
    }
    let result = base_copy(a)?;
    if a != b {
        update(result.value(), b)?;
    }
    Ok(result)
}
fn set_xor(a: Value, b: Value) -> PyResult {
    if both(a, b) {
        set_symmetric_difference(a, b)
    } else {
        Ok(Ref::not_implemented())
    }
}
fn set_isub(a: Value, b: Value) -> PyResult {
    if !is_set(b) {
        return Ok(Ref::not_implemented());
    }
    difference_update(a, b)?;
    Ok(Ref::new(a))
}
fn set_iand(a: Value, b: Value) -> PyResult {
    if !is_set(b) {
        return Ok(Ref::not_implemented());
    }
    let result = intersect(a, b)?;
    swap_contents(a, result.value());
    Ok(Ref::new(a))
}
fn set_ixor(a: Value, b: Value) -> PyResult {
    if !is_set(b) {
        return Ok(Ref::not_implemented());
    }
    symmetric_difference_update(a, b)?;
    Ok(Ref::new(a))
}
fn set_ior(a: Value, b: Value) -> PyResult {
    if !is_set(b) {
        return Ok(Ref::not_implemented());
    }
    update(a, b)?;
    Ok(Ref::new(a))
}

fn set_add(v: Value, item: Value) -> PyResult {
    add(v, item)?;
    Ok(Ref::none())
}
fn set_clear(v: Value) -> PyResult {
    clear(v);
    Ok(Ref::none())
}
fn set_contains(v: Value, item: Value) -> PyResult {
    Ok(Ref::bool(contains(v, item)?))
}
fn set_copy(v: Value) -> PyResult {
    base_copy(v)
}
fn frozen_copy(v: Value) -> PyResult {
    if v.is_exact(ty!(PyFrozenSet_Type)) {
        Ok(Ref::new(v))
    } else {
        base_copy(v)
    }
}
fn set_discard(v: Value, item: Value) -> PyResult {
    discard(v, item)?;
    Ok(Ref::none())
}
fn set_remove(v: Value, item: Value) -> PyResult {
    if discard(v, item)? {
        Ok(Ref::none())
    } else {
        Err(crate::errors::key_error(item))
    }
}
fn set_difference(v: Value, others: &[Value]) -> PyResult {
    let Some((first, rest)) = others.split_first() else {
        return base_copy(v);
    };
    let result = subtract(v, *first)?;
    for other in rest {
        difference_update(result.value(), *other)?;
    }
    Ok(result)
}
fn set_difference_update(v: Value, others: &[Value]) -> PyResult {
    for other in others {
        difference_update(v, *other)?;
    }
    Ok(Ref::none())
}
fn set_intersection(v: Value, others: &[Value]) -> PyResult {
    let Some((first, rest)) = others.split_first() else {
        return base_copy(v);
    };
    let mut result = intersect(v, *first)?;
    for other in rest {
        result = intersect(result.value(), *other)?;
    }
    Ok(result)
}
fn set_intersection_update(v: Value, others: &[Value]) -> PyResult {
    let result = set_intersection(v, others)?;
    swap_contents(v, result.value());
    Ok(Ref::none())
}
fn set_isdisjoint(v: Value, other: Value) -> PyResult {
    if v == other {
        return Ok(Ref::bool(len(v) == 0));
    }
    if is_set(other) {
        let (walked, asked) = if len(other) > len(v) {
            (v, other)
        } else {
            (other, v)
        };
        let mut position = 0;
        while let Some((key, hash)) = next_hashed(walked, &mut position) {
            let key = Ref::new(key);
            if contains_hashed(asked, key.value(), hash)? {
                return Ok(Ref::bool(false));
            }
        }
        return Ok(Ref::bool(true));
    }
    let mut disjoint = true;
    ops::for_each(other, |item| {
        let hash = hash_key(item.value())?;
        disjoint = !contains_hashed(v, item.value(), hash)?;
        Ok(disjoint)
    })?;
    Ok(Ref::bool(disjoint))
}
fn set_issubset(v: Value, other: Value) -> PyResult {
    if is_set(other) {
        return Ok(Ref::bool(is_subset(v, other)?));
    }
    let common = intersect(v, other)?;
    Ok(Ref::bool(len(common.value()) == len(v)))
}
fn set_issuperset(v: Value, other: Value) -> PyResult {
    if is_set(other) {
        return Ok(Ref::bool(is_subset(other, v)?));
    }
    let mut all = true;
    ops::for_each(other, |item| {
        all = contains(v, item.value())?;
        Ok(all)
    })?;
    Ok(Ref::bool(all))
}
fn set_pop(v: Value) -> PyResult {
    let s = raw(v);
    if len(v) == 0 {
        return Err(crate::errors::raise_arg(
            crate::exceptions::KeyError,
            crate::str::new("pop from an empty set"),
        ));
    }
    // SAFETY: a live set with at least one item, so the search ends.
    unsafe {
        let mask = (*s).mask as usize;
        let mut i = (*s).finger as usize & mask;
        while !in_use(table::key_at(s, i)) {
            i = if i < mask { i + 1 } else { 0 };
        }
        let key = table::remove_at(s, i);
        (*s).finger = i as isize + 1;
        Ok(key)
    }
}
fn set_reduce(v: Value) -> PyResult {
    let keys = ops::to_list(v)?;
    let state = ops::call_method(v, intern!("__getstate__"), &[])?;
    Ok(reduce_tuple(v.ty().to_ref(), vec![keys], Some(state)))
}
fn set_sizeof(v: Value) -> PyResult {
    // SAFETY: a live set.
    let table = unsafe {
        if table::is_small(raw(v)) {
            0
        } else {
            ((*raw(v)).mask as i64 + 1) * 16
        }
    };
    Ok(Ref::int(v.ty().tp_basicsize as i64 + table))
}
fn set_symmetric_difference(v: Value, other: Value) -> PyResult {
    let result = copy_as(base_type(v), other)?;
    symmetric_difference_update(result.value(), v)?;
    Ok(result)
}
/// `set ^= dict.keys()`, with the hashes that the dict remembers.
fn toggle_keys(set: Value, dict: Value) -> PyResult<()> {
    let mut position = 0;
    while let Some((key, _, hash)) = crate::dict::next_hashed(dict, &mut position) {
        let key = Ref::new(key);
        if !discard_hashed(set, key.value(), hash)? {
            add_hashed(set, key.value(), hash)?;
        }
    }
    Ok(())
}
fn set_symmetric_update(v: Value, other: Value) -> PyResult {
    if is_set(other) {
        symmetric_difference_update(v, other)?;
    } else if other.is_exact(ty!(crate::dict::PyDict_Type)) {
        toggle_keys(v, other)?;
    } else {
        let other = from_iterable(other)?;
        symmetric_difference_update(v, other.value())?;
    }
    Ok(Ref::none())
}
fn set_union(v: Value, others: &[Value]) -> PyResult {
    let result = base_copy(v)?;
    for other in others {
        if *other != v {
            update(result.value(), *other)?;
        }
    }
    Ok(result)
}
fn set_update(v: Value, others: &[Value]) -> PyResult {
    for other in others {
        update(v, *other)?;
    }
    Ok(Ref::none())
}
