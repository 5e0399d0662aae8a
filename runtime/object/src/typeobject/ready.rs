//! Readying a type: base, metaclass, MRO, inherited fields, flags and slots, and the contents of `tp_dict`.

use super::slotdefs::{self, SlotFn, set_slot, slot_fn};
use super::{PyBaseObject_Type, PyType_Type};
use crate::layout::*;
use crate::native::*;
use crate::ops::{c_slot_word, native_slot_word};
use crate::{PyResult, Ref, Type, Value, ValueExt, intern, ops, raise, ty};
use std::ptr;

/// `PyType_Ready`: for static types (native or from C) and hand-filled heap types.
pub fn ready(t: Type) -> PyResult<()> {
    if t.has(tpflags::READY) {
        return Ok(());
    }
    let p = t.as_ptr();
    // SAFETY: the type is alive and nobody else uses it until it is ready (GIL).
    unsafe {
        if (*p).tp_name.is_null() {
            return Err(raise!(
                SystemError,
                "Type does not define the tp_name field."
            ));
        }
        (*p).tp_flags |= tpflags::READYING;
        if (*p).tp_flags & tpflags::HEAPTYPE == 0 {
            (*p).tp_flags |= tpflags::IMMUTABLETYPE;
        }
        let foreign = (*p).tp_cache.is_null();
        if foreign {
            let ext = crate::heap::malloc(size_of::<TypeExt>()).cast::<TypeExt>();
            ext.write(TypeExt {
                foreign: true,
                ..TypeExt::EMPTY
            });
            (*p).tp_cache = ext.cast();
        }
        if (*p).ob_base.ob_base.ob_refcnt == 0 {
            (*p).ob_base.ob_base.ob_refcnt = IMMORTAL_REFCNT;
        }
        let result = fill(t, foreign);
        (*p).tp_flags &= !tpflags::READYING;
        result
    }
}

/// Gives a type its base and metaclass (also done for all static types before the first is readied).
///
/// # Safety
/// `p` is a live type that only this thread uses.
pub unsafe fn set_base_and_meta(p: *mut PyTypeObject) {
    // SAFETY: by contract.
    unsafe {
        let object = &raw mut PyBaseObject_Type;
        if (*p).tp_base.is_null() && p != object {
            (*p).tp_base = object;
        }
        if (*p).ob_base.ob_base.ob_type.is_null() {
            let base = (*p).tp_base;
            let meta = if base.is_null() || (*base).ob_base.ob_base.ob_type.is_null() {
                &raw mut PyType_Type
            } else {
                (*base).ob_base.ob_base.ob_type
            };
            (*p).ob_base.ob_base.ob_type = meta;
        }
    }
}

