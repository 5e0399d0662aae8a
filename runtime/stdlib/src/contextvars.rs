//! `_contextvars`: `Context`, `ContextVar`, `Token`.
//!
//! A context's variables lie in a shared map that is copied when one of its sharers writes: `copy_context()` costs a
//! reference. A variable remembers its value in the context that was current last, as CPython's does, so that `get` is a
//! few loads: the cache holds as long as thread and `context_ver` are the same.

use crate::util::repr_text;
use pyrs_object::boundary::{from_c, to_c};
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_exact, alloc_instance, class_getitem};
use pyrs_object::{
    Args, PyResult, Raised, Ref, Signature, Type, Value, ValueExt, check_positional, errors,
    exceptions, getset, heap, list, members, methods, module, ops, py_type, raise, str, thread, ty,
};
use std::collections::BTreeMap;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};

/// Variable and value, by the variable's address.
type Vars = BTreeMap<usize, (Ref, Ref)>;

py_type! {
    pub static PyContext_Type: PyContext = "_contextvars.Context" {
        flags: HAVE_GC;
        fields { tp_weaklistoffset: offset_of!(PyContext, ctx_weakreflist) as isize }
        raw { tp_dealloc: context_dealloc, tp_traverse: context_traverse, tp_clear: context_clear }
        slots { tp_richcompare: context_compare, tp_iter: context_iter, tp_new: context_new }
        sequence { sq_contains: context_contains }
        mapping { mp_length: context_len, mp_subscript: context_item }
        methods: CONTEXT_METHODS;
    }
}
py_type! {
    pub static PyContextVar_Type: PyContextVar = "_contextvars.ContextVar" {
        flags: HAVE_GC;
        raw { tp_dealloc: var_dealloc, tp_traverse: var_traverse, tp_clear: var_clear }
        slots { tp_repr: var_repr, tp_hash: var_hash, tp_new: var_new }
        methods: VAR_METHODS;
        members: VAR_MEMBERS;
    }
}
py_type! {
    pub static PyContextToken_Type: PyContextToken = "_contextvars.Token" {
        flags: HAVE_GC;
        raw { tp_dealloc: token_dealloc, tp_traverse: token_traverse, tp_clear: token_clear }
        slots { tp_repr: token_repr, tp_new: token_new }
        methods: TOKEN_METHODS;
        getset: TOKEN_GETSET;
    }
}
py_type! {
    /// The type of `Token.MISSING`.
    pub static _PyContextTokenMissing_Type: PyObject = "Token.MISSING" {
        flags: DISALLOW_INSTANTIATION;
        slots { tp_repr: missing_repr }
    }
}

methods! { static CONTEXT_METHODS = [
    "get" FAST context_get, "get($self, key, default=None, /)\n--\n\nReturn the value for `key` if `key` has the value in the context object.";
    "items" NOARGS context_items, "items($self, /)\n--\n\nReturn all variables and their values in the context object.";
    "keys" NOARGS context_iter, "keys($self, /)\n--\n\nReturn a list of all variables in the context object.";
    "values" NOARGS context_values, "values($self, /)\n--\n\nReturn a list of all variables' values in the context object.";
    "copy" NOARGS context_copy, "copy($self, /)\n--\n\nReturn a shallow copy of the context object.";
    "run" KW context_run, "run(callable, *args, **kwargs)\n\nCalls the callable in the context.";
] }
methods! { static VAR_METHODS = [
    "get" FAST var_get, "get($self, default=<unrepresentable>, /)\n--\n\nReturn a value for the context variable for the current context.";
    "set" O var_set, "set($self, value, /)\n--\n\nCall to set a new value for the context variable in the current context.";
    "reset" O var_reset, "reset($self, token, /)\n--\n\nReset the context variable.";
    "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
] }
members! { static VAR_MEMBERS = [
    "name" OBJECT, offset_of!(PyContextVar, var_name), membertype::READONLY, "";
] }
methods! { static TOKEN_METHODS = [
    "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
] }
getset! { static TOKEN_GETSET = [
    "var" token_var, None, "";
    "old_value" token_old_value, None, "";
] }

