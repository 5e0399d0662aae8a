//! What several native modules need: deallocation and traversal of structs of owning fields, instance dicts.

use pyrs_object::{PyResult, Raised, Ref, Type, Value, ValueExt, dict, errors, ops, raise, str, tuple, ty, typeobject};

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

/// A new exception class `module.name`.
pub(crate) fn new_exception(module: &str, name: &str, base: Type) -> PyResult {
    let namespace = dict::new();
    dict::set_str(namespace.value(), "__module__", str::new(module).value());
    let (name, bases) = (str::new(name), tuple::from_slice(&[base.value()]));
    ops::call(
        ty!(typeobject::PyType_Type).value(),
        &[name.value(), bases.value(), namespace.value()],
    )
}

/// An exception class that the module makes at its import and raises later.
pub(crate) struct ErrorClass(std::sync::atomic::AtomicU64);

impl ErrorClass {
    pub(crate) const fn new() -> ErrorClass {
        ErrorClass(std::sync::atomic::AtomicU64::new(0))
    }
    /// Made once and never freed, because native code refers to it.
    pub(crate) fn make(&self, module: &str, name: &str, base: Type) -> PyResult {
        let known = Value::from_bits(self.0.load(std::sync::atomic::Ordering::Relaxed));
        if !known.is_empty() {
            return Ok(Ref::new(known));
        }
        let class = new_exception(module, name, base)?;
        self.0.store(class.clone().into_value().bits(), std::sync::atomic::Ordering::Relaxed);
        Ok(class)
    }
    /// Raises `class(message)`.
    #[cold]
    pub(crate) fn raise(&self, message: std::fmt::Arguments<'_>) -> Raised {
        let class = Value::from_bits(self.0.load(std::sync::atomic::Ordering::Relaxed));
        match Type::from_value(class) {
            Some(class) => errors::raise_fmt(class, message),
            None => raise!(SystemError, "{message}"),
        }
    }
}

/// A new instance of `t` by its allocator, zeroed behind the header.
pub(crate) fn alloc(t: Type) -> PyResult {
    let Some(alloc) = t.tp_alloc else {
        return Err(raise!(TypeError, "cannot create '{}' instances", t.message_name()));
    };
    // SAFETY: a ready type's allocator; the result is new and owned.
    unsafe {
        let o = alloc(t.as_ptr(), 0);
        if o.is_null() {
            return Err(errors::from_c_null());
        }
        Ok(Ref::from_owned_ptr(o))
    }
}

/// A C int argument.
pub(crate) fn as_c_int(v: Value) -> PyResult<i32> {
    let n = ops::index(v)?;
    match pyrs_object::int::to_i64(n.value()).and_then(|n| i32::try_from(n).ok()) {
        Some(n) => Ok(n),
        None if n.value().is_int() => Err(raise!(OverflowError, "signed integer is {} than {}", if pyrs_object::int::is_negative(n.value()) { "less" } else { "greater" }, if pyrs_object::int::is_negative(n.value()) { "minimum" } else { "maximum" })),
        None => Err(raise!(OverflowError, "Python int too large to convert to C long")),
    }
}

/// Whether `v` is a str.
pub(crate) fn is_str(v: Value) -> bool {
    v.has_flag(pyrs_layout::tpflags::UNICODE_SUBCLASS)
}
