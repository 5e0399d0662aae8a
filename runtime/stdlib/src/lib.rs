//! The modules that CPython compiles into its binary, natively: one file or folder a module.

#[macro_use]
mod util;

pub mod abc;
pub mod atexit;
pub mod binascii;
pub mod bisect;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod convert;
pub mod digests;
pub mod errno;
pub mod faulthandler;
pub mod functools;
pub mod gcmod;
pub mod heapq;
pub mod imp;
pub mod io;
pub mod itertools;
pub mod marshal;
pub mod math;
pub mod operator;
pub mod posix;
pub mod queuemod;
pub mod random;
pub mod resource;
pub mod small;
pub mod statistics;
pub mod structmod;
pub mod sys;
pub mod thread;
pub mod unicodedata;
pub mod warnings;
pub mod weakref;

use pyrs_object::{PyResult, Value};

/// The native modules by name, sorted. `sys` and `builtins` are made by the start-up.
pub static MODULES: &[(&str, fn() -> PyResult)] = &[
    ("_abc", abc::init),
    ("_bisect", bisect::init),
    ("_codecs", codecs::init),
    ("_collections", collections::init),
    ("_contextvars", contextvars::init),
    ("_functools", functools::init),
    ("_heapq", heapq::init),
    ("_imp", imp::init),
    ("_io", io::init),
    ("_md5", digests::init_md5),
    ("_opcode", small::init_opcode),
    ("_operator", operator::init),
    ("_queue", queuemod::init),
    ("_random", random::init),
    ("_sha1", digests::init_sha1),
    ("_sha256", digests::init_sha256),
    ("_sha3", digests::init_sha3),
    ("_sha512", digests::init_sha512),
    ("_statistics", statistics::init),
    ("_struct", structmod::init),
    ("_thread", thread::init),
    ("_tracemalloc", small::init_tracemalloc),
    ("_typing", small::init_typing),
    ("_uuid", small::init_uuid),
    ("_warnings", warnings::init),
    ("_weakref", weakref::init),
    ("atexit", atexit::init),
    ("binascii", binascii::init),
    ("errno", errno::init),
    ("faulthandler", faulthandler::init),
    ("gc", gcmod::init),
    ("itertools", itertools::init),
    ("marshal", marshal::init),
    ("math", math::init),
    ("posix", posix::init),
    ("resource", resource::init),
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