fn context(v: Value) -> *mut PyContext {
    v.as_ptr().cast()
}
fn var(v: Value) -> *mut PyContextVar {
    v.as_ptr().cast()
}
fn token(v: Value) -> *mut PyContextToken {
    v.as_ptr().cast()
}
/// Whether `v` is a `Context`.
pub fn is_context(v: Value) -> bool {
    v.is_exact(ty!(PyContext_Type))
}
/// An empty context.
pub fn new_context() -> Ref {
    make_context(Rc::default())
}
/// Whether `v` is a `ContextVar`.
pub fn is_var(v: Value) -> bool {
    v.is_exact(ty!(PyContextVar_Type))
}

// ---- contexts -------------------------------------------------------------------------------------------------

/// The shared map of a context.
fn vars(v: Value) -> Rc<Vars> {
    // SAFETY: a live context holds one count of its map, or null before it has one.
    unsafe {
        let p = (*context(v)).ctx_vars.cast::<Vars>();
        if p.is_null() {
            return Rc::default();
        }
        Rc::increment_strong_count(p);
        Rc::from_raw(p)
    }
}
/// Changes the map of a context (its own copy, if it was shared); old values die afterwards.
fn change<T>(v: Value, f: impl FnOnce(&mut Vars) -> T) -> T {
    // SAFETY: the context's count moves into `map` and back; `f` runs no Python code.
    unsafe {
        let c = context(v);
        let p = std::mem::replace(&mut (*c).ctx_vars, std::ptr::null_mut()).cast::<Vars>();
        let mut map = if p.is_null() {
            Rc::default()
        } else {
            Rc::from_raw(p)
        };
        let result = f(Rc::make_mut(&mut map));
        (*c).ctx_vars = Rc::into_raw(map).cast_mut().cast();
        result
    }
}
fn make_context(map: Rc<Vars>) -> Ref {
    let p = alloc_exact::<PyContext>(ty!(PyContext_Type));
    // SAFETY: a fresh object; every field behind the header is set.
    unsafe {
        (*p).ctx_prev = std::ptr::null_mut();
        (*p).ctx_vars = Rc::into_raw(map).cast_mut().cast();
        (*p).ctx_weakreflist = std::ptr::null_mut();
        (*p).ctx_entered = 0;
        pyrs_object::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    }
}
/// The current context of the thread, made on first use (borrowed from the thread state).
fn current() -> Value {
    let ts = thread::current();
    // SAFETY: the current thread state owns its context.
    unsafe {
        if (*ts).c.context.is_null() {
            (*ts).c.context = make_context(Rc::default()).into_ptr();
            (*ts).c.context_ver += 1;
        }
        Value::from_object((*ts).c.context)
    }
}
/// `contextvars.copy_context()`.
pub fn copy_current() -> Ref {
    make_context(vars(current()))
}
/// Makes a context the current one of the thread.
pub fn enter(v: Value) -> PyResult<()> {
    let ts = thread::current();
    // SAFETY: a live context; it keeps the one before it, whose count it takes over from the thread state.
    unsafe {
        let c = context(v);
        if (*c).ctx_entered != 0 {
            return Err(raise!(
                RuntimeError,
                "cannot enter context: {} is already entered",
                repr_text(v)?
            ));
        }
        (*c).ctx_prev = (*ts).c.context.cast();
        (*c).ctx_entered = 1;
        (*ts).c.context = Ref::new(v).into_ptr();
        (*ts).c.context_ver += 1;
    }
    Ok(())
}
/// Undoes [`enter`].
pub fn exit(v: Value) -> PyResult<()> {
    let ts = thread::current();
    // SAFETY: as `enter`.
    unsafe {
        let c = context(v);
        if (*c).ctx_entered == 0 {
            return Err(raise!(
                RuntimeError,
                "cannot exit context: {} has not been entered",
                repr_text(v)?
            ));
        }
        if (*ts).c.context.cast() != c {
            return Err(raise!(
                RuntimeError,
                "cannot exit context: thread state references a different context object"
            ));
        }
        let previous = std::mem::replace(&mut (*c).ctx_prev, std::ptr::null_mut());
        (*c).ctx_entered = 0;
        let old = std::mem::replace(&mut (*ts).c.context, previous.cast());
        (*ts).c.context_ver += 1;
        heap::xdecref_ptr(old);
    }
    Ok(())
}

