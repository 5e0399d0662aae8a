//! Symbol table and code generator: AST to register bytecode.
//!
//! A module goes through `fold` (constant folding on the tree), `symtable` (which scope each name belongs to),
//! `codegen` (instructions with labels and unlimited operands) and `assemble` (dead code, definite assignment,
//! words, tables). Errors and warnings are CPython 3.11's.
#![forbid(unsafe_code)]

mod assemble;
mod codegen;
mod error;
mod fold;
mod future;
mod ir;
pub mod symtable;
mod unparse;

pub use codegen::{Options, compile};
pub use error::{CompileError, ErrorKind, SyntaxWarning, WarningCategory};
pub use future::{ALLOW_TOP_LEVEL_AWAIT, FUTURE_MASK, Future, future_features};
pub use symtable::{SymbolTable, build_symbol_table, mangle};
pub use unparse::unparse;
