//! Loop headers and join points of a body.

use pyrs_bytecode::{Instr, Kind, Op as B, flags};
use pyrs_vm::code::Code;
use std::collections::HashSet;

/// Word indices where paths meet.
pub(crate) struct Scan {
    pub(crate) headers: HashSet<u32>,
    pub(crate) joins: HashSet<u32>,
}

impl Scan {
    pub(crate) fn new(code: &Code) -> Scan {
        let mut scan = Scan {
            headers: HashSet::new(),
            joins: HashSet::new(),
        };
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
                if op.family() == B::JUMP_BACK {
                    scan.headers.insert(t)
                } else {
                    scan.joins.insert(t)
                };
            }
            at = next;
        }
        scan
    }
}

/// The instruction at a word of the body.
pub(crate) fn instr_at(code: &Code, at: u32) -> Option<Instr> {
    if at >= code.word_count {
        return None;
    }
    // SAFETY: inside the body's words.
    Some(Instr(unsafe { *code.instructions.add(at as usize) }))
}

/// Whether the instruction may read or write register `r`; one that takes several has all above the first.
pub(crate) fn mentions(i: Instr, r: u32) -> bool {
    let Some(op) = i.op() else { return true };
    let info = op.info();
    [(info.a, i.a()), (info.b, i.b()), (info.c, i.c())]
        .into_iter()
        .any(|(kind, field)| {
            let n = u32::from(field);
            let register = (field as i16) >= 0;
            match kind {
                Kind::Win | Kind::PushExc | Kind::PopExc => r >= n,
                Kind::W
                | Kind::R
                | Kind::Reg
                | Kind::Rw
                | Kind::Take
                | Kind::Maybe
                | Kind::MaybeTake
                | Kind::Cell
                | Kind::MakeCell => register && n == r,
                _ => false,
            }
        })
}

/// Whether register `r` may be read from `start` on before it is written. Temporaries that hold stale numbers are not.
pub(crate) fn is_live(code: &Code, start: u32, r: u32) -> bool {
    let mut seen = HashSet::new();
    let mut work = vec![start];
    while let Some(at) = work.pop() {
        if at >= code.word_count || !seen.insert(at) {
            continue;
        }
        // SAFETY: inside the body's words.
        let i = Instr(unsafe { *code.instructions.add(at as usize) });
        let Some(op) = i.op() else { return true };
        let info = op.info();
        let mut written = false;
        for (kind, field) in [(info.a, i.a()), (info.b, i.b()), (info.c, i.c())] {
            let n = u32::from(field);
            let register = (field as i16) >= 0;
            match kind {
                Kind::W => written |= register && n == r,
                Kind::R
                | Kind::Reg
                | Kind::Rw
                | Kind::Take
                | Kind::Maybe
                | Kind::MaybeTake
                | Kind::Cell
                | Kind::MakeCell => {
                    if register && n == r {
                        return true;
                    }
                }
                Kind::PushExc | Kind::PopExc => {
                    if n == r || n + 1 == r {
                        return true;
                    }
                }
                Kind::Win => match op.family() {
                    B::LOAD_METHOD => written |= n == r || n + 1 == r,
                    B::UNPACK_SEQUENCE => written |= (n..n + u32::from(i.c())).contains(&r),
                    B::UNPACK_EX | B::BEFORE_WITH | B::BEFORE_ASYNC_WITH => {}
                    B::CALL => {
                        if n == r
                            || (n + 1 == r && i.d() & pyrs_bytecode::CALL_METHOD_FLAG != 0)
                            || (n + 2..n + 2 + u32::from(i.b())).contains(&r)
                        {
                            return true;
                        }
                    }
                    B::BUILD_TUPLE
                    | B::BUILD_LIST
                    | B::BUILD_STRING
                    | B::BUILD_SLICE
                    | B::BUILD_SET => {
                        if (n..n + u32::from(i.c())).contains(&r) {
                            return true;
                        }
                    }
                    _ => {
                        if r >= n {
                            return true;
                        }
                    }
                },
                _ => {}
            }
        }
        if let Some(h) = code.handler(at) {
            work.push(h.target);
        }
        if written {
            continue;
        }
        let next = at + 1 + u32::from(info.extra);
        if info.flags & flags::JUMP != 0 {
            work.push(next.wrapping_add_signed(i.offset()));
        } else if info.flags & flags::JUMP_EXTRA != 0 {
            // SAFETY: the op has an extra word.
            let word = unsafe { *code.instructions.add(at as usize + 1) };
            work.push(next.wrapping_add_signed(word as u32 as i32));
        }
        if op.family() == B::FOR_ITER {
            work.push(next + 1);
        }
        if info.flags & flags::END == 0 {
            work.push(next);
        }
    }
    false
}
