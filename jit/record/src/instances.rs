//! What compiled code calls for instances of Python classes: attributes that are found without running anything, and new
//! instances.

use crate::helpers::v;
use pyrs_object::layout::{PyTypeObject, tpflags};
use pyrs_object::{Ref, Type, Value, ValueExt, dict, heap, ops};

/// What the instance's own dict has under the name; empty if there is nothing.
pub(crate) extern "C" fn dict_attr(object: u64, name: u64) -> u64 {
    // SAFETY: compiled code has looked at the class: instances have managed attributes.
    let found = unsafe { pyrs_object::shape::get_attribute(v(object).as_ptr(), v(name)) };
    match found {
        Ok(found) => found.map_or(0, |r| r.into_value().bits()),
        Err(_) => {
            pyrs_object::errors::clear();
            0
        }
    }
}
/// An attribute that is read without running anything: a value of the instance, a plain one of its class, or a field that
/// a descriptor names.
pub(crate) fn plain_attribute(object: Value, name: Value) -> Option<Ref> {
    use pyrs_object::native::Slot;
    use pyrs_object::typeobject::{PyBaseObject_Type, lookup};
    let (t, base) = (object.ty(), pyrs_object::ty!(PyBaseObject_Type));
    let plain = ops::c_slot_word(t, Slot::tp_getattro) == ops::c_slot_word(base, Slot::tp_getattro);
    if !object.is_object() || !plain && !pyrs_vm::interp::is_hooked(object) {
        return None;
    }
    let descr = lookup(t, name);
    if let Some(d) = descr.filter(|d| d.ty().tp_descr_set.is_some()) {
        if !pyrs_object::descr::reads_field(d) {
            return None;
        }
        return match pyrs_object::typeobject::descr_get(d, object, t.value()) {
            Ok(found) => Some(found),
            Err(_) => {
                pyrs_object::errors::clear();
                None
            }
        };
    }
    // SAFETY: the flag says that attributes are managed; the place belongs to a live object.
    let own = unsafe {
        if t.has(tpflags::MANAGED_DICT) {
            pyrs_object::shape::get_attribute(object.as_ptr(), name)
        } else {
            match pyrs_object::typeobject::dict_at_offset(object) {
                Some(at) if !(*at).is_null() => dict::get(Value::from_object(*at), name),
                _ => Ok(None),
            }
        }
    };
    match own {
        Ok(Some(found)) => Some(found),
        Ok(None) => descr
            .filter(|d| d.ty().tp_descr_get.is_none())
            .map(Ref::new),
        Err(_) => {
            pyrs_object::errors::clear();
            None
        }
    }
}
/// Stores data to a cell of a class, if it is that.
pub(crate) extern "C" fn store_to_cell(class: u64, name: u64, value: u64) -> u8 {
    let class = pyrs_object::Type::from_ptr(v(class).as_ptr().cast());
    u8::from(pyrs_object::typeobject::store_to_cell(
        class,
        v(name),
        v(value),
    ))
}
pub(crate) extern "C" fn any_attr(object: u64, name: u64) -> u64 {
    plain_attribute(v(object), v(name)).map_or(0, |r| r.into_value().bits())
}
/// A method that a class has for its instances, and that no attribute of `object` hides.
pub(crate) fn plain_method(object: Value, name: Value) -> Option<Ref> {
    use pyrs_object::native::Slot;
    use pyrs_object::typeobject::{PyBaseObject_Type, has_instance_attribute, lookup};
    let (t, base) = (object.ty(), pyrs_object::ty!(PyBaseObject_Type));
    let plain = ops::c_slot_word(t, Slot::tp_getattro) == ops::c_slot_word(base, Slot::tp_getattro);
    if !object.is_object() || !plain && !pyrs_vm::interp::is_hooked(object) {
        return None;
    }
    let method = lookup(t, name).filter(|d| d.ty().has(tpflags::METHOD_DESCRIPTOR))?;
    match has_instance_attribute(object, name) {
        Ok(false) => Some(Ref::new(method)),
        Ok(true) => None,
        Err(_) => {
            pyrs_object::errors::clear();
            None
        }
    }
}
pub(crate) extern "C" fn any_method(object: u64, name: u64) -> u64 {
    plain_method(v(object), v(name)).map_or(0, |r| r.into_value().bits())
}
/// The Python `__init__` of a class whose instances are made without running anything else.
pub(crate) fn plain_init(class: Value) -> Option<Value> {
    use pyrs_object::typeobject::{PyType_Type, is_plain_instantiation, lookup};
    let exact = class.is_object() && class.ty() == pyrs_object::ty!(PyType_Type);
    let t =
        Type::from_value(class).filter(|t| exact && t.is_heap() && is_plain_instantiation(*t))?;
    lookup(t, pyrs_object::intern!("__init__")).filter(|f| pyrs_vm::interp::is_py_function(*f))
}
pub(crate) extern "C" fn any_init(class: u64) -> u64 {
    plain_init(v(class)).map_or(0, |f| Ref::new(f).into_value().bits())
}
/// Whether a store to the attribute is one to the instance itself.
pub(crate) fn stores_plainly(object: Value, name: Value) -> bool {
    use pyrs_object::native::Slot;
    use pyrs_object::typeobject::{PyBaseObject_Type, lookup};
    let (t, base) = (object.ty(), pyrs_object::ty!(PyBaseObject_Type));
    object.is_object()
        && t.has(tpflags::MANAGED_DICT)
        && ops::c_slot_word(t, Slot::tp_setattro) == ops::c_slot_word(base, Slot::tp_setattro)
        && lookup(t, name).is_none_or(|d| d.ty().tp_descr_set.is_none())
}
/// Stores an attribute of the instance; false if that is to be left to its class.
pub(crate) extern "C" fn any_store(object: u64, name: u64, value: u64) -> u8 {
    let (object, name) = (v(object), v(name));
    if !stores_plainly(object, name) {
        return 0;
    }
    // SAFETY: attributes are managed, as was just asked.
    let done = unsafe { pyrs_object::shape::set_attribute(object.as_ptr(), name, v(value)) };
    u8::from(done.unwrap_or_else(|_| {
        pyrs_object::errors::clear();
        false
    }))
}
pub(crate) extern "C" fn has_own(object: u64, name: u64) -> u8 {
    let found = pyrs_object::typeobject::has_instance_attribute(v(object), v(name));
    u8::from(found.unwrap_or_else(|_| {
        pyrs_object::errors::clear();
        true
    }))
}

