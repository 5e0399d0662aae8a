//! `complex`.

use crate::float::is_float_instance;
use crate::int::{is_int_instance, with_ref};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, raise, ty};
use pyrs_numeric::complex::{Complex, ComplexError};
use std::mem::offset_of;

methods! { static COMPLEX_METHODS = [
    "conjugate" NOARGS conjugate, "conjugate($self, /)\n--\n\nThe complex conjugate.";
    "__complex__" NOARGS to_complex, "__complex__($self, /)\n--\n\nThe exact complex with this value.";
    "__getnewargs__" NOARGS getnewargs, "__getnewargs__($self, /)\n--\n\n";
    "__format__" O format, "__format__($self, format_spec, /)\n--\n\nText by a format specification.";
] }

members! { static COMPLEX_MEMBERS = [
    "real" DOUBLE, offset_of!(PyComplexObject, cval), membertype::READONLY, "the real part of a complex number";
    "imag" DOUBLE, offset_of!(PyComplexObject, cval) + 8, membertype::READONLY, "the imaginary part of a complex number";
] }

py_type! {
    /// `complex`.
    pub static PyComplex_Type: PyComplexObject = "complex" {
        flags: BASETYPE;
        doc: "complex(real=0, imag=0)\n--\n\nA complex number from a string or numbers: real + imag*1j.";
        raw { tp_dealloc: complex_dealloc }
        slots { tp_repr: repr, tp_hash: hash, tp_richcompare: richcompare, tp_new: complex_new }
        number {
            nb_add: add, nb_subtract: sub, nb_multiply: mul, nb_power: pow, nb_negative: neg, nb_positive: pos,
            nb_absolute: abs, nb_bool: complex_bool, nb_true_divide: div,
        }
        methods: COMPLEX_METHODS;
        members: COMPLEX_MEMBERS;
    }
}

unsafe extern "C" fn complex_dealloc(object: *mut PyObject) {
    // SAFETY: a dead complex owns nothing but its memory.
    unsafe { crate::heap::finish_dealloc(object) }
}

pub fn new(real: f64, imag: f64) -> Ref {
    let object = crate::heap::alloc_uninit(ty!(PyComplex_Type), size_of::<PyComplexObject>());
    // SAFETY: a new object of that layout.
    unsafe {
        (*object.cast::<PyComplexObject>()).cval = Py_complex { real, imag };
        Ref::from_owned_ptr(object)
    }
}
fn from(z: Complex) -> Ref {
    new(z.real, z.imag)
}
/// Of a complex instance.
pub fn parts(v: Value) -> Option<(f64, f64)> {
    if v.is_object() && Type::of(v).is_subtype(ty!(PyComplex_Type)) {
        let z = get(v);
        Some((z.real, z.imag))
    } else {
        None
    }
}
/// Of a value known to be a complex instance.
fn get(v: Value) -> Complex {
    // SAFETY: the caller's value is a complex instance.
    let z = unsafe { (*v.as_ptr().cast::<PyComplexObject>()).cval };
    Complex::new(z.real, z.imag)
}

/// The operand of complex arithmetic; `None` is `NotImplemented`.
fn operand(v: Value) -> PyResult<Option<Complex>> {
    if let Some((real, imag)) = parts(v) {
        Ok(Some(Complex::new(real, imag)))
    } else if is_int_instance(v) {
        Ok(Some(Complex::new(crate::int::to_f64(v)?, 0.0)))
    } else if is_float_instance(v) {
        Ok(Some(Complex::new(crate::float::value(v), 0.0)))
    } else {
        Ok(None)
    }
}

