//! `time`: a clock reading, perhaps with a zone.

use super::util::*;
use super::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, CmpOp, PyResult, Ref, Type, Value, ValueExt, bytes, getset, heap, intern, methods, ops,
    py_type, raise, str, tuple, ty,
};

py_type! {
    pub static PyDateTime_TimeType: PyDateTime_Time = "datetime.time" {
        flags: BASETYPE;
        doc: "time([hour[, minute[, second[, microsecond[, tzinfo]]]]]) --> a time object\n\nAll arguments are optional. tzinfo may be None, or an instance of\na tzinfo subclass. The remaining arguments may be ints.";
        raw { tp_dealloc: dealloc }
        slots { tp_repr: repr, tp_str: time_str, tp_hash: hash, tp_richcompare: compare, tp_new: new }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "isoformat" KW isoformat, "Return string in ISO 8601 format, [HH[:MM[:SS[.mmm[uuu]]]]][+HH:MM].\n\nThe optional argument timespec specifies the number of additional terms\nof the time to include. Valid options are 'auto', 'hours', 'minutes',\n'seconds', 'milliseconds' and 'microseconds'.\n";
    "strftime" KW strftime_method, "format -> strftime() style string.";
    "__format__" O date::format, "Formats self with strftime.";
    "utcoffset" NOARGS utcoffset, "Return self.tzinfo.utcoffset(self).";
    "tzname" NOARGS tzname, "Return self.tzinfo.tzname(self).";
    "dst" NOARGS dst, "Return self.tzinfo.dst(self).";
    "replace" KW replace, "Return time with new specified fields.";
    "fromisoformat" O|CLASS fromisoformat, "string -> time from a string in ISO 8601 format";
    "__reduce_ex__" O reduce_ex, "__reduce_ex__(proto) -> (cls, state)";
    "__reduce__" NOARGS reduce, "__reduce__() -> (cls, state)";
] }
getset! { static GETSET = [
    "hour" hour, None, ""; "minute" minute, None, ""; "second" second, None, ""; "microsecond" microsecond, None, "";
    "tzinfo" get_tzinfo, None, ""; "fold" get_fold, None, "";
] }

