//! The table that ties dunder names to slots, and the two directions over it: slots of native and C types become slot
//! wrappers in `tp_dict`; dunders in the dict of a Python class fill its slots.

use super::generic;
use crate::layout::*;
use crate::native::*;
use crate::ops::{self, c_slot_word, native_slot_word};
use crate::{Args, PyResult, Ref, Type, Value, ValueExt, ty};
use std::mem::transmute;
use std::sync::atomic::{AtomicBool, Ordering};

/// How a slot function is called by its wrapper object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wrap {
    /// The name has no wrapper (`__getattr__`, `__new__`).
    None,
    Unary,
    /// Left, right and unswapped binary operator.
    BinaryL,
    BinaryR,
    Binary,
    TernaryL,
    TernaryR,
    Ternary,
    Bool,
    Len,
    SizeArg,
    SqItem,
    SqSetItem,
    SqDelItem,
    Contains,
    SetItem,
    DelItem,
    SetAttr,
    DelAttr,
    RichCmp(CmpOp),
    Hash,
    Call,
    Next,
    DescrGet,
    DescrSet,
    DescrDelete,
    Init,
    Finalize,
}

/// One row: a dunder, its slot (`None` is `tp_finalize`, which exists for C only), its wrapper.
pub struct SlotDef {
    pub name: &'static str,
    pub slot: Option<Slot>,
    pub wrap: Wrap,
    /// Signature line and text, NUL-terminated.
    pub doc: &'static str,
    /// The dunder in a Python class fills the slot.
    pub fills: bool,
}

macro_rules! rows {
    ($($name:literal $slot:tt $wrap:expr, $fills:literal, $args:literal, $doc:literal;)*) => {
        /// All rows; rows of one slot are adjacent, in CPython's order.
        pub static SLOTDEFS: &[SlotDef] = &[$(SlotDef {
            name: $name,
            slot: rows!(@slot $slot),
            wrap: $wrap,
            doc: concat!($name, "(", $args, ")\n--\n\n", $doc, "\0"),
            fills: $fills,
        },)*];
    };
    (@slot tp_finalize) => { None };
    (@slot $slot:ident) => { Some(Slot::$slot) };
}

