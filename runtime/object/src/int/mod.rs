//! `int`: immediates of 49 bits, and `PyLongObject`s of 30-bit digits for everything else.
//!
//! The algorithms are `pyrs-numeric`'s; this module owns the storage. Results that fit are always immediates, real
//! objects exist for larger numbers, for instances of subclasses and where C looks.

use crate::layout::*;
use crate::{PyResult, Raised, Ref, Type, Value, ValueExt, raise, ty};
use pyrs_numeric::int::{Int, IntRef, SmallInt, Written};

mod arith;
mod convert;
pub mod limits;
mod methods;
mod wide;

pub use arith::{big_binary, small_power};
pub(crate) use convert::convert_slot;
pub use convert::{ascii_text, from_object, from_text_value, parse, parse_limited, to_text};
pub use limits::{max_str_digits, set_max_str_digits};
pub use methods::PyLong_Type;
pub(crate) use methods::{locale_for, padded, spec_points};
pub use wide::Wide;

/// Bytes before the digits.
const HEAD: usize = size_of::<PyVarObject>();
/// Results of at most this many digits are computed on the stack.
const STACK_DIGITS: usize = 8;

/// A boxed small int.
#[repr(C)]
struct SmallLong {
    ob_base: PyVarObject,
    digit: [u32; 2],
}
const DIGIT_MASK: u32 = (1 << 30) - 1;
const SMALL_MIN: i64 = -5;
const SMALL_MAX: i64 = 256;
const SMALL_COUNT: usize = (SMALL_MAX - SMALL_MIN + 1) as usize;

const fn small_long(n: i64) -> SmallLong {
    SmallLong {
        ob_base: PyVarObject {
            ob_base: PyObject {
                ob_refcnt: IMMORTAL_REFCNT,
                ob_type: &raw mut PyLong_Type,
            },
            ob_size: n.signum() as isize,
        },
        digit: [n.unsigned_abs() as u32, 0],
    }
}

/// What C sees for the ints it sees most.
static mut SMALL: [SmallLong; SMALL_COUNT] = {
    let mut all = [const { small_long(0) }; SMALL_COUNT];
    let mut i = 0;
    while i < SMALL_COUNT {
        all[i] = small_long(i as i64 + SMALL_MIN);
        i += 1;
    }
    all
};

#[inline]
fn object_size(digits: usize) -> usize {
    (HEAD + 4 * digits.max(1)).next_multiple_of(8)
}

/// A new `PyLong` with the given digits.
fn alloc_digits(negative: bool, digits: &[u32]) -> *mut PyObject {
    let object = crate::heap::alloc_uninit(ty!(PyLong_Type), object_size(digits.len()));
    // SAFETY: the object has room for the digits, at least for one.
    unsafe {
        write_size(object, negative, digits.len());
        let out = object.cast::<u8>().add(HEAD).cast::<u32>();
        *out = 0;
        std::ptr::copy_nonoverlapping(digits.as_ptr(), out, digits.len());
    }
    object
}

unsafe fn write_size(object: *mut PyObject, negative: bool, len: usize) {
    let size = len as isize;
    // SAFETY: the caller's object is a PyLong.
    unsafe { (*object.cast::<PyVarObject>()).ob_size = if negative { -size } else { size } }
}

/// Sign and digits of a `PyLong`.
#[inline(always)]
unsafe fn object_digits<'a>(object: *mut PyObject) -> (bool, &'a [u32]) {
    // SAFETY: the caller's object is a live PyLong: `|ob_size|` digits follow the header.
    unsafe {
        let size = (*object.cast::<PyVarObject>()).ob_size;
        let digits = object.cast::<u8>().add(HEAD).cast::<u32>();
        (
            size < 0,
            std::slice::from_raw_parts(digits, size.unsigned_abs()),
        )
    }
}

/// The immediate of at most two digits, if it fits.
#[inline]
fn immediate(negative: bool, digits: &[u32]) -> Option<Value> {
    let magnitude = match *digits {
        [] => 0,
        [a] => i64::from(a),
        [a, b] => i64::from(b) << 30 | i64::from(a),
        _ => return None,
    };
    Value::try_int(if negative { -magnitude } else { magnitude })
}

/// An int outside the immediate range (callers checked).
#[cold]
pub fn from_i64_boxed(n: i64) -> Ref {
    from_i128(i128::from(n))
}
pub fn from_u64(n: u64) -> Ref {
    from_i128(i128::from(n))
}
pub fn from_i128(n: i128) -> Ref {
    if let Ok(small) = i64::try_from(n)
        && let Some(v) = Value::try_int(small)
    {
        // SAFETY: immediates own nothing.
        return unsafe { Ref::from_owned(v) };
    }
    let small = SmallInt::from_u128(n < 0, n.unsigned_abs());
    let digits = small.as_ref();
    // SAFETY: a new object.
    unsafe { Ref::from_owned_ptr(alloc_digits(digits.is_negative(), digits.digits())) }
}
/// From little-endian 30-bit digits; immediate when it fits.
pub fn from_digits(negative: bool, digits: &[u32]) -> Ref {
    let digits = &digits[..pyrs_numeric::int::normalized_len(digits)];
    // SAFETY: an immediate owns nothing; a new object is owned.
    unsafe {
        match immediate(negative, digits) {
            Some(v) => Ref::from_owned(v),
            None => Ref::from_owned_ptr(alloc_digits(negative, digits)),
        }
    }
}
/// From an algorithm's result.
pub fn from_int(n: &Int) -> Ref {
    from_digits(n.is_negative(), n.digits())
}

