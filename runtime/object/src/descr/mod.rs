//! Descriptors: method, classmethod, member, getset, slot wrapper, method-wrapper; `property`, `classmethod`,
//! `staticmethod` are in `decorators`.
//!
//! Descriptor objects have CPython's layout with one hidden word behind it: whether the definition they point at is a
//! native one (`NativeMethodDef`, `NativeGetSetDef`) or C's.

use crate::layout::*;
use crate::native::*;
use crate::typeobject::{SlotDef, SlotFn, Wrap, doc_signature, doc_text, is_python_slot, slot_fn};
use crate::{Args, PyResult, Raised, Ref, Type, Value, ValueExt, gc, heap, intern, ops, raise, ty};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

macro_rules! common_tables {
    ($($getset:ident $members:ident $doc:ident $($signature:ident)?;)*) => {$(
        getset! { static $getset = [
            "__doc__" $doc, None, "";
            "__qualname__" get_qualname, None, "";
            $("__text_signature__" $signature, None, "";)?
        ] }
        members! { static $members = [
            "__objclass__" OBJECT, offset_of!(PyDescrObject, d_type), membertype::READONLY, "";
            "__name__" OBJECT, offset_of!(PyDescrObject, d_name), membertype::READONLY, "";
        ] }
    )*};
    (reduce $($methods:ident)*) => {$(
        methods! { static $methods = [
            "__reduce__" NOARGS descr_reduce, "__reduce__($self, /)\n--\n\nHelper for pickle.";
        ] }
    )*};
}
mod decorators;
mod member;
mod wrapper;

pub use decorators::*;
pub use member::{member_get, member_set, member_store};
pub use wrapper::{
    _PyMethodWrapper_Type, PyWrapperDescr_Type, new_wrapper, wrapper_call, wrapper_def,
    wrapper_of_base, wrapper_parts,
};

py_type! {
    pub static PyMethodDescr_Type: PyMethodDescrObject = "method_descriptor" {
        flags: HAVE_GC | METHOD_DESCRIPTOR | HAVE_VECTORCALL;
        fields { tp_vectorcall_offset: 48 }
        raw { tp_dealloc: descr_dealloc, tp_traverse: descr_traverse }
        slots { tp_repr: method_repr, tp_call: method_call, tp_descr_get: method_get }
        methods: DESCR_METHODS;
        getset: METHOD_GETSET;
        members: METHOD_MEMBERS;
    }
}
py_type! {
    pub static PyClassMethodDescr_Type: PyMethodDescrObject = "classmethod_descriptor" {
        flags: HAVE_GC;
        raw { tp_dealloc: descr_dealloc, tp_traverse: descr_traverse }
        slots { tp_repr: method_repr, tp_call: classmethod_call, tp_descr_get: classmethod_get }
        getset: CM_GETSET;
        members: CM_MEMBERS;
    }
}
py_type! {
    pub static PyMemberDescr_Type: PyMemberDescrObject = "member_descriptor" {
        flags: HAVE_GC | READS_FIELD;
        raw { tp_dealloc: descr_dealloc, tp_traverse: descr_traverse }
        slots { tp_repr: member_repr, tp_descr_get: member_descr_get, tp_descr_set: member_descr_set }
        methods: MEMBER_METHODS;
        getset: MEMBER_GETSET;
        members: MEMBER_MEMBERS;
    }
}
py_type! {
    pub static PyGetSetDescr_Type: PyGetSetDescrObject = "getset_descriptor" {
        flags: HAVE_GC;
        raw { tp_dealloc: descr_dealloc, tp_traverse: descr_traverse }
        slots { tp_repr: getset_repr, tp_descr_get: getset_get, tp_descr_set: getset_set }
        getset: GS_GETSET;
        members: GS_MEMBERS;
    }
}

common_tables! {
    METHOD_GETSET METHOD_MEMBERS method_doc method_signature;
    CM_GETSET CM_MEMBERS method_doc method_signature;
    MEMBER_GETSET MEMBER_MEMBERS member_doc;
    GS_GETSET GS_MEMBERS getset_doc;
}
common_tables! { reduce DESCR_METHODS MEMBER_METHODS }

