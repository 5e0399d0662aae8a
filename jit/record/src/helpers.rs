//! What compiled code calls: the helpers and layouts the recorder knows, with their effects.
//!
//! Values cross as bits. A helper that raises leaves the exception in the thread state and answers 0 (objects), 2
//! (truth) or a non-zero status; the compiled code leaves through the exit of the instruction.

use crate::exceptions;
use crate::fallback::Executed;
use crate::instances::*;
use crate::operators::*;
use crate::slices::*;
use crate::subscripts::*;
use pyrs_jit_ir::context::JitContext;
use pyrs_jit_ir::ops::Type as T;
use pyrs_jit_ir::region::{Alias, MemType, Statics};
use pyrs_jit_ir::tables::{
    Append, Effects, Field, Helper, HelperId, Layout, LayoutId, Param, Raises, Ret, Tables,
};
use pyrs_object::layout::*;
use pyrs_object::native::{NativeFn, NativeMethodDef};
use pyrs_object::{
    Args, PyResult, Ref, Type, Value, ValueExt, cell, dict, errors, heap, list, ops, range, set,
    singletons, str, tuple,
};
use pyrs_vm::interp::execute_single;
use std::cell::RefCell;
use std::collections::HashSet;
use std::mem::offset_of;

/// Most operands of displays and native calls that have a helper.
pub(crate) const MAX_ARGS: usize = 6;
/// Keyword arguments in the dict of a `**kwargs` parameter.
pub(crate) const MAX_KEYWORDS: usize = 4;

/// The tables and the numbers of what is in them.
pub struct Env {
    /// All helpers and layouts.
    pub tables: std::sync::Arc<Tables>,
    /// Static objects.
    pub statics: Statics,
    pub(crate) h: Ids,
    /// Says that code runs in between that is not recorded (`true`), or that it has ended.
    pub pause: fn(bool),
    /// The entry cell of a function's region, if it has one or gets one soon.
    pub entry_cell: fn(Value) -> Option<u64>,
    /// Instructions (code, pc) that were seen to need several paths.
    pub polymorphic: RefCell<HashSet<(u64, u32)>>,
}

macro_rules! ids {
    ($($name:ident),*) => {
        pub(crate) struct Ids {
            $(pub(crate) $name: HelperId,)*
            pub(crate) containers: crate::containers::Ids,
            pub(crate) general: crate::general::Ids,
            pub(crate) float_unary: Vec<HelperId>,
            pub(crate) float_binary: Vec<HelperId>,
            pub(crate) build_list: Vec<HelperId>,
            pub(crate) build_tuple: Vec<LayoutId>,
            pub(crate) keyword_dict: Vec<LayoutId>,
            pub(crate) build_string: Vec<HelperId>,
            pub(crate) call_native: Vec<HelperId>,
            pub(crate) call_object: Vec<HelperId>,
            pub(crate) call_keywords: Vec<HelperId>,
            pub(crate) function: LayoutId,
            pub(crate) range: LayoutId,
            pub(crate) range_iter: LayoutId,
            pub(crate) super_object: LayoutId,
            pub(crate) bound_method: LayoutId,
            /// Plain instances with room for 4 attributes and more.
            pub(crate) instance: Vec<LayoutId>,
        }
    };
}
ids!(
    binary,
    binary_any,
    extension_kept,
    extension_left,
    extension_right,
    extension_both,
    number_binary,
    number_chain2,
    number_chain3,
    number_unary,
    number_compare,
    unary,
    compare,
    compare_any,
    truth,
    truth_any,
    compare_truth_any,
    single,
    single_quiet,
    take_result,
    dict_new,
    set_new,
    set_add,
    set_add_any,
    map_add,
    map_add_any,
    str_append,
    iter,
    iter_next,
    getattr,
    descriptor,
    setattr,
    getitem,
    getitem_builtin,
    item_of_dict,
    has_item,
    setitem,
    contains,
    contains_any,
    list_append,
    cell_new,
    alloc_instance,
    set_global,
    store_to_cell,
    str_eq,
    canonical,
    str_item,
    str_of,
    format,
    float_floordiv,
    float_mod,
    list_extend,
    iter_finish,
    slice_new,
    get_slice,
    set_slice,
    delitem,
    list_to_tuple,
    dict_attr,
    any_attr,
    any_method,
    any_store,
    any_init,
    has_own,
    end_generator,
    box_int,
    box_float,
    new_generator,
    new_generator_of,
    new_coroutine,
    unwind,
    push_handled,
    tell,
    pop_handled,
    matches_clause
);

pub(crate) fn v(bits: u64) -> Value {
    Value::from_bits(bits)
}
pub(crate) fn out(r: PyResult) -> u64 {
    r.map_or(0, |r| r.into_value().bits())
}
pub(crate) fn truth_out(r: PyResult<bool>) -> u8 {
    r.map_or(2, u8::from)
}
pub(crate) fn status(r: PyResult<()>) -> u64 {
    u64::from(r.is_err())
}

