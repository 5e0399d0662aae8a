//! The IR interpreter: runs a region over an abstract machine, so that traces and passes are tested without
//! machine code.

use crate::eval::{Eval, eval};
use crate::ops::{Op, Type};
use crate::region::*;
use crate::tables::{HelperId, LayoutId, Raises};
use std::collections::BTreeMap;

/// What a region runs against.
pub trait Host {
    /// Reads memory.
    fn load(&mut self, address: u64, ty: MemType) -> u64;
    /// Writes memory.
    fn store(&mut self, address: u64, ty: MemType, bits: u64);
    /// Reads a frame slot.
    fn slot(&mut self, slot: u32) -> u64;
    /// Writes a frame slot.
    fn set_slot(&mut self, slot: u32, bits: u64);
    /// Calls a helper; `None` when it raised.
    fn call(&mut self, helper: HelperId, args: &[u64]) -> Option<u64>;
    /// Makes an object.
    fn allocate(&mut self, layout: LayoutId, fields: &[u64]) -> u64;
    /// Changes a count; `bits` is a Value.
    fn refcount(&mut self, bits: u64, delta: i64);
    /// Reads a guard cell.
    fn cell(&mut self, address: u64) -> u32;
}

/// A value as a snapshot describes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Seen {
    /// Bits of a type.
    Bits(Type, u64),
    /// A virtual to rebuild.
    Virtual(LayoutId, Vec<Seen>),
}

impl Seen {
    /// A form in which a boxed int equals a raw one, so that regions before and after a pass compare.
    pub fn normal(&self) -> String {
        use crate::encoding as enc;
        match self {
            Seen::Bits(Type::I64, n) => format!("int {}", *n as i64),
            // Which NaN comes out of two depends on the order of the operands, which nobody promises.
            Seen::Bits(Type::F64, n) if f64::from_bits(*n).is_nan() => String::from("float nan"),
            Seen::Bits(Type::F64, n) => format!("float {n:x}"),
            Seen::Bits(Type::Bool, n) => format!("bool {n}"),
            Seen::Bits(_, v) if enc::is_int(*v) => format!("int {}", enc::unbox_int(*v)),
            Seen::Bits(_, v)
                if enc::is_float(*v) && f64::from_bits(enc::unbox_float(*v)).is_nan() =>
            {
                String::from("float nan")
            }
            Seen::Bits(_, v) if enc::is_float(*v) => format!("float {:x}", enc::unbox_float(*v)),
            Seen::Bits(_, v) => format!("ref {v:x}"),
            Seen::Virtual(l, f) => format!(
                "{l}({})",
                f.iter().map(Seen::normal).collect::<Vec<_>>().join(" ")
            ),
        }
    }
}

/// How a run ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Left through an exit, with its frames: (code, pc, slots).
    Exit(ExitId, Vec<(u64, u32, BTreeMap<u32, Seen>)>),
    /// Returned a Value.
    Return(u64),
    /// Out of fuel.
    Fuel,
}

/// Runs `region`, at most `fuel` instructions. Errors are malformed regions.
pub fn run(region: &Region, host: &mut dyn Host, mut fuel: u64) -> Result<Outcome, String> {
    let mut values = vec![0u64; region.values.len()];
    let mut block = region.entry();
    loop {
        let b = region.block(block);
        let mut failed = None;
        for inst in &b.insts {
            fuel = match fuel.checked_sub(1) {
                Some(f) => f,
                None => return Ok(Outcome::Fuel),
            };
            match step(region, host, inst, &values)? {
                Some(bits) => {
                    if let Some(r) = inst.result {
                        values[r.index()] = bits;
                    }
                }
                None => {
                    failed = Some(
                        inst.exit
                            .ok_or_else(|| format!("{} left without an exit", inst.op))?,
                    );
                    break;
                }
            }
        }
        let edge = match (&b.term, failed) {
            (Terminator::Bridge(_, e), Some(x))
                if b.insts.last().and_then(|i| i.exit) == Some(x) =>
            {
                e
            }
            (_, Some(x)) => return leave(region, host, x, &values),
            (Terminator::Exit(x), None) => return leave(region, host, *x, &values),
            (Terminator::Jump(e) | Terminator::Bridge(e, _), None) => e,
            (Terminator::Branch(c, yes, no), None) => {
                if values[c.index()] != 0 {
                    yes
                } else {
                    no
                }
            }
            (Terminator::Return(v), None) => return Ok(Outcome::Return(values[v.index()])),
            (Terminator::Open, None) => return Err(format!("{block} is not finished")),
        };
        let args: Vec<u64> = edge.args.iter().map(|a| values[a.index()]).collect();
        block = edge.block;
        for (p, a) in region.block(block).params.iter().zip(args) {
            values[p.index()] = a;
        }
        // Jumps cost too: a loop may have lost all its instructions.
        fuel = match fuel.checked_sub(1) {
            Some(f) => f,
            None => return Ok(Outcome::Fuel),
        };
    }
}

