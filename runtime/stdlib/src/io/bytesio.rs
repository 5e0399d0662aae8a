//! `BytesIO`.

use super::base::*;
use crate::convert::BytesMaker;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, bytes, check_positional, dict, errors,
    getset, heap, list, memory, methods, ops, py_type, raise, tuple, ty,
};
use std::ffi::{c_int, c_void};

#[repr(C)]
pub(super) struct BytesIO {
    pub(super) base: IoBase,
    buf: Vec<u8>,
    pos: usize,
    exports: usize,
    closed: bool,
}
gc_fields!(bytesio_traverse, bytesio_clear, BytesIO, []);
fn bio<'a>(v: Value) -> &'a mut BytesIO {
    // SAFETY: a live BytesIO; borrows are not held across Python code.
    unsafe { &mut *v.as_ptr().cast() }
}
pub(super) fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(PyBytesIO_Type))
}
fn check(v: Value) -> PyResult<()> {
    if bio(v).closed {
        Err(closed_error())
    } else {
        Ok(())
    }
}
fn check_exports(v: Value) -> PyResult<()> {
    if bio(v).exports > 0 {
        Err(raise!(
            BufferError,
            "Existing exports of data: object cannot be re-sized"
        ))
    } else {
        Ok(())
    }
}
fn bytesio_new(t: Type, _: Args<'_>) -> PyResult {
    let p: *mut BytesIO = alloc(t)?;
    // SAFETY: a new zeroed object.
    unsafe {
        std::ptr::write(&raw mut (*p).buf, Vec::new());
        Ok(Ref::from_owned_ptr(p))
    }
}
fn bytesio_init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<1> = Signature {
        name: "BytesIO",
        params: ["initial_bytes"],
        posonly: 0,
        positional: 1,
        required: 0,
    };
    let [initial] = args.bind(&INIT)?;
    // As CPython does it: what was there is gone even if it is being looked at. The memory stays where it is.
    bio(v).pos = 0;
    bio(v).buf.clear();
    check_exports(v)?;
    if !initial.is_empty() && !initial.is_none() {
        let held = memory::bytes_like(initial)?;
        bio(v).buf = held.bytes().to_vec();
    }
    Ok(())
}
unsafe extern "C" fn bytesio_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero. Closing has no effect that can be seen, so an exact BytesIO is not finalized.
    unsafe {
        let b = object.cast::<BytesIO>();
        if !start_dealloc(object, (*object).ob_type != &raw mut PyBytesIO_Type) {
            return;
        }
        if (*b).exports > 0 {
            let _ = raise!(
                SystemError,
                "deallocated BytesIO object has exported buffers"
            );
            errors::write_unraisable("", Value::EMPTY);
        }
        std::ptr::drop_in_place(&raw mut (*b).buf);
        heap::finish_dealloc(object);
    }
}

