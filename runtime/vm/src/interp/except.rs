//! Raising, unwinding, `with`, `except*`.

use super::*;
use pyrs_object::{exceptions, intern, tuple, typeobject};

/// Appends a traceback entry for `frame` to the current error.
///
/// # Safety
/// `frame` is live and its `pc` points at the raising instruction.
pub unsafe fn add_traceback(ts: *mut ThreadState, frame: *mut Frame) {
    // SAFETY: by contract; the indicator's fields own their objects.
    unsafe {
        let code = (*frame).code.cast::<Code>();
        if (*code).hidden {
            return;
        }
        let index = (*code).index_of((*frame).pc);
        let line = (*code).shown_line(index);
        let object = Ref::new(Value::from_object(frames::frame_object(frame).cast()));
        let next = Value::from_object((*ts).c.curexc_traceback);
        let tb = pyrs_object::traceback::new(next, object.value(), (index * 2) as i32, line);
        let old = std::mem::replace(&mut (*ts).c.curexc_traceback, tb.into_ptr());
        heap::xdecref_ptr(old);
    }
}

/// Finds the handler of the current error, leaving frames on the way: true if `ts.frame` goes on at its new `pc`,
/// false if the entry frame must be left (it is still `ts.frame`).
///
/// # Safety
/// An error is set; `ts.frame` is the frame that raised.
pub(super) unsafe fn unwind(ts: *mut ThreadState, mut traceback: bool) -> bool {
    // SAFETY: the frames of the chain are live until they are finished here.
    unsafe {
        loop {
            let frame = (*ts).c.frame;
            // The compiled code that stands for this frame goes on from here.
            if (*frame).flags.has(FrameFlags::SINGLE) {
                return false;
            }
            let code = &*(*frame).code.cast::<Code>();
            let index = code.index_of((*frame).pc);
            let reraised = !traceback;
            if traceback {
                add_traceback(ts, frame);
            }
            if (*frame).flags.has(FrameFlags::TRACED) && traceback {
                crate::trace::on_exception(ts, frame);
            }
            traceback = true;
            if let Some(entry) = code.handler(index) {
                let (target, depth) = (entry.target, entry.depth);
                frames::release_registers(frame, u32::from(depth), (*frame).size);
                let exc = errors::take();
                set_register(Frame::registers(frame), depth, exc);
                (*frame).pc = code.instructions.add(target as usize);
                return true;
            }
            if reraised {
                stay_at_raise(ts, frame);
            }
            if (*frame).flags.has(FrameFlags::TRACED) {
                crate::trace::on_unwind(ts, frame);
            }
            if (*frame).flags.has(FrameFlags::ENTRY) {
                return false;
            }
            let continuation = Continuation::of(&*frame);
            let data = (*frame).continuation_data;
            let caller = (*frame).prev;
            if (*frame).flags.has(FrameFlags::GENERATOR) {
                generator::raised(ts, frame);
            } else {
                let counted = !(*frame).flags.has(FrameFlags::HIDDEN);
                frames::finish(ts, frame, true);
                (*ts).c.frame = caller;
                (*ts).c.recursion_remaining += i32::from(counted);
            }
            let ctx = Ctx { ts, frame: caller };
            match continuation {
                Continuation::Init => drop(Ref::from_owned(Value::from_bits(data))),
                Continuation::ForIter | Continuation::Next => {
                    if errors::matches(exceptions::StopIteration) {
                        crate::trace::on_exception(ts, caller);
                        // The loop ends even if the tracer raises, as in CPython.
                        errors::clear();
                        iter::exhausted(ctx);
                        ctx.advance();
                        return true;
                    }
                }
                Continuation::YieldFrom => {
                    if errors::matches(exceptions::StopIteration) {
                        let value = exceptions::stop_iteration_value(errors::take());
                        generator::yield_from_returned(ctx, value);
                        return true;
                    }
                }
                Continuation::Asend => generator::asend_raised(ctx.reg(ctx.instr().b())),
                Continuation::GetAttribute => {
                    if errors::matches(exceptions::AttributeError)
                        && let Some(flow) = attr::getattribute_failed(ctx)
                    {
                        match flow {
                            Flow::Raise(_) => {}
                            _ => return true,
                        }
                    }
                }
                Continuation::Attribute => attr::tell(ctx),
                _ => {}
            }
        }
    }
}

