//! `TextIOWrapper`: text over a buffered binary stream. UTF-8, ASCII and Latin-1 are encoded and decoded here without a codec
//! object in between; other encodings go through `codecs`. Reading is in [`super::textread`], positions in [`super::textseek`].

use super::base::*;
use super::decoder::{self, Native};
use super::newline::{self, check_newline};
use super::{buffered, bytesio, fileio, textread, textseek};
use crate::convert::truth;
use pyrs_object::layout::*;
use pyrs_object::str::StrView;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, bytes, codec, errors,
    exceptions, getset, heap, hooks, int, intern, members, methods, ops, py_type, raise, str, ty,
};

#[repr(C)]
pub(super) struct TextIO {
    pub(super) base: IoBase,
    pub(super) buffer: Value,
    pub(super) encoding: Value,
    pub(super) encoder: Value,
    pub(super) decoder: Value,
    pub(super) errors: Value,
    /// Decoded text that has not been read, from `used` on; empty when there is none.
    pub(super) decoded: Value,
    /// The snapshot for `tell`: decoder flags and the bytes fed since, or empty.
    pub(super) snap_flags: Value,
    pub(super) snap_input: Value,
    pub(super) used: usize,
    pub(super) chunk_size: isize,
    pub(super) b2c: f64,
    /// Encoded text that the buffer has not got yet.
    pub(super) pending: Vec<u8>,
    pub(super) native: Option<Native>,
    /// `errors` as text, for the native path.
    pub(super) errors_text: Option<Box<str>>,
    pub(super) newline: Option<&'static str>,
    pub(super) ok: bool,
    pub(super) detached: bool,
    pub(super) line_buffering: i8,
    pub(super) write_through: i8,
    pub(super) universal: bool,
    pub(super) translate: bool,
    pub(super) write_translate: bool,
    /// What "\n" becomes when it is written.
    pub(super) write_newline: Option<&'static str>,
    pub(super) seekable: bool,
    pub(super) has_read1: bool,
    pub(super) telling: bool,
    pub(super) finalizing: i8,
    /// The encoder has to write its start mark.
    pub(super) at_start: bool,
    /// UTF-16 or UTF-32 in the machine's order, which CPython encodes without the encoder.
    pub(super) marked: bool,
}
gc_fields!(text_traverse, text_clear, TextIO, [buffer encoding encoder decoder errors decoded snap_flags snap_input]);

pub(super) fn tio<'a>(v: Value) -> &'a mut TextIO {
    // SAFETY: a live text stream; fields are re-read after anything that may run Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
/// Stores an owned value in a field and gives the old one up afterwards.
pub(super) fn set_field(field: &mut Value, new: Ref) {
    let old = std::mem::replace(field, new.into_value());
    heap::decref(old);
}
pub(super) fn clear(field: &mut Value) {
    let old = std::mem::replace(field, Value::EMPTY);
    heap::decref(old);
}

#[cold]
fn uninitialized(v: Value) -> Raised {
    if tio(v).detached {
        raise!(ValueError, "underlying buffer has been detached")
    } else {
        raise!(ValueError, "I/O operation on uninitialized object")
    }
}
#[inline]
pub(super) fn check_attached(v: Value) -> PyResult<()> {
    if tio(v).ok && !tio(v).detached {
        Ok(())
    } else {
        Err(uninitialized(v))
    }
}
#[inline]
pub(super) fn check_open(v: Value) -> PyResult<()> {
    if v.is_exact(ty!(PyTextIOWrapper_Type)) {
        let buffer = tio(v).buffer;
        let closed = if is_native_buffer(buffer)
            && let Some(raw) = buffered::file_of(buffer)
        {
            !fileio::is_open(raw)
        } else {
            is_closed(Ref::new(buffer).value())?
        };
        return if closed { Err(closed_error()) } else { Ok(()) };
    }
    super::base::check_closed(v)
}
pub(super) fn is_native_buffer(buffer: Value) -> bool {
    buffered::is_exact_reader(buffer) || buffered::is_exact_writer(buffer)
}

fn text_new(t: Type, _: Args<'_>) -> PyResult {
    let p: *mut TextIO = alloc(t)?;
    // SAFETY: a new zeroed object; what zero does not mean is written before anyone looks.
    unsafe {
        std::ptr::write(&raw mut (*p).pending, Vec::new());
        std::ptr::write(&raw mut (*p).native, None);
        std::ptr::write(&raw mut (*p).errors_text, None);
        std::ptr::write(&raw mut (*p).newline, None);
        std::ptr::write(&raw mut (*p).write_newline, None);
        Ok(Ref::from_owned_ptr(p))
    }
}
unsafe extern "C" fn text_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        let t = object.cast::<TextIO>();
        (*t).finalizing = 1;
        if !start_dealloc(object, true) {
            return;
        }
        (*t).ok = false;
        text_clear(object);
        std::ptr::drop_in_place(&raw mut (*t).pending);
        std::ptr::drop_in_place(&raw mut (*t).errors_text);
        heap::finish_dealloc(object);
    }
}

