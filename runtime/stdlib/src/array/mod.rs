//! `array`: compact arrays of numbers, in CPython's layout (Cython's `cpython.array` reads the fields).

mod item;
mod methods;

use item::{Descriptor, Packed, pack, unpack};
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_instance, eq_fast, repeat_total};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Type, Value, ValueExt, audit, bytearray, bytes, errors, gc, heap,
    iterobject, list, methods, module, ops, py_type, raise, str, tuple, ty,
};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

/// `arrayobject`
#[repr(C)]
pub struct ArrayObject {
    ob_base: PyVarObject,
    items: *mut u8,
    allocated: isize,
    descriptor: *const Descriptor,
    weakrefs: *mut PyObject,
    exports: isize,
}
/// `arrayiterobject`
#[repr(C)]
pub struct ArrayIter {
    ob_base: PyObject,
    array: Value,
    index: usize,
}

py_type! {
    /// `array.array`
    pub static PyArray_Type: ArrayObject = "array.array" {
        flags: BASETYPE | SEQUENCE;
        fields {
            tp_weaklistoffset: offset_of!(ArrayObject, weakrefs) as isize,
            tp_hash: Some(pyrs_object::typeobject::PyObject_HashNotImplemented)
        }
        doc: "array(typecode [, initializer]) -> array\n\nA sequence of numbers or characters of one machine type, which the typecode names:\nb B (1 byte), h H (2), i I (4), l L q Q (8), u (a character), f d (floating point).\nThe initializer is bytes, an array, or an iterable of items.";
        raw { tp_dealloc: dealloc }
        slots { tp_repr: repr, tp_richcompare: richcompare, tp_iter: iter, tp_new: new_slot }
        sequence {
            sq_length: len_slot, sq_concat: concat, sq_repeat: repeat, sq_item: item_at, sq_ass_item: set_item,
            sq_contains: contains, sq_inplace_concat: inplace_concat, sq_inplace_repeat: inplace_repeat
        }
        mapping { mp_length: len_slot, mp_subscript: subscript, mp_ass_subscript: set_subscript }
        buffer { bf_getbuffer: get_buffer, bf_releasebuffer: release_buffer }
        methods: methods::METHODS;
        getset: methods::GETSET;
    }
}
methods! { static ITER_METHODS = [
    "__reduce__" NOARGS iter_reduce, "__reduce__($self, /)\n--\n\nReturn state information for pickling.";
    "__setstate__" O iter_setstate, "__setstate__($self, state, /)\n--\n\nSet state information for unpickling.";
] }
py_type! {
    /// `array.arrayiterator`
    pub static PyArrayIter_Type: ArrayIter = "array.arrayiterator" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: iter_dealloc, tp_traverse: iter_traverse, tp_clear: iter_clear }
        slots { tp_iter: iterobject::self_iter, tp_iternext: iter_next }
        methods: ITER_METHODS;
    }
}
owning_fields!(ArrayIter iter_dealloc iter_traverse iter_clear; array);

#[inline(always)]
fn raw(v: Value) -> *mut ArrayObject {
    v.as_ptr().cast()
}
#[inline(always)]
fn len(v: Value) -> usize {
    // SAFETY: a live array.
    unsafe { (*raw(v)).ob_base.ob_size as usize }
}
#[inline(always)]
fn descriptor(v: Value) -> &'static Descriptor {
    // SAFETY: every array points to a row of the static table.
    unsafe { &*(*raw(v)).descriptor }
}
#[inline(always)]
fn start(v: Value) -> *mut u8 {
    // SAFETY: a live array; an empty one has no block, but slices need an aligned address.
    let p = unsafe { (*raw(v)).items };
    if p.is_null() {
        std::ptr::without_provenance_mut(8)
    } else {
        p
    }
}
/// The items' bytes. Invalid after anything that may change the array.
#[inline(always)]
fn data<'a>(v: Value) -> &'a [u8] {
    // SAFETY: `len` items lie there.
    unsafe { std::slice::from_raw_parts(start(v), len(v) * descriptor(v).size()) }
}
fn data_mut<'a>(v: Value) -> &'a mut [u8] {
    // SAFETY: as above; the caller holds no other slice of it.
    unsafe { std::slice::from_raw_parts_mut(start(v), len(v) * descriptor(v).size()) }
}
fn is_array(v: Value) -> bool {
    v.is_a(ty!(PyArray_Type))
}
#[cold]
fn bad_argument() -> Raised {
    raise!(TypeError, "bad argument type for built-in operation")
}
fn check_exports(v: Value) -> PyResult<()> {
    // SAFETY: a live array.
    if unsafe { (*raw(v)).exports } > 0 {
        return Err(raise!(
            BufferError,
            "cannot resize an array that is exporting buffers"
        ));
    }
    Ok(())
}

