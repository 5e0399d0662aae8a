//! The type `dict`: slots and methods.

use super::*;
use crate::{Args, Type, intern, ops, raise};
use std::ffi::{c_int, c_void};

py_type! {
    pub static PyDict_Type: PyDictObject = "dict" {
        flags: HAVE_GC | BASETYPE | DICT_SUBCLASS | MAPPING | MATCH_SELF;
        doc: "dict() -> an empty mapping\ndict(mapping), dict(iterable of pairs), dict(**kwargs)";
        raw { tp_dealloc: dict_dealloc, tp_traverse: dict_traverse, tp_clear: dict_tp_clear }
        slots {
            tp_repr: dict_repr, tp_richcompare: dict_richcompare, tp_iter: super::iter::iter_keys,
            tp_init: dict_init, tp_new: dict_new
        }
        number { nb_or: dict_or, nb_inplace_or: dict_ior }
        sequence { sq_contains: contains }
        mapping { mp_length: dict_length, mp_subscript: dict_subscript, mp_ass_subscript: dict_ass_subscript }
        methods: DICT_METHODS;
    }
}
methods! {
    static DICT_METHODS = [
        "__contains__" O|COEXIST dict_contains, "__contains__($self, key, /)\n--\n\nWhether the key is there.";
        "__getitem__" O|COEXIST dict_subscript, "__getitem__($self, key, /)\n--\n\nReturn self[key].";
        "__sizeof__" NOARGS dict_sizeof, "__sizeof__($self, /)\n--\n\nSize in memory, in bytes.";
        "get" FAST dict_get, "get($self, key, default=None, /)\n--\n\nThe value of key, or default.";
        "setdefault" FAST dict_setdefault, "setdefault($self, key, default=None, /)\n--\n\nThe value of key, set to default if absent.";
        "pop" FAST dict_pop, "pop($self, key, default=<unrepresentable>, /)\n--\n\nRemove key and return its value.";
        "popitem" NOARGS dict_popitem, "popitem($self, /)\n--\n\nRemove and return the last pair.";
        "keys" NOARGS super::views::new_keys, "keys($self, /)\n--\n\nA view of the keys.";
        "items" NOARGS super::views::new_items, "items($self, /)\n--\n\nA view of the pairs.";
        "values" NOARGS super::views::new_values, "values($self, /)\n--\n\nA view of the values.";
        "update" KW dict_update, "update([E, ]**F) -> None\n\nSet keys from a mapping or pairs, then from keywords.";
        "fromkeys" FAST|CLASS dict_fromkeys, "fromkeys($type, iterable, value=None, /)\n--\n\nA dict of these keys.";
        "clear" NOARGS dict_clear, "clear($self, /)\n--\n\nRemove all items.";
        "copy" NOARGS dict_copy, "copy($self, /)\n--\n\nA shallow copy.";
        "__reversed__" NOARGS super::iter::reversed_keys, "__reversed__($self, /)\n--\n\nA reverse iterator over the keys.";
        "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
    ]
}

pub(super) fn dict_new(t: Type, _args: Args<'_>) -> PyResult {
    if t == ty!(PyDict_Type) {
        return Ok(new());
    }
    let p = alloc_instance(t, 0)?;
    // SAFETY: zeroed behind the header.
    unsafe {
        (*p.cast::<PyDictObject>()).ma_keys = table::empty().cast();
        let d = Ref::from_owned_ptr(p);
        touch(d.value());
        Ok(d)
    }
}
fn dict_init(d: Value, args: Args<'_>) -> PyResult<()> {
    update_args(d, args, "dict")
}
fn update_args(d: Value, args: Args<'_>, name: &str) -> PyResult<()> {
    let given = args.positional();
    crate::check_positional(name, given.len(), 0, 1)?;
    if let [other] = given {
        update_one(d, *other)?;
    }
    for (k, v) in args.keywords() {
        set_item(d, k, v)?;
    }
    Ok(())
}
/// A dict of keyword arguments.
pub fn from_keywords(args: Args<'_>) -> PyResult {
    let d = with_capacity(args.n_keywords());
    for (k, v) in args.keywords() {
        set_item(d.value(), k, v)?;
    }
    Ok(d)
}

