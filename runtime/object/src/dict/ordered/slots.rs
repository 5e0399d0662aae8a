//! The type `OrderedDict`: slots and methods.

use super::super::slots::{dict_fromkeys, dict_new};
use super::super::{PyDict_Type, is_dict, len, lookup};
use super::iter::{Kind, make as make_iter, new_items, new_keys, new_values};
use super::*;
use crate::args::Signature;
use crate::list::common::{eq_fast, repr_enter, repr_leave};
use crate::native::Slot;
use crate::{Args, Type, errors, intern, ops, raise, typeobject};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

py_type! {
    pub static PyODict_Type: OrderedDict = "collections.OrderedDict" {
        flags: HAVE_GC | BASETYPE | DICT_SUBCLASS | MAPPING | MATCH_SELF;
        base: PyDict_Type;
        fields {
            tp_dictoffset: offset_of!(OrderedDict, dict) as isize,
            tp_weaklistoffset: offset_of!(OrderedDict, weakrefs) as isize
        }
        doc: "Dictionary that remembers insertion order";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: tp_clear }
        slots { tp_repr: repr, tp_richcompare: richcompare, tp_iter: iter, tp_init: init }
        number { nb_or: or, nb_inplace_or: ior }
        mapping { mp_ass_subscript: ass_subscript }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! {
    static METHODS = [
        "fromkeys" KW|CLASS fromkeys, "fromkeys($type, /, iterable, value=None)\n--\n\nAn OrderedDict of these keys, each with the value.";
        "__sizeof__" NOARGS sizeof, "";
        "__reduce__" NOARGS reduce, "Return state information for pickling";
        "setdefault" KW setdefault, "setdefault($self, /, key, default=None)\n--\n\nThe value of key, set to default if absent.";
        "pop" KW method_pop, "pop($self, /, key, default=<unrepresentable>)\n--\n\nRemove key and return its value, or default if it is absent and one is given.";
        "popitem" KW popitem, "popitem($self, /, last=True)\n--\n\nRemove and return the last pair, or the first.";
        "keys" NOARGS new_keys, "";
        "values" NOARGS new_values, "";
        "items" NOARGS new_items, "";
        "update" KW method_update, "";
        "clear" NOARGS method_clear, "od.clear() -> None.  Remove all items from od.";
        "copy" NOARGS copy, "od.copy() -> a shallow copy of od";
        "__reversed__" NOARGS reversed, "od.__reversed__() <==> reversed(od)";
        "move_to_end" KW method_move_to_end, "move_to_end($self, /, key, last=True)\n--\n\nMove an existing key to the end, or to the beginning.";
    ]
}
getset! { static GETSET = [ "__dict__" get_dict, set_dict, ""; ] }

pub(super) fn make(t: Type) -> PyResult {
    match t == ty!(PyODict_Type) {
        true => dict_new(t, Args::NONE),
        false => ops::call(t.value(), &[]),
    }
}
/// Whether `d[key] = value` is this file's.
fn stores_directly(d: Value) -> bool {
    let (t, own) = (d.ty(), ty!(PyODict_Type));
    let slot = Slot::mp_ass_subscript;
    t == own || ops::c_slot_word(t, slot) == ops::c_slot_word(own, slot)
}

unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance, no longer seen by the collector; dict's own function does the rest.
    unsafe {
        crate::gc::untrack(object);
        let o = object.cast::<OrderedDict>();
        heap::clear_field(&raw mut (*o).dict);
        if !(*o).weakrefs.is_null() {
            crate::weakref::clear_refs(object);
        }
        clear(Value::from_object(object));
        if let Some(f) = ty!(PyDict_Type).tp_dealloc {
            f(object);
        }
    }
}
unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: called by the collector for a live instance; the nodes in the list are alive.
    unsafe {
        let o = object.cast::<OrderedDict>();
        if !(*o).dict.is_null() {
            let code = visit((*o).dict, arg);
            if code != 0 {
                return code;
            }
        }
        let mut node = (*o).first;
        while !node.is_null() {
            if (*node).key.is_object() {
                let code = visit((*node).key.as_ptr(), arg);
                if code != 0 {
                    return code;
                }
            }
            node = (*node).next;
        }
        ty!(PyDict_Type)
            .tp_traverse
            .map_or(0, |f| f(object, visit, arg))
    }
}
unsafe extern "C" fn tp_clear(object: *mut PyObject) -> c_int {
    // SAFETY: a live instance.
    unsafe { heap::clear_field(&raw mut (*object.cast::<OrderedDict>()).dict) };
    clear(Value::from_object(object));
    0
}

