//! Trace IR: text form, validator, passes and an IR interpreter.
