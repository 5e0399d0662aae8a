//! `str`: compact strings in CPython's layout (1, 2 or 4 bytes a character, the narrowest that fits).
//!
//! Characters are looked at through [`StrView`], a slice of the string's own width, so that algorithms are written
//! once over [`Unit`] and run on bytes for nearly all text. Canonical width is an invariant: two equal strings have
//! the same width, hence equality is a `memcmp`.
#![allow(
    clippy::useless_conversion,
    reason = "bodies of `each_width!` run at every width, u32 too"
)]

use crate::layout::*;
use crate::{PyResult, Ref, Type, Value, ValueExt, each_width, raise, ty};
use std::cmp::Ordering;
use std::ffi::{c_char, c_int, c_void};

mod build;
mod case;
mod format;
mod intern;
mod iter;
mod methods;
mod object;
pub(crate) mod percent;
pub mod quick;
mod repr;
pub mod search;
pub(crate) mod split;
#[cfg(test)]
mod tests;

pub use build::{Builder, join, repeat};
pub use case::is_identifier;
pub use format::{
    Field, FieldPath, FormatPiece, Markup, field_name_split, format_with, parse_markup,
};
pub use intern::{intern, intern_immortal, intern_value, is_interned};
pub use iter::PyUnicodeIter_Type;
pub(crate) use methods::{expand_tabs, window};
pub(crate) use object::name_arg;
pub use object::{PyUnicode_Type, decode_object};
pub use percent::percent;
pub use repr::push_escape;
pub use repr::{escape_non_ascii, repr_of};
pub use search::Unit;

pub(crate) use intern::forget_interned;

type O = *mut PyObject;

/// The characters of a string, at its width.
#[derive(Clone, Copy)]
pub enum StrView<'a> {
    Latin1(&'a [u8]),
    Ucs2(&'a [u16]),
    Ucs4(&'a [u32]),
}

/// Runs `$body` with the slice of a view, whatever its width.
#[macro_export]
macro_rules! each_width {
    ($view:expr, $s:ident => $body:expr) => {
        match $view {
            $crate::str::StrView::Latin1($s) => $body,
            $crate::str::StrView::Ucs2($s) => $body,
            $crate::str::StrView::Ucs4($s) => $body,
        }
    };
}

impl StrView<'_> {
    #[inline]
    pub fn len(self) -> usize {
        each_width!(self, s => s.len())
    }
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
    #[inline]
    pub fn get(self, i: usize) -> u32 {
        each_width!(self, s => s[i].into())
    }
    pub fn to_vec(self) -> Vec<u32> {
        each_width!(self, s => s.iter().map(|&c| c.into()).collect())
    }
    /// The characters from `start` to `end` as a string of their own.
    pub fn slice(self, start: usize, end: usize) -> Ref {
        each_width!(self, s => Unit::make(&s[start..end]))
    }
}

/// Header bytes before the characters.
const ASCII_HEADER: usize = size_of::<PyASCIIObject>();
const COMPACT_HEADER: usize = size_of::<PyCompactUnicodeObject>();

#[inline(always)]
fn raw(v: Value) -> *mut PyASCIIObject {
    debug_assert!(v.has_flag(tpflags::UNICODE_SUBCLASS));
    v.as_ptr().cast()
}
#[inline(always)]
fn state(v: Value) -> UnicodeState {
    // SAFETY: a live str.
    unsafe { (*raw(v)).state }
}
/// The address of the characters.
#[inline(always)]
fn data_ptr(v: Value) -> *mut u8 {
    let s = state(v);
    // SAFETY: compact characters follow the header; others hang off `data`.
    unsafe {
        if s.is_compact() {
            let header = if s.is_ascii() {
                ASCII_HEADER
            } else {
                COMPACT_HEADER
            };
            raw(v).cast::<u8>().add(header)
        } else {
            (*raw(v).cast::<PyUnicodeObject>()).data.cast()
        }
    }
}

/// Bytes an uninitialised compact string takes; `None` when that is more than there can be.
fn compact_size(n: usize, kind: usize, ascii: bool) -> Option<usize> {
    let header = if ascii { ASCII_HEADER } else { COMPACT_HEADER };
    n.checked_add(1)?
        .checked_mul(kind)?
        .checked_add(header)
        .filter(|&s| s <= isize::MAX as usize - 64)
}

/// # Safety
/// `object` has room for `n` characters of `kind` behind its header.
unsafe fn init_header(object: O, n: usize, kind: usize, ascii: bool) -> *mut u8 {
    // SAFETY: by contract.
    unsafe {
        let s = object.cast::<PyASCIIObject>();
        (*s).length = n as isize;
        (*s).hash = -1;
        (*s).state = UnicodeState::new(kind as u32, true, ascii);
        (*s).wstr = std::ptr::null_mut();
        let header = if ascii {
            ASCII_HEADER
        } else {
            let c = object.cast::<PyCompactUnicodeObject>();
            (*c).utf8_length = 0;
            (*c).utf8 = std::ptr::null_mut();
            (*c).wstr_length = 0;
            COMPACT_HEADER
        };
        let data = object.cast::<u8>().add(header);
        std::ptr::write_bytes(data.add(n * kind), 0, kind);
        data
    }
}

/// A new compact string whose `n` characters the caller writes; its memory was found to be available.
fn alloc(n: usize, kind: usize, ascii: bool) -> (Ref, *mut u8) {
    let size = compact_size(n, kind, ascii).unwrap_or(usize::MAX >> 1);
    let object = crate::heap::alloc_uninit(ty!(PyUnicode_Type), size);
    // SAFETY: just allocated with that size.
    unsafe {
        (
            Ref::from_owned_ptr(object),
            init_header(object, n, kind, ascii),
        )
    }
}

/// [`alloc`] for lengths that input decides: `MemoryError` instead of an abort.
fn try_alloc(n: usize, kind: usize, ascii: bool) -> PyResult<(Ref, *mut u8)> {
    let Some(size) = compact_size(n, kind, ascii) else {
        return Err(crate::errors::no_memory());
    };
    if size < 1 << 16 {
        return Ok(alloc(n, kind, ascii));
    }
    let object = crate::heap::try_alloc(ty!(PyUnicode_Type), size);
    if object.is_null() {
        return Err(crate::errors::no_memory());
    }
    // SAFETY: just allocated with that size.
    unsafe {
        Ok((
            Ref::from_owned_ptr(object),
            init_header(object, n, kind, ascii),
        ))
    }
}

/// # Safety
/// `data` is ASCII if `ascii`, `U` is the canonical width of the characters, and there are not zero or one of them
/// that the caches hold.
unsafe fn copy_new<U: Unit>(data: &[U], ascii: bool) -> Ref {
    let (r, p) = alloc(data.len(), size_of::<U>(), ascii);
    // SAFETY: `p` has room for the characters.
    unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), p.cast::<U>(), data.len()) };
    r
}