const INIT: Signature<6> = Signature {
    name: "TextIOWrapper",
    params: [
        "buffer",
        "encoding",
        "errors",
        "newline",
        "line_buffering",
        "write_through",
    ],
    posonly: 0,
    positional: 6,
    required: 1,
};

fn optional_text(v: Value, argument: &str) -> PyResult<Option<String>> {
    if v.is_empty() || v.is_none() {
        return Ok(None);
    }
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "TextIOWrapper() argument '{argument}' must be str or None, not {}",
            v.ty().message_name()
        ));
    }
    let s = str::as_utf8(v)?;
    if s.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(Some(s.to_owned()))
}
/// The encoding that the locale asks for.
pub(super) fn locale_encoding() -> String {
    crate::locale::encoding()
}

fn text_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let [
        buffer,
        encoding,
        errors,
        newline,
        line_buffering,
        write_through,
    ] = args.bind(&INIT)?;
    tio(v).ok = false;
    tio(v).detached = false;
    let encoding_text = optional_text(encoding, "encoding")?;
    if !errors.is_empty() && !errors.is_none() && !errors.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "TextIOWrapper() argument 'errors' must be str or None, not {}",
            errors.ty().message_name()
        ));
    }
    let newline = check_newline(newline, false)?;
    let line_buffering = truth(line_buffering, false)?;
    let write_through = truth(write_through, false)?;
    init(
        v,
        buffer,
        encoding_text,
        errors,
        newline,
        line_buffering,
        write_through,
    )
}

/// `codecs.lookup`, which must find a text encoding.
fn lookup(encoding: &str, advice: &str) -> PyResult {
    let codecs = (hooks().import)("codecs")?;
    let info = ops::call_method_str(codecs.value(), "lookup", &[str::new(encoding).value()])?;
    if let Some(flag) = ops::getattr_opt(info.value(), intern!("_is_text_encoding"))?
        && !ops::is_true(flag.value())?
    {
        return Err(raise!(
            LookupError,
            "'{encoding}' is not a text encoding; use {advice} to handle arbitrary codecs"
        ));
    }
    Ok(info)
}

/// What `init` and `reconfigure` need to know of an encoding.
struct Codec {
    name: Ref,
    native: Option<Native>,
    info: Option<Ref>,
}
fn find_codec(encoding: &str) -> PyResult<Codec> {
    if let Some(native) = Native::of(encoding) {
        return Ok(Codec {
            name: str::new(encoding),
            native: Some(native),
            info: None,
        });
    }
    let info = lookup(encoding, "codecs.open()")?;
    Ok(Codec {
        name: str::new(encoding),
        native: None,
        info: Some(info),
    })
}

