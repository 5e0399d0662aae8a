//! `_struct`: conversion between Python values and C structs as bytes.

use crate::util::{ErrorClass, alloc, is_str};
use pyrs_layout::{PyObject, bufflags};
use pyrs_numeric::float::half;
use pyrs_object::memory::{self, Buffer};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, bytearray, bytes, exceptions, getset,
    int, methods, module, ops, py_type, raise, str, tuple, ty,
};
use std::collections::HashMap;
use std::mem::offset_of;
use std::sync::{Arc, Mutex};

static ERROR: ErrorClass = ErrorClass::new();

macro_rules! fail {
    ($($arg:tt)*) => { ERROR.raise(format_args!($($arg)*)) };
}

/// A run of equal fields.
#[derive(Clone, Copy, Debug)]
struct Code {
    letter: u8,
    offset: usize,
    /// Bytes of one field; of the whole for `s` and `p`.
    size: usize,
    repeat: usize,
}

/// A parsed format.
#[derive(Debug)]
struct Compiled {
    text: Vec<u8>,
    codes: Vec<Code>,
    size: usize,
    /// Values packed.
    items: usize,
    big_endian: bool,
}

/// Size and alignment of a letter.
fn layout(letter: u8, native: bool) -> Option<(usize, usize)> {
    let size = match letter {
        b'x' | b'b' | b'B' | b'c' | b's' | b'p' | b'?' => 1,
        b'h' | b'H' | b'e' => 2,
        b'i' | b'I' | b'f' => 4,
        b'l' | b'L' => {
            if native {
                8
            } else {
                4
            }
        }
        b'q' | b'Q' | b'd' => 8,
        b'n' | b'N' | b'P' if native => 8,
        _ => return None,
    };
    Some((size, if native { size } else { 1 }))
}

fn compile(text: &[u8]) -> PyResult<Compiled> {
    if text.contains(&0) {
        return Err(fail!("embedded null character"));
    }
    let too_long = || fail!("total struct size too long");
    let (native, big_endian, body) = match text.first() {
        Some(b'@') => (true, cfg!(target_endian = "big"), &text[1..]),
        Some(b'=') => (false, cfg!(target_endian = "big"), &text[1..]),
        Some(b'<') => (false, false, &text[1..]),
        Some(b'>' | b'!') => (false, true, &text[1..]),
        _ => (true, cfg!(target_endian = "big"), text),
    };
    let (mut codes, mut size, mut items) = (Vec::new(), 0usize, 0usize);
    let mut i = 0;
    while i < body.len() {
        let c = body[i];
        i += 1;
        if matches!(c, b' ' | b'\t'..=b'\r') {
            continue;
        }
        let mut letter = c;
        let mut repeat = 1usize;
        if c.is_ascii_digit() {
            repeat = usize::from(c - b'0');
            loop {
                let Some(&next) = body.get(i) else {
                    return Err(fail!("repeat count given without format specifier"));
                };
                i += 1;
                if !next.is_ascii_digit() {
                    letter = next;
                    break;
                }
                repeat = repeat
                    .checked_mul(10)
                    .and_then(|r| r.checked_add(usize::from(next - b'0')))
                    .filter(|r| *r <= isize::MAX as usize)
                    .ok_or_else(too_long)?;
            }
        }
        let Some((width, align)) = layout(letter, native) else {
            return Err(fail!("bad char in struct format"));
        };
        let offset = size
            .div_ceil(align)
            .checked_mul(align)
            .ok_or_else(too_long)?;
        let total = repeat.checked_mul(width).ok_or_else(too_long)?;
        size = offset
            .checked_add(total)
            .filter(|s| *s <= isize::MAX as usize)
            .ok_or_else(too_long)?;
        match letter {
            b'x' => continue,
            b's' | b'p' => {
                codes.push(Code {
                    letter,
                    offset,
                    size: repeat,
                    repeat: 1,
                });
                items += 1;
            }
            _ => {
                if repeat > 0 {
                    codes.push(Code {
                        letter,
                        offset,
                        size: width,
                        repeat,
                    });
                    items = items.checked_add(repeat).ok_or_else(too_long)?;
                }
            }
        }
    }
    Ok(Compiled {
        text: text.to_vec(),
        codes,
        size,
        items,
        big_endian,
    })
}

