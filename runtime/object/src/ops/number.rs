//! Arithmetic: operator dispatch over native and C slots, and conversions through `__index__`, `__int__`, `__float__`.

use super::foreign::*;
use crate::native::Slot;
use crate::{PyResult, Raised, Ref, Type, Value, ValueExt, raise, ty};
use pyrs_layout::*;

/// A binary operator; the order is that of CPython's `NB_*` numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BinOp {
    Add,
    And,
    FloorDiv,
    LShift,
    MatMul,
    Mul,
    Mod,
    Or,
    Pow,
    RShift,
    Sub,
    TrueDiv,
    Xor,
    DivMod,
}

struct BinOpInfo {
    slot: Slot,
    inplace: Option<Slot>,
    symbol: &'static str,
    inplace_symbol: &'static str,
}

const fn info(op: BinOp) -> BinOpInfo {
    use BinOp::*;
    let (slot, inplace, symbol, inplace_symbol) = match op {
        Add => (Slot::nb_add, Slot::nb_inplace_add, "+", "+="),
        Sub => (Slot::nb_subtract, Slot::nb_inplace_subtract, "-", "-="),
        Mul => (Slot::nb_multiply, Slot::nb_inplace_multiply, "*", "*="),
        TrueDiv => (
            Slot::nb_true_divide,
            Slot::nb_inplace_true_divide,
            "/",
            "/=",
        ),
        FloorDiv => (
            Slot::nb_floor_divide,
            Slot::nb_inplace_floor_divide,
            "//",
            "//=",
        ),
        Mod => (Slot::nb_remainder, Slot::nb_inplace_remainder, "%", "%="),
        Pow => (Slot::nb_power, Slot::nb_inplace_power, "** or pow()", "**="),
        MatMul => (
            Slot::nb_matrix_multiply,
            Slot::nb_inplace_matrix_multiply,
            "@",
            "@=",
        ),
        LShift => (Slot::nb_lshift, Slot::nb_inplace_lshift, "<<", "<<="),
        RShift => (Slot::nb_rshift, Slot::nb_inplace_rshift, ">>", ">>="),
        And => (Slot::nb_and, Slot::nb_inplace_and, "&", "&="),
        Or => (Slot::nb_or, Slot::nb_inplace_or, "|", "|="),
        Xor => (Slot::nb_xor, Slot::nb_inplace_xor, "^", "^="),
        DivMod => {
            return BinOpInfo {
                slot: Slot::nb_divmod,
                inplace: None,
                symbol: "divmod()",
                inplace_symbol: "divmod()",
            };
        }
    };
    BinOpInfo {
        slot,
        inplace: Some(inplace),
        symbol,
        inplace_symbol,
    }
}

/// [`info`] by operator.
const INFOS: [BinOpInfo; 14] = {
    use BinOp::*;
    [
        info(Add),
        info(And),
        info(FloorDiv),
        info(LShift),
        info(MatMul),
        info(Mul),
        info(Mod),
        info(Or),
        info(Pow),
        info(RShift),
        info(Sub),
        info(TrueDiv),
        info(Xor),
        info(DivMod),
    ]
};

impl BinOp {
    #[inline(always)]
    pub fn slot(self) -> Slot {
        INFOS[self as usize].slot
    }
    #[inline(always)]
    pub fn inplace_slot(self) -> Option<Slot> {
        INFOS[self as usize].inplace
    }
}

/// The C word of a slot (0 if absent).
#[inline]
pub fn c_slot_word(t: Type, slot: Slot) -> usize {
    let row = &crate::native::SLOTS[slot as usize];
    use crate::native::SlotGroup::*;
    let table: *const u8 = match row.group {
        ty => t.as_ptr().cast_const().cast(),
        nb => t.tp_as_number.cast_const().cast(),
        sq => t.tp_as_sequence.cast_const().cast(),
        mp => t.tp_as_mapping.cast_const().cast(),
        am => t.tp_as_async.cast_const().cast(),
    };
    if table.is_null() {
        return 0;
    }
    // SAFETY: the offset is that of a word-sized field of the table.
    unsafe { *table.add(row.c_offset).cast::<usize>() }
}