fn seen(
    region: &Region,
    exit: &Exit,
    values: &[u64],
    v: ValueId,
    depth: u32,
) -> Result<Seen, String> {
    if depth > 64 {
        return Err("virtuals refer to each other in a cycle".into());
    }
    if let Some(d) = exit.virtuals.iter().find(|d| d.value == v) {
        let fields: Result<_, _> = d
            .fields
            .iter()
            .map(|(f, _)| seen(region, exit, values, *f, depth + 1))
            .collect();
        return Ok(Seen::Virtual(d.layout, fields?));
    }
    Ok(Seen::Bits(region.ty(v), values[v.index()]))
}

fn leave(
    region: &Region,
    host: &mut dyn Host,
    x: ExitId,
    values: &[u64],
) -> Result<Outcome, String> {
    let exit = &region.exits[x.index()];
    for s in &exit.stores {
        let address = values[s.base.index()].wrapping_add(s.mem.offset as u64);
        host.store(address, s.mem.ty, values[s.value.index()]);
    }
    let mut frames = Vec::new();
    for f in &exit.frames {
        let mut slots = BTreeMap::new();
        for s in &f.slots {
            if s.ownership == Ownership::Borrowed
                && region.ty(s.value).is_ref()
                && !exit.virtuals.iter().any(|d| d.value == s.value)
            {
                host.refcount(values[s.value.index()], 1);
            }
            slots.insert(s.slot, seen(region, exit, values, s.value, 0)?);
        }
        frames.push((f.code, f.pc, slots));
    }
    for (v, o) in exit.virtuals.iter().flat_map(|d| d.fields.iter()) {
        if *o == Ownership::Borrowed
            && region.ty(*v).is_ref()
            && !exit.virtuals.iter().any(|d| d.value == *v)
        {
            host.refcount(values[v.index()], 1);
        }
    }
    for d in &exit.drops {
        host.refcount(values[d.index()], -1);
    }
    Ok(Outcome::Exit(exit.origin, frames))
}

fn step(
    region: &Region,
    host: &mut dyn Host,
    inst: &Inst,
    values: &[u64],
) -> Result<Option<u64>, String> {
    let args: Vec<u64> = inst.args.iter().map(|a| values[a.index()]).collect();
    match eval(inst.op, inst.imm.int(), &args) {
        Eval::Value(v) => return Ok(Some(v)),
        Eval::Leave => return Ok(None),
        Eval::Unknown => {}
    }
    let slot = inst.imm.int() as u32;
    Ok(match inst.op {
        Op::GuardType => {
            let ty = host.load(
                args[0].wrapping_add(crate::encoding::TYPE_OFFSET as u64),
                MemType::Ptr,
            );
            (ty == inst.imm.int()).then_some(0)
        }
        Op::GuardCell | Op::Poll => (host.cell(inst.imm.int()) == 0).then_some(0),
        Op::GuardDepth => Some(0),
        Op::Load | Op::LoadIdx | Op::Store | Op::StoreIdx => {
            let m = inst.imm.mem().ok_or("no memory access")?;
            let mut address = args[0].wrapping_add(m.offset as u64);
            if matches!(inst.op, Op::LoadIdx | Op::StoreIdx) {
                address = address.wrapping_add(args[1].wrapping_mul(u64::from(m.ty.size())));
            }
            if matches!(inst.op, Op::Load | Op::LoadIdx) {
                Some(host.load(address, m.ty))
            } else {
                host.store(address, m.ty, args.last().copied().unwrap_or(0));
                Some(0)
            }
        }
        Op::SlotRead => Some(host.slot(slot)),
        Op::SlotTake => {
            let v = host.slot(slot);
            host.set_slot(slot, 0);
            Some(v)
        }
        Op::SlotWrite => {
            let old = host.slot(slot);
            host.set_slot(slot, args[0]);
            host.refcount(old, -1);
            Some(0)
        }
        Op::SlotInit => {
            host.set_slot(slot, args[0]);
            Some(0)
        }
        Op::FrameBase | Op::ContextBase => {
            return Err(format!("{} has no meaning in the IR interpreter", inst.op));
        }
        Op::CallRegion => return Err("call_region needs machine code".into()),
        Op::Release => Some(0),
        Op::Inc => {
            host.refcount(args[0], 1);
            Some(0)
        }
        Op::Dec => {
            host.refcount(args[0], -1);
            Some(0)
        }
        Op::Call => {
            let Imm::Helper(h) = inst.imm else {
                return Err("call without helper".into());
            };
            let r = host.call(h, &args);
            if region.tables.helper(h).raises == Raises::Never {
                Some(r.unwrap_or(0))
            } else {
                r
            }
        }
        Op::New => {
            let Imm::Layout(l) = inst.imm else {
                return Err("new without layout".into());
            };
            Some(host.allocate(l, &args))
        }
        other => return Err(format!("{other} cannot be interpreted")),
    })
}

