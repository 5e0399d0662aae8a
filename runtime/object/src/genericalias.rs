//! `types.GenericAlias`: `list[int]` and the substitution of type parameters, shared with unions.

use crate::layout::*;
use crate::{
    Args, PyResult, Ref, Type, Value, ValueExt, check_positional, errors, gc, heap, hooks, intern,
    ops, raise, singletons, ty,
};
use std::ffi::{c_char, c_int, c_void};
use std::mem::offset_of;

/// C only uses its size, `tp_weaklistoffset` 40 and the vectorcall pointer at 56.
#[repr(C)]
pub struct GenericAliasObject {
    pub ob_base: PyObject,
    pub origin: *mut PyObject,
    pub args: *mut PyObject,
    /// Made on first use.
    pub parameters: *mut PyObject,
    pub weakreflist: *mut PyObject,
    /// `*tuple[int]`.
    pub starred: c_char,
    pub vectorcall: Option<vectorcallfunc>,
}

py_type! {
    pub static Py_GenericAliasType: GenericAliasObject = "types.GenericAlias" {
        flags: BASETYPE | HAVE_GC | HAVE_VECTORCALL;
        fields {
            tp_weaklistoffset: offset_of!(GenericAliasObject, weakreflist) as isize,
            tp_vectorcall_offset: offset_of!(GenericAliasObject, vectorcall) as isize
        }
        doc: "Represent a PEP 585 generic type\n\nE.g. for t = list[int], t.__origin__ is list and t.__args__ is (int,).";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots {
            tp_repr: repr,
            tp_hash: hash,
            tp_call: call,
            tp_getattro: getattr,
            tp_setattro: crate::typeobject::generic_setattr,
            tp_richcompare: richcompare,
            tp_iter: iter,
            tp_new: construct,
        }
        number { nb_or: crate::union::or }
        mapping { mp_subscript: getitem }
        methods: METHODS;
        getset: GETSET;
        members: MEMBERS;
    }
}

/// Yields the starred form once: `*list[int]` in a subscript.
#[repr(C)]
pub struct AliasIteratorObject {
    pub ob_base: PyObject,
    pub obj: *mut PyObject,
}
py_type! {
    pub static _Py_GenericAliasIterType: AliasIteratorObject = "generic_alias_iterator" {
        flags: HAVE_GC;
        raw { tp_dealloc: iterator_dealloc, tp_traverse: iterator_traverse, tp_clear: iterator_clear }
        slots { tp_iter: iterator_self, tp_iternext: iterator_next }
        methods: ITERATOR_METHODS;
    }
}

fn fields(v: Value) -> *mut GenericAliasObject {
    v.as_ptr().cast()
}
fn field(p: *mut PyObject) -> Value {
    Value::from_object(p)
}
pub fn origin_of(v: Value) -> Value {
    // SAFETY: an alias.
    field(unsafe { (*fields(v)).origin })
}
pub fn args_of(v: Value) -> Value {
    // SAFETY: an alias.
    field(unsafe { (*fields(v)).args })
}
fn is_starred(v: Value) -> bool {
    // SAFETY: an alias.
    unsafe { (*fields(v)).starred != 0 }
}
pub fn is_alias(v: Value) -> bool {
    v.is_a(ty!(Py_GenericAliasType))
}

fn alloc(t: Type, origin: Value, args: Value, starred: bool) -> PyResult {
    let args = if args.has_flag(tpflags::TUPLE_SUBCLASS) {
        Ref::new(args)
    } else {
        crate::tuple::from_slice(&[args])
    };
    // SAFETY: tp_alloc gives an owned zeroed instance or null with an error set.
    unsafe {
        let object = match t.tp_alloc {
            Some(f) => f(t.as_ptr(), 0),
            None => heap::generic_alloc(t.as_ptr(), 0),
        };
        if object.is_null() {
            return Err(errors::from_c_null());
        }
        let a = object.cast::<GenericAliasObject>();
        (*a).origin = crate::boundary::to_c(Ref::new(origin));
        (*a).args = crate::boundary::to_c(args);
        (*a).starred = c_char::from(starred);
        (*a).vectorcall = Some(ops::native_vectorcall);
        Ok(Ref::from_owned_ptr(object))
    }
}

