//! `object`: its methods, `__class__` assignment, and pickling support.

use super::{generic_getattr, generic_setattr, instance_dict, lookup_special, slot_fn};
use crate::layout::*;
use crate::native::{NativeGetSetDef, Slot};
use crate::{
    Args, PyResult, Ref, Type, Value, ValueExt, audit, heap, intern, ops, raise, shape, ty,
};

py_type! {
    pub static PyBaseObject_Type: PyObject = "object" {
        flags: BASETYPE;
        doc: "object()\n--\n\nThe base class of the class hierarchy.";
        raw { tp_dealloc: object_dealloc, tp_alloc: heap::generic_alloc, tp_free: heap::object_free }
        slots {
            tp_repr: object_repr, tp_str: ops::object_str, tp_hash: object_hash, tp_getattro: generic_getattr,
            tp_setattro: generic_setattr, tp_richcompare: object_richcompare, tp_init: object_init, tp_new: object_new
        }
        methods: OBJECT_METHODS;
        getset: OBJECT_GETSET;
    }
}

methods! { static OBJECT_METHODS = [
    "__reduce_ex__" O object_reduce_ex, "__reduce_ex__($self, protocol, /)\n--\n\nHelper for pickle.";
    "__reduce__" NOARGS object_reduce, "__reduce__($self, /)\n--\n\nHelper for pickle.";
    "__getstate__" NOARGS object_getstate, "__getstate__($self, /)\n--\n\nHelper for pickle.";
    "__subclasshook__" FAST|CLASS object_subclasshook, "Abstract classes can override this to customize issubclass().";
    "__init_subclass__" FAST|CLASS object_init_subclass, "This method is called when a class is subclassed.";
    "__format__" O object_format, "__format__($self, format_spec, /)\n--\n\nDefault object formatter.";
    "__sizeof__" NOARGS object_sizeof, "__sizeof__($self, /)\n--\n\nSize of object in memory, in bytes.";
    "__dir__" NOARGS object_dir, "__dir__($self, /)\n--\n\nDefault dir() implementation.";
] }
getset! { static OBJECT_GETSET = [
    "__class__" get_class, set_class, "the object's class";
] }
getset! { static INSTANCE_DICT = [
    "__dict__" get_instance_dict, set_instance_dict, "dictionary for instance variables (if defined)";
] }
getset! { static INSTANCE_WEAKREF = [
    "__weakref__" get_weakref, None, "list of weak references to the object (if defined)";
] }

/// The definition of `__dict__` or `__weakref__` of instances.
pub(crate) fn instance_getset(name: &str) -> *mut PyGetSetDef {
    let table: *mut NativeGetSetDef = if name == "__dict__" {
        (&raw mut INSTANCE_DICT).cast()
    } else {
        (&raw mut INSTANCE_WEAKREF).cast()
    };
    table.cast()
}

unsafe extern "C" fn object_dealloc(object: *mut PyObject) {
    // SAFETY: a dead object without contents.
    unsafe {
        if Type::of_ptr(object).has(tpflags::HAVE_GC) && crate::gc::is_tracked(object) {
            crate::gc::untrack(object);
        }
        heap::finish_dealloc(object)
    }
}

fn object_repr(v: Value) -> PyResult {
    let t = v.ty();
    let module = super::module_name(t);
    let module = match module {
        Ok(m) if m.has_flag(tpflags::UNICODE_SUBCLASS) => Some(m),
        Ok(_) => None,
        Err(_) => {
            crate::errors::clear();
            None
        }
    };
    let q = super::qualname(t);
    let q = crate::str::display(q.value()).to_string();
    let at = ops::id(v);
    Ok(Ref::str(&match module {
        Some(m) if !crate::str::eq_str(m.value(), "builtins") => {
            format!("<{}.{q} object at {at:#x}>", crate::str::display(m.value()))
        }
        _ => format!("<{q} object at {at:#x}>"),
    }))
}
fn object_hash(v: Value) -> PyResult<i64> {
    // The low bits of an address carry nothing: rotate them to the top.
    let h = ops::id(v).rotate_right(4) as i64;
    Ok(if h == -1 { -2 } else { h })
}
fn object_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    match op {
        CmpOp::Eq if a == b => Ok(Ref::bool(true)),
        CmpOp::Ne => {
            let f = slot_fn(a.ty(), Slot::tp_richcompare);
            if f.c == 0 {
                return Ok(Ref::not_implemented());
            }
            // SAFETY: the slot table gives the slot this signature.
            let r = unsafe { f.richcmp(a, b, CmpOp::Eq)? };
            if r.is_not_implemented() {
                return Ok(r);
            }
            Ok(Ref::bool(!ops::is_true(r.value())?))
        }
        _ => Ok(Ref::not_implemented()),
    }
}

