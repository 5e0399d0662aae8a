//! Case methods and character tests: ASCII in place on bytes, the rest through the Unicode tables.

use super::*;
use pyrs_ucd as ucd;

/// ASCII text goes byte by byte through the first function, other text through the second.
fn map_case(v: Value, ascii: impl Fn(&mut [u8]), other: fn(&[u32]) -> Vec<u32>) -> PyResult {
    match ascii_bytes(v) {
        Some(s) => {
            if let [c] = s {
                let mut one = [*c];
                ascii(&mut one);
                return Ok(from_char(one[0] as u32));
            }
            if s.is_empty() {
                return Ok(empty());
            }
            let (r, p) = alloc(s.len(), 1, true);
            // SAFETY: `p` has room for the text, which is ASCII before and after.
            unsafe {
                std::ptr::copy_nonoverlapping(s.as_ptr(), p, s.len());
                ascii(std::slice::from_raw_parts_mut(p, s.len()));
            }
            Ok(r)
        }
        None => Ok(from_ucs4(&other(&view(v).to_vec()))),
    }
}

pub(super) fn lower(v: Value) -> PyResult {
    map_case(v, |s| s.make_ascii_lowercase(), ucd::lower_str)
}
pub(super) fn upper(v: Value) -> PyResult {
    map_case(v, |s| s.make_ascii_uppercase(), ucd::upper_str)
}
pub(super) fn casefold(v: Value) -> PyResult {
    map_case(v, |s| s.make_ascii_lowercase(), ucd::casefold_str)
}
pub(super) fn swapcase(v: Value) -> PyResult {
    map_case(v, crate::bytes::swapcase_ascii, ucd::swapcase_str)
}
pub(super) fn title(v: Value) -> PyResult {
    map_case(v, crate::bytes::title_ascii, ucd::title_str)
}
pub(super) fn capitalize(v: Value) -> PyResult {
    map_case(v, crate::bytes::capitalize_ascii, ucd::capitalize_str)
}

fn all(v: Value, test: impl Fn(u32) -> bool) -> bool {
    len(v) > 0 && each_width!(view(v), s => s.iter().all(|&c| test(c.into())))
}
macro_rules! tests {
    ($($name:ident $test:path;)*) => {$(
        pub(super) fn $name(v: Value) -> PyResult {
            Ok(Ref::bool(all(v, $test)))
        }
    )*};
}
tests! {
    isalpha ucd::is_alpha;
    isalnum ucd::is_alnum;
    isdecimal ucd::is_decimal;
    isdigit ucd::is_digit;
    isnumeric ucd::is_numeric;
    isspace ucd::is_space;
}
pub(super) fn isascii(v: Value) -> PyResult {
    Ok(Ref::bool(state(v).is_ascii()))
}
pub(super) fn isprintable(v: Value) -> PyResult {
    Ok(Ref::bool(len(v) == 0 || all(v, ucd::is_printable)))
}
pub(super) fn isidentifier(v: Value) -> PyResult {
    Ok(Ref::bool(is_identifier(v)))
}
/// `str.isidentifier`
pub fn is_identifier(v: Value) -> bool {
    each_width!(view(v), s => ucd::is_identifier(s.iter().map(|&c| c.into())))
}
fn cased_all(v: Value, good: fn(u32) -> bool, bad: fn(u32) -> bool) -> bool {
    each_width!(view(v), s => {
        let mut cased = false;
        for &c in s {
            if bad(c.into()) || ucd::is_title(c.into()) {
                return false;
            }
            cased |= good(c.into());
        }
        cased
    })
}
pub(super) fn islower(v: Value) -> PyResult {
    Ok(Ref::bool(cased_all(v, ucd::is_lower, ucd::is_upper)))
}
pub(super) fn isupper(v: Value) -> PyResult {
    Ok(Ref::bool(cased_all(v, ucd::is_upper, ucd::is_lower)))
}
fn is_title_text(v: Value) -> bool {
    each_width!(view(v), s => {
        let (mut cased, mut previous) = (false, false);
        for &c in s {
            let c: u32 = c.into();
            if ucd::is_upper(c) || ucd::is_title(c) {
                if previous {
                    return false;
                }
                (previous, cased) = (true, true);
            } else if ucd::is_lower(c) {
                if !previous {
                    return false;
                }
                cased = true;
            } else {
                previous = false;
            }
        }
        cased
    })
}
pub(super) fn istitle(v: Value) -> PyResult {
    Ok(Ref::bool(is_title_text(v)))
}
