//! The test modules and what they share.

mod benches;
mod capi;
mod cli;
mod cross;
mod diff;
mod growth;
mod layering;
mod layout;
mod process;
mod recursion;
