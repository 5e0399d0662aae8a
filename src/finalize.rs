//! The end of a program: threads, `atexit`, the standard streams, then all modules give up what they hold.

use pyrs_object::layout::PyWeakReference;
use pyrs_object::{
    PyResult, Ref, Type, Value, ValueExt, dict, errors, events, gc, intern, module, ops, str,
    typeobject, weakref,
};
use pyrs_vm::{generator, import, threads};

/// Runs what is registered for the end and destroys the modules; false if the standard output could not be written.
pub fn shutdown() -> bool {
    if let Ok(modules) = import::modules()
        && let Some(threading) = dict::get_str(modules.value(), "threading")
        && ops::call_method_str(threading.value(), "_shutdown", &[]).is_err()
    {
        errors::write_unraisable("", threading.value());
    }
    errors::clear();
    pyrs_stdlib::atexit::run();
    threads::begin_finalization();
    let mut ok = flush_streams();
    if matters() {
        if gc::is_enabled() {
            gc::collect(2);
        }
        pyrs_jit_driver::shutdown();
        if matters() && destroy_modules().is_err() {
            errors::clear();
        }
    }
    ok &= flush_streams();
    events::clear();
    ok
}

fn flush_streams() -> bool {
    let mut ok = true;
    for name in ["stdout", "stderr"] {
        let Some(f) = import::sys_attr(name).filter(|f| !f.is_none()) else {
            continue;
        };
        let closed = ops::getattr_str(f.value(), "closed").and_then(|c| ops::is_true(c.value()));
        if closed.unwrap_or(false) {
            continue;
        }
        errors::clear();
        if ops::call_method(f.value(), intern!("flush"), &[]).is_err() {
            if name == "stdout" {
                errors::write_unraisable("", f.value());
                ok = false;
            }
            errors::clear();
        }
    }
    errors::clear();
    ok
}

/// Attributes of `sys` that may hold what a program has left there.
const SYS_NAMES: [&str; 11] = [
    "path",
    "argv",
    "ps1",
    "ps2",
    "last_type",
    "last_value",
    "last_traceback",
    "path_hooks",
    "path_importer_cache",
    "meta_path",
    "__interactivehook__",
];

/// Takes all modules out of `sys.modules`; those that something else still holds are emptied, the youngest first.
/// `sys` and `builtins` stay usable for the finalizers that run meanwhile.
fn destroy_modules() -> PyResult<()> {
    let modules = import::modules()?;
    if !dict::is_dict(modules.value()) {
        return Ok(());
    }
    let none = Ref::none();
    let sys = import::sys_dict();
    if let Some(builtins) = dict::get_str(modules.value(), "builtins")
        && module::is_module(builtins.value())
    {
        dict::set_str(module::dict(builtins.value()), "_", none.value());
    }
    for name in SYS_NAMES {
        dict::set_str(sys, name, none.value());
    }
    for name in ["stdin", "stdout", "stderr"] {
        let original = dict::get_str(sys, &format!("__{name}__")).unwrap_or_else(Ref::none);
        dict::set_str(sys, name, original.value());
    }
    let kept: Vec<Ref> = ["sys", "builtins"]
        .iter()
        .filter_map(|name| dict::get_str(modules.value(), name))
        .collect();
    let mut all = Vec::new();
    dict::for_each(modules.value(), |_, m| {
        if module::is_module(m) && kept.iter().all(|k| k.value() != m) {
            all.push(Ref::new(m));
        }
    });
    let watched = all
        .iter()
        .map(|m| pyrs_object::weakref::new_ref(m.value(), Value::EMPTY))
        .collect::<PyResult<Vec<Ref>>>()?;
    drop(all);
    dict::clear(modules.value());
    gc::collect(2);
    if !matters() {
        return Ok(());
    }
    for weak in watched.iter().rev() {
        if let Some(m) = pyrs_object::weakref::get(weak.value()) {
            empty(module::dict(m.value()));
        }
    }
    drop(watched);
    if matters() {
        gc::collect(2);
    }
    Ok(())
}

/// Sets all names of a module to `None`: private ones first, the builtins never.
fn empty(d: Value) {
    let is_private = |name: Value| str::len(name) > 0 && str::char_at(name, 0) == u32::from(b'_');
    for private in [true, false] {
        let mut names = Vec::new();
        dict::for_each(d, |name, v| {
            if !v.is_none() && str::is_str(name) {
                names.push(Ref::new(name));
            }
        });
        for name in names {
            let chosen = if private {
                is_private(name.value())
                    && (str::len(name.value()) < 2
                        || str::char_at(name.value(), 1) != u32::from(b'_'))
            } else {
                !str::eq_str(name.value(), "__builtins__")
            };
            if chosen && dict::set_item(d, name.value(), Ref::none().value()).is_err() {
                errors::clear();
            }
        }
    }
}

/// Whether some object does something when it dies. The end of most programs cannot be noticed otherwise, and emptying
/// the modules takes as long as importing them did.
fn matters() -> bool {
    if typeobject::has_untracked_finalizers() {
        return true;
    }
    let ours = standard_streams();
    gc::any(|v| acts_when_dying(v) && !ours.iter().any(|o| o.value() == v))
}

fn acts_when_dying(v: Value) -> bool {
    if weakref::is_weakref(v) {
        // SAFETY: a live weak reference.
        return unsafe {
            !(*v.as_ptr().cast::<PyWeakReference>())
                .wr_callback
                .is_null()
        };
    }
    let t = Type::of(v);
    if t.tp_finalize.is_none() || gc::is_finalized(v) {
        return false;
    }
    !generator::is_any(v) || generator::is_unfinished(v)
}

/// The objects behind `sys.stdin`, `sys.stdout` and `sys.stderr`, which are flushed anyway.
fn standard_streams() -> Vec<Ref> {
    let mut all = Vec::new();
    for name in [
        "stdin",
        "stdout",
        "stderr",
        "__stdin__",
        "__stdout__",
        "__stderr__",
    ] {
        let Some(text) = import::sys_attr(name) else {
            continue;
        };
        let buffer = ops::getattr_opt(text.value(), intern!("buffer"))
            .ok()
            .flatten();
        let raw = buffer
            .as_ref()
            .and_then(|b| ops::getattr_opt(b.value(), intern!("raw")).ok().flatten());
        all.push(text);
        all.extend(buffer);
        all.extend(raw);
        errors::clear();
    }
    all
}
