//! `abstract.h`: numbers, sequences, mappings and iterators.

use crate::*;
use pyrs_object::ops::{self, BinOp};
use pyrs_object::{ValueExt, errors, exceptions, int, intern, list, memory, tuple, ty};

macro_rules! binary_ops {
    ($($name:ident $inplace:ident $op:ident;)*) => {$(
        capi! {
            fn $name(a: O, b: O) -> O { ret(ops::binary(BinOp::$op, val(a), val(b), false)) }
            fn $inplace(a: O, b: O) -> O { ret(ops::binary(BinOp::$op, val(a), val(b), true)) }
        }
    )*};
}
binary_ops! {
    PyNumber_Add PyNumber_InPlaceAdd Add;
    PyNumber_Subtract PyNumber_InPlaceSubtract Sub;
    PyNumber_Multiply PyNumber_InPlaceMultiply Mul;
    PyNumber_MatrixMultiply PyNumber_InPlaceMatrixMultiply MatMul;
    PyNumber_FloorDivide PyNumber_InPlaceFloorDivide FloorDiv;
    PyNumber_TrueDivide PyNumber_InPlaceTrueDivide TrueDiv;
    PyNumber_Remainder PyNumber_InPlaceRemainder Mod;
    PyNumber_Lshift PyNumber_InPlaceLshift LShift;
    PyNumber_Rshift PyNumber_InPlaceRshift RShift;
    PyNumber_And PyNumber_InPlaceAnd And;
    PyNumber_Xor PyNumber_InPlaceXor Xor;
    PyNumber_Or PyNumber_InPlaceOr Or;
}

unsafe fn same_object(o: O) -> O {
    // SAFETY: a live object.
    unsafe { (*o).ob_refcnt += 1 };
    o
}
/// An item of an exact list or tuple as it is, where it must be an object because C looks; `None` if there is none or it is
/// an immediate.
unsafe fn item_at(o: O, i: isize) -> Option<O> {
    // SAFETY: a live object; the type says what it is, and the index is checked.
    unsafe {
        let t = (*o).ob_type;
        let n = (*o.cast::<PyVarObject>()).ob_size;
        let items: *const Value = if t == &raw mut list::PyList_Type {
            (*o.cast::<PyListObject>()).ob_item.cast()
        } else if t == &raw mut tuple::PyTuple_Type {
            (&raw const (*o.cast::<PyTupleObject>()).ob_item).cast()
        } else {
            return None;
        };
        let i = if i < 0 { i + n } else { i };
        if i < 0 || i >= n {
            return None;
        }
        let v = *items.offset(i);
        if !v.is_object() {
            return None;
        }
        boundary::expose(v);
        Some(same_object(v.as_ptr()))
    }
}
fn number_check(v: Value) -> bool {
    let t = v.ty();
    t.number()
        .is_some_and(|n| n.nb_index.is_some() || n.nb_int.is_some() || n.nb_float.is_some())
        || t.is_subtype(ty!(pyrs_object::complex::PyComplex_Type))
}
fn need_int_text(v: Value) -> Raised {
    raise!(
        TypeError,
        "int() argument must be a string, a bytes-like object or a real number, not '{}'",
        v.ty().message_name()
    )
}

