//! `BufferedReader`, `BufferedWriter`, `BufferedRandom`: one structure, one buffer, CPython's rules about when the raw stream
//! is touched. Positions are relative to the start of the buffer; `raw_pos` is where the raw stream stands.

use super::base::*;
use super::fileio;
use crate::convert::{BytesMaker, c_int, c_long};
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, bytearray, bytes,
    check_positional, errors, exceptions, getset, heap, intern, members, memory, methods, ops,
    py_type, raise, str, ty,
};
use pyrs_vm::{safepoint, threads};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex};

#[repr(C)]
pub(super) struct Buffered {
    pub(super) base: IoBase,
    pub(super) raw: Value,
    ok: bool,
    detached: bool,
    pub(super) readable: bool,
    pub(super) writable: bool,
    finalizing: i8,
    /// The raw stream is exactly a `FileIO` and this is exactly one of our classes.
    fast: bool,
    /// Thread inside, or 0.
    owner: usize,
    abs_pos: i64,
    buffer: Vec<u8>,
    pos: i64,
    raw_pos: i64,
    /// End of the valid data read, or -1.
    read_end: i64,
    write_pos: i64,
    /// End of the data to write, or -1.
    write_end: i64,
}
gc_fields!(buffered_traverse, buffered_clear, Buffered, [raw]);

fn bf<'a>(v: Value) -> &'a mut Buffered {
    // SAFETY: a live buffered object; fields are re-read after anything that may run Python code.
    unsafe { &mut *v.as_ptr().cast() }
}

/// What a raw transfer gave.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Moved {
    Bytes(usize),
    WouldBlock,
}

impl Buffered {
    fn size(&self) -> i64 {
        self.buffer.len() as i64
    }
    fn valid_read(&self) -> bool {
        self.readable && self.read_end != -1
    }
    fn valid_write(&self) -> bool {
        self.writable && self.write_end != -1
    }
    fn readahead(&self) -> i64 {
        if self.valid_read() {
            self.read_end - self.pos
        } else {
            0
        }
    }
    fn raw_offset(&self) -> i64 {
        if (self.valid_read() || self.valid_write()) && self.raw_pos >= 0 {
            self.raw_pos - self.pos
        } else {
            0
        }
    }
    fn adjust(&mut self, pos: i64) {
        self.pos = pos;
        if self.valid_read() && self.read_end < pos {
            self.read_end = pos;
        }
    }
    fn reset_read(&mut self) {
        self.read_end = -1;
    }
    fn reset_write(&mut self) {
        self.write_pos = 0;
        self.write_end = -1;
    }
    fn ahead(&self) -> &[u8] {
        if self.readahead() > 0 {
            &self.buffer[self.pos as usize..self.read_end as usize]
        } else {
            &[]
        }
    }
}

/// Threads that wait for a buffered object another thread is in.
static WAITERS: AtomicUsize = AtomicUsize::new(0);
static FREED: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());

/// Exclusive use of a buffered object by a thread.
struct Entered(Value);
fn enter(v: Value) -> PyResult<Entered> {
    let me = pyrs_object::thread::current() as usize;
    loop {
        match bf(v).owner {
            0 => {
                bf(v).owner = me;
                heap::incref(v);
                return Ok(Entered(v));
            }
            owner if owner == me => {
                let text = ops::repr(v)?;
                return Err(raise!(
                    RuntimeError,
                    "reentrant call inside {}",
                    str::display(text.value())
                ));
            }
            _ => {
                WAITERS.fetch_add(1, Ordering::SeqCst);
                threads::without_gil(|| {
                    let guard = FREED.0.lock().unwrap_or_else(|e| e.into_inner());
                    drop(
                        FREED
                            .1
                            .wait_timeout(guard, std::time::Duration::from_millis(1)),
                    );
                });
                WAITERS.fetch_sub(1, Ordering::SeqCst);
            }
        }
    }
}
impl Drop for Entered {
    fn drop(&mut self) {
        bf(self.0).owner = 0;
        if WAITERS.load(Ordering::Relaxed) > 0 {
            FREED.1.notify_all();
        }
        heap::decref(self.0);
    }
}

#[cold]
fn uninitialized(v: Value) -> Raised {
    if bf(v).detached {
        raise!(ValueError, "raw stream has been detached")
    } else {
        raise!(ValueError, "I/O operation on uninitialized object")
    }
}
#[inline]
fn check_init(v: Value) -> PyResult<()> {
    if bf(v).ok {
        Ok(())
    } else {
        Err(uninitialized(v))
    }
}
fn raw_closed(v: Value) -> PyResult<bool> {
    let b = bf(v);
    if b.buffer.is_empty() {
        return Ok(true);
    }
    if b.fast {
        Ok(!fileio::is_open(b.raw))
    } else {
        is_closed(Ref::new(b.raw).value())
    }
}
fn check_open(v: Value, message: &str) -> PyResult<()> {
    if raw_closed(v)? && bf(v).readahead() == 0 {
        Err(raise!(ValueError, "{message}"))
    } else {
        Ok(())
    }
}

