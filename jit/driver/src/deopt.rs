//! Rebuilding the interpreter's frames from an exit of compiled code.

use pyrs_bytecode::{Instr, Op};
use pyrs_jit_ir::ops::Type as T;
use pyrs_jit_ir::tables::LayoutId;
use pyrs_jit_native::{ExitFrame, ExitInfo, Source};
use pyrs_jit_record::{EXC_SLOT, Env, FUNC_SLOT, FrameKind, INIT_SLOT};
use pyrs_object::layout::{Frame, FrameFlags, PyFunctionObject};
use pyrs_object::thread::ThreadState;
use pyrs_object::{Ref, Value, heap};
use pyrs_vm::code::Code;
use pyrs_vm::{frames, generator};
use smallvec::{SmallVec, smallvec};

/// References that are given up when all frames are back.
pub(crate) type Dropped = SmallVec<[Ref; 8]>;

struct Values<'a> {
    buffer: *const u64,
    env: &'a Env,
    virtuals: &'a [(LayoutId, Vec<Source>)],
    made: SmallVec<[Option<Value>; 8]>,
}

impl Values<'_> {
    fn boxed(kind: T, bits: u64, owned: bool) -> Ref {
        match kind {
            T::I64 => Ref::int(bits as i64),
            T::F64 => Ref::float(f64::from_bits(bits)),
            T::Bool => Ref::bool(bits & 0xFF != 0),
            T::Ptr | T::Boxed => {
                let v = Value::from_bits(bits);
                if owned {
                    // SAFETY: an owned word comes with its count.
                    unsafe { Ref::from_owned(v) }
                } else {
                    Ref::new(v)
                }
            }
        }
    }
    /// Raw bits of a source, boxed only if `raw` is not set.
    fn get(&mut self, s: &Source) -> Ref {
        match *s {
            Source::Buffer { index, kind, owned } => {
                // SAFETY: the code has just stored this word.
                let bits = unsafe { *self.buffer.add(index as usize) };
                Self::boxed(kind, bits, owned)
            }
            Source::Const { kind, bits } => Self::boxed(kind, bits, false),
            Source::Virtual(n) => self.object(n as usize),
        }
    }
    /// The object a virtual stands for; made on first use, which takes the count that making it gives.
    fn object(&mut self, n: usize) -> Ref {
        if let Some(v) = self.made[n] {
            return Ref::new(v);
        }
        let (layout, fields) = &self.virtuals[n];
        let tables = self.env.tables.clone();
        let layout = tables.layout(*layout);
        let mut words = SmallVec::<[u64; 8]>::with_capacity(fields.len());
        for (f, d) in fields.iter().zip(&layout.fields) {
            words.push(match (d.ty.ty(), f) {
                // Raw fields stay raw.
                // SAFETY: the code has just stored this word.
                (T::I64 | T::F64, Source::Buffer { index, .. }) => unsafe {
                    *self.buffer.add(*index as usize)
                },
                (T::I64 | T::F64, Source::Const { bits, .. }) => *bits,
                _ => self.get(f).into_value().bits(),
            });
        }
        if let Some(bits) = self.env.make_instance(layout, &words) {
            let v = Value::from_bits(bits);
            self.made[n] = Some(v);
            // SAFETY: an owned object was made.
            return unsafe { Ref::from_owned(v) };
        }
        let address = tables.helper(layout.allocate).address as *const ();
        // SAFETY: the helper takes as many words as the layout has fields, and takes over their references.
        let bits = unsafe {
            use std::mem::transmute as t;
            match words[..] {
                [] => t::<*const (), extern "C" fn() -> u64>(address)(),
                [a] => t::<*const (), extern "C" fn(u64) -> u64>(address)(a),
                [a, b] => t::<*const (), extern "C" fn(u64, u64) -> u64>(address)(a, b),
                [a, b, c] => t::<*const (), extern "C" fn(u64, u64, u64) -> u64>(address)(a, b, c),
                [a, b, c, d] => {
                    t::<*const (), extern "C" fn(u64, u64, u64, u64) -> u64>(address)(a, b, c, d)
                }
                [a, b, c, d, e] => t::<*const (), extern "C" fn(u64, u64, u64, u64, u64) -> u64>(
                    address,
                )(a, b, c, d, e),
                [a, b, c, d, e, f] => t::<
                    *const (),
                    extern "C" fn(u64, u64, u64, u64, u64, u64) -> u64,
                >(address)(a, b, c, d, e, f),
                _ => return Ref::none(),
            }
        };
        let v = Value::from_bits(bits);
        self.made[n] = Some(v);
        // SAFETY: the helper gave an owned object.
        unsafe { Ref::from_owned(v) }
    }
}

