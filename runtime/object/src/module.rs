//! `module`.

use crate::layout::*;
use crate::native::NativeMethodDef;
use crate::typeobject::{generic_getattr_opt, generic_setattr};
use crate::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty,
};
use std::ffi::{c_int, c_void};

py_type! {
    pub static PyModule_Type: PyModuleObject = "module" {
        flags: HAVE_GC | BASETYPE;
        fields { tp_dictoffset: 16, tp_weaklistoffset: 40 }
        doc: "module(name, doc=None)\n--\n\nCreate a module object.";
        raw { tp_dealloc: module_dealloc, tp_traverse: module_traverse, tp_clear: module_clear }
        slots { tp_repr: module_repr, tp_getattro: module_getattro, tp_setattro: generic_setattr, tp_init: module_init, tp_new: module_new }
        methods: MODULE_METHODS;
        getset: MODULE_GETSET;
        members: MODULE_MEMBERS;
    }
}
methods! { static MODULE_METHODS = [
    "__dir__" NOARGS module_dir, "__dir__() -> list\nspecialized dir() implementation";
] }
members! { static MODULE_MEMBERS = [
    "__dict__" OBJECT, 16, membertype::READONLY, "";
] }
getset! { static MODULE_GETSET = [
    "__annotations__" get_annotations, set_annotations, "";
] }

fn p(v: Value) -> *mut PyModuleObject {
    v.as_ptr().cast()
}
/// A module with the five standard attributes.
pub fn new(name: &str) -> Ref {
    let o = heap::alloc_zeroed(ty!(PyModule_Type), size_of::<PyModuleObject>());
    let m = o.cast::<PyModuleObject>();
    let name = crate::str::intern(name);
    // SAFETY: a fresh object.
    unsafe {
        (*m).md_dict = crate::dict::new().into_ptr();
        fill(o, name.value(), crate::singletons::none());
        gc::track(o);
        Ref::from_owned_ptr(o)
    }
}
unsafe fn fill(o: *mut PyObject, name: Value, doc: Value) {
    // SAFETY: a live module with a dict.
    unsafe {
        let m = o.cast::<PyModuleObject>();
        let d = Value::from_object((*m).md_dict);
        let none = crate::singletons::none();
        crate::dict::set_str(d, "__name__", name);
        crate::dict::set_str(d, "__doc__", doc);
        crate::dict::set_str(d, "__package__", none);
        crate::dict::set_str(d, "__loader__", none);
        crate::dict::set_str(d, "__spec__", none);
        if crate::str::is_exact(name) {
            let old = std::mem::replace(&mut (*m).md_name, Ref::new(name).into_ptr());
            heap::xdecref_ptr(old);
        }
    }
}
/// The name that a module was made with.
pub fn name(v: Value) -> Option<String> {
    if !v.is_exact(ty!(PyModule_Type)) {
        return None;
    }
    // SAFETY: a live module.
    let name = Value::from_object(unsafe { (*p(v)).md_name });
    (!name.is_empty()).then(|| crate::str::to_string_lossy(name))
}
/// The module's dict. Borrowed.
#[inline]
pub fn dict(v: Value) -> Value {
    // SAFETY: a live module; one made by `tp_new` has its dict from the start.
    Value::from_object(unsafe { (*p(v)).md_dict })
}
/// Sets an attribute of a module under construction.
pub fn add(module: Value, name: &str, value: Ref) {
    crate::dict::set_str(dict(module), name, value.value());
}
/// Adds builtin functions with `self` = module.
pub fn add_functions(module: Value, table: *mut NativeMethodDef) {
    let name = crate::dict::get_str(dict(module), "__name__");
    let name = name.as_ref().map_or(Value::EMPTY, Ref::value);
    let mut m = table;
    // SAFETY: tables end with an entry without name.
    unsafe {
        while !(*m).def.ml_name.is_null() {
            let f = crate::cfunction::new_native(m, module, name);
            add(module, crate::native::c_str((*m).def.ml_name), f);
            m = m.add(1);
        }
    }
}
/// Readies it if needed and adds it under its short name.
pub fn add_type(module: Value, t: Type) -> PyResult<()> {
    crate::typeobject::ready(t)?;
    let short = t.name().rsplit('.').next().unwrap_or(t.name());
    add(module, short, t.to_ref());
    Ok(())
}
#[inline]
pub fn is_module(v: Value) -> bool {
    v.is_object() && v.is_a(ty!(PyModule_Type))
}

