//! Random regions and the comparison of two runs: for tests of the passes here and of the lowering in `jit/native`.

use crate::interp::{MapHost, Outcome, Seen};
use crate::ops::{Op, Type};
use crate::record::{Merge, RegionBuilder, SlotKind};
use crate::region::{Alias, Imm, Mem, MemType, Region, Statics, ValueId};
use crate::tables::{Effects, Field, Helper, HelperId, Layout, Param, Raises, Ret, Tables};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A small random number generator, so that failures repeat.
#[derive(Clone, Debug)]
pub struct Random(pub u64);

impl Random {
    /// A number below `n`.
    pub fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % n.max(1)
    }
}

/// Helpers (`make` gives an owned object, `look` looks at one) and a layout `pair` of two Values.
pub fn tables() -> Arc<Tables> {
    let mut t = Tables::default();
    let param = |ty, steals| Param { ty, steals };
    let ptr = Some(Ret {
        ty: Type::Ptr,
        owned: true,
        class: None,
    });
    let helper = |name: &str, params: Vec<Param>, ret, effects| Helper {
        name: name.into(),
        address: 0,
        takes_context: false,
        params,
        ret,
        effects,
        raises: Raises::Never,
    };
    t.add_helper(helper(
        "make",
        vec![param(Type::I64, false)],
        ptr,
        Effects::heap(0, 0),
    ));
    t.add_helper(helper(
        "look",
        vec![param(Type::Ptr, false)],
        Some(Ret {
            ty: Type::I64,
            owned: false,
            class: None,
        }),
        Effects::ANY,
    ));
    let new_pair = helper(
        "new_pair",
        vec![param(Type::Boxed, true); 2],
        ptr,
        Effects::heap(0, 0),
    );
    let allocate = t.add_helper(new_pair);
    let field = |offset| Field {
        offset,
        ty: MemType::Boxed,
        alias: Alias::FIELD,
    };
    t.add_layout(Layout {
        name: "pair".into(),
        class: 0x1000,
        fields: vec![field(16), field(24)],
        allocate,
        tag: 1,
    });
    Arc::new(t)
}

/// Slots of random regions: two ints, two floats, one anything.
pub const SLOTS: [(u32, SlotKind); 5] = [
    (0, SlotKind::Int),
    (1, SlotKind::Int),
    (2, SlotKind::Float),
    (3, SlotKind::Float),
    (4, SlotKind::Boxed),
];

/// A random loop over [`SLOTS`]; `memory` is the address of 8 words it may use, `objects` allows calls and allocation.
pub fn random_region(r: &mut Random, memory: u64, objects: bool) -> Region {
    let mut b = RegionBuilder::start("random", tables(), Statics::default(), 7, 1, &SLOTS);
    b.merge(1, true);
    let mut ends = Vec::new();
    path(&mut b, r, memory, objects, &mut ends);
    let mut recording = b.finish();
    for _ in 0..r.below(4) {
        let exits = recording.region.exits.len() as u64;
        let x = crate::region::ExitId(r.below(exits) as u32);
        let Some(mut b) = recording.clone().resume(x) else {
            continue;
        };
        path(&mut b, r, memory, objects, &mut ends);
        recording = b.finish();
    }
    recording.region
}

