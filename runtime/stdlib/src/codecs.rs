//! `_codecs`: the registry and the built-in codecs as functions.

use crate::convert::{c_int_or, text, truth, wrong_type};
use pyrs_object::codec::{self, ByteOrder};
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, bytes, check_positional, memory, methods,
    module, raise, str, tuple,
};

/// The `errors` argument: `None` is "strict".
fn errors_arg<'a>(v: Option<&Value>, function: &str) -> PyResult<&'a str> {
    match v {
        None => Ok("strict"),
        Some(v) if v.is_none() => Ok("strict"),
        Some(v) if v.has_flag(tpflags::UNICODE_SUBCLASS) => text(*v, function, "2"),
        Some(v) => Err(wrong_type(function, "2", "str or None", *v)),
    }
}
fn pair(a: Ref, n: usize) -> PyResult {
    Ok(tuple::from_vec(vec![a, Ref::int(n as i64)]))
}
fn str_arg(v: Value, function: &str) -> PyResult<Value> {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(v)
    } else {
        Err(wrong_type(function, "1", "str", v))
    }
}
fn flag(args: &[Value], i: usize, default: bool) -> PyResult<bool> {
    truth(args.get(i).copied().unwrap_or(Value::EMPTY), default)
}

/// Decoders that take `(data, errors)`: name and function of bytes and errors.
macro_rules! decoders {
    ($($name:ident $python:literal $f:expr;)*) => { $(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            check_positional($python, args.len(), 1, 2)?;
            let held = memory::bytes_like(args[0])?;
            let errors = errors_arg(args.get(1), $python)?;
            let f: fn(&[u8], &str) -> PyResult = $f;
            pair(f(held.bytes(), errors)?, held.bytes().len())
        }
    )* };
}
decoders! {
    ascii_decode "ascii_decode" codec::ascii_decode;
    latin_1_decode "latin_1_decode" |data, _| Ok(codec::latin1_decode(data));
}
/// Decoders that take `(data, errors, final)` and say how much they used. Text data stands for its UTF-8 where CPython allows it.
macro_rules! partial_decoders {
    ($($name:ident $python:literal $text:literal $last:literal $f:expr;)*) => { $(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            check_positional($python, args.len(), 1, 3)?;
            let errors = errors_arg(args.get(1), $python)?;
            let last = flag(args, 2, $last)?;
            let f: fn(&[u8], &str, bool) -> PyResult<(Ref, usize)> = $f;
            if $text && args[0].has_flag(tpflags::UNICODE_SUBCLASS) {
                let data = str::as_utf8(args[0])?.as_bytes();
                let (r, used) = f(data, errors, last)?;
                return pair(r, if last { data.len() } else { used });
            }
            let held = memory::bytes_like(args[0])?;
            let (r, used) = f(held.bytes(), errors, last)?;
            // An error handler may have put other data in place of it.
            pair(r, if last { held.bytes().len() } else { used })
        }
    )* };
}
fn utf16(data: &[u8], errors: &str, last: bool, mut order: ByteOrder) -> PyResult<(Ref, usize)> {
    codec::utf16_decode(data, errors, &mut order, last)
}
fn utf32(data: &[u8], errors: &str, last: bool, mut order: ByteOrder) -> PyResult<(Ref, usize)> {
    codec::utf32_decode(data, errors, &mut order, last)
}
partial_decoders! {
    utf_8_decode "utf_8_decode" false false codec::utf8_decode;
    utf_7_decode "utf_7_decode" false false codec::utf7_decode;
    unicode_escape_decode "unicode_escape_decode" true true codec::unicode_escape_decode;
    raw_unicode_escape_decode "raw_unicode_escape_decode" true true codec::raw_unicode_escape_decode;
    utf_16_decode "utf_16_decode" false false |d, e, l| utf16(d, e, l, ByteOrder::Marked);
    utf_16_le_decode "utf_16_le_decode" false false |d, e, l| utf16(d, e, l, ByteOrder::Little);
    utf_16_be_decode "utf_16_be_decode" false false |d, e, l| utf16(d, e, l, ByteOrder::Big);
    utf_32_decode "utf_32_decode" false false |d, e, l| utf32(d, e, l, ByteOrder::Marked);
    utf_32_le_decode "utf_32_le_decode" false false |d, e, l| utf32(d, e, l, ByteOrder::Little);
    utf_32_be_decode "utf_32_be_decode" false false |d, e, l| utf32(d, e, l, ByteOrder::Big);
}
fn order_of(n: i32) -> ByteOrder {
    match n {
        0 => ByteOrder::Marked,
        n if n < 0 => ByteOrder::Little,
        _ => ByteOrder::Big,
    }
}
fn order_number(order: ByteOrder) -> i64 {
    match order {
        ByteOrder::Marked => 0,
        ByteOrder::Little => -1,
        ByteOrder::Big => 1,
    }
}
type Wide = fn(&[u8], &str, &mut ByteOrder, bool) -> PyResult<(Ref, usize)>;
fn ex_decode(name: &str, args: &[Value], f: Wide) -> PyResult {
    check_positional(name, args.len(), 1, 4)?;
    let held = memory::bytes_like(args[0])?;
    let errors = errors_arg(args.get(1), name)?;
    let mut order = order_of(c_int_or(args.get(2).copied().unwrap_or(Value::EMPTY), 0)?);
    let last = flag(args, 3, false)?;
    let (r, used) = f(held.bytes(), errors, &mut order, last)?;
    Ok(tuple::from_vec(vec![
        r,
        Ref::int(used as i64),
        Ref::int(order_number(order)),
    ]))
}
fn utf_16_ex_decode(_: Value, args: &[Value]) -> PyResult {
    ex_decode("utf_16_ex_decode", args, codec::utf16_decode)
}
fn utf_32_ex_decode(_: Value, args: &[Value]) -> PyResult {
    ex_decode("utf_32_ex_decode", args, codec::utf32_decode)
}
fn charmap_decode(_: Value, args: &[Value]) -> PyResult {
    check_positional("charmap_decode", args.len(), 1, 3)?;
    let held = memory::bytes_like(args[0])?;
    let errors = errors_arg(args.get(1), "charmap_decode")?;
    let r = match args.get(2) {
        Some(map) if !map.is_none() => codec::charmap_decode(held.bytes(), errors, *map)?,
        _ => codec::latin1_decode(held.bytes()),
    };
    pair(r, held.bytes().len())
}
fn escape_decode(_: Value, args: &[Value]) -> PyResult {
    check_positional("escape_decode", args.len(), 1, 2)?;
    let errors = errors_arg(args.get(1), "escape_decode")?;
    if args[0].has_flag(tpflags::UNICODE_SUBCLASS) {
        let data = str::as_utf8(args[0])?.as_bytes();
        return pair(bytes::new(&codec::escape_decode(data, errors)?), data.len());
    }
    let held = memory::bytes_like(args[0])?;
    pair(
        bytes::new(&codec::escape_decode(held.bytes(), errors)?),
        held.bytes().len(),
    )
}
fn escape_encode(_: Value, args: &[Value]) -> PyResult {
    check_positional("escape_encode", args.len(), 1, 2)?;
    if !bytes::is_bytes(args[0]) {
        return Err(wrong_type("escape_encode", "1", "bytes", args[0]));
    }
    errors_arg(args.get(1), "escape_encode")?;
    let data = bytes::data(args[0]);
    pair(bytes::new(&codec::escape_encode(data)), data.len())
}