/// Formats used by the module's functions, as CPython caches them.
#[derive(Default)]
struct Cache {
    by_text: HashMap<Vec<u8>, Arc<Compiled>>,
    /// By the bits of a str or bytes, whose count the entry owns: most calls are given the same constant again.
    recent: [Option<(u64, Arc<Compiled>)>; RECENT],
}
const RECENT: usize = 16;
static CACHE: Mutex<Option<Cache>> = Mutex::new(None);

fn recent_place(format: Value) -> usize {
    (format.bits() >> 4) as usize % RECENT
}
/// What is known of this very object.
fn recent(format: Value) -> Option<Arc<Compiled>> {
    let cache = CACHE.lock().ok()?;
    let (bits, found) = cache.as_ref()?.recent[recent_place(format)].as_ref()?;
    (*bits == format.bits()).then(|| found.clone())
}
fn remember(format: Value, made: &Arc<Compiled>) {
    if !str::is_exact(format) && !format.is_exact(ty!(bytes::PyBytes_Type)) {
        return;
    }
    let old = CACHE.lock().ok().and_then(|mut cache| {
        let kept = Ref::new(format).into_value().bits();
        cache.get_or_insert_default().recent[recent_place(format)].replace((kept, made.clone()))
    });
    if let Some((bits, _)) = old {
        // SAFETY: the entry owned a count of what it was for.
        drop(unsafe { Ref::from_owned(Value::from_bits(bits)) });
    }
}

fn format_text(format: Value) -> PyResult<Vec<u8>> {
    if is_str(format) {
        let text = str::to_wtf8(format);
        if !text.is_ascii() {
            let encoded = ops::call_method_str(format, "encode", &[str::new("ascii").value()])?;
            return Ok(bytes::data(encoded.value()).to_vec());
        }
        return Ok(text);
    }
    if bytes::is_bytes(format) {
        return Ok(bytes::data(format).to_vec());
    }
    Err(raise!(
        TypeError,
        "Struct() argument 1 must be a str or bytes object, not {}",
        format.ty().message_name()
    ))
}

fn cached(format: Value) -> PyResult<Arc<Compiled>> {
    if format.is_a(ty!(Struct_Type)) {
        return compiled(format);
    }
    if let Some(found) = recent(format) {
        return Ok(found);
    }
    let text = format_text(format)?;
    let found = CACHE
        .lock()
        .ok()
        .and_then(|mut cache| cache.get_or_insert_default().by_text.get(&text).cloned());
    let made = match found {
        Some(found) => found,
        None => {
            let made = Arc::new(compile(&text)?);
            if let Ok(mut cache) = CACHE.lock() {
                let known = &mut cache.get_or_insert_default().by_text;
                if known.len() >= 100 {
                    known.clear();
                }
                known.insert(text, made.clone());
            }
            made
        }
    };
    remember(format, &made);
    Ok(made)
}

