//! `type` and `object`: creation, MRO, lookup, slots.
//!
//! [`ready`] turns a declared type into a usable one, [`new_class`] makes classes, [`lookup()`] finds attributes,
//! `slotdefs` ties dunders to slots in both directions, `generic` has the slot functions of Python classes.

use crate::layout::*;
use crate::native::c_str;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, audit, heap, intern, ops, raise, ty};

mod base;
mod cells;
mod create;
mod generic;
mod instance;
mod lookup;
mod ready;
mod slotdefs;

pub use base::{PyBaseObject_Type, getstate, object_new};
pub use cells::{Cell, cell, is_cell, store as store_to_cell, stores_to_dict};
pub use create::{best_base, calculate_metaclass, mangle, new_class, solid_base};
pub use generic::{
    _PyObject_NextNotImplemented, PyObject_HashNotImplemented, hash_not_implemented,
};
pub(crate) use instance::{each_referent, is_traversed_as_instance};
pub use instance::{finalize_from_dealloc, is_plain, is_python_class};
pub use lookup::*;
pub use ready::{c3, ready, set_base_and_meta, set_display, set_mro};
pub use slotdefs::{
    SLOTDEFS, SlotDef, SlotFn, Wrap, has_untracked_finalizers, is_python_slot, set_slot, slot_fn,
    update_slot,
};

py_type! {
    pub static PyType_Type: PyHeapTypeObject = "type" {
        flags: HAVE_GC | BASETYPE | TYPE_SUBCLASS | HAVE_VECTORCALL;
        fields {
            tp_itemsize: size_of::<PyMemberDef>() as isize,
            tp_dictoffset: 264,
            tp_weaklistoffset: 368,
            tp_vectorcall_offset: 400
        }
        doc: "type(object) -> the object's type\ntype(name, bases, dict, **kwds) -> a new type";
        raw { tp_dealloc: create::type_dealloc, tp_traverse: create::type_traverse, tp_clear: create::type_clear, tp_is_gc: type_is_gc }
        slots {
            tp_repr: type_repr, tp_call: type_slot_call, tp_getattro: lookup::type_getattro,
            tp_setattro: lookup::type_setattro, tp_init: type_init, tp_new: type_new
        }
        number { nb_or: type_or }
        methods: TYPE_METHODS;
        getset: TYPE_GETSET;
    }
}

methods! { static TYPE_METHODS = [
    "mro" NOARGS type_mro_method, "mro($self, /)\n--\n\nReturn a type's method resolution order.";
    "__subclasses__" NOARGS type_subclasses, "__subclasses__($self, /)\n--\n\nReturn a list of immediate subclasses.";
    "__prepare__" KW|CLASS type_prepare, "__prepare__() -> dict\nused to create the namespace for the class statement";
    "__instancecheck__" O|COEXIST type_instancecheck, "__instancecheck__($self, instance, /)\n--\n\nCheck if an object is an instance.";
    "__subclasscheck__" O|COEXIST type_subclasscheck, "__subclasscheck__($self, subclass, /)\n--\n\nCheck if a class is a subclass.";
    "__dir__" NOARGS type_dir, "__dir__($self, /)\n--\n\nSpecialized __dir__ implementation for types.";
    "__sizeof__" NOARGS type_sizeof, "__sizeof__($self, /)\n--\n\nReturn memory consumption of the type object.";
] }

getset! { static TYPE_GETSET = [
    "__name__" get_name, set_name, "";
    "__qualname__" get_qualname, set_qualname, "";
    "__bases__" get_bases, set_bases, "";
    "__base__" get_base, None, "";
    "__mro__" get_mro, None, "";
    "__module__" get_module, set_module, "";
    "__abstractmethods__" get_abstract, set_abstract, "";
    "__dict__" get_dict, None, "";
    "__doc__" get_doc, set_doc, "";
    "__text_signature__" get_text_signature, None, "";
    "__annotations__" get_annotations, set_annotations, "";
    "__basicsize__" get_basicsize, None, "";
    "__itemsize__" get_itemsize, None, "";
    "__flags__" get_flags, None, "";
    "__dictoffset__" get_dictoffset, None, "";
    "__weakrefoffset__" get_weakrefoffset, None, "";
] }

