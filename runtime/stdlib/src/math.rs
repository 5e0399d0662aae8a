//! `math`.

use pyrs_numeric::int as algo;
use pyrs_numeric::math::{self as real, Fsum, FsumError, Logarithm, MathError, integer};
use pyrs_object::int::{self, is_int_instance, with_ref};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Value, ValueExt, check_positional, float, intern,
    methods, module, ops, raise, tuple, ty, typeobject,
};

#[cold]
fn domain() -> Raised {
    raise!(ValueError, "math domain error")
}
#[cold]
pub(crate) fn math_error(e: MathError) -> Raised {
    match e {
        MathError::Domain => domain(),
        MathError::Range => raise!(OverflowError, "math range error"),
    }
}
fn finish(r: Result<f64, MathError>) -> PyResult {
    r.map(Ref::float).map_err(math_error)
}
fn pair(a: Ref, b: Ref) -> Ref {
    tuple::from_vec(vec![a, b])
}

macro_rules! unary {
    ($($name:ident $f:expr;)*) => {$(
        fn $name(_: Value, v: Value) -> PyResult {
            let x = ops::as_f64(v)?;
            let f: fn(f64) -> Result<f64, MathError> = $f;
            finish(f(x))
        }
    )*};
}
unary! {
    acos real::acos; acosh real::acosh; asin real::asin; asinh real::asinh; atan real::atan; atanh real::atanh;
    cbrt real::cbrt; cos real::cos; cosh real::cosh; erf real::erf; erfc real::erfc; exp real::exp; exp2 real::exp2;
    expm1 real::expm1; sin real::sin; sinh real::sinh; tan real::tan; tanh real::tanh; sqrt real::sqrt;
    log1p real::log1p; gamma real::gamma; lgamma real::lgamma;
    fabs |x| Ok(x.abs()); degrees |x| Ok(real::degrees(x)); radians |x| Ok(real::radians(x));
    ulp |x| Ok(real::ulp(x));
}

fn two(name: &str, args: &[Value]) -> PyResult<(f64, f64)> {
    check_positional(name, args.len(), 2, 2)?;
    Ok((ops::as_f64(args[0])?, ops::as_f64(args[1])?))
}
macro_rules! binary {
    ($($name:ident $text:literal $f:expr;)*) => {$(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            let (x, y) = two($text, args)?;
            let f: fn(f64, f64) -> Result<f64, MathError> = $f;
            finish(f(x, y))
        }
    )*};
}
binary! {
    atan2 "atan2" |y, x| Ok(real::libm::atan2(y, x));
    copysign "copysign" |x, y| Ok(x.copysign(y));
    nextafter "nextafter" |x, y| Ok(real::libm::nextafter(x, y));
    fmod "fmod" real::fmod;
    pow "pow" real::pow;
    remainder "remainder" real::remainder;
}

fn isfinite(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(ops::as_f64(v)?.is_finite()))
}
fn isinf(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(ops::as_f64(v)?.is_infinite()))
}
fn isnan(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(ops::as_f64(v)?.is_nan()))
}

fn special_or(v: Value, name: Value, f: fn(f64) -> f64) -> PyResult {
    if !v.is_exact(ty!(float::PyFloat_Type))
        && let Some(method) = typeobject::lookup_special(v, name)?
    {
        return method.call(&[]);
    }
    int::from_f64(f(ops::as_f64(v)?))
}
fn ceil(_: Value, v: Value) -> PyResult {
    special_or(v, intern!("__ceil__"), f64::ceil)
}
fn floor(_: Value, v: Value) -> PyResult {
    special_or(v, intern!("__floor__"), f64::floor)
}
fn trunc(_: Value, v: Value) -> PyResult {
    match typeobject::lookup_special(v, intern!("__trunc__"))? {
        Some(method) => method.call(&[]),
        None => Err(raise!(
            TypeError,
            "type {} doesn't define __trunc__ method",
            v.ty().message_name()
        )),
    }
}

fn frexp(_: Value, v: Value) -> PyResult {
    let (m, e) = real::frexp(ops::as_f64(v)?);
    Ok(pair(Ref::float(m), Ref::int(e.into())))
}
fn modf(_: Value, v: Value) -> PyResult {
    let (fraction, whole) = real::modf(ops::as_f64(v)?);
    Ok(pair(Ref::float(fraction), Ref::float(whole)))
}
fn ldexp(_: Value, args: &[Value]) -> PyResult {
    check_positional("ldexp", args.len(), 2, 2)?;
    let x = ops::as_f64(args[0])?;
    if !is_int_instance(args[1]) {
        return Err(raise!(
            TypeError,
            "Expected an int as second argument to ldexp."
        ));
    }
    let exponent = int::to_i64(args[1]).unwrap_or(if int::is_negative(args[1]) {
        i64::MIN
    } else {
        i64::MAX
    });
    finish(real::ldexp(x, exponent))
}

