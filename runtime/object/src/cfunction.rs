//! Builtin functions and methods, native (`NativeMethodDef`) and C's (`PyMethodDef`, called by its `ml_flags`).

use crate::boundary::{CRef, from_c, from_c_owned};
use crate::layout::*;
use crate::native::{FastC, FastKwC, NativeMethodDef, c_str};
use crate::typeobject::{doc_signature, doc_text};
use crate::{Args, PyResult, Raised, Ref, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty};
use std::ffi::{c_int, c_void};

py_type! {
    pub static PyCFunction_Type: PyCFunctionObject = "builtin_function_or_method" {
        flags: HAVE_GC | HAVE_VECTORCALL | HOLDS_SELF;
        fields { tp_weaklistoffset: 40, tp_vectorcall_offset: 48 }
        raw { tp_dealloc: function_dealloc, tp_traverse: function_traverse, tp_clear: function_clear }
        slots { tp_repr: function_repr, tp_hash: function_hash, tp_call: function_call, tp_richcompare: function_richcompare }
        methods: FUNCTION_METHODS;
        getset: FUNCTION_GETSET;
    }
}
py_type! {
    pub static PyCMethod_Type: PyCMethodObject = "builtin_method" {
        flags: HAVE_GC | HAVE_VECTORCALL;
        base: PyCFunction_Type;
        fields { tp_weaklistoffset: 40, tp_vectorcall_offset: 48 }
    }
}
methods! { static FUNCTION_METHODS = [
    "__reduce__" NOARGS function_reduce, "__reduce__($self, /)\n--\n\nHelper for pickle.";
] }
getset! { static FUNCTION_GETSET = [
    "__doc__" get_doc, None, "";
    "__name__" get_name, None, "";
    "__qualname__" get_qualname, None, "";
    "__self__" get_self, None, "";
    "__text_signature__" get_signature, None, "";
    "__module__" get_module, set_module, "";
] }