unsafe fn fill(t: Type, foreign: bool) -> PyResult<()> {
    let p = t.as_ptr();
    // SAFETY: see `ready`; fields are only set on the type being readied.
    unsafe {
        set_base_and_meta(p);
        if p == &raw mut PyBaseObject_Type {
            // The exported functions, so that C types that name them are recognised.
            (*p).tp_getattro = Some(super::PyObject_GenericGetAttr);
            (*p).tp_setattro = Some(super::PyObject_GenericSetAttr);
        }
        let base = (*p).tp_base;
        // A base that is being readied (its `mro()` runs) is refused when the MRO is made.
        if !base.is_null() && (*base).tp_flags & tpflags::READYING == 0 {
            ready(Type::from_ptr(base))?;
        }
        if (*p).tp_bases.is_null() {
            (*p).tp_bases = if base.is_null() {
                crate::tuple::empty().into_ptr()
            } else {
                crate::tuple::from_slice(&[Type::from_ptr(base).value()]).into_ptr()
            };
        }
        if (*p).tp_dict.is_null() {
            (*p).tp_dict = crate::dict::new().into_ptr();
        }
        let dict = Value::from_object((*p).tp_dict);
        if (*p).tp_flags & tpflags::HEAPTYPE == 0 {
            set_new_static(t)?;
        } else {
            set_new_heap(t)?;
        }
        // Names in tp_dict: operators, then methods, members and computed attributes.
        slotdefs::add_operators(t)?;
        add_tables(t)?;
        if crate::dict::get_interned(dict, intern!("__doc__")).is_none() {
            let doc = if (*p).tp_doc.is_null() {
                Ref::none()
            } else {
                Ref::str(super::doc_text(t.name(), c_str((*p).tp_doc)))
            };
            crate::dict::set_item(dict, intern!("__doc__"), doc.value())?;
        }
        set_mro(t)?;
        let refuses = super::is_hash_not_implemented(t);
        inherit(t, foreign)?;
        if (*p).tp_hash.is_none() {
            if crate::dict::get_interned(dict, intern!("__hash__")).is_none() {
                crate::dict::set_item(dict, intern!("__hash__"), crate::singletons::none())?;
            }
            set_slot(t, Slot::tp_hash, slotdefs_hash());
        } else if refuses && crate::dict::get_interned(dict, intern!("__hash__")).is_none() {
            crate::dict::set_item(dict, intern!("__hash__"), crate::singletons::none())?;
        }
        set_display(t);
        for b in crate::tuple::items(Value::from_object((*p).tp_bases)) {
            if let Some(b) = Type::from_value(*b) {
                super::add_subclass(b, t);
            }
        }
        (*p).tp_flags |= tpflags::READY;
    }
    Ok(())
}

fn slotdefs_hash() -> SlotFn {
    SlotFn {
        native: super::generic::hash_not_implemented as HashFn as usize,
        c: super::generic::PyObject_HashNotImplemented as hashfunc as usize,
    }
}

/// `tp_new` of a static type: its own with a `__new__`, else inherited, unless its base is plain `object`.
unsafe fn set_new_static(t: Type) -> PyResult<()> {
    let p = t.as_ptr();
    // SAFETY: see `ready`.
    unsafe {
        if (*p).tp_new.is_none() && (*p).tp_base == &raw mut PyBaseObject_Type {
            (*p).tp_flags |= tpflags::DISALLOW_INSTANTIATION;
        }
        set_new_heap(t)
    }
}
unsafe fn set_new_heap(t: Type) -> PyResult<()> {
    let p = t.as_ptr();
    // SAFETY: see `ready`.
    unsafe {
        if (*p).tp_flags & tpflags::DISALLOW_INSTANTIATION != 0 {
            set_slot(t, Slot::tp_new, SlotFn::default());
        } else if (*p).tp_new.is_some() {
            let dict = Value::from_object((*p).tp_dict);
            if crate::dict::get_interned(dict, intern!("__new__")).is_none() {
                let f = super::new_wrapper_function(t);
                crate::dict::set_item(dict, intern!("__new__"), f.value())?;
            }
        } else if !(*p).tp_base.is_null() {
            let base = Type::from_ptr((*p).tp_base);
            set_slot(t, Slot::tp_new, slot_fn(base, Slot::tp_new));
        }
        Ok(())
    }
}