fn raw_position(r: Ref) -> PyResult<i64> {
    let n = c_long(r.value())?;
    if n < 0 {
        Err(raise!(OSError, "Raw stream returned invalid position {n}"))
    } else {
        Ok(n)
    }
}
fn raw_tell(v: Value) -> PyResult<i64> {
    let raw = Ref::new(bf(v).raw);
    let n = if bf(v).fast {
        fileio::seek_raw(raw.value(), 0, libc::SEEK_CUR)?
    } else {
        raw_position(ops::call_method(raw.value(), intern!("tell"), &[])?)?
    };
    bf(v).abs_pos = n;
    Ok(n)
}
fn known_tell(v: Value) -> PyResult<i64> {
    if bf(v).abs_pos != -1 {
        Ok(bf(v).abs_pos)
    } else {
        raw_tell(v)
    }
}
fn raw_seek(v: Value, target: i64, how: i32) -> PyResult<i64> {
    let raw = Ref::new(bf(v).raw);
    let n = if bf(v).fast {
        fileio::seek_raw(raw.value(), target, how)?
    } else {
        let target = Ref::int(target);
        let how = Value::int_unchecked(i64::from(how));
        raw_position(ops::call_method(
            raw.value(),
            intern!("seek"),
            &[target.value(), how],
        )?)?
    };
    bf(v).abs_pos = n;
    Ok(n)
}
fn count_result(r: Ref, len: usize, what: &str) -> PyResult<Moved> {
    if r.is_none() {
        return Ok(Moved::WouldBlock);
    }
    let n = match ops::index_as_isize(r.value()) {
        Ok(n) => n,
        Err(e) => {
            if !errors::matches(exceptions::TypeError) {
                return Err(e);
            }
            let cause = errors::take();
            let _ = raise!(OSError, "raw {what}() failed");
            let error = errors::take();
            exceptions::set_context(error.value(), Some(cause.clone()));
            exceptions::set_cause(error.value(), Some(cause));
            return Err(errors::restore(error));
        }
    };
    if n < 0 || n as usize > len {
        return Err(raise!(
            OSError,
            "raw {what}() returned invalid length {n} (should have been between 0 and {len})"
        ));
    }
    Ok(Moved::Bytes(n as usize))
}
/// Reads from the raw stream into `len` bytes at `p`.
///
/// # Safety
/// `p` has room for `len` bytes that stay there during the call.
unsafe fn raw_read(v: Value, p: *mut u8, len: usize) -> PyResult<Moved> {
    let raw = Ref::new(bf(v).raw);
    let moved = if bf(v).fast {
        // SAFETY: by contract.
        match unsafe { fileio::read_raw(raw.value(), p, len)? } {
            Some(n) => Moved::Bytes(n),
            None => Moved::WouldBlock,
        }
    } else {
        // The raw stream gets memory of its own: it may keep the view.
        let space = bytearray::new(&vec![0; len]);
        let view = memory::new(space.value())?;
        let r = loop {
            match ops::call_method(raw.value(), intern!("readinto"), &[view.value()]) {
                Err(_) if errors::matches(exceptions::InterruptedError) => errors::clear(),
                r => break r?,
            }
        };
        let moved = count_result(r, len, "readinto")?;
        if let Moved::Bytes(n) = moved {
            let data = bytearray::data(space.value());
            // SAFETY: by contract; `n` is at most `len`.
            unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), p, n.min(data.len())) };
        }
        moved
    };
    if let Moved::Bytes(n) = moved
        && n > 0
        && bf(v).abs_pos != -1
    {
        bf(v).abs_pos += n as i64;
    }
    Ok(moved)
}
/// Writes `data` to the raw stream.
fn raw_write(v: Value, data: &[u8]) -> PyResult<Moved> {
    let raw = Ref::new(bf(v).raw);
    let moved = if bf(v).fast {
        // SAFETY: the slice stays during the call: this object is entered, or the caller holds the buffer.
        match unsafe { fileio::write_raw(raw.value(), data.as_ptr(), data.len())? } {
            Some(n) => Moved::Bytes(n),
            None => Moved::WouldBlock,
        }
    } else {
        let copy = bytes::new(data);
        let view = memory::new(copy.value())?;
        let r = loop {
            match ops::call_method(raw.value(), intern!("write"), &[view.value()]) {
                Err(_) if errors::matches(exceptions::InterruptedError) => errors::clear(),
                r => break r?,
            }
        };
        if r.is_none() {
            Moved::WouldBlock
        } else {
            let n = ops::index_as_isize(r.value())?;
            if n < 0 || n as usize > data.len() {
                return Err(raise!(
                    OSError,
                    "raw write() returned invalid length {n} (should have been between 0 and {})",
                    data.len()
                ));
            }
            Moved::Bytes(n as usize)
        }
    };
    if let Moved::Bytes(n) = moved
        && n > 0
        && bf(v).abs_pos != -1
    {
        bf(v).abs_pos += n as i64;
    }
    Ok(moved)
}

#[cold]
fn would_block(written: usize) -> Raised {
    let args = [
        Value::int_unchecked(i64::from(libc::EAGAIN)),
        intern!("write could not complete without blocking"),
        Value::int_unchecked(written as i64),
    ];
    match exceptions::new_instance(exceptions::BlockingIOError, &args) {
        Ok(e) => errors::set(e),
        Err(e) => e,
    }
}
fn poll() -> PyResult<()> {
    if safepoint::requested() {
        safepoint::poll(pyrs_object::thread::current())
    } else {
        Ok(())
    }
}

fn flush_unlocked(v: Value) -> PyResult<()> {
    if bf(v).valid_write() && bf(v).write_pos != bf(v).write_end {
        let rewind = bf(v).raw_offset() + (bf(v).pos - bf(v).write_pos);
        if rewind != 0 {
            raw_seek(v, -rewind, 1)?;
            bf(v).raw_pos -= rewind;
        }
        while bf(v).write_pos < bf(v).write_end {
            let b = bf(v);
            let pending = &b.buffer[b.write_pos as usize..b.write_end as usize];
            let (p, n) = (pending.as_ptr(), pending.len());
            // SAFETY: the buffer is not replaced while the object is entered.
            match raw_write(v, unsafe { std::slice::from_raw_parts(p, n) })? {
                Moved::WouldBlock => return Err(would_block(0)),
                Moved::Bytes(n) => {
                    let b = bf(v);
                    b.write_pos += n as i64;
                    b.raw_pos = b.write_pos;
                }
            }
            poll()?;
        }
    }
    bf(v).reset_write();
    Ok(())
}
fn flush_and_rewind(v: Value) -> PyResult<()> {
    flush_unlocked(v)?;
    if bf(v).readable {
        let offset = bf(v).raw_offset();
        // The read-ahead is given back to the raw stream.
        let r = raw_seek(v, -offset, 1);
        bf(v).reset_read();
        r?;
    }
    Ok(())
}
fn flush_for_reading(v: Value) -> PyResult<()> {
    if bf(v).writable {
        flush_and_rewind(v)
    } else {
        Ok(())
    }
}
fn fill(v: Value) -> PyResult<Moved> {
    let b = bf(v);
    let start = if b.valid_read() { b.read_end } else { 0 };
    let space = &mut b.buffer[start as usize..];
    let (p, n) = (space.as_mut_ptr(), space.len());
    // SAFETY: the buffer is not replaced while the object is entered.
    let moved = unsafe { raw_read(v, p, n)? };
    if let Moved::Bytes(n) = moved
        && n > 0
    {
        let b = bf(v);
        b.read_end = start + n as i64;
        b.raw_pos = b.read_end;
    }
    Ok(moved)
}

