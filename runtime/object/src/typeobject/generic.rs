//! The generic slot functions of Python classes: each looks up its dunder on the type and calls it. They nest the
//! interpreter; it avoids that by asking [`is_python_slot`](super::is_python_slot) first and running the dunder itself.

use super::slotdefs::SlotFn;
use super::{lookup, lookup_special};
use crate::layout::*;
use crate::native::*;
use crate::ops::{BoundCall, native_slot_word};
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, intern, ops, raise, ty};
use std::ffi::c_int;

fn special(v: Value, name: Value) -> PyResult<Option<BoundCall>> {
    lookup_special(v, name)
}
/// [`special`] for the slots that have a default: a failing descriptor counts as an absent dunder.
fn special_or_default(v: Value, name: Value) -> Option<BoundCall> {
    special(v, name).unwrap_or_else(|_| {
        crate::errors::clear();
        None
    })
}
/// The dunder must be there: it was when the slot was filled, but a descriptor may say otherwise.
fn required(v: Value, name: Value) -> PyResult<BoundCall> {
    match special(v, name)? {
        Some(f) => Ok(f),
        None => Err(crate::errors::raise_arg(
            crate::exceptions::AttributeError,
            Ref::new(name),
        )),
    }
}

fn slot_tp_repr(v: Value) -> PyResult {
    match special_or_default(v, intern!("__repr__")) {
        Some(f) => f.call(&[]),
        None => Ok(Ref::str(&format!(
            "<{} object at {:#x}>",
            v.ty().message_name(),
            ops::id(v)
        ))),
    }
}
fn slot_tp_str(v: Value) -> PyResult {
    required(v, intern!("__str__"))?.call(&[])
}
fn slot_tp_hash(v: Value) -> PyResult<i64> {
    let f = match special_or_default(v, intern!("__hash__")) {
        Some(f) if !f.callable.is_none() => f,
        _ => return Err(ops::unhashable(v)),
    };
    let r = f.call(&[])?;
    if !crate::int::is_int_instance(r.value()) {
        return Err(raise!(
            TypeError,
            "__hash__ method should return an integer"
        ));
    }
    let h = match crate::int::to_i64(r.value()) {
        Some(h) => h,
        None => match ty!(crate::int::PyLong_Type).native().tp_hash {
            Some(f) => f(r.value())?,
            None => return Err(ops::unhashable(v)),
        },
    };
    Ok(if h == -1 { -2 } else { h })
}
fn slot_tp_call(v: Value, args: Args<'_>) -> PyResult {
    // A `__call__` that is itself such an instance recurses natively.
    let _guard = crate::hooks().enter_native()?;
    match special(v, intern!("__call__"))? {
        Some(f) => f.call_args(args),
        None => Err(crate::errors::type_error_for(v, "is not callable")),
    }
}
/// `__getattribute__`, then `__getattr__`.
fn slot_tp_getattro(v: Value, name: Value) -> PyResult {
    let t = v.ty();
    let getattribute = lookup(t, intern!("__getattribute__"));
    let is_plain = getattribute.is_none_or(|d| {
        d.is_exact(ty!(crate::descr::PyWrapperDescr_Type)) && {
            let (_, owner, _) = crate::descr::wrapper_parts(d);
            owner == ty!(super::PyBaseObject_Type)
        }
    });
    if is_plain {
        if let Some(r) = super::generic_getattr_opt(v, name)? {
            return Ok(r);
        }
    } else {
        let f = required(v, intern!("__getattribute__"))?;
        let r = f.call(&[name]);
        if r.is_ok() || lookup(t, intern!("__getattr__")).is_none() {
            return r;
        }
        if let Some(r) = crate::errors::absorb(r, crate::exceptions::AttributeError)? {
            return Ok(r);
        }
    }
    match special(v, intern!("__getattr__"))? {
        Some(f) => f.call(&[name]),
        None => Err(crate::exceptions::no_attribute(v, name)),
    }
}
fn slot_tp_setattro(v: Value, name: Value, value: Value) -> PyResult<()> {
    if value.is_empty() {
        required(v, intern!("__delattr__"))?.call(&[name])?;
    } else {
        required(v, intern!("__setattr__"))?.call(&[name, value])?;
    }
    Ok(())
}
fn slot_tp_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    let name = match op {
        CmpOp::Lt => intern!("__lt__"),
        CmpOp::Le => intern!("__le__"),
        CmpOp::Eq => intern!("__eq__"),
        CmpOp::Ne => intern!("__ne__"),
        CmpOp::Gt => intern!("__gt__"),
        CmpOp::Ge => intern!("__ge__"),
    };
    match special_or_default(a, name) {
        Some(f) => f.call(&[b]),
        None => Ok(Ref::not_implemented()),
    }
}
fn slot_tp_iter(v: Value) -> PyResult {
    match special_or_default(v, intern!("__iter__")) {
        Some(f) if f.callable.is_none() => Err(crate::errors::type_error_for(v, "is not iterable")),
        Some(f) => f.call(&[]),
        None if lookup(v.ty(), intern!("__getitem__")).is_some() => {
            Ok(crate::iterobject::new_seq_iter(v))
        }
        None => Err(crate::errors::type_error_for(v, "is not iterable")),
    }
}
fn slot_tp_iternext(v: Value) -> PyResult<Option<Ref>> {
    let r = required(v, intern!("__next__"))?.call(&[]);
    crate::errors::absorb(r, crate::exceptions::StopIteration)
}
fn slot_tp_descr_get(v: Value, object: Value, owner: Value) -> PyResult {
    let Some(get) = lookup(v.ty(), intern!("__get__")).map(Ref::new) else {
        return Ok(Ref::new(v));
    };
    let none = crate::singletons::none();
    let object = object.non_empty().unwrap_or(none);
    let owner = owner.non_empty().unwrap_or(none);
    ops::call(get.value(), &[v, object, owner])
}
fn slot_tp_descr_set(v: Value, object: Value, value: Value) -> PyResult<()> {
    if value.is_empty() {
        required(v, intern!("__delete__"))?.call(&[object])?;
    } else {
        required(v, intern!("__set__"))?.call(&[object, value])?;
    }
    Ok(())
}
fn slot_tp_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let r = required(v, intern!("__init__"))?.call_args(args)?;
    if r.is_none() {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "__init__() should return None, not '{}'",
        r.ty().message_name()
    ))
}
fn slot_tp_new(t: Type, args: Args<'_>) -> PyResult {
    let new = ops::getattr(t.value(), intern!("__new__"))?;
    let all = args.prepend(t.value());
    ops::call_args(
        new.value(),
        Args {
            values: &all,
            kwnames: args.kwnames,
        },
    )
}
fn slot_am_await(v: Value) -> PyResult {
    async_slot(v, intern!("__await__"), "__await__")
}
fn slot_am_aiter(v: Value) -> PyResult {
    async_slot(v, intern!("__aiter__"), "__aiter__")
}
fn slot_am_anext(v: Value) -> PyResult {
    async_slot(v, intern!("__anext__"), "__anext__")
}
fn async_slot(v: Value, name: Value, text: &str) -> PyResult {
    match special_or_default(v, name) {
        Some(f) => f.call(&[]),
        None => Err(raise!(
            AttributeError,
            "object {} does not have {text} method",
            v.ty().message_name()
        )),
    }
}
/// A running am_send cannot come from a dunder; the slot is only inherited.
fn slot_am_send(_: Value, _: Value) -> PyResult<Sent> {
    Err(crate::errors::bad_internal_call())
}

