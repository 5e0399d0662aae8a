//! `_xxsubinterpreters`, as far as one interpreter goes: there is no other in a process of pyrs, and none can be made. Without
//! others there is nobody to send to, so it has no channels.

use pyrs_object::layout::*;
use pyrs_object::{
    Args, CmpOp, PyResult, Ref, Signature, Type, Value, ValueExt, bytes, errors, exceptions, heap,
    int, list, methods, module, ops, py_type, raise, str, ty,
};

/// The interpreter that runs everything.
const MAIN: i64 = 0;

#[repr(C)]
struct InterpreterId {
    ob_base: PyObject,
    id: i64,
}
py_type! {
    static InterpreterID_Type: InterpreterId = "InterpreterID" {
        flags: BASETYPE;
        doc: "Names an interpreter; can be used as an int.";
        slots { tp_repr: repr, tp_str: str_of, tp_hash: hash, tp_richcompare: compare, tp_new: new }
        number { nb_int: to_int, nb_index: to_int }
    }
}

fn id(v: Value) -> i64 {
    // SAFETY: callers pass a live instance.
    unsafe { (*v.as_ptr().cast::<InterpreterId>()).id }
}
fn make(t: Type, id: i64) -> PyResult {
    let alloc = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: a ready type; the layout is ours.
    unsafe {
        let object = alloc(t.as_ptr(), 0);
        if object.is_null() {
            return Err(errors::no_memory());
        }
        (*object.cast::<InterpreterId>()).id = id;
        Ok(Ref::from_owned_ptr(object))
    }
}
fn main_id() -> PyResult {
    make(ty!(InterpreterID_Type), MAIN)
}

/// The number in an argument that names an interpreter, which need not exist.
fn number(v: Value) -> PyResult<i64> {
    if v.ty().is_subtype(ty!(InterpreterID_Type)) {
        return Ok(id(v));
    }
    if !ops::has_index(v) {
        return Err(raise!(
            TypeError,
            "interpreter ID must be an int, got {}",
            v.ty().message_name()
        ));
    }
    let n = ops::index(v)?;
    match int::to_i64(n.value()) {
        Some(n) if n >= 0 => Ok(n),
        Some(_) => Err(raise!(
            ValueError,
            "interpreter ID must be a non-negative int, got {}",
            crate::util::repr_text(v)?
        )),
        None => Err(raise!(OverflowError, "int too big to convert")),
    }
}
/// An argument that names the interpreter.
fn known(v: Value) -> PyResult<i64> {
    match number(v)? {
        MAIN => Ok(MAIN),
        n => Err(raise!(RuntimeError, "unrecognized interpreter ID {n}")),
    }
}

