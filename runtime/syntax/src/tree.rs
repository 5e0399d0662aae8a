//! The owning links of the AST: `P<T>` (one child) and `Body` (a statement list).
//!
//! They exist for one reason: trees may be as deep as the source is long (`a+a+a+...`, `elif` chains), and Rust's
//! derived destructors recurse. Both links grow the stack while they drop, so no tree can overflow it.

use std::fmt;
use std::ops::{Deref, DerefMut};

/// Stack that must be left before a link drops its child in place.
const RED_ZONE: usize = 64 * 1024;
/// Size of each stack segment added while dropping or walking a deep tree.
const SEGMENT: usize = 1024 * 1024;

/// Runs `f` with enough stack left for one more level of recursion.
#[inline]
pub fn with_stack<R>(f: impl FnOnce() -> R) -> R {
    stacker::maybe_grow(RED_ZONE, SEGMENT, f)
}

/// An owned child node. Use it like `Box<T>`; `into_inner` moves the child out.
pub struct P<T>(Option<Box<T>>);

impl<T: Clone> Clone for P<T> {
    fn clone(&self) -> P<T> {
        with_stack(|| P::new((**self).clone()))
    }
}

impl<T: PartialEq> PartialEq for P<T> {
    fn eq(&self, other: &P<T>) -> bool {
        with_stack(|| **self == **other)
    }
}

impl<T> P<T> {
    #[inline]
    pub fn new(value: T) -> P<T> {
        P(Some(Box::new(value)))
    }

    #[inline]
    pub fn into_inner(mut self) -> T {
        // The slot is only ever empty after `into_inner` or inside `drop`, both of which end the link's life.
        *self.0.take().expect("an owned link always holds its child")
    }
}

impl<T> Drop for P<T> {
    #[inline]
    fn drop(&mut self) {
        if let Some(child) = self.0.take() {
            with_stack(move || drop(child));
        }
    }
}

impl<T> Deref for P<T> {
    type Target = T;
    #[inline]
    fn deref(&self) -> &T {
        self.0
            .as_ref()
            .expect("an owned link always holds its child")
    }
}

impl<T> DerefMut for P<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut T {
        self.0
            .as_mut()
            .expect("an owned link always holds its child")
    }
}

impl<T: fmt::Debug> fmt::Debug for P<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_stack(|| (**self).fmt(f))
    }
}

impl<T> From<T> for P<T> {
    fn from(value: T) -> P<T> {
        P::new(value)
    }
}

/// A list of statements (or handlers, or cases) that drops without deep recursion. Dereferences to a slice.
pub struct Body<T>(Vec<T>);

impl<T: Clone> Clone for Body<T> {
    fn clone(&self) -> Body<T> {
        with_stack(|| Body(self.0.clone()))
    }
}

impl<T: PartialEq> PartialEq for Body<T> {
    fn eq(&self, other: &Body<T>) -> bool {
        with_stack(|| self.0 == other.0)
    }
}

impl<T> Body<T> {
    pub fn new(items: Vec<T>) -> Body<T> {
        Body(items)
    }

    pub fn into_vec(mut self) -> Vec<T> {
        std::mem::take(&mut self.0)
    }

    pub fn as_vec_mut(&mut self) -> &mut Vec<T> {
        &mut self.0
    }
}

impl<T> Default for Body<T> {
    fn default() -> Body<T> {
        Body(Vec::new())
    }
}

impl<T> Drop for Body<T> {
    fn drop(&mut self) {
        if !self.0.is_empty() {
            let items = std::mem::take(&mut self.0);
            with_stack(move || drop(items));
        }
    }
}

impl<T> Deref for Body<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<T> DerefMut for Body<T> {
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.0
    }
}

impl<T> From<Vec<T>> for Body<T> {
    fn from(items: Vec<T>) -> Body<T> {
        Body(items)
    }
}

impl<'a, T> IntoIterator for &'a Body<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<T: fmt::Debug> fmt::Debug for Body<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        with_stack(|| self.0.fmt(f))
    }
}
