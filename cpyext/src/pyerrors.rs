//! `pyerrors.h`: the error indicator, which is memory in the thread state.

use crate::*;
use pyrs_object::thread::tstate;
use pyrs_object::{ValueExt, dict, errors, exceptions, heap, intern, ops, str, tuple};

/// Sets the indicator's three fields as they are (owned).
unsafe fn restore(ty: O, value: O, tb: O) {
    // SAFETY: the fields own their objects; the old ones are released after the new are in place.
    unsafe {
        let ts = tstate();
        let old = [
            (*ts).curexc_type,
            (*ts).curexc_value,
            (*ts).curexc_traceback,
        ];
        (*ts).curexc_type = ty;
        (*ts).curexc_value = value;
        (*ts).curexc_traceback = tb;
        for o in old {
            heap::xdecref_ptr(o);
        }
    }
}
/// `PyErr_SetObject`: an instance is only made if an exception is being handled (it becomes the context).
pub(crate) fn set_object(ty: Value, value: Value) {
    if exceptions::exception_class(ty).is_none() {
        let shown = ops::repr(ty)
            .map(|r| str::to_string_lossy(r.value()))
            .unwrap_or_default();
        let _ = raise!(
            SystemError,
            "_PyErr_SetObject: exception {shown} is not a BaseException subclass"
        );
        return;
    }
    if exceptions::handled().is_some() {
        let exc = exceptions::normalize(Ref::new(ty), Ref::new(value), Ref::new(Value::EMPTY));
        let _ = errors::set(exc);
        return;
    }
    let tb = if exceptions::is_exception(value) {
        exceptions::traceback_of(value)
    } else {
        None
    };
    let value = if value.is_empty() {
        NULL
    } else {
        new_ref(value)
    };
    // SAFETY: owned objects.
    unsafe {
        restore(
            Ref::new(ty).into_ptr(),
            value,
            tb.map_or(NULL, Ref::into_ptr),
        )
    }
}
fn set_text(ty: O, s: Ref) {
    // SAFETY: a live exception class.
    set_object(unsafe { val(ty) }, s.value());
}
fn from_errno(ty: O, a: Value, b: Value) -> O {
    let code = std::io::Error::last_os_error().raw_os_error().unwrap_or(0);
    if code == libc::EINTR && unsafe_signals() {
        return NULL;
    }
    let mut args = vec![Ref::int(code.into()), str::new(&errors::strerror(code))];
    if !a.is_empty() {
        args.push(Ref::new(a));
        if !b.is_empty() {
            args.push(Ref::none());
            args.push(Ref::new(b));
        }
    }
    let values: Vec<Value> = args.iter().map(Ref::value).collect();
    // SAFETY: a live exception class.
    if let Ok(exc) = ops::call(unsafe { val(ty) }, &values) {
        let t = exc.ty();
        if exceptions::is_exception(exc.value()) {
            let _ = errors::set(exc);
        } else {
            set_object(t.value(), exc.value());
        }
    }
    NULL
}
fn unsafe_signals() -> bool {
    // SAFETY: the GIL is held.
    unsafe { PyErr_CheckSignals() != 0 }
}
fn fs_name(p: *const c_char) -> Ref {
    if p.is_null() {
        return Ref::new(Value::EMPTY);
    }
    // SAFETY: a C string.
    pyrs_object::codec::decode_fs(unsafe { c_bytes(p) })
}
unsafe fn new_exception(full: *const c_char, doc: *const c_char, base: O, d: O) -> PyResult {
    // SAFETY: by the C API's contract.
    unsafe {
        let full = text(full).into_owned();
        let Some((module, short)) = full.rsplit_once('.') else {
            return Err(raise!(
                SystemError,
                "PyErr_NewException: name must be module.class"
            ));
        };
        let namespace = if d.is_null() {
            dict::new()
        } else {
            Ref::new(val(d))
        };
        if !dict::contains(namespace.value(), intern!("__module__"))? {
            dict::set_item(
                namespace.value(),
                intern!("__module__"),
                str::new(module).value(),
            )?;
        }
        if !doc.is_null() {
            dict::set_item(
                namespace.value(),
                intern!("__doc__"),
                Ref::str(&text(doc)).value(),
            )?;
        }
        let base = if base.is_null() {
            exceptions::Exception.value()
        } else {
            val(base)
        };
        let bases = if tuple::is_tuple(base) {
            Ref::new(base)
        } else {
            tuple::from_slice(&[base])
        };
        let meta = pyrs_object::ty!(pyrs_object::typeobject::PyType_Type).value();
        ops::call(
            meta,
            &[str::new(short).value(), bases.value(), namespace.value()],
        )
    }
}
/// Prints the current error through `sys.excepthook`; `SystemExit` ends the process.
fn print(set_last: bool) {
    if !errors::occurred() {
        return;
    }
    let exc = errors::take();
    if exc.is_a(exceptions::SystemExit) {
        let code = ops::getattr(exc.value(), intern!("code")).unwrap_or_else(|_| Ref::none());
        let n = if code.is_none() {
            0
        } else {
            code.as_int().unwrap_or(1)
        };
        if !code.is_none() && code.as_int().is_none() {
            eprintln!(
                "{}",
                ops::str_of(code.value())
                    .map(|s| str::to_string_lossy(s.value()))
                    .unwrap_or_default()
            );
        }
        std::process::exit(n as i32);
    }
    let tb = exceptions::traceback_of(exc.value()).unwrap_or_else(Ref::none);
    let sys = pyrs_vm::import::sys_dict();
    if set_last {
        dict::set_str(sys, "last_type", exc.ty().value());
        dict::set_str(sys, "last_value", exc.value());
        dict::set_str(sys, "last_traceback", tb.value());
    }
    match dict::get_str(sys, "excepthook") {
        Some(hook) => {
            if ops::call(hook.value(), &[exc.ty().value(), exc.value(), tb.value()]).is_err() {
                let second = errors::take();
                eprintln!("Error in sys.excepthook:");
                pyrs_stdlib::sys::plain_report(second.value());
                eprintln!("\nOriginal exception was:");
                pyrs_stdlib::sys::plain_report(exc.value());
            }
        }
        None => pyrs_stdlib::sys::plain_report(exc.value()),
    }
    errors::clear();
}
fn decode_error(e: O) -> Option<*mut PyUnicodeErrorObject> {
    // SAFETY: a live exception.
    let v = unsafe { val(e) };
    if v.is_a(exceptions::UnicodeError) {
        Some(v.as_ptr().cast())
    } else {
        None
    }
}
/// The encoding, object or reason of a unicode error, checked as CPython does.
unsafe fn unicode_part(e: O, part: &str) -> O {
    let Some(p) = decode_error(e) else {
        return bad_null();
    };
    // SAFETY: a live unicode error; its fields are null or alive.
    let (o, v) = unsafe {
        let o = match part {
            "encoding" => (*p).encoding,
            "object" => (*p).object,
            _ => (*p).reason,
        };
        (o, val(o))
    };
    if v.is_empty() {
        let _ = raise!(TypeError, "{part} attribute not set");
        return NULL;
    }
    // SAFETY: a live exception.
    let bytes = part == "object" && unsafe { val(e) }.is_a(exceptions::UnicodeDecodeError);
    let (fits, wanted) = if bytes {
        (pyrs_object::bytes::is_bytes(v), "bytes")
    } else {
        (str::is_str(v), "unicode")
    };
    if !fits {
        let _ = raise!(TypeError, "{part} attribute must be {wanted}");
        return NULL;
    }
    // SAFETY: alive.
    unsafe { heap::xincref_ptr(o) };
    o
}
/// The length of a unicode error's object.
unsafe fn object_length(e: O) -> Option<isize> {
    // SAFETY: a live unicode error.
    let held = unsafe { steal(unicode_part(e, "object")) };
    let v = held.value();
    if v.is_empty() {
        return None;
    }
    let n = if str::is_str(v) {
        str::len(v)
    } else {
        pyrs_object::bytes::data(v).len()
    };
    Some(n as isize)
}
/// # Safety
/// A live exception and a C string.
unsafe fn set_reason(e: O, reason: *const c_char) -> c_int {
    // SAFETY: by contract; the field owns what it holds.
    unsafe {
        let Some(p) = decode_error(e) else { return -1 };
        let new = Ref::str(&text(reason)).into_ptr();
        let old = std::mem::replace(&mut (*p).reason, new);
        heap::xdecref_ptr(old);
        0
    }
}

