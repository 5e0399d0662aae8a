//! `accumulate`, `chain`, `count`, `cycle`, `islice`, `pairwise`, `repeat`, `zip_longest`.

use super::{no_keywords, or_none, put, reduced, reduced_state, state_tuple};
use crate::util::repr_text;
use pyrs_object::boundary::canonical;
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_instance, class_getitem};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, check_positional, errors, heap,
    int, intern, iterobject::self_iter, list, methods, ops, py_type, raise, str, tuple, ty,
};
use smallvec::SmallVec;
use std::ffi::{c_int, c_void};

#[repr(C)]
pub struct AccumulateObject {
    pub ob_base: PyObject,
    total: Value,
    it: Value,
    function: Value,
    initial: Value,
}
#[repr(C)]
pub struct ChainObject {
    pub ob_base: PyObject,
    /// Iterator over the iterables; empty at the end.
    source: Value,
    active: Value,
}
#[repr(C)]
pub struct CountObject {
    pub ob_base: PyObject,
    /// The next number when it and the step fit, else unused.
    next: i64,
    by: i64,
    /// The next number, unless empty.
    slow: Value,
    step: Value,
}
#[repr(C)]
pub struct CycleObject {
    pub ob_base: PyObject,
    /// Empty once exhausted.
    it: Value,
    saved: Value,
    index: usize,
    /// The saved list is complete already (restored from a pickle).
    first_pass: bool,
}
#[repr(C)]
pub struct ISliceObject {
    pub ob_base: PyObject,
    /// Empty once exhausted.
    it: Value,
    next: usize,
    /// `usize::MAX`: none.
    stop: usize,
    step: usize,
    count: usize,
}
#[repr(C)]
pub struct PairwiseObject {
    pub ob_base: PyObject,
    it: Value,
    old: Value,
}
#[repr(C)]
pub struct RepeatObject {
    pub ob_base: PyObject,
    item: Value,
    /// -1: for ever.
    times: isize,
}
#[repr(C)]
pub struct ZipLongestObject {
    pub ob_base: PyObject,
    /// Iterators, empty once exhausted.
    iterators: Vec<Value>,
    active: usize,
    fill: Value,
}

