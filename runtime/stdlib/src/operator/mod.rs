//! `_operator`: the operators as functions, and the getters that call one attribute, item or method.

mod getters;

pub use getters::{PyAttrGetter_Type, PyItemGetter_Type, PyMethodCaller_Type};

use pyrs_object::layout::CmpOp;
use pyrs_object::memory::{self, Buffer};
use pyrs_object::ops::BinOp;
use pyrs_object::{
    Args, PyResult, Ref, Value, ValueExt, check_positional, int, methods, module, ops, raise, str,
    ty,
};

macro_rules! binary {
    ($($f:ident $name:literal $op:ident $inplace:literal;)*) => {$(
        fn $f(_: Value, args: &[Value]) -> PyResult {
            check_positional($name, args.len(), 2, 2)?;
            ops::binary(BinOp::$op, args[0], args[1], $inplace)
        }
    )*};
}
binary! {
    add "add" Add false; sub "sub" Sub false; mul "mul" Mul false; matmul "matmul" MatMul false;
    floordiv "floordiv" FloorDiv false; truediv "truediv" TrueDiv false; modulo "mod" Mod false;
    lshift "lshift" LShift false; rshift "rshift" RShift false; and "and_" And false; xor "xor" Xor false;
    or "or_" Or false; pow "pow" Pow false;
    iadd "iadd" Add true; isub "isub" Sub true; imul "imul" Mul true; imatmul "imatmul" MatMul true;
    ifloordiv "ifloordiv" FloorDiv true; itruediv "itruediv" TrueDiv true; imod "imod" Mod true;
    ilshift "ilshift" LShift true; irshift "irshift" RShift true; iand "iand" And true; ixor "ixor" Xor true;
    ior "ior" Or true; ipow "ipow" Pow true;
}
macro_rules! compare {
    ($($f:ident $name:literal $op:ident;)*) => {$(
        fn $f(_: Value, args: &[Value]) -> PyResult {
            check_positional($name, args.len(), 2, 2)?;
            ops::richcompare(args[0], args[1], CmpOp::$op)
        }
    )*};
}
compare! { lt "lt" Lt; le "le" Le; eq "eq" Eq; ne "ne" Ne; gt "gt" Gt; ge "ge" Ge; }

fn truth(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(ops::is_true(v)?))
}
fn not(_: Value, v: Value) -> PyResult {
    Ok(Ref::bool(!ops::is_true(v)?))
}
fn neg(_: Value, v: Value) -> PyResult {
    ops::negative(v)
}
fn pos(_: Value, v: Value) -> PyResult {
    ops::positive(v)
}
fn abs(_: Value, v: Value) -> PyResult {
    ops::absolute(v)
}
fn invert(_: Value, v: Value) -> PyResult {
    ops::invert(v)
}
fn index(_: Value, v: Value) -> PyResult {
    let n = ops::index(v)?;
    if n.is_exact(ty!(int::PyLong_Type)) {
        Ok(n)
    } else {
        ops::positive(n.value())
    }
}
fn is(_: Value, args: &[Value]) -> PyResult {
    check_positional("is_", args.len(), 2, 2)?;
    Ok(Ref::bool(ops::is(args[0], args[1])))
}
fn is_not(_: Value, args: &[Value]) -> PyResult {
    check_positional("is_not", args.len(), 2, 2)?;
    Ok(Ref::bool(!ops::is(args[0], args[1])))
}
fn contains(_: Value, args: &[Value]) -> PyResult {
    check_positional("contains", args.len(), 2, 2)?;
    Ok(Ref::bool(ops::contains(args[0], args[1])?))
}
fn getitem(_: Value, args: &[Value]) -> PyResult {
    check_positional("getitem", args.len(), 2, 2)?;
    ops::getitem(args[0], args[1])
}
fn setitem(_: Value, args: &[Value]) -> PyResult {
    check_positional("setitem", args.len(), 3, 3)?;
    ops::setitem(args[0], args[1], args[2])?;
    Ok(Ref::none())
}
fn delitem(_: Value, args: &[Value]) -> PyResult {
    check_positional("delitem", args.len(), 2, 2)?;
    ops::setitem(args[0], args[1], Value::EMPTY)?;
    Ok(Ref::none())
}
fn concat(_: Value, args: &[Value]) -> PyResult {
    check_positional("concat", args.len(), 2, 2)?;
    ops::concat(args[0], args[1])
}
fn iconcat(_: Value, args: &[Value]) -> PyResult {
    check_positional("iconcat", args.len(), 2, 2)?;
    let (a, b) = (args[0], args[1]);
    let native = a.ty().native();
    if let Some(f) = native.sq_inplace_concat.or(native.sq_concat) {
        return f(a, b);
    }
    if ops::is_sequence(a) && ops::is_sequence(b) {
        return ops::binary(BinOp::Add, a, b, true);
    }
    Err(raise!(
        TypeError,
        "'{}' object can't be concatenated",
        a.ty().message_name()
    ))
}

