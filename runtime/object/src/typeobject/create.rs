//! `type.__new__`: from name, bases and namespace to a ready heap type.

use super::instance::{
    is_python_class, members_of, pyrs_subtype_clear, pyrs_subtype_dealloc, pyrs_subtype_traverse,
};
use super::{PyBaseObject_Type, PyType_Type, slotdefs};
use crate::layout::*;
use crate::native::*;
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty};

/// The most derived metaclass of `meta` and those of `bases`.
pub fn calculate_metaclass(meta: Type, bases: Value) -> PyResult<Type> {
    let mut winner = meta;
    for base in crate::tuple::items(bases) {
        let t = base.ty();
        if winner.is_subtype(t) {
            continue;
        }
        if t.is_subtype(winner) {
            winner = t;
            continue;
        }
        return Err(raise!(
            TypeError,
            "metaclass conflict: the metaclass of a derived class must be a (non-strict) subclass of the metaclasses of all its bases"
        ));
    }
    Ok(winner)
}

/// Whether `t` adds fields to the instances of `base` beyond a dict or weak references.
fn extra_fields(t: Type, base: Type) -> bool {
    let mut size = t.tp_basicsize;
    if t.tp_itemsize != 0 || base.tp_itemsize != 0 {
        return size != base.tp_basicsize || t.tp_itemsize != base.tp_itemsize;
    }
    if t.tp_weaklistoffset != 0
        && base.tp_weaklistoffset == 0
        && t.tp_weaklistoffset + 8 == size
        && t.is_heap()
    {
        size -= 8;
    }
    if t.tp_dictoffset > 0 && base.tp_dictoffset == 0 && t.tp_dictoffset + 8 == size && t.is_heap()
    {
        size -= 8;
    }
    size != base.tp_basicsize
}

/// The nearest ancestor that decides the layout of instances.
pub fn solid_base(t: Type) -> Type {
    let base = if t.tp_base.is_null() {
        ty!(PyBaseObject_Type)
    } else {
        solid_base(Type::from_ptr(t.tp_base))
    };
    if t != base && extra_fields(t, base) {
        t
    } else {
        base
    }
}

/// The base that instances are laid out after.
pub fn best_base(bases: Value) -> PyResult<Type> {
    let mut best: Option<(Type, Type)> = None;
    for b in crate::tuple::items(bases) {
        let Some(base) = Type::from_value(*b) else {
            return Err(raise!(TypeError, "bases must be types"));
        };
        if base.tp_dict.is_null() {
            super::ready(base)?;
        }
        if !base.has(tpflags::BASETYPE) {
            return Err(raise!(
                TypeError,
                "type '{}' is not an acceptable base type",
                base.message_name()
            ));
        }
        let solid = solid_base(base);
        best = match best {
            None => Some((base, solid)),
            Some((_, winner)) if winner.is_subtype(solid) => best,
            Some((_, winner)) if solid.is_subtype(winner) => Some((base, solid)),
            Some(_) => {
                return Err(raise!(
                    TypeError,
                    "multiple bases have instance lay-out conflict"
                ));
            }
        };
    }
    best.map(|b| b.0)
        .ok_or_else(|| raise!(TypeError, "bases must not be empty"))
}

/// `__x` inside class `_C` is `_C__x`.
pub fn mangle(class: &str, name: Value) -> Ref {
    let text = crate::str::to_string_lossy(name);
    let class = class.trim_start_matches('_');
    if !text.starts_with("__") || text.ends_with("__") || text.contains('.') || class.is_empty() {
        return Ref::new(name);
    }
    crate::str::intern(&format!("_{class}{text}"))
}

struct SlotNames {
    names: Vec<Ref>,
    add_dict: bool,
    add_weak: bool,
}