py_type! {
    pub static PyAccumulate_Type: AccumulateObject = "itertools.accumulate" {
        flags: HAVE_GC | BASETYPE;
        doc: "accumulate(iterable, func=None, *, initial=None)\n--\n\nReturn series of accumulated sums.";
        raw { tp_dealloc: accumulate_dealloc, tp_traverse: accumulate_traverse, tp_clear: accumulate_clear }
        slots { tp_iter: self_iter, tp_iternext: accumulate_next, tp_new: accumulate_new }
        methods: ACCUMULATE_METHODS;
    }
}
py_type! {
    pub static PyChain_Type: ChainObject = "itertools.chain" {
        flags: HAVE_GC | BASETYPE;
        doc: "chain(*iterables) --> chain object\n\nReturn a chain object whose .__next__() method returns elements from the\nfirst iterable until it is exhausted, then elements from the next\niterable, until all of the iterables are exhausted.";
        raw { tp_dealloc: chain_dealloc, tp_traverse: chain_traverse, tp_clear: chain_clear }
        slots { tp_iter: self_iter, tp_iternext: chain_next, tp_new: chain_new }
        methods: CHAIN_METHODS;
    }
}
py_type! {
    pub static PyCount_Type: CountObject = "itertools.count" {
        flags: HAVE_GC | BASETYPE;
        doc: "count(start=0, step=1)\n--\n\nReturn a count object whose .__next__() method returns consecutive values.";
        raw { tp_dealloc: count_dealloc, tp_traverse: count_traverse, tp_clear: count_clear }
        slots { tp_repr: count_repr, tp_iter: self_iter, tp_iternext: count_next, tp_new: count_new }
        methods: COUNT_METHODS;
    }
}
py_type! {
    pub static PyCycle_Type: CycleObject = "itertools.cycle" {
        flags: HAVE_GC | BASETYPE;
        doc: "cycle(iterable, /)\n--\n\nReturn elements from the iterable until it is exhausted. Then repeat the sequence indefinitely.";
        raw { tp_dealloc: cycle_dealloc, tp_traverse: cycle_traverse, tp_clear: cycle_clear }
        slots { tp_iter: self_iter, tp_iternext: cycle_next, tp_new: cycle_new }
        methods: CYCLE_METHODS;
    }
}
py_type! {
    pub static PyISlice_Type: ISliceObject = "itertools.islice" {
        flags: HAVE_GC | BASETYPE;
        doc: "islice(iterable, stop) --> islice object\nislice(iterable, start, stop[, step]) --> islice object\n\nReturn an iterator whose next() method returns selected values from an\niterable.";
        raw { tp_dealloc: islice_dealloc, tp_traverse: islice_traverse, tp_clear: islice_clear }
        slots { tp_iter: self_iter, tp_iternext: islice_next, tp_new: islice_new }
        methods: ISLICE_METHODS;
    }
}
py_type! {
    pub static PyPairwise_Type: PairwiseObject = "itertools.pairwise" {
        flags: HAVE_GC | BASETYPE;
        doc: "pairwise(iterable, /)\n--\n\nReturn an iterator of overlapping pairs taken from the input iterator.";
        raw { tp_dealloc: pairwise_dealloc, tp_traverse: pairwise_traverse, tp_clear: pairwise_clear }
        slots { tp_iter: self_iter, tp_iternext: pairwise_next, tp_new: pairwise_new }
    }
}
py_type! {
    pub static PyRepeat_Type: RepeatObject = "itertools.repeat" {
        flags: HAVE_GC | BASETYPE;
        doc: "repeat(object [,times]) -> create an iterator which returns the object\nfor the specified number of times.  If not specified, returns the object\nendlessly.";
        raw { tp_dealloc: repeat_dealloc, tp_traverse: repeat_traverse, tp_clear: repeat_clear }
        slots { tp_repr: repeat_repr, tp_iter: self_iter, tp_iternext: repeat_next, tp_new: repeat_new }
        methods: REPEAT_METHODS;
    }
}
py_type! {
    pub static PyZipLongest_Type: ZipLongestObject = "itertools.zip_longest" {
        flags: HAVE_GC | BASETYPE;
        doc: "zip_longest(iter1 [,iter2 [...]], [fillvalue=None]) --> zip_longest object\n\nReturn tuples of an item of each iterable until the longest is exhausted;\nthe others give the fillvalue.";
        raw { tp_dealloc: zip_dealloc, tp_traverse: zip_traverse, tp_clear: zip_clear }
        slots { tp_iter: self_iter, tp_iternext: zip_next, tp_new: zip_new }
        methods: ZIP_METHODS;
    }
}
owning_fields!(AccumulateObject accumulate_dealloc accumulate_traverse accumulate_clear; total it function initial);
owning_fields!(ChainObject chain_dealloc chain_traverse chain_clear; source active);
owning_fields!(CountObject count_dealloc count_traverse count_clear; slow step);
owning_fields!(CycleObject cycle_dealloc cycle_traverse cycle_clear; it saved);
owning_fields!(ISliceObject islice_dealloc islice_traverse islice_clear; it);
owning_fields!(PairwiseObject pairwise_dealloc pairwise_traverse pairwise_clear; it old);
owning_fields!(RepeatObject repeat_dealloc repeat_traverse repeat_clear; item);