fn logarithm(kind: Logarithm, v: Value) -> PyResult<f64> {
    let r = if is_int_instance(v) {
        with_ref(v, |n| kind.of_int(n))
    } else {
        kind.of(ops::as_f64(v)?)
    };
    r.map_err(math_error)
}
fn log(_: Value, args: &[Value]) -> PyResult {
    check_positional("log", args.len(), 1, 2)?;
    let numerator = logarithm(Logarithm::Natural, args[0])?;
    let Some(&base) = args.get(1) else {
        return Ok(Ref::float(numerator));
    };
    let denominator = logarithm(Logarithm::Natural, base)?;
    if denominator == 0.0 {
        return Err(raise!(ZeroDivisionError, "float division by zero"));
    }
    Ok(Ref::float(numerator / denominator))
}
fn log2(_: Value, v: Value) -> PyResult {
    logarithm(Logarithm::Base2, v).map(Ref::float)
}
fn log10(_: Value, v: Value) -> PyResult {
    logarithm(Logarithm::Base10, v).map(Ref::float)
}

fn factorial(_: Value, v: Value) -> PyResult {
    let n = ops::index(v)?;
    if int::is_negative(n.value()) {
        return Err(raise!(
            ValueError,
            "factorial() not defined for negative values"
        ));
    }
    match int::to_i64(n.value()) {
        Some(n) => Ok(int::from_int(&integer::factorial(n as u64))),
        None => Err(raise!(
            OverflowError,
            "factorial() argument should not exceed {}",
            i64::MAX
        )),
    }
}
fn fold_ints(
    args: &[Value],
    start: i64,
    f: fn(algo::IntRef<'_>, algo::IntRef<'_>) -> algo::Int,
) -> PyResult {
    let mut acc = algo::Int::from_i64(start);
    for v in args {
        let n = ops::index(*v)?;
        acc = with_ref(n.value(), |n| f(acc.as_ref(), n));
    }
    Ok(int::from_int(&acc))
}
fn gcd(_: Value, args: &[Value]) -> PyResult {
    fold_ints(args, 0, algo::gcd)
}
fn lcm(_: Value, args: &[Value]) -> PyResult {
    fold_ints(args, 1, integer::lcm)
}
fn isqrt(_: Value, v: Value) -> PyResult {
    let n = ops::index(v)?;
    match with_ref(n.value(), algo_isqrt) {
        Some(n) => Ok(int::from_int(&n)),
        None => Err(raise!(ValueError, "isqrt() argument must be nonnegative")),
    }
}
fn algo_isqrt(n: algo::IntRef<'_>) -> Option<algo::Int> {
    algo::isqrt(n)
}

fn non_negative(n: &Ref, name: &str) -> PyResult<()> {
    if int::is_negative(n.value()) {
        return Err(raise!(ValueError, "{name} must be a non-negative integer"));
    }
    Ok(())
}
fn comb(_: Value, args: &[Value]) -> PyResult {
    check_positional("comb", args.len(), 2, 2)?;
    let (n, k) = (ops::index(args[0])?, ops::index(args[1])?);
    non_negative(&n, "n")?;
    non_negative(&k, "k")?;
    let rest = int::big_binary(ops::BinOp::Sub, n.value(), k.value())?;
    if int::is_negative(rest.value()) {
        return Ok(Ref::int(0));
    }
    let k = if int::compare(rest.value(), k.value()).is_lt() {
        rest
    } else {
        k
    };
    match int::to_i64(k.value()) {
        Some(k) => Ok(with_ref(n.value(), |n| {
            int::from_int(&integer::comb(n, k as u64))
        })),
        None => Err(raise!(
            OverflowError,
            "min(n - k, k) must not exceed {}",
            i64::MAX
        )),
    }
}
fn perm(module: Value, args: &[Value]) -> PyResult {
    check_positional("perm", args.len(), 1, 2)?;
    if args.get(1).is_none_or(|k| k.is_none()) {
        return factorial(module, args[0]);
    }
    let (n, k) = (ops::index(args[0])?, ops::index(args[1])?);
    non_negative(&n, "n")?;
    non_negative(&k, "k")?;
    if int::compare(n.value(), k.value()).is_lt() {
        return Ok(Ref::int(0));
    }
    match int::to_i64(k.value()) {
        Some(k) => Ok(with_ref(n.value(), |n| {
            int::from_int(&integer::perm(n, k as u64))
        })),
        None => Err(raise!(OverflowError, "k must not exceed {}", i64::MAX)),
    }
}

