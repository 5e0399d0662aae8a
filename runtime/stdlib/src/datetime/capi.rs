//! The capsule `datetime.datetime_CAPI`: types and constructors for C code.

use super::*;
use pyrs_object::boundary::{c_owned, from_c};
use pyrs_object::{capsule, errors};
use std::ffi::c_int;

type O = *mut PyObject;
type T = *mut PyTypeObject;

/// A zone argument of C: `None` is none.
unsafe fn zone(o: O) -> PyResult<Option<Value>> {
    // SAFETY: C passes a live object.
    time::check_tz(unsafe { from_c(o) })
}
unsafe extern "C" fn date_from_date(y: c_int, m: c_int, d: c_int, t: T) -> O {
    c_owned(date::make(Type::from_ptr(t), (y, m, d)))
}
unsafe extern "C" fn datetime_and_fold(
    y: c_int,
    mo: c_int,
    d: c_int,
    h: c_int,
    mi: c_int,
    s: c_int,
    us: c_int,
    tz: O,
    fold: c_int,
    t: T,
) -> O {
    // SAFETY: C passes a live zone or None.
    let r = unsafe { zone(tz) }
        .and_then(|z| datetime::make(Type::from_ptr(t), (y, mo, d), [h, mi, s, us], z, fold));
    c_owned(r)
}
unsafe extern "C" fn datetime_plain(
    y: c_int,
    mo: c_int,
    d: c_int,
    h: c_int,
    mi: c_int,
    s: c_int,
    us: c_int,
    tz: O,
    t: T,
) -> O {
    // SAFETY: as above.
    unsafe { datetime_and_fold(y, mo, d, h, mi, s, us, tz, 0, t) }
}
unsafe extern "C" fn time_and_fold(
    h: c_int,
    m: c_int,
    s: c_int,
    us: c_int,
    tz: O,
    fold: c_int,
    t: T,
) -> O {
    // SAFETY: as above.
    let r = unsafe { zone(tz) }.and_then(|z| time::make(Type::from_ptr(t), [h, m, s, us], z, fold));
    c_owned(r)
}
unsafe extern "C" fn time_plain(h: c_int, m: c_int, s: c_int, us: c_int, tz: O, t: T) -> O {
    // SAFETY: as above.
    unsafe { time_and_fold(h, m, s, us, tz, 0, t) }
}
unsafe extern "C" fn delta_from(
    days: c_int,
    seconds: c_int,
    us: c_int,
    _normalize: c_int,
    t: T,
) -> O {
    let total = (i128::from(days) * 86_400 + i128::from(seconds)) * 1_000_000 + i128::from(us);
    c_owned(delta::of_type(Type::from_ptr(t), total))
}
unsafe extern "C" fn timezone_from(offset: O, name: O) -> O {
    // SAFETY: C passes a live timedelta, and a live str or null.
    let (offset, name) = unsafe { (from_c(offset), from_c(name)) };
    c_owned(tz::of_offset(offset, name))
}
/// `class.fromtimestamp(*args, **kw)`
unsafe extern "C" fn from_timestamp(class: O, args: O, kw: O) -> O {
    // SAFETY: C passes a live class, a tuple, and a dict or null.
    unsafe {
        let call = || -> PyResult {
            let f = ops::getattr(from_c(class), intern!("fromtimestamp"))?;
            let c = pyrs_object::boundary::CArgs::from_tuple_dict(args, kw)?;
            ops::call_args(f.value(), c.args())
        };
        c_owned(call())
    }
}
unsafe extern "C" fn date_from_timestamp(class: O, args: O) -> O {
    // SAFETY: as above.
    unsafe { from_timestamp(class, args, std::ptr::null_mut()) }
}

pub(super) fn capsule() -> PyResult {
    macro_rules! function {
        ($f:expr, $t:ty) => {
            // SAFETY: function pointers have one size; the header's struct says what the true signatures are.
            Some(unsafe { std::mem::transmute::<$t, unsafe extern "C" fn()>($f) })
        };
    }
    type F = c_int;
    let api = PyDateTime_CAPI {
        DateType: ty!(PyDateTime_DateType).as_ptr(),
        DateTimeType: ty!(PyDateTime_DateTimeType).as_ptr(),
        TimeType: ty!(PyDateTime_TimeType).as_ptr(),
        DeltaType: ty!(PyDateTime_DeltaType).as_ptr(),
        TZInfoType: ty!(PyDateTime_TZInfoType).as_ptr(),
        TimeZone_UTC: utc()?.into_ptr(),
        Date_FromDate: function!(date_from_date, unsafe extern "C" fn(F, F, F, T) -> O),
        DateTime_FromDateAndTime: function!(
            datetime_plain,
            unsafe extern "C" fn(F, F, F, F, F, F, F, O, T) -> O
        ),
        Time_FromTime: function!(time_plain, unsafe extern "C" fn(F, F, F, F, O, T) -> O),
        Delta_FromDelta: function!(delta_from, unsafe extern "C" fn(F, F, F, F, T) -> O),
        TimeZone_FromTimeZone: function!(timezone_from, unsafe extern "C" fn(O, O) -> O),
        DateTime_FromTimestamp: function!(from_timestamp, unsafe extern "C" fn(O, O, O) -> O),
        Date_FromTimestamp: function!(date_from_timestamp, unsafe extern "C" fn(O, O) -> O),
        DateTime_FromDateAndTimeAndFold: function!(
            datetime_and_fold,
            unsafe extern "C" fn(F, F, F, F, F, F, F, O, F, T) -> O
        ),
        Time_FromTimeAndFold: function!(
            time_and_fold,
            unsafe extern "C" fn(F, F, F, F, O, F, T) -> O
        ),
    };
    let api = Box::leak(Box::new(api));
    debug_assert!(!errors::occurred());
    Ok(capsule::new(
        (&raw mut *api).cast(),
        c"datetime.datetime_CAPI".as_ptr(),
        None,
    ))
}