/// A new array with uninitialised items, which the caller fills before anybody sees them.
fn with_len(t: Type, d: &'static Descriptor, n: usize) -> PyResult {
    let size = n
        .checked_mul(d.size())
        .filter(|s| *s < isize::MAX as usize)
        .ok_or_else(errors::no_memory)?;
    let p = alloc_instance(t, 0)?.cast::<ArrayObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        let v = Ref::from_owned_ptr(p);
        (*p).descriptor = d;
        if size > 0 {
            (*p).items = libc::malloc(size).cast();
            if (*p).items.is_null() {
                return Err(errors::no_memory());
            }
            (*p).allocated = n as isize;
            (*p).ob_base.ob_size = n as isize;
        }
        Ok(v)
    }
}
fn from_data(t: Type, d: &'static Descriptor, items: &[u8]) -> PyResult {
    let v = with_len(t, d, items.len() / d.size())?;
    let out = data_mut(v.value());
    out.copy_from_slice(&items[..out.len()]);
    Ok(v)
}

/// Changes the number of items; new ones are uninitialised.
fn resize(v: Value, n: usize) -> PyResult<()> {
    let old = len(v);
    if n != old {
        check_exports(v)?;
    }
    // SAFETY: a live array without views; the block is the allocator's.
    unsafe {
        let a = raw(v);
        if (*a).allocated as usize >= n && old < n.saturating_add(16) && !(*a).items.is_null() {
            (*a).ob_base.ob_size = n as isize;
            return Ok(());
        }
        if n == 0 {
            libc::free((*a).items.cast());
            (*a).items = std::ptr::null_mut();
            (*a).ob_base.ob_size = 0;
            (*a).allocated = 0;
            return Ok(());
        }
        let room = (n >> 4)
            .saturating_add(if old < 8 { 3 } else { 7 })
            .saturating_add(n);
        let size = room
            .checked_mul(descriptor(v).size())
            .filter(|s| *s < isize::MAX as usize);
        let p = size.map_or(std::ptr::null_mut(), |s| {
            libc::realloc((*a).items.cast(), s)
        });
        if p.is_null() {
            return Err(errors::no_memory());
        }
        (*a).items = p.cast();
        (*a).ob_base.ob_size = n as isize;
        (*a).allocated = room as isize;
    }
    Ok(())
}
/// Replaces the bytes of items `[low, high)` by `new`, which does not lie in this array.
fn splice(v: Value, low: usize, high: usize, new: &[u8]) -> PyResult<()> {
    let size = descriptor(v).size();
    let (n, added) = (len(v), new.len() / size);
    let tail = (n - high) * size;
    let total = n - (high - low) + added;
    let (from, to) = (high * size, (low + added) * size);
    // SAFETY: the positions lie within the items before and after the resize.
    unsafe {
        if to < from {
            check_exports(v)?;
            std::ptr::copy(start(v).add(from), start(v).add(to), tail);
            resize(v, total)?;
        } else if to > from {
            resize(v, total)?;
            std::ptr::copy(start(v).add(from), start(v).add(to), tail);
        }
        std::ptr::copy_nonoverlapping(new.as_ptr(), start(v).add(low * size), added * size);
    }
    Ok(())
}
fn push(v: Value, (item, size): Packed) -> PyResult<()> {
    let n = len(v);
    resize(v, n + 1)?;
    // SAFETY: room was just made.
    unsafe { std::ptr::copy_nonoverlapping(item.as_ptr(), start(v).add(n * size), size) };
    Ok(())
}
/// Appends bytes, a whole number of items.
fn push_bytes(v: Value, s: &[u8]) -> PyResult<()> {
    let size = descriptor(v).size();
    if !s.len().is_multiple_of(size) {
        return Err(raise!(
            ValueError,
            "bytes length not a multiple of item size"
        ));
    }
    let n = len(v);
    splice(v, n, n, s)
}
#[inline]
fn get(v: Value, i: usize) -> PyResult<Option<Ref>> {
    let d = descriptor(v);
    if i >= len(v) {
        return Ok(None);
    }
    unpack(d, &data(v)[i * d.size()..]).map(Some)
}
fn extend_iterable(v: Value, iterable: Value) -> PyResult<()> {
    let d = descriptor(v);
    if let Some(items) = ops::exact_items(iterable).map(<[Value]>::len) {
        // The items are read one by one: a conversion may change the list.
        for i in 0..items {
            let item = match ops::exact_items(iterable).and_then(|s| s.get(i)) {
                Some(item) => Ref::new(pyrs_object::boundary::canonical(*item)),
                None => break,
            };
            push(v, pack(d, item.value())?)?;
        }
        return Ok(());
    }
    let it = ops::iter(iterable)?;
    while let Some(item) = ops::next(it.value())? {
        push(v, pack(d, item.value())?)?;
    }
    Ok(())
}
fn extend_with(v: Value, other: Value) -> PyResult<()> {
    if !is_array(other) {
        return extend_iterable(v, other);
    }
    if descriptor(v).code() != descriptor(other).code() {
        return Err(raise!(TypeError, "can only extend with array of same kind"));
    }
    errors::check_room(data(other).len(), 1)?;
    let copy = data(other).to_vec();
    push_bytes(v, &copy)
}
fn push_characters(v: Value, text: Value) -> PyResult<()> {
    let n = str::len(text);
    let mut out = Vec::with_capacity(n * 4);
    for i in 0..n {
        out.extend_from_slice(&str::char_at(text, i).to_ne_bytes());
    }
    push_bytes(v, &out)
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: a dying array owns its block.
    unsafe {
        pyrs_object::weakref::clear_refs(object);
        let a = object.cast::<ArrayObject>();
        libc::free(std::mem::replace(&mut (*a).items, std::ptr::null_mut()).cast());
        heap::finish_dealloc(object);
    }
}

