//! `_thread._local`: an object with one `__dict__` for each thread.
//!
//! The dicts lie in the object, keyed by thread state id; a thread that ends takes its own out of every object.

use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{Args, PyResult, Ref, Type, Value, ValueExt, boundary::CArgs, dict, exceptions, heap, intern, py_type, raise, str, thread, ty, typeobject};
use std::collections::HashSet;
use std::ffi::{c_int, c_void};
use std::sync::{Mutex, MutexGuard};

#[repr(C)]
pub struct LocalObject {
    pub ob_base: PyObject,
    pub weakrefs: *mut PyObject,
    /// Tuple and dict (or empty) for `__init__` in further threads.
    args: Value,
    kwargs: Value,
    dicts: Vec<(u64, Ref)>,
}

py_type! {
    pub static _PyThread_LocalType: LocalObject = "_thread._local" {
        flags: BASETYPE | HAVE_GC;
        fields { tp_weaklistoffset: std::mem::offset_of!(LocalObject, weakrefs) as isize }
        doc: "Thread-local data";
        raw { tp_dealloc: local_dealloc, tp_traverse: local_traverse, tp_clear: local_clear }
        slots { tp_getattro: local_getattr, tp_setattro: local_setattr, tp_new: local_new }
    }
}

/// Addresses of all live objects of the type.
static LIVE: Mutex<Option<HashSet<usize>>> = Mutex::new(None);
fn live() -> MutexGuard<'static, Option<HashSet<usize>>> {
    LIVE.lock().unwrap_or_else(|e| e.into_inner())
}

fn raw(v: Value) -> *mut LocalObject {
    v.as_ptr().cast()
}
fn my_id() -> u64 {
    // SAFETY: the current thread state is valid.
    unsafe { (*thread::current()).c.id }
}

unsafe extern "C" fn local_dealloc(object: *mut PyObject) {
    let o = object.cast::<LocalObject>();
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        if let Some(set) = live().as_mut() {
            set.remove(&(object as usize));
        }
        pyrs_object::weakref::clear_refs(object);
        local_clear(object);
        std::ptr::drop_in_place(&raw mut (*o).dicts);
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn local_traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    let o = object.cast::<LocalObject>();
    // SAFETY: called by the collector for a live instance.
    unsafe {
        for (_, d) in &(*o).dicts {
            let r = visit(d.as_ptr(), arg);
            if r != 0 {
                return r;
            }
        }
        pyrs_object::visit_fields!(visit, arg, (*o).args, (*o).kwargs)
    }
}
unsafe extern "C" fn local_clear(object: *mut PyObject) -> c_int {
    let o = object.cast::<LocalObject>();
    // SAFETY: the fields are emptied before their objects may die.
    unsafe {
        heap::clear_field(&raw mut (*o).args);
        heap::clear_field(&raw mut (*o).kwargs);
        let dicts = std::mem::take(&mut (*o).dicts);
        drop(dicts);
    }
    0
}

/// Drops what the ending thread keeps in local objects.
pub fn forget_thread(id: u64) {
    let mut dropped = Vec::new();
    if let Some(set) = live().as_ref() {
        for &address in set {
            // SAFETY: an object leaves the set when it dies; the GIL is held and nothing here runs Python code.
            let dicts = unsafe { &mut (*(address as *mut LocalObject)).dicts };
            if let Some(i) = dicts.iter().position(|(t, _)| *t == id) {
                dropped.push(dicts.swap_remove(i));
            }
        }
    }
    drop(dropped);
}

fn has_init(t: Type) -> bool {
    let object = typeobject::object_type();
    t.tp_init.map(|f| f as usize) != object.tp_init.map(|f| f as usize)
}

fn local_new(t: Type, args: Args<'_>) -> PyResult {
    if !args.values.is_empty() && !has_init(t) {
        return Err(raise!(TypeError, "Initialization arguments are not supported"));
    }
    let (args, kwargs) = args.to_tuple_dict()?;
    let p = alloc_instance(t, 0)?.cast::<LocalObject>();
    // SAFETY: a fresh zeroed object; an empty Vec is written before anyone reads it.
    unsafe {
        std::ptr::write(&raw mut (*p).dicts, vec![(my_id(), dict::new())]);
        (*p).args = args.into_value();
        (*p).kwargs = kwargs.map_or(Value::EMPTY, Ref::into_value);
        live().get_or_insert_default().insert(p as usize);
        Ok(Ref::from_owned_ptr(p))
    }
}

/// The calling thread's dict, made (with `__init__` run) on first use.
fn local_dict(v: Value) -> PyResult {
    let id = my_id();
    let p = raw(v);
    // SAFETY: a live instance; references into the Vec do not outlive the statements.
    unsafe {
        if let Some(i) = (*p).dicts.iter().position(|(t, _)| *t == id) {
            return Ok((&(*p).dicts)[i].1.clone());
        }
        let d = dict::new();
        (*p).dicts.push((id, d.clone()));
        if has_init(v.ty()) {
            let (args, kwargs) = (Ref::new((*p).args), Ref::new((*p).kwargs));
            let c = CArgs::from_tuple_dict(args.as_ptr(), kwargs.as_ptr())?;
            let result = match typeobject::lookup_special(v, intern!("__init__"))? {
                Some(init) => init.call_args(c.args()).map(drop),
                None => Ok(()),
            };
            if let Err(e) = result {
                let gone = (*p).dicts.iter().position(|(t, _)| *t == id);
                if let Some(i) = gone {
                    let pair = (&mut (*p).dicts).swap_remove(i);
                    drop(pair);
                }
                return Err(e);
            }
        }
        Ok(d)
    }
}

fn local_getattr(v: Value, name: Value) -> PyResult {
    let d = local_dict(v)?;
    if str::eq_str(name, "__dict__") {
        return Ok(d);
    }
    typeobject::check_name(name)?;
    let t = v.ty();
    let descr = typeobject::lookup(t, name).map(Ref::new);
    if let Some(descr) = &descr
        && typeobject::has_get(descr.value())
        && typeobject::has_set(descr.value())
    {
        return typeobject::descr_get(descr.value(), v, t.value());
    }
    if let Some(found) = dict::get(d.value(), name)? {
        return Ok(found);
    }
    match descr {
        Some(descr) if typeobject::has_get(descr.value()) => typeobject::descr_get(descr.value(), v, t.value()),
        Some(descr) => Ok(descr),
        None => Err(exceptions::no_attribute(v, name)),
    }
}
fn local_setattr(v: Value, name: Value, value: Value) -> PyResult<()> {
    let d = local_dict(v)?;
    if str::eq_str(name, "__dict__") {
        return Err(raise!(
            AttributeError,
            "'{}' object attribute '__dict__' is read-only",
            v.ty().message_name()
        ));
    }
    typeobject::check_name(name)?;
    if let Some(descr) = typeobject::lookup(v.ty(), name).map(Ref::new)
        && typeobject::has_set(descr.value())
    {
        return typeobject::descr_set(descr.value(), v, value);
    }
    if !value.is_empty() {
        return dict::set_item(d.value(), name, value);
    }
    if dict::del_item(d.value(), name)? {
        Ok(())
    } else {
        Err(exceptions::no_attribute(v, name))
    }
}

/// Readies the type.
pub fn init() -> PyResult<()> {
    typeobject::ready(ty!(_PyThread_LocalType))
}
