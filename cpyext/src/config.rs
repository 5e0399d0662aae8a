//! `cpython/initconfig.h` and `cpython/pydebug.h`: how the interpreter was started, as C reads it. Extensions look at
//! `optimization_level` (Cython's assertions) and at a few flags; all of it is what `sys` says when the first extension
//! is loaded. Lists and texts live as long as the process.

use crate::*;
use pyrs_object::{ValueExt, ops, str};
use std::ffi::{c_ulong, c_void};
use std::ptr::{null, null_mut};

pub(crate) type WideStr = *const libc::wchar_t;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct WideStringList {
    pub(crate) length: isize,
    pub(crate) items: *const WideStr,
}

/// The layout of 3.11; names as in CPython's header.
#[repr(C)]
pub struct PyConfig {
    pub(crate) _config_init: c_int,
    pub(crate) isolated: c_int,
    pub(crate) use_environment: c_int,
    pub(crate) dev_mode: c_int,
    pub(crate) install_signal_handlers: c_int,
    pub(crate) use_hash_seed: c_int,
    pub(crate) hash_seed: c_ulong,
    pub(crate) faulthandler: c_int,
    pub(crate) tracemalloc: c_int,
    pub(crate) import_time: c_int,
    pub(crate) code_debug_ranges: c_int,
    pub(crate) show_ref_count: c_int,
    pub(crate) dump_refs: c_int,
    pub(crate) dump_refs_file: WideStr,
    pub(crate) malloc_stats: c_int,
    pub(crate) filesystem_encoding: WideStr,
    pub(crate) filesystem_errors: WideStr,
    pub(crate) pycache_prefix: WideStr,
    pub(crate) parse_argv: c_int,
    pub(crate) orig_argv: WideStringList,
    pub(crate) argv: WideStringList,
    pub(crate) xoptions: WideStringList,
    pub(crate) warnoptions: WideStringList,
    pub(crate) site_import: c_int,
    pub(crate) bytes_warning: c_int,
    pub(crate) warn_default_encoding: c_int,
    pub(crate) inspect: c_int,
    pub(crate) interactive: c_int,
    pub(crate) optimization_level: c_int,
    pub(crate) parser_debug: c_int,
    pub(crate) write_bytecode: c_int,
    pub(crate) verbose: c_int,
    pub(crate) quiet: c_int,
    pub(crate) user_site_directory: c_int,
    pub(crate) configure_c_stdio: c_int,
    pub(crate) buffered_stdio: c_int,
    pub(crate) stdio_encoding: WideStr,
    pub(crate) stdio_errors: WideStr,
    pub(crate) check_hash_pycs_mode: WideStr,
    pub(crate) use_frozen_modules: c_int,
    pub(crate) safe_path: c_int,
    pub(crate) pathconfig_warnings: c_int,
    pub(crate) program_name: WideStr,
    pub(crate) pythonpath_env: WideStr,
    pub(crate) home: WideStr,
    pub(crate) platlibdir: WideStr,
    pub(crate) module_search_paths_set: c_int,
    pub(crate) module_search_paths: WideStringList,
    pub(crate) stdlib_dir: WideStr,
    pub(crate) executable: WideStr,
    pub(crate) base_executable: WideStr,
    pub(crate) prefix: WideStr,
    pub(crate) base_prefix: WideStr,
    pub(crate) exec_prefix: WideStr,
    pub(crate) base_exec_prefix: WideStr,
    pub(crate) skip_source_first_line: c_int,
    pub(crate) run_command: WideStr,
    pub(crate) run_module: WideStr,
    pub(crate) run_filename: WideStr,
    pub(crate) _install_importlib: c_int,
    pub(crate) _init_main: c_int,
    pub(crate) _isolated_interpreter: c_int,
    pub(crate) _is_python_build: c_int,
}

const _: () = assert!(size_of::<PyConfig>() == 424);

macro_rules! flags {
    ($($symbol:ident $flag:literal;)*) => {
        $(#[unsafe(no_mangle)]
        pub static mut $symbol: c_int = 0;)*
        /// Gives C's flags the values of `sys.flags`.
        fn publish_flags() {
            // SAFETY: called once, with the GIL, before an extension can read them.
            unsafe { $($symbol = flag($flag);)* }
        }
    };
}
flags! {
    Py_BytesWarningFlag "bytes_warning";
    Py_DebugFlag "debug";
    Py_DontWriteBytecodeFlag "dont_write_bytecode";
    Py_HashRandomizationFlag "hash_randomization";
    Py_IgnoreEnvironmentFlag "ignore_environment";
    Py_InspectFlag "inspect";
    Py_InteractiveFlag "interactive";
    Py_IsolatedFlag "isolated";
    Py_NoSiteFlag "no_site";
    Py_NoUserSiteDirectory "no_user_site";
    Py_OptimizeFlag "optimize";
    Py_QuietFlag "quiet";
    Py_VerboseFlag "verbose";
}

/// The three words of the secret of string hashes. Compilers of hash functions (numba's) take it from here.
#[unsafe(no_mangle)]
pub static mut _Py_HashSecret: [u64; 3] = [0; 3];

/// Fills what C reads without a call.
pub(crate) fn publish() {
    publish_flags();
    let secret = str::hash_secret();
    // SAFETY: called with the GIL, before an extension can read it.
    unsafe { _Py_HashSecret = [secret.k0, secret.k1, secret.rest] }
}

