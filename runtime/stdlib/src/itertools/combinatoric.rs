//! `product`, `permutations`, `combinations`, `combinations_with_replacement`: counters over pools of items.

use super::{no_keywords, reduced, reduced_state};
use pyrs_object::boundary::canonical;
use pyrs_object::errors::check_room;
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, heap, int, iterobject::self_iter,
    methods, ops, py_type, raise, tuple, ty,
};
use smallvec::SmallVec;

#[repr(C)]
pub struct CombinatoricObject {
    pub ob_base: PyObject,
    /// Tuple of items; of `product` a tuple of tuples.
    pool: Value,
    indices: Vec<usize>,
    /// `permutations` only.
    cycles: Vec<usize>,
    r: usize,
    started: bool,
    stopped: bool,
}
macro_rules! combinatoric_type {
    ($sym:ident $name:literal $doc:literal $new:ident $next:ident $methods:ident) => {
        py_type! {
            pub static $sym: CombinatoricObject = $name {
                flags: HAVE_GC | BASETYPE;
                doc: $doc;
                raw { tp_dealloc: dealloc, tp_traverse: traverse }
                slots { tp_iter: self_iter, tp_iternext: $next, tp_new: $new }
                methods: $methods;
            }
        }
    };
}
combinatoric_type! { PyCombinations_Type "itertools.combinations" "combinations(iterable, r)\n--\n\nReturn successive r-length combinations of elements in the iterable.\n\ncombinations(range(4), 3) --> (0,1,2), (0,1,3), (0,2,3), (1,2,3)" combinations_new combinations_next COMBINATIONS_METHODS }
combinatoric_type! { PyCombinationsWithReplacement_Type "itertools.combinations_with_replacement" "combinations_with_replacement(iterable, r)\n--\n\nReturn successive r-length combinations of elements in the iterable allowing individual elements to have successive repeats.\n\ncombinations_with_replacement('ABC', 2) --> ('A','A'), ('A','B'), ('A','C'), ('B','B'), ('B','C'), ('C','C')" replacement_new replacement_next REPLACEMENT_METHODS }
combinatoric_type! { PyPermutations_Type "itertools.permutations" "permutations(iterable, r=None)\n--\n\nReturn successive r-length permutations of elements in the iterable.\n\npermutations(range(3), 2) --> (0,1), (0,2), (1,0), (1,2), (2,0), (2,1)" permutations_new permutations_next PERMUTATIONS_METHODS }
combinatoric_type! { PyProduct_Type "itertools.product" "product(*iterables, repeat=1) --> product object\n\nCartesian product of input iterables.  Equivalent to nested for-loops." product_new product_next PRODUCT_METHODS }

methods! { static COMBINATIONS_METHODS = [
    "__reduce__" NOARGS counted_reduce, "Return state information for pickling.";
    "__setstate__" O combinations_setstate, "Set state information for unpickling.";
    "__sizeof__" NOARGS sizeof, "Returns size in memory, in bytes.";
] }
methods! { static REPLACEMENT_METHODS = [
    "__reduce__" NOARGS counted_reduce, "Return state information for pickling.";
    "__setstate__" O replacement_setstate, "Set state information for unpickling.";
    "__sizeof__" NOARGS sizeof, "Returns size in memory, in bytes.";
] }
methods! { static PERMUTATIONS_METHODS = [
    "__reduce__" NOARGS permutations_reduce, "Return state information for pickling.";
    "__setstate__" O permutations_setstate, "Set state information for unpickling.";
    "__sizeof__" NOARGS sizeof, "Returns size in memory, in bytes.";
] }
methods! { static PRODUCT_METHODS = [
    "__reduce__" NOARGS product_reduce, "Return state information for pickling.";
    "__setstate__" O product_setstate, "Set state information for unpickling.";
    "__sizeof__" NOARGS sizeof, "Returns size in memory, in bytes.";
] }

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    let p = object.cast::<CombinatoricObject>();
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        heap::clear_field(&raw mut (*p).pool);
        std::ptr::drop_in_place(&raw mut (*p).indices);
        std::ptr::drop_in_place(&raw mut (*p).cycles);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut std::ffi::c_void,
) -> std::ffi::c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe { pyrs_object::visit_fields!(visit, arg, (*object.cast::<CombinatoricObject>()).pool) }
}