pub fn new(text: &str) -> Ref {
    let bytes = text.as_bytes();
    if bytes.is_ascii() {
        return from_ascii(bytes);
    }
    let mut b = Builder::with_capacity(text.len());
    b.push_str(text);
    b.finish_short()
}

/// The caller knows that all bytes are below 128.
#[inline]
pub(crate) fn from_ascii(bytes: &[u8]) -> Ref {
    match bytes {
        [] => empty(),
        [c] => from_char(*c as u32),
        // SAFETY: ASCII by contract, more than one character.
        _ => unsafe { copy_new(bytes, true) },
    }
}

/// Generalised UTF-8 (lone surrogates allowed); invalid bytes become U+FFFD.
pub fn from_wtf8(bytes: &[u8]) -> Ref {
    if bytes.is_ascii() {
        return from_ascii(bytes);
    }
    let mut b = Builder::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        let (good, bad) = match std::str::from_utf8(rest) {
            Ok(s) => (s, &rest[rest.len()..]),
            Err(e) => {
                let n = e.valid_up_to();
                // SAFETY: the part before `valid_up_to` is valid.
                (
                    unsafe { std::str::from_utf8_unchecked(&rest[..n]) },
                    &rest[n..],
                )
            }
        };
        b.push_str(good);
        match bad {
            [] => break,
            [0xED, x @ 0xA0..=0xBF, y @ 0x80..=0xBF, tail @ ..] => {
                b.push(0xD000 | (*x as u32 & 0x3F) << 6 | (*y as u32 & 0x3F));
                rest = tail;
            }
            [_, tail @ ..] => {
                b.push(0xFFFD);
                rest = tail;
            }
        }
    }
    b.finish_short()
}
pub fn from_latin1(bytes: &[u8]) -> Ref {
    match bytes {
        [] => empty(),
        [c] => from_char(*c as u32),
        // SAFETY: bytes are the canonical width of Latin-1.
        _ => unsafe { copy_new(bytes, bytes.is_ascii()) },
    }
}
/// Code points, not UTF-16.
pub fn from_ucs2(units: &[u16]) -> Ref {
    let max = units.iter().fold(0, |m, &c| m | c);
    if max < 256 {
        return narrow_to_latin1(units, max < 128);
    }
    // SAFETY: some character needs two bytes.
    unsafe { copy_new(units, false) }
}
pub fn from_ucs4(units: &[u32]) -> Ref {
    let max = units.iter().fold(0, |m, &c| m | c);
    if max < 256 {
        return narrow_to_latin1(units, max < 128);
    }
    if max > 0xFFFF {
        // SAFETY: some character needs four bytes.
        return unsafe { copy_new(units, false) };
    }
    let (r, p) = alloc(units.len(), 2, false);
    for (i, &c) in units.iter().enumerate() {
        // SAFETY: `p` has room for all.
        unsafe { *p.cast::<u16>().add(i) = c as u16 };
    }
    r
}
fn narrow_to_latin1<U: Unit>(units: &[U], ascii: bool) -> Ref {
    match units {
        [] => empty(),
        [c] => from_char((*c).into()),
        _ => {
            let (r, p) = alloc(units.len(), 1, ascii);
            for (i, &c) in units.iter().enumerate() {
                // SAFETY: `p` has room for all.
                unsafe { *p.add(i) = c.into() as u8 };
            }
            r
        }
    }
}

