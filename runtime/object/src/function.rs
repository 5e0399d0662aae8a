//! Python functions. The code object's type belongs to the interpreter; its fields are read at CPython's offsets.

use crate::boundary::from_c;
use crate::layout::*;
use crate::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, audit, gc, heap, intern, ops, raise, ty,
};
use std::ffi::{c_int, c_void};
use std::ptr;

py_type! {
    pub static PyFunction_Type: PyFunctionObject = "function" {
        flags: HAVE_GC | HAVE_VECTORCALL | METHOD_DESCRIPTOR;
        fields { tp_dictoffset: 88, tp_weaklistoffset: 96, tp_vectorcall_offset: 120 }
        doc: "function(code, globals, name=None, argdefs=None, closure=None)\n--\n\nCreate a function object.";
        raw { tp_dealloc: function_dealloc, tp_traverse: function_traverse, tp_clear: function_clear }
        slots { tp_repr: function_repr, tp_call: function_call, tp_descr_get: function_get, tp_new: function_new }
        getset: FUNCTION_GETSET;
        members: FUNCTION_MEMBERS;
    }
}
members! { static FUNCTION_MEMBERS = [
    "__closure__" OBJECT, 72, membertype::READONLY, "";
    "__globals__" OBJECT, 16, membertype::READONLY, "";
    "__module__" OBJECT, 104, 0, "";
    "__builtins__" OBJECT, 24, membertype::READONLY, "";
] }
getset! { static FUNCTION_GETSET = [
    "__code__" get_code, set_code, "";
    "__doc__" get_doc, set_doc, "";
    "__defaults__" get_defaults, set_defaults, "";
    "__kwdefaults__" get_kwdefaults, set_kwdefaults, "";
    "__annotations__" get_annotations, set_annotations, "";
    "__dict__" get_dict, set_dict, "";
    "__name__" get_name, set_name, "";
    "__qualname__" get_qualname, set_qualname, "";
] }

#[inline(always)]
fn p(v: Value) -> *mut PyFunctionObject {
    v.as_ptr().cast()
}
fn code_of(code: Value) -> *mut PyCodeObject {
    code.as_ptr().cast()
}
fn own(v: Value) -> *mut PyObject {
    if v.is_empty() {
        ptr::null_mut()
    } else {
        crate::boundary::to_c(Ref::new(v))
    }
}
/// Replaces an owning field and forgets what the interpreter cached about the function.
fn replace(v: Value, field: *mut *mut PyObject, new: Value) {
    // SAFETY: a field of the live function `v`.
    unsafe {
        let old = ptr::replace(field, own(new));
        (*p(v)).func_version = 0;
        heap::xdecref_ptr(old);
    }
}
fn or_none(field: *mut PyObject) -> Ref {
    // SAFETY: null or alive.
    let v = unsafe { from_c(field) };
    v.non_empty().map_or_else(Ref::none, Ref::new)
}

