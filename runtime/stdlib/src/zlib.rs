//! `zlib`: deflate streams and checksums, over the memory-safe implementation with zlib's own interface.

use crate::convert::{c_int, c_int_or, c_mask};
use crate::util::{ErrorClass, alloc};
use libz_rs_sys as z;
use pyrs_object::layout::PyObject;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, bytes, check_positional, errors,
    exceptions, getset, heap, memory, methods, module, ops, py_type, raise, str, ty,
};
use std::ffi::CStr;

static ERROR: ErrorClass = ErrorClass::new();

const DEF_BUF_SIZE: usize = 16 * 1024;
const DEF_MEM_LEVEL: i32 = 8;
const MAX_WBITS: i32 = 15;
/// The version whose interface is kept; programs compare it.
const VERSION: &str = "1.2.13";

type Step = unsafe extern "C" fn(*mut z::z_stream, i32) -> i32;

/// A stream at a fixed address, because its state may refer to it.
struct Stream {
    z: Box<z::z_stream>,
    step: Step,
    end: unsafe extern "C" fn(*mut z::z_stream) -> i32,
    alive: bool,
}

impl Stream {
    fn deflate(level: i32, method: i32, wbits: i32, memory: i32, strategy: i32) -> (Stream, i32) {
        let mut s = Stream {
            z: Box::default(),
            step: z::deflate,
            end: z::deflateEnd,
            alive: false,
        };
        let size = size_of::<z::z_stream>() as i32;
        // SAFETY: a zeroed stream at an address that stays.
        let r = unsafe {
            z::deflateInit2_(
                &raw mut *s.z,
                level,
                method,
                wbits,
                memory,
                strategy,
                z::zlibVersion(),
                size,
            )
        };
        s.alive = r == z::Z_OK;
        (s, r)
    }
    fn inflate(wbits: i32) -> (Stream, i32) {
        let mut s = Stream {
            z: Box::default(),
            step: z::inflate,
            end: z::inflateEnd,
            alive: false,
        };
        // SAFETY: as above.
        let r = unsafe {
            z::inflateInit2_(
                &raw mut *s.z,
                wbits,
                z::zlibVersion(),
                size_of::<z::z_stream>() as i32,
            )
        };
        s.alive = r == z::Z_OK;
        (s, r)
    }
    /// Works on `input` until it is used up, `limit` bytes are out, the stream ends, or an error. `flush` is the mode for
    /// the last part, `more` that before it. Gives the status and how much of the input is left.
    fn run(
        &mut self,
        input: &[u8],
        more: i32,
        flush: i32,
        out: &mut Vec<u8>,
        limit: usize,
    ) -> (i32, usize) {
        if !self.alive {
            return (z::Z_STREAM_ERROR, input.len());
        }
        let mut rest = input;
        loop {
            let part = rest.len().min(1 << 30);
            let mode = if part == rest.len() { flush } else { more };
            self.z.next_in = rest.as_ptr();
            self.z.avail_in = part as u32;
            let mut status;
            loop {
                let room = out
                    .len()
                    .clamp(DEF_BUF_SIZE, 1 << 30)
                    .min(limit - out.len());
                if room == 0 {
                    return (z::Z_OK, rest.len() - part + self.z.avail_in as usize);
                }
                if out.try_reserve(room).is_err() {
                    return (z::Z_MEM_ERROR, rest.len() - part + self.z.avail_in as usize);
                }
                let start = out.len();
                self.z.next_out = out.spare_capacity_mut().as_mut_ptr().cast();
                self.z.avail_out = room as u32;
                // SAFETY: the stream is live; input and output have the sizes given.
                unsafe {
                    status = (self.step)(&raw mut *self.z, mode);
                    out.set_len(start + room - self.z.avail_out as usize);
                }
                let fine = matches!(status, z::Z_OK | z::Z_BUF_ERROR);
                if !fine || self.z.avail_out != 0 {
                    break;
                }
            }
            rest = &rest[part - self.z.avail_in as usize..];
            if rest.is_empty() || !matches!(status, z::Z_OK | z::Z_BUF_ERROR) {
                return (status, rest.len());
            }
        }
    }
    fn close(&mut self) -> i32 {
        if !std::mem::take(&mut self.alive) {
            return z::Z_OK;
        }
        // SAFETY: a live stream, ended once.
        unsafe { (self.end)(&raw mut *self.z) }
    }
    fn copy(&self) -> Option<Stream> {
        let mut s = Stream {
            z: Box::default(),
            step: self.step,
            end: self.end,
            alive: false,
        };
        let source = (&raw const *self.z).cast_mut();
        let deflates = std::ptr::fn_addr_eq(self.step, z::deflate as Step);
        // SAFETY: a live source and a zeroed destination; the source is only read.
        let r = unsafe {
            if deflates {
                z::deflateCopy(&raw mut *s.z, source)
            } else {
                z::inflateCopy(&raw mut *s.z, source)
            }
        };
        s.alive = r == z::Z_OK;
        s.alive.then_some(s)
    }
    #[cold]
    fn error(&self, code: i32, what: &str) -> Raised {
        let text = if !self.z.msg.is_null() {
            // SAFETY: the library's messages are static C strings.
            unsafe { CStr::from_ptr(self.z.msg) }.to_str().unwrap_or("")
        } else {
            match code {
                z::Z_BUF_ERROR => "incomplete or truncated stream",
                z::Z_STREAM_ERROR => "inconsistent stream state",
                z::Z_DATA_ERROR => "invalid input data",
                _ => "",
            }
        };
        if text.is_empty() {
            ERROR.raise(format_args!("Error {code} {what}"))
        } else {
            ERROR.raise(format_args!("Error {code} {what}: {text}"))
        }
    }
}
impl Drop for Stream {
    fn drop(&mut self) {
        self.close();
    }
}

