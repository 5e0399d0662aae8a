//! Calls: Python functions push a frame; natives are called with the argument registers as their slice; classes
//! with a Python `__init__` get their instance made here and the frame of `__init__` pushed.

use super::bind::{self, CallArgs};
use super::*;
use crate::jit::Direct;
use pyrs_object::native::{NativeFn, NativeMethodDef, Slot};
use pyrs_object::{Args, Type, boundary};
use std::ptr;

/// `CALL a, argc, dst`.
pub(super) fn call(ctx: Ctx, method: bool) -> Flow {
    let i = ctx.instr();
    let (base, argc, dst) = (i.a(), i.b() as usize, i.c());
    if crate::safepoint::requested() {
        if let Err(e) = crate::safepoint::poll(ctx.ts) {
            return Flow::Raise(e);
        }
        // The instruction runs again in the traced loop.
        if crate::trace::active(ctx.ts) {
            return Flow::Exit(Exit::Stepped);
        }
    }
    // SAFETY: the window lies inside the frame's registers.
    unsafe {
        let window = ctx.regs().add(base as usize);
        let callable = *window;
        let has_self = method && !(*window.add(1)).is_empty();
        // Arguments with `self` in front when there is one: the registers are adjacent.
        let (first, n) = if has_self {
            (window.add(1), argc + 1)
        } else {
            (window.add(2), argc)
        };
        if callable.is_object() {
            let ty = (*callable.as_ptr()).ob_type;
            if ty == &raw mut pyrs_object::function::PyFunction_Type {
                return match push_call(ctx, callable, first, n, dst, Continuation::Store) {
                    Ok(()) => {
                        *window = Value::EMPTY;
                        heap::decref(callable);
                        Flow::Call
                    }
                    Err(e) => Flow::Raise(e),
                };
            }
            if let Some(result) = ops::call_c_in_place(callable, first, n) {
                return finish_native(ctx, window, first, n, dst, result);
            }
            if callable == ty!(pyrs_object::typeobject::PyType_Type).value() && n == 1 {
                remember_class(ctx, ty!(pyrs_object::typeobject::PyType_Type));
                let result = Ok((*first).ty().to_ref());
                return finish_native(ctx, window, first, n, dst, result);
            }
            if push_stand_in(ctx, window, (first, n), Value::EMPTY, dst) {
                return Flow::Call;
            }
            if ty == &raw mut pyrs_object::cfunction::PyCFunction_Type
                && let Some((def, slf)) = pyrs_object::cfunction::native_def(callable)
            {
                remember_native(ctx, def, argc);
                let result = call_native(def, slf, std::slice::from_raw_parts(first, n));
                return finish_native(ctx, window, first, n, dst, result);
            }
            if ty == &raw mut pyrs_object::descr::PyMethodDescr_Type
                && n > 0
                && let Some(def) = pyrs_object::descr::native_method(callable)
                && descr_accepts(callable, *first)
            {
                if has_self {
                    remember_native_method(ctx, callable, def, (*first).ty());
                }
                let result =
                    call_native(def, *first, std::slice::from_raw_parts(first.add(1), n - 1));
                return finish_native(ctx, window, first, n, dst, result);
            }
            if ty == &raw mut pyrs_object::method::PyMethod_Type && !has_self {
                let (func, slf) = pyrs_object::method::parts(callable);
                let func = Ref::new(func);
                *window.add(1) = Ref::new(slf).into_value();
                let old = std::mem::replace(&mut *window, func.into_value());
                heap::decref(old);
                return call(ctx, true);
            }
            if ty == &raw mut pyrs_object::descr::PyWrapperDescr_Type {
                let args = std::slice::from_raw_parts(first, n);
                let result =
                    pyrs_object::descr::wrapper_call(callable, Args::positional_only(args));
                return finish_native(ctx, window, first, n, dst, result);
            }
            if let Some(class) = natively_made(callable) {
                remember_class(ctx, class);
                let values = std::slice::from_raw_parts(first, n);
                let result =
                    pyrs_object::typeobject::call_class(class, Args::positional_only(values));
                return finish_native(ctx, window, first, n, dst, result);
            }
        }
        let args = CallArgs {
            first,
            n,
            kwnames: Value::EMPTY,
        };
        call_other(ctx, window, callable, args, dst)
    }
}

/// A class of ours whose `__new__` and `__init__` run no Python of the class: calling it needs no frame. `str` and
/// exceptions have ways of their own ([`call_other`]).
#[inline(always)]
fn natively_made(callable: Value) -> Option<Type> {
    // SAFETY: an exact `type` is a class.
    unsafe {
        if (*callable.as_ptr()).ob_type != &raw mut pyrs_object::typeobject::PyType_Type {
            return None;
        }
        let class = Type::from_ptr(callable.as_ptr().cast());
        let special = tpflags::HEAPTYPE | tpflags::BASE_EXC_SUBCLASS;
        let own_way = class == ty!(pyrs_object::str::PyUnicode_Type);
        (class.tp_flags & special == 0 && !own_way).then_some(class)
    }
}

/// Caches a builtin's definition at a call that has no form yet. What may be replaced for a generator has none.
fn remember_native(ctx: Ctx, def: &'static NativeMethodDef, argc: usize) {
    let i = ctx.instr();
    if i.op() != Some(Op::CALL) || crate::consume::has_stand_in(def) {
        return;
    }
    let isinstance = argc == 2 && crate::consume::is_isinstance(def);
    // SAFETY: the instruction has three extra words.
    unsafe { *ctx.extra(0) = std::ptr::from_ref(def) as u64 }
    ctx.quicken(match isinstance {
        true => Op::CALL_ISINSTANCE,
        false => Op::CALL_NATIVE_FAST,
    });
}

/// Caches a method of a builtin class, which is never freed, and the class of the object that it is called for.
fn remember_native_method(ctx: Ctx, descr: Value, def: &'static NativeMethodDef, of: Type) {
    let i = ctx.instr();
    // SAFETY: a live method descriptor; the instruction has three extra words.
    unsafe {
        let common = &(*descr.as_ptr().cast::<PyMethodDescrObject>()).d_common;
        let owner = Type::from_ptr(common.d_type);
        if i.op() != Some(Op::CALL) || owner.is_heap() || crate::consume::has_stand_in(def) {
            return;
        }
        *ctx.extra(0) = descr.bits();
        *ctx.extra(1) = of.as_ptr() as u64;
        *ctx.extra(2) = std::ptr::from_ref(def) as u64;
    }
    ctx.quicken(Op::CALL_METHOD_FAST);
}