/// The native word of a slot (0 if absent).
#[inline]
pub fn native_slot_word(t: Type, slot: Slot) -> usize {
    let row = &crate::native::SLOTS[slot as usize];
    // SAFETY: native slots are optional functions, i.e. words.
    unsafe {
        *std::ptr::from_ref(t.native())
            .cast::<u8>()
            .add(row.native_offset)
            .cast::<usize>()
    }
}

/// Calls one type's binary slot; `None` when absent or it answers `NotImplemented`.
#[inline]
fn try_slot(t: Type, slot: Slot, a: Value, b: Value) -> PyResult<Option<Ref>> {
    let native = native_slot_word(t, slot);
    let power = matches!(slot, Slot::nb_power | Slot::nb_inplace_power);
    let r = if native != 0 {
        if power {
            // SAFETY: the slot table says that this word is a ternary native function.
            let f = unsafe { std::mem::transmute::<usize, crate::native::TernaryFn>(native) };
            f(a, b, crate::singletons::none())?
        } else {
            // SAFETY: the slot table says that this word is a binary native function.
            let f = unsafe { std::mem::transmute::<usize, crate::native::BinaryFn>(native) };
            f(a, b)?
        }
    } else {
        let word = c_slot_word(t, slot);
        if word == 0 {
            return Ok(None);
        }
        if power {
            // SAFETY: the slot table says that this word is a C ternary function.
            let f = unsafe { std::mem::transmute::<usize, ternaryfunc>(word) };
            c_ternary(f, a, b, crate::singletons::none())?
        } else {
            // SAFETY: the slot table says that this word is a C binary function.
            let f = unsafe { std::mem::transmute::<usize, binaryfunc>(word) };
            c_binary(f, a, b)?
        }
    };
    Ok(if r.is_not_implemented() {
        None
    } else {
        Some(r)
    })
}

/// The operator without the sequence fallbacks: `None` when neither side knows it.
fn binary_slots(a: Value, b: Value, slot: Slot) -> PyResult<Option<Ref>> {
    let (ta, tb) = (a.ty(), b.ty());
    let wa = c_slot_word(ta, slot);
    let mut wb = if ta == tb { 0 } else { c_slot_word(tb, slot) };
    if wb == wa {
        wb = 0;
    }
    if wa != 0 {
        if wb != 0 && tb.is_subtype(ta) {
            if let Some(r) = try_slot(tb, slot, a, b)? {
                return Ok(Some(r));
            }
            wb = 0;
        }
        if let Some(r) = try_slot(ta, slot, a, b)? {
            return Ok(Some(r));
        }
    }
    if wb != 0 {
        return try_slot(tb, slot, a, b);
    }
    Ok(None)
}

/// The C function that answers first for an operator whose operands are of one extension type (`Decimal`, arrays), or
/// the right one an immediate, unless the statement is in place and the type knows that, too.
#[inline]
pub fn extension_operator(op: BinOp, a: Value, b: Value, inplace: bool) -> Option<binaryfunc> {
    if op == BinOp::Pow {
        return None;
    }
    let t = if a.is_object() {
        let t = Type::of(a);
        if b.is_object() && t != Type::of(b) {
            // The right operand comes first if its class is a subclass, and Python methods run elsewhere.
            let other = Type::of(b);
            let dunder = crate::typeobject::is_python_slot(other, op.slot());
            if inplace || dunder || other.is_subtype(t) {
                return None;
            }
        }
        t
    } else {
        // Numbers know nothing of other classes, but floats know ints.
        let t = b.ty();
        if inplace || !b.is_object() || t.has(tpflags::LONG_SUBCLASS) {
            return None;
        }
        t
    };
    let place = &PLACES[op as usize];
    let table: *const u8 = t.tp_as_number.cast_const().cast();
    if table.is_null() {
        return None;
    }
    // SAFETY: the offsets are those of word-sized fields of the tables. The slot table says that the word is a C binary
    // function, if it is one; the operator is not `pow`.
    unsafe {
        let native = std::ptr::from_ref(t.native()).cast::<u8>();
        if *native.add(place.native).cast::<usize>() != 0
            || inplace && *table.add(place.inplace).cast::<usize>() != 0
        {
            return None;
        }
        std::mem::transmute::<usize, Option<binaryfunc>>(*table.add(place.c).cast::<usize>())
    }
}