/// The low `size` bytes of an integer argument, checked as CPython's packers do.
fn integer(code: Code, v: Value) -> PyResult<u64> {
    let number = if int::is_int_instance(v) {
        Ref::new(v)
    } else if ops::has_index(v) {
        ops::index(v)?
    } else {
        return Err(fail!("required argument is not an integer"));
    };
    let n = number.value();
    let letter = code.letter as char;
    if letter == 'P' {
        return match int::to_u64(n).or_else(|| int::to_i64(n).map(|n| n as u64)) {
            Some(n) => Ok(n),
            None => Err(fail!("int too large to convert")),
        };
    }
    let out_of_range = || fail!("argument out of range");
    let bits = code.size as u32 * 8;
    if matches!(letter, 'I' | 'L' | 'Q' | 'N') {
        let n = int::to_u64(n).ok_or_else(out_of_range)?;
        let max = u64::MAX >> (64 - bits);
        if n > max {
            return Err(fail!("'{letter}' format requires 0 <= number <= {max}"));
        }
        return Ok(n);
    }
    let n = int::to_i64(n).ok_or_else(out_of_range)?;
    let (min, max) = match letter {
        'B' => (0, 255),
        'H' => (0, 65_535),
        _ => (i64::MIN >> (64 - bits), i64::MAX >> (64 - bits)),
    };
    if n < min || n > max {
        return Err(match letter {
            'b' => fail!("byte format requires -128 <= number <= 127"),
            'B' => fail!("ubyte format requires 0 <= number <= 255"),
            'h' => fail!("short format requires {min} <= number <= {max}"),
            'H' => fail!("ushort format requires 0 <= number <= {max}"),
            _ => fail!("'{letter}' format requires {min} <= number <= {max}"),
        });
    }
    Ok(n as u64)
}

fn double(v: Value) -> PyResult<f64> {
    ops::as_f64(v).map_err(|_| {
        pyrs_object::errors::clear();
        fail!("required argument is not a float")
    })
}

impl Compiled {
    fn store(&self, out: &mut [u8], n: u64) {
        let le = n.to_le_bytes();
        out.copy_from_slice(&le[..out.len()]);
        if self.big_endian {
            out.reverse();
        }
    }
    fn load(&self, data: &[u8]) -> u64 {
        let mut word = [0; 8];
        word[..data.len()].copy_from_slice(data);
        if self.big_endian {
            word[..data.len()].reverse();
        }
        u64::from_le_bytes(word)
    }

    fn pack_one(&self, code: Code, v: Value, out: &mut [u8]) -> PyResult<()> {
        match code.letter {
            b'c' => {
                if !bytes::is_bytes(v) || bytes::data(v).len() != 1 {
                    return Err(fail!("char format requires a bytes object of length 1"));
                }
                out[0] = bytes::data(v)[0];
            }
            b's' | b'p' => {
                let data = if bytes::is_bytes(v) {
                    bytes::data(v)
                } else if bytearray::is_bytearray(v) {
                    bytearray::data(v)
                } else {
                    return Err(fail!(
                        "argument for '{}' must be a bytes object",
                        code.letter as char
                    ));
                };
                if code.letter == b's' {
                    let n = data.len().min(out.len());
                    out[..n].copy_from_slice(&data[..n]);
                } else if let Some((length, room)) = out.split_first_mut() {
                    let n = data.len().min(room.len());
                    room[..n].copy_from_slice(&data[..n]);
                    *length = n.min(255) as u8;
                }
            }
            b'?' => out[0] = u8::from(ops::is_true(v)?),
            b'e' => match half::pack(double(v)?) {
                Some(bits) => self.store(out, bits.into()),
                None => {
                    return Err(raise!(
                        OverflowError,
                        "float too large to pack with e format"
                    ));
                }
            },
            b'f' => {
                let x = double(v)?;
                let single = x as f32;
                let native = matches!(self.text.first(), None | Some(b'@' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'?' | b' '));
                if single.is_infinite() && x.is_finite() && !native {
                    return Err(raise!(
                        OverflowError,
                        "float too large to pack with f format"
                    ));
                }
                self.store(out, single.to_bits().into());
            }
            b'd' => {
                let x = double(v)?;
                self.store(out, x.to_bits());
            }
            _ => {
                let n = integer(code, v)?;
                self.store(out, n);
            }
        }
        Ok(())
    }

