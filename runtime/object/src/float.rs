//! `float`: immediates, except NaN, instances of subclasses and what C looks at.

use crate::int::{ascii_text, convert_slot, is_int_instance, with_ref};
use crate::layout::*;
use crate::native::Slot;
use crate::{Args, PyResult, Raised, Ref, Type, Value, ValueExt, raise, ty};
use pyrs_numeric::float::{self as algo, FloatPow};

methods! { static FLOAT_METHODS = [
    "conjugate" NOARGS float_float, "conjugate($self, /)\n--\n\nThe number itself.";
    "__trunc__" NOARGS trunc, "__trunc__($self, /)\n--\n\nThe integral part, toward zero.";
    "__floor__" NOARGS floor, "__floor__($self, /)\n--\n\nThe floor as an integer.";
    "__ceil__" NOARGS ceil, "__ceil__($self, /)\n--\n\nThe ceiling as an integer.";
    "__round__" FAST round, "__round__($self, ndigits=None, /)\n--\n\nRounded, ties to even.";
    "as_integer_ratio" NOARGS as_integer_ratio, "as_integer_ratio($self, /)\n--\n\nThe exact fraction in lowest terms.\n\n>>> (0.75).as_integer_ratio()\n(3, 4)";
    "fromhex" O|CLASS fromhex, "fromhex($type, string, /)\n--\n\nA float from hexadecimal text.\n\n>>> float.fromhex('-0x1.8p1')\n-3.0";
    "hex" NOARGS hex, "hex($self, /)\n--\n\nHexadecimal text.\n\n>>> (-0.5).hex()\n'-0x1.0000000000000p-1'";
    "is_integer" NOARGS is_integer, "is_integer($self, /)\n--\n\nWhether the float is an integer.";
    "__getnewargs__" NOARGS getnewargs, "__getnewargs__($self, /)\n--\n\n";
    "__getformat__" O|CLASS getformat, "__getformat__($type, typestr, /)\n--\n\nThe layout of C doubles or floats.";
    "__format__" O format, "__format__($self, format_spec, /)\n--\n\nText by a format specification.";
] }

getset! { static FLOAT_GETSET = [
    "real" float_float, None, "the real part of a complex number";
    "imag" imag, None, "the imaginary part of a complex number";
] }

py_type! {
    /// `float`.
    pub static PyFloat_Type: PyFloatObject = "float" {
        flags: BASETYPE | MATCH_SELF;
        doc: "float(x=0, /)\n--\n\nConverts a string or number to a floating point number, if possible.";
        raw { tp_dealloc: float_dealloc }
        slots { tp_repr: repr, tp_hash: hash, tp_richcompare: richcompare, tp_new: float_new }
        number {
            nb_add: float_add, nb_subtract: float_sub, nb_multiply: float_mul, nb_remainder: float_mod,
            nb_divmod: float_divmod, nb_power: float_pow, nb_negative: neg, nb_positive: float_float, nb_absolute: abs,
            nb_bool: float_bool, nb_int: trunc, nb_float: float_float, nb_floor_divide: float_floor_div,
            nb_true_divide: float_true_div,
        }
        methods: FLOAT_METHODS;
        getset: FLOAT_GETSET;
    }
}

unsafe extern "C" fn float_dealloc(object: *mut PyObject) {
    // SAFETY: a dead float owns nothing but its memory; one of exactly this type came from `box_float`.
    unsafe {
        if (*object).ob_type == &raw mut PyFloat_Type {
            crate::heap::release_sized(object.cast(), size_of::<PyFloatObject>());
        } else {
            crate::heap::finish_dealloc(object);
        }
    }
}

/// NaN (callers checked).
#[cold]
pub fn new_boxed(x: f64) -> Ref {
    // SAFETY: a new object.
    unsafe { Ref::from_owned_ptr(box_float(x)) }
}
/// An owned real PyFloat.
#[inline]
pub fn box_float(x: f64) -> *mut PyObject {
    let object = crate::heap::block(size_of::<PyFloatObject>()).cast::<PyFloatObject>();
    // SAFETY: a new block of that size.
    unsafe {
        object.write(PyFloatObject {
            ob_base: PyObject {
                ob_refcnt: 1,
                ob_type: &raw mut PyFloat_Type,
            },
            ob_fval: x,
        });
    }
    object.cast()
}
#[inline]
pub fn is_float_instance(v: Value) -> bool {
    v.is_float() || (v.is_object() && Type::of(v).is_subtype(ty!(PyFloat_Type)))
}
/// Of a float instance.
#[inline]
pub fn value(v: Value) -> f64 {
    match v.as_float() {
        Some(x) => x,
        // SAFETY: the caller's value is a float instance.
        None => unsafe { (*v.as_ptr().cast::<PyFloatObject>()).ob_fval },
    }
}
pub fn repr_f64(x: f64) -> String {
    algo::repr(x)
}

