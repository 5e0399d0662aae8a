//! The abstract classes `_IOBase`, `_RawIOBase`, `_BufferedIOBase`, `_TextIOBase`, and what all streams share: the common head
//! of their structures, allocation, finalization, the checks with CPython's messages.

use crate::convert::{TypeCell, finalize_from_dealloc};
use pyrs_object::layout::*;
use pyrs_object::list::common::{repr_enter, repr_leave};
use pyrs_object::{
    PyResult, Raised, Ref, Type, Value, ValueExt, bytearray, bytes, check_positional, dict, errors,
    exceptions, gc, getset, heap, intern, list, methods, ops, py_type, raise, singletons, str,
    tuple, ty, typeobject, weakref,
};
use std::ffi::{c_int, c_void};

/// The head of every stream's structure.
#[repr(C)]
pub(super) struct IoBase {
    pub ob_base: PyObject,
    pub dict: Value,
    pub weakrefs: Value,
}
pub(super) const DICT: isize = std::mem::offset_of!(IoBase, dict) as isize;
pub(super) const WEAK: isize = std::mem::offset_of!(IoBase, weakrefs) as isize;

/// `io.UnsupportedOperation`.
pub(super) static UNSUPPORTED: TypeCell = TypeCell::new();

#[cold]
pub(super) fn unsupported(message: &str) -> Raised {
    errors::raise_fmt(UNSUPPORTED.get(), format_args!("{message}"))
}
#[cold]
pub(super) fn closed_error() -> Raised {
    raise!(ValueError, "I/O operation on closed file.")
}

/// A new zeroed instance of `t`, which may be a Python subclass.
pub(super) fn alloc<T>(t: Type) -> PyResult<*mut T> {
    let f = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: `t` is a ready type.
    let object = unsafe { f(t.as_ptr(), 0) };
    if object.is_null() {
        Err(errors::no_memory())
    } else {
        Ok(object.cast())
    }
}

/// The first half of a stream's `tp_dealloc`: finalizer, weak references, dict. False when the object lives on.
///
/// # Safety
/// The count of `object` is zero; it starts with an [`IoBase`].
pub(super) unsafe fn start_dealloc(object: *mut PyObject, finalize: bool) -> bool {
    // SAFETY: by contract.
    unsafe {
        if finalize && finalize_from_dealloc(object) {
            return false;
        }
        gc::untrack(object);
        let base = object.cast::<IoBase>();
        if !(*base).weakrefs.is_empty() {
            weakref::clear_refs(object);
        }
        heap::clear_field(&raw mut (*base).dict);
        true
    }
}

/// Visits an owned field.
///
/// # Safety
/// As `tp_traverse`.
pub(super) unsafe fn visit_field(v: Value, visit: visitproc, arg: *mut c_void) -> c_int {
    if v.is_object() {
        // SAFETY: by contract.
        unsafe { visit(v.as_ptr(), arg) }
    } else {
        0
    }
}
/// `tp_traverse` and `tp_clear` of a structure with the named `Value` fields behind its [`IoBase`].
macro_rules! gc_fields {
    ($traverse:ident, $clear:ident, $t:ty, [$($field:ident)*]) => {
        unsafe extern "C" fn $traverse(
            object: *mut pyrs_object::layout::PyObject,
            visit: pyrs_object::layout::visitproc,
            arg: *mut std::ffi::c_void,
        ) -> std::ffi::c_int {
            // SAFETY: the collector passes live objects of the type.
            unsafe {
                let o = object.cast::<$t>();
                let r = $crate::io::base::visit_field((*o).base.dict, visit, arg);
                if r != 0 { return r; }
                $(
                    let r = $crate::io::base::visit_field((*o).$field, visit, arg);
                    if r != 0 { return r; }
                )*
                let _ = o;
            }
            0
        }
        unsafe extern "C" fn $clear(object: *mut pyrs_object::layout::PyObject) -> std::ffi::c_int {
            // SAFETY: as above; fields own what they hold.
            unsafe {
                let o = object.cast::<$t>();
                $(pyrs_object::heap::clear_field(&raw mut (*o).$field);)*
                pyrs_object::heap::clear_field(&raw mut (*o).base.dict);
            }
            0
        }
    };
}
pub(super) use gc_fields;

