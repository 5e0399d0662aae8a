//! Loading extension modules: `_imp.create_dynamic` and `_imp.exec_dynamic`.
//!
//! Everything is bound at load time (`RTLD_NOW`), so a C function that pyrs lacks is an `ImportError` that names it and
//! not a crash later.

use crate::*;
use pyrs_object::{codec, dict, errors, exceptions, intern, module, ops, str};
use std::cell::RefCell;
use std::ffi::CString;

thread_local! {
    /// The full name of the single-phase module whose init function is running.
    static PACKAGE_CONTEXT: RefCell<Option<String>> = const { RefCell::new(None) };
}
/// Single-phase modules by (file, name): a second import gives a module with the same contents.
static mut LOADED: Vec<(String, String, O)> = Vec::new();

/// The list.
///
/// # Safety
/// Under the GIL; the reference is given up before anything else runs.
unsafe fn loaded() -> &'static mut Vec<(String, String, O)> {
    let all = &raw mut LOADED;
    // SAFETY: by contract.
    unsafe { &mut *all }
}

/// The full name of the module being initialised, if its last part is `short`.
pub(crate) fn package_context(short: &str) -> Option<String> {
    PACKAGE_CONTEXT.with_borrow_mut(|c| match c {
        Some(full) if full.rsplit('.').next() == Some(short) => c.take(),
        _ => None,
    })
}

fn import_error(message: &str, name: Value, path: Value) -> Raised {
    match exceptions::new_import_error(exceptions::ImportError, message, name, path) {
        Ok(exc) => errors::set(exc),
        Err(e) => e,
    }
}

/// `PyInit_name`, or `PyInitU_` and punycode for names outside ASCII.
fn init_symbol(short: &str) -> PyResult<CString> {
    let text = if short.is_ascii() {
        format!("PyInit_{short}")
    } else {
        let encoded = codec::encode(str::new(short).value(), "punycode", "strict")?;
        format!(
            "PyInitU_{}",
            String::from_utf8_lossy(pyrs_object::bytes::data(encoded.value())).replace('-', "_")
        )
    };
    CString::new(text).map_err(|_| raise!(ValueError, "embedded null character"))
}

fn dl_error() -> String {
    // SAFETY: dlerror gives a C string or null.
    let p = unsafe { libc::dlerror() };
    if p.is_null() {
        String::from("unknown dlopen() error")
    } else {
        // SAFETY: a C string.
        unsafe { text(p) }.into_owned()
    }
}
fn dlopen_flags() -> c_int {
    let f = pyrs_vm::import::sys_dict();
    let own = if f.is_empty() {
        None
    } else {
        dict::get_str(f, "getdlopenflags")
    };
    let flags = own
        .and_then(|f| ops::call(f.value(), &[]).ok())
        .and_then(|r| r.as_int());
    if errors::occurred() {
        errors::clear();
    }
    flags.unwrap_or(libc::RTLD_NOW as i64) as c_int | libc::RTLD_NOW
}

/// `_imp.create_dynamic(spec)`.
pub fn create(spec: Value) -> PyResult {
    let name = ops::getattr(spec, intern!("name"))?;
    let path = ops::getattr(spec, intern!("origin"))?;
    let full = str::as_utf8(name.value())?.to_owned();
    let short = full.rsplit('.').next().unwrap_or(&full).to_owned();
    let file = str::to_string_lossy(path.value());
    if let Some(m) = again(&file, &full)? {
        return Ok(m);
    }
    let symbol = init_symbol(&short)?;
    let mut raw = codec::encode_fs(path.value())?;
    // dlopen searches the library path for names without a slash.
    if !raw.contains(&b'/') {
        raw.splice(0..0, *b"./");
    }
    let raw = CString::new(raw).map_err(|_| raise!(ValueError, "embedded null byte"))?;
    static FIRST: std::sync::Once = std::sync::Once::new();
    FIRST.call_once(|| {
        pyrs_object::runtime::prepare();
        config::publish();
    });
    let flags = dlopen_flags();
    // SAFETY: loading runs the library's constructors, which an import asks for.
    let handle = unsafe { libc::dlopen(raw.as_ptr(), flags) };
    if handle.is_null() {
        return Err(import_error(&dl_error(), name.value(), path.value()));
    }
    // SAFETY: a live handle.
    let f = unsafe { libc::dlsym(handle, symbol.as_ptr()) };
    if f.is_null() {
        let text = format!(
            "dynamic module does not define module export function ({})",
            symbol.to_string_lossy()
        );
        return Err(import_error(&text, name.value(), path.value()));
    }
    // SAFETY: the symbol is by convention the module's init function.
    let init =
        unsafe { std::mem::transmute::<*mut std::ffi::c_void, unsafe extern "C" fn() -> O>(f) };
    let old = PACKAGE_CONTEXT.replace(Some(full.clone()));
    // SAFETY: as above.
    let o = unsafe { init() };
    PACKAGE_CONTEXT.set(old);
    // SAFETY: the init function's result: null, a module or a definition.
    unsafe { finish(o, spec, &full, &short, &file, path.value()) }
}

