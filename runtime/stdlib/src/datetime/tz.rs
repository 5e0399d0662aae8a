//! `tzinfo` and `timezone`.

use super::util::*;
use super::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, CmpOp, PyResult, Ref, Type, Value, ValueExt, intern, methods, ops, py_type, raise, str,
    tuple, ty,
};

py_type! {
    pub static PyDateTime_TZInfoType: PyDateTime_TZInfo = "datetime.tzinfo" {
        flags: BASETYPE;
        doc: "Abstract base class for time zone info objects.";
        slots { tp_new: new_tzinfo }
        methods: TZINFO_METHODS;
    }
}
methods! { static TZINFO_METHODS = [
    "tzname" O abstract_tzname, "datetime -> string name of time zone.";
    "utcoffset" O abstract_utcoffset, "datetime -> timedelta showing offset from UTC, negative values indicating West of UTC";
    "dst" O abstract_dst, "datetime -> DST offset as timedelta positive east of UTC.";
    "fromutc" O from_utc, "datetime in UTC -> datetime in local time.";
    "__reduce__" NOARGS reduce, "-> (cls, state)";
] }

#[repr(C)]
pub(crate) struct TimeZone {
    pub ob_base: PyObject,
    offset: Value,
    /// A str, or empty.
    name: Value,
}
py_type! {
    pub static PyDateTime_TimeZoneType: TimeZone = "datetime.timezone" {
        flags: HAVE_GC;
        base: PyDateTime_TZInfoType;
        doc: "Fixed offset from UTC implementation of tzinfo.";
        raw { tp_dealloc: zone_dealloc, tp_traverse: zone_traverse, tp_clear: zone_clear }
        slots { tp_repr: zone_repr, tp_str: zone_str, tp_hash: zone_hash, tp_richcompare: zone_compare, tp_new: zone_new }
        methods: ZONE_METHODS;
    }
}
owning_fields!(TimeZone zone_dealloc zone_traverse zone_clear; offset name);
methods! { static ZONE_METHODS = [
    "tzname" O zone_tzname, "If name is specified when timezone is created, returns the name.  Otherwise returns offset as 'UTC(+|-)HH:MM'.";
    "utcoffset" O zone_utcoffset, "Return fixed offset.";
    "dst" O zone_dst, "Return None.";
    "fromutc" O zone_fromutc, "datetime in UTC -> datetime in local time.";
    "__getinitargs__" NOARGS zone_initargs, "pickle support";
] }

fn new_tzinfo(t: Type, _: Args<'_>) -> PyResult {
    crate::util::alloc(t)
}
fn missing(name: &str) -> pyrs_object::Raised {
    raise!(
        NotImplementedError,
        "a tzinfo subclass must implement {name}()"
    )
}
fn abstract_tzname(_: Value, _: Value) -> PyResult {
    Err(missing("tzname"))
}
fn abstract_utcoffset(_: Value, _: Value) -> PyResult {
    Err(missing("utcoffset"))
}
fn abstract_dst(_: Value, _: Value) -> PyResult {
    Err(missing("dst"))
}
/// Local standard time is UTC plus the standard offset; whether DST applies is asked at that time.
fn from_utc(v: Value, dt: Value) -> PyResult {
    if !is_datetime(dt) {
        return Err(raise!(TypeError, "fromutc: argument must be a datetime"));
    }
    if tzinfo_of(dt) != Some(v) {
        return Err(raise!(ValueError, "fromutc: dt.tzinfo is not self"));
    }
    let ask = |dt: Value, method: &str| -> PyResult<Option<Ref>> {
        let r = ops::call_method_str(dt, method, &[])?;
        Ok((!r.value().is_none()).then_some(r))
    };
    let Some(offset) = ask(dt, "utcoffset")? else {
        return Err(raise!(
            ValueError,
            "fromutc: non-None utcoffset() result required"
        ));
    };
    let Some(dst) = ask(dt, "dst")? else {
        return Err(raise!(
            ValueError,
            "fromutc: non-None dst() result required"
        ));
    };
    let standard = ops::sub(offset.value(), dst.value())?;
    let mut result = ops::add(dt, standard.value())?;
    let Some(dst) = ask(result.value(), "dst")? else {
        return Err(raise!(
            ValueError,
            "fromutc: tz.dst() gave inconsistent results; cannot convert"
        ));
    };
    if ops::is_true(dst.value())? {
        result = ops::add(result.value(), dst.value())?;
    }
    Ok(result)
}
fn reduce(v: Value) -> PyResult {
    let args = match ops::getattr_opt(v, intern!("__getinitargs__"))? {
        Some(f) => ops::call(f.value(), &[])?,
        None => tuple::empty(),
    };
    let state = ops::call_method(v, intern!("__getstate__"), &[])?;
    Ok(tuple::from_vec(vec![v.ty().to_ref(), args, state]))
}

