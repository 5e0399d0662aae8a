//! `fileobject.h`.

use crate::*;
use pyrs_object::{ValueExt, int, intern, ops};

#[unsafe(no_mangle)]
pub static mut Py_FileSystemDefaultEncoding: *const c_char = c"utf-8".as_ptr();
#[unsafe(no_mangle)]
pub static mut Py_FileSystemDefaultEncodeErrors: *const c_char = c"surrogateescape".as_ptr();
#[unsafe(no_mangle)]
pub static mut Py_HasFileSystemDefaultEncoding: c_int = 1;
#[unsafe(no_mangle)]
pub static mut Py_UTF8Mode: c_int = 0;

fn descriptor(v: Value) -> PyResult<c_int> {
    let n = if int::is_int_instance(v) {
        Ref::new(v)
    } else {
        let Some(f) = ops::getattr_opt(v, intern!("fileno"))? else {
            return Err(raise!(
                TypeError,
                "argument must be an int, or have a fileno() method."
            ));
        };
        let r = ops::call(f.value(), &[])?;
        if !int::is_int_instance(r.value()) {
            return Err(raise!(TypeError, "fileno() returned a non-integer"));
        }
        r
    };
    let fd = crate::longobject::as_i64(n.value(), "Python int too large to convert to C int")?;
    if fd < 0 {
        return Err(raise!(
            ValueError,
            "file descriptor cannot be a negative integer ({fd})"
        ));
    }
    Ok(fd as c_int)
}

/// A stream on a file descriptor that needs nothing of `io`.
#[repr(C)]
pub struct StdPrinter {
    ob_base: PyObject,
    fd: c_int,
}
pyrs_object::py_type! {
    pub static PyStdPrinter_Type: StdPrinter = "stderrprinter" {
        flags: DISALLOW_INSTANTIATION;
        slots { tp_repr: printer_repr }
        methods: PRINTER_METHODS;
        getset: PRINTER_GETSET;
    }
}
pyrs_object::methods! { static PRINTER_METHODS = [
    "close" NOARGS printer_nothing, "";
    "flush" NOARGS printer_nothing, "";
    "fileno" NOARGS printer_fileno, "";
    "isatty" NOARGS printer_isatty, "";
    "write" O printer_write, "";
] }
pyrs_object::getset! { static PRINTER_GETSET = [
    "closed" printer_closed, None, "True if the file is closed";
    "encoding" printer_nothing, None, "Encoding of the file";
    "mode" printer_mode, None, "String giving the file mode";
] }
fn printer_fd(v: Value) -> c_int {
    // SAFETY: a live printer.
    unsafe { (*v.as_ptr().cast::<StdPrinter>()).fd }
}
fn printer_repr(v: Value) -> PyResult {
    let (fd, at) = (printer_fd(v), v.as_ptr());
    Ok(Ref::str(&format!("<stdprinter(fd={fd}) object at {at:p}>")))
}
fn printer_nothing(_: Value) -> PyResult {
    Ok(Ref::none())
}
fn printer_closed(_: Value) -> PyResult {
    Ok(Ref::bool(false))
}
fn printer_mode(_: Value) -> PyResult {
    Ok(Ref::str("w"))
}
fn printer_fileno(v: Value) -> PyResult {
    Ok(Ref::int(printer_fd(v).into()))
}
fn printer_isatty(v: Value) -> PyResult {
    // SAFETY: asks about a descriptor.
    Ok(Ref::bool(unsafe { libc::isatty(printer_fd(v)) } != 0))
}
fn printer_write(v: Value, text: Value) -> PyResult {
    if !pyrs_object::str::is_str(text) {
        return Err(raise!(
            TypeError,
            "argument 1 must be str, not {}",
            text.ty().message_name()
        ));
    }
    let bytes = pyrs_object::codec::encode(text, "utf-8", "backslashreplace")?;
    let bytes = pyrs_object::bytes::data(bytes.value());
    let (fd, mut done) = (printer_fd(v), 0);
    while done < bytes.len() {
        // SAFETY: the bytes are alive.
        match unsafe { libc::write(fd, bytes[done..].as_ptr().cast(), bytes.len() - done) } {
            -1 if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            -1 if std::io::Error::last_os_error().kind() == std::io::ErrorKind::WouldBlock => {
                return Ok(Ref::none());
            }
            -1 => return Err(pyrs_object::errors::os_error(Value::EMPTY, Value::EMPTY)),
            n => done += n as usize,
        }
    }
    Ok(Ref::int(done as i64))
}

