//! Value encoding and the CPython 3.11 object layouts: the one place where offsets are declared.
//!
//! Struct and field names are CPython's, because extension modules are compiled against them; every offset
//! is asserted at compile time against the figures measured from the real headers.
#![expect(non_snake_case, reason = "the names are those of CPython's headers")]

pub mod cfunc;
mod core;
mod datetime;
mod exceptions;
mod exec;
mod flags;
pub mod frame;
mod object;
mod types;
mod value;

pub use crate::core::*;
pub use cfunc::*;
pub use datetime::*;
pub use exceptions::*;
pub use exec::*;
pub use flags::*;
pub use frame::{Frame, FrameFlags};
pub use object::*;
pub use types::*;
pub use value::*;

/// Asserts `Struct.field = offset;` lines at compile time.
#[macro_export]
macro_rules! assert_offsets {
    ($($s:ident . $f:ident = $off:literal;)*) => {
        $(const _: () = assert!(::core::mem::offset_of!($s, $f) == $off);)*
    };
}
