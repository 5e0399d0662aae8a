//! Loop headers and join points of a body.

use pyrs_bytecode::{Instr, Op as B, flags};
use pyrs_vm::code::Code;
use std::collections::HashSet;

/// Word indices where paths meet.
pub(crate) struct Scan {
    pub(crate) headers: HashSet<u32>,
    pub(crate) joins: HashSet<u32>,
}

impl Scan {
    pub(crate) fn new(code: &Code) -> Scan {
        let mut scan = Scan { headers: HashSet::new(), joins: HashSet::new() };
        let mut at = 0u32;
        while at < code.word_count {
            // SAFETY: inside the body's words.
            let i = Instr(unsafe { *code.instructions.add(at as usize) });
            let Some(op) = i.op() else { break };
            let info = op.info();
            let next = at + 1 + u32::from(info.extra);
            let mut target = None;
            if info.flags & flags::JUMP != 0 {
                target = Some(next.wrapping_add_signed(i.offset()));
            } else if info.flags & flags::JUMP_EXTRA != 0 {
                // SAFETY: the op has an extra word.
                let word = unsafe { *code.instructions.add(at as usize + 1) };
                target = Some(next.wrapping_add_signed(word as u32 as i32));
            }
            if let Some(t) = target {
                if op.family() == B::JUMP_BACK { scan.headers.insert(t) } else { scan.joins.insert(t) };
            }
            at = next;
        }
        scan
    }
}