/// `GenericAlias(origin, args)`; `args` is a tuple or the single argument.
pub fn new(origin: Value, args: Value) -> PyResult {
    alloc(ty!(Py_GenericAliasType), origin, args, false)
}
fn construct(t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("GenericAlias")?;
    let given = args.positional();
    check_positional("GenericAlias", given.len(), 2, 2)?;
    alloc(t, given[0], given[1], false)
}

// ---- repr --------------------------------------------------------------------------------------------------

/// How aliases and unions show an argument: classes by their qualified name.
pub(crate) fn push_item(b: &mut crate::str::Builder, v: Value) -> PyResult<()> {
    if v == singletons::ellipsis() {
        b.push_str("...");
        return Ok(());
    }
    let has = |name| ops::getattr_opt(v, name).map(|x| x.is_some());
    if !(has(intern!("__origin__"))? && has(intern!("__args__"))?)
        && let Some(qualname) = ops::getattr_opt(v, intern!("__qualname__"))?
        && let Some(module) = ops::getattr_opt(v, intern!("__module__"))?
        && !module.is_none()
    {
        if !crate::str::eq_str(module.value(), "builtins") {
            b.push_value(ops::str_of(module.value())?.value());
            b.push_str(".");
        }
        b.push_value(ops::str_of(qualname.value())?.value());
        return Ok(());
    }
    b.push_value(ops::repr(v)?.value());
    Ok(())
}

fn repr(v: Value) -> PyResult {
    let mut b = crate::str::Builder::new();
    if is_starred(v) {
        b.push_str("*");
    }
    push_item(&mut b, origin_of(v))?;
    b.push_str("[");
    let args = args_of(v);
    let n = crate::tuple::len(args);
    for i in 0..n {
        if i > 0 {
            b.push_str(", ");
        }
        push_item(&mut b, crate::tuple::get(args, i))?;
    }
    if n == 0 {
        b.push_str("()");
    }
    b.push_str("]");
    b.finish()
}

// ---- parameters and substitution ---------------------------------------------------------------------------

fn push_unique(list: &mut Vec<Ref>, v: Value) {
    if !list.iter().any(|x| x.value() == v) {
        list.push(Ref::new(v));
    }
}
fn is_type(v: Value) -> bool {
    v.has_flag(tpflags::TYPE_SUBCLASS)
}

/// The type parameters in `args`, in order and without repetition.
pub(crate) fn make_parameters(args: Value) -> PyResult {
    let mut found = Vec::new();
    for i in 0..crate::tuple::len(args) {
        let t = crate::tuple::get(args, i);
        // A bare class has a `__parameters__` descriptor that is not meant here.
        if is_type(t) {
            continue;
        }
        if ops::getattr_opt(t, intern!("__typing_subst__"))?.is_some() {
            push_unique(&mut found, t);
        } else if let Some(inner) = ops::getattr_opt(t, intern!("__parameters__"))?
            && inner.has_flag(tpflags::TUPLE_SUBCLASS)
        {
            for j in 0..crate::tuple::len(inner.value()) {
                push_unique(&mut found, crate::tuple::get(inner.value(), j));
            }
        }
    }
    Ok(crate::tuple::from_vec(found))
}

fn unpacked_tuple_args(v: Value) -> PyResult<Option<Ref>> {
    if v.is_exact(ty!(Py_GenericAliasType))
        && is_starred(v)
        && origin_of(v) == ty!(crate::tuple::PyTuple_Type).value()
    {
        return Ok(Some(Ref::new(args_of(v))));
    }
    let found = ops::getattr_opt(v, intern!("__typing_unpacked_tuple_args__"))?;
    Ok(found.filter(|x| !x.is_none()))
}

/// The subscript as a tuple, with `*tuple[...]` items of fixed length spliced in.
fn unpack_args(item: Value) -> PyResult {
    let items: Vec<Value> = if item.has_flag(tpflags::TUPLE_SUBCLASS) {
        (0..crate::tuple::len(item))
            .map(|i| crate::tuple::get(item, i))
            .collect()
    } else {
        vec![item]
    };
    let mut all = Vec::new();
    for v in items {
        if !is_type(v)
            && let Some(inner) = unpacked_tuple_args(v)?
            && inner.has_flag(tpflags::TUPLE_SUBCLASS)
        {
            let n = crate::tuple::len(inner.value());
            let open = n > 0 && crate::tuple::get(inner.value(), n - 1) == singletons::ellipsis();
            if !open {
                all.extend((0..n).map(|i| Ref::new(crate::tuple::get(inner.value(), i))));
                continue;
            }
        }
        all.push(Ref::new(v));
    }
    Ok(crate::tuple::from_vec(all))
}