/// `d.update(other)`: a mapping if it has `keys`, else pairs.
pub(super) fn update_one(d: Value, other: Value) -> PyResult<()> {
    if other.is_exact(ty!(PyDict_Type)) || ops::getattr_opt(other, intern!("keys"))?.is_some() {
        return merge(d, other, Duplicate::Replace);
    }
    merge_pairs(d, other, true)
}

/// Whether a dict subclass iterates as dict does.
pub(super) fn inherits_iter(d: Value) -> bool {
    d.ty().tp_iter.map(|f| f as usize) == ty!(PyDict_Type).tp_iter.map(|f| f as usize)
}

/// What a merge does with a key that is there already.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Duplicate {
    Replace,
    Keep,
    /// `KeyError` with the key.
    Refuse,
}
impl Duplicate {
    pub(super) fn overwrite(yes: bool) -> Duplicate {
        if yes {
            Duplicate::Replace
        } else {
            Duplicate::Keep
        }
    }
}

fn put(d: Value, key: Ref, hash: i64, value: Ref, duplicate: Duplicate) -> PyResult<()> {
    if duplicate != Duplicate::Replace && lookup(d, key.value(), hash)?.is_some() {
        return match duplicate {
            Duplicate::Refuse => Err(crate::errors::key_error(key.value())),
            _ => Ok(()),
        };
    }
    set_hashed(d, key, hash, value)
}

pub(super) fn merge(d: Value, other: Value, duplicate: Duplicate) -> PyResult<()> {
    if is_dict(other) && (super::iter::is_plain(other) || inherits_iter(other)) {
        if d == other || len(other) == 0 {
            return Ok(());
        }
        if len(d) == 0 && is_compact(other) && !ordered::is_ordered(d) {
            return take_table_of(d, other);
        }
        let needed = len(d) + len(other);
        // SAFETY: a live table.
        if len(d) == 0 && unsafe { (*keys(d)).room as usize } < needed {
            resize(d, table::log2_for(needed))?;
        }
        let (mut position, size) = (0, len(other));
        while let Some((key, value, hash)) = next_hashed(other, &mut position) {
            put(d, Ref::new(key), hash, Ref::new(value), duplicate)?;
            if len(other) != size {
                return Err(raise!(RuntimeError, "dict mutated during update"));
            }
        }
        return Ok(());
    }
    if ordered::is_exact(other) {
        return ordered::each_item(other, |key, value| {
            let hash = hash_key(key.value())?;
            put(d, key, hash, value, duplicate)
        });
    }
    // All keys are there before the first value is asked for: that may change the mapping.
    let names = ops::mapping_list(other, "keys")?;
    let mut i = 0;
    while let Some(&key) = crate::list::items(names.value()).get(i) {
        let key = Ref::new(key);
        i += 1;
        if duplicate != Duplicate::Replace && contains(d, key.value())? {
            match duplicate {
                Duplicate::Refuse => return Err(crate::errors::key_error(key.value())),
                _ => continue,
            }
        }
        let value = ops::getitem(other, key.value())?;
        set_item_owned(d, key, value)?;
    }
    Ok(())
}

/// `PyDict_MergeFromSeq2`.
pub fn merge_pairs(d: Value, pairs: Value, overwrite: bool) -> PyResult<()> {
    let it = ops::iter(pairs)?;
    let mut i = 0;
    while let Some(item) = ops::next(it.value())? {
        if let Some(&[key, value]) = ops::exact_items(item.value()) {
            let key = Ref::new(crate::boundary::canonical(key));
            let value = Ref::new(crate::boundary::canonical(value));
            let hash = hash_key(key.value())?;
            put(d, key, hash, value, Duplicate::overwrite(overwrite))?;
            i += 1;
            continue;
        }
        let pair = match ops::collect(item.value()) {
            Ok(pair) => pair,
            Err(e) => {
                if crate::errors::take_if(crate::exceptions::TypeError) {
                    return Err(raise!(
                        TypeError,
                        "cannot convert dictionary update sequence element #{i} to a sequence"
                    ));
                }
                return Err(e);
            }
        };
        let n = pair.len();
        let Ok([key, value]) = <[Ref; 2]>::try_from(pair) else {
            return Err(raise!(
                ValueError,
                "dictionary update sequence element #{i} has length {n}; 2 is required"
            ));
        };
        let hash = hash_key(key.value())?;
        put(d, key, hash, value, Duplicate::overwrite(overwrite))?;
        i += 1;
    }
    Ok(())
}