fn set_codec(v: Value, c: &Codec, errors: Value) -> PyResult<()> {
    let errors_text = str::as_utf8(errors)?.to_owned();
    let buffer = Ref::new(tio(v).buffer);
    let readable =
        ops::is_true(ops::call_method(buffer.value(), intern!("readable"), &[])?.value())?;
    let writable =
        ops::is_true(ops::call_method(buffer.value(), intern!("writable"), &[])?.value())?;
    clear(&mut tio(v).decoder);
    clear(&mut tio(v).encoder);
    if readable {
        let mut d = match (c.native, &c.info) {
            (Some(native), _) => decoder::make(native, &errors_text),
            (None, Some(info)) => {
                ops::call_method_str(info.value(), "incrementaldecoder", &[errors])?
            }
            (None, None) => Ref::none(),
        };
        if tio(v).universal {
            d = newline::make(d.value(), tio(v).translate)?;
        }
        set_field(&mut tio(v).decoder, d);
    }
    if writable {
        let e = match (c.native, &c.info) {
            (Some(native), _) => str::new(native.name()),
            (None, Some(info)) => {
                ops::call_method_str(info.value(), "incrementalencoder", &[errors])?
            }
            (None, None) => Ref::none(),
        };
        set_field(&mut tio(v).encoder, e);
    }
    let marked = match &c.info {
        Some(info) => {
            let name = ops::getattr_opt(info.value(), intern!("name"))?;
            name.is_some_and(|n| {
                n.has_flag(tpflags::UNICODE_SUBCLASS)
                    && (str::eq_str(n.value(), "utf-16") || str::eq_str(n.value(), "utf-32"))
            })
        }
        None => false,
    };
    let t = tio(v);
    t.native = c.native;
    t.marked = marked;
    t.errors_text = Some(errors_text.into());
    set_field(&mut t.encoding, c.name.clone());
    set_field(&mut tio(v).errors, Ref::new(errors));
    Ok(())
}
fn set_newline(v: Value, newline: Option<&'static str>) {
    let t = tio(v);
    t.newline = newline;
    t.universal = matches!(newline, None | Some(""));
    t.translate = newline.is_none();
    t.write_translate = newline != Some("");
    t.write_newline = match newline {
        Some("\r") => Some("\r"),
        Some("\r\n") => Some("\r\n"),
        _ => None,
    };
}

