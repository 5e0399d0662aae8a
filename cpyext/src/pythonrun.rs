//! `cpython/pythonrun.h`: programs from C streams.

use crate::ceval::{compile, eval};
use crate::*;
use libc::FILE;
use pyrs_object::{ValueExt, dict, errors, intern, module, ops, str};
use std::borrow::Cow;

/// `PyCompilerFlags`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CompilerFlags {
    flags: c_int,
    feature_version: c_int,
}
const FILE_INPUT: c_int = 257;
/// What `PyRun_InteractiveOne*` gives at the end of the stream.
const END_OF_FILE: c_int = 11;

/// # Safety
/// Null or valid.
unsafe fn flags_of(f: *const CompilerFlags) -> u32 {
    // SAFETY: by contract.
    unsafe { f.as_ref() }.map_or(0, |f| f.flags as u32)
}
/// The rest of a stream.
///
/// # Safety
/// An open stream.
unsafe fn rest(f: *mut FILE) -> Vec<u8> {
    let mut all = Vec::new();
    let mut part = [0u8; 8192];
    loop {
        // SAFETY: by contract; the buffer has room.
        let n = unsafe { libc::fread(part.as_mut_ptr().cast(), 1, part.len(), f) };
        if n == 0 {
            return all;
        }
        all.extend_from_slice(&part[..n]);
    }
}
/// A line with its end; empty at the end of the stream.
///
/// # Safety
/// An open stream.
unsafe fn line(f: *mut FILE) -> Vec<u8> {
    let mut all = Vec::new();
    loop {
        // SAFETY: by contract.
        match unsafe { libc::fgetc(f) } {
            libc::EOF => return all,
            c => all.push(c as u8),
        }
        if all.last() == Some(&b'\n') {
            return all;
        }
    }
}
/// # Safety
/// Null or a C string.
unsafe fn name_of<'a>(p: *const c_char) -> Cow<'a, str> {
    if p.is_null() {
        return "???".into();
    }
    // SAFETY: by contract.
    Cow::Owned(str::to_string_lossy(
        pyrs_object::codec::decode_fs(unsafe { c_bytes(p) }).value(),
    ))
}
fn main_dict() -> PyResult {
    // SAFETY: the name is a C string.
    let main = unsafe { crate::import::PyImport_AddModule(c"__main__".as_ptr()) };
    if main.is_null() {
        return Err(errors::from_c_null());
    }
    Ok(Ref::new(module::dict(Value::from_object(main))))
}
fn run(
    source: &[u8],
    name: &str,
    start: c_int,
    globals: Value,
    locals: Value,
    flags: u32,
) -> PyResult {
    let code = compile(source, name, start, flags, -1)?;
    eval(code.value(), globals, locals)
}
/// 0, or -1 after the exception was shown.
fn shown(r: PyResult<()>) -> c_int {
    match r {
        Ok(()) => 0,
        Err(_) => {
            // SAFETY: an exception is set.
            unsafe { crate::pyerrors::PyErr_Print() };
            -1
        }
    }
}
/// # Safety
/// An open stream.
unsafe fn simple_file(f: *mut FILE, name: &str, close: bool, flags: u32) -> c_int {
    // SAFETY: by contract; the stream is closed only on the caller's word.
    let source = unsafe {
        let source = rest(f);
        if close {
            libc::fclose(f);
        }
        source
    };
    let program = || -> PyResult<()> {
        let d = main_dict()?;
        let d = d.value();
        let names = (intern!("__file__"), intern!("__cached__"));
        let fresh = !dict::contains(d, names.0)?;
        if fresh {
            dict::set_item(d, names.0, Ref::str(name).value())?;
            dict::set_item(d, names.1, Ref::none().value())?;
        }
        let done = run(&source, name, FILE_INPUT, d, d, flags).map(drop);
        if fresh {
            let kept = done.is_err().then(errors::take);
            dict::del_item(d, names.0)?;
            dict::del_item(d, names.1)?;
            if let Some(e) = kept {
                return Err(errors::restore(e));
            }
        }
        done
    };
    shown(program())
}
/// `sys.ps1` or `sys.ps2`, set if it is missing.
fn prompt(name: &'static str, usual: &str) -> PyResult<String> {
    if let Some(v) = pyrs_vm::import::sys_attr(name) {
        return Ok(str::to_string_lossy(ops::str_of(v.value())?.value()));
    }
    let sys = pyrs_vm::import::import_absolute("sys")?;
    ops::setattr(
        sys.value(),
        str::intern(name).value(),
        Ref::str(usual).value(),
    )?;
    Ok(usual.to_owned())
}
/// Reads a statement and runs it: `None` at the end of the stream.
///
/// # Safety
/// An open stream.
unsafe fn interactive_one(f: *mut FILE, name: &str, flags: u32) -> PyResult<Option<()>> {
    let codeop = pyrs_vm::import::import_absolute("codeop")?;
    let d = main_dict()?;
    let mut source = Vec::new();
    let mut shown = prompt("ps1", ">>> ")?;
    loop {
        eprint!("{shown}");
        // SAFETY: by contract.
        let more = unsafe { line(f) };
        if more.is_empty() {
            if source.is_empty() {
                return Ok(None);
            }
            run(&source, name, 256, d.value(), d.value(), flags)?;
            return Ok(Some(()));
        }
        source.extend_from_slice(&more);
        let blank = source.iter().all(u8::is_ascii_whitespace);
        if blank {
            return Ok(Some(()));
        }
        let text = String::from_utf8_lossy(&source);
        let text = text.strip_suffix('\n').unwrap_or(&text);
        let (text, file) = (Ref::str(text), Ref::str(name));
        let complete = ops::call_method_str(
            codeop.value(),
            "compile_command",
            &[text.value(), file.value(), Ref::str("single").value()],
        )?;
        if !complete.is_none() {
            run(&source, name, 256, d.value(), d.value(), flags)?;
            return Ok(Some(()));
        }
        shown = prompt("ps2", "... ")?;
    }
}
/// # Safety
/// An open stream.
unsafe fn interactive(f: *mut FILE, name: &str, flags: u32) -> c_int {
    // SAFETY: by contract.
    match unsafe { interactive_one(f, name, flags) } {
        Ok(None) => END_OF_FILE,
        Ok(Some(())) => 0,
        Err(_) => shown(Err(errors::from_c_null())),
    }
}
/// # Safety
/// An open stream.
unsafe fn interactive_loop(f: *mut FILE, name: &str, flags: u32) -> c_int {
    loop {
        // SAFETY: by contract. An exception that was shown does not end the loop.
        if unsafe { interactive(f, name, flags) } == END_OF_FILE {
            return 0;
        }
    }
}
/// # Safety
/// An open stream.
unsafe fn is_interactive(f: *mut FILE, name: Option<&str>) -> bool {
    // SAFETY: by contract; the flag is a plain word.
    unsafe {
        libc::isatty(libc::fileno(f)) != 0
            || crate::config::Py_InteractiveFlag != 0
                && name.is_none_or(|n| n == "<stdin>" || n == "???")
    }
}
/// # Safety
/// An open stream.
unsafe fn any_file(f: *mut FILE, name: &str, close: bool, flags: u32) -> c_int {
    // SAFETY: by contract.
    unsafe {
        if !is_interactive(f, Some(name)) {
            return simple_file(f, name, close, flags);
        }
        let r = interactive_loop(f, name, flags);
        if close {
            libc::fclose(f);
        }
        r
    }
}
fn object_name(v: Value) -> String {
    if v.is_empty() {
        "???".into()
    } else {
        str::to_string_lossy(v)
    }
}