/// Lets the interpreter execute an instruction whose operands are in the context.
///
/// The first result is the answer; more are left in the context.
unsafe fn run_single(context: *mut JitContext, single: u64) -> PyResult {
    // SAFETY: called by compiled code, which keeps `single` alive, with as many owned values as it says.
    unsafe {
        let executed = &*(single as *const Executed);
        executed.count.set(executed.count.get() + 1);
        let single = &executed.single;
        // Other compiled code may use the context meanwhile.
        let n = single.inputs.len().max(single.outputs.len());
        let mut values: smallvec::SmallVec<[Value; 8]> = (&(*context).arguments)[..n]
            .iter()
            .map(|bits| v(*bits))
            .collect();
        execute_single(pyrs_object::thread::current(), single, values.as_mut_ptr())?;
        for (k, value) in values[..single.outputs.len()].iter().enumerate().skip(1) {
            (&mut (*context).arguments)[k] = value.bits();
        }
        Ok(Ref::from_owned(if single.outputs.is_empty() {
            Value::EMPTY
        } else {
            values[0]
        }))
    }
}
unsafe extern "C" fn single(context: *mut JitContext, single: u64) -> u64 {
    // SAFETY: as `run_single`.
    out(unsafe { run_single(context, single) })
}
unsafe extern "C" fn single_quiet(context: *mut JitContext, single: u64) -> u64 {
    // SAFETY: as `run_single`.
    status(unsafe { run_single(context, single) }.map(drop))
}
extern "C" fn set_new() -> u64 {
    set::new().into_value().bits()
}
extern "C" fn str_append(left: u64, right: u64) -> u64 {
    // SAFETY: the compiled code gives the reference up.
    out(str::append(unsafe { Ref::from_owned(v(left)) }, v(right)))
}
/// The builtins that code with these globals sees. Looks at no frame: they may be incomplete.
pub(crate) fn builtins_of(globals: Value) -> Ref {
    Ref::new(pyrs_vm::builtins_of(globals).unwrap_or_else(|_| {
        errors::clear();
        pyrs_vm::builtins_dict()
    }))
}
/// A function named as its code is.
pub(crate) fn function_of(code: Value, globals: Value) -> Ref {
    let name = pyrs_object::intern!("__name__");
    let module = dict::get(globals, name).unwrap_or_else(|_| {
        errors::clear();
        None
    });
    let builtins = builtins_of(globals);
    pyrs_object::function::with(code, globals, Value::EMPTY, module, &builtins)
}
extern "C" fn new_function(
    code: *mut PyObject,
    globals: *mut PyObject,
    defaults: *mut PyObject,
    closure: *mut PyObject,
) -> u64 {
    // SAFETY: a live code object and dict; the compiled code gives all references up.
    unsafe {
        let (code, globals) = (Ref::from_owned_ptr(code), Ref::from_owned_ptr(globals));
        let func = function_of(code.value(), globals.value());
        let f = func.value().as_ptr().cast::<PyFunctionObject>();
        (*f).func_defaults = defaults;
        (*f).func_closure = closure;
        func.into_value().bits()
    }
}
extern "C" fn dict_new() -> u64 {
    dict::new().into_value().bits()
}
/// A further result of `single`.
unsafe extern "C" fn take_result(context: *mut JitContext, n: u64) -> u64 {
    // SAFETY: called by compiled code right after `single`.
    unsafe { (&(*context).arguments)[n as usize] }
}
extern "C" fn iter(a: u64) -> u64 {
    out(ops::iter(v(a)))
}
extern "C" fn iter_next(a: u64) -> u64 {
    match ops::next(v(a)) {
        Ok(Some(item)) => item.into_value().bits(),
        _ => 0,
    }
}
extern "C" fn getattr(a: u64, name: u64) -> u64 {
    out(ops::getattr(v(a), v(name)))
}
/// What a data descriptor of its class gives for the object `a`.
extern "C" fn descriptor(d: u64, a: u64) -> u64 {
    let (d, a) = (v(d), v(a));
    if d.is_exact(pyrs_object::ty!(pyrs_object::descr::PyGetSetDescr_Type)) {
        return out(pyrs_object::descr::getset_value(d, a));
    }
    out(pyrs_object::typeobject::descr_get(d, a, a.ty().value()))
}
extern "C" fn setattr(a: u64, name: u64, value: u64) -> u64 {
    status(ops::setattr(v(a), v(name), v(value)))
}
extern "C" fn list_append(a: u64, item: u64) {
    // SAFETY: the compiled code gives the reference up.
    let item = unsafe { Ref::from_owned(v(item)) };
    if list::append(v(a), item).is_err() {
        too_long();
    }
}
/// Compiled code has no way out at an append: the MemoryError is raised at its next poll.
#[cold]
fn too_long() {
    let error = errors::take();
    pyrs_vm::threads::raise_soon(error.ty().to_ref());
}
extern "C" fn list_extend(a: u64, item: u64) -> u64 {
    status(list::extend(v(a), v(item)))
}
extern "C" fn cell_new(content: u64) -> u64 {
    // SAFETY: the compiled code gives the reference up.
    let content = unsafe { Ref::from_owned(v(content)) };
    cell::new(content.value()).into_value().bits()
}
extern "C" fn alloc_instance(class: u64) -> u64 {
    // Guarded to be a Python class with plain instantiation.
    out(pyrs_object::typeobject::new_before_init(Type::from_ptr(
        class as *mut _,
    )))
}
extern "C" fn str_eq(a: u64, b: u64) -> u8 {
    u8::from(a == b || str::eq(v(a), v(b)))
}
extern "C" fn str_of(x: u64) -> u64 {
    out(ops::str_of(v(x)))
}
extern "C" fn format(value: u64, conversion: u64, spec: u64) -> u64 {
    let r = match conversion {
        1 => ops::str_of(v(value)),
        2 => ops::repr(v(value)),
        3 => ops::ascii(v(value)),
        _ => Ok(Ref::new(v(value))),
    };
    out(r.and_then(|s| ops::format(s.value(), v(spec))))
}
extern "C" fn iter_finish(a: u64) {
    let it = v(a);
    if let Some(f) = it.ty().native().tp_iternext {
        drop(f(it));
    }
}

