//! `StringIO`: text in memory, one byte per character until a wider one comes.

use super::base::*;
use super::bytesio::set_dict;
use super::newline::{LineEnds, Newlines, check_newline, line_end};
use pyrs_object::layout::*;
use pyrs_object::str::StrView;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, check_positional, dict, errors, getset,
    heap, intern, methods, ops, py_type, raise, str, tuple, ty,
};

enum Text {
    Latin1(Vec<u8>),
    Wide(Vec<u32>),
}
impl Text {
    fn len(&self) -> usize {
        match self {
            Text::Latin1(t) => t.len(),
            Text::Wide(t) => t.len(),
        }
    }
    fn slice(&self, start: usize, end: usize) -> Ref {
        match self {
            Text::Latin1(t) => str::from_latin1(&t[start..end]),
            Text::Wide(t) => str::from_ucs4(&t[start..end]),
        }
    }
    fn truncate(&mut self, n: usize) {
        match self {
            Text::Latin1(t) => t.truncate(n),
            Text::Wide(t) => t.truncate(n),
        }
    }
    /// Puts `s` at `at`, with NULs in a gap before it.
    fn put(&mut self, at: usize, s: StrView<'_>) -> PyResult<()> {
        if let (Text::Latin1(t), StrView::Latin1(s)) = (&mut *self, &s) {
            return put(t, at, s.iter().copied(), s.len());
        }
        if let Text::Latin1(t) = self {
            errors::check_room(t.len(), size_of::<u32>())?;
            *self = Text::Wide(t.iter().map(|c| u32::from(*c)).collect());
        }
        match (self, s) {
            (Text::Wide(t), StrView::Latin1(s)) => {
                put(t, at, s.iter().map(|c| u32::from(*c)), s.len())
            }
            (Text::Wide(t), StrView::Ucs2(s)) => {
                put(t, at, s.iter().map(|c| u32::from(*c)), s.len())
            }
            (Text::Wide(t), StrView::Ucs4(s)) => put(t, at, s.iter().copied(), s.len()),
            (Text::Latin1(_), _) => Ok(()),
        }
    }
}
fn put<U: Copy + Default>(
    t: &mut Vec<U>,
    at: usize,
    s: impl Iterator<Item = U>,
    n: usize,
) -> PyResult<()> {
    if t.try_reserve((at + n).saturating_sub(t.len())).is_err() {
        return Err(errors::no_memory());
    }
    if at > t.len() {
        t.resize(at, U::default());
    }
    let overlap = (t.len() - at).min(n);
    let mut s = s;
    for slot in &mut t[at..at + overlap] {
        if let Some(u) = s.next() {
            *slot = u;
        }
    }
    t.extend(s);
    Ok(())
}

#[repr(C)]
pub(super) struct StringIO {
    base: IoBase,
    text: Option<Text>,
    pos: usize,
    ok: bool,
    closed: bool,
    universal: bool,
    translate: bool,
    newlines: Newlines,
    /// `None` for universal translation.
    newline: Option<&'static str>,
}
gc_fields!(stringio_traverse, stringio_clear, StringIO, []);
fn sio<'a>(v: Value) -> &'a mut StringIO {
    // SAFETY: a live StringIO; borrows are not held across Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
pub(super) fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(PyStringIO_Type))
}
fn check(v: Value) -> PyResult<&'static mut Text> {
    let s = sio(v);
    if !s.ok {
        return Err(raise!(ValueError, "I/O operation on uninitialized object"));
    }
    if s.closed {
        return Err(raise!(ValueError, "I/O operation on closed file"));
    }
    Ok(s.text.get_or_insert(Text::Latin1(Vec::new())))
}
fn stringio_new(t: Type, _: Args<'_>) -> PyResult {
    let p: *mut StringIO = alloc(t)?;
    // SAFETY: a new object.
    unsafe {
        std::ptr::write(&raw mut (*p).text, None);
        std::ptr::write(&raw mut (*p).newline, None);
        Ok(Ref::from_owned_ptr(p))
    }
}
fn setup(v: Value, newline: Option<&'static str>) {
    let s = sio(v);
    s.text = Some(Text::Latin1(Vec::new()));
    s.pos = 0;
    s.closed = false;
    s.newline = newline;
    s.universal = matches!(newline, None | Some(""));
    s.translate = newline.is_none();
    s.newlines = Newlines {
        pending_cr: false,
        translate: s.translate,
        seen: 0,
    };
    s.ok = true;
}
fn stringio_init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<2> = Signature {
        name: "StringIO",
        params: ["initial_value", "newline"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [initial, newline] = args.bind(&INIT)?;
    let newline = if newline.is_empty() {
        Some("\n")
    } else {
        check_newline(newline, true)?
    };
    if !initial.is_empty() && !initial.is_none() && !initial.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "initial_value must be str or None, not {}",
            initial.ty().message_name()
        ));
    }
    setup(v, newline);
    if !initial.is_empty() && !initial.is_none() {
        write_str(v, initial)?;
        sio(v).pos = 0;
    }
    Ok(())
}
unsafe extern "C" fn stringio_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero. Closing has no effect that can be seen, so an exact StringIO is not finalized.
    unsafe {
        if start_dealloc(object, (*object).ob_type != &raw mut PyStringIO_Type) {
            std::ptr::drop_in_place(&raw mut (*object.cast::<StringIO>()).text);
            heap::finish_dealloc(object);
        }
    }
}

