//! `_codecs`: the native codecs and the registry as functions.

use pyrs_object::codec::{self, ByteOrder};
use pyrs_object::layout::tpflags;
use pyrs_object::{Args, PyResult, Ref, Signature, Value, ValueExt, bytes, check_positional, memory, methods, module, ops, raise, str, tuple};

fn text(v: Value, function: &str) -> PyResult<String> {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "{function}() argument must be str, not {}", v.ty().message_name()));
    }
    let s = str::to_string_lossy(v);
    if s.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(s)
}
/// The `errors` argument: None or a str.
fn errors_of(args: &[Value], at: usize, function: &str) -> PyResult<String> {
    match args.get(at) {
        None => Ok(String::from("strict")),
        Some(v) if v.is_none() => Ok(String::from("strict")),
        Some(v) => text(*v, function),
    }
}
fn last_of(args: &[Value], at: usize) -> PyResult<bool> {
    args.get(at).map_or(Ok(false), |v| ops::is_true(*v))
}
fn pair(v: Ref, used: usize) -> PyResult {
    Ok(tuple::from_vec(vec![v, Ref::int(used as i64)]))
}
fn need_str(args: &[Value], function: &str) -> PyResult<Value> {
    match args.first() {
        Some(v) if v.has_flag(tpflags::UNICODE_SUBCLASS) => Ok(*v),
        Some(v) => Err(raise!(TypeError, "{function}() argument 1 must be str, not {}", v.ty().message_name())),
        None => Err(raise!(TypeError, "{function} expected at least 1 argument, got 0")),
    }
}
/// Bytes of the first argument; a str stands for its UTF-8 where `allow_str`.
fn data_of(args: &[Value], allow_str: bool) -> PyResult<Vec<u8>> {
    let v = args.first().copied().unwrap_or(Value::EMPTY);
    if allow_str && v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Ok(str::as_utf8(v)?.as_bytes().to_vec());
    }
    Ok(memory::bytes_like(v)?.bytes().to_vec())
}