/// Adds the entries of the native tables or, for C types, of `tp_methods`/`tp_members`/`tp_getset`.
pub(super) unsafe fn add_tables(t: Type) -> PyResult<()> {
    // SAFETY: tables end with an entry without name and live as long as the type.
    unsafe {
        let p = t.as_ptr();
        let dict = Value::from_object((*p).tp_dict);
        let ext = t.ext();
        let mut m = (*ext).methods;
        while !m.is_null() && !(*m).def.ml_name.is_null() {
            add_method(t, dict, &raw mut (*m).def, true)?;
            m = m.add(1);
        }
        if (*ext).methods.is_null() {
            let mut m = (*p).tp_methods;
            while !m.is_null() && !(*m).ml_name.is_null() {
                add_method(t, dict, m, false)?;
                m = m.add(1);
            }
        } else if (*p).tp_methods.is_null() {
            (*p).tp_methods = c_table((*ext).methods);
        }
        let mut m = (*p).tp_members;
        while !m.is_null() && !(*m).name.is_null() {
            let name = crate::str::intern(c_str((*m).name));
            if crate::dict::get_interned(dict, name.value()).is_none() {
                let d = crate::descr::new_member(t, m);
                crate::dict::set_item(dict, name.value(), d.value())?;
            }
            m = m.add(1);
        }
        let mut g = (*ext).getset;
        while !g.is_null() && !(*g).def.name.is_null() {
            add_getset(t, dict, &raw mut (*g).def, true)?;
            g = g.add(1);
        }
        let mut g = (*p).tp_getset;
        while !g.is_null() && !(*g).name.is_null() {
            add_getset(t, dict, g, false)?;
            g = g.add(1);
        }
        Ok(())
    }
}

/// A native table as C reads one: extensions look up functions of built-in types in `tp_methods`.
unsafe fn c_table(mut m: *mut crate::native::NativeMethodDef) -> *mut PyMethodDef {
    let mut table = Vec::new();
    // SAFETY: the table ends with an entry without name, which is copied too.
    unsafe {
        loop {
            table.push((*m).def);
            if (*m).def.ml_name.is_null() {
                break;
            }
            m = m.add(1);
        }
    }
    Box::leak(table.into_boxed_slice()).as_mut_ptr()
}

unsafe fn add_method(t: Type, dict: Value, def: *mut PyMethodDef, native: bool) -> PyResult<()> {
    // SAFETY: a table entry.
    unsafe {
        let flags = (*def).ml_flags;
        let name = crate::str::intern(c_str((*def).ml_name));
        if flags & methflags::COEXIST == 0
            && crate::dict::get_interned(dict, name.value()).is_some()
        {
            return Ok(());
        }
        let d = if flags & methflags::CLASS != 0 {
            if flags & methflags::STATIC != 0 {
                return Err(raise!(ValueError, "method cannot be both class and static"));
            }
            crate::descr::new_class_method_descr(t, def, native)
        } else if flags & methflags::STATIC != 0 {
            let f = if native {
                crate::cfunction::new_native(def.cast(), t.value(), Value::EMPTY)
            } else {
                crate::cfunction::new_foreign(def, t.value(), Value::EMPTY, None)
            };
            crate::descr::new_static_method(f.value())
        } else {
            crate::descr::new_method_descr(t, def, native)
        };
        crate::dict::set_item(dict, name.value(), d.value())
    }
}

unsafe fn add_getset(t: Type, dict: Value, def: *mut PyGetSetDef, native: bool) -> PyResult<()> {
    // SAFETY: a table entry.
    unsafe {
        let name = crate::str::intern(c_str((*def).name));
        if crate::dict::get_interned(dict, name.value()).is_some() {
            return Ok(());
        }
        let d = crate::descr::new_getset(t, def, native);
        crate::dict::set_item(dict, name.value(), d.value())
    }
}

// ---- MRO -------------------------------------------------------------------------------------------------