/// The work of `__init__`.
pub(super) fn init(
    v: Value,
    buffer: Value,
    encoding: Option<String>,
    errors: Value,
    newline: Option<&'static str>,
    line_buffering: bool,
    write_through: bool,
) -> PyResult<()> {
    {
        let t = tio(v);
        t.ok = false;
        t.detached = false;
        for field in [
            &mut t.encoder,
            &mut t.decoder,
            &mut t.decoded,
            &mut t.snap_flags,
            &mut t.snap_input,
            &mut t.encoding,
            &mut t.errors,
        ] {
            clear(field);
        }
        t.used = 0;
        t.pending.clear();
        t.b2c = 0.0;
    }
    let encoding = match encoding {
        Some(e) if e == "locale" => locale_encoding(),
        Some(e) => e,
        None => {
            super::warn_default_encoding(1)?;
            crate::default_encoding()
        }
    };
    let codec = find_codec(&encoding)?;
    let errors = if errors.is_empty() || errors.is_none() {
        intern!("strict")
    } else {
        errors
    };
    if codec::checks_names() {
        codec::lookup_error(str::as_utf8(errors)?)?;
    }
    set_newline(v, newline);
    set_field(&mut tio(v).buffer, Ref::new(buffer));
    tio(v).chunk_size = super::DEFAULT_BUFFER_SIZE as isize;
    set_codec(v, &codec, errors)?;
    tio(v).line_buffering = line_buffering.into();
    tio(v).write_through = write_through.into();
    let seekable = ops::call_method(buffer, intern!("seekable"), &[])?;
    let seekable = ops::is_true(seekable.value())?;
    tio(v).seekable = seekable;
    tio(v).telling = seekable;
    tio(v).has_read1 = ops::getattr_opt(buffer, intern!("read1"))?.is_some();
    tio(v).at_start = false;
    fix_encoder_state(v)?;
    tio(v).ok = true;
    Ok(())
}
/// A stream that is not at its start needs no byte order mark.
fn fix_encoder_state(v: Value) -> PyResult<()> {
    if tio(v).encoder.is_empty() {
        return Ok(());
    }
    if !tio(v).seekable {
        // Who knows where such a stream stands: CPython's own encoders write no mark there.
        if tio(v).marked {
            let encoder = Ref::new(tio(v).encoder);
            ops::call_method_str(encoder.value(), "setstate", &[Value::int_unchecked(0)])?;
        }
        return Ok(());
    }
    tio(v).at_start = true;
    if tio(v).native.is_some() {
        return Ok(());
    }
    let buffer = Ref::new(tio(v).buffer);
    let position = ops::call_method(buffer.value(), intern!("tell"), &[])?;
    if !ops::eq(position.value(), Value::int_unchecked(0))? {
        tio(v).at_start = false;
        let encoder = Ref::new(tio(v).encoder);
        ops::call_method_str(encoder.value(), "setstate", &[Value::int_unchecked(0)])?;
    }
    Ok(())
}
/// A text stream made by `open`.
pub(super) fn make(
    buffer: Value,
    encoding: Option<String>,
    errors: Value,
    newline: Option<&'static str>,
    line_buffering: bool,
) -> PyResult {
    make_full(buffer, encoding, errors, newline, line_buffering, false)
}
/// [`make`] with `write_through`.
pub(super) fn make_full(
    buffer: Value,
    encoding: Option<String>,
    errors: Value,
    newline: Option<&'static str>,
    line_buffering: bool,
    write_through: bool,
) -> PyResult {
    let r = text_new(ty!(PyTextIOWrapper_Type), Args::NONE)?;
    init(
        r.value(),
        buffer,
        encoding,
        errors,
        newline,
        line_buffering,
        write_through,
    )?;
    Ok(r)
}

const RECONFIGURE: Signature<5> = Signature {
    name: "reconfigure",
    params: [
        "encoding",
        "errors",
        "newline",
        "line_buffering",
        "write_through",
    ],
    posonly: 0,
    positional: 0,
    required: 0,
};
fn optional_flag(v: Value, current: i8) -> PyResult<i8> {
    if v.is_empty() || v.is_none() {
        Ok(current)
    } else {
        Ok((crate::convert::c_long(v)? != 0).into())
    }
}
fn text_reconfigure(v: Value, args: Args<'_>) -> PyResult {
    let [encoding, errors, newline, line_buffering, write_through] = args.bind(&RECONFIGURE)?;
    let given = |v: Value| !v.is_empty() && !v.is_none();
    if !tio(v).decoded.is_empty() && (given(encoding) || given(errors) || !newline.is_empty()) {
        return Err(unsupported(
            "It is not possible to set the encoding or newline of stream after the first read",
        ));
    }
    let new_newline = if newline.is_empty() {
        None
    } else {
        Some(check_newline(newline, false)?)
    };
    let line_buffering = optional_flag(line_buffering, tio(v).line_buffering)?;
    let write_through = optional_flag(write_through, tio(v).write_through)?;
    for (value, name) in [(encoding, "encoding"), (errors, "errors")] {
        if given(value) && !value.has_flag(tpflags::UNICODE_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "reconfigure() argument '{name}' must be str or None, not {}",
                value.ty().message_name()
            ));
        }
    }
    check_attached(v)?;
    ops::call_method(v, intern!("flush"), &[])?;
    tio(v).b2c = 0.0;
    if let Some(n) = new_newline {
        set_newline(v, n);
    }
    if given(encoding) || given(errors) || new_newline.is_some() {
        let name = if given(encoding) {
            let name = str::as_utf8(encoding)?.to_owned();
            if name == "locale" {
                locale_encoding()
            } else {
                name
            }
        } else {
            str::to_string_lossy(tio(v).encoding)
        };
        let new_errors = if given(errors) {
            Ref::new(errors)
        } else if given(encoding) {
            str::intern("strict")
        } else {
            Ref::new(tio(v).errors)
        };
        let codec = find_codec(&name)?;
        set_codec(v, &codec, new_errors.value())?;
        fix_encoder_state(v)?;
    }
    tio(v).line_buffering = line_buffering;
    tio(v).write_through = write_through;
    Ok(Ref::none())
}