macro_rules! stateful_decoders {
    ($($name:ident $text:literal $f:path;)*) => {$(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            check_positional($text, args.len(), 1, 3)?;
            let errors = errors_of(args, 1, $text)?;
            let data = data_of(args, false)?;
            let (v, used) = $f(&data, &errors, last_of(args, 2)?)?;
            pair(v, used)
        }
    )*};
}
stateful_decoders! {
    utf_8_decode "utf_8_decode" codec::utf8_decode;
    utf_7_decode "utf_7_decode" codec::utf7_decode;
}
macro_rules! escape_decoders {
    ($($name:ident $text:literal $f:path;)*) => {$(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            check_positional($text, args.len(), 1, 3)?;
            let errors = errors_of(args, 1, $text)?;
            let data = data_of(args, true)?;
            let last = args.get(2).map_or(Ok(true), |v| ops::is_true(*v))?;
            let (v, used) = $f(&data, &errors, last)?;
            pair(v, used)
        }
    )*};
}
escape_decoders! {
    unicode_escape_decode "unicode_escape_decode" codec::unicode_escape_decode;
    raw_unicode_escape_decode "raw_unicode_escape_decode" codec::raw_unicode_escape_decode;
}
macro_rules! wide {
    ($($dec:ident $enc:ident $dec_text:literal $enc_text:literal $df:path, $ef:path, $order:ident;)*) => {$(
        fn $dec(_: Value, args: &[Value]) -> PyResult {
            check_positional($dec_text, args.len(), 1, 3)?;
            let errors = errors_of(args, 1, $dec_text)?;
            let data = data_of(args, false)?;
            let mut order = ByteOrder::$order;
            let (v, used) = $df(&data, &errors, &mut order, last_of(args, 2)?)?;
            pair(v, used)
        }
        fn $enc(_: Value, args: &[Value]) -> PyResult {
            check_positional($enc_text, args.len(), 1, 3)?;
            let errors = errors_of(args, 1, $enc_text)?;
            let v = need_str(args, $enc_text)?;
            let order = match args.get(2).map(|o| ops::index_as_isize(*o)).transpose()? {
                Some(n) if n < 0 => ByteOrder::Little,
                Some(n) if n > 0 => ByteOrder::Big,
                _ => ByteOrder::$order,
            };
            pair(bytes::new(&$ef(v, &errors, order)?), str::len(v))
        }
    )*};
}
wide! {
    utf_16_decode utf_16_encode "utf_16_decode" "utf_16_encode" codec::utf16_decode, codec::utf16_encode, Marked;
    utf_16_le_decode utf_16_le_encode "utf_16_le_decode" "utf_16_le_encode" codec::utf16_decode, codec::utf16_encode, Little;
    utf_16_be_decode utf_16_be_encode "utf_16_be_decode" "utf_16_be_encode" codec::utf16_decode, codec::utf16_encode, Big;
    utf_32_decode utf_32_encode "utf_32_decode" "utf_32_encode" codec::utf32_decode, codec::utf32_encode, Marked;
    utf_32_le_decode utf_32_le_encode "utf_32_le_decode" "utf_32_le_encode" codec::utf32_decode, codec::utf32_encode, Little;
    utf_32_be_decode utf_32_be_encode "utf_32_be_decode" "utf_32_be_encode" codec::utf32_decode, codec::utf32_encode, Big;
}
/// Decoders that tell the byte order they found: `(text, used, order)`.
macro_rules! extended {
    ($($name:ident $text:literal $f:path;)*) => {$(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            check_positional($text, args.len(), 1, 4)?;
            let errors = errors_of(args, 1, $text)?;
            let data = data_of(args, false)?;
            let given = args.get(2).map_or(Ok(0), |o| ops::index_as_isize(*o))?;
            let mut order = if given < 0 {
                ByteOrder::Little
            } else if given > 0 {
                ByteOrder::Big
            } else {
                ByteOrder::Marked
            };
            let (v, used) = $f(&data, &errors, &mut order, last_of(args, 3)?)?;
            let order = match order {
                ByteOrder::Little => -1,
                ByteOrder::Big => 1,
                ByteOrder::Marked => 0,
            };
            Ok(tuple::from_vec(vec![v, Ref::int(used as i64), Ref::int(order)]))
        }
    )*};
}
extended! {
    utf_16_ex_decode "utf_16_ex_decode" codec::utf16_decode;
    utf_32_ex_decode "utf_32_ex_decode" codec::utf32_decode;
}
macro_rules! encoders {
    ($($name:ident $text:literal $f:expr;)*) => {$(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            check_positional($text, args.len(), 1, 2)?;
            let errors = errors_of(args, 1, $text)?;
            let v = need_str(args, $text)?;
            let f: fn(Value, &str) -> PyResult<Vec<u8>> = $f;
            pair(bytes::new(&f(v, &errors)?), str::len(v))
        }
    )*};
}
encoders! {
    utf_8_encode "utf_8_encode" codec::utf8_encode;
    utf_7_encode "utf_7_encode" |v, _| Ok(codec::utf7_encode(v));
    latin_1_encode "latin_1_encode" codec::latin1_encode;
    ascii_encode "ascii_encode" codec::ascii_encode;
    unicode_escape_encode "unicode_escape_encode" |v, _| Ok(codec::unicode_escape_encode(v));
    raw_unicode_escape_encode "raw_unicode_escape_encode" |v, _| Ok(codec::raw_unicode_escape_encode(v));
}
fn latin_1_decode(_: Value, args: &[Value]) -> PyResult {
    check_positional("latin_1_decode", args.len(), 1, 2)?;
    let data = data_of(args, false)?;
    pair(codec::latin1_decode(&data), data.len())
}
fn ascii_decode(_: Value, args: &[Value]) -> PyResult {
    check_positional("ascii_decode", args.len(), 1, 2)?;
    let errors = errors_of(args, 1, "ascii_decode")?;
    let data = data_of(args, false)?;
    pair(codec::ascii_decode(&data, &errors)?, data.len())
}
fn mapping_of(args: &[Value]) -> Value {
    args.get(2).copied().filter(|v| !v.is_none()).unwrap_or(Value::EMPTY)
}
fn charmap_decode(_: Value, args: &[Value]) -> PyResult {
    check_positional("charmap_decode", args.len(), 1, 3)?;
    let errors = errors_of(args, 1, "charmap_decode")?;
    let data = data_of(args, false)?;
    let mapping = mapping_of(args);
    if mapping.is_empty() {
        return pair(codec::latin1_decode(&data), data.len());
    }
    pair(codec::charmap_decode(&data, &errors, mapping)?, data.len())
}
fn charmap_encode(_: Value, args: &[Value]) -> PyResult {
    check_positional("charmap_encode", args.len(), 1, 3)?;
    let errors = errors_of(args, 1, "charmap_encode")?;
    let v = need_str(args, "charmap_encode")?;
    let mapping = mapping_of(args);
    let out = if mapping.is_empty() { codec::latin1_encode(v, &errors)? } else { codec::charmap_encode(v, &errors, mapping)? };
    pair(bytes::new(&out), str::len(v))
}
fn charmap_build(_: Value, v: Value) -> PyResult {
    codec::charmap_build(need_str(&[v], "charmap_build")?)
}
fn escape_decode(_: Value, args: &[Value]) -> PyResult {
    check_positional("escape_decode", args.len(), 1, 2)?;
    let errors = errors_of(args, 1, "escape_decode")?;
    let data = data_of(args, true)?;
    pair(bytes::new(&codec::escape_decode(&data, &errors)?), data.len())
}
fn escape_encode(_: Value, args: &[Value]) -> PyResult {
    check_positional("escape_encode", args.len(), 1, 2)?;
    if !bytes::is_bytes(args[0]) {
        return Err(raise!(TypeError, "escape_encode() argument 1 must be bytes, not {}", args[0].ty().message_name()));
    }
    let data = bytes::data(args[0]);
    pair(bytes::new(&codec::escape_encode(data)), data.len())
}
fn readbuffer_encode(_: Value, args: &[Value]) -> PyResult {
    check_positional("readbuffer_encode", args.len(), 1, 2)?;
    let data = codec::readbuffer_encode(args[0])?;
    pair(bytes::new(&data), data.len())
}
fn register(_: Value, f: Value) -> PyResult {
    codec::register(f)?;
    Ok(Ref::none())
}
fn unregister(_: Value, f: Value) -> PyResult {
    codec::unregister(f);
    Ok(Ref::none())
}
fn lookup(_: Value, name: Value) -> PyResult {
    codec::lookup(&text(name, "lookup")?)
}
fn forget(_: Value, name: Value) -> PyResult {
    codec::forget_cache(&text(name, "_forget_codec")?)?;
    Ok(Ref::none())
}
fn register_error(_: Value, args: &[Value]) -> PyResult {
    check_positional("register_error", args.len(), 2, 2)?;
    codec::register_error(&text(args[0], "register_error")?, args[1])?;
    Ok(Ref::none())
}
fn lookup_error(_: Value, name: Value) -> PyResult {
    codec::lookup_error(&text(name, "lookup_error")?)
}
const CODE: [&str; 3] = ["obj", "encoding", "errors"];
fn coding(args: Args<'_>, name: &'static str) -> PyResult<(Value, String, String)> {
    let signature = Signature { name, params: CODE, posonly: 0, positional: 3, required: 1 };
    let [obj, encoding, errors] = args.bind(&signature)?;
    let encoding = if encoding.is_empty() { String::from("utf-8") } else { text(encoding, name)? };
    let errors = if errors.is_empty() { String::from("strict") } else { text(errors, name)? };
    Ok((obj, encoding, errors))
}
fn encode(_: Value, args: Args<'_>) -> PyResult {
    let (obj, encoding, errors) = coding(args, "encode")?;
    codec::encode_any(obj, &encoding, &errors)
}
fn decode(_: Value, args: Args<'_>) -> PyResult {
    let (obj, encoding, errors) = coding(args, "decode")?;
    codec::decode_any(obj, &encoding, &errors)
}

