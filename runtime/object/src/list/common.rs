//! Small helpers that all containers share: allocation of instances, fast equality, the guard for recursive repr,
//! traversal of one value, and the pieces of `__reduce__`.

use crate::boundary::canonical;
use crate::heap::{gc_head, gcflags, generic_alloc};
use crate::layout::*;
use crate::{PyResult, Ref, Type, Value, raise};
use std::ffi::{c_int, c_void};

/// `t.tp_alloc(t, n)`: zeroed behind the header, tracked if it has a GC head.
pub fn alloc_instance(t: Type, n: isize) -> PyResult<*mut PyObject> {
    let f = t.tp_alloc.unwrap_or(generic_alloc);
    // SAFETY: a ready type is allocated by its own function.
    let p = unsafe { f(t.as_ptr(), n) };
    if p.is_null() {
        return Err(crate::errors::from_c_null());
    }
    if t.tp_flags & (tpflags::LIST_SUBCLASS | tpflags::TUPLE_SUBCLASS) != 0
        && std::ptr::fn_addr_eq(f, generic_alloc as allocfunc)
    {
        // SAFETY: new, and lists and tuples have a GC head. C has not seen it yet.
        unsafe { (*gc_head(p)).prev &= !gcflags::EXPOSED }
    }
    Ok(p)
}

/// Allocates a small native object of an exact static type; the caller fills it and then calls `gc::track`.
#[inline]
pub fn alloc_exact<T>(t: Type) -> *mut T {
    crate::heap::alloc_uninit(t, size_of::<T>()).cast()
}

/// `a is b or a == b` for canonical values, without a call for ints, floats and strs.
#[inline]
pub fn eq_fast(a: Value, b: Value) -> PyResult<bool> {
    if a == b {
        return Ok(true);
    }
    if a.is_immediate() && b.is_immediate() {
        let as_f64 = |v: Value| {
            if v.is_int() {
                v.as_int_unchecked() as f64
            } else {
                v.as_float_unchecked()
            }
        };
        // 49-bit ints convert exactly, so one comparison serves all four pairs.
        return Ok(as_f64(a) == as_f64(b));
    }
    if is_exact_str(a) && is_exact_str(b) {
        return Ok(crate::str::eq(a, b));
    }
    crate::ops::eq(a, b)
}

/// Where an immediate int or exact str is among the items of a list or tuple; `Err` with how many have been looked at
/// when one comes whose comparison may run code.
pub(crate) fn quick_place(items: &[Value], value: Value) -> Result<Option<usize>, usize> {
    if value.is_int() {
        int_place(items, value)
    } else if is_exact_str(value) {
        str_place(items, value)
    } else {
        Err(0)
    }
}

