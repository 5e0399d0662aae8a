//! The tests of `match` statements.

use super::*;
use pyrs_object::{dict, intern, tuple};

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

pub(super) fn kind(ctx: Ctx, op: Op) -> Flow {
    let i = ctx.instr();
    let flag = if op == Op::MATCH_MAPPING {
        tpflags::MAPPING
    } else {
        tpflags::SEQUENCE
    };
    let answer = ctx.operand(i.b()).has_flag(flag);
    done(ctx, i, Ok(Ref::bool(answer)))
}

pub(super) fn keys(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (subject, keys) = (ctx.operand(i.b()), ctx.operand(i.c()));
    done(ctx, i, match_keys(subject, keys))
}

fn match_keys(subject: Value, keys: Value) -> PyResult {
    let n = tuple::len(keys);
    if n == 0 {
        return Ok(tuple::empty());
    }
    let seen = pyrs_object::set::new();
    let get = pyrs_object::typeobject::get_method(subject, intern!("get"))?;
    let marker = ops::call(pyrs_object::typeobject::object_type().value(), &[])?;
    let mut values = Vec::with_capacity(n);
    for k in 0..n {
        let key = tuple::get(keys, k);
        if !pyrs_object::set::add(seen.value(), key)? {
            let text = ops::repr(key)?;
            return Err(raise!(
                ValueError,
                "mapping pattern checks duplicate key ({})",
                pyrs_object::str::display(text.value())
            ));
        }
        let v = get.call(&[key, marker.value()])?;
        if v.value() == marker.value() {
            return Ok(Ref::none());
        }
        values.push(v);
    }
    Ok(tuple::from_vec(values))
}

pub(super) fn class(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    // SAFETY: the op has an extra word.
    let word = unsafe { *ctx.extra(0) };
    let names = ctx.code().constant(word as u32 as usize);
    let positional = (word >> 32) as usize;
    let (subject, cls) = (ctx.operand(i.b()), ctx.operand(i.c()));
    done(ctx, i, match_class(subject, cls, positional, names))
}

fn attribute(
    subject: Value,
    name: Value,
    cls: Value,
    seen: &mut Vec<Ref>,
) -> PyResult<Option<Ref>> {
    if seen.iter().any(|s| pyrs_object::str::eq(s.value(), name)) {
        return Err(raise!(
            TypeError,
            "{}() got multiple sub-patterns for attribute {}",
            class_name(cls),
            pyrs_object::str::display(ops::repr(name)?.value())
        ));
    }
    seen.push(Ref::new(name));
    errors::absorb(
        ops::getattr(subject, name),
        pyrs_object::exceptions::AttributeError,
    )
}

fn class_name(cls: Value) -> &'static str {
    pyrs_object::Type::from_value(cls).map_or("?", |t| t.message_name())
}

fn match_class(subject: Value, cls: Value, positional: usize, names: Value) -> PyResult {
    let Some(t) = pyrs_object::Type::from_value(cls) else {
        return Err(raise!(TypeError, "called match pattern must be a class"));
    };
    if !ops::is_instance(subject, cls)? {
        return Ok(Ref::none());
    }
    let mut seen = Vec::new();
    let mut values = Vec::new();
    if positional > 0 {
        let args = errors::absorb(
            ops::getattr(cls, intern!("__match_args__")),
            pyrs_object::exceptions::AttributeError,
        )?;
        let match_self = args.is_none() && t.has(tpflags::MATCH_SELF);
        let args = match args {
            Some(a) if a.is_exact(ty!(tuple::PyTuple_Type)) => a,
            Some(a) => {
                return Err(raise!(
                    TypeError,
                    "{}.__match_args__ must be a tuple (got {})",
                    class_name(cls),
                    a.ty().message_name()
                ));
            }
            None => tuple::empty(),
        };
        let allowed = if match_self {
            1
        } else {
            tuple::len(args.value())
        };
        if allowed < positional {
            return Err(raise!(
                TypeError,
                "{}() accepts {allowed} positional sub-pattern{} ({positional} given)",
                class_name(cls),
                if allowed == 1 { "" } else { "s" }
            ));
        }
        if match_self {
            values.push(Ref::new(subject));
        } else {
            for k in 0..positional {
                let name = tuple::get(args.value(), k);
                if !name.is_exact(ty!(pyrs_object::str::PyUnicode_Type)) {
                    return Err(raise!(
                        TypeError,
                        "__match_args__ elements must be strings (got {})",
                        name.ty().message_name()
                    ));
                }
                match attribute(subject, name, cls, &mut seen)? {
                    Some(v) => values.push(v),
                    None => return Ok(Ref::none()),
                }
            }
        }
    }
    for k in 0..tuple::len(names) {
        match attribute(subject, tuple::get(names, k), cls, &mut seen)? {
            Some(v) => values.push(v),
            None => return Ok(Ref::none()),
        }
    }
    Ok(tuple::from_vec(values))
}

pub(super) fn get_len(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    match ops::len(ctx.operand(i.b())) {
        Ok(n) => done(ctx, i, Ok(Ref::int(n as i64))),
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn copy_dict_without_keys(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let d = dict::new();
    let (mapping, keys) = (ctx.operand(i.b()), ctx.operand(i.c()));
    let result = dict::merge(d.value(), mapping, true).and_then(|()| {
        for k in 0..tuple::len(keys) {
            dict::del_item(d.value(), tuple::get(keys, k))?;
        }
        Ok(d)
    });
    done(ctx, i, result)
}
