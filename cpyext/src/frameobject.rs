//! `code.h`, `pyframe.h` and `traceback.h`.

use crate::*;
use pyrs_object::{ops, str, thread, traceback, tuple};

fn empty_code(file: &str, name: &str, line: c_int) -> PyResult {
    let options = pyrs_vm::source::CompileOptions {
        filename: file,
        flags: 0,
        optimize: -1,
    };
    let code = pyrs_vm::source::compile(b"pass", pyrs_syntax::Mode::Exec, &options)?;
    let names = tuple::from_vec(["co_name", "co_firstlineno"].map(str::intern).into());
    let (n, l) = (str::intern(name), Ref::int(line.into()));
    let f = ops::getattr_str(code.value(), "replace")?;
    ops::call_args(
        f.value(),
        pyrs_object::Args {
            values: &[n.value(), l.value()],
            kwnames: names.value(),
        },
    )
}

capi! {
    fn PyCode_NewEmpty(file: *const c_char, name: *const c_char, line: c_int) -> *mut PyCodeObject {
        ret(empty_code(&text(file), &text(name), line)).cast()
    }
    fn PyCode_Addr2Line(code: *mut PyCodeObject, _at: c_int) -> c_int { (*code).co_firstlineno }
    fn PyFrame_GetCode(f: *mut PyFrameObject) -> *mut PyCodeObject {
        ret(ops::getattr_str(Value::from_object(f.cast()), "f_code")).cast()
    }
    fn PyFrame_GetBack(f: *mut PyFrameObject) -> *mut PyFrameObject {
        pyrs_vm::frameobject::back(Value::from_object(f.cast())).map_or(std::ptr::null_mut(), |b| b.into_ptr().cast())
    }
    fn PyFrame_GetLineNumber(f: *mut PyFrameObject) -> c_int { pyrs_vm::frameobject::line_number(Value::from_object(f.cast())) }
    fn PyFrame_GetLocals(f: *mut PyFrameObject) -> O { ret(ops::getattr_str(Value::from_object(f.cast()), "f_locals")) }
    fn PyFrame_GetGlobals(f: *mut PyFrameObject) -> O { ret(ops::getattr_str(Value::from_object(f.cast()), "f_globals")) }
    fn PyFrame_GetBuiltins(f: *mut PyFrameObject) -> O { ret(ops::getattr_str(Value::from_object(f.cast()), "f_builtins")) }
    fn PyTraceBack_Here(f: *mut PyFrameObject) -> c_int {
        let ts = thread::tstate();
        let next = Value::from_object((*ts).curexc_traceback);
        let line = if (*f).f_lineno != 0 { (*f).f_lineno } else { PyFrame_GetLineNumber(f) };
        let tb = traceback::new(next, Value::from_object(f.cast()), 0, line);
        let old = std::mem::replace(&mut (*ts).curexc_traceback, tb.into_ptr());
        pyrs_object::heap::xdecref_ptr(old);
        0
    }
    fn PyTraceBack_Print(tb: O, file: O) -> c_int {
        let r = (pyrs_object::hooks().import)("traceback").and_then(|m| {
            let names = tuple::from_vec(vec![str::intern("file")]);
            let f = ops::getattr_str(m.value(), "print_tb")?;
            ops::call_args(f.value(), pyrs_object::Args { values: &[val(tb), val(file)], kwnames: names.value() })
        });
        status(r.map(drop))
    }
}
