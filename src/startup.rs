//! Bringing a runtime up: types, `sys`, `builtins`, importlib from the found library, standard streams, `site`.

use crate::paths::Layout;
use pyrs_object::{
    Args, PyResult, Ref, Value, dict, intern, list, module, ops, raise, str, thread, tuple,
};
use pyrs_stdlib::sys::Config;
use pyrs_vm::source;

/// Creates the runtime of this process. Errors are set in the thread state.
///
/// # Safety
/// Called once, by the thread that runs Python afterwards.
pub unsafe fn init(config: &Config, layout: &Layout) -> PyResult<()> {
    // SAFETY: by contract; everything is made in the order of its dependencies.
    unsafe {
        pyrs_object::pages::configure();
        let ts = thread::new_state();
        pyrs_vm::threads::acquire(ts);
        pyrs_vm::install();
    }
    if let Some((_, period)) = config.xoptions.iter().find(|(k, _)| k == "audit") {
        let period = period.as_deref().and_then(|p| p.parse().ok());
        // SAFETY: nothing runs yet.
        unsafe { pyrs_object::audit::switch_on(period.unwrap_or(pyrs_object::audit::PERIOD)) }
    }
    // Start-up makes much and drops little; `finish` ends the pause.
    pyrs_object::gc::pause();
    pyrs_object::statics::init()?;
    pyrs_object::exceptions::init()?;
    pyrs_vm::init_types()?;
    pyrs_cpyext::install();
    pyrs_object::bytes::BYTES_WARNING.store(
        config.flags.bytes_warning as u32,
        std::sync::atomic::Ordering::Relaxed,
    );
    if let Ok(n) = usize::try_from(config.flags.int_max_str_digits) {
        pyrs_object::int::set_max_str_digits(n);
        source::set_int_max_str_digits(n);
    }
    source::set_default_optimize(config.flags.optimize as i32);
    let sys = pyrs_stdlib::sys::init()?;
    let builtins = pyrs_vm::builtins::init()?;
    let modules = pyrs_vm::import::modules()?;
    dict::set_str(modules.value(), "sys", sys.value());
    dict::set_str(modules.value(), "builtins", builtins.value());
    pyrs_stdlib::sys::configure(sys.value(), config)?;
    // Modules imported before the streams exist may mention them (`-v`): `print` then says nothing.
    for name in ["stdin", "stdout", "stderr"] {
        dict::set_str(module::dict(sys.value()), name, Ref::none().value());
    }
    let frozen = config
        .xoptions
        .iter()
        .find(|(k, _)| k == "frozen_modules")
        .is_none_or(|(_, v)| v.as_deref() != Some("off"));
    crate::frozen::install(layout, frozen)?;
    init_importlib(sys.value(), config)?;
    if config.tracemalloc != 0 {
        pyrs_stdlib::tracemalloc::start_with(config.tracemalloc)?;
    }
    Ok(())
}

/// Everything after the import system: codecs, standard streams, warnings, `site`.
pub fn finish(config: &Config) -> PyResult<()> {
    let sys = pyrs_vm::import::sys_dict();
    pyrs_vm::import::import_absolute("_signal")?;
    pyrs_vm::import::import_absolute("encodings")?;
    init_streams(sys, config)?;
    if !config.warnoptions.is_empty() {
        pyrs_vm::import::import_absolute("warnings")?;
    }
    if config.flags.no_site == 0 {
        pyrs_vm::import::import_absolute("site")?;
    }
    pyrs_object::gc::resume();
    Ok(())
}

/// Makes a frozen module without the import system, which it is a part of.
fn load_bootstrap(name: &str) -> PyResult {
    let frozen = pyrs_vm::frozen::find(name)
        .ok_or_else(|| raise!(ImportError, "no frozen module named '{name}'"))?;
    let code = pyrs_vm::frozen::code(frozen)?;
    let m = module::new(name);
    let d = module::dict(m.value());
    pyrs_vm::ensure_builtins(d)?;
    // importlib completes `__spec__` and `__file__` with it.
    dict::set_str(d, "__origname__", str::new(frozen.origin).value());
    let modules = pyrs_vm::import::modules()?;
    dict::set_str(modules.value(), name, m.value());
    pyrs_vm::interp::exec_code(code.value(), d, d, Value::EMPTY)?;
    Ok(m)
}

