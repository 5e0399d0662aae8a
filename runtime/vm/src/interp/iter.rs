//! `GET_ITER` and `FOR_ITER`: ranges and lists inline, generators and Python `__next__` in frames.

use super::*;
use pyrs_object::enumobject::{MapObject, PyMap_Type};
use pyrs_object::intern;
use pyrs_object::native::Slot;

/// Iterators of a `map` that runs without native stack.
const MOST_MAPPED: usize = 3;

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

/// The Python `__next__` that `FOR_ITER` runs in a stackless frame.
pub fn next_method_of(v: Value) -> Option<Value> {
    if !python_slot(v, Slot::tp_iternext) {
        return None;
    }
    python_method(v, intern!("__next__"))
}

/// The function and the iterators of a `map` whose function `FOR_ITER` runs in a stackless frame: it is a Python function, and
/// no other Python code gives the items. Without the JIT the builtin is faster.
#[inline]
pub fn mapping(it: Value) -> Option<(Value, &'static [Value])> {
    if !it.is_exact(ty!(PyMap_Type)) || !crate::jit::enabled() {
        return None;
    }
    // SAFETY: exactly a map, whose fields never change; it lives as long as its register.
    let (func, sources) = unsafe {
        let map = it.as_ptr().cast::<MapObject>();
        ((*map).func, pyrs_object::tuple::items((*map).iterators))
    };
    let plain = |v: &Value| native_step(*v).is_some();
    (is_py_function(func) && sources.len() <= MOST_MAPPED && sources.iter().all(plain))
        .then_some((func, sources))
}

/// Takes an item of each iterator and calls the function with them.
fn map_step(ctx: Ctx, i: Instr, func: Value, sources: &[Value]) -> Flow {
    let mut items: smallvec::SmallVec<[Ref; MOST_MAPPED]> = smallvec::SmallVec::new();
    for it in sources {
        match ops::next(*it) {
            Ok(Some(v)) => items.push(v),
            Ok(None) => {
                exhausted(ctx);
                return Flow::Next;
            }
            Err(e) => return Flow::Raise(e),
        }
    }
    let mut values = [Value::EMPTY; MOST_MAPPED];
    for (place, item) in values.iter_mut().zip(items) {
        *place = item.into_value();
    }
    let n = sources.len();
    // SAFETY: owned values that are moved out.
    match unsafe { call::push_call(ctx, func, values.as_mut_ptr(), n, i.b(), Continuation::Next) } {
        Ok(()) => Flow::Call,
        Err(e) => Flow::Raise(e),
    }
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
    if let Some(f) = next_method_of(it) {
        return call::push_method(ctx, f, &[it], i.b(), Continuation::Next);
    }
    if let Some((func, sources)) = mapping(it) {
        return map_step(ctx, i, func, sources);
    }
    match ops::next(it) {
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
    // A map's function may be a Python function.
    if t.is_heap() || generator::is_generator(it) || t == ty!(PyMap_Type) {
        return None;
    }
    t.native().tp_iternext
}
