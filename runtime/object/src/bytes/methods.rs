//! The methods that `bytes` and `bytearray` share: they look at bytes and give an object of the receiver's kind.

use super::*;
use crate::memory::Buffer;
use crate::str::search;

/// The bytes of a receiver: bytes or bytearray.
#[inline]
pub(crate) fn own<'a>(v: Value) -> &'a [u8] {
    if is_bytes(v) {
        data(v)
    } else {
        crate::bytearray::data(v)
    }
}
/// A new object of the receiver's kind (never a subclass).
fn like(v: Value, s: &[u8]) -> PyResult {
    Ok(if is_bytes(v) {
        new(s)
    } else {
        crate::bytearray::new(s)
    })
}
/// The receiver itself if that is exactly bytes, else a copy.
fn unchanged(v: Value) -> PyResult {
    if is_exact(v) {
        Ok(Ref::new(v))
    } else {
        like(v, own(v))
    }
}

/// Bytes of an argument: directly for bytes, through the buffer protocol for others.
pub(crate) enum Operand {
    Own(Value),
    Held(Buffer),
}
impl Operand {
    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Operand::Own(v) => data(*v),
            Operand::Held(b) => b.bytes(),
        }
    }
}
/// Bytes of an operand; without error when it has none.
pub(crate) fn operand(v: Value) -> Option<Operand> {
    if is_bytes(v) {
        return Some(Operand::Own(v));
    }
    if !crate::memory::has_buffer(v) {
        return None;
    }
    match Buffer::get(v, bufflags::SIMPLE) {
        Ok(b) => Some(Operand::Held(b)),
        Err(_) => {
            crate::errors::clear();
            None
        }
    }
}
pub(crate) fn bytes_arg(v: Value) -> PyResult<Operand> {
    if is_bytes(v) {
        Ok(Operand::Own(v))
    } else {
        Ok(Operand::Held(crate::memory::bytes_like(v)?))
    }
}

