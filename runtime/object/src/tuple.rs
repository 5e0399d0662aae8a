//! `tuple` in CPython's layout, with inline words that hold Values.
//!
//! Tuples of atoms are never tracked by the collector. Small blocks are recycled through free lists.
//! Behind the items lies one word more, for the hash: nested tuples that serve as keys are hashed over and over.

use crate::boundary::canonical;
use crate::heap;
use crate::layout::*;
use crate::list::common::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, intern, raise, ty};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU64, Ordering};

py_type! {
    pub static PyTuple_Type: PyTupleObject = "tuple" {
        flags: HAVE_GC | BASETYPE | TUPLE_SUBCLASS | SEQUENCE | MATCH_SELF;
        fields { tp_itemsize: 8 }
        doc: "tuple(iterable=(), /)\n--\n\nAn immutable sequence; without an argument the empty one.";
        raw { tp_dealloc: tuple_dealloc, tp_traverse: tuple_traverse }
        slots {
            tp_repr: tuple_repr, tp_hash: tuple_hash, tp_richcompare: tuple_richcompare, tp_iter: iter_new,
            tp_new: tuple_new
        }
        sequence {
            sq_length: tuple_length, sq_concat: tuple_concat, sq_repeat: tuple_repeat, sq_item: tuple_item,
            sq_contains: tuple_contains
        }
        mapping { mp_length: tuple_length, mp_subscript: tuple_subscript }
        methods: TUPLE_METHODS;
    }
}
py_type! {
    pub static PyTupleIter_Type: TupleIter = "tuple_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse }
        slots { tp_iter: self_iter, tp_iternext: iter_next }
        methods: ITER_METHODS;
    }
}
methods! {
    static TUPLE_METHODS = [
        "__getnewargs__" NOARGS tuple_getnewargs, "__getnewargs__($self, /)\n--\n\n";
        "index" FAST tuple_index, "index($self, value, start=0, stop=sys.maxsize, /)\n--\n\nFirst index of value.";
        "count" O tuple_count, "count($self, value, /)\n--\n\nNumber of occurrences of value.";
        "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
    ]
}
methods! {
    static ITER_METHODS = [
        "__length_hint__" NOARGS iter_hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS iter_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O iter_setstate, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}

const HEADER: usize = size_of::<PyTupleObject>();
/// Sizes below this have a free list.
const FREE_SIZES: usize = 10;
const FREE_MAX: usize = 512;

/// The word behind the items while it is not their hash.
const NOT_HASHED: Value = Value::EMPTY;
/// The word of tuples that C makes, which may fill them at any time.
const NEVER_HASHED: Value = Value::from_bits(1);

struct FreeList {
    /// Linked through the word behind the header.
    first: *mut PyObject,
    count: usize,
}
static mut FREE: [FreeList; FREE_SIZES] = [const {
    FreeList {
        first: std::ptr::null_mut(),
        count: 0,
    }
}; FREE_SIZES];

/// See [`heap::set_free_lists_aside`].
static mut ASIDE: [FreeList; FREE_SIZES] = [const {
    FreeList {
        first: std::ptr::null_mut(),
        count: FREE_MAX,
    }
}; FREE_SIZES];
pub(crate) fn swap_free_lists() {
    // SAFETY: GIL.
    unsafe { std::ptr::swap(&raw mut FREE, &raw mut ASIDE) }
}

/// Keeps the free lists empty from now on.
pub(crate) fn without_free_lists() {
    // SAFETY: GIL. A list that says it is full takes nothing; what it held is left alone.
    unsafe {
        FREE = [const {
            FreeList {
                first: std::ptr::null_mut(),
                count: FREE_MAX,
            }
        }; FREE_SIZES];
    }
}

/// An untracked exact tuple of `n` > 0 uninitialised words.
#[inline]
fn alloc(n: usize) -> *mut PyObject {
    // SAFETY: the free lists are used under the GIL; a recycled block has its GC head and header.
    unsafe {
        if n < FREE_SIZES {
            let list = &raw mut FREE[n];
            let p = (*list).first;
            if !p.is_null() {
                (*list).first = p.cast::<u8>().add(HEADER).cast::<*mut PyObject>().read();
                (*list).count -= 1;
                (*p).ob_refcnt = 1;
                std::ptr::write_bytes(heap::gc_head(p), 0, 1);
                words(p).add(n).write(NOT_HASHED);
                crate::gc::count_allocation();
                return p;
            }
        }
        let p = heap::alloc_uninit(ty!(PyTuple_Type), HEADER + (n + 1) * 8);
        (*p.cast::<PyVarObject>()).ob_size = n as isize;
        words(p).add(n).write(NOT_HASHED);
        p
    }
}

/// # Safety
/// `p` is a live tuple.
#[inline(always)]
unsafe fn words(p: *mut PyObject) -> *mut Value {
    // SAFETY: the words follow the header.
    unsafe { p.cast::<u8>().add(HEADER).cast() }
}

pub fn empty() -> Ref {
    static EMPTY: AtomicU64 = AtomicU64::new(0);
    let bits = EMPTY.load(Ordering::Relaxed);
    if bits != 0 {
        return Ref::new(Value::from_bits(bits));
    }
    let p = heap::alloc_uninit(ty!(PyTuple_Type), HEADER + 8);
    // SAFETY: fresh; the flag spares C boundaries a look at it.
    unsafe {
        (*p.cast::<PyVarObject>()).ob_size = 0;
        words(p).write(Value::EMPTY);
        (*heap::gc_head(p)).prev |= heap::gcflags::EXPOSED;
        let r = Ref::from_owned_ptr(p);
        heap::immortalize(&r);
        EMPTY.store(r.value().bits(), Ordering::Relaxed);
        Ref::new(r.into_value())
    }
}

pub fn from_vec(items: Vec<Ref>) -> Ref {
    let mut items = items;
    // SAFETY: `Ref` is a transparent `Value`; the references move into the tuple, then only the Vec's block is freed.
    unsafe {
        let t = from_owned(items.as_ptr().cast(), items.len());
        items.set_len(0);
        t
    }
}

/// Takes new references.
pub fn from_slice(items: &[Value]) -> Ref {
    items.iter().for_each(|v| heap::incref(*v));
    // SAFETY: one count of each was just taken.
    unsafe { from_owned(items.as_ptr(), items.len()) }
}

/// Moves `n` owned values out of registers.
///
/// # Safety
/// `items` points at `n` values whose counts the caller gives up.
pub unsafe fn from_owned(items: *const Value, n: usize) -> Ref {
    if n == 0 {
        return empty();
    }
    let p = alloc(n);
    // SAFETY: room for `n` words; the tuple is tracked once it is filled, and only if it can be part of a cycle.
    unsafe {
        let w = words(p);
        let mut cyclic = false;
        for i in 0..n {
            let v = *items.add(i);
            cyclic |= may_be_cyclic(v);
            w.add(i).write(v);
        }
        if cyclic {
            crate::gc::track(p);
        }
        Ref::from_owned_ptr(p)
    }
}

/// `(a, b)` of owned values.
#[inline]
pub fn pair(a: Ref, b: Ref) -> Ref {
    let both = [a.into_value(), b.into_value()];
    // SAFETY: both counts are given up.
    unsafe { from_owned(both.as_ptr(), 2) }
}

/// `PyTuple_New(n)` for C: `n` nulls that C fills in without a call.
pub fn new_for_c(n: usize) -> Ref {
    if n == 0 {
        return empty();
    }
    let p = alloc(n);
    // SAFETY: room for `n` words; tracked because nobody will tell us what goes in.
    unsafe {
        std::ptr::write_bytes(words(p), 0, n);
        words(p).add(n).write(NEVER_HASHED);
        (*heap::gc_head(p)).prev |= heap::gcflags::EXPOSED;
        crate::gc::track(p);
        Ref::from_owned_ptr(p)
    }
}

/// Of a tuple instance. May hold boxes if exposed: `boundary::canonical`.
#[inline(always)]
pub fn items<'a>(v: Value) -> &'a [Value] {
    // SAFETY: a live tuple has `ob_size` words behind its header.
    unsafe { std::slice::from_raw_parts(words(v.as_ptr()), len(v)) }
}
#[inline(always)]
pub fn len(v: Value) -> usize {
    // SAFETY: a live tuple.
    unsafe { (*v.as_ptr().cast::<PyVarObject>()).ob_size as usize }
}
/// Canonical.
#[inline(always)]
pub fn get(v: Value, i: usize) -> Value {
    canonical(items(v)[i])
}
#[inline(always)]
pub fn is_tuple(v: Value) -> bool {
    v.has_flag(tpflags::TUPLE_SUBCLASS)
}

fn tuple_new(t: Type, args: Args<'_>) -> PyResult {
    let base = ty!(PyTuple_Type);
    if t == base || same_init(t, base) {
        args.no_keywords("tuple")?;
    }
    let given = args.positional();
    crate::check_positional("tuple", given.len(), 0, 1)?;
    let plain = match given {
        [iterable] => crate::ops::to_tuple(*iterable)?,
        _ => empty(),
    };
    if t == base {
        return Ok(plain);
    }
    let n = len(plain.value());
    let p = alloc_instance(t, n as isize)?;
    for i in 0..n {
        let item = item_ref(items(plain.value())[i]);
        // SAFETY: the fresh instance has room for `n` words.
        unsafe { words(p).add(i).write(item.into_value()) }
    }
    // SAFETY: owned.
    unsafe { Ok(Ref::from_owned_ptr(p)) }
}

/// Whether a tuple of `n` items has one owner and nobody else has seen it.
pub(crate) fn is_reusable(t: Value, n: usize) -> bool {
    // SAFETY: an exact tuple has a GC head.
    t.is_exact(ty!(PyTuple_Type))
        && len(t) == n
        && unsafe {
            (*t.as_ptr()).ob_refcnt == 1
                && (*heap::gc_head(t.as_ptr())).prev & heap::gcflags::EXPOSED == 0
        }
}
/// Gives a tuple another item.
///
/// # Safety
/// The tuple [was reusable](is_reusable) when its owner's reference was the only one, and has so many items.
pub(crate) unsafe fn replace_item(t: Value, i: usize, item: Ref) {
    // SAFETY: by contract. What is replaced may run code as it dies; the words are those of a tuple at any time.
    unsafe {
        let p = t.as_ptr();
        let w = words(p);
        w.add(len(t)).write(NOT_HASHED);
        if may_be_cyclic(item.value()) && !crate::gc::is_tracked(p) {
            crate::gc::track(p);
        }
        let old = std::mem::replace(&mut *w.add(i), item.into_value());
        heap::decref(old);
    }
}

unsafe extern "C" fn tuple_dealloc(object: *mut PyObject) {
    // SAFETY: a dead tuple; the type is exact when the block is recycled.
    unsafe {
        crate::gc::untrack(object);
        let n = (*object.cast::<PyVarObject>()).ob_size.max(0) as usize;
        for i in (0..n).rev() {
            heap::decref(*words(object).add(i));
        }
        if n > 0 && n < FREE_SIZES && Type::of_ptr(object) == ty!(PyTuple_Type) {
            let list = &raw mut FREE[n];
            if (*list).count < FREE_MAX {
                words(object).cast::<*mut PyObject>().write((*list).first);
                (*list).first = object;
                (*list).count += 1;
                crate::gc::count_deallocation();
                return;
            }
        }
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn tuple_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    for v in items(Value::from_object(object)) {
        // SAFETY: called by the collector for a live tuple.
        let code = unsafe { visit_value(*v, visit, arg) };
        if code != 0 {
            return code;
        }
    }
    0
}

fn tuple_repr(v: Value) -> PyResult {
    let n = len(v);
    if n == 0 {
        return Ok(crate::str::new("()"));
    }
    if repr_enter(v) {
        return Ok(crate::str::new("(...)"));
    }
    let run = || {
        let mut b = crate::str::Builder::new();
        b.push_str("(");
        for i in 0..n {
            if i > 0 {
                b.push_str(", ");
            }
            b.push_value(crate::ops::repr(get(v, i))?.value());
        }
        b.push_str(if n == 1 { ",)" } else { ")" });
        b.finish()
    };
    let result = run();
    repr_leave(v);
    result
}

/// CPython's xxHash-derived mix of the items' hashes.
pub fn tuple_hash(v: Value) -> PyResult<i64> {
    Ok(hash_with_life(v)?.0)
}

/// C puts an item into the tuple.
pub fn forget_hash(v: Value) {
    if let Some(word) = hash_word(v) {
        // SAFETY: the word of a live tuple.
        unsafe { *word = NEVER_HASHED }
    }
}

/// The word behind the items, where there is one that the hash may be kept in (instances may have their dict there).
#[inline(always)]
fn hash_word(v: Value) -> Option<*mut Value> {
    let t = v.ty();
    let has_word = t == ty!(PyTuple_Type)
        || crate::typeobject::is_python_class(t)
            && t.tp_basicsize as usize == HEADER
            && t.tp_alloc
                .is_some_and(|f| std::ptr::fn_addr_eq(f, heap::generic_alloc as allocfunc));
    // SAFETY: a live tuple; both ways to allocate leave a word behind the items, which is no hash at first.
    has_word.then(|| unsafe { words(v.as_ptr()).add(len(v)) })
}

/// The hash, and whether it stays the same as long as the tuple lives.
fn hash_with_life(v: Value) -> PyResult<(i64, bool)> {
    const P1: u64 = 11_400_714_785_074_694_791;
    const P2: u64 = 14_029_467_366_897_019_727;
    const P5: u64 = 2_870_177_450_012_600_261;
    let word = hash_word(v);
    // SAFETY: the word of a live tuple.
    let kept = word.map_or(NEVER_HASHED, |w| unsafe { *w });
    if kept != NOT_HASHED && kept != NEVER_HASHED {
        return Ok((kept.bits() as i64, true));
    }
    let (mut acc, mut lasting) = (P5, true);
    for &item in items(v) {
        let (lane, stays) = item_hash(canonical(item))?;
        lasting &= stays;
        acc = acc
            .wrapping_add((lane as u64).wrapping_mul(P2))
            .rotate_left(31)
            .wrapping_mul(P1);
    }
    acc = acc.wrapping_add(len(v) as u64 ^ (P5 ^ 3_527_539));
    if acc == u64::MAX {
        acc = 1_546_275_796;
    }
    let hash = Value::from_bits(acc);
    if let Some(word) = word
        && kept == NOT_HASHED
        && lasting
        && hash != NEVER_HASHED
    {
        // SAFETY: as above.
        unsafe { *word = hash }
    }
    Ok((acc as i64, lasting))
}

/// The hash of an item, and whether it is known to stay.
#[inline]
fn item_hash(item: Value) -> PyResult<(i64, bool)> {
    if item.is_int() || is_exact_str(item) {
        return Ok((crate::dict::hash_key(item)?, true));
    }
    if is_native(item) {
        return crate::hooks().with_room(|| hash_with_life(item));
    }
    let t = item.ty();
    let stays = t == ty!(crate::float::PyFloat_Type)
        || t == ty!(crate::bytes::PyBytes_Type)
        || t == ty!(crate::int::PyLong_Type)
        || t == ty!(crate::bool::PyBool_Type)
        || item.is_none();
    Ok((crate::ops::hash(item)?, stays))
}

/// Whether `v` is a tuple that is hashed and compared as such.
#[inline]
fn is_native(v: Value) -> bool {
    if !is_tuple(v) {
        return false;
    }
    let (t, native) = (v.ty(), v.ty().native());
    t == ty!(PyTuple_Type)
        || native
            .tp_hash
            .is_some_and(|f| std::ptr::fn_addr_eq(f, tuple_hash as fn(Value) -> PyResult<i64>))
            && native.tp_richcompare.is_some_and(|f| {
                std::ptr::fn_addr_eq(f, tuple_richcompare as fn(Value, Value, CmpOp) -> PyResult)
            })
}

/// `a == b` of tuples that compare as such; nothing where one of them does not.
#[inline]
pub(crate) fn equality(a: Value, b: Value) -> Option<PyResult<bool>> {
    (is_native(a) && is_native(b)).then(|| equal(a, b))
}
/// Both tuples are held by the caller, and hold their items.
fn equal(a: Value, b: Value) -> PyResult<bool> {
    let _guard = crate::hooks().enter_compare()?;
    for (x, y) in items(a).iter().zip(items(b)) {
        if x != y && !eq_fast(canonical(*x), canonical(*y))? {
            return Ok(false);
        }
    }
    Ok(len(a) == len(b))
}

fn tuple_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_tuple(a) || !is_tuple(b) {
        return Ok(Ref::not_implemented());
    }
    match op {
        CmpOp::Eq => equal(a, b).map(Ref::bool),
        CmpOp::Ne => equal(a, b).map(|equal| Ref::bool(!equal)),
        _ => compare_sequences(op, || len(a), || len(b), |i| get(a, i), |i| get(b, i)),
    }
}

fn tuple_length(v: Value) -> PyResult<usize> {
    Ok(len(v))
}
fn tuple_concat(a: Value, b: Value) -> PyResult {
    let exact = ty!(PyTuple_Type);
    if len(a) == 0 && b.is_exact(exact) {
        return Ok(Ref::new(b));
    }
    if !is_tuple(b) {
        return Err(raise!(
            TypeError,
            "can only concatenate tuple (not \"{}\") to tuple",
            b.ty().message_name()
        ));
    }
    if len(b) == 0 && a.is_exact(exact) {
        return Ok(Ref::new(a));
    }
    // The items, and the tuple that they move into.
    crate::errors::check_room(len(a) + len(b), 16)?;
    Ok(from_vec(
        items(a)
            .iter()
            .chain(items(b))
            .map(|v| item_ref(*v))
            .collect(),
    ))
}
fn tuple_repeat(v: Value, times: isize) -> PyResult {
    let n = len(v);
    if (n == 0 || times == 1) && v.is_exact(ty!(PyTuple_Type)) {
        return Ok(Ref::new(v));
    }
    let total = repeat_total(n, times)?;
    crate::errors::check_room(total, 16)?;
    let mut all: Vec<Ref> = Vec::with_capacity(total);
    for _ in 0..total / n.max(1) {
        all.extend(items(v).iter().map(|v| item_ref(*v)));
    }
    Ok(from_vec(all))
}
fn tuple_item(v: Value, i: isize) -> PyResult {
    if i < 0 || i as usize >= len(v) {
        return Err(raise!(IndexError, "tuple index out of range"));
    }
    Ok(Ref::new(get(v, i as usize)))
}
fn find(v: Value, value: Value, start: isize, stop: isize) -> PyResult<Option<usize>> {
    let stop = (len(v) as isize).min(stop);
    let mut start = start;
    if (0..stop).contains(&start) {
        match quick_place(&items(v)[start as usize..stop as usize], value) {
            Ok(found) => return Ok(found.map(|k| start as usize + k)),
            Err(seen) => start += seen as isize,
        }
    }
    for i in start..stop {
        if eq_fast(get(v, i as usize), value)? {
            return Ok(Some(i as usize));
        }
    }
    Ok(None)
}
fn tuple_contains(v: Value, item: Value) -> PyResult<bool> {
    Ok(find(v, item, 0, isize::MAX)?.is_some())
}
fn tuple_subscript(v: Value, key: Value) -> PyResult {
    if crate::ops::has_index(key) {
        let mut i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        if i < 0 {
            i += len(v) as isize;
        }
        return tuple_item(v, i);
    }
    if !crate::slice::is_slice(key) {
        return Err(raise!(
            TypeError,
            "tuple indices must be integers or slices, not {}",
            key.ty().message_name()
        ));
    }
    let (start, _, step, count) = crate::slice::indices_of(key, || len(v))?;
    if start == 0 && step == 1 && count == len(v) && v.is_exact(ty!(PyTuple_Type)) {
        return Ok(Ref::new(v));
    }
    let all = items(v);
    let at = |k: usize| item_ref(all[(start + k as isize * step) as usize]);
    Ok(from_vec((0..count).map(at).collect()))
}
fn tuple_getnewargs(v: Value) -> PyResult {
    let copy = from_vec(items(v).iter().map(|v| item_ref(*v)).collect());
    Ok(from_vec(vec![copy]))
}
fn tuple_index(v: Value, args: &[Value]) -> PyResult {
    let (value, start, stop) = index_arguments("index", args, len(v))?;
    match find(v, value, start, stop)? {
        Some(i) => Ok(Ref::int(i as i64)),
        None => Err(raise!(ValueError, "tuple.index(x): x not in tuple")),
    }
}
fn tuple_count(v: Value, value: Value) -> PyResult {
    let mut n = 0;
    for i in 0..len(v) {
        n += i64::from(eq_fast(get(v, i), value)?);
    }
    Ok(Ref::int(n))
}

/// `tuple_iterator`; `seq` is empty once exhausted.
#[repr(C)]
pub struct TupleIter {
    pub ob_base: PyObject,
    pub index: isize,
    pub seq: Value,
}
fn iter_new(v: Value) -> PyResult {
    let p = alloc_exact::<TupleIter>(ty!(PyTupleIter_Type));
    // SAFETY: fresh object of that size.
    unsafe {
        (*p).index = 0;
        (*p).seq = Ref::new(v).into_value();
        crate::gc::track(p.cast());
        Ok(Ref::from_owned_ptr(p))
    }
}
fn self_iter(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn iter_raw(v: Value) -> *mut TupleIter {
    v.as_ptr().cast()
}
fn iter_next(v: Value) -> PyResult<Option<Ref>> {
    let it = iter_raw(v);
    // SAFETY: a live iterator; its tuple is alive while `seq` is set.
    unsafe {
        if (*it).seq.is_empty() {
            return Ok(None);
        }
        if let Some(item) = items((*it).seq).get((*it).index as usize) {
            (*it).index += 1;
            return Ok(Some(item_ref(*item)));
        }
        heap::clear_field(&raw mut (*it).seq);
    }
    Ok(None)
}
fn iter_hint(v: Value) -> PyResult {
    // SAFETY: as above.
    let (seq, index) = unsafe { ((*iter_raw(v)).seq, (*iter_raw(v)).index) };
    let n = if seq.is_empty() {
        0
    } else {
        len(seq) as i64 - index as i64
    };
    Ok(Ref::int(n.max(0)))
}
fn iter_reduce(v: Value) -> PyResult {
    let f = builtin(intern!("iter"))?;
    // SAFETY: as above.
    let (seq, index) = unsafe { ((*iter_raw(v)).seq, (*iter_raw(v)).index) };
    if seq.is_empty() {
        return Ok(reduce_tuple(f, vec![empty()], None));
    }
    Ok(reduce_tuple(
        f,
        vec![Ref::new(seq)],
        Some(Ref::int(index as i64)),
    ))
}
fn iter_setstate(v: Value, state: Value) -> PyResult {
    let n = crate::ops::index_as_isize(state)?;
    // SAFETY: as above.
    unsafe {
        let it = iter_raw(v);
        if !(*it).seq.is_empty() {
            (*it).index = n.clamp(0, len((*it).seq) as isize);
        }
    }
    Ok(Ref::none())
}
unsafe extern "C" fn iter_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        crate::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<TupleIter>()).seq);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn iter_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: called by the collector for a live iterator.
    unsafe { crate::visit_fields!(visit, arg, (*object.cast::<TupleIter>()).seq) }
}
