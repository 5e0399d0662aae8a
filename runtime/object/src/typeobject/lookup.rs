//! Attribute lookup: through the MRO with the global method cache, and the generic attribute protocols of instances.
//!
//! The cache is keyed by version tag and name. A type's tag goes away with any change to it or its bases, so entries
//! never need to be searched for; entries own their name, so that its address is not reused for another.

use super::{mro, subclasses};
use crate::layout::*;
use crate::ops::BoundCall;
use crate::{PyResult, Ref, Type, Value, ValueExt, heap, ops, raise, shape, ty};

#[derive(Clone, Copy)]
struct Entry {
    version: u32,
    name: Value,
    value: Value,
}
const CACHE_SIZE: usize = 4096;
static mut CACHE: [Entry; CACHE_SIZE] = [Entry {
    version: 0,
    name: Value::EMPTY,
    value: Value::EMPTY,
}; CACHE_SIZE];
static mut NEXT_VERSION: u32 = 1;

/// The type's version tag, assigned if needed; 0 if none is left.
pub fn version_tag(t: Type) -> u32 {
    if t.tp_flags & tpflags::VALID_VERSION_TAG != 0 {
        return t.tp_version_tag;
    }
    if t.tp_flags & tpflags::READY == 0 {
        return 0;
    }
    // Every base needs a tag: `modified` stops at types without one.
    for base in mro(t).iter().skip(1) {
        if let Some(base) = Type::from_value(*base)
            && base != t
            && version_tag(base) == 0
        {
            return 0;
        }
    }
    // SAFETY: the counter and the type are only changed under the GIL.
    unsafe {
        if NEXT_VERSION == 0 {
            return 0;
        }
        let p = t.as_ptr();
        (*p).tp_version_tag = NEXT_VERSION;
        (*p).tp_flags |= tpflags::VALID_VERSION_TAG;
        NEXT_VERSION = NEXT_VERSION.wrapping_add(1);
        (*p).tp_version_tag
    }
}

/// The type or what it inherits has changed: it and its subclasses lose their tags.
pub fn modified(t: Type) {
    if t.tp_flags & tpflags::VALID_VERSION_TAG == 0 {
        return;
    }
    for sub in subclasses(t) {
        modified(sub);
    }
    // SAFETY: a live type under the GIL.
    unsafe {
        let p = t.as_ptr();
        (*p).tp_flags &= !tpflags::VALID_VERSION_TAG;
        (*p).tp_version_tag = 0;
        if !t.ext().is_null() {
            (*t.ext()).epoch += 1;
        }
    }
    (crate::hooks().type_modified)(t);
}

/// The attribute along the MRO, without the cache. Borrowed.
pub fn find_in_mro(t: Type, name: Value) -> Option<Value> {
    find_behind(t, None, name)
}

/// [`find_in_mro`] in what follows the class `behind`, if one is given.
///
/// Comparing with a key that is no str runs code, which may assign `__bases__`: the search goes on in the order that it
/// began with.
pub fn find_behind(t: Type, behind: Option<Type>, name: Value) -> Option<Value> {
    if t.tp_mro.is_null() {
        return None;
    }
    let order = Ref::new(Value::from_object(t.tp_mro));
    let classes = crate::tuple::items(order.value());
    let first = match behind {
        Some(class) => classes.iter().position(|t| *t == class.value())? + 1,
        None => 0,
    };
    let found = classes[first..].iter().find_map(|base| {
        // SAFETY: MRO entries are types (checked when it is made).
        let dict = unsafe { (*base.as_ptr().cast::<PyTypeObject>()).tp_dict };
        if dict.is_null() {
            return None;
        }
        crate::dict::get_interned(Value::from_object(dict), name)
    });
    if t.tp_mro != order.value().as_ptr() {
        keep(found);
    }
    found
}

