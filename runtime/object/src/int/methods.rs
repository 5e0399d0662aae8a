//! The type object of `int`: constructor, methods and attributes.

use super::arith::*;
use super::*;
use crate::{Args, Signature};
use pyrs_numeric::format::{FormatError, FormatErrorKind, Locale, Padded, format_int};
use pyrs_numeric::int::BytesError;

methods! { static INT_METHODS = [
    "conjugate" NOARGS int_int, "conjugate($self, /)\n--\n\nThe number itself.";
    "bit_length" NOARGS bit_length, "bit_length($self, /)\n--\n\nBits of the magnitude in binary.\n\n>>> (10).bit_length()\n4\n>>> (0).bit_length()\n0";
    "bit_count" NOARGS bit_count, "bit_count($self, /)\n--\n\nOnes of the magnitude in binary.\n\n>>> (-7).bit_count()\n3";
    "to_bytes" KW to_bytes, "to_bytes($self, /, length=1, byteorder='big', *, signed=False)\n--\n\nBytes that represent the integer.";
    "from_bytes" KW|CLASS from_bytes, "from_bytes($type, /, bytes, byteorder='big', *, signed=False)\n--\n\nThe integer that the bytes represent.";
    "as_integer_ratio" NOARGS as_integer_ratio, "as_integer_ratio($self, /)\n--\n\nThe pair (self, 1).\n\n>>> (-3).as_integer_ratio()\n(-3, 1)";
    "__trunc__" NOARGS int_int, "Truncating an integer gives itself.";
    "__floor__" NOARGS int_int, "The floor of an integer is itself.";
    "__ceil__" NOARGS int_int, "The ceiling of an integer is itself.";
    "__round__" FAST round, "__round__($self, ndigits=<unrepresentable>, /)\n--\n\nRounded to a power of ten, ties to even.";
    "__getnewargs__" NOARGS getnewargs, "__getnewargs__($self, /)\n--\n\n";
    "__format__" O format, "__format__($self, format_spec, /)\n--\n\nText by a format specification.";
    "__sizeof__" NOARGS sizeof, "__sizeof__($self, /)\n--\n\nSize in memory, in bytes.";
] }

getset! { static INT_GETSET = [
    "real" int_int, None, "the real part of a complex number";
    "imag" imag, None, "the imaginary part of a complex number";
    "numerator" int_int, None, "the numerator of a rational number in lowest terms";
    "denominator" denominator, None, "the denominator of a rational number in lowest terms";
] }

py_type! {
    /// `int`.
    pub static PyLong_Type: PyVarObject = "int" {
        flags: BASETYPE | LONG_SUBCLASS | MATCH_SELF;
        fields { tp_itemsize: 4 }
        doc: "int([x]) -> integer\nint(x, base=10) -> integer\n\nConverts a number or text to an integer. With base 0 the text's prefix decides.\n\n>>> int('0x1f', base=0)\n31";
        raw { tp_dealloc: int_dealloc }
        slots { tp_repr: repr, tp_hash: int_hash, tp_richcompare: int_richcompare, tp_new: int_new }
        number {
            nb_add: int_add, nb_subtract: int_sub, nb_multiply: int_mul, nb_remainder: int_mod, nb_divmod: int_divmod,
            nb_power: int_pow, nb_negative: int_neg, nb_positive: int_int, nb_absolute: int_abs, nb_bool: int_bool,
            nb_invert: int_invert, nb_lshift: int_lshift, nb_rshift: int_rshift, nb_and: int_and, nb_xor: int_xor,
            nb_or: int_or, nb_int: int_int, nb_float: int_float, nb_floor_divide: int_floor_div,
            nb_true_divide: int_true_div, nb_index: int_int,
        }
        methods: INT_METHODS;
        getset: INT_GETSET;
    }
}

unsafe extern "C" fn int_dealloc(object: *mut PyObject) {
    // SAFETY: a dead int owns nothing but its memory, which has room for its digits at least.
    unsafe {
        if (*object).ob_type == &raw mut PyLong_Type {
            let digits = (*object.cast::<PyVarObject>()).ob_size.unsigned_abs();
            crate::heap::release_sized(object.cast(), super::object_size(digits));
        } else {
            crate::heap::finish_dealloc(object);
        }
    }
}

fn int_int(v: Value) -> PyResult {
    Ok(exact(v))
}
fn imag(_: Value) -> PyResult {
    Ok(Ref::int(0))
}
fn denominator(_: Value) -> PyResult {
    Ok(Ref::int(1))
}
fn int_bool(v: Value) -> PyResult<bool> {
    Ok(!is_zero(v))
}
fn int_hash(v: Value) -> PyResult<i64> {
    Ok(hash(v))
}
fn int_float(v: Value) -> PyResult {
    Ok(Ref::float(to_f64(v)?))
}
fn repr(v: Value) -> PyResult {
    Ok(crate::str::new(&to_text(v, 10)?))
}

