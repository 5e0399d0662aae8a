//! `mappingproxy`: a read-only view of a mapping (class `__dict__`).

use crate::layout::*;
use crate::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty,
};
use std::ffi::{c_int, c_void};

/// In CPython's layout.
#[repr(C)]
pub struct ProxyObject {
    ob_base: PyObject,
    mapping: *mut PyObject,
}
py_type! {
    pub static PyDictProxy_Type: ProxyObject = "mappingproxy" {
        flags: HAVE_GC | MAPPING;
        raw { tp_dealloc: proxy_dealloc, tp_traverse: proxy_traverse }
        slots {
            tp_repr: proxy_repr, tp_str: proxy_str, tp_richcompare: proxy_richcompare,
            tp_iter: proxy_iter, tp_new: proxy_new
        }
        number { nb_or: proxy_or, nb_inplace_or: proxy_ior }
        sequence { sq_contains: proxy_contains }
        mapping { mp_length: proxy_len, mp_subscript: proxy_getitem }
        methods: PROXY_METHODS;
    }
}
methods! { static PROXY_METHODS = [
    "get" FAST proxy_get, "get($self, key, default=None, /)\n--\n\nReturn the value for key, else default.";
    "keys" NOARGS proxy_keys, "a set-like object providing a view on the keys";
    "values" NOARGS proxy_values, "an object providing a view on the values";
    "items" NOARGS proxy_items, "a set-like object providing a view on the items";
    "copy" NOARGS proxy_copy, "a shallow copy of the mapping";
    "__class_getitem__" O|CLASS crate::genericalias::new, "See PEP 585";
    "__reversed__" NOARGS proxy_reversed, "reverse iterator";
] }
/// A proxy of `mapping`.
pub fn new(mapping: Value) -> Ref {
    let o = heap::alloc_zeroed(ty!(PyDictProxy_Type), size_of::<ProxyObject>());
    // SAFETY: a fresh object.
    unsafe {
        (*o.cast::<ProxyObject>()).mapping = Ref::new(mapping).into_ptr();
        gc::track(o);
        Ref::from_owned_ptr(o)
    }
}
fn inner(v: Value) -> Value {
    // SAFETY: a live proxy.
    Value::from_object(unsafe { (*v.as_ptr().cast::<ProxyObject>()).mapping })
}
unsafe extern "C" fn proxy_dealloc(o: *mut PyObject) {
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*o.cast::<ProxyObject>()).mapping);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn proxy_traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: alive.
    unsafe { visit((*o.cast::<ProxyObject>()).mapping, arg) }
}
fn proxy_new(_: Type, args: Args<'_>) -> PyResult {
    const NEW: Signature<1> = Signature {
        name: "mappingproxy",
        params: ["mapping"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [m] = args.bind(&NEW)?;
    if !ops::is_mapping(m) || m.has_flag(tpflags::LIST_SUBCLASS | tpflags::TUPLE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "mappingproxy() argument must be a mapping, not {}",
            m.ty().message_name()
        ));
    }
    Ok(new(m))
}
fn proxy_repr(v: Value) -> PyResult {
    let r = ops::repr(inner(v))?;
    Ok(Ref::str(&format!(
        "mappingproxy({})",
        crate::str::to_string_lossy(r.value())
    )))
}
fn proxy_str(v: Value) -> PyResult {
    ops::str_of(inner(v))
}
fn proxy_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    ops::richcompare(inner(a), b, op)
}
fn proxy_iter(v: Value) -> PyResult {
    ops::iter(inner(v))
}
fn unproxy(v: Value) -> Value {
    if v.is_exact(ty!(PyDictProxy_Type)) {
        inner(v)
    } else {
        v
    }
}
fn proxy_or(a: Value, b: Value) -> PyResult {
    ops::or(unproxy(a), unproxy(b))
}
fn proxy_ior(v: Value, _: Value) -> PyResult {
    Err(raise!(
        TypeError,
        "'|=' is not supported by {}; use '|' instead",
        v.ty().message_name()
    ))
}
fn proxy_contains(v: Value, key: Value) -> PyResult<bool> {
    ops::contains(inner(v), key)
}
fn proxy_len(v: Value) -> PyResult<usize> {
    ops::len(inner(v))
}
fn proxy_getitem(v: Value, key: Value) -> PyResult {
    ops::getitem(inner(v), key)
}
fn proxy_get(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("get", args.len(), 1, 2)?;
    let default = args.get(1).copied().unwrap_or(crate::singletons::none());
    ops::call_method(inner(v), intern!("get"), &[args[0], default])
}
fn proxy_keys(v: Value) -> PyResult {
    ops::call_method(inner(v), intern!("keys"), &[])
}
fn proxy_values(v: Value) -> PyResult {
    ops::call_method(inner(v), intern!("values"), &[])
}
fn proxy_items(v: Value) -> PyResult {
    ops::call_method(inner(v), intern!("items"), &[])
}
fn proxy_copy(v: Value) -> PyResult {
    ops::call_method(inner(v), intern!("copy"), &[])
}
fn proxy_reversed(v: Value) -> PyResult {
    ops::call_method(inner(v), intern!("__reversed__"), &[])
}
