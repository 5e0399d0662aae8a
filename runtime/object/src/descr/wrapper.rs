//! Slot wrappers (`int.__add__`) and method-wrappers (`(1).__add__`): slots called by their dunder names.

use super::*;

py_type! {
    pub static PyWrapperDescr_Type: PyWrapperDescrObject = "wrapper_descriptor" {
        flags: HAVE_GC | METHOD_DESCRIPTOR;
        raw { tp_dealloc: descr_dealloc, tp_traverse: descr_traverse }
        slots { tp_repr: wrapper_repr, tp_call: wrapper_call, tp_descr_get: wrapper_get }
        methods: W_METHODS;
        getset: W_GETSET;
        members: W_MEMBERS;
    }
}
common_tables! {
    W_GETSET W_MEMBERS wrapper_doc wrapper_signature;
}
common_tables! { reduce W_METHODS }

/// `(1).__add__`: a wrapper with its object.
#[repr(C)]
struct MethodWrapper {
    ob_base: PyObject,
    descr: *mut PyObject,
    slf: Value,
}

py_type! {
    pub static _PyMethodWrapper_Type: MethodWrapper = "method-wrapper" {
        flags: HAVE_GC;
        raw { tp_dealloc: mw_dealloc, tp_traverse: mw_traverse }
        slots { tp_repr: mw_repr, tp_hash: mw_hash, tp_call: mw_call, tp_richcompare: mw_richcompare }
        methods: MW_METHODS;
        getset: MW_GETSET;
        members: MW_MEMBERS;
    }
}
methods! { static MW_METHODS = [
    "__reduce__" NOARGS mw_reduce, "__reduce__($self, /)\n--\n\nHelper for pickle.";
] }
getset! { static MW_GETSET = [
    "__objclass__" mw_objclass, None, "";
    "__name__" mw_name, None, "";
    "__qualname__" mw_qualname, None, "";
    "__doc__" mw_doc, None, "";
    "__text_signature__" mw_signature, None, "";
] }
members! { static MW_MEMBERS = [
    "__self__" OBJECT, offset_of!(MethodWrapper, slf), membertype::READONLY, "";
] }

/// C's `struct wrapperbase`. Cython copies one to give a slot wrapper another docstring.
#[repr(C)]
struct WrapperBase {
    name: *const std::ffi::c_char,
    offset: std::ffi::c_int,
    /// The generic function of the slot in CPython, which C has no use for; here the row of the table.
    function: *const SlotDef,
    wrapper: *const c_void,
    doc: *const std::ffi::c_char,
    flags: std::ffi::c_int,
    name_strobj: *mut PyObject,
}

/// The C form of a row.
fn wrapper_base(def: &'static SlotDef) -> *mut WrapperBase {
    static mut BASES: Vec<WrapperBase> = Vec::new();
    let rows = crate::typeobject::SLOTDEFS;
    // SAFETY: filled once under the GIL, then never moved; a row lies in the table.
    unsafe {
        let bases = &raw mut BASES;
        let bases = &mut *bases;
        if bases.is_empty() {
            bases.extend(rows.iter().map(|row| {
                WrapperBase {
                    name: std::ffi::CString::new(row.name)
                        .map_or(std::ptr::null(), |name| name.into_raw().cast_const()),
                    offset: 0,
                    function: row,
                    wrapper: std::ptr::null(),
                    // Docstrings of the table end with a NUL.
                    doc: row.doc.as_ptr().cast(),
                    flags: 0,
                    name_strobj: crate::str::intern(row.name).into_ptr(),
                }
            }));
        }
        let i = std::ptr::from_ref(def).offset_from(rows.as_ptr());
        bases.as_mut_ptr().offset(i)
    }
}
fn base_of(v: Value) -> &'static WrapperBase {
    // SAFETY: a slot wrapper; its base lives as long as the process.
    unsafe { &*(*hidden(v)).visible.d_base.cast::<WrapperBase>() }
}

