//! `enumerate`, `reversed`, `zip`, `map`, `filter`.
//!
//! `zip` keeps its last tuple, as CPython's does: programs see it in the counts of what is in it. The others' result tuples
//! come from the free lists; their fields for the last one only keep CPython's sizes.

use crate::heap;
use crate::layout::*;
use crate::list::common::*;
use crate::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, errors, exceptions, ops, raise, ty,
};
use std::ffi::{c_int, c_void};

#[repr(C)]
pub struct EnumerateObject {
    pub ob_base: PyObject,
    /// The next counter while it is a machine word below `isize::MAX`.
    pub index: isize,
    pub it: Value,
    pub result: Value,
    /// The next counter once it is larger.
    pub big_index: Value,
    pub spare: Value,
}
#[repr(C)]
pub struct ReversedObject {
    pub ob_base: PyObject,
    pub index: isize,
    /// Empty once exhausted.
    pub seq: Value,
}
#[repr(C)]
pub struct ZipObject {
    pub ob_base: PyObject,
    pub size: usize,
    /// A tuple of iterators.
    pub iterators: Value,
    /// The last tuple given, if nobody had the one before when it was made. Compiled code keeps none.
    pub result: Value,
    pub strict: usize,
}
#[repr(C)]
pub struct MapObject {
    pub ob_base: PyObject,
    /// A tuple of iterators.
    pub iterators: Value,
    pub func: Value,
}
#[repr(C)]
pub struct FilterObject {
    pub ob_base: PyObject,
    pub func: Value,
    pub it: Value,
}

py_type! {
    pub static PyEnum_Type: EnumerateObject = "enumerate" {
        flags: HAVE_GC | BASETYPE;
        doc: "enumerate(iterable, start=0)\n--\n\nPairs of a counter and the items of an iterable.";
        raw { tp_dealloc: enum_dealloc, tp_traverse: enum_traverse }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: enum_next, tp_new: enum_new }
        methods: ENUM_METHODS;
    }
}
py_type! {
    pub static PyReversed_Type: ReversedObject = "reversed" {
        flags: HAVE_GC | BASETYPE;
        doc: "reversed(sequence, /)\n--\n\nA reverse iterator over a sequence.";
        raw { tp_dealloc: reversed_dealloc, tp_traverse: reversed_traverse }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: reversed_next, tp_new: reversed_new }
        methods: REVERSED_METHODS;
    }
}
py_type! {
    pub static PyZip_Type: ZipObject = "zip" {
        flags: HAVE_GC | BASETYPE;
        doc: "zip(*iterables, strict=False) --> Yield tuples until an input is exhausted.\n\n   >>> list(zip('ab', range(9)))\n   [('a', 0), ('b', 1)]\n\nWith strict=True inputs of different lengths are an error.";
        raw { tp_dealloc: zip_dealloc, tp_traverse: zip_traverse }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: zip_next, tp_new: zip_new }
        methods: ZIP_METHODS;
    }
}
py_type! {
    pub static PyMap_Type: MapObject = "map" {
        flags: HAVE_GC | BASETYPE;
        doc: "map(func, *iterables) --> map object\n\nCalls func with an item of each iterable until one is exhausted.";
        raw { tp_dealloc: map_dealloc, tp_traverse: map_traverse }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: map_next, tp_new: map_new }
        methods: MAP_METHODS;
    }
}
py_type! {
    pub static PyFilter_Type: FilterObject = "filter" {
        flags: HAVE_GC | BASETYPE;
        doc: "filter(function or None, iterable) --> filter object\n\nThe items for which function(item) is true.";
        raw { tp_dealloc: filter_dealloc, tp_traverse: filter_traverse }
        slots { tp_iter: crate::iterobject::self_iter, tp_iternext: filter_next, tp_new: filter_new }
        methods: FILTER_METHODS;
    }
}
methods! {
    static ENUM_METHODS = [
        "__reduce__" NOARGS enum_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
    ]
}
methods! {
    static REVERSED_METHODS = [
        "__length_hint__" NOARGS reversed_hint, "__length_hint__($self, /)\n--\n\nItems still to come.";
        "__reduce__" NOARGS reversed_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O reversed_setstate, "__setstate__($self, state, /)\n--\n\nSets the position.";
    ]
}
methods! {
    static ZIP_METHODS = [
        "__reduce__" NOARGS zip_reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
        "__setstate__" O zip_setstate, "__setstate__($self, state, /)\n--\n\nSets the strict flag.";
    ]
}
methods! {
    static MAP_METHODS = [ "__reduce__" NOARGS map_reduce, "__reduce__($self, /)\n--\n\nState for pickling."; ]
}
methods! {
    static FILTER_METHODS = [ "__reduce__" NOARGS filter_reduce, "__reduce__($self, /)\n--\n\nState for pickling."; ]
}

