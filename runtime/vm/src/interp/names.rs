//! Globals, builtins, names of class and module bodies, unbound variables.

use super::*;
use pyrs_object::dict;
use pyrs_object::intern;

fn globals(ctx: Ctx) -> Value {
    // SAFETY: the running frame is live.
    unsafe { Value::from_object((*ctx.frame).globals) }
}
fn builtins(ctx: Ctx) -> Value {
    // SAFETY: the running frame is live.
    unsafe { Value::from_object((*ctx.frame).builtins) }
}
fn locals(ctx: Ctx) -> Value {
    // SAFETY: the running frame is live.
    unsafe { Value::from_object((*ctx.frame).locals) }
}

#[cold]
fn name_error(name: Value) -> Raised {
    let e = raise!(
        NameError,
        "name '{}' is not defined",
        pyrs_object::str::display(name)
    );
    pyrs_object::exceptions::set_name(name);
    e
}

/// Looks a global up through any kind of builtins mapping; new reference.
fn lookup_global(ctx: Ctx, name: Value) -> PyResult<Option<Ref>> {
    let g = globals(ctx);
    let found = if g.is_exact(ty!(dict::PyDict_Type)) {
        dict::get(g, name)?
    } else {
        errors::absorb(ops::getitem(g, name), pyrs_object::exceptions::KeyError)?
    };
    if found.is_some() {
        return Ok(found);
    }
    let b = builtins(ctx);
    if dict::is_dict(b) && b.is_exact(ty!(dict::PyDict_Type)) {
        return dict::get(b, name);
    }
    errors::absorb(ops::getitem(b, name), pyrs_object::exceptions::KeyError)
}