#[repr(C)]
struct Hidden<T> {
    visible: T,
    native: usize,
}

fn common(v: Value) -> *mut PyDescrObject {
    v.as_ptr().cast()
}
/// The class that has the descriptor, and its name.
fn owner(v: Value) -> Type {
    // SAFETY: all descriptors start with PyDescrObject.
    Type::from_ptr(unsafe { (*common(v)).d_type })
}
/// Whether `v` is a getset descriptor that `t` itself declares.
pub(crate) fn is_getset_of(v: Value, t: Type) -> bool {
    v.is_exact(ty!(PyGetSetDescr_Type)) && owner(v) == t
}
fn name(v: Value) -> Value {
    // SAFETY: as above.
    Value::from_object(unsafe { (*common(v)).d_name })
}
fn shown(v: Value) -> String {
    crate::str::to_string_lossy(name(v))
}

fn make<T>(ty: Type, owner: Type, name: Value, native: bool) -> *mut Hidden<T> {
    let object = heap::alloc_zeroed(ty, size_of::<Hidden<T>>());
    // SAFETY: a fresh, zeroed object with a hidden word behind its layout.
    unsafe {
        let d = object.cast::<PyDescrObject>();
        (*d).d_type = owner.to_ref().into_ptr().cast();
        (*d).d_name = Ref::new(name).into_ptr();
        let h = object.cast::<Hidden<T>>();
        (*h).native = native as usize;
        h
    }
}
unsafe fn finish<T>(h: *mut Hidden<T>) -> Ref {
    gc::track(h.cast());
    // SAFETY: the caller owns the fresh object.
    unsafe { Ref::from_owned_ptr(h) }
}

/// A method descriptor.
///
/// # Safety
/// `def` lives as long as the type; with `native` it is the `def` of a [`NativeMethodDef`].
pub unsafe fn new_method_descr(t: Type, def: *mut PyMethodDef, native: bool) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let n = crate::str::intern(c_str((*def).ml_name));
        let h = make::<PyMethodDescrObject>(ty!(PyMethodDescr_Type), t, n.value(), native);
        (*h).visible.d_method = def;
        (*h).visible.vectorcall = Some(if native {
            ops::native_vectorcall
        } else {
            foreign_method_vectorcall
        });
        finish(h)
    }
}
/// A classmethod descriptor.
///
/// # Safety
/// As [`new_method_descr`].
pub unsafe fn new_class_method_descr(t: Type, def: *mut PyMethodDef, native: bool) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let n = crate::str::intern(c_str((*def).ml_name));
        let h = make::<PyMethodDescrObject>(ty!(PyClassMethodDescr_Type), t, n.value(), native);
        (*h).visible.d_method = def;
        finish(h)
    }
}
/// A member descriptor.
///
/// # Safety
/// `def` lives as long as the type.
pub unsafe fn new_member(t: Type, def: *mut PyMemberDef) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let n = crate::str::intern(c_str((*def).name));
        let h = make::<PyMemberDescrObject>(ty!(PyMemberDescr_Type), t, n.value(), false);
        (*h).visible.d_member = def;
        finish(h)
    }
}
/// A getset descriptor.
///
/// # Safety
/// `def` lives as long as the type; with `native` it is the `def` of a [`NativeGetSetDef`].
pub unsafe fn new_getset(t: Type, def: *mut PyGetSetDef, native: bool) -> Ref {
    // SAFETY: by contract.
    unsafe {
        let n = crate::str::intern(c_str((*def).name));
        let h = make::<PyGetSetDescrObject>(ty!(PyGetSetDescr_Type), t, n.value(), native);
        (*h).visible.d_getset = def;
        finish(h)
    }
}

