//! `types.SimpleNamespace`: an object that is nothing but its attributes.

use crate::layout::*;
use crate::list::common::{repr_enter, repr_leave};
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, errors, gc, heap, ops, raise, ty};
use std::ffi::{c_int, c_void};

/// Nobody in C reads it; the dict lies at `tp_dictoffset` 16.
#[repr(C)]
pub struct NamespaceObject {
    pub ob_base: PyObject,
    pub ns_dict: *mut PyObject,
}

py_type! {
    pub static _PyNamespace_Type: NamespaceObject = "types.SimpleNamespace" {
        flags: BASETYPE | HAVE_GC;
        fields { tp_dictoffset: 16 }
        doc: "A simple attribute-based namespace.\n\nSimpleNamespace(**kwargs)";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots {
            tp_repr: repr,
            tp_getattro: crate::typeobject::generic_getattr,
            tp_setattro: crate::typeobject::generic_setattr,
            tp_richcompare: richcompare,
            tp_init: init,
            tp_new: construct,
        }
        methods: METHODS;
        getset: GETSET;
    }
}

fn alloc(t: Type, dict: Ref) -> PyResult {
    // SAFETY: tp_alloc gives an owned zeroed instance or null with an error set.
    unsafe {
        let object = match t.tp_alloc {
            Some(f) => f(t.as_ptr(), 0),
            None => heap::generic_alloc(t.as_ptr(), 0),
        };
        if object.is_null() {
            return Err(errors::from_c_null());
        }
        (*object.cast::<NamespaceObject>()).ns_dict = dict.into_ptr();
        Ok(Ref::from_owned_ptr(object))
    }
}

/// A namespace with the attributes in `dict`, which it takes over.
pub fn new(dict: Ref) -> Ref {
    let object = heap::alloc_zeroed(ty!(_PyNamespace_Type), size_of::<NamespaceObject>());
    // SAFETY: a fresh namespace.
    unsafe {
        (*object.cast::<NamespaceObject>()).ns_dict = dict.into_ptr();
        gc::track(object);
        Ref::from_owned_ptr(object)
    }
}

fn dict(v: Value) -> Ref {
    // SAFETY: a namespace.
    unsafe {
        let place = &raw mut (*v.as_ptr().cast::<NamespaceObject>()).ns_dict;
        if (*place).is_null() {
            *place = crate::dict::new().into_ptr();
        }
        Ref::new(Value::from_object(*place))
    }
}

fn construct(t: Type, _: Args<'_>) -> PyResult {
    alloc(t, crate::dict::new())
}
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    if !args.positional().is_empty() {
        return Err(raise!(TypeError, "no positional arguments expected"));
    }
    let d = dict(v);
    for (k, x) in args.keywords() {
        crate::dict::set_item(d.value(), k, x)?;
    }
    Ok(())
}

fn repr(v: Value) -> PyResult {
    let name = if v.is_exact(ty!(_PyNamespace_Type)) {
        "namespace"
    } else {
        v.ty().name()
    };
    if repr_enter(v) {
        return Ok(Ref::str(&format!("{name}(...)")));
    }
    let result = repr_items(v, name);
    repr_leave(v);
    result
}
fn repr_items(v: Value, name: &str) -> PyResult {
    let d = dict(v);
    let mut items = Vec::new();
    crate::dict::for_each(d.value(), |k, x| items.push((Ref::new(k), Ref::new(x))));
    let mut b = crate::str::Builder::new();
    b.push_str(name);
    b.push_str("(");
    let mut first = true;
    for (k, x) in items {
        if !k.has_flag(tpflags::UNICODE_SUBCLASS) || crate::str::len(k.value()) == 0 {
            continue;
        }
        if !first {
            b.push_str(", ");
        }
        first = false;
        b.push_value(k.value());
        b.push_str("=");
        b.push_value(ops::repr(x.value())?.value());
    }
    b.push_str(")");
    b.finish()
}

fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    let t = ty!(_PyNamespace_Type);
    if !a.is_a(t) || !b.is_a(t) {
        return Ok(Ref::not_implemented());
    }
    ops::richcompare(dict(a).value(), dict(b).value(), op)
}

fn reduce(v: Value) -> PyResult {
    Ok(crate::tuple::from_vec(vec![
        v.ty().to_ref(),
        crate::tuple::empty(),
        dict(v),
    ]))
}
fn get_dict(v: Value) -> PyResult {
    Ok(dict(v))
}

methods! {
    static METHODS = [
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\nReturn state information for pickling";
    ]
}
getset! {
    static GETSET = [
        "__dict__" get_dict, None, "";
    ]
}

unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: as a C slot: a live namespace.
    unsafe {
        let d = (*object.cast::<NamespaceObject>()).ns_dict;
        if d.is_null() { 0 } else { visit(d, arg) }
    }
}
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: as above.
    unsafe { heap::clear_field(&raw mut (*object.cast::<NamespaceObject>()).ns_dict) };
    0
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: as above; dead.
    unsafe {
        gc::untrack(object);
        clear(object);
        heap::finish_dealloc(object);
    }
}
