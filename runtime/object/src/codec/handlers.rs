//! Error handlers: the built-in ones run natively; others are called with a `Unicode*Error` object.

use super::*;
use crate::exceptions::{UnicodeDecodeError, UnicodeEncodeError, UnicodeTranslateError};
use crate::native::NativeMethodDef;

/// What a handler puts in place of characters that cannot be encoded.
pub enum Replacement {
    Text(Vec<u32>),
    Bytes(Vec<u8>),
}

static mut HANDLERS: Value = Value::EMPTY;

/// The dict of handlers by name, with the built-in ones in it.
fn handlers() -> Value {
    // SAFETY: under the GIL; made once and never released.
    unsafe {
        if HANDLERS.is_empty() {
            let d = crate::dict::new();
            for (i, name) in BUILTIN_NAMES.iter().enumerate() {
                let def = (&raw mut HANDLER_METHODS).cast::<NativeMethodDef>().add(i);
                let f = crate::cfunction::new_native(def, Value::EMPTY, Value::EMPTY);
                crate::dict::set_str(d.value(), name, f.value());
            }
            HANDLERS = d.into_value();
        }
        HANDLERS
    }
}
const BUILTIN_NAMES: [&str; 8] = [
    "strict",
    "ignore",
    "replace",
    "xmlcharrefreplace",
    "backslashreplace",
    "namereplace",
    "surrogatepass",
    "surrogateescape",
];

/// `codecs.register_error`
pub fn register_error(name: &str, handler: Value) -> PyResult<()> {
    if !crate::ops::is_callable(handler) {
        return Err(raise!(TypeError, "handler must be callable"));
    }
    let key = crate::str::intern(name);
    crate::dict::set_item(handlers(), key.value(), handler)
}
/// `codecs.lookup_error`
pub fn lookup_error(name: &str) -> PyResult {
    crate::dict::get_str(handlers(), name)
        .ok_or_else(|| raise!(LookupError, "unknown error handler name '{name}'"))
}
/// The built-in handlers as functions, by name.
pub fn handler_functions() -> Vec<(&'static str, Ref)> {
    BUILTIN_NAMES
        .iter()
        .filter_map(|&n| Some((n, crate::dict::get_str(handlers(), n)?)))
        .collect()
}

fn int(n: usize) -> Ref {
    Ref::int(n as i64)
}

/// The position a handler returned, from the end if negative.
fn next_position(v: Value, len: usize) -> PyResult<usize> {
    let n = crate::ops::index_as_isize(v)?;
    let at = if n < 0 {
        n.saturating_add(len as isize)
    } else {
        n
    };
    if at < 0 || at as usize > len {
        return Err(raise!(
            IndexError,
            "position {n} from error handler out of bounds"
        ));
    }
    Ok(at as usize)
}

/// Decoding errors of one call.
pub struct DecodeErrors<'e> {
    encoding: &'e str,
    errors: &'e str,
    handler: Option<Ref>,
    /// Objects that handlers put in place of the input.
    keep: Vec<Ref>,
}

/// The bytes that `surrogatepass` decodes: (code point, length).
fn passed_surrogate(encoding: &str, s: &[u8]) -> Option<(u32, usize)> {
    let (c, n) = match (encoding, s) {
        ("utf-8", [0xED, b @ 0xA0..=0xBF, c @ 0x80..=0xBF, ..]) => {
            (0xD000 | (*b as u32 & 0x3F) << 6 | (*c as u32 & 0x3F), 3)
        }
        ("utf-16" | "utf-16-le", [a, b, ..]) => (u16::from_le_bytes([*a, *b]) as u32, 2),
        ("utf-16-be", [a, b, ..]) => (u16::from_be_bytes([*a, *b]) as u32, 2),
        ("utf-32" | "utf-32-le", [a, b, c, d, ..]) => (u32::from_le_bytes([*a, *b, *c, *d]), 4),
        ("utf-32-be", [a, b, c, d, ..]) => (u32::from_be_bytes([*a, *b, *c, *d]), 4),
        _ => return None,
    };
    (0xD800..0xE000).contains(&c).then_some((c, n))
}

