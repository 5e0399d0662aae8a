//! The modules that CPython compiles into its binary, natively: one file or folder a module.

#[macro_use]
mod util;

pub mod abc;
pub mod ast;
pub mod binascii;
pub mod codecs;
pub mod collections;
pub mod convert;
pub mod digests;
mod errnomod;
pub mod fcntl;
pub mod functools;
pub mod imp;
pub mod io;
pub mod itertools;
pub mod locale;
pub mod marshal;
pub mod math;
pub mod operator;
pub mod posix;
pub mod pwdgrp;
pub mod random;
pub mod resource;
pub mod select;
pub mod signal;
mod signalmod;
pub mod sre;
pub mod statistics;
mod statmod;
pub mod stringmod;
pub mod structmod;
pub mod subprocess;
pub mod sys;
pub mod thread;
pub mod time;
pub mod unicodedata;
pub mod warnings;
pub mod weakref;

use pyrs_object::{PyResult, Value};

/// The native modules by name, sorted. `sys` and `builtins` are made by the start-up.
pub static MODULES: &[(&str, fn() -> PyResult)] = &[
    ("_abc", abc::init),
    ("_ast", ast::init),
    ("_codecs", codecs::init),
    ("_collections", collections::init),
    ("_functools", functools::init),
    ("_imp", imp::init),
    ("_io", io::init),
    ("_locale", locale::init),
    ("_md5", digests::init_md5),
    ("_operator", operator::init),
    ("_posixsubprocess", subprocess::init),
    ("_random", random::init),
    ("_sha1", digests::init_sha1),
    ("_sha256", digests::init_sha256),
    ("_sha3", digests::init_sha3),
    ("_sha512", digests::init_sha512),
    ("_signal", signal::init),
    ("_sre", sre::init),
    ("_stat", statmod::init),
    ("_statistics", statistics::init),
    ("_string", stringmod::init),
    ("_struct", structmod::init),
    ("_thread", thread::init),
    ("_warnings", warnings::init),
    ("_weakref", weakref::init),
    ("binascii", binascii::init),
    ("errno", errnomod::init),
    ("fcntl", fcntl::init),
    ("grp", pwdgrp::init_grp),
    ("itertools", itertools::init),
    ("marshal", marshal::init),
    ("math", math::init),
    ("posix", posix::init),
    ("pwd", pwdgrp::init_pwd),
    ("resource", resource::init),
    ("select", select::init),
    ("time", time::init),
    ("unicodedata", unicodedata::init),
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

/// The encoding of the locale; pyrs uses UTF-8 throughout, as CPython does under every UTF-8 locale.
pub fn locale_encoding() -> String {
    String::from("utf-8")
}

/// The text of a module name argument.
pub(crate) fn name_text(v: Value) -> String {
    pyrs_object::str::to_string_lossy(v)
}
