//! `time`: clocks, calendar structures, sleeping.

use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Value, ValueExt, check_positional, codec, float, hooks, int, intern,
    methods, module, ops, raise, str, structseq, tuple,
};
use pyrs_vm::{safepoint, threads};

static STRUCT_TIME: TypeCell = TypeCell::new();
const SECOND: i64 = 1_000_000_000;

/// Nanoseconds of a clock.
pub fn clock(id: libc::clockid_t) -> Result<i64, i32> {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: room for the result.
    if unsafe { libc::clock_gettime(id, &mut t) } != 0 {
        return Err(errno());
    }
    Ok(t.tv_sec.saturating_mul(SECOND).saturating_add(t.tv_nsec))
}
fn clock_or_raise(id: libc::clockid_t) -> PyResult<i64> {
    clock(id).map_err(os_error)
}
fn seconds(ns: i64) -> Ref {
    Ref::float(if ns % SECOND == 0 {
        (ns / SECOND) as f64
    } else {
        ns as f64 / 1e9
    })
}
/// Pairs of functions of a fixed clock: in seconds and in nanoseconds.
macro_rules! clocks {
    ($($name:ident $ns:ident $id:ident;)*) => { $(
        fn $name(_: Value) -> PyResult {
            Ok(seconds(clock_or_raise(libc::$id)?))
        }
        fn $ns(_: Value) -> PyResult {
            Ok(Ref::int(clock_or_raise(libc::$id)?))
        }
    )* };
}
clocks! {
    time time_ns CLOCK_REALTIME;
    monotonic monotonic_ns CLOCK_MONOTONIC;
    perf_counter perf_counter_ns CLOCK_MONOTONIC;
    process_time process_time_ns CLOCK_PROCESS_CPUTIME_ID;
    thread_time thread_time_ns CLOCK_THREAD_CPUTIME_ID;
}
fn clock_gettime(_: Value, id: Value) -> PyResult {
    Ok(seconds(clock_or_raise(c_int(id)?)?))
}
fn clock_gettime_ns(_: Value, id: Value) -> PyResult {
    Ok(Ref::int(clock_or_raise(c_int(id)?)?))
}
fn resolution(id: libc::clockid_t) -> PyResult<f64> {
    let mut t = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: room for the result.
    if unsafe { libc::clock_getres(id, &mut t) } != 0 {
        return Err(os_error(errno()));
    }
    Ok(t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9)
}
fn clock_getres(_: Value, id: Value) -> PyResult {
    Ok(Ref::float(resolution(c_int(id)?)?))
}
fn set_clock(id: i32, ns: i64) -> PyResult {
    let t = libc::timespec {
        tv_sec: ns.div_euclid(SECOND),
        tv_nsec: ns.rem_euclid(SECOND),
    };
    // SAFETY: a live structure.
    none_or_errno(unsafe { libc::clock_settime(id, &t) })
}
fn clock_settime(_: Value, args: &[Value]) -> PyResult {
    check_positional("clock_settime", args.len(), 2, 2)?;
    set_clock(c_int(args[0])?, nanoseconds(args[1], false)?)
}
fn clock_settime_ns(_: Value, args: &[Value]) -> PyResult {
    check_positional("clock_settime_ns", args.len(), 2, 2)?;
    set_clock(c_int(args[0])?, c_long(args[1])?)
}
fn pthread_getcpuclockid(_: Value, thread: Value) -> PyResult {
    let thread = c_mask(thread)? as libc::pthread_t;
    let mut id: libc::clockid_t = 0;
    // SAFETY: room for the result; the thread id is the caller's responsibility, as in CPython.
    match unsafe { libc::pthread_getcpuclockid(thread, &mut id) } {
        0 => Ok(Ref::int(i64::from(id))),
        code => Err(os_error(code)),
    }
}