/// Holds a value that was found in a class which may die with the order that the search went through, up to the next one.
#[cold]
fn keep(found: Option<Value>) {
    static mut KEPT: Option<Ref> = None;
    // SAFETY: only touched under the GIL; the old value dies when it is out of the variable.
    let old = unsafe { std::ptr::replace(&raw mut KEPT, found.map(Ref::new)) };
    drop(old);
}

/// `_PyType_Lookup`: borrowed, through the MRO and the method cache; `name` is an exact str.
#[inline]
pub fn lookup(t: Type, name: Value) -> Option<Value> {
    let version = if t.tp_flags & tpflags::VALID_VERSION_TAG != 0 {
        t.tp_version_tag
    } else {
        version_tag(t)
    };
    if version == 0 {
        return find_in_mro(t, name);
    }
    let at = ((name.bits() >> 4) as usize ^ version as usize) % CACHE_SIZE;
    // SAFETY: the cache is only touched under the GIL.
    unsafe {
        let entry = &raw mut CACHE[at];
        if (*entry).version == version && (*entry).name == name {
            return (*entry).value.non_empty();
        }
    }
    lookup_slow(t, name, version, at)
}

#[cold]
fn lookup_slow(t: Type, name: Value, version: u32, at: usize) -> Option<Value> {
    let found = find_in_mro(t, name);
    if let Some(v) = found
        && super::is_cell(t, name, v)
    {
        return found;
    }
    // SAFETY: as in `lookup`; the old name is given up last (a str runs no code when it dies).
    unsafe {
        let entry = &raw mut CACHE[at];
        let old = (*entry).name;
        heap::incref(name);
        *entry = Entry {
            version,
            name,
            value: found.unwrap_or(Value::EMPTY),
        };
        heap::decref(old);
    }
    found
}

/// Whether the type of `descr` binds on access.
#[inline]
pub fn has_get(descr: Value) -> bool {
    descr.ty().tp_descr_get.is_some()
}
/// Whether `descr` is a data descriptor.
#[inline]
pub fn has_set(descr: Value) -> bool {
    descr.ty().tp_descr_set.is_some()
}
/// Calls `__get__`; the type of `descr` has one.
pub fn descr_get(descr: Value, object: Value, owner: Value) -> PyResult {
    let t = descr.ty();
    if let Some(f) = t.native().tp_descr_get {
        return f(descr, object, owner);
    }
    match t.tp_descr_get {
        Some(f) => ops::c_ternary(f, descr, object, owner),
        None => Ok(Ref::new(descr)),
    }
}
/// Calls `__set__`, or `__delete__` with an empty value; the type of `descr` has it.
pub fn descr_set(descr: Value, object: Value, value: Value) -> PyResult<()> {
    let t = descr.ty();
    if let Some(f) = t.native().tp_descr_set {
        return f(descr, object, value);
    }
    match t.tp_descr_set {
        Some(f) => ops::c_set(f, descr, object, value),
        None => Ok(()),
    }
}

/// "attribute name must be string", and an exact str for subclasses of str.
pub fn check_name(name: Value) -> PyResult<()> {
    if name.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "attribute name must be string, not '{}'",
            name.ty().message_name()
        ))
    }
}

/// An exact str equal to `name` for lookups in types.
#[inline]
pub fn exact_name(name: Value) -> Ref {
    if crate::str::is_exact(name) {
        Ref::new(name)
    } else {
        crate::str::substring(name, 0, crate::str::len(name))
    }
}

/// The address of the dict pointer of an object whose type keeps it at an offset.
pub fn dict_at_offset(v: Value) -> Option<*mut *mut PyObject> {
    let t = v.ty();
    let mut offset = t.tp_dictoffset;
    if offset == 0 || !v.is_object() {
        return None;
    }
    // SAFETY: a live object of the type; the type says where the pointer lies.
    unsafe {
        if offset < 0 {
            let n = (*v.as_ptr().cast::<PyVarObject>()).ob_size.unsigned_abs();
            let size = t.tp_basicsize as usize + n * t.tp_itemsize as usize;
            offset += size.next_multiple_of(8) as isize;
        }
        Some(v.as_ptr().cast::<u8>().offset(offset).cast())
    }
}

