//! `unicodedata`, for the database version of CPython 3.11. The 3.2.0 database of `ucd_3_2_0` is an object with the
//! same methods.

use crate::util::{alloc, is_str};
use pyrs_layout::PyObject;
use pyrs_object::str::StrView;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, check_positional, getset, methods, module, py_type, raise, str,
    ty,
};
use pyrs_ucd::{Form, Found, legacy};

fn points(v: Value) -> Vec<u32> {
    match str::view(v) {
        StrView::Latin1(s) => s.iter().map(|c| u32::from(*c)).collect(),
        StrView::Ucs2(s) => s.iter().map(|c| u32::from(*c)).collect(),
        StrView::Ucs4(s) => s.to_vec(),
    }
}
/// The single character of an argument.
fn character(function: &str, position: &str, v: Value) -> PyResult<u32> {
    if !is_str(v) || str::len(v) != 1 {
        let what = if is_str(v) {
            "str"
        } else {
            v.ty().message_name()
        };
        return Err(raise!(
            TypeError,
            "{function}() argument{position} must be a unicode character, not {what}"
        ));
    }
    Ok(str::char_at(v, 0))
}
/// The database that `self` stands for is the old one.
fn is_old(slf: Value) -> bool {
    slf.is_a(ty!(UCD_Type))
}

macro_rules! text_properties {
    ($($name:ident $text:literal $new:expr, $old:expr;)*) => {$(
        fn $name(slf: Value, v: Value) -> PyResult {
            let c = character($text, "", v)?;
            Ok(if is_old(slf) { ($old)(c) } else { ($new)(c) })
        }
    )*};
}
text_properties! {
    category "category" |c| str::new(pyrs_ucd::category(c)), |c| str::new(legacy::category(c));
    bidirectional "bidirectional" |c| str::new(pyrs_ucd::bidirectional(c)), |c| str::new(legacy::bidirectional(c));
    combining "combining" |c| Ref::int(pyrs_ucd::combining(c).into()), |c| Ref::int(legacy::combining(c).into());
    mirrored "mirrored" |c| Ref::int(pyrs_ucd::mirrored(c).into()), |c| Ref::int(legacy::mirrored(c).into());
    east_asian_width "east_asian_width" |c| str::new(pyrs_ucd::east_asian_width(c)), |c| str::new(legacy::east_asian_width(c));
    decomposition "decomposition" |c| str::new(&pyrs_ucd::decomposition(c)), |c| str::new(&legacy::decomposition(c));
}

macro_rules! defaulted {
    ($($name:ident $text:literal $message:literal |$old:ident, $c:ident| $value:expr;)*) => {$(
        fn $name(slf: Value, args: &[Value]) -> PyResult {
            check_positional($text, args.len(), 1, 2)?;
            let $c = character($text, " 1", args[0])?;
            let $old = is_old(slf);
            match ($value, args.get(1)) {
                (Some(v), _) => Ok(v),
                (None, Some(default)) => Ok(Ref::new(*default)),
                (None, None) => Err(raise!(ValueError, $message)),
            }
        }
    )*};
}
defaulted! {
    decimal "decimal" "not a decimal" |old, c|
        if old { legacy::decimal_value(c) } else { pyrs_ucd::decimal_value(c) }.map(|n| Ref::int(n.into()));
    digit "digit" "not a digit" |old, c|
        if old { legacy::digit_value(c) } else { pyrs_ucd::digit_value(c) }.map(|n| Ref::int(n.into()));
    numeric "numeric" "not a numeric character" |old, c|
        if old { legacy::numeric_value(c) } else { pyrs_ucd::numeric_value(c) }.map(Ref::float);
    name "name" "no such name" |old, c|
        if old { legacy::name(c) } else { pyrs_ucd::name(c) }.map(|n| str::new(&n));
}

fn lookup(slf: Value, v: Value) -> PyResult {
    if !is_str(v) {
        return Err(raise!(
            TypeError,
            "lookup() argument must be str, not {}",
            v.ty().message_name()
        ));
    }
    let text = str::to_string_lossy(v);
    let found = if is_old(slf) {
        legacy::lookup(&text)
    } else {
        pyrs_ucd::lookup(&text)
    };
    match found {
        Some(Found::Char(c)) => Ok(str::from_char(c)),
        Some(Found::Sequence(s)) => Ok(str::from_ucs4(&s)),
        None => {
            let message = str::new(&format!("undefined character name '{text}'"));
            Err(pyrs_object::errors::raise_arg(
                pyrs_object::exceptions::KeyError,
                message,
            ))
        }
    }
}

