//! `_imp`: what `importlib` needs of the interpreter.

use pyrs_object::thread;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, audit, bytes, check_positional, dict, errors,
    exceptions, intern, list, memory, methods, module, ops, raise, str, tuple,
};
use pyrs_vm::frozen::{self, Frozen};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, OnceLock};
use std::time::Duration;

/// The import lock: its owner (the address of a thread state, or 0) and how often that holds it. Both change under the
/// GIL only; who has to wait does so without it.
static OWNER: AtomicUsize = AtomicUsize::new(0);
static LEVEL: AtomicUsize = AtomicUsize::new(0);
static FREED: (Mutex<()>, Condvar) = (Mutex::new(()), Condvar::new());
/// Threads that wait for it. Waking nobody would be a system call all the same.
static WAITING: AtomicUsize = AtomicUsize::new(0);

/// Loads an extension module: `(spec) -> module`; installed by `cpyext`.
pub type DynamicLoader = fn(Value) -> PyResult;
static CREATE_DYNAMIC: OnceLock<DynamicLoader> = OnceLock::new();
static EXEC_DYNAMIC: OnceLock<DynamicLoader> = OnceLock::new();

/// Installs the extension-module loader.
pub fn install_dynamic(create: DynamicLoader, exec: DynamicLoader) {
    let _ = CREATE_DYNAMIC.set(create);
    let _ = EXEC_DYNAMIC.set(exec);
}

fn me() -> usize {
    thread::current() as usize
}
/// Takes the import lock, waiting for it if need be.
pub(crate) fn lock() {
    loop {
        let owner = OWNER.load(Ordering::Acquire);
        if owner == 0 || owner == me() {
            OWNER.store(me(), Ordering::Release);
            LEVEL.fetch_add(1, Ordering::Relaxed);
            return;
        }
        WAITING.fetch_add(1, Ordering::Relaxed);
        pyrs_vm::threads::without_gil(|| {
            let guard = FREED.0.lock().unwrap_or_else(|e| e.into_inner());
            if OWNER.load(Ordering::Acquire) != 0 {
                // The limit is for an owner that has let go between the look and the wait.
                drop(FREED.1.wait_timeout(guard, Duration::from_millis(5)));
            }
        });
        WAITING.fetch_sub(1, Ordering::Relaxed);
    }
}
/// Gives the import lock back; false if this thread does not hold it.
pub(crate) fn unlock() -> bool {
    if OWNER.load(Ordering::Acquire) != me() {
        return false;
    }
    if LEVEL.fetch_sub(1, Ordering::Relaxed) == 1 {
        OWNER.store(0, Ordering::Release);
        if WAITING.load(Ordering::Relaxed) > 0 {
            FREED.1.notify_one();
        }
    }
    true
}
fn acquire_lock(_: Value) -> PyResult {
    lock();
    Ok(Ref::none())
}
fn release_lock(_: Value) -> PyResult {
    if unlock() {
        Ok(Ref::none())
    } else {
        Err(raise!(RuntimeError, "not holding the import lock"))
    }
}
fn lock_held(_: Value) -> PyResult {
    Ok(Ref::bool(OWNER.load(Ordering::Acquire) != 0))
}
fn is_builtin(_: Value, name: Value) -> PyResult {
    let text = crate::name_text(name);
    let answer = if text == "sys" || text == "builtins" {
        -1
    } else {
        i64::from(crate::exists(&text))
    };
    Ok(Ref::int(answer))
}
fn frozen_of(name: Value) -> Option<&'static Frozen> {
    frozen::find(&crate::name_text(name))
}
fn is_frozen(_: Value, name: Value) -> PyResult {
    Ok(Ref::bool(frozen_of(name).is_some()))
}
/// `find_frozen(name, *, withdata=False)`: None, or the data if asked for, whether it is a package, and its origin.
fn find_frozen(_: Value, args: Args<'_>) -> PyResult {
    const FIND: Signature<2> = Signature {
        name: "find_frozen",
        params: ["", "withdata"],
        posonly: 1,
        positional: 1,
        required: 1,
    };
    let [name, with_data] = args.bind(&FIND)?;
    let Some(f) = frozen_of(name) else {
        return Ok(Ref::none());
    };
    let data = if !with_data.is_empty() && ops::is_true(with_data)? {
        let image = bytes::new(f.image);
        memory::new(image.value())?
    } else {
        Ref::none()
    };
    Ok(tuple::from_vec(vec![
        data,
        Ref::bool(f.package),
        str::new(f.origin),
    ]))
}
fn get_frozen_object(_: Value, args: &[Value]) -> PyResult {
    check_positional("get_frozen_object", args.len(), 1, 2)?;
    if let Some(data) = args.get(1).filter(|d| !d.is_none()) {
        return frozen::code_of(memory::bytes_like(*data)?.bytes());
    }
    match frozen_of(args[0]) {
        Some(f) => frozen::code(f),
        None => no_frozen(args[0]),
    }
}
fn no_frozen(name: Value) -> PyResult {
    let text = format!("No such frozen object named {}", crate::name_text(name));
    let exc = exceptions::new_instance(exceptions::ImportError, &[str::new(&text).value()])?;
    ops::setattr(exc.value(), intern!("name"), name)?;
    Err(errors::set(exc))
}
/// `init_frozen(name)`: runs the module; None if there is none of that name.
fn init_frozen(_: Value, name: Value) -> PyResult {
    let Some(f) = frozen_of(name) else {
        return Ok(Ref::none());
    };
    let m = module::new(f.name);
    let d = module::dict(m.value());
    pyrs_vm::ensure_builtins(d)?;
    dict::set_str(d, "__origname__", str::new(f.origin).value());
    if f.package {
        dict::set_str(d, "__path__", list::new().value());
    }
    let modules = pyrs_vm::import::modules()?;
    dict::set_item(modules.value(), name, m.value())?;
    pyrs_vm::interp::exec_code(frozen::code(f)?.value(), d, d, Value::EMPTY)?;
    Ok(m)
}
fn frozen_names(_: Value) -> PyResult {
    let names = frozen::all().iter().map(|f| str::new(f.name));
    Ok(list::from_vec(names.collect()))
}

