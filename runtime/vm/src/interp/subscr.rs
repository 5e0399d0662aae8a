//! Subscripts: list, tuple, str and dict inline, Python `__getitem__`/`__setitem__` in frames.

use super::*;
use pyrs_object::native::Slot;
use pyrs_object::{boundary, dict, list, str, tuple};

/// `container[i]` for exact lists and tuples inside their bounds (one-character results of ASCII strs too).
#[inline(always)]
pub(super) fn fast_index(container: Value, i: i64) -> Option<Ref> {
    if !container.is_object() {
        return None;
    }
    // SAFETY: the type says what the object is; the index is checked.
    unsafe {
        let ty = (*container.as_ptr()).ob_type;
        if ty == &raw mut list::PyList_Type {
            let l = container.as_ptr().cast::<PyListObject>();
            let n = (*l).ob_base.ob_size as i64;
            let at = if i < 0 { i + n } else { i };
            if (at as u64) < n as u64 {
                let v = *(*l).ob_item.cast::<Value>().add(at as usize);
                return Some(Ref::new(if boundary::is_exposed(container.as_ptr()) {
                    boundary::canonical(v)
                } else {
                    v
                }));
            }
        } else if ty == &raw mut tuple::PyTuple_Type {
            let items = tuple::items(container);
            let n = items.len() as i64;
            let at = if i < 0 { i + n } else { i };
            if (at as u64) < n as u64 {
                let v = items[at as usize];
                return Some(Ref::new(if boundary::is_exposed(container.as_ptr()) {
                    boundary::canonical(v)
                } else {
                    v
                }));
            }
        } else if ty == &raw mut str::PyUnicode_Type {
            let n = str::len(container) as i64;
            let at = if i < 0 { i + n } else { i };
            if (at as u64) < n as u64 {
                return Some(str::from_char(str::char_at(container, at as usize)));
            }
        }
    }
    None
}

/// `container[key]` for exact dicts; `None` also for missing keys.
#[inline(always)]
pub(super) fn dict_hit(container: Value, key: Value) -> PyResult<Option<Ref>> {
    if container.is_exact(ty!(dict::PyDict_Type)) {
        dict::get(container, key)
    } else {
        Ok(None)
    }
}

/// Where item `i` of an exact list lies that C has not seen, so that it may be overwritten with any value.
#[inline(always)]
pub(super) fn list_place(container: Value, i: i64) -> Option<*mut Value> {
    if !container.is_exact(ty!(list::PyList_Type)) {
        return None;
    }
    // SAFETY: an exact list; the index is checked.
    unsafe {
        let l = container.as_ptr().cast::<PyListObject>();
        let n = (*l).ob_base.ob_size as i64;
        let at = if i < 0 { i + n } else { i };
        if at as u64 >= n as u64 || boundary::is_exposed(container.as_ptr()) {
            return None;
        }
        Some((*l).ob_item.cast::<Value>().add(at as usize))
    }
}

/// Start, stop (not below start) and length of `container[i:j]` from the registers of a `BUILD_SLICE`.
fn bounds(ctx: Ctx, i: Instr, length: usize) -> Option<(usize, usize)> {
    let bound = |v: Value, default: usize| {
        if v.is_none() {
            return Some(default);
        }
        let n = v.as_int()?;
        let n = if n < 0 { n + length as i64 } else { n };
        Some(n.clamp(0, length as i64) as usize)
    };
    let start = bound(ctx.reg(i.b()), 0)?;
    let stop = bound(ctx.reg(i.b() + 1), length)?;
    Some((start, stop.max(start)))
}

fn release_bounds(ctx: Ctx, i: Instr) {
    for k in 0..i.c() {
        ctx.release(i.b() + k);
    }
}

/// Items of an exact list or tuple as they may be put elsewhere.
fn canonical_items(container: Value, part: &[Value]) -> Vec<Ref> {
    // SAFETY: a list or tuple has a GC head.
    if unsafe { boundary::is_exposed(container.as_ptr()) } {
        part.iter()
            .map(|v| Ref::new(boundary::canonical(*v)))
            .collect()
    } else {
        part.iter().map(|v| Ref::new(*v)).collect()
    }
}