/// What `__float__` gave, checked; `Ok(None)` if the type has no such method.
fn call_float(v: Value) -> PyResult<Option<f64>> {
    let Some(r) = convert_slot(v, Slot::nb_float) else {
        return Ok(None);
    };
    let r = r?;
    if r.is_exact(ty!(PyFloat_Type)) {
        return Ok(Some(value(r.value())));
    }
    let (given, got) = (v.ty().message_name(), r.ty().message_name());
    if !is_float_instance(r.value()) {
        return Err(raise!(
            TypeError,
            "{given}.__float__ returned non-float (type {got})"
        ));
    }
    (crate::hooks().warn)(
        crate::exceptions::DeprecationWarning,
        &format!(
            "{given}.__float__ returned non-float (type {got}).  The ability to return an instance of a strict subclass of float is deprecated, and may not be supported in a future version of Python."
        ),
        1,
    )?;
    Ok(Some(value(r.value())))
}

/// floats, subclasses, __float__, __index__; "must be real number, not X".
pub fn as_f64_slow(v: Value) -> PyResult<f64> {
    if is_float_instance(v) {
        return Ok(value(v));
    }
    if let Some(x) = call_float(v)? {
        return Ok(x);
    }
    if crate::ops::has_index(v) {
        return crate::int::to_f64(crate::ops::index(v)?.value());
    }
    Err(raise!(
        TypeError,
        "must be real number, not {}",
        v.ty().message_name()
    ))
}

fn parse(text: &[u8], shown: Value) -> PyResult<f64> {
    match algo::parse(text) {
        Some(x) => Ok(x),
        None => {
            let shown = crate::ops::repr(shown)?;
            Err(raise!(
                ValueError,
                "could not convert string to float: {}",
                crate::str::display(shown.value())
            ))
        }
    }
}

/// `float(v)` as a double.
fn convert(v: Value) -> PyResult<f64> {
    if let Some(n) = v.as_int() {
        return Ok(n as f64);
    }
    if let Some(x) = call_float(v)? {
        return Ok(x);
    }
    if crate::ops::has_index(v) {
        return crate::int::to_f64(crate::ops::index(v)?.value());
    }
    if is_float_instance(v) {
        return Ok(value(v));
    }
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return parse(&ascii_text(v), v);
    }
    if crate::bytes::is_bytes(v) {
        return parse(crate::bytes::data(v), v);
    }
    if crate::memory::has_buffer(v) {
        let data = crate::memory::bytes_like(v)?.bytes().to_vec();
        return parse(&data, v);
    }
    Err(raise!(
        TypeError,
        "float() argument must be a string or a real number, not '{}'",
        v.ty().message_name()
    ))
}

/// float(v) incl. text.
pub fn from_object(v: Value) -> PyResult {
    if v.is_exact(ty!(PyFloat_Type)) {
        return Ok(Ref::new(v));
    }
    Ok(Ref::float(convert(v)?))
}

/// An instance of a subclass of `float`.
pub fn new_subtype(t: Type, x: f64) -> PyResult {
    let Some(alloc) = t.tp_alloc else {
        return Err(raise!(
            TypeError,
            "cannot create '{}' instances",
            t.message_name()
        ));
    };
    // SAFETY: tp_alloc gives an object with the layout of a float in front.
    unsafe {
        let object = alloc(t.as_ptr(), 0);
        if object.is_null() {
            return Err(crate::errors::from_c_null());
        }
        (*object.cast::<PyFloatObject>()).ob_fval = x;
        Ok(Ref::from_owned_ptr(object))
    }
}

fn float_new(t: Type, args: Args<'_>) -> PyResult {
    let exact = t == ty!(PyFloat_Type);
    if crate::list::common::same_init(t, ty!(PyFloat_Type)) {
        args.no_keywords("float")?;
    }
    let given = args.positional();
    crate::check_positional("float", given.len(), 0, 1)?;
    let x = match given.first() {
        None => Ref::float(0.0),
        Some(v) => from_object(*v)?,
    };
    if exact {
        Ok(x)
    } else {
        new_subtype(t, value(x.value()))
    }
}

/// The operand of float arithmetic as a double; `None` is `NotImplemented`.
#[inline]
fn operand(v: Value) -> PyResult<Option<f64>> {
    if let Some(x) = v.as_float() {
        Ok(Some(x))
    } else if is_int_instance(v) {
        crate::int::to_f64(v).map(Some)
    } else if is_float_instance(v) {
        Ok(Some(value(v)))
    } else {
        Ok(None)
    }
}

