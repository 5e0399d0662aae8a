//! Weak references: `ref`, the proxies, and the lists that hang at an object's `tp_weaklistoffset`.
//!
//! An object's list starts with its plain `ref` without callback and its plain proxy without callback, if they exist
//! (they are shared), then the others, the newest first. `wr_object` is borrowed; a dead one holds `None`.

mod proxy;
pub use proxy::{_PyWeakref_CallableProxyType, _PyWeakref_ProxyType, new_proxy};

use crate::layout::*;
use crate::thread::tstate;
use crate::{
    Args, PyResult, Ref, Type, Value, ValueExt, check_positional, errors, gc, heap, intern, ops,
    raise, singletons, ty,
};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::ptr;

type Link = *mut PyWeakReference;

py_type! {
    pub static _PyWeakref_RefType: PyWeakReference = "weakref.ReferenceType" {
        flags: BASETYPE | HAVE_GC | HAVE_VECTORCALL;
        fields { tp_vectorcall_offset: offset_of!(PyWeakReference, vectorcall) as isize }
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots {
            tp_repr: repr,
            tp_hash: hash,
            tp_call: call,
            tp_richcompare: richcompare,
            tp_init: init,
            tp_new: new,
        }
        methods: METHODS;
        members: MEMBERS;
    }
}

fn link(v: Value) -> Link {
    v.as_ptr().cast()
}
fn none() -> *mut PyObject {
    singletons::none().as_ptr()
}

/// Whether instances of `t` can be referenced weakly.
pub fn supports(t: Type) -> bool {
    t.tp_weaklistoffset > 0
}
/// `weakref.ref`, a proxy, or a subclass.
pub fn is_weakref(v: Value) -> bool {
    v.is_a(ty!(_PyWeakref_RefType)) || proxy::is_proxy(v)
}

/// Where the list of an object starts, if its type has one.
///
/// # Safety
/// `object` is alive, or dying with its fields intact.
pub unsafe fn list_of(object: *mut PyObject) -> Option<*mut Link> {
    // SAFETY: by contract; the offset is the type's.
    unsafe {
        let t = Type::of_ptr(object);
        supports(t).then(|| object.cast::<u8>().offset(t.tp_weaklistoffset).cast())
    }
}

/// The shared callback-less `ref` and proxy at the head of a list.
unsafe fn basic(head: Link) -> (Link, Link) {
    // SAFETY: links of a live list.
    unsafe {
        let (mut r, mut p) = (ptr::null_mut(), ptr::null_mut());
        let mut at = head;
        if !at.is_null() && (*at).wr_callback.is_null() {
            if (*at).ob_base.ob_type == &raw mut _PyWeakref_RefType {
                r = at;
                at = (*at).wr_next;
            }
            if !at.is_null()
                && (*at).wr_callback.is_null()
                && proxy::is_exact(Type::from_ptr((*at).ob_base.ob_type))
            {
                p = at;
            }
        }
        (r, p)
    }
}
unsafe fn insert_head(new: Link, list: *mut Link) {
    // SAFETY: `new` is in no list.
    unsafe {
        let next = *list;
        (*new).wr_prev = ptr::null_mut();
        (*new).wr_next = next;
        if !next.is_null() {
            (*next).wr_prev = new;
        }
        *list = new;
    }
}
unsafe fn insert_after(new: Link, prev: Link) {
    // SAFETY: `new` is in no list, `prev` is.
    unsafe {
        (*new).wr_prev = prev;
        (*new).wr_next = (*prev).wr_next;
        if !(*prev).wr_next.is_null() {
            (*(*prev).wr_next).wr_prev = new;
        }
        (*prev).wr_next = new;
    }
}

/// A new link of type `t` to `v`, in no list yet.
fn alloc(t: Type, v: Value, callback: Option<Value>) -> PyResult {
    // SAFETY: tp_alloc gives an owned zeroed instance or null with an error set.
    unsafe {
        let object = match t.tp_alloc {
            Some(f) => f(t.as_ptr(), 0),
            None => heap::generic_alloc(t.as_ptr(), 0),
        };
        if object.is_null() {
            return Err(errors::from_c_null());
        }
        let wr = object.cast::<PyWeakReference>();
        (*wr).hash = -1;
        (*wr).wr_object = v.as_ptr();
        (*wr).wr_callback =
            callback.map_or(ptr::null_mut(), |c| crate::boundary::to_c(Ref::new(c)));
        (*wr).vectorcall = Some(ops::native_vectorcall);
        Ok(Ref::from_owned_ptr(object))
    }
}

