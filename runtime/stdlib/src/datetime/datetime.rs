//! `datetime`: a date and a clock reading, perhaps with a zone.

use super::calendar::*;
use super::date::{ctime_text, date_text, ymd};
use super::time::{check_clock, check_tz, repr_tail};
use super::util::*;
use super::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, CmpOp, PyResult, Ref, Type, Value, ValueExt, bytes, errors, float, getset, heap, int,
    intern, methods, ops, py_type, raise, singletons, str, tuple, ty,
};

py_type! {
    pub static PyDateTime_DateTimeType: PyDateTime_DateTime = "datetime.datetime" {
        flags: BASETYPE;
        base: date::PyDateTime_DateType;
        doc: "datetime(year, month, day[, hour[, minute[, second[, microsecond[,tzinfo]]]]])\n\nThe year, month and day arguments are required. tzinfo may be None, or an\ninstance of a tzinfo subclass. The remaining arguments may be ints.";
        raw { tp_dealloc: dealloc }
        slots { tp_repr: repr, tp_str: datetime_str, tp_hash: hash, tp_richcompare: compare, tp_new: new }
        number { nb_add: add, nb_subtract: subtract }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "now" KW|CLASS now, "now($type, /, tz=None)\n--\n\nReturns new datetime object representing current time local to tz.\n\n  tz\n    Timezone object.\n\nIf no tz is specified, uses local timezone.";
    "utcnow" NOARGS|CLASS utcnow, "Return a new datetime representing UTC day and time.";
    "fromtimestamp" KW|CLASS fromtimestamp, "timestamp[, tz] -> tz's local time from POSIX timestamp.";
    "utcfromtimestamp" O|CLASS utcfromtimestamp, "Construct a naive UTC datetime from a POSIX timestamp.";
    "strptime" FAST|CLASS strptime, "string, format -> new datetime parsed from a string (like time.strptime()).";
    "combine" KW|CLASS combine, "date, time -> datetime with same date and time fields";
    "fromisoformat" O|CLASS fromisoformat, "string -> datetime from a string in most ISO 8601 formats";
    "date" NOARGS date_part, "Return date object with same year, month and day.";
    "time" NOARGS time_part, "Return time object with same time but with tzinfo=None.";
    "timetz" NOARGS timetz, "Return time object with same time and tzinfo.";
    "ctime" NOARGS ctime, "Return ctime() style string.";
    "timetuple" NOARGS timetuple, "Return time tuple, compatible with time.localtime().";
    "timestamp" NOARGS timestamp, "Return POSIX timestamp as float.";
    "utctimetuple" NOARGS utctimetuple, "Return UTC time tuple, compatible with time.localtime().";
    "isoformat" KW isoformat, "[sep] -> string in ISO 8601 format, YYYY-MM-DDT[HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\nsep is used to separate the year from the time, and defaults to 'T'.\nThe optional argument timespec specifies the number of additional terms\nof the time to include. Valid options are 'auto', 'hours', 'minutes',\n'seconds', 'milliseconds' and 'microseconds'.\n";
    "utcoffset" NOARGS utcoffset, "Return self.tzinfo.utcoffset(self).";
    "tzname" NOARGS tzname, "Return self.tzinfo.tzname(self).";
    "dst" NOARGS dst, "Return self.tzinfo.dst(self).";
    "replace" KW replace, "Return datetime with new specified fields.";
    "astimezone" KW astimezone, "tz -> convert to local time in new timezone tz\n";
    "__reduce_ex__" O reduce_ex, "__reduce_ex__(proto) -> (cls, state)";
    "__reduce__" NOARGS reduce, "__reduce__() -> (cls, state)";
] }
getset! { static GETSET = [
    "hour" hour, None, ""; "minute" minute, None, ""; "second" second, None, ""; "microsecond" microsecond, None, "";
    "tzinfo" get_tzinfo, None, ""; "fold" get_fold, None, "";
] }