/// The frame of a `RERAISE` from a clean-up goes back to the instruction that raised: its line is what `f_lineno` tells.
#[cold]
pub(super) unsafe fn stay_at_raise(ts: *mut ThreadState, frame: *mut Frame) {
    // SAFETY: a live frame and traceback; a traceback entry of this frame has an index into its code.
    unsafe {
        let i = code::instr((*frame).pc);
        let tb = (*ts).c.curexc_traceback.cast::<PyTracebackObject>();
        if i.op() == Some(Op::RERAISE)
            && i.d() & RERAISE_IN_PLACE != 0
            && !tb.is_null()
            && !(*frame).frame_obj.is_null()
            && (*tb).tb_frame == (*frame).frame_obj
        {
            let code = (*frame).code.cast::<Code>();
            (*frame).pc = (*code).instructions.add((*tb).tb_lasti as usize / 2);
        }
    }
}

/// Leaves the entry frame with the current error.
///
/// # Safety
/// [`unwind`] has returned false.
pub(super) unsafe fn leave_raised(ts: *mut ThreadState) -> Exit {
    // SAFETY: by contract.
    unsafe {
        let frame = (*ts).c.frame;
        if (*frame).flags.has(FrameFlags::GENERATOR) {
            generator::raised(ts, frame);
        } else {
            let continuation = Continuation::of(&*frame);
            if continuation == Continuation::Init {
                drop(Ref::from_owned(Value::from_bits(
                    (*frame).continuation_data,
                )));
            }
            let caller = (*frame).prev;
            let counted = !(*frame).flags.has(FrameFlags::HIDDEN);
            frames::finish(ts, frame, true);
            (*ts).c.frame = caller;
            (*ts).c.recursion_remaining += i32::from(counted);
        }
        Exit::Raised(Raised::assume_set())
    }
}

/// Makes the exception being handled the current error again; false if there is none.
pub(super) fn restore_handled() -> bool {
    exceptions::handled().map(errors::restore).is_some()
}

/// `RAISE` (a bare one comes here only when nothing is being handled).
pub(super) fn raise(ctx: Ctx) -> Raised {
    let i = ctx.instr();
    match i.d() & 3 {
        0 => raise!(RuntimeError, "No active exception to reraise"),
        1 => do_raise(ctx.operand(i.a()), Value::EMPTY),
        _ => do_raise(ctx.operand(i.a()), ctx.operand(i.b())),
    }
}

fn instance_of(v: Value) -> PyResult {
    if let Some(t) = pyrs_object::Type::from_value(v)
        && t.has(tpflags::BASE_EXC_SUBCLASS)
    {
        // No metaclass and no `__new__` of Python comes between.
        if !t.is_heap() {
            return exceptions::new_instance(t, &[]);
        }
        return checked_instance(v, ops::call(v, &[])?);
    }
    if v.has_flag(tpflags::BASE_EXC_SUBCLASS) {
        return Ok(Ref::new(v));
    }
    Err(raise!(
        TypeError,
        "exceptions must derive from BaseException"
    ))
}

/// What calling the exception class `class` gave, if it is an exception.
pub(crate) fn checked_instance(class: Value, made: Ref) -> PyResult {
    if made.has_flag(tpflags::BASE_EXC_SUBCLASS) {
        return Ok(made);
    }
    Err(raise!(
        TypeError,
        "calling {} should have returned an instance of BaseException, not {}",
        pyrs_object::str::to_string_lossy(ops::repr(class)?.value()),
        pyrs_object::str::to_string_lossy(ops::repr(made.ty().value())?.value())
    ))
}