fn init_importlib(sys: Value, config: &Config) -> PyResult<()> {
    let modules = pyrs_vm::import::modules()?;
    let imp = pyrs_stdlib::create("_imp")
        .ok_or_else(|| raise!(ImportError, "no module named '_imp'"))??;
    let check = str::new(&config.check_hash_pycs);
    dict::set_str(
        module::dict(imp.value()),
        "check_hash_based_pycs",
        check.value(),
    );
    dict::set_str(modules.value(), "_imp", imp.value());
    let bootstrap = load_bootstrap("_frozen_importlib")?;
    ops::call_method_str(bootstrap.value(), "_install", &[sys, imp.value()])?;
    pyrs_vm::import::set_importlib(&bootstrap);
    ops::call_method_str(bootstrap.value(), "_install_external_importers", &[])?;
    if let Some(external) = dict::get_str(modules.value(), "_frozen_importlib_external") {
        set_magic(module::dict(external.value()));
    }
    let zipimport = pyrs_vm::import::import_absolute("zipimport")?;
    let hook = ops::getattr_str(zipimport.value(), "zipimporter")?;
    let hooks = dict::get_str(module::dict(sys), "path_hooks")
        .ok_or_else(|| raise!(RuntimeError, "lost sys.path_hooks"))?;
    list::insert(hooks.value(), 0, hook)
}

/// Compiled files are told apart by the format of pyrs' own bytecode, not by CPython's magic number.
pub fn magic() -> [u8; 4] {
    let number = (3494 + pyrs_bytecode::FORMAT_VERSION) as u16;
    let [low, high] = number.to_le_bytes();
    [low, high, b'\r', b'\n']
}

fn set_magic(external: Value) {
    let magic = magic();
    let word = Ref::int(u32::from_le_bytes(magic).into());
    dict::set_str(
        external,
        "MAGIC_NUMBER",
        pyrs_object::bytes::new(&magic).value(),
    );
    dict::set_str(external, "_RAW_MAGIC_NUMBER", word.value());
}

