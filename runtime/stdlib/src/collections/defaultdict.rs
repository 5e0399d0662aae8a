//! `collections.defaultdict`.

use crate::util::repr_text;
use pyrs_object::layout::*;
use pyrs_object::list::common::{class_getitem, repr_enter, repr_leave};
use pyrs_object::{Args, PyResult, Ref, Type, Value, ValueExt, dict, errors, heap, intern, members, methods, ops, py_type, raise, str, tuple, ty, typeobject};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

#[repr(C)]
pub struct DefaultDict {
    pub base: PyDictObject,
    /// A callable, `None`, or empty.
    factory: Value,
}
py_type! {
    pub static PyDefaultDict_Type: DefaultDict = "collections.defaultdict" {
        flags: HAVE_GC | BASETYPE;
        base: dict::PyDict_Type;
        doc: "defaultdict(default_factory=None, /, [...]) --> dict with default factory\n\nThe default factory is called without arguments to produce\na new value when a key is not present, in __getitem__ only.\nA defaultdict compares equal to a dict with the same items.\nAll remaining arguments are treated the same as if they were\npassed to the dict constructor, including keyword arguments.\n";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_repr: repr, tp_init: init_instance }
        number { nb_or: or }
        methods: METHODS;
        members: MEMBERS;
    }
}
methods! { static METHODS = [
    "__missing__" O missing, "__missing__(key) # Called by __getitem__ for missing key; pseudo-code:\n  if self.default_factory is None: raise KeyError((key,))\n  self[key] = value = self.default_factory()\n  return value\n";
    "copy" NOARGS copy, "D.copy() -> a shallow copy of D.";
    "__copy__" NOARGS copy, "D.copy() -> a shallow copy of D.";
    "__reduce__" NOARGS reduce, "Return state information for pickling.";
    "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
] }
members! { static MEMBERS = [
    "default_factory" OBJECT, offset_of!(DefaultDict, factory), 0, "Factory for default value called by __missing__().";
] }

fn raw(v: Value) -> *mut DefaultDict {
    v.as_ptr().cast()
}
fn factory(v: Value) -> Value {
    // SAFETY: callers pass a live defaultdict.
    unsafe { (*raw(v)).factory }
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance; dict's own function does the rest.
    unsafe {
        pyrs_object::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<DefaultDict>()).factory);
        if let Some(f) = ty!(dict::PyDict_Type).tp_dealloc {
            f(object);
        }
    }
}
unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector for a live instance.
    unsafe {
        let v = (*object.cast::<DefaultDict>()).factory;
        if v.is_object() {
            let r = visit(v.as_ptr(), arg);
            if r != 0 {
                return r;
            }
        }
        ty!(dict::PyDict_Type).tp_traverse.map_or(0, |f| f(object, visit, arg))
    }
}
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: a live instance.
    unsafe {
        heap::clear_field(&raw mut (*object.cast::<DefaultDict>()).factory);
        ty!(dict::PyDict_Type).tp_clear.map_or(0, |f| f(object))
    }
}

fn init_instance(v: Value, args: Args<'_>) -> PyResult<()> {
    let (new, rest) = match args.positional().split_first() {
        None => (Value::EMPTY, args),
        Some((f, _)) => {
            if !f.is_none() && !ops::is_callable(*f) {
                return Err(raise!(TypeError, "first argument must be callable or None"));
            }
            (*f, Args { values: &args.values[1..], kwnames: args.kwnames })
        }
    };
    heap::incref(new);
    // SAFETY: a live instance; the old factory goes after the new is in place.
    let old = unsafe { std::mem::replace(&mut (*raw(v)).factory, new) };
    heap::decref(old);
    match ty!(dict::PyDict_Type).native().tp_init {
        Some(f) => f(v, rest),
        None => Err(errors::bad_internal_call()),
    }
}

fn missing(v: Value, key: Value) -> PyResult {
    let f = factory(v);
    if f.is_empty() || f.is_none() {
        return Err(errors::key_error(key));
    }
    let f = Ref::new(f);
    let made = ops::call(f.value(), &[])?;
    ops::setitem(v, key, made.value())?;
    Ok(made)
}

/// `d[key]`: as dict's, with the usual `__missing__` called directly.
fn subscript(v: Value, key: Value) -> PyResult {
    if let Some(found) = dict::get(v, key)? {
        return Ok(found);
    }
    if v.is_exact(ty!(PyDefaultDict_Type)) {
        return missing(v, key);
    }
    match typeobject::lookup_special(v, intern!("__missing__"))? {
        Some(f) => f.call(&[key]),
        None => Err(errors::key_error(key)),
    }
}

fn repr(v: Value) -> PyResult {
    let base = match ty!(dict::PyDict_Type).native().tp_repr {
        Some(f) => f(v)?,
        None => return Err(errors::bad_internal_call()),
    };
    let f = factory(v);
    let shown = if f.is_empty() {
        String::from("None")
    } else if repr_enter(v) {
        String::from("...")
    } else {
        let f = Ref::new(f);
        let text = repr_text(f.value());
        repr_leave(v);
        text?
    };
    Ok(str::new(&format!("{}({shown}, {})", v.ty().name(), str::to_string_lossy(base.value()))))
}
fn copy(v: Value) -> PyResult {
    let f = factory(v).non_empty().map_or_else(Ref::none, Ref::new);
    ops::call(v.ty().value(), &[f.value(), v])
}
fn reduce(v: Value) -> PyResult {
    let f = factory(v);
    let args = if f.is_empty() || f.is_none() { tuple::empty() } else { tuple::from_slice(&[f]) };
    let items = ops::call_method(v, intern!("items"), &[])?;
    let items = ops::iter(items.value())?;
    Ok(tuple::from_vec(vec![v.ty().to_ref(), args, Ref::none(), Ref::none(), items]))
}
fn or(a: Value, b: Value) -> PyResult {
    let t: Type = ty!(PyDefaultDict_Type);
    let (own, other) = if a.is_a(t) { (a, b) } else { (b, a) };
    if !dict::is_dict(other) {
        return Ok(Ref::not_implemented());
    }
    // Like copy(), which subclasses may override.
    let f = factory(own).non_empty().map_or_else(Ref::none, Ref::new);
    let new = ops::call(own.ty().value(), &[f.value(), a])?;
    dict::update(new.value(), b)?;
    Ok(new)
}

/// Readies the type. The direct subscript replaces dict's only in the native table, so that `__getitem__` stays dict's.
pub fn init() -> PyResult<()> {
    let t = ty!(PyDefaultDict_Type);
    typeobject::ready(t)?;
    // SAFETY: a ready type, changed under the GIL before instances exist.
    unsafe { (*t.ext()).native.mp_subscript = Some(subscript) };
    Ok(())
}
