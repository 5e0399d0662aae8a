//! `object.h`: what can be asked of any object.

use crate::abstract_::null_argument;
use crate::*;
use pyrs_object::{ValueExt, dict, errors, exceptions, heap, intern, ops, str, typeobject};

fn attribute_name(v: Value) -> PyResult<()> {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "attribute name must be string, not '{}'",
            v.ty().message_name()
        ))
    }
}
fn getattr(v: Value, name: Value) -> PyResult {
    attribute_name(name)?;
    ops::getattr(v, name)
}
fn setattr(v: Value, name: Value, value: Value) -> PyResult<()> {
    attribute_name(name)?;
    ops::setattr(v, name, value)
}
/// `_PyObject_LookupAttr`: 1 found, 0 absent, -1 error.
unsafe fn lookup_attr(r: PyResult<Option<Ref>>, out: *mut O) -> c_int {
    // SAFETY: the caller's place for the result.
    unsafe {
        *out = NULL;
        match r {
            Ok(Some(v)) => {
                *out = boundary::to_c(v);
                1
            }
            Ok(None) => 0,
            Err(_) => -1,
        }
    }
}

/// A function as messages name it: `module.qualname()`, without `builtins`.
fn function_text(f: Value) -> PyResult {
    let Some(qualname) = ops::getattr_opt(f, pyrs_object::intern!("__qualname__"))? else {
        return ops::str_of(f);
    };
    let qualname = ops::str_of(qualname.value())?;
    let qualname = pyrs_object::str::to_string_lossy(qualname.value());
    let module = ops::getattr_opt(f, pyrs_object::intern!("__module__"))?.filter(|m| !m.is_none());
    let text = match module {
        Some(m) if !pyrs_object::str::eq_str(m.value(), "builtins") => {
            let m = ops::str_of(m.value())?;
            format!(
                "{}.{qualname}()",
                pyrs_object::str::to_string_lossy(m.value())
            )
        }
        _ => format!("{qualname}()"),
    };
    Ok(Ref::str(&text))
}

