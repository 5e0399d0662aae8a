//! Positions in text: `tell` gives a cookie with the byte position and what the decoder must be fed from there.

use super::base::*;
use super::decoder;
use super::textio::*;
use super::textread::set_decoded;
use crate::convert::{c_int, c_mask};
use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, bytes, check_positional, int, intern, ops, raise, str,
};

/// What a cookie holds: where to seek, the decoder's flags there, how many bytes to feed and characters to skip.
#[derive(Clone, Copy, Default, Debug, PartialEq, Eq)]
struct Cookie {
    start: i64,
    flags: i32,
    feed: i32,
    skip: i32,
    eof: bool,
}
impl Cookie {
    fn pack(&self) -> Ref {
        let mut b = [0u8; 21];
        b[..8].copy_from_slice(&self.start.to_le_bytes());
        b[8..12].copy_from_slice(&self.flags.to_le_bytes());
        b[12..16].copy_from_slice(&self.feed.to_le_bytes());
        b[16..20].copy_from_slice(&self.skip.to_le_bytes());
        b[20] = self.eof.into();
        int_from_bytes(&b)
    }
    fn unpack(v: Value) -> PyResult<Cookie> {
        let b = int::with_digits(v, |_, digits| {
            let mut out = [0u8; 28];
            let (mut acc, mut bits, mut at) = (0u64, 0, 0);
            for d in digits {
                acc |= u64::from(*d) << bits;
                bits += 30;
                while bits >= 8 {
                    if at < out.len() {
                        out[at] = acc as u8;
                    } else if acc as u8 != 0 {
                        return None;
                    }
                    at += 1;
                    acc >>= 8;
                    bits -= 8;
                }
            }
            if at < out.len() {
                out[at] = acc as u8;
            }
            if out[21..].iter().any(|b| *b != 0) {
                None
            } else {
                Some(out)
            }
        });
        let Some(b) = b else {
            return Err(raise!(OverflowError, "int too big to convert"));
        };
        let word = |i: usize| i32::from_le_bytes([b[i], b[i + 1], b[i + 2], b[i + 3]]);
        let mut start = [0u8; 8];
        start.copy_from_slice(&b[..8]);
        Ok(Cookie {
            start: i64::from_le_bytes(start),
            flags: word(8),
            feed: word(12),
            skip: word(16),
            eof: b[20] != 0,
        })
    }
}

fn set_decoder_state(v: Value, c: &Cookie) -> PyResult<()> {
    let d = Ref::new(tio(v).decoder);
    if c.start == 0 && c.flags == 0 {
        ops::call_method(d.value(), intern!("reset"), &[])?;
        return Ok(());
    }
    let empty = bytes::new(b"");
    decoder::setstate_any_outer(
        d.value(),
        empty.value(),
        Ref::int(i64::from(c.flags)).value(),
    )
}
fn reset_encoder(v: Value, at_start: bool) -> PyResult<()> {
    if tio(v).encoder.is_empty() {
        return Ok(());
    }
    tio(v).at_start = at_start;
    if tio(v).native.is_some() {
        return Ok(());
    }
    let e = Ref::new(tio(v).encoder);
    if at_start {
        ops::call_method(e.value(), intern!("reset"), &[])?;
    } else {
        ops::call_method(e.value(), intern!("setstate"), &[Value::int_unchecked(0)])?;
    }
    Ok(())
}
fn drop_snapshot(v: Value) {
    let t = tio(v);
    clear(&mut t.snap_input);
    clear(&mut tio(v).snap_flags);
}
fn buffer_call(v: Value, name: Value, args: &[Value]) -> PyResult {
    let buffer = Ref::new(tio(v).buffer);
    ops::call_method(buffer.value(), name, args)
}

pub(super) fn text_seek(v: Value, args: &[Value]) -> PyResult {
    check_positional("seek", args.len(), 1, 2)?;
    check_attached(v)?;
    let how = args.get(1).map_or(Ok(0), |w| c_int(*w))?;
    check_open(v)?;
    if !tio(v).seekable {
        return Err(unsupported("underlying stream is not seekable"));
    }
    let mut target = Ref::new(args[0]);
    let zero = Value::int_unchecked(0);
    match how {
        1 => {
            if !ops::eq(target.value(), zero)? {
                return Err(unsupported("can't do nonzero cur-relative seeks"));
            }
            target = ops::call_method(v, intern!("tell"), &[])?;
        }
        2 => {
            if !ops::eq(target.value(), zero)? {
                return Err(unsupported("can't do nonzero end-relative seeks"));
            }
            ops::call_method(v, intern!("flush"), &[])?;
            set_decoded(v, None);
            drop_snapshot(v);
            if !tio(v).decoder.is_empty() {
                let d = Ref::new(tio(v).decoder);
                ops::call_method(d.value(), intern!("reset"), &[])?;
            }
            let position = buffer_call(v, intern!("seek"), &[zero, Value::int_unchecked(2)])?;
            reset_encoder(v, ops::eq(position.value(), zero)?)?;
            return Ok(position);
        }
        0 => {}
        _ => {
            return Err(raise!(
                ValueError,
                "invalid whence ({how}, should be 0, 1 or 2)"
            ));
        }
    }
    if ops::compare_bool(target.value(), zero, CmpOp::Lt)? {
        let text = ops::repr(target.value())?;
        return Err(raise!(
            ValueError,
            "negative seek position {}",
            str::display(text.value())
        ));
    }
    ops::call_method(v, intern!("flush"), &[])?;
    let number = ops::index(target.value())?;
    let cookie = Cookie::unpack(number.value())?;
    let start = Ref::int(cookie.start);
    buffer_call(v, intern!("seek"), &[start.value()])?;
    set_decoded(v, None);
    drop_snapshot(v);
    if !tio(v).decoder.is_empty() {
        set_decoder_state(v, &cookie)?;
    }
    if cookie.skip != 0 {
        let data = buffer_call(
            v,
            intern!("read"),
            &[Value::int_unchecked(i64::from(cookie.feed))],
        )?;
        if !bytes::is_bytes(data.value()) {
            return Err(raise!(
                TypeError,
                "underlying read() should have returned a bytes object, not '{}'",
                data.ty().message_name()
            ));
        }
        set_field(&mut tio(v).snap_flags, Ref::int(i64::from(cookie.flags)));
        set_field(&mut tio(v).snap_input, data.clone());
        let d = Ref::new(tio(v).decoder);
        let text = decoder::decode_any(d.value(), data.value(), cookie.eof)?;
        let n = str::len(text.value());
        set_decoded(v, Some(text));
        if n < cookie.skip.max(0) as usize {
            return Err(raise!(OSError, "can't restore logical file position"));
        }
        tio(v).used = cookie.skip as usize;
    } else {
        set_field(&mut tio(v).snap_flags, Ref::int(i64::from(cookie.flags)));
        set_field(&mut tio(v).snap_input, bytes::new(b""));
    }
    reset_encoder(v, cookie.start == 0 && cookie.flags == 0)?;
    Ok(target)
}

