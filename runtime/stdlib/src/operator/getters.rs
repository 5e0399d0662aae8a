//! `itemgetter`, `attrgetter`, `methodcaller`.

use crate::util::repr_text;
use pyrs_object::boundary::canonical;
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_instance, repr_enter, repr_leave};
use pyrs_object::{Args, PyResult, Ref, Type, Value, ValueExt, dict, list, methods, ops, py_type, raise, str, tuple, ty};
use smallvec::SmallVec;

#[repr(C)]
pub struct ItemGetter {
    pub ob_base: PyObject,
    /// The item, or the tuple of items when there are several.
    item: Value,
    count: usize,
    /// The single item as an index that needs no conversion, or -1.
    index: isize,
}
#[repr(C)]
pub struct AttrGetter {
    pub ob_base: PyObject,
    /// For each attribute a str, or a tuple of strs for a dotted name.
    names: Value,
    /// The attributes as they were given.
    given: Value,
}
#[repr(C)]
pub struct MethodCaller {
    pub ob_base: PyObject,
    name: Value,
    args: Value,
    kwargs: Value,
}

py_type! {
    pub static PyItemGetter_Type: ItemGetter = "operator.itemgetter" {
        flags: HAVE_GC;
        doc: "Return a callable object that fetches the given item(s) from its operand.";
        raw { tp_dealloc: item_dealloc, tp_traverse: item_traverse, tp_clear: item_clear }
        slots { tp_repr: item_repr, tp_call: item_call, tp_new: item_new }
        methods: ITEM_METHODS;
    }
}
py_type! {
    pub static PyAttrGetter_Type: AttrGetter = "operator.attrgetter" {
        flags: HAVE_GC;
        doc: "Return a callable object that fetches the given attribute(s) from its operand.";
        raw { tp_dealloc: attr_dealloc, tp_traverse: attr_traverse, tp_clear: attr_clear }
        slots { tp_repr: attr_repr, tp_call: attr_call, tp_new: attr_new }
        methods: ATTR_METHODS;
    }
}
py_type! {
    pub static PyMethodCaller_Type: MethodCaller = "operator.methodcaller" {
        flags: HAVE_GC;
        doc: "Return a callable object that calls the given method on its operand.";
        raw { tp_dealloc: caller_dealloc, tp_traverse: caller_traverse, tp_clear: caller_clear }
        slots { tp_repr: caller_repr, tp_call: caller_call, tp_new: caller_new }
        methods: CALLER_METHODS;
    }
}
owning_fields!(ItemGetter item_dealloc item_traverse item_clear; item);
owning_fields!(AttrGetter attr_dealloc attr_traverse attr_clear; names given);
owning_fields!(MethodCaller caller_dealloc caller_traverse caller_clear; name args kwargs);

methods! { static ITEM_METHODS = [
    "__reduce__" NOARGS item_reduce, "__reduce__($self, /)\n--\n\nReturn state information for pickling";
] }
methods! { static ATTR_METHODS = [
    "__reduce__" NOARGS attr_reduce, "__reduce__($self, /)\n--\n\nReturn state information for pickling";
] }
methods! { static CALLER_METHODS = [
    "__reduce__" NOARGS caller_reduce, "__reduce__($self, /)\n--\n\nReturn state information for pickling";
] }

/// The one argument of a getter's call.
#[inline]
fn operand(name: &str, args: Args<'_>) -> PyResult<Value> {
    match args.values {
        [v] if args.kwnames.is_empty() => Ok(*v),
        _ => {
            args.no_keywords(name)?;
            pyrs_object::check_positional(name, args.values.len(), 1, 1)?;
            Ok(args.values[0])
        }
    }
}
fn joined_repr(name: &str, parts: &[Value]) -> PyResult {
    let mut text = format!("{name}(");
    for (i, p) in parts.iter().enumerate() {
        if i > 0 {
            text.push_str(", ");
        }
        text.push_str(&repr_text(canonical(*p))?);
    }
    text.push(')');
    Ok(str::new(&text))
}
/// Runs `f` unless the repr of `v` is being made already.
fn guarded_repr(v: Value, f: impl FnOnce() -> PyResult) -> PyResult {
    if repr_enter(v) {
        return Ok(str::new(&format!("{}(...)", v.ty().full_name())));
    }
    let r = f();
    repr_leave(v);
    r
}

