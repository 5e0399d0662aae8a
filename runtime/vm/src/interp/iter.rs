//! `GET_ITER` and `FOR_ITER`: ranges and lists inline, generators and Python `__next__` in frames.

use super::*;
use pyrs_object::native::Slot;
use pyrs_object::{Type, intern};

pub(crate) fn get_iter(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    if v.is_exact(generator::generator_type()) {
        let it = ctx.take_operand(i.b(), i.d() & KILL_B != 0);
        ctx.set(i.a(), it);
        return Flow::Next;
    }
    if let Some(f) = iter_method_of(v) {
        let flow = call::push_method(ctx, f, &[v], i.a(), Continuation::Iter);
        if let Flow::Call = flow
            && i.d() & KILL_B != 0
        {
            ctx.release(i.b());
        }
        return flow;
    }
    match ops::iter(v) {
        Ok(it) => {
            if i.d() & KILL_B != 0 {
                ctx.release(i.b());
            }
            ctx.set(i.a(), it);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// The Python `__iter__` that `iter(v)` runs in a stackless frame.
pub fn iter_method_of(v: Value) -> Option<Value> {
    if !python_slot(v, Slot::tp_iter) {
        return None;
    }
    python_method(v, intern!("__iter__"))
}

/// The iterator is exhausted: release it and fall into the JUMP.
pub(crate) fn exhausted(ctx: Ctx) {
    ctx.release(ctx.instr().a());
}

/// An item arrived: store it and skip the JUMP.
#[inline(always)]
fn item(ctx: Ctx, i: Instr, v: Ref) -> Flow {
    ctx.set(i.b(), v);
    // SAFETY: FOR_ITER (two words) is always followed by a JUMP (one word).
    unsafe { (*ctx.frame).pc = ctx.pc().add(3) };
    Flow::Reload
}

pub(super) fn for_iter(ctx: Ctx, one: bool) -> Flow {
    let i = ctx.instr();
    let it = ctx.reg(i.a());
    let t = it.ty();
    if t == ty!(pyrs_object::range::PyRangeIter_Type) {
        ctx.quicken(Op::FOR_ITER_RANGE);
        return Flow::Reload;
    }
    if t == ty!(pyrs_object::list::PyListIter_Type) {
        ctx.quicken(Op::FOR_ITER_LIST);
        return Flow::Reload;
    }
    if native_step(it).is_some() {
        ctx.quicken(Op::FOR_ITER_NATIVE);
        return Flow::Reload;
    }
    if generator::is_generator(it) {
        ctx.quicken(Op::FOR_ITER_GEN);
        return match generator::resume(ctx.ts, it, Ref::none(), (Continuation::ForIter, i.b()), one)
        {
            Ok(true) => Flow::Reload,
            Ok(false) => {
                exhausted(ctx);
                Flow::Next
            }
            Err(e) => Flow::Raise(e),
        };
    }
    if python_slot(it, Slot::tp_iternext)
        && let Some(f) = python_method(it, intern!("__next__"))
    {
        return call::push_method(ctx, f, &[it], i.b(), Continuation::Next);
    }
    match step(it, t) {
        Ok(Some(v)) => item(ctx, i, v),
        Ok(None) => {
            exhausted(ctx);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// The next item of an exact list iterator.
///
/// # Safety
/// `it` is one.
#[inline(always)]
pub(super) unsafe fn list_step(it: Value) -> Option<Ref> {
    // SAFETY: by contract; the list is alive while `seq` is set.
    unsafe {
        let it = it.as_ptr().cast::<pyrs_object::list::ListIter>();
        let seq = (*it).seq.non_empty()?;
        let l = seq.as_ptr().cast::<PyListObject>();
        let at = (*it).index;
        if at < (*l).ob_base.ob_size {
            (*it).index = at + 1;
            let v = *(*l).ob_item.cast::<Value>().add(at as usize);
            return Some(Ref::new(
                if pyrs_object::boundary::is_exposed(seq.as_ptr()) {
                    pyrs_object::boundary::canonical(v)
                } else {
                    v
                },
            ));
        }
        heap::clear_field(&raw mut (*it).seq);
        None
    }
}

/// `tp_iternext` of a static native type other than the generators, whose frames are run in the loop.
#[inline(always)]
pub(super) fn native_step(it: Value) -> Option<pyrs_object::native::NextFn> {
    let t = it.ty();
    if t.is_heap() || generator::is_generator(it) {
        return None;
    }
    t.native().tp_iternext
}

#[inline(always)]
fn step(it: Value, t: Type) -> PyResult<Option<Ref>> {
    match t.native().tp_iternext {
        Some(f) => f(it),
        None => ops::next(it),
    }
}
