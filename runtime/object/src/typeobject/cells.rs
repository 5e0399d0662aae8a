//! Data attributes of classes that programs store to again and again: counters, totals, the next number to give out.
//!
//! A store to a class normally takes its version away, and with it every cache that relies on the class. The first store that
//! replaces data by data therefore makes the attribute a *cell*: from then on such stores leave the version alone, and
//! nobody keeps the value of a cell under a version. What remains known under the version is that the class has the
//! attribute and that it is data, hence no descriptor.

use super::lookup::is_dunder;
use super::mro;
use crate::{Ref, Type, Value, ValueExt, dict, ty};

/// Whether the value is no descriptor, cannot become one, and runs nothing when it dies.
fn is_data(v: Value) -> bool {
    !v.is_object() && !v.is_empty()
        || v.is_none()
        || [
            ty!(crate::int::PyLong_Type),
            ty!(crate::bool::PyBool_Type),
            ty!(crate::float::PyFloat_Type),
            ty!(crate::str::PyUnicode_Type),
        ]
        .contains(&v.ty())
}

/// The bit of a name in the set of a class's cells. Names may share bits: then one is a cell for no reason of its own.
fn bit(name: Value) -> u64 {
    1 << ((name.bits() >> 4) % 64)
}
/// Whether attribute `name` of the class, whose value is `v`, is a cell.
fn is_cell_of(t: Type, name: Value, v: Value) -> bool {
    // SAFETY: a live type's.
    let cells = unsafe { t.ext().as_ref() }.map_or(0, |ext| ext.cells);
    cells & bit(name) != 0 && is_data(v)
}

/// Where a class keeps the value of a cell: in this entry of its dict, as long as the keys of that are the same.
#[derive(Clone, Copy)]
pub struct Cell {
    pub dict: Value,
    pub index: usize,
}

/// The cell that `name` (interned) names in the class or what it inherits from.
pub fn cell(t: Type, name: Value) -> Option<Cell> {
    if t.tp_mro.is_null() {
        return None;
    }
    for base in mro(t) {
        let base = Type::from_value(*base)?;
        if base.tp_dict.is_null() {
            continue;
        }
        let dict = Value::from_object(base.tp_dict);
        if !dict::has_only_strs(dict) {
            // Comparing with other keys runs code.
            return None;
        }
        if let Some(v) = dict::get_interned(dict, name) {
            let index = dict::find_index(dict, name);
            return index
                .filter(|_| is_cell_of(base, name, v))
                .map(|index| Cell { dict, index });
        }
    }
    None
}
/// Whether a value that was found for `name` may not be kept under the class's version.
#[inline]
pub fn is_cell(t: Type, name: Value, found: Value) -> bool {
    is_data(found) && cell(t, name).is_some()
}

/// Stores to a cell of the class itself; false if that is none, or the value is not data. `name` is interned. The caller has
/// made sure that the metaclass has no say.
pub fn store(t: Type, name: Value, value: Value) -> bool {
    let Some(at) = own(t, name).filter(|_| is_data(value)) else {
        return false;
    };
    // SAFETY: just found.
    unsafe {
        if !is_cell_of(t, name, dict::value_at(at.dict, at.index)) {
            return false;
        }
        dict::set_value_at(at.dict, at.index, Ref::new(value));
    }
    true
}
/// A store to the class is about to happen: makes the attribute a cell if it replaces data by data.
pub(super) fn note_store(t: Type, name: Value, value: Value) {
    if value.is_empty() || !is_data(value) || is_dunder(name) || t.ext().is_null() {
        return;
    }
    // SAFETY: just found; a live type under the GIL.
    unsafe {
        if own(t, name).is_some_and(|at| is_data(dict::value_at(at.dict, at.index))) {
            (*t.ext()).cells |= bit(name);
        }
    }
}
fn own(t: Type, name: Value) -> Option<Cell> {
    if t.tp_dict.is_null() {
        return None;
    }
    let dict = Value::from_object(t.tp_dict);
    let index = dict::find_index(dict, name)?;
    Some(Cell { dict, index })
}
/// Whether stores of `name` to classes with this metaclass go to the classes' dicts.
pub fn stores_to_dict(meta: Type, name: Value) -> bool {
    !is_dunder(name) && super::lookup(meta, name).is_none_or(|d| !super::has_set(d))
}
