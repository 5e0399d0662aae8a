//! `_json.make_scanner`: JSON text to objects in one pass over the str's own memory.

use super::{decode_error, plain_bytes};
use crate::util::{alloc, is_str};
use pyrs_layout::{PyObject, membertype};
use pyrs_object::str::{Builder, StrView};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, dict, errors, exceptions, float, gc,
    heap, hooks, int, intern, list, members, ops, py_type, raise, str, tuple, ty,
};
use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::sync::atomic::{AtomicU64, Ordering};

#[repr(C)]
pub(super) struct ScannerObject {
    ob_base: PyObject,
    strict: u8,
    object_hook: *mut PyObject,
    object_pairs_hook: *mut PyObject,
    parse_float: *mut PyObject,
    parse_int: *mut PyObject,
    parse_constant: *mut PyObject,
}
members! { static MEMBERS = [
    "strict" BOOL, offset_of!(ScannerObject, strict), membertype::READONLY, "strict";
    "object_hook" OBJECT, offset_of!(ScannerObject, object_hook), membertype::READONLY, "object_hook";
    "object_pairs_hook" OBJECT, offset_of!(ScannerObject, object_pairs_hook), membertype::READONLY, "object_pairs_hook";
    "parse_float" OBJECT, offset_of!(ScannerObject, parse_float), membertype::READONLY, "parse_float";
    "parse_int" OBJECT, offset_of!(ScannerObject, parse_int), membertype::READONLY, "parse_int";
    "parse_constant" OBJECT, offset_of!(ScannerObject, parse_constant), membertype::READONLY, "parse_constant";
] }
py_type! {
    pub(super) static JsonScanner_Type: ScannerObject = "_json.Scanner" {
        flags: HAVE_GC;
        doc: "JSON scanner object";
        raw { tp_dealloc: dealloc, tp_traverse: traverse }
        slots { tp_call: call, tp_new: new }
        members: MEMBERS;
    }
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    let s = o.cast::<ScannerObject>();
    // SAFETY: a dead scanner owns its fields.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*s).object_hook);
        heap::clear_field(&raw mut (*s).object_pairs_hook);
        heap::clear_field(&raw mut (*s).parse_float);
        heap::clear_field(&raw mut (*s).parse_int);
        heap::clear_field(&raw mut (*s).parse_constant);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    let s = o.cast::<ScannerObject>();
    // SAFETY: called by the collector for a live scanner.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*s).object_hook),
            Value::from_object((*s).object_pairs_hook),
            Value::from_object((*s).parse_float),
            Value::from_object((*s).parse_int),
            Value::from_object((*s).parse_constant)
        )
    }
}
fn new(t: Type, args: Args<'_>) -> PyResult {
    const NEW: Signature<1> = Signature {
        name: "make_scanner",
        params: ["context"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [context] = args.bind(&NEW)?;
    let strict = ops::is_true(ops::getattr(context, intern!("strict"))?.value())?;
    let object_hook = ops::getattr(context, intern!("object_hook"))?;
    let object_pairs_hook = ops::getattr(context, intern!("object_pairs_hook"))?;
    let parse_float = ops::getattr(context, intern!("parse_float"))?;
    let parse_int = ops::getattr(context, intern!("parse_int"))?;
    let parse_constant = ops::getattr(context, intern!("parse_constant"))?;
    let made = alloc(t)?;
    // SAFETY: a new scanner takes its fields over.
    unsafe {
        let s = made.value().as_ptr().cast::<ScannerObject>();
        (*s).strict = strict.into();
        (*s).object_hook = pyrs_object::boundary::to_c(object_hook);
        (*s).object_pairs_hook = pyrs_object::boundary::to_c(object_pairs_hook);
        (*s).parse_float = pyrs_object::boundary::to_c(parse_float);
        (*s).parse_int = pyrs_object::boundary::to_c(parse_int);
        (*s).parse_constant = pyrs_object::boundary::to_c(parse_constant);
    }
    Ok(made)
}
fn call(v: Value, args: Args<'_>) -> PyResult {
    const CALL: Signature<2> = Signature {
        name: "scan_once",
        params: ["string", "idx"],
        posonly: 0,
        positional: 2,
        required: 2,
    };
    let [text, at] = args.bind(&CALL)?;
    let at = ops::index_as_isize(at)?;
    if !is_str(text) {
        return Err(raise!(
            TypeError,
            "first argument must be a string, not {}",
            text.ty().message_name()
        ));
    }
    let Ok(at) = usize::try_from(at) else {
        return Err(raise!(ValueError, "idx cannot be negative"));
    };
    // SAFETY: a live scanner, whose fields do not change.
    let options = unsafe { &*v.as_ptr().cast::<ScannerObject>() };
    let hook =
        |p: *mut PyObject| Some(Value::from_object(p)).filter(|v| !v.is_empty() && !v.is_none());
    let mut scan = Scan {
        text,
        view: str::view(text),
        strict: options.strict != 0,
        object_hook: hook(options.object_hook),
        pairs_hook: hook(options.object_pairs_hook),
        parse_float: Value::from_object(options.parse_float),
        parse_int: Value::from_object(options.parse_int),
        parse_constant: Value::from_object(options.parse_constant),
        document: next_document(),
        memo: None,
    };
    let (value, next) = scan.value(at)?;
    Ok(tuple::pair(value, Ref::int(next as i64)))
}

/// The str after the opening quote at `begin - 1`, and the place behind its closing quote.
pub(super) fn string(text: Value, begin: usize, strict: bool) -> PyResult<(Ref, usize)> {
    let view = str::view(text);
    let open = || begin.saturating_sub(1);
    let unterminated = || decode_error("Unterminated string starting at", text, open());
    let mut at = begin;
    // Most strings have no escapes: they are one slice of the text.
    let plain = |at: &mut usize| -> PyResult<Option<u32>> {
        if let StrView::Latin1(s) = view {
            loop {
                let rest = s.get(*at..).unwrap_or(&[]);
                let n = plain_bytes::<false>(rest);
                let Some(&c) = rest.get(n) else {
                    *at = (*at).max(s.len());
                    return Ok(None);
                };
                *at += n;
                if matches!(c, b'"' | b'\\') {
                    return Ok(Some(c.into()));
                }
                if strict {
                    return Err(decode_error("Invalid control character at", text, *at));
                }
                *at += 1;
            }
        }
        while *at < view.len() {
            let c = view.get(*at);
            if c == 0x22 || c == 0x5c {
                return Ok(Some(c));
            }
            if c <= 0x1f && strict {
                return Err(decode_error("Invalid control character at", text, *at));
            }
            *at += 1;
        }
        Ok(None)
    };
    match plain(&mut at)? {
        None => return Err(unterminated()),
        Some(0x22) => return Ok((view.slice(begin, at), at + 1)),
        Some(_) => {}
    }
    let mut out = Builder::new();
    let mut from = begin;
    loop {
        pyrs_object::each_width!(view, s => out.push_units(&s[from..at]));
        if view.get(at) == 0x22 {
            return Ok((out.finish()?, at + 1));
        }
        at += 1;
        if at >= view.len() {
            return Err(unterminated());
        }
        let c = view.get(at);
        if c == u32::from(b'u') {
            at += 1;
            let hex = |at: usize| -> Option<u32> {
                let mut n = 0;
                for i in at..at + 4 {
                    n = n * 16 + char::from_u32(view.get(i))?.to_digit(16)?;
                }
                Some(n)
            };
            if at + 4 >= view.len() {
                return Err(decode_error("Invalid \\uXXXX escape", text, at - 1));
            }
            let Some(mut c) = hex(at) else {
                return Err(decode_error("Invalid \\uXXXX escape", text, at - 1));
            };
            at += 4;
            let follows =
                at + 6 < view.len() && view.get(at) == 0x5c && view.get(at + 1) == u32::from(b'u');
            if (0xD800..0xDC00).contains(&c)
                && follows
                && let Some(low) = hex(at + 2)
                && (0xDC00..0xE000).contains(&low)
            {
                c = 0x10000 + ((c - 0xD800) << 10) + (low - 0xDC00);
                at += 6;
            }
            out.push(c);
        } else {
            let plain = match u8::try_from(c).unwrap_or(0) {
                b'"' | b'\\' | b'/' => c,
                b'b' => 8,
                b'f' => 12,
                b'n' => 10,
                b'r' => 13,
                b't' => 9,
                _ => return Err(decode_error("Invalid \\escape", text, at - 1)),
            };
            out.push(plain);
            at += 1;
        }
        from = at;
        if plain(&mut at)?.is_none() {
            return Err(unterminated());
        }
    }
}

struct Scan<'a> {
    text: Value,
    view: StrView<'a>,
    strict: bool,
    object_hook: Option<Value>,
    pairs_hook: Option<Value>,
    parse_float: Value,
    parse_int: Value,
    parse_constant: Value,
    document: u64,
    /// Equal keys of one document are one object: those that are not among [`RECENT_KEYS`].
    memo: Option<Ref>,
}

/// Keys met lately, by [`key_place`]: documents of one kind have the same keys, which need neither be made nor hashed
/// again. An entry stays for the rest of the document that used it last.
static RECENT_KEYS: RecentKeys = RecentKeys(UnsafeCell::new(
    [const {
        RecentKey {
            key: Value::EMPTY,
            document: 0,
        }
    }; 1 << KEY_BITS],
));
const KEY_BITS: u32 = 8;
/// Keys longer than this are seldom met again.
const KEY_MAX: usize = 64;
struct RecentKeys(UnsafeCell<[RecentKey; 1 << KEY_BITS]>);
// SAFETY: only the holder of the GIL touches it.
unsafe impl Sync for RecentKeys {}
struct RecentKey {
    /// A str of one byte for each character, owned; or empty.
    key: Value,
    document: u64,
}
fn next_document() -> u64 {
    static LAST: AtomicU64 = AtomicU64::new(0);
    LAST.fetch_add(1, Ordering::Relaxed) + 1
}
/// Where in [`RECENT_KEYS`] the key of these characters may be.
fn key_place(bytes: &[u8]) -> usize {
    let word = |at: usize| {
        let part = &bytes[at..bytes.len().min(at + 8)];
        part.iter().fold(0, |w, c| w << 8 | u64::from(*c))
    };
    let (first, last) = match bytes.first_chunk::<8>().zip(bytes.last_chunk::<8>()) {
        Some((a, b)) => (u64::from_le_bytes(*a), u64::from_le_bytes(*b)),
        None => (word(0), 0),
    };
    let mixed =
        (first ^ last.rotate_left(29) ^ bytes.len() as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> (64 - KEY_BITS)) as usize
}

/// "No value here": what the callers turn into "Expecting value".
#[cold]
fn stop(at: usize) -> pyrs_object::Raised {
    errors::raise_arg(exceptions::StopIteration, Ref::int(at as i64))
}

impl Scan<'_> {
    #[inline]
    fn get(&self, at: usize) -> u8 {
        if let StrView::Latin1(s) = self.view {
            return s.get(at).copied().unwrap_or(0);
        }
        if at < self.view.len() {
            u8::try_from(self.view.get(at)).unwrap_or(0xff)
        } else {
            0
        }
    }
    fn blank(&self, mut at: usize) -> usize {
        while at < self.view.len() && matches!(self.get(at), b' ' | b'\t' | b'\n' | b'\r') {
            at += 1;
        }
        at
    }
    fn starts(&self, at: usize, word: &str) -> bool {
        at + word.len() <= self.view.len()
            && word.bytes().enumerate().all(|(i, b)| self.get(at + i) == b)
    }
    fn constant(&self, word: &str, at: usize) -> PyResult<(Ref, usize)> {
        let name = str::intern(word);
        Ok((
            ops::call(self.parse_constant, &[name.value()])?,
            at + word.len(),
        ))
    }
    fn value(&mut self, at: usize) -> PyResult<(Ref, usize)> {
        if at >= self.view.len() {
            return Err(stop(at));
        }
        match self.get(at) {
            b'"' => string(self.text, at + 1, self.strict),
            b'{' => {
                let _guard =
                    hooks().enter_counted(" while decoding a JSON object from a unicode string")?;
                self.object(at + 1)
            }
            b'[' => {
                let _guard =
                    hooks().enter_counted(" while decoding a JSON array from a unicode string")?;
                self.array(at + 1)
            }
            b'n' if self.starts(at, "null") => Ok((Ref::none(), at + 4)),
            b't' if self.starts(at, "true") => Ok((Ref::bool(true), at + 4)),
            b'f' if self.starts(at, "false") => Ok((Ref::bool(false), at + 5)),
            b'N' if self.starts(at, "NaN") => self.constant("NaN", at),
            b'I' if self.starts(at, "Infinity") => self.constant("Infinity", at),
            b'-' if self.starts(at, "-Infinity") => self.constant("-Infinity", at),
            _ => self.number(at),
        }
    }
    fn number(&self, start: usize) -> PyResult<(Ref, usize)> {
        let digits = |mut at: usize| {
            while self.get(at).is_ascii_digit() {
                at += 1;
            }
            at
        };
        let mut at = start + usize::from(self.get(start) == b'-');
        at = match self.get(at) {
            b'1'..=b'9' => digits(at),
            b'0' => at + 1,
            _ => return Err(stop(start)),
        };
        let mut is_float = false;
        if self.get(at) == b'.' && self.get(at + 1).is_ascii_digit() {
            is_float = true;
            at = digits(at + 1);
        }
        if matches!(self.get(at), b'e' | b'E') {
            let exponent = at + 1 + usize::from(matches!(self.get(at + 1), b'+' | b'-'));
            if self.get(exponent).is_ascii_digit() {
                is_float = true;
                at = digits(exponent);
            }
        }
        let parser = if is_float {
            self.parse_float
        } else {
            self.parse_int
        };
        let copy: smallvec::SmallVec<[u8; 32]>;
        let bytes = if let StrView::Latin1(s) = self.view {
            &s[start..at]
        } else {
            copy = (start..at).map(|i| self.get(i)).collect();
            &copy[..]
        };
        if is_float && parser == ty!(float::PyFloat_Type).value() {
            let x = std::str::from_utf8(bytes)
                .ok()
                .and_then(|t| t.parse::<f64>().ok());
            if let Some(x) = x {
                return Ok((Ref::float(x), at));
            }
        }
        if !is_float && bytes.len() <= 18 && parser == ty!(int::PyLong_Type).value() {
            let digits = bytes.strip_prefix(b"-");
            let n = digits
                .unwrap_or(bytes)
                .iter()
                .fold(0, |n, c| n * 10 + i64::from(c - b'0'));
            return Ok((Ref::int(if digits.is_some() { -n } else { n }), at));
        }
        let text = str::from_latin1(bytes);
        Ok((ops::call(parser, &[text.value()])?, at))
    }
    fn array(&mut self, at: usize) -> PyResult<(Ref, usize)> {
        let mut items = Vec::new();
        let mut at = self.blank(at);
        if self.get(at) == b']' {
            return Ok((list::new(), at + 1));
        }
        loop {
            let (value, next) = self.value(at)?;
            items.push(value);
            at = self.blank(next);
            match self.get(at) {
                b']' => return Ok((list::from_vec(items), at + 1)),
                b',' => at = self.blank(at + 1),
                _ => return Err(decode_error("Expecting ',' delimiter", self.text, at)),
            }
        }
    }
    fn key(&mut self, at: usize) -> PyResult<(Ref, usize)> {
        if let StrView::Latin1(s) = self.view {
            let rest = s.get(at..).unwrap_or(&[]);
            let n = plain_bytes::<false>(rest);
            if rest.get(n) == Some(&b'"') {
                let bytes = &rest[..n];
                let key = self.known(bytes, || str::from_latin1(bytes))?;
                return Ok((key, at + n + 1));
            }
        }
        let (key, next) = string(self.text, at, self.strict)?;
        let known = match str::view(key.value()) {
            StrView::Latin1(bytes) => self.known(bytes, || key.clone())?,
            _ => self.memorized(key)?,
        };
        Ok((known, next))
    }
    /// This document's key of these characters.
    fn known(&mut self, bytes: &[u8], make: impl FnOnce() -> Ref) -> PyResult {
        if bytes.len() > KEY_MAX {
            return self.memorized(make());
        }
        let recent = RECENT_KEYS.0.get().cast::<RecentKey>();
        // SAFETY: GIL; the place is one of the array's, and no code runs while the entry is looked at.
        unsafe {
            let recent = &mut *recent.add(key_place(bytes));
            let same = !recent.key.is_empty()
                && matches!(str::view(recent.key), StrView::Latin1(s) if s == bytes);
            if !same {
                if recent.document == self.document {
                    return self.memorized(make());
                }
                let old = std::mem::replace(&mut recent.key, make().into_value());
                drop(Ref::from_owned(old));
            }
            recent.document = self.document;
            Ok(Ref::new(recent.key))
        }
    }
    #[inline(never)]
    fn memorized(&mut self, key: Ref) -> PyResult {
        let memo = self.memo.get_or_insert_with(dict::new);
        dict::set_default(memo.value(), key.value(), key.value())
    }
    fn object(&mut self, at: usize) -> PyResult<(Ref, usize)> {
        let mut pairs = Vec::new();
        let result = dict::new();
        let mut at = self.blank(at);
        if self.get(at) == b'}' {
            at += 1;
        } else {
            loop {
                if self.get(at) != b'"' {
                    let message = "Expecting property name enclosed in double quotes";
                    return Err(decode_error(message, self.text, at));
                }
                let (key, next) = self.key(at + 1)?;
                at = self.blank(next);
                if self.get(at) != b':' {
                    return Err(decode_error("Expecting ':' delimiter", self.text, at));
                }
                let (value, next) = self.value(self.blank(at + 1))?;
                if self.pairs_hook.is_some() {
                    pairs.push(tuple::pair(key, value));
                } else {
                    dict::set_item_owned(result.value(), key, value)?;
                }
                at = self.blank(next);
                match self.get(at) {
                    b'}' => {
                        at += 1;
                        break;
                    }
                    b',' => at = self.blank(at + 1),
                    _ => return Err(decode_error("Expecting ',' delimiter", self.text, at)),
                }
            }
        }
        let made = match (self.pairs_hook, self.object_hook) {
            (Some(hook), _) => ops::call(hook, &[list::from_vec(pairs).value()])?,
            (None, Some(hook)) => ops::call(hook, &[result.value()])?,
            (None, None) => result,
        };
        Ok((made, at))
    }
}