fn count_of(_: Value, args: &[Value]) -> PyResult {
    check_positional("countOf", args.len(), 2, 2)?;
    let mut n = 0;
    ops::search(args[0], |item| {
        if ops::eq(item.value(), args[1])? {
            n += 1;
        }
        Ok(true)
    })?;
    Ok(Ref::int(n))
}
fn index_of(_: Value, args: &[Value]) -> PyResult {
    check_positional("indexOf", args.len(), 2, 2)?;
    let mut n = 0;
    let mut at = None;
    ops::search(args[0], |item| {
        if ops::eq(item.value(), args[1])? {
            at = Some(n);
        }
        n += 1;
        Ok(at.is_none())
    })?;
    match at {
        Some(n) => Ok(Ref::int(n)),
        None => Err(raise!(ValueError, "sequence.index(x): x not in sequence")),
    }
}
fn length_hint(_: Value, args: &[Value]) -> PyResult {
    check_positional("length_hint", args.len(), 1, 2)?;
    let default = match args.get(1) {
        Some(d) => ops::index_as_isize(*d)?,
        None => 0,
    };
    match ops::length_hint(args[0], usize::MAX)? {
        usize::MAX => Ok(Ref::int(default as i64)),
        n => Ok(Ref::int(n as i64)),
    }
}
fn call(_: Value, args: Args<'_>) -> PyResult {
    if args.positional().is_empty() {
        return Err(raise!(
            TypeError,
            "call expected at least 1 argument, got 0"
        ));
    }
    ops::call_args(
        args.values[0],
        Args {
            values: &args.values[1..],
            kwnames: args.kwnames,
        },
    )
}

/// Compares in a time that does not depend on the contents.
fn same_bytes(a: &[u8], b: &[u8]) -> bool {
    let mut different = u8::from(a.len() != b.len());
    let left = if a.len() == b.len() { a } else { b };
    for (x, y) in left.iter().zip(b) {
        different |= std::hint::black_box(x ^ y);
    }
    different == 0
}
fn compare_digest(_: Value, args: &[Value]) -> PyResult {
    check_positional("_compare_digest", args.len(), 2, 2)?;
    let (a, b) = (args[0], args[1]);
    if str::is_str(a) && str::is_str(b) {
        let (Some(x), Some(y)) = (str::ascii_bytes(a), str::ascii_bytes(b)) else {
            return Err(raise!(
                TypeError,
                "comparing strings with non-ASCII characters is not supported"
            ));
        };
        return Ok(Ref::bool(same_bytes(x, y)));
    }
    if !memory::has_buffer(a) || !memory::has_buffer(b) {
        return Err(raise!(
            TypeError,
            "unsupported operand types(s) or combination of types: '{}' and '{}'",
            a.ty().message_name(),
            b.ty().message_name()
        ));
    }
    let (x, y): (Buffer, Buffer) = (memory::bytes_like(a)?, memory::bytes_like(b)?);
    Ok(Ref::bool(same_bytes(x.bytes(), y.bytes())))
}