unsafe extern "C" fn dict_dealloc(object: *mut PyObject) {
    // SAFETY: a dead dict.
    unsafe {
        crate::gc::untrack(object);
        let d = object.cast::<PyDictObject>();
        heap::clear_field(&raw mut (*d).ma_values);
        let k: *mut Keys = (*d).ma_keys.cast();
        if !k.is_null() && k != table::empty() {
            (*d).ma_keys = table::empty().cast();
            release(k);
        }
        if Type::of_ptr(object) == ty!(PyDict_Type) {
            return heap::finish_exact::<PyDictObject>(object);
        }
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn dict_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let d = Value::from_object(object);
    if keys(d).is_null() {
        return 0;
    }
    let mut n = 0;
    while let Some(i) = next_entry(d, n) {
        // SAFETY: called by the collector for a live dict; the stored words are visited, not canonical forms.
        let e = unsafe { *Keys::entry(keys(d), i) };
        // SAFETY: as above.
        let code = unsafe { visit_both(e.key, e.value, visit, arg) };
        if code != 0 {
            return code;
        }
        n = i + 1;
    }
    0
}
unsafe fn visit_both(key: Value, value: Value, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: as `tp_traverse`.
    unsafe { crate::visit_fields!(visit, arg, key, value) }
}
unsafe extern "C" fn dict_tp_clear(object: *mut PyObject) -> c_int {
    clear(Value::from_object(object));
    0
}

fn dict_repr(d: Value) -> PyResult {
    if len(d) == 0 {
        return Ok(crate::str::new("{}"));
    }
    if repr_enter(d) {
        return Ok(crate::str::new("{...}"));
    }
    let run = || {
        let mut b = crate::str::Builder::new();
        b.push_str("{");
        let (mut position, mut first) = (0, true);
        while let Some((key, value)) = next(d, &mut position) {
            let (key, value) = (Ref::new(key), Ref::new(value));
            if !first {
                b.push_str(", ");
            }
            first = false;
            b.push_value(ops::repr(key.value())?.value());
            b.push_str(": ");
            b.push_value(ops::repr(value.value())?.value());
        }
        b.push_str("}");
        b.finish()
    };
    let result = run();
    repr_leave(d);
    result
}

fn dict_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_dict(a) || !is_dict(b) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool(equal(a, b)? == (op == CmpOp::Eq)))
}
fn equal(a: Value, b: Value) -> PyResult<bool> {
    if len(a) != len(b) {
        return Ok(false);
    }
    let mut position = 0;
    while let Some((key, value, hash)) = next_hashed(a, &mut position) {
        let (key, value) = (Ref::new(key), Ref::new(value));
        let Some(n) = lookup(b, key.value(), hash)? else {
            return Ok(false);
        };
        let other = Ref::new(value_of(b, n));
        if !eq_fast(value.value(), other.value())? {
            return Ok(false);
        }
    }
    Ok(true)
}

