//! `cpython/pytime.h`: timestamps as nanoseconds in an `i64`.

use crate::*;
use pyrs_object::{float, int};

/// `_PyTime_round_t`.
type Round = c_int;
const FLOOR: Round = 0;
const CEILING: Round = 1;
const HALF_EVEN: Round = 2;
const SECOND: i64 = 1_000_000_000;

fn round_float(x: f64, how: Round) -> f64 {
    match how {
        HALF_EVEN => x.round_ties_even(),
        CEILING => x.ceil(),
        FLOOR => x.floor(),
        _ => {
            if x >= 0.0 {
                x.ceil()
            } else {
                x.floor()
            }
        }
    }
}
/// `t / k`, rounded.
fn divide(t: i64, k: i64, how: Round) -> i64 {
    let (q, r) = (t.div_euclid(k), t.rem_euclid(k));
    let up = match how {
        FLOOR => false,
        CEILING => r != 0,
        HALF_EVEN => 2 * r > k || 2 * r == k && q % 2 != 0,
        // Away from zero; the quotient was rounded down.
        _ => r != 0 && t >= 0,
    };
    q + i64::from(up)
}
fn too_large() -> Raised {
    raise!(
        OverflowError,
        "timestamp too large to convert to C _PyTime_t"
    )
}
/// A number of units, each `unit` nanoseconds long.
fn from_object(v: Value, unit: i64, how: Round) -> PyResult<i64> {
    if float::is_float_instance(v) {
        let x = float::value(v);
        if x.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        let ns = round_float(x * unit as f64, how);
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&ns) {
            return Err(too_large());
        }
        return Ok(ns as i64);
    }
    let i = pyrs_object::ops::index(v)?;
    int::to_i64(i.value())
        .and_then(|n| n.checked_mul(unit))
        .ok_or_else(too_large)
}
unsafe fn give(r: PyResult<i64>, out: *mut i64) -> c_int {
    match r {
        Ok(n) => {
            // SAFETY: the caller's place for the result.
            unsafe { *out = n };
            0
        }
        Err(_) => -1,
    }
}
fn clock(id: libc::clockid_t) -> i64 {
    // SAFETY: a place for the time.
    unsafe {
        let mut t: libc::timespec = std::mem::zeroed();
        libc::clock_gettime(id, &raw mut t);
        t.tv_sec * SECOND + t.tv_nsec
    }
}
fn seconds_of(v: Value, how: Round) -> PyResult<i64> {
    if float::is_float_instance(v) {
        let x = round_float(float::value(v), how);
        if x.is_nan() {
            return Err(raise!(ValueError, "Invalid value NaN (not a number)"));
        }
        if !(-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&x) {
            return Err(raise!(
                OverflowError,
                "timestamp out of range for platform time_t"
            ));
        }
        return Ok(x as i64);
    }
    let i = pyrs_object::ops::index(v)?;
    int::to_i64(i.value())
        .ok_or_else(|| raise!(OverflowError, "timestamp out of range for platform time_t"))
}
/// Seconds and the fraction in units of `1 / parts`.
fn split(v: Value, parts: f64, how: Round) -> PyResult<(i64, i64)> {
    if !float::is_float_instance(v) || float::value(v).is_nan() {
        return Ok((seconds_of(v, how)?, 0));
    }
    let x = float::value(v);
    let mut whole = x.trunc();
    let mut fraction = round_float(x.fract() * parts, how);
    if fraction >= parts {
        fraction -= parts;
        whole += 1.0;
    } else if fraction < 0.0 {
        fraction += parts;
        whole -= 1.0;
    }
    Ok((
        seconds_of(Ref::float(whole).value(), FLOOR)?,
        fraction as i64,
    ))
}
/// Writes what [`split`] gave through C's pointers.
///
/// # Safety
/// Both pointers are valid.
unsafe fn give_both(r: PyResult<(i64, i64)>, seconds: *mut i64, part: *mut i64) -> c_int {
    status(r.map(|(s, p)| {
        // SAFETY: by contract.
        unsafe {
            *seconds = s;
            *part = p;
        }
    }))
}

/// `_Py_clock_info_t`.
#[repr(C)]
pub struct ClockInfo {
    implementation: *const c_char,
    monotonic: c_int,
    adjustable: c_int,
    resolution: f64,
}
/// # Safety
/// `out` is valid, `info` null or valid.
unsafe fn with_info(id: libc::clockid_t, out: *mut i64, info: *mut ClockInfo) -> c_int {
    // SAFETY: by contract.
    unsafe {
        *out = clock(id);
        if let Some(info) = info.as_mut() {
            let real = id == libc::CLOCK_REALTIME;
            let mut t: libc::timespec = std::mem::zeroed();
            libc::clock_getres(id, &raw mut t);
            *info = ClockInfo {
                implementation: if real {
                    c"clock_gettime(CLOCK_REALTIME)".as_ptr()
                } else {
                    c"clock_gettime(CLOCK_MONOTONIC)".as_ptr()
                },
                monotonic: c_int::from(!real),
                adjustable: c_int::from(real),
                resolution: t.tv_sec as f64 + t.tv_nsec as f64 * 1e-9,
            };
        }
    }
    0
}
fn broken_down(t: *mut libc::tm) -> c_int {
    if t.is_null() {
        let _ = pyrs_object::errors::os_error(Value::EMPTY, Value::EMPTY);
        return -1;
    }
    0
}

