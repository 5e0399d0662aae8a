//! Attributes: inline caches keyed on type version and shape, properties and `__getattr__` in frames, and the
//! generic path.
//!
//! Cache words: 0 = type version | slot index << 32, 1 = shape (or the new shape for a store that adds), 2 = method.
//! A method cached by type version is alive as long as that version is: changing the class changes the version.

use super::*;
use pyrs_object::native::Slot;
use pyrs_object::{Type, intern, shape, typeobject};

/// The shape word of an instance with managed attributes.
///
/// # Safety
/// `object` is an instance of a type with the MANAGED_DICT pre-header.
#[inline(always)]
unsafe fn shape_word(object: *mut PyObject) -> u64 {
    // SAFETY: by contract (see `pyrs_object::heap`).
    unsafe { *object.cast::<u8>().sub(24).cast::<u64>() }
}
/// # Safety
/// As [`shape_word`].
#[inline(always)]
unsafe fn slots(object: *mut PyObject) -> *mut Value {
    // SAFETY: by contract.
    unsafe { *object.cast::<u8>().sub(32).cast::<*mut Value>() }
}

/// The cached slot's content if `v` has the cached type version and shape (borrowed).
///
/// # Safety
/// `pc` points at an attribute instruction whose cache words were written by this module.
#[inline(always)]
pub(super) unsafe fn slot_hit(v: Value, pc: *const u64) -> Option<Value> {
    // SAFETY: a matching type version implies the managed pre-header and a valid slot for the shape.
    unsafe {
        if !v.is_object() {
            return None;
        }
        let object = v.as_ptr();
        let word = *pc.add(1);
        if (*(*object).ob_type).tp_version_tag == word as u32 && shape_word(object) == *pc.add(2) {
            return Some(*slots(object).add((word >> 32) as usize));
        }
        None
    }
}

/// The cached slot itself, for a store to an existing attribute.
///
/// # Safety
/// As [`slot_hit`].
#[inline(always)]
pub(super) unsafe fn store_slot_hit(v: Value, pc: *const u64) -> Option<*mut Value> {
    // SAFETY: as `slot_hit`.
    unsafe {
        if !v.is_object() {
            return None;
        }
        let object = v.as_ptr();
        let word = *pc.add(1);
        if (*(*object).ob_type).tp_version_tag == word as u32 && shape_word(object) == *pc.add(2) {
            return Some(slots(object).add((word >> 32) as usize));
        }
        None
    }
}

/// `LOAD_METHOD` by cache: writes the window and says so.
///
/// # Safety
/// As [`slot_hit`].
#[inline(always)]
pub(super) unsafe fn method_hit(ctx: Ctx, i: Instr, pc: *const u64) -> bool {
    // SAFETY: as `slot_hit`; the cached method is alive while the type version is.
    unsafe {
        let v = ctx.operand(i.b());
        let t = v.ty();
        if t.tp_version_tag != *pc.add(1) as u32 {
            return false;
        }
        let want = *pc.add(2);
        if want != 0 && shape_word(v.as_ptr()) != want {
            return false;
        }
        let method = Ref::new(Value::from_bits(*pc.add(3)));
        let slf = ctx.take_operand(i.b(), i.d() & KILL_B != 0);
        ctx.set(i.a(), method);
        ctx.set(i.a() + 1, slf);
        true
    }
}

/// The last cache word of an attribute instruction: the class and shape seen last, and how often they changed.
fn note_class(ctx: Ctx, t: Type, s: Option<shape::Shape>) {
    let shape = s.map_or(0, |s| s.bits() >> 4);
    let now = (u64::from(typeobject::version_tag(t)) ^ shape) & 0xFFFF_FFFF;
    // SAFETY: attribute instructions have four extra words.
    let word = unsafe { &mut *ctx.extra(3) };
    if *word & 0xFFFF_FFFF != now {
        *word = ((*word >> 32) + 1) << 32 | now;
    }
}
/// How often an attribute instruction with this last cache word has met another class or shape than before.
pub fn classes_seen(word: u64) -> u32 {
    (word >> 32) as u32
}

