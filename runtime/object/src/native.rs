//! Slots: every type has C slots that C code calls, and native slots that pyrs calls. Both come from one
//! declaration ([`py_type!`](crate::py_type), [`methods!`](crate::methods), [`getset!`](crate::getset)).
//!
//! A native slot takes [`Value`]s (immediates unboxed) and returns `Result`; its C twin is a generated thunk
//! that canonicalises its arguments, calls the native function and boxes the result. A slot whose native entry is `None`
//! while the C entry is set belongs to an extension: the abstract operations box the arguments and call C.
//! [`for_each_slot!`](crate::for_each_slot) is the one list of slots.

use crate::boundary::{CArgs, c_bool, c_hash, c_int_result, c_iternext, c_len, c_owned, from_c};
use crate::{Args, PyResult, Ref, Type, Value};
use pyrs_layout::*;
use std::ffi::{CStr, c_char, c_int, c_void};

pub type UnaryFn = fn(Value) -> PyResult;
pub type BinaryFn = fn(Value, Value) -> PyResult;
pub type TernaryFn = fn(Value, Value, Value) -> PyResult;
pub type BoolFn = fn(Value) -> PyResult<bool>;
pub type LenFn = fn(Value) -> PyResult<usize>;
pub type HashFn = fn(Value) -> PyResult<i64>;
pub type SizeArgFn = fn(Value, isize) -> PyResult;
/// Item assignment; an empty last value deletes.
pub type SizeObjArgFn = fn(Value, isize, Value) -> PyResult<()>;
/// Subscript or attribute assignment; an empty last value deletes.
pub type SetFn = fn(Value, Value, Value) -> PyResult<()>;
pub type ContainsFn = fn(Value, Value) -> PyResult<bool>;
pub type RichCmpFn = fn(Value, Value, CmpOp) -> PyResult;
/// `None` is the end of the iteration.
pub type NextFn = fn(Value) -> PyResult<Option<Ref>>;
pub type CallFn = fn(Value, Args<'_>) -> PyResult;
pub type NewFn = fn(Type, Args<'_>) -> PyResult;
pub type InitFn = fn(Value, Args<'_>) -> PyResult<()>;
/// What `am_send`/`send` gives.
pub enum Sent {
    Yielded(Ref),
    Returned(Ref),
}
pub type SendFn = fn(Value, Value) -> PyResult<Sent>;

/// Calls `$m!` with the list of all slots: `(group, name, kind)`. `group` says where the C slot lies
/// (`ty` in the type itself, `nb`/`sq`/`mp`/`am` in its tables), `kind` is its signature.
#[macro_export]
macro_rules! for_each_slot {
    ($m:ident) => {
        $m! {
            (ty, tp_repr, unary) (ty, tp_str, unary) (ty, tp_hash, hash) (ty, tp_call, call)
            (ty, tp_getattro, binary) (ty, tp_setattro, set) (ty, tp_richcompare, richcmp)
            (ty, tp_iter, unary) (ty, tp_iternext, next) (ty, tp_descr_get, ternary) (ty, tp_descr_set, set)
            (ty, tp_init, init) (ty, tp_new, new)
            (am, am_await, unary) (am, am_aiter, unary) (am, am_anext, unary) (am, am_send, send)
            (nb, nb_add, binary) (nb, nb_subtract, binary) (nb, nb_multiply, binary) (nb, nb_remainder, binary)
            (nb, nb_divmod, binary) (nb, nb_power, ternary) (nb, nb_negative, unary) (nb, nb_positive, unary)
            (nb, nb_absolute, unary) (nb, nb_bool, bool) (nb, nb_invert, unary) (nb, nb_lshift, binary)
            (nb, nb_rshift, binary) (nb, nb_and, binary) (nb, nb_xor, binary) (nb, nb_or, binary)
            (nb, nb_int, unary) (nb, nb_float, unary)
            (nb, nb_inplace_add, binary) (nb, nb_inplace_subtract, binary) (nb, nb_inplace_multiply, binary)
            (nb, nb_inplace_remainder, binary) (nb, nb_inplace_power, ternary) (nb, nb_inplace_lshift, binary)
            (nb, nb_inplace_rshift, binary) (nb, nb_inplace_and, binary) (nb, nb_inplace_xor, binary)
            (nb, nb_inplace_or, binary) (nb, nb_floor_divide, binary) (nb, nb_true_divide, binary)
            (nb, nb_inplace_floor_divide, binary) (nb, nb_inplace_true_divide, binary) (nb, nb_index, unary)
            (nb, nb_matrix_multiply, binary) (nb, nb_inplace_matrix_multiply, binary)
            (sq, sq_length, len) (sq, sq_concat, binary) (sq, sq_repeat, sizearg) (sq, sq_item, sizearg)
            (sq, sq_ass_item, sizeobjarg) (sq, sq_contains, contains) (sq, sq_inplace_concat, binary)
            (sq, sq_inplace_repeat, sizearg)
            (mp, mp_length, len) (mp, mp_subscript, binary) (mp, mp_ass_subscript, set)
        }
    };
}

/// The native signature of a slot kind.
#[macro_export]
macro_rules! native_slot_type {
    (unary) => {
        $crate::native::UnaryFn
    };
    (binary) => {
        $crate::native::BinaryFn
    };
    (ternary) => {
        $crate::native::TernaryFn
    };
    (bool) => {
        $crate::native::BoolFn
    };
    (len) => {
        $crate::native::LenFn
    };
    (hash) => {
        $crate::native::HashFn
    };
    (sizearg) => {
        $crate::native::SizeArgFn
    };
    (sizeobjarg) => {
        $crate::native::SizeObjArgFn
    };
    (set) => {
        $crate::native::SetFn
    };
    (contains) => {
        $crate::native::ContainsFn
    };
    (richcmp) => {
        $crate::native::RichCmpFn
    };
    (next) => {
        $crate::native::NextFn
    };
    (call) => {
        $crate::native::CallFn
    };
    (new) => {
        $crate::native::NewFn
    };
    (init) => {
        $crate::native::InitFn
    };
    (send) => {
        $crate::native::SendFn
    };
}

macro_rules! define_slots {
    ($(($group:ident, $name:ident, $kind:ident))*) => {
        /// The native slots of a type; see the module text.
        #[derive(Clone, Copy)]
        #[repr(C)]
        pub struct NativeSlots { $(pub $name: Option<native_slot_type!($kind)>,)* }

        impl NativeSlots {
            pub const EMPTY: NativeSlots = NativeSlots { $($name: None,)* };
        }

        /// The slots by number.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[expect(non_camel_case_types, reason = "slot names are CPython's")]
        #[repr(u8)]
        pub enum Slot { $($name,)* }

        /// All slots in the order of [`Slot`].
        pub const SLOTS: &[SlotInfo] = &[$(SlotInfo {
            slot: Slot::$name,
            name: stringify!($name),
            kind: SlotKind::$kind,
            group: SlotGroup::$group,
            c_offset: slot_c_offset!($group, $name),
            native_offset: std::mem::offset_of!(NativeSlots, $name),
        },)*];
    };
}
macro_rules! slot_c_offset {
    (ty, $n:ident) => {
        std::mem::offset_of!(PyTypeObject, $n)
    };
    (am, $n:ident) => {
        std::mem::offset_of!(PyAsyncMethods, $n)
    };
    (nb, $n:ident) => {
        std::mem::offset_of!(PyNumberMethods, $n)
    };
    (sq, $n:ident) => {
        std::mem::offset_of!(PySequenceMethods, $n)
    };
    (mp, $n:ident) => {
        std::mem::offset_of!(PyMappingMethods, $n)
    };
}

/// A slot's signature; names as in [`for_each_slot!`](crate::for_each_slot).
#[expect(non_camel_case_types, reason = "the kinds are words of the slot table")]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotKind {
    unary,
    binary,
    ternary,
    bool,
    len,
    hash,
    sizearg,
    sizeobjarg,
    set,
    contains,
    richcmp,
    next,
    call,
    new,
    init,
    send,
}

/// Where the C entry of a slot lies.
#[expect(
    non_camel_case_types,
    reason = "the groups are words of the slot table"
)]
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SlotGroup {
    ty,
    am,
    nb,
    sq,
    mp,
}
impl SlotGroup {
    pub const COUNT: usize = SlotGroup::mp as usize + 1;
}