macro_rules! float_slots {
    ($($name:ident |$x:ident, $y:ident| $body:expr;)*) => {$(
        fn $name(a: Value, b: Value) -> PyResult {
            match (operand(a)?, operand(b)?) {
                (Some($x), Some($y)) => $body,
                _ => Ok(Ref::not_implemented()),
            }
        }
    )*};
}
float_slots! {
    float_add |x, y| Ok(Ref::float(x + y));
    float_sub |x, y| Ok(Ref::float(x - y));
    float_mul |x, y| Ok(Ref::float(x * y));
    float_true_div |x, y| if y == 0.0 {
        Err(raise!(ZeroDivisionError, "float division by zero"))
    } else {
        Ok(Ref::float(x / y))
    };
    float_mod |x, y| match algo::modulo(x, y) {
        Some(r) => Ok(Ref::float(r)),
        None => Err(raise!(ZeroDivisionError, "float modulo")),
    };
    float_floor_div |x, y| match algo::divmod(x, y) {
        Some((q, _)) => Ok(Ref::float(q)),
        None => Err(raise!(ZeroDivisionError, "float floor division by zero")),
    };
    float_divmod |x, y| match algo::divmod(x, y) {
        Some((q, r)) => Ok(crate::tuple::from_vec(vec![Ref::float(q), Ref::float(r)])),
        None => Err(raise!(ZeroDivisionError, "float divmod()")),
    };
}

fn float_pow(a: Value, b: Value, c: Value) -> PyResult {
    if !c.is_empty() && !c.is_none() {
        return Err(raise!(
            TypeError,
            "pow() 3rd argument not allowed unless all arguments are integers"
        ));
    }
    match (operand(a)?, operand(b)?) {
        (Some(x), Some(y)) => power_f64(x, y),
        _ => Ok(Ref::not_implemented()),
    }
}

/// `x ** y`, which may be a complex.
pub fn power_f64(x: f64, y: f64) -> PyResult {
    match algo::pow(x, y) {
        FloatPow::Value(r) => Ok(Ref::float(r)),
        FloatPow::ZeroToNegative => Err(raise!(
            ZeroDivisionError,
            "0.0 cannot be raised to a negative power"
        )),
        FloatPow::Complex => crate::complex::power((x, 0.0), (y, 0.0)),
        FloatPow::Overflow => Err(range_error()),
    }
}

/// `OverflowError(34, 'Numerical result out of range')`.
#[cold]
fn range_error() -> Raised {
    let text = crate::str::new(&crate::errors::strerror(libc::ERANGE));
    let args = [Value::int_unchecked(libc::ERANGE.into()), text.value()];
    match crate::exceptions::new_instance(crate::exceptions::OverflowError, &args) {
        Ok(exc) => crate::errors::set(exc),
        Err(e) => e,
    }
}

/// The exact float with the value of any instance (NaN keeps its identity).
fn float_float(v: Value) -> PyResult {
    Ok(if v.is_exact(ty!(PyFloat_Type)) {
        Ref::new(v)
    } else {
        Ref::float(value(v))
    })
}
fn neg(v: Value) -> PyResult {
    Ok(Ref::float(-value(v)))
}
fn abs(v: Value) -> PyResult {
    Ok(Ref::float(value(v).abs()))
}
fn float_bool(v: Value) -> PyResult<bool> {
    Ok(value(v) != 0.0)
}
fn imag(_: Value) -> PyResult {
    Ok(Ref::float(0.0))
}
fn repr(v: Value) -> PyResult {
    Ok(crate::str::new(&algo::repr(value(v))))
}
fn hash(v: Value) -> PyResult<i64> {
    Ok(hash_of(v, value(v)))
}
/// The hash of a double that is (a part of) `v`, whose address stands in for NaN.
pub(crate) fn hash_of(v: Value, x: f64) -> i64 {
    pyrs_numeric::hash::hash_f64(x)
        .unwrap_or_else(|| pyrs_numeric::hash::hash_pointer(v.bits() as usize))
}

fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    let x = value(a);
    let order = if is_float_instance(b) {
        x.partial_cmp(&value(b))
    } else if is_int_instance(b) {
        match b.as_int() {
            Some(n) => x.partial_cmp(&(n as f64)),
            None => with_ref(b, |n| n.compare_f64(x)).map(std::cmp::Ordering::reverse),
        }
    } else {
        return Ok(Ref::not_implemented());
    };
    Ok(Ref::bool(match order {
        Some(order) => op.holds(order),
        None => op == CmpOp::Ne,
    }))
}

