//! `bool`: a subclass of `int` with two instances.

use crate::ops::BinOp;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt};

py_type! {
    /// `bool`.
    pub static PyBool_Type: crate::singletons::BoolObject = "bool" {
        flags: LONG_SUBCLASS | MATCH_SELF;
        base: crate::int::PyLong_Type;
        fields { tp_itemsize: 4 }
        doc: "bool(x) -> bool\n\nTrue when the argument x is true, False otherwise.";
        slots { tp_repr: repr, tp_new: bool_new }
        number { nb_and: and, nb_xor: xor, nb_or: or }
    }
}

fn repr(v: Value) -> PyResult {
    let text = if v.is_true_const() {
        crate::intern!("True")
    } else {
        crate::intern!("False")
    };
    Ok(Ref::new(text))
}

fn bool_new(_: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("bool")?;
    crate::check_positional("bool", args.values.len(), 0, 1)?;
    match args.values.first() {
        None => Ok(Ref::bool(false)),
        Some(v) => Ok(Ref::bool(crate::ops::is_true(*v)?)),
    }
}

#[inline]
fn as_bool(v: Value) -> Option<bool> {
    if v.is_true_const() {
        Some(true)
    } else if v.is_false_const() {
        Some(false)
    } else {
        None
    }
}

fn logic(op: BinOp, a: Value, b: Value, f: fn(bool, bool) -> bool) -> PyResult {
    if let (Some(x), Some(y)) = (as_bool(a), as_bool(b)) {
        return Ok(Ref::bool(f(x, y)));
    }
    if crate::int::is_int_instance(a) && crate::int::is_int_instance(b) {
        return crate::int::big_binary(op, a, b);
    }
    Ok(Ref::not_implemented())
}
fn and(a: Value, b: Value) -> PyResult {
    logic(BinOp::And, a, b, |x, y| x & y)
}
fn or(a: Value, b: Value) -> PyResult {
    logic(BinOp::Or, a, b, |x, y| x | y)
}
fn xor(a: Value, b: Value) -> PyResult {
    logic(BinOp::Xor, a, b, |x, y| x ^ y)
}