fn int_place(items: &[Value], n: Value) -> Result<Option<usize>, usize> {
    #[cfg(target_arch = "x86_64")]
    if items.len() >= 32 && is_x86_feature_detected!("avx2") {
        // SAFETY: the machine has the feature.
        return unsafe { int_place_avx2(items, n) };
    }
    int_place_in_chunks(items, n)
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn int_place_avx2(items: &[Value], n: Value) -> Result<Option<usize>, usize> {
    int_place_in_chunks(items, n)
}

/// How many items in front are certainly immediates: whole chunks, without a branch for each item.
pub(crate) fn leading_immediates(items: &[Value]) -> usize {
    let chunks = items.chunks_exact(8);
    let all = |c: &&[Value]| {
        Value::from_bits(c.iter().fold(u64::MAX, |m, v| m.min(v.bits()))).is_immediate()
    };
    8 * chunks.take_while(all).count()
}

/// The sum of the ints in front and how many they are: whole chunks, without a branch for each item.
pub fn sum_of_leading_ints(items: &[Value]) -> (i64, usize) {
    let (mut sum, mut n) = (0i64, 0);
    for chunk in items.chunks_exact(8) {
        let ints = chunk.iter().fold(!0, |bits, v| bits & v.bits());
        if !Value::from_bits(ints).is_int() {
            break;
        }
        // Eight immediates fit.
        let more = chunk.iter().map(|v| v.as_int_unchecked()).sum::<i64>();
        let Some(next) = sum.checked_add(more) else {
            break;
        };
        (sum, n) = (next, n + 8);
    }
    (sum, n)
}

#[inline(always)]
fn int_place_in_chunks(items: &[Value], n: Value) -> Result<Option<usize>, usize> {
    let mut seen = 0;
    // Whole chunks at a time, without a branch for each item.
    for chunk in items.chunks(16) {
        // All ones where an item is the number, the top bits of the tag where it is an int.
        let (found, ints) = chunk.iter().fold((0, !0), |(found, ints), v| {
            let same = if *v == n { !0 } else { 0u64 };
            (found | same, ints & v.bits())
        });
        if found != 0 || !Value::from_bits(ints).is_int() {
            for (k, v) in chunk.iter().enumerate() {
                if *v == n || v.is_float() && v.as_float_unchecked() == n.as_int_unchecked() as f64
                {
                    return Ok(Some(seen + k));
                }
                if !v.is_immediate() {
                    return Err(seen + k);
                }
            }
        }
        seen += chunk.len();
    }
    Ok(None)
}

fn str_place(items: &[Value], text: Value) -> Result<Option<usize>, usize> {
    for (i, item) in items.iter().enumerate() {
        if is_exact_str(*item) {
            if crate::str::eq(*item, text) {
                return Ok(Some(i));
            }
        } else if !item.is_immediate() {
            return Err(i);
        }
    }
    Ok(None)
}

#[inline(always)]
pub fn is_exact_str(v: Value) -> bool {
    // SAFETY: a live object.
    v.is_object() && unsafe { (*v.as_ptr()).ob_type == &raw mut crate::str::PyUnicode_Type }
}

/// A new reference to an item that may be a box.
#[inline(always)]
pub fn item_ref(v: Value) -> Ref {
    Ref::new(canonical(v))
}

/// Marks `v` as being printed; true if it already is (then nothing is marked).
pub fn repr_enter(v: Value) -> bool {
    // SAFETY: the current thread state is valid while the GIL is held; no reference outlives the statement.
    unsafe { !(*crate::thread::current()).repr_running.enter(v.as_ptr()) }
}

/// Undoes [`repr_enter`].
pub fn repr_leave(v: Value) {
    // SAFETY: as above.
    unsafe { (*crate::thread::current()).repr_running.leave(v.as_ptr()) }
}

/// Whether a reference to `v` can be part of a cycle.
#[inline(always)]
pub fn may_be_cyclic(v: Value) -> bool {
    if !v.is_object() {
        return false;
    }
    let t = Type::of(v);
    if t.tp_flags & tpflags::HAVE_GC == 0 {
        return false;
    }
    // SAFETY: exact tuples have a GC head.
    t != crate::ty!(crate::tuple::PyTuple_Type) || unsafe { is_tracked(v.as_ptr()) }
}

/// # Safety
/// `object` has a GC head.
#[inline(always)]
pub unsafe fn is_tracked(object: *mut PyObject) -> bool {
    // SAFETY: by contract.
    unsafe { !(*gc_head(object)).next.is_null() }
}

/// Calls `visit` for a field in `tp_traverse`.
///
/// # Safety
/// As `tp_traverse`.
#[inline(always)]
pub unsafe fn visit_value(v: Value, visit: visitproc, arg: *mut c_void) -> c_int {
    if v.is_object() {
        // SAFETY: by contract.
        unsafe { visit(v.as_ptr(), arg) }
    } else {
        0
    }
}

/// Visits each field and returns early when asked to.
#[macro_export]
macro_rules! visit_fields {
    ($visit:expr, $arg:expr, $($field:expr),*) => {{
        $(
            let code = $crate::list::common::visit_value($field, $visit, $arg);
            if code != 0 {
                return code;
            }
        )*
        0
    }};
}

/// `builtins.name`, for `__reduce__`.
pub fn builtin(name: Value) -> PyResult {
    let module = (crate::hooks().import)("builtins")?;
    crate::ops::getattr(module.value(), name)
}

/// `(callable, (arg,))` or with a third item.
pub fn reduce_tuple(callable: Ref, args: Vec<Ref>, state: Option<Ref>) -> Ref {
    let mut items = vec![callable, crate::tuple::from_vec(args)];
    items.extend(state);
    crate::tuple::from_vec(items)
}

/// `_PyEval_SliceIndex` without `None`.
pub fn slice_index(v: Value) -> PyResult<isize> {
    if !crate::ops::has_index(v) {
        return Err(raise!(
            TypeError,
            "slice indices must be integers or have an __index__ method"
        ));
    }
    crate::ops::index_clipped(v)
}

/// Arguments of `index(value, start=0, stop=sys.maxsize)`, as the bounds of a search in `len` items.
pub fn index_arguments(name: &str, args: &[Value], len: usize) -> PyResult<(Value, isize, isize)> {
    crate::check_positional(name, args.len(), 1, 3)?;
    let clip = |n: isize| {
        if n < 0 {
            n.saturating_add(len as isize).max(0)
        } else {
            n
        }
    };
    let start = args.get(1).map_or(Ok(0), |v| slice_index(*v))?;
    let stop = args.get(2).map_or(Ok(isize::MAX), |v| slice_index(*v))?;
    Ok((args[0], clip(start), clip(stop)))
}

/// `x.__class_getitem__(item)`.
pub fn class_getitem(cls: Value, item: Value) -> PyResult {
    crate::genericalias::new(cls, item)
}

/// Whether `t` inherits `tp_init` of `base` unchanged. The words are compared: a subclass copies its base's.
pub fn same_init(t: Type, base: Type) -> bool {
    t.tp_init.map(|f| f as usize) == base.tp_init.map(|f| f as usize)
}

/// Whether `t` inherits `tp_new` of `base` unchanged.
pub fn same_new(t: Type, base: Type) -> bool {
    t.tp_new.map(|f| f as usize) == base.tp_new.map(|f| f as usize)
}

/// `n * times`, or `MemoryError` for what no memory holds.
pub fn repeat_total(n: usize, times: isize) -> PyResult<usize> {
    let total = n.checked_mul(times.max(0) as usize);
    match total {
        Some(total) if total <= (isize::MAX as usize) / 16 => Ok(total),
        _ => Err(crate::errors::no_memory()),
    }
}

/// The lexicographic comparison of two sequences whose items are read afresh at every step.
pub fn compare_sequences(
    op: CmpOp,
    len_a: impl Fn() -> usize,
    len_b: impl Fn() -> usize,
    get_a: impl Fn(usize) -> Value,
    get_b: impl Fn(usize) -> Value,
) -> PyResult {
    let mut i = 0;
    while i < len_a() && i < len_b() {
        let (a, b) = (get_a(i), get_b(i));
        if a != b {
            let (a, b) = (item_ref(a), item_ref(b));
            if !eq_fast(a.value(), b.value())? {
                // The comparison may have shortened or changed either sequence.
                if i >= len_a() || i >= len_b() {
                    break;
                }
                return match op {
                    CmpOp::Eq => Ok(Ref::bool(false)),
                    CmpOp::Ne => Ok(Ref::bool(true)),
                    _ => {
                        let (a, b) = (item_ref(get_a(i)), item_ref(get_b(i)));
                        crate::ops::richcompare(a.value(), b.value(), op)
                    }
                };
            }
        }
        i += 1;
    }
    Ok(Ref::bool(op.holds(len_a().cmp(&len_b()))))
}