fn new_slot(t: Type, args: Args<'_>) -> PyResult {
    let base = ty!(PyArray_Type);
    if t == base || pyrs_object::list::common::same_init(t, base) {
        if args.n_keywords() > 0 {
            return Err(raise!(
                TypeError,
                "array.array() takes no keyword arguments"
            ));
        }
    }
    let given = args.positional();
    if given.is_empty() || given.len() > 2 {
        let (how, bound) = if given.is_empty() {
            ("at least", 1)
        } else {
            ("at most", 2)
        };
        let plural = if bound == 1 { "" } else { "s" };
        return Err(raise!(
            TypeError,
            "array() takes {how} {bound} argument{plural} ({} given)",
            given.len()
        ));
    }
    let code = given[0];
    if !code.has_flag(tpflags::UNICODE_SUBCLASS) || str::len(code) != 1 {
        return Err(crate::convert::wrong_type(
            "array",
            "1",
            "a unicode character",
            code,
        ));
    }
    let code = str::char_at(code, 0);
    let code_text = char::from_u32(code).unwrap_or('\u{fffd}');
    let initial = given.get(1).copied().unwrap_or(Value::EMPTY);
    audit!("array.__new__", given[0], initial)?;
    let is_text = initial.has_flag(tpflags::UNICODE_SUBCLASS);
    let is_wide = u32::from(b'u') == code;
    if is_text && !is_wide {
        return Err(raise!(
            TypeError,
            "cannot use a str to initialize an array with typecode '{code_text}'"
        ));
    }
    let from_array = is_array(initial);
    if from_array && !is_wide && descriptor(initial).code() == b'u' {
        return Err(raise!(
            TypeError,
            "cannot use a unicode array to initialize an array with typecode '{code_text}'"
        ));
    }
    let has_bytes = bytes::is_bytes(initial) || bytearray::is_bytearray(initial);
    let direct = initial.is_empty()
        || is_text
        || from_array
        || has_bytes
        || list::is_list(initial)
        || tuple::is_tuple(initial);
    let it = if direct {
        None
    } else {
        Some(ops::iter(initial)?)
    };
    let Some(d) = Descriptor::find(code) else {
        return Err(raise!(
            ValueError,
            "bad typecode (must be b, B, u, h, H, i, I, l, L, q, Q, f or d)"
        ));
    };
    if from_array && descriptor(initial).code() == d.code() {
        return from_data(t, d, data(initial));
    }
    let v = with_len(t, d, 0)?;
    if let Some(it) = it {
        extend_iterable(v.value(), it.value())?;
    } else if has_bytes {
        push_bytes(v.value(), pyrs_object::memory::bytes_like(initial)?.bytes())?;
    } else if is_text {
        push_characters(v.value(), initial)?;
    } else if from_array {
        let mut i = 0;
        while let Some(item) = get(initial, i)? {
            push(v.value(), pack(d, item.value())?)?;
            i += 1;
        }
    } else if !initial.is_empty() {
        let n = ops::len(initial)?;
        for i in 0..n {
            let item = ops::sequence_item(initial, i as isize)?;
            push(v.value(), pack(d, item.value())?)?;
        }
    }
    Ok(v)
}