/// C3 linearisation of `t` over its bases' MROs.
pub fn c3(t: Type) -> PyResult<Vec<Ref>> {
    let bases = Ref::new(Value::from_object(t.tp_bases));
    let bases: Vec<Value> = crate::tuple::items(bases.value()).to_vec();
    for (i, b) in bases.iter().enumerate() {
        let Some(base) = Type::from_value(*b) else {
            return Err(raise!(TypeError, "bases must be types"));
        };
        if base.tp_mro.is_null() {
            return Err(raise!(
                TypeError,
                "Cannot extend an incomplete type '{}'",
                base.message_name()
            ));
        }
        if bases[..i].contains(b) {
            return Err(raise!(
                TypeError,
                "duplicate base class {}",
                crate::str::display(class_name(*b)?.value())
            ));
        }
    }
    let mut result = vec![t.to_ref()];
    if let [single] = bases[..] {
        let base = Type::from_ptr(single.as_ptr().cast());
        result.extend(super::mro(base).iter().map(|v| Ref::new(*v)));
        return Ok(result);
    }
    let mut lists: Vec<Vec<Value>> = bases
        .iter()
        .map(|b| super::mro(Type::from_ptr(b.as_ptr().cast())).to_vec())
        .collect();
    lists.push(bases);
    let mut heads = vec![0usize; lists.len()];
    loop {
        let mut done = true;
        let mut next = None;
        'candidates: for (list, &head) in lists.iter().zip(&heads) {
            let Some(&candidate) = list.get(head) else {
                continue;
            };
            done = false;
            for (other, &at) in lists.iter().zip(&heads) {
                if other.iter().skip(at + 1).any(|v| *v == candidate) {
                    continue 'candidates;
                }
            }
            next = Some(candidate);
            break;
        }
        if done {
            return Ok(result);
        }
        let Some(next) = next else {
            return Err(mro_error(&lists, &heads));
        };
        result.push(Ref::new(next));
        for (list, head) in lists.iter().zip(heads.iter_mut()) {
            if list.get(*head) == Some(&next) {
                *head += 1;
            }
        }
    }
}

fn class_name(v: Value) -> PyResult {
    match ops::getattr_opt(v, intern!("__name__"))? {
        Some(n) => ops::str_of(n.value()),
        None => ops::repr(v),
    }
}

fn mro_error(lists: &[Vec<Value>], heads: &[usize]) -> crate::Raised {
    let mut names: Vec<String> = Vec::new();
    let mut seen: Vec<Value> = Vec::new();
    for (list, &head) in lists.iter().zip(heads) {
        if let Some(&v) = list.get(head)
            && !seen.contains(&v)
        {
            seen.push(v);
            match class_name(v) {
                Ok(n) => names.push(crate::str::to_string_lossy(n.value())),
                Err(e) => return e,
            }
        }
    }
    raise!(
        TypeError,
        "Cannot create a consistent method resolution\norder (MRO) for bases {}",
        names.join(", ")
    )
}

/// Computes and sets `tp_mro`, through a metaclass's `mro` method if it has one of its own. False if that has led to another
/// MRO being set already, which stays.
pub fn set_mro(t: Type) -> PyResult<bool> {
    // Kept, so that no other MRO has its address.
    let before = (!t.tp_mro.is_null()).then(|| Ref::new(Value::from_object(t.tp_mro)));
    let meta = t.value().ty();
    let own = if meta == ty!(PyType_Type) {
        None
    } else {
        let found = super::lookup(meta, intern!("mro"));
        let plain = super::find_in_mro(ty!(PyType_Type), intern!("mro"));
        found.filter(|f| Some(*f) != plain)
    };
    let mro = match own {
        None => crate::tuple::from_vec(c3(t)?),
        Some(_) => {
            let Some(f) = super::lookup_special(t.value(), intern!("mro"))? else {
                return Err(crate::errors::bad_internal_call());
            };
            let r = f.call(&[])?;
            let mro = ops::to_tuple(r.value())?;
            if crate::tuple::len(mro.value()) == 0 {
                return Err(raise!(TypeError, "type MRO must not be empty"));
            }
            let solid = super::create::solid_base(t);
            for v in crate::tuple::items(mro.value()) {
                let Some(base) = Type::from_value(*v) else {
                    return Err(raise!(
                        TypeError,
                        "mro() returned a non-class ('{}')",
                        v.ty().message_name()
                    ));
                };
                if !solid.is_subtype(super::create::solid_base(base)) {
                    return Err(raise!(
                        TypeError,
                        "mro() returned base with unsuitable layout ('{}')",
                        base.message_name()
                    ));
                }
            }
            mro
        }
    };
    if t.tp_mro
        != before
            .as_ref()
            .map_or(ptr::null_mut(), |m| m.value().as_ptr())
    {
        return Ok(false);
    }
    // SAFETY: a live type; the old MRO is given up after the new one is in place.
    unsafe {
        let old = ptr::replace(&raw mut (*t.as_ptr()).tp_mro, mro.into_ptr());
        crate::heap::xdecref_ptr(old);
    }
    Ok(true)
}