/// As `PyFunction_NewWithQualName`; without `qualname` the code's. A null `func_doc` stands for the code's docstring,
/// which is made when somebody asks.
pub fn new(code: Value, globals: Value, qualname: Value) -> PyResult {
    let module = crate::dict::get(globals, intern!("__name__"))?;
    let builtins = builtins_of(globals)?;
    Ok(with(code, globals, qualname, module, &builtins))
}
/// A function whose module's name and builtins are known.
pub fn with(
    code: Value,
    globals: Value,
    qualname: Value,
    module: Option<Ref>,
    builtins: &Ref,
) -> Ref {
    let c = code_of(code);
    // SAFETY: `code` is a code object; the function is fresh.
    unsafe {
        let qualname = qualname
            .non_empty()
            .unwrap_or(Value::from_object((*c).co_qualname));
        let o = heap::alloc_zeroed(ty!(PyFunction_Type), size_of::<PyFunctionObject>());
        let f = o.cast::<PyFunctionObject>();
        (*f).func_globals = own(globals);
        (*f).func_builtins = own(builtins.value());
        (*f).func_name = own(Value::from_object((*c).co_name));
        (*f).func_qualname = own(qualname);
        (*f).func_code = own(code);
        (*f).func_module = module.map_or(std::ptr::null_mut(), Ref::into_ptr);
        (*f).vectorcall = Some(ops::native_vectorcall);
        gc::track(o);
        Ref::from_owned_ptr(o)
    }
}
/// The builtins that code with these globals sees.
pub fn builtins_of(globals: Value) -> PyResult {
    if let Some(b) = crate::dict::get(globals, intern!("__builtins__"))? {
        return Ok(if crate::module::is_module(b.value()) {
            Ref::new(crate::module::dict(b.value()))
        } else {
            b
        });
    }
    if let Some(g) = (crate::hooks().caller_globals)()
        && g.value() != globals
        && let Some(b) = crate::dict::get(g.value(), intern!("__builtins__"))?
    {
        return Ok(if crate::module::is_module(b.value()) {
            Ref::new(crate::module::dict(b.value()))
        } else {
            b
        });
    }
    match (crate::hooks().import)("builtins") {
        Ok(m) if crate::module::is_module(m.value()) => {
            Ok(Ref::new(crate::module::dict(m.value())))
        }
        _ => {
            if crate::errors::occurred() {
                crate::errors::clear();
            }
            Ok(crate::dict::new())
        }
    }
}
/// The code object (borrowed).
#[inline]
pub fn code(v: Value) -> Value {
    // SAFETY: a live function.
    Value::from_object(unsafe { (*p(v)).func_code })
}
#[inline]
pub fn is_function(v: Value) -> bool {
    v.is_exact(ty!(PyFunction_Type))
}
static mut NEXT_VERSION: u32 = 1;
/// The function's version: the same until code, defaults or keyword defaults change; 0 if none is left.
pub fn version(v: Value) -> u32 {
    // SAFETY: a live function; the counter is only touched under the GIL.
    unsafe {
        if (*p(v)).func_version == 0 && NEXT_VERSION != 0 {
            (*p(v)).func_version = NEXT_VERSION;
            NEXT_VERSION = NEXT_VERSION.wrapping_add(1);
        }
        (*p(v)).func_version
    }
}

