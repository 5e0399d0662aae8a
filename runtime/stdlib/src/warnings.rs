//! `_warnings`: deciding by the filters whether a warning is shown, ignored or raised.
//!
//! The lists that count are those of the `warnings` module once it is imported; until then this module's own.

use crate::util::repr_text;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, dict, errors, exceptions, int, intern,
    list, methods, module, ops, raise, str, tuple, ty,
};
use pyrs_vm::{frames, import};
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

static FILTERS_VERSION: AtomicI64 = AtomicI64::new(0);
/// The module's dict, which holds `filters`, `_onceregistry` and `_defaultaction`.
static STATE: AtomicU64 = AtomicU64::new(0);

fn own(name: &str) -> PyResult {
    let state = Value::from_bits(STATE.load(Ordering::Relaxed));
    match if state.is_empty() {
        None
    } else {
        dict::get_str(state, name)
    } {
        Some(v) => Ok(v),
        None => Err(raise!(RuntimeError, "lost _warnings.{name}")),
    }
}

/// An attribute of the `warnings` module if that is loaded (or can be, when `load` says so).
fn warnings_attr(name: Value, load: bool) -> PyResult<Option<Ref>> {
    let m = if load {
        match import::import_absolute("warnings") {
            Ok(m) => m,
            Err(e) => {
                if errors::take_if(exceptions::ImportError) {
                    return Ok(None);
                }
                return Err(e);
            }
        }
    } else {
        let modules = import::modules()?;
        if !dict::is_dict(modules.value()) {
            return Ok(None);
        }
        match dict::get(modules.value(), intern!("warnings"))? {
            Some(m) => m,
            None => return Ok(None),
        }
    };
    ops::getattr_opt(m.value(), name)
}

/// An attribute of `warnings`, which is remembered as this module's own for the time when it has gone there.
fn shared(theirs: Value, ours: &str) -> PyResult {
    let Some(v) = warnings_attr(theirs, false)? else {
        return own(ours);
    };
    let state = Value::from_bits(STATE.load(Ordering::Relaxed));
    if !state.is_empty() {
        dict::set_str(state, ours, v.value());
    }
    Ok(v)
}

fn check_matched(pattern: Value, text: Value) -> PyResult<bool> {
    if pattern.is_none() {
        return Ok(true);
    }
    if str::is_exact(pattern) {
        return Ok(str::eq(pattern, text));
    }
    let r = ops::call_method(pattern, intern!("match"), &[text])?;
    ops::is_true(r.value())
}

fn check_action(action: &Ref) -> PyResult<()> {
    if str::is_str(action.value()) {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "action must be a string, not '{}'",
            action.ty().message_name()
        ))
    }
}

/// The action for a warning, and the filter it came from.
fn find_action(category: Value, text: Value, line: i64, module: Value) -> PyResult<(Ref, Ref)> {
    let filters = shared(intern!("filters"), "filters")?;
    if !list::is_list(filters.value()) {
        return Err(raise!(ValueError, "_warnings.filters must be a list"));
    }
    let mut i = 0;
    while let Some(item) = list::get(filters.value(), i) {
        if !tuple::is_tuple(item.value()) || tuple::len(item.value()) != 5 {
            return Err(raise!(
                ValueError,
                "_warnings.filters item {i} isn't a 5-tuple"
            ));
        }
        let [action, message, class, in_module, at] =
            [0, 1, 2, 3, 4].map(|k| tuple::get(item.value(), k));
        let action = Ref::new(action);
        check_action(&action)?;
        let at = ops::index_as_isize(at)? as i64;
        if ops::is_subclass(category, class)?
            && check_matched(message, text)?
            && check_matched(in_module, module)?
            && (at == 0 || at == line)
        {
            return Ok((action, item));
        }
        i += 1;
    }
    let action = shared(intern!("defaultaction"), "_defaultaction")?;
    check_action(&action)?;
    Ok((action, Ref::none()))
}

/// Whether the registry has the key already; registries of older filters are emptied.
fn already_warned(registry: Value, key: Value, add: bool) -> PyResult<bool> {
    let version = FILTERS_VERSION.load(Ordering::Relaxed);
    let seen = dict::get(registry, intern!("version"))?;
    if seen.is_none_or(|v| int::to_i64(v.value()) != Some(version)) {
        dict::clear(registry);
        dict::set_item(registry, intern!("version"), Ref::int(version).value())?;
    } else if let Some(warned) = dict::get(registry, key)?
        && ops::is_true(warned.value())?
    {
        return Ok(true);
    }
    if add {
        dict::set_item(registry, key, Ref::bool(true).value())?;
    }
    Ok(false)
}