fn item_raw(v: Value) -> *mut ItemGetter {
    v.as_ptr().cast()
}
fn item_new(t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("itemgetter")?;
    let p = match args.values {
        [] => return Err(raise!(TypeError, "itemgetter expected 1 argument, got 0")),
        [one] => {
            let p = alloc_instance(t, 0)?.cast::<ItemGetter>();
            // SAFETY: a fresh zeroed instance.
            unsafe {
                (*p).item = Ref::new(*one).into_value();
                (*p).index = one.as_int().map_or(-1, |n| n.max(-1) as isize);
            }
            p
        }
        many => {
            let items = tuple::from_slice(many);
            let p = alloc_instance(t, 0)?.cast::<ItemGetter>();
            // SAFETY: a fresh zeroed instance.
            unsafe {
                (*p).item = items.into_value();
                (*p).index = -1;
            }
            p
        }
    };
    // SAFETY: an instance that only we hold.
    unsafe {
        (*p).count = args.values.len();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn item_call(v: Value, args: Args<'_>) -> PyResult {
    let object = operand("itemgetter", args)?;
    let p = item_raw(v);
    // SAFETY: a live instance, whose fields never change.
    unsafe {
        if (*p).count == 1 {
            if (*p).index >= 0 && object.is_object() {
                let i = (*p).index as usize;
                let t = object.ty();
                if t == ty!(tuple::PyTuple_Type) {
                    if let Some(x) = tuple::items(object).get(i) {
                        return Ok(Ref::new(canonical(*x)));
                    }
                } else if t == ty!(list::PyList_Type)
                    && let Some(x) = list::get(object, i)
                {
                    return Ok(x);
                }
            }
            return ops::getitem(object, (*p).item);
        }
        let keys = tuple::items((*p).item);
        let mut out = Vec::with_capacity(keys.len());
        for k in keys {
            out.push(ops::getitem(object, canonical(*k))?);
        }
        Ok(tuple::from_vec(out))
    }
}
fn item_keys(v: Value) -> Vec<Value> {
    // SAFETY: a live instance.
    unsafe {
        let p = item_raw(v);
        if (*p).count == 1 { vec![(*p).item] } else { tuple::items((*p).item).to_vec() }
    }
}
fn item_repr(v: Value) -> PyResult {
    guarded_repr(v, || joined_repr(v.ty().full_name(), &item_keys(v)))
}
fn item_reduce(v: Value) -> PyResult {
    Ok(tuple::pair(v.ty().to_ref(), tuple::from_slice(&item_keys(v))))
}

fn attr_raw(v: Value) -> *mut AttrGetter {
    v.as_ptr().cast()
}
fn attr_new(t: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("attrgetter")?;
    if args.values.is_empty() {
        return Err(raise!(TypeError, "attrgetter expected 1 argument, got 0"));
    }
    let mut names = Vec::with_capacity(args.values.len());
    for name in args.values {
        if !str::is_str(*name) {
            return Err(raise!(TypeError, "attribute name must be a string"));
        }
        let text = str::to_string_lossy(*name);
        names.push(if text.contains('.') {
            // Splitting the object itself keeps lone surrogates.
            let n = str::len(*name);
            let mut parts = Vec::new();
            let mut from = 0;
            for i in 0..=n {
                if i == n || str::char_at(*name, i) == u32::from(b'.') {
                    parts.push(str::intern_value(str::substring(*name, from, i)));
                    from = i + 1;
                }
            }
            tuple::from_vec(parts)
        } else if str::is_exact(*name) {
            str::intern_value(Ref::new(*name))
        } else {
            str::intern_value(str::substring(*name, 0, str::len(*name)))
        });
    }
    let p = alloc_instance(t, 0)?.cast::<AttrGetter>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).names = tuple::from_vec(names).into_value();
        (*p).given = tuple::from_slice(args.values).into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}
fn get_dotted(object: Value, name: Value) -> PyResult {
    if !tuple::is_tuple(name) {
        return ops::getattr(object, name);
    }
    let mut at = Ref::new(object);
    for part in tuple::items(name) {
        at = ops::getattr(at.value(), *part)?;
    }
    Ok(at)
}
fn attr_call(v: Value, args: Args<'_>) -> PyResult {
    let object = operand("attrgetter", args)?;
    // SAFETY: a live instance, whose fields never change.
    let names = tuple::items(unsafe { (*attr_raw(v)).names });
    if let [name] = names {
        return get_dotted(object, *name);
    }
    let mut out = Vec::with_capacity(names.len());
    for name in names {
        out.push(get_dotted(object, *name)?);
    }
    Ok(tuple::from_vec(out))
}
fn attr_repr(v: Value) -> PyResult {
    // SAFETY: a live instance.
    guarded_repr(v, || joined_repr(v.ty().full_name(), tuple::items(unsafe { (*attr_raw(v)).given })))
}
fn attr_reduce(v: Value) -> PyResult {
    // SAFETY: a live instance.
    Ok(tuple::pair(v.ty().to_ref(), Ref::new(unsafe { (*attr_raw(v)).given })))
}

fn caller_raw(v: Value) -> *mut MethodCaller {
    v.as_ptr().cast()
}
fn caller_new(t: Type, args: Args<'_>) -> PyResult {
    let given = args.positional();
    let Some((name, rest)) = given.split_first() else {
        return Err(raise!(TypeError, "methodcaller needs at least one argument, the method name"));
    };
    if !str::is_str(*name) {
        return Err(raise!(TypeError, "method name must be a string"));
    }
    let name = if str::is_exact(*name) { str::intern_value(Ref::new(*name)) } else { Ref::new(*name) };
    let kwargs = if args.n_keywords() > 0 { dict::from_keywords(args)?.into_value() } else { Value::EMPTY };
    let p = alloc_instance(t, 0)?.cast::<MethodCaller>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).name = name.into_value();
        (*p).args = tuple::from_slice(rest).into_value();
        (*p).kwargs = kwargs;
        Ok(Ref::from_owned_ptr(p))
    }
}
fn caller_call(v: Value, args: Args<'_>) -> PyResult {
    let object = operand("methodcaller", args)?;
    let p = caller_raw(v);
    // SAFETY: a live instance, whose fields never change.
    let (name, args, kwargs) = unsafe { ((*p).name, (*p).args, (*p).kwargs) };
    let mut values: SmallVec<[Value; 8]> = tuple::items(args).iter().map(|x| canonical(*x)).collect();
    let method = pyrs_object::typeobject::get_method(object, name)?;
    if kwargs.is_empty() {
        return method.call(&values);
    }
    let mut names = Vec::new();
    dict::for_each(kwargs, |k, x| {
        names.push(Ref::new(k));
        values.push(x);
    });
    let names = tuple::from_vec(names);
    method.call_args(Args { values: &values, kwnames: names.value() })
}
fn caller_repr(v: Value) -> PyResult {
    guarded_repr(v, || {
        let p = caller_raw(v);
        // SAFETY: a live instance, whose fields never change.
        let (name, args, kwargs) = unsafe { ((*p).name, (*p).args, (*p).kwargs) };
        let mut text = format!("{}({}", v.ty().full_name(), repr_text(name)?);
        for x in tuple::items(args) {
            text.push_str(", ");
            text.push_str(&repr_text(canonical(*x))?);
        }
        if !kwargs.is_empty() {
            let mut position = 0;
            while let Some((k, x)) = dict::next(kwargs, &mut position) {
                text.push_str(&format!(", {}={}", str::to_string_lossy(k), repr_text(x)?));
            }
        }
        text.push(')');
        Ok(str::new(&text))
    })
}
fn caller_reduce(v: Value) -> PyResult {
    let p = caller_raw(v);
    // SAFETY: a live instance, whose fields never change.
    let (name, args, kwargs) = unsafe { ((*p).name, (*p).args, (*p).kwargs) };
    if kwargs.is_empty() {
        let mut all = vec![Ref::new(name)];
        all.extend(tuple::items(args).iter().map(|x| Ref::new(canonical(*x))));
        return Ok(tuple::pair(v.ty().to_ref(), tuple::from_vec(all)));
    }
    let functools = pyrs_vm::import::import_absolute("functools")?;
    let partial = ops::getattr_str(functools.value(), "partial")?;
    let mut values: SmallVec<[Value; 8]> = smallvec::smallvec![v.ty().value(), name];
    let mut names = Vec::new();
    dict::for_each(kwargs, |k, x| {
        names.push(Ref::new(k));
        values.push(x);
    });
    let names = tuple::from_vec(names);
    let made = ops::call_args(partial.value(), Args { values: &values, kwnames: names.value() })?;
    Ok(tuple::pair(made, Ref::new(args)))
}
