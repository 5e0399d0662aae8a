//! Returns: an inlined frame gives its result to what its caller is doing; the outermost one leaves the region.

use crate::arith::is_binary;
use crate::calls::{is_expanded, keeps_operands};
use crate::{FUNC_SLOT, INIT_SLOT, Next, Recorder, Res, Stop, class_of, code_of};
use pyrs_bytecode::{Instr, KILL_A, KILL_B, KILL_C, Op as B};
use pyrs_jit_ir::ops::{Op, Type as T};
use pyrs_jit_ir::region::{Imm, ValueId};
use pyrs_object::layout::*;
use pyrs_object::{Value, ValueExt, typeobject};
use pyrs_vm::frames::Continuation;
use pyrs_vm::interp::{MADE_BY_NEW, MADE_INSTANCE};

impl Recorder<'_> {
    pub(crate) fn ret(&mut self, i: Instr) -> Res<Next> {
        if self.b.depth() == 1 {
            return self.leave(i);
        }
        let frame = self.frame();
        // SAFETY: the running frame and its caller.
        let (kind, caller) = unsafe { (Continuation::of(&*frame), (*frame).prev) };
        if self.b.is_generator(self.b.depth() - 1) {
            return self.end_generator(i);
        }
        // SAFETY: as above.
        if unsafe { (*frame).flags }.without(FrameFlags::HIDDEN) != FrameFlags::NONE {
            return Err(Stop::Unsupported("an unusual frame"));
        }
        let v = self.operand(i.a())?;
        let value = self.value(i.a());
        let stores = kind == Continuation::Finish && is_store(caller);
        let expanded = kind == Continuation::Finish && is_expanded(caller);
        // SAFETY: the caller's frame is live and at the call.
        let finished = Instr(unsafe { *(*caller).pc });
        // SAFETY: the running frame.
        let stage = unsafe { (*frame).continuation_data };
        let made = expanded && stage == MADE_INSTANCE;
        let by_new = expanded && stage == MADE_BY_NEW;
        let decides = kind == Continuation::Finish && crate::truth::decides(finished);
        let mut window = Vec::new();
        if expanded {
            window = self.window(self.b.depth() - 2, finished);
        }
        let result = match kind {
            Continuation::Finish if by_new => self.made_by_new(caller, v, value)?,
            Continuation::Finish if expanded && !made => v,
            Continuation::Store
            | Continuation::GetAttribute
            | Continuation::Attribute
            | Continuation::Next => v,
            Continuation::Truth => self.condition(v, value)?,
            Continuation::Init | Continuation::Finish if made || kind == Continuation::Init => {
                if !value.is_none() {
                    return Err(Stop::Unsupported("__init__ returned something"));
                }
                let v = self.b.as_value(v);
                self.b
                    .guard(Op::GuardValue, &[v], Imm::Int(self.env.statics.none_object));
                if made {
                    let r = u32::from(finished.a()) + 1;
                    let instance = self.b.get_in(self.b.depth() - 2, r);
                    instance.ok_or(Stop::Abort("no instance"))?
                } else {
                    self.slot(INIT_SLOT)?
                }
            }
            Continuation::Finish if stores => v,
            Continuation::Finish if decides => self.condition(v, value)?,
            Continuation::Finish if finished.op() == Some(B::CONTAINS) => {
                let found = self.condition(v, value)?;
                self.containment(finished, found)
            }
            Continuation::Finish if self.is_operator(caller) => {
                if value.is_not_implemented() {
                    return Err(Stop::Unsupported(
                        "an operator method that answers NotImplemented",
                    ));
                }
                if self.b.ty(v) == T::Boxed {
                    let s = self
                        .b
                        .value_const(pyrs_object::singletons::not_implemented().bits());
                    let same = self.b.op(Op::RefEq, &[v, s]);
                    self.b.guard(Op::GuardFalse, &[same], Imm::None);
                }
                v
            }
            Continuation::Iter if pyrs_object::ops::is_iterator(value) => {
                let p = self.object_of(v, class_of(value))?;
                if value.ty().is_heap() {
                    self.guard_version(value.ty());
                }
                p
            }
            _ => return Err(Stop::Unsupported("an unusual return")),
        };
        let dst = (!stores).then_some(u32::from(finished.a()));
        let dying: Vec<u32> = [
            (KILL_A, finished.a()),
            (KILL_B, finished.b()),
            (KILL_C, finished.c()),
        ]
        .into_iter()
        .filter(|(bit, field)| finished.d() & bit != 0 && (*field as i16) >= 0)
        .map(|(_, field)| u32::from(field))
        .filter(|r| Some(*r) != dst)
        .collect();
        // What dies with the frame does so before the result is stored.
        let mut gone = Vec::new();
        for (s, id) in self.b.slots() {
            if s < FUNC_SLOT && id != result && finalizes(self.reg_value(s)) {
                gone.push(id);
            }
        }
        if decides {
            self.deliver_branch(caller, finished, result, &gone)?;
            self.meet_after_inlined();
            return Ok(Next::Done);
        }
        if stores {
            if self.has_destructor(value) {
                gone.push(v);
            }
            self.deliver(caller, None, &gone)?;
        } else {
            self.deliver(caller, Some(result), &gone)?;
        }
        if expanded {
            if made && self.b.get(u32::from(finished.a()) + 1) == Some(result) {
                self.moved(u32::from(finished.a()) + 1);
            }
            self.leave_window(&window, u32::from(finished.c()));
        } else if keeps_operands(kind) {
            for r in dying {
                let old = self.b.get(r);
                self.moved(r);
                if let Some(old) = old.filter(|o| !self.b.slots().iter().any(|(_, v)| v == o)) {
                    self.b.release(old);
                }
            }
        }
        self.meet_after_inlined();
        Ok(Next::Done)
    }
    /// Lets the inlined frame return `result` to its caller, which goes on behind its instruction; `gone` dies before.
    pub(crate) fn deliver(
        &mut self,
        caller: *mut Frame,
        result: Option<ValueId>,
        gone: &[ValueId],
    ) -> Res {
        let frame = self.frame();
        // SAFETY: the running frame's result goes to a register of its caller, which is at an instruction.
        let (next, to, replaced) = unsafe {
            let at = code_of(caller).index_of((*caller).pc);
            let op = Instr(*(*caller).pc).op();
            let mut length = 1 + op.map_or(0, |op| u32::from(op.info().extra));
            // The jump behind `FOR_ITER` is for its end.
            length += u32::from(Continuation::of(&*frame) == Continuation::Next);
            let to = u32::from((*frame).result_register);
            (at + length, to, *Frame::registers(caller).add(to as usize))
        };
        // The step may free it.
        let noticed = finalizes(replaced);
        let old = self.b.get_in(self.b.depth() - 2, to);
        self.step()?;
        self.expect(caller, next)?;
        for (s, _) in self.b.slots() {
            self.b.forget(s);
        }
        for id in gone {
            self.b.release(*id);
        }
        let Some(mut result) = result else {
            self.b.drop_frame();
            self.b.set_pc(next);
            return Ok(());
        };
        if self.b.ty(result) == T::Bool {
            result = self.b.as_value(result);
        }
        self.b.pop_frame(result);
        if let Some(old) = old
            && old != result
            && noticed
            && !self.held_elsewhere(old, to)
        {
            self.give_up(to, old);
        }
        self.b.set_pc(next);
        Ok(())
    }
    /// An inlined frame has been left: the next instruction is a meeting if there may be other ways to it.
    pub(crate) fn meet_after_inlined(&mut self) {
        // Where the call was made in an earlier recording there may be others.
        let others = self
            .inlined
            .pop()
            .is_none_or(|call| call.one_of_many || call.branches < self.branches);
        if others {
            self.meet();
        }
    }
    /// Whether the caller is at an operator with a result.
    fn is_operator(&self, caller: *mut Frame) -> bool {
        // SAFETY: the caller's frame is live and at an instruction.
        let op = Instr(unsafe { *(*caller).pc }).op().map(B::family);
        op.is_some_and(|op| is_binary(op) || op == B::COMPARE)
    }
    /// The return of the function that the region is entered in.
    fn leave(&mut self, i: Instr) -> Res<Next> {
        let frame = self.frame();
        let code = code_of(frame);
        let plain = coflags::OPTIMIZED | coflags::NEWLOCALS;
        // SAFETY: the running frame.
        let flags = unsafe { (*frame).flags };
        if code.flags & plain != plain
            || code.is_generator_like()
            || flags.has(FrameFlags::GENERATOR)
            || flags.has(FrameFlags::TRACED)
        {
            return Err(Stop::Unsupported(crate::LEFT));
        }
        let v = self.operand(i.a())?;
        self.b.end_return(v);
        self.ended();
        match self.step() {
            Ok(()) => Err(Stop::Returned(None)),
            Err(Stop::Left(exit)) => Err(Stop::Returned(Some(exit))),
            Err(stop) => Err(stop),
        }
    }
}

/// Whether a frame is at an instruction without result that a dunder carries out.
fn is_store(frame: *mut Frame) -> bool {
    // SAFETY: the frame is live and at an instruction.
    let op = unsafe { Instr(*(*frame).pc) }.op();
    op.is_some_and(|op| matches!(op.family(), B::STORE_SUBSCR | B::STORE_ATTR))
}

/// Whether the end of the object runs a `__del__`.
fn finalizes(v: Value) -> bool {
    v.is_object()
        && v.ty().is_heap()
        && typeobject::lookup(v.ty(), pyrs_object::intern!("__del__")).is_some()
}