/// `object.__getattribute__` itself serves attribute reads of this type.
#[inline]
fn generic_get(t: Type) -> bool {
    let object = ty!(typeobject::PyBaseObject_Type);
    ops::c_slot_word(t, Slot::tp_getattro) == ops::c_slot_word(object, Slot::tp_getattro)
}
/// Attributes are found as `object.__getattribute__` finds them, and those that are not by a Python `__getattr__`: what is
/// found may be cached.
pub fn is_hooked(v: Value) -> bool {
    let name = intern!("__getattribute__");
    python_slot(v, Slot::tp_getattro)
        && typeobject::lookup(v.ty(), name)
            == typeobject::lookup(ty!(typeobject::PyBaseObject_Type), name)
        && python_method(v, intern!("__getattr__")).is_some()
}
#[inline]
fn generic_set(t: Type) -> bool {
    let object = ty!(typeobject::PyBaseObject_Type);
    ops::c_slot_word(t, Slot::tp_setattro) == ops::c_slot_word(object, Slot::tp_setattro)
}

fn done(ctx: Ctx, i: Instr, result: PyResult) -> Flow {
    match result {
        Ok(v) => {
            if i.d() & KILL_B != 0 {
                ctx.release(i.b());
            }
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => {
            tell(ctx);
            Flow::Raise(e)
        }
    }
}
/// The error of an attribute instruction learns what was asked for.
#[cold]
pub(super) fn tell(ctx: Ctx) {
    let i = ctx.instr();
    pyrs_object::exceptions::tell_attribute(ctx.operand(i.b()), ctx.code().name(i.c()));
}

/// The instance's shape if it has managed attributes in slots.
fn instance_shape(v: Value, t: Type) -> Option<shape::Shape> {
    if !v.is_object() || !t.has(tpflags::MANAGED_DICT) {
        return None;
    }
    // SAFETY: the flag says that the pre-header exists.
    let s = unsafe { shape::shape_of(v.as_ptr()) };
    (!s.is_none()).then_some(s)
}

/// Pushes the frame of a property's getter.
pub(super) fn run_getter(ctx: Ctx, i: Instr, v: Value, getter: Value) -> Flow {
    call::push_method(ctx, getter, &[v], i.a(), Continuation::Attribute)
}

/// The Python `__get__` of a descriptor whose class is a Python class.
pub fn descriptor_getter(d: Value) -> Option<Value> {
    if !python_slot(d, Slot::tp_descr_get) {
        return None;
    }
    python_method(d, intern!("__get__"))
}
/// The Python function that a store to an attribute with this data descriptor runs, and whether it takes the descriptor
/// as its first argument: a property's setter does not, `__set__` does.
pub fn descriptor_setter(d: Value) -> Option<(Value, bool)> {
    let setter = pyrs_object::descr::property_setter(d);
    if !setter.is_empty() {
        return is_py_function(setter).then_some((setter, false));
    }
    if !python_slot(d, Slot::tp_descr_set) {
        return None;
    }
    Some((python_method(d, intern!("__set__"))?, true))
}
/// Pushes the frame of a descriptor's `__get__`.
fn run_descriptor(ctx: Ctx, i: Instr, d: Value, v: Value, getter: Value) -> Flow {
    let args = [d, v, v.ty().value()];
    call::push_method(ctx, getter, &args, i.a(), Continuation::Attribute)
}

/// Asks the data descriptor that [`cache::data_descriptor`] has found.
pub(super) fn ask(ctx: Ctx, d: Value) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    // The getter may change the class.
    let d = Ref::new(d);
    let result = if d.is_exact(ty!(pyrs_object::descr::PyGetSetDescr_Type)) {
        pyrs_object::descr::getset_value(d.value(), v)
    } else {
        typeobject::descr_get(d.value(), v, v.ty().value())
    };
    if result.is_err()
        && !generic_get(v.ty())
        && errors::matches(pyrs_object::exceptions::AttributeError)
        && let Some(flow) = getattribute_failed(ctx)
    {
        return flow;
    }
    done(ctx, i, result)
}