extern "C" fn new_range(start: u64, stop: u64, step: u64, length: u64) -> u64 {
    let p = heap::alloc_zeroed(
        pyrs_object::ty!(range::PyRange_Type),
        size_of::<range::RangeObject>(),
    );
    // SAFETY: a fresh object of that layout; the references move in.
    unsafe {
        let r = p.cast::<range::RangeObject>();
        (*r).start = v(start);
        (*r).stop = v(stop);
        (*r).step = v(step);
        (*r).length = v(length);
    }
    p as u64
}
extern "C" fn new_super(class: u64, object: u64, object_type: u64) -> u64 {
    // SAFETY: the compiled code gives the references up; the class is one.
    unsafe {
        let (class, object) = (Ref::from_owned(v(class)), Ref::from_owned(v(object)));
        drop(Ref::from_owned(v(object_type)));
        let class = Type::from_ptr(class.value().as_ptr().cast());
        pyrs_object::superobject::new(class, object.value())
            .into_value()
            .bits()
    }
}
extern "C" fn new_method(func: u64, object: u64) -> u64 {
    // SAFETY: the compiled code gives the references up.
    unsafe {
        let (func, object) = (Ref::from_owned(v(func)), Ref::from_owned(v(object)));
        pyrs_object::method::new(func.value(), object.value())
            .into_value()
            .bits()
    }
}
extern "C" fn new_range_iter(next: u64, step: u64, remaining: u64) -> u64 {
    let p = heap::alloc_zeroed(
        pyrs_object::ty!(range::PyRangeIter_Type),
        size_of::<range::RangeIter>(),
    );
    // SAFETY: a fresh object of that layout.
    unsafe {
        let r = p.cast::<range::RangeIter>();
        (*r).next = next as i64;
        (*r).step = step as i64;
        (*r).remaining = remaining as i64;
    }
    p as u64
}
extern "C" fn dealloc(p: *mut PyObject) {
    // SAFETY: called when the count has reached zero; `decref` does the rest.
    unsafe {
        (*p).ob_refcnt = 1;
        heap::decref_ptr(p);
    }
}

fn do_native(def: u64, slf: u64, args: &[u64]) -> u64 {
    // SAFETY: definitions are static; `Value` is its bits.
    let (def, args) = unsafe {
        (
            &*(def as *const NativeMethodDef),
            std::slice::from_raw_parts(args.as_ptr().cast::<Value>(), args.len()),
        )
    };
    let slf = v(slf);
    out(match def.native {
        NativeFn::O(f) if args.len() == 1 => f(slf, args[0]),
        NativeFn::Fast(f) => f(slf, args),
        NativeFn::NoArgs(f) if args.is_empty() => f(slf),
        NativeFn::Kw(f) => f(slf, Args::positional_only(args)),
        _ => ops::call_native(def, slf, Args::positional_only(args)),
    })
}
fn do_call(callable: u64, args: &[u64]) -> u64 {
    // SAFETY: `Value` is its bits.
    let args = unsafe { std::slice::from_raw_parts(args.as_ptr().cast::<Value>(), args.len()) };
    // SAFETY: what compiled code calls is an object.
    out(unsafe { ops::call_c(v(callable), args) }.unwrap_or_else(|| ops::call(v(callable), args)))
}
fn do_keyword_call(callable: u64, names: u64, args: &[u64]) -> u64 {
    // SAFETY: `Value` is its bits.
    let values = unsafe { std::slice::from_raw_parts(args.as_ptr().cast::<Value>(), args.len()) };
    let kwnames = v(names);
    out(ops::call_args(v(callable), Args { values, kwnames }))
}
fn do_list(items: &[u64]) -> u64 {
    // SAFETY: the compiled code gives the references up.
    unsafe {
        list::from_owned(items.as_ptr().cast(), items.len())
            .into_value()
            .bits()
    }
}
fn do_tuple(items: &[u64]) -> u64 {
    // SAFETY: as above.
    unsafe {
        tuple::from_owned(items.as_ptr().cast(), items.len())
            .into_value()
            .bits()
    }
}
fn do_string(items: &[u64]) -> u64 {
    let parts: smallvec::SmallVec<[Ref; 8]> = items.iter().map(|part| Ref::new(v(*part))).collect();
    out(str::join(str::empty().value(), &parts))
}

