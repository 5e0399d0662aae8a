//! `functools.partial`.

use crate::util::{get_dict, repr_text, set_dict};
use pyrs_object::boundary::canonical;
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_instance, class_getitem, repr_enter, repr_leave};
use pyrs_object::{Args, PyResult, Ref, Type, Value, ValueExt, dict, getset, heap, members, methods, ops, py_type, raise, str, tuple, ty};
use smallvec::SmallVec;
use std::mem::offset_of;

#[repr(C)]
pub struct PartialObject {
    pub ob_base: PyObject,
    function: Value,
    /// Tuple.
    args: Value,
    /// Dict.
    keywords: Value,
    dict: Value,
    weakrefs: *mut PyObject,
    /// Where C looks for a vectorcall function; unused.
    vectorcall: usize,
}
py_type! {
    pub static PyPartial_Type: PartialObject = "functools.partial" {
        flags: HAVE_GC | BASETYPE;
        fields {
            tp_dictoffset: offset_of!(PartialObject, dict) as isize,
            tp_weaklistoffset: offset_of!(PartialObject, weakrefs) as isize
        }
        doc: "partial(func, *args, **keywords) - new function with partial application\n    of the given arguments and keywords.\n";
        raw { tp_dealloc: partial_dealloc, tp_traverse: partial_traverse, tp_clear: partial_clear }
        slots { tp_repr: partial_repr, tp_call: partial_call, tp_new: partial_new }
        methods: METHODS;
        getset: GETSET;
        members: MEMBERS;
    }
}
owning_fields!(PartialObject partial_dealloc partial_traverse partial_clear weak; function args keywords dict);
methods! { static METHODS = [
    "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\n";
    "__setstate__" O setstate, "__setstate__($self, state, /)\n--\n\n";
    "__class_getitem__" O|CLASS class_getitem, "__class_getitem__($type, object, /)\n--\n\nSee PEP 585";
] }
getset! { static GETSET = [ "__dict__" get_dict, set_dict, ""; ] }
members! { static MEMBERS = [
    "func" OBJECT, offset_of!(PartialObject, function), membertype::READONLY, "function object to use in future partial calls";
    "args" OBJECT, offset_of!(PartialObject, args), membertype::READONLY, "tuple of arguments to future partial calls";
    "keywords" OBJECT, offset_of!(PartialObject, keywords), membertype::READONLY, "dictionary of keyword arguments to future partial calls";
] }

fn raw(v: Value) -> *mut PartialObject {
    v.as_ptr().cast()
}
/// The function, its first arguments (a tuple) and its keywords (a dict), for callers that push the frame themselves.
pub fn parts(v: Value) -> (Value, Value, Value) {
    // SAFETY: callers pass a partial.
    unsafe { ((*raw(v)).function, (*raw(v)).args, (*raw(v)).keywords) }
}

fn partial_new(t: Type, args: Args<'_>) -> PyResult {
    let Some((function, rest)) = args.positional().split_first() else {
        return Err(raise!(TypeError, "type 'partial' takes at least one argument"));
    };
    if !ops::is_callable(*function) {
        return Err(raise!(TypeError, "the first argument must be callable"));
    }
    let mut function = *function;
    let mut first: &[Value] = &[];
    let mut keywords = None;
    if function.is_a(ty!(PyPartial_Type)) {
        let inherits = function.ty().tp_call.map(|f| f as usize) == ty!(PyPartial_Type).tp_call.map(|f| f as usize);
        // SAFETY: a live partial.
        if inherits && unsafe { (*raw(function)).dict.is_empty() } {
            let (f, a, k) = parts(function);
            function = f;
            first = tuple::items(a);
            keywords = Some(k);
        }
    }
    let keywords = match keywords {
        Some(k) => dict::copy(k),
        None => dict::new(),
    };
    for (k, v) in args.keywords() {
        dict::set_item(keywords.value(), k, v)?;
    }
    let all = if first.is_empty() {
        tuple::from_slice(rest)
    } else {
        tuple::from_vec(first.iter().chain(rest).map(|v| Ref::new(canonical(*v))).collect())
    };
    let p = alloc_instance(t, 0)?.cast::<PartialObject>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).function = Ref::new(function).into_value();
        (*p).args = all.into_value();
        (*p).keywords = keywords.into_value();
        Ok(Ref::from_owned_ptr(p))
    }
}

