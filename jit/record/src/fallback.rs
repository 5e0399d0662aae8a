//! Instructions without code of their own: compiled code lets the interpreter execute them, one at a time, in a frame made
//! for the purpose (`pyrs_vm::interp::execute_single`). Slower than code, much faster than leaving the region.

use crate::{Next, Recorder, Res, Stop, code_of, mem};
use pyrs_bytecode::{
    CALL_EX_KWARGS, CALL_METHOD_FLAG, HAS_SPEC, Instr, KILL_B, Kind as K, Op as B, flags,
};
use pyrs_jit_ir::context::{MAX_ARGUMENT_REGISTERS, offsets};
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::region::{Alias, Imm, MemType};
use pyrs_object::Value;
use pyrs_object::layout::{Frame, FrameFlags};
use pyrs_vm::code::Code;
use pyrs_vm::interp::{Single, SingleFrame};
use std::cell::Cell;

/// What an instruction takes from registers and where its result goes.
struct Shape {
    inputs: Vec<u32>,
    /// Registers that are empty afterwards whatever the kill bits say.
    taken: Vec<u32>,
    outputs: Vec<u16>,
}

fn shape(i: Instr, op: B) -> Option<Shape> {
    let info = op.info();
    if info.flags & (flags::JUMP | flags::JUMP_EXTRA | flags::END | flags::SUSPENDS) != 0 {
        return None;
    }
    let window = |first: u16, n: u32| (u32::from(first)..u32::from(first) + n).collect::<Vec<_>>();
    let taken = |all: Vec<u32>, output| {
        Some(Shape {
            inputs: all.clone(),
            taken: all,
            outputs: vec![output],
        })
    };
    match op {
        B::CALL | B::CALL_KW => {
            let mut all = window(i.a(), 2 + u32::from(i.b()));
            if i.d() & CALL_METHOD_FLAG == 0 {
                all.remove(1);
            }
            taken(all, i.c())
        }
        B::CALL_EX => {
            let mut all = vec![u32::from(i.a()), u32::from(i.a()) + 2];
            if i.d() & CALL_EX_KWARGS != 0 {
                all.push(u32::from(i.a()) + 3);
            }
            taken(all, i.c())
        }
        B::BUILD_TUPLE
        | B::BUILD_LIST
        | B::BUILD_SET
        | B::BUILD_STRING
        | B::BUILD_SLICE
        | B::BUILD_CONST_KEY_MAP => taken(window(i.b(), u32::from(i.c())), i.a()),
        B::BUILD_MAP => taken(window(i.b(), 2 * u32::from(i.c())), i.a()),
        B::MAKE_FUNCTION => taken(window(i.b(), (i.d() & 15).count_ones()), i.a()),
        B::LOAD_METHOD | B::UNPACK_SEQUENCE | B::UNPACK_EX | B::BEFORE_WITH => {
            let n = match op {
                B::LOAD_METHOD => 2,
                B::UNPACK_SEQUENCE => i.c(),
                B::UNPACK_EX => (i.c() & 255) + 1 + (i.c() >> 8),
                _ => 3,
            };
            let b = i.b();
            Some(Shape {
                inputs: if (b as i16) < 0 {
                    Vec::new()
                } else {
                    vec![u32::from(b)]
                },
                taken: Vec::new(),
                outputs: (i.a()..i.a() + n).collect(),
            })
        }
        // A result that is no register.
        B::FOR_ITER => None,
        B::WITH_EXCEPT_START => Some(Shape {
            inputs: vec![u32::from(i.b()), u32::from(i.b()) + 1, u32::from(i.c())],
            taken: Vec::new(),
            outputs: vec![i.a()],
        }),
        B::BEFORE_ASYNC_WITH | B::CHECK_EG_MATCH => None,
        B::PUSH_EXC | B::POP_EXCEPT | B::MAKE_CELL | B::CHECK_LOCAL | B::DELETE_DEREF => None,
        B::DELETE_LOCAL | B::CLEAR | B::GET_ANEXT | B::LOAD_NAME | B::STORE_NAME => None,
        B::DELETE_NAME | B::IMPORT_STAR | B::SETUP_ANNOTATIONS | B::LOAD_CLASSDEREF => None,
        _ => {
            let mut shape = Shape {
                inputs: Vec::new(),
                taken: Vec::new(),
                outputs: Vec::new(),
            };
            for (n, (kind, field)) in [(info.a, i.a()), (info.b, i.b()), (info.c, i.c())]
                .into_iter()
                .enumerate()
            {
                if (field as i16) < 0 {
                    continue;
                }
                let unused = op == B::FORMAT_VALUE && n == 2 && i.d() & HAS_SPEC == 0;
                match kind {
                    K::W => shape.outputs.push(field),
                    K::R | K::Reg | K::Cell if !unused => shape.inputs.push(u32::from(field)),
                    K::Take => {
                        shape.inputs.push(u32::from(field));
                        shape.taken.push(u32::from(field));
                    }
                    K::Rw | K::Win | K::MaybeTake | K::Maybe => return None,
                    _ => {}
                }
            }
            Some(shape)
        }
    }
}

