//! The buffer protocol and `memoryview`.

use crate::layout::*;
use crate::{PyResult, Ref, Value, ValueExt, raise};
use std::ffi::{c_int, c_void};

mod access;
mod item;
mod view;

pub use item::{Format, pack_item, unpack_item};
pub use view::{_PyManagedBuffer_Type, PyMemoryView_Type, from_raw_buffer, new};

/// A held buffer of any exporter (native or C); released when dropped.
///
/// Boxed because exporters point `shape` and `strides` into the structure itself.
pub struct Buffer {
    pub raw: Box<Py_buffer>,
}

/// A buffer structure with nothing in it.
pub const EMPTY_BUFFER: Py_buffer = Py_buffer {
    buf: std::ptr::null_mut(),
    obj: std::ptr::null_mut(),
    len: 0,
    itemsize: 0,
    readonly: 0,
    ndim: 0,
    format: std::ptr::null_mut(),
    shape: std::ptr::null_mut(),
    strides: std::ptr::null_mut(),
    suboffsets: std::ptr::null_mut(),
    internal: std::ptr::null_mut(),
};

fn procs(v: Value) -> Option<PyBufferProcs> {
    if !v.is_object() {
        return None;
    }
    // SAFETY: null or a table that lives as long as the type.
    unsafe { v.ty().tp_as_buffer.as_ref() }.copied()
}

impl Buffer {
    pub fn get(v: Value, flags: i32) -> PyResult<Buffer> {
        let Some(get) = procs(v).and_then(|p| p.bf_getbuffer) else {
            return Err(not_bytes_like(v));
        };
        let mut raw = Box::new(EMPTY_BUFFER);
        // SAFETY: the exporter's function gets a live object and a place for the view.
        if unsafe { get(v.as_ptr(), &raw mut *raw, flags) } != 0 {
            return Err(crate::errors::from_c_null());
        }
        Ok(Buffer { raw })
    }
    /// The memory of a contiguous buffer.
    pub fn bytes(&self) -> &[u8] {
        if self.raw.len <= 0 {
            return &[];
        }
        // SAFETY: the exporter keeps `len` bytes at `buf` while the buffer is held.
        unsafe { std::slice::from_raw_parts(self.raw.buf.cast(), self.raw.len as usize) }
    }
    pub fn bytes_mut(&mut self) -> &mut [u8] {
        if self.raw.len <= 0 || self.raw.readonly != 0 {
            return &mut [];
        }
        // SAFETY: as above, and it is writable.
        unsafe { std::slice::from_raw_parts_mut(self.raw.buf.cast(), self.raw.len as usize) }
    }
    /// The items in C order, whatever the buffer's strides.
    pub fn to_vec(&self) -> Vec<u8> {
        if access::is_contiguous(&self.raw, b'C') {
            self.bytes().to_vec()
        } else {
            access::gather(&self.raw, b'C')
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        // SAFETY: the buffer was filled by its exporter.
        unsafe { release(&mut self.raw) }
    }
}

/// `PyBuffer_Release`
///
/// # Safety
/// `view` is empty or was filled by its exporter.
pub unsafe fn release(view: &mut Py_buffer) {
    let object = view.obj;
    if object.is_null() {
        return;
    }
    if let Some(f) = procs(Value::from_object(object)).and_then(|p| p.bf_releasebuffer) {
        // SAFETY: by contract.
        unsafe { f(object, view) };
    }
    view.obj = std::ptr::null_mut();
    // SAFETY: the view owned its object.
    unsafe { crate::heap::decref_ptr(object) };
}

/// `v` is a memoryview (views have no subclasses).
pub fn is_memoryview(v: Value) -> bool {
    v.is_exact(crate::ty!(PyMemoryView_Type))
}

#[cold]
fn not_bytes_like(v: Value) -> crate::Raised {
    raise!(
        TypeError,
        "a bytes-like object is required, not '{}'",
        v.ty().message_name()
    )
}

/// Contiguous read-only bytes of a bytes-like object; "a bytes-like object is required, not 'X'".
pub fn bytes_like(v: Value) -> PyResult<Buffer> {
    Buffer::get(v, bufflags::SIMPLE)
}
pub fn has_buffer(v: Value) -> bool {
    procs(v).is_some_and(|p| p.bf_getbuffer.is_some())
}

/// `PyBuffer_FillInfo`: one dimension of bytes.
///
/// # Safety
/// `view` is null or writable; `object` is alive and keeps `len` bytes at `buf`.
pub unsafe fn fill_info(
    view: *mut Py_buffer,
    object: *mut PyObject,
    buf: *mut c_void,
    len: usize,
    readonly: bool,
    flags: c_int,
) -> c_int {
    if view.is_null() {
        let _ = raise!(
            BufferError,
            "PyBuffer_FillInfo: view==NULL argument is obsolete"
        );
        return -1;
    }
    if readonly && flags & bufflags::WRITABLE != 0 {
        let _ = raise!(BufferError, "Object is not writable.");
        return -1;
    }
    // SAFETY: by contract; shape and strides point into the view itself, as CPython's do.
    unsafe {
        crate::heap::xincref_ptr(object);
        *view = EMPTY_BUFFER;
        (*view).obj = object;
        (*view).buf = buf;
        (*view).len = len as isize;
        (*view).readonly = readonly.into();
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
    }
    0
}

/// Bytes of `v` in C order as a new `bytes`.
pub fn to_bytes(v: Value) -> PyResult {
    Ok::<Ref, _>(crate::bytes::new(
        &Buffer::get(v, bufflags::FULL_RO)?.to_vec(),
    ))
}
