//! `_datetime`: dates, times, zones, in CPython's object layouts, and the capsule through which C code makes and reads them.

mod calendar;
mod capi;
mod date;
#[allow(
    clippy::module_inception,
    reason = "the file is named for the class it has"
)]
mod datetime;
pub(crate) use datetime::float_seconds;
mod delta;
mod iso;
mod time;
mod tz;
mod util;

pub use date::{IsoCalendarDate_Type, PyDateTime_DateType};
pub use datetime::PyDateTime_DateTimeType;
pub use delta::PyDateTime_DeltaType;
pub use time::PyDateTime_TimeType;
pub use tz::{PyDateTime_TZInfoType, PyDateTime_TimeZoneType};

use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Ref, Type, Value, ValueExt, dict, intern, module, ops, raise, ty, typeobject,
};
use std::sync::atomic::{AtomicU64, Ordering};

fn is_datetime(v: Value) -> bool {
    v.is_a(ty!(PyDateTime_DateTimeType))
}
/// A date that has no clock reading.
fn is_date_only(v: Value) -> bool {
    v.is_a(ty!(PyDateTime_DateType)) && !is_datetime(v)
}
fn clock_of(v: Value) -> [i32; 4] {
    if is_datetime(v) {
        datetime::clock(v)
    } else {
        time::clock(v)
    }
}
/// The zone of a datetime or time.
fn tzinfo_of(v: Value) -> Option<Value> {
    // SAFETY: the types say which layout it is; a zone is there if the flag says so.
    unsafe {
        if is_datetime(v) {
            let p = v.as_ptr().cast::<PyDateTime_DateTime>();
            ((*p).hastzinfo != 0).then(|| Value::from_object((*p).tzinfo))
        } else if v.is_a(ty!(PyDateTime_TimeType)) {
            let p = v.as_ptr().cast::<PyDateTime_Time>();
            ((*p).hastzinfo != 0).then(|| Value::from_object((*p).tzinfo))
        } else {
            None
        }
    }
}
/// `tzinfo.method(about)`: `None`, or a timedelta below a day.
fn zone_delta(v: Value, method: &str, about: Value) -> PyResult {
    let Some(zone) = tzinfo_of(v) else {
        return Ok(Ref::none());
    };
    let r = ops::call_method_str(zone, method, &[about])?;
    if r.value().is_none() {
        return Ok(r);
    }
    if !delta::is_delta(r.value()) {
        return Err(raise!(
            TypeError,
            "tzinfo.{method}() must return None or timedelta, not '{}'",
            r.value().ty().message_name()
        ));
    }
    if delta::total(r.value()).abs() >= 86_400_000_000 {
        return Err(raise!(
            ValueError,
            "offset must be a timedelta strictly between -timedelta(hours=24) and timedelta(hours=24)."
        ));
    }
    Ok(r)
}
/// The offset from UTC in microseconds.
fn offset_of(v: Value, about: Value) -> PyResult<Option<i64>> {
    let d = zone_delta(v, "utcoffset", about)?;
    Ok((!d.value().is_none()).then(|| delta::total(d.value()) as i64))
}
fn check_tzname(name: Ref) -> PyResult {
    if pyrs_object::str::is_str(name.value()) {
        return Ok(name);
    }
    Err(raise!(
        TypeError,
        "tzinfo.tzname() must return None or a string, not '{}'",
        name.value().ty().message_name()
    ))
}
fn zone_name(v: Value, about: Value) -> PyResult {
    let Some(zone) = tzinfo_of(v) else {
        return Ok(Ref::none());
    };
    let name = ops::call_method(zone, intern!("tzname"), &[about])?;
    if name.value().is_none() {
        return Ok(name);
    }
    check_tzname(name)
}
/// The zone that an ISO 8601 text names by its offset in microseconds.
fn zone_of_iso(offset: Option<i64>) -> PyResult<Option<Ref>> {
    match offset {
        None => Ok(None),
        Some(us) => {
            let d = delta::of(us.into())?;
            tz::of_offset(d.value(), Value::EMPTY).map(Some)
        }
    }
}

static UTC: AtomicU64 = AtomicU64::new(0);
/// `timezone.utc`
fn utc() -> PyResult {
    let known = Value::from_bits(UTC.load(Ordering::Relaxed));
    if !known.is_empty() {
        return Ok(Ref::new(known));
    }
    let made = tz::make(delta::of(0)?, None)?;
    UTC.store(made.clone().into_value().bits(), Ordering::Relaxed);
    Ok(made)
}

fn add(t: Type, name: &str, v: Ref) {
    dict::set_str(Value::from_object(t.tp_dict), name, v.value());
}

pub fn init() -> PyResult {
    let m = module::new("_datetime");
    module::add(
        m.value(),
        "__doc__",
        Ref::str("Fast implementation of the datetime type."),
    );
    let (date_type, time_type, datetime_type) = (
        ty!(PyDateTime_DateType),
        ty!(PyDateTime_TimeType),
        ty!(PyDateTime_DateTimeType),
    );
    typeobject::ready(ty!(IsoCalendarDate_Type))?;
    for t in [
        date_type,
        datetime_type,
        time_type,
        ty!(PyDateTime_DeltaType),
        ty!(PyDateTime_TZInfoType),
        ty!(PyDateTime_TimeZoneType),
    ] {
        module::add_type(m.value(), t)?;
    }
    let delta_type = ty!(PyDateTime_DeltaType);
    add(delta_type, "resolution", delta::of(1)?);
    add(
        delta_type,
        "min",
        delta::new_raw(delta_type, -999_999_999, 0, 0)?,
    );
    add(
        delta_type,
        "max",
        delta::new_raw(delta_type, 999_999_999, 86_399, 999_999)?,
    );
    add(date_type, "min", date::make(date_type, (1, 1, 1))?);
    add(date_type, "max", date::make(date_type, (9999, 12, 31))?);
    add(date_type, "resolution", delta::of(86_400_000_000)?);
    let last = [23, 59, 59, 999_999];
    add(time_type, "min", time::make(time_type, [0; 4], None, 0)?);
    add(time_type, "max", time::make(time_type, last, None, 0)?);
    add(time_type, "resolution", delta::of(1)?);
    let min = datetime::make(datetime_type, (1, 1, 1), [0; 4], None, 0)?;
    let max = datetime::make(datetime_type, (9999, 12, 31), last, None, 0)?;
    add(datetime_type, "min", min);
    add(datetime_type, "max", max);
    add(datetime_type, "resolution", delta::of(1)?);
    let zone_type = ty!(PyDateTime_TimeZoneType);
    add(zone_type, "utc", utc()?);
    const LIMIT: i128 = 86_340_000_000;
    add(zone_type, "min", tz::make(delta::of(-LIMIT)?, None)?);
    add(zone_type, "max", tz::make(delta::of(LIMIT)?, None)?);
    module::add(m.value(), "MINYEAR", Ref::int(calendar::MIN_YEAR.into()));
    module::add(m.value(), "MAXYEAR", Ref::int(calendar::MAX_YEAR.into()));
    module::add(m.value(), "UTC", utc()?);
    module::add(m.value(), "datetime_CAPI", capi::capsule()?);
    Ok(m)
}
