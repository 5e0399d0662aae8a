//! `memoryview` over a managed buffer, in CPython's layout.

use super::access::{c_strides, for_each_item, gather, is_contiguous, shape, step, strides};
use super::item::{Format, pack_item, unpack_item};
use super::*;
use crate::{Args, Raised, Signature, Type, ty};

const RELEASED: c_int = 1;
const FREE_FORMAT: c_int = 2;
const MAX_NDIM: usize = 64;

py_type! {
    /// `managedbuffer`: the one buffer that all views of an exporter share.
    pub static _PyManagedBuffer_Type: _PyManagedBufferObject = "managedbuffer" {
        flags: HAVE_GC;
        raw { tp_dealloc: managed_dealloc, tp_traverse: managed_traverse }
    }
}
py_type! {
    /// `memoryview`
    pub static PyMemoryView_Type: PyMemoryViewObject = "memoryview" {
        flags: HAVE_GC | SEQUENCE;
        fields { tp_itemsize: 8, tp_weaklistoffset: std::mem::offset_of!(PyMemoryViewObject, weakreflist) as isize }
        doc: "memoryview(object)\n--\n\nA view of the memory of an object that supports the buffer protocol.";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_repr: repr, tp_hash: hash, tp_richcompare: richcompare, tp_iter: iterate, tp_new: new_slot }
        sequence { sq_length: len, sq_item: item }
        mapping { mp_length: len, mp_subscript: subscript, mp_ass_subscript: set_subscript }
        buffer { bf_getbuffer: get_buffer, bf_releasebuffer: release_buffer }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! {
    static METHODS = [
        "release" NOARGS release_method, "release($self, /)\n--\n\nGives the buffer back.";
        "tobytes" KW tobytes, "tobytes($self, /, order='C')\n--\n\nThe content as bytes.";
        "hex" KW hex, "hex($self, /, sep=<unrepresentable>, bytes_per_sep=1)\n--\n\nThe content as hexadecimal digits, with `sep` between groups of bytes.\n\n>>> memoryview(b'\\x01\\xab').hex(':')\n'01:ab'";
        "tolist" NOARGS tolist, "tolist($self, /)\n--\n\nThe items as (nested) lists.";
        "cast" KW cast, "cast($self, /, format, shape=<unrepresentable>)\n--\n\nA view with another format or shape.";
        "toreadonly" NOARGS toreadonly, "toreadonly($self, /)\n--\n\nA read-only view.";
        "__enter__" NOARGS enter, "";
        "__exit__" FAST exit, "";
    ]
}
getset! {
    static GETSET = [
        "obj" get_obj, None, "The object the memory belongs to.";
        "nbytes" get_nbytes, None, "Bytes the items take.";
        "readonly" get_readonly, None, "Whether the memory is read-only.";
        "itemsize" get_itemsize, None, "Bytes of an item.";
        "format" get_format, None, "Format of an item in struct syntax.";
        "ndim" get_ndim, None, "Number of dimensions.";
        "shape" get_shape, None, "Length of each dimension.";
        "strides" get_strides, None, "Bytes from item to item in each dimension.";
        "suboffsets" get_suboffsets, None, "For PIL-style arrays.";
        "c_contiguous" get_c, None, "Contiguous in C order.";
        "f_contiguous" get_f, None, "Contiguous in Fortran order.";
        "contiguous" get_contiguous, None, "Contiguous in either order.";
    ]
}

fn this(v: Value) -> *mut PyMemoryViewObject {
    v.as_ptr().cast()
}
fn buffer<'a>(v: Value) -> &'a Py_buffer {
    // SAFETY: a live memoryview.
    unsafe { &(*this(v)).view }
}
fn is_released(v: Value) -> bool {
    // SAFETY: a live memoryview holds its managed buffer.
    unsafe { (*this(v)).flags & RELEASED != 0 || (*(*this(v)).mbuf).flags & RELEASED != 0 }
}
fn check(v: Value) -> PyResult<&'static Py_buffer> {
    if is_released(v) {
        return Err(raise!(
            ValueError,
            "operation forbidden on released memoryview object"
        ));
    }
    Ok(buffer(v))
}
fn format_text(b: &Py_buffer) -> &[u8] {
    if b.format.is_null() {
        return b"B";
    }
    // SAFETY: exporters give NUL-terminated formats that live as long as the buffer.
    unsafe { std::ffi::CStr::from_ptr(b.format) }.to_bytes()
}

