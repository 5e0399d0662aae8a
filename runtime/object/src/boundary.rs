//! Crossing into C: boxing, exposure, canonicalisation.
//!
//! To C: an immediate becomes a real `PyLong`/`PyFloat`; a list or tuple is *exposed* first, i.e. its immediates are
//! boxed in place, recursively, because C reads items with inlined loads; so is what a builtin method is bound to. From C: an exact `int` that fits an
//! immediate or an exact `float` that is not NaN becomes the immediate; anything else stays what it is.

use crate::heap::{gc_head, gcflags, xdecref_ptr};
use crate::{Args, PyResult, Raised, Ref, Type, Value, ValueExt};
use pyrs_layout::*;
use std::ffi::c_int;
use std::ptr;

type O = *mut PyObject;

/// Flags of types whose instances lead C to items it reads without a call.
const LEADS_TO_ITEMS: u64 = tpflags::LIST_SUBCLASS | tpflags::TUPLE_SUBCLASS | tpflags::HOLDS_SELF;

/// An object reference that is safe to show to C (boxed, exposed) and owned.
#[repr(transparent)]
pub struct CRef(O);

impl CRef {
    #[inline]
    pub fn new(v: Value) -> CRef {
        CRef(to_c(Ref::new(v)))
    }
    #[inline(always)]
    pub fn ptr(&self) -> O {
        self.0
    }
}
impl Drop for CRef {
    fn drop(&mut self) {
        // SAFETY: owned or null.
        unsafe { xdecref_ptr(self.0) }
    }
}

impl CRef {
    /// Of a reference that is given up.
    #[inline]
    pub fn given(v: Ref) -> CRef {
        CRef(to_c(v))
    }
}

/// Like [`CRef`], for a value that the caller holds as long as this lives: only what must be made is counted.
pub struct Lent {
    object: O,
    made: Option<CRef>,
}
impl Lent {
    #[inline(always)]
    pub fn new(v: Value) -> Lent {
        if v.is_object() && Type::of(v).tp_flags & LEADS_TO_ITEMS == 0 {
            return Lent {
                object: v.as_ptr(),
                made: None,
            };
        }
        let made = CRef::new(v);
        Lent {
            object: made.ptr(),
            made: Some(made),
        }
    }
    #[inline(always)]
    pub fn ptr(&self) -> O {
        debug_assert!(self.made.as_ref().is_none_or(|m| m.ptr() == self.object));
        self.object
    }
}

/// Turns an owned value into an owned pointer that C may look at.
#[inline(always)]
pub fn to_c(v: Ref) -> O {
    if v.is_object() && Type::of(v.value()).tp_flags & LEADS_TO_ITEMS == 0 {
        return v.into_ptr();
    }
    to_c_slow(v)
}

#[inline(never)]
fn to_c_slow(v: Ref) -> O {
    if v.is_int() {
        crate::int::box_int(v.as_int_unchecked())
    } else if v.is_float() {
        crate::float::box_float(v.as_float_unchecked())
    } else if v.is_empty() {
        ptr::null_mut()
    } else {
        expose(v.value());
        v.into_ptr()
    }
}

/// The canonical value of a borrowed pointer from C (null gives empty).
///
/// # Safety
/// `object` is null or alive.
#[inline(always)]
pub unsafe fn from_c(object: O) -> Value {
    if object.is_null() {
        return Value::EMPTY;
    }
    // SAFETY: by contract.
    unsafe {
        let ty = (*object).ob_type;
        if ty == &raw mut crate::int::PyLong_Type {
            crate::int::canonical(object)
        } else if ty == &raw mut crate::float::PyFloat_Type {
            let x = (*object.cast::<PyFloatObject>()).ob_fval;
            Value::try_float(x).unwrap_or(Value::from_object(object))
        } else {
            Value::from_object(object)
        }
    }
}

/// The canonical owned value of an owned pointer from C; null means an exception is set.
///
/// # Safety
/// `object` is null (with the error indicator set) or owned by the caller.
#[inline]
pub unsafe fn from_c_owned(object: O) -> PyResult {
    if crate::audit::on() {
        // SAFETY: by contract.
        unsafe { crate::audit::after_call(object) }
    }
    if object.is_null() {
        return Err(crate::errors::from_c_null());
    }
    // SAFETY: by contract; an immediate made from the box gives the box up.
    unsafe {
        let v = from_c(object);
        if v.is_immediate() {
            crate::heap::decref_ptr(object);
        }
        Ok(Ref::from_owned(v))
    }
}

