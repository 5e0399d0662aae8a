//! The incremental decoder that text files use for UTF-8, ASCII and Latin-1 without going through `codecs`, and the calls on
//! decoders of any kind.

use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, bytes, codec, heap, intern, memory, methods, ops, py_type,
    raise, str, tuple, ty,
};

/// The codecs with a native path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Native {
    Utf8,
    Ascii,
    Latin1,
}
impl Native {
    pub(super) fn of(encoding: &str) -> Option<Native> {
        let name: String = encoding
            .chars()
            .map(|c| {
                if c == '_' || c == ' ' {
                    '-'
                } else {
                    c.to_ascii_lowercase()
                }
            })
            .collect();
        match name.as_str() {
            "utf-8" | "utf8" => Some(Native::Utf8),
            "ascii" | "us-ascii" => Some(Native::Ascii),
            "latin-1" | "latin1" | "iso-8859-1" | "iso8859-1" => Some(Native::Latin1),
            _ => None,
        }
    }
    pub(super) fn name(self) -> &'static str {
        match self {
            Native::Utf8 => "utf-8",
            Native::Ascii => "ascii",
            Native::Latin1 => "latin-1",
        }
    }
}

#[repr(C)]
pub(super) struct Decoder {
    ob_base: PyObject,
    kind: Native,
    errors: Option<Box<str>>,
    /// The start of an unfinished character.
    rest: [u8; 4],
    rest_len: u8,
}
fn dec<'a>(v: Value) -> &'a mut Decoder {
    // SAFETY: a live decoder; borrows are not held across Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
pub(super) fn make(kind: Native, errors: &str) -> Ref {
    let object = heap::alloc_zeroed(ty!(Decoder_Type), size_of::<Decoder>());
    // SAFETY: freshly allocated with that layout.
    unsafe {
        let d = object.cast::<Decoder>();
        std::ptr::write(&raw mut (*d).kind, kind);
        std::ptr::write(&raw mut (*d).errors, Some(errors.into()));
        Ref::from_owned_ptr(object)
    }
}
unsafe extern "C" fn decoder_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        std::ptr::drop_in_place(&raw mut (*object.cast::<Decoder>()).errors);
        heap::finish_dealloc(object);
    }
}

/// Bytes at the end of `data` that may be the start of a character.
fn unfinished(data: &[u8]) -> usize {
    for n in 1..=data.len().min(3) {
        let tail = &data[data.len() - n..];
        if tail[0] & 0xC0 != 0x80 {
            // Not a continuation: a lead byte that wants more, or the end of something complete.
            return match std::str::from_utf8(tail) {
                Err(e) if e.error_len().is_none() => n,
                _ => 0,
            };
        }
    }
    0
}
/// Decodes a chunk.
pub(super) fn decode_bytes(v: Value, data: &[u8], last: bool) -> PyResult {
    let kind = dec(v).kind;
    if kind == Native::Latin1 {
        return Ok(str::from_latin1(data));
    }
    let errors: String = dec(v).errors.as_deref().unwrap_or("strict").to_owned();
    if kind == Native::Ascii {
        return if data.is_ascii() {
            Ok(str::from_latin1(data))
        } else {
            codec::decode(data, "ascii", &errors)
        };
    }
    let joined;
    let kept = dec(v).rest_len as usize;
    let data = if kept > 0 {
        joined = [&dec(v).rest[..kept], data].concat();
        &joined
    } else {
        data
    };
    let tail = if last { 0 } else { unfinished(data) };
    let (head, rest) = data.split_at(data.len() - tail);
    let text = match std::str::from_utf8(head) {
        Ok(s) => str::new(s),
        Err(_) => codec::decode(head, "utf-8", &errors)?,
    };
    let d = dec(v);
    d.rest[..tail].copy_from_slice(rest);
    d.rest_len = tail as u8;
    Ok(text)
}
fn decoder_decode(v: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("decode", args.len(), 1, 2)?;
    let last = match args.get(1) {
        Some(f) => ops::is_true(*f)?,
        None => false,
    };
    let held = memory::bytes_like(args[0])?;
    decode_bytes(v, held.bytes(), last)
}
fn getstate(v: Value) -> (Ref, Ref) {
    let d = dec(v);
    (bytes::new(&d.rest[..d.rest_len as usize]), Ref::int(0))
}
fn decoder_getstate(v: Value) -> PyResult {
    let (a, b) = getstate(v);
    Ok(tuple::from_vec(vec![a, b]))
}
fn setstate(v: Value, buffer: Value) -> PyResult<()> {
    let held = memory::bytes_like(buffer)?;
    let data = held.bytes();
    if data.len() > 4 {
        return Err(raise!(TypeError, "illegal decoder state"));
    }
    let d = dec(v);
    d.rest[..data.len()].copy_from_slice(data);
    d.rest_len = data.len() as u8;
    Ok(())
}
fn decoder_setstate(v: Value, state: Value) -> PyResult {
    if !tuple::is_tuple(state) || tuple::len(state) != 2 {
        return Err(raise!(TypeError, "setstate(): illegal state argument"));
    }
    setstate(v, tuple::get(state, 0))?;
    Ok(Ref::none())
}
fn decoder_reset(v: Value) -> PyResult {
    dec(v).rest_len = 0;
    Ok(Ref::none())
}
methods! {
    static DECODER_METHODS = [
        "decode" FAST decoder_decode, "";
        "getstate" NOARGS decoder_getstate, "";
        "setstate" O decoder_setstate, "";
        "reset" NOARGS decoder_reset, "";
    ]
}
py_type! {
    /// The native incremental decoder; never seen by name.
    pub static Decoder_Type: Decoder = "_io._NativeDecoder" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: decoder_dealloc }
        methods: DECODER_METHODS;
    }
}

