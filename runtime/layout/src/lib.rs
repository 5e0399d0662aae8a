//! Value encoding and the CPython 3.11 object layouts: the one place where offsets are declared.
