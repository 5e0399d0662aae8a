//! The import system's part in the interpreter: `import` statements on `sys.modules` and `importlib`.

use pyrs_object::{
    PyResult, Ref, Type, Value, ValueExt, audit, dict, errors, exceptions, intern, module, ops,
    raise, str,
};
use std::sync::atomic::{AtomicU64, Ordering};

static SYS: AtomicU64 = AtomicU64::new(0);
static DEFAULT_IMPORT: AtomicU64 = AtomicU64::new(0);
static IMPORTLIB: AtomicU64 = AtomicU64::new(0);

/// The `sys` module's dict.
pub fn sys_dict() -> Value {
    Value::from_bits(SYS.load(Ordering::Relaxed))
}
/// Declares the `sys` module. Called once at start.
pub fn set_sys(sys: &Ref) {
    SYS.store(module::dict(sys.value()).bits(), Ordering::Relaxed);
    pyrs_object::heap::incref(sys.value());
}
/// Declares the builtin `__import__`, which import statements short-cut.
pub fn set_default_import(function: &Ref) {
    DEFAULT_IMPORT.store(function.bits(), Ordering::Relaxed);
    pyrs_object::heap::incref(function.value());
}
/// Declares `importlib._bootstrap`, whose `_find_and_load` does what is not in `sys.modules` yet.
pub fn set_importlib(bootstrap: &Ref) {
    IMPORTLIB.store(bootstrap.bits(), Ordering::Relaxed);
    pyrs_object::heap::incref(bootstrap.value());
}
pub fn importlib() -> Option<Value> {
    let v = Value::from_bits(IMPORTLIB.load(Ordering::Relaxed));
    if v.is_empty() { None } else { Some(v) }
}

pub fn sys_attr(name: &str) -> Option<Ref> {
    let sys = sys_dict();
    if sys.is_empty() {
        None
    } else {
        dict::get_str(sys, name)
    }
}

/// The builtin `__import__`.
pub fn default_import() -> Value {
    Value::from_bits(DEFAULT_IMPORT.load(Ordering::Relaxed))
}
pub(crate) fn is_default_import(function: Value) -> bool {
    function == default_import()
}

/// `sys.modules`.
pub fn modules() -> PyResult {
    let sys = sys_dict();
    let found = match sys.is_empty() {
        true => None,
        false => dict::get(sys, intern!("modules"))?,
    };
    found.ok_or_else(|| raise!(RuntimeError, "lost sys.modules"))
}

fn get_module(modules: Value, name: Value) -> PyResult<Option<Ref>> {
    let found = if dict::is_dict(modules) {
        dict::get(modules, name)?
    } else {
        errors::absorb(ops::getitem(modules, name), exceptions::KeyError)?
    };
    Ok(found)
}

/// The module of that absolute name, imported if needed.
fn find_or_load(name: Value) -> PyResult {
    let modules = modules()?;
    if let Some(m) = get_module(modules.value(), name)? {
        if m.is_none() {
            return Err(module_not_found_none(name));
        }
        if !being_initialised(m.value())? {
            return Ok(m);
        }
        let Some(bootstrap) = importlib() else {
            return Ok(m);
        };
        ops::call_method(bootstrap, intern!("_lock_unlock_module"), &[name])?;
        return Ok(m);
    }
    let Some(bootstrap) = importlib() else {
        return Err(raise!(
            ImportError,
            "no module named '{}' (importlib is not ready)",
            str::display(name)
        ));
    };
    if pyrs_object::events::listening() {
        audit_import(name)?;
    }
    let find = ops::getattr(bootstrap, intern!("_find_and_load"))?;
    let gcd = ops::getattr(bootstrap, intern!("_gcd_import"))?;
    IMPORTS.fetch_add(1, Ordering::Relaxed);
    let result = ops::call(find.value(), &[name, gcd.value()]);
    IMPORTS.fetch_sub(1, Ordering::Relaxed);
    if result.is_err() {
        exceptions::remove_importlib_frames();
    }
    result
}

