//! repr, str, hash, comparison, truth, attributes, type tests.

use super::foreign::*;
use crate::{PyResult, Raised, Ref, Type, Value, ValueExt, raise, ty};
use pyrs_layout::{CmpOp, tpflags};

/// `repr(v)`: always an exact or derived str.
pub fn repr(v: Value) -> PyResult {
    if v.is_int() {
        return Ok(decimal(v.as_int_unchecked()));
    }
    let _guard = crate::hooks().enter_counted(" while getting the repr of an object")?;
    let r = slot_repr(v)?;
    if r.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(r)
    } else {
        Err(raise!(
            TypeError,
            "__repr__ returned non-string (type {})",
            r.ty().message_name()
        ))
    }
}

/// `object.__str__`: what `__repr__` gives, of whatever type. It is no level of its own, but must end where `__repr__` is
/// `__str__`.
pub(crate) fn object_str(v: Value) -> PyResult {
    let _guard = crate::hooks().enter_native()?;
    slot_repr(v)
}

fn slot_repr(v: Value) -> PyResult {
    let t = v.ty();
    if let Some(f) = t.native().tp_repr {
        f(v)
    } else if let Some(f) = t.tp_repr {
        c_unary(f, v)
    } else {
        Ok(crate::str::new(&format!(
            "<{} object at {:#x}>",
            t.message_name(),
            id(v)
        )))
    }
}

/// The decimal digits of a machine integer, at the end of `digits`.
pub fn decimal_digits(n: i64, digits: &mut [u8; 20]) -> &[u8] {
    let mut at = digits.len();
    let mut rest = n.unsigned_abs();
    loop {
        at -= 1;
        digits[at] = b'0' + (rest % 10) as u8;
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if n < 0 {
        at -= 1;
        digits[at] = b'-';
    }
    &digits[at..]
}
fn decimal(n: i64) -> Ref {
    crate::str::from_ascii(decimal_digits(n, &mut [0; 20]))
}

/// `str(v)`.
pub fn str_of(v: Value) -> PyResult {
    if v.is_int() {
        return Ok(decimal(v.as_int_unchecked()));
    }
    let t = v.ty();
    if t == ty!(crate::str::PyUnicode_Type) {
        return Ok(Ref::new(v));
    }
    let _guard = crate::hooks().enter_counted(" while getting the str of an object")?;
    let r = if let Some(f) = t.native().tp_str {
        f(v)?
    } else if let Some(f) = t.tp_str {
        c_unary(f, v)?
    } else {
        return repr(v);
    };
    if r.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(r)
    } else {
        Err(raise!(
            TypeError,
            "__str__ returned non-string (type {})",
            r.ty().message_name()
        ))
    }
}

/// `ascii(v)`.
pub fn ascii(v: Value) -> PyResult {
    let r = repr(v)?;
    Ok(crate::str::escape_non_ascii(r.value()))
}

/// `format(v, spec)`; `spec` is a str or empty.
pub fn format(v: Value, spec: Value) -> PyResult {
    let no_spec = spec.is_empty() || crate::str::len(spec) == 0;
    if no_spec {
        if v.is_exact(ty!(crate::str::PyUnicode_Type)) {
            return Ok(Ref::new(v));
        }
        if v.is_int() {
            return str_of(v);
        }
    } else if !v.is_object()
        && let Some(text) = crate::str::quick::format(v, spec)
    {
        return Ok(text);
    }
    let empty = crate::str::empty();
    let spec = spec.non_empty().unwrap_or(empty.value());
    let Some(f) = crate::typeobject::lookup_special(v, crate::intern!("__format__"))? else {
        return Err(raise!(
            TypeError,
            "Type {} doesn't define __format__",
            v.ty().message_name()
        ));
    };
    let r = f.call(&[spec])?;
    if r.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(r)
    } else {
        Err(raise!(
            TypeError,
            "__format__ must return a str, not {}",
            r.ty().message_name()
        ))
    }
}

/// `hash(v)`.
pub fn hash(v: Value) -> PyResult<i64> {
    if let Some(n) = v.as_int() {
        return Ok(crate::int::hash_i64(n));
    }
    let t = v.ty();
    if let Some(f) = t.native().tp_hash {
        return crate::hooks().with_room(|| f(v));
    }
    match t.tp_hash {
        Some(f) => c_hash_call(f, v),
        None => Err(unhashable(v)),
    }
}