pub(super) fn do_raise(v: Value, cause: Value) -> Raised {
    let exc = match instance_of(v) {
        Ok(exc) => exc,
        Err(e) => return e,
    };
    if !cause.is_empty() {
        let cause = if cause.is_none() {
            None
        } else {
            let ok = cause.has_flag(tpflags::BASE_EXC_SUBCLASS)
                || pyrs_object::Type::from_value(cause)
                    .is_some_and(|t| t.has(tpflags::BASE_EXC_SUBCLASS));
            if !ok {
                return raise!(TypeError, "exception causes must derive from BaseException");
            }
            match instance_of(cause) {
                Ok(c) => Some(c),
                Err(e) => return e,
            }
        };
        exceptions::set_cause(exc.value(), cause);
    }
    errors::set(exc)
}

/// Whether `exc` matches what an `except` clause names.
pub fn matches_clause(exc: Value, class: Value) -> PyResult<bool> {
    check_catchable(class, false)?;
    Ok(exceptions::given_matches(exc, class))
}

/// `PUSH_EXC`: makes `exc` the handled exception; gives what was, or None.
///
/// # Safety
/// `ts` is the current thread state.
#[inline(always)]
pub unsafe fn push_handled(ts: *mut ThreadState, exc: Ref) -> Ref {
    // SAFETY: the thread's exception item owns its value.
    unsafe {
        let item = (*ts).c.exc_info;
        let old = std::mem::replace(&mut (*item).exc_value, exc.into_ptr());
        if old.is_null() {
            Ref::none()
        } else {
            Ref::from_owned_ptr(old)
        }
    }
}

/// `POP_EXCEPT`: makes `old` (or, for None, none) the handled exception again.
///
/// # Safety
/// `ts` is the current thread state.
#[inline(always)]
pub unsafe fn pop_handled(ts: *mut ThreadState, old: Ref) {
    // SAFETY: the thread's exception item owns its value.
    unsafe {
        let item = (*ts).c.exc_info;
        let old = if old.is_none() {
            std::ptr::null_mut()
        } else {
            old.into_ptr()
        };
        let current = std::mem::replace(&mut (*item).exc_value, old);
        heap::xdecref_ptr(current);
    }
}

/// `EXC_MATCH_JUMP`.
pub(super) fn match_jump(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let matches = match matches_clause(ctx.reg(i.a()), ctx.operand(i.b())) {
        Ok(matches) => matches,
        Err(e) => return Flow::Raise(e),
    };
    ctx.kill(i);
    if matches {
        return Flow::Next;
    }
    // SAFETY: the op has an extra word.
    let offset = unsafe { *ctx.extra(0) } as u32 as i32;
    ctx.jump(offset);
    Flow::Reload
}

fn check_catchable(class: Value, star: bool) -> PyResult<()> {
    let check = |v: Value| -> PyResult<()> {
        let t = pyrs_object::Type::from_value(v);
        if !t.is_some_and(|t| t.has(tpflags::BASE_EXC_SUBCLASS)) {
            return Err(raise!(
                TypeError,
                "catching classes that do not inherit from BaseException is not allowed"
            ));
        }
        if star && t.is_some_and(|t| t.is_subtype(exceptions::BaseExceptionGroup)) {
            return Err(raise!(
                TypeError,
                "catching ExceptionGroup with except* is not allowed. Use except instead."
            ));
        }
        Ok(())
    };
    if class.has_flag(tpflags::TUPLE_SUBCLASS) {
        for item in tuple::items(class) {
            check(*item)?;
        }
        return Ok(());
    }
    check(class)
}

