//! Calls of classes with a Python `__new__`: it runs in a frame, and the call keeps its arguments until that has returned, as
//! `__init__` gets them, too.

use super::bind::{self, CallArgs};
use super::*;
use pyrs_object::native::Slot;
use pyrs_object::typeobject::{self, PyType_Type};
use pyrs_object::{Args, Type, descr, intern};

/// What `Continuation::Finish` says of a frame that a call pushed: it is the `__new__` of the class that is called.
pub const MADE_BY_NEW: u64 = 2;

/// The Python `__new__` that a call of the class runs first.
pub fn new_method_of(callable: Value) -> Option<Value> {
    let class = Type::from_value(callable)?;
    let plain_call = || {
        ops::c_slot_word(callable.ty(), Slot::tp_call)
            == ops::c_slot_word(ty!(PyType_Type), Slot::tp_call)
    };
    if !class.is_heap()
        || !typeobject::is_python_slot(class, Slot::tp_new)
        || class.tp_vectorcall.is_some()
        || class.has(tpflags::TYPE_SUBCLASS)
        || !plain_call()
    {
        return None;
    }
    let found = typeobject::lookup(class, intern!("__new__"))?;
    let func = if found.is_exact(ty!(descr::PyStaticMethod_Type)) {
        descr::wrapped_callable(found)
    } else {
        found
    };
    is_py_function(func).then_some(func)
}

/// Where the arguments of the running `CALL` or `CALL_KW` lie.
unsafe fn arguments(ctx: Ctx, i: Instr) -> CallArgs {
    // SAFETY: the window lies inside the frame's registers; `CALL_KW` has a word that names a constant.
    unsafe {
        let window = ctx.regs().add(i.a() as usize);
        let has_self = i.d() & CALL_METHOD_FLAG != 0 && !(*window.add(1)).is_empty();
        let kwnames = match i.op().map(Op::family) {
            Some(Op::CALL_KW) => ctx.code().constant(*ctx.extra(0) as u32 as usize),
            _ => Value::EMPTY,
        };
        CallArgs {
            first: window.add(if has_self { 1 } else { 2 }),
            n: i.b() as usize + usize::from(has_self),
            kwnames,
        }
    }
}

/// Pushes the frame of the `__new__` of a class that is called with `args`, which stay where they are. `None` if it is not
/// such a class.
pub(super) fn push_new(ctx: Ctx, callable: Value, args: CallArgs, dst: u16) -> Option<Flow> {
    let func = new_method_of(callable)?;
    let i = ctx.instr();
    // SAFETY: the arguments are those of the running call, owned by its registers or its caller.
    unsafe {
        if i.op().map(Op::family) != Some(Op::CALL_EX) {
            let own = arguments(ctx, i);
            if own.first != args.first || own.n != args.n {
                // A method was taken apart: nobody would find the arguments again.
                return None;
            }
        }
        let func = Ref::new(func);
        let mut owned: smallvec::SmallVec<[Value; 8]> =
            smallvec::smallvec![Ref::new(callable).into_value()];
        for k in 0..args.n {
            owned.push(Ref::new(*args.first.add(k)).into_value());
        }
        let kind = Continuation::Finish;
        let pushed = if args.kwnames.is_empty() {
            call::push_call(
                ctx,
                func.value(),
                owned.as_mut_ptr(),
                owned.len(),
                dst,
                kind,
            )
        } else {
            let all = CallArgs {
                first: owned.as_mut_ptr(),
                n: owned.len(),
                kwnames: args.kwnames,
            };
            bind::push_general(ctx.ts, func.value(), all, dst, kind)
        };
        Some(match pushed {
            Ok(()) => {
                (*(*ctx.ts).c.frame).continuation_data = MADE_BY_NEW;
                Flow::Call
            }
            Err(e) => Flow::Raise(e),
        })
    }
}

/// Whether what `__new__` of `class` gave needs no `__init__`, or one that does nothing.
#[inline]
pub fn needs_no_init(class: Type, made: Type) -> bool {
    let object = ty!(typeobject::PyBaseObject_Type);
    let own = |slot| ops::c_slot_word(made, slot) != ops::c_slot_word(object, slot);
    !made.is_subtype(class) || !own(Slot::tp_init) && own(Slot::tp_new)
}

/// `__new__` has returned `value` to a `CALL` or `CALL_KW`.
pub(super) fn finish(ctx: Ctx, value: Ref) -> Flow {
    let i = ctx.instr();
    // SAFETY: the window has been left as it was; its registers own their values.
    unsafe {
        let window = ctx.regs().add(i.a() as usize);
        let args = arguments(ctx, i);
        let values = std::slice::from_raw_parts(args.first, args.n);
        let kwnames = args.kwnames;
        if let Err(e) = initialize(*window, &value, Args { values, kwnames }) {
            return Flow::Raise(e);
        }
        bind::drop_args(args);
        heap::decref(std::mem::replace(&mut *window, Value::EMPTY));
    }
    ctx.set(i.c(), value);
    Flow::Next
}

/// Runs the `__init__` of what `__new__` gave.
pub(super) fn initialize(class: Value, made: &Ref, args: Args<'_>) -> PyResult<()> {
    match Type::from_value(class) {
        Some(class) if !needs_no_init(class, made.ty()) => {
            typeobject::initialize(class, made, args)
        }
        _ => Ok(()),
    }
}