/// Whether the right operand's type has its own reflected method.
fn overloads(left: Value, right: Value, name: Value) -> bool {
    match (lookup(right.ty(), name), lookup(left.ty(), name)) {
        (Some(r), Some(l)) => r != l,
        (Some(_), None) => true,
        (None, _) => false,
    }
}

fn call_or_not_implemented(v: Value, name: Value, arg: Value) -> PyResult {
    match special(v, name)? {
        Some(f) => f.call(&[arg]),
        None => Ok(Ref::not_implemented()),
    }
}

fn binary_slot(slot: Slot, own: usize, op: Value, rop: Value, a: Value, b: Value) -> PyResult {
    let (ta, tb) = (a.ty(), b.ty());
    let mut do_other = ta != tb && native_slot_word(tb, slot) == own;
    if native_slot_word(ta, slot) == own {
        if do_other && tb.is_subtype(ta) && overloads(a, b, rop) {
            let r = call_or_not_implemented(b, rop, a)?;
            if !r.is_not_implemented() {
                return Ok(r);
            }
            do_other = false;
        }
        let r = call_or_not_implemented(a, op, b)?;
        if !r.is_not_implemented() || tb == ta {
            return Ok(r);
        }
    }
    if do_other {
        return call_or_not_implemented(b, rop, a);
    }
    Ok(Ref::not_implemented())
}