/// `write`: the number of characters taken.
pub(super) fn write_str(v: Value, data: Value) -> PyResult<usize> {
    check(v)?;
    let n = str::len(data);
    if n == 0 {
        return Ok(0);
    }
    let mut owned: Option<Ref> = None;
    if sio(v).universal {
        let mut state = sio(v).newlines;
        owned = Some(state.feed(Ref::new(data), true)?);
        sio(v).newlines = state;
    }
    if let Some(nl @ ("\r" | "\r\n")) = sio(v).newline {
        let current = owned.as_ref().map_or(data, |r| r.value());
        let replacement = str::intern(nl);
        owned = Some(ops::call_method(
            current,
            intern!("replace"),
            &[intern!("\n"), replacement.value()],
        )?);
    }
    let current = owned.as_ref().map_or(data, |r| r.value());
    let text = check(v)?;
    let at = sio(v).pos;
    let end = at.saturating_add(str::len(current));
    if end > isize::MAX as usize {
        return Err(raise!(OverflowError, "new position too large"));
    }
    if end > isize::MAX as usize / 4 {
        return Err(raise!(OverflowError, "new buffer size too large"));
    }
    text.put(at, str::view(current))?;
    sio(v).pos = at + str::len(current);
    Ok(n)
}
fn stringio_write(v: Value, data: Value) -> PyResult {
    if !sio(v).ok {
        check(v)?;
    }
    if !data.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "string argument expected, got '{}'",
            data.ty().message_name()
        ));
    }
    Ok(Ref::int(write_str(v, data)? as i64))
}
fn stringio_getvalue(v: Value) -> PyResult {
    let text = check(v)?;
    Ok(text.slice(0, text.len()))
}
fn stringio_tell(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::int(sio(v).pos as i64))
}
fn stringio_read(v: Value, args: &[Value]) -> PyResult {
    check_positional("read", args.len(), 0, 1)?;
    let n = size_arg(args.first())?;
    let text = check(v)?;
    let start = sio(v).pos.min(text.len());
    let available = text.len() - start;
    let n = if n < 0 {
        available
    } else {
        available.min(n as usize)
    };
    sio(v).pos += n;
    Ok(text.slice(start, start + n))
}
fn take_line(v: Value, limit: isize) -> PyResult {
    let text = check(v)?;
    let s = sio(v);
    if s.pos >= text.len() {
        return Ok(str::empty());
    }
    let start = s.pos;
    let stop = if limit >= 0 {
        text.len().min(start.saturating_add(limit as usize))
    } else {
        text.len()
    };
    let ends = LineEnds {
        translated: s.translate,
        universal: s.universal,
        newline: s.newline.unwrap_or("\n"),
    };
    let found = match text {
        Text::Latin1(t) => line_end(&t[start..stop], ends),
        Text::Wide(t) => line_end(&t[start..stop], ends),
    };
    let end = found.map_or(stop, |n| start + n);
    s.pos = end;
    Ok(text.slice(start, end))
}
fn stringio_readline(v: Value, args: &[Value]) -> PyResult {
    check_positional("readline", args.len(), 0, 1)?;
    take_line(v, size_arg(args.first())?)
}
fn stringio_next(v: Value) -> PyResult<Option<Ref>> {
    check(v)?;
    let line = if is_exact(v) {
        take_line(v, -1)?
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
    Ok(if str::len(line.value()) == 0 {
        None
    } else {
        Some(line)
    })
}
fn stringio_truncate(v: Value, args: &[Value]) -> PyResult {
    check_positional("truncate", args.len(), 0, 1)?;
    let here = sio(v).pos as isize;
    let size = match args.first() {
        Some(n) if !n.is_none() => size_arg(Some(n))?,
        _ => here,
    };
    let text = check(v)?;
    if size < 0 {
        return Err(raise!(ValueError, "Negative size value {size}"));
    }
    text.truncate(size as usize);
    Ok(Ref::int(size as i64))
}
fn stringio_seek(v: Value, args: &[Value]) -> PyResult {
    check_positional("seek", args.len(), 1, 2)?;
    let pos = ops::index_as_isize(args[0])?;
    let how = args.get(1).map_or(Ok(0), |w| crate::convert::c_int(*w))?;
    let text = check(v)?;
    if !(0..=2).contains(&how) {
        return Err(raise!(
            ValueError,
            "Invalid whence ({how}, should be 0, 1 or 2)"
        ));
    }
    if pos < 0 && how == 0 {
        return Err(raise!(ValueError, "Negative seek position {pos}"));
    }
    if how != 0 && pos != 0 {
        return Err(raise!(OSError, "Can't do nonzero cur-relative seeks"));
    }
    match how {
        0 => sio(v).pos = pos as usize,
        2 => sio(v).pos = text.len(),
        _ => {}
    }
    Ok(Ref::int(sio(v).pos as i64))
}
fn stringio_close(v: Value) -> PyResult {
    sio(v).closed = true;
    sio(v).text = None;
    Ok(Ref::none())
}
fn yes(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::bool(true))
}
fn get_closed(v: Value) -> PyResult {
    if !sio(v).ok {
        check(v)?;
    }
    Ok(Ref::bool(sio(v).closed))
}
fn get_line_buffering(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::bool(false))
}
fn get_newlines(v: Value) -> PyResult {
    check(v)?;
    Ok(if sio(v).universal {
        sio(v).newlines.object()
    } else {
        Ref::none()
    })
}
fn stringio_getstate(v: Value) -> PyResult {
    let value = stringio_getvalue(v)?;
    let newline = sio(v).newline.map_or_else(Ref::none, str::intern);
    let d = sio(v).base.dict;
    let d = if d.is_empty() {
        Ref::none()
    } else {
        dict::copy(d)
    };
    Ok(tuple::from_vec(vec![
        value,
        newline,
        Ref::int(sio(v).pos as i64),
        d,
    ]))
}
fn stringio_setstate(v: Value, state: Value) -> PyResult {
    if sio(v).ok && sio(v).closed {
        check(v)?;
    }
    if !tuple::is_tuple(state) || tuple::len(state) < 4 {
        return Err(raise!(
            TypeError,
            "{}.__setstate__ argument should be 4-tuple, got {}",
            v.ty().message_name(),
            state.ty().message_name()
        ));
    }
    let newline = check_newline(tuple::get(state, 1), true)?;
    setup(v, newline);
    let initial = tuple::get(state, 0);
    if !initial.is_none() {
        if !initial.has_flag(tpflags::UNICODE_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "initial_value must be str or None, not {}",
                initial.ty().message_name()
            ));
        }
        // The text is restored as it is: it was translated when it was first written.
        check(v)?.put(0, str::view(initial))?;
    }
    let position = tuple::get(state, 2);
    let Some(n) = position.as_int() else {
        return Err(raise!(
            TypeError,
            "third item of state must be an integer, got {}",
            position.ty().message_name()
        ));
    };
    if n < 0 {
        return Err(raise!(ValueError, "position value cannot be negative"));
    }
    sio(v).pos = n as usize;
    let d = tuple::get(state, 3);
    if !d.is_none() && !dict::is_dict(d) {
        return Err(raise!(
            TypeError,
            "fourth item of state should be a dict, got a {}",
            d.ty().message_name()
        ));
    }
    set_dict(v, d)?;
    Ok(Ref::none())
}