/// The counter's fields. Nothing in this file runs Python code while the reference lives.
fn this<'a>(v: Value) -> &'a mut CombinatoricObject {
    // SAFETY: a live instance; see above.
    unsafe { &mut *v.as_ptr().cast::<CombinatoricObject>() }
}
fn make(
    t: Type,
    pool: Ref,
    indices: Vec<usize>,
    cycles: Vec<usize>,
    r: usize,
    stopped: bool,
) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<CombinatoricObject>();
    // SAFETY: a fresh zeroed instance; nobody has read the Vecs yet.
    unsafe {
        (*p).pool = pool.into_value();
        std::ptr::write(&raw mut (*p).indices, indices);
        std::ptr::write(&raw mut (*p).cycles, cycles);
        (*p).r = r;
        (*p).stopped = stopped;
        Ok(Ref::from_owned_ptr(p))
    }
}
/// The items of the pool at the first `r` indices.
fn pick(o: &CombinatoricObject) -> Ref {
    let pool = tuple::items(o.pool);
    let row: SmallVec<[Value; 8]> = o.indices[..o.r]
        .iter()
        .map(|i| canonical(pool[*i]))
        .collect();
    tuple::from_slice(&row)
}
fn stop(o: &mut CombinatoricObject) -> PyResult<Option<Ref>> {
    o.stopped = true;
    Ok(None)
}
fn index_tuple(indices: &[usize]) -> Ref {
    tuple::from_vec(indices.iter().map(|i| Ref::int(*i as i64)).collect())
}
fn sizeof(v: Value) -> PyResult {
    let o = this(v);
    Ok(Ref::int(
        v.ty().tp_basicsize as i64 + (o.indices.len() + o.cycles.len()) as i64 * 8,
    ))
}
fn length_argument(r: Value) -> PyResult<usize> {
    let r = ops::index_as_isize(r)?;
    usize::try_from(r).map_err(|_| raise!(ValueError, "r must be non-negative"))
}
/// `n` indices of a state tuple, each clipped by `clip(position, index)`.
fn state_indices(
    state: Value,
    n: usize,
    clip: impl Fn(usize, isize) -> usize,
) -> PyResult<Vec<usize>> {
    if !tuple::is_tuple(state) || tuple::len(state) != n {
        return Err(raise!(ValueError, "invalid arguments"));
    }
    let mut out = Vec::with_capacity(n);
    for (i, v) in tuple::items(state).iter().enumerate() {
        let v = canonical(*v);
        if !int::is_int_instance(v) {
            return Err(raise!(TypeError, "an integer is required"));
        }
        out.push(clip(i, ops::index_as_isize(v)?));
    }
    Ok(out)
}