/// A structure that is nothing but the head, for the abstract classes.
#[repr(C)]
pub(super) struct Plain {
    pub(super) base: IoBase,
}
gc_fields!(plain_traverse, plain_clear, Plain, []);
unsafe extern "C" fn plain_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        if start_dealloc(object, true) {
            heap::finish_dealloc(object);
        }
    }
}

/// Closes a stream that dies open; errors are dropped, as CPython's release build does.
pub(super) unsafe extern "C" fn io_finalize(object: *mut PyObject) {
    let v = Value::from_object(object);
    let saved = errors::occurred().then(errors::take);
    let closed = match ops::getattr_opt(v, intern!("closed")) {
        Ok(Some(c)) => ops::is_true(c.value()).ok(),
        _ => None,
    };
    errors::clear();
    if closed == Some(false) {
        let _ = ops::setattr(v, intern!("_finalizing"), singletons::bool_value(true));
        errors::clear();
        let _ = ops::call_method(v, intern!("close"), &[]);
        errors::clear();
    }
    if let Some(e) = saved {
        let _ = errors::restore(e);
    }
}

/// Whether `v.closed` is true.
pub(super) fn is_closed(v: Value) -> PyResult<bool> {
    let c = ops::getattr(v, intern!("closed"))?;
    ops::is_true(c.value())
}
pub(super) fn check_closed(v: Value) -> PyResult<()> {
    match ops::getattr_opt(v, intern!("closed"))? {
        Some(c) if ops::is_true(c.value())? => Err(closed_error()),
        _ => Ok(()),
    }
}
fn check_flag(v: Value, method: Value, message: &str) -> PyResult<()> {
    if ops::call_method(v, method, &[])?.is_true_const() {
        Ok(())
    } else {
        Err(unsupported(message))
    }
}
pub(super) fn check_seekable(v: Value) -> PyResult<()> {
    check_flag(v, intern!("seekable"), "File or stream is not seekable.")
}
pub(super) fn check_readable(v: Value) -> PyResult<()> {
    check_flag(v, intern!("readable"), "File or stream is not readable.")
}
pub(super) fn check_writable(v: Value) -> PyResult<()> {
    check_flag(v, intern!("writable"), "File or stream is not writable.")
}

/// An optional size argument: `None` and absence are -1.
pub(super) fn size_arg(v: Option<&Value>) -> PyResult<isize> {
    match v {
        None => Ok(-1),
        Some(v) if v.is_none() => Ok(-1),
        Some(v) => {
            if let Some(n) = v.as_int() {
                return Ok(n as isize);
            }
            if !ops::has_index(*v) {
                return Err(raise!(
                    TypeError,
                    "argument should be integer or None, not '{}'",
                    v.ty().message_name()
                ));
            }
            ops::index_as_isize_clipped_error(*v, exceptions::OverflowError)
        }
    }
}

/// Runs `first`, then always `second`; an error of the first becomes the context of one of the second.
pub(super) fn both(first: PyResult, second: impl FnOnce() -> PyResult) -> PyResult {
    match first {
        Ok(_) => second(),
        Err(_) => {
            let e1 = errors::take();
            match second() {
                Ok(_) => Err(errors::restore(e1)),
                Err(_) => {
                    let e2 = errors::take();
                    if e1.value() != e2.value() {
                        exceptions::set_context(e2.value(), Some(e1));
                    }
                    Err(errors::restore(e2))
                }
            }
        }
    }
}