/// Writes at the position; `BufferError` while exported.
pub(super) fn write_bytes(v: Value, data: &[u8]) -> PyResult<usize> {
    check(v)?;
    check_exports(v)?;
    let b = bio(v);
    if data.is_empty() {
        return Ok(0);
    }
    let Some(end) = b
        .pos
        .checked_add(data.len())
        .filter(|n| *n <= isize::MAX as usize)
    else {
        return Err(raise!(OverflowError, "new buffer size too large"));
    };
    if end > b.buf.len() && b.buf.try_reserve(end - b.buf.len()).is_err() {
        return Err(errors::no_memory());
    }
    if b.pos == b.buf.len() {
        b.buf.extend_from_slice(data);
    } else {
        if end > b.buf.len() {
            b.buf.resize(end, 0);
        }
        b.buf[b.pos..end].copy_from_slice(data);
    }
    b.pos = end;
    Ok(data.len())
}
fn bytesio_write(v: Value, data: Value) -> PyResult {
    check(v)?;
    check_exports(v)?;
    if bytes::is_bytes(data) {
        return Ok(Ref::int(write_bytes(v, bytes::data(data))? as i64));
    }
    let held = memory::bytes_like(data)?;
    Ok(Ref::int(write_bytes(v, held.bytes())? as i64))
}
fn bytesio_writelines(v: Value, lines: Value) -> PyResult {
    check(v)?;
    ops::for_each(lines, |line| {
        bytesio_write(v, line.value())?;
        Ok(true)
    })?;
    Ok(Ref::none())
}
fn rest<'a>(v: Value) -> &'a [u8] {
    let b = bio(v);
    b.buf.get(b.pos..).unwrap_or(&[])
}
fn take(v: Value, n: usize) -> Ref {
    let r = bytes::new(&rest(v)[..n]);
    bio(v).pos += n;
    r
}
pub(super) fn read(v: Value, n: isize) -> PyResult {
    check(v)?;
    let available = rest(v).len();
    Ok(take(
        v,
        if n < 0 {
            available
        } else {
            available.min(n as usize)
        },
    ))
}
fn bytesio_read(v: Value, args: &[Value]) -> PyResult {
    check_positional("read", args.len(), 0, 1)?;
    read(v, size_arg(args.first())?)
}
fn bytesio_read1(v: Value, args: &[Value]) -> PyResult {
    check_positional("read1", args.len(), 0, 1)?;
    read(v, size_arg(args.first())?)
}
fn bytesio_readinto(v: Value, target: Value) -> PyResult {
    let mut held = crate::convert::writable(target, "readinto", "1").map_err(|_| {
        errors::clear();
        raise!(
            TypeError,
            "readinto() argument must be read-write bytes-like object, not {}",
            target.ty().message_name()
        )
    })?;
    check(v)?;
    let out = held.bytes_mut();
    let data = rest(v);
    let n = out.len().min(data.len());
    // SAFETY: both hold `n` bytes; they may overlap when a stream reads into its own export.
    unsafe { std::ptr::copy(data.as_ptr(), out.as_mut_ptr(), n) };
    bio(v).pos += n;
    Ok(Ref::int(n as i64))
}
fn line_length(v: Value, limit: isize) -> usize {
    let data = rest(v);
    let data = if limit >= 0 {
        &data[..data.len().min(limit as usize)]
    } else {
        data
    };
    // SAFETY: `len` readable bytes.
    let p = unsafe { libc::memchr(data.as_ptr().cast(), i32::from(b'\n'), data.len()) };
    if p.is_null() {
        data.len()
    } else {
        p as usize - data.as_ptr() as usize + 1
    }
}
fn bytesio_readline(v: Value, args: &[Value]) -> PyResult {
    check_positional("readline", args.len(), 0, 1)?;
    let limit = size_arg(args.first())?;
    check(v)?;
    let n = line_length(v, limit);
    Ok(take(v, n))
}
fn bytesio_readlines(v: Value, args: &[Value]) -> PyResult {
    check_positional("readlines", args.len(), 0, 1)?;
    check(v)?;
    let limit = match args.first() {
        None => 0,
        Some(n) if n.is_none() => 0,
        // What only has `__index__` is refused here.
        Some(n) if !pyrs_object::int::is_int_instance(*n) => {
            return Err(raise!(
                TypeError,
                "integer argument expected, got '{}'",
                n.ty().message_name()
            ));
        }
        Some(n) => crate::convert::c_ssize(*n)?,
    };
    let lines = list::new();
    let mut total = 0usize;
    loop {
        let n = line_length(v, -1);
        if n == 0 {
            return Ok(lines);
        }
        list::append(lines.value(), take(v, n))?;
        total += n;
        if limit > 0 && total >= limit as usize {
            return Ok(lines);
        }
    }
}
fn bytesio_iter(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::new(v))
}
fn bytesio_next(v: Value) -> PyResult<Option<Ref>> {
    check(v)?;
    let n = line_length(v, -1);
    Ok(if n == 0 { None } else { Some(take(v, n)) })
}
fn bytesio_getvalue(v: Value) -> PyResult {
    check(v)?;
    let mut b = BytesMaker::new(bio(v).buf.len())?;
    b.slice().copy_from_slice(&bio(v).buf);
    Ok(b.finish(bio(v).buf.len()))
}
fn bytesio_tell(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::int(bio(v).pos as i64))
}
fn bytesio_seek(v: Value, args: &[Value]) -> PyResult {
    check_positional("seek", args.len(), 1, 2)?;
    let pos = ops::index_as_isize(args[0])?;
    let how = args.get(1).map_or(Ok(0), |w| crate::convert::c_int(*w))?;
    check(v)?;
    if how == 0 && pos < 0 {
        return Err(raise!(ValueError, "negative seek value {pos}"));
    }
    let base = match how {
        0 => 0,
        1 => bio(v).pos as isize,
        2 => bio(v).buf.len() as isize,
        _ => {
            return Err(raise!(
                ValueError,
                "invalid whence ({how}, should be 0, 1 or 2)"
            ));
        }
    };
    let Some(pos) = base.checked_add(pos) else {
        return Err(raise!(OverflowError, "new position too large"));
    };
    bio(v).pos = pos.max(0) as usize;
    Ok(Ref::int(bio(v).pos as i64))
}
fn bytesio_truncate(v: Value, args: &[Value]) -> PyResult {
    check_positional("truncate", args.len(), 0, 1)?;
    let here = bio(v).pos as isize;
    let size = match args.first() {
        Some(n) if !n.is_none() => size_arg(Some(n))?,
        _ => here,
    };
    check(v)?;
    check_exports(v)?;
    if size < 0 {
        return Err(raise!(ValueError, "negative size value {size}"));
    }
    bio(v).buf.truncate(size as usize);
    Ok(Ref::int(size as i64))
}
fn bytesio_close(v: Value) -> PyResult {
    check_exports(v)?;
    bio(v).closed = true;
    bio(v).buf = Vec::new();
    Ok(Ref::none())
}
fn yes(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::bool(true))
}
fn bytesio_flush(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::none())
}
fn bytesio_isatty(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::bool(false))
}
fn get_closed(v: Value) -> PyResult {
    Ok(Ref::bool(bio(v).closed))
}
fn bytesio_getstate(v: Value) -> PyResult {
    let value = bytesio_getvalue(v)?;
    let d = bio(v).base.dict;
    let d = if d.is_empty() {
        Ref::none()
    } else {
        dict::copy(d)
    };
    Ok(tuple::from_vec(vec![value, Ref::int(bio(v).pos as i64), d]))
}
fn bytesio_setstate(v: Value, state: Value) -> PyResult {
    if !tuple::is_tuple(state) || tuple::len(state) < 3 {
        return Err(raise!(
            TypeError,
            "{}.__setstate__ argument should be 3-tuple, got {}",
            v.ty().message_name(),
            state.ty().message_name()
        ));
    }
    check_exports(v)?;
    bio(v).buf.clear();
    bio(v).pos = 0;
    bytesio_write(v, tuple::get(state, 0))?;
    let position = tuple::get(state, 1);
    let Some(n) = position.as_int() else {
        return Err(raise!(
            TypeError,
            "second item of state must be an integer, not {}",
            position.ty().message_name()
        ));
    };
    if n < 0 {
        return Err(raise!(ValueError, "position value cannot be negative"));
    }
    bio(v).pos = n as usize;
    set_dict(v, tuple::get(state, 2))?;
    Ok(Ref::none())
}
/// Updates the instance dict from a pickled state.
pub(super) fn set_dict(v: Value, d: Value) -> PyResult<()> {
    if d.is_none() {
        return Ok(());
    }
    if !dict::is_dict(d) {
        return Err(raise!(
            TypeError,
            "third item of state should be a dict, got a {}",
            d.ty().message_name()
        ));
    }
    let own = get_dict(v)?;
    dict::update(own.value(), d)
}
fn bytesio_sizeof(v: Value) -> PyResult {
    Ok(Ref::int(
        v.ty().tp_basicsize as i64 + bio(v).buf.capacity() as i64,
    ))
}
fn bytesio_getbuffer(v: Value) -> PyResult {
    check(v)?;
    let t = ty!(_PyBytesIOBuffer_Type);
    let object = heap::alloc_zeroed(t, size_of::<BytesIOBuffer>());
    // SAFETY: freshly allocated with that layout.
    let exporter = unsafe {
        (*object.cast::<BytesIOBuffer>()).source = Ref::new(v).into_value();
        pyrs_object::gc::track(object);
        Ref::from_owned_ptr(object)
    };
    memory::new(exporter.value())
}

