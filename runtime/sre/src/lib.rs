//! The regular-expression matcher that runs the code words of CPython 3.11's re._compiler.