fn doubles(values: &[Ref]) -> PyResult<Vec<f64>> {
    values.iter().map(|v| ops::as_f64(v.value())).collect()
}
fn hypot(_: Value, args: &[Value]) -> PyResult {
    let mut all = args
        .iter()
        .map(|v| ops::as_f64(*v))
        .collect::<PyResult<Vec<f64>>>()?;
    Ok(Ref::float(real::hypot(&mut all)))
}
fn dist(_: Value, args: &[Value]) -> PyResult {
    check_positional("dist", args.len(), 2, 2)?;
    let (p, q) = (
        doubles(&ops::collect(args[0])?)?,
        doubles(&ops::collect(args[1])?)?,
    );
    if p.len() != q.len() {
        return Err(raise!(
            ValueError,
            "both points must have the same number of dimensions"
        ));
    }
    Ok(Ref::float(real::dist(&p, &q)))
}
fn fsum_error(e: FsumError) -> Raised {
    match e {
        FsumError::Overflow => raise!(OverflowError, "intermediate overflow in fsum"),
        FsumError::OppositeInfinities => raise!(ValueError, "-inf + inf in fsum"),
    }
}
fn fsum(_: Value, v: Value) -> PyResult {
    let mut sum = Fsum::default();
    ops::for_each(v, |item| {
        let x = ops::as_f64(item.value())?;
        sum.push(x).map_err(fsum_error)?;
        Ok(true)
    })?;
    sum.finish().map(Ref::float).map_err(fsum_error)
}

const PROD: Signature<2> = Signature {
    name: "prod",
    params: ["", "start"],
    posonly: 1,
    positional: 1,
    required: 1,
};
fn prod(_: Value, args: Args<'_>) -> PyResult {
    let [iterable, start] = args.bind(&PROD)?;
    let mut acc = start.non_empty().map_or(Ref::int(1), Ref::new);
    ops::for_each(iterable, |item| {
        acc = ops::mul(acc.value(), item.value())?;
        Ok(true)
    })?;
    Ok(acc)
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
    let (a, b) = (ops::as_f64(a)?, ops::as_f64(b)?);
    let relative = relative.non_empty().map_or(Ok(1e-9), ops::as_f64)?;
    let absolute = absolute.non_empty().map_or(Ok(0.0), ops::as_f64)?;
    if relative < 0.0 || absolute < 0.0 {
        return Err(raise!(ValueError, "tolerances must be non-negative"));
    }
    Ok(Ref::bool(real::is_close(a, b, relative, absolute)))
}