fn parse_slots(name: &str, base: Type, dict: Value, slots: Value) -> PyResult<SlotNames> {
    let may_dict = base.tp_dictoffset == 0 && !base.has(tpflags::MANAGED_DICT);
    let may_weak = base.tp_weaklistoffset == 0 && base.tp_itemsize == 0;
    let given = if slots.has_flag(tpflags::UNICODE_SUBCLASS) {
        vec![Ref::new(slots)]
    } else {
        ops::collect(slots)?
    };
    if !given.is_empty() && base.tp_itemsize != 0 {
        return Err(raise!(
            TypeError,
            "nonempty __slots__ not supported for subtype of '{}'",
            base.message_name()
        ));
    }
    let mut out = SlotNames {
        names: Vec::new(),
        add_dict: false,
        add_weak: false,
    };
    for slot in given {
        if !slot.has_flag(tpflags::UNICODE_SUBCLASS) {
            return Err(raise!(
                TypeError,
                "__slots__ items must be strings, not '{}'",
                slot.ty().message_name()
            ));
        }
        if !is_identifier(slot.value())? {
            return Err(raise!(TypeError, "__slots__ must be identifiers"));
        }
        if crate::str::eq_str(slot.value(), "__dict__") {
            if !may_dict || out.add_dict {
                return Err(raise!(
                    TypeError,
                    "__dict__ slot disallowed: we already got one"
                ));
            }
            out.add_dict = true;
        } else if crate::str::eq_str(slot.value(), "__weakref__") {
            if !may_weak || out.add_weak {
                return Err(raise!(
                    TypeError,
                    "__weakref__ slot disallowed: either we already got one, or __itemsize__ != 0"
                ));
            }
            out.add_weak = true;
        } else {
            let mangled = mangle(name, slot.value());
            let special = ["__qualname__", "__classcell__"]
                .iter()
                .any(|s| crate::str::eq_str(slot.value(), s));
            if !special && crate::dict::contains(dict, mangled.value())? {
                return Err(raise!(
                    ValueError,
                    "'{}' in __slots__ conflicts with class variable",
                    crate::str::display(slot.value())
                ));
            }
            out.names
                .push(crate::str::intern_value(super::lookup::exact_name(
                    mangled.value(),
                )));
        }
    }
    out.names
        .sort_by(|a, b| crate::str::cmp(a.value(), b.value()));
    Ok(out)
}

fn is_identifier(v: Value) -> PyResult<bool> {
    let r = ops::call_method(v, intern!("isidentifier"), &[])?;
    ops::is_true(r.value())
}

/// A NUL-terminated copy of a name for `tp_name`.
pub(super) fn c_name(name: Value) -> PyResult<*mut std::ffi::c_char> {
    let text = crate::str::as_utf8(name)?;
    if text.contains('\0') {
        return Err(raise!(
            ValueError,
            "type name must not contain null characters"
        ));
    }
    let p = heap::malloc(text.len() + 1);
    // SAFETY: the block has room for the text and its NUL.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), p, text.len());
        *p.add(text.len()) = 0;
    }
    Ok(p.cast())
}

/// `type.__new__(meta, name, bases, namespace, **kwargs)`.
pub fn new_class(
    meta: Type,
    name: Value,
    bases: Value,
    namespace: Value,
    kwargs: Args<'_>,
) -> PyResult {
    let object = ty!(PyBaseObject_Type).value();
    let given_bases = crate::tuple::len(bases);
    let (bases, meta) = if given_bases == 0 {
        (crate::tuple::from_slice(&[object]), meta)
    } else {
        for base in crate::tuple::items(bases) {
            if Type::from_value(*base).is_none()
                && ops::getattr_opt(*base, intern!("__mro_entries__"))?.is_some()
            {
                return Err(raise!(
                    TypeError,
                    "type() doesn't support MRO entry resolution; use types.new_class()"
                ));
            }
        }
        let winner = calculate_metaclass(meta, bases)?;
        if winner != meta {
            let plain = slotdefs::slot_fn(ty!(PyType_Type), Slot::tp_new);
            let f = slotdefs::slot_fn(winner, Slot::tp_new);
            if f.c != plain.c {
                let mut values = vec![name, bases, namespace];
                values.extend_from_slice(kwargs.values);
                let args = Args {
                    values: &values,
                    kwnames: kwargs.kwnames,
                };
                // SAFETY: the slot table gives tp_new this signature.
                return unsafe { f.create(winner, args) };
            }
        }
        (Ref::new(bases), winner)
    };
    let base = best_base(bases.value())?;
    let dict = crate::dict::copy_of_subclass(namespace)?;
    let t = build(meta, name, bases, base, dict)?;
    let class = Type::from_ptr(t.value().as_ptr().cast());
    call_set_names(class)?;
    call_init_subclass(class, kwargs)?;
    Ok(t)
}

