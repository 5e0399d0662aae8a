//! Builtins that consume what Python code gives (a generator, a `map` of a Python function, an object with `__iter__`), or call a Python function for each item, as functions of Python code: `any(x in d for x in l)` runs in one loop with the
//! generator's frame, and the JIT compiles both together. A native `any` would enter a new loop for each item.
//!
//! Their frames are hidden: tracebacks, `sys._getframe` and `f_back` pass over them ([`crate::frames::back`]). While a
//! program is traced the native functions run, since a tracer expects them.

use crate::code;
use crate::source::{self, CompileOptions};
use crate::{generator, interp, trace};
use pyrs_object::native::NativeMethodDef;
use pyrs_object::thread::ThreadState;
use pyrs_object::{PyResult, Type, Value, ValueExt, dict, errors, ty, typeobject};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

/// Where a builtin is found.
enum Home {
    Builtins,
    Method(Type),
    /// Among the builtins; it stands in for calls with the keyword `key`.
    Keyed,
    /// In another module, which tells by [`found`].
    Elsewhere,
}

impl Home {
    fn is_keyed(&self) -> bool {
        matches!(self, Home::Keyed)
    }
    fn is_elsewhere(&self) -> bool {
        matches!(self, Home::Elsewhere)
    }
}

/// What stands in for a builtin: `(its name, where it is, how many arguments it may have, the function's name in [`SOURCE`])`. What
/// another module has is told by [`found`].
fn rows() -> [(
    &'static str,
    Home,
    std::ops::RangeInclusive<usize>,
    &'static str,
); 17] {
    let one = || 1..=1;
    [
        ("any", Home::Builtins, one(), "any"),
        ("all", Home::Builtins, one(), "all"),
        ("sum", Home::Builtins, 1..=2, "sum"),
        ("min", Home::Builtins, one(), "min"),
        ("max", Home::Builtins, one(), "max"),
        ("sorted", Home::Builtins, one(), "sorted"),
        ("list", Home::Builtins, one(), "list"),
        ("tuple", Home::Builtins, one(), "tuple"),
        ("set", Home::Builtins, one(), "set"),
        ("frozenset", Home::Builtins, one(), "frozenset"),
        (
            "join",
            Home::Method(ty!(pyrs_object::str::PyUnicode_Type)),
            2..=2,
            "join",
        ),
        (
            "extend",
            Home::Method(ty!(pyrs_object::list::PyList_Type)),
            2..=2,
            "extend",
        ),
        (
            "update",
            Home::Method(ty!(pyrs_object::set::PySet_Type)),
            2..=2,
            "update",
        ),
        ("min", Home::Keyed, 2..=2, "min_key"),
        ("max", Home::Keyed, 2..=2, "max_key"),
        ("reduce", Home::Elsewhere, 2..=2, "reduce"),
        ("reduce", Home::Elsewhere, 3..=3, "reduce_from"),
    ]
}

/// Names with an underscore are given.
const SOURCE: &str = "
def any(it):
    for x in it:
        if x:
            return True
    return False
def all(it):
    for x in it:
        if not x:
            return False
    return True
def sum(it, start=0):
    for x in it:
        start = start + x
    return start
def min(it):
    for least in it:
        break
    else:
        raise _ValueError('min() arg is an empty sequence')
    for x in it:
        if x < least:
            least = x
    return least
def max(it):
    for most in it:
        break
    else:
        raise _ValueError('max() arg is an empty sequence')
    for x in it:
        if x > most:
            most = x
    return most
def min_key(it, key):
    it = _iter(it)
    for least in it:
        break
    else:
        raise _ValueError('min() arg is an empty sequence')
    value = key(least)
    for x in it:
        v = key(x)
        if v < value:
            least = x
            value = v
    return least
def max_key(it, key):
    it = _iter(it)
    for most in it:
        break
    else:
        raise _ValueError('max() arg is an empty sequence')
    value = key(most)
    for x in it:
        v = key(x)
        if v > value:
            most = x
            value = v
    return most
def reduce(function, it):
    it = _iter(it)
    for so_far in it:
        break
    else:
        raise _TypeError('reduce() of empty iterable with no initial value')
    for x in it:
        so_far = function(so_far, x)
    return so_far
def reduce_from(function, it, so_far):
    for x in it:
        so_far = function(so_far, x)
    return so_far
def sorted(it):
    items = [x for x in it]
    _sort(items)
    return items
def list(it):
    return [x for x in it]
def tuple(it):
    return _tuple([x for x in it])
def set(it):
    return {x for x in it}
def frozenset(it):
    return _frozenset({x for x in it})
def join(separator, it):
    return _join(separator, [x for x in it])
def extend(self, it):
    for x in it:
        _append(self, x)
def update(self, it):
    for x in it:
        _add(self, x)
";