methods! { static ACCUMULATE_METHODS = [
    "__reduce__" NOARGS accumulate_reduce, "Return state information for pickling.";
    "__setstate__" O accumulate_setstate, "Set state information for unpickling.";
] }
methods! { static CHAIN_METHODS = [
    "from_iterable" O|CLASS chain_from_iterable, "from_iterable($type, iterable, /)\n--\n\nAlternative chain() constructor taking a single iterable argument that evaluates lazily.";
    "__reduce__" NOARGS chain_reduce, "Return state information for pickling.";
    "__setstate__" O chain_setstate, "Set state information for unpickling.";
    "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
] }
methods! { static COUNT_METHODS = [
    "__reduce__" NOARGS count_reduce, "Return state information for pickling.";
] }
methods! { static CYCLE_METHODS = [
    "__reduce__" NOARGS cycle_reduce, "Return state information for pickling.";
    "__setstate__" O cycle_setstate, "Set state information for unpickling.";
] }
methods! { static ISLICE_METHODS = [
    "__reduce__" NOARGS islice_reduce, "Return state information for pickling.";
    "__setstate__" O islice_setstate, "Set state information for unpickling.";
] }
methods! { static REPEAT_METHODS = [
    "__length_hint__" NOARGS repeat_hint, "Private method returning an estimate of len(list(it)).";
    "__reduce__" NOARGS repeat_reduce, "Return state information for pickling.";
] }
methods! { static ZIP_METHODS = [
    "__reduce__" NOARGS zip_reduce, "Return state information for pickling.";
    "__setstate__" O zip_setstate, "Set state information for unpickling.";
] }

fn accumulate_raw(v: Value) -> *mut AccumulateObject {
    v.as_ptr().cast()
}
fn accumulate_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<3> = Signature {
        name: "accumulate",
        params: ["iterable", "func", "initial"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [iterable, function, initial] = args.bind(&SIGNATURE)?;
    let it = ops::iter(iterable)?;
    let keep = |v: Value| {
        v.non_empty()
            .filter(|v| !v.is_none())
            .map_or(Value::EMPTY, |v| Ref::new(v).into_value())
    };
    let p = alloc_instance(t, 0)?.cast::<AccumulateObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).it = it.into_value();
        (*p).function = keep(function);
        (*p).initial = keep(initial);
        Ok(Ref::from_owned_ptr(p))
    }
}
fn accumulate_next(v: Value) -> PyResult<Option<Ref>> {
    let p = accumulate_raw(v);
    // SAFETY: a live instance; fields that change are counted first.
    unsafe {
        if !(*p).initial.is_empty() {
            let first = Ref::from_owned(std::mem::replace(&mut (*p).initial, Value::EMPTY));
            put(&raw mut (*p).total, first.clone());
            return Ok(Some(first));
        }
        let Some(item) = ops::next((*p).it)? else {
            return Ok(None);
        };
        if (*p).total.is_empty() {
            put(&raw mut (*p).total, item.clone());
            return Ok(Some(item));
        }
        let total = Ref::new((*p).total);
        let new = if (*p).function.is_empty() {
            ops::add(total.value(), item.value())?
        } else {
            ops::call((*p).function, &[total.value(), item.value()])?
        };
        put(&raw mut (*p).total, new.clone());
        Ok(Some(new))
    }
}
fn accumulate_reduce(v: Value) -> PyResult {
    let p = accumulate_raw(v);
    // SAFETY: a live instance.
    let (total, it, function, initial) =
        unsafe { ((*p).total, (*p).it, (*p).function, (*p).initial) };
    let chain = ty!(PyChain_Type).value();
    if !initial.is_empty() {
        let head = tuple::from_slice(&[initial]);
        let it = ops::call(chain, &[head.value(), it])?;
        return reduced_state(v.ty(), vec![it, or_none(function)], Ref::none());
    }
    if !total.is_empty() && total.is_none() {
        let head = tuple::from_slice(&[total]);
        let it = ops::call(chain, &[head.value(), it])?;
        let again = ops::call(v.ty().value(), &[it.value(), or_none(function).value()])?;
        return reduced(ty!(PyISlice_Type), vec![again, Ref::int(1), Ref::none()]);
    }
    reduced_state(
        v.ty(),
        vec![Ref::new(it), or_none(function)],
        or_none(total),
    )
}
fn accumulate_setstate(v: Value, state: Value) -> PyResult {
    // SAFETY: a live instance.
    unsafe { put(&raw mut (*accumulate_raw(v)).total, Ref::new(state)) };
    Ok(Ref::none())
}

