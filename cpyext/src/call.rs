//! The calling half of `abstract.h` and `cpython/abstract.h`.

use crate::abstract_::null_argument;
use crate::va::{List, Va};
use crate::*;
use pyrs_object::boundary::CArgs;
use pyrs_object::{ValueExt, dict, ops, tuple};

const OFFSET: usize = 1 << 63;

unsafe fn vectorcall_slot(v: Value) -> Option<vectorcallfunc> {
    if !v.ty().has(tpflags::HAVE_VECTORCALL) {
        return None;
    }
    // SAFETY: by contract.
    unsafe { vectorcall_pointer(v) }
}
/// [`vectorcall_slot`] of classes that may have replaced the protocol by a `__call__`.
unsafe fn vectorcall_pointer(v: Value) -> Option<vectorcallfunc> {
    let t = v.ty();
    if t.tp_vectorcall_offset <= 0 {
        return None;
    }
    // SAFETY: an offset says that a vectorcall pointer (or null) lies there.
    unsafe {
        *v.as_ptr()
            .cast::<u8>()
            .offset(t.tp_vectorcall_offset)
            .cast::<Option<vectorcallfunc>>()
    }
}
/// Calls without a round trip through native values where the callee is C anyway.
unsafe fn vectorcall(f: O, args: *const O, nargsf: usize, kwnames: O) -> O {
    // SAFETY: the vectorcall protocol.
    unsafe {
        let v = Value::from_object(f);
        if let Some(slot) = vectorcall_slot(v) {
            if std::ptr::fn_addr_eq(slot, ops::native_vectorcall as vectorcallfunc) {
                return checked(f, slot(f, args, nargsf, kwnames));
            }
            let Ok(_guard) = pyrs_object::hooks().enter_native() else {
                return NULL;
            };
            return checked(f, slot(f, args, nargsf, kwnames));
        }
        ops::native_vectorcall(f, args, nargsf, kwnames)
    }
}
/// Positional arguments that need no vector.
const FEW: usize = 6;
/// A call with the items of a tuple.
unsafe fn call_with_items(f: O, args: O) -> O {
    // SAFETY: a live callable and tuple, which the caller keeps.
    unsafe {
        let items = tuple::items(Value::from_object(args));
        let v = Value::from_object(f);
        if vectorcall_slot(v).is_some() {
            boundary::expose(Value::from_object(args));
            return vectorcall(f, items.as_ptr().cast(), items.len(), NULL);
        }
        let mut values = [Value::EMPTY; FEW];
        for (place, item) in values.iter_mut().zip(items) {
            *place = boundary::canonical(*item);
        }
        ret(ops::call(val(f), &values[..items.len()]))
    }
}
/// A result and an error exclude each other.
fn checked(f: O, r: O) -> O {
    if r.is_null() != pyrs_object::errors::occurred() {
        return bad_result(f, r);
    }
    r
}
#[cold]
fn bad_result(f: O, r: O) -> O {
    let shown = |f: O| {
        let saved = pyrs_object::errors::occurred().then(pyrs_object::errors::take);
        // SAFETY: a live callable.
        let s = ops::repr(unsafe { val(f) }).map(|s| pyrs_object::str::to_string_lossy(s.value()));
        (s.unwrap_or_default(), saved)
    };
    let (name, saved) = shown(f);
    if r.is_null() {
        let _ = raise!(
            SystemError,
            "{name} returned NULL without setting an exception"
        );
    } else {
        // SAFETY: the result is given up.
        unsafe { pyrs_object::heap::decref_ptr(r) };
        let _ = raise!(
            SystemError,
            "{name} returned a result with an exception set"
        );
        if let Some(cause) = saved {
            let exc = pyrs_object::errors::take();
            pyrs_object::exceptions::set_cause(exc.value(), Some(cause.clone()));
            pyrs_object::exceptions::set_context(exc.value(), Some(cause));
            let _ = pyrs_object::errors::restore(exc);
        }
    }
    NULL
}

