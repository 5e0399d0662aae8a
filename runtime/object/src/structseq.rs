//! Struct sequences (`os.stat_result`, `sys.version_info`...): tuples with named fields, some of them only by name.
//!
//! Their fields are `PyMemberDef`s that read the items; those that the length does not count lie behind the others.

use crate::layout::*;
use crate::native::{NativeSlots, STATIC_BASE, TypeExt, Zero};
use crate::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, boundary, errors, gc, heap, intern, ops,
    raise,
};
use std::ffi::{CString, c_int, c_void};
use std::mem::offset_of;
use std::ptr;

/// What a struct sequence type's extension pointer leads to: what is known of its fields lies behind it.
#[repr(C)]
struct Info {
    ext: TypeExt,
    names: &'static [&'static str],
    /// The first so many are items of the tuple.
    visible: usize,
}

/// The name of a field that can only be reached by index.
pub const UNNAMED: &str = "unnamed field";

const HEADER: usize = offset_of!(PyTupleObject, ob_item);

methods! {
    static METHODS = [
        "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\n";
    ]
}

/// A new immortal struct sequence type with fields `(name, doc)`, the first `visible` of them items.
pub fn new_type(
    name: &'static str,
    doc: &'static str,
    fields: &[(&'static str, &'static str)],
    visible: usize,
) -> PyResult<Type> {
    let t = Box::leak(Box::new(Zero::TYPE));
    // SAFETY: a fresh type that is never freed.
    unsafe { init_type(t, name, doc, fields, visible) }
}

/// [`new_type`] in memory of the caller's.
///
/// # Safety
/// `t` is valid for writes and lives for good; it is not in use as a type.
pub unsafe fn init_type(
    t: *mut PyTypeObject,
    name: &'static str,
    doc: &'static str,
    fields: &[(&'static str, &'static str)],
    visible: usize,
) -> PyResult<Type> {
    let text = |s: &str| CString::new(s).map_or(ptr::null_mut(), CString::into_raw);
    let mut members: Vec<PyMemberDef> = Vec::new();
    for (i, (field, doc)) in fields.iter().enumerate() {
        if *field != UNNAMED {
            members.push(PyMemberDef {
                name: text(field),
                r#type: membertype::OBJECT,
                offset: (HEADER + i * 8) as isize,
                flags: membertype::READONLY,
                doc: if doc.is_empty() {
                    ptr::null_mut()
                } else {
                    text(doc)
                },
            });
        }
    }
    members.push(PyMemberDef {
        name: ptr::null_mut(),
        r#type: 0,
        offset: 0,
        flags: 0,
        doc: ptr::null_mut(),
    });
    let names: &'static [&'static str] = Box::leak(
        fields
            .iter()
            .map(|f| f.0)
            .collect::<Vec<_>>()
            .into_boxed_slice(),
    );
    let info = Box::leak(Box::new(Info {
        ext: TypeExt {
            native: NativeSlots {
                tp_repr: Some(repr),
                tp_new: Some(construct),
                ..NativeSlots::EMPTY
            },
            methods: (&raw mut METHODS).cast(),
            ..TypeExt::EMPTY
        },
        names,
        visible,
    }));
    // SAFETY: by contract.
    unsafe {
        t.write(PyTypeObject {
            ob_base: STATIC_BASE,
            tp_name: text(name),
            tp_doc: if doc.is_empty() {
                ptr::null_mut()
            } else {
                text(doc)
            },
            tp_basicsize: HEADER as isize,
            tp_itemsize: 8,
            tp_flags: tpflags::DEFAULT | tpflags::HAVE_GC | tpflags::TUPLE_SUBCLASS,
            tp_base: &raw mut crate::tuple::PyTuple_Type,
            tp_cache: ptr::from_mut(info).cast(),
            tp_members: members.leak().as_mut_ptr(),
            tp_dealloc: Some(dealloc),
            tp_traverse: Some(traverse),
            tp_clear: Some(clear),
            tp_repr: crate::c_slot!(tp_repr, repr),
            tp_new: crate::c_slot!(tp_new, construct),
            ..Zero::TYPE
        });
    }
    let t = Type::from_ptr(t);
    crate::typeobject::ready(t)?;
    let dict = Value::from_object(t.tp_dict);
    let unnamed = names.iter().filter(|n| **n == UNNAMED).count();
    for (key, n) in [
        ("n_sequence_fields", visible),
        ("n_fields", names.len()),
        ("n_unnamed_fields", unnamed),
    ] {
        crate::dict::set_str(dict, key, Ref::int(n as i64).value());
    }
    let shown = names.iter().take(visible).filter(|n| **n != UNNAMED);
    let match_args = crate::tuple::from_vec(shown.map(|n| crate::str::intern(n)).collect());
    crate::dict::set_item(dict, intern!("__match_args__"), match_args.value())?;
    crate::typeobject::modified(t);
    Ok(t)
}

/// Instances can only be made by the runtime (`sys.version_info`, `sys.flags`).
pub fn disallow_instantiation(t: Type) -> PyResult<()> {
    // SAFETY: a struct sequence type that is being set up.
    unsafe {
        let p = t.as_ptr();
        (*p).tp_new = None;
        (*t.ext()).native.tp_new = None;
        (*p).tp_flags |= tpflags::DISALLOW_INSTANTIATION;
    }
    crate::dict::del_item(Value::from_object(t.tp_dict), intern!("__new__"))?;
    crate::typeobject::modified(t);
    Ok(())
}