pub(crate) fn owned_fields(f: *mut PyFunctionObject) -> [*mut *mut PyObject; 12] {
    // SAFETY: addresses of fields.
    unsafe {
        [
            &raw mut (*f).func_closure,
            &raw mut (*f).func_defaults,
            &raw mut (*f).func_kwdefaults,
            &raw mut (*f).func_doc,
            &raw mut (*f).func_dict,
            &raw mut (*f).func_module,
            &raw mut (*f).func_annotations,
            &raw mut (*f).func_globals,
            &raw mut (*f).func_builtins,
            &raw mut (*f).func_name,
            &raw mut (*f).func_qualname,
            &raw mut (*f).func_code,
        ]
    }
}
unsafe extern "C" fn function_dealloc(o: *mut PyObject) {
    let f = o.cast::<PyFunctionObject>();
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        if !(*f).func_weakreflist.is_null() {
            crate::weakref::clear_refs(o);
        }
        for field in owned_fields(f) {
            heap::clear_field(field);
        }
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn function_clear(o: *mut PyObject) -> c_int {
    let f = o.cast::<PyFunctionObject>();
    // SAFETY: alive; the names stay str and the code stays because attributes and frames count on them.
    unsafe {
        (*f).func_version = 0;
        for field in &owned_fields(f)[..9] {
            heap::clear_field(*field);
        }
        for field in [&raw mut (*f).func_name, &raw mut (*f).func_qualname] {
            let old = std::ptr::replace(field, crate::str::new("").into_ptr());
            heap::decref_ptr(old);
        }
    }
    0
}
unsafe extern "C" fn function_traverse(
    o: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    for field in owned_fields(o.cast()) {
        // SAFETY: alive.
        unsafe {
            if !(*field).is_null() {
                let r = visit(*field, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
fn function_call(v: Value, args: Args<'_>) -> PyResult {
    (crate::hooks().call_function)(v, args)
}
fn function_get(v: Value, object: Value, _: Value) -> PyResult {
    if object.is_empty() || object.is_none() {
        return Ok(Ref::new(v));
    }
    Ok(crate::method::new(v, object))
}
fn function_repr(v: Value) -> PyResult {
    let q = get_qualname(v)?;
    Ok(Ref::str(&format!(
        "<function {} at {:#x}>",
        crate::str::to_string_lossy(q.value()),
        ops::id(v)
    )))
}
fn is_code(v: Value) -> bool {
    !v.is_empty() && v.is_object() && v.ty().full_name() == "code"
}
fn function_new(_: Type, args: Args<'_>) -> PyResult {
    const NEW: Signature<5> = Signature {
        name: "function",
        params: ["code", "globals", "name", "argdefs", "closure"],
        posonly: 0,
        positional: 5,
        required: 2,
    };
    let [code, globals, name, defaults, closure] = args.bind(&NEW)?;
    let wrong = |what: &str, want: &str, got: Value| {
        raise!(
            TypeError,
            "function() argument '{what}' must be {want}, not {}",
            got.ty().message_name()
        )
    };
    if !is_code(code) {
        return Err(wrong("code", "code", code));
    }
    if !globals.has_flag(tpflags::DICT_SUBCLASS) {
        return Err(wrong("globals", "dict", globals));
    }
    let given = |v: Value| {
        if v.is_empty() || v.is_none() {
            Value::EMPTY
        } else {
            v
        }
    };
    let (name, defaults) = (given(name), given(defaults));
    if !name.is_empty() && !name.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(TypeError, "arg 3 (name) must be None or string"));
    }
    if !defaults.is_empty() && !defaults.has_flag(tpflags::TUPLE_SUBCLASS) {
        return Err(raise!(TypeError, "arg 4 (defaults) must be None or tuple"));
    }
    // SAFETY: a code object.
    let (free, code_name) = unsafe {
        let c = code_of(code);
        ((*c).co_nfreevars as usize, Value::from_object((*c).co_name))
    };
    let closure_given = given(closure);
    if !closure_given.is_empty() && !closure_given.has_flag(tpflags::TUPLE_SUBCLASS) {
        return Err(if free > 0 && closure.is_none() {
            raise!(TypeError, "arg 5 (closure) must be tuple")
        } else {
            raise!(TypeError, "arg 5 (closure) must be None or tuple")
        });
    }
    if closure_given.is_empty() && free > 0 {
        return Err(raise!(TypeError, "arg 5 (closure) must be tuple"));
    }
    let cells = if closure_given.is_empty() {
        0
    } else {
        crate::tuple::len(closure_given)
    };
    if cells != free {
        return Err(raise!(
            ValueError,
            "{} requires closure of length {free}, not {cells}",
            crate::str::display(code_name)
        ));
    }
    for i in 0..cells {
        let c = crate::tuple::get(closure_given, i);
        if !c.is_exact(ty!(crate::cell::PyCell_Type)) {
            return Err(raise!(
                TypeError,
                "arg 5 (closure) expected cell, found {}",
                c.ty().message_name()
            ));
        }
    }
    audit!("function.__new__", code)?;
    let f = new(code, globals, Value::EMPTY)?;
    // SAFETY: a fresh function.
    unsafe {
        let o = p(f.value());
        if !name.is_empty() {
            replace(f.value(), &raw mut (*o).func_name, name);
        }
        replace(f.value(), &raw mut (*o).func_defaults, defaults);
        replace(f.value(), &raw mut (*o).func_closure, closure_given);
    }
    Ok(f)
}

/// Sets the closure of a new function.
pub fn set_closure(f: Value, closure: Value) {
    // SAFETY: a live function.
    let field = unsafe { &raw mut (*p(f)).func_closure };
    replace(f, field, closure);
}

// ---- attributes ------------------------------------------------------------------------------------------

fn get_code(v: Value) -> PyResult {
    audit!("object.__getattr__", v, "__code__")?;
    Ok(Ref::new(code(v)))
}
fn get_doc(v: Value) -> PyResult {
    // SAFETY: a live function.
    unsafe {
        if (*p(v)).func_doc.is_null() {
            let code = Value::from_object((*p(v)).func_code);
            (*p(v)).func_doc = (crate::hooks().code_doc)(code).into_ptr();
        }
        Ok(or_none((*p(v)).func_doc))
    }
}
fn set_doc(v: Value, value: Value) -> PyResult<()> {
    let value = value.non_empty().unwrap_or(crate::singletons::none());
    // SAFETY: a live function.
    unsafe {
        let old = ptr::replace(&raw mut (*p(v)).func_doc, own(value));
        heap::xdecref_ptr(old);
    }
    Ok(())
}
fn set_code(v: Value, value: Value) -> PyResult<()> {
    if !is_code(value) {
        return Err(raise!(TypeError, "__code__ must be set to a code object"));
    }
    audit!("object.__setattr__", v, "__code__", value)?;
    // SAFETY: a live function and a code object.
    unsafe {
        let free = (*code_of(value)).co_nfreevars as usize;
        let closure = Value::from_object((*p(v)).func_closure);
        let cells = if closure.is_empty() {
            0
        } else {
            crate::tuple::len(closure)
        };
        if free != cells {
            return Err(raise!(
                ValueError,
                "{}() requires a code object with {cells} free vars, not {free}",
                crate::str::display(Value::from_object((*p(v)).func_name))
            ));
        }
        get_doc(v)?;
        replace(v, &raw mut (*p(v)).func_code, value);
    }
    Ok(())
}
macro_rules! optional {
    ($($name:literal $get:ident $set:ident $field:ident $flag:ident $message:literal;)*) => {$(
        fn $get(v: Value) -> PyResult {
            audit!("object.__getattr__", v, $name)?;
            // SAFETY: a live function.
            Ok(or_none(unsafe { (*p(v)).$field }))
        }
        fn $set(v: Value, value: Value) -> PyResult<()> {
            let value = if value.is_empty() || value.is_none() { Value::EMPTY } else { value };
            if !value.is_empty() && !value.has_flag(tpflags::$flag) {
                return Err(raise!(TypeError, $message));
            }
            if value.is_empty() {
                audit!("object.__delattr__", v, $name)?;
            } else {
                audit!("object.__setattr__", v, $name, value)?;
            }
            // SAFETY: a live function.
            replace(v, unsafe { &raw mut (*p(v)).$field }, value);
            Ok(())
        }
    )*};
}
optional! {
    "__defaults__" get_defaults set_defaults func_defaults TUPLE_SUBCLASS "__defaults__ must be set to a tuple object";
    "__kwdefaults__" get_kwdefaults set_kwdefaults func_kwdefaults DICT_SUBCLASS "__kwdefaults__ must be set to a dict object";
}
fn get_annotations(v: Value) -> PyResult {
    // SAFETY: a live function. The compiler may leave a tuple of names and values, made a dict on demand.
    unsafe {
        let field = &raw mut (*p(v)).func_annotations;
        let a = Value::from_object(*field);
        if a.is_empty() {
            *field = crate::dict::new().into_ptr();
        } else if a.has_flag(tpflags::TUPLE_SUBCLASS) {
            let d = crate::dict::new();
            for i in 0..crate::tuple::len(a) / 2 {
                let (k, x) = (crate::tuple::get(a, 2 * i), crate::tuple::get(a, 2 * i + 1));
                crate::dict::set_item(d.value(), k, x)?;
            }
            let old = ptr::replace(field, d.into_ptr());
            heap::xdecref_ptr(old);
        }
        Ok(Ref::new(Value::from_object(*field)))
    }
}
fn set_annotations(v: Value, value: Value) -> PyResult<()> {
    let value = if value.is_empty() || value.is_none() {
        Value::EMPTY
    } else {
        value
    };
    if !value.is_empty() && !value.has_flag(tpflags::DICT_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__annotations__ must be set to a dict object"
        ));
    }
    // SAFETY: a live function.
    replace(v, unsafe { &raw mut (*p(v)).func_annotations }, value);
    Ok(())
}
fn get_dict(v: Value) -> PyResult {
    crate::typeobject::instance_dict(v).map(|d| d.unwrap_or_else(Ref::none))
}
fn set_dict(v: Value, value: Value) -> PyResult<()> {
    if value.is_empty() {
        return Err(raise!(TypeError, "cannot delete __dict__"));
    }
    if !value.has_flag(tpflags::DICT_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "__dict__ must be set to a dictionary, not a '{}'",
            value.ty().message_name()
        ));
    }
    // SAFETY: a live function.
    unsafe {
        let old = ptr::replace(&raw mut (*p(v)).func_dict, own(value));
        heap::xdecref_ptr(old);
    }
    Ok(())
}
macro_rules! names {
    ($($get:ident $set:ident $field:ident $message:literal;)*) => {$(
        fn $get(v: Value) -> PyResult {
            // SAFETY: a live function.
            Ok(or_none(unsafe { (*p(v)).$field }))
        }
        fn $set(v: Value, value: Value) -> PyResult<()> {
            if !value.has_flag(tpflags::UNICODE_SUBCLASS) {
                return Err(raise!(TypeError, $message));
            }
            // SAFETY: a live function; its name does not matter to caches.
            unsafe {
                let old = ptr::replace(&raw mut (*p(v)).$field, own(value));
                heap::xdecref_ptr(old);
            }
            Ok(())
        }
    )*};
}
names! {
    get_name set_name func_name "__name__ must be set to a string object";
    get_qualname set_qualname func_qualname "__qualname__ must be set to a string object";
}