fn base_new(t: Type, _: pyrs_object::Args<'_>) -> PyResult {
    let p: *mut IoBase = alloc(t)?;
    // SAFETY: a new object.
    Ok(unsafe { Ref::from_owned_ptr(p) })
}
fn base_seek(_: Value, _: &[Value]) -> PyResult {
    Err(unsupported("seek"))
}
fn base_tell(v: Value) -> PyResult {
    ops::call_method(
        v,
        intern!("seek"),
        &[Value::int_unchecked(0), Value::int_unchecked(1)],
    )
}
fn base_truncate(_: Value, _: &[Value]) -> PyResult {
    Err(unsupported("truncate"))
}
fn base_fileno(_: Value) -> PyResult {
    Err(unsupported("fileno"))
}
fn own_closed(v: Value) -> PyResult<bool> {
    Ok(ops::getattr_opt(v, intern!("__IOBase_closed"))?.is_some())
}
fn base_get_closed(v: Value) -> PyResult {
    Ok(Ref::bool(own_closed(v)?))
}
fn base_flush(v: Value) -> PyResult {
    if own_closed(v)? {
        return Err(closed_error());
    }
    Ok(Ref::none())
}
fn base_close(v: Value) -> PyResult {
    if own_closed(v)? {
        return Ok(Ref::none());
    }
    let flushed = ops::call_method(v, intern!("flush"), &[]);
    both(flushed, || {
        ops::setattr(v, intern!("__IOBase_closed"), singletons::bool_value(true))?;
        Ok(Ref::none())
    })
}
fn no(_: Value) -> PyResult {
    Ok(Ref::bool(false))
}
fn base_isatty(v: Value) -> PyResult {
    check_closed(v)?;
    Ok(Ref::bool(false))
}
fn base_enter(v: Value) -> PyResult {
    check_closed(v)?;
    Ok(Ref::new(v))
}
fn base_exit(v: Value, _: &[Value]) -> PyResult {
    ops::call_method(v, intern!("close"), &[])
}
fn base_check_closed(v: Value, _: &[Value]) -> PyResult {
    check_closed(v)?;
    Ok(Ref::none())
}
fn base_check_seekable(v: Value, _: &[Value]) -> PyResult {
    check_seekable(v)?;
    Ok(Ref::bool(true))
}
fn base_check_readable(v: Value, _: &[Value]) -> PyResult {
    check_readable(v)?;
    Ok(Ref::bool(true))
}
fn base_check_writable(v: Value, _: &[Value]) -> PyResult {
    check_writable(v)?;
    Ok(Ref::bool(true))
}

fn base_readline(v: Value, args: &[Value]) -> PyResult {
    check_positional("readline", args.len(), 0, 1)?;
    let limit = size_arg(args.first())?;
    let peek = ops::getattr_opt(v, intern!("peek"))?;
    let mut line: Vec<u8> = Vec::new();
    while limit < 0 || line.len() < limit as usize {
        let mut n = 1;
        if let Some(peek) = &peek {
            let ahead = ops::call(peek.value(), &[Value::int_unchecked(1)])?;
            if !bytes::is_bytes(ahead.value()) {
                return Err(raise!(
                    OSError,
                    "peek() should have returned a bytes object, not '{}'",
                    ahead.ty().message_name()
                ));
            }
            let data = bytes::data(ahead.value());
            if !data.is_empty() {
                let end = if limit >= 0 {
                    data.len().min(limit as usize - line.len())
                } else {
                    data.len()
                };
                n = data[..end]
                    .iter()
                    .position(|c| *c == b'\n')
                    .map_or(end, |i| i + 1);
            }
        }
        let b = ops::call_method(v, intern!("read"), &[Value::int_unchecked(n as i64)])?;
        if !bytes::is_bytes(b.value()) {
            return Err(raise!(
                OSError,
                "read() should have returned a bytes object, not '{}'",
                b.ty().message_name()
            ));
        }
        let data = bytes::data(b.value());
        if data.is_empty() {
            break;
        }
        line.extend_from_slice(data);
        if line.last() == Some(&b'\n') {
            break;
        }
    }
    Ok(bytes::new(&line))
}
fn base_iter(v: Value) -> PyResult {
    check_closed(v)?;
    Ok(Ref::new(v))
}
fn base_next(v: Value) -> PyResult<Option<Ref>> {
    let line = ops::call_method(v, intern!("readline"), &[])?;
    Ok(if ops::len(line.value())? == 0 {
        None
    } else {
        Some(line)
    })
}
fn base_readlines(v: Value, args: &[Value]) -> PyResult {
    check_positional("readlines", args.len(), 0, 1)?;
    let hint = size_arg(args.first())?;
    let lines = list::new();
    let mut total = 0usize;
    ops::for_each(v, |line| {
        total += ops::len(line.value())?;
        list::append(lines.value(), line)?;
        Ok(hint <= 0 || total <= hint as usize)
    })?;
    Ok(lines)
}
fn base_writelines(v: Value, lines: Value) -> PyResult {
    check_closed(v)?;
    ops::for_each(lines, |line| {
        ops::call_method(v, intern!("write"), &[line.value()])?;
        Ok(true)
    })?;
    Ok(Ref::none())
}
pub(super) fn get_dict(v: Value) -> PyResult {
    // SAFETY: a live stream; the field owns the dict.
    unsafe {
        let base = v.as_ptr().cast::<IoBase>();
        if (*base).dict.is_empty() {
            (*base).dict = dict::new().into_value();
        }
        Ok(Ref::new((*base).dict))
    }
}

