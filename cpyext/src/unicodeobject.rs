//! `unicodeobject.h`: strings.

use crate::*;
use pyrs_object::str::{self, StrView};
use pyrs_object::{ValueExt, bytes, codec, errors, heap, list, memory, ops, ty};
use std::ffi::c_void;

fn mode(p: *const c_char) -> String {
    if p.is_null() {
        return "strict".to_owned();
    }
    // SAFETY: a C string from the caller.
    unsafe { text(p) }.into_owned()
}
unsafe fn slice<'a>(p: *const c_char, n: isize) -> &'a [u8] {
    if n <= 0 || p.is_null() {
        return &[];
    }
    // SAFETY: the caller's buffer has `n` bytes.
    unsafe { std::slice::from_raw_parts(p.cast(), n as usize) }
}
fn need_str(v: Value) -> PyResult<Value> {
    if str::is_str(v) {
        Ok(v)
    } else {
        Err(raise!(
            TypeError,
            "must be str, not {}",
            if v.is_empty() {
                "NULL"
            } else {
                v.ty().message_name()
            }
        ))
    }
}
/// "bad argument type for built-in operation".
#[cold]
pub(crate) fn bad_argument() -> Raised {
    raise!(TypeError, "bad argument type for built-in operation")
}
fn str_arg(v: Value) -> PyResult<Value> {
    if str::is_str(v) {
        Ok(v)
    } else {
        Err(bad_argument())
    }
}
/// An uninitialised compact string for characters up to `max`.
pub(crate) fn alloc(n: usize, max: u32) -> O {
    if n == 0 {
        return boundary::to_c(str::empty());
    }
    let (kind, ascii) = match max {
        0..=0x7F => (1, true),
        0x80..=0xFF => (1, false),
        0x100..=0xFFFF => (2, false),
        _ => (4, false),
    };
    let header = if ascii {
        size_of::<PyASCIIObject>()
    } else {
        size_of::<PyCompactUnicodeObject>()
    };
    let o = n
        .checked_add(1)
        .and_then(|m| m.checked_mul(kind))
        .and_then(|m| m.checked_add(header))
        .map_or(NULL, |size| heap::try_alloc(ty!(str::PyUnicode_Type), size));
    if o.is_null() {
        let _ = errors::no_memory();
        return NULL;
    }
    // SAFETY: fresh, with room for header, characters and terminator.
    unsafe {
        let s = o.cast::<PyASCIIObject>();
        (*s).length = n as isize;
        (*s).hash = -1;
        (*s).state = UnicodeState::new(kind as u32, true, ascii);
        (*s).wstr = std::ptr::null_mut();
        if !ascii {
            let c = o.cast::<PyCompactUnicodeObject>();
            (*c).utf8_length = 0;
            (*c).utf8 = std::ptr::null_mut();
            (*c).wstr_length = 0;
        }
        std::ptr::write_bytes(o.cast::<u8>().add(header + n * kind), 0, kind);
    }
    o
}
pub(crate) unsafe fn data_ptr(o: O) -> *mut u8 {
    // SAFETY: a live str.
    unsafe {
        let s = (*o.cast::<PyASCIIObject>()).state;
        if !s.is_compact() {
            (*o.cast::<PyUnicodeObject>()).data.cast()
        } else if s.is_ascii() {
            o.cast::<u8>().add(size_of::<PyASCIIObject>())
        } else {
            o.cast::<u8>().add(size_of::<PyCompactUnicodeObject>())
        }
    }
}
unsafe fn kind_of(o: O) -> usize {
    // SAFETY: a live str.
    unsafe { (*o.cast::<PyASCIIObject>()).state.kind() as usize }
}
pub(crate) unsafe fn write_char(o: O, i: usize, c: u32) {
    // SAFETY: a live str of a width that holds `c`.
    unsafe {
        let p = data_ptr(o);
        match kind_of(o) {
            1 => *p.add(i) = c as u8,
            2 => *p.cast::<u16>().add(i) = c as u16,
            _ => *p.cast::<u32>().add(i) = c,
        }
    }
}
pub(crate) fn max_char(v: Value) -> u32 {
    match str::view(v) {
        StrView::Latin1(_) if str::ascii_bytes(v).is_some() => 0x7F,
        StrView::Latin1(_) => 0xFF,
        StrView::Ucs2(_) => 0xFFFF,
        StrView::Ucs4(_) => 0x10FFFF,
    }
}
/// Copies characters between strings; the target is wide enough.
pub(crate) unsafe fn copy_chars(to: O, at: usize, from: Value, start: usize, n: usize) {
    // SAFETY: by contract.
    unsafe {
        let v = str::view(from);
        match (v, kind_of(to)) {
            (StrView::Latin1(s), 1) => {
                std::ptr::copy_nonoverlapping(s.as_ptr().add(start), data_ptr(to).add(at), n)
            }
            (StrView::Ucs2(s), 2) => std::ptr::copy_nonoverlapping(
                s.as_ptr().add(start),
                data_ptr(to).cast::<u16>().add(at),
                n,
            ),
            (StrView::Ucs4(s), 4) => std::ptr::copy_nonoverlapping(
                s.as_ptr().add(start),
                data_ptr(to).cast::<u32>().add(at),
                n,
            ),
            _ => (0..n).for_each(|i| write_char(to, at + i, v.get(start + i))),
        }
    }
}
fn decode(data: &[u8], encoding: &str, errors: &str) -> O {
    ret(codec::decode(data, encoding, errors))
}
fn encode(v: Value, encoding: &str, errors: &str) -> O {
    ret(str_arg(v).and_then(|v| codec::encode(v, encoding, errors)))
}
/// Where to begin by `*order` (negative little, positive big, 0 or no pointer by the mark).
unsafe fn byte_order(order: *const c_int) -> codec::ByteOrder {
    // SAFETY: null or valid.
    match unsafe { order.as_ref() } {
        Some(x) if *x < 0 => codec::ByteOrder::Little,
        Some(x) if *x > 0 => codec::ByteOrder::Big,
        _ => codec::ByteOrder::Marked,
    }
}
unsafe fn tell_order(order: *mut c_int, found: &codec::ByteOrder) {
    // SAFETY: null or valid.
    if let Some(out) = unsafe { order.as_mut() } {
        *out = match found {
            codec::ByteOrder::Little => -1,
            codec::ByteOrder::Big => 1,
            codec::ByteOrder::Marked => 0,
        };
    }
}
/// The text of a decoder that also says how many bytes it used.
unsafe fn stateful(r: PyResult<(Ref, usize)>, used: *mut isize) -> O {
    let Ok((s, n)) = r else { return NULL };
    // SAFETY: null or valid.
    if let Some(used) = unsafe { used.as_mut() } {
        *used = n as isize;
    }
    boundary::to_c(s)
}
fn only_str(r: Ref, name: &str, what: &str, function: &str) -> PyResult {
    if str::is_str(r.value()) {
        return Ok(r);
    }
    Err(raise!(
        TypeError,
        "'{name}' {what} returned '{}' instead of 'str'; use codecs.{function}() to {function} to arbitrary types",
        r.ty().message_name()
    ))
}
fn clip(start: isize, end: isize, n: usize) -> (usize, usize) {
    str::search::clip(start, end, n)
}