fn repr(v: Value) -> PyResult {
    let d = descriptor(v);
    let mut out = str::Builder::new();
    let name = v.ty().message_name();
    out.push_str(name.rsplit('.').next().unwrap_or(name));
    out.push_str(&format!("('{}'", d.code() as char));
    if len(v) > 0 {
        let content = if d.code() == b'u' {
            methods::tounicode(v)?
        } else {
            methods::tolist(v)?
        };
        out.push_str(", ");
        out.push_value(ops::repr(content.value())?.value());
    }
    out.push_str(")");
    out.finish()
}
fn len_slot(v: Value) -> PyResult<usize> {
    Ok(len(v))
}

fn order<T: Copy + PartialOrd, const N: usize>(
    a: &[u8],
    b: &[u8],
    read: fn([u8; N]) -> T,
    op: CmpOp,
) -> bool {
    let (a, b) = (a.as_chunks::<N>().0, b.as_chunks::<N>().0);
    for (x, y) in a.iter().zip(b) {
        let (x, y) = (read(*x), read(*y));
        if x != y {
            return match op {
                CmpOp::Lt => x < y,
                CmpOp::Le => x <= y,
                CmpOp::Eq => false,
                CmpOp::Ne => true,
                CmpOp::Gt => x > y,
                CmpOp::Ge => x >= y,
            };
        }
    }
    op.holds(a.len().cmp(&b.len()))
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_array(a) || !is_array(b) {
        return Ok(Ref::not_implemented());
    }
    if len(a) != len(b) && matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::bool(op == CmpOp::Ne));
    }
    let (d, x, y) = (descriptor(a), data(a), data(b));
    if d.code() == descriptor(b).code() {
        return Ok(Ref::bool(match d.code() {
            b'b' => order(x, y, i8::from_ne_bytes, op),
            b'B' => order(x, y, u8::from_ne_bytes, op),
            b'h' => order(x, y, i16::from_ne_bytes, op),
            b'H' => order(x, y, u16::from_ne_bytes, op),
            b'i' => order(x, y, i32::from_ne_bytes, op),
            b'I' | b'u' => order(x, y, u32::from_ne_bytes, op),
            b'l' | b'q' => order(x, y, i64::from_ne_bytes, op),
            b'L' | b'Q' => order(x, y, u64::from_ne_bytes, op),
            b'f' => order(x, y, f32::from_ne_bytes, op),
            _ => order(x, y, f64::from_ne_bytes, op),
        }));
    }
    let mut i = 0;
    while let (Some(x), Some(y)) = (get(a, i)?, get(b, i)?) {
        if !eq_fast(x.value(), y.value())? {
            return match op {
                CmpOp::Eq => Ok(Ref::bool(false)),
                CmpOp::Ne => Ok(Ref::bool(true)),
                _ => ops::richcompare(x.value(), y.value(), op),
            };
        }
        i += 1;
    }
    Ok(Ref::bool(op.holds(len(a).cmp(&len(b)))))
}

