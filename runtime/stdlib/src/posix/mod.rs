//! `posix`: what `os` is built on. [`table`] lists the functions with their signatures; the files group them as the manual does.

mod constants;
mod dir;
mod files;
mod fs;
mod info;
mod path;
mod process;
mod sched;
mod spawn;
mod stat;
mod table;
mod xattr;

use dir::*;
use files::*;
use fs::*;
use info::*;
use process::*;
use sched::*;
use spawn::*;
use stat::*;
use xattr::*;

pub use info::fspath_of;
pub(crate) use process::CArray;
pub use process::{after_fork_child, after_fork_parent, before_fork};
pub(crate) use spawn::signal_set;

use pyrs_object::{PyResult, Ref, bytes, dict, errors, exceptions, list, module, str};
use std::os::unix::ffi::OsStrExt;

/// The features that `os` asks for.
const HAVE: &[&str] = &[
    "HAVE_EVENTFD",
    "HAVE_FACCESSAT",
    "HAVE_FCHDIR",
    "HAVE_FCHMOD",
    "HAVE_FCHMODAT",
    "HAVE_FCHOWN",
    "HAVE_FCHOWNAT",
    "HAVE_FEXECVE",
    "HAVE_FDOPENDIR",
    "HAVE_FPATHCONF",
    "HAVE_FSTATAT",
    "HAVE_FSTATVFS",
    "HAVE_FTRUNCATE",
    "HAVE_FUTIMENS",
    "HAVE_FUTIMES",
    "HAVE_FUTIMESAT",
    "HAVE_LINKAT",
    "HAVE_LCHOWN",
    "HAVE_LSTAT",
    "HAVE_LUTIMES",
    "HAVE_MEMFD_CREATE",
    "HAVE_MKDIRAT",
    "HAVE_MKFIFOAT",
    "HAVE_MKNODAT",
    "HAVE_OPENAT",
    "HAVE_READLINKAT",
    "HAVE_RENAMEAT",
    "HAVE_SYMLINKAT",
    "HAVE_UNLINKAT",
    "HAVE_UTIMENSAT",
];

pub fn init() -> PyResult {
    let m = module::new("posix");
    module::add_functions(m.value(), (&raw mut table::FUNCTIONS).cast());
    for (name, value) in constants::CONSTANTS {
        module::add(m.value(), name, Ref::int(*value));
    }
    for (name, table) in [
        ("sysconf_names", constants::SYSCONF),
        ("confstr_names", constants::CONFSTR),
        ("pathconf_names", constants::PATHCONF),
    ] {
        let d = dict::new();
        for (key, value) in table {
            dict::set_str(d.value(), key, Ref::int(i64::from(*value)).value());
        }
        module::add(m.value(), name, d);
    }
    module::add(
        m.value(),
        "_have_functions",
        list::from_vec(HAVE.iter().map(|s| str::new(s)).collect()),
    );
    module::add(m.value(), "error", exceptions::OSError.to_ref());
    let environ = dict::new();
    for (key, value) in std::env::vars_os() {
        let (key, value) = (bytes::new(key.as_bytes()), bytes::new(value.as_bytes()));
        if dict::set_item(environ.value(), key.value(), value.value()).is_err() {
            errors::clear();
        }
    }
    module::add(m.value(), "environ", environ);
    stat::add_types(m.value())?;
    info::add_types(m.value())?;
    process::add_types(m.value())?;
    sched::add_types(m.value())?;
    dir::add_types(m.value())?;
    Ok(m)
}