capi! {
    fn PyUnicode_AsUnicodeAndSize(o: O, size: *mut isize) -> *mut u32 {
        let p = PyUnicode_AsUnicode(o);
        if !p.is_null() && !size.is_null() { *size = str::len(val(o)) as isize; }
        p
    }
    fn _PyUnicode_AsUnicode(o: O) -> *const u32 {
        let p = PyUnicode_AsUnicode(o);
        if !p.is_null() && str::view(val(o)).to_vec().contains(&0) { let _ = raise!(ValueError, "embedded null character"); return std::ptr::null(); }
        p
    }
    fn _PyUnicode_CheckConsistency(_o: O, _content: c_int) -> c_int { 1 }
    fn _PyUnicode_Equal(a: O, b: O) -> c_int { str::eq(val(a), val(b)).into() }
    fn _PyUnicode_FromASCII(s: *const c_char, n: isize) -> O { boundary::to_c(str::from_latin1(slice(s, n))) }
    fn _PyUnicode_FastFill(o: O, start: isize, n: isize, c: u32) { PyUnicode_Fill(o, start, n, c); }
    fn _PyUnicode_EncodeUTF7(o: O, _set_o: c_int, _white: c_int, errors: *const c_char) -> O { encode(val(o), "utf-7", &mode(errors)) }
    fn _PyUnicode_EncodeUTF16(o: O, errors: *const c_char, order: c_int) -> O {
        encode(val(o), match order { 0 => "utf-16", 1.. => "utf-16-be", _ => "utf-16-le" }, &mode(errors))
    }
    fn _PyUnicode_EncodeUTF32(o: O, errors: *const c_char, order: c_int) -> O {
        encode(val(o), match order { 0 => "utf-32", 1.. => "utf-32-be", _ => "utf-32-le" }, &mode(errors))
    }
    fn _PyUnicode_EncodeCharmap(o: O, mapping: O, errors: *const c_char) -> O {
        ret(codec::charmap_encode(val(o), &mode(errors), val(mapping)).map(|b| bytes::new(&b)))
    }
    fn _PyUnicode_XStrip(o: O, kind: c_int, chars: O) -> O {
        ret(pyrs_object::ops::call_method_str(val(o), match kind { 0 => "lstrip", 1 => "rstrip", _ => "strip" }, &[val(chars)]))
    }
    fn _PyUnicode_WideCharString_Converter(o: O, out: *mut *mut u32) -> c_int {
        if o.is_null() { heap::free((*out).cast()); *out = std::ptr::null_mut(); return 1; }
        if !str::is_str(val(o)) {
            let _ = raise!(TypeError, "argument must be str, not {}", val(o).ty().message_name());
            return 0;
        }
        *out = PyUnicode_AsWideCharString(o, std::ptr::null_mut());
        if (*out).is_null() { 0 } else { 0x20000 }
    }
    fn _PyUnicode_WideCharString_Opt_Converter(o: O, out: *mut *mut u32) -> c_int {
        if !o.is_null() && val(o).is_none() { *out = std::ptr::null_mut(); return 1; }
        if !o.is_null() && !str::is_str(val(o)) {
            let _ = raise!(TypeError, "argument must be str or None, not {}", val(o).ty().message_name());
            return 0;
        }
        _PyUnicode_WideCharString_Converter(o, out)
    }
    fn _PyUnicode_TransformDecimalAndSpaceToASCII(o: O) -> O {
        let v = val(o);
        if str::ascii_bytes(v).is_some() { return new_ref(v); }
        // As CPython: what is neither digit nor space ends the text with a question mark.
        let mut out = Vec::new();
        for c in str::view(v).to_vec() {
            let digit = crate::intrinsics::_PyUnicode_ToDecimalDigit(c);
            match c {
                0..128 => out.push(c),
                _ if crate::intrinsics::_PyUnicode_IsWhitespace(c) != 0 => out.push(32),
                _ if digit >= 0 => out.push(48 + digit as u32),
                _ => { out.push(63); break; }
            }
        }
        boundary::to_c(str::from_ucs4(&out))
    }
    fn PyUnicode_New(n: isize, max: u32) -> O {
        if n < 0 { let _ = raise!(SystemError, "Negative size passed to PyUnicode_New"); return NULL; }
        if max > 0x10FFFF { let _ = raise!(SystemError, "invalid maximum character passed to PyUnicode_New"); return NULL; }
        alloc(n as usize, max)
    }
    fn PyUnicode_FromStringAndSize(s: *const c_char, n: isize) -> O {
        if n < 0 { let _ = raise!(SystemError, "Negative size passed to PyUnicode_FromStringAndSize"); return NULL; }
        if s.is_null() {
            if n == 0 { return boundary::to_c(str::empty()); }
            let _ = raise!(SystemError, "NULL string with positive size passed to PyUnicode_FromStringAndSize");
            return NULL;
        }
        decode(slice(s, n), "utf-8", "strict")
    }
    fn PyUnicode_FromString(s: *const c_char) -> O { decode(c_bytes(s), "utf-8", "strict") }
    fn PyUnicode_InternFromString(s: *const c_char) -> O {
        ret(codec::decode(c_bytes(s), "utf-8", "strict").map(str::intern_value))
    }
    fn PyUnicode_InternInPlace(place: *mut O) {
        let o = *place;
        if o.is_null() || !str::is_exact(Value::from_object(o)) { return; }
        *place = str::intern_value(Ref::from_owned_ptr(o)).into_ptr();
    }
    fn PyUnicode_InternImmortal(place: *mut O) { PyUnicode_InternInPlace(place) }
    fn PyUnicode_FromKindAndData(kind: c_int, p: *const c_void, n: isize) -> O {
        if n < 0 { let _ = raise!(ValueError, "size must be positive"); return NULL; }
        let n = n as usize;
        boundary::to_c(if n == 0 { str::empty() } else {
            match kind {
                1 => str::from_latin1(std::slice::from_raw_parts(p.cast(), n)),
                2 => str::from_ucs2(std::slice::from_raw_parts(p.cast(), n)),
                4 => str::from_ucs4(std::slice::from_raw_parts(p.cast(), n)),
                _ => { let _ = raise!(SystemError, "invalid kind"); return NULL; }
            }
        })
    }
    fn PyUnicode_FromOrdinal(c: c_int) -> O {
        if !(0..=0x10FFFF).contains(&c) { let _ = raise!(ValueError, "chr() arg not in range(0x110000)"); return NULL; }
        boundary::to_c(str::from_char(c as u32))
    }
    fn PyUnicode_FromObject(o: O) -> O {
        let v = val(o);
        if !str::is_str(v) {
            let _ = raise!(TypeError, "Can't convert '{}' object to str implicitly", v.ty().message_name());
            return NULL;
        }
        boundary::to_c(str::substring(v, 0, usize::MAX))
    }
    fn PyUnicode_FromEncodedObject(o: O, encoding: *const c_char, errors: *const c_char) -> O {
        if o.is_null() { return bad_null(); }
        let v = val(o);
        if str::is_str(v) { let _ = raise!(TypeError, "decoding str is not supported"); return NULL; }
        if !memory::has_buffer(v) {
            let _ = raise!(TypeError, "decoding to str: need a bytes-like object, {} found", v.ty().message_name());
            return NULL;
        }
        let encoding = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        match memory::bytes_like(v) { Ok(b) => decode(b.bytes(), &encoding, &mode(errors)), Err(_) => NULL }
    }
    fn PyUnicode_FromWideChar(p: *const u32, n: isize) -> O {
        let n = if n < 0 { (0..).take_while(|i| *p.add(*i) != 0).count() } else { n as usize };
        boundary::to_c(if n == 0 { str::empty() } else { str::from_ucs4(std::slice::from_raw_parts(p, n)) })
    }
    fn PyUnicode_FromUnicode(p: *const u32, n: isize) -> O {
        if p.is_null() {
            if n > 0 { let _ = raise!(SystemError, "PyUnicode_FromUnicode(NULL, size) is not supported"); return NULL; }
            return boundary::to_c(str::empty());
        }
        PyUnicode_FromWideChar(p, n)
    }
    fn PyUnicode_AsUnicode(o: O) -> *mut u32 {
        // The old representation lives in the object's own field for it, as long as the process.
        let s = o.cast::<PyASCIIObject>();
        if str_arg(val(o)).is_ok() && (*s).wstr.is_null() {
            (*s).wstr = PyUnicode_AsWideCharString(o, &mut 0).cast();
        }
        (*s).wstr.cast()
    }
    fn PyUnicode_AsWideChar(o: O, out: *mut u32, n: isize) -> isize {
        let Ok(v) = str_arg(val(o)) else { return -1 };
        let chars = str::view(v).to_vec();
        let m = chars.len().min(n.max(0) as usize);
        std::ptr::copy_nonoverlapping(chars.as_ptr(), out, m);
        if m < n.max(0) as usize { *out.add(m) = 0; }
        m as isize
    }
    fn PyUnicode_AsWideCharString(o: O, size: *mut isize) -> *mut u32 {
        let Ok(v) = str_arg(val(o)) else { return std::ptr::null_mut() };
        let chars = str::view(v).to_vec();
        if size.is_null() && chars.contains(&0) { let _ = raise!(ValueError, "embedded null character"); return std::ptr::null_mut(); }
        let p = heap::malloc((chars.len() + 1) * 4).cast::<u32>();
        std::ptr::copy_nonoverlapping(chars.as_ptr(), p, chars.len());
        *p.add(chars.len()) = 0;
        if !size.is_null() { *size = chars.len() as isize; }
        p
    }
    fn PyUnicode_AsUCS4(o: O, out: *mut u32, n: isize, copy_null: c_int) -> *mut u32 {
        let chars = str::view(val(o)).to_vec();
        let need = chars.len() + usize::from(copy_null != 0);
        if (n.max(0) as usize) < need {
            let _ = raise!(SystemError, "string is longer than the buffer");
            return std::ptr::null_mut();
        }
        std::ptr::copy_nonoverlapping(chars.as_ptr(), out, chars.len());
        if copy_null != 0 { *out.add(chars.len()) = 0; }
        out
    }
    fn PyUnicode_AsUCS4Copy(o: O) -> *mut u32 {
        let chars = str::view(val(o)).to_vec();
        let p = heap::malloc((chars.len() + 1) * 4).cast::<u32>();
        std::ptr::copy_nonoverlapping(chars.as_ptr(), p, chars.len());
        *p.add(chars.len()) = 0;
        p
    }
    fn PyUnicode_AsUTF8AndSize(o: O, size: *mut isize) -> *const c_char {
        let r = str_arg(val(o)).and_then(str::as_utf8);
        match r {
            Ok(s) => { if !size.is_null() { *size = s.len() as isize; } s.as_ptr().cast() }
            Err(_) => std::ptr::null(),
        }
    }
    fn PyUnicode_AsUTF8(o: O) -> *const c_char { PyUnicode_AsUTF8AndSize(o, std::ptr::null_mut()) }
    fn PyUnicode_AsUTF8String(o: O) -> O { encode(val(o), "utf-8", "strict") }
    fn _PyUnicode_AsUTF8String(o: O, errors: *const c_char) -> O { encode(val(o), "utf-8", &mode(errors)) }
    fn PyUnicode_AsLatin1String(o: O) -> O { encode(val(o), "latin-1", "strict") }
    fn _PyUnicode_AsLatin1String(o: O, errors: *const c_char) -> O { encode(val(o), "latin-1", &mode(errors)) }
    fn PyUnicode_AsASCIIString(o: O) -> O { encode(val(o), "ascii", "strict") }
    fn _PyUnicode_AsASCIIString(o: O, errors: *const c_char) -> O { encode(val(o), "ascii", &mode(errors)) }
    fn PyUnicode_AsUTF16String(o: O) -> O { encode(val(o), "utf-16", "strict") }
    fn PyUnicode_AsUTF32String(o: O) -> O { encode(val(o), "utf-32", "strict") }
    fn PyUnicode_AsUnicodeEscapeString(o: O) -> O { encode(val(o), "unicode-escape", "strict") }
    fn PyUnicode_AsRawUnicodeEscapeString(o: O) -> O { encode(val(o), "raw-unicode-escape", "strict") }
    fn PyUnicode_AsEncodedString(o: O, encoding: *const c_char, errors: *const c_char) -> O {
        let name = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        encode(val(o), &name, &mode(errors))
    }
    fn PyUnicode_EncodeFSDefault(o: O) -> O { ret(str_arg(val(o)).and_then(codec::encode_fs).map(|b| bytes::new(&b))) }
    fn PyUnicode_EncodeLocale(o: O, errors: *const c_char) -> O { encode(val(o), "utf-8", &mode(errors)) }
    fn PyUnicode_Decode(s: *const c_char, n: isize, encoding: *const c_char, errors: *const c_char) -> O {
        let name = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        decode(slice(s, n), &name, &mode(errors))
    }
    fn PyUnicode_DecodeUTF8(s: *const c_char, n: isize, errors: *const c_char) -> O { decode(slice(s, n), "utf-8", &mode(errors)) }
    fn PyUnicode_DecodeUTF8Stateful(s: *const c_char, n: isize, errors: *const c_char, used: *mut isize) -> O {
        match codec::utf8_decode(slice(s, n), &mode(errors), used.is_null()) {
            Ok((r, m)) => { if !used.is_null() { *used = m as isize; } boundary::to_c(r) }
            Err(_) => NULL,
        }
    }
    fn PyUnicode_DecodeLatin1(s: *const c_char, n: isize, _errors: *const c_char) -> O { boundary::to_c(str::from_latin1(slice(s, n))) }
    fn PyUnicode_DecodeASCII(s: *const c_char, n: isize, errors: *const c_char) -> O { decode(slice(s, n), "ascii", &mode(errors)) }
    fn PyUnicode_DecodeUTF16(s: *const c_char, n: isize, errors: *const c_char, order: *mut c_int) -> O {
        PyUnicode_DecodeUTF16Stateful(s, n, errors, order, std::ptr::null_mut())
    }
    fn PyUnicode_DecodeUTF16Stateful(s: *const c_char, n: isize, errors: *const c_char, order: *mut c_int, used: *mut isize) -> O {
        let mut o = byte_order(order);
        let r = codec::utf16_decode(slice(s, n), &mode(errors), &mut o, used.is_null());
        tell_order(order, &o);
        stateful(r, used)
    }
    fn PyUnicode_DecodeUTF32(s: *const c_char, n: isize, errors: *const c_char, order: *mut c_int) -> O {
        PyUnicode_DecodeUTF32Stateful(s, n, errors, order, std::ptr::null_mut())
    }
    fn PyUnicode_DecodeUTF32Stateful(s: *const c_char, n: isize, errors: *const c_char, order: *mut c_int, used: *mut isize) -> O {
        let mut o = byte_order(order);
        let r = codec::utf32_decode(slice(s, n), &mode(errors), &mut o, used.is_null());
        tell_order(order, &o);
        stateful(r, used)
    }
    fn PyUnicode_DecodeUTF7(s: *const c_char, n: isize, errors: *const c_char) -> O {
        PyUnicode_DecodeUTF7Stateful(s, n, errors, std::ptr::null_mut())
    }
    fn PyUnicode_DecodeUTF7Stateful(s: *const c_char, n: isize, errors: *const c_char, used: *mut isize) -> O {
        stateful(codec::utf7_decode(slice(s, n), &mode(errors), used.is_null()), used)
    }
    fn PyUnicode_DecodeRawUnicodeEscape(s: *const c_char, n: isize, errors: *const c_char) -> O {
        decode(slice(s, n), "raw-unicode-escape", &mode(errors))
    }
    fn PyUnicode_DecodeCharmap(s: *const c_char, n: isize, mapping: O, errors: *const c_char) -> O {
        let mapping = val(mapping);
        if mapping.is_empty() || mapping.is_none() { return boundary::to_c(str::from_latin1(slice(s, n))); }
        ret(codec::charmap_decode(slice(s, n), &mode(errors), mapping))
    }
    fn PyUnicode_AsCharmapString(o: O, mapping: O) -> O {
        if o.is_null() || mapping.is_null() || !str::is_str(val(o)) { let _ = bad_argument(); return NULL; }
        ret(codec::charmap_encode(val(o), "strict", val(mapping)).map(|b| bytes::new(&b)))
    }
    fn PyUnicode_AsDecodedObject(o: O, encoding: *const c_char, errors: *const c_char) -> O {
        let name = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        ret(str_arg(val(o)).and_then(|v| codec::decode_any(v, &name, &mode(errors))))
    }
    fn PyUnicode_AsDecodedUnicode(o: O, encoding: *const c_char, errors: *const c_char) -> O {
        let name = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        let r = str_arg(val(o)).and_then(|v| codec::decode_any(v, &name, &mode(errors)));
        ret(r.and_then(|r| only_str(r, &name, "decoder", "decode")))
    }
    fn PyUnicode_AsEncodedObject(o: O, encoding: *const c_char, errors: *const c_char) -> O {
        let name = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        ret(str_arg(val(o)).and_then(|v| codec::encode_any(v, &name, &mode(errors))))
    }
    fn PyUnicode_AsEncodedUnicode(o: O, encoding: *const c_char, errors: *const c_char) -> O {
        let name = if encoding.is_null() { "utf-8".into() } else { text(encoding) };
        let r = str_arg(val(o)).and_then(|v| codec::encode_any(v, &name, &mode(errors)));
        ret(r.and_then(|r| only_str(r, &name, "encoder", "encode")))
    }
    fn PyUnicode_DecodeUnicodeEscape(s: *const c_char, n: isize, errors: *const c_char) -> O { decode(slice(s, n), "unicode-escape", &mode(errors)) }
    fn PyUnicode_DecodeFSDefault(s: *const c_char) -> O { boundary::to_c(codec::decode_fs(c_bytes(s))) }
    fn PyUnicode_DecodeFSDefaultAndSize(s: *const c_char, n: isize) -> O { boundary::to_c(codec::decode_fs(slice(s, n))) }
    fn PyUnicode_DecodeLocale(s: *const c_char, errors: *const c_char) -> O { decode(c_bytes(s), "utf-8", &mode(errors)) }
    fn PyUnicode_DecodeLocaleAndSize(s: *const c_char, n: isize, errors: *const c_char) -> O { decode(slice(s, n), "utf-8", &mode(errors)) }
    fn PyUnicode_GetDefaultEncoding() -> *const c_char { c"utf-8".as_ptr() }
    fn PyUnicode_FSConverter(arg: O, out: *mut c_void) -> c_int {
        let out = out.cast::<O>();
        if arg.is_null() { heap::xdecref_ptr(*out); *out = NULL; return 1; }
        let path = steal(crate::sysmodule::PyOS_FSPath(arg));
        if path.is_empty() { return 0; }
        let b = if bytes::is_bytes(path.value()) { Ok(path) } else { codec::encode_fs(path.value()).map(|b| bytes::new(&b)) };
        let Ok(b) = b else { return 0 };
        if bytes::data(b.value()).contains(&0) { let _ = raise!(ValueError, "embedded null byte"); return 0; }
        *out = boundary::to_c(b);
        0x20000
    }
    fn PyUnicode_FSDecoder(arg: O, out: *mut c_void) -> c_int {
        let out = out.cast::<O>();
        if arg.is_null() { heap::xdecref_ptr(*out); *out = NULL; return 1; }
        let path = steal(crate::sysmodule::PyOS_FSPath(arg));
        if path.is_empty() { return 0; }
        let s = if str::is_str(path.value()) { path } else { codec::decode_fs(bytes::data(path.value())) };
        *out = boundary::to_c(s);
        0x20000
    }
    fn PyUnicode_GetLength(o: O) -> isize {
        let Ok(v) = str_arg(val(o)) else { return -1 };
        str::len(v) as isize
    }
    fn PyUnicode_ReadChar(o: O, i: isize) -> u32 {
        let Ok(v) = str_arg(val(o)) else { return u32::MAX };
        if i < 0 || i as usize >= str::len(v) { let _ = raise!(IndexError, "string index out of range"); return u32::MAX; }
        str::char_at(v, i as usize)
    }
    fn PyUnicode_WriteChar(o: O, i: isize, c: u32) -> c_int {
        let Ok(v) = str_arg(val(o)) else { return -1 };
        if i < 0 || i as usize >= str::len(v) { let _ = raise!(IndexError, "string index out of range"); return -1; }
        if (*o).ob_refcnt != 1 { let _ = raise!(SystemError, "Cannot modify a string currently used"); return -1; }
        if c > max_char(v) { let _ = raise!(ValueError, "character out of range"); return -1; }
        write_char(o, i as usize, c);
        0
    }
    fn _PyUnicode_Ready(o: O) -> c_int {
        if (*o.cast::<PyASCIIObject>()).state.is_ready() { 0 } else { bad_int() }
    }
    fn PyUnicode_CopyCharacters(to: O, at: isize, from: O, start: isize, n: isize) -> isize {
        let Ok(source) = str_arg(val(from)) else { return -1 };
        if start as usize > str::len(source) || at as usize > str::len(val(to)) {
            let _ = raise!(IndexError, "string index out of range");
            return -1;
        }
        let n = (n as usize).min(str::len(source) - start as usize);
        if at as usize + n > str::len(val(to)) {
            let _ = raise!(SystemError, "Cannot write {n} characters at {at} in a string of {} characters", str::len(val(to)));
            return -1;
        }
        copy_chars(to, at as usize, source, start as usize, n);
        n as isize
    }
    fn _PyUnicode_FastCopyCharacters(to: O, at: isize, from: O, start: isize, n: isize) {
        copy_chars(to, at as usize, Value::from_object(from), start as usize, n as usize)
    }
    fn PyUnicode_Fill(o: O, start: isize, n: isize, c: u32) -> isize {
        let n = (n as usize).min(str::len(val(o)).saturating_sub(start as usize));
        (0..n).for_each(|i| write_char(o, start as usize + i, c));
        n as isize
    }
    fn PyUnicode_Resize(place: *mut O, n: isize) -> c_int {
        let o = *place;
        if o.is_null() || n < 0 || !str::is_str(val(o)) { return bad_int(); }
        let v = val(o);
        if str::len(v) == n as usize { return 0; }
        let fresh = alloc(n as usize, max_char(v));
        if fresh.is_null() { return -1; }
        let m = str::len(v).min(n as usize);
        if n > 0 { copy_chars(fresh, 0, v, 0, m); }
        *place = fresh;
        heap::decref_ptr(o);
        0
    }
    fn PyUnicode_Concat(a: O, b: O) -> O { ret(need_str(val(a)).and_then(|a| str::concat(a, val(b)))) }
    fn PyUnicode_Append(place: *mut O, right: O) {
        let left = *place;
        if left.is_null() { return; }
        if right.is_null() || !str::is_str(val(left)) || !str::is_str(val(right)) {
            if !errors::occurred() { let _ = bad_call(); }
            *place = NULL;
            heap::decref_ptr(left);
            return;
        }
        *place = NULL;
        *place = ret(str::append(Ref::from_owned_ptr(left), val(right)));
    }
    fn PyUnicode_AppendAndDel(place: *mut O, right: O) { PyUnicode_Append(place, right); heap::xdecref_ptr(right); }
    fn PyUnicode_Substring(o: O, start: isize, end: isize) -> O {
        let v = val(o);
        if start < 0 || end < 0 { let _ = raise!(IndexError, "string index out of range"); return NULL; }
        boundary::to_c(str::substring(v, start as usize, end as usize))
    }
    fn PyUnicode_Compare(a: O, b: O) -> c_int {
        let (a, b) = (val(a), val(b));
        if str::is_str(a) && str::is_str(b) { return str::cmp(a, b) as c_int; }
        let _ = raise!(TypeError, "Can't compare {} and {}", a.ty().message_name(), b.ty().message_name());
        -1
    }
    fn PyUnicode_CompareWithASCIIString(a: O, s: *const c_char) -> c_int {
        let bytes = c_bytes(s);
        if let Some(own) = str::ascii_bytes(val(a)) { return own.cmp(bytes) as c_int; }
        let other = str::from_latin1(bytes);
        str::cmp(val(a), other.value()) as c_int
    }
    fn PyUnicode_RichCompare(a: O, b: O, op: c_int) -> O {
        let (a, b) = (val(a), val(b));
        match CmpOp::from_index(op as usize) {
            Some(CmpOp::Eq) if str::is_str(a) && str::is_str(b) => boundary::to_c(Ref::bool(str::eq(a, b))),
            Some(CmpOp::Ne) if str::is_str(a) && str::is_str(b) => boundary::to_c(Ref::bool(!str::eq(a, b))),
            Some(op) if str::is_str(a) && str::is_str(b) => boundary::to_c(Ref::bool(op.holds(str::cmp(a, b)))),
            Some(_) => boundary::to_c(Ref::not_implemented()),
            None => { let _ = bad_argument(); NULL }
        }
    }
    fn _PyUnicode_EQ(a: O, b: O) -> c_int { str::eq(val(a), val(b)).into() }
    fn _PyUnicode_EqualToASCIIString(a: O, s: *const c_char) -> c_int { (str::ascii_bytes(val(a)) == Some(c_bytes(s))).into() }
    fn PyUnicode_Contains(a: O, b: O) -> c_int {
        let (a, b) = (val(a), val(b));
        if !str::is_str(b) {
            let _ = raise!(TypeError, "'in <string>' requires string as left operand, not {}", b.ty().message_name());
            return -1;
        }
        truth(str_arg(a).and_then(|a| ops::contains(a, b)))
    }
    fn PyUnicode_Find(o: O, sub: O, start: isize, end: isize, direction: c_int) -> isize {
        let method = if direction > 0 { "find" } else { "rfind" };
        let (a, b) = (Ref::int(start as i64), Ref::int(end as i64));
        ops::call_method_str(val(o), method, &[val(sub), a.value(), b.value()])
            .map_or(-2, |r| r.as_int().map_or(-2, |n| n as isize))
    }
    fn PyUnicode_FindChar(o: O, c: u32, start: isize, end: isize, direction: c_int) -> isize {
        let v = str::view(val(o));
        let (start, end) = clip(start, end, v.len());
        let mut range = start..end.max(start);
        let hit = if direction > 0 { range.find(|i| v.get(*i) == c) } else { range.rev().find(|i| v.get(*i) == c) };
        hit.map_or(-1, |i| i as isize)
    }
    fn PyUnicode_Count(o: O, sub: O, start: isize, end: isize) -> isize {
        let (a, b) = (Ref::int(start as i64), Ref::int(end as i64));
        ops::call_method_str(val(o), "count", &[val(sub), a.value(), b.value()]).map_or(-1, |r| r.as_int().map_or(-1, |n| n as isize))
    }
    fn PyUnicode_Tailmatch(o: O, sub: O, start: isize, end: isize, direction: c_int) -> isize {
        let method = if direction > 0 { "endswith" } else { "startswith" };
        let (a, b) = (Ref::int(start as i64), Ref::int(end as i64));
        ops::call_method_str(val(o), method, &[val(sub), a.value(), b.value()]).map_or(-1, |r| r.is_true_const().into())
    }
    fn PyUnicode_Join(separator: O, parts: O) -> O { ret(ops::call_method_str(val(separator), "join", &[val(parts)])) }
    fn PyUnicode_Split(o: O, sep: O, max: isize) -> O {
        let (sep, max) = (if sep.is_null() { Ref::none() } else { Ref::new(val(sep)) }, Ref::int(max as i64));
        ret(ops::call_method_str(val(o), "split", &[sep.value(), max.value()]))
    }
    fn PyUnicode_RSplit(o: O, sep: O, max: isize) -> O {
        let (sep, max) = (if sep.is_null() { Ref::none() } else { Ref::new(val(sep)) }, Ref::int(max as i64));
        ret(ops::call_method_str(val(o), "rsplit", &[sep.value(), max.value()]))
    }
    fn PyUnicode_Splitlines(o: O, keep: c_int) -> O { ret(ops::call_method_str(val(o), "splitlines", &[Ref::bool(keep != 0).value()])) }
    fn PyUnicode_Partition(o: O, sep: O) -> O { ret(ops::call_method_str(val(o), "partition", &[val(sep)])) }
    fn PyUnicode_RPartition(o: O, sep: O) -> O { ret(ops::call_method_str(val(o), "rpartition", &[val(sep)])) }
    fn PyUnicode_Replace(o: O, old: O, new: O, max: isize) -> O {
        let max = Ref::int(max as i64);
        ret(ops::call_method_str(val(o), "replace", &[val(old), val(new), max.value()]))
    }
    fn PyUnicode_Translate(o: O, table: O, _errors: *const c_char) -> O { ret(ops::call_method_str(val(o), "translate", &[val(table)])) }
    fn PyUnicode_Format(format: O, args: O) -> O {
        if format.is_null() || args.is_null() { return bad_null(); }
        ret(str_arg(val(format)).and_then(|f| str::percent(f, val(args))))
    }
    fn PyUnicode_IsIdentifier(o: O) -> c_int { str::is_identifier(val(o)).into() }
    fn _PyUnicode_Copy(o: O) -> O {
        let v = val(o);
        let fresh = alloc(str::len(v), max_char(v));
        if !fresh.is_null() && str::len(v) > 0 { copy_chars(fresh, 0, v, 0, str::len(v)); }
        fresh
    }
    fn _PyUnicode_FindMaxChar(o: O, start: isize, end: isize) -> u32 {
        let v = str::view(val(o));
        let m = (start.max(0) as usize..(end.max(0) as usize).min(v.len())).map(|i| v.get(i)).max().unwrap_or(0);
        match m { 0..=0x7F => 0x7F, 0x80..=0xFF => 0xFF, 0x100..=0xFFFF => 0xFFFF, _ => 0x10FFFF }
    }
    fn _PyUnicode_JoinArray(separator: O, items: *const O, n: isize) -> O {
        let items: Vec<Ref> = (0..n as usize).map(|i| Ref::new(val(*items.add(i)))).collect();
        let l = list::from_vec(items);
        ret(ops::call_method_str(val(separator), "join", &[l.value()]))
    }
    fn PyUnicode_GetSize(o: O) -> isize { PyUnicode_GetLength(o) }
    fn PyUnicode_BuildEncodingMap(o: O) -> O { ret(codec::charmap_build(val(o))) }
}
