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

capi! {
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
    fn PyImport_ExecCodeModule(s: *const c_char, code: O) -> O {
        let n = name(s);
        ret(add_module(n.value()).and_then(|m| {
            let d = module::dict(m.value());
            pyrs_vm::ensure_builtins(d)?;
            pyrs_vm::interp::exec_code(val(code), d, d, Value::EMPTY)?;
            Ok(m)
        }))
    }
}