/// An instruction that the interpreter executes for compiled code, and what the statistics say of it.
pub struct Executed {
    pub(crate) single: Single,
    /// The instruction's name.
    pub name: &'static str,
    /// Why there is no code.
    pub why: &'static str,
    /// Times it was executed.
    pub count: Cell<u64>,
}

impl Recorder<'_> {
    /// Records the instruction in a way that takes any operands; false if there is none.
    pub(crate) fn generic_instruction(&mut self) -> Res<bool> {
        let i = self.instr();
        let op = i.op().ok_or(Stop::Abort("bad instruction"))?.family();
        let done = match op {
            B::LOAD_ATTR => self.attribute_of_any(i)?,
            B::LOAD_METHOD => self.method_of_any(i)?,
            B::STORE_ATTR => self.store_to_any(i)?,
            B::MATCH_SEQUENCE | B::MATCH_MAPPING => {
                self.match_kind_of_any(i, op)?;
                true
            }
            B::CALL if crate::instances::plain_init(self.reg_value(u32::from(i.a()))).is_some() => {
                self.any_class = true;
                let next = self.call(i, Value::EMPTY);
                self.any_class = false;
                match next {
                    Ok(Next::Done) => true,
                    Ok(_) => return Err(Stop::Abort("a call of a class that was none")),
                    Err(Stop::Unsupported(_)) => false,
                    Err(stop) => return Err(stop),
                }
            }
            B::CALL => self.call_of_any(i)?,
            _ => false,
        };
        if done {
            return Ok(true);
        }
        if shape(i, op).is_none() {
            return Ok(false);
        }
        self.fallback(i, op, "an instruction with many kinds of operands")?;
        Ok(true)
    }
    /// An attribute of an object of whatever class, if it is a plain value of the instance or its class; false if not.
    pub(crate) fn attribute_of_any(&mut self, i: Instr) -> Res<bool> {
        let v = self.value(i.b());
        let name = code_of(self.frame()).name(i.c());
        if crate::instances::plain_attribute(v, name).is_none() {
            return Ok(false);
        }
        self.keep(name);
        let object = self.boxed(i.b())?;
        let n = self.b.value_const(name.bits());
        let id = self
            .b
            .call(self.env.h.any_attr, &[object, n])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
        self.kill_and_set(i, id);
        let (frame, next) = (self.frame(), self.pc() + self.length());
        self.step()?;
        self.expect(frame, next)?;
        Ok(true)
    }
    /// A method of an object of whatever class, if nothing of the instance hides it; false if not.
    fn method_of_any(&mut self, i: Instr) -> Res<bool> {
        let v = self.value(i.b());
        let name = code_of(self.frame()).name(i.c());
        if crate::instances::plain_method(v, name).is_none() {
            return Ok(false);
        }
        self.keep(name);
        let object = self.boxed(i.b())?;
        let n = self.b.value_const(name.bits());
        let id = self
            .b
            .call(self.env.h.any_method, &[object, n])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardNotEmpty, &[id], Imm::None);
        if i.d() & KILL_B != 0 && (i.b() as i16) >= 0 {
            self.moved(u32::from(i.b()));
        }
        let (frame, next) = (self.frame(), self.pc() + self.length());
        self.set(i.a(), id);
        self.b.set(u32::from(i.a()) + 1, object);
        self.step()?;
        self.expect(frame, next)?;
        if self.reg_value(u32::from(i.a()) + 1) != v {
            return Err(Stop::Abort("a method of something else"));
        }
        Ok(true)
    }
    /// A store to an attribute of an object of whatever class, if it is one to the instance; false if not.
    pub(crate) fn store_to_any(&mut self, i: Instr) -> Res<bool> {
        let v = self.value(i.a());
        let name = code_of(self.frame()).name(i.c());
        if !crate::instances::stores_plainly(v, name) {
            return Ok(false);
        }
        self.keep(name);
        let object = self.boxed(i.a())?;
        let value = self.boxed(i.b())?;
        let n = self.b.value_const(name.bits());
        let done = self
            .b
            .call(self.env.h.any_store, &[object, n, value])
            .ok_or(Stop::Abort("no result"))?;
        self.b.guard(Op::GuardTrue, &[done], Imm::None);
        self.kill(i);
        let (frame, next) = (self.frame(), self.pc() + self.length());
        self.step()?;
        self.expect(frame, next)?;
        Ok(true)
    }
    /// Records that the interpreter executes the instruction, and lets it. `why` is the answer if that cannot be.
    pub(crate) fn fallback(&mut self, i: Instr, op: B, why: &'static str) -> Res {
        let Some(mut shape) = shape(i, op) else {
            return Err(Stop::Unsupported(why));
        };
        if matches!(op, B::CALL | B::CALL_KW | B::CALL_EX)
            && self.looks_at_frames(self.reg_value(u32::from(i.a())))
        {
            return Err(Stop::Unsupported(why));
        }
        shape
            .inputs
            .retain(|r| self.b.get(*r).is_some() && !self.reg_value(*r).is_empty());
        if shape.inputs.len().max(shape.outputs.len()) > MAX_ARGUMENT_REGISTERS {
            return Err(Stop::Unsupported("many operands"));
        }
        let mut values = Vec::new();
        for r in &shape.inputs {
            let v = self.slot(*r)?;
            values.push(self.b.as_value(v));
        }
        let single = self.single(&shape, op.info().name, why);
        let context = self.b.op(Op::ContextBase, &[]);
        for (n, v) in values.into_iter().enumerate() {
            let at = offsets::ARGUMENTS as usize + 8 * n;
            self.b
                .store(context, v, mem(at, MemType::Boxed, Alias::ARGUMENTS));
        }
        let single = self.b.int_const(single as i64);
        let helper = if shape.outputs.is_empty() {
            self.env.h.single_quiet
        } else {
            self.env.h.single
        };
        let mut results = Vec::new();
        results.extend(self.b.call(helper, &[single]));
        for n in 1..shape.outputs.len() {
            let n = self.b.int_const(n as i64);
            results.extend(self.b.call(self.env.h.take_result, &[n]));
        }
        let frame = self.frame();
        let next = self.pc() + self.length();
        let before = self.pc_ptr();
        // Registers are given up with what they hold now.
        for r in &shape.taken {
            if self.b.get(*r).is_some() {
                let v = self.reg_value(*r);
                self.drop_slot(*r, v);
            }
        }
        self.kill(i);
        for (to, r) in shape.outputs.iter().zip(results) {
            self.set(*to, r);
        }
        self.b.set_pc(next);
        loop {
            self.step()?;
            if self.frame() != frame {
                self.run_callee(frame)?;
            }
            if self.pc_ptr() != before {
                break;
            }
        }
        self.expect(frame, next)
    }

    /// The frames that the region stands for at the moment, outermost first.
    pub(crate) fn frames_of_region(&mut self) -> Vec<SingleFrame> {
        let mut frames = Vec::new();
        let mut frame: *mut Frame = self.frame();
        for _ in 0..self.b.depth() {
            // SAFETY: the builder's frames are those of the interpreter.
            unsafe {
                let code = code_of(frame);
                let locals = if (*frame).flags.has(FrameFlags::HAS_LOCALS) {
                    Value::from_object((*frame).locals)
                } else {
                    Value::EMPTY
                };
                let f = SingleFrame {
                    code: std::ptr::from_ref::<Code>(code),
                    pc: code.index_of((*frame).pc),
                    globals: Value::from_object((*frame).globals),
                    builtins: Value::from_object((*frame).builtins),
                    locals,
                };
                self.keep(Value::from_object(code.object.cast()));
                for v in [f.globals, f.builtins, f.locals] {
                    if !v.is_empty() {
                        self.keep(v);
                    }
                }
                frames.push(f);
                frame = (*frame).prev;
            }
        }
        frames.reverse();
        frames
    }
    /// The description of the running instruction; its address.
    fn single(&mut self, shape: &Shape, name: &'static str, why: &'static str) -> usize {
        let frames = self.frames_of_region();
        let single = Box::new(Executed {
            single: Single {
                frames: frames.into(),
                inputs: shape.inputs.clone().into(),
                outputs: shape.outputs.iter().map(|r| u32::from(*r)).collect(),
            },
            name,
            why,
            count: Cell::new(0),
        });
        let address = std::ptr::from_ref(&*single) as usize;
        self.singles.push(single);
        address
    }
}