/// `tp_dealloc` and `tp_traverse` over the owning fields of a struct.
macro_rules! owning_fields {
    ($object:ident $dealloc:ident $traverse:ident $($field:ident)*) => {
        unsafe extern "C" fn $dealloc(object: *mut PyObject) {
            // SAFETY: a dead instance; each field owns what it holds.
            unsafe {
                crate::gc::untrack(object);
                $(heap::clear_field(&raw mut (*object.cast::<$object>()).$field);)*
                heap::finish_dealloc(object);
            }
        }
        unsafe extern "C" fn $traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
            let o = object.cast::<$object>();
            // SAFETY: called by the collector for a live instance.
            unsafe { crate::visit_fields!(visit, arg, $((*o).$field),*) }
        }
    };
}
owning_fields!(EnumerateObject enum_dealloc enum_traverse it result big_index spare);
owning_fields!(ReversedObject reversed_dealloc reversed_traverse seq);
owning_fields!(ZipObject zip_dealloc zip_traverse iterators result);
owning_fields!(MapObject map_dealloc map_traverse iterators func);
owning_fields!(FilterObject filter_dealloc filter_traverse func it);

/// Iterators over each of the arguments, as a tuple.
fn iterators(values: &[Value]) -> PyResult {
    let all = values
        .iter()
        .map(|v| ops::iter(*v))
        .collect::<PyResult<Vec<Ref>>>()?;
    Ok(crate::tuple::from_vec(all))
}
/// No keywords for the exact type or a subclass with the inherited `__init__`.
fn no_keywords(t: Type, base: Type, args: &Args<'_>) -> PyResult<()> {
    if t == base || same_init(t, base) {
        args.no_keywords(base.name())?;
    }
    Ok(())
}

fn enum_raw(v: Value) -> *mut EnumerateObject {
    v.as_ptr().cast()
}
fn enum_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "enumerate",
        params: ["iterable", "start"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [iterable, start] = args.bind(&SIGNATURE)?;
    if iterable.is_empty() {
        return Err(raise!(
            TypeError,
            "enumerate() missing required argument 'iterable'"
        ));
    }
    let start = match start.non_empty() {
        Some(start) => ops::index(start)?,
        None => Ref::int(0),
    };
    let it = ops::iter(iterable)?;
    let p = alloc_instance(t, 0)?.cast::<EnumerateObject>();
    // SAFETY: fresh zeroed instance.
    unsafe {
        (*p).it = it.into_value();
        match crate::int::to_i64(start.value()) {
            Some(n) if n < i64::MAX => (*p).index = n as isize,
            _ => (*p).big_index = start.into_value(),
        }
        Ok(Ref::from_owned_ptr(p))
    }
}
fn enum_next(v: Value) -> PyResult<Option<Ref>> {
    let e = enum_raw(v);
    // SAFETY: a live instance, which keeps its iterator.
    unsafe {
        let Some(item) = ops::next((*e).it)? else {
            return Ok(None);
        };
        let counter = if (*e).big_index.is_empty() {
            let n = (*e).index as i64;
            if n + 1 < i64::MAX {
                (*e).index += 1;
            } else {
                (*e).big_index = Ref::int(i64::MAX).into_value();
            }
            Ref::int(n)
        } else {
            let next = ops::add((*e).big_index, Value::int_unchecked(1))?;
            Ref::from_owned(std::mem::replace(&mut (*e).big_index, next.into_value()))
        };
        Ok(Some(crate::tuple::pair(counter, item)))
    }
}
fn enum_reduce(v: Value) -> PyResult {
    let e = enum_raw(v);
    // SAFETY: a live instance.
    let (it, n) = unsafe {
        let n = if (*e).big_index.is_empty() {
            Ref::int((*e).index as i64)
        } else {
            Ref::new((*e).big_index)
        };
        (Ref::new((*e).it), n)
    };
    Ok(reduce_tuple(v.ty().to_ref(), vec![it, n], None))
}