unsafe extern "C" fn descr_dealloc(object: *mut PyObject) {
    let d = object.cast::<PyDescrObject>();
    // SAFETY: a dead descriptor owns these fields.
    unsafe {
        gc::untrack(object);
        heap::clear_field(&raw mut (*d).d_type);
        heap::clear_field(&raw mut (*d).d_name);
        heap::clear_field(&raw mut (*d).d_qualname);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn descr_traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: a live descriptor.
    unsafe { visit((*o.cast::<PyDescrObject>()).d_type.cast(), arg) }
}

// ---- common attributes -----------------------------------------------------------------------------------

fn get_qualname(v: Value) -> PyResult {
    // SAFETY: the field is null or owned.
    unsafe {
        let d = common(v);
        if (*d).d_qualname.is_null() {
            let q = crate::typeobject::qualname(owner(v));
            let text = format!("{}.{}", crate::str::display(q.value()), shown(v));
            (*d).d_qualname = Ref::str(&text).into_ptr();
        }
        Ok(Ref::new(Value::from_object((*d).d_qualname)))
    }
}
fn descr_reduce(v: Value) -> PyResult {
    let builtins = (crate::hooks().import)("builtins")?;
    let getattr = ops::getattr(builtins.value(), intern!("getattr"))?;
    let args = crate::tuple::from_slice(&[owner(v).value(), name(v)]);
    Ok(crate::tuple::from_vec(vec![getattr, args]))
}
unsafe fn raw_doc(name: &str, doc: *mut std::ffi::c_char) -> Ref {
    if doc.is_null() {
        return Ref::none();
    }
    // SAFETY: the caller's C string.
    Ref::str(doc_text(name, unsafe { c_str(doc) }))
}

/// "descriptor 'x' for 'C' objects doesn't apply to a 'D' object".
fn check_owner(v: Value, object: Value) -> PyResult<()> {
    if object.ty() == owner(v) || object.ty().is_subtype(owner(v)) {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "descriptor '{}' for '{}' objects doesn't apply to a '{}' object",
        shown(v),
        owner(v).message_name(),
        object.ty().message_name()
    ))
}

// ---- methods ---------------------------------------------------------------------------------------------

fn method(v: Value) -> *mut Hidden<PyMethodDescrObject> {
    v.as_ptr().cast()
}
fn def_of(v: Value) -> *mut PyMethodDef {
    // SAFETY: a method or classmethod descriptor.
    unsafe { (*method(v)).visible.d_method }
}
/// If `descr` is a method descriptor of a native method.
#[inline]
pub fn native_method(descr: Value) -> Option<&'static NativeMethodDef> {
    if !descr.is_exact(ty!(PyMethodDescr_Type)) {
        return None;
    }
    native_def(descr)
}
/// The definition of an exact method descriptor if it is C's, and the class it is of.
#[inline(always)]
pub fn foreign_method(descr: Value) -> Option<(*mut PyMethodDef, *mut PyTypeObject)> {
    // SAFETY: a method descriptor; the hidden word says whose definition it is.
    unsafe {
        let d = method(descr);
        ((*d).native == 0).then(|| {
            let common = &(*d).visible;
            (common.d_method, common.d_common.d_type)
        })
    }
}
fn native_def(descr: Value) -> Option<&'static NativeMethodDef> {
    // SAFETY: the hidden word says that the definition is native; native tables are static.
    unsafe {
        let d = method(descr);
        if (*d).native == 0 {
            None
        } else {
            Some(&*(*d).visible.d_method.cast::<NativeMethodDef>())
        }
    }
}