fn get_dict(v: Value) -> PyResult {
    match typeobject::instance_dict(v)? {
        Some(d) => Ok(d),
        None => Err(errors::bad_internal_call()),
    }
}
fn set_dict(v: Value, d: Value) -> PyResult<()> {
    if d.is_empty() {
        return Err(raise!(TypeError, "cannot delete __dict__"));
    }
    if !is_dict(d) {
        return Err(raise!(
            TypeError,
            "__dict__ must be set to a dictionary, not a '{}'",
            d.ty().message_name()
        ));
    }
    // SAFETY: the field is null or owns a dict; the old one goes after the new is in place.
    unsafe {
        let old = std::mem::replace(&mut (*raw(v)).dict, Ref::new(d).into_ptr());
        heap::xdecref_ptr(old);
    }
    Ok(())
}

fn init(d: Value, args: Args<'_>) -> PyResult<()> {
    let given = args.positional();
    if given.len() > 1 {
        return Err(raise!(
            TypeError,
            "expected at most 1 arguments, got {}",
            given.len()
        ));
    }
    update_from(d, args)
}
fn method_update(d: Value, args: Args<'_>) -> PyResult {
    let given = args.positional();
    if given.len() > 1 {
        return Err(raise!(
            TypeError,
            "update() takes at most 1 positional argument ({} given)",
            given.len()
        ));
    }
    update_from(d, args)?;
    Ok(Ref::none())
}
fn update_from(d: Value, args: Args<'_>) -> PyResult<()> {
    if let [other] = args.positional() {
        update_one(d, *other)?;
    }
    for (key, value) in args.keywords() {
        store(d, key, value)?;
    }
    Ok(())
}
fn store(d: Value, key: Value, value: Value) -> PyResult<()> {
    if stores_directly(d) {
        set_item(d, key, value)
    } else {
        ops::setitem(d, key, value)
    }
}
fn update_one(d: Value, other: Value) -> PyResult<()> {
    if other.is_exact(ty!(PyDict_Type)) {
        // The dict may change while its items are stored.
        let mut pairs = Vec::with_capacity(len(other));
        super::super::for_each(other, |k, v| pairs.push((Ref::new(k), Ref::new(v))));
        for (key, value) in &pairs {
            store(d, key.value(), value.value())?;
        }
        return Ok(());
    }
    if is_exact(other) {
        return each_item(other, |key, value| store(d, key.value(), value.value()));
    }
    if let Some(keys) = ops::getattr_opt(other, intern!("keys"))? {
        let keys = ops::call(keys.value(), &[])?;
        let it = ops::iter(keys.value())?;
        while let Some(key) = ops::next(it.value())? {
            let value = ops::getitem(other, key.value())?;
            store(d, key.value(), value.value())?;
        }
        return Ok(());
    }
    match ops::getattr_opt(other, intern!("items"))? {
        Some(items) => {
            let items = ops::call(items.value(), &[])?;
            add_pairs(d, items.value())
        }
        None => add_pairs(d, other),
    }
}
fn add_pairs(d: Value, pairs: Value) -> PyResult<()> {
    let it = ops::iter(pairs)?;
    while let Some(pair) = ops::next(it.value())? {
        if let Some(&[key, value]) = ops::exact_items(pair.value()) {
            let key = Ref::new(crate::boundary::canonical(key));
            let value = Ref::new(crate::boundary::canonical(value));
            store(d, key.value(), value.value())?;
            continue;
        }
        let parts = ops::iter(pair.value())?;
        let Some(key) = ops::next(parts.value())? else {
            return Err(raise!(ValueError, "need more than 0 values to unpack"));
        };
        let Some(value) = ops::next(parts.value())? else {
            return Err(raise!(ValueError, "need more than 1 value to unpack"));
        };
        if ops::next(parts.value())?.is_some() {
            return Err(raise!(ValueError, "too many values to unpack (expected 2)"));
        }
        store(d, key.value(), value.value())?;
    }
    Ok(())
}