capi! {
    fn _PyObject_HasLen(o: O) -> c_int { ops::has_len(val(o)).into() }
    fn _Py_add_one_to_index_F(n: c_int, index: *mut isize, shape: *const isize) {
        for i in 0..n as usize {
            if *index.add(i) < *shape.add(i) - 1 { *index.add(i) += 1; break; }
            *index.add(i) = 0;
        }
    }
    fn _Py_add_one_to_index_C(n: c_int, index: *mut isize, shape: *const isize) {
        for i in (0..n as usize).rev() {
            if *index.add(i) < *shape.add(i) - 1 { *index.add(i) += 1; break; }
            *index.add(i) = 0;
        }
    }
    fn PyNumber_Check(o: O) -> c_int { (!o.is_null() && number_check(val(o))).into() }
    fn PyNumber_Divmod(a: O, b: O) -> O { ret(ops::binary(BinOp::DivMod, val(a), val(b), false)) }
    fn PyNumber_Power(a: O, b: O, c: O) -> O {
        let c = val(c);
        ret(if c.is_none() { ops::binary(BinOp::Pow, val(a), val(b), false) } else { ops::power(val(a), val(b), c) })
    }
    fn PyNumber_InPlacePower(a: O, b: O, c: O) -> O {
        let c = val(c);
        ret(if c.is_none() { ops::binary(BinOp::Pow, val(a), val(b), true) } else { ops::power(val(a), val(b), c) })
    }
    fn PyNumber_Negative(o: O) -> O { ret(ops::negative(val(o))) }
    fn PyNumber_Positive(o: O) -> O { ret(ops::positive(val(o))) }
    fn PyNumber_Absolute(o: O) -> O { ret(ops::absolute(val(o))) }
    fn PyNumber_Invert(o: O) -> O { ret(ops::invert(val(o))) }
    fn PyIndex_Check(o: O) -> c_int { (!o.is_null() && ops::has_index(val(o))).into() }
    fn PyNumber_Index(o: O) -> O {
        if o.is_null() { return null_argument(); }
        if (*o).ob_type == &raw mut int::PyLong_Type { return same_object(o); }
        ret(ops::index(val(o)).map(|i| int::exact(i.value())))
    }
    fn _PyNumber_Index(o: O) -> O {
        if o.is_null() { return null_argument(); }
        if (*o).ob_type == &raw mut int::PyLong_Type { return same_object(o); }
        ret(ops::index(val(o)))
    }
    fn PyNumber_Long(o: O) -> O {
        if o.is_null() { return null_argument(); }
        if (*o).ob_type == &raw mut int::PyLong_Type { return same_object(o); }
        let v = val(o);
        if let Some(r) = int::from_text_value(v, 10) { return ret(r); }
        if memory::has_buffer(v) && !number_check(v) {
            let Ok(b) = memory::bytes_like(v) else { return NULL };
            return match int::parse_limited(b.bytes(), 10) {
                Ok(Some(r)) => ret(Ok(r)),
                Ok(None) => {
                    let Ok(shown) = ops::repr(v) else { return NULL };
                    let _ = raise!(ValueError, "invalid literal for int() with base 10: {}", str::display(shown.value()));
                    NULL
                }
                Err(_) => NULL,
            };
        }
        if !number_check(v) && !has_trunc(v) { let _ = need_int_text(v); return NULL; }
        ret(int::from_object(v))
    }
    fn PyNumber_Float(o: O) -> O {
        if o.is_null() { return null_argument(); }
        if (*o).ob_type == &raw mut pyrs_object::float::PyFloat_Type { return same_object(o); }
        ret(pyrs_object::float::from_object(val(o)))
    }
    fn PyNumber_AsSsize_t(o: O, exc: O) -> isize {
        let v = val(o);
        if let Some(n) = v.as_int() { return n as isize; }
        let r = match Type::from_value(val(exc)) {
            Some(t) => ops::index_as_isize_clipped_error(v, t),
            None => ops::index_clipped(v),
        };
        r.unwrap_or(-1)
    }
    fn PyNumber_ToBase(o: O, base: c_int) -> O {
        if ![2, 8, 10, 16].contains(&base) {
            let _ = raise!(SystemError, "PyNumber_ToBase: base must be 2, 8, 10 or 16");
            return NULL;
        }
        ret(ops::index(val(o)).and_then(|i| {
            let digits = int::to_text(i.value(), base as u32)?;
            let prefix = match base { 2 => "0b", 8 => "0o", 16 => "0x", _ => "" };
            Ok(Ref::str(&match digits.strip_prefix('-') {
                Some(rest) => format!("-{prefix}{rest}"),
                None => format!("{prefix}{digits}"),
            }))
        }))
    }

    // ---- sequences ----
    fn PySequence_Check(o: O) -> c_int { (!o.is_null() && ops::is_sequence(val(o))).into() }
    fn PySequence_Size(o: O) -> isize {
        if o.is_null() { null_argument(); return -1; }
        let v = val(o);
        if v.ty().sequence().and_then(|s| s.sq_length).is_none() {
            let what = if v.ty().mapping().and_then(|m| m.mp_length).is_some() { "is not a sequence" } else { "has no len()" };
            let _ = if what == "has no len()" {
                raise!(TypeError, "object of type '{}' has no len()", v.ty().message_name())
            } else {
                raise!(TypeError, "{} is not a sequence", v.ty().message_name())
            };
            return -1;
        }
        boundary::c_len(ops::len(v))
    }
    fn PySequence_Length(o: O) -> isize { PySequence_Size(o) }
    fn PyObject_Size(o: O) -> isize {
        if o.is_null() { null_argument(); return -1; }
        if (*(*o).ob_type).tp_flags & (tpflags::LIST_SUBCLASS | tpflags::TUPLE_SUBCLASS) != 0
            && !Type::of_ptr(o).is_heap()
        {
            return (*o.cast::<PyVarObject>()).ob_size;
        }
        boundary::c_len(ops::len(val(o)))
    }
    fn PyObject_Length(o: O) -> isize { PyObject_Size(o) }
    fn PyObject_LengthHint(o: O, default: isize) -> isize {
        boundary::c_len(ops::length_hint(val(o), default.max(0) as usize))
    }
    fn PySequence_Concat(a: O, b: O) -> O { ret(ops::concat(val(a), val(b))) }
    fn PySequence_InPlaceConcat(a: O, b: O) -> O {
        let (a, b) = (val(a), val(b));
        let has = a.ty().sequence().is_some_and(|s| s.sq_inplace_concat.is_some() || s.sq_concat.is_some());
        if has || (ops::is_sequence(a) && ops::is_sequence(b)) {
            return ret(ops::binary(BinOp::Add, a, b, true));
        }
        let _ = raise!(TypeError, "'{}' object can't be concatenated", a.ty().message_name());
        NULL
    }
    fn PySequence_Repeat(o: O, n: isize) -> O { ret(repeat(val(o), n, false)) }
    fn PySequence_InPlaceRepeat(o: O, n: isize) -> O { ret(repeat(val(o), n, true)) }
    fn PySequence_GetItem(o: O, i: isize) -> O {
        if o.is_null() { return null_argument(); }
        if let Some(item) = item_at(o, i) { return item; }
        ret(ops::sequence_item(val(o), i))
    }
    fn PySequence_SetItem(o: O, i: isize, v: O) -> c_int { status(ops::sequence_set_item(val(o), i, val(v))) }
    fn PySequence_DelItem(o: O, i: isize) -> c_int { status(ops::sequence_set_item(val(o), i, Value::EMPTY)) }
    fn PySequence_GetSlice(o: O, a: isize, b: isize) -> O {
        let v = val(o);
        if v.ty().mapping().and_then(|m| m.mp_subscript).is_none() {
            let _ = raise!(TypeError, "'{}' object is unsliceable", v.ty().message_name());
            return NULL;
        }
        ret(ops::getitem(v, slice_of(a, b).value()))
    }
    fn PySequence_SetSlice(o: O, a: isize, b: isize, w: O) -> c_int {
        let v = val(o);
        if v.ty().mapping().and_then(|m| m.mp_ass_subscript).is_none() {
            let _ = raise!(TypeError, "'{}' object doesn't support slice assignment", v.ty().message_name());
            return -1;
        }
        status(ops::setitem(v, slice_of(a, b).value(), val(w)))
    }
    fn PySequence_DelSlice(o: O, a: isize, b: isize) -> c_int {
        let v = val(o);
        if v.ty().mapping().and_then(|m| m.mp_ass_subscript).is_none() {
            let _ = raise!(TypeError, "'{}' object doesn't support slice deletion", v.ty().message_name());
            return -1;
        }
        status(ops::setitem(v, slice_of(a, b).value(), Value::EMPTY))
    }
    fn PySequence_Contains(o: O, item: O) -> c_int { truth(ops::contains(val(o), val(item))) }
    fn PySequence_In(o: O, item: O) -> c_int { truth(ops::contains(val(o), val(item))) }
    fn PySequence_Count(o: O, item: O) -> isize {
        let (mut n, item) = (0isize, val(item));
        let r = ops::for_each(val(o), |v| { if same(v.value(), item)? { n += 1; } Ok(true) });
        if r.is_ok() { n } else { -1 }
    }
    fn PySequence_Index(o: O, item: O) -> isize {
        let (mut n, mut found, item) = (0isize, false, val(item));
        let r = ops::for_each(val(o), |v| {
            found = same(v.value(), item)?;
            if !found { n += 1; }
            Ok(!found)
        });
        match r {
            Ok(()) if found => n,
            Ok(()) => { let _ = raise!(ValueError, "sequence.index(x): x not in sequence"); -1 }
            Err(_) => -1,
        }
    }
    fn PySequence_Tuple(o: O) -> O {
        if o.is_null() { return null_argument(); }
        ret(ops::to_tuple(val(o)))
    }
    fn PySequence_List(o: O) -> O {
        if o.is_null() { return null_argument(); }
        ret(ops::to_list(val(o)))
    }
    fn PySequence_Fast(o: O, message: *const c_char) -> O {
        if o.is_null() { return null_argument(); }
        let v = val(o);
        if v.is_exact(ty!(list::PyList_Type)) || v.is_exact(ty!(tuple::PyTuple_Type)) { return new_ref(v); }
        match ops::iter(v) {
            Ok(it) => ret(ops::to_list(it.value())),
            Err(_) => {
                if errors::take_if(exceptions::TypeError) { let _ = raise!(TypeError, "{}", text(message)); }
                NULL
            }
        }
    }

    // ---- mappings ----
    fn PyMapping_Check(o: O) -> c_int {
        (!o.is_null() && val(o).ty().mapping().is_some_and(|m| m.mp_subscript.is_some())).into()
    }
    fn PyMapping_Size(o: O) -> isize {
        if o.is_null() { null_argument(); return -1; }
        let v = val(o);
        if v.ty().mapping().and_then(|m| m.mp_length).is_none() {
            let _ = if v.ty().sequence().and_then(|s| s.sq_length).is_some() {
                raise!(TypeError, "{} is not a mapping", v.ty().message_name())
            } else {
                raise!(TypeError, "object of type '{}' has no len()", v.ty().message_name())
            };
            return -1;
        }
        boundary::c_len(ops::len(v))
    }
    fn PyMapping_Length(o: O) -> isize { PyMapping_Size(o) }
    fn PyMapping_GetItemString(o: O, key: *const c_char) -> O { ret(ops::getitem(val(o), Ref::str(&text(key)).value())) }
    fn PyMapping_SetItemString(o: O, key: *const c_char, v: O) -> c_int {
        let key = boundary::CRef::new(Ref::str(&text(key)).value());
        PyObject_SetItem(o, key.ptr(), v)
    }
    fn PyMapping_HasKeyString(o: O, key: *const c_char) -> c_int {
        let found = ops::getitem(val(o), Ref::str(&text(key)).value()).is_ok();
        if !found { errors::clear(); }
        found.into()
    }
    fn PyMapping_HasKey(o: O, key: O) -> c_int {
        let found = ops::getitem(val(o), val(key)).is_ok();
        if !found { errors::clear(); }
        found.into()
    }
    fn PyMapping_Keys(o: O) -> O { ret(ops::mapping_list(val(o), "keys")) }
    fn PyMapping_Values(o: O) -> O { ret(ops::mapping_list(val(o), "values")) }
    fn PyMapping_Items(o: O) -> O { ret(ops::mapping_list(val(o), "items")) }

    fn PyObject_GetItem(o: O, key: O) -> O {
        if o.is_null() || key.is_null() { return null_argument(); }
        let k = val(key);
        if let Some(i) = k.as_int()
            && let Some(item) = item_at(o, i as isize)
        {
            return item;
        }
        ret(ops::getitem(val(o), k))
    }
    fn PyObject_SetItem(o: O, key: O, v: O) -> c_int {
        if o.is_null() || key.is_null() || v.is_null() { null_argument(); return -1; }
        if (*o).ob_type == &raw mut pyrs_object::dict::PyDict_Type { return crate::dictobject::PyDict_SetItem(o, key, v); }
        status(ops::setitem(val(o), val(key), val(v)))
    }
    fn PyObject_DelItem(o: O, key: O) -> c_int {
        if o.is_null() || key.is_null() { null_argument(); return -1; }
        status(ops::setitem(val(o), val(key), Value::EMPTY))
    }
    fn PyObject_DelItemString(o: O, key: *const c_char) -> c_int {
        status(ops::setitem(val(o), Ref::str(&text(key)).value(), Value::EMPTY))
    }

    // ---- iteration ----
    fn PyObject_GetIter(o: O) -> O { ret(ops::iter(val(o))) }
    fn PyObject_GetAIter(o: O) -> O {
        let v = val(o);
        match pyrs_object::typeobject::lookup_special(v, intern!("__aiter__")) {
            Ok(Some(f)) => ret(f.call(&[])),
            Ok(None) => { let _ = raise!(TypeError, "'{}' object is not an async iterable", v.ty().message_name()); NULL }
            Err(_) => NULL,
        }
    }
    fn PyIter_Check(o: O) -> c_int { (!o.is_null() && ops::is_iterator(val(o))).into() }
    fn PyAIter_Check(o: O) -> c_int {
        let Some(methods) = Value::from_object(o).ty().tp_as_async.as_ref() else { return 0 };
        methods.am_anext.is_some_and(|f| !std::ptr::fn_addr_eq(f, pyrs_object::typeobject::_PyObject_NextNotImplemented as unaryfunc)).into()
    }
    fn PyIter_Next(o: O) -> O {
        let it = val(o);
        if let Some(item) = pyrs_object::list::iter::next_boxed(it) { return item; }
        boundary::c_iternext(ops::next(it))
    }
    fn PyIter_Send(o: O, arg: O, out: *mut O) -> c_int {
        let v = val(o);
        if let Some(f) = v.ty().tp_as_async.as_ref().and_then(|a| a.am_send) { return f(o, arg, out); }
        let r = if val(arg).is_none() && ops::is_iterator(v) {
            ops::next(v)
        } else {
            ops::call_method(v, intern!("send"), &[val(arg)]).map(Some)
        };
        *out = NULL;
        match r {
            Ok(Some(item)) => { *out = boundary::to_c(item); 1 }
            Ok(None) => { *out = new_ref(Ref::none().value()); 0 }
            Err(_) if errors::matches(exceptions::StopIteration) => {
                *out = boundary::to_c(exceptions::stop_iteration_value(errors::take()));
                0
            }
            Err(_) => -1,
        }
    }
    fn PySeqIter_New(o: O) -> O { new_of(pyrs_object::iterobject::new_seq_iter(val(o))) }
    fn PyCallIter_New(callable: O, sentinel: O) -> O {
        new_of(pyrs_object::iterobject::new_call_iter(val(callable), val(sentinel)))
    }
}

