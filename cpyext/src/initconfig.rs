//! `cpython/initconfig.h`: the status of an initialization, and configurations as C builds them up. The interpreter runs
//! already when an extension comes to do so: a configuration is read from it, and starting it again changes nothing.

use crate::config::{PyConfig, WideStr, WideStringList, make};
use crate::objimpl::{PyMem_RawFree, PyMem_RawMalloc, PyMem_RawRealloc};
use crate::sysmodule::wide;
use crate::*;
use std::ptr::{null, null_mut};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyStatus {
    kind: c_int,
    func: *const c_char,
    message: *const c_char,
    exitcode: c_int,
}
const OK: c_int = 0;
const ERROR: c_int = 1;
const EXIT: c_int = 2;
const DONE: PyStatus = PyStatus {
    kind: OK,
    func: null(),
    message: null(),
    exitcode: 0,
};
fn error(func: Option<&'static CStr>, message: &'static CStr) -> PyStatus {
    PyStatus {
        kind: ERROR,
        func: func.map_or(null(), CStr::as_ptr),
        message: message.as_ptr(),
        exitcode: 0,
    }
}
fn no_memory() -> PyStatus {
    error(None, c"memory allocation failed")
}

/// The layout of 3.11.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyPreConfig {
    config_init: c_int,
    parse_argv: c_int,
    isolated: c_int,
    use_environment: c_int,
    configure_locale: c_int,
    coerce_c_locale: c_int,
    coerce_c_locale_warn: c_int,
    utf8_mode: c_int,
    dev_mode: c_int,
    allocator: c_int,
}
const PYTHON: c_int = 2;
const ISOLATED: c_int = 3;

/// A copy of a wide string in a block of its own, or null without memory.
///
/// # Safety
/// `chars` is alive.
unsafe fn copy_chars(chars: &[u32]) -> *mut u32 {
    // SAFETY: the block has room for the characters and the end.
    unsafe {
        let p = PyMem_RawMalloc((chars.len() + 1) * 4).cast::<u32>();
        if !p.is_null() {
            std::ptr::copy_nonoverlapping(chars.as_ptr(), p, chars.len());
            *p.add(chars.len()) = 0;
        }
        p
    }
}
/// Puts a copy of `chars` in the place of a string that the configuration owns; none makes it null.
///
/// # Safety
/// `place` holds null or a block of `PyMem_RawMalloc`.
unsafe fn put(place: *mut WideStr, chars: Option<&[u32]>) -> PyStatus {
    // SAFETY: by contract.
    unsafe {
        let new = match chars {
            None => null_mut(),
            Some(chars) => {
                let new = copy_chars(chars);
                if new.is_null() {
                    return no_memory();
                }
                new
            }
        };
        PyMem_RawFree((*place).cast_mut().cast());
        *place = new.cast();
    }
    DONE
}
/// # Safety
/// The list and its strings are blocks of `PyMem_RawMalloc`.
unsafe fn clear_list(list: *mut WideStringList) {
    // SAFETY: by contract.
    unsafe {
        for i in 0..(*list).length {
            PyMem_RawFree((*(*list).items.offset(i)).cast_mut().cast());
        }
        PyMem_RawFree((*list).items.cast_mut().cast());
        (*list).length = 0;
        (*list).items = null();
    }
}
/// # Safety
/// As [`clear_list`]; `0 <= at <= length`.
unsafe fn insert(list: *mut WideStringList, at: isize, chars: &[u32]) -> PyStatus {
    // SAFETY: by contract; the block grows by one word first.
    unsafe {
        let n = (*list).length;
        let new = copy_chars(chars);
        if new.is_null() {
            return no_memory();
        }
        let items = PyMem_RawRealloc((*list).items.cast_mut().cast(), (n as usize + 1) * 8);
        if items.is_null() {
            PyMem_RawFree(new.cast());
            return no_memory();
        }
        let items = items.cast::<WideStr>();
        std::ptr::copy(items.offset(at), items.offset(at + 1), (n - at) as usize);
        *items.offset(at) = new.cast();
        (*list).items = items;
        (*list).length = n + 1;
    }
    DONE
}
/// # Safety
/// `list` as in [`clear_list`], `items` are `n` wide strings.
unsafe fn replace_list(list: *mut WideStringList, n: isize, items: *const *const u32) -> PyStatus {
    // SAFETY: by contract. The old strings go last: the new may be copies of them.
    unsafe {
        let mut new = WideStringList {
            length: 0,
            items: null(),
        };
        for i in 0..n {
            let done = insert(&raw mut new, i, wide(*items.offset(i)));
            if done.kind != OK {
                clear_list(&raw mut new);
                return done;
            }
        }
        clear_list(list);
        *list = new;
    }
    DONE
}

