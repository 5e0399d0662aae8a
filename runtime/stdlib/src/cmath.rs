//! `cmath`: functions of complex numbers. Formulas keep precision near branch points and never overflow on the way; what
//! infinities, NaNs and signed zeros give follows C99's Annex G, as CPython documents it.

use pyrs_numeric::complex::{Complex, ComplexError};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Value, check_positional, complex, methods, module, ops,
    raise, tuple,
};
use std::f64::consts::{FRAC_PI_2, FRAC_PI_4, LN_2, LN_10, PI, TAU};

/// Why a function has no result.
enum Fault {
    Domain,
    Range,
}
type Computed = Result<Complex, Fault>;

const INF: f64 = f64::INFINITY;
const NAN: f64 = f64::NAN;
/// Above this, sums of squares could overflow.
const LARGE: f64 = f64::MAX / 4.0;
/// ln(LARGE)
const LOG_LARGE: f64 = 708.396_418_532_264_1;

fn c(re: f64, im: f64) -> Complex {
    Complex::new(re, im)
}
fn finite(z: Complex) -> bool {
    z.real.is_finite() && z.imag.is_finite()
}
unsafe extern "C" {
    safe fn hypot(x: f64, y: f64) -> f64;
    safe fn log1p(x: f64) -> f64;
    safe fn asinh(x: f64) -> f64;
    safe fn ldexp(x: f64, e: i32) -> f64;
    safe fn atan2(y: f64, x: f64) -> f64;
    safe fn log(x: f64) -> f64;
    safe fn exp(x: f64) -> f64;
    safe fn sin(x: f64) -> f64;
    safe fn cos(x: f64) -> f64;
    safe fn tan(x: f64) -> f64;
    safe fn sinh(x: f64) -> f64;
    safe fn cosh(x: f64) -> f64;
    safe fn tanh(x: f64) -> f64;
}