capi! {
    fn PyFile_NewStdPrinter(fd: c_int) -> O {
        if fd != 1 && fd != 2 { return bad_null(); }
        let t = pyrs_object::ty!(PyStdPrinter_Type);
        if pyrs_object::typeobject::ready(t).is_err() { return NULL; }
        let o = pyrs_object::heap::alloc_zeroed(t, size_of::<StdPrinter>());
        (*o.cast::<StdPrinter>()).fd = fd;
        o
    }
    fn PyFile_OpenCodeObject(path: O) -> O {
        if !pyrs_object::str::is_str(val(path)) {
            let _ = raise!(TypeError, "'path' must be 'str', not '{}'", pyrs_object::ValueExt::ty(val(path)).message_name());
            return NULL;
        }
        ret((pyrs_object::hooks().import)("io").and_then(|m| ops::call_method_str(m.value(), "open_code", &[val(path)])))
    }
    fn PyFile_OpenCode(path: *const c_char) -> O { PyFile_OpenCodeObject(Ref::str(&text(path)).value().as_ptr()) }
    fn PyFile_SetOpenCodeHook(_hook: *mut c_char, _data: *mut c_char) -> c_int {
        // Modules are read in the runtime itself, which would go past a hook.
        let _ = raise!(SystemError, "PyFile_SetOpenCodeHook: pyrs has no hook for the opening of code");
        -1
    }
    fn Py_UniversalNewlineFgets(buffer: *mut c_char, n: c_int, f: *mut libc::FILE, object: O) -> *mut c_char {
        if !object.is_null() {
            *libc::__errno_location() = libc::ENXIO;
            return std::ptr::null_mut();
        }
        let mut at = 0;
        let mut after_return = false;
        while at + 1 < n {
            let mut c = libc::fgetc(f);
            if after_return {
                after_return = false;
                // The second half of a line's end that was given already.
                if c == c_int::from(b'\n') { c = libc::fgetc(f); }
            }
            if c == libc::EOF { break; }
            if c == c_int::from(b'\r') {
                after_return = true;
                c = b'\n'.into();
            }
            *buffer.offset(at as isize) = c as c_char;
            at += 1;
            if c == c_int::from(b'\n') { break; }
        }
        if after_return {
            let c = libc::fgetc(f);
            if c != c_int::from(b'\n') && c != libc::EOF { libc::ungetc(c, f); }
        }
        *buffer.offset(at as isize) = 0;
        if at == 0 { std::ptr::null_mut() } else { buffer }
    }
    fn PyObject_AsFileDescriptor(o: O) -> c_int { descriptor(val(o)).unwrap_or(-1) }
    fn PyFile_WriteObject(o: O, f: O, flags: c_int) -> c_int {
        if f.is_null() { let _ = raise!(TypeError, "writeobject with NULL file"); return -1; }
        let s = if flags & 1 != 0 { ops::str_of(val(o)) } else { ops::repr(val(o)) };
        status(s.and_then(|s| ops::call_method(val(f), intern!("write"), &[s.value()])).map(drop))
    }
    fn PyFile_WriteString(s: *const c_char, f: O) -> c_int {
        if pyrs_object::errors::occurred() { return -1; }
        status(ops::call_method(val(f), intern!("write"), &[Ref::str(&text(s)).value()]).map(drop))
    }
    fn PyFile_GetLine(f: O, n: c_int) -> O {
        ret(if n > 0 { ops::call_method_str(val(f), "readline", &[Ref::int(n.into()).value()]) } else { ops::call_method_str(val(f), "readline", &[]) })
    }
    fn PyFile_FromFd(fd: c_int, _name: *const c_char, mode: *const c_char, buffering: c_int, _e: *const c_char, _er: *const c_char, _nl: *const c_char, _close: c_int) -> O {
        let mode = if mode.is_null() { Ref::str("r") } else { Ref::str(&text(mode)) };
        ret((pyrs_object::hooks().import)("io").and_then(|m| {
            let v = ops::call_method_str(m.value(), "open", &[Ref::int(fd.into()).value(), mode.value(), Ref::int(buffering.into()).value()])?;
            debug_assert!(!v.is_none());
            Ok(v)
        }))
    }
}
