//! What compiled code calls for slices.

use crate::helpers::{out, status, v};
use pyrs_object::{Ref, Value, ValueExt, boundary, errors, list, ops, str, tuple};

pub(crate) extern "C" fn slice_new(start: u64, stop: u64, step: u64) -> u64 {
    pyrs_object::slice::new(v(start), v(stop), v(step))
        .into_value()
        .bits()
}
/// Bounds of a slice whose parts are ints or None: start, stop, step, count.
fn slice_bounds(
    start: Value,
    stop: Value,
    step: Value,
    len: usize,
) -> (isize, isize, isize, usize) {
    let step = step.as_int().map_or(1, |n| n as isize);
    let (first, last) = if step < 0 {
        (isize::MAX, isize::MIN)
    } else {
        (0, isize::MAX)
    };
    let bound = |v: Value, absent| v.as_int().map_or(absent, |n| n as isize);
    pyrs_object::slice::adjust(bound(start, first), bound(stop, last), step, len)
}
/// `container[start:stop:step]` of an exact list, tuple or anything else; the parts are ints or None.
pub(crate) extern "C" fn get_slice(container: u64, start: u64, stop: u64, step: u64) -> u64 {
    let c = v(container);
    let is_list = c.is_exact(pyrs_object::ty!(list::PyList_Type));
    let is_tuple = c.is_exact(pyrs_object::ty!(tuple::PyTuple_Type));
    let zero = v(step).as_int() == Some(0);
    if (is_list || is_tuple) && !zero {
        let items = if is_list {
            list::items(c)
        } else {
            tuple::items(c)
        };
        let (start, _, step, n) = slice_bounds(v(start), v(stop), v(step), items.len());
        if is_tuple && n == items.len() && step == 1 {
            return Ref::new(c).into_value().bits();
        }
        if is_list {
            if errors::check_room(n, 8).is_err() {
                return 0;
            }
            return list::part(items, start, step, n).into_value().bits();
        }
        let part = (0..n).map(|k| items[(start + k as isize * step) as usize]);
        let part: smallvec::SmallVec<[Value; 16]> = part.map(boundary::canonical).collect();
        return tuple::from_slice(&part).into_value().bits();
    }
    if c.is_exact(pyrs_object::ty!(str::PyUnicode_Type)) && v(step).as_int().is_none_or(|n| n == 1)
    {
        let (start, _, _, n) = slice_bounds(v(start), v(stop), v(step), str::len(c));
        let start = start.max(0) as usize;
        return str::substring(c, start, start + n).into_value().bits();
    }
    let key = pyrs_object::slice::new(v(start), v(stop), v(step));
    out(ops::getitem(c, key.value()))
}
pub(crate) extern "C" fn set_slice(list: u64, start: u64, stop: u64, step: u64, value: u64) -> u64 {
    let l = v(list);
    if l.is_exact(pyrs_object::ty!(list::PyList_Type)) && v(step).as_int().is_none_or(|n| n == 1) {
        let (start, stop, _, _) = slice_bounds(v(start), v(stop), v(step), list::len(l));
        let stop = stop.max(start) as usize;
        return status(list::assign_part(l, start as usize, stop, v(value)));
    }
    let key = pyrs_object::slice::new(v(start), v(stop), v(step));
    status(ops::setitem(v(list), key.value(), v(value)))
}
pub(crate) extern "C" fn list_to_tuple(list: u64) -> u64 {
    let items = list::items(v(list)).iter().map(|v| boundary::canonical(*v));
    let items: smallvec::SmallVec<[Value; 16]> = items.collect();
    tuple::from_slice(&items).into_value().bits()
}
