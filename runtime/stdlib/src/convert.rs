//! Converters shared by the modules that talk to the operating system: numbers of C types, file descriptors, buffers that
//! are filled in place, system calls without the GIL.

use pyrs_object::layout::*;
use pyrs_object::{
    PyResult, Raised, Ref, Value, ValueExt, bytes, errors, heap, int, intern, memory, ops, raise,
    str, thread, ty,
};
use pyrs_vm::{safepoint, threads};
use std::ffi::CString;

/// The calling thread's `errno`.
pub fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(0)
}
/// `OSError` for an error number, without a file name.
#[cold]
pub fn os_error(code: i32) -> Raised {
    errors::os_error_code(code, Value::EMPTY, Value::EMPTY)
}
/// `OSError` for an error number, with a file name.
#[cold]
pub fn os_error_for(code: i32, filename: Value) -> Raised {
    errors::os_error_code(code, filename, Value::EMPTY)
}
/// `None`, or `OSError` from `errno` when a system call gave -1.
pub fn none_or_errno(r: i32) -> PyResult {
    if r < 0 {
        Err(os_error(errno()))
    } else {
        Ok(Ref::none())
    }
}
/// The number, or `OSError` from `errno` when it is -1.
pub fn int_or_errno(r: i64) -> PyResult {
    if r < 0 {
        Err(os_error(errno()))
    } else {
        Ok(Ref::int(r))
    }
}

/// Runs a blocking system call without the GIL; retries it after a signal, whose handlers run first. The inner result
/// is the error number.
pub fn syscall<T: Copy + PartialOrd + From<i8>>(
    mut f: impl FnMut() -> T,
) -> PyResult<Result<T, i32>> {
    loop {
        let (r, code) = threads::without_gil(|| {
            let r = f();
            (r, if r < T::from(0) { errno() } else { 0 })
        });
        if r >= T::from(0) {
            return Ok(Ok(r));
        }
        if code != libc::EINTR {
            return Ok(Err(code));
        }
        safepoint::poll(thread::current())?;
    }
}
/// [`syscall`] with an error raised as `OSError` without a file name.
pub fn syscall_or_raise<T: Copy + PartialOrd + From<i8>>(f: impl FnMut() -> T) -> PyResult<T> {
    syscall(f)?.map_err(os_error)
}

#[cold]
fn overflow(kind: &str) -> Raised {
    raise!(OverflowError, "Python int too large to convert to C {kind}")
}
/// An int of any kind (`__index__`), as `i64` if it fits.
fn index_i64(v: Value) -> PyResult<Option<i64>> {
    if let Some(n) = v.as_int() {
        return Ok(Some(n));
    }
    Ok(int::to_i64(ops::index(v)?.value()))
}
/// A C `int`.
pub fn c_int(v: Value) -> PyResult<i32> {
    index_i64(v)?
        .and_then(|n| i32::try_from(n).ok())
        .ok_or_else(|| overflow("int"))
}
/// A C `long`.
pub fn c_long(v: Value) -> PyResult<i64> {
    index_i64(v)?.ok_or_else(|| overflow("long"))
}
/// A C `ssize_t`.
pub fn c_ssize(v: Value) -> PyResult<isize> {
    index_i64(v)?
        .map(|n| n as isize)
        .ok_or_else(|| overflow("ssize_t"))
}
/// A C `unsigned long`; negative numbers are errors.
pub fn c_ulong(v: Value) -> PyResult<u64> {
    let n = ops::index(v)?;
    if int::is_negative(n.value()) {
        return Err(raise!(
            OverflowError,
            "can't convert negative int to unsigned"
        ));
    }
    int::to_u64(n.value()).ok_or_else(|| raise!(OverflowError, "int too big to convert"))
}
/// An int reduced modulo 2^64, as `PyLong_AsUnsignedLongMask`.
pub fn c_mask(v: Value) -> PyResult<u64> {
    let n = ops::index(v)?;
    Ok(int::with_digits(n.value(), |negative, digits| {
        let mut r: u64 = 0;
        for (i, d) in digits.iter().take(3).enumerate() {
            r |= u64::from(*d) << (30 * i);
        }
        if negative { r.wrapping_neg() } else { r }
    }))
}
/// A C `unsigned int`.
pub fn c_uint(v: Value) -> PyResult<u32> {
    let n = c_ulong(v)?;
    u32::try_from(n).map_err(|_| {
        raise!(
            OverflowError,
            "Python int too large to convert to C unsigned int"
        )
    })
}
/// The value of an optional flag parameter.
pub fn truth(v: Value, default: bool) -> PyResult<bool> {
    if v.is_empty() {
        Ok(default)
    } else {
        ops::is_true(v)
    }
}
/// An optional C `int` parameter.
pub fn c_int_or(v: Value, default: i32) -> PyResult<i32> {
    if v.is_empty() { Ok(default) } else { c_int(v) }
}

/// A file descriptor: an int or an object with `fileno()`.
pub fn fileno(v: Value) -> PyResult<i32> {
    let n = if int::is_int_instance(v) {
        c_int(v)?
    } else {
        let Some(method) = ops::getattr_opt(v, intern!("fileno"))? else {
            return Err(raise!(
                TypeError,
                "argument must be an int, or have a fileno() method."
            ));
        };
        let n = ops::call(method.value(), &[])?;
        if !int::is_int_instance(n.value()) {
            return Err(raise!(TypeError, "fileno() returned a non-integer"));
        }
        c_int(n.value())?
    };
    if n < 0 {
        return Err(raise!(
            ValueError,
            "file descriptor cannot be a negative integer ({n})"
        ));
    }
    Ok(n)
}

