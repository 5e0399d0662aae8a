//! `pylifecycle.h` and `fileutils.h`: paths and arguments as wide C strings, and the locale's encoding.

use crate::sysmodule::wide;
use crate::*;
use pyrs_object::{codec, list, str};

/// Called by a REPL that waits for input; extensions with an event loop of their own set it.
#[unsafe(no_mangle)]
pub static mut PyOS_InputHook: Option<unsafe extern "C" fn() -> c_int> = None;
/// The comparison with its operands swapped, by its number.
#[unsafe(no_mangle)]
pub static _Py_SwappedOp: [c_int; 6] = [4, 5, 2, 3, 0, 1];

fn wide_chars(v: Value) -> Vec<u32> {
    let mut chars = str::view(v).to_vec();
    chars.push(0);
    chars
}
/// A wide string that lives for good: the process asks for few, and each is made once.
fn kept(name: &'static str, text: impl FnOnce() -> Option<Ref>) -> *const u32 {
    static KEPT: std::sync::Mutex<Vec<(&str, Box<[u32]>)>> = std::sync::Mutex::new(Vec::new());
    let mut kept = KEPT.lock().unwrap_or_else(|e| e.into_inner());
    if let Some((_, chars)) = kept.iter().find(|(n, _)| *n == name) {
        return chars.as_ptr();
    }
    let Some(text) = text().filter(|t| str::is_str(t.value())) else {
        return std::ptr::null();
    };
    kept.push((name, wide_chars(text.value()).into_boxed_slice()));
    kept.last()
        .map_or(std::ptr::null(), |(_, chars)| chars.as_ptr())
}
fn sys_wide(name: &'static str) -> *const u32 {
    kept(name, || pyrs_vm::import::sys_attr(name))
}
/// A block of C's allocator with a wide string.
fn allocated(v: Value, size: *mut usize) -> *mut u32 {
    let chars = wide_chars(v);
    let p = pyrs_object::heap::try_malloc(chars.len() * 4).cast::<u32>();
    // SAFETY: the block has room for the characters; `size` is null or valid.
    unsafe {
        let Some(first) = p.as_mut() else {
            if let Some(size) = size.as_mut() {
                *size = usize::MAX;
            }
            return std::ptr::null_mut();
        };
        std::ptr::copy_nonoverlapping(chars.as_ptr(), first, chars.len());
        if let Some(size) = size.as_mut() {
            *size = chars.len() - 1;
        }
    }
    p
}

capi! {
    fn _Py_gitidentifier() -> *const c_char { c"".as_ptr() }
    fn _Py_gitversion() -> *const c_char { c"".as_ptr() }
    fn _Py_LegacyLocaleDetected(_warn: c_int) -> c_int { 0 }
    fn _Py_CoerceLegacyLocale(_warn: c_int) -> c_int { 0 }
    fn _Py_SetProgramFullPath(_path: *const u32) {}
    fn _Py_NewInterpreter(_isolated: c_int) -> *mut PyThreadState { std::ptr::null_mut() }
    fn _Py_RestoreSignals() {
        for signal in [libc::SIGPIPE, libc::SIGXFSZ] { libc::signal(signal, libc::SIG_DFL); }
    }
    fn Py_DecodeLocale(s: *const c_char, size: *mut usize) -> *mut u32 { allocated(codec::decode_fs(c_bytes(s)).value(), size) }
    fn Py_EncodeLocale(s: *const u32, bad: *mut usize) -> *mut c_char {
        let chars = wide(s);
        match codec::encode_fs(str::from_ucs4(chars).value()) {
            Ok(bytes) => {
                let p = pyrs_object::heap::try_malloc(bytes.len() + 1);
                if p.is_null() {
                    if let Some(bad) = bad.as_mut() { *bad = usize::MAX; }
                    return std::ptr::null_mut();
                }
                std::ptr::copy_nonoverlapping(bytes.as_ptr(), p, bytes.len());
                *p.add(bytes.len()) = 0;
                if let Some(bad) = bad.as_mut() { *bad = usize::MAX; }
                p.cast()
            }
            Err(_) => {
                pyrs_object::errors::clear();
                if let Some(bad) = bad.as_mut() {
                    // Surrogates that stand for no byte are what cannot be encoded.
                    *bad = chars.iter().position(|c| (0xD800..=0xDFFF).contains(c) && !(0xDC80..=0xDCFF).contains(c)).unwrap_or(0);
                }
                std::ptr::null_mut()
            }
        }
    }
    fn Py_GetPrefix() -> *const u32 { sys_wide("prefix") }
    fn Py_GetExecPrefix() -> *const u32 { sys_wide("exec_prefix") }
    fn Py_GetProgramFullPath() -> *const u32 { sys_wide("executable") }
    fn Py_GetProgramName() -> *const u32 {
        kept("program name", || {
            let all = pyrs_vm::import::sys_attr("orig_argv")?;
            list::get(all.value(), 0)
        })
    }
    fn Py_GetPath() -> *const u32 {
        kept("path", || {
            let path = pyrs_vm::import::sys_attr("path")?;
            pyrs_object::ops::call_method_str(str::new(":").value(), "join", &[path.value()]).ok()
        })
    }
    fn Py_GetPythonHome() -> *const u32 {
        kept("home", || std::env::var("PYTHONHOME").ok().filter(|h| !h.is_empty()).map(|h| str::new(&h)))
    }
    // To be called before the interpreter starts, which it always has.
    fn Py_SetPath(_path: *const u32) {}
    fn Py_SetProgramName(_name: *const u32) {}
    fn Py_SetPythonHome(_home: *const u32) {}
    fn Py_GetArgcArgv(argc: *mut c_int, argv: *mut *mut *mut u32) {
        static ARGV: std::sync::OnceLock<(usize, usize)> = std::sync::OnceLock::new();
        let (n, p) = *ARGV.get_or_init(|| {
            let all = pyrs_vm::import::sys_attr("orig_argv").map(|all| pyrs_object::ops::collect(all.value()).unwrap_or_default()).unwrap_or_default();
            let mut pointers: Vec<*mut u32> = all.iter().map(|a| wide_chars(a.value()).leak().as_mut_ptr()).collect();
            pointers.push(std::ptr::null_mut());
            (all.len(), pointers.leak().as_mut_ptr() as usize)
        });
        if let Some(argc) = argc.as_mut() { *argc = n as c_int; }
        if let Some(argv) = argv.as_mut() { *argv = p as *mut *mut u32; }
    }
}