/// Tells of an import that is to begin.
#[cold]
fn audit_import(name: Value) -> PyResult<()> {
    let lists = ["path", "meta_path", "path_hooks"];
    let [path, meta, hooks] = lists.map(|n| sys_attr(n).unwrap_or_else(Ref::none));
    audit!("import", name, Value::EMPTY, path, meta, hooks)
}

/// Imports under way, each of which is in a native call.
static IMPORTS: AtomicU64 = AtomicU64::new(0);
/// Whether some thread is importing a module.
pub fn in_progress() -> bool {
    IMPORTS.load(Ordering::Relaxed) != 0
}

fn module_not_found_none(name: Value) -> pyrs_object::Raised {
    let text = format!(
        "import of {} halted; None in sys.modules",
        str::display(name)
    );
    match exceptions::new_instance(exceptions::ModuleNotFoundError, &[str::new(&text).value()]) {
        Ok(exc) => {
            if ops::setattr(exc.value(), intern!("name"), name).is_err() {
                errors::clear();
            }
            errors::set(exc)
        }
        Err(e) => e,
    }
}

fn repr_text(v: Value) -> String {
    match ops::repr(v) {
        Ok(r) => str::to_string_lossy(r.value()),
        Err(_) => {
            errors::clear();
            String::from("?")
        }
    }
}

fn being_initialised(m: Value) -> PyResult<bool> {
    let spec = if module::is_module(m) {
        dict::get(module::dict(m), intern!("__spec__"))?
    } else {
        ops::getattr_opt(m, intern!("__spec__"))?
    };
    let Some(spec) = spec else { return Ok(false) };
    if spec.is_none() {
        return Ok(false);
    }
    match ops::getattr_opt(spec.value(), intern!("_initializing"))? {
        Some(flag) => ops::is_true(flag.value()),
        None => Ok(false),
    }
}

/// `__import__(name, globals, None, fromlist, level)`.
pub fn import_module_level(name: Value, globals: Value, fromlist: Value, level: i64) -> PyResult {
    if !name.has_flag(pyrs_object::layout::tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "module name must be a string"));
    }
    if level < 0 {
        return Err(raise!(ValueError, "level must be >= 0"));
    }
    let absolute = if level > 0 {
        resolve_name(name, globals, level)?
    } else {
        if str::len(name) == 0 {
            return Err(raise!(ValueError, "Empty module name"));
        }
        Ref::new(name)
    };
    let module = find_or_load(absolute.value())?;
    let has_fromlist = !fromlist.is_empty() && !fromlist.is_none() && ops::is_true(fromlist)?;
    if !has_fromlist {
        if level > 0 && str::len(name) == 0 {
            return Ok(module);
        }
        if str::ascii_bytes(name).is_some_and(|n| !n.contains(&b'.')) {
            return Ok(module);
        }
        let text = str::to_string_lossy(name);
        let Some(dot) = text.find('.') else {
            return Ok(module);
        };
        if level == 0 {
            let front = str::new(&text[..dot]);
            return find_or_load(str::intern_value(front).value());
        }
        // `from . import x.y` cannot be written; `__import__("a.b", level=1)` gives package.a.
        let cut = text.len() - dot;
        let full = str::to_string_lossy(absolute.value());
        let front = str::new(&full[..full.len().saturating_sub(cut)]);
        let modules = modules()?;
        return match get_module(modules.value(), front.value())? {
            Some(m) => Ok(m),
            None => Err(raise!(
                KeyError,
                "{} not in sys.modules as expected",
                repr_text(front.value())
            )),
        };
    }
    let has_path = ops::getattr_opt(module.value(), intern!("__path__"))?.is_some();
    if !has_path || has_all(module.value(), fromlist) {
        return Ok(module);
    }
    let Some(bootstrap) = importlib() else {
        return Ok(module);
    };
    let handle = ops::getattr(bootstrap, intern!("_handle_fromlist"))?;
    let import = ops::getattr(bootstrap, intern!("_gcd_import"))?;
    let result = ops::call(handle.value(), &[module.value(), fromlist, import.value()]);
    if result.is_err() {
        exceptions::remove_importlib_frames();
    }
    result
}