/// Where an operator's functions lie in the tables of types.
struct Place {
    c: usize,
    /// [`Self::c`] again for an operator without statement.
    inplace: usize,
    native: usize,
}
static PLACES: [Place; INFOS.len()] = {
    let mut places = [const {
        Place {
            c: 0,
            inplace: 0,
            native: 0,
        }
    }; INFOS.len()];
    let mut i = 0;
    while i < places.len() {
        let row = &crate::native::SLOTS[INFOS[i].slot as usize];
        assert!(matches!(row.group, crate::native::SlotGroup::nb));
        places[i] = Place {
            c: row.c_offset,
            inplace: match INFOS[i].inplace {
                Some(slot) => crate::native::SLOTS[slot as usize].c_offset,
                None => row.c_offset,
            },
            native: row.native_offset,
        };
        i += 1;
    }
    places
};

/// What an operator does when the function of [`extension_operator`] has answered `NotImplemented`.
#[cold]
pub fn after_extension(op: BinOp, a: Value, b: Value, inplace: bool) -> PyResult {
    let other = if a.is_object() { b } else { a };
    if b.ty() != a.ty()
        && let Some(r) = try_slot(other.ty(), op.slot(), a, b)?
    {
        return Ok(r);
    }
    without_slots(op, a, b, inplace)
}

#[cold]
fn unsupported(a: Value, b: Value, symbol: &str) -> Raised {
    raise!(
        TypeError,
        "unsupported operand type(s) for {symbol}: '{}' and '{}'",
        a.ty().message_name(),
        b.ty().message_name()
    )
}

fn repeat(seq: Value, count: Value, inplace: bool) -> PyResult<Option<Ref>> {
    let t = seq.ty();
    let n = t.native();
    let c = t.sequence();
    let native = if inplace {
        n.sq_inplace_repeat.or(n.sq_repeat)
    } else {
        n.sq_repeat
    };
    let foreign = c.and_then(|s| {
        if inplace {
            s.sq_inplace_repeat.or(s.sq_repeat)
        } else {
            s.sq_repeat
        }
    });
    if native.is_none() && foreign.is_none() {
        return Ok(None);
    }
    if !has_index(count) {
        return Err(raise!(
            TypeError,
            "can't multiply sequence by non-int of type '{}'",
            count.ty().message_name()
        ));
    }
    let k = index_as_isize_clipped_error(count, crate::exceptions::OverflowError)?;
    match (native, foreign) {
        (Some(f), _) => f(seq, k).map(Some),
        (None, Some(f)) => c_sizearg(f, seq, k).map(Some),
        (None, None) => Ok(None),
    }
}

/// `a op b`, or `a op= b` when `inplace`.
#[inline]
pub fn binary(op: BinOp, a: Value, b: Value, inplace: bool) -> PyResult {
    if let Some(f) = extension_operator(op, a, b, inplace) {
        let r = c_binary(f, a, b)?;
        if !r.is_not_implemented() {
            return Ok(r);
        }
        return after_extension(op, a, b, inplace);
    }
    binary_of_any(op, a, b, inplace)
}
#[inline(never)]
fn binary_of_any(op: BinOp, a: Value, b: Value, inplace: bool) -> PyResult {
    let row = &INFOS[op as usize];
    if inplace
        && let Some(slot) = row.inplace
        && let Some(r) = try_slot(a.ty(), slot, a, b)?
    {
        return Ok(r);
    }
    if let Some(r) = binary_slots(a, b, row.slot)? {
        return Ok(r);
    }
    without_slots(op, a, b, inplace)
}

