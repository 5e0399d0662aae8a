//! Time of one iteration of simple loops: `cargo run --release -p pyrs-jit-native --example loops`.

use pyrs_jit_ir::context::JitContext;
use pyrs_jit_ir::encoding as enc;
use pyrs_jit_ir::ops::Op;
use pyrs_jit_ir::passes::{PassSet, optimize};
use pyrs_jit_ir::record::{RegionBuilder, SlotKind};
use pyrs_jit_ir::region::{Alias, Imm, Mem, MemType, Region, Statics};
use pyrs_jit_ir::tables::Tables;
use pyrs_jit_native::{CodeMemory, Compiler, Options};
use std::sync::Arc;
use std::time::Instant;

/// `while i < n: i += 1; s += i`
fn while_loop() -> Region {
    let slots = [(0, SlotKind::Int), (1, SlotKind::Int), (2, SlotKind::Int)];
    let mut b = RegionBuilder::start(
        "while i < n: i += 1; s += i",
        Arc::new(Tables::default()),
        Statics::default(),
        1,
        1,
        &slots,
    );
    b.merge(1, true);
    let (Some(i), Some(n), Some(s)) = (b.get(0), b.get(1), b.get(2)) else {
        return b.finish().region;
    };
    let c = b.op(Op::ILt, &[i, n]);
    b.guard(Op::GuardTrue, &[c], Imm::None);
    let one = b.int_const(1);
    b.set_pc(2);
    let i = b.op(Op::IAddOvf, &[i, one]);
    b.set(0, i);
    b.set_pc(3);
    let s = b.op(Op::IAddOvf, &[s, i]);
    b.set(2, s);
    b.merge(1, true);
    b.finish().region
}

/// `while i < n: i += 1; x = x * y + 1.5`
fn float_loop() -> Region {
    let slots = [
        (0, SlotKind::Int),
        (1, SlotKind::Int),
        (2, SlotKind::Float),
        (3, SlotKind::Float),
    ];
    let mut b = RegionBuilder::start(
        "x = x * y + 1.5",
        Arc::new(Tables::default()),
        Statics::default(),
        1,
        1,
        &slots,
    );
    b.merge(1, true);
    let (Some(i), Some(n), Some(x), Some(y)) = (b.get(0), b.get(1), b.get(2), b.get(3)) else {
        return b.finish().region;
    };
    let c = b.op(Op::ILt, &[i, n]);
    b.guard(Op::GuardTrue, &[c], Imm::None);
    let one = b.int_const(1);
    let i = b.op(Op::IAddOvf, &[i, one]);
    b.set(0, i);
    let m = b.op(Op::FMul, &[x, y]);
    let k = b.float_const(1.5);
    let x = b.op(Op::FAdd, &[m, k]);
    b.set(2, x);
    b.merge(1, true);
    b.finish().region
}

/// `for i in iterator: s += i * 2`, the iterator an object with its index at 16 and its end at 24.
fn for_loop() -> Region {
    let slots = [
        (0, SlotKind::Object(0x7000)),
        (1, SlotKind::Int),
        (2, SlotKind::Int),
    ];
    let mut b = RegionBuilder::start(
        "for i in range(n): s += i * 2",
        Arc::new(Tables::default()),
        Statics::default(),
        1,
        1,
        &slots,
    );
    b.merge(1, true);
    let (Some(it), Some(s)) = (b.get(0), b.get(1)) else {
        return b.finish().region;
    };
    let it = b.as_object(it, 0x7000);
    let field = |offset, alias| Mem {
        offset,
        ty: MemType::I64,
        alias,
    };
    let i = b.load(it, field(16, Alias::ITER));
    let end = b.load(it, field(24, Alias::IMMUTABLE));
    let c = b.op(Op::ILt, &[i, end]);
    b.guard(Op::GuardTrue, &[c], Imm::None);
    let one = b.int_const(1);
    let next = b.op(Op::IAddOvf, &[i, one]);
    b.store(it, next, field(16, Alias::ITER));
    b.set(2, i);
    let two = b.int_const(2);
    b.set_pc(2);
    let d = b.op(Op::IMulOvf, &[i, two]);
    let s = b.op(Op::IAddOvf, &[s, d]);
    b.set(1, s);
    b.merge(1, true);
    b.finish().region
}

fn main() -> Result<(), String> {
    let n = 200_000_000i64;
    let mut compiler = Compiler::new(
        CodeMemory::default(),
        Options {
            disassemble: true,
            ..Options::default()
        },
    )?;
    let mut context = JitContext::new(1);
    let mut object = [1u64, 0x7000, 0, n as u64];
    let pointer = object.as_mut_ptr() as u64;
    let float = |f: f64| enc::box_float(f.to_bits()).unwrap_or(0);
    let runs: [(Region, Vec<u64>); 3] = [
        (
            while_loop(),
            vec![enc::box_int(0), enc::box_int(n), enc::box_int(0)],
        ),
        (
            float_loop(),
            vec![enc::box_int(0), enc::box_int(n), float(0.5), float(0.25)],
        ),
        (for_loop(), vec![pointer, enc::box_int(0), enc::box_int(0)]),
    ];
    for (mut region, mut slots) in runs {
        let start = Instant::now();
        optimize(&mut region, &PassSet::all(), true)?;
        let passes = start.elapsed();
        let start = Instant::now();
        let code = compiler.compile(&region)?;
        let compile = start.elapsed();
        if std::env::args().any(|a| a == "--dump") {
            println!(
                "{}\n{}",
                pyrs_jit_ir::text::print(&region),
                code.assembly.as_deref().unwrap_or("")
            );
        }
        let start = Instant::now();
        // SAFETY: the slots are those the region was recorded with, and the object has the fields it reads.
        let status = unsafe { code.entry()(slots.as_mut_ptr(), &mut *context) };
        let ns = start.elapsed().as_nanos() as f64 / n as f64;
        println!(
            "{:32} {ns:.2} ns  passes {passes:?} compile {compile:?} exit {status} {:x?}",
            region.name,
            &context.exit_buffer[..3]
        );
    }
    Ok(())
}
