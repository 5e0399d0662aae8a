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
    Ok(out.finish())
}
fn encode_plain(_: Value, v: Value) -> PyResult {
    let mut out = pyrs_object::str::Builder::new();
    encode::quote(&mut out, text_argument(v)?, false);
    Ok(out.finish())
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