capi! {
    fn _PyTime_Add(a: i64, b: i64) -> i64 { a.saturating_add(b) }
    fn _PyTime_MulDiv(ticks: i64, mul: i64, div: i64) -> i64 {
        let whole = i128::from(ticks) / i128::from(div) * i128::from(mul) + i128::from(ticks % div) * i128::from(mul) / i128::from(div);
        whole.clamp(i64::MIN.into(), i64::MAX.into()) as i64
    }
    fn _PyTime_FromTimespec(out: *mut i64, t: *const libc::timespec) -> c_int {
        give((*t).tv_sec.checked_mul(SECOND).and_then(|s| s.checked_add((*t).tv_nsec)).ok_or_else(too_large), out)
    }
    fn _PyTime_FromTimeval(out: *mut i64, t: *const libc::timeval) -> c_int {
        give((*t).tv_sec.checked_mul(SECOND).and_then(|s| s.checked_add((*t).tv_usec * 1_000)).ok_or_else(too_large), out)
    }
    fn _PyTime_AsTimevalTime_t(t: i64, seconds: *mut i64, us: *mut c_int, how: Round) -> c_int {
        let all = divide(t, 1_000, how);
        *seconds = all.div_euclid(1_000_000);
        *us = all.rem_euclid(1_000_000) as c_int;
        0
    }
    fn _PyTime_GetSystemClockWithInfo(out: *mut i64, info: *mut ClockInfo) -> c_int { with_info(libc::CLOCK_REALTIME, out, info) }
    fn _PyTime_GetMonotonicClockWithInfo(out: *mut i64, info: *mut ClockInfo) -> c_int { with_info(libc::CLOCK_MONOTONIC, out, info) }
    fn _PyTime_GetPerfCounterWithInfo(out: *mut i64, info: *mut ClockInfo) -> c_int { with_info(libc::CLOCK_MONOTONIC, out, info) }
    fn _PyTime_localtime(t: i64, out: *mut libc::tm) -> c_int { broken_down(libc::localtime_r(&raw const t, out)) }
    fn _PyTime_gmtime(t: i64, out: *mut libc::tm) -> c_int { broken_down(libc::gmtime_r(&raw const t, out)) }
    fn _PyTime_ObjectToTimeval(o: O, seconds: *mut i64, us: *mut i64, how: Round) -> c_int { give_both(split(val(o), 1e6, how), seconds, us) }
    fn _PyTime_ObjectToTimespec(o: O, seconds: *mut i64, ns: *mut i64, how: Round) -> c_int { give_both(split(val(o), 1e9, how), seconds, ns) }
    fn _PyTime_FromSeconds(n: c_int) -> i64 { i64::from(n) * SECOND }
    fn _PyTime_FromNanoseconds(n: i64) -> i64 { n }
    fn _PyTime_FromNanosecondsObject(out: *mut i64, o: O) -> c_int {
        let v = val(o);
        if !int::is_int_instance(v) {
            let _ = raise!(TypeError, "expect int, got {}", pyrs_object::ValueExt::ty(v).message_name());
            return -1;
        }
        give(int::to_i64(v).ok_or_else(too_large), out)
    }
    fn _PyTime_FromSecondsObject(out: *mut i64, o: O, how: Round) -> c_int { give(from_object(val(o), SECOND, how), out) }
    fn _PyTime_FromMillisecondsObject(out: *mut i64, o: O, how: Round) -> c_int { give(from_object(val(o), 1_000_000, how), out) }
    fn _PyTime_ObjectToTime_t(o: O, out: *mut i64, how: Round) -> c_int { give(seconds_of(val(o), how), out) }
    fn _PyLong_FromTime_t(t: i64) -> O { boundary::to_c(Ref::int(t)) }
    fn _PyLong_AsTime_t(o: O) -> i64 { seconds_of(val(o), FLOOR).unwrap_or(-1) }
    fn _PyTime_AsSecondsDouble(t: i64) -> f64 {
        if t % SECOND == 0 { (t / SECOND) as f64 } else { t as f64 / SECOND as f64 }
    }
    fn _PyTime_AsMilliseconds(t: i64, how: Round) -> i64 { divide(t, 1_000_000, how) }
    fn _PyTime_AsMicroseconds(t: i64, how: Round) -> i64 { divide(t, 1_000, how) }
    fn _PyTime_AsNanoseconds(t: i64) -> i64 { t }
    fn _PyTime_AsNanosecondsObject(t: i64) -> O { boundary::to_c(Ref::int(t)) }
    fn _PyTime_AsTimeval_clamp(t: i64, out: *mut libc::timeval, how: Round) {
        let us = divide(t, 1_000, how);
        *out = libc::timeval { tv_sec: us.div_euclid(1_000_000), tv_usec: us.rem_euclid(1_000_000) };
    }
    fn _PyTime_AsTimeval(t: i64, out: *mut libc::timeval, how: Round) -> c_int { _PyTime_AsTimeval_clamp(t, out, how); 0 }
    fn _PyTime_AsTimespec_clamp(t: i64, out: *mut libc::timespec) {
        *out = libc::timespec { tv_sec: t.div_euclid(SECOND), tv_nsec: t.rem_euclid(SECOND) };
    }
    fn _PyTime_AsTimespec(t: i64, out: *mut libc::timespec) -> c_int { _PyTime_AsTimespec_clamp(t, out); 0 }
    fn _PyTime_GetSystemClock() -> i64 { clock(libc::CLOCK_REALTIME) }
    fn _PyTime_GetMonotonicClock() -> i64 { clock(libc::CLOCK_MONOTONIC) }
    fn _PyTime_GetPerfCounter() -> i64 { clock(libc::CLOCK_MONOTONIC) }
    fn _PyDeadline_Init(timeout: i64) -> i64 { clock(libc::CLOCK_MONOTONIC).saturating_add(timeout) }
    fn _PyDeadline_Get(deadline: i64) -> i64 { deadline - clock(libc::CLOCK_MONOTONIC) }
}
