//! `bytearray`: growable bytes in CPython's layout (`ob_start` lets items be taken off the front cheaply).

use crate::bytes::methods::{
    byte_value, bytes_arg, codec_names, count_arg, fill_repeated, from_iterable, operand, stepped,
};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, raise, ty};
use std::ffi::{c_int, c_void};

py_type! {
    /// `bytearray`
    pub static PyByteArray_Type: PyByteArrayObject = "bytearray" {
        flags: BASETYPE | MATCH_SELF;
        doc: "bytearray(iterable_of_ints) -> bytearray\nbytearray(string, encoding[, errors]) -> bytearray\nbytearray(bytes_or_buffer) -> mutable copy of bytes_or_buffer\nbytearray(int) -> bytes array of size given by the parameter initialized with null bytes\nbytearray() -> empty bytes array";
        raw { tp_dealloc: dealloc }
        slots {
            tp_repr: repr, tp_str: str_slot, tp_richcompare: richcompare, tp_iter: crate::bytes::iter::new_bytearray,
            tp_init: init, tp_new: new_slot
        }
        number { nb_remainder: remainder }
        sequence {
            sq_length: len_slot, sq_concat: concat, sq_repeat: repeat, sq_item: item, sq_ass_item: set_item,
            sq_contains: crate::bytes::methods::contains, sq_inplace_concat: inplace_concat, sq_inplace_repeat: inplace_repeat
        }
        mapping { mp_length: len_slot, mp_subscript: subscript, mp_ass_subscript: set_subscript }
        buffer { bf_getbuffer: get_buffer, bf_releasebuffer: release_buffer }
        methods: crate::bytes::methods::BYTEARRAY_METHODS;
    }
}

fn raw(v: Value) -> *mut PyByteArrayObject {
    v.as_ptr().cast()
}

fn make(t: Type) -> PyResult {
    let Some(tp_alloc) = t.tp_alloc else {
        return Ok(bare(t));
    };
    // SAFETY: a ready type's allocator gives a zeroed instance.
    unsafe {
        let object = tp_alloc(t.as_ptr(), 0);
        if object.is_null() {
            Err(crate::errors::from_c_null())
        } else {
            Ok(Ref::from_owned_ptr(object))
        }
    }
}
fn bare(t: Type) -> Ref {
    let object = crate::heap::alloc_zeroed(t, size_of::<PyByteArrayObject>());
    // SAFETY: an all-zero bytearray is an empty one.
    unsafe { Ref::from_owned_ptr(object) }
}

pub fn new(data: &[u8]) -> Ref {
    let r = bare(ty!(PyByteArray_Type));
    fill(r.value(), data);
    r
}
/// Gives a fresh bytearray its content.
fn fill(v: Value, data: &[u8]) {
    // SAFETY: nobody else has seen the object; the block has room for the NUL.
    unsafe {
        let b = raw(v);
        let p = crate::heap::malloc(data.len() + 1);
        std::ptr::copy_nonoverlapping(data.as_ptr(), p, data.len());
        *p.add(data.len()) = 0;
        (*b).ob_base.ob_size = data.len() as isize;
        (*b).ob_alloc = data.len() as isize + 1;
        (*b).ob_bytes = p.cast();
        (*b).ob_start = p.cast();
    }
}
static EMPTY: [u8; 1] = [0];

/// The address of the items; that of a NUL when nothing is allocated.
fn start(v: Value) -> *mut u8 {
    // SAFETY: a live bytearray.
    unsafe {
        let p = (*raw(v)).ob_start.cast::<u8>();
        if p.is_null() {
            (&raw const EMPTY).cast_mut().cast()
        } else {
            p
        }
    }
}
fn len(v: Value) -> usize {
    // SAFETY: a live bytearray.
    unsafe { (*raw(v)).ob_base.ob_size as usize }
}
/// Invalid after anything that may change the bytearray.
pub fn data<'a>(v: Value) -> &'a [u8] {
    // SAFETY: `ob_size` bytes at `ob_start`.
    unsafe { std::slice::from_raw_parts(start(v), len(v)) }
}
fn data_mut<'a>(v: Value) -> &'a mut [u8] {
    // SAFETY: as `data`; the caller holds no other slice of it.
    unsafe { std::slice::from_raw_parts_mut(start(v), len(v)) }
}
pub fn is_bytearray(v: Value) -> bool {
    v.is_a(ty!(PyByteArray_Type))
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: a dying bytearray.
    unsafe {
        let b = object.cast::<PyByteArrayObject>();
        if (*b).ob_exports > 0 {
            let _ = raise!(
                SystemError,
                "deallocated bytearray object has exported buffers"
            );
            crate::errors::write_unraisable("", Value::EMPTY);
        }
        crate::heap::free((*b).ob_bytes.cast());
        crate::heap::finish_dealloc(object);
    }
}

