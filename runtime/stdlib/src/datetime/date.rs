//! `date`, and the tuple that `isocalendar` gives.

use super::calendar::*;
use super::util::*;
use super::*;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, CmpOp, PyResult, Ref, Type, Value, ValueExt, bytes, getset, intern, methods, ops,
    py_type, raise, str, tuple, ty,
};

py_type! {
    pub static PyDateTime_DateType: PyDateTime_Date = "datetime.date" {
        flags: BASETYPE;
        doc: "date(year, month, day) --> date object";
        slots { tp_repr: repr, tp_str: date_str, tp_hash: hash, tp_richcompare: compare, tp_new: new }
        number { nb_add: add, nb_subtract: subtract }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "fromtimestamp" O|CLASS fromtimestamp, "fromtimestamp($type, timestamp, /)\n--\n\nCreate a date from a POSIX timestamp.\n\nThe timestamp is a number, e.g. created via time.time(), that is interpreted\nas local time.";
    "fromordinal" O|CLASS fromordinal, "int -> date corresponding to a proleptic Gregorian ordinal.";
    "fromisoformat" O|CLASS fromisoformat, "str -> Construct a date from a string in ISO 8601 format.";
    "fromisocalendar" KW|CLASS fromisocalendar, "int, int, int -> Construct a date from the ISO year, week number and weekday.\n\nThis is the inverse of the function date.isocalendar()";
    "today" NOARGS|CLASS today, "Current date or datetime:  same as self.__class__.fromtimestamp(time.time()).";
    "ctime" NOARGS ctime, "Return ctime() style string.";
    "strftime" KW strftime_method, "format -> strftime() style string.";
    "__format__" O format, "Formats self with strftime.";
    "timetuple" NOARGS timetuple, "Return time tuple, compatible with time.localtime().";
    "isocalendar" NOARGS isocalendar, "Return a named tuple containing ISO year, week number, and weekday.";
    "isoformat" NOARGS isoformat, "Return string in ISO 8601 format, YYYY-MM-DD.";
    "isoweekday" NOARGS isoweekday, "Return the day of the week represented by the date.\nMonday == 1 ... Sunday == 7";
    "toordinal" NOARGS toordinal, "Return proleptic Gregorian ordinal.  January 1 of year 1 is day 1.";
    "weekday" NOARGS weekday_method, "Return the day of the week represented by the date.\nMonday == 0 ... Sunday == 6";
    "replace" KW replace, "Return date with new specified fields.";
    "__reduce__" NOARGS reduce, "__reduce__() -> (cls, state)";
] }
getset! { static GETSET = [ "year" year, None, ""; "month" month, None, ""; "day" day, None, ""; ] }

