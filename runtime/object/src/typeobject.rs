//! `type` and `object`: creation, MRO, lookup, slots.
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyType_Type: PyHeapTypeObject = "type" { flags: HAVE_GC | BASETYPE | TYPE_SUBCLASS; }
}
py_type! {
    pub static PyBaseObject_Type: PyObject = "object" { flags: BASETYPE; }
}
/// PyType_Ready for static types (native or from C) and hand-filled heap types.
pub fn ready(t: Type) -> PyResult<()> {
    unimplemented!()
}
pub fn mro_contains(t: Type, base: Type) -> bool {
    unimplemented!()
}
pub fn mro<'a>(t: Type) -> &'a [Value] {
    unimplemented!()
}
/// _PyType_Lookup: borrowed, through the MRO and the method cache; `name` is an exact str.
pub fn lookup(t: Type, name: Value) -> Option<Value> {
    unimplemented!()
}
/// Assigns one if needed; 0 if none is left.
pub fn version_tag(t: Type) -> u32 {
    unimplemented!()
}
/// PyType_Modified: new version for the type and its subclasses, caches and watchers dropped.
pub fn modified(t: Type) {
    unimplemented!()
}
/// type.__new__ without __init__... as type(name, bases, dict).
pub fn new_class(
    meta: Type,
    name: Value,
    bases: Value,
    namespace: Value,
    kwargs: Args<'_>,
) -> PyResult {
    unimplemented!()
}
/// type subscripts: __class_getitem__.
pub fn class_getitem(v: Value, key: Value) -> PyResult {
    unimplemented!()
}
/// PyObject_GenericGetAttr
pub fn generic_getattr(v: Value, name: Value) -> PyResult {
    unimplemented!()
}
pub fn generic_getattr_opt(v: Value, name: Value) -> PyResult<Option<Ref>> {
    unimplemented!()
}
pub fn generic_setattr(v: Value, name: Value, value: Value) -> PyResult<()> {
    unimplemented!()
}
/// The instance's __dict__, materialised; None if it has none.
pub fn instance_dict(v: Value) -> PyResult<Option<Ref>> {
    unimplemented!()
}
/// Method lookup without making a bound method; AttributeError if absent.
pub fn get_method(v: Value, name: Value) -> PyResult<crate::ops::BoundCall> {
    unimplemented!()
}
/// On the type only, bound through __get__.
pub fn lookup_special(v: Value, name: Value) -> PyResult<Option<crate::ops::BoundCall>> {
    unimplemented!()
}
/// recursive_isinstance
pub fn real_is_instance(v: Value, cls: Value) -> PyResult<bool> {
    unimplemented!()
}
pub fn real_is_subclass(v: Value, cls: Value) -> PyResult<bool> {
    unimplemented!()
}
pub fn is_next_not_implemented(f: iternextfunc) -> bool {
    unimplemented!()
}
/// type.__call__: tp_new then tp_init.
pub fn type_call(t: Type, args: Args<'_>) -> PyResult {
    unimplemented!()
}
/// type.__module__
pub fn module_name(t: Type) -> PyResult {
    unimplemented!()
}
pub fn qualname(t: Type) -> Ref {
    unimplemented!()
}

pub fn is_python_slot(t: Type, slot: crate::native::Slot) -> bool { unimplemented!() }
pub fn is_plain_instantiation(t: Type) -> bool { unimplemented!() }
pub fn has_instance_attribute(v: Value, name: Value) -> PyResult<bool> { unimplemented!() }
pub fn object_type() -> Type { unimplemented!() }
pub fn calculate_metaclass(t: Type, bases: Value) -> PyResult<Type> { unimplemented!() }
