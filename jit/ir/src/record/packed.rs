//! Recordings as bytes: most are never looked at again, and the others seldom.

use super::{Call, FrameKey, PointKey, Recording};
use crate::ops::{Op, Type};
use crate::pack::{Packed, Reader, Writer};
use crate::region::*;
use crate::tables::{HelperId, LayoutId, Tables};
use std::sync::Arc;

/// A recording that is being kept.
#[derive(Clone, Debug)]
pub struct PackedRecording {
    packed: Packed,
    name: String,
    tables: Arc<Tables>,
    statics: Statics,
}

const TYPES: [Type; 5] = [Type::I64, Type::F64, Type::Bool, Type::Ptr, Type::Boxed];

/// A type's number in bytes.
pub fn type_number(ty: Type) -> u32 {
    TYPES.iter().position(|t| *t == ty).unwrap_or(0) as u32
}
/// See [`type_number`].
pub fn numbered_type(n: u32) -> Type {
    TYPES[n as usize]
}

impl Recording {
    /// To be kept.
    pub fn pack(&self) -> PackedRecording {
        let mut w = Writer::default();
        let region = &self.region;
        w.index(region.id);
        w.count(region.values.len());
        for v in &region.values {
            w.index(type_number(v.ty) << 1 | u32::from(v.class.is_some()));
            if let Some(class) = v.class {
                w.word(class);
            }
        }
        w.count(region.blocks.len());
        region.blocks.iter().for_each(|b| write_block(&mut w, b));
        w.count(region.exits.len());
        for (n, x) in region.exits.iter().enumerate() {
            write_exit(&mut w, n as u32, x);
        }
        w.count(self.points.len());
        for (key, blocks) in &self.points {
            write_key(&mut w, key);
            w.count(blocks.len());
            blocks.iter().for_each(|b| w.index(b.0));
        }
        PackedRecording {
            packed: w.finish(),
            name: region.name.clone(),
            tables: region.tables.clone(),
            statics: region.statics,
        }
    }
}

impl PackedRecording {
    /// The name of the region.
    pub fn name(&self) -> &str {
        &self.name
    }
    /// Bytes it takes.
    pub fn size(&self) -> usize {
        self.packed.size() + self.name.len()
    }
    /// What was packed.
    pub fn unpack(&self) -> Recording {
        let r = &mut self.packed.read_at(0);
        let id = r.index();
        let values = r.list(|r| {
            let n = r.index();
            ValueData {
                ty: numbered_type(n >> 1),
                class: (n & 1 != 0).then(|| r.word()),
            }
        });
        let blocks = r.list(read_block);
        let mut n = 0;
        let exits = r.list(|r| {
            n += 1;
            read_exit(r, n - 1)
        });
        let points = r.list(|r| (read_key(r), r.list(|r| BlockId(r.index()))));
        Recording {
            region: Region {
                name: self.name.clone(),
                id,
                values,
                blocks,
                exits,
                tables: self.tables.clone(),
                statics: self.statics,
            },
            points: points.into_iter().collect(),
        }
    }
}

fn write_values(w: &mut Writer, values: &[ValueId], base: u32) {
    w.count(values.len());
    values.iter().for_each(|v| w.near(v.0, base));
}
fn read_values(r: &mut Reader<'_>, base: u32) -> Vec<ValueId> {
    r.list(|r| ValueId(r.near(base)))
}

