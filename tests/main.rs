//! The integration tests: one binary, because linking is what costs.
//!
//! `suite::diff` compares programs with recorded CPython output, `suite::cli` the command line, `suite::capi` extension modules, `suite::layering` the crate
//! graph, `suite::layout` the binary layout against CPython's installed headers, `suite::benches` the benchmark scripts,
//! `suite::recursion` deep recursion, `suite::cross` code for another architecture, `suite::growth` memory.

mod suite;