/// Makes everything that C can reach from `v` without a call a real object; see the module text.
#[inline(always)]
pub fn expose(v: Value) {
    if v.is_object() && Type::of(v).tp_flags & LEADS_TO_ITEMS != 0 {
        expose_items(v);
    }
}
#[inline(never)]
fn expose_items(v: Value) {
    let mut v = v;
    if Type::of(v).tp_flags & tpflags::HOLDS_SELF != 0 {
        v = bound_to(v);
    }
    // SAFETY: the flags say what the object is.
    if is_container(v) && unsafe { !is_exposed(v.as_ptr()) } {
        expose_container(v.as_ptr());
    }
}

pub(crate) fn is_container(v: Value) -> bool {
    v.is_object() && Type::of(v).tp_flags & (tpflags::LIST_SUBCLASS | tpflags::TUPLE_SUBCLASS) != 0
}

/// What a builtin method is bound to.
fn bound_to(v: Value) -> Value {
    // SAFETY: the flag says that it is a builtin function or method, whose `m_self` is null or alive.
    unsafe { Value::from_object((*v.as_ptr().cast::<PyCFunctionObject>()).m_self) }
}

/// Says of a list or tuple that it holds only what C may look at.
///
/// # Safety
/// `object` is a live list or tuple of boxed and exposed objects.
#[inline(always)]
pub unsafe fn set_exposed(object: O) {
    // SAFETY: lists and tuples have a GC head.
    unsafe { (*gc_head(object)).prev |= gcflags::EXPOSED }
}

/// Whether stores into this list or tuple must be boxed.
///
/// # Safety
/// `object` is a live list or tuple.
#[inline(always)]
pub unsafe fn is_exposed(object: O) -> bool {
    // SAFETY: lists and tuples have a GC head.
    unsafe { (*gc_head(object)).prev & gcflags::EXPOSED != 0 }
}

/// Where the items of a list or tuple lie, and how many C may look at.
///
/// # Safety
/// `object` is a live list or tuple.
unsafe fn stored(object: O) -> (*mut Value, usize) {
    // SAFETY: by contract.
    unsafe {
        let n = crate::structseq::field_count(object)
            .unwrap_or((*object.cast::<PyVarObject>()).ob_size.max(0) as usize);
        let items = if Type::of_ptr(object).has(tpflags::LIST_SUBCLASS) {
            (*object.cast::<PyListObject>()).ob_item.cast()
        } else {
            (&raw mut (*object.cast::<PyTupleObject>()).ob_item).cast()
        };
        (items, n)
    }
}
/// The words of a list or tuple as they lie there.
///
/// # Safety
/// `object` is a live list or tuple that does not change meanwhile.
pub(crate) unsafe fn stored_items<'a>(object: O) -> &'a [Value] {
    // SAFETY: by contract; an empty list has no storage.
    unsafe {
        let (items, n) = stored(object);
        if n == 0 {
            &[]
        } else {
            std::slice::from_raw_parts(items, n)
        }
    }
}

#[cold]
fn expose_container(root: O) {
    // SAFETY: everything on the worklist is a live list or tuple held by its parent or the caller.
    unsafe {
        let mut work = Vec::new();
        let mut next = Some(root);
        while let Some(object) = next.take().or_else(|| work.pop()) {
            let head = gc_head(object);
            if (*head).prev & gcflags::EXPOSED != 0 {
                continue;
            }
            (*head).prev |= gcflags::EXPOSED;
            let (items, n) = stored(object);
            for i in 0..n {
                let slot = items.add(i);
                let mut v = *slot;
                if v.is_immediate() {
                    *slot = Value::from_object(box_immediate(v));
                    continue;
                }
                if v.is_object() && Type::of(v).tp_flags & tpflags::HOLDS_SELF != 0 {
                    v = bound_to(v);
                }
                if is_container(v) {
                    work.push(v.as_ptr());
                }
            }
        }
    }
}

/// A new box for an immediate.
#[inline]
pub fn box_immediate(v: Value) -> O {
    if v.is_int() {
        crate::int::box_int(v.as_int_unchecked())
    } else {
        crate::float::box_float(v.as_float_unchecked())
    }
}

