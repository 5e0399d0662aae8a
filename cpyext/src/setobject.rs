//! `setobject.h`.

use crate::*;
use pyrs_object::{ValueExt, errors, heap, ops, set, ty};

const LENT: usize = 256;
/// Boxes of set items that were lent to C: sets keep immediates, so the newest boxes are kept here.
static mut RING: ([O; LENT], usize) = ([NULL; LENT], 0);

fn check(v: Value) -> bool {
    !v.is_empty() && set::is_set(v)
}

capi! {
    fn PySet_New(o: O) -> O {
        if o.is_null() { return set::new().into_ptr(); }
        ret(set::from_iterable(val(o)))
    }
    fn PyFrozenSet_New(o: O) -> O {
        // Not the shared empty one: C fills a new frozenset with PySet_Add.
        if o.is_null() { return ret(set::new_empty_frozen()); }
        ret(ops::call(ty!(set::PyFrozenSet_Type).value(), &[val(o)]))
    }
    fn PySet_Size(o: O) -> isize { if check(val(o)) { set::len(val(o)) as isize } else { bad_int() as isize } }
    fn PySet_Add(o: O, v: O) -> c_int {
        if !check(val(o)) { return bad_int(); }
        status(set::add(val(o), val(v)).map(drop))
    }
    fn PySet_Contains(o: O, v: O) -> c_int {
        if !check(val(o)) { return bad_int(); }
        let item = val(v);
        // A set is not hashed for C as Python's `in` does it.
        if !item.is_empty() && !set::is_set(item) { return truth(set::contains(val(o), item)); }
        truth(ops::hash(item).and_then(|_| set::contains(val(o), item)))
    }
    fn PySet_Discard(o: O, v: O) -> c_int {
        if !val(o).is_a(ty!(set::PySet_Type)) { return bad_int(); }
        truth(ops::hash(val(v)).and_then(|_| set::discard(val(o), val(v))))
    }
    fn PySet_Clear(o: O) -> c_int {
        if !val(o).is_a(ty!(set::PySet_Type)) { return bad_int(); }
        set::clear(val(o));
        0
    }
    fn PySet_Pop(o: O) -> O {
        if !val(o).is_a(ty!(set::PySet_Type)) { return bad_null(); }
        ret(ops::call_method_str(val(o), "pop", &[]))
    }
    fn _PySet_Update(o: O, iterable: O) -> c_int { status(set::update(val(o), val(iterable))) }
    fn _PySet_NextEntry(o: O, at: *mut isize, key: *mut O, hash: *mut isize) -> c_int {
        if !check(val(o)) { let _ = errors::bad_internal_call(); return -1; }
        let mut position = *at as usize;
        let Some((k, h)) = set::next_hashed(val(o), &mut position) else { return 0 };
        *at = position as isize;
        *hash = h as isize;
        *key = if k.is_immediate() {
            let boxed = boundary::box_immediate(k);
            let ring = &raw mut RING;
            let i = (*ring).1;
            (*ring).1 = (i + 1) % LENT;
            let old = std::mem::replace(&mut (&mut (*ring).0)[i], boxed);
            heap::xdecref_ptr(old);
            boxed
        } else {
            boundary::expose(k);
            k.as_ptr()
        };
        1
    }
}
