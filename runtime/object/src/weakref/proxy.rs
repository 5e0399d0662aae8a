//! `weakref.proxy`: forwards every operation to the referent.

use super::{
    Link, alloc, basic, clear, dealloc, get, insert_after, insert_head, link, list_for, traverse,
};
use crate::layout::*;
use crate::ops::{self, BinOp};
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, raise, ty};

macro_rules! proxy_type {
    ($(#[$m:meta])* $sym:ident $name:literal { $($extra:tt)* }) => {
        py_type! {
            $(#[$m])*
            pub static $sym: PyWeakReference = $name {
                flags: HAVE_GC;
                raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
                slots {
                    tp_repr: repr,
                    tp_str: str_of,
                    tp_getattro: getattr,
                    tp_setattro: setattr,
                    tp_richcompare: richcompare,
                    tp_iter: iter,
                    tp_iternext: iternext,
                    $($extra)*
                }
                number {
                    nb_add: add, nb_subtract: subtract, nb_multiply: multiply, nb_remainder: remainder,
                    nb_divmod: divmod, nb_power: power, nb_negative: negative, nb_positive: positive,
                    nb_absolute: absolute, nb_bool: bool_of, nb_invert: invert, nb_lshift: lshift,
                    nb_rshift: rshift, nb_and: and, nb_xor: xor, nb_or: or, nb_int: int, nb_float: float,
                    nb_inplace_add: iadd, nb_inplace_subtract: isubtract, nb_inplace_multiply: imultiply,
                    nb_inplace_remainder: iremainder, nb_inplace_power: ipower, nb_inplace_lshift: ilshift,
                    nb_inplace_rshift: irshift, nb_inplace_and: iand, nb_inplace_xor: ixor,
                    nb_inplace_or: ior, nb_floor_divide: floor_divide, nb_true_divide: true_divide,
                    nb_inplace_floor_divide: ifloor_divide, nb_inplace_true_divide: itrue_divide,
                    nb_index: index, nb_matrix_multiply: matmul, nb_inplace_matrix_multiply: imatmul,
                }
                sequence { sq_contains: contains }
                mapping { mp_length: len, mp_subscript: getitem, mp_ass_subscript: setitem }
                methods: METHODS;
            }
        }
    };
}
proxy_type!(_PyWeakref_ProxyType "weakref.ProxyType" {});
proxy_type!(_PyWeakref_CallableProxyType "weakref.CallableProxyType" { tp_call: call, });

pub(super) fn is_exact(t: Type) -> bool {
    t == ty!(_PyWeakref_ProxyType) || t == ty!(_PyWeakref_CallableProxyType)
}
pub(super) fn is_proxy(v: Value) -> bool {
    !v.is_empty() && is_exact(v.ty())
}

/// `weakref.proxy(v, callback)`.
pub fn new_proxy(v: Value, callback: Value) -> PyResult {
    let list = list_for(v)?;
    let callback = callback.non_empty().filter(|c| !c.is_none());
    // SAFETY: the object's list; allocation may collect, so the list is looked at again after it.
    unsafe {
        let (_, shared) = basic(*list);
        if callback.is_none() && !shared.is_null() && (*shared).ob_base.ob_refcnt > 0 {
            return Ok(Ref::new(Value::from_object(shared.cast())));
        }
        let t = if ops::is_callable(v) {
            ty!(_PyWeakref_CallableProxyType)
        } else {
            ty!(_PyWeakref_ProxyType)
        };
        crate::typeobject::ready(t)?;
        let new = alloc(t, v, callback)?;
        (*link(new.value())).vectorcall = None;
        let (r, p) = basic(*list);
        let prev: Link = if callback.is_none() || p.is_null() {
            r
        } else {
            p
        };
        if prev.is_null() {
            insert_head(link(new.value()), list);
        } else {
            insert_after(link(new.value()), prev);
        }
        Ok(new)
    }
}

/// The referent of a proxy; any other value is itself.
fn unwrap(v: Value) -> PyResult {
    if !is_proxy(v) {
        return Ok(Ref::new(v));
    }
    get(v).ok_or_else(|| raise!(ReferenceError, "weakly-referenced object no longer exists"))
}

fn repr(v: Value) -> PyResult {
    let object = get(v).unwrap_or_else(Ref::none);
    Ok(Ref::str(&format!(
        "<weakproxy at {:#x} to {} at {:#x}>",
        v.bits(),
        object.ty().message_name(),
        object.bits()
    )))
}
fn str_of(v: Value) -> PyResult {
    ops::str_of(unwrap(v)?.value())
}
fn getattr(v: Value, name: Value) -> PyResult {
    ops::getattr(unwrap(v)?.value(), name)
}
fn setattr(v: Value, name: Value, x: Value) -> PyResult<()> {
    ops::setattr(unwrap(v)?.value(), name, x)
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    let (a, b) = (unwrap(a)?, unwrap(b)?);
    ops::richcompare(a.value(), b.value(), op)
}
fn iter(v: Value) -> PyResult {
    ops::iter(unwrap(v)?.value())
}
fn iternext(v: Value) -> PyResult<Option<Ref>> {
    let object = unwrap(v)?;
    if !ops::is_iterator(object.value()) {
        return Err(raise!(
            TypeError,
            "Weakref proxy referenced a non-iterator '{}' object",
            object.ty().message_name()
        ));
    }
    ops::next(object.value())
}
fn call(v: Value, args: Args<'_>) -> PyResult {
    ops::call_args(unwrap(v)?.value(), args)
}

macro_rules! binary {
    ($($name:ident $inplace:ident $op:ident)*) => {$(
        fn $name(a: Value, b: Value) -> PyResult {
            let (a, b) = (unwrap(a)?, unwrap(b)?);
            ops::binary(BinOp::$op, a.value(), b.value(), false)
        }
        fn $inplace(a: Value, b: Value) -> PyResult {
            let (a, b) = (unwrap(a)?, unwrap(b)?);
            ops::binary(BinOp::$op, a.value(), b.value(), true)
        }
    )*};
}
binary! {
    add iadd Add
    subtract isubtract Sub
    multiply imultiply Mul
    remainder iremainder Mod
    lshift ilshift LShift
    rshift irshift RShift
    and iand And
    xor ixor Xor
    or ior Or
    floor_divide ifloor_divide FloorDiv
    true_divide itrue_divide TrueDiv
    matmul imatmul MatMul
}
fn divmod(a: Value, b: Value) -> PyResult {
    let (a, b) = (unwrap(a)?, unwrap(b)?);
    ops::binary(BinOp::DivMod, a.value(), b.value(), false)
}
fn power(a: Value, b: Value, c: Value) -> PyResult {
    let (a, b, c) = (unwrap(a)?, unwrap(b)?, unwrap_optional(c)?);
    ops::power(a.value(), b.value(), c.value())
}
fn ipower(a: Value, b: Value, c: Value) -> PyResult {
    let (a, b, c) = (unwrap(a)?, unwrap(b)?, unwrap_optional(c)?);
    if c.is_empty() || c.is_none() {
        ops::binary(BinOp::Pow, a.value(), b.value(), true)
    } else {
        ops::power(a.value(), b.value(), c.value())
    }
}
fn unwrap_optional(v: Value) -> PyResult {
    if v.is_empty() {
        Ok(Ref::none())
    } else {
        unwrap(v)
    }
}

macro_rules! unary {
    ($($name:ident $f:path)*) => {$(
        fn $name(v: Value) -> PyResult {
            $f(unwrap(v)?.value())
        }
    )*};
}
unary! {
    negative ops::negative
    positive ops::positive
    absolute ops::absolute
    invert ops::invert
    int crate::int::from_object
    index ops::index
}
fn float(v: Value) -> PyResult {
    ops::as_f64(unwrap(v)?.value()).map(Ref::float)
}
fn bool_of(v: Value) -> PyResult<bool> {
    ops::is_true(unwrap(v)?.value())
}
fn contains(v: Value, x: Value) -> PyResult<bool> {
    ops::contains(unwrap(v)?.value(), x)
}
fn len(v: Value) -> PyResult<usize> {
    ops::len(unwrap(v)?.value())
}
fn getitem(v: Value, key: Value) -> PyResult {
    ops::getitem(unwrap(v)?.value(), key)
}
fn setitem(v: Value, key: Value, x: Value) -> PyResult<()> {
    ops::setitem(unwrap(v)?.value(), key, x)
}
fn bytes(v: Value) -> PyResult {
    ops::call_method_str(unwrap(v)?.value(), "__bytes__", &[])
}
fn reversed(v: Value) -> PyResult {
    ops::call_method_str(unwrap(v)?.value(), "__reversed__", &[])
}

methods! {
    static METHODS = [
        "__bytes__" NOARGS bytes, "__bytes__($self, /)\n--\n\n";
        "__reversed__" NOARGS reversed, "__reversed__($self, /)\n--\n\n";
    ]
}