/// Computes a result of at most `size` digits straight into its object (on the stack when it is small).
fn build(size: usize, fill: impl FnOnce(&mut [u32]) -> Written) -> PyResult {
    if size <= STACK_DIGITS {
        let mut digits = [0; STACK_DIGITS];
        let written = fill(&mut digits[..size]);
        return Ok(from_digits(written.negative, &digits[..written.len]));
    }
    let object = match size.checked_mul(4) {
        Some(bytes) if bytes < isize::MAX as usize - 64 => {
            crate::heap::try_alloc(ty!(PyLong_Type), object_size(size))
        }
        _ => std::ptr::null_mut(),
    };
    if object.is_null() {
        return Err(crate::errors::no_memory());
    }
    // SAFETY: the new object has room for `size` digits, which are zeroed before they are borrowed.
    unsafe {
        let out = object.cast::<u8>().add(HEAD).cast::<u32>();
        std::ptr::write_bytes(out, 0, size);
        let written = fill(std::slice::from_raw_parts_mut(out, size));
        write_size(object, written.negative, written.len);
        let digits = std::slice::from_raw_parts(out, written.len);
        let small = if written.len < size / 2 {
            Some(from_digits(written.negative, digits))
        } else {
            immediate(written.negative, digits).map(|v| Ref::from_owned(v))
        };
        Ok(match small {
            Some(small) => {
                crate::heap::decref_ptr(object);
                small
            }
            None => Ref::from_owned_ptr(object),
        })
    }
}

