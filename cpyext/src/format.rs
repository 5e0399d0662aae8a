//! `PyUnicode_FromFormat` and what shares its format: errors, warnings, bytes.

use crate::va::{List, Va};
use crate::*;
use pyrs_object::str::{self, Builder};
use pyrs_object::{bytes, errors, exceptions, ops};

struct Directive {
    zero: bool,
    width: usize,
    precision: Option<usize>,
    /// 'i', 'l', 'q' (long long) or 'z'.
    length: u8,
}

fn number(f: &[u8], at: &mut usize) -> Option<usize> {
    let start = *at;
    let mut n = 0usize;
    while let Some(d @ b'0'..=b'9') = f.get(*at) {
        n = n.saturating_mul(10).saturating_add((d - b'0') as usize);
        *at += 1;
    }
    (*at > start).then_some(n)
}
fn directive(f: &[u8], at: &mut usize) -> Directive {
    let mut d = Directive {
        zero: false,
        width: 0,
        precision: None,
        length: b'i',
    };
    while let Some(b'0') = f.get(*at) {
        d.zero = true;
        *at += 1;
    }
    d.width = number(f, at).unwrap_or(0);
    if f.get(*at) == Some(&b'.') {
        *at += 1;
        d.precision = Some(number(f, at).unwrap_or(0));
    }
    match f.get(*at) {
        Some(b'l') if f.get(*at + 1) == Some(&b'l') => {
            d.length = b'q';
            *at += 2;
        }
        Some(b'l') => {
            d.length = b'l';
            *at += 1;
        }
        Some(b'z') => {
            d.length = b'z';
            *at += 1;
        }
        _ => {}
    }
    d
}
fn push_padded(out: &mut Builder, v: Value, d: &Directive) {
    let n = d.precision.map_or(str::len(v), |p| p.min(str::len(v)));
    if d.width > n {
        out.push_n(b' '.into(), d.width - n);
    }
    if n == str::len(v) {
        out.push_value(v);
    } else {
        out.push_value(str::substring(v, 0, n).value());
    }
}
fn push_number(out: &mut Builder, digits: &str, d: &Directive) {
    let (sign, body) = match digits.strip_prefix('-') {
        Some(b) => ("-", b),
        None => ("", digits),
    };
    let body_len = body.len().max(d.precision.unwrap_or(0));
    let n = body_len + sign.len();
    let pad = d.width.saturating_sub(n);
    if !d.zero {
        out.push_n(b' '.into(), pad);
    }
    out.push_str(sign);
    if d.zero {
        out.push_n(b'0'.into(), pad);
    }
    out.push_n(b'0'.into(), body_len - body.len());
    out.push_str(body);
}
/// The text of a C string of at most `precision` bytes, undecodable bytes replaced.
unsafe fn c_text(p: *const c_char, precision: Option<usize>) -> PyResult {
    // SAFETY: NUL-terminated, or at least `precision` bytes long.
    let b = unsafe {
        match precision {
            Some(n) => {
                let len = (0..n).take_while(|i| *p.add(*i) != 0).count();
                std::slice::from_raw_parts(p.cast::<u8>(), len)
            }
            None => c_bytes(p),
        }
    };
    pyrs_object::codec::decode(b, "utf-8", "replace")
}

/// The formatted text.
pub(crate) unsafe fn format(f: &[u8], list: List) -> PyResult {
    let mut out = Builder::with_capacity(f.len() + 16);
    let mut at = 0;
    while at < f.len() {
        if f[at] != b'%' {
            let end = f[at..]
                .iter()
                .position(|c| *c == b'%')
                .map_or(f.len(), |i| at + i);
            if !f[at..end].is_ascii() {
                return Err(raise!(
                    ValueError,
                    "PyUnicode_FromFormatV() expects an ASCII-encoded format string, got a non-ASCII byte: 0x{:02x}",
                    f[at..end]
                        .iter()
                        .find(|c| !c.is_ascii())
                        .copied()
                        .unwrap_or(0)
                ));
            }
            out.push_latin1(&f[at..end]);
            at = end;
            continue;
        }
        let start = at;
        at += 1;
        let d = directive(f, &mut at);
        let kind = f.get(at).copied().unwrap_or(0);
        at += 1;
        // SAFETY: the format promises the arguments.
        unsafe {
            match kind {
                b'%' => out.push(b'%'.into()),
                b'c' => {
                    let c = list.int();
                    if !(0..=0x10FFFF).contains(&c) {
                        return Err(raise!(
                            OverflowError,
                            "character argument not in range(0x110000)"
                        ));
                    }
                    out.push(c as u32);
                }
                b'd' | b'i' => {
                    let n = if d.length == b'i' {
                        list.int().into()
                    } else {
                        list.long()
                    };
                    push_number(&mut out, &n.to_string(), &d);
                }
                b'u' | b'x' => {
                    let n = if d.length == b'i' {
                        u64::from(list.int() as u32)
                    } else {
                        list.long() as u64
                    };
                    let text = if kind == b'u' {
                        n.to_string()
                    } else {
                        format!("{n:x}")
                    };
                    push_number(&mut out, &text, &d);
                }
                b'p' => {
                    let p: *mut u8 = list.ptr();
                    out.push_str(&format!("{:#x}", p as usize));
                }
                b's' => {
                    let r = c_text(list.chars(), d.precision)?;
                    push_padded(
                        &mut out,
                        r.value(),
                        &Directive {
                            precision: None,
                            ..d
                        },
                    );
                }
                b'U' => push_padded(&mut out, Value::from_object(list.object()), &d),
                b'V' => {
                    let (o, p) = (list.object(), list.chars());
                    if o.is_null() {
                        let r = c_text(p, d.precision)?;
                        push_padded(
                            &mut out,
                            r.value(),
                            &Directive {
                                precision: None,
                                ..d
                            },
                        );
                    } else {
                        push_padded(&mut out, Value::from_object(o), &d);
                    }
                }
                b'S' => push_padded(&mut out, ops::str_of(val(list.object()))?.value(), &d),
                b'R' => push_padded(&mut out, ops::repr(val(list.object()))?.value(), &d),
                b'A' => push_padded(&mut out, ops::ascii(val(list.object()))?.value(), &d),
                _ => {
                    // An unknown directive ends the formatting: the rest is copied.
                    out.push_latin1(&f[start..]);
                    break;
                }
            }
        }
    }
    out.finish()
}