/// A slot wrapper of `t`: `word` is the C function in the slot.
pub fn new_wrapper(t: Type, name: Value, def: &'static SlotDef, word: usize) -> Ref {
    let h = make::<PyWrapperDescrObject>(ty!(PyWrapperDescr_Type), t, name, true);
    // SAFETY: fresh; the hidden word keeps the native function of the slot.
    unsafe {
        (*h).visible.d_base = wrapper_base(def).cast();
        (*h).visible.d_wrapped = word as *mut c_void;
        (*h).native = def.slot.map_or(0, |s| ops::native_slot_word(t, s));
        finish(h)
    }
}
/// `PyDescr_NewWrapper`: a wrapper around the C function at `word` with a row of the slot table, or with C's copy of one.
/// `None` if `base` was not taken from another wrapper.
///
/// # Safety
/// `base` is a `wrapperbase` that lives as long as the process.
pub unsafe fn wrapper_of_base(t: Type, base: *mut c_void, word: usize) -> Option<Ref> {
    // SAFETY: by contract.
    unsafe {
        let row = (*base.cast::<WrapperBase>()).function;
        let def = crate::typeobject::SLOTDEFS
            .iter()
            .find(|def| std::ptr::eq(*def, row))?;
        let name = crate::str::intern(def.name);
        let new = new_wrapper(t, name.value(), def, word);
        (*hidden(new.value())).visible.d_base = base.cast();
        Some(new)
    }
}
fn hidden(v: Value) -> *mut Hidden<PyWrapperDescrObject> {
    v.as_ptr().cast()
}
/// The row of a slot wrapper.
pub fn wrapper_def(v: Value) -> &'static SlotDef {
    // SAFETY: copies keep the pointer into the static table.
    unsafe { &*base_of(v).function }
}
/// Row, class and function of a slot wrapper.
pub fn wrapper_parts(v: Value) -> (&'static SlotDef, Type, SlotFn) {
    // SAFETY: a slot wrapper.
    let f = unsafe {
        SlotFn {
            native: (*hidden(v)).native,
            c: (*hidden(v)).visible.d_wrapped as usize,
        }
    };
    (wrapper_def(v), owner(v), f)
}

fn wrapper_repr(v: Value) -> PyResult {
    Ok(Ref::str(&format!(
        "<slot wrapper '{}' of '{}' objects>",
        shown(v),
        owner(v).message_name()
    )))
}
fn wrapper_doc(v: Value) -> PyResult {
    // SAFETY: null or a C string that lives as long as the wrapper.
    let doc = unsafe { crate::native::c_str(base_of(v).doc) };
    Ok(Ref::str(doc_text(wrapper_def(v).name, doc)))
}
fn wrapper_signature(v: Value) -> PyResult {
    // SAFETY: as above.
    let doc = unsafe { crate::native::c_str(base_of(v).doc) };
    Ok(doc_signature(wrapper_def(v).name, doc).map_or_else(Ref::none, Ref::str))
}
fn wrapper_get(v: Value, object: Value, _owner: Value) -> PyResult {
    if object.is_empty() {
        return Ok(Ref::new(v));
    }
    check_owner(v, object)?;
    let p = heap::alloc_zeroed(ty!(_PyMethodWrapper_Type), size_of::<MethodWrapper>());
    // SAFETY: a fresh object.
    unsafe {
        let w = p.cast::<MethodWrapper>();
        (*w).descr = Ref::new(v).into_ptr();
        (*w).slf = Ref::new(object).into_value();
        gc::track(p);
        Ok(Ref::from_owned_ptr(p))
    }
}
/// Calls a slot wrapper (`object.__setattr__`) with its object in front of the arguments.
pub fn wrapper_call(v: Value, args: Args<'_>) -> PyResult {
    let Some(&slf) = args.positional().first() else {
        return Err(raise!(
            TypeError,
            "descriptor '{}' of '{}' object needs an argument",
            shown(v),
            owner(v).message_name()
        ));
    };
    if !slf.ty().is_subtype(owner(v)) {
        return Err(raise!(
            TypeError,
            "descriptor '{}' requires a '{}' object but received a '{}'",
            shown(v),
            owner(v).message_name(),
            slf.ty().message_name()
        ));
    }
    let rest = Args {
        values: &args.values[1..],
        kwnames: args.kwnames,
    };
    call(v, slf, rest)
}

/// CPython names no function where it unpacks two arguments, but leaves the space in front of the text.
fn count(args: &[Value], n: usize) -> PyResult<()> {
    if args.len() == n {
        return Ok(());
    }
    let (space, plural) = if n == 2 {
        (" ", "s")
    } else {
        ("", if n == 1 { "" } else { "s" })
    };
    Err(raise!(
        TypeError,
        "{space}expected {n} argument{plural}, got {}",
        args.len()
    ))
}

