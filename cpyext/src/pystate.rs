//! `pystate.h`: thread states, the GIL from foreign threads, and per-interpreter modules.

use crate::*;
use pyrs_object::thread::{self, ThreadState};
use pyrs_object::{dict, heap};
use std::ffi::c_void;
use std::sync::atomic::{AtomicI64, Ordering};

/// What `PyInterpreterState *` points at: C code only compares the address.
static INTERPRETER: AtomicI64 = AtomicI64::new(0);
pub(crate) fn interpreter() -> *mut c_void {
    std::ptr::from_ref(&INTERPRETER).cast_mut().cast()
}
/// Modules of single-phase definitions, by `m_index`.
static mut MODULES: Vec<O> = Vec::new();

/// The table.
///
/// # Safety
/// Under the GIL; the reference is given up before anything else runs.
unsafe fn modules() -> &'static mut Vec<O> {
    let all = &raw mut MODULES;
    // SAFETY: by contract.
    unsafe { &mut *all }
}

/// Remembers the module of a definition for `PyState_FindModule`.
pub(crate) fn add_module(m: Value, def: *mut PyModuleDef) {
    // SAFETY: the table is used under the GIL; entries are owned.
    unsafe {
        let i = (*def).m_base.m_index.max(0) as usize;
        let table = modules();
        if table.len() <= i {
            table.resize(i + 1, NULL);
        }
        let old = std::mem::replace(&mut table[i], Ref::new(m).into_ptr());
        heap::xdecref_ptr(old);
    }
}
/// A state for the calling OS thread.
fn new_thread_state() -> *mut ThreadState {
    let ts = thread::new_state();
    // SAFETY: fresh.
    unsafe {
        (*ts).c.interp = interpreter();
        (*ts).c.gilstate_counter = 0;
        let main = thread::current();
        if !main.is_null() {
            thread::set_recursion_limit(ts, (*main).c.recursion_limit);
        }
    }
    ts
}
fn holds_gil() -> bool {
    let mine = thread::MINE.get();
    !mine.is_null() && thread::current() == mine
}
/// What a function of `sys` gives.
fn sys_call(function: &'static str) -> O {
    let f = pyrs_vm::import::sys_attr(function).ok_or_else(bad_call);
    ret(f.and_then(|f| pyrs_object::ops::call(f.value(), &[])))
}

