//! `longobject.h`.

use crate::*;
use pyrs_object::{int, ops, str};
use std::ffi::{c_long, c_longlong, c_uchar, c_ulong, c_ulonglong, c_void};

const TOO_LARGE_LONG: &str = "Python int too large to convert to C long";

/// `__index__` if it is no int.
fn index(o: Value) -> PyResult {
    if o.is_empty() {
        return Err(bad_call());
    }
    ops::index(o)
}
pub(crate) fn as_i64(v: Value, message: &str) -> PyResult<i64> {
    if let Some(n) = v.as_int() {
        return Ok(n);
    }
    let i = index(v)?;
    int::to_i64(i.value()).ok_or_else(|| raise!(OverflowError, "{message}"))
}
fn from_u64(n: u64) -> O {
    match i64::try_from(n) {
        Ok(n) => int::box_int(n),
        Err(_) => boundary::to_c(int::from_u64(n)),
    }
}
/// Without conversion: "an integer is required".
fn exact_int(v: Value) -> PyResult<Value> {
    if v.is_empty() {
        return Err(bad_call());
    }
    if int::is_int_instance(v) {
        Ok(v)
    } else {
        Err(raise!(TypeError, "an integer is required"))
    }
}
fn as_u64(v: Value, negative: &str, large: &str) -> PyResult<u64> {
    let v = exact_int(v)?;
    match int::to_u64(v) {
        Some(n) => Ok(n),
        None if int::is_negative(v) => Err(raise!(OverflowError, "{negative}")),
        None => Err(raise!(OverflowError, "{large}")),
    }
}
fn overflow(v: Value, out: *mut c_int) -> PyResult<i64> {
    // SAFETY: the caller's place for the flag.
    unsafe { *out = 0 };
    if let Some(n) = v.as_int() {
        return Ok(n);
    }
    let i = index(v)?;
    Ok(int::to_i64(i.value()).unwrap_or_else(|| {
        // SAFETY: as above.
        unsafe { *out = if int::is_negative(i.value()) { -1 } else { 1 } };
        -1
    }))
}

/// `(q, r)` with `a == q * b + r` and `q` the nearest, at a tie the even one.
fn divmod_near(a: Value, b: Value) -> PyResult {
    use pyrs_object::ops::{self, BinOp};
    if !int::is_int_instance(a) || !int::is_int_instance(b) {
        return Err(raise!(TypeError, "non-integer arguments in division"));
    }
    let one = Ref::int(1);
    let q = ops::binary(BinOp::FloorDiv, a, b, false)?;
    let product = ops::binary(BinOp::Mul, q.value(), b, false)?;
    let r = ops::binary(BinOp::Sub, a, product.value(), false)?;
    // The remainder has the divisor's sign: compared with the rest of the divisor, it says which side is nearer.
    let other = ops::binary(BinOp::Sub, b, r.value(), false)?;
    let negative = ops::compare_bool(b, Ref::int(0).value(), CmpOp::Lt)?;
    let (near, far) = if negative { (&other, &r) } else { (&r, &other) };
    let up = ops::compare_bool(near.value(), far.value(), CmpOp::Gt)?;
    let tie = ops::eq(r.value(), other.value())?;
    let odd = ops::binary(BinOp::And, q.value(), one.value(), false)?;
    if up || tie && ops::is_true(odd.value())? {
        let q = ops::binary(BinOp::Add, q.value(), one.value(), false)?;
        let r = ops::binary(BinOp::Sub, r.value(), b, false)?;
        return Ok(pyrs_object::tuple::pair(q, r));
    }
    Ok(pyrs_object::tuple::pair(q, r))
}
/// `x * 2**e` with `x` between a half and one: rounded to nearest, also for what no double can hold.
fn frexp(v: Value) -> PyResult<(f64, isize)> {
    use pyrs_object::ops::{self, BinOp};
    let bits = ops::call_method_str(v, "bit_length", &[])?;
    let bits = ops::index_as_isize(bits.value())?;
    if bits == 0 {
        return Ok((0.0, 0));
    }
    // Two bits more than a double has, and one that says whether more were cut off.
    let cut = bits - 55;
    let top = if cut <= 0 {
        ops::binary(BinOp::LShift, v, Ref::int(-cut as i64).value(), false)?
    } else {
        let size = ops::call_method_str(v, "__abs__", &[])?;
        let by = Ref::int(cut as i64);
        let top = ops::binary(BinOp::RShift, size.value(), by.value(), false)?;
        let back = ops::binary(BinOp::LShift, top.value(), by.value(), false)?;
        let mut n = int::to_i64(top.value()).unwrap_or(0);
        if !ops::eq(back.value(), size.value())? {
            n |= 1;
        }
        let negative = ops::compare_bool(v, Ref::int(0).value(), CmpOp::Lt)?;
        Ref::int(if negative { -n } else { n })
    };
    let x = int::to_i64(top.value()).unwrap_or(0) as f64 / (1u64 << 55) as f64;
    Ok(if x.abs() >= 1.0 {
        (x / 2.0, bits + 1)
    } else {
        (x, bits)
    })
}