/// Single characters and, last, the empty string; made on first use and immortal.
static mut CACHED: [Value; 257] = [Value::EMPTY; 257];

#[inline]
fn cached(i: usize) -> Ref {
    // SAFETY: under the GIL; the entries never go away once made.
    unsafe {
        let slot = (&raw mut CACHED).cast::<Value>().add(i);
        if (*slot).is_empty() {
            *slot = make_cached(i);
        }
        Ref::new(*slot)
    }
}
#[cold]
fn make_cached(i: usize) -> Value {
    let r = if i == 256 {
        alloc(0, 1, true).0
    } else {
        // SAFETY: one Latin-1 character, made once.
        unsafe { copy_new(&[i as u8], i < 128) }
    };
    intern::make_immortal(r)
}

/// Latin-1 ones are cached and immortal.
#[inline]
pub fn from_char(c: u32) -> Ref {
    if c < 256 {
        return cached(c as usize);
    }
    if c < 0x10000 {
        // SAFETY: two bytes are needed.
        unsafe { copy_new(&[c as u16], false) }
    } else {
        // SAFETY: four bytes are needed.
        unsafe { copy_new(&[c], false) }
    }
}
#[inline]
pub fn empty() -> Ref {
    cached(256)
}

/// The characters of a str instance.
#[inline]
pub fn view<'a>(v: Value) -> StrView<'a> {
    let n = len(v);
    let p = data_ptr(v);
    // SAFETY: `length` characters of the kind lie at the data pointer for as long as the string lives, which the
    // caller's reference guarantees.
    unsafe {
        match state(v).kind() {
            1 => StrView::Latin1(std::slice::from_raw_parts(p, n)),
            2 => StrView::Ucs2(std::slice::from_raw_parts(p.cast(), n)),
            _ => StrView::Ucs4(std::slice::from_raw_parts(p.cast(), n)),
        }
    }
}
/// The bytes of a string that is all ASCII.
#[inline]
pub fn ascii_bytes<'a>(v: Value) -> Option<&'a [u8]> {
    match view(v) {
        StrView::Latin1(s) if state(v).is_ascii() => Some(s),
        _ => None,
    }
}
#[inline]
pub fn is_str(v: Value) -> bool {
    v.has_flag(tpflags::UNICODE_SUBCLASS)
}
#[inline(always)]
pub fn len(v: Value) -> usize {
    // SAFETY: a live str.
    unsafe { (*raw(v)).length as usize }
}
#[inline]
pub fn char_at(v: Value, i: usize) -> u32 {
    view(v).get(i)
}
/// The character storage as bytes, as hashing and C see it.
#[inline]
fn storage<'a>(v: Value) -> &'a [u8] {
    // SAFETY: `length * kind` bytes at the data pointer.
    unsafe { std::slice::from_raw_parts(data_ptr(v), len(v) * state(v).kind() as usize) }
}
/// Cached in the object.
#[inline]
pub fn hash(v: Value) -> i64 {
    // SAFETY: a live str.
    let h = unsafe { (*raw(v)).hash };
    if h != -1 { h as i64 } else { compute_hash(v) }
}
#[inline(never)]
fn compute_hash(v: Value) -> i64 {
    let h = hash_secret().hash_bytes(storage(v));
    // SAFETY: a live str; the cache is a plain word.
    unsafe { (*raw(v)).hash = h as isize };
    h
}