fn reversed_raw(v: Value) -> *mut ReversedObject {
    v.as_ptr().cast()
}
fn reversed_new(t: Type, args: Args<'_>) -> PyResult {
    no_keywords(t, ty!(PyReversed_Type), &args)?;
    let given = args.positional();
    crate::check_positional("reversed", given.len(), 1, 1)?;
    let seq = given[0];
    let not_reversible = || errors::type_error_for(seq, "is not reversible");
    if let Some(method) = crate::typeobject::lookup_special(seq, crate::intern!("__reversed__"))? {
        if method.callable.value().is_none() {
            return Err(not_reversible());
        }
        return method.call(&[]);
    }
    if !ops::is_sequence(seq) {
        return Err(not_reversible());
    }
    let n = ops::len(seq)?;
    let p = alloc_instance(t, 0)?.cast::<ReversedObject>();
    // SAFETY: fresh zeroed instance.
    unsafe {
        (*p).index = n as isize - 1;
        (*p).seq = Ref::new(seq).into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn reversed_next(v: Value) -> PyResult<Option<Ref>> {
    let r = reversed_raw(v);
    // SAFETY: a live instance; the sequence is held while it is asked.
    unsafe {
        if (*r).index >= 0 && !(*r).seq.is_empty() {
            let seq = Ref::new((*r).seq);
            match ops::sequence_item(seq.value(), (*r).index) {
                Ok(item) => {
                    (*r).index -= 1;
                    return Ok(Some(item));
                }
                Err(e) => {
                    if !errors::take_if(exceptions::IndexError)
                        && !errors::take_if(exceptions::StopIteration)
                    {
                        return Err(e);
                    }
                }
            }
        }
        (*r).index = -1;
        heap::clear_field(&raw mut (*r).seq);
    }
    Ok(None)
}
fn reversed_hint(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (seq, index) = unsafe { (Ref::new((*reversed_raw(v)).seq), (*reversed_raw(v)).index) };
    if seq.is_empty() {
        return Ok(Ref::int(0));
    }
    let n = index as i64 + 1;
    let len = ops::len(seq.value())? as i64;
    Ok(Ref::int(if len < n { 0 } else { n }))
}
fn reversed_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (seq, index) = unsafe { (Ref::new((*reversed_raw(v)).seq), (*reversed_raw(v)).index) };
    if seq.is_empty() {
        return Ok(reduce_tuple(
            v.ty().to_ref(),
            vec![crate::tuple::empty()],
            None,
        ));
    }
    Ok(reduce_tuple(
        v.ty().to_ref(),
        vec![seq],
        Some(Ref::int(index as i64)),
    ))
}
fn reversed_setstate(v: Value, state: Value) -> PyResult {
    let n = ops::index_as_isize(state)?;
    let r = reversed_raw(v);
    // SAFETY: a live instance; the sequence is held while it is asked.
    unsafe {
        let seq = Ref::new((*r).seq);
        if !seq.is_empty() {
            let len = ops::len(seq.value())? as isize;
            (*r).index = n.clamp(-1, len - 1);
        }
    }
    Ok(Ref::none())
}

fn zip_raw(v: Value) -> *mut ZipObject {
    v.as_ptr().cast()
}
fn zip_new(t: Type, args: Args<'_>) -> PyResult {
    let mut strict = false;
    for (name, value) in args.keywords() {
        if !crate::str::eq_str(name, "strict") {
            return Err(raise!(
                TypeError,
                "'{}' is an invalid keyword argument for zip()",
                crate::str::display(name)
            ));
        }
        strict = ops::is_true(value)?;
    }
    let its = iterators(args.positional())?;
    let p = alloc_instance(t, 0)?.cast::<ZipObject>();
    // SAFETY: fresh zeroed instance.
    unsafe {
        (*p).size = args.positional().len();
        (*p).iterators = its.into_value();
        (*p).strict = usize::from(strict);
        Ok(Ref::from_owned_ptr(p))
    }
}
fn zip_next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: a live instance; its tuple of iterators never changes.
    let (size, its, strict) = unsafe {
        let z = zip_raw(v);
        ((*z).size, (*z).iterators, (*z).strict != 0)
    };
    if size == 0 {
        return Ok(None);
    }
    // SAFETY: a live instance.
    let last = unsafe { (*zip_raw(v)).result };
    if !last.is_empty() && crate::tuple::is_reusable(last, size) {
        // What dies may ask this zip for more: it sees a tuple that somebody has.
        let t = Ref::new(last);
        for (i, it) in crate::tuple::items(its).iter().enumerate() {
            match ops::next(*it)? {
                // SAFETY: nobody else had the tuple when its owner's reference was the only one.
                Some(item) => unsafe { crate::tuple::replace_item(last, i, item) },
                None if strict => return zip_uneven(its, size, i),
                None => return Ok(None),
            }
        }
        return Ok(Some(t));
    }
    let mut items: smallvec::SmallVec<[Ref; 4]> = smallvec::SmallVec::new();
    for (i, it) in crate::tuple::items(its).iter().enumerate() {
        match ops::next(*it)? {
            Some(item) => items.push(item),
            None if strict => return zip_uneven(its, size, i),
            None => return Ok(None),
        }
    }
    // SAFETY: `Ref` is a transparent `Value`; the counts move into the tuple and the vector forgets them.
    let t = unsafe {
        let t = crate::tuple::from_owned(items.as_ptr().cast(), size);
        items.set_len(0);
        t
    };
    // SAFETY: a live instance; what was held is given up when the new tuple is in its place.
    unsafe {
        let held = &raw mut (*zip_raw(v)).result;
        if (*held).is_empty() || (*(*held).as_ptr()).ob_refcnt == 1 {
            let old = std::mem::replace(&mut *held, t.clone().into_value());
            heap::decref(old);
        }
    }
    Ok(Some(t))
}
/// A strict zip ran out at iterator `i`.
#[cold]
fn zip_uneven(its: Value, size: usize, i: usize) -> PyResult<Option<Ref>> {
    let others = |i: usize| if i == 1 { " " } else { "s 1-" };
    if i > 0 {
        return Err(raise!(
            ValueError,
            "zip() argument {} is shorter than argument{}{i}",
            i + 1,
            others(i)
        ));
    }
    for i in 1..size {
        if ops::next(crate::tuple::get(its, i))?.is_some() {
            return Err(raise!(
                ValueError,
                "zip() argument {} is longer than argument{}{i}",
                i + 1,
                others(i)
            ));
        }
    }
    Ok(None)
}
fn zip_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (its, strict) = unsafe { (Ref::new((*zip_raw(v)).iterators), (*zip_raw(v)).strict != 0) };
    let mut items = vec![v.ty().to_ref(), its];
    if strict {
        items.push(Ref::bool(true));
    }
    Ok(crate::tuple::from_vec(items))
}
fn zip_setstate(v: Value, state: Value) -> PyResult {
    let strict = ops::is_true(state)?;
    // SAFETY: a live instance.
    unsafe { (*zip_raw(v)).strict = usize::from(strict) }
    Ok(Ref::none())
}