fn method_repr(v: Value) -> PyResult {
    Ok(Ref::str(&format!(
        "<method '{}' of '{}' objects>",
        shown(v),
        owner(v).message_name()
    )))
}
fn method_doc(v: Value) -> PyResult {
    // SAFETY: a definition lives as long as its descriptor's type.
    unsafe { Ok(raw_doc(&shown(v), (*def_of(v)).ml_doc)) }
}
fn method_signature(v: Value) -> PyResult {
    // SAFETY: as above.
    let doc = unsafe { c_str((*def_of(v)).ml_doc) };
    Ok(doc_signature(&shown(v), doc).map_or_else(Ref::none, Ref::str))
}
fn method_get(v: Value, object: Value, _owner: Value) -> PyResult {
    if object.is_empty() {
        return Ok(Ref::new(v));
    }
    check_owner(v, object)?;
    // SAFETY: the definition outlives the descriptor's type.
    unsafe {
        let def = def_of(v);
        Ok(if native_def(v).is_some() {
            crate::cfunction::new_native(def.cast(), object, Value::EMPTY)
        } else {
            let class = ((*def).ml_flags & methflags::METHOD != 0).then(|| owner(v));
            crate::cfunction::new_foreign(def, object, Value::EMPTY, class)
        })
    }
}
fn method_call(v: Value, args: Args<'_>) -> PyResult {
    let Some(&slf) = args.positional().first() else {
        return Err(raise!(
            TypeError,
            "unbound method {}.{}() needs an argument",
            owner(v).name(),
            shown(v)
        ));
    };
    check_owner(v, slf)?;
    let rest = Args {
        values: &args.values[1..],
        kwnames: args.kwnames,
    };
    match native_def(v) {
        Some(def) => ops::call_native(def, slf, rest),
        // SAFETY: a live definition from C.
        None => unsafe { crate::cfunction::call_foreign(def_of(v), slf, owner(v), rest) },
    }
}
/// The vectorcall entry of C method descriptors: no conversion between C and C.
unsafe extern "C" fn foreign_method_vectorcall(
    callable: *mut PyObject,
    args: *const *mut PyObject,
    nargsf: usize,
    kwnames: *mut PyObject,
) -> *mut PyObject {
    let v = Value::from_object(callable);
    let n = nargsf & !(1 << 63);
    // SAFETY: the vectorcall protocol.
    unsafe {
        if n == 0 {
            let _ = raise!(
                TypeError,
                "unbound method {}.{}() needs an argument",
                owner(v).name(),
                shown(v)
            );
            return std::ptr::null_mut();
        }
        if (**args).ob_type != owner(v).as_ptr()
            && check_owner(v, crate::boundary::from_c(*args)).is_err()
        {
            return std::ptr::null_mut();
        }
        crate::cfunction::invoke(
            def_of(v),
            *args,
            owner(v).as_ptr(),
            args.add(1),
            n - 1,
            kwnames,
        )
    }
}

fn check_class_arg(v: Value, class: Value) -> PyResult<()> {
    match Type::from_value(class) {
        None => Err(raise!(
            TypeError,
            "descriptor '{}' for type '{}' needs a type, not a '{}' as arg 2",
            shown(v),
            owner(v).message_name(),
            class.ty().message_name()
        )),
        Some(t) if !t.is_subtype(owner(v)) => Err(raise!(
            TypeError,
            "descriptor '{}' requires a subtype of '{}' but received '{}'",
            shown(v),
            owner(v).message_name(),
            t.message_name()
        )),
        Some(_) => Ok(()),
    }
}
fn classmethod_get(v: Value, object: Value, class: Value) -> PyResult {
    let class = if class.is_empty() {
        if object.is_empty() {
            return Err(raise!(
                TypeError,
                "descriptor '{}' for type '{}' needs either an object or a type",
                shown(v),
                owner(v).message_name()
            ));
        }
        object.ty().value()
    } else {
        class
    };
    check_class_arg(v, class)?;
    // SAFETY: as in `method_get`.
    unsafe {
        let def = def_of(v);
        Ok(if native_def(v).is_some() {
            crate::cfunction::new_native(def.cast(), class, Value::EMPTY)
        } else {
            let defining = ((*def).ml_flags & methflags::METHOD != 0).then(|| owner(v));
            crate::cfunction::new_foreign(def, class, Value::EMPTY, defining)
        })
    }
}
fn classmethod_call(v: Value, args: Args<'_>) -> PyResult {
    let Some(&class) = args.positional().first() else {
        return Err(raise!(
            TypeError,
            "descriptor '{}' of '{}' object needs an argument",
            shown(v),
            owner(v).message_name()
        ));
    };
    let bound = classmethod_get(v, Value::EMPTY, class)?;
    let rest = Args {
        values: &args.values[1..],
        kwnames: args.kwnames,
    };
    ops::call_args(bound.value(), rest)
}

// ---- members ---------------------------------------------------------------------------------------------

