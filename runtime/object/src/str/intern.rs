//! The table of interned strings. Like CPython's it does not count its references: a mortal entry removes itself when it
//! dies; an immortal one stays.

use super::*;

/// Open addressing by the string's hash; null is free, 1 is a removed entry.
struct Table {
    slots: Vec<O>,
    /// Slots that are not free.
    filled: usize,
    used: usize,
}
const REMOVED: O = std::ptr::without_provenance_mut(1);

static mut TABLE: Table = Table {
    slots: Vec::new(),
    filled: 0,
    used: 0,
};

fn table() -> &'static mut Table {
    let table = &raw mut TABLE;
    // SAFETY: only the GIL's holder gets here, and no reference outlives the functions below.
    unsafe { &mut *table }
}

impl Table {
    fn find(&self, hash: i64, same: impl Fn(Value) -> bool) -> Option<usize> {
        let mask = self.slots.len().wrapping_sub(1);
        if self.slots.is_empty() {
            return None;
        }
        let mut i = hash as usize & mask;
        loop {
            let p = self.slots[i];
            if p.is_null() {
                return None;
            }
            if p != REMOVED && same(Value::from_object(p)) {
                return Some(i);
            }
            i = (i + 1) & mask;
        }
    }
    fn insert(&mut self, v: Value) {
        if (self.filled + 1) * 3 > self.slots.len() * 2 {
            let size = (self.used * 4).max(1024).next_power_of_two();
            let old = std::mem::replace(&mut self.slots, vec![std::ptr::null_mut(); size]);
            (self.filled, self.used) = (0, 0);
            for p in old {
                if !p.is_null() && p != REMOVED {
                    self.place(p);
                }
            }
        }
        self.place(v.as_ptr());
    }
    fn place(&mut self, p: O) {
        let mask = self.slots.len() - 1;
        let mut i = hash(Value::from_object(p)) as usize & mask;
        while !self.slots[i].is_null() {
            i = (i + 1) & mask;
        }
        self.slots[i] = p;
        self.filled += 1;
        self.used += 1;
    }
}

fn mark(v: Value, how: u32) {
    // SAFETY: a live str.
    unsafe { (*raw(v)).state = state(v).with_interned(how) }
}

/// The interned str of that text.
pub fn intern(text: &str) -> Ref {
    if text.is_ascii() {
        let h = hash_secret().hash_bytes(text.as_bytes());
        let t = table();
        if let Some(i) = t.find(h, |v| ascii_bytes(v) == Some(text.as_bytes())) {
            return Ref::new(Value::from_object(t.slots[i]));
        }
    }
    intern_value(new(text))
}
pub fn intern_immortal(text: &str) -> Value {
    make_immortal(intern(text))
}
pub(super) fn make_immortal(r: Ref) -> Value {
    let r = intern_value(r);
    mark(r.value(), 2);
    crate::heap::immortalize(&r);
    r.into_value()
}
/// Interns an exact str.
pub fn intern_value(v: Ref) -> Ref {
    if !is_exact(v.value()) || is_interned(v.value()) {
        return v;
    }
    let h = hash(v.value());
    let t = table();
    if let Some(i) = t.find(h, |x| eq(x, v.value())) {
        return Ref::new(Value::from_object(t.slots[i]));
    }
    t.insert(v.value());
    mark(v.value(), 1);
    v
}
#[inline]
pub fn is_interned(v: Value) -> bool {
    is_str(v) && state(v).interned() != 0
}
/// A mortal interned string dies.
pub(crate) fn forget_interned(v: Value) {
    let t = table();
    if let Some(i) = t.find(hash(v), |x| x == v) {
        t.slots[i] = REMOVED;
        t.used -= 1;
    }
}