macro_rules! shared {
    ($($name:ident { $($extra:tt)* })*) => {$(
        methods! {
            pub(crate) static $name = [
                $($extra)*
                "__getnewargs__" NOARGS getnewargs, "";
                "capitalize" NOARGS capitalize, "B.capitalize() -> copy of B\n\nFirst letter upper case, the rest lower case (ASCII).";
                "center" FAST center, "center($self, width, fillchar=b' ', /)\n--\n\nCentred in width.";
                "count" FAST count, "B.count(sub[, start[, end]]) -> int\n\nNon-overlapping occurrences of sub.";
                "decode" KW decode, "decode($self, /, encoding='utf-8', errors='strict')\n--\n\nThe text these bytes encode.";
                "endswith" FAST endswith, "B.endswith(suffix[, start[, end]]) -> bool\n\nWhether B ends with suffix (or one of a tuple).";
                "expandtabs" KW expandtabs, "expandtabs($self, /, tabsize=8)\n--\n\nTabs as blanks.";
                "find" FAST find, "B.find(sub[, start[, end]]) -> int\n\nLowest index of sub, or -1.";
                "fromhex" O | CLASS fromhex, "fromhex($type, string, /)\n--\n\nFrom hexadecimal digits.";
                "hex" KW hex, "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\nHexadecimal digits, with `sep` between groups of bytes: from the right, or with a negative count from the left.\n\n>>> bytes([1, 171, 205]).hex()\n'01abcd'\n>>> bytearray(b'\\x01\\xab\\xcd').hex('-', 2)\n'01-abcd'";
                "index" FAST index, "B.index(sub[, start[, end]]) -> int\n\nLowest index of sub; ValueError if absent.";
                "isalnum" NOARGS isalnum, "B.isalnum() -> bool\n\nAll ASCII letters or digits, at least one.";
                "isalpha" NOARGS isalpha, "B.isalpha() -> bool\n\nAll ASCII letters, at least one.";
                "isascii" NOARGS isascii, "B.isascii() -> bool\n\nAll below 128.";
                "isdigit" NOARGS isdigit, "B.isdigit() -> bool\n\nAll ASCII digits, at least one.";
                "islower" NOARGS islower, "B.islower() -> bool\n\nCased ASCII letters are lower case, at least one.";
                "isspace" NOARGS isspace, "B.isspace() -> bool\n\nAll ASCII white space, at least one.";
                "istitle" NOARGS istitle, "B.istitle() -> bool\n\nTitle-cased.";
                "isupper" NOARGS isupper, "B.isupper() -> bool\n\nCased ASCII letters are upper case, at least one.";
                "join" O join, "join($self, iterable_of_bytes, /)\n--\n\nThe pieces with self between them.";
                "ljust" FAST ljust, "ljust($self, width, fillchar=b' ', /)\n--\n\nLeft-justified in width.";
                "lower" NOARGS lower, "B.lower() -> copy of B\n\nASCII lower case.";
                "lstrip" FAST lstrip, "lstrip($self, bytes=None, /)\n--\n\nWithout leading white space or bytes.";
                "maketrans" FAST | STATIC maketrans, "maketrans(frm, to, /)\n--\n\nA table for translate.";
                "partition" O partition, "partition($self, sep, /)\n--\n\nThe parts before, at and after sep.";
                "removeprefix" O removeprefix, "removeprefix($self, prefix, /)\n--\n\nWithout prefix if it is there.";
                "removesuffix" O removesuffix, "removesuffix($self, suffix, /)\n--\n\nWithout suffix if it is there.";
                "replace" FAST replace, "replace($self, old, new, count=-1, /)\n--\n\nOccurrences of old replaced by new.";
                "rfind" FAST rfind, "B.rfind(sub[, start[, end]]) -> int\n\nHighest index of sub, or -1.";
                "rindex" FAST rindex, "B.rindex(sub[, start[, end]]) -> int\n\nHighest index of sub; ValueError if absent.";
                "rjust" FAST rjust, "rjust($self, width, fillchar=b' ', /)\n--\n\nRight-justified in width.";
                "rpartition" O rpartition, "rpartition($self, sep, /)\n--\n\nAs partition, at the last sep.";
                "rsplit" KW rsplit, "rsplit($self, /, sep=None, maxsplit=-1)\n--\n\nAs split, from the right.";
                "rstrip" FAST rstrip, "rstrip($self, bytes=None, /)\n--\n\nWithout trailing white space or bytes.";
                "split" KW split, "split($self, /, sep=None, maxsplit=-1)\n--\n\nThe parts, split at sep or white space.";
                "splitlines" KW splitlines, "splitlines($self, /, keepends=False)\n--\n\nThe lines.";
                "startswith" FAST startswith, "B.startswith(prefix[, start[, end]]) -> bool\n\nWhether B starts with prefix (or one of a tuple).";
                "strip" FAST strip, "strip($self, bytes=None, /)\n--\n\nWithout leading and trailing white space or bytes.";
                "swapcase" NOARGS swapcase, "B.swapcase() -> copy of B\n\nASCII upper case to lower and back.";
                "title" NOARGS title, "B.title() -> copy of B\n\nASCII words title-cased.";
                "translate" KW translate, "translate($self, table, /, delete=b'')\n--\n\nEach byte looked up in table.";
                "upper" NOARGS upper, "B.upper() -> copy of B\n\nASCII upper case.";
                "zfill" O zfill, "zfill($self, width, /)\n--\n\nZeros on the left, behind a sign.";
            ]
        }
    )*};
}
shared! {
    BYTES_METHODS {
        "__bytes__" NOARGS dunder_bytes, "__bytes__($self, /)\n--\n\nThis as bytes.";
    }
}
macro_rules! array_methods {
    ($($t:tt)*) => { shared! { BYTEARRAY_METHODS { $($t)* } } };
}
use crate::bytearray as ba;
array_methods! {
    "__alloc__" NOARGS ba::alloc_method, "B.__alloc__() -> int\n\nBytes allocated.";
    "__reduce__" NOARGS ba::reduce, "__reduce__($self, /)\n--\n\nState for pickling.";
    "__reduce_ex__" FAST ba::reduce_ex, "__reduce_ex__($self, proto=0, /)\n--\n\nState for pickling.";
    "__sizeof__" NOARGS ba::sizeof, "__sizeof__($self, /)\n--\n\nBytes in memory.";
    "append" O ba::append, "append($self, item, /)\n--\n\nOne byte at the end.";
    "clear" NOARGS ba::clear, "clear($self, /)\n--\n\nRemoves all.";
    "copy" NOARGS ba::copy, "copy($self, /)\n--\n\nA copy.";
    "extend" O ba::extend, "extend($self, iterable_of_ints, /)\n--\n\nBytes at the end.";
    "insert" FAST ba::insert, "insert($self, index, item, /)\n--\n\nOne byte before index.";
    "pop" FAST ba::pop, "pop($self, index=-1, /)\n--\n\nRemoves and returns a byte.";
    "remove" O ba::remove, "remove($self, value, /)\n--\n\nRemoves the first occurrence.";
    "reverse" NOARGS ba::reverse, "reverse($self, /)\n--\n\nIn place.";
}

fn dunder_bytes(v: Value) -> PyResult {
    unchanged(v)
}
fn getnewargs(v: Value) -> PyResult {
    Ok(crate::tuple::from_vec(vec![new(own(v))]))
}