fn list_for(v: Value) -> PyResult<*mut Link> {
    let list = if v.is_object() {
        // SAFETY: a live object.
        unsafe { list_of(v.as_ptr()) }
    } else {
        None
    };
    list.ok_or_else(|| {
        raise!(
            TypeError,
            "cannot create weak reference to '{}' object",
            v.ty().message_name()
        )
    })
}

/// A reference of type `t`; callback-less plain ones are shared.
fn make(t: Type, v: Value, callback: Value) -> PyResult {
    let list = list_for(v)?;
    let callback = callback.non_empty().filter(|c| !c.is_none());
    let plain = callback.is_none() && t == ty!(_PyWeakref_RefType);
    // SAFETY: the object's list; allocation may collect, so the list is looked at again after it.
    unsafe {
        let (shared, _) = basic(*list);
        if plain && !shared.is_null() && (*shared).ob_base.ob_refcnt > 0 {
            return Ok(Ref::new(Value::from_object(shared.cast())));
        }
        let new = alloc(t, v, callback)?;
        let (r, p) = basic(*list);
        if plain {
            if !r.is_null() {
                (*link(new.value())).wr_object = none();
                return Ok(Ref::new(Value::from_object(r.cast())));
            }
            insert_head(link(new.value()), list);
        } else {
            let prev = if p.is_null() { r } else { p };
            if prev.is_null() {
                insert_head(link(new.value()), list);
            } else {
                insert_after(link(new.value()), prev);
            }
        }
        Ok(new)
    }
}

/// `weakref.ref(v, callback)`; the callback may be empty or `None`.
pub fn new_ref(v: Value, callback: Value) -> PyResult {
    make(ty!(_PyWeakref_RefType), v, callback)
}

/// The referent of a `ref` or proxy, unless it is gone or going.
pub fn get(r: Value) -> Option<Ref> {
    // SAFETY: a link; a referent that is not `None` has its memory.
    unsafe {
        let object = (*link(r)).wr_object;
        if object.is_null() || object == none() || (*object).ob_refcnt <= 0 {
            return None;
        }
        Some(Ref::new(Value::from_object(object)))
    }
}

/// Number of links to `v` (`weakref.getweakrefcount`).
pub fn count(v: Value) -> usize {
    refs(v).len()
}
/// The links to `v` (`weakref.getweakrefs`).
pub fn refs(v: Value) -> Vec<Ref> {
    let mut all = Vec::new();
    // SAFETY: a live object and its list.
    unsafe {
        if v.is_object()
            && let Some(list) = list_of(v.as_ptr())
        {
            let mut at = *list;
            while !at.is_null() {
                all.push(Ref::new(Value::from_object(at.cast())));
                at = (*at).wr_next;
            }
        }
    }
    all
}

/// Takes a link out of its list and makes it dead; its callback stays.
///
/// # Safety
/// `wr` is a live weak reference or proxy.
pub unsafe fn clear_one(wr: *mut PyWeakReference) {
    // SAFETY: by contract; the referent is intact while links to it exist.
    unsafe {
        let object = (*wr).wr_object;
        if object.is_null() || object == none() {
            return;
        }
        if let Some(list) = list_of(object)
            && *list == wr
        {
            *list = (*wr).wr_next;
        }
        (*wr).wr_object = none();
        let (prev, next) = ((*wr).wr_prev, (*wr).wr_next);
        if !prev.is_null() {
            (*prev).wr_next = next;
        }
        if !next.is_null() {
            (*next).wr_prev = prev;
        }
        (*wr).wr_prev = ptr::null_mut();
        (*wr).wr_next = ptr::null_mut();
    }
}
unsafe fn clear_link(wr: Link) {
    // SAFETY: as `clear_one`.
    unsafe {
        clear_one(wr);
        heap::clear_field(&raw mut (*wr).wr_callback);
    }
}

