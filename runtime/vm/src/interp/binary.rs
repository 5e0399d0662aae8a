//! Operators: inline int and float helpers, the stackless path of Python dunders, and the generic native path.

use super::*;
use pyrs_bytecode::IN_PLACE;
use pyrs_object::int::PyLong_Type;
use pyrs_object::native::Slot;
use pyrs_object::ops::BinOp;

#[inline(always)]
pub(super) fn int_true_div(x: i64, y: i64) -> Option<Value> {
    // Operands of at most 53 bits are exact doubles, so the quotient is correctly rounded.
    const EXACT: i64 = 1 << 53;
    if y != 0 && x.abs() <= EXACT && y.abs() <= EXACT {
        Value::try_float(x as f64 / y as f64)
    } else {
        None
    }
}
#[inline(always)]
pub(super) fn int_floor_div(x: i64, y: i64) -> Option<Value> {
    if y == 0 {
        return None;
    }
    let q = x / y;
    Value::try_int(if x % y != 0 && (x < 0) != (y < 0) {
        q - 1
    } else {
        q
    })
}
#[inline(always)]
pub(super) fn int_mod(x: i64, y: i64) -> Option<Value> {
    if y == 0 {
        return None;
    }
    let r = x % y;
    Some(Value::int_unchecked(if r != 0 && (r < 0) != (y < 0) {
        r + y
    } else {
        r
    }))
}
#[inline(always)]
pub(super) fn int_lshift(x: i64, y: i64) -> Option<Value> {
    if (0..48).contains(&y) {
        let shifted = x << y;
        if shifted >> y == x {
            return Value::try_int(shifted);
        }
    }
    None
}
#[inline(always)]
pub(super) fn int_rshift(x: i64, y: i64) -> Option<Value> {
    if y < 0 {
        None
    } else {
        Some(Value::int_unchecked(x >> y.min(63)))
    }
}

/// Powers of positive floats that are neither infinite nor zero, which leave nothing to report.
#[inline]
pub(super) fn float_pow(x: f64, y: f64) -> Option<Value> {
    if !(x > 0.0 && x.is_finite() && y.is_finite()) {
        return None;
    }
    let r = x.powf(y);
    if r.is_finite() && r != 0.0 {
        Value::try_float(r)
    } else {
        None
    }
}

const DUNDERS: [(BinOp, &str, &str, &str); 13] = [
    (BinOp::Add, "__add__", "__radd__", "__iadd__"),
    (BinOp::And, "__and__", "__rand__", "__iand__"),
    (
        BinOp::FloorDiv,
        "__floordiv__",
        "__rfloordiv__",
        "__ifloordiv__",
    ),
    (BinOp::LShift, "__lshift__", "__rlshift__", "__ilshift__"),
    (BinOp::MatMul, "__matmul__", "__rmatmul__", "__imatmul__"),
    (BinOp::Mul, "__mul__", "__rmul__", "__imul__"),
    (BinOp::Mod, "__mod__", "__rmod__", "__imod__"),
    (BinOp::Or, "__or__", "__ror__", "__ior__"),
    (BinOp::Pow, "__pow__", "__rpow__", "__ipow__"),
    (BinOp::RShift, "__rshift__", "__rrshift__", "__irshift__"),
    (BinOp::Sub, "__sub__", "__rsub__", "__isub__"),
    (
        BinOp::TrueDiv,
        "__truediv__",
        "__rtruediv__",
        "__itruediv__",
    ),
    (BinOp::Xor, "__xor__", "__rxor__", "__ixor__"),
];

fn dunder(op: BinOp, which: usize) -> Value {
    static NAMES: std::sync::OnceLock<Vec<[u64; 3]>> = std::sync::OnceLock::new();
    let all = NAMES.get_or_init(|| {
        DUNDERS
            .iter()
            .map(|(_, l, r, i)| [l, r, i].map(|n| pyrs_object::str::intern_immortal(n).bits()))
            .collect()
    });
    let row = DUNDERS.iter().position(|d| d.0 == op).unwrap_or(0);
    Value::from_bits(all[row][which])
}

/// The operator beyond the inline fast paths.
pub(super) fn slow(ctx: Ctx, op: BinOp) -> Flow {
    let i = ctx.instr();
    let (b, c) = (ctx.operand(i.b()), ctx.operand(i.c()));
    let inplace = i.d() & IN_PLACE != 0;
    if op == BinOp::Add && pyrs_object::str::is_exact(b) && pyrs_object::str::is_exact(c) {
        return add_str(ctx, i);
    }
    if is_int_object(b) && is_int_object(c) {
        return done(ctx, i, pyrs_object::int::big_binary(op, b, c));
    }
    if let Some(f) = ops::extension_operator(op, b, c, inplace) {
        return extension(ctx, i, op, f);
    }
    let slot = op.slot();
    if python_slot(b, slot)
        || python_slot(c, slot)
        || (inplace && op.inplace_slot().is_some_and(|s| python_slot(b, s)))
    {
        return from_stage(ctx, op, if inplace { 0 } else { 1 });
    }
    done(ctx, i, ops::binary(op, b, c, inplace))
}

