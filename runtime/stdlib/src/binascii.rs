//! `binascii`.

use crate::util::{ErrorClass, is_str};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, bytes, check_positional, exceptions, int,
    memory, methods, module, ops, raise, str,
};

static ERROR: ErrorClass = ErrorClass::new();
static INCOMPLETE: ErrorClass = ErrorClass::new();

macro_rules! fail {
    ($($arg:tt)*) => { ERROR.raise(format_args!($($arg)*)) };
}

/// Bytes of a bytes-like object or of ASCII text.
fn ascii_buffer(v: Value) -> PyResult<Vec<u8>> {
    if is_str(v) {
        let text = str::to_wtf8(v);
        if !text.is_ascii() {
            return Err(raise!(
                ValueError,
                "string argument should contain only ASCII characters"
            ));
        }
        return Ok(text);
    }
    if !memory::has_buffer(v) {
        return Err(raise!(
            TypeError,
            "argument should be bytes, buffer or ASCII string, not '{}'",
            v.ty().message_name()
        ));
    }
    Ok(memory::bytes_like(v)?.bytes().to_vec())
}
fn flag(v: Value, default: bool) -> PyResult<bool> {
    v.non_empty().map_or(Ok(default), ops::is_true)
}

const HEX: Signature<3> = Signature {
    name: "hexlify",
    params: ["data", "sep", "bytes_per_sep"],
    posonly: 0,
    positional: 3,
    required: 1,
};

/// Hexadecimal text with a separator counted from the right, or from the left if `group` is negative.
fn hex_text(data: &[u8], separator: Option<u8>, group: i64) -> Vec<u8> {
    let digit = |n: u8| b"0123456789abcdef"[usize::from(n)];
    let size = group.unsigned_abs() as usize;
    let mut out = Vec::with_capacity(data.len() * 3);
    for (i, b) in data.iter().enumerate() {
        if let Some(separator) = separator
            && i > 0
            && size > 0
            && (if group < 0 { i } else { data.len() - i }).is_multiple_of(size)
        {
            out.push(separator);
        }
        out.extend([digit(b >> 4), digit(b & 15)]);
    }
    out
}
fn b2a_hex(_: Value, args: Args<'_>) -> PyResult {
    let [data, separator, group] = args.bind(&HEX)?;
    let data = memory::bytes_like(data)?;
    let group = match group.non_empty() {
        None => 1,
        Some(g) => i64::from(crate::util::as_c_int(g)?),
    };
    let separator = match separator.non_empty() {
        None => None,
        Some(s) => {
            if ops::len(s)? != 1 {
                return Err(raise!(ValueError, "sep must be length 1."));
            }
            let c = if is_str(s) {
                str::char_at(s, 0)
            } else if bytes::is_bytes(s) {
                bytes::data(s)[0].into()
            } else {
                return Err(raise!(TypeError, "sep must be str or bytes."));
            };
            match u8::try_from(c) {
                Ok(c) if c < 128 || !is_str(s) => Some(c),
                _ => return Err(raise!(ValueError, "sep must be ASCII.")),
            }
        }
    };
    Ok(bytes::new(&hex_text(data.bytes(), separator, group)))
}
fn a2b_hex(_: Value, v: Value) -> PyResult {
    let text = ascii_buffer(v)?;
    if text.len() % 2 != 0 {
        return Err(fail!("Odd-length string"));
    }
    let value = |c: u8| (c as char).to_digit(16).map(|d| d as u8);
    let mut out = Vec::with_capacity(text.len() / 2);
    for pair in text.chunks_exact(2) {
        match (value(pair[0]), value(pair[1])) {
            (Some(a), Some(b)) => out.push(a << 4 | b),
            _ => return Err(fail!("Non-hexadecimal digit found")),
        }
    }
    Ok(bytes::new(&out))
}

const BASE64: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const B2A_BASE64: Signature<2> = Signature {
    name: "b2a_base64",
    params: ["", "newline"],
    posonly: 1,
    positional: 1,
    required: 1,
};

