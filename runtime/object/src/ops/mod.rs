//! The abstract operations: what `PyObject_*`, `PyNumber_*` and `PySequence_*` do, on [`Value`](crate::Value)s.
//!
//! Each tries the type's native slot, then its C slot (extension types), in CPython's order and with CPython's
//! messages. They may run Python code and then nest the interpreter; the interpreter itself avoids that by
//! recognising Python-level slots before it comes here.

mod call;
mod foreign;
mod iter;
mod number;
mod object;
mod subscript;

pub use call::*;
pub use foreign::*;
pub use iter::*;
pub use number::*;
pub use object::*;
pub use subscript::*;