const NEW: Signature<2> = Signature {
    name: "int",
    params: ["", "base"],
    posonly: 1,
    positional: 2,
    required: 0,
};

fn int_new(t: Type, args: Args<'_>) -> PyResult {
    if args.values.len() > 2 {
        return Err(raise!(
            TypeError,
            "int() takes at most 2 arguments ({} given)",
            args.values.len()
        ));
    }
    let [x, base] = args.bind(&NEW)?;
    let value = if x.is_empty() {
        if !base.is_empty() {
            return Err(raise!(TypeError, "int() missing string argument"));
        }
        Ref::int(0)
    } else if base.is_empty() {
        from_object(x)?
    } else {
        let base = match crate::ops::index_clipped(base)? {
            base @ (0 | 2..=36) => base as u32,
            _ => {
                return Err(raise!(
                    ValueError,
                    "int() base must be >= 2 and <= 36, or 0"
                ));
            }
        };
        match from_text_value(x, base) {
            Some(r) => r?,
            None => {
                return Err(raise!(
                    TypeError,
                    "int() can't convert non-string with explicit base"
                ));
            }
        }
    };
    if t == ty!(PyLong_Type) {
        Ok(value)
    } else {
        new_subtype(t, value.value())
    }
}

fn bit_length(v: Value) -> PyResult {
    Ok(from_u64(with_ref(v, |n| n.bit_length())))
}
fn bit_count(v: Value) -> PyResult {
    Ok(from_u64(with_ref(v, |n| n.bit_count())))
}
fn as_integer_ratio(v: Value) -> PyResult {
    Ok(crate::tuple::from_vec(vec![exact(v), Ref::int(1)]))
}
fn getnewargs(v: Value) -> PyResult {
    Ok(crate::tuple::from_vec(vec![exact(v)]))
}
fn sizeof(v: Value) -> PyResult {
    let digits = with_ref(v, |n| n.digits().len());
    Ok(Ref::int((HEAD + 4 * digits.max(1)) as i64))
}

fn round(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("__round__", args.len(), 0, 1)?;
    let Some(&ndigits) = args.first() else {
        return Ok(exact(v));
    };
    let ndigits = crate::ops::index(ndigits)?;
    if !is_negative(ndigits.value()) {
        return Ok(exact(v));
    }
    let places = with_ref(ndigits.value(), |n| n.abs().to_u64()).unwrap_or(u64::MAX);
    match with_ref(v, |n| n.round_to_power_of_ten(places)) {
        Some(n) => Ok(from_int(&n)),
        None => Err(crate::errors::no_memory()),
    }
}

fn byte_order(function: &str, v: Value) -> PyResult<bool> {
    if v.is_empty() {
        return Ok(false);
    }
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "{function}() argument 'byteorder' must be str, not {}",
            v.ty().message_name()
        ));
    }
    if crate::str::eq_str(v, "little") {
        Ok(true)
    } else if crate::str::eq_str(v, "big") {
        Ok(false)
    } else {
        Err(raise!(
            ValueError,
            "byteorder must be either 'little' or 'big'"
        ))
    }
}

const TO_BYTES: Signature<3> = Signature {
    name: "to_bytes",
    params: ["length", "byteorder", "signed"],
    posonly: 0,
    positional: 2,
    required: 0,
};

fn to_bytes(v: Value, args: Args<'_>) -> PyResult {
    let [length, order, signed] = args.bind(&TO_BYTES)?;
    let length = if length.is_empty() {
        1
    } else {
        crate::ops::index_as_isize(length)?
    };
    let little = byte_order("to_bytes", order)?;
    let signed = !signed.is_empty() && crate::ops::is_true(signed)?;
    let Ok(length) = usize::try_from(length) else {
        return Err(raise!(ValueError, "length argument must be non-negative"));
    };
    let mut out = Vec::new();
    if out.try_reserve_exact(length).is_err() {
        return Err(crate::errors::no_memory());
    }
    out.resize(length, 0);
    match with_ref(v, |n| n.to_bytes(&mut out, little, signed)) {
        Ok(()) => Ok(crate::bytes::new(&out)),
        Err(BytesError::TooBig) => Err(raise!(OverflowError, "int too big to convert")),
        Err(BytesError::Negative) => Err(raise!(
            OverflowError,
            "can't convert negative int to unsigned"
        )),
    }
}

const FROM_BYTES: Signature<3> = Signature {
    name: "from_bytes",
    params: ["bytes", "byteorder", "signed"],
    posonly: 0,
    positional: 2,
    required: 1,
};