/// `_PyObject_GetDictPtr`: a stable address of the dict pointer (managed instances are materialised).
pub fn dict_ptr(v: Value) -> PyResult<Option<*mut *mut PyObject>> {
    if shape::is_managed(v) {
        // SAFETY: managed.
        return unsafe { shape::materialise(v.as_ptr()) }.map(Some);
    }
    Ok(dict_at_offset(v))
}

/// The instance's `__dict__`, materialised; `None` if it has none.
pub fn instance_dict(v: Value) -> PyResult<Option<Ref>> {
    let Some(place) = dict_ptr(v)? else {
        return Ok(None);
    };
    // SAFETY: the place belongs to a live object.
    unsafe {
        if (*place).is_null() {
            *place = crate::dict::new().into_ptr();
        }
        Ok(Some(Ref::new(Value::from_object(*place))))
    }
}

/// The attribute in the instance itself.
#[inline]
fn own_attribute(v: Value, name: Value) -> PyResult<Option<Ref>> {
    if shape::is_managed(v) {
        // SAFETY: managed.
        return unsafe { shape::get_attribute(v.as_ptr(), name) };
    }
    if v.is_immediate() || v.ty().tp_dictoffset == 0 {
        return Ok(None);
    }
    let Some(place) = dict_at_offset(v) else {
        return Ok(None);
    };
    // SAFETY: the place belongs to a live object.
    let dict = unsafe { *place };
    if dict.is_null() {
        return Ok(None);
    }
    let dict = Ref::new(Value::from_object(dict));
    crate::dict::get(dict.value(), name)
}

/// `PyObject_GenericGetAttr` without the error of an ordinary miss.
pub fn generic_getattr_opt(v: Value, name: Value) -> PyResult<Option<Ref>> {
    check_name(name)?;
    let name = exact_name(name);
    let name = name.value();
    let t = v.ty();
    let descr = lookup(t, name).map(Ref::new);
    if let Some(d) = &descr
        && has_get(d.value())
        && has_set(d.value())
    {
        let r = descr_get(d.value(), v, t.value());
        return crate::errors::absorb(r, crate::exceptions::AttributeError);
    }
    if let Some(r) = own_attribute(v, name)? {
        return Ok(Some(r));
    }
    match descr {
        Some(d) if has_get(d.value()) => {
            let r = descr_get(d.value(), v, t.value());
            crate::errors::absorb(r, crate::exceptions::AttributeError)
        }
        other => Ok(other),
    }
}

/// `PyObject_GenericGetAttr`.
pub fn generic_getattr(v: Value, name: Value) -> PyResult {
    check_name(name)?;
    let exact = exact_name(name);
    let name = exact.value();
    let t = v.ty();
    let descr = lookup(t, name).map(Ref::new);
    if let Some(d) = &descr
        && has_get(d.value())
        && has_set(d.value())
    {
        return descr_get(d.value(), v, t.value());
    }
    if let Some(r) = own_attribute(v, name)? {
        return Ok(r);
    }
    match descr {
        Some(d) if has_get(d.value()) => descr_get(d.value(), v, t.value()),
        Some(d) => Ok(d),
        None => Err(crate::exceptions::no_attribute(v, name)),
    }
}