capi! {
    fn _PyObject_CheckConsistency(_o: O, _content: c_int) -> c_int { 1 }
    fn _Py_BreakPoint() { libc::raise(libc::SIGTRAP); }
    fn _PyObject_FunctionStr(f: O) -> O { ret(function_text(val(f))) }
    fn PyObject_Repr(o: O) -> O {
        if o.is_null() { return new_ref(str::new("<NULL>").value()); }
        ret(ops::repr(val(o)))
    }
    fn PyObject_Str(o: O) -> O {
        if o.is_null() { return new_ref(str::new("<NULL>").value()); }
        ret(ops::str_of(val(o)))
    }
    fn PyObject_ASCII(o: O) -> O {
        if o.is_null() { return new_ref(str::new("<NULL>").value()); }
        ret(ops::ascii(val(o)))
    }
    fn PyObject_Bytes(o: O) -> O {
        if o.is_null() { return new_ref(pyrs_object::bytes::new(b"<NULL>").value()); }
        let v = val(o);
        if pyrs_object::bytes::is_exact(v) { return new_ref(v); }
        match typeobject::lookup_special(v, intern!("__bytes__")) {
            Ok(Some(f)) => ret(f.call(&[]).and_then(|r| {
                if pyrs_object::bytes::is_bytes(r.value()) { Ok(r) } else {
                    Err(raise!(TypeError, "__bytes__ returned non-bytes (type {})", r.ty().message_name()))
                }
            })),
            Ok(None) => ret(pyrs_object::bytes::from_object(v)),
            Err(_) => NULL,
        }
    }
    fn PyObject_Format(o: O, spec: O) -> O {
        let spec = if spec.is_null() { str::empty() } else { Ref::new(val(spec)) };
        ret(ops::format(val(o), spec.value()))
    }
    fn PyObject_Hash(o: O) -> isize {
        if (*o).ob_type == &raw mut str::PyUnicode_Type { return str::hash(Value::from_object(o)) as isize; }
        boundary::c_hash(ops::hash(val(o)))
    }
    fn PyObject_RichCompare(a: O, b: O, op: c_int) -> O {
        if a.is_null() || b.is_null() { return bad_null(); }
        let Some(op) = CmpOp::from_index(op as usize) else { return bad_null() };
        ret(ops::richcompare(val(a), val(b), op))
    }
    fn PyObject_RichCompareBool(a: O, b: O, op: c_int) -> c_int {
        let Some(op) = CmpOp::from_index(op as usize) else { return bad_int() };
        if a == b {
            if op == CmpOp::Eq { return 1; }
            if op == CmpOp::Ne { return 0; }
        }
        truth(ops::compare_bool(val(a), val(b), op))
    }
    fn PyObject_IsTrue(o: O) -> c_int { truth(ops::is_true(val(o))) }
    fn PyObject_Not(o: O) -> c_int { truth(ops::is_true(val(o)).map(|b| !b)) }
    fn PyObject_Type(o: O) -> O {
        if o.is_null() { return null_argument(); }
        new_ref(Value::from_object((*o).ob_type.cast()))
    }
    fn PyCallable_Check(o: O) -> c_int { (!o.is_null() && ops::is_callable(val(o))).into() }
    fn PyObject_GetAttr(o: O, name: O) -> O { ret(getattr(val(o), val(name))) }
    fn PyObject_GetAttrString(o: O, name: *const c_char) -> O { ret(ops::getattr(val(o), crate::name(name).value())) }
    fn PyObject_SetAttr(o: O, name: O, v: O) -> c_int { status(setattr(val(o), val(name), val(v))) }
    fn PyObject_SetAttrString(o: O, name: *const c_char, v: O) -> c_int {
        status(ops::setattr(val(o), crate::name(name).value(), val(v)))
    }
    fn PyObject_HasAttr(o: O, name: O) -> c_int {
        let (o, name) = (val(o), val(name));
        match attribute_name(name).and_then(|()| ops::getattr_opt(o, name)) {
            Ok(found) => found.is_some().into(),
            Err(_) => { errors::clear(); 0 }
        }
    }
    fn PyObject_HasAttrString(o: O, name: *const c_char) -> c_int {
        match ops::getattr_opt(val(o), crate::name(name).value()) {
            Ok(found) => found.is_some().into(),
            Err(_) => { errors::clear(); 0 }
        }
    }
    fn _PyObject_IsFreed(o: O) -> c_int {
        // What the debug allocator of CPython writes over memory that is not in use.
        let freed = |p: usize| [0, 0xCDCD_CDCD_CDCD_CDCD, 0xDDDD_DDDD_DDDD_DDDD, 0xFDFD_FDFD_FDFD_FDFD].contains(&p);
        (freed(o as usize) || freed((*o).ob_type as usize)).into()
    }
    fn _PyObject_LookupAttr(o: O, name: O, out: *mut O) -> c_int { lookup_attr(ops::getattr_opt(val(o), val(name)), out) }
    fn _PyObject_GetMethod(o: O, name: O, method: *mut O) -> c_int {
        *method = NULL;
        match typeobject::get_method(val(o), val(name)) {
            Ok(m) => {
                *method = new_ref(m.callable.value());
                (!m.slf.is_empty()).into()
            }
            Err(_) => 0,
        }
    }
    fn _PyObject_IsAbstract(o: O) -> c_int {
        if o.is_null() { return 0; }
        truth(ops::getattr_opt(val(o), intern!("__isabstractmethod__")).and_then(|r| r.map_or(Ok(false), |v| ops::is_true(v.value()))))
    }
    fn _PyObject_GetDictPtr(o: O) -> *mut O {
        match typeobject::dict_ptr(val(o)) {
            Ok(p) => p.unwrap_or(std::ptr::null_mut()),
            Err(_) => { errors::clear(); std::ptr::null_mut() }
        }
    }
    fn _PyObject_GenericGetAttrWithDict(o: O, name: O, d: O, suppress: c_int) -> O {
        let (v, name) = (val(o), val(name));
        if attribute_name(name).is_err() { return NULL; }
        let r = if d.is_null() { typeobject::generic_getattr_opt(v, name) } else { getattr_with_dict(v, name, val(d)) };
        match r {
            Ok(Some(r)) => boundary::to_c(r),
            Ok(None) if suppress != 0 => NULL,
            Ok(None) => { let _ = exceptions::no_attribute(v, name); NULL }
            Err(_) if suppress != 0 => { errors::take_if(exceptions::AttributeError); NULL }
            Err(_) => NULL,
        }
    }
    fn PyObject_GenericGetDict(o: O, _context: *mut u8) -> O {
        match typeobject::instance_dict(val(o)) {
            Ok(Some(d)) => boundary::to_c(d),
            Ok(None) => { let _ = raise!(AttributeError, "This object has no __dict__"); NULL }
            Err(_) => NULL,
        }
    }
    fn PyObject_GenericSetDict(o: O, value: O, _context: *mut u8) -> c_int {
        let place = match typeobject::dict_ptr(val(o)) {
            Ok(Some(p)) => p,
            Ok(None) => { let _ = raise!(AttributeError, "This object has no __dict__"); return -1 }
            Err(_) => return -1,
        };
        if value.is_null() { let _ = raise!(TypeError, "cannot delete __dict__"); return -1; }
        let v = val(value);
        if !dict::is_dict(v) {
            let _ = raise!(TypeError, "__dict__ must be set to a dictionary, not a '{}'", v.ty().message_name());
            return -1;
        }
        (*value).ob_refcnt += 1;
        let old = std::mem::replace(&mut *place, value);
        heap::xdecref_ptr(old);
        0
    }
    fn PyObject_SelfIter(o: O) -> O { (*o).ob_refcnt += 1; o }
    fn PyObject_Dir(o: O) -> O {
        let f = match dict::get(pyrs_vm::builtins_dict(), intern!("dir")) { Ok(Some(f)) => f, _ => return bad_null() };
        if o.is_null() { ret(ops::call(f.value(), &[])) } else { ret(ops::call(f.value(), &[val(o)])) }
    }
    fn PyObject_IsInstance(o: O, cls: O) -> c_int {
        if (*o).ob_type.cast() == cls { return 1; }
        truth(ops::is_instance(val(o), val(cls)))
    }
    fn PyObject_IsSubclass(o: O, cls: O) -> c_int { truth(ops::is_subclass(val(o), val(cls))) }
    fn _PyObject_RealIsInstance(o: O, cls: O) -> c_int { truth(typeobject::real_is_instance(val(o), val(cls))) }
    fn _PyObject_RealIsSubclass(o: O, cls: O) -> c_int { truth(typeobject::real_is_subclass(val(o), val(cls))) }
    fn PyObject_ClearWeakRefs(o: O) { pyrs_object::weakref::clear_refs(o) }
    fn PyObject_CallFinalizerFromDealloc(o: O) -> c_int { if typeobject::finalize_from_dealloc(o) { -1 } else { 0 } }
    fn PyObject_CallFinalizer(o: O) {
        let t = Type::of_ptr(o);
        let Some(f) = t.tp_finalize else { return };
        let is_gc = t.has(tpflags::HAVE_GC);
        if is_gc && (*heap::gc_head(o)).prev & heap::gcflags::FINALIZED != 0 { return; }
        f(o);
        if is_gc { (*heap::gc_head(o)).prev |= heap::gcflags::FINALIZED; }
    }
    fn PyObject_Print(o: O, file: *mut libc::FILE, flags: c_int) -> c_int {
        let v = val(o);
        let r = if v.is_empty() { Ok(str::new("<nil>")) } else if flags & 1 != 0 { ops::str_of(v) } else { ops::repr(v) };
        match r {
            Ok(s) => { let b = str::to_wtf8(s.value()); libc::fwrite(b.as_ptr().cast(), 1, b.len(), file); 0 }
            Err(_) => -1,
        }
    }
    fn _PyObject_Dump(o: O) {
        if o.is_null() { eprintln!("<object at NULL>"); return; }
        eprintln!("object address  : {o:p}\nobject refcount : {}\nobject type     : {:p}\nobject type name: {}",
            (*o).ob_refcnt, (*o).ob_type, Type::of_ptr(o).full_name());
        match ops::repr(val(o)) { Ok(s) => eprintln!("object repr     : {}", str::display(s.value())), Err(_) => errors::clear() }
    }
    fn Py_IncRef(o: O) { heap::xincref_ptr(o) }
    fn Py_DecRef(o: O) { heap::xdecref_ptr(o) }
    fn _Py_IncRef(o: O) { heap::xincref_ptr(o) }
    fn _Py_DecRef(o: O) { heap::xdecref_ptr(o) }
    fn Py_NewRef(o: O) -> O { (*o).ob_refcnt += 1; o }
    fn Py_XNewRef(o: O) -> O { heap::xincref_ptr(o); o }
    fn _Py_Dealloc(o: O) { heap::dealloc(o) }
    fn _Py_NewReference(o: O) { (*o).ob_refcnt = 1 }
    fn Py_Is(a: O, b: O) -> c_int { (a == b).into() }
    fn Py_IsNone(a: O) -> c_int { val(a).is_none().into() }
    fn Py_IsTrue(a: O) -> c_int { val(a).is_true_const().into() }
    fn Py_IsFalse(a: O) -> c_int { val(a).is_false_const().into() }
    fn Py_ReprEnter(o: O) -> c_int { pyrs_object::list::common::repr_enter(val(o)).into() }
    fn Py_ReprLeave(o: O) { pyrs_object::list::common::repr_leave(val(o)) }
    fn _PyTrash_begin(_tstate: *mut PyThreadState, _o: O) -> c_int { 0 }
    fn _PyTrash_end(_tstate: *mut PyThreadState) {}
    fn _PyTrash_cond(o: O, dealloc: Option<destructor>) -> c_int {
        let own = (*(*o).ob_type).tp_dealloc;
        (own.map(|f| f as usize) == dealloc.map(|f| f as usize)).into()
    }
}

/// Attribute lookup with an explicit instance dict.
fn getattr_with_dict(v: Value, name: Value, d: Value) -> PyResult<Option<Ref>> {
    let found = typeobject::lookup(v.ty(), name).map(Ref::new);
    if let Some(f) = &found
        && typeobject::has_set(f.value())
    {
        return typeobject::descr_get(f.value(), v, v.ty().value()).map(Some);
    }
    if let Some(own) = dict::get(d, name)? {
        return Ok(Some(own));
    }
    match found {
        Some(f) if typeobject::has_get(f.value()) => {
            typeobject::descr_get(f.value(), v, v.ty().value()).map(Some)
        }
        other => Ok(other),
    }
}
