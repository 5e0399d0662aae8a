//! pyrs: a Python 3.11 runtime. This crate starts a runtime inside a process; `main.rs` is its command line.

pub mod finalize;
mod frozen;
pub mod paths;
pub mod startup;