fn raw(v: Value) -> *mut PyDateTime_DateTime {
    v.as_ptr().cast()
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance owns its zone.
    unsafe {
        heap::clear_field(&raw mut (*o.cast::<PyDateTime_DateTime>()).tzinfo);
        heap::finish_dealloc(o);
    }
}
pub(super) fn clock(v: Value) -> [i32; 4] {
    // SAFETY: callers pass a datetime.
    let d = unsafe { (*raw(v)).data }.map(i32::from);
    [d[4], d[5], d[6], d[7] << 16 | d[8] << 8 | d[9]]
}
pub(super) fn fold(v: Value) -> u8 {
    // SAFETY: as above.
    unsafe { (*raw(v)).fold }
}
type Date = (i32, i32, i32);

pub(super) fn make(t: Type, d: Date, clock: [i32; 4], tz: Option<Value>, fold: i32) -> PyResult {
    date::check(d.0, d.1, d.2)?;
    check_clock(clock, fold)?;
    let v = crate::util::alloc(t)?;
    let us = clock[3];
    // SAFETY: a new instance.
    unsafe {
        let p = raw(v.value());
        (*p).hashcode = -1;
        (*p).data = [
            (d.0 >> 8) as u8,
            d.0 as u8,
            d.1 as u8,
            d.2 as u8,
            clock[0] as u8,
            clock[1] as u8,
            clock[2] as u8,
            (us >> 16) as u8,
            (us >> 8) as u8,
            us as u8,
        ];
        (*p).fold = fold as u8;
        (*p).hastzinfo = tz.is_some().into();
        (*p).tzinfo = tz.map_or(std::ptr::null_mut(), |z| Ref::new(z).into_ptr());
    }
    Ok(v)
}
/// An instance of a class: subclasses are called, and told the fold afterwards.
fn construct(class: Value, d: Date, clock: [i32; 4], tz: Option<Value>, fold: i32) -> PyResult {
    let own = ty!(PyDateTime_DateTimeType);
    if class == own.value() {
        return make(own, d, clock, tz, fold);
    }
    let mut args: Vec<Value> = [d.0, d.1, d.2, clock[0], clock[1], clock[2], clock[3]]
        .iter()
        .map(|n| Value::int_unchecked((*n).into()))
        .collect();
    args.push(tz.unwrap_or_else(singletons::none));
    let v = ops::call(class, &args)?;
    if fold != 0 && is_datetime(v.value()) {
        // SAFETY: a datetime that was just made.
        unsafe { (*raw(v.value())).fold = fold as u8 };
    }
    Ok(v)
}
const PARAMS: [&str; 9] = [
    "year",
    "month",
    "day",
    "hour",
    "minute",
    "second",
    "microsecond",
    "tzinfo",
    "fold",
];
fn new(t: Type, args: Args<'_>) -> PyResult {
    let positional = args.positional();
    if (1..=2).contains(&positional.len())
        && args.n_keywords() == 0
        && let Some(s) = pickled(positional[0], 10)
        && (1..=12).contains(&(s[2] & 0x7f))
    {
        let tz = match positional.get(1) {
            Some(z) if !z.is_none() && !z.is_a(ty!(PyDateTime_TZInfoType)) => {
                return Err(raise!(TypeError, "bad tzinfo state arg"));
            }
            z => z.copied().filter(|z| !z.is_none()),
        };
        // A pickle is trusted, as CPython does: nothing is checked but the month.
        let v = make(t, (1, 1, 1), [0; 4], tz, i32::from(s[2] >> 7))?;
        // SAFETY: a new instance.
        unsafe {
            (*raw(v.value())).data.copy_from_slice(&s);
            (*raw(v.value())).data[2] &= 0x7f;
        }
        return Ok(v);
    }
    check_leading_ints(args, 3)?;
    let [y, mo, d, h, mi, s, us, tz, fold] = parse("", args, PARAMS, 8, 3)?;
    let day = (int_or(y, 0)?, int_or(mo, 0)?, int_or(d, 0)?);
    let clock = [int_or(h, 0)?, int_or(mi, 0)?, int_or(s, 0)?, int_or(us, 0)?];
    let fold = int_or(fold, 0)?;
    make(t, day, clock, check_tz(tz)?, fold)
}

