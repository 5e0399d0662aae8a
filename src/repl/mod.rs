//! The prompt: statements are read line by line, compiled and run in `__main__`, as CPython's interactive mode does.

mod lines;
mod terminal;

use pyrs_object::{
    PyResult, Ref, Value, ValueExt, audit, codec, dict, errors, exceptions, module, ops, str,
};
use pyrs_syntax::Mode;
use pyrs_vm::import::{sys_attr, sys_dict};
use pyrs_vm::source::{self, CompileOptions};

/// What reading a line gives.
enum Line {
    Text(String),
    /// Ctrl-C: what was typed of the statement is forgotten.
    Interrupted,
    End,
}
/// Where lines come from. After a line that did not end as such the cursor is on a new one.
trait Reader {
    fn read(&mut self, prompt: &str) -> Line;
    /// A statement is complete; it may be recalled.
    fn remember(&mut self, statement: &str);
}

/// `PyCF_ALLOW_INCOMPLETE_INPUT | PyCF_DONT_IMPLY_DEDENT`.
const PARTIAL: u32 = 0x4000 | 0x200;
const FILENAME: &str = "<stdin>";

/// What to do with the lines read so far.
enum Step {
    Run(Ref),
    More,
    Failed,
}

/// Runs the prompt until the end of input or `SystemExit`, whose exception is given back.
pub(crate) fn run(main: Value) -> PyResult<()> {
    set_prompt("ps1", ">>> ");
    set_prompt("ps2", "... ");
    // SAFETY: asks about descriptors.
    let terminal = unsafe { libc::isatty(0) == 1 && libc::isatty(1) == 1 };
    let mut reader: Box<dyn Reader> = match terminal.then(|| terminal::Terminal::new(main)) {
        Some(Some(t)) => Box::new(t),
        _ => Box::new(lines::Plain),
    };
    let mut future = 0;
    while statement(main, reader.as_mut(), &mut future)? {}
    Ok(())
}
fn set_prompt(name: &str, text: &str) {
    if sys_attr(name).is_none() {
        dict::set_str(sys_dict(), name, Ref::str(text).value());
    }
}
/// `str(sys.ps1)`: it may be any object, which is asked each time.
fn prompt(name: &str) -> String {
    let text = sys_attr(name).and_then(|p| ops::str_of(p.value()).ok());
    errors::clear();
    text.map_or_else(String::new, |t| str::to_string_lossy(t.value()))
}

