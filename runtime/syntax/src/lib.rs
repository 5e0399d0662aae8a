//! Lexer, recursive-descent parser and AST of Python 3.11.
#![forbid(unsafe_code)]

pub mod ast;
pub mod reflect;
mod tree;