fn trunc(v: Value) -> PyResult {
    crate::int::from_f64(value(v))
}
fn floor(v: Value) -> PyResult {
    crate::int::from_f64(value(v).floor())
}
fn ceil(v: Value) -> PyResult {
    crate::int::from_f64(value(v).ceil())
}
fn round(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("__round__", args.len(), 0, 1)?;
    let x = value(v);
    match args.first() {
        Some(ndigits) if !ndigits.is_none() => {
            let ndigits = crate::ops::index_clipped(*ndigits)?;
            match algo::round(x, ndigits as i64) {
                Ok(r) => Ok(Ref::float(r)),
                Err(_) => Err(raise!(
                    OverflowError,
                    "rounded value too large to represent"
                )),
            }
        }
        _ => crate::int::from_f64(algo::round_half_even(x)),
    }
}
fn as_integer_ratio(v: Value) -> PyResult {
    let x = value(v);
    match algo::as_integer_ratio(x) {
        Some((n, d)) => Ok(crate::tuple::from_vec(vec![
            crate::int::from_int(&n),
            crate::int::from_int(&d),
        ])),
        None if x.is_nan() => Err(raise!(ValueError, "cannot convert NaN to integer ratio")),
        None => Err(raise!(
            OverflowError,
            "cannot convert Infinity to integer ratio"
        )),
    }
}
fn fromhex(cls: Value, text: Value) -> PyResult {
    if !text.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "bad argument type for built-in operation"
        ));
    }
    let x = match algo::hex::from_hex(crate::str::as_utf8(text)?.as_bytes()) {
        Ok(x) => Ref::float(x),
        Err(algo::hex::HexError::Invalid) => {
            return Err(raise!(
                ValueError,
                "invalid hexadecimal floating-point string"
            ));
        }
        Err(algo::hex::HexError::Overflow) => {
            return Err(raise!(
                OverflowError,
                "hexadecimal value too large to represent as a float"
            ));
        }
    };
    if cls == ty!(PyFloat_Type).value() {
        return Ok(x);
    }
    crate::ops::call(cls, &[x.value()])
}
fn hex(v: Value) -> PyResult {
    Ok(crate::str::new(&algo::hex::to_hex(value(v))))
}
fn is_integer(v: Value) -> PyResult {
    Ok(Ref::bool(algo::is_integer(value(v))))
}
fn getnewargs(v: Value) -> PyResult {
    Ok(crate::tuple::from_vec(vec![float_float(v)?]))
}
fn getformat(_: Value, kind: Value) -> PyResult {
    if !kind.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__getformat__() argument must be str, not {}",
            kind.ty().message_name()
        ));
    }
    if !crate::str::eq_str(kind, "double") && !crate::str::eq_str(kind, "float") {
        return Err(raise!(
            ValueError,
            "__getformat__() argument 1 must be 'double' or 'float'"
        ));
    }
    Ok(crate::str::new(if cfg!(target_endian = "little") {
        "IEEE, little-endian"
    } else {
        "IEEE, big-endian"
    }))
}
fn format(v: Value, spec: Value) -> PyResult {
    let spec = crate::int::spec_points(spec)?;
    if spec.is_empty() {
        return crate::ops::str_of(v);
    }
    let locale = crate::int::locale_for(&spec);
    crate::int::padded(pyrs_numeric::format::format_float(
        &spec,
        value(v),
        v.ty().message_name(),
        &locale,
    ))
}

/// One figure of `sys.float_info` or `sys.hash_info`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    Int(i64),
    Float(f64),
    Text(&'static str),
}

/// `sys.float_info`, in order.
pub const FLOAT_INFO: [(&str, Figure); 11] = [
    ("max", Figure::Float(f64::MAX)),
    ("max_exp", Figure::Int(1024)),
    ("max_10_exp", Figure::Int(308)),
    ("min", Figure::Float(f64::MIN_POSITIVE)),
    ("min_exp", Figure::Int(-1021)),
    ("min_10_exp", Figure::Int(-307)),
    ("dig", Figure::Int(15)),
    ("mant_dig", Figure::Int(53)),
    ("epsilon", Figure::Float(f64::EPSILON)),
    ("radix", Figure::Int(2)),
    ("rounds", Figure::Int(1)),
];
/// `sys.hash_info`, in order.
pub const HASH_INFO: [(&str, Figure); 9] = [
    ("width", Figure::Int(64)),
    (
        "modulus",
        Figure::Int(pyrs_numeric::hash::HASH_MODULUS as i64),
    ),
    ("inf", Figure::Int(pyrs_numeric::hash::HASH_INF)),
    ("nan", Figure::Int(0)),
    ("imag", Figure::Int(pyrs_numeric::hash::HASH_IMAG as i64)),
    ("algorithm", Figure::Text("siphash13")),
    ("hash_bits", Figure::Int(64)),
    ("seed_bits", Figure::Int(128)),
    ("cutoff", Figure::Int(0)),
];
