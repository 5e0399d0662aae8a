//! Conditional jumps that a Python `__bool__` decides: its body is inlined, and the branch is taken when it returns.

use crate::{Kind, Next, Recorder, Res, Stop, code_of};
use pyrs_bytecode::{FALL_KILL, Instr, KILL_A, Op as B};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::region::ValueId;
use pyrs_object::layout::Frame;
use pyrs_object::native::Slot;
use pyrs_object::{Value, ValueExt, intern, typeobject};
use pyrs_vm::frames::Continuation;

/// Whether the instruction that the caller of a method is at jumps on what that returns.
pub(crate) fn decides(finished: Instr) -> bool {
    matches!(
        finished.op().map(B::family),
        Some(B::JUMP_IF_TRUE | B::JUMP_IF_FALSE)
    )
}

impl Recorder<'_> {
    /// Enters the `__bool__` of what a conditional jump tests, if that is a Python function.
    pub(crate) fn truth_by_method(&mut self, i: Instr) -> Res<Option<Next>> {
        let v = self.value(i.a());
        // What dies on one of the ways only would have to be kept for the other.
        let on_one_way = i.d() & FALL_KILL != 0 && i.d() & KILL_A == 0;
        if on_one_way
            || !v.is_object()
            || !v.ty().is_heap()
            || !typeobject::is_python_slot(v.ty(), Slot::nb_bool)
        {
            return Ok(None);
        }
        let method = typeobject::lookup(v.ty(), intern!("__bool__"))
            .filter(|f| pyrs_vm::interp::is_py_function(*f));
        let Some(method) = method.filter(|f| self.inlinable(*f).is_ok()) else {
            return Ok(None);
        };
        let slf = self.object(i.a())?;
        self.guard_version(v.ty());
        self.enter_method(i, method, &[slf], Continuation::Finish, 0)
            .map(Some)
    }
    /// What the method of such a jump returns as a condition, before its frame is left.
    pub(crate) fn condition(&mut self, id: ValueId, v: Value) -> Res<ValueId> {
        if self.kind_of(id, v) == Kind::Bool {
            return Ok(id);
        }
        if self.b.ty(id) != T::Boxed && self.b.ty(id) != T::Ptr
            || !v.is_true_const() && !v.is_false_const()
        {
            return Err(Stop::Unsupported("an unusual return"));
        }
        self.truth_of_object(id, v)
    }
    /// Lets the inlined method return to the jump, which its caller is at; `gone` dies before, the jump's operand behind it.
    pub(crate) fn deliver_branch(
        &mut self,
        caller: *mut Frame,
        finished: Instr,
        cond: ValueId,
        gone: &[ValueId],
    ) -> Res {
        // SAFETY: the caller's frame is live and at the jump.
        let at = unsafe { code_of(caller).index_of((*caller).pc) };
        let fall = at + 1;
        let jump = fall.wrapping_add_signed(finished.offset());
        self.step()?;
        if self.frame() != caller {
            return Err(Stop::Abort("control went elsewhere"));
        }
        for (s, _) in self.b.slots() {
            self.b.forget(s);
        }
        for id in gone {
            self.b.release(*id);
        }
        self.b.drop_frame();
        let r = u32::from(finished.a());
        if finished.d() & KILL_A != 0
            && let Some(old) = self.b.get(r)
        {
            self.moved(r);
            if !self.b.slots().iter().any(|(_, v)| *v == old) {
                self.b.release(old);
            }
        }
        let when_true = finished.op().map(B::family) == Some(B::JUMP_IF_TRUE);
        let (yes, no) = if when_true {
            (jump, fall)
        } else {
            (fall, jump)
        };
        self.branch_taken(cond, yes, no)
    }
}
