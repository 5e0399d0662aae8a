//! Type objects: `PyType_*` of `object.h`, and heap types from specs.

use crate::*;
use pyrs_object::{ValueExt, dict, errors, gc, heap, intern, ops, str, tuple, ty, typeobject};
use std::ffi::c_void;
use std::mem::{offset_of, size_of};

unsafe extern "C" {
    fn pyrs_subtype_dealloc(o: O);
}

/// Where the field of a `PyType_Slot` number lies in a heap type.
fn slot_offset(slot: c_int) -> Option<usize> {
    macro_rules! at {
        ($($n:literal $table:ident $field:ident;)*) => {
            match slot {
                $($n => at!(@ $table $field),)*
                _ => return None,
            }
        };
        (@ ht_type $field:ident) => { offset_of!(PyTypeObject, $field) };
        (@ as_number $field:ident) => { offset_of!(PyHeapTypeObject, as_number) + offset_of!(PyNumberMethods, $field) };
        (@ as_sequence $field:ident) => { offset_of!(PyHeapTypeObject, as_sequence) + offset_of!(PySequenceMethods, $field) };
        (@ as_mapping $field:ident) => { offset_of!(PyHeapTypeObject, as_mapping) + offset_of!(PyMappingMethods, $field) };
        (@ as_async $field:ident) => { offset_of!(PyHeapTypeObject, as_async) + offset_of!(PyAsyncMethods, $field) };
        (@ as_buffer $field:ident) => { offset_of!(PyHeapTypeObject, as_buffer) + offset_of!(PyBufferProcs, $field) };
    }
    Some(at! {
        1 as_buffer bf_getbuffer; 2 as_buffer bf_releasebuffer;
        3 as_mapping mp_ass_subscript; 4 as_mapping mp_length; 5 as_mapping mp_subscript;
        6 as_number nb_absolute; 7 as_number nb_add; 8 as_number nb_and; 9 as_number nb_bool; 10 as_number nb_divmod;
        11 as_number nb_float; 12 as_number nb_floor_divide; 13 as_number nb_index; 14 as_number nb_inplace_add;
        15 as_number nb_inplace_and; 16 as_number nb_inplace_floor_divide; 17 as_number nb_inplace_lshift;
        18 as_number nb_inplace_multiply; 19 as_number nb_inplace_or; 20 as_number nb_inplace_power;
        21 as_number nb_inplace_remainder; 22 as_number nb_inplace_rshift; 23 as_number nb_inplace_subtract;
        24 as_number nb_inplace_true_divide; 25 as_number nb_inplace_xor; 26 as_number nb_int; 27 as_number nb_invert;
        28 as_number nb_lshift; 29 as_number nb_multiply; 30 as_number nb_negative; 31 as_number nb_or;
        32 as_number nb_positive; 33 as_number nb_power; 34 as_number nb_remainder; 35 as_number nb_rshift;
        36 as_number nb_subtract; 37 as_number nb_true_divide; 38 as_number nb_xor;
        39 as_sequence sq_ass_item; 40 as_sequence sq_concat; 41 as_sequence sq_contains; 42 as_sequence sq_inplace_concat;
        43 as_sequence sq_inplace_repeat; 44 as_sequence sq_item; 45 as_sequence sq_length; 46 as_sequence sq_repeat;
        47 ht_type tp_alloc; 48 ht_type tp_base; 49 ht_type tp_bases; 50 ht_type tp_call; 51 ht_type tp_clear;
        52 ht_type tp_dealloc; 53 ht_type tp_del; 54 ht_type tp_descr_get; 55 ht_type tp_descr_set; 56 ht_type tp_doc;
        57 ht_type tp_getattr; 58 ht_type tp_getattro; 59 ht_type tp_hash; 60 ht_type tp_init; 61 ht_type tp_is_gc;
        62 ht_type tp_iter; 63 ht_type tp_iternext; 64 ht_type tp_methods; 65 ht_type tp_new; 66 ht_type tp_repr;
        67 ht_type tp_richcompare; 68 ht_type tp_setattr; 69 ht_type tp_setattro; 70 ht_type tp_str; 71 ht_type tp_traverse;
        72 ht_type tp_members; 73 ht_type tp_getset; 74 ht_type tp_free;
        75 as_number nb_matrix_multiply; 76 as_number nb_inplace_matrix_multiply;
        77 as_async am_await; 78 as_async am_aiter; 79 as_async am_anext; 80 ht_type tp_finalize; 81 as_async am_send;
    })
}
const TP_BASE: c_int = 48;
const TP_BASES: c_int = 49;
const TP_DOC: c_int = 56;
const TP_MEMBERS: c_int = 72;

