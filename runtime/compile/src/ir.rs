//! What the code generator emits: instructions whose registers are still symbolic (locals are numbered as they
//! are met, so temporaries have no number yet) and whose jumps are labels.

use pyrs_bytecode::{Op, Position};

/// A register before numbering.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Reg {
    Local(u32),
    /// A cell that is not a parameter.
    Cell(u32),
    Free(u32),
    Temp(u32),
}

/// An operand that has been evaluated.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Operand {
    /// A variable's register, borrowed.
    Var(Reg),
    /// A temporary that the consumer kills.
    Temp(u32),
    /// A temporary that stays.
    Keep(u32),
    Const(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Field {
    None,
    Reg(Reg),
    Const(u32),
    Imm(u32),
    /// In `b` and `c`.
    Wide(u32),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub(crate) struct Label(pub(crate) u32);

/// A place that exceptions go to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handler {
    pub(crate) target: Label,
    /// Temporaries from here on are dead there.
    pub(crate) depth: u32,
}

/// Index into the unit's handlers, or none.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct HandlerId(pub(crate) Option<u32>);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Ins {
    pub(crate) op: Op,
    pub(crate) d: u8,
    pub(crate) a: Field,
    pub(crate) b: Field,
    pub(crate) c: Field,
    pub(crate) extra: u64,
    pub(crate) target: Option<Label>,
    pub(crate) position: Position,
    pub(crate) handler: HandlerId,
}
