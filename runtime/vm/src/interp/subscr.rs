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
                return Some(Ref::new(boundary::canonical(items[at as usize])));
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
    if python_slot(container, Slot::mp_subscript)
        && let Some(func) = python_method(container, pyrs_object::intern!("__getitem__"))
    {
        let flow = call::push_method(ctx, func, &[container, key], i.a(), Continuation::Store);
        if let Flow::Reload = flow {
            ctx.kill(i);
        }
        return flow;
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
            let v = ctx.take_operand(i.c(), i.d() & KILL_C != 0);
            list::set(container, at as usize, v);
            let d = i.d() & !KILL_C;
            ctx.kill(Instr(i.0 & !0xFF00 | u64::from(d) << 8));
            return Flow::Next;
        }
    }
    if container.is_exact(ty!(dict::PyDict_Type)) {
        let result = dict::set_item(container, key, value);
        if result.is_ok() {
            ctx.kill(i);
        }
        return result.into();
    }
    if python_slot(container, Slot::mp_ass_subscript)
        && let Some(func) = python_method(container, pyrs_object::intern!("__setitem__"))
    {
        return call::push_method(ctx, func, &[container, key, value], 0, Continuation::Finish);
    }
    let result = ops::setitem(container, key, value);
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