methods! {
    static IOBASE_METHODS = [
        "seek" FAST base_seek, "seek($self, offset, whence=os.SEEK_SET, /)\n--\n\nChanges the stream position.";
        "tell" NOARGS base_tell, "tell($self, /)\n--\n\nThe current stream position.";
        "truncate" FAST base_truncate, "Truncates the file to size bytes.";
        "flush" NOARGS base_flush, "flush($self, /)\n--\n\nFlushes write buffers.";
        "close" NOARGS base_close, "close($self, /)\n--\n\nFlushes and closes the stream.";
        "seekable" NOARGS no, "seekable($self, /)\n--\n\nWhether the object supports random access.";
        "readable" NOARGS no, "readable($self, /)\n--\n\nWhether the object was opened for reading.";
        "writable" NOARGS no, "writable($self, /)\n--\n\nWhether the object was opened for writing.";
        "_checkClosed" FAST base_check_closed, "";
        "_checkSeekable" FAST base_check_seekable, "";
        "_checkReadable" FAST base_check_readable, "";
        "_checkWritable" FAST base_check_writable, "";
        "fileno" NOARGS base_fileno, "fileno($self, /)\n--\n\nThe underlying file descriptor.";
        "isatty" NOARGS base_isatty, "isatty($self, /)\n--\n\nWhether this is an interactive stream.";
        "__enter__" NOARGS base_enter, "";
        "__exit__" FAST base_exit, "";
        "readline" FAST base_readline, "readline($self, size=-1, /)\n--\n\nReads a line.";
        "readlines" FAST base_readlines, "readlines($self, hint=-1, /)\n--\n\nA list of lines from the stream.";
        "writelines" O base_writelines, "writelines($self, lines, /)\n--\n\nWrites a list of lines, without adding separators.";
    ]
}
getset! {
    static IOBASE_GETSET = [
        "__dict__" get_dict, None, "";
        "closed" base_get_closed, None, "";
    ]
}
py_type! {
    /// `io._IOBase`
    pub static PyIOBase_Type: Plain = "_io._IOBase" {
        flags: BASETYPE | HAVE_GC;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "The abstract base class of all streams.";
        raw { tp_dealloc: plain_dealloc, tp_traverse: plain_traverse, tp_clear: plain_clear, tp_finalize: io_finalize }
        slots { tp_iter: base_iter, tp_iternext: base_next, tp_new: base_new }
        methods: IOBASE_METHODS;
        getset: IOBASE_GETSET;
    }
}

