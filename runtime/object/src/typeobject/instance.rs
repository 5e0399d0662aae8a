//! Life and death of instances of Python classes: `tp_dealloc`, `tp_traverse`, `tp_clear` of heap types made by `class`.

use crate::layout::*;
use crate::{Type, Value, gc, heap, shape};
use std::ffi::{c_int, c_void};

/// Whether instances of `t` die through [`pyrs_subtype_dealloc`].
#[inline]
pub fn is_python_class(t: Type) -> bool {
    t.tp_dealloc
        .is_some_and(|f| std::ptr::fn_addr_eq(f, pyrs_subtype_dealloc as destructor))
}

/// The `__slots__` members of a heap type: they lie behind the type object.
///
/// # Safety
/// `t` is a Python class.
unsafe fn slot_members<'a>(t: Type) -> &'a [PyMemberDef] {
    if !is_python_class(t) {
        return &[];
    }
    // SAFETY: `ob_size` members follow the type (see `create`).
    unsafe {
        let n = (*t.as_ptr()).ob_base.ob_size.max(0) as usize;
        std::slice::from_raw_parts(members_of(t.as_ptr()), n)
    }
}

/// Where the members of a heap type lie: behind its metaclass' `tp_basicsize`.
///
/// # Safety
/// `t` is a heap type.
pub(super) unsafe fn members_of(t: *mut PyTypeObject) -> *mut PyMemberDef {
    // SAFETY: by contract.
    unsafe {
        let meta = (*t).ob_base.ob_base.ob_type;
        t.cast::<u8>().add((*meta).tp_basicsize as usize).cast()
    }
}

unsafe fn clear_slots(t: Type, object: *mut PyObject) {
    // SAFETY: object members of the class lie at their offsets in the instance.
    unsafe {
        for m in slot_members(t) {
            if m.r#type == membertype::OBJECT_EX && m.flags & membertype::READONLY == 0 {
                heap::clear_field(object.cast::<u8>().offset(m.offset).cast::<*mut PyObject>());
            }
        }
    }
}

/// Whether instances of a Python class have nothing but attributes and weak references.
fn has_only_attributes(t: Type) -> bool {
    // SAFETY: the extension of a ready type, under the GIL; ancestors are alive.
    unsafe {
        let ext = t.ext();
        if let Some(known) = (*ext).only_attributes {
            return known;
        }
        let mut base = t;
        let mut slots = false;
        while is_python_class(base) {
            slots |= !slot_members(base).is_empty();
            base = Type::from_ptr(base.tp_base);
        }
        let frees = heap::object_free as freefunc;
        let only = !slots
            && base == crate::ty!(super::PyBaseObject_Type)
            && t.has(tpflags::HAVE_GC)
            && t.has(tpflags::MANAGED_DICT)
            && t.tp_free.is_none_or(|f| std::ptr::fn_addr_eq(f, frees));
        (*ext).only_attributes = Some(only);
        only
    }
}

/// Whether instances of `t` are made by [`heap::new_plain`]: a Python class whose instances have nothing but attributes and
/// weak references, and no finalizer.
pub fn is_plain(t: Type) -> bool {
    let alloc = heap::generic_alloc as allocfunc;
    is_python_class(t)
        && has_only_attributes(t)
        && t.tp_basicsize as usize == heap::PLAIN_SIZE
        && t.tp_itemsize == 0
        && t.tp_weaklistoffset as usize == heap::PLAIN_SIZE - 8
        && t.tp_finalize.is_none()
        && t.tp_del.is_none()
        && t.tp_alloc.is_some_and(|f| std::ptr::fn_addr_eq(f, alloc))
}

/// Runs the finalizer once; true if it brought the object back to life.
///
/// # Safety
/// `object` is dying (count 0) and intact.
pub unsafe fn finalize_from_dealloc(object: *mut PyObject) -> bool {
    // SAFETY: by contract; the count is restored around the call.
    unsafe {
        let t = Type::of_ptr(object);
        let Some(f) = t.tp_finalize else {
            return false;
        };
        let is_gc = t.has(tpflags::HAVE_GC);
        if is_gc && (*heap::gc_head(object)).prev & heap::gcflags::FINALIZED != 0 {
            return false;
        }
        (*object).ob_refcnt = 1;
        f(object);
        if is_gc {
            (*heap::gc_head(object)).prev |= heap::gcflags::FINALIZED;
        }
        (*object).ob_refcnt -= 1;
        (*object).ob_refcnt != 0
    }
}

