//! `time`: clocks, calendar conversion and sleeping, over the system's C library.

use pyrs_object::layout::tpflags;
use pyrs_object::{PyResult, Raised, Ref, Type, Value, ValueExt, check_positional, dict, errors, methods, module, namespace, ops, raise, singletons, str, structseq, tuple};
use pyrs_vm::threads;
use std::sync::OnceLock;

const NS: i64 = 1_000_000_000;

static STRUCT_TIME: OnceLock<Type> = OnceLock::new();

fn struct_time_type() -> PyResult<Type> {
    if let Some(t) = STRUCT_TIME.get() {
        return Ok(*t);
    }
    let fields: &[(&str, &str)] = &[
        ("tm_year", "year, for example, 1993"),
        ("tm_mon", "month of year, range [1, 12]"),
        ("tm_mday", "day of month, range [1, 31]"),
        ("tm_hour", "hours, range [0, 23]"),
        ("tm_min", "minutes, range [0, 59]"),
        ("tm_sec", "seconds, range [0, 61])"),
        ("tm_wday", "day of week, range [0, 6], Monday is 0"),
        ("tm_yday", "day of year, range [1, 366]"),
        ("tm_isdst", "1 if summer time is in effect, 0 if not, and -1 if unknown"),
        ("tm_zone", "abbreviation of timezone name"),
        ("tm_gmtoff", "offset from UTC in seconds"),
    ];
    let t = structseq::new_type("time.struct_time", "The time value as returned by gmtime(), localtime(), and strptime().", fields, 9)?;
    Ok(*STRUCT_TIME.get_or_init(|| t))
}

fn clock(id: libc::clockid_t) -> PyResult<i64> {
    // SAFETY: clock_gettime fills the structure.
    unsafe {
        let mut ts: libc::timespec = std::mem::zeroed();
        if libc::clock_gettime(id, &mut ts) != 0 {
            return Err(errors::os_error(Value::EMPTY, Value::EMPTY));
        }
        Ok(ts.tv_sec * NS + ts.tv_nsec)
    }
}
fn seconds(ns: i64) -> Ref {
    Ref::float(if ns % NS == 0 { (ns / NS) as f64 } else { ns as f64 / 1e9 })
}
macro_rules! clocks {
    ($($name:ident $ns:ident $id:path;)*) => {$(
        fn $name(_: Value) -> PyResult {
            clock($id).map(seconds)
        }
        fn $ns(_: Value) -> PyResult {
            clock($id).map(Ref::int)
        }
    )*};
}
clocks! {
    time time_ns libc::CLOCK_REALTIME;
    monotonic monotonic_ns libc::CLOCK_MONOTONIC;
    perf_counter perf_counter_ns libc::CLOCK_MONOTONIC;
    process_time process_time_ns libc::CLOCK_PROCESS_CPUTIME_ID;
    thread_time thread_time_ns libc::CLOCK_THREAD_CPUTIME_ID;
}
fn clock_id(v: Value) -> PyResult<libc::clockid_t> {
    let n = ops::index_as_isize(v)?;
    i32::try_from(n).map_err(|_| raise!(OverflowError, "Python int too large to convert to C int"))
}
fn clock_gettime(_: Value, id: Value) -> PyResult {
    clock(clock_id(id)?).map(seconds)
}
fn clock_gettime_ns(_: Value, id: Value) -> PyResult {
    clock(clock_id(id)?).map(Ref::int)
}
fn clock_getres(_: Value, id: Value) -> PyResult {
    // SAFETY: clock_getres fills the structure.
    unsafe {
        let mut ts: libc::timespec = std::mem::zeroed();
        if libc::clock_getres(clock_id(id)?, &mut ts) != 0 {
            return Err(errors::os_error(Value::EMPTY, Value::EMPTY));
        }
        Ok(Ref::float(ts.tv_sec as f64 + ts.tv_nsec as f64 * 1e-9))
    }
}
fn set_clock(id: Value, ns: i64) -> PyResult {
    let ts = libc::timespec { tv_sec: ns.div_euclid(NS), tv_nsec: ns.rem_euclid(NS) };
    // SAFETY: a valid structure.
    if unsafe { libc::clock_settime(clock_id(id)?, &ts) } != 0 {
        return Err(errors::os_error(Value::EMPTY, Value::EMPTY));
    }
    Ok(Ref::none())
}
fn clock_settime(_: Value, args: &[Value]) -> PyResult {
    check_positional("clock_settime", args.len(), 2, 2)?;
    set_clock(args[0], to_ns(args[1])?)
}
fn clock_settime_ns(_: Value, args: &[Value]) -> PyResult {
    check_positional("clock_settime_ns", args.len(), 2, 2)?;
    set_clock(args[0], ops::index_as_isize(args[1])? as i64)
}

