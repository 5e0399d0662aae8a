//! `_lru_cache_wrapper`: the callable that `functools.lru_cache` makes.
//!
//! The bounded cache is a dict from key to the index of a node; nodes form a ring through indices, oldest first. Key
//! comparison may run Python code that uses or clears the same cache, so each step leaves both consistent, and
//! `generation` tells whether the nodes are still the same.

use crate::util::{get_dict, set_dict};
use pyrs_object::layout::*;
use pyrs_object::list::common::{alloc_instance, is_exact_str};
use pyrs_object::{Args, PyResult, Ref, Signature, Type, Value, ValueExt, dict, getset, heap, int, intern, method, methods, ops, py_type, raise, tuple, ty, typeobject};
use smallvec::SmallVec;
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

struct Node {
    key: Value,
    result: Value,
    hash: i64,
    previous: u32,
    next: u32,
}
const NONE: u32 = u32::MAX;

#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Uncached,
    Infinite,
    Bounded,
}

struct Nodes {
    all: Vec<Node>,
    /// Oldest and newest.
    first: u32,
    last: u32,
    generation: u64,
}

#[repr(C)]
pub struct LruCache {
    pub ob_base: PyObject,
    function: Value,
    cache: Value,
    info_type: Value,
    dict: Value,
    weakrefs: *mut PyObject,
    nodes: *mut Nodes,
    max_size: isize,
    hits: i64,
    misses: i64,
    kind: Kind,
    typed: bool,
}

py_type! {
    pub static PyLruCache_Type: LruCache = "functools._lru_cache_wrapper" {
        flags: HAVE_GC | BASETYPE | METHOD_DESCRIPTOR;
        fields {
            tp_dictoffset: offset_of!(LruCache, dict) as isize,
            tp_weaklistoffset: offset_of!(LruCache, weakrefs) as isize
        }
        doc: "Create a cached callable that wraps another function.\n\nuser_function: the function being cached\n\nmaxsize: 0 for no caching, None for unlimited size, n for a bounded cache\n\ntyped: whether equal keys of different types are apart\n\ncache_info_type: namedtuple class with the fields: hits misses maxsize currsize\n";
        raw { tp_dealloc: lru_dealloc, tp_traverse: lru_traverse, tp_clear: lru_clear }
        slots { tp_call: lru_call, tp_descr_get: lru_get, tp_new: lru_new }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "cache_info" NOARGS cache_info, "cache_info($self, /)\n--\n\nReport cache statistics";
    "cache_clear" NOARGS cache_clear, "cache_clear($self, /)\n--\n\nClear the cache and cache statistics";
    "__reduce__" NOARGS reduce, "__reduce__($self, /)\n--\n\n";
    "__copy__" FAST copy, "__copy__($self, /)\n--\n\n";
    "__deepcopy__" FAST copy, "__deepcopy__($self, memo, /)\n--\n\n";
] }
getset! { static GETSET = [ "__dict__" get_dict, set_dict, ""; ] }

fn raw(v: Value) -> *mut LruCache {
    v.as_ptr().cast()
}

/// Empties the nodes; the values are given back at the end.
unsafe fn take_nodes(p: *mut LruCache) -> Vec<Node> {
    // SAFETY: the caller passes a live or dying instance.
    unsafe {
        if (*p).nodes.is_null() {
            return Vec::new();
        }
        let nodes = &mut *(*p).nodes;
        nodes.first = NONE;
        nodes.last = NONE;
        nodes.generation += 1;
        std::mem::take(&mut nodes.all)
    }
}
fn release(nodes: Vec<Node>) {
    for n in nodes {
        heap::decref(n.key);
        heap::decref(n.result);
    }
}

unsafe extern "C" fn lru_dealloc(object: *mut PyObject) {
    let p = object.cast::<LruCache>();
    // SAFETY: a dead instance.
    unsafe {
        pyrs_object::gc::untrack(object);
        pyrs_object::weakref::clear_refs(object);
        lru_clear(object);
        if !(*p).nodes.is_null() {
            drop(Box::from_raw((*p).nodes));
        }
        heap::finish_dealloc(object);
    }
}
unsafe extern "C" fn lru_clear(object: *mut PyObject) -> c_int {
    let p = object.cast::<LruCache>();
    // SAFETY: a live or dying instance; fields are emptied before their objects may die.
    unsafe {
        let nodes = take_nodes(p);
        heap::clear_field(&raw mut (*p).function);
        heap::clear_field(&raw mut (*p).cache);
        heap::clear_field(&raw mut (*p).info_type);
        heap::clear_field(&raw mut (*p).dict);
        release(nodes);
    }
    0
}
unsafe extern "C" fn lru_traverse(object: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    let p = object.cast::<LruCache>();
    // SAFETY: called by the collector for a live instance.
    unsafe {
        if !(*p).nodes.is_null() {
            for n in &(*(*p).nodes).all {
                for v in [n.key, n.result] {
                    if v.is_object() {
                        let r = visit(v.as_ptr(), arg);
                        if r != 0 {
                            return r;
                        }
                    }
                }
            }
        }
        pyrs_object::visit_fields!(visit, arg, (*p).function, (*p).cache, (*p).info_type, (*p).dict)
    }
}