use pyrs_object::str;

pub(crate) fn new_of(r: Ref) -> O {
    boundary::to_c(r)
}
#[cold]
pub(crate) fn null_argument() -> O {
    if !errors::occurred() {
        let _ = raise!(SystemError, "null argument to internal routine");
    }
    NULL
}
fn has_trunc(v: Value) -> bool {
    pyrs_object::typeobject::lookup(v.ty(), intern!("__trunc__")).is_some()
}
fn slice_of(a: isize, b: isize) -> Ref {
    let (a, b) = (Ref::int(a as i64), Ref::int(b as i64));
    pyrs_object::slice::new(a.value(), b.value(), Ref::none().value())
}
fn same(a: Value, b: Value) -> PyResult<bool> {
    if ops::is(a, b) {
        Ok(true)
    } else {
        ops::eq(a, b)
    }
}
fn repeat(v: Value, n: isize, inplace: bool) -> PyResult {
    let n = Ref::int(n as i64);
    if v.ty()
        .sequence()
        .is_some_and(|s| s.sq_repeat.is_some() || s.sq_inplace_repeat.is_some())
        || ops::is_sequence(v)
    {
        return ops::binary(BinOp::Mul, v, n.value(), inplace);
    }
    Err(raise!(
        TypeError,
        "'{}' object can't be repeated",
        v.ty().message_name()
    ))
}