fn b2a_base64(_: Value, args: Args<'_>) -> PyResult {
    let [data, newline] = args.bind(&B2A_BASE64)?;
    let data = memory::bytes_like(data)?;
    let newline = flag(newline, true)?;
    let mut out = Vec::with_capacity(data.bytes().len() / 3 * 4 + 5);
    for chunk in data.bytes().chunks(3) {
        let word =
            chunk.iter().fold(0u32, |acc, b| acc << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        for i in 0..4 {
            out.push(if i <= chunk.len() {
                BASE64[(word >> (18 - 6 * i) & 63) as usize]
            } else {
                b'='
            });
        }
    }
    if newline {
        out.push(b'\n');
    }
    Ok(bytes::new(&out))
}

const A2B_BASE64: Signature<2> = Signature {
    name: "a2b_base64",
    params: ["", "strict_mode"],
    posonly: 1,
    positional: 1,
    required: 1,
};

fn a2b_base64(_: Value, args: Args<'_>) -> PyResult {
    let [data, strict] = args.bind(&A2B_BASE64)?;
    let data = ascii_buffer(data)?;
    let strict = flag(strict, false)?;
    if strict && data.first() == Some(&b'=') {
        return Err(fail!("Leading padding not allowed"));
    }
    let mut out = Vec::with_capacity(data.len() / 4 * 3 + 3);
    let (mut left, mut quad, mut pads, mut padding_started) = (0u8, 0u32, 0u32, false);
    for (i, &c) in data.iter().enumerate() {
        if c == b'=' {
            padding_started = true;
            pads += 1;
            if quad >= 2 && quad + pads >= 4 {
                if strict && i + 1 < data.len() {
                    return Err(fail!("Excess data after padding"));
                }
                return Ok(bytes::new(&out));
            }
            continue;
        }
        let Some(value) = BASE64.iter().position(|b| *b == c) else {
            if strict {
                return Err(fail!("Only base64 data is allowed"));
            }
            continue;
        };
        if strict && padding_started {
            return Err(fail!("Discontinuous padding not allowed"));
        }
        pads = 0;
        let value = value as u8;
        match quad {
            0 => left = value,
            1 => {
                out.push(left << 2 | value >> 4);
                left = value & 15;
            }
            2 => {
                out.push(left << 4 | value >> 2);
                left = value & 3;
            }
            _ => out.push(left << 6 | value),
        }
        quad = (quad + 1) % 4;
    }
    match quad {
        0 => Ok(bytes::new(&out)),
        1 => Err(fail!(
            "Invalid base64-encoded string: number of data characters ({}) cannot be 1 more than a multiple of 4",
            out.len() / 3 * 4 + 1
        )),
        _ => Err(fail!("Incorrect padding")),
    }
}

const B2A_UU: Signature<2> = Signature {
    name: "b2a_uu",
    params: ["", "backtick"],
    posonly: 1,
    positional: 1,
    required: 1,
};

fn b2a_uu(_: Value, args: Args<'_>) -> PyResult {
    let [data, backtick] = args.bind(&B2A_UU)?;
    let data = memory::bytes_like(data)?;
    let backtick = flag(backtick, false)?;
    let data = data.bytes();
    if data.len() > 45 {
        return Err(fail!("At most 45 bytes at once"));
    }
    let letter = |n: u8| if backtick && n == 0 { b'`' } else { b' ' + n };
    let mut out = vec![letter(data.len() as u8)];
    for chunk in data.chunks(3) {
        let word =
            chunk.iter().fold(0u32, |acc, b| acc << 8 | u32::from(*b)) << (8 * (3 - chunk.len()));
        out.extend((0..4).map(|i| letter((word >> (18 - 6 * i) & 63) as u8)));
    }
    out.push(b'\n');
    Ok(bytes::new(&out))
}
fn a2b_uu(_: Value, v: Value) -> PyResult {
    let text = ascii_buffer(v)?;
    let length = usize::from(text.first().copied().unwrap_or(0).wrapping_sub(b' ') & 63);
    let mut out = Vec::with_capacity(length);
    let (mut rest, mut acc, mut held) = (text.get(1..).unwrap_or(&[]), 0u32, 0);
    while out.len() < length {
        let mut c = 0;
        if let [first, tail @ ..] = rest {
            rest = tail;
            // A line cut short counts as spaces.
            if !matches!(first, b'\n' | b'\r') {
                if !(b' '..=b' ' + 64).contains(first) {
                    return Err(fail!("Illegal char"));
                }
                c = (first - b' ') & 63;
            }
        }
        acc = acc << 6 | u32::from(c);
        held += 6;
        if held >= 8 {
            held -= 8;
            out.push((acc >> held) as u8);
            acc &= (1 << held) - 1;
        }
    }
    if rest
        .iter()
        .any(|c| !matches!(c, b' ' | b'`' | b'\n' | b'\r'))
    {
        return Err(fail!("Trailing garbage"));
    }
    Ok(bytes::new(&out))
}

const A2B_QP: Signature<2> = Signature {
    name: "a2b_qp",
    params: ["data", "header"],
    posonly: 0,
    positional: 2,
    required: 1,
};

fn a2b_qp(_: Value, args: Args<'_>) -> PyResult {
    let [data, header] = args.bind(&A2B_QP)?;
    let data = ascii_buffer(data)?;
    let header = flag(header, false)?;
    let hex = |i: usize| data.get(i).and_then(|c| (*c as char).to_digit(16));
    let mut out = Vec::with_capacity(data.len());
    let mut i = 0;
    while i < data.len() {
        match data[i] {
            b'=' => {
                i += 1;
                match data.get(i) {
                    None => break,
                    Some(b'\n' | b'\r') => {
                        // A soft line break.
                        while i < data.len() && data[i] != b'\n' {
                            i += 1;
                        }
                        i += 1;
                    }
                    Some(b'=') => {
                        out.push(b'=');
                        i += 1;
                    }
                    Some(_) => match (hex(i), hex(i + 1)) {
                        (Some(a), Some(b)) => {
                            out.push((a << 4 | b) as u8);
                            i += 2;
                        }
                        _ => out.push(b'='),
                    },
                }
            }
            b'_' if header => {
                out.push(b' ');
                i += 1;
            }
            c => {
                out.push(c);
                i += 1;
            }
        }
    }
    Ok(bytes::new(&out))
}

const B2A_QP: Signature<4> = Signature {
    name: "b2a_qp",
    params: ["data", "quotetabs", "istext", "header"],
    posonly: 0,
    positional: 4,
    required: 1,
};

fn b2a_qp(_: Value, args: Args<'_>) -> PyResult {
    let [data, quote_tabs, is_text, header] = args.bind(&B2A_QP)?;
    let data = memory::bytes_like(data)?.bytes().to_vec();
    let (quote_tabs, is_text, header) = (
        flag(quote_tabs, false)?,
        flag(is_text, true)?,
        flag(header, false)?,
    );
    // The line ends as the first line of the data does.
    let crlf = data
        .iter()
        .position(|c| *c == b'\n')
        .is_some_and(|i| i > 0 && data[i - 1] == b'\r');
    let end: &[u8] = if crlf { b"\r\n" } else { b"\n" };
    let mut out: Vec<u8> = Vec::with_capacity(data.len());
    let escape = |out: &mut Vec<u8>, c: u8| {
        out.push(b'=');
        out.extend([c >> 4, c & 15].map(|n| b"0123456789ABCDEF"[usize::from(n)]));
    };
    let (mut line, mut i) = (0usize, 0usize);
    while i < data.len() {
        let c = data[i];
        let next = data.get(i + 1);
        let dot_line =
            c == b'.' && line == 0 && next.is_none_or(|n| matches!(n, b'\n' | b'\r' | 0));
        let quoted = c > 126
            || c == b'='
            || (header && c == b'_')
            || dot_line
            || (!is_text && matches!(c, b'\r' | b'\n'))
            || (matches!(c, b'\t' | b' ') && next.is_none())
            || (c < 33
                && !matches!(c, b'\r' | b'\n')
                && (quote_tabs || !matches!(c, b'\t' | b' ')));
        if quoted {
            if line + 3 >= 76 {
                out.push(b'=');
                out.extend_from_slice(end);
                line = 0;
            }
            escape(&mut out, c);
            line += 3;
            i += 1;
        } else if is_text && (c == b'\n' || (c == b'\r' && next == Some(&b'\n'))) {
            line = 0;
            // White space before the end of a line does not survive transport.
            if let Some(last @ (b' ' | b'\t')) = out.last().copied() {
                out.pop();
                escape(&mut out, last);
            }
            out.extend_from_slice(end);
            i += if c == b'\r' { 2 } else { 1 };
        } else {
            if next.is_some_and(|n| *n != b'\n') && line + 1 >= 76 {
                out.push(b'=');
                out.extend_from_slice(end);
                line = 0;
            }
            line += 1;
            out.push(if header && c == b' ' { b'_' } else { c });
            i += 1;
        }
    }
    Ok(bytes::new(&out))
}

const fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        let mut c = n as u32;
        let mut k = 0;
        while k < 8 {
            c = if c & 1 == 1 {
                0xEDB8_8320 ^ c >> 1
            } else {
                c >> 1
            };
            k += 1;
        }
        table[n] = c;
        n += 1;
    }
    table
}
static CRC: [u32; 256] = crc_table();

