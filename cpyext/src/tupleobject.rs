//! `tupleobject.h`.

use crate::*;
use pyrs_object::{heap, tuple};

fn place(o: O, i: isize) -> *mut O {
    // SAFETY: a live tuple; the index is checked by the caller.
    unsafe {
        (&raw mut (*o.cast::<PyTupleObject>()).ob_item)
            .cast::<O>()
            .offset(i)
    }
}
fn size(o: O) -> isize {
    // SAFETY: a live tuple.
    unsafe { (*o.cast::<PyVarObject>()).ob_size }
}

capi! {
    fn PyTuple_New(n: isize) -> O {
        if n < 0 { return bad_null(); }
        tuple::new_for_c(n as usize).into_ptr()
    }
    fn PyTuple_Size(o: O) -> isize { if tuple::is_tuple(Value::from_object(o)) { size(o) } else { bad_int() as isize } }
    fn PyTuple_GetItem(o: O, i: isize) -> O {
        if !tuple::is_tuple(Value::from_object(o)) { return bad_null(); }
        if i < 0 || i >= size(o) { let _ = raise!(IndexError, "tuple index out of range"); return NULL; }
        boundary::expose(Value::from_object(o));
        *place(o, i)
    }
    fn PyTuple_SetItem(o: O, i: isize, v: O) -> c_int {
        if !tuple::is_tuple(Value::from_object(o)) || (*o).ob_refcnt != 1 { heap::xdecref_ptr(v); return bad_int(); }
        if i < 0 || i >= size(o) {
            heap::xdecref_ptr(v);
            let _ = raise!(IndexError, "tuple assignment index out of range");
            return -1;
        }
        boundary::expose(Value::from_object(o));
        tuple::forget_hash(Value::from_object(o));
        let old = std::mem::replace(&mut *place(o, i), v);
        heap::xdecref_ptr(old);
        0
    }
    fn PyTuple_GetSlice(o: O, a: isize, b: isize) -> O {
        if !tuple::is_tuple(Value::from_object(o)) { return bad_null(); }
        let n = size(o);
        let (a, b) = (a.clamp(0, n), b.clamp(0, n));
        let items = tuple::items(Value::from_object(o));
        boundary::to_c(tuple::from_slice(&items[a as usize..(b.max(a)) as usize]))
    }
    fn _PyTuple_Resize(p: *mut O, n: isize) -> c_int {
        let o = *p;
        if o.is_null() || n < 0 || !tuple::is_tuple(Value::from_object(o)) || (size(o) != 0 && (*o).ob_refcnt != 1) {
            *p = NULL;
            heap::xdecref_ptr(o);
            return bad_int();
        }
        if size(o) == n { return 0; }
        let fresh = tuple::new_for_c(n as usize).into_ptr();
        boundary::expose(Value::from_object(o));
        for i in 0..size(o).min(n) {
            *place(fresh, i) = std::mem::replace(&mut *place(o, i), NULL);
        }
        *p = fresh;
        heap::decref_ptr(o);
        0
    }
}