fn init_common(v: Value, raw: Value, size: isize, readable: bool, writable: bool) -> PyResult<()> {
    let b = bf(v);
    b.ok = false;
    b.detached = false;
    if size <= 0 {
        // CPython checks the raw stream first; callers have.
        return Err(raise!(ValueError, "buffer size must be strictly positive"));
    }
    let old = std::mem::replace(&mut b.raw, Ref::new(raw).into_value());
    b.readable = readable;
    b.writable = writable;
    let mut buffer = Vec::new();
    if buffer.try_reserve_exact(size as usize).is_err() {
        heap::decref(old);
        return Err(errors::no_memory());
    }
    buffer.resize(size as usize, 0);
    b.buffer = buffer;
    b.pos = 0;
    b.abs_pos = -1;
    b.fast = fileio::is_exact(raw)
        && (v.is_exact(ty!(PyBufferedReader_Type))
            || v.is_exact(ty!(PyBufferedWriter_Type))
            || v.is_exact(ty!(PyBufferedRandom_Type)));
    b.reset_read();
    b.reset_write();
    heap::decref(old);
    if raw_tell(v).is_err() {
        errors::clear();
    }
    let b = bf(v);
    b.ok = true;
    Ok(())
}
fn init_args(name: &'static str, args: Args<'_>) -> PyResult<(Value, isize)> {
    let signature = Signature {
        name,
        params: ["raw", "buffer_size"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [raw, size] = args.bind(&signature)?;
    let size = if size.is_empty() {
        super::DEFAULT_BUFFER_SIZE as isize
    } else {
        ops::index_as_isize(size)?
    };
    Ok((raw, size))
}
fn reader_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let (raw, size) = init_args("BufferedReader", args)?;
    init_reader(v, raw, size)
}
fn init_reader(v: Value, raw: Value, size: isize) -> PyResult<()> {
    bf(v).ok = false;
    bf(v).detached = false;
    check_readable(raw)?;
    init_common(v, raw, size, true, false)
}
fn writer_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let (raw, size) = init_args("BufferedWriter", args)?;
    init_writer(v, raw, size)
}
fn init_writer(v: Value, raw: Value, size: isize) -> PyResult<()> {
    bf(v).ok = false;
    bf(v).detached = false;
    check_writable(raw)?;
    init_common(v, raw, size, false, true)
}
fn random_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let (raw, size) = init_args("BufferedRandom", args)?;
    init_random(v, raw, size)
}
fn init_random(v: Value, raw: Value, size: isize) -> PyResult<()> {
    bf(v).ok = false;
    bf(v).detached = false;
    check_seekable(raw)?;
    check_readable(raw)?;
    check_writable(raw)?;
    init_common(v, raw, size, true, true)
}
fn buffered_new(t: Type, _: Args<'_>) -> PyResult {
    let p: *mut Buffered = alloc(t)?;
    // SAFETY: a new zeroed object; the Vec is made valid before anyone looks.
    unsafe {
        std::ptr::write(&raw mut (*p).buffer, Vec::new());
        (*p).read_end = -1;
        (*p).write_end = -1;
        (*p).abs_pos = -1;
        Ok(Ref::from_owned_ptr(p))
    }
}
/// The three classes, made by `open`.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Reader,
    Writer,
    Random,
}
pub(super) fn make(kind: Kind, raw: Value, size: isize) -> PyResult {
    let t = match kind {
        Kind::Reader => ty!(PyBufferedReader_Type),
        Kind::Writer => ty!(PyBufferedWriter_Type),
        Kind::Random => ty!(PyBufferedRandom_Type),
    };
    let r = buffered_new(t, Args::NONE)?;
    match kind {
        Kind::Reader => init_reader(r.value(), raw, size)?,
        Kind::Writer => init_writer(r.value(), raw, size)?,
        Kind::Random => init_random(r.value(), raw, size)?,
    }
    Ok(r)
}
pub(super) fn is_exact_reader(v: Value) -> bool {
    v.is_exact(ty!(PyBufferedReader_Type)) || v.is_exact(ty!(PyBufferedRandom_Type))
}
pub(super) fn is_exact_writer(v: Value) -> bool {
    v.is_exact(ty!(PyBufferedWriter_Type)) || v.is_exact(ty!(PyBufferedRandom_Type))
}
/// The raw stream if it is exactly a `FileIO` (borrowed).
pub(super) fn file_of(v: Value) -> Option<Value> {
    (bf(v).ok && bf(v).fast).then(|| bf(v).raw)
}

unsafe extern "C" fn buffered_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        let b = object.cast::<Buffered>();
        (*b).finalizing = 1;
        if !start_dealloc(object, true) {
            return;
        }
        (*b).ok = false;
        heap::clear_field(&raw mut (*b).raw);
        std::ptr::drop_in_place(&raw mut (*b).buffer);
        heap::finish_dealloc(object);
    }
}