/// Recomputes the ancestors table for O(1) subtype tests.
pub fn set_display(t: Type) {
    let mut chain = Vec::new();
    let mut at = t.as_ptr();
    while !at.is_null() {
        chain.push(at);
        // SAFETY: bases are live types.
        at = unsafe { (*at).tp_base };
    }
    chain.reverse();
    // SAFETY: the table is owned by the extension and replaced as a whole.
    unsafe {
        let ext = t.ext();
        crate::heap::free((*ext).display.cast());
        let table = crate::heap::malloc(chain.len() * 8).cast::<*mut PyTypeObject>();
        ptr::copy_nonoverlapping(chain.as_ptr(), table, chain.len());
        (*ext).display = table;
        (*ext).depth = chain.len() as u32 - 1;
        (*ext).only_attributes = None;
    }
}

// ---- inheritance -----------------------------------------------------------------------------------------

fn overrides_hash(t: Type) -> bool {
    let dict = Value::from_object(t.tp_dict);
    crate::dict::get_interned(dict, intern!("__eq__")).is_some()
        || crate::dict::get_interned(dict, intern!("__hash__")).is_some()
}

unsafe fn inherit(t: Type, foreign: bool) -> PyResult<()> {
    let p = t.as_ptr();
    // SAFETY: see `ready`.
    unsafe {
        if foreign {
            adopt_native_words(t);
        }
        let base = (*p).tp_base;
        if !base.is_null() {
            inherit_special(p, base);
        }
        // Types from C take each slot over that they lack, a class without a deallocator of its own included.
        let single = if foreign {
            None
        } else {
            slotdefs::single_base(t)
        };
        if let Some(single) = single {
            // `fixup_slots` takes the slots over.
            inherit_fields(t, single);
        } else {
            let mro: Vec<Value> = super::mro(t).to_vec();
            for b in mro.iter().skip(1) {
                if let Some(b) = Type::from_value(*b) {
                    inherit_slots(t, b);
                }
            }
        }
        // The nearest class that says what patterns take it for decides.
        const PATTERN_KINDS: u64 = tpflags::SEQUENCE | tpflags::MAPPING;
        for b in super::mro(t).iter().skip(1) {
            if (*p).tp_flags & PATTERN_KINDS != 0 {
                break;
            }
            if let Some(b) = Type::from_value(*b) {
                (*p).tp_flags |= b.tp_flags & PATTERN_KINDS;
            }
        }
        if !base.is_null() {
            share_tables(t, Type::from_ptr(base));
        }
        if (*p).tp_flags & tpflags::HAVE_GC != 0
            && (*p).tp_flags & tpflags::BASETYPE != 0
            && (*p).tp_traverse.is_none()
            && foreign
        {
            return Err(raise!(
                TypeError,
                "type '{}' has the Py_TPFLAGS_HAVE_GC flag but has no traverse function",
                t.message_name()
            ));
        }
        if (*p).tp_alloc.is_none() {
            (*p).tp_alloc = Some(crate::heap::generic_alloc);
        }
        if (*p).tp_free.is_none() {
            (*p).tp_free = Some(crate::heap::object_free);
        }
        Ok(())
    }
}

