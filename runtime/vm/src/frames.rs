//! The frame stack: chunks of memory in which the frames of plain calls lie one after another.
//!
//! A frame never straddles chunks. Generator frames live in their generator and are only linked in. Frame objects
//! are made when somebody asks; a frame that ends while its frame object is still referenced is moved into memory of its own.

use crate::code::{self, Code};
use crate::jit;
use pyrs_object::layout::frame::FRAME_HEADER;
use pyrs_object::layout::*;
use pyrs_object::thread::ThreadState;
use pyrs_object::{PyResult, Ref, Value, heap, ty};
use std::ptr;

/// A thread's first chunk; later ones double up to [`MAX_CHUNK`].
const FIRST_CHUNK: usize = 256 << 10;
/// The first chunk of a stack that a coroutine library has begun: there may be thousands.
const COROUTINE_CHUNK: usize = 16 << 10;
const MAX_CHUNK: usize = 16 << 20;
/// Native frames of compiled code that are looked through for the caller of each frame that an exception leaves.
const MOST_STEPS: usize = 50;

/// Header of a chunk. It begins like C's `_PyStackChunk`: greenlet frees the chunks of a coroutine that has ended, with the
/// arena allocator.
#[repr(C, align(16))]
struct Chunk {
    previous: *mut Chunk,
    size: usize,
    /// Where the stack stood in the previous chunk.
    previous_top: *mut u8,
    end: *mut u8,
}

/// What the result of a frame means to its caller. See `interp::returned`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Continuation {
    /// The value goes to the caller's result register.
    Store,
    /// The value is dropped (setters, `__setitem__`).
    Discard,
    /// `__init__`: must be None; the instance in `continuation_data` is the result.
    Init,
    /// A generator stepped by `FOR_ITER`.
    ForIter,
    /// A generator or coroutine driven by `YIELD_FROM`.
    YieldFrom,
    /// An async generator whose `asend` object is driven by `YIELD_FROM`.
    Asend,
    /// `__iter__`: must be an iterator.
    Iter,
    /// Python `__next__` under `FOR_ITER`.
    Next,
    /// The instruction in the caller is finished by `interp::finish` with the value: comparisons, truth tests,
    /// containment, operators whose first attempt may give `NotImplemented`.
    Finish,
    /// `__getattribute__`: an `AttributeError` goes on to `__getattr__`. The object stays in its register.
    GetAttribute,
    /// A property or `__getattr__`: an `AttributeError` is told the name and the object, which stays in its register.
    Attribute,
    /// `__instancecheck__`: the truth of the value goes to the caller's result register.
    Truth,
}

impl Continuation {
    #[inline(always)]
    pub fn of(frame: &Frame) -> Continuation {
        // SAFETY: the field is only written with values of this enum.
        unsafe { std::mem::transmute::<u8, Continuation>(frame.continuation) }
    }
}

/// Registers are emptied so many at once; frames have room for a multiple of them.
const BATCH: usize = 4;

#[inline(always)]
fn frame_size(registers: u32) -> usize {
    FRAME_HEADER + (registers as usize).next_multiple_of(BATCH) * 8
}

/// Pushes an uninitialised frame for `code`: `prev`, `code`, `pc`, `size` and empty registers are set, the rest is
/// the caller's.
///
/// # Safety
/// `ts` is the current thread state.
#[inline(always)]
pub unsafe fn push(ts: *mut ThreadState, code: *const Code) -> *mut Frame {
    // SAFETY: the bump pointer stays inside the current chunk; `grow` makes a new one otherwise.
    unsafe {
        let n = (*code).registers;
        let size = frame_size(n);
        let mut at = (*ts).c.frame_top;
        let chunk = (*ts).c.frame_chunk.cast::<Chunk>();
        if chunk.is_null() || ((*chunk).end as usize).wrapping_sub(at as usize) < size {
            at = grow(ts, size);
        }
        (*ts).c.frame_top = at.add(size);
        let frame = at.cast::<Frame>();
        init(frame, code, n);
        frame
    }
}

/// Pushes the frame of a function that native code called and that has been counted; its registers are empty.
///
/// # Safety
/// The current thread state; `func` is a function that had this body when it was called.
pub unsafe fn push_entry(ts: *mut ThreadState, func: Value, code: *const Code) -> *mut Frame {
    // SAFETY: by contract.
    unsafe {
        let f = func.as_ptr().cast::<PyFunctionObject>();
        let frame = push(ts, code);
        (*frame).prev = (*ts).c.frame;
        (*frame).func = Ref::new(func).into_ptr();
        (*frame).globals = (*f).func_globals;
        (*frame).builtins = (*f).func_builtins;
        (*frame).result_register = 0;
        (*frame).continuation = Continuation::Store as u8;
        (*frame).flags = FrameFlags::ENTRY;
        (*ts).c.frame = frame;
        frame
    }
}

