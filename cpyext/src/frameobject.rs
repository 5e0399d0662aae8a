//! `code.h`, `pyframe.h` and `traceback.h`.

use crate::*;
use pyrs_object::{ValueExt, ops, str, thread, traceback, tuple};
use pyrs_vm::code_extra;

/// The borrowed tuple behind a pointer; anything else is the caller's mistake.
unsafe fn tuple_of(o: O) -> PyResult<Value> {
    // SAFETY: null or alive, by the C API's contract.
    let v = unsafe { val(o) };
    if !v.is_empty() && tuple::is_tuple(v) {
        Ok(v)
    } else {
        Err(bad_call())
    }
}
unsafe fn bytes_of<'a>(o: O) -> PyResult<&'a [u8]> {
    // SAFETY: as above; the caller keeps the object alive.
    let v = unsafe { val(o) };
    if !v.is_empty() && pyrs_object::bytes::is_bytes(v) {
        Ok(pyrs_object::bytes::data(v))
    } else {
        Err(bad_call())
    }
}
unsafe fn str_of(o: O) -> PyResult<Value> {
    // SAFETY: as above.
    let v = unsafe { val(o) };
    if !v.is_empty() && v.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(v)
    } else {
        Err(bad_call())
    }
}
fn count(n: c_int) -> PyResult<u32> {
    u32::try_from(n).map_err(|_| bad_call())
}
/// `PY_INVALID_STACK_EFFECT` for what is no instruction.
fn stack_effect(opcode: c_int, n: c_int, jump: Ref) -> c_int {
    let effect = (pyrs_object::hooks().import)("_opcode").and_then(|m| {
        let names = tuple::from_vec(vec![str::intern("jump")]);
        let f = ops::getattr_str(m.value(), "stack_effect")?;
        let n = if opcode >= 90 {
            Ref::int(n.into())
        } else {
            Ref::none()
        };
        let opcode = Ref::int(opcode.into());
        let values = [opcode.value(), n.value(), jump.value()];
        ops::call_args(
            f.value(),
            pyrs_object::Args {
                values: &values,
                kwnames: names.value(),
            },
        )
    });
    match effect {
        Ok(n) => n.as_int().map_or(c_int::MAX, |n| n as c_int),
        Err(_) => {
            pyrs_object::errors::clear();
            c_int::MAX
        }
    }
}