/// `PyObject_GenericSetAttr`; an empty value deletes.
pub fn generic_setattr(v: Value, name: Value, value: Value) -> PyResult<()> {
    check_name(name)?;
    let exact = exact_name(name);
    let lookup_name = exact.value();
    let t = v.ty();
    let descr = lookup(t, lookup_name).map(Ref::new);
    if let Some(d) = &descr
        && has_set(d.value())
    {
        return descr_set(d.value(), v, value);
    }
    let found = if shape::is_managed(v) {
        // SAFETY: managed.
        unsafe { shape::set_attribute(v.as_ptr(), name, value)? }
    } else {
        let Some(place) = dict_at_offset(v) else {
            if descr.is_none() {
                return Err(crate::exceptions::no_attribute(v, lookup_name));
            }
            return Err(raise!(
                AttributeError,
                "'{}' object attribute '{}' is read-only",
                t.message_name(),
                crate::str::display(name)
            ));
        };
        // SAFETY: the place belongs to a live object.
        let dict = unsafe {
            if (*place).is_null() {
                *place = crate::dict::new().into_ptr();
            }
            Ref::new(Value::from_object(*place))
        };
        if value.is_empty() {
            crate::dict::del_item(dict.value(), name)?
        } else {
            crate::dict::set_item(dict.value(), name, value)?;
            true
        }
    };
    if found {
        Ok(())
    } else {
        Err(crate::exceptions::no_attribute(v, lookup_name))
    }
}

/// `PyObject_GenericGetAttr` for C types that name it in their tables.
///
/// # Safety
/// As a C slot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GenericGetAttr(
    v: *mut PyObject,
    name: *mut PyObject,
) -> *mut PyObject {
    // SAFETY: C passes live objects.
    unsafe { crate::native::thunk_binary(generic_getattr, v, name) }
}
/// `PyObject_GenericSetAttr`; a null value deletes.
///
/// # Safety
/// As a C slot.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn PyObject_GenericSetAttr(
    v: *mut PyObject,
    name: *mut PyObject,
    value: *mut PyObject,
) -> std::ffi::c_int {
    // SAFETY: C passes live objects or null.
    unsafe { crate::native::thunk_set(generic_setattr, v, name, value) }
}

/// Method lookup without making a bound method; `AttributeError` if absent.
pub fn get_method(v: Value, name: Value) -> PyResult<BoundCall> {
    let t = v.ty();
    let plain = |callable| BoundCall {
        callable,
        slf: Value::EMPTY,
    };
    if !is_generic_getattr(t) || !crate::str::is_exact(name) {
        return ops::getattr(v, name).map(plain);
    }
    let descr = lookup(t, name).map(Ref::new);
    let mut is_method = false;
    if let Some(d) = &descr {
        if d.ty().has(tpflags::METHOD_DESCRIPTOR) {
            is_method = true;
        } else if has_get(d.value()) && has_set(d.value()) {
            return descr_get(d.value(), v, t.value()).map(plain);
        }
    }
    if let Some(r) = own_attribute(v, name)? {
        return Ok(plain(r));
    }
    match descr {
        Some(callable) if is_method => Ok(BoundCall { callable, slf: v }),
        Some(d) if has_get(d.value()) => descr_get(d.value(), v, t.value()).map(plain),
        Some(d) => Ok(plain(d)),
        None => Err(crate::exceptions::no_attribute(v, name)),
    }
}

/// Whether attribute access of `t` is the plain protocol.
#[inline]
pub fn is_generic_getattr(t: Type) -> bool {
    t.tp_getattro
        .is_some_and(|f| std::ptr::fn_addr_eq(f, PyObject_GenericGetAttr as getattrofunc))
}

/// A special method: looked up on the type only, bound through `__get__` (or kept apart from `v` when it is a
/// method descriptor).
pub fn lookup_special(v: Value, name: Value) -> PyResult<Option<BoundCall>> {
    let t = v.ty();
    let Some(d) = lookup(t, name).map(Ref::new) else {
        return Ok(None);
    };
    if d.ty().has(tpflags::METHOD_DESCRIPTOR) {
        return Ok(Some(BoundCall {
            callable: d,
            slf: v,
        }));
    }
    // A class method's function is called with the class: no method object is needed.
    let function = crate::descr::class_method_function(d.value());
    if function.is_exact(ty!(crate::function::PyFunction_Type)) {
        return Ok(Some(BoundCall {
            callable: Ref::new(function),
            slf: t.value(),
        }));
    }
    let callable = if has_get(d.value()) {
        descr_get(d.value(), v, t.value())?
    } else {
        d
    };
    Ok(Some(BoundCall {
        callable,
        slf: Value::EMPTY,
    }))
}