methods! { static FUNCTIONS = [
    "truth" O truth, "truth($module, a, /)\n--\n\nReturn True if a is true, False otherwise.";
    "contains" FAST contains, "contains($module, a, b, /)\n--\n\nSame as b in a (note reversed operands).";
    "indexOf" FAST index_of, "indexOf($module, a, b, /)\n--\n\nReturn the first index of b in a.";
    "countOf" FAST count_of, "countOf($module, a, b, /)\n--\n\nReturn the number of items in a which are, or which equal, b.";
    "is_" FAST is, "is_($module, a, b, /)\n--\n\nSame as a is b.";
    "is_not" FAST is_not, "is_not($module, a, b, /)\n--\n\nSame as a is not b.";
    "add" FAST add, "add($module, a, b, /)\n--\n\nSame as a + b.";
    "sub" FAST sub, "sub($module, a, b, /)\n--\n\nSame as a - b.";
    "mul" FAST mul, "mul($module, a, b, /)\n--\n\nSame as a * b.";
    "matmul" FAST matmul, "matmul($module, a, b, /)\n--\n\nSame as a @ b.";
    "floordiv" FAST floordiv, "floordiv($module, a, b, /)\n--\n\nSame as a // b.";
    "truediv" FAST truediv, "truediv($module, a, b, /)\n--\n\nSame as a / b.";
    "mod" FAST modulo, "mod($module, a, b, /)\n--\n\nSame as a % b.";
    "neg" O neg, "neg($module, a, /)\n--\n\nSame as -a.";
    "pos" O pos, "pos($module, a, /)\n--\n\nSame as +a.";
    "abs" O abs, "abs($module, a, /)\n--\n\nSame as abs(a).";
    "inv" O invert, "inv($module, a, /)\n--\n\nSame as ~a.";
    "invert" O invert, "invert($module, a, /)\n--\n\nSame as ~a.";
    "lshift" FAST lshift, "lshift($module, a, b, /)\n--\n\nSame as a << b.";
    "rshift" FAST rshift, "rshift($module, a, b, /)\n--\n\nSame as a >> b.";
    "not_" O not, "not_($module, a, /)\n--\n\nSame as not a.";
    "and_" FAST and, "and_($module, a, b, /)\n--\n\nSame as a & b.";
    "xor" FAST xor, "xor($module, a, b, /)\n--\n\nSame as a ^ b.";
    "or_" FAST or, "or_($module, a, b, /)\n--\n\nSame as a | b.";
    "iadd" FAST iadd, "iadd($module, a, b, /)\n--\n\nSame as a += b.";
    "isub" FAST isub, "isub($module, a, b, /)\n--\n\nSame as a -= b.";
    "imul" FAST imul, "imul($module, a, b, /)\n--\n\nSame as a *= b.";
    "imatmul" FAST imatmul, "imatmul($module, a, b, /)\n--\n\nSame as a @= b.";
    "ifloordiv" FAST ifloordiv, "ifloordiv($module, a, b, /)\n--\n\nSame as a //= b.";
    "itruediv" FAST itruediv, "itruediv($module, a, b, /)\n--\n\nSame as a /= b.";
    "imod" FAST imod, "imod($module, a, b, /)\n--\n\nSame as a %= b.";
    "ilshift" FAST ilshift, "ilshift($module, a, b, /)\n--\n\nSame as a <<= b.";
    "irshift" FAST irshift, "irshift($module, a, b, /)\n--\n\nSame as a >>= b.";
    "iand" FAST iand, "iand($module, a, b, /)\n--\n\nSame as a &= b.";
    "ixor" FAST ixor, "ixor($module, a, b, /)\n--\n\nSame as a ^= b.";
    "ior" FAST ior, "ior($module, a, b, /)\n--\n\nSame as a |= b.";
    "concat" FAST concat, "concat($module, a, b, /)\n--\n\nSame as a + b, for a and b sequences.";
    "iconcat" FAST iconcat, "iconcat($module, a, b, /)\n--\n\nSame as a += b, for a and b sequences.";
    "getitem" FAST getitem, "getitem($module, a, b, /)\n--\n\nSame as a[b].";
    "setitem" FAST setitem, "setitem($module, a, b, c, /)\n--\n\nSame as a[b] = c.";
    "delitem" FAST delitem, "delitem($module, a, b, /)\n--\n\nSame as del a[b].";
    "pow" FAST pow, "pow($module, a, b, /)\n--\n\nSame as a ** b.";
    "ipow" FAST ipow, "ipow($module, a, b, /)\n--\n\nSame as a **= b.";
    "index" O index, "index($module, a, /)\n--\n\nSame as a.__index__()";
    "lt" FAST lt, "lt($module, a, b, /)\n--\n\nSame as a < b.";
    "le" FAST le, "le($module, a, b, /)\n--\n\nSame as a <= b.";
    "eq" FAST eq, "eq($module, a, b, /)\n--\n\nSame as a == b.";
    "ne" FAST ne, "ne($module, a, b, /)\n--\n\nSame as a != b.";
    "gt" FAST gt, "gt($module, a, b, /)\n--\n\nSame as a > b.";
    "ge" FAST ge, "ge($module, a, b, /)\n--\n\nSame as a >= b.";
    "length_hint" FAST length_hint, "length_hint($module, obj, default=0, /)\n--\n\nReturn an estimate of the number of items in obj.";
    "call" KW call, "call($module, obj, /, *args, **kwargs)\n--\n\nSame as obj(*args, **kwargs).";
    "_compare_digest" FAST compare_digest, "_compare_digest($module, a, b, /)\n--\n\nReturn 'a == b' in a time that tells nothing of the contents.";
] }

pub fn init() -> PyResult {
    let m = module::new("_operator");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add_type(m.value(), ty!(PyItemGetter_Type))?;
    module::add_type(m.value(), ty!(PyAttrGetter_Type))?;
    module::add_type(m.value(), ty!(PyMethodCaller_Type))?;
    Ok(m)
}