/// "file:line: Category: text" on `sys.stderr`, when `warnings` is not there to do it.
fn show_plainly(
    filename: Value,
    line: i64,
    text: Value,
    category: Value,
    source_line: Option<&Ref>,
) -> PyResult<()> {
    let Some(stderr) = import::sys_attr("stderr").filter(|f| !f.is_none()) else {
        return Ok(());
    };
    let name = ops::getattr(category, intern!("__name__"))?;
    let mut out = format!(
        "{}:{line}: {}: {}\n",
        str::to_string_lossy(filename),
        str::to_string_lossy(name.value()),
        str::to_string_lossy(ops::str_of(text)?.value())
    );
    let shown = match source_line {
        Some(l) => Some(str::to_string_lossy(l.value())),
        None => std::fs::read_to_string(str::to_string_lossy(filename))
            .ok()
            .and_then(|t| {
                t.lines()
                    .nth(usize::try_from(line - 1).ok()?)
                    .map(String::from)
            }),
    };
    if let Some(l) = shown {
        out.push_str("  ");
        out.push_str(l.trim());
        out.push('\n');
    }
    let out = str::new(&out);
    if ops::call_method(stderr.value(), intern!("write"), &[out.value()]).is_err() {
        errors::clear();
    }
    Ok(())
}

struct Place<'a> {
    filename: Value,
    line: i64,
    module: Value,
    /// A dict, `None` or empty.
    registry: Value,
    source_line: Option<&'a Ref>,
    source: Value,
}

fn warn_at(category: Value, message: Value, place: &Place<'_>) -> PyResult<()> {
    if place.module.is_none() {
        return Ok(());
    }
    if !place.registry.is_empty() && !place.registry.is_none() && !dict::is_dict(place.registry) {
        return Err(raise!(TypeError, "'registry' must be a dict or None"));
    }
    let registry = place.registry.non_empty().filter(|r| !r.is_none());
    let module = if place.module.is_empty() {
        module_of(place.filename)
    } else {
        Ref::new(place.module)
    };
    let (text, message, category) = if ops::is_instance(message, exceptions::Warning.value())? {
        (
            ops::str_of(message)?,
            Ref::new(message),
            message.ty().to_ref(),
        )
    } else {
        (
            Ref::new(message),
            ops::call(category, &[message])?,
            Ref::new(category),
        )
    };
    let line = Ref::int(place.line);
    let key = tuple::from_slice(&[text.value(), category.value(), line.value()]);
    if let Some(registry) = registry
        && already_warned(registry, key.value(), false)?
    {
        return Ok(());
    }
    let (action, item) = find_action(category.value(), text.value(), place.line, module.value())?;
    let is = |name: &str| str::eq_str(action.value(), name);
    if is("error") {
        return Err(errors::set(message));
    }
    if is("ignore") {
        return Ok(());
    }
    let mut seen = false;
    if !is("always") {
        if let Some(registry) = registry {
            dict::set_item(registry, key.value(), Ref::bool(true).value())?;
        }
        let pair = tuple::from_slice(&[text.value(), category.value()]);
        if is("once") {
            let registry = match registry {
                Some(r) => Ref::new(r),
                None => {
                    let r = shared(intern!("onceregistry"), "_onceregistry")?;
                    if !dict::is_dict(r.value()) {
                        return Err(raise!(
                            TypeError,
                            "_warnings.onceregistry must be a dict, not '{}'",
                            r.ty().message_name()
                        ));
                    }
                    r
                }
            };
            seen = already_warned(registry.value(), pair.value(), true)?;
        } else if is("module") {
            if let Some(registry) = registry {
                seen = already_warned(registry, pair.value(), true)?;
            }
        } else if !is("default") {
            return Err(raise!(
                RuntimeError,
                "Unrecognized action ({}) in warnings.filters:\n {}",
                repr_text(action.value())?,
                repr_text(item.value())?
            ));
        }
    }
    if seen {
        return Ok(());
    }
    show(
        category.value(),
        text.value(),
        message.value(),
        &line,
        place,
    )
}