/// A configuration in which nothing is set.
///
/// # Safety
/// `c` is memory for one.
unsafe fn begin(c: *mut PyConfig, kind: c_int) {
    // SAFETY: by contract; all fields may be zero.
    unsafe {
        c.write_bytes(0, 1);
        let c = &mut *c;
        let isolated = kind == ISOLATED;
        let python = c_int::from(!isolated);
        let unset = -python;
        c._config_init = kind;
        c.isolated = c_int::from(isolated);
        c.use_environment = python;
        (c.dev_mode, c.use_hash_seed) = (unset, unset);
        (c.faulthandler, c.tracemalloc) = (unset, unset);
        c.install_signal_handlers = python;
        c.code_debug_ranges = 1;
        c.parse_argv = python;
        c.site_import = 1;
        c.write_bytecode = 1;
        c.user_site_directory = python;
        c.configure_c_stdio = python;
        c.buffered_stdio = 1;
        c.use_frozen_modules = 1;
        c.safe_path = c_int::from(isolated);
        c.pathconfig_warnings = python;
        c._install_importlib = 1;
        c._init_main = 1;
    }
}
/// Each string of a configuration.
macro_rules! strings {
    ($c:expr, $f:expr) => {
        strings!(@ $c, $f, dump_refs_file filesystem_encoding filesystem_errors pycache_prefix stdio_encoding stdio_errors
            check_hash_pycs_mode program_name pythonpath_env home platlibdir stdlib_dir executable base_executable prefix
            base_prefix exec_prefix base_exec_prefix run_command run_module run_filename)
    };
    (@ $c:expr, $f:expr, $($name:ident)*) => { [$($f(&raw mut (*$c).$name, stringify!($name))),*] };
}
macro_rules! lists {
    ($c:expr, $f:expr) => {
        [
            $f(&raw mut (*$c).orig_argv),
            $f(&raw mut (*$c).argv),
            $f(&raw mut (*$c).xoptions),
            $f(&raw mut (*$c).warnoptions),
            $f(&raw mut (*$c).module_search_paths),
        ]
    };
}
/// What is unset gets the value that the running interpreter has.
///
/// # Safety
/// A configuration that was begun.
unsafe fn read(c: *mut PyConfig) -> PyStatus {
    // SAFETY: by contract; the interpreter's own strings live as long as the process.
    unsafe {
        let mut own = make();
        let own = &raw mut own;
        let from = strings!(own, |place: *mut WideStr, _| *place);
        let to = strings!(c, |place: *mut WideStr, _| place);
        for (from, to) in from.into_iter().zip(to) {
            if (*to).is_null() && !from.is_null() {
                let done = put(to, Some(wide(from.cast())));
                if done.kind != OK {
                    return done;
                }
            }
        }
        let from = lists!(own, |list: *mut WideStringList| *list);
        let to = lists!(c, |list: *mut WideStringList| list);
        for (i, (from, to)) in from.into_iter().zip(to).enumerate() {
            let is_path = i == 4;
            if (*to).length == 0 && !(is_path && (*c).module_search_paths_set != 0) {
                let done = replace_list(to, from.length, from.items.cast());
                if done.kind != OK {
                    return done;
                }
            }
        }
        (*c).module_search_paths_set = 1;
        for (value, own) in [
            (&raw mut (*c).dev_mode, (*own).dev_mode),
            (&raw mut (*c).use_hash_seed, (*own).use_hash_seed),
            (&raw mut (*c).faulthandler, (*own).faulthandler),
            (&raw mut (*c).tracemalloc, (*own).tracemalloc),
        ] {
            if *value < 0 {
                *value = own;
            }
        }
    }
    DONE
}
/// What cannot be given: the interpreter is a program, not a library, and runs already.
fn refuse(name: &str) -> c_int {
    eprintln!("{name}: the interpreter is running: pyrs is a program and cannot be embedded");
    1
}

