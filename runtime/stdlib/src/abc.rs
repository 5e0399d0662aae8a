//! `_abc`: what `abc.ABCMeta` does at class creation and in `isinstance`/`issubclass`.
//!
//! The weak sets of classes are maps from address to weak reference: a hit needs no hashing of Python objects, and an
//! entry whose class has died is recognised by its reference.

use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_exact;
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, check_positional, dict, heap, int, intern, list,
    methods, module, ops, py_type, raise, set, tuple, ty, typeobject, weakref,
};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default)]
struct WeakClasses(HashMap<usize, Ref>);

impl WeakClasses {
    fn contains(&self, class: Value) -> bool {
        self.0
            .get(&(class.as_ptr() as usize))
            .is_some_and(|r| weakref::get(r.value()).is_some())
    }
    fn add(&mut self, class: Value) -> PyResult<()> {
        let r = weakref::new_ref(class, Value::EMPTY)?;
        if self.0.len() == self.0.capacity() {
            self.0.retain(|_, r| weakref::get(r.value()).is_some());
        }
        self.0.insert(class.as_ptr() as usize, r);
        Ok(())
    }
    fn alive(&self) -> Vec<Ref> {
        self.0
            .values()
            .filter_map(|r| weakref::get(r.value()))
            .collect()
    }
    /// A Python set of the references.
    fn dump(&self) -> PyResult {
        let s = set::new();
        for r in self
            .0
            .values()
            .filter(|r| weakref::get(r.value()).is_some())
        {
            set::add(s.value(), r.value())?;
        }
        Ok(s)
    }
}

struct Data {
    registry: WeakClasses,
    cache: WeakClasses,
    negative: WeakClasses,
    negative_version: u64,
}

#[repr(C)]
pub struct AbcData {
    pub ob_base: PyObject,
    data: *mut Data,
}

py_type! {
    pub static _PyAbc_DataType: AbcData = "_abc._abc_data" {
        flags: DEFAULT;
        doc: "Internal state held by ABC machinery.";
        raw { tp_dealloc: data_dealloc }
        slots { tp_new: data_new }
    }
}

/// Grows when a class is registered anywhere: older negative answers are void.
static INVALIDATION: AtomicU64 = AtomicU64::new(0);
const COLLECTION_FLAGS: u64 = tpflags::SEQUENCE | tpflags::MAPPING;

unsafe extern "C" fn data_dealloc(object: *mut PyObject) {
    // SAFETY: a dead instance owns its box.
    unsafe {
        drop(Box::from_raw((*object.cast::<AbcData>()).data));
        heap::finish_dealloc(object);
    }
}
fn new_data() -> Ref {
    let p = alloc_exact::<AbcData>(ty!(_PyAbc_DataType));
    let data = Data {
        registry: WeakClasses::default(),
        cache: WeakClasses::default(),
        negative: WeakClasses::default(),
        negative_version: INVALIDATION.load(Ordering::Relaxed),
    };
    // SAFETY: a fresh object.
    unsafe {
        (*p).data = Box::into_raw(Box::new(data));
        Ref::from_owned_ptr(p)
    }
}
fn data_new(_: Type, _: Args<'_>) -> PyResult {
    Ok(new_data())
}

/// The state of an ABC. The reference keeps it alive.
fn data_of(class: Value) -> PyResult<(Ref, *mut Data)> {
    let v = ops::getattr(class, intern!("_abc_impl"))?;
    if !v.is_exact(ty!(_PyAbc_DataType)) {
        return Err(raise!(TypeError, "_abc_impl is set to a wrong type"));
    }
    // SAFETY: an instance of the type just checked.
    let data = unsafe { (*v.as_ptr().cast::<AbcData>()).data };
    Ok((v, data))
}

fn is_abstract(v: Value) -> PyResult<bool> {
    match ops::getattr_opt(v, intern!("__isabstractmethod__"))? {
        Some(flag) => ops::is_true(flag.value()),
        None => Ok(false),
    }
}

fn compute_abstract_methods(class: Value) -> PyResult<()> {
    let ns = ops::getattr(class, intern!("__dict__"))?;
    let items = ops::call_method(ns.value(), intern!("items"), &[])?;
    let mut abstracts = Vec::new();
    for item in ops::collect(items.value())? {
        if !tuple::is_tuple(item.value()) || tuple::len(item.value()) != 2 {
            return Err(raise!(
                TypeError,
                "Iteration over items() returned non-tuple"
            ));
        }
        let (key, value) = (tuple::get(item.value(), 0), tuple::get(item.value(), 1));
        if is_abstract(value)? {
            abstracts.push(Ref::new(key));
        }
    }
    let bases = ops::getattr(class, intern!("__bases__"))?;
    if !tuple::is_tuple(bases.value()) {
        return Err(raise!(TypeError, "__bases__ is not tuple"));
    }
    for base in ops::collect(bases.value())? {
        let Some(names) = ops::getattr_opt(base.value(), intern!("__abstractmethods__"))? else {
            continue;
        };
        for name in ops::collect(names.value())? {
            if let Some(v) = ops::getattr_opt(class, name.value())?
                && is_abstract(v.value())?
            {
                abstracts.push(name);
            }
        }
    }
    let frozen = set::new_frozen(abstracts)?;
    ops::setattr(class, intern!("__abstractmethods__"), frozen.value())
}