/// A builtin and what stands in for it.
struct Row {
    /// What identifies the builtin: a method definition or a class; 0 until it is known.
    key: AtomicUsize,
    builtin: &'static str,
    home: Home,
    arguments: std::ops::RangeInclusive<usize>,
    name: &'static str,
    /// The function; 0 until it is needed.
    function: AtomicU64,
}
impl Row {
    fn is(&self, key: usize) -> bool {
        self.key.load(Ordering::Relaxed) == key
    }
    /// Whether the arguments are such that Python code runs for each item.
    fn suits(&self, arguments: &[Value], names: Value) -> bool {
        if !self.arguments.contains(&arguments.len()) || self.home.is_keyed() == names.is_empty() {
            return false;
        }
        // Without the JIT these builtins are faster than a loop.
        let compiled = crate::jit::enabled();
        match self.home {
            Home::Keyed | Home::Elsewhere if !compiled => false,
            Home::Keyed => gives_items(arguments[0]),
            Home::Elsewhere => gives_items(arguments[1]) && interp::is_py_function(arguments[0]),
            _ => {
                let items = arguments[*self.arguments.start() - 1];
                let plain = match self.name {
                    // It takes lists of other classes as they are, and has its own error for what cannot be iterated.
                    "join" => !items.ty().is_heap(),
                    _ => !self.asks_length() || !has_length(items),
                };
                plain && gives_by_frames(items)
            }
        }
    }
    /// Whether the builtin asks what it is given how many items that has.
    fn asks_length(&self) -> bool {
        matches!(self.name, "list" | "tuple" | "sorted" | "extend")
    }
}
static ROWS: OnceLock<Vec<Row>> = OnceLock::new();
/// The builtin `iter`.
static ITER: AtomicU64 = AtomicU64::new(0);

/// What a callable is known by: its definition or, for a class, itself.
fn key(callable: Value) -> Option<usize> {
    if callable.is_exact(ty!(pyrs_object::cfunction::PyCFunction_Type)) {
        // A method that is bound to its object has one argument more than are given.
        let (def, _) = pyrs_object::cfunction::native_def(callable)
            .filter(|(_, slf)| pyrs_object::module::is_module(*slf))?;
        return Some(std::ptr::from_ref(def) as usize);
    }
    if let Some(def) = pyrs_object::descr::native_method(callable) {
        return Some(std::ptr::from_ref(def) as usize);
    }
    Type::from_value(callable).map(|t| t.as_ptr() as usize)
}

/// The definition of the builtin `isinstance`.
static ISINSTANCE: AtomicU64 = AtomicU64::new(0);

/// Whether that definition is the one of `isinstance`.
pub(crate) fn is_isinstance(def: &NativeMethodDef) -> bool {
    std::ptr::from_ref(def) as u64 == ISINSTANCE.load(Ordering::Relaxed)
}
/// Whether calls of what has this definition may run a Python function instead.
pub(crate) fn has_stand_in(def: &NativeMethodDef) -> bool {
    let key = std::ptr::from_ref(def) as usize;
    ROWS.get().is_none_or(|rows| rows.iter().any(|r| r.is(key)))
}

/// Notes which builtins there are, before a program can have replaced them.
pub(crate) fn install(builtins: Value) {
    if let Some((def, _)) = dict::get_str(builtins, "isinstance")
        .and_then(|f| pyrs_object::cfunction::native_def(f.value()))
    {
        ISINSTANCE.store(std::ptr::from_ref(def) as u64, Ordering::Relaxed);
    }
    if let Some(iter) = dict::get_str(builtins, "iter") {
        ITER.store(iter.into_value().bits(), Ordering::Relaxed);
    }
    let rows = rows().into_iter().map(|(builtin, home, arguments, name)| {
        let found = match home {
            Home::Builtins | Home::Keyed => dict::get_str(builtins, builtin).map(|v| v.value()),
            Home::Method(class) => {
                typeobject::lookup(class, pyrs_object::str::intern(builtin).value())
            }
            Home::Elsewhere => None,
        };
        Row {
            key: AtomicUsize::new(found.and_then(key).unwrap_or(0)),
            builtin,
            home,
            arguments,
            name,
            function: AtomicU64::new(0),
        }
    });
    let _ = ROWS.set(rows.collect());
}

/// Another module has made one of the functions that have a stand-in.
pub fn found(builtin: &str, function: Value) {
    let rows = ROWS.get().into_iter().flatten();
    for row in rows.filter(|r| r.home.is_elsewhere() && r.builtin == builtin) {
        row.key.store(key(function).unwrap_or(0), Ordering::Relaxed);
    }
}

/// Whether the items come from Python code that runs in a frame of its own.
#[inline(always)]
fn gives_by_frames(v: Value) -> bool {
    if !v.is_object() {
        return false;
    }
    let t = v.ty();
    if t.is_heap() {
        // Without the JIT the builtin is faster.
        return crate::jit::enabled() && interp::iter_method_of(v).is_some();
    }
    t == generator::generator_type()
        || t == ty!(pyrs_object::enumobject::PyMap_Type) && interp::mapping(v).is_some()
}