/// Values are mostly defined in order and used soon: numbers of an instruction are written as distances from the last result.
fn write_block(w: &mut Writer, b: &Block) {
    let mut base = b.params.first().map_or(0, |v| v.0);
    w.flag(b.is_loop);
    w.flag(b.live);
    w.index(base);
    write_values(w, &b.params, base);
    w.count(b.insts.len());
    for i in &b.insts {
        w.index(i.op as u32);
        write_values(w, &i.args, base);
        match i.imm {
            Imm::None => w.index(0),
            Imm::Int(n) => {
                w.index(1);
                w.word(n);
            }
            Imm::Mem(m) => {
                w.index(2);
                write_mem(w, m);
            }
            Imm::Helper(h) => {
                w.index(3);
                w.index(h.0);
            }
            Imm::Layout(l) => {
                w.index(4);
                w.index(l.0);
            }
        }
        w.index(u32::from(i.result.is_some()) << 1 | u32::from(i.exit.is_some()));
        if let Some(v) = i.result {
            w.near(v.0, base);
            base = v.0;
        }
        if let Some(x) = i.exit {
            w.index(x.0);
        }
    }
    let edge = |w: &mut Writer, e: &Edge| {
        w.index(e.block.0);
        write_values(w, &e.args, base);
    };
    match &b.term {
        Terminator::Open => w.index(0),
        Terminator::Jump(e) => {
            w.index(1);
            edge(w, e);
        }
        Terminator::Branch(v, yes, no) => {
            w.index(2);
            w.near(v.0, base);
            edge(w, yes);
            edge(w, no);
        }
        Terminator::Bridge(on, fail) => {
            w.index(3);
            edge(w, on);
            edge(w, fail);
        }
        Terminator::Exit(x) => {
            w.index(4);
            w.index(x.0);
        }
        Terminator::Return(v) => {
            w.index(5);
            w.near(v.0, base);
        }
    }
}
fn read_block(r: &mut Reader<'_>) -> Block {
    let (is_loop, live) = (r.flag(), r.flag());
    let mut base = r.index();
    let params = read_values(r, base);
    let insts = r.list(|r| {
        let op = Op::ALL[r.count()];
        let args = read_values(r, base);
        let imm = match r.index() {
            0 => Imm::None,
            1 => Imm::Int(r.word()),
            2 => Imm::Mem(read_mem(r)),
            3 => Imm::Helper(HelperId(r.index())),
            _ => Imm::Layout(LayoutId(r.index())),
        };
        let has = r.index();
        let result = (has & 2 != 0).then(|| ValueId(r.near(base)));
        base = result.map_or(base, |v| v.0);
        Inst {
            op,
            args,
            imm,
            result,
            exit: (has & 1 != 0).then(|| ExitId(r.index())),
        }
    });
    let edge = |r: &mut Reader<'_>| Edge {
        block: BlockId(r.index()),
        args: read_values(r, base),
    };
    let term = match r.index() {
        0 => Terminator::Open,
        1 => Terminator::Jump(edge(r)),
        2 => Terminator::Branch(ValueId(r.near(base)), edge(r), edge(r)),
        3 => Terminator::Bridge(edge(r), edge(r)),
        4 => Terminator::Exit(ExitId(r.index())),
        _ => Terminator::Return(ValueId(r.near(base))),
    };
    Block {
        params,
        insts,
        term,
        is_loop,
        // Recordings have none.
        cold: false,
        live,
    }
}

fn write_mem(w: &mut Writer, m: Mem) {
    w.near(m.offset as u32, 0);
    let ty = MemType::ALL.iter().position(|t| *t == m.ty);
    w.count(ty.unwrap_or(0));
    w.index(m.alias.0.into());
}
fn read_mem(r: &mut Reader<'_>) -> Mem {
    Mem {
        offset: r.near(0) as i32,
        ty: MemType::ALL[r.count()],
        alias: Alias(r.index() as u8),
    }
}

fn write_held(w: &mut Writer, held: Option<&Vec<Held>>) {
    w.flag(held.is_some());
    let Some(held) = held else { return };
    w.count(held.len());
    for h in held {
        w.index(match h {
            Held::Same => 0,
            Held::Number => 1,
            Held::Reference => 2,
        });
    }
}
fn read_held(r: &mut Reader<'_>) -> Option<Vec<Held>> {
    r.flag().then(|| {
        r.list(|r| match r.index() {
            0 => Held::Same,
            1 => Held::Number,
            _ => Held::Reference,
        })
    })
}

/// What a frame of a snapshot is, apart from its registers: as recorded, and as the handler of exits reads it.
pub struct FrameHead {
    /// See [`SnapFrame`].
    pub code: u64,
    /// See [`SnapFrame`].
    pub pc: u32,
    /// See [`SnapFrame`].
    pub result_slot: u32,
    /// See [`SnapFrame`].
    pub kind: u32,
    /// See [`SnapFrame`].
    pub parked: Option<Parked>,
}
impl FrameHead {
    /// To bytes.
    pub fn write(&self, w: &mut Writer) {
        w.word(self.code);
        w.index(self.pc);
        w.index(self.result_slot);
        w.index(self.kind);
        w.flag(self.parked.is_some());
        if let Some(p) = self.parked {
            w.index(p.owner);
            w.index(p.register);
            w.word(p.at);
        }
    }
    /// From bytes.
    pub fn read(r: &mut Reader<'_>) -> FrameHead {
        FrameHead {
            code: r.word(),
            pc: r.index(),
            result_slot: r.index(),
            kind: r.index(),
            parked: r.flag().then(|| Parked {
                owner: r.index(),
                register: r.index(),
                at: r.word(),
            }),
        }
    }
}