/// Hands `data` to the binary stream.
fn buffer_write(buffer: Value, data: &[u8]) -> PyResult<()> {
    if buffered::is_exact_writer(buffer) {
        buffered::write(buffer, data)?;
        return Ok(());
    }
    if bytesio::is_exact(buffer) {
        bytesio::write_bytes(buffer, data)?;
        return Ok(());
    }
    let data = bytes::new(data);
    loop {
        match ops::call_method(buffer, intern!("write"), &[data.value()]) {
            Err(_) if errors::matches(exceptions::InterruptedError) => errors::clear(),
            r => return r.map(drop),
        }
    }
}
/// Gives the pending bytes to the binary stream.
pub(super) fn write_flush(v: Value) -> PyResult<()> {
    if tio(v).pending.is_empty() {
        return Ok(());
    }
    let pending = std::mem::take(&mut tio(v).pending);
    let buffer = Ref::new(tio(v).buffer);
    let r = buffer_write(buffer.value(), &pending);
    // The allocation is kept for the next round.
    if tio(v).pending.is_empty() {
        let mut pending = pending;
        pending.clear();
        tio(v).pending = pending;
    }
    r
}

fn push_utf8(out: &mut Vec<u8>, s: StrView<'_>) -> bool {
    match s {
        StrView::Latin1(s) => {
            if s.is_ascii() {
                out.extend_from_slice(s);
            } else {
                out.reserve(s.len() * 2);
                for &c in s {
                    if c < 128 {
                        out.push(c);
                    } else {
                        out.extend_from_slice(&[0xC0 | c >> 6, 0x80 | c & 0x3F]);
                    }
                }
            }
            true
        }
        StrView::Ucs2(s) => push_wide(out, s.iter().map(|c| u32::from(*c))),
        StrView::Ucs4(s) => push_wide(out, s.iter().copied()),
    }
}
/// False at a surrogate, which UTF-8 cannot hold.
fn push_wide(out: &mut Vec<u8>, s: impl Iterator<Item = u32>) -> bool {
    let mut buffer = [0u8; 4];
    for c in s {
        match char::from_u32(c) {
            Some(c) => out.extend_from_slice(c.encode_utf8(&mut buffer).as_bytes()),
            None => return false,
        }
    }
    true
}
/// Appends the encoded text to the pending bytes without an encoder object; false if it must be encoded with error handling.
fn encode_fast(native: Native, out: &mut Vec<u8>, text: Value) -> bool {
    let before = out.len();
    let done = match (native, str::view(text)) {
        (Native::Utf8, s) => push_utf8(out, s),
        (Native::Ascii, StrView::Latin1(s)) if s.is_ascii() => {
            out.extend_from_slice(s);
            true
        }
        (Native::Latin1, StrView::Latin1(s)) => {
            out.extend_from_slice(s);
            true
        }
        _ => false,
    };
    if !done {
        out.truncate(before);
    }
    done
}