/// What an operator does when no number slot has answered: sequences are joined and repeated.
fn without_slots(op: BinOp, a: Value, b: Value, inplace: bool) -> PyResult {
    let row = &INFOS[op as usize];
    match op {
        BinOp::Add => {
            let t = a.ty();
            let n = t.native();
            let c = t.sequence();
            let native = if inplace {
                n.sq_inplace_concat.or(n.sq_concat)
            } else {
                n.sq_concat
            };
            if let Some(f) = native {
                return f(a, b);
            }
            if let Some(f) = c.and_then(|s| {
                if inplace {
                    s.sq_inplace_concat.or(s.sq_concat)
                } else {
                    s.sq_concat
                }
            }) {
                return c_binary(f, a, b);
            }
        }
        BinOp::Mul => {
            if let Some(r) = repeat(a, b, inplace)? {
                return Ok(r);
            }
            if let Some(r) = repeat(b, a, false)? {
                return Ok(r);
            }
        }
        BinOp::RShift if !inplace => {
            if crate::cfunction::is_builtin_named(a, "print") {
                return Err(raise!(
                    TypeError,
                    "unsupported operand type(s) for >>: '{}' and '{}'. Did you mean \"print(<message>, file=<output_stream>)\"?",
                    a.ty().message_name(),
                    b.ty().message_name()
                ));
            }
        }
        _ => {}
    }
    Err(unsupported(
        a,
        b,
        if inplace {
            row.inplace_symbol
        } else {
            row.symbol
        },
    ))
}

macro_rules! binary_functions {
    ($($name:ident $op:ident)*) => {$(
        /// The operator of that name.
        #[inline]
        pub fn $name(a: Value, b: Value) -> PyResult {
            binary(BinOp::$op, a, b, false)
        }
    )*};
}
binary_functions! {
    add Add sub Sub mul Mul true_div TrueDiv floor_div FloorDiv modulo Mod divmod DivMod lshift LShift rshift RShift
    and And or Or xor Xor matmul MatMul
}

/// `pow(a, b, c)`; `c` is `None` for two arguments.
pub fn power(a: Value, b: Value, c: Value) -> PyResult {
    if c.is_none() {
        return binary(BinOp::Pow, a, b, false);
    }
    let call = |t: Type| -> PyResult<Option<Ref>> {
        let r = if let Some(f) = t.native().nb_power {
            f(a, b, c)?
        } else if let Some(f) = t.number().and_then(|n| n.nb_power) {
            c_ternary(f, a, b, c)?
        } else {
            return Ok(None);
        };
        Ok(if r.is_not_implemented() {
            None
        } else {
            Some(r)
        })
    };
    let (ta, tb, tc) = (a.ty(), b.ty(), c.ty());
    if tb != ta
        && tb.is_subtype(ta)
        && let Some(r) = call(tb)?
    {
        return Ok(r);
    }
    if let Some(r) = call(ta)? {
        return Ok(r);
    }
    if tb != ta
        && let Some(r) = call(tb)?
    {
        return Ok(r);
    }
    if tc != ta
        && tc != tb
        && let Some(r) = call(tc)?
    {
        return Ok(r);
    }
    Err(raise!(
        TypeError,
        "unsupported operand type(s) for ** or pow(): '{}', '{}', '{}'",
        ta.message_name(),
        tb.message_name(),
        tc.message_name()
    ))
}

