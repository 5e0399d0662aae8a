//! `Pickler`: the object, and the writing of opcodes, frames and memo references. What is written for which object is in `save.rs`.

use super::opcodes::*;
use super::{ErrorKind, PicklerMemoProxy_Type, error};
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, bytes, dict, errors, gc, getset, heap,
    int, intern, methods, ops, py_type, raise, tuple, ty, typeobject,
};
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ffi::{c_int, c_void};
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

/// Hashes object addresses.
#[derive(Default)]
pub(super) struct AddressHasher(u64);
impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_u64(u64::from(*b));
        }
    }
    fn write_u64(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ (n >> 4)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    }
}
/// Objects that were written, by address, with their number. They are kept alive, so that no other takes the address.
pub(super) type Memo = HashMap<u64, (usize, Ref), BuildHasherDefault<AddressHasher>>;

/// A hook method of a subclass or of the instance. A bound one of the instance itself is kept unbound, or it would be a cycle.
pub(super) struct Hook {
    function: Ref,
    bound: bool,
}
impl Hook {
    /// `object.name`, if there is one.
    pub(super) fn find(object: Value, name: Value) -> PyResult<Option<Hook>> {
        let Some(found) = ops::getattr_opt(object, name)? else {
            return Ok(None);
        };
        if found
            .value()
            .is_exact(ty!(pyrs_object::method::PyMethod_Type))
        {
            let (function, slf) = pyrs_object::method::parts(found.value());
            if slf == object {
                return Ok(Some(Hook {
                    function: Ref::new(function),
                    bound: true,
                }));
            }
        }
        Ok(Some(Hook::new(found)))
    }
    pub(super) fn new(function: Ref) -> Hook {
        Hook {
            function,
            bound: false,
        }
    }
    pub(super) fn get(&self, object: Value) -> Ref {
        if self.bound {
            pyrs_object::method::new(self.function.value(), object)
        } else {
            self.function.clone()
        }
    }
    pub(super) fn function(&self) -> Value {
        self.function.value()
    }
    /// The function with what goes in front of its argument.
    pub(super) fn target(&self, object: Value) -> (Ref, Option<Value>) {
        (self.function.clone(), self.bound.then_some(object))
    }
}
/// Calls a hook's target.
pub(super) fn call_hook(target: &(Ref, Option<Value>), argument: Value) -> PyResult {
    match target.1 {
        Some(slf) => ops::call(target.0.value(), &[slf, argument]),
        None => ops::call(target.0.value(), &[argument]),
    }
}

/// Where a pickle goes and how it is written. A dump holds on to its core, whatever Python code does to the object meanwhile.
pub(super) struct Core {
    pub(super) proto: i64,
    pub(super) bin: Cell<bool>,
    pub(super) fast: Cell<bool>,
    pub(super) fix_imports: bool,
    /// `file.write`; without one the pickle is returned.
    write: Option<Ref>,
    pub(super) buffer_callback: Option<Ref>,
    pub(super) persistent: RefCell<Option<Hook>>,
    pub(super) reducer_override: RefCell<Option<Ref>>,
    pub(super) dispatch_table: RefCell<Option<Ref>>,
    pub(super) memo: RefCell<Memo>,
    /// Slots of CPython's table for as many entries: `__sizeof__` counts it.
    memo_slots: Cell<usize>,
    out: RefCell<Vec<u8>>,
    framing: Cell<bool>,
    /// Where the open frame's header lies in `out`.
    frame: Cell<Option<usize>>,
    dumped: Cell<bool>,
    /// Depth of containers in fast mode, and those being written deep down.
    pub(super) fast_depth: Cell<usize>,
    pub(super) fast_open: RefCell<Vec<u64>>,
}

const FRAME_HEADER: usize = 9;
const FRAME_MIN: usize = 4;
const FRAME_TARGET: usize = 64 * 1024;

