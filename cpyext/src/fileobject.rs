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

capi! {
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