macro_rules! binary_slots {
    ($($f:ident $slot:ident $op:literal $rop:literal;)*) => {$(
        fn $f(a: Value, b: Value) -> PyResult {
            binary_slot(Slot::$slot, function(Slot::$slot).native, intern!($op), intern!($rop), a, b)
        }
    )*};
}
binary_slots! {
    slot_nb_add nb_add "__add__" "__radd__";
    slot_nb_subtract nb_subtract "__sub__" "__rsub__";
    slot_nb_multiply nb_multiply "__mul__" "__rmul__";
    slot_nb_remainder nb_remainder "__mod__" "__rmod__";
    slot_nb_divmod nb_divmod "__divmod__" "__rdivmod__";
    slot_nb_lshift nb_lshift "__lshift__" "__rlshift__";
    slot_nb_rshift nb_rshift "__rshift__" "__rrshift__";
    slot_nb_and nb_and "__and__" "__rand__";
    slot_nb_xor nb_xor "__xor__" "__rxor__";
    slot_nb_or nb_or "__or__" "__ror__";
    slot_nb_floor_divide nb_floor_divide "__floordiv__" "__rfloordiv__";
    slot_nb_true_divide nb_true_divide "__truediv__" "__rtruediv__";
    slot_nb_matrix_multiply nb_matrix_multiply "__matmul__" "__rmatmul__";
}
fn slot_nb_power(a: Value, b: Value, modulus: Value) -> PyResult {
    let own = function(Slot::nb_power).native;
    if modulus.is_none() || modulus.is_empty() {
        let (op, rop) = (intern!("__pow__"), intern!("__rpow__"));
        return binary_slot(Slot::nb_power, own, op, rop, a, b);
    }
    if native_slot_word(a.ty(), Slot::nb_power) == own {
        return required(a, intern!("__pow__"))?.call(&[b, modulus]);
    }
    Ok(Ref::not_implemented())
}
fn slot_nb_inplace_power(a: Value, b: Value, _: Value) -> PyResult {
    required(a, intern!("__ipow__"))?.call(&[b])
}