fn member_def(v: Value) -> *mut PyMemberDef {
    // SAFETY: a member descriptor.
    unsafe { (*v.as_ptr().cast::<PyMemberDescrObject>()).d_member }
}
fn member_repr(v: Value) -> PyResult {
    Ok(Ref::str(&format!(
        "<member '{}' of '{}' objects>",
        shown(v),
        owner(v).message_name()
    )))
}
fn member_doc(v: Value) -> PyResult {
    // SAFETY: a live definition.
    unsafe { Ok(raw_doc("", (*member_def(v)).doc)) }
}
fn member_descr_get(v: Value, object: Value, _owner: Value) -> PyResult {
    if object.is_empty() {
        return Ok(Ref::new(v));
    }
    check_owner(v, object)?;
    // SAFETY: the object has the type whose layout the definition describes.
    unsafe { member_get(object.as_ptr(), &*member_def(v), object) }
}
/// Whether reading by this descriptor gives a field of the object, or an error, and runs nothing.
pub fn reads_field(descr: Value) -> bool {
    if !descr.has_flag(tpflags::READS_FIELD) {
        return false;
    }
    // SAFETY: a member descriptor has a definition.
    !descr.is_exact(ty!(PyMemberDescr_Type))
        || unsafe { (*member_def(descr)).flags } & membertype::AUDIT_READ == 0
}
fn member_descr_set(v: Value, object: Value, value: Value) -> PyResult<()> {
    check_owner(v, object)?;
    let boxed = !crate::typeobject::is_python_class(owner(v));
    // SAFETY: as above.
    unsafe { member_store(object.as_ptr(), &*member_def(v), value, boxed) }
}

// ---- computed attributes ---------------------------------------------------------------------------------

fn getset_def(v: Value) -> *mut PyGetSetDef {
    // SAFETY: a getset descriptor.
    unsafe { (*v.as_ptr().cast::<PyGetSetDescrObject>()).d_getset }
}
fn native_getset(v: Value) -> Option<&'static NativeGetSetDef> {
    // SAFETY: the hidden word says that the definition is native.
    unsafe {
        let h = v.as_ptr().cast::<Hidden<PyGetSetDescrObject>>();
        ((*h).native != 0).then(|| &*(*h).visible.d_getset.cast::<NativeGetSetDef>())
    }
}
fn getset_repr(v: Value) -> PyResult {
    Ok(Ref::str(&format!(
        "<attribute '{}' of '{}' objects>",
        shown(v),
        owner(v).message_name()
    )))
}
fn getset_doc(v: Value) -> PyResult {
    // SAFETY: a live definition.
    unsafe { Ok(raw_doc("", (*getset_def(v)).doc)) }
}
fn getset_get(v: Value, object: Value, _owner: Value) -> PyResult {
    if object.is_empty() {
        return Ok(Ref::new(v));
    }
    check_owner(v, object)?;
    getset_value(v, object)
}
/// What the getset descriptor `v` gives for `object`, which is known to be of its class.
pub fn getset_value(v: Value, object: Value) -> PyResult {
    if let Some(def) = native_getset(v) {
        if let Some(f) = def.get {
            return f(object);
        }
    } else {
        // SAFETY: a C getter gets a live boxed object and its closure.
        unsafe {
            let def = getset_def(v);
            if let Some(f) = (*def).get {
                let o = crate::boundary::Lent::new(object);
                return crate::boundary::from_c_owned(f(o.ptr(), (*def).closure));
            }
        }
    }
    Err(raise!(
        AttributeError,
        "attribute '{}' of '{}' objects is not readable",
        shown(v),
        owner(v).message_name()
    ))
}
fn getset_set(v: Value, object: Value, value: Value) -> PyResult<()> {
    check_owner(v, object)?;
    if let Some(def) = native_getset(v) {
        if let Some(f) = def.set {
            return f(object, value);
        }
    } else {
        // SAFETY: a C setter gets a live boxed object, a value or null, and its closure.
        unsafe {
            let def = getset_def(v);
            if let Some(f) = (*def).set {
                let o = crate::boundary::CRef::new(object);
                let x = crate::boundary::CRef::new(value);
                return if f(o.ptr(), x.ptr(), (*def).closure) < 0 {
                    Err(crate::errors::from_c_null())
                } else {
                    Ok(())
                };
            }
        }
    }
    Err(raise!(
        AttributeError,
        "attribute '{}' of '{}' objects is not writable",
        shown(v),
        owner(v).message_name()
    ))
}
