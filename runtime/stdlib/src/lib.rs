//! The modules that CPython compiles into its binary, natively: one file or folder a module.

pub mod abc;
pub mod binascii;
pub mod convert;
pub mod digests;
pub mod imp;
pub mod io;
pub mod marshal;
pub mod math;
pub mod posix;
pub mod random;
pub mod resource;
pub mod statistics;
pub mod structmod;
pub mod sys;
pub mod thread;
pub mod unicodedata;
mod util;
pub mod warnings;
pub mod weakref;

use pyrs_object::{PyResult, Value};

/// The native modules by name, sorted. `sys` and `builtins` are made by the start-up.
pub static MODULES: &[(&str, fn() -> PyResult)] = &[
    ("_abc", abc::init),
    ("_imp", imp::init),
    ("_io", io::init),
    ("_md5", digests::init_md5),
    ("_random", random::init),
    ("_sha1", digests::init_sha1),
    ("_sha256", digests::init_sha256),
    ("_sha3", digests::init_sha3),
    ("_sha512", digests::init_sha512),
    ("_statistics", statistics::init),
    ("_struct", structmod::init),
    ("_thread", thread::init),
    ("_warnings", warnings::init),
    ("_weakref", weakref::init),
    ("binascii", binascii::init),
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

/// The text of a module name argument.
pub(crate) fn name_text(v: Value) -> String {
    pyrs_object::str::to_string_lossy(v)
}

/// The encoding of the current locale's `LC_CTYPE`, as `locale.getencoding()`.
pub fn locale_encoding() -> String {
    // SAFETY: the text is copied at once; the locale is only changed under the GIL.
    let name = unsafe { std::ffi::CStr::from_ptr(libc::nl_langinfo(libc::CODESET)) };
    let name = name.to_string_lossy().into_owned();
    if name.is_empty() {
        "UTF-8".to_owned()
    } else {
        name
    }
}
