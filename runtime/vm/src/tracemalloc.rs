//! Which frames a traced allocation has, and keeping compiled code out of the way meanwhile: its frames do not say where they
//! are, and what it does not allocate could not be seen.

use crate::code::{self, Code};
use crate::frames;
use pyrs_bytecode::Op;
use pyrs_object::layout::Frame as LiveFrame;
use pyrs_object::tracemalloc::{self, Frame};
use pyrs_object::{Value, thread};

/// Starts tracing allocations. Code that is compiled is left at its next safepoint and not entered again until tracing ends.
pub fn start(limit: u32) {
    tracemalloc::start(limit, walk);
    crate::safepoint::request();
}

fn walk(limit: u32, found: &mut Vec<Frame>) -> u32 {
    let ts = thread::current();
    let mut total: u32 = 0;
    // SAFETY: GIL: the frames of the running thread are live, and their code objects as well.
    unsafe {
        let mut frame = (*ts).c.frame;
        while !frame.is_null() && ((*(*frame).code.cast::<Code>()).hidden || !has_begun(frame)) {
            frame = frames::stored_back(frame);
        }
        while !frame.is_null() {
            if total < limit {
                let code = frames::code_object(frame);
                found.push(Frame {
                    filename: Value::from_object((*code).co_filename),
                    line: u32::try_from(frames::line(frame)).unwrap_or(0),
                });
            }
            total += 1;
            frame = frames::stored_back(frame);
        }
    }
    total.min(tracemalloc::MAX_FRAMES)
}

/// Whether a frame executes its function's own instructions: not while it makes cells or becomes a generator's.
///
/// # Safety
/// `frame` is live.
unsafe fn has_begun(frame: *mut LiveFrame) -> bool {
    // SAFETY: `pc` points at an instruction of the body; those looked at are one word long.
    unsafe {
        let body = &*(*frame).code.cast::<Code>();
        if body.is_generator_like() && (*frame).generator.is_null() {
            return false;
        }
        let mut pc = body.instructions.cast_const();
        while pc <= (*frame).pc {
            if code::instr(pc).op_byte() != Op::MAKE_CELL as u8 {
                return true;
            }
            pc = pc.add(1);
        }
        false
    }
}
