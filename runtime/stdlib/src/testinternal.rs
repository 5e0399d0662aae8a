//! `_testinternalcapi`: what CPython's tests ask the runtime about itself, as far as pyrs has it.

use pyrs_object::{PyResult, Ref, Value, dict, methods, module, ops, str, thread};
use pyrs_vm::import;

/// Members of `sys.flags` and the names of the same settings in a configuration.
const FLAGS: [(&str, &str); 15] = [
    ("debug", "parser_debug"),
    ("inspect", "inspect"),
    ("interactive", "interactive"),
    ("optimize", "optimization_level"),
    ("verbose", "verbose"),
    ("bytes_warning", "bytes_warning"),
    ("quiet", "quiet"),
    ("isolated", "isolated"),
    ("dev_mode", "dev_mode"),
    ("utf8_mode", "utf8_mode"),
    ("warn_default_encoding", "warn_default_encoding"),
    ("safe_path", "safe_path"),
    ("int_max_str_digits", "int_max_str_digits"),
    ("hash_randomization", "use_hash_seed"),
    ("no_site", "site_import"),
];
/// Attributes of `sys` that are settings themselves.
const ATTRIBUTES: [(&str, &str); 10] = [
    ("argv", "argv"),
    ("orig_argv", "orig_argv"),
    ("warnoptions", "warnoptions"),
    ("pycache_prefix", "pycache_prefix"),
    ("executable", "executable"),
    ("prefix", "prefix"),
    ("base_prefix", "base_prefix"),
    ("exec_prefix", "exec_prefix"),
    ("base_exec_prefix", "base_exec_prefix"),
    ("platlibdir", "platlibdir"),
];

/// The settings that this runtime was started with, under the names of `PyConfig`.
fn get_config(_: Value) -> PyResult {
    let config = dict::new();
    let d = config.value();
    if let Some(flags) = import::sys_attr("flags") {
        for (flag, setting) in FLAGS {
            let v = ops::getattr_str(flags.value(), flag)?;
            let inverted = matches!(flag, "no_site" | "hash_randomization");
            let n = if inverted {
                Ref::int(i64::from(!ops::is_true(v.value())?))
            } else {
                Ref::int(ops::index_as_isize(v.value())? as i64)
            };
            dict::set_str(d, setting, n.value());
        }
    }
    for (name, setting) in ATTRIBUTES {
        if let Some(v) = import::sys_attr(name) {
            dict::set_str(d, setting, v.value());
        }
    }
    if let Some(dont) = import::sys_attr("dont_write_bytecode") {
        let write = Ref::int(i64::from(!ops::is_true(dont.value())?));
        dict::set_str(d, "write_bytecode", write.value());
    }
    let ranges = i64::from(pyrs_vm::source::debug_ranges());
    dict::set_str(d, "code_debug_ranges", Ref::int(ranges).value());
    for (setting, text) in [
        ("filesystem_encoding", "utf-8"),
        ("filesystem_errors", "surrogateescape"),
    ] {
        dict::set_str(d, setting, str::new(text).value());
    }
    Ok(config)
}
fn get_recursion_depth(_: Value) -> PyResult {
    // SAFETY: the current thread state is valid.
    Ok(Ref::int(unsafe { thread::depth(thread::current()) }.into()))
}

methods! { static FUNCTIONS = [
    "get_config" NOARGS get_config, "get_config($module, /)\n--\n\nThe settings this runtime was started with.";
    "get_recursion_depth" NOARGS get_recursion_depth, "get_recursion_depth($module, /)\n--\n\nPython frames on the stack of this thread.";
] }

pub(crate) fn init() -> PyResult {
    let m = module::new("_testinternalcapi");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
