//! The modules that CPython compiles into its binary, natively.