fn has_own(t: Type, slot: Slot) -> bool {
    slot_fn(t, slot).c != slot_fn(ty!(PyBaseObject_Type), slot).c
}
fn excess(args: Args<'_>) -> bool {
    !args.values.is_empty()
}
fn object_init(v: Value, args: Args<'_>) -> PyResult<()> {
    if excess(args) {
        let t = v.ty();
        if has_own(t, Slot::tp_init) {
            return Err(raise!(
                TypeError,
                "object.__init__() takes exactly one argument (the instance to initialize)"
            ));
        }
        if !has_own(t, Slot::tp_new) {
            return Err(raise!(
                TypeError,
                "{}.__init__() takes exactly one argument (the instance to initialize)",
                t.message_name()
            ));
        }
    }
    Ok(())
}
/// `object.__new__`.
pub fn object_new(t: Type, args: Args<'_>) -> PyResult {
    if excess(args) {
        if has_own(t, Slot::tp_new) {
            return Err(raise!(
                TypeError,
                "object.__new__() takes exactly one argument (the type to instantiate)"
            ));
        }
        if !has_own(t, Slot::tp_init) {
            return Err(raise!(
                TypeError,
                "{}() takes no arguments",
                t.message_name()
            ));
        }
    }
    if t.has(tpflags::IS_ABSTRACT) {
        return Err(abstract_error(t)?);
    }
    let alloc = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: tp_alloc of a ready type gives an owned object or null with an error.
    unsafe {
        let p = alloc(t.as_ptr(), 0);
        if p.is_null() {
            return Err(crate::errors::from_c_null());
        }
        Ok(Ref::from_owned_ptr(p))
    }
}
fn abstract_error(t: Type) -> PyResult<crate::Raised> {
    let set = ops::getattr(t.value(), intern!("__abstractmethods__"))?;
    let mut names = Vec::new();
    for n in ops::collect(set.value())? {
        names.push(crate::str::to_string_lossy(ops::str_of(n.value())?.value()));
    }
    names.sort();
    let plural = if names.len() > 1 { "s" } else { "" };
    Ok(raise!(
        TypeError,
        "Can't instantiate abstract class {} with abstract method{plural} {}",
        t.message_name(),
        names.join(", ")
    ))
}

fn get_class(v: Value) -> PyResult {
    Ok(v.ty().to_ref())
}

fn same_slots(a: Type, b: Type) -> bool {
    let names = |t: Type| -> Option<Ref> {
        if !t.is_heap() {
            return None;
        }
        // SAFETY: heap types have the field.
        let s = unsafe { (*t.as_ptr().cast::<PyHeapTypeObject>()).ht_slots };
        (!s.is_null()).then(|| Ref::new(Value::from_object(s)))
    };
    match (names(a), names(b)) {
        (None, None) => true,
        (Some(x), Some(y)) => {
            let (x, y) = (
                crate::tuple::items(x.value()),
                crate::tuple::items(y.value()),
            );
            x.len() == y.len() && x.iter().zip(y).all(|(p, q)| crate::str::eq(*p, *q))
        }
        (Some(x), None) | (None, Some(x)) => crate::tuple::len(x.value()) == 0,
    }
}
fn same_layout(a: Type, b: Type) -> bool {
    a.tp_basicsize == b.tp_basicsize
        && a.tp_itemsize == b.tp_itemsize
        && a.has(tpflags::HAVE_GC) == b.has(tpflags::HAVE_GC)
        && a.has(tpflags::MANAGED_DICT) == b.has(tpflags::MANAGED_DICT)
        && (a.tp_dictoffset == b.tp_dictoffset || a.has(tpflags::MANAGED_DICT))
        && a.tp_weaklistoffset == b.tp_weaklistoffset
}
/// Whether instances of `old` may become instances of `new` ("object layout differs").
pub(crate) fn check_compatible(old: Type, new: Type, attribute: &str) -> PyResult<()> {
    let differs = || {
        raise!(
            TypeError,
            "{attribute} assignment: '{}' object layout differs from '{}'",
            new.message_name(),
            old.message_name()
        )
    };
    let free = |t: Type| t.tp_free.map_or(0, |f| f as usize);
    if free(old) != free(new) {
        return Err(raise!(
            TypeError,
            "{attribute} assignment: '{}' deallocator differs from '{}'",
            new.message_name(),
            old.message_name()
        ));
    }
    if !same_layout(old, new) {
        return Err(differs());
    }
    // Climb to where both have the layout of their bases; there they must meet or have the same slots.
    let climb = |mut t: Type| {
        while !t.tp_base.is_null() && same_layout(t, Type::from_ptr(t.tp_base)) {
            t = Type::from_ptr(t.tp_base);
        }
        t
    };
    let (a, b) = (climb(old), climb(new));
    if a == b || (a.tp_base == b.tp_base && same_slots(a, b)) {
        Ok(())
    } else {
        Err(differs())
    }
}

