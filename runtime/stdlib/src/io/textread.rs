//! Reading text: chunks, lines, iteration.

use super::base::*;
use super::newline::{LineEnds, line_end_in};
use super::textio::*;
use super::{buffered, bytesio, decoder};
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, bytes, check_positional, errors, exceptions, intern, memory,
    ops, raise, str, ty,
};

/// Replaces the decoded text.
pub(super) fn set_decoded(v: Value, text: Option<Ref>) {
    let t = tio(v);
    t.used = 0;
    match text {
        Some(text) => set_field(&mut t.decoded, text),
        None => clear(&mut t.decoded),
    }
}
/// Takes up to `n` decoded characters.
fn take_decoded(v: Value, n: isize) -> Ref {
    let t = tio(v);
    if t.decoded.is_empty() {
        return str::empty();
    }
    let available = str::len(t.decoded) - t.used;
    let n = if n < 0 {
        available
    } else {
        available.min(n as usize)
    };
    let r = if t.used == 0 && n == available {
        Ref::new(t.decoded)
    } else {
        str::substring(t.decoded, t.used, t.used + n)
    };
    t.used += n;
    r
}

/// Reads and decodes a chunk; false at the end.
pub(super) fn read_chunk(v: Value, size_hint: usize) -> PyResult<bool> {
    if tio(v).decoder.is_empty() {
        return Err(unsupported("not readable"));
    }
    let decoder = Ref::new(tio(v).decoder);
    let state = if tio(v).telling {
        Some(decoder::getstate_any_outer(decoder.value())?)
    } else {
        None
    };
    let hint = if size_hint > 0 {
        (tio(v).b2c.max(1.0) * size_hint as f64) as isize
    } else {
        0
    };
    let size = tio(v).chunk_size.max(hint);
    let buffer = Ref::new(tio(v).buffer);
    let chunk = if buffered::is_exact_reader(buffer.value()) {
        buffered::read1(buffer.value(), size)?
    } else if bytesio::is_exact(buffer.value()) {
        bytesio::read(buffer.value(), size)?
    } else {
        let name = if tio(v).has_read1 {
            intern!("read1")
        } else {
            intern!("read")
        };
        ops::call_method(buffer.value(), name, &[Value::int_unchecked(size as i64)])?
    };
    let held;
    let data = if bytes::is_bytes(chunk.value()) {
        bytes::data(chunk.value())
    } else {
        held = match memory::bytes_like(chunk.value()) {
            Ok(b) => b,
            Err(_) => {
                errors::clear();
                return Err(raise!(
                    TypeError,
                    "underlying {}() should have returned a bytes-like object, not '{}'",
                    if tio(v).has_read1 { "read1" } else { "read" },
                    chunk.ty().message_name()
                ));
            }
        };
        held.bytes()
    };
    let n = data.len();
    let eof = n == 0;
    let text = decoder::decode_any(decoder.value(), chunk.value(), eof)?;
    let chars = str::len(text.value());
    set_decoded(v, Some(text));
    tio(v).b2c = if chars > 0 {
        n as f64 / chars as f64
    } else {
        0.0
    };
    if let Some((dec_buffer, dec_flags)) = state {
        let kept = bytes::data(dec_buffer.value());
        let input = if kept.is_empty() && bytes::is_bytes(chunk.value()) {
            chunk.clone()
        } else {
            bytes::new(&[kept, data].concat())
        };
        set_field(&mut tio(v).snap_flags, dec_flags);
        set_field(&mut tio(v).snap_input, input);
    }
    Ok(!(eof && chars == 0))
}
fn retry_interrupted(r: PyResult<bool>) -> PyResult<Option<bool>> {
    match r {
        Ok(more) => Ok(Some(more)),
        Err(e) => {
            if errors::take_if(exceptions::InterruptedError) {
                Ok(None)
            } else {
                Err(e)
            }
        }
    }
}

fn read(v: Value, n: isize) -> PyResult {
    check_attached(v)?;
    check_open(v)?;
    if tio(v).decoder.is_empty() {
        return Err(unsupported("not readable"));
    }
    write_flush(v)?;
    if n < 0 {
        let buffer = Ref::new(tio(v).buffer);
        let data = if buffered::is_exact_reader(buffer.value()) {
            buffered::read(buffer.value(), -1)?
        } else {
            ops::call_method(buffer.value(), intern!("read"), &[])?
        };
        let d = Ref::new(tio(v).decoder);
        let text = decoder::decode_any(d.value(), data.value(), true)?;
        let head = take_decoded(v, -1);
        let all = if str::len(head.value()) == 0 {
            text
        } else {
            str::concat(head.value(), text.value())?
        };
        let t = tio(v);
        if !t.snap_input.is_empty() {
            clear(&mut t.snap_input);
            clear(&mut tio(v).snap_flags);
        }
        set_decoded(v, None);
        return Ok(all);
    }
    let mut parts = vec![take_decoded(v, n)];
    let mut remaining = n as usize - str::len(parts[0].value());
    while remaining > 0 {
        match retry_interrupted(read_chunk(v, remaining))? {
            None => continue,
            Some(false) => break,
            Some(true) => {}
        }
        let part = take_decoded(v, remaining as isize);
        remaining -= str::len(part.value());
        parts.push(part);
    }
    if parts.len() == 1 {
        return Ok(parts.remove(0));
    }
    str::join(str::empty().value(), &parts)
}
pub(super) fn text_read(v: Value, args: &[Value]) -> PyResult {
    check_positional("read", args.len(), 0, 1)?;
    read(v, size_arg(args.first())?)
}

