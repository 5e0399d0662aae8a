//! `property`, `classmethod`, `staticmethod`.

use super::*;
use crate::Signature;
use std::mem::offset_of;

/// In CPython's layout of `property`.
#[repr(C)]
pub struct PropertyObject {
    ob_base: PyObject,
    get: *mut PyObject,
    set: *mut PyObject,
    del: *mut PyObject,
    doc: *mut PyObject,
    name: *mut PyObject,
    getter_doc: std::ffi::c_int,
}
/// `classmethod` and `staticmethod`.
#[repr(C)]
pub struct WrapperObject {
    ob_base: PyObject,
    callable: *mut PyObject,
    dict: *mut PyObject,
}

py_type! {
    pub static PyProperty_Type: PropertyObject = "property" {
        flags: HAVE_GC | BASETYPE;
        doc: "property(fget=None, fset=None, fdel=None, doc=None)\n--\n\nProperty attribute.";
        raw { tp_dealloc: property_dealloc, tp_traverse: property_traverse, tp_clear: property_clear }
        slots { tp_descr_get: property_get, tp_descr_set: property_set, tp_init: property_init, tp_new: generic_new }
        methods: PROPERTY_METHODS;
        getset: PROPERTY_GETSET;
        members: PROPERTY_MEMBERS;
    }
}
methods! { static PROPERTY_METHODS = [
    "getter" O property_with_getter, "Descriptor to obtain a copy of the property with a different getter.";
    "setter" O property_with_setter, "Descriptor to obtain a copy of the property with a different setter.";
    "deleter" O property_with_deleter, "Descriptor to obtain a copy of the property with a different deleter.";
    "__set_name__" FAST property_set_name, "Method to set name of a property.";
] }
members! { static PROPERTY_MEMBERS = [
    "fget" OBJECT, offset_of!(PropertyObject, get), membertype::READONLY, "";
    "fset" OBJECT, offset_of!(PropertyObject, set), membertype::READONLY, "";
    "fdel" OBJECT, offset_of!(PropertyObject, del), membertype::READONLY, "";
    "__doc__" OBJECT, offset_of!(PropertyObject, doc), 0, "";
] }
getset! { static PROPERTY_GETSET = [
    "__isabstractmethod__" property_abstract, None, "";
] }

fn prop(v: Value) -> *mut PropertyObject {
    v.as_ptr().cast()
}
fn fields(p: *mut PropertyObject) -> [*mut *mut PyObject; 5] {
    // SAFETY: addresses of fields of a live property.
    unsafe {
        [
            &raw mut (*p).get,
            &raw mut (*p).set,
            &raw mut (*p).del,
            &raw mut (*p).doc,
            &raw mut (*p).name,
        ]
    }
}
/// Stores an owned object (or nothing) and gives the old one up afterwards.
unsafe fn assign(field: *mut *mut PyObject, v: Value) {
    let new = if v.is_empty() {
        std::ptr::null_mut()
    } else {
        crate::boundary::to_c(Ref::new(v))
    };
    // SAFETY: an owning field of a live object.
    unsafe {
        let old = std::ptr::replace(field, new);
        heap::xdecref_ptr(old);
    }
}
unsafe fn read(field: *mut PyObject) -> Value {
    // SAFETY: null or alive.
    unsafe { crate::boundary::from_c(field) }
}
fn or_none(v: Value) -> Ref {
    v.non_empty().map_or_else(Ref::none, Ref::new)
}