unsafe extern "C" fn module_dealloc(o: *mut PyObject) {
    let m = o.cast::<PyModuleObject>();
    // SAFETY: dead.
    unsafe {
        gc::untrack(o);
        if !(*m).md_weaklist.is_null() {
            crate::weakref::clear_refs(o);
        }
        if !(*m).md_def.is_null()
            && let Some(free) = (*(*m).md_def).m_free
            && ((*(*m).md_def).m_size <= 0 || !(*m).md_state.is_null())
        {
            free(o.cast());
        }
        heap::clear_field(&raw mut (*m).md_dict);
        heap::clear_field(&raw mut (*m).md_name);
        heap::free((*m).md_state.cast());
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn module_traverse(
    o: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    let m = o.cast::<PyModuleObject>();
    // SAFETY: alive.
    unsafe {
        if !(*m).md_def.is_null()
            && let Some(f) = (*(*m).md_def).m_traverse
            && ((*(*m).md_def).m_size <= 0 || !(*m).md_state.is_null())
        {
            let r = f(o, visit, arg);
            if r != 0 {
                return r;
            }
        }
        if (*m).md_dict.is_null() {
            0
        } else {
            visit((*m).md_dict, arg)
        }
    }
}
unsafe extern "C" fn module_clear(o: *mut PyObject) -> c_int {
    let m = o.cast::<PyModuleObject>();
    // SAFETY: alive.
    unsafe {
        if !(*m).md_def.is_null()
            && let Some(f) = (*(*m).md_def).m_clear
            && ((*(*m).md_def).m_size <= 0 || !(*m).md_state.is_null())
        {
            let r = f(o);
            if r != 0 {
                return r;
            }
        }
        heap::clear_field(&raw mut (*m).md_dict);
    }
    0
}
fn module_new(t: Type, _: Args<'_>) -> PyResult {
    let alloc = t.tp_alloc.unwrap_or(heap::generic_alloc);
    // SAFETY: tp_alloc gives an owned object or null with an error.
    unsafe {
        let m = crate::boundary::from_c_owned(alloc(t.as_ptr(), 0))?;
        (*p(m.value())).md_dict = crate::dict::new().into_ptr();
        Ok(m)
    }
}
fn module_init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<2> = Signature {
        name: "module",
        params: ["name", "doc"],
        posonly: 0,
        positional: 2,
        required: 1,
    };
    let [name, doc] = args.bind(&INIT)?;
    if !name.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "module() argument 'name' must be str, not {}",
            name.ty().message_name()
        ));
    }
    // SAFETY: a live module.
    unsafe {
        if (*p(v)).md_dict.is_null() {
            (*p(v)).md_dict = crate::dict::new().into_ptr();
        }
        fill(
            v.as_ptr(),
            name,
            doc.non_empty().unwrap_or(crate::singletons::none()),
        );
    }
    Ok(())
}
fn module_repr(v: Value) -> PyResult {
    match (crate::hooks().import)("importlib._bootstrap") {
        Ok(bootstrap) => ops::call_method(bootstrap.value(), intern!("_module_repr"), &[v]),
        Err(_) => {
            crate::errors::clear();
            let name = crate::dict::get_str(dict(v), "__name__");
            let name = name.map_or_else(
                || "?".to_owned(),
                |n| crate::str::to_string_lossy(n.value()),
            );
            Ok(Ref::str(&format!("<module '{name}'>")))
        }
    }
}
fn is_initializing(d: Value) -> PyResult<bool> {
    let Some(spec) = crate::dict::get(d, intern!("__spec__"))? else {
        return Ok(false);
    };
    if spec.is_none() {
        return Ok(false);
    }
    match ops::getattr_opt(spec.value(), intern!("_initializing"))? {
        Some(b) => ops::is_true(b.value()),
        None => Ok(false),
    }
}
/// Whether the import of submodule `name` has begun but not ended.
fn is_uninitialized_submodule(d: Value, name: Value) -> PyResult<bool> {
    let Some(spec) = crate::dict::get(d, intern!("__spec__"))? else {
        return Ok(false);
    };
    match ops::getattr_opt(spec.value(), intern!("_uninitialized_submodules"))? {
        Some(names) => ops::contains(names.value(), name),
        None => Ok(false),
    }
}
/// An attribute of a module proper; `None`, without an error made, if it has none of that name.
pub fn getattr_opt(v: Value, name: Value) -> PyResult<Option<Ref>> {
    if let Some(r) = generic_getattr_opt(v, name)? {
        return Ok(Some(r));
    }
    let d = dict(v);
    if d.is_empty() {
        return Ok(None);
    }
    match crate::dict::get(d, intern!("__getattr__"))? {
        Some(getattr) => {
            let found = ops::call(getattr.value(), &[name]);
            crate::errors::absorb(found, crate::exceptions::AttributeError)
        }
        None => Ok(None),
    }
}
fn module_getattro(v: Value, name: Value) -> PyResult {
    if let Some(r) = generic_getattr_opt(v, name)? {
        return Ok(r);
    }
    let d = dict(v);
    if !d.is_empty() {
        let d = Ref::new(d);
        if let Some(getattr) = crate::dict::get(d.value(), intern!("__getattr__"))? {
            return ops::call(getattr.value(), &[name]);
        }
        if let Some(own) = crate::dict::get(d.value(), intern!("__name__"))?
            && own.has_flag(tpflags::UNICODE_SUBCLASS)
        {
            let (own, name_text) = (
                crate::str::to_string_lossy(own.value()),
                crate::str::to_string_lossy(name),
            );
            let text = if is_initializing(d.value())? {
                format!(
                    "partially initialized module '{own}' has no attribute '{name_text}' (most likely due to a circular import)"
                )
            } else if is_uninitialized_submodule(d.value(), name)? {
                format!(
                    "cannot access submodule '{name_text}' of module '{own}' (most likely due to a circular import)"
                )
            } else {
                format!("module '{own}' has no attribute '{name_text}'")
            };
            return Err(crate::typeobject::raise_no_attribute(v, name, &text));
        }
    }
    let text = format!(
        "module has no attribute '{}'",
        crate::str::to_string_lossy(name)
    );
    Err(crate::typeobject::raise_no_attribute(v, name, &text))
}
fn module_dir(v: Value) -> PyResult {
    let d = ops::getattr(v, intern!("__dict__"))?;
    if !d.has_flag(tpflags::DICT_SUBCLASS) {
        return Err(raise!(TypeError, "<module>.__dict__ is not a dictionary"));
    }
    if let Some(f) = crate::dict::get(d.value(), intern!("__dir__"))? {
        return ops::call(f.value(), &[]);
    }
    ops::to_list(d.value())
}
fn get_annotations(v: Value) -> PyResult {
    let name = intern!("__annotations__");
    if let Some(a) = crate::dict::get(dict(v), name)? {
        return Ok(a);
    }
    let a = crate::dict::new();
    crate::dict::set_item(dict(v), name, a.value())?;
    Ok(a)
}
fn set_annotations(v: Value, value: Value) -> PyResult<()> {
    let name = intern!("__annotations__");
    if value.is_empty() {
        if !crate::dict::del_item(dict(v), name)? {
            return Err(raise!(AttributeError, "__annotations__"));
        }
        return Ok(());
    }
    crate::dict::set_item(dict(v), name, value)
}