/// Static types have no GC head: the collector must not look for one.
unsafe extern "C" fn type_is_gc(object: *mut PyObject) -> std::ffi::c_int {
    // SAFETY: called with a live type.
    unsafe { ((*object.cast::<PyTypeObject>()).tp_flags & tpflags::HEAPTYPE != 0).into() }
}

#[inline]
fn this(v: Value) -> Type {
    Type::from_ptr(v.as_ptr().cast())
}
fn own_dict(t: Type) -> Value {
    Value::from_object(t.tp_dict)
}
fn heap_part(t: Type) -> *mut PyHeapTypeObject {
    t.as_ptr().cast()
}

// ---- questions -------------------------------------------------------------------------------------------

/// Whether `base` is in the MRO of `t` (the slow half of [`Type::is_subtype`]).
pub fn mro_contains(t: Type, base: Type) -> bool {
    if t.tp_mro.is_null() {
        let mut at = t.as_ptr();
        while !at.is_null() {
            if at == base.as_ptr() {
                return true;
            }
            // SAFETY: bases are live types.
            at = unsafe { (*at).tp_base };
        }
        return base == ty!(PyBaseObject_Type);
    }
    mro(t).contains(&base.value())
}
/// The method resolution order: type objects.
#[inline]
pub fn mro<'a>(t: Type) -> &'a [Value] {
    if t.tp_mro.is_null() {
        return &[];
    }
    crate::tuple::items(Value::from_object(t.tp_mro))
}
/// Whether this `tp_iternext` only raises.
pub fn is_next_not_implemented(f: iternextfunc) -> bool {
    std::ptr::fn_addr_eq(f, _PyObject_NextNotImplemented as iternextfunc)
}
/// Whether the type is unhashable by its slot.
pub fn is_hash_not_implemented(t: Type) -> bool {
    t.tp_hash
        .is_some_and(|f| std::ptr::fn_addr_eq(f, PyObject_HashNotImplemented as hashfunc))
}

// `tp_subclasses` is an unowned vector of direct subclasses: they take themselves out when they die.
type Subclasses = Vec<Type>;

/// The living direct subclasses.
pub fn subclasses(t: Type) -> Subclasses {
    let list = t.tp_subclasses.cast::<Subclasses>();
    // SAFETY: null or the vector made by `add_subclass`.
    unsafe { list.as_ref() }.cloned().unwrap_or_default()
}
fn add_subclass(base: Type, t: Type) {
    // SAFETY: as above; only touched under the GIL.
    unsafe {
        let field = &raw mut (*base.as_ptr()).tp_subclasses;
        if (*field).is_null() {
            *field = Box::into_raw(Box::new(Subclasses::new())).cast();
        }
        let list = &mut *(*field).cast::<Subclasses>();
        if !list.contains(&t) {
            list.push(t);
        }
    }
}
fn remove_subclass(base: Type, t: Type) {
    let list = base.tp_subclasses.cast::<Subclasses>();
    // SAFETY: as above.
    if let Some(list) = unsafe { list.as_mut() } {
        list.retain(|s| *s != t);
    }
}
unsafe fn free_subclasses(t: Type) {
    let list = t.tp_subclasses.cast::<Subclasses>();
    if !list.is_null() {
        // SAFETY: made by Box in `add_subclass`; the type is dead.
        drop(unsafe { Box::from_raw(list) });
    }
}

/// The docstring without its signature line (`name(...)\n--\n\n`).
pub fn doc_text<'a>(name: &str, doc: &'a str) -> &'a str {
    match signature_end(name, doc) {
        Some((_, end)) => &doc[end..],
        None => doc,
    }
}
/// The signature of a docstring: `($self, x, /)`.
pub fn doc_signature<'a>(name: &str, doc: &'a str) -> Option<&'a str> {
    let (start, end) = signature_end(name, doc)?;
    Some(&doc[start..end - "\n--\n\n".len()])
}
fn signature_end(name: &str, doc: &str) -> Option<(usize, usize)> {
    let name = name.rsplit('.').next().unwrap_or(name);
    if !doc.starts_with(name) || doc.as_bytes().get(name.len()) != Some(&b'(') {
        return None;
    }
    let marker = doc.find(")\n--\n\n")?;
    if doc[..marker].contains("\n\n") {
        return None;
    }
    Some((name.len(), marker + 1 + "\n--\n\n".len()))
}