fn chain_raw(v: Value) -> *mut ChainObject {
    v.as_ptr().cast()
}
fn chain_over(t: Type, source: Ref) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<ChainObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).source = source.into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn chain_new(t: Type, args: Args<'_>) -> PyResult {
    no_keywords(t, ty!(PyChain_Type), &args)?;
    let all = tuple::from_slice(args.positional());
    chain_over(t, ops::iter(all.value())?)
}
fn chain_from_iterable(class: Value, iterable: Value) -> PyResult {
    let source = ops::iter(iterable)?;
    match Type::from_value(class) {
        Some(t) => chain_over(t, source),
        None => Err(errors::bad_internal_call()),
    }
}
fn chain_next(v: Value) -> PyResult<Option<Ref>> {
    let p = chain_raw(v);
    // SAFETY: a live instance; fields that nested calls may clear are counted around the calls.
    unsafe {
        loop {
            if (*p).source.is_empty() {
                return Ok(None);
            }
            if (*p).active.is_empty() {
                let source = Ref::new((*p).source);
                let Some(iterable) = ops::next(source.value())? else {
                    heap::clear_field(&raw mut (*p).source);
                    return Ok(None);
                };
                match ops::iter(iterable.value()) {
                    Ok(it) => put(&raw mut (*p).active, it),
                    Err(e) => {
                        heap::clear_field(&raw mut (*p).source);
                        return Err(e);
                    }
                }
            }
            let active = Ref::new((*p).active);
            if let Some(item) = ops::next(active.value())? {
                return Ok(Some(item));
            }
            heap::clear_field(&raw mut (*p).active);
        }
    }
}
fn chain_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (source, active) = unsafe { ((*chain_raw(v)).source, (*chain_raw(v)).active) };
    if source.is_empty() {
        return reduced(v.ty(), vec![]);
    }
    let state = if active.is_empty() {
        tuple::from_slice(&[source])
    } else {
        tuple::from_slice(&[source, active])
    };
    reduced_state(v.ty(), vec![], state)
}
fn chain_setstate(v: Value, state: Value) -> PyResult {
    let items = state_tuple(state, 1, 2)?;
    if items.iter().any(|i| !ops::is_iterator(canonical(*i))) {
        return Err(raise!(TypeError, "Arguments must be iterators."));
    }
    // SAFETY: a live instance.
    unsafe {
        put(&raw mut (*chain_raw(v)).source, Ref::new(items[0]));
        match items.get(1) {
            Some(active) => put(&raw mut (*chain_raw(v)).active, Ref::new(*active)),
            None => heap::clear_field(&raw mut (*chain_raw(v)).active),
        }
    }
    Ok(Ref::none())
}

