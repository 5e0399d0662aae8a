//! `moduleobject.h`: module objects and their definitions.

use crate::*;
use pyrs_object::native::STATIC_BASE;
use pyrs_object::{cfunction, dict, heap, intern, module, ops, str, ty};
use std::sync::atomic::{AtomicIsize, Ordering};

/// The type of `PyModuleDef`s, which are objects so that multi-phase initialisation can return one.
#[unsafe(no_mangle)]
pub static mut PyModuleDef_Type: PyTypeObject = PyTypeObject {
    ob_base: STATIC_BASE,
    tp_name: c"moduledef".as_ptr().cast_mut(),
    tp_basicsize: size_of::<PyModuleDef>() as isize,
    ..pyrs_object::native::Zero::TYPE
};

const SLOT_CREATE: c_int = 1;
const SLOT_EXEC: c_int = 2;
static NEXT_INDEX: AtomicIsize = AtomicIsize::new(1);

unsafe fn init_def(def: *mut PyModuleDef) -> PyResult<()> {
    // SAFETY: a live definition.
    unsafe {
        pyrs_object::typeobject::ready(ty!(PyModuleDef_Type))?;
        if (*def).m_base.m_index == 0 {
            (*def).m_base.ob_base.ob_refcnt = 1;
            (*def).m_base.ob_base.ob_type = &raw mut PyModuleDef_Type;
            (*def).m_base.m_index = NEXT_INDEX.fetch_add(1, Ordering::Relaxed);
        }
        Ok(())
    }
}

/// Adds C functions with the module as self.
pub(crate) unsafe fn add_methods(m: Value, name: Value, defs: *mut PyMethodDef) -> c_int {
    // SAFETY: the table ends with an entry without name and outlives the module.
    unsafe {
        let mut d = defs;
        while !d.is_null() && !(*d).ml_name.is_null() {
            if (*d).ml_flags & (methflags::CLASS | methflags::STATIC) != 0 {
                let _ = raise!(
                    ValueError,
                    "module functions cannot set METH_CLASS or METH_STATIC"
                );
                return -1;
            }
            let f = cfunction::new_foreign(d, m, name, None);
            if dict::set_item(
                module::dict(m),
                crate::name((*d).ml_name).value(),
                f.value(),
            )
            .is_err()
            {
                return -1;
            }
            d = d.add(1);
        }
        0
    }
}
fn check_version(module: &str, version: c_int) -> PyResult<()> {
    if version != 1013 && version != 3 {
        (pyrs_object::hooks().warn)(
            pyrs_object::exceptions::RuntimeWarning,
            &format!(
                "Python C API version mismatch for module {module:.100}: This Python has API version 1013, module {module:.100} has version {version}."
            ),
            1,
        )?;
    }
    Ok(())
}
unsafe fn fill(m: Value, name: Value, def: *mut PyModuleDef) -> PyResult<()> {
    // SAFETY: a live module and definition.
    unsafe {
        if !(*def).m_methods.is_null() && add_methods(m, name, (*def).m_methods) < 0 {
            return Err(Raised::assume_set());
        }
        if !(*def).m_doc.is_null() {
            ops::setattr(m, intern!("__doc__"), Ref::str(&text((*def).m_doc)).value())?;
        }
        Ok(())
    }
}
unsafe fn create(def: *mut PyModuleDef, version: c_int) -> PyResult {
    // SAFETY: a live definition.
    unsafe {
        init_def(def)?;
        let mut name = text((*def).m_name).into_owned();
        check_version(&name, version)?;
        if !(*def).m_slots.is_null() {
            return Err(raise!(
                SystemError,
                "module {name}: PyModule_Create is incompatible with m_slots"
            ));
        }
        // A module in a package learns its full name from the loader.
        if let Some(full) = crate::loader::package_context(&name) {
            name = full;
        }
        let m = module::new(&name);
        let o = m.as_ptr().cast::<PyModuleObject>();
        if (*def).m_size > 0 {
            (*o).md_state = heap::zalloc((*def).m_size as usize).cast();
        }
        fill(m.value(), str::intern(&name).value(), def)?;
        (*o).md_def = def;
        Ok(m)
    }
}