fn partial_call(v: Value, given: Args<'_>) -> PyResult {
    let (function, args, keywords) = parts(v);
    // `__setstate__` may replace the fields meanwhile.
    let (function, args) = (Ref::new(function), Ref::new(args));
    let first = tuple::items(args.value());
    if dict::len(keywords) == 0 {
        if first.is_empty() {
            return ops::call_args(function.value(), given);
        }
        let mut values: SmallVec<[Value; 10]> = SmallVec::with_capacity(first.len() + given.values.len());
        values.extend(first.iter().map(|x| canonical(*x)));
        values.extend_from_slice(given.values);
        return ops::call_args(function.value(), Args { values: &values, kwnames: given.kwnames });
    }
    let keywords = Ref::new(keywords);
    let mut values: SmallVec<[Value; 10]> = first.iter().map(|x| canonical(*x)).collect();
    values.extend_from_slice(given.positional());
    let mut names: Vec<Ref> = Vec::with_capacity(dict::len(keywords.value()) + given.n_keywords());
    let start = values.len();
    dict::for_each(keywords.value(), |k, x| {
        names.push(Ref::new(k));
        values.push(x);
    });
    for (k, x) in given.keywords() {
        match names.iter().position(|n| n.value() == k || str::eq(n.value(), k)) {
            Some(i) => values[start + i] = x,
            None => {
                names.push(Ref::new(k));
                values.push(x);
            }
        }
    }
    // The values from the dict stay alive through these counts even if the dict changes.
    let held: SmallVec<[Ref; 6]> = values[start..].iter().map(|x| Ref::new(*x)).collect();
    let names = tuple::from_vec(names);
    let result = ops::call_args(function.value(), Args { values: &values, kwnames: names.value() });
    drop(held);
    result
}

fn partial_repr(v: Value) -> PyResult {
    if repr_enter(v) {
        return Ok(str::new("..."));
    }
    let made = (|| {
        let (function, args, keywords) = parts(v);
        let (function, args, keywords) = (Ref::new(function), Ref::new(args), Ref::new(keywords));
        let mut text = format!("{}({}", v.ty().full_name(), repr_text(function.value())?);
        for x in tuple::items(args.value()) {
            text.push_str(", ");
            text.push_str(&repr_text(canonical(*x))?);
        }
        let mut position = 0;
        while let Some((k, x)) = dict::next(keywords.value(), &mut position) {
            let (k, x) = (Ref::new(k), Ref::new(x));
            let key = str::to_string_lossy(ops::str_of(k.value())?.value());
            text.push_str(&format!(", {key}={}", repr_text(x.value())?));
        }
        text.push(')');
        Ok(str::new(&text))
    })();
    repr_leave(v);
    made
}

fn reduce(v: Value) -> PyResult {
    let (function, args, keywords) = parts(v);
    // SAFETY: a live partial.
    let own = unsafe { (*raw(v)).dict };
    let own = own.non_empty().map_or_else(Ref::none, Ref::new);
    let state = tuple::from_vec(vec![Ref::new(function), Ref::new(args), Ref::new(keywords), own]);
    Ok(tuple::from_vec(vec![v.ty().to_ref(), tuple::from_slice(&[function]), state]))
}
fn setstate(v: Value, state: Value) -> PyResult {
    let invalid = || raise!(TypeError, "invalid partial state");
    if !tuple::is_tuple(state) || tuple::len(state) != 4 {
        return Err(invalid());
    }
    let [function, args, keywords, own] = [0, 1, 2, 3].map(|i| tuple::get(state, i));
    if !ops::is_callable(function) || !tuple::is_tuple(args) || !(keywords.is_none() || dict::is_dict(keywords)) {
        return Err(invalid());
    }
    let args = if args.is_exact(ty!(tuple::PyTuple_Type)) { Ref::new(args) } else { ops::to_tuple(args)? };
    let keywords = if keywords.is_none() {
        dict::new()
    } else if keywords.is_exact(ty!(dict::PyDict_Type)) {
        Ref::new(keywords)
    } else {
        dict::copy(keywords)
    };
    let own = if own.is_none() { Value::EMPTY } else { Ref::new(own).into_value() };
    // SAFETY: a live partial; the old fields go after all new ones are in place.
    let old = unsafe {
        let p = raw(v);
        [
            std::mem::replace(&mut (*p).function, Ref::new(function).into_value()),
            std::mem::replace(&mut (*p).args, args.into_value()),
            std::mem::replace(&mut (*p).keywords, keywords.into_value()),
            std::mem::replace(&mut (*p).dict, own),
        ]
    };
    for o in old {
        heap::decref(o);
    }
    Ok(Ref::none())
}
