//! What an instruction does to registers: for the validator, the liveness checker and the trace recorder.

use crate::op::*;

/// One effect on a register, in the order in which they happen: all reads and takes come before writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// Read; must hold something; stays.
    Read,
    /// Read; may be empty; stays.
    MaybeRead,
    /// Read and released or moved out: dead afterwards.
    Take,
    /// Like `Take`, but may be empty.
    MaybeTake,
    /// Written (releases what it held).
    Write,
    /// Written, perhaps with nothing.
    MaybeWrite,
}

/// Calls `f` for each register that `instr` touches when it succeeds. `FOR_ITER` is described for the case that
/// it finds an item (exhausted, it takes `a` and writes nothing). `extra` are the words that follow.
pub fn register_effects(instr: Instr, mut f: impl FnMut(u32, Access)) {
    let Some(op) = instr.op() else {
        return;
    };
    let (a, b, c) = (
        u32::from(instr.a()),
        u32::from(instr.b()),
        u32::from(instr.c()),
    );
    let d = instr.d();
    let take = |f: &mut dyn FnMut(u32, Access), first: u32, count: u32| {
        for r in first..first + count {
            f(r, Access::Take);
        }
    };
    match op.family() {
        Op::CALL | Op::CALL_KW => {
            f(a, Access::Take);
            if d & CALL_METHOD_FLAG != 0 {
                f(a + 1, Access::MaybeTake);
            }
            take(&mut f, a + 2, b);
            f(c, Access::Write);
        }
        Op::CALL_EX => {
            f(a, Access::Take);
            f(a + 2, Access::Take);
            if d & CALL_EX_KWARGS != 0 {
                f(a + 3, Access::Take);
            }
            f(c, Access::Write);
        }
        Op::BUILD_TUPLE
        | Op::BUILD_LIST
        | Op::BUILD_SET
        | Op::BUILD_STRING
        | Op::BUILD_SLICE
        | Op::BUILD_CONST_KEY_MAP => {
            take(&mut f, b, c);
            f(a, Access::Write);
        }
        Op::BUILD_MAP => {
            take(&mut f, b, 2 * c);
            f(a, Access::Write);
        }
        Op::MAKE_FUNCTION => {
            take(&mut f, b, (d & 15).count_ones());
            f(a, Access::Write);
        }
        Op::LOAD_METHOD => {
            operand(&mut f, instr.b(), d & KILL_B != 0);
            f(a, Access::Write);
            f(a + 1, Access::MaybeWrite);
        }
        Op::UNPACK_SEQUENCE | Op::UNPACK_EX => {
            operand(&mut f, instr.b(), d & KILL_B != 0);
            let count = if op.family() == Op::UNPACK_EX {
                (c & 255) + 1 + (c >> 8)
            } else {
                c
            };
            for r in a..a + count {
                f(r, Access::Write);
            }
        }
        Op::BEFORE_WITH | Op::BEFORE_ASYNC_WITH => {
            operand(&mut f, instr.b(), d & KILL_B != 0);
            f(a, Access::Write);
            f(a + 1, Access::MaybeWrite);
            f(a + 2, Access::Write);
        }
        Op::WITH_EXCEPT_START => {
            f(b, Access::Read);
            f(b + 1, Access::MaybeRead);
            f(c, Access::Read);
            f(a, Access::Write);
        }
        Op::RAISE => {
            if d & 3 >= 1 {
                operand(&mut f, instr.a(), d & KILL_A != 0);
            }
            if d & 3 >= 2 {
                operand(&mut f, instr.b(), d & KILL_B != 0);
            }
        }
        Op::FORMAT_VALUE => {
            operand(&mut f, instr.b(), d & KILL_B != 0);
            if d & HAS_SPEC != 0 {
                operand(&mut f, instr.c(), d & KILL_C != 0);
            }
            f(a, Access::Write);
        }
        Op::RETURN => operand(&mut f, instr.a(), d & KILL_A != 0),
        family => {
            let info = family.info();
            let fields = [
                (info.a, instr.a(), KILL_A),
                (info.b, instr.b(), KILL_B),
                (info.c, instr.c(), KILL_C),
            ];
            for (kind, field, kill) in fields {
                let r = u32::from(field);
                match kind {
                    Kind::R => operand(&mut f, field, d & kill != 0),
                    Kind::Reg | Kind::Cell | Kind::Rw => f(r, Access::Read),
                    Kind::Take => f(r, Access::Take),
                    Kind::Maybe | Kind::MakeCell => f(r, Access::MaybeRead),
                    Kind::MaybeTake => f(r, Access::MaybeTake),
                    Kind::PushExc => f(r, Access::Read),
                    Kind::PopExc => {
                        f(r, Access::Take);
                        f(r + 1, Access::Take);
                    }
                    _ => {}
                }
            }
            for (kind, field, _) in fields {
                let r = u32::from(field);
                match kind {
                    Kind::W | Kind::Rw | Kind::MakeCell => f(r, Access::Write),
                    Kind::PushExc => f(r + 1, Access::Write),
                    _ => {}
                }
            }
        }
    }
}

fn operand(f: &mut impl FnMut(u32, Access), field: u16, killed: bool) {
    if let Operand::Register(r) = Operand::decode(field) {
        f(
            u32::from(r),
            if killed { Access::Take } else { Access::Read },
        );
    }
}
