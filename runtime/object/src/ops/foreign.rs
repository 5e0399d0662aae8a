//! Calls of C slots with boxed arguments. Slow path by design: extension-type pairs get their own inline caches.

use crate::boundary::{CRef, Lent, from_c_owned};
use crate::{PyResult, Ref, Value};
use pyrs_layout::*;
use std::ffi::c_int;

/// Runs a C function that returns an owned object.
pub fn c_unary(f: unaryfunc, a: Value) -> PyResult {
    let a = CRef::new(a);
    // SAFETY: slots are called with live boxed objects and return an owned object or null.
    unsafe { from_c_owned(f(a.ptr())) }
}
pub fn c_binary(f: binaryfunc, a: Value, b: Value) -> PyResult {
    let (a, b) = (CRef::new(a), CRef::new(b));
    // SAFETY: as in `c_unary`.
    unsafe { from_c_owned(f(a.ptr(), b.ptr())) }
}

/// What [`_PyEval_EvalFrameDefault`] calls next.
static mut OPERATOR: Option<binaryfunc> = None;

/// Where C code that looks at the native stack finds its interpreter: NumPy puts results into an operand that nobody else
/// can refer to if the operator was called from here. Operators of extension types are called through it
/// ([`call_operator`]), frames are run elsewhere.
///
/// # Safety
/// Live operands, if it is called with an operator set.
#[inline(never)]
#[unsafe(no_mangle)]
pub unsafe extern "C" fn _PyEval_EvalFrameDefault(
    a: *mut PyObject,
    b: *mut PyObject,
    _throw: c_int,
) -> *mut PyObject {
    // SAFETY: used under the GIL; by contract.
    unsafe {
        let Some(f) = (&raw mut OPERATOR).replace(None) else {
            let _ = crate::errors::bad_internal_call();
            return std::ptr::null_mut();
        };
        // Not a tail call: the frame is what is looked for.
        std::hint::black_box(f(a, b))
    }
}