fn concat(a: Value, b: Value) -> PyResult {
    if !is_array(b) {
        return Err(raise!(
            TypeError,
            "can only append array (not \"{}\") to array",
            b.ty().message_name()
        ));
    }
    if descriptor(a).code() != descriptor(b).code() {
        return Err(bad_argument());
    }
    let total = data(a)
        .len()
        .checked_add(data(b).len())
        .ok_or_else(errors::no_memory)?;
    let r = with_len(
        ty!(PyArray_Type),
        descriptor(a),
        total / descriptor(a).size(),
    )?;
    let (left, right) = data_mut(r.value()).split_at_mut(data(a).len());
    left.copy_from_slice(data(a));
    right.copy_from_slice(data(b));
    Ok(r)
}
fn fill_repeated(out: &mut [u8], pattern: usize) {
    let mut done = pattern;
    while done > 0 && done < out.len() {
        let n = done.min(out.len() - done);
        out.copy_within(..n, done);
        done += n;
    }
}
fn repeat(v: Value, times: isize) -> PyResult {
    let total = repeat_total(len(v), times)?;
    let r = with_len(ty!(PyArray_Type), descriptor(v), total)?;
    if total > 0 {
        let out = data_mut(r.value());
        out[..data(v).len()].copy_from_slice(data(v));
        fill_repeated(out, data(v).len());
    }
    Ok(r)
}
fn inplace_concat(v: Value, other: Value) -> PyResult {
    if !is_array(other) {
        return Err(raise!(
            TypeError,
            "can only extend array with array (not \"{}\")",
            other.ty().message_name()
        ));
    }
    extend_with(v, other)?;
    Ok(Ref::new(v))
}
fn inplace_repeat(v: Value, times: isize) -> PyResult {
    if len(v) > 0 {
        let pattern = data(v).len();
        resize(v, repeat_total(len(v), times)?)?;
        fill_repeated(data_mut(v), pattern);
    }
    Ok(Ref::new(v))
}
fn item_at(v: Value, i: isize) -> PyResult {
    match usize::try_from(i).map_or(Ok(None), |i| get(v, i))? {
        Some(item) => Ok(item),
        None => Err(raise!(IndexError, "array index out of range")),
    }
}
#[cold]
fn assignment_out_of_range() -> Raised {
    raise!(IndexError, "array assignment index out of range")
}
fn set_item(v: Value, i: isize, value: Value) -> PyResult<()> {
    let Some(i) = usize::try_from(i).ok().filter(|i| *i < len(v)) else {
        return Err(assignment_out_of_range());
    };
    if value.is_empty() {
        return splice(v, i, i + 1, &[]);
    }
    let (item, size) = pack(descriptor(v), value)?;
    match data_mut(v).get_mut(i * size..(i + 1) * size) {
        Some(slot) => slot.copy_from_slice(&item[..size]),
        None => return Err(assignment_out_of_range()),
    }
    Ok(())
}
fn contains(v: Value, wanted: Value) -> PyResult<bool> {
    Ok(methods::find(v, wanted, 0, isize::MAX)?.is_some())
}
#[inline(always)]
fn position(v: Value, key: Value) -> PyResult<isize> {
    let i = match key.as_int() {
        Some(i) => i as isize,
        None => ops::index_as_isize_clipped_error(key, pyrs_object::exceptions::IndexError)?,
    };
    Ok(if i < 0 {
        i.saturating_add(len(v) as isize)
    } else {
        i
    })
}
fn stepped(v: Value, first: isize, step: isize, n: usize) -> Vec<u8> {
    let (size, s) = (descriptor(v).size(), data(v));
    let mut out = Vec::with_capacity(n * size);
    for k in 0..n as isize {
        let at = (first + k * step) as usize * size;
        out.extend_from_slice(&s[at..at + size]);
    }
    out
}
fn subscript(v: Value, key: Value) -> PyResult {
    if ops::has_index(key) {
        return item_at(v, position(v, key)?);
    }
    if !pyrs_object::slice::is_slice(key) {
        return Err(raise!(TypeError, "array indices must be integers"));
    }
    let (first, _, step, n) = pyrs_object::slice::indices_of(key, || len(v))?;
    let (d, t) = (descriptor(v), ty!(PyArray_Type));
    if n == 0 {
        return with_len(t, d, 0);
    }
    if step == 1 {
        let first = first as usize;
        return from_data(t, d, &data(v)[first * d.size()..(first + n) * d.size()]);
    }
    from_data(t, d, &stepped(v, first, step, n))
}
fn set_subscript(v: Value, key: Value, value: Value) -> PyResult<()> {
    if ops::has_index(key) {
        return set_item(v, position(v, key)?, value);
    }
    if !pyrs_object::slice::is_slice(key) {
        return Err(raise!(TypeError, "array indices must be integers"));
    }
    let (first, _, step, n) = pyrs_object::slice::indices_of(key, || len(v))?;
    let new = if value.is_empty() {
        Vec::new()
    } else if !is_array(value) {
        return Err(raise!(
            TypeError,
            "can only assign array (not \"{}\") to array slice",
            value.ty().message_name()
        ));
    } else if descriptor(value).code() != descriptor(v).code() {
        return Err(bad_argument());
    } else {
        data(value).to_vec()
    };
    let size = descriptor(v).size();
    let needed = new.len() / size;
    if needed == 0 || needed != n {
        check_exports(v)?;
    }
    if step == 1 {
        return splice(v, first as usize, first as usize + n, &new);
    }
    if needed == 0 {
        let mut removed = vec![false; len(v)];
        for k in 0..n as isize {
            removed[(first + k * step) as usize] = true;
        }
        let mut rest = Vec::with_capacity(data(v).len());
        for (item, gone) in data(v).chunks_exact(size).zip(&removed) {
            if !gone {
                rest.extend_from_slice(item);
            }
        }
        return splice(v, 0, len(v), &rest);
    }
    if needed != n {
        return Err(raise!(
            ValueError,
            "attempt to assign array of size {needed} to extended slice of size {n}"
        ));
    }
    let out = data_mut(v);
    for (k, item) in new.chunks_exact(size).enumerate() {
        let at = (first + k as isize * step) as usize * size;
        out[at..at + size].copy_from_slice(item);
    }
    Ok(())
}

