//! Character classes: `_PyUnicode_Is*`, `_Py_ctype_*`, `pyctype.h`.

use crate::*;
use pyrs_object::{ops, str};

/// White space below 128.
#[unsafe(no_mangle)]
pub static _Py_ascii_whitespace: [u8; 128] = {
    let mut t = [0; 128];
    let mut i = 9;
    while i <= 13 {
        t[i] = 1;
        i += 1;
    }
    let mut i = 28;
    while i <= 32 {
        t[i] = 1;
        i += 1;
    }
    t
};
const LOWER: u32 = 1;
const UPPER: u32 = 2;
const DIGIT: u32 = 4;
const XDIGIT: u32 = 8;
const SPACE: u32 = 16;
/// `pyctype.h`'s flags of a byte.
#[unsafe(no_mangle)]
pub static _Py_ctype_table: [u32; 256] = {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 128 {
        let c = i as u8;
        if c.is_ascii_lowercase() {
            t[i] |= LOWER;
        }
        if c.is_ascii_uppercase() {
            t[i] |= UPPER;
        }
        if c.is_ascii_digit() {
            t[i] |= DIGIT;
        }
        if c.is_ascii_hexdigit() {
            t[i] |= XDIGIT;
        }
        if (c >= 9 && c <= 13) || c == 32 {
            t[i] |= SPACE;
        }
        i += 1;
    }
    t
};
#[unsafe(no_mangle)]
pub static _Py_ctype_tolower: [u8; 256] = {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 256 {
        t[i] = (i as u8).to_ascii_lowercase();
        i += 1;
    }
    t
};
#[unsafe(no_mangle)]
pub static _Py_ctype_toupper: [u8; 256] = {
    let mut t = [0; 256];
    let mut i = 0;
    while i < 256 {
        t[i] = (i as u8).to_ascii_uppercase();
        i += 1;
    }
    t
};

/// Asks a str method about one character.
fn ask(c: u32, method: &str) -> c_int {
    let s = str::from_char(c);
    match ops::call_method_str(s.value(), method, &[]) {
        Ok(r) => ops::is_true(r.value()).unwrap_or(false).into(),
        Err(_) => {
            pyrs_object::errors::clear();
            0
        }
    }
}
fn map(c: u32, method: &str) -> u32 {
    let s = str::from_char(c);
    match ops::call_method_str(s.value(), method, &[]) {
        Ok(r) if str::len(r.value()) == 1 => str::char_at(r.value(), 0),
        Ok(_) => c,
        Err(_) => {
            pyrs_object::errors::clear();
            c
        }
    }
}
/// All characters that one maps to, at most three; how many those are.
///
/// # Safety
/// `to` has room for three.
unsafe fn map_full(c: u32, method: &str, to: *mut u32) -> c_int {
    let s = str::from_char(c);
    let mapped = ops::call_method_str(s.value(), method, &[]).unwrap_or_else(|_| {
        pyrs_object::errors::clear();
        s
    });
    let n = str::len(mapped.value());
    for i in 0..n {
        // SAFETY: by contract.
        unsafe { *to.add(i) = str::char_at(mapped.value(), i) };
    }
    n as c_int
}
/// The value of a digit character by `unicodedata`.
fn digit(c: u32, function: &str) -> c_int {
    if let Some(d) = char::from_u32(c).and_then(|c| c.to_digit(10)) {
        return d as c_int;
    }
    let s = str::from_char(c);
    let minus = Ref::int(-1);
    match (pyrs_object::hooks().import)("unicodedata")
        .and_then(|m| ops::call_method_str(m.value(), function, &[s.value(), minus.value()]))
    {
        Ok(r) => r.as_int().unwrap_or(-1) as c_int,
        Err(_) => {
            pyrs_object::errors::clear();
            -1
        }
    }
}

capi! {
    fn _PyUnicode_IsXidStart(c: u32) -> c_int { ask(c, "isidentifier") }
    fn _PyUnicode_IsXidContinue(c: u32) -> c_int {
        let word = str::concat(str::new("a").value(), str::from_char(c).value());
        word.and_then(|w| ops::call_method_str(w.value(), "isidentifier", &[])).map_or(0, |r| ops::is_true(r.value()).unwrap_or(false).into())
    }
    fn _PyUnicode_ToFoldedFull(c: u32, to: *mut u32) -> c_int { map_full(c, "casefold", to) }
    fn _PyUnicode_ToNumeric(c: u32) -> f64 {
        let (s, none) = (str::from_char(c), Ref::float(-1.0));
        let number = (pyrs_object::hooks().import)("unicodedata")
            .and_then(|m| ops::call_method_str(m.value(), "numeric", &[s.value(), none.value()]))
            .and_then(|x| ops::as_f64(x.value()));
        number.unwrap_or_else(|_| { pyrs_object::errors::clear(); -1.0 })
    }
    fn _PyUnicode_ScanIdentifier(o: O) -> isize {
        let v = val(o);
        let chars = str::view(v).to_vec();
        let Some(first) = chars.first() else { return 0 };
        if *first != 95 && _PyUnicode_IsXidStart(*first) == 0 { return 0; }
        chars[1..].iter().position(|c| _PyUnicode_IsXidContinue(*c) == 0).map_or(chars.len(), |n| n + 1) as isize
    }
    fn _PyUnicode_IsAlpha(c: u32) -> c_int { ask(c, "isalpha") }
    fn _PyUnicode_IsDecimalDigit(c: u32) -> c_int { ask(c, "isdecimal") }
    fn _PyUnicode_IsDigit(c: u32) -> c_int { ask(c, "isdigit") }
    fn _PyUnicode_IsNumeric(c: u32) -> c_int { ask(c, "isnumeric") }
    fn _PyUnicode_IsLowercase(c: u32) -> c_int { ask(c, "islower") }
    fn _PyUnicode_IsUppercase(c: u32) -> c_int { ask(c, "isupper") }
    fn _PyUnicode_IsTitlecase(c: u32) -> c_int { (ask(c, "istitle") != 0 && ask(c, "isupper") == 0).into() }
    fn _PyUnicode_IsWhitespace(c: u32) -> c_int { ask(c, "isspace") }
    fn _PyUnicode_IsPrintable(c: u32) -> c_int { ask(c, "isprintable") }
    fn _PyUnicode_IsLinebreak(c: u32) -> c_int {
        matches!(c, 10..=13 | 28..=30 | 0x85 | 0x2028 | 0x2029).into()
    }
    fn _PyUnicode_ToLowercase(c: u32) -> u32 { map(c, "lower") }
    fn _PyUnicode_ToUppercase(c: u32) -> u32 { map(c, "upper") }
    fn _PyUnicode_ToTitlecase(c: u32) -> u32 { map(c, "title") }
    fn _PyUnicode_ToLowerFull(c: u32, to: *mut u32) -> c_int { map_full(c, "lower", to) }
    fn _PyUnicode_ToTitleFull(c: u32, to: *mut u32) -> c_int { map_full(c, "title", to) }
    fn _PyUnicode_ToUpperFull(c: u32, to: *mut u32) -> c_int { map_full(c, "upper", to) }
    fn _PyUnicode_ToDecimalDigit(c: u32) -> c_int { digit(c, "decimal") }
    fn _PyUnicode_ToDigit(c: u32) -> c_int { digit(c, "digit") }
}
