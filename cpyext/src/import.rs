//! `import.h`.

use crate::*;
use pyrs_object::{ValueExt, dict, intern, module, ops, str};

fn import_name(v: Value) -> PyResult {
    if !str::is_str(v) {
        return Err(raise!(TypeError, "module name must be a string"));
    }
    pyrs_vm::import::import_absolute(&str::to_string_lossy(v))
}
fn add_module(name: Value) -> PyResult {
    let modules = pyrs_vm::import::modules()?;
    if let Some(m) = dict::get(modules.value(), name)?
        && module::is_module(m.value())
    {
        return Ok(m);
    }
    let m = module::new(&str::to_string_lossy(name));
    dict::set_item(modules.value(), name, m.value())?;
    Ok(m)
}

fn fs_path(p: *const c_char) -> Ref {
    if p.is_null() {
        return Ref::new(Value::EMPTY);
    }
    // SAFETY: a C string.
    pyrs_object::codec::decode_fs(unsafe { c_bytes(p) })
}
/// Runs `code` in the module `name` of `sys.modules`, which is made if it is missing; a module that fails leaves.
fn exec_module(name: Value, code: Value, path: Value, cached: Value) -> PyResult {
    let m = add_module(name)?;
    let d = module::dict(m.value());
    pyrs_vm::ensure_builtins(d)?;
    let file = if path.is_empty() {
        ops::getattr(code, intern!("co_filename"))?
    } else {
        Ref::new(path)
    };
    dict::set_item(d, intern!("__file__"), file.value())?;
    let cached = if cached.is_empty() {
        Ref::none()
    } else {
        Ref::new(cached)
    };
    dict::set_item(d, intern!("__cached__"), cached.value())?;
    let modules = pyrs_vm::import::modules()?;
    if let Err(e) = pyrs_vm::interp::exec_code(code, d, d, Value::EMPTY) {
        let exc = pyrs_object::errors::take();
        if dict::del_item(modules.value(), name).is_err() {
            pyrs_object::errors::clear();
        }
        let _ = pyrs_object::errors::restore(exc);
        return Err(e);
    }
    // The code may have put another module in its place.
    match dict::get(modules.value(), name)? {
        Some(m) => Ok(m),
        None => Err(raise!(
            ImportError,
            "Loaded module {} not found in sys.modules",
            ops::repr(name).map(|r| str::to_string_lossy(r.value()))?
        )),
    }
}

/// `struct _inittab`: a built-in module. The table is read when the interpreter starts, before any extension is loaded.
#[repr(C)]
pub struct InitTab {
    name: *const c_char,
    init: Option<unsafe extern "C" fn() -> O>,
}
static mut NO_MODULES: InitTab = InitTab {
    name: std::ptr::null(),
    init: None,
};
#[unsafe(no_mangle)]
pub static mut PyImport_Inittab: *mut InitTab = &raw mut NO_MODULES;
/// Frozen modules of an embedding program: none.
#[unsafe(no_mangle)]
pub static mut PyImport_FrozenModules: *const std::ffi::c_void = std::ptr::null();