fn init_streams(sys: Value, config: &Config) -> PyResult<()> {
    let io = pyrs_vm::import::import_absolute("io")?;
    let open = ops::getattr_str(io.value(), "open")?;
    dict::set_str(pyrs_vm::builtins_dict(), "open", open.value());
    let setting = std::env::var("PYTHONIOENCODING")
        .ok()
        .filter(|_| config.flags.ignore_environment == 0);
    let (encoding, given_errors) = match &setting {
        Some(s) => match s.split_once(':') {
            Some((e, errors)) => (
                e.to_string(),
                Some(errors.to_string()).filter(|e| !e.is_empty()),
            ),
            None => (s.clone(), None),
        },
        None => (String::from("utf-8"), None),
    };
    let encoding = if encoding.is_empty() {
        String::from("utf-8")
    } else {
        encoding
    };
    // Whatever name it was given, the stream knows its codec by the codec's own.
    let encoding = if setting.is_some() {
        let codec = pyrs_object::codec::lookup(&encoding).inspect_err(|_| {
            // There is no stream yet to report to.
            eprintln!(
                "Fatal Python error: init_stdio_encoding: failed to get the Python codec name of the stdio encoding\nPython runtime state: core initialized\nLookupError: unknown encoding: {encoding}\n"
            );
        })?;
        let name = ops::getattr_str(codec.value(), "name")?;
        str::to_string_lossy(name.value())
    } else {
        encoding
    };
    // In locales that say nothing of text, undecodable bytes pass through.
    let locale = pyrs_stdlib::ctype_locale();
    let c_locale = config.flags.utf8_mode > 0
        || matches!(
            locale.as_str(),
            "C" | "POSIX" | "C.UTF-8" | "C.utf8" | "UTF-8"
        );
    let unbuffered = config.xoptions.iter().any(|(k, _)| k == "unbuffered");
    for (fd, name, mode) in [(0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")] {
        // SAFETY: fcntl on a number is harmless.
        let valid = unsafe { libc::fcntl(fd, libc::F_GETFD) } >= 0;
        let stream = if valid {
            let default_errors = match fd {
                2 => "backslashreplace",
                _ if c_locale => "surrogateescape",
                _ => "strict",
            };
            let handler = if fd == 2 {
                "backslashreplace"
            } else {
                given_errors.as_deref().unwrap_or(default_errors)
            };
            open_stream(open.value(), fd, name, mode, &encoding, handler, unbuffered)?
        } else {
            Ref::none()
        };
        dict::set_str(sys, name, stream.value());
        dict::set_str(sys, &format!("__{name}__"), stream.value());
    }
    Ok(())
}

fn open_stream(
    open: Value,
    fd: i32,
    name: &str,
    mode: &str,
    encoding: &str,
    handler: &str,
    unbuffered: bool,
) -> PyResult {
    let raw_mode = str::new(&format!("{mode}b"));
    let closefd = Ref::bool(false);
    let buffering = if unbuffered && mode == "w" { 0 } else { -1 };
    let kwnames = tuple::from_vec(vec![str::intern("closefd")]);
    let args = [
        Value::int_unchecked(i64::from(fd)),
        raw_mode.value(),
        Value::int_unchecked(buffering),
        closefd.value(),
    ];
    let buffer = ops::call_args(
        open,
        Args {
            values: &args,
            kwnames: kwnames.value(),
        },
    )?;
    let raw = if buffering == 0 {
        buffer.clone()
    } else {
        ops::getattr_str(buffer.value(), "raw")?
    };
    let shown = str::new(&format!("<{name}>"));
    ops::setattr(raw.value(), intern!("name"), shown.value())?;
    let io = pyrs_vm::import::import_absolute("io")?;
    let wrapper = ops::getattr_str(io.value(), "TextIOWrapper")?;
    let tty = ops::call_method_str(raw.value(), "isatty", &[])?;
    let line_buffering = Ref::bool(ops::is_true(tty.value())? || fd == 2);
    let write_through = Ref::bool(buffering == 0);
    let (encoding, handler) = (str::new(encoding), str::new(handler));
    let newline = if mode == "r" {
        Ref::none()
    } else {
        str::new("\n")
    };
    let names = tuple::from_vec(
        [
            "encoding",
            "errors",
            "newline",
            "line_buffering",
            "write_through",
        ]
        .map(str::intern)
        .into(),
    );
    let values = [
        buffer.value(),
        encoding.value(),
        handler.value(),
        newline.value(),
        line_buffering.value(),
        write_through.value(),
    ];
    let stream = ops::call_args(
        wrapper.value(),
        Args {
            values: &values,
            kwnames: names.value(),
        },
    )?;
    let m = str::new(mode);
    ops::setattr(stream.value(), intern!("mode"), m.value())?;
    Ok(stream)
}

/// The `__main__` module, made on first use.
pub fn main_module() -> PyResult {
    let modules = pyrs_vm::import::modules()?;
    if let Some(m) = dict::get_str(modules.value(), "__main__") {
        return Ok(m);
    }
    let m = module::new("__main__");
    let d = module::dict(m.value());
    pyrs_vm::ensure_builtins(d)?;
    let builtins = dict::get_str(modules.value(), "builtins");
    if let Some(b) = builtins {
        dict::set_str(d, "__builtins__", b.value());
    }
    dict::set_str(d, "__annotations__", dict::new().value());
    if let Some(bootstrap) = pyrs_vm::import::importlib() {
        let loader = ops::getattr_str(bootstrap, "BuiltinImporter")?;
        dict::set_str(d, "__loader__", loader.value());
    }
    dict::set_str(modules.value(), "__main__", m.value());
    Ok(m)
}