capi! {
    fn PyStatus_Ok() -> PyStatus { DONE }
    fn PyStatus_Error(message: *const c_char) -> PyStatus { PyStatus { kind: ERROR, message, ..DONE } }
    fn PyStatus_NoMemory() -> PyStatus { no_memory() }
    fn PyStatus_Exit(exitcode: c_int) -> PyStatus { PyStatus { kind: EXIT, exitcode, ..DONE } }
    fn PyStatus_IsError(s: PyStatus) -> c_int { (s.kind == ERROR).into() }
    fn PyStatus_IsExit(s: PyStatus) -> c_int { (s.kind == EXIT).into() }
    fn PyStatus_Exception(s: PyStatus) -> c_int { (s.kind != OK).into() }

    fn PyWideStringList_Append(list: *mut WideStringList, item: *const u32) -> PyStatus { insert(list, (*list).length, wide(item)) }
    fn PyWideStringList_Insert(list: *mut WideStringList, at: isize, item: *const u32) -> PyStatus {
        if at < 0 { return error(Some(c"PyWideStringList_Insert"), c"PyWideStringList_Insert index must be >= 0"); }
        insert(list, at.min((*list).length), wide(item))
    }

    fn PyPreConfig_InitPythonConfig(c: *mut PyPreConfig) {
        *c = PyPreConfig {
            config_init: PYTHON, parse_argv: 1, isolated: 0, use_environment: 1, configure_locale: 1,
            coerce_c_locale: -1, coerce_c_locale_warn: -1, utf8_mode: -1, dev_mode: -1, allocator: 0,
        };
    }
    fn PyPreConfig_InitIsolatedConfig(c: *mut PyPreConfig) {
        *c = PyPreConfig {
            config_init: ISOLATED, parse_argv: 0, isolated: 1, use_environment: 0, configure_locale: 0,
            coerce_c_locale: 0, coerce_c_locale_warn: 0, utf8_mode: 0, dev_mode: 0, allocator: 0,
        };
    }
    fn PyConfig_InitPythonConfig(c: *mut PyConfig) { begin(c, PYTHON) }
    fn PyConfig_InitIsolatedConfig(c: *mut PyConfig) { begin(c, ISOLATED) }
    fn PyConfig_Clear(c: *mut PyConfig) {
        strings!(c, |place: *mut WideStr, _| put(place, None));
        lists!(c, |list: *mut WideStringList| clear_list(list));
        (*c).module_search_paths_set = 0;
    }
    fn PyConfig_SetString(_c: *mut PyConfig, place: *mut WideStr, s: *const u32) -> PyStatus {
        put(place, if s.is_null() { None } else { Some(wide(s)) })
    }
    fn PyConfig_SetBytesString(_c: *mut PyConfig, place: *mut WideStr, s: *const c_char) -> PyStatus {
        if s.is_null() { return put(place, None); }
        put(place, Some(&pyrs_object::str::view(pyrs_object::codec::decode_fs(c_bytes(s)).value()).to_vec()))
    }
    fn PyConfig_SetWideStringList(_c: *mut PyConfig, list: *mut WideStringList, n: isize, items: *const *const u32) -> PyStatus {
        replace_list(list, n, items)
    }
    fn PyConfig_SetArgv(c: *mut PyConfig, n: isize, argv: *const *const u32) -> PyStatus { replace_list(&raw mut (*c).argv, n, argv) }
    fn PyConfig_SetBytesArgv(c: *mut PyConfig, n: isize, argv: *const *const c_char) -> PyStatus {
        let decoded: Vec<Vec<u32>> = (0..n)
            .map(|i| {
                let mut chars = pyrs_object::str::view(pyrs_object::codec::decode_fs(c_bytes(*argv.offset(i))).value()).to_vec();
                chars.push(0);
                chars
            })
            .collect();
        let pointers: Vec<*const u32> = decoded.iter().map(|chars| chars.as_ptr()).collect();
        replace_list(&raw mut (*c).argv, n, pointers.as_ptr())
    }
    fn PyConfig_Read(c: *mut PyConfig) -> PyStatus { read(c) }

    // What is running already is what these ask for.
    fn Py_PreInitialize(_c: *const PyPreConfig) -> PyStatus { DONE }
    fn Py_PreInitializeFromArgs(_c: *const PyPreConfig, _n: isize, _argv: *mut *mut u32) -> PyStatus { DONE }
    fn Py_PreInitializeFromBytesArgs(_c: *const PyPreConfig, _n: isize, _argv: *mut *mut c_char) -> PyStatus { DONE }
    fn Py_InitializeFromConfig(c: *const PyConfig) -> PyStatus {
        if c.is_null() { error(Some(c"Py_InitializeFromConfig"), c"initialization config is NULL") } else { DONE }
    }
    fn _Py_InitializeMain() -> PyStatus { DONE }
    fn _Py_IsCoreInitialized() -> c_int { 1 }
    fn Py_SetStandardStreamEncoding(_encoding: *const c_char, _errors: *const c_char) -> c_int { -1 }
    fn Py_RunMain() -> c_int { refuse("Py_RunMain") }
    fn Py_Main(_argc: c_int, _argv: *mut *mut u32) -> c_int { refuse("Py_Main") }
    fn Py_BytesMain(_argc: c_int, _argv: *mut *mut c_char) -> c_int { refuse("Py_BytesMain") }
    fn Py_FrozenMain(_argc: c_int, _argv: *mut *mut c_char) -> c_int { refuse("Py_FrozenMain") }
    fn Py_FinalizeEx() -> c_int { -refuse("Py_FinalizeEx") }
    fn Py_Finalize() { refuse("Py_Finalize"); }
}