/// "f() argument 'x' must be str, not int".
#[cold]
pub fn wrong_type(function: &str, argument: &str, wanted: &str, v: Value) -> Raised {
    let got = if v.is_none() {
        "None"
    } else {
        v.ty().message_name()
    };
    raise!(
        TypeError,
        "{function}() argument {argument} must be {wanted}, not {got}"
    )
}
/// A str argument as UTF-8 without NULs.
pub fn text<'a>(v: Value, function: &str, argument: &str) -> PyResult<&'a str> {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong_type(function, argument, "str", v));
    }
    let s = str::as_utf8(v)?;
    if s.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(s)
}
/// A str as a C string.
pub fn c_text(v: Value, function: &str, argument: &str) -> PyResult<CString> {
    CString::new(text(v, function, argument)?)
        .map_err(|_| raise!(ValueError, "embedded null character"))
}
/// A file-system text (str, bytes, path-like) as a C string.
pub fn fs_text(v: Value) -> PyResult<CString> {
    CString::new(pyrs_object::codec::encode_fs(v)?)
        .map_err(|_| raise!(ValueError, "embedded null byte"))
}
/// A writable buffer; "f() argument 1 must be read-write bytes-like object, not X".
pub fn writable(v: Value, function: &str, argument: &str) -> PyResult<memory::Buffer> {
    match memory::Buffer::get(v, bufflags::WRITABLE) {
        Ok(b) => Ok(b),
        Err(_) => {
            errors::clear();
            Err(wrong_type(
                function,
                argument,
                "read-write bytes-like object",
                v,
            ))
        }
    }
}

/// A new bytes object that is filled in place; only the first `used` bytes given to [`finish`](Self::finish) remain.
pub struct BytesMaker {
    object: Ref,
    capacity: usize,
}

/// Offset of the data in a bytes object.
const BYTES_HEAD: usize = std::mem::offset_of!(PyBytesObject, ob_sval);

impl BytesMaker {
    pub fn new(capacity: usize) -> PyResult<BytesMaker> {
        let t = ty!(bytes::PyBytes_Type);
        let size = capacity
            .checked_add(BYTES_HEAD + 1)
            .filter(|n| *n < isize::MAX as usize);
        let object = size.map_or(std::ptr::null_mut(), |n| heap::try_alloc(t, n));
        if object.is_null() {
            return Err(errors::no_memory());
        }
        // SAFETY: freshly allocated with room for header, data and the final NUL.
        unsafe {
            let b = object.cast::<PyBytesObject>();
            (*b).ob_base.ob_size = capacity as isize;
            (*b).ob_shash = -1;
            *object.cast::<u8>().add(BYTES_HEAD + capacity) = 0;
            Ok(BytesMaker {
                object: Ref::from_owned_ptr(object),
                capacity,
            })
        }
    }
    pub fn ptr(&mut self) -> *mut u8 {
        // SAFETY: the data lies behind the header.
        unsafe { self.object.as_ptr().cast::<u8>().add(BYTES_HEAD) }
    }
    pub fn slice(&mut self) -> &mut [u8] {
        // SAFETY: `capacity` bytes that nobody else refers to yet; any byte value is valid.
        unsafe { std::slice::from_raw_parts_mut(self.ptr(), self.capacity) }
    }
    pub fn finish(mut self, used: usize) -> Ref {
        if used <= 1 || used + used / 2 + 64 < self.capacity {
            let n = used.min(self.capacity);
            return bytes::new(&self.slice()[..n]);
        }
        if used < self.capacity {
            // SAFETY: shrinking within the allocation.
            unsafe {
                *self.ptr().add(used) = 0;
                (*self.object.as_ptr().cast::<PyBytesObject>())
                    .ob_base
                    .ob_size = used as isize;
            }
        }
        self.object
    }
}

/// The type of a module's class made by `structseq` or `py_type!`, remembered for the functions that make instances.
pub struct TypeCell(std::sync::atomic::AtomicUsize);

impl TypeCell {
    pub const fn new() -> TypeCell {
        TypeCell(std::sync::atomic::AtomicUsize::new(0))
    }
    pub fn set(&self, t: pyrs_object::Type) {
        heap::incref(t.value());
        self.0
            .store(t.as_ptr() as usize, std::sync::atomic::Ordering::Release);
    }
    /// Only after the module's `init`.
    pub fn get(&self) -> pyrs_object::Type {
        pyrs_object::Type::from_ptr(
            self.0.load(std::sync::atomic::Ordering::Acquire) as *mut PyTypeObject
        )
    }
}

impl Default for TypeCell {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs `tp_finalize` of an object whose count has reached zero, once. Whether the object has come back to life.
///
/// # Safety
/// Called from the object's `tp_dealloc`; the object has a GC head.
pub unsafe fn finalize_from_dealloc(object: *mut PyObject) -> bool {
    // SAFETY: by contract; the count is raised while Python code may look at the object.
    unsafe {
        let head = heap::gc_head(object);
        if (*head).prev & heap::gcflags::FINALIZED != 0 {
            return false;
        }
        let Some(f) = (*(*object).ob_type).tp_finalize else {
            return false;
        };
        (*head).prev |= heap::gcflags::FINALIZED;
        (*object).ob_refcnt = 1;
        f(object);
        (*object).ob_refcnt -= 1;
        (*object).ob_refcnt > 0
    }
}