/// Year, month and day of a date or datetime.
pub(super) fn ymd(v: Value) -> (i32, i32, i32) {
    // SAFETY: a date, or a datetime, whose data begin in the same place.
    let d = unsafe { (*v.as_ptr().cast::<PyDateTime_Date>()).data };
    (
        i32::from(d[0]) << 8 | i32::from(d[1]),
        d[2].into(),
        d[3].into(),
    )
}
pub(super) fn check(y: i32, m: i32, d: i32) -> PyResult<()> {
    if !(MIN_YEAR..=MAX_YEAR).contains(&y) {
        return Err(raise!(ValueError, "year {y} is out of range"));
    }
    if !(1..=12).contains(&m) {
        return Err(raise!(ValueError, "month must be in 1..12"));
    }
    if d < 1 || d > days_in_month(y, m) {
        return Err(raise!(ValueError, "day is out of range for month"));
    }
    Ok(())
}
/// An instance of exactly that type, made without calling Python code.
pub(super) fn make(t: Type, (y, m, d): (i32, i32, i32)) -> PyResult {
    check(y, m, d)?;
    let v = crate::util::alloc(t)?;
    // SAFETY: a new instance.
    unsafe {
        let p = v.value().as_ptr().cast::<PyDateTime_Date>();
        (*p).hashcode = -1;
        (*p).data = [(y >> 8) as u8, y as u8, m as u8, d as u8];
    }
    Ok(v)
}
/// An instance of a class: subclasses are called.
pub(super) fn construct(class: Value, date: (i32, i32, i32)) -> PyResult {
    if class == ty!(PyDateTime_DateType).value() {
        return make(ty!(PyDateTime_DateType), date);
    }
    if class == ty!(PyDateTime_DateTimeType).value() {
        return datetime::make(ty!(PyDateTime_DateTimeType), date, [0; 4], None, 0);
    }
    let (y, m, d) = date;
    let args = [y, m, d].map(|n| Value::int_unchecked(n.into()));
    ops::call(class, &args)
}
fn new(t: Type, args: Args<'_>) -> PyResult {
    if let [v] = args.positional()
        && args.n_keywords() == 0
        && let Some(s) = pickled(*v, 4)
        && (1..=12).contains(&s[2])
    {
        let y = i32::from(s[0]) << 8 | i32::from(s[1]);
        let v = crate::util::alloc(t)?;
        // SAFETY: a new instance; a pickle is trusted with the day, as CPython does.
        unsafe {
            let p = v.value().as_ptr().cast::<PyDateTime_Date>();
            (*p).hashcode = -1;
            (*p).data = [(y >> 8) as u8, y as u8, s[2], s[3]];
        }
        return Ok(v);
    }
    check_leading_ints(args, 3)?;
    let [y, m, d] = parse("", args, ["year", "month", "day"], 3, 3)?;
    let date = (int_or(y, 0)?, int_or(m, 0)?, int_or(d, 0)?);
    make(t, date)
}
fn year(v: Value) -> PyResult {
    Ok(Ref::int(ymd(v).0.into()))
}
fn month(v: Value) -> PyResult {
    Ok(Ref::int(ymd(v).1.into()))
}
fn day(v: Value) -> PyResult {
    Ok(Ref::int(ymd(v).2.into()))
}
fn fromtimestamp(class: Value, timestamp: Value) -> PyResult {
    let seconds = datetime::whole_seconds(timestamp)?;
    let tm = datetime::local_time(seconds)?;
    construct(
        class,
        (tm.tm_year.wrapping_add(1900), tm.tm_mon + 1, tm.tm_mday),
    )
}
fn fromordinal(class: Value, n: Value) -> PyResult {
    let n = crate::util::as_c_int(n)?;
    if n < 1 {
        return Err(raise!(ValueError, "ordinal must be >= 1"));
    }
    if n > MAX_ORDINAL {
        let year = from_ordinal(n).0;
        return Err(raise!(ValueError, "year {year} is out of range"));
    }
    construct(class, from_ordinal(n))
}
fn fromisoformat(class: Value, text: Value) -> PyResult {
    if !str::is_str(text) {
        return Err(raise!(TypeError, "fromisoformat: argument must be str"));
    }
    let s = str::to_string_lossy(text);
    let found = match s.len() {
        7 | 8 | 10 => iso::date(s.as_bytes()),
        _ => None,
    };
    match found {
        Some(d) if check(d.0, d.1, d.2).is_ok() => construct(class, d),
        Some(_) => Err(pyrs_object::Raised::assume_set()),
        None => Err(raise!(
            ValueError,
            "Invalid isoformat string: {}",
            crate::util::repr_text(text)?
        )),
    }
}
fn fromisocalendar(class: Value, args: Args<'_>) -> PyResult {
    let [y, w, d] = parse("fromisocalendar", args, ["year", "week", "day"], 3, 3)?;
    let number = |v: Value| -> PyResult<i64> { Ok(crate::util::as_c_int(v)?.into()) };
    let read = (|| Ok((number(y)?, number(w)?, number(d)?)))();
    let (y, w, d) = match pyrs_object::errors::absorb(read, pyrs_object::exceptions::OverflowError)?
    {
        Some(all) => all,
        None => {
            return Err(raise!(ValueError, "ISO calendar component out of range"));
        }
    };
    match from_iso_calendar(y, w, d) {
        Ok(date) => construct(class, date),
        Err(IsoError::Year) => Err(raise!(ValueError, "Year is out of range: {y}")),
        Err(IsoError::Week) => Err(raise!(ValueError, "Invalid week: {w}")),
        Err(IsoError::Day) => Err(raise!(ValueError, "Invalid day: {d} (range is [1, 7])")),
    }
}
fn today(class: Value) -> PyResult {
    let time = pyrs_vm::import::import_absolute("time")?;
    let now = ops::call_method_str(time.value(), "time", &[])?;
    ops::call_method(class, intern!("fromtimestamp"), &[now.value()])
}
pub(super) const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
pub(super) const MONTHS: [&str; 12] = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
];
/// `Tue Jun  1 00:00:00 2021`
pub(super) fn ctime_text((y, m, d): (i32, i32, i32), [h, mi, s, _]: [i32; 4]) -> Ref {
    let day = DAYS[weekday(y, m, d) as usize];
    let month = MONTHS[m as usize - 1];
    Ref::str(&format!("{day} {month} {d:2} {h:02}:{mi:02}:{s:02} {y:04}"))
}
fn ctime(v: Value) -> PyResult {
    Ok(ctime_text(ymd(v), [0; 4]))
}
fn strftime_method(v: Value, args: Args<'_>) -> PyResult {
    let [format] = parse("strftime", args, ["format"], 1, 1)?;
    let format = text_argument("strftime", "1", format)?;
    let tuple = ops::call_method(v, intern!("timetuple"), &[])?;
    strftime(v, &format, tuple.value(), v)
}
pub(super) fn format(v: Value, spec: Value) -> PyResult {
    if !str::is_str(spec) {
        return Err(raise!(
            TypeError,
            "__format__() argument 1 must be str, not {}",
            spec.ty().message_name()
        ));
    }
    if str::len(spec) == 0 {
        return ops::str_of(v);
    }
    ops::call_method(v, intern!("strftime"), &[spec])
}
fn timetuple(v: Value) -> PyResult {
    struct_time(ymd(v), [0; 4], -1)
}
fn isocalendar(v: Value) -> PyResult {
    let (y, m, d) = ymd(v);
    let (y, w, d) = iso_calendar(y, m, d);
    let items = [y, w, d].map(|n| Value::int_unchecked(n.into()));
    ops::call(
        ty!(IsoCalendarDate_Type).value(),
        &[tuple::from_slice(&items).value()],
    )
}
pub(super) fn date_text((y, m, d): (i32, i32, i32)) -> String {
    format!("{y:04}-{m:02}-{d:02}")
}
fn isoformat(v: Value) -> PyResult {
    Ok(Ref::str(&date_text(ymd(v))))
}
fn date_str(v: Value) -> PyResult {
    ops::call_method(v, intern!("isoformat"), &[])
}
fn repr(v: Value) -> PyResult {
    let (y, m, d) = ymd(v);
    Ok(Ref::str(&format!("{}({y}, {m}, {d})", type_text(v))))
}
fn isoweekday(v: Value) -> PyResult {
    let (y, m, d) = ymd(v);
    Ok(Ref::int((weekday(y, m, d) + 1).into()))
}
fn weekday_method(v: Value) -> PyResult {
    let (y, m, d) = ymd(v);
    Ok(Ref::int(weekday(y, m, d).into()))
}
fn toordinal(v: Value) -> PyResult {
    let (y, m, d) = ymd(v);
    Ok(Ref::int(ordinal(y, m, d).into()))
}
fn replace(v: Value, args: Args<'_>) -> PyResult {
    let [y, m, d] = parse("replace", args, ["year", "month", "day"], 3, 0)?;
    let old = ymd(v);
    let date = (int_or(y, old.0)?, int_or(m, old.1)?, int_or(d, old.2)?);
    make(v.ty(), date)
}
fn reduce(v: Value) -> PyResult {
    // SAFETY: a date.
    let data = unsafe { (*v.as_ptr().cast::<PyDateTime_Date>()).data };
    Ok(tuple::pair(
        v.ty().to_ref(),
        tuple::from_vec(vec![bytes::new(&data)]),
    ))
}
fn hash(v: Value) -> PyResult<i64> {
    // SAFETY: a date.
    unsafe {
        let p = v.as_ptr().cast::<PyDateTime_Date>();
        if (*p).hashcode == -1 {
            (*p).hashcode = hash_bytes(&(*p).data) as isize;
        }
        Ok((*p).hashcode as i64)
    }
}
fn compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !v_is_date(b) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool(op.holds(ymd(a).cmp(&ymd(b)))))
}
/// `date + days`
fn shift(v: Value, days: i128) -> PyResult {
    let (y, m, d) = ymd(v);
    let n = i128::from(ordinal(y, m, d)) + days;
    if !(1..=i128::from(MAX_ORDINAL)).contains(&n) {
        return Err(raise!(OverflowError, "date value out of range"));
    }
    construct(v.ty().value(), from_ordinal(n as i32))
}
fn add(a: Value, b: Value) -> PyResult {
    if is_datetime(a) || is_datetime(b) {
        return Ok(Ref::not_implemented());
    }
    let (date, delta) = if v_is_date(a) { (a, b) } else { (b, a) };
    if !v_is_date(date) || !delta::is_delta(delta) {
        return Ok(Ref::not_implemented());
    }
    shift(date, delta::parts(delta).0.into())
}
fn subtract(a: Value, b: Value) -> PyResult {
    if is_datetime(a) || is_datetime(b) || !v_is_date(a) {
        return Ok(Ref::not_implemented());
    }
    if v_is_date(b) {
        let n = |v| {
            let (y, m, d) = ymd(v);
            i128::from(ordinal(y, m, d))
        };
        return delta::of((n(a) - n(b)) * 86_400_000_000);
    }
    if delta::is_delta(b) {
        return shift(a, -i128::from(delta::parts(b).0));
    }
    Ok(Ref::not_implemented())
}
fn v_is_date(v: Value) -> bool {
    v.is_a(ty!(PyDateTime_DateType))
}

