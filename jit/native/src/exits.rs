//! What the deoptimization handler reads: for each exit, where the values are and what to rebuild.

use pyrs_jit_ir::context::EXIT_BUFFER_LEN;
use pyrs_jit_ir::ops::Type;
use pyrs_jit_ir::pack::{Packed, Reader, Writer};
use pyrs_jit_ir::record::{FrameHead, numbered_type, type_number};
use pyrs_jit_ir::region::{Exit, ExitId, Held, Ownership, Parked, Region, ValueId};
use pyrs_jit_ir::tables::LayoutId;
use rustc_hash::FxHashMap as HashMap;
use std::cell::OnceCell;

/// Where an exit's value is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// Word of the exit buffer, by kind; `owned` references move, others get a count.
    Buffer {
        /// Index of the word.
        index: u32,
        /// How to box it.
        kind: Type,
        /// Whether the count comes with it.
        owned: bool,
    },
    /// A constant (references: add a count).
    Const {
        /// How to box it.
        kind: Type,
        /// Bits.
        bits: u64,
    },
    /// Entry of [`ExitInfo::virtuals`].
    Virtual(u32),
}

/// A frame to rebuild.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitFrame {
    /// As recorded.
    pub code: u64,
    /// Where to resume.
    pub pc: u32,
    /// Register of the caller for the result.
    pub result_slot: u32,
    /// As recorded.
    pub kind: u32,
    /// Registers to set (the old content of frame 0's is to be dropped).
    pub slots: Vec<(u32, Source)>,
    /// Of a frame that lies in its generator: the registers that stay as they are there.
    pub kept: Option<Vec<u32>>,
    /// Of a suspended one: where its generator is.
    pub parked: Option<Parked>,
}

/// One exit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ExitInfo {
    /// Exit of the recorded region: count here, splice here.
    pub origin: ExitId,
    /// Frames, outermost first.
    pub frames: Vec<ExitFrame>,
    /// Objects to allocate: layout and fields. Fields may refer to other virtuals.
    pub virtuals: Vec<(LayoutId, Vec<Source>)>,
    /// Words of the exit buffer it fills.
    pub words: usize,
    /// Buffer words whose reference is dropped at the end.
    pub drops: Vec<(u32, Type)>,
}

/// An exit's description and the values the code stores, in buffer order.
pub(crate) fn describe(
    region: &Region,
    exit: &Exit,
    consts: &HashMap<ValueId, u64>,
) -> Result<(ExitInfo, Vec<ValueId>), String> {
    let mut stored: Vec<ValueId> = Vec::new();
    let place = |v: ValueId, stored: &mut Vec<ValueId>| -> u32 {
        if let Some(i) = stored.iter().position(|s| *s == v) {
            return i as u32;
        }
        stored.push(v);
        stored.len() as u32 - 1
    };
    let source = |v: ValueId, o: Ownership, stored: &mut Vec<ValueId>| -> Source {
        if let Some(i) = exit.virtuals.iter().position(|d| d.value == v) {
            return Source::Virtual(i as u32);
        }
        let kind = region.ty(v);
        if let Some(bits) = consts.get(&v) {
            return Source::Const { kind, bits: *bits };
        }
        Source::Buffer {
            index: place(v, stored),
            kind,
            owned: o == Ownership::Owned,
        }
    };
    let frames = exit
        .frames
        .iter()
        .map(|f| ExitFrame {
            code: f.code,
            pc: f.pc,
            result_slot: f.result_slot,
            kind: f.kind,
            parked: f.parked,
            kept: f.held.as_ref().map(|held| {
                let same = (0..).zip(held).filter(|(_, h)| **h == Held::Same);
                same.map(|(r, _)| r).collect()
            }),
            slots: f
                .slots
                .iter()
                .map(|s| (s.slot, source(s.value, s.ownership, &mut stored)))
                .collect(),
        })
        .collect();
    let virtuals = exit
        .virtuals
        .iter()
        .map(|d| {
            (
                d.layout,
                d.fields
                    .iter()
                    .map(|(v, o)| source(*v, *o, &mut stored))
                    .collect(),
            )
        })
        .collect();
    let drops = exit
        .drops
        .iter()
        .map(|v| (place(*v, &mut stored), region.ty(*v)))
        .collect();
    if stored.len() > EXIT_BUFFER_LEN {
        return Err(format!("exit with {} live values", stored.len()));
    }
    Ok((
        ExitInfo {
            origin: exit.origin,
            frames,
            virtuals,
            words: stored.len(),
            drops,
        },
        stored,
    ))
}

/// The exits of one region: packed, but for those that were taken.
#[derive(Debug)]
pub(crate) struct ExitTable {
    packed: Packed,
    /// Where each begins, 0 if the code does not have it.
    places: Box<[u32]>,
    taken: Box<[OnceCell<Box<ExitInfo>>]>,
}

