//! `code.h`, `pyframe.h` and `traceback.h`.

use crate::*;
use pyrs_object::{ops, str, thread, traceback, tuple};

fn empty_code(file: &str, name: &str, line: c_int) -> PyResult {
    code_with(b"pass", file, name, line)
}
/// A frame that stands for a C function in a traceback: that of code of the given name, run just to have it.
fn native_frame(file: &str, name: &str, line: c_int) -> PyResult {
    let code = code_with(b"frame = frame()", file, name, line)?;
    let get = pyrs_vm::import::sys_attr("_getframe").ok_or_else(bad_call)?;
    let globals = pyrs_object::dict::new();
    pyrs_object::dict::set_str(globals.value(), "frame", get.value());
    pyrs_vm::interp::exec_code(code.value(), globals.value(), globals.value(), Value::EMPTY)?;
    pyrs_object::dict::get_str(globals.value(), "frame").ok_or_else(bad_call)
}
fn code_with(source: &[u8], file: &str, name: &str, line: c_int) -> PyResult {
    let options = pyrs_vm::source::CompileOptions {
        filename: file,
        flags: 0,
        optimize: -1,
    };
    let code = pyrs_vm::source::compile(source, pyrs_syntax::Mode::Exec, &options)?;
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
    fn PyCode_GetCode(code: *mut PyCodeObject) -> O { ret(ops::getattr_str(Value::from_object(code.cast()), "co_code")) }
    fn PyCode_GetVarnames(code: *mut PyCodeObject) -> O { ret(ops::getattr_str(Value::from_object(code.cast()), "co_varnames")) }
    fn PyCode_GetCellvars(code: *mut PyCodeObject) -> O { ret(ops::getattr_str(Value::from_object(code.cast()), "co_cellvars")) }
    fn PyCode_GetFreevars(code: *mut PyCodeObject) -> O { ret(ops::getattr_str(Value::from_object(code.cast()), "co_freevars")) }
    fn PyFrame_GetLasti(f: *mut PyFrameObject) -> c_int {
        let i = ops::getattr_str(Value::from_object(f.cast()), "f_lasti");
        i.ok().and_then(|i| i.value().as_int()).map_or(-1, |i| i as c_int)
    }
    fn PyFrame_GetGenerator(f: *mut PyFrameObject) -> O {
        let frame = pyrs_vm::frameobject::frame_of(Value::from_object(f.cast()));
        if frame.is_null() || (*frame).generator.is_null() { NULL } else { new_ref(Value::from_object((*frame).generator)) }
    }
    fn PyFrame_New(_t: *mut PyThreadState, code: *mut PyCodeObject, globals: O, locals: O) -> *mut PyFrameObject {
        let (code, locals) = (Value::from_object(code.cast()), if locals.is_null() { Value::EMPTY } else { val(locals) });
        ret(pyrs_vm::frameobject::detached(code, val(globals), locals)).cast()
    }
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
    fn _PyTraceback_Add(name: *const c_char, file: *const c_char, line: c_int) {
        let exc = pyrs_object::errors::take();
        let frame = native_frame(&text(file), &text(name), line);
        // An error of the making is less interesting than the one that is on its way.
        if frame.is_err() { pyrs_object::errors::clear(); }
        let _ = pyrs_object::errors::restore(exc);
        if let Ok(frame) = frame { PyTraceBack_Here(frame.value().as_ptr().cast()); }
    }
    fn _PyGen_SetStopIterationValue(v: O) -> c_int {
        let class = pyrs_object::exceptions::StopIteration;
        let made = if v.is_null() { ops::call(class.value(), &[]) } else { ops::call(class.value(), &[val(v)]) };
        match made {
            Ok(exc) => { let _ = pyrs_object::errors::set(exc); 0 }
            Err(_) => -1,
        }
    }
    fn _PyGen_FetchStopIterationValue(out: *mut O) -> c_int {
        use pyrs_object::{errors, exceptions};
        let value = if !errors::occurred() {
            Ref::none()
        } else if errors::matches(exceptions::StopIteration) {
            exceptions::stop_iteration_value(errors::take())
        } else {
            return -1;
        };
        *out = boundary::to_c(value);
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