pub(crate) fn codec_names(
    f: &str,
    encoding: Value,
    errors: Value,
) -> PyResult<(Option<String>, Option<String>)> {
    Ok((
        crate::str::name_arg(encoding, f, "'encoding'")?,
        crate::str::name_arg(errors, f, "'errors'")?,
    ))
}

/// A length argument of `bytes(n)`; `None` if the source is no integer (or refuses to be one).
pub(crate) fn count_arg(v: Value) -> PyResult<Option<usize>> {
    if !crate::ops::has_index(v) {
        return Ok(None);
    }
    let r = crate::ops::index_as_isize_clipped_error(v, crate::exceptions::OverflowError);
    let Some(n) = crate::errors::absorb(r, crate::exceptions::TypeError)? else {
        return Ok(None);
    };
    usize::try_from(n)
        .map(Some)
        .map_err(|_| raise!(ValueError, "negative count"))
}

/// One byte from an int argument.
pub(crate) fn byte_value(v: Value, what: &str) -> PyResult<u8> {
    if let Some(n) = v.as_int() {
        return u8::try_from(n).map_err(|_| raise!(ValueError, "{what} must be in range(0, 256)"));
    }
    let n = crate::ops::index(v)?;
    match crate::int::to_i64(n.value()).map(u8::try_from) {
        Some(Ok(c)) => Ok(c),
        _ => Err(raise!(ValueError, "{what} must be in range(0, 256)")),
    }
}
/// Bytes from an iterable of ints; `None` if it is not iterable.
pub(crate) fn from_iterable(v: Value, what: &str) -> PyResult<Option<Vec<u8>>> {
    let what = if what == "bytes" { "bytes" } else { "byte" };
    if crate::str::is_str(v) || (v.ty().tp_iter.is_none() && !crate::ops::is_sequence(v)) {
        return Ok(None);
    }
    let mut out = Vec::new();
    crate::ops::for_each(v, |item| {
        out.push(byte_value(item.value(), what)?);
        Ok(true)
    })?;
    Ok(Some(out))
}

