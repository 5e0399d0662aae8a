//! Unicode 14.0 character data, exactly as CPython 3.11's `str` methods and `unicodedata` see it.
//!
//! Everything works on `u32` code points, surrogates included, because Python strings may hold
//! them; numbers above 0x10FFFF are treated as unassigned. The tables under `tables/` are written
//! by `tools/generate.py` from the answers of a real CPython 3.11: Rust's own character methods
//! follow a newer Unicode, so they are never used here.
#![forbid(unsafe_code)]

pub mod ctype;
pub mod database;
pub mod legacy;
pub mod names;
pub mod normalize;
mod tables;

pub use ctype::*;
pub use database::*;
pub use names::{Found, lookup, name};
pub use normalize::{Form, is_normalized, normalize};

/// The version of the tables: `unicodedata.unidata_version`.
pub const UNIDATA_VERSION: &str = "14.0.0";
