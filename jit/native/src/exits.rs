//! What the deoptimization handler reads: for each exit, where the values are and what to rebuild.

use pyrs_jit_ir::context::EXIT_BUFFER_LEN;
use pyrs_jit_ir::ops::Type;
use pyrs_jit_ir::region::{Exit, ExitId, Held, Ownership, Parked, Region, ValueId};
use pyrs_jit_ir::tables::LayoutId;
use std::collections::HashMap;

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
