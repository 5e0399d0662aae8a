//! `_tuplegetter`: the descriptor of a namedtuple's field.

use crate::util::repr_text;
use pyrs_object::boundary::canonical;
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, check_positional, members, methods, ops, py_type,
    raise, str, tuple,
};
use std::mem::offset_of;

#[repr(C)]
pub(crate) struct TupleGetter {
    pub ob_base: PyObject,
    index: isize,
    doc: Value,
}
py_type! {
    pub static PyTupleGetter_Type: TupleGetter = "_collections._tuplegetter" {
        flags: HAVE_GC | READS_FIELD;
        raw { tp_dealloc: getter_dealloc, tp_traverse: getter_traverse, tp_clear: getter_clear }
        slots { tp_repr: repr, tp_descr_get: get, tp_descr_set: set, tp_new: new }
        methods: METHODS;
        members: MEMBERS;
    }
}
owning_fields!(TupleGetter getter_dealloc getter_traverse getter_clear; doc);
methods! { static METHODS = [ "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\n"; ] }
members! { static MEMBERS = [ "__doc__" OBJECT, offset_of!(TupleGetter, doc), 0, ""; ] }

fn raw(v: Value) -> *mut TupleGetter {
    v.as_ptr().cast()
}
/// The index of the field, for inline caches.
pub(crate) fn index_of(v: Value) -> isize {
    // SAFETY: callers pass a getter.
    unsafe { (*raw(v)).index }
}
fn new(t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("_tuplegetter")?;
    check_positional("_tuplegetter", args.values.len(), 2, 2)?;
    let index = ops::index_as_isize(args.values[0])?;
    let p = alloc_instance(t, 0)?.cast::<TupleGetter>();
    // SAFETY: a fresh zeroed instance. C reads the member as an object.
    unsafe {
        (*p).index = index;
        (*p).doc = pyrs_object::boundary::boxed_for_store(Ref::new(args.values[1]));
        Ok(Ref::from_owned_ptr(p))
    }
}
fn get(v: Value, object: Value, _: Value) -> PyResult {
    if object.is_empty() {
        return Ok(Ref::new(v));
    }
    let index = index_of(v);
    if object.has_flag(tpflags::TUPLE_SUBCLASS) {
        return match usize::try_from(index)
            .ok()
            .and_then(|i| tuple::items(object).get(i))
        {
            Some(x) => Ok(Ref::new(canonical(*x))),
            None => Err(raise!(IndexError, "tuple index out of range")),
        };
    }
    if object.is_none() {
        return Ok(Ref::new(v));
    }
    Err(raise!(
        TypeError,
        "descriptor for index '{index}' for tuple subclasses doesn't apply to '{}' object",
        object.ty().message_name()
    ))
}
fn set(_: Value, _: Value, value: Value) -> PyResult<()> {
    if value.is_empty() {
        Err(raise!(AttributeError, "can't delete attribute"))
    } else {
        Err(raise!(AttributeError, "can't set attribute"))
    }
}
fn doc(v: Value) -> Value {
    // SAFETY: a live getter.
    canonical(unsafe { (*raw(v)).doc })
}
fn repr(v: Value) -> PyResult {
    Ok(str::new(&format!(
        "{}({}, {})",
        v.ty().name(),
        index_of(v),
        repr_text(doc(v))?
    )))
}
fn reduce(v: Value) -> PyResult {
    let args = tuple::pair(Ref::int(index_of(v) as i64), Ref::new(doc(v)));
    Ok(tuple::pair(v.ty().to_ref(), args))
}