static SECRET: std::sync::OnceLock<pyrs_numeric::hash::HashSecret> = std::sync::OnceLock::new();

/// Fixes the process's hash secret; without it the first hash takes it from `PYTHONHASHSEED`. False if it is too late.
pub fn set_hash_secret(secret: pyrs_numeric::hash::HashSecret) -> bool {
    SECRET.set(secret).is_ok()
}
/// The process's hash secret, for `bytes`, `datetime` and `_Py_HashBytes`.
#[inline]
pub fn hash_secret() -> &'static pyrs_numeric::hash::HashSecret {
    SECRET.get_or_init(|| {
        use pyrs_numeric::hash::HashSecret;
        if let Some(seed) = std::env::var("PYTHONHASHSEED")
            .ok()
            .and_then(|s| s.parse().ok())
        {
            return HashSecret::from_seed(seed);
        }
        let mut bytes = [0u8; HashSecret::SIZE];
        // SAFETY: the buffer has that many bytes.
        unsafe { libc::getrandom(bytes.as_mut_ptr().cast(), bytes.len(), 0) };
        HashSecret::from_bytes(&bytes)
    })
}

/// Two str instances.
#[inline]
pub fn eq(a: Value, b: Value) -> bool {
    if a == b {
        return true;
    }
    if len(a) != len(b) {
        return false;
    }
    let (s, t) = (state(a), state(b));
    // There is one interned str of a text.
    s.kind() == t.kind() && (s.interned() == 0 || t.interned() == 0) && storage(a) == storage(b)
}
pub fn cmp(a: Value, b: Value) -> Ordering {
    match (view(a), view(b)) {
        (StrView::Latin1(a), StrView::Latin1(b)) => a.cmp(b),
        (StrView::Ucs2(a), StrView::Ucs2(b)) => a.cmp(b),
        (StrView::Ucs4(a), StrView::Ucs4(b)) => a.cmp(b),
        (a, b) => each_width!(a, x => each_width!(b, y => {
            x.iter().map(|&c| -> u32 { c.into() }).cmp(y.iter().map(|&c| -> u32 { c.into() }))
        })),
    }
}
/// False when v is no str.
pub fn eq_str(v: Value, text: &str) -> bool {
    if !is_str(v) {
        return false;
    }
    match ascii_bytes(v) {
        Some(s) => s == text.as_bytes(),
        None => {
            each_width!(view(v), s => s.iter().map(|&c| -> u32 { c.into() }).eq(text.chars().map(u32::from)))
        }
    }
}
#[inline(always)]
pub fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(PyUnicode_Type))
}
/// `v` itself if it is exactly a str, else an exact copy.
pub(crate) fn exact(v: Value) -> Ref {
    if is_exact(v) {
        Ref::new(v)
    } else {
        view(v).slice(0, len(v))
    }
}