/// `write`.
pub(super) fn write(v: Value, text: Value) -> PyResult<usize> {
    check_attached(v)?;
    check_open(v)?;
    if tio(v).encoder.is_empty() {
        return Err(unsupported("not writable"));
    }
    let length = str::len(text);
    let t = tio(v);
    let has_lf = (t.write_newline.is_some() || t.line_buffering != 0) && has_char(text, b'\n');
    let replaced;
    let mut current = text;
    if has_lf && let Some(nl) = t.write_newline {
        let nl = str::intern(nl);
        replaced = ops::call_method(text, intern!("replace"), &[intern!("\n"), nl.value()])?;
        current = replaced.value();
    }
    let t = tio(v);
    let through = t.write_through != 0;
    let flush_needed = t.line_buffering != 0 && (has_lf || has_char(text, b'\r'));
    if t.native.is_some() && t.pending.len() + str::len(current) > t.chunk_size.max(0) as usize {
        // The limit is reached with this text: what is pending goes first.
        write_flush(v)?;
    }
    let t = tio(v);
    let encoded = match t.native {
        Some(native) => encode_fast(native, &mut t.pending, current),
        None => false,
    };
    if !encoded {
        let data = match t.native {
            Some(native) => {
                let errors = t.errors_text.as_deref().unwrap_or("strict").to_owned();
                codec::encode(current, native.name(), &errors)?
            }
            None => {
                let encoder = Ref::new(t.encoder);
                let data = ops::call_method(encoder.value(), intern!("encode"), &[current])?;
                if !bytes::is_bytes(data.value()) {
                    return Err(raise!(
                        TypeError,
                        "encoder should return a bytes object, not '{}'",
                        data.ty().message_name()
                    ));
                }
                tio(v).at_start = false;
                data
            }
        };
        let data = bytes::data(data.value());
        if tio(v).pending.len() + data.len() > tio(v).chunk_size.max(0) as usize {
            write_flush(v)?;
        }
        tio(v).pending.extend_from_slice(data);
    }
    let t = tio(v);
    if t.pending.len() >= t.chunk_size.max(0) as usize || flush_needed || through {
        write_flush(v)?;
    }
    if flush_needed {
        let buffer = Ref::new(tio(v).buffer);
        flush_buffer(buffer.value())?;
    }
    let t = tio(v);
    if !t.snap_input.is_empty() {
        clear(&mut t.snap_input);
        clear(&mut tio(v).snap_flags);
    }
    if !tio(v).decoded.is_empty() {
        textread::set_decoded(v, None);
    }
    if !tio(v).decoder.is_empty() && tio(v).native.is_none() {
        let d = Ref::new(tio(v).decoder);
        ops::call_method(d.value(), intern!("reset"), &[])?;
    } else if !tio(v).decoder.is_empty() && newline::is_exact(tio(v).decoder) {
        newline::nd(tio(v).decoder).state.pending_cr = false;
    }
    Ok(length)
}
fn has_char(v: Value, c: u8) -> bool {
    match str::view(v) {
        StrView::Latin1(s) => newline::find_char(s, c).is_some(),
        StrView::Ucs2(s) => newline::find_char(s, c).is_some(),
        StrView::Ucs4(s) => newline::find_char(s, c).is_some(),
    }
}
pub(super) fn flush_buffer(buffer: Value) -> PyResult {
    if buffered::is_exact_writer(buffer) {
        buffered::flush(buffer)
    } else {
        ops::call_method(buffer, intern!("flush"), &[])
    }
}
fn text_write(v: Value, text: Value) -> PyResult {
    if !text.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "write() argument must be str, not {}",
            text.ty().message_name()
        ));
    }
    Ok(Ref::int(write(v, text)? as i64))
}
pub(super) fn text_flush(v: Value) -> PyResult {
    check_attached(v)?;
    check_open(v)?;
    tio(v).telling = tio(v).seekable;
    write_flush(v)?;
    let buffer = Ref::new(tio(v).buffer);
    flush_buffer(buffer.value())
}
fn text_close(v: Value) -> PyResult {
    check_attached(v)?;
    let closed = ops::getattr(v, intern!("closed"))?;
    if ops::is_true(closed.value())? {
        return Ok(Ref::none());
    }
    let buffer = Ref::new(tio(v).buffer);
    if tio(v).finalizing != 0
        && ops::call_method(buffer.value(), intern!("_dealloc_warn"), &[v]).is_err()
    {
        errors::clear();
    }
    let flushed = ops::call_method(v, intern!("flush"), &[]);
    both(flushed, || {
        let buffer = Ref::new(tio(v).buffer);
        ops::call_method(buffer.value(), intern!("close"), &[])
    })
}
fn text_detach(v: Value) -> PyResult {
    check_attached(v)?;
    ops::call_method(v, intern!("flush"), &[])?;
    let t = tio(v);
    let buffer = std::mem::replace(&mut t.buffer, Value::EMPTY);
    t.detached = true;
    // SAFETY: the field owned its value.
    Ok(unsafe { Ref::from_owned(buffer) })
}
fn of_buffer(v: Value, name: Value) -> PyResult {
    check_attached(v)?;
    let buffer = Ref::new(tio(v).buffer);
    ops::call_method(buffer.value(), name, &[])
}
fn text_fileno(v: Value) -> PyResult {
    of_buffer(v, intern!("fileno"))
}
fn text_seekable(v: Value) -> PyResult {
    of_buffer(v, intern!("seekable"))
}
fn text_readable(v: Value) -> PyResult {
    of_buffer(v, intern!("readable"))
}
fn text_writable(v: Value) -> PyResult {
    of_buffer(v, intern!("writable"))
}
fn text_isatty(v: Value) -> PyResult {
    of_buffer(v, intern!("isatty"))
}
fn attr_of_buffer(v: Value, name: Value) -> PyResult {
    check_attached(v)?;
    let buffer = Ref::new(tio(v).buffer);
    ops::getattr(buffer.value(), name)
}
fn get_name(v: Value) -> PyResult {
    attr_of_buffer(v, intern!("name"))
}
fn get_closed(v: Value) -> PyResult {
    attr_of_buffer(v, intern!("closed"))
}
fn get_newlines(v: Value) -> PyResult {
    check_attached(v)?;
    if tio(v).decoder.is_empty() {
        return Ok(Ref::none());
    }
    let d = Ref::new(tio(v).decoder);
    Ok(ops::getattr_opt(d.value(), intern!("newlines"))?.unwrap_or_else(Ref::none))
}
fn get_errors(v: Value) -> PyResult {
    check_initialized(v)?;
    Ok(Ref::new(tio(v).errors))
}
fn get_chunk_size(v: Value) -> PyResult {
    check_attached(v)?;
    Ok(Ref::int(tio(v).chunk_size as i64))
}
fn set_chunk_size(v: Value, n: Value) -> PyResult<()> {
    check_attached(v)?;
    if n.is_empty() {
        return Err(raise!(AttributeError, "cannot delete attribute"));
    }
    let n = ops::index_as_isize(n)?;
    if n <= 0 {
        return Err(raise!(
            ValueError,
            "a strictly positive integer is required"
        ));
    }
    tio(v).chunk_size = n;
    Ok(())
}
/// What a detached stream can still say of itself.
fn check_initialized(v: Value) -> PyResult<()> {
    if tio(v).ok {
        Ok(())
    } else {
        Err(raise!(ValueError, "I/O operation on uninitialized object"))
    }
}
fn text_repr(v: Value) -> PyResult {
    check_initialized(v)?;
    let _guard = ReprGuard::enter(v)?;
    let mut out = b"<_io.TextIOWrapper".to_vec();
    for name in ["name", "mode"] {
        let value = match ops::getattr_opt(v, str::intern(name).value()) {
            Ok(value) => value,
            Err(e) => {
                if !errors::take_if(exceptions::ValueError) {
                    return Err(e);
                }
                None
            }
        };
        if let Some(value) = value {
            let text = ops::repr(value.value())?;
            out.extend_from_slice(format!(" {name}=").as_bytes());
            out.extend_from_slice(&str::to_wtf8(text.value()));
        }
    }
    let encoding = ops::repr(tio(v).encoding)?;
    out.extend_from_slice(b" encoding=");
    out.extend_from_slice(&str::to_wtf8(encoding.value()));
    out.push(b'>');
    Ok(str::from_wtf8(&out))
}
/// An int wider than 64 bits, from its little-endian bytes.
pub(super) fn int_from_bytes(data: &[u8]) -> Ref {
    let mut digits = Vec::new();
    let (mut acc, mut bits) = (0u64, 0);
    for b in data {
        acc |= u64::from(*b) << bits;
        bits += 8;
        if bits >= 30 {
            digits.push((acc & ((1 << 30) - 1)) as u32);
            acc >>= 30;
            bits -= 30;
        }
    }
    digits.push(acc as u32);
    while digits.last() == Some(&0) {
        digits.pop();
    }
    int::from_digits(false, &digits)
}