rows! {
    "__getattribute__" tp_getattro Wrap::Binary, true, "$self, name, /", "Return getattr(self, name).";
    "__getattr__" tp_getattro Wrap::None, true, "$self, name, /", "";
    "__setattr__" tp_setattro Wrap::SetAttr, true, "$self, name, value, /", "Implement setattr(self, name, value).";
    "__delattr__" tp_setattro Wrap::DelAttr, true, "$self, name, /", "Implement delattr(self, name).";
    "__repr__" tp_repr Wrap::Unary, true, "$self, /", "Return repr(self).";
    "__hash__" tp_hash Wrap::Hash, true, "$self, /", "Return hash(self).";
    "__call__" tp_call Wrap::Call, true, "$self, /, *args, **kwargs", "Call self as a function.";
    "__str__" tp_str Wrap::Unary, true, "$self, /", "Return str(self).";
    "__lt__" tp_richcompare Wrap::RichCmp(CmpOp::Lt), true, "$self, value, /", "Return self<value.";
    "__le__" tp_richcompare Wrap::RichCmp(CmpOp::Le), true, "$self, value, /", "Return self<=value.";
    "__eq__" tp_richcompare Wrap::RichCmp(CmpOp::Eq), true, "$self, value, /", "Return self==value.";
    "__ne__" tp_richcompare Wrap::RichCmp(CmpOp::Ne), true, "$self, value, /", "Return self!=value.";
    "__gt__" tp_richcompare Wrap::RichCmp(CmpOp::Gt), true, "$self, value, /", "Return self>value.";
    "__ge__" tp_richcompare Wrap::RichCmp(CmpOp::Ge), true, "$self, value, /", "Return self>=value.";
    "__iter__" tp_iter Wrap::Unary, true, "$self, /", "Implement iter(self).";
    "__next__" tp_iternext Wrap::Next, true, "$self, /", "Implement next(self).";
    "__get__" tp_descr_get Wrap::DescrGet, true, "$self, instance, owner=None, /", "Return an attribute of instance, which is of type owner.";
    "__set__" tp_descr_set Wrap::DescrSet, true, "$self, instance, value, /", "Set an attribute of instance to value.";
    "__delete__" tp_descr_set Wrap::DescrDelete, true, "$self, instance, /", "Delete an attribute of instance.";
    "__init__" tp_init Wrap::Init, true, "$self, /, *args, **kwargs", "Initialize self.  See help(type(self)) for accurate signature.";
    "__new__" tp_new Wrap::None, true, "type, /, *args, **kwargs", "Create and return new object.";
    "__del__" tp_finalize Wrap::Finalize, true, "$self, /", "Called when the object is about to be destroyed.";
    "__await__" am_await Wrap::Unary, true, "$self, /", "Return an iterator to be used in await expression.";
    "__aiter__" am_aiter Wrap::Unary, true, "$self, /", "Return an awaitable, that resolves in asynchronous iterator.";
    "__anext__" am_anext Wrap::Unary, true, "$self, /", "Return a value or raise StopAsyncIteration.";
    "__add__" nb_add Wrap::BinaryL, true, "$self, value, /", "Return self+value.";
    "__radd__" nb_add Wrap::BinaryR, true, "$self, value, /", "Return value+self.";
    "__sub__" nb_subtract Wrap::BinaryL, true, "$self, value, /", "Return self-value.";
    "__rsub__" nb_subtract Wrap::BinaryR, true, "$self, value, /", "Return value-self.";
    "__mul__" nb_multiply Wrap::BinaryL, true, "$self, value, /", "Return self*value.";
    "__rmul__" nb_multiply Wrap::BinaryR, true, "$self, value, /", "Return value*self.";
    "__mod__" nb_remainder Wrap::BinaryL, true, "$self, value, /", "Return self%value.";
    "__rmod__" nb_remainder Wrap::BinaryR, true, "$self, value, /", "Return value%self.";
    "__divmod__" nb_divmod Wrap::BinaryL, true, "$self, value, /", "Return divmod(self, value).";
    "__rdivmod__" nb_divmod Wrap::BinaryR, true, "$self, value, /", "Return divmod(value, self).";
    "__pow__" nb_power Wrap::TernaryL, true, "$self, value, mod=None, /", "Return pow(self, value, mod).";
    "__rpow__" nb_power Wrap::TernaryR, true, "$self, value, mod=None, /", "Return pow(value, self, mod).";
    "__neg__" nb_negative Wrap::Unary, true, "$self, /", "-self";
    "__pos__" nb_positive Wrap::Unary, true, "$self, /", "+self";
    "__abs__" nb_absolute Wrap::Unary, true, "$self, /", "abs(self)";
    "__bool__" nb_bool Wrap::Bool, true, "$self, /", "True if self else False";
    "__invert__" nb_invert Wrap::Unary, true, "$self, /", "~self";
    "__lshift__" nb_lshift Wrap::BinaryL, true, "$self, value, /", "Return self<<value.";
    "__rlshift__" nb_lshift Wrap::BinaryR, true, "$self, value, /", "Return value<<self.";
    "__rshift__" nb_rshift Wrap::BinaryL, true, "$self, value, /", "Return self>>value.";
    "__rrshift__" nb_rshift Wrap::BinaryR, true, "$self, value, /", "Return value>>self.";
    "__and__" nb_and Wrap::BinaryL, true, "$self, value, /", "Return self&value.";
    "__rand__" nb_and Wrap::BinaryR, true, "$self, value, /", "Return value&self.";
    "__xor__" nb_xor Wrap::BinaryL, true, "$self, value, /", "Return self^value.";
    "__rxor__" nb_xor Wrap::BinaryR, true, "$self, value, /", "Return value^self.";
    "__or__" nb_or Wrap::BinaryL, true, "$self, value, /", "Return self|value.";
    "__ror__" nb_or Wrap::BinaryR, true, "$self, value, /", "Return value|self.";
    "__int__" nb_int Wrap::Unary, true, "$self, /", "int(self)";
    "__float__" nb_float Wrap::Unary, true, "$self, /", "float(self)";
    "__iadd__" nb_inplace_add Wrap::Binary, true, "$self, value, /", "Return self+=value.";
    "__isub__" nb_inplace_subtract Wrap::Binary, true, "$self, value, /", "Return self-=value.";
    "__imul__" nb_inplace_multiply Wrap::Binary, true, "$self, value, /", "Return self*=value.";
    "__imod__" nb_inplace_remainder Wrap::Binary, true, "$self, value, /", "Return self%=value.";
    "__ipow__" nb_inplace_power Wrap::Ternary, true, "$self, value, /", "Return self**=value.";
    "__ilshift__" nb_inplace_lshift Wrap::Binary, true, "$self, value, /", "Return self<<=value.";
    "__irshift__" nb_inplace_rshift Wrap::Binary, true, "$self, value, /", "Return self>>=value.";
    "__iand__" nb_inplace_and Wrap::Binary, true, "$self, value, /", "Return self&=value.";
    "__ixor__" nb_inplace_xor Wrap::Binary, true, "$self, value, /", "Return self^=value.";
    "__ior__" nb_inplace_or Wrap::Binary, true, "$self, value, /", "Return self|=value.";
    "__floordiv__" nb_floor_divide Wrap::BinaryL, true, "$self, value, /", "Return self//value.";
    "__rfloordiv__" nb_floor_divide Wrap::BinaryR, true, "$self, value, /", "Return value//self.";
    "__truediv__" nb_true_divide Wrap::BinaryL, true, "$self, value, /", "Return self/value.";
    "__rtruediv__" nb_true_divide Wrap::BinaryR, true, "$self, value, /", "Return value/self.";
    "__ifloordiv__" nb_inplace_floor_divide Wrap::Binary, true, "$self, value, /", "Return self//=value.";
    "__itruediv__" nb_inplace_true_divide Wrap::Binary, true, "$self, value, /", "Return self/=value.";
    "__index__" nb_index Wrap::Unary, true, "$self, /", "Return self converted to an integer, if self is suitable for use as an index into a list.";
    "__matmul__" nb_matrix_multiply Wrap::BinaryL, true, "$self, value, /", "Return self@value.";
    "__rmatmul__" nb_matrix_multiply Wrap::BinaryR, true, "$self, value, /", "Return value@self.";
    "__imatmul__" nb_inplace_matrix_multiply Wrap::Binary, true, "$self, value, /", "Return self@=value.";
    "__len__" mp_length Wrap::Len, true, "$self, /", "Return len(self).";
    "__getitem__" mp_subscript Wrap::Binary, true, "$self, key, /", "Return self[key].";
    "__setitem__" mp_ass_subscript Wrap::SetItem, true, "$self, key, value, /", "Set self[key] to value.";
    "__delitem__" mp_ass_subscript Wrap::DelItem, true, "$self, key, /", "Delete self[key].";
    "__len__" sq_length Wrap::Len, true, "$self, /", "Return len(self).";
    "__add__" sq_concat Wrap::Binary, false, "$self, value, /", "Return self+value.";
    "__mul__" sq_repeat Wrap::SizeArg, false, "$self, value, /", "Return self*value.";
    "__rmul__" sq_repeat Wrap::SizeArg, false, "$self, value, /", "Return value*self.";
    "__getitem__" sq_item Wrap::SqItem, true, "$self, key, /", "Return self[key].";
    "__setitem__" sq_ass_item Wrap::SqSetItem, true, "$self, key, value, /", "Set self[key] to value.";
    "__delitem__" sq_ass_item Wrap::SqDelItem, true, "$self, key, /", "Delete self[key].";
    "__contains__" sq_contains Wrap::Contains, true, "$self, key, /", "Return key in self.";
    "__iadd__" sq_inplace_concat Wrap::Binary, false, "$self, value, /", "Implement self+=value.";
    "__imul__" sq_inplace_repeat Wrap::SizeArg, false, "$self, value, /", "Implement self*=value.";
}