fn raw_read(v: Value, args: &[Value]) -> PyResult {
    check_positional("read", args.len(), 0, 1)?;
    let n = match args.first() {
        None => -1,
        Some(v) => ops::index_as_isize(*v)?,
    };
    if n < 0 {
        return ops::call_method(v, intern!("readall"), &[]);
    }
    let b = bytearray::new(&vec![0; n as usize]);
    let r = ops::call_method(v, intern!("readinto"), &[b.value()])?;
    if r.is_none() {
        return Ok(r);
    }
    let got = ops::index_as_isize(r.value())?;
    let data = bytearray::data(b.value());
    if got < 0 {
        return Err(raise!(
            ValueError,
            "Negative size passed to PyBytes_FromStringAndSize"
        ));
    }
    Ok(bytes::new(&data[..data.len().min(got as usize)]))
}
fn raw_readall(v: Value) -> PyResult {
    let mut all: Vec<u8> = Vec::new();
    loop {
        let b = ops::call_method(
            v,
            intern!("read"),
            &[Value::int_unchecked(super::DEFAULT_BUFFER_SIZE as i64)],
        )?;
        if b.is_none() {
            return if all.is_empty() {
                Ok(b)
            } else {
                Ok(bytes::new(&all))
            };
        }
        if !bytes::is_bytes(b.value()) {
            return Err(raise!(TypeError, "read() should return bytes"));
        }
        let data = bytes::data(b.value());
        if data.is_empty() {
            return Ok(bytes::new(&all));
        }
        all.extend_from_slice(data);
    }
}
fn not_implemented(_: Value, _: &[Value]) -> PyResult {
    Err(pyrs_object::errors::raise_none(
        exceptions::NotImplementedError,
    ))
}
methods! {
    static RAW_METHODS = [
        "read" FAST raw_read, "read($self, size=-1, /)\n--\n\nReads up to size bytes.";
        "readall" NOARGS raw_readall, "readall($self, /)\n--\n\nReads until the end.";
        "readinto" FAST not_implemented, "";
        "write" FAST not_implemented, "";
    ]
}
py_type! {
    /// `io._RawIOBase`
    pub static PyRawIOBase_Type: Plain = "_io._RawIOBase" {
        flags: BASETYPE | HAVE_GC;
        base: PyIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "Base class for raw binary streams.";
        raw { tp_dealloc: plain_dealloc, tp_traverse: plain_traverse, tp_clear: plain_clear, tp_finalize: io_finalize }
        slots { tp_new: base_new }
        methods: RAW_METHODS;
    }
}

fn unsupported_detach(_: Value) -> PyResult {
    Err(unsupported("detach"))
}
fn unsupported_read(_: Value, _: &[Value]) -> PyResult {
    Err(unsupported("read"))
}
fn unsupported_read1(_: Value, _: &[Value]) -> PyResult {
    Err(unsupported("read1"))
}
fn unsupported_readline(_: Value, _: &[Value]) -> PyResult {
    Err(unsupported("readline"))
}
fn unsupported_write(_: Value, _: &[Value]) -> PyResult {
    Err(unsupported("write"))
}
fn readinto_by(v: Value, target: Value, method: Value) -> PyResult {
    let mut b = crate::convert::writable(target, "readinto", "1")?;
    let n = b.bytes_mut().len();
    let data = ops::call_method(v, method, &[Value::int_unchecked(n as i64)])?;
    if !bytes::is_bytes(data.value()) {
        return Err(raise!(TypeError, "read() should return bytes"));
    }
    let got = bytes::data(data.value());
    if got.len() > n {
        return Err(raise!(
            ValueError,
            "read() returned too much data: {n} bytes requested, {} returned",
            got.len()
        ));
    }
    b.bytes_mut()[..got.len()].copy_from_slice(got);
    Ok(Ref::int(got.len() as i64))
}
fn buffered_readinto(v: Value, target: Value) -> PyResult {
    readinto_by(v, target, intern!("read"))
}
fn buffered_readinto1(v: Value, target: Value) -> PyResult {
    readinto_by(v, target, intern!("read1"))
}
methods! {
    static BUFFERED_METHODS = [
        "detach" NOARGS unsupported_detach, "detach($self, /)\n--\n\nSeparates the raw stream from the buffer.";
        "read" FAST unsupported_read, "Reads up to n bytes.";
        "read1" FAST unsupported_read1, "Reads up to n bytes with at most one raw read.";
        "readinto" O buffered_readinto, "readinto($self, buffer, /)\n--\n\nReads into a buffer.";
        "readinto1" O buffered_readinto1, "readinto1($self, buffer, /)\n--\n\nReads into a buffer with at most one raw read.";
        "write" FAST unsupported_write, "Writes a buffer.";
    ]
}
py_type! {
    /// `io._BufferedIOBase`
    pub static PyBufferedIOBase_Type: Plain = "_io._BufferedIOBase" {
        flags: BASETYPE | HAVE_GC;
        base: PyIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "Base class for buffered streams.";
        raw { tp_dealloc: plain_dealloc, tp_traverse: plain_traverse, tp_clear: plain_clear, tp_finalize: io_finalize }
        slots { tp_new: base_new }
        methods: BUFFERED_METHODS;
    }
}
fn none(_: Value) -> PyResult {
    Ok(Ref::none())
}
methods! {
    static TEXT_METHODS = [
        "detach" NOARGS unsupported_detach, "Separates the buffer from the text stream.";
        "read" FAST unsupported_read, "Reads at most n characters.";
        "readline" FAST unsupported_readline, "Reads until a newline.";
        "write" FAST unsupported_write, "Writes a string.";
    ]
}
getset! {
    static TEXT_GETSET = [
        "encoding" none, None, "Encoding of the text stream.";
        "newlines" none, None, "Line endings translated so far.";
        "errors" none, None, "The error setting of the decoder or encoder.";
    ]
}
py_type! {
    /// `io._TextIOBase`
    pub static PyTextIOBase_Type: Plain = "_io._TextIOBase" {
        flags: BASETYPE | HAVE_GC;
        base: PyIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "Base class for text streams.";
        raw { tp_dealloc: plain_dealloc, tp_traverse: plain_traverse, tp_clear: plain_clear, tp_finalize: io_finalize }
        slots { tp_new: base_new }
        methods: TEXT_METHODS;
        getset: TEXT_GETSET;
    }
}

