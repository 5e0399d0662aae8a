//! The modules that CPython compiles into its binary, natively: one file or folder a module.

#[macro_use]
mod util;

pub mod abc;
pub mod collections;
pub mod functools;
pub mod imp;
pub mod itertools;
pub mod marshal;
pub mod operator;
pub mod sys;
pub mod thread;
pub mod warnings;
pub mod weakref;

use pyrs_object::{PyResult, Value};

/// The native modules by name, sorted. `sys` and `builtins` are made by the start-up.
pub static MODULES: &[(&str, fn() -> PyResult)] = &[
    ("_abc", abc::init),
    ("_collections", collections::init),
    ("_functools", functools::init),
    ("_imp", imp::init),
    ("_operator", operator::init),
    ("_thread", thread::init),
    ("_warnings", warnings::init),
    ("_weakref", weakref::init),
    ("itertools", itertools::init),
    ("marshal", marshal::init),
];

/// Makes the native module of that name, if there is one.
pub fn create(name: &str) -> Option<PyResult> {
    let (_, init) = MODULES.iter().find(|(n, _)| *n == name)?;
    Some(init())
}

/// Whether a native module of that name exists.
pub fn exists(name: &str) -> bool {
    MODULES.iter().any(|(n, _)| *n == name)
}

/// The text of a module name argument.
pub(crate) fn name_text(v: Value) -> String {
    pyrs_object::str::to_string_lossy(v)
}