fn from_bytes(cls: Value, args: Args<'_>) -> PyResult {
    let [bytes, order, signed] = args.bind(&FROM_BYTES)?;
    let little = byte_order("from_bytes", order)?;
    let signed = !signed.is_empty() && crate::ops::is_true(signed)?;
    let data = object_bytes(bytes)?;
    let value = from_int(&Int::from_bytes(&data, little, signed));
    if cls == ty!(PyLong_Type).value() {
        return Ok(value);
    }
    crate::ops::call(cls, &[value.value()])
}

/// `PyObject_Bytes`: `__bytes__`, a buffer, or an iterable of small ints, but no str and no int.
fn object_bytes(v: Value) -> PyResult<Vec<u8>> {
    if v.is_exact(ty!(crate::bytes::PyBytes_Type)) {
        return Ok(crate::bytes::data(v).to_vec());
    }
    if let Some(f) = crate::typeobject::lookup_special(v, crate::intern!("__bytes__"))? {
        let r = f.call(&[])?;
        if !crate::bytes::is_bytes(r.value()) {
            return Err(raise!(
                TypeError,
                "__bytes__ returned non-bytes (type {})",
                r.ty().message_name()
            ));
        }
        return Ok(crate::bytes::data(r.value()).to_vec());
    }
    if crate::memory::has_buffer(v) {
        return Ok(crate::memory::bytes_like(v)?.bytes().to_vec());
    }
    if v.has_flag(tpflags::UNICODE_SUBCLASS) || v.is_int() {
        return Err(cannot_convert(v));
    }
    let Some(iterator) = crate::errors::absorb(crate::ops::iter(v), crate::exceptions::TypeError)?
    else {
        return Err(cannot_convert(v));
    };
    let mut out = Vec::new();
    while let Some(item) = crate::ops::next(iterator.value())? {
        let n = crate::ops::index_as_isize(item.value())?;
        match u8::try_from(n) {
            Ok(byte) => out.push(byte),
            Err(_) => return Err(raise!(ValueError, "bytes must be in range(0, 256)")),
        }
    }
    Ok(out)
}

#[cold]
fn cannot_convert(v: Value) -> Raised {
    raise!(
        TypeError,
        "cannot convert '{}' object to bytes",
        v.ty().message_name()
    )
}

fn format(v: Value, spec: Value) -> PyResult {
    let spec = spec_points(spec)?;
    if spec.is_empty() {
        return crate::ops::str_of(v);
    }
    let locale = locale_for(&spec);
    // Decimal text of the number is limited like `str()`; the other presentation types are not.
    let decimal = matches!(
        char::from_u32(spec[spec.len() - 1]),
        Some('b' | 'o' | 'x' | 'X' | 'c' | 'e' | 'E' | 'f' | 'F' | 'g' | 'G' | '%')
    );
    if !decimal && !v.is_int() {
        to_text(v, 10)?;
    }
    padded(with_ref(v, |n| {
        format_int(&spec, n, v.ty().message_name(), &locale)
    }))
}

/// The code points of a format specification; "__format__() argument must be str, not X".
pub(crate) fn spec_points(spec: Value) -> PyResult<Vec<u32>> {
    if !spec.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__format__() argument must be str, not {}",
            spec.ty().message_name()
        ));
    }
    use crate::str::StrView;
    Ok(match crate::str::view(spec) {
        StrView::Latin1(s) => s.iter().map(|&c| u32::from(c)).collect(),
        StrView::Ucs2(s) => s.iter().map(|&c| u32::from(c)).collect(),
        StrView::Ucs4(s) => s.to_vec(),
    })
}

/// The C locale's conventions if the specification asks for them.
pub(crate) fn locale_for(spec: &[u32]) -> Locale {
    if spec.last() != Some(&u32::from('n')) {
        return Locale::c();
    }
    // SAFETY: localeconv's texts are NUL-terminated and copied at once under the GIL.
    unsafe {
        let conv = libc::localeconv();
        let text =
            |p: *const std::ffi::c_char| std::ffi::CStr::from_ptr(p).to_string_lossy().into_owned();
        Locale {
            decimal_point: text((*conv).decimal_point),
            thousands_separator: text((*conv).thousands_sep),
            grouping: std::ffi::CStr::from_ptr((*conv).grouping)
                .to_bytes()
                .to_vec(),
        }
    }
}

/// The str of a formatted number.
pub(crate) fn padded(result: Result<Padded, FormatError>) -> PyResult {
    let text = match result {
        Ok(text) => text,
        Err(e) => {
            return Err(match e.kind {
                FormatErrorKind::Value => raise!(ValueError, "{}", e.message),
                FormatErrorKind::Overflow => raise!(OverflowError, "{}", e.message),
                FormatErrorKind::Memory => crate::errors::no_memory(),
            });
        }
    };
    if char::from_u32(text.fill).is_none() {
        let points: Vec<u32> = text.code_points().collect();
        return Ok(crate::str::from_ucs4(&points));
    }
    match text.into_string() {
        Some(text) => Ok(crate::str::new(&text)),
        None => Err(crate::errors::no_memory()),
    }
}
