//! Bound methods and `instancemethod`.

use crate::boundary::{from_c, to_c};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

py_type! {
    pub static PyMethod_Type: PyMethodObject = "method" {
        flags: HAVE_GC | HAVE_VECTORCALL | HOLDS_SELF;
        fields { tp_weaklistoffset: 32, tp_vectorcall_offset: 40 }
        doc: "method(function, instance)\n--\n\nCreate a bound instance method object.";
        raw { tp_dealloc: method_dealloc, tp_traverse: method_traverse }
        slots {
            tp_repr: method_repr, tp_hash: method_hash, tp_call: method_call, tp_getattro: method_getattro,
            tp_setattro: crate::typeobject::generic_setattr, tp_richcompare: method_richcompare,
            tp_new: method_new
        }
        methods: METHOD_METHODS;
        getset: METHOD_GETSET;
        members: METHOD_MEMBERS;
    }
}
methods! { static METHOD_METHODS = [
    "__reduce__" NOARGS method_reduce, "__reduce__($self, /)\n--\n\nHelper for pickle.";
] }
members! { static METHOD_MEMBERS = [
    "__func__" OBJECT, offset_of!(PyMethodObject, im_func), membertype::READONLY, "the function (or other callable) implementing a method";
    "__self__" OBJECT, offset_of!(PyMethodObject, im_self), membertype::READONLY, "the instance to which a method is bound";
] }
getset! { static METHOD_GETSET = [
    "__doc__" get_doc, None, "";
] }

fn p(v: Value) -> *mut PyMethodObject {
    v.as_ptr().cast()
}
/// `func` bound to `slf`.
pub fn new(func: Value, slf: Value) -> Ref {
    let o = heap::alloc_zeroed(ty!(PyMethod_Type), size_of::<PyMethodObject>());
    let m = o.cast::<PyMethodObject>();
    // C reads both fields directly (`PyMethod_GET_SELF`): real objects. The items of a list or tuple among them are
    // shown when the method is.
    let field = |v: Value| {
        if v.is_object() {
            Ref::new(v).into_ptr()
        } else {
            to_c(Ref::new(v))
        }
    };
    // SAFETY: a fresh object.
    unsafe {
        (*m).im_func = to_c(Ref::new(func));
        (*m).im_self = field(slf);
        (*m).vectorcall = Some(ops::native_vectorcall);
        gc::track(o);
        Ref::from_owned_ptr(o)
    }
}
/// (function, self) of a bound method.
#[inline]
pub fn parts(v: Value) -> (Value, Value) {
    // SAFETY: a live bound method.
    unsafe { (from_c((*p(v)).im_func), from_c((*p(v)).im_self)) }
}
unsafe extern "C" fn method_dealloc(o: *mut PyObject) {
    let m = o.cast::<PyMethodObject>();
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        if !(*m).im_weakreflist.is_null() {
            crate::weakref::clear_refs(o);
        }
        heap::clear_field(&raw mut (*m).im_func);
        heap::clear_field(&raw mut (*m).im_self);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn method_traverse(
    o: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let m = o.cast::<PyMethodObject>();
    // SAFETY: alive.
    unsafe {
        let r = visit((*m).im_func, arg);
        if r != 0 {
            return r;
        }
        visit((*m).im_self, arg)
    }
}
fn method_call(v: Value, args: Args<'_>) -> PyResult {
    let (f, slf) = parts(v);
    let f = Ref::new(f);
    let slf = Ref::new(slf);
    ops::with_self(slf.value(), args, |all| {
        crate::hooks().with_room(|| ops::call_args(f.value(), all))
    })
}
fn method_new(_: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("method")?;
    crate::check_positional("method", args.values.len(), 2, 2)?;
    if !ops::is_callable(args.values[0]) {
        return Err(raise!(TypeError, "first argument must be callable"));
    }
    if args.values[1].is_none() {
        return Err(raise!(TypeError, "instance must not be None"));
    }
    Ok(new(args.values[0], args.values[1]))
}
fn method_getattro(v: Value, name: Value) -> PyResult {
    crate::typeobject::check_name(name)?;
    let exact = crate::typeobject::exact_name(name);
    if let Some(d) = crate::typeobject::lookup(v.ty(), exact.value()).map(Ref::new) {
        if crate::typeobject::has_get(d.value()) {
            return crate::typeobject::descr_get(d.value(), v, v.ty().value());
        }
        return Ok(d);
    }
    ops::getattr(parts(v).0, name)
}
fn method_repr(v: Value) -> PyResult {
    let (f, slf) = parts(v);
    let name = match ops::getattr_opt(f, intern!("__qualname__"))? {
        Some(q) => Some(q),
        None => ops::getattr_opt(f, intern!("__name__"))?,
    };
    let name = match name {
        Some(n) if n.has_flag(tpflags::UNICODE_SUBCLASS) => crate::str::to_string_lossy(n.value()),
        _ => "?".to_owned(),
    };
    let shown = ops::repr(slf)?;
    Ok(Ref::str(&format!(
        "<bound method {name} of {}>",
        crate::str::to_string_lossy(shown.value())
    )))
}
fn method_hash(v: Value) -> PyResult<i64> {
    let (f, slf) = parts(v);
    let x = ops::id(slf).rotate_right(4) as i64;
    let h = x ^ ops::hash(f)?;
    Ok(if h == -1 { -2 } else { h })
}
fn method_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !b.is_exact(ty!(PyMethod_Type)) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let ((f, s), (g, t)) = (parts(a), parts(b));
    let equal = ops::eq(f, g)? && s == t;
    Ok(Ref::bool(equal == (op == CmpOp::Eq)))
}
fn method_reduce(v: Value) -> PyResult {
    let (f, slf) = parts(v);
    let name = ops::getattr(f, intern!("__name__"))?;
    let builtins = (crate::hooks().import)("builtins")?;
    let getattr = ops::getattr(builtins.value(), intern!("getattr"))?;
    let args = crate::tuple::from_slice(&[slf, name.value()]);
    Ok(crate::tuple::from_vec(vec![getattr, args]))
}
fn get_doc(v: Value) -> PyResult {
    ops::getattr(parts(v).0, intern!("__doc__"))
}