fn new_managed(master: Py_buffer, flags: c_int) -> *mut _PyManagedBufferObject {
    let object = crate::heap::alloc_zeroed(
        ty!(_PyManagedBuffer_Type),
        size_of::<_PyManagedBufferObject>(),
    );
    // SAFETY: just allocated with that size.
    unsafe {
        let m = object.cast::<_PyManagedBufferObject>();
        (*m).flags = flags;
        (*m).master = master;
        // A one-dimensional buffer made by `fill_info` points into the structure it was made in.
        crate::gc::track(object);
        m
    }
}

/// A new view of a managed buffer with the given structure; takes over nothing.
///
/// # Safety
/// `mbuf` is alive; `source` describes memory of its master.
unsafe fn add_view(
    mbuf: *mut _PyManagedBufferObject,
    source: &Py_buffer,
    shape: &[isize],
    strides: &[isize],
    suboffsets: Option<&[isize]>,
) -> Ref {
    let n = shape.len();
    let size = size_of::<PyMemoryViewObject>() + 3 * n * size_of::<isize>();
    let object = crate::heap::alloc_zeroed(ty!(PyMemoryView_Type), size);
    // SAFETY: three arrays of `n` entries follow the structure.
    unsafe {
        let m = object.cast::<PyMemoryViewObject>();
        (*m).ob_base.ob_size = 3 * n as isize;
        (*m).hash = -1;
        (*mbuf).exports += 1;
        crate::heap::xincref_ptr(mbuf.cast());
        (*m).mbuf = mbuf;
        (*m).view = *source;
        (*m).view.internal = std::ptr::null_mut();
        (*m).view.ndim = n as c_int;
        if source.format.is_null() {
            (*m).view.format = c"B".as_ptr().cast_mut();
        }
        let array = object
            .cast::<u8>()
            .add(size_of::<PyMemoryViewObject>())
            .cast::<isize>();
        std::ptr::copy_nonoverlapping(shape.as_ptr(), array, n);
        std::ptr::copy_nonoverlapping(strides.as_ptr(), array.add(n), n);
        (*m).view.shape = if n == 0 { std::ptr::null_mut() } else { array };
        (*m).view.strides = if n == 0 {
            std::ptr::null_mut()
        } else {
            array.add(n)
        };
        (*m).view.suboffsets = std::ptr::null_mut();
        if let Some(s) = suboffsets {
            std::ptr::copy_nonoverlapping(s.as_ptr(), array.add(2 * n), n);
            (*m).view.suboffsets = array.add(2 * n);
        }
        set_flags(m);
        crate::gc::track(object);
        Ref::from_owned_ptr(object)
    }
}
/// # Safety
/// `m` is a live view.
unsafe fn set_flags(m: *mut PyMemoryViewObject) {
    // SAFETY: by contract.
    unsafe {
        let b = &(*m).view;
        let mut flags = (*m).flags & RELEASED;
        flags |= if is_contiguous(b, b'C') { 2 } else { 0 };
        flags |= if is_contiguous(b, b'F') { 4 } else { 0 };
        flags |= if b.ndim == 0 { 2 | 4 | 8 } else { 0 };
        flags |= if b.suboffsets.is_null() { 0 } else { 16 };
        (*m).flags = flags;
    }
}
fn suboffsets(b: &Py_buffer) -> Option<Vec<isize>> {
    // SAFETY: null or `ndim` entries.
    (!b.suboffsets.is_null())
        .then(|| unsafe { std::slice::from_raw_parts(b.suboffsets, b.ndim as usize) }.to_vec())
}
fn view_like(v: Value) -> Ref {
    let b = buffer(v);
    // SAFETY: the view's own structure over its own managed buffer.
    unsafe {
        add_view(
            (*this(v)).mbuf,
            b,
            &shape(b),
            &strides(b),
            suboffsets(b).as_deref(),
        )
    }
}

/// memoryview(v)
pub fn new(v: Value) -> PyResult {
    if is_memoryview(v) {
        check(v)?;
        return Ok(view_like(v));
    }
    if !has_buffer(v) {
        return Err(raise!(
            TypeError,
            "memoryview: a bytes-like object is required, not '{}'",
            v.ty().message_name()
        ));
    }
    let held = Buffer::get(v, bufflags::FULL_RO)?;
    if held.raw.ndim as usize > MAX_NDIM {
        return Err(raise!(
            ValueError,
            "memoryview: number of dimensions must not exceed 64"
        ));
    }
    let (shape, strides, subs) = (shape(&held.raw), strides(&held.raw), suboffsets(&held.raw));
    // SAFETY: the buffer moves into the managed one, which releases it; arrays that point into the old structure are
    // not used any more, because every view has its own.
    unsafe {
        let master = *held.raw;
        let held = std::mem::ManuallyDrop::new(held);
        drop(std::ptr::read(&raw const held.raw));
        let m = new_managed(master, 0);
        let r = add_view(m, &(*m).master, &shape, &strides, subs.as_deref());
        crate::heap::decref_ptr(m.cast());
        Ok(r)
    }
}