fn ass_subscript(d: Value, key: Value, value: Value) -> PyResult<()> {
    if !value.is_empty() {
        return set_item(d, key, value);
    }
    match pop(d, key)? {
        Some(_) => Ok(()),
        None => Err(errors::key_error(key)),
    }
}
fn iter(d: Value) -> PyResult {
    Ok(make_iter(d, Kind::Keys, false))
}
fn reversed(d: Value) -> PyResult {
    Ok(make_iter(d, Kind::Keys, true))
}

fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_ordered(a) || !is_dict(b) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let as_dicts = match ty!(PyDict_Type).native().tp_richcompare {
        Some(f) => f(a, b, CmpOp::Eq)?,
        None => return Err(errors::bad_internal_call()),
    };
    let mut equal = ops::is_true(as_dicts.value())?;
    if equal && is_ordered(b) {
        equal = keys_equal(a, b)?;
    }
    Ok(Ref::bool(equal == (op == CmpOp::Eq)))
}
fn keys_equal(a: Value, b: Value) -> PyResult<bool> {
    let (mut x, mut y) = (first(a), first(b));
    let before = (state(a), state(b));
    // SAFETY: the nodes are in their lists as long as the lists have not changed.
    unsafe {
        while !x.is_null() && !y.is_null() {
            let (k, l) = (Ref::new((*x).key), Ref::new((*y).key));
            if !eq_fast(k.value(), l.value())? {
                return Ok(false);
            }
            if (state(a), state(b)) != before {
                return Err(raise!(RuntimeError, "OrderedDict mutated during iteration"));
            }
            (x, y) = ((*x).next, (*y).next);
        }
    }
    Ok(x.is_null() && y.is_null())
}

fn repr(d: Value) -> PyResult {
    let name = d.ty().name();
    if len(d) == 0 {
        return Ok(crate::str::new(&format!("{name}()")));
    }
    if repr_enter(d) {
        return Ok(crate::str::new("..."));
    }
    let run = || {
        let items = if is_exact(d) {
            ops::to_list(make_iter(d, Kind::Items, false).value())?
        } else {
            let items = ops::call_method(d, intern!("items"), &[])?;
            ops::to_list(items.value())?
        };
        let mut b = crate::str::Builder::new();
        b.push_str(name);
        b.push_str("(");
        b.push_value(ops::repr(items.value())?.value());
        b.push_str(")");
        b.finish()
    };
    let result = run();
    repr_leave(d);
    result
}

fn or(a: Value, b: Value) -> PyResult {
    let t = if is_ordered(a) { a.ty() } else { b.ty() };
    if !is_dict(a) || !is_dict(b) {
        return Ok(Ref::not_implemented());
    }
    let new = ops::call(t.value(), &[a])?;
    update_one(new.value(), b)?;
    Ok(new)
}
fn ior(a: Value, b: Value) -> PyResult {
    update_one(a, b)?;
    Ok(Ref::new(a))
}

