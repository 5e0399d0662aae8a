//! `cpython/odictobject.h`. What the header has as macros is `PyDict_*`.

use crate::*;
use pyrs_object::dict::ordered;

fn is_ordered(o: O) -> bool {
    !o.is_null() && ordered::is_ordered(Value::from_object(o))
}

capi! {
    fn PyODict_New() -> O { ret(ordered::new()) }
    fn PyODict_SetItem(o: O, k: O, v: O) -> c_int {
        if !is_ordered(o) || k.is_null() || v.is_null() { return bad_int(); }
        // The object itself, as in `PyDict_SetItem`.
        status(ordered::set_item(Value::from_object(o), val(k), Value::from_object(v)))
    }
    fn PyODict_DelItem(o: O, k: O) -> c_int {
        if !is_ordered(o) || k.is_null() { return bad_int(); }
        status(ordered::pop(Value::from_object(o), val(k)).and_then(|found| match found {
            Some(_) => Ok(()),
            None => Err(pyrs_object::errors::key_error(val(k))),
        }))
    }
}
