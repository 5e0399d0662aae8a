//! The C function types of slots and method tables, named as in CPython's headers.
#![expect(
    non_camel_case_types,
    reason = "the names are those of CPython's headers"
)]

use crate::{Py_buffer, PyFrameObject, PyObject, PyTypeObject};
use std::ffi::{c_char, c_int, c_void};

type O = *mut PyObject;

pub type unaryfunc = unsafe extern "C" fn(O) -> O;
pub type binaryfunc = unsafe extern "C" fn(O, O) -> O;
pub type ternaryfunc = unsafe extern "C" fn(O, O, O) -> O;
pub type inquiry = unsafe extern "C" fn(O) -> c_int;
pub type lenfunc = unsafe extern "C" fn(O) -> isize;
pub type ssizeargfunc = unsafe extern "C" fn(O, isize) -> O;
pub type ssizeobjargproc = unsafe extern "C" fn(O, isize, O) -> c_int;
pub type objobjargproc = unsafe extern "C" fn(O, O, O) -> c_int;
pub type objobjproc = unsafe extern "C" fn(O, O) -> c_int;
pub type visitproc = unsafe extern "C" fn(O, *mut c_void) -> c_int;
pub type traverseproc = unsafe extern "C" fn(O, visitproc, *mut c_void) -> c_int;
pub type destructor = unsafe extern "C" fn(O);
pub type freefunc = unsafe extern "C" fn(*mut c_void);
pub type getattrfunc = unsafe extern "C" fn(O, *mut c_char) -> O;
pub type setattrfunc = unsafe extern "C" fn(O, *mut c_char, O) -> c_int;
pub type getattrofunc = unsafe extern "C" fn(O, O) -> O;
pub type setattrofunc = unsafe extern "C" fn(O, O, O) -> c_int;
pub type reprfunc = unsafe extern "C" fn(O) -> O;
pub type hashfunc = unsafe extern "C" fn(O) -> isize;
pub type richcmpfunc = unsafe extern "C" fn(O, O, c_int) -> O;
pub type getiterfunc = unsafe extern "C" fn(O) -> O;
pub type iternextfunc = unsafe extern "C" fn(O) -> O;
pub type descrgetfunc = unsafe extern "C" fn(O, O, O) -> O;
pub type descrsetfunc = unsafe extern "C" fn(O, O, O) -> c_int;
pub type initproc = unsafe extern "C" fn(O, O, O) -> c_int;
pub type newfunc = unsafe extern "C" fn(*mut PyTypeObject, O, O) -> O;
pub type allocfunc = unsafe extern "C" fn(*mut PyTypeObject, isize) -> O;
pub type vectorcallfunc = unsafe extern "C" fn(O, *const O, usize, O) -> O;
pub type sendfunc = unsafe extern "C" fn(O, O, *mut O) -> c_int;
pub type getbufferproc = unsafe extern "C" fn(O, *mut Py_buffer, c_int) -> c_int;
pub type releasebufferproc = unsafe extern "C" fn(O, *mut Py_buffer);
pub type getter = unsafe extern "C" fn(O, *mut c_void) -> O;
pub type setter = unsafe extern "C" fn(O, O, *mut c_void) -> c_int;
/// `ml_meth`: the true signature depends on `ml_flags`.
pub type PyCFunction = unsafe extern "C" fn(O, O) -> O;
pub type Py_tracefunc = unsafe extern "C" fn(O, *mut PyFrameObject, c_int, O) -> c_int;