capi! {
    fn PyErr_ProgramTextObject(file: O, line: c_int) -> O {
        if file.is_null() { return NULL; }
        source_line(&str::to_string_lossy(val(file)), line).map_or(NULL, boundary::to_c)
    }
    fn _PyErr_ProgramDecodedTextObject(file: O, line: c_int, _encoding: *const c_char) -> O { PyErr_ProgramTextObject(file, line) }
    fn PyErr_RangedSyntaxLocationObject(file: O, line: c_int, column: c_int, end_line: c_int, end_column: c_int) {
        syntax_location(val(file), [line, end_line], [column, end_column])
    }
    fn _PyErr_CheckSignals() -> c_int { PyErr_CheckSignals() }
    fn _PyErr_GetExcInfo(_t: *mut PyThreadState, ty: *mut O, v: *mut O, tb: *mut O) { PyErr_GetExcInfo(ty, v, tb) }
    fn _PyErr_GetHandledException(_t: *mut PyThreadState) -> O { PyErr_GetHandledException() }
    fn _PyErr_SetHandledException(_t: *mut PyThreadState, exc: O) { PyErr_SetHandledException(exc) }
    fn PyErr_Occurred() -> O { (*tstate()).curexc_type }
    fn PyErr_Clear() { errors::clear() }
    fn PyErr_SetString(ty: O, s: *const c_char) {
        if let Ok(t) = pyrs_object::codec::decode(c_bytes(s), "utf-8", "strict") { set_text(ty, t) }
    }
    fn PyErr_SetObject(ty: O, v: O) { set_object(val(ty), val(v)) }
    fn _PyErr_SetObject(_t: *mut PyThreadState, ty: O, v: O) { set_object(val(ty), val(v)) }
    fn _PyErr_SetString(_t: *mut PyThreadState, ty: O, s: *const c_char) { PyErr_SetString(ty, s) }
    fn PyErr_SetNone(ty: O) { set_object(val(ty), Value::EMPTY) }
    fn _PyErr_SetKeyError(key: O) { let _ = errors::key_error(val(key)); }
    fn PyErr_Fetch(ty: *mut O, v: *mut O, tb: *mut O) {
        let ts = tstate();
        *ty = std::mem::replace(&mut (*ts).curexc_type, NULL);
        *v = std::mem::replace(&mut (*ts).curexc_value, NULL);
        *tb = std::mem::replace(&mut (*ts).curexc_traceback, NULL);
    }
    fn PyErr_Restore(ty: O, v: O, tb: O) { restore(ty, v, tb) }
    fn _PyErr_Fetch(_t: *mut PyThreadState, ty: *mut O, v: *mut O, tb: *mut O) { PyErr_Fetch(ty, v, tb) }
    fn _PyErr_Restore(_t: *mut PyThreadState, ty: O, v: O, tb: O) { restore(ty, v, tb) }
    fn _PyErr_Clear(_t: *mut PyThreadState) { errors::clear() }
    fn _PyErr_ExceptionMatches(_t: *mut PyThreadState, ty: O) -> c_int { PyErr_ExceptionMatches(ty) }
    fn PyErr_NormalizeException(ty: *mut O, v: *mut O, tb: *mut O) {
        if (*ty).is_null() { return; }
        let value = std::mem::replace(&mut *v, NULL);
        let exc = exceptions::normalize(Ref::from_owned_ptr(*ty), Ref::from_owned_ptr(value), Ref::new(Value::EMPTY));
        *ty = exc.ty().to_ref().into_ptr();
        if !tb.is_null() && (*tb).is_null() && let Some(own) = exceptions::traceback_of(exc.value()) {
            *tb = own.into_ptr();
        }
        *v = exc.into_ptr();
    }
    fn PyErr_ExceptionMatches(ty: O) -> c_int { PyErr_GivenExceptionMatches((*tstate()).curexc_type, ty) }
    fn PyErr_GivenExceptionMatches(e: O, ty: O) -> c_int { exceptions::given_matches(Value::from_object(e), Value::from_object(ty)).into() }
    fn PyErr_BadArgument() -> c_int { let _ = crate::unicodeobject::bad_argument(); 0 }
    fn _PyErr_BadInternalCall(file: *const c_char, line: c_int) {
        let _ = raise!(SystemError, "{}:{line}: bad argument to internal function", text(file));
    }
    fn PyErr_BadInternalCall() { let _ = bad_call(); }
    fn PyErr_NoMemory() -> O { let _ = errors::no_memory(); NULL }
    fn PyErr_SetFromErrno(ty: O) -> O { from_errno(ty, Value::EMPTY, Value::EMPTY) }
    fn PyErr_SetFromErrnoWithFilename(ty: O, name: *const c_char) -> O { from_errno(ty, fs_name(name).value(), Value::EMPTY) }
    fn PyErr_SetFromErrnoWithFilenameObject(ty: O, name: O) -> O { from_errno(ty, val(name), Value::EMPTY) }
    fn PyErr_SetFromErrnoWithFilenameObjects(ty: O, a: O, b: O) -> O { from_errno(ty, val(a), val(b)) }
    fn PyErr_SetImportError(message: O, name: O, path: O) -> O { PyErr_SetImportErrorSubclass(exceptions::ImportError.value().as_ptr(), message, name, path) }
    fn PyErr_SetImportErrorSubclass(ty: O, message: O, name: O, path: O) -> O {
        if let Some(t) = exceptions::exception_class(val(ty)) && !message.is_null() {
            if let Ok(e) = exceptions::new_import_error(t, &str::to_string_lossy(val(message)), val(name), val(path)) { let _ = errors::set(e); }
        } else { let _ = raise!(TypeError, "expected a message argument"); }
        NULL
    }
    fn PyErr_NewException(name: *const c_char, base: O, d: O) -> O { ret(new_exception(name, std::ptr::null(), base, d)) }
    fn PyErr_NewExceptionWithDoc(name: *const c_char, doc: *const c_char, base: O, d: O) -> O { ret(new_exception(name, doc, base, d)) }
    fn PyErr_WriteUnraisable(o: O) { errors::write_unraisable("", val(o)) }
    fn _PyErr_WriteUnraisableMsg(s: *const c_char, o: O) {
        let s = if s.is_null() { String::new() } else { format!("Exception ignored {}", text(s)) };
        errors::write_unraisable(&s, val(o))
    }
    fn PyErr_Print() { print(true) }
    fn PyErr_PrintEx(set_last: c_int) { print(set_last != 0) }
    fn PyErr_Display(_ty: O, v: O, tb: O) {
        let tb = if tb.is_null() { pyrs_object::singletons::none() } else { val(tb) };
        if pyrs_stdlib::sys::print_exception(val(v), tb).is_err() { errors::clear() }
    }
    fn PyErr_CheckSignals() -> c_int {
        if !pyrs_vm::safepoint::requested() { return 0; }
        // Other threads do not get to run: C may be in the middle of something.
        status(pyrs_stdlib::signal::check_signals())
    }
    fn PyErr_SetInterrupt() { libc::raise(libc::SIGINT); }
    fn PyErr_SetInterruptEx(n: c_int) -> c_int { libc::raise(n) }
    fn PyErr_GetHandledException() -> O { exceptions::handled().map_or(NULL, Ref::into_ptr) }
    fn PyErr_SetHandledException(e: O) {
        heap::xincref_ptr(e);
        let old = std::mem::replace(&mut (*(*tstate()).exc_info).exc_value, e);
        heap::xdecref_ptr(old);
    }
    fn PyErr_GetExcInfo(ty: *mut O, v: *mut O, tb: *mut O) {
        (*ty, *v, *tb) = (NULL, NULL, NULL);
        if let Some(exc) = exceptions::handled() {
            *ty = exc.ty().to_ref().into_ptr();
            *tb = exceptions::traceback_of(exc.value()).map_or(NULL, Ref::into_ptr);
            *v = exc.into_ptr();
        }
    }
    fn PyErr_SetExcInfo(ty: O, v: O, tb: O) {
        let old = std::mem::replace(&mut (*(*tstate()).exc_info).exc_value, v);
        heap::xdecref_ptr(old);
        heap::xdecref_ptr(ty);
        heap::xdecref_ptr(tb);
    }
    fn _PyErr_GetTopmostException(ts: *mut PyThreadState) -> *mut _PyErr_StackItem {
        let mut item = (*ts).exc_info;
        while ((*item).exc_value.is_null() || val((*item).exc_value).is_none()) && !(*item).previous_item.is_null() { item = (*item).previous_item; }
        item
    }
    fn _PyErr_ChainExceptions(ty: O, v: O, tb: O) {
        if ty.is_null() { return; }
        if !errors::occurred() { restore(ty, v, tb); return; }
        let first = exceptions::normalize(Ref::from_owned_ptr(ty), Ref::from_owned_ptr(v), Ref::from_owned_ptr(tb));
        let second = errors::take();
        exceptions::set_context(second.value(), Some(first));
        let _ = errors::restore(second);
    }
    fn PyException_GetTraceback(e: O) -> O { exceptions::traceback_of(val(e)).map_or(NULL, Ref::into_ptr) }
    fn PyException_SetTraceback(e: O, tb: O) -> c_int {
        let tb = val(tb);
        if !tb.is_empty() && !tb.is_none() && !tb.is_a(pyrs_object::ty!(pyrs_object::traceback::PyTraceBack_Type)) {
            let _ = raise!(TypeError, "__traceback__ must be a traceback or None");
            return -1;
        }
        exceptions::set_traceback(val(e), tb);
        0
    }
    fn PyException_GetCause(e: O) -> O { exceptions::cause_of(val(e)).map_or(NULL, Ref::into_ptr) }
    fn PyException_SetCause(e: O, v: O) { exceptions::set_cause(val(e), if v.is_null() { None } else { Some(steal(v)) }) }
    fn PyException_GetContext(e: O) -> O { exceptions::context_of(val(e)).map_or(NULL, Ref::into_ptr) }
    fn PyException_SetContext(e: O, v: O) { exceptions::set_context(val(e), if v.is_null() { None } else { Some(steal(v)) }) }
    fn PyExceptionClass_Name(t: O) -> *const c_char { (*t.cast::<PyTypeObject>()).tp_name }
    fn PyUnicodeDecodeError_Create(encoding: *const c_char, data: *const c_char, n: isize, start: isize, end: isize, reason: *const c_char) -> O {
        let b = pyrs_object::bytes::new(std::slice::from_raw_parts(data.cast(), n.max(0) as usize));
        let (e, r) = (Ref::str(&text(encoding)), Ref::str(&text(reason)));
        ret(ops::call(exceptions::UnicodeDecodeError.value(), &[e.value(), b.value(), Ref::int(start as i64).value(), Ref::int(end as i64).value(), r.value()]))
    }
    fn PyUnicodeDecodeError_GetStart(e: O, out: *mut isize) -> c_int {
        let (Some(p), Some(n)) = (decode_error(e), object_length(e)) else { return -1 };
        *out = (*p).start.min(n - 1).max(0);
        0
    }
    fn PyUnicodeDecodeError_GetEnd(e: O, out: *mut isize) -> c_int {
        let (Some(p), Some(n)) = (decode_error(e), object_length(e)) else { return -1 };
        *out = (*p).end.max(1).min(n);
        0
    }
    fn PyUnicodeEncodeError_GetStart(e: O, out: *mut isize) -> c_int { PyUnicodeDecodeError_GetStart(e, out) }
    fn PyUnicodeEncodeError_GetEnd(e: O, out: *mut isize) -> c_int { PyUnicodeDecodeError_GetEnd(e, out) }
    fn PyUnicodeDecodeError_SetStart(e: O, n: isize) -> c_int { decode_error(e).map_or(-1, |p| { (*p).start = n; 0 }) }
    fn PyUnicodeDecodeError_SetEnd(e: O, n: isize) -> c_int { decode_error(e).map_or(-1, |p| { (*p).end = n; 0 }) }
    fn PyUnicodeDecodeError_SetReason(e: O, reason: *const c_char) -> c_int { set_reason(e, reason) }
    fn PyUnicodeEncodeError_SetStart(e: O, n: isize) -> c_int { decode_error(e).map_or(-1, |p| { (*p).start = n; 0 }) }
    fn PyUnicodeEncodeError_SetEnd(e: O, n: isize) -> c_int { decode_error(e).map_or(-1, |p| { (*p).end = n; 0 }) }
    fn PyUnicodeEncodeError_SetReason(e: O, reason: *const c_char) -> c_int { set_reason(e, reason) }
    fn PyUnicodeDecodeError_GetEncoding(e: O) -> O { unicode_part(e, "encoding") }
    fn PyUnicodeEncodeError_GetEncoding(e: O) -> O { unicode_part(e, "encoding") }
    fn PyUnicodeDecodeError_GetObject(e: O) -> O { unicode_part(e, "object") }
    fn PyUnicodeEncodeError_GetObject(e: O) -> O { unicode_part(e, "object") }
    fn PyUnicodeTranslateError_GetObject(e: O) -> O { unicode_part(e, "object") }
    fn PyUnicodeDecodeError_GetReason(e: O) -> O { unicode_part(e, "reason") }
    fn PyUnicodeEncodeError_GetReason(e: O) -> O { unicode_part(e, "reason") }
    fn PyUnicodeTranslateError_GetReason(e: O) -> O { unicode_part(e, "reason") }
    fn PyUnicodeTranslateError_GetStart(e: O, out: *mut isize) -> c_int { PyUnicodeDecodeError_GetStart(e, out) }
    fn PyUnicodeTranslateError_GetEnd(e: O, out: *mut isize) -> c_int { PyUnicodeDecodeError_GetEnd(e, out) }
    fn PyUnicodeTranslateError_SetStart(e: O, n: isize) -> c_int { PyUnicodeDecodeError_SetStart(e, n) }
    fn PyUnicodeTranslateError_SetEnd(e: O, n: isize) -> c_int { PyUnicodeDecodeError_SetEnd(e, n) }
    fn PyUnicodeTranslateError_SetReason(e: O, reason: *const c_char) -> c_int { set_reason(e, reason) }
    fn PyErr_ProgramText(file: *const c_char, line: c_int) -> O {
        if file.is_null() { return NULL; }
        source_line(&text(file), line).map_or(NULL, boundary::to_c)
    }
    fn PyErr_SyntaxLocation(file: *const c_char, line: c_int) { PyErr_SyntaxLocationEx(file, line, -1) }
    fn PyErr_SyntaxLocationEx(file: *const c_char, line: c_int, column: c_int) { syntax_location(fs_name(file).value(), [line; 2], [column, -1]) }
    fn PyErr_SyntaxLocationObject(file: O, line: c_int, column: c_int) { syntax_location(val(file), [line; 2], [column, -1]) }
    fn Py_FatalError(s: *const c_char) -> ! { fatal(None, s) }
    fn _Py_FatalErrorFunc(f: *const c_char, s: *const c_char) -> ! { fatal(Some(f), s) }
}
/// A line of a source file, if there is such a file and line.
fn source_line(file: &str, line: c_int) -> Option<Ref> {
    let n = usize::try_from(line).ok()?.checked_sub(1)?;
    let source = std::fs::read(file).ok()?;
    let mut lines = source.split_inclusive(|b| *b == b'\n');
    Some(Ref::str(&String::from_utf8_lossy(lines.nth(n)?)))
}
/// Gives the exception that is set the place of a syntax error; negative columns are unknown.
fn syntax_location(file: Value, [line, end_line]: [c_int; 2], columns: [c_int; 2]) {
    let exc = errors::take();
    let [column, end_column] = columns.map(|n| match n {
        0.. => Ref::int(n.into()),
        _ => Ref::none(),
    });
    let none = Ref::none();
    let mut fields = vec![
        ("lineno", Ref::int(line.into())),
        ("offset", column),
        ("end_lineno", Ref::int(end_line.into())),
        ("end_offset", end_column),
    ];
    if !file.is_empty() {
        fields.push(("filename", Ref::new(file)));
        let source = source_line(&str::to_string_lossy(file), line);
        fields.push(("text", source.unwrap_or_else(Ref::none)));
    }
    if exc.ty() != exceptions::SyntaxError {
        if ops::getattr_str(exc.value(), "msg").is_err() {
            errors::clear();
            if let Ok(message) = ops::str_of(exc.value()) {
                fields.push(("msg", message));
            }
        }
        fields.push(("print_file_and_line", none));
    }
    for (name, v) in fields {
        // What an exception of another class refuses, it goes without.
        if ops::setattr(exc.value(), str::intern(name).value(), v.value()).is_err() {
            errors::clear();
        }
    }
    let _ = errors::restore(exc);
}
unsafe fn fatal(function: Option<*const c_char>, s: *const c_char) -> ! {
    // SAFETY: C strings.
    let (f, s) = unsafe { (function.map(|f| text(f)), text(s)) };
    eprintln!(
        "Fatal Python error: {}{s}",
        f.map_or_else(String::new, |f| format!("{f}: "))
    );
    std::process::abort()
}
