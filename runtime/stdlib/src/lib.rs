//! The modules that CPython compiles into its binary, natively: one file or folder a module.

#[macro_use]
mod util;

pub mod abc;
pub mod array;
pub mod ast;
pub mod atexit;
pub mod binascii;
pub mod bisect;
pub mod blake2;
pub mod cmath;
pub mod codecs;
pub mod collections;
pub mod contextvars;
pub mod convert;
pub mod csv;
pub mod datetime;
pub mod digests;
pub mod elementtree;
mod errnomod;
pub mod faulthandler;
pub mod fcntl;
pub mod functools;
pub mod gcmod;
pub mod heapq;
pub mod imp;
pub mod io;
pub mod itertools;
pub mod json;
pub mod locale;
pub mod marshal;
pub mod math;
pub mod operator;
pub mod pickle;
pub mod posix;
pub mod pwdgrp;
pub mod pyexpat;
pub mod queuemod;
pub mod random;
pub mod resource;
pub mod select;
pub mod signal;
pub mod small;
pub mod socket;
pub mod sre;
pub mod statistics;
mod statmod;
pub mod stringmod;
pub mod structmod;
pub mod subinterpreters;
pub mod subprocess;
pub mod symtable;
pub mod sys;
pub mod syslog;
mod testinternal;
pub mod thread;
pub mod time;
pub mod tokenize;
pub mod tracemalloc;
pub mod unicodedata;
pub mod warnings;
pub mod weakref;
pub mod xxsubtype;
pub mod zlib;

use pyrs_object::{PyResult, Value};

/// The native modules by name, sorted. `sys` and `builtins` are made by the start-up.
pub static MODULES: &[(&str, fn() -> PyResult)] = &[
    ("_abc", abc::init),
    ("_ast", ast::init),
    ("_bisect", bisect::init),
    ("_blake2", blake2::init),
    ("_codecs", codecs::init),
    ("_collections", collections::init),
    ("_contextvars", contextvars::init),
    ("_csv", csv::init),
    ("_datetime", datetime::init),
    ("_elementtree", elementtree::init),
    ("_functools", functools::init),
    ("_heapq", heapq::init),
    ("_imp", imp::init),
    ("_io", io::init),
    ("_json", json::init),
    ("_locale", locale::init),
    ("_md5", digests::init_md5),
    ("_opcode", small::init_opcode),
    ("_operator", operator::init),
    ("_pickle", pickle::init),
    ("_posixsubprocess", subprocess::init),
    ("_queue", queuemod::init),
    ("_random", random::init),
    ("_sha1", digests::init_sha1),
    ("_sha256", digests::init_sha256),
    ("_sha3", digests::init_sha3),
    ("_sha512", digests::init_sha512),
    ("_signal", signal::init),
    ("_socket", socket::init),
    ("_sre", sre::init),
    ("_stat", statmod::init),
    ("_statistics", statistics::init),
    ("_string", stringmod::init),
    ("_struct", structmod::init),
    ("_symtable", symtable::init),
    ("_testinternalcapi", testinternal::init),
    ("_thread", thread::init),
    ("_tokenize", tokenize::init),
    ("_tracemalloc", tracemalloc::init),
    ("_typing", small::init_typing),
    ("_uuid", small::init_uuid),
    ("_warnings", warnings::init),
    ("_weakref", weakref::init),
    ("_xxsubinterpreters", subinterpreters::init),
    ("array", array::init),
    ("atexit", atexit::init),
    ("binascii", binascii::init),
    ("cmath", cmath::init),
    ("errno", errnomod::init),
    ("faulthandler", faulthandler::init),
    ("fcntl", fcntl::init),
    ("gc", gcmod::init),
    ("grp", pwdgrp::init_grp),
    ("itertools", itertools::init),
    ("marshal", marshal::init),
    ("math", math::init),
    ("posix", posix::init),
    ("pwd", pwdgrp::init_pwd),
    ("pyexpat", pyexpat::init),
    ("resource", resource::init),
    ("select", select::init),
    ("spwd", pwdgrp::init_spwd),
    ("syslog", syslog::init),
    ("time", time::init),
    ("unicodedata", unicodedata::init),
    ("xxsubtype", xxsubtype::init_module),
    ("zlib", zlib::init),
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

/// Takes `LC_CTYPE` from the environment, once: what the start-up of a C program that cares about text does.
pub fn init_locale() {
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: called under the GIL before anything depends on the locale.
        unsafe { libc::setlocale(libc::LC_CTYPE, c"".as_ptr()) };
    });
}

/// The name of the locale that the environment gives `LC_CTYPE`.
pub fn ctype_locale() -> String {
    init_locale();
    // SAFETY: asks for the name, which is copied at once.
    let name = unsafe { libc::setlocale(libc::LC_CTYPE, std::ptr::null()) };
    if name.is_null() {
        return String::from("C");
    }
    // SAFETY: a C string of the library.
    unsafe { std::ffi::CStr::from_ptr(name) }
        .to_string_lossy()
        .into_owned()
}

static UTF8_MODE: std::sync::atomic::AtomicBool = std::sync::atomic::AtomicBool::new(false);
pub(crate) fn set_utf8_mode(on: bool) {
    UTF8_MODE.store(on, std::sync::atomic::Ordering::Relaxed);
}
/// The encoding of a text file for which none was given.
pub(crate) fn default_encoding() -> String {
    if UTF8_MODE.load(std::sync::atomic::Ordering::Relaxed) {
        return String::from("utf-8");
    }
    locale_encoding()
}

/// The encoding of the current locale's `LC_CTYPE`, as `locale.getencoding()`. The C locale counts as UTF-8 (PEP 538, PEP 540).
pub fn locale_encoding() -> String {
    init_locale();
    // SAFETY: the text is copied at once; the locale is only changed under the GIL.
    let name = unsafe { std::ffi::CStr::from_ptr(libc::nl_langinfo(libc::CODESET)) };
    let name = name.to_string_lossy().into_owned();
    if name.is_empty() || name == "ANSI_X3.4-1968" {
        "UTF-8".to_owned()
    } else {
        name
    }
}