fn path(b: &mut RegionBuilder, r: &mut Random, memory: u64, objects: bool, ends: &mut Vec<u64>) {
    let steps = 2 + r.below(14);
    for n in 0..steps {
        b.set_pc(10 + n as u32);
        let slot = r.below(4) as u32;
        let pick = |b: &RegionBuilder, s: u32| b.get(s);
        let (Some(x), Some(y)) = (pick(b, slot), pick(b, slot ^ 1)) else {
            continue;
        };
        match (b.ty(x), b.ty(y)) {
            (Type::I64, Type::I64) => int_step(b, r, slot, x, y, memory),
            (Type::F64, Type::F64) => {
                const OPS: [Op; 6] = [Op::FAdd, Op::FSub, Op::FMul, Op::FDiv, Op::FNeg, Op::FFloor];
                let op = OPS[r.below(6) as usize];
                let v = if matches!(op, Op::FNeg | Op::FFloor) {
                    b.op(op, &[x])
                } else {
                    b.op(op, &[x, y])
                };
                b.set(slot, v);
                if r.below(3) == 0 {
                    let c = b.op(Op::FLt, &[x, y]);
                    b.guard(Op::GuardTrue, &[c], Imm::None);
                }
            }
            _ => {}
        }
        if objects && r.below(4) == 0 {
            object_step(b, r);
        }
        if r.below(6) == 0 {
            let key = 2 + n;
            ends.push(key);
            if b.merge(key, false) == Merge::Joined {
                return;
            }
        }
    }
    match r.below(5) {
        0 => b.end_exit(),
        _ => {
            if b.merge(1, true) != Merge::Joined {
                b.end_exit();
            }
        }
    }
}

fn int_step(b: &mut RegionBuilder, r: &mut Random, slot: u32, x: ValueId, y: ValueId, memory: u64) {
    const OPS: [Op; 11] = [
        Op::IAddOvf,
        Op::ISubOvf,
        Op::IMulOvf,
        Op::IFloorDiv,
        Op::IMod,
        Op::IAnd,
        Op::IXor,
        Op::IShr,
        Op::IShl,
        Op::IAddOvf,
        Op::IAddOvf,
    ];
    const CMP: [Op; 4] = [Op::ILt, Op::IGe, Op::INe, Op::ILe];
    match r.below(6) {
        0 => {
            let c = b.op(CMP[r.below(4) as usize], &[x, y]);
            b.guard(
                if r.below(2) == 0 {
                    Op::GuardTrue
                } else {
                    Op::GuardFalse
                },
                &[c],
                Imm::None,
            );
        }
        1 => {
            let base = b.ptr_const(memory);
            let m = Mem {
                offset: 8 * r.below(4) as i32,
                ty: MemType::I64,
                alias: Alias::ITER,
            };
            b.store(base, x, m);
        }
        2 => {
            let base = b.ptr_const(memory);
            let ty = match r.below(12) {
                0 => MemType::U8,
                1 => MemType::U16,
                2 => MemType::I8,
                3 => MemType::I16,
                4 => MemType::I32,
                _ => MemType::I64,
            };
            let v = b.load(
                base,
                Mem {
                    offset: 8 * r.below(4) as i32,
                    ty,
                    alias: Alias::ITER,
                },
            );
            b.set(slot, v);
        }
        3 => {
            let v = b.as_value(x);
            let old = b.get(4);
            b.set(4, v);
            if let Some(old) = old {
                b.release(old);
            }
            // The box is needed: an unused one may go, and with it its exit.
            let base = b.ptr_const(memory);
            b.store(
                base,
                v,
                Mem {
                    offset: 40,
                    ty: MemType::Boxed,
                    alias: Alias::OTHER,
                },
            );
        }
        _ => {
            let y = if r.below(2) == 0 {
                b.int_const(r.below(9) as i64 - 2)
            } else {
                y
            };
            let v = b.op(OPS[r.below(11) as usize], &[x, y]);
            b.set(slot, v);
        }
    }
}

fn object_step(b: &mut RegionBuilder, r: &mut Random) {
    let Some(old) = b.get(4) else { return };
    let n = b.get(0).filter(|v| b.ty(*v) == Type::I64);
    match (r.below(4), n) {
        (0, Some(n)) => {
            if let Some(p) = b.call(HelperId(0), &[n]) {
                let v = b.op(Op::AsValue, &[p]);
                b.set(4, v);
                b.release(old);
            }
        }
        (1, _) if b.ty(old) == Type::Boxed => {
            let p = b.as_ptr(old);
            b.call(HelperId(1), &[p]);
        }
        (2, Some(n)) => {
            let first = if b.region().ty(n) == Type::I64 {
                b.value_const(crate::encoding::box_int(5))
            } else {
                n
            };
            let p = b.allocate(crate::tables::LayoutId(0), &[first, old]);
            let back = b.load(
                p,
                Mem {
                    offset: 24,
                    ty: MemType::Boxed,
                    alias: Alias::FIELD,
                },
            );
            b.set(4, back);
            b.guard(Op::GuardNotEmpty, &[back], Imm::None);
            b.release(p);
        }
        _ => {}
    }
}