#[cold]
fn out_of_memory(message: &str) -> Raised {
    errors::raise_fmt(exceptions::MemoryError, format_args!("{message}"))
}

/// Whether a program can have the buffer for the result that it asks for. Ours grows with the result instead.
fn check_buffer(size: usize) -> PyResult<()> {
    if errors::check_room(size, 1).is_err() {
        errors::clear();
        return Err(out_of_memory("Unable to allocate output buffer."));
    }
    Ok(())
}

fn adler32(_: Value, args: &[Value]) -> PyResult {
    checksum("adler32", args, 1, z::adler32_z)
}
fn crc32(_: Value, args: &[Value]) -> PyResult {
    checksum("crc32", args, 0, z::crc32_z)
}
fn checksum(
    name: &str,
    args: &[Value],
    start: u64,
    f: unsafe extern "C" fn(u64, *const u8, usize) -> u64,
) -> PyResult {
    check_positional(name, args.len(), 1, 2)?;
    let b = memory::bytes_like(args[0])?;
    let start = args.get(1).map_or(Ok(start), |v| c_mask(*v))? & 0xffff_ffff;
    let s = b.bytes();
    // SAFETY: the buffer's memory.
    Ok(Ref::int(
        (unsafe { f(start, s.as_ptr(), s.len()) } & 0xffff_ffff) as i64,
    ))
}

fn compress(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<3> = Signature {
        name: "compress",
        params: ["", "level", "wbits"],
        posonly: 1,
        positional: 3,
        required: 1,
    };
    let [data, level, wbits] = args.bind(&SIGNATURE)?;
    let data = memory::bytes_like(data)?;
    let (level, wbits) = (c_int_or(level, -1)?, c_int_or(wbits, MAX_WBITS)?);
    let (mut s, r) = Stream::deflate(
        level,
        z::Z_DEFLATED,
        wbits,
        DEF_MEM_LEVEL,
        z::Z_DEFAULT_STRATEGY,
    );
    match r {
        z::Z_OK => {}
        z::Z_MEM_ERROR => return Err(out_of_memory("Out of memory while compressing data")),
        z::Z_STREAM_ERROR => return Err(ERROR.raise(format_args!("Bad compression level"))),
        r => return Err(s.error(r, "while compressing data")),
    }
    let mut out = Vec::new();
    let (r, _) = s.run(
        data.bytes(),
        z::Z_NO_FLUSH,
        z::Z_FINISH,
        &mut out,
        usize::MAX,
    );
    if r != z::Z_STREAM_END {
        return Err(s.error(r, "while compressing data"));
    }
    Ok(bytes::new(&out))
}
fn decompress(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<3> = Signature {
        name: "decompress",
        params: ["", "wbits", "bufsize"],
        posonly: 1,
        positional: 3,
        required: 1,
    };
    let [data, wbits, size] = args.bind(&SIGNATURE)?;
    let data = memory::bytes_like(data)?;
    let wbits = c_int_or(wbits, MAX_WBITS)?;
    let size = if size.is_empty() {
        DEF_BUF_SIZE as isize
    } else {
        ops::index_as_isize(size)?
    };
    if size < 0 {
        return Err(raise!(ValueError, "bufsize must be non-negative"));
    }
    check_buffer(size as usize)?;
    let (mut s, r) = Stream::inflate(wbits);
    match r {
        z::Z_OK => {}
        z::Z_MEM_ERROR => return Err(out_of_memory("Out of memory while decompressing data")),
        r => return Err(s.error(r, "while preparing to decompress data")),
    }
    let mut out = Vec::with_capacity((size as usize).clamp(1, 1 << 20));
    let (r, _) = s.run(
        data.bytes(),
        z::Z_NO_FLUSH,
        z::Z_FINISH,
        &mut out,
        usize::MAX,
    );
    match r {
        z::Z_STREAM_END => Ok(bytes::new(&out)),
        z::Z_MEM_ERROR => Err(out_of_memory("Out of memory while decompressing data")),
        z::Z_OK => Err(s.error(z::Z_BUF_ERROR, "while decompressing data")),
        r => Err(s.error(r, "while decompressing data")),
    }
}