pub(super) fn load(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    let name = ctx.code().name(i.c());
    let t = v.ty();
    note_class(ctx, t, instance_shape(v, t));
    let generic = generic_get(t);
    if generic || is_hooked(v) {
        // What the instance has is compared with the name, which may run code.
        let held = typeobject::lookup(t, name).map(Ref::new);
        let descr = held.as_ref().map(Ref::value);
        if let Some(d) = descr {
            let getter = pyrs_object::descr::property_getter(d);
            if !getter.is_empty() && is_py_function(getter) {
                if !generic {
                    // The object stays in its register for `__getattr__`.
                    let how = Continuation::GetAttribute;
                    return call::push_method(ctx, getter, &[v], i.a(), how);
                }
                cache::remember_getter(ctx, t, d);
                return run_getter(ctx, i, v, getter);
            }
        }
        let data = descr.is_some_and(|d| d.ty().tp_descr_set.is_some());
        if generic
            && let Some(d) = descr
            && let Some(getter) = descriptor_getter(d)
        {
            match (data, typeobject::has_instance_attribute(v, name)) {
                (true, _) | (false, Ok(false)) => return run_descriptor(ctx, i, d, v, getter),
                (false, Ok(true)) => {}
                (false, Err(e)) => return Flow::Raise(e),
            }
        }
        let shape = instance_shape(v, t);
        if !data && let Some(s) = shape {
            // SAFETY: a live shape of this instance; its slot indices are valid for it.
            unsafe {
                if let Some(slot) = shape::slot_index(s, name) {
                    let found = Ref::new(*shape::slots(v.as_ptr()).add(slot as usize));
                    let version = typeobject::version_tag(t);
                    if version != 0 {
                        *ctx.extra(0) = u64::from(version) | u64::from(slot) << 32;
                        *ctx.extra(1) = s.bits();
                        ctx.quicken(Op::LOAD_ATTR_SLOT);
                    }
                    return done(ctx, i, Ok(found));
                }
            }
        }
        if generic && !data && v.is_object() && t.has(tpflags::MANAGED_DICT) && shape.is_none() {
            // SAFETY: the flag says that attributes are managed.
            match unsafe { shape::get_attribute(v.as_ptr(), name) } {
                Ok(Some(found)) => return done(ctx, i, Ok(found)),
                Ok(None) => {}
                Err(e) => return Flow::Raise(e),
            }
        }
        if let Some(d) = descr {
            if !data {
                cache::remember_class_value(ctx, v, t, name, d, shape);
            } else if !generic || !cache::remember_member(ctx, t, d, Op::LOAD_ATTR_MEMBER) {
                cache::remember_data_descriptor(ctx, t, d);
            }
        }
        if generic {
            // The instance has nothing of that name, or the descriptor goes before what it has.
            let found = match descr {
                Some(d) if data && d.ty().tp_descr_get.is_some() || !data && shape.is_some() => {
                    match d.ty().tp_descr_get {
                        Some(_) => typeobject::descr_get(d, v, t.value()),
                        None => Ok(Ref::new(d)),
                    }
                }
                _ => ops::getattr(v, name),
            };
            return done(ctx, i, found);
        }
    }
    if python_slot(v, Slot::tp_getattro) {
        let getattribute = typeobject::lookup(t, intern!("__getattribute__"));
        if let Some(f) = getattribute
            && is_py_function(f)
        {
            return call::push_method(ctx, f, &[v, name], i.a(), Continuation::GetAttribute);
        }
        let plain = getattribute
            == typeobject::lookup(
                ty!(typeobject::PyBaseObject_Type),
                intern!("__getattribute__"),
            );
        if plain && let Some(f) = python_method(v, intern!("__getattr__")) {
            return match typeobject::generic_getattr_opt(v, name) {
                Ok(Some(found)) => done(ctx, i, Ok(found)),
                Ok(None) => call::push_method(ctx, f, &[v, name], i.a(), Continuation::Attribute),
                Err(e) => done(ctx, i, Err(e)),
            };
        }
    }
    let found = ops::getattr(v, name);
    if found.is_ok() {
        cache::remember_holder(ctx, v, name, false);
    }
    done(ctx, i, found)
}

/// A Python `__getattribute__` raised `AttributeError`: pushes `__getattr__` if there is one, else the error is told. Called
/// by the unwinder for the frame of the attribute instruction.
pub(super) fn getattribute_failed(ctx: Ctx) -> Option<Flow> {
    let i = ctx.instr();
    let op = i.op()?.family();
    if op != Op::LOAD_ATTR && op != Op::LOAD_METHOD {
        return None;
    }
    let v = ctx.operand(i.b());
    let Some(f) = python_method(v, intern!("__getattr__")) else {
        tell(ctx);
        return None;
    };
    errors::clear();
    let name = ctx.code().name(i.c());
    let how = Continuation::Attribute;
    Some(call::push_method(ctx, f, &[v, name], i.a(), how))
}

