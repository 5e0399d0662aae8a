//! Attribute caches beside plain slots: what a site has seen, checked against versions and shapes.
//!
//! Cache words: 0 = version of the object's type (or of the class itself, see `CLASS`) | a second number << 32,
//! 1 = shape, 2 = the cached value. A value found in a class is alive as long as the version it was found under.

use super::*;
use pyrs_object::native::Slot;
use pyrs_object::{Type, dict, method, shape, typeobject};

/// Writes the cache and the form of the running instruction.
fn fill(ctx: Ctx, op: Op, words: [u64; 3]) {
    for (n, word) in words.into_iter().enumerate() {
        // SAFETY: attribute instructions have four extra words.
        unsafe { *ctx.extra(n) = word }
    }
    ctx.quicken(op);
}

/// Whether `v` has the type version and, if the cache names one, the shape of the cache.
///
/// # Safety
/// `pc` points at an attribute instruction whose cache was filled for a form that is keyed this way.
#[inline(always)]
unsafe fn matches(v: Value, pc: *const u64) -> bool {
    // SAFETY: a matching version implies the pre-header that a shape needs.
    unsafe {
        let want = *pc.add(2);
        v.ty().tp_version_tag == *pc.add(1) as u32
            && (want == 0 || shape::shape_of(v.as_ptr()).bits() == want)
    }
}

/// A `__slots__` member (`LOAD_ATTR_MEMBER`); `None` also if it is unset.
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn member(v: Value, pc: *const u64) -> Option<Ref> {
    // SAFETY: the cached offset is that of an object member of this type.
    unsafe {
        let word = *pc.add(1);
        if !v.is_object() || v.ty().tp_version_tag != word as u32 {
            return None;
        }
        let place = v.as_ptr().cast::<u8>().add((word >> 32) as usize);
        let found = (*place.cast::<Value>()).non_empty()?;
        Some(Ref::new(pyrs_object::boundary::canonical(found)))
    }
}

/// The place of a `__slots__` member for a store (`STORE_ATTR_MEMBER`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn member_place(v: Value, pc: *const u64) -> Option<*mut Value> {
    // SAFETY: as `member`.
    unsafe {
        let word = *pc.add(1);
        if !v.is_object() || v.ty().tp_version_tag != word as u32 {
            return None;
        }
        Some(v.as_ptr().cast::<u8>().add((word >> 32) as usize).cast())
    }
}

/// An attribute of a module (`LOAD_ATTR_MODULE`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn module_attribute(v: Value, pc: *const u64) -> Option<Ref> {
    // SAFETY: the key version guards the entry index.
    unsafe {
        if !v.is_exact(ty!(pyrs_object::module::PyModule_Type)) {
            return None;
        }
        let d = Value::from_object((*v.as_ptr().cast::<PyModuleObject>()).md_dict);
        let word = *pc.add(1);
        if d.is_empty() || !dict::keys_are(d, word as u32) {
            return None;
        }
        Some(Ref::new(dict::value_at(d, (word >> 32) as usize)))
    }
}

/// An attribute of a class itself (`LOAD_ATTR_CLASS`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn class_attribute(v: Value, pc: *const u64) -> Option<Ref> {
    // SAFETY: by contract.
    unsafe { class_attribute_borrowed(v, pc).map(Ref::new) }
}
#[inline(always)]
unsafe fn class_attribute_borrowed(v: Value, pc: *const u64) -> Option<Value> {
    // SAFETY: the version of the metaclass says that `v` is a class.
    unsafe {
        let word = *pc.add(1);
        if !v.is_object()
            || v.ty().tp_version_tag != (word >> 32) as u32
            || (*v.as_ptr().cast::<PyTypeObject>()).tp_version_tag != word as u32
        {
            return None;
        }
        Some(Value::from_bits(*pc.add(3)))
    }
}

/// A plain value in the class of an instance that does not hide it (`LOAD_ATTR_NONDESCR`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn class_value(v: Value, pc: *const u64) -> Option<Ref> {
    // SAFETY: see the module text.
    unsafe { matches(v, pc).then(|| Ref::new(Value::from_bits(*pc.add(3)))) }
}