fn show(
    category: Value,
    text: Value,
    message: Value,
    line: &Ref,
    place: &Place<'_>,
) -> PyResult<()> {
    let Some(show) = warnings_attr(intern!("_showwarnmsg"), !place.source.is_empty())? else {
        return show_plainly(
            place.filename,
            place.line,
            text,
            category,
            place.source_line,
        );
    };
    if !ops::is_callable(show.value()) {
        return Err(raise!(
            TypeError,
            "warnings._showwarnmsg() must be set to a callable"
        ));
    }
    let Some(class) = warnings_attr(intern!("WarningMessage"), false)? else {
        return Err(raise!(
            RuntimeError,
            "unable to get warnings.WarningMessage"
        ));
    };
    let none = Ref::none().value();
    let source = place.source.non_empty().unwrap_or(none);
    let args = [
        message,
        category,
        place.filename,
        line.value(),
        none,
        none,
        source,
    ];
    let shown = ops::call(class.value(), &args)?;
    ops::call(show.value(), &[shown.value()]).map(drop)
}

/// The module name that a file name suggests.
fn module_of(filename: Value) -> Ref {
    let n = str::len(filename);
    if n == 0 {
        return str::new("<unknown>");
    }
    let text = str::to_string_lossy(filename);
    if text.ends_with(".py") && n > 3 {
        str::substring(filename, 0, n - 3)
    } else {
        Ref::new(filename)
    }
}

/// A frame of the import system.
unsafe fn is_internal(frame: *const Frame) -> bool {
    // SAFETY: the caller passes a live frame.
    let name = unsafe { Value::from_object((*frames::code_object(frame)).co_filename) };
    match str::ascii_bytes(name) {
        Some(b) => {
            let has = |needle: &[u8]| b.windows(needle.len()).any(|w| w == needle);
            has(b"importlib") && has(b"_bootstrap")
        }
        None => {
            let text = str::to_string_lossy(name);
            text.contains("importlib") && text.contains("_bootstrap")
        }
    }
}

fn check_category(message: Value, category: Value) -> PyResult {
    if ops::is_instance(message, exceptions::Warning.value())? {
        return Ok(message.ty().to_ref());
    }
    let category = match category.non_empty() {
        Some(c) if !c.is_none() => c,
        _ => exceptions::UserWarning.value(),
    };
    let is_class = Type::from_value(category).is_some()
        && ops::is_subclass(category, exceptions::Warning.value())?;
    if is_class {
        Ok(Ref::new(category))
    } else {
        Err(raise!(
            TypeError,
            "category must be a Warning subclass, not '{}'",
            category.ty().message_name()
        ))
    }
}

/// `warnings.warn`.
pub fn warn(category: Value, message: Value, stacklevel: i64, source: Value) -> PyResult<()> {
    // SAFETY: frames of the current thread are live; what is taken from one is counted before code runs.
    let (globals, filename, line) = unsafe {
        let mut f = frames::current(pyrs_object::thread::current());
        let mut level = stacklevel;
        let all = level <= 0 || (!f.is_null() && is_internal(f));
        while level > 1 && !f.is_null() {
            f = frames::back(f);
            while !all && !f.is_null() && is_internal(f) {
                f = frames::back(f);
            }
            level -= 1;
        }
        if f.is_null() {
            (Ref::new(import::sys_dict()), str::new("sys"), 1)
        } else {
            let name = Value::from_object((*frames::code_object(f)).co_filename);
            (
                Ref::new(Value::from_object((*f).globals)),
                Ref::new(name),
                i64::from(frames::line(f)),
            )
        }
    };
    let key = intern!("__warningregistry__");
    let registry = match dict::get(globals.value(), key)? {
        Some(r) => r,
        None => {
            let r = dict::new();
            dict::set_item(globals.value(), key, r.value())?;
            r
        }
    };
    let module = match dict::get(globals.value(), intern!("__name__"))? {
        Some(m) if m.is_none() || str::is_str(m.value()) => m,
        _ => str::new("<string>"),
    };
    let place = Place {
        filename: filename.value(),
        line,
        module: module.value(),
        registry: registry.value(),
        source_line: None,
        source,
    };
    warn_at(category, message, &place)
}

fn py_warn(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<4> = Signature {
        name: "warn",
        params: ["message", "category", "stacklevel", "source"],
        posonly: 0,
        positional: 4,
        required: 1,
    };
    let [message, category, stacklevel, source] = args.bind(&SIGNATURE)?;
    let level = match stacklevel.non_empty() {
        Some(n) => ops::index_as_isize(n)? as i64,
        None => 1,
    };
    let category = check_category(message, category)?;
    let source = if !source.is_empty() && source.is_none() {
        Value::EMPTY
    } else {
        source
    };
    warn(category.value(), message, level, source)?;
    Ok(Ref::none())
}

