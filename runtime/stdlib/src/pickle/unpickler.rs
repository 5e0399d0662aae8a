//! `Unpickler`: the object. Its loads are run by the machine in `load.rs`.

use super::input::Input;
use super::load::Machine;
use super::pickler::Hook;
use super::{ErrorKind, UnpicklerMemoProxy_Type, error, globals};
use pyrs_object::layout::*;
use pyrs_object::list::common::alloc_instance;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, check_positional, dict, errors, gc,
    getset, heap, int, intern, methods, ops, py_type, raise, str, ty,
};
use std::cell::{Cell, RefCell};
use std::ffi::{c_int, c_void};
use std::rc::Rc;

/// Where a pickle comes from and how it is read. A load holds on to its core.
pub(super) struct Core {
    pub(super) input: RefCell<Input>,
    pub(super) memo: RefCell<Vec<Option<Ref>>>,
    /// Size of CPython's memo and mark tables for as much: `__sizeof__` counts them.
    memo_slots: Cell<usize>,
    pub(super) mark_slots: Cell<usize>,
    pub(super) line_size: Cell<usize>,
    pub(super) proto: Cell<i64>,
    pub(super) fix_imports: bool,
    pub(super) encoding: String,
    pub(super) errors: String,
    pub(super) buffers: Option<Ref>,
    pub(super) persistent: RefCell<Option<Hook>>,
}
impl Core {
    pub(super) fn new(
        input: Input,
        fix_imports: bool,
        encoding: String,
        errors: String,
        buffers: Value,
    ) -> PyResult<Core> {
        let buffers = match buffers.non_empty().filter(|b| !b.is_none()) {
            Some(b) => Some(ops::iter(b)?),
            None => None,
        };
        Ok(Core {
            input: RefCell::new(input),
            memo: RefCell::new(Vec::new()),
            memo_slots: Cell::new(32),
            mark_slots: Cell::new(0),
            line_size: Cell::new(0),
            proto: Cell::new(0),
            fix_imports,
            encoding,
            errors,
            buffers,
            persistent: RefCell::new(None),
        })
    }
    pub(super) fn memo_put(&self, index: usize, v: Ref) -> PyResult<()> {
        let old = {
            let mut memo = self.memo.borrow_mut();
            if index >= memo.len() {
                errors::check_room(index, 2 * size_of::<Option<Ref>>())?;
                memo.resize(index + 1, None);
                if index >= self.memo_slots.get() {
                    self.memo_slots.set(index * 2);
                }
            }
            memo[index].replace(v)
        };
        drop(old);
        Ok(())
    }
    /// The class or function of a global, through an overriding `find_class` if there is one.
    pub(super) fn find_class(&self, owner: Value, module: Ref, name: Ref) -> PyResult {
        if owner.is_empty() || owner.is_exact(ty!(Unpickler_Type)) {
            return globals::find_class(module, name, self.proto.get(), self.fix_imports);
        }
        ops::call_method(
            owner,
            intern!("find_class"),
            &[module.value(), name.value()],
        )
    }
}

#[repr(C)]
pub(crate) struct UnpicklerObject {
    pub ob_base: PyObject,
    core: Option<Rc<Core>>,
    /// CPython's words, so that `__sizeof__` agrees.
    room: [usize; 31],
}
py_type! {
    pub static Unpickler_Type: UnpicklerObject = "_pickle.Unpickler" {
        flags: HAVE_GC | BASETYPE;
        doc: "Unpickler(file, *, fix_imports=True, encoding='ASCII', errors='strict',\n          buffers=())\n--\n\nThis takes a binary file for reading a pickle data stream.";
        raw { tp_dealloc: dealloc, tp_traverse: traverse, tp_clear: clear }
        slots { tp_init: init, tp_new: new }
        methods: METHODS;
        getset: GETSET;
    }
}
methods! { static METHODS = [
    "load" NOARGS load, "load($self, /)\n--\n\nLoad a pickle.";
    "find_class" FAST find_class, "find_class($self, module_name, global_name, /)\n--\n\nReturn an object from a specified module.";
    "__sizeof__" NOARGS sizeof, "__sizeof__($self, /)\n--\n\nReturns size in memory, in bytes.";
] }
getset! { static GETSET = [
    "memo" get_memo, set_memo, "";
    "persistent_load" get_persistent, set_persistent, "";
] }

