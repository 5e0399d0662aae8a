//! The table of interned strings. Like CPython's it does not count its references: a mortal entry removes itself when it
//! dies; an immortal one stays.

use super::*;

/// Open addressing by the string's hash, one slot after the other. A slot holds an address and above it bits of the hash,
/// so that other strings are passed without being looked at.
struct Table {
    slots: Vec<u64>,
    /// Slots that are not free.
    filled: usize,
    used: usize,
}
const FREE: u64 = 0;
const REMOVED: u64 = 1;
/// Addresses of programs are shorter.
const ADDRESS_BITS: u32 = 48;
const ADDRESS: u64 = (1 << ADDRESS_BITS) - 1;

fn entry(v: Value, hash: i64) -> u64 {
    v.as_ptr().expose_provenance() as u64 | hash as u64 & !ADDRESS
}
fn string(entry: u64) -> Value {
    Value::from_object(std::ptr::with_exposed_provenance_mut(
        (entry & ADDRESS) as usize,
    ))
}

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
            let e = self.slots[i];
            if e == FREE {
                return None;
            }
            if e != REMOVED && (e ^ hash as u64) & !ADDRESS == 0 && same(string(e)) {
                return Some(i);
            }
            i = (i + 1) & mask;
        }
    }
    fn insert(&mut self, v: Value) {
        if (self.filled + 1) * 3 > self.slots.len() * 2 {
            let size = (self.used * 4).max(1024).next_power_of_two();
            let old = std::mem::replace(&mut self.slots, vec![FREE; size]);
            (self.filled, self.used) = (0, 0);
            for e in old {
                if e != FREE && e != REMOVED {
                    self.place(string(e));
                }
            }
        }
        self.place(v);
    }
    fn place(&mut self, v: Value) {
        let (mask, hash) = (self.slots.len() - 1, hash(v));
        let mut i = hash as usize & mask;
        while self.slots[i] != FREE && self.slots[i] != REMOVED {
            i = (i + 1) & mask;
        }
        self.filled += usize::from(self.slots[i] == FREE);
        self.slots[i] = entry(v, hash);
        self.used += 1;
    }
    /// Empties a slot. Nothing is searched for behind the last slot of a run, so what was removed there is free again:
    /// names that come and go leave no run that every search has to walk.
    fn remove(&mut self, mut i: usize) {
        let mask = self.slots.len() - 1;
        self.used -= 1;
        self.slots[i] = REMOVED;
        if self.slots[(i + 1) & mask] == FREE {
            while self.slots[i] == REMOVED {
                self.slots[i] = FREE;
                self.filled -= 1;
                i = i.wrapping_sub(1) & mask;
            }
        }
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
            return Ref::new(string(t.slots[i]));
        }
        let made = new(text);
        // SAFETY: a live str; the cache is a plain word.
        unsafe { (*raw(made.value())).hash = h as isize };
        return intern_value(made);
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
        return Ref::new(string(t.slots[i]));
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
        t.remove(i);
    }
}

/// Slots that a search does not end at.
#[cfg(test)]
pub(super) fn filled() -> usize {
    table().filled
}