/// An object whose C code has a `tp_setattro` of its own may not be changed through that of a base that knows less.
/// Classes written in Python are passed over: their methods are the caller's affair.
fn hack_check(slf: Value, f: SlotFn, what: &str) -> PyResult<()> {
    let mut t = slf.ty();
    while is_python_slot(t, Slot::tp_setattro) && !t.tp_base.is_null() {
        t = Type::from_ptr(t.tp_base);
    }
    if slot_fn(t, Slot::tp_setattro).is_same(f) {
        return Ok(());
    }
    Err(raise!(
        TypeError,
        "can't apply this {what} to {} object",
        slf.ty().message_name()
    ))
}

fn index_arg(slf: Value, v: Value) -> PyResult<isize> {
    let i = ops::index_as_isize_clipped_error(v, crate::exceptions::OverflowError)?;
    if i < 0 && slf.ty().sequence().is_some_and(|s| s.sq_length.is_some()) {
        return Ok(i + ops::len(slf)? as isize);
    }
    Ok(i)
}
fn none_or(r: PyResult<()>) -> PyResult {
    r.map(|()| Ref::none())
}

/// Calls a slot by its wrapper's rules.
fn call(w: Value, slf: Value, args: Args<'_>) -> PyResult {
    let (def, _, f) = wrapper_parts(w);
    let n = args.n_keywords();
    // SAFETY: the wrapper kind goes with the slot's signature in the table.
    unsafe {
        match def.wrap {
            Wrap::Call => return f.call(slf, args),
            Wrap::Init => return none_or(f.init(slf, args)),
            _ if n > 0 => {
                return Err(raise!(
                    TypeError,
                    "wrapper {}() takes no keyword arguments",
                    def.name
                ));
            }
            _ => {}
        }
        let a = args.values;
        match def.wrap {
            Wrap::Unary => {
                count(a, 0)?;
                f.unary(slf)
            }
            Wrap::Binary | Wrap::BinaryL => {
                count(a, 1)?;
                f.binary(slf, a[0])
            }
            Wrap::BinaryR => {
                count(a, 1)?;
                f.binary(a[0], slf)
            }
            Wrap::Ternary | Wrap::TernaryL | Wrap::TernaryR => {
                if a.is_empty() || a.len() > 2 {
                    let (how, bound) = if a.is_empty() {
                        ("least 1 argument", 0)
                    } else {
                        ("most 2 arguments", a.len())
                    };
                    return Err(raise!(TypeError, " expected at {how}, got {bound}"));
                }
                let third = a.get(1).copied().unwrap_or(crate::singletons::none());
                if def.wrap == Wrap::TernaryR {
                    f.ternary(a[0], slf, third)
                } else {
                    f.ternary(slf, a[0], third)
                }
            }
            Wrap::Bool => {
                count(a, 0)?;
                f.bool(slf).map(Ref::bool)
            }
            Wrap::Len => {
                count(a, 0)?;
                f.len(slf).map(|n| Ref::int(n as i64))
            }
            Wrap::Hash => {
                count(a, 0)?;
                f.hash(slf).map(Ref::int)
            }
            Wrap::SizeArg => {
                count(a, 1)?;
                let i = ops::index_as_isize_clipped_error(a[0], crate::exceptions::OverflowError)?;
                f.sizearg(slf, i)
            }
            Wrap::SqItem => {
                count(a, 1)?;
                let i = index_arg(slf, a[0])?;
                f.sizearg(slf, i)
            }
            Wrap::SqSetItem => {
                count(a, 2)?;
                let i = index_arg(slf, a[0])?;
                none_or(f.sizeobjarg(slf, i, a[1]))
            }
            Wrap::SqDelItem => {
                count(a, 1)?;
                let i = index_arg(slf, a[0])?;
                none_or(f.sizeobjarg(slf, i, Value::EMPTY))
            }
            Wrap::Contains => {
                count(a, 1)?;
                f.contains(slf, a[0]).map(Ref::bool)
            }
            Wrap::SetItem => {
                count(a, 2)?;
                none_or(f.set(slf, a[0], a[1]))
            }
            Wrap::DelItem => {
                count(a, 1)?;
                none_or(f.set(slf, a[0], Value::EMPTY))
            }
            Wrap::SetAttr => {
                count(a, 2)?;
                hack_check(slf, f, "__setattr__")?;
                none_or(f.set(slf, a[0], a[1]))
            }
            Wrap::DelAttr => {
                count(a, 1)?;
                hack_check(slf, f, "__delattr__")?;
                none_or(f.set(slf, a[0], Value::EMPTY))
            }
            Wrap::RichCmp(op) => {
                count(a, 1)?;
                f.richcmp(slf, a[0], op)
            }
            Wrap::Next => {
                count(a, 0)?;
                match f.next(slf)? {
                    Some(v) => Ok(v),
                    None => Err(crate::errors::raise_none(crate::exceptions::StopIteration)),
                }
            }
            Wrap::DescrGet => {
                crate::check_positional("", a.len(), 1, 2)?;
                let or_empty = |v: Value| if v.is_none() { Value::EMPTY } else { v };
                let object = or_empty(a[0]);
                let class = a.get(1).copied().map_or(Value::EMPTY, or_empty);
                if object.is_empty() && class.is_empty() {
                    return Err(raise!(TypeError, "__get__(None, None) is invalid"));
                }
                f.ternary(slf, object, class)
            }
            Wrap::DescrSet => {
                count(a, 2)?;
                none_or(f.set(slf, a[0], a[1]))
            }
            Wrap::DescrDelete => {
                count(a, 1)?;
                none_or(f.set(slf, a[0], Value::EMPTY))
            }
            Wrap::Finalize => {
                count(a, 0)?;
                let object = crate::boundary::CRef::new(slf);
                std::mem::transmute::<usize, destructor>(f.c)(object.ptr());
                Ok(Ref::none())
            }
            Wrap::None | Wrap::Call | Wrap::Init => Err(crate::errors::bad_internal_call()),
        }
    }
}