/// Cached UTF-8; UnicodeEncodeError for surrogates.
pub fn as_utf8<'a>(v: Value) -> PyResult<&'a str> {
    if let Some(s) = ascii_bytes(v) {
        // SAFETY: ASCII is UTF-8.
        return Ok(unsafe { std::str::from_utf8_unchecked(s) });
    }
    // SAFETY: a non-ASCII (or non-compact) string has the compact struct's fields.
    unsafe {
        let c = raw(v).cast::<PyCompactUnicodeObject>();
        if (*c).utf8.is_null() {
            let bytes = crate::codec::utf8_encode_strict(v)?;
            let p = crate::heap::malloc(bytes.len() + 1);
            std::ptr::copy_nonoverlapping(bytes.as_ptr(), p, bytes.len());
            *p.add(bytes.len()) = 0;
            (*c).utf8 = p.cast::<c_char>();
            (*c).utf8_length = bytes.len() as isize;
        }
        let s = std::slice::from_raw_parts((*c).utf8.cast::<u8>(), (*c).utf8_length as usize);
        Ok(std::str::from_utf8_unchecked(s))
    }
}
/// UTF-8 in which lone surrogates are encoded like other characters.
pub fn to_wtf8(v: Value) -> Vec<u8> {
    let mut out = Vec::with_capacity(len(v) + 8);
    if let Some(s) = ascii_bytes(v) {
        out.extend_from_slice(s);
        return out;
    }
    each_width!(view(v), s => for &c in s { push_wtf8(&mut out, c.into()) });
    out
}
/// Appends one code point as (generalised) UTF-8.
#[inline]
pub fn push_wtf8(out: &mut Vec<u8>, c: u32) {
    if c < 0x80 {
        out.push(c as u8);
    } else if c < 0x800 {
        out.extend_from_slice(&[0xC0 | (c >> 6) as u8, 0x80 | (c & 0x3F) as u8]);
    } else if c < 0x10000 {
        out.extend_from_slice(&[
            0xE0 | (c >> 12) as u8,
            0x80 | (c >> 6 & 0x3F) as u8,
            0x80 | (c & 0x3F) as u8,
        ]);
    } else {
        out.extend_from_slice(&[
            0xF0 | (c >> 18) as u8,
            0x80 | (c >> 12 & 0x3F) as u8,
            0x80 | (c >> 6 & 0x3F) as u8,
            0x80 | (c & 0x3F) as u8,
        ]);
    }
}
/// The text with lone surrogates as U+FFFD.
pub fn to_string_lossy(v: Value) -> String {
    if let Some(s) = ascii_bytes(v) {
        // SAFETY: ASCII is UTF-8.
        return unsafe { std::str::from_utf8_unchecked(s) }.to_owned();
    }
    each_width!(view(v), s => s.iter().map(|&c| char::from_u32(c.into()).unwrap_or('\u{FFFD}')).collect())
}
pub struct Display(pub Value);
impl std::fmt::Display for Display {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&to_string_lossy(self.0))
    }
}
/// For messages: the text, surrogates replaced.
pub fn display(v: Value) -> Display {
    Display(v)
}

pub fn substring(v: Value, start: usize, end: usize) -> Ref {
    let end = end.min(len(v));
    let start = start.min(end);
    if start == 0 && end == len(v) {
        return exact(v);
    }
    if let Some(s) = ascii_bytes(v) {
        return from_ascii(&s[start..end]);
    }
    view(v).slice(start, end)
}

/// Copies the characters of `v` to `out` at width `kind`, which is at least the string's own.
///
/// # Safety
/// `out` has room for them.
unsafe fn write_chars(v: Value, out: *mut u8, kind: usize) {
    // SAFETY: by contract.
    unsafe {
        match (view(v), kind) {
            (StrView::Latin1(s), 1) => std::ptr::copy_nonoverlapping(s.as_ptr(), out, s.len()),
            (StrView::Latin1(s), 2) => {
                (0..s.len()).for_each(|i| *out.cast::<u16>().add(i) = s[i] as u16)
            }
            (StrView::Latin1(s), _) => {
                (0..s.len()).for_each(|i| *out.cast::<u32>().add(i) = s[i] as u32)
            }
            (StrView::Ucs2(s), 4) => {
                (0..s.len()).for_each(|i| *out.cast::<u32>().add(i) = s[i] as u32)
            }
            (StrView::Ucs2(s), _) => std::ptr::copy_nonoverlapping(s.as_ptr(), out.cast(), s.len()),
            (StrView::Ucs4(s), _) => std::ptr::copy_nonoverlapping(s.as_ptr(), out.cast(), s.len()),
        }
    }
}

pub fn concat(a: Value, b: Value) -> PyResult {
    if !is_str(b) {
        return Err(raise!(
            TypeError,
            "can only concatenate str (not \"{}\") to str",
            b.ty().message_name()
        ));
    }
    let (n, m) = (len(a), len(b));
    if n == 0 && is_exact(b) {
        return Ok(Ref::new(b));
    }
    if m == 0 && is_exact(a) {
        return Ok(Ref::new(a));
    }
    if n == 0 || m == 0 {
        return Ok(exact(if n == 0 { b } else { a }));
    }
    let (sa, sb) = (state(a), state(b));
    let kind = sa.kind().max(sb.kind()) as usize;
    let Some(total) = n.checked_add(m).filter(|&t| t <= isize::MAX as usize) else {
        return Err(raise!(OverflowError, "strings are too large to concat"));
    };
    let (r, p) = try_alloc(total, kind, sa.is_ascii() && sb.is_ascii())?;
    // SAFETY: room for both.
    unsafe {
        write_chars(a, p, kind);
        write_chars(b, p.add(n * kind), kind);
    }
    Ok(r)
}