pub(super) fn store(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (object, value) = (ctx.operand(i.a()), ctx.operand(i.b()));
    let name = ctx.code().name(i.c());
    let t = object.ty();
    note_class(ctx, t, instance_shape(object, t));
    if generic_set(t) {
        let descr = typeobject::lookup(t, name).filter(|d| d.ty().tp_descr_set.is_some());
        if let Some(d) = descr {
            if let Some((setter, with_descriptor)) = descriptor_setter(d) {
                let args = [d, object, value];
                let args = &args[usize::from(!with_descriptor)..];
                return call::push_method(ctx, setter, args, 0, Continuation::Finish);
            }
            if !cache::remember_member(ctx, t, d, Op::STORE_ATTR_MEMBER) {
                let d = Ref::new(d);
                let result = typeobject::descr_set(d.value(), object, value);
                if result.is_ok() {
                    ctx.kill(i);
                }
                return result.into();
            }
        } else if let Some(s) = instance_shape(object, t) {
            // SAFETY: a live shape of this instance.
            unsafe {
                if let Some(slot) = shape::slot_index(s, name) {
                    let version = typeobject::version_tag(t);
                    if version != 0 {
                        *ctx.extra(0) = u64::from(version) | u64::from(slot) << 32;
                        *ctx.extra(1) = s.bits();
                        ctx.quicken(Op::STORE_ATTR_SLOT);
                    }
                    shape::store_slot(object.as_ptr(), slot, Ref::new(value));
                    ctx.kill(i);
                    return Flow::Next;
                }
                if cache::store_new(ctx, object, t, s, name, value) {
                    ctx.kill(i);
                    return Flow::Next;
                }
            }
        }
        if descr.is_none() && object.is_object() && t.has(tpflags::MANAGED_DICT) {
            // SAFETY: the flag says that attributes are managed.
            match unsafe { shape::set_attribute(object.as_ptr(), name, value) } {
                Ok(true) => {
                    ctx.kill(i);
                    return Flow::Next;
                }
                Ok(false) => {}
                Err(e) => return Flow::Raise(e),
            }
        }
    } else if python_slot(object, Slot::tp_setattro)
        && let Some(f) = python_method(object, intern!("__setattr__"))
    {
        return call::push_method(ctx, f, &[object, name, value], 0, Continuation::Finish);
    }
    let result = ops::setattr(object, name, value);
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}

pub(super) fn delete(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let object = ctx.operand(i.a());
    let name = ctx.code().name(i.b());
    if python_slot(object, Slot::tp_setattro)
        && let Some(f) = python_method(object, intern!("__delattr__"))
    {
        return call::push_method(ctx, f, &[object, name], 0, Continuation::Finish);
    }
    let result = ops::setattr(object, name, Value::EMPTY);
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}