// ---- method-wrapper --------------------------------------------------------------------------------------

fn mw(v: Value) -> *mut MethodWrapper {
    v.as_ptr().cast()
}
fn mw_parts(v: Value) -> (Value, Value) {
    // SAFETY: a method-wrapper.
    unsafe { (Value::from_object((*mw(v)).descr), (*mw(v)).slf) }
}
unsafe extern "C" fn mw_dealloc(object: *mut PyObject) {
    let w = object.cast::<MethodWrapper>();
    // SAFETY: a dead method-wrapper owns both fields.
    unsafe {
        gc::untrack(object);
        heap::clear_field(&raw mut (*w).descr);
        heap::clear_field(&raw mut (*w).slf);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn mw_traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    let w = o.cast::<MethodWrapper>();
    // SAFETY: a live method-wrapper.
    unsafe {
        let r = visit((*w).descr, arg);
        if r != 0 || !(*w).slf.is_object() {
            return r;
        }
        visit((*w).slf.as_ptr(), arg)
    }
}
fn mw_call(v: Value, args: Args<'_>) -> PyResult {
    let (descr, slf) = mw_parts(v);
    call(descr, slf, args)
}
fn mw_repr(v: Value) -> PyResult {
    let (descr, slf) = mw_parts(v);
    Ok(Ref::str(&format!(
        "<method-wrapper '{}' of {} object at {:#x}>",
        shown(descr),
        slf.ty().message_name(),
        ops::id(slf)
    )))
}
fn mw_hash(v: Value) -> PyResult<i64> {
    let (descr, slf) = mw_parts(v);
    let h = (slf.bits().rotate_right(4) ^ descr.bits().rotate_right(4)) as i64;
    Ok(if h == -1 { -2 } else { h })
}
fn mw_richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !b.is_exact(ty!(_PyMethodWrapper_Type)) || !matches!(op, CmpOp::Eq | CmpOp::Ne) {
        return Ok(Ref::not_implemented());
    }
    Ok(Ref::bool((mw_parts(a) == mw_parts(b)) == (op == CmpOp::Eq)))
}
fn mw_reduce(v: Value) -> PyResult {
    let (descr, slf) = mw_parts(v);
    let builtins = (crate::hooks().import)("builtins")?;
    let getattr = ops::getattr(builtins.value(), intern!("getattr"))?;
    let args = crate::tuple::from_slice(&[slf, name(descr)]);
    Ok(crate::tuple::from_vec(vec![getattr, args]))
}
fn mw_objclass(v: Value) -> PyResult {
    Ok(owner(mw_parts(v).0).to_ref())
}
fn mw_name(v: Value) -> PyResult {
    Ok(Ref::new(name(mw_parts(v).0)))
}
fn mw_qualname(v: Value) -> PyResult {
    get_qualname(mw_parts(v).0)
}
fn mw_doc(v: Value) -> PyResult {
    wrapper_doc(mw_parts(v).0)
}
fn mw_signature(v: Value) -> PyResult {
    wrapper_signature(mw_parts(v).0)
}
