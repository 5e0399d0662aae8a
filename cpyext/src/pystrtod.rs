//! `pystrtod.h`.

use crate::*;
use pyrs_object::{errors, ops, str};

/// The longest prefix that is a number by Python's rules (no white space, no hexadecimal).
fn number_len(s: &[u8]) -> usize {
    let mut i = usize::from(matches!(s.first(), Some(b'+' | b'-')));
    let lower: Vec<u8> = s[i..].iter().take(8).map(u8::to_ascii_lowercase).collect();
    for word in ["infinity", "inf", "nan"] {
        if lower.starts_with(word.as_bytes()) {
            return i + word.len();
        }
    }
    let digits = |i: usize| s[i..].iter().take_while(|c| c.is_ascii_digit()).count();
    let whole = digits(i);
    i += whole;
    let mut any = whole > 0;
    if s.get(i) == Some(&b'.') {
        let frac = digits(i + 1);
        any |= frac > 0;
        if any {
            i += 1 + frac;
        }
    }
    if !any {
        return 0;
    }
    if matches!(s.get(i), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(s.get(i + 1), Some(b'+' | b'-')));
        let n = digits((i + 1 + sign).min(s.len()));
        if n > 0 {
            i += 1 + sign + n;
        }
    }
    i
}

capi! {
    fn PyOS_string_to_double(p: *const c_char, end: *mut *mut c_char, overflow: O) -> f64 {
        let s = c_bytes(p);
        let n = number_len(s);
        let shown = || text(p).into_owned();
        if n == 0 || (end.is_null() && n != s.len()) {
            if !end.is_null() { *end = p.cast_mut(); }
            let _ = raise!(ValueError, "could not convert string to float: '{:.200}'", shown());
            return -1.0;
        }
        if !end.is_null() { *end = p.add(n).cast_mut(); }
        let digits = &s[..n];
        let x: f64 = std::str::from_utf8(digits).ok().and_then(|t| t.parse().ok()).unwrap_or(f64::NAN);
        let named = digits.iter().any(|c| matches!(c, b'n' | b'N'));
        if x.is_infinite() && !named && !overflow.is_null() {
            let _ = errors::raise_arg(Type::from_ptr(overflow.cast()), Ref::str(&format!("value too large to convert to float: '{:.200}'", shown())));
            return -1.0;
        }
        x
    }
    fn PyOS_double_to_string(x: f64, code: c_char, precision: c_int, flags: c_int, kind: *mut c_int) -> *mut c_char {
        if !kind.is_null() { *kind = if x.is_nan() { 2 } else if x.is_infinite() { 1 } else { 0 }; }
        let mut out = if code as u8 == b'r' { pyrs_object::float::repr_f64(x) } else {
            let spec = format!("{}.{precision}{}", if flags & 4 != 0 { "#" } else { "" }, code as u8 as char);
            match ops::format(Ref::float(x).value(), str::new(&spec).value()) {
                Ok(r) => str::to_string_lossy(r.value()),
                Err(_) => return std::ptr::null_mut(),
            }
        };
        if code as u8 == b'r' && flags & 2 == 0 && let Some(short) = out.strip_suffix(".0") { out = short.to_owned(); }
        if flags & 2 != 0 && x.is_finite() && !out.contains(['.', 'e', 'E']) { out.push_str(".0"); }
        if flags & 1 != 0 && !out.starts_with('-') { out.insert(0, '+'); }
        leak(&out)
    }
    fn PyOS_mystrnicmp(a: *const c_char, b: *const c_char, n: isize) -> c_int { libc::strncasecmp(a, b, n as usize) }
    fn PyOS_mystricmp(a: *const c_char, b: *const c_char) -> c_int { libc::strcasecmp(a, b) }
}