/// What `getbuffer` exports: the memory of a `BytesIO`.
#[repr(C)]
pub(super) struct BytesIOBuffer {
    ob_base: PyObject,
    source: Value,
}
unsafe extern "C" fn buffer_get(
    object: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    if view.is_null() {
        let _ = raise!(
            BufferError,
            "bytesiobuf_getbuffer: view==NULL argument is obsolete"
        );
        return -1;
    }
    // SAFETY: C passes a live exporter and room for the view; the memory stays while `exports` counts it.
    unsafe {
        let source = (*object.cast::<BytesIOBuffer>()).source;
        let b = bio(source);
        heap::xincref_ptr(object);
        std::ptr::write_bytes(view, 0, 1);
        (*view).obj = object;
        (*view).buf = b.buf.as_mut_ptr().cast();
        (*view).len = b.buf.len() as isize;
        (*view).itemsize = 1;
        (*view).ndim = 1;
        if flags & bufflags::FORMAT != 0 {
            (*view).format = c"B".as_ptr().cast_mut();
        }
        if flags & bufflags::ND != 0 {
            (*view).shape = &raw mut (*view).len;
        }
        if flags & bufflags::STRIDES == bufflags::STRIDES {
            (*view).strides = &raw mut (*view).itemsize;
        }
        b.exports += 1;
    }
    0
}
unsafe extern "C" fn buffer_release(object: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: a live exporter.
    unsafe {
        let b = bio((*object.cast::<BytesIOBuffer>()).source);
        b.exports = b.exports.saturating_sub(1);
    }
}
unsafe extern "C" fn exporter_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: the collector passes a live object.
    unsafe { visit_field((*object.cast::<BytesIOBuffer>()).source, visit, arg) }
}
unsafe extern "C" fn exporter_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        pyrs_object::gc::untrack(object);
        heap::clear_field(&raw mut (*object.cast::<BytesIOBuffer>()).source);
        heap::finish_dealloc(object);
    }
}
py_type! {
    /// `_io._BytesIOBuffer`
    pub static _PyBytesIOBuffer_Type: BytesIOBuffer = "_io._BytesIOBuffer" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: exporter_dealloc, tp_traverse: exporter_traverse }
        buffer { bf_getbuffer: buffer_get, bf_releasebuffer: buffer_release }
    }
}

