//! The modules that CPython compiles into its binary, natively.

pub mod convert;
pub mod posix;
pub mod resource;

/// Name and maker of each module, sorted by name.
pub static MODULES: &[(&str, fn() -> pyrs_object::PyResult)] = &[
    ("posix", posix::init),
    ("resource", resource::init),
];
