//! The trace recorder: observes the interpreter and writes IR.