/// A method bound on access (`LOAD_ATTR_METHOD_DESCR`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn bound_method(v: Value, pc: *const u64) -> Option<Ref> {
    // SAFETY: see the module text.
    unsafe { matches(v, pc).then(|| method::new(Value::from_bits(*pc.add(3)), v)) }
}

/// A class method and the class it is bound to (`LOAD_METHOD_CLASSMETHOD`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn class_method(v: Value, pc: *const u64) -> Option<(Ref, Ref)> {
    // SAFETY: see the module text; the class method is asked for its function because `__init__` may replace that.
    unsafe {
        if !matches(v, pc) {
            return None;
        }
        let f = pyrs_object::descr::class_method_function(Value::from_bits(*pc.add(3)));
        is_py_function(f).then(|| (Ref::new(f), v.ty().to_ref()))
    }
}

/// The function of a class method of a class (`LOAD_METHOD_CLASS_SELF`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn class_method_of_class(v: Value, pc: *const u64) -> Option<Ref> {
    // SAFETY: as `class_method`.
    unsafe {
        let found = class_attribute_borrowed(v, pc)?;
        let f = pyrs_object::descr::class_method_function(found);
        is_py_function(f).then(|| Ref::new(f))
    }
}

/// Caches a class method that `lookup` has found in the class of an instance, which has `shape` if it has attributes of its
/// own in slots; gives its function.
pub(super) fn remember_class_method(
    ctx: Ctx,
    v: Value,
    t: Type,
    name: Value,
    shape: Option<shape::Shape>,
) -> Option<Value> {
    let found = typeobject::lookup(t, name)?;
    let f = pyrs_object::descr::class_method_function(found);
    let shape = match shape {
        // SAFETY: a live shape.
        Some(s) if unsafe { shape::slot_index(s, name) }.is_some() => return None,
        Some(s) => s.bits(),
        None if t.has(tpflags::MANAGED_DICT) || t.tp_dictoffset != 0 || !v.is_object() => {
            return None;
        }
        None => 0,
    };
    let version = typeobject::version_tag(t);
    if !is_py_function(f) || version == 0 {
        return None;
    }
    let words = [u64::from(version), shape, found.bits()];
    fill(ctx, Op::LOAD_METHOD_CLASSMETHOD, words);
    Some(f)
}

/// The Python getter of a property (`LOAD_ATTR_PROPERTY`), borrowed.
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn getter(v: Value, pc: *const u64) -> Option<Value> {
    // SAFETY: the version keeps the property, which is asked for its getter because `__init__` may replace that.
    unsafe {
        if v.ty().tp_version_tag != *pc.add(1) as u32 {
            return None;
        }
        let getter = pyrs_object::descr::property_getter(Value::from_bits(*pc.add(3)));
        is_py_function(getter).then_some(getter)
    }
}

/// A data descriptor of the class whose `__get__` is not Python's, borrowed (`LOAD_ATTR_GETSET`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn data_descriptor(v: Value, pc: *const u64) -> Option<Value> {
    // SAFETY: the version keeps the descriptor; what its type does is looked at each time.
    unsafe {
        if v.ty().tp_version_tag != *pc.add(1) as u32 {
            return None;
        }
        let d = Value::from_bits(*pc.add(3));
        typeobject::has_set(d).then_some(d)
    }
}

/// Caches a data descriptor that is asked by a native `__get__`.
pub(super) fn remember_data_descriptor(ctx: Ctx, t: Type, d: Value) {
    let version = typeobject::version_tag(t);
    if version != 0 && typeobject::has_get(d) && !python_slot(d, Slot::tp_descr_get) {
        fill(ctx, Op::LOAD_ATTR_GETSET, [u64::from(version), 0, d.bits()]);
    }
}

/// Caches a member of `__slots__`; says whether it is one.
pub(super) fn remember_member(ctx: Ctx, t: Type, descr: Value, op: Op) -> bool {
    let version = typeobject::version_tag(t);
    let Some(offset) = slot_offset(t, descr).filter(|_| version != 0) else {
        return false;
    };
    fill(
        ctx,
        op,
        [u64::from(version) | u64::from(offset) << 32, 0, 0],
    );
    true
}