fn build(meta: Type, name: Value, bases: Ref, base: Type, dict: Ref) -> PyResult {
    let d = dict.value();
    let class_text = crate::str::to_string_lossy(name);
    let slots = crate::dict::get(d, intern!("__slots__"))?;
    let slot_names = match &slots {
        Some(s) => parse_slots(&class_text, base, d, s.value())?,
        None => SlotNames {
            names: Vec::new(),
            add_dict: base.tp_dictoffset == 0 && !base.has(tpflags::MANAGED_DICT),
            add_weak: base.tp_weaklistoffset == 0 && base.tp_itemsize == 0,
        },
    };
    // A base beside the one that decides the layout may bring a dict or weak references.
    let (mut add_dict, mut add_weak) = (slot_names.add_dict, slot_names.add_weak);
    if slots.is_some() {
        for b in crate::tuple::items(bases.value()) {
            let Some(b) = Type::from_value(*b) else {
                continue;
            };
            if b == base {
                continue;
            }
            if base.tp_dictoffset == 0
                && !base.has(tpflags::MANAGED_DICT)
                && (b.tp_dictoffset != 0 || b.has(tpflags::MANAGED_DICT))
            {
                add_dict = true;
            }
            if base.tp_weaklistoffset == 0 && base.tp_itemsize == 0 && b.tp_weaklistoffset != 0 {
                add_weak = true;
            }
        }
    }
    if let Some(doc) = crate::dict::get_interned(d, intern!("__doc__"))
        && crate::str::is_exact(doc)
    {
        // `tp_doc` must be able to hold it.
        crate::str::as_utf8(doc)?;
    }
    let tp_name = c_name(name)?;
    let n = slot_names.names.len();
    let qualname = match crate::dict::get(d, intern!("__qualname__"))? {
        Some(q) if !q.has_flag(tpflags::UNICODE_SUBCLASS) => {
            // SAFETY: made above, not yet used.
            unsafe { heap::free(tp_name.cast()) };
            return Err(raise!(
                TypeError,
                "type __qualname__ must be a str, not {}",
                q.ty().message_name()
            ));
        }
        Some(q) => {
            crate::dict::del_item(d, intern!("__qualname__"))?;
            q
        }
        None => Ref::new(name),
    };
    if crate::dict::get_interned(d, intern!("__module__")).is_none()
        && let Some(globals) = (crate::hooks().caller_globals)()
        && let Some(module) = crate::dict::get(globals.value(), intern!("__name__"))?
    {
        crate::dict::set_item(d, intern!("__module__"), module.value())?;
    }
    for (method, is_class) in [
        (intern!("__new__"), false),
        (intern!("__init_subclass__"), true),
        (intern!("__class_getitem__"), true),
    ] {
        if let Some(f) = crate::dict::get(d, method)?
            && crate::function::is_function(f.value())
        {
            let wrapped = if is_class {
                crate::descr::new_class_method(f.value())
            } else {
                crate::descr::new_static_method(f.value())
            };
            crate::dict::set_item(d, method, wrapped.value())?;
        }
    }
    // SAFETY: the block has room for the metaclass' fields and the members; all else is zero, which is valid.
    unsafe {
        let size = meta.tp_basicsize as usize + (n + 1) * size_of::<PyMemberDef>();
        let object = heap::alloc_zeroed(meta, size);
        if meta.has(tpflags::MANAGED_DICT) {
            // Metaclass instances keep their attributes in tp_dict; a managed area would never be used.
            (*object.cast::<PyTypeObject>()).ob_base.ob_size = 0;
        }
        let p = object.cast::<PyTypeObject>();
        let h = object.cast::<PyHeapTypeObject>();
        (*p).ob_base.ob_size = n as isize;
        let ext = heap::malloc(size_of::<TypeExt>()).cast::<TypeExt>();
        ext.write(TypeExt::EMPTY);
        (*p).tp_cache = ext.cast();
        (*p).tp_name = tp_name;
        (*h)._ht_tpname = tp_name;
        (*h).ht_name = Ref::new(name).into_ptr();
        (*h).ht_qualname = qualname.into_ptr();
        (*p).tp_as_async = &raw mut (*h).as_async;
        (*p).tp_as_number = &raw mut (*h).as_number;
        (*p).tp_as_sequence = &raw mut (*h).as_sequence;
        (*p).tp_as_mapping = &raw mut (*h).as_mapping;
        (*p).tp_as_buffer = &raw mut (*h).as_buffer;
        (*p).tp_bases = bases.into_ptr();
        (*p).tp_base = base.as_ptr();
        heap::incref(base.value());
        (*p).tp_dict = dict.into_ptr();
        (*p).tp_flags = tpflags::DEFAULT | tpflags::HEAPTYPE | tpflags::BASETYPE;
        let class = Ref::from_owned(Value::from_object(object));
        if let Some(doc) = crate::dict::get_interned(d, intern!("__doc__"))
            && crate::str::is_exact(doc)
            && let Ok(text) = c_name_lossy(doc)
        {
            (*p).tp_doc = text;
        }
        // Layout of instances.
        let mut offset = base.tp_basicsize;
        if add_dict && base.tp_itemsize != 0 {
            (*p).tp_dictoffset = -8;
            offset += 8;
        }
        let members = members_of(p);
        if let Some(slots) = &slots
            && (n > 0 || !slots.value().is_empty())
        {
            let names: Vec<Ref> = slot_names.names.clone();
            (*h).ht_slots = crate::tuple::from_vec(names).into_ptr();
        }
        for (i, slot) in slot_names.names.iter().enumerate() {
            *members.add(i) = PyMemberDef {
                // Names of members are interned for good: descriptors and C code keep the pointer.
                name: leak_name(slot.value())?,
                r#type: membertype::OBJECT_EX,
                offset,
                flags: 0,
                doc: std::ptr::null_mut(),
            };
            offset += 8;
        }
        if add_weak {
            (*p).tp_weaklistoffset = offset;
            offset += 8;
        }
        if add_dict && base.tp_itemsize == 0 {
            (*p).tp_flags |= tpflags::MANAGED_DICT;
            (*p).tp_dictoffset = -offset - 24;
        }
        (*p).tp_basicsize = offset;
        (*p).tp_itemsize = base.tp_itemsize;
        (*p).tp_members = members;
        // An instance refers to its class, whatever else it holds.
        (*p).tp_flags |= tpflags::HAVE_GC;
        (*p).tp_dealloc = Some(pyrs_subtype_dealloc);
        (*p).tp_traverse = Some(pyrs_subtype_traverse);
        (*p).tp_clear = Some(pyrs_subtype_clear);
        (*p).tp_alloc = Some(heap::generic_alloc);
        (*p).tp_free = Some(heap::object_free);
        if base.tp_dictoffset == 0 && !base.has(tpflags::MANAGED_DICT) && add_dict {
            add_special_getset(class.value(), "__dict__")?;
        }
        if add_weak {
            add_special_getset(class.value(), "__weakref__")?;
        }
        // Before `mro()` of the metaclass runs, which may call methods that use `__class__`.
        set_classcell(Type::from_ptr(p))?;
        super::ready(Type::from_ptr(p))?;
        slotdefs::fixup_slots(Type::from_ptr(p));
        gc::track(object);
        Ok(class)
    }
}