fn abc_init(_: Value, class: Value) -> PyResult {
    compute_abstract_methods(class)?;
    let data = new_data();
    ops::setattr(class, intern!("_abc_impl"), data.value())?;
    if let Some(t) = Type::from_value(class) {
        let ns = Value::from_object(t.tp_dict);
        if let Some(flags) = dict::get(ns, intern!("__abc_tpflags__"))? {
            if let Some(flags) = int::to_i64(flags.value()) {
                let flags = flags as u64 & COLLECTION_FLAGS;
                if flags == COLLECTION_FLAGS {
                    return Err(raise!(
                        TypeError,
                        "__abc_tpflags__ cannot be both Py_TPFLAGS_SEQUENCE and Py_TPFLAGS_MAPPING"
                    ));
                }
                // SAFETY: a live type, changed under the GIL.
                unsafe { (*t.as_ptr()).tp_flags |= flags };
            }
            dict::del_item(ns, intern!("__abc_tpflags__"))?;
        }
    }
    Ok(Ref::none())
}

fn set_collection_flag(t: Type, flag: u64) {
    if t.tp_flags & COLLECTION_FLAGS == flag || t.has(tpflags::IMMUTABLETYPE) {
        return;
    }
    // SAFETY: a live type, changed under the GIL.
    unsafe {
        let p = t.as_ptr();
        (*p).tp_flags = (*p).tp_flags & !COLLECTION_FLAGS | flag;
    }
    // Compiled code relies on what `match` said of the class.
    pyrs_object::typeobject::modified(t);
    if let Ok(children) = ops::call_method(t.value(), intern!("__subclasses__"), &[]) {
        for i in 0..list::len(children.value()) {
            if let Some(child) =
                list::get(children.value(), i).and_then(|c| Type::from_value(c.value()))
            {
                set_collection_flag(child, flag);
            }
        }
    } else {
        pyrs_object::errors::clear();
    }
}

fn register(_: Value, args: &[Value]) -> PyResult {
    check_positional("_abc_register", args.len(), 2, 2)?;
    let (class, sub) = (args[0], args[1]);
    let Some(sub_type) = Type::from_value(sub) else {
        return Err(raise!(TypeError, "Can only register classes"));
    };
    if ops::is_subclass(sub, class)? {
        return Ok(Ref::new(sub));
    }
    if ops::is_subclass(class, sub)? {
        return Err(raise!(
            RuntimeError,
            "Refusing to create an inheritance cycle"
        ));
    }
    let (_keep, data) = data_of(class)?;
    // SAFETY: `_keep` keeps the data alive; adding runs no Python code.
    unsafe { (*data).registry.add(sub)? };
    INVALIDATION.fetch_add(1, Ordering::Relaxed);
    if let Some(t) = Type::from_value(class) {
        let flag = t.tp_flags & COLLECTION_FLAGS;
        if flag != 0 {
            set_collection_flag(sub_type, flag);
        }
    }
    Ok(Ref::new(sub))
}

fn instancecheck(_: Value, args: &[Value]) -> PyResult {
    check_positional("_abc_instancecheck", args.len(), 2, 2)?;
    let (class, instance) = (args[0], args[1]);
    let (_keep, data) = data_of(class)?;
    let sub = ops::getattr(instance, intern!("__class__"))?;
    // SAFETY: `_keep` keeps the data alive; lookups run no Python code.
    if unsafe { (*data).cache.contains(sub.value()) } {
        return Ok(Ref::bool(true));
    }
    let exact = instance.ty();
    if exact.value() == sub.value() {
        // SAFETY: as above.
        let known = unsafe {
            (*data).negative_version == INVALIDATION.load(Ordering::Relaxed)
                && (*data).negative.contains(sub.value())
        };
        if known {
            return Ok(Ref::bool(false));
        }
        return ops::call_method(class, intern!("__subclasscheck__"), &[sub.value()]);
    }
    let r = ops::call_method(class, intern!("__subclasscheck__"), &[sub.value()])?;
    if ops::is_true(r.value())? {
        return Ok(r);
    }
    ops::call_method(class, intern!("__subclasscheck__"), &[exact.value()])
}