macro_rules! dunder_slots {
    (binary $($f:ident $op:literal;)*) => {$(
        fn $f(a: Value, b: Value) -> PyResult {
            required(a, intern!($op))?.call(&[b])
        }
    )*};
    (unary $($f:ident $op:literal;)*) => {$(
        fn $f(a: Value) -> PyResult {
            required(a, intern!($op))?.call(&[])
        }
    )*};
}
dunder_slots! { binary
    slot_nb_inplace_add "__iadd__";
    slot_nb_inplace_subtract "__isub__";
    slot_nb_inplace_multiply "__imul__";
    slot_nb_inplace_remainder "__imod__";
    slot_nb_inplace_lshift "__ilshift__";
    slot_nb_inplace_rshift "__irshift__";
    slot_nb_inplace_and "__iand__";
    slot_nb_inplace_xor "__ixor__";
    slot_nb_inplace_or "__ior__";
    slot_nb_inplace_floor_divide "__ifloordiv__";
    slot_nb_inplace_true_divide "__itruediv__";
    slot_nb_inplace_matrix_multiply "__imatmul__";
    slot_mp_subscript "__getitem__";
}
dunder_slots! { unary
    slot_nb_negative "__neg__";
    slot_nb_positive "__pos__";
    slot_nb_absolute "__abs__";
    slot_nb_invert "__invert__";
    slot_nb_int "__int__";
    slot_nb_float "__float__";
    slot_nb_index "__index__";
}
fn slot_nb_bool(v: Value) -> PyResult<bool> {
    let (f, by_len) = match special(v, intern!("__bool__"))? {
        Some(f) => (f, false),
        None => match special(v, intern!("__len__"))? {
            Some(f) => (f, true),
            None => return Ok(true),
        },
    };
    let r = f.call(&[])?;
    if by_len {
        return check_len(r).map(|n| n > 0);
    }
    if r.is_true_const() || r.is_false_const() {
        return Ok(r.is_true_const());
    }
    Err(raise!(
        TypeError,
        "__bool__ should return bool, returned {}",
        r.ty().message_name()
    ))
}
fn check_len(r: Ref) -> PyResult<usize> {
    let i = ops::index(r.value())?;
    if crate::int::is_negative(i.value()) {
        return Err(raise!(ValueError, "__len__() should return >= 0"));
    }
    let n = ops::index_as_isize_clipped_error(i.value(), crate::exceptions::OverflowError)?;
    Ok(n as usize)
}
fn slot_length(v: Value) -> PyResult<usize> {
    check_len(required(v, intern!("__len__"))?.call(&[])?)
}
fn slot_mp_ass_subscript(v: Value, key: Value, value: Value) -> PyResult<()> {
    if value.is_empty() {
        required(v, intern!("__delitem__"))?.call(&[key])?;
    } else {
        required(v, intern!("__setitem__"))?.call(&[key, value])?;
    }
    Ok(())
}
fn slot_sq_item(v: Value, i: isize) -> PyResult {
    let i = Ref::int(i as i64);
    required(v, intern!("__getitem__"))?.call(&[i.value()])
}
fn slot_sq_ass_item(v: Value, i: isize, value: Value) -> PyResult<()> {
    let i = Ref::int(i as i64);
    slot_mp_ass_subscript(v, i.value(), value)
}
fn slot_sq_contains(v: Value, item: Value) -> PyResult<bool> {
    match special(v, intern!("__contains__"))? {
        Some(f) if f.callable.is_none() => {
            Err(crate::errors::type_error_for(v, "is not a container"))
        }
        Some(f) => {
            let r = f.call(&[item])?;
            ops::is_true(r.value())
        }
        None => {
            let mut found = false;
            ops::search(v, |x| {
                found = ops::eq(x.value(), item)?;
                Ok(!found)
            })?;
            Ok(found)
        }
    }
}
// These four are never filled from dunders (the number slots of the same names are); they complete the table.
fn slot_sq_concat(_: Value, _: Value) -> PyResult {
    Err(crate::errors::bad_internal_call())
}
fn slot_sq_repeat(_: Value, _: isize) -> PyResult {
    Err(crate::errors::bad_internal_call())
}

/// Native `tp_hash` of unhashable types.
pub fn hash_not_implemented(v: Value) -> PyResult<i64> {
    Err(ops::unhashable(v))
}
/// `tp_hash` of unhashable types.
///
/// # Safety
/// As a C slot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_HashNotImplemented(v: *mut PyObject) -> isize {
    // SAFETY: C passes a live object.
    unsafe { thunk_hash(hash_not_implemented, v) }
}
/// `tp_iternext` of classes that lost their `__next__`.
///
/// # Safety
/// As a C slot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyObject_NextNotImplemented(v: *mut PyObject) -> *mut PyObject {
    // SAFETY: C passes a live object.
    let t = unsafe { Type::of_ptr(v) };
    let _ = raise!(TypeError, "'{}' object is not iterable", t.message_name());
    std::ptr::null_mut()
}
/// `tp_finalize` of classes with `__del__`.
///
/// # Safety
/// As a C slot.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pyrs_slot_tp_finalize(object: *mut PyObject) {
    let v = Value::from_object(object);
    let saved = crate::errors::occurred().then(crate::errors::take);
    if let Ok(Some(f)) = special(v, intern!("__del__"))
        && f.call(&[]).is_err()
    {
        crate::errors::write_unraisable("", f.callable.value());
    }
    if crate::errors::occurred() {
        crate::errors::clear();
    }
    if let Some(exc) = saved {
        let _ = crate::errors::restore(exc);
    }
}

const N_SLOTS: usize = SLOTS.len();

macro_rules! table {
    ($($slot:ident $f:ident $t:ty;)*) => {
        /// The native functions, by slot number.
        static NATIVE: [Entry; N_SLOTS] = {
            let mut table = [Entry { native: std::ptr::null(), c: std::ptr::null() }; N_SLOTS];
            $(
                table[Slot::$slot as usize] = Entry {
                    native: ($f as $t) as *const (),
                    c: match crate::c_slot!($slot, $f) {
                        Some(f) => f as *const (),
                        None => std::ptr::null(),
                    },
                };
            )*
            table
        };
    };
}

#[derive(Clone, Copy)]
struct Entry {
    native: *const (),
    c: *const (),
}
// SAFETY: addresses of functions.
unsafe impl Sync for Entry {}

