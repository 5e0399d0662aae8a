//! `bytes`: the object, its construction and operators. The methods that `bytearray` shares are in [`methods`].

use crate::layout::*;
use crate::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, raise, ty};
use std::ffi::{c_int, c_void};
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) mod iter;
pub(crate) mod methods;
mod percent;

pub use iter::{PyByteArrayIter_Type, PyBytesIter_Type};
pub use methods::{capitalize_ascii, hex_text, repr_text, swapcase_ascii, title_ascii};
pub(crate) use percent::percent;

/// `bytes` has one byte of its header for the NUL behind the last item.
pub type BytesStruct = [u8; 33];
const HEADER: usize = size_of::<PyBytesObject>();

py_type! {
    /// `bytes`
    pub static PyBytes_Type: BytesStruct = "bytes" {
        flags: BASETYPE | BYTES_SUBCLASS | MATCH_SELF;
        fields { tp_itemsize: 1 }
        doc: "bytes(iterable_of_ints) -> bytes\nbytes(string, encoding[, errors]) -> bytes\nbytes(bytes_or_buffer) -> immutable copy of bytes_or_buffer\nbytes(int) -> bytes object of size given by the parameter initialized with null bytes\nbytes() -> empty bytes object";
        slots {
            tp_repr: repr, tp_hash: hash_slot, tp_str: str_slot, tp_richcompare: richcompare,
            tp_iter: iter::new_bytes, tp_new: new_slot
        }
        number { nb_remainder: remainder }
        sequence { sq_length: len_slot, sq_concat: concat, sq_repeat: repeat, sq_item: item, sq_contains: methods::contains }
        mapping { mp_length: len_slot, mp_subscript: subscript }
        buffer { bf_getbuffer: get_buffer }
        methods: methods::BYTES_METHODS;
    }
}

/// `-b` (1) warns and `-bb` (2) raises when bytes meet str or are shown by `str()`.
pub static BYTES_WARNING: AtomicU32 = AtomicU32::new(0);

/// A `BytesWarning` if the process asked for them.
pub fn bytes_warning(message: &str) -> PyResult<()> {
    if BYTES_WARNING.load(Ordering::Relaxed) == 0 {
        return Ok(());
    }
    (crate::hooks().warn)(crate::exceptions::BytesWarning, message, 1)
}

fn raw(v: Value) -> *mut PyBytesObject {
    v.as_ptr().cast()
}

/// Uninitialised bytes of length `n` with their address; null memory raises.
pub(crate) fn alloc(n: usize) -> PyResult<(Ref, *mut u8)> {
    let Some(size) = n
        .checked_add(HEADER + 1)
        .filter(|&s| s < isize::MAX as usize - 64)
    else {
        return Err(raise!(OverflowError, "byte string is too large"));
    };
    let t = ty!(PyBytes_Type);
    let object = if size < 1 << 16 {
        crate::heap::alloc_uninit(t, size)
    } else {
        crate::heap::try_alloc(t, size)
    };
    if object.is_null() {
        return Err(crate::errors::no_memory());
    }
    // SAFETY: just allocated with that size.
    unsafe {
        let b = object.cast::<PyBytesObject>();
        (*b).ob_base.ob_size = n as isize;
        (*b).ob_shash = -1;
        let p = object.cast::<u8>().add(HEADER);
        *p.add(n) = 0;
        Ok((Ref::from_owned_ptr(object), p))
    }
}

static mut CACHED: [Value; 257] = [Value::EMPTY; 257];

fn cached(i: usize) -> Ref {
    // SAFETY: under the GIL; entries never go away once made.
    unsafe {
        let slot = (&raw mut CACHED).cast::<Value>().add(i);
        if (*slot).is_empty() {
            let data = [i as u8];
            let r = make(if i == 256 { &[] } else { &data });
            crate::heap::immortalize(&r);
            *slot = r.into_value();
        }
        Ref::new(*slot)
    }
}

fn make(data: &[u8]) -> Ref {
    match alloc(data.len()) {
        Ok((r, p)) => {
            // SAFETY: room for `data`.
            unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len()) };
            r
        }
        Err(_) => std::alloc::handle_alloc_error(std::alloc::Layout::new::<u64>()),
    }
}