/// A line of at most `limit` characters (negative: any).
pub(super) fn readline(v: Value, limit: isize) -> PyResult {
    check_open(v)?;
    write_flush(v)?;
    let mut parts: Vec<Ref> = Vec::new();
    let mut length = 0usize;
    // The end of a chunk that may be the start of a line end.
    let mut remaining: Option<Ref> = None;
    loop {
        while tio(v).decoded.is_empty() || tio(v).used >= str::len(tio(v).decoded) {
            match retry_interrupted(read_chunk(v, 0))? {
                None => continue,
                Some(false) => {
                    set_decoded(v, None);
                    let t = tio(v);
                    clear(&mut t.snap_input);
                    clear(&mut tio(v).snap_flags);
                    parts.extend(remaining.take());
                    return join(parts);
                }
                Some(true) => {
                    if !tio(v).decoded.is_empty() && str::len(tio(v).decoded) > tio(v).used {
                        break;
                    }
                }
            }
        }
        let t = tio(v);
        let (line, start, from_decoded) = match remaining.take() {
            None => (Ref::new(t.decoded), t.used, 0),
            Some(rest) => {
                let offset = str::len(rest.value());
                let rest_of = str::substring(t.decoded, t.used, str::len(t.decoded));
                let used_before = t.used;
                let joined = str::concat(rest.value(), rest_of.value())?;
                (joined, 0, offset as isize - used_before as isize)
            }
        };
        let t = tio(v);
        let n = str::len(line.value());
        let ends = LineEnds {
            translated: t.translate,
            universal: t.universal,
            newline: t.newline.unwrap_or("\n"),
        };
        let found = line_end_in(line.value(), start, n, ends);
        let (mut end, done) = match found {
            Ok(k) => (start + k, true),
            Err(k) => (start + k, false),
        };
        let mut limited = false;
        if limit >= 0 && length + (end - start) >= limit as usize {
            end = start + (limit as usize - length);
            limited = true;
        }
        if done || limited {
            tio(v).used = (end as isize - from_decoded) as usize;
            if parts.is_empty() && start == 0 && end == n {
                return Ok(line);
            }
            let piece = str::substring(line.value(), start, end);
            if parts.is_empty() {
                return Ok(piece);
            }
            parts.push(piece);
            return join(parts);
        }
        if end > start {
            parts.push(str::substring(line.value(), start, end));
            length += end - start;
        }
        if end < n {
            remaining = Some(str::substring(line.value(), end, n));
        }
        set_decoded(v, None);
    }
}
fn join(mut parts: Vec<Ref>) -> PyResult {
    match parts.len() {
        0 => Ok(str::empty()),
        1 => Ok(parts.remove(0)),
        _ => str::join(str::empty().value(), &parts),
    }
}
pub(super) fn text_readline(v: Value, args: &[Value]) -> PyResult {
    check_positional("readline", args.len(), 0, 1)?;
    let limit = match args.first() {
        None => -1,
        Some(n) => ops::index_as_isize(*n)?,
    };
    check_attached(v)?;
    readline(v, limit)
}
pub(super) fn text_next(v: Value) -> PyResult<Option<Ref>> {
    check_attached(v)?;
    tio(v).telling = false;
    let line = if v.is_exact(ty!(PyTextIOWrapper_Type)) {
        readline(v, -1)?
    } else {
        let line = ops::call_method(v, intern!("readline"), &[])?;
        if !line.has_flag(tpflags::UNICODE_SUBCLASS) {
            return Err(raise!(
                OSError,
                "readline() should have returned a str object, not '{}'",
                line.ty().message_name()
            ));
        }
        line
    };
    if str::len(line.value()) == 0 {
        let t = tio(v);
        clear(&mut t.snap_input);
        clear(&mut tio(v).snap_flags);
        tio(v).telling = tio(v).seekable;
        return Ok(None);
    }
    Ok(Some(line))
}