/// A number of seconds in nanoseconds, rounded away from zero (`up`) or to the nearest.
pub fn nanoseconds(v: Value, up: bool) -> PyResult<i64> {
    let range = || {
        raise!(
            OverflowError,
            "timestamp too large to convert to C _PyTime_t"
        )
    };
    if float::is_float_instance(v) {
        let x = float::value(v);
        if x.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let ns = x * 1e9;
        let ns = if up {
            if ns >= 0.0 { ns.ceil() } else { ns.floor() }
        } else {
            ns.round_ties_even()
        };
        if !(-9.223372036854775e18..9.223372036854775e18).contains(&ns) {
            return Err(range());
        }
        return Ok(ns as i64);
    }
    let n = ops::index(v)?;
    int::to_i64(n.value())
        .and_then(|n| n.checked_mul(SECOND))
        .ok_or_else(range)
}
fn sleep(_: Value, v: Value) -> PyResult {
    let ns = nanoseconds(v, true)?;
    if ns < 0 {
        return Err(raise!(ValueError, "sleep length must be non-negative"));
    }
    let end = clock_or_raise(libc::CLOCK_MONOTONIC)?.saturating_add(ns);
    let t = libc::timespec {
        tv_sec: end / SECOND,
        tv_nsec: end % SECOND,
    };
    loop {
        // SAFETY: a live structure.
        let code = threads::without_gil(|| unsafe {
            libc::clock_nanosleep(
                libc::CLOCK_MONOTONIC,
                libc::TIMER_ABSTIME,
                &t,
                std::ptr::null_mut(),
            )
        });
        match code {
            0 => return Ok(Ref::none()),
            libc::EINTR => safepoint::poll(pyrs_object::thread::current())?,
            code => return Err(os_error(code)),
        }
    }
}