unsafe extern "C" fn property_dealloc(object: *mut PyObject) {
    // SAFETY: a dead property.
    unsafe {
        gc::untrack(object);
        property_clear(object);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn property_clear(object: *mut PyObject) -> c_int {
    for f in fields(object.cast()) {
        // SAFETY: owning fields.
        unsafe { heap::clear_field(f) };
    }
    0
}
unsafe extern "C" fn property_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    for f in fields(object.cast()) {
        // SAFETY: owning fields.
        unsafe {
            if !(*f).is_null() {
                let r = visit(*f, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}

/// `tp_new` that only allocates.
fn generic_new(t: Type, _: Args<'_>) -> PyResult {
    let alloc = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: tp_alloc gives an owned object or null with an error.
    unsafe { crate::boundary::from_c_owned(alloc(t.as_ptr(), 0)) }
}

fn property_init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<4> = Signature {
        name: "property",
        params: ["fget", "fset", "fdel", "doc"],
        posonly: 0,
        positional: 4,
        required: 0,
    };
    let [get, set, del, doc] = args.bind(&INIT)?;
    let given = |v: Value| {
        if v.is_empty() || v.is_none() {
            Value::EMPTY
        } else {
            v
        }
    };
    let p = prop(v);
    // SAFETY: a live property; fields are replaced before old values die.
    unsafe {
        assign(&raw mut (*p).get, given(get));
        assign(&raw mut (*p).set, given(set));
        assign(&raw mut (*p).del, given(del));
        assign(&raw mut (*p).name, Value::EMPTY);
        (*p).getter_doc = 0;
        assign(&raw mut (*p).doc, given(doc));
        if given(doc).is_empty()
            && !given(get).is_empty()
            && let Some(d) = ops::getattr_opt(get, intern!("__doc__"))?
        {
            if v.is_exact(ty!(PyProperty_Type)) {
                assign(&raw mut (*p).doc, given(d.value()));
            } else {
                // The docstring of the subclass would hide the field.
                ops::setattr(v, intern!("__doc__"), d.value())?;
            }
            (*p).getter_doc = 1;
        }
    }
    Ok(())
}

/// fget of a property, or empty.
#[inline]
pub fn property_getter(v: Value) -> Value {
    if !v.is_exact(ty!(PyProperty_Type)) {
        return Value::EMPTY;
    }
    // SAFETY: an exact property.
    unsafe { read((*prop(v)).get) }
}
/// fset of a property, or empty.
#[inline]
pub fn property_setter(v: Value) -> Value {
    if !v.is_exact(ty!(PyProperty_Type)) {
        return Value::EMPTY;
    }
    // SAFETY: an exact property.
    unsafe { read((*prop(v)).set) }
}

fn no_accessor(v: Value, object: Value, what: &str) -> Raised {
    // SAFETY: a property.
    let name = unsafe { read((*prop(v)).name) };
    let q = crate::typeobject::qualname(object.ty());
    let q = crate::str::display(q.value()).to_string();
    if name.is_empty() {
        return raise!(AttributeError, "property of '{q}' object has no {what}");
    }
    match ops::repr(name) {
        Ok(n) => raise!(
            AttributeError,
            "property {} of '{q}' object has no {what}",
            crate::str::display(n.value())
        ),
        Err(e) => e,
    }
}
fn property_get(v: Value, object: Value, _owner: Value) -> PyResult {
    if object.is_empty() || object.is_none() {
        return Ok(Ref::new(v));
    }
    // SAFETY: a property (or subclass).
    let f = unsafe { read((*prop(v)).get) };
    if f.is_empty() {
        return Err(no_accessor(v, object, "getter"));
    }
    let f = Ref::new(f);
    ops::call(f.value(), &[object])
}
fn property_set(v: Value, object: Value, value: Value) -> PyResult<()> {
    // SAFETY: a property (or subclass).
    let f = unsafe {
        read(if value.is_empty() {
            (*prop(v)).del
        } else {
            (*prop(v)).set
        })
    };
    if f.is_empty() {
        let what = if value.is_empty() {
            "deleter"
        } else {
            "setter"
        };
        return Err(no_accessor(v, object, what));
    }
    let f = Ref::new(f);
    if value.is_empty() {
        ops::call(f.value(), &[object])?;
    } else {
        ops::call(f.value(), &[object, value])?;
    }
    Ok(())
}

fn copy_with(v: Value, which: usize, new: Value) -> PyResult {
    let p = prop(v);
    // SAFETY: a live property.
    unsafe {
        let mut parts = [read((*p).get), read((*p).set), read((*p).del)].map(or_none);
        if !new.is_none() {
            parts[which] = Ref::new(new);
        }
        let doc = if (*p).getter_doc != 0 && !parts[0].is_none() {
            Ref::none()
        } else {
            or_none(read((*p).doc))
        };
        let [get, set, del] = &parts;
        let args = [get.value(), set.value(), del.value(), doc.value()];
        let copy = ops::call(v.ty().value(), &args)?;
        if copy.is_a(ty!(PyProperty_Type)) {
            assign(&raw mut (*prop(copy.value())).name, read((*p).name));
        }
        Ok(copy)
    }
}
fn property_with_getter(v: Value, f: Value) -> PyResult {
    copy_with(v, 0, f)
}
fn property_with_setter(v: Value, f: Value) -> PyResult {
    copy_with(v, 1, f)
}
fn property_with_deleter(v: Value, f: Value) -> PyResult {
    copy_with(v, 2, f)
}
fn property_set_name(v: Value, args: &[Value]) -> PyResult {
    if args.len() != 2 {
        return Err(raise!(
            TypeError,
            "__set_name__() takes 2 positional arguments but {} were given",
            args.len()
        ));
    }
    // SAFETY: a live property.
    unsafe { assign(&raw mut (*prop(v)).name, args[1]) };
    Ok(Ref::none())
}
fn fget(v: Value) -> PyResult {
    // SAFETY: a live property (so below).
    Ok(or_none(unsafe { read((*prop(v)).get) }))
}
fn fset(v: Value) -> PyResult {
    // SAFETY: as above.
    Ok(or_none(unsafe { read((*prop(v)).set) }))
}
fn fdel(v: Value) -> PyResult {
    // SAFETY: as above.
    Ok(or_none(unsafe { read((*prop(v)).del) }))
}
fn is_abstract(v: Value) -> PyResult<bool> {
    if v.is_empty() {
        return Ok(false);
    }
    match ops::getattr_opt(v, intern!("__isabstractmethod__"))? {
        Some(r) => ops::is_true(r.value()),
        None => Ok(false),
    }
}
fn property_abstract(v: Value) -> PyResult {
    for f in [fget(v)?, fset(v)?, fdel(v)?] {
        if is_abstract(f.value())? {
            return Ok(Ref::bool(true));
        }
    }
    Ok(Ref::bool(false))
}

// ---- classmethod, staticmethod ---------------------------------------------------------------------------

py_type! {
    pub static PyClassMethod_Type: WrapperObject = "classmethod" {
        flags: HAVE_GC | BASETYPE;
        fields { tp_dictoffset: 24 }
        doc: "classmethod(function) -> method\n\nConvert a function to be a class method.";
        raw { tp_dealloc: wrapper_dealloc, tp_traverse: wrapper_traverse, tp_clear: wrapper_clear }
        slots { tp_repr: wrapper_object_repr, tp_descr_get: class_method_get, tp_init: class_method_init, tp_new: generic_new }
        getset: CLASSMETHOD_GETSET;
        members: CLASSMETHOD_MEMBERS;
    }
}
py_type! {
    pub static PyStaticMethod_Type: WrapperObject = "staticmethod" {
        flags: HAVE_GC | BASETYPE;
        fields { tp_dictoffset: 24 }
        doc: "staticmethod(function) -> method\n\nConvert a function to be a static method.";
        raw { tp_dealloc: wrapper_dealloc, tp_traverse: wrapper_traverse, tp_clear: wrapper_clear }
        slots {
            tp_repr: wrapper_object_repr, tp_call: static_method_call, tp_descr_get: static_method_get,
            tp_init: static_method_init, tp_new: generic_new
        }
        getset: STATICMETHOD_GETSET;
        members: STATICMETHOD_MEMBERS;
    }
}
members! { static CLASSMETHOD_MEMBERS = [
    "__func__" OBJECT, offset_of!(WrapperObject, callable), membertype::READONLY, "";
    "__wrapped__" OBJECT, offset_of!(WrapperObject, callable), membertype::READONLY, "";
] }
members! { static STATICMETHOD_MEMBERS = [
    "__func__" OBJECT, offset_of!(WrapperObject, callable), membertype::READONLY, "";
    "__wrapped__" OBJECT, offset_of!(WrapperObject, callable), membertype::READONLY, "";
] }
getset! { static CLASSMETHOD_GETSET = [
    "__isabstractmethod__" wrapped_abstract, None, "";
    "__dict__" wrapper_dict, set_wrapper_dict, "";
] }
getset! { static STATICMETHOD_GETSET = [
    "__isabstractmethod__" wrapped_abstract, None, "";
    "__dict__" wrapper_dict, set_wrapper_dict, "";
] }

fn wrapper_object(v: Value) -> *mut WrapperObject {
    v.as_ptr().cast()
}
/// What an exact classmethod binds, or empty.
#[inline]
pub fn class_method_function(v: Value) -> Value {
    if !v.is_exact(ty!(PyClassMethod_Type)) {
        return Value::EMPTY;
    }
    wrapped_callable(v)
}
/// The function of a classmethod or staticmethod, or empty.
#[inline]
pub fn wrapped_callable(v: Value) -> Value {
    // SAFETY: the caller has one of the two.
    unsafe { read((*wrapper_object(v)).callable) }
}
unsafe extern "C" fn wrapper_dealloc(object: *mut PyObject) {
    // SAFETY: dead; the fields are owned.
    unsafe {
        gc::untrack(object);
        wrapper_clear(object);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn wrapper_clear(object: *mut PyObject) -> c_int {
    let w = object.cast::<WrapperObject>();
    // SAFETY: owned fields.
    unsafe {
        heap::clear_field(&raw mut (*w).callable);
        heap::clear_field(&raw mut (*w).dict);
    }
    0
}
unsafe extern "C" fn wrapper_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let w = object.cast::<WrapperObject>();
    // SAFETY: owned fields.
    unsafe {
        for f in [(*w).callable, (*w).dict] {
            if !f.is_null() {
                let r = visit(f, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
fn new_wrapper_object(t: Type, callable: Value) -> Ref {
    let p = heap::alloc_zeroed(t, size_of::<WrapperObject>());
    // SAFETY: a fresh object.
    unsafe {
        (*p.cast::<WrapperObject>()).callable = crate::boundary::to_c(Ref::new(callable));
        gc::track(p);
        Ref::from_owned_ptr(p)
    }
}
/// `classmethod(callable)` without the copied attributes (classes convert their hooks this way).
pub fn new_class_method(callable: Value) -> Ref {
    new_wrapper_object(ty!(PyClassMethod_Type), callable)
}
/// `staticmethod(callable)` without the copied attributes.
pub fn new_static_method(callable: Value) -> Ref {
    new_wrapper_object(ty!(PyStaticMethod_Type), callable)
}
fn wrapper_init(v: Value, args: Args<'_>, name: &str) -> PyResult<()> {
    args.no_keywords(name)?;
    crate::check_positional(name, args.values.len(), 1, 1)?;
    let f = args.values[0];
    // SAFETY: a live wrapper.
    unsafe { assign(&raw mut (*wrapper_object(v)).callable, f) };
    for attribute in [
        intern!("__module__"),
        intern!("__name__"),
        intern!("__qualname__"),
        intern!("__doc__"),
        intern!("__annotations__"),
    ] {
        if let Some(a) = ops::getattr_opt(f, attribute)? {
            ops::setattr(v, attribute, a.value())?;
        }
    }
    Ok(())
}
fn class_method_init(v: Value, args: Args<'_>) -> PyResult<()> {
    wrapper_init(v, args, "classmethod")
}
fn static_method_init(v: Value, args: Args<'_>) -> PyResult<()> {
    wrapper_init(v, args, "staticmethod")
}
fn wrapped(v: Value) -> PyResult {
    Ok(or_none(wrapped_callable(v)))
}
fn wrapped_abstract(v: Value) -> PyResult {
    is_abstract(wrapped_callable(v)).map(Ref::bool)
}
fn wrapper_dict(v: Value) -> PyResult {
    crate::typeobject::instance_dict(v).map(|d| d.unwrap_or_else(Ref::none))
}
fn set_wrapper_dict(v: Value, value: Value) -> PyResult<()> {
    if !value.has_flag(tpflags::DICT_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__dict__ must be set to a dictionary, not a '{}'",
            value.ty().message_name()
        ));
    }
    // SAFETY: a live wrapper.
    unsafe { assign(&raw mut (*wrapper_object(v)).dict, value) };
    Ok(())
}
fn wrapper_object_repr(v: Value) -> PyResult {
    let inner = ops::repr(wrapped(v)?.value())?;
    let kind = if v.is_a(ty!(PyClassMethod_Type)) {
        "classmethod"
    } else {
        "staticmethod"
    };
    Ok(Ref::str(&format!(
        "<{kind}({})>",
        crate::str::to_string_lossy(inner.value())
    )))
}
fn uninitialised(what: &str) -> Raised {
    raise!(RuntimeError, "uninitialized {what} object")
}
fn class_method_get(v: Value, object: Value, owner: Value) -> PyResult {
    let f = wrapped_callable(v);
    if f.is_empty() {
        return Err(uninitialised("classmethod"));
    }
    let f = Ref::new(f);
    let class = owner.non_empty().unwrap_or_else(|| object.ty().value());
    if crate::typeobject::has_get(f.value()) {
        // Both arguments are the class: chained descriptors see it as instance and as owner.
        let get = || crate::typeobject::descr_get(f.value(), class, class);
        return crate::hooks().with_room(get);
    }
    Ok(crate::method::new(f.value(), class))
}
fn static_method_get(v: Value, _: Value, _: Value) -> PyResult {
    match wrapped_callable(v).non_empty() {
        Some(f) => Ok(Ref::new(f)),
        None => Err(uninitialised("staticmethod")),
    }
}
fn static_method_call(v: Value, args: Args<'_>) -> PyResult {
    let f = static_method_get(v, Value::EMPTY, Value::EMPTY)?;
    let _guard = crate::hooks().enter_counted(" while calling a Python object")?;
    ops::call_args(f.value(), args)
}