fn map_raw(v: Value) -> *mut MapObject {
    v.as_ptr().cast()
}
fn map_new(t: Type, args: Args<'_>) -> PyResult {
    no_keywords(t, ty!(PyMap_Type), &args)?;
    let [func, iterables @ ..] = args.positional() else {
        return Err(raise!(TypeError, "map() must have at least two arguments."));
    };
    if iterables.is_empty() {
        return Err(raise!(TypeError, "map() must have at least two arguments."));
    }
    let its = iterators(iterables)?;
    let p = alloc_instance(t, 0)?.cast::<MapObject>();
    // SAFETY: fresh zeroed instance.
    unsafe {
        (*p).iterators = its.into_value();
        (*p).func = Ref::new(*func).into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn map_next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: a live instance; its fields never change.
    let (its, func) = unsafe { ((*map_raw(v)).iterators, (*map_raw(v)).func) };
    let its = crate::tuple::items(its);
    if let &[it] = its {
        let Some(item) = ops::next(it)? else {
            return Ok(None);
        };
        return call_owned(func, &mut [item]).map(Some);
    }
    let mut items: smallvec::SmallVec<[Ref; 4]> = smallvec::SmallVec::new();
    for it in its {
        match ops::next(*it)? {
            Some(item) => items.push(item),
            None => return Ok(None),
        }
    }
    call_owned(func, &mut items).map(Some)
}
/// Calls with arguments that nobody else needs: C gets them where they lie.
fn call_owned(func: Value, args: &mut [Ref]) -> PyResult {
    let (first, n) = (args.as_mut_ptr().cast::<Value>(), args.len());
    // SAFETY: a `Ref` is its value, owned here; what C has boxed is, too.
    unsafe {
        if func.is_object()
            && let Some(result) = ops::call_c_in_place(func, first, n)
        {
            return result;
        }
        ops::call(func, std::slice::from_raw_parts(first, n))
    }
}
fn map_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (its, func) = unsafe { ((*map_raw(v)).iterators, (*map_raw(v)).func) };
    let mut args = vec![Ref::new(func)];
    args.extend(crate::tuple::items(its).iter().map(|v| Ref::new(*v)));
    Ok(reduce_tuple(v.ty().to_ref(), args, None))
}

