//! `cpython/picklebufobject.h`.

use crate::*;
use pyrs_object::ops;
use pyrs_stdlib::pickle::{self, PyPickleBuffer_Type};

/// "expected PickleBuffer" unless it is one.
unsafe fn checked(o: O) -> PyResult<Value> {
    // SAFETY: null or alive, by the C API's contract.
    let v = unsafe { val(o) };
    if !v.is_empty() && pickle::is_pickle_buffer(v) {
        return Ok(v);
    }
    let name = if v.is_empty() {
        "NULL"
    } else {
        pyrs_object::ValueExt::ty(v).message_name()
    };
    Err(raise!(TypeError, "expected PickleBuffer, {name} found"))
}

capi! {
    fn PyPickleBuffer_FromObject(o: O) -> O {
        ret(pyrs_object::typeobject::ready(pyrs_object::ty!(PyPickleBuffer_Type))
            .and_then(|()| ops::call(pyrs_object::ty!(PyPickleBuffer_Type).value(), &[val(o)])))
    }
    fn PyPickleBuffer_GetBuffer(o: O) -> *const Py_buffer {
        match checked(o).and_then(pickle::buffer_of) { Ok(p) => p, Err(_) => std::ptr::null() }
    }
    fn PyPickleBuffer_Release(o: O) -> c_int { status(checked(o).and_then(|v| ops::call_method_str(v, "release", &[])).map(drop)) }
}