impl Core {
    pub(super) fn new(
        protocol: Value,
        fix_imports: bool,
        buffer_callback: Value,
        write: Option<Ref>,
    ) -> PyResult<Core> {
        let proto = if protocol.is_empty() || protocol.is_none() {
            DEFAULT_PROTOCOL
        } else {
            let p = i64::from(crate::util::as_c_int(protocol)?);
            if p < 0 {
                HIGHEST_PROTOCOL
            } else if p > HIGHEST_PROTOCOL {
                return Err(raise!(
                    ValueError,
                    "pickle protocol must be <= {HIGHEST_PROTOCOL}"
                ));
            } else {
                p
            }
        };
        let buffer_callback = buffer_callback
            .non_empty()
            .filter(|c| !c.is_none())
            .map(Ref::new);
        if buffer_callback.is_some() && proto < 5 {
            return Err(raise!(ValueError, "buffer_callback needs protocol >= 5"));
        }
        Ok(Core {
            proto,
            bin: Cell::new(proto > 0),
            fast: Cell::new(false),
            fix_imports: fix_imports && proto < 3,
            write,
            buffer_callback,
            persistent: RefCell::new(None),
            reducer_override: RefCell::new(None),
            dispatch_table: RefCell::new(None),
            memo: RefCell::new(Memo::default()),
            memo_slots: Cell::new(8),
            out: RefCell::new(Vec::new()),
            framing: Cell::new(false),
            frame: Cell::new(None),
            dumped: Cell::new(false),
            fast_depth: Cell::new(0),
            fast_open: RefCell::new(Vec::new()),
        })
    }

    // ---- Bytes --------------------------------------------------------------------------------------------

    #[inline]
    pub(super) fn put(&self, data: &[u8]) {
        let mut out = self.out.borrow_mut();
        if self.framing.get() && self.frame.get().is_none() {
            self.frame.set(Some(out.len()));
            out.extend_from_slice(&[0; FRAME_HEADER]);
        }
        out.extend_from_slice(data);
    }
    #[inline]
    pub(super) fn op(&self, code: u8) {
        self.put(&[code]);
    }
    /// The opcode and a length or number of `width` bytes, little-endian.
    pub(super) fn op_n(&self, code: u8, n: u64, width: usize) {
        let mut b = [0; 9];
        b[0] = code;
        b[1..].copy_from_slice(&n.to_le_bytes());
        self.put(&b[..=width]);
    }
    fn commit_frame(&self) {
        let Some(start) = self.frame.take() else {
            return;
        };
        let mut out = self.out.borrow_mut();
        let size = out.len() - start - FRAME_HEADER;
        if size >= FRAME_MIN {
            out[start] = FRAME;
            out[start + 1..start + FRAME_HEADER].copy_from_slice(&(size as u64).to_le_bytes());
        } else {
            out.drain(start..start + FRAME_HEADER);
        }
    }
    /// Between two opcodes a frame that is large enough ends.
    pub(super) fn boundary(&self) -> PyResult<()> {
        let Some(start) = self.frame.get() else {
            return Ok(());
        };
        if self.out.borrow().len() - start - FRAME_HEADER < FRAME_TARGET {
            return Ok(());
        }
        self.commit_frame();
        self.flush()
    }
    fn flush(&self) -> PyResult<()> {
        if let Some(write) = &self.write {
            let data = std::mem::take(&mut *self.out.borrow_mut());
            ops::call(write.value(), &[bytes::new(&data).value()])?;
        }
        Ok(())
    }
    /// A header and a payload. A large payload stands outside of frames and is written without a copy if it is an object's.
    pub(super) fn put_payload(&self, header: &[u8], data: &[u8], owner: Value) -> PyResult<()> {
        if data.len() < FRAME_TARGET {
            self.put(header);
            self.put(data);
            return Ok(());
        }
        self.commit_frame();
        let framing = self.framing.replace(false);
        self.put(header);
        let done = match &self.write {
            Some(write) => self.flush().and_then(|()| {
                let payload = if owner.is_empty() {
                    bytes::new(data)
                } else {
                    Ref::new(owner)
                };
                ops::call(write.value(), &[payload.value()]).map(drop)
            }),
            None => {
                self.put(data);
                Ok(())
            }
        };
        self.framing.set(framing);
        done
    }

    // ---- Memo ---------------------------------------------------------------------------------------------

