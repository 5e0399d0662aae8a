//! `_functools`: `partial`, `reduce`, `cmp_to_key`, and the wrapper behind `lru_cache`.

mod lru;
mod partial;

pub use lru::PyLruCache_Type;
pub use partial::PyPartial_Type;

use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, check_positional, errors, exceptions,
    getset, heap, methods, module, ops, py_type, raise, ty, typeobject,
};

#[repr(C)]
pub struct KeyObject {
    pub ob_base: PyObject,
    compare: Value,
    /// Empty in what `cmp_to_key` itself returns.
    object: Value,
}
py_type! {
    pub static PyKeyWrapper_Type: KeyObject = "functools.KeyWrapper" {
        flags: HAVE_GC | DISALLOW_INSTANTIATION;
        raw { tp_dealloc: key_dealloc, tp_traverse: key_traverse, tp_clear: key_clear }
        slots { tp_call: key_call, tp_richcompare: key_compare }
        getset: KEY_GETSET;
    }
}
owning_fields!(KeyObject key_dealloc key_traverse key_clear; compare object);
getset! { static KEY_GETSET = [
    "obj" key_object, set_key_object, "Value wrapped by a key function.";
] }

fn raw(v: Value) -> *mut KeyObject {
    v.as_ptr().cast()
}
fn key_object(v: Value) -> PyResult {
    // SAFETY: a live instance.
    match unsafe { (*raw(v)).object }.non_empty() {
        Some(o) => Ok(Ref::new(o)),
        None => Err(raise!(AttributeError, "object")),
    }
}
fn set_key_object(v: Value, object: Value) -> PyResult<()> {
    heap::incref(object);
    // SAFETY: a live instance; the old object goes after the new is in place.
    let old = unsafe { std::mem::replace(&mut (*raw(v)).object, object) };
    heap::decref(old);
    Ok(())
}
fn new_key(compare: Value, object: Value) -> PyResult {
    let p = alloc_instance(ty!(PyKeyWrapper_Type), 0)?.cast::<KeyObject>();
    heap::incref(object);
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).compare = Ref::new(compare).into_value();
        (*p).object = object;
        Ok(Ref::from_owned_ptr(p))
    }
}
fn key_call(v: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<1> = Signature {
        name: "K",
        params: ["obj"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [object] = args.bind(&SIGNATURE)?;
    // SAFETY: a live instance.
    new_key(unsafe { (*raw(v)).compare }, object)
}
fn key_compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !b.is_exact(ty!(PyKeyWrapper_Type)) {
        return Err(raise!(TypeError, "other argument must be K instance"));
    }
    // SAFETY: live instances; what is used is counted first.
    let (compare, x, y) = unsafe { ((*raw(a)).compare, (*raw(a)).object, (*raw(b)).object) };
    if x.is_empty() || y.is_empty() {
        return Err(raise!(AttributeError, "object"));
    }
    let (compare, x, y) = (Ref::new(compare), Ref::new(x), Ref::new(y));
    let r = ops::call(compare.value(), &[x.value(), y.value()])?;
    ops::richcompare(r.value(), Value::int_unchecked(0), op)
}
fn cmp_to_key(_: Value, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<1> = Signature {
        name: "cmp_to_key",
        params: ["mycmp"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [compare] = args.bind(&SIGNATURE)?;
    new_key(compare, Value::EMPTY)
}

fn reduce(_: Value, args: &[Value]) -> PyResult {
    check_positional("reduce", args.len(), 2, 3)?;
    let it = match ops::iter(args[1]) {
        Ok(it) => it,
        Err(e) => {
            if errors::take_if(exceptions::TypeError) {
                return Err(raise!(TypeError, "reduce() arg 2 must support iteration"));
            }
            return Err(e);
        }
    };
    let mut result = args.get(2).map(|v| Ref::new(*v));
    while let Some(item) = ops::next(it.value())? {
        result = Some(match result {
            None => item,
            Some(so_far) => ops::call(args[0], &[so_far.value(), item.value()])?,
        });
    }
    result.ok_or_else(|| {
        raise!(
            TypeError,
            "reduce() of empty iterable with no initial value"
        )
    })
}

methods! { static FUNCTIONS = [
    "reduce" FAST reduce, "reduce(function, iterable[, initial], /) -> value\n\nApply a function of two arguments cumulatively to the items of an iterable, from left to right.";
    "cmp_to_key" KW cmp_to_key, "cmp_to_key($module, /, mycmp)\n--\n\nConvert a cmp= function into a key= function.";
] }

/// Type of the results of `cmp_to_key`.
fn ready_key_type() -> PyResult<()> {
    let t: Type = ty!(PyKeyWrapper_Type);
    typeobject::ready(t)
}

pub fn init() -> PyResult {
    ready_key_type()?;
    lru::init()?;
    let m = module::new("_functools");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    if let Some(reduce) = pyrs_object::dict::get_str(module::dict(m.value()), "reduce") {
        pyrs_vm::consume::found("reduce", reduce.value());
    }
    module::add_type(m.value(), ty!(PyPartial_Type))?;
    module::add_type(m.value(), ty!(PyLruCache_Type))?;
    Ok(m)
}