capi! {
    fn PyCode_NewEmpty(file: *const c_char, name: *const c_char, line: c_int) -> *mut PyCodeObject {
        ret(pyrs_vm::code_from_c::empty(&text(file), &text(name), line.max(0) as u32)).cast()
    }
    fn PyCode_NewWithPosOnlyArgs(
        argcount: c_int, posonly: c_int, kwonly: c_int, nlocals: c_int, stack_size: c_int, flags: c_int,
        code: O, consts: O, names: O, varnames: O, freevars: O, cellvars: O, filename: O, name: O, qualname: O,
        first_line: c_int, linetable: O, exceptiontable: O,
    ) -> *mut PyCodeObject {
        let parts = || -> PyResult<_> {
            bytes_of(linetable)?;
            bytes_of(exceptiontable)?;
            Ok(pyrs_vm::code_from_c::Parts {
                argcount: count(argcount)?, posonly: count(posonly)?, kwonly: count(kwonly)?,
                nlocals: count(nlocals)?, stack_size: count(stack_size)?, flags: count(flags)?,
                first_line: first_line.max(0) as u32,
                code: bytes_of(code)?,
                consts: tuple_of(consts)?, names: tuple_of(names)?, varnames: tuple_of(varnames)?,
                freevars: tuple_of(freevars)?, cellvars: tuple_of(cellvars)?,
                filename: str_of(filename)?, name: str_of(name)?, qualname: str_of(qualname)?,
                linetable: val(linetable), exceptiontable: val(exceptiontable),
            })
        };
        ret(parts().and_then(|p| pyrs_vm::code_from_c::foreign(&p))).cast()
    }
    fn PyCode_New(
        argcount: c_int, kwonly: c_int, nlocals: c_int, stack_size: c_int, flags: c_int,
        code: O, consts: O, names: O, varnames: O, freevars: O, cellvars: O, filename: O, name: O, qualname: O,
        first_line: c_int, linetable: O, exceptiontable: O,
    ) -> *mut PyCodeObject {
        PyCode_NewWithPosOnlyArgs(
            argcount, 0, kwonly, nlocals, stack_size, flags, code, consts, names, varnames, freevars, cellvars,
            filename, name, qualname, first_line, linetable, exceptiontable,
        )
    }
    fn PyCode_Addr2Line(code: *mut PyCodeObject, at: c_int) -> c_int {
        if at < 0 { return (*code).co_firstlineno; }
        let found = pyrs_vm::codeobject::position_at(Value::from_object(code.cast()), at as usize);
        found.filter(|p| p.line != 0).map_or(-1, |p| p.line as c_int)
    }
    fn PyCode_Addr2Location(
        code: *mut PyCodeObject, at: c_int,
        line: *mut c_int, column: *mut c_int, end_line: *mut c_int, end_column: *mut c_int,
    ) -> c_int {
        (*line, *end_line, *column, *end_column) = if at < 0 {
            ((*code).co_firstlineno, (*code).co_firstlineno, 0, 0)
        } else {
            let n = |n: u32| if n == 0 { -1 } else { n as c_int };
            let column = |c: Option<u32>| c.map_or(-1, |c| c as c_int);
            match pyrs_vm::codeobject::position_at(Value::from_object(code.cast()), at as usize) {
                Some(p) => (n(p.line), n(p.end_line), column(p.column), column(p.end_column)),
                None => (-1, -1, -1, -1),
            }
        };
        1
    }
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
    fn PyFrame_FastToLocalsWithError(f: *mut PyFrameObject) -> c_int {
        if f.is_null() { return bad_int(); }
        status(ops::getattr_str(Value::from_object(f.cast()), "f_locals").map(drop))
    }
    fn PyFrame_FastToLocals(f: *mut PyFrameObject) {
        if PyFrame_FastToLocalsWithError(f) < 0 { pyrs_object::errors::clear(); }
    }
    fn PyFrame_LocalsToFast(f: *mut PyFrameObject, clear: c_int) {
        if !f.is_null() { pyrs_vm::frameobject::store_locals(Value::from_object(f.cast()), clear != 0) }
    }
    fn _PyEval_RequestCodeExtraIndex(free: Option<code_extra::Free>) -> isize { code_extra::request(free).map_or(-1, |i| i as isize) }
    fn _PyCode_GetExtra(code: O, index: isize, out: *mut *mut std::ffi::c_void) -> c_int {
        if !pyrs_vm::code::is_code(val(code)) { return bad_int(); }
        *out = usize::try_from(index).map_or(std::ptr::null_mut(), |i| code_extra::get(code.cast(), i));
        0
    }
    fn _PyCode_SetExtra(code: O, index: isize, word: *mut std::ffi::c_void) -> c_int {
        let known = pyrs_vm::code::is_code(val(code)) && usize::try_from(index).is_ok_and(|i| code_extra::set(code.cast(), i, word));
        if known { 0 } else { bad_int() }
    }
    fn PyCode_Optimize(code: O, _consts: O, _names: O, _lines: O) -> O { new_ref(val(code)) }
    fn PyCompile_OpcodeStackEffect(opcode: c_int, n: c_int) -> c_int { stack_effect(opcode, n, Ref::none()) }
    fn PyCompile_OpcodeStackEffectWithJump(opcode: c_int, n: c_int, jump: c_int) -> c_int {
        stack_effect(opcode, n, if jump < 0 { Ref::none() } else { Ref::bool(jump != 0) })
    }
    fn PyFrame_GetCode(f: *mut PyFrameObject) -> *mut PyCodeObject {
        ret(pyrs_vm::frameobject::code_of(Value::from_object(f.cast()))).cast()
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
        let tb = traceback::new(next, Value::from_object(f.cast()), PyFrame_GetLasti(f), line);
        let old = std::mem::replace(&mut (*ts).curexc_traceback, tb.into_ptr());
        pyrs_object::heap::xdecref_ptr(old);
        0
    }
    fn _PyTraceback_Add(name: *const c_char, file: *const c_char, line: c_int) {
        let exc = pyrs_object::errors::take();
        let frame = pyrs_vm::code_from_c::empty(&text(file), &text(name), line.max(0) as u32)
            .and_then(|code| pyrs_vm::frameobject::detached(code.value(), pyrs_object::dict::new().value(), Value::EMPTY));
        // An error of the making is less interesting than the one that is on its way.
        if frame.is_err() { pyrs_object::errors::clear(); }
        let _ = pyrs_object::errors::restore(exc);
        if let Ok(frame) = frame {
            let f = frame.value().as_ptr().cast::<PyFrameObject>();
            (*f).f_lineno = line;
            PyTraceBack_Here(f);
        }
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