capi! {
    fn PyThreadState_Get() -> *mut PyThreadState { current() }
    fn _PyThreadState_UncheckedGet() -> *mut PyThreadState { current() }
    fn PyThreadState_GetInterpreter(_t: *mut PyThreadState) -> *mut c_void { interpreter() }
    fn PyThreadState_GetID(t: *mut PyThreadState) -> u64 { (*t).id }
    fn PyThreadState_GetDict() -> O { _PyThreadState_GetDict(current()) }
    fn _PyThreadState_GetDict(ts: *mut PyThreadState) -> O {
        if ts.is_null() { return NULL; }
        if (*ts).dict.is_null() { (*ts).dict = dict::new().into_ptr(); }
        (*ts).dict
    }
    fn PyThreadState_GetFrame(t: *mut PyThreadState) -> *mut PyFrameObject {
        let frame = pyrs_vm::frames::current(t.cast());
        if frame.is_null() { return std::ptr::null_mut(); }
        let f = pyrs_vm::frames::frame_object(frame);
        heap::incref(Value::from_object(f.cast()));
        f
    }
    fn PyThreadState_New(_interp: *mut c_void) -> *mut PyThreadState { new_thread_state().cast() }
    fn PyThreadState_Clear(t: *mut PyThreadState) {
        heap::clear_field(&raw mut (*t).dict);
        heap::clear_field(&raw mut (*t).async_exc);
        heap::clear_field(&raw mut (*t).context);
        heap::clear_field(&raw mut (*t).curexc_type);
        heap::clear_field(&raw mut (*t).curexc_value);
        heap::clear_field(&raw mut (*t).curexc_traceback);
    }
    fn PyThreadState_Delete(t: *mut PyThreadState) { if thread::MINE.get() == t.cast() { thread::MINE.set(std::ptr::null_mut()); } }
    fn PyThreadState_DeleteCurrent() {
        thread::MINE.set(std::ptr::null_mut());
        release();
    }
    fn PyThreadState_Swap(t: *mut PyThreadState) -> *mut PyThreadState {
        let old = current();
        if t.is_null() { thread::set_current(std::ptr::null_mut()); } else { thread::make_current(t.cast()); }
        old
    }
    fn PyThreadState_SetAsyncExc(id: std::ffi::c_ulong, exc: O) -> c_int {
        let exc = (!exc.is_null()).then(|| pyrs_object::Ref::new(pyrs_object::Value::from_object(exc)));
        c_int::from(pyrs_vm::threads::set_async_exception(id, exc))
    }
    fn PyThreadState_EnterTracing(t: *mut PyThreadState) { (*t).tracing += 1; }
    fn PyThreadState_LeaveTracing(t: *mut PyThreadState) { (*t).tracing -= 1; }
    // One interpreter in a process: documented to give null where no further one can be made.
    fn PyInterpreterState_New() -> *mut c_void { std::ptr::null_mut() }
    fn PyInterpreterState_Clear(_i: *mut c_void) {}
    fn PyInterpreterState_Delete(_i: *mut c_void) {}
    fn _PyThreadState_Prealloc(i: *mut c_void) -> *mut PyThreadState { PyThreadState_New(i) }
    fn _PyThreadState_Init(_t: *mut PyThreadState) {}
    fn _PyState_AddModule(_t: *mut PyThreadState, m: O, def: *mut PyModuleDef) -> c_int { PyState_AddModule(m, def) }
    fn PyEval_AcquireLock() {
        let mine = thread::MINE.get();
        if !mine.is_null() { pyrs_vm::threads::acquire(mine); }
    }
    fn PyEval_ReleaseLock() { release() }
    fn PyInterpreterState_Get() -> *mut c_void { interpreter() }
    fn PyInterpreterState_Main() -> *mut c_void { interpreter() }
    fn PyInterpreterState_Head() -> *mut c_void { interpreter() }
    fn PyInterpreterState_Next(_i: *mut c_void) -> *mut c_void { std::ptr::null_mut() }
    fn PyInterpreterState_ThreadHead(_i: *mut c_void) -> *mut PyThreadState {
        pyrs_vm::threads::states().first().map_or_else(current, |ts| ts.cast())
    }
    fn PyThreadState_Next(t: *mut PyThreadState) -> *mut PyThreadState {
        let all = pyrs_vm::threads::states();
        let here = all.iter().position(|ts| ts.cast::<PyThreadState>() == t);
        here.and_then(|i| all.get(i + 1)).map_or(std::ptr::null_mut(), |ts| ts.cast())
    }
    fn _PyThread_CurrentFrames() -> O { sys_call("_current_frames") }
    fn _PyThread_CurrentExceptions() -> O { sys_call("_current_exceptions") }
    fn _PyGILState_GetInterpreterStateUnsafe() -> *mut c_void { interpreter() }
    fn _PyInterpreterState_GetMainModule(_i: *mut c_void) -> O {
        ret(pyrs_vm::import::modules().and_then(|all| pyrs_object::ops::getitem(all.value(), pyrs_object::intern!("__main__"))))
    }
    fn _PyInterpreterState_GetEvalFrameFunc(_i: *mut c_void) -> usize { pyrs_object::ops::_PyEval_EvalFrameDefault as *const () as usize }
    fn _PyInterpreterState_SetEvalFrameFunc(_i: *mut c_void, f: usize) {
        if f != pyrs_object::ops::_PyEval_EvalFrameDefault as *const () as usize {
            let text = "_PyInterpreterState_SetEvalFrameFunc: pyrs runs its own bytecode and calls no function of C to evaluate a frame";
            if pyrs_vm::import::warn_about(pyrs_object::exceptions::RuntimeWarning, text, 1, Ref::none().value()).is_err() {
                pyrs_object::errors::clear();
            }
        }
    }
    fn PyInterpreterState_GetID(_i: *mut c_void) -> i64 { INTERPRETER.load(Ordering::Relaxed) }
    fn PyInterpreterState_GetDict(_i: *mut c_void) -> O {
        static mut DICT: O = NULL;
        if DICT.is_null() { DICT = dict::new().into_ptr(); }
        DICT
    }
    fn PyGILState_Ensure() -> c_int {
        let mut mine = thread::MINE.get();
        let foreign = mine.is_null();
        if foreign {
            mine = new_thread_state();
            thread::MINE.set(mine);
        }
        let held = holds_gil();
        if foreign && !held {
            pyrs_vm::threads::acquire_foreign(mine);
        } else if !held {
            pyrs_vm::threads::acquire(mine);
        }
        (*mine).c.gilstate_counter += 1;
        (!held).into()
    }
    fn PyGILState_Release(old: c_int) {
        let mine = thread::MINE.get();
        if mine.is_null() { return; }
        (*mine).c.gilstate_counter -= 1;
        if (*mine).c.gilstate_counter == 0 {
            PyThreadState_Clear(mine.cast());
            thread::MINE.set(std::ptr::null_mut());
            release();
        } else if old == 1 {
            release();
        }
    }
    fn PyGILState_Check() -> c_int { holds_gil().into() }
    fn PyGILState_GetThisThreadState() -> *mut PyThreadState { thread::MINE.get().cast() }
    fn PyState_FindModule(def: *mut PyModuleDef) -> O {
        let i = (*def).m_base.m_index;
        let table = modules();
        if i <= 0 || !(*def).m_slots.is_null() { return NULL; }
        table.get(i as usize).copied().unwrap_or(NULL)
    }
    fn PyState_AddModule(m: O, def: *mut PyModuleDef) -> c_int { add_module(Value::from_object(m), def); 0 }
    fn PyState_RemoveModule(def: *mut PyModuleDef) -> c_int {
        let i = (*def).m_base.m_index.max(0) as usize;
        let table = modules();
        if let Some(slot) = table.get_mut(i) {
            let old = std::mem::replace(slot, NULL);
            heap::xdecref_ptr(old);
        }
        0
    }
    fn PyEval_SaveThread() -> *mut PyThreadState {
        let ts = current();
        release();
        ts
    }
    fn PyEval_RestoreThread(t: *mut PyThreadState) { pyrs_vm::threads::acquire(t.cast()) }
    fn PyEval_AcquireThread(t: *mut PyThreadState) { pyrs_vm::threads::acquire(t.cast()) }
    fn PyEval_ReleaseThread(_t: *mut PyThreadState) { release() }
    fn PyEval_InitThreads() {}
    fn PyEval_ThreadsInitialized() -> c_int { 1 }
}
fn current() -> *mut PyThreadState {
    let ts = thread::tstate();
    // SAFETY: null or the live current state; states made elsewhere learn their interpreter here.
    unsafe {
        if !ts.is_null() && (*ts).interp.is_null() {
            (*ts).interp = interpreter();
        }
    }
    ts
}
/// Gives the GIL up; nobody is current until somebody takes it.
fn release() {
    // SAFETY: the GIL is still held.
    thread::set_current(std::ptr::null_mut());
    pyrs_vm::threads::release();
}