/// An operator that an extension type knows. The registers keep the operands while C runs, as CPython's stack does;
/// those that stay in their registers have one reference more there, too.
fn extension(ctx: Ctx, i: Instr, op: BinOp, f: binaryfunc) -> Flow {
    use pyrs_object::boundary::{CRef, expose};
    let (b, c) = (ctx.operand(i.b()), ctx.operand(i.c()));
    let shown = |v: Value, dies: bool| {
        if dies && v.is_object() {
            expose(v);
            (v.as_ptr(), None)
        } else {
            let held = CRef::new(v);
            (held.ptr(), Some(held))
        }
    };
    // Whether the operand's register is given up by this instruction; variables are not until the result is there.
    let first_temp = ctx.code().first_temp;
    let dies = |field: u16, kill: u8| {
        i.b() != i.c() && (i.d() & kill != 0 || field == i.a() && u32::from(field) >= first_temp)
    };
    let (left, _held) = shown(b, dies(i.b(), KILL_B));
    let (right, _also) = shown(c, dies(i.c(), KILL_C));
    // SAFETY: a C operator gets live objects.
    let result = unsafe { ops::call_operator(f, left, right) };
    match result {
        Ok(v) if v.is_not_implemented() => {
            let inplace = i.d() & IN_PLACE != 0;
            done(ctx, i, ops::after_extension(op, b, c, inplace))
        }
        result => done(ctx, i, result),
    }
}

#[inline(always)]
fn is_int_object(v: Value) -> bool {
    v.is_int() || v.is_exact(ty!(PyLong_Type))
}

#[inline(always)]
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