/// A field that only its layout knows: no other access is at its offset.
fn hidden_field(n: usize, ty: MemType) -> Field {
    Field {
        offset: -(1 << 20) - 8 * n as i32,
        ty,
        alias: Alias::IMMUTABLE,
    }
}
/// `extern "C"` functions of 0 to [`MAX_ARGS`] words that hand a slice on.
macro_rules! by_count {
    ($name:ident, $to:ident $(, $lead:ident)*) => {
        fn $name() -> Vec<u64> {
            extern "C" fn f0($($lead: u64),*) -> u64 { $to($($lead,)* &[]) }
            extern "C" fn f1($($lead: u64,)* a: u64) -> u64 { $to($($lead,)* &[a]) }
            extern "C" fn f2($($lead: u64,)* a: u64, b: u64) -> u64 { $to($($lead,)* &[a, b]) }
            extern "C" fn f3($($lead: u64,)* a: u64, b: u64, c: u64) -> u64 { $to($($lead,)* &[a, b, c]) }
            extern "C" fn f4($($lead: u64,)* a: u64, b: u64, c: u64, d: u64) -> u64 { $to($($lead,)* &[a, b, c, d]) }
            #[allow(clippy::too_many_arguments, reason = "as many as the call has")]
            extern "C" fn f5($($lead: u64,)* a: u64, b: u64, c: u64, d: u64, e: u64) -> u64 { $to($($lead,)* &[a, b, c, d, e]) }
            #[allow(clippy::too_many_arguments, reason = "as many as the call has")]
            extern "C" fn f6($($lead: u64,)* a: u64, b: u64, c: u64, d: u64, e: u64, f: u64) -> u64 { $to($($lead,)* &[a, b, c, d, e, f]) }
            vec![f0 as *const () as u64, f1 as *const () as u64, f2 as *const () as u64, f3 as *const () as u64, f4 as *const () as u64, f5 as *const () as u64, f6 as *const () as u64]
        }
    };
}
by_count!(list_functions, do_list);
by_count!(tuple_functions, do_tuple);
by_count!(string_functions, do_string);
by_count!(native_functions, do_native, def, slf);
by_count!(call_functions, do_call, callable);
by_count!(keyword_call_functions, do_keyword_call, callable, names);

fn p(ty: T) -> Param {
    Param { ty, steals: false }
}
fn steal(ty: T) -> Param {
    Param { ty, steals: true }
}