fn subclasscheck(_: Value, args: &[Value]) -> PyResult {
    check_positional("_abc_subclasscheck", args.len(), 2, 2)?;
    let (class, sub) = (args[0], args[1]);
    let Some(sub_type) = Type::from_value(sub) else {
        return Err(raise!(TypeError, "issubclass() arg 1 must be a class"));
    };
    let (_keep, data) = data_of(class)?;
    // SAFETY: `_keep` keeps the data alive; no reference into it outlives a statement, and lookups run no Python code.
    unsafe {
        if (*data).cache.contains(sub) {
            return Ok(Ref::bool(true));
        }
        let version = INVALIDATION.load(Ordering::Relaxed);
        if (*data).negative_version < version {
            let old = std::mem::take(&mut (*data).negative);
            drop(old);
            (*data).negative_version = version;
        } else if (*data).negative.contains(sub) {
            return Ok(Ref::bool(false));
        }
        let yes = || -> PyResult {
            (*data).cache.add(sub)?;
            Ok(Ref::bool(true))
        };
        let hook = ops::call_method(class, intern!("__subclasshook__"), &[sub])?;
        if hook.is_true_const() {
            return yes();
        }
        if hook.is_false_const() {
            (*data).negative.add(sub)?;
            return Ok(Ref::bool(false));
        }
        if !hook.is_not_implemented() {
            return Err(raise!(
                AssertionError,
                "__subclasshook__ must return either False, True, or NotImplemented"
            ));
        }
        if Type::from_value(class).is_some_and(|c| sub_type.is_subtype(c)) {
            return yes();
        }
        if (*data).registry.contains(sub) {
            return Ok(Ref::bool(true));
        }
        for registered in (*data).registry.alive() {
            if ops::is_subclass(sub, registered.value())? {
                return yes();
            }
        }
        let children = ops::call_method(class, intern!("__subclasses__"), &[])?;
        if !list::is_list(children.value()) {
            return Err(raise!(TypeError, "__subclasses__() must return a list"));
        }
        for child in ops::collect(children.value())? {
            if ops::is_subclass(sub, child.value())? {
                return yes();
            }
        }
        (*data).negative.add(sub)?;
        Ok(Ref::bool(false))
    }
}

fn cache_token(_: Value) -> PyResult {
    Ok(int::from_u64(INVALIDATION.load(Ordering::Relaxed)))
}
fn reset_registry(_: Value, class: Value) -> PyResult {
    let (_keep, data) = data_of(class)?;
    // SAFETY: `_keep` keeps the data alive.
    unsafe { drop(std::mem::take(&mut (*data).registry)) };
    Ok(Ref::none())
}
fn reset_caches(_: Value, class: Value) -> PyResult {
    let (_keep, data) = data_of(class)?;
    // SAFETY: `_keep` keeps the data alive.
    unsafe {
        drop(std::mem::take(&mut (*data).cache));
        drop(std::mem::take(&mut (*data).negative));
    }
    Ok(Ref::none())
}
fn dump(_: Value, class: Value) -> PyResult {
    let (_keep, data) = data_of(class)?;
    // SAFETY: `_keep` keeps the data alive.
    unsafe {
        Ok(tuple::from_vec(vec![
            (*data).registry.dump()?,
            (*data).cache.dump()?,
            (*data).negative.dump()?,
            int::from_u64((*data).negative_version),
        ]))
    }
}

methods! { static FUNCTIONS = [
    "get_cache_token" NOARGS cache_token, "get_cache_token($module, /)\n--\n\nThe current ABC cache token: it changes with every register().";
    "_abc_init" O abc_init, "_abc_init($module, self, /)\n--\n\nSets an ABC up.";
    "_reset_registry" O reset_registry, "_reset_registry($module, self, /)\n--\n\n";
    "_reset_caches" O reset_caches, "_reset_caches($module, self, /)\n--\n\n";
    "_get_dump" O dump, "_get_dump($module, self, /)\n--\n\nRegistry, cache, negative cache and its version.";
    "_abc_register" FAST register, "_abc_register($module, self, subclass, /)\n--\n\n";
    "_abc_instancecheck" FAST instancecheck, "_abc_instancecheck($module, self, instance, /)\n--\n\n";
    "_abc_subclasscheck" FAST subclasscheck, "_abc_subclasscheck($module, self, subclass, /)\n--\n\n";
] }

pub fn init() -> PyResult {
    typeobject::ready(ty!(_PyAbc_DataType))?;
    let m = module::new("_abc");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