/// A NUL-terminated copy of a docstring (cut at an embedded NUL).
fn c_name_lossy(doc: Value) -> PyResult<*mut std::ffi::c_char> {
    let text = crate::str::to_string_lossy(doc);
    let text = text.split('\0').next().unwrap_or("");
    let p = heap::malloc(text.len() + 1);
    // SAFETY: the block has room for the text and its NUL.
    unsafe {
        std::ptr::copy_nonoverlapping(text.as_ptr(), p, text.len());
        *p.add(text.len()) = 0;
    }
    Ok(p.cast())
}

fn leak_name(name: Value) -> PyResult<*mut std::ffi::c_char> {
    c_name(name)
}

fn add_special_getset(class: Value, name: &str) -> PyResult<()> {
    let t = Type::from_ptr(class.as_ptr().cast());
    let dict = Value::from_object(t.tp_dict);
    let key = crate::str::intern(name);
    if crate::dict::get_interned(dict, key.value()).is_some() {
        return Ok(());
    }
    let def = super::base::instance_getset(name);
    // SAFETY: a native definition that lives forever.
    let d = unsafe { crate::descr::new_getset(t, def, true) };
    crate::dict::set_item(dict, key.value(), d.value())
}

fn set_classcell(t: Type) -> PyResult<()> {
    let dict = Value::from_object(t.tp_dict);
    let Some(cell) = crate::dict::get(dict, intern!("__classcell__"))? else {
        return Ok(());
    };
    if !cell.is_exact(ty!(crate::cell::PyCell_Type)) {
        let shown = ops::repr(cell.ty().value())?;
        return Err(raise!(
            TypeError,
            "__classcell__ must be a nonlocal cell, not {}",
            crate::str::display(shown.value())
        ));
    }
    crate::cell::set(cell.value(), t.to_ref());
    crate::dict::del_item(dict, intern!("__classcell__")).map(drop)
}

fn call_set_names(t: Type) -> PyResult<()> {
    let dict = crate::dict::copy(Value::from_object(t.tp_dict));
    let mut at = 0;
    while let Some((key, value)) = crate::dict::next(dict.value(), &mut at) {
        let Some(f) = super::lookup_special(value, intern!("__set_name__"))? else {
            continue;
        };
        if f.call(&[t.value(), key]).is_err() {
            let cause = crate::errors::take();
            let shown = ops::repr(key)?;
            let _ = raise!(
                RuntimeError,
                "Error calling __set_name__ on '{}' instance {} in '{}'",
                value.ty().message_name(),
                crate::str::display(shown.value()),
                t.message_name()
            );
            let exc = crate::errors::take();
            ops::setattr(exc.value(), intern!("__cause__"), cause.value())?;
            ops::setattr(exc.value(), intern!("__context__"), cause.value())?;
            return Err(crate::errors::restore(exc));
        }
    }
    Ok(())
}

