//! Number algorithms without objects: 30-bit-digit integers, float text, the format mini-language.
//!
//! Everything here works on plain slices, doubles and strings, and agrees with CPython 3.11 to the last bit and
//! character. Errors are small enums whose documentation gives the message the object layer raises.

pub mod complex;
pub mod float;
pub mod format;
pub mod hash;
pub mod int;
pub mod math;
pub mod random;