fn p(v: Value) -> *mut PyCFunctionObject {
    v.as_ptr().cast()
}
fn def(v: Value) -> *mut PyMethodDef {
    // SAFETY: a live builtin.
    unsafe { (*p(v)).m_ml }
}
fn text_name(v: Value) -> &'static str {
    // SAFETY: definitions are static or outlive their functions.
    unsafe { c_str((*def(v)).ml_name) }
}
/// What a builtin function or method is bound to; empty if nothing.
pub fn own_self(v: Value) -> Value {
    // SAFETY: a live builtin; `m_self` is null or a real object.
    unsafe { from_c((*p(v)).m_self) }
}
/// What C may look at, or null.
fn shown(v: Value) -> *mut PyObject {
    if v.is_empty() {
        std::ptr::null_mut()
    } else {
        crate::boundary::to_c(Ref::new(v))
    }
}
unsafe fn make(
    t: Type,
    size: usize,
    ml: *mut PyMethodDef,
    slf: *mut PyObject,
    module: Value,
) -> Ref {
    let o = heap::alloc_zeroed(t, size);
    let f = o.cast::<PyCFunctionObject>();
    // SAFETY: a fresh object.
    unsafe {
        (*f).m_ml = ml;
        (*f).m_self = slf;
        (*f).m_module = shown(module);
        Ref::from_owned_ptr(o)
    }
}
/// A builtin with a native definition, which must live forever.
pub fn new_native(def: *mut NativeMethodDef, slf: Value, module: Value) -> Ref {
    let t = ty!(PyCFunction_Type);
    // A list or tuple is shown to C when the method is, not before.
    let slf = if slf.is_object() {
        Ref::new(slf).into_ptr()
    } else {
        shown(slf)
    };
    // SAFETY: a fresh object.
    unsafe {
        let r = make(t, size_of::<PyCFunctionObject>(), def.cast(), slf, module);
        (*p(r.value())).vectorcall = Some(ops::native_vectorcall);
        gc::track(r.value().as_ptr());
        r
    }
}
/// `PyCMethod_New`: a builtin with C's definition; `class` for `METH_METHOD`.
///
/// # Safety
/// `ml` outlives the function.
pub unsafe fn new_foreign(
    ml: *mut PyMethodDef,
    slf: Value,
    module: Value,
    class: Option<Type>,
) -> Ref {
    // SAFETY: fresh objects of their types.
    unsafe {
        let r = match class {
            Some(class) => {
                let size = size_of::<PyCMethodObject>();
                let r = make(ty!(PyCMethod_Type), size, ml, shown(slf), module);
                (*r.value().as_ptr().cast::<PyCMethodObject>()).mm_class =
                    class.to_ref().into_ptr().cast();
                r
            }
            None => {
                let size = size_of::<PyCFunctionObject>();
                make(ty!(PyCFunction_Type), size, ml, shown(slf), module)
            }
        };
        (*p(r.value())).vectorcall = Some(foreign_vectorcall);
        gc::track(r.value().as_ptr());
        r
    }
}
fn is_native(v: Value) -> bool {
    // SAFETY: a live builtin.
    unsafe { (*p(v)).vectorcall }
        .is_some_and(|f| std::ptr::fn_addr_eq(f, ops::native_vectorcall as vectorcallfunc))
}
/// The definition and self of an exact builtin with a native definition.
#[inline]
pub fn native_def(v: Value) -> Option<(&'static NativeMethodDef, Value)> {
    if !is_native(v) {
        return None;
    }
    // SAFETY: native definitions are static.
    Some((unsafe { &*def(v).cast::<NativeMethodDef>() }, own_self(v)))
}
/// Whether `v` is an exact builtin with the native definition `known`.
#[inline(always)]
pub fn has_native_def(v: Value, known: *const NativeMethodDef) -> bool {
    v.is_exact(ty!(PyCFunction_Type)) && std::ptr::eq(def(v).cast(), known)
}
/// A function's name as messages show it.
pub fn qualified_name(name: &str) -> String {
    name.to_owned()
}
/// A builtin as messages name it: `len`, `math.sin`, `list.append`.
pub fn function_text(name: &str, slf: Value) -> String {
    if slf.is_empty() {
        return name.to_owned();
    }
    if crate::module::is_module(slf) {
        return match crate::dict::get_str(crate::module::dict(slf), "__name__") {
            Some(m) if !crate::str::eq_str(m.value(), "builtins") => {
                format!("{}.{name}", crate::str::to_string_lossy(m.value()))
            }
            _ => name.to_owned(),
        };
    }
    let class = Type::from_value(slf).unwrap_or(slf.ty());
    let q = crate::typeobject::qualname(class);
    format!("{}.{name}", crate::str::to_string_lossy(q.value()))
}
pub fn is_builtin_named(v: Value, name: &str) -> bool {
    v.is_exact(ty!(PyCFunction_Type)) && text_name(v) == name
}

