//! Comparisons, truth, containment: inline fast paths, stackless dunders, native fallback.

use super::*;
use pyrs_object::native::Slot;

/// Ints and floats.
#[inline(always)]
pub(super) fn fast(a: Value, b: Value, op: u8) -> Option<bool> {
    if a.is_int() && b.is_int() {
        let (x, y) = (a.as_int_unchecked(), b.as_int_unchecked());
        return Some(match op {
            0 => x < y,
            1 => x <= y,
            2 => x == y,
            3 => x != y,
            4 => x > y,
            _ => x >= y,
        });
    }
    if a.is_float() && b.is_float() {
        let (x, y) = (a.as_float_unchecked(), b.as_float_unchecked());
        return Some(match op {
            0 => x < y,
            1 => x <= y,
            2 => x == y,
            3 => x != y,
            4 => x > y,
            _ => x >= y,
        });
    }
    None
}

/// Exact strs under `==` and `!=`.
#[inline(always)]
pub(super) fn strings(a: Value, b: Value, op: CmpOp) -> Option<bool> {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne)
        || !pyrs_object::str::is_exact(a)
        || !pyrs_object::str::is_exact(b)
    {
        return None;
    }
    Some((a == b || pyrs_object::str::eq(a, b)) == (op == CmpOp::Eq))
}

/// The dunder of an operator.
fn dunder(op: CmpOp) -> Value {
    use pyrs_object::intern;
    match op {
        CmpOp::Lt => intern!("__lt__"),
        CmpOp::Le => intern!("__le__"),
        CmpOp::Eq => intern!("__eq__"),
        CmpOp::Ne => intern!("__ne__"),
        CmpOp::Gt => intern!("__gt__"),
        CmpOp::Ge => intern!("__ge__"),
    }
}

/// Pushes the dunder of a comparison if the plain protocol applies: `Ok(None)` when the native path must do it.
fn push(ctx: Ctx, a: Value, b: Value, op: CmpOp, from: u64) -> Option<Flow> {
    let (ta, tb) = (a.ty(), b.ty());
    if ta != tb && tb.is_subtype(ta) {
        return None;
    }
    let mut stage = from;
    while stage < 2 {
        let (x, y, o) = if stage == 0 {
            (a, b, op)
        } else {
            (b, a, op.swapped())
        };
        if python_slot(x, Slot::tp_richcompare)
            && let Some(func) = python_method(x, dunder(o))
        {
            let flow = call::push_method(ctx, func, &[x, y], ctx.instr().a(), Continuation::Finish);
            if let Flow::Call = flow {
                // SAFETY: the pushed frame is the running one.
                unsafe { (*(*ctx.ts).c.frame).continuation_data = stage }
            }
            return Some(flow);
        }
        if stage == 0 && python_slot(x, Slot::tp_richcompare) {
            return None;
        }
        if x.ty().tp_richcompare.is_some() && !python_slot(x, Slot::tp_richcompare) {
            return None;
        }
        stage += 1;
    }
    None
}

fn native(a: Value, b: Value, op: CmpOp) -> PyResult {
    ops::richcompare(a, b, op)
}

pub(super) fn compare(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let op = cmp_of(i.d());
    let (b, c) = (ctx.operand(i.b()), ctx.operand(i.c()));
    if let Some(answer) = strings(b, c, op) {
        return store(ctx, i, Ok(Ref::bool(answer)));
    }
    if python_slot(b, Slot::tp_richcompare)
        && let Some(flow) = push(ctx, b, c, op, 0)
    {
        return flow;
    }
    store(ctx, i, native(b, c, op))
}