/// Encoders that take `(str, errors)`.
macro_rules! encoders {
    ($($name:ident $python:literal $f:expr;)*) => { $(
        fn $name(_: Value, args: &[Value]) -> PyResult {
            check_positional($python, args.len(), 1, 2)?;
            let s = str_arg(args[0], $python)?;
            let errors = errors_arg(args.get(1), $python)?;
            let f: fn(Value, &str) -> PyResult<Vec<u8>> = $f;
            pair(bytes::new(&f(s, errors)?), str::len(s))
        }
    )* };
}
encoders! {
    ascii_encode "ascii_encode" codec::ascii_encode;
    latin_1_encode "latin_1_encode" codec::latin1_encode;
    utf_8_encode "utf_8_encode" codec::utf8_encode;
    utf_7_encode "utf_7_encode" |s, _| Ok(codec::utf7_encode(s));
    unicode_escape_encode "unicode_escape_encode" |s, _| Ok(codec::unicode_escape_encode(s));
    raw_unicode_escape_encode "raw_unicode_escape_encode" |s, _| Ok(codec::raw_unicode_escape_encode(s));
    utf_16_le_encode "utf_16_le_encode" |s, e| codec::utf16_encode(s, e, ByteOrder::Little);
    utf_16_be_encode "utf_16_be_encode" |s, e| codec::utf16_encode(s, e, ByteOrder::Big);
    utf_32_le_encode "utf_32_le_encode" |s, e| codec::utf32_encode(s, e, ByteOrder::Little);
    utf_32_be_encode "utf_32_be_encode" |s, e| codec::utf32_encode(s, e, ByteOrder::Big);
}
fn marked_encode(
    name: &str,
    args: &[Value],
    f: fn(Value, &str, ByteOrder) -> PyResult<Vec<u8>>,
) -> PyResult {
    check_positional(name, args.len(), 1, 3)?;
    let s = str_arg(args[0], name)?;
    let errors = errors_arg(args.get(1), name)?;
    let order = order_of(c_int_or(args.get(2).copied().unwrap_or(Value::EMPTY), 0)?);
    pair(bytes::new(&f(s, errors, order)?), str::len(s))
}
fn utf_16_encode(_: Value, args: &[Value]) -> PyResult {
    marked_encode("utf_16_encode", args, codec::utf16_encode)
}
fn utf_32_encode(_: Value, args: &[Value]) -> PyResult {
    marked_encode("utf_32_encode", args, codec::utf32_encode)
}
fn charmap_encode(_: Value, args: &[Value]) -> PyResult {
    check_positional("charmap_encode", args.len(), 1, 3)?;
    let s = str_arg(args[0], "charmap_encode")?;
    let errors = errors_arg(args.get(1), "charmap_encode")?;
    let data = match args.get(2) {
        Some(map) if !map.is_none() => codec::charmap_encode(s, errors, *map)?,
        _ => codec::latin1_encode(s, errors)?,
    };
    pair(bytes::new(&data), str::len(s))
}
fn charmap_build(_: Value, map: Value) -> PyResult {
    codec::charmap_build(str_arg(map, "charmap_build")?)
}
fn readbuffer_encode(_: Value, args: &[Value]) -> PyResult {
    check_positional("readbuffer_encode", args.len(), 1, 2)?;
    errors_arg(args.get(1), "readbuffer_encode")?;
    if args[0].has_flag(tpflags::UNICODE_SUBCLASS) {
        let data = str::as_utf8(args[0])?.as_bytes();
        return pair(bytes::new(data), data.len());
    }
    let held = memory::bytes_like(args[0])?;
    pair(bytes::new(held.bytes()), held.bytes().len())
}