/// Tag of the layouts of plain instances: fields are the class, the shape and the attribute slots.
pub(crate) const INSTANCE: u64 = 1 << 32;
/// Attributes that the smallest of them have room for.
pub(crate) const LEAST_SLOTS: usize = 4;

pub(crate) fn new_instance(class: u64, shape: u64, slots: &[u64]) -> u64 {
    // SAFETY: compiled code has checked that the class is plain; a `Value` is its bits, and the references are given up.
    unsafe {
        let slots = std::slice::from_raw_parts(slots.as_ptr().cast::<Value>(), slots.len());
        heap::new_plain(
            Type::from_ptr(class as *mut PyTypeObject),
            pyrs_object::shape::Shape::from_bits(shape),
            slots,
        ) as u64
    }
}
macro_rules! instance_functions {
    ($($name:ident($($v:ident)*);)*) => {
        $(#[allow(clippy::too_many_arguments, reason = "as many as there are slots")]
        extern "C" fn $name(class: u64, shape: u64 $(, $v: u64)*) -> u64 {
            new_instance(class, shape, &[$($v),*])
        })*
        pub(crate) fn instance_functions() -> Vec<u64> {
            vec![$($name as *const () as u64),*]
        }
    };
}
instance_functions! {
    instance4(a b c d);
    instance5(a b c d e);
    instance6(a b c d e f);
    instance7(a b c d e f g);
    instance8(a b c d e f g h);
}
