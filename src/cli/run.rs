//! Running what the command line names.

use super::options::{Options, Target};
use pyrs::finalize;
use pyrs::paths;
use pyrs::startup;
use pyrs_object::layout::tpflags;
use pyrs_object::{
    PyResult, Ref, Value, ValueExt, audit, dict, errors, exceptions, list, module, ops, raise, str,
};
use pyrs_stdlib::sys::Config;
use pyrs_syntax::Mode;
use pyrs_vm::source::{self, CompileOptions};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

/// The path of this executable, not resolved.
fn executable(argv0: &str) -> PathBuf {
    let p = Path::new(argv0);
    if p.components().count() > 1 {
        return std::path::absolute(p).unwrap_or_else(|_| p.to_path_buf());
    }
    if let Some(path) = std::env::var_os("PATH") {
        for dir in std::env::split_paths(&path) {
            if dir.join(p).is_file() {
                return dir.join(p);
            }
        }
    }
    std::env::current_exe().unwrap_or_else(|_| p.to_path_buf())
}

fn shown(p: &Path) -> String {
    p.to_string_lossy().into_owned()
}

pub(crate) fn run(options: Options) -> i32 {
    let environment = options.flags.ignore_environment == 0;
    let exe = executable(options.orig_argv.first().map_or("pyrs", String::as_str));
    let found = paths::find(&exe, environment).or_else(|| {
        let real = std::env::current_exe().ok()?;
        paths::find(&real, environment)
    });
    let Some(layout) = found else {
        eprintln!("{}", paths::NOT_FOUND);
        return 1;
    };
    let config = configure(&options, &exe, &layout);
    // SAFETY: first and only call, on the main thread.
    let started =
        unsafe { startup::init(&config, &layout) }.and_then(|()| startup::finish(&config));
    if started.is_err() {
        return report(false);
    }
    start_jit(&options.jit);
    let code = match run_target(&options) {
        Ok(()) => 0,
        Err(_) => report(inspects(&options) && !is_prompt(&options)),
    };
    if let Some(text) = pyrs_jit_driver::report() {
        eprint!("{text}");
    }
    let code = if inspects(&options) && !is_prompt(&options) {
        interactive_after()
    } else {
        code
    };
    let flushed = finalize::shutdown();
    if pyrs_object::audit::on() {
        eprintln!("{}", pyrs_object::audit::finish());
    }
    pyrs_object::pages::keep_all();
    pyrs_vm::threads::end();
    if flushed { code } else { 120 }
}

/// Turns the JIT on; a machine it cannot run on is no error.
fn start_jit(jit: &super::options::Jit) {
    if !jit.enabled {
        return;
    }
    let stress = jit
        .stress
        .as_deref()
        .and_then(pyrs_jit_driver::Stress::parse)
        .unwrap_or_default();
    let options = pyrs_jit_driver::Options {
        threshold: jit.threshold,
        stress,
        sync: jit.sync,
        stats: jit.stats,
        without: jit.without.clone(),
        dump_ir: jit.dump.iter().any(|d| d == "ir"),
        dump_asm: jit.dump.iter().any(|d| d == "asm"),
        cross: jit.cross.clone(),
    };
    // SAFETY: called once, after start-up, by the thread that runs Python.
    if let Err(e) = unsafe { pyrs_jit_driver::install(options) }
        && (jit.stats || jit.cross.is_some())
    {
        eprintln!("jit: off: {e}");
    }
}

fn configure(options: &Options, exe: &Path, layout: &paths::Layout) -> Config {
    let mut path = Vec::new();
    if options.flags.ignore_environment == 0
        && let Some(extra) = std::env::var_os("PYTHONPATH").filter(|p| !p.is_empty())
    {
        path.extend(std::env::split_paths(&extra).map(|p| shown(&p)));
    }
    path.push(shown(&layout.base_prefix.join("lib/python311.zip")));
    path.push(shown(&layout.stdlib));
    if let Some(d) = &layout.dynload {
        path.push(shown(d));
    }
    let mut argv = vec![match &options.target {
        Target::Command(_) => String::from("-c"),
        Target::Module(_) => String::from("-m"),
        Target::Script(s) => s.clone(),
        Target::Stdin => String::from(if options.orig_argv.iter().any(|a| a == "-") {
            "-"
        } else {
            ""
        }),
    }];
    argv.extend(options.args.iter().cloned());
    let mut flags = options.flags;
    if flags.isolated > 0 {
        flags.ignore_environment = 1;
    }
    let mut xoptions = options.xoptions.clone();
    if options.unbuffered {
        xoptions.push((String::from("unbuffered"), None));
    }
    Config {
        argv,
        orig_argv: options.orig_argv.clone(),
        executable: shown(exe),
        prefix: shown(&layout.prefix),
        base_prefix: shown(&layout.base_prefix),
        exec_prefix: shown(&layout.prefix),
        base_exec_prefix: shown(&layout.base_prefix),
        path,
        stdlib_dir: shown(&layout.stdlib),
        warnoptions: options.warnoptions.clone(),
        xoptions,
        flags,
        pycache_prefix: std::env::var("PYTHONPYCACHEPREFIX")
            .ok()
            .filter(|v| !v.is_empty() && flags.ignore_environment == 0),
        check_hash_pycs: options.check_hash_pycs.clone(),
        dont_write_bytecode: flags.dont_write_bytecode > 0,
        jit: options.jit.enabled,
        tracemalloc: options.tracemalloc,
    }
}

