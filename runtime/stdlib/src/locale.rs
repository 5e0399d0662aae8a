//! `_locale`: the C library's locale.

use crate::convert::*;
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Raised, Ref, Type, Value, ValueExt, check_positional, codec, dict, errors,
    exceptions, intern, list, methods, module, ops, raise, str, tuple, ty, typeobject,
};
use std::ffi::{CStr, CString, c_char};

static ERROR: TypeCell = TypeCell::new();

#[cold]
fn error(message: &str) -> Raised {
    errors::raise_fmt(ERROR.get(), format_args!("{message}"))
}
fn from_c(p: *const c_char) -> Ref {
    if p.is_null() {
        return Ref::none();
    }
    // SAFETY: a C string of the C library, copied at once under the GIL.
    codec::decode_fs(unsafe { CStr::from_ptr(p) }.to_bytes())
}
fn setlocale(_: Value, args: &[Value]) -> PyResult {
    check_positional("setlocale", args.len(), 1, 2)?;
    let category = c_int(args[0])?;
    if !(0..=12).contains(&category) {
        return Err(error("invalid locale category"));
    }
    init_locale();
    let p = match args.get(1) {
        Some(name) if !name.is_none() => {
            if !name.has_flag(tpflags::UNICODE_SUBCLASS) {
                return Err(wrong_type("setlocale", "2", "str or None", *name));
            }
            let name = c_text(*name, "setlocale", "2")?;
            // SAFETY: a C string; the locale is only changed under the GIL.
            unsafe { libc::setlocale(category, name.as_ptr()) }
        }
        // SAFETY: asks only.
        _ => unsafe { libc::setlocale(category, std::ptr::null()) },
    };
    if p.is_null() {
        return Err(error(if args.get(1).is_some_and(|v| !v.is_none()) {
            "unsupported locale setting"
        } else {
            "locale query failed"
        }));
    }
    Ok(from_c(p))
}
/// The group sizes of a number format as a list that ends with what stopped it.
fn grouping(p: *const c_char) -> Ref {
    // SAFETY: a C string of small numbers; the list ends at 0 or CHAR_MAX.
    let sizes = unsafe { CStr::from_ptr(p) }.to_bytes();
    let mut all = Vec::new();
    for n in sizes {
        all.push(Ref::int(i64::from(*n)));
        if *n == 127 {
            return list::from_vec(all);
        }
    }
    if !all.is_empty() {
        all.push(Ref::int(0));
    }
    list::from_vec(all)
}
fn localeconv(_: Value) -> PyResult {
    init_locale();
    let d = dict::new();
    // SAFETY: the structure is read at once under the GIL.
    unsafe {
        let l = &*libc::localeconv();
        for (name, p) in [
            ("decimal_point", l.decimal_point),
            ("thousands_sep", l.thousands_sep),
            ("int_curr_symbol", l.int_curr_symbol),
            ("currency_symbol", l.currency_symbol),
            ("mon_decimal_point", l.mon_decimal_point),
            ("mon_thousands_sep", l.mon_thousands_sep),
            ("positive_sign", l.positive_sign),
            ("negative_sign", l.negative_sign),
        ] {
            dict::set_str(d.value(), name, from_c(p).value());
        }
        for (name, p) in [("grouping", l.grouping), ("mon_grouping", l.mon_grouping)] {
            dict::set_str(d.value(), name, grouping(p).value());
        }
        for (name, n) in [
            ("int_frac_digits", l.int_frac_digits),
            ("frac_digits", l.frac_digits),
            ("p_cs_precedes", l.p_cs_precedes),
            ("p_sep_by_space", l.p_sep_by_space),
            ("n_cs_precedes", l.n_cs_precedes),
            ("n_sep_by_space", l.n_sep_by_space),
            ("p_sign_posn", l.p_sign_posn),
            ("n_sign_posn", l.n_sign_posn),
        ] {
            dict::set_str(d.value(), name, Ref::int(i64::from(n)).value());
        }
    }
    Ok(d)
}
fn wide(v: Value, function: &str, n: &str) -> PyResult<Vec<libc::wchar_t>> {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type(function, n, "str", v));
    }
    let mut out: Vec<libc::wchar_t> = (0..str::len(v))
        .map(|i| str::char_at(v, i) as libc::wchar_t)
        .collect();
    if out.contains(&0) {
        return Err(raise!(ValueError, "embedded null character"));
    }
    out.push(0);
    Ok(out)
}
unsafe extern "C" {
    fn wcscoll(a: *const libc::wchar_t, b: *const libc::wchar_t) -> i32;
    fn wcsxfrm(out: *mut libc::wchar_t, s: *const libc::wchar_t, n: usize) -> usize;
    fn gettext(msg: *const c_char) -> *mut c_char;
    fn dgettext(domain: *const c_char, msg: *const c_char) -> *mut c_char;
    fn dcgettext(domain: *const c_char, msg: *const c_char, category: i32) -> *mut c_char;
    fn textdomain(domain: *const c_char) -> *mut c_char;
    fn bindtextdomain(domain: *const c_char, dir: *const c_char) -> *mut c_char;
    fn bind_textdomain_codeset(domain: *const c_char, codeset: *const c_char) -> *mut c_char;
}
fn strcoll(_: Value, args: &[Value]) -> PyResult {
    check_positional("strcoll", args.len(), 2, 2)?;
    let (a, b) = (
        wide(args[0], "strcoll", "1")?,
        wide(args[1], "strcoll", "2")?,
    );
    // SAFETY: NUL-terminated wide strings.
    Ok(Ref::int(i64::from(unsafe {
        wcscoll(a.as_ptr(), b.as_ptr())
    })))
}
fn strxfrm(_: Value, v: Value) -> PyResult {
    let s = wide(v, "strxfrm", "argument")?;
    // SAFETY: NUL-terminated; asks for the size first, then gives that much room.
    let out = unsafe {
        let n = wcsxfrm(std::ptr::null_mut(), s.as_ptr(), 0);
        let mut out: Vec<libc::wchar_t> = vec![0; n + 1];
        wcsxfrm(out.as_mut_ptr(), s.as_ptr(), n + 1);
        out.truncate(n);
        out
    };
    let units: Vec<u32> = out.iter().map(|c| *c as u32).collect();
    if units.iter().any(|c| *c > 0x10FFFF) {
        return Err(raise!(
            ValueError,
            "character U+{:x} is not in range [U+0000; U+10ffff]",
            units.iter().max().copied().unwrap_or(0)
        ));
    }
    Ok(str::from_ucs4(&units))
}
fn nl_langinfo(_: Value, key: Value) -> PyResult {
    let key = c_int(key)?;
    init_locale();
    let known = CONSTANTS
        .iter()
        .any(|(name, n)| *n == i64::from(key) && !name.starts_with("LC_") && *name != "CHAR_MAX");
    if !known {
        return Err(raise!(ValueError, "unsupported langinfo constant"));
    }
    // SAFETY: a known constant.
    Ok(from_c(unsafe { libc::nl_langinfo(key) }))
}
fn getencoding(_: Value) -> PyResult {
    Ok(str::new(&encoding()))
}
fn c_arg(v: Value, function: &str, n: &str) -> PyResult<CString> {
    c_text(v, function, n)
}
fn optional(v: Value, function: &str, n: &str) -> PyResult<Option<CString>> {
    if v.is_none() {
        Ok(None)
    } else {
        c_text(v, function, n).map(Some)
    }
}
fn pointer(s: &Option<CString>) -> *const c_char {
    s.as_ref().map_or(std::ptr::null(), |s| s.as_ptr())
}
fn do_gettext(_: Value, msg: Value) -> PyResult {
    let msg = c_arg(msg, "gettext", "argument")?;
    // SAFETY: a C string (so for those below).
    Ok(from_c(unsafe { gettext(msg.as_ptr()) }))
}
fn do_dgettext(_: Value, args: &[Value]) -> PyResult {
    check_positional("dgettext", args.len(), 2, 2)?;
    let (domain, msg) = (
        optional(args[0], "dgettext", "1")?,
        c_arg(args[1], "dgettext", "2")?,
    );
    // SAFETY: as above.
    Ok(from_c(unsafe { dgettext(pointer(&domain), msg.as_ptr()) }))
}
fn do_dcgettext(_: Value, args: &[Value]) -> PyResult {
    check_positional("dcgettext", args.len(), 3, 3)?;
    let (domain, msg) = (
        optional(args[0], "dcgettext", "1")?,
        c_arg(args[1], "dcgettext", "2")?,
    );
    let category = c_int(args[2])?;
    // SAFETY: as above.
    Ok(from_c(unsafe {
        dcgettext(pointer(&domain), msg.as_ptr(), category)
    }))
}
fn do_textdomain(_: Value, domain: Value) -> PyResult {
    let domain = optional(domain, "textdomain", "argument")?;
    // SAFETY: as above.
    let p = unsafe { textdomain(pointer(&domain)) };
    if p.is_null() {
        Err(os_error(errno()))
    } else {
        Ok(from_c(p))
    }
}
fn do_bindtextdomain(_: Value, args: &[Value]) -> PyResult {
    check_positional("bindtextdomain", args.len(), 2, 2)?;
    let domain = c_arg(args[0], "bindtextdomain", "1")?;
    if domain.as_bytes().is_empty() {
        return Err(error("domain must be a non-empty string"));
    }
    let dir = if args[1].is_none() {
        None
    } else {
        Some(fs_text(args[1])?)
    };
    // SAFETY: as above.
    let p = unsafe { bindtextdomain(domain.as_ptr(), pointer(&dir)) };
    if p.is_null() {
        Err(os_error(errno()))
    } else {
        Ok(from_c(p))
    }
}
fn do_bind_codeset(_: Value, args: &[Value]) -> PyResult {
    check_positional("bind_textdomain_codeset", args.len(), 2, 2)?;
    let domain = c_arg(args[0], "bind_textdomain_codeset", "1")?;
    let codeset = optional(args[1], "bind_textdomain_codeset", "2")?;
    // SAFETY: as above.
    Ok(from_c(unsafe {
        bind_textdomain_codeset(domain.as_ptr(), pointer(&codeset))
    }))
}
methods! {
    static FUNCTIONS = [
        "setlocale" FAST setlocale, "setlocale($module, category, locale=<unrepresentable>, /)\n--\n\nActivates or queries locale settings.";
        "localeconv" NOARGS localeconv, "localeconv($module, /)\n--\n\nNumeric and monetary settings.";
        "strcoll" FAST strcoll, "strcoll($module, os1, os2, /)\n--\n\nCompares by the locale.";
        "strxfrm" O strxfrm, "strxfrm($module, string, /)\n--\n\nA key for comparing by the locale.";
        "nl_langinfo" O nl_langinfo, "nl_langinfo($module, key, /)\n--\n\nA setting of the locale.";
        "getencoding" NOARGS getencoding, "getencoding($module, /)\n--\n\nThe encoding of the locale.";
        "gettext" O do_gettext, "gettext($module, msg, /)\n--\n\n";
        "dgettext" FAST do_dgettext, "dgettext($module, domain, msg, /)\n--\n\n";
        "dcgettext" FAST do_dcgettext, "dcgettext($module, domain, msg, category, /)\n--\n\n";
        "textdomain" O do_textdomain, "textdomain($module, domain, /)\n--\n\n";
        "bindtextdomain" FAST do_bindtextdomain, "bindtextdomain($module, domain, dir, /)\n--\n\n";
        "bind_textdomain_codeset" FAST do_bind_codeset, "bind_textdomain_codeset($module, domain, codeset, /)\n--\n\n";
    ]
}
/// The constants of the module.
static CONSTANTS: &[(&str, i64)] = &[
    ("ABDAY_1", libc::ABDAY_1 as i64),
    ("ABDAY_2", libc::ABDAY_2 as i64),
    ("ABDAY_3", libc::ABDAY_3 as i64),
    ("ABDAY_4", libc::ABDAY_4 as i64),
    ("ABDAY_5", libc::ABDAY_5 as i64),
    ("ABDAY_6", libc::ABDAY_6 as i64),
    ("ABDAY_7", libc::ABDAY_7 as i64),
    ("ABMON_1", libc::ABMON_1 as i64),
    ("ABMON_10", libc::ABMON_10 as i64),
    ("ABMON_11", libc::ABMON_11 as i64),
    ("ABMON_12", libc::ABMON_12 as i64),
    ("ABMON_2", libc::ABMON_2 as i64),
    ("ABMON_3", libc::ABMON_3 as i64),
    ("ABMON_4", libc::ABMON_4 as i64),
    ("ABMON_5", libc::ABMON_5 as i64),
    ("ABMON_6", libc::ABMON_6 as i64),
    ("ABMON_7", libc::ABMON_7 as i64),
    ("ABMON_8", libc::ABMON_8 as i64),
    ("ABMON_9", libc::ABMON_9 as i64),
    ("ALT_DIGITS", libc::ALT_DIGITS as i64),
    ("AM_STR", libc::AM_STR as i64),
    ("CHAR_MAX", 127),
    ("CODESET", libc::CODESET as i64),
    ("CRNCYSTR", libc::CRNCYSTR as i64),
    ("DAY_1", libc::DAY_1 as i64),
    ("DAY_2", libc::DAY_2 as i64),
    ("DAY_3", libc::DAY_3 as i64),
    ("DAY_4", libc::DAY_4 as i64),
    ("DAY_5", libc::DAY_5 as i64),
    ("DAY_6", libc::DAY_6 as i64),
    ("DAY_7", libc::DAY_7 as i64),
    ("D_FMT", libc::D_FMT as i64),
    ("D_T_FMT", libc::D_T_FMT as i64),
    ("ERA", libc::ERA as i64),
    ("ERA_D_FMT", libc::ERA_D_FMT as i64),
    ("ERA_D_T_FMT", libc::ERA_D_T_FMT as i64),
    ("ERA_T_FMT", libc::ERA_T_FMT as i64),
    ("LC_ALL", libc::LC_ALL as i64),
    ("LC_COLLATE", libc::LC_COLLATE as i64),
    ("LC_CTYPE", libc::LC_CTYPE as i64),
    ("LC_MESSAGES", libc::LC_MESSAGES as i64),
    ("LC_MONETARY", libc::LC_MONETARY as i64),
    ("LC_NUMERIC", libc::LC_NUMERIC as i64),
    ("LC_TIME", libc::LC_TIME as i64),
    ("MON_1", libc::MON_1 as i64),
    ("MON_10", libc::MON_10 as i64),
    ("MON_11", libc::MON_11 as i64),
    ("MON_12", libc::MON_12 as i64),
    ("MON_2", libc::MON_2 as i64),
    ("MON_3", libc::MON_3 as i64),
    ("MON_4", libc::MON_4 as i64),
    ("MON_5", libc::MON_5 as i64),
    ("MON_6", libc::MON_6 as i64),
    ("MON_7", libc::MON_7 as i64),
    ("MON_8", libc::MON_8 as i64),
    ("MON_9", libc::MON_9 as i64),
    ("NOEXPR", libc::NOEXPR as i64),
    ("PM_STR", libc::PM_STR as i64),
    ("RADIXCHAR", libc::RADIXCHAR as i64),
    ("THOUSEP", libc::THOUSEP as i64),
    ("T_FMT", libc::T_FMT as i64),
    ("T_FMT_AMPM", libc::T_FMT_AMPM as i64),
    ("YESEXPR", libc::YESEXPR as i64),
    ("_DATE_FMT", 131180),
];