fn count_raw(v: Value) -> *mut CountObject {
    v.as_ptr().cast()
}
fn is_number(v: Value) -> bool {
    v.is_immediate()
        || v.ty()
            .number()
            .is_some_and(|n| n.nb_index.is_some() || n.nb_int.is_some() || n.nb_float.is_some())
        || v.is_a(ty!(pyrs_object::complex::PyComplex_Type))
}
fn count_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "count",
        params: ["start", "step"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [start, step] = args.bind(&SIGNATURE)?;
    let start = start.non_empty().unwrap_or(Value::int_unchecked(0));
    let step = step.non_empty().unwrap_or(Value::int_unchecked(1));
    if !is_number(start) || !is_number(step) {
        return Err(raise!(TypeError, "a number is required"));
    }
    let fast = |v: Value| {
        if int::is_int_instance(v) {
            int::to_i64(v)
        } else {
            None
        }
    };
    let p = alloc_instance(t, 0)?.cast::<CountObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).step = Ref::new(step).into_value();
        match (fast(start), step.as_int()) {
            (Some(n), Some(by)) if by == 1 || start.is_int() => {
                (*p).next = n;
                (*p).by = by;
            }
            _ => (*p).slow = Ref::new(start).into_value(),
        }
        Ok(Ref::from_owned_ptr(p))
    }
}
#[inline]
fn count_next(v: Value) -> PyResult<Option<Ref>> {
    let p = count_raw(v);
    // SAFETY: a live instance; the field that changes is counted first.
    unsafe {
        if (*p).slow.is_empty() {
            let n = (*p).next;
            match n.checked_add((*p).by) {
                Some(next) => (*p).next = next,
                None => {
                    let big = int::from_i128(i128::from(n) + i128::from((*p).by));
                    put(&raw mut (*p).slow, big);
                }
            }
            return Ok(Some(Ref::int(n)));
        }
        let now = Ref::new((*p).slow);
        let next = ops::add(now.value(), (*p).step)?;
        put(&raw mut (*p).slow, next);
        Ok(Some(now))
    }
}
fn count_now(v: Value) -> Ref {
    let p = count_raw(v);
    // SAFETY: a live instance.
    unsafe {
        if (*p).slow.is_empty() {
            Ref::int((*p).next)
        } else {
            Ref::new((*p).slow)
        }
    }
}
fn count_repr(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let step = Ref::new(unsafe { (*count_raw(v)).step });
    let (name, now) = (v.ty().name(), repr_text(count_now(v).value())?);
    if step.as_int() == Some(1) {
        return Ok(str::new(&format!("{name}({now})")));
    }
    Ok(str::new(&format!(
        "{name}({now}, {})",
        repr_text(step.value())?
    )))
}
fn count_reduce(v: Value) -> PyResult {
    let p = count_raw(v);
    // SAFETY: a live instance.
    let (plain, step) = unsafe { ((*p).slow.is_empty() && (*p).by == 1, Ref::new((*p).step)) };
    if plain {
        reduced(v.ty(), vec![count_now(v)])
    } else {
        reduced(v.ty(), vec![count_now(v), step])
    }
}

fn cycle_raw(v: Value) -> *mut CycleObject {
    v.as_ptr().cast()
}
fn cycle_new(t: Type, args: Args<'_>) -> PyResult {
    no_keywords(t, ty!(PyCycle_Type), &args)?;
    check_positional("cycle", args.positional().len(), 1, 1)?;
    let it = ops::iter(args.values[0])?;
    let p = alloc_instance(t, 0)?.cast::<CycleObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).it = it.into_value();
        (*p).saved = list::new().into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn cycle_next(v: Value) -> PyResult<Option<Ref>> {
    let p = cycle_raw(v);
    // SAFETY: a live instance; the iterator is counted around the call.
    unsafe {
        if !(*p).it.is_empty() {
            let it = Ref::new((*p).it);
            if let Some(item) = ops::next(it.value())? {
                if !(*p).first_pass {
                    list::append((*p).saved, item.clone())?;
                }
                return Ok(Some(item));
            }
            heap::clear_field(&raw mut (*p).it);
        }
        let saved = (*p).saved;
        let n = list::len(saved);
        if n == 0 {
            return Ok(None);
        }
        let i = (*p).index.min(n - 1);
        (*p).index = if i + 1 >= n { 0 } else { i + 1 };
        Ok(list::get(saved, i))
    }
}
fn cycle_reduce(v: Value) -> PyResult {
    let p = cycle_raw(v);
    // SAFETY: a live instance.
    let (it, saved, index, first_pass) =
        unsafe { ((*p).it, (*p).saved, (*p).index, (*p).first_pass) };
    let state = |complete: bool| tuple::pair(Ref::new(saved), Ref::bool(complete));
    if it.is_empty() {
        let it = ops::iter(saved)?;
        if index != 0 {
            ops::call_method(
                it.value(),
                intern!("__setstate__"),
                &[Value::int_unchecked(index as i64)],
            )?;
        }
        return reduced_state(v.ty(), vec![it], state(true));
    }
    reduced_state(v.ty(), vec![Ref::new(it)], state(first_pass))
}
fn cycle_setstate(v: Value, state: Value) -> PyResult {
    let items = state_tuple(state, 2, 2)?;
    if !list::is_list(items[0]) {
        return Err(raise!(
            TypeError,
            "argument 1 must be list, not {}",
            items[0].ty().message_name()
        ));
    }
    let first_pass = ops::index_as_isize(canonical(items[1]))? != 0;
    // SAFETY: a live instance.
    unsafe {
        let p = cycle_raw(v);
        (*p).first_pass = first_pass;
        (*p).index = 0;
        put(&raw mut (*p).saved, Ref::new(items[0]));
    }
    Ok(Ref::none())
}