/// # Safety
/// `frame` points at room for a frame of `n` registers, rounded up to whole batches.
#[inline(always)]
#[allow(
    clippy::pointers_in_nomem_asm_block,
    reason = "the block hides where the pointer comes from and touches nothing"
)]
pub unsafe fn init(frame: *mut Frame, code: *const Code, n: u32) {
    // SAFETY: by contract.
    unsafe {
        (*frame).code = code.cast();
        (*frame).pc = (*code).instructions;
        (*frame).locals = ptr::null_mut();
        (*frame).frame_obj = ptr::null_mut();
        (*frame).generator = ptr::null_mut();
        (*frame).size = n;
        (*frame).continuation_data = 0;
        let mut register = Frame::registers(frame);
        let end = register.add(n as usize);
        while register < end {
            register
                .cast::<[Value; BATCH]>()
                .write([Value::EMPTY; BATCH]);
            // Keeps the loop from becoming a call of memset, which costs more than these few stores.
            std::arch::asm!("/* {0} */", inlateout(reg) register, options(pure, nomem, nostack, preserves_flags));
            register = register.add(BATCH);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn grow(ts: *mut ThreadState, size: usize) -> *mut u8 {
    // SAFETY: chunks are allocated here and freed by `leave_chunk`, `free_stack` or greenlet; the current chunk's header lies
    // before its memory.
    unsafe {
        let current = (*ts).c.frame_chunk.cast::<Chunk>();
        let spare = (*ts).spare_chunk.cast::<Chunk>();
        let chunk = if !current.is_null() && !spare.is_null() && (*spare).size >= size + 64 {
            (*ts).spare_chunk = ptr::null_mut();
            spare
        } else {
            let wanted = if !current.is_null() {
                ((*current).size * 2).min(MAX_CHUNK)
            } else if (*ts).has_stack {
                COROUTINE_CHUNK
            } else {
                FIRST_CHUNK
            };
            let bytes = wanted.max(size + 64);
            let chunk = heap::malloc(bytes).cast::<Chunk>();
            (*chunk).size = bytes;
            (*chunk).end = chunk.cast::<u8>().add(bytes);
            chunk
        };
        (*ts).has_stack = true;
        if current.is_null() {
            // A coroutine library may have put no stack in the place of the caller's: no frame runs on the new one yet.
            (*ts).c.frame = ptr::null_mut();
        }
        (*chunk).previous = current;
        (*chunk).previous_top = (*ts).c.frame_top;
        (*ts).c.frame_chunk = chunk.cast();
        chunk.add(1).cast()
    }
}

/// Before `frame` runs, which may be a generator's and the first on a native stack: it has no caller on this one.
///
/// # Safety
/// `frame` is the running frame of `ts`.
#[inline(always)]
pub unsafe fn begin_with(ts: *mut ThreadState, frame: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        if (*ts).c.frame_chunk.is_null() {
            (*ts).c.frame_top = grow(ts, 0);
            (*ts).c.frame = frame;
            (*frame).prev = ptr::null_mut();
        }
    }
}

/// Gives the memory of the topmost frame back. Its registers must be released already.
///
/// # Safety
/// `frame` is the topmost frame of the stack of `ts` (no generator frame).
#[inline(always)]
pub unsafe fn pop_memory(ts: *mut ThreadState, frame: *mut Frame) {
    // SAFETY: frames are freed in the reverse order of their allocation.
    unsafe {
        (*ts).c.frame_top = frame.cast();
        let chunk = (*ts).c.frame_chunk.cast::<Chunk>();
        if frame.cast::<u8>() == chunk.add(1).cast::<u8>() && !(*chunk).previous.is_null() {
            leave_chunk(ts, chunk);
        }
    }
}

#[cold]
#[inline(never)]
unsafe fn leave_chunk(ts: *mut ThreadState, chunk: *mut Chunk) {
    // SAFETY: `chunk` is empty; one spare is kept, the larger.
    unsafe {
        (*ts).c.frame_top = (*chunk).previous_top;
        (*ts).c.frame_chunk = (*chunk).previous.cast();
        let spare = (*ts).spare_chunk.cast::<Chunk>();
        if spare.is_null() || (*spare).size < (*chunk).size {
            (*ts).spare_chunk = chunk.cast();
            heap::free(spare.cast());
        } else {
            heap::free(chunk.cast());
        }
    }
}

/// Frees a thread's chunks.
///
/// # Safety
/// No frame of `ts` is left.
pub unsafe fn free_stack(ts: *mut ThreadState) {
    // SAFETY: by contract.
    unsafe {
        let mut chunk = (*ts).c.frame_chunk.cast::<Chunk>();
        while !chunk.is_null() {
            let previous = (*chunk).previous;
            heap::free(chunk.cast());
            chunk = previous;
        }
        heap::free((*ts).spare_chunk.cast());
        (*ts).spare_chunk = ptr::null_mut();
        (*ts).c.frame_chunk = ptr::null_mut();
        (*ts).c.frame_top = ptr::null_mut();
    }
}

/// Releases what registers `from..` hold.
///
/// # Safety
/// `frame` is live.
#[inline]
pub unsafe fn release_registers(frame: *mut Frame, from: u32, to: u32) {
    // SAFETY: registers own their values; each is emptied before its object may die.
    unsafe {
        let registers = Frame::registers(frame);
        for i in from as usize..to as usize {
            let slot = registers.add(i);
            let old = *slot;
            *slot = Value::EMPTY;
            heap::decref(old);
        }
    }
}

/// Ends a frame: its frame object (if shared) takes its contents, otherwise everything is released. The memory of
/// stack frames is given back. `all` also releases temporaries (an exception left the frame).
///
/// # Safety
/// `frame` is the running frame of `ts`, or unlinked, and not used afterwards.
#[inline(always)]
pub unsafe fn finish(ts: *mut ThreadState, frame: *mut Frame, all: bool) {
    // SAFETY: by contract.
    unsafe {
        let code = (*frame).code.cast::<Code>();
        // What dies now is called from the caller; nobody can ask for a frame whose contents are going.
        if (*ts).c.frame == frame {
            (*ts).c.frame = (*frame).prev;
        }
        if !(*frame).frame_obj.is_null() {
            if all {
                // The exception that was raised may lie there: its traceback leads back to the frame object.
                release_registers(frame, (*code).first_temp, (*frame).size);
            }
            detach_frame_object(frame);
        }
        let to = if all {
            (*frame).size
        } else {
            (*code).first_temp
        };
        release_registers(frame, 0, to);
        let locals = (*frame).locals;
        let func = (*frame).func;
        if (*frame).flags.has(FrameFlags::GENERATOR) {
            (*frame).locals = ptr::null_mut();
            (*frame).func = ptr::null_mut();
        } else {
            pop_memory(ts, frame);
        }
        if !locals.is_null() {
            heap::decref_ptr(locals);
        }
        if !func.is_null() {
            heap::decref_ptr(func);
        }
    }
}

/// The frame object of `frame`, made on first use (borrowed).
///
/// # Safety
/// `frame` is live.
pub unsafe fn frame_object(frame: *mut Frame) -> *mut PyFrameObject {
    // SAFETY: a zeroed PyFrameObject is valid; the frame owns one reference.
    unsafe {
        if (*frame).frame_obj.is_null() {
            let object = heap::alloc_zeroed(
                ty!(crate::frameobject::PyFrame_Type),
                size_of::<PyFrameObject>(),
            );
            let f = object.cast::<PyFrameObject>();
            (*f).f_frame = frame.cast();
            (*f).f_trace_lines = 1;
            pyrs_object::gc::track(object);
            (*frame).frame_obj = f;
        }
        (*frame).frame_obj
    }
}

/// Cuts the frame object off a frame that ends. If others hold it, it gets a copy of the frame (with the ownership
/// of the registers, which are emptied here).
///
/// # Safety
/// `frame` is live and has a frame object.
#[cold]
pub unsafe fn detach_frame_object(frame: *mut Frame) {
    // SAFETY: by contract; the copy is owned by the frame object, which frees it.
    unsafe {
        let object = (*frame).frame_obj;
        (*frame).frame_obj = ptr::null_mut();
        if (*object).ob_base.ob_refcnt > 1 {
            let n = (*frame).size;
            let copy = heap::malloc(frame_size(n)).cast::<Frame>();
            ptr::copy_nonoverlapping(frame.cast::<u8>(), copy.cast::<u8>(), FRAME_HEADER);
            let (from, to) = (Frame::registers(frame), Frame::registers(copy));
            for i in 0..n as usize {
                *to.add(i) = *from.add(i);
                *from.add(i) = Value::EMPTY;
            }
            (*copy).prev = ptr::null_mut();
            (*copy).generator = ptr::null_mut();
            (*copy).flags = FrameFlags((*frame).flags.0 & FrameFlags::HAS_LOCALS.0);
            heap::xincref_ptr((*copy).locals);
            let func = Value::from_object((*copy).func);
            if code::is_code(func) {
                // The generator, or whoever executes the code, has kept globals and builtins; a function does now.
                let globals = Value::from_object((*frame).globals);
                let builtins = Ref::new(Value::from_object((*frame).builtins));
                (*copy).func =
                    pyrs_object::function::with(func, globals, Value::EMPTY, None, &builtins)
                        .into_ptr();
            } else {
                heap::xincref_ptr((*copy).func);
            }
            // What f_back will answer: the caller's frame object must outlive the stack frame.
            let prev = back_within(frame, MOST_STEPS);
            if !prev.is_null() && (*object).f_back.is_null() {
                let back = frame_object(prev);
                (*back).ob_base.ob_refcnt += 1;
                (*object).f_back = back;
            }
            (*object).f_frame = copy.cast();
        } else {
            (*object).f_frame = ptr::null_mut();
        }
        heap::decref_ptr(object.cast());
    }
}

/// Gives `frame`, which has no frame object, the one that the first entry of the traceback of `exc` leads to, if that is of the
/// same body and its frame has ended: compiled code stood for both. Gives what that one held.
///
/// # Safety
/// `frame` is live, and handles `exc`.
pub unsafe fn adopt_frame_object(frame: *mut Frame, exc: Value) -> Vec<Ref> {
    use pyrs_object::ValueExt;
    let mut held = Vec::new();
    if !exc.is_object() || !exc.ty().has(tpflags::BASE_EXC_SUBCLASS) {
        return held;
    }
    // SAFETY: an exception, its traceback and that one's frame object, which owns the copy of a frame that has ended.
    unsafe {
        let tb = (*exc.as_ptr().cast::<PyBaseExceptionObject>()).traceback;
        if tb.is_null() || (*tb).ob_type != &raw mut pyrs_object::traceback::PyTraceBack_Type {
            return held;
        }
        let object = (*tb.cast::<PyTracebackObject>()).tb_frame;
        if object.is_null() || !(*frame).frame_obj.is_null() {
            return held;
        }
        let copy = (*object).f_frame.cast::<Frame>();
        if copy.is_null() || (*copy).code != (*frame).code || !(*copy).frame_obj.is_null() {
            return held;
        }
        for k in 0..(*copy).size as usize {
            held.push(Ref::from_owned(*Frame::registers(copy).add(k)));
        }
        for p in [(*copy).locals, (*copy).func] {
            if !p.is_null() {
                held.push(Ref::from_owned_ptr(p));
            }
        }
        heap::free(copy.cast());
        (*object).f_frame = frame.cast();
        (*object).ob_base.ob_refcnt += 1;
        (*frame).frame_obj = object;
    }
    held
}

/// Frees the copy a frame object owns.
///
/// # Safety
/// `frame` was made by [`detach_frame_object`].
pub unsafe fn free_copy(frame: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        release_registers(frame, 0, (*frame).size);
        heap::clear_field(&raw mut (*frame).locals);
        heap::clear_field(&raw mut (*frame).func);
        heap::free(frame.cast());
    }
}

/// The code object of a frame (borrowed).
///
/// # Safety
/// `frame` is live.
pub unsafe fn code_object(frame: *const Frame) -> *mut PyCodeObject {
    // SAFETY: the body knows its code object.
    unsafe { (*(*frame).code.cast::<Code>()).object }
}

/// The caller of `frame`, which may be one that is not shown to programs; null if there is none.
///
/// # Safety
/// `frame` is live.
unsafe fn caller(mut frame: *mut Frame, most: usize) -> *mut Frame {
    // SAFETY: by contract; callers live longer than callees.
    unsafe {
        loop {
            let (prev, flags) = ((*frame).prev, (*frame).flags);
            if flags.has(FrameFlags::SHOWN) {
                return prev;
            }
            match jit::show(prev, flags.has(FrameFlags::INSTEAD), most) {
                Some(top) => return top,
                None => frame = prev,
            }
        }
    }
}

/// The nearest frame, from `frame` on to its callers, that programs may see; null if there is none.
///
/// # Safety
/// `frame` is null or live.
unsafe fn visible(mut frame: *mut Frame, most: usize) -> *mut Frame {
    // SAFETY: by contract.
    unsafe {
        while !frame.is_null() && (*(*frame).code.cast::<Code>()).hidden {
            frame = caller(frame, most);
        }
        frame
    }
}
/// The caller of `frame` that programs see; null if there is none.
///
/// # Safety
/// `frame` is live.
pub unsafe fn back(frame: *const Frame) -> *mut Frame {
    // SAFETY: by contract.
    unsafe { back_within(frame, usize::MAX) }
}
/// As [`back`], but callers that would take more than `most` steps to find are left out.
///
/// # Safety
/// `frame` is live.
unsafe fn back_within(frame: *const Frame, most: usize) -> *mut Frame {
    // SAFETY: by contract.
    unsafe { visible(caller(frame.cast_mut(), most), most) }
}
/// The running frame that programs see; null if there is none.
///
/// # Safety
/// `ts` is a live thread state.
pub unsafe fn current(ts: *const ThreadState) -> *mut Frame {
    // SAFETY: by contract.
    unsafe {
        let frame = (*ts).c.frame;
        visible(
            jit::show(frame, false, usize::MAX).unwrap_or(frame),
            usize::MAX,
        )
    }
}

/// As [`back`], but without what compiled code stands for: allocates nothing.
///
/// # Safety
/// `frame` is live.
pub unsafe fn stored_back(frame: *const Frame) -> *mut Frame {
    // SAFETY: by contract; callers live longer than callees.
    unsafe {
        let (from, mut frame) = (frame, (*frame).prev);
        let instead = (*from).flags.has(FrameFlags::INSTEAD) && !frame.is_null();
        if instead && (*frame).code == (*from).code {
            frame = (*frame).prev;
        }
        while !frame.is_null() && (*(*frame).code.cast::<Code>()).hidden {
            frame = (*frame).prev;
        }
        frame
    }
}

/// If compiled code stands for `frame`, says there where that is.
///
/// # Safety
/// `frame` is live.
pub unsafe fn update(frame: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        jit::show(frame, false, usize::MAX);
    }
}

