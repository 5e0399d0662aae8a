//! Machine code against the IR interpreter on random regions; counts, calls and AArch64 lowering.

use pyrs_jit_ir::context::{JitContext, RETURNED, split_status};
use pyrs_jit_ir::encoding as enc;
use pyrs_jit_ir::interp::{MapHost, Outcome, run};
use pyrs_jit_ir::ops::{Op, Type};
use pyrs_jit_ir::passes::{PassSet, optimize};
use pyrs_jit_ir::record::{RegionBuilder, SlotKind};
use pyrs_jit_ir::region::{Imm, MemType, Statics};
use pyrs_jit_ir::tables::{Effects, Helper, Param, Raises, Ret, Tables};
use pyrs_jit_ir::testing::*;
use pyrs_jit_native::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

fn compiler() -> Compiler {
    Compiler::new(
        CodeMemory::default(),
        Options {
            verify: true,
            ..Options::default()
        },
    )
    .unwrap()
}

fn normal(kind: Type, bits: u64) -> String {
    pyrs_jit_ir::interp::Seen::Bits(kind, bits).normal()
}

#[test]
fn native_equals_interpreter() {
    let mut compiler = compiler();
    // Atomics, because compiled code writes behind the back of the compiler.
    let memory: &'static [AtomicU64; 8] = Box::leak(Box::default());
    let address = memory.as_ptr() as u64;
    let mut context = JitContext::new(10);
    for seed in 1..120u64 {
        let mut r = Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1);
        let mut region = random_region(&mut r, address, false);
        if seed % 3 != 0 {
            optimize(&mut region, &PassSet::all(), true).unwrap();
        }
        region.id = 5;
        let compiled = compiler
            .compile(&region)
            .unwrap_or_else(|e| panic!("seed {seed}: {e}\n{}", pyrs_jit_ir::text::print(&region)));
        for _ in 0..4 {
            let slots = random_slots(&mut r, false);
            let mut host = MapHost {
                slots: slots.clone(),
                ..MapHost::default()
            };
            let outcome = run(&region, &mut host, 20_000).unwrap();
            let Outcome::Exit(origin, frames) = &outcome else {
                continue;
            };
            memory.iter().for_each(|w| w.store(0, Ordering::SeqCst));
            let mut regs: Vec<u64> = slots.values().copied().collect();
            // SAFETY: the registers and the context are as large as the region expects, the memory is 8 words.
            let status = unsafe { compiled.entry()(regs.as_mut_ptr(), &mut *context) };
            let (id, exit) = split_status(status);
            assert_eq!(id, 5);
            let info = compiled.exit(exit).unwrap();
            assert_eq!(
                info.origin,
                *origin,
                "seed {seed}\n{}",
                pyrs_jit_ir::text::print(&region)
            );
            let mut seen = BTreeMap::new();
            for (slot, source) in &info.frames[0].slots {
                let text = match source {
                    Source::Buffer { index, kind, .. } => {
                        let bits = context.exit_buffer[*index as usize];
                        normal(
                            *kind,
                            if *kind == Type::Bool {
                                bits & 0xFF
                            } else {
                                bits
                            },
                        )
                    }
                    Source::Const { kind, bits } => normal(*kind, *bits),
                    Source::Virtual(_) => panic!("no objects here"),
                };
                seen.insert(*slot, text);
            }
            let want: BTreeMap<u32, String> =
                frames[0].2.iter().map(|(s, v)| (*s, v.normal())).collect();
            let nan = |m: &BTreeMap<u32, String>| -> Vec<String> {
                m.values()
                    .map(|v| {
                        if v.contains("7ff8") || v.contains("fff8") {
                            "nan".into()
                        } else {
                            v.clone()
                        }
                    })
                    .collect()
            };
            assert_eq!(
                nan(&seen),
                nan(&want),
                "seed {seed}\n{}",
                pyrs_jit_ir::text::print(&region)
            );
            for (i, w) in memory.iter().enumerate() {
                let mut bytes = [0; 8];
                for (k, b) in bytes.iter_mut().enumerate() {
                    *b = host
                        .memory
                        .get(&(address + 8 * i as u64 + k as u64))
                        .copied()
                        .unwrap_or(0);
                }
                assert_eq!(
                    w.load(Ordering::SeqCst),
                    u64::from_le_bytes(bytes),
                    "seed {seed} word {i}"
                );
            }
        }
    }
}

