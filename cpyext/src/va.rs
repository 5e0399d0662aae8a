//! C's variable arguments as Rust sees them; the reading is done in `c/varargs.c`.

use crate::O;
use std::ffi::{c_char, c_int, c_void};

/// An argument list being walked, owned by the C function that started it.
#[repr(C)]
pub struct Va {
    _opaque: [u8; 0],
}

unsafe extern "C" {
    fn pyrs_va_int(v: *mut Va) -> c_int;
    fn pyrs_va_long(v: *mut Va) -> i64;
    fn pyrs_va_double(v: *mut Va) -> f64;
    fn pyrs_va_ptr(v: *mut Va) -> *mut c_void;
}

/// A handle on the list: the caller promises that the next argument has the asked-for type.
#[derive(Clone, Copy)]
pub(crate) struct List(pub(crate) *mut Va);

impl List {
    pub(crate) unsafe fn int(self) -> c_int {
        // SAFETY: the format string promises an int.
        unsafe { pyrs_va_int(self.0) }
    }
    pub(crate) unsafe fn long(self) -> i64 {
        // SAFETY: the format string promises a 64-bit integer.
        unsafe { pyrs_va_long(self.0) }
    }
    pub(crate) unsafe fn double(self) -> f64 {
        // SAFETY: the format string promises a double.
        unsafe { pyrs_va_double(self.0) }
    }
    pub(crate) unsafe fn ptr<T>(self) -> *mut T {
        // SAFETY: the format string promises a pointer.
        unsafe { pyrs_va_ptr(self.0) }.cast()
    }
    pub(crate) unsafe fn object(self) -> O {
        // SAFETY: the format string promises an object.
        unsafe { self.ptr() }
    }
    pub(crate) unsafe fn chars(self) -> *const c_char {
        // SAFETY: the format string promises a C string.
        unsafe { self.ptr() }
    }
}
