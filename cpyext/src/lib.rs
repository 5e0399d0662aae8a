//! CPython 3.11's C API for unmodified extension modules.
//!
//! One file per header of CPython. Every function is declared through [`capi!`], which makes it an exported C symbol;
//! [`for_each_capi!`] is the table of all of them. The rules of the boundary are in `pyrs_object::boundary`:
//! arguments from C are canonicalised by [`val`] (borrowed) or [`steal`] (owned), results are boxed and exposed by
//! [`ret`]; the error indicator is memory in the thread state. Variadic functions are in `c/varargs.c`, which calls Rust.
#![allow(non_snake_case, reason = "the names are those of CPython's headers")]
#![allow(non_upper_case_globals, reason = "the symbol names are CPython's")]
#![allow(
    unreachable_pub,
    reason = "C's symbols are the executable's, not Rust's"
)]
#![allow(
    clippy::missing_safety_doc,
    reason = "the contract of every function is CPython's C API documentation"
)]

use pyrs_object::layout::*;
use pyrs_object::{PyResult, Raised, Ref, Type, Value, boundary, raise};
use std::ffi::{CStr, c_char, c_int};

/// Declares exported C functions. The bodies run in one unsafe block whose justification is the C API's contract:
/// object arguments are null only where documented and otherwise alive, other pointers are valid, the GIL is held.
macro_rules! capi {
    ($($(#[$m:meta])* fn $name:ident($($a:ident: $t:ty),* $(,)?) $(-> $r:ty)? $body:block)*) => {$(
        $(#[$m])*
        #[unsafe(no_mangle)]
        pub unsafe extern "C" fn $name($($a: $t),*) $(-> $r)? {
            // SAFETY: see the macro: the caller keeps the C API's contract.
            #[allow(unused_unsafe, reason = "some bodies need none")]
            unsafe { $body }
        }
    )*};
}

mod abstract_;
mod boolobject;
mod bytesobject;
mod call;
mod ceval;
mod codecs;
mod complexobject;
mod config;
mod descrobject;
mod dictobject;
pub mod exports;
mod fileobject;
mod fileutils;
mod floatobject;
mod format;
mod frameobject;
mod genobject;
mod getargs;
mod hashtable;
mod identifier;
mod import;
mod initconfig;
mod intrinsics;
mod keywords;
mod listobject;
pub mod loader;
mod longobject;
mod marshal;
mod memoryobject;
mod methodobject;
mod modsupport;
mod moduleobject;
mod object;
mod objimpl;
mod odictobject;
mod picklebufobject;
mod pycapsule;
mod pyerrors;
mod pyhash;
mod pylifecycle;
mod pystate;
mod pystrtod;
mod pythonrun;
mod pythread;
mod pytime;
mod readline;
mod setobject;
mod sliceobject;
mod structseq;
mod sysmodule;
pub mod table;
mod token;
mod tupleobject;
mod typeobject;
mod unicodeobject;
mod unicodewriter;
mod va;
mod warnings;
mod weakrefobject;

pub(crate) type O = *mut PyObject;
pub(crate) const NULL: O = std::ptr::null_mut();

/// A borrowed argument, canonical.
///
/// # Safety
/// Null or alive.
#[inline(always)]
pub(crate) unsafe fn val(o: O) -> Value {
    // SAFETY: by contract.
    unsafe { boundary::from_c(o) }
}
/// An argument whose reference the function takes over; null gives an empty Ref.
///
/// # Safety
/// Null or owned by the caller.
#[inline]
pub(crate) unsafe fn steal(o: O) -> Ref {
    // SAFETY: by contract; an immediate made from the box gives the box up.
    unsafe {
        let v = boundary::from_c(o);
        if v.is_immediate() {
            pyrs_object::heap::decref_ptr(o);
        }
        Ref::from_owned(v)
    }
}
/// An owned result for C.
#[inline]
pub(crate) fn ret(r: PyResult) -> O {
    boundary::c_owned(r)
}
/// A new reference to what is alive anyway.
#[inline]
pub(crate) fn new_ref(v: Value) -> O {
    boundary::to_c(Ref::new(v))
}
/// 0 or -1.
#[inline]
pub(crate) fn status(r: PyResult<()>) -> c_int {
    boundary::c_int_result(r)
}
#[inline]
pub(crate) fn truth(r: PyResult<bool>) -> c_int {
    boundary::c_bool(r)
}
/// The bytes of a C string; null gives none.
///
/// # Safety
/// Null or NUL-terminated, and it outlives the use.
pub(crate) unsafe fn c_bytes<'a>(p: *const c_char) -> &'a [u8] {
    if p.is_null() {
        return &[];
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(p) }.to_bytes()
}
/// The text of a C string, bad bytes replaced.
///
/// # Safety
/// As [`c_bytes`].
pub(crate) unsafe fn text<'a>(p: *const c_char) -> std::borrow::Cow<'a, str> {
    // SAFETY: by contract.
    String::from_utf8_lossy(unsafe { c_bytes(p) })
}
/// An interned str of a C string.
///
/// # Safety
/// As [`c_bytes`].
pub(crate) unsafe fn name(p: *const c_char) -> Ref {
    // SAFETY: by contract.
    pyrs_object::str::intern(&unsafe { text(p) })
}
#[cold]
pub(crate) fn bad_call() -> Raised {
    raise!(SystemError, "bad argument to internal function")
}
/// "bad argument to internal function" as a null result.
#[cold]
pub(crate) fn bad_null() -> O {
    let _ = bad_call();
    NULL
}
#[cold]
pub(crate) fn bad_int() -> c_int {
    let _ = bad_call();
    -1
}
pub(crate) fn type_of_ptr(t: *mut PyTypeObject) -> Type {
    Type::from_ptr(t)
}
/// Keeps a C string for good: names of types and capsules that the caller may free.
pub(crate) fn leak(text: &str) -> *mut c_char {
    let clean: Vec<u8> = text.bytes().filter(|b| *b != 0).collect();
    let p = pyrs_object::heap::malloc(clean.len() + 1);
    // SAFETY: the block has room for the text and its NUL.
    unsafe {
        std::ptr::copy_nonoverlapping(clean.as_ptr(), p, clean.len());
        *p.add(clean.len()) = 0;
    }
    p.cast()
}

/// Makes `import` load extension modules. Called once at start.
pub fn install() {
    exports::keep();
    readline::install();
    pyrs_stdlib::imp::install_dynamic(loader::create, loader::exec);
}