/// Number of characters that the decoder makes of `data`.
fn decoded_chars(d: Value, data: &[u8], last: bool) -> PyResult<usize> {
    let data = bytes::new(data);
    Ok(str::len(
        decoder::decode_any(d, data.value(), last)?.value(),
    ))
}
fn decoder_state(d: Value) -> PyResult<(usize, i32)> {
    let (buffer, flags) = decoder::getstate_any_outer(d)?;
    Ok((
        bytes::data(buffer.value()).len(),
        c_mask(flags.value())? as i32,
    ))
}

pub(super) fn text_tell(v: Value) -> PyResult {
    check_attached(v)?;
    check_open(v)?;
    if !tio(v).seekable {
        return Err(unsupported("underlying stream is not seekable"));
    }
    if !tio(v).telling {
        return Err(raise!(OSError, "telling position disabled by next() call"));
    }
    write_flush(v)?;
    ops::call_method(v, intern!("flush"), &[])?;
    let position = buffer_call(v, intern!("tell"), &[])?;
    if tio(v).decoder.is_empty() || tio(v).snap_input.is_empty() {
        return Ok(position);
    }
    let input = Ref::new(tio(v).snap_input);
    let data = bytes::data(input.value());
    let mut cookie = Cookie {
        flags: c_mask(tio(v).snap_flags)? as i32,
        ..Cookie::default()
    };
    let position = crate::convert::c_long(position.value())?;
    cookie.start = position - data.len() as i64;
    let mut skip = tio(v).used;
    if tio(v).decoded.is_empty() || skip == 0 {
        return Ok(cookie.pack());
    }
    let d = Ref::new(tio(v).decoder);
    let saved = decoder::getstate_any_outer(d.value())?;
    let result = (|| -> PyResult {
        // Guess the byte that the position corresponds to, then go back until the decoder is in a plain state.
        let mut skip_bytes = (tio(v).b2c * skip as f64) as usize;
        let mut skip_back = 1usize;
        skip_bytes = skip_bytes.min(data.len());
        let mut dec_buffer_len = 0;
        while skip_bytes > 0 {
            set_decoder_state(v, &cookie)?;
            let n = decoded_chars(d.value(), &data[..skip_bytes], false)?;
            if n <= skip {
                let (kept, flags) = decoder_state(d.value())?;
                dec_buffer_len = kept;
                if kept == 0 {
                    cookie.flags = flags;
                    skip -= n;
                    break;
                }
                skip_bytes -= kept.min(skip_bytes);
                skip_back = 1;
            } else {
                skip_bytes = skip_bytes.saturating_sub(skip_back);
                skip_back *= 2;
            }
        }
        let _ = dec_buffer_len;
        if skip_bytes == 0 {
            set_decoder_state(v, &cookie)?;
        }
        cookie.start += skip_bytes as i64;
        cookie.skip = skip as i32;
        if skip == 0 {
            return Ok(cookie.pack());
        }
        // Feed byte by byte and remember the last point where the decoder was clean.
        let mut decoded = 0usize;
        let mut done = false;
        let mut base = cookie;
        base.feed = 0;
        let (mut clean, mut fed) = (base, 0i32);
        for b in &data[skip_bytes..] {
            decoded += decoded_chars(d.value(), std::slice::from_ref(b), false)?;
            fed += 1;
            let (kept, flags) = decoder_state(d.value())?;
            if kept == 0 && decoded <= skip {
                clean.start += i64::from(fed);
                skip -= decoded;
                clean.flags = flags;
                fed = 0;
                decoded = 0;
            }
            if decoded >= skip {
                done = true;
                break;
            }
        }
        if !done {
            decoded += decoded_chars(d.value(), b"", true)?;
            clean.eof = true;
            if decoded < skip {
                return Err(raise!(OSError, "can't reconstruct logical file position"));
            }
        }
        clean.skip = skip as i32;
        clean.feed = fed;
        Ok(clean.pack())
    })();
    let restored = decoder::setstate_any_outer(d.value(), saved.0.value(), saved.1.value());
    let r = result?;
    restored?;
    Ok(r)
}

pub(super) fn text_truncate(v: Value, args: &[Value]) -> PyResult {
    check_positional("truncate", args.len(), 0, 1)?;
    check_attached(v)?;
    ops::call_method(v, intern!("flush"), &[])?;
    let position = args
        .first()
        .copied()
        .unwrap_or_else(pyrs_object::singletons::none);
    buffer_call(v, intern!("truncate"), &[position])
}
