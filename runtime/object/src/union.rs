//! `types.UnionType`: `int | str`.

use crate::layout::*;
use crate::{PyResult, Ref, Type, Value, ValueExt, gc, genericalias, heap, ops, ty};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

/// C only uses its size.
#[repr(C)]
pub struct UnionObject {
    pub ob_base: PyObject,
    pub args: *mut PyObject,
    /// Made on first use.
    pub parameters: *mut PyObject,
}

py_type! {
    pub static _PyUnion_Type: UnionObject = "types.UnionType" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        doc: "Represent a PEP 604 union type\n\nE.g. for int | str";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_repr: repr, tp_hash: hash, tp_getattro: getattr, tp_richcompare: richcompare }
        number { nb_or: or }
        mapping { mp_subscript: getitem }
        getset: GETSET;
        members: MEMBERS;
    }
}

fn fields(v: Value) -> *mut UnionObject {
    v.as_ptr().cast()
}
fn is_union(v: Value) -> bool {
    v.is_exact(ty!(_PyUnion_Type))
}
/// The tuple of a union.
pub fn args(v: Value) -> Value {
    // SAFETY: a union.
    Value::from_object(unsafe { (*fields(v)).args })
}
fn items(v: Value) -> impl Iterator<Item = Value> {
    let tuple = args(v);
    (0..crate::tuple::len(tuple)).map(move |i| crate::tuple::get(tuple, i))
}

fn is_unionable(v: Value) -> bool {
    v.is_none()
        || v.has_flag(tpflags::TYPE_SUBCLASS)
        || v.is_exact(ty!(genericalias::Py_GenericAliasType))
        || genericalias::is_alias(v)
        || is_union(v)
}

/// `a | b` for types.
pub fn or(a: Value, b: Value) -> PyResult {
    if !is_unionable(a) || !is_unionable(b) {
        return Ok(Ref::not_implemented());
    }
    let none_type = Type::of(crate::singletons::none()).value();
    let mut members: Vec<Value> = Vec::new();
    for side in [a, b] {
        let parts: Vec<Value> = if is_union(side) {
            items(side).collect()
        } else if side.is_none() {
            vec![none_type]
        } else {
            vec![side]
        };
        for v in parts {
            if !contains(&members, v)? {
                members.push(v);
            }
        }
    }
    if let [only] = members[..] {
        return Ok(Ref::new(only));
    }
    let tuple = crate::tuple::from_slice(&members);
    let object = heap::alloc_zeroed(ty!(_PyUnion_Type), size_of::<UnionObject>());
    // SAFETY: a fresh union.
    unsafe {
        (*object.cast::<UnionObject>()).args = crate::boundary::to_c(tuple);
        gc::track(object);
        Ok(Ref::from_owned_ptr(object))
    }
}
/// Aliases are compared by value, classes by identity.
fn contains(members: &[Value], v: Value) -> PyResult<bool> {
    for &m in members {
        if m == v || (genericalias::is_alias(m) && genericalias::is_alias(v) && ops::eq(m, v)?) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn hash(v: Value) -> PyResult<i64> {
    let set = crate::set::new_frozen(items(v).map(Ref::new).collect())?;
    ops::hash(set.value())
}

fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_union(a) || !is_union(b) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let x = crate::set::new_frozen(items(a).map(Ref::new).collect())?;
    let y = crate::set::new_frozen(items(b).map(Ref::new).collect())?;
    ops::richcompare(x.value(), y.value(), op)
}

fn repr(v: Value) -> PyResult {
    let none_type = Type::of(crate::singletons::none()).value();
    let mut b = crate::str::Builder::new();
    for (i, item) in items(v).enumerate() {
        if i > 0 {
            b.push_str(" | ");
        }
        if item == none_type {
            b.push_str("None");
        } else {
            genericalias::push_item(&mut b, item)?;
        }
    }
    b.finish()
}

fn getattr(v: Value, name: Value) -> PyResult {
    // `typing` asks for the module of what it is given.
    if crate::str::eq_str(name, "__module__") {
        ops::getattr(v.ty().value(), name)
    } else {
        crate::typeobject::generic_getattr(v, name)
    }
}

fn parameters_of(v: Value) -> PyResult {
    // SAFETY: a union.
    unsafe {
        let known = Value::from_object((*fields(v)).parameters);
        if !known.is_empty() {
            return Ok(Ref::new(known));
        }
        let made = genericalias::make_parameters(args(v))?;
        if (*fields(v)).parameters.is_null() {
            (*fields(v)).parameters = crate::boundary::to_c(made.clone());
        }
        Ok(made)
    }
}

fn getitem(v: Value, item: Value) -> PyResult {
    let parameters = parameters_of(v)?;
    let new = genericalias::substitute(v, args(v), parameters.value(), item)?;
    let mut result = Ref::new(crate::tuple::get(new.value(), 0));
    for i in 1..crate::tuple::len(new.value()) {
        let next = crate::tuple::get(new.value(), i);
        result = ops::binary(ops::BinOp::Or, result.value(), next, false)?;
    }
    Ok(result)
}

getset! {
    static GETSET = [
        "__parameters__" parameters_of, None, "Type variables in the types.UnionType.";
    ]
}
members! {
    static MEMBERS = [
        "__args__" OBJECT, offset_of!(UnionObject, args), membertype::READONLY, "";
    ]
}

unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: as a C slot: a live union.
    unsafe {
        let u = object.cast::<UnionObject>();
        for p in [(*u).args, (*u).parameters] {
            if !p.is_null() {
                let r = visit(p, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
/// Only the cached parameters can be given up while the union may still be used.
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: as above.
    unsafe { heap::clear_field(&raw mut (*object.cast::<UnionObject>()).parameters) };
    0
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: as above; dead.
    unsafe {
        gc::untrack(object);
        let u = object.cast::<UnionObject>();
        heap::clear_field(&raw mut (*u).args);
        heap::clear_field(&raw mut (*u).parameters);
        heap::finish_dealloc(object);
    }
}