fn form_and_text(function: &str, args: &[Value]) -> PyResult<(Form, Vec<u32>)> {
    check_positional(function, args.len(), 2, 2)?;
    for (i, v) in args.iter().enumerate() {
        if !is_str(*v) {
            return Err(raise!(
                TypeError,
                "{function}() argument {} must be str, not {}",
                i + 1,
                v.ty().message_name()
            ));
        }
    }
    match Form::from_name(&str::to_string_lossy(args[0])) {
        Some(form) => Ok((form, points(args[1]))),
        None => Err(raise!(ValueError, "invalid normalization form")),
    }
}
fn normalize(slf: Value, args: &[Value]) -> PyResult {
    let (form, text) = form_and_text("normalize", args)?;
    if text.is_empty() {
        return Ok(Ref::new(args[1]));
    }
    Ok(if is_old(slf) {
        str::from_ucs4(&legacy::normalize(form, &text))
    } else if pyrs_ucd::is_normalized(form, &text) {
        Ref::new(args[1])
    } else {
        str::from_ucs4(&pyrs_ucd::normalize(form, &text))
    })
}
fn is_normalized(slf: Value, args: &[Value]) -> PyResult {
    let (form, text) = form_and_text("is_normalized", args)?;
    Ok(Ref::bool(if is_old(slf) {
        legacy::is_normalized(form, &text)
    } else {
        pyrs_ucd::is_normalized(form, &text)
    }))
}

methods! { static FUNCTIONS = [
    "bidirectional" O bidirectional, "bidirectional($self, chr, /)\n--\n\nThe bidirectional class as a string.";
    "category" O category, "category($self, chr, /)\n--\n\nThe general category as a string.";
    "combining" O combining, "combining($self, chr, /)\n--\n\nThe canonical combining class as an integer.";
    "decimal" FAST decimal, "decimal($self, chr, default=<unrepresentable>, /)\n--\n\nThe equivalent decimal value.";
    "decomposition" O decomposition, "decomposition($self, chr, /)\n--\n\nThe decomposition mapping as a string.";
    "digit" FAST digit, "digit($self, chr, default=<unrepresentable>, /)\n--\n\nThe equivalent digit value.";
    "east_asian_width" O east_asian_width, "east_asian_width($self, chr, /)\n--\n\nThe east asian width as a string.";
    "is_normalized" FAST is_normalized, "is_normalized($self, form, unistr, /)\n--\n\nWhether a string is in a normal form.";
    "lookup" O lookup, "lookup($self, name, /)\n--\n\nThe character of that name.";
    "mirrored" O mirrored, "mirrored($self, chr, /)\n--\n\nThe mirrored property as an integer.";
    "name" FAST name, "name($self, chr, default=<unrepresentable>, /)\n--\n\nThe name of a character.";
    "normalize" FAST normalize, "normalize($self, form, unistr, /)\n--\n\nThe normal form of a string.";
    "numeric" FAST numeric, "numeric($self, chr, default=<unrepresentable>, /)\n--\n\nThe equivalent numeric value.";
] }

fn old_version(_: Value) -> PyResult {
    Ok(str::new("3.2.0"))
}
getset! { static UCD_GETSET = [
    "unidata_version" old_version, None, "";
] }
py_type! {
    /// `unicodedata.UCD`.
    static UCD_Type: PyObject = "unicodedata.UCD" {
        flags: DISALLOW_INSTANTIATION;
        methods: FUNCTIONS;
        getset: UCD_GETSET;
    }
}

pub fn init() -> PyResult {
    let m = module::new("unicodedata");
    module::add_type(m.value(), ty!(UCD_Type))?;
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(m.value(), "unidata_version", str::new("14.0.0"));
    module::add(m.value(), "ucd_3_2_0", alloc(ty!(UCD_Type))?);
    Ok(m)
}
