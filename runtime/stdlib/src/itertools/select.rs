//! `compress`, `dropwhile`, `takewhile`, `filterfalse`, `starmap`.

use super::{reduced, reduced_state, two};
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, iterobject::self_iter, methods, ops, py_type, tuple, ty};

/// A function (or the data of `compress`), an iterator and a flag.
#[repr(C)]
pub struct SelectObject {
    pub ob_base: PyObject,
    function: Value,
    it: Value,
    /// `dropwhile`: items come; `takewhile`: the end was reached.
    flag: bool,
}
owning_fields!(SelectObject dealloc traverse clear; function it);

macro_rules! select_type {
    ($sym:ident $name:literal $doc:literal $new:ident $next:ident $methods:ident) => {
        py_type! {
            pub static $sym: SelectObject = $name {
                flags: HAVE_GC | BASETYPE;
                doc: $doc;
                raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
                slots { tp_iter: self_iter, tp_iternext: $next, tp_new: $new }
                methods: $methods;
            }
        }
    };
}
select_type! { PyCompress_Type "itertools.compress" "compress(data, selectors)\n--\n\nReturn data elements corresponding to true selector elements." compress_new compress_next PLAIN_METHODS }
select_type! { PyDropWhile_Type "itertools.dropwhile" "dropwhile(predicate, iterable, /)\n--\n\nDrop items from the iterable while predicate(item) is true." dropwhile_new dropwhile_next FLAG_METHODS }
select_type! { PyTakeWhile_Type "itertools.takewhile" "takewhile(predicate, iterable, /)\n--\n\nReturn successive entries from an iterable as long as the predicate evaluates to true for each entry." takewhile_new takewhile_next FLAG_METHODS }
select_type! { PyFilterFalse_Type "itertools.filterfalse" "filterfalse(function, iterable, /)\n--\n\nReturn those items of iterable for which function(item) is false." filterfalse_new filterfalse_next PLAIN_METHODS }
select_type! { PyStarMap_Type "itertools.starmap" "starmap(function, iterable, /)\n--\n\nReturn an iterator whose values are returned from the function evaluated with an argument tuple taken from the given sequence." starmap_new starmap_next PLAIN_METHODS }

methods! { static PLAIN_METHODS = [
    "__reduce__" NOARGS plain_reduce, "Return state information for pickling.";
] }
methods! { static FLAG_METHODS = [
    "__reduce__" NOARGS flag_reduce, "Return state information for pickling.";
    "__setstate__" O flag_setstate, "Set state information for unpickling.";
] }

fn raw(v: Value) -> *mut SelectObject {
    v.as_ptr().cast()
}
/// The function and the iterator; they never change.
fn parts(v: Value) -> (Value, Value) {
    // SAFETY: a live instance.
    unsafe { ((*raw(v)).function, (*raw(v)).it) }
}
fn make(t: Type, function: Ref, it: Ref) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<SelectObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).function = function.into_value();
        (*p).it = it.into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn plain_reduce(v: Value) -> PyResult {
    let (f, it) = parts(v);
    reduced(v.ty(), vec![Ref::new(f), Ref::new(it)])
}
fn flag_reduce(v: Value) -> PyResult {
    let (f, it) = parts(v);
    // SAFETY: a live instance.
    let flag = unsafe { (*raw(v)).flag };
    reduced_state(v.ty(), vec![Ref::new(f), Ref::new(it)], Ref::int(i64::from(flag)))
}
fn flag_setstate(v: Value, state: Value) -> PyResult {
    let flag = ops::is_true(state)?;
    // SAFETY: a live instance.
    unsafe { (*raw(v)).flag = flag };
    Ok(Ref::none())
}

fn compress_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> =
        Signature { name: "compress", params: ["data", "selectors"], posonly: 0, positional: 2, required: 2 };
    let [data, selectors] = args.bind(&SIGNATURE)?;
    let data = ops::iter(data)?;
    make(t, data, ops::iter(selectors)?)
}
fn compress_next(v: Value) -> PyResult<Option<Ref>> {
    let (data, selectors) = parts(v);
    loop {
        let Some(item) = ops::next(data)? else { return Ok(None) };
        let Some(keep) = ops::next(selectors)? else { return Ok(None) };
        if ops::is_true(keep.value())? {
            return Ok(Some(item));
        }
    }
}

fn dropwhile_new(t: Type, args: Args<'_>) -> PyResult {
    let (f, v) = two(t, ty!(PyDropWhile_Type), args)?;
    make(t, Ref::new(f), ops::iter(v)?)
}
fn dropwhile_next(v: Value) -> PyResult<Option<Ref>> {
    let (f, it) = parts(v);
    loop {
        let Some(item) = ops::next(it)? else { return Ok(None) };
        // SAFETY: a live instance.
        unsafe {
            if (*raw(v)).flag {
                return Ok(Some(item));
            }
            let drops = ops::call(f, &[item.value()])?;
            if !ops::is_true(drops.value())? {
                (*raw(v)).flag = true;
                return Ok(Some(item));
            }
        }
    }
}

fn takewhile_new(t: Type, args: Args<'_>) -> PyResult {
    let (f, v) = two(t, ty!(PyTakeWhile_Type), args)?;
    make(t, Ref::new(f), ops::iter(v)?)
}
fn takewhile_next(v: Value) -> PyResult<Option<Ref>> {
    let (f, it) = parts(v);
    // SAFETY: a live instance.
    unsafe {
        if (*raw(v)).flag {
            return Ok(None);
        }
        let Some(item) = ops::next(it)? else { return Ok(None) };
        let takes = ops::call(f, &[item.value()])?;
        if ops::is_true(takes.value())? {
            return Ok(Some(item));
        }
        (*raw(v)).flag = true;
    }
    Ok(None)
}

fn filterfalse_new(t: Type, args: Args<'_>) -> PyResult {
    let (f, v) = two(t, ty!(PyFilterFalse_Type), args)?;
    make(t, Ref::new(f), ops::iter(v)?)
}
fn filterfalse_next(v: Value) -> PyResult<Option<Ref>> {
    let (f, it) = parts(v);
    let plain = f.is_none() || f == ty!(pyrs_object::bool::PyBool_Type).value();
    loop {
        let Some(item) = ops::next(it)? else { return Ok(None) };
        let keep = if plain {
            ops::is_true(item.value())?
        } else {
            let r = ops::call(f, &[item.value()])?;
            ops::is_true(r.value())?
        };
        if !keep {
            return Ok(Some(item));
        }
    }
}

fn starmap_new(t: Type, args: Args<'_>) -> PyResult {
    let (f, v) = two(t, ty!(PyStarMap_Type), args)?;
    make(t, Ref::new(f), ops::iter(v)?)
}
fn starmap_next(v: Value) -> PyResult<Option<Ref>> {
    let (f, it) = parts(v);
    let Some(args) = ops::next(it)? else { return Ok(None) };
    let args = ops::to_tuple(args.value())?;
    let values: smallvec::SmallVec<[Value; 8]> =
        tuple::items(args.value()).iter().map(|x| pyrs_object::boundary::canonical(*x)).collect();
    ops::call(f, &values).map(Some)
}