unsafe extern "C" fn context_dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        pyrs_object::weakref::clear_refs(object);
        context_clear(object);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn context_clear(object: *mut PyObject) -> c_int {
    let c = object.cast::<PyContext>();
    // SAFETY: a live or dying instance; fields are empty before their objects may die.
    unsafe {
        heap::clear_field(&raw mut (*c).ctx_prev);
        let p = std::mem::replace(&mut (*c).ctx_vars, std::ptr::null_mut()).cast::<Vars>();
        if !p.is_null() {
            drop(Rc::from_raw(p));
        }
    }
    0
}
unsafe extern "C" fn context_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let c = object.cast::<PyContext>();
    // SAFETY: called by the collector for a live instance. A shared map's counts belong to all its sharers: visiting it
    // from each would count them too often, so only a map of its own is visited.
    unsafe {
        if !(*c).ctx_prev.is_null() {
            let r = visit((*c).ctx_prev.cast(), arg);
            if r != 0 {
                return r;
            }
        }
        let p = (*c).ctx_vars.cast::<Vars>();
        if p.is_null() {
            return 0;
        }
        let map = std::mem::ManuallyDrop::new(Rc::from_raw(p));
        if Rc::strong_count(&map) != 1 {
            return 0;
        }
        for (k, v) in map.values() {
            for x in [k, v] {
                if x.is_object() {
                    let r = visit(x.as_ptr(), arg);
                    if r != 0 {
                        return r;
                    }
                }
            }
        }
    }
    0
}
fn context_new(_: Type, args: Args<'_>) -> PyResult {
    if !args.values.is_empty() {
        return Err(raise!(TypeError, "Context() does not accept any arguments"));
    }
    Ok(make_context(Rc::default()))
}
fn check_key(key: Value) -> PyResult<()> {
    if is_var(key) {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "a ContextVar key was expected, got {}",
            repr_text(key)?
        ))
    }
}
fn find(c: Value, key: Value) -> Option<Ref> {
    vars(c)
        .get(&(key.as_ptr() as usize))
        .map(|(_, v)| v.clone())
}
fn context_item(c: Value, key: Value) -> PyResult {
    check_key(key)?;
    find(c, key).ok_or_else(|| errors::key_error(key))
}
fn context_get(c: Value, args: &[Value]) -> PyResult {
    check_positional("get", args.len(), 1, 2)?;
    check_key(args[0])?;
    Ok(find(c, args[0]).unwrap_or_else(|| args.get(1).map_or_else(Ref::none, |d| Ref::new(*d))))
}
fn context_contains(c: Value, key: Value) -> PyResult<bool> {
    check_key(key)?;
    Ok(find(c, key).is_some())
}
fn context_len(c: Value) -> PyResult<usize> {
    Ok(vars(c).len())
}
fn listed(c: Value, f: impl Fn(&(Ref, Ref)) -> Ref) -> PyResult {
    let all = list::from_vec(vars(c).values().map(f).collect());
    ops::iter(all.value())
}
fn context_iter(c: Value) -> PyResult {
    listed(c, |(k, _)| k.clone())
}
fn context_values(c: Value) -> PyResult {
    listed(c, |(_, v)| v.clone())
}
fn context_items(c: Value) -> PyResult {
    listed(c, |(k, v)| pyrs_object::tuple::pair(k.clone(), v.clone()))
}
fn context_copy(c: Value) -> PyResult {
    Ok(make_context(vars(c)))
}
fn context_compare(a: Value, b: Value, op: CmpOp) -> PyResult {
    let t = ty!(PyContext_Type);
    if !a.is_exact(t) || !b.is_exact(t) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let (x, y) = (vars(a), vars(b));
    let mut same = x.len() == y.len();
    if same {
        for (key, (_, v)) in x.iter() {
            same = match y.get(key) {
                Some((_, w)) => ops::eq(v.value(), w.value())?,
                None => false,
            };
            if !same {
                break;
            }
        }
    }
    Ok(Ref::bool(same == (op == CmpOp::Eq)))
}
fn context_run(c: Value, args: Args<'_>) -> PyResult {
    let Some(function) = args.positional().first() else {
        return Err(raise!(
            TypeError,
            "run() missing 1 required positional argument"
        ));
    };
    enter(c)?;
    let result = ops::call_args(
        *function,
        Args {
            values: &args.values[1..],
            kwnames: args.kwnames,
        },
    );
    match (result, exit(c)) {
        (Ok(v), Ok(())) => Ok(v),
        (Ok(_), Err(e)) | (Err(e), _) => Err(e),
    }
}