capi! {
    fn PyImport_ExtendInittab(_table: *mut InitTab) -> c_int { -1 }
    fn _PyImport_IsInitialized(_i: *mut std::ffi::c_void) -> c_int { 1 }
    fn _PyImport_SetModule(n: O, m: O) -> c_int { status(pyrs_vm::import::modules().and_then(|all| ops::setitem(all.value(), val(n), val(m)))) }
    fn _PyImport_SetModuleString(n: *const c_char, m: O) -> c_int { _PyImport_SetModule(name(n).value().as_ptr(), m) }
    fn _PyImport_GetModuleAttr(m: O, attribute: O) -> O { ret(import_name(val(m)).and_then(|m| ops::getattr(m.value(), val(attribute)))) }
    fn _PyImport_GetModuleAttrString(m: *const c_char, attribute: *const c_char) -> O {
        ret(import_name(name(m).value()).and_then(|m| ops::getattr(m.value(), name(attribute).value())))
    }
    fn _PyImport_AcquireLock() {
        if pyrs_vm::import::import_absolute("_imp").and_then(|m| ops::call_method_str(m.value(), "acquire_lock", &[])).is_err() { pyrs_object::errors::clear(); }
    }
    fn _PyImport_ReleaseLock() -> c_int {
        match pyrs_vm::import::import_absolute("_imp").and_then(|m| ops::call_method_str(m.value(), "release_lock", &[])) {
            Ok(_) => 1,
            Err(_) => { pyrs_object::errors::clear(); -1 }
        }
    }
    fn PyImport_ImportModule(s: *const c_char) -> O { ret(import_name(name(s).value())) }
    fn PyImport_ImportModuleNoBlock(s: *const c_char) -> O { PyImport_ImportModule(s) }
    fn PyImport_Import(n: O) -> O { ret(import_name(val(n))) }
    fn PyImport_ImportModuleLevelObject(n: O, globals: O, _locals: O, fromlist: O, level: c_int) -> O {
        let from = if fromlist.is_null() { Ref::none() } else { Ref::new(val(fromlist)) };
        let g = if globals.is_null() { Ref::none() } else { Ref::new(val(globals)) };
        ret(pyrs_vm::import::import_module_level(val(n), g.value(), from.value(), level.into()))
    }
    fn PyImport_ImportModuleLevel(s: *const c_char, globals: O, locals: O, fromlist: O, level: c_int) -> O {
        let n = name(s);
        PyImport_ImportModuleLevelObject(n.value().as_ptr(), globals, locals, fromlist, level)
    }
    fn PyImport_GetModuleDict() -> O {
        // `sys` keeps it alive.
        pyrs_vm::import::modules().map_or(NULL, |m| m.value().as_ptr())
    }
    fn PyImport_GetModule(n: O) -> O {
        match pyrs_vm::import::modules().and_then(|m| dict::get(m.value(), val(n))) {
            Ok(Some(m)) if !m.is_none() => boundary::to_c(m),
            _ => NULL,
        }
    }
    fn PyImport_AddModule(s: *const c_char) -> O { add_module(name(s).value()).map_or(NULL, |m| m.value().as_ptr()) }
    fn PyImport_AddModuleObject(n: O) -> O { add_module(val(n)).map_or(NULL, |m| m.value().as_ptr()) }
    fn PyImport_ReloadModule(m: O) -> O {
        ret(pyrs_vm::import::import_absolute("importlib").and_then(|i| ops::call_method(i.value(), intern!("reload"), &[val(m)])))
    }
    fn PyImport_GetMagicNumber() -> std::ffi::c_long { 0x0a0d_0da7 }
    fn PyImport_ExecCodeModule(s: *const c_char, code: O) -> O { ret(exec_module(name(s).value(), val(code), Value::EMPTY, Value::EMPTY)) }
    fn PyImport_ExecCodeModuleEx(s: *const c_char, code: O, path: *const c_char) -> O {
        ret(exec_module(name(s).value(), val(code), fs_path(path).value(), Value::EMPTY))
    }
    fn PyImport_ExecCodeModuleWithPathnames(s: *const c_char, code: O, path: *const c_char, cached: *const c_char) -> O {
        ret(exec_module(name(s).value(), val(code), fs_path(path).value(), fs_path(cached).value()))
    }
    fn PyImport_ExecCodeModuleObject(n: O, code: O, path: O, cached: O) -> O { ret(exec_module(val(n), val(code), val(path), val(cached))) }
    fn PyImport_GetImporter(path: O) -> O {
        ret(pyrs_vm::import::import_absolute("pkgutil").and_then(|m| ops::call_method_str(m.value(), "get_importer", &[val(path)])))
    }
    fn PyImport_GetMagicTag() -> *const c_char { c"cpython-311".as_ptr() }
    // The interpreter runs always, and the table of built-in modules is fixed when it starts.
    fn PyImport_AppendInittab(_name: *const c_char, _init: Option<unsafe extern "C" fn() -> O>) -> c_int { -1 }
    fn PyImport_ImportFrozenModuleObject(n: O) -> c_int {
        let is_frozen = pyrs_vm::import::import_absolute("_imp").and_then(|m| ops::call_method_str(m.value(), "is_frozen", &[val(n)]));
        match is_frozen {
            Ok(yes) if !yes.is_true_const() => 0,
            Ok(_) => if import_name(val(n)).is_ok() { 1 } else { -1 },
            Err(_) => -1,
        }
    }
    fn PyImport_ImportFrozenModule(s: *const c_char) -> c_int { PyImport_ImportFrozenModuleObject(name(s).value().as_ptr()) }
}
