//! Unicode 14.0 character data as CPython 3.11 has it.