/// What a store into an exposed container puts there: boxed and itself exposed.
pub fn boxed_for_store(v: Ref) -> Value {
    Value::from_object(to_c(v))
}

/// A tuple of values, made for C.
pub fn tuple_for_c(values: &[Value]) -> Ref {
    let mut shown = ArgVec::with_capacity(values.len());
    for v in values {
        shown.push(Value::from_object(to_c(Ref::new(*v))));
    }
    // SAFETY: one count of each is given up; C may look at all of them. The empty tuple is everybody's.
    unsafe {
        let t = crate::tuple::from_owned(shown.as_ptr(), shown.len());
        if !values.is_empty() {
            set_exposed(t.as_ptr());
        }
        t
    }
}

/// Reads an item that may be a box.
#[inline(always)]
pub fn canonical(v: Value) -> Value {
    if v.is_object() {
        // SAFETY: a live object.
        unsafe { from_c(v.as_ptr()) }
    } else {
        v
    }
}

pub fn c_owned(result: PyResult) -> O {
    match result {
        Ok(v) => to_c(v),
        Err(_) => ptr::null_mut(),
    }
}
pub fn c_bool(result: PyResult<bool>) -> c_int {
    result.map_or(-1, c_int::from)
}
pub fn c_len(result: PyResult<usize>) -> isize {
    result.map_or(-1, |n| n as isize)
}
pub fn c_hash(result: PyResult<i64>) -> isize {
    result.map_or(-1, |h| h as isize)
}
pub fn c_int_result(result: PyResult<()>) -> c_int {
    if result.is_ok() { 0 } else { -1 }
}
pub fn c_iternext(result: PyResult<Option<Ref>>) -> O {
    match result {
        Ok(Some(v)) => to_c(v),
        Ok(None) | Err(_) => ptr::null_mut(),
    }
}

/// Room for the arguments of nearly all calls: `datetime` and Cython's constructors have nine.
type ArgVec = smallvec::SmallVec<[Value; 12]>;

/// Arguments that came from C, canonicalised.
pub struct CArgs {
    values: ArgVec,
    kwnames: Value,
    /// What was made here and must live as long as the arguments.
    _names: Option<Ref>,
}

impl CArgs {
    /// # Safety
    /// As the vectorcall protocol: `n` positional arguments, then one for each name in `kwnames`.
    pub unsafe fn from_vector(args: *const O, n: usize, kwnames: O) -> CArgs {
        // SAFETY: by contract.
        unsafe {
            let named = if kwnames.is_null() {
                0
            } else {
                (*kwnames.cast::<PyVarObject>()).ob_size as usize
            };
            let mut values = ArgVec::with_capacity(n + named);
            for i in 0..n + named {
                values.push(from_c(*args.add(i)));
            }
            CArgs {
                values,
                kwnames: if named == 0 {
                    Value::EMPTY
                } else {
                    Value::from_object(kwnames)
                },
                _names: None,
            }
        }
    }
    /// # Safety
    /// `args` is a live tuple, `kw` a live dict or null.
    pub unsafe fn from_tuple_dict(args: O, kw: O) -> PyResult<CArgs> {
        let given = crate::tuple::items(Value::from_object(args));
        let named = if kw.is_null() {
            0
        } else {
            crate::dict::len(Value::from_object(kw))
        };
        let mut values = ArgVec::with_capacity(given.len() + named);
        for v in given {
            values.push(canonical(*v));
        }
        if named == 0 {
            return Ok(CArgs {
                values,
                kwnames: Value::EMPTY,
                _names: None,
            });
        }
        let mut names: smallvec::SmallVec<[Value; 8]> = smallvec::SmallVec::new();
        let mut bad = false;
        crate::dict::for_each(Value::from_object(kw), |k, v| {
            bad |= !k.has_flag(tpflags::UNICODE_SUBCLASS);
            names.push(k);
            values.push(v);
        });
        if bad {
            return Err(crate::raise!(TypeError, "keywords must be strings"));
        }
        let names = crate::tuple::from_slice(&names);
        Ok(CArgs {
            values,
            kwnames: names.value(),
            _names: Some(names),
        })
    }
    pub fn args(&self) -> Args<'_> {
        Args {
            values: &self.values,
            kwnames: self.kwnames,
        }
    }
}

/// Error of a C function that returned its failure value: the indicator should be set; if it is not, a
/// `SystemError` says so.
pub fn failed() -> Raised {
    crate::errors::from_c_null()
}
