//! `codecs.h`.

use crate::*;
use pyrs_object::{ValueExt, codec, tuple};

fn part(encoding: &str, i: usize) -> PyResult {
    codec_info(encoding).map(|c| Ref::new(tuple::get(c.value(), i)))
}
fn codec_info(encoding: &str) -> PyResult {
    codec::lookup(encoding)
}

capi! {
    fn PyCodec_Encoder(e: *const c_char) -> O { ret(part(&text(e), 0)) }
    fn PyCodec_Decoder(e: *const c_char) -> O { ret(part(&text(e), 1)) }
    fn PyCodec_KnownEncoding(e: *const c_char) -> c_int {
        let known = codec_info(&text(e)).is_ok();
        if !known { pyrs_object::errors::clear(); }
        known.into()
    }
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