/// Raises `BufferError` while a view of the content exists.
fn can_resize(v: Value) -> PyResult<()> {
    // SAFETY: a live bytearray.
    if unsafe { (*raw(v)).ob_exports } > 0 {
        Err(raise!(
            BufferError,
            "Existing exports of data: object cannot be re-sized"
        ))
    } else {
        Ok(())
    }
}

/// Changes the length; new bytes are not initialised.
pub fn resize(v: Value, n: usize) -> PyResult<()> {
    if n == len(v) {
        return Ok(());
    }
    can_resize(v)?;
    // SAFETY: a live bytearray without views.
    unsafe {
        let b = raw(v);
        let front = (*b).ob_start.cast::<u8>().addr() - (*b).ob_bytes.cast::<u8>().addr();
        let alloc = (*b).ob_alloc as usize;
        let fits = n + front < alloc && n + 1 >= alloc / 2;
        if !fits {
            let room = if n < alloc {
                n + 1
            } else {
                n.saturating_add(n >> 3)
                    .saturating_add(if n < 9 { 3 } else { 6 })
            };
            if room >= isize::MAX as usize {
                return Err(crate::errors::no_memory());
            }
            let p = crate::heap::try_malloc(room);
            if p.is_null() {
                return Err(crate::errors::no_memory());
            }
            std::ptr::copy_nonoverlapping(start(v), p, len(v).min(n));
            let old = std::mem::replace(&mut (*b).ob_bytes, p.cast());
            (*b).ob_start = p.cast();
            (*b).ob_alloc = room as isize;
            crate::heap::free(old.cast());
        }
        (*b).ob_base.ob_size = n as isize;
        *start(v).add(n) = 0;
        Ok(())
    }
}

/// Replaces `[low, high)` by `new`, which does not lie in this bytearray.
fn splice(v: Value, low: usize, high: usize, new: &[u8]) -> PyResult<()> {
    let n = len(v);
    let (low, high) = (low.min(n), high.min(n).max(low.min(n)));
    let removed = high - low;
    let tail = n - high;
    if new.len() != removed {
        can_resize(v)?;
    }
    // SAFETY: positions are within the content before and after the resize.
    unsafe {
        if new.len() < removed {
            if low == 0 {
                // Taking bytes off the front only moves the start.
                let b = raw(v);
                let shift = removed - new.len();
                (*b).ob_start = (*b).ob_start.add(shift);
                (*b).ob_base.ob_size -= shift as isize;
            } else {
                let p = start(v);
                std::ptr::copy(p.add(high), p.add(low + new.len()), tail);
                resize(v, n - removed + new.len())?;
            }
        } else if new.len() > removed {
            resize(v, n - removed + new.len())?;
            let p = start(v);
            std::ptr::copy(p.add(high), p.add(low + new.len()), tail);
        }
        std::ptr::copy_nonoverlapping(new.as_ptr(), start(v).add(low), new.len());
    }
    Ok(())
}

