//! `_PyUnicodeWriter`: the growing string that `multidict` and others build with. The buffer is a str of the final
//! width; `kind` is its bytes per character.

use crate::unicodeobject::{alloc, copy_chars, max_char, write_char};
use crate::*;
use pyrs_object::{heap, str};

unsafe fn update(w: *mut _PyUnicodeWriter) {
    // SAFETY: a live writer with a buffer.
    unsafe {
        let v = Value::from_object((*w).buffer);
        (*w).maxchar = max_char(v);
        (*w).data = crate::unicodeobject::data_ptr((*w).buffer).cast();
        (*w).kind = (*(*w).buffer.cast::<PyASCIIObject>()).state.kind();
        (*w).size = str::len(v) as isize;
    }
}
/// Makes room for `n` more characters up to `max`.
unsafe fn prepare(w: *mut _PyUnicodeWriter, n: isize, max: u32) -> c_int {
    // SAFETY: a live writer.
    unsafe {
        let need = (*w).pos + n;
        if !(*w).buffer.is_null() && need <= (*w).size && max <= (*w).maxchar && (*w).readonly == 0
        {
            return 0;
        }
        let mut room = need.max((*w).min_length);
        if (*w).overallocate != 0 && room < isize::MAX / 2 {
            room += room / 4;
        }
        let max = max.max((*w).min_char).max(if (*w).buffer.is_null() {
            0
        } else {
            (*w).maxchar
        });
        let fresh = alloc(room.max((*w).size) as usize, max);
        if fresh.is_null() {
            return -1;
        }
        if !(*w).buffer.is_null() {
            copy_chars(
                fresh,
                0,
                Value::from_object((*w).buffer),
                0,
                (*w).pos as usize,
            );
            heap::decref_ptr((*w).buffer);
        }
        (*w).buffer = fresh;
        (*w).readonly = 0;
        update(w);
        0
    }
}

capi! {
    fn _PyUnicodeWriter_Init(w: *mut _PyUnicodeWriter) {
        std::ptr::write_bytes(w, 0, 1);
        (*w).min_char = 127;
    }
    fn _PyUnicodeWriter_PrepareInternal(w: *mut _PyUnicodeWriter, n: isize, max: u32) -> c_int { prepare(w, n, max) }
    fn _PyUnicodeWriter_PrepareKindInternal(w: *mut _PyUnicodeWriter, kind: c_int) -> c_int {
        prepare(w, 0, match kind { 1 => 0xFF, 2 => 0xFFFF, _ => 0x10FFFF })
    }
    fn _PyUnicodeWriter_WriteChar(w: *mut _PyUnicodeWriter, c: u32) -> c_int {
        if prepare(w, 1, c) < 0 { return -1; }
        write_char((*w).buffer, (*w).pos as usize, c);
        (*w).pos += 1;
        0
    }
    fn _PyUnicodeWriter_WriteStr(w: *mut _PyUnicodeWriter, o: O) -> c_int {
        _PyUnicodeWriter_WriteSubstring(w, o, 0, str::len(val(o)) as isize)
    }
    fn _PyUnicodeWriter_WriteSubstring(w: *mut _PyUnicodeWriter, o: O, start: isize, end: isize) -> c_int {
        let n = end - start;
        if n <= 0 { return 0; }
        let v = Value::from_object(o);
        let max = if start == 0 && end as usize == str::len(v) { max_char(v) } else {
            crate::unicodeobject::_PyUnicode_FindMaxChar(o, start, end)
        };
        if prepare(w, n, max) < 0 { return -1; }
        copy_chars((*w).buffer, (*w).pos as usize, v, start as usize, n as usize);
        (*w).pos += n;
        0
    }
    fn _PyUnicodeWriter_WriteASCIIString(w: *mut _PyUnicodeWriter, s: *const c_char, n: isize) -> c_int {
        let b = if n < 0 { c_bytes(s) } else { std::slice::from_raw_parts(s.cast(), n as usize) };
        if prepare(w, b.len() as isize, 127) < 0 { return -1; }
        for (i, c) in b.iter().enumerate() { write_char((*w).buffer, (*w).pos as usize + i, (*c).into()); }
        (*w).pos += b.len() as isize;
        0
    }
    fn _PyUnicodeWriter_WriteLatin1String(w: *mut _PyUnicodeWriter, s: *const c_char, n: isize) -> c_int {
        let r = str::from_latin1(std::slice::from_raw_parts(s.cast(), n as usize));
        _PyUnicodeWriter_WriteStr(w, r.value().as_ptr())
    }
    fn _PyUnicodeWriter_Finish(w: *mut _PyUnicodeWriter) -> O {
        if (*w).buffer.is_null() { return boundary::to_c(str::empty()); }
        let r = str::substring(Value::from_object((*w).buffer), 0, (*w).pos as usize);
        let old = std::mem::replace(&mut (*w).buffer, NULL);
        heap::decref_ptr(old);
        boundary::to_c(r)
    }
    fn _PyUnicodeWriter_Dealloc(w: *mut _PyUnicodeWriter) {
        let old = std::mem::replace(&mut (*w).buffer, NULL);
        heap::xdecref_ptr(old);
    }
}