/// Whether an instance of a Python class says how many items it has.
fn has_length(v: Value) -> bool {
    let names = [
        pyrs_object::intern!("__len__"),
        pyrs_object::intern!("__length_hint__"),
    ];
    v.ty().is_heap()
        && names
            .into_iter()
            .any(|n| typeobject::lookup(v.ty(), n).is_some())
}

/// Whether a loop over it takes items from a builtin iterator, or from a generator.
fn gives_items(v: Value) -> bool {
    v.is_object() && !v.ty().is_heap() && v.ty().native().tp_iter.is_some()
}

/// The Python function that does what `callable(*arguments)` does, the last of them named by `names`, if there is one
/// and the items come from Python code.
#[inline(always)]
pub fn stand_in(
    ts: *mut ThreadState,
    callable: Value,
    arguments: &[Value],
    names: Value,
) -> Option<Value> {
    let may = if names.is_empty() {
        may_stand_in(arguments)
            || matches!(arguments.len(), 2 | 3) && interp::is_py_function(arguments[0])
    } else {
        arguments.len() == 2 && interp::is_py_function(arguments[1]) && is_key(names)
    };
    if may {
        find(ts, callable, arguments, names)
    } else {
        None
    }
}

/// Whether the arguments are such that a builtin with a stand-in would be replaced.
#[inline(always)]
pub(crate) fn may_stand_in(arguments: &[Value]) -> bool {
    matches!(arguments.len(), 1 | 2) && arguments.iter().any(|v| gives_by_frames(*v))
}

fn is_key(names: Value) -> bool {
    matches!(pyrs_object::tuple::items(names), [name] if *name == pyrs_object::intern!("key"))
}

#[inline(never)]
fn find(ts: *mut ThreadState, callable: Value, arguments: &[Value], names: Value) -> Option<Value> {
    if trace::active(ts) {
        return None;
    }
    let key = key(callable)?;
    let mut rows = ROWS.get()?.iter();
    let row = rows.find(|r| r.is(key) && r.suits(arguments, names))?;
    // `sum` refuses some things to start with, and a descriptor some receivers.
    let plain = match row.name {
        "sum" => arguments.get(1).is_none_or(|v| !v.is_object()),
        "join" => arguments[0].is_exact(ty!(pyrs_object::str::PyUnicode_Type)),
        "extend" => arguments[0].is_exact(ty!(pyrs_object::list::PyList_Type)),
        "update" => arguments[0].is_exact(ty!(pyrs_object::set::PySet_Type)),
        _ => true,
    };
    if !plain {
        return None;
    }
    let known = row.function.load(Ordering::Relaxed);
    if known != 0 {
        return Some(Value::from_bits(known));
    }
    match make() {
        Ok(()) => {
            Some(Value::from_bits(row.function.load(Ordering::Relaxed))).filter(|f| !f.is_empty())
        }
        Err(_) => {
            errors::clear();
            None
        }
    }
}

/// Compiles [`SOURCE`].
#[cold]
fn make() -> PyResult<()> {
    let options = CompileOptions {
        filename: "<builtins>",
        flags: 0,
        optimize: 0,
    };
    let module = source::compile(SOURCE.as_bytes(), pyrs_syntax::Mode::Exec, &options)?;
    // SAFETY: a code object that was just made.
    unsafe { hide(module.value()) };
    let globals = dict::new();
    crate::ensure_builtins(globals.value())?;
    let classes = [
        ("_ValueError", pyrs_object::exceptions::ValueError),
        ("_TypeError", pyrs_object::exceptions::TypeError),
        ("_tuple", ty!(pyrs_object::tuple::PyTuple_Type)),
        ("_frozenset", ty!(pyrs_object::set::PyFrozenSet_Type)),
    ];
    for (name, class) in classes {
        dict::set_str(globals.value(), name, class.value());
    }
    let iter = Value::from_bits(ITER.load(Ordering::Relaxed));
    dict::set_str(globals.value(), "_iter", iter);
    let methods = [
        (ty!(pyrs_object::str::PyUnicode_Type), "join"),
        (ty!(pyrs_object::list::PyList_Type), "sort"),
        (ty!(pyrs_object::list::PyList_Type), "append"),
        (ty!(pyrs_object::set::PySet_Type), "add"),
    ];
    for (class, name) in methods {
        if let Some(v) = typeobject::lookup(class, pyrs_object::str::intern(name).value()) {
            dict::set_str(globals.value(), &format!("_{name}"), v);
        }
    }
    let empty = Value::EMPTY;
    interp::exec_code(module.value(), globals.value(), empty, empty)?;
    for row in ROWS.get().into_iter().flatten() {
        if let Some(f) = dict::get_str(globals.value(), row.name) {
            row.function.store(f.into_value().bits(), Ordering::Relaxed);
        }
    }
    Ok(())
}

/// Hides the frames of a code object and of those in its constants.
unsafe fn hide(object: Value) {
    // SAFETY: by contract a code object; its body is not running.
    unsafe {
        let body = code::body(object.as_ptr());
        (*body).hidden = true;
        for v in (*body).all_constants() {
            if code::is_code(*v) {
                hide(*v);
            }
        }
    }
}