fn repr(v: Value) -> PyResult {
    let mut out = Vec::new();
    out.extend_from_slice(v.ty().name().as_bytes());
    out.push(b'(');
    out.extend(crate::bytes::repr_text(data(v), true));
    out.push(b')');
    Ok(crate::str::from_wtf8(&out))
}
fn str_slot(v: Value) -> PyResult {
    crate::bytes::bytes_warning("str() on a bytearray instance")?;
    repr(v)
}
fn len_slot(v: Value) -> PyResult<usize> {
    Ok(len(v))
}
fn remainder(a: Value, b: Value) -> PyResult {
    if !is_bytearray(a) {
        return Ok(Ref::not_implemented());
    }
    let format = data(a).to_vec();
    Ok(new(&crate::bytes::percent(&format, b)?))
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if crate::str::is_str(a) || crate::str::is_str(b) {
        if matches!(op, CmpOp::Eq | CmpOp::Ne) {
            crate::bytes::bytes_warning("Comparison between bytearray and string")?;
        }
        return Ok(Ref::not_implemented());
    }
    let (Some(x), Some(y)) = (operand(a), operand(b)) else {
        return Ok(Ref::not_implemented());
    };
    Ok(Ref::bool(op.holds(x.bytes().cmp(y.bytes()))))
}
fn concat(a: Value, b: Value) -> PyResult {
    let (Some(x), Some(y)) = (operand(a), operand(b)) else {
        return Err(raise!(
            TypeError,
            "can't concat {} to {}",
            b.ty().message_name(),
            a.ty().message_name()
        ));
    };
    let (x, y) = (x.bytes(), y.bytes());
    let r = bare(ty!(PyByteArray_Type));
    resize(
        r.value(),
        x.len()
            .checked_add(y.len())
            .ok_or_else(crate::errors::no_memory)?,
    )?;
    let out = data_mut(r.value());
    if !out.is_empty() {
        out[..x.len()].copy_from_slice(x);
        out[x.len()..].copy_from_slice(y);
    }
    Ok(r)
}
fn inplace_concat(v: Value, other: Value) -> PyResult {
    if v == other && len(v) > 0 {
        // Its own bytes are being looked at: CPython does not resize it then.
        return Err(raise!(
            BufferError,
            "Existing exports of data: object cannot be re-sized"
        ));
    } else {
        let Some(o) = operand(other) else {
            return Err(raise!(
                TypeError,
                "can't concat {} to {}",
                other.ty().message_name(),
                v.ty().message_name()
            ));
        };
        push_all(v, o.bytes())?;
    }
    Ok(Ref::new(v))
}
fn push_all(v: Value, s: &[u8]) -> PyResult<()> {
    let n = len(v);
    let total = n
        .checked_add(s.len())
        .ok_or_else(crate::errors::no_memory)?;
    resize(v, total)?;
    // SAFETY: room was just made.
    unsafe { std::ptr::copy(s.as_ptr(), start(v).add(n), s.len()) };
    Ok(())
}
fn repeat(v: Value, n: isize) -> PyResult {
    let r = bare(ty!(PyByteArray_Type));
    let total = len(v)
        .checked_mul(n.max(0) as usize)
        .ok_or_else(crate::errors::no_memory)?;
    resize(r.value(), total)?;
    if total > 0 {
        // SAFETY: `total` bytes were allocated.
        unsafe { fill_repeated(start(r.value()), data(v), total) };
    }
    Ok(r)
}
fn inplace_repeat(v: Value, n: isize) -> PyResult {
    let old = data(v).to_vec();
    let total = old
        .len()
        .checked_mul(n.max(0) as usize)
        .ok_or_else(crate::errors::no_memory)?;
    resize(v, total)?;
    if total > 0 {
        // SAFETY: `total` bytes are there.
        unsafe { fill_repeated(start(v), &old, total) };
    }
    Ok(Ref::new(v))
}
fn item(v: Value, i: isize) -> PyResult {
    match usize::try_from(i).ok().and_then(|i| data(v).get(i)) {
        Some(&c) => Ok(Ref::int(c as i64)),
        None => Err(raise!(IndexError, "bytearray index out of range")),
    }
}
fn set_item(v: Value, i: isize, item: Value) -> PyResult<()> {
    let out_of_range = || raise!(IndexError, "bytearray index out of range");
    let i = usize::try_from(i)
        .ok()
        .filter(|&i| i < len(v))
        .ok_or_else(out_of_range)?;
    if item.is_empty() {
        return splice(v, i, i + 1, &[]);
    }
    let c = byte_value(item, "byte")?;
    match data_mut(v).get_mut(i) {
        Some(slot) => *slot = c,
        None => return Err(out_of_range()),
    }
    Ok(())
}
fn subscript(v: Value, key: Value) -> PyResult {
    if crate::ops::has_index(key) {
        let i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        return item(
            v,
            if i < 0 {
                i.saturating_add(len(v) as isize)
            } else {
                i
            },
        );
    }
    if !crate::slice::is_slice(key) {
        return Err(bad_index(key));
    }
    let (first, _stop, step, n) = crate::slice::indices_of(key, || len(v))?;
    if step == 1 && n > 0 {
        return Ok(new(&data(v)[first as usize..first as usize + n]));
    }
    Ok(new(&stepped(data(v), first, step, n)))
}
fn bad_index(key: Value) -> crate::Raised {
    raise!(
        TypeError,
        "bytearray indices must be integers or slices, not {}",
        key.ty().message_name()
    )
}
fn set_subscript(v: Value, key: Value, value: Value) -> PyResult<()> {
    if crate::ops::has_index(key) {
        let i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        return set_item(
            v,
            if i < 0 {
                i.saturating_add(len(v) as isize)
            } else {
                i
            },
            value,
        );
    }
    if !crate::slice::is_slice(key) {
        return Err(bad_index(key));
    }
    let new = if value.is_empty() {
        Vec::new()
    } else if crate::int::is_int_instance(value) || crate::str::is_str(value) {
        return Err(raise!(
            TypeError,
            "can assign only bytes, buffers, or iterables of ints in range(0, 256)"
        ));
    } else {
        collect(value)?
    };
    let (first, _stop, step, n) = crate::slice::indices_of(key, || len(v))?;
    if step == 1 {
        let first = first as usize;
        return splice(v, first, first + n, &new);
    }
    if new.is_empty() {
        if n == 0 {
            return Ok(());
        }
        can_resize(v)?;
        let mut drop = vec![false; len(v)];
        (0..n as isize).for_each(|i| drop[(first + i * step) as usize] = true);
        let rest: Vec<u8> = data(v)
            .iter()
            .zip(&drop)
            .filter(|(_, d)| !**d)
            .map(|(&c, _)| c)
            .collect();
        return splice(v, 0, len(v), &rest);
    }
    if new.len() != n {
        return Err(raise!(
            ValueError,
            "attempt to assign bytes of size {} to extended slice of size {n}",
            new.len()
        ));
    }
    let out = data_mut(v);
    new.iter()
        .enumerate()
        .for_each(|(i, &c)| out[(first + i as isize * step) as usize] = c);
    Ok(())
}
/// Bytes of a buffer or an iterable, copied.
fn collect(v: Value) -> PyResult<Vec<u8>> {
    if crate::memory::has_buffer(v) {
        return Ok(crate::memory::Buffer::get(v, bufflags::FULL_RO)?.to_vec());
    }
    match from_iterable(v, "byte")? {
        Some(out) => Ok(out),
        None => Err(raise!(
            TypeError,
            "cannot convert '{}' object to bytearray",
            v.ty().message_name()
        )),
    }
}