/// `LOAD_METHOD`: an unbound method with its `self` apart where the protocol allows, else the attribute.
pub(super) fn load_method(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    let name = ctx.code().name(i.c());
    let t = v.ty();
    note_class(ctx, t, instance_shape(v, t));
    let found = generic_get(t) || is_hooked(v);
    if found
        && let Some(method) = typeobject::lookup(t, name).map(Ref::new)
        && method.ty().has(tpflags::METHOD_DESCRIPTOR)
    {
        let d = method.value();
        // An instance attribute of that name would hide the method.
        let hidden = if let Some(s) = instance_shape(v, t) {
            // SAFETY: a live shape.
            match unsafe { shape::slot_index(s, name) } {
                Some(_) => None,
                None => Some(s.bits()),
            }
        } else if t.has(tpflags::MANAGED_DICT) || t.tp_dictoffset != 0 {
            match typeobject::has_instance_attribute(v, name) {
                Ok(true) => None,
                Ok(false) => {
                    // Comparing with what is in the dict may have run code.
                    if typeobject::lookup(t, name) == Some(d) {
                        cache::remember_beside_dict(ctx, t, d);
                    }
                    Some(u64::MAX)
                }
                Err(e) => return Flow::Raise(e),
            }
        } else {
            Some(0)
        };
        if let Some(shape) = hidden {
            let version = typeobject::version_tag(t);
            if version != 0 && shape != u64::MAX {
                // SAFETY: the op has four extra words.
                unsafe {
                    *ctx.extra(0) = u64::from(version);
                    *ctx.extra(1) = shape;
                    *ctx.extra(2) = d.bits();
                }
                ctx.quicken(if shape == 0 {
                    Op::LOAD_METHOD_NO_DICT
                } else {
                    Op::LOAD_METHOD_SLOT_SHAPE
                });
            }
            let slf = ctx.take_operand(i.b(), i.d() & KILL_B != 0);
            ctx.set(i.a(), method);
            ctx.set(i.a() + 1, slf);
            return Flow::Next;
        }
    }
    if found && let Some(f) = cache::remember_class_method(ctx, v, t, name, instance_shape(v, t)) {
        let (f, class) = (Ref::new(f), t.to_ref());
        if i.d() & KILL_B != 0 {
            ctx.release(i.b());
        }
        ctx.set(i.a(), f);
        ctx.set(i.a() + 1, class);
        return Flow::Next;
    }
    // Not a method in the plain sense: the attribute alone, without self.
    if found
        && typeobject::lookup(t, name).is_none()
        && let Some(s) = instance_shape(v, t)
    {
        // SAFETY: a live shape of this instance; its slot indices are valid for it.
        unsafe {
            let version = typeobject::version_tag(t);
            if let Some(slot) = shape::slot_index(s, name)
                && version != 0
            {
                *ctx.extra(0) = u64::from(version) | u64::from(slot) << 32;
                *ctx.extra(1) = s.bits();
                ctx.quicken(Op::LOAD_METHOD_INSTANCE);
            }
        }
    }
    // SAFETY: an empty value owns nothing.
    let empty = unsafe { Ref::from_owned(Value::EMPTY) };
    if python_slot(v, Slot::tp_getattro) || t.is_heap() {
        cache::remember_holder(ctx, v, name, true);
        let keep = Ref::new(v);
        // An error of `__getattr__` is told the object; one of a plain lookup is not.
        let stays = i.b() != i.a() + 1 && is_hooked(v);
        if i.d() & KILL_B != 0 && !stays {
            ctx.release(i.b());
        }
        ctx.set(i.a() + 1, empty);
        return load_into(ctx, i, keep, name, stays);
    }
    match ops::getattr(v, name) {
        Ok(found) => {
            cache::remember_holder(ctx, v, name, true);
            if i.d() & KILL_B != 0 {
                ctx.release(i.b());
            }
            ctx.set(i.a(), found);
            ctx.set(i.a() + 1, empty);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// The attribute of a value that is no longer in its register, or `stays` there until the instruction is through.
fn load_into(ctx: Ctx, i: Instr, v: Ref, name: Value, stays: bool) -> Flow {
    let value = v.value();
    if generic_get(value.ty())
        && let Some(d) = typeobject::lookup(value.ty(), name)
    {
        let getter = pyrs_object::descr::property_getter(d);
        if !getter.is_empty() && is_py_function(getter) {
            return call::push_method(ctx, getter, &[value], i.a(), Continuation::Store);
        }
    }
    if python_slot(value, Slot::tp_getattro)
        && typeobject::lookup(value.ty(), intern!("__getattribute__"))
            == typeobject::lookup(
                ty!(typeobject::PyBaseObject_Type),
                intern!("__getattribute__"),
            )
        && let Some(f) = python_method(value, intern!("__getattr__"))
    {
        return match typeobject::generic_getattr_opt(value, name) {
            Ok(None) if stays => {
                call::push_method(ctx, f, &[value, name], i.a(), Continuation::Attribute)
            }
            Ok(None) => call::push_method(ctx, f, &[value, name], i.a(), Continuation::Store),
            Ok(Some(found)) if !stays => {
                ctx.set(i.a(), found);
                Flow::Next
            }
            Err(e) if !stays => Flow::Raise(e),
            result => done(ctx, i, result.map(|found| found.unwrap_or_else(Ref::none))),
        };
    }
    match ops::getattr(value, name) {
        Ok(found) => {
            ctx.set(i.a(), found);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}