/// `CHECK_EG_MATCH a, b, c`.
pub(super) fn check_eg_match(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let (exc, class) = (ctx.reg(i.b()), ctx.operand(i.c()));
    let result = check_catchable(class, true).and_then(|()| exceptions::group_match(exc, class));
    match result {
        Ok((matched, rest)) => {
            ctx.kill(i);
            if let Some(m) = &matched {
                // SAFETY: the thread's exception item owns its value.
                unsafe {
                    let item = (*ctx.ts).c.exc_info;
                    let old = std::mem::replace(&mut (*item).exc_value, m.clone().into_ptr());
                    heap::xdecref_ptr(old);
                }
                ctx.set(i.b(), rest.unwrap_or_else(Ref::none));
            }
            ctx.set(i.a(), matched.unwrap_or_else(Ref::none));
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

pub(super) fn prep_reraise_star(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    match exceptions::prep_reraise_star(ctx.reg(i.b()), ctx.reg(i.c())) {
        Ok(v) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// `BEFORE_WITH` and `BEFORE_ASYNC_WITH`.
pub(super) fn before_with(ctx: Ctx, asynchronous: bool) -> Flow {
    let i = ctx.instr();
    let v = ctx.operand(i.b());
    let (enter_name, exit_name, protocol) = if asynchronous {
        (
            intern!("__aenter__"),
            intern!("__aexit__"),
            "asynchronous context manager",
        )
    } else {
        (intern!("__enter__"), intern!("__exit__"), "context manager")
    };
    let found = typeobject::lookup_special(v, enter_name).and_then(|enter| {
        let Some(enter) = enter else {
            return Err(raise!(
                TypeError,
                "'{}' object does not support the {protocol} protocol",
                v.ty().message_name()
            ));
        };
        match typeobject::lookup_special(v, exit_name)? {
            Some(exit) => Ok((enter, exit)),
            None => Err(raise!(
                TypeError,
                "'{}' object does not support the {protocol} protocol (missed {} method)",
                v.ty().message_name(),
                pyrs_object::str::display(exit_name)
            )),
        }
    });
    let (enter, exit) = match found {
        Ok(pair) => pair,
        Err(e) => return Flow::Raise(e),
    };
    let manager = ctx.take_operand(i.b(), i.d() & KILL_B != 0);
    let a = i.a();
    let slf = if exit.slf.is_empty() {
        // SAFETY: an empty value owns nothing.
        unsafe { Ref::from_owned(Value::EMPTY) }
    } else {
        Ref::new(exit.slf)
    };
    ctx.set(a, exit.callable.clone());
    ctx.set(a + 1, slf);
    if is_py_function(enter.callable.value()) && !enter.slf.is_empty() {
        return call::push_method(
            ctx,
            enter.callable.value(),
            &[manager.value()],
            a + 2,
            Continuation::Store,
        );
    }
    match enter.call(&[]) {
        Ok(v) => {
            ctx.set(a + 2, v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}

/// `WITH_EXCEPT_START a, b, c`.
pub(super) fn with_except_start(ctx: Ctx) -> Flow {
    let i = ctx.instr();
    let exc = Ref::new(ctx.reg(i.c()));
    let exit = Ref::new(ctx.reg(i.b()));
    let slf = ctx.reg(i.b() + 1);
    let ty = exc.ty().to_ref();
    let tb = exceptions::traceback_of(exc.value()).unwrap_or_else(Ref::none);
    let mut args: smallvec::SmallVec<[Value; 4]> = smallvec::smallvec![];
    if !slf.is_empty() {
        args.push(slf);
    }
    args.extend([ty.value(), exc.value(), tb.value()]);
    if is_py_function(exit.value()) {
        return call::push_method(ctx, exit.value(), &args, i.a(), Continuation::Store);
    }
    match ops::call(exit.value(), &args) {
        Ok(v) => {
            ctx.set(i.a(), v);
            Flow::Next
        }
        Err(e) => Flow::Raise(e),
    }
}