unsafe extern "C" fn get_buffer(
    object: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    let v = Value::from_object(object);
    // SAFETY: C passes a live bytearray and a place for the view.
    unsafe {
        if view.is_null() {
            let _ = raise!(
                BufferError,
                "bytearray_getbuffer: view==NULL argument is obsolete"
            );
            return -1;
        }
        let status = crate::memory::fill_info(
            view,
            object,
            start(v).cast::<c_void>(),
            len(v),
            false,
            flags,
        );
        if status == 0 {
            (*raw(v)).ob_exports += 1;
        }
        status
    }
}
unsafe extern "C" fn release_buffer(object: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: C passes a live bytearray.
    unsafe { (*object.cast::<PyByteArrayObject>()).ob_exports -= 1 }
}

fn new_slot(t: Type, _: Args<'_>) -> PyResult {
    make(t)
}
const INIT: Signature<3> = Signature {
    name: "bytearray",
    params: ["source", "encoding", "errors"],
    posonly: 0,
    positional: 3,
    required: 0,
};
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    let [source, encoding, errors] = args.bind(&INIT)?;
    let (enc, err) = codec_names("bytearray", encoding, errors)?;
    if len(v) != 0 {
        resize(v, 0)?;
    }
    if source.is_empty() {
        if enc.is_some() || err.is_some() {
            let what = if enc.is_some() { "encoding" } else { "errors" };
            return Err(raise!(TypeError, "{what} without a string argument"));
        }
        return Ok(());
    }
    if crate::str::is_str(source) {
        let Some(enc) = enc else {
            return Err(raise!(TypeError, "string argument without an encoding"));
        };
        let r = crate::codec::encode(source, &enc, err.as_deref().unwrap_or("strict"))?;
        return push_all(v, crate::bytes::data(r.value()));
    }
    if enc.is_some() || err.is_some() {
        let what = if enc.is_some() { "encoding" } else { "errors" };
        return Err(raise!(TypeError, "{what} without a string argument"));
    }
    if let Some(n) = count_arg(source)? {
        resize(v, n)?;
        data_mut(v).fill(0);
        return Ok(());
    }
    if crate::memory::has_buffer(source)
        || crate::ops::exact_items(source).is_some()
        || !is_iterable(source)
    {
        return push_all(v, &collect(source)?);
    }
    // Code of the iterator may look at what has arrived so far.
    crate::ops::for_each(source, |item| {
        push_all(v, &[byte_value(item.value(), "byte")?])?;
        Ok(true)
    })
}
fn is_iterable(v: Value) -> bool {
    v.ty().tp_iter.is_some() || crate::ops::is_sequence(v)
}