/// The absolute name of a relative import.
fn resolve_name(name: Value, globals: Value, level: i64) -> PyResult {
    if globals.is_empty() || globals.is_none() {
        return Err(raise!(KeyError, "'__name__' not in globals"));
    }
    if !dict::is_dict(globals) {
        return Err(raise!(TypeError, "globals must be a dict"));
    }
    let package = dict::get(globals, intern!("__package__"))?.filter(|p| !p.is_none());
    let spec = dict::get(globals, intern!("__spec__"))?.filter(|s| !s.is_none());
    let is_str = |v: &Ref| v.has_flag(pyrs_object::layout::tpflags::UNICODE_SUBCLASS);
    let package = if let Some(p) = package {
        if !is_str(&p) {
            return Err(raise!(TypeError, "package must be a string"));
        }
        if let Some(spec) = spec {
            let parent = ops::getattr(spec.value(), intern!("parent"))?;
            if !ops::eq(p.value(), parent.value())? {
                warn(
                    exceptions::ImportWarning,
                    "__package__ != __spec__.parent",
                    1,
                )?;
            }
        }
        str::to_string_lossy(p.value())
    } else if let Some(spec) = spec {
        let parent = ops::getattr(spec.value(), intern!("parent"))?;
        if !is_str(&parent) {
            return Err(raise!(TypeError, "__spec__.parent must be a string"));
        }
        str::to_string_lossy(parent.value())
    } else {
        warn(
            exceptions::ImportWarning,
            "can't resolve package from __spec__ or __package__, falling back on __name__ and __path__",
            1,
        )?;
        let Some(n) = dict::get(globals, intern!("__name__"))? else {
            return Err(raise!(KeyError, "'__name__' not in globals"));
        };
        if !is_str(&n) {
            return Err(raise!(TypeError, "__name__ must be a string"));
        }
        let text = str::to_string_lossy(n.value());
        if dict::contains(globals, intern!("__path__"))? {
            text
        } else {
            text.rfind('.')
                .map_or(String::new(), |dot| text[..dot].to_string())
        }
    };
    if package.is_empty() {
        return Err(raise!(
            ImportError,
            "attempted relative import with no known parent package"
        ));
    }
    let mut base = package.as_str();
    for _ in 1..level {
        match base.rfind('.') {
            Some(dot) => base = &base[..dot],
            None => {
                return Err(raise!(
                    ImportError,
                    "attempted relative import beyond top-level package"
                ));
            }
        }
    }
    let text = str::to_string_lossy(name);
    let full = if text.is_empty() {
        base.to_string()
    } else {
        format!("{base}.{text}")
    };
    Ok(str::intern(&full))
}

/// The module in `modules` (`sys.modules`) that an `import` of an absolute name gives without running any code, borrowed.
pub fn loaded(modules: Value, name: Value, fromlist: Value) -> Option<Value> {
    let at = dict::is_dict(modules).then(|| dict::find_index(modules, name))??;
    // SAFETY: the index was just found.
    let m = unsafe { dict::value_at(modules, at) };
    if !m.is_exact(pyrs_object::ty!(module::PyModule_Type)) {
        return None;
    }
    let ready = being_initialised(m).unwrap_or_else(|_| {
        errors::clear();
        true
    });
    let plain = if fromlist.is_none() {
        str::ascii_bytes(name).is_some_and(|n| !n.contains(&b'.'))
    } else {
        has_all(m, fromlist)
    };
    (!ready && plain).then_some(m)
}