fn fromkeys(cls: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "fromkeys",
        params: ["iterable", "value"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [iterable, value] = args.bind(&SIGNATURE)?;
    let value = value.non_empty().unwrap_or_else(crate::singletons::none);
    dict_fromkeys(cls, &[iterable, value])
}
fn sizeof(d: Value) -> PyResult {
    let mut size = d.ty().tp_basicsize as usize;
    // SAFETY: a live OrderedDict; what is counted is what CPython has: a word for each slot of the index table.
    unsafe {
        size += Keys::reported_size(keys(d));
        let mut node = first(d);
        if !node.is_null() {
            size += 8 << (*keys(d)).log2;
        }
        while !node.is_null() {
            size += size_of::<Node>();
            node = (*node).next;
        }
    }
    Ok(Ref::int(size as i64))
}
fn reduce(d: Value) -> PyResult {
    let state = ops::call_method(d, intern!("__getstate__"), &[])?;
    let items = ops::call_method(d, intern!("items"), &[])?;
    let items = ops::iter(items.value())?;
    Ok(crate::tuple::from_vec(vec![
        d.ty().to_ref(),
        crate::tuple::empty(),
        state,
        Ref::none(),
        items,
    ]))
}
fn setdefault(d: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "setdefault",
        params: ["key", "default"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [key, default] = args.bind(&SIGNATURE)?;
    let default = default.non_empty().unwrap_or_else(crate::singletons::none);
    if is_exact(d) {
        let hash = hash_key(key)?;
        if let Some(n) = lookup(d, key, hash)? {
            return Ok(Ref::new(value_of(d, n)));
        }
        set_hashed(d, key, hash, default)?;
        return Ok(Ref::new(default));
    }
    if ops::contains(d, key)? {
        return ops::getitem(d, key);
    }
    ops::setitem(d, key, default)?;
    Ok(Ref::new(default))
}
fn method_pop(d: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "pop",
        params: ["key", "default"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [key, default] = args.bind(&SIGNATURE)?;
    match (pop(d, key)?, default.non_empty()) {
        (Some(v), _) => Ok(v),
        (None, Some(default)) => Ok(Ref::new(default)),
        (None, None) => Err(errors::key_error(key)),
    }
}
fn popitem(d: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<1> = Signature {
        name: "popitem",
        params: ["last"],
        posonly: 0,
        positional: 1,
        required: 0,
    };
    let [end] = args.bind(&SIGNATURE)?;
    let end = match end.non_empty() {
        Some(v) => ops::is_true(v)?,
        None => true,
    };
    let node = if end { last(d) } else { first(d) };
    if node.is_null() {
        return Err(errors::raise_arg(
            crate::exceptions::KeyError,
            crate::str::new("dictionary is empty"),
        ));
    }
    // SAFETY: a node of the list.
    let (key, hash) = unsafe { (Ref::new((*node).key), (*node).hash) };
    match pop_hashed(d, key.value(), hash)? {
        Some(value) => Ok(crate::tuple::pair(key, value)),
        None => Err(errors::key_error(key.value())),
    }
}
fn method_clear(d: Value) -> PyResult {
    clear(d);
    Ok(Ref::none())
}
fn copy(d: Value) -> PyResult {
    let new = make(d.ty())?;
    if is_exact(d) {
        each_item(d, |key, value| {
            set_item(new.value(), key.value(), value.value())
        })?;
        return Ok(new);
    }
    let it = make_iter(d, Kind::Keys, false);
    while let Some(key) = ops::next(it.value())? {
        let value = ops::getitem(d, key.value())?;
        ops::setitem(new.value(), key.value(), value.value())?;
    }
    Ok(new)
}
fn method_move_to_end(d: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "move_to_end",
        params: ["key", "last"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [key, end] = args.bind(&SIGNATURE)?;
    let end = match end.non_empty() {
        Some(v) => ops::is_true(v)?,
        None => true,
    };
    if move_to_end(d, key, end)? {
        return Ok(Ref::none());
    }
    Err(errors::key_error(key))
}