fn raw_call(v: Value, name: Value) -> PyResult {
    check_init(v)?;
    let raw = Ref::new(bf(v).raw);
    ops::call_method(raw.value(), name, &[])
}
fn simple_flush(v: Value) -> PyResult {
    raw_call(v, intern!("flush"))
}
fn buffered_seekable(v: Value) -> PyResult {
    raw_call(v, intern!("seekable"))
}
fn buffered_readable(v: Value) -> PyResult {
    raw_call(v, intern!("readable"))
}
fn buffered_writable(v: Value) -> PyResult {
    raw_call(v, intern!("writable"))
}
fn buffered_fileno(v: Value) -> PyResult {
    raw_call(v, intern!("fileno"))
}
fn buffered_isatty(v: Value) -> PyResult {
    raw_call(v, intern!("isatty"))
}
fn raw_attr(v: Value, name: Value) -> PyResult {
    check_init(v)?;
    let raw = Ref::new(bf(v).raw);
    ops::getattr(raw.value(), name)
}
fn get_closed(v: Value) -> PyResult {
    raw_attr(v, intern!("closed"))
}
fn get_name(v: Value) -> PyResult {
    raw_attr(v, intern!("name"))
}
fn get_mode(v: Value) -> PyResult {
    raw_attr(v, intern!("mode"))
}
fn dealloc_warn(v: Value, source: Value) -> PyResult {
    if bf(v).ok && !bf(v).raw.is_empty() {
        let raw = Ref::new(bf(v).raw);
        if fileio::is_exact(raw.value()) {
            fileio::dealloc_warn(raw.value(), source);
        } else if ops::call_method(raw.value(), intern!("_dealloc_warn"), &[source]).is_err() {
            errors::clear();
        }
    }
    Ok(Ref::none())
}
fn buffered_close(v: Value) -> PyResult {
    check_init(v)?;
    {
        let _lock = enter(v)?;
        if is_closed(Ref::new(bf(v).raw).value())? {
            return Ok(Ref::none());
        }
        if bf(v).finalizing != 0 {
            let _ = dealloc_warn(v, v);
        }
    }
    let flushed = ops::call_method(v, intern!("flush"), &[]);
    let _lock = enter(v)?;
    let r = both(flushed, || {
        let raw = Ref::new(bf(v).raw);
        ops::call_method(raw.value(), intern!("close"), &[])
    });
    bf(v).buffer = Vec::new();
    bf(v).reset_read();
    bf(v).reset_write();
    bf(v).pos = 0;
    r
}
fn buffered_detach(v: Value) -> PyResult {
    check_init(v)?;
    ops::call_method(v, intern!("flush"), &[])?;
    let b = bf(v);
    let raw = std::mem::replace(&mut b.raw, Value::EMPTY);
    b.detached = true;
    b.ok = false;
    // SAFETY: the field owned its value.
    Ok(unsafe { Ref::from_owned(raw) })
}
pub(super) fn flush(v: Value) -> PyResult {
    check_init(v)?;
    check_open(v, "flush of closed file")?;
    let _lock = enter(v)?;
    flush_and_rewind(v)?;
    Ok(Ref::none())
}

