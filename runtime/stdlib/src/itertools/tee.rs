//! `tee`: iterators over a chain of blocks that remember what the first of them has read.

use super::{put, reduced, reduced_state, state_tuple};
use pyrs_object::boundary::canonical;
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, check_positional, heap, intern,
    iterobject::self_iter, list, methods, ops, py_type, raise, tuple, ty,
};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

/// Items of a block.
const BLOCK: usize = 57;

#[repr(C)]
pub struct TeeDataObject {
    pub ob_base: PyObject,
    it: Value,
    next: Value,
    values: Vec<Value>,
    running: bool,
}
#[repr(C)]
pub struct TeeObject {
    pub ob_base: PyObject,
    data: Value,
    index: usize,
    weakrefs: *mut PyObject,
}
py_type! {
    pub static PyTeeData_Type: TeeDataObject = "itertools._tee_dataobject" {
        flags: HAVE_GC;
        doc: "teedataobject(iterable, values, next, /)\n--\n\nData container common to multiple tee objects.";
        raw { tp_dealloc: data_dealloc, tp_traverse: data_traverse, tp_clear: data_clear }
        slots { tp_new: data_new }
        methods: DATA_METHODS;
    }
}
py_type! {
    pub static PyTee_Type: TeeObject = "itertools._tee" {
        flags: HAVE_GC;
        fields { tp_weaklistoffset: offset_of!(TeeObject, weakrefs) as isize }
        doc: "Iterator wrapped to make it copyable.";
        raw { tp_dealloc: tee_dealloc, tp_traverse: tee_traverse, tp_clear: tee_clear }
        slots { tp_iter: self_iter, tp_iternext: tee_next, tp_new: tee_new }
        methods: TEE_METHODS;
    }
}
owning_fields!(TeeObject tee_dealloc tee_traverse tee_clear weak; data);
methods! { static DATA_METHODS = [
    "__reduce__" NOARGS data_reduce, "Return state information for pickling.";
] }
methods! { static TEE_METHODS = [
    "__copy__" NOARGS tee_copy, "Returns an independent iterator.";
    "__reduce__" NOARGS tee_reduce, "Return state information for pickling.";
    "__setstate__" O tee_setstate, "Set state information for unpickling.";
] }

