//! What several native modules need: deallocation and traversal of structs of owning fields, instance dicts.

use pyrs_object::{PyResult, Ref, Value, ValueExt, dict, raise, typeobject};

/// `tp_dealloc`, `tp_traverse` and `tp_clear` over the owning fields of a GC struct. `weak` names the type's weak
/// reference list field, when it has one.
macro_rules! owning_fields {
    ($object:ident $dealloc:ident $traverse:ident $clear:ident weak; $($field:ident)*) => {
        owning_fields!(@ $object $dealloc $traverse $clear [pyrs_object::weakref::clear_refs] $($field)*);
    };
    ($object:ident $dealloc:ident $traverse:ident $clear:ident; $($field:ident)*) => {
        owning_fields!(@ $object $dealloc $traverse $clear [] $($field)*);
    };
    (@ $object:ident $dealloc:ident $traverse:ident $clear:ident [$($weak:path)?] $($field:ident)*) => {
        unsafe extern "C" fn $dealloc(object: *mut pyrs_object::layout::PyObject) {
            // SAFETY: a dead instance; each field owns what it holds.
            unsafe {
                pyrs_object::gc::untrack(object);
                $($weak(object);)?
                $(pyrs_object::heap::clear_field(&raw mut (*object.cast::<$object>()).$field);)*
                pyrs_object::heap::finish_dealloc(object);
            }
        }
        unsafe extern "C" fn $traverse(
            object: *mut pyrs_object::layout::PyObject,
            visit: pyrs_object::layout::visitproc,
            arg: *mut std::ffi::c_void,
        ) -> std::ffi::c_int {
            let o = object.cast::<$object>();
            // SAFETY: called by the collector for a live instance.
            unsafe { pyrs_object::visit_fields!(visit, arg, $((*o).$field),*) }
        }
        unsafe extern "C" fn $clear(object: *mut pyrs_object::layout::PyObject) -> std::ffi::c_int {
            // SAFETY: a live instance; each field is emptied before its object may die.
            unsafe {
                $(pyrs_object::heap::clear_field(&raw mut (*object.cast::<$object>()).$field);)*
            }
            0
        }
    };
}

/// `__dict__` of an instance whose type has a dict offset.
pub(crate) fn get_dict(v: Value) -> PyResult {
    match typeobject::instance_dict(v)? {
        Some(d) => Ok(d),
        None => Err(raise!(AttributeError, "This object has no __dict__")),
    }
}
/// Setter of `__dict__`.
pub(crate) fn set_dict(v: Value, d: Value) -> PyResult<()> {
    if d.is_empty() {
        return Err(raise!(TypeError, "cannot delete __dict__"));
    }
    if !dict::is_dict(d) {
        return Err(raise!(TypeError, "__dict__ must be set to a dictionary, not a '{}'", d.ty().message_name()));
    }
    if let Some(place) = typeobject::dict_ptr(v)? {
        // SAFETY: the place owns its dict or is null; the old one goes after the new is in place.
        unsafe {
            let old = std::mem::replace(&mut *place, Ref::new(d).into_ptr());
            pyrs_object::heap::xdecref_ptr(old);
        }
    }
    Ok(())
}

/// `f"{a}"` of `repr(v)`.
pub(crate) fn repr_text(v: Value) -> PyResult<String> {
    Ok(pyrs_object::str::to_string_lossy(pyrs_object::ops::repr(v)?.value()))
}