fn register(_: Value, search: Value) -> PyResult {
    codec::register(search)?;
    Ok(Ref::none())
}
fn unregister(_: Value, search: Value) -> PyResult {
    codec::unregister(search);
    Ok(Ref::none())
}
fn lookup(_: Value, encoding: Value) -> PyResult {
    if !encoding.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wants_str("lookup", encoding));
    }
    codec::lookup(text(encoding, "lookup", "argument")?)
}
fn lookup_error(_: Value, name: Value) -> PyResult {
    if !name.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wants_str("lookup_error", name));
    }
    codec::lookup_error(text(name, "lookup_error", "argument")?)
}
#[cold]
fn wants_str(function: &str, v: Value) -> pyrs_object::Raised {
    let got = if v.is_none() {
        "None"
    } else {
        v.ty().message_name()
    };
    raise!(TypeError, "{function}() argument must be str, not {got}")
}
fn register_error(_: Value, args: &[Value]) -> PyResult {
    check_positional("register_error", args.len(), 2, 2)?;
    codec::register_error(text(args[0], "register_error", "1")?, args[1])?;
    Ok(Ref::none())
}
const ENCODE: Signature<3> = Signature {
    name: "encode",
    params: ["obj", "encoding", "errors"],
    posonly: 0,
    positional: 3,
    required: 1,
};
const DECODE: Signature<3> = Signature {
    name: "decode",
    params: ["obj", "encoding", "errors"],
    posonly: 0,
    positional: 3,
    required: 1,
};
fn named(
    v: Value,
    default: &'static str,
    function: &str,
    argument: &str,
) -> PyResult<&'static str> {
    if v.is_empty() {
        Ok(default)
    } else {
        text(v, function, argument)
    }
}
fn encode(_: Value, args: Args<'_>) -> PyResult {
    let [obj, encoding, errors] = args.bind(&ENCODE)?;
    let encoding = named(encoding, "utf-8", "encode", "'encoding'")?;
    codec::encode_any(
        obj,
        encoding,
        named(errors, "strict", "encode", "'errors'")?,
    )
}
fn decode(_: Value, args: Args<'_>) -> PyResult {
    let [obj, encoding, errors] = args.bind(&DECODE)?;
    let encoding = named(encoding, "utf-8", "decode", "'encoding'")?;
    codec::decode_any(
        obj,
        encoding,
        named(errors, "strict", "decode", "'errors'")?,
    )
}