    pub(super) fn memo_find(&self, v: Value) -> Option<usize> {
        self.memo.borrow().get(&v.bits()).map(|(i, _)| *i)
    }
    pub(super) fn memo_put(&self, v: Value) -> PyResult<()> {
        if self.fast.get() {
            return Ok(());
        }
        let index = {
            let mut memo = self.memo.borrow_mut();
            let index = memo.len();
            memo.insert(v.bits(), (index, Ref::new(v)));
            self.count_slots(memo.len());
            index
        };
        if !self.bin.get() {
            self.put(format!("p{index}\n").as_bytes());
        } else if self.proto >= 4 {
            self.op(MEMOIZE);
        } else if index < 256 {
            self.op_n(BINPUT, index as u64, 1);
        } else {
            self.op_n(LONG_BINPUT, index as u64, 4);
        }
        Ok(())
    }
    fn count_slots(&self, used: usize) {
        if used * 3 >= self.memo_slots.get() * 2 {
            let wanted = if used > 50_000 { used * 2 } else { used * 4 };
            self.memo_slots.set(wanted.next_power_of_two().max(8));
        }
    }
    pub(super) fn memo_get(&self, index: usize) {
        if !self.bin.get() {
            self.put(format!("g{index}\n").as_bytes());
        } else if index < 256 {
            self.op_n(BINGET, index as u64, 1);
        } else {
            self.op_n(LONG_BINGET, index as u64, 4);
        }
    }

    // ---- Dumps --------------------------------------------------------------------------------------------

    /// Writes the whole pickle of `v`. `owner` is the Pickler, or empty for the module's functions.
    pub(super) fn dump(&self, owner: Value, v: Value) -> PyResult<()> {
        self.out.borrow_mut().clear();
        self.frame.set(None);
        self.dumped.set(true);
        let result = self.dump_inner(owner, v);
        self.framing.set(false);
        if result.is_err() {
            self.fast_depth.set(0);
            self.fast_open.borrow_mut().clear();
        }
        result
    }
    fn dump_inner(&self, owner: Value, v: Value) -> PyResult<()> {
        if self.proto >= 2 {
            self.put(&[PROTO, self.proto as u8]);
            self.framing.set(self.proto >= 4);
        }
        self.save(owner, v, false)?;
        self.op(STOP);
        self.commit_frame();
        self.flush()
    }
    pub(super) fn take_output(&self) -> Vec<u8> {
        std::mem::take(&mut *self.out.borrow_mut())
    }
}

// ---- The object ------------------------------------------------------------------------------------------

#[repr(C)]
pub(crate) struct PicklerObject {
    pub ob_base: PyObject,
    core: Option<Rc<Core>>,
    /// CPython's words, so that `__sizeof__` agrees.
    room: [usize; 16],
}
py_type! {
    pub static Pickler_Type: PicklerObject = "_pickle.Pickler" {
        flags: HAVE_GC | BASETYPE;
        doc: "Pickler(file, protocol=None, fix_imports=True, buffer_callback=None)\n--\n\nThis takes a binary file for writing a pickle data stream.";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_init: init, tp_new: new }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "dump" O dump, "dump($self, obj, /)\n--\n\nWrite a pickled representation of the given object to the open file.";
    "clear_memo" NOARGS clear_memo, "clear_memo($self, /)\n--\n\nClears the pickler's \"memo\".";
    "__sizeof__" NOARGS sizeof, "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes.";
] }
getset! { static GETSET = [
    "memo" get_memo, set_memo, "";
    "persistent_id" get_persistent, set_persistent, "";
    "bin" get_bin, set_bin, "";
    "fast" get_fast, set_fast, "";
    "dispatch_table" get_table, set_table, "";
] }

