//! `xxsubtype`: a list and a dict with a number beside, which tests of subclassing native types use.

use crate::convert::c_long;
use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, dict, errors, getset, list, members, methods,
    module, ops, py_type, raise, tuple, ty,
};
use std::ffi::c_int as CInt;
use std::mem::offset_of;

#[repr(C)]
struct SpamList {
    base: PyListObject,
    state: CInt,
}
#[repr(C)]
struct SpamDict {
    base: PyDictObject,
    state: CInt,
}

py_type! {
    static SpamList_Type: SpamList = "xxsubtype.spamlist" {
        flags: BASETYPE;
        base: list::PyList_Type;
        slots { tp_init: list_init }
        methods: LIST_METHODS;
        getset: LIST_GETSET;
    }
}
py_type! {
    static SpamDict_Type: SpamDict = "xxsubtype.spamdict" {
        flags: BASETYPE;
        base: dict::PyDict_Type;
        slots { tp_init: dict_init }
        methods: DICT_METHODS;
        members: DICT_MEMBERS;
    }
}
methods! { static LIST_METHODS = [
    "getstate" KW list_getstate, "getstate() -> state";
    "setstate" KW list_setstate, "setstate(state)";
    "classmeth" KW|CLASS classmeth, "classmeth(*args, **kw)";
    "staticmeth" KW|STATIC staticmeth, "staticmeth(*args, **kw)";
] }
getset! { static LIST_GETSET = [
    "state" list_state, None, "a number that is kept";
] }
methods! { static DICT_METHODS = [
    "getstate" KW dict_getstate, "getstate() -> state";
    "setstate" KW dict_setstate, "setstate(state)";
] }
members! { static DICT_MEMBERS = [
    "state" INT, offset_of!(SpamDict, state), membertype::READONLY, "a number that is kept";
] }

fn list_place(v: Value) -> *mut CInt {
    // SAFETY: callers pass a live instance.
    unsafe { &raw mut (*v.as_ptr().cast::<SpamList>()).state }
}
fn dict_place(v: Value) -> *mut CInt {
    // SAFETY: as above.
    unsafe { &raw mut (*v.as_ptr().cast::<SpamDict>()).state }
}

/// Initialises by the base class, too.
fn init(base: Type, v: Value, args: Args<'_>, state: *mut CInt) -> PyResult<()> {
    match base.native().tp_init {
        Some(f) => f(v, args)?,
        None => return Err(errors::bad_internal_call()),
    }
    // SAFETY: a field of a live instance.
    unsafe { *state = 0 }
    Ok(())
}
fn list_init(v: Value, args: Args<'_>) -> PyResult<()> {
    init(ty!(list::PyList_Type), v, args, list_place(v))
}
fn dict_init(v: Value, args: Args<'_>) -> PyResult<()> {
    init(ty!(dict::PyDict_Type), v, args, dict_place(v))
}

fn check_count(name: &str, args: Args<'_>, wanted: usize) -> PyResult<()> {
    args.no_keywords(name)?;
    let args = args.positional();
    if args.len() == wanted {
        return Ok(());
    }
    let plural = if wanted == 1 { "" } else { "s" };
    Err(raise!(
        TypeError,
        "{name}() takes exactly {wanted} argument{plural} ({} given)",
        args.len()
    ))
}
fn get(place: *mut CInt, args: Args<'_>) -> PyResult {
    check_count("getstate", args, 0)?;
    // SAFETY: a field of a live instance.
    Ok(Ref::int(i64::from(unsafe { *place })))
}
fn set(place: *mut CInt, args: Args<'_>) -> PyResult {
    check_count("setstate", args, 1)?;
    let state = i_format(args.positional()[0])?;
    // SAFETY: as above.
    unsafe { *place = state }
    Ok(Ref::none())
}
fn list_getstate(v: Value, args: Args<'_>) -> PyResult {
    get(list_place(v), args)
}
fn list_setstate(v: Value, args: Args<'_>) -> PyResult {
    set(list_place(v), args)
}
fn list_state(v: Value) -> PyResult {
    get(list_place(v), Args::positional_only(&[]))
}
fn dict_getstate(v: Value, args: Args<'_>) -> PyResult {
    get(dict_place(v), args)
}
fn dict_setstate(v: Value, args: Args<'_>) -> PyResult {
    set(dict_place(v), args)
}

/// A number as C's format "i" takes it.
fn i_format(v: Value) -> PyResult<CInt> {
    CInt::try_from(c_long(v)?)
        .map_err(|_| raise!(OverflowError, "signed integer is greater than maximum"))
}

fn classmeth(class: Value, args: Args<'_>) -> PyResult {
    echo(class, args)
}
fn staticmeth(_: Value, args: Args<'_>) -> PyResult {
    echo(Value::EMPTY, args)
}
/// What it was called with: the class (or None), the arguments, the keywords (or None).
fn echo(class: Value, args: Args<'_>) -> PyResult {
    // A class method without any has no dict; a static method's is made by its descriptor.
    let mut keywords = if class.is_empty() {
        dict::new()
    } else {
        Ref::none()
    };
    for (name, v) in args.keywords() {
        if keywords.is_none() {
            keywords = dict::new();
        }
        dict::set_item(keywords.value(), name, v)?;
    }
    let positional = tuple::from_vec(args.positional().iter().map(|v| Ref::new(*v)).collect());
    let class = class.non_empty().map_or_else(Ref::none, Ref::new);
    Ok(tuple::from_vec(vec![class, positional, keywords]))
}

/// `bench(obj, name, n=1000)`: the time of so many attribute reads.
fn bench(_: Value, args: &[Value]) -> PyResult {
    if args.len() < 2 || args.len() > 3 {
        let (how, bound) = if args.len() < 2 {
            ("at least", 2)
        } else {
            ("at most", 3)
        };
        return Err(raise!(
            TypeError,
            "function takes {how} {bound} arguments ({} given)",
            args.len()
        ));
    }
    if !args[1].has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "argument 2 must be str, not {}",
            args[1].ty().message_name()
        ));
    }
    let n = args.get(2).map_or(Ok(1000), |v| i_format(*v))?;
    let start = std::time::Instant::now();
    for _ in 0..n {
        ops::getattr(args[0], args[1])?;
    }
    Ok(Ref::float(start.elapsed().as_secs_f64()))
}
methods! { static FUNCTIONS = [
    "bench" FAST bench, "bench(obj, name, n=1000)";
] }

pub fn init_module() -> PyResult {
    let m = module::new("xxsubtype");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add_type(m.value(), ty!(SpamList_Type))?;
    module::add_type(m.value(), ty!(SpamDict_Type))?;
    Ok(m)
}