/// One row of the slot table.
pub struct SlotInfo {
    pub slot: Slot,
    pub name: &'static str,
    pub kind: SlotKind,
    pub group: SlotGroup,
    /// Offset in the type (`ty`) or in the group's table.
    pub c_offset: usize,
    pub native_offset: usize,
}

for_each_slot!(define_slots);

/// A generated C thunk for a native function of a slot kind.
#[macro_export]
macro_rules! c_slot_thunk {
    (unary, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_unary($f, a) }
        }
        Some(thunk as $crate::layout::unaryfunc)
    }};
    (binary, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            b: *mut $crate::layout::PyObject,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_binary($f, a, b) }
        }
        Some(thunk as $crate::layout::binaryfunc)
    }};
    (ternary, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            b: *mut $crate::layout::PyObject,
            c: *mut $crate::layout::PyObject,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes live objects or null.
            unsafe { $crate::native::thunk_ternary($f, a, b, c) }
        }
        Some(thunk as $crate::layout::ternaryfunc)
    }};
    (bool, $f:expr) => {{
        unsafe extern "C" fn thunk(a: *mut $crate::layout::PyObject) -> std::ffi::c_int {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_bool($f, a) }
        }
        Some(thunk as $crate::layout::inquiry)
    }};
    (len, $f:expr) => {{
        unsafe extern "C" fn thunk(a: *mut $crate::layout::PyObject) -> isize {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_len($f, a) }
        }
        Some(thunk as $crate::layout::lenfunc)
    }};
    (hash, $f:expr) => {{
        unsafe extern "C" fn thunk(a: *mut $crate::layout::PyObject) -> isize {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_hash($f, a) }
        }
        Some(thunk as $crate::layout::hashfunc)
    }};
    (sizearg, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            n: isize,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_sizearg($f, a, n) }
        }
        Some(thunk as $crate::layout::ssizeargfunc)
    }};
    (sizeobjarg, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            n: isize,
            v: *mut $crate::layout::PyObject,
        ) -> std::ffi::c_int {
            // SAFETY: C passes live objects or null.
            unsafe { $crate::native::thunk_sizeobjarg($f, a, n, v) }
        }
        Some(thunk as $crate::layout::ssizeobjargproc)
    }};
    (set, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            b: *mut $crate::layout::PyObject,
            c: *mut $crate::layout::PyObject,
        ) -> std::ffi::c_int {
            // SAFETY: C passes live objects or null.
            unsafe { $crate::native::thunk_set($f, a, b, c) }
        }
        Some(thunk as $crate::layout::objobjargproc)
    }};
    (contains, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            b: *mut $crate::layout::PyObject,
        ) -> std::ffi::c_int {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_contains($f, a, b) }
        }
        Some(thunk as $crate::layout::objobjproc)
    }};
    (richcmp, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            b: *mut $crate::layout::PyObject,
            op: std::ffi::c_int,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_richcmp($f, a, b, op) }
        }
        Some(thunk as $crate::layout::richcmpfunc)
    }};
    (next, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes live objects.
            unsafe { $crate::native::thunk_next($f, a) }
        }
        Some(thunk as $crate::layout::iternextfunc)
    }};
    (call, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            args: *mut $crate::layout::PyObject,
            kw: *mut $crate::layout::PyObject,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes a live object, a tuple and a dict or null.
            unsafe { $crate::native::thunk_call($f, a, args, kw) }
        }
        Some(thunk as $crate::layout::ternaryfunc)
    }};
    (new, $f:expr) => {{
        unsafe extern "C" fn thunk(
            ty: *mut $crate::layout::PyTypeObject,
            args: *mut $crate::layout::PyObject,
            kw: *mut $crate::layout::PyObject,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes a ready type, a tuple and a dict or null.
            unsafe { $crate::native::thunk_new($f, ty, args, kw) }
        }
        Some(thunk as $crate::layout::newfunc)
    }};
    (init, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            args: *mut $crate::layout::PyObject,
            kw: *mut $crate::layout::PyObject,
        ) -> std::ffi::c_int {
            // SAFETY: C passes a live object, a tuple and a dict or null.
            unsafe { $crate::native::thunk_init($f, a, args, kw) }
        }
        Some(thunk as $crate::layout::initproc)
    }};
    (send, $f:expr) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject,
            v: *mut $crate::layout::PyObject,
            out: *mut *mut $crate::layout::PyObject,
        ) -> std::ffi::c_int {
            // SAFETY: C passes live objects and a place for the result.
            unsafe { $crate::native::thunk_send($f, a, v, out) }
        }
        Some(thunk as $crate::layout::sendfunc)
    }};
}