// ---- IsoCalendarDate ---------------------------------------------------------------------------------------

py_type! {
    pub static IsoCalendarDate_Type: PyVarObject = "datetime.IsoCalendarDate" {
        flags: HAVE_GC | TUPLE_SUBCLASS;
        base: tuple::PyTuple_Type;
        fields { tp_itemsize: 8 }
        doc: "The result of date.isocalendar() or datetime.isocalendar()\n\nThis object may be accessed either as a tuple of\n  ((year, week, weekday))\nor via the object attributes as named in the above tuple.";
        slots { tp_repr: iso_repr }
        methods: ISO_METHODS;
        getset: ISO_GETSET;
    }
}
methods! { static ISO_METHODS = [ "__reduce__" NOARGS iso_reduce, "__reduce__() -> (cls, state)"; ] }
getset! { static ISO_GETSET = [ "year" iso_year, None, ""; "week" iso_week, None, ""; "weekday" iso_day, None, ""; ] }
fn item(v: Value, i: usize) -> Ref {
    Ref::new(pyrs_object::boundary::canonical(tuple::get(v, i)))
}
fn iso_year(v: Value) -> PyResult {
    Ok(item(v, 0))
}
fn iso_week(v: Value) -> PyResult {
    Ok(item(v, 1))
}
fn iso_day(v: Value) -> PyResult {
    Ok(item(v, 2))
}
fn iso_repr(v: Value) -> PyResult {
    let n = |i| item(v, i).value().as_int().unwrap_or(0);
    Ok(Ref::str(&format!(
        "{}(year={}, week={}, weekday={})",
        type_text(v),
        n(0),
        n(1),
        n(2)
    )))
}
fn iso_reduce(v: Value) -> PyResult {
    let items = tuple::from_vec(vec![item(v, 0), item(v, 1), item(v, 2)]);
    Ok(tuple::pair(
        ty!(tuple::PyTuple_Type).to_ref(),
        tuple::from_vec(vec![items]),
    ))
}