fn take_ahead(v: Value, n: usize) -> Ref {
    let b = bf(v);
    let r = bytes::new(&b.ahead()[..n]);
    b.pos += n as i64;
    r
}
fn read_all(v: Value) -> PyResult {
    let current = bf(v).ahead().to_vec();
    bf(v).pos += current.len() as i64;
    flush_for_reading(v)?;
    bf(v).reset_read();
    let raw = Ref::new(bf(v).raw);
    let rest = if bf(v).fast {
        Some(fileio::readall_raw(raw.value())?)
    } else {
        match ops::getattr_opt(raw.value(), intern!("readall"))? {
            Some(f) => Some(ops::call(f.value(), &[])?),
            None => None,
        }
    };
    if let Some(rest) = rest {
        if !rest.is_none() && !bytes::is_bytes(rest.value()) {
            return Err(raise!(TypeError, "readall() should return bytes"));
        }
        bf(v).abs_pos = -1;
        if current.is_empty() {
            return Ok(rest);
        }
        if rest.is_none() {
            return Ok(bytes::new(&current));
        }
        return Ok(bytes::new(&[&current, bytes::data(rest.value())].concat()));
    }
    let mut all = current;
    loop {
        let data = ops::call_method(raw.value(), intern!("read"), &[])?;
        if !data.is_none() && !bytes::is_bytes(data.value()) {
            return Err(raise!(TypeError, "read() should return bytes"));
        }
        if data.is_none() || bytes::data(data.value()).is_empty() {
            return if all.is_empty() {
                Ok(data)
            } else {
                Ok(bytes::new(&all))
            };
        }
        all.extend_from_slice(bytes::data(data.value()));
        if bf(v).abs_pos != -1 {
            bf(v).abs_pos += bytes::data(data.value()).len() as i64;
        }
    }
}
fn read_generic(v: Value, n: usize) -> PyResult {
    let current = bf(v).readahead() as usize;
    if n <= current {
        return Ok(take_ahead(v, n));
    }
    let mut out = BytesMaker::new(n)?;
    let mut written = current;
    out.slice()[..current].copy_from_slice(bf(v).ahead());
    bf(v).pos += current as i64;
    flush_for_reading(v)?;
    bf(v).reset_read();
    let mut remaining = n - current;
    let size = bf(v).buffer.len();
    while remaining > 0 {
        let whole = remaining - remaining % size;
        if whole == 0 {
            break;
        }
        // SAFETY: room for `remaining` more bytes.
        match unsafe { raw_read(v, out.ptr().add(written), whole)? } {
            Moved::WouldBlock if written == 0 => return Ok(Ref::none()),
            Moved::WouldBlock | Moved::Bytes(0) => return Ok(out.finish(written)),
            Moved::Bytes(k) => {
                remaining -= k;
                written += k;
            }
        }
    }
    let b = bf(v);
    (b.pos, b.raw_pos, b.read_end) = (0, 0, 0);
    while remaining > 0 && bf(v).read_end < bf(v).size() {
        match fill(v)? {
            Moved::WouldBlock if written == 0 => return Ok(Ref::none()),
            Moved::WouldBlock | Moved::Bytes(0) => return Ok(out.finish(written)),
            Moved::Bytes(k) => {
                let k = k.min(remaining);
                let b = bf(v);
                out.slice()[written..written + k]
                    .copy_from_slice(&b.buffer[b.pos as usize..b.pos as usize + k]);
                written += k;
                b.pos += k as i64;
                remaining -= k;
            }
        }
    }
    Ok(out.finish(written))
}
pub(super) fn read(v: Value, n: isize) -> PyResult {
    check_init(v)?;
    if n < -1 {
        return Err(raise!(ValueError, "read length must be non-negative or -1"));
    }
    check_open(v, "read of closed file")?;
    if n == -1 {
        let _lock = enter(v)?;
        return read_all(v);
    }
    if n as i64 <= bf(v).readahead() {
        return Ok(take_ahead(v, n as usize));
    }
    let _lock = enter(v)?;
    read_generic(v, n as usize)
}
fn buffered_read(v: Value, args: &[Value]) -> PyResult {
    check_positional("read", args.len(), 0, 1)?;
    check_init(v)?;
    read(v, size_arg(args.first())?)
}
pub(super) fn read1(v: Value, n: isize) -> PyResult {
    check_init(v)?;
    let n = if n < 0 {
        bf(v).buffer.len()
    } else {
        n as usize
    };
    check_open(v, "read of closed file")?;
    if n == 0 {
        return Ok(bytes::new(b""));
    }
    let have = bf(v).readahead() as usize;
    if have > 0 {
        return Ok(take_ahead(v, n.min(have)));
    }
    let mut out = BytesMaker::new(n)?;
    let _lock = enter(v)?;
    bf(v).reset_read();
    // SAFETY: room for `n` bytes.
    match unsafe { raw_read(v, out.ptr(), n)? } {
        Moved::WouldBlock => Ok(out.finish(0)),
        Moved::Bytes(k) => Ok(out.finish(k)),
    }
}
fn buffered_read1(v: Value, args: &[Value]) -> PyResult {
    check_positional("read1", args.len(), 0, 1)?;
    check_init(v)?;
    let n = match args.first() {
        None => -1,
        Some(n) => ops::index_as_isize(*n)?,
    };
    read1(v, n)
}
fn read_into(v: Value, target: Value, once: bool, name: &str) -> PyResult {
    check_init(v)?;
    let mut held = crate::convert::writable(target, name, "1").map_err(|_| {
        errors::clear();
        raise!(
            TypeError,
            "{name}() argument must be read-write bytes-like object, not {}",
            target.ty().message_name()
        )
    })?;
    check_open(v, "readinto of closed file")?;
    let out = held.bytes_mut();
    let (base, len) = (out.as_mut_ptr(), out.len());
    let ahead = bf(v).ahead();
    let mut written = ahead.len().min(len);
    // SAFETY: `len` bytes at `base` are held; `written` is at most that.
    unsafe { std::ptr::copy_nonoverlapping(ahead.as_ptr(), base, written) };
    bf(v).pos += written as i64;
    if written == len {
        return Ok(Ref::int(written as i64));
    }
    let _lock = enter(v)?;
    flush_for_reading(v)?;
    bf(v).reset_read();
    bf(v).pos = 0;
    while written < len {
        let remaining = len - written;
        let moved;
        if remaining > bf(v).buffer.len() {
            // SAFETY: room for `remaining` bytes.
            moved = unsafe { raw_read(v, base.add(written), remaining)? };
        } else if !(once && written > 0) {
            moved = fill(v)?;
            if let Moved::Bytes(k) = moved
                && k > 0
            {
                let k = k.min(remaining);
                let b = bf(v);
                // SAFETY: as above.
                unsafe {
                    std::ptr::copy_nonoverlapping(
                        b.buffer.as_ptr().add(b.pos as usize),
                        base.add(written),
                        k,
                    )
                };
                b.pos += k as i64;
                written += k;
                continue;
            }
        } else {
            break;
        }
        match moved {
            Moved::Bytes(0) => break,
            Moved::WouldBlock if written > 0 => break,
            Moved::WouldBlock => return Ok(Ref::none()),
            Moved::Bytes(k) => {
                written += k;
                if once {
                    break;
                }
            }
        }
    }
    Ok(Ref::int(written as i64))
}
fn buffered_readinto(v: Value, target: Value) -> PyResult {
    read_into(v, target, false, "readinto")
}
fn buffered_readinto1(v: Value, target: Value) -> PyResult {
    read_into(v, target, true, "readinto1")
}
fn buffered_peek(v: Value, args: &[Value]) -> PyResult {
    check_positional("peek", args.len(), 0, 1)?;
    check_init(v)?;
    if let Some(n) = args.first() {
        ops::index_as_isize(*n)?;
    }
    check_open(v, "peek of closed file")?;
    let _lock = enter(v)?;
    flush_for_reading(v)?;
    if bf(v).readahead() == 0 {
        bf(v).reset_read();
        fill(v)?;
        bf(v).pos = 0;
    }
    Ok(bytes::new(bf(v).ahead()))
}
fn find_newline(s: &[u8]) -> Option<usize> {
    // SAFETY: `len` readable bytes.
    let p = unsafe { libc::memchr(s.as_ptr().cast(), i32::from(b'\n'), s.len()) };
    if p.is_null() {
        None
    } else {
        Some(p as usize - s.as_ptr() as usize)
    }
}
pub(super) fn readline(v: Value, limit: isize) -> PyResult {
    check_open(v, "readline of closed file")?;
    let mut limit = if limit < 0 {
        usize::MAX
    } else {
        limit as usize
    };
    let ahead = bf(v).ahead();
    let ahead = &ahead[..ahead.len().min(limit)];
    if let Some(i) = find_newline(ahead) {
        return Ok(take_ahead(v, i + 1));
    }
    if ahead.len() == limit {
        return Ok(take_ahead(v, limit));
    }
    let _lock = enter(v)?;
    let mut line: Vec<u8> = bf(v).ahead().to_vec();
    bf(v).pos += line.len() as i64;
    limit = limit.saturating_sub(line.len());
    flush_for_reading(v)?;
    while limit > 0 {
        bf(v).reset_read();
        match fill(v)? {
            Moved::WouldBlock | Moved::Bytes(0) => break,
            Moved::Bytes(n) => {
                let n = n.min(limit);
                let b = bf(v);
                let data = &b.buffer[..n];
                if let Some(i) = find_newline(data) {
                    b.pos = i as i64 + 1;
                    if line.is_empty() {
                        return Ok(bytes::new(&data[..=i]));
                    }
                    line.extend_from_slice(&data[..=i]);
                    return Ok(bytes::new(&line));
                }
                line.extend_from_slice(data);
                b.pos = n as i64;
                limit -= n;
            }
        }
    }
    Ok(bytes::new(&line))
}
fn buffered_readline(v: Value, args: &[Value]) -> PyResult {
    check_positional("readline", args.len(), 0, 1)?;
    check_init(v)?;
    readline(v, size_arg(args.first())?)
}
fn buffered_next(v: Value) -> PyResult<Option<Ref>> {
    check_init(v)?;
    let line = if is_exact_reader(v) {
        readline(v, -1)?
    } else {
        let line = ops::call_method(v, intern!("readline"), &[])?;
        if !bytes::is_bytes(line.value()) {
            return Err(raise!(
                OSError,
                "readline() should have returned a bytes object, not '{}'",
                line.ty().message_name()
            ));
        }
        line
    };
    Ok(if bytes::data(line.value()).is_empty() {
        None
    } else {
        Some(line)
    })
}