/// `type.__module__`.
pub fn module_name(t: Type) -> PyResult {
    if t.is_heap() {
        return match crate::dict::get(own_dict(t), intern!("__module__"))? {
            Some(m) => Ok(m),
            None => Err(raise!(AttributeError, "__module__")),
        };
    }
    match t.full_name().rsplit_once('.') {
        Some((module, _)) => Ok(crate::str::intern(module)),
        None => Ok(crate::str::intern("builtins")),
    }
}
/// `type.__qualname__`.
pub fn qualname(t: Type) -> Ref {
    if t.is_heap() {
        // SAFETY: heap types have the field.
        let q = unsafe { (*heap_part(t)).ht_qualname };
        if !q.is_null() {
            return Ref::new(Value::from_object(q));
        }
    }
    crate::str::intern(t.name())
}

// ---- calling ---------------------------------------------------------------------------------------------

/// `type.__call__`: `tp_new`, then `tp_init`.
pub fn type_call(t: Type, args: Args<'_>) -> PyResult {
    if t == ty!(PyType_Type) {
        match args.values {
            [v] if args.n_keywords() == 0 => return Ok(v.ty().to_ref()),
            _ if args.values.len() != 3 && args.positional().len() != 3 => {
                return Err(raise!(TypeError, "type() takes 1 or 3 arguments"));
            }
            _ => {}
        }
    }
    let new = slot_fn(t, crate::native::Slot::tp_new);
    if new.c == 0 {
        return Err(raise!(
            TypeError,
            "cannot create '{}' instances",
            t.message_name()
        ));
    }
    // SAFETY: the slot table gives tp_new and tp_init these signatures.
    unsafe {
        let object = new.create(t, args)?;
        initialize(t, &object, args)?;
        Ok(object)
    }
}
/// What a call of the class `t` does with what its `__new__` gave: `__init__`, if that is an instance.
pub fn initialize(t: Type, object: &Ref, args: Args<'_>) -> PyResult<()> {
    let made = object.ty();
    if !made.is_subtype(t) {
        return Ok(());
    }
    let init = slot_fn(made, crate::native::Slot::tp_init);
    if init.c == 0 {
        return Ok(());
    }
    // SAFETY: the slot table gives tp_init this signature.
    unsafe { init.init(object.value(), args) }
}

fn type_slot_call(v: Value, args: Args<'_>) -> PyResult {
    call_class(this(v), args)
}
/// A call of a class whose metaclass is `type`.
pub fn call_class(t: Type, args: Args<'_>) -> PyResult {
    // SAFETY: a ready type has an extension.
    let foreign = unsafe { (*t.ext()).foreign };
    if let Some(f) = t.tp_vectorcall
        && foreign
    {
        return ops::c_vectorcall(f, t.value(), args);
    }
    type_call(t, args)
}

fn type_init(v: Value, args: Args<'_>) -> PyResult<()> {
    let n = args.positional().len();
    if n == 1 && args.n_keywords() != 0 {
        return Err(raise!(
            TypeError,
            "type.__init__() takes no keyword arguments"
        ));
    }
    let _ = v;
    if n != 1 && n != 3 {
        return Err(raise!(TypeError, "type.__init__() takes 1 or 3 arguments"));
    }
    Ok(())
}

fn type_new(meta: Type, args: Args<'_>) -> PyResult {
    let n = args.positional().len();
    if meta == ty!(PyType_Type) && n == 1 && args.n_keywords() == 0 {
        return Ok(args.values[0].ty().to_ref());
    }
    if n != 3 {
        if n == 1 && meta == ty!(PyType_Type) {
            return Err(raise!(TypeError, "type() takes 1 or 3 arguments"));
        }
        return Err(raise!(
            TypeError,
            "type.__new__() takes exactly 3 arguments ({n} given)"
        ));
    }
    let checks = [
        (tpflags::UNICODE_SUBCLASS, "str"),
        (tpflags::TUPLE_SUBCLASS, "tuple"),
        (tpflags::DICT_SUBCLASS, "dict"),
    ];
    for (i, (flag, what)) in checks.iter().enumerate() {
        if !args.values[i].has_flag(*flag) {
            return Err(raise!(
                TypeError,
                "type.__new__() argument {} must be {what}, not {}",
                i + 1,
                args.values[i].ty().message_name()
            ));
        }
    }
    let kwargs = Args {
        values: &args.values[3..],
        kwnames: args.kwnames,
    };
    new_class(meta, args.values[0], args.values[1], args.values[2], kwargs)
}

