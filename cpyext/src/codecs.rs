//! `codecs.h`.

use crate::*;
use pyrs_object::{ValueExt, codec, ops, tuple};

fn part(encoding: &str, i: usize) -> PyResult {
    codec_info(encoding).map(|c| Ref::new(tuple::get(c.value(), i)))
}
fn codec_info(encoding: &str) -> PyResult {
    codec::lookup(encoding)
}

/// Gives an exception to one of the standard error handlers.
unsafe fn handle(handler: &str, exc: O) -> O {
    // SAFETY: a live exception.
    let exc = unsafe { val(exc) };
    ret(codec::lookup_error(handler).and_then(|h| ops::call(h.value(), &[exc])))
}
/// A codec's incremental encoder or decoder.
///
/// # Safety
/// C strings; `handler` may be null.
unsafe fn incremental(encoding: *const c_char, handler: *const c_char, which: &str) -> O {
    // SAFETY: by contract.
    let (encoding, handler) =
        unsafe { (text(encoding), (!handler.is_null()).then(|| text(handler))) };
    let made = codec_info(&encoding).and_then(|info| {
        let factory = ops::getattr_str(info.value(), which)?;
        match handler {
            Some(h) => ops::call(factory.value(), &[pyrs_object::str::new(&h).value()]),
            None => ops::call(factory.value(), &[]),
        }
    });
    ret(made)
}

/// The stream factory at position `i` of a codec's tuple, called.
///
/// # Safety
/// C strings; `errors` may be null.
unsafe fn stream_codec(e: *const c_char, stream: O, errors: *const c_char, i: usize) -> O {
    // SAFETY: by contract.
    let (encoding, errors, stream) = unsafe {
        (
            text(e),
            (!errors.is_null()).then(|| text(errors)),
            val(stream),
        )
    };
    ret(part(&encoding, i).and_then(|factory| match errors {
        Some(h) => ops::call(
            factory.value(),
            &[stream, pyrs_object::str::new(&h).value()],
        ),
        None => ops::call(factory.value(), &[stream]),
    }))
}

/// The digits of hexadecimal numbers.
#[unsafe(no_mangle)]
pub static mut Py_hexdigits: *const c_char = c"0123456789abcdef".as_ptr();

/// As [`incremental`], of a `CodecInfo`.
///
/// # Safety
/// A live object and a C string or null.
unsafe fn of_info(info: O, errors: *const c_char, which: &str) -> O {
    // SAFETY: by contract.
    let (info, errors) = unsafe { (val(info), (!errors.is_null()).then(|| text(errors))) };
    ret(
        ops::getattr_str(info, which).and_then(|factory| match errors {
            Some(h) => ops::call(factory.value(), &[pyrs_object::str::new(&h).value()]),
            None => ops::call(factory.value(), &[]),
        }),
    )
}

capi! {
    fn _PyCodec_EncodeText(o: O, e: *const c_char, errors: *const c_char) -> O {
        let errors = if errors.is_null() { "strict".into() } else { text(errors) };
        ret(codec::encode(val(o), &text(e), &errors))
    }
    fn _PyCodecInfo_GetIncrementalDecoder(info: O, errors: *const c_char) -> O { of_info(info, errors, "incrementaldecoder") }
    fn _PyCodecInfo_GetIncrementalEncoder(info: O, errors: *const c_char) -> O { of_info(info, errors, "incrementalencoder") }
    fn _PyCodec_Lookup(e: *const c_char) -> O { ret(codec_info(&text(e))) }
    fn PyCodec_Encoder(e: *const c_char) -> O { ret(part(&text(e), 0)) }
    fn PyCodec_Decoder(e: *const c_char) -> O { ret(part(&text(e), 1)) }
    fn PyCodec_IncrementalEncoder(e: *const c_char, errors: *const c_char) -> O { incremental(e, errors, "incrementalencoder") }
    fn PyCodec_IncrementalDecoder(e: *const c_char, errors: *const c_char) -> O { incremental(e, errors, "incrementaldecoder") }
    fn PyCodec_IgnoreErrors(e: O) -> O { handle("ignore", e) }
    fn PyCodec_ReplaceErrors(e: O) -> O { handle("replace", e) }
    fn PyCodec_XMLCharRefReplaceErrors(e: O) -> O { handle("xmlcharrefreplace", e) }
    fn PyCodec_BackslashReplaceErrors(e: O) -> O { handle("backslashreplace", e) }
    fn PyCodec_NameReplaceErrors(e: O) -> O { handle("namereplace", e) }
    fn PyCodec_KnownEncoding(e: *const c_char) -> c_int {
        let known = codec_info(&text(e)).is_ok();
        if !known { pyrs_object::errors::clear(); }
        known.into()
    }
    fn PyCodec_StreamReader(e: *const c_char, stream: O, errors: *const c_char) -> O { stream_codec(e, stream, errors, 2) }
    fn PyCodec_StreamWriter(e: *const c_char, stream: O, errors: *const c_char) -> O { stream_codec(e, stream, errors, 3) }
    fn PyCodec_Encode(o: O, e: *const c_char, errors: *const c_char) -> O {
        let errors = if errors.is_null() { "strict".into() } else { text(errors) };
        ret(codec::encode_any(val(o), &text(e), &errors))
    }
    fn PyCodec_Decode(o: O, e: *const c_char, errors: *const c_char) -> O {
        let errors = if errors.is_null() { "strict".into() } else { text(errors) };
        ret(codec::decode_any(val(o), &text(e), &errors))
    }
    fn PyCodec_Unregister(f: O) -> c_int { codec::unregister(val(f)); 0 }
    fn PyCodec_Register(f: O) -> c_int { status(codec::register(val(f))) }
    fn PyCodec_RegisterError(n: *const c_char, f: O) -> c_int { status(codec::register_error(&text(n), val(f))) }
    fn PyCodec_StrictErrors(e: O) -> O {
        let v = val(e);
        let _ = if v.is_a(pyrs_object::exceptions::BaseException) {
            pyrs_object::errors::set(Ref::new(v))
        } else {
            pyrs_object::raise!(TypeError, "codec must pass exception instance")
        };
        NULL
    }
    fn PyCodec_LookupError(n: *const c_char) -> O { let n = if n.is_null() { "strict".into() } else { text(n) }; ret(codec::lookup_error(&n)) }
}