// ---- variables ------------------------------------------------------------------------------------------------

unsafe extern "C" fn var_dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        var_clear(object);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn var_clear(object: *mut PyObject) -> c_int {
    let v = object.cast::<PyContextVar>();
    // SAFETY: a live or dying instance; the cache borrows.
    unsafe {
        (*v).var_cached = std::ptr::null_mut();
        (*v).var_cached_tsid = 0;
        (*v).var_cached_tsver = 0;
        heap::clear_field(&raw mut (*v).var_name);
        heap::clear_field(&raw mut (*v).var_default);
    }
    0
}
unsafe extern "C" fn var_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let v = object.cast::<PyContextVar>();
    // SAFETY: called by the collector for a live instance.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*v).var_name),
            Value::from_object((*v).var_default)
        )
    }
}
fn var_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<2> = Signature {
        name: "ContextVar",
        params: ["", "default"],
        posonly: 1,
        positional: 1,
        required: 1,
    };
    let [name, default] = args.bind(&SIGNATURE)?;
    if !str::is_str(name) {
        return Err(raise!(TypeError, "context variable name must be a str"));
    }
    let p = alloc_instance(t, 0)?.cast::<PyContextVar>();
    // SAFETY: a fresh zeroed instance; C reads name and default.
    unsafe {
        (*p).var_name = Ref::new(name).into_ptr();
        (*p).var_default = default
            .non_empty()
            .map_or(std::ptr::null_mut(), |d| to_c(Ref::new(d)));
        (*p).var_hash = ((p as usize).rotate_right(4) as isize).max(0);
        Ok(Ref::from_owned_ptr(p))
    }
}
fn var_hash(v: Value) -> PyResult<i64> {
    // SAFETY: a live instance.
    Ok(unsafe { (*var(v)).var_hash } as i64)
}
/// What a variable remembers of a context where it has no value: no object lies at this address.
const ABSENT: u64 = 1;