fn info(t: Type) -> &'static Info {
    // SAFETY: these types are made by `init_type` only and cannot be subclassed.
    unsafe { &*t.tp_cache.cast::<Info>() }
}
fn item(object: *mut PyObject, i: usize) -> *mut Value {
    // SAFETY: callers stay below the number of fields.
    unsafe { object.cast::<u8>().add(HEADER + i * 8).cast() }
}

/// An instance with `values` for its fields in order; those that are missing are `None`.
pub fn new(t: Type, values: Vec<Ref>) -> Ref {
    let info = info(t);
    let n = info.names.len();
    let object = heap::alloc_zeroed(t, HEADER + n * 8);
    let mut values = values.into_iter();
    // SAFETY: a fresh instance with room for `n` items.
    unsafe {
        (*object.cast::<PyVarObject>()).ob_size = info.visible as isize;
        for i in 0..n {
            *item(object, i) = values.next().unwrap_or_else(Ref::none).into_value();
        }
        gc::track(object);
        Ref::from_owned_ptr(object)
    }
}

/// The number of fields of a struct sequence, those that its length does not count included.
///
/// # Safety
/// `object` is alive.
pub(crate) unsafe fn field_count(object: *mut PyObject) -> Option<usize> {
    // SAFETY: by contract.
    let t = unsafe { Type::of_ptr(object) };
    t.tp_dealloc
        .is_some_and(|f| std::ptr::fn_addr_eq(f, dealloc as destructor))
        .then(|| info(t).names.len())
}

/// A field by index, hidden ones included.
pub fn get(v: Value, i: usize) -> Value {
    if i < info(v.ty()).names.len() {
        // SAFETY: below the number of fields.
        boundary::canonical(unsafe { *item(v.as_ptr(), i) })
    } else {
        Value::EMPTY
    }
}

const SIGNATURE: Signature<2> = Signature {
    name: "structseq",
    params: ["sequence", "dict"],
    posonly: 0,
    positional: 2,
    required: 1,
};

fn construct(t: Type, args: Args<'_>) -> PyResult {
    let [sequence, dict] = args.bind(&SIGNATURE)?;
    let values = ops::collect(sequence);
    let values = match errors::absorb(values, crate::exceptions::TypeError)? {
        Some(v) => v,
        None => return Err(raise!(TypeError, "constructor requires a sequence")),
    };
    let dict = dict.non_empty();
    let name = t.message_name();
    if dict.is_some_and(|d| !crate::dict::is_dict(d)) {
        return Err(raise!(
            TypeError,
            "{name}() takes a dict as second arg, if any"
        ));
    }
    let info = info(t);
    let (min, max, n) = (info.visible, info.names.len(), values.len());
    if n < min || n > max {
        let how = if min == max {
            ""
        } else if n < min {
            "n at least"
        } else {
            "n at most"
        };
        let limit = if n < min { min } else { max };
        return Err(raise!(
            TypeError,
            "{name}() takes a{how} {limit}-sequence ({n}-sequence given)"
        ));
    }
    let mut values = values;
    for field in &info.names[n..] {
        let v = match dict {
            Some(d) => crate::dict::get_str(d, field),
            None => None,
        };
        values.push(v.unwrap_or_else(Ref::none));
    }
    Ok(new(t, values))
}

fn repr(v: Value) -> PyResult {
    let info = info(v.ty());
    let mut b = crate::str::Builder::new();
    b.push_str(v.ty().full_name());
    b.push_str("(");
    // The i-th item is shown under the i-th name that exists, as CPython does for `os.stat_result`.
    let named = info.names.iter().filter(|n| **n != UNNAMED);
    for (i, name) in named.take(info.visible).enumerate() {
        if i > 0 {
            b.push_str(", ");
        }
        b.push_str(name);
        b.push_str("=");
        b.push_value(ops::repr(get(v, i))?.value());
    }
    b.push_str(")");
    b.finish()
}

fn reduce(v: Value) -> PyResult {
    let info = info(v.ty());
    let shown: Vec<Ref> = (0..info.visible).map(|i| Ref::new(get(v, i))).collect();
    let dict = crate::dict::new();
    for (i, name) in info.names.iter().enumerate().skip(info.visible) {
        crate::dict::set_str(dict.value(), name, get(v, i));
    }
    let arguments = crate::tuple::from_vec(vec![crate::tuple::from_vec(shown), dict]);
    Ok(crate::tuple::from_vec(vec![v.ty().to_ref(), arguments]))
}

unsafe extern "C" fn traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: as a C slot: a live instance.
    unsafe {
        for i in 0..info(Type::of_ptr(object)).names.len() {
            let v = *item(object, i);
            if v.is_object() {
                let r = visit(v.as_ptr(), arg);
                if r != 0 {
                    return r;
                }
            }
        }
    }
    0
}
/// Like tuples, struct sequences are immutable: other members of a cycle are cleared instead.
unsafe extern "C" fn clear(_: *mut PyObject) -> c_int {
    0
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: as a C slot: a dead instance.
    unsafe {
        gc::untrack(object);
        for i in 0..info(Type::of_ptr(object)).names.len() {
            heap::clear_field(item(object, i));
        }
        heap::finish_dealloc(object);
    }
}