/// Whether a package's own dict holds all that `from package import ...` names, so that `_handle_fromlist` has nothing to
/// import. Not while a tracer or profiler would see that function.
fn has_all(package: Value, fromlist: Value) -> bool {
    if crate::trace::active(pyrs_object::thread::current()) || !module::is_module(package) {
        return false;
    }
    let d = module::dict(package);
    let Some(names) = ops::exact_items(fromlist) else {
        return false;
    };
    // `*` is no name that a module's dict has.
    !d.is_empty()
        && names.iter().all(|name| {
            name.is_exact(pyrs_object::ty!(str::PyUnicode_Type))
                && dict::find_index(d, *name).is_some()
                && !str::eq_str(*name, "*")
        })
}

/// `from module import name`.
pub(crate) fn import_from(m: Value, name: Value) -> PyResult {
    if let Some(v) = ops::getattr_opt(m, name)? {
        return Ok(v);
    }
    let package = ops::getattr_opt(m, intern!("__name__"))?;
    if let Some(package) = &package
        && package.has_flag(pyrs_object::layout::tpflags::UNICODE_SUBCLASS)
    {
        let full = format!(
            "{}.{}",
            str::to_string_lossy(package.value()),
            str::to_string_lossy(name)
        );
        let modules = modules()?;
        if let Some(found) = get_module(modules.value(), str::new(&full).value())? {
            return Ok(found);
        }
    }
    let package_text =
        package.filter(|p| p.has_flag(pyrs_object::layout::tpflags::UNICODE_SUBCLASS));
    let shown = package_text.as_ref().map_or_else(
        || String::from("'<unknown module name>'"),
        |p| repr_text(p.value()),
    );
    let path = ops::getattr_opt(m, intern!("__file__"))?;
    let location = path.as_ref().filter(|p| !p.is_none()).map_or_else(
        || String::from("unknown location"),
        |p| str::to_string_lossy(p.value()),
    );
    let text = if being_initialised(m)? {
        format!(
            "cannot import name {} from partially initialized module {shown} (most likely due to a circular import) ({location})",
            repr_text(name)
        )
    } else {
        format!(
            "cannot import name {} from {shown} ({location})",
            repr_text(name)
        )
    };
    let exc = exceptions::new_instance(exceptions::ImportError, &[str::new(&text).value()])?;
    if let Some(p) = package_text {
        ops::setattr(exc.value(), intern!("name"), p.value())?;
    }
    if let Some(p) = path {
        ops::setattr(exc.value(), intern!("path"), p.value())?;
    }
    Err(errors::set(exc))
}

/// `from module import *` into `locals`.
pub(crate) fn import_all_from(locals: Value, m: Value) -> PyResult<()> {
    let all = ops::getattr_opt(m, intern!("__all__"))?;
    let skip_private = all.is_none();
    let names = match all {
        Some(names) => names,
        None => {
            let Some(d) = ops::getattr_opt(m, intern!("__dict__"))? else {
                return Err(raise!(
                    ImportError,
                    "from-import-* object has no __dict__ and no __all__"
                ));
            };
            ops::call_method_str(d.value(), "keys", &[])?
        }
    };
    for name in ops::collect(names.value())? {
        if !name.has_flag(pyrs_object::layout::tpflags::UNICODE_SUBCLASS) {
            let module_name = ops::getattr(m, intern!("__name__"))?;
            return Err(raise!(
                TypeError,
                "{} in {}.{} must be str, not {}",
                if skip_private { "Key" } else { "Item" },
                str::to_string_lossy(module_name.value()),
                if skip_private { "__dict__" } else { "__all__" },
                name.ty().message_name()
            ));
        }
        if skip_private
            && str::len(name.value()) > 0
            && str::char_at(name.value(), 0) == u32::from(b'_')
        {
            continue;
        }
        let v = ops::getattr(m, name.value())?;
        if dict::is_dict(locals) {
            dict::set_item(locals, name.value(), v.value())?;
        } else {
            ops::setitem(locals, name.value(), v.value())?;
        }
    }
    Ok(())
}

/// `importlib.import_module(name)` for native code.
pub fn import_absolute(name: &str) -> PyResult {
    find_or_load(str::intern(name).value())
}