methods! {
    static STRINGIO_METHODS = [
        "close" NOARGS stringio_close, "close($self, /)\n--\n\nDrops the text.";
        "getvalue" NOARGS stringio_getvalue, "getvalue($self, /)\n--\n\nThe whole text.";
        "read" FAST stringio_read, "read($self, size=-1, /)\n--\n\nReads at most size characters.";
        "readline" FAST stringio_readline, "readline($self, size=-1, /)\n--\n\nReads a line.";
        "tell" NOARGS stringio_tell, "tell($self, /)\n--\n\nThe current position.";
        "truncate" FAST stringio_truncate, "truncate($self, pos=None, /)\n--\n\nTruncates the text.";
        "seek" FAST stringio_seek, "seek($self, pos, whence=0, /)\n--\n\nChanges the position.";
        "write" O stringio_write, "write($self, s, /)\n--\n\nWrites a str.";
        "seekable" NOARGS yes, "seekable($self, /)\n--\n\nTrue while the stream is open.";
        "readable" NOARGS yes, "readable($self, /)\n--\n\nTrue while the stream is open.";
        "writable" NOARGS yes, "writable($self, /)\n--\n\nTrue while the stream is open.";
        "__getstate__" NOARGS stringio_getstate, "";
        "__setstate__" O stringio_setstate, "";
    ]
}
getset! {
    static STRINGIO_GETSET = [
        "closed" get_closed, None, "";
        "newlines" get_newlines, None, "";
        "line_buffering" get_line_buffering, None, "";
    ]
}
py_type! {
    /// `io.StringIO`
    pub static PyStringIO_Type: StringIO = "_io.StringIO" {
        flags: BASETYPE | HAVE_GC;
        base: PyTextIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "StringIO(initial_value='', newline='\\n')\n--\n\nA text stream in memory.";
        raw { tp_dealloc: stringio_dealloc, tp_traverse: stringio_traverse, tp_clear: stringio_clear, tp_finalize: io_finalize }
        slots { tp_iternext: stringio_next, tp_init: stringio_init, tp_new: stringio_new }
        methods: STRINGIO_METHODS;
        getset: STRINGIO_GETSET;
    }
}