/// `CALL_NATIVE_FAST`: the builtin whose definition is cached.
pub(super) fn cached_native(ctx: Ctx, method: bool) -> Flow {
    let i = ctx.instr();
    // SAFETY: as `call`; a definition that is cached is a static one.
    unsafe {
        let window = ctx.regs().add(i.a() as usize);
        let callable = *window;
        let def = *ctx.extra(0) as *const NativeMethodDef;
        if !pyrs_object::cfunction::has_native_def(callable, def) || crate::safepoint::requested() {
            return call(ctx, method);
        }
        let argc = i.b() as usize;
        let (first, n) = if method && !(*window.add(1)).is_empty() {
            (window.add(1), argc + 1)
        } else {
            (window.add(2), argc)
        };
        let slf = pyrs_object::cfunction::own_self(callable);
        let result = call_native(&*def, slf, std::slice::from_raw_parts(first, n));
        finish_native(ctx, window, first, n, i.c(), result)
    }
}

/// `CALL_METHOD_FAST`: the cached method of a builtin class for an object of the cached class.
pub(super) fn cached_method(ctx: Ctx, method: bool) -> Flow {
    let i = ctx.instr();
    // SAFETY: as `call`; a descriptor that is cached is that of a static type and lives on.
    unsafe {
        let window = ctx.regs().add(i.a() as usize);
        let (slf, argc) = (*window.add(1), i.b() as usize);
        let fits = method
            && (*window).bits() == *ctx.extra(0)
            && !slf.is_empty()
            && slf.ty().as_ptr() as u64 == *ctx.extra(1);
        if !fits || crate::safepoint::requested() {
            return call(ctx, method);
        }
        let def = *ctx.extra(2) as *const NativeMethodDef;
        let result = call_native(&*def, slf, std::slice::from_raw_parts(window.add(2), argc));
        finish_native(ctx, window, window.add(1), argc + 1, i.c(), result)
    }
}

/// Caches a class of ours, which is never freed, and its `__new__` if a call is nothing else.
fn remember_class(ctx: Ctx, class: Type) {
    if ctx.instr().op() != Some(Op::CALL) {
        return;
    }
    let new = pyrs_object::typeobject::sole_new(class);
    // SAFETY: the instruction has three extra words.
    unsafe {
        *ctx.extra(0) = class.value().bits();
        *ctx.extra(1) = new.map_or(0, |f| f as usize as u64);
    }
    ctx.quicken(Op::CALL_BUILTIN_CLASS);
}

/// `CALL_BUILTIN_CLASS`: the cached class.
pub(super) fn cached_class(ctx: Ctx, method: bool) -> Flow {
    let i = ctx.instr();
    // SAFETY: as `call`; what is cached is a static class and its `__new__`.
    unsafe {
        let window = ctx.regs().add(i.a() as usize);
        let callable = *window;
        if callable.bits() != *ctx.extra(0) || crate::safepoint::requested() {
            return call(ctx, method);
        }
        let argc = i.b() as usize;
        let (first, n) = if method && !(*window.add(1)).is_empty() {
            (window.add(1), argc + 1)
        } else {
            (window.add(2), argc)
        };
        let values = std::slice::from_raw_parts(first, n);
        let class = Type::from_ptr(callable.as_ptr().cast());
        let new = *ctx.extra(1);
        let result = match values {
            [x] if class == ty!(pyrs_object::typeobject::PyType_Type) => Ok(x.ty().to_ref()),
            [x] if class == ty!(pyrs_object::str::PyUnicode_Type) => {
                if python_slot(*x, Slot::tp_str) {
                    return call(ctx, method);
                }
                ops::str_of(*x)
            }
            _ if class == ty!(pyrs_object::str::PyUnicode_Type)
                || crate::consume::may_stand_in(values) =>
            {
                return call(ctx, method);
            }
            _ if new != 0 => {
                let new = std::mem::transmute::<usize, pyrs_object::native::NewFn>(new as usize);
                new(class, Args::positional_only(values))
            }
            _ => pyrs_object::typeobject::call_class(class, Args::positional_only(values)),
        };
        finish_native(ctx, window, first, n, i.c(), result)
    }
}

/// Caches where callables of the class keep their C entry. The class must be one of those that `ops::foreign_entry` knows.
fn remember_vectorcall(ctx: Ctx, class: Type) {
    let version = pyrs_object::typeobject::version_tag(class);
    if version == 0 || ctx.instr().op() != Some(Op::CALL) {
        return;
    }
    // SAFETY: the instruction has three extra words.
    unsafe { *ctx.extra(0) = u64::from(version) | (class.tp_vectorcall_offset as u64) << 32 }
    ctx.quicken(Op::CALL_VECTORCALL);
}

/// `CALL_VECTORCALL`: a callable of C's whose class is cached.
pub(super) fn cached_vectorcall(ctx: Ctx, method: bool) -> Flow {
    let i = ctx.instr();
    // SAFETY: as `call`; what has the cached version keeps its entry where the cache says.
    unsafe {
        let window = ctx.regs().add(i.a() as usize);
        let (callable, word) = (*window, *ctx.extra(0));
        if !callable.is_object()
            || (*(*callable.as_ptr()).ob_type).tp_version_tag != word as u32
            || crate::safepoint::requested()
        {
            return call(ctx, method);
        }
        let place = callable.as_ptr().cast::<u8>().add((word >> 32) as usize);
        let Some(f) = *place.cast::<Option<vectorcallfunc>>() else {
            return call(ctx, method);
        };
        let argc = i.b() as usize;
        let (first, n) = if method && !(*window.add(1)).is_empty() {
            (window.add(1), argc + 1)
        } else {
            (window.add(2), argc)
        };
        let result = ops::call_in_place(f, callable, first, n, Value::EMPTY);
        finish_native(ctx, window, first, n, i.c(), result)
    }
}

/// `CALL_ISINSTANCE`: `isinstance(a, b)`. An `__instancecheck__` in Python gets a frame in the place of the builtin.
pub(super) fn isinstance(ctx: Ctx, method: bool) -> Flow {
    let i = ctx.instr();
    // SAFETY: as `cached_native`; the call has two arguments.
    unsafe {
        let window = ctx.regs().add(i.a() as usize);
        let known = *ctx.extra(0) as *const NativeMethodDef;
        if !pyrs_object::cfunction::has_native_def(*window, known)
            || method && !(*window.add(1)).is_empty()
            || crate::safepoint::requested()
        {
            return call(ctx, method);
        }
        let first = window.add(2);
        if let Some(answer) = ops::plain_is_instance(*first, *first.add(1)) {
            return finish_native(ctx, window, first, 2, i.c(), Ok(Ref::bool(answer)));
        }
        if let Some((check, slf)) = ops::instance_check_of(*first, *first.add(1)) {
            let lead = Ref::new(slf).into_value();
            if !makes_generator(check)
                && push_plain(ctx.ts, check, lead, first, 1, i.c(), Continuation::Truth)
            {
                for place in [first.add(1), window] {
                    heap::decref(std::mem::replace(&mut *place, Value::EMPTY));
                }
                return Flow::Call;
            }
            heap::decref(lead);
        }
        let result = ops::is_instance(*first, *first.add(1)).map(Ref::bool);
        finish_native(ctx, window, first, 2, i.c(), result)
    }
}