/// The state of a `Compress` or `Decompress` object; the last four are the decompressor's.
struct State {
    stream: Stream,
    dictionary: Option<Vec<u8>>,
    unused: Ref,
    tail: Ref,
    eof: bool,
}
#[repr(C)]
struct StreamObject {
    ob_base: PyObject,
    state: *mut State,
}

methods! { static COMPRESS_METHODS = [
    "compress" O compress_part, "compress($self, data, /)\n--\n\nReturns a bytes object containing compressed data.";
    "flush" FAST compress_flush, "flush($self, mode=zlib.Z_FINISH, /)\n--\n\nReturn a bytes object containing any remaining compressed data.";
    "copy" NOARGS copy, "copy($self, /)\n--\n\nReturn a copy of the compression object.";
    "__copy__" NOARGS copy, "__copy__($self, /)\n--\n\n";
    "__deepcopy__" O deepcopy, "__deepcopy__($self, memo, /)\n--\n\n";
] }
methods! { static DECOMPRESS_METHODS = [
    "decompress" KW decompress_part, "decompress($self, data, /, max_length=0)\n--\n\nReturn a bytes object containing the decompressed version of the data.";
    "flush" FAST decompress_flush, "flush($self, length=zlib.DEF_BUF_SIZE, /)\n--\n\nReturn a bytes object containing any remaining decompressed data.";
    "copy" NOARGS copy, "copy($self, /)\n--\n\nReturn a copy of the decompression object.";
    "__copy__" NOARGS copy, "__copy__($self, /)\n--\n\n";
    "__deepcopy__" O deepcopy, "__deepcopy__($self, memo, /)\n--\n\n";
] }
getset! { static DECOMPRESS_GETSET = [
    "unused_data" get_unused, None, "";
    "unconsumed_tail" get_tail, None, "";
    "eof" get_eof, None, "";
] }
py_type! {
    static ZlibCompress_Type: StreamObject = "zlib.Compress" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: dealloc }
        methods: COMPRESS_METHODS;
    }
}
py_type! {
    static ZlibDecompress_Type: StreamObject = "zlib.Decompress" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: dealloc }
        methods: DECOMPRESS_METHODS;
        getset: DECOMPRESS_GETSET;
    }
}
fn state<'a>(v: Value) -> &'a mut State {
    // SAFETY: methods are only called with instances, which all have a state; no Python code runs while it is borrowed.
    unsafe { &mut *(*v.as_ptr().cast::<StreamObject>()).state }
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: a dead object owns its state.
    unsafe {
        let state = std::mem::replace(
            &mut (*object.cast::<StreamObject>()).state,
            std::ptr::null_mut(),
        );
        if !state.is_null() {
            drop(Box::from_raw(state));
        }
        heap::finish_dealloc(object);
    }
}
fn make(t: Type, state: State) -> PyResult {
    let v = alloc(t)?;
    // SAFETY: a new instance.
    unsafe { (*v.value().as_ptr().cast::<StreamObject>()).state = Box::into_raw(Box::new(state)) };
    Ok(v)
}
fn new_state(stream: Stream, dictionary: Option<Vec<u8>>) -> State {
    State {
        stream,
        dictionary,
        unused: bytes::new(b""),
        tail: bytes::new(b""),
        eof: false,
    }
}