// ---- Clocks of the system ----------------------------------------------------------------------------------

fn out_of_range() -> pyrs_object::Raised {
    raise!(OverflowError, "timestamp out of range for platform time_t")
}
/// Whole seconds of a float. The bound itself is no `time_t`, but passes C's check and becomes the smallest one.
pub(crate) fn float_seconds(whole: f64) -> Option<i64> {
    const BOUND: f64 = 9_223_372_036_854_775_808.0;
    if whole == BOUND {
        return Some(i64::MIN);
    }
    (-BOUND..BOUND).contains(&whole).then_some(whole as i64)
}
/// A moment: seconds and microseconds.
type Moment = (i64, i64);

/// A timestamp, halves of microseconds to even.
fn moment(v: Value) -> PyResult<Moment> {
    if float::is_float_instance(v) {
        let x = float::value(v);
        if x.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let (mut whole, mut us) = (x.trunc(), (x.fract() * 1e6).round_ties_even());
        if us >= 1e6 {
            us -= 1e6;
            whole += 1.0;
        } else if us < 0.0 {
            us += 1e6;
            whole -= 1.0;
        }
        let whole = float_seconds(whole).ok_or_else(out_of_range)?;
        return Ok((whole, us as i64));
    }
    let n = ops::index(v)?;
    let seconds = int::to_i64(n.value()).ok_or_else(out_of_range)?;
    Ok((seconds, 0))
}
/// A timestamp in whole seconds, rounded down.
pub(super) fn whole_seconds(v: Value) -> PyResult<i64> {
    if float::is_float_instance(v) {
        let x = float::value(v);
        if x.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        return float_seconds(x.floor()).ok_or_else(out_of_range);
    }
    let n = ops::index(v)?;
    int::to_i64(n.value()).ok_or_else(out_of_range)
}
pub(super) fn local_time(seconds: i64) -> PyResult<libc::tm> {
    // SAFETY: a place for the result; the zone data are initialised by the call.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        if libc::localtime_r(&raw const seconds, &raw mut tm).is_null() {
            return Err(errors::os_error(Value::EMPTY, Value::EMPTY));
        }
        Ok(tm)
    }
}
fn utc_time(seconds: i64) -> PyResult<libc::tm> {
    // SAFETY: as above.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        if libc::gmtime_r(&raw const seconds, &raw mut tm).is_null() {
            return Err(errors::os_error(Value::EMPTY, Value::EMPTY));
        }
        Ok(tm)
    }
}
const EPOCH_DAY: i64 = 719_163;
/// Seconds since the epoch if the reading were UTC.
fn seconds_as_utc(d: Date, [h, m, s, _]: [i32; 4]) -> i64 {
    let days = i64::from(ordinal(d.0, d.1, d.2)) - EPOCH_DAY;
    ((days * 24 + i64::from(h)) * 60 + i64::from(m)) * 60 + i64::from(s)
}
fn tm_seconds(tm: &libc::tm) -> i64 {
    let y = (tm.tm_year + 1900).clamp(MIN_YEAR, MAX_YEAR);
    let d = (y, tm.tm_mon + 1, tm.tm_mday);
    seconds_as_utc(d, [tm.tm_hour, tm.tm_min, tm.tm_sec, 0])
}
const FOLD_SECONDS: i64 = 24 * 3600;
/// The local reading at `u` as if it were UTC.
fn local(u: i64) -> PyResult<i64> {
    let tm = local_time(u)?;
    let year = tm.tm_year.wrapping_add(1900);
    if !(MIN_YEAR..=MAX_YEAR).contains(&year) {
        return Err(raise!(ValueError, "year {year} is out of range"));
    }
    Ok(tm_seconds(&tm))
}
/// Seconds since the epoch of a local reading (PEP 495).
fn local_to_seconds(t: i64, fold: u8) -> PyResult<i64> {
    let a = local(t)? - t;
    let u1 = t - a;
    let t1 = local(u1)?;
    let b;
    if t1 == t {
        // One solution is found; the other would be a day before or behind.
        let u2 = if fold != 0 {
            u1 + FOLD_SECONDS
        } else {
            u1 - FOLD_SECONDS
        };
        b = local(u2)? - u2;
        if a == b {
            return Ok(u1);
        }
    } else {
        b = t1 - u1;
    }
    let u2 = t - b;
    if local(u2)? == t {
        return Ok(u2);
    }
    if t1 == t {
        return Ok(u1);
    }
    // In a gap; the fold chooses the side.
    Ok(if fold != 0 { u1.min(u2) } else { u1.max(u2) })
}
/// A class's instance at a moment: local or UTC reading.
fn at_moment(class: Value, (seconds, us): Moment, utc: bool, tz: Option<Value>) -> PyResult {
    let tm = if utc {
        utc_time(seconds)?
    } else {
        local_time(seconds)?
    };
    let d = (tm.tm_year.wrapping_add(1900), tm.tm_mon + 1, tm.tm_mday);
    let clock = [tm.tm_hour, tm.tm_min, tm.tm_sec.min(59), us as i32];
    let mut fold = 0;
    if tz.is_none() && !utc && (MIN_YEAR..=MAX_YEAR).contains(&d.0) {
        // The second of two equal readings: a day before the clock was set back by the difference.
        let now = tm_seconds(&tm);
        let probe = now - (now - seconds) - FOLD_SECONDS;
        let transition = now - local(probe)? - FOLD_SECONDS;
        if transition < 0 && local(seconds + transition)? == now {
            fold = 1;
        }
    }
    construct(class, d, clock, tz, fold)
}
/// With a zone the moment is read as UTC, and the zone makes its own of it.
fn at_moment_in(class: Value, moment: Moment, tz: Option<Value>) -> PyResult {
    let v = at_moment(class, moment, tz.is_some(), tz)?;
    match tz {
        None => Ok(v),
        Some(z) => ops::call_method(z, intern!("fromutc"), &[v.value()]),
    }
}
fn system_now() -> Moment {
    // SAFETY: a place for the time.
    unsafe {
        let mut t: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(libc::CLOCK_REALTIME, &raw mut t);
        (t.tv_sec, t.tv_nsec / 1000)
    }
}
fn now(class: Value, args: Args<'_>) -> PyResult {
    let [tz] = parse("now", args, ["tz"], 1, 0)?;
    at_moment_in(class, system_now(), check_tz(tz)?)
}
fn utcnow(class: Value) -> PyResult {
    at_moment(class, system_now(), true, None)
}
fn fromtimestamp(class: Value, args: Args<'_>) -> PyResult {
    let [timestamp, tz] = parse("fromtimestamp", args, ["timestamp", "tz"], 2, 1)?;
    let tz = check_tz(tz)?;
    at_moment_in(class, moment(timestamp)?, tz)
}
fn utcfromtimestamp(class: Value, timestamp: Value) -> PyResult {
    at_moment(class, moment(timestamp)?, true, None)
}
fn strptime(class: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("strptime", args.len(), 2, 2)?;
    for (i, v) in args.iter().enumerate() {
        text_argument("strptime", &(i + 1).to_string(), *v)?;
    }
    let module = pyrs_vm::import::import_absolute("_strptime")?;
    ops::call_method_str(
        module.value(),
        "_strptime_datetime",
        &[class, args[0], args[1]],
    )
}
fn combine(class: Value, args: Args<'_>) -> PyResult {
    let [d, t, tz] = parse("combine", args, ["date", "time", "tzinfo"], 3, 2)?;
    for (i, v, want) in [
        (1, d, ty!(PyDateTime_DateType)),
        (2, t, ty!(PyDateTime_TimeType)),
    ] {
        if !v.is_a(want) {
            return Err(raise!(
                TypeError,
                "combine() argument {i} must be {}, not {}",
                want.full_name(),
                v.ty().message_name()
            ));
        }
    }
    let tz = if tz.is_empty() {
        tzinfo_of(t)
    } else {
        check_tz(tz)?
    };
    construct(class, ymd(d), time::clock(t), tz, time::fold(t).into())
}
fn fromisoformat(class: Value, text: Value) -> PyResult {
    if !str::is_str(text) {
        return Err(raise!(TypeError, "fromisoformat: argument must be str"));
    }
    let invalid = || -> PyResult {
        Err(raise!(
            ValueError,
            "Invalid isoformat string: {}",
            crate::util::repr_text(text)?
        ))
    };
    // The separator may be any character, even outside ASCII.
    let chars: Vec<u8> = (0..str::len(text))
        .map(|i| u8::try_from(str::char_at(text, i)).unwrap_or(b'?'))
        .collect();
    let Some(at) = iso::separator(&chars).filter(|at| *at <= chars.len()) else {
        return invalid();
    };
    let Some(d) = iso::date(&chars[..at]) else {
        return invalid();
    };
    let (mut clock, mut zone) = ([0; 4], None);
    if chars.len() > at {
        let Some(t) = iso::time(&chars[at + 1..]) else {
            return invalid();
        };
        clock = t.parts;
        zone = zone_of_iso(t.offset)?;
    }
    construct(class, d, clock, zone.as_ref().map(|z| z.value()), 0)
}