fn object(v: Value) -> *mut PicklerObject {
    v.as_ptr().cast()
}
/// The core of an initialised Pickler.
pub(super) fn core(v: Value) -> PyResult<Rc<Core>> {
    // SAFETY: a live Pickler.
    match unsafe { &(*object(v)).core } {
        Some(c) if c.write.is_some() => Ok(c.clone()),
        _ => Err(error(
            ErrorKind::Pickling,
            &format!(
                "Pickler.__init__() was not called by {}.__init__()",
                v.ty().name()
            ),
        )),
    }
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    // SAFETY: a dead instance.
    unsafe {
        gc::untrack(o);
        clear(o);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(o: *mut PyObject, visit: visitproc, arg: *mut c_void) -> c_int {
    // SAFETY: a live instance.
    let Some(core) = (unsafe { &(*o.cast::<PicklerObject>()).core }) else {
        return 0;
    };
    if Rc::strong_count(core) > 1 {
        // A running dump holds what the core refers to.
        return 0;
    }
    let mut found: Vec<Value> = Vec::new();
    found.extend(core.write.iter().map(|r| r.value()));
    found.extend(core.buffer_callback.iter().map(|r| r.value()));
    if let Ok(h) = core.persistent.try_borrow() {
        found.extend(h.iter().map(Hook::function));
    }
    for cell in [&core.reducer_override, &core.dispatch_table] {
        if let Ok(r) = cell.try_borrow() {
            found.extend(r.iter().map(|r| r.value()));
        }
    }
    if let Ok(m) = core.memo.try_borrow() {
        found.extend(m.values().map(|(_, r)| r.value()));
    }
    super::visit_all(&found, visit, arg)
}
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: a live instance; the core is taken out before its objects may die.
    drop(unsafe { (*o.cast::<PicklerObject>()).core.take() });
    0
}
fn new(t: Type, _: Args<'_>) -> PyResult {
    let made = alloc_instance(t, 0)?;
    // SAFETY: a fresh zeroed instance; a null core is none.
    Ok(unsafe { Ref::from_owned_ptr(made) })
}
pub(super) fn writer(file: Value) -> PyResult<Ref> {
    match ops::getattr_opt(file, intern!("write"))? {
        Some(w) => Ok(w),
        None => Err(raise!(TypeError, "file must have a 'write' attribute")),
    }
}
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<4> = Signature {
        name: "Pickler",
        params: ["file", "protocol", "fix_imports", "buffer_callback"],
        posonly: 0,
        positional: 4,
        required: 1,
    };
    let [file, protocol, fix_imports, callback] = args.bind(&INIT)?;
    let fix = fix_imports.is_empty() || ops::is_true(fix_imports)?;
    // The order of the checks is CPython's: protocol, file, callback.
    Core::new(protocol, fix, Value::EMPTY, None)?;
    let write = writer(file)?;
    let core = Core::new(protocol, fix, callback, Some(write))?;
    *core.persistent.borrow_mut() = Hook::find(v, intern!("persistent_id"))?;
    let own_table = {
        // SAFETY: a live instance.
        let old = unsafe { &(*object(v)).core };
        old.as_ref().and_then(|c| c.dispatch_table.borrow().clone())
    };
    *core.dispatch_table.borrow_mut() = match own_table {
        Some(t) => Some(t),
        None => ops::getattr_opt(v, intern!("dispatch_table"))?,
    };
    // SAFETY: a live instance; the old core goes after the new is in place.
    let old = unsafe { (*object(v)).core.replace(Rc::new(core)) };
    drop(old);
    Ok(())
}
fn dump(v: Value, object: Value) -> PyResult {
    let core = core(v)?;
    *core.reducer_override.borrow_mut() = ops::getattr_opt(v, intern!("reducer_override"))?;
    let result = core.dump(v, object);
    let hook = core.reducer_override.take();
    drop(hook);
    result?;
    Ok(Ref::none())
}
fn clear_memo(v: Value) -> PyResult {
    forget(&*core(v)?);
    Ok(Ref::none())
}
pub(super) fn forget(core: &Core) {
    core.memo_slots.set(8);
    drop(core.memo.take());
}
fn sizeof(v: Value) -> PyResult {
    let core = core(v)?;
    // A memo table of CPython's is four words and two for a slot; a fresh output buffer is `bytes(4096)`.
    let buffer = if core.dumped.get() { 0 } else { 33 + 4096 };
    let size = v.ty().tp_basicsize as usize + 32 + core.memo_slots.get() * 16 + buffer;
    Ok(Ref::int(size as i64))
}
fn get_memo(v: Value) -> PyResult {
    super::new_proxy(ty!(PicklerMemoProxy_Type), v)
}
/// The memo as a dict of `id: (number, object)`.
pub(super) fn memo_copy(v: Value) -> PyResult {
    let copy = dict::new();
    let core = core(v)?;
    let entries: Vec<(u64, usize, Ref)> = core
        .memo
        .borrow()
        .iter()
        .map(|(k, (i, r))| (*k, *i, r.clone()))
        .collect();
    for (id, index, r) in entries {
        let pair = tuple::pair(Ref::int(index as i64), r);
        dict::set_item(copy.value(), int::from_u64(id).value(), pair.value())?;
    }
    Ok(copy)
}
fn set_memo(v: Value, new: Value) -> PyResult<()> {
    if new.is_empty() {
        return Err(raise!(TypeError, "attribute deletion is not supported"));
    }
    let core = core(v)?;
    let mut memo = Memo::default();
    if new.is_exact(ty!(PicklerMemoProxy_Type)) {
        let other = self::core(super::proxied(new))?;
        for (k, (i, r)) in other.memo.borrow().iter() {
            memo.insert(*k, (*i, r.clone()));
        }
    } else if dict::is_dict(new) {
        let mut at = 0;
        while let Some((_, pair)) = dict::next(new, &mut at) {
            if !tuple::is_tuple(pair) || tuple::len(pair) != 2 {
                return Err(raise!(TypeError, "'memo' values must be 2-item tuples"));
            }
            let index = ops::index_as_isize(tuple::get(pair, 0))?;
            let object = tuple::get(pair, 1);
            memo.insert(object.bits(), (index as usize, Ref::new(object)));
        }
    } else {
        return Err(raise!(
            TypeError,
            "'memo' attribute must be a PicklerMemoProxy object or dict, not {}",
            new.ty().message_name()
        ));
    }
    core.count_slots(memo.len());
    drop(core.memo.replace(memo));
    Ok(())
}
fn get_persistent(v: Value) -> PyResult {
    // SAFETY: a live instance.
    if let Some(core) = unsafe { &(*object(v)).core } {
        if let Some(h) = &*core.persistent.borrow() {
            return Ok(h.get(v));
        }
    }
    Err(errors::raise_arg(
        pyrs_object::exceptions::AttributeError,
        Ref::str("persistent_id"),
    ))
}
fn set_persistent(v: Value, f: Value) -> PyResult<()> {
    if f.is_empty() {
        return Err(raise!(TypeError, "attribute deletion is not supported"));
    }
    if !ops::is_callable(f) {
        return Err(raise!(
            TypeError,
            "persistent_id must be a callable taking one argument"
        ));
    }
    let old = core(v)?.persistent.replace(Some(Hook::new(Ref::new(f))));
    drop(old);
    Ok(())
}
fn flag(v: Value) -> PyResult<bool> {
    Ok(crate::util::as_c_int(v)? != 0)
}
fn not_deleted(v: Value) -> PyResult<()> {
    if v.is_empty() {
        return Err(raise!(TypeError, "can't delete numeric/char attribute"));
    }
    Ok(())
}
fn get_bin(v: Value) -> PyResult {
    Ok(Ref::int(core(v)?.bin.get().into()))
}
fn set_bin(v: Value, new: Value) -> PyResult<()> {
    not_deleted(new)?;
    core(v)?.bin.set(flag(new)?);
    Ok(())
}
fn get_fast(v: Value) -> PyResult {
    Ok(Ref::int(core(v)?.fast.get().into()))
}
fn set_fast(v: Value, new: Value) -> PyResult<()> {
    not_deleted(new)?;
    core(v)?.fast.set(flag(new)?);
    Ok(())
}
fn get_table(v: Value) -> PyResult {
    // SAFETY: a live instance.
    let core = unsafe { &(*object(v)).core };
    match core
        .as_ref()
        .and_then(|c| c.dispatch_table.borrow().clone())
    {
        Some(t) => Ok(t),
        None => Err(typeobject::raise_no_attribute(
            v,
            intern!("dispatch_table"),
            "dispatch_table",
        )),
    }
}
fn set_table(v: Value, new: Value) -> PyResult<()> {
    // SAFETY: a live instance.
    let place = unsafe { &mut (*object(v)).core };
    if place.is_none() {
        // An attribute may be set before `__init__` runs; the core that takes over inherits it.
        *place = Some(Rc::new(Core::new(Value::EMPTY, true, Value::EMPTY, None)?));
    }
    let core = place.clone();
    drop(core.map(|c| c.dispatch_table.replace(new.non_empty().map(Ref::new))));
    Ok(())
}