impl Env {
    /// Makes a plain instance from the words of its layout; `None` if it is another layout.
    pub fn make_instance(&self, layout: &Layout, words: &[u64]) -> Option<u64> {
        match words {
            [class, shape, slots @ ..] if layout.tag == INSTANCE => {
                Some(new_instance(*class, *shape, slots))
            }
            _ => None,
        }
    }
    /// Declares everything.
    pub fn new() -> Env {
        let mut t = Tables::default();
        let containers = crate::containers::Ids::declare(&mut t);
        let general = crate::general::Ids::declare(&mut t);
        // The builtin operations run no Python code and change at most the containers they are about.
        let builtin = Effects::heap(
            !0,
            Alias::LIST.bit()
                | Alias::LIST_ITEM.bit()
                | Alias::DICT.bit()
                | Alias::GLOBAL.bit()
                | Alias::ITER.bit(),
        );
        let reads = Effects::heap(!0, 0);
        let any = Effects::ANY;
        let owned = |ty, class| {
            Some(Ret {
                ty,
                owned: true,
                class,
            })
        };
        let bool_ret = Some(Ret {
            ty: T::Bool,
            owned: false,
            class: None,
        });
        let mut add = |name: &str,
                       address: u64,
                       params: Vec<Param>,
                       ret: Option<Ret>,
                       effects: Effects,
                       raises: Raises| {
            t.add_helper(Helper {
                name: name.to_string(),
                address,
                takes_context: false,
                params,
                ret,
                effects,
                raises,
            })
        };
        let bx = T::Boxed;
        let (i, f) = (T::I64, T::F64);
        let binary_address = binary as *const () as u64;
        let tuple_class = &raw const tuple::PyTuple_Type as u64;
        let list_class = Some(&raw const list::PyList_Type as u64);
        let by_result = Raises::ByResult;
        let by_status = Raises::ByStatus;
        let mut h = Ids {
            binary: add(
                "binary",
                binary_address,
                vec![p(i), p(bx), p(bx)],
                owned(bx, None),
                builtin,
                by_result,
            ),
            binary_any: add(
                "binary_any",
                binary_address,
                vec![p(i), p(bx), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            extension_kept: add(
                "extension_kept",
                extension_kept as *const () as u64,
                vec![p(i), p(bx), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            extension_left: add(
                "extension_left",
                extension_left as *const () as u64,
                vec![p(i), steal(bx), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            extension_right: add(
                "extension_right",
                extension_right as *const () as u64,
                vec![p(i), p(bx), steal(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            extension_both: add(
                "extension_both",
                extension_both as *const () as u64,
                vec![p(i), steal(bx), steal(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            unary: add(
                "unary",
                unary as *const () as u64,
                vec![p(i), p(bx)],
                owned(bx, None),
                reads,
                by_result,
            ),
            number_binary: add(
                "number_binary",
                number_binary as *const () as u64,
                vec![p(i), p(bx), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            number_chain2: add(
                "number_chain2",
                number_chain2 as *const () as u64,
                vec![p(i), p(bx), p(bx), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            number_chain3: add(
                "number_chain3",
                number_chain3 as *const () as u64,
                vec![p(i), p(bx), p(bx), p(bx), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            number_unary: add(
                "number_unary",
                number_unary as *const () as u64,
                vec![p(i), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            number_compare: add(
                "number_compare",
                number_compare as *const () as u64,
                vec![p(i), p(bx), p(bx)],
                Some(Ret {
                    ty: i,
                    owned: false,
                    class: None,
                }),
                reads,
                Raises::Never,
            ),
            compare: add(
                "compare",
                compare as *const () as u64,
                vec![p(i), p(bx), p(bx)],
                bool_ret,
                reads,
                by_result,
            ),
            compare_any: add(
                "compare_any",
                richcompare as *const () as u64,
                vec![p(i), p(bx), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            truth: add(
                "truth",
                truth as *const () as u64,
                vec![p(bx)],
                bool_ret,
                reads,
                by_result,
            ),
            truth_any: add(
                "truth_any",
                truth as *const () as u64,
                vec![p(bx)],
                bool_ret,
                any,
                by_result,
            ),
            compare_truth_any: add(
                "compare_truth_any",
                compare as *const () as u64,
                vec![p(i), p(bx), p(bx)],
                bool_ret,
                any,
                by_result,
            ),
            single: HelperId(0),
            single_quiet: HelperId(0),
            take_result: HelperId(0),
            dict_new: add(
                "dict_new",
                dict_new as *const () as u64,
                vec![],
                owned(T::Ptr, Some(&raw const dict::PyDict_Type as u64)),
                reads,
                Raises::Never,
            ),
            set_new: add(
                "set_new",
                set_new as *const () as u64,
                vec![],
                owned(T::Ptr, Some(&raw const set::PySet_Type as u64)),
                reads,
                Raises::Never,
            ),
            set_add: add(
                "set_add",
                set_add as *const () as u64,
                vec![p(bx), p(bx)],
                None,
                Effects::heap(!0, Alias::DICT.bit()),
                by_status,
            ),
            set_add_any: add(
                "set_add_any",
                set_add_any as *const () as u64,
                vec![p(bx), p(bx)],
                None,
                any,
                by_status,
            ),
            map_add: add(
                "map_add",
                map_add as *const () as u64,
                vec![p(bx), p(bx), p(bx)],
                None,
                Effects::heap(!0, Alias::DICT.bit() | Alias::GLOBAL.bit()),
                by_status,
            ),
            map_add_any: add(
                "map_add_any",
                map_add_any as *const () as u64,
                vec![p(bx), p(bx), p(bx)],
                None,
                any,
                by_status,
            ),
            str_append: add(
                "str_append",
                str_append as *const () as u64,
                vec![steal(bx), p(bx)],
                owned(bx, None),
                reads,
                by_result,
            ),
            iter: add(
                "iter",
                iter as *const () as u64,
                vec![p(bx)],
                owned(bx, None),
                reads,
                by_result,
            ),
            iter_next: add(
                "iter_next",
                iter_next as *const () as u64,
                vec![p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            getattr: add(
                "getattr",
                getattr as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            descriptor: add(
                "descriptor",
                descriptor as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            setattr: add(
                "setattr",
                setattr as *const () as u64,
                vec![p(bx), p(bx), p(bx)],
                None,
                any,
                by_status,
            ),
            getitem: add(
                "getitem",
                getitem as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            getitem_builtin: add(
                "getitem_builtin",
                getitem_builtin as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                reads,
                by_result,
            ),
            item_of_dict: add(
                "item_of_dict",
                item_of_dict as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            has_item: add(
                "has_item",
                has_item as *const () as u64,
                vec![p(bx), p(bx)],
                bool_ret,
                reads,
                Raises::Never,
            ),
            setitem: add(
                "setitem",
                setitem as *const () as u64,
                vec![p(bx), p(bx), p(bx)],
                None,
                any,
                by_status,
            ),
            delitem: add(
                "delitem",
                delitem as *const () as u64,
                vec![p(bx), p(bx)],
                None,
                any,
                by_status,
            ),
            contains_any: add(
                "contains_any",
                contains_any as *const () as u64,
                vec![p(bx), p(bx)],
                bool_ret,
                any,
                by_result,
            ),
            slice_new: add(
                "slice_new",
                slice_new as *const () as u64,
                vec![p(bx); 3],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            get_slice: add(
                "get_slice",
                get_slice as *const () as u64,
                vec![p(bx); 4],
                owned(bx, None),
                reads,
                by_result,
            ),
            set_slice: add(
                "set_slice",
                set_slice as *const () as u64,
                vec![p(bx); 5],
                None,
                any,
                by_status,
            ),
            list_to_tuple: add(
                "list_to_tuple",
                list_to_tuple as *const () as u64,
                vec![p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            dict_attr: add(
                "dict_attr",
                dict_attr as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            any_attr: add(
                "any_attr",
                any_attr as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            any_init: add(
                "any_init",
                any_init as *const () as u64,
                vec![p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            any_method: add(
                "any_method",
                any_method as *const () as u64,
                vec![p(bx), p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            any_store: add(
                "any_store",
                any_store as *const () as u64,
                vec![p(bx); 3],
                bool_ret,
                any,
                Raises::Never,
            ),
            has_own: add(
                "has_own",
                has_own as *const () as u64,
                vec![p(bx), p(bx)],
                bool_ret,
                reads,
                Raises::Never,
            ),
            contains: add(
                "contains",
                contains as *const () as u64,
                vec![p(bx), p(bx)],
                bool_ret,
                reads,
                by_result,
            ),
            list_append: add(
                "list_append",
                list_append as *const () as u64,
                vec![p(bx), steal(bx)],
                None,
                Effects::heap(!0, Alias::LIST.bit() | Alias::LIST_ITEM.bit()),
                Raises::Never,
            ),
            cell_new: add(
                "cell_new",
                cell_new as *const () as u64,
                vec![steal(bx)],
                owned(T::Ptr, Some(&raw const cell::PyCell_Type as u64)),
                reads,
                Raises::Never,
            ),
            alloc_instance: add(
                "alloc_instance",
                alloc_instance as *const () as u64,
                vec![p(T::Ptr)],
                owned(T::Ptr, None),
                reads,
                by_result,
            ),
            set_global: add(
                "set_global",
                map_add as *const () as u64,
                vec![p(bx), p(bx), p(bx)],
                None,
                Effects::heap(!0, Alias::GLOBAL.bit()),
                by_status,
            ),
            store_to_cell: add(
                "store_to_cell",
                store_to_cell as *const () as u64,
                vec![p(bx), p(bx), p(bx)],
                bool_ret,
                Effects::heap(!0, Alias::GLOBAL.bit()),
                Raises::Never,
            ),
            str_eq: add(
                "str_eq",
                str_eq as *const () as u64,
                vec![p(bx), p(bx)],
                bool_ret,
                Effects::PURE,
                Raises::Never,
            ),
            canonical: add(
                "canonical",
                canonical as *const () as u64,
                vec![p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            str_item: add(
                "str_item",
                str_item as *const () as u64,
                vec![p(bx), p(i)],
                owned(bx, None),
                reads,
                by_result,
            ),
            str_of: add(
                "str_of",
                str_of as *const () as u64,
                vec![p(bx)],
                owned(bx, Some(&raw const str::PyUnicode_Type as u64)),
                reads,
                by_result,
            ),
            format: add(
                "format",
                format as *const () as u64,
                vec![p(bx), p(i), p(bx)],
                owned(bx, None),
                any,
                by_result,
            ),
            float_floordiv: add(
                "float_floordiv",
                float_floordiv as *const () as u64,
                vec![p(f), p(f)],
                Some(Ret {
                    ty: f,
                    owned: false,
                    class: None,
                }),
                Effects::PURE,
                Raises::Never,
            ),
            float_mod: add(
                "float_mod",
                float_mod as *const () as u64,
                vec![p(f), p(f)],
                Some(Ret {
                    ty: f,
                    owned: false,
                    class: None,
                }),
                Effects::PURE,
                Raises::Never,
            ),
            list_extend: add(
                "list_extend",
                list_extend as *const () as u64,
                vec![p(bx), p(bx)],
                None,
                any,
                by_status,
            ),
            iter_finish: add(
                "iter_finish",
                iter_finish as *const () as u64,
                vec![p(bx)],
                None,
                Effects::heap(!0, Alias::ITER.bit()),
                Raises::Never,
            ),
            end_generator: add(
                "end_generator",
                crate::generators::end as *const () as u64,
                vec![p(T::Ptr)],
                None,
                any,
                Raises::Never,
            ),
            box_int: add(
                "box_int",
                crate::generators::box_int as *const () as u64,
                vec![p(T::I64)],
                owned(T::Boxed, None),
                reads,
                Raises::Never,
            ),
            box_float: add(
                "box_float",
                crate::generators::box_float as *const () as u64,
                vec![p(T::F64)],
                owned(T::Boxed, None),
                reads,
                Raises::Never,
            ),
            new_generator: add(
                "new_generator",
                crate::generators::new as *const () as u64,
                vec![p(T::Ptr), p(T::I64)],
                owned(
                    T::Ptr,
                    Some(&raw const pyrs_vm::generator::PyGen_Type as u64),
                ),
                reads,
                Raises::Never,
            ),
            new_generator_of: add(
                "new_generator_of",
                crate::generators::new_of as *const () as u64,
                vec![p(T::Ptr), p(T::Ptr), p(T::I64)],
                owned(
                    T::Ptr,
                    Some(&raw const pyrs_vm::generator::PyGen_Type as u64),
                ),
                reads,
                Raises::Never,
            ),
            new_coroutine: add(
                "new_coroutine",
                crate::generators::new as *const () as u64,
                vec![p(T::Ptr), p(T::I64)],
                owned(
                    T::Ptr,
                    Some(&raw const pyrs_vm::generator::PyCoro_Type as u64),
                ),
                reads,
                Raises::Never,
            ),
            unwind: HelperId(0),
            tell: add(
                "tell",
                exceptions::tell as *const () as u64,
                vec![p(bx), p(i), p(i)],
                None,
                Effects::heap(!0, Alias::OTHER.bit()),
                Raises::Never,
            ),
            push_handled: add(
                "push_handled",
                exceptions::push_handled as *const () as u64,
                vec![p(bx)],
                owned(bx, None),
                reads,
                Raises::Never,
            ),
            pop_handled: add(
                "pop_handled",
                exceptions::pop_handled as *const () as u64,
                vec![steal(bx)],
                None,
                any,
                Raises::Never,
            ),
            matches_clause: add(
                "matches_clause",
                exceptions::matches_clause as *const () as u64,
                vec![p(bx), p(bx)],
                bool_ret,
                any,
                by_result,
            ),
            containers,
            general,
            float_unary: Vec::new(),
            float_binary: Vec::new(),
            build_list: Vec::new(),
            build_tuple: Vec::new(),
            keyword_dict: Vec::new(),
            build_string: Vec::new(),
            call_native: Vec::new(),
            call_object: Vec::new(),
            call_keywords: Vec::new(),
            function: LayoutId(0),
            range: LayoutId(0),
            range_iter: LayoutId(0),
            super_object: LayoutId(0),
            bound_method: LayoutId(0),
            instance: Vec::new(),
        };
        let float_ret = Some(Ret {
            ty: f,
            owned: false,
            class: None,
        });
        for (name, address) in crate::floats::UNARY {
            h.float_unary.push(add(
                name,
                *address as *const () as u64,
                vec![p(f)],
                float_ret,
                Effects::PURE,
                Raises::Never,
            ));
        }
        for (name, address) in crate::floats::BINARY {
            h.float_binary.push(add(
                name,
                *address as *const () as u64,
                vec![p(f); 2],
                float_ret,
                Effects::PURE,
                Raises::Never,
            ));
        }
        for (n, a) in list_functions().into_iter().enumerate() {
            h.build_list.push(add(
                &format!("list{n}"),
                a,
                vec![steal(bx); n],
                owned(bx, list_class),
                reads,
                Raises::Never,
            ));
        }
        let mut tuple_helpers = Vec::new();
        for (n, a) in tuple_functions().into_iter().enumerate() {
            tuple_helpers.push(add(
                &format!("tuple{n}"),
                a,
                vec![steal(bx); n],
                owned(T::Ptr, Some(tuple_class)),
                reads,
                Raises::Never,
            ));
        }
        for (n, a) in string_functions().into_iter().enumerate() {
            h.build_string.push(add(
                &format!("string{n}"),
                a,
                vec![p(bx); n],
                owned(bx, None),
                reads,
                by_result,
            ));
        }
        for (n, a) in native_functions().into_iter().enumerate() {
            let mut params = vec![p(i), p(bx)];
            params.extend(vec![p(bx); n]);
            h.call_native.push(add(
                &format!("native{n}"),
                a,
                params,
                owned(bx, None),
                any,
                by_result,
            ));
        }
        for (n, a) in call_functions().into_iter().enumerate() {
            h.call_object.push(add(
                &format!("call{n}"),
                a,
                vec![p(bx); n + 1],
                owned(bx, None),
                any,
                by_result,
            ));
        }
        for (n, a) in keyword_call_functions().into_iter().enumerate() {
            h.call_keywords.push(add(
                &format!("call_keywords{n}"),
                a,
                vec![p(bx); n + 2],
                owned(bx, None),
                any,
                by_result,
            ));
        }
        h.unwind = t.add_helper(Helper {
            name: String::from("unwind"),
            address: exceptions::unwind as *const () as u64,
            takes_context: true,
            params: vec![p(i)],
            ret: owned(bx, None),
            effects: any,
            raises: Raises::Never,
        });
        for (quiet, address) in [
            (false, single as *const () as u64),
            (true, single_quiet as *const () as u64),
        ] {
            let id = t.add_helper(Helper {
                name: String::from(if quiet { "single_quiet" } else { "single" }),
                address,
                takes_context: true,
                params: vec![p(i)],
                ret: if quiet { None } else { owned(bx, None) },
                effects: any,
                raises: if quiet { by_status } else { by_result },
            });
            if quiet {
                h.take_result = t.add_helper(Helper {
                    name: String::from("take_result"),
                    address: take_result as *const () as u64,
                    takes_context: true,
                    params: vec![p(i)],
                    ret: owned(bx, None),
                    effects: Effects::heap(Alias::ARGUMENTS.bit(), 0),
                    raises: Raises::Never,
                });
                h.single_quiet = id;
            } else {
                h.single = id;
            }
        }
        let mut add = |name: &str,
                       address: u64,
                       params: Vec<Param>,
                       ret: Option<Ret>,
                       effects: Effects,
                       raises: Raises| {
            t.add_helper(Helper {
                name: name.to_string(),
                address,
                takes_context: false,
                params,
                ret,
                effects,
                raises,
            })
        };
        let range_class = &raw const range::PyRange_Type as u64;
        let range_iter_class = &raw const range::PyRangeIter_Type as u64;
        let new_range = add(
            "new_range",
            new_range as *const () as u64,
            vec![steal(bx); 4],
            owned(T::Ptr, Some(range_class)),
            reads,
            Raises::Never,
        );
        let new_range_iter = add(
            "new_range_iter",
            new_range_iter as *const () as u64,
            vec![p(i); 3],
            owned(T::Ptr, Some(range_iter_class)),
            reads,
            Raises::Never,
        );
        let field = |offset: usize, ty, alias| Field {
            offset: offset as i32,
            ty,
            alias,
        };
        for (n, helper) in tuple_helpers.into_iter().enumerate() {
            let fields = (0..n)
                .map(|k| field(24 + 8 * k, MemType::Boxed, Alias::IMMUTABLE))
                .collect();
            h.build_tuple.push(t.add_layout(Layout {
                name: format!("tuple{n}"),
                class: tuple_class,
                fields,
                allocate: helper,
                tag: n as u64,
            }));
        }
        for (n, address) in crate::expand::keyword_functions().into_iter().enumerate() {
            let class = &raw const pyrs_object::dict::PyDict_Type as u64;
            let mut params = vec![p(i); 2];
            params.extend(vec![steal(bx); n]);
            let allocate = t.add_helper(Helper {
                name: format!("keywords{n}"),
                address,
                takes_context: false,
                params,
                ret: owned(T::Ptr, Some(class)),
                effects: reads,
                raises: Raises::Never,
            });
            let mut fields = vec![
                field(16, MemType::Size, Alias::DICT),
                hidden_field(0, MemType::I64),
            ];
            fields.extend((1..=n).map(|k| hidden_field(k, MemType::Boxed)));
            h.keyword_dict.push(t.add_layout(Layout {
                name: format!("keywords{n}"),
                class,
                fields,
                allocate,
                tag: 0,
            }));
        }
        use range::{RangeIter, RangeObject};
        let function_class = &raw const pyrs_object::function::PyFunction_Type as u64;
        let new_function = t.add_helper(Helper {
            name: String::from("new_function"),
            address: new_function as *const () as u64,
            takes_context: false,
            params: vec![steal(T::Ptr); 4],
            ret: owned(T::Ptr, Some(function_class)),
            effects: reads,
            raises: Raises::Never,
        });
        h.function = t.add_layout(Layout {
            name: "function".into(),
            class: function_class,
            fields: [
                (offset_of!(PyFunctionObject, func_code), Alias::OTHER),
                (offset_of!(PyFunctionObject, func_globals), Alias::IMMUTABLE),
                (offset_of!(PyFunctionObject, func_defaults), Alias::OTHER),
                (offset_of!(PyFunctionObject, func_closure), Alias::IMMUTABLE),
            ]
            .map(|(o, alias)| field(o, MemType::Ptr, alias))
            .to_vec(),
            allocate: new_function,
            tag: 0,
        });
        h.range = t.add_layout(Layout {
            name: "range".into(),
            class: range_class,
            fields: [
                offset_of!(RangeObject, start),
                offset_of!(RangeObject, stop),
                offset_of!(RangeObject, step),
                offset_of!(RangeObject, length),
            ]
            .map(|o| field(o, MemType::Boxed, Alias::IMMUTABLE))
            .to_vec(),
            allocate: new_range,
            tag: 0,
        });
        h.range_iter = t.add_layout(Layout {
            name: "range_iterator".into(),
            class: range_iter_class,
            fields: vec![
                field(offset_of!(RangeIter, next), MemType::I64, Alias::ITER),
                field(offset_of!(RangeIter, step), MemType::I64, Alias::IMMUTABLE),
                field(offset_of!(RangeIter, remaining), MemType::I64, Alias::ITER),
            ],
            allocate: new_range_iter,
            tag: 0,
        });
        let super_class = &raw const pyrs_object::superobject::PySuper_Type as u64;
        let new_super = t.add_helper(Helper {
            name: String::from("new_super"),
            address: new_super as *const () as u64,
            takes_context: false,
            params: vec![steal(bx); 3],
            ret: owned(T::Ptr, Some(super_class)),
            effects: reads,
            raises: Raises::Never,
        });
        h.super_object = t.add_layout(Layout {
            name: "super".into(),
            class: super_class,
            fields: [16, 24, 32]
                .map(|o| field(o, MemType::Boxed, Alias::IMMUTABLE))
                .to_vec(),
            allocate: new_super,
            tag: 0,
        });
        let method_class = &raw const pyrs_object::method::PyMethod_Type as u64;
        let new_method = t.add_helper(Helper {
            name: String::from("new_method"),
            address: new_method as *const () as u64,
            takes_context: false,
            params: vec![steal(bx); 2],
            ret: owned(T::Ptr, Some(method_class)),
            effects: reads,
            raises: Raises::Never,
        });
        h.bound_method = t.add_layout(Layout {
            name: "method".into(),
            class: method_class,
            fields: [
                offset_of!(PyMethodObject, im_func),
                offset_of!(PyMethodObject, im_self),
            ]
            .map(|o| field(o, MemType::Boxed, Alias::IMMUTABLE))
            .to_vec(),
            allocate: new_method,
            tag: 0,
        });
        for (k, address) in instance_functions().into_iter().enumerate() {
            let n = LEAST_SLOTS + k;
            let mut params = vec![p(i); 2];
            params.extend(vec![steal(bx); n]);
            let allocate = t.add_helper(Helper {
                name: format!("instance{n}"),
                address,
                takes_context: false,
                params,
                ret: owned(T::Ptr, None),
                effects: reads,
                raises: Raises::Never,
            });
            let mut fields = vec![
                hidden_field(0, MemType::I64),
                Field {
                    offset: pyrs_object::shape::SHAPE_OFFSET as i32,
                    ty: MemType::I64,
                    alias: Alias::SHAPE,
                },
            ];
            let slot = |k| field(heap::PLAIN_SLOTS + 8 * k, MemType::Boxed, Alias::FIELD);
            fields.extend((0..n).map(slot));
            h.instance.push(t.add_layout(Layout {
                name: format!("instance{n}"),
                class: 0,
                fields,
                allocate,
                tag: INSTANCE,
            }));
        }
        t.append = Some(Append {
            helper: h.list_append,
            size: offset_of!(PyVarObject, ob_size) as i32,
            room: offset_of!(PyListObject, allocated) as i32,
            items: offset_of!(PyListObject, ob_item) as i32,
            flags: -8,
            special: heap::gcflags::EXPOSED as u64,
        });
        t.generators = Some(crate::generators::layout(h.box_int, h.box_float));
        t.simple_classes = vec![
            &raw const pyrs_object::int::PyLong_Type as u64,
            &raw const pyrs_object::float::PyFloat_Type as u64,
            &raw const str::PyUnicode_Type as u64,
            &raw const pyrs_object::bytes::PyBytes_Type as u64,
            range_class,
            range_iter_class,
        ];
        let statics = Statics {
            true_object: singletons::bool_value(true).bits(),
            false_object: singletons::bool_value(false).bits(),
            none_object: singletons::none().bits(),
            dealloc: dealloc as *const () as u64,
        };
        Env {
            tables: std::sync::Arc::new(t),
            statics,
            h,
            pause: |_| {},
            entry_cell: |_| None,
            polymorphic: RefCell::default(),
        }
    }
}

impl Default for Env {
    fn default() -> Env {
        Env::new()
    }
}