fn position(parameters: Value, v: Value) -> Option<usize> {
    (0..crate::tuple::len(parameters)).find(|i| crate::tuple::get(parameters, *i) == v)
}

/// Subscripts an argument that has parameters of its own.
fn substitute_inner(v: Value, parameters: Value, arguments: Value) -> PyResult {
    let Some(inner) = ops::getattr_opt(v, intern!("__parameters__"))? else {
        return Ok(Ref::new(v));
    };
    if !inner.has_flag(tpflags::TUPLE_SUBCLASS) || crate::tuple::len(inner.value()) == 0 {
        return Ok(Ref::new(v));
    }
    let mut all = Vec::new();
    for i in 0..crate::tuple::len(inner.value()) {
        let parameter = crate::tuple::get(inner.value(), i);
        match position(parameters, parameter) {
            None => all.push(Ref::new(parameter)),
            Some(k) => {
                let argument = crate::tuple::get(arguments, k);
                // A TypeVarTuple (it can be unpacked) stands for several arguments.
                if parameter.ty().tp_iter.is_some() && argument.has_flag(tpflags::TUPLE_SUBCLASS) {
                    let n = crate::tuple::len(argument);
                    all.extend((0..n).map(|j| Ref::new(crate::tuple::get(argument, j))));
                } else {
                    all.push(Ref::new(argument));
                }
            }
        }
    }
    let all = crate::tuple::from_vec(all);
    ops::getitem(v, all.value())
}

/// `args` with `parameters` replaced by `item`: the subscript of a generic alias or union `slf`.
pub(crate) fn substitute(slf: Value, args: Value, parameters: Value, item: Value) -> PyResult {
    let n = crate::tuple::len(parameters);
    if n == 0 {
        return Err(raise!(
            TypeError,
            "{} is not a generic class",
            crate::str::display(ops::repr(slf)?.value())
        ));
    }
    let mut item = unpack_args(item)?;
    for i in 0..n {
        let parameter = crate::tuple::get(parameters, i);
        if let Some(f) = ops::getattr_opt(parameter, intern!("__typing_prepare_subst__"))?
            && !f.is_none()
        {
            let wrapped = if item.has_flag(tpflags::TUPLE_SUBCLASS) {
                item.clone()
            } else {
                crate::tuple::from_slice(&[item.value()])
            };
            item = ops::call(f.value(), &[slf, wrapped.value()])?;
        }
    }
    let arguments = if item.has_flag(tpflags::TUPLE_SUBCLASS) {
        item
    } else {
        crate::tuple::from_slice(&[item.value()])
    };
    let given = crate::tuple::len(arguments.value());
    if given != n {
        let how = if given > n { "many" } else { "few" };
        return Err(raise!(
            TypeError,
            "Too {how} arguments for {}; actual {given}, expected {n}",
            crate::str::display(ops::repr(slf)?.value())
        ));
    }
    let mut out = Vec::new();
    for i in 0..crate::tuple::len(args) {
        let v = crate::tuple::get(args, i);
        if is_type(v) {
            out.push(Ref::new(v));
            continue;
        }
        let several = match ops::getattr_opt(v, intern!("__typing_is_unpacked_typevartuple__"))? {
            Some(x) => ops::is_true(x.value())?,
            None => false,
        };
        let new = match ops::getattr_opt(v, intern!("__typing_subst__"))? {
            Some(f) => match position(parameters, v) {
                Some(k) => ops::call(f.value(), &[crate::tuple::get(arguments.value(), k)])?,
                None => Ref::new(v),
            },
            None => substitute_inner(v, parameters, arguments.value())?,
        };
        if several && new.has_flag(tpflags::TUPLE_SUBCLASS) {
            let n = crate::tuple::len(new.value());
            out.extend((0..n).map(|j| Ref::new(crate::tuple::get(new.value(), j))));
        } else {
            out.push(new);
        }
    }
    Ok(crate::tuple::from_vec(out))
}

