//! Comparisons and conditional jumps that a Python method decides: its body is inlined, and the branch is taken when it
//! returns.

use crate::{Kind, Next, Recorder, Res, Stop, code_of};
use pyrs_bytecode::{FALL_KILL, Instr, KILL_A, KILL_B, KILL_C, Op as B, SENSE};
use pyrs_jit_ir::ops::Type as T;
use pyrs_jit_ir::region::ValueId;
use pyrs_object::layout::Frame;
use pyrs_object::native::Slot;
use pyrs_object::{Value, ValueExt, intern, typeobject};
use pyrs_vm::frames::Continuation;

/// Whether the instruction that the caller of a method is at jumps on what that returns.
pub(crate) fn decides(finished: Instr) -> bool {
    matches!(
        finished.op().map(B::family),
        Some(B::JUMP_IF_TRUE | B::JUMP_IF_FALSE | B::COMPARE_JUMP)
    )
}

/// The Python method that a comparison calls first: the left operand's, unless the right one's class goes before it.
fn comparison_method(a: Value, b: Value, which: u8) -> Option<Value> {
    let names = ["__lt__", "__le__", "__eq__", "__ne__", "__gt__", "__ge__"];
    let name = names.get(usize::from(which))?;
    let python = a.is_object()
        && !b.is_empty()
        && a.ty().is_heap()
        && typeobject::is_python_slot(a.ty(), Slot::tp_richcompare)
        && (a.ty() == b.ty() || !b.ty().is_subtype(a.ty()));
    let name = python.then(|| pyrs_object::str::intern_immortal(name))?;
    typeobject::lookup(a.ty(), name).filter(|f| pyrs_vm::interp::is_py_function(*f))
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
    /// Enters the method of the left operand of a comparison, if that is a Python function.
    pub(crate) fn comparison_by_method(
        &mut self,
        i: Instr,
        f: u16,
        g: u16,
        which: u8,
    ) -> Res<Option<Next>> {
        let (a, b) = (self.value(f), self.value(g));
        let method = comparison_method(a, b, which);
        let Some(method) = method.filter(|m| self.inlinable(*m).is_ok()) else {
            return Ok(None);
        };
        let (x, y) = (self.guarded(f)?, self.guarded(g)?);
        for v in [a, b] {
            if v.is_object() && v.ty().is_heap() {
                self.guard_version(v.ty());
            }
        }
        self.enter_method(i, method, &[x, y], Continuation::Finish, 0)
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
        // SAFETY: the caller's frame is live and at the jump, which may have a word behind it.
        let (at, extra) = unsafe {
            let pc = (*caller).pc;
            (code_of(caller).index_of(pc), *pc.add(1))
        };
        let (jump, fall, when) = match finished.op().map(B::family) {
            Some(B::COMPARE_JUMP) => {
                let target = (at + 2).wrapping_add_signed(extra as u32 as i32);
                (target, at + 2, finished.d() & SENSE != 0)
            }
            op => {
                let target = (at + 1).wrapping_add_signed(finished.offset());
                (target, at + 1, op == Some(B::JUMP_IF_TRUE))
            }
        };
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
        let kills = [
            (KILL_A, finished.a()),
            (KILL_B, finished.b()),
            (KILL_C, finished.c()),
        ];
        for (kill, field) in kills {
            let r = u32::from(field);
            if finished.d() & kill == 0 || (field as i16) < 0 {
                continue;
            }
            let Some(old) = self.b.get(r) else { continue };
            self.moved(r);
            if !self.b.slots().iter().any(|(_, v)| *v == old) {
                self.b.release(old);
            }
        }
        let (yes, no) = if when { (jump, fall) } else { (fall, jump) };
        self.branch_taken(cond, yes, no)
    }
}
