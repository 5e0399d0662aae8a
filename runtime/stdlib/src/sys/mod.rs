//! `sys`: the interpreter's own state as a module.

mod functions;
mod report;
pub use report::{plain_report, print_exception};
mod info;

use pyrs_object::{PyResult, Ref, Value, dict, list, module, str, tuple};

/// What the command line and the environment decided; read by `sys`, `site` and the start-up.
#[derive(Clone, Debug, Default)]
pub struct Config {
    pub argv: Vec<String>,
    pub orig_argv: Vec<String>,
    pub executable: String,
    pub prefix: String,
    pub base_prefix: String,
    pub exec_prefix: String,
    pub base_exec_prefix: String,
    pub path: Vec<String>,
    pub stdlib_dir: String,
    pub warnoptions: Vec<String>,
    pub xoptions: Vec<(String, Option<String>)>,
    pub flags: Flags,
    pub pycache_prefix: Option<String>,
    pub dont_write_bytecode: bool,
    /// `_imp.check_hash_based_pycs`.
    pub check_hash_pycs: String,
    pub jit: bool,
    /// Frames in the tracebacks of allocations; 0: they are not traced from the start.
    pub tracemalloc: i64,
}

/// `sys.flags`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Flags {
    pub debug: i64,
    pub inspect: i64,
    pub interactive: i64,
    pub optimize: i64,
    pub dont_write_bytecode: i64,
    pub no_user_site: i64,
    pub no_site: i64,
    pub ignore_environment: i64,
    pub verbose: i64,
    pub bytes_warning: i64,
    pub quiet: i64,
    pub hash_randomization: i64,
    pub isolated: i64,
    pub dev_mode: bool,
    pub utf8_mode: i64,
    pub warn_default_encoding: i64,
    pub safe_path: bool,
    pub int_max_str_digits: i64,
}

/// A list of texts.
pub fn str_list(items: &[String]) -> Ref {
    list::from_vec(
        items
            .iter()
            .map(|s| pyrs_object::codec::decode_fs(s.as_bytes()))
            .collect(),
    )
}

/// Makes the module without what depends on [`Config`].
pub fn init() -> PyResult {
    let m = module::new("sys");
    pyrs_vm::import::set_sys(&m);
    module::add_functions(m.value(), (&raw mut functions::FUNCTIONS).cast());
    let add = |name: &str, v: Ref| module::add(m.value(), name, v);
    let modules = dict::new();
    add("modules", modules);
    add("byteorder", str::new("little"));
    add("maxsize", Ref::int(i64::MAX));
    add("maxunicode", Ref::int(0x10FFFF));
    add("api_version", Ref::int(1013));
    add(
        "copyright",
        str::new(
            "Copyright (c) the pyrs authors. Python is a trademark of the Python Software Foundation.",
        ),
    );
    add("platform", str::new("linux"));
    add("platlibdir", str::new("lib"));
    add("abiflags", str::new(""));
    add("float_repr_style", str::new("short"));
    add("hexversion", Ref::int(0x030B02F0));
    add("version", str::new(&info::version_text()));
    add(
        "_git",
        tuple::from_vec(vec![str::new("pyrs"), str::new(""), str::new("")]),
    );
    add("_framework", str::new(""));
    add("meta_path", list::new());
    add("path_hooks", list::new());
    add("path_importer_cache", dict::new());
    add("path", list::new());
    add("argv", list::new());
    add("orig_argv", list::new());
    add("warnoptions", list::new());
    add("_xoptions", dict::new());
    add("dont_write_bytecode", Ref::bool(false));
    add("pycache_prefix", Ref::none());
    add("ps1", str::new(">>> "));
    add("ps2", str::new("... "));
    info::add(m.value())?;
    functions::add_hook_originals(m.value());
    Ok(m)
}

/// Fills in what the configuration says.
pub fn configure(m: Value, config: &Config) -> PyResult<()> {
    let add = |name: &str, v: Ref| module::add(m, name, v);
    let text = |s: &str| pyrs_object::codec::decode_fs(s.as_bytes());
    add("argv", str_list(&config.argv));
    add("orig_argv", str_list(&config.orig_argv));
    add("executable", text(&config.executable));
    add("_base_executable", text(&config.executable));
    add("prefix", text(&config.prefix));
    add("base_prefix", text(&config.base_prefix));
    add("exec_prefix", text(&config.exec_prefix));
    add("base_exec_prefix", text(&config.base_exec_prefix));
    add("_home", Ref::none());
    add("_stdlib_dir", text(&config.stdlib_dir));
    add("path", str_list(&config.path));
    add("warnoptions", str_list(&config.warnoptions));
    let x = dict::new();
    for (k, v) in &config.xoptions {
        let value = v.as_ref().map_or_else(|| Ref::bool(true), |v| text(v));
        dict::set_str(x.value(), k, value.value());
    }
    add("_xoptions", x);
    add("dont_write_bytecode", Ref::bool(config.dont_write_bytecode));
    add(
        "pycache_prefix",
        config
            .pycache_prefix
            .as_ref()
            .map_or_else(Ref::none, |p| text(p)),
    );
    if config.flags.interactive == 0 && config.flags.inspect == 0 {
        dict::del_item(module::dict(m), str::intern("ps1").value())?;
        dict::del_item(module::dict(m), str::intern("ps2").value())?;
    }
    info::add_flags(m, &config.flags)
}