macro_rules! complex_slots {
    ($($name:ident |$x:ident, $y:ident| $body:expr;)*) => {$(
        fn $name(a: Value, b: Value) -> PyResult {
            match (operand(a)?, operand(b)?) {
                (Some($x), Some($y)) => $body,
                _ => Ok(Ref::not_implemented()),
            }
        }
    )*};
}
complex_slots! {
    add |x, y| Ok(from(x.add(y)));
    sub |x, y| Ok(from(x.sub(y)));
    mul |x, y| Ok(from(x.mul(y)));
    div |x, y| match x.div(y) {
        Ok(z) => Ok(from(z)),
        Err(_) => Err(raise!(ZeroDivisionError, "complex division by zero")),
    };
}
fn pow(a: Value, b: Value, c: Value) -> PyResult {
    let (Some(x), Some(y)) = (operand(a)?, operand(b)?) else {
        return Ok(Ref::not_implemented());
    };
    if !c.is_empty() && !c.is_none() {
        return Err(raise!(ValueError, "complex modulo"));
    }
    power((x.real, x.imag), (y.real, y.imag))
}
/// `x ** y` of (real, imag) pairs.
pub fn power(x: (f64, f64), y: (f64, f64)) -> PyResult {
    match Complex::new(x.0, x.1).pow(Complex::new(y.0, y.1)) {
        Ok(z) => Ok(from(z)),
        Err(ComplexError::ZeroDivision) => Err(raise!(
            ZeroDivisionError,
            "0.0 to a negative or complex power"
        )),
        Err(ComplexError::Overflow) => Err(raise!(OverflowError, "complex exponentiation")),
    }
}
fn neg(v: Value) -> PyResult {
    let z = get(v);
    Ok(new(-z.real, -z.imag))
}
fn pos(v: Value) -> PyResult {
    to_complex(v)
}
fn conjugate(v: Value) -> PyResult {
    let z = get(v);
    Ok(new(z.real, -z.imag))
}
/// The exact complex with the value of any instance.
fn to_complex(v: Value) -> PyResult {
    if v.is_exact(ty!(PyComplex_Type)) {
        return Ok(Ref::new(v));
    }
    Ok(from(get(v)))
}
fn abs(v: Value) -> PyResult {
    match get(v).abs() {
        Ok(x) => Ok(Ref::float(x)),
        Err(_) => Err(raise!(OverflowError, "absolute value too large")),
    }
}
fn complex_bool(v: Value) -> PyResult<bool> {
    let z = get(v);
    Ok(z.real != 0.0 || z.imag != 0.0)
}
fn repr(v: Value) -> PyResult {
    Ok(crate::str::new(&get(v).repr()))
}
fn hash(v: Value) -> PyResult<i64> {
    let z = get(v);
    Ok(pyrs_numeric::hash::hash_complex(
        crate::float::hash_of(v, z.real),
        crate::float::hash_of(v, z.imag),
    ))
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let z = get(a);
    let equal = if is_int_instance(b) {
        z.imag == 0.0 && with_ref(b, |n| n.compare_f64(z.real)) == Some(std::cmp::Ordering::Equal)
    } else if is_float_instance(b) {
        z.real == crate::float::value(b) && z.imag == 0.0
    } else if let Some((real, imag)) = parts(b) {
        z.real == real && z.imag == imag
    } else {
        return Ok(Ref::not_implemented());
    };
    Ok(Ref::bool(equal == (op == CmpOp::Eq)))
}
fn getnewargs(v: Value) -> PyResult {
    let z = get(v);
    Ok(crate::tuple::from_vec(vec![
        Ref::float(z.real),
        Ref::float(z.imag),
    ]))
}
fn format(v: Value, spec: Value) -> PyResult {
    let spec = crate::int::spec_points(spec)?;
    if spec.is_empty() {
        return crate::ops::str_of(v);
    }
    let locale = crate::int::locale_for(&spec);
    crate::int::padded(pyrs_numeric::format::format_complex(
        &spec,
        get(v),
        v.ty().message_name(),
        &locale,
    ))
}