/// Where instances of `t` hold the `__slots__` entry that `descr` stands for. Only that of Python classes: C reads the
/// members of other types, which hold real objects.
pub fn slot_offset(t: Type, descr: Value) -> Option<u32> {
    if !descr.is_exact(ty!(pyrs_object::descr::PyMemberDescr_Type)) {
        return None;
    }
    // SAFETY: an exact member descriptor.
    let (kind, flags, offset) = unsafe {
        let m = &*(*descr.as_ptr().cast::<PyMemberDescrObject>()).d_member;
        (m.r#type, m.flags, m.offset)
    };
    let slot = kind == membertype::OBJECT_EX
        && flags == 0
        && typeobject::is_python_class(t)
        && owner_is_python_class(descr);
    u32::try_from(offset).ok().filter(|_| slot)
}

fn owner_is_python_class(descr: Value) -> bool {
    // SAFETY: an exact member descriptor; its owner is alive.
    unsafe {
        let owner = (*descr.as_ptr().cast::<PyMemberDescrObject>())
            .d_common
            .d_type;
        !owner.is_null() && typeobject::is_python_class(Type::from_ptr(owner))
    }
}

/// Whether `v` is no descriptor and cannot become one: classes of Python may get a `__get__` at any time.
fn is_plain(v: Value) -> bool {
    !v.is_object() || !v.ty().is_heap() && v.ty().tp_descr_get.is_none()
}

fn is_native_descriptor(v: Value) -> bool {
    v.is_exact(ty!(pyrs_object::descr::PyMethodDescr_Type))
        || v.is_exact(ty!(pyrs_object::descr::PyWrapperDescr_Type))
        || v.is_exact(ty!(pyrs_object::descr::PyMemberDescr_Type))
}

/// Caches what a read of `name` on an instance finds in its class, if the instance cannot hide it. `shape` is the
/// instance's shape if it has one.
pub(super) fn remember_class_value(
    ctx: Ctx,
    v: Value,
    t: Type,
    name: Value,
    descr: Value,
    shape: Option<shape::Shape>,
) {
    let shape = match shape {
        Some(s) => s.bits(),
        None if t.has(tpflags::MANAGED_DICT) || t.tp_dictoffset != 0 || !v.is_object() => return,
        None => 0,
    };
    let version = typeobject::version_tag(t);
    let op = if is_py_function(descr) {
        Op::LOAD_ATTR_METHOD_DESCR
    } else if !is_plain(descr) || typeobject::is_cell(t, name, descr) {
        return;
    } else {
        Op::LOAD_ATTR_NONDESCR
    };
    if version != 0 {
        fill(ctx, op, [u64::from(version), shape, descr.bits()]);
    }
}

/// Caches a read of an attribute of a module or class; `method` for `LOAD_METHOD`.
pub(super) fn remember_holder(ctx: Ctx, v: Value, name: Value, method: bool) {
    if v.is_exact(ty!(pyrs_object::module::PyModule_Type)) {
        // SAFETY: an exact module.
        let d = unsafe { Value::from_object((*v.as_ptr().cast::<PyModuleObject>()).md_dict) };
        // What `module` itself defines as data (`__dict__`) wins over the dict.
        if d.is_empty() || typeobject::lookup(v.ty(), name).is_some() {
            return;
        }
        let version = dict::keys_version(d);
        if let Some(at) = dict::find_index(d, name)
            && version != 0
            && let Ok(at) = u32::try_from(at)
        {
            let op = if method {
                Op::LOAD_METHOD_MODULE
            } else {
                Op::LOAD_ATTR_MODULE
            };
            fill(ctx, op, [u64::from(version) | u64::from(at) << 32, 0, 0]);
        }
        return;
    }
    let Some(class) = Type::from_value(v) else {
        return;
    };
    let meta = v.ty();
    let plain = ty!(typeobject::PyType_Type);
    if ops::c_slot_word(meta, Slot::tp_getattro) != ops::c_slot_word(plain, Slot::tp_getattro)
        || typeobject::lookup(meta, name)
            .is_some_and(|d| d.is_object() && (d.ty().is_heap() || d.ty().tp_descr_set.is_some()))
    {
        return;
    }
    let Some(found) = typeobject::lookup(class, name) else {
        return;
    };
    if typeobject::is_cell(class, name, found) {
        return;
    }
    // Functions and the descriptors of native types read from their class are themselves; others would have to run. The
    // function of a class method is called with the class.
    let class_method = method && is_py_function(pyrs_object::descr::class_method_function(found));
    if !class_method && !is_py_function(found) && !is_plain(found) && !is_native_descriptor(found) {
        return;
    }
    let (version, meta_version) = (
        typeobject::version_tag(class),
        typeobject::version_tag(meta),
    );
    if version != 0 && meta_version != 0 {
        let op = if class_method {
            Op::LOAD_METHOD_CLASS_SELF
        } else if method {
            Op::LOAD_METHOD_CLASS
        } else {
            Op::LOAD_ATTR_CLASS
        };
        let words = [
            u64::from(version) | u64::from(meta_version) << 32,
            0,
            found.bits(),
        ];
        fill(ctx, op, words);
    }
}

/// Caches a property with a Python getter.
pub(super) fn remember_getter(ctx: Ctx, t: Type, property: Value) {
    let version = typeobject::version_tag(t);
    if version != 0 {
        fill(
            ctx,
            Op::LOAD_ATTR_PROPERTY,
            [u64::from(version), 0, property.bits()],
        );
    }
}

/// A method of a type whose instances have a dict at an offset, while this one's is missing or empty
/// (`LOAD_METHOD_DICT`).
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn method_beside_dict(v: Value, pc: *const u64) -> Option<Ref> {
    // SAFETY: the version says where the dict lies.
    unsafe {
        let word = *pc.add(1);
        if !v.is_object() || v.ty().tp_version_tag != word as u32 {
            return None;
        }
        let d = *v
            .as_ptr()
            .cast::<u8>()
            .add((word >> 32) as usize)
            .cast::<*mut PyObject>();
        if !d.is_null() && dict::len(Value::from_object(d)) != 0 {
            return None;
        }
        Some(Ref::new(Value::from_bits(*pc.add(3))))
    }
}

/// Caches method `d` for [`method_beside_dict`].
pub(super) fn remember_beside_dict(ctx: Ctx, t: Type, d: Value) {
    let version = typeobject::version_tag(t);
    if version != 0
        && let Ok(offset) = u32::try_from(t.tp_dictoffset)
        && offset != 0
        && !t.has(tpflags::MANAGED_DICT)
    {
        let words = [u64::from(version) | u64::from(offset) << 32, 0, d.bits()];
        fill(ctx, Op::LOAD_METHOD_DICT, words);
    }
}

/// Adds attribute `name` to an instance in shape `s` and caches the transition; false if a dict is needed.
///
/// # Safety
/// `s` is the shape of `object`, which has no slot for `name`.
pub(super) unsafe fn store_new(
    ctx: Ctx,
    object: Value,
    t: Type,
    s: shape::Shape,
    name: Value,
    value: Value,
) -> bool {
    // SAFETY: by contract; names of code are interned.
    unsafe {
        let new = shape::add_transition(s, name);
        if new.is_none() {
            return false;
        }
        let index = s.count();
        shape::store_new(object.as_ptr(), s, new, index, Ref::new(value));
        let version = typeobject::version_tag(t);
        if version != 0 {
            let words = [
                u64::from(version) | u64::from(index) << 32,
                s.bits(),
                new.bits(),
            ];
            fill(ctx, Op::STORE_ATTR_NEW_SLOT, words);
        }
        true
    }
}

/// `STORE_ATTR_NEW_SLOT`: adds the attribute if the cache fits; gives the value back otherwise.
///
/// # Safety
/// As [`matches`].
#[inline(always)]
pub(super) unsafe fn new_slot_hit(object: Value, pc: *const u64) -> bool {
    // SAFETY: a matching version implies the managed pre-header.
    unsafe {
        let word = *pc.add(1);
        object.is_object()
            && object.ty().tp_version_tag == word as u32
            && shape::shape_of(object.as_ptr()).bits() == *pc.add(2)
    }
}

/// Adds the cached attribute after [`new_slot_hit`].
///
/// # Safety
/// As [`new_slot_hit`], which has said yes.
#[inline(always)]
pub(super) unsafe fn add_slot(object: Value, pc: *const u64, value: Ref) {
    // SAFETY: by contract.
    unsafe {
        let index = (*pc.add(1) >> 32) as u32;
        let (old, new) = (
            shape::Shape::from_bits(*pc.add(2)),
            shape::Shape::from_bits(*pc.add(3)),
        );
        shape::store_new(object.as_ptr(), old, new, index, value);
    }
}