/// `type.__getattribute__`.
pub fn type_getattro(v: Value, name: Value) -> PyResult {
    check_name(name)?;
    let exact = exact_name(name);
    let name = exact.value();
    let t = Type::from_ptr(v.as_ptr().cast());
    if t.tp_dict.is_null() {
        // A static type of C that nobody has readied.
        super::ready(t)?;
    }
    let meta = v.ty();
    let meta_attribute = lookup(meta, name).map(Ref::new);
    if let Some(d) = &meta_attribute
        && has_get(d.value())
        && has_set(d.value())
    {
        return descr_get(d.value(), v, meta.value());
    }
    if let Some(d) = lookup(t, name).map(Ref::new) {
        if has_get(d.value()) {
            return descr_get(d.value(), Value::EMPTY, v);
        }
        return Ok(Ref::new(crate::boundary::canonical(d.value())));
    }
    match meta_attribute {
        Some(d) if has_get(d.value()) => descr_get(d.value(), v, meta.value()),
        Some(d) => Ok(d),
        None => {
            let text = format!(
                "type object '{}' has no attribute '{}'",
                t.message_name(),
                crate::str::display(name)
            );
            Err(raise_no_attribute(v, name, &text))
        }
    }
}

/// `AttributeError(text)` with `name` and `obj` set.
#[cold]
pub fn raise_no_attribute(v: Value, name: Value, text: &str) -> crate::Raised {
    let e = raise!(AttributeError, "{text}");
    let exc = crate::errors::take();
    let set = ops::setattr(exc.value(), crate::intern!("name"), name)
        .and_then(|()| ops::setattr(exc.value(), crate::intern!("obj"), v));
    if set.is_err() {
        crate::errors::clear();
    }
    let _ = e;
    crate::errors::restore(exc)
}

/// `type.__setattr__`.
pub fn type_setattro(v: Value, name: Value, value: Value) -> PyResult<()> {
    let t = Type::from_ptr(v.as_ptr().cast());
    check_name(name)?;
    if t.has(tpflags::IMMUTABLETYPE) {
        return Err(raise!(
            TypeError,
            "cannot set '{}' attribute of immutable type '{}'",
            crate::str::display(name),
            t.message_name()
        ));
    }
    let name = crate::str::intern_value(exact_name(name));
    if !value.is_empty() && super::stores_to_dict(v.ty(), name.value()) {
        if super::store_to_cell(t, name.value(), value) {
            return Ok(());
        }
        super::cells::note_store(t, name.value(), value);
    }
    // Before and after: the old value's destructor may look the name up again.
    modified(t);
    let r = match generic_setattr(v, name.value(), value) {
        Err(e)
            if value.is_empty()
                && crate::errors::matches(crate::exceptions::AttributeError)
                && lookup(v.ty(), name.value()).is_none() =>
        {
            // The generic text speaks of "'type' object".
            let _ = e;
            crate::errors::clear();
            let text = format!(
                "type object '{}' has no attribute '{}'",
                t.message_name(),
                crate::str::display(name.value())
            );
            Err(raise_no_attribute(v, name.value(), &text))
        }
        r => r,
    };
    modified(t);
    if r.is_ok() && is_dunder(name.value()) {
        super::slotdefs::update_slot(t, name.value());
    }
    r
}

pub(super) fn is_dunder(name: Value) -> bool {
    let n = crate::str::len(name);
    n > 4
        && [0, 1, n - 2, n - 1]
            .iter()
            .all(|&i| crate::str::char_at(name, i) == u32::from(b'_'))
}