capi! {
    fn Py_CompileStringObject(s: *const c_char, file: O, start: c_int, flags: *const CompilerFlags, optimize: c_int) -> O {
        ret(compile(c_bytes(s), &object_name(val(file)), start, flags_of(flags), optimize))
    }
    fn PyRun_FileExFlags(f: *mut FILE, file: *const c_char, start: c_int, globals: O, locals: O, close: c_int, flags: *const CompilerFlags) -> O {
        let source = rest(f);
        if close != 0 { libc::fclose(f); }
        ret(run(&source, &name_of(file), start, val(globals), val(locals), flags_of(flags)))
    }
    fn PyRun_FileEx(f: *mut FILE, file: *const c_char, start: c_int, globals: O, locals: O, close: c_int) -> O {
        PyRun_FileExFlags(f, file, start, globals, locals, close, std::ptr::null())
    }
    fn PyRun_FileFlags(f: *mut FILE, file: *const c_char, start: c_int, globals: O, locals: O, flags: *const CompilerFlags) -> O {
        PyRun_FileExFlags(f, file, start, globals, locals, 0, flags)
    }
    fn PyRun_File(f: *mut FILE, file: *const c_char, start: c_int, globals: O, locals: O) -> O {
        PyRun_FileExFlags(f, file, start, globals, locals, 0, std::ptr::null())
    }
    fn PyRun_SimpleFileExFlags(f: *mut FILE, file: *const c_char, close: c_int, flags: *const CompilerFlags) -> c_int {
        simple_file(f, &name_of(file), close != 0, flags_of(flags))
    }
    fn PyRun_SimpleFileEx(f: *mut FILE, file: *const c_char, close: c_int) -> c_int { simple_file(f, &name_of(file), close != 0, 0) }
    fn PyRun_SimpleFile(f: *mut FILE, file: *const c_char) -> c_int { simple_file(f, &name_of(file), false, 0) }
    fn _PyRun_SimpleFileObject(f: *mut FILE, file: O, close: c_int, flags: *const CompilerFlags) -> c_int {
        simple_file(f, &object_name(val(file)), close != 0, flags_of(flags))
    }
    fn PyRun_AnyFileExFlags(f: *mut FILE, file: *const c_char, close: c_int, flags: *const CompilerFlags) -> c_int {
        any_file(f, &name_of(file), close != 0, flags_of(flags))
    }
    fn PyRun_AnyFileEx(f: *mut FILE, file: *const c_char, close: c_int) -> c_int { any_file(f, &name_of(file), close != 0, 0) }
    fn PyRun_AnyFileFlags(f: *mut FILE, file: *const c_char, flags: *const CompilerFlags) -> c_int {
        any_file(f, &name_of(file), false, flags_of(flags))
    }
    fn PyRun_AnyFile(f: *mut FILE, file: *const c_char) -> c_int { any_file(f, &name_of(file), false, 0) }
    fn _PyRun_AnyFileObject(f: *mut FILE, file: O, close: c_int, flags: *const CompilerFlags) -> c_int {
        any_file(f, &object_name(val(file)), close != 0, flags_of(flags))
    }
    fn PyRun_InteractiveOneFlags(f: *mut FILE, file: *const c_char, flags: *const CompilerFlags) -> c_int {
        interactive(f, &name_of(file), flags_of(flags))
    }
    fn PyRun_InteractiveOne(f: *mut FILE, file: *const c_char) -> c_int { interactive(f, &name_of(file), 0) }
    fn PyRun_InteractiveOneObject(f: *mut FILE, file: O, flags: *const CompilerFlags) -> c_int {
        interactive(f, &object_name(val(file)), flags_of(flags))
    }
    fn PyRun_InteractiveLoopFlags(f: *mut FILE, file: *const c_char, flags: *const CompilerFlags) -> c_int {
        interactive_loop(f, &name_of(file), flags_of(flags))
    }
    fn PyRun_InteractiveLoop(f: *mut FILE, file: *const c_char) -> c_int { interactive_loop(f, &name_of(file), 0) }
    fn _PyRun_InteractiveLoopObject(f: *mut FILE, file: O, flags: *const CompilerFlags) -> c_int {
        interactive_loop(f, &object_name(val(file)), flags_of(flags))
    }
    fn Py_FdIsInteractive(f: *mut FILE, file: *const c_char) -> c_int {
        let name = (!file.is_null()).then(|| name_of(file));
        is_interactive(f, name.as_deref()).into()
    }
    fn _Py_FdIsInteractive(f: *mut FILE, file: O) -> c_int {
        let name = (!file.is_null()).then(|| object_name(val(file)));
        is_interactive(f, name.as_deref()).into()
    }
    fn PyOS_Readline(input: *mut FILE, output: *mut FILE, prompt: *const c_char) -> *mut c_char {
        let reader = crate::readline::PyOS_ReadlineFunctionPointer;
        let terminal = libc::isatty(libc::fileno(input)) != 0 && libc::isatty(libc::fileno(output)) != 0;
        let bytes = match reader {
            Some(reader) if terminal => {
                let p = pyrs_vm::threads::without_gil(|| reader(input, output, prompt));
                if p.is_null() { return std::ptr::null_mut(); }
                let bytes = c_bytes(p).to_vec();
                crate::objimpl::PyMem_RawFree(p.cast());
                bytes
            }
            _ => {
                libc::fflush(output);
                eprint!("{}", text(prompt));
                pyrs_vm::threads::without_gil(|| line(input))
            }
        };
        let p = crate::objimpl::PyMem_Malloc(bytes.len() + 1).cast::<u8>();
        if p.is_null() { return std::ptr::null_mut(); }
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), p, bytes.len());
        *p.add(bytes.len()) = 0;
        p.cast()
    }
}
