//! `sliceobject.h`.

use crate::*;
use pyrs_object::{ValueExt, ops, slice};

capi! {
    fn PySlice_New(a: O, b: O, c: O) -> O {
        let part = |o: O| if o.is_null() { Ref::none().into_ptr() } else { new_ref(Value::from_object(o)) };
        slice::of_objects(part(a), part(b), part(c)).into_ptr()
    }
    fn _PySlice_FromIndices(a: isize, b: isize) -> O {
        slice::of_objects(boundary::to_c(Ref::int(a as i64)), boundary::to_c(Ref::int(b as i64)), Ref::none().into_ptr()).into_ptr()
    }
    fn _PyEval_SliceIndexNotNone(o: O, out: *mut isize) -> c_int {
        if !ops::has_index(val(o)) {
            let _ = raise!(TypeError, "slice indices must be integers or have an __index__ method");
            return 0;
        }
        _PyEval_SliceIndex(o, out)
    }
    fn PySlice_Unpack(o: O, a: *mut isize, b: *mut isize, c: *mut isize) -> c_int {
        match slice::unpack(val(o)) { Ok((x, y, z)) => { *a = x; *b = y; *c = z; 0 } Err(_) => -1 }
    }
    fn PySlice_AdjustIndices(n: isize, a: *mut isize, b: *mut isize, step: isize) -> isize {
        let (x, y, _, len) = slice::adjust(*a, *b, step, n.max(0) as usize);
        *a = x;
        *b = y;
        len as isize
    }
    fn PySlice_GetIndices(o: O, n: isize, a: *mut isize, b: *mut isize, c: *mut isize) -> c_int {
        let mut len = 0;
        PySlice_GetIndicesEx(o, n, a, b, c, &raw mut len)
    }
    fn PySlice_GetIndicesEx(o: O, n: isize, a: *mut isize, b: *mut isize, c: *mut isize, len: *mut isize) -> c_int {
        if PySlice_Unpack(o, a, b, c) < 0 { return -1; }
        *len = PySlice_AdjustIndices(n, a, b, *c);
        0
    }
    fn _PyEval_SliceIndex(o: O, out: *mut isize) -> c_int {
        let v = val(o);
        if v.is_none() { return 1; }
        if !ops::has_index(v) {
            let _ = raise!(TypeError, "slice indices must be integers or None or have an __index__ method");
            return 0;
        }
        match ops::index_clipped(v) { Ok(n) => { *out = n; 1 } Err(_) => 0 }
    }
}