#[cold]
pub fn unhashable(v: Value) -> Raised {
    raise!(TypeError, "unhashable type: '{}'", v.ty().message_name())
}

/// Identity, as `is`: immediates are identical when their bits are.
#[inline(always)]
pub fn is(a: Value, b: Value) -> bool {
    a == b
}

/// `id(v)`: the address, or for an immediate a number that is never an address. All but those of negative floats fit in 63
/// bits, as programs expect that put them into arrays: without its highest bit an int's word is above all positive floats'.
pub fn id(v: Value) -> u64 {
    if v.is_int() {
        v.bits() & i64::MAX as u64
    } else {
        v.bits()
    }
}

fn try_richcompare(t: Type, a: Value, b: Value, op: CmpOp) -> PyResult<Option<Ref>> {
    let r = if let Some(f) = t.native().tp_richcompare {
        f(a, b, op)?
    } else if let Some(f) = t.tp_richcompare {
        c_richcmp(f, a, b, op)?
    } else {
        return Ok(None);
    };
    Ok(if r.is_not_implemented() {
        None
    } else {
        Some(r)
    })
}

/// `a op b` with any result.
pub fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if a.is_int() && b.is_int() {
        return Ok(Ref::bool(
            op.holds(a.as_int_unchecked().cmp(&b.as_int_unchecked())),
        ));
    }
    let (ta, tb) = (a.ty(), b.ty());
    let _guard = crate::hooks().enter_compare()?;
    let mut reflected_tried = false;
    if ta != tb && tb.is_subtype(ta) && tb.tp_richcompare.is_some() {
        reflected_tried = true;
        if let Some(r) = try_richcompare(tb, b, a, op.swapped())? {
            return Ok(r);
        }
    }
    if let Some(r) = try_richcompare(ta, a, b, op)? {
        return Ok(r);
    }
    if !reflected_tried && let Some(r) = try_richcompare(tb, b, a, op.swapped())? {
        return Ok(r);
    }
    match op {
        CmpOp::Eq => Ok(Ref::bool(is(a, b))),
        CmpOp::Ne => Ok(Ref::bool(!is(a, b))),
        _ => Err(raise!(
            TypeError,
            "'{}' not supported between instances of '{}' and '{}'",
            op.symbol(),
            ta.message_name(),
            tb.message_name()
        )),
    }
}

/// `bool(a op b)`; identical objects are equal without being asked (containers' rule).
pub fn compare_bool(a: Value, b: Value, op: CmpOp) -> PyResult<bool> {
    if is(a, b) {
        match op {
            CmpOp::Eq => return Ok(true),
            CmpOp::Ne => return Ok(false),
            _ => {}
        }
    }
    let r = richcompare(a, b, op)?;
    is_true(r.value())
}

/// `a is b or a == b`.
#[inline]
pub fn eq(a: Value, b: Value) -> PyResult<bool> {
    if is(a, b) {
        return Ok(true);
    }
    if a.is_int() && b.is_int() {
        return Ok(false);
    }
    if let Some(equal) = crate::tuple::equality(a, b) {
        return equal;
    }
    compare_bool(a, b, CmpOp::Eq)
}

/// `bool(v)`.
#[inline]
pub fn is_true(v: Value) -> PyResult<bool> {
    if v.is_true_const() {
        return Ok(true);
    }
    if v.is_false_const() || v.is_none() {
        return Ok(false);
    }
    if let Some(n) = v.as_int() {
        return Ok(n != 0);
    }
    if let Some(x) = v.as_float() {
        return Ok(x != 0.0);
    }
    is_true_slow(v)
}

fn is_true_slow(v: Value) -> PyResult<bool> {
    let t = v.ty();
    let n = t.native();
    if let Some(f) = n.nb_bool {
        return f(v);
    }
    if let Some(f) = t.number().and_then(|nb| nb.nb_bool) {
        return c_inquiry(f, v);
    }
    if let Some(f) = n.mp_length.or(n.sq_length) {
        return f(v).map(|n| n > 0);
    }
    if let Some(f) = t
        .mapping()
        .and_then(|m| m.mp_length)
        .or(t.sequence().and_then(|s| s.sq_length))
    {
        return c_len_call(f, v).map(|n| n > 0);
    }
    Ok(true)
}