unsafe extern "C" fn get_buffer(
    object: *mut PyObject,
    view: *mut Py_buffer,
    flags: c_int,
) -> c_int {
    if view.is_null() {
        let _ = raise!(
            BufferError,
            "array_buffer_getbuf: view==NULL argument is obsolete"
        );
        return -1;
    }
    let v = Value::from_object(object);
    // SAFETY: C passes a live array and a place for the view; the length field outlives the view, which holds the array.
    unsafe {
        heap::incref(v);
        *view = pyrs_object::memory::EMPTY_BUFFER;
        (*view).obj = object;
        (*view).buf = start(v).cast::<c_void>();
        (*view).len = data(v).len() as isize;
        (*view).ndim = 1;
        (*view).itemsize = descriptor(v).size() as isize;
        if flags & bufflags::ND == bufflags::ND {
            (*view).shape = &raw mut (*raw(v)).ob_base.ob_size;
        }
        if flags & bufflags::STRIDES == bufflags::STRIDES {
            (*view).strides = &raw mut (*view).itemsize;
        }
        if flags & bufflags::FORMAT == bufflags::FORMAT {
            (*view).format = descriptor(v).format.cast_mut();
        }
        (*raw(v)).exports += 1;
    }
    0
}
unsafe extern "C" fn release_buffer(object: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: C passes a live array.
    unsafe { (*object.cast::<ArrayObject>()).exports -= 1 }
}

fn iter(v: Value) -> PyResult {
    let p = alloc_instance(ty!(PyArrayIter_Type), 0)?.cast::<ArrayIter>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).array = Ref::new(v).into_value();
        gc::track(p.cast());
        Ok(Ref::from_owned_ptr(p))
    }
}
fn iter_next(v: Value) -> PyResult<Option<Ref>> {
    let it = v.as_ptr().cast::<ArrayIter>();
    // SAFETY: a live iterator; unpacking runs no Python code.
    unsafe {
        let array = (*it).array;
        if array.is_empty() {
            return Ok(None);
        }
        if let Some(item) = get(array, (*it).index)? {
            (*it).index += 1;
            return Ok(Some(item));
        }
        heap::clear_field(&raw mut (*it).array);
        Ok(None)
    }
}
fn iter_reduce(v: Value) -> PyResult {
    let it = v.as_ptr().cast::<ArrayIter>();
    let function = pyrs_object::list::common::builtin(pyrs_object::intern!("iter"))?;
    // SAFETY: a live iterator.
    let (array, index) = unsafe { ((*it).array, (*it).index) };
    if array.is_empty() {
        return Ok(tuple::from_vec(vec![
            function,
            tuple::from_vec(vec![tuple::empty()]),
        ]));
    }
    Ok(tuple::from_vec(vec![
        function,
        tuple::from_vec(vec![Ref::new(array)]),
        Ref::int(index as i64),
    ]))
}
fn iter_setstate(v: Value, state: Value) -> PyResult {
    let index = ops::index_as_isize(state)?;
    let it = v.as_ptr().cast::<ArrayIter>();
    // SAFETY: a live iterator.
    unsafe {
        if !(*it).array.is_empty() {
            (*it).index = index.clamp(0, len((*it).array) as isize) as usize;
        }
    }
    Ok(Ref::none())
}

