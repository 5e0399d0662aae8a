//! Trace IR: text form, validator, passes and an IR interpreter.
//!
//! A [`region::Region`] is typed SSA in a CFG with block parameters. All ops are one table
//! ([`for_each_ir_op!`]). Instructions that can leave carry an exit, whose snapshot lists the interpreter's frames.
//!
//! # For the author of the recorder
//!
//! Everything is done through [`record::RegionBuilder`]. To record `for i in range(n): s += i * 2` with the iterator
//! in register 0, `s` in 1, `i` in 2:
//!
//! ```
//! use pyrs_jit_ir::{ops::Op, passes, record::*, region::*, tables::Tables};
//! # use std::sync::Arc;
//! let range_iterator = 0x7000; // address of the type object
//! let slots = [(0, SlotKind::Object(range_iterator)), (1, SlotKind::Int), (2, SlotKind::Int)];
//! // 1. Name every live register with the kind it has now; code and pc are the loop header's.
//! let mut b = RegionBuilder::start("sum", Arc::new(Tables::default()), Statics::default(), 1, 10, &slots);
//! // 2. The loop header: a merge point, keyed by (code, pc) in one number.
//! assert_eq!(b.merge(10, true), Merge::New);
//! // 3. Before each bytecode instruction, say where its guards resume.
//! b.set_pc(10);
//! let it = b.get(0).unwrap();                       // ptr; the class was checked on entry, say it again:
//! let it = b.as_object(it, range_iterator);
//! let field = |offset, alias| Mem { offset, ty: MemType::I64, alias };
//! let i = b.load(it, field(16, Alias::ITER));
//! let end = b.load(it, field(24, Alias::IMMUTABLE));
//! let more = b.op(Op::ILt, &[i, end]);
//! b.guard(Op::GuardTrue, &[more], Imm::None);
//! let one = b.int_const(1);
//! let next = b.op(Op::IAddOvf, &[i, one]);
//! b.store(it, next, field(16, Alias::ITER));        // after all guards of the instruction: a side effect is
//! b.set(2, i);                                      // never repeated, so set_pc must follow it
//! b.set_pc(11);
//! let two = b.int_const(2);
//! let s = b.get(1).unwrap();
//! let d = b.op(Op::IMulOvf, &[i, two]);
//! let s = b.op(Op::IAddOvf, &[s, d]);
//! b.set(1, s);
//! // 4. Back at the header: joins when kinds fit, else makes another version (Merge::New: record another round).
//! assert_eq!(b.merge(10, true), Merge::Joined);
//! let recording = b.finish();                       // keep it; passes run on a copy
//! let mut region = recording.region.clone();
//! region.id = 1;
//! passes::optimize(&mut region, &passes::PassSet::all(), true).unwrap();
//! // Nothing is checked or loaded in the loop but what must be; the index lives in a register.
//! let text = pyrs_jit_ir::text::print(&region);
//! let looped = text.split(": loop").nth(1).unwrap().split("x0:").next().unwrap();
//! assert!(!looped.contains("guard_type") && !looped.contains("load") && !looped.contains("store v"), "{text}");
//! // 5. Exit N is hot (count by `origin`): record on from there into the same region.
//! let hot = recording.region.exits.last().unwrap().origin;
//! let mut side = recording.resume(hot).unwrap();    // frames and registers are the snapshot's
//! side.end_exit();
//! ```
//!
//! The recorded loop, as [`text::print`] gives it (entry guards left out):
//!
//! ```text
//! b1(v5: ptr, v6: i64, v7: i64): loop
//!   guard_type v5 28672 !x4
//!   v8: i64 = load v5 +16.i64.a8
//!   v9: i64 = load v5 +24.i64.a5
//!   v10: bool = ilt v8, v9
//!   guard_true v10 !x5
//!   v12: i64 = iadd_ovf v8, v11 !x6
//!   store v5, v12 +16.i64.a8
//!   v14: i64 = imul_ovf v8, v13 !x7
//!   v15: i64 = iadd_ovf v6, v14 !x8
//!   jump b1(v5, v15, v8)
//! x8: [code 1 pc 11 ret 0 kind 0 {0: v5, 1: v6, 2: v8}]
//! ```
//!
//! ## Rules
//!
//! - **Registers** hold any type (`i64`, `f64`, `ptr`, `boxed`, `bool`); keep numbers raw, box (`as_value`) only what
//!   an op wants boxed. Snapshots take them as they are. Name *all* registers the region touches in `start`.
//! - **Side effects**: a guard after a store or call resumes at the pc set last, so call `set_pc` with the next
//!   instruction after any side effect. For a `call` that raises, the exit's pc is the instruction itself: the driver
//!   must look for a pending exception before it resumes.
//! - **References**: values are counted by the `refcount` pass. The recorder only says `release(old)` when a register
//!   with a possible destructor is overwritten (after the new value is set). `store`, `slot_write`, stealing helper
//!   parameters, `new` fields and block parameters take a reference over, also when a helper raises.
//! - **Inlined calls**: `push_frame` (arguments into its registers), `pop_frame` at the return.
//! - **Merge points** at bytecode join points let side paths join; they cost nothing when nobody does.
//! - **Loops need a way to stop**: `poll` (never removed) on the thread's "something pending" word at back edges.
//! - **Watchpoints**: `guard_cell` on the region's invalidation word; a dominating one counts until something may run
//!   Python code.
//! - `call_region` leaves in the middle of a call: after its exit the callee's frames were already rebuilt by
//!   [`context::JitContext::deopt_callee`], so its snapshot's pc must be the one *after* the call.
//! - Nothing is recorded twice: an abandoned builder is dropped, nothing has changed.
#![forbid(unsafe_code)]

pub mod analysis;
pub mod context;
pub mod encoding;
pub mod eval;
pub mod fold;
pub mod interp;
pub mod ops;
pub mod pack;
pub mod passes;
pub mod record;
pub mod region;
mod seen;
mod ssa;
pub mod tables;
pub mod testing;
pub mod text;
pub mod validate;
