//! Trace IR: text form, validator, passes and an IR interpreter.
#![forbid(unsafe_code)]
pub mod analysis;
pub mod context;
pub mod encoding;
pub mod eval;
pub mod fold;
pub mod interp;
pub mod ops;
pub mod passes;
pub mod record;
pub mod region;
pub mod tables;
pub mod testing;
pub mod text;
pub mod validate;