/// The source line through the module's `__loader__`.
fn loader_line(globals: Value, line: i64) -> PyResult<Option<Ref>> {
    let Some(loader) = dict::get(globals, intern!("__loader__"))? else {
        return Ok(None);
    };
    let Some(name) = dict::get(globals, intern!("__name__"))? else {
        return Ok(None);
    };
    let Some(get) = ops::getattr_opt(loader.value(), intern!("get_source"))? else {
        return Ok(None);
    };
    let source = ops::call(get.value(), &[name.value()])?;
    if source.is_none() {
        return Ok(None);
    }
    // The method of `str` itself: a subclass may have one that gives anything.
    let splitlines = ops::getattr(ty!(str::PyUnicode_Type).value(), intern!("splitlines"))?;
    let lines = ops::call(splitlines.value(), &[source.value()])?;
    let Some(at) = usize::try_from(line - 1).ok() else {
        return Ok(None);
    };
    Ok(list::get(lines.value(), at))
}

fn py_warn_explicit(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<8> = Signature {
        name: "warn_explicit",
        params: [
            "message",
            "category",
            "filename",
            "lineno",
            "module",
            "registry",
            "module_globals",
            "source",
        ],
        posonly: 0,
        positional: 8,
        required: 4,
    };
    let [
        message,
        category,
        filename,
        line,
        module,
        registry,
        globals,
        source,
    ] = args.bind(&SIGNATURE)?;
    if !str::is_str(filename) {
        return Err(raise!(
            TypeError,
            "warn_explicit() argument 'filename' must be str, not {}",
            filename.ty().message_name()
        ));
    }
    let line = ops::index_as_isize(line)? as i64;
    let source_line = match globals.non_empty().filter(|g| !g.is_none()) {
        Some(g) if !dict::is_dict(g) => {
            return Err(raise!(
                TypeError,
                "module_globals must be a dict, not '{}'",
                g.ty().message_name()
            ));
        }
        Some(g) => loader_line(g, line)?,
        None => None,
    };
    let source = if !source.is_empty() && source.is_none() {
        Value::EMPTY
    } else {
        source
    };
    let place = Place {
        filename,
        line,
        module,
        registry,
        source_line: source_line.as_ref(),
        source,
    };
    warn_at(category, message, &place)?;
    Ok(Ref::none())
}

fn filters_mutated(_: Value) -> PyResult {
    FILTERS_VERSION.fetch_add(1, Ordering::Relaxed);
    Ok(Ref::none())
}

methods! { static FUNCTIONS = [
    "warn" KW py_warn, "warn($module, /, message, category=None, stacklevel=1, source=None)\n--\n\nIssue a warning, or maybe ignore it or raise an exception.";
    "warn_explicit" KW py_warn_explicit, "warn_explicit($module, /, message, category, filename, lineno,\n              module=None, registry=None, module_globals=None,\n              source=None)\n--\n\nIssue a warning for a given place.";
    "_filters_mutated" NOARGS filters_mutated, "_filters_mutated($module, /)\n--\n\nThe filters have changed.";
] }

fn filter(action: &str, category: Type, module: Option<&str>) -> Ref {
    let module = module.map_or_else(Ref::none, str::intern);
    tuple::from_vec(vec![
        str::intern(action),
        Ref::none(),
        category.to_ref(),
        module,
        Ref::int(0),
    ])
}

pub fn init() -> PyResult {
    let m = module::new("_warnings");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    let filters = list::from_vec(vec![
        filter("default", exceptions::DeprecationWarning, Some("__main__")),
        filter("ignore", exceptions::DeprecationWarning, None),
        filter("ignore", exceptions::PendingDeprecationWarning, None),
        filter("ignore", exceptions::ImportWarning, None),
        filter("ignore", exceptions::ResourceWarning, None),
    ]);
    module::add(m.value(), "filters", filters);
    module::add(m.value(), "_onceregistry", dict::new());
    module::add(m.value(), "_defaultaction", str::intern("default"));
    STATE.store(module::dict(m.value()).bits(), Ordering::Relaxed);
    pyrs_object::heap::incref(module::dict(m.value()));
    Ok(m)
}