/// `warnings.warn(message, category, stacklevel)`: through `_warnings` when that is there.
pub fn warn(category: Type, message: &str, stacklevel: usize) -> PyResult<()> {
    warn_about(category, message, stacklevel, Ref::none().value())
}

/// [`warn`] with the object that the warning is about, or None.
pub fn warn_about(category: Type, message: &str, stacklevel: usize, source: Value) -> PyResult<()> {
    let Ok(modules) = modules() else {
        errors::clear();
        return Ok(());
    };
    let Some(warnings) = get_module(modules.value(), intern!("_warnings"))? else {
        return Ok(());
    };
    let text = str::new(message);
    ops::call_method(
        warnings.value(),
        intern!("warn"),
        &[
            text.value(),
            category.value(),
            Value::int_unchecked(stacklevel as i64),
            source,
        ],
    )
    .map(drop)
}

/// `sys.unraisablehook` with the error, a text and the object.
pub fn write_unraisable(exc: Ref, context: &str, object: Value) {
    let Some(hook) = sys_attr("unraisablehook") else {
        eprintln!("Exception ignored in: {}", repr_text(object));
        return;
    };
    let tb = exceptions::traceback_of(exc.value())
        .or_else(current_traceback)
        .unwrap_or_else(Ref::none);
    let arg = unraisable_args(&exc, tb.value(), context, object);
    let told = audit!("sys.unraisablehook", &hook, &arg);
    let (place, object) = if told.is_err() {
        ("Exception ignored in audit hook", Ref::none())
    } else if ops::call(hook.value(), &[arg.value()]).is_err() {
        ("Exception ignored in sys.unraisablehook", hook)
    } else {
        return;
    };
    let second = errors::take();
    if let Some(default) = sys_attr("__unraisablehook__") {
        let tb = exceptions::traceback_of(second.value()).unwrap_or_else(Ref::none);
        let arg = unraisable_args(&second, tb.value(), place, object.value());
        if ops::call(default.value(), &[arg.value()]).is_err() {
            errors::clear();
        }
    }
}

/// A traceback entry of the running frame, for errors that arose in native code and have none.
fn current_traceback() -> Option<Ref> {
    // SAFETY: the current thread state and its frames are live.
    unsafe {
        let frame = crate::frames::current(pyrs_object::thread::current());
        if frame.is_null() {
            return None;
        }
        let object = Ref::new(Value::from_object(
            crate::frames::frame_object(frame).cast(),
        ));
        let code = (*frame).code.cast::<crate::code::Code>();
        let index = (*code).index_of((*frame).pc);
        Some(pyrs_object::traceback::new(
            Value::EMPTY,
            object.value(),
            (index * 2) as i32,
            crate::frames::line(frame),
        ))
    }
}

/// `UnraisableHookArgs`, the type of what `sys.unraisablehook` gets.
pub fn unraisable_type() -> Type {
    use std::sync::OnceLock;
    static TYPE: OnceLock<Type> = OnceLock::new();
    *TYPE.get_or_init(|| {
        let fields = [
            ("exc_type", "Exception type"),
            ("exc_value", "Exception value"),
            ("exc_traceback", "Exception traceback"),
            ("err_msg", "Error message"),
            ("object", "Object causing the exception"),
        ];
        let doc = "What sys.unraisablehook is told of an exception.";
        pyrs_object::structseq::new_type("UnraisableHookArgs", doc, &fields, fields.len())
            .unwrap_or_else(|_| std::process::abort())
    })
}

fn unraisable_args(exc: &Ref, tb: Value, context: &str, object: Value) -> Ref {
    let text = if context.is_empty() {
        Ref::none()
    } else {
        str::new(context)
    };
    let object = object.non_empty().map_or_else(Ref::none, Ref::new);
    let fields = vec![exc.ty().to_ref(), exc.clone(), Ref::new(tb), text, object];
    pyrs_object::structseq::new(unraisable_type(), fields)
}
