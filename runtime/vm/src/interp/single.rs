//! One instruction executed for compiled code.
//!
//! What the JIT has no code for (operators of Python classes, calls with unusual arguments, displays) runs here: a frame
//! is pushed that holds just the operands, the interpreter executes the one instruction in it, and the result is
//! taken out. Whoever looks at frames meanwhile sees the function, the line and the callers that compiled code stands for.

use super::*;

/// An instruction of a body, with what its frame needs. Objects named here are kept alive by the compiled code.
pub struct Single {
    /// The frames the compiled code stands for, outermost first; the last one executes the instruction.
    pub frames: Box<[SingleFrame]>,
    /// Registers the operands go to.
    pub inputs: Box<[u32]>,
    /// Registers the results are taken from.
    pub outputs: Box<[u32]>,
}

/// A frame that is not there while compiled code runs.
pub struct SingleFrame {
    pub code: *const Code,
    /// The instruction it is at.
    pub pc: u32,
    pub globals: Value,
    pub builtins: Value,
    /// The mapping that names go to, or empty.
    pub locals: Value,
}

/// Executes the instruction with owned operands; `values` has the results (owned, perhaps empty) afterwards.
///
/// # Safety
/// `ts` is the current thread state; `values` holds as many owned values as the instruction has inputs, and has room for
/// its outputs.
pub unsafe fn execute_single(
    ts: *mut ThreadState,
    single: &Single,
    values: *mut Value,
) -> PyResult<()> {
    // SAFETY: the frames pushed here are popped here, in reverse order.
    unsafe {
        let outer = (*ts).c.frame;
        let owned = |k: usize| Ref::from_owned(*values.add(k));
        if ((*ts).c.recursion_remaining as isize) < single.frames.len() as isize {
            (0..single.inputs.len()).for_each(|k| drop(owned(k)));
            return Err(crate::safepoint::recursion_error(""));
        }
        let mut pushed: smallvec::SmallVec<[*mut Frame; 4]> = smallvec::SmallVec::new();
        for f in &single.frames {
            pushed.push(push(ts, f));
        }
        if let Some(first) = pushed.first() {
            (**first).flags = (**first).flags.with(FrameFlags::INSTEAD);
        }
        let frame = (*ts).c.frame;
        (*frame).flags = (*frame).flags.with(FrameFlags::SINGLE);
        let regs = Frame::registers(frame);
        for (k, r) in single.inputs.iter().enumerate() {
            set_register(regs, *r as u16, owned(k));
        }
        let done = stacker::maybe_grow(96 << 10, 1 << 20, || step_over(ts, frame));
        if done.is_ok() {
            for (k, r) in single.outputs.iter().enumerate() {
                *values.add(k) = Ctx { ts, frame }.take(*r as u16).into_value();
            }
        }
        if matches!(done, Err(Failed::Here)) {
            // It was left by the error.
            pushed.pop();
        }
        for frame in pushed.into_iter().rev() {
            (*ts).c.frame = frame;
            (*ts).c.recursion_remaining += 1;
            frames::finish(ts, frame, true);
        }
        (*ts).c.frame = outer;
        done.map_err(|_| Raised::assume_set())
    }
}

unsafe fn push(ts: *mut ThreadState, f: &SingleFrame) -> *mut Frame {
    // SAFETY: the body is kept by the compiled code; its code object is owned by the frame.
    unsafe {
        let frame = frames::push(ts, f.code);
        let object = Value::from_object((*f.code).object.cast());
        heap::incref(object);
        (*frame).prev = (*ts).c.frame;
        (*frame).func = object.as_ptr();
        (*frame).globals = f.globals.as_ptr();
        (*frame).builtins = f.builtins.as_ptr();
        (*frame).result_register = 0;
        (*frame).continuation = Continuation::Store as u8;
        (*frame).flags = FrameFlags::NONE;
        if !f.locals.is_empty() {
            (*frame).locals = Ref::new(f.locals).into_ptr();
            (*frame).flags = FrameFlags::HAS_LOCALS;
        }
        (*frame).pc = (*f.code).instructions.add(f.pc as usize);
        (*ts).c.frame = frame;
        (*ts).c.recursion_remaining -= 1;
        frame
    }
}