/// `getattr(v, name)`; `name` is a str.
pub fn getattr(v: Value, name: Value) -> PyResult {
    let result = getattr_slot(v, name);
    if result.is_err() {
        crate::exceptions::tell_attribute(v, name);
    }
    result
}

/// [`getattr`] with the error as the slot has raised it.
fn getattr_slot(v: Value, name: Value) -> PyResult {
    let t = v.ty();
    if let Some(f) = t.native().tp_getattro {
        return f(v, name);
    }
    if let Some(f) = t.tp_getattro {
        return c_binary(f, v, name);
    }
    if let Some(f) = t.tp_getattr {
        let object = crate::boundary::CRef::new(v);
        let text = std::ffi::CString::new(crate::str::to_string_lossy(name))
            .map_err(|_| raise!(ValueError, "embedded null character"))?;
        // SAFETY: the slot gets a live object and a NUL-terminated name and returns an owned object or null.
        return unsafe { crate::boundary::from_c_owned(f(object.ptr(), text.as_ptr().cast_mut())) };
    }
    Err(crate::exceptions::no_attribute(v, name))
}

/// `getattr(v, name, None)`: no error object is made for ordinary misses.
pub fn getattr_opt(v: Value, name: Value) -> PyResult<Option<Ref>> {
    if crate::typeobject::is_generic_getattr(v.ty()) {
        return crate::typeobject::generic_getattr_opt(v, name);
    }
    if v.is_exact(ty!(crate::module::PyModule_Type)) {
        return crate::module::getattr_opt(v, name);
    }
    crate::errors::absorb(getattr_slot(v, name), crate::exceptions::AttributeError)
}

/// `getattr` by Rust name.
pub fn getattr_str(v: Value, name: &str) -> PyResult {
    let name = crate::str::intern(name);
    getattr(v, name.value())
}

/// `setattr(v, name, value)`; an empty value deletes.
pub fn setattr(v: Value, name: Value, value: Value) -> PyResult<()> {
    let t = v.ty();
    if let Some(f) = t.native().tp_setattro {
        return f(v, name, value);
    }
    if let Some(f) = t.tp_setattro {
        return c_set(f, v, name, value);
    }
    if let Some(f) = t.tp_setattr {
        let (object, value) = (
            crate::boundary::CRef::new(v),
            crate::boundary::CRef::new(value),
        );
        let text = std::ffi::CString::new(crate::str::to_string_lossy(name))
            .map_err(|_| raise!(ValueError, "embedded null character"))?;
        // SAFETY: the slot gets live objects (null deletes) and a NUL-terminated name.
        let code = unsafe { f(object.ptr(), text.as_ptr().cast_mut(), value.ptr()) };
        return if code < 0 {
            Err(crate::errors::from_c_null())
        } else {
            Ok(())
        };
    }
    let how = if value.is_empty() { "del" } else { "assign to" };
    let kind = if t.tp_getattro.is_none() {
        "no"
    } else {
        "only read-only"
    };
    Err(raise!(
        TypeError,
        "'{}' object has {kind} attributes ({how} .{})",
        t.message_name(),
        crate::str::display(name)
    ))
}

/// `callable(v)`.
pub fn is_callable(v: Value) -> bool {
    !v.is_empty() && v.ty().tp_call.is_some()
}

/// `isinstance(v, cls)` where the classes alone decide it, without running anything.
#[inline(always)]
pub fn plain_is_instance(v: Value, cls: Value) -> Option<bool> {
    let t = v.ty();
    if t.value() == cls {
        return Some(true);
    }
    if cls.is_exact(ty!(crate::typeobject::PyType_Type)) {
        if t.is_subtype(Type::from_ptr(cls.as_ptr().cast())) {
            return Some(true);
        }
        return crate::typeobject::claims_nothing(t).then_some(false);
    }
    if cls.is_exact(ty!(crate::tuple::PyTuple_Type)) {
        return plain_is_instance_of_any(t, cls);
    }
    None
}