fn compressobj(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<6> = Signature {
        name: "compressobj",
        params: ["level", "method", "wbits", "memLevel", "strategy", "zdict"],
        posonly: 0,
        positional: 6,
        required: 0,
    };
    let [level, method, wbits, mem_level, strategy, zdict] = args.bind(&SIGNATURE)?;
    let (level, method) = (c_int_or(level, -1)?, c_int_or(method, z::Z_DEFLATED)?);
    let (wbits, mem_level) = (
        c_int_or(wbits, MAX_WBITS)?,
        c_int_or(mem_level, DEF_MEM_LEVEL)?,
    );
    let strategy = c_int_or(strategy, z::Z_DEFAULT_STRATEGY)?;
    let zdict = match zdict.non_empty() {
        Some(d) => Some(memory::bytes_like(d)?),
        None => None,
    };
    let (mut s, r) = Stream::deflate(level, method, wbits, mem_level, strategy);
    match r {
        z::Z_OK => {}
        z::Z_MEM_ERROR => {
            return Err(out_of_memory(
                "Can't allocate memory for compression object",
            ));
        }
        z::Z_STREAM_ERROR => return Err(raise!(ValueError, "Invalid initialization option")),
        r => return Err(s.error(r, "while creating compression object")),
    }
    if let Some(d) = zdict {
        let d = d.bytes();
        let Ok(n) = u32::try_from(d.len()) else {
            return Err(raise!(
                OverflowError,
                "zdict length does not fit in an unsigned int"
            ));
        };
        // SAFETY: a live stream and the buffer's memory.
        match unsafe { z::deflateSetDictionary(&raw mut *s.z, d.as_ptr(), n) } {
            z::Z_OK => {}
            z::Z_STREAM_ERROR => return Err(raise!(ValueError, "Invalid dictionary")),
            _ => return Err(raise!(ValueError, "deflateSetDictionary()")),
        }
    }
    make(ty!(ZlibCompress_Type), new_state(s, None))
}
fn set_inflate_dictionary(s: &mut Stream, d: &[u8]) -> PyResult<()> {
    let Ok(n) = u32::try_from(d.len()) else {
        return Err(raise!(
            OverflowError,
            "zdict length does not fit in an unsigned int"
        ));
    };
    // SAFETY: a live stream and a slice.
    match unsafe { z::inflateSetDictionary(&raw mut *s.z, d.as_ptr(), n) } {
        z::Z_OK => Ok(()),
        r => Err(s.error(r, "while setting zdict")),
    }
}
fn decompressobj(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "decompressobj",
        params: ["wbits", "zdict"],
        posonly: 0,
        positional: 2,
        required: 0,
    };
    let [wbits, zdict] = args.bind(&SIGNATURE)?;
    let wbits = c_int_or(wbits, MAX_WBITS)?;
    let zdict = match zdict.non_empty() {
        None => None,
        Some(d) if memory::has_buffer(d) => Some(memory::bytes_like(d)?.bytes().to_vec()),
        Some(_) => {
            return Err(raise!(
                TypeError,
                "zdict argument must support the buffer protocol"
            ));
        }
    };
    let (mut s, r) = Stream::inflate(wbits);
    match r {
        z::Z_OK => {}
        z::Z_MEM_ERROR => {
            return Err(out_of_memory(
                "Can't allocate memory for decompression object",
            ));
        }
        z::Z_STREAM_ERROR => return Err(raise!(ValueError, "Invalid initialization option")),
        r => return Err(s.error(r, "while creating decompression object")),
    }
    if let Some(d) = zdict.as_ref().filter(|_| wbits < 0) {
        // A raw stream cannot ask for its dictionary.
        set_inflate_dictionary(&mut s, d)?;
    }
    make(ty!(ZlibDecompress_Type), new_state(s, zdict))
}