/// The result of `v.__complex__()` if the type has it.
fn call_complex(v: Value) -> PyResult<Option<Complex>> {
    if v.is_immediate() {
        return Ok(None);
    }
    if v.is_exact(ty!(PyComplex_Type)) {
        return Ok(Some(get(v)));
    }
    let Some(f) = crate::typeobject::lookup_special(v, crate::intern!("__complex__"))? else {
        return Ok(None);
    };
    let r = f.call(&[])?;
    if parts(r.value()).is_none() {
        return Err(raise!(
            TypeError,
            "__complex__ returned non-complex (type {})",
            r.ty().message_name()
        ));
    }
    if !r.is_exact(ty!(PyComplex_Type)) {
        (crate::hooks().warn)(
            crate::exceptions::DeprecationWarning,
            &format!(
                "__complex__ returned non-complex (type {}).  The ability to return an instance of a strict subclass of complex is deprecated, and may not be supported in a future version of Python.",
                r.ty().message_name()
            ),
            1,
        )?;
    }
    Ok(Some(get(r.value())))
}

/// `PyComplex_AsCComplex`: `__complex__`, then what a float can be made of; "must be real number, not X".
pub fn as_parts(v: Value) -> PyResult<(f64, f64)> {
    if let Some(p) = parts(v) {
        return Ok(p);
    }
    match call_complex(v)? {
        Some(z) => Ok((z.real, z.imag)),
        None => Ok((crate::ops::as_f64(v)?, 0.0)),
    }
}

fn is_number(v: Value) -> bool {
    v.is_immediate()
        || v.ty()
            .number()
            .is_some_and(|n| n.nb_float.is_some() || n.nb_index.is_some())
        || parts(v).is_some()
}

const NEW: Signature<2> = Signature {
    name: "complex",
    params: ["real", "imag"],
    posonly: 0,
    positional: 2,
    required: 0,
};

fn complex_new(t: Type, args: Args<'_>) -> PyResult {
    let [r, i] = args.bind(&NEW)?;
    let exact = t == ty!(PyComplex_Type);
    if exact && i.is_empty() && r.is_exact(t) {
        return Ok(Ref::new(r));
    }
    let z = convert(r, i)?;
    if exact {
        Ok(from(z))
    } else {
        new_subtype(t, z)
    }
}

fn convert(r: Value, i: Value) -> PyResult<Complex> {
    if r.has_flag(tpflags::UNICODE_SUBCLASS) {
        if !i.is_empty() {
            return Err(raise!(
                TypeError,
                "complex() can't take second arg if first is a string"
            ));
        }
        let text = crate::int::ascii_text(r);
        return match Complex::parse(&text) {
            Some(z) => Ok(z),
            None => Err(raise!(ValueError, "complex() arg is a malformed string")),
        };
    }
    if i.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "complex() second arg can't be a string"));
    }
    let (mut real, mut real_is_complex) = (Complex::new(0.0, 0.0), false);
    if !r.is_empty() {
        if let Some(z) = call_complex(r)? {
            (real, real_is_complex) = (z, true);
        } else if !is_number(r) {
            return Err(raise!(
                TypeError,
                "complex() first argument must be a string or a number, not '{}'",
                r.ty().message_name()
            ));
        } else {
            real.real = crate::float::value(crate::float::from_object(r)?.value());
        }
    }
    if i.is_empty() {
        return Ok(real);
    }
    if !is_number(i) {
        return Err(raise!(
            TypeError,
            "complex() second argument must be a number, not '{}'",
            i.ty().message_name()
        ));
    }
    let imag = match parts(i) {
        Some((a, b)) => {
            real.real -= b;
            a
        }
        None => crate::float::value(crate::float::from_object(i)?.value()),
    };
    let imag = if real_is_complex {
        imag + real.imag
    } else {
        imag
    };
    Ok(Complex::new(real.real, imag))
}

fn new_subtype(t: Type, z: Complex) -> PyResult {
    let Some(alloc) = t.tp_alloc else {
        return Err(raise!(
            TypeError,
            "cannot create '{}' instances",
            t.message_name()
        ));
    };
    // SAFETY: tp_alloc gives an object with the layout of a complex in front.
    unsafe {
        let object = alloc(t.as_ptr(), 0);
        if object.is_null() {
            return Err(crate::errors::from_c_null());
        }
        (*object.cast::<PyComplexObject>()).cval = Py_complex {
            real: z.real,
            imag: z.imag,
        };
        Ok(Ref::from_owned_ptr(object))
    }
}