fn set_class(v: Value, value: Value) -> PyResult<()> {
    if value.is_empty() {
        return Err(raise!(TypeError, "can't delete __class__ attribute"));
    }
    let Some(new) = Type::from_value(value) else {
        return Err(raise!(
            TypeError,
            "__class__ must be set to a class, not '{}' object",
            value.ty().message_name()
        ));
    };
    audit!("object.__setattr__", v, "__class__", value)?;
    let old = v.ty();
    let module = ty!(crate::module::PyModule_Type);
    let mutable = |t: Type| !t.has(tpflags::IMMUTABLETYPE);
    if v.is_immediate()
        || !((mutable(new) && mutable(old)) || (new.is_subtype(module) && old.is_subtype(module)))
    {
        return Err(raise!(
            TypeError,
            "__class__ assignment only supported for mutable types or ModuleType subclasses"
        ));
    }
    check_compatible(old, new, "__class__")?;
    // SAFETY: the layouts agree; the instance's reference moves from the old type to the new one.
    unsafe {
        if old.has(tpflags::MANAGED_DICT) {
            shape::change_owner(v.as_ptr(), new);
        }
        if new.is_heap() {
            heap::incref(new.value());
        }
        (*v.as_ptr()).ob_type = new.as_ptr();
        if old.is_heap() {
            heap::decref(old.value());
        }
    }
    Ok(())
}

/// `obj.__dict__`.
/// The `__dict__` descriptor of the native base that has a dict of its own (`type`, exceptions, modules): it decides
/// what may be done with the dict of instances.
fn native_dict_descr(t: Type) -> Option<Value> {
    let mut base = t;
    while !base.tp_base.is_null() {
        if base.tp_dictoffset != 0 && !base.is_heap() {
            return super::lookup(base, intern!("__dict__"))
                .filter(|d| d.ty().tp_descr_set.is_some());
        }
        base = Type::from_ptr(base.tp_base);
    }
    None
}
fn get_instance_dict(v: Value) -> PyResult {
    if let Some(d) = native_dict_descr(v.ty()) {
        return super::descr_get(d, v, v.ty().value());
    }
    match instance_dict(v)? {
        Some(d) => Ok(d),
        None => Err(raise!(
            AttributeError,
            "'{}' object has no attribute '__dict__'",
            v.ty().message_name()
        )),
    }
}
fn set_instance_dict(v: Value, value: Value) -> PyResult<()> {
    if let Some(d) = native_dict_descr(v.ty()) {
        return super::descr_set(d, v, value);
    }
    if !value.is_empty() && !value.has_flag(tpflags::DICT_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__dict__ must be set to a dictionary, not a '{}'",
            value.ty().message_name()
        ));
    }
    if shape::is_managed(v) {
        // SAFETY: managed.
        unsafe { shape::replace_dict(v.as_ptr(), value) };
        return Ok(());
    }
    let Some(place) = super::lookup::dict_at_offset(v) else {
        return Err(raise!(AttributeError, "This object has no __dict__"));
    };
    let new = if value.is_empty() {
        std::ptr::null_mut()
    } else {
        Ref::new(value).into_ptr()
    };
    // SAFETY: the place belongs to a live object; the old dict is given up last.
    unsafe {
        let old = std::ptr::replace(place, new);
        heap::xdecref_ptr(old);
    }
    Ok(())
}
fn get_weakref(v: Value) -> PyResult {
    let offset = v.ty().tp_weaklistoffset;
    if offset <= 0 || !v.is_object() {
        return Err(raise!(AttributeError, "This object has no __weakref__"));
    }
    // SAFETY: the type says where the list head lies.
    unsafe {
        let first = *v
            .as_ptr()
            .cast::<u8>()
            .offset(offset)
            .cast::<*mut PyObject>();
        Ok(if first.is_null() {
            Ref::none()
        } else {
            Ref::new(Value::from_object(first))
        })
    }
}