/// Seconds of any number as nanoseconds, rounded up as sleeping wants it.
fn to_ns(v: Value) -> PyResult<i64> {
    if pyrs_object::int::is_int_instance(v) {
        return pyrs_object::int::to_i64(v)
            .and_then(|n| n.checked_mul(NS))
            .ok_or_else(|| raise!(OverflowError, "timestamp too large to convert to C _PyTime_t"));
    }
    let x = ops::as_f64(v)?;
    if x.is_nan() {
        return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
    }
    let ns = (x * 1e9).ceil();
    if ns.abs() >= 9.2e18 {
        return Err(raise!(OverflowError, "timestamp too large to convert to C _PyTime_t"));
    }
    Ok(ns as i64)
}

fn sleep(_: Value, v: Value) -> PyResult {
    let ns = to_ns(v)?;
    if ns < 0 {
        return Err(raise!(ValueError, "sleep length must be non-negative"));
    }
    let deadline = clock(libc::CLOCK_MONOTONIC)?.saturating_add(ns);
    loop {
        let ts = libc::timespec { tv_sec: deadline / NS, tv_nsec: deadline % NS };
        // SAFETY: a valid structure; no remainder is asked for with an absolute time.
        let code = threads::without_gil(|| unsafe {
            libc::clock_nanosleep(libc::CLOCK_MONOTONIC, libc::TIMER_ABSTIME, &ts, std::ptr::null_mut())
        });
        match code {
            0 => return Ok(Ref::none()),
            libc::EINTR => pyrs_vm::safepoint::poll(pyrs_object::thread::current())?,
            other => return Err(errors::os_error_code(other, Value::EMPTY, Value::EMPTY)),
        }
    }
}

/// Whole seconds of an optional timestamp argument (now without one), rounded down.
fn timestamp(args: &[Value], name: &str) -> PyResult<i64> {
    check_positional(name, args.len(), 0, 1)?;
    match args.first().filter(|v| !v.is_none()) {
        None => Ok(clock(libc::CLOCK_REALTIME)?.div_euclid(NS)),
        Some(v) if pyrs_object::int::is_int_instance(*v) => pyrs_object::int::to_i64(*v)
            .ok_or_else(|| raise!(OverflowError, "timestamp out of range for platform time_t")),
        Some(v) => {
            let x = ops::as_f64(*v)?;
            if x.is_nan() {
                return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
            }
            let x = x.floor();
            if x.abs() >= 9.2e18 {
                return Err(raise!(OverflowError, "timestamp out of range for platform time_t"));
            }
            Ok(x as i64)
        }
    }
}
fn broken_down(seconds: i64, local: bool) -> PyResult<libc::tm> {
    // SAFETY: both functions fill the structure or give null.
    unsafe {
        let mut tm: libc::tm = std::mem::zeroed();
        let r = if local { libc::localtime_r(&seconds, &mut tm) } else { libc::gmtime_r(&seconds, &mut tm) };
        if r.is_null() { Err(errors::os_error(Value::EMPTY, Value::EMPTY)) } else { Ok(tm) }
    }
}
fn zone_text(tm: &libc::tm) -> Ref {
    if tm.tm_zone.is_null() {
        return Ref::none();
    }
    // SAFETY: the C library's zone names are static texts.
    str::new(&unsafe { std::ffi::CStr::from_ptr(tm.tm_zone) }.to_string_lossy())
}
fn to_struct(tm: &libc::tm, utc: bool) -> PyResult {
    let n = |x: i32| Ref::int(i64::from(x));
    let zone = if utc { str::new("UTC") } else { zone_text(tm) };
    Ok(structseq::new(
        struct_time_type()?,
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
            zone,
            Ref::int(tm.tm_gmtoff),
        ],
    ))
}
fn gmtime(_: Value, args: &[Value]) -> PyResult {
    let tm = broken_down(timestamp(args, "gmtime")?, false)?;
    to_struct(&tm, true)
}
fn localtime(_: Value, args: &[Value]) -> PyResult {
    let tm = broken_down(timestamp(args, "localtime")?, true)?;
    to_struct(&tm, false)
}

