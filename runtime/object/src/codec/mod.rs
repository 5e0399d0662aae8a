//! Codecs: the built-in ones, error handlers, and the registry.
//!
//! Every codec is a loop over a slice that calls back on errors: [`DecodeErrors`] and [`EncodeErrors`] run the handler that
//! the caller named and say where to go on. The `_codecs` module only has to expose the functions here.
#![allow(
    clippy::useless_conversion,
    reason = "bodies of `each_width!` run at every width, u32 too"
)]

use crate::layout::*;
use crate::str::{Builder, StrView};
use crate::{PyResult, Ref, Value, ValueExt, raise};

mod charmap;
mod escape;
mod handlers;
mod registry;
mod utf16;
mod utf7;
mod utf8;

pub use charmap::{
    ascii_decode, ascii_encode, charmap_build, charmap_decode, charmap_encode, latin1_decode,
    latin1_encode,
};
pub use escape::{
    escape_decode, escape_encode, raw_unicode_escape_decode, raw_unicode_escape_encode,
    unicode_escape_decode, unicode_escape_encode,
};
pub use handlers::{
    DecodeErrors, EncodeErrors, Replacement, handler_functions, lookup_error, register_error,
};
pub use registry::{decode_any, encode_any, forget_cache, lookup, normalize, register, unregister};
pub use utf7::{utf7_decode, utf7_encode};
pub use utf8::{utf8_decode, utf8_encode, utf8_encode_strict};
pub use utf16::{ByteOrder, utf16_decode, utf16_encode, utf32_decode, utf32_encode};

/// The codecs that need no registry.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Builtin {
    Utf8,
    Latin1,
    Ascii,
    Utf16,
    Utf32,
}

/// The built-in codec of that name, by the spellings that CPython short-cuts.
pub fn builtin(name: &str) -> Option<Builtin> {
    let mut buffer = [0u8; 12];
    let n = name.len();
    if n > buffer.len() {
        return None;
    }
    for (slot, c) in buffer.iter_mut().zip(name.bytes()) {
        *slot = if c == b'_' {
            b'-'
        } else {
            c.to_ascii_lowercase()
        };
    }
    match &buffer[..n] {
        b"utf-8" | b"utf8" => Some(Builtin::Utf8),
        b"latin-1" | b"latin1" | b"iso-8859-1" | b"iso8859-1" => Some(Builtin::Latin1),
        b"ascii" | b"us-ascii" => Some(Builtin::Ascii),
        b"utf-16" => Some(Builtin::Utf16),
        b"utf-32" => Some(Builtin::Utf32),
        _ => None,
    }
}

/// `-X dev`: names of encodings and error handlers are looked up even where they would not be needed.
static CHECK_NAMES: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
pub fn set_check_names(on: bool) {
    CHECK_NAMES.store(on, std::sync::atomic::Ordering::Relaxed);
}
pub fn checks_names() -> bool {
    CHECK_NAMES.load(std::sync::atomic::Ordering::Relaxed)
}
#[cold]
fn check_names(encoding: &str, errors: &str) -> PyResult<()> {
    if builtin(encoding).is_none() {
        lookup(encoding)?;
    }
    lookup_error(errors).map(drop)
}

/// str to bytes through the registry if needed.
pub fn encode(v: Value, encoding: &str, errors: &str) -> PyResult {
    if checks_names() {
        check_names(encoding, errors)?;
    }
    let bytes = match builtin(encoding) {
        Some(Builtin::Utf8) => utf8_encode(v, errors)?,
        Some(Builtin::Latin1) => latin1_encode(v, errors)?,
        Some(Builtin::Ascii) => ascii_encode(v, errors)?,
        Some(Builtin::Utf16) => utf16_encode(v, errors, ByteOrder::Marked)?,
        Some(Builtin::Utf32) => utf32_encode(v, errors, ByteOrder::Marked)?,
        None => return registry::encode_text(v, encoding, errors),
    };
    Ok(crate::bytes::new(&bytes))
}
/// bytes to str.
pub fn decode(data: &[u8], encoding: &str, errors: &str) -> PyResult {
    if checks_names() {
        check_names(encoding, errors)?;
    }
    let mut order = ByteOrder::Marked;
    match builtin(encoding) {
        Some(Builtin::Utf8) => utf8_decode(data, errors, true),
        Some(Builtin::Latin1) => return Ok(crate::str::from_latin1(data)),
        Some(Builtin::Ascii) => return ascii_decode(data, errors),
        Some(Builtin::Utf16) => utf16_decode(data, errors, &mut order, true),
        Some(Builtin::Utf32) => utf32_decode(data, errors, &mut order, true),
        None => return registry::decode_text(data, encoding, errors),
    }
    .map(|(r, _)| r)
}
/// File-system encoding: UTF-8 with surrogateescape.
pub fn decode_fs(data: &[u8]) -> Ref {
    let mut out = Builder::with_capacity(data.len());
    let mut rest = data;
    while !rest.is_empty() {
        let n = utf8::valid_prefix(rest);
        utf8::push_valid(&mut out, &rest[..n]);
        rest = &rest[n..];
        if let [c, tail @ ..] = rest {
            out.push(0xDC00 + *c as u32);
            rest = tail;
        }
    }
    out.finish_short()
}
/// As os.fsencode; a str, bytes or path-like.
pub fn encode_fs(v: Value) -> PyResult<Vec<u8>> {
    let path;
    let v = if crate::str::is_str(v) || crate::bytes::is_bytes(v) {
        v
    } else {
        let Some(f) = crate::typeobject::lookup_special(v, crate::intern!("__fspath__"))? else {
            return Err(raise!(
                TypeError,
                "expected str, bytes or os.PathLike object, not {}",
                v.ty().message_name()
            ));
        };
        path = f.call(&[])?;
        let r = path.value();
        if !crate::str::is_str(r) && !crate::bytes::is_bytes(r) {
            return Err(raise!(
                TypeError,
                "expected {}.__fspath__() to return str or bytes, not {}",
                v.ty().message_name(),
                r.ty().message_name()
            ));
        }
        r
    };
    let out = if crate::bytes::is_bytes(v) {
        crate::bytes::data(v).to_vec()
    } else {
        utf8_encode(v, "surrogateescape")?
    };
    if out.contains(&0) {
        return Err(raise!(ValueError, "embedded null byte"));
    }
    Ok(out)
}

/// `codecs.readbuffer_encode`: the bytes of a buffer, or the UTF-8 of a str.
pub fn readbuffer_encode(v: Value) -> PyResult<Vec<u8>> {
    if crate::str::is_str(v) {
        return Ok(crate::str::as_utf8(v)?.as_bytes().to_vec());
    }
    Ok(crate::memory::bytes_like(v)?.bytes().to_vec())
}

/// The view of a str that an encoder reads.
fn text<'a>(v: Value) -> StrView<'a> {
    crate::str::view(v)
}