fn raw(v: Value) -> *mut PyDateTime_Time {
    v.as_ptr().cast()
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance owns its zone.
    unsafe {
        heap::clear_field(&raw mut (*o.cast::<PyDateTime_Time>()).tzinfo);
        heap::finish_dealloc(o);
    }
}
pub(super) fn clock(v: Value) -> [i32; 4] {
    // SAFETY: callers pass a time.
    let d = unsafe { (*raw(v)).data }.map(i32::from);
    [d[0], d[1], d[2], d[3] << 16 | d[4] << 8 | d[5]]
}
pub(super) fn fold(v: Value) -> u8 {
    // SAFETY: as above.
    unsafe { (*raw(v)).fold }
}
pub(super) fn check_clock([h, m, s, us]: [i32; 4], fold: i32) -> PyResult<()> {
    for (n, max, name) in [
        (h, 23, "hour"),
        (m, 59, "minute"),
        (s, 59, "second"),
        (us, 999_999, "microsecond"),
    ] {
        if !(0..=max).contains(&n) {
            return Err(raise!(ValueError, "{name} must be in 0..{max}"));
        }
    }
    if fold != 0 && fold != 1 {
        return Err(raise!(ValueError, "fold must be either 0 or 1"));
    }
    Ok(())
}
/// A tzinfo argument: `None` or absent is none.
pub(super) fn check_tz(v: Value) -> PyResult<Option<Value>> {
    if v.is_empty() || v.is_none() {
        return Ok(None);
    }
    if v.is_a(ty!(PyDateTime_TZInfoType)) {
        return Ok(Some(v));
    }
    Err(raise!(
        TypeError,
        "tzinfo argument must be None or of a tzinfo subclass, not type '{}'",
        v.ty().message_name()
    ))
}
pub(super) fn make(t: Type, clock: [i32; 4], tz: Option<Value>, fold: i32) -> PyResult {
    check_clock(clock, fold)?;
    let v = crate::util::alloc(t)?;
    let us = clock[3];
    // SAFETY: a new instance.
    unsafe {
        let p = raw(v.value());
        (*p).hashcode = -1;
        (*p).data = [
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
const PARAMS: [&str; 6] = ["hour", "minute", "second", "microsecond", "tzinfo", "fold"];
fn new(t: Type, args: Args<'_>) -> PyResult {
    let positional = args.positional();
    if (1..=2).contains(&positional.len())
        && args.n_keywords() == 0
        && let Some(s) = pickled(positional[0], 6)
        && s[0] & 0x7f < 24
    {
        let tz = match positional.get(1) {
            Some(z) if !z.is_none() && !z.is_a(ty!(PyDateTime_TZInfoType)) => {
                return Err(raise!(TypeError, "bad tzinfo state arg"));
            }
            z => z.copied().filter(|z| !z.is_none()),
        };
        let v = make(t, [0; 4], tz, i32::from(s[0] >> 7))?;
        // SAFETY: a new instance.
        unsafe {
            (*raw(v.value())).data.copy_from_slice(&s);
            (*raw(v.value())).data[0] &= 0x7f;
        }
        return Ok(v);
    }
    let [h, m, s, us, tz, fold] = parse("", args, PARAMS, 5, 0)?;
    let clock = [int_or(h, 0)?, int_or(m, 0)?, int_or(s, 0)?, int_or(us, 0)?];
    let fold = int_or(fold, 0)?;
    make(t, clock, check_tz(tz)?, fold)
}
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
fn about() -> Value {
    pyrs_object::singletons::none()
}
fn utcoffset(v: Value) -> PyResult {
    zone_delta(v, "utcoffset", about())
}
fn dst(v: Value) -> PyResult {
    zone_delta(v, "dst", about())
}
fn tzname(v: Value) -> PyResult {
    zone_name(v, about())
}
fn isoformat(v: Value, args: Args<'_>) -> PyResult {
    let [spec] = parse("isoformat", args, ["timespec"], 1, 0)?;
    let spec = if spec.is_empty() {
        "auto".to_owned()
    } else {
        text_argument("isoformat", "1", spec)?
    };
    let mut out = clock_text(clock(v), &spec)?;
    if let Some(us) = offset_of(v, about())? {
        out.push_str(&offset_text(us, ":"));
    }
    Ok(Ref::str(&out))
}
fn time_str(v: Value) -> PyResult {
    ops::call_method(v, intern!("isoformat"), &[])
}
fn strftime_method(v: Value, args: Args<'_>) -> PyResult {
    let [format] = parse("strftime", args, ["format"], 1, 1)?;
    let format = text_argument("strftime", "1", format)?;
    let [h, m, s, _] = clock(v);
    let all = [1900, 1, 1, h, m, s, 0, 1, -1];
    let tuple = tuple::from_vec(all.iter().map(|n| Ref::int((*n).into())).collect());
    strftime(v, &format, tuple.value(), about())
}
/// `, fold=1` and `, tzinfo=...` of a repr.
pub(super) fn repr_tail(v: Value, fold: u8) -> PyResult<String> {
    let mut out = String::new();
    if fold != 0 {
        out.push_str(&format!(", fold={fold}"));
    }
    if let Some(z) = tzinfo_of(v) {
        out.push_str(&format!(", tzinfo={}", crate::util::repr_text(z)?));
    }
    Ok(out)
}
fn repr(v: Value) -> PyResult {
    let [h, m, s, us] = clock(v);
    let mut body = format!("{h}, {m}");
    if us != 0 {
        body.push_str(&format!(", {s}, {us}"));
    } else if s != 0 {
        body.push_str(&format!(", {s}"));
    }
    let tail = repr_tail(v, fold(v))?;
    Ok(Ref::str(&format!("{}({body}{tail})", type_text(v))))
}
fn clock_us(v: Value) -> i64 {
    let [h, m, s, us] = clock(v).map(i64::from);
    ((h * 60 + m) * 60 + s) * 1_000_000 + us
}
fn hash(v: Value) -> PyResult<i64> {
    // SAFETY: a time.
    let (known, data) = unsafe { ((*raw(v)).hashcode, (*raw(v)).data) };
    if known != -1 {
        return Ok(known as i64);
    }
    let plain = if fold(v) == 0 {
        Ref::new(v)
    } else {
        make(ty!(PyDateTime_TimeType), clock(v), tzinfo_of(v), 0)?
    };
    let h = match offset_of(plain.value(), about())? {
        None => hash_bytes(&data),
        Some(offset) => {
            let delta = delta::of(i128::from(clock_us(v) - offset))?;
            ops::hash(delta.value())?
        }
    };
    // SAFETY: as above.
    unsafe { (*raw(v)).hashcode = h as isize };
    Ok(h)
}
fn compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !b.is_a(ty!(PyDateTime_TimeType)) {
        return Ok(Ref::not_implemented());
    }
    if tzinfo_of(a) == tzinfo_of(b) {
        return Ok(Ref::bool(op.holds(clock(a).cmp(&clock(b)))));
    }
    match (offset_of(a, about())?, offset_of(b, about())?) {
        (x, y) if x == y => Ok(Ref::bool(op.holds(clock(a).cmp(&clock(b))))),
        (Some(x), Some(y)) => {
            let order = (clock_us(a) - x).cmp(&(clock_us(b) - y));
            Ok(Ref::bool(op.holds(order)))
        }
        _ => match op {
            CmpOp::Eq => Ok(Ref::bool(false)),
            CmpOp::Ne => Ok(Ref::bool(true)),
            _ => Err(raise!(
                TypeError,
                "can't compare offset-naive and offset-aware times"
            )),
        },
    }
}
fn replace(v: Value, args: Args<'_>) -> PyResult {
    let [h, m, s, us, tz, f] = parse("replace", args, PARAMS, 5, 0)?;
    let old = clock(v);
    let new = [
        int_or(h, old[0])?,
        int_or(m, old[1])?,
        int_or(s, old[2])?,
        int_or(us, old[3])?,
    ];
    let tz = if tz.is_empty() {
        tzinfo_of(v)
    } else {
        check_tz(tz)?
    };
    make(v.ty(), new, tz, int_or(f, fold(v).into())?)
}
fn fromisoformat(class: Value, text: Value) -> PyResult {
    if !str::is_str(text) {
        return Err(raise!(TypeError, "fromisoformat: argument must be str"));
    }
    let s = str::to_string_lossy(text);
    let body = s.strip_prefix('T').unwrap_or(&s);
    let Some(t) = iso::time(body.as_bytes()) else {
        return Err(raise!(
            ValueError,
            "Invalid isoformat string: {}",
            crate::util::repr_text(text)?
        ));
    };
    let tz = zone_of_iso(t.offset)?;
    let zone = tz.as_ref().map(|z| z.value());
    if class == ty!(PyDateTime_TimeType).value() {
        return make(ty!(PyDateTime_TimeType), t.parts, zone, 0);
    }
    let mut args: Vec<Value> = t
        .parts
        .iter()
        .map(|n| Value::int_unchecked((*n).into()))
        .collect();
    args.push(zone.unwrap_or_else(pyrs_object::singletons::none));
    ops::call(class, &args)
}
fn state(v: Value, proto: i64) -> Ref {
    // SAFETY: a time.
    let mut data = unsafe { (*raw(v)).data };
    if proto > 3 && fold(v) != 0 {
        data[0] |= 128;
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