/// The C structure of a time tuple.
fn from_tuple(v: Value, name: &str) -> PyResult<libc::tm> {
    if !v.has_flag(tpflags::TUPLE_SUBCLASS) {
        return Err(raise!(TypeError, "Tuple or struct_time argument required"));
    }
    if tuple::len(v) != 9 && !(tuple::len(v) > 9 && v.ty() == struct_time_type()?) {
        return Err(raise!(TypeError, "{name}(): illegal time tuple argument"));
    }
    let mut f = [0i32; 9];
    for (k, slot) in f.iter_mut().enumerate() {
        let n = ops::index_as_isize(tuple::get(v, k))?;
        *slot = i32::try_from(n).map_err(|_| raise!(OverflowError, "signed integer is greater than maximum"))?;
    }
    // SAFETY: all-zero is a valid structure.
    let mut tm: libc::tm = unsafe { std::mem::zeroed() };
    tm.tm_year = f[0].checked_sub(1900).ok_or_else(|| raise!(OverflowError, "year out of range"))?;
    tm.tm_mon = f[1].wrapping_sub(1);
    tm.tm_mday = f[2];
    tm.tm_hour = f[3];
    tm.tm_min = f[4];
    tm.tm_sec = f[5];
    tm.tm_wday = (f[6].wrapping_add(1)).rem_euclid(7);
    if f[6] < -1 {
        tm.tm_wday = -1;
    }
    tm.tm_yday = f[7].wrapping_sub(1);
    tm.tm_isdst = f[8];
    Ok(tm)
}
fn check_range(tm: &mut libc::tm) -> PyResult<()> {
    let bad = |what: &str| -> Raised { raise!(ValueError, "{what} out of range") };
    if tm.tm_mon == -1 {
        tm.tm_mon = 0;
    } else if !(0..=11).contains(&tm.tm_mon) {
        return Err(bad("month"));
    }
    if tm.tm_mday == 0 {
        tm.tm_mday = 1;
    } else if !(1..=31).contains(&tm.tm_mday) {
        return Err(bad("day of month"));
    }
    if !(0..=23).contains(&tm.tm_hour) {
        return Err(bad("hour"));
    }
    if !(0..=59).contains(&tm.tm_min) {
        return Err(bad("minute"));
    }
    if !(0..=61).contains(&tm.tm_sec) {
        return Err(bad("seconds"));
    }
    if tm.tm_wday < 0 {
        return Err(bad("day of week"));
    }
    if tm.tm_yday == -1 {
        tm.tm_yday = 0;
    } else if !(0..=365).contains(&tm.tm_yday) {
        return Err(bad("day of year"));
    }
    Ok(())
}
fn mktime(_: Value, v: Value) -> PyResult {
    let mut tm = from_tuple(v, "mktime")?;
    tm.tm_wday = -1;
    // SAFETY: a valid structure.
    let t = unsafe { libc::mktime(&mut tm) };
    if t == -1 && tm.tm_wday == -1 {
        return Err(raise!(OverflowError, "mktime argument out of range"));
    }
    Ok(Ref::float(t as f64))
}
fn tm_argument(args: &[Value], at: usize, name: &str) -> PyResult<libc::tm> {
    match args.get(at) {
        Some(v) => {
            let mut tm = from_tuple(*v, name)?;
            check_range(&mut tm)?;
            Ok(tm)
        }
        None => broken_down(clock(libc::CLOCK_REALTIME)?.div_euclid(NS), true),
    }
}
fn asctime_text(tm: &libc::tm) -> String {
    const DAYS: [&str; 7] = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
    const MONTHS: [&str; 12] =
        ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    format!(
        "{} {}{:3} {:02}:{:02}:{:02} {}",
        DAYS[tm.tm_wday.rem_euclid(7) as usize],
        MONTHS[tm.tm_mon.rem_euclid(12) as usize],
        tm.tm_mday,
        tm.tm_hour,
        tm.tm_min,
        tm.tm_sec,
        i64::from(tm.tm_year) + 1900
    )
}
fn asctime(_: Value, args: &[Value]) -> PyResult {
    check_positional("asctime", args.len(), 0, 1)?;
    Ok(str::new(&asctime_text(&tm_argument(args, 0, "asctime")?)))
}
fn ctime(_: Value, args: &[Value]) -> PyResult {
    Ok(str::new(&asctime_text(&broken_down(timestamp(args, "ctime")?, true)?)))
}
fn strftime(_: Value, args: &[Value]) -> PyResult {
    check_positional("strftime", args.len(), 1, 2)?;
    if !args[0].has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "strftime() argument 1 must be str, not {}", args[0].ty().message_name()));
    }
    let mut tm = tm_argument(args, 1, "strftime")?;
    tm.tm_isdst = tm.tm_isdst.clamp(-1, 1);
    if args.len() == 1 || tm.tm_zone.is_null() {
        let mut copy = tm;
        // SAFETY: mktime fills in the zone of a valid structure.
        unsafe { libc::mktime(&mut copy) };
        tm.tm_zone = copy.tm_zone;
        tm.tm_gmtoff = copy.tm_gmtoff;
    }
    let format = str::to_wtf8(args[0]);
    let mut out = Vec::new();
    // A NUL in the format is kept: the pieces between are formatted one by one.
    for (k, piece) in format.split(|b| *b == 0).enumerate() {
        if k > 0 {
            out.push(0);
        }
        if piece.is_empty() {
            continue;
        }
        let mut c = piece.to_vec();
        c.push(0);
        let mut size = 256;
        loop {
            let mut buffer = vec![0u8; size];
            // SAFETY: the buffer has `size` bytes and the format ends with NUL.
            let n = unsafe { libc::strftime(buffer.as_mut_ptr().cast(), size, c.as_ptr().cast(), &tm) };
            if n > 0 || size > 256 * piece.len().max(1) {
                out.extend_from_slice(&buffer[..n]);
                break;
            }
            size *= 2;
        }
    }
    Ok(str::from_wtf8(&out))
}
fn strptime(_: Value, args: &[Value]) -> PyResult {
    let m = pyrs_vm::import::import_absolute("_strptime")?;
    ops::call_method_str(m.value(), "_strptime_time", args)
}
unsafe extern "C" {
    fn tzset();
}
/// Sets `timezone`, `altzone`, `daylight` and `tzname` from two days of the current zone.
fn init_timezone(m: Value) -> PyResult<()> {
    const YEAR: i64 = (365 * 24 + 6) * 3600;
    let now = clock(libc::CLOCK_REALTIME)?.div_euclid(NS);
    let start = now / YEAR * YEAR;
    let january = broken_down(start, true)?;
    let july = broken_down(start + YEAR / 2, true)?;
    let (jan_off, jul_off) = (-january.tm_gmtoff, -july.tm_gmtoff);
    let (jan_name, jul_name) = (zone_text(&january), zone_text(&july));
    let (zone, alt, names) = if jan_off < jul_off {
        (jul_off, jan_off, vec![jul_name, jan_name])
    } else {
        (jan_off, jul_off, vec![jan_name, jul_name])
    };
    module::add(m, "timezone", Ref::int(zone));
    module::add(m, "altzone", Ref::int(alt));
    module::add(m, "daylight", Ref::int(i64::from(jan_off != jul_off)));
    module::add(m, "tzname", tuple::from_vec(names));
    Ok(())
}
fn py_tzset(m: Value) -> PyResult {
    // SAFETY: rereads TZ under the GIL.
    unsafe { tzset() };
    init_timezone(m)?;
    Ok(Ref::none())
}
fn get_clock_info(_: Value, v: Value) -> PyResult {
    let name = crate::name_text(v);
    let (implementation, id, monotonic, adjustable) = match name.as_str() {
        "time" => ("clock_gettime(CLOCK_REALTIME)", libc::CLOCK_REALTIME, false, true),
        "monotonic" | "perf_counter" => ("clock_gettime(CLOCK_MONOTONIC)", libc::CLOCK_MONOTONIC, true, false),
        "process_time" => ("clock_gettime(CLOCK_PROCESS_CPUTIME_ID)", libc::CLOCK_PROCESS_CPUTIME_ID, true, false),
        "thread_time" => ("clock_gettime(CLOCK_THREAD_CPUTIME_ID)", libc::CLOCK_THREAD_CPUTIME_ID, true, false),
        _ => return Err(raise!(ValueError, "unknown clock")),
    };
    let d = dict::new();
    let resolution = clock_getres(singletons::none(), Value::int_unchecked(i64::from(id)))?;
    dict::set_str(d.value(), "implementation", str::new(implementation).value());
    dict::set_str(d.value(), "monotonic", Ref::bool(monotonic).value());
    dict::set_str(d.value(), "adjustable", Ref::bool(adjustable).value());
    dict::set_str(d.value(), "resolution", resolution.value());
    Ok(namespace::new(d))
}
fn pthread_getcpuclockid(_: Value, v: Value) -> PyResult {
    let id = ops::index_as_isize(v)?;
    let mut clock = 0;
    // SAFETY: the C library checks the thread id as far as it can; the result is a number.
    let code = unsafe { libc::pthread_getcpuclockid(id as libc::pthread_t, &mut clock) };
    if code != 0 {
        return Err(errors::os_error_code(code, Value::EMPTY, Value::EMPTY));
    }
    Ok(Ref::int(i64::from(clock)))
}

