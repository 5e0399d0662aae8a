//! Functions, code, frames, generators and the thread state. Field names, order and offsets are CPython 3.11's (x86-64 and AArch64 Linux agree).

use crate::*;
use std::ffi::{c_char, c_int, c_short, c_ulong, c_void};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyFunctionObject {
    pub ob_base: PyObject,
    pub func_globals: *mut PyObject,
    pub func_builtins: *mut PyObject,
    pub func_name: *mut PyObject,
    pub func_qualname: *mut PyObject,
    pub func_code: *mut PyObject,
    pub func_defaults: *mut PyObject,
    pub func_kwdefaults: *mut PyObject,
    pub func_closure: *mut PyObject,
    pub func_doc: *mut PyObject,
    pub func_dict: *mut PyObject,
    pub func_weakreflist: *mut PyObject,
    pub func_module: *mut PyObject,
    pub func_annotations: *mut PyObject,
    pub vectorcall: Option<vectorcallfunc>,
    pub func_version: u32,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCodeObject {
    pub ob_base: PyVarObject,
    pub co_consts: *mut PyObject,
    pub co_names: *mut PyObject,
    pub co_exceptiontable: *mut PyObject,
    pub co_flags: c_int,
    pub co_warmup: c_short,
    pub _co_linearray_entry_size: c_short,
    pub co_argcount: c_int,
    pub co_posonlyargcount: c_int,
    pub co_kwonlyargcount: c_int,
    pub co_stacksize: c_int,
    pub co_firstlineno: c_int,
    pub co_nlocalsplus: c_int,
    pub co_nlocals: c_int,
    pub co_nplaincellvars: c_int,
    pub co_ncellvars: c_int,
    pub co_nfreevars: c_int,
    pub co_localsplusnames: *mut PyObject,
    pub co_localspluskinds: *mut PyObject,
    pub co_filename: *mut PyObject,
    pub co_name: *mut PyObject,
    pub co_qualname: *mut PyObject,
    pub co_linetable: *mut PyObject,
    pub co_weakreflist: *mut PyObject,
    pub _co_code: *mut PyObject,
    pub _co_linearray: *mut c_char,
    pub _co_firsttraceable: c_int,
    pub co_extra: *mut c_void,
    pub co_code_adaptive: [c_char; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyFrameObject {
    pub ob_base: PyObject,
    pub f_back: *mut PyFrameObject,
    pub f_frame: *mut c_void,
    pub f_trace: *mut PyObject,
    pub f_lineno: c_int,
    pub f_trace_lines: c_char,
    pub f_trace_opcodes: c_char,
    pub f_fast_as_locals: c_char,
    pub _f_frame_data: [*mut PyObject; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyTracebackObject {
    pub ob_base: PyObject,
    pub tb_next: *mut PyTracebackObject,
    pub tb_frame: *mut PyFrameObject,
    pub tb_lasti: c_int,
    pub tb_lineno: c_int,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyErr_StackItem {
    pub exc_value: *mut PyObject,
    pub previous_item: *mut _PyErr_StackItem,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyCFrame {
    pub use_tracing: u8,
    pub current_frame: *mut c_void,
    pub previous: *mut _PyCFrame,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyGenObject {
    pub ob_base: PyObject,
    pub gi_code: *mut PyCodeObject,
    pub gi_weakreflist: *mut PyObject,
    pub gi_name: *mut PyObject,
    pub gi_qualname: *mut PyObject,
    pub gi_exc_state: _PyErr_StackItem,
    pub gi_origin_or_finalizer: *mut PyObject,
    pub gi_hooks_inited: c_char,
    pub gi_closed: c_char,
    pub gi_running_async: c_char,
    pub gi_frame_state: i8,
    pub gi_iframe: [*mut PyObject; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCoroObject {
    pub ob_base: PyObject,
    pub cr_code: *mut PyCodeObject,
    pub cr_weakreflist: *mut PyObject,
    pub cr_name: *mut PyObject,
    pub cr_qualname: *mut PyObject,
    pub cr_exc_state: _PyErr_StackItem,
    pub cr_origin_or_finalizer: *mut PyObject,
    pub cr_hooks_inited: c_char,
    pub cr_closed: c_char,
    pub cr_running_async: c_char,
    pub cr_frame_state: i8,
    pub cr_iframe: [*mut PyObject; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyAsyncGenObject {
    pub ob_base: PyObject,
    pub ag_code: *mut PyCodeObject,
    pub ag_weakreflist: *mut PyObject,
    pub ag_name: *mut PyObject,
    pub ag_qualname: *mut PyObject,
    pub ag_exc_state: _PyErr_StackItem,
    pub ag_origin_or_finalizer: *mut PyObject,
    pub ag_hooks_inited: c_char,
    pub ag_closed: c_char,
    pub ag_running_async: c_char,
    pub ag_frame_state: i8,
    pub ag_iframe: [*mut PyObject; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyThreadState {
    pub prev: *mut PyThreadState,
    pub next: *mut PyThreadState,
    pub interp: *mut c_void,
    pub _initialized: c_int,
    pub _static: c_int,
    pub recursion_remaining: c_int,
    pub recursion_limit: c_int,
    pub recursion_headroom: c_int,
    pub tracing: c_int,
    pub tracing_what: c_int,
    pub cframe: *mut _PyCFrame,
    pub c_profilefunc: Option<Py_tracefunc>,
    pub c_tracefunc: Option<Py_tracefunc>,
    pub c_profileobj: *mut PyObject,
    pub c_traceobj: *mut PyObject,
    pub curexc_type: *mut PyObject,
    pub curexc_value: *mut PyObject,
    pub curexc_traceback: *mut PyObject,
    pub exc_info: *mut _PyErr_StackItem,
    pub dict: *mut PyObject,
    pub gilstate_counter: c_int,
    pub async_exc: *mut PyObject,
    pub thread_id: c_ulong,
    pub native_thread_id: c_ulong,
    /// C's `trash_delete_nesting`: native interpreter entries now nested.
    pub native_depth: c_int,
    pub trash_delete_later: *mut PyObject,
    pub on_delete: Option<unsafe extern "C" fn()>,
    pub on_delete_data: *mut c_void,
    pub coroutine_origin_tracking_depth: c_int,
    pub async_gen_firstiter: *mut PyObject,
    pub async_gen_finalizer: *mut PyObject,
    pub context: *mut PyObject,
    pub context_ver: u64,
    pub id: u64,
    pub trace_info: [u64; 6],
    /// C's `datastack_chunk`, whose header C libraries read, too: the last chunk of the frame stack.
    pub frame_chunk: *mut c_void,
    /// C's `datastack_top`: the next free byte of the frame stack.
    pub frame_top: *mut u8,
    /// C's `datastack_limit`: the running frame.
    pub frame: *mut Frame,
    pub exc_state: _PyErr_StackItem,
    pub root_cframe: _PyCFrame,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyContext {
    pub ob_base: PyObject,
    pub ctx_prev: *mut PyContext,
    pub ctx_vars: *mut c_void,
    pub ctx_weakreflist: *mut PyObject,
    pub ctx_entered: c_int,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyContextVar {
    pub ob_base: PyObject,
    pub var_name: *mut PyObject,
    pub var_default: *mut PyObject,
    pub var_cached: *mut PyObject,
    pub var_cached_tsid: u64,
    pub var_cached_tsver: u64,
    pub var_hash: isize,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyContextToken {
    pub ob_base: PyObject,
    pub tok_ctx: *mut PyContext,
    pub tok_var: *mut PyContextVar,
    pub tok_oldval: *mut PyObject,
    pub tok_used: c_int,
}
crate::assert_offsets! {
    PyFunctionObject.ob_base = 0;
    PyFunctionObject.func_globals = 16;
    PyFunctionObject.func_builtins = 24;
    PyFunctionObject.func_name = 32;
    PyFunctionObject.func_qualname = 40;
    PyFunctionObject.func_code = 48;
    PyFunctionObject.func_defaults = 56;
    PyFunctionObject.func_kwdefaults = 64;
    PyFunctionObject.func_closure = 72;
    PyFunctionObject.func_doc = 80;
    PyFunctionObject.func_dict = 88;
    PyFunctionObject.func_weakreflist = 96;
    PyFunctionObject.func_module = 104;
    PyFunctionObject.func_annotations = 112;
    PyFunctionObject.vectorcall = 120;
    PyFunctionObject.func_version = 128;
    PyCodeObject.ob_base = 0;
    PyCodeObject.co_consts = 24;
    PyCodeObject.co_names = 32;
    PyCodeObject.co_exceptiontable = 40;
    PyCodeObject.co_flags = 48;
    PyCodeObject.co_warmup = 52;
    PyCodeObject._co_linearray_entry_size = 54;
    PyCodeObject.co_argcount = 56;
    PyCodeObject.co_posonlyargcount = 60;
    PyCodeObject.co_kwonlyargcount = 64;
    PyCodeObject.co_stacksize = 68;
    PyCodeObject.co_firstlineno = 72;
    PyCodeObject.co_nlocalsplus = 76;
    PyCodeObject.co_nlocals = 80;
    PyCodeObject.co_nplaincellvars = 84;
    PyCodeObject.co_ncellvars = 88;
    PyCodeObject.co_nfreevars = 92;
    PyCodeObject.co_localsplusnames = 96;
    PyCodeObject.co_localspluskinds = 104;
    PyCodeObject.co_filename = 112;
    PyCodeObject.co_name = 120;
    PyCodeObject.co_qualname = 128;
    PyCodeObject.co_linetable = 136;
    PyCodeObject.co_weakreflist = 144;
    PyCodeObject._co_code = 152;
    PyCodeObject._co_linearray = 160;
    PyCodeObject._co_firsttraceable = 168;
    PyCodeObject.co_extra = 176;
    PyCodeObject.co_code_adaptive = 184;
    PyFrameObject.ob_base = 0;
    PyFrameObject.f_back = 16;
    PyFrameObject.f_frame = 24;
    PyFrameObject.f_trace = 32;
    PyFrameObject.f_lineno = 40;
    PyFrameObject.f_trace_lines = 44;
    PyFrameObject.f_trace_opcodes = 45;
    PyFrameObject.f_fast_as_locals = 46;
    PyFrameObject._f_frame_data = 48;
    PyTracebackObject.ob_base = 0;
    PyTracebackObject.tb_next = 16;
    PyTracebackObject.tb_frame = 24;
    PyTracebackObject.tb_lasti = 32;
    PyTracebackObject.tb_lineno = 36;
    _PyErr_StackItem.exc_value = 0;
    _PyErr_StackItem.previous_item = 8;
    _PyCFrame.use_tracing = 0;
    _PyCFrame.current_frame = 8;
    _PyCFrame.previous = 16;
    PyGenObject.ob_base = 0;
    PyGenObject.gi_code = 16;
    PyGenObject.gi_weakreflist = 24;
    PyGenObject.gi_name = 32;
    PyGenObject.gi_qualname = 40;
    PyGenObject.gi_exc_state = 48;
    PyGenObject.gi_origin_or_finalizer = 64;
    PyGenObject.gi_hooks_inited = 72;
    PyGenObject.gi_closed = 73;
    PyGenObject.gi_running_async = 74;
    PyGenObject.gi_frame_state = 75;
    PyGenObject.gi_iframe = 80;
    PyCoroObject.ob_base = 0;
    PyCoroObject.cr_code = 16;
    PyCoroObject.cr_weakreflist = 24;
    PyCoroObject.cr_name = 32;
    PyCoroObject.cr_qualname = 40;
    PyCoroObject.cr_exc_state = 48;
    PyCoroObject.cr_origin_or_finalizer = 64;
    PyCoroObject.cr_hooks_inited = 72;
    PyCoroObject.cr_closed = 73;
    PyCoroObject.cr_running_async = 74;
    PyCoroObject.cr_frame_state = 75;
    PyCoroObject.cr_iframe = 80;
    PyAsyncGenObject.ob_base = 0;
    PyAsyncGenObject.ag_code = 16;
    PyAsyncGenObject.ag_weakreflist = 24;
    PyAsyncGenObject.ag_name = 32;
    PyAsyncGenObject.ag_qualname = 40;
    PyAsyncGenObject.ag_exc_state = 48;
    PyAsyncGenObject.ag_origin_or_finalizer = 64;
    PyAsyncGenObject.ag_hooks_inited = 72;
    PyAsyncGenObject.ag_closed = 73;
    PyAsyncGenObject.ag_running_async = 74;
    PyAsyncGenObject.ag_frame_state = 75;
    PyAsyncGenObject.ag_iframe = 80;
    PyThreadState.prev = 0;
    PyThreadState.next = 8;
    PyThreadState.interp = 16;
    PyThreadState._initialized = 24;
    PyThreadState._static = 28;
    PyThreadState.recursion_remaining = 32;
    PyThreadState.recursion_limit = 36;
    PyThreadState.recursion_headroom = 40;
    PyThreadState.tracing = 44;
    PyThreadState.tracing_what = 48;
    PyThreadState.cframe = 56;
    PyThreadState.c_profilefunc = 64;
    PyThreadState.c_tracefunc = 72;
    PyThreadState.c_profileobj = 80;
    PyThreadState.c_traceobj = 88;
    PyThreadState.curexc_type = 96;
    PyThreadState.curexc_value = 104;
    PyThreadState.curexc_traceback = 112;
    PyThreadState.exc_info = 120;
    PyThreadState.dict = 128;
    PyThreadState.gilstate_counter = 136;
    PyThreadState.async_exc = 144;
    PyThreadState.thread_id = 152;
    PyThreadState.native_thread_id = 160;
    PyThreadState.native_depth = 168;
    PyThreadState.trash_delete_later = 176;
    PyThreadState.on_delete = 184;
    PyThreadState.on_delete_data = 192;
    PyThreadState.coroutine_origin_tracking_depth = 200;
    PyThreadState.async_gen_firstiter = 208;
    PyThreadState.async_gen_finalizer = 216;
    PyThreadState.context = 224;
    PyThreadState.context_ver = 232;
    PyThreadState.id = 240;
    PyThreadState.trace_info = 248;
    PyThreadState.frame_chunk = 296;
    PyThreadState.frame_top = 304;
    PyThreadState.frame = 312;
    PyThreadState.exc_state = 320;
    PyThreadState.root_cframe = 336;
    PyContext.ob_base = 0;
    PyContext.ctx_prev = 16;
    PyContext.ctx_vars = 24;
    PyContext.ctx_weakreflist = 32;
    PyContext.ctx_entered = 40;
    PyContextVar.ob_base = 0;
    PyContextVar.var_name = 16;
    PyContextVar.var_default = 24;
    PyContextVar.var_cached = 32;
    PyContextVar.var_cached_tsid = 40;
    PyContextVar.var_cached_tsver = 48;
    PyContextVar.var_hash = 56;
    PyContextToken.ob_base = 0;
    PyContextToken.tok_ctx = 16;
    PyContextToken.tok_var = 24;
    PyContextToken.tok_oldval = 32;
    PyContextToken.tok_used = 40;
}