    fn unpack_one(&self, code: Code, data: &[u8]) -> Ref {
        let word = || self.load(data);
        match code.letter {
            b'c' | b's' => bytes::new(data),
            b'p' => match data.split_first() {
                Some((n, rest)) => bytes::new(&rest[..rest.len().min(usize::from(*n))]),
                None => bytes::new(b""),
            },
            b'?' => Ref::bool(data[0] != 0),
            b'e' => Ref::float(half::unpack(word() as u16)),
            b'f' => Ref::float(f32::from_bits(word() as u32).into()),
            b'd' => Ref::float(f64::from_bits(word())),
            b'B' | b'H' | b'I' | b'L' | b'Q' | b'N' | b'P' => int::from_u64(word()),
            _ => {
                let shift = 64 - code.size as u32 * 8;
                Ref::int(((word() << shift) as i64) >> shift)
            }
        }
    }

    fn pack(&self, values: &[Value], name: &str) -> PyResult<Vec<u8>> {
        if values.len() != self.items {
            return Err(fail!(
                "{name} expected {} items for packing (got {})",
                self.items,
                values.len()
            ));
        }
        let mut out = Vec::new();
        if out.try_reserve_exact(self.size).is_err() {
            return Err(pyrs_object::errors::no_memory());
        }
        out.resize(self.size, 0);
        let mut values = values.iter();
        for code in &self.codes {
            for i in 0..code.repeat {
                let Some(v) = values.next() else { break };
                let start = code.offset + i * code.size;
                self.pack_one(*code, *v, &mut out[start..start + code.size])?;
            }
        }
        Ok(out)
    }

    fn unpack(&self, data: &[u8]) -> Ref {
        let mut out = Vec::with_capacity(self.items);
        for code in &self.codes {
            for i in 0..code.repeat {
                let start = code.offset + i * code.size;
                out.push(self.unpack_one(*code, &data[start..start + code.size]));
            }
        }
        tuple::from_vec(out)
    }

    fn unpack_buffer(&self, v: Value) -> PyResult {
        let buffer = memory::bytes_like(v)?;
        if buffer.bytes().len() != self.size {
            return Err(fail!("unpack requires a buffer of {} bytes", self.size));
        }
        Ok(self.unpack(buffer.bytes()))
    }

    fn unpack_from(&self, v: Value, offset: isize) -> PyResult {
        let buffer = memory::bytes_like(v)?;
        let (data, size) = (buffer.bytes(), self.size as isize);
        let length = data.len() as isize;
        let mut start = offset;
        if offset < 0 {
            if offset.saturating_add(size) > 0 {
                return Err(fail!(
                    "not enough data to unpack {size} bytes at offset {offset}"
                ));
            }
            if offset.saturating_add(length) < 0 {
                return Err(fail!(
                    "offset {offset} out of range for {length}-byte buffer"
                ));
            }
            start = offset + length;
        }
        if length - start < size {
            return Err(fail!(
                "unpack_from requires a buffer of at least {} bytes for unpacking {size} bytes at offset {start} (actual buffer size is {length})",
                size as usize + start as usize
            ));
        }
        Ok(self.unpack(&data[start as usize..start as usize + self.size]))
    }

    fn pack_into(&self, args: &[Value]) -> PyResult {
        let (target, offset) = match args {
            [] => return Err(fail!("pack_into expected buffer argument")),
            [_] => return Err(fail!("pack_into expected offset argument")),
            [b, o, ..] => (*b, *o),
        };
        if args.len() - 2 != self.items {
            return Err(fail!(
                "pack_into expected {} items for packing (got {})",
                self.items,
                args.len() - 2
            ));
        }
        let Ok(mut buffer) = Buffer::get(target, bufflags::WRITABLE) else {
            pyrs_object::errors::clear();
            return Err(raise!(
                TypeError,
                "argument must be read-write bytes-like object, not {}",
                target.ty().message_name()
            ));
        };
        let offset = ops::index_as_isize(offset)?;
        let (size, length) = (self.size as isize, buffer.bytes().len() as isize);
        let mut start = offset;
        if offset < 0 {
            if offset.saturating_add(size) > 0 {
                return Err(fail!("no space to pack {size} bytes at offset {offset}"));
            }
            if offset.saturating_add(length) < 0 {
                return Err(fail!(
                    "offset {offset} out of range for {length}-byte buffer"
                ));
            }
            start = offset + length;
        }
        if length - start < size {
            return Err(fail!(
                "pack_into requires a buffer of at least {} bytes for packing {size} bytes at offset {start} (actual buffer size is {length})",
                size as usize + start as usize
            ));
        }
        let packed = self.pack(&args[2..], "pack_into")?;
        buffer.bytes_mut()[start as usize..start as usize + self.size].copy_from_slice(&packed);
        Ok(Ref::none())
    }
}

