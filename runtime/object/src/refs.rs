//! Ownership: [`Ref`] owns one reference count, a plain [`Value`] borrows.
//!
//! The convention of the whole crate: a function's `Value` arguments are kept alive by its caller for the
//! call; results are owned (`Ref`). A `Value` made from raw bits by unsafe code is trusted to be alive.

use pyrs_layout::{PyObject, Value};
use std::ops::Deref;

/// "An exception is set in the thread state": the error type of everything that may raise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use = "an exception is set; it must be propagated or cleared"]
pub struct Raised(());

impl Raised {
    /// To be called only when the thread state's error indicator is set.
    #[inline]
    pub fn assume_set() -> Raised {
        Raised(())
    }
}

/// Result of an operation that may raise.
pub type PyResult<T = Ref> = Result<T, Raised>;

/// An owned value: dropping it gives the reference back.
#[repr(transparent)]
#[derive(Debug)]
pub struct Ref(Value);

impl Ref {
    /// Takes over a reference that the caller owns.
    ///
    /// # Safety
    /// The caller owns one count of `value` and gives it up.
    #[inline(always)]
    pub const unsafe fn from_owned(value: Value) -> Ref {
        Ref(value)
    }
    /// Takes over an owned object pointer (not null).
    ///
    /// # Safety
    /// As [`from_owned`](Self::from_owned); the pointer is canonical (see `crate::boundary` for foreign ones).
    #[inline(always)]
    pub unsafe fn from_owned_ptr<T>(object: *mut T) -> Ref {
        Ref(Value::from_object(object.cast()))
    }
    /// A new reference to what the caller has borrowed.
    #[inline(always)]
    pub fn new(value: Value) -> Ref {
        crate::heap::incref(value);
        Ref(value)
    }
    #[inline(always)]
    pub const fn value(&self) -> Value {
        self.0
    }
    /// Gives the count to the caller.
    #[inline(always)]
    pub const fn into_value(self) -> Value {
        let value = self.0;
        std::mem::forget(self);
        value
    }
    /// The object pointer with its count; only for values known to be objects.
    #[inline(always)]
    pub fn into_ptr(self) -> *mut PyObject {
        debug_assert!(self.0.is_object());
        self.into_value().as_ptr()
    }
    #[inline(always)]
    pub fn int(n: i64) -> Ref {
        match Value::try_int(n) {
            Some(v) => Ref(v),
            None => crate::int::from_i64_boxed(n),
        }
    }
    #[inline(always)]
    pub fn float(x: f64) -> Ref {
        match Value::try_float(x) {
            Some(v) => Ref(v),
            None => crate::float::new_boxed(x),
        }
    }
    #[inline(always)]
    pub fn bool(b: bool) -> Ref {
        Ref(crate::singletons::bool_value(b))
    }
    #[inline(always)]
    pub fn none() -> Ref {
        Ref(crate::singletons::none())
    }
    #[inline(always)]
    pub fn not_implemented() -> Ref {
        Ref(crate::singletons::not_implemented())
    }
    pub fn str(text: &str) -> Ref {
        crate::str::new(text)
    }
}

impl Drop for Ref {
    #[inline(always)]
    fn drop(&mut self) {
        crate::heap::decref(self.0);
    }
}

impl Clone for Ref {
    #[inline(always)]
    fn clone(&self) -> Ref {
        Ref::new(self.0)
    }
}

impl Deref for Ref {
    type Target = Value;
    #[inline(always)]
    fn deref(&self) -> &Value {
        &self.0
    }
}
