//! The builtins module.