/// `cls[key]`.
pub fn class_getitem(v: Value, key: Value) -> PyResult {
    if v == ty!(super::PyType_Type).value() {
        return crate::genericalias::new(v, key);
    }
    match ops::getattr_opt(v, crate::intern!("__class_getitem__"))? {
        Some(f) if !f.is_none() => ops::call(f.value(), &[key]),
        _ => Err(raise!(
            TypeError,
            "type '{}' is not subscriptable",
            Type::from_ptr(v.as_ptr().cast()).message_name()
        )),
    }
}

fn abstract_bases(v: Value) -> PyResult<Option<Ref>> {
    match ops::getattr_opt(v, crate::intern!("__bases__"))? {
        Some(b) if b.has_flag(tpflags::TUPLE_SUBCLASS) => Ok(Some(b)),
        _ => Ok(None),
    }
}

fn abstract_is_subclass(derived: Value, cls: Value) -> PyResult<bool> {
    let mut derived = Ref::new(derived);
    loop {
        if derived.value() == cls {
            return Ok(true);
        }
        let Some(bases) = abstract_bases(derived.value())? else {
            return Ok(false);
        };
        match crate::tuple::len(bases.value()) {
            0 => return Ok(false),
            1 => derived = Ref::new(crate::tuple::get(bases.value(), 0)),
            n => {
                let _guard = crate::hooks().enter_native()?;
                for i in 0..n {
                    if abstract_is_subclass(crate::tuple::get(bases.value(), i), cls)? {
                        return Ok(true);
                    }
                }
                return Ok(false);
            }
        }
    }
}

fn check_class(v: Value, message: &str) -> PyResult<()> {
    if abstract_bases(v)?.is_some() {
        Ok(())
    } else {
        Err(raise!(TypeError, "{message}"))
    }
}

/// Whether `__class__` of an instance of `t` is `t` for certain: the plain protocol, or that of classes, finds `object`'s
/// descriptor.
pub fn claims_nothing(t: Type) -> bool {
    let of_classes = ty!(crate::typeobject::PyType_Type).tp_getattro;
    (is_generic_getattr(t)
        || t.tp_getattro.map(|f| f as usize) == of_classes.map(|f| f as usize)
        || only_hooked(t))
        && lookup(t, crate::intern!("__class__")).is_some_and(|d| {
            crate::descr::is_getset_of(d, ty!(crate::typeobject::PyBaseObject_Type))
        })
}

/// Whether attributes are found by the plain protocol before a `__getattr__` in Python is asked.
fn only_hooked(t: Type) -> bool {
    let name = crate::intern!("__getattribute__");
    t.is_heap()
        && crate::typeobject::is_python_slot(t, crate::native::Slot::tp_getattro)
        && lookup(t, name) == lookup(ty!(crate::typeobject::PyBaseObject_Type), name)
}

/// `isinstance` without `__instancecheck__`.
#[inline]
pub fn real_is_instance(v: Value, cls: Value) -> PyResult<bool> {
    if let Some(c) = Type::from_value(cls) {
        if v.ty().is_subtype(c) {
            return Ok(true);
        }
        if claims_nothing(v.ty()) {
            return Ok(false);
        }
    }
    claimed_is_instance(v, cls)
}

/// [`real_is_instance`] by what the object says its class is.
#[inline(never)]
fn claimed_is_instance(v: Value, cls: Value) -> PyResult<bool> {
    if let Some(c) = Type::from_value(cls) {
        let Some(claimed) = ops::getattr_opt(v, crate::intern!("__class__"))? else {
            return Ok(false);
        };
        return Ok(match Type::from_value(claimed.value()) {
            Some(t) if t != v.ty() => t.is_subtype(c),
            _ => false,
        });
    }
    check_class(
        cls,
        "isinstance() arg 2 must be a type, a tuple of types, or a union",
    )?;
    match ops::getattr_opt(v, crate::intern!("__class__"))? {
        Some(claimed) => abstract_is_subclass(claimed.value(), cls),
        None => Ok(false),
    }
}