/// A module by multi-phase initialisation, not executed yet.
pub(crate) unsafe fn from_def_and_spec(
    def: *mut PyModuleDef,
    spec: Value,
    version: c_int,
) -> PyResult {
    // SAFETY: a live definition.
    unsafe {
        init_def(def)?;
        let name = ops::getattr(spec, intern!("name"))?;
        let shown = str::to_string_lossy(name.value());
        check_version(&shown, version)?;
        if (*def).m_size < 0 {
            return Err(raise!(
                SystemError,
                "module {shown}: m_size may not be negative for multi-phase initialization"
            ));
        }
        type Create = unsafe extern "C" fn(O, *mut PyModuleDef) -> O;
        let (mut create, mut has_exec) = (None::<Create>, false);
        let mut s = (*def).m_slots;
        while !s.is_null() && (*s).slot != 0 {
            match (*s).slot {
                SLOT_CREATE if create.is_some() => {
                    return Err(raise!(
                        SystemError,
                        "module {shown} has multiple create slots"
                    ));
                }
                SLOT_CREATE => {
                    create = Some(std::mem::transmute::<*mut std::ffi::c_void, Create>(
                        (*s).value,
                    ))
                }
                SLOT_EXEC => has_exec = true,
                n => {
                    return Err(raise!(
                        SystemError,
                        "module {shown} uses unknown slot ID {n}"
                    ));
                }
            }
            s = s.add(1);
        }
        let m = match create {
            Some(f) => {
                let o = f(boundary::CRef::new(spec).ptr(), def);
                if o.is_null() {
                    if !pyrs_object::errors::occurred() {
                        return Err(raise!(
                            SystemError,
                            "creation of module {shown} failed without setting an exception"
                        ));
                    }
                    return Err(Raised::assume_set());
                }
                if pyrs_object::errors::occurred() {
                    heap::decref_ptr(o);
                    return Err(raise!(
                        SystemError,
                        "creation of module {shown} raised unreported exception"
                    ));
                }
                Ref::from_owned_ptr(o)
            }
            None => {
                let m = module::new(&shown);
                dict::set_item(module::dict(m.value()), intern!("__name__"), name.value())?;
                m
            }
        };
        if module::is_module(m.value()) {
            let o = m.as_ptr().cast::<PyModuleObject>();
            (*o).md_state = std::ptr::null_mut();
            (*o).md_def = def;
            fill(m.value(), name.value(), def)?;
        } else {
            if (*def).m_size > 0
                || (*def).m_traverse.is_some()
                || (*def).m_clear.is_some()
                || (*def).m_free.is_some()
            {
                return Err(raise!(
                    SystemError,
                    "module {shown} is not a module object, but requests module state"
                ));
            }
            if has_exec {
                return Err(raise!(
                    SystemError,
                    "module {shown} specifies execution slots, but did not create a ModuleType instance"
                ));
            }
        }
        Ok(m)
    }
}
/// Runs the execution slots.
pub(crate) unsafe fn exec(m: Value, def: *mut PyModuleDef) -> PyResult<()> {
    // SAFETY: a live module and its definition.
    unsafe {
        let o = m.as_ptr().cast::<PyModuleObject>();
        let shown = || {
            let n = dict::get(module::dict(m), intern!("__name__"))
                .ok()
                .flatten();
            n.map_or_else(|| "?".to_owned(), |n| str::to_string_lossy(n.value()))
        };
        if (*def).m_size >= 0 && (*o).md_state.is_null() {
            (*o).md_state = heap::zalloc((*def).m_size.max(1) as usize).cast();
        }
        let mut s = (*def).m_slots;
        while !s.is_null() && (*s).slot != 0 {
            if (*s).slot == SLOT_EXEC {
                let f = std::mem::transmute::<
                    *mut std::ffi::c_void,
                    unsafe extern "C" fn(O) -> c_int,
                >((*s).value);
                let r = f(m.as_ptr());
                if r != 0 {
                    if !pyrs_object::errors::occurred() {
                        return Err(raise!(
                            SystemError,
                            "execution of module {} failed without setting an exception",
                            shown()
                        ));
                    }
                    return Err(Raised::assume_set());
                }
                if pyrs_object::errors::occurred() {
                    return Err(raise!(
                        SystemError,
                        "execution of module {} raised unreported exception",
                        shown()
                    ));
                }
            }
            s = s.add(1);
        }
        Ok(())
    }
}

