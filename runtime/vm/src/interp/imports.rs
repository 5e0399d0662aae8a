//! `import` statements.

use super::*;
use pyrs_object::{dict, intern};

pub(super) fn import_name(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let name = ctx.code().name(i.c());
    let fromlist = ctx.operand(i.b());
    // SAFETY: the op has an extra word; the frame is live.
    let (level, globals, locals, builtins) = unsafe {
        (
            *ctx.extra(0) as i64,
            Value::from_object((*ctx.frame).globals),
            Value::from_object((*ctx.frame).locals),
            Value::from_object((*ctx.frame).builtins),
        )
    };
    let import = match dict::get(builtins, intern!("__import__")) {
        Ok(Some(f)) => f,
        Ok(None) => return Flow::Raise(raise!(ImportError, "__import__ not found")),
        Err(e) => return Flow::Raise(e),
    };
    let result = if crate::import::is_default_import(import.value()) {
        crate::import::import_module_level(name, globals, fromlist, level)
    } else {
        let locals = if locals.is_empty() {
            pyrs_object::singletons::none()
        } else {
            locals
        };
        ops::call(
            import.value(),
            &[name, globals, locals, fromlist, Value::int_unchecked(level)],
        )
    };
    match result {
        Ok(v) => {
            ctx.kill(i);
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn import_from(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let module = ctx.reg(i.b());
    let name = ctx.code().name(i.c());
    match crate::import::import_from(module, name) {
        Ok(v) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn import_star(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    // SAFETY: the frame is live.
    let locals = unsafe { Value::from_object((*ctx.frame).locals) };
    if locals.is_empty() {
        return Flow::Raise(raise!(SystemError, "no locals found during 'import *'"));
    }
    let result = crate::import::import_all_from(locals, ctx.operand(i.a()));
    ctx.kill(i);
    result.into()
}
