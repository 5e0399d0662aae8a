//! The register bytecode: one table of opcodes and everything derived from it.