unsafe fn finish(o: O, spec: Value, full: &str, short: &str, file: &str, path: Value) -> PyResult {
    // SAFETY: by contract of the init function.
    unsafe {
        if o.is_null() {
            if !errors::occurred() {
                return Err(raise!(
                    SystemError,
                    "initialization of {short} failed without raising an exception"
                ));
            }
            return Err(Raised::assume_set());
        }
        if errors::occurred() {
            let cause = errors::take();
            let _ = raise!(
                SystemError,
                "initialization of {short} raised unreported exception"
            );
            let exc = errors::take();
            exceptions::set_cause(exc.value(), Some(cause));
            return Err(errors::restore(exc));
        }
        if (*o).ob_type.is_null() {
            return Err(raise!(
                SystemError,
                "init function of {short} returned uninitialized object"
            ));
        }
        if (*o).ob_type == &raw mut crate::moduleobject::PyModuleDef_Type {
            return crate::moduleobject::from_def_and_spec(o.cast(), spec, 1013);
        }
        let m = steal(o);
        if !module::is_module(m.value()) {
            return Err(raise!(
                SystemError,
                "initialization of {short} did not return an extension module"
            ));
        }
        let def = (*o.cast::<PyModuleObject>()).md_def;
        if def.is_null() {
            return Err(raise!(
                SystemError,
                "initialization of {short} did not return a valid extension module"
            ));
        }
        dict::set_item(module::dict(m.value()), intern!("__file__"), path)?;
        crate::pystate::add_module(m.value(), def);
        loaded().push((file.to_owned(), full.to_owned(), m.clone().into_ptr()));
        // The contents of a module that cannot be initialised twice are kept for the next import.
        if (*def).m_size < 0 && (*def).m_base.m_copy.is_null() {
            (*def).m_base.m_copy = boundary::to_c(dict::copy(module::dict(m.value())));
        }
        Ok(m)
    }
}

/// A single-phase module that was loaded before: its definition says how it comes back.
fn again(file: &str, full: &str) -> PyResult<Option<Ref>> {
    // SAFETY: the list is used under the GIL; its modules are kept alive by it.
    unsafe {
        let found = loaded()
            .iter()
            .find(|l| l.0 == file && l.1 == full)
            .map(|l| l.2);
        let Some(first) = found else { return Ok(None) };
        let def = (*first.cast::<PyModuleObject>()).md_def;
        if def.is_null() || (*def).m_size >= 0 {
            // A module with re-initialisable state runs its init function again.
            return Ok(None);
        }
        let copy = (*def).m_base.m_copy;
        if copy.is_null() {
            return Ok(None);
        }
        let m = Ref::new(Value::from_object(first));
        dict::update(module::dict(m.value()), Value::from_object(copy))?;
        Ok(Some(m))
    }
}

/// `_imp.exec_dynamic(module)`.
pub fn exec(m: Value) -> PyResult {
    if !module::is_module(m) {
        return Ok(Ref::int(0));
    }
    // SAFETY: a live module; its definition outlives it.
    unsafe {
        let o = m.as_ptr().cast::<PyModuleObject>();
        let def = (*o).md_def;
        // Modules with state have been executed already.
        if def.is_null()
            || !(*o).md_state.is_null()
            || (*def).m_slots.is_null() && (*def).m_size <= 0 && is_single_phase(m.as_ptr())
        {
            return Ok(Ref::int(0));
        }
        crate::moduleobject::exec(m, def)?;
    }
    Ok(Ref::int(0))
}
fn is_single_phase(o: O) -> bool {
    // SAFETY: the list is used under the GIL.
    unsafe { loaded().iter().any(|l| l.2 == o) }
}