fn call_init_subclass(t: Type, kwargs: Args<'_>) -> PyResult<()> {
    // A custom `mro()` may have left the class out of its own MRO.
    if !super::mro(t).contains(&t.value()) {
        return Err(raise!(
            TypeError,
            "super(type, obj): obj must be an instance or subtype of type"
        ));
    }
    let sup = crate::superobject::new(t, t.value());
    let f = ops::getattr(sup.value(), intern!("__init_subclass__"))?;
    ops::call_args(f.value(), kwargs)?;
    Ok(())
}

// ---- type objects die -----------------------------------------------------------------------------------

/// `tp_dealloc` of type objects.
///
/// # Safety
/// As a C slot; only heap types die.
pub(super) unsafe extern "C" fn type_dealloc(object: *mut PyObject) {
    let p = object.cast::<PyTypeObject>();
    let h = object.cast::<PyHeapTypeObject>();
    let t = Type::from_ptr(p);
    // SAFETY: the type is dead: no instances, no references.
    unsafe {
        if gc::is_tracked(object) {
            gc::untrack(object);
        }
        if !(*p).tp_bases.is_null() {
            for b in crate::tuple::items(Value::from_object((*p).tp_bases)) {
                if let Some(b) = Type::from_value(*b) {
                    super::remove_subclass(b, t);
                }
            }
        }
        crate::weakref::clear_refs(object);
        heap::clear_field(&raw mut (*p).tp_base);
        heap::clear_field(&raw mut (*p).tp_dict);
        heap::clear_field(&raw mut (*p).tp_bases);
        heap::clear_field(&raw mut (*p).tp_mro);
        heap::free((*p).tp_doc.cast());
        super::free_subclasses(t);
        heap::clear_field(&raw mut (*h).ht_name);
        heap::clear_field(&raw mut (*h).ht_qualname);
        heap::clear_field(&raw mut (*h).ht_slots);
        heap::clear_field(&raw mut (*h).ht_module);
        let ext = t.ext();
        // The names of members that C code has given stay its own.
        if is_python_class(t) && ext.as_ref().is_none_or(|ext| !ext.foreign) {
            let members = members_of(p);
            for i in 0..(*p).ob_base.ob_size.max(0) as usize {
                heap::free((*members.add(i)).name.cast());
            }
        }
        heap::free((*h)._ht_tpname.cast());
        if !ext.is_null() {
            heap::free((*ext).display.cast());
            crate::shape::free_tree((*ext).root_shape);
            heap::free(ext.cast());
        }
        heap::finish_type_dealloc(object);
    }
}

/// `tp_traverse` of type objects; static types refer to static things only.
///
/// # Safety
/// As a C slot.
pub(super) unsafe extern "C" fn type_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut std::ffi::c_void,
) -> std::ffi::c_int {
    let p = object.cast::<PyTypeObject>();
    // SAFETY: by contract.
    unsafe {
        if (*p).tp_flags & tpflags::HEAPTYPE == 0 {
            return 0;
        }
        let h = object.cast::<PyHeapTypeObject>();
        for field in [
            (*p).tp_dict,
            (*p).tp_mro,
            (*p).tp_bases,
            (*p).tp_base.cast(),
            (*h).ht_module,
        ] {
            if !field.is_null() {
                let r = visit(field, arg);
                if r != 0 {
                    return r;
                }
            }
        }
        0
    }
}

/// `tp_clear` of type objects: what may be part of a cycle, without `tp_base`, which instances still need.
///
/// # Safety
/// As a C slot.
pub(super) unsafe extern "C" fn type_clear(object: *mut PyObject) -> std::ffi::c_int {
    let p = object.cast::<PyTypeObject>();
    // SAFETY: by contract.
    unsafe {
        super::modified(Type::from_ptr(p));
        if !(*p).tp_dict.is_null() {
            let dict = Ref::new(Value::from_object((*p).tp_dict));
            crate::dict::clear(dict.value());
        }
        heap::clear_field(&raw mut (*p.cast::<PyHeapTypeObject>()).ht_module);
        heap::clear_field(&raw mut (*p).tp_mro);
    }
    0
}