fn new(t: Type, args: Args<'_>) -> PyResult {
    const NEW: Signature<2> = Signature {
        name: "InterpreterID.__init__",
        params: ["id", "force"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [id, force] = args.bind(&NEW)?;
    let force = !force.is_empty() && ops::is_true(force)?;
    make(t, if force { number(id)? } else { known(id)? })
}
fn repr(v: Value) -> PyResult {
    Ok(str::new(&format!("{}({})", v.ty().name(), id(v))))
}
fn str_of(v: Value) -> PyResult {
    Ok(str::new(&id(v).to_string()))
}
fn hash(v: Value) -> PyResult<i64> {
    ops::hash(Ref::int(id(v)).value())
}
fn to_int(v: Value) -> PyResult {
    Ok(Ref::int(id(v)))
}
fn compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let equal = if b.ty().is_subtype(ty!(InterpreterID_Type)) {
        id(a) == id(b)
    } else if ops::has_index(b) || b.is_float() {
        ops::eq(Ref::int(id(a)).value(), b)?
    } else {
        return Ok(Ref::not_implemented());
    };
    Ok(Ref::bool(equal == (op == CmpOp::Eq)))
}

fn create(_: Value, args: Args<'_>) -> PyResult {
    const CREATE: Signature<1> = Signature {
        name: "create",
        params: ["isolated"],
        posonly: 0,
        positional: 0,
        required: 0,
    };
    args.bind(&CREATE)?;
    Err(raise!(
        RuntimeError,
        "interpreter creation failed: pyrs has one interpreter in a process"
    ))
}
fn destroy(_: Value, args: Args<'_>) -> PyResult {
    let [id] = args.bind(&one("destroy", "id"))?;
    known(id)?;
    Err(raise!(
        RuntimeError,
        "cannot destroy the current interpreter"
    ))
}
fn list_all(_: Value) -> PyResult {
    Ok(list::from_vec(vec![main_id()?]))
}
fn get_main(_: Value) -> PyResult {
    main_id()
}
fn is_running(_: Value, args: Args<'_>) -> PyResult {
    let [id] = args.bind(&one("is_running", "id"))?;
    known(id)?;
    Ok(Ref::bool(true))
}
fn run_string(_: Value, args: Args<'_>) -> PyResult {
    const RUN_STRING: Signature<3> = Signature {
        name: "run_string",
        params: ["id", "script", "shared"],
        posonly: 0,
        positional: 3,
        required: 2,
    };
    let [id, script, _] = args.bind(&RUN_STRING)?;
    if !script.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "run_string() argument 2 must be str, not {}",
            script.ty().message_name()
        ));
    }
    known(id)?;
    if str::as_utf8(script)?.contains('\0') {
        return Err(raise!(
            ValueError,
            "source code string cannot contain null bytes"
        ));
    }
    Err(raise!(RuntimeError, "interpreter already running"))
}
fn is_shareable(_: Value, args: Args<'_>) -> PyResult {
    let [v] = args.bind(&one("is_shareable", "obj"))?;
    let shareable = v.is_none()
        || v.is_exact(ty!(bytes::PyBytes_Type))
        || v.is_exact(ty!(str::PyUnicode_Type))
        || v.ty() == ty!(int::PyLong_Type);
    Ok(Ref::bool(shareable))
}
const fn one(name: &'static str, param: &'static str) -> Signature<1> {
    Signature {
        name,
        params: [param],
        posonly: 0,
        positional: 1,
        required: 1,
    }
}

methods! { static FUNCTIONS = [
    "create" KW create, "create() -> ID\n\nRaises RuntimeError: there is one interpreter.";
    "destroy" KW destroy, "destroy(id)\n\nRaises RuntimeError: the interpreter is running.";
    "list_all" NOARGS list_all, "list_all() -> [ID]\n\nThe interpreters there are.";
    "get_current" NOARGS get_main, "get_current() -> ID\n\nThe interpreter that runs this.";
    "get_main" NOARGS get_main, "get_main() -> ID\n\nThe interpreter that runs the program.";
    "is_running" KW is_running, "is_running(id) -> bool\n\nWhether an interpreter is running.";
    "run_string" KW run_string, "run_string(id, script, shared)\n\nRaises RuntimeError: the interpreter is running.";
    "is_shareable" KW is_shareable, "is_shareable(obj) -> bool\n\nWhether interpreters could share the object's data.";
] }

pub fn init() -> PyResult {
    let name = "_xxsubinterpreters";
    let m = module::new(name);
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add_type(m.value(), ty!(InterpreterID_Type))?;
    let error = |error: &'static str, base: Type| {
        let t = crate::locale::new_exception(str::intern(name).value(), error, base)?;
        module::add(m.value(), error, t.to_ref());
        Ok(t)
    };
    error("RunFailedError", exceptions::RuntimeError)?;
    // Who imports the names of what channels raise need not have a channel.
    let channel = error("ChannelError", exceptions::RuntimeError)?;
    for name in [
        "ChannelNotFoundError",
        "ChannelClosedError",
        "ChannelEmptyError",
        "ChannelNotEmptyError",
    ] {
        error(name, channel)?;
    }
    Ok(m)
}
