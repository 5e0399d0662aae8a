//! `complexobject.h`.

use crate::*;
use pyrs_object::{ValueExt, complex, intern, typeobject};

fn from_method(v: Value) -> PyResult<Option<(f64, f64)>> {
    if let Some(p) = complex::parts(v) {
        return Ok(Some(p));
    }
    let Some(f) = typeobject::lookup_special(v, intern!("__complex__"))? else {
        return Ok(None);
    };
    let r = f.call(&[])?;
    match complex::parts(r.value()) {
        Some(p) => Ok(Some(p)),
        None => Err(raise!(
            TypeError,
            "__complex__ returned non-complex (type {})",
            r.ty().message_name()
        )),
    }
}
fn as_complex(v: Value) -> PyResult<(f64, f64)> {
    // Neither class has a `__complex__`; arrays of objects are looked at one number after the other.
    if let Some(x) = v.as_float() {
        return Ok((x, 0.0));
    }
    if let Some(n) = v.as_int() {
        return Ok((n as f64, 0.0));
    }
    match from_method(v)? {
        Some(p) => Ok(p),
        None => pyrs_object::ops::as_f64(v).map(|x| (x, 0.0)),
    }
}

capi! {
    fn PyComplex_FromDoubles(re: f64, im: f64) -> O { boundary::to_c(complex::new(re, im)) }
    fn PyComplex_FromCComplex(c: Py_complex) -> O { boundary::to_c(complex::new(c.real, c.imag)) }
    fn PyComplex_RealAsDouble(o: O) -> f64 {
        let v = val(o);
        match complex::parts(v) { Some(p) => p.0, None => pyrs_object::ops::as_f64(v).unwrap_or(-1.0) }
    }
    fn PyComplex_ImagAsDouble(o: O) -> f64 { complex::parts(val(o)).map_or(0.0, |p| p.1) }
    fn PyComplex_AsCComplex(o: O) -> Py_complex {
        as_complex(val(o)).map_or(Py_complex { real: -1.0, imag: 0.0 }, |(real, imag)| Py_complex { real, imag })
    }
    fn _Py_c_sum(a: Py_complex, b: Py_complex) -> Py_complex { Py_complex { real: a.real + b.real, imag: a.imag + b.imag } }
    fn _Py_c_diff(a: Py_complex, b: Py_complex) -> Py_complex { Py_complex { real: a.real - b.real, imag: a.imag - b.imag } }
    fn _Py_c_neg(a: Py_complex) -> Py_complex { Py_complex { real: -a.real, imag: -a.imag } }
    fn _Py_c_prod(a: Py_complex, b: Py_complex) -> Py_complex {
        Py_complex { real: a.real * b.real - a.imag * b.imag, imag: a.real * b.imag + a.imag * b.real }
    }
    fn _Py_c_quot(a: Py_complex, b: Py_complex) -> Py_complex {
        // Smith's way: scaled by the larger part of the divisor.
        if b.real.abs() >= b.imag.abs() {
            if b.real == 0.0 && b.imag == 0.0 {
                *libc::__errno_location() = libc::EDOM;
                return Py_complex { real: 0.0, imag: 0.0 };
            }
            let ratio = b.imag / b.real;
            let d = b.real + b.imag * ratio;
            return Py_complex { real: (a.real + a.imag * ratio) / d, imag: (a.imag - a.real * ratio) / d };
        }
        if b.real.is_nan() || b.imag.is_nan() { return Py_complex { real: f64::NAN, imag: f64::NAN }; }
        let ratio = b.real / b.imag;
        let d = b.real * ratio + b.imag;
        Py_complex { real: (a.real * ratio + a.imag) / d, imag: (a.imag * ratio - a.real) / d }
    }
    fn _Py_c_abs(a: Py_complex) -> f64 { a.real.hypot(a.imag) }
    fn _Py_c_pow(a: Py_complex, b: Py_complex) -> Py_complex {
        if b.real == 0.0 && b.imag == 0.0 { return Py_complex { real: 1.0, imag: 0.0 }; }
        if a.real == 0.0 && a.imag == 0.0 {
            if b.imag != 0.0 || b.real < 0.0 { *libc::__errno_location() = libc::EDOM; }
            return Py_complex { real: 0.0, imag: 0.0 };
        }
        let vabs = a.real.hypot(a.imag);
        let (mut len, at) = (vabs.powf(b.real), a.imag.atan2(a.real));
        let mut phase = at * b.real;
        if b.imag != 0.0 {
            len /= (at * b.imag).exp();
            phase += b.imag * vabs.ln();
        }
        Py_complex { real: len * phase.cos(), imag: len * phase.sin() }
    }
}