/// Puts the script's folder (or "" for commands) in front of `sys.path`.
fn prepend_path(dir: &str) -> PyResult<()> {
    if let Some(path) = pyrs_vm::import::sys_attr("path")
        && list::is_list(path.value())
    {
        list::insert(
            path.value(),
            0,
            pyrs_object::codec::decode_fs(dir.as_bytes()),
        )?;
    }
    Ok(())
}

/// The program is what is typed at the prompt.
fn is_prompt(options: &Options) -> bool {
    // SAFETY: asks about a descriptor.
    options.target == Target::Stdin
        && (options.flags.interactive > 0 || unsafe { libc::isatty(0) } == 1)
}

fn run_target(options: &Options) -> PyResult<()> {
    let main = startup::main_module()?;
    let safe = options.flags.safe_path;
    match &options.target {
        Target::Command(text) => {
            if let Some(raw) = &options.undecodable {
                eprintln!("Unable to decode the command from the command line:");
                let text = pyrs_object::codec::decode_fs(raw);
                pyrs_object::codec::encode(text.value(), "utf-8", "strict")?;
            }
            if !safe {
                prepend_path("")?;
            }
            let flags = source::IGNORE_COOKIE;
            let shown = text.as_str();
            audit!("cpython.run_command", shown)?;
            audit!(
                "compile",
                pyrs_object::bytes::new(shown.as_bytes()),
                "<string>"
            )?;
            run_source(main.value(), text.as_bytes(), "<string>", flags)
        }
        Target::Module(name) => {
            if !safe {
                let cwd = std::env::current_dir()
                    .map(|d| shown(&d))
                    .unwrap_or_default();
                prepend_path(&cwd)?;
            }
            audit!("cpython.run_module", name.as_str())?;
            let runpy = pyrs_vm::import::import_absolute("runpy")?;
            let f = ops::getattr_str(runpy.value(), "_run_module_as_main")?;
            ops::call(
                f.value(),
                &[str::new(name).value(), Ref::bool(true).value()],
            )
            .map(drop)
        }
        Target::Script(path) => run_script(main.value(), path, options),
        Target::Stdin => {
            if !safe {
                prepend_path("")?;
            }
            if is_prompt(options) {
                return pyrs_repl(main.value(), options);
            }
            audit!("cpython.run_stdin")?;
            let mut text = Vec::new();
            if let Err(e) = std::io::Read::read_to_end(&mut std::io::stdin(), &mut text) {
                eprintln!("pyrs: cannot read standard input: {e}");
            }
            audit!("compile", Value::EMPTY, "<stdin>")?;
            run_source(main.value(), &text, "<stdin>", source::SOURCE_IS_FILE)
        }
    }
}