const FIELDS: &[(&str, &str)] = &[
    ("tm_year", "year, for example, 1993"),
    ("tm_mon", "month of year, range [1, 12]"),
    ("tm_mday", "day of month, range [1, 31]"),
    ("tm_hour", "hours, range [0, 23]"),
    ("tm_min", "minutes, range [0, 59]"),
    ("tm_sec", "seconds, range [0, 61])"),
    ("tm_wday", "day of week, range [0, 6], Monday is 0"),
    ("tm_yday", "day of year, range [1, 366]"),
    (
        "tm_isdst",
        "1 if summer time is in effect, 0 if not, and -1 if unknown",
    ),
    ("tm_zone", "abbreviation of timezone name"),
    ("tm_gmtoff", "offset from UTC in seconds"),
];
fn empty_tm() -> libc::tm {
    // SAFETY: all-zero is valid (the zone is null).
    unsafe { std::mem::zeroed() }
}
fn zone_name(tm: &libc::tm) -> Ref {
    if tm.tm_zone.is_null() {
        return Ref::none();
    }
    // SAFETY: the C library's text.
    codec::decode_fs(unsafe { std::ffi::CStr::from_ptr(tm.tm_zone) }.to_bytes())
}
fn time_object(tm: &libc::tm) -> Ref {
    let n = |n: i32| Ref::int(i64::from(n));
    structseq::new(
        STRUCT_TIME.get(),
        vec![
            Ref::int(i64::from(tm.tm_year) + 1900),
            n(tm.tm_mon + 1),
            n(tm.tm_mday),
            n(tm.tm_hour),
            n(tm.tm_min),
            n(tm.tm_sec),
            n((tm.tm_wday + 6) % 7),
            n(tm.tm_yday + 1),
            n(tm.tm_isdst),
            zone_name(tm),
            Ref::int(tm.tm_gmtoff),
        ],
    )
}
/// The optional seconds argument, rounded down.
fn when(function: &str, args: &[Value]) -> PyResult<i64> {
    check_positional(function, args.len(), 0, 1)?;
    let range = || raise!(OverflowError, "timestamp out of range for platform time_t");
    match args.first() {
        None => Ok(clock_or_raise(libc::CLOCK_REALTIME)?.div_euclid(SECOND)),
        Some(v) if v.is_none() => Ok(clock_or_raise(libc::CLOCK_REALTIME)?.div_euclid(SECOND)),
        Some(v) if float::is_float_instance(*v) => {
            let x = float::value(*v);
            if x.is_nan() {
                return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
            }
            crate::datetime::float_seconds(x.floor()).ok_or_else(range)
        }
        Some(v) => int::to_i64(ops::index(*v)?.value()).ok_or_else(range),
    }
}
fn local(t: i64) -> PyResult<libc::tm> {
    let mut tm = empty_tm();
    // SAFETY: room for the result.
    if unsafe { libc::localtime_r(&t, &mut tm) }.is_null() {
        return Err(os_error(errno()));
    }
    Ok(tm)
}
fn localtime(_: Value, args: &[Value]) -> PyResult {
    Ok(time_object(&local(when("localtime", args)?)?))
}
fn gmtime(_: Value, args: &[Value]) -> PyResult {
    let t = when("gmtime", args)?;
    let mut tm = empty_tm();
    // SAFETY: room for the result.
    if unsafe { libc::gmtime_r(&t, &mut tm) }.is_null() {
        return Err(os_error(errno()));
    }
    tm.tm_zone = c"GMT".as_ptr();
    Ok(time_object(&tm))
}
/// A time tuple as the C structure; the zone text it points to comes with it.
fn tm_of(v: Value, function: &str) -> PyResult<(libc::tm, Option<std::ffi::CString>)> {
    if !tuple::is_tuple(v) {
        return Err(raise!(TypeError, "Tuple or struct_time argument required"));
    }
    if tuple::len(v) != 9 {
        return Err(raise!(
            TypeError,
            "{function}(): illegal time tuple argument"
        ));
    }
    let mut n = [0i32; 9];
    for (i, slot) in n.iter_mut().enumerate() {
        let item = tuple::get(v, i);
        if !ops::has_index(item) {
            return Err(raise!(
                TypeError,
                "'{}' object cannot be interpreted as an integer",
                item.ty().message_name()
            ));
        }
        let index = ops::index(item)?;
        *slot = match int::to_i64(index.value()).map(i32::try_from) {
            Some(Ok(n)) => n,
            Some(Err(_)) if int::is_negative(index.value()) => {
                return Err(raise!(OverflowError, "signed integer is less than minimum"));
            }
            Some(Err(_)) => {
                return Err(raise!(
                    OverflowError,
                    "signed integer is greater than maximum"
                ));
            }
            None => {
                return Err(raise!(
                    OverflowError,
                    "Python int too large to convert to C long"
                ));
            }
        };
    }
    let Some(year) = n[0].checked_sub(1900) else {
        return Err(raise!(OverflowError, "year out of range"));
    };
    let mut tm = empty_tm();
    tm.tm_year = year;
    tm.tm_mon = n[1].wrapping_sub(1);
    tm.tm_mday = n[2];
    tm.tm_hour = n[3];
    tm.tm_min = n[4];
    tm.tm_sec = n[5];
    tm.tm_wday = n[6].wrapping_add(1) % 7;
    tm.tm_yday = n[7].wrapping_sub(1);
    tm.tm_isdst = n[8];
    let mut zone = None;
    if v.is_a(STRUCT_TIME.get()) {
        let name = ops::getattr(v, intern!("tm_zone"))?;
        if name.has_flag(tpflags::UNICODE_SUBCLASS) {
            zone = std::ffi::CString::new(str::to_wtf8(name.value())).ok();
            tm.tm_zone = zone.as_ref().map_or(std::ptr::null(), |z| z.as_ptr());
        }
        let offset = ops::getattr(v, intern!("tm_gmtoff"))?;
        if !offset.is_none() {
            tm.tm_gmtoff = c_long(offset.value())?;
        }
    }
    Ok((tm, zone))
}
/// Zero stands for one in months and days; everything else must be in its range.
fn check_ranges(tm: &mut libc::tm) -> PyResult<()> {
    let bad = |what: &str| -> PyResult<()> { Err(raise!(ValueError, "{what} out of range")) };
    if tm.tm_mon == -1 {
        tm.tm_mon = 0;
    } else if !(0..=11).contains(&tm.tm_mon) {
        return bad("month");
    }
    if tm.tm_mday == 0 {
        tm.tm_mday = 1;
    } else if !(0..=31).contains(&tm.tm_mday) {
        return bad("day of month");
    }
    if !(0..=23).contains(&tm.tm_hour) {
        return bad("hour");
    }
    if !(0..=59).contains(&tm.tm_min) {
        return bad("minute");
    }
    if !(0..=61).contains(&tm.tm_sec) {
        return bad("seconds");
    }
    if tm.tm_wday < 0 {
        return bad("day of week");
    }
    if tm.tm_yday == -1 {
        tm.tm_yday = 0;
    } else if !(0..=365).contains(&tm.tm_yday) {
        return bad("day of year");
    }
    Ok(())
}
fn strftime(_: Value, args: &[Value]) -> PyResult {
    if args.is_empty() || args.len() > 2 {
        let (bound, n) = if args.is_empty() {
            ("at least 1 argument", 0)
        } else {
            ("at most 2 arguments", args.len())
        };
        return Err(raise!(TypeError, "strftime() takes {bound} ({n} given)"));
    }
    if !args[0].has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type("strftime", "1", "str", args[0]));
    }
    let (mut tm, _zone) = match args.get(1) {
        None => (
            local(clock_or_raise(libc::CLOCK_REALTIME)?.div_euclid(SECOND))?,
            None,
        ),
        Some(t) => {
            let (mut tm, zone) = tm_of(*t, "strftime")?;
            check_ranges(&mut tm)?;
            (tm, zone)
        }
    };
    tm.tm_isdst = tm.tm_isdst.clamp(-1, 1);
    // Surrogates pass through as their UTF-8 form; text around the directives is kept as it is.
    let format = str::to_wtf8(args[0]);
    if format.contains(&0) {
        return Err(raise!(ValueError, "embedded null character"));
    }
    let mut out = Vec::new();
    let mut i = 0;
    while i < format.len() {
        if format[i] != b'%' {
            out.push(format[i]);
            i += 1;
            continue;
        }
        // A directive: flags, width and modifier, then one character.
        let mut end = i + 1;
        while end < format.len()
            && (b"_-0^#+:EO".contains(&format[end]) || format[end].is_ascii_digit())
        {
            end += 1;
        }
        if end >= format.len() || !format[end].is_ascii() {
            out.extend_from_slice(&format[i..end]);
            i = end;
            continue;
        }
        let mut directive = format[i..=end].to_vec();
        // A leading blank keeps an empty result apart from a failure.
        directive.insert(0, b' ');
        directive.push(0);
        let mut size = 256;
        loop {
            let mut buffer = vec![0u8; size];
            // SAFETY: room for `size` bytes; a C string; a live structure.
            let n = unsafe {
                libc::strftime(
                    buffer.as_mut_ptr().cast(),
                    size,
                    directive.as_ptr().cast(),
                    &tm,
                )
            };
            if n > 0 {
                out.extend_from_slice(&buffer[1..n]);
                break;
            }
            if size > 1 << 20 {
                break;
            }
            size *= 8;
        }
        i = end + 1;
    }
    Ok(str::from_wtf8(&out))
}
fn asctime_text(tm: &libc::tm) -> Ref {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    str::new(&format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[tm.tm_wday.rem_euclid(7) as usize],
        MONTHS[tm.tm_mon.rem_euclid(12) as usize],
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        i64::from(tm.tm_year) + 1900
    ))
}
fn asctime(_: Value, args: &[Value]) -> PyResult {
    check_positional("asctime", args.len(), 0, 1)?;
    let tm = match args.first() {
        None => local(clock_or_raise(libc::CLOCK_REALTIME)?.div_euclid(SECOND))?,
        Some(t) => {
            let (mut tm, _) = tm_of(*t, "asctime")?;
            check_ranges(&mut tm)?;
            tm
        }
    };
    Ok(asctime_text(&tm))
}
fn ctime(_: Value, args: &[Value]) -> PyResult {
    Ok(asctime_text(&local(when("ctime", args)?)?))
}
fn mktime(_: Value, t: Value) -> PyResult {
    let (mut tm, _zone) = tm_of(t, "mktime")?;
    tm.tm_wday = -1;
    // SAFETY: a live structure.
    let r = unsafe { libc::mktime(&mut tm) };
    if r == -1 && tm.tm_wday == -1 {
        return Err(raise!(OverflowError, "mktime argument out of range"));
    }
    Ok(Ref::float(r as f64))
}
fn strptime(_: Value, args: &[Value]) -> PyResult {
    let m = (hooks().import)("_strptime")?;
    let f = ops::getattr_str(m.value(), "_strptime_time")?;
    ops::call(f.value(), args)
}
fn get_clock_info(_: Value, name: Value) -> PyResult {
    if !name.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type("get_clock_info", "1", "str", name));
    }
    let (id, text, monotonic, adjustable) = match str::to_string_lossy(name).as_str() {
        "time" => (
            libc::CLOCK_REALTIME,
            "clock_gettime(CLOCK_REALTIME)",
            false,
            true,
        ),
        "monotonic" | "perf_counter" => (
            libc::CLOCK_MONOTONIC,
            "clock_gettime(CLOCK_MONOTONIC)",
            true,
            false,
        ),
        "process_time" => (
            libc::CLOCK_PROCESS_CPUTIME_ID,
            "clock_gettime(CLOCK_PROCESS_CPUTIME_ID)",
            true,
            false,
        ),
        "thread_time" => (
            libc::CLOCK_THREAD_CPUTIME_ID,
            "clock_gettime(CLOCK_THREAD_CPUTIME_ID)",
            true,
            false,
        ),
        _ => return Err(raise!(ValueError, "unknown clock")),
    };
    let types = (hooks().import)("types")?;
    let class = ops::getattr_str(types.value(), "SimpleNamespace")?;
    let names = ["implementation", "monotonic", "adjustable", "resolution"].map(str::intern);
    let names = tuple::from_vec(names.to_vec());
    let values = [
        str::new(text),
        Ref::bool(monotonic),
        Ref::bool(adjustable),
        Ref::float(resolution(id)?),
    ];
    let values = values.each_ref().map(|v| v.value());
    ops::call_args(
        class.value(),
        Args {
            values: &values,
            kwnames: names.value(),
        },
    )
}

