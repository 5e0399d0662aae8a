//! `groupby`.

use super::{put, reduced, reduced_state, state_tuple};
use pyrs_object::boundary::canonical;
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_instance, builtin, eq_fast};
use pyrs_object::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, check_positional, heap, intern, iterobject::self_iter, methods, py_type, ops, raise, tuple, ty};

#[repr(C)]
pub struct GroupByObject {
    pub ob_base: PyObject,
    it: Value,
    key_function: Value,
    /// The key of the group that was handed out.
    target_key: Value,
    current_key: Value,
    current: Value,
    /// The group iterator that may still advance (borrowed: only compared).
    grouper: *mut PyObject,
}
#[repr(C)]
pub struct GrouperObject {
    pub ob_base: PyObject,
    parent: Value,
    target_key: Value,
}
py_type! {
    pub static PyGroupBy_Type: GroupByObject = "itertools.groupby" {
        flags: HAVE_GC | BASETYPE;
        doc: "groupby(iterable, key=None)\n--\n\nmake an iterator that returns consecutive keys and groups from the iterable";
        raw { tp_dealloc: groupby_dealloc, tp_traverse: groupby_traverse, tp_clear: groupby_clear }
        slots { tp_iter: self_iter, tp_iternext: groupby_next, tp_new: groupby_new }
        methods: GROUPBY_METHODS;
    }
}
py_type! {
    pub static PyGrouper_Type: GrouperObject = "itertools._grouper" {
        flags: HAVE_GC;
        raw { tp_dealloc: grouper_dealloc, tp_traverse: grouper_traverse, tp_clear: grouper_clear }
        slots { tp_iter: self_iter, tp_iternext: grouper_next, tp_new: grouper_new }
        methods: GROUPER_METHODS;
    }
}
owning_fields!(GroupByObject groupby_dealloc groupby_traverse groupby_clear; it key_function target_key current_key current);
owning_fields!(GrouperObject grouper_dealloc grouper_traverse grouper_clear; parent target_key);
methods! { static GROUPBY_METHODS = [
    "__reduce__" NOARGS groupby_reduce, "Return state information for pickling.";
    "__setstate__" O groupby_setstate, "Set state information for unpickling.";
] }
methods! { static GROUPER_METHODS = [
    "__reduce__" NOARGS grouper_reduce, "Return state information for pickling.";
] }

fn raw(v: Value) -> *mut GroupByObject {
    v.as_ptr().cast()
}
fn grouper_raw(v: Value) -> *mut GrouperObject {
    v.as_ptr().cast()
}
fn groupby_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> =
        Signature { name: "groupby", params: ["iterable", "key"], posonly: 0, positional: 2, required: 1 };
    let [iterable, key] = args.bind(&SIGNATURE)?;
    let it = ops::iter(iterable)?;
    let p = alloc_instance(t, 0)?.cast::<GroupByObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).it = it.into_value();
        (*p).key_function = key.non_empty().map_or_else(Ref::none, Ref::new).into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
/// Reads the next item and its key; false at the end.
unsafe fn step(p: *mut GroupByObject) -> PyResult<bool> {
    // SAFETY: the caller keeps the instance alive.
    unsafe {
        let Some(item) = ops::next((*p).it)? else { return Ok(false) };
        let key = if (*p).key_function.is_none() {
            item.clone()
        } else {
            ops::call((*p).key_function, &[item.value()])?
        };
        put(&raw mut (*p).current, item);
        put(&raw mut (*p).current_key, key);
        Ok(true)
    }
}
fn groupby_next(v: Value) -> PyResult<Option<Ref>> {
    let p = raw(v);
    // SAFETY: a live instance; keys are counted around their comparison.
    unsafe {
        (*p).grouper = std::ptr::null_mut();
        loop {
            if !(*p).current_key.is_empty() {
                if (*p).target_key.is_empty() {
                    break;
                }
                let (a, b) = (Ref::new((*p).target_key), Ref::new((*p).current_key));
                if !eq_fast(a.value(), b.value())? {
                    break;
                }
            }
            if !step(p)? {
                return Ok(None);
            }
        }
        let key = Ref::new((*p).current_key);
        put(&raw mut (*p).target_key, key.clone());
        let group = make_grouper(ty!(PyGrouper_Type), v, key.value())?;
        Ok(Some(tuple::pair(key, group)))
    }
}
fn make_grouper(t: Type, parent: Value, key: Value) -> PyResult {
    let g = alloc_instance(t, 0)?.cast::<GrouperObject>();
    // SAFETY: a fresh zeroed instance; the parent is a groupby.
    unsafe {
        (*g).parent = Ref::new(parent).into_value();
        (*g).target_key = Ref::new(key).into_value();
        (*raw(parent)).grouper = g.cast();
        Ok(Ref::from_owned_ptr(g))
    }
}
fn grouper_new(t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("_grouper")?;
    check_positional("_grouper", args.values.len(), 2, 2)?;
    if !args.values[0].is_a(ty!(PyGroupBy_Type)) {
        return Err(raise!(
            TypeError,
            "_grouper() argument 1 must be itertools.groupby, not {}",
            args.values[0].ty().message_name()
        ));
    }
    make_grouper(t, args.values[0], args.values[1])
}
fn grouper_next(v: Value) -> PyResult<Option<Ref>> {
    let g = grouper_raw(v);
    // SAFETY: a live instance, which keeps its parent; keys are counted around their comparison.
    unsafe {
        let p = raw((*g).parent);
        if (*p).grouper != g.cast() {
            return Ok(None);
        }
        if (*p).current.is_empty() && !step(p)? {
            return Ok(None);
        }
        let (a, b) = (Ref::new((*g).target_key), Ref::new((*p).current_key));
        if !eq_fast(a.value(), b.value())? {
            return Ok(None);
        }
        let item = std::mem::replace(&mut (*p).current, Value::EMPTY);
        heap::clear_field(&raw mut (*p).current_key);
        if item.is_empty() {
            return Ok(None);
        }
        Ok(Some(Ref::from_owned(item)))
    }
}
fn groupby_reduce(v: Value) -> PyResult {
    let p = raw(v);
    // SAFETY: a live instance.
    unsafe {
        let args = vec![Ref::new((*p).it), Ref::new((*p).key_function)];
        let state = [(*p).current_key, (*p).current, (*p).target_key];
        if state.iter().any(|s| s.is_empty()) {
            return reduced(v.ty(), args);
        }
        reduced_state(v.ty(), args, tuple::from_slice(&state))
    }
}
fn groupby_setstate(v: Value, state: Value) -> PyResult {
    let items = state_tuple(state, 3, 3)?;
    let p = raw(v);
    // SAFETY: a live instance.
    unsafe {
        put(&raw mut (*p).current_key, Ref::new(canonical(items[0])));
        put(&raw mut (*p).current, Ref::new(canonical(items[1])));
        put(&raw mut (*p).target_key, Ref::new(canonical(items[2])));
    }
    Ok(Ref::none())
}
fn grouper_reduce(v: Value) -> PyResult {
    let g = grouper_raw(v);
    // SAFETY: a live instance, which keeps its parent.
    unsafe {
        if (*raw((*g).parent)).grouper != g.cast() {
            return Ok(tuple::pair(builtin(intern!("iter"))?, tuple::from_vec(vec![tuple::empty()])));
        }
        reduced(v.ty(), vec![Ref::new((*g).parent), Ref::new((*g).target_key)])
    }
}