methods! { static FUNCTIONS = [
    "register" O register, "register($module, search_function, /)\n--\n\nRegisters a codec search function.";
    "unregister" O unregister, "unregister($module, search_function, /)\n--\n\nUnregisters a codec search function.";
    "lookup" O lookup, "lookup($module, encoding, /)\n--\n\nThe codec tuple of an encoding.";
    "_forget_codec" O forget, "_forget_codec($module, encoding, /)\n--\n\n";
    "encode" KW encode, "encode($module, /, obj, encoding='utf-8', errors='strict')\n--\n\nEncodes an object.";
    "decode" KW decode, "decode($module, /, obj, encoding='utf-8', errors='strict')\n--\n\nDecodes an object.";
    "register_error" FAST register_error, "register_error($module, errors, handler, /)\n--\n\nRegisters an error handler.";
    "lookup_error" O lookup_error, "lookup_error($module, name, /)\n--\n\nThe error handler of a name.";
    "utf_8_encode" FAST utf_8_encode, "utf_8_encode($module, str, errors=None, /)\n--\n\n";
    "utf_8_decode" FAST utf_8_decode, "utf_8_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_7_encode" FAST utf_7_encode, "utf_7_encode($module, str, errors=None, /)\n--\n\n";
    "utf_7_decode" FAST utf_7_decode, "utf_7_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_16_encode" FAST utf_16_encode, "utf_16_encode($module, str, errors=None, byteorder=0, /)\n--\n\n";
    "utf_16_le_encode" FAST utf_16_le_encode, "utf_16_le_encode($module, str, errors=None, /)\n--\n\n";
    "utf_16_be_encode" FAST utf_16_be_encode, "utf_16_be_encode($module, str, errors=None, /)\n--\n\n";
    "utf_16_decode" FAST utf_16_decode, "utf_16_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_16_le_decode" FAST utf_16_le_decode, "utf_16_le_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_16_be_decode" FAST utf_16_be_decode, "utf_16_be_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_16_ex_decode" FAST utf_16_ex_decode, "utf_16_ex_decode($module, data, errors=None, byteorder=0, final=False, /)\n--\n\n";
    "utf_32_encode" FAST utf_32_encode, "utf_32_encode($module, str, errors=None, byteorder=0, /)\n--\n\n";
    "utf_32_le_encode" FAST utf_32_le_encode, "utf_32_le_encode($module, str, errors=None, /)\n--\n\n";
    "utf_32_be_encode" FAST utf_32_be_encode, "utf_32_be_encode($module, str, errors=None, /)\n--\n\n";
    "utf_32_decode" FAST utf_32_decode, "utf_32_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_32_le_decode" FAST utf_32_le_decode, "utf_32_le_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_32_be_decode" FAST utf_32_be_decode, "utf_32_be_decode($module, data, errors=None, final=False, /)\n--\n\n";
    "utf_32_ex_decode" FAST utf_32_ex_decode, "utf_32_ex_decode($module, data, errors=None, byteorder=0, final=False, /)\n--\n\n";
    "unicode_escape_encode" FAST unicode_escape_encode, "unicode_escape_encode($module, str, errors=None, /)\n--\n\n";
    "unicode_escape_decode" FAST unicode_escape_decode, "unicode_escape_decode($module, data, errors=None, final=True, /)\n--\n\n";
    "raw_unicode_escape_encode" FAST raw_unicode_escape_encode, "raw_unicode_escape_encode($module, str, errors=None, /)\n--\n\n";
    "raw_unicode_escape_decode" FAST raw_unicode_escape_decode, "raw_unicode_escape_decode($module, data, errors=None, final=True, /)\n--\n\n";
    "latin_1_encode" FAST latin_1_encode, "latin_1_encode($module, str, errors=None, /)\n--\n\n";
    "latin_1_decode" FAST latin_1_decode, "latin_1_decode($module, data, errors=None, /)\n--\n\n";
    "ascii_encode" FAST ascii_encode, "ascii_encode($module, str, errors=None, /)\n--\n\n";
    "ascii_decode" FAST ascii_decode, "ascii_decode($module, data, errors=None, /)\n--\n\n";
    "charmap_encode" FAST charmap_encode, "charmap_encode($module, str, errors=None, mapping=None, /)\n--\n\n";
    "charmap_decode" FAST charmap_decode, "charmap_decode($module, data, errors=None, mapping=None, /)\n--\n\n";
    "charmap_build" O charmap_build, "charmap_build($module, map, /)\n--\n\n";
    "escape_encode" FAST escape_encode, "escape_encode($module, data, errors=None, /)\n--\n\n";
    "escape_decode" FAST escape_decode, "escape_decode($module, data, errors=None, /)\n--\n\n";
    "readbuffer_encode" FAST readbuffer_encode, "readbuffer_encode($module, data, errors=None, /)\n--\n\n";
] }

pub fn init() -> PyResult {
    let m = module::new("_codecs");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
