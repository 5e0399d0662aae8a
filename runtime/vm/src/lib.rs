//! The stackless interpreter: frames, calls, unwinding, generators, imports.
