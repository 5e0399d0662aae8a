//! `listobject.h`.

use crate::*;
use pyrs_object::{heap, list, tuple};

fn is_list(o: O) -> bool {
    !o.is_null() && list::is_list(Value::from_object(o))
}

capi! {
    fn PyList_New(n: isize) -> O {
        if n < 0 { return bad_null(); }
        list::new_for_c(n as usize).into_ptr()
    }
    fn PyList_Size(o: O) -> isize { if is_list(o) { (*o.cast::<PyVarObject>()).ob_size } else { bad_int() as isize } }
    fn PyList_GetItem(o: O, i: isize) -> O {
        if !is_list(o) { return bad_null(); }
        let l = o.cast::<PyListObject>();
        if i < 0 || i >= (*l).ob_base.ob_size { let _ = raise!(IndexError, "list index out of range"); return NULL; }
        boundary::expose(Value::from_object(o));
        *(*l).ob_item.offset(i)
    }
    fn PyList_SetItem(o: O, i: isize, v: O) -> c_int {
        if !is_list(o) { heap::xdecref_ptr(v); return bad_int(); }
        let l = o.cast::<PyListObject>();
        if i < 0 || i >= (*l).ob_base.ob_size {
            heap::xdecref_ptr(v);
            let _ = raise!(IndexError, "list assignment index out of range");
            return -1;
        }
        boundary::expose(Value::from_object(o));
        let old = std::mem::replace(&mut *(*l).ob_item.offset(i), v);
        heap::xdecref_ptr(old);
        0
    }
    fn PyList_Append(o: O, v: O) -> c_int {
        if !is_list(o) || v.is_null() { return bad_int(); }
        // The list stays as exposed as it is: C passes the object itself.
        status(list::append(Value::from_object(o), Ref::new(Value::from_object(v))))
    }
    fn PyList_Insert(o: O, i: isize, v: O) -> c_int {
        if !is_list(o) || v.is_null() { return bad_int(); }
        let n = list::len(Value::from_object(o)) as isize;
        let at = if i < 0 { (i + n).max(0) } else { i.min(n) };
        status(list::insert(Value::from_object(o), at as usize, Ref::new(Value::from_object(v))))
    }
    fn PyList_GetSlice(o: O, a: isize, b: isize) -> O {
        if !is_list(o) { return bad_null(); }
        let items = list::items(Value::from_object(o));
        let n = items.len() as isize;
        let (a, b) = (a.clamp(0, n), b.clamp(0, n));
        boundary::to_c(list::from_slice(&items[a as usize..b.max(a) as usize]))
    }
    fn PyList_SetSlice(o: O, a: isize, b: isize, v: O) -> c_int {
        if !is_list(o) { return bad_int(); }
        let n = list::len(Value::from_object(o)) as isize;
        let (a, b) = (a.clamp(0, n), b.clamp(0, n));
        let with = if v.is_null() { Ok(Vec::new()) } else { pyrs_object::ops::collect(val(v)) };
        match with {
            Ok(items) => status(list::splice(Value::from_object(o), a as usize, b.max(a) as usize, items)),
            Err(_) => -1,
        }
    }
    fn PyList_Sort(o: O) -> c_int {
        if !is_list(o) { return bad_int(); }
        status(list::sort(Value::from_object(o), Value::EMPTY, false))
    }
    fn PyList_Reverse(o: O) -> c_int {
        if !is_list(o) { return bad_int(); }
        let l = o.cast::<PyListObject>();
        if (*l).ob_base.ob_size > 1 {
            std::slice::from_raw_parts_mut((*l).ob_item, (*l).ob_base.ob_size as usize).reverse();
        }
        0
    }
    fn PyList_AsTuple(o: O) -> O {
        if !is_list(o) { return bad_null(); }
        boundary::to_c(tuple::from_slice(list::items(Value::from_object(o))))
    }
    fn _PyList_Extend(o: O, iterable: O) -> O {
        ret(list::extend(Value::from_object(o), val(iterable)).map(|()| Ref::none()))
    }
}