/// The CRC-32 of zlib, continued from `crc`.
pub(crate) fn crc32_of(data: &[u8], crc: u32) -> u32 {
    !data
        .iter()
        .fold(!crc, |acc, b| CRC[usize::from(acc as u8 ^ b)] ^ acc >> 8)
}
pub(crate) fn crc32(_: Value, args: &[Value]) -> PyResult {
    check_positional("crc32", args.len(), 1, 2)?;
    let data = memory::bytes_like(args[0])?;
    let start = match args.get(1) {
        Some(v) => int::low_u64(ops::index(*v)?.value()) as u32,
        None => 0,
    };
    Ok(Ref::int(crc32_of(data.bytes(), start).into()))
}
fn crc_hqx(_: Value, args: &[Value]) -> PyResult {
    check_positional("crc_hqx", args.len(), 2, 2)?;
    let data = memory::bytes_like(args[0])?;
    let start = int::low_u64(ops::index(args[1])?.value()) as u16;
    let crc = data.bytes().iter().fold(start, |crc, b| {
        (0..8).fold(crc ^ u16::from(*b) << 8, |c, _| {
            if c & 0x8000 != 0 {
                c << 1 ^ 0x1021
            } else {
                c << 1
            }
        })
    });
    Ok(Ref::int(crc.into()))
}