fn lru_new(t: Type, args: Args<'_>) -> PyResult {
    const SIGNATURE: Signature<4> = Signature {
        name: "lru_cache",
        params: ["user_function", "maxsize", "typed", "cache_info_type"],
        posonly: 0,
        positional: 4,
        required: 4,
    };
    let [function, max_size, typed, info_type] = args.bind(&SIGNATURE)?;
    if !ops::is_callable(function) {
        return Err(raise!(TypeError, "the first argument must be callable"));
    }
    let (kind, max_size) = if max_size.is_none() {
        (Kind::Infinite, -1)
    } else if ops::has_index(max_size) {
        let n = ops::index_as_isize(max_size)?.max(0);
        (if n == 0 { Kind::Uncached } else { Kind::Bounded }, n)
    } else {
        return Err(raise!(TypeError, "maxsize should be integer or None"));
    };
    let typed = ops::is_true(typed)?;
    let p = alloc_instance(t, 0)?.cast::<LruCache>();
    // SAFETY: a fresh zeroed instance.
    unsafe {
        (*p).function = Ref::new(function).into_value();
        (*p).cache = dict::new().into_value();
        (*p).info_type = Ref::new(info_type).into_value();
        (*p).nodes = Box::into_raw(Box::new(Nodes { all: Vec::new(), first: NONE, last: NONE, generation: 0 }));
        (*p).max_size = max_size;
        (*p).kind = kind;
        (*p).typed = typed;
        Ok(Ref::from_owned_ptr(p))
    }
}

/// Between positional and keyword arguments in a key. `functools` has one of its own; any unique object will do.
fn keyword_mark() -> Value {
    typeobject::object_type().value()
}

/// The key of a call: the argument itself if it is a lone int or str, else a tuple.
fn make_key(args: Args<'_>, typed: bool) -> Ref {
    if !typed && args.kwnames.is_empty() {
        if let [one] = args.values
            && (one.is_int() || is_exact_str(*one) || one.is_exact(ty!(int::PyLong_Type)))
        {
            return Ref::new(*one);
        }
        return tuple::from_slice(args.values);
    }
    let positional = args.positional();
    let mut items: SmallVec<[Value; 16]> = SmallVec::new();
    items.extend_from_slice(positional);
    if args.n_keywords() > 0 {
        items.push(keyword_mark());
        for (k, v) in args.keywords() {
            items.push(k);
            items.push(v);
        }
    }
    if typed {
        items.extend(positional.iter().map(|v| v.ty().value()));
        items.extend(args.keywords().map(|(_, v)| v.ty().value()));
    }
    tuple::from_slice(&items)
}

impl Nodes {
    fn unlink(&mut self, i: u32) {
        let (previous, next) = (self.all[i as usize].previous, self.all[i as usize].next);
        match previous {
            NONE => self.first = next,
            p => self.all[p as usize].next = next,
        }
        match next {
            NONE => self.last = previous,
            n => self.all[n as usize].previous = previous,
        }
    }
    fn append(&mut self, i: u32) {
        let last = self.last;
        self.all[i as usize].previous = last;
        self.all[i as usize].next = NONE;
        match last {
            NONE => self.first = i,
            l => self.all[l as usize].next = i,
        }
        self.last = i;
    }
}

fn lru_call(v: Value, args: Args<'_>) -> PyResult {
    let p = raw(v);
    // SAFETY: a live instance, kept alive by the caller; what Python code may replace is counted first.
    unsafe {
        let function = Ref::new((*p).function);
        match (*p).kind {
            Kind::Uncached => {
                (*p).misses += 1;
                ops::call_args(function.value(), args)
            }
            Kind::Infinite => {
                let key = make_key(args, (*p).typed);
                let hash = dict::hash_key(key.value())?;
                if let Some(r) = dict::get_hashed((*p).cache, key.value(), hash)? {
                    (*p).hits += 1;
                    return Ok(r);
                }
                (*p).misses += 1;
                let result = ops::call_args(function.value(), args)?;
                dict::set_hashed((*p).cache, key, hash, result.clone())?;
                Ok(result)
            }
            Kind::Bounded => bounded_call(p, &function, args),
        }
    }
}