impl<'e> DecodeErrors<'e> {
    pub fn new(encoding: &'e str, errors: &'e str) -> DecodeErrors<'e> {
        DecodeErrors {
            encoding,
            errors,
            handler: None,
            keep: Vec::new(),
        }
    }
    fn exception(&self, input: &[u8], start: usize, end: usize, reason: &str) -> PyResult {
        let (encoding, object, reason) = (
            Ref::str(self.encoding),
            crate::bytes::new(input),
            Ref::str(reason),
        );
        let (start, end) = (int(start), int(end));
        crate::exceptions::new_instance(
            UnicodeDecodeError,
            &[
                encoding.value(),
                object.value(),
                start.value(),
                end.value(),
                reason.value(),
            ],
        )
    }
    /// Handles the bytes `start..end`: appends the replacement and gives the position to go on at. `input` changes if
    /// the handler exchanged the object.
    #[cold]
    pub fn handle(
        &mut self,
        input: &mut &[u8],
        start: usize,
        end: usize,
        reason: &str,
        out: &mut Builder,
    ) -> PyResult<usize> {
        match self.errors {
            "ignore" => return Ok(end),
            "replace" => {
                out.push(0xFFFD);
                return Ok(end);
            }
            "backslashreplace" => {
                input[start..end]
                    .iter()
                    .for_each(|&c| crate::str::push_escape(out, c as u32));
                return Ok(end);
            }
            "surrogateescape" => {
                let n = input[start..end]
                    .iter()
                    .take(4)
                    .take_while(|&&c| c >= 128)
                    .count();
                if n > 0 {
                    input[start..start + n]
                        .iter()
                        .for_each(|&c| out.push(0xDC00 + c as u32));
                    return Ok(start + n);
                }
            }
            "surrogatepass" => {
                if let Some((c, n)) = passed_surrogate(self.encoding, &input[start..]) {
                    out.push(c);
                    return Ok(start + n);
                }
            }
            "strict" => {}
            _ => return self.call(input, start, end, reason, out),
        }
        Err(match self.exception(input, start, end, reason) {
            Ok(exc) => crate::errors::set(exc),
            Err(e) => e,
        })
    }
    fn call<'a>(
        &mut self,
        input: &mut &'a [u8],
        start: usize,
        end: usize,
        reason: &str,
        out: &mut Builder,
    ) -> PyResult<usize> {
        let handler = match &self.handler {
            Some(h) => h.clone(),
            None => self.handler.insert(lookup_error(self.errors)?).clone(),
        };
        let exc = self.exception(input, start, end, reason)?;
        let r = crate::ops::call(handler.value(), &[exc.value()])?;
        let (text, position) = pair(
            r.value(),
            "decoding error handler must return (str, int) tuple",
        )?;
        if !crate::str::is_str(text.value()) {
            return Err(raise!(
                TypeError,
                "decoding error handler must return (str, int) tuple"
            ));
        }
        let object = crate::ops::getattr(exc.value(), crate::intern!("object"))?;
        if !crate::bytes::is_bytes(object.value()) {
            return Err(raise!(
                TypeError,
                "exception attribute object must be bytes"
            ));
        }
        let data: &'a [u8] = crate::bytes::data(object.value());
        if data != *input {
            *input = data;
            // The codec reads from this object now, so it lives as long as the codec runs.
            self.keep.push(object);
        }
        let next = next_position(position.value(), input.len())?;
        out.push_value(text.value());
        Ok(next)
    }
}

fn pair(v: Value, message: &'static str) -> PyResult<(Ref, Ref)> {
    if !crate::tuple::is_tuple(v) || crate::tuple::len(v) != 2 {
        return Err(raise!(TypeError, "{message}"));
    }
    let (a, b) = (
        Ref::new(crate::tuple::get(v, 0)),
        Ref::new(crate::tuple::get(v, 1)),
    );
    if crate::int::is_int_instance(b.value()) {
        Ok((a, b))
    } else {
        Err(raise!(TypeError, "{message}"))
    }
}

/// Encoding errors of one call.
pub struct EncodeErrors<'e> {
    encoding: &'e str,
    errors: &'e str,
    text: Value,
    handler: Option<Ref>,
}

fn surrogate_bytes(encoding: &str, c: u32) -> Option<Vec<u8>> {
    Some(match encoding {
        "utf-8" => {
            let mut b = Vec::new();
            crate::str::push_wtf8(&mut b, c);
            b
        }
        "utf-16" | "utf-16-le" => (c as u16).to_le_bytes().to_vec(),
        "utf-16-be" => (c as u16).to_be_bytes().to_vec(),
        "utf-32" | "utf-32-le" => c.to_le_bytes().to_vec(),
        "utf-32-be" => c.to_be_bytes().to_vec(),
        _ => return None,
    })
}

