//! `pyhash.h`.

use crate::*;
use pyrs_object::ops;
use std::ffi::c_void;

/// `PyHash_FuncDef`.
#[repr(C)]
pub struct FuncDef {
    hash: unsafe extern "C" fn(*const c_void, isize) -> isize,
    name: *const c_char,
    hash_bits: c_int,
    seed_bits: c_int,
}
// SAFETY: never written.
unsafe impl Sync for FuncDef {}
static FUNC_DEF: FuncDef = FuncDef {
    hash: _Py_HashBytes,
    name: c"siphash13".as_ptr(),
    hash_bits: 64,
    seed_bits: 128,
};

capi! {
    fn PyHash_GetFuncDef() -> *const FuncDef { &raw const FUNC_DEF }
    fn _Py_HashBytes(p: *const c_void, n: isize) -> isize {
        if n == 0 { return 0; }
        pyrs_object::str::hash_secret().hash_bytes(std::slice::from_raw_parts(p.cast(), n as usize)) as isize
    }
    fn _Py_HashDouble(o: O, x: f64) -> isize {
        if x.is_nan() { return _Py_HashPointer(o.cast()); }
        boundary::c_hash(ops::hash(Ref::float(x).value()))
    }
    fn _Py_HashPointer(p: *const c_void) -> isize {
        let h = (p as usize).rotate_right(4) as isize;
        if h == -1 { -2 } else { h }
    }
    fn _Py_HashPointerRaw(p: *const c_void) -> isize { (p as usize).rotate_right(4) as isize }
}
