//! `timedelta`: days, seconds and microseconds, normalised; computed as one number of microseconds.

use super::util::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, CmpOp, PyResult, Ref, Type, Value, ValueExt, float, getset, int, methods, ops, py_type,
    raise, tuple, ty,
};

py_type! {
    pub static PyDateTime_DeltaType: PyDateTime_Delta = "datetime.timedelta" {
        flags: BASETYPE;
        doc: "Difference between two datetime values.\n\ntimedelta(days=0, seconds=0, microseconds=0, milliseconds=0, minutes=0, hours=0, weeks=0)\n\nAll arguments are optional and default to 0.\nArguments may be integers or floats, and may be positive or negative.";
        slots { tp_repr: repr, tp_str: text, tp_hash: hash, tp_richcompare: compare, tp_new: new }
        number {
            nb_add: add, nb_subtract: subtract, nb_multiply: multiply, nb_remainder: remainder, nb_divmod: divmod,
            nb_negative: negative, nb_positive: positive, nb_absolute: absolute, nb_bool: truth,
            nb_floor_divide: floor_divide, nb_true_divide: true_divide
        }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "total_seconds" NOARGS total_seconds, "Total seconds in the duration.";
    "__reduce__" NOARGS reduce, "__reduce__() -> (cls, state)";
] }
getset! { static GETSET = [
    "days" days, None, "Number of days.";
    "seconds" seconds, None, "Number of seconds (>= 0 and less than 1 day).";
    "microseconds" microseconds, None, "Number of microseconds (>= 0 and less than 1 second).";
] }

const DAY_US: i128 = 86_400_000_000;
const MAX_DAYS: i128 = 999_999_999;

fn raw(v: Value) -> *mut PyDateTime_Delta {
    v.as_ptr().cast()
}
pub(super) fn is_delta(v: Value) -> bool {
    v.is_a(ty!(PyDateTime_DeltaType))
}
/// Days, seconds, microseconds.
pub(super) fn parts(v: Value) -> (i32, i32, i32) {
    // SAFETY: callers pass a timedelta.
    unsafe { ((*raw(v)).days, (*raw(v)).seconds, (*raw(v)).microseconds) }
}
pub(super) fn total(v: Value) -> i128 {
    let (d, s, us) = parts(v);
    i128::from(d) * DAY_US + i128::from(s) * 1_000_000 + i128::from(us)
}
pub(super) fn new_raw(t: Type, d: i32, s: i32, us: i32) -> PyResult {
    let v = crate::util::alloc(t)?;
    // SAFETY: a new instance.
    unsafe {
        let p = raw(v.value());
        (*p).hashcode = -1;
        ((*p).days, (*p).seconds, (*p).microseconds) = (d, s, us);
    }
    Ok(v)
}
/// A delta of so many microseconds.
pub(super) fn of_type(t: Type, us: i128) -> PyResult {
    let days = us.div_euclid(DAY_US);
    if days.abs() > MAX_DAYS {
        return Err(match i32::try_from(days) {
            Ok(d) => raise!(OverflowError, "days={d}; must have magnitude <= {MAX_DAYS}"),
            Err(_) => raise!(OverflowError, "Python int too large to convert to C int"),
        });
    }
    let rest = us.rem_euclid(DAY_US) as i64;
    new_raw(
        t,
        days as i32,
        (rest / 1_000_000) as i32,
        (rest % 1_000_000) as i32,
    )
}
pub(super) fn of(us: i128) -> PyResult {
    of_type(ty!(PyDateTime_DeltaType), us)
}
/// As exactly as an i128 holds it; larger ones are out of every range.
fn wide(v: Value) -> i128 {
    int::with_ref(v, |n| n.to_i128()).unwrap_or(i128::MAX / 1_000_000_000_000_000)
}