/// The result of `BUILD_SLICE` at `pc` and the `LOAD_SUBSCR` behind it, if that takes the slice, the container is an exact
/// list, tuple or str, and the bounds are small integers or None. The bounds' registers are released then.
///
/// # Safety
/// `pc` points at the running `BUILD_SLICE`.
pub(super) unsafe fn sliced(ctx: Ctx, pc: *const u64) -> Option<Ref> {
    // SAFETY: every BUILD_SLICE is followed by an instruction.
    let (i, then) = unsafe { (Instr(*pc), Instr(*pc.add(1))) };
    // The slice dies there: it is killed, or its register gets the result.
    if then.op().map(Op::family) != Some(Op::LOAD_SUBSCR)
        || then.c() != i.a()
        || then.d() & KILL_C == 0 && then.a() != i.a()
        || then.b() == i.a()
    {
        return None;
    }
    let container = ctx.operand(then.b());
    if !container.is_object() {
        return None;
    }
    let ty = container.ty();
    let step = if i.c() == 3 {
        ctx.reg(i.b() + 2)
    } else {
        Ref::none().value()
    };
    let part = if ty == ty!(list::PyList_Type) {
        if step.as_int() == Some(-1) && ctx.reg(i.b() + 1).is_none() {
            // `l[i::-1]`, reversal in place of a part.
            let length = list::len(container) as i64;
            let first = ctx.reg(i.b());
            let last = if first.is_none() {
                length - 1
            } else {
                let n = first.as_int()?;
                (if n < 0 { n + length } else { n }).min(length - 1)
            };
            let count = (last + 1).max(0) as usize;
            if count > FEW {
                return None;
            }
            let mut items = canonical_items(container, &list::items(container)[..count]);
            items.reverse();
            release_bounds(ctx, i);
            return Some(list::from_vec(items));
        }
        if !step.is_none() {
            return None;
        }
        let (start, stop) = bounds(ctx, i, list::len(container))?;
        if stop - start > FEW {
            return None;
        }
        let part = &list::items(container)[start..stop];
        // SAFETY: an exact list.
        if unsafe { boundary::is_exposed(container.as_ptr()) } {
            list::from_vec(canonical_items(container, part))
        } else {
            list::from_slice(part)
        }
    } else if !step.is_none() {
        return None;
    } else if ty == ty!(tuple::PyTuple_Type) {
        let length = tuple::len(container);
        let (start, stop) = bounds(ctx, i, length)?;
        if stop - start == length {
            Ref::new(container)
        } else {
            let part = &tuple::items(container)[start..stop];
            tuple::from_vec(canonical_items(container, part))
        }
    } else if ty == ty!(str::PyUnicode_Type) {
        let (start, stop) = bounds(ctx, i, str::len(container))?;
        str::substring(container, start, stop)
    } else {
        return None;
    };
    release_bounds(ctx, i);
    Some(part)
}

/// Slices of more items are left to the instructions themselves: those can run out of memory.
const FEW: usize = 1 << 20;

/// Does `BUILD_SLICE` at `pc` and the `STORE_SUBSCR` behind it, if that takes the slice and both container and value are
/// exact lists (the value may be a tuple). All registers that the two release are released then.
///
/// # Safety
/// `pc` points at the running `BUILD_SLICE`.
pub(super) unsafe fn slice_stored(ctx: Ctx, pc: *const u64) -> bool {
    // SAFETY: every BUILD_SLICE is followed by an instruction.
    let (i, then) = unsafe { (Instr(*pc), Instr(*pc.add(1))) };
    if then.op().map(Op::family) != Some(Op::STORE_SUBSCR)
        || then.b() != i.a()
        || then.d() & KILL_B == 0
        || then.a() == i.a()
        || then.c() == i.a()
        || i.c() == 3 && !ctx.reg(i.b() + 2).is_none()
    {
        return false;
    }
    let (container, value) = (ctx.operand(then.a()), ctx.operand(then.c()));
    if !container.is_exact(ty!(list::PyList_Type)) {
        return false;
    }
    let Some(items) = ops::exact_items(value) else {
        return false;
    };
    if items.len() + list::len(container) > FEW {
        return false;
    }
    let Some((start, stop)) = bounds(ctx, i, list::len(container)) else {
        return false;
    };
    let keep = Ref::new(container);
    // SAFETY: an exact list.
    let plain = unsafe { !boundary::is_exposed(container.as_ptr()) };
    if plain && stop - start == items.len() && value != container {
        // As many as before: item by item; the old ones go when all new ones are in place.
        let mut old: smallvec::SmallVec<[Value; 16]> = smallvec::SmallVec::new();
        for (k, item) in items.iter().enumerate() {
            if let Some(place) = list_place(container, (start + k) as i64) {
                let new = Ref::new(boundary::canonical(*item)).into_value();
                // SAFETY: a place in the live list; nothing runs before the loop has ended.
                old.push(unsafe { std::mem::replace(&mut *place, new) });
            }
        }
        release_bounds(ctx, i);
        old.into_iter().rev().for_each(heap::decref);
    } else {
        let with = canonical_items(value, items);
        release_bounds(ctx, i);
        if list::splice(keep.value(), start, stop, with).is_err() {
            unreachable!("the list has {FEW} items at most");
        }
    }
    // SAFETY: an empty value owns nothing.
    ctx.set(i.a(), unsafe { Ref::from_owned(Value::EMPTY) });
    let d = then.d() & !KILL_B;
    ctx.kill(Instr(then.0 & !0xFF00 | u64::from(d) << 8));
    true
}