/// A frame that shows what compiled code stands for, with empty registers: `code` with these globals, at instruction `pc`.
///
/// # Safety
/// A live body; `prev` is null or lives longer than the result, which [`drop_shown`] frees.
pub unsafe fn new_shown(
    code: *const Code,
    pc: u32,
    globals: Value,
    prev: *mut Frame,
) -> PyResult<*mut Frame> {
    // SAFETY: by contract; the function keeps what the frame refers to.
    unsafe {
        let object = Value::from_object((*code).object.cast());
        let func = pyrs_object::function::new(object, globals, Value::EMPTY)?;
        let f = func.value().as_ptr().cast::<PyFunctionObject>();
        let frame = heap::malloc(generator_frame_size(code)).cast::<Frame>();
        init(frame, code, (*code).registers);
        (*frame).prev = prev;
        (*frame).globals = (*f).func_globals;
        (*frame).builtins = (*f).func_builtins;
        (*frame).func = func.into_ptr();
        (*frame).result_register = 0;
        (*frame).continuation = Continuation::Store as u8;
        (*frame).flags = FrameFlags::SHOWN;
        (*frame).pc = (*code).instructions.add(pc as usize);
        Ok(frame)
    }
}

/// Frees a frame of [`new_shown`], which nobody refers to but its frame object.
///
/// # Safety
/// By contract; its caller is still there.
pub unsafe fn drop_shown(frame: *mut Frame) {
    // SAFETY: by contract.
    unsafe {
        if !(*frame).frame_obj.is_null() {
            detach_frame_object(frame);
        }
        free_copy(frame);
    }
}

/// The line that a frame executes.
///
/// # Safety
/// `frame` is live.
pub unsafe fn line(frame: *const Frame) -> i32 {
    // SAFETY: `pc` points into the body.
    unsafe {
        let code = (*frame).code.cast::<Code>();
        (*code).shown_line((*code).index_of((*frame).pc))
    }
}

/// Bytes of a generator's frame area.
pub fn generator_frame_size(code: *const Code) -> usize {
    // SAFETY: a live body.
    frame_size(unsafe { (*code).registers })
}

/// A new reference to the code object of `frame`.
///
/// # Safety
/// `frame` is live.
pub unsafe fn code_ref(frame: *const Frame) -> Ref {
    // SAFETY: by contract.
    unsafe { Ref::new(Value::from_object(code_object(frame).cast())) }
}

/// Checks that [`code::body`] of a function exists (extension-made empty code cannot run).
pub fn has_body(code_object: Value) -> bool {
    // SAFETY: callers pass code objects.
    code::is_code(code_object) && unsafe { !code::body(code_object.as_ptr()).is_null() }
}