/// Sign and digits of any int instance (immediate, big, bool, subclass).
#[inline]
pub fn with_digits<T>(v: Value, f: impl FnOnce(bool, &[u32]) -> T) -> T {
    with_ref(v, |n| f(n.is_negative(), n.digits()))
}
/// Any int instance as the algorithms take it.
#[inline]
pub fn with_ref<T>(v: Value, f: impl FnOnce(IntRef<'_>) -> T) -> T {
    if let Some(n) = v.as_int() {
        return f(SmallInt::from_i64(n).as_ref());
    }
    debug_assert!(is_int_instance(v));
    // SAFETY: the caller's value is a live int object.
    let (negative, digits) = unsafe { object_digits(v.as_ptr()) };
    f(IntRef::new(negative, digits))
}

/// The reference count of the cached box of a small integer.
pub(crate) fn small_box_refcount(n: i64) -> Option<isize> {
    (SMALL_MIN..=SMALL_MAX).contains(&n).then(|| {
        // SAFETY: the index is in range; the counts of static objects are only changed under the GIL.
        unsafe {
            let object = (&raw const SMALL)
                .cast::<SmallLong>()
                .add((n - SMALL_MIN) as usize);
            (*object.cast::<PyObject>()).ob_refcnt
        }
    })
}

/// An owned real PyLong (cached for -5..=256).
#[inline]
pub fn box_int(n: i64) -> *mut PyObject {
    if (SMALL_MIN..=SMALL_MAX).contains(&n) {
        // SAFETY: the index is in range; the counts of static objects are only changed under the GIL.
        unsafe {
            let object = (&raw mut SMALL)
                .cast::<SmallLong>()
                .add((n - SMALL_MIN) as usize)
                .cast::<PyObject>();
            (*object).ob_refcnt += 1;
            return object;
        }
    }
    const TWO_DIGITS: u64 = 1 << 60;
    let magnitude = n.unsigned_abs();
    if magnitude < TWO_DIGITS {
        let (low, high) = (magnitude as u32 & DIGIT_MASK, (magnitude >> 30) as u32);
        let size = if high == 0 { 1 } else { 2 };
        let object = crate::heap::block(size_of::<SmallLong>()).cast::<SmallLong>();
        // SAFETY: a new block of that size, which is that of one digit as well.
        unsafe {
            object.write(SmallLong {
                ob_base: PyVarObject {
                    ob_base: PyObject {
                        ob_refcnt: 1,
                        ob_type: &raw mut PyLong_Type,
                    },
                    ob_size: if n < 0 { -size } else { size },
                },
                digit: [low, high],
            });
        }
        return object.cast();
    }
    let small = SmallInt::from_i64(n);
    let digits = small.as_ref();
    alloc_digits(digits.is_negative(), digits.digits())
}

/// The canonical value of an exact PyLong (borrowed): immediate if it fits, else the pointer.
///
/// # Safety
/// `object` is a live `PyLong`.
#[inline(always)]
pub unsafe fn canonical(object: *mut PyObject) -> Value {
    // SAFETY: by contract; two digits are read only when there are two.
    unsafe {
        let size = (*object.cast::<PyVarObject>()).ob_size;
        let digits = object.cast::<u8>().add(HEAD).cast::<u32>();
        let magnitude = match size.unsigned_abs() {
            0 => 0,
            1 => i64::from(*digits),
            2 => i64::from(*digits.add(1)) << 30 | i64::from(*digits),
            _ => return Value::from_object(object),
        };
        let n = if size < 0 { -magnitude } else { magnitude };
        Value::try_int(n).unwrap_or(Value::from_object(object))
    }
}

#[inline]
pub fn hash_i64(n: i64) -> i64 {
    const MODULUS: i64 = pyrs_numeric::hash::HASH_MODULUS as i64;
    match n % MODULUS {
        -1 => -2,
        h => h,
    }
}
/// int or a subclass (bool included).
#[inline(always)]
pub fn is_int_instance(v: Value) -> bool {
    v.is_int() || (v.is_object() && Type::of(v).has(tpflags::LONG_SUBCLASS))
}
/// Of any int instance; `None` for what does not fit or is no int.
#[inline]
pub fn to_i64(v: Value) -> Option<i64> {
    match v.as_int() {
        Some(n) => Some(n),
        None if is_int_instance(v) => with_ref(v, |n| n.to_i64()),
        None => None,
    }
}
#[inline]
pub fn to_u64(v: Value) -> Option<u64> {
    match v.as_int() {
        Some(n) => u64::try_from(n).ok(),
        None if is_int_instance(v) => with_ref(v, |n| n.to_u64()),
        None => None,
    }
}
/// The low 64 bits in two's complement.
pub fn low_u64(v: Value) -> u64 {
    match v.as_int() {
        Some(n) => n as u64,
        None => with_ref(v, |n| n.low_u64()),
    }
}
/// Correctly rounded; OverflowError "int too large to convert to float".
#[inline]
pub fn to_f64(v: Value) -> PyResult<f64> {
    match v.as_int() {
        Some(n) => Ok(n as f64),
        None => with_ref(v, |n| n.to_f64()).map_err(|_| float_overflow()),
    }
}
#[cold]
fn float_overflow() -> Raised {
    raise!(OverflowError, "int too large to convert to float")
}
#[inline]
pub fn is_negative(v: Value) -> bool {
    match v.as_int() {
        Some(n) => n < 0,
        None => with_ref(v, |n| n.is_negative()),
    }
}
#[inline]
pub fn is_zero(v: Value) -> bool {
    match v.as_int() {
        Some(n) => n == 0,
        None => with_ref(v, |n| n.is_zero()),
    }
}
/// Truncates; OverflowError/ValueError for inf/nan with CPython's messages.
pub fn from_f64(x: f64) -> PyResult {
    if x.abs() < 9.0e18 {
        return Ok(Ref::int(x as i64));
    }
    if x.is_nan() {
        return Err(raise!(ValueError, "cannot convert float NaN to integer"));
    }
    match Int::from_f64(x) {
        Some(n) => Ok(from_int(&n)),
        None => Err(raise!(
            OverflowError,
            "cannot convert float infinity to integer"
        )),
    }
}

/// The exact int with the value of any int instance.
#[inline]
pub fn exact(v: Value) -> Ref {
    if v.is_int() || Type::of(v) == ty!(PyLong_Type) {
        Ref::new(v)
    } else {
        with_ref(v, |n| from_digits(n.is_negative(), n.digits()))
    }
}

/// An instance of a subclass of `int` with the value of `v`.
pub fn new_subtype(t: Type, v: Value) -> PyResult {
    with_ref(v, |n| {
        let digits = n.digits();
        let Some(alloc) = t.tp_alloc else {
            return Err(raise!(
                TypeError,
                "cannot create '{}' instances",
                t.message_name()
            ));
        };
        // SAFETY: tp_alloc gives room for `n` items behind PyVarObject and at least one more.
        unsafe {
            let object = alloc(t.as_ptr(), digits.len() as isize);
            if object.is_null() {
                return Err(crate::errors::from_c_null());
            }
            write_size(object, n.is_negative(), digits.len());
            let out = object.cast::<u8>().add(HEAD).cast::<u32>();
            std::ptr::copy_nonoverlapping(digits.as_ptr(), out, digits.len());
            Ok(Ref::from_owned_ptr(object))
        }
    })
}

/// `hash(v)` of any int instance.
pub fn hash(v: Value) -> i64 {
    match v.as_int() {
        Some(n) => hash_i64(n),
        None => with_ref(v, |n| n.hash()),
    }
}

/// Order of two int instances.
#[inline]
pub fn compare(a: Value, b: Value) -> std::cmp::Ordering {
    match (a.as_int(), b.as_int()) {
        (Some(x), Some(y)) => x.cmp(&y),
        _ => with_ref(a, |x| with_ref(b, |y| x.cmp(&y))),
    }
}

/// `TypeError` unless `t` may be built by `base.__new__`... used by the `tp_new` of the number types for messages.
pub(crate) fn is_exact_int(v: Value) -> bool {
    v.is_int() || v.is_exact(ty!(PyLong_Type))
}

#[cfg(test)]
mod tests;