fn islice_raw(v: Value) -> *mut ISliceObject {
    v.as_ptr().cast()
}
/// A bound of a slice: `None` is `None`; anything but a number from 0 on is an error.
fn bound(v: Value, error: fn() -> Raised) -> PyResult<Option<usize>> {
    if v.is_none() {
        return Ok(None);
    }
    if !ops::has_index(v) {
        return Err(error());
    }
    match ops::index_as_isize(v) {
        Ok(n) if n >= 0 => Ok(Some(n as usize)),
        Ok(_) => Err(error()),
        Err(e) => {
            if errors::take_if(pyrs_object::exceptions::OverflowError) {
                return Err(error());
            }
            Err(e)
        }
    }
}
fn stop_error() -> Raised {
    raise!(
        ValueError,
        "Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize."
    )
}
fn index_error() -> Raised {
    raise!(
        ValueError,
        "Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize."
    )
}
fn step_error() -> Raised {
    raise!(
        ValueError,
        "Step for islice() must be a positive integer or None."
    )
}
fn islice_new(t: Type, args: Args<'_>) -> PyResult {
    no_keywords(t, ty!(PyISlice_Type), &args)?;
    let given = args.positional();
    check_positional("islice", given.len(), 2, 4)?;
    let (start, stop, step) = match given {
        [_, stop] => (0, bound(*stop, stop_error)?, 1),
        [_, start, stop, rest @ ..] => {
            let stop = bound(*stop, stop_error)?;
            let start = bound(*start, index_error)?.unwrap_or(0);
            let step = match rest {
                [step] => bound(*step, step_error)?.unwrap_or(1),
                _ => 1,
            };
            if step == 0 {
                return Err(step_error());
            }
            (start, stop, step)
        }
        _ => return Err(errors::bad_internal_call()),
    };
    let it = ops::iter(given[0])?;
    let p = alloc_instance(t, 0)?.cast::<ISliceObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).it = it.into_value();
        (*p).next = start;
        (*p).stop = stop.unwrap_or(usize::MAX);
        (*p).step = step;
        Ok(Ref::from_owned_ptr(p))
    }
}
fn islice_next(v: Value) -> PyResult<Option<Ref>> {
    let p = islice_raw(v);
    // SAFETY: a live instance; the iterator is counted around the calls.
    unsafe {
        if (*p).it.is_empty() {
            return Ok(None);
        }
        let it = Ref::new((*p).it);
        let step = || -> PyResult<Option<Ref>> {
            while (*p).count < (*p).next {
                if ops::next(it.value())?.is_none() {
                    return Ok(None);
                }
                (*p).count += 1;
            }
            let stop = (*p).stop;
            if (*p).count >= stop {
                return Ok(None);
            }
            let Some(item) = ops::next(it.value())? else {
                return Ok(None);
            };
            (*p).count += 1;
            (*p).next = (*p).next.saturating_add((*p).step).min(stop);
            Ok(Some(item))
        };
        let r = step();
        if !matches!(r, Ok(Some(_))) {
            heap::clear_field(&raw mut (*p).it);
        }
        r
    }
}
fn islice_reduce(v: Value) -> PyResult {
    let p = islice_raw(v);
    // SAFETY: a live instance.
    unsafe {
        if (*p).it.is_empty() {
            let none = list::new();
            let it = ops::iter(none.value())?;
            return reduced_state(v.ty(), vec![it, Ref::int(0)], Ref::int(0));
        }
        let stop = if (*p).stop == usize::MAX {
            Ref::none()
        } else {
            int::from_u64((*p).stop as u64)
        };
        let args = vec![
            Ref::new((*p).it),
            int::from_u64((*p).next as u64),
            stop,
            int::from_u64((*p).step as u64),
        ];
        reduced_state(v.ty(), args, int::from_u64((*p).count as u64))
    }
}
fn islice_setstate(v: Value, state: Value) -> PyResult {
    let n = ops::index_as_isize(state)?;
    // SAFETY: a live instance.
    unsafe { (*islice_raw(v)).count = n.max(0) as usize };
    Ok(Ref::none())
}