/// left + right, in place when `left` is the only reference.
pub fn append(left: Ref, right: Value) -> PyResult {
    let l = left.value();
    if !is_exact(l) || !is_str(right) || len(l) == 0 || len(right) == 0 {
        return concat(l, right);
    }
    let (s, t) = (state(l), state(right));
    let unique = crate::heap::refcount(l) == 1 && s.interned() == 0 && s.is_compact() && l != right;
    // Widening moves every character anyway, and an ASCII string has a smaller header.
    if !unique || t.kind() > s.kind() || (s.is_ascii() && !t.is_ascii()) {
        return concat(l, right);
    }
    let (n, m, kind) = (len(l), len(right), s.kind() as usize);
    let Some(size) = n
        .checked_add(m)
        .and_then(|t| compact_size(t, kind, s.is_ascii()))
    else {
        return Err(raise!(OverflowError, "strings are too large to concat"));
    };
    // SAFETY: this is the only reference, so nobody has the old address; the cached UTF-8 goes with the content.
    unsafe {
        if !s.is_ascii() {
            free_utf8(l);
        }
        let p = left.into_ptr();
        let p = crate::heap::realloc(p.cast(), size).cast::<PyObject>();
        let r = Ref::from_owned_ptr(p);
        let (v, old) = (r.value(), n);
        (*raw(v)).length = (old + m) as isize;
        (*raw(v)).hash = -1;
        let data = data_ptr(v).add(old * kind);
        write_chars(right, data, kind);
        std::ptr::write_bytes(data.add(m * kind), 0, kind);
        Ok(r)
    }
}

/// # Safety
/// A non-ASCII or non-compact str.
unsafe fn free_utf8(v: Value) {
    // SAFETY: by contract; the cache is malloc'ed unless it is the character data itself.
    unsafe {
        let c = raw(v).cast::<PyCompactUnicodeObject>();
        let p = (*c).utf8;
        if !p.is_null() && p.cast::<u8>() != data_ptr(v) {
            crate::heap::free(p.cast());
        }
        (*c).utf8 = std::ptr::null_mut();
        (*c).utf8_length = 0;
    }
}

/// `tp_dealloc` of str and what inherits it.
///
/// # Safety
/// As a C slot.
pub unsafe extern "C" fn unicode_dealloc(object: O) {
    let v = Value::from_object(object);
    // SAFETY: the object is dead; its fields are still intact.
    unsafe {
        let s = state(v);
        if s.interned() == 1 {
            forget_interned(v);
        }
        if !(s.is_compact() && s.is_ascii()) {
            free_utf8(v);
        }
        if !s.is_compact() {
            let data = (*raw(v).cast::<PyUnicodeObject>()).data;
            crate::heap::free(data.cast());
        }
        crate::heap::finish_dealloc(object);
    }
}

/// An instance of a subclass (80-byte form with a data pointer) with the characters of `v`.
pub(crate) fn new_subclass(t: Type, v: Value) -> PyResult {
    let Some(tp_alloc) = t.tp_alloc else {
        return Err(crate::errors::bad_internal_call());
    };
    let (n, kind) = (len(v), state(v).kind() as usize);
    // SAFETY: a ready type's allocator gives a zeroed instance of at least `tp_basicsize` bytes.
    unsafe {
        let object = tp_alloc(t.as_ptr(), 0);
        if object.is_null() {
            return Err(crate::errors::from_c_null());
        }
        let u = object.cast::<PyUnicodeObject>();
        let data = crate::heap::malloc((n + 1) * kind);
        std::ptr::copy_nonoverlapping(data_ptr(v), data, (n + 1) * kind);
        let ascii = state(v).is_ascii();
        (*u)._base._base.length = n as isize;
        (*u)._base._base.hash = hash(v) as isize;
        (*u)._base._base.state = UnicodeState::new(kind as u32, false, ascii);
        (*u)._base._base.wstr = std::ptr::null_mut();
        if ascii {
            (*u)._base.utf8 = data.cast();
            (*u)._base.utf8_length = n as isize;
        } else {
            (*u)._base.utf8 = std::ptr::null_mut();
            (*u)._base.utf8_length = 0;
        }
        (*u)._base.wstr_length = 0;
        (*u).data = data.cast::<c_void>();
        Ok(Ref::from_owned_ptr(object))
    }
}

/// The argument as a str, or CPython's "must be str, not X".
pub(crate) fn expect(v: Value, what: &str) -> PyResult<()> {
    if is_str(v) {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "{what} must be str, not {}",
            v.ty().message_name()
        ))
    }
}

const _: () = assert!(ASCII_HEADER == 48 && COMPACT_HEADER == 72 && size_of::<c_int>() == 4);