methods! { static NEW_METHOD = [
    "__new__" KW call_new, "__new__($type, *args, **kwargs)\n--\n\nCreate and return a new object.  See help(type) for accurate signature.";
] }

/// The `__new__` of a native or C type: a builtin function whose `self` is the type.
pub(crate) fn new_wrapper_function(t: Type) -> Ref {
    crate::cfunction::new_native((&raw mut NEW_METHOD).cast(), t.value(), Value::EMPTY)
}

fn call_new(slf: Value, args: Args<'_>) -> PyResult {
    let t = this(slf);
    let name = || t.message_name();
    let Some(&first) = args.positional().first() else {
        return Err(raise!(
            TypeError,
            "{}.__new__(): not enough arguments",
            name()
        ));
    };
    let Some(sub) = Type::from_value(first) else {
        return Err(raise!(
            TypeError,
            "{}.__new__(X): X is not a type object ({})",
            name(),
            first.ty().message_name()
        ));
    };
    if !sub.is_subtype(t) {
        let (name, s) = (name(), sub.message_name());
        return Err(raise!(
            TypeError,
            "{name}.__new__({s}): {s} is not a subtype of {name}"
        ));
    }
    let slot = crate::native::Slot::tp_new;
    let own = slot_fn(t, slot);
    let mut native = sub;
    while slot_fn(native, slot).c == generic::function(slot).c && !native.tp_base.is_null() {
        native = Type::from_ptr(native.tp_base);
    }
    if slot_fn(native, slot).c != own.c {
        return Err(raise!(
            TypeError,
            "{}.__new__({}) is not safe, use {}.__new__()",
            name(),
            sub.message_name(),
            native.message_name()
        ));
    }
    let rest = Args {
        values: &args.values[1..],
        kwnames: args.kwnames,
    };
    // SAFETY: the slot table gives tp_new this signature.
    unsafe { own.create(sub, rest) }
}

fn type_or(a: Value, b: Value) -> PyResult {
    crate::union::or(a, b)
}

fn type_repr(v: Value) -> PyResult {
    let t = this(v);
    let module = module_name(t);
    let module = match module {
        Ok(m) if m.has_flag(tpflags::UNICODE_SUBCLASS) => Some(m),
        Ok(_) => None,
        Err(_) => {
            crate::errors::clear();
            None
        }
    };
    let q = qualname(t);
    Ok(match module {
        Some(m) if !crate::str::eq_str(m.value(), "builtins") => concat3(
            "<class '",
            &[m.value(), crate::intern!("."), q.value()],
            "'>",
        ),
        _ => Ref::str(&format!("<class '{}'>", t.full_name())),
    })
}
fn concat3(head: &str, parts: &[Value], tail: &str) -> Ref {
    let mut b = crate::str::Builder::new();
    b.push_str(head);
    for p in parts {
        b.push_value(*p);
    }
    b.push_str(tail);
    b.finish_short()
}

// ---- methods ---------------------------------------------------------------------------------------------

fn type_mro_method(v: Value) -> PyResult {
    Ok(crate::list::from_vec(c3(this(v))?))
}
fn type_subclasses(v: Value) -> PyResult {
    let all = subclasses(this(v)).iter().map(|t| t.to_ref()).collect();
    Ok(crate::list::from_vec(all))
}
fn type_prepare(_: Value, _: Args<'_>) -> PyResult {
    Ok(crate::dict::new())
}
fn type_instancecheck(v: Value, instance: Value) -> PyResult {
    real_is_instance(instance, v).map(Ref::bool)
}
fn type_subclasscheck(v: Value, sub: Value) -> PyResult {
    real_is_subclass(sub, v).map(Ref::bool)
}
fn merge_class_dict(into: Value, cls: Value) -> PyResult<()> {
    let _guard = crate::hooks().enter_native()?;
    if let Some(d) = ops::getattr_opt(cls, intern!("__dict__"))? {
        crate::dict::update(into, d.value())?;
    }
    if let Some(bases) = ops::getattr_opt(cls, intern!("__bases__"))? {
        for b in ops::collect(bases.value())? {
            merge_class_dict(into, b.value())?;
        }
    }
    Ok(())
}
fn type_dir(v: Value) -> PyResult {
    let d = crate::dict::new();
    merge_class_dict(d.value(), v)?;
    ops::to_list(d.value())
}
fn type_sizeof(v: Value) -> PyResult {
    let t = this(v);
    Ok(Ref::int(if t.is_heap() {
        size_of::<PyHeapTypeObject>() as i64 + t.ob_base.ob_size.max(0) as i64 * 40
    } else {
        size_of::<PyTypeObject>() as i64
    }))
}

