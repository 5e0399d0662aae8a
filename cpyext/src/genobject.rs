//! `cpython/genobject.h`: generators of frames.

use crate::*;
use pyrs_object::{function, intern, ops};

const GENERATOR: c_int = 0x20;
const COROUTINE: c_int = 0x80;
const ASYNC_GENERATOR: c_int = 0x200;

/// A generator that will run the code of a frame from `PyFrame_New`, which has not been started. Takes the frame over.
///
/// # Safety
/// The caller owns `f`.
unsafe fn from_frame(f: *mut PyFrameObject, kind: c_int, name: Value, qualname: Value) -> O {
    // SAFETY: by contract.
    let frame = unsafe { Ref::from_owned_ptr(f.cast::<PyObject>()) };
    let make = || {
        let code = pyrs_vm::frameobject::code_of(frame.value())?;
        // SAFETY: a live code object.
        let co = unsafe { &*code.value().as_ptr().cast::<PyCodeObject>() };
        if co.co_flags & kind == 0 {
            return Err(bad_call());
        }
        if co.co_argcount + co.co_kwonlyargcount != 0 || co.co_nfreevars != 0 {
            return Err(raise!(
                SystemError,
                "PyGen_New: pyrs makes generators only of frames without arguments and free variables"
            ));
        }
        let globals = ops::getattr(frame.value(), intern!("f_globals"))?;
        let f = function::new(code.value(), globals.value(), Value::EMPTY)?;
        let generator = ops::call(f.value(), &[])?;
        for (attribute, v) in [
            (intern!("__name__"), name),
            (intern!("__qualname__"), qualname),
        ] {
            if !v.is_empty() {
                ops::setattr(generator.value(), attribute, v)?;
            }
        }
        Ok(generator)
    };
    ret(make())
}

capi! {
    fn PyGen_New(f: *mut PyFrameObject) -> O { from_frame(f, GENERATOR, Value::EMPTY, Value::EMPTY) }
    fn PyGen_NewWithQualName(f: *mut PyFrameObject, name: O, qualname: O) -> O { from_frame(f, GENERATOR, val(name), val(qualname)) }
    fn PyCoro_New(f: *mut PyFrameObject, name: O, qualname: O) -> O { from_frame(f, COROUTINE, val(name), val(qualname)) }
    fn PyAsyncGen_New(f: *mut PyFrameObject, name: O, qualname: O) -> O { from_frame(f, ASYNC_GENERATOR, val(name), val(qualname)) }
    fn _PyGen_Finalize(o: O) {
        if let Some(f) = Type::of_ptr(o).tp_finalize { f(o); }
    }
}