/// `PyMemoryView_FromBuffer`: a view of memory that no object owns.
///
/// # Safety
/// `info` describes memory that outlives the view.
pub unsafe fn from_raw_buffer(info: &Py_buffer) -> PyResult {
    if info.buf.is_null() {
        return Err(raise!(
            ValueError,
            "PyMemoryView_FromBuffer(): info->buf must not be NULL"
        ));
    }
    // SAFETY: by contract.
    unsafe {
        let (shape, strides, subs) = (shape(info), strides(info), suboffsets(info));
        let mut master = *info;
        master.obj = std::ptr::null_mut();
        let m = new_managed(master, 0);
        let r = add_view(m, &(*m).master, &shape, &strides, subs.as_deref());
        crate::heap::decref_ptr(m.cast());
        Ok(r)
    }
}

/// # Safety
/// `m` is alive.
unsafe fn managed_release(m: *mut _PyManagedBufferObject) {
    // SAFETY: by contract.
    unsafe {
        if (*m).flags & RELEASED != 0 {
            return;
        }
        (*m).flags |= RELEASED;
        if (*m).flags & FREE_FORMAT != 0 {
            crate::heap::free((*m).master.format.cast());
        }
        super::release(&mut (*m).master);
    }
}
unsafe extern "C" fn managed_dealloc(object: *mut PyObject) {
    crate::gc::untrack(object);
    // SAFETY: a dying managed buffer.
    unsafe {
        managed_release(object.cast());
        crate::heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn managed_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: a live managed buffer; `visit` is the collector's.
    unsafe {
        let o = (*object.cast::<_PyManagedBufferObject>()).master.obj;
        if o.is_null() { 0 } else { visit(o, arg) }
    }
}
/// Gives the view's share of the managed buffer up; false while consumers hold the view's own buffer.
fn release_view(v: Value) -> bool {
    // SAFETY: a live memoryview.
    unsafe {
        let m = this(v);
        if (*m).flags & RELEASED != 0 || (*m).mbuf.is_null() {
            return true;
        }
        if (*m).exports > 0 {
            return false;
        }
        (*m).flags |= RELEASED;
        (*(*m).mbuf).exports -= 1;
        if (*(*m).mbuf).exports == 0 {
            managed_release((*m).mbuf);
        }
        true
    }
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    crate::gc::untrack(object);
    release_view(Value::from_object(object));
    // SAFETY: a dying view.
    unsafe {
        let m = object.cast::<PyMemoryViewObject>();
        crate::heap::clear_field(&raw mut (*m).mbuf);
        if !(*m).weakreflist.is_null() {
            crate::weakref::clear_refs(object);
        }
        crate::heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: a live view; `visit` is the collector's.
    unsafe {
        let o = (*object.cast::<PyMemoryViewObject>()).mbuf;
        if o.is_null() { 0 } else { visit(o.cast(), arg) }
    }
}
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    if release_view(Value::from_object(object)) {
        // SAFETY: the view is released, so nobody reads through it; `dealloc` accepts the empty field.
        unsafe { crate::heap::clear_field(&raw mut (*object.cast::<PyMemoryViewObject>()).mbuf) };
    }
    0
}

const NEW: Signature<1> = Signature {
    name: "memoryview",
    params: ["object"],
    posonly: 0,
    positional: 1,
    required: 1,
};
fn new_slot(_: Type, args: Args<'_>) -> PyResult {
    let [object] = args.bind(&NEW)?;
    new(object)
}
fn repr(v: Value) -> PyResult {
    let word = if is_released(v) {
        "released memory"
    } else {
        "memory"
    };
    Ok(crate::str::new(&format!("<{word} at {:#x}>", v.bits())))
}
fn iterate(v: Value) -> PyResult {
    check(v)?;
    Ok(crate::iterobject::new_seq_iter(v))
}
fn len(v: Value) -> PyResult<usize> {
    let b = check(v)?;
    Ok(shape(b).first().map_or(1, |&n| n as usize))
}
fn hash(v: Value) -> PyResult<i64> {
    // SAFETY: a live memoryview.
    unsafe {
        // A hash that was asked for once outlives the memory.
        if (*this(v)).hash == -1 {
            let b = check(v)?;
            if b.readonly == 0 {
                return Err(raise!(ValueError, "cannot hash writable memoryview object"));
            }
            if !Format::parse(format_text(b)).is_some_and(Format::is_byte) {
                return Err(raise!(
                    ValueError,
                    "memoryview: hashing is restricted to formats 'B', 'b' or 'c'"
                ));
            }
            if !b.obj.is_null() {
                crate::ops::hash(Value::from_object(b.obj))?;
            }
            (*this(v)).hash = crate::str::hash_secret().hash_bytes(&gather(b, b'C')) as isize;
        }
        Ok((*this(v)).hash as i64)
    }
}

/// The items' values, in C order; formats that are not native go through the struct module.
fn unpack_with(b: &Py_buffer, order_items: &mut dyn FnMut(Ref) -> PyResult<bool>) -> PyResult<()> {
    let native = Format::parse(format_text(b));
    let unpacker = match native {
        Some(_) => None,
        None => {
            let module = (crate::hooks().import)("struct")?;
            let text = crate::str::from_latin1(format_text(b));
            Some(crate::ops::call_method_str(
                module.value(),
                "Struct",
                &[text.value()],
            )?)
        }
    };
    let data = gather(b, b'C');
    for s in data.chunks(b.itemsize.max(1) as usize) {
        let v = match (native, &unpacker) {
            (Some(f), _) => unpack_item(f, s)?,
            (None, Some(u)) => {
                let bytes = crate::bytes::new(s);
                crate::ops::call_method_str(u.value(), "unpack", &[bytes.value()])?
            }
            _ => return Err(unsupported(b)),
        };
        if !order_items(v)? {
            break;
        }
    }
    Ok(())
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let same = |equal: bool| Ok(Ref::bool(equal == (op == CmpOp::Eq)));
    if is_released(a) || is_memoryview(b) && is_released(b) {
        return same(a == b);
    }
    let other;
    let y: &Py_buffer = if is_memoryview(b) {
        buffer(b)
    } else {
        if !has_buffer(b) {
            return Ok(Ref::not_implemented());
        }
        match Buffer::get(b, bufflags::FULL_RO) {
            Ok(held) => {
                other = held;
                &other.raw
            }
            Err(_) => {
                crate::errors::clear();
                return Ok(Ref::not_implemented());
            }
        }
    };
    let x = buffer(a);
    if shape(x) != shape(y) {
        return same(false);
    }
    let (fx, fy) = (Format::parse(format_text(x)), Format::parse(format_text(y)));
    if fx.is_some() && fx == fy && !fx.is_some_and(|f| matches!(f.0, b'f' | b'd' | b'?')) {
        return same(gather(x, b'C') == gather(y, b'C'));
    }
    let mut left = Vec::new();
    let mut right = Vec::new();
    let read = unpack_with(x, &mut |v| {
        left.push(v);
        Ok(true)
    })
    .and_then(|()| {
        unpack_with(y, &mut |v| {
            right.push(v);
            Ok(true)
        })
    });
    if read.is_err() {
        crate::errors::clear();
        return same(false);
    }
    for (l, r) in left.iter().zip(&right) {
        let r = crate::ops::richcompare(l.value(), r.value(), CmpOp::Eq)?;
        if !crate::ops::is_true(r.value())? {
            return same(false);
        }
    }
    same(true)
}

fn unsupported(b: &Py_buffer) -> Raised {
    raise!(
        NotImplementedError,
        "memoryview: format {} not supported",
        String::from_utf8_lossy(format_text(b))
    )
}
fn native(b: &Py_buffer) -> PyResult<Format> {
    Format::parse(format_text(b)).ok_or_else(|| unsupported(b))
}
/// The address of an item by its indices.
fn address(b: &Py_buffer, index: &[isize]) -> PyResult<*mut u8> {
    let (shape, strides) = (shape(b), strides(b));
    let mut p = b.buf.cast::<u8>();
    for (dim, &i) in index.iter().enumerate() {
        let i = if i < 0 { i + shape[dim] } else { i };
        if i < 0 || i >= shape[dim] {
            return Err(raise!(
                IndexError,
                "index out of bounds on dimension {}",
                dim + 1
            ));
        }
        // SAFETY: the index was checked.
        p = unsafe { step(b, p, dim, i, strides[dim]) };
    }
    Ok(p)
}
fn item_bytes<'a>(b: &Py_buffer, p: *mut u8) -> &'a mut [u8] {
    // SAFETY: an item has `itemsize` bytes.
    unsafe { std::slice::from_raw_parts_mut(p, b.itemsize as usize) }
}
fn item(v: Value, i: isize) -> PyResult {
    let b = check(v)?;
    let f = native(b)?;
    match b.ndim {
        0 => Err(raise!(TypeError, "invalid indexing of 0-dim memory")),
        1 => unpack_item(f, item_bytes(b, address(b, &[i])?)),
        _ => Err(raise!(
            NotImplementedError,
            "multi-dimensional sub-views are not implemented"
        )),
    }
}

/// What a key means.
enum Key {
    Whole,
    Item(Vec<isize>),
    Slice,
}
fn read_key(b: &Py_buffer, key: Value) -> PyResult<Key> {
    let is_tuple = crate::tuple::is_tuple(key);
    if b.ndim == 0 {
        if is_tuple && crate::tuple::len(key) == 0 {
            return Ok(Key::Item(Vec::new()));
        }
        if key == crate::singletons::ellipsis() {
            return Ok(Key::Whole);
        }
        return Err(raise!(TypeError, "invalid indexing of 0-dim memory"));
    }
    if crate::ops::has_index(key) {
        let i = crate::ops::index_as_isize_clipped_error(key, crate::exceptions::IndexError)?;
        if b.ndim > 1 {
            return Err(raise!(
                NotImplementedError,
                "multi-dimensional sub-views are not implemented"
            ));
        }
        return Ok(Key::Item(vec![i]));
    }
    if crate::slice::is_slice(key) {
        return Ok(Key::Slice);
    }
    if is_tuple {
        let n = crate::tuple::len(key);
        let items: Vec<Ref> = (0..n)
            .map(|i| Ref::new(crate::tuple::get(key, i)))
            .collect();
        if items.iter().all(|k| crate::ops::has_index(k.value())) {
            if n < b.ndim as usize {
                return Err(raise!(NotImplementedError, "sub-views are not implemented"));
            }
            if n > b.ndim as usize {
                return Err(raise!(
                    TypeError,
                    "cannot index {}-dimension view with {n}-element tuple",
                    b.ndim
                ));
            }
            let index = items
                .iter()
                .map(|k| {
                    crate::ops::index_as_isize_clipped_error(
                        k.value(),
                        crate::exceptions::IndexError,
                    )
                })
                .collect::<PyResult<_>>()?;
            return Ok(Key::Item(index));
        }
        if items.iter().all(|k| crate::slice::is_slice(k.value())) {
            return Err(raise!(
                NotImplementedError,
                "multi-dimensional slicing is not implemented"
            ));
        }
    }
    Err(raise!(TypeError, "memoryview: invalid slice key"))
}
/// A view of a slice of the first dimension.
fn sliced(v: Value, key: Value) -> PyResult {
    // The bounds may run code that releases `v`: the new view has its share of the memory before.
    let r = view_like(v);
    // SAFETY: nobody else knows the new view; a slice that selects something starts within the dimension.
    unsafe {
        let m = this(r.value());
        let n = *(*m).view.shape;
        let (start, _stop, by, n) = crate::slice::indices(key, n as usize)?;
        let b = &mut (*m).view;
        // An empty slice has its place, too.
        let offset = start.wrapping_mul(*b.strides);
        b.buf = b.buf.cast::<u8>().wrapping_offset(offset).cast();
        *b.shape = n as isize;
        *b.strides = (*b.strides).wrapping_mul(by);
        b.len = shape(b).iter().product::<isize>() * b.itemsize;
        set_flags(m);
    }
    Ok(r)
}
fn subscript(v: Value, key: Value) -> PyResult {
    let b = check(v)?;
    match read_key(b, key)? {
        Key::Whole => Ok(Ref::new(v)),
        Key::Slice => sliced(v, key),
        Key::Item(index) => {
            let b = check(v)?;
            let f = native(b)?;
            unpack_item(f, item_bytes(b, address(b, &index)?))
        }
    }
}
fn set_subscript(v: Value, key: Value, value: Value) -> PyResult<()> {
    let b = check(v)?;
    native(b)?;
    if b.readonly != 0 {
        return Err(raise!(TypeError, "cannot modify read-only memory"));
    }
    if value.is_empty() {
        return Err(raise!(TypeError, "cannot delete memory"));
    }
    match read_key(b, key)? {
        Key::Slice if b.ndim == 1 => {
            let source = Buffer::get(value, bufflags::FULL_RO)?;
            let target = sliced(v, key)?;
            check(v)?;
            let t = check(target.value())?;
            let formats = format_text(t).strip_prefix(b"@").unwrap_or(format_text(t))
                == format_text(&source.raw)
                    .strip_prefix(b"@")
                    .unwrap_or(format_text(&source.raw));
            if !formats || t.itemsize != source.raw.itemsize || shape(t) != shape(&source.raw) {
                return Err(raise!(
                    ValueError,
                    "memoryview assignment: lvalue and rvalue have different structures"
                ));
            }
            // Copied first: the two may overlap.
            let data = source.to_vec();
            let mut chunks = data.chunks(t.itemsize.max(1) as usize);
            for_each_item(t, b'C', &mut |p| {
                if let Some(s) = chunks.next() {
                    item_bytes(t, p).copy_from_slice(s);
                }
            });
            Ok(())
        }
        Key::Slice => Err(raise!(
            NotImplementedError,
            "memoryview slice assignments are currently restricted to ndim = 1"
        )),
        Key::Whole => store(v, &[], value),
        Key::Item(index) => store(v, &index, value),
    }
}
fn store(v: Value, index: &[isize], value: Value) -> PyResult<()> {
    let b = check(v)?;
    let f = native(b)?;
    address(b, index)?;
    let mut bytes = [0u8; 8];
    // Conversion may run Python code that releases the view, so the memory is looked up after it.
    pack_item(f, value, &mut bytes)?;
    let b = check(v)?;
    let p = address(b, index)?;
    let n = b.itemsize as usize;
    item_bytes(b, p).copy_from_slice(&bytes[..n]);
    Ok(())
}

unsafe extern "C" fn get_buffer(object: *mut PyObject, out: *mut Py_buffer, flags: c_int) -> c_int {
    let v = Value::from_object(object);
    let result = export(v, flags);
    // SAFETY: C passes a live view and a place for the buffer.
    unsafe {
        match result {
            Ok(b) => {
                *out = b;
                crate::heap::xincref_ptr(object);
                (*out).obj = object;
                (*this(v)).exports += 1;
                0
            }
            Err(_) => {
                (*out).obj = std::ptr::null_mut();
                -1
            }
        }
    }
}
fn export(v: Value, flags: c_int) -> PyResult<Py_buffer> {
    let mut b = *check(v)?;
    let has = |f: c_int| flags & f == f;
    let refuse = |what: &str| raise!(BufferError, "memoryview: underlying buffer {what}");
    if has(bufflags::WRITABLE) && b.readonly != 0 {
        return Err(refuse("is not writable"));
    }
    if !has(bufflags::FORMAT) {
        b.format = std::ptr::null_mut();
    }
    let (c, f) = (is_contiguous(&b, b'C'), is_contiguous(&b, b'F'));
    if has(bufflags::C_CONTIGUOUS) && !c {
        return Err(refuse("is not C-contiguous"));
    }
    if has(bufflags::F_CONTIGUOUS) && !f {
        return Err(refuse("is not Fortran contiguous"));
    }
    if has(bufflags::ANY_CONTIGUOUS) && !c && !f {
        return Err(refuse("is not contiguous"));
    }
    if !has(bufflags::INDIRECT) && !b.suboffsets.is_null() {
        return Err(refuse("requires suboffsets"));
    }
    if !has(bufflags::STRIDES) {
        if !c {
            return Err(refuse("is not C-contiguous"));
        }
        b.strides = std::ptr::null_mut();
    }
    if !has(bufflags::ND) {
        if !b.format.is_null() {
            return Err(raise!(
                BufferError,
                "memoryview: cannot cast to unsigned bytes if the format flag is present"
            ));
        }
        b.ndim = 1;
        b.shape = std::ptr::null_mut();
    }
    Ok(b)
}
unsafe extern "C" fn release_buffer(object: *mut PyObject, _: *mut Py_buffer) {
    // SAFETY: C passes a live view.
    unsafe { (*object.cast::<PyMemoryViewObject>()).exports -= 1 }
}

fn release_method(v: Value) -> PyResult {
    if release_view(v) {
        return Ok(Ref::none());
    }
    // SAFETY: a live memoryview.
    let n = unsafe { (*this(v)).exports };
    Err(raise!(
        BufferError,
        "memoryview has {n} exported buffer{}",
        if n == 1 { "" } else { "s" }
    ))
}
fn enter(v: Value) -> PyResult {
    check(v)?;
    Ok(Ref::new(v))
}
fn exit(v: Value, _: &[Value]) -> PyResult {
    release_method(v)
}
const TOBYTES: Signature<1> = Signature {
    name: "tobytes",
    params: ["order"],
    posonly: 0,
    positional: 1,
    required: 0,
};
fn tobytes(v: Value, args: Args<'_>) -> PyResult {
    let [order] = args.bind(&TOBYTES)?;
    let b = check(v)?;
    let order = if order.is_empty() || order.is_none() {
        b'C'
    } else if crate::str::is_str(order) {
        match crate::str::to_string_lossy(order).as_bytes() {
            [c @ (b'C' | b'F' | b'A')] => *c,
            _ => return Err(raise!(ValueError, "order must be 'C', 'F' or 'A'")),
        }
    } else {
        return Err(raise!(
            TypeError,
            "tobytes() argument 'order' must be str or None, not {}",
            order.ty().message_name()
        ));
    };
    let order = if order == b'A' && is_contiguous(b, b'F') && !is_contiguous(b, b'C') {
        b'F'
    } else {
        order
    };
    Ok(crate::bytes::new(&gather(
        b,
        if order == b'A' { b'C' } else { order },
    )))
}
fn hex(v: Value, args: Args<'_>) -> PyResult {
    check(v)?;
    crate::bytes::methods::hex_of(args, || Ok(gather(check(v)?, b'C')))
}
fn tolist(v: Value) -> PyResult {
    let b = check(v)?;
    let f = native(b)?;
    let data = gather(b, b'C');
    let mut items = data.chunks(b.itemsize.max(1) as usize);
    fn nest(dims: &[isize], f: Format, items: &mut std::slice::Chunks<'_, u8>) -> PyResult {
        let Some((&n, rest)) = dims.split_first() else {
            return unpack_item(f, items.next().unwrap_or_default());
        };
        let list = (0..n)
            .map(|_| nest(rest, f, items))
            .collect::<PyResult<Vec<Ref>>>()?;
        Ok(crate::list::from_vec(list))
    }
    nest(&shape(b), f, &mut items)
}
fn toreadonly(v: Value) -> PyResult {
    check(v)?;
    let r = view_like(v);
    // SAFETY: a fresh view.
    unsafe { (*this(r.value())).view.readonly = 1 };
    Ok(r)
}

const CAST: Signature<2> = Signature {
    name: "cast",
    params: ["format", "shape"],
    posonly: 0,
    positional: 2,
    required: 1,
};
/// A format's own static text, for `Py_buffer.format`.
fn static_format(f: Format) -> &'static std::ffi::CStr {
    const TEXTS: [&std::ffi::CStr; 17] = [
        c"c", c"b", c"B", c"?", c"h", c"H", c"i", c"I", c"l", c"L", c"q", c"Q", c"n", c"N", c"f",
        c"d", c"P",
    ];
    TEXTS
        .iter()
        .find(|t| t.to_bytes() == [f.0])
        .copied()
        .unwrap_or(c"B")
}
const PREFIXED: [&std::ffi::CStr; 17] = [
    c"@c", c"@b", c"@B", c"@?", c"@h", c"@H", c"@i", c"@I", c"@l", c"@L", c"@q", c"@Q", c"@n",
    c"@N", c"@f", c"@d", c"@P",
];
fn cast(v: Value, args: Args<'_>) -> PyResult {
    let [format, new_shape] = args.bind(&CAST)?;
    let b = check(v)?;
    if !crate::str::is_str(format) {
        return Err(raise!(
            TypeError,
            "cast() argument 'format' must be str, not {}",
            format.ty().message_name()
        ));
    }
    if !is_contiguous(b, b'C') {
        return Err(raise!(
            TypeError,
            "memoryview: casts are restricted to C-contiguous views"
        ));
    }
    if (!new_shape.is_empty() || b.ndim != 1) && shape(b).contains(&0) {
        return Err(raise!(
            TypeError,
            "memoryview: cannot cast view with zeros in shape or strides"
        ));
    }
    let dims: Option<Vec<Ref>> = if new_shape.is_empty() {
        None
    } else if crate::tuple::is_tuple(new_shape) || crate::list::is_list(new_shape) {
        Some(crate::ops::collect(new_shape)?)
    } else {
        return Err(raise!(TypeError, "shape must be a list or a tuple"));
    };
    if let Some(d) = &dims {
        if d.len() > MAX_NDIM {
            return Err(raise!(
                ValueError,
                "memoryview: number of dimensions must not exceed 64"
            ));
        }
        if b.ndim != 1 && d.len() != 1 {
            return Err(raise!(
                TypeError,
                "memoryview: cast must be 1D -> ND or ND -> 1D"
            ));
        }
    }
    let text = crate::str::to_string_lossy(format);
    let Some(to) = Format::parse(text.as_bytes()) else {
        return Err(raise!(
            ValueError,
            "memoryview: destination format must be a native single character format prefixed with an optional '@'"
        ));
    };
    // Bytes are there whatever the source calls its items.
    let from_bytes = Format::parse(format_text(b)).is_some_and(|from| from.is_byte());
    if !from_bytes && !to.is_byte() {
        return Err(raise!(
            TypeError,
            "memoryview: cannot cast between two non-byte formats"
        ));
    }
    let size = to.size().unwrap_or(1) as isize;
    if b.len % size != 0 {
        return Err(raise!(
            TypeError,
            "memoryview: length is not a multiple of itemsize"
        ));
    }
    let shape = match dims {
        None => vec![b.len / size],
        Some(d) => {
            let mut shape = Vec::with_capacity(d.len());
            let mut total = size;
            for n in &d {
                if !crate::int::is_int_instance(n.value()) {
                    return Err(raise!(
                        TypeError,
                        "memoryview.cast(): elements of shape must be integers"
                    ));
                }
                let n = crate::int::to_i64(n.value()).unwrap_or(0) as isize;
                if n <= 0 {
                    return Err(raise!(
                        ValueError,
                        "memoryview.cast(): elements of shape must be integers > 0"
                    ));
                }
                total = total.checked_mul(n).ok_or_else(|| {
                    raise!(ValueError, "memoryview.cast(): product(shape) > SSIZE_MAX")
                })?;
                shape.push(n);
            }
            if total != b.len {
                return Err(raise!(
                    TypeError,
                    "memoryview: product(shape) * itemsize != buffer size"
                ));
            }
            shape
        }
    };
    let mut source = *check(v)?;
    source.itemsize = size;
    let prefixed = PREFIXED
        .iter()
        .find(|t| t.to_bytes() == text.as_bytes())
        .copied();
    source.format = prefixed.unwrap_or(static_format(to)).as_ptr().cast_mut();
    let strides = c_strides(&shape, size);
    // SAFETY: memory of the same master.
    Ok(unsafe { add_view((*this(v)).mbuf, &source, &shape, &strides, None) })
}