fn add_constants(m: Value) {
    for (name, n) in CONSTANTS {
        module::add(m, name, Ref::int(*n));
    }
}

/// A new exception class `module.name` below `base`.
pub(crate) fn new_exception(module_name: Value, name: &str, base: Type) -> PyResult<Type> {
    let namespace = dict::new();
    dict::set_str(namespace.value(), "__module__", module_name);
    let bases = tuple::from_slice(&[base.value()]);
    let t = ops::call(
        ty!(typeobject::PyType_Type).value(),
        &[str::intern(name).value(), bases.value(), namespace.value()],
    )?;
    pyrs_object::heap::incref(t.value());
    Type::from_value(t.value()).ok_or_else(|| raise!(SystemError, "no class was made"))
}
pub fn init() -> PyResult {
    let m = module::new("_locale");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    add_constants(m.value());
    let t = new_exception(intern!("locale"), "Error", exceptions::Exception)?;
    ERROR.set(t);
    module::add(m.value(), "Error", t.to_ref());
    Ok(m)
}

/// Takes `LC_CTYPE` from the environment, once: what the start-up of a C program that cares about text does.
pub fn init_locale() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: called under the GIL before anything depends on the locale.
        unsafe { libc::setlocale(libc::LC_CTYPE, c"".as_ptr()) };
    });
}

/// The encoding of the current locale's `LC_CTYPE`, as `locale.getencoding()`. The C locale counts as UTF-8 (PEP 538, PEP 540).
pub fn encoding() -> String {
    init_locale();
    // SAFETY: the text is copied at once; the locale is only changed under the GIL.
    let name = unsafe { CStr::from_ptr(libc::nl_langinfo(libc::CODESET)) };
    let name = name.to_string_lossy().into_owned();
    if name.is_empty() || name == "ANSI_X3.4-1968" {
        "UTF-8".to_owned()
    } else {
        name
    }
}
