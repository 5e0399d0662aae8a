//! Arguments, text forms and the other modules that are called.

use super::*;
use pyrs_object::{Args, intern, ops, str, tuple};

/// Binds arguments as `PyArg_ParseTupleAndKeywords` does: all by name or position. `name` is empty where C gives none.
pub(super) fn parse<const N: usize>(
    name: &str,
    args: Args<'_>,
    params: [&'static str; N],
    positional: usize,
    required: usize,
) -> PyResult<[Value; N]> {
    let shown = || {
        if name.is_empty() {
            "function".to_owned()
        } else {
            format!("{name}()")
        }
    };
    let given = args.positional();
    let total = args.values.len();
    if total > N {
        return Err(raise!(
            TypeError,
            "{} takes at most {N} {}argument{} ({total} given)",
            shown(),
            if given.is_empty() { "keyword " } else { "" },
            if N == 1 { "" } else { "s" }
        ));
    }
    if given.len() > positional {
        return Err(raise!(
            TypeError,
            "{} takes at most {positional} positional argument{} ({} given)",
            shown(),
            if positional == 1 { "" } else { "s" },
            given.len()
        ));
    }
    let mut out = [Value::EMPTY; N];
    out[..given.len()].copy_from_slice(given);
    for (key, v) in args.keywords() {
        let Some(i) = params.iter().position(|p| str::eq_str(key, p)) else {
            return Err(raise!(
                TypeError,
                "'{}' is an invalid keyword argument for {}",
                str::display(key),
                if name.is_empty() {
                    "this function".to_owned()
                } else {
                    shown()
                }
            ));
        };
        if !out[i].is_empty() {
            return Err(raise!(
                TypeError,
                "argument for {} given by name ('{}') and position ({})",
                shown(),
                params[i],
                i + 1
            ));
        }
        out[i] = v;
    }
    for i in 0..required {
        if out[i].is_empty() {
            return Err(raise!(
                TypeError,
                "{} missing required argument '{}' (pos {})",
                shown(),
                params[i],
                i + 1
            ));
        }
    }
    Ok(out)
}
/// Arguments are converted one after the other, so a wrong one is reported before one that is missing behind it.
pub(super) fn check_leading_ints(args: Args<'_>, required: usize) -> PyResult<()> {
    if args.values.len() < required {
        for v in args.positional() {
            int_or(*v, 0)?;
        }
    }
    Ok(())
}
pub(super) fn int_or(v: Value, default: i32) -> PyResult<i32> {
    if v.is_empty() {
        Ok(default)
    } else if let Some(n) = v.as_int().and_then(|n| i32::try_from(n).ok()) {
        Ok(n)
    } else {
        crate::util::as_c_int(v)
    }
}
/// A str argument.
pub(super) fn text_argument(function: &str, which: &str, v: Value) -> PyResult<String> {
    if !str::is_str(v) {
        return Err(raise!(
            TypeError,
            "{function}() argument {which} must be str, not {}",
            v.ty().message_name()
        ));
    }
    Ok(str::to_string_lossy(v))
}
/// `"datetime.date"`, or a subclass's own name.
pub(super) fn type_text(v: Value) -> &'static str {
    v.ty().full_name()
}
/// `+HH:MM[:SS[.ffffff]]`, with other separators for `%z`.
pub(super) fn offset_text(us: i64, colon: &str) -> String {
    let (sign, n) = if us < 0 { ('-', -us) } else { ('+', us) };
    let (seconds, us) = (n / 1_000_000, n % 1_000_000);
    let (h, m, s) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    let mut out = format!("{sign}{h:02}{colon}{m:02}");
    if s != 0 || us != 0 {
        out.push_str(&format!("{colon}{s:02}"));
    }
    if us != 0 {
        out.push_str(&format!(".{us:06}"));
    }
    out
}
/// The clock part of `isoformat`.
pub(super) fn clock_text([h, m, s, us]: [i32; 4], spec: &str) -> PyResult<String> {
    Ok(match spec {
        "auto" if us == 0 => format!("{h:02}:{m:02}:{s:02}"),
        "auto" | "microseconds" => format!("{h:02}:{m:02}:{s:02}.{us:06}"),
        "hours" => format!("{h:02}"),
        "minutes" => format!("{h:02}:{m:02}"),
        "seconds" => format!("{h:02}:{m:02}:{s:02}"),
        "milliseconds" => format!("{h:02}:{m:02}:{s:02}.{:03}", us / 1000),
        _ => return Err(raise!(ValueError, "Unknown timespec value")),
    })
}
/// `time.struct_time((y, m, d, h, mi, s, weekday, yearday, dst))`.
pub(super) fn struct_time(
    (y, m, d): (i32, i32, i32),
    [h, mi, s, _]: [i32; 4],
    dst: i32,
) -> PyResult {
    let yday = calendar::days_before_month(y, m) + d;
    let all = [y, m, d, h, mi, s, calendar::weekday(y, m, d), yday, dst];
    let t = tuple::from_vec(all.iter().map(|n| Ref::int((*n).into())).collect());
    let time = pyrs_vm::import::import_absolute("time")?;
    let class = ops::getattr(time.value(), intern!("struct_time"))?;
    ops::call(class.value(), &[t.value()])
}
/// `strftime` of `object`: `%z`, `%Z` and `%f` are replaced here, the rest is `time.strftime`'s. `about` goes to the tzinfo.
pub(super) fn strftime(object: Value, format: &str, timetuple: Value, about: Value) -> PyResult {
    let mut out = str::Builder::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        if c != '%' {
            out.push(c as u32);
            continue;
        }
        match chars.next() {
            Some('z') => {
                if let Some(us) = offset_of(object, about)? {
                    out.push_str(&offset_text(us, ""));
                }
            }
            Some('Z') => {
                if let Some(tz) = tzinfo_of(object) {
                    let name = ops::call_method(tz, intern!("tzname"), &[about])?;
                    if !name.value().is_none() {
                        let name = check_tzname(name)?;
                        let (from, to) = (Ref::str("%"), Ref::str("%%"));
                        let args = [from.value(), to.value()];
                        let name = ops::call_method_str(name.value(), "replace", &args)?;
                        if !str::is_str(name.value()) {
                            return Err(raise!(
                                TypeError,
                                "tzname.replace() did not return a string"
                            ));
                        }
                        out.push_value(name.value());
                    }
                }
            }
            Some('f') => {
                let us = if is_date_only(object) {
                    0
                } else {
                    clock_of(object)[3]
                };
                out.push_str(&format!("{us:06}"));
            }
            Some(other) => {
                out.push_str("%");
                out.push(other as u32);
            }
            None => out.push_str("%"),
        }
    }
    let time = pyrs_vm::import::import_absolute("time")?;
    ops::call_method_str(
        time.value(),
        "strftime",
        &[out.finish()?.value(), timetuple],
    )
}
/// `hash()` of an object's bytes.
pub(super) fn hash_bytes(data: &[u8]) -> i64 {
    str::hash_secret().hash_bytes(data)
}
/// The state of a pickle: bytes, or the str that Python 2's pickles give.
pub(super) fn pickled(v: Value, len: usize) -> Option<Vec<u8>> {
    if pyrs_object::bytes::is_bytes(v) {
        let d = pyrs_object::bytes::data(v);
        return (d.len() == len).then(|| d.to_vec());
    }
    if str::is_str(v) && str::len(v) == len {
        return (0..len)
            .map(|i| u8::try_from(str::char_at(v, i)).ok())
            .collect();
    }
    None
}
/// "can't compare datetime.datetime to datetime.date"
pub(super) fn cannot_compare(a: Value, b: Value) -> pyrs_object::Raised {
    raise!(
        TypeError,
        "can't compare {} to {}",
        type_text(a),
        type_text(b)
    )
}