methods! {
    static TEXT_METHODS = [
        "detach" NOARGS text_detach, "detach($self, /)\n--\n\nSeparates the buffer.";
        "reconfigure" KW text_reconfigure, "reconfigure($self, /, *, encoding=None, errors=None, newline=None,\n            line_buffering=None, write_through=None)\n--\n\nChanges the parameters of the stream.";
        "write" O text_write, "write($self, text, /)\n--\n\nWrites a str.";
        "read" FAST textread::text_read, "read($self, size=-1, /)\n--\n\nReads at most size characters.";
        "readline" FAST textread::text_readline, "readline($self, size=-1, /)\n--\n\nReads a line.";
        "flush" NOARGS text_flush, "flush($self, /)\n--\n\nFlushes the stream.";
        "close" NOARGS text_close, "close($self, /)\n--\n\nFlushes and closes the stream.";
        "fileno" NOARGS text_fileno, "fileno($self, /)\n--\n\nThe descriptor.";
        "seekable" NOARGS text_seekable, "seekable($self, /)\n--\n\nWhether the stream supports random access.";
        "readable" NOARGS text_readable, "readable($self, /)\n--\n\nWhether the stream was opened for reading.";
        "writable" NOARGS text_writable, "writable($self, /)\n--\n\nWhether the stream was opened for writing.";
        "isatty" NOARGS text_isatty, "isatty($self, /)\n--\n\nWhether the stream is a terminal.";
        "seek" FAST textseek::text_seek, "seek($self, cookie, whence=os.SEEK_SET, /)\n--\n\nMoves to a position given by tell.";
        "tell" NOARGS textseek::text_tell, "tell($self, /)\n--\n\nA cookie for the current position.";
        "truncate" FAST textseek::text_truncate, "truncate($self, pos=None, /)\n--\n\nTruncates the stream.";
    ]
}
getset! {
    static TEXT_GETSET = [
        "name" get_name, None, "";
        "closed" get_closed, None, "";
        "newlines" get_newlines, None, "";
        "errors" get_errors, None, "";
        "_CHUNK_SIZE" get_chunk_size, set_chunk_size, "";
    ]
}
members! {
    static TEXT_MEMBERS = [
        "encoding" OBJECT, std::mem::offset_of!(TextIO, encoding), 1, "";
        "buffer" OBJECT, std::mem::offset_of!(TextIO, buffer), 1, "";
        "line_buffering" BOOL, std::mem::offset_of!(TextIO, line_buffering), 1, "";
        "write_through" BOOL, std::mem::offset_of!(TextIO, write_through), 1, "";
        "_finalizing" BOOL, std::mem::offset_of!(TextIO, finalizing), 0, "";
    ]
}
py_type! {
    /// `io.TextIOWrapper`
    pub static PyTextIOWrapper_Type: TextIO = "_io.TextIOWrapper" {
        flags: BASETYPE | HAVE_GC;
        base: PyTextIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "TextIOWrapper(buffer, encoding=None, errors=None, newline=None,\n              line_buffering=False, write_through=False)\n--\n\nText over a buffered binary stream.";
        raw { tp_dealloc: text_dealloc, tp_traverse: text_traverse, tp_clear: text_clear, tp_finalize: io_finalize }
        slots { tp_repr: text_repr, tp_iternext: textread::text_next, tp_init: text_init, tp_new: text_new }
        methods: TEXT_METHODS;
        getset: TEXT_GETSET;
        members: TEXT_MEMBERS;
    }
}