methods! { static FUNCTIONS = [
    "a2b_base64" KW a2b_base64, "a2b_base64($module, data, /, *, strict_mode=False)\n--\n\nDecode a line of base64 data.";
    "a2b_hex" O a2b_hex, "a2b_hex($module, hexstr, /)\n--\n\nBinary data of hexadecimal representation.";
    "a2b_qp" KW a2b_qp, "a2b_qp($module, /, data, header=False)\n--\n\nDecode a string of qp-encoded data.";
    "a2b_uu" O a2b_uu, "a2b_uu($module, data, /)\n--\n\nDecode a line of uuencoded data.";
    "b2a_base64" KW b2a_base64, "b2a_base64($module, data, /, *, newline=True)\n--\n\nBase64-code line of data.";
    "b2a_hex" KW b2a_hex, "b2a_hex($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\nHexadecimal representation of binary data.";
    "b2a_qp" KW b2a_qp, "b2a_qp($module, /, data, quotetabs=False, istext=True, header=False)\n--\n\nEncode a string using quoted-printable encoding.";
    "b2a_uu" KW b2a_uu, "b2a_uu($module, data, /, *, backtick=False)\n--\n\nUuencode line of data.";
    "crc32" FAST crc32, "crc32($module, data, crc=0, /)\n--\n\nCompute CRC-32 incrementally.";
    "crc_hqx" FAST crc_hqx, "crc_hqx($module, data, crc, /)\n--\n\nCompute CRC-CCITT incrementally.";
    "hexlify" KW b2a_hex, "hexlify($module, /, data, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\nHexadecimal representation of binary data.";
    "unhexlify" O a2b_hex, "unhexlify($module, hexstr, /)\n--\n\nBinary data of hexadecimal representation.";
] }

pub fn init() -> PyResult {
    let m = module::new("binascii");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(
        m.value(),
        "Error",
        ERROR.make("binascii", "Error", exceptions::ValueError)?,
    );
    module::add(
        m.value(),
        "Incomplete",
        INCOMPLETE.make("binascii", "Incomplete", exceptions::Exception)?,
    );
    Ok(m)
}
