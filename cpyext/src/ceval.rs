//! `ceval.h` and `pylifecycle.h`: evaluation, recursion, versions.

use crate::pystate::{PyGILState_Ensure, PyGILState_Release};
use crate::*;
use pyrs_object::{ValueExt, module, ops, thread, tracemalloc};
use pyrs_stdlib::contextvars;
use std::ffi::{c_uint, c_ulong};
use std::sync::Mutex;

/// 3.11 as `PY_VERSION_HEX`.
#[unsafe(no_mangle)]
pub static Py_Version: c_ulong = 0x030b_0bf0;

/// What `PyTraceMalloc_*` answers while allocations are not traced.
const TRACING_IS_OFF: c_int = -2;

type Pending = (extern "C" fn(*mut u8) -> c_int, usize);
static PENDING: Mutex<Vec<Pending>> = Mutex::new(Vec::new());

/// Runs what is queued. What a call that fails leaves is for the next time.
fn run_pending() -> PyResult<()> {
    let mut calls = std::mem::take(&mut *PENDING.lock().unwrap_or_else(|e| e.into_inner()));
    while !calls.is_empty() {
        let (f, arg) = calls.remove(0);
        if f(arg as *mut u8) < 0 {
            if !calls.is_empty() {
                let mut queue = PENDING.lock().unwrap_or_else(|e| e.into_inner());
                calls.append(&mut queue);
                *queue = calls;
                drop(queue);
                pyrs_stdlib::signal::request_pending_calls(run_pending);
            }
            return Err(pyrs_object::errors::from_c_null());
        }
    }
    Ok(())
}

fn sys_text(name: &str) -> *const c_char {
    // `sys` keeps the text alive.
    match pyrs_vm::import::sys_attr(name) {
        Some(v) if pyrs_object::str::is_str(v.value()) => {
            let p = pyrs_object::str::as_utf8(v.value())
                .map_or(std::ptr::null(), |s| s.as_ptr().cast());
            std::mem::forget(v);
            p
        }
        _ => std::ptr::null(),
    }
}

/// Compiles for one of C's start symbols.
pub(crate) fn compile(
    source: &[u8],
    file: &str,
    start: c_int,
    flags: u32,
    optimize: c_int,
) -> PyResult {
    let mode = match start {
        258 => pyrs_syntax::Mode::Eval,
        256 => pyrs_syntax::Mode::Single,
        _ => pyrs_syntax::Mode::Exec,
    };
    let options = pyrs_vm::source::CompileOptions {
        filename: file,
        flags: flags & pyrs_vm::source::KNOWN_FLAGS,
        optimize,
    };
    pyrs_vm::source::compile(source, mode, &options)
}

/// Runs a code object; without `locals` in the globals.
pub(crate) fn eval(code: Value, globals: Value, locals: Value) -> PyResult {
    let locals = locals.non_empty().unwrap_or(globals);
    pyrs_vm::ensure_builtins(globals)?;
    pyrs_vm::interp::exec_code(code, globals, locals, Value::EMPTY)
}

/// Runs the code of a frame from `PyFrame_New`.
unsafe fn eval_frame(f: *mut PyFrameObject, throws: bool) -> PyResult {
    const OWN_LOCALS: c_int = 2;
    if throws {
        return Err(pyrs_object::errors::from_c_null());
    }
    let frame = Value::from_object(f.cast());
    if !pyrs_vm::frameobject::is_detached(frame) {
        return Err(raise!(
            SystemError,
            "PyEval_EvalFrame: the frame runs or has run already"
        ));
    }
    let code = pyrs_vm::frameobject::code_of(frame)?;
    let globals = ops::getattr_str(frame, "f_globals")?;
    // SAFETY: a live code object.
    if unsafe { (*code.value().as_ptr().cast::<PyCodeObject>()).co_flags } & OWN_LOCALS != 0 {
        let none = [(); 3].map(|()| Vec::new());
        return call_code(
            [code.value(), globals.value(), Value::EMPTY, Value::EMPTY],
            none,
        );
    }
    let locals = ops::getattr_str(frame, "f_locals")?;
    eval(code.value(), globals.value(), locals.value())
}

/// # Safety
/// `p` points at `n` live objects.
unsafe fn values(p: *const O, n: c_int) -> Vec<Value> {
    // SAFETY: by contract.
    (0..n.max(0) as usize)
        .map(|i| unsafe { val(*p.add(i)) })
        .collect()
}