table! {
    tp_repr slot_tp_repr UnaryFn;
    tp_str slot_tp_str UnaryFn;
    tp_hash slot_tp_hash HashFn;
    tp_call slot_tp_call CallFn;
    tp_getattro slot_tp_getattro BinaryFn;
    tp_setattro slot_tp_setattro SetFn;
    tp_richcompare slot_tp_richcompare RichCmpFn;
    tp_iter slot_tp_iter UnaryFn;
    tp_iternext slot_tp_iternext NextFn;
    tp_descr_get slot_tp_descr_get TernaryFn;
    tp_descr_set slot_tp_descr_set SetFn;
    tp_init slot_tp_init InitFn;
    tp_new slot_tp_new NewFn;
    am_await slot_am_await UnaryFn;
    am_aiter slot_am_aiter UnaryFn;
    am_anext slot_am_anext UnaryFn;
    am_send slot_am_send SendFn;
    nb_add slot_nb_add BinaryFn;
    nb_subtract slot_nb_subtract BinaryFn;
    nb_multiply slot_nb_multiply BinaryFn;
    nb_remainder slot_nb_remainder BinaryFn;
    nb_divmod slot_nb_divmod BinaryFn;
    nb_power slot_nb_power TernaryFn;
    nb_negative slot_nb_negative UnaryFn;
    nb_positive slot_nb_positive UnaryFn;
    nb_absolute slot_nb_absolute UnaryFn;
    nb_bool slot_nb_bool BoolFn;
    nb_invert slot_nb_invert UnaryFn;
    nb_lshift slot_nb_lshift BinaryFn;
    nb_rshift slot_nb_rshift BinaryFn;
    nb_and slot_nb_and BinaryFn;
    nb_xor slot_nb_xor BinaryFn;
    nb_or slot_nb_or BinaryFn;
    nb_int slot_nb_int UnaryFn;
    nb_float slot_nb_float UnaryFn;
    nb_inplace_add slot_nb_inplace_add BinaryFn;
    nb_inplace_subtract slot_nb_inplace_subtract BinaryFn;
    nb_inplace_multiply slot_nb_inplace_multiply BinaryFn;
    nb_inplace_remainder slot_nb_inplace_remainder BinaryFn;
    nb_inplace_power slot_nb_inplace_power TernaryFn;
    nb_inplace_lshift slot_nb_inplace_lshift BinaryFn;
    nb_inplace_rshift slot_nb_inplace_rshift BinaryFn;
    nb_inplace_and slot_nb_inplace_and BinaryFn;
    nb_inplace_xor slot_nb_inplace_xor BinaryFn;
    nb_inplace_or slot_nb_inplace_or BinaryFn;
    nb_floor_divide slot_nb_floor_divide BinaryFn;
    nb_true_divide slot_nb_true_divide BinaryFn;
    nb_inplace_floor_divide slot_nb_inplace_floor_divide BinaryFn;
    nb_inplace_true_divide slot_nb_inplace_true_divide BinaryFn;
    nb_index slot_nb_index UnaryFn;
    nb_matrix_multiply slot_nb_matrix_multiply BinaryFn;
    nb_inplace_matrix_multiply slot_nb_inplace_matrix_multiply BinaryFn;
    sq_length slot_length LenFn;
    sq_concat slot_sq_concat BinaryFn;
    sq_repeat slot_sq_repeat SizeArgFn;
    sq_item slot_sq_item SizeArgFn;
    sq_ass_item slot_sq_ass_item SizeObjArgFn;
    sq_contains slot_sq_contains ContainsFn;
    sq_inplace_concat slot_sq_concat BinaryFn;
    sq_inplace_repeat slot_sq_repeat SizeArgFn;
    mp_length slot_length LenFn;
    mp_subscript slot_mp_subscript BinaryFn;
    mp_ass_subscript slot_mp_ass_subscript SetFn;
}

/// The generic function of a slot.
#[inline]
pub(super) fn function(slot: Slot) -> SlotFn {
    let e = &NATIVE[slot as usize];
    SlotFn {
        native: e.native as usize,
        c: e.c as usize,
    }
}

/// Kept so that a change of `c_int`'s width shows up here: comparison operators travel as C ints.
const _: () = assert!(size_of::<c_int>() == size_of::<CmpOp>());