/// Where an error came from.
enum Failed {
    /// The frame itself, which is gone.
    Here,
    /// A function that it called.
    Callee,
}

/// Executes instructions until the frame is behind its own.
unsafe fn step_over(ts: *mut ThreadState, frame: *mut Frame) -> Result<(), Failed> {
    // SAFETY: the frame is the topmost one.
    unsafe {
        let start = (*frame).pc;
        loop {
            match step(ts) {
                Exit::Stepped => {}
                Exit::Raised(_) | Exit::Returned(_) | Exit::Yielded(_) => return Err(Failed::Here),
            }
            if (*ts).c.frame != frame {
                // A callee was entered.
                finish_callee(ts).map_err(|_| Failed::Callee)?;
            }
            // The first execution may only have specialised the instruction.
            if (*frame).pc != start {
                return Ok(());
            }
        }
    }
}

/// An exception that goes from a frame compiled code stands for to a handler in one of them.
pub struct Unwinding {
    /// The frames, outermost first: the one with the handler to the one that raises.
    pub frames: Box<[SingleFrame]>,
    /// Registers of each frame whose values are given.
    pub inputs: Box<[Box<[u32]>]>,
    /// The one with the handler is the interpreter's running frame itself.
    pub entered: bool,
    pub raises: Raises,
}

/// What raises.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Raises {
    /// An instruction; the exception is set.
    Pending,
    /// `raise` with a value (the first one given).
    Value,
    /// `raise` with a value and a cause.
    ValueFrom,
    /// `RERAISE` of a value.
    Again,
}

/// Raises, leaves the frames above that of the handler, and gives the exception to the handler. `values` are owned: what is
/// raised, then the registers of the frames that are pushed here.
///
/// # Safety
/// `ts` is the current thread state; there are as many values as `unwinding` says.
pub unsafe fn unwind_inlined(
    ts: *mut ThreadState,
    unwinding: &Unwinding,
    values: *const Value,
) -> Ref {
    // SAFETY: the frames pushed here are popped here, in reverse order.
    unsafe {
        let outer = (*ts).c.frame;
        let mut values = values;
        let mut next = || {
            let v = Ref::from_owned(*values);
            values = values.add(1);
            v
        };
        let raised = match unwinding.raises {
            Raises::Pending => None,
            Raises::Value | Raises::Again => Some((next(), None)),
            Raises::ValueFrom => Some((next(), Some(next()))),
        };
        let mut pushed: smallvec::SmallVec<[*mut Frame; 4]> = smallvec::SmallVec::new();
        for (k, f) in unwinding.frames.iter().enumerate() {
            if k == 0 && unwinding.entered {
                (*outer).pc = (*f.code).instructions.add(f.pc as usize);
                continue;
            }
            let frame = push(ts, f);
            if pushed.is_empty() {
                let first = if unwinding.entered {
                    FrameFlags::SHOWN
                } else {
                    FrameFlags::INSTEAD
                };
                (*frame).flags = (*frame).flags.with(first);
            }
            for r in &unwinding.inputs[k] {
                set_register(Frame::registers(frame), *r as u16, next());
            }
            pushed.push(frame);
        }
        if let Some((exc, cause)) = raised {
            if unwinding.raises == Raises::Again {
                let _ = errors::restore(exc);
            } else {
                let cause = cause.as_ref().map_or(Value::EMPTY, Ref::value);
                let _ = except::do_raise(exc.value(), cause);
            }
        }
        let mut traceback = unwinding.raises != Raises::Again;
        for n in (0..unwinding.frames.len()).rev() {
            let last = n == 0;
            if last && unwinding.entered {
                if traceback {
                    except::add_traceback(ts, outer);
                }
                break;
            }
            let Some(frame) = pushed.pop() else { break };
            (*ts).c.frame = frame;
            if traceback {
                except::add_traceback(ts, frame);
            }
            if !traceback && !last {
                except::stay_at_raise(ts, frame);
            }
            traceback = true;
            frames::finish(ts, frame, true);
            (*ts).c.recursion_remaining += 1;
        }
        (*ts).c.frame = outer;
        errors::take()
    }
}
