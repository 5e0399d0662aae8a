//! `weakrefobject.h`.

use crate::*;
use pyrs_object::weakref;

capi! {
    fn _PyWeakref_GetWeakrefCount(head: *mut PyWeakReference) -> isize {
        let (mut n, mut r) = (0, head);
        while !r.is_null() {
            n += 1;
            r = (*r).wr_next;
        }
        n
    }
    fn PyWeakref_NewRef(o: O, callback: O) -> O { ret(weakref::new_ref(Value::from_object(o), val(callback))) }
    fn PyWeakref_NewProxy(o: O, callback: O) -> O { ret(weakref::new_proxy(Value::from_object(o), val(callback))) }
    fn PyWeakref_GetObject(r: O) -> O {
        if r.is_null() || !weakref::is_weakref(Value::from_object(r)) { return bad_null(); }
        let o = (*r.cast::<PyWeakReference>()).wr_object;
        if o.is_null() || (*o).ob_refcnt <= 0 { pyrs_object::singletons::none().as_ptr() } else { o }
    }
    fn _PyWeakref_ClearRef(r: *mut PyWeakReference) { weakref::clear_one(r) }
}