/// Sets the registers of `frame` and pushes the inlined frames. The result is to be dropped when all frames are back:
/// that may run destructors.
///
/// # Safety
/// The region was entered with `frame`, the running frame of `ts`, and has just left through the exit.
pub(crate) unsafe fn rebuild(
    ts: *mut ThreadState,
    frame: *mut Frame,
    info: &ExitInfo,
    buffer: *const u64,
    env: &Env,
) -> Dropped {
    let mut values = Values {
        buffer,
        env,
        virtuals: &info.virtuals,
        made: smallvec![None; info.virtuals.len()],
    };
    let mut dropped = Dropped::new();
    for (index, kind) in &info.drops {
        if matches!(kind, T::Ptr | T::Boxed) {
            // SAFETY: the code has just stored this word, which owns a reference.
            dropped
                .push(unsafe { Ref::from_owned(Value::from_bits(*buffer.add(*index as usize))) });
        }
    }
    // SAFETY: the recorder named registers and instructions of the frames' own bodies; registers own their values.
    unsafe {
        // All values are read before anything is released.
        let mut made = SmallVec::<[*mut Frame; 8]>::with_capacity(info.frames.len());
        for (n, f) in info.frames.iter().enumerate() {
            let code = f.code as *const Code;
            let target = if n == 0 {
                frame
            } else if let (Some(p), Some(kept)) = (&f.parked, &f.kept) {
                let holder = *Frame::registers(made[p.owner as usize]).add(p.register as usize);
                generator::suspend_inlined(holder);
                empty_registers(generator::frame_of(holder), kept, &mut dropped)
            } else if let Some(kept) = &f.kept {
                link_generator(ts, f, kept, &mut dropped)
            } else {
                let caller = (*ts).c.frame;
                let new = frames::push(ts, code);
                (*new).prev = caller;
                (*new).result_register = f.result_slot as u16;
                let kind = FrameKind(f.kind);
                (*new).continuation = kind.continuation();
                (*new).continuation_data = kind.data();
                let hidden = (*code).hidden;
                (*new).flags = if hidden {
                    FrameFlags::HIDDEN
                } else {
                    FrameFlags::NONE
                };
                (*ts).c.recursion_remaining -= i32::from(!hidden);
                (*ts).c.frame = new;
                new
            };
            let regs = Frame::registers(target);
            for (slot, source) in &f.slots {
                if let Source::Buffer {
                    index,
                    kind: T::Ptr | T::Boxed,
                    owned,
                } = *source
                    && *slot < (*target).size
                {
                    let old = *regs.add(*slot as usize);
                    if old.is_object() && old.bits() == *buffer.add(index as usize) {
                        // The register holds it already.
                        if owned {
                            drop(Ref::from_owned(old));
                        }
                        continue;
                    }
                }
                let v = values.get(source);
                match *slot {
                    FUNC_SLOT => {
                        let func = v.into_value();
                        let function = func.as_ptr().cast::<PyFunctionObject>();
                        (*target).func = func.as_ptr();
                        (*target).globals = (*function).func_globals;
                        (*target).builtins = (*function).func_builtins;
                    }
                    EXC_SLOT => {
                        dropped.extend(frames::adopt_frame_object(target, v.value()));
                        dropped.push(v);
                    }
                    INIT_SLOT => (*target).continuation_data = v.into_value().bits(),
                    r => {
                        let slot = regs.add(r as usize);
                        let old = *slot;
                        *slot = v.into_value();
                        if old.is_object() {
                            give_up(old, &mut dropped);
                        }
                    }
                }
            }
            (*target).pc = (*code).instructions.add(f.pc as usize);
            made.push(target);
        }
    }
    dropped
}

/// Gives up the reference that a register had: at once if the object lives on.
///
/// # Safety
/// The register held the object and does not any more.
#[inline(always)]
unsafe fn give_up(old: Value, dropped: &mut Dropped) {
    // SAFETY: by contract.
    let old = unsafe { Ref::from_owned(old) };
    if heap::refcount(old.value()) > 1 {
        drop(old);
    } else {
        dropped.push(old);
    }
}

/// Links in the frame of the generator that the running frame has resumed. Registers that compiled code works with are
/// emptied.
///
/// # Safety
/// As [`rebuild`]; the registers of the running frame are set.
unsafe fn link_generator(
    ts: *mut ThreadState,
    f: &ExitFrame,
    kept: &[u32],
    dropped: &mut Dropped,
) -> *mut Frame {
    // SAFETY: the running frame is at the instruction that resumed the generator, which its register holds.
    unsafe {
        let caller = (*ts).c.frame;
        let by = Instr(*(*caller).pc);
        let from = if by.op() == Some(Op::YIELD_FROM) {
            by.b()
        } else {
            by.a()
        };
        let holder = *Frame::registers(caller).add(from as usize);
        generator::link_inlined(ts, holder, f.kind as u8, f.result_slot as u16);
        empty_registers(generator::frame_of(holder), kept, dropped)
    }
}

/// Empties the registers of a generator's frame that compiled code works with: all but `kept`.
///
/// # Safety
/// A live frame, which compiled code has left.
unsafe fn empty_registers(frame: *mut Frame, kept: &[u32], dropped: &mut Dropped) -> *mut Frame {
    // SAFETY: registers own their values.
    unsafe {
        let regs = Frame::registers(frame);
        for r in (0..(*frame).size).filter(|r| !kept.contains(r)) {
            let slot = regs.add(r as usize);
            let old = std::mem::replace(&mut *slot, Value::EMPTY);
            if old.is_object() {
                give_up(old, dropped);
            }
        }
        frame
    }
}