fn object(v: Value) -> *mut UnpicklerObject {
    v.as_ptr().cast()
}
pub(super) fn core(v: Value) -> PyResult<Rc<Core>> {
    // SAFETY: a live Unpickler.
    match unsafe { &(*object(v)).core } {
        Some(c) => Ok(c.clone()),
        None => Err(error(
            ErrorKind::Unpickling,
            &format!(
                "Unpickler.__init__() was not called by {}.__init__()",
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
    let Some(core) = (unsafe { &(*o.cast::<UnpicklerObject>()).core }) else {
        return 0;
    };
    if Rc::strong_count(core) > 1 {
        // A running load holds what the core refers to.
        return 0;
    }
    let mut found: Vec<Value> = core.buffers.iter().map(|b| b.value()).collect();
    if let Ok(h) = core.persistent.try_borrow() {
        found.extend(h.iter().map(Hook::function));
    }
    if let Ok(i) = core.input.try_borrow() {
        if let Some(f) = &i.file {
            f.visit(&mut found);
        }
    }
    if let Ok(m) = core.memo.try_borrow() {
        found.extend(m.iter().flatten().map(|r| r.value()));
    }
    super::visit_all(&found, visit, arg)
}
unsafe extern "C" fn clear(o: *mut PyObject) -> c_int {
    // SAFETY: a live instance; the core is taken out before its objects may die.
    drop(unsafe { (*o.cast::<UnpicklerObject>()).core.take() });
    0
}
fn new(t: Type, _: Args<'_>) -> PyResult {
    let made = alloc_instance(t, 0)?;
    // SAFETY: a fresh zeroed instance; a null core is none.
    Ok(unsafe { Ref::from_owned_ptr(made) })
}
/// A `const char *` argument with a default.
pub(super) fn text_argument(
    function: &str,
    name: &str,
    v: Value,
    default: &str,
) -> PyResult<String> {
    if v.is_empty() {
        return Ok(default.to_owned());
    }
    if !str::is_str(v) {
        return Err(raise!(
            TypeError,
            "{function}() argument '{name}' must be str, not {}",
            v.ty().message_name()
        ));
    }
    let text = str::as_utf8(v)?;
    if text.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    Ok(text.to_owned())
}
fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    const INIT: Signature<5> = Signature {
        name: "Unpickler",
        params: ["file", "fix_imports", "encoding", "errors", "buffers"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [file, fix_imports, encoding, errors, buffers] = args.bind(&INIT)?;
    let fix = fix_imports.is_empty() || ops::is_true(fix_imports)?;
    let encoding = text_argument("Unpickler", "encoding", encoding, "ASCII")?;
    let errors = text_argument("Unpickler", "errors", errors, "strict")?;
    let input = Input::of_file(file)?;
    let core = Core::new(input, fix, encoding, errors, buffers)?;
    *core.persistent.borrow_mut() = Hook::find(v, intern!("persistent_load"))?;
    // SAFETY: a live instance; the old core goes after the new is in place.
    let old = unsafe { (*object(v)).core.replace(Rc::new(core)) };
    drop(old);
    Ok(())
}
fn load(v: Value) -> PyResult {
    let core = core(v)?;
    let result = Machine::new(&core, v).run();
    // What was peeked at and used is taken from the file even if the load failed.
    let skipped = core.input.borrow_mut().skip_consumed();
    let r = result?;
    skipped?;
    Ok(r)
}
fn find_class(v: Value, args: &[Value]) -> PyResult {
    check_positional("find_class", args.len(), 2, 2)?;
    let core = core(v)?;
    globals::find_class(
        Ref::new(args[0]),
        Ref::new(args[1]),
        core.proto.get(),
        core.fix_imports,
    )
}
fn sizeof(v: Value) -> PyResult {
    let core = core(v)?;
    let mut size = v.ty().tp_basicsize as usize;
    size += 8 * (core.memo_slots.get() + core.mark_slots.get());
    size += core.encoding.len() + 1 + core.errors.len() + 1;
    if core.line_size.get() > 0 {
        size += core.line_size.get() + 1;
    }
    Ok(Ref::int(size as i64))
}
fn get_memo(v: Value) -> PyResult {
    super::new_proxy(ty!(UnpicklerMemoProxy_Type), v)
}
pub(super) fn forget(core: &Core) {
    core.memo_slots.set(32);
    drop(core.memo.take());
}
/// The memo as a dict of `number: object`.
pub(super) fn memo_copy(v: Value) -> PyResult {
    let copy = dict::new();
    let core = core(v)?;
    let entries = core.memo.borrow().clone();
    for (i, r) in entries.into_iter().enumerate() {
        if let Some(r) = r {
            dict::set_item_owned(copy.value(), Ref::int(i as i64), r)?;
        }
    }
    Ok(copy)
}
fn set_memo(v: Value, new: Value) -> PyResult<()> {
    if new.is_empty() {
        return Err(raise!(TypeError, "attribute deletion is not supported"));
    }
    let core = core(v)?;
    let mut memo: Vec<Option<Ref>> = Vec::new();
    if new.is_exact(ty!(UnpicklerMemoProxy_Type)) {
        memo.clone_from(&self::core(super::proxied(new))?.memo.borrow());
    } else if dict::is_dict(new) {
        let mut at = 0;
        while let Some((k, x)) = dict::next(new, &mut at) {
            if !int::is_int_instance(k) {
                return Err(raise!(TypeError, "memo key must be integers"));
            }
            let index = ops::index_as_isize(k)?;
            let Ok(index) = usize::try_from(index) else {
                return Err(raise!(ValueError, "memo key must be positive integers."));
            };
            if index >= memo.len() {
                errors::check_room(index, 2 * size_of::<Option<Ref>>())?;
                memo.resize(index + 1, None);
            }
            memo[index] = Some(Ref::new(x));
        }
    } else {
        return Err(raise!(
            TypeError,
            "'memo' attribute must be an UnpicklerMemoProxy object or dict, not {}",
            new.ty().message_name()
        ));
    }
    core.memo_slots.set(memo.len().max(32));
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
        Ref::str("persistent_load"),
    ))
}
fn set_persistent(v: Value, f: Value) -> PyResult<()> {
    if f.is_empty() {
        return Err(raise!(TypeError, "attribute deletion is not supported"));
    }
    if !ops::is_callable(f) {
        return Err(raise!(
            TypeError,
            "persistent_load must be a callable taking one argument"
        ));
    }
    let old = core(v)?.persistent.replace(Some(Hook::new(Ref::new(f))));
    drop(old);
    Ok(())
}