capi! {
    fn _PyModuleSpec_IsInitializing(spec: O) -> c_int {
        if spec.is_null() { return 0; }
        match pyrs_object::ops::getattr_str(val(spec), "_initializing").and_then(|v| pyrs_object::ops::is_true(v.value())) {
            Ok(yes) => yes.into(),
            Err(_) => { pyrs_object::errors::clear(); 0 }
        }
    }
    fn PyModuleDef_Init(def: *mut PyModuleDef) -> O { if init_def(def).is_ok() { def.cast() } else { NULL } }
    fn PyModule_Create2(def: *mut PyModuleDef, version: c_int) -> O { ret(create(def, version)) }
    fn PyModule_FromDefAndSpec2(def: *mut PyModuleDef, spec: O, version: c_int) -> O { ret(from_def_and_spec(def, val(spec), version)) }
    fn PyModule_ExecDef(m: O, def: *mut PyModuleDef) -> c_int { status(exec(Value::from_object(m), def)) }
    fn PyModule_NewObject(name: O) -> O {
        let m = module::new(&str::to_string_lossy(val(name)));
        if dict::set_item(module::dict(m.value()), intern!("__name__"), val(name)).is_err() { return NULL; }
        boundary::to_c(m)
    }
    fn PyModule_New(name: *const c_char) -> O { boundary::to_c(module::new(&text(name))) }
    fn PyModule_GetDict(m: O) -> O {
        if !module::is_module(Value::from_object(m)) { return bad_null(); }
        module::dict(Value::from_object(m)).as_ptr()
    }
    fn PyModule_GetNameObject(m: O) -> O { ret(attribute(val(m), "__name__", "nameless module")) }
    fn PyModule_GetName(m: O) -> *const c_char {
        // The module's dict keeps the name alive.
        match attribute(val(m), "__name__", "nameless module").and_then(|n| str::as_utf8(n.value())) {
            Ok(s) => s.as_ptr().cast(),
            Err(_) => std::ptr::null(),
        }
    }
    fn PyModule_GetFilenameObject(m: O) -> O { ret(attribute(val(m), "__file__", "module filename missing")) }
    fn PyModule_GetFilename(m: O) -> *const c_char {
        // The module's dict keeps the name alive.
        match attribute(val(m), "__file__", "module filename missing").and_then(|n| str::as_utf8(n.value())) {
            Ok(s) => s.as_ptr().cast(),
            Err(_) => std::ptr::null(),
        }
    }
    fn PyModule_GetDef(m: O) -> *mut PyModuleDef {
        if !module::is_module(Value::from_object(m)) { let _ = crate::unicodeobject::bad_argument(); return std::ptr::null_mut(); }
        (*m.cast::<PyModuleObject>()).md_def
    }
}
fn attribute(m: Value, name: &str, missing: &str) -> PyResult {
    if !module::is_module(m) {
        return Err(crate::unicodeobject::bad_argument());
    }
    match dict::get_str(module::dict(m), name) {
        Some(v) if str::is_str(v.value()) => Ok(v),
        _ => Err(raise!(SystemError, "{missing}")),
    }
}