/// # Safety
/// `p` has room for `total` bytes, a multiple of the length of `s`.
pub(crate) unsafe fn fill_repeated(p: *mut u8, s: &[u8], total: usize) {
    // SAFETY: by contract; each step copies what is already there.
    unsafe {
        if let [c] = s {
            return std::ptr::write_bytes(p, *c, total);
        }
        std::ptr::copy_nonoverlapping(s.as_ptr(), p, s.len());
        let mut done = s.len();
        while done < total {
            let step = done.min(total - done);
            std::ptr::copy_nonoverlapping(p, p.add(done), step);
            done += step;
        }
    }
}
pub(crate) fn stepped(s: &[u8], start: isize, step: isize, n: usize) -> Vec<u8> {
    (0..n as isize)
        .map(|i| s[(start + i * step) as usize])
        .collect()
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// `repr` of bytes: `b'...'`.
pub fn repr_text(s: &[u8], _prefix: bool) -> Vec<u8> {
    let quote = if s.contains(&b'\'') && !s.contains(&b'"') {
        b'"'
    } else {
        b'\''
    };
    let mut out = Vec::with_capacity(s.len() + 3);
    out.extend_from_slice(&[b'b', quote]);
    for &c in s {
        match c {
            b'\t' => out.extend_from_slice(b"\\t"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\\' => out.extend_from_slice(b"\\\\"),
            _ if c == quote => out.extend_from_slice(&[b'\\', c]),
            32..127 => out.push(c),
            _ => out.extend_from_slice(&[b'\\', b'x', HEX[c as usize >> 4], HEX[c as usize & 15]]),
        }
    }
    out.push(quote);
    out
}

/// Hexadecimal digits, with `sep` between groups of `group` bytes counted from the right (negative: from the left).
pub fn hex_text(s: &[u8], sep: Option<u8>, group: isize) -> Vec<u8> {
    let size = group.unsigned_abs();
    let mut out = Vec::with_capacity(s.len() * 3);
    for (i, &c) in s.iter().enumerate() {
        if let Some(sep) = sep
            && i > 0
            && size > 0
            && (if group > 0 {
                (s.len() - i).is_multiple_of(size)
            } else {
                i.is_multiple_of(size)
            })
        {
            out.push(sep);
        }
        out.extend_from_slice(&[HEX[c as usize >> 4], HEX[c as usize & 15]]);
    }
    out
}
const HEX_SIGNATURE: Signature<2> = Signature {
    name: "hex",
    params: ["sep", "bytes_per_sep"],
    posonly: 0,
    positional: 2,
    required: 0,
};
/// `hex([sep[, bytes_per_sep]])` of bytes, bytearray and memoryview.
/// `hex` of what `content` gives once the arguments, whose `__index__` may change it, are read.
pub(crate) fn hex_of<C: AsRef<[u8]>>(
    args: Args<'_>,
    content: impl FnOnce() -> PyResult<C>,
) -> PyResult {
    let [sep, group] = args.bind(&HEX_SIGNATURE)?;
    let group = if group.is_empty() {
        1
    } else {
        crate::ops::index_as_isize(group)?
    };
    let sep = if sep.is_empty() {
        None
    } else {
        let n = crate::ops::len(sep)?;
        if n != 1 {
            return Err(raise!(ValueError, "sep must be length 1."));
        }
        let c = if crate::str::is_str(sep) {
            crate::str::char_at(sep, 0)
        } else if is_bytes(sep) {
            data(sep)[0] as u32
        } else {
            return Err(raise!(TypeError, "sep must be str or bytes."));
        };
        if c > 127 {
            return Err(raise!(ValueError, "sep must be ASCII."));
        }
        Some(c as u8)
    };
    Ok(crate::str::from_ascii(&hex_text(
        content()?.as_ref(),
        sep,
        group,
    )))
}
fn hex(v: Value, args: Args<'_>) -> PyResult {
    hex_of(args, || Ok(own(v)))
}
/// Bytes of hexadecimal text; the position of the first bad character otherwise.
pub(crate) fn parse_hex(s: crate::str::StrView<'_>) -> Result<Vec<u8>, usize> {
    let digit = |i: usize| {
        if i < s.len() {
            char::from_u32(s.get(i)).and_then(|c| c.to_digit(16))
        } else {
            None
        }
    };
    let (mut out, mut i) = (Vec::with_capacity(s.len() / 2), 0);
    while i < s.len() {
        if matches!(s.get(i), 9..=13 | 32) {
            i += 1;
            continue;
        }
        let high = digit(i).ok_or(i)?;
        let low = digit(i + 1).ok_or(i + 1)?;
        out.push((high << 4 | low) as u8);
        i += 2;
    }
    Ok(out)
}
fn fromhex(cls: Value, text: Value) -> PyResult {
    crate::str::expect(text, "fromhex() argument")?;
    let out = parse_hex(crate::str::view(text)).map_err(|i| {
        raise!(
            ValueError,
            "non-hexadecimal number found in fromhex() arg at position {i}"
        )
    })?;
    let Some(t) = Type::from_value(cls) else {
        return Err(crate::errors::bad_internal_call());
    };
    let array = t.is_subtype(ty!(crate::bytearray::PyByteArray_Type));
    let r = if array {
        crate::bytearray::new(&out)
    } else {
        new(&out)
    };
    if t == ty!(PyBytes_Type) || t == ty!(crate::bytearray::PyByteArray_Type) {
        return Ok(r);
    }
    crate::ops::call(cls, &[r.value()])
}

pub fn swapcase_ascii(s: &mut [u8]) {
    for c in s {
        if c.is_ascii_alphabetic() {
            *c ^= 0x20;
        }
    }
}
pub fn title_ascii(s: &mut [u8]) {
    let mut inside = false;
    for c in s {
        if inside {
            c.make_ascii_lowercase()
        } else {
            c.make_ascii_uppercase()
        }
        inside = c.is_ascii_alphabetic();
    }
}
pub fn capitalize_ascii(s: &mut [u8]) {
    s.make_ascii_lowercase();
    if let [first, ..] = s {
        first.make_ascii_uppercase();
    }
}
fn mapped(v: Value, f: impl Fn(&mut [u8])) -> PyResult {
    let mut out = own(v).to_vec();
    f(&mut out);
    like(v, &out)
}
fn capitalize(v: Value) -> PyResult {
    mapped(v, capitalize_ascii)
}
fn lower(v: Value) -> PyResult {
    mapped(v, |s| s.make_ascii_lowercase())
}
fn upper(v: Value) -> PyResult {
    mapped(v, |s| s.make_ascii_uppercase())
}
fn swapcase(v: Value) -> PyResult {
    mapped(v, swapcase_ascii)
}
fn title(v: Value) -> PyResult {
    mapped(v, title_ascii)
}
pub(crate) fn is_space(c: u8) -> bool {
    matches!(c, 9..=13 | 32)
}
fn all(v: Value, f: impl Fn(u8) -> bool) -> PyResult {
    let s = own(v);
    Ok(Ref::bool(!s.is_empty() && s.iter().all(|&c| f(c))))
}
fn isalnum(v: Value) -> PyResult {
    all(v, |c| c.is_ascii_alphanumeric())
}
fn isalpha(v: Value) -> PyResult {
    all(v, |c| c.is_ascii_alphabetic())
}
fn isdigit(v: Value) -> PyResult {
    all(v, |c| c.is_ascii_digit())
}
fn isspace(v: Value) -> PyResult {
    all(v, is_space)
}
fn isascii(v: Value) -> PyResult {
    Ok(Ref::bool(own(v).is_ascii()))
}
fn islower(v: Value) -> PyResult {
    let s = own(v);
    Ok(Ref::bool(
        s.iter().any(u8::is_ascii_lowercase) && !s.iter().any(u8::is_ascii_uppercase),
    ))
}
fn isupper(v: Value) -> PyResult {
    let s = own(v);
    Ok(Ref::bool(
        s.iter().any(u8::is_ascii_uppercase) && !s.iter().any(u8::is_ascii_lowercase),
    ))
}
fn istitle(v: Value) -> PyResult {
    let (mut cased, mut previous) = (false, false);
    for c in own(v) {
        if (c.is_ascii_uppercase() && previous) || (c.is_ascii_lowercase() && !previous) {
            return Ok(Ref::bool(false));
        }
        previous = c.is_ascii_alphabetic();
        cased |= previous;
    }
    Ok(Ref::bool(cased))
}

/// What `find` and the like search for: bytes, or one byte given as an int.
enum Needle {
    Byte([u8; 1]),
    Bytes(Operand),
}
impl Needle {
    fn bytes(&self) -> &[u8] {
        match self {
            Needle::Byte(b) => b,
            Needle::Bytes(o) => o.bytes(),
        }
    }
}
fn needle(v: Value) -> PyResult<Needle> {
    if is_bytes(v) {
        return Ok(Needle::Bytes(Operand::Own(v)));
    }
    if crate::memory::has_buffer(v) {
        return Ok(Needle::Bytes(bytes_arg(v)?));
    }
    if crate::ops::has_index(v) {
        return Ok(Needle::Byte([byte_value(v, "byte")?]));
    }
    Err(raise!(
        TypeError,
        "argument should be integer or bytes-like object, not '{}'",
        v.ty().message_name()
    ))
}
fn search_in(
    name: &str,
    v: Value,
    args: &[Value],
    f: impl Fn(&[u8], &[u8]) -> Option<usize>,
) -> PyResult<Option<usize>> {
    let (start, end) = crate::str::window(name, args, own(v).len())?;
    let n = needle(args[0])?;
    let s = own(v);
    let end = end.min(s.len());
    if start > end {
        return Ok(None);
    }
    Ok(f(&s[start..end], n.bytes()).map(|i| i + start))
}
fn position(r: Option<usize>) -> PyResult {
    Ok(Ref::int(r.map_or(-1, |i| i as i64)))
}
fn position_or_error(r: Option<usize>) -> PyResult {
    if r.is_some() {
        position(r)
    } else {
        Err(raise!(ValueError, "subsection not found"))
    }
}
fn find(v: Value, args: &[Value]) -> PyResult {
    position(search_in("find", v, args, search::find)?)
}
fn rfind(v: Value, args: &[Value]) -> PyResult {
    position(search_in("rfind", v, args, search::rfind)?)
}
fn index(v: Value, args: &[Value]) -> PyResult {
    position_or_error(search_in("index", v, args, search::find)?)
}
fn rindex(v: Value, args: &[Value]) -> PyResult {
    position_or_error(search_in("rindex", v, args, search::rfind)?)
}
fn count(v: Value, args: &[Value]) -> PyResult {
    let n = std::cell::Cell::new(0);
    search_in("count", v, args, |s, n_| {
        n.set(search::count(s, n_, usize::MAX));
        None
    })?;
    Ok(Ref::int(n.get() as i64))
}
pub(crate) fn contains(v: Value, item: Value) -> PyResult<bool> {
    if crate::ops::has_index(item) {
        let c = byte_value(item, "byte")?;
        return Ok(memchr::memchr(c, own(v)).is_some());
    }
    let n = bytes_arg(item)?;
    Ok(search::find(own(v), n.bytes()).is_some())
}

fn edge(name: &str, v: Value, args: &[Value], tail: bool) -> PyResult {
    let (start, end) = crate::str::window(name, args, own(v).len())?;
    let test = |p: Value| -> PyResult<bool> {
        let p = bytes_arg(p)?;
        let s = own(v);
        let end = end.min(s.len());
        Ok(start <= end
            && if tail {
                s[start..end].ends_with(p.bytes())
            } else {
                s[start..end].starts_with(p.bytes())
            })
    };
    if crate::tuple::is_tuple(args[0]) {
        for &p in crate::tuple::items(args[0]) {
            if test(crate::boundary::canonical(p))? {
                return Ok(Ref::bool(true));
            }
        }
        return Ok(Ref::bool(false));
    }
    if !crate::memory::has_buffer(args[0]) {
        return Err(raise!(
            TypeError,
            "{name} first arg must be bytes or a tuple of bytes, not {}",
            args[0].ty().message_name()
        ));
    }
    Ok(Ref::bool(test(args[0])?))
}
fn startswith(v: Value, args: &[Value]) -> PyResult {
    edge("startswith", v, args, false)
}
fn endswith(v: Value, args: &[Value]) -> PyResult {
    edge("endswith", v, args, true)
}
fn removeprefix(v: Value, p: Value) -> PyResult {
    let p = bytes_arg(p)?;
    match own(v).strip_prefix(p.bytes()) {
        Some(rest) if !p.bytes().is_empty() => like(v, rest),
        _ => unchanged(v),
    }
}
fn removesuffix(v: Value, p: Value) -> PyResult {
    let p = bytes_arg(p)?;
    match own(v).strip_suffix(p.bytes()) {
        Some(rest) if !p.bytes().is_empty() => like(v, rest),
        _ => unchanged(v),
    }
}
fn replace(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("replace", args.len(), 2, 3)?;
    let (old, new) = (bytes_arg(args[0])?, bytes_arg(args[1])?);
    let limit = args
        .get(2)
        .map_or(Ok(-1), |n| crate::ops::index_as_isize(*n))?;
    let limit = if limit < 0 {
        usize::MAX
    } else {
        limit as usize
    };
    let s = own(v);
    if new.bytes().len() > old.bytes().len() {
        let extra = search::count(s, old.bytes(), limit).saturating_mul(new.bytes().len());
        if extra > isize::MAX as usize - s.len() {
            return Err(raise!(OverflowError, "replace bytes is too long"));
        }
        crate::errors::check_room(extra, 1)?;
    }
    match search::replace(s, old.bytes(), new.bytes(), limit) {
        Some(out) => like(v, &out),
        None => unchanged(v),
    }
}

fn split_bytes(v: Value, args: Args<'_>, name: &'static str, right: bool) -> PyResult {
    let signature = Signature::<2> {
        name,
        params: ["sep", "maxsplit"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [sep, limit] = args.bind(&signature)?;
    let limit = if limit.is_empty() {
        -1
    } else {
        crate::ops::index_as_isize(limit)?
    };
    let limit = if limit < 0 {
        usize::MAX
    } else {
        limit as usize
    };
    let mut ranges = Vec::new();
    use crate::str::split as algorithms;
    let space = |c: u32| is_space(c as u8);
    if sep.is_empty() || sep.is_none() {
        let f = if right {
            algorithms::rsplit_space::<u8>
        } else {
            algorithms::split_space
        };
        f(own(v), limit, space, |r| ranges.push(r));
    } else {
        let sep = bytes_arg(sep)?;
        if sep.bytes().is_empty() {
            return Err(raise!(ValueError, "empty separator"));
        }
        let f = if right {
            algorithms::rsplit::<u8>
        } else {
            algorithms::split
        };
        f(own(v), sep.bytes(), limit, |r| ranges.push(r));
    }
    if right {
        ranges.reverse();
    }
    list_of(v, ranges)
}
fn list_of(v: Value, ranges: Vec<std::ops::Range<usize>>) -> PyResult {
    let s = own(v);
    let parts = ranges
        .into_iter()
        .map(|r| like(v, &s[r]))
        .collect::<PyResult<Vec<Ref>>>()?;
    Ok(crate::list::from_vec(parts))
}
fn split(v: Value, args: Args<'_>) -> PyResult {
    split_bytes(v, args, "split", false)
}
fn rsplit(v: Value, args: Args<'_>) -> PyResult {
    split_bytes(v, args, "rsplit", true)
}
const SPLITLINES: Signature<1> = Signature {
    name: "splitlines",
    params: ["keepends"],
    posonly: 0,
    positional: 1,
    required: 0,
};
fn splitlines(v: Value, args: Args<'_>) -> PyResult {
    let [keep] = args.bind(&SPLITLINES)?;
    let keep = !keep.is_empty() && crate::ops::index_as_isize(keep)? != 0;
    let mut ranges = Vec::new();
    crate::str::split::splitlines(own(v), keep, |c| c == 10 || c == 13, |r| ranges.push(r));
    list_of(v, ranges)
}
fn partition_at(v: Value, sep: Value, right: bool) -> PyResult {
    let p = bytes_arg(sep)?;
    let p = p.bytes();
    if p.is_empty() {
        return Err(raise!(ValueError, "empty separator"));
    }
    let s = own(v);
    let at = if right {
        search::rfind(s, p)
    } else {
        search::find(s, p)
    };
    let parts = match (at, right) {
        (Some(i), _) => {
            let middle = if is_bytes(v) && is_bytes(sep) {
                Ref::new(sep)
            } else {
                like(v, p)?
            };
            vec![like(v, &s[..i])?, middle, like(v, &s[i + p.len()..])?]
        }
        (None, false) => vec![unchanged(v)?, like(v, b"")?, like(v, b"")?],
        (None, true) => vec![like(v, b"")?, like(v, b"")?, unchanged(v)?],
    };
    Ok(crate::tuple::from_vec(parts))
}
fn partition(v: Value, sep: Value) -> PyResult {
    partition_at(v, sep, false)
}
fn rpartition(v: Value, sep: Value) -> PyResult {
    partition_at(v, sep, true)
}
fn strip_bytes(name: &str, v: Value, args: &[Value], left: bool, right: bool) -> PyResult {
    crate::check_positional(name, args.len(), 0, 1)?;
    let range = match args.first() {
        Some(set) if !set.is_none() => {
            let set = bytes_arg(*set)?;
            crate::str::split::strip(own(v), left, right, |c| set.bytes().contains(&(c as u8)))
        }
        _ => crate::str::split::strip(own(v), left, right, |c| is_space(c as u8)),
    };
    if range.len() == own(v).len() {
        return unchanged(v);
    }
    like(v, &own(v)[range])
}
fn strip(v: Value, args: &[Value]) -> PyResult {
    strip_bytes("strip", v, args, true, true)
}
fn lstrip(v: Value, args: &[Value]) -> PyResult {
    strip_bytes("lstrip", v, args, true, false)
}
fn rstrip(v: Value, args: &[Value]) -> PyResult {
    strip_bytes("rstrip", v, args, false, true)
}

/// Whether there can be a value like `v` of `n` bytes.
fn check_length(v: Value, n: usize) -> PyResult<()> {
    if is_bytes(v) && n > isize::MAX as usize - HEADER - 1 {
        return Err(raise!(OverflowError, "byte string is too large"));
    }
    // The bytes, and the object that they are copied into.
    crate::errors::check_room(n, 2)
}
fn padded(v: Value, left: usize, right: usize, fill: u8) -> PyResult {
    if left == 0 && right == 0 {
        return unchanged(v);
    }
    let s = own(v);
    check_length(v, left.saturating_add(right).saturating_add(s.len()))?;
    let mut out = vec![fill; left];
    out.extend_from_slice(s);
    out.resize(out.len() + right, fill);
    like(v, &out)
}
fn pad_args(name: &str, v: Value, args: &[Value]) -> PyResult<(usize, usize, u8)> {
    crate::check_positional(name, args.len(), 1, 2)?;
    let width = crate::ops::index_as_isize(args[0])?.max(0) as usize;
    let fill = match args.get(1) {
        None => b' ',
        Some(f) if (is_bytes(*f) || ba::is_bytearray(*f)) && own(*f).len() == 1 => own(*f)[0],
        Some(f) => {
            return Err(raise!(
                TypeError,
                "{name}() argument 2 must be a byte string of length 1, not {}",
                f.ty().message_name()
            ));
        }
    };
    Ok((width, width.saturating_sub(own(v).len()), fill))
}
fn center(v: Value, args: &[Value]) -> PyResult {
    let (width, missing, fill) = pad_args("center", v, args)?;
    let left = missing / 2 + (missing & width & 1);
    padded(v, left, missing - left, fill)
}
fn ljust(v: Value, args: &[Value]) -> PyResult {
    let (_, missing, fill) = pad_args("ljust", v, args)?;
    padded(v, 0, missing, fill)
}
fn rjust(v: Value, args: &[Value]) -> PyResult {
    let (_, missing, fill) = pad_args("rjust", v, args)?;
    padded(v, missing, 0, fill)
}
fn zfill(v: Value, width: Value) -> PyResult {
    let missing = (crate::ops::index_as_isize(width)?.max(0) as usize).saturating_sub(own(v).len());
    if missing == 0 {
        return unchanged(v);
    }
    check_length(v, missing.saturating_add(own(v).len()))?;
    let s = own(v);
    let sign = usize::from(matches!(s.first(), Some(b'+' | b'-')));
    let mut out = s[..sign].to_vec();
    out.resize(sign + missing, b'0');
    out.extend_from_slice(&s[sign..]);
    like(v, &out)
}
const EXPANDTABS: Signature<1> = Signature {
    name: "expandtabs",
    params: ["tabsize"],
    posonly: 0,
    positional: 1,
    required: 0,
};
fn expandtabs(v: Value, args: Args<'_>) -> PyResult {
    let [size] = args.bind(&EXPANDTABS)?;
    let size = if size.is_empty() {
        8
    } else {
        crate::ops::index_as_isize(size)?
    };
    if i32::try_from(size).is_err() {
        return Err(raise!(
            OverflowError,
            "Python int too large to convert to C int"
        ));
    }
    let out = crate::str::expand_tabs(own(v), size, || raise!(OverflowError, "result too long"))?;
    crate::errors::check_room(out.len(), 1)?;
    like(v, &out)
}
fn join(v: Value, iterable: Value) -> PyResult {
    let parts = crate::ops::collect(crate::ops::joinable(iterable)?.value())?;
    let mut operands = Vec::with_capacity(parts.len());
    for (i, p) in parts.iter().enumerate() {
        match operand(p.value()) {
            Some(o) => operands.push(o),
            None => {
                return Err(raise!(
                    TypeError,
                    "sequence item {i}: expected a bytes-like object, {} found",
                    p.ty().message_name()
                ));
            }
        }
    }
    if let [p] = &parts[..]
        && is_exact(v)
        && is_exact(p.value())
    {
        return Ok(p.clone());
    }
    let sep = own(v);
    let total = operands
        .iter()
        .fold(sep.len().saturating_mul(operands.len()), |n, o| {
            n.saturating_add(o.bytes().len())
        });
    if total > isize::MAX as usize {
        return Err(raise!(OverflowError, "join() result is too long"));
    }
    crate::errors::check_room(total, 1)?;
    let mut out = Vec::with_capacity(total);
    for (i, o) in operands.iter().enumerate() {
        if i > 0 {
            out.extend_from_slice(sep);
        }
        out.extend_from_slice(o.bytes());
    }
    like(v, &out)
}
const TRANSLATE: Signature<2> = Signature {
    name: "translate",
    params: ["", "delete"],
    posonly: 1,
    positional: 2,
    required: 1,
};
fn translate(v: Value, args: Args<'_>) -> PyResult {
    let [table, delete] = args.bind(&TRANSLATE)?;
    let table = if table.is_none() {
        None
    } else {
        Some(bytes_arg(table)?)
    };
    if let Some(t) = &table
        && t.bytes().len() != 256
    {
        return Err(raise!(
            ValueError,
            "translation table must be 256 characters long"
        ));
    }
    let delete = if delete.is_empty() {
        None
    } else {
        Some(bytes_arg(delete)?)
    };
    let mut dropped = [false; 256];
    for &c in delete.iter().flat_map(|d| d.bytes()) {
        dropped[c as usize] = true;
    }
    let map = |c: u8| table.as_ref().map_or(c, |t| t.bytes()[c as usize]);
    let out: Vec<u8> = own(v)
        .iter()
        .filter(|&&c| !dropped[c as usize])
        .map(|&c| map(c))
        .collect();
    if out == own(v) {
        unchanged(v)
    } else {
        like(v, &out)
    }
}
fn maketrans(_: Value, args: &[Value]) -> PyResult {
    crate::check_positional("maketrans", args.len(), 2, 2)?;
    let (from, to) = (bytes_arg(args[0])?, bytes_arg(args[1])?);
    if from.bytes().len() != to.bytes().len() {
        return Err(raise!(
            ValueError,
            "maketrans arguments must have same length"
        ));
    }
    let mut table: [u8; 256] = std::array::from_fn(|i| i as u8);
    for (&f, &t) in from.bytes().iter().zip(to.bytes()) {
        table[f as usize] = t;
    }
    Ok(new(&table))
}
const DECODE: Signature<2> = Signature {
    name: "decode",
    params: ["encoding", "errors"],
    posonly: 0,
    positional: 2,
    required: 0,
};
fn decode(v: Value, args: Args<'_>) -> PyResult {
    let [encoding, errors] = args.bind(&DECODE)?;
    let (encoding, errors) = codec_names("decode", encoding, errors)?;
    // An error handler may change a bytearray, so that is copied first.
    let copy;
    let s = if is_bytes(v) {
        own(v)
    } else {
        copy = own(v).to_vec();
        &copy
    };
    crate::codec::decode(
        s,
        encoding.as_deref().unwrap_or("utf-8"),
        errors.as_deref().unwrap_or("strict"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_bytes() {
        assert_eq!(repr_text(b"a'\n\x00\xff\\", true), br#"b"a'\n\x00\xff\\""#);
        assert_eq!(repr_text(b"'\"", true), br#"b'\'"'"#);
        assert_eq!(hex_text(b"\x01\x23\x45", Some(b':'), 2), b"01:2345");
        assert_eq!(hex_text(b"\x01\x23\x45", Some(b':'), -2), b"0123:45");
        assert_eq!(hex_text(b"\x01\x23", None, 1), b"0123");
    }

    #[test]
    fn reads_hex() {
        let parse = |s: &str| parse_hex(crate::str::StrView::Latin1(s.as_bytes()));
        assert_eq!(parse(" 01 fF\n"), Ok(vec![1, 255]));
        assert_eq!(parse("0"), Err(1));
        assert_eq!(parse("0 1"), Err(1));
        assert_eq!(parse("zz"), Err(0));
    }
}