fn done(ctx: Ctx, i: Instr, result: PyResult) -> Flow {
    match result {
        Ok(v) => {
            ctx.kill(i);
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// The Python `__getitem__` that a subscript of `container` runs in a stackless frame.
pub fn subscript_method(container: Value) -> Option<Value> {
    if container.is_object() && python_slot(container, Slot::mp_subscript) {
        python_method(container, pyrs_object::intern!("__getitem__"))
    } else {
        None
    }
}

/// The Python `__setitem__` that a store runs in a stackless frame.
pub fn store_method(container: Value) -> Option<Value> {
    if !python_slot(container, Slot::mp_ass_subscript) {
        return None;
    }
    python_method(container, pyrs_object::intern!("__setitem__"))
}

/// Whether a dict of a Python class stores items as dicts do although the class has a Python method for the same slot: a
/// `__delitem__`, say.
pub fn stores_as_dict(container: Value) -> bool {
    let (name, dict) = (pyrs_object::intern!("__setitem__"), ty!(dict::PyDict_Type));
    python_slot(container, Slot::mp_ass_subscript)
        && container.ty().is_subtype(dict)
        && pyrs_object::typeobject::lookup(container.ty(), name)
            == pyrs_object::typeobject::lookup(dict, name)
}
/// The Python `__missing__` of a dict of a Python class that is read as dicts are otherwise.
pub fn missing_method(container: Value) -> Option<Value> {
    let dict = ty!(dict::PyDict_Type);
    let reads_as_dict = container.is_object()
        && container.ty().is_heap()
        && container.ty().is_subtype(dict)
        && ops::c_slot_word(container.ty(), Slot::mp_subscript)
            == ops::c_slot_word(dict, Slot::mp_subscript);
    if reads_as_dict {
        python_method(container, pyrs_object::intern!("__missing__"))
    } else {
        None
    }
}

pub(super) fn load(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (container, key) = (ctx.operand(i.b()), ctx.operand(i.c()));
    if container.is_exact(ty!(dict::PyDict_Type)) {
        return match dict::get(container, key) {
            Ok(Some(v)) => done(ctx, i, Ok(v)),
            Ok(None) => Flow::Raise(errors::key_error(key)),
            Err(e) => Flow::Raise(e),
        };
    }
    if let Some(func) = subscript_method(container) {
        let flow = call::push_method(ctx, func, &[container, key], i.a(), Continuation::Store);
        if let Flow::Call = flow {
            ctx.kill(i);
        }
        return flow;
    }
    if let Some(missing) = missing_method(container) {
        return match dict::get(container, key) {
            Ok(Some(v)) => done(ctx, i, Ok(v)),
            Ok(None) => {
                let (args, how) = ([container, key], Continuation::Store);
                let flow = call::push_method(ctx, missing, &args, i.a(), how);
                if let Flow::Call = flow {
                    ctx.kill(i);
                }
                flow
            }
            Err(e) => Flow::Raise(e),
        };
    }
    done(ctx, i, ops::getitem(container, key))
}

pub(super) fn store(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (container, key, value) = (ctx.operand(i.a()), ctx.operand(i.b()), ctx.operand(i.c()));
    if container.is_exact(ty!(list::PyList_Type))
        && let Some(k) = key.as_int()
    {
        let n = list::len(container) as i64;
        let at = if k < 0 { k + n } else { k };
        if (at as u64) < n as u64 {
            ctx.quicken(Op::STORE_SUBSCR_LIST_INT);
            let v = ctx.take_operand(i.c(), i.d() & KILL_C != 0);
            list::set(container, at as usize, v);
            let d = i.d() & !KILL_C;
            ctx.kill(Instr(i.0 & !0xFF00 | u64::from(d) << 8));
            return Flow::Next;
        }
    }
    if i.op() == Some(Op::STORE_SUBSCR_LIST_INT) {
        ctx.quicken(Op::STORE_SUBSCR);
    }
    if container.is_exact(ty!(dict::PyDict_Type)) {
        let result = dict::set_item(container, key, value);
        if result.is_ok() {
            ctx.kill(i);
        }
        return result.into();
    }
    if let Some(func) = store_method(container) {
        return call::push_method(ctx, func, &[container, key, value], 0, Continuation::Finish);
    }
    let result = if stores_as_dict(container) {
        dict::set_item(container, key, value)
    } else {
        ops::setitem(container, key, value)
    };
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}

pub(super) fn delete(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (container, key) = (ctx.operand(i.a()), ctx.operand(i.b()));
    if python_slot(container, Slot::mp_ass_subscript)
        && let Some(func) = python_method(container, pyrs_object::intern!("__delitem__"))
    {
        return call::push_method(ctx, func, &[container, key], 0, Continuation::Finish);
    }
    let result = ops::setitem(container, key, Value::EMPTY);
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}
