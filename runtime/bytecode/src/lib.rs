//! The register bytecode: one table of opcodes and everything derived from it.
//!
//! `table` declares the opcodes, `op` derives the enum, metadata and the instruction word, `effects` what an
//! instruction does to registers, `unit` is a compiled body, `validate` checks one, `disassemble` prints one,
//! `serial` stores one.
#![forbid(unsafe_code)]

mod disassemble;
mod effects;
mod op;
mod positions;
mod serial;
mod table;
mod unit;
mod validate;

pub use disassemble::disassemble;
pub use effects::{Access, register_effects};
pub use op::*;
pub use positions::{Position, PositionTable, PositionWriter, Positions};
pub use serial::{
    DecodeError, FORMAT_VERSION, Image, RawConst, StringIndex, UnitBody, UnitHeader, checksum,
    decode, encode, table_hash,
};
pub use unit::*;
pub use validate::{Invalid, validate};
