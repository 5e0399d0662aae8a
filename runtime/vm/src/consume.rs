//! Builtins that consume a generator, as functions of Python code: `any(x in d for x in l)` runs in one loop with the
//! generator's frame, and the JIT compiles both together. A native `any` would enter a new loop for each item.
//!
//! Their frames are hidden: tracebacks, `sys._getframe` and `f_back` pass over them ([`crate::frames::shown`]). While a
//! program is traced the native functions run, since a tracer expects them.

use crate::code;
use crate::source::{self, CompileOptions};
use crate::{generator, interp, trace};
use pyrs_object::native::NativeMethodDef;
use pyrs_object::thread::ThreadState;
use pyrs_object::{PyResult, Type, Value, ValueExt, dict, errors, ty, typeobject};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};

/// Where a builtin is found.
enum Home {
    Builtins,
    Method(Type),
}

/// What stands in for a builtin: `(its name, where it is, how many arguments it may have, the function's name in [`SOURCE`])`.
fn rows() -> [(
    &'static str,
    Home,
    std::ops::RangeInclusive<usize>,
    &'static str,
); 13] {
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
    /// What identifies the builtin: a method definition or a class.
    key: usize,
    arguments: std::ops::RangeInclusive<usize>,
    name: &'static str,
    /// The function; 0 until it is needed.
    function: AtomicU64,
}
static ROWS: OnceLock<Vec<Row>> = OnceLock::new();

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
    ROWS.get()
        .is_none_or(|rows| rows.iter().any(|r| r.key == key))
}

/// Notes which builtins there are, before a program can have replaced them.
pub(crate) fn install(builtins: Value) {
    if let Some((def, _)) = dict::get_str(builtins, "isinstance")
        .and_then(|f| pyrs_object::cfunction::native_def(f.value()))
    {
        ISINSTANCE.store(std::ptr::from_ref(def) as u64, Ordering::Relaxed);
    }
    let rows = rows()
        .into_iter()
        .filter_map(|(builtin, home, arguments, name)| {
            let found = match home {
                Home::Builtins => dict::get_str(builtins, builtin)?.value(),
                Home::Method(class) => {
                    typeobject::lookup(class, pyrs_object::str::intern(builtin).value())?
                }
            };
            Some(Row {
                key: key(found)?,
                arguments,
                name,
                function: AtomicU64::new(0),
            })
        });
    let _ = ROWS.set(rows.collect());
}

/// The Python function that does what `callable(*arguments)` does, if one of the arguments is a generator and there is one.
#[inline(always)]
pub fn stand_in(ts: *mut ThreadState, callable: Value, arguments: &[Value]) -> Option<Value> {
    if may_stand_in(arguments) {
        find(ts, callable, arguments)
    } else {
        None
    }
}

/// Whether the arguments are such that a builtin with a stand-in would be replaced.
#[inline(always)]
pub(crate) fn may_stand_in(arguments: &[Value]) -> bool {
    let generator = generator::generator_type();
    matches!(arguments.len(), 1 | 2) && arguments.iter().any(|v| v.is_exact(generator))
}

#[inline(never)]
fn find(ts: *mut ThreadState, callable: Value, arguments: &[Value]) -> Option<Value> {
    if trace::active(ts) {
        return None;
    }
    let key = key(callable)?;
    let row = ROWS.get()?.iter().find(|r| r.key == key)?;
    let first = *row.arguments.start() - 1;
    let generator = generator::generator_type();
    if !row.arguments.contains(&arguments.len()) || !arguments[first].is_exact(generator) {
        return None;
    }
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
        ("_tuple", ty!(pyrs_object::tuple::PyTuple_Type)),
        ("_frozenset", ty!(pyrs_object::set::PyFrozenSet_Type)),
    ];
    for (name, class) in classes {
        dict::set_str(globals.value(), name, class.value());
    }
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
