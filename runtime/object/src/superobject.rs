//! `super`: attributes of an object looked up behind a class in the MRO.

use crate::layout::*;
use crate::typeobject::{self, descr_get, has_get};
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

/// In CPython's layout.
#[repr(C)]
pub struct SuperObject {
    ob_base: PyObject,
    class: *mut PyTypeObject,
    object: Value,
    object_type: *mut PyTypeObject,
}
py_type! {
    pub static PySuper_Type: SuperObject = "super" {
        flags: HAVE_GC | BASETYPE;
        doc: "super() -> same as super(__class__, <first argument>)";
        raw { tp_dealloc: super_dealloc, tp_traverse: super_traverse }
        slots { tp_repr: super_repr, tp_getattro: super_getattro, tp_descr_get: super_get, tp_init: super_init, tp_new: super_new }
        members: SUPER_MEMBERS;
    }
}
members! { static SUPER_MEMBERS = [
    "__thisclass__" OBJECT, offset_of!(SuperObject, class), membertype::READONLY, "the class invoking super()";
    "__self__" OBJECT, offset_of!(SuperObject, object), membertype::READONLY, "the instance invoking super(); may be None";
    "__self_class__" OBJECT, offset_of!(SuperObject, object_type), membertype::READONLY, "the type of the instance invoking super(); may be None";
] }
fn p(v: Value) -> *mut SuperObject {
    v.as_ptr().cast()
}
unsafe extern "C" fn super_dealloc(o: *mut PyObject) {
    let s = o.cast::<SuperObject>();
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*s).object);
        heap::clear_field(&raw mut (*s).class);
        heap::clear_field(&raw mut (*s).object_type);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn super_traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    let s = o.cast::<SuperObject>();
    // SAFETY: alive.
    unsafe {
        for f in [
            (*s).class.cast(),
            (*s).object_type.cast(),
            (*s).object.as_ptr(),
        ] {
            if Value::from_object(f).is_object() {
                let r = visit(f, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
fn super_new(t: Type, _: Args<'_>) -> PyResult {
    let alloc = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: tp_alloc gives an owned object or null with an error.
    unsafe { crate::boundary::from_c_owned(alloc(t.as_ptr(), 0)) }
}
/// `super(class, object)` for an object known to fit.
pub fn new(class: Type, object: Value) -> Ref {
    let o = heap::alloc_zeroed(ty!(PySuper_Type), size_of::<SuperObject>());
    let object_type = match Type::from_value(object) {
        Some(t) if t.is_subtype(class) => t,
        _ => object.ty(),
    };
    // SAFETY: a fresh object.
    unsafe {
        fill(o.cast(), class, object, Some(object_type));
        gc::track(o);
        Ref::from_owned_ptr(o)
    }
}
unsafe fn fill(s: *mut SuperObject, class: Type, object: Value, object_type: Option<Type>) {
    // SAFETY: a live super object; old values are given up after the new are in place.
    unsafe {
        let old = [
            Value::from_object((*s).class.cast()),
            (*s).object,
            Value::from_object((*s).object_type.cast()),
        ];
        (*s).class = class.to_ref().into_ptr().cast();
        heap::incref(object);
        (*s).object = object;
        (*s).object_type = match object_type {
            Some(t) => t.to_ref().into_ptr().cast(),
            None => std::ptr::null_mut(),
        };
        for o in old {
            heap::decref(o);
        }
    }
}
/// The class whose MRO is searched for `super(class, object)`.
pub fn check(class: Type, object: Value) -> PyResult<Type> {
    if let Some(t) = Type::from_value(object)
        && t.is_subtype(class)
    {
        return Ok(t);
    }
    if object.ty().is_subtype(class) {
        return Ok(object.ty());
    }
    if let Some(claimed) = ops::getattr_opt(object, intern!("__class__"))?
        && let Some(t) = Type::from_value(claimed.value())
        && t != object.ty()
        && t.is_subtype(class)
    {
        return Ok(t);
    }
    Err(raise!(
        TypeError,
        "super(type, obj): obj must be an instance or subtype of type"
    ))
}
fn super_init(v: Value, args: Args<'_>) -> PyResult<()> {
    args.no_keywords("super")?;
    crate::check_positional("super", args.values.len(), 0, 2)?;
    let (class, object) = match args.values {
        [] => {
            let (class, object) = (crate::hooks().super_frame_args)()?;
            (class, object)
        }
        [class] => (Ref::new(*class), Ref::none()),
        [class, object, ..] => (Ref::new(*class), Ref::new(*object)),
    };
    let Some(t) = Type::from_value(class.value()) else {
        return Err(raise!(
            TypeError,
            "super() argument 1 must be a type, not {}",
            class.ty().message_name()
        ));
    };
    let (object, object_type) = if object.is_none() {
        (Value::EMPTY, None)
    } else {
        (object.value(), Some(check(t, object.value())?))
    };
    // SAFETY: a live super object.
    unsafe { fill(p(v), t, object, object_type) };
    Ok(())
}
fn super_repr(v: Value) -> PyResult {
    // SAFETY: a live super object.
    let (class, object_type) = unsafe { ((*p(v)).class, (*p(v)).object_type) };
    let class = if class.is_null() {
        "NULL"
    } else {
        Type::from_ptr(class).full_name()
    };
    Ok(Ref::str(&if object_type.is_null() {
        format!("<super: <class '{class}'>, NULL>")
    } else {
        format!(
            "<super: <class '{class}'>, <{} object>>",
            Type::from_ptr(object_type).full_name()
        )
    }))
}
/// The attribute `name` behind `class` in the MRO of `start`, bound to `object`.
pub fn lookup(class: Type, start: Type, object: Value, name: Value) -> PyResult<Option<Ref>> {
    let Some(found) = find(class, start, name).map(Ref::new) else {
        return Ok(None);
    };
    if !has_get(found.value()) {
        return Ok(Some(found));
    }
    let object = if object == start.value() {
        Value::EMPTY
    } else {
        object
    };
    descr_get(found.value(), object, start.value()).map(Some)
}
/// Class, object and start of the search of an exact `super` that is bound.
pub fn parts(v: Value) -> Option<(Type, Value, Type)> {
    // SAFETY: exactly a super.
    let (class, object, start) = unsafe {
        let s = v.as_ptr().cast::<SuperObject>();
        ((*s).class, (*s).object, (*s).object_type)
    };
    let bound = !class.is_null() && !start.is_null() && !object.is_empty();
    bound.then(|| (Type::from_ptr(class), object, Type::from_ptr(start)))
}
/// The attribute behind `class` in the MRO of `start` (borrowed, not bound).
pub fn find(class: Type, start: Type, name: Value) -> Option<Value> {
    // While its `mro()` is running there is none.
    typeobject::find_behind(start, Some(class), name)
}
fn super_getattro(v: Value, name: Value) -> PyResult {
    typeobject::check_name(name)?;
    // SAFETY: a live super object; its fields are held by refs during the lookup.
    let (class, object, start) = unsafe { ((*p(v)).class, (*p(v)).object, (*p(v)).object_type) };
    if !start.is_null() && !class.is_null() && !crate::str::eq_str(name, "__class__") {
        let exact = typeobject::exact_name(name);
        let object = Ref::new(object);
        let (class, start) = (Type::from_ptr(class), Type::from_ptr(start));
        if let Some(r) = lookup(class, start, object.value(), exact.value())? {
            return Ok(r);
        }
    }
    typeobject::generic_getattr(v, name)
}
fn super_get(v: Value, object: Value, _: Value) -> PyResult {
    // SAFETY: a live super object.
    let (class, bound) = unsafe { ((*p(v)).class, (*p(v)).object) };
    if object.is_empty() || object.is_none() || !bound.is_empty() || class.is_null() {
        return Ok(Ref::new(v));
    }
    let class = Type::from_ptr(class);
    if !v.is_exact(ty!(PySuper_Type)) {
        return ops::call(v.ty().value(), &[class.value(), object]);
    }
    check(class, object)?;
    Ok(new(class, object))
}
