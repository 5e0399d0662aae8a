//! Displays, formatting, unpacking, functions.

use super::*;
use pyrs_bytecode::{
    CONVERSION_MASK, FUNC_ANNOTATIONS, FUNC_CLOSURE, FUNC_DEFAULTS, FUNC_KWDEFAULTS, HAS_SPEC,
};
use pyrs_object::{boundary, dict, list, tuple};

/// Marks moved-out registers empty.
///
/// # Safety
/// The window's values were moved out.
#[inline(always)]
pub(super) unsafe fn clear_window(regs: *mut Value, first: u16, n: u16) {
    // SAFETY: by contract.
    unsafe {
        for k in 0..n as usize {
            *regs.add(first as usize + k) = Value::EMPTY;
        }
    }
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

pub(super) fn set(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let s = pyrs_object::set::new();
    for k in 0..i.c() {
        let item = ctx.take(i.b() + k);
        if let Err(e) = pyrs_object::set::add(s.value(), item.value()) {
            return Flow::Raise(e);
        }
    }
    ctx.set(i.a(), s);
    Flow::Next
}

pub(super) fn map(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let d = dict::with_capacity(i.c() as usize);
    for k in 0..i.c() {
        let key = ctx.take(i.b() + 2 * k);
        let value = ctx.take(i.b() + 2 * k + 1);
        if let Err(e) = dict::set_item_owned(d.value(), key, value) {
            return Flow::Raise(e);
        }
    }
    ctx.set(i.a(), d);
    Flow::Next
}

pub(super) fn const_key_map(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    // SAFETY: the op has an extra word.
    let keys = ctx
        .code()
        .constant(unsafe { *ctx.extra(0) } as u32 as usize);
    let d = dict::with_capacity(i.c() as usize);
    for k in 0..i.c() {
        let key = Ref::new(tuple::get(keys, k as usize));
        let value = ctx.take(i.b() + k);
        if let Err(e) = dict::set_item_owned(d.value(), key, value) {
            return Flow::Raise(e);
        }
    }
    ctx.set(i.a(), d);
    Flow::Next
}

pub(super) fn string(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let parts: Vec<Ref> = (0..i.c()).map(|k| ctx.take(i.b() + k)).collect();
    let empty = pyrs_object::str::empty();
    done(ctx, i, pyrs_object::str::join(empty.value(), &parts))
}

pub(super) fn slice(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let start = ctx.take(i.b());
    let stop = ctx.take(i.b() + 1);
    let step = if i.c() == 3 {
        ctx.take(i.b() + 2)
    } else {
        Ref::none()
    };
    ctx.set(
        i.a(),
        pyrs_object::slice::new(start.value(), stop.value(), step.value()),
    );
    Flow::Next
}

pub(super) fn list_extend(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    if v.ty().tp_iter.is_none() && !ops::is_sequence(v) {
        return Flow::Raise(raise!(
            TypeError,
            "Value after * must be an iterable, not {}",
            v.ty().message_name()
        ));
    }
    let result = list::extend(ctx.reg(i.a()), v);
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}

pub(super) fn set_add(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let result = pyrs_object::set::add(ctx.reg(i.a()), ctx.operand(i.b()));
    if result.is_ok() {
        ctx.kill(i);
    }
    result.map(drop).into()
}

pub(super) fn set_update(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let result = pyrs_object::set::update(ctx.reg(i.a()), ctx.operand(i.b()));
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}

pub(super) fn map_add(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let result = dict::set_item(ctx.reg(i.a()), ctx.operand(i.b()), ctx.operand(i.c()));
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}

pub(super) fn dict_update(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    let result = dict::merge(ctx.reg(i.a()), v, true);
    if result.is_err() && errors::take_if(pyrs_object::exceptions::AttributeError) {
        return Flow::Raise(raise!(
            TypeError,
            "'{}' object is not a mapping",
            v.ty().message_name()
        ));
    }
    if result.is_ok() {
        ctx.kill(i);
    }
    result.into()
}

pub(super) fn dict_merge(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (target, source) = (ctx.reg(i.a()), ctx.operand(i.b()));
    let callable = ctx.reg(i.c());
    if dict::merge_unique(target, source).is_err() {
        return Flow::Raise(call::keyword_error(callable, source));
    }
    ctx.kill(i);
    Flow::Next
}

pub(super) fn list_to_tuple(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let items: Vec<Value> = list::items(ctx.operand(i.b()))
        .iter()
        .map(|v| boundary::canonical(*v))
        .collect();
    done(ctx, i, Ok(tuple::from_slice(&items)))
}

pub(super) fn format_value(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    let spec = if i.d() & HAS_SPEC != 0 {
        ctx.operand(i.c())
    } else {
        Value::EMPTY
    };
    let converted = match i.d() & CONVERSION_MASK {
        1 => ops::str_of(v),
        2 => ops::repr(v),
        3 => ops::ascii(v),
        _ => Ok(Ref::new(v)),
    };
    let result = converted.and_then(|v| ops::format(v.value(), spec));
    match result {
        Ok(v) => {
            let d = i.d() & if i.d() & HAS_SPEC != 0 { 0xFF } else { !KILL_C };
            ctx.kill(Instr(i.0 & !0xFF00 | u64::from(d) << 8));
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

#[cold]
fn cannot_unpack(v: Value) -> Raised {
    raise!(
        TypeError,
        "cannot unpack non-iterable {} object",
        v.ty().message_name()
    )
}

/// Whether operand `b` of an unpacking is one of its target registers.
fn targets_source(i: Instr, n: usize) -> bool {
    (i.a()..i.a() + n as u16).contains(&i.b())
}

pub(super) fn unpack_sequence(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let n = i.c() as usize;
    let v = ctx.operand(i.b());
    if let Some(items) = ops::exact_items(v) {
        // The source's register may be among the targets: it is released last.
        if items.len() == n && n <= 16 && (i.d() & KILL_B != 0 || !targets_source(i, n)) {
            let source = if i.d() & KILL_B != 0 {
                Some(ctx.take(i.b()))
            } else {
                None
            };
            // The source lives on while destructors of old values run.
            if v.is_exact(ty!(tuple::PyTuple_Type)) {
                for (k, item) in items.iter().enumerate() {
                    ctx.set(i.a() + k as u16, Ref::new(boundary::canonical(*item)));
                }
                drop(source);
                return Flow::Next;
            }
            // They may change a list: take the items first.
            let mut owned = [Value::EMPTY; 16];
            for (slot, item) in owned.iter_mut().zip(items) {
                *slot = Ref::new(boundary::canonical(*item)).into_value();
            }
            for (k, item) in owned.into_iter().take(n).enumerate() {
                // SAFETY: the references made above.
                ctx.set(i.a() + k as u16, unsafe { Ref::from_owned(item) });
            }
            drop(source);
            return Flow::Next;
        }
        if items.len() == n {
            // The source may be overwritten by the targets: take the items first.
            let owned: smallvec::SmallVec<[Ref; 8]> = items
                .iter()
                .map(|v| Ref::new(boundary::canonical(*v)))
                .collect();
            if i.d() & KILL_B != 0 {
                ctx.release(i.b());
            }
            for (k, item) in owned.into_iter().enumerate() {
                ctx.set(i.a() + k as u16, item);
            }
            return Flow::Next;
        }
        let got = items.len();
        return Flow::Raise(if got < n {
            raise!(
                ValueError,
                "not enough values to unpack (expected {n}, got {got})"
            )
        } else {
            raise!(ValueError, "too many values to unpack (expected {n})")
        });
    }
    match unpack_iterable(v, n, None) {
        Ok(items) => {
            if i.d() & KILL_B != 0 {
                ctx.release(i.b());
            }
            for (k, item) in items.into_iter().enumerate() {
                ctx.set(i.a() + k as u16, item);
            }
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// `before` items, then (if `after` is given) a list of the rest and `after` items.
fn unpack_iterable(v: Value, before: usize, after: Option<usize>) -> PyResult<Vec<Ref>> {
    if v.ty().tp_iter.is_none() && !ops::is_sequence(v) {
        return Err(cannot_unpack(v));
    }
    let it = ops::iter(v)?;
    let mut out = Vec::with_capacity(before);
    while out.len() < before {
        match ops::next(it.value())? {
            Some(item) => out.push(item),
            None => {
                return Err(match after {
                    None => raise!(
                        ValueError,
                        "not enough values to unpack (expected {before}, got {})",
                        out.len()
                    ),
                    Some(after) => raise!(
                        ValueError,
                        "not enough values to unpack (expected at least {}, got {})",
                        before + after,
                        out.len()
                    ),
                });
            }
        }
    }
    let Some(after) = after else {
        return match ops::next(it.value())? {
            None => Ok(out),
            Some(_) => Err(raise!(
                ValueError,
                "too many values to unpack (expected {before})"
            )),
        };
    };
    let mut rest = ops::collect(it.value())?;
    if rest.len() < after {
        return Err(raise!(
            ValueError,
            "not enough values to unpack (expected at least {}, got {})",
            before + after,
            before + rest.len()
        ));
    }
    let tail = rest.split_off(rest.len() - after);
    out.push(list::from_vec(rest));
    out.extend(tail);
    Ok(out)
}

pub(super) fn unpack_ex(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (before, after) = ((i.c() & 255) as usize, (i.c() >> 8) as usize);
    match unpack_iterable(ctx.operand(i.b()), before, Some(after)) {
        Ok(items) => {
            if i.d() & KILL_B != 0 {
                ctx.release(i.b());
            }
            for (k, item) in items.into_iter().enumerate() {
                ctx.set(i.a() + k as u16, item);
            }
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn make_function(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let code_object = ctx.code().constant(i.c() as usize);
    // SAFETY: code constants are code objects; the running frame's globals are alive.
    let (qualname, globals) = unsafe {
        (
            Value::from_object((*code_object.as_ptr().cast::<PyCodeObject>()).co_qualname),
            Value::from_object((*ctx.frame).globals),
        )
    };
    let func = pyrs_object::function::new(code_object, globals, qualname);
    let func = match func {
        Ok(f) => f,
        Err(e) => return Flow::Raise(e),
    };
    let mut at = i.b();
    let mut take = |bit: u8| {
        if i.d() & bit == 0 {
            return std::ptr::null_mut();
        }
        let v = ctx.take(at);
        at += 1;
        v.into_ptr()
    };
    // SAFETY: a fresh function object; its fields own what they hold.
    unsafe {
        let f = func.value().as_ptr().cast::<PyFunctionObject>();
        let defaults = take(FUNC_DEFAULTS);
        if !defaults.is_null() {
            (*f).func_defaults = defaults;
        }
        let kwdefaults = take(FUNC_KWDEFAULTS);
        if !kwdefaults.is_null() {
            (*f).func_kwdefaults = kwdefaults;
        }
        let annotations = take(FUNC_ANNOTATIONS);
        if !annotations.is_null() {
            (*f).func_annotations = annotations;
        }
        let closure = take(FUNC_CLOSURE);
        if !closure.is_null() {
            (*f).func_closure = closure;
        }
    }
    ctx.set(i.a(), func);
    Flow::Next
}