methods! {
    static BYTESIO_METHODS = [
        "readable" NOARGS yes, "readable($self, /)\n--\n\nTrue while the stream is open.";
        "seekable" NOARGS yes, "seekable($self, /)\n--\n\nTrue while the stream is open.";
        "writable" NOARGS yes, "writable($self, /)\n--\n\nTrue while the stream is open.";
        "close" NOARGS bytesio_close, "close($self, /)\n--\n\nDrops the data.";
        "flush" NOARGS bytesio_flush, "flush($self, /)\n--\n\nDoes nothing.";
        "isatty" NOARGS bytesio_isatty, "isatty($self, /)\n--\n\nFalse.";
        "tell" NOARGS bytesio_tell, "tell($self, /)\n--\n\nThe current position.";
        "write" O bytesio_write, "write($self, b, /)\n--\n\nWrites bytes.";
        "writelines" O bytesio_writelines, "writelines($self, lines, /)\n--\n\nWrites each of the lines.";
        "read1" FAST bytesio_read1, "read1($self, size=-1, /)\n--\n\nReads at most size bytes.";
        "readinto" O bytesio_readinto, "readinto($self, buffer, /)\n--\n\nReads into a buffer.";
        "readline" FAST bytesio_readline, "readline($self, size=-1, /)\n--\n\nReads a line.";
        "readlines" FAST bytesio_readlines, "readlines($self, size=None, /)\n--\n\nA list of lines.";
        "read" FAST bytesio_read, "read($self, size=-1, /)\n--\n\nReads at most size bytes.";
        "getbuffer" NOARGS bytesio_getbuffer, "getbuffer($self, /)\n--\n\nA view of the contents.";
        "getvalue" NOARGS bytesio_getvalue, "getvalue($self, /)\n--\n\nThe contents.";
        "seek" FAST bytesio_seek, "seek($self, pos, whence=0, /)\n--\n\nChanges the position.";
        "truncate" FAST bytesio_truncate, "truncate($self, size=None, /)\n--\n\nTruncates the contents.";
        "__getstate__" NOARGS bytesio_getstate, "";
        "__setstate__" O bytesio_setstate, "";
        "__sizeof__" NOARGS bytesio_sizeof, "";
    ]
}
getset! {
    static BYTESIO_GETSET = [ "closed" get_closed, None, "True if the file is closed."; ]
}
py_type! {
    /// `io.BytesIO`
    pub static PyBytesIO_Type: BytesIO = "_io.BytesIO" {
        flags: BASETYPE | HAVE_GC;
        base: PyBufferedIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "BytesIO(initial_bytes=b'')\n--\n\nA stream over a buffer in memory.";
        raw { tp_dealloc: bytesio_dealloc, tp_traverse: bytesio_traverse, tp_clear: bytesio_clear, tp_finalize: io_finalize }
        slots { tp_iter: bytesio_iter, tp_iternext: bytesio_next, tp_init: bytesio_init, tp_new: bytesio_new }
        methods: BYTESIO_METHODS;
        getset: BYTESIO_GETSET;
    }
}