// The type.

#[repr(C)]
struct StructObject {
    ob_base: PyObject,
    size: isize,
    len: isize,
    /// An `Arc<Compiled>`, or null before `__init__`.
    compiled: *const Compiled,
    format: *mut PyObject,
    weakrefs: *mut PyObject,
}

getset! { static STRUCT_GETSET = [
    "format" get_format, None, "struct format string";
    "size" get_size, None, "struct size in bytes";
] }
methods! { static STRUCT_METHODS = [
    "iter_unpack" O struct_iter_unpack, "iter_unpack($self, buffer, /)\n--\n\nAn iterator over the structs in the buffer.";
    "pack" FAST struct_pack, "S.pack(v1, v2, ...) -> bytes";
    "pack_into" FAST struct_pack_into, "S.pack_into(buffer, offset, v1, v2, ...)";
    "unpack" O struct_unpack, "unpack($self, buffer, /)\n--\n\nThe values in the buffer.";
    "unpack_from" KW struct_unpack_from, "unpack_from($self, /, buffer, offset=0)\n--\n\nThe values at an offset of the buffer.";
    "__sizeof__" NOARGS struct_sizeof, "S.__sizeof__() -> size of S in memory, in bytes";
] }
py_type! {
    /// `struct.Struct`.
    static Struct_Type: StructObject = "_struct.Struct" {
        flags: BASETYPE;
        fields { tp_weaklistoffset: offset_of!(StructObject, weakrefs) as isize }
        doc: "Struct(fmt) --> compiled struct object";
        raw { tp_dealloc: struct_dealloc }
        slots { tp_init: struct_init, tp_new: struct_new }
        methods: STRUCT_METHODS;
        getset: STRUCT_GETSET;
    }
}

unsafe extern "C" fn struct_dealloc(object: *mut PyObject) {
    // SAFETY: a dead Struct owns its format.
    unsafe {
        let o = object.cast::<StructObject>();
        if !(*o).weakrefs.is_null() {
            pyrs_object::weakref::clear_refs(object);
        }
        let compiled = std::mem::replace(&mut (*o).compiled, std::ptr::null());
        if !compiled.is_null() {
            drop(Arc::from_raw(compiled));
        }
        pyrs_object::heap::finish_dealloc(object);
    }
}

fn compiled(v: Value) -> PyResult<Arc<Compiled>> {
    let o = v.as_ptr().cast::<StructObject>();
    // SAFETY: an instance; the count is raised before the pointer becomes an Arc again.
    unsafe {
        if (*o).compiled.is_null() {
            return Err(raise!(RuntimeError, "Struct object is not initialized"));
        }
        Arc::increment_strong_count((*o).compiled);
        Ok(Arc::from_raw((*o).compiled))
    }
}

const INIT: Signature<1> = Signature {
    name: "Struct",
    params: ["format"],
    posonly: 0,
    positional: 1,
    required: 1,
};