// ---- Fields and text ---------------------------------------------------------------------------------------

fn hour(v: Value) -> PyResult {
    Ok(Ref::int(clock(v)[0].into()))
}
fn minute(v: Value) -> PyResult {
    Ok(Ref::int(clock(v)[1].into()))
}
fn second(v: Value) -> PyResult {
    Ok(Ref::int(clock(v)[2].into()))
}
fn microsecond(v: Value) -> PyResult {
    Ok(Ref::int(clock(v)[3].into()))
}
fn get_tzinfo(v: Value) -> PyResult {
    Ok(tzinfo_of(v).map_or_else(Ref::none, Ref::new))
}
fn get_fold(v: Value) -> PyResult {
    Ok(Ref::int(fold(v).into()))
}
fn date_part(v: Value) -> PyResult {
    date::make(ty!(PyDateTime_DateType), ymd(v))
}
fn time_part(v: Value) -> PyResult {
    time::make(ty!(PyDateTime_TimeType), clock(v), None, fold(v).into())
}
fn timetz(v: Value) -> PyResult {
    time::make(
        ty!(PyDateTime_TimeType),
        clock(v),
        tzinfo_of(v),
        fold(v).into(),
    )
}
fn ctime(v: Value) -> PyResult {
    Ok(ctime_text(ymd(v), clock(v)))
}
fn timetuple(v: Value) -> PyResult {
    let mut flag = -1;
    if tzinfo_of(v).is_some() {
        let dst = dst(v)?;
        if !dst.value().is_none() {
            flag = i32::from(ops::is_true(dst.value())?);
        }
    }
    struct_time(ymd(v), clock(v), flag)
}
fn utctimetuple(v: Value) -> PyResult {
    let (mut d, mut c) = (ymd(v), clock(v));
    if let Some(offset) = offset_of(v, v)? {
        let Some(moved) = shifted(d, c, -i128::from(offset)) else {
            return Err(raise!(OverflowError, "date value out of range"));
        };
        (d, c) = moved;
    }
    struct_time(d, c, 0)
}
fn timestamp(v: Value) -> PyResult {
    let c = clock(v);
    if tzinfo_of(v).is_some() {
        let since = since_epoch(v)?;
        return ops::call_method_str(since.value(), "total_seconds", &[]);
    }
    let seconds = local_to_seconds(seconds_as_utc(ymd(v), c), fold(v))?;
    Ok(Ref::float(seconds as f64 + f64::from(c[3]) / 1e6))
}
/// The difference from the epoch of an aware datetime.
fn since_epoch(v: Value) -> PyResult {
    let epoch = make(
        ty!(PyDateTime_DateTimeType),
        (1970, 1, 1),
        [0; 4],
        Some(utc()?.value()),
        0,
    )?;
    subtract(v, epoch.value())
}
fn isoformat(v: Value, args: Args<'_>) -> PyResult {
    let [sep, spec] = parse("isoformat", args, ["sep", "timespec"], 2, 0)?;
    let sep = if sep.is_empty() {
        Ref::str("T")
    } else {
        text_argument_char(sep)?
    };
    let spec = if spec.is_empty() {
        "auto".to_owned()
    } else {
        text_argument("isoformat", "2", spec)?
    };
    let clock = clock_text(clock(v), &spec)?;
    let mut out = str::Builder::new();
    out.push_str(&date_text(ymd(v)));
    out.push_value(sep.value());
    out.push_str(&clock);
    if let Some(us) = offset_of(v, v)? {
        out.push_str(&offset_text(us, ":"));
    }
    out.finish()
}
fn text_argument_char(v: Value) -> PyResult {
    if str::is_str(v) && str::len(v) == 1 {
        return Ok(Ref::new(v));
    }
    Err(raise!(
        TypeError,
        "isoformat() argument 1 must be a unicode character, not {}",
        v.ty().message_name()
    ))
}
fn datetime_str(v: Value) -> PyResult {
    ops::call_method(v, intern!("isoformat"), &[Ref::str(" ").value()])
}
fn repr(v: Value) -> PyResult {
    let ((y, mo, d), [h, mi, s, us]) = (ymd(v), clock(v));
    let mut body = format!("{y}, {mo}, {d}, {h}, {mi}");
    if us != 0 {
        body.push_str(&format!(", {s}, {us}"));
    } else if s != 0 {
        body.push_str(&format!(", {s}"));
    }
    let tail = repr_tail(v, fold(v))?;
    Ok(Ref::str(&format!("{}({body}{tail})", type_text(v))))
}
fn utcoffset(v: Value) -> PyResult {
    zone_delta(v, "utcoffset", v)
}
fn dst(v: Value) -> PyResult {
    zone_delta(v, "dst", v)
}
fn tzname(v: Value) -> PyResult {
    zone_name(v, v)
}