macro_rules! unary_functions {
    ($($name:ident $slot:ident $what:literal)*) => {$(
        /// The unary operation of that name.
        pub fn $name(v: Value) -> PyResult {
            let t = v.ty();
            if let Some(f) = t.native().$slot {
                return f(v);
            }
            match t.number().and_then(|n| n.$slot) {
                Some(f) => c_unary(f, v),
                None => Err(raise!(TypeError, concat!("bad operand type for ", $what, ": '{}'"), t.message_name())),
            }
        }
    )*};
}
unary_functions! {
    negative nb_negative "unary -"
    positive nb_positive "unary +"
    invert nb_invert "unary ~"
    absolute nb_absolute "abs()"
}

/// `PyIndex_Check`.
pub fn has_index(v: Value) -> bool {
    v.is_int() || v.ty().number().is_some_and(|n| n.nb_index.is_some())
}

/// `operator.index(v)`: an int (canonical; an int subclass comes back as it is).
pub fn index(v: Value) -> PyResult {
    if crate::int::is_int_instance(v) {
        return Ok(Ref::new(v));
    }
    let t = v.ty();
    let r = if let Some(f) = t.native().nb_index {
        f(v)?
    } else if let Some(f) = t.number().and_then(|n| n.nb_index) {
        c_unary(f, v)?
    } else {
        return Err(raise!(
            TypeError,
            "'{}' object cannot be interpreted as an integer",
            t.message_name()
        ));
    };
    if r.is_exact(ty!(crate::int::PyLong_Type)) {
        return Ok(r);
    }
    if !crate::int::is_int_instance(r.value()) {
        return Err(raise!(
            TypeError,
            "__index__ returned non-int (type {})",
            r.ty().message_name()
        ));
    }
    (crate::hooks().warn)(
        crate::exceptions::DeprecationWarning,
        &format!(
            "__index__ returned non-int (type {}).  The ability to return an instance of a strict subclass of int is deprecated, and may not be supported in a future version of Python.",
            r.ty().message_name()
        ),
        1,
    )?;
    Ok(r)
}

/// `__index__` as a machine word; too large raises `OverflowError`.
pub fn index_as_isize(v: Value) -> PyResult<isize> {
    if let Some(n) = v.as_int() {
        return Ok(n as isize);
    }
    let i = index(v)?;
    match crate::int::to_i64(i.value()) {
        Some(n) => Ok(n as isize),
        None => Err(raise!(
            OverflowError,
            "Python int too large to convert to C ssize_t"
        )),
    }
}

/// `__index__` as a machine word; too large raises `exc` ("cannot fit 'int' into an index-sized integer").
pub fn index_as_isize_clipped_error(v: Value, exc: Type) -> PyResult<isize> {
    if let Some(n) = v.as_int() {
        return Ok(n as isize);
    }
    let i = index(v)?;
    match crate::int::to_i64(i.value()) {
        Some(n) => Ok(n as isize),
        None => Err(crate::errors::raise_fmt(
            exc,
            format_args!(
                "cannot fit '{}' into an index-sized integer",
                v.ty().message_name()
            ),
        )),
    }
}

/// `__index__` as a machine word, clipped to its range (slices).
pub fn index_clipped(v: Value) -> PyResult<isize> {
    if let Some(n) = v.as_int() {
        return Ok(n as isize);
    }
    let i = index(v)?;
    Ok(crate::int::to_i64(i.value()).map_or_else(
        || {
            if crate::int::is_negative(i.value()) {
                isize::MIN
            } else {
                isize::MAX
            }
        },
        |n| n as isize,
    ))
}

/// `float(v)` for arithmetic: floats, `__float__`, `__index__`; "must be real number, not X".
pub fn as_f64(v: Value) -> PyResult<f64> {
    if let Some(x) = v.as_float() {
        return Ok(x);
    }
    if let Some(n) = v.as_int() {
        return Ok(n as f64);
    }
    crate::float::as_f64_slow(v)
}

/// The operator as error messages spell it.
pub fn symbol(op: BinOp, inplace: bool) -> &'static str {
    let row = info(op);
    if inplace {
        row.inplace_symbol
    } else {
        row.symbol
    }
}