/// A C type may name functions of native types in its slots: then the native function goes with it.
unsafe fn adopt_native_words(t: Type) {
    let mut base = t.tp_base;
    while !base.is_null() {
        let b = Type::from_ptr(base);
        for row in SLOTS {
            let c = c_slot_word(t, row.slot);
            if c != 0 && native_slot_word(t, row.slot) == 0 && c == c_slot_word(b, row.slot) {
                slotdefs::set_native_word(t, row.slot, native_slot_word(b, row.slot));
            }
        }
        base = b.tp_base;
    }
}

unsafe fn inherit_special(p: *mut PyTypeObject, base: *mut PyTypeObject) {
    use tpflags::*;
    // SAFETY: two live types.
    unsafe {
        if (*p).tp_flags & HAVE_GC == 0
            && (*base).tp_flags & HAVE_GC != 0
            && (*p).tp_traverse.is_none()
            && (*p).tp_clear.is_none()
        {
            (*p).tp_flags |= HAVE_GC;
            (*p).tp_traverse = (*base).tp_traverse;
            (*p).tp_clear = (*base).tp_clear;
        }
        (*p).tp_flags |= (*base).tp_flags & MANAGED_DICT;
        if (*p).tp_basicsize == 0 {
            (*p).tp_basicsize = (*base).tp_basicsize;
        }
        if (*p).tp_itemsize == 0 {
            (*p).tp_itemsize = (*base).tp_itemsize;
        }
        if (*p).tp_weaklistoffset == 0 {
            (*p).tp_weaklistoffset = (*base).tp_weaklistoffset;
        }
        if (*p).tp_dictoffset == 0 {
            (*p).tp_dictoffset = (*base).tp_dictoffset;
        }
        const KINDS: u64 = LONG_SUBCLASS
            | LIST_SUBCLASS
            | TUPLE_SUBCLASS
            | BYTES_SUBCLASS
            | UNICODE_SUBCLASS
            | DICT_SUBCLASS
            | BASE_EXC_SUBCLASS
            | TYPE_SUBCLASS;
        (*p).tp_flags |= (*base).tp_flags & (KINDS | MATCH_SELF);
    }
}

/// A base's slot counts as its own if it differs from what it inherited itself.
fn defines(base: Type, slot: Slot) -> bool {
    let word = c_slot_word(base, slot);
    word != 0 && (base.tp_base.is_null() || c_slot_word(Type::from_ptr(base.tp_base), slot) != word)
}

fn copy_slot(t: Type, base: Type, slot: Slot) {
    if c_slot_word(t, slot) == 0 && defines(base, slot) {
        set_slot(t, slot, slot_fn(base, slot));
    }
}

unsafe fn inherit_slots(t: Type, base: Type) {
    let p = t.as_ptr();
    let b = base.as_ptr();
    // SAFETY: two live types; the tables exist where slots are copied (see `set_slot`).
    unsafe {
        for row in SLOTS {
            let has_table = match row.group {
                SlotGroup::ty => false,
                SlotGroup::nb => !(*p).tp_as_number.is_null() && !(*b).tp_as_number.is_null(),
                SlotGroup::sq => !(*p).tp_as_sequence.is_null() && !(*b).tp_as_sequence.is_null(),
                SlotGroup::mp => !(*p).tp_as_mapping.is_null() && !(*b).tp_as_mapping.is_null(),
                SlotGroup::am => !(*p).tp_as_async.is_null() && !(*b).tp_as_async.is_null(),
            };
            if has_table {
                copy_slot(t, base, row.slot);
            }
        }
        inherit_fields(t, base);
        for slot in [
            Slot::tp_repr,
            Slot::tp_call,
            Slot::tp_str,
            Slot::tp_iter,
            Slot::tp_iternext,
            Slot::tp_descr_get,
            Slot::tp_descr_set,
            Slot::tp_init,
        ] {
            copy_slot(t, base, slot);
        }
    }
}