fn struct_new(t: Type, _: Args<'_>) -> PyResult {
    let v = alloc(t)?;
    // SAFETY: a new instance.
    unsafe {
        let o = v.value().as_ptr().cast::<StructObject>();
        ((*o).size, (*o).len) = (-1, -1);
    }
    Ok(v)
}
fn struct_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let [format] = args.bind(&INIT)?;
    let made = Arc::new(compile(&format_text(format)?)?);
    // SAFETY: an instance; the old format is given up after it was replaced.
    unsafe {
        let o = v.as_ptr().cast::<StructObject>();
        ((*o).size, (*o).len) = (made.size as isize, made.items as isize);
        let old = std::mem::replace(&mut (*o).compiled, Arc::into_raw(made));
        if !old.is_null() {
            drop(Arc::from_raw(old));
        }
    }
    Ok(())
}
fn get_format(v: Value) -> PyResult {
    Ok(str::from_latin1(&compiled(v)?.text))
}
fn get_size(v: Value) -> PyResult {
    // SAFETY: an instance.
    Ok(Ref::int(
        unsafe { (*v.as_ptr().cast::<StructObject>()).size } as i64,
    ))
}
fn struct_sizeof(v: Value) -> PyResult {
    let codes = compiled(v)?.codes.len();
    Ok(Ref::int(
        (size_of::<StructObject>() + 32 * (codes + 1)) as i64,
    ))
}
fn struct_pack(v: Value, args: &[Value]) -> PyResult {
    Ok(bytes::new(&compiled(v)?.pack(args, "pack")?))
}
fn struct_pack_into(v: Value, args: &[Value]) -> PyResult {
    compiled(v)?.pack_into(args)
}
fn struct_unpack(v: Value, buffer: Value) -> PyResult {
    compiled(v)?.unpack_buffer(buffer)
}
const UNPACK_FROM: Signature<2> = Signature {
    name: "unpack_from",
    params: ["buffer", "offset"],
    posonly: 0,
    positional: 2,
    required: 1,
};
fn struct_unpack_from(v: Value, args: Args<'_>) -> PyResult {
    let [buffer, offset] = args.bind(&UNPACK_FROM)?;
    let offset = offset.non_empty().map_or(Ok(0), ops::index_as_isize)?;
    compiled(v)?.unpack_from(buffer, offset)
}
fn struct_iter_unpack(v: Value, buffer: Value) -> PyResult {
    new_iterator(compiled(v)?, buffer)
}

// The iterator.

struct IterState {
    format: Arc<Compiled>,
    buffer: Buffer,
    index: usize,
}
#[repr(C)]
struct IterObject {
    ob_base: PyObject,
    state: *mut IterState,
}
methods! { static ITER_METHODS = [
    "__length_hint__" NOARGS iter_hint, "";
] }
py_type! {
    static UnpackIter_Type: IterObject = "_struct.unpack_iterator" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: iter_dealloc }
        slots { tp_iter: iter_self, tp_iternext: iter_next }
        methods: ITER_METHODS;
    }
}
unsafe extern "C" fn iter_dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator owns its state.
    unsafe {
        let state = std::mem::replace(
            &mut (*object.cast::<IterObject>()).state,
            std::ptr::null_mut(),
        );
        if !state.is_null() {
            drop(Box::from_raw(state));
        }
        pyrs_object::heap::finish_dealloc(object);
    }
}
fn new_iterator(format: Arc<Compiled>, v: Value) -> PyResult {
    if format.size == 0 {
        return Err(fail!("cannot iteratively unpack with a struct of length 0"));
    }
    let buffer = memory::bytes_like(v)?;
    if buffer.bytes().len() % format.size != 0 {
        return Err(fail!(
            "iterative unpacking requires a buffer of a multiple of {} bytes",
            format.size
        ));
    }
    let it = alloc(ty!(UnpackIter_Type))?;
    let state = Box::new(IterState {
        format,
        buffer,
        index: 0,
    });
    // SAFETY: a new iterator.
    unsafe { (*it.value().as_ptr().cast::<IterObject>()).state = Box::into_raw(state) };
    Ok(it)
}
fn iter_self(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn iter_next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: an iterator with its state; unpacking runs no Python code.
    let state = unsafe { &mut *(*v.as_ptr().cast::<IterObject>()).state };
    let data = state.buffer.bytes();
    let end = state.index + state.format.size;
    if end > data.len() {
        return Ok(None);
    }
    let r = state.format.unpack(&data[state.index..end]);
    state.index = end;
    Ok(Some(r))
}
fn iter_hint(v: Value) -> PyResult {
    // SAFETY: an iterator with its state.
    let state = unsafe { &*(*v.as_ptr().cast::<IterObject>()).state };
    let left = state.buffer.bytes().len() - state.index;
    Ok(Ref::int((left / state.format.size) as i64))
}