fn parameters_of(v: Value) -> PyResult {
    // SAFETY: an alias.
    unsafe {
        let known = field((*fields(v)).parameters);
        if !known.is_empty() {
            return Ok(Ref::new(known));
        }
        let made = make_parameters(args_of(v))?;
        if (*fields(v)).parameters.is_null() {
            (*fields(v)).parameters = crate::boundary::to_c(made.clone());
        }
        Ok(made)
    }
}

fn getitem(v: Value, item: Value) -> PyResult {
    let parameters = parameters_of(v)?;
    let args = substitute(v, args_of(v), parameters.value(), item)?;
    alloc(
        ty!(Py_GenericAliasType),
        origin_of(v),
        args.value(),
        is_starred(v),
    )
}

// ---- the rest of the protocol ------------------------------------------------------------------------------

fn hash(v: Value) -> PyResult<i64> {
    let h = ops::hash(origin_of(v))? ^ ops::hash(args_of(v))?;
    Ok(if h == -1 { -2 } else { h })
}

fn call(v: Value, args: Args<'_>) -> PyResult {
    let object = ops::call_args(origin_of(v), args)?;
    let set = ops::setattr(object.value(), intern!("__orig_class__"), v);
    if let Err(e) = set
        && !errors::take_if(crate::exceptions::AttributeError)
        && !errors::take_if(crate::exceptions::TypeError)
    {
        return Err(e);
    }
    Ok(object)
}

/// Attributes of the alias itself; all others are its origin's.
const OWN: [&str; 11] = [
    "__class__",
    "__origin__",
    "__args__",
    "__unpacked__",
    "__parameters__",
    "__typing_unpacked_tuple_args__",
    "__mro_entries__",
    "__reduce_ex__",
    "__reduce__",
    "__copy__",
    "__deepcopy__",
];

fn getattr(v: Value, name: Value) -> PyResult {
    if OWN.iter().any(|n| crate::str::eq_str(name, n)) {
        crate::typeobject::generic_getattr(v, name)
    } else {
        ops::getattr(origin_of(v), name)
    }
}

fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !is_alias(a) || !is_alias(b) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    let same = is_starred(a) == is_starred(b)
        && ops::eq(origin_of(a), origin_of(b))?
        && ops::eq(args_of(a), args_of(b))?;
    Ok(Ref::bool(same == (op == CmpOp::Eq)))
}

fn mro_entries(v: Value, _: &[Value]) -> PyResult {
    Ok(crate::tuple::from_slice(&[origin_of(v)]))
}
fn instance_check(_: Value, _: Value) -> PyResult {
    Err(raise!(
        TypeError,
        "isinstance() argument 2 cannot be a parameterized generic"
    ))
}
fn subclass_check(_: Value, _: Value) -> PyResult {
    Err(raise!(
        TypeError,
        "issubclass() argument 2 cannot be a parameterized generic"
    ))
}
fn builtin(name: &str) -> PyResult {
    let module = (hooks().import)("builtins")?;
    ops::getattr_str(module.value(), name)
}
fn reduce(v: Value) -> PyResult {
    if is_starred(v) {
        let plain = new(origin_of(v), args_of(v))?;
        let it = iter(plain.value())?;
        let arguments = crate::tuple::from_slice(&[it.value()]);
        return Ok(crate::tuple::from_vec(vec![builtin("next")?, arguments]));
    }
    let arguments = crate::tuple::from_slice(&[origin_of(v), args_of(v)]);
    Ok(crate::tuple::from_vec(vec![v.ty().to_ref(), arguments]))
}
fn dir(v: Value) -> PyResult {
    let names = ops::call(builtin("dir")?.value(), &[origin_of(v)])?;
    for name in OWN {
        let name = crate::str::intern(name);
        if !ops::contains(names.value(), name.value())? {
            crate::list::append(names.value(), name)?;
        }
    }
    Ok(names)
}
fn get_unpacked_args(v: Value) -> PyResult {
    if is_starred(v) && origin_of(v) == ty!(crate::tuple::PyTuple_Type).value() {
        Ok(Ref::new(args_of(v)))
    } else {
        Ok(Ref::none())
    }
}