fn compress_part(v: Value, data: Value) -> PyResult {
    let data = memory::bytes_like(data)?;
    let s = &mut state(v).stream;
    let mut out = Vec::new();
    let (r, _) = s.run(
        data.bytes(),
        z::Z_NO_FLUSH,
        z::Z_NO_FLUSH,
        &mut out,
        usize::MAX,
    );
    if r == z::Z_STREAM_ERROR {
        return Err(s.error(r, "while compressing data"));
    }
    Ok(bytes::new(&out))
}
fn compress_flush(v: Value, args: &[Value]) -> PyResult {
    check_positional("flush", args.len(), 0, 1)?;
    let mode = args.first().map_or(Ok(z::Z_FINISH), |m| c_int(*m))?;
    if mode == z::Z_NO_FLUSH {
        return Ok(bytes::new(b""));
    }
    let s = &mut state(v).stream;
    let mut out = Vec::new();
    let (r, _) = s.run(&[], z::Z_NO_FLUSH, mode, &mut out, usize::MAX);
    match r {
        z::Z_STREAM_END if mode == z::Z_FINISH => {
            let r = s.close();
            if r != z::Z_OK {
                return Err(s.error(r, "while finishing compression"));
            }
        }
        z::Z_OK | z::Z_BUF_ERROR => {}
        r => return Err(s.error(r, "while flushing")),
    }
    Ok(bytes::new(&out))
}

/// Decompresses, giving the stream its dictionary when it asks. The status and how much of `input` is left.
fn inflate_with_dictionary(
    st: &mut State,
    input: &[u8],
    more: i32,
    last: i32,
    out: &mut Vec<u8>,
    limit: usize,
) -> PyResult<(i32, usize)> {
    let (mut r, mut left) = st.stream.run(input, more, last, out, limit);
    if r == z::Z_NEED_DICT
        && let Some(d) = &st.dictionary
    {
        set_inflate_dictionary(&mut st.stream, d)?;
        (r, left) = st
            .stream
            .run(&input[input.len() - left..], more, last, out, limit);
    }
    Ok((r, left))
}
/// Keeps what was not read: behind the end of the stream, or for the next call.
fn keep_rest(st: &mut State, status: i32, rest: &[u8]) {
    if status == z::Z_STREAM_END {
        if !rest.is_empty() {
            let all = [bytes::data(st.unused.value()), rest].concat();
            st.unused = bytes::new(&all);
        }
        st.tail = bytes::new(b"");
    } else if !rest.is_empty() || !bytes::data(st.tail.value()).is_empty() {
        st.tail = bytes::new(rest);
    }
}
fn decompress_part(v: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "decompress",
        params: ["", "max_length"],
        posonly: 1,
        positional: 2,
        required: 1,
    };
    let [data, limit] = args.bind(&SIGNATURE)?;
    let data = memory::bytes_like(data)?;
    let limit = if limit.is_empty() {
        0
    } else {
        ops::index_as_isize(limit)?
    };
    let limit = match usize::try_from(limit) {
        Ok(0) => usize::MAX,
        Ok(n) => n,
        Err(_) => return Err(raise!(ValueError, "max_length must be non-negative")),
    };
    let (st, input) = (state(v), data.bytes());
    let mut out = Vec::new();
    let (r, left) = if st.eof {
        (z::Z_STREAM_END, input.len())
    } else {
        inflate_with_dictionary(st, input, z::Z_SYNC_FLUSH, z::Z_SYNC_FLUSH, &mut out, limit)?
    };
    keep_rest(st, r, &input[input.len() - left..]);
    match r {
        z::Z_STREAM_END => st.eof = true,
        z::Z_OK | z::Z_BUF_ERROR => {}
        r => return Err(st.stream.error(r, "while decompressing data")),
    }
    Ok(bytes::new(&out))
}
fn decompress_flush(v: Value, args: &[Value]) -> PyResult {
    check_positional("flush", args.len(), 0, 1)?;
    let n = args.first().map_or(Ok(1), |n| ops::index_as_isize(*n))?;
    if n <= 0 {
        return Err(raise!(ValueError, "length must be greater than zero"));
    }
    check_buffer(n as usize)?;
    let st = state(v);
    let tail = st.tail.clone();
    let input = bytes::data(tail.value());
    let mut out = Vec::new();
    if !st.eof {
        let (r, left) =
            inflate_with_dictionary(st, input, z::Z_NO_FLUSH, z::Z_FINISH, &mut out, usize::MAX)?;
        keep_rest(st, r, &input[input.len() - left..]);
        st.eof = r == z::Z_STREAM_END;
    }
    if st.eof {
        let r = st.stream.close();
        if r != z::Z_OK {
            return Err(st.stream.error(r, "while finishing decompression"));
        }
    }
    Ok(bytes::new(&out))
}
fn copy(v: Value) -> PyResult {
    let st = state(v);
    if !st.stream.alive {
        return Err(raise!(ValueError, "Inconsistent stream state"));
    }
    let Some(stream) = st.stream.copy() else {
        return Err(out_of_memory(
            "Can't allocate memory for compression object",
        ));
    };
    let (unused, tail) = (st.unused.clone(), st.tail.clone());
    make(
        v.ty(),
        State {
            stream,
            dictionary: st.dictionary.clone(),
            unused,
            tail,
            eof: st.eof,
        },
    )
}
fn deepcopy(v: Value, _: Value) -> PyResult {
    copy(v)
}
fn get_unused(v: Value) -> PyResult {
    Ok(state(v).unused.clone())
}
fn get_tail(v: Value) -> PyResult {
    Ok(state(v).tail.clone())
}
fn get_eof(v: Value) -> PyResult {
    Ok(Ref::bool(state(v).eof))
}