pub(crate) fn alloc_method(v: Value) -> PyResult {
    // SAFETY: a live bytearray.
    Ok(Ref::int(unsafe { (*raw(v)).ob_alloc } as i64))
}
pub(crate) fn sizeof(v: Value) -> PyResult {
    // SAFETY: a live bytearray.
    Ok(Ref::int(
        v.ty().tp_basicsize as i64 + unsafe { (*raw(v)).ob_alloc } as i64,
    ))
}
fn reduce_with(v: Value, protocol: i64) -> PyResult {
    let state = crate::ops::call_method(v, crate::intern!("__getstate__"), &[])?;
    let args = if protocol < 3 {
        if data(v).is_empty() {
            crate::tuple::empty()
        } else {
            let text = crate::str::from_latin1(data(v));
            crate::tuple::from_vec(vec![text, Ref::str("latin-1")])
        }
    } else if data(v).is_empty() {
        crate::tuple::empty()
    } else {
        crate::tuple::from_vec(vec![crate::bytes::new(data(v))])
    };
    Ok(crate::tuple::from_vec(vec![v.ty().to_ref(), args, state]))
}
pub(crate) fn reduce(v: Value) -> PyResult {
    reduce_with(v, 2)
}
pub(crate) fn reduce_ex(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("__reduce_ex__", args.len(), 0, 1)?;
    let protocol = args
        .first()
        .map_or(Ok(0), |p| crate::ops::index_as_isize(*p))?;
    reduce_with(v, protocol as i64)
}
pub(crate) fn append(v: Value, item: Value) -> PyResult {
    let c = byte_value(item, "byte")?;
    push_all(v, &[c])?;
    Ok(Ref::none())
}
pub(crate) fn clear(v: Value) -> PyResult {
    resize(v, 0)?;
    Ok(Ref::none())
}
pub(crate) fn copy(v: Value) -> PyResult {
    Ok(new(data(v)))
}
pub(crate) fn extend(v: Value, iterable: Value) -> PyResult {
    if crate::str::is_str(iterable) {
        return Err(raise!(
            TypeError,
            "expected iterable of integers; got: 'str'"
        ));
    }
    if !crate::memory::has_buffer(iterable)
        && iterable.ty().tp_iter.is_none()
        && !crate::ops::is_sequence(iterable)
    {
        return Err(raise!(
            TypeError,
            "can't extend bytearray with {}",
            iterable.ty().message_name()
        ));
    }
    if !crate::memory::has_buffer(iterable) {
        // Its errors count, the hint itself does not.
        crate::ops::length_hint(iterable, 0)?;
    }
    let items = collect(iterable)?;
    push_all(v, &items)?;
    Ok(Ref::none())
}
pub(crate) fn insert(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("insert", args.len(), 2, 2)?;
    let i = crate::ops::index_as_isize(args[0])?;
    let c = byte_value(args[1], "byte")?;
    let n = len(v) as isize;
    let i = if i < 0 { (i + n).max(0) } else { i.min(n) } as usize;
    splice(v, i, i, &[c])?;
    Ok(Ref::none())
}
pub(crate) fn pop(v: Value, args: &[Value]) -> PyResult {
    crate::check_positional("pop", args.len(), 0, 1)?;
    let i = args
        .first()
        .map_or(Ok(-1), |i| crate::ops::index_as_isize(*i))?;
    let n = len(v);
    if n == 0 {
        return Err(raise!(IndexError, "pop from empty bytearray"));
    }
    let i = if i < 0 { i + n as isize } else { i };
    if i < 0 || i as usize >= n {
        return Err(raise!(IndexError, "pop index out of range"));
    }
    let i = i as usize;
    can_resize(v)?;
    let c = data(v)[i];
    splice(v, i, i + 1, &[])?;
    Ok(Ref::int(c as i64))
}
pub(crate) fn remove(v: Value, item: Value) -> PyResult {
    let c = byte_value(item, "byte")?;
    let Some(i) = memchr::memchr(c, data(v)) else {
        return Err(raise!(ValueError, "value not found in bytearray"));
    };
    splice(v, i, i + 1, &[])?;
    Ok(Ref::none())
}
pub(crate) fn reverse(v: Value) -> PyResult {
    data_mut(v).reverse();
    Ok(Ref::none())
}

/// The bytes of an argument that must be bytes-like, copied (helpers outside this module).
pub fn bytes_of(v: Value) -> PyResult<Vec<u8>> {
    Ok(bytes_arg(v)?.bytes().to_vec())
}
