//! What several native modules need: exception classes, argument conversions.

use pyrs_object::{PyResult, Raised, Ref, Type, Value, ValueExt, dict, errors, ops, raise, str, tuple, ty, typeobject};

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