/// A host over maps: sparse memory, slots, counts, and a log of what can be observed.
#[derive(Default, Clone, Debug)]
pub struct MapHost {
    /// Bytes by address.
    pub memory: BTreeMap<u64, u8>,
    /// Slots.
    pub slots: BTreeMap<u32, u64>,
    /// Net count changes by pointer.
    pub counts: BTreeMap<u64, i64>,
    /// Calls and allocations.
    pub log: Vec<String>,
    /// Live objects made by `allocate`, with the references they own. Field `i` is at offset 16 + 8 * i.
    pub objects: BTreeMap<u64, Vec<u64>>,
    /// Helpers whose result is an owned object.
    pub owning: Vec<HelperId>,
    /// Next address to allocate.
    pub next: u64,
}

impl Host for MapHost {
    fn load(&mut self, address: u64, ty: MemType) -> u64 {
        let mut bytes = [0u8; 8];
        for (i, b) in bytes.iter_mut().enumerate().take(ty.size() as usize) {
            *b = self
                .memory
                .get(&address.wrapping_add(i as u64))
                .copied()
                .unwrap_or(0);
        }
        let raw = u64::from_le_bytes(bytes);
        match ty {
            MemType::I8 => raw as i8 as i64 as u64,
            MemType::I16 => raw as i16 as i64 as u64,
            MemType::I32 => raw as i32 as i64 as u64,
            _ => raw,
        }
    }
    fn store(&mut self, address: u64, ty: MemType, bits: u64) {
        for (i, b) in bits
            .to_le_bytes()
            .iter()
            .enumerate()
            .take(ty.size() as usize)
        {
            self.memory.insert(address.wrapping_add(i as u64), *b);
        }
    }
    fn slot(&mut self, slot: u32) -> u64 {
        self.slots.get(&slot).copied().unwrap_or(0)
    }
    fn set_slot(&mut self, slot: u32, bits: u64) {
        self.slots.insert(slot, bits);
    }
    fn call(&mut self, helper: HelperId, args: &[u64]) -> Option<u64> {
        self.log.push(format!("{helper} {args:x?}"));
        let r = args.iter().fold(u64::from(helper.0) + 1, |a, b| {
            a.wrapping_mul(31).wrapping_add(*b)
        }) & 0xFFFF
            | 0x10_0000;
        if self.owning.contains(&helper) {
            *self.counts.entry(r).or_default() += 1;
        }
        Some(r)
    }
    fn allocate(&mut self, layout: LayoutId, fields: &[u64]) -> u64 {
        self.next += 0x1000;
        let p = 0x4000_0000 + self.next;
        self.log.push(format!("new {layout} {fields:x?}"));
        *self.counts.entry(p).or_default() += 1;
        for (i, f) in fields.iter().enumerate() {
            self.store(p + 16 + 8 * i as u64, MemType::Boxed, *f);
        }
        self.objects.insert(p, fields.to_vec());
        p
    }
    fn refcount(&mut self, bits: u64, delta: i64) {
        if crate::encoding::is_ptr(bits) {
            let n = self.counts.entry(bits).or_default();
            *n += delta;
            if *n == 0
                && let Some(fields) = self.objects.remove(&bits)
            {
                fields.iter().for_each(|f| self.refcount(*f, -1));
            }
        }
    }
    fn cell(&mut self, address: u64) -> u32 {
        self.load(address, MemType::U32) as u32
    }
}