fn sqrt(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        return Ok(if y.is_infinite() {
            c(INF, y)
        } else if x == INF {
            c(INF, if y.is_nan() { NAN } else { 0f64.copysign(y) })
        } else if x == -INF {
            if y.is_nan() {
                c(NAN, INF)
            } else {
                c(0.0, INF.copysign(y))
            }
        } else {
            c(NAN, NAN)
        });
    }
    if x == 0.0 && y == 0.0 {
        return Ok(c(0.0, y));
    }
    let (ax, ay) = (x.abs(), y.abs());
    let s = if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE && (ax > 0.0 || ay > 0.0) {
        // Subnormal numbers are scaled up first.
        let ax = ldexp(ax, 53);
        ldexp((ax + hypot(ax, ldexp(ay, 53))).sqrt(), -27)
    } else {
        let ax = ax / 8.0;
        2.0 * (ax + hypot(ax, ay / 8.0)).sqrt()
    };
    let d = ay / (2.0 * s);
    Ok(if x >= 0.0 {
        c(s, d.copysign(y))
    } else {
        c(d, s.copysign(y))
    })
}
fn acos(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        return Ok(if x.is_infinite() && y.is_infinite() {
            c(
                if x > 0.0 { FRAC_PI_4 } else { 3.0 * FRAC_PI_4 },
                -INF.copysign(y),
            )
        } else if y.is_infinite() {
            c(if x.is_nan() { NAN } else { FRAC_PI_2 }, -INF.copysign(y))
        } else if x.is_infinite() {
            if y.is_nan() {
                c(NAN, INF)
            } else {
                c(if x > 0.0 { 0.0 } else { PI }, -INF.copysign(y))
            }
        } else if x == 0.0 {
            c(FRAC_PI_2, NAN)
        } else {
            c(NAN, NAN)
        });
    }
    if x.abs() > LARGE || y.abs() > LARGE {
        let im = log(hypot(x / 2.0, y / 2.0)) + 2.0 * LN_2;
        return Ok(c(atan2(y.abs(), x), -im.copysign(y)));
    }
    let s1 = sqrt(c(1.0 - x, -y))?;
    let s2 = sqrt(c(1.0 + x, y))?;
    Ok(c(
        2.0 * atan2(s1.real, s2.real),
        asinh(s2.real * s1.imag - s2.imag * s1.real),
    ))
}
fn acosh(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        return Ok(if x.is_infinite() && y.is_infinite() {
            c(
                INF,
                (if x > 0.0 { FRAC_PI_4 } else { 3.0 * FRAC_PI_4 }).copysign(y),
            )
        } else if y.is_infinite() {
            c(
                INF,
                if x.is_nan() {
                    NAN
                } else {
                    FRAC_PI_2.copysign(y)
                },
            )
        } else if x.is_infinite() {
            c(
                INF,
                if y.is_nan() {
                    NAN
                } else if x > 0.0 {
                    0f64.copysign(y)
                } else {
                    PI.copysign(y)
                },
            )
        } else {
            c(NAN, NAN)
        });
    }
    if x.abs() > LARGE || y.abs() > LARGE {
        return Ok(c(log(hypot(x / 2.0, y / 2.0)) + 2.0 * LN_2, atan2(y, x)));
    }
    let s1 = sqrt(c(x - 1.0, y))?;
    let s2 = sqrt(c(x + 1.0, y))?;
    Ok(c(
        asinh(s1.real * s2.real + s1.imag * s2.imag),
        2.0 * atan2(s1.imag, s2.real),
    ))
}
fn c_asinh(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        return Ok(if x.is_infinite() {
            let im = if y.is_nan() {
                NAN
            } else if y.is_infinite() {
                FRAC_PI_4.copysign(y)
            } else {
                0f64.copysign(y)
            };
            c(x, im)
        } else if y.is_infinite() {
            if x.is_nan() {
                c(INF, NAN)
            } else {
                c(INF.copysign(x), FRAC_PI_2.copysign(y))
            }
        } else if y == 0.0 {
            c(NAN, y)
        } else {
            c(NAN, NAN)
        });
    }
    if x.abs() > LARGE || y.abs() > LARGE {
        let re = log(hypot(x / 2.0, y / 2.0)) + 2.0 * LN_2;
        // The sign of the imaginary part decides on which side of the cut the logarithm is taken.
        let re = if y.is_sign_positive() {
            re.copysign(x)
        } else {
            -re.copysign(-x)
        };
        return Ok(c(re, atan2(y, x.abs())));
    }
    let s1 = sqrt(c(1.0 + y, -x))?;
    let s2 = sqrt(c(1.0 - y, x))?;
    Ok(c(
        asinh(s1.real * s2.imag - s2.real * s1.imag),
        atan2(y, s1.real * s2.real - s1.imag * s2.imag),
    ))
}
/// asin(z) = -i asinh(iz)
fn asin(z: Complex) -> Computed {
    let s = c_asinh(c(-z.imag, z.real))?;
    Ok(c(s.imag, -s.real))
}
fn c_atanh(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        return Ok(if y.is_infinite() {
            c(
                if x.is_nan() { 0.0 } else { 0f64.copysign(x) },
                FRAC_PI_2.copysign(y),
            )
        } else if x.is_infinite() {
            c(
                0f64.copysign(x),
                if y.is_nan() {
                    NAN
                } else {
                    FRAC_PI_2.copysign(y)
                },
            )
        } else if x == 0.0 {
            c(x, NAN)
        } else {
            c(NAN, NAN)
        });
    }
    if x < 0.0 || (x == 0.0 && x.is_sign_negative()) {
        let r = c_atanh(c(-x, -y))?;
        return Ok(c(-r.real, -r.imag));
    }
    let ay = y.abs();
    let small = f64::MIN_POSITIVE.sqrt();
    if x > LARGE.sqrt() || ay > LARGE.sqrt() {
        let h = hypot(x / 2.0, y / 2.0);
        return Ok(c(x / 4.0 / h / h, -FRAC_PI_2.copysign(-y)));
    }
    if x == 1.0 && ay < small {
        if ay == 0.0 {
            return Err(Fault::Domain);
        }
        return Ok(c(
            -log(ay.sqrt() / hypot(ay, 2.0).sqrt()),
            (atan2(2.0, -ay) / 2.0).copysign(y),
        ));
    }
    Ok(c(
        log1p(4.0 * x / ((1.0 - x) * (1.0 - x) + ay * ay)) / 4.0,
        -atan2(-2.0 * y, (1.0 - x) * (1.0 + x) - ay * ay) / 2.0,
    ))
}
/// atan(z) = -i atanh(iz)
fn atan(z: Complex) -> Computed {
    let s = c_atanh(c(-z.imag, z.real))?;
    Ok(c(s.imag, -s.real))
}
/// A finite result, or "math range error".
fn in_range(z: Complex) -> Computed {
    if z.real.is_infinite() || z.imag.is_infinite() {
        Err(Fault::Range)
    } else {
        Ok(z)
    }
}
fn c_exp(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        if x.is_infinite() && y.is_finite() && y != 0.0 {
            let size = if x > 0.0 { INF } else { 0.0 };
            return Ok(c(size.copysign(cos(y)), size.copysign(sin(y))));
        }
        if y.is_infinite() && (x.is_finite() || x == INF) {
            return Err(Fault::Domain);
        }
        return Ok(if x == -INF {
            c(0.0, if y.is_finite() { y } else { 0.0 })
        } else if x == INF {
            c(INF, if y == 0.0 { y } else { NAN })
        } else if y == 0.0 {
            c(NAN, y)
        } else {
            c(NAN, NAN)
        });
    }
    if x > LOG_LARGE {
        let l = exp(x - 1.0);
        return in_range(c(
            l * cos(y) * std::f64::consts::E,
            l * sin(y) * std::f64::consts::E,
        ));
    }
    let l = exp(x);
    in_range(c(l * cos(y), l * sin(y)))
}
fn c_cosh(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        if x.is_infinite() && y.is_finite() && y != 0.0 {
            let im = INF.copysign(sin(y));
            return Ok(c(INF.copysign(cos(y)), if x > 0.0 { im } else { -im }));
        }
        if y.is_infinite() && !x.is_nan() {
            return Err(Fault::Domain);
        }
        return Ok(if x.is_infinite() {
            c(
                INF,
                if y == 0.0 {
                    if x > 0.0 { y } else { -y }
                } else {
                    NAN
                },
            )
        } else if y == 0.0 || (x == 0.0 && y.is_nan()) {
            c(NAN, 0.0)
        } else {
            c(NAN, NAN)
        });
    }
    if x.abs() > LOG_LARGE {
        let shifted = x - 1f64.copysign(x);
        let e = std::f64::consts::E;
        return in_range(c(cos(y) * cosh(shifted) * e, sin(y) * sinh(shifted) * e));
    }
    in_range(c(cos(y) * cosh(x), sin(y) * sinh(x)))
}
fn c_sinh(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        if x.is_infinite() && y.is_finite() && y != 0.0 {
            let re = INF.copysign(cos(y));
            return Ok(c(if x > 0.0 { re } else { -re }, INF.copysign(sin(y))));
        }
        if y.is_infinite() && !x.is_nan() {
            return Err(Fault::Domain);
        }
        return Ok(if x.is_infinite() {
            if y == 0.0 { c(x, y) } else { c(INF, NAN) }
        } else if y == 0.0 {
            c(NAN, y)
        } else if x == 0.0 {
            c(0.0, NAN)
        } else {
            c(NAN, NAN)
        });
    }
    if x.abs() > LOG_LARGE {
        let shifted = x - 1f64.copysign(x);
        let e = std::f64::consts::E;
        return in_range(c(cos(y) * sinh(shifted) * e, sin(y) * cosh(shifted) * e));
    }
    in_range(c(cos(y) * sinh(x), sin(y) * cosh(x)))
}
fn c_tanh(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    if !finite(z) {
        if x.is_infinite() && y.is_finite() && y != 0.0 {
            return Ok(c(1f64.copysign(x), 0f64.copysign(2.0 * sin(y) * cos(y))));
        }
        if y.is_infinite() && x.is_finite() {
            return Err(Fault::Domain);
        }
        return Ok(if x.is_infinite() {
            c(1f64.copysign(x), if y == 0.0 { y } else { 0.0 })
        } else if y == 0.0 {
            c(NAN, y)
        } else {
            c(NAN, NAN)
        });
    }
    if x.abs() > LOG_LARGE {
        return Ok(c(
            1f64.copysign(x),
            4.0 * sin(y) * cos(y) * exp(-2.0 * x.abs()),
        ));
    }
    let (tx, ty) = (tanh(x), tan(y));
    let cx = 1.0 / cosh(x);
    let txty = tx * ty;
    let denominator = 1.0 + txty * txty;
    Ok(c(
        tx * (1.0 + ty * ty) / denominator,
        ty / denominator * cx * cx,
    ))
}
/// cos(z) = cosh(iz)
fn c_cos(z: Complex) -> Computed {
    c_cosh(c(-z.imag, z.real))
}
/// sin(z) = -i sinh(iz)
fn c_sin(z: Complex) -> Computed {
    let s = c_sinh(c(-z.imag, z.real))?;
    Ok(c(s.imag, -s.real))
}
/// tan(z) = -i tanh(iz)
fn c_tan(z: Complex) -> Computed {
    let s = c_tanh(c(-z.imag, z.real))?;
    Ok(c(s.imag, -s.real))
}
fn c_log(z: Complex) -> Computed {
    let (x, y) = (z.real, z.imag);
    let angle = atan2(y, x);
    if !finite(z) {
        if x.is_infinite() || y.is_infinite() {
            return Ok(c(INF, if x.is_nan() || y.is_nan() { NAN } else { angle }));
        }
        return Ok(c(NAN, NAN));
    }
    let (ax, ay) = (x.abs(), y.abs());
    let re = if ax > LARGE || ay > LARGE {
        log(hypot(ax / 2.0, ay / 2.0)) + LN_2
    } else if ax < f64::MIN_POSITIVE && ay < f64::MIN_POSITIVE {
        if ax == 0.0 && ay == 0.0 {
            return Err(Fault::Domain);
        }
        log(hypot(ldexp(ax, 53), ldexp(ay, 53))) - 53.0 * LN_2
    } else {
        let h = hypot(ax, ay);
        if (0.71..=1.73).contains(&h) {
            let (am, an) = (ax.max(ay), ax.min(ay));
            log1p((am - 1.0) * (am + 1.0) + an * an) / 2.0
        } else {
            log(h)
        }
    };
    Ok(c(re, angle))
}