#[inline]
pub fn new(data: &[u8]) -> Ref {
    match data {
        [] => cached(256),
        [c] => cached(*c as usize),
        _ => make(data),
    }
}
/// Of a bytes instance.
#[inline]
pub fn data<'a>(v: Value) -> &'a [u8] {
    debug_assert!(is_bytes(v));
    // SAFETY: `ob_size` bytes follow the header of a live bytes object.
    unsafe {
        std::slice::from_raw_parts(
            v.as_ptr().cast::<u8>().add(HEADER),
            (*raw(v)).ob_base.ob_size as usize,
        )
    }
}
#[inline]
pub fn is_bytes(v: Value) -> bool {
    v.has_flag(tpflags::BYTES_SUBCLASS)
}
#[inline]
pub fn is_exact(v: Value) -> bool {
    v.is_exact(ty!(PyBytes_Type))
}

/// Cached in the object.
pub fn hash(v: Value) -> i64 {
    // SAFETY: a live bytes object.
    unsafe {
        let b = raw(v);
        if (*b).ob_shash == -1 {
            (*b).ob_shash = crate::str::hash_secret().hash_bytes(data(v)) as isize;
        }
        (*b).ob_shash as i64
    }
}
fn hash_slot(v: Value) -> PyResult<i64> {
    Ok(hash(v))
}
fn repr(v: Value) -> PyResult {
    Ok(crate::str::from_ascii(&repr_text(data(v), true)))
}
fn str_slot(v: Value) -> PyResult {
    bytes_warning("str() on a bytes instance")?;
    repr(v)
}
fn len_slot(v: Value) -> PyResult<usize> {
    Ok(data(v).len())
}
fn remainder(a: Value, b: Value) -> PyResult {
    if is_bytes(a) {
        Ok(new(&percent(data(a), b)?))
    } else {
        Ok(Ref::not_implemented())
    }
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_bytes(a) || !is_bytes(b) {
        if BYTES_WARNING.load(Ordering::Relaxed) > 0 && matches!(op, CmpOp::Eq | CmpOp::Ne) {
            if crate::str::is_str(a) || crate::str::is_str(b) {
                bytes_warning("Comparison between bytes and string")?;
            } else if crate::int::is_int_instance(a) || crate::int::is_int_instance(b) {
                bytes_warning("Comparison between bytes and int")?;
            }
        }
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (data(a), data(b));
    Ok(Ref::bool(match op {
        CmpOp::Eq => a == b || x == y,
        CmpOp::Ne => a != b && x != y,
        _ => op.holds(x.cmp(y)),
    }))
}
/// `bytes + anything with a buffer`
pub fn concat(a: Value, b: Value) -> PyResult {
    if is_exact(b) && data(a).is_empty() {
        return Ok(Ref::new(b));
    }
    let (Some(x), Some(y)) = (methods::operand(a), methods::operand(b)) else {
        return Err(raise!(
            TypeError,
            "can't concat {} to {}",
            b.ty().message_name(),
            a.ty().message_name()
        ));
    };
    let (x, y) = (x.bytes(), y.bytes());
    if y.is_empty() && is_exact(a) {
        return Ok(Ref::new(a));
    }
    let Some(n) = x
        .len()
        .checked_add(y.len())
        .filter(|&n| n <= isize::MAX as usize)
    else {
        return Err(crate::errors::no_memory());
    };
    let (r, p) = alloc(n)?;
    // SAFETY: room for both.
    unsafe {
        std::ptr::copy_nonoverlapping(x.as_ptr(), p, x.len());
        std::ptr::copy_nonoverlapping(y.as_ptr(), p.add(x.len()), y.len());
    }
    Ok(r)
}
fn repeat(v: Value, n: isize) -> PyResult {
    let n = n.max(0) as usize;
    let s = data(v);
    let Some(total) = s
        .len()
        .checked_mul(n)
        .filter(|&t| t <= isize::MAX as usize - 64)
    else {
        return Err(raise!(OverflowError, "repeated bytes are too long"));
    };
    if total == s.len() && is_exact(v) {
        return Ok(Ref::new(v));
    }
    let (r, p) = alloc(total)?;
    if total != 0 {
        // SAFETY: room for all.
        unsafe { methods::fill_repeated(p, s, total) }
    }
    Ok(r)
}
fn index_error() -> crate::Raised {
    raise!(IndexError, "index out of range")
}
fn item(v: Value, i: isize) -> PyResult {
    match usize::try_from(i).ok().and_then(|i| data(v).get(i)) {
        Some(&c) => Ok(Ref::int(c as i64)),
        None => Err(index_error()),
    }
}
fn subscript(v: Value, key: Value) -> PyResult {
    if crate::ops::has_index(key) {
        let i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        return item(
            v,
            if i < 0 {
                i.saturating_add(data(v).len() as isize)
            } else {
                i
            },
        );
    }
    if !crate::slice::is_slice(key) {
        return Err(raise!(
            TypeError,
            "byte indices must be integers or slices, not {}",
            key.ty().message_name()
        ));
    }
    let s = data(v);
    let (start, _stop, step, n) = crate::slice::indices(key, s.len())?;
    if n == 0 {
        return Ok(new(b""));
    }
    if step == 1 {
        if n == s.len() && is_exact(v) {
            return Ok(Ref::new(v));
        }
        return Ok(new(&s[start as usize..start as usize + n]));
    }
    Ok(new(&methods::stepped(s, start, step, n)))
}

/// `bf_getbuffer`
unsafe extern "C" fn get_buffer(
    object: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    let s = data(Value::from_object(object));
    // SAFETY: C passes a live bytes object and a place for the view.
    unsafe {
        crate::memory::fill_info(
            view,
            object,
            s.as_ptr().cast_mut().cast::<c_void>(),
            s.len(),
            true,
            flags,
        )
    }
}

const NEW: Signature<3> = Signature {
    name: "bytes",
    params: ["source", "encoding", "errors"],
    posonly: 0,
    positional: 3,
    required: 0,
};

fn new_slot(t: Type, args: Args<'_>) -> PyResult {
    let [source, encoding, errors] = args.bind(&NEW)?;
    let r = from_arguments(source, encoding, errors)?;
    if t == ty!(PyBytes_Type) {
        return Ok(r);
    }
    let Some(tp_alloc) = t.tp_alloc else {
        return Err(crate::errors::bad_internal_call());
    };
    let s = data(r.value());
    // SAFETY: the allocator gives room for `len` items and the NUL.
    unsafe {
        let object = tp_alloc(t.as_ptr(), s.len() as isize);
        if object.is_null() {
            return Err(crate::errors::from_c_null());
        }
        let b = object.cast::<PyBytesObject>();
        (*b).ob_base.ob_size = s.len() as isize;
        (*b).ob_shash = -1;
        std::ptr::copy_nonoverlapping(s.as_ptr(), object.cast::<u8>().add(HEADER), s.len());
        Ok(Ref::from_owned_ptr(object))
    }
}

/// `bytes(source, encoding, errors)`
fn from_arguments(source: Value, encoding: Value, errors: Value) -> PyResult {
    let (enc, err) = methods::codec_names("bytes", encoding, errors)?;
    if source.is_empty() {
        if enc.is_some() {
            return Err(raise!(TypeError, "encoding without a string argument"));
        }
        if err.is_some() {
            return Err(raise!(TypeError, "errors without a string argument"));
        }
        return Ok(new(b""));
    }
    if let Some(enc) = enc {
        if !crate::str::is_str(source) {
            return Err(raise!(TypeError, "encoding without a string argument"));
        }
        return crate::codec::encode(source, &enc, err.as_deref().unwrap_or("strict"));
    }
    if err.is_some() {
        let what = if crate::str::is_str(source) {
            "string argument without an encoding"
        } else {
            "errors without a string argument"
        };
        return Err(raise!(TypeError, "{what}"));
    }
    if is_exact(source) {
        return Ok(Ref::new(source));
    }
    if let Some(r) = call_dunder_bytes(source)? {
        return Ok(r);
    }
    if crate::str::is_str(source) {
        return Err(raise!(TypeError, "string argument without an encoding"));
    }
    if let Some(n) = methods::count_arg(source)? {
        let (r, p) = alloc(n)?;
        // SAFETY: room for `n`.
        unsafe { std::ptr::write_bytes(p, 0, n) };
        return Ok(r);
    }
    from_object(source)
}

/// `__bytes__` of the type, if it has one.
pub(crate) fn call_dunder_bytes(v: Value) -> PyResult<Option<Ref>> {
    if is_exact(v) || v.is_immediate() {
        return Ok(None);
    }
    let Some(f) = crate::typeobject::lookup_special(v, crate::intern!("__bytes__"))? else {
        return Ok(None);
    };
    let r = f.call(&[])?;
    if is_bytes(r.value()) {
        Ok(Some(r))
    } else {
        Err(raise!(
            TypeError,
            "__bytes__ returned non-bytes (type {})",
            r.ty().message_name()
        ))
    }
}

/// `PyBytes_FromObject`: a buffer or an iterable of ints.
pub fn from_object(v: Value) -> PyResult {
    if is_exact(v) {
        return Ok(Ref::new(v));
    }
    if crate::memory::has_buffer(v) {
        let b = crate::memory::Buffer::get(v, bufflags::FULL_RO)?;
        return Ok(new(&b.to_vec()));
    }
    match methods::from_iterable(v, "bytes")? {
        Some(out) => Ok(new(&out)),
        None => Err(raise!(
            TypeError,
            "cannot convert '{}' object to bytes",
            v.ty().message_name()
        )),
    }
}