/// Remembers the value (borrowed from the current context's map) in the variable, or that there is none.
fn remember(v: Value, value: Value) {
    let ts = thread::current();
    // SAFETY: a live variable and the current thread state.
    unsafe {
        (*var(v)).var_cached = value.bits() as *mut PyObject;
        (*var(v)).var_cached_tsid = (*ts).c.id;
        (*var(v)).var_cached_tsver = (*ts).c.context_ver;
    }
}
/// The value of a variable in the current context.
fn lookup(v: Value) -> Option<Ref> {
    let ts = thread::current();
    // SAFETY: a live variable; the cached value is alive in the map of the current context, which is the one it was read
    // from as long as thread and version are the same.
    unsafe {
        let p = var(v);
        if !(*p).var_cached.is_null()
            && (*p).var_cached_tsid == (*ts).c.id
            && (*p).var_cached_tsver == (*ts).c.context_ver
        {
            let bits = (*p).var_cached as u64;
            return (bits != ABSENT).then(|| Ref::new(Value::from_bits(bits)));
        }
        if (*ts).c.context.is_null() {
            return None;
        }
    }
    let found = find(current(), v);
    remember(
        v,
        found.as_ref().map_or(Value::from_bits(ABSENT), Ref::value),
    );
    found
}
/// `var.get(default)`; an empty default is none. `None` when there is no value at all.
pub fn get(v: Value, default: Value) -> Option<Ref> {
    if let Some(found) = lookup(v) {
        return Some(found);
    }
    if !default.is_empty() {
        return Some(Ref::new(default));
    }
    // SAFETY: a live variable; the field is null or a live object.
    let own = unsafe { from_c((*var(v)).var_default) };
    own.non_empty().map(Ref::new)
}
fn var_get(v: Value, args: &[Value]) -> PyResult {
    check_positional("get", args.len(), 0, 1)?;
    match get(v, args.first().copied().unwrap_or(Value::EMPTY)) {
        Some(found) => Ok(found),
        None => Err(errors::raise_arg(exceptions::LookupError, Ref::new(v))),
    }
}
fn store(v: Value, value: Value) {
    let old = change(current(), |map| {
        map.insert(v.as_ptr() as usize, (Ref::new(v), Ref::new(value)))
    });
    remember(v, value);
    drop(old);
}
/// `var.set(value)`: the token.
pub fn set(v: Value, value: Value) -> PyResult {
    let c = current();
    let old = find(c, v);
    let p = alloc_exact::<PyContextToken>(ty!(PyContextToken_Type));
    // SAFETY: a fresh object; every field behind the header is set. C reads the old value.
    let made = unsafe {
        (*p).tok_ctx = Ref::new(c).into_ptr().cast();
        (*p).tok_var = Ref::new(v).into_ptr().cast();
        (*p).tok_oldval = old.map_or(std::ptr::null_mut(), to_c);
        (*p).tok_used = 0;
        pyrs_object::gc::track(p.cast());
        Ref::from_owned_ptr(p)
    };
    store(v, value);
    Ok(made)
}
fn var_set(v: Value, value: Value) -> PyResult {
    set(v, value)
}
/// `var.reset(token)`.
pub fn reset(v: Value, t: Value) -> PyResult<()> {
    let p = token(t);
    // SAFETY: a live token; its fields are null or live objects.
    unsafe {
        if (*p).tok_used != 0 {
            return Err(raise!(
                RuntimeError,
                "{} has already been used once",
                repr_text(t)?
            ));
        }
        if (*p).tok_var != var(v) {
            return Err(raise!(
                ValueError,
                "{} was created by a different ContextVar",
                repr_text(t)?
            ));
        }
        let c = current();
        if (*p).tok_ctx != context(c) {
            return Err(raise!(
                ValueError,
                "{} was created in a different Context",
                repr_text(t)?
            ));
        }
        (*p).tok_used = 1;
        let old = from_c((*p).tok_oldval);
        if !old.is_empty() {
            store(v, old);
            return Ok(());
        }
        (*var(v)).var_cached = std::ptr::null_mut();
        let removed = change(c, |map| map.remove(&(v.as_ptr() as usize)));
        if removed.is_none() {
            return Err(errors::raise_arg(exceptions::LookupError, Ref::new(v)));
        }
    }
    Ok(())
}
fn var_reset(v: Value, t: Value) -> PyResult {
    if !t.is_exact(ty!(PyContextToken_Type)) {
        return Err(not_a_token(t)?);
    }
    reset(v, t)?;
    Ok(Ref::none())
}
fn not_a_token(t: Value) -> PyResult<Raised> {
    Ok(raise!(
        TypeError,
        "expected an instance of Token, got {}",
        repr_text(t)?
    ))
}
fn var_repr(v: Value) -> PyResult {
    // SAFETY: a live variable; the fields are null or live objects.
    let (name, default) = unsafe { (from_c((*var(v)).var_name), from_c((*var(v)).var_default)) };
    let mut text = format!("<ContextVar name={}", repr_text(name)?);
    if !default.is_empty() {
        text.push_str(&format!(" default={}", repr_text(default)?));
    }
    text.push_str(&format!(" at {:#x}>", v.bits()));
    Ok(str::new(&text))
}

