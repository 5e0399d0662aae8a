//! `_pickle`: writing objects as programs for a small stack machine, and running these.
//!
//! `pickler.rs` and `unpickler.rs` have the types, `save.rs` and `load.rs` what each kind of object and each opcode means.

mod buffer;
mod globals;
mod input;
mod load;
mod opcodes;
mod pickler;
mod save;
mod unpickler;

pub use buffer::{PyPickleBuffer_Type, buffer_of, is_pickle_buffer};
pub use pickler::Pickler_Type;
pub use unpickler::Unpickler_Type;

use input::Input;
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, bytes, dict, errors, intern, methods,
    module, ops, py_type, raise, tuple, ty, typeobject,
};
use std::ffi::{c_int, c_void};

/// What the module takes from others at its import.
pub(crate) struct State {
    pickle_error: Ref,
    pickling_error: Ref,
    unpickling_error: Ref,
    dispatch_table: Ref,
    extension_registry: Ref,
    inverted_registry: Ref,
    extension_cache: Ref,
    names_2to3: Ref,
    imports_2to3: Ref,
    names_3to2: Ref,
    imports_3to2: Ref,
    codecs_encode: Ref,
    getattr: Ref,
    partial: Ref,
}
static mut STATE: Option<State> = None;

fn state() -> PyResult<&'static State> {
    let place = &raw const STATE;
    // SAFETY: written once, at the import of the module, under the GIL.
    match unsafe { &*place } {
        Some(s) => Ok(s),
        None => Err(raise!(SystemError, "_pickle is not initialised")),
    }
}

enum ErrorKind {
    Pickling,
    Unpickling,
}
#[cold]
fn error(kind: ErrorKind, message: &str) -> Raised {
    let s = match state() {
        Ok(s) => s,
        Err(e) => return e,
    };
    let class = match kind {
        ErrorKind::Pickling => &s.pickling_error,
        ErrorKind::Unpickling => &s.unpickling_error,
    };
    match Type::from_value(class.value()) {
        Some(t) => errors::raise_fmt(t, format_args!("{message}")),
        None => raise!(SystemError, "{message}"),
    }
}
/// The exception that is set says that input ended too early.
fn is_unpickling_error() -> bool {
    state().is_ok_and(|s| Type::from_value(s.unpickling_error.value()).is_some_and(errors::matches))
}

fn visit_all(values: &[Value], visit: visitproc, arg: *mut c_void) -> c_int {
    for v in values {
        if v.is_object() {
            // SAFETY: the collector's function gets live objects.
            let r = unsafe { visit(v.as_ptr(), arg) };
            if r != 0 {
                return r;
            }
        }
    }
    0
}

// ---- Memo proxies ------------------------------------------------------------------------------------------