fn pairwise_raw(v: Value) -> *mut PairwiseObject {
    v.as_ptr().cast()
}
fn pairwise_new(t: Type, args: Args<'_>) -> PyResult {
    no_keywords(t, ty!(PyPairwise_Type), &args)?;
    check_positional("pairwise", args.positional().len(), 1, 1)?;
    let it = ops::iter(args.values[0])?;
    let p = alloc_instance(t, 0)?.cast::<PairwiseObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).it = it.into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn pairwise_next(v: Value) -> PyResult<Option<Ref>> {
    let p = pairwise_raw(v);
    // SAFETY: a live instance; fields that nested calls may clear are counted around the calls.
    unsafe {
        if (*p).it.is_empty() {
            return Ok(None);
        }
        let it = Ref::new((*p).it);
        if (*p).old.is_empty() {
            match ops::next(it.value()) {
                Ok(Some(first)) => put(&raw mut (*p).old, first),
                other => {
                    heap::clear_field(&raw mut (*p).it);
                    return other;
                }
            }
            if (*p).it.is_empty() {
                heap::clear_field(&raw mut (*p).old);
                return Ok(None);
            }
        }
        let old = Ref::new((*p).old);
        match ops::next(it.value()) {
            Ok(Some(new)) => {
                put(&raw mut (*p).old, new.clone());
                Ok(Some(tuple::pair(old, new)))
            }
            other => {
                heap::clear_field(&raw mut (*p).it);
                heap::clear_field(&raw mut (*p).old);
                other
            }
        }
    }
}

fn repeat_raw(v: Value) -> *mut RepeatObject {
    v.as_ptr().cast()
}
fn repeat_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "repeat",
        params: ["object", "times"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [item, times] = args.bind(&SIGNATURE)?;
    let times = match times.non_empty() {
        Some(n) => ops::index_as_isize(n)?.max(0),
        None => -1,
    };
    let p = alloc_instance(t, 0)?.cast::<RepeatObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).item = Ref::new(item).into_value();
        (*p).times = times;
        Ok(Ref::from_owned_ptr(p))
    }
}
fn repeat_next(v: Value) -> PyResult<Option<Ref>> {
    let p = repeat_raw(v);
    // SAFETY: a live instance.
    unsafe {
        if (*p).times == 0 {
            return Ok(None);
        }
        if (*p).times > 0 {
            (*p).times -= 1;
        }
        Ok(Some(Ref::new((*p).item)))
    }
}
fn repeat_repr(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (item, times) = unsafe { ((*repeat_raw(v)).item, (*repeat_raw(v)).times) };
    let (name, shown) = (v.ty().name(), repr_text(item)?);
    Ok(str::new(&if times < 0 {
        format!("{name}({shown})")
    } else {
        format!("{name}({shown}, {times})")
    }))
}
fn repeat_hint(v: Value) -> PyResult {
    // SAFETY: a live instance.
    match unsafe { (*repeat_raw(v)).times } {
        -1 => Err(raise!(TypeError, "len() of unsized object")),
        n => Ok(Ref::int(n as i64)),
    }
}
fn repeat_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (item, times) = unsafe { ((*repeat_raw(v)).item, (*repeat_raw(v)).times) };
    let mut args = vec![Ref::new(item)];
    if times >= 0 {
        args.push(Ref::int(times as i64));
    }
    reduced(v.ty(), args)
}