// ---- timezone ----------------------------------------------------------------------------------------------

fn zone(v: Value) -> *mut TimeZone {
    v.as_ptr().cast()
}
fn offset(v: Value) -> Value {
    // SAFETY: callers pass a timezone.
    unsafe { (*zone(v)).offset }
}
fn name(v: Value) -> Value {
    // SAFETY: as above.
    unsafe { (*zone(v)).name }
}
pub(super) fn make(offset: Ref, name: Option<Ref>) -> PyResult {
    let p = pyrs_object::list::common::alloc_instance(ty!(PyDateTime_TimeZoneType), 0)?
        .cast::<TimeZone>();
    // SAFETY: a fresh instance.
    unsafe {
        (*p).offset = offset.into_value();
        (*p).name = name.map_or(Value::EMPTY, Ref::into_value);
        Ok(Ref::from_owned_ptr(p))
    }
}
/// A timezone of an offset: the UTC one for zero without a name.
pub(super) fn of_offset(offset: Value, name: Value) -> PyResult {
    if name.is_empty() && delta::total(offset) == 0 {
        return utc();
    }
    const DAY: i128 = 86_400_000_000;
    if delta::total(offset).abs() >= DAY {
        return Err(raise!(
            ValueError,
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24), not {}.",
            crate::util::repr_text(offset)?
        ));
    }
    make(Ref::new(offset), name.non_empty().map(Ref::new))
}
fn zone_new(_: Type, args: Args<'_>) -> PyResult {
    let [offset, name] = parse("timezone", args, ["offset", "name"], 2, 1)?;
    if !delta::is_delta(offset) {
        return Err(raise!(
            TypeError,
            "timezone() argument 1 must be datetime.timedelta, not {}",
            offset.ty().message_name()
        ));
    }
    if !name.is_empty() && !str::is_str(name) {
        return Err(raise!(
            TypeError,
            "timezone() argument 2 must be str, not {}",
            name.ty().message_name()
        ));
    }
    of_offset(offset, name)
}
fn zone_repr(v: Value) -> PyResult {
    if v == utc()?.value() {
        return Ok(Ref::str("datetime.timezone.utc"));
    }
    let delta = crate::util::repr_text(offset(v))?;
    let class = type_text(v);
    Ok(Ref::str(&if name(v).is_empty() {
        format!("{class}({delta})")
    } else {
        format!("{class}({delta}, {})", crate::util::repr_text(name(v))?)
    }))
}
fn zone_str(v: Value) -> PyResult {
    if !name(v).is_empty() {
        return Ok(Ref::new(name(v)));
    }
    let us = delta::total(offset(v)) as i64;
    if us == 0 {
        return Ok(Ref::str("UTC"));
    }
    Ok(Ref::str(&format!("UTC{}", offset_text(us, ":"))))
}
fn zone_hash(v: Value) -> PyResult<i64> {
    ops::hash(offset(v))
}
fn zone_compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) || !b.is_exact(ty!(PyDateTime_TimeZoneType)) {
        return Ok(Ref::not_implemented());
    }
    ops::richcompare(offset(a), offset(b), op)
}
fn check_argument(function: &str, dt: Value) -> PyResult<()> {
    if dt.is_none() || is_datetime(dt) {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "{function}(dt) argument must be a datetime instance or None, not {}",
        dt.ty().message_name()
    ))
}
fn zone_tzname(v: Value, dt: Value) -> PyResult {
    check_argument("tzname", dt)?;
    zone_str(v)
}
fn zone_utcoffset(v: Value, dt: Value) -> PyResult {
    check_argument("utcoffset", dt)?;
    Ok(Ref::new(offset(v)))
}
fn zone_dst(_: Value, dt: Value) -> PyResult {
    check_argument("dst", dt)?;
    Ok(Ref::none())
}
fn zone_fromutc(v: Value, dt: Value) -> PyResult {
    if !is_datetime(dt) {
        return Err(raise!(
            TypeError,
            "fromutc() argument must be a datetime instance"
        ));
    }
    if tzinfo_of(dt) != Some(v) {
        return Err(raise!(ValueError, "fromutc: dt.tzinfo is not self"));
    }
    ops::add(dt, offset(v))
}
fn zone_initargs(v: Value) -> PyResult {
    Ok(if name(v).is_empty() {
        tuple::from_slice(&[offset(v)])
    } else {
        tuple::from_slice(&[offset(v), name(v)])
    })
}