#[repr(C)]
pub(crate) struct MemoProxy {
    pub ob_base: PyObject,
    owner: Value,
}
py_type! {
    pub static PicklerMemoProxy_Type: MemoProxy = "_pickle.PicklerMemoProxy" {
        flags: HAVE_GC;
        fields { tp_hash: Some(typeobject::PyObject_HashNotImplemented) }
        raw { tp_dealloc: proxy_dealloc, tp_traverse: proxy_traverse, tp_clear: proxy_clear }
        methods: PICKLER_MEMO;
    }
}
py_type! {
    pub static UnpicklerMemoProxy_Type: MemoProxy = "_pickle.UnpicklerMemoProxy" {
        flags: HAVE_GC;
        fields { tp_hash: Some(typeobject::PyObject_HashNotImplemented) }
        raw { tp_dealloc: proxy_dealloc, tp_traverse: proxy_traverse, tp_clear: proxy_clear }
        methods: UNPICKLER_MEMO;
    }
}
owning_fields!(MemoProxy proxy_dealloc proxy_traverse proxy_clear; owner);
methods! { static PICKLER_MEMO = [
    "clear" NOARGS pickler_memo_clear, "clear($self, /)\n--\n\nRemove all items from memo.";
    "copy" NOARGS pickler_memo_copy, "copy($self, /)\n--\n\nCopy the memo to a new object.";
    "__reduce__" NOARGS pickler_memo_reduce, "__reduce__($self, /)\n--\n\nImplement pickle support.";
] }
methods! { static UNPICKLER_MEMO = [
    "clear" NOARGS unpickler_memo_clear, "clear($self, /)\n--\n\nRemove all items from memo.";
    "copy" NOARGS unpickler_memo_copy, "copy($self, /)\n--\n\nCopy the memo to a new object.";
    "__reduce__" NOARGS unpickler_memo_reduce, "__reduce__($self, /)\n--\n\nImplement pickling support.";
] }
fn new_proxy(t: Type, owner: Value) -> PyResult {
    let p = alloc_instance(t, 0)?.cast::<MemoProxy>();
    // SAFETY: a fresh instance.
    unsafe {
        (*p).owner = Ref::new(owner).into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
/// The Pickler or Unpickler of a proxy.
fn proxied(v: Value) -> Value {
    // SAFETY: a live proxy.
    unsafe { (*v.as_ptr().cast::<MemoProxy>()).owner }
}
fn as_reduced(copy: Ref) -> Ref {
    tuple::pair(ty!(dict::PyDict_Type).to_ref(), tuple::from_vec(vec![copy]))
}
fn pickler_memo_clear(v: Value) -> PyResult {
    pickler::forget(&*pickler::core(proxied(v))?);
    Ok(Ref::none())
}
fn pickler_memo_copy(v: Value) -> PyResult {
    pickler::memo_copy(proxied(v))
}
fn pickler_memo_reduce(v: Value) -> PyResult {
    Ok(as_reduced(pickler_memo_copy(v)?))
}
fn unpickler_memo_clear(v: Value) -> PyResult {
    unpickler::forget(&*unpickler::core(proxied(v))?);
    Ok(Ref::none())
}
fn unpickler_memo_copy(v: Value) -> PyResult {
    unpickler::memo_copy(proxied(v))
}
fn unpickler_memo_reduce(v: Value) -> PyResult {
    Ok(as_reduced(unpickler_memo_copy(v)?))
}

// ---- Functions ---------------------------------------------------------------------------------------------

methods! { static FUNCTIONS = [
    "dump" KW dump, "dump($module, /, obj, file, protocol=None, *, fix_imports=True,\n     buffer_callback=None)\n--\n\nWrite a pickled representation of obj to the open file object file.";
    "dumps" KW dumps, "dumps($module, /, obj, protocol=None, *, fix_imports=True,\n      buffer_callback=None)\n--\n\nReturn the pickled representation of the object as a bytes object.";
    "load" KW load, "load($module, /, file, *, fix_imports=True, encoding='ASCII',\n     errors='strict', buffers=())\n--\n\nRead and return an object from the pickle data stored in a file.";
    "loads" KW loads, "loads($module, data, /, *, fix_imports=True, encoding='ASCII',\n      errors='strict', buffers=())\n--\n\nRead and return an object from the given pickle data.";
] }

fn dump(_: Value, args: Args<'_>) -> PyResult {
    const DUMP: Signature<5> = Signature {
        name: "dump",
        params: ["obj", "file", "protocol", "fix_imports", "buffer_callback"],
        posonly: 0,
        positional: 3,
        required: 2,
    };
    let [object, file, protocol, fix, callback] = args.bind(&DUMP)?;
    let fix = fix.is_empty() || ops::is_true(fix)?;
    pickler::Core::new(protocol, fix, Value::EMPTY, None)?;
    let write = pickler::writer(file)?;
    let core = pickler::Core::new(protocol, fix, callback, Some(write))?;
    core.dump(Value::EMPTY, object)?;
    Ok(Ref::none())
}
fn dumps(_: Value, args: Args<'_>) -> PyResult {
    const DUMPS: Signature<4> = Signature {
        name: "dumps",
        params: ["obj", "protocol", "fix_imports", "buffer_callback"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [object, protocol, fix, callback] = args.bind(&DUMPS)?;
    let fix = fix.is_empty() || ops::is_true(fix)?;
    let core = pickler::Core::new(protocol, fix, callback, None)?;
    core.dump(Value::EMPTY, object)?;
    Ok(bytes::new(&core.take_output()))
}
fn run_load(name: &str, input: Input, [fix, encoding, errors, buffers]: [Value; 4]) -> PyResult {
    let fix = fix.is_empty() || ops::is_true(fix)?;
    let encoding = unpickler::text_argument(name, "encoding", encoding, "ASCII")?;
    let errors = unpickler::text_argument(name, "errors", errors, "strict")?;
    let core = unpickler::Core::new(input, fix, encoding, errors, buffers)?;
    let result = load::Machine::new(&core, Value::EMPTY).run();
    let skipped = core.input.borrow_mut().skip_consumed();
    let r = result?;
    skipped?;
    Ok(r)
}
fn load(_: Value, args: Args<'_>) -> PyResult {
    const LOAD: Signature<5> = Signature {
        name: "load",
        params: ["file", "fix_imports", "encoding", "errors", "buffers"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [file, rest @ ..] = args.bind(&LOAD)?;
    let input = Input::of_file(file)?;
    run_load("load", input, rest)
}
fn loads(_: Value, args: Args<'_>) -> PyResult {
    const LOADS: Signature<5> = Signature {
        name: "loads",
        params: ["", "fix_imports", "encoding", "errors", "buffers"],
        posonly: 1,
        positional: 1,
        required: 1,
    };
    let [data, rest @ ..] = args.bind(&LOADS)?;
    run_load("loads", Input::of_bytes(data)?, rest)
}

fn load_state() -> PyResult<State> {
    let import = pyrs_vm::import::import_absolute;
    let copyreg = import("copyreg")?;
    let compat = import("_compat_pickle")?;
    let get = |m: &Ref, name: &str| ops::getattr_str(m.value(), name);
    let table = |m: &Ref, module: &str, name: &str| {
        let d = get(m, name)?;
        if dict::is_dict(d.value()) {
            return Ok(d);
        }
        Err(raise!(
            RuntimeError,
            "{module}.{name} should be a dict, not {}",
            pyrs_object::ValueExt::ty(d.value()).message_name()
        ))
    };
    let pickle_error =
        crate::util::new_exception("_pickle", "PickleError", pyrs_object::exceptions::Exception)?;
    let base = Type::from_value(pickle_error.value()).unwrap_or(pyrs_object::exceptions::Exception);
    Ok(State {
        pickling_error: crate::util::new_exception("_pickle", "PicklingError", base)?,
        unpickling_error: crate::util::new_exception("_pickle", "UnpicklingError", base)?,
        pickle_error,
        dispatch_table: table(&copyreg, "copyreg", "dispatch_table")?,
        extension_registry: table(&copyreg, "copyreg", "_extension_registry")?,
        inverted_registry: table(&copyreg, "copyreg", "_inverted_registry")?,
        extension_cache: table(&copyreg, "copyreg", "_extension_cache")?,
        names_2to3: table(&compat, "_compat_pickle", "NAME_MAPPING")?,
        imports_2to3: table(&compat, "_compat_pickle", "IMPORT_MAPPING")?,
        names_3to2: table(&compat, "_compat_pickle", "REVERSE_NAME_MAPPING")?,
        imports_3to2: table(&compat, "_compat_pickle", "REVERSE_IMPORT_MAPPING")?,
        codecs_encode: get(&import("codecs")?, "encode")?,
        getattr: pyrs_object::list::common::builtin(intern!("getattr"))?,
        partial: get(&import("functools")?, "partial")?,
    })
}

pub fn init() -> PyResult {
    let m = module::new("_pickle");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    for t in [ty!(PicklerMemoProxy_Type), ty!(UnpicklerMemoProxy_Type)] {
        typeobject::ready(t)?;
    }
    module::add_type(m.value(), ty!(Pickler_Type))?;
    module::add_type(m.value(), ty!(Unpickler_Type))?;
    module::add_type(m.value(), ty!(PyPickleBuffer_Type))?;
    let place = &raw mut STATE;
    // SAFETY: under the GIL; a second import keeps the first state, which native code refers to.
    let s = unsafe {
        if (*place).is_none() {
            *place = Some(load_state()?);
        }
        state()?
    };
    module::add(m.value(), "PickleError", s.pickle_error.clone());
    module::add(m.value(), "PicklingError", s.pickling_error.clone());
    module::add(m.value(), "UnpicklingError", s.unpickling_error.clone());
    Ok(m)
}