/// Calls an operator of an extension type from an instruction. An operand with one reference is a temporary, which C may
/// change: whoever has it elsewhere must count it.
///
/// # Safety
/// Live objects that C may look at.
#[inline]
pub unsafe fn call_operator(f: binaryfunc, a: *mut PyObject, b: *mut PyObject) -> PyResult {
    // SAFETY: used under the GIL; by contract.
    unsafe {
        OPERATOR = Some(f);
        from_c_owned(_PyEval_EvalFrameDefault(a, b, 0))
    }
}
pub fn c_ternary(f: ternaryfunc, a: Value, b: Value, c: Value) -> PyResult {
    let (a, b, c) = (CRef::new(a), CRef::new(b), CRef::new(c));
    // SAFETY: as in `c_unary`; an empty value is null, which ternary slots accept.
    unsafe { from_c_owned(f(a.ptr(), b.ptr(), c.ptr())) }
}
fn status(code: c_int) -> PyResult<()> {
    if code < 0 {
        Err(crate::errors::from_c_null())
    } else {
        Ok(())
    }
}
pub fn c_inquiry(f: inquiry, a: Value) -> PyResult<bool> {
    let a = Lent::new(a);
    // SAFETY: as in `c_unary`.
    let n = unsafe { f(a.ptr()) };
    status(n).map(|()| n != 0)
}
pub fn c_contains(f: objobjproc, a: Value, b: Value) -> PyResult<bool> {
    let (a, b) = (CRef::new(a), CRef::new(b));
    // SAFETY: as in `c_unary`.
    let n = unsafe { f(a.ptr(), b.ptr()) };
    status(n).map(|()| n != 0)
}
pub fn c_len_call(f: lenfunc, a: Value) -> PyResult<usize> {
    let a = Lent::new(a);
    // SAFETY: as in `c_unary`.
    let n = unsafe { f(a.ptr()) };
    if n < 0 {
        Err(crate::errors::from_c_null())
    } else {
        Ok(n as usize)
    }
}
pub fn c_hash_call(f: hashfunc, a: Value) -> PyResult<i64> {
    let a = Lent::new(a);
    // SAFETY: as in `c_unary`.
    let h = unsafe { f(a.ptr()) };
    if h == -1 {
        Err(crate::errors::from_c_null())
    } else {
        Ok(h as i64)
    }
}
pub fn c_set(f: objobjargproc, a: Value, b: Value, c: Value) -> PyResult<()> {
    let (a, b, c) = (CRef::new(a), CRef::new(b), CRef::new(c));
    // SAFETY: as in `c_unary`; null deletes.
    status(unsafe { f(a.ptr(), b.ptr(), c.ptr()) })
}
pub fn c_sizearg(f: ssizeargfunc, a: Value, n: isize) -> PyResult {
    let a = CRef::new(a);
    // SAFETY: as in `c_unary`.
    unsafe { from_c_owned(f(a.ptr(), n)) }
}
pub fn c_sizeobjarg(f: ssizeobjargproc, a: Value, n: isize, v: Value) -> PyResult<()> {
    let (a, v) = (CRef::new(a), CRef::new(v));
    // SAFETY: as in `c_unary`; null deletes.
    status(unsafe { f(a.ptr(), n, v.ptr()) })
}
pub fn c_richcmp(f: richcmpfunc, a: Value, b: Value, op: CmpOp) -> PyResult {
    let (a, b) = (CRef::new(a), CRef::new(b));
    // SAFETY: as in `c_unary`.
    unsafe { from_c_owned(f(a.ptr(), b.ptr(), op as c_int)) }
}
/// `tp_iternext`: null without an error (or with `StopIteration`) is the end.
pub fn c_next(f: iternextfunc, a: Value) -> PyResult<Option<Ref>> {
    let a = CRef::new(a);
    // SAFETY: as in `c_unary`.
    unsafe {
        let p = f(a.ptr());
        if !p.is_null() {
            return from_c_owned(p).map(Some);
        }
    }
    if !crate::errors::occurred() || crate::errors::take_if(crate::exceptions::StopIteration) {
        return Ok(None);
    }
    Err(crate::Raised::assume_set())
}
/// `am_send`
pub fn c_send(f: sendfunc, a: Value, sent: Value) -> PyResult<crate::native::Sent> {
    let (a, sent) = (CRef::new(a), CRef::new(sent));
    let mut out = std::ptr::null_mut();
    // SAFETY: as in `c_unary`; the result is owned.
    unsafe {
        match f(a.ptr(), sent.ptr(), &raw mut out) {
            1 => from_c_owned(out).map(crate::native::Sent::Yielded),
            0 => from_c_owned(out).map(crate::native::Sent::Returned),
            _ => Err(crate::errors::from_c_null()),
        }
    }
}
/// `tp_init` with a tuple and a dict.
pub fn c_init(f: initproc, a: Value, args: crate::Args<'_>) -> PyResult<()> {
    let (tuple, dict) = args.shown()?;
    let a = CRef::new(a);
    let kw = dict
        .as_ref()
        .map_or(std::ptr::null_mut(), |d| d.value().as_ptr());
    // SAFETY: as in `c_unary`; `dict` lives until the call has returned.
    status(unsafe { f(a.ptr(), tuple.as_ptr(), kw) })
}
/// `tp_call` with a tuple and a dict.
pub fn c_call(f: ternaryfunc, a: Value, args: crate::Args<'_>) -> PyResult {
    let (tuple, dict) = args.shown()?;
    let a = CRef::new(a);
    let dict = dict
        .as_ref()
        .map_or(std::ptr::null_mut(), |d| d.value().as_ptr());
    // SAFETY: as in `c_unary`.
    unsafe { from_c_owned(f(a.ptr(), tuple.as_ptr(), dict)) }
}
/// `tp_new` with a tuple and a dict.
pub fn c_new(f: newfunc, ty: crate::Type, args: crate::Args<'_>) -> PyResult {
    let (tuple, dict) = args.shown()?;
    let dict = dict
        .as_ref()
        .map_or(std::ptr::null_mut(), |d| d.value().as_ptr());
    // SAFETY: as in `c_unary`.
    unsafe { from_c_owned(f(ty.as_ptr(), tuple.as_ptr(), dict)) }
}