capi! {
    fn pyrs_format(f: *const c_char, list: *mut Va) -> O { ret(format(c_bytes(f), List(list))) }
    fn pyrs_bytes_format(f: *const c_char, list: *mut Va) -> O {
        // The directives of bytes are a subset: %c gives a byte, %s raw bytes; others are ASCII.
        ret(bytes_format(c_bytes(f), List(list)))
    }
    fn pyrs_err_format(ty: O, f: *const c_char, list: *mut Va) -> O {
        if let Ok(message) = format(c_bytes(f), List(list)) { crate::pyerrors::set_object(val(ty), message.value()); }
        NULL
    }
    fn pyrs_err_format_from_cause(ty: O, f: *const c_char, list: *mut Va) -> O {
        let cause = errors::take();
        if let Ok(message) = format(c_bytes(f), List(list)) { crate::pyerrors::set_object(val(ty), message.value()); }
        let exc = errors::take();
        exceptions::set_cause(exc.value(), Some(cause.clone()));
        exceptions::set_context(exc.value(), Some(cause));
        let _ = errors::restore(exc);
        NULL
    }
    fn pyrs_warn_format(category: O, source: O, level: isize, f: *const c_char, list: *mut Va) -> c_int {
        match format(c_bytes(f), List(list)) { Ok(m) => crate::warnings::warn(category, m.value(), level, source), Err(_) => -1 }
    }
    fn pyrs_sys_write(err: c_int, s: *const c_char) { crate::sysmodule::write(err != 0, Ref::str(&text(s))) }
    fn pyrs_sys_format(err: c_int, f: *const c_char, list: *mut Va) {
        match format(c_bytes(f), List(list)) { Ok(m) => crate::sysmodule::write(err != 0, m), Err(_) => errors::clear() }
    }
}

unsafe fn bytes_format(f: &[u8], list: List) -> PyResult {
    let mut out: Vec<u8> = Vec::with_capacity(f.len() + 16);
    let mut at = 0;
    while at < f.len() {
        if f[at] != b'%' {
            out.push(f[at]);
            at += 1;
            continue;
        }
        let start = at;
        at += 1;
        let d = directive(f, &mut at);
        let kind = f.get(at).copied().unwrap_or(0);
        at += 1;
        // SAFETY: the format promises the arguments.
        unsafe {
            match kind {
                b'%' => out.push(b'%'),
                b'c' => {
                    let c = list.int();
                    let Ok(c) = u8::try_from(c) else {
                        return Err(raise!(
                            OverflowError,
                            "PyBytes_FromFormatV(): %c format expects an integer in range [0; 255]"
                        ));
                    };
                    out.push(c);
                }
                b's' => {
                    let p = list.chars();
                    let b = c_bytes(p);
                    out.extend_from_slice(&b[..d.precision.map_or(b.len(), |n| n.min(b.len()))]);
                }
                b'd' | b'i' => {
                    let n: i64 = if d.length == b'i' {
                        list.int().into()
                    } else {
                        list.long()
                    };
                    out.extend_from_slice(n.to_string().as_bytes());
                }
                b'u' | b'x' => {
                    let n = if d.length == b'i' {
                        u64::from(list.int() as u32)
                    } else {
                        list.long() as u64
                    };
                    let t = if kind == b'u' {
                        n.to_string()
                    } else {
                        format!("{n:x}")
                    };
                    out.extend_from_slice(t.as_bytes());
                }
                b'p' => {
                    let p: *mut u8 = list.ptr();
                    out.extend_from_slice(format!("{:#x}", p as usize).as_bytes());
                }
                _ => {
                    out.extend_from_slice(&f[start..]);
                    break;
                }
            }
        }
    }
    Ok(bytes::new(&out))
}