// ---- Arithmetic --------------------------------------------------------------------------------------------

/// Microseconds since the beginning of day 0, as the reading says.
fn reading_us(d: Date, [h, m, s, us]: [i32; 4]) -> i128 {
    let seconds = ((i64::from(ordinal(d.0, d.1, d.2)) * 24 + i64::from(h)) * 60 + i64::from(m))
        * 60
        + i64::from(s);
    i128::from(seconds) * 1_000_000 + i128::from(us)
}
fn shifted(d: Date, c: [i32; 4], us: i128) -> Option<(Date, [i32; 4])> {
    const DAY: i128 = 86_400_000_000;
    let n = reading_us(d, c) + us;
    let day = n.div_euclid(DAY);
    if !(1..=i128::from(MAX_ORDINAL)).contains(&day) {
        return None;
    }
    let rest = n.rem_euclid(DAY) as i64;
    let (seconds, us) = (rest / 1_000_000, rest % 1_000_000);
    let clock = [seconds / 3600, seconds / 60 % 60, seconds % 60, us].map(|n| n as i32);
    Some((from_ordinal(day as i32), clock))
}
fn shift(v: Value, us: i128) -> PyResult {
    match shifted(ymd(v), clock(v), us) {
        Some((d, c)) => construct(v.ty().value(), d, c, tzinfo_of(v), 0),
        None => Err(raise!(OverflowError, "date value out of range")),
    }
}
fn add(a: Value, b: Value) -> PyResult {
    let (dt, delta) = if is_datetime(a) { (a, b) } else { (b, a) };
    if !is_datetime(dt) || !delta::is_delta(delta) {
        return Ok(Ref::not_implemented());
    }
    shift(dt, delta::total(delta))
}
fn subtract(a: Value, b: Value) -> PyResult {
    if !is_datetime(a) {
        return Ok(Ref::not_implemented());
    }
    if delta::is_delta(b) {
        return shift(a, -delta::total(b));
    }
    if !is_datetime(b) {
        return Ok(Ref::not_implemented());
    }
    let mut us = reading_us(ymd(a), clock(a)) - reading_us(ymd(b), clock(b));
    if tzinfo_of(a) != tzinfo_of(b) {
        match (offset_of(a, a)?, offset_of(b, b)?) {
            (None, None) => {}
            (Some(x), Some(y)) => us -= i128::from(x - y),
            _ => {
                return Err(raise!(
                    TypeError,
                    "can't subtract offset-naive and offset-aware datetimes"
                ));
            }
        }
    }
    delta::of(us)
}
/// Readings whose offset depends on the fold are not equal to those of other zones (PEP 495).
fn depends_on_fold(v: Value, offset: Option<i64>) -> PyResult<bool> {
    let flipped = make(
        ty!(PyDateTime_DateTimeType),
        ymd(v),
        clock(v),
        tzinfo_of(v),
        i32::from(fold(v) == 0),
    )?;
    Ok(offset_of(flipped.value(), flipped.value())? != offset)
}
fn compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_datetime(b) {
        if b.is_a(ty!(PyDateTime_DateType)) {
            return match op {
                CmpOp::Eq => Ok(Ref::bool(false)),
                CmpOp::Ne => Ok(Ref::bool(true)),
                _ => Err(cannot_compare(a, b)),
            };
        }
        return Ok(Ref::not_implemented());
    }
    let plain = (ymd(a), clock(a)).cmp(&(ymd(b), clock(b)));
    if tzinfo_of(a) == tzinfo_of(b) {
        return Ok(Ref::bool(op.holds(plain)));
    }
    let (x, y) = (offset_of(a, a)?, offset_of(b, b)?);
    let order = match (x, y) {
        _ if x == y => plain,
        (Some(p), Some(q)) => {
            let at = |v: Value, o: i64| reading_us(ymd(v), clock(v)) - i128::from(o);
            at(a, p).cmp(&at(b, q))
        }
        _ => {
            return match op {
                CmpOp::Eq => Ok(Ref::bool(false)),
                CmpOp::Ne => Ok(Ref::bool(true)),
                _ => Err(raise!(
                    TypeError,
                    "can't compare offset-naive and offset-aware datetimes"
                )),
            };
        }
    };
    if order.is_eq()
        && matches!(op, CmpOp::Eq | CmpOp::Ne)
        && (depends_on_fold(a, x)? || depends_on_fold(b, y)?)
    {
        return Ok(Ref::bool(op == CmpOp::Ne));
    }
    Ok(Ref::bool(op.holds(order)))
}
fn hash(v: Value) -> PyResult<i64> {
    // SAFETY: a datetime.
    let (known, data) = unsafe { ((*raw(v)).hashcode, (*raw(v)).data) };
    if known != -1 {
        return Ok(known as i64);
    }
    let plain = if fold(v) == 0 {
        Ref::new(v)
    } else {
        make(
            ty!(PyDateTime_DateTimeType),
            ymd(v),
            clock(v),
            tzinfo_of(v),
            0,
        )?
    };
    let h = match offset_of(plain.value(), plain.value())? {
        None => hash_bytes(&data),
        Some(offset) => {
            let delta = delta::of(reading_us(ymd(v), clock(v)) - i128::from(offset))?;
            ops::hash(delta.value())?
        }
    };
    // SAFETY: as above.
    unsafe { (*raw(v)).hashcode = h as isize };
    Ok(h)
}
fn replace(v: Value, args: Args<'_>) -> PyResult {
    let [y, mo, d, h, mi, s, us, tz, f] = parse("replace", args, PARAMS, 8, 0)?;
    let (old, c) = (ymd(v), clock(v));
    let day = (int_or(y, old.0)?, int_or(mo, old.1)?, int_or(d, old.2)?);
    let clock = [
        int_or(h, c[0])?,
        int_or(mi, c[1])?,
        int_or(s, c[2])?,
        int_or(us, c[3])?,
    ];
    let tz = if tz.is_empty() {
        tzinfo_of(v)
    } else {
        check_tz(tz)?
    };
    make(v.ty(), day, clock, tz, int_or(f, fold(v).into())?)
}
/// The system's zone at a moment, as a fixed offset with a name.
fn local_zone(seconds: i64) -> PyResult {
    let tm = local_time(seconds)?;
    // SAFETY: a C string of the C library's zone data.
    let name = unsafe { std::ffi::CStr::from_ptr(tm.tm_zone) };
    let name = Ref::str(&name.to_string_lossy());
    let offset = delta::of(i128::from(tm.tm_gmtoff) * 1_000_000)?;
    tz::of_offset(offset.value(), name.value())
}
fn astimezone(v: Value, args: Args<'_>) -> PyResult {
    let [tz] = parse("astimezone", args, ["tz"], 1, 0)?;
    let target = check_tz(tz)?;
    let naive = |v: Value| local_to_seconds(seconds_as_utc(ymd(v), clock(v)), fold(v));
    let own = match tzinfo_of(v) {
        Some(z) => Ref::new(z),
        None => local_zone(naive(v)?)?,
    };
    // Converting to the own zone is a no-op.
    if target == Some(own.value()) {
        return Ok(Ref::new(v));
    }
    let offset = match tzinfo_of(v) {
        Some(_) => offset_of(v, v)?,
        None => Some(zone_offset(own.value(), v)?),
    };
    let (own, offset) = match offset {
        Some(o) => (own, o),
        None => {
            let zone = local_zone(naive(v)?)?;
            let o = zone_offset(zone.value(), v)?;
            (zone, o)
        }
    };
    if target == Some(own.value()) {
        return Ok(Ref::new(v));
    }
    let Some((d, c)) = shifted(ymd(v), clock(v), -i128::from(offset)) else {
        return Err(raise!(OverflowError, "date value out of range"));
    };
    let target = match target {
        Some(z) => Ref::new(z),
        None => local_zone(seconds_as_utc(d, c))?,
    };
    let moved = make(ty!(PyDateTime_DateTimeType), d, c, Some(target.value()), 0)?;
    ops::call_method(target.value(), intern!("fromutc"), &[moved.value()])
}
fn zone_offset(zone: Value, v: Value) -> PyResult<i64> {
    let delta = ops::call_method(zone, intern!("utcoffset"), &[v])?;
    Ok(delta::total(delta.value()) as i64)
}
fn state(v: Value, proto: i64) -> Ref {
    // SAFETY: a datetime.
    let mut data = unsafe { (*raw(v)).data };
    if proto > 3 && fold(v) != 0 {
        data[2] |= 128;
    }
    let data = bytes::new(&data);
    match tzinfo_of(v) {
        None => tuple::from_vec(vec![data]),
        Some(z) => tuple::pair(data, Ref::new(z)),
    }
}
fn reduce_ex(v: Value, proto: Value) -> PyResult {
    let proto = crate::util::as_c_int(proto)?;
    Ok(tuple::pair(v.ty().to_ref(), state(v, proto.into())))
}
fn reduce(v: Value) -> PyResult {
    Ok(tuple::pair(v.ty().to_ref(), state(v, 2)))
}