/// Reads and runs one statement. False at the end of input.
fn statement(main: Value, reader: &mut dyn Reader, future: &mut u32) -> PyResult<bool> {
    let mut source = String::new();
    let mut name = "ps1";
    loop {
        flush_streams();
        match reader.read(&prompt(name)) {
            Line::Interrupted => {
                eprintln!("KeyboardInterrupt");
                return Ok(true);
            }
            Line::End => {
                if !source.trim().is_empty() {
                    // The end of input ends the statement, as it may.
                    source.push('\n');
                    match compile(&source, *future) {
                        Ok(code) => execute(main, code)?,
                        Err(_) => report()?,
                    }
                }
                return Ok(false);
            }
            Line::Text(text) => {
                if name == "ps2" {
                    source.push('\n');
                }
                source.push_str(&text);
            }
        }
        match check(&source, *future) {
            Step::More => name = "ps2",
            Step::Failed => {
                reader.remember(&source);
                report()?;
                return Ok(true);
            }
            Step::Run(code) => {
                reader.remember(&source);
                *future |= future_flags(code.value());
                let told = audit!("compile", Value::EMPTY, FILENAME);
                match told.and_then(|()| audit!("exec", &code)) {
                    Ok(()) => execute(main, code)?,
                    Err(_) => report()?,
                }
                return Ok(true);
            }
        }
    }
}
fn compile(source: &str, flags: u32) -> PyResult {
    let options = CompileOptions {
        filename: FILENAME,
        flags,
        optimize: -1,
    };
    source::compile(source.as_bytes(), Mode::Single, &options)
}
/// Whether the lines are a statement, the beginning of one, or wrong.
fn check(source: &str, future: u32) -> Step {
    let blank = source.lines().all(|l| {
        let l = l.trim();
        l.is_empty() || l.starts_with('#')
    });
    let text = if blank { "pass" } else { source };
    match compile(text, future | PARTIAL) {
        Ok(code) => return Step::Run(code),
        Err(_) if !errors::matches(exceptions::SyntaxError) => return Step::Failed,
        Err(_) => errors::clear(),
    }
    // With one more newline it compiles or still lacks something: the next line will tell.
    match compile(&format!("{text}\n"), future | PARTIAL) {
        Ok(_) => return Step::More,
        Err(_) => {
            let exc = errors::take();
            let message = ops::str_of(exc.value());
            let incomplete =
                message.is_ok_and(|m| str::to_string_lossy(m.value()).contains("incomplete input"));
            errors::clear();
            if incomplete {
                return Step::More;
            }
        }
    }
    match compile(&format!("{text}\n"), future) {
        Ok(code) => Step::Run(code),
        Err(_) => Step::Failed,
    }
}
/// The future features that a statement has turned on for all that follow.
fn future_flags(code: Value) -> u32 {
    const FUTURE_MASK: i64 = 0x1fe_0000;
    let flags = ops::getattr_str(code, "co_flags");
    errors::clear();
    flags
        .ok()
        .and_then(|f| f.as_int())
        .map_or(0, |f| (f & FUTURE_MASK) as u32)
}
fn execute(main: Value, code: Ref) -> PyResult<()> {
    let d = module::dict(main);
    match pyrs_vm::interp::exec_code(code.value(), d, d, Value::EMPTY) {
        Ok(_) => Ok(()),
        Err(_) => report(),
    }
}
/// Shows the error that is set; `SystemExit` goes up.
fn report() -> PyResult<()> {
    let exc = errors::take();
    if exc.is_a(exceptions::SystemExit) {
        return Err(errors::set(exc));
    }
    crate::cli::show_exception(exc).map(drop)
}
fn flush_streams() {
    for name in ["stdout", "stderr"] {
        if let Some(f) = sys_attr(name).filter(|f| !f.is_none()) {
            let _ = ops::call_method_str(f.value(), "flush", &[]);
            errors::clear();
        }
    }
}

/// What `-i` and a terminal do before the prompt: `PYTHONSTARTUP` and `sys.__interactivehook__`.
pub(crate) fn prepare(main: Value, environment: bool) -> PyResult<()> {
    if environment && let Some(path) = std::env::var_os("PYTHONSTARTUP").filter(|p| !p.is_empty()) {
        let name = path.to_string_lossy();
        let told = audit!("cpython.run_startup", &*name);
        if told.and_then(|()| audit!("open", &*name, "r", 0)).is_err() {
            report()?;
            return Ok(());
        }
        match std::fs::read(&path) {
            Ok(text) => {
                let options = CompileOptions {
                    filename: &name,
                    flags: 0,
                    optimize: -1,
                };
                match source::compile(&text, Mode::Exec, &options) {
                    Ok(code) => execute(main, code)?,
                    Err(_) => report()?,
                }
            }
            Err(e) => {
                use std::os::unix::ffi::OsStrExt;
                eprintln!("Could not open PYTHONSTARTUP");
                let name = codec::decode_fs(path.as_bytes());
                let code = e.raw_os_error().unwrap_or(0);
                let _ = errors::os_error_code(code, name.value(), Value::EMPTY);
                report()?;
            }
        }
    }
    if let Some(hook) = sys_attr("__interactivehook__").filter(|h| !h.is_none())
        && audit!("cpython.run_interactivehook", &hook)
            .and_then(|()| ops::call(hook.value(), &[]))
            .is_err()
    {
        eprintln!("Failed calling sys.__interactivehook__");
        report()?;
    }
    Ok(())
}