/// Frames are parts, and so are the registers of one: exits that lie between two instructions differ in the place alone.
fn write_exit(w: &mut Writer, n: u32, x: &Exit) {
    w.near(x.origin.0, n);
    w.flag(x.other_way);
    w.count(x.frames.len());
    for f in &x.frames {
        w.part(|w| {
            let head = FrameHead {
                code: f.code,
                pc: f.pc,
                result_slot: f.result_slot,
                kind: f.kind,
                parked: f.parked,
            };
            head.write(w);
            w.part(|w| {
                write_held(w, f.held.as_ref());
                w.count(f.slots.len());
                let (mut slot, mut value) = (0, 0);
                for s in &f.slots {
                    w.near(s.slot, slot);
                    w.near(s.value.0, value);
                    w.flag(s.ownership == Ownership::Owned);
                    (slot, value) = (s.slot, s.value.0);
                }
            });
        });
    }
    w.count(x.virtuals.len());
    for d in &x.virtuals {
        w.index(d.value.0);
        w.index(d.layout.0);
        w.count(d.fields.len());
        for (v, o) in &d.fields {
            w.index(v.0);
            w.flag(*o == Ownership::Owned);
        }
    }
    write_values(w, &x.drops, 0);
    w.count(x.stores.len());
    for s in &x.stores {
        w.index(s.base.0);
        write_mem(w, s.mem);
        w.index(s.value.0);
    }
}
fn read_ownership(r: &mut Reader<'_>) -> Ownership {
    if r.flag() {
        Ownership::Owned
    } else {
        Ownership::Borrowed
    }
}
fn read_exit(r: &mut Reader<'_>, n: u32) -> Exit {
    let (origin, other_way) = (ExitId(r.near(n)), r.flag());
    let frames = r.list(|r| r.part(read_frame));
    Exit {
        origin,
        frames,
        virtuals: r.list(|r| SnapVirtual {
            value: ValueId(r.index()),
            layout: LayoutId(r.index()),
            fields: r.list(|r| (ValueId(r.index()), read_ownership(r))),
        }),
        drops: read_values(r, 0),
        stores: r.list(|r| PendingStore {
            base: ValueId(r.index()),
            mem: read_mem(r),
            value: ValueId(r.index()),
        }),
        other_way,
    }
}
fn read_frame(r: &mut Reader<'_>) -> SnapFrame {
    let FrameHead {
        code,
        pc,
        result_slot,
        kind,
        parked,
    } = FrameHead::read(r);
    let (held, slots) = r.part(|r| {
        let held = read_held(r);
        let (mut slot, mut value) = (0, 0);
        let slots = r.list(|r| {
            (slot, value) = (r.near(slot), r.near(value));
            SnapSlot {
                slot,
                value: ValueId(value),
                ownership: read_ownership(r),
            }
        });
        (held, slots)
    });
    SnapFrame {
        code,
        pc,
        result_slot,
        kind,
        slots,
        held,
        parked,
    }
}

fn write_key(w: &mut Writer, key: &PointKey) {
    w.word(key.key);
    w.count(key.frames.len());
    for f in &key.frames {
        w.part(|w| {
            w.word(f.code);
            match &f.call {
                Call::Running(pc, result, kind) => {
                    w.flag(false);
                    [pc, result, kind].into_iter().for_each(|n| w.index(*n));
                }
                Call::Parked(at, path) => {
                    w.flag(true);
                    w.index(*at);
                    w.count(path.len());
                    path.iter().for_each(|n| w.index(*n));
                }
            }
            w.count(f.registers.len());
            f.registers.iter().for_each(|n| w.index(*n));
            write_held(w, f.held.as_ref());
        });
    }
}
fn read_key(r: &mut Reader<'_>) -> PointKey {
    PointKey {
        key: r.word(),
        frames: r.list(|r| {
            r.part(|r| FrameKey {
                code: r.word(),
                call: if r.flag() {
                    Call::Parked(r.index(), r.list(Reader::index))
                } else {
                    Call::Running(r.index(), r.index(), r.index())
                },
                registers: r.list(Reader::index),
                held: read_held(r),
            })
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record::{RegionBuilder, SlotKind};
    use crate::testing::{Random, random_region};

    fn same(before: &Recording) {
        let after = before.pack().unpack();
        assert_eq!(before.region.values, after.region.values);
        assert_eq!(before.region.blocks, after.region.blocks);
        assert_eq!(before.region.exits, after.region.exits);
        assert_eq!(before.points, after.points);
        assert_eq!(
            (&before.region.name, before.region.id),
            (&after.region.name, after.region.id)
        );
    }

    #[test]
    fn random_regions_come_back() {
        for seed in 1..200 {
            let mut r = Random(seed);
            let mut region = random_region(&mut r, 0x5000_0000, true);
            if seed % 2 == 0 {
                // Virtual objects, drops, pending stores, owned slots.
                crate::passes::optimize(&mut region, &crate::passes::PassSet::all(), true).unwrap();
            }
            same(&Recording {
                region,
                points: Default::default(),
            });
        }
    }

    #[test]
    fn merge_points_and_frames_come_back() {
        let slots = [(0, SlotKind::Object(0x7000)), (1, SlotKind::Int)];
        let tables = Arc::new(Tables::default());
        let mut b = RegionBuilder::start("s", tables, Statics::default(), 1 << 40, 10, &slots);
        b.merge(10, true);
        let n = b.get(1).unwrap();
        b.push_frame(11, 2 << 40, 1, 3, &[(0, n), (u32::MAX - 1, n)]);
        b.merge(20, false);
        b.set_pc(20);
        let more = b.op(Op::IAddOvf, &[n, n]);
        b.pop_frame(more);
        b.merge(10, true);
        same(&b.finish());
    }
}