fn filter_raw(v: Value) -> *mut FilterObject {
    v.as_ptr().cast()
}
fn filter_new(t: Type, args: Args<'_>) -> PyResult {
    no_keywords(t, ty!(PyFilter_Type), &args)?;
    let given = args.positional();
    crate::check_positional("filter", given.len(), 2, 2)?;
    let it = ops::iter(given[1])?;
    let p = alloc_instance(t, 0)?.cast::<FilterObject>();
    // SAFETY: fresh zeroed instance.
    unsafe {
        (*p).func = Ref::new(given[0]).into_value();
        (*p).it = it.into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn filter_next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: a live instance; its fields never change.
    let (func, it) = unsafe { ((*filter_raw(v)).func, (*filter_raw(v)).it) };
    let by_truth = func.is_none() || func == ty!(crate::bool::PyBool_Type).value();
    while let Some(item) = ops::next(it)? {
        let good = if by_truth {
            ops::is_true(item.value())?
        } else {
            let r = ops::call(func, &[item.value()])?;
            ops::is_true(r.value())?
        };
        if good {
            return Ok(Some(item));
        }
    }
    Ok(None)
}
fn filter_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (func, it) = unsafe { ((*filter_raw(v)).func, (*filter_raw(v)).it) };
    Ok(reduce_tuple(
        v.ty().to_ref(),
        vec![Ref::new(func), Ref::new(it)],
        None,
    ))
}