pub(super) fn load_global(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let name = ctx.code().name(i.b());
    let (g, b) = (globals(ctx), builtins(ctx));
    let simple = |d: Value| d.is_exact(ty!(dict::PyDict_Type)) && dict::has_only_strs(d);
    if simple(g) && simple(b) {
        // SAFETY: the op has three extra words; entry indices are guarded by the key versions stored with them.
        unsafe {
            let gv = dict::keys_version(g);
            if let Some(at) = dict::find_index(g, name) {
                let v = Ref::new(dict::value_at(g, at));
                if gv != 0 && at <= u32::MAX as usize {
                    *ctx.extra(0) = u64::from(gv) | (at as u64) << 32;
                    ctx.quicken(Op::LOAD_GLOBAL_MODULE);
                }
                ctx.set(i.a(), v);
                return Flow::Next;
            }
            let bv = dict::keys_version(b);
            if let Some(at) = dict::find_index(b, name) {
                let v = Ref::new(dict::value_at(b, at));
                if gv != 0 && bv != 0 {
                    dict::rely_on_absence(name);
                    *ctx.extra(0) = u64::from(gv);
                    *ctx.extra(1) = u64::from(bv) | (at as u64) << 32;
                    ctx.quicken(Op::LOAD_GLOBAL_BUILTIN);
                }
                ctx.set(i.a(), v);
                return Flow::Next;
            }
        }
    }
    match lookup_global(ctx, name) {
        Ok(Some(v)) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Ok(None) => Flow::Raise(name_error(name)),
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn store_global(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let name = ctx.code().name(i.b());
    let result = dict::set_item(globals(ctx), name, ctx.operand(i.a()));
    ctx.kill(i);
    result.into()
}

pub(super) fn delete_global(ctx: Ctx) -> Flow {
    let name = ctx.code().name(ctx.instr().a());
    match dict::del_item(globals(ctx), name) {
        Ok(true) => Flow::Next,
        Ok(false) => Flow::Raise(name_error(name)),
        Err(e) => Flow::Raise(e),
    }
}

fn get_local(ctx: Ctx, name: Value) -> PyResult<Option<Ref>> {
    let l = locals(ctx);
    if l.is_empty() {
        return Err(raise!(
            SystemError,
            "no locals when loading '{}'",
            pyrs_object::str::display(name)
        ));
    }
    if l.is_exact(ty!(dict::PyDict_Type)) {
        dict::get(l, name)
    } else {
        errors::absorb(ops::getitem(l, name), pyrs_object::exceptions::KeyError)
    }
}

pub(super) fn load_name(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let name = ctx.code().name(i.b());
    let found = match get_local(ctx, name) {
        Ok(Some(v)) => Ok(Some(v)),
        Ok(None) => lookup_global(ctx, name),
        Err(e) => Err(e),
    };
    match found {
        Ok(Some(v)) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Ok(None) => Flow::Raise(name_error(name)),
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn store_name(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let name = ctx.code().name(i.b());
    let l = locals(ctx);
    let v = ctx.operand(i.a());
    let result = if l.is_empty() {
        Err(raise!(
            SystemError,
            "no locals found when storing '{}'",
            pyrs_object::str::display(name)
        ))
    } else if l.is_exact(ty!(dict::PyDict_Type)) {
        dict::set_item(l, name, v)
    } else {
        ops::setitem(l, name, v)
    };
    ctx.kill(i);
    result.into()
}

pub(super) fn delete_name(ctx: Ctx) -> Flow {
    let name = ctx.code().name(ctx.instr().a());
    let l = locals(ctx);
    if l.is_empty() {
        return Flow::Raise(raise!(
            SystemError,
            "no locals when deleting '{}'",
            pyrs_object::str::display(name)
        ));
    }
    let deleted = if l.is_exact(ty!(dict::PyDict_Type)) {
        dict::del_item(l, name)
    } else {
        errors::absorb(
            ops::setitem(l, name, Value::EMPTY),
            pyrs_object::exceptions::KeyError,
        )
        .map(|x| x.is_some())
    };
    match deleted {
        Ok(true) => Flow::Next,
        Ok(false) => Flow::Raise(name_error(name)),
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn load_classderef(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let name = ctx.code().local_names[i.b() as usize];
    match get_local(ctx, name) {
        Ok(Some(v)) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Ok(None) => {
            let v = pyrs_object::cell::get(ctx.reg(i.b()));
            if v.is_empty() {
                return Flow::Raise(unbound_cell(ctx, i.b()));
            }
            ctx.set(i.a(), Ref::new(v));
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

#[cold]
pub(super) fn unbound_local(ctx: Ctx, register: u16) -> Raised {
    let name = ctx
        .code()
        .local_names
        .get(register as usize)
        .copied()
        .unwrap_or(Value::EMPTY);
    if name.is_empty() {
        return errors::bad_internal_call();
    }
    let e = raise!(
        UnboundLocalError,
        "cannot access local variable '{}' where it is not associated with a value",
        pyrs_object::str::display(name)
    );
    pyrs_object::exceptions::set_name(name);
    e
}

#[cold]
pub(super) fn unbound_cell(ctx: Ctx, register: u16) -> Raised {
    let code = ctx.code();
    let name = code
        .local_names
        .get(register as usize)
        .copied()
        .unwrap_or(Value::EMPTY);
    if u32::from(register) < code.first_free {
        return unbound_local(ctx, register);
    }
    let e = raise!(
        NameError,
        "cannot access free variable '{}' where it is not associated with a value in enclosing scope",
        pyrs_object::str::display(name)
    );
    pyrs_object::exceptions::set_name(name);
    e
}

pub(super) fn load_build_class(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let name = intern!("__build_class__");
    let b = builtins(ctx);
    let found = if dict::is_dict(b) {
        dict::get(b, name)
    } else {
        errors::absorb(ops::getitem(b, name), pyrs_object::exceptions::KeyError)
    };
    match found {
        Ok(Some(v)) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Ok(None) => Flow::Raise(raise!(NameError, "__build_class__ not found")),
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn setup_annotations(ctx: Ctx) -> Flow {
    let l = locals(ctx);
    if l.is_empty() {
        return Flow::Raise(raise!(
            SystemError,
            "no locals found when setting up annotations"
        ));
    }
    let name = intern!("__annotations__");
    match get_local(ctx, name) {
        Ok(Some(_)) => Flow::Next,
        Ok(None) => {
            let d = dict::new();
            let result = if l.is_exact(ty!(dict::PyDict_Type)) {
                dict::set_item(l, name, d.value())
            } else {
                ops::setitem(l, name, d.value())
            };
            result.into()
        }
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn print_expr(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let v = ctx.take_operand(i.a(), i.d() & KILL_A != 0);
    let Some(hook) = (pyrs_object::hooks().sys_attr)("displayhook") else {
        return Flow::Raise(raise!(RuntimeError, "lost sys.displayhook"));
    };
    ops::call(hook.value(), &[v.value()]).map(drop).into()
}