fn run_script(main: Value, path: &str, options: &Options) -> PyResult<()> {
    // What the program is told of its file is absolute; `sys.argv[0]` stays as it was given.
    let path = &match std::env::current_dir() {
        Ok(dir) if !path.starts_with('/') => {
            format!("{}/{path}", shown(&dir).trim_end_matches('/'))
        }
        _ => path.to_owned(),
    };
    let p = Path::new(path);
    if p.is_dir() || is_zip(p) {
        prepend_path(path)?;
        let runpy = pyrs_vm::import::import_absolute("runpy")?;
        let f = ops::getattr_str(runpy.value(), "_run_module_as_main")?;
        return ops::call(
            f.value(),
            &[str::new("__main__").value(), Ref::bool(false).value()],
        )
        .map(drop);
    }
    audit!("cpython.run_file", path.as_str())?;
    audit!("open", path.as_str(), "rb", 0)?;
    let mut text = match std::fs::read(p) {
        Ok(text) => text,
        Err(e) => {
            let exe = options.orig_argv.first().map_or("pyrs", String::as_str);
            let code = e.raw_os_error().unwrap_or(0);
            eprintln!(
                "{exe}: can't open file '{}': [Errno {code}] {}",
                shown(&std::path::absolute(p).unwrap_or_default()),
                errors::strerror(code)
            );
            let exc = exceptions::new_instance(exceptions::SystemExit, &[Value::int_unchecked(2)])?;
            return Err(errors::set(exc));
        }
    };
    let compiled = path.ends_with(".pyc") || text.starts_with(&startup::magic()[..2]);
    if options.skip_first_line && !compiled {
        let end = text.iter().position(|b| *b == b'\n').unwrap_or(text.len());
        text.drain(..end);
    }
    if !options.flags.safe_path {
        let dir = p.canonicalize().ok().and_then(|r| {
            let link = std::fs::symlink_metadata(p).is_ok_and(|m| m.file_type().is_symlink());
            let real = if link {
                r
            } else {
                std::path::absolute(p).ok()?
            };
            real.parent().map(shown)
        });
        prepend_path(&dir.unwrap_or_default())?;
    }
    let d = module::dict(main);
    let file = pyrs_object::codec::decode_fs(path.as_bytes());
    dict::set_str(d, "__file__", file.value());
    dict::set_str(d, "__cached__", Ref::none().value());
    if let Some(external) = dict::get_str(
        pyrs_vm::import::modules()?.value(),
        "_frozen_importlib_external",
    ) {
        let loader = if compiled {
            "SourcelessFileLoader"
        } else {
            "SourceFileLoader"
        };
        let loader = ops::getattr_str(external.value(), loader)?;
        let instance = ops::call(
            loader.value(),
            &[str::new("__main__").value(), file.value()],
        )?;
        dict::set_str(d, "__loader__", instance.value());
    }
    if compiled {
        return run_compiled(main, &text);
    }
    audit!("compile", Value::EMPTY, path.as_str())?;
    run_source(main, &cut_at_nulls(text), path, source::SOURCE_IS_FILE)
}

/// Runs what the import system has written: a magic number, three words that say what it was made of, the code.
fn run_compiled(main: Value, data: &[u8]) -> PyResult<()> {
    let Some(image) = data
        .strip_prefix(&startup::magic())
        .and_then(|rest| rest.get(12..))
    else {
        return Err(raise!(RuntimeError, "Bad magic number in .pyc file"));
    };
    let code = pyrs_stdlib::marshal::load(image)?;
    if !pyrs_vm::code::is_code(code.value()) {
        return Err(raise!(RuntimeError, "Bad code object in .pyc file"));
    }
    run_code(main, code.value())
}

/// As C's line reading does: what is behind a NUL is not part of its line.
fn cut_at_nulls(text: Vec<u8>) -> Vec<u8> {
    if !text.contains(&0) {
        return text;
    }
    let lines = text.split(|b| *b == b'\n');
    let cut: Vec<&[u8]> = lines
        .map(|l| l.split(|b| *b == 0).next().unwrap_or(l))
        .collect();
    cut.join(&b'\n')
}

fn is_zip(p: &Path) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let Ok(mut f) = std::fs::File::open(p) else {
        return false;
    };
    let Ok(size) = f.metadata().map(|m| m.len()) else {
        return false;
    };
    if size < 22 || f.seek(SeekFrom::Start(size.saturating_sub(22))).is_err() {
        return false;
    }
    let mut end = [0; 4];
    f.read_exact(&mut end).is_ok() && end == *b"PK\x05\x06"
}

fn run_source(main: Value, text: &[u8], filename: &str, flags: u32) -> PyResult<()> {
    let options = CompileOptions {
        filename,
        flags,
        optimize: -1,
    };
    let code = source::compile(text, Mode::Exec, &options)?;
    run_code(main, code.value())
}

fn run_code(main: Value, code: Value) -> PyResult<()> {
    audit!("exec", code)?;
    let d = module::dict(main);
    pyrs_vm::interp::exec_code(code, d, d, Value::EMPTY).map(drop)
}

fn pyrs_repl(main: Value, options: &Options) -> PyResult<()> {
    if options.flags.quiet == 0 {
        eprintln!(
            "Python 3.11.2 (pyrs {}) [Rust] on linux",
            env!("CARGO_PKG_VERSION")
        );
        // `site` has not added what the line speaks of.
        if options.flags.no_site == 0 {
            eprintln!(
                "Type \"help\", \"copyright\", \"credits\" or \"license\" for more information."
            );
        }
    }
    crate::repl::prepare(main, options.flags.ignore_environment == 0)?;
    crate::repl::run(main)
}