fn get_obj(v: Value) -> PyResult {
    let b = check(v)?;
    Ok(if b.obj.is_null() {
        Ref::none()
    } else {
        Ref::new(Value::from_object(b.obj))
    })
}
fn get_nbytes(v: Value) -> PyResult {
    Ok(Ref::int(check(v)?.len as i64))
}
fn get_readonly(v: Value) -> PyResult {
    Ok(Ref::bool(check(v)?.readonly != 0))
}
fn get_itemsize(v: Value) -> PyResult {
    Ok(Ref::int(check(v)?.itemsize as i64))
}
fn get_format(v: Value) -> PyResult {
    Ok(crate::str::from_latin1(format_text(check(v)?)))
}
fn get_ndim(v: Value) -> PyResult {
    Ok(Ref::int(check(v)?.ndim as i64))
}
fn tuple_of(numbers: &[isize]) -> PyResult {
    Ok(crate::tuple::from_vec(
        numbers.iter().map(|&n| Ref::int(n as i64)).collect(),
    ))
}
fn get_shape(v: Value) -> PyResult {
    tuple_of(&shape(check(v)?))
}
fn get_strides(v: Value) -> PyResult {
    tuple_of(&strides(check(v)?))
}
fn get_suboffsets(v: Value) -> PyResult {
    tuple_of(&suboffsets(check(v)?).unwrap_or_default())
}
fn get_c(v: Value) -> PyResult {
    Ok(Ref::bool(is_contiguous(check(v)?, b'C')))
}
fn get_f(v: Value) -> PyResult {
    Ok(Ref::bool(is_contiguous(check(v)?, b'F')))
}
fn get_contiguous(v: Value) -> PyResult {
    Ok(Ref::bool(is_contiguous(check(v)?, b'A')))
}
