//! The struct sequences of `sys`: version, flags, implementation, number formats.

use super::Flags;
use pyrs_object::{PyResult, Ref, Value, dict, module, namespace, str, structseq};

pub(super) fn version_text() -> String {
    // `platform` takes it apart: a version, a build in parentheses, a compiler in brackets.
    format!("3.11.2 (pyrs {}) [Rust]", env!("CARGO_PKG_VERSION"))
}

fn sequence(
    name: &'static str,
    fields: &[(&'static str, &'static str)],
    values: Vec<Ref>,
) -> PyResult {
    let t = structseq::new_type(name, "", fields, fields.len())?;
    Ok(structseq::new(t, values))
}
fn int(n: i64) -> Ref {
    Ref::int(n)
}

/// The number types' limits, the version and the implementation.
pub(super) fn add(m: Value) -> PyResult<()> {
    let add = |name: &str, v: Ref| module::add(m, name, v);
    let version = sequence(
        "sys.version_info",
        &[
            ("major", ""),
            ("minor", ""),
            ("micro", ""),
            ("releaselevel", ""),
            ("serial", ""),
        ],
        vec![int(3), int(11), int(2), str::new("final"), int(0)],
    )?;
    add("version_info", version.clone());
    let implementation = dict::new();
    let set = |name: &str, v: Ref| dict::set_str(implementation.value(), name, v.value());
    set("name", str::new("pyrs"));
    // The format is part of it, so that different builds do not read each other's caches.
    let tag = format!("pyrs-311-{}", pyrs_vm::code::format_tag());
    set("cache_tag", str::new(&tag));
    set("version", version);
    set("hexversion", int(0x030B02F0));
    set(
        "_multiarch",
        str::new(&format!("{}-linux-gnu", std::env::consts::ARCH)),
    );
    add("implementation", namespace::new(implementation));
    let float = sequence(
        "sys.float_info",
        &[
            ("max", ""),
            ("max_exp", ""),
            ("max_10_exp", ""),
            ("min", ""),
            ("min_exp", ""),
            ("min_10_exp", ""),
            ("dig", ""),
            ("mant_dig", ""),
            ("epsilon", ""),
            ("radix", ""),
            ("rounds", ""),
        ],
        vec![
            Ref::float(f64::MAX),
            int(1024),
            int(308),
            Ref::float(f64::MIN_POSITIVE),
            int(-1021),
            int(-307),
            int(15),
            int(53),
            Ref::float(f64::EPSILON),
            int(2),
            int(1),
        ],
    )?;
    add("float_info", float);
    add(
        "int_info",
        sequence(
            "sys.int_info",
            &[
                ("bits_per_digit", ""),
                ("sizeof_digit", ""),
                ("default_max_str_digits", ""),
                ("str_digits_check_threshold", ""),
            ],
            vec![int(30), int(4), int(4300), int(640)],
        )?,
    );
    add(
        "hash_info",
        sequence(
            "sys.hash_info",
            &[
                ("width", ""),
                ("modulus", ""),
                ("inf", ""),
                ("nan", ""),
                ("imag", ""),
                ("algorithm", ""),
                ("hash_bits", ""),
                ("seed_bits", ""),
                ("cutoff", ""),
            ],
            vec![
                int(64),
                int((1 << 61) - 1),
                int(314159),
                int(0),
                int(1000003),
                str::new("siphash13"),
                int(64),
                int(128),
                int(0),
            ],
        )?,
    );
    add(
        "thread_info",
        sequence(
            "sys.thread_info",
            &[("name", ""), ("lock", ""), ("version", "")],
            vec![str::new("pthread"), str::new("semaphore"), glibc_version()],
        )?,
    );
    let names: Vec<Ref> = super::super::MODULES
        .iter()
        .map(|(n, _)| str::intern(n))
        .collect();
    let list = pyrs_object::list::from_vec(names);
    pyrs_object::list::append(list.value(), str::intern("builtins"))?;
    pyrs_object::list::append(list.value(), str::intern("sys"))?;
    pyrs_object::list::sort(list.value(), pyrs_object::singletons::none(), false)?;
    add(
        "builtin_module_names",
        pyrs_object::ops::to_tuple(list.value())?,
    );
    add("stdlib_module_names", stdlib_names()?);
    Ok(())
}

fn glibc_version() -> Ref {
    // SAFETY: gives a static NUL-terminated text.
    let text = unsafe { std::ffi::CStr::from_ptr(libc::gnu_get_libc_version()) };
    str::new(&format!("NPTL {}", text.to_string_lossy()))
}

/// `sys.stdlib_module_names`: the top-level names of the library found at run time are added by the start-up.
fn stdlib_names() -> PyResult {
    let mut names: Vec<Ref> = super::super::MODULES
        .iter()
        .map(|(n, _)| str::intern(n))
        .collect();
    names.push(str::intern("builtins"));
    names.push(str::intern("sys"));
    pyrs_object::set::new_frozen(names)
}

const FLAG_FIELDS: &[(&str, &str)] = &[
    ("debug", "-d"),
    ("inspect", "-i"),
    ("interactive", "-i"),
    ("optimize", "-O or -OO"),
    ("dont_write_bytecode", "-B"),
    ("no_user_site", "-s"),
    ("no_site", "-S"),
    ("ignore_environment", "-E"),
    ("verbose", "-v"),
    ("bytes_warning", "-b"),
    ("quiet", "-q"),
    ("hash_randomization", "-R"),
    ("isolated", "-I"),
    ("dev_mode", "-X dev"),
    ("utf8_mode", "-X utf8"),
    ("warn_default_encoding", "-X warn_default_encoding"),
    ("safe_path", "-P"),
    ("int_max_str_digits", "-X int_max_str_digits"),
];

pub(super) fn add_flags(m: Value, f: &Flags) -> PyResult<()> {
    let values = vec![
        int(f.debug),
        int(f.inspect),
        int(f.interactive),
        int(f.optimize),
        int(f.dont_write_bytecode),
        int(f.no_user_site),
        int(f.no_site),
        int(f.ignore_environment),
        int(f.verbose),
        int(f.bytes_warning),
        int(f.quiet),
        int(f.hash_randomization),
        int(f.isolated),
        Ref::bool(f.dev_mode),
        int(f.utf8_mode),
        int(f.warn_default_encoding),
        Ref::bool(f.safe_path),
        int(f.int_max_str_digits),
    ];
    pyrs_object::codec::set_check_names(f.dev_mode);
    crate::set_utf8_mode(f.utf8_mode != 0);
    module::add(m, "flags", sequence("sys.flags", FLAG_FIELDS, values)?);
    Ok(())
}