methods! {
    static METHODS = [
        "__mro_entries__" FAST mro_entries, "__mro_entries__($self, bases, /)\n--\n\n";
        "__instancecheck__" O instance_check, "__instancecheck__($self, instance, /)\n--\n\n";
        "__subclasscheck__" O subclass_check, "__subclasscheck__($self, cls, /)\n--\n\n";
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\n";
        "__dir__" NOARGS dir, "__dir__($self, /)\n--\n\n";
    ]
}
getset! {
    static GETSET = [
        "__parameters__" parameters_of, None, "Type variables in the GenericAlias.";
        "__typing_unpacked_tuple_args__" get_unpacked_args, None, "";
    ]
}
members! {
    static MEMBERS = [
        "__origin__" OBJECT, offset_of!(GenericAliasObject, origin), membertype::READONLY, "";
        "__args__" OBJECT, offset_of!(GenericAliasObject, args), membertype::READONLY, "";
        "__unpacked__" BOOL, offset_of!(GenericAliasObject, starred), membertype::READONLY, "";
    ]
}

// ---- iteration ---------------------------------------------------------------------------------------------

fn iter(v: Value) -> PyResult {
    let t = ty!(_Py_GenericAliasIterType);
    crate::typeobject::ready(t)?;
    let object = heap::alloc_zeroed(t, size_of::<AliasIteratorObject>());
    // SAFETY: a fresh iterator.
    unsafe {
        (*object.cast::<AliasIteratorObject>()).obj = Ref::new(v).into_ptr();
        gc::track(object);
        Ok(Ref::from_owned_ptr(object))
    }
}
fn iterator_self(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn iterator_next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: an alias iterator; ownership of its alias moves out.
    let alias = unsafe {
        let place = &raw mut (*v.as_ptr().cast::<AliasIteratorObject>()).obj;
        Ref::from_owned_ptr(std::ptr::replace(place, std::ptr::null_mut()))
    };
    if alias.is_empty() {
        return Ok(None);
    }
    let a = alias.value();
    alloc(ty!(Py_GenericAliasType), origin_of(a), args_of(a), true).map(Some)
}
fn iterator_reduce(v: Value) -> PyResult {
    // SAFETY: an alias iterator.
    let alias = field(unsafe { (*v.as_ptr().cast::<AliasIteratorObject>()).obj });
    let content = match alias.non_empty() {
        Some(a) => Ref::new(a),
        None => crate::tuple::empty(),
    };
    let arguments = crate::tuple::from_vec(vec![content]);
    Ok(crate::tuple::from_vec(vec![builtin("iter")?, arguments]))
}
methods! {
    static ITERATOR_METHODS = [
        "__reduce__" NOARGS iterator_reduce, "__reduce__($self, /)\n--\n\n";
    ]
}

unsafe extern "C" fn iterator_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: as a C slot: a live iterator. (The same holds below for each type's own.)
    unsafe {
        let alias = (*object.cast::<AliasIteratorObject>()).obj;
        if alias.is_null() {
            0
        } else {
            visit(alias, arg)
        }
    }
}
unsafe extern "C" fn iterator_clear(object: *mut PyObject) -> c_int {
    // SAFETY: see above.
    unsafe { heap::clear_field(&raw mut (*object.cast::<AliasIteratorObject>()).obj) };
    0
}
unsafe extern "C" fn iterator_dealloc(object: *mut PyObject) {
    // SAFETY: see above.
    unsafe {
        gc::untrack(object);
        iterator_clear(object);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: see above.
    unsafe {
        let a = object.cast::<GenericAliasObject>();
        for p in [(*a).origin, (*a).args, (*a).parameters] {
            if !p.is_null() {
                let r = visit(p, arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
/// An alias is used as long as it is reachable: nothing can be taken from it but its cached parameters.
unsafe extern "C" fn clear(object: *mut PyObject) -> c_int {
    // SAFETY: see above.
    unsafe { heap::clear_field(&raw mut (*object.cast::<GenericAliasObject>()).parameters) };
    0
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: see above.
    unsafe {
        gc::untrack(object);
        crate::weakref::clear_refs(object);
        let a = object.cast::<GenericAliasObject>();
        heap::clear_field(&raw mut (*a).origin);
        heap::clear_field(&raw mut (*a).args);
        heap::clear_field(&raw mut (*a).parameters);
        heap::finish_dealloc(object);
    }
}