fn object_format(v: Value, spec: Value) -> PyResult {
    if !spec.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__format__() argument must be str, not {}",
            spec.ty().message_name()
        ));
    }
    if crate::str::len(spec) > 0 {
        return Err(raise!(
            TypeError,
            "unsupported format string passed to {}.__format__",
            v.ty().message_name()
        ));
    }
    let _guard = crate::hooks().enter_counted(" while calling a Python object")?;
    ops::str_of(v)
}
fn object_subclasshook(_: Value, _: &[Value]) -> PyResult {
    Ok(Ref::not_implemented())
}
fn object_init_subclass(_: Value, args: &[Value]) -> PyResult {
    if args.is_empty() {
        Ok(Ref::none())
    } else {
        Err(raise!(
            TypeError,
            "object.__init_subclass__() takes no arguments ({} given)",
            args.len()
        ))
    }
}
fn object_sizeof(v: Value) -> PyResult {
    let t = v.ty();
    let mut size = t.tp_basicsize;
    if t.tp_itemsize > 0 && v.is_object() {
        // SAFETY: types with items start with a PyVarObject.
        let n = unsafe { (*v.as_ptr().cast::<PyVarObject>()).ob_size };
        size += n.abs() * t.tp_itemsize;
    }
    Ok(Ref::int(size as i64))
}
fn object_dir(v: Value) -> PyResult {
    let d = match ops::getattr_opt(v, intern!("__dict__"))? {
        Some(d) if d.has_flag(tpflags::DICT_SUBCLASS) => crate::dict::copy(d.value()),
        _ => crate::dict::new(),
    };
    if let Some(cls) = ops::getattr_opt(v, intern!("__class__"))? {
        super::merge_class_dict(d.value(), cls.value())?;
    }
    ops::to_list(d.value())
}

// ---- pickling --------------------------------------------------------------------------------------------

fn slot_names(t: Type) -> PyResult {
    if t.is_heap()
        && let Some(names) =
            crate::dict::get(Value::from_object(t.tp_dict), intern!("__slotnames__"))?
        && (names.is_none() || names.has_flag(tpflags::LIST_SUBCLASS))
    {
        return Ok(names);
    }
    let copyreg = (crate::hooks().import)("copyreg")?;
    ops::call_method(copyreg.value(), intern!("_slotnames"), &[t.value()])
}

/// `object.__getstate__` (without asking the class for its own); `required` refuses what cannot be copied by state.
pub fn getstate(v: Value, required: bool) -> PyResult {
    let t = v.ty();
    if required && t.tp_itemsize != 0 {
        return Err(raise!(
            TypeError,
            "cannot pickle {} objects",
            t.message_name()
        ));
    }
    let names = slot_names(t)?;
    let mut state = match instance_dict(v)? {
        Some(d) if crate::dict::len(d.value()) > 0 => d,
        _ => Ref::none(),
    };
    let names: Vec<Ref> = if names.is_none() {
        Vec::new()
    } else {
        ops::collect(names.value())?
    };
    if required {
        let mut size = size_of::<PyObject>() as isize;
        if t.tp_dictoffset != 0 && !t.has(tpflags::MANAGED_DICT) {
            size += 8;
        }
        if t.tp_weaklistoffset > 0 {
            size += 8;
        }
        size += 8 * names.len() as isize;
        if t.tp_basicsize > size {
            return Err(raise!(
                TypeError,
                "cannot pickle '{}' object",
                t.message_name()
            ));
        }
    }
    if !names.is_empty() {
        let slots = crate::dict::new();
        for name in names {
            if let Some(value) = ops::getattr_opt(v, name.value())? {
                crate::dict::set_item(slots.value(), name.value(), value.value())?;
            }
        }
        if crate::dict::len(slots.value()) > 0 {
            state = crate::tuple::from_slice(&[state.value(), slots.value()]);
        }
    }
    Ok(state)
}

fn object_getstate(v: Value) -> PyResult {
    getstate(v, false)
}

fn call_getstate(v: Value, required: bool) -> PyResult {
    let found = super::lookup(v.ty(), intern!("__getstate__"));
    let plain = super::find_in_mro(ty!(PyBaseObject_Type), intern!("__getstate__"));
    if found.is_some() && found == plain {
        let own = instance_has_own(v, intern!("__getstate__"))?;
        if !own {
            return getstate(v, required);
        }
    }
    ops::call_method(v, intern!("__getstate__"), &[])
}
fn instance_has_own(v: Value, name: Value) -> PyResult<bool> {
    match ops::getattr_opt(v, intern!("__dict__"))? {
        Some(d) if d.has_flag(tpflags::DICT_SUBCLASS) => crate::dict::contains(d.value(), name),
        _ => Ok(false),
    }
}