capi! {
    fn _PyLong_Lshift(o: O, n: usize) -> O { ret(pyrs_object::ops::binary(pyrs_object::ops::BinOp::LShift, val(o), Ref::int(n as i64).value(), false)) }
    fn _PyLong_Rshift(o: O, n: usize) -> O { ret(pyrs_object::ops::binary(pyrs_object::ops::BinOp::RShift, val(o), Ref::int(n as i64).value(), false)) }
    fn _PyLong_FromBytes(s: *const c_char, n: isize, base: c_int) -> O {
        let text = pyrs_object::bytes::new(std::slice::from_raw_parts(s.cast(), n.max(0) as usize));
        ret(pyrs_object::ops::call(pyrs_object::ty!(int::PyLong_Type).value(), &[text.value(), Ref::int(base.into()).value()]))
    }
    fn _PyLong_DivmodNear(a: O, b: O) -> O { ret(divmod_near(val(a), val(b))) }
    fn _PyLong_Frexp(o: O, exponent: *mut isize) -> f64 {
        match frexp(val(o)) {
            Ok((x, e)) => { *exponent = e; x }
            Err(_) => { *exponent = 0; -1.0 }
        }
    }
    fn PyLong_FromLong(n: c_long) -> O { int::box_int(n) }
    fn PyLong_FromLongLong(n: c_longlong) -> O { int::box_int(n) }
    fn PyLong_FromSsize_t(n: isize) -> O { int::box_int(n as i64) }
    fn PyLong_FromSize_t(n: usize) -> O { from_u64(n as u64) }
    fn PyLong_FromUnsignedLong(n: c_ulong) -> O { from_u64(n) }
    fn PyLong_FromUnsignedLongLong(n: c_ulonglong) -> O { from_u64(n) }
    fn PyLong_FromVoidPtr(p: *mut c_void) -> O { from_u64(p as u64) }
    fn PyLong_FromDouble(x: f64) -> O { ret(int::from_f64(x)) }
    fn PyLong_FromString(s: *const c_char, end: *mut *mut c_char, base: c_int) -> O {
        let bytes = c_bytes(s);
        if !end.is_null() { *end = s.add(bytes.len()).cast_mut(); }
        if base != 0 && !(2..=36).contains(&base) {
            let _ = raise!(ValueError, "int() arg 2 must be >= 2 and <= 36");
            return NULL;
        }
        match int::parse_limited(bytes, base as u32) {
            Ok(Some(r)) => boundary::to_c(r),
            Ok(None) => {
                if !end.is_null() { *end = s.cast_mut(); }
                let shown = ops::repr(Ref::str(&text(s)).value());
                let shown = shown.map(|r| str::to_string_lossy(r.value())).unwrap_or_default();
                let _ = raise!(ValueError, "invalid literal for int() with base {base}: {shown}");
                NULL
            }
            Err(_) => NULL,
        }
    }
    fn PyLong_FromUnicodeObject(o: O, base: c_int) -> O {
        match int::from_text_value(val(o), base as u32) { Some(r) => ret(r), None => bad_null() }
    }
    fn PyLong_AsLong(o: O) -> c_long { as_i64(val(o), TOO_LARGE_LONG).unwrap_or(-1) }
    fn _PyLong_AsInt(o: O) -> c_int {
        match as_i64(val(o), "Python int too large to convert to C int") {
            Ok(n) => match c_int::try_from(n) {
                Ok(n) => n,
                Err(_) => { let _ = raise!(OverflowError, "Python int too large to convert to C int"); -1 }
            },
            Err(_) => -1,
        }
    }
    fn PyLong_AsLongLong(o: O) -> c_longlong { as_i64(val(o), "int too big to convert").unwrap_or(-1) }
    fn PyLong_AsLongAndOverflow(o: O, flag: *mut c_int) -> c_long { overflow(val(o), flag).unwrap_or(-1) }
    fn PyLong_AsLongLongAndOverflow(o: O, flag: *mut c_int) -> c_longlong { overflow(val(o), flag).unwrap_or(-1) }
    fn PyLong_AsSsize_t(o: O) -> isize {
        exact_int(val(o)).and_then(|v| as_i64(v, "Python int too large to convert to C ssize_t")).map_or(-1, |n| n as isize)
    }
    fn PyLong_AsSize_t(o: O) -> usize {
        as_u64(val(o), "can't convert negative value to size_t", "Python int too large to convert to C size_t")
            .map_or(usize::MAX, |n| n as usize)
    }
    fn PyLong_AsUnsignedLong(o: O) -> c_ulong {
        as_u64(val(o), "can't convert negative value to unsigned int", "Python int too large to convert to C unsigned long")
            .unwrap_or(c_ulong::MAX)
    }
    fn PyLong_AsUnsignedLongLong(o: O) -> c_ulonglong {
        as_u64(val(o), "can't convert negative int to unsigned", "int too big to convert").unwrap_or(c_ulonglong::MAX)
    }
    fn PyLong_AsUnsignedLongMask(o: O) -> c_ulong { index(val(o)).map_or(c_ulong::MAX, |i| int::low_u64(i.value())) }
    fn PyLong_AsUnsignedLongLongMask(o: O) -> c_ulonglong { index(val(o)).map_or(c_ulonglong::MAX, |i| int::low_u64(i.value())) }
    fn PyLong_AsDouble(o: O) -> f64 {
        let v = val(o);
        if v.is_empty() { let _ = bad_call(); return -1.0; }
        if !int::is_int_instance(v) { let _ = raise!(TypeError, "an integer is required"); return -1.0; }
        int::to_f64(v).unwrap_or(-1.0)
    }
    fn PyLong_AsVoidPtr(o: O) -> *mut c_void {
        let v = val(o);
        let r = exact_int(v).and_then(|v| {
            if int::is_negative(v) { as_i64(v, "int too big to convert").map(|n| n as u64) } else {
                as_u64(v, "", "int too big to convert")
            }
        });
        r.map_or(std::ptr::null_mut(), |n| n as usize as *mut c_void)
    }
    fn _PyLong_Sign(o: O) -> c_int {
        let v = val(o);
        if int::is_zero(v) { 0 } else if int::is_negative(v) { -1 } else { 1 }
    }
    fn _PyLong_NumBits(o: O) -> usize {
        int::with_digits(val(o), |_, d| match d.iter().rposition(|x| *x != 0) {
            Some(i) => i * 30 + (32 - d[i].leading_zeros()) as usize,
            None => 0,
        })
    }
    fn _PyLong_Copy(o: O) -> O { boundary::to_c(int::exact(val(o))) }
    fn _PyLong_New(n: isize) -> O {
        let size = size_of::<PyLongObject>() + 4 * n.max(1) as usize;
        let o = pyrs_object::heap::alloc_zeroed(pyrs_object::ty!(int::PyLong_Type), size);
        (*o.cast::<PyVarObject>()).ob_size = n;
        o
    }
    fn _PyLong_FromByteArray(bytes: *const c_uchar, n: usize, little: c_int, signed: c_int) -> O {
        let mut b = std::slice::from_raw_parts(bytes, n).to_vec();
        if little == 0 { b.reverse(); }
        let negative = signed != 0 && b.last().is_some_and(|x| x & 0x80 != 0);
        if negative {
            let mut carry = true;
            for x in &mut b {
                let (v, c) = (!*x).overflowing_add(carry.into());
                *x = v;
                carry = c;
            }
            if carry { b.push(1); }
        }
        let (mut digits, mut acc, mut bits) = (Vec::new(), 0u64, 0);
        for x in b {
            acc |= u64::from(x) << bits;
            bits += 8;
            if bits >= 30 {
                digits.push((acc & 0x3FFF_FFFF) as u32);
                acc >>= 30;
                bits -= 30;
            }
        }
        digits.push(acc as u32);
        while digits.last() == Some(&0) { digits.pop(); }
        boundary::to_c(int::from_digits(negative, &digits))
    }
    fn _PyLong_AsByteArray(o: O, out: *mut c_uchar, n: usize, little: c_int, signed: c_int) -> c_int {
        let v = val(o);
        if int::is_negative(v) && signed == 0 {
            let _ = raise!(OverflowError, "can't convert negative int to unsigned");
            return -1;
        }
        let mut b = vec![0u8; n];
        let fits = int::with_digits(v, |negative, d| {
            let (mut acc, mut bits, mut at, mut fits) = (0u64, 0, 0usize, true);
            let mut put = |x: u8| { if at < n { b[at] = x; } else if x != 0 { fits = false; } at += 1; };
            for x in d {
                acc |= u64::from(*x) << bits;
                bits += 30;
                while bits >= 8 { put(acc as u8); acc >>= 8; bits -= 8; }
            }
            put(acc as u8);
            let magnitude_top = b.last().is_some_and(|x| x & 0x80 != 0);
            let is_min = magnitude_top && b.last() == Some(&0x80) && b[..n - 1].iter().all(|x| *x == 0);
            if signed != 0 && magnitude_top && !(negative && is_min) { fits = false; }
            if negative {
                let mut carry = true;
                for x in b.iter_mut() {
                    let (v, c) = (!*x).overflowing_add(carry.into());
                    *x = v;
                    carry = c;
                }
            }
            fits
        });
        if little == 0 { b.reverse(); }
        std::ptr::copy_nonoverlapping(b.as_ptr(), out, n);
        if !fits {
            let _ = raise!(OverflowError, "int too big to convert");
            return -1;
        }
        0
    }
    fn _PyLong_Format(o: O, base: c_int) -> O { crate::abstract_::PyNumber_ToBase(o, base) }
    fn _PyLong_GCD(a: O, b: O) -> O {
        ret((pyrs_object::hooks().import)("math").and_then(|m| ops::call_method_str(m.value(), "gcd", &[val(a), val(b)])))
    }
    fn PyLong_GetInfo() -> O { ret(pyrs_vm::import::sys_attr("int_info").ok_or_else(bad_call)) }
    fn PyOS_strtoul(s: *const c_char, end: *mut *mut c_char, base: c_int) -> c_ulong { libc::strtoul(s, end, base) }
    fn PyOS_strtol(s: *const c_char, end: *mut *mut c_char, base: c_int) -> c_long { libc::strtol(s, end, base) }
    fn _PyLong_UnsignedShort_Converter(o: O, out: *mut u16) -> c_int { narrow(val(o), "unsigned short").map_or(0, |n| { *out = n as u16; 1 }) }
    fn _PyLong_UnsignedInt_Converter(o: O, out: *mut u32) -> c_int { narrow(val(o), "unsigned int").map_or(0, |n| { *out = n as u32; 1 }) }
    fn _PyLong_UnsignedLong_Converter(o: O, out: *mut u64) -> c_int { narrow(val(o), "unsigned long").map_or(0, |n| { *out = n; 1 }) }
    fn _PyLong_UnsignedLongLong_Converter(o: O, out: *mut u64) -> c_int { narrow(val(o), "unsigned long long").map_or(0, |n| { *out = n; 1 }) }
    fn _PyLong_Size_t_Converter(o: O, out: *mut usize) -> c_int { narrow(val(o), "size_t").map_or(0, |n| { *out = n as usize; 1 }) }
}

/// Argument Clinic's unsigned converters.
fn narrow(v: Value, what: &str) -> Option<u64> {
    if int::is_int_instance(v) && int::is_negative(v) {
        let _ = raise!(ValueError, "value must be positive");
        return None;
    }
    let max = match what {
        "unsigned short" => u64::from(u16::MAX),
        "unsigned int" => u64::from(u32::MAX),
        _ => u64::MAX,
    };
    let n = as_u64(
        v,
        "can't convert negative int to unsigned",
        &format!("Python int too large to convert to C {what}"),
    )
    .ok()?;
    if n > max {
        let _ = raise!(OverflowError, "Python int too large for C {what}");
        return None;
    }
    Some(n)
}