/// `instancemethod`: makes a C callable bind like a function.
#[repr(C)]
pub struct InstanceMethod {
    ob_base: PyObject,
    func: *mut PyObject,
}
py_type! {
    pub static PyInstanceMethod_Type: InstanceMethod = "instancemethod" {
        flags: HAVE_GC;
        doc: "instancemethod(function)\n\nBind a function to a class.";
        raw { tp_dealloc: im_dealloc, tp_traverse: im_traverse }
        slots { tp_repr: im_repr, tp_call: im_call, tp_getattro: im_getattro, tp_descr_get: im_get, tp_new: im_new }
        getset: IM_GETSET;
    }
}
getset! { static IM_GETSET = [
    "__func__" im_func, None, "the function (or other callable) implementing a method";
] }
/// `instancemethod(func)`.
pub fn new_instance_method(func: Value) -> Ref {
    let o = heap::alloc_zeroed(ty!(PyInstanceMethod_Type), size_of::<InstanceMethod>());
    // SAFETY: a fresh object.
    unsafe {
        (*o.cast::<InstanceMethod>()).func = to_c(Ref::new(func));
        gc::track(o);
        Ref::from_owned_ptr(o)
    }
}
fn im(v: Value) -> Value {
    // SAFETY: a live instancemethod.
    unsafe { from_c((*v.as_ptr().cast::<InstanceMethod>()).func) }
}
unsafe extern "C" fn im_dealloc(o: *mut PyObject) {
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*o.cast::<InstanceMethod>()).func);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn im_traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: alive.
    unsafe { visit((*o.cast::<InstanceMethod>()).func, arg) }
}
fn im_new(_: Type, args: Args<'_>) -> PyResult {
    crate::check_positional("instancemethod", args.values.len(), 1, 1)?;
    if !ops::is_callable(args.values[0]) {
        return Err(raise!(TypeError, "first argument must be callable"));
    }
    Ok(new_instance_method(args.values[0]))
}
fn im_call(v: Value, args: Args<'_>) -> PyResult {
    ops::call_args(im(v), args)
}
fn im_get(v: Value, object: Value, _: Value) -> PyResult {
    let f = im(v);
    Ok(if object.is_empty() {
        Ref::new(f)
    } else {
        new(f, object)
    })
}
fn im_getattro(v: Value, name: Value) -> PyResult {
    match crate::typeobject::generic_getattr_opt(v, name)? {
        Some(r) => Ok(r),
        None => ops::getattr(im(v), name),
    }
}
fn im_func(v: Value) -> PyResult {
    Ok(Ref::new(im(v)))
}
fn im_repr(v: Value) -> PyResult {
    let name = match ops::getattr_opt(im(v), intern!("__name__"))? {
        Some(n) => crate::str::to_string_lossy(ops::str_of(n.value())?.value()),
        None => "?".to_owned(),
    };
    Ok(Ref::str(&format!(
        "<instancemethod {name} at {:#x}>",
        ops::id(v)
    )))
}