#[inline(never)]
fn plain_is_instance_of_any(t: Type, classes: Value) -> Option<bool> {
    let plain = ty!(crate::typeobject::PyType_Type);
    for &cls in crate::tuple::items(classes) {
        if t.value() == cls {
            return Some(true);
        }
        if !cls.is_exact(plain) {
            return None;
        }
        if t.is_subtype(Type::from_ptr(cls.as_ptr().cast())) {
            return Some(true);
        }
    }
    crate::typeobject::claims_nothing(t).then_some(false)
}

/// `isinstance(v, cls)` with `__instancecheck__`, tuples and unions.
#[inline]
pub fn is_instance(v: Value, cls: Value) -> PyResult<bool> {
    match plain_is_instance(v, cls) {
        Some(answer) => Ok(answer),
        None => asked_is_instance(v, cls),
    }
}

/// [`is_instance`] where the classes do not decide it.
#[inline(never)]
fn asked_is_instance(v: Value, cls: Value) -> PyResult<bool> {
    if cls.is_exact(ty!(crate::typeobject::PyType_Type)) {
        return crate::typeobject::real_is_instance(v, cls);
    }
    let cls = if cls.is_exact(ty!(crate::union::_PyUnion_Type)) {
        crate::union::args(cls)
    } else {
        cls
    };
    if cls.has_flag(tpflags::TUPLE_SUBCLASS) {
        for &item in crate::tuple::items(cls) {
            let found = if item.is_exact(ty!(crate::typeobject::PyType_Type)) {
                crate::typeobject::real_is_instance(v, item)?
            } else if item.has_flag(tpflags::TUPLE_SUBCLASS) {
                // Above it are the call and the outermost tuple.
                let _guard = crate::hooks().enter_nested(2, " in __instancecheck__")?;
                is_instance(v, item)?
            } else {
                is_instance(v, item)?
            };
            if found {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(check) =
        crate::typeobject::lookup_special(cls, crate::intern!("__instancecheck__"))?
    {
        let _guard = crate::hooks().enter_counted(" in __instancecheck__")?;
        let r = check.call(&[v])?;
        return is_true(r.value());
    }
    crate::typeobject::real_is_instance(v, cls)
}

/// The Python function that `isinstance(v, cls)` asks for its answer, and what it gets before `v`. None: there is none, or it
/// is not asked.
pub fn instance_check_of(v: Value, cls: Value) -> Option<(Value, Value)> {
    let meta = cls.ty();
    if !cls.has_flag(tpflags::TYPE_SUBCLASS)
        || meta == ty!(crate::typeobject::PyType_Type)
        || v.ty().value() == cls
    {
        return None;
    }
    let check = crate::typeobject::lookup(meta, crate::intern!("__instancecheck__"))?;
    let function = ty!(crate::function::PyFunction_Type);
    if check.is_exact(function) {
        return Some((check, cls));
    }
    let of_class = crate::descr::class_method_function(check);
    of_class
        .is_exact(function)
        .then(|| (of_class, meta.value()))
}

/// `issubclass(v, cls)`.
pub fn is_subclass(v: Value, cls: Value) -> PyResult<bool> {
    if cls.is_exact(ty!(crate::typeobject::PyType_Type)) {
        if v == cls {
            return Ok(true);
        }
        return crate::typeobject::real_is_subclass(v, cls);
    }
    let cls = if cls.is_exact(ty!(crate::union::_PyUnion_Type)) {
        crate::union::args(cls)
    } else {
        cls
    };
    if cls.has_flag(tpflags::TUPLE_SUBCLASS) {
        // Above it is the call.
        let _guard = crate::hooks().enter_nested(1, " in __subclasscheck__")?;
        for &item in crate::tuple::items(cls) {
            if is_subclass(v, item)? {
                return Ok(true);
            }
        }
        return Ok(false);
    }
    if let Some(check) =
        crate::typeobject::lookup_special(cls, crate::intern!("__subclasscheck__"))?
    {
        let _guard = crate::hooks().enter_counted(" in __subclasscheck__")?;
        let r = check.call(&[v])?;
        return is_true(r.value());
    }
    crate::typeobject::real_is_subclass(v, cls)
}
