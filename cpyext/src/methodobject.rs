//! `methodobject.h` and `classobject.h`: builtin functions and bound methods.

use crate::*;
use pyrs_object::{ValueExt, cfunction, function, method, ops, str};

unsafe fn new(def: *mut PyMethodDef, slf: O, module: O, class: *mut PyTypeObject) -> PyResult {
    // SAFETY: a definition that outlives the function.
    unsafe {
        let known = (*def).ml_flags & !(methflags::CLASS | methflags::STATIC | methflags::COEXIST);
        let has_class = known & methflags::METHOD != 0;
        if has_class && class.is_null() {
            return Err(raise!(
                SystemError,
                "attempting to create PyCMethod with a METH_METHOD flag but no class"
            ));
        }
        if !has_class && !class.is_null() {
            return Err(raise!(
                SystemError,
                "attempting to create PyCFunction with class but no METH_METHOD flag"
            ));
        }
        let class = if class.is_null() {
            None
        } else {
            Some(Type::from_ptr(class))
        };
        Ok(cfunction::new_foreign(
            def,
            Value::from_object(slf),
            Value::from_object(module),
            class,
        ))
    }
}

/// Changes an attribute of a function that C may also take away with `None`.
fn change(f: O, name: &str, what: &str, v: O, flag: u64) -> c_int {
    // SAFETY: live objects, or NULL.
    let (f, v) = unsafe { (val(f), val(v)) };
    if f.is_empty() || v.is_empty() {
        return bad_int();
    }
    status(if !function::is_function(f) {
        Err(pyrs_object::errors::bad_internal_call())
    } else if v.is_none() || v.has_flag(flag) {
        ops::setattr(f, str::intern(name).value(), v)
    } else {
        Err(raise!(SystemError, "{what}"))
    })
}

capi! {
    fn PyCFunction_New(def: *mut PyMethodDef, slf: O) -> O { ret(new(def, slf, NULL, std::ptr::null_mut())) }
    fn PyCFunction_NewEx(def: *mut PyMethodDef, slf: O, module: O) -> O { ret(new(def, slf, module, std::ptr::null_mut())) }
    fn PyCMethod_New(def: *mut PyMethodDef, slf: O, module: O, class: *mut PyTypeObject) -> O { ret(new(def, slf, module, class)) }
    fn PyCFunction_GetFunction(o: O) -> Option<PyCFunction> { (*(*o.cast::<PyCFunctionObject>()).m_ml).ml_meth }
    fn PyCFunction_GetSelf(o: O) -> O {
        let f = o.cast::<PyCFunctionObject>();
        if (*(*f).m_ml).ml_flags & methflags::STATIC != 0 { NULL } else { (*f).m_self }
    }
    fn PyCFunction_GetFlags(o: O) -> c_int { (*(*o.cast::<PyCFunctionObject>()).m_ml).ml_flags }
    fn PyCFunction_Call(f: O, args: O, kw: O) -> O { crate::call::PyObject_Call(f, args, kw) }
    fn PyMethod_New(f: O, slf: O) -> O {
        if slf.is_null() { return bad_null(); }
        boundary::to_c(method::new(Value::from_object(f), Value::from_object(slf)))
    }
    fn PyMethod_Function(o: O) -> O { (*o.cast::<PyMethodObject>()).im_func }
    fn PyMethod_Self(o: O) -> O { (*o.cast::<PyMethodObject>()).im_self }
    fn PyInstanceMethod_New(f: O) -> O { boundary::to_c(method::new_instance_method(val(f))) }
    fn PyInstanceMethod_Function(o: O) -> O { (*o.cast::<PyInstanceMethodObject>()).func }
    fn PyFunction_New(code: O, globals: O) -> O { ret(function::new(val(code), val(globals), Value::EMPTY)) }
    fn PyFunction_NewWithQualName(code: O, globals: O, name: O) -> O { ret(function::new(val(code), val(globals), val(name))) }
    fn PyFunction_GetCode(o: O) -> O { (*o.cast::<PyFunctionObject>()).func_code }
    fn PyFunction_GetGlobals(o: O) -> O { (*o.cast::<PyFunctionObject>()).func_globals }
    fn PyFunction_GetModule(o: O) -> O { (*o.cast::<PyFunctionObject>()).func_module }
    fn PyFunction_GetDefaults(o: O) -> O { (*o.cast::<PyFunctionObject>()).func_defaults }
    fn PyFunction_GetClosure(o: O) -> O { (*o.cast::<PyFunctionObject>()).func_closure }
    fn PyFunction_GetKwDefaults(o: O) -> O { (*o.cast::<PyFunctionObject>()).func_kwdefaults }
    fn PyFunction_GetAnnotations(o: O) -> O {
        if (*o.cast::<PyFunctionObject>()).func_annotations.is_null() { return NULL; }
        match ops::getattr_str(val(o), "__annotations__") {
            // The function keeps it.
            Ok(dict) => dict.value().as_ptr(),
            Err(_) => NULL,
        }
    }
    fn PyFunction_SetDefaults(o: O, v: O) -> c_int { change(o, "__defaults__", "non-tuple default args", v, tpflags::TUPLE_SUBCLASS) }
    fn PyFunction_SetKwDefaults(o: O, v: O) -> c_int { change(o, "__kwdefaults__", "non-dict keyword only default args", v, tpflags::DICT_SUBCLASS) }
    fn PyFunction_SetAnnotations(o: O, v: O) -> c_int { change(o, "__annotations__", "non-dict annotations", v, tpflags::DICT_SUBCLASS) }
    fn PyFunction_SetClosure(o: O, closure: O) -> c_int {
        if o.is_null() || !function::is_function(val(o)) { return bad_int(); }
        let closure = val(closure);
        if closure.is_none() {
            function::set_closure(val(o), Value::EMPTY);
        } else if pyrs_object::tuple::is_tuple(closure) {
            function::set_closure(val(o), closure);
        } else {
            let _ = raise!(SystemError, "expected tuple for closure, got '{}'", pyrs_object::ValueExt::ty(closure).message_name());
            return -1;
        }
        0
    }
    fn _PyFunction_Vectorcall(f: O, args: *const O, n: usize, names: O) -> O { crate::call::PyObject_Vectorcall(f, args, n, names) }
    fn PyCell_New(v: O) -> O { boundary::to_c(pyrs_object::cell::new(val(v))) }
    fn PyCell_Get(o: O) -> O {
        let v = pyrs_object::cell::get(val(o));
        if v.is_empty() { NULL } else { new_ref(v) }
    }
    fn PyCell_Set(o: O, v: O) -> c_int { pyrs_object::cell::set(val(o), Ref::new(val(v))); 0 }
    fn Py_GenericAlias(origin: O, args: O) -> O { ret(pyrs_object::genericalias::new(val(origin), val(args))) }
    fn _PyNamespace_New(kw: O) -> O {
        let d = if kw.is_null() { pyrs_object::dict::new() } else { pyrs_object::dict::copy(val(kw)) };
        boundary::to_c(pyrs_object::namespace::new(d))
    }
    fn _PyObject_GetState(o: O) -> O { ret(ops::call_method_str(val(o), "__getstate__", &[])) }
}