fn number(v: Value) -> PyResult<Complex> {
    let (re, im) = complex::as_parts(v)?;
    Ok(c(re, im))
}
#[cold]
fn domain() -> Raised {
    raise!(ValueError, "math domain error")
}
#[cold]
fn range() -> Raised {
    raise!(OverflowError, "math range error")
}
fn finish(r: Computed) -> PyResult {
    match r {
        Ok(z) => Ok(complex::new(z.real, z.imag)),
        Err(Fault::Domain) => Err(domain()),
        Err(Fault::Range) => Err(range()),
    }
}

macro_rules! functions {
    ($($name:ident = $f:path;)*) => {$(
        fn $name(_: Value, z: Value) -> PyResult {
            finish($f(number(z)?))
        }
    )*};
}
functions! {
    py_acos = acos; py_acosh = acosh; py_asin = asin; py_asinh = c_asinh; py_atan = atan; py_atanh = c_atanh;
    py_cos = c_cos; py_cosh = c_cosh; py_exp = c_exp; py_sin = c_sin; py_sinh = c_sinh; py_sqrt = sqrt;
    py_tan = c_tan; py_tanh = c_tanh;
}
fn py_log(_: Value, args: &[Value]) -> PyResult {
    check_positional("log", args.len(), 1, 2)?;
    let z = number(args[0])?;
    let Some(base) = args.get(1) else {
        return finish(c_log(z));
    };
    let base = number(*base)?;
    let (Ok(z), Ok(base)) = (c_log(z), c_log(base)) else {
        return Err(domain());
    };
    match z.div(base) {
        Ok(r) => Ok(complex::new(r.real, r.imag)),
        Err(_) => Err(domain()),
    }
}
fn py_log10(_: Value, z: Value) -> PyResult {
    finish(c_log(number(z)?).map(|r| c(r.real / LN_10, r.imag / LN_10)))
}
fn phase(_: Value, z: Value) -> PyResult {
    number(z)?.phase().map(Ref::float).map_err(|_| range())
}
fn polar(_: Value, z: Value) -> PyResult {
    let z = number(z)?;
    match (z.abs(), z.real, z.imag) {
        (Ok(r), re, im) => Ok(tuple::pair(Ref::float(r), Ref::float(atan2(im, re)))),
        (Err(ComplexError::Overflow | ComplexError::ZeroDivision), ..) => Err(range()),
    }
}
fn rect(_: Value, args: &[Value]) -> PyResult {
    check_positional("rect", args.len(), 2, 2)?;
    let (r, phi) = (ops::as_f64(args[0])?, ops::as_f64(args[1])?);
    finish(if !r.is_finite() || !phi.is_finite() {
        if r.is_infinite() && phi.is_finite() && phi != 0.0 {
            let (re, im) = (INF.copysign(cos(phi)), INF.copysign(sin(phi)));
            Ok(if r > 0.0 { c(re, im) } else { c(-re, -im) })
        } else if phi.is_infinite() && r != 0.0 && !r.is_nan() {
            Err(Fault::Domain)
        } else if phi == 0.0 {
            Ok(c(r, if r.is_nan() { 0.0 } else { r.signum() * phi }))
        } else if r == 0.0 {
            Ok(c(0.0, 0.0))
        } else if r.is_infinite() {
            Ok(c(INF, NAN))
        } else {
            Ok(c(NAN, NAN))
        }
    } else if phi == 0.0 {
        Ok(c(r, r * phi))
    } else {
        Ok(c(r * cos(phi), r * sin(phi)))
    })
}
fn isfinite(_: Value, z: Value) -> PyResult {
    Ok(Ref::bool(finite(number(z)?)))
}
fn isnan(_: Value, z: Value) -> PyResult {
    let z = number(z)?;
    Ok(Ref::bool(z.real.is_nan() || z.imag.is_nan()))
}
fn isinf(_: Value, z: Value) -> PyResult {
    let z = number(z)?;
    Ok(Ref::bool(z.real.is_infinite() || z.imag.is_infinite()))
}
const ISCLOSE: Signature<4> = Signature {
    name: "isclose",
    params: ["a", "b", "rel_tol", "abs_tol"],
    posonly: 0,
    positional: 2,
    required: 2,
};
fn isclose(_: Value, args: Args<'_>) -> PyResult {
    let [a, b, relative, absolute] = args.bind(&ISCLOSE)?;
    let (a, b) = (number(a)?, number(b)?);
    let relative = if relative.is_empty() {
        1e-9
    } else {
        ops::as_f64(relative)?
    };
    let absolute = if absolute.is_empty() {
        0.0
    } else {
        ops::as_f64(absolute)?
    };
    if relative < 0.0 || absolute < 0.0 {
        return Err(raise!(ValueError, "tolerances must be non-negative"));
    }
    if a == b {
        return Ok(Ref::bool(true));
    }
    if [a, b]
        .iter()
        .any(|z| z.real.is_infinite() || z.imag.is_infinite())
    {
        return Ok(Ref::bool(false));
    }
    let size = |z: Complex| z.abs().unwrap_or(INF);
    let diff = size(a.sub(b));
    Ok(Ref::bool(
        diff <= relative * size(b) || diff <= relative * size(a) || diff <= absolute,
    ))
}