/// Makes `io.UnsupportedOperation` and the abstract classes.
pub(super) fn init(m: Value) -> PyResult<()> {
    let bases = tuple::from_slice(&[exceptions::OSError.value(), exceptions::ValueError.value()]);
    let namespace = dict::new();
    dict::set_str(namespace.value(), "__module__", intern!("io"));
    let name = str::intern("UnsupportedOperation");
    let t = ops::call(
        ty!(typeobject::PyType_Type).value(),
        &[name.value(), bases.value(), namespace.value()],
    )?;
    if let Some(t) = Type::from_value(t.value()) {
        UNSUPPORTED.set(t);
    }
    pyrs_object::module::add(m, "UnsupportedOperation", t);
    pyrs_object::module::add_type(m, ty!(PyIOBase_Type))?;
    pyrs_object::module::add_type(m, ty!(PyRawIOBase_Type))?;
    pyrs_object::module::add_type(m, ty!(PyBufferedIOBase_Type))?;
    pyrs_object::module::add_type(m, ty!(PyTextIOBase_Type))
}

/// `<_io.FileIO name='x'>`: the class with the stream's name, if it has one.
pub(super) fn repr_with_name(v: Value, extra: &str) -> PyResult {
    let class = v.ty().full_name();
    let name = match ops::getattr_opt(v, intern!("name")) {
        Ok(name) => name,
        Err(e) => {
            if !errors::take_if(exceptions::ValueError) {
                return Err(e);
            }
            None
        }
    };
    let Some(name) = name else {
        return Ok(str::new(&format!("<{class}{extra}>")));
    };
    let _guard = ReprGuard::enter(v)?;
    let name = ops::repr(name.value())?;
    Ok(str::from_wtf8(
        &[
            format!("<{class} name=").as_bytes(),
            &str::to_wtf8(name.value()),
            extra.as_bytes(),
            b">",
        ]
        .concat(),
    ))
}
/// Refuses a repr that contains itself.
pub(super) struct ReprGuard(Value);
impl ReprGuard {
    pub(super) fn enter(v: Value) -> PyResult<ReprGuard> {
        if repr_enter(v) {
            return Err(raise!(
                RuntimeError,
                "reentrant call inside {}.__repr__",
                v.ty().message_name()
            ));
        }
        Ok(ReprGuard(v))
    }
}
impl Drop for ReprGuard {
    fn drop(&mut self) {
        repr_leave(self.0);
    }
}