unsafe extern "C" fn function_dealloc(o: *mut PyObject) {
    let f = o.cast::<PyCFunctionObject>();
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        if !(*f).m_weakreflist.is_null() {
            crate::weakref::clear_refs(o);
        }
        function_clear(o);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn function_clear(o: *mut PyObject) -> c_int {
    let f = o.cast::<PyCFunctionObject>();
    // SAFETY: owned fields.
    unsafe {
        if Type::of_ptr(o) == ty!(PyCMethod_Type) {
            heap::clear_field(&raw mut (*o.cast::<PyCMethodObject>()).mm_class);
        }
        heap::clear_field(&raw mut (*f).m_self);
        heap::clear_field(&raw mut (*f).m_module);
    }
    0
}
unsafe extern "C" fn function_traverse(
    o: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let f = o.cast::<PyCFunctionObject>();
    // SAFETY: owned fields.
    unsafe {
        for field in [(*f).m_self, (*f).m_module] {
            if !field.is_null() {
                let r = visit(field, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}

// ---- calling C -------------------------------------------------------------------------------------------

type VarKw = unsafe extern "C" fn(*mut PyObject, *mut PyObject, *mut PyObject) -> *mut PyObject;
type MethodC = unsafe extern "C" fn(
    *mut PyObject,
    *mut PyTypeObject,
    *const *mut PyObject,
    isize,
    *mut PyObject,
) -> *mut PyObject;

#[cold]
unsafe fn wrong(ml: *mut PyMethodDef, slf: *mut PyObject, what: &str) -> *mut PyObject {
    // SAFETY: a live definition; self is null or alive.
    let name = unsafe { function_text(c_str((*ml).ml_name), from_c(slf)) };
    let _ = raise!(TypeError, "{name}() {what}");
    std::ptr::null_mut()
}

/// Calls a C function by its `ml_flags`; arguments are C's.
///
/// # Safety
/// A live definition and arguments as in the vectorcall protocol (`n` without the offset bit).
pub unsafe fn dispatch(
    ml: *mut PyMethodDef,
    slf: *mut PyObject,
    class: *mut PyTypeObject,
    args: *const *mut PyObject,
    n: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    use crate::layout::methflags::*;
    use std::mem::transmute;
    // SAFETY: `ml_flags` tells the true signature of `ml_meth`.
    unsafe {
        let Some(f) = (*ml).ml_meth else {
            return wrong(ml, slf, "method: bad call flags");
        };
        let named = if kwnames.is_null() {
            0
        } else {
            crate::tuple::len(Value::from_object(kwnames))
        };
        let slf = if (*ml).ml_flags & STATIC != 0 {
            std::ptr::null_mut()
        } else {
            slf
        };
        let flags = (*ml).ml_flags & !(CLASS | STATIC | COEXIST);
        if named > 0 && flags & KEYWORDS == 0 {
            // Functions of this convention are called with a tuple, and that path names them shortly.
            if flags == VARARGS {
                let name = c_str((*ml).ml_name);
                let _ = raise!(TypeError, "{name}() takes no keyword arguments");
                return std::ptr::null_mut();
            }
            return wrong(ml, slf, "takes no keyword arguments");
        }
        const FAST_KW: i32 = FASTCALL | KEYWORDS;
        const METHOD_KW: i32 = METHOD | FASTCALL | KEYWORDS;
        const VAR_KW: i32 = VARARGS | KEYWORDS;
        match flags {
            NOARGS if n == 0 => f(slf, std::ptr::null_mut()),
            NOARGS => wrong(ml, slf, &format!("takes no arguments ({n} given)")),
            O if n == 1 => f(slf, *args),
            O => wrong(ml, slf, &format!("takes exactly one argument ({n} given)")),
            FASTCALL => transmute::<PyCFunction, FastC>(f)(slf, args, n as isize),
            FAST_KW => transmute::<PyCFunction, FastKwC>(f)(slf, args, n as isize, kwnames),
            METHOD_KW => {
                transmute::<PyCFunction, MethodC>(f)(slf, class, args, n as isize, kwnames)
            }
            VARARGS | VAR_KW => {
                // A pointer to an object is its value.
                let values = match n {
                    0 => &[],
                    n => std::slice::from_raw_parts(args.cast::<Value>(), n),
                };
                let tuple = crate::tuple::from_slice(values);
                if n != 0 {
                    // What C has given, and what was boxed for it, is fit for C.
                    crate::boundary::set_exposed(tuple.as_ptr());
                }
                if flags == VARARGS {
                    return f(slf, tuple.as_ptr());
                }
                let dict = if named == 0 {
                    None
                } else {
                    let d = crate::dict::new();
                    for i in 0..named {
                        let key = crate::tuple::get(Value::from_object(kwnames), i);
                        let value = from_c(*args.add(n + i));
                        if crate::dict::set_item(d.value(), key, value).is_err() {
                            return std::ptr::null_mut();
                        }
                    }
                    Some(d)
                };
                let d = dict.as_ref().map_or(std::ptr::null_mut(), |d| d.as_ptr());
                transmute::<PyCFunction, VarKw>(f)(slf, tuple.as_ptr(), d)
            }
            _ => {
                let _ = raise!(
                    SystemError,
                    "{}() method: bad call flags",
                    c_str((*ml).ml_name)
                );
                std::ptr::null_mut()
            }
        }
    }
}

/// [`dispatch`], with the usual conventions in line.
///
/// # Safety
/// As there.
#[inline(always)]
pub(crate) unsafe fn invoke(
    ml: *mut PyMethodDef,
    slf: *mut PyObject,
    class: *mut PyTypeObject,
    args: *const *mut PyObject,
    n: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    use crate::layout::methflags::*;
    use std::mem::transmute;
    const FAST_KW: i32 = FASTCALL | KEYWORDS;
    // SAFETY: `ml_flags` tells the true signature of `ml_meth`.
    unsafe {
        if let Some(f) = (*ml).ml_meth {
            match (*ml).ml_flags {
                FAST_KW => {
                    return transmute::<PyCFunction, FastKwC>(f)(slf, args, n as isize, kwnames);
                }
                _ if !kwnames.is_null() => {}
                O if n == 1 => return f(slf, *args),
                NOARGS if n == 0 => return f(slf, std::ptr::null_mut()),
                FASTCALL => return transmute::<PyCFunction, FastC>(f)(slf, args, n as isize),
                _ => {}
            }
        }
        dispatch(ml, slf, class, args, n, kwnames)
    }
}

/// The definition and self of an exact builtin with C's definition.
#[inline(always)]
pub fn foreign_def(v: Value) -> Option<(*mut PyMethodDef, *mut PyObject)> {
    // SAFETY: a live builtin.
    unsafe {
        let own = (*p(v)).vectorcall?;
        std::ptr::fn_addr_eq(own, foreign_vectorcall as vectorcallfunc)
            .then(|| ((*p(v)).m_ml, (*p(v)).m_self))
    }
}

/// Calls a C function with pyrs' arguments.
///
/// # Safety
/// A live definition; `slf` is what the function expects as self.
pub unsafe fn call_foreign(
    ml: *mut PyMethodDef,
    slf: Value,
    class: Type,
    args: Args<'_>,
) -> PyResult {
    let _guard = crate::hooks().enter_native()?;
    let slf = CRef::new(slf);
    let n = args.positional().len();
    // A `CRef` is its pointer, so that a slice of them is a C array.
    let call = |boxed: &[CRef]| {
        // SAFETY: boxed, live arguments.
        unsafe {
            from_c_owned(invoke(
                ml,
                slf.ptr(),
                class.as_ptr(),
                boxed.as_ptr().cast(),
                n,
                args.kwnames.as_ptr(),
            ))
        }
    };
    match args.values {
        [] => call(&[]),
        [a] => call(&[CRef::new(*a)]),
        [a, b] => call(&[CRef::new(*a), CRef::new(*b)]),
        [a, b, c] => call(&[CRef::new(*a), CRef::new(*b), CRef::new(*c)]),
        all => {
            let boxed: smallvec::SmallVec<[CRef; 8]> = all.iter().map(|v| CRef::new(*v)).collect();
            call(&boxed)
        }
    }
}

unsafe extern "C" fn foreign_vectorcall(
    callable: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    let f = callable.cast::<PyCFunctionObject>();
    // SAFETY: the vectorcall protocol.
    unsafe {
        let (class, n) = (class_of(Value::from_object(callable)), nargsf & !(1 << 63));
        invoke((*f).m_ml, (*f).m_self, class, args, n, kwnames)
    }
}
fn class_of(v: Value) -> *mut PyTypeObject {
    if v.ty() != ty!(PyCFunction_Type) && v.is_a(ty!(PyCMethod_Type)) {
        // SAFETY: a live builtin method.
        unsafe { (*v.as_ptr().cast::<PyCMethodObject>()).mm_class }
    } else {
        std::ptr::null_mut()
    }
}

fn function_call(v: Value, args: Args<'_>) -> PyResult {
    if let Some((def, slf)) = native_def(v) {
        return ops::call_native(def, slf, args);
    }
    // SAFETY: a live builtin with C's definition.
    unsafe { call_foreign(def(v), own_self(v), Type::from_ptr(class_of(v)), args) }
}

// ---- attributes ------------------------------------------------------------------------------------------

fn function_repr(v: Value) -> PyResult {
    let slf = own_self(v);
    Ok(Ref::str(
        &if slf.is_empty() || crate::module::is_module(slf) {
            format!("<built-in function {}>", text_name(v))
        } else {
            format!(
                "<built-in method {} of {} object at {:#x}>",
                text_name(v),
                slf.ty().message_name(),
                ops::id(slf)
            )
        },
    ))
}
fn identity(v: Value) -> (Value, usize) {
    // SAFETY: a live builtin with a live definition.
    let f = unsafe { (*def(v)).ml_meth.map_or(0, |f| f as usize) };
    (own_self(v), f)
}
fn function_hash(v: Value) -> PyResult<i64> {
    let (slf, f) = identity(v);
    let h = (slf.bits().rotate_right(4) ^ (f as u64).rotate_right(4)) as i64;
    Ok(if h == -1 { -2 } else { h })
}
fn function_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !b.is_a(ty!(PyCFunction_Type)) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool((identity(a) == identity(b)) == (op == CmpOp::Eq)))
}
fn function_reduce(v: Value) -> PyResult {
    let slf = own_self(v);
    if slf.is_empty() || crate::module::is_module(slf) {
        return get_name(v);
    }
    let builtins = (crate::hooks().import)("builtins")?;
    let getattr = ops::getattr(builtins.value(), intern!("getattr"))?;
    let name = get_name(v)?;
    let args = crate::tuple::from_slice(&[slf, name.value()]);
    Ok(crate::tuple::from_vec(vec![getattr, args]))
}
fn get_name(v: Value) -> PyResult {
    Ok(crate::str::intern(text_name(v)))
}
fn get_qualname(v: Value) -> PyResult {
    let slf = own_self(v);
    if slf.is_empty() || crate::module::is_module(slf) {
        return get_name(v);
    }
    let class = Type::from_value(slf).unwrap_or(slf.ty());
    let q = ops::getattr(class.value(), intern!("__qualname__"))?;
    if !q.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(bad_qualname(class));
    }
    Ok(Ref::str(&format!(
        "{}.{}",
        crate::str::display(q.value()),
        text_name(v)
    )))
}
fn bad_qualname(_: Type) -> Raised {
    raise!(
        TypeError,
        "<method>.__class__.__qualname__ is not a unicode object"
    )
}
fn get_self(v: Value) -> PyResult {
    let slf = own_self(v);
    Ok(slf.non_empty().map_or_else(Ref::none, Ref::new))
}
fn doc(v: Value) -> &'static str {
    // SAFETY: a live definition.
    unsafe { c_str((*def(v)).ml_doc) }
}
fn get_doc(v: Value) -> PyResult {
    // SAFETY: as above.
    if unsafe { (*def(v)).ml_doc.is_null() } {
        return Ok(Ref::none());
    }
    Ok(Ref::str(doc_text(text_name(v), doc(v))))
}
fn get_signature(v: Value) -> PyResult {
    Ok(doc_signature(text_name(v), doc(v)).map_or_else(Ref::none, Ref::str))
}
fn get_module(v: Value) -> PyResult {
    // SAFETY: a live builtin.
    let m = unsafe { from_c((*p(v)).m_module) };
    Ok(m.non_empty().map_or_else(Ref::none, Ref::new))
}
fn set_module(v: Value, value: Value) -> PyResult<()> {
    let new = if value.is_empty() {
        std::ptr::null_mut()
    } else {
        crate::boundary::to_c(Ref::new(value))
    };
    // SAFETY: a live builtin; the old value is given up last.
    unsafe {
        let old = std::mem::replace(&mut (*p(v)).m_module, new);
        heap::xdecref_ptr(old);
    }
    Ok(())
}
