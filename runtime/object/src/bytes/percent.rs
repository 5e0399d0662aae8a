//! `%` formatting of bytes: the target of the scanner that `str` uses too.

use super::*;
use crate::str::StrView;
use crate::str::percent::{Target, Text, run};

struct Output(Vec<u8>);

impl Target for Output {
    const BYTES: bool = true;
    fn put(&mut self, s: StrView<'_>) {
        if let StrView::Latin1(s) = s {
            self.0.extend_from_slice(s);
        }
    }
    fn fill(&mut self, c: u8, n: usize) {
        self.0.resize(self.0.len() + n, c);
    }
    fn object(&mut self, conversion: u32, v: Value) -> PyResult<Option<Text>> {
        Ok(Some(Text::Bytes(
            match u8::try_from(conversion).unwrap_or(0) {
                b'r' | b'a' => {
                    let r = crate::ops::ascii(v)?;
                    crate::str::to_wtf8(r.value())
                }
                b's' | b'b' => object_bytes(v)?,
                b'c' => vec![byte_arg(v)?],
                _ => return Ok(None),
            },
        )))
    }
}

fn object_bytes(v: Value) -> PyResult<Vec<u8>> {
    if is_bytes(v) || crate::bytearray::is_bytearray(v) {
        return Ok(methods::own(v).to_vec());
    }
    if let Some(r) = call_dunder_bytes(v)? {
        return Ok(data(r.value()).to_vec());
    }
    if crate::memory::has_buffer(v) {
        return Ok(crate::memory::Buffer::get(v, bufflags::FULL_RO)?.to_vec());
    }
    Err(raise!(
        TypeError,
        "%b requires a bytes-like object, or an object that implements __bytes__, not '{}'",
        v.ty().message_name()
    ))
}

fn byte_arg(v: Value) -> PyResult<u8> {
    let bad = || {
        raise!(
            TypeError,
            "%c requires an integer in range(256) or a single byte"
        )
    };
    if is_bytes(v) || crate::bytearray::is_bytearray(v) {
        return match methods::own(v) {
            [c] => Ok(*c),
            _ => Err(bad()),
        };
    }
    if !crate::int::is_int_instance(v) && !crate::ops::has_index(v) {
        return Err(bad());
    }
    let n = crate::ops::index(v)?;
    match crate::int::to_i64(n.value()).map(u8::try_from) {
        Some(Ok(c)) => Ok(c),
        _ => Err(raise!(OverflowError, "%c arg not in range(256)")),
    }
}

/// `format % args`
pub(crate) fn percent(format: &[u8], args: Value) -> PyResult<Vec<u8>> {
    let mut out = Output(Vec::with_capacity(format.len() + 16));
    run(format, args, &mut out)?;
    Ok(out.0)
}