// The functions.

fn first(args: &[Value]) -> PyResult<(Value, &[Value])> {
    match args.split_first() {
        Some((format, rest)) => Ok((*format, rest)),
        None => Err(raise!(TypeError, "missing format argument")),
    }
}
fn pack(_: Value, args: &[Value]) -> PyResult {
    let (format, rest) = first(args)?;
    Ok(bytes::new(&cached(format)?.pack(rest, "pack")?))
}
fn pack_into(_: Value, args: &[Value]) -> PyResult {
    let (format, rest) = first(args)?;
    cached(format)?.pack_into(rest)
}
fn unpack(_: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("unpack", args.len(), 2, 2)?;
    cached(args[0])?.unpack_buffer(args[1])
}
const MODULE_UNPACK_FROM: Signature<3> = Signature {
    name: "unpack_from",
    params: ["", "buffer", "offset"],
    posonly: 1,
    positional: 3,
    required: 2,
};
fn unpack_from(_: Value, args: Args<'_>) -> PyResult {
    let [format, buffer, offset] = args.bind(&MODULE_UNPACK_FROM)?;
    let offset = offset.non_empty().map_or(Ok(0), ops::index_as_isize)?;
    cached(format)?.unpack_from(buffer, offset)
}
fn iter_unpack(_: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("iter_unpack", args.len(), 2, 2)?;
    new_iterator(cached(args[0])?, args[1])
}
fn calcsize(_: Value, format: Value) -> PyResult {
    Ok(Ref::int(cached(format)?.size as i64))
}
fn clearcache(_: Value) -> PyResult {
    let old = CACHE.lock().ok().and_then(|mut cache| cache.take());
    for (bits, _) in old.into_iter().flat_map(|c| c.recent).flatten() {
        // SAFETY: the entry owned a count of what it was for.
        drop(unsafe { Ref::from_owned(Value::from_bits(bits)) });
    }
    Ok(Ref::none())
}

methods! { static FUNCTIONS = [
    "_clearcache" NOARGS clearcache, "_clearcache($module, /)\n--\n\nClear the internal cache.";
    "calcsize" O calcsize, "calcsize($module, format, /)\n--\n\nBytes of the struct that the format describes.";
    "iter_unpack" FAST iter_unpack, "iter_unpack($module, format, buffer, /)\n--\n\nAn iterator over the structs in the buffer.";
    "pack" FAST pack, "pack(format, v1, v2, ...) -> bytes";
    "pack_into" FAST pack_into, "pack_into(format, buffer, offset, v1, v2, ...)";
    "unpack" FAST unpack, "unpack($module, format, buffer, /)\n--\n\nThe values in the buffer.";
    "unpack_from" KW unpack_from, "unpack_from($module, format, /, buffer, offset=0)\n--\n\nThe values at an offset of the buffer.";
] }

pub fn init() -> PyResult {
    let m = module::new("_struct");
    pyrs_object::typeobject::ready(ty!(UnpackIter_Type))?;
    module::add_type(m.value(), ty!(Struct_Type))?;
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add(
        m.value(),
        "error",
        ERROR.make("struct", "error", exceptions::Exception)?,
    );
    Ok(m)
}