// ---- tokens ---------------------------------------------------------------------------------------------------

unsafe extern "C" fn token_dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        token_clear(object);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn token_clear(object: *mut PyObject) -> c_int {
    let t = object.cast::<PyContextToken>();
    // SAFETY: a live or dying instance.
    unsafe {
        heap::clear_field(&raw mut (*t).tok_ctx);
        heap::clear_field(&raw mut (*t).tok_var);
        heap::clear_field(&raw mut (*t).tok_oldval);
    }
    0
}
unsafe extern "C" fn token_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let t = object.cast::<PyContextToken>();
    // SAFETY: called by the collector for a live instance.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*t).tok_ctx.cast()),
            Value::from_object((*t).tok_var.cast()),
            Value::from_object((*t).tok_oldval)
        )
    }
}
fn token_new(_: Type, _: Args<'_>) -> PyResult {
    Err(raise!(
        RuntimeError,
        "Tokens can only be created by ContextVars"
    ))
}
fn token_var(t: Value) -> PyResult {
    // SAFETY: a live token.
    Ok(Ref::new(Value::from_object(
        unsafe { (*token(t)).tok_var }.cast(),
    )))
}
fn token_old_value(t: Value) -> PyResult {
    // SAFETY: a live token; the field is null or a live object.
    let old = unsafe { from_c((*token(t)).tok_oldval) };
    Ok(Ref::new(old.non_empty().unwrap_or_else(missing)))
}
fn token_repr(t: Value) -> PyResult {
    // SAFETY: a live token.
    let (used, v) = unsafe {
        (
            (*token(t)).tok_used != 0,
            Value::from_object((*token(t)).tok_var.cast()),
        )
    };
    let used = if used { " used" } else { "" };
    Ok(str::new(&format!(
        "<Token{used} var={} at {:#x}>",
        repr_text(v)?,
        t.bits()
    )))
}
static MISSING: AtomicU64 = AtomicU64::new(0);
fn missing() -> Value {
    let bits = MISSING.load(Ordering::Relaxed);
    if bits != 0 {
        return Value::from_bits(bits);
    }
    let p = alloc_exact::<PyObject>(ty!(_PyContextTokenMissing_Type));
    // SAFETY: a fresh object without fields.
    let made = unsafe { Ref::from_owned_ptr(p) };
    heap::immortalize(&made);
    let v = made.into_value();
    MISSING.store(v.bits(), Ordering::Relaxed);
    v
}
fn missing_repr(_: Value) -> PyResult {
    Ok(str::new("<Token.MISSING>"))
}

fn copy_context(_: Value) -> PyResult {
    Ok(copy_current())
}
methods! { static FUNCTIONS = [
    "copy_context" NOARGS copy_context, "copy_context($module, /)\n--\n\n";
] }

pub fn init() -> PyResult {
    pyrs_object::typeobject::ready(ty!(_PyContextTokenMissing_Type))?;
    let m = module::new("_contextvars");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    module::add_type(m.value(), ty!(PyContext_Type))?;
    module::add_type(m.value(), ty!(PyContextVar_Type))?;
    module::add_type(m.value(), ty!(PyContextToken_Type))?;
    let t = ty!(PyContextToken_Type);
    pyrs_object::dict::set_str(Value::from_object(t.tp_dict), "MISSING", missing());
    pyrs_object::typeobject::modified(t);
    Ok(m)
}