#[test]
fn aarch64_lowers() {
    let isa = isa_for("aarch64-unknown-linux-gnu", true).unwrap();
    for seed in 1..60u64 {
        let mut region = random_region(&mut Random(seed * 77 + 1), 0x5000_0000, true);
        optimize(&mut region, &PassSet::all(), true).unwrap();
        let (code, asm) = lower_for(&*isa, &region).unwrap_or_else(|e| panic!("seed {seed}: {e}"));
        assert!(!code.is_empty() && asm.contains("ret"), "{asm}");
    }
}

static FREED: AtomicU64 = AtomicU64::new(0);

extern "C" fn dealloc(_object: *mut u64) {
    FREED.fetch_add(1, Ordering::SeqCst);
}

extern "C" fn fail_above(n: i64) -> u64 {
    if n > 100 { 0 } else { enc::box_int(n * 2) }
}

#[test]
fn counts_calls_and_returns() {
    let mut t = Tables::default();
    t.add_helper(Helper {
        name: "fail_above".into(),
        address: fail_above as *const () as u64,
        takes_context: false,
        params: vec![Param {
            ty: Type::I64,
            steals: false,
        }],
        ret: Some(Ret {
            ty: Type::Boxed,
            owned: true,
            class: None,
        }),
        effects: Effects::ANY,
        raises: Raises::ByResult,
    });
    let statics = Statics {
        dealloc: dealloc as *const () as u64,
        ..Statics::default()
    };
    let mut b = RegionBuilder::start(
        "f",
        Arc::new(t),
        statics,
        1,
        0,
        &[(0, SlotKind::Boxed), (1, SlotKind::Int)],
    );
    let old = b.get(0).unwrap();
    let n = b.get(1).unwrap();
    let v = b.call(pyrs_jit_ir::tables::HelperId(0), &[n]).unwrap();
    b.release(old);
    b.set(0, v);
    b.end_return(v);
    let mut region = b.finish().region;
    optimize(&mut region, &PassSet::all(), true).unwrap();
    let mut c = compiler();
    let code = c.compile(&region).unwrap();
    let mut context = JitContext::new(2);
    let mut object = [1u64, 0];
    let mut regs = [object.as_mut_ptr() as u64, enc::box_int(21)];
    // SAFETY: two registers, a live object with one reference.
    let status = unsafe { code.entry()(regs.as_mut_ptr(), &mut *context) };
    assert_eq!(status, RETURNED);
    assert_eq!(context.result, enc::box_int(42));
    // Whoever runs the frame afterwards drops what the slot holds; a region that dropped it itself emptied the slot.
    let dropped = FREED.load(Ordering::SeqCst) == 1 && object[0] == 0;
    assert!(
        dropped == (regs[0] == 0),
        "{object:?} {regs:?}\n{}",
        pyrs_jit_ir::text::print(&region)
    );
    object[0] = 1;
    regs = [object.as_mut_ptr() as u64, enc::box_int(1000)];
    // SAFETY: as above.
    let status = unsafe { code.entry()(regs.as_mut_ptr(), &mut *context) };
    assert_ne!(status, RETURNED);
    assert_eq!(object[0], 1, "the exit keeps the object");

    // A region that calls the first one.
    let cell = EntryCell::new(code.entry());
    let mut b = RegionBuilder::start(
        "g",
        Arc::new(Tables::default()),
        statics,
        2,
        0,
        &[(2, SlotKind::Int)],
    );
    let base = b.emit(Op::FrameBase, &[], Imm::None).unwrap();
    b.guard_depth(1);
    let r = b.call_region(cell.address(), base);
    let r = b.as_int(r);
    let one = b.int_const(1);
    let r = b.op(Op::IAddOvf, &[r, one]);
    b.end_return(r);
    let mut region = b.finish().region;
    optimize(&mut region, &PassSet::all(), true).unwrap();
    let caller = c.compile(&region).unwrap();
    let mut regs = [enc::box_int(0), enc::box_int(4), enc::box_int(0)];
    // SAFETY: three registers.
    let status = unsafe { caller.entry()(regs.as_mut_ptr(), &mut *context) };
    assert_eq!(
        (status, context.result, context.depth),
        (RETURNED, enc::box_int(9), 0)
    );
    context.depth = 2;
    // SAFETY: as above; no more frame fits, so it leaves.
    let status = unsafe { caller.entry()(regs.as_mut_ptr(), &mut *context) };
    assert_ne!(status, RETURNED);
    let _ = MemType::I64;
}