/// `s + t`: in place when the left operand's register is about to be overwritten or killed and nobody else holds it.
fn add_str(ctx: Ctx, i: Instr) -> Flow {
    let takes = i.d() & KILL_B != 0 || (i.a() == i.b() && (i.b() as i16) >= 0);
    let c = ctx.operand(i.c());
    let result = if takes && i.b() != i.c() {
        let left = ctx.take(i.b());
        pyrs_object::str::append(left, c)
    } else {
        pyrs_object::str::concat(ctx.operand(i.b()), c)
    };
    match result {
        Ok(v) => {
            if i.d() & KILL_C != 0 {
                ctx.release(i.c());
            }
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// Where the protocol of an operator stands: 0 in-place dunder, 1 left operand, 2 right operand.
///
/// The stackless path handles the plain case; a right operand whose class derives from the left's takes precedence
/// and goes through the native protocol.
fn from_stage(ctx: Ctx, op: BinOp, stage: u64) -> Flow {
    let i = ctx.instr();
    let (b, c) = (ctx.operand(i.b()), ctx.operand(i.c()));
    let (tb, tc) = (b.ty(), c.ty());
    if !is_plain(op, b, c) {
        let inplace = i.d() & IN_PLACE != 0;
        return done(ctx, i, ops::binary(op, b, c, inplace));
    }
    let mut stage = stage;
    while let Some(m) = next_method(op, b, c, stage) {
        if is_py_function(m.func) {
            let flow = call::push_method(ctx, m.func, &m.args, i.a(), Continuation::Finish);
            if let Flow::Call = flow {
                // SAFETY: the pushed frame is the running one.
                unsafe { (*(*ctx.ts).c.frame).continuation_data = m.stage }
            }
            return flow;
        }
        // Any callable may be the dunder: functions of extensions, wrappers of a base's slot, ...
        let name = dunder(op, [2, 0, 1][m.stage as usize]);
        let result = match pyrs_object::typeobject::lookup_special(m.args[0], name) {
            Ok(Some(f)) => f.call(&m.args[1..]),
            Ok(None) => Ok(Ref::not_implemented()),
            Err(e) => Err(e),
        };
        match result {
            Ok(v) if v.is_not_implemented() => stage = m.stage + 1,
            result => return done(ctx, i, result),
        }
    }
    let symbol = pyrs_object::ops::symbol(op, i.d() & IN_PLACE != 0);
    Flow::Raise(raise!(
        TypeError,
        "unsupported operand type(s) for {symbol}: '{}' and '{}'",
        tb.message_name(),
        tc.message_name()
    ))
}

/// Whether the operands' methods are called one after the other in stackless frames.
fn is_plain(op: BinOp, b: Value, c: Value) -> bool {
    let (tb, tc) = (b.ty(), c.ty());
    let slot = op.slot();
    (tb == tc || !tc.is_subtype(tb))
        && (known(b, slot) || is_passive(b, c))
        && (known(c, slot) || is_passive(c, b))
        && op.inplace_slot().is_none_or(|s| known(b, s))
        && (tb
            .sequence()
            .is_none_or(|s| s.sq_concat.is_none() && s.sq_repeat.is_none())
            || python_slot(b, slot))
        && (tc.sequence().is_none_or(|s| s.sq_repeat.is_none()) || python_slot(c, slot))
}

/// An exact number beside something that is none: its own operators answer `NotImplemented`.
fn is_passive(v: Value, other: Value) -> bool {
    let numbers = [
        ty!(pyrs_object::int::PyLong_Type),
        ty!(pyrs_object::float::PyFloat_Type),
        ty!(pyrs_object::complex::PyComplex_Type),
    ];
    numbers.contains(&v.ty()) && !numbers.iter().any(|n| other.ty().is_subtype(*n))
}

/// A method that an operator calls.
pub struct OperatorMethod {
    /// The stage of the protocol it is called at.
    pub stage: u64,
    pub func: Value,
    pub args: [Value; 2],
}

/// The method to call at `stage` or later.
fn next_method(op: BinOp, b: Value, c: Value, stage: u64) -> Option<OperatorMethod> {
    let passive = [is_passive(b, c), is_passive(b, c), is_passive(c, b)];
    (stage..3)
        .filter(|stage| !passive[*stage as usize])
        .find_map(|stage| {
            let method =
                |v: Value, which| pyrs_object::typeobject::lookup(v.ty(), dunder(op, which));
            let (func, args) = match stage {
                0 => (method(b, 2)?, [b, c]),
                1 => (method(b, 0)?, [b, c]),
                _ if b.ty() == c.ty() => return None,
                _ => (method(c, 1)?, [c, b]),
            };
            Some(OperatorMethod { stage, func, args })
        })
}

/// Whether the operator of `i` runs code of builtin classes only, though one of the operands' classes is Python's.
pub fn is_native_operator(i: Instr, b: Value, c: Value) -> bool {
    let Some(op) = i.op().and_then(bin_op) else {
        return false;
    };
    let slots = [op.slot(), Slot::sq_concat, Slot::sq_repeat];
    let mut slots = slots.into_iter().chain(op.inplace_slot());
    !slots.any(|s| python_slot(b, s) || python_slot(c, s))
}

/// Whether the operator is a function of an extension type.
pub fn is_extension_operator(i: Instr, b: Value, c: Value) -> bool {
    i.op()
        .and_then(bin_op)
        .is_some_and(|op| ops::extension_operator(op, b, c, i.d() & IN_PLACE != 0).is_some())
}

/// The Python method that the operator of `i` calls first for these operands, in a stackless frame; `None` if it does not.
pub fn operator_method(i: Instr, b: Value, c: Value) -> Option<OperatorMethod> {
    let op = i.op().and_then(bin_op)?;
    let inplace = i.d() & IN_PLACE != 0;
    let slot = op.slot();
    let python = python_slot(b, slot)
        || python_slot(c, slot)
        || (inplace && op.inplace_slot().is_some_and(|s| python_slot(b, s)));
    if !python || !is_plain(op, b, c) {
        return None;
    }
    next_method(op, b, c, u64::from(!inplace)).filter(|m| is_py_function(m.func))
}

/// The operand has no such slot, or it runs what the class's dunder says.
fn known(v: Value, slot: Slot) -> bool {
    let t = v.ty();
    ops::c_slot_word(t, slot) == 0 || python_slot(v, slot)
}

/// A dunder answered.
pub(super) fn finish(ctx: Ctx, stage: u64, value: Ref) -> Flow {
    let i = ctx.instr();
    if value.is_not_implemented() {
        let Some(op) = i.op().and_then(bin_op) else {
            return Flow::Raise(errors::bad_internal_call());
        };
        return from_stage(ctx, op, stage + 1);
    }
    done(ctx, i, Ok(value))
}

fn bin_op(op: Op) -> Option<BinOp> {
    Some(match op.family() {
        Op::ADD => BinOp::Add,
        Op::SUB => BinOp::Sub,
        Op::MUL => BinOp::Mul,
        Op::TRUEDIV => BinOp::TrueDiv,
        Op::FLOORDIV => BinOp::FloorDiv,
        Op::MOD => BinOp::Mod,
        Op::POW => BinOp::Pow,
        Op::MATMUL => BinOp::MatMul,
        Op::LSHIFT => BinOp::LShift,
        Op::RSHIFT => BinOp::RShift,
        Op::AND => BinOp::And,
        Op::OR => BinOp::Or,
        Op::XOR => BinOp::Xor,
        _ => return None,
    })
}

/// `-v`, `+v`, `~v` beyond the inline paths.
/// The Python method of an operator with one operand.
pub fn unary_method(v: Value, op: Op) -> Option<Value> {
    let (slot, name) = match op {
        Op::NEG => (Slot::nb_negative, pyrs_object::intern!("__neg__")),
        Op::POS => (Slot::nb_positive, pyrs_object::intern!("__pos__")),
        _ => (Slot::nb_invert, pyrs_object::intern!("__invert__")),
    };
    if python_slot(v, slot) {
        python_method(v, name)
    } else {
        None
    }
}

pub(super) fn unary(ctx: Ctx, op: Op) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    if let Some(func) = unary_method(v, op) {
        let flow = call::push_method(ctx, func, &[v], i.a(), Continuation::Store);
        if let Flow::Call = flow {
            ctx.kill(i);
        }
        return flow;
    }
    let result = match op {
        Op::NEG => ops::negative(v),
        Op::POS => ops::positive(v),
        _ => ops::invert(v),
    };
    done(ctx, i, result)
}