fn counted_new(t: Type, args: Args<'_>, name: &'static str, replacement: bool) -> PyResult {
    let signature: Signature<2> = Signature {
        name,
        params: ["iterable", "r"],
        posonly: 0,
        positional: 2,
        required: 2,
    };
    let [iterable, r] = args.bind(&signature)?;
    let r_value = ops::index_as_isize(r)?;
    let pool = ops::to_tuple(iterable)?;
    if r_value < 0 {
        return Err(raise!(ValueError, "r must be non-negative"));
    }
    let (n, r) = (tuple::len(pool.value()), r_value as usize);
    check_room(r, size_of::<usize>())?;
    let stopped = if replacement { n == 0 && r > 0 } else { r > n };
    let indices = if stopped {
        Vec::new()
    } else if replacement {
        vec![0; r]
    } else {
        (0..r).collect()
    };
    make(t, pool, indices, Vec::new(), r, stopped)
}
fn combinations_new(t: Type, args: Args<'_>) -> PyResult {
    counted_new(t, args, "combinations", false)
}
fn replacement_new(t: Type, args: Args<'_>) -> PyResult {
    counted_new(t, args, "combinations_with_replacement", true)
}
fn combinations_next(v: Value) -> PyResult<Option<Ref>> {
    let o = this(v);
    if o.stopped {
        return Ok(None);
    }
    if !o.started {
        o.started = true;
        return Ok(Some(pick(o)));
    }
    let (n, r) = (tuple::len(o.pool), o.r);
    let Some(i) = (0..r).rev().find(|&i| o.indices[i] != i + n - r) else {
        return stop(o);
    };
    o.indices[i] += 1;
    for j in i + 1..r {
        o.indices[j] = o.indices[j - 1] + 1;
    }
    Ok(Some(pick(o)))
}
fn replacement_next(v: Value) -> PyResult<Option<Ref>> {
    let o = this(v);
    if o.stopped {
        return Ok(None);
    }
    if !o.started {
        o.started = true;
        return Ok(Some(pick(o)));
    }
    let n = tuple::len(o.pool);
    let Some(i) = (0..o.r).rev().find(|&i| o.indices[i] + 1 < n) else {
        return stop(o);
    };
    let next = o.indices[i] + 1;
    o.indices[i..].fill(next);
    Ok(Some(pick(o)))
}
fn counted_reduce(v: Value) -> PyResult {
    let o = this(v);
    let r = int::from_u64(o.r as u64);
    if !o.started && !o.stopped {
        return reduced(v.ty(), vec![Ref::new(o.pool), r]);
    }
    if o.stopped {
        let pool = if o.started {
            tuple::empty()
        } else {
            Ref::new(o.pool)
        };
        return reduced(v.ty(), vec![pool, r]);
    }
    let indices = index_tuple(&o.indices);
    reduced_state(v.ty(), vec![Ref::new(o.pool), r], indices)
}
fn restore(v: Value, indices: Vec<usize>) -> PyResult {
    let o = this(v);
    if o.stopped && o.indices.len() != indices.len() {
        return Ok(Ref::none());
    }
    o.indices = indices;
    o.started = true;
    Ok(Ref::none())
}
fn combinations_setstate(v: Value, state: Value) -> PyResult {
    let o = this(v);
    let (n, r) = (tuple::len(o.pool), o.r);
    let indices = state_indices(state, r, |i, x| {
        x.clamp(0, (i + n).saturating_sub(r) as isize) as usize
    })?;
    restore(v, indices)
}
fn replacement_setstate(v: Value, state: Value) -> PyResult {
    let o = this(v);
    let (n, r) = (tuple::len(o.pool), o.r);
    let indices = state_indices(state, r, |_, x| {
        x.clamp(0, n.saturating_sub(1) as isize) as usize
    })?;
    restore(v, indices)
}

fn permutations_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "permutations",
        params: ["iterable", "r"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [iterable, r] = args.bind(&SIGNATURE)?;
    let pool = ops::to_tuple(iterable)?;
    let n = tuple::len(pool.value());
    let r = match r.non_empty().filter(|r| !r.is_none()) {
        None => n,
        Some(r) => {
            if !int::is_int_instance(r) {
                return Err(raise!(TypeError, "Expected int as r"));
            }
            length_argument(r)?
        }
    };
    check_room(r, size_of::<usize>())?;
    let stopped = r > n;
    let cycles = if stopped {
        Vec::new()
    } else {
        (0..r).map(|i| n - i).collect()
    };
    make(t, pool, (0..n).collect(), cycles, r, stopped)
}
fn permutations_next(v: Value) -> PyResult<Option<Ref>> {
    let o = this(v);
    if o.stopped {
        return Ok(None);
    }
    if !o.started {
        o.started = true;
        return Ok(Some(pick(o)));
    }
    let n = tuple::len(o.pool);
    if n == 0 {
        return stop(o);
    }
    for i in (0..o.r).rev() {
        o.cycles[i] -= 1;
        if o.cycles[i] == 0 {
            o.indices[i..].rotate_left(1);
            o.cycles[i] = n - i;
        } else {
            let j = n - o.cycles[i];
            o.indices.swap(i, j);
            return Ok(Some(pick(o)));
        }
    }
    stop(o)
}
fn permutations_reduce(v: Value) -> PyResult {
    let o = this(v);
    let r = int::from_u64(o.r as u64);
    if !o.started && !o.stopped {
        return reduced(v.ty(), vec![Ref::new(o.pool), r]);
    }
    if o.stopped {
        let pool = if o.started {
            tuple::empty()
        } else {
            Ref::new(o.pool)
        };
        return reduced(v.ty(), vec![pool, r]);
    }
    let state = tuple::pair(index_tuple(&o.indices), index_tuple(&o.cycles));
    reduced_state(v.ty(), vec![Ref::new(o.pool), r], state)
}
fn permutations_setstate(v: Value, state: Value) -> PyResult {
    if !tuple::is_tuple(state) {
        return Err(raise!(TypeError, "state is not a tuple"));
    }
    let [indices, cycles] = tuple::items(state) else {
        return Err(raise!(
            TypeError,
            "function takes exactly 2 arguments ({} given)",
            tuple::len(state)
        ));
    };
    let (n, r) = (tuple::len(this(v).pool), this(v).r);
    let indices = state_indices(*indices, n, |_, x| {
        x.clamp(0, n.saturating_sub(1) as isize) as usize
    })?;
    let cycles = state_indices(*cycles, r, |i, x| {
        x.clamp(1, n.saturating_sub(i).max(1) as isize) as usize
    })?;
    let o = this(v);
    if !o.stopped {
        o.indices = indices;
        o.cycles = cycles;
        o.started = true;
    }
    Ok(Ref::none())
}

