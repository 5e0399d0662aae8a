//! `Type`: a handle on a type object, with the questions everybody asks of one.

use crate::native::{NativeSlots, TypeExt};
use crate::{Ref, Value};
use pyrs_layout::*;
use std::ops::Deref;

/// A pointer to a live type object. Types outlive their instances, so a borrowed handle is safe to keep while an
/// instance or a counted reference to the type is held.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct Type(*mut PyTypeObject);

// SAFETY: a handle is an address; whoever follows it holds the GIL.
unsafe impl Send for Type {}
// SAFETY: as above.
unsafe impl Sync for Type {}

impl Deref for Type {
    type Target = PyTypeObject;
    #[inline(always)]
    fn deref(&self) -> &PyTypeObject {
        // SAFETY: a handle points at a live type.
        unsafe { &*self.0 }
    }
}

impl std::fmt::Debug for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "<type {}>", self.name())
    }
}

impl Type {
    #[inline(always)]
    pub const fn from_ptr(ptr: *mut PyTypeObject) -> Type {
        Type(ptr)
    }
    #[inline(always)]
    pub const fn as_ptr(self) -> *mut PyTypeObject {
        self.0
    }
    #[inline(always)]
    pub fn value(self) -> Value {
        Value::from_object(self.0.cast())
    }
    #[inline(always)]
    pub fn to_ref(self) -> Ref {
        Ref::new(self.value())
    }
    /// The type of any value (not empty).
    #[inline(always)]
    pub fn of(v: Value) -> Type {
        if v.is_int() {
            Type(&raw mut crate::int::PyLong_Type)
        } else if v.is_float() {
            Type(&raw mut crate::float::PyFloat_Type)
        } else {
            debug_assert!(!v.is_empty());
            // SAFETY: a live object.
            unsafe { Type((*v.as_ptr()).ob_type) }
        }
    }
    /// # Safety
    /// `object` is alive (or just dead, its header intact).
    #[inline(always)]
    pub unsafe fn of_ptr(object: *const PyObject) -> Type {
        // SAFETY: by contract.
        Type(unsafe { (*object).ob_type })
    }
    /// The type that `v` is, if it is a type object.
    #[inline]
    pub fn from_value(v: Value) -> Option<Type> {
        if v.is_object() && Type::of(v).has(tpflags::TYPE_SUBCLASS) {
            Some(Type(v.as_ptr().cast()))
        } else {
            None
        }
    }
    #[inline(always)]
    pub fn has(self, flag: u64) -> bool {
        self.tp_flags & flag != 0
    }
    #[inline(always)]
    pub fn is_heap(self) -> bool {
        self.has(tpflags::HEAPTYPE)
    }
    /// pyrs' side of the type. Every ready type has one.
    #[inline(always)]
    pub fn ext(self) -> *mut TypeExt {
        self.tp_cache.cast()
    }
    #[inline(always)]
    pub fn native(self) -> &'static NativeSlots {
        // SAFETY: a ready type's extension lives as long as the type.
        unsafe { &(*self.ext()).native }
    }
    /// `tp_name` as it stands ("collections.deque", "list").
    pub fn full_name(self) -> &'static str {
        // SAFETY: tp_name lives as long as the type.
        unsafe { crate::native::c_str(self.tp_name) }
    }
    /// The last part of `tp_name`, as error messages and `__name__` show it... heap types: their `ht_name`.
    pub fn name(self) -> &'static str {
        let full = self.full_name();
        if self.is_heap() {
            full
        } else {
            full.rsplit('.').next().unwrap_or(full)
        }
    }
    /// `type.__qualname__`-independent module-less name for messages that print `tp_name` with at most 200 bytes.
    pub fn message_name(self) -> &'static str {
        let full = self.full_name();
        if full.len() <= 200 {
            return full;
        }
        match full.char_indices().nth(200) {
            Some((end, _)) => &full[..end],
            None => full,
        }
    }
    /// Whether `self` is `base` or inherits from it (as `PyType_IsSubtype`, O(1) along `tp_base`).
    #[inline]
    pub fn is_subtype(self, base: Type) -> bool {
        if self == base {
            return true;
        }
        let (ext, base_ext) = (self.ext(), base.ext());
        if !ext.is_null() && !base_ext.is_null() {
            // SAFETY: extensions of ready types; `display` has `depth + 1` entries.
            unsafe {
                let depth = (*base_ext).depth;
                if !(*ext).display.is_null()
                    && depth <= (*ext).depth
                    && *(*ext).display.add(depth as usize) == base.0
                {
                    return true;
                }
            }
        }
        crate::typeobject::mro_contains(self, base)
    }
    #[inline(always)]
    pub fn number(self) -> Option<&'static PyNumberMethods> {
        // SAFETY: null or a table that lives as long as the type.
        unsafe { self.tp_as_number.as_ref() }
    }
    #[inline(always)]
    pub fn sequence(self) -> Option<&'static PySequenceMethods> {
        // SAFETY: null or a table that lives as long as the type.
        unsafe { self.tp_as_sequence.as_ref() }
    }
    #[inline(always)]
    pub fn mapping(self) -> Option<&'static PyMappingMethods> {
        // SAFETY: null or a table that lives as long as the type.
        unsafe { self.tp_as_mapping.as_ref() }
    }
}

/// A handle on a static type: `ty!(PyList_Type)` with the static in scope.
#[macro_export]
macro_rules! ty {
    ($t:path) => {
        $crate::Type::from_ptr(&raw mut $t)
    };
}

/// Questions about values that need the type system.
pub trait ValueExt: Copy {
    fn ty(self) -> Type;
    fn is_none(self) -> bool;
    fn is_not_implemented(self) -> bool;
    /// Exactly of type `t`.
    fn is_exact(self, t: Type) -> bool;
    /// Of type `t` or a subclass.
    fn is_a(self, t: Type) -> bool;
    /// Has the type flag (`tpflags::LIST_SUBCLASS`...).
    fn has_flag(self, flag: u64) -> bool;
    fn to_ref(self) -> Ref;
    /// `None` for empty.
    fn non_empty(self) -> Option<Value>;
    fn is_true_const(self) -> bool;
    fn is_false_const(self) -> bool;
}

impl ValueExt for Value {
    #[inline(always)]
    fn ty(self) -> Type {
        Type::of(self)
    }
    #[inline(always)]
    fn is_none(self) -> bool {
        self == crate::singletons::none()
    }
    #[inline(always)]
    fn is_not_implemented(self) -> bool {
        self == crate::singletons::not_implemented()
    }
    #[inline(always)]
    fn is_exact(self, t: Type) -> bool {
        !self.is_empty() && Type::of(self) == t
    }
    #[inline(always)]
    fn is_a(self, t: Type) -> bool {
        !self.is_empty() && Type::of(self).is_subtype(t)
    }
    #[inline(always)]
    fn has_flag(self, flag: u64) -> bool {
        !self.is_empty() && Type::of(self).tp_flags & flag != 0
    }
    #[inline(always)]
    fn to_ref(self) -> Ref {
        Ref::new(self)
    }
    #[inline(always)]
    fn non_empty(self) -> Option<Value> {
        if self.is_empty() { None } else { Some(self) }
    }
    #[inline(always)]
    fn is_true_const(self) -> bool {
        self == crate::singletons::bool_value(true)
    }
    #[inline(always)]
    fn is_false_const(self) -> bool {
        self == crate::singletons::bool_value(false)
    }
}