/// `decoder.decode(input, final)` for a decoder of any kind.
pub(super) fn decode_any(decoder: Value, input: Value, last: bool) -> PyResult {
    if decoder.is_exact(ty!(Decoder_Type)) {
        if bytes::is_bytes(input) {
            return decode_bytes(decoder, bytes::data(input), last);
        }
        let held = memory::bytes_like(input)?;
        return decode_bytes(decoder, held.bytes(), last);
    }
    if super::newline::is_exact(decoder) {
        return super::newline::decode(decoder, input, last);
    }
    let last = pyrs_object::singletons::bool_value(last);
    let text = ops::call_method(decoder, intern!("decode"), &[input, last])?;
    if !text.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "decoder should return a string result, not '{}'",
            text.ty().message_name()
        ));
    }
    Ok(text)
}
/// `decoder.getstate()`: buffered bytes and flags.
pub(super) fn getstate_any(decoder: Value) -> PyResult<(Ref, Ref)> {
    if decoder.is_exact(ty!(Decoder_Type)) {
        return Ok(getstate(decoder));
    }
    let state = ops::call_method(decoder, intern!("getstate"), &[])?;
    if !tuple::is_tuple(state.value()) || tuple::len(state.value()) != 2 {
        return Err(raise!(TypeError, "illegal decoder state"));
    }
    let buffer = tuple::get(state.value(), 0);
    if !bytes::is_bytes(buffer) {
        return Err(raise!(
            TypeError,
            "illegal decoder state: the first item should be a bytes object, not '{}'",
            buffer.ty().message_name()
        ));
    }
    Ok((Ref::new(buffer), Ref::new(tuple::get(state.value(), 1))))
}
/// `decoder.setstate((buffer, flags))`.
pub(super) fn setstate_any(decoder: Value, buffer: Value, flags: Value) -> PyResult<()> {
    if decoder.is_exact(ty!(Decoder_Type)) {
        return setstate(decoder, buffer);
    }
    let state = tuple::from_slice(&[buffer, flags]);
    ops::call_method(decoder, intern!("setstate"), &[state.value()])?;
    Ok(())
}

/// [`getstate_any`] of a decoder that may be the newline decoder.
pub(super) fn getstate_any_outer(decoder: Value) -> PyResult<(Ref, Ref)> {
    if super::newline::is_exact(decoder) {
        return super::newline::getstate(decoder);
    }
    getstate_any(decoder)
}
/// [`setstate_any`] of a decoder that may be the newline decoder.
pub(super) fn setstate_any_outer(decoder: Value, buffer: Value, flags: Value) -> PyResult<()> {
    setstate_any(decoder, buffer, flags)
}
