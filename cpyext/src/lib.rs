//! CPython 3.11's C API for unmodified extension modules.