/// The prompt comes after the program: by `-i` or `PYTHONINSPECT`, which the program itself may have set.
fn inspects(options: &Options) -> bool {
    let environment = options.flags.ignore_environment == 0;
    let asked = options.flags.inspect > 0
        || environment && std::env::var_os("PYTHONINSPECT").is_some_and(|v| !v.is_empty());
    // SAFETY: asks about a descriptor.
    asked && (options.flags.interactive > 0 || unsafe { libc::isatty(0) } == 1)
}
/// `-i`: a prompt after the program.
fn interactive_after() -> i32 {
    let result = startup::main_module().and_then(|m| {
        crate::repl::prepare(m.value(), false)?;
        crate::repl::run(m.value())
    });
    match result {
        Ok(()) => 0,
        Err(_) => report(false),
    }
}

/// Whether the program ended by an unhandled `KeyboardInterrupt`: then it dies of SIGINT, so that shells stop too.
static INTERRUPTED: AtomicBool = AtomicBool::new(false);

pub(crate) fn die_if_interrupted() {
    if !INTERRUPTED.load(Ordering::Relaxed) {
        return;
    }
    // SAFETY: restores the default action and raises the signal.
    unsafe {
        libc::signal(libc::SIGINT, libc::SIG_DFL);
        libc::raise(libc::SIGINT);
    }
}

/// Reports the current error as the end of the program; gives the exit code. With `inspect` a `SystemExit` is an
/// exception like others.
fn report(inspect: bool) -> i32 {
    let exc = errors::take();
    if exc.is_a(exceptions::SystemExit) && !inspect {
        return exit_code(exc.value());
    }
    let interrupted = exc.is_a(exceptions::KeyboardInterrupt);
    if show_exception(exc).is_err() {
        return exit_code(errors::take().value());
    }
    INTERRUPTED.store(interrupted && !inspect, Ordering::Relaxed);
    if interrupted { 130 } else { 1 }
}
/// Gives an exception to `sys.excepthook`. A `SystemExit` out of that is an error.
pub(crate) fn show_exception(exc: Ref) -> PyResult<()> {
    let hook = pyrs_vm::import::sys_attr("excepthook");
    if hook.is_none() {
        eprintln!("sys.excepthook is missing");
    }
    let Some(hook) = hook.filter(|_| pyrs_vm::import::sys_attr("stderr").is_some()) else {
        pyrs_stdlib::sys::plain_report(exc.value());
        return Ok(());
    };
    let tb = exceptions::traceback_of(exc.value()).unwrap_or_else(Ref::none);
    let ty = exc.ty().to_ref();
    for (name, v) in [
        ("last_type", &ty),
        ("last_value", &exc),
        ("last_traceback", &tb),
    ] {
        dict::set_str(pyrs_vm::import::sys_dict(), name, v.value());
    }
    if audit!("sys.excepthook", &hook, &ty, &exc, &tb).is_err() {
        if errors::take_if(exceptions::RuntimeError) {
            return Ok(());
        }
        errors::write_unraisable("Exception ignored in audit hook", Value::EMPTY);
    }
    if ops::call(hook.value(), &[ty.value(), exc.value(), tb.value()]).is_err() {
        let second = errors::take();
        if second.is_a(exceptions::SystemExit) {
            return Err(errors::set(second));
        }
        eprintln!("Error in sys.excepthook:");
        pyrs_stdlib::sys::plain_report(second.value());
        eprintln!("\nOriginal exception was:");
        pyrs_stdlib::sys::plain_report(exc.value());
    }
    Ok(())
}

fn exit_code(exc: Value) -> i32 {
    let Ok(code) = ops::getattr_str(exc, "code") else {
        errors::clear();
        return 1;
    };
    if code.is_none() {
        return 0;
    }
    if code.has_flag(tpflags::LONG_SUBCLASS) {
        return pyrs_object::int::to_i64(code.value()).map_or(-1, |n| n as i32);
    }
    if let Some(stderr) = pyrs_vm::import::sys_attr("stderr").filter(|f| !f.is_none())
        && let Ok(text) = ops::str_of(code.value())
    {
        let line = str::new(&format!("{}\n", str::to_string_lossy(text.value())));
        if ops::call_method_str(stderr.value(), "write", &[line.value()]).is_ok() {
            return 1;
        }
    }
    errors::clear();
    1
}