/// The C thunk for the slot of that name. The arms repeat [`for_each_slot!`](crate::for_each_slot) because an exported
/// macro cannot be generated by another macro and still be used by path in its own crate.
#[macro_export]
macro_rules! c_slot {
    (tp_repr, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (tp_str, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (tp_hash, $f:expr) => {
        $crate::c_slot_thunk!(hash, $f)
    };
    (tp_call, $f:expr) => {
        $crate::c_slot_thunk!(call, $f)
    };
    (tp_getattro, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (tp_setattro, $f:expr) => {
        $crate::c_slot_thunk!(set, $f)
    };
    (tp_richcompare, $f:expr) => {
        $crate::c_slot_thunk!(richcmp, $f)
    };
    (tp_iter, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (tp_iternext, $f:expr) => {
        $crate::c_slot_thunk!(next, $f)
    };
    (tp_descr_get, $f:expr) => {
        $crate::c_slot_thunk!(ternary, $f)
    };
    (tp_descr_set, $f:expr) => {
        $crate::c_slot_thunk!(set, $f)
    };
    (tp_init, $f:expr) => {
        $crate::c_slot_thunk!(init, $f)
    };
    (tp_new, $f:expr) => {
        $crate::c_slot_thunk!(new, $f)
    };
    (am_await, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (am_aiter, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (am_anext, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (am_send, $f:expr) => {
        $crate::c_slot_thunk!(send, $f)
    };
    (nb_add, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_subtract, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_multiply, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_remainder, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_divmod, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_power, $f:expr) => {
        $crate::c_slot_thunk!(ternary, $f)
    };
    (nb_negative, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (nb_positive, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (nb_absolute, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (nb_bool, $f:expr) => {
        $crate::c_slot_thunk!(bool, $f)
    };
    (nb_invert, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (nb_lshift, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_rshift, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_and, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_xor, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_or, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_int, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (nb_float, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (nb_inplace_add, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_subtract, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_multiply, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_remainder, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_power, $f:expr) => {
        $crate::c_slot_thunk!(ternary, $f)
    };
    (nb_inplace_lshift, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_rshift, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_and, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_xor, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_or, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_floor_divide, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_true_divide, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_floor_divide, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_true_divide, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_index, $f:expr) => {
        $crate::c_slot_thunk!(unary, $f)
    };
    (nb_matrix_multiply, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (nb_inplace_matrix_multiply, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (sq_length, $f:expr) => {
        $crate::c_slot_thunk!(len, $f)
    };
    (sq_concat, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (sq_repeat, $f:expr) => {
        $crate::c_slot_thunk!(sizearg, $f)
    };
    (sq_item, $f:expr) => {
        $crate::c_slot_thunk!(sizearg, $f)
    };
    (sq_ass_item, $f:expr) => {
        $crate::c_slot_thunk!(sizeobjarg, $f)
    };
    (sq_contains, $f:expr) => {
        $crate::c_slot_thunk!(contains, $f)
    };
    (sq_inplace_concat, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (sq_inplace_repeat, $f:expr) => {
        $crate::c_slot_thunk!(sizearg, $f)
    };
    (mp_length, $f:expr) => {
        $crate::c_slot_thunk!(len, $f)
    };
    (mp_subscript, $f:expr) => {
        $crate::c_slot_thunk!(binary, $f)
    };
    (mp_ass_subscript, $f:expr) => {
        $crate::c_slot_thunk!(set, $f)
    };
}

type O = *mut PyObject;

/// # Safety
/// As the C slot: `a` is a live object. (The same holds for the functions below.)
pub unsafe fn thunk_unary(f: UnaryFn, a: O) -> O {
    // SAFETY: by contract.
    c_owned(f(unsafe { from_c(a) }))
}
pub unsafe fn thunk_binary(f: BinaryFn, a: O, b: O) -> O {
    // SAFETY: by contract.
    c_owned(unsafe { f(from_c(a), from_c(b)) })
}
pub unsafe fn thunk_ternary(f: TernaryFn, a: O, b: O, c: O) -> O {
    // SAFETY: by contract.
    c_owned(unsafe { f(from_c(a), from_c(b), from_c(c)) })
}
pub unsafe fn thunk_bool(f: BoolFn, a: O) -> c_int {
    // SAFETY: by contract.
    c_bool(unsafe { f(from_c(a)) })
}
pub unsafe fn thunk_len(f: LenFn, a: O) -> isize {
    // SAFETY: by contract.
    c_len(unsafe { f(from_c(a)) })
}
pub unsafe fn thunk_hash(f: HashFn, a: O) -> isize {
    // SAFETY: by contract.
    c_hash(unsafe { f(from_c(a)) })
}
pub unsafe fn thunk_sizearg(f: SizeArgFn, a: O, n: isize) -> O {
    // SAFETY: by contract.
    c_owned(unsafe { f(from_c(a), n) })
}
pub unsafe fn thunk_sizeobjarg(f: SizeObjArgFn, a: O, n: isize, v: O) -> c_int {
    // SAFETY: by contract.
    c_int_result(unsafe { f(from_c(a), n, from_c(v)) })
}
pub unsafe fn thunk_set(f: SetFn, a: O, b: O, c: O) -> c_int {
    // SAFETY: by contract.
    c_int_result(unsafe { f(from_c(a), from_c(b), from_c(c)) })
}
pub unsafe fn thunk_contains(f: ContainsFn, a: O, b: O) -> c_int {
    // SAFETY: by contract.
    c_bool(unsafe { f(from_c(a), from_c(b)) })
}
pub unsafe fn thunk_richcmp(f: RichCmpFn, a: O, b: O, op: c_int) -> O {
    let Some(op) = CmpOp::from_index(op as usize) else {
        return c_owned(Err(crate::errors::bad_internal_call()));
    };
    // SAFETY: by contract.
    c_owned(unsafe { f(from_c(a), from_c(b), op) })
}
pub unsafe fn thunk_next(f: NextFn, a: O) -> O {
    // SAFETY: by contract.
    c_iternext(unsafe { f(from_c(a)) })
}
pub unsafe fn thunk_call(f: CallFn, a: O, args: O, kw: O) -> O {
    // SAFETY: by contract.
    unsafe {
        match CArgs::from_tuple_dict(args, kw) {
            Ok(c) => c_owned(f(from_c(a), c.args())),
            Err(e) => c_owned(Err(e)),
        }
    }
}
pub unsafe fn thunk_new(f: NewFn, ty: *mut PyTypeObject, args: O, kw: O) -> O {
    // SAFETY: by contract.
    unsafe {
        match CArgs::from_tuple_dict(args, kw) {
            Ok(c) => c_owned(f(Type::from_ptr(ty), c.args())),
            Err(e) => c_owned(Err(e)),
        }
    }
}
pub unsafe fn thunk_init(f: InitFn, a: O, args: O, kw: O) -> c_int {
    // SAFETY: by contract.
    unsafe {
        match CArgs::from_tuple_dict(args, kw) {
            Ok(c) => c_int_result(f(from_c(a), c.args())),
            Err(e) => c_int_result(Err(e)),
        }
    }
}
/// `PYGEN_RETURN` 0, `PYGEN_ERROR` -1, `PYGEN_NEXT` 1.
pub unsafe fn thunk_send(f: SendFn, a: O, v: O, out: *mut O) -> c_int {
    // SAFETY: by contract.
    unsafe {
        let (result, code) = match f(from_c(a), from_c(v)) {
            Ok(Sent::Yielded(r)) => (c_owned(Ok(r)), 1),
            Ok(Sent::Returned(r)) => (c_owned(Ok(r)), 0),
            Err(_) => (std::ptr::null_mut(), -1),
        };
        *out = result;
        code
    }
}

/// The native function of a builtin function or method. `self` is the instance, the type (class methods), the
/// module, or empty (static methods).
#[derive(Clone, Copy)]
pub enum NativeFn {
    NoArgs(fn(Value) -> PyResult),
    O(fn(Value, Value) -> PyResult),
    /// Positional arguments only.
    Fast(fn(Value, &[Value]) -> PyResult),
    /// Positional and keyword arguments.
    Kw(fn(Value, Args<'_>) -> PyResult),
}

/// A builtin function's C declaration with its native function behind it: a `PyMethodDef*` whose function object has
/// the native vectorcall is one of these.
#[repr(C)]
pub struct NativeMethodDef {
    pub def: PyMethodDef,
    pub native: NativeFn,
}

impl NativeMethodDef {
    pub const END: NativeMethodDef = NativeMethodDef {
        def: PyMethodDef {
            ml_name: std::ptr::null_mut(),
            ml_meth: None,
            ml_flags: 0,
            ml_doc: std::ptr::null_mut(),
        },
        native: NativeFn::NoArgs(|_| Ok(Ref::none())),
    };
}

/// The C signature of `METH_FASTCALL | METH_KEYWORDS`.
pub type FastKwC = unsafe extern "C" fn(O, *const O, isize, O) -> O;
/// The C signature of `METH_FASTCALL`.
pub type FastC = unsafe extern "C" fn(O, *const O, isize) -> O;

/// # Safety
/// As `METH_FASTCALL`.
pub unsafe fn thunk_fast(
    f: fn(Value, &[Value]) -> PyResult,
    slf: O,
    args: *const O,
    n: isize,
) -> O {
    // SAFETY: by contract.
    unsafe {
        let c = CArgs::from_vector(args, n as usize, std::ptr::null_mut());
        c_owned(f(from_c(slf), c.args().values))
    }
}
/// # Safety
/// As `METH_FASTCALL | METH_KEYWORDS`.
pub unsafe fn thunk_kw(
    f: fn(Value, Args<'_>) -> PyResult,
    slf: O,
    args: *const O,
    n: isize,
    kwnames: O,
) -> O {
    // SAFETY: by contract.
    unsafe {
        let c = CArgs::from_vector(args, n as usize, kwnames);
        c_owned(f(from_c(slf), c.args()))
    }
}

/// A table of builtin methods:
/// ```ignore
/// methods! { pub static LIST_METHODS = [
///     "append" O list_append, "append($self, object, /)\n--\n\nAppend object to the end of the list.";
///     "sort" KW list_sort, "...";
///     "fromkeys" FAST|CLASS dict_fromkeys, "...";
/// ] }
/// ```
/// Kinds: `NOARGS` (`fn(self)`), `O` (`fn(self, arg)`), `FAST` (`fn(self, &[Value])`), `KW` (`fn(self, Args)`),
/// then optionally `|CLASS`, `|STATIC` or `|COEXIST`.
#[macro_export]
macro_rules! methods {
    ($(#[$m:meta])* $vis:vis static $table:ident = [$($name:literal $kind:ident $(| $flag:ident)? $f:path, $doc:expr;)*]) => {
        $(#[$m])*
        $vis static mut $table: [$crate::native::NativeMethodDef; { 0usize $(+ { let _ = $name; 1 })* } + 1] = [
            $($crate::native_method!($name, $kind, [$($flag)?], $f, $doc),)*
            $crate::native::NativeMethodDef::END,
        ];
    };
}

/// One entry of [`methods!`](crate::methods).
#[macro_export]
macro_rules! native_method {
    ($name:literal, $kind:ident, [$($flag:ident)?], $f:path, $doc:expr) => {
        $crate::native::NativeMethodDef {
            def: $crate::layout::PyMethodDef {
                ml_name: concat!($name, "\0").as_ptr() as *mut std::ffi::c_char,
                ml_meth: $crate::native_method!(@thunk $kind $f),
                ml_flags: $crate::native_method!(@flags $kind) $(| $crate::layout::methflags::$flag)?,
                ml_doc: $crate::native::doc_ptr(concat!($doc, "\0")),
            },
            native: $crate::native_method!(@native $kind $f),
        }
    };
    (@flags NOARGS) => { $crate::layout::methflags::NOARGS };
    (@flags O) => { $crate::layout::methflags::O };
    (@flags FAST) => { $crate::layout::methflags::FASTCALL };
    (@flags KW) => { $crate::layout::methflags::FASTCALL | $crate::layout::methflags::KEYWORDS };
    (@native NOARGS $f:path) => { $crate::native::NativeFn::NoArgs($f) };
    (@native O $f:path) => { $crate::native::NativeFn::O($f) };
    (@native FAST $f:path) => { $crate::native::NativeFn::Fast($f) };
    (@native KW $f:path) => { $crate::native::NativeFn::Kw($f) };
    (@thunk NOARGS $f:path) => {{
        unsafe extern "C" fn thunk(a: *mut $crate::layout::PyObject, _: *mut $crate::layout::PyObject) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes a live self or null.
            unsafe { $crate::native::thunk_unary($f, a) }
        }
        Some(thunk as $crate::layout::PyCFunction)
    }};
    (@thunk O $f:path) => { $crate::c_slot_thunk!(binary, $f) };
    (@thunk FAST $f:path) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject, args: *const *mut $crate::layout::PyObject, n: isize,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes `n` live arguments.
            unsafe { $crate::native::thunk_fast($f, a, args, n) }
        }
        // SAFETY: function pointers have one size; `ml_flags` tells callers the true signature.
        Some(unsafe { std::mem::transmute::<$crate::native::FastC, $crate::layout::PyCFunction>(thunk) })
    }};
    (@thunk KW $f:path) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject, args: *const *mut $crate::layout::PyObject, n: isize,
            kwnames: *mut $crate::layout::PyObject,
        ) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes `n` live arguments and those named by `kwnames`.
            unsafe { $crate::native::thunk_kw($f, a, args, n, kwnames) }
        }
        // SAFETY: function pointers have one size; `ml_flags` tells callers the true signature.
        Some(unsafe { std::mem::transmute::<$crate::native::FastKwC, $crate::layout::PyCFunction>(thunk) })
    }};
}

/// A computed attribute: its C declaration with native functions behind it.
#[repr(C)]
pub struct NativeGetSetDef {
    pub def: PyGetSetDef,
    pub get: Option<fn(Value) -> PyResult>,
    /// An empty value deletes.
    pub set: Option<fn(Value, Value) -> PyResult<()>>,
}

impl NativeGetSetDef {
    pub const END: NativeGetSetDef = NativeGetSetDef {
        def: PyGetSetDef {
            name: std::ptr::null_mut(),
            get: None,
            set: None,
            doc: std::ptr::null_mut(),
            closure: std::ptr::null_mut(),
        },
        get: None,
        set: None,
    };
}

/// # Safety
/// As a C getter.
pub unsafe fn thunk_get(f: fn(Value) -> PyResult, slf: O) -> O {
    // SAFETY: by contract.
    c_owned(unsafe { f(from_c(slf)) })
}
/// # Safety
/// As a C setter.
pub unsafe fn thunk_setter(f: fn(Value, Value) -> PyResult<()>, slf: O, v: O) -> c_int {
    // SAFETY: by contract.
    c_int_result(unsafe { f(from_c(slf), from_c(v)) })
}

/// A table of computed attributes: `"name" get_fn [, set_fn] ; doc`.
/// ```ignore
/// getset! { static FLOAT_GETSET = [ "real" float_real, None, "the real part"; "x" get_x, set_x, ""; ] }
/// ```
#[macro_export]
macro_rules! getset {
    ($(#[$m:meta])* $vis:vis static $table:ident = [$($name:literal $get:tt, $set:tt, $doc:expr;)*]) => {
        $(#[$m])*
        $vis static mut $table: [$crate::native::NativeGetSetDef; { 0usize $(+ { let _ = $name; 1 })* } + 1] = [
            $($crate::native::NativeGetSetDef {
                def: $crate::layout::PyGetSetDef {
                    name: concat!($name, "\0").as_ptr() as *mut std::ffi::c_char,
                    get: $crate::getset!(@cget $get),
                    set: $crate::getset!(@cset $set),
                    doc: $crate::native::doc_ptr(concat!($doc, "\0")),
                    closure: std::ptr::null_mut(),
                },
                get: $crate::getset!(@opt $get),
                set: $crate::getset!(@opt $set),
            },)*
            $crate::native::NativeGetSetDef::END,
        ];
    };
    (@opt None) => { None };
    (@opt $f:tt) => { Some($f) };
    (@cget None) => { None };
    (@cget $f:tt) => {{
        unsafe extern "C" fn thunk(a: *mut $crate::layout::PyObject, _: *mut std::ffi::c_void) -> *mut $crate::layout::PyObject {
            // SAFETY: C passes a live self.
            unsafe { $crate::native::thunk_get($f, a) }
        }
        Some(thunk as $crate::layout::getter)
    }};
    (@cset None) => { None };
    (@cset $f:tt) => {{
        unsafe extern "C" fn thunk(
            a: *mut $crate::layout::PyObject, v: *mut $crate::layout::PyObject, _: *mut std::ffi::c_void,
        ) -> std::ffi::c_int {
            // SAFETY: C passes a live self, and a live value or null.
            unsafe { $crate::native::thunk_setter($f, a, v) }
        }
        Some(thunk as $crate::layout::setter)
    }};
}

/// A doc pointer for a NUL-terminated text; null for the empty one.
pub const fn doc_ptr(text: &'static str) -> *mut c_char {
    if text.len() <= 1 {
        std::ptr::null_mut()
    } else {
        text.as_ptr() as *mut c_char
    }
}

/// A table of plain struct fields: `"name" KIND offset flags doc` with `membertype` kinds.
#[macro_export]
macro_rules! members {
    ($(#[$m:meta])* $vis:vis static $table:ident = [$($name:literal $kind:ident, $offset:expr, $flags:expr, $doc:expr;)*]) => {
        $(#[$m])*
        $vis static mut $table: [$crate::layout::PyMemberDef; { 0usize $(+ { let _ = $name; 1 })* } + 1] = [
            $($crate::layout::PyMemberDef {
                name: concat!($name, "\0").as_ptr() as *mut std::ffi::c_char,
                r#type: $crate::layout::membertype::$kind,
                offset: $offset as isize,
                flags: $flags,
                doc: $crate::native::doc_ptr(concat!($doc, "\0")),
            },)*
            $crate::layout::PyMemberDef {
                name: std::ptr::null_mut(), r#type: 0, offset: 0, flags: 0, doc: std::ptr::null_mut(),
            },
        ];
    };
}

/// What pyrs keeps for a type beside CPython's fields; hung off `tp_cache`, which no compiled code touches.
#[repr(C)]
pub struct TypeExt {
    pub native: NativeSlots,
    /// The native tables of a static type (instead of `tp_methods`/`tp_getset`), or null.
    pub methods: *mut NativeMethodDef,
    pub getset: *mut NativeGetSetDef,
    /// Ancestors along `tp_base`, for O(1) subtype tests: `display[depth]` is the type itself.
    pub display: *mut *mut PyTypeObject,
    pub depth: u32,
    /// Attributes that new instances get room for; grows with what instances are seen to use.
    pub inline_slots: u32,
    /// Root of the shape tree of this class's instances, made on first use.
    pub root_shape: *mut c_void,
    /// The interpreter's and the JIT's per-class caches (`__init__`, watchers); owned by `vm`.
    pub vm_data: *mut c_void,
    /// Bumped whenever the type or one of its bases changes while it has a version tag.
    pub epoch: u64,
    /// The names of the class's cells: attributes whose stores leave the version alone (`typeobject::cell`).
    pub cells: u64,
    /// The type was made by C code (its `tp_dealloc` and tables are C's).
    pub foreign: bool,
    /// Whether instances have nothing but attributes and weak references; `None` until the first of them dies.
    pub only_attributes: Option<bool>,
}

impl TypeExt {
    pub const EMPTY: TypeExt = TypeExt {
        native: NativeSlots::EMPTY,
        methods: std::ptr::null_mut(),
        getset: std::ptr::null_mut(),
        display: std::ptr::null_mut(),
        depth: 0,
        inline_slots: 0,
        root_shape: std::ptr::null_mut(),
        vm_data: std::ptr::null_mut(),
        epoch: 0,
        cells: 0,
        foreign: false,
        only_attributes: None,
    };
}

/// The base and metaclass of every static type are themselves static.
pub const STATIC_BASE: PyVarObject = PyVarObject {
    ob_base: PyObject {
        ob_refcnt: IMMORTAL_REFCNT,
        ob_type: std::ptr::null_mut(),
    },
    ob_size: 0,
};

/// All-zero slot tables, for struct update syntax.
pub struct Zero;
impl Zero {
    // SAFETY: every field of these tables is a pointer, an optional function or a number: zero is valid.
    pub const TYPE: PyTypeObject = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    pub const NUMBER: PyNumberMethods = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    pub const SEQUENCE: PySequenceMethods = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    pub const MAPPING: PyMappingMethods = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    pub const ASYNC: PyAsyncMethods = unsafe { std::mem::zeroed() };
    // SAFETY: as above.
    pub const BUFFER: PyBufferProcs = unsafe { std::mem::zeroed() };
}

/// Declares a static type with its C and native slots.
/// ```ignore
/// py_type! {
///     /// `list`.
///     pub static PyList_Type: PyListObject = "list" {
///         flags: BASETYPE | HAVE_GC | LIST_SUBCLASS | SEQUENCE;
///         fields { tp_itemsize: 0, tp_weaklistoffset: 0 }           // any PyTypeObject fields, C-typed
///         doc: "Built-in mutable sequence.";
///         raw { tp_dealloc: list_dealloc, tp_traverse: list_traverse, tp_clear: list_clear }  // C functions
///         slots { tp_repr: list_repr, tp_iter: list_iter }          // native functions, thunks are generated
///         number { } sequence { sq_length: list_len } mapping { } async { } buffer { }
///         methods: LIST_METHODS; getset: ...; members: ...;
///     }
/// }
/// ```
/// All sections but `flags` may be absent, but keep this order. The type must be in `crate::statics`' list (or be
/// readied by its module): `PyType_Ready` sets its base (default `object`), metaclass and dict.
#[macro_export]
macro_rules! py_type {
    (
        $(#[$meta:meta])*
        $vis:vis static $sym:ident: $object:ty = $name:literal {
            flags: $($flag:ident)|*;
            $(base: $base:path;)?
            $(fields { $($ff:ident: $fv:expr),* $(,)? })?
            $(doc: $doc:expr;)?
            $(raw { $($rf:ident: $rv:expr),* $(,)? })?
            $(slots { $($sf:ident: $sv:expr),* $(,)? })?
            $(number { $($nf:ident: $nv:expr),* $(,)? })?
            $(sequence { $($qf:ident: $qv:expr),* $(,)? })?
            $(mapping { $($mf:ident: $mv:expr),* $(,)? })?
            $(async { $($af:ident: $av:expr),* $(,)? })?
            $(buffer { $($bf:ident: $bv:expr),* $(,)? })?
            $(methods: $methods:path;)?
            $(getset: $getset:path;)?
            $(members: $members:path;)?
        }
    ) => {
        $(#[$meta])*
        #[unsafe(no_mangle)]
        #[allow(non_upper_case_globals, reason = "the symbol name is CPython's")]
        $vis static mut $sym: $crate::layout::PyTypeObject = {
            #[allow(unused_mut, reason = "types without sections have nothing to set")]
            static mut EXT: $crate::native::TypeExt = $crate::native::TypeExt {
                native: $crate::native::NativeSlots {
                    $($($sf: Some($sv),)*)?
                    $($($nf: Some($nv),)*)?
                    $($($qf: Some($qv),)*)?
                    $($($mf: Some($mv),)*)?
                    $($($af: Some($av),)*)?
                    ..$crate::native::NativeSlots::EMPTY
                },
                $(methods: (&raw mut $methods).cast(),)?
                $(getset: (&raw mut $getset).cast(),)?
                ..$crate::native::TypeExt::EMPTY
            };
            $(static mut NUMBER: $crate::layout::PyNumberMethods = $crate::layout::PyNumberMethods {
                $($nf: $crate::c_slot!($nf, $nv),)*
                ..$crate::native::Zero::NUMBER
            };)?
            $(static mut SEQUENCE: $crate::layout::PySequenceMethods = $crate::layout::PySequenceMethods {
                $($qf: $crate::c_slot!($qf, $qv),)*
                ..$crate::native::Zero::SEQUENCE
            };)?
            $(static mut MAPPING: $crate::layout::PyMappingMethods = $crate::layout::PyMappingMethods {
                $($mf: $crate::c_slot!($mf, $mv),)*
                ..$crate::native::Zero::MAPPING
            };)?
            $(static mut ASYNC: $crate::layout::PyAsyncMethods = $crate::layout::PyAsyncMethods {
                $($af: $crate::c_slot!($af, $av),)*
                ..$crate::native::Zero::ASYNC
            };)?
            $(static mut BUFFER: $crate::layout::PyBufferProcs = $crate::layout::PyBufferProcs {
                $($bf: Some($bv),)*
                ..$crate::native::Zero::BUFFER
            };)?
            $crate::layout::PyTypeObject {
                ob_base: $crate::native::STATIC_BASE,
                tp_name: concat!($name, "\0").as_ptr() as *mut std::ffi::c_char,
                tp_basicsize: size_of::<$object>() as isize,
                tp_flags: $crate::layout::tpflags::DEFAULT $(| $crate::layout::tpflags::$flag)*,
                tp_cache: (&raw mut EXT).cast(),
                $(tp_base: &raw mut $base,)?
                $(tp_doc: $crate::native::doc_ptr(concat!($doc, "\0")),)?
                $($($ff: $fv,)*)?
                $($($rf: Some($rv),)*)?
                $($($sf: $crate::c_slot!($sf, $sv),)*)?
                $(tp_as_number: { let _ = stringify!($($nf)*); &raw mut NUMBER },)?
                $(tp_as_sequence: { let _ = stringify!($($qf)*); &raw mut SEQUENCE },)?
                $(tp_as_mapping: { let _ = stringify!($($mf)*); &raw mut MAPPING },)?
                $(tp_as_async: { let _ = stringify!($($af)*); &raw mut ASYNC },)?
                $(tp_as_buffer: { let _ = stringify!($($bf)*); &raw mut BUFFER },)?
                $(tp_members: (&raw mut $members).cast(),)?
                ..$crate::native::Zero::TYPE
            }
        };
    };
}

/// The text of a C string field.
///
/// # Safety
/// `p` is null or a NUL-terminated string that lives long enough.
pub unsafe fn c_str<'a>(p: *const c_char) -> &'a str {
    if p.is_null() {
        return "";
    }
    // SAFETY: by contract.
    unsafe { CStr::from_ptr(p) }.to_str().unwrap_or("?")
}