fn new(t: Type, args: Args<'_>) -> PyResult {
    let given = parse(
        "__new__",
        args,
        [
            "days",
            "seconds",
            "microseconds",
            "milliseconds",
            "minutes",
            "hours",
            "weeks",
        ],
        7,
        0,
    )?;
    let (mut sum, mut fraction) = (0i128, 0f64);
    // The order decides which error comes first, and how fractions add up.
    for (i, name, factor) in [
        (2, "microseconds", 1i64),
        (3, "milliseconds", 1000),
        (1, "seconds", 1_000_000),
        (4, "minutes", 60_000_000),
        (5, "hours", 3_600_000_000),
        (0, "days", 86_400_000_000),
        (6, "weeks", 604_800_000_000),
    ] {
        let v = given[i];
        if v.is_empty() {
            continue;
        }
        if int::is_int_instance(v) {
            sum += wide(v).saturating_mul(factor.into());
        } else if float::is_float_instance(v) {
            let x = float::value(v);
            let whole = int::from_f64(x.trunc())?;
            sum += wide(whole.value()).saturating_mul(factor.into());
            let part = (x - x.trunc()) * factor as f64;
            sum += part.trunc() as i128;
            fraction += part - part.trunc();
        } else {
            return Err(raise!(
                TypeError,
                "unsupported type for timedelta {name} component: {}",
                v.ty().message_name()
            ));
        }
    }
    if fraction != 0.0 {
        let mut n = fraction.round();
        if (n - fraction).abs() == 0.5 {
            // Halfway: to the even sum.
            let odd = if sum % 2 != 0 { 1.0 } else { 0.0 };
            n = 2.0 * ((fraction + odd) * 0.5).round() - odd;
        }
        sum += n as i128;
    }
    of_type(t, sum)
}
fn add(a: Value, b: Value) -> PyResult {
    if is_delta(a) && is_delta(b) {
        return of(total(a) + total(b));
    }
    Ok(Ref::not_implemented())
}
fn subtract(a: Value, b: Value) -> PyResult {
    if is_delta(a) && is_delta(b) {
        return of(total(a) - total(b));
    }
    Ok(Ref::not_implemented())
}
fn us_value(v: Value) -> Ref {
    int::from_i128(total(v))
}
fn from_us(v: &Ref) -> PyResult {
    if !int::is_int_instance(v.value()) {
        return Err(raise!(
            TypeError,
            "unsupported type for timedelta microseconds component: {}",
            v.value().ty().message_name()
        ));
    }
    of(wide(v.value()))
}
/// `a / b` to the nearest int, halves to even.
fn divide_nearest(a: Value, b: Value) -> PyResult {
    if !int::is_int_instance(a) || !int::is_int_instance(b) {
        return Err(raise!(TypeError, "non-integer arguments in division"));
    }
    if int::is_zero(b) {
        return Err(raise!(
            ZeroDivisionError,
            "integer division or modulo by zero"
        ));
    }
    let pair = ops::divmod(a, b)?;
    let (q, r) = (
        Ref::new(tuple::get(pair.value(), 0)),
        Ref::new(tuple::get(pair.value(), 1)),
    );
    // The remainder has the divisor's sign.
    let twice = ops::mul(r.value(), Value::int_unchecked(2))?;
    let mut order = int::compare(twice.value(), b);
    if int::is_negative(b) {
        order = order.reverse();
    }
    let odd = int::low_u64(q.value()) & 1 == 1;
    if order.is_gt() || order.is_eq() && odd {
        return ops::add(q.value(), Value::int_unchecked(1));
    }
    Ok(q)
}
fn float_ratio(v: Value) -> PyResult<(Ref, Ref)> {
    let pair = ops::call_method_str(v, "as_integer_ratio", &[])?;
    if !tuple::is_tuple(pair.value()) {
        return Err(raise!(
            TypeError,
            "unexpected return type from as_integer_ratio(): expected tuple, got '{}'",
            pair.value().ty().message_name()
        ));
    }
    if tuple::len(pair.value()) != 2 {
        return Err(raise!(
            ValueError,
            "as_integer_ratio() must return a 2-tuple"
        ));
    }
    Ok((
        Ref::new(tuple::get(pair.value(), 0)),
        Ref::new(tuple::get(pair.value(), 1)),
    ))
}
fn multiply(a: Value, b: Value) -> PyResult {
    let (delta, n) = if is_delta(a) { (a, b) } else { (b, a) };
    if int::is_int_instance(n) {
        return from_us(&ops::mul(us_value(delta).value(), n)?);
    }
    if float::is_float_instance(n) {
        let (top, bottom) = float_ratio(n)?;
        let product = ops::mul(us_value(delta).value(), top.value())?;
        return from_us(&divide_nearest(product.value(), bottom.value())?);
    }
    Ok(Ref::not_implemented())
}
fn true_divide(a: Value, b: Value) -> PyResult {
    if !is_delta(a) {
        return Ok(Ref::not_implemented());
    }
    if is_delta(b) {
        return ops::true_div(us_value(a).value(), us_value(b).value());
    }
    if int::is_int_instance(b) {
        return from_us(&divide_nearest(us_value(a).value(), int::exact(b).value())?);
    }
    if float::is_float_instance(b) {
        let (top, bottom) = float_ratio(b)?;
        let product = ops::mul(us_value(a).value(), bottom.value())?;
        return from_us(&divide_nearest(product.value(), top.value())?);
    }
    Ok(Ref::not_implemented())
}
fn floor_divide(a: Value, b: Value) -> PyResult {
    if !is_delta(a) {
        return Ok(Ref::not_implemented());
    }
    if is_delta(b) {
        return ops::floor_div(us_value(a).value(), us_value(b).value());
    }
    if int::is_int_instance(b) {
        return from_us(&ops::floor_div(us_value(a).value(), b)?);
    }
    Ok(Ref::not_implemented())
}
fn remainder(a: Value, b: Value) -> PyResult {
    if !is_delta(a) || !is_delta(b) {
        return Ok(Ref::not_implemented());
    }
    from_us(&ops::modulo(us_value(a).value(), us_value(b).value())?)
}
fn divmod(a: Value, b: Value) -> PyResult {
    if !is_delta(a) || !is_delta(b) {
        return Ok(Ref::not_implemented());
    }
    let pair = ops::divmod(us_value(a).value(), us_value(b).value())?;
    let rest = from_us(&Ref::new(tuple::get(pair.value(), 1)))?;
    Ok(tuple::pair(Ref::new(tuple::get(pair.value(), 0)), rest))
}
fn negative(v: Value) -> PyResult {
    of(-total(v))
}
fn positive(v: Value) -> PyResult {
    of(total(v))
}
fn absolute(v: Value) -> PyResult {
    of(total(v).abs())
}
fn truth(v: Value) -> PyResult<bool> {
    Ok(parts(v) != (0, 0, 0))
}
fn compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_delta(b) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool(op.holds(total(a).cmp(&total(b)))))
}
fn hash(v: Value) -> PyResult<i64> {
    let (d, s, us) = parts(v);
    let state = [d, s, us].map(|n| Ref::int(n.into()));
    tuple::tuple_hash(tuple::from_vec(state.into()).value())
}
fn repr(v: Value) -> PyResult {
    let (d, s, us) = parts(v);
    let mut all = Vec::new();
    for (name, n) in [("days", d), ("seconds", s), ("microseconds", us)] {
        if n != 0 {
            all.push(format!("{name}={n}"));
        }
    }
    let body = if all.is_empty() {
        "0".to_owned()
    } else {
        all.join(", ")
    };
    Ok(Ref::str(&format!("{}({body})", type_text(v))))
}
fn text(v: Value) -> PyResult {
    let (d, s, us) = parts(v);
    let mut out = match d {
        0 => String::new(),
        1 | -1 => format!("{d} day, "),
        _ => format!("{d} days, "),
    };
    out.push_str(&format!("{}:{:02}:{:02}", s / 3600, s / 60 % 60, s % 60));
    if us != 0 {
        out.push_str(&format!(".{us:06}"));
    }
    Ok(Ref::str(&out))
}
fn total_seconds(v: Value) -> PyResult {
    ops::true_div(us_value(v).value(), Value::int_unchecked(1_000_000))
}
fn reduce(v: Value) -> PyResult {
    let (d, s, us) = parts(v);
    let state = [d, s, us].map(|n| Ref::int(n.into()));
    Ok(tuple::pair(v.ty().to_ref(), tuple::from_vec(state.into())))
}
fn days(v: Value) -> PyResult {
    Ok(Ref::int(parts(v).0.into()))
}
fn seconds(v: Value) -> PyResult {
    Ok(Ref::int(parts(v).1.into()))
}
fn microseconds(v: Value) -> PyResult {
    Ok(Ref::int(parts(v).2.into()))
}