/// `tp_dealloc` of every Python class.
///
/// # Safety
/// As a C slot: the count of `object` is zero.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pyrs_subtype_dealloc(object: *mut PyObject) {
    // SAFETY: the object is intact until its base's tp_dealloc; the type is held until the end.
    unsafe {
        let t = Type::of_ptr(object);
        let is_gc = t.has(tpflags::HAVE_GC);
        if t.tp_finalize.is_some() {
            let tracked = is_gc && gc::is_tracked(object);
            if finalize_from_dealloc(object) {
                if tracked && !gc::is_tracked(object) {
                    gc::track(object);
                }
                return;
            }
        }
        if let Some(del) = t.tp_del {
            (*object).ob_refcnt = 1;
            del(object);
            (*object).ob_refcnt -= 1;
            if (*object).ob_refcnt > 0 {
                return;
            }
        }
        // A finalizer may have assigned `__class__`: what is released is the type the object has now.
        let t = Type::of_ptr(object);
        if has_only_attributes(t) {
            gc::untrack(object);
            if t.tp_weaklistoffset != 0 {
                crate::weakref::clear_refs(object);
            }
            shape::end(object);
            heap::free_object(object, t);
            heap::decref_ptr(t.as_ptr().cast());
            return;
        }
        let mut base = t;
        while is_python_class(base) {
            base = Type::from_ptr(base.tp_base);
        }
        if is_gc && gc::is_tracked(object) {
            gc::untrack(object);
        }
        if t.tp_weaklistoffset != 0 && base.tp_weaklistoffset == 0 {
            crate::weakref::clear_refs(object);
        }
        let mut at = t;
        while at != base {
            clear_slots(at, object);
            at = Type::from_ptr(at.tp_base);
        }
        if t.has(tpflags::MANAGED_DICT) && !base.has(tpflags::MANAGED_DICT) {
            shape::clear(object);
        } else if t.tp_dictoffset != 0
            && base.tp_dictoffset == 0
            && let Some(place) = super::lookup::dict_at_offset(Value::from_object(object))
        {
            heap::clear_field(place);
        }
        // A C base expects a tracked object: it untracks itself.
        if is_gc && base.has(tpflags::HAVE_GC) {
            gc::track(object);
        }
        let gives_up_type = base.is_heap() && (*base.ext()).foreign;
        if let Some(f) = base.tp_dealloc {
            f(object);
        }
        if !gives_up_type {
            heap::decref_ptr(t.as_ptr().cast());
        }
    }
}

/// `tp_traverse` of every Python class.
///
/// # Safety
/// As a C slot.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pyrs_subtype_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: by contract.
    unsafe {
        match each_referent(object, |o| visit(o, arg)) {
            (0, Some(rest)) => rest(object, visit, arg),
            (code, _) => code,
        }
    }
}

/// Whether the collector visits instances of `t` by [`each_referent`].
#[inline]
pub(crate) fn is_traversed_as_instance(t: Type) -> bool {
    t.tp_traverse
        .is_some_and(|f| std::ptr::fn_addr_eq(f, pyrs_subtype_traverse as traverseproc))
}

/// Calls `visit` with each object that an instance of a Python class refers to, as long as it gives 0; gives its last
/// answer, and the function that visits what a native base refers to.
///
/// # Safety
/// `object` is such an instance, complete enough for the collector.
#[inline(always)]
pub(crate) unsafe fn each_referent(
    object: *mut PyObject,
    mut visit: impl FnMut(*mut PyObject) -> c_int,
) -> (c_int, Option<traverseproc>) {
    // SAFETY: by contract; only objects are visited.
    unsafe {
        let t = Type::of_ptr(object);
        let mut base = t;
        while is_python_class(base) {
            for m in slot_members(base) {
                if m.r#type == membertype::OBJECT_EX {
                    let v = *object.cast::<u8>().offset(m.offset).cast::<Value>();
                    if v.is_object() {
                        let r = visit(v.as_ptr());
                        if r != 0 {
                            return (r, None);
                        }
                    }
                }
            }
            base = Type::from_ptr(base.tp_base);
        }
        if t.has(tpflags::MANAGED_DICT) {
            let r = shape::each_referent(object, &mut visit);
            if r != 0 {
                return (r, None);
            }
        } else if t.tp_dictoffset != base.tp_dictoffset
            && let Some(place) = super::lookup::dict_at_offset(Value::from_object(object))
            && !(*place).is_null()
        {
            let r = visit(*place);
            if r != 0 {
                return (r, None);
            }
        }
        // The instance keeps its heap type alive, unless a C heap base visits it.
        if !(base.is_heap() && (*base.ext()).foreign) {
            let r = visit(t.as_ptr().cast());
            if r != 0 {
                return (r, None);
            }
        }
        (0, base.tp_traverse)
    }
}

/// `tp_clear` of every Python class.
///
/// # Safety
/// As a C slot.
#[unsafe(no_mangle)]
pub(super) unsafe extern "C" fn pyrs_subtype_clear(object: *mut PyObject) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let t = Type::of_ptr(object);
        let mut base = t;
        while is_python_class(base) {
            clear_slots(base, object);
            base = Type::from_ptr(base.tp_base);
        }
        if t.has(tpflags::MANAGED_DICT) {
            shape::clear(object);
        } else if t.tp_dictoffset != base.tp_dictoffset
            && let Some(place) = super::lookup::dict_at_offset(Value::from_object(object))
        {
            heap::clear_field(place);
        }
        match base.tp_clear {
            Some(f) => f(object),
            None => 0,
        }
    }
}