/// `create_builtin(spec)`: the module of `spec.name`; a second import gives the first one's module again.
fn create_builtin(_: Value, spec: Value) -> PyResult {
    let name = ops::getattr(spec, intern!("name"))?;
    let modules = pyrs_vm::import::modules()?;
    if let Some(m) = dict::get(modules.value(), name.value())? {
        return Ok(m);
    }
    match crate::create(&crate::name_text(name.value())) {
        Some(m) => m,
        None => Ok(Ref::none()),
    }
}
fn exec_builtin(_: Value, _module: Value) -> PyResult {
    Ok(Ref::int(0))
}
fn create_dynamic(_: Value, args: &[Value]) -> PyResult {
    check_positional("create_dynamic", args.len(), 1, 2)?;
    if pyrs_object::events::listening() {
        let name = ops::getattr_str(args[0], "name")?;
        let path = ops::getattr_str(args[0], "origin")?;
        let none = Value::EMPTY;
        audit!("import", name, path, none, none, none)?;
    }
    match CREATE_DYNAMIC.get() {
        Some(f) => f(args[0]),
        None => Err(raise!(
            ImportError,
            "this pyrs was built without support for C extension modules"
        )),
    }
}
fn exec_dynamic(_: Value, m: Value) -> PyResult {
    match EXEC_DYNAMIC.get() {
        Some(f) => f(m),
        None => Ok(Ref::int(0)),
    }
}
fn extension_suffixes(_: Value) -> PyResult {
    if CREATE_DYNAMIC.get().is_none() {
        return Ok(list::new());
    }
    let tag = format!(".cpython-311-{}-linux-gnu.so", std::env::consts::ARCH);
    Ok(list::from_vec(
        [tag.as_str(), ".abi3.so", ".so"].map(str::new).into(),
    ))
}

/// `source_hash(key, source)`: SipHash-1-3 keyed by `key`, as 8 bytes.
fn source_hash(_: Value, args: &[Value]) -> PyResult {
    check_positional("source_hash", args.len(), 2, 2)?;
    let key = ops::index(args[0])?;
    let key = pyrs_object::int::to_u64(key.value()).unwrap_or(0);
    let source = pyrs_object::memory::bytes_like(args[1])?;
    let h = pyrs_numeric::hash::siphash13(key, 0, source.bytes());
    Ok(pyrs_object::bytes::new(&h.to_le_bytes()))
}
fn fix_co_filename(_: Value, args: &[Value]) -> PyResult {
    check_positional("_fix_co_filename", args.len(), 2, 2)?;
    pyrs_vm::code::set_filename(args[0], args[1]);
    Ok(Ref::none())
}
fn is_frozen_package(_: Value, name: Value) -> PyResult {
    match frozen_of(name) {
        Some(f) => Ok(Ref::bool(f.package)),
        None => no_frozen(name),
    }
}
fn override_frozen(_: Value, v: Value) -> PyResult {
    frozen::set_override(ops::index_as_isize(v)?.signum() as i32);
    Ok(Ref::none())
}

methods! { static FUNCTIONS = [
    "_fix_co_filename" FAST fix_co_filename, "_fix_co_filename($module, code, path, /)\n--\n\nSets co_filename of a code object and its nested ones.";
    "_frozen_module_names" NOARGS frozen_names, "_frozen_module_names($module, /)\n--\n\n";
    "_override_frozen_modules_for_tests" O override_frozen, "_override_frozen_modules_for_tests($module, override, /)\n--\n\n";
    "acquire_lock" NOARGS acquire_lock, "acquire_lock($module, /)\n--\n\n";
    "create_builtin" O create_builtin, "create_builtin($module, spec, /)\n--\n\nMakes a native module.";
    "create_dynamic" FAST create_dynamic, "create_dynamic($module, spec, file=<unrepresentable>, /)\n--\n\nMakes an extension module.";
    "exec_builtin" O exec_builtin, "exec_builtin($module, mod, /)\n--\n\n";
    "exec_dynamic" O exec_dynamic, "exec_dynamic($module, mod, /)\n--\n\n";
    "extension_suffixes" NOARGS extension_suffixes, "extension_suffixes($module, /)\n--\n\n";
    "find_frozen" KW find_frozen, "find_frozen($module, name, /, *, withdata=False)\n--\n\n";
    "get_frozen_object" FAST get_frozen_object, "get_frozen_object($module, name, data=None, /)\n--\n\n";
    "init_frozen" O init_frozen, "init_frozen($module, name, /)\n--\n\n";
    "is_builtin" O is_builtin, "is_builtin($module, name, /)\n--\n\n";
    "is_frozen" O is_frozen, "is_frozen($module, name, /)\n--\n\n";
    "is_frozen_package" O is_frozen_package, "is_frozen_package($module, name, /)\n--\n\n";
    "lock_held" NOARGS lock_held, "lock_held($module, /)\n--\n\n";
    "release_lock" NOARGS release_lock, "release_lock($module, /)\n--\n\n";
    "source_hash" FAST source_hash, "source_hash($module, key, source)\n--\n\n";
] }

pub fn init() -> PyResult {
    let m = module::new("_imp");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