fn dict_length(d: Value) -> PyResult<usize> {
    Ok(len(d))
}
fn dict_subscript(d: Value, key: Value) -> PyResult {
    if let Some(v) = get(d, key)? {
        return Ok(v);
    }
    if !d.is_exact(ty!(PyDict_Type))
        && let Some(missing) = crate::typeobject::lookup_special(d, intern!("__missing__"))?
    {
        return missing.call(&[key]);
    }
    Err(crate::errors::key_error(key))
}
fn dict_ass_subscript(d: Value, key: Value, value: Value) -> PyResult<()> {
    if !value.is_empty() {
        return set_item(d, key, value);
    }
    if del_item(d, key)? {
        Ok(())
    } else {
        Err(crate::errors::key_error(key))
    }
}
fn dict_contains(d: Value, key: Value) -> PyResult {
    Ok(Ref::bool(contains(d, key)?))
}
fn dict_or(a: Value, b: Value) -> PyResult {
    if !is_dict(a) || !is_dict(b) {
        return Ok(Ref::not_implemented());
    }
    let c = super::copy_of_subclass(a)?;
    update_one(c.value(), b)?;
    Ok(c)
}
fn dict_ior(a: Value, b: Value) -> PyResult {
    update_one(a, b)?;
    Ok(Ref::new(a))
}
fn dict_sizeof(d: Value) -> PyResult {
    // SAFETY: a live table.
    let table = unsafe { Keys::reported_size(keys(d)) };
    Ok(Ref::int(d.ty().tp_basicsize as i64 + table as i64))
}
fn dict_get(d: Value, args: &[Value]) -> PyResult {
    crate::check_positional("get", args.len(), 1, 2)?;
    Ok(match get(d, args[0])? {
        Some(v) => v,
        None => args.get(1).map_or_else(Ref::none, |v| Ref::new(*v)),
    })
}
fn dict_setdefault(d: Value, args: &[Value]) -> PyResult {
    crate::check_positional("setdefault", args.len(), 1, 2)?;
    set_default(
        d,
        args[0],
        args.get(1).copied().unwrap_or_else(crate::singletons::none),
    )
}
fn dict_pop(d: Value, args: &[Value]) -> PyResult {
    crate::check_positional("pop", args.len(), 1, 2)?;
    let found = if len(d) == 0 { None } else { pop(d, args[0])? };
    match (found, args.get(1)) {
        (Some(v), _) => Ok(v),
        (None, Some(default)) => Ok(Ref::new(*default)),
        (None, None) => Err(crate::errors::key_error(args[0])),
    }
}
fn dict_popitem(d: Value) -> PyResult {
    match pop_last(d) {
        Some((key, value)) => Ok(crate::tuple::pair(key, value)),
        None => Err(crate::errors::raise_arg(
            crate::exceptions::KeyError,
            crate::str::new("popitem(): dictionary is empty"),
        )),
    }
}
fn dict_update(d: Value, args: Args<'_>) -> PyResult {
    update_args(d, args, "update")?;
    Ok(Ref::none())
}
pub(super) fn dict_fromkeys(cls: Value, args: &[Value]) -> PyResult {
    crate::check_positional("fromkeys", args.len(), 1, 2)?;
    let value = args.get(1).copied().unwrap_or_else(crate::singletons::none);
    let d = ops::call(cls, &[])?;
    let plain = d.value().is_exact(ty!(PyDict_Type));
    if plain && is_dict(args[0]) && super::iter::is_plain(args[0]) {
        let mut position = 0;
        while let Some((key, _, hash)) = next_hashed(args[0], &mut position) {
            set_hashed(d.value(), Ref::new(key), hash, Ref::new(value))?;
        }
        return Ok(d);
    }
    if plain && crate::set::is_exact_set(args[0]) {
        let mut position = 0;
        while let Some((key, hash)) = crate::set::next_hashed(args[0], &mut position) {
            set_hashed(d.value(), Ref::new(key), hash, Ref::new(value))?;
        }
        return Ok(d);
    }
    let it = ops::iter(args[0])?;
    while let Some(key) = ops::next(it.value())? {
        if plain {
            set_item(d.value(), key.value(), value)?;
        } else {
            ops::setitem(d.value(), key.value(), value)?;
        }
    }
    Ok(d)
}
fn dict_clear(d: Value) -> PyResult {
    clear(d);
    Ok(Ref::none())
}
fn dict_copy(d: Value) -> PyResult {
    super::copy_of_subclass(d)
}