fn sys(name: &str) -> Value {
    // `sys` keeps what it holds alive for as long as it is looked at here.
    pyrs_vm::import::sys_attr(name).map_or(Value::EMPTY, |v| v.value())
}
fn flag(name: &str) -> c_int {
    let flags = sys("flags");
    if flags.is_empty() {
        return 0;
    }
    let Ok(v) = ops::getattr_str(flags, name) else {
        pyrs_object::errors::clear();
        return 0;
    };
    // Some are bools.
    v.as_int().unwrap_or(v.is_true_const().into()) as c_int
}
fn wide(v: Value) -> WideStr {
    if v.is_empty() || !str::is_str(v) {
        return null();
    }
    let mut all: Vec<libc::wchar_t> = (0..str::len(v))
        .map(|i| str::char_at(v, i) as libc::wchar_t)
        .collect();
    all.push(0);
    all.leak().as_ptr()
}
fn wide_text(text: &str) -> WideStr {
    wide(str::new(text).value())
}
fn list(v: Value) -> WideStringList {
    let mut all = Vec::new();
    if !v.is_empty() && v.has_flag(tpflags::LIST_SUBCLASS) {
        all.extend(pyrs_object::list::items(v).iter().map(|item| wide(*item)));
    }
    WideStringList {
        length: all.len() as isize,
        items: all.leak().as_ptr(),
    }
}
fn xoptions() -> WideStringList {
    let options = sys("_xoptions");
    let mut all = Vec::new();
    if !options.is_empty() && pyrs_object::dict::is_dict(options) {
        pyrs_object::dict::for_each(options, |name, value| {
            let name = str::to_string_lossy(name);
            all.push(if str::is_str(value) {
                wide_text(&format!("{name}={}", str::to_string_lossy(value)))
            } else {
                wide_text(&name)
            });
        });
    }
    WideStringList {
        length: all.len() as isize,
        items: all.leak().as_ptr(),
    }
}

pub(crate) fn make() -> PyConfig {
    let not = |name| c_int::from(flag(name) == 0);
    let executable = wide(sys("executable"));
    let seed = std::env::var("PYTHONHASHSEED");
    let seed = seed.ok().and_then(|s| s.parse::<u32>().ok());
    PyConfig {
        // `_PyConfig_INIT_PYTHON`: as the `python3` program starts.
        _config_init: 2,
        isolated: flag("isolated"),
        use_environment: not("ignore_environment"),
        dev_mode: flag("dev_mode"),
        install_signal_handlers: 1,
        use_hash_seed: (seed.is_some() && flag("ignore_environment") == 0).into(),
        hash_seed: seed.unwrap_or(0).into(),
        faulthandler: 0,
        tracemalloc: 0,
        import_time: 0,
        code_debug_ranges: 1,
        show_ref_count: 0,
        dump_refs: 0,
        dump_refs_file: null(),
        malloc_stats: 0,
        filesystem_encoding: wide_text("utf-8"),
        filesystem_errors: wide_text("surrogateescape"),
        pycache_prefix: wide(sys("pycache_prefix")),
        parse_argv: 2,
        orig_argv: list(sys("orig_argv")),
        argv: list(sys("argv")),
        xoptions: xoptions(),
        warnoptions: list(sys("warnoptions")),
        site_import: not("no_site"),
        bytes_warning: flag("bytes_warning"),
        warn_default_encoding: flag("warn_default_encoding"),
        inspect: flag("inspect"),
        interactive: flag("interactive"),
        optimization_level: flag("optimize"),
        parser_debug: flag("debug"),
        write_bytecode: not("dont_write_bytecode"),
        verbose: flag("verbose"),
        quiet: flag("quiet"),
        user_site_directory: not("no_user_site"),
        configure_c_stdio: 1,
        buffered_stdio: 1,
        stdio_encoding: wide_text("utf-8"),
        stdio_errors: wide_text("strict"),
        check_hash_pycs_mode: wide_text("default"),
        use_frozen_modules: 1,
        safe_path: flag("safe_path"),
        pathconfig_warnings: 1,
        program_name: executable,
        pythonpath_env: null(),
        home: null(),
        platlibdir: wide(sys("platlibdir")),
        module_search_paths_set: 1,
        module_search_paths: list(sys("path")),
        stdlib_dir: wide(sys("_stdlib_dir")),
        executable,
        base_executable: wide(sys("_base_executable")),
        prefix: wide(sys("prefix")),
        base_prefix: wide(sys("base_prefix")),
        exec_prefix: wide(sys("exec_prefix")),
        base_exec_prefix: wide(sys("base_exec_prefix")),
        skip_source_first_line: 0,
        run_command: null(),
        run_module: null(),
        run_filename: null(),
        _install_importlib: 1,
        _init_main: 1,
        _isolated_interpreter: 0,
        _is_python_build: 0,
    }
}

/// Said by a program that has its modules in itself.
#[unsafe(no_mangle)]
pub static mut Py_FrozenFlag: c_int = 0;
#[unsafe(no_mangle)]
pub static mut Py_UnbufferedStdioFlag: c_int = 0;

capi! {
    fn Py_GETENV(name: *const c_char) -> *mut c_char {
        if Py_IgnoreEnvironmentFlag != 0 { null_mut() } else { libc::getenv(name) }
    }
    fn _PyInterpreterState_GetConfig(_i: *mut c_void) -> *const c_void {
        static mut CONFIG: *mut PyConfig = null_mut();
        if CONFIG.is_null() { CONFIG = Box::into_raw(Box::new(make())); }
        CONFIG.cast()
    }
    fn _Py_GetConfig() -> *const c_void { _PyInterpreterState_GetConfig(null_mut()) }
}