methods! {
    static FUNCTIONS = [
        "register" O register, "register($module, search_function, /)\n--\n\nAdds a codec search function.";
        "unregister" O unregister, "unregister($module, search_function, /)\n--\n\nRemoves a codec search function.";
        "lookup" O lookup, "lookup($module, encoding, /)\n--\n\nLooks up a codec.";
        "encode" KW encode, "encode($module, /, obj, encoding='utf-8', errors='strict')\n--\n\nEncodes an object.";
        "decode" KW decode, "decode($module, /, obj, encoding='utf-8', errors='strict')\n--\n\nDecodes an object.";
        "escape_encode" FAST escape_encode, "escape_encode($module, data, errors=None, /)\n--\n\n";
        "escape_decode" FAST escape_decode, "escape_decode($module, data, errors=None, /)\n--\n\n";
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
        "utf_16_ex_decode" FAST utf_16_ex_decode, "utf_16_ex_decode($module, data, errors=None, byteorder=0, final=False,\n                 /)\n--\n\n";
        "utf_32_encode" FAST utf_32_encode, "utf_32_encode($module, str, errors=None, byteorder=0, /)\n--\n\n";
        "utf_32_le_encode" FAST utf_32_le_encode, "utf_32_le_encode($module, str, errors=None, /)\n--\n\n";
        "utf_32_be_encode" FAST utf_32_be_encode, "utf_32_be_encode($module, str, errors=None, /)\n--\n\n";
        "utf_32_decode" FAST utf_32_decode, "utf_32_decode($module, data, errors=None, final=False, /)\n--\n\n";
        "utf_32_le_decode" FAST utf_32_le_decode, "utf_32_le_decode($module, data, errors=None, final=False, /)\n--\n\n";
        "utf_32_be_decode" FAST utf_32_be_decode, "utf_32_be_decode($module, data, errors=None, final=False, /)\n--\n\n";
        "utf_32_ex_decode" FAST utf_32_ex_decode, "utf_32_ex_decode($module, data, errors=None, byteorder=0, final=False,\n                 /)\n--\n\n";
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
        "readbuffer_encode" FAST readbuffer_encode, "readbuffer_encode($module, data, errors=None, /)\n--\n\n";
        "register_error" FAST register_error, "register_error($module, errors, handler, /)\n--\n\nRegisters an error handler.";
        "lookup_error" O lookup_error, "lookup_error($module, name, /)\n--\n\nLooks up an error handler.";
    ]
}

pub fn init() -> PyResult {
    let m = module::new("_codecs");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