/// `issubclass` without `__subclasscheck__`.
pub fn real_is_subclass(v: Value, cls: Value) -> PyResult<bool> {
    if let (Some(a), Some(b)) = (Type::from_value(v), Type::from_value(cls)) {
        return Ok(a.is_subtype(b));
    }
    check_class(v, "issubclass() arg 1 must be a class")?;
    check_class(
        cls,
        "issubclass() arg 2 must be a class, a tuple of classes, or a union",
    )?;
    abstract_is_subclass(v, cls)
}

/// Empties the method cache (`sys._clear_type_cache`).
pub fn clear_method_cache() {
    let cache = (&raw mut CACHE).cast::<Entry>();
    for at in 0..CACHE_SIZE {
        // SAFETY: as in `lookup`.
        unsafe {
            let entry = cache.add(at);
            let old = (*entry).name;
            *entry = Entry {
                version: 0,
                name: Value::EMPTY,
                value: Value::EMPTY,
            };
            heap::decref(old);
        }
    }
}

/// Whether calling the class means [`new_before_init`] and then `__init__`, with nothing else in between: its `__new__` is one
/// of those that look at no arguments.
pub fn is_plain_instantiation(t: Type) -> bool {
    use crate::native::Slot;
    let news = [
        ty!(super::PyBaseObject_Type),
        ty!(crate::dict::PyDict_Type),
        ty!(crate::list::PyList_Type),
    ];
    let meta = t.value().ty();
    let plain_meta = ops::c_slot_word(meta, Slot::tp_call)
        == ops::c_slot_word(ty!(super::PyType_Type), Slot::tp_call);
    plain_meta
        && !t.has(tpflags::IS_ABSTRACT)
        && news
            .iter()
            .any(|base| ops::c_slot_word(t, Slot::tp_new) == ops::c_slot_word(*base, Slot::tp_new))
}
/// An instance of a Python class with plain instantiation, before `__init__`.
#[inline]
pub fn new_before_init(t: Type) -> PyResult {
    if t.has(tpflags::DICT_SUBCLASS | tpflags::LIST_SUBCLASS)
        && let Some(new) = t.native().tp_new
    {
        return new(t, crate::Args::NONE);
    }
    // SAFETY: a ready type with the generic allocator.
    let object = unsafe { crate::heap::generic_alloc(t.as_ptr(), 0) };
    if object.is_null() {
        return Err(crate::Raised::assume_set());
    }
    // SAFETY: new.
    Ok(unsafe { Ref::from_owned_ptr(object) })
}

/// The `__new__` of a class of ours, if calling the class is nothing else: `__init__` is the one of `object`.
pub fn sole_new(t: Type) -> Option<crate::native::NewFn> {
    use crate::native::Slot;
    let object = ty!(super::PyBaseObject_Type);
    let own = |slot| ops::c_slot_word(t, slot) != ops::c_slot_word(object, slot);
    // SAFETY: a ready type has an extension.
    let foreign = t.tp_vectorcall.is_some() && unsafe { (*t.ext()).foreign };
    if own(Slot::tp_init) || !own(Slot::tp_new) || foreign {
        return None;
    }
    t.native().tp_new
}

/// Whether the instance itself (not its class) has the attribute.
pub fn has_instance_attribute(v: Value, name: Value) -> PyResult<bool> {
    if shape::is_managed(v) {
        // SAFETY: a managed instance.
        return Ok(unsafe { shape::get_attribute(v.as_ptr(), name)? }.is_some());
    }
    match dict_at_offset(v) {
        // SAFETY: the address of the object's dict field.
        Some(at) => unsafe {
            if (*at).is_null() {
                return Ok(false);
            }
            // Comparing may run code, which may replace it.
            let d = Ref::new(Value::from_object(*at));
            crate::dict::contains(d.value(), name)
        },
        None => Ok(false),
    }
}

/// The handle of `object`.
pub fn object_type() -> Type {
    ty!(super::PyBaseObject_Type)
}