/// `_array_reconstructor`: an array from a pickle of any machine.
fn reconstructor(_: Value, args: &[Value]) -> PyResult {
    pyrs_object::check_positional("_array_reconstructor", args.len(), 4, 4)?;
    let [class, code, format, items] = [args[0], args[1], args[2], args[3]];
    if !code.has_flag(tpflags::UNICODE_SUBCLASS) || str::len(code) != 1 {
        return Err(crate::convert::wrong_type(
            "_array_reconstructor",
            "2",
            "a unicode character",
            code,
        ));
    }
    let format = i64::from(crate::convert::c_int(format)?);
    let Some(t) = Type::from_value(class) else {
        return Err(raise!(
            TypeError,
            "first argument must be a type object, not {}",
            class.ty().message_name()
        ));
    };
    if !t.is_subtype(ty!(PyArray_Type)) {
        return Err(raise!(
            TypeError,
            "{} is not a subtype of array.array",
            t.message_name()
        ));
    }
    let Some(d) = Descriptor::find(str::char_at(code, 0)) else {
        return Err(raise!(
            ValueError,
            "second argument must be a valid type code"
        ));
    };
    let Some((format, (size, signed, big))) = usize::try_from(format)
        .ok()
        .and_then(|f| Some((f, item::format_properties(f)?)))
    else {
        return Err(raise!(
            ValueError,
            "third argument must be a valid machine format code."
        ));
    };
    if !bytes::is_bytes(items) {
        return Err(raise!(
            TypeError,
            "fourth argument should be bytes, not {}",
            items.ty().message_name()
        ));
    }
    if format == d.machine_format() {
        return ops::call(class, &[code, items]);
    }
    if format >= 18 {
        let encoding = match (size, big) {
            (2, false) => "utf-16-le",
            (2, true) => "utf-16-be",
            (_, false) => "utf-32-le",
            (_, true) => "utf-32-be",
        };
        let text = ops::call_method_str(items, "decode", &[str::new(encoding).value()])?;
        return ops::call(class, &[code, text.value()]);
    }
    let values: Vec<Ref> = bytes::data(items)
        .chunks_exact(size)
        .map(|s| item::unpack_foreign(format, s))
        .collect();
    let fitting = if format < 14 {
        Descriptor::for_integers(size, signed)
    } else {
        None
    };
    let code = str::from_char(u32::from(fitting.unwrap_or(d).code()));
    ops::call(class, &[code.value(), list::from_vec(values).value()])
}
methods! { static FUNCTIONS = [
    "_array_reconstructor" FAST reconstructor, "_array_reconstructor($module, arraytype, typecode, mformat_code, items, /)\n--\n\nAn array from its pickled parts.";
] }

/// What compiled code may read and write without a call: numbers that no conversion can refuse or change.
fn machine_item(v: Value) -> Option<pyrs_object::machine_items::Item> {
    use pyrs_object::machine_items::Item;
    Some(match descriptor(v).code() {
        b'b' => Item::I8,
        b'B' => Item::U8,
        b'h' => Item::I16,
        b'H' => Item::U16,
        b'i' => Item::I32,
        b'I' => Item::U32,
        b'l' | b'q' => Item::I64,
        b'd' => Item::F64,
        _ => return None,
    })
}

pub fn init() -> PyResult {
    let m = module::new("array");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add_type(m.value(), ty!(PyArray_Type))?;
    use pyrs_object::machine_items::{Layout, Place, register};
    register(
        ty!(PyArray_Type),
        Layout {
            place: Place::Behind(offset_of!(ArrayObject, items)),
            decided_by: Some(offset_of!(ArrayObject, descriptor)),
            item: machine_item,
            mutable: true,
        },
    );
    pyrs_object::typeobject::ready(ty!(PyArrayIter_Type))?;
    module::add(m.value(), "ArrayType", ty!(PyArray_Type).to_ref());
    let codes: String = item::DESCRIPTORS.iter().map(|d| d.code() as char).collect();
    module::add(m.value(), "typecodes", str::new(&codes));
    let abc = (pyrs_object::hooks().import)("_collections_abc")?;
    let class = ops::getattr_str(abc.value(), "MutableSequence")?;
    ops::call_method_str(class.value(), "register", &[ty!(PyArray_Type).value()])?;
    Ok(m)
}