/// Whether calling the function only makes a generator or coroutine.
fn makes_generator(func: Value) -> bool {
    // SAFETY: a live function; its code object has a body or none.
    unsafe {
        let body = code::body((*func.as_ptr().cast::<PyFunctionObject>()).func_code);
        body.as_ref().is_none_or(code::Code::is_generator_like)
    }
}

/// `CALL_KW a, argc, dst`: the last arguments are named by the constant tuple in the first extra word.
pub(super) fn call_kw(ctx: Ctx, method: bool) -> Flow {
    let i = ctx.instr();
    let (base, argc, dst) = (i.a(), i.b() as usize, i.c());
    // SAFETY: the window lies inside the frame's registers.
    unsafe {
        let kwnames = ctx.code().constant(*ctx.extra(0) as u32 as usize);
        let window = ctx.regs().add(base as usize);
        let callable = *window;
        let has_self = method && !(*window.add(1)).is_empty();
        if callable.is_exact(ty!(pyrs_object::method::PyMethod_Type)) && !has_self {
            let (func, slf) = pyrs_object::method::parts(callable);
            let func = Ref::new(func);
            *window.add(1) = Ref::new(slf).into_value();
            let old = std::mem::replace(&mut *window, func.into_value());
            heap::decref(old);
            return call_kw_self(ctx, window, argc, kwnames, dst, true);
        }
        call_kw_self(ctx, window, argc, kwnames, dst, has_self)
    }
}

unsafe fn call_kw_self(
    ctx: Ctx,
    window: *mut Value,
    argc: usize,
    kwnames: Value,
    dst: u16,
    has_self: bool,
) -> Flow {
    // SAFETY: as `call_kw`.
    unsafe {
        let callable = *window;
        let (first, n) = if has_self {
            (window.add(1), argc + 1)
        } else {
            (window.add(2), argc)
        };
        let args = CallArgs { first, n, kwnames };
        if is_py_function(callable) {
            return match bind::push_general(ctx.ts, callable, args, dst, Continuation::Store) {
                Ok(()) => {
                    *window = Value::EMPTY;
                    heap::decref(callable);
                    Flow::Call
                }
                Err(e) => {
                    *window = Value::EMPTY;
                    heap::decref(callable);
                    Flow::Raise(e)
                }
            };
        }
        if callable.is_object() && push_stand_in(ctx, window, (first, n), kwnames, dst) {
            return Flow::Call;
        }
        call_other(ctx, window, callable, args, dst)
    }
}

/// Runs the Python function that stands in for the callable of the window, if there is one ([`crate::consume`]).
///
/// # Safety
/// `window` begins with the callable; the arguments, the last of them named by `names`, are owned.
#[inline(always)]
unsafe fn push_stand_in(
    ctx: Ctx,
    window: *mut Value,
    (first, n): (*mut Value, usize),
    names: Value,
    dst: u16,
) -> bool {
    // SAFETY: by contract.
    unsafe {
        let callable = *window;
        let arguments = std::slice::from_raw_parts(first, n);
        let (none, kind) = (Value::EMPTY, Continuation::Store);
        let Some(func) = crate::consume::stand_in(ctx.ts, callable, arguments, names) else {
            return false;
        };
        if !push_plain(ctx.ts, func, none, first, n, dst, kind) {
            return false;
        }
        let frame = (*ctx.ts).c.frame;
        (*frame).flags = (*frame).flags.with(FrameFlags::HIDDEN);
        (*ctx.ts).c.recursion_remaining += 1;
        *window = Value::EMPTY;
        heap::decref(callable);
        true
    }
}

/// What `Continuation::Finish` says of a frame that `CALL_EX` pushed: it is an `__init__`, and the instance lies in the
/// register behind the callable.
pub const MADE_INSTANCE: u64 = 1;

/// `CALL_EX a, dst`: `[a](*[a+2], **[a+3])`. The callable and what its arguments came in stay where they are until the call
/// returns, as CPython keeps them: who looks at counts sees them. An error leaves them to whoever handles it.
pub(super) fn call_ex(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let base = i.a();
    let callable = ctx.reg(base);
    let kwargs = if i.d() & pyrs_bytecode::CALL_EX_KWARGS != 0 {
        ctx.reg(base + 3)
    } else {
        Value::EMPTY
    };
    let (func, slf) = if callable.is_exact(ty!(pyrs_object::method::PyMethod_Type)) {
        pyrs_object::method::parts(callable)
    } else {
        (callable, Value::EMPTY)
    };
    let copies = is_py_function(func) || Type::from_value(func).is_some();
    let positional = ctx.reg(base + 2);
    if !keeps_items(positional, copies) {
        match argument_tuple(callable, positional) {
            Ok(t) => ctx.set(base + 2, t),
            Err(e) => return Flow::Raise(e),
        }
    }
    let items = ops::exact_items(ctx.reg(base + 2)).unwrap_or(&[]);
    let plain_dict = ty!(pyrs_object::dict::PyDict_Type);
    if kwargs.is_empty() || kwargs.is_exact(plain_dict) && pyrs_object::dict::len(kwargs) == 0 {
        if is_py_function(func) {
            return push_items(ctx, func, slf, items);
        }
        if let Some(result) = call_with_items(func, slf, items) {
            return finish_native_ex(ctx, result);
        }
    }
    match expand(callable, items, kwargs) {
        Ok((mut values, names)) => {
            if !slf.is_empty() {
                values.insert(0, Ref::new(slf));
            }
            call_vec(ctx, func, values, names)
        }
        Err(e) => Flow::Raise(e),
    }
}

/// Whether what came behind `*` keeps its items until the call returns: a tuple does, and a list that was made for the call
/// if its items are copied before anything runs (`copies`).
fn keeps_items(positional: Value, copies: bool) -> bool {
    let own_list = || {
        // SAFETY: a live list.
        positional.is_exact(ty!(pyrs_object::list::PyList_Type))
            && unsafe { (*positional.as_ptr()).ob_refcnt } == 1
    };
    positional.is_exact(ty!(pyrs_object::tuple::PyTuple_Type)) || copies && own_list()
}