/// Calls a code object as the function it is the body of.
fn call_code(
    [code, globals, kwdefaults, closure]: [Value; 4],
    [args, keywords, defaults]: [Vec<Value>; 3],
) -> PyResult {
    pyrs_vm::ensure_builtins(globals)?;
    let f = pyrs_object::function::new(code, globals, Value::EMPTY)?;
    if !defaults.is_empty() {
        let defaults = pyrs_object::tuple::from_slice(&defaults);
        ops::setattr(
            f.value(),
            pyrs_object::intern!("__defaults__"),
            defaults.value(),
        )?;
    }
    if !kwdefaults.is_empty() && !kwdefaults.is_none() {
        ops::setattr(
            f.value(),
            pyrs_object::intern!("__kwdefaults__"),
            kwdefaults,
        )?;
    }
    if !closure.is_empty() && !closure.is_none() {
        pyrs_object::function::set_closure(f.value(), closure);
    }
    let mut all = args;
    let mut names = Vec::new();
    for pair in keywords.chunks_exact(2) {
        names.push(Ref::new(pair[0]));
        all.push(pair[1]);
    }
    let names = pyrs_object::tuple::from_vec(names);
    ops::call_args(
        f.value(),
        pyrs_object::Args {
            values: &all,
            kwnames: if keywords.is_empty() {
                Value::EMPTY
            } else {
                names.value()
            },
        },
    )
}

/// Fills `n` bytes.
///
/// # Safety
/// `p` has room for them.
unsafe fn random(p: *mut u8, n: isize, flags: c_uint) -> c_int {
    if n < 0 {
        let _ = raise!(ValueError, "negative argument not allowed");
        return -1;
    }
    let (n, mut done) = (n as usize, 0);
    while done < n {
        // SAFETY: by contract.
        match unsafe { libc::getrandom(p.add(done).cast(), n - done, flags) } {
            -1 if std::io::Error::last_os_error().kind() == std::io::ErrorKind::Interrupted => {}
            -1 => {
                let _ = pyrs_object::errors::os_error(Value::EMPTY, Value::EMPTY);
                return -1;
            }
            got => done += got as usize,
        }
    }
    0
}