impl ExitTable {
    pub(crate) fn new(exits: &[Option<ExitInfo>]) -> ExitTable {
        let mut w = Writer::default();
        // No place is 0.
        w.flag(false);
        let places = exits.iter().map(|x| {
            x.as_ref().map_or(0, |x| {
                let place = w.place();
                write(&mut w, x);
                place
            })
        });
        ExitTable {
            places: places.collect(),
            packed: w.finish(),
            taken: exits.iter().map(|_| OnceCell::new()).collect(),
        }
    }
    pub(crate) fn get(&self, exit: usize) -> Option<&ExitInfo> {
        let place = self.places.get(exit).copied().filter(|p| *p != 0)?;
        let unpack = || Box::new(read(&mut self.packed.read_at(place)));
        Some(self.taken.get(exit)?.get_or_init(unpack))
    }
    /// Bytes it takes, those for exits that were taken apart.
    pub(crate) fn size(&self) -> usize {
        let of_each = size_of::<u32>() + size_of::<OnceCell<Box<ExitInfo>>>();
        self.packed.size() + self.places.len() * of_each
    }
}

fn write(w: &mut Writer, x: &ExitInfo) {
    w.index(x.origin.0);
    w.count(x.words);
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
                w.flag(f.kept.is_some());
                if let Some(kept) = &f.kept {
                    w.count(kept.len());
                    kept.iter().for_each(|r| w.index(*r));
                }
                w.count(f.slots.len());
                let mut last = 0;
                for (slot, source) in &f.slots {
                    w.near(*slot, last);
                    write_source(w, source);
                    last = *slot;
                }
            });
        });
    }
    w.count(x.virtuals.len());
    for (layout, fields) in &x.virtuals {
        w.index(layout.0);
        w.count(fields.len());
        fields.iter().for_each(|s| write_source(w, s));
    }
    w.count(x.drops.len());
    for (index, kind) in &x.drops {
        w.index(*index);
        w.index(type_number(*kind));
    }
}
fn read(r: &mut Reader<'_>) -> ExitInfo {
    ExitInfo {
        origin: ExitId(r.index()),
        words: r.count(),
        frames: r.list(|r| r.part(read_frame)),
        virtuals: r.list(|r| (LayoutId(r.index()), r.list(read_source))),
        drops: r.list(|r| (r.index(), numbered_type(r.index()))),
    }
}
fn read_frame(r: &mut Reader<'_>) -> ExitFrame {
    let FrameHead {
        code,
        pc,
        result_slot,
        kind,
        parked,
    } = FrameHead::read(r);
    let (kept, slots) = r.part(|r| {
        let kept = r.flag().then(|| r.list(Reader::index));
        let mut slot = 0;
        let slots = r.list(|r| {
            slot = r.near(slot);
            (slot, read_source(r))
        });
        (kept, slots)
    });
    ExitFrame {
        code,
        pc,
        result_slot,
        kind,
        slots,
        kept,
        parked,
    }
}

/// The number that comes first is one of [`BUFFER`], [`OWNED`], [`CONST`] plus the type, or [`VIRTUAL`].
const BUFFER: u32 = 0;
const OWNED: u32 = 8;
const CONST: u32 = 16;
const VIRTUAL: u32 = 24;

fn write_source(w: &mut Writer, s: &Source) {
    match *s {
        Source::Buffer { index, kind, owned } => {
            w.index(type_number(kind) + if owned { OWNED } else { BUFFER });
            w.index(index);
        }
        Source::Const { kind, bits } => {
            w.index(type_number(kind) + CONST);
            w.word(bits);
        }
        Source::Virtual(n) => {
            w.index(VIRTUAL);
            w.index(n);
        }
    }
}
fn read_source(r: &mut Reader<'_>) -> Source {
    match r.index() {
        VIRTUAL => Source::Virtual(r.index()),
        n if n >= CONST => Source::Const {
            kind: numbered_type(n - CONST),
            bits: r.word(),
        },
        n => Source::Buffer {
            kind: numbered_type(n % OWNED),
            owned: n >= OWNED,
            index: r.index(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exits_come_back() {
        let source = |n: u32| match n % 4 {
            0 => Source::Virtual(n),
            1 => Source::Const {
                kind: numbered_type(n % 5),
                bits: u64::MAX - u64::from(n),
            },
            _ => Source::Buffer {
                index: n,
                kind: numbered_type(n % 5),
                owned: n.is_multiple_of(3),
            },
        };
        let exit = |n: u32| ExitInfo {
            origin: ExitId(n),
            frames: (0..3)
                .map(|k| ExitFrame {
                    code: (1 << 45) + u64::from(k),
                    pc: n * k,
                    result_slot: k,
                    kind: 1 << (8 * k),
                    slots: (0..20).map(|s| (u32::MAX - s * 7, source(s + k))).collect(),
                    kept: (k == 1).then(|| vec![3, n]),
                    parked: (k == 2).then_some(Parked {
                        owner: 1,
                        register: n,
                        at: 1 << 40,
                    }),
                })
                .collect(),
            virtuals: vec![(LayoutId(n), (0..n).map(source).collect())],
            words: n as usize,
            drops: (0..n).map(|d| (d, numbered_type(d % 5))).collect(),
        };
        let all: Vec<_> = (0..30).map(|n| (n % 7 != 0).then(|| exit(n))).collect();
        let table = ExitTable::new(&all);
        for (n, x) in all.iter().enumerate().rev() {
            assert_eq!(table.get(n), x.as_ref());
        }
        assert_eq!(table.get(all.len()), None);
    }
}