fn product_new(t: Type, args: Args<'_>) -> PyResult {
    let mut repeat = 1;
    if args.n_keywords() > 0 {
        const SIGNATURE: Signature<1> = Signature {
            name: "product",
            params: ["repeat"],
            posonly: 0,
            positional: 0,
            required: 0,
        };
        let n = args.positional().len();
        let named = Args {
            values: &args.values[n..],
            kwnames: args.kwnames,
        };
        if t == ty!(PyProduct_Type) || no_keywords(t, ty!(PyProduct_Type), &args).is_err() {
            pyrs_object::errors::clear();
            let [r] = named.bind(&SIGNATURE)?;
            let r = ops::index_as_isize(r)?;
            repeat = usize::try_from(r)
                .map_err(|_| raise!(ValueError, "repeat argument cannot be negative"))?;
        }
    }
    let given = args.positional();
    let pools = if repeat == 0 {
        Vec::new()
    } else {
        given
            .iter()
            .map(|v| ops::to_tuple(*v))
            .collect::<PyResult<Vec<Ref>>>()?
    };
    let total = pools
        .len()
        .checked_mul(repeat)
        .filter(|n| *n <= isize::MAX as usize / 64)
        .ok_or_else(|| raise!(OverflowError, "repeat argument too large"))?;
    check_room(total, size_of::<Ref>())?;
    let mut all = Vec::with_capacity(total);
    for i in 0..total {
        all.push(pools[i % pools.len()].clone());
    }
    make(
        t,
        tuple::from_vec(all),
        vec![0; total],
        Vec::new(),
        total,
        false,
    )
}
fn product_row(o: &CombinatoricObject) -> Ref {
    let row: SmallVec<[Value; 8]> = tuple::items(o.pool)
        .iter()
        .zip(&o.indices)
        .map(|(pool, i)| canonical(tuple::items(*pool)[*i]))
        .collect();
    tuple::from_slice(&row)
}
fn product_next(v: Value) -> PyResult<Option<Ref>> {
    let o = this(v);
    if o.stopped {
        return Ok(None);
    }
    let pools = tuple::items(o.pool);
    if !o.started {
        if pools.iter().any(|p| tuple::len(*p) == 0) {
            return stop(o);
        }
        o.started = true;
        return Ok(Some(product_row(o)));
    }
    for i in (0..pools.len()).rev() {
        o.indices[i] += 1;
        if o.indices[i] < tuple::len(pools[i]) {
            return Ok(Some(product_row(o)));
        }
        o.indices[i] = 0;
    }
    stop(o)
}
fn product_reduce(v: Value) -> PyResult {
    let o = this(v);
    if o.stopped {
        return reduced(v.ty(), vec![tuple::empty()]);
    }
    if !o.started {
        return Ok(tuple::pair(v.ty().to_ref(), Ref::new(o.pool)));
    }
    let indices = index_tuple(&o.indices);
    Ok(tuple::from_vec(vec![
        v.ty().to_ref(),
        Ref::new(o.pool),
        indices,
    ]))
}
fn product_setstate(v: Value, state: Value) -> PyResult {
    let pools = tuple::items(this(v).pool);
    let sizes: Vec<usize> = pools.iter().map(|p| tuple::len(*p)).collect();
    let indices = state_indices(state, sizes.len(), |i, x| {
        x.clamp(0, sizes[i].saturating_sub(1) as isize) as usize
    })?;
    let o = this(v);
    if sizes.contains(&0) {
        o.stopped = true;
    } else {
        o.indices = indices;
        o.started = true;
    }
    Ok(Ref::none())
}