/// Pushes the frame of a Python function with positional arguments only.
fn push_items(ctx: Ctx, func: Value, slf: Value, items: &[Value]) -> Flow {
    let mut owned: smallvec::SmallVec<[Value; 8]> = smallvec::SmallVec::new();
    if !slf.is_empty() {
        owned.push(Ref::new(slf).into_value());
    }
    for v in items {
        owned.push(Ref::new(boundary::canonical(*v)).into_value());
    }
    let (dst, kind) = (ctx.instr().c(), Continuation::Finish);
    // SAFETY: the values are owned; they are moved into the frame or released.
    match unsafe { push_call(ctx, func, owned.as_mut_ptr(), owned.len(), dst, kind) } {
        Ok(()) => Flow::Call,
        Err(e) => Flow::Raise(e),
    }
}

/// A call of what is neither Python function nor class gets the tuple's items where they lie: no reference more than the
/// tuple's. `None` if it is not that, or C has seen the tuple and boxed an item.
fn call_with_items(func: Value, slf: Value, items: &[Value]) -> Option<PyResult> {
    if !slf.is_empty()
        || Type::from_value(func).is_some()
        || items.iter().any(|v| boundary::canonical(*v) != *v)
    {
        return None;
    }
    let (values, kwnames) = (items, Value::EMPTY);
    Some(ops::call_args(func, Args { values, kwnames }))
}