methods! { static FUNCTIONS = [
    "adler32" FAST adler32, "adler32($module, data, value=1, /)\n--\n\nCompute an Adler-32 checksum of data.";
    "compress" KW compress, "compress($module, data, /, level=Z_DEFAULT_COMPRESSION, wbits=MAX_WBITS)\n--\n\nReturns a bytes object containing compressed data.";
    "compressobj" KW compressobj, "compressobj($module, /, level=Z_DEFAULT_COMPRESSION, method=DEFLATED,\n            wbits=MAX_WBITS, memLevel=DEF_MEM_LEVEL,\n            strategy=Z_DEFAULT_STRATEGY, zdict=None)\n--\n\nReturn a compressor object.";
    "crc32" FAST crc32, "crc32($module, data, value=0, /)\n--\n\nCompute a CRC-32 checksum of data.";
    "decompress" KW decompress, "decompress($module, data, /, wbits=MAX_WBITS, bufsize=DEF_BUF_SIZE)\n--\n\nReturns a bytes object containing the uncompressed data.";
    "decompressobj" KW decompressobj, "decompressobj($module, /, wbits=MAX_WBITS, zdict=b\'\')\n--\n\nReturn a decompressor object.";
] }

pub fn init() -> PyResult {
    let m = module::new("zlib");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    pyrs_object::typeobject::ready(ty!(ZlibCompress_Type))?;
    pyrs_object::typeobject::ready(ty!(ZlibDecompress_Type))?;
    module::add(
        m.value(),
        "error",
        ERROR.make("zlib", "error", exceptions::Exception)?,
    );
    for (name, n) in [
        ("DEFLATED", 8),
        ("DEF_BUF_SIZE", DEF_BUF_SIZE as i64),
        ("DEF_MEM_LEVEL", i64::from(DEF_MEM_LEVEL)),
        ("MAX_WBITS", i64::from(MAX_WBITS)),
        ("Z_BEST_COMPRESSION", 9),
        ("Z_BEST_SPEED", 1),
        ("Z_BLOCK", 5),
        ("Z_DEFAULT_COMPRESSION", -1),
        ("Z_DEFAULT_STRATEGY", 0),
        ("Z_FILTERED", 1),
        ("Z_FINISH", 4),
        ("Z_FIXED", 4),
        ("Z_FULL_FLUSH", 3),
        ("Z_HUFFMAN_ONLY", 2),
        ("Z_NO_COMPRESSION", 0),
        ("Z_NO_FLUSH", 0),
        ("Z_PARTIAL_FLUSH", 1),
        ("Z_RLE", 3),
        ("Z_SYNC_FLUSH", 2),
        ("Z_TREES", 6),
    ] {
        module::add(m.value(), name, Ref::int(n));
    }
    for (name, text) in [
        ("ZLIB_VERSION", VERSION),
        ("ZLIB_RUNTIME_VERSION", VERSION),
        ("__version__", "1.0"),
    ] {
        module::add(m.value(), name, str::new(text));
    }
    Ok(m)
}
