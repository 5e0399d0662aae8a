//! `pybuffer.h` and `memoryobject.h`.

use crate::*;
use pyrs_object::{ValueExt, memory, ops};
use std::ffi::c_void;

fn strides_ok(b: &Py_buffer, fortran: bool) -> bool {
    if b.len == 0 || b.strides.is_null() && !fortran {
        return true;
    }
    if b.strides.is_null() {
        if b.ndim <= 1 {
            return true;
        }
        // SAFETY: without strides the memory is C-contiguous: Fortran order needs at most one dimension above 1.
        return unsafe {
            (0..b.ndim as usize)
                .filter(|i| *b.shape.add(*i) > 1)
                .count()
                <= 1
        };
    }
    let mut step = b.itemsize;
    for k in 0..b.ndim as usize {
        let i = if fortran { k } else { b.ndim as usize - 1 - k };
        // SAFETY: exporters give arrays of `ndim` entries.
        let (dim, stride) = unsafe { (*b.shape.add(i), *b.strides.add(i)) };
        if dim > 1 && stride != step {
            return false;
        }
        step *= dim;
    }
    true
}

capi! {
    fn PyObject_CheckBuffer(o: O) -> c_int { memory::has_buffer(Value::from_object(o)).into() }
    fn PyObject_GetBuffer(o: O, view: *mut Py_buffer, flags: c_int) -> c_int {
        let v = Value::from_object(o);
        match v.ty().tp_as_buffer.as_ref().and_then(|b| b.bf_getbuffer) {
            Some(f) => f(o, view, flags),
            None => { let _ = raise!(TypeError, "a bytes-like object is required, not '{}'", v.ty().message_name()); -1 }
        }
    }
    fn PyBuffer_Release(view: *mut Py_buffer) { memory::release(&mut *view) }
    fn PyBuffer_IsContiguous(view: *const Py_buffer, order: c_char) -> c_int {
        let b = &*view;
        if !b.suboffsets.is_null() { return 0; }
        match order as u8 {
            b'C' => strides_ok(b, false),
            b'F' => strides_ok(b, true),
            b'A' => strides_ok(b, false) || strides_ok(b, true),
            _ => false,
        }.into()
    }
    fn PyBuffer_FillInfo(view: *mut Py_buffer, o: O, buf: *mut c_void, n: isize, readonly: c_int, flags: c_int) -> c_int {
        memory::fill_info(view, o, buf, n.max(0) as usize, readonly != 0, flags)
    }
    fn PyBuffer_FillContiguousStrides(ndim: c_int, shape: *const isize, strides: *mut isize, itemsize: c_int, order: c_char) {
        let mut step = itemsize as isize;
        for k in 0..ndim as usize {
            let i = if order as u8 == b'F' { k } else { ndim as usize - 1 - k };
            *strides.add(i) = step;
            step *= *shape.add(i);
        }
    }
    fn PyBuffer_GetPointer(view: *const Py_buffer, indices: *const isize) -> *mut c_void {
        let b = &*view;
        let mut p = b.buf.cast::<u8>();
        for i in 0..b.ndim as usize {
            p = p.offset(*b.strides.add(i) * *indices.add(i));
            if !b.suboffsets.is_null() && *b.suboffsets.add(i) >= 0 { p = (*p.cast::<*mut u8>()).offset(*b.suboffsets.add(i)); }
        }
        p.cast()
    }
    fn PyBuffer_SizeFromFormat(f: *const c_char) -> isize {
        let r = (pyrs_object::hooks().import)("struct").and_then(|m| ops::call_method_str(m.value(), "calcsize", &[Ref::str(&text(f)).value()]));
        r.map_or(-1, |n| n.as_int().map_or(-1, |n| n as isize))
    }
    fn PyBuffer_ToContiguous(out: *mut c_void, view: *const Py_buffer, n: isize, order: c_char) -> c_int {
        if (*view).len != n {
            let _ = raise!(ValueError, "PyBuffer_ToContiguous: len != view->len");
            return -1;
        }
        if PyBuffer_IsContiguous(view, order) != 0 {
            std::ptr::copy_nonoverlapping((*view).buf.cast::<u8>(), out.cast(), n as usize);
            return 0;
        }
        let name = if order as u8 == b'F' { "F" } else { "C" };
        let r = memory::from_raw_buffer(&*view).and_then(|m| ops::call_method_str(m.value(), "tobytes", &[str::new(name).value()]));
        match r {
            Ok(b) => { std::ptr::copy_nonoverlapping(pyrs_object::bytes::data(b.value()).as_ptr(), out.cast(), n as usize); 0 }
            Err(_) => -1,
        }
    }
    fn PyBuffer_FromContiguous(view: *const Py_buffer, from: *const c_void, n: isize, order: c_char) -> c_int {
        let n = n.min((*view).len).max(0) as usize;
        if PyBuffer_IsContiguous(view, order) != 0 {
            std::ptr::copy_nonoverlapping(from.cast::<u8>(), (*view).buf.cast(), n);
            return 0;
        }
        let (ndim, item) = ((*view).ndim.max(0) as usize, (*view).itemsize.max(1) as usize);
        let shape = std::slice::from_raw_parts((*view).shape, ndim);
        let mut index = vec![0isize; ndim];
        for k in 0..n / item {
            let to = PyBuffer_GetPointer(view, index.as_ptr());
            std::ptr::copy_nonoverlapping(from.cast::<u8>().add(k * item), to.cast(), item);
            let step = |axes: &mut dyn Iterator<Item = usize>| {
                for axis in axes {
                    index[axis] += 1;
                    if index[axis] < shape[axis] { break; }
                    index[axis] = 0;
                }
            };
            let mut step = step;
            if order as u8 == b'F' { step(&mut (0..ndim)) } else { step(&mut (0..ndim).rev()) }
        }
        0
    }
    fn PyObject_AsReadBuffer(o: O, out: *mut *const c_void, n: *mut isize) -> c_int {
        match memory::bytes_like(val(o)) { Ok(b) => { *out = b.raw.buf; *n = b.raw.len; 0 } Err(_) => -1 }
    }
    fn PyObject_CheckReadBuffer(o: O) -> c_int {
        let readable = memory::bytes_like(val(o)).is_ok();
        if !readable { pyrs_object::errors::clear(); }
        readable.into()
    }
    fn PyObject_CopyData(to: O, from: O) -> c_int {
        let (to, from) = (val(to), val(from));
        if !memory::has_buffer(to) || !memory::has_buffer(from) {
            let _ = raise!(TypeError, "both destination and source must be bytes-like objects");
            return -1;
        }
        let (Ok(out), Ok(source)) = (memory::Buffer::get(to, bufflags::FULL), memory::Buffer::get(from, bufflags::FULL_RO)) else { return -1 };
        if out.raw.len < source.raw.len {
            let _ = raise!(BufferError, "destination is too small to receive data from source");
            return -1;
        }
        // Item by item in C order, whatever the layout of the target.
        let n = source.raw.len;
        let mut flat = vec![0u8; n.max(0) as usize];
        if PyBuffer_ToContiguous(flat.as_mut_ptr().cast(), &raw const *source.raw, n, b'C' as c_char) != 0 { return -1; }
        PyBuffer_FromContiguous(&raw const *out.raw, flat.as_ptr().cast(), n, b'C' as c_char)
    }
    fn PyObject_AsCharBuffer(o: O, out: *mut *const c_char, n: *mut isize) -> c_int { PyObject_AsReadBuffer(o, out.cast(), n) }
    fn PyObject_AsWriteBuffer(o: O, out: *mut *mut c_void, n: *mut isize) -> c_int {
        match memory::Buffer::get(val(o), bufflags::WRITABLE) { Ok(b) => { *out = b.raw.buf; *n = b.raw.len; 0 } Err(_) => -1 }
    }
    fn PyMemoryView_FromObject(o: O) -> O { ret(memory::new(val(o))) }
    fn PyMemoryView_FromBuffer(view: *const Py_buffer) -> O {
        if (*view).buf.is_null() { let _ = raise!(ValueError, "PyMemoryView_FromBuffer(): info->buf must not be NULL"); return NULL; }
        ret(memory::from_raw_buffer(&*view))
    }
    fn PyMemoryView_FromMemory(p: *mut c_char, n: isize, flags: c_int) -> O {
        let mut b = memory::EMPTY_BUFFER;
        memory::fill_info(&raw mut b, NULL, p.cast(), n.max(0) as usize, flags & 0x200 == 0, bufflags::FULL_RO);
        ret(memory::from_raw_buffer(&b))
    }
    fn PyMemoryView_GetContiguous(o: O, kind: c_int, order: c_char) -> O {
        let m = match memory::new(val(o)) { Ok(m) => m, Err(_) => return NULL };
        let view = &raw const (*m.value().as_ptr().cast::<PyMemoryViewObject>()).view;
        if kind == 0x200 && (*view).readonly != 0 { let _ = raise!(BufferError, "underlying buffer is not writable"); return NULL; }
        if PyBuffer_IsContiguous(view, order) != 0 { return m.into_ptr(); }
        if kind == 0x200 {
            let _ = raise!(BufferError, "writable contiguous buffer requested for a non-contiguous object.");
            return NULL;
        }
        let name = if order as u8 == b'F' { "F" } else { "C" };
        ret(ops::call_method_str(m.value(), "tobytes", &[str::new(name).value()]).and_then(|b| memory::new(b.value())))
    }
}
use pyrs_object::str;
