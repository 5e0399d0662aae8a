//! `_json`: the scanner and the encoder behind the `json` package.

mod encode;
mod scan;

use crate::util::is_str;
use pyrs_object::{PyResult, Ref, Value, ValueExt, intern, methods, module, ops, raise, ty};

methods! { static FUNCTIONS = [
    "encode_basestring_ascii" O encode_ascii, "encode_basestring_ascii(string) -> string\n\nReturn an ASCII-only JSON representation of a Python string";
    "encode_basestring" O encode_plain, "encode_basestring(string) -> string\n\nReturn a JSON representation of a Python string";
    "scanstring" FAST scanstring, "scanstring(string, end, strict=True) -> (string, end)\n\nScan the string s for a JSON string. End is the index of the character after the quote.";
] }

pub fn init() -> PyResult {
    let m = module::new("_json");
    let v = m.value();
    module::add_functions(v, (&raw mut FUNCTIONS).cast());
    for (name, t) in [
        ("make_scanner", ty!(scan::JsonScanner_Type)),
        ("make_encoder", ty!(encode::JsonEncoder_Type)),
    ] {
        pyrs_object::typeobject::ready(t)?;
        module::add(v, name, t.to_ref());
    }
    Ok(m)
}

/// How many bytes `s` begins with that a JSON string holds as they are; with `ASCII`, those above `~` count as others.
#[inline]
fn plain_bytes<const ASCII: bool>(s: &[u8]) -> usize {
    const ONES: u64 = u64::MAX / 255;
    const TOPS: u64 = ONES << 7;
    // The lowest top bit that is set marks the first byte that is zero.
    let zero = |w: u64| w.wrapping_sub(ONES) & !w;
    let (words, tail) = s.as_chunks::<8>();
    for (i, word) in words.iter().enumerate() {
        let w = u64::from_le_bytes(*word);
        let control = w.wrapping_sub(ONES * 0x20) & !w;
        let mut other = control | zero(w ^ (ONES * 0x22)) | zero(w ^ (ONES * 0x5c));
        if ASCII {
            other |= w | zero(w ^ (ONES * 0x7f));
        }
        let other = other & TOPS;
        if other != 0 {
            return i * 8 + other.trailing_zeros() as usize / 8;
        }
    }
    let plain = |c: &u8| *c >= 0x20 && *c != b'"' && *c != b'\\' && !(ASCII && *c > b'~');
    words.len() * 8 + tail.iter().take_while(|c| plain(c)).count()
}

fn text_argument(v: Value) -> PyResult<Value> {
    if is_str(v) {
        Ok(v)
    } else {
        Err(raise!(
            TypeError,
            "first argument must be a string, not {}",
            v.ty().message_name()
        ))
    }
}
fn encode_ascii(_: Value, v: Value) -> PyResult {
    let mut out = pyrs_object::str::Builder::new();
    encode::quote(&mut out, text_argument(v)?, true);
    out.finish()
}
fn encode_plain(_: Value, v: Value) -> PyResult {
    let mut out = pyrs_object::str::Builder::new();
    encode::quote(&mut out, text_argument(v)?, false);
    out.finish()
}
fn scanstring(_: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("scanstring", args.len(), 2, 3)?;
    let end = ops::index_as_isize(args[1])?;
    let strict = args.get(2).map_or(Ok(true), |v| ops::is_true(*v))?;
    let text = text_argument(args[0])?;
    let len = pyrs_object::str::len(text);
    let Some(begin) = usize::try_from(end).ok().filter(|e| *e <= len) else {
        return Err(raise!(ValueError, "end is out of bounds"));
    };
    let (value, next) = scan::string(text, begin, strict)?;
    Ok(pyrs_object::tuple::pair(value, Ref::int(next as i64)))
}

/// `json.decoder.JSONDecodeError(message, text, position)`.
#[cold]
fn decode_error(message: &str, text: Value, at: usize) -> pyrs_object::Raised {
    let made = (|| {
        let decoder = (pyrs_object::hooks().import)("json.decoder")?;
        let class = ops::getattr(decoder.value(), intern!("JSONDecodeError"))?;
        let message = Ref::str(message);
        ops::call(
            class.value(),
            &[message.value(), text, Ref::int(at as i64).value()],
        )
    })();
    match made {
        Ok(e) => pyrs_object::errors::set(e),
        Err(e) => e,
    }
}

#[cfg(test)]
mod tests {
    use super::plain_bytes;

    #[test]
    fn plain_bytes_end_at_the_first_other() {
        for at in 0..20 {
            for c in 0..=255u8 {
                let mut s = *b"abcdefghijklmnopqrst";
                s[at] = c;
                let plain = c >= 0x20 && c != b'"' && c != b'\\';
                let want = |plain: bool| if plain { 20 } else { at };
                assert_eq!(plain_bytes::<false>(&s), want(plain), "{c} at {at}");
                assert_eq!(
                    plain_bytes::<true>(&s),
                    want(plain && c < 0x7f),
                    "{c} at {at}"
                );
            }
        }
    }
}