capi! {
    fn Py_EnterRecursiveCall(place: *const c_char) -> c_int {
        if let Ok(guard) = pyrs_object::hooks().enter_nested(0, "") {
            // `Py_LeaveRecursiveCall` leaves it.
            std::mem::forget(guard);
            return 0;
        }
        pyrs_object::errors::clear();
        let _ = raise!(RecursionError, "maximum recursion depth exceeded{}", text(place));
        -1
    }
    fn Py_LeaveRecursiveCall() { (*thread::current()).c.native_depth -= 1 }
    fn _Py_CheckRecursiveCall(_t: *mut PyThreadState, _p: *const c_char) -> c_int { status((pyrs_object::hooks().check_native_depth)()) }
    fn Py_GetRecursionLimit() -> c_int { (*thread::current()).c.recursion_limit }
    fn Py_SetRecursionLimit(n: c_int) { thread::set_recursion_limit(thread::current(), n.max(1)) }
    fn PyEval_GetBuiltins() -> O { pyrs_vm::builtins_dict().as_ptr() }
    fn PyEval_GetGlobals() -> O { (pyrs_object::hooks().caller_globals)().map_or(NULL, |d| d.value().as_ptr()) }
    fn PyEval_GetLocals() -> O {
        // The frame keeps its locals alive.
        match pyrs_vm::builtins::current_locals() { Ok(d) => d.value().as_ptr(), Err(_) => NULL }
    }
    fn PyEval_GetFrame() -> *mut PyFrameObject {
        let frame = pyrs_vm::frames::current(thread::current());
        if frame.is_null() { return std::ptr::null_mut(); }
        pyrs_vm::frames::frame_object(frame)
    }
    fn PyEval_EvalCode(code: O, globals: O, locals: O) -> O {
        ret(eval(val(code), val(globals), val(locals)))
    }
    fn PyEval_EvalFrame(f: *mut PyFrameObject) -> O { ret(eval_frame(f, false)) }
    fn PyEval_EvalFrameEx(f: *mut PyFrameObject, throws: c_int) -> O { ret(eval_frame(f, throws != 0)) }
    fn _PyEval_GetBuiltin(name: O) -> O { ret(ops::getitem(pyrs_vm::builtins_dict(), val(name))) }
    fn _PyEval_GetSwitchInterval() -> c_ulong { (pyrs_vm::threads::switch_interval() * 1e6) as c_ulong }
    fn _PyEval_SetSwitchInterval(us: c_ulong) { pyrs_vm::threads::set_switch_interval(us as f64 / 1e6) }
    fn PyEval_GetFuncName(f: O) -> *const c_char { Type::of_ptr(f).tp_name }
    fn PyEval_GetFuncDesc(_f: O) -> *const c_char { c"()".as_ptr() }
    fn PyEval_MergeCompilerFlags(_f: *mut c_int) -> c_int { 0 }
    fn Py_AddPendingCall(f: extern "C" fn(*mut u8) -> c_int, arg: *mut u8) -> c_int {
        PENDING.lock().unwrap_or_else(|e| e.into_inner()).push((f, arg as usize));
        pyrs_stdlib::signal::request_pending_calls(run_pending);
        0
    }
    fn Py_MakePendingCalls() -> c_int {
        status(run_pending())
    }
    fn Py_IsInitialized() -> c_int { (!pyrs_vm::threads::is_finalizing()).into() }
    fn _Py_IsFinalizing() -> c_int { pyrs_vm::threads::is_finalizing().into() }
    fn Py_Initialize() {}
    fn Py_InitializeEx(_signals: c_int) {}
    fn Py_Exit(code: c_int) { std::process::exit(code) }
    fn Py_AtExit(f: extern "C" fn()) -> c_int { libc::atexit(f) }
    fn Py_GetVersion() -> *const c_char { sys_text("version") }
    fn Py_GetPlatform() -> *const c_char { c"linux".as_ptr() }
    fn Py_GetCopyright() -> *const c_char { sys_text("copyright") }
    fn Py_GetCompiler() -> *const c_char { c"[rustc]".as_ptr() }
    fn Py_GetBuildInfo() -> *const c_char { c"pyrs".as_ptr() }
    fn PyRun_StringFlags(s: *const c_char, start: c_int, globals: O, locals: O, _flags: *mut u8) -> O {
        match compile(c_bytes(s), "<string>", start, 0, -1) {
            Ok(code) => PyEval_EvalCode(code.value().as_ptr(), globals, locals),
            Err(_) => NULL,
        }
    }
    fn PyRun_String(s: *const c_char, start: c_int, globals: O, locals: O) -> O { PyRun_StringFlags(s, start, globals, locals, std::ptr::null_mut()) }
    fn PyRun_SimpleStringFlags(s: *const c_char, _flags: *mut u8) -> c_int {
        let main = crate::import::PyImport_AddModule(c"__main__".as_ptr());
        if main.is_null() { return -1; }
        let d = module::dict(val(main)).as_ptr();
        let r = PyRun_StringFlags(s, 257, d, d, std::ptr::null_mut());
        if r.is_null() { crate::pyerrors::PyErr_Print(); return -1; }
        pyrs_object::heap::decref_ptr(r);
        0
    }
    fn PyRun_SimpleString(s: *const c_char) -> c_int { PyRun_SimpleStringFlags(s, std::ptr::null_mut()) }
    fn Py_CompileString(s: *const c_char, file: *const c_char, start: c_int) -> O {
        ret(compile(c_bytes(s), &text(file), start, 0, -1))
    }
    fn Py_CompileStringExFlags(s: *const c_char, file: *const c_char, start: c_int, flags: *const c_int, optimize: c_int) -> O {
        ret(compile(c_bytes(s), &text(file), start, if flags.is_null() { 0 } else { *flags as u32 }, optimize))
    }
    fn PyEval_EvalCodeEx(code: O, globals: O, _locals: O, args: *const O, argc: c_int, kws: *const O, kwc: c_int, defaults: *const O, defc: c_int, kwdefaults: O, closure: O) -> O {
        ret(call_code(
            [val(code), val(globals), val(kwdefaults), val(closure)],
            [values(args, argc), values(kws, kwc.saturating_mul(2)), values(defaults, defc)],
        ))
    }
    // One runtime in a process: documented to give null where no further one can be made.
    fn Py_NewInterpreter() -> *mut PyThreadState { std::ptr::null_mut() }
    fn Py_EndInterpreter(_t: *mut PyThreadState) {}
    fn PyEval_SetTrace(f: Option<Py_tracefunc>, o: O) { pyrs_vm::trace::set_c(false, f, val(o)) }
    fn PyEval_SetProfile(f: Option<Py_tracefunc>, o: O) { pyrs_vm::trace::set_c(true, f, val(o)) }
    fn _PyEval_SetTrace(_t: *mut PyThreadState, f: Option<Py_tracefunc>, o: O) -> c_int { PyEval_SetTrace(f, o); 0 }
    fn _PyEval_SetProfile(_t: *mut PyThreadState, f: Option<Py_tracefunc>, o: O) -> c_int { PyEval_SetProfile(f, o); 0 }
    fn _PyContext_NewHamtForTests() -> O {
        let _ = raise!(SystemError, "pyrs keeps contexts in a dict, not in a HAMT");
        NULL
    }
    fn PyOS_setsig(signal: c_int, handler: libc::sighandler_t) -> libc::sighandler_t { libc::signal(signal, handler) }
    fn PyOS_getsig(signal: c_int) -> libc::sighandler_t {
        let mut a: libc::sigaction = std::mem::zeroed();
        if libc::sigaction(signal, std::ptr::null(), &raw mut a) < 0 { return libc::SIG_ERR; }
        a.sa_sigaction
    }
    fn PyOS_InterruptOccurred() -> c_int { 0 }
    fn PyOS_BeforeFork() { pyrs_stdlib::posix::before_fork() }
    fn PyOS_AfterFork_Parent() { pyrs_stdlib::posix::after_fork_parent() }
    fn PyOS_AfterFork_Child() { pyrs_stdlib::posix::after_fork_child() }
    fn PyOS_AfterFork() { pyrs_stdlib::posix::after_fork_child() }
    fn _PyOS_IsMainThread() -> c_int { (libc::getpid() == libc::gettid()).into() }
    fn _PyOS_URandom(p: *mut u8, n: isize) -> c_int { random(p, n, 0) }
    fn _PyOS_URandomNonblock(p: *mut u8, n: isize) -> c_int { random(p, n, libc::GRND_NONBLOCK) }
    fn _PyTraceMalloc_GetTraceback(domain: c_uint, p: usize) -> O {
        match tracemalloc::traceback_of(domain, p) {
            Some(t) => pyrs_object::boundary::to_c(t.to_tuple()),
            None => new_ref(Ref::none().value()),
        }
    }
    fn PyTraceMalloc_Track(domain: c_uint, p: usize, n: usize) -> c_int {
        if !tracemalloc::is_tracing() { return TRACING_IS_OFF; }
        // C may call without the GIL, but only its holder knows its frames.
        let state = PyGILState_Ensure();
        tracemalloc::track(domain, p, n);
        PyGILState_Release(state);
        0
    }
    fn PyTraceMalloc_Untrack(domain: c_uint, p: usize) -> c_int {
        if tracemalloc::untrack(domain, p) { 0 } else { TRACING_IS_OFF }
    }
    fn PyContextVar_New(name: *const c_char, default: O) -> O {
        ret((pyrs_object::hooks().import)("_contextvars").and_then(|m| {
            let class = ops::getattr_str(m.value(), "ContextVar")?;
            let name = Ref::str(&text(name));
            if default.is_null() { return ops::call(class.value(), &[name.value()]); }
            let names = pyrs_object::tuple::from_vec(vec![pyrs_object::str::intern("default")]);
            ops::call_args(class.value(), pyrs_object::Args { values: &[name.value(), val(default)], kwnames: names.value() })
        }))
    }
    fn PyContextVar_Get(var: O, default: O, out: *mut O) -> c_int {
        *out = NULL;
        if contextvars::is_var(val(var)) {
            *out = contextvars::get(val(var), val(default)).map_or(NULL, boundary::to_c);
            return 0;
        }
        let _ = raise!(TypeError, "an instance of ContextVar was expected");
        -1
    }
    fn PyContextVar_Set(var: O, v: O) -> O { ret(ops::call_method_str(val(var), "set", &[val(v)])) }
    fn PyContextVar_Reset(var: O, token: O) -> c_int { status(ops::call_method_str(val(var), "reset", &[val(token)]).map(drop)) }
    fn PyContext_CopyCurrent() -> O {
        ret(Ok(contextvars::copy_current()))
    }
    fn PyContext_Enter(context: O) -> c_int {
        if !contextvars::is_context(val(context)) { let _ = raise!(TypeError, "an instance of Context was expected"); return -1; }
        status(contextvars::enter(val(context)))
    }
    fn PyContext_Exit(context: O) -> c_int {
        if !contextvars::is_context(val(context)) { let _ = raise!(TypeError, "an instance of Context was expected"); return -1; }
        status(contextvars::exit(val(context)))
    }
    fn PyContext_New() -> O { ret(Ok(contextvars::new_context())) }
    fn PyContext_Copy(context: O) -> O {
        if !contextvars::is_context(val(context)) { let _ = raise!(TypeError, "an instance of Context was expected"); return NULL; }
        ret(ops::call_method_str(val(context), "copy", &[]))
    }
}