pub(super) fn tell(v: Value) -> PyResult<i64> {
    check_init(v)?;
    Ok(raw_tell(v)? - bf(v).raw_offset())
}
fn buffered_tell(v: Value) -> PyResult {
    Ok(Ref::int(tell(v)?))
}
fn buffered_seek(v: Value, args: &[Value]) -> PyResult {
    check_positional("seek", args.len(), 1, 2)?;
    check_init(v)?;
    let how = args.get(1).map_or(Ok(0), |w| c_int(*w))?;
    if !(0..=2).contains(&how) && how != libc::SEEK_HOLE && how != libc::SEEK_DATA {
        return Err(raise!(ValueError, "whence value {how} unsupported"));
    }
    check_open(v, "seek of closed file")?;
    if bf(v).fast {
        if !fileio::seekable(bf(v).raw)? {
            return Err(unsupported("File or stream is not seekable."));
        }
    } else {
        check_seekable(Ref::new(bf(v).raw).value())?;
    }
    let mut target = c_long(args[0])?;
    // A target inside the buffer needs no raw seek.
    if how < 2 && bf(v).readable {
        let current = known_tell(v)?;
        let ahead = bf(v).readahead();
        if ahead > 0 {
            let offset = if how == 0 {
                target - (current - bf(v).raw_offset())
            } else {
                target
            };
            if offset >= -bf(v).pos && offset <= ahead {
                bf(v).pos += offset;
                return Ok(Ref::int(current - ahead + offset));
            }
        }
    }
    let _lock = enter(v)?;
    if bf(v).writable {
        flush_unlocked(v)?;
    }
    if how == 1 {
        target -= bf(v).raw_offset();
    }
    let n = raw_seek(v, target, how)?;
    bf(v).raw_pos = -1;
    if bf(v).readable {
        bf(v).reset_read();
    }
    Ok(Ref::int(n))
}
fn buffered_truncate(v: Value, args: &[Value]) -> PyResult {
    check_positional("truncate", args.len(), 0, 1)?;
    check_init(v)?;
    check_open(v, "truncate of closed file")?;
    if !bf(v).writable {
        return Err(unsupported("truncate"));
    }
    let _lock = enter(v)?;
    flush_and_rewind(v)?;
    let raw = Ref::new(bf(v).raw);
    let position = args
        .first()
        .copied()
        .unwrap_or_else(pyrs_object::singletons::none);
    let r = ops::call_method(raw.value(), intern!("truncate"), &[position])?;
    if raw_tell(v).is_err() {
        errors::clear();
    }
    Ok(r)
}

/// `write`: the number of bytes taken.
pub(super) fn write(v: Value, data: &[u8]) -> PyResult<usize> {
    check_init(v)?;
    let _lock = enter(v)?;
    if raw_closed(v)? {
        return Err(raise!(ValueError, "write to closed file"));
    }
    let len = data.len();
    {
        let b = bf(v);
        if !b.valid_read() && !b.valid_write() {
            b.pos = 0;
            b.raw_pos = 0;
        }
        let available = (b.size() - b.pos) as usize;
        if len <= available {
            let at = b.pos as usize;
            b.buffer[at..at + len].copy_from_slice(data);
            if !b.valid_write() || b.write_pos > b.pos {
                b.write_pos = b.pos;
            }
            b.adjust(b.pos + len as i64);
            if b.write_end < b.pos {
                b.write_end = b.pos;
            }
            return Ok(len);
        }
    }
    if let Err(e) = flush_unlocked(v) {
        if !errors::matches(exceptions::BlockingIOError) {
            return Err(e);
        }
        // The raw stream is full: make room and keep what fits.
        let b = bf(v);
        if b.readable {
            b.reset_read();
        }
        b.buffer
            .copy_within(b.write_pos as usize..b.write_end as usize, 0);
        b.write_end -= b.write_pos;
        b.raw_pos -= b.write_pos;
        b.pos -= b.write_pos;
        b.write_pos = 0;
        let at = b.write_end as usize;
        let available = b.buffer.len() - at;
        if len <= available {
            errors::clear();
            b.buffer[at..at + len].copy_from_slice(data);
            b.write_end += len as i64;
            b.pos += len as i64;
            return Ok(len);
        }
        b.buffer[at..].copy_from_slice(&data[..available]);
        b.write_end += available as i64;
        b.pos += available as i64;
        errors::clear();
        return Err(would_block(available));
    }
    let offset = bf(v).raw_offset();
    if offset != 0 {
        raw_seek(v, -offset, 1)?;
        bf(v).raw_pos -= offset;
    }
    let mut written = 0;
    while len - written > bf(v).buffer.len() {
        match raw_write(v, &data[written..])? {
            Moved::Bytes(n) => written += n,
            Moved::WouldBlock => {
                let size = bf(v).buffer.len();
                if len - written > size {
                    let b = bf(v);
                    b.buffer.copy_from_slice(&data[written..written + size]);
                    b.raw_pos = 0;
                    b.adjust(size as i64);
                    b.write_end = size as i64;
                    return Err(would_block(written + size));
                }
                break;
            }
        }
        poll()?;
    }
    let b = bf(v);
    if b.readable {
        b.reset_read();
    }
    let rest = &data[written..];
    b.buffer[..rest.len()].copy_from_slice(rest);
    b.write_pos = 0;
    b.write_end = rest.len() as i64;
    b.adjust(rest.len() as i64);
    b.raw_pos = 0;
    Ok(len)
}
fn buffered_write(v: Value, data: Value) -> PyResult {
    check_init(v)?;
    let held = memory::bytes_like(data)?;
    Ok(Ref::int(write(v, held.bytes())? as i64))
}
fn buffered_repr(v: Value) -> PyResult {
    repr_with_name(v, "")
}
fn buffered_sizeof(v: Value) -> PyResult {
    Ok(Ref::int(
        (v.ty().tp_basicsize as usize + bf(v).buffer.len()) as i64,
    ))
}