/// A slot's function: native, or C when `native` is 0.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub struct SlotFn {
    pub native: usize,
    pub c: usize,
}

impl SlotFn {
    /// Whether both are one function. Each type that names a native function has a C function of its own that calls it.
    pub fn is_same(self, other: SlotFn) -> bool {
        if self.native == 0 || other.native == 0 {
            return self.c == other.c;
        }
        self.native == other.native
    }
}

macro_rules! call_slot {
    ($($name:ident($($arg:ident: $t:ty),*) -> $r:ty, $native:ty, $c:ty, $foreign:path;)*) => {
        impl SlotFn {$(
            /// Calls the function with this signature.
            ///
            /// # Safety
            /// The slot table gives the function this signature.
            pub unsafe fn $name(self, $($arg: $t),*) -> PyResult<$r> {
                // SAFETY: by contract.
                unsafe {
                    if self.native != 0 {
                        transmute::<usize, $native>(self.native)($($arg),*)
                    } else {
                        $foreign(transmute::<usize, $c>(self.c), $($arg),*)
                    }
                }
            }
        )*}
    };
}
call_slot! {
    unary(a: Value) -> Ref, UnaryFn, unaryfunc, ops::c_unary;
    binary(a: Value, b: Value) -> Ref, BinaryFn, binaryfunc, ops::c_binary;
    ternary(a: Value, b: Value, c: Value) -> Ref, TernaryFn, ternaryfunc, ops::c_ternary;
    bool(a: Value) -> bool, BoolFn, inquiry, ops::c_inquiry;
    len(a: Value) -> usize, LenFn, lenfunc, ops::c_len_call;
    hash(a: Value) -> i64, HashFn, hashfunc, ops::c_hash_call;
    sizearg(a: Value, n: isize) -> Ref, SizeArgFn, ssizeargfunc, ops::c_sizearg;
    sizeobjarg(a: Value, n: isize, v: Value) -> (), SizeObjArgFn, ssizeobjargproc, ops::c_sizeobjarg;
    set(a: Value, b: Value, c: Value) -> (), SetFn, objobjargproc, ops::c_set;
    contains(a: Value, b: Value) -> bool, ContainsFn, objobjproc, ops::c_contains;
    richcmp(a: Value, b: Value, op: CmpOp) -> Ref, RichCmpFn, richcmpfunc, ops::c_richcmp;
    next(a: Value) -> Option<Ref>, NextFn, iternextfunc, ops::c_next;
    call(a: Value, args: Args<'_>) -> Ref, CallFn, ternaryfunc, ops::c_call;
    init(a: Value, args: Args<'_>) -> (), InitFn, initproc, ops::c_init;
    create(t: Type, args: Args<'_>) -> Ref, NewFn, newfunc, ops::c_new;
}

/// The function in a slot of `t` (C word 0: empty slot).
#[inline]
pub fn slot_fn(t: Type, slot: Slot) -> SlotFn {
    SlotFn {
        native: native_slot_word(t, slot),
        c: c_slot_word(t, slot),
    }
}

/// Writes both words of a slot; without the group's table nothing happens.
pub fn set_slot(t: Type, slot: Slot, f: SlotFn) {
    let row = &SLOTS[slot as usize];
    // SAFETY: the offsets are those of word-sized fields; the type is alive and only changed under the GIL.
    unsafe {
        let p = t.as_ptr();
        let table: *mut u8 = match row.group {
            SlotGroup::ty => p.cast(),
            SlotGroup::nb => (*p).tp_as_number.cast(),
            SlotGroup::sq => (*p).tp_as_sequence.cast(),
            SlotGroup::mp => (*p).tp_as_mapping.cast(),
            SlotGroup::am => (*p).tp_as_async.cast(),
        };
        if table.is_null() {
            return;
        }
        *table.add(row.c_offset).cast::<usize>() = f.c;
        set_native_word(t, slot, f.native);
    }
}

/// Writes the native word alone.
pub(super) fn set_native_word(t: Type, slot: Slot, word: usize) {
    // SAFETY: native slots are word-sized options of function pointers.
    unsafe {
        (&raw mut (*t.ext()).native)
            .cast::<u8>()
            .add(SLOTS[slot as usize].native_offset)
            .cast::<usize>()
            .write(word);
    }
}

/// Whether the slot of `t` runs a dunder of a Python class through the generic slot function.
#[inline]
pub fn is_python_slot(t: Type, slot: Slot) -> bool {
    let word = native_slot_word(t, slot);
    word != 0 && word == generic::function(slot).native
}

static mut NAMES: Vec<Value> = Vec::new();

/// The interned names of [`SLOTDEFS`], row by row.
pub(super) fn names() -> &'static [Value] {
    // SAFETY: filled once under the GIL, never changed again.
    unsafe {
        let place = &raw mut NAMES;
        let names = &mut *place;
        if names.is_empty() {
            names.extend(SLOTDEFS.iter().map(|d| crate::str::intern_immortal(d.name)));
        }
        names
    }
}

/// Adds a slot wrapper to `tp_dict` for each slot that `t` itself fills and whose name it does not define.
pub(super) fn add_operators(t: Type) -> PyResult<()> {
    let dict = Value::from_object(t.tp_dict);
    let names = names();
    for (i, def) in SLOTDEFS.iter().enumerate() {
        if def.wrap == Wrap::None {
            continue;
        }
        let word = match def.slot {
            Some(slot) => c_slot_word(t, slot),
            None => t.tp_finalize.map_or(0, |f| f as usize),
        };
        if word == 0 || crate::dict::get_interned(dict, names[i]).is_some() {
            continue;
        }
        if def.slot == Some(Slot::tp_hash) && super::is_hash_not_implemented(t) {
            crate::dict::set_item(dict, names[i], crate::singletons::none())?;
            continue;
        }
        let w = crate::descr::new_wrapper(t, names[i], def, word);
        crate::dict::set_item(dict, names[i], w.value())?;
    }
    Ok(())
}

/// The first rows of the slots that a dunder fills.
fn rows_of(name: Value) -> &'static [usize] {
    let is_dunder = crate::str::is_str(name)
        && crate::str::ascii_bytes(name).is_some_and(|n| n.starts_with(b"__"));
    if !is_dunder {
        return &[];
    }
    static mut ROWS: Option<std::collections::HashMap<u64, Vec<usize>>> = None;
    // SAFETY: filled once under the GIL, never changed again.
    unsafe {
        let place = &raw mut ROWS;
        let rows = (*place).get_or_insert_with(|| {
            let mut rows = std::collections::HashMap::<u64, Vec<usize>>::new();
            for (i, name) in names().iter().enumerate() {
                let mut first = i;
                while first > 0 && SLOTDEFS[first - 1].slot == SLOTDEFS[i].slot {
                    first -= 1;
                }
                let list = rows.entry(name.bits()).or_default();
                if !list.contains(&first) {
                    list.push(first);
                }
            }
            rows
        });
        // Names that were put together at run time are strings of their own.
        let key = crate::str::intern_value(Ref::new(name));
        rows.get(&key.value().bits()).map_or(&[], Vec::as_slice)
    }
}

/// Whether a fresh Python class has one base: then it has the base's slots, but for those whose dunders it defines.
pub(super) fn single_base(t: Type) -> Option<Type> {
    let [base] = crate::tuple::items(Value::from_object(t.tp_bases)) else {
        return None;
    };
    let base = Type::from_value(*base)?;
    let plain_mro = super::mro(t).get(1..) == Some(super::mro(base));
    (super::is_python_class(t) && base.as_ptr() == t.tp_base && plain_mro).then_some(base)
}

/// Gives a fresh class the slots of its base, but for `tp_new`, which was set with `__new__`.
fn copy_slots(t: Type, base: Type) {
    let tables = |t: Type| -> [*mut u8; SlotGroup::COUNT] {
        let p = t.as_ptr();
        // SAFETY: a live type.
        unsafe {
            let mut all = [p.cast(); SlotGroup::COUNT];
            all[SlotGroup::am as usize] = (*p).tp_as_async.cast();
            all[SlotGroup::nb as usize] = (*p).tp_as_number.cast();
            all[SlotGroup::sq as usize] = (*p).tp_as_sequence.cast();
            all[SlotGroup::mp as usize] = (*p).tp_as_mapping.cast();
            all
        }
    };
    let (to, from) = (tables(t), tables(base));
    // SAFETY: as in `set_slot`, with the words of another live type.
    unsafe {
        let native = |t: Type| (&raw mut (*t.ext()).native).cast::<u8>();
        let (to_native, from_native) = (native(t), native(base));
        for row in SLOTS {
            let (to, from) = (to[row.group as usize], from[row.group as usize]);
            if row.slot == Slot::tp_new || to.is_null() {
                continue;
            }
            *to.add(row.c_offset).cast::<usize>() = match from.is_null() {
                true => 0,
                false => *from.add(row.c_offset).cast::<usize>(),
            };
            *to_native.add(row.native_offset).cast::<usize>() =
                *from_native.add(row.native_offset).cast::<usize>();
        }
    }
}

/// Fills all slots of a fresh Python class from the dunders along its MRO.
pub(super) fn fixup_slots(t: Type) {
    if let Some(base) = single_base(t) {
        // Plain bases have no `tp_iternext` but classes need one.
        copy_slots(t, base);
        let mut at = 0;
        while let Some((name, _)) = crate::dict::next(Value::from_object(t.tp_dict), &mut at) {
            for &first in rows_of(name) {
                update_rows(t, first);
            }
        }
        for &first in rows_of(crate::intern!("__next__")) {
            update_rows(t, first);
        }
        return;
    }
    let mut i = 0;
    while i < SLOTDEFS.len() {
        i = update_rows(t, i);
    }
}

/// A class attribute changed: brings the slots that depend on it up to date, also in subclasses.
pub fn update_slot(t: Type, name: Value) {
    let rows = rows_of(name);
    if !rows.is_empty() {
        update_recursive(t, name, rows);
    }
}

fn update_recursive(t: Type, name: Value, rows: &[usize]) {
    for &row in rows {
        update_rows(t, row);
    }
    for sub in super::subclasses(t) {
        let dict = Value::from_object(sub.tp_dict);
        if !dict.is_empty() && crate::dict::get_interned(dict, name).is_some() {
            continue;
        }
        update_recursive(sub, name, rows);
    }
}

/// The only slot among those of one name that `t` fills, if there is exactly one.
fn resolve_duplicates(t: Type, name: Value) -> Option<Slot> {
    let mut found = None;
    for (i, n) in names().iter().enumerate() {
        if *n != name {
            continue;
        }
        let Some(slot) = SLOTDEFS[i].slot else {
            continue;
        };
        if c_slot_word(t, slot) == 0 || found == Some(slot) {
            continue;
        }
        if found.is_some() {
            return None;
        }
        found = Some(slot);
    }
    found
}

/// Recomputes the slot that row `first` belongs to; gives the first row of the next slot.
fn update_rows(t: Type, first: usize) -> usize {
    let slot = SLOTDEFS[first].slot;
    let mut end = first + 1;
    while end < SLOTDEFS.len() && SLOTDEFS[end].slot == slot {
        end += 1;
    }
    let Some(slot) = slot else {
        update_finalizer(t, first);
        return end;
    };
    let mut specific: Option<SlotFn> = None;
    let mut filled = SlotFn::default();
    let mut use_generic = false;
    for (def, &name) in SLOTDEFS[first..end].iter().zip(&names()[first..end]) {
        let Some(descr) = super::find_in_mro(t, name) else {
            if slot == Slot::tp_iternext {
                specific = Some(next_not_implemented_fn());
            }
            continue;
        };
        if descr.is_exact(ty!(crate::descr::PyWrapperDescr_Type))
            && crate::descr::wrapper_def(descr).name == def.name
        {
            let only = resolve_duplicates(t, name);
            if (only.is_none() || only == Some(slot)) && def.fills {
                filled = generic::function(slot);
            }
            let (wdef, owner, f) = crate::descr::wrapper_parts(descr);
            if specific.is_none_or(|s| s.c == f.c)
                && wdef.wrap == def.wrap
                && wdef.slot == def.slot
                && t.is_subtype(owner)
            {
                specific = Some(f);
            } else {
                use_generic = true;
            }
        } else if slot == Slot::tp_new && descr.is_exact(ty!(crate::cfunction::PyCFunction_Type)) {
            // The `__new__` of a native or C base, found again: what the type inherited is right.
            specific = Some(inherited_new(t));
        } else if slot == Slot::tp_hash && descr.is_none() {
            specific = Some(hash_not_implemented_fn());
        } else {
            use_generic = true;
            if def.fills {
                filled = generic::function(slot);
            }
        }
    }
    match specific {
        Some(f) if !use_generic => set_slot(t, slot, f),
        _ => set_slot(t, slot, filled),
    }
    end
}

/// `tp_new` of the nearest base that is not a Python class with its own `__new__`.
fn inherited_new(t: Type) -> SlotFn {
    let own = slot_fn(t, Slot::tp_new);
    if own.c != 0 && own.c != generic::function(Slot::tp_new).c {
        return own;
    }
    let mut base = Type::from_ptr(t.tp_base);
    while !base.as_ptr().is_null() {
        let f = slot_fn(base, Slot::tp_new);
        if f.c != generic::function(Slot::tp_new).c {
            return f;
        }
        base = Type::from_ptr(base.tp_base);
    }
    own
}

fn update_finalizer(t: Type, row: usize) {
    let f = match super::find_in_mro(t, names()[row]) {
        None => None,
        Some(d) if d.is_exact(ty!(crate::descr::PyWrapperDescr_Type)) => {
            let (_, _, f) = crate::descr::wrapper_parts(d);
            // SAFETY: the wrapped word of `__del__` is a C destructor.
            Some(unsafe { transmute::<usize, destructor>(f.c) })
        }
        Some(_) => Some(generic::pyrs_slot_tp_finalize as destructor),
    };
    if f.is_some() && !t.has(tpflags::HAVE_GC) {
        UNTRACKED_FINALIZERS.store(true, Ordering::Relaxed);
    }
    // SAFETY: a live type under the GIL.
    unsafe { (*t.as_ptr()).tp_finalize = f }
}

static UNTRACKED_FINALIZERS: AtomicBool = AtomicBool::new(false);
/// Whether there may be objects with a `__del__` that the collector does not know.
pub fn has_untracked_finalizers() -> bool {
    UNTRACKED_FINALIZERS.load(Ordering::Relaxed)
}

fn hash_not_implemented_fn() -> SlotFn {
    SlotFn {
        native: generic::hash_not_implemented as HashFn as usize,
        c: generic::PyObject_HashNotImplemented as hashfunc as usize,
    }
}
fn next_not_implemented_fn() -> SlotFn {
    SlotFn {
        native: 0,
        c: generic::_PyObject_NextNotImplemented as iternextfunc as usize,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_a_slot_are_adjacent_and_every_slot_has_a_function() {
        let mut seen: Vec<Option<Slot>> = Vec::new();
        for pair in SLOTDEFS.windows(2) {
            if pair[0].slot != pair[1].slot {
                assert!(!seen.contains(&pair[1].slot), "{}", pair[1].name);
                seen.push(pair[0].slot);
            }
        }
        for row in SLOTS {
            let f = generic::function(row.slot);
            assert!(f.native != 0 && f.c != 0, "{}", row.name);
        }
    }

    #[test]
    fn docstrings_split_into_signature_and_text() {
        let doc = "__add__($self, value, /)\n--\n\nReturn self+value.";
        assert_eq!(
            super::super::doc_signature("__add__", doc),
            Some("($self, value, /)")
        );
        assert_eq!(super::super::doc_text("__add__", doc), "Return self+value.");
        assert_eq!(
            super::super::doc_text("type", "type(object) -> x"),
            "type(object) -> x"
        );
        assert_eq!(
            super::super::doc_signature("type", "type(object) -> x"),
            None
        );
        assert!(
            SLOTDEFS
                .iter()
                .all(|d| super::super::doc_signature(d.name, d.doc).is_some())
        );
    }
}