fn zip_raw(v: Value) -> *mut ZipLongestObject {
    v.as_ptr().cast()
}
unsafe extern "C" fn zip_dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        zip_clear(object);
        std::ptr::drop_in_place(&raw mut (*object.cast::<ZipLongestObject>()).iterators);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn zip_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let p = object.cast::<ZipLongestObject>();
    // SAFETY: called by the collector for a live instance.
    unsafe {
        for v in &(*p).iterators {
            if v.is_object() {
                let r = visit(v.as_ptr(), arg);
                if r != 0 {
                    return r;
                }
            }
        }
        pyrs_object::visit_fields!(visit, arg, (*p).fill)
    }
}
unsafe extern "C" fn zip_clear(object: *mut PyObject) -> c_int {
    let p = object.cast::<ZipLongestObject>();
    // SAFETY: a live or dying instance; the fields are empty before their objects may die.
    unsafe {
        (*p).active = 0;
        let old = std::mem::take(&mut (*p).iterators);
        heap::clear_field(&raw mut (*p).fill);
        for v in old {
            heap::decref(v);
        }
    }
    0
}
fn zip_new(t: Type, args: Args<'_>) -> PyResult {
    let mut fill = Ref::none();
    for (k, v) in args.keywords() {
        if !str::eq_str(k, "fillvalue") {
            return Err(raise!(
                TypeError,
                "zip_longest() got an unexpected keyword argument"
            ));
        }
        fill = Ref::new(v);
    }
    let its = args
        .positional()
        .iter()
        .map(|v| ops::iter(*v))
        .collect::<PyResult<Vec<Ref>>>()?;
    let p = alloc_instance(t, 0)?.cast::<ZipLongestObject>();
    // SAFETY: a fresh zeroed instance; nobody has read the Vec yet.
    unsafe {
        (*p).active = its.len();
        std::ptr::write(
            &raw mut (*p).iterators,
            its.into_iter().map(Ref::into_value).collect(),
        );
        (*p).fill = fill.into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn zip_next(v: Value) -> PyResult<Option<Ref>> {
    let p = zip_raw(v);
    // SAFETY: a live instance; each iterator is counted around its call, indices are checked at every step.
    unsafe {
        if (*p).active == 0 {
            return Ok(None);
        }
        let n = (*p).iterators.len();
        let mut row: SmallVec<[Ref; 8]> = SmallVec::with_capacity(n);
        for i in 0..n {
            let its = &(*p).iterators;
            let it = its.get(i).copied().unwrap_or(Value::EMPTY);
            if it.is_empty() {
                row.push(or_none((*p).fill));
                continue;
            }
            let it = Ref::new(it);
            match ops::next(it.value()) {
                Ok(Some(item)) => row.push(item),
                Ok(None) => {
                    (*p).active = (*p).active.saturating_sub(1);
                    if (*p).active == 0 {
                        return Ok(None);
                    }
                    let its = &mut (*p).iterators;
                    let slot = its.get_mut(i).map(|s| std::mem::replace(s, Value::EMPTY));
                    heap::decref(slot.unwrap_or(Value::EMPTY));
                    row.push(or_none((*p).fill));
                }
                Err(e) => {
                    (*p).active = 0;
                    return Err(e);
                }
            }
        }
        let values: SmallVec<[Value; 8]> = row.iter().map(Ref::value).collect();
        Ok(Some(tuple::from_slice(&values)))
    }
}
fn zip_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance; nothing here runs Python code.
    unsafe {
        let p = zip_raw(v);
        let args = (*p)
            .iterators
            .iter()
            .map(|i| {
                if i.is_empty() {
                    tuple::empty()
                } else {
                    Ref::new(*i)
                }
            })
            .collect();
        reduced_state(v.ty(), args, or_none((*p).fill))
    }
}
fn zip_setstate(v: Value, state: Value) -> PyResult {
    // SAFETY: a live instance.
    unsafe { put(&raw mut (*zip_raw(v)).fill, Ref::new(state)) };
    Ok(Ref::none())
}