unsafe fn bounded_call(p: *mut LruCache, function: &Ref, args: Args<'_>) -> PyResult {
    // SAFETY: as `lru_call`; no reference into the nodes outlives a statement that can run Python code.
    unsafe {
        let key = make_key(args, (*p).typed);
        let hash = dict::hash_key(key.value())?;
        if let Some(at) = dict::get_hashed((*p).cache, key.value(), hash)? {
            let nodes = &mut *(*p).nodes;
            if let Some(i) = at.as_int().filter(|i| (*i as usize) < nodes.all.len()) {
                let i = i as u32;
                if nodes.last != i {
                    nodes.unlink(i);
                    nodes.append(i);
                }
                (*p).hits += 1;
                return Ok(Ref::new(nodes.all[i as usize].result));
            }
        }
        (*p).misses += 1;
        let result = ops::call_args(function.value(), args)?;
        // The call may have cached the same key.
        if dict::get_hashed((*p).cache, key.value(), hash)?.is_some() {
            return Ok(result);
        }
        let new = |previous_result: &Ref| Node {
            key: key.clone().into_value(),
            result: previous_result.clone().into_value(),
            hash,
            previous: NONE,
            next: NONE,
        };
        let nodes = &mut *(*p).nodes;
        let generation = nodes.generation;
        let i = if dict::len((*p).cache) < (*p).max_size as usize {
            if nodes.all.len() >= NONE as usize {
                return Ok(result);
            }
            nodes.all.push(new(&result));
            (nodes.all.len() - 1) as u32
        } else {
            let oldest = nodes.first;
            if oldest == NONE {
                return Ok(result);
            }
            nodes.unlink(oldest);
            let old_key = Ref::new(nodes.all[oldest as usize].key);
            let old_hash = nodes.all[oldest as usize].hash;
            let popped = dict::pop_hashed((*p).cache, old_key.value(), old_hash);
            let nodes = &mut *(*p).nodes;
            if nodes.generation != generation {
                return popped.map(|_| result);
            }
            match popped {
                Err(e) => {
                    // The key stays where it was, as the newest.
                    nodes.append(oldest);
                    return Err(e);
                }
                // Somebody else took the key out: the node is an orphan that only the next clear gives back.
                Ok(None) => return Ok(result),
                Ok(Some(_)) => {}
            }
            let old = std::mem::replace(&mut nodes.all[oldest as usize], new(&result));
            heap::decref(old.key);
            heap::decref(old.result);
            oldest
        };
        // Giving old values back may have run code.
        if (*(*p).nodes).generation != generation {
            return Ok(result);
        }
        dict::set_hashed((*p).cache, key, hash, Ref::int(i64::from(i)))?;
        let nodes = &mut *(*p).nodes;
        if nodes.generation == generation {
            nodes.append(i);
        }
        Ok(result)
    }
}

fn lru_get(v: Value, object: Value, _: Value) -> PyResult {
    if object.is_empty() || object.is_none() {
        return Ok(Ref::new(v));
    }
    Ok(method::new(v, object))
}
fn cache_info(v: Value) -> PyResult {
    let p = raw(v);
    // SAFETY: a live instance.
    unsafe {
        let max = if (*p).kind == Kind::Infinite { Ref::none() } else { Ref::int((*p).max_size as i64) };
        let size = dict::len((*p).cache) as i64;
        let info_type = Ref::new((*p).info_type);
        ops::call(
            info_type.value(),
            &[Ref::int((*p).hits).value(), Ref::int((*p).misses).value(), max.value(), Ref::int(size).value()],
        )
    }
}
fn cache_clear(v: Value) -> PyResult {
    let p = raw(v);
    // SAFETY: a live instance; values die last.
    unsafe {
        (*p).hits = 0;
        (*p).misses = 0;
        let nodes = take_nodes(p);
        dict::clear((*p).cache);
        release(nodes);
    }
    Ok(Ref::none())
}
fn reduce(v: Value) -> PyResult {
    ops::getattr(v, intern!("__qualname__"))
}
fn copy(v: Value, _: &[Value]) -> PyResult {
    Ok(Ref::new(v))
}

/// Readies the type.
pub fn init() -> PyResult<()> {
    typeobject::ready(ty!(PyLruCache_Type))
}