methods! { static FUNCTIONS = [
    "acos" O acos, "acos($module, x, /)\n--\n\nArc cosine in radians.";
    "acosh" O acosh, "acosh($module, x, /)\n--\n\nInverse hyperbolic cosine.";
    "asin" O asin, "asin($module, x, /)\n--\n\nArc sine in radians.";
    "asinh" O asinh, "asinh($module, x, /)\n--\n\nInverse hyperbolic sine.";
    "atan" O atan, "atan($module, x, /)\n--\n\nArc tangent in radians.";
    "atan2" FAST atan2, "atan2($module, y, x, /)\n--\n\nArc tangent of y/x in the right quadrant.";
    "atanh" O atanh, "atanh($module, x, /)\n--\n\nInverse hyperbolic tangent.";
    "cbrt" O cbrt, "cbrt($module, x, /)\n--\n\nCube root.";
    "ceil" O ceil, "ceil($module, x, /)\n--\n\nThe smallest integer >= x.";
    "comb" FAST comb, "comb($module, n, k, /)\n--\n\nNumber of ways to choose k items from n.";
    "copysign" FAST copysign, "copysign($module, x, y, /)\n--\n\nThe magnitude of x with the sign of y.";
    "cos" O cos, "cos($module, x, /)\n--\n\nCosine of x radians.";
    "cosh" O cosh, "cosh($module, x, /)\n--\n\nHyperbolic cosine.";
    "degrees" O degrees, "degrees($module, x, /)\n--\n\nRadians to degrees.";
    "dist" FAST dist, "dist($module, p, q, /)\n--\n\nEuclidean distance of two points.";
    "erf" O erf, "erf($module, x, /)\n--\n\nError function.";
    "erfc" O erfc, "erfc($module, x, /)\n--\n\nComplementary error function.";
    "exp" O exp, "exp($module, x, /)\n--\n\ne to the power x.";
    "exp2" O exp2, "exp2($module, x, /)\n--\n\n2 to the power x.";
    "expm1" O expm1, "expm1($module, x, /)\n--\n\nexp(x) - 1 without loss of precision.";
    "fabs" O fabs, "fabs($module, x, /)\n--\n\nAbsolute value as a float.";
    "factorial" O factorial, "factorial($module, n, /)\n--\n\nn!";
    "floor" O floor, "floor($module, x, /)\n--\n\nThe largest integer <= x.";
    "fmod" FAST fmod, "fmod($module, x, y, /)\n--\n\nC's fmod.";
    "frexp" O frexp, "frexp($module, x, /)\n--\n\nMantissa and exponent (m, e) with x == m * 2.**e.";
    "fsum" O fsum, "fsum($module, seq, /)\n--\n\nExact floating point sum.";
    "gamma" O gamma, "gamma($module, x, /)\n--\n\nGamma function.";
    "gcd" FAST gcd, "gcd($module, *integers)\n--\n\nGreatest common divisor.";
    "hypot" FAST hypot, "hypot(*coordinates) -> value\n\nEuclidean norm.";
    "isclose" KW isclose, "isclose($module, /, a, b, *, rel_tol=1e-09, abs_tol=0.0)\n--\n\nWhether two numbers are close.";
    "isfinite" O isfinite, "isfinite($module, x, /)\n--\n\nNeither infinity nor NaN.";
    "isinf" O isinf, "isinf($module, x, /)\n--\n\nAn infinity.";
    "isnan" O isnan, "isnan($module, x, /)\n--\n\nA NaN.";
    "isqrt" O isqrt, "isqrt($module, n, /)\n--\n\nInteger part of the square root.";
    "lcm" FAST lcm, "lcm($module, *integers)\n--\n\nLeast common multiple.";
    "ldexp" FAST ldexp, "ldexp($module, x, i, /)\n--\n\nx * (2**i).";
    "lgamma" O lgamma, "lgamma($module, x, /)\n--\n\nLogarithm of the absolute value of gamma.";
    "log" FAST log, "log(x, [base=math.e])\nThe logarithm of x to the given base.";
    "log10" O log10, "log10($module, x, /)\n--\n\nBase 10 logarithm.";
    "log1p" O log1p, "log1p($module, x, /)\n--\n\nLogarithm of 1+x.";
    "log2" O log2, "log2($module, x, /)\n--\n\nBase 2 logarithm.";
    "modf" O modf, "modf($module, x, /)\n--\n\nFractional and integer parts.";
    "nextafter" FAST nextafter, "nextafter($module, x, y, /)\n--\n\nThe next float after x towards y.";
    "perm" FAST perm, "perm($module, n, k=None, /)\n--\n\nNumber of ordered choices of k items from n.";
    "pow" FAST pow, "pow($module, x, y, /)\n--\n\nx to the power y.";
    "prod" KW prod, "prod($module, iterable, /, *, start=1)\n--\n\nProduct of the items.";
    "radians" O radians, "radians($module, x, /)\n--\n\nDegrees to radians.";
    "remainder" FAST remainder, "remainder($module, x, y, /)\n--\n\nIEEE 754 remainder.";
    "sin" O sin, "sin($module, x, /)\n--\n\nSine of x radians.";
    "sinh" O sinh, "sinh($module, x, /)\n--\n\nHyperbolic sine.";
    "sqrt" O sqrt, "sqrt($module, x, /)\n--\n\nSquare root.";
    "tan" O tan, "tan($module, x, /)\n--\n\nTangent of x radians.";
    "tanh" O tanh, "tanh($module, x, /)\n--\n\nHyperbolic tangent.";
    "trunc" O trunc, "trunc($module, x, /)\n--\n\nTruncates to an integral.";
    "ulp" O ulp, "ulp($module, x, /)\n--\n\nValue of the least significant bit.";
] }

pub fn init() -> PyResult {
    let m = module::new("math");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    for (name, x) in [
        ("pi", std::f64::consts::PI),
        ("e", std::f64::consts::E),
        ("tau", std::f64::consts::TAU),
        ("inf", f64::INFINITY),
        ("nan", f64::NAN),
    ] {
        module::add(m.value(), name, Ref::float(x));
    }
    Ok(m)
}