// ---- attributes ------------------------------------------------------------------------------------------

/// "cannot set '__name__' attribute of immutable type 'int'"; heap types cannot lose theirs either.
fn check_settable(t: Type, name: &str, value: Value) -> PyResult<()> {
    if t.has(tpflags::IMMUTABLETYPE) {
        return Err(raise!(
            TypeError,
            "cannot set '{name}' attribute of immutable type '{}'",
            t.message_name()
        ));
    }
    if value.is_empty() {
        return Err(raise!(
            TypeError,
            "cannot delete '{name}' attribute of immutable type '{}'",
            t.message_name()
        ));
    }
    audit!("object.__setattr__", t.value(), name, value)
}
fn get_name(v: Value) -> PyResult {
    let t = this(v);
    if t.is_heap() {
        // SAFETY: heap types have the field.
        let n = unsafe { (*heap_part(t)).ht_name };
        if !n.is_null() {
            return Ok(Ref::new(Value::from_object(n)));
        }
    }
    Ok(crate::str::intern(t.name()))
}
fn check_str(t: Type, name: &str, value: Value) -> PyResult<()> {
    if value.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "can only assign string to {}.{name}, not '{}'",
        t.message_name(),
        value.ty().message_name()
    ))
}
fn set_name(v: Value, value: Value) -> PyResult<()> {
    let t = this(v);
    check_settable(t, "__name__", value)?;
    check_str(t, "__name__", value)?;
    let text = create::c_name(value)?;
    // SAFETY: a heap type owns both; the old ones are given up after the new are in place.
    unsafe {
        let h = heap_part(t);
        let old_text = (*h)._ht_tpname;
        let old = std::mem::replace(&mut (*h).ht_name, Ref::new(value).into_ptr());
        (*h)._ht_tpname = text;
        (*t.as_ptr()).tp_name = text;
        heap::free(old_text.cast());
        heap::xdecref_ptr(old);
    }
    modified(t);
    Ok(())
}
fn get_qualname(v: Value) -> PyResult {
    Ok(qualname(this(v)))
}
fn set_qualname(v: Value, value: Value) -> PyResult<()> {
    let t = this(v);
    check_settable(t, "__qualname__", value)?;
    check_str(t, "__qualname__", value)?;
    // SAFETY: as in `set_name`.
    unsafe {
        let old = std::mem::replace(&mut (*heap_part(t)).ht_qualname, Ref::new(value).into_ptr());
        heap::xdecref_ptr(old);
    }
    Ok(())
}
fn get_bases(v: Value) -> PyResult {
    Ok(Ref::new(Value::from_object(this(v).tp_bases)))
}
fn get_base(v: Value) -> PyResult {
    let base = this(v).tp_base;
    Ok(if base.is_null() {
        Ref::none()
    } else {
        Type::from_ptr(base).to_ref()
    })
}
fn get_mro(v: Value) -> PyResult {
    let mro = this(v).tp_mro;
    Ok(if mro.is_null() {
        Ref::none()
    } else {
        Ref::new(Value::from_object(mro))
    })
}
fn derives_by_base(t: Type, from: Type) -> bool {
    let mut at = t.as_ptr();
    while !at.is_null() {
        if at == from.as_ptr() {
            return true;
        }
        // SAFETY: bases live as long as their classes.
        at = unsafe { (*at).tp_base };
    }
    false
}
fn set_bases(v: Value, value: Value) -> PyResult<()> {
    let t = this(v);
    check_settable(t, "__bases__", value)?;
    if !value.has_flag(tpflags::TUPLE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "can only assign tuple to {}.__bases__, not {}",
            t.message_name(),
            value.ty().message_name()
        ));
    }
    if crate::tuple::len(value) == 0 {
        return Err(raise!(
            TypeError,
            "can only assign non-empty tuple to {}.__bases__, not ()",
            t.message_name()
        ));
    }
    for b in crate::tuple::items(value) {
        match Type::from_value(*b) {
            None => {
                return Err(raise!(
                    TypeError,
                    "{}.__bases__ must be tuple of classes, not '{}'",
                    t.message_name(),
                    b.ty().message_name()
                ));
            }
            // While an `mro()` runs, the MROs do not tell yet what the chain of `tp_base` says.
            Some(b) if b.is_subtype(t) || derives_by_base(b, t) => {
                return Err(raise!(
                    TypeError,
                    "a __bases__ item causes an inheritance cycle"
                ));
            }
            Some(_) => {}
        }
    }
    let new_base = best_base(value)?;
    base::check_compatible(Type::from_ptr(t.tp_base), new_base, "__bases__")?;
    let value = Ref::new(value);
    // SAFETY: the type owns the fields; old values are kept until the end so that a failure can restore them.
    unsafe {
        let p = t.as_ptr();
        let old_bases = std::mem::replace(&mut (*p).tp_bases, value.into_ptr());
        let old_base = std::mem::replace(&mut (*p).tp_base, new_base.to_ref().into_ptr().cast());
        let new_bases = (*p).tp_bases;
        let mut changed: Vec<NewMro> = Vec::new();
        if let Err(e) = set_mro_below(t, &mut changed) {
            // A custom `mro()` may have assigned bases itself: what is newer stays.
            for c in changed.into_iter().rev() {
                let class = c.class.value().as_ptr().cast::<PyTypeObject>();
                if (*class).tp_mro == c.new.value().as_ptr() {
                    let new = std::mem::replace(&mut (*class).tp_mro, c.old.into_ptr());
                    heap::xdecref_ptr(new);
                    modified(this(c.class.value()));
                }
            }
            if (*p).tp_bases == new_bases {
                let new_base = std::mem::replace(&mut (*p).tp_base, old_base);
                (*p).tp_bases = old_bases;
                heap::xdecref_ptr(new_bases);
                heap::xdecref_ptr(new_base.cast());
            } else {
                heap::xdecref_ptr(old_bases);
                heap::xdecref_ptr(old_base.cast());
            }
            return Err(e);
        }
        if (*p).tp_bases == new_bases {
            for b in crate::tuple::items(Value::from_object(old_bases)) {
                if let Some(b) = Type::from_value(*b) {
                    remove_subclass(b, t);
                }
            }
            for b in crate::tuple::items(Value::from_object((*p).tp_bases)) {
                if let Some(b) = Type::from_value(*b) {
                    add_subclass(b, t);
                }
            }
        }
        for c in &changed {
            let s = this(c.class.value());
            set_display(s);
            modified(s);
            slotdefs::fixup_slots(s);
        }
        heap::xdecref_ptr(old_bases);
        heap::xdecref_ptr(old_base.cast());
    }
    Ok(())
}
/// A class that got another MRO.
struct NewMro {
    class: Ref,
    old: Ref,
    new: Ref,
}
/// Computes the MRO of a class whose bases have changed and those of what inherits from it, depth first. What an `mro()` written
/// in Python has assigned meanwhile is newer.
fn set_mro_below(t: Type, changed: &mut Vec<NewMro>) -> PyResult<()> {
    let old = Ref::new(Value::from_object(t.tp_mro));
    if !set_mro(t)? {
        return Ok(());
    }
    modified(t);
    changed.push(NewMro {
        class: t.to_ref(),
        old,
        new: Ref::new(Value::from_object(t.tp_mro)),
    });
    let below: Vec<Ref> = subclasses(t).into_iter().map(|s| s.to_ref()).collect();
    for s in below {
        set_mro_below(this(s.value()), changed)?;
    }
    Ok(())
}
fn get_module(v: Value) -> PyResult {
    module_name(this(v))
}
fn set_module(v: Value, value: Value) -> PyResult<()> {
    let t = this(v);
    check_settable(t, "__module__", value)?;
    modified(t);
    crate::dict::set_item(own_dict(t), intern!("__module__"), value)
}
fn get_abstract(v: Value) -> PyResult {
    if v != ty!(PyType_Type).value()
        && let Some(m) = crate::dict::get(own_dict(this(v)), intern!("__abstractmethods__"))?
    {
        return Ok(m);
    }
    Err(raise!(AttributeError, "__abstractmethods__"))
}
fn set_abstract(v: Value, value: Value) -> PyResult<()> {
    let t = this(v);
    let name = intern!("__abstractmethods__");
    let is_abstract = if value.is_empty() {
        if !crate::dict::del_item(own_dict(t), name)? {
            return Err(raise!(AttributeError, "__abstractmethods__"));
        }
        false
    } else {
        let truth = ops::is_true(value)?;
        crate::dict::set_item(own_dict(t), name, value)?;
        truth
    };
    modified(t);
    // SAFETY: a live type under the GIL.
    unsafe {
        let p = t.as_ptr();
        if is_abstract {
            (*p).tp_flags |= tpflags::IS_ABSTRACT;
        } else {
            (*p).tp_flags &= !tpflags::IS_ABSTRACT;
        }
    }
    Ok(())
}
fn get_dict(v: Value) -> PyResult {
    if this(v).tp_dict.is_null() {
        ready(this(v))?;
    }
    Ok(crate::mappingproxy::new(own_dict(this(v))))
}
fn get_doc(v: Value) -> PyResult {
    let t = this(v);
    if !t.is_heap() && !t.tp_doc.is_null() {
        // SAFETY: tp_doc is a C string that lives as long as the type.
        let doc = unsafe { c_str(t.tp_doc) };
        return Ok(Ref::str(doc_text(t.name(), doc)));
    }
    match crate::dict::get(own_dict(t), intern!("__doc__"))? {
        None => Ok(Ref::none()),
        Some(d) if has_get(d.value()) => descr_get(d.value(), Value::EMPTY, v),
        Some(d) => Ok(d),
    }
}
fn set_doc(v: Value, value: Value) -> PyResult<()> {
    let t = this(v);
    check_settable(t, "__doc__", value)?;
    modified(t);
    crate::dict::set_item(own_dict(t), intern!("__doc__"), value)
}
fn get_text_signature(v: Value) -> PyResult {
    let t = this(v);
    if t.tp_doc.is_null() {
        return Ok(Ref::none());
    }
    // SAFETY: as in `get_doc`.
    let doc = unsafe { c_str(t.tp_doc) };
    Ok(doc_signature(t.name(), doc).map_or_else(Ref::none, Ref::str))
}
fn get_annotations(v: Value) -> PyResult {
    let t = this(v);
    let name = intern!("__annotations__");
    if t.is_heap() {
        if let Some(a) = crate::dict::get(own_dict(t), name)? {
            return if has_get(a.value()) {
                descr_get(a.value(), Value::EMPTY, v)
            } else {
                Ok(a)
            };
        }
        let d = crate::dict::new();
        crate::dict::set_item(own_dict(t), name, d.value())?;
        modified(t);
        return Ok(d);
    }
    Err(raise!(
        AttributeError,
        "type object '{}' has no attribute '__annotations__'",
        t.message_name()
    ))
}
fn set_annotations(v: Value, value: Value) -> PyResult<()> {
    let t = this(v);
    let name = intern!("__annotations__");
    if t.has(tpflags::IMMUTABLETYPE) {
        return Err(raise!(
            TypeError,
            "cannot set '__annotations__' attribute of immutable type '{}'",
            t.message_name()
        ));
    }
    if value.is_empty() {
        if !crate::dict::del_item(own_dict(t), name)? {
            return Err(raise!(AttributeError, "__annotations__"));
        }
    } else {
        crate::dict::set_item(own_dict(t), name, value)?;
    }
    modified(t);
    Ok(())
}
fn get_basicsize(v: Value) -> PyResult {
    Ok(Ref::int(this(v).tp_basicsize as i64))
}
fn get_itemsize(v: Value) -> PyResult {
    Ok(Ref::int(this(v).tp_itemsize as i64))
}
fn get_flags(v: Value) -> PyResult {
    Ok(Ref::int(this(v).tp_flags as i64))
}
fn get_dictoffset(v: Value) -> PyResult {
    Ok(Ref::int(this(v).tp_dictoffset as i64))
}
fn get_weakrefoffset(v: Value) -> PyResult {
    Ok(Ref::int(this(v).tp_weaklistoffset as i64))
}