capi! {
    fn PyObject_Call(f: O, args: O, kw: O) -> O {
        if tuple::len(Value::from_object(args)) <= FEW && (kw.is_null() || dict::len(val(kw)) == 0) {
            return call_with_items(f, args);
        }
        match CArgs::from_tuple_dict(args, kw) {
            Ok(c) => ret(ops::call_args(val(f), c.args())),
            Err(_) => NULL,
        }
    }
    fn PyObject_CallObject(f: O, args: O) -> O {
        if args.is_null() { return PyObject_CallNoArgs(f); }
        if !tuple::is_tuple(val(args)) {
            let _ = raise!(TypeError, "argument list must be a tuple");
            return NULL;
        }
        PyObject_Call(f, args, NULL)
    }
    fn PyEval_CallObjectWithKeywords(f: O, args: O, kw: O) -> O {
        if args.is_null() { return PyObject_Call(f, pyrs_object::tuple::empty().value().as_ptr(), kw); }
        if !tuple::is_tuple(val(args)) {
            let _ = raise!(TypeError, "argument list must be a tuple");
            return NULL;
        }
        PyObject_Call(f, args, kw)
    }
    fn PyObject_CallNoArgs(f: O) -> O { vectorcall(f, [NULL, NULL].as_ptr().add(1), OFFSET, NULL) }
    fn PyObject_CallOneArg(f: O, a: O) -> O { vectorcall(f, [NULL, a].as_ptr().add(1), 1 | OFFSET, NULL) }
    fn PyObject_Vectorcall(f: O, args: *const O, nargsf: usize, kwnames: O) -> O { vectorcall(f, args, nargsf, kwnames) }
    fn _PyObject_FastCall(f: O, args: *const O, n: isize) -> O { vectorcall(f, args, n as usize, NULL) }
    fn PyObject_VectorcallDict(f: O, args: *const O, nargsf: usize, kw: O) -> O {
        if kw.is_null() || dict::len(val(kw)) == 0 { return vectorcall(f, args, nargsf, NULL); }
        let n = nargsf & !OFFSET;
        let mut all: smallvec::SmallVec<[O; 9]> = smallvec::smallvec![NULL];
        all.extend((0..n).map(|i| *args.add(i)));
        let (mut names, mut held, mut at, mut bad) = (Vec::new(), Vec::new(), 0, false);
        while let Some((k, v)) = dict::next(val(kw), &mut at) {
            bad |= !k.has_flag(tpflags::UNICODE_SUBCLASS);
            names.push(Ref::new(k));
            held.push(boundary::CRef::new(v));
        }
        if bad { let _ = raise!(TypeError, "keywords must be strings"); return NULL; }
        all.extend(held.iter().map(boundary::CRef::ptr));
        let names = boundary::CRef::new(tuple::from_vec(names).value());
        vectorcall(f, all.as_ptr().add(1), n | OFFSET, names.ptr())
    }
    fn PyObject_VectorcallMethod(name: O, args: *const O, nargsf: usize, kwnames: O) -> O {
        let n = nargsf & !OFFSET;
        let slf = val(*args);
        let method = match pyrs_object::typeobject::get_method(slf, val(name)) { Ok(m) => m, Err(_) => return NULL };
        let callable = boundary::CRef::new(method.callable.value());
        if method.slf.is_empty() {
            // The slot of self may be used as scratch only if the caller allowed it for the array before it.
            vectorcall(callable.ptr(), args.add(1), n - 1, kwnames)
        } else {
            vectorcall(callable.ptr(), args, n, kwnames)
        }
    }
    fn PyVectorcall_Function(f: O) -> Option<vectorcallfunc> { vectorcall_slot(Value::from_object(f)) }
    fn PyVectorcall_Call(f: O, args: O, kw: O) -> O {
        let Some(slot) = vectorcall_pointer(Value::from_object(f)) else {
            let _ = raise!(TypeError, "'{}' object does not support vectorcall", val(f).ty().message_name());
            return NULL;
        };
        let values = tuple::items(Value::from_object(args));
        let mut all: smallvec::SmallVec<[O; 9]> = smallvec::smallvec![NULL];
        all.extend(values.iter().map(|v| v.as_ptr()));
        if kw.is_null() || dict::len(val(kw)) == 0 {
            return checked(f, slot(f, all.as_ptr().add(1), values.len() | OFFSET, NULL));
        }
        let (mut names, mut held, mut at, mut bad) = (Vec::new(), Vec::new(), 0, false);
        while let Some((k, v)) = dict::next(val(kw), &mut at) {
            bad |= !k.has_flag(tpflags::UNICODE_SUBCLASS);
            names.push(Ref::new(k));
            held.push(boundary::CRef::new(v));
        }
        if bad { let _ = raise!(TypeError, "keywords must be strings"); return NULL; }
        all.extend(held.iter().map(boundary::CRef::ptr));
        let names = boundary::CRef::new(tuple::from_vec(names).value());
        checked(f, slot(f, all.as_ptr().add(1), values.len() | OFFSET, names.ptr()))
    }
    fn _PyObject_MakeTpCall(_tstate: *mut PyThreadState, f: O, args: *const O, n: isize, keywords: O) -> O {
        let v = Value::from_object(f);
        let Some(call) = v.ty().tp_call else {
            let _ = raise!(TypeError, "'{}' object is not callable", v.ty().message_name());
            return NULL;
        };
        let given: Vec<Value> = (0..n as usize).map(|i| val(*args.add(i))).collect();
        let tuple = boundary::CRef::new(tuple::from_slice(&given).value());
        let kw = if keywords.is_null() {
            None
        } else if dict::is_dict(val(keywords)) {
            Some(Ref::new(val(keywords)))
        } else {
            let d = steal(_PyStack_AsDict(args.add(n as usize), keywords));
            if d.is_empty() { return NULL; }
            Some(d)
        };
        let Ok(_guard) = pyrs_object::hooks().enter_native() else { return NULL };
        checked(f, call(f, tuple.ptr(), kw.as_ref().map_or(NULL, |d| d.as_ptr())))
    }
    fn _PyStack_AsDict(values: *const O, kwnames: O) -> O {
        let d = dict::new();
        let n = if kwnames.is_null() { 0 } else { tuple::len(Value::from_object(kwnames)) };
        for i in 0..n {
            if dict::set_item(d.value(), tuple::get(Value::from_object(kwnames), i), val(*values.add(i))).is_err() { return NULL; }
        }
        boundary::to_c(d)
    }
    fn _Py_CheckFunctionResult(_tstate: *mut PyThreadState, f: O, r: O, _place: *const c_char) -> O { checked(f, r) }

    // ---- what c/varargs.c calls ----
    fn pyrs_call_format(f: O, format: *const c_char, list: *mut Va, flags: c_int) -> O {
        if f.is_null() { return null_argument(); }
        ret(format_args(format, list, flags).and_then(|args| ops::call(val(f), &values(&args))))
    }
    fn pyrs_call_method_format(o: O, name: *const c_char, format: *const c_char, list: *mut Va, flags: c_int) -> O {
        if o.is_null() || name.is_null() { return null_argument(); }
        let name = crate::name(name);
        ret(ops::getattr(val(o), name.value()).and_then(|f| {
            if !ops::is_callable(f.value()) {
                return Err(raise!(TypeError, "attribute of type '{}' is not callable", f.ty().message_name()));
            }
            let args = format_args(format, list, flags)?;
            ops::call(f.value(), &values(&args))
        }))
    }
    fn pyrs_call_objects(f: O, list: *mut Va) -> O {
        if f.is_null() { return null_argument(); }
        let args = objects(List(list));
        vectorcall(f, args.as_ptr().add(1), (args.len() - 1) | OFFSET, NULL)
    }
    fn pyrs_tuple_items(args: O, n: *mut isize) -> *const O {
        let v = Value::from_object(args);
        if args.is_null() || !tuple::is_tuple(v) { return std::ptr::null(); }
        boundary::expose(v);
        let items = tuple::items(v);
        *n = items.len() as isize;
        items.as_ptr().cast()
    }
    fn pyrs_call_method_objects(o: O, name: O, list: *mut Va) -> O {
        if o.is_null() || name.is_null() { return null_argument(); }
        let args = objects(List(list));
        let given: Vec<Value> = args[1..].iter().map(|a| val(*a)).collect();
        ret(ops::call_method(val(o), val(name), &given))
    }
    fn pyrs_tuple_of(n: isize, items: *const O) -> O {
        let t = tuple::from_slice(std::slice::from_raw_parts(items.cast::<Value>(), n as usize));
        if n != 0 { boundary::set_exposed(t.as_ptr()); }
        t.into_ptr()
    }
    fn pyrs_tuple_pack(n: isize, list: *mut Va) -> O {
        let list = List(list);
        let items: Vec<Ref> = (0..n.max(0)).map(|_| Ref::new(Value::from_object(list.object()))).collect();
        boundary::to_c(tuple::from_vec(items))
    }
}

/// The objects of a null-terminated list, behind one scratch word.
unsafe fn objects(list: List) -> smallvec::SmallVec<[O; 9]> {
    let mut all: smallvec::SmallVec<[O; 9]> = smallvec::smallvec![NULL];
    loop {
        // SAFETY: the list ends with a null pointer.
        let o = unsafe { list.object() };
        if o.is_null() {
            return all;
        }
        all.push(o);
    }
}
fn values(args: &[Ref]) -> Vec<Value> {
    args.iter().map(Ref::value).collect()
}
/// The arguments that a format describes: a single tuple spreads.
unsafe fn format_args(format: *const c_char, list: *mut Va, flags: c_int) -> PyResult<Vec<Ref>> {
    // SAFETY: by the C API's contract.
    let bytes = unsafe { c_bytes(format) };
    if bytes.is_empty() {
        return Ok(Vec::new());
    }
    // SAFETY: as above.
    let built = unsafe { crate::modsupport::build_many(bytes, List(list), flags & 1 != 0)? };
    if let [one] = &built[..]
        && tuple::is_tuple(one.value())
    {
        return Ok(tuple::items(one.value())
            .iter()
            .map(|v| Ref::new(boundary::canonical(*v)))
            .collect());
    }
    Ok(built)
}