/// The numbers of special members: `__dictoffset__` and its like set fields instead of making attributes.
unsafe fn special_member(p: *mut PyTypeObject, m: &PyMemberDef) {
    // SAFETY: a type under construction and a named member.
    unsafe {
        match c_bytes(m.name) {
            b"__weaklistoffset__" => (*p).tp_weaklistoffset = m.offset,
            b"__dictoffset__" => (*p).tp_dictoffset = m.offset,
            b"__vectorcalloffset__" => (*p).tp_vectorcall_offset = m.offset,
            _ => {}
        }
    }
}

unsafe fn spec_slots<'a>(spec: *mut PyType_Spec) -> impl Iterator<Item = &'a PyType_Slot> {
    // SAFETY: the array ends with slot 0.
    let mut s = unsafe { (*spec).slots };
    std::iter::from_fn(move || unsafe {
        // SAFETY: as above.
        if s.is_null() || (*s).slot == 0 {
            return None;
        }
        let r = &*s;
        s = s.add(1);
        Some(r)
    })
}

/// The bases of a spec: the argument, then `Py_tp_bases`, then `Py_tp_base`, then `object`.
unsafe fn spec_bases(spec: *mut PyType_Spec, bases: O) -> PyResult {
    // SAFETY: by the C API's contract.
    unsafe {
        if !bases.is_null() {
            let v = Value::from_object(bases);
            return Ok(if tuple::is_tuple(v) {
                Ref::new(v)
            } else {
                tuple::from_slice(&[v])
            });
        }
        let (mut base, mut all) = (NULL, NULL);
        for s in spec_slots(spec) {
            match s.slot {
                TP_BASE => base = s.pfunc.cast(),
                TP_BASES => all = s.pfunc.cast(),
                _ => {}
            }
        }
        if !all.is_null() {
            let v = Value::from_object(all);
            if !tuple::is_tuple(v) {
                return Err(raise!(SystemError, "Py_tp_bases is not a tuple"));
            }
            return Ok(Ref::new(v));
        }
        let base = if base.is_null() {
            typeobject::object_type().value()
        } else {
            Value::from_object(base)
        };
        Ok(tuple::from_slice(&[base]))
    }
}

unsafe fn from_spec(module: O, spec: *mut PyType_Spec, bases: O) -> PyResult {
    // SAFETY: by the C API's contract; the new type is only seen by this function until it is ready.
    unsafe {
        if (*spec).name.is_null() {
            return Err(raise!(
                SystemError,
                "Type spec does not define the name field."
            ));
        }
        let full = text((*spec).name).into_owned();
        let short = full.rsplit('.').next().unwrap_or(&full).to_owned();
        let mut members: &[PyMemberDef] = &[];
        let mut doc: *const c_char = std::ptr::null();
        for s in spec_slots(spec) {
            if s.slot == TP_MEMBERS {
                let first: *const PyMemberDef = s.pfunc.cast();
                let mut n = 0;
                while !(*first.add(n)).name.is_null() {
                    n += 1;
                }
                members = std::slice::from_raw_parts(first, n);
            } else if s.slot == TP_DOC {
                doc = s.pfunc.cast();
            } else if slot_offset(s.slot).is_none() {
                return Err(raise!(RuntimeError, "invalid slot offset"));
            }
        }
        let bases = spec_bases(spec, bases)?;
        let base = typeobject::best_base(bases.value())?;
        let meta = ty!(typeobject::PyType_Type);
        let n = members.len();
        let object = heap::alloc_zeroed(
            meta,
            size_of::<PyHeapTypeObject>() + (n + 1) * size_of::<PyMemberDef>(),
        );
        let (p, h) = (
            object.cast::<PyTypeObject>(),
            object.cast::<PyHeapTypeObject>(),
        );
        (*p).ob_base.ob_size = n as isize;
        (*p).tp_flags = u64::from((*spec).flags) | tpflags::HEAPTYPE;
        (*p).tp_as_async = &raw mut (*h).as_async;
        (*p).tp_as_number = &raw mut (*h).as_number;
        (*p).tp_as_sequence = &raw mut (*h).as_sequence;
        (*p).tp_as_mapping = &raw mut (*h).as_mapping;
        (*p).tp_as_buffer = &raw mut (*h).as_buffer;
        let tp_name = leak(&full);
        (*h)._ht_tpname = tp_name;
        (*p).tp_name = tp_name;
        (*h).ht_name = str::intern(&short).into_ptr();
        (*h).ht_qualname = str::intern(&short).into_ptr();
        if !module.is_null() {
            (*module).ob_refcnt += 1;
            (*h).ht_module = module;
        }
        for s in spec_slots(spec) {
            if matches!(s.slot, TP_BASE | TP_BASES | TP_DOC | TP_MEMBERS) {
                continue;
            }
            if let Some(at) = slot_offset(s.slot) {
                object
                    .cast::<u8>()
                    .add(at)
                    .cast::<*mut c_void>()
                    .write(s.pfunc);
            }
        }
        if !doc.is_null() {
            (*p).tp_doc = leak(&text(doc));
        }
        (*p).tp_bases = bases.into_ptr();
        (*p).tp_base = base.as_ptr();
        heap::incref(base.value());
        (*p).tp_basicsize = if (*spec).basicsize == 0 {
            base.tp_basicsize
        } else {
            (*spec).basicsize as isize
        };
        (*p).tp_itemsize = (*spec).itemsize as isize;
        let own = object
            .cast::<u8>()
            .add(meta.tp_basicsize as usize)
            .cast::<PyMemberDef>();
        for (i, m) in members.iter().enumerate() {
            own.add(i).write(*m);
            special_member(p, m);
        }
        (*p).tp_members = own;
        if (*p).tp_dealloc.is_none() {
            (*p).tp_dealloc = Some(pyrs_subtype_dealloc);
        }
        if (*p).tp_vectorcall_offset > 0 {
            (*p).tp_flags |= tpflags::HAVE_VECTORCALL;
        }
        let class = Ref::from_owned_ptr(object);
        typeobject::ready(Type::from_ptr(p))?;
        let d = Value::from_object((*p).tp_dict);
        for key in [
            intern!("__weaklistoffset__"),
            intern!("__dictoffset__"),
            intern!("__vectorcalloffset__"),
        ] {
            dict::del_item(d, key)?;
        }
        // A member of that name (Cython's functions have one) stays.
        let has_module = dict::contains(d, intern!("__module__"))?;
        if let Some((module_name, _)) = full.rsplit_once('.') {
            if !has_module {
                dict::set_item(d, intern!("__module__"), str::intern(module_name).value())?;
            }
        } else if !has_module {
            (pyrs_object::hooks().warn)(
                pyrs_object::exceptions::DeprecationWarning,
                &format!("builtin type {short} has no __module__ attribute"),
                1,
            )?;
        }
        gc::track(object);
        Ok(class)
    }
}