methods! { static FUNCTIONS = [
    "time" NOARGS time, "time() -> floating point number\n\nSeconds since the Epoch.";
    "time_ns" NOARGS time_ns, "time_ns() -> int\n\n";
    "clock_gettime" O clock_gettime, "clock_gettime(clk_id) -> float\n\n";
    "clock_gettime_ns" O clock_gettime_ns, "clock_gettime_ns(clk_id) -> int\n\n";
    "clock_settime" FAST clock_settime, "clock_settime(clk_id, time)\n\n";
    "clock_settime_ns" FAST clock_settime_ns, "clock_settime_ns(clk_id, time)\n\n";
    "clock_getres" O clock_getres, "clock_getres(clk_id) -> floating point number\n\n";
    "pthread_getcpuclockid" O pthread_getcpuclockid, "pthread_getcpuclockid(thread_id) -> int\n\n";
    "sleep" O sleep, "sleep(seconds)\n\nWaits; may be a fraction of a second.";
    "gmtime" FAST gmtime, "gmtime([seconds]) -> struct_time\n\n";
    "localtime" FAST localtime, "localtime([seconds]) -> struct_time\n\n";
    "asctime" FAST asctime, "asctime([tuple]) -> string\n\n";
    "ctime" FAST ctime, "ctime(seconds) -> string\n\n";
    "mktime" O mktime, "mktime(tuple) -> floating point number\n\n";
    "strftime" FAST strftime, "strftime(format[, tuple]) -> string\n\n";
    "strptime" FAST strptime, "strptime(string, format) -> struct_time\n\n";
    "tzset" NOARGS py_tzset, "tzset()\n\n";
    "monotonic" NOARGS monotonic, "monotonic() -> float\n\n";
    "monotonic_ns" NOARGS monotonic_ns, "monotonic_ns() -> int\n\n";
    "process_time" NOARGS process_time, "process_time() -> float\n\n";
    "process_time_ns" NOARGS process_time_ns, "process_time_ns() -> int\n\n";
    "thread_time" NOARGS thread_time, "thread_time() -> float\n\n";
    "thread_time_ns" NOARGS thread_time_ns, "thread_time_ns() -> int\n\n";
    "perf_counter" NOARGS perf_counter, "perf_counter() -> float\n\n";
    "perf_counter_ns" NOARGS perf_counter_ns, "perf_counter_ns() -> int\n\n";
    "get_clock_info" O get_clock_info, "get_clock_info(name: str) -> dict\n\n";
] }

pub fn init() -> PyResult {
    let m = module::new("time");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(m.value(), "struct_time", struct_time_type()?.to_ref());
    for (name, id) in [
        ("CLOCK_REALTIME", libc::CLOCK_REALTIME),
        ("CLOCK_MONOTONIC", libc::CLOCK_MONOTONIC),
        ("CLOCK_MONOTONIC_RAW", libc::CLOCK_MONOTONIC_RAW),
        ("CLOCK_BOOTTIME", libc::CLOCK_BOOTTIME),
        ("CLOCK_PROCESS_CPUTIME_ID", libc::CLOCK_PROCESS_CPUTIME_ID),
        ("CLOCK_THREAD_CPUTIME_ID", libc::CLOCK_THREAD_CPUTIME_ID),
        ("CLOCK_TAI", libc::CLOCK_TAI),
    ] {
        module::add(m.value(), name, Ref::int(i64::from(id)));
    }
    module::add(m.value(), "_STRUCT_TM_ITEMS", Ref::int(11));
    // SAFETY: reads TZ under the GIL.
    unsafe { tzset() };
    init_timezone(m.value())?;
    Ok(m)
}