fn store(ctx: Ctx, i: Instr, result: PyResult) -> Flow {
    match result {
        Ok(v) => {
            ctx.kill(i);
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// What remains after both dunders said `NotImplemented`.
fn default(a: Value, b: Value, op: CmpOp) -> PyResult {
    match op {
        CmpOp::Eq => Ok(Ref::bool(a == b)),
        CmpOp::Ne => Ok(Ref::bool(a != b)),
        _ => Err(raise!(
            TypeError,
            "'{}' not supported between instances of '{}' and '{}'",
            op.symbol(),
            a.ty().message_name(),
            b.ty().message_name()
        )),
    }
}

/// After the left dunder gave `NotImplemented`: the reflected one natively (it may be native) or the default.
fn reflected(a: Value, b: Value, op: CmpOp, stage: u64) -> PyResult {
    if stage == 0 {
        let tb = b.ty();
        let native = tb.native().tp_richcompare;
        let r = match native {
            Some(f) => Some(f(b, a, op.swapped())?),
            None => match tb.tp_richcompare {
                Some(f) => Some(ops::c_richcmp(f, b, a, op.swapped())?),
                None => None,
            },
        };
        if let Some(r) = r
            && !r.is_not_implemented()
        {
            return Ok(r);
        }
    }
    default(a, b, op)
}

pub(super) fn finish_compare(ctx: Ctx, stage: u64, value: Ref) -> Flow {
    let i = ctx.instr();
    if !value.is_not_implemented() {
        return store(ctx, i, Ok(value));
    }
    let op = cmp_of(i.d());
    store(
        ctx,
        i,
        reflected(ctx.operand(i.b()), ctx.operand(i.c()), op, stage),
    )
}

pub(super) fn compare_jump(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let op = cmp_of(i.d());
    let (a, b) = (ctx.operand(i.a()), ctx.operand(i.b()));
    if let Some(answer) = strings(a, b, op) {
        ctx.quicken(Op::COMPARE_JUMP_STR);
        return jump_on(ctx, i, answer);
    }
    if i.op() == Some(Op::COMPARE_JUMP_STR) {
        ctx.quicken(Op::COMPARE_JUMP);
        return Flow::Reload;
    }
    if python_slot(a, Slot::tp_richcompare)
        && let Some(flow) = push(ctx, a, b, op, 0)
    {
        return flow;
    }
    match native(a, b, op).and_then(|v| ops::is_true(v.value())) {
        Ok(answer) => jump_on(ctx, i, answer),
        Err(e) => Flow::Raise(e),
    }
}

fn jump_on(ctx: Ctx, i: Instr, answer: bool) -> Flow {
    ctx.kill(i);
    if answer == (i.d() & SENSE != 0) {
        // SAFETY: the op has an extra word.
        let offset = unsafe { *ctx.extra(0) } as u32 as i32;
        ctx.jump(offset);
        return Flow::Reload;
    }
    Flow::Next
}

pub(super) fn finish_compare_jump(ctx: Ctx, stage: u64, value: Ref) -> Flow {
    let i = ctx.instr();
    let result = if value.is_not_implemented() {
        reflected(ctx.operand(i.a()), ctx.operand(i.b()), cmp_of(i.d()), stage)
    } else {
        Ok(value)
    };
    match result.and_then(|v| ops::is_true(v.value())) {
        Ok(answer) => jump_on(ctx, i, answer),
        Err(e) => Flow::Raise(e),
    }
}

/// The Python `__contains__` that a test for an item runs.
pub fn contains_method(container: Value) -> Option<Value> {
    if python_slot(container, Slot::sq_contains) {
        python_method(container, pyrs_object::intern!("__contains__"))
    } else {
        None
    }
}

pub(super) fn contains(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (item, container) = (ctx.operand(i.b()), ctx.operand(i.c()));
    if let Some(func) = contains_method(container) {
        return call::push_method(ctx, func, &[container, item], i.a(), Continuation::Finish);
    }
    match ops::contains(container, item) {
        Ok(found) => store(ctx, i, Ok(Ref::bool(found != (i.d() & INVERTED != 0)))),
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn finish_contains(ctx: Ctx, value: Ref) -> Flow {
    let i = ctx.instr();
    match ops::is_true(value.value()) {
        Ok(found) => store(ctx, i, Ok(Ref::bool(found != (i.d() & INVERTED != 0)))),
        Err(e) => Flow::Raise(e),
    }
}

/// Pushes `__bool__` if the value's truth is a Python method.
fn push_truth(ctx: Ctx, v: Value) -> Option<Flow> {
    if python_slot(v, Slot::nb_bool)
        && let Some(func) = python_method(v, pyrs_object::intern!("__bool__"))
    {
        return Some(call::push_method(ctx, func, &[v], 0, Continuation::Finish));
    }
    None
}

pub(super) fn not(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    if let Some(flow) = push_truth(ctx, v) {
        return flow;
    }
    match ops::is_true(v) {
        Ok(truth) => store(ctx, i, Ok(Ref::bool(!truth))),
        Err(e) => Flow::Raise(e),
    }
}

/// The truth of exact lists, tuples, strs, bytes and dicts: whether they hold anything.
#[inline(always)]
pub(super) fn container_truth(v: Value) -> Option<bool> {
    if !v.is_object() {
        return None;
    }
    let t = v.ty();
    // SAFETY: the type says what the object is.
    unsafe {
        if t == ty!(pyrs_object::list::PyList_Type)
            || t == ty!(pyrs_object::tuple::PyTuple_Type)
            || t == ty!(pyrs_object::bytes::PyBytes_Type)
        {
            return Some((*v.as_ptr().cast::<PyVarObject>()).ob_size != 0);
        }
        if t == ty!(pyrs_object::str::PyUnicode_Type) {
            return Some(pyrs_object::str::len(v) != 0);
        }
        if t == ty!(pyrs_object::dict::PyDict_Type) {
            return Some(pyrs_object::dict::len(v) != 0);
        }
    }
    None
}

pub(super) fn truth_jump(ctx: Ctx, _want: bool) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.a());
    if let Some(flow) = push_truth(ctx, v) {
        return flow;
    }
    match ops::is_true(v) {
        Ok(truth) => branch(ctx, i, truth),
        Err(e) => Flow::Raise(e),
    }
}

fn branch(ctx: Ctx, i: Instr, truth: bool) -> Flow {
    let want = i.op().map(|o| o.family()) == Some(Op::JUMP_IF_TRUE);
    let jumps = truth == want;
    if i.d() & KILL_A != 0 || (!jumps && i.d() & FALL_KILL != 0) {
        ctx.release(i.a());
    }
    if jumps {
        ctx.jump(i.offset());
        return Flow::Reload;
    }
    Flow::Next
}

/// `__bool__` answered for NOT or a conditional jump.
pub(super) fn finish_truth(ctx: Ctx, value: Ref) -> Flow {
    let i = ctx.instr();
    let truth = if value.is_true_const() {
        true
    } else if value.is_false_const() {
        false
    } else {
        return Flow::Raise(raise!(
            TypeError,
            "__bool__ should return bool, returned {}",
            value.ty().message_name()
        ));
    };
    if i.op() == Some(Op::NOT) {
        return store(ctx, i, Ok(Ref::bool(!truth)));
    }
    branch(ctx, i, truth)
}