capi! {
    fn PyType_Ready(t: *mut PyTypeObject) -> c_int {
        let t = Type::from_ptr(t);
        let first = !t.has(tpflags::READY);
        if typeobject::ready(t).is_err() { return -1; }
        if first && !t.is_heap() {
            // A static type's `__module__` is computed from its name.
            typeobject::modified(t);
        }
        0
    }
    fn PyType_IsSubtype(a: *mut PyTypeObject, b: *mut PyTypeObject) -> c_int {
        // C asks this of each object of an array: the few classes of an MRO are looked through in place.
        let mro = (*a).tp_mro.cast::<PyTupleObject>();
        if a == b || mro.is_null() {
            return (a == b || Type::from_ptr(a).is_subtype(Type::from_ptr(b))).into();
        }
        let mut item = (&raw const (*mro).ob_item).cast::<*mut PyTypeObject>();
        let end = item.offset((*mro).ob_base.ob_size);
        while item < end {
            if *item == b { return 1; }
            item = item.add(1);
        }
        0
    }
    fn PyType_Modified(t: *mut PyTypeObject) { typeobject::modified(Type::from_ptr(t)) }
    fn PyType_GetFlags(t: *mut PyTypeObject) -> std::ffi::c_ulong { (*t).tp_flags }
    fn PyType_GenericAlloc(t: *mut PyTypeObject, n: isize) -> O { heap::generic_alloc(t, n) }
    fn PyType_GenericNew(t: *mut PyTypeObject, _args: O, _kw: O) -> O {
        match (*t).tp_alloc { Some(f) => f(t, 0), None => heap::generic_alloc(t, 0) }
    }
    fn PyType_ClearCache() -> std::ffi::c_uint { typeobject::clear_method_cache(); 0 }
    fn _PyType_Lookup(t: *mut PyTypeObject, name: O) -> O {
        // Class attributes that are ints are boxed in the class's dict by the lookup of the class that has it.
        let (t, name) = (Type::from_ptr(t), val(name));
        if name.is_exact(ty!(str::PyUnicode_Type)) {
            match typeobject::lookup(t, name) {
                None => return NULL,
                Some(found) if found.is_object() => {
                    boundary::expose(found);
                    return found.as_ptr();
                }
                Some(_) => {}
            }
        }
        for class in typeobject::mro(t) {
            let Some(c) = Type::from_value(*class) else { continue };
            if c.tp_dict.is_null() { continue; }
            match dict::borrow_for_c(Value::from_object(c.tp_dict), name) {
                Ok(Some(p)) => return p,
                Ok(None) => {}
                Err(_) => { errors::clear(); return NULL; }
            }
        }
        NULL
    }
    fn PyType_GetName(t: *mut PyTypeObject) -> O { ret(ops::getattr(Type::from_ptr(t).value(), intern!("__name__"))) }
    fn PyType_GetQualName(t: *mut PyTypeObject) -> O { new_ref(typeobject::qualname(Type::from_ptr(t)).value()) }
    fn PyType_GetSlot(t: *mut PyTypeObject, slot: c_int) -> *mut c_void {
        let Some(at) = slot_offset(slot) else { bad_call_void(); return std::ptr::null_mut() };
        let tables: [(usize, usize, *mut u8); 5] = [
            (offset_of!(PyHeapTypeObject, as_async), size_of::<PyAsyncMethods>(), (*t).tp_as_async.cast()),
            (offset_of!(PyHeapTypeObject, as_number), size_of::<PyNumberMethods>(), (*t).tp_as_number.cast()),
            (offset_of!(PyHeapTypeObject, as_mapping), size_of::<PyMappingMethods>(), (*t).tp_as_mapping.cast()),
            (offset_of!(PyHeapTypeObject, as_sequence), size_of::<PySequenceMethods>(), (*t).tp_as_sequence.cast()),
            (offset_of!(PyHeapTypeObject, as_buffer), size_of::<PyBufferProcs>(), (*t).tp_as_buffer.cast()),
        ];
        if at < size_of::<PyTypeObject>() { return *t.cast::<u8>().add(at).cast(); }
        for (start, size, table) in tables {
            if at >= start && at < start + size {
                return if table.is_null() { std::ptr::null_mut() } else { *table.add(at - start).cast() };
            }
        }
        std::ptr::null_mut()
    }
    fn PyType_FromSpec(spec: *mut PyType_Spec) -> O { ret(from_spec(NULL, spec, NULL)) }
    fn PyType_FromSpecWithBases(spec: *mut PyType_Spec, bases: O) -> O { ret(from_spec(NULL, spec, bases)) }
    fn PyType_FromModuleAndSpec(module: O, spec: *mut PyType_Spec, bases: O) -> O { ret(from_spec(module, spec, bases)) }
    fn PyType_GetModule(t: *mut PyTypeObject) -> O {
        let ty = Type::from_ptr(t);
        if !ty.is_heap() {
            let _ = raise!(TypeError, "PyType_GetModule: Type '{}' is not a heap type", ty.message_name());
            return NULL;
        }
        let m = (*t.cast::<PyHeapTypeObject>()).ht_module;
        if m.is_null() { let _ = raise!(TypeError, "PyType_GetModule: Type '{}' has no associated module", ty.message_name()); }
        m
    }
    fn PyType_GetModuleState(t: *mut PyTypeObject) -> *mut c_void {
        let m = PyType_GetModule(t);
        if m.is_null() { return std::ptr::null_mut(); }
        (*m.cast::<PyModuleObject>()).md_state
    }
    fn PyType_GetModuleByDef(t: *mut PyTypeObject, def: *mut PyModuleDef) -> O {
        for class in typeobject::mro(Type::from_ptr(t)) {
            let Some(c) = Type::from_value(*class) else { continue };
            if !c.is_heap() { continue; }
            let m = (*c.as_ptr().cast::<PyHeapTypeObject>()).ht_module;
            if !m.is_null() && pyrs_object::module::is_module(Value::from_object(m)) && (*m.cast::<PyModuleObject>()).md_def == def {
                return m;
            }
        }
        let _ = raise!(TypeError, "PyType_GetModuleByDef: No superclass of '{}' has the given module", Type::from_ptr(t).message_name());
        NULL
    }
    fn _PyType_Name(t: *mut PyTypeObject) -> *const c_char {
        let full = c_bytes((*t).tp_name);
        let at = full.iter().rposition(|c| *c == b'.').map_or(0, |i| i + 1);
        (*t).tp_name.add(at)
    }
    fn _PyType_CalculateMetaclass(meta: *mut PyTypeObject, bases: O) -> *mut PyTypeObject {
        typeobject::calculate_metaclass(Type::from_ptr(meta), val(bases)).map_or(std::ptr::null_mut(), Type::as_ptr)
    }
}
#[cold]
fn bad_call_void() {
    let _ = bad_call();
}