/// `timezone`, `altzone`, `daylight`, `tzname` from the zone's offsets in January and July.
fn set_zone(m: Value) -> PyResult<()> {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let start = clock_or_raise(libc::CLOCK_REALTIME)? / SECOND / YEAR * YEAR;
    let (january, july) = (local(start)?, local(start + YEAR / 2)?);
    let (a, b) = (-january.tm_gmtoff, -july.tm_gmtoff);
    let (names, zone, alt) = if a < b {
        (vec![zone_name(&july), zone_name(&january)], b, a)
    } else {
        (vec![zone_name(&january), zone_name(&july)], a, b)
    };
    module::add(m, "timezone", Ref::int(zone));
    module::add(m, "altzone", Ref::int(alt));
    module::add(m, "daylight", Ref::int((a != b).into()));
    module::add(m, "tzname", tuple::from_vec(names));
    Ok(())
}
unsafe extern "C" {
    fn tzset();
}
fn time_tzset(m: Value) -> PyResult {
    // SAFETY: the environment is only touched under the GIL.
    unsafe { tzset() };
    set_zone(m)?;
    Ok(Ref::none())
}

methods! {
    static FUNCTIONS = [
        "time" NOARGS time, "time() -> floating point number";
        "time_ns" NOARGS time_ns, "time_ns() -> int";
        "clock_gettime" O clock_gettime, "clock_gettime(clk_id) -> float";
        "clock_gettime_ns" O clock_gettime_ns, "clock_gettime_ns(clk_id) -> int";
        "clock_settime" FAST clock_settime, "clock_settime(clk_id, time)";
        "clock_settime_ns" FAST clock_settime_ns, "clock_settime_ns(clk_id, time)";
        "clock_getres" O clock_getres, "clock_getres(clk_id) -> floating point number";
        "pthread_getcpuclockid" O pthread_getcpuclockid, "pthread_getcpuclockid(thread_id) -> int";
        "sleep" O sleep, "sleep(seconds)";
        "gmtime" FAST gmtime, "gmtime([seconds]) -> struct_time";
        "localtime" FAST localtime, "localtime([seconds]) -> struct_time";
        "asctime" FAST asctime, "asctime([tuple]) -> string";
        "ctime" FAST ctime, "ctime(seconds) -> string";
        "mktime" O mktime, "mktime(tuple) -> floating point number";
        "strftime" FAST strftime, "strftime(format[, tuple]) -> string";
        "strptime" FAST strptime, "strptime(string, format) -> struct_time";
        "tzset" NOARGS time_tzset, "tzset()";
        "monotonic" NOARGS monotonic, "monotonic() -> float";
        "monotonic_ns" NOARGS monotonic_ns, "monotonic_ns() -> int";
        "process_time" NOARGS process_time, "process_time() -> float";
        "process_time_ns" NOARGS process_time_ns, "process_time() -> int";
        "thread_time" NOARGS thread_time, "thread_time() -> float";
        "thread_time_ns" NOARGS thread_time_ns, "thread_time() -> int";
        "perf_counter" NOARGS perf_counter, "perf_counter() -> float";
        "perf_counter_ns" NOARGS perf_counter_ns, "perf_counter_ns() -> int";
        "get_clock_info" O get_clock_info, "get_clock_info(name: str) -> dict";
    ]
}
pub fn init() -> PyResult {
    let m = module::new("time");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let t = structseq::new_type(
        "time.struct_time",
        "The time value as gmtime, localtime and strptime give it.",
        FIELDS,
        9,
    )?;
    STRUCT_TIME.set(t);
    module::add(m.value(), "struct_time", t.to_ref());
    module::add(m.value(), "_STRUCT_TM_ITEMS", Ref::int(11));
    for (name, id) in [
        ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
        ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
        ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
        ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
        ("CLOCK_TAI", libc::CLOCK_TAI),
        ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
        ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
    ] {
        module::add(m.value(), name, Ref::int(i64::from(id)));
    }
    set_zone(m.value())?;
    Ok(m)
}
