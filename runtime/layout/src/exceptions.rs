//! Exception instances. Field names, order and offsets are CPython 3.11's (x86-64 and AArch64 Linux agree).

use crate::*;
use std::ffi::c_char;

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyBaseExceptionObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PySyntaxErrorObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub msg: *mut PyObject,
    pub filename: *mut PyObject,
    pub lineno: *mut PyObject,
    pub offset: *mut PyObject,
    pub end_lineno: *mut PyObject,
    pub end_offset: *mut PyObject,
    pub text: *mut PyObject,
    pub print_file_and_line: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyImportErrorObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub msg: *mut PyObject,
    pub name: *mut PyObject,
    pub path: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyUnicodeErrorObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub encoding: *mut PyObject,
    pub object: *mut PyObject,
    pub start: isize,
    pub end: isize,
    pub reason: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PySystemExitObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub code: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyOSErrorObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub myerrno: *mut PyObject,
    pub strerror: *mut PyObject,
    pub filename: *mut PyObject,
    pub filename2: *mut PyObject,
    pub written: isize,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyStopIterationObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub value: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyNameErrorObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub name: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyAttributeErrorObject {
    pub ob_base: PyObject,
    pub dict: *mut PyObject,
    pub args: *mut PyObject,
    pub notes: *mut PyObject,
    pub traceback: *mut PyObject,
    pub context: *mut PyObject,
    pub cause: *mut PyObject,
    pub suppress_context: c_char,
    pub obj: *mut PyObject,
    pub name: *mut PyObject,
}
crate::assert_offsets! {
    PyBaseExceptionObject.ob_base = 0;
    PyBaseExceptionObject.dict = 16;
    PyBaseExceptionObject.args = 24;
    PyBaseExceptionObject.notes = 32;
    PyBaseExceptionObject.traceback = 40;
    PyBaseExceptionObject.context = 48;
    PyBaseExceptionObject.cause = 56;
    PyBaseExceptionObject.suppress_context = 64;
    PySyntaxErrorObject.ob_base = 0;
    PySyntaxErrorObject.dict = 16;
    PySyntaxErrorObject.args = 24;
    PySyntaxErrorObject.notes = 32;
    PySyntaxErrorObject.traceback = 40;
    PySyntaxErrorObject.context = 48;
    PySyntaxErrorObject.cause = 56;
    PySyntaxErrorObject.suppress_context = 64;
    PySyntaxErrorObject.msg = 72;
    PySyntaxErrorObject.filename = 80;
    PySyntaxErrorObject.lineno = 88;
    PySyntaxErrorObject.offset = 96;
    PySyntaxErrorObject.end_lineno = 104;
    PySyntaxErrorObject.end_offset = 112;
    PySyntaxErrorObject.text = 120;
    PySyntaxErrorObject.print_file_and_line = 128;
    PyImportErrorObject.ob_base = 0;
    PyImportErrorObject.dict = 16;
    PyImportErrorObject.args = 24;
    PyImportErrorObject.notes = 32;
    PyImportErrorObject.traceback = 40;
    PyImportErrorObject.context = 48;
    PyImportErrorObject.cause = 56;
    PyImportErrorObject.suppress_context = 64;
    PyImportErrorObject.msg = 72;
    PyImportErrorObject.name = 80;
    PyImportErrorObject.path = 88;
    PyUnicodeErrorObject.ob_base = 0;
    PyUnicodeErrorObject.dict = 16;
    PyUnicodeErrorObject.args = 24;
    PyUnicodeErrorObject.notes = 32;
    PyUnicodeErrorObject.traceback = 40;
    PyUnicodeErrorObject.context = 48;
    PyUnicodeErrorObject.cause = 56;
    PyUnicodeErrorObject.suppress_context = 64;
    PyUnicodeErrorObject.encoding = 72;
    PyUnicodeErrorObject.object = 80;
    PyUnicodeErrorObject.start = 88;
    PyUnicodeErrorObject.end = 96;
    PyUnicodeErrorObject.reason = 104;
    PySystemExitObject.ob_base = 0;
    PySystemExitObject.dict = 16;
    PySystemExitObject.args = 24;
    PySystemExitObject.notes = 32;
    PySystemExitObject.traceback = 40;
    PySystemExitObject.context = 48;
    PySystemExitObject.cause = 56;
    PySystemExitObject.suppress_context = 64;
    PySystemExitObject.code = 72;
    PyOSErrorObject.ob_base = 0;
    PyOSErrorObject.dict = 16;
    PyOSErrorObject.args = 24;
    PyOSErrorObject.notes = 32;
    PyOSErrorObject.traceback = 40;
    PyOSErrorObject.context = 48;
    PyOSErrorObject.cause = 56;
    PyOSErrorObject.suppress_context = 64;
    PyOSErrorObject.myerrno = 72;
    PyOSErrorObject.strerror = 80;
    PyOSErrorObject.filename = 88;
    PyOSErrorObject.filename2 = 96;
    PyOSErrorObject.written = 104;
    PyStopIterationObject.ob_base = 0;
    PyStopIterationObject.dict = 16;
    PyStopIterationObject.args = 24;
    PyStopIterationObject.notes = 32;
    PyStopIterationObject.traceback = 40;
    PyStopIterationObject.context = 48;
    PyStopIterationObject.cause = 56;
    PyStopIterationObject.suppress_context = 64;
    PyStopIterationObject.value = 72;
    PyNameErrorObject.ob_base = 0;
    PyNameErrorObject.dict = 16;
    PyNameErrorObject.args = 24;
    PyNameErrorObject.notes = 32;
    PyNameErrorObject.traceback = 40;
    PyNameErrorObject.context = 48;
    PyNameErrorObject.cause = 56;
    PyNameErrorObject.suppress_context = 64;
    PyNameErrorObject.name = 72;
    PyAttributeErrorObject.ob_base = 0;
    PyAttributeErrorObject.dict = 16;
    PyAttributeErrorObject.args = 24;
    PyAttributeErrorObject.notes = 32;
    PyAttributeErrorObject.traceback = 40;
    PyAttributeErrorObject.context = 48;
    PyAttributeErrorObject.cause = 56;
    PyAttributeErrorObject.suppress_context = 64;
    PyAttributeErrorObject.obj = 72;
    PyAttributeErrorObject.name = 80;
}

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyBaseExceptionGroupObject {
    pub base: PyBaseExceptionObject,
    pub msg: *mut PyObject,
    pub excs: *mut PyObject,
}
/// `ExceptionGroup` is a Python class in CPython and so has a list of weak references.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyExceptionGroupObject {
    pub base: PyBaseExceptionGroupObject,
    pub weakreflist: *mut PyObject,
}
crate::assert_offsets! {
    PyBaseExceptionGroupObject.msg = 72;
    PyBaseExceptionGroupObject.excs = 80;
    PyExceptionGroupObject.weakreflist = 88;
}
