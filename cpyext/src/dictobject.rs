//! `dictobject.h`. Borrowed results are boxed in place: the dict owns the box.

use crate::*;
use pyrs_object::{dict, errors, ops, str, tuple};

fn is_dict(o: O) -> bool {
    !o.is_null() && dict::is_dict(Value::from_object(o))
}
fn borrowed(r: PyResult<Option<O>>) -> O {
    r.ok().flatten().unwrap_or(NULL)
}
/// The pending error is put aside and comes back: `PyDict_GetItem` hides errors.
fn quietly(f: impl FnOnce() -> PyResult<Option<O>>) -> O {
    let saved = errors::occurred().then(errors::take);
    let r = borrowed(f());
    errors::clear();
    if let Some(e) = saved {
        let _ = errors::restore(e);
    }
    r
}
fn list_of(d: Value, f: impl Fn(Value, Value) -> Ref) -> O {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some((k, v)) = dict::next(d, &mut at) {
        out.push(f(k, v));
    }
    boundary::to_c(pyrs_object::list::from_vec(out))
}
fn key_error(key: Value) -> c_int {
    let _ = errors::key_error(key);
    -1
}

capi! {
    fn _PyDictView_New(o: O, t: *mut PyTypeObject) -> O {
        if !is_dict(o) {
            let t = Type::from_ptr(t);
            if o.is_null() { return bad_null(); }
            let _ = raise!(TypeError, "{}() requires a dict argument, not '{}'", t.name(), pyrs_object::ValueExt::ty(val(o)).message_name());
            return NULL;
        }
        let wanted = Type::from_ptr(t);
        let method = ["keys", "items", "values"].into_iter().find(|m| wanted.name().ends_with(m));
        match method {
            Some(m) => ret(ops::call_method_str(pyrs_object::ty!(dict::PyDict_Type).value(), m, &[Value::from_object(o)])),
            None => bad_null(),
        }
    }
    fn _PyDictView_Intersect(view: O, other: O) -> O { ret(ops::binary(ops::BinOp::And, val(view), val(other), false)) }
    fn PyDict_New() -> O { dict::new().into_ptr() }
    fn _PyDict_NewPresized(n: isize) -> O { dict::with_capacity(n.clamp(0, 1 << 20) as usize).into_ptr() }
    fn PyDict_Size(o: O) -> isize { if is_dict(o) { dict::len(Value::from_object(o)) as isize } else { bad_int() as isize } }
    fn PyDict_Clear(o: O) { if is_dict(o) { dict::clear(Value::from_object(o)) } }
    fn PyDict_Copy(o: O) -> O { if is_dict(o) { dict::copy(Value::from_object(o)).into_ptr() } else { bad_null() } }
    fn PyDict_Contains(o: O, k: O) -> c_int { truth(dict::contains(Value::from_object(o), val(k))) }
    fn _PyDict_Contains_KnownHash(o: O, k: O, h: isize) -> c_int {
        truth(dict::get_hashed(Value::from_object(o), val(k), h as i64).map(|r| r.is_some()))
    }
    fn PyDict_GetItem(o: O, k: O) -> O {
        if !is_dict(o) { return NULL; }
        quietly(|| dict::borrow_for_c(Value::from_object(o), val(k)))
    }
    fn PyDict_GetItemWithError(o: O, k: O) -> O {
        if !is_dict(o) { return bad_null(); }
        borrowed(dict::borrow_for_c(Value::from_object(o), val(k)))
    }
    fn _PyDict_GetItem_KnownHash(o: O, k: O, _hash: isize) -> O {
        if !is_dict(o) { return bad_null(); }
        borrowed(dict::borrow_for_c(Value::from_object(o), val(k)))
    }
    fn PyDict_GetItemString(o: O, k: *const c_char) -> O {
        if !is_dict(o) { return NULL; }
        quietly(|| dict::borrow_for_c(Value::from_object(o), Ref::str(&text(k)).value()))
    }
    fn _PyDict_GetItemStringWithError(o: O, k: *const c_char) -> O {
        if !is_dict(o) { return bad_null(); }
        borrowed(dict::borrow_for_c(Value::from_object(o), Ref::str(&text(k)).value()))
    }
    fn PyDict_SetItem(o: O, k: O, v: O) -> c_int {
        if !is_dict(o) || k.is_null() || v.is_null() { return bad_int(); }
        // The object itself, box or not: callers give up their reference and go on with the dict's.
        status(dict::set_item(Value::from_object(o), val(k), Value::from_object(v)))
    }
    fn _PyDict_SizeOf(o: O) -> isize {
        boundary::c_len(ops::call_method_str(val(o), "__sizeof__", &[]).and_then(|n| ops::index_as_isize(n.value())).map(|n| n as usize))
    }
    fn _PyDict_DelItem_KnownHash(o: O, k: O, _hash: isize) -> c_int { PyDict_DelItem(o, k) }
    fn _PyDict_SetItem_KnownHash(o: O, k: O, v: O, h: isize) -> c_int {
        if !is_dict(o) { return bad_int(); }
        status(dict::set_hashed(Value::from_object(o), Ref::new(val(k)), h as i64, Ref::new(Value::from_object(v))))
    }
    fn PyDict_SetItemString(o: O, k: *const c_char, v: O) -> c_int {
        if !is_dict(o) || v.is_null() { return bad_int(); }
        status(dict::set_item(Value::from_object(o), name(k).value(), Value::from_object(v)))
    }
    fn PyDict_DelItem(o: O, k: O) -> c_int {
        if !is_dict(o) { return bad_int(); }
        match dict::del_item(Value::from_object(o), val(k)) { Ok(true) => 0, Ok(false) => key_error(val(k)), Err(_) => -1 }
    }
    fn PyDict_DelItemString(o: O, k: *const c_char) -> c_int {
        if !is_dict(o) { return bad_int(); }
        let k = str::new(&text(k));
        match dict::del_item(Value::from_object(o), k.value()) { Ok(true) => 0, Ok(false) => key_error(k.value()), Err(_) => -1 }
    }
    fn PyDict_SetDefault(o: O, k: O, default: O) -> O {
        if !is_dict(o) { return bad_null(); }
        let (d, k) = (Value::from_object(o), val(k));
        let default = if default.is_null() { Ref::none() } else { Ref::new(Value::from_object(default)) };
        if dict::set_default(d, k, default.value()).is_err() { return NULL; }
        borrowed(dict::borrow_for_c(d, k))
    }
    fn _PyDict_Pop(o: O, k: O, default: O) -> O {
        if !is_dict(o) { return bad_null(); }
        match dict::pop(Value::from_object(o), val(k)) {
            Ok(Some(v)) => boundary::to_c(v),
            Ok(None) if default.is_null() => { key_error(val(k)); NULL }
            Ok(None) => new_ref(val(default)),
            Err(_) => NULL,
        }
    }
    fn PyDict_Next(o: O, at: *mut isize, k: *mut O, v: *mut O) -> c_int {
        if !is_dict(o) { return 0; }
        let mut position = *at as usize;
        match dict::next_for_c(Value::from_object(o), &mut position) {
            Some((key, value)) => {
                *at = position as isize;
                if !k.is_null() { *k = key; }
                if !v.is_null() { *v = value; }
                1
            }
            None => 0,
        }
    }
    fn _PyDict_Next(o: O, at: *mut isize, k: *mut O, v: *mut O, h: *mut isize) -> c_int {
        let mut key = NULL;
        let r = PyDict_Next(o, at, &raw mut key, v);
        if r != 0 {
            if !k.is_null() { *k = key; }
            if !h.is_null() { *h = boundary::c_hash(ops::hash(val(key))); }
        }
        r
    }
    fn _PyDict_GetItemWithError(o: O, k: O) -> O { PyDict_GetItemWithError(o, k) }
    fn _PyDict_MergeEx(o: O, other: O, overwrite: c_int) -> c_int {
        status(match overwrite {
            0 | 1 => dict::merge(Value::from_object(o), val(other), overwrite != 0),
            _ => dict::merge_unique(Value::from_object(o), val(other)),
        })
    }
    fn _PyDict_HasOnlyStringKeys(o: O) -> c_int {
        let (d, mut at) = (Value::from_object(o), 0);
        while let Some((k, _)) = dict::next(d, &mut at) {
            if !str::is_str(k) { return 0; }
        }
        1
    }
    fn _PyDict_MaybeUntrack(_o: O) {}
    fn _PyDict_DelItemIf(o: O, k: O, wanted: unsafe extern "C" fn(O) -> c_int) -> c_int {
        if !is_dict(o) { return bad_int(); }
        match dict::borrow_for_c(Value::from_object(o), val(k)) {
            Ok(Some(found)) => match wanted(found) { 1.. => PyDict_DelItem(o, k), 0 => 0, _ => -1 },
            Ok(None) => key_error(val(k)),
            Err(_) => -1,
        }
    }
    fn PyDict_Keys(o: O) -> O { if is_dict(o) { list_of(Value::from_object(o), |k, _| Ref::new(k)) } else { bad_null() } }
    fn PyDict_Values(o: O) -> O { if is_dict(o) { list_of(Value::from_object(o), |_, v| Ref::new(v)) } else { bad_null() } }
    fn PyDict_Items(o: O) -> O {
        if is_dict(o) { list_of(Value::from_object(o), |k, v| tuple::pair(Ref::new(k), Ref::new(v))) } else { bad_null() }
    }
    fn PyDict_Update(o: O, other: O) -> c_int { status(dict::merge(Value::from_object(o), val(other), true)) }
    fn PyDict_Merge(o: O, other: O, overwrite: c_int) -> c_int { status(dict::merge(Value::from_object(o), val(other), overwrite != 0)) }
    fn PyDict_MergeFromSeq2(o: O, pairs: O, overwrite: c_int) -> c_int {
        status(dict::merge_pairs(Value::from_object(o), val(pairs), overwrite != 0))
    }
    fn PyDictProxy_New(o: O) -> O { boundary::to_c(pyrs_object::mappingproxy::new(val(o))) }
}