/// `PyObject_ClearWeakRefs`: makes all links to a dying object dead, then calls their callbacks.
///
/// # Safety
/// `object` is dying and its fields are intact.
pub unsafe fn clear_refs(object: *mut PyObject) {
    // SAFETY: by contract; links that are dying themselves are not kept.
    unsafe {
        let Some(list) = list_of(object) else {
            return;
        };
        for _ in 0..2 {
            if !(*list).is_null() && (**list).wr_callback.is_null() {
                clear_link(*list);
            }
        }
        if (*list).is_null() {
            return;
        }
        let mut to_call: Vec<(Ref, Ref)> = Vec::new();
        let mut dropped: Vec<Ref> = Vec::new();
        while !(*list).is_null() {
            let wr = *list;
            clear_one(wr);
            let callback = ptr::replace(&raw mut (*wr).wr_callback, ptr::null_mut());
            if callback.is_null() {
                continue;
            }
            let callback = Ref::from_owned_ptr(callback);
            if (*wr).ob_base.ob_refcnt > 0 {
                to_call.push((Ref::new(Value::from_object(wr.cast())), callback));
            } else {
                dropped.push(callback);
            }
        }
        // The error that is being handled must survive the callbacks.
        let ts = tstate();
        let saved = [
            ptr::replace(&raw mut (*ts).curexc_type, ptr::null_mut()),
            ptr::replace(&raw mut (*ts).curexc_value, ptr::null_mut()),
            ptr::replace(&raw mut (*ts).curexc_traceback, ptr::null_mut()),
        ];
        for (wr, callback) in &to_call {
            if ops::call(callback.value(), &[wr.value()]).is_err() {
                errors::write_unraisable("", callback.value());
            }
        }
        drop(to_call);
        drop(dropped);
        if !saved[0].is_null() {
            errors::clear();
            let ts = tstate();
            (*ts).curexc_type = saved[0];
            (*ts).curexc_value = saved[1];
            (*ts).curexc_traceback = saved[2];
        }
    }
}

// ---- weakref.ref -------------------------------------------------------------------------------------------

fn new(t: Type, args: Args<'_>) -> PyResult {
    let given = args.positional();
    check_positional("__new__", given.len(), 1, 2)?;
    make(t, given[0], given.get(1).copied().unwrap_or(Value::EMPTY))
}
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    if v.is_exact(ty!(_PyWeakref_RefType)) || args.n_keywords() != 0 {
        args.no_keywords("ref")?;
    }
    check_positional("__init__", args.positional().len(), 1, 2)
}
fn call(v: Value, args: Args<'_>) -> PyResult {
    args.no_keywords("weakref")?;
    check_positional("weakref", args.values.len(), 0, 0)?;
    Ok(get(v).unwrap_or_else(Ref::none))
}
fn hash(v: Value) -> PyResult<i64> {
    // SAFETY: a link.
    unsafe {
        if (*link(v)).hash != -1 {
            return Ok((*link(v)).hash as i64);
        }
        let Some(object) = get(v) else {
            return Err(raise!(TypeError, "weak object has gone away"));
        };
        let h = ops::hash(object.value())?;
        (*link(v)).hash = h as isize;
        Ok(h)
    }
}
fn repr(v: Value) -> PyResult {
    let Some(object) = get(v) else {
        return Ok(Ref::str(&format!("<weakref at {:#x}; dead>", v.bits())));
    };
    let name = ops::getattr_opt(object.value(), intern!("__name__"))?;
    let mut text = format!(
        "<weakref at {:#x}; to '{}' at {:#x}",
        v.bits(),
        object.ty().message_name(),
        object.bits()
    );
    if let Some(n) = name.filter(|n| n.has_flag(tpflags::UNICODE_SUBCLASS)) {
        text.push_str(&format!(" ({})", crate::str::display(n.value())));
    }
    text.push('>');
    Ok(Ref::str(&text))
}
fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    let refs = ty!(_PyWeakref_RefType);
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) || !a.is_a(refs) || !b.is_a(refs) {
        return Ok(Ref::not_implemented());
    }
    match (get(a), get(b)) {
        (Some(x), Some(y)) => ops::richcompare(x.value(), y.value(), op),
        _ => Ok(Ref::bool((a == b) == (op == CmpOp::Eq))),
    }
}
fn class_getitem(cls: Value, item: Value) -> PyResult {
    crate::genericalias::new(cls, item)
}

methods! {
    static METHODS = [
        "__class_getitem__" O | CLASS class_getitem, "__class_getitem__($type, item, /)\n--\n\nSee PEP 585";
    ]
}
members! {
    static MEMBERS = [
        "__callback__" OBJECT, offset_of!(PyWeakReference, wr_callback), membertype::READONLY, "";
    ]
}

/// # Safety
/// As C slots: live links.
unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let callback = (*object.cast::<PyWeakReference>()).wr_callback;
        if callback.is_null() {
            0
        } else {
            visit(callback, arg)
        }
    }
}
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: as above.
    unsafe { clear_link(object.cast()) };
    0
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: as above; dead.
    unsafe {
        gc::untrack(object);
        clear_link(object.cast());
        heap::finish_dealloc(object);
    }
}