/// What is inherited beside the slots of the dunders, and the slots that go together.
unsafe fn inherit_fields(t: Type, base: Type) {
    let p = t.as_ptr();
    let b = base.as_ptr();
    macro_rules! copy {
        ($($field:ident)*) => {$(
            if (*p).$field.is_none() {
                (*p).$field = (*b).$field;
            }
        )*};
    }
    // SAFETY: two live types.
    unsafe {
        if !(*p).tp_as_buffer.is_null() && !(*b).tp_as_buffer.is_null() {
            let (own, theirs) = ((*p).tp_as_buffer, (*b).tp_as_buffer);
            if (*own).bf_getbuffer.is_none() {
                (*own).bf_getbuffer = (*theirs).bf_getbuffer;
            }
            if (*own).bf_releasebuffer.is_none() {
                (*own).bf_releasebuffer = (*theirs).bf_releasebuffer;
            }
        }
        copy!(tp_dealloc);
        if (*p).tp_getattr.is_none() && (*p).tp_getattro.is_none() {
            (*p).tp_getattr = (*b).tp_getattr;
            set_slot(t, Slot::tp_getattro, slot_fn(base, Slot::tp_getattro));
        }
        if (*p).tp_setattr.is_none() && (*p).tp_setattro.is_none() {
            (*p).tp_setattr = (*b).tp_setattr;
            set_slot(t, Slot::tp_setattro, slot_fn(base, Slot::tp_setattro));
        }
        if (*p).tp_vectorcall_offset == 0 {
            (*p).tp_vectorcall_offset = (*b).tp_vectorcall_offset;
        }
        if (*p).tp_call.is_none()
            && (*b).tp_flags & tpflags::HAVE_VECTORCALL != 0
            && (*p).tp_flags & tpflags::IMMUTABLETYPE != 0
        {
            (*p).tp_flags |= tpflags::HAVE_VECTORCALL;
        }
        if (*p).tp_richcompare.is_none() && (*p).tp_hash.is_none() && !overrides_hash(t) {
            set_slot(t, Slot::tp_richcompare, slot_fn(base, Slot::tp_richcompare));
            set_slot(t, Slot::tp_hash, slot_fn(base, Slot::tp_hash));
        }
        if (*p).tp_descr_get.is_none()
            && (*b).tp_descr_get.is_some()
            && (*b).tp_flags & tpflags::METHOD_DESCRIPTOR != 0
            && (*p).tp_flags & tpflags::IMMUTABLETYPE != 0
        {
            (*p).tp_flags |= tpflags::METHOD_DESCRIPTOR;
        }
        copy!(tp_alloc tp_is_gc tp_finalize);
        if (*p).tp_flags & tpflags::HAVE_GC == (*b).tp_flags & tpflags::HAVE_GC {
            copy!(tp_free);
        }
    }
}

/// A type without a table of its own uses its base's, native functions included.
unsafe fn share_tables(t: Type, base: Type) {
    let (p, b) = (t.as_ptr(), base.as_ptr());
    // SAFETY: two live types.
    unsafe {
        let copy_words = |group: SlotGroup| {
            for row in SLOTS.iter().filter(|r| r.group == group) {
                slotdefs::set_native_word(t, row.slot, native_slot_word(base, row.slot));
            }
        };
        if (*p).tp_as_number.is_null() {
            (*p).tp_as_number = (*b).tp_as_number;
            copy_words(SlotGroup::nb);
        }
        if (*p).tp_as_sequence.is_null() {
            (*p).tp_as_sequence = (*b).tp_as_sequence;
            copy_words(SlotGroup::sq);
        }
        if (*p).tp_as_mapping.is_null() {
            (*p).tp_as_mapping = (*b).tp_as_mapping;
            copy_words(SlotGroup::mp);
        }
        if (*p).tp_as_async.is_null() {
            (*p).tp_as_async = (*b).tp_as_async;
            copy_words(SlotGroup::am);
        }
        if (*p).tp_as_buffer.is_null() {
            (*p).tp_as_buffer = (*b).tp_as_buffer;
        }
    }
}