/// Random slots for [`random_region`].
pub fn random_slots(r: &mut Random, objects: bool) -> BTreeMap<u32, u64> {
    use crate::encoding as enc;
    let int = |r: &mut Random| match r.below(5) {
        0 => enc::box_int(enc::INT_MAX - r.below(3) as i64),
        1 => enc::box_int(enc::INT_MIN),
        _ => enc::box_int(r.below(40) as i64 - 10),
    };
    let float =
        |r: &mut Random| enc::box_float((r.below(64) as f64 / 4.0 - 3.0).to_bits()).unwrap_or(0);
    let any = if objects {
        0x2000_0000
    } else {
        enc::box_int(3)
    };
    BTreeMap::from([
        (0, int(r)),
        (1, int(r)),
        (2, float(r)),
        (3, float(r)),
        (4, any),
    ])
}

/// What can be observed of a run: the exit, all slots after deoptimization, memory, calls.
pub fn observe(outcome: &Outcome, host: &MapHost) -> String {
    let memory: BTreeMap<_, _> = host
        .memory
        .iter()
        .filter(|(a, b)| **b != 0 && !(0x4000_0000..0x5000_0000).contains(*a))
        .collect();
    let (exit, mut slots) = match outcome {
        Outcome::Exit(x, frames) => {
            let slots: BTreeMap<u32, String> = frames
                .first()
                .map(|f| f.2.iter().map(|(s, v)| (*s, v.normal())).collect())
                .unwrap_or_default();
            (
                format!(
                    "{x} pc {:?}",
                    frames.iter().map(|f| f.1).collect::<Vec<_>>()
                ),
                slots,
            )
        }
        other => (format!("{other:?}"), BTreeMap::new()),
    };
    for (s, v) in &host.slots {
        slots
            .entry(*s)
            .or_insert_with(|| Seen::Bits(Type::Boxed, *v).normal());
    }
    let calls: Vec<_> = host.log.iter().filter(|l| !l.starts_with("new")).collect();
    format!("{exit}\n{slots:?}\n{memory:?}\n{calls:?}")
}

/// Checks that counts balance: each object's count changed as much as its references in slots did.
pub fn check_counts(
    before: &BTreeMap<u32, u64>,
    outcome: &Outcome,
    host: &MapHost,
) -> Result<(), String> {
    let Outcome::Exit(_, frames) = outcome else {
        return Ok(());
    };
    let mut counts = host.counts.clone();
    let mut add = |v: u64, n: i64| {
        if crate::encoding::is_ptr(v) {
            *counts.entry(v).or_default() += n;
        }
    };
    // Taking a slot or writing it moved its reference; the handler drops what a slot still holds when it sets it.
    for v in before.values() {
        add(*v, 1);
    }
    let set = frames.first().map(|f| f.2.clone()).unwrap_or_default();
    for (s, v) in &host.slots {
        if set.contains_key(s) || !before.contains_key(s) {
            add(*v, -1);
        }
    }
    for (s, v) in &host.slots {
        if !set.contains_key(s) {
            add(*v, -1);
        }
    }
    fn refs(v: &Seen, f: &mut dyn FnMut(u64)) {
        match v {
            Seen::Bits(t, p) if t.is_ref() => f(*p),
            Seen::Bits(..) => {}
            Seen::Virtual(_, fields) => fields.iter().for_each(|v| refs(v, f)),
        }
    }
    for v in frames.iter().flat_map(|f| f.2.values()) {
        refs(v, &mut |p| add(p, -1));
    }
    match counts.iter().find(|(_, n)| **n != 0) {
        Some((p, n)) => Err(format!("object {p:x} is off by {n}")),
        None => Ok(()),
    }
}
