//! `pythonrun.h`: the function that reads a line from a terminal. The `readline` module puts its own there; `input()`
//! then asks it.

use crate::*;
use pyrs_vm::builtins::LineReader;
use std::ffi::CString;

/// Reads a line: a block of `PyMem_RawMalloc`, empty at the end of the file, null with an exception or after Ctrl-C.
type ReadLine =
    unsafe extern "C" fn(*mut libc::FILE, *mut libc::FILE, *const c_char) -> *mut c_char;

#[unsafe(no_mangle)]
pub static mut PyOS_ReadlineFunctionPointer: Option<ReadLine> = None;
/// The thread that waits in that function, for its callbacks.
#[unsafe(no_mangle)]
pub static mut _PyOS_ReadlineTState: *mut PyThreadState = std::ptr::null_mut();

unsafe extern "C" {
    static stdin: *mut libc::FILE;
    static stdout: *mut libc::FILE;
}

/// A line with its end; none if no module has put a reader there.
fn read(prompt: &[u8]) -> Option<PyResult<Vec<u8>>> {
    // SAFETY: written by extension modules under the GIL, which is held.
    let reader = unsafe { PyOS_ReadlineFunctionPointer }?;
    let Ok(prompt) = CString::new(prompt) else {
        return Some(Err(raise!(
            ValueError,
            "input: prompt string cannot contain null characters"
        )));
    };
    // SAFETY: the reader is C code that runs without the GIL and takes it for its callbacks through the thread state
    // that is kept here; what it gives is a C string that it leaves to the caller.
    unsafe {
        _PyOS_ReadlineTState = crate::pystate::PyEval_SaveThread();
        let line = reader(stdin, stdout, prompt.as_ptr());
        crate::pystate::PyEval_RestoreThread(_PyOS_ReadlineTState);
        _PyOS_ReadlineTState = std::ptr::null_mut();
        if line.is_null() {
            return Some(Err(pyrs_vm::builtins::interrupted()));
        }
        let bytes = CStr::from_ptr(line).to_bytes().to_vec();
        crate::objimpl::PyMem_RawFree(line.cast());
        Some(Ok(bytes))
    }
}

pub(crate) fn install() {
    let reader: LineReader = read;
    pyrs_vm::builtins::set_line_reader(reader);
}

capi! {
    fn _Py_SetLocaleFromEnv(category: c_int) -> *mut c_char { libc::setlocale(category, c"".as_ptr()) }
}