fn data_raw(v: Value) -> *mut TeeDataObject {
    v.as_ptr().cast()
}
fn tee_raw(v: Value) -> *mut TeeObject {
    v.as_ptr().cast()
}
unsafe extern "C" fn data_dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        data_clear(object);
        std::ptr::drop_in_place(&raw mut (*object.cast::<TeeDataObject>()).values);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn data_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let p = object.cast::<TeeDataObject>();
    // SAFETY: called by the collector for a live instance.
    unsafe {
        for v in &(*p).values {
            if v.is_object() {
                let r = visit(v.as_ptr(), arg);
                if r != 0 {
                    return r;
                }
            }
        }
        pyrs_object::visit_fields!(visit, arg, (*p).it, (*p).next)
    }
}
unsafe extern "C" fn data_clear(object: *mut PyObject) -> c_int {
    let p = object.cast::<TeeDataObject>();
    // SAFETY: a live or dying instance; the fields are empty before their objects may die.
    unsafe {
        heap::clear_field(&raw mut (*p).it);
        let old = std::mem::take(&mut (*p).values);
        for v in old {
            heap::decref(v);
        }
        heap::clear_field(&raw mut (*p).next);
    }
    0
}
fn make_data(it: Ref) -> PyResult {
    let p = alloc_instance(ty!(PyTeeData_Type), 0)?.cast::<TeeDataObject>();
    // SAFETY: a fresh zeroed instance; nobody has read the Vec yet.
    unsafe {
        std::ptr::write(&raw mut (*p).values, Vec::new());
        (*p).it = it.into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn data_new(_: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("_tee_dataobject")?;
    check_positional("teedataobject", args.values.len(), 3, 3)?;
    let (it, values, next) = (args.values[0], args.values[1], args.values[2]);
    if !list::is_list(values) {
        return Err(raise!(
            TypeError,
            "teedataobject() argument 2 must be list, not {}",
            values.ty().message_name()
        ));
    }
    let n = list::len(values);
    if n > BLOCK
        || (n < BLOCK && !next.is_none())
        || !(next.is_none() || next.is_exact(ty!(PyTeeData_Type)))
    {
        return Err(raise!(ValueError, "Invalid arguments"));
    }
    let new = make_data(Ref::new(it))?;
    let items = ops::collect(values)?;
    // SAFETY: a fresh instance.
    unsafe {
        let p = data_raw(new.value());
        (*p).values = items.into_iter().map(Ref::into_value).collect();
        if !next.is_none() {
            (*p).next = Ref::new(next).into_value();
        }
    }
    Ok(new)
}
fn data_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance; nothing here runs Python code.
    unsafe {
        let p = data_raw(v);
        let values = list::from_slice(&(*p).values);
        reduced(
            v.ty(),
            vec![super::or_none((*p).it), values, super::or_none((*p).next)],
        )
    }
}
/// Item `i` of a block, read from the iterator if need be.
unsafe fn data_item(d: Value, i: usize) -> PyResult<Option<Ref>> {
    let p = data_raw(d);
    // SAFETY: the caller keeps the block alive; no reference into the Vec outlives a statement.
    unsafe {
        let values = &(*p).values;
        if let Some(v) = values.get(i) {
            return Ok(Some(Ref::new(*v)));
        }
        if (*p).running {
            return Err(raise!(RuntimeError, "cannot re-enter the tee iterator"));
        }
        if (*p).it.is_empty() {
            return Ok(None);
        }
        let it = Ref::new((*p).it);
        (*p).running = true;
        let r = ops::next(it.value());
        (*p).running = false;
        let Some(item) = r? else { return Ok(None) };
        (*p).values.push(item.clone().into_value());
        Ok(Some(item))
    }
}

fn make_tee(data: Ref, index: usize) -> PyResult {
    let p = alloc_instance(ty!(PyTee_Type), 0)?.cast::<TeeObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).data = data.into_value();
        (*p).index = index;
        Ok(Ref::from_owned_ptr(p))
    }
}
fn tee_from(iterable: Value) -> PyResult {
    let it = ops::iter(iterable)?;
    if it.is_exact(ty!(PyTee_Type)) {
        return tee_copy(it.value());
    }
    make_tee(make_data(it)?, 0)
}
fn tee_new(_: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("_tee")?;
    check_positional("_tee", args.values.len(), 1, 1)?;
    tee_from(args.values[0])
}
fn tee_next(v: Value) -> PyResult<Option<Ref>> {
    let p = tee_raw(v);
    // SAFETY: a live instance; the block is counted around the read.
    unsafe {
        if (*p).index >= BLOCK {
            let d = data_raw((*p).data);
            if (*d).next.is_empty() {
                let next = make_data(super::or_none((*d).it))?;
                (*d).next = next.into_value();
            }
            let next = Ref::new((*d).next);
            put(&raw mut (*p).data, next);
            (*p).index = 0;
        }
        let data = Ref::new((*p).data);
        let Some(item) = data_item(data.value(), (*p).index)? else {
            return Ok(None);
        };
        (*p).index += 1;
        Ok(Some(item))
    }
}
fn tee_copy(v: Value) -> PyResult {
    // SAFETY: a live instance.
    unsafe { make_tee(Ref::new((*tee_raw(v)).data), (*tee_raw(v)).index) }
}
fn tee_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let (data, index) = unsafe { ((*tee_raw(v)).data, (*tee_raw(v)).index) };
    reduced_state(
        v.ty(),
        vec![tuple::empty()],
        tuple::pair(Ref::new(data), Ref::int(index as i64)),
    )
}
fn tee_setstate(v: Value, state: Value) -> PyResult {
    let items = state_tuple(state, 2, 2)?;
    if !items[0].is_exact(ty!(PyTeeData_Type)) {
        return Err(raise!(
            TypeError,
            "argument 1 must be itertools._tee_dataobject, not {}",
            items[0].ty().message_name()
        ));
    }
    let index = ops::index_as_isize(canonical(items[1]))?;
    if !(0..=BLOCK as isize).contains(&index) {
        return Err(raise!(ValueError, "Index out of range"));
    }
    // SAFETY: a live instance.
    unsafe {
        put(&raw mut (*tee_raw(v)).data, Ref::new(items[0]));
        (*tee_raw(v)).index = index as usize;
    }
    Ok(Ref::none())
}

/// `itertools.tee`.
pub(super) fn tee(_: Value, args: &[Value]) -> PyResult {
    check_positional("tee", args.len(), 1, 2)?;
    let n = match args.get(1) {
        Some(n) => ops::index_as_isize(*n)?,
        None => 2,
    };
    if n < 0 {
        return Err(raise!(ValueError, "n must be >= 0"));
    }
    if n == 0 {
        return Ok(tuple::empty());
    }
    pyrs_object::errors::check_room(n as usize, size_of::<Ref>())?;
    let it = ops::iter(args[0])?;
    let first = match ops::getattr_opt(it.value(), intern!("__copy__"))? {
        Some(_) => it,
        None => tee_from(it.value())?,
    };
    let copy = ops::getattr(first.value(), intern!("__copy__"))?;
    let mut all = vec![first];
    for _ in 1..n {
        all.push(ops::call(copy.value(), &[])?);
    }
    Ok(tuple::from_vec(all))
}