methods! {
    static READER_METHODS = [
        "detach" NOARGS buffered_detach, "";
        "flush" NOARGS simple_flush, "";
        "close" NOARGS buffered_close, "";
        "seekable" NOARGS buffered_seekable, "";
        "readable" NOARGS buffered_readable, "";
        "fileno" NOARGS buffered_fileno, "";
        "isatty" NOARGS buffered_isatty, "";
        "_dealloc_warn" O dealloc_warn, "";
        "read" FAST buffered_read, "read($self, size=-1, /)\n--\n\nReads up to size bytes.";
        "peek" FAST buffered_peek, "peek($self, size=0, /)\n--\n\nBuffered bytes without moving.";
        "read1" FAST buffered_read1, "read1($self, size=-1, /)\n--\n\nReads with at most one raw read.";
        "readinto" O buffered_readinto, "readinto($self, buffer, /)\n--\n\nReads into a buffer.";
        "readinto1" O buffered_readinto1, "readinto1($self, buffer, /)\n--\n\nReads into a buffer with at most one raw read.";
        "readline" FAST buffered_readline, "readline($self, size=-1, /)\n--\n\nReads a line.";
        "seek" FAST buffered_seek, "seek($self, target, whence=0, /)\n--\n\nMoves to a new position.";
        "tell" NOARGS buffered_tell, "";
        "truncate" FAST buffered_truncate, "truncate($self, pos=None, /)\n--\n\nTruncates the file.";
        "__sizeof__" NOARGS buffered_sizeof, "";
    ]
}
methods! {
    static WRITER_METHODS = [
        "close" NOARGS buffered_close, "";
        "detach" NOARGS buffered_detach, "";
        "seekable" NOARGS buffered_seekable, "";
        "writable" NOARGS buffered_writable, "";
        "fileno" NOARGS buffered_fileno, "";
        "isatty" NOARGS buffered_isatty, "";
        "_dealloc_warn" O dealloc_warn, "";
        "write" O buffered_write, "write($self, buffer, /)\n--\n\nWrites a buffer.";
        "truncate" FAST buffered_truncate, "truncate($self, pos=None, /)\n--\n\nTruncates the file.";
        "flush" NOARGS flush, "";
        "seek" FAST buffered_seek, "seek($self, target, whence=0, /)\n--\n\nMoves to a new position.";
        "tell" NOARGS buffered_tell, "";
        "__sizeof__" NOARGS buffered_sizeof, "";
    ]
}
methods! {
    static RANDOM_METHODS = [
        "close" NOARGS buffered_close, "";
        "detach" NOARGS buffered_detach, "";
        "seekable" NOARGS buffered_seekable, "";
        "readable" NOARGS buffered_readable, "";
        "writable" NOARGS buffered_writable, "";
        "fileno" NOARGS buffered_fileno, "";
        "isatty" NOARGS buffered_isatty, "";
        "_dealloc_warn" O dealloc_warn, "";
        "flush" NOARGS flush, "";
        "seek" FAST buffered_seek, "seek($self, target, whence=0, /)\n--\n\nMoves to a new position.";
        "tell" NOARGS buffered_tell, "";
        "truncate" FAST buffered_truncate, "truncate($self, pos=None, /)\n--\n\nTruncates the file.";
        "read" FAST buffered_read, "read($self, size=-1, /)\n--\n\nReads up to size bytes.";
        "read1" FAST buffered_read1, "read1($self, size=-1, /)\n--\n\nReads with at most one raw read.";
        "readinto" O buffered_readinto, "readinto($self, buffer, /)\n--\n\nReads into a buffer.";
        "readinto1" O buffered_readinto1, "readinto1($self, buffer, /)\n--\n\nReads into a buffer with at most one raw read.";
        "readline" FAST buffered_readline, "readline($self, size=-1, /)\n--\n\nReads a line.";
        "peek" FAST buffered_peek, "peek($self, size=0, /)\n--\n\nBuffered bytes without moving.";
        "write" O buffered_write, "write($self, buffer, /)\n--\n\nWrites a buffer.";
        "__sizeof__" NOARGS buffered_sizeof, "";
    ]
}
getset! {
    static BUFFERED_GETSET = [
        "closed" get_closed, None, "";
        "name" get_name, None, "";
        "mode" get_mode, None, "";
    ]
}
members! {
    static BUFFERED_MEMBERS = [
        "raw" OBJECT, std::mem::offset_of!(Buffered, raw), 1, "";
        "_finalizing" BOOL, std::mem::offset_of!(Buffered, finalizing), 0, "";
    ]
}
py_type! {
    /// `io.BufferedReader`
    pub static PyBufferedReader_Type: Buffered = "_io.BufferedReader" {
        flags: BASETYPE | HAVE_GC;
        base: PyBufferedIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "BufferedReader(raw, buffer_size=DEFAULT_BUFFER_SIZE)\n--\n\nA buffer over a readable raw stream.";
        raw { tp_dealloc: buffered_dealloc, tp_traverse: buffered_traverse, tp_clear: buffered_clear, tp_finalize: io_finalize }
        slots { tp_repr: buffered_repr, tp_iternext: buffered_next, tp_init: reader_init, tp_new: buffered_new }
        methods: READER_METHODS;
        getset: BUFFERED_GETSET;
        members: BUFFERED_MEMBERS;
    }
}
py_type! {
    /// `io.BufferedWriter`
    pub static PyBufferedWriter_Type: Buffered = "_io.BufferedWriter" {
        flags: BASETYPE | HAVE_GC;
        base: PyBufferedIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "BufferedWriter(raw, buffer_size=DEFAULT_BUFFER_SIZE)\n--\n\nA buffer over a writable raw stream.";
        raw { tp_dealloc: buffered_dealloc, tp_traverse: buffered_traverse, tp_clear: buffered_clear, tp_finalize: io_finalize }
        slots { tp_repr: buffered_repr, tp_init: writer_init, tp_new: buffered_new }
        methods: WRITER_METHODS;
        getset: BUFFERED_GETSET;
        members: BUFFERED_MEMBERS;
    }
}
py_type! {
    /// `io.BufferedRandom`
    pub static PyBufferedRandom_Type: Buffered = "_io.BufferedRandom" {
        flags: BASETYPE | HAVE_GC;
        base: PyBufferedIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "BufferedRandom(raw, buffer_size=DEFAULT_BUFFER_SIZE)\n--\n\nA buffer over a seekable raw stream.";
        raw { tp_dealloc: buffered_dealloc, tp_traverse: buffered_traverse, tp_clear: buffered_clear, tp_finalize: io_finalize }
        slots { tp_repr: buffered_repr, tp_iternext: buffered_next, tp_init: random_init, tp_new: buffered_new }
        methods: RANDOM_METHODS;
        getset: BUFFERED_GETSET;
        members: BUFFERED_MEMBERS;
    }
}