fn finish_native_ex(ctx: Ctx, result: PyResult) -> Flow {
    match result {
        Ok(v) => {
            let dst = ctx.instr().c();
            release_window(ctx);
            ctx.set(dst, v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

fn call_vec(ctx: Ctx, callable: Value, values: Vec<Ref>, names: Option<Ref>) -> Flow {
    let mut raw: Vec<Value> = values.into_iter().map(Ref::into_value).collect();
    let kwnames = names.as_ref().map_or(Value::EMPTY, Ref::value);
    let args = CallArgs {
        first: raw.as_mut_ptr(),
        n: raw.len(),
        kwnames,
    };
    let (base, dst) = (ctx.instr().a(), ctx.instr().c());
    if is_py_function(callable) {
        // SAFETY: the vector owns its values until they are moved into the frame.
        return match unsafe {
            bind::push_general(ctx.ts, callable, args, dst, Continuation::Finish)
        } {
            Ok(()) => Flow::Call,
            Err(e) => Flow::Raise(e),
        };
    }
    if let Some(flow) = new::push_new(ctx, callable, args, dst) {
        // SAFETY: the vector owns its values, which were copied.
        unsafe { bind::drop_args(args) };
        return flow;
    }
    if let Some(flow) = try_class_call(ctx, callable, args, dst, Some(base + 1)) {
        // SAFETY: whatever was not moved out is still owned by the vector.
        unsafe { bind::drop_args(args) };
        return flow;
    }
    let result = ops::call_args(
        callable,
        Args {
            values: &raw,
            kwnames,
        },
    );
    // SAFETY: as above.
    unsafe { bind::drop_args(args) };
    finish_native_ex(ctx, result)
}

/// Gives up what a `CALL_EX` was made with.
fn release_window(ctx: Ctx) {
    let i = ctx.instr();
    let base = i.a();
    ctx.release(base);
    ctx.release(base + 2);
    if i.d() & pyrs_bytecode::CALL_EX_KWARGS != 0 {
        ctx.release(base + 3);
    }
}

/// The function that `CALL_EX` called has returned `value`.
fn finish_ex(ctx: Ctx, stage: u64, value: Ref) -> Flow {
    let i = ctx.instr();
    let value = if stage == MADE_INSTANCE {
        if !value.is_none() {
            return Flow::Raise(init_returned(&value));
        }
        ctx.take(i.a() + 1)
    } else {
        value
    };
    if stage == new::MADE_BY_NEW
        && let Err(e) = initialize_ex(ctx, &value)
    {
        return Flow::Raise(e);
    }
    release_window(ctx);
    ctx.set(i.c(), value);
    Flow::Next
}

/// Runs the `__init__` of what the `__new__` of a class gave that `CALL_EX` calls.
fn initialize_ex(ctx: Ctx, made: &Ref) -> PyResult<()> {
    let i = ctx.instr();
    let class = ctx.reg(i.a());
    if Type::from_value(class).is_none_or(|c| new::needs_no_init(c, made.ty())) {
        return Ok(());
    }
    let kwargs = if i.d() & pyrs_bytecode::CALL_EX_KWARGS != 0 {
        ctx.reg(i.a() + 3)
    } else {
        Value::EMPTY
    };
    let items = ops::exact_items(ctx.reg(i.a() + 2)).unwrap_or(&[]);
    let (values, names) = expand(class, items, kwargs)?;
    let raw: smallvec::SmallVec<[Value; 8]> = values.iter().map(Ref::value).collect();
    let kwnames = names.as_ref().map_or(Value::EMPTY, Ref::value);
    new::initialize(
        class,
        made,
        Args {
            values: &raw,
            kwnames,
        },
    )
}

#[cold]
fn init_returned(value: &Ref) -> Raised {
    raise!(
        TypeError,
        "__init__() should return None, not '{}'",
        value.ty().message_name()
    )
}

/// The tuple of the items of an iterable behind `*`.
fn argument_tuple(callable: Value, iterable: Value) -> PyResult {
    if let Some(items) = ops::exact_items(iterable) {
        let items = items.iter().map(|v| Ref::new(boundary::canonical(*v)));
        return Ok(pyrs_object::tuple::from_vec(items.collect()));
    }
    if iterable.ty().tp_iter.is_none() && !ops::is_sequence(iterable) {
        return Err(raise!(
            TypeError,
            "{} argument after * must be an iterable, not {}",
            callable_text(callable),
            iterable.ty().message_name()
        ));
    }
    Ok(pyrs_object::tuple::from_vec(ops::collect(iterable)?))
}

/// Text of a callable in `CALL_EX` messages: "module.name()".
pub(super) fn callable_text(callable: Value) -> String {
    let Ok(Some(qualname)) = ops::getattr_opt(callable, pyrs_object::intern!("__qualname__"))
    else {
        errors::clear();
        return ops::str_of(callable)
            .map(|s| pyrs_object::str::to_string_lossy(s.value()))
            .unwrap_or_else(|_| {
                errors::clear();
                String::from("object")
            });
    };
    let name = pyrs_object::str::to_string_lossy(qualname.value());
    let module = ops::getattr_opt(callable, pyrs_object::intern!("__module__"))
        .ok()
        .flatten();
    errors::clear();
    match module {
        Some(m)
            if m.has_flag(tpflags::UNICODE_SUBCLASS)
                && !pyrs_object::str::eq_str(m.value(), "builtins") =>
        {
            format!("{}.{name}()", pyrs_object::str::to_string_lossy(m.value()))
        }
        _ => format!("{name}()"),
    }
}

/// The error of collecting `**source` in the words of a call of `callable`.
#[cold]
pub(super) fn keyword_error(callable: Value, source: Value) -> Raised {
    if errors::take_if(pyrs_object::exceptions::AttributeError) {
        return raise!(
            TypeError,
            "{} argument after ** must be a mapping, not {}",
            callable_text(callable),
            source.ty().message_name()
        );
    }
    if errors::matches(pyrs_object::exceptions::KeyError) {
        let exc = errors::take();
        let args = pyrs_object::exceptions::args_of(exc.value());
        if let [key] = pyrs_object::tuple::items(args.value()) {
            return match ops::str_of(*key) {
                Ok(key) => raise!(
                    TypeError,
                    "{} got multiple values for keyword argument '{}'",
                    callable_text(callable),
                    pyrs_object::str::display(key.value())
                ),
                Err(e) => e,
            };
        }
        return errors::restore(exc);
    }
    Raised::assume_set()
}

/// The arguments of `f(*positional, **kwargs)`, owned, and the tuple of keyword names.
fn expand(callable: Value, items: &[Value], kwargs: Value) -> PyResult<(Vec<Ref>, Option<Ref>)> {
    let items = items.iter();
    let mut values: Vec<Ref> = items.map(|v| Ref::new(boundary::canonical(*v))).collect();
    if kwargs.is_empty() {
        return Ok((values, None));
    }
    let dict = if kwargs.is_exact(ty!(pyrs_object::dict::PyDict_Type)) {
        Ref::new(kwargs)
    } else {
        let d = pyrs_object::dict::new();
        if pyrs_object::dict::merge_unique(d.value(), kwargs).is_err() {
            return Err(keyword_error(callable, kwargs));
        }
        d
    };
    if pyrs_object::dict::len(dict.value()) == 0 {
        return Ok((values, None));
    }
    let mut names = Vec::new();
    let mut position = 0;
    while let Some((k, v)) = pyrs_object::dict::next(dict.value(), &mut position) {
        if !k.has_flag(tpflags::UNICODE_SUBCLASS) {
            return Err(raise!(TypeError, "keywords must be strings"));
        }
        names.push(Ref::new(k));
        values.push(Ref::new(v));
    }
    Ok((values, Some(pyrs_object::tuple::from_vec(names))))
}

/// Pushes the frame of a plain Python function (positional parameters, perhaps defaults and a closure) whose owned
/// arguments lie at `first`, behind `lead` if that is not empty; they are moved out. False, with nothing done, if the
/// call is not that simple.
///
/// # Safety
/// `func` is a function; `first` points at `n` owned values.
#[inline(always)]
pub(super) unsafe fn push_plain(
    ts: *mut ThreadState,
    func: Value,
    lead: Value,
    first: *mut Value,
    n: usize,
    dst: u16,
    continuation: Continuation,
) -> bool {
    // SAFETY: by contract.
    unsafe { push_simple::<true>(ts, func, lead, first, n, dst, continuation) }
}

/// [`push_plain`], or, unless the arguments are `GIVEN`, with references of its own to arguments that stay where they are.
///
/// # Safety
/// As there; values that are not given live as long as the call.
#[inline(always)]
unsafe fn push_simple<const GIVEN: bool>(
    ts: *mut ThreadState,
    func: Value,
    lead: Value,
    first: *mut Value,
    n: usize,
    dst: u16,
    continuation: Continuation,
) -> bool {
    // SAFETY: `func` is a function object; its code object has a body (checked when it was made).
    unsafe {
        let f = func.as_ptr().cast::<PyFunctionObject>();
        let code = code::body((*f).func_code);
        if code.is_null() || !(*code).positional || (*ts).c.recursion_remaining <= 0 {
            return false;
        }
        let (argcount, leading) = ((*code).argcount as usize, usize::from(!lead.is_empty()));
        let given = n + leading;
        let mut defaults: &[Value] = &[];
        if given != argcount {
            let all = Value::from_object((*f).func_defaults);
            if given > argcount || all.is_empty() {
                return false;
            }
            let all = pyrs_object::tuple::items(all);
            let missing = argcount - given;
            if missing > all.len() {
                return false;
            }
            defaults = &all[all.len() - missing..];
        }
        (*ts).c.recursion_remaining -= 1;
        let frame = frames::push(ts, code);
        let regs = Frame::registers(frame);
        if leading != 0 {
            *regs = lead;
        }
        for k in 0..n {
            *regs.add(leading + k) = *first.add(k);
            if GIVEN {
                *first.add(k) = Value::EMPTY;
            } else {
                heap::incref(*first.add(k));
            }
        }
        for (k, v) in defaults.iter().enumerate() {
            *regs.add(given + k) = Ref::new(pyrs_object::boundary::canonical(*v)).into_value();
        }
        if (*code).free_count != 0 {
            let closure = pyrs_object::tuple::items(Value::from_object((*f).func_closure));
            for (k, cell) in closure.iter().enumerate() {
                *regs.add((*code).first_free as usize + k) = Ref::new(*cell).into_value();
            }
        }
        heap::incref(func);
        (*frame).prev = (*ts).c.frame;
        (*frame).func = func.as_ptr();
        (*frame).globals = (*f).func_globals;
        (*frame).builtins = (*f).func_builtins;
        (*frame).result_register = dst;
        (*frame).continuation = continuation as u8;
        (*frame).flags = FrameFlags::NONE;
        (*ts).c.frame = frame;
        true
    }
}

/// Pushes the frame of a Python function whose owned positional arguments lie at `first`; they are moved out (also
/// on failure).
///
/// # Safety
/// `first` points at `n` owned values.
#[inline(always)]
pub(super) unsafe fn push_call(
    ctx: Ctx,
    func: Value,
    first: *mut Value,
    n: usize,
    dst: u16,
    continuation: Continuation,
) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe {
        if push_plain(ctx.ts, func, Value::EMPTY, first, n, dst, continuation) {
            return Ok(());
        }
        bind::push_general(
            ctx.ts,
            func,
            CallArgs {
                first,
                n,
                kwnames: Value::EMPTY,
            },
            dst,
            continuation,
        )
    }
}

/// Pushes a frame for `func(args...)` with borrowed arguments (dunders called by the interpreter).
pub(super) fn push_method(
    ctx: Ctx,
    func: Value,
    args: &[Value],
    dst: u16,
    continuation: Continuation,
) -> Flow {
    // `__exit__` has the most arguments.
    let mut owned = [Value::EMPTY; 4];
    for (place, v) in owned.iter_mut().zip(args) {
        *place = Ref::new(*v).into_value();
    }
    debug_assert!(args.len() <= owned.len());
    // SAFETY: `owned` holds owned values that are moved out.
    match unsafe { push_call(ctx, func, owned.as_mut_ptr(), args.len(), dst, continuation) } {
        Ok(()) => Flow::Call,
        Err(e) => Flow::Raise(e),
    }
}

#[inline(always)]
fn call_native(def: &NativeMethodDef, slf: Value, args: &[Value]) -> PyResult {
    match def.native {
        NativeFn::O(f) if args.len() == 1 => f(slf, args[0]),
        NativeFn::Fast(f) => f(slf, args),
        NativeFn::NoArgs(f) if args.is_empty() => f(slf),
        NativeFn::Kw(f) => f(slf, Args::positional_only(args)),
        _ => ops::call_native(def, slf, Args::positional_only(args)),
    }
}

/// Whether a method descriptor may be called with this `self` (else the generic path raises).
#[inline(always)]
fn descr_accepts(descr: Value, slf: Value) -> bool {
    // SAFETY: a live method descriptor.
    unsafe {
        let owner = (*descr.as_ptr().cast::<PyMethodDescrObject>())
            .d_common
            .d_type;
        let ty = slf.ty();
        ty.as_ptr() == owner || ty.is_subtype(Type::from_ptr(owner))
    }
}

/// Releases the call window and stores the result.
#[inline(always)]
unsafe fn finish_native(
    ctx: Ctx,
    window: *mut Value,
    first: *mut Value,
    n: usize,
    dst: u16,
    result: PyResult,
) -> Flow {
    // SAFETY: the window's registers own their values.
    unsafe {
        for k in 0..n {
            let slot = first.add(k);
            let old = std::mem::replace(&mut *slot, Value::EMPTY);
            heap::decref(old);
        }
        let old = std::mem::replace(&mut *window, Value::EMPTY);
        heap::decref(old);
    }
    match result {
        Ok(v) => {
            if crate::safepoint::requested() {
                // The callee may have sent this process a signal: its handler runs before the next instruction.
                if let Err(e) = crate::safepoint::poll(ctx.ts) {
                    return Flow::Raise(e);
                }
                // Or it has switched tracing on.
                if crate::trace::active(ctx.ts) {
                    ctx.set(dst, v);
                    ctx.advance();
                    return Flow::Exit(Exit::Stepped);
                }
            }
            ctx.set(dst, v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

#[inline(never)]
unsafe fn call_other(
    ctx: Ctx,
    window: *mut Value,
    callable: Value,
    args: CallArgs,
    dst: u16,
) -> Flow {
    // SAFETY: the window's registers own their values.
    unsafe {
        // `str(x)`: no tuple of arguments, no binding.
        if args.n == 1 && args.kwnames.is_empty() {
            let x = *args.first;
            if callable == ty!(pyrs_object::str::PyUnicode_Type).value()
                && !python_slot(x, Slot::tp_str)
            {
                remember_class(ctx, ty!(pyrs_object::str::PyUnicode_Type));
                let result = ops::str_of(x);
                return finish_native(ctx, window, args.first, 1, dst, result);
            }
        }
        if callable.is_exact(ty!(pyrs_object::typeobject::PyType_Type))
            && let class = Type::from_ptr(callable.as_ptr().cast())
            && !class.is_heap()
        {
            // A static class: no `__init__` in Python, and no frame.
            let values = std::slice::from_raw_parts(args.first, args.n);
            let kwnames = args.kwnames;
            let result = if class.has(tpflags::BASE_EXC_SUBCLASS) && kwnames.is_empty() {
                pyrs_object::exceptions::new_instance(class, values)
            } else {
                ops::call_args(callable, Args { values, kwnames })
            };
            return finish_native(ctx, window, args.first, args.n, dst, result);
        }
        if let Some(f) = ops::foreign_entry(callable) {
            let class = callable.ty();
            // Builtin functions and method descriptors may be native or C's.
            if class.native().tp_call.is_none()
                && class != ty!(pyrs_object::cfunction::PyCMethod_Type)
            {
                remember_vectorcall(ctx, class);
            }
            let result = ops::call_in_place(f, callable, args.first, args.n, args.kwnames);
            return finish_native(ctx, window, args.first, args.n, dst, result);
        }
        if let Some(flow) = new::push_new(ctx, callable, args, dst) {
            return flow;
        }
        if let Some(flow) = try_class_call(ctx, callable, args, dst, None) {
            bind::drop_args(args);
            let old = std::mem::replace(&mut *window, Value::EMPTY);
            heap::decref(old);
            return flow;
        }
        if let Some(func) = call_method_of(callable) {
            let mut owned: Vec<Value> = vec![Ref::new(callable).into_value()];
            for k in 0..args.n {
                owned.push(std::mem::replace(&mut *args.first.add(k), Value::EMPTY));
            }
            let old = std::mem::replace(&mut *window, Value::EMPTY);
            let func = Ref::new(func);
            let all = CallArgs {
                first: owned.as_mut_ptr(),
                n: owned.len(),
                kwnames: args.kwnames,
            };
            let pushed = bind::push_general(ctx.ts, func.value(), all, dst, Continuation::Store);
            heap::decref(old);
            return match pushed {
                Ok(()) => Flow::Call,
                Err(e) => Flow::Raise(e),
            };
        }
        let values = std::slice::from_raw_parts(args.first, args.n);
        let result = ops::call_args(
            callable,
            Args {
                values,
                kwnames: args.kwnames,
            },
        );
        finish_native(ctx, window, args.first, args.n, dst, result)
    }
}

/// The Python `__call__` that a call of an instance runs in a stackless frame.
pub fn call_method_of(callable: Value) -> Option<Value> {
    if !python_slot(callable, Slot::tp_call) {
        return None;
    }
    python_method(callable, pyrs_object::intern!("__call__"))
}

/// A call of a Python class with plain instantiation and a Python `__init__`: makes the
/// instance and pushes the frame of `__init__`. `None` if it is not that. `held`: the register that keeps the instance
/// meanwhile, if it is not the frame that does.
fn try_class_call(
    ctx: Ctx,
    callable: Value,
    args: CallArgs,
    dst: u16,
    held: Option<u16>,
) -> Option<Flow> {
    let cls = Type::from_value(callable)?;
    if !cls.is_heap() || !pyrs_object::typeobject::is_plain_instantiation(cls) {
        return None;
    }
    let init = pyrs_object::typeobject::lookup(cls, pyrs_object::intern!("__init__"))
        .filter(|f| is_py_function(*f))?;
    let init = Ref::new(init);
    let kind = match held {
        Some(_) => Continuation::Finish,
        None => Continuation::Init,
    };
    let keep = |instance: Ref| {
        let data = match held {
            Some(r) => {
                ctx.set(r, instance);
                MADE_INSTANCE
            }
            None => instance.into_value().bits(),
        };
        // SAFETY: the frame that was just pushed.
        unsafe { (*(*ctx.ts).c.frame).continuation_data = data }
    };
    let instance = match pyrs_object::typeobject::new_before_init(cls) {
        Ok(instance) => instance,
        Err(e) => return Some(Flow::Raise(e)),
    };
    // SAFETY: arguments are owned by the caller's window and moved.
    unsafe {
        if args.kwnames.is_empty() {
            let lead = instance.clone().into_value();
            let (ts, func) = (ctx.ts, init.value());
            if push_plain(ts, func, lead, args.first, args.n, dst, kind) {
                keep(instance);
                return Some(Flow::Reload);
            }
            heap::decref(lead);
        }
        let mut owned: smallvec::SmallVec<[Value; 8]> =
            smallvec::smallvec![instance.clone().into_value()];
        for k in 0..args.n {
            owned.push(std::mem::replace(&mut *args.first.add(k), Value::EMPTY));
        }
        let all = CallArgs {
            first: owned.as_mut_ptr(),
            n: owned.len(),
            kwnames: args.kwnames,
        };
        let pushed = if args.kwnames.is_empty() {
            push_call(ctx, init.value(), all.first, all.n, dst, kind)
        } else {
            bind::push_general(ctx.ts, init.value(), all, dst, kind)
        };
        Some(match pushed {
            Ok(()) => {
                keep(instance);
                Flow::Call
            }
            Err(e) => Flow::Raise(e),
        })
    }
}

/// `RETURN` of a frame that is entered from native code, a generator, or has an unusual continuation.
pub(super) fn return_slow(ctx: Ctx, value: Ref) -> Flow {
    // SAFETY: the running frame is finished here; its caller is live unless the frame is an entry.
    unsafe {
        let frame = ctx.frame;
        if (*frame).flags.has(FrameFlags::TRACED)
            && let Err(e) = crate::trace::on_return(ctx, value.value())
        {
            return Flow::Raise(e);
        }
        if (*frame).flags.has(FrameFlags::GENERATOR) {
            return generator::returned(ctx, value);
        }
        let entry = (*frame).flags.has(FrameFlags::ENTRY);
        let traced = (*frame).flags.has(FrameFlags::TRACED);
        let continuation = Continuation::of(&*frame);
        let dst = (*frame).result_register;
        let data = (*frame).continuation_data;
        let caller = (*frame).prev;
        let counted = !(*frame).flags.has(FrameFlags::HIDDEN);
        frames::finish(ctx.ts, frame, false);
        (*ctx.ts).c.frame = caller;
        (*ctx.ts).c.recursion_remaining += i32::from(counted);
        if entry {
            if traced && crate::trace::active(ctx.ts) {
                crate::safepoint::request();
            }
            return Flow::Exit(Exit::Returned(value));
        }
        match deliver(
            Ctx {
                ts: ctx.ts,
                frame: caller,
            },
            continuation,
            dst,
            data,
            value,
        ) {
            // The function may have switched tracing on.
            Flow::Reload if traced && crate::trace::active(ctx.ts) => Flow::Exit(Exit::Stepped),
            flow => flow,
        }
    }
}

/// Gives a callee's result to the frame that is running again.
pub(crate) fn deliver(
    ctx: Ctx,
    continuation: Continuation,
    dst: u16,
    data: u64,
    value: Ref,
) -> Flow {
    match continuation {
        Continuation::Store => ctx.set(dst, value),
        Continuation::GetAttribute | Continuation::Attribute => {
            // The object was kept for `__getattr__` and for errors.
            let i = ctx.instr();
            ctx.set(dst, value);
            if i.d() & KILL_B != 0 && i.b() != dst {
                ctx.release(i.b());
            }
        }
        Continuation::Discard => drop(value),
        Continuation::Truth => match ops::is_true(value.value()) {
            Ok(truth) => ctx.set(dst, Ref::bool(truth)),
            Err(e) => return Flow::Raise(e),
        },
        Continuation::Init => {
            // SAFETY: the instance was moved into the continuation.
            let instance = unsafe { Ref::from_owned(Value::from_bits(data)) };
            if !value.is_none() {
                return Flow::Raise(init_returned(&value));
            }
            ctx.set(dst, instance);
        }
        Continuation::Iter => {
            if !ops::is_iterator(value.value()) {
                return Flow::Raise(raise!(
                    TypeError,
                    "iter() returned non-iterator of type '{}'",
                    value.ty().message_name()
                ));
            }
            ctx.set(dst, value);
        }
        Continuation::Next => {
            ctx.set(dst, value);
            ctx.advance();
            // The JUMP behind FOR_ITER is for exhaustion.
            // SAFETY: FOR_ITER is always followed by a JUMP.
            unsafe { (*ctx.frame).pc = (*ctx.frame).pc.add(1) };
            return Flow::Reload;
        }
        Continuation::Finish => return finish(ctx, data, value),
        Continuation::ForIter | Continuation::YieldFrom | Continuation::Asend => {
            return Flow::Raise(raise!(
                SystemError,
                "generator continuation on a plain frame"
            ));
        }
    }
    ctx.advance();
    Flow::Reload
}

/// Finishes the caller's running instruction with the value of a dunder it called.
fn finish(ctx: Ctx, stage: u64, value: Ref) -> Flow {
    let i = ctx.instr();
    let Some(op) = i.op() else {
        return Flow::Raise(errors::bad_internal_call());
    };
    let flow = match op.family() {
        Op::COMPARE => compare::finish_compare(ctx, stage, value),
        Op::COMPARE_JUMP => compare::finish_compare_jump(ctx, stage, value),
        Op::CONTAINS => compare::finish_contains(ctx, value),
        Op::JUMP_IF_TRUE | Op::JUMP_IF_FALSE | Op::NOT => compare::finish_truth(ctx, value),
        Op::STORE_SUBSCR | Op::DELETE_SUBSCR | Op::STORE_ATTR | Op::DELETE_ATTR => {
            ctx.kill(i);
            Flow::Next
        }
        Op::CALL_EX => finish_ex(ctx, stage, value),
        Op::CALL | Op::CALL_KW => new::finish(ctx, value),
        _ => binary::finish(ctx, stage, value),
    };
    match flow {
        Flow::Next => {
            ctx.advance();
            Flow::Reload
        }
        other => other,
    }
}

/// Runs a Python function from native code: the hook behind `ops::call`.
pub fn call_function(func: Value, args: Args<'_>) -> PyResult {
    let ts = current();
    crate::safepoint::with_room(ts, || call_function_here(ts, func, args))
}

#[inline(always)]
fn call_function_here(ts: *mut ThreadState, func: Value, args: Args<'_>) -> PyResult {
    let n = args.values.len();
    let (given, kind) = (args.values.as_ptr(), Continuation::Store);
    // SAFETY: what `general` holds is owned and moved into the frame.
    unsafe {
        let code = code::body((*func.as_ptr().cast::<PyFunctionObject>()).func_code);
        if args.kwnames.is_empty() && !code.is_null() && crate::jit::may_enter_directly(&*code, n) {
            match crate::jit::direct(ts, func, &*code, args.values) {
                Direct::Declined => {}
                Direct::Returned(value) => return Ok(value),
                Direct::Left(action) => return crate::jit::after_direct(ts, action),
            }
        }
        if args.kwnames.is_empty()
            && push_simple::<false>(ts, func, Value::EMPTY, given.cast_mut(), n, 0, kind)
        {
            return enter(ts);
        }
        let mut general: smallvec::SmallVec<[Value; 8]> = smallvec::SmallVec::with_capacity(n);
        for v in args.values {
            general.push(Ref::new(*v).into_value());
        }
        let all = CallArgs {
            first: general.as_mut_ptr(),
            n,
            kwnames: args.kwnames,
        };
        bind::push_general(ts, func, all, 0, kind)?;
        enter(ts)
    }
}

/// Runs the frame that was just pushed until it is left.
///
/// # Safety
/// The topmost frame of `ts` is ready to run.
pub(crate) unsafe fn enter(ts: *mut ThreadState) -> PyResult {
    // SAFETY: by contract.
    unsafe {
        (*(*ts).c.frame).flags = (*(*ts).c.frame).flags.with(FrameFlags::ENTRY);
        entered(run(ts, false))
    }
}

/// How an entry frame of a function was left.
pub(crate) fn entered(exit: Exit) -> PyResult {
    match exit {
        Exit::Returned(v) => Ok(v),
        Exit::Raised(e) => Err(e),
        Exit::Yielded(_) | Exit::Stepped => Err(raise!(SystemError, "a plain frame yielded")),
    }
}

/// Runs a code object with globals and locals (module bodies, `exec`, `eval`, class bodies without function).
pub fn exec_code(code_object: Value, globals: Value, locals: Value, closure: Value) -> PyResult {
    stacker::maybe_grow(96 << 10, 1 << 20, || {
        let ts = current();
        if !frames::has_body(code_object) {
            return Err(raise!(SystemError, "code object has no body"));
        }
        let builtins = crate::builtins_of(globals)?;
        // SAFETY: the code object has a body and is kept by the frame.
        unsafe {
            let code = code::body(code_object.as_ptr());
            let more = coflags::VARARGS | coflags::VARKEYWORDS;
            if (*code).argcount + (*code).kwonly != 0 || (*code).flags & more != 0 {
                return exec_function_code(code_object, globals, closure);
            }
            if (*ts).c.recursion_remaining <= 0 {
                return Err(crate::safepoint::recursion_error(""));
            }
            (*ts).c.recursion_remaining -= 1;
            let frame = frames::push(ts, code);
            heap::incref(code_object);
            (*frame).prev = (*ts).c.frame;
            (*frame).func = code_object.as_ptr();
            (*frame).globals = globals.as_ptr();
            (*frame).builtins = builtins.as_ptr();
            (*frame).result_register = 0;
            (*frame).continuation = Continuation::Store as u8;
            (*frame).flags = FrameFlags::NONE;
            if (*code).flags & coflags::OPTIMIZED == 0 {
                let locals = if locals.is_empty() { globals } else { locals };
                (*frame).locals = Ref::new(locals).into_ptr();
                (*frame).flags = FrameFlags::HAS_LOCALS;
            }
            if !closure.is_empty() {
                let regs = Frame::registers(frame);
                for (k, cell) in pyrs_object::tuple::items(closure).iter().enumerate() {
                    *regs.add((*code).first_free as usize + k) = Ref::new(*cell).into_value();
                }
            }
            (*ts).c.frame = frame;
            // The code may take both away.
            let kept = [Ref::new(globals), Ref::new(builtins)];
            let result = enter(ts);
            drop(kept);
            result
        }
    })
}

/// The code of a function with parameters, which get no arguments.
#[cold]
fn exec_function_code(code_object: Value, globals: Value, closure: Value) -> PyResult {
    // SAFETY: a live code object; a fresh function, whose closure is null.
    unsafe {
        let qualname = (*code_object.as_ptr().cast::<PyCodeObject>()).co_qualname;
        let f = pyrs_object::function::new(code_object, globals, Value::from_object(qualname))?;
        if !closure.is_empty() {
            (*f.as_ptr().cast::<PyFunctionObject>()).func_closure = Ref::new(closure).into_ptr();
        }
        pyrs_object::ops::call(f.value(), &[])
    }
}

/// Runs the body of a class statement with `namespace` as its locals; gives what it returns (the `__class__` cell).
pub fn run_class_body(func: Value, namespace: Value) -> PyResult {
    stacker::maybe_grow(96 << 10, 1 << 20, || {
        let ts = current();
        let args = CallArgs {
            first: ptr::null_mut(),
            n: 0,
            kwnames: Value::EMPTY,
        };
        // SAFETY: a live function without parameters.
        unsafe {
            bind::push_general(ts, func, args, 0, Continuation::Store)?;
            let frame = (*ts).c.frame;
            let old = std::mem::replace(&mut (*frame).locals, Ref::new(namespace).into_ptr());
            heap::xdecref_ptr(old);
            (*frame).flags = (*frame).flags.with(FrameFlags::HAS_LOCALS);
            enter(ts)
        }
    })
}