methods! { static FUNCTIONS = [
    "acos" O py_acos, "acos($module, z, /)\n--\n\nReturn the arc cosine of z.";
    "acosh" O py_acosh, "acosh($module, z, /)\n--\n\nReturn the inverse hyperbolic cosine of z.";
    "asin" O py_asin, "asin($module, z, /)\n--\n\nReturn the arc sine of z.";
    "asinh" O py_asinh, "asinh($module, z, /)\n--\n\nReturn the inverse hyperbolic sine of z.";
    "atan" O py_atan, "atan($module, z, /)\n--\n\nReturn the arc tangent of z.";
    "atanh" O py_atanh, "atanh($module, z, /)\n--\n\nReturn the inverse hyperbolic tangent of z.";
    "cos" O py_cos, "cos($module, z, /)\n--\n\nReturn the cosine of z.";
    "cosh" O py_cosh, "cosh($module, z, /)\n--\n\nReturn the hyperbolic cosine of z.";
    "exp" O py_exp, "exp($module, z, /)\n--\n\nReturn the exponential value e**z.";
    "isclose" KW isclose, "isclose($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)\n--\n\nWhether two complex numbers are close in value.";
    "isfinite" O isfinite, "isfinite($module, z, /)\n--\n\nWhether both parts of z are finite.";
    "isinf" O isinf, "isinf($module, z, /)\n--\n\nWhether a part of z is infinite.";
    "isnan" O isnan, "isnan($module, z, /)\n--\n\nWhether a part of z is not a number.";
    "log" FAST py_log, "log($module, z, base=<unrepresentable>, /)\n--\n\nlog(z[, base]) -> the logarithm of z to the given base (e by default).";
    "log10" O py_log10, "log10($module, z, /)\n--\n\nReturn the base-10 logarithm of z.";
    "phase" O phase, "phase($module, z, /)\n--\n\nReturn argument, also known as the phase angle, of a complex.";
    "polar" O polar, "polar($module, z, /)\n--\n\nConvert a complex from rectangular coordinates to polar coordinates.";
    "rect" FAST rect, "rect($module, r, phi, /)\n--\n\nConvert from polar coordinates to rectangular coordinates.";
    "sin" O py_sin, "sin($module, z, /)\n--\n\nReturn the sine of z.";
    "sinh" O py_sinh, "sinh($module, z, /)\n--\n\nReturn the hyperbolic sine of z.";
    "sqrt" O py_sqrt, "sqrt($module, z, /)\n--\n\nReturn the square root of z.";
    "tan" O py_tan, "tan($module, z, /)\n--\n\nReturn the tangent of z.";
    "tanh" O py_tanh, "tanh($module, z, /)\n--\n\nReturn the hyperbolic tangent of z.";
] }

pub fn init() -> PyResult {
    let m = module::new("cmath");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    for (name, x) in [
        ("pi", PI),
        ("e", std::f64::consts::E),
        ("tau", TAU),
        ("inf", INF),
        ("nan", NAN),
    ] {
        module::add(m.value(), name, Ref::float(x));
    }
    module::add(m.value(), "infj", complex::new(0.0, INF));
    module::add(m.value(), "nanj", complex::new(0.0, NAN));
    Ok(m)
}