/// `BufferedRWPair`: a reader and a writer side by side.
#[repr(C)]
pub(super) struct RWPair {
    base: IoBase,
    reader: Value,
    writer: Value,
}
gc_fields!(pair_traverse, pair_clear, RWPair, [reader writer]);
fn pair<'a>(v: Value) -> &'a mut RWPair {
    // SAFETY: a live pair.
    unsafe { &mut *v.as_ptr().cast() }
}
fn pair_new(t: Type, _: Args<'_>) -> PyResult {
    let p: *mut RWPair = alloc(t)?;
    // SAFETY: a new object.
    Ok(unsafe { Ref::from_owned_ptr(p) })
}
fn pair_init(v: Value, args: Args<'_>) -> PyResult<()> {
    args.no_keywords("BufferedRWPair")?;
    let a = args.positional();
    check_positional("BufferedRWPair", a.len(), 2, 3)?;
    let size = match a.get(2) {
        Some(n) => ops::index_as_isize(*n)?,
        None => super::DEFAULT_BUFFER_SIZE as isize,
    };
    check_readable(a[0])?;
    check_writable(a[1])?;
    let reader = make(Kind::Reader, a[0], size)?;
    let writer = make(Kind::Writer, a[1], size)?;
    for (field, new) in [
        (&raw mut pair(v).reader, reader),
        (&raw mut pair(v).writer, writer),
    ] {
        // SAFETY: fields of a live object.
        unsafe {
            let old = std::mem::replace(&mut *field, new.into_value());
            heap::decref(old);
        }
    }
    Ok(())
}
unsafe extern "C" fn pair_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        if start_dealloc(object, true) {
            pair_clear(object);
            heap::finish_dealloc(object);
        }
    }
}
fn forward(v: Value, to_reader: bool, name: Value, args: &[Value]) -> PyResult {
    let target = if to_reader {
        pair(v).reader
    } else {
        pair(v).writer
    };
    if target.is_empty() {
        return Err(raise!(ValueError, "I/O operation on uninitialized object"));
    }
    let target = Ref::new(target);
    ops::call_method(target.value(), name, args)
}
/// Methods that go to one side: name, side, Python name.
macro_rules! pair_methods {
    ($($name:ident $reader:literal $text:literal;)*) => { $(
        fn $name(v: Value, args: &[Value]) -> PyResult {
            forward(v, $reader, intern!($text), args)
        }
    )* };
}
pair_methods! {
    pair_read true "read";
    pair_peek true "peek";
    pair_read1 true "read1";
    pair_readinto true "readinto";
    pair_readinto1 true "readinto1";
    pair_readable true "readable";
    pair_write false "write";
    pair_flush false "flush";
    pair_writable false "writable";
}
fn pair_close(v: Value) -> PyResult {
    let first = forward(v, false, intern!("close"), &[]);
    both(first, || forward(v, true, intern!("close"), &[]))
}
fn pair_isatty(v: Value) -> PyResult {
    let r = forward(v, false, intern!("isatty"), &[])?;
    if !r.is_false_const() {
        Ok(r)
    } else {
        forward(v, true, intern!("isatty"), &[])
    }
}
fn pair_closed(v: Value) -> PyResult {
    if pair(v).writer.is_empty() {
        return Err(raise!(
            RuntimeError,
            "the BufferedRWPair object is being garbage-collected"
        ));
    }
    let w = Ref::new(pair(v).writer);
    ops::getattr(w.value(), intern!("closed"))
}
methods! {
    static PAIR_METHODS = [
        "read" FAST pair_read, "";
        "peek" FAST pair_peek, "";
        "read1" FAST pair_read1, "";
        "readinto" FAST pair_readinto, "";
        "readinto1" FAST pair_readinto1, "";
        "write" FAST pair_write, "";
        "flush" FAST pair_flush, "";
        "readable" FAST pair_readable, "";
        "writable" FAST pair_writable, "";
        "close" NOARGS pair_close, "";
        "isatty" NOARGS pair_isatty, "";
    ]
}
getset! {
    static PAIR_GETSET = [ "closed" pair_closed, None, ""; ]
}
py_type! {
    /// `io.BufferedRWPair`
    pub static PyBufferedRWPair_Type: RWPair = "_io.BufferedRWPair" {
        flags: BASETYPE | HAVE_GC;
        base: PyBufferedIOBase_Type;
        fields { tp_dictoffset: DICT, tp_weaklistoffset: WEAK }
        doc: "BufferedRWPair(reader, writer, buffer_size=DEFAULT_BUFFER_SIZE, /)\n--\n\nA reader and a writer together.";
        raw { tp_dealloc: pair_dealloc, tp_traverse: pair_traverse, tp_clear: pair_clear, tp_finalize: io_finalize }
        slots { tp_init: pair_init, tp_new: pair_new }
        methods: PAIR_METHODS;
        getset: PAIR_GETSET;
    }
}
