//! `bytesobject.h` and `bytearrayobject.h`.

use crate::*;
use pyrs_object::{ValueExt, bytearray, bytes, heap, ops, ty};

/// What the fields of an empty bytearray point at.
#[unsafe(no_mangle)]
pub static mut _PyByteArray_empty_string: [c_char; 1] = [0];

const HEADER: usize = std::mem::offset_of!(PyBytesObject, ob_sval);

/// A bytes object of `n` bytes to be filled.
fn alloc(n: usize) -> O {
    let o = heap::try_alloc(ty!(bytes::PyBytes_Type), HEADER + n + 1);
    if o.is_null() {
        let _ = pyrs_object::errors::no_memory();
        return NULL;
    }
    // SAFETY: fresh, with room for the bytes and a NUL.
    unsafe {
        let b = o.cast::<PyBytesObject>();
        (*b).ob_base.ob_size = n as isize;
        (*b).ob_shash = -1;
        *o.cast::<u8>().add(HEADER + n) = 0;
    }
    o
}
fn expected(what: &str, v: Value) -> Raised {
    raise!(
        TypeError,
        "expected {what}, {} found",
        v.ty().message_name()
    )
}

capi! {
    fn PyBytes_FromStringAndSize(s: *const c_char, n: isize) -> O {
        if n < 0 { let _ = raise!(SystemError, "Negative size passed to PyBytes_FromStringAndSize"); return NULL; }
        if !s.is_null() { return boundary::to_c(bytes::new(std::slice::from_raw_parts(s.cast(), n as usize))); }
        if n == 0 { return boundary::to_c(bytes::new(b"")); }
        alloc(n as usize)
    }
    fn PyBytes_FromString(s: *const c_char) -> O { boundary::to_c(bytes::new(c_bytes(s))) }
    fn PyBytes_FromObject(o: O) -> O {
        if o.is_null() { return bad_null(); }
        ret(bytes::from_object(val(o)))
    }
    fn PyBytes_Size(o: O) -> isize {
        let v = val(o);
        if !bytes::is_bytes(v) { let _ = expected("bytes", v); return -1; }
        bytes::data(v).len() as isize
    }
    fn PyBytes_AsString(o: O) -> *mut c_char {
        let v = val(o);
        if !bytes::is_bytes(v) { let _ = expected("bytes", v); return std::ptr::null_mut(); }
        o.cast::<c_char>().add(HEADER)
    }
    fn PyBytes_AsStringAndSize(o: O, out: *mut *mut c_char, size: *mut isize) -> c_int {
        if out.is_null() { return bad_int(); }
        let v = val(o);
        if !bytes::is_bytes(v) { let _ = expected("bytes", v); return -1; }
        *out = o.cast::<c_char>().add(HEADER);
        let data = bytes::data(v);
        if !size.is_null() {
            *size = data.len() as isize;
        } else if data.contains(&0) {
            let _ = raise!(ValueError, "embedded null byte");
            return -1;
        }
        0
    }
    fn PyBytes_Concat(left: *mut O, right: O) {
        if (*left).is_null() { return; }
        let r = if right.is_null() { Err(Raised::assume_set()) } else { concat(val(*left), val(right)) };
        let old = std::mem::replace(&mut *left, r.map_or(NULL, boundary::to_c));
        heap::decref_ptr(old);
    }
    fn PyBytes_ConcatAndDel(left: *mut O, right: O) {
        PyBytes_Concat(left, right);
        heap::xdecref_ptr(right);
    }
    fn _PyBytes_Resize(place: *mut O, n: isize) -> c_int {
        let o = *place;
        let v = val(o);
        if n < 0 || !bytes::is_bytes(v) { *place = NULL; heap::xdecref_ptr(o); return bad_int(); }
        let old = bytes::data(v);
        if old.len() == n as usize { return 0; }
        let fresh = if n == 0 { boundary::to_c(bytes::new(b"")) } else { alloc(n as usize) };
        if !fresh.is_null() && n > 0 {
            let m = old.len().min(n as usize);
            std::ptr::copy_nonoverlapping(old.as_ptr(), fresh.cast::<u8>().add(HEADER), m);
        }
        *place = fresh;
        heap::decref_ptr(o);
        if fresh.is_null() { -1 } else { 0 }
    }
    fn _PyBytes_Join(separator: O, parts: O) -> O { ret(ops::call_method_str(val(separator), "join", &[val(parts)])) }
    fn PyBytes_Repr(o: O, _smart: c_int) -> O { ret(ops::repr(val(o))) }
    fn PyBytes_DecodeEscape(s: *const c_char, n: isize, errors: *const c_char, _u: isize, _e: *const c_char) -> O {
        let data = std::slice::from_raw_parts(s.cast::<u8>(), n as usize);
        let mode = if errors.is_null() { "strict".into() } else { text(errors) };
        ret(pyrs_object::codec::escape_decode(data, &mode).map(|b| bytes::new(&b)))
    }

    fn PyByteArray_FromStringAndSize(s: *const c_char, n: isize) -> O {
        if n < 0 { let _ = raise!(SystemError, "Negative size passed to PyByteArray_FromStringAndSize"); return NULL; }
        let b = if s.is_null() { bytearray::new(&vec![0; n as usize]) } else {
            bytearray::new(std::slice::from_raw_parts(s.cast(), n as usize))
        };
        boundary::to_c(b)
    }
    fn PyByteArray_FromObject(o: O) -> O { ret(ops::call(ty!(bytearray::PyByteArray_Type).value(), &[val(o)])) }
    fn PyByteArray_Concat(a: O, b: O) -> O {
        ret(bytearray::bytes_of(val(a)).and_then(|mut x| {
            x.extend(bytearray::bytes_of(val(b))?);
            Ok(bytearray::new(&x))
        }))
    }
    fn PyByteArray_Size(o: O) -> isize { (*o.cast::<PyVarObject>()).ob_size }
    fn PyByteArray_AsString(o: O) -> *mut c_char {
        let p = (*o.cast::<PyByteArrayObject>()).ob_start;
        if p.is_null() { (&raw mut _PyByteArray_empty_string).cast() } else { p }
    }
    fn PyByteArray_Resize(o: O, n: isize) -> c_int { status(bytearray::resize(val(o), n.max(0) as usize)) }
}

fn concat(a: Value, b: Value) -> PyResult {
    if bytes::is_bytes(a) {
        bytes::concat(a, b)
    } else {
        Err(raise!(
            TypeError,
            "can't concat {} to {}",
            b.ty().message_name(),
            a.ty().message_name()
        ))
    }
}