/// What the built-in handlers that only look at characters make of them.
fn character_replacement(errors: &str, chars: &[u32]) -> Option<Vec<u32>> {
    let ascii = |s: String| s.bytes().map(u32::from).collect::<Vec<_>>();
    let escape = |c: u32| match c {
        0..0x100 => format!("\\x{c:02x}"),
        0x100..0x10000 => format!("\\u{c:04x}"),
        _ => format!("\\U{c:08x}"),
    };
    Some(match errors {
        "ignore" => Vec::new(),
        "replace" => vec![b'?' as u32; chars.len()],
        "xmlcharrefreplace" => chars
            .iter()
            .flat_map(|c| ascii(format!("&#{c};")))
            .collect(),
        "backslashreplace" => chars.iter().flat_map(|&c| ascii(escape(c))).collect(),
        "namereplace" => chars
            .iter()
            .flat_map(|&c| {
                ascii(pyrs_ucd::name(c).map_or_else(|| escape(c), |n| format!("\\N{{{n}}}")))
            })
            .collect(),
        _ => return None,
    })
}

impl<'e> EncodeErrors<'e> {
    pub fn new(encoding: &'e str, errors: &'e str, text: Value) -> EncodeErrors<'e> {
        EncodeErrors {
            encoding,
            errors,
            text,
            handler: None,
        }
    }
    fn exception(&self, start: usize, end: usize, reason: &str) -> PyResult {
        let (encoding, reason) = (Ref::str(self.encoding), Ref::str(reason));
        let (start, end) = (int(start), int(end));
        crate::exceptions::new_instance(
            UnicodeEncodeError,
            &[
                encoding.value(),
                self.text,
                start.value(),
                end.value(),
                reason.value(),
            ],
        )
    }
    #[cold]
    pub fn raise(&self, start: usize, end: usize, reason: &str) -> crate::Raised {
        match self.exception(start, end, reason) {
            Ok(exc) => crate::errors::set(exc),
            Err(e) => e,
        }
    }
    /// What replaces the characters `start..end`, and where to go on.
    #[cold]
    pub fn handle(
        &mut self,
        start: usize,
        end: usize,
        reason: &str,
    ) -> PyResult<(Replacement, usize)> {
        let view = crate::str::view(self.text);
        let chars: Vec<u32> = (start..end).map(|i| view.get(i)).collect();
        if let Some(t) = character_replacement(self.errors, &chars) {
            return Ok((Replacement::Text(t), end));
        }
        match self.errors {
            "strict" => return Err(self.raise(start, end, reason)),
            "surrogateescape" => {
                let n = chars
                    .iter()
                    .take_while(|c| (0xDC80..=0xDCFF).contains(*c))
                    .count();
                if n == 0 {
                    return Err(self.raise(start, end, reason));
                }
                let bytes = chars[..n].iter().map(|c| (c - 0xDC00) as u8).collect();
                return Ok((Replacement::Bytes(bytes), start + n));
            }
            "surrogatepass" => {
                let mut out = Vec::new();
                for &c in &chars {
                    match surrogate_bytes(self.encoding, c) {
                        Some(b) if (0xD800..0xE000).contains(&c) => out.extend(b),
                        _ => return Err(self.raise(start, end, reason)),
                    }
                }
                return Ok((Replacement::Bytes(out), end));
            }
            _ => {}
        }
        let handler = match &self.handler {
            Some(h) => h.clone(),
            None => self.handler.insert(lookup_error(self.errors)?).clone(),
        };
        let exc = self.exception(start, end, reason)?;
        let r = crate::ops::call(handler.value(), &[exc.value()])?;
        let message = "encoding error handler must return (str/bytes, int) tuple";
        let (replacement, position) = pair(r.value(), message)?;
        let v = replacement.value();
        let replacement = if crate::str::is_str(v) {
            Replacement::Text(crate::str::view(v).to_vec())
        } else if crate::bytes::is_bytes(v) {
            Replacement::Bytes(crate::bytes::data(v).to_vec())
        } else {
            return Err(raise!(TypeError, "{message}"));
        };
        Ok((
            replacement,
            next_position(position.value(), crate::str::len(self.text))?,
        ))
    }
}