/// `__getnewargs_ex__` or `__getnewargs__`: positional and keyword arguments, if the class has them.
fn new_arguments(v: Value) -> PyResult<Option<(Ref, Option<Ref>)>> {
    if let Some(f) = lookup_special(v, intern!("__getnewargs_ex__"))? {
        let r = f.call(&[])?;
        if !r.has_flag(tpflags::TUPLE_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "__getnewargs_ex__ should return a tuple, not '{}'",
                r.ty().message_name()
            ));
        }
        if crate::tuple::len(r.value()) != 2 {
            return Err(raise!(
                ValueError,
                "__getnewargs_ex__ should return a tuple of length 2, not {}",
                crate::tuple::len(r.value())
            ));
        }
        let args = Ref::new(crate::tuple::get(r.value(), 0));
        let kwargs = Ref::new(crate::tuple::get(r.value(), 1));
        if !args.has_flag(tpflags::TUPLE_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "first item of the tuple returned by __getnewargs_ex__ must be a tuple, not '{}'",
                args.ty().message_name()
            ));
        }
        if !kwargs.has_flag(tpflags::DICT_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "second item of the tuple returned by __getnewargs_ex__ must be a dict, not '{}'",
                kwargs.ty().message_name()
            ));
        }
        return Ok(Some((args, Some(kwargs))));
    }
    if let Some(f) = lookup_special(v, intern!("__getnewargs__"))? {
        let args = f.call(&[])?;
        if !args.has_flag(tpflags::TUPLE_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "__getnewargs__ should return a tuple, not '{}'",
                args.ty().message_name()
            ));
        }
        return Ok(Some((args, None)));
    }
    Ok(None)
}

fn reduce_newobj(v: Value) -> PyResult {
    let t = v.ty();
    if slot_fn(t, Slot::tp_new).c == 0 {
        return Err(raise!(
            TypeError,
            "cannot pickle '{}' object",
            t.message_name()
        ));
    }
    let new_args = new_arguments(v)?;
    let copyreg = (crate::hooks().import)("copyreg")?;
    let has_args = new_args.is_some();
    let (f, args) = match new_args {
        Some((args, Some(kwargs))) if crate::dict::len(kwargs.value()) > 0 => {
            let f = ops::getattr(copyreg.value(), intern!("__newobj_ex__"))?;
            let all = crate::tuple::from_slice(&[t.value(), args.value(), kwargs.value()]);
            (f, all)
        }
        other => {
            let f = ops::getattr(copyreg.value(), intern!("__newobj__"))?;
            let mut all = vec![t.to_ref()];
            if let Some((args, _)) = other {
                all.extend(ops::collect(args.value())?);
            }
            (f, crate::tuple::from_vec(all))
        }
    };
    let is_list = v.has_flag(tpflags::LIST_SUBCLASS);
    let is_dict = v.has_flag(tpflags::DICT_SUBCLASS);
    let state = call_getstate(v, !has_args && !is_list && !is_dict)?;
    let list_items = if is_list { ops::iter(v)? } else { Ref::none() };
    let dict_items = if is_dict {
        let items = ops::call_method(v, intern!("items"), &[])?;
        ops::iter(items.value())?
    } else {
        Ref::none()
    };
    Ok(crate::tuple::from_vec(vec![
        f, args, state, list_items, dict_items,
    ]))
}

fn common_reduce(v: Value, protocol: i64) -> PyResult {
    if protocol >= 2 {
        return reduce_newobj(v);
    }
    let copyreg = (crate::hooks().import)("copyreg")?;
    let n = Ref::int(protocol);
    ops::call_method(copyreg.value(), intern!("_reduce_ex"), &[v, n.value()])
}
fn object_reduce(v: Value) -> PyResult {
    common_reduce(v, 0)
}
fn object_reduce_ex(v: Value, protocol: Value) -> PyResult {
    let n = ops::index_as_isize(protocol)?;
    let name = intern!("__reduce__");
    if let Some(reduce) = ops::getattr_opt(v, name)? {
        // The type itself: a proxy may say that its class is another.
        let own = ops::getattr(v.ty().value(), name)?;
        let plain = super::find_in_mro(ty!(PyBaseObject_Type), name);
        if Some(own.value()) != plain {
            return ops::call(reduce.value(), &[]);
        }
    }
    common_reduce(v, n as i64)
}