methods! {
    static HANDLER_METHODS = [
        "strict_errors" O strict_errors, "strict_errors($module, exc, /)\n--\n\nRaises the error.";
        "ignore_errors" O ignore_errors, "ignore_errors($module, exc, /)\n--\n\nSkips what is wrong.";
        "replace_errors" O replace_errors, "replace_errors($module, exc, /)\n--\n\nPuts a replacement character.";
        "xmlcharrefreplace_errors" O xml_errors, "xmlcharrefreplace_errors($module, exc, /)\n--\n\nXML character references.";
        "backslashreplace_errors" O backslash_errors, "backslashreplace_errors($module, exc, /)\n--\n\nBackslash escapes.";
        "namereplace_errors" O name_errors, "namereplace_errors($module, exc, /)\n--\n\n\\N{...} escapes.";
        "surrogatepass" O surrogatepass_errors, "surrogatepass($module, exc, /)\n--\n\nLets surrogates through.";
        "surrogateescape" O surrogateescape_errors, "surrogateescape($module, exc, /)\n--\n\nBytes as lone surrogates.";
    ]
}

/// The parts of an error object: `object`, `start`, `end`, clipped as CPython does.
struct Parts {
    object: Ref,
    start: usize,
    end: usize,
}
fn parts(exc: Value) -> PyResult<Parts> {
    let object = crate::ops::getattr(exc, crate::intern!("object"))?;
    let decoding = exc.is_a(UnicodeDecodeError);
    if decoding && !crate::bytes::is_bytes(object.value()) {
        return Err(raise!(TypeError, "object attribute must be bytes"));
    }
    if !decoding && !crate::str::is_str(object.value()) {
        return Err(raise!(TypeError, "object attribute must be unicode"));
    }
    let n = crate::ops::len(object.value())? as isize;
    let field = |name| -> PyResult<isize> {
        let v = crate::ops::getattr(exc, name)?;
        crate::ops::index_as_isize(v.value())
    };
    let start = field(crate::intern!("start"))?.clamp(0, (n - 1).max(0)) as usize;
    let end = field(crate::intern!("end"))?.clamp(1.min(n), n) as usize;
    Ok(Parts {
        object,
        start,
        end: end.max(start),
    })
}
fn is_error(exc: Value, t: crate::Type) -> bool {
    exc.is_a(t)
}
fn wrong_type(exc: Value) -> crate::Raised {
    raise!(
        TypeError,
        "don't know how to handle {} in error callback",
        exc.ty().message_name()
    )
}
fn result(text: Ref, end: usize) -> PyResult {
    Ok(crate::tuple::from_vec(vec![text, int(end)]))
}
fn reraise(exc: Value) -> PyResult {
    Err(crate::errors::set(Ref::new(exc)))
}
fn strict_errors(_: Value, exc: Value) -> PyResult {
    if exc.has_flag(tpflags::BASE_EXC_SUBCLASS) {
        return reraise(exc);
    }
    Err(raise!(TypeError, "codec must pass exception instance"))
}
fn ignore_errors(_: Value, exc: Value) -> PyResult {
    if [
        UnicodeEncodeError,
        UnicodeDecodeError,
        UnicodeTranslateError,
    ]
    .iter()
    .any(|t| is_error(exc, *t))
    {
        return result(crate::str::empty(), parts(exc)?.end);
    }
    Err(wrong_type(exc))
}
fn replace_errors(_: Value, exc: Value) -> PyResult {
    let p = parts_of(
        exc,
        &[
            UnicodeEncodeError,
            UnicodeDecodeError,
            UnicodeTranslateError,
        ],
    )?;
    let mut b = Builder::new();
    if is_error(exc, UnicodeDecodeError) {
        b.push(0xFFFD);
    } else {
        b.push_n(
            if is_error(exc, UnicodeEncodeError) {
                0x3F
            } else {
                0xFFFD
            },
            p.end - p.start,
        );
    }
    result(b.finish()?, p.end)
}
fn parts_of(exc: Value, types: &[crate::Type]) -> PyResult<Parts> {
    if types.iter().any(|t| is_error(exc, *t)) {
        parts(exc)
    } else {
        Err(wrong_type(exc))
    }
}
fn by_characters(exc: Value, errors: &str, types: &[crate::Type]) -> PyResult {
    let p = parts_of(exc, types)?;
    let view = crate::str::view(p.object.value());
    let chars: Vec<u32> = (p.start..p.end).map(|i| view.get(i)).collect();
    let out = character_replacement(errors, &chars).unwrap_or_default();
    result(crate::str::from_ucs4(&out), p.end)
}
fn xml_errors(_: Value, exc: Value) -> PyResult {
    by_characters(exc, "xmlcharrefreplace", &[UnicodeEncodeError])
}
fn name_errors(_: Value, exc: Value) -> PyResult {
    by_characters(exc, "namereplace", &[UnicodeEncodeError])
}
fn backslash_errors(_: Value, exc: Value) -> PyResult {
    if is_error(exc, UnicodeDecodeError) {
        let p = parts(exc)?;
        let mut b = Builder::new();
        crate::bytes::data(p.object.value())[p.start..p.end]
            .iter()
            .for_each(|&c| crate::str::push_escape(&mut b, c as u32));
        return result(b.finish()?, p.end);
    }
    by_characters(
        exc,
        "backslashreplace",
        &[UnicodeEncodeError, UnicodeTranslateError],
    )
}
fn encoding_of(exc: Value) -> PyResult<String> {
    let e = crate::ops::getattr(exc, crate::intern!("encoding"))?;
    let name = crate::str::to_string_lossy(e.value())
        .to_ascii_lowercase()
        .replace('_', "-");
    Ok(match name.as_str() {
        "utf8" | "cp65001" => "utf-8".into(),
        "utf16le" | "utf-16le" => "utf-16-le".into(),
        "utf16be" | "utf-16be" => "utf-16-be".into(),
        "utf32le" | "utf-32le" => "utf-32-le".into(),
        "utf32be" | "utf-32be" => "utf-32-be".into(),
        "utf16" => "utf-16".into(),
        "utf32" => "utf-32".into(),
        _ => name,
    })
}
fn surrogatepass_errors(_: Value, exc: Value) -> PyResult {
    let p = parts_of(exc, &[UnicodeEncodeError, UnicodeDecodeError])?;
    let encoding = encoding_of(exc)?;
    if is_error(exc, UnicodeDecodeError) {
        return match passed_surrogate(&encoding, &crate::bytes::data(p.object.value())[p.start..]) {
            Some((c, n)) => result(crate::str::from_char(c), p.start + n),
            None => reraise(exc),
        };
    }
    let view = crate::str::view(p.object.value());
    let mut out = Vec::new();
    for i in p.start..p.end {
        match surrogate_bytes(&encoding, view.get(i)) {
            Some(b) if (0xD800..0xE000).contains(&view.get(i)) => out.extend(b),
            _ => return reraise(exc),
        }
    }
    result(crate::bytes::new(&out), p.end)
}
fn surrogateescape_errors(_: Value, exc: Value) -> PyResult {
    let p = parts_of(exc, &[UnicodeEncodeError, UnicodeDecodeError])?;
    if is_error(exc, UnicodeDecodeError) {
        let s = &crate::bytes::data(p.object.value())[p.start..p.end];
        let chars: Vec<u32> = s
            .iter()
            .take(4)
            .take_while(|&&c| c >= 128)
            .map(|&c| 0xDC00 + c as u32)
            .collect();
        if chars.is_empty() {
            return reraise(exc);
        }
        return result(crate::str::from_ucs4(&chars), p.start + chars.len());
    }
    let view = crate::str::view(p.object.value());
    let mut out = Vec::new();
    for i in p.start..p.end {
        match view.get(i) {
            c @ 0xDC80..=0xDCFF => out.push((c - 0xDC00) as u8),
            _ => return reraise(exc),
        }
    }
    result(crate::bytes::new(&out), p.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replaces_characters() {
        let text = |e, c: &[u32]| -> String {
            character_replacement(e, c)
                .unwrap_or_default()
                .into_iter()
                .filter_map(char::from_u32)
                .collect()
        };
        assert_eq!(
            text("xmlcharrefreplace", &[0xE9, 0x1F600]),
            "&#233;&#128512;"
        );
        assert_eq!(
            text("backslashreplace", &[0xE9, 0x20AC, 0x1F600]),
            "\\xe9\\u20ac\\U0001f600"
        );
        assert_eq!(
            text("namereplace", &[0xE9]),
            "\\N{LATIN SMALL LETTER E WITH ACUTE}"
        );
        assert_eq!(text("replace", &[0xE9, 0xEA]), "??");
        assert_eq!(
            passed_surrogate("utf-8", b"\xed\xa0\x80"),
            Some((0xD800, 3))
        );
        assert_eq!(
            passed_surrogate("utf-16-be", b"\xdc\x01"),
            Some((0xDC01, 2))
        );
    }
}
