//! Type objects, their slot tables and the descriptor objects that fill `tp_dict`. Field names, order and offsets are CPython 3.11's (x86-64 and AArch64 Linux agree).

use crate::*;
use std::ffi::{c_char, c_int, c_uint, c_ulong, c_void};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyAsyncMethods {
    pub am_await: Option<unaryfunc>,
    pub am_aiter: Option<unaryfunc>,
    pub am_anext: Option<unaryfunc>,
    pub am_send: Option<sendfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyNumberMethods {
    pub nb_add: Option<binaryfunc>,
    pub nb_subtract: Option<binaryfunc>,
    pub nb_multiply: Option<binaryfunc>,
    pub nb_remainder: Option<binaryfunc>,
    pub nb_divmod: Option<binaryfunc>,
    pub nb_power: Option<ternaryfunc>,
    pub nb_negative: Option<unaryfunc>,
    pub nb_positive: Option<unaryfunc>,
    pub nb_absolute: Option<unaryfunc>,
    pub nb_bool: Option<inquiry>,
    pub nb_invert: Option<unaryfunc>,
    pub nb_lshift: Option<binaryfunc>,
    pub nb_rshift: Option<binaryfunc>,
    pub nb_and: Option<binaryfunc>,
    pub nb_xor: Option<binaryfunc>,
    pub nb_or: Option<binaryfunc>,
    pub nb_int: Option<unaryfunc>,
    pub nb_reserved: *mut c_void,
    pub nb_float: Option<unaryfunc>,
    pub nb_inplace_add: Option<binaryfunc>,
    pub nb_inplace_subtract: Option<binaryfunc>,
    pub nb_inplace_multiply: Option<binaryfunc>,
    pub nb_inplace_remainder: Option<binaryfunc>,
    pub nb_inplace_power: Option<ternaryfunc>,
    pub nb_inplace_lshift: Option<binaryfunc>,
    pub nb_inplace_rshift: Option<binaryfunc>,
    pub nb_inplace_and: Option<binaryfunc>,
    pub nb_inplace_xor: Option<binaryfunc>,
    pub nb_inplace_or: Option<binaryfunc>,
    pub nb_floor_divide: Option<binaryfunc>,
    pub nb_true_divide: Option<binaryfunc>,
    pub nb_inplace_floor_divide: Option<binaryfunc>,
    pub nb_inplace_true_divide: Option<binaryfunc>,
    pub nb_index: Option<unaryfunc>,
    pub nb_matrix_multiply: Option<binaryfunc>,
    pub nb_inplace_matrix_multiply: Option<binaryfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PySequenceMethods {
    pub sq_length: Option<lenfunc>,
    pub sq_concat: Option<binaryfunc>,
    pub sq_repeat: Option<ssizeargfunc>,
    pub sq_item: Option<ssizeargfunc>,
    pub was_sq_slice: *mut c_void,
    pub sq_ass_item: Option<ssizeobjargproc>,
    pub was_sq_ass_slice: *mut c_void,
    pub sq_contains: Option<objobjproc>,
    pub sq_inplace_concat: Option<binaryfunc>,
    pub sq_inplace_repeat: Option<ssizeargfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMappingMethods {
    pub mp_length: Option<lenfunc>,
    pub mp_subscript: Option<binaryfunc>,
    pub mp_ass_subscript: Option<objobjargproc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyBufferProcs {
    pub bf_getbuffer: Option<getbufferproc>,
    pub bf_releasebuffer: Option<releasebufferproc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMethodDef {
    pub ml_name: *mut c_char,
    pub ml_meth: Option<PyCFunction>,
    pub ml_flags: c_int,
    pub ml_doc: *mut c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMemberDef {
    pub name: *mut c_char,
    pub r#type: c_int,
    pub offset: isize,
    pub flags: c_int,
    pub doc: *mut c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyGetSetDef {
    pub name: *mut c_char,
    pub get: Option<getter>,
    pub set: Option<setter>,
    pub doc: *mut c_char,
    pub closure: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyTypeObject {
    pub ob_base: PyVarObject,
    pub tp_name: *mut c_char,
    pub tp_basicsize: isize,
    pub tp_itemsize: isize,
    pub tp_dealloc: Option<destructor>,
    pub tp_vectorcall_offset: isize,
    pub tp_getattr: Option<getattrfunc>,
    pub tp_setattr: Option<setattrfunc>,
    pub tp_as_async: *mut PyAsyncMethods,
    pub tp_repr: Option<reprfunc>,
    pub tp_as_number: *mut PyNumberMethods,
    pub tp_as_sequence: *mut PySequenceMethods,
    pub tp_as_mapping: *mut PyMappingMethods,
    pub tp_hash: Option<hashfunc>,
    pub tp_call: Option<ternaryfunc>,
    pub tp_str: Option<reprfunc>,
    pub tp_getattro: Option<getattrofunc>,
    pub tp_setattro: Option<setattrofunc>,
    pub tp_as_buffer: *mut PyBufferProcs,
    pub tp_flags: c_ulong,
    pub tp_doc: *mut c_char,
    pub tp_traverse: Option<traverseproc>,
    pub tp_clear: Option<inquiry>,
    pub tp_richcompare: Option<richcmpfunc>,
    pub tp_weaklistoffset: isize,
    pub tp_iter: Option<getiterfunc>,
    pub tp_iternext: Option<iternextfunc>,
    pub tp_methods: *mut PyMethodDef,
    pub tp_members: *mut PyMemberDef,
    pub tp_getset: *mut PyGetSetDef,
    pub tp_base: *mut PyTypeObject,
    pub tp_dict: *mut PyObject,
    pub tp_descr_get: Option<descrgetfunc>,
    pub tp_descr_set: Option<descrsetfunc>,
    pub tp_dictoffset: isize,
    pub tp_init: Option<initproc>,
    pub tp_alloc: Option<allocfunc>,
    pub tp_new: Option<newfunc>,
    pub tp_free: Option<freefunc>,
    pub tp_is_gc: Option<inquiry>,
    pub tp_bases: *mut PyObject,
    pub tp_mro: *mut PyObject,
    pub tp_cache: *mut PyObject,
    pub tp_subclasses: *mut PyObject,
    pub tp_weaklist: *mut PyObject,
    pub tp_del: Option<destructor>,
    pub tp_version_tag: c_uint,
    pub tp_finalize: Option<destructor>,
    pub tp_vectorcall: Option<vectorcallfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyHeapTypeObject {
    pub ht_type: PyTypeObject,
    pub as_async: PyAsyncMethods,
    pub as_number: PyNumberMethods,
    pub as_mapping: PyMappingMethods,
    pub as_sequence: PySequenceMethods,
    pub as_buffer: PyBufferProcs,
    pub ht_name: *mut PyObject,
    pub ht_slots: *mut PyObject,
    pub ht_qualname: *mut PyObject,
    pub ht_cached_keys: *mut c_void,
    pub ht_module: *mut PyObject,
    pub _ht_tpname: *mut c_char,
    pub _spec_cache: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyType_Slot {
    pub slot: c_int,
    pub pfunc: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyType_Spec {
    pub name: *mut c_char,
    pub basicsize: c_int,
    pub itemsize: c_int,
    pub flags: c_uint,
    pub slots: *mut PyType_Slot,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyStructSequence_Field {
    pub name: *mut c_char,
    pub doc: *mut c_char,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyStructSequence_Desc {
    pub name: *mut c_char,
    pub doc: *mut c_char,
    pub fields: *mut PyStructSequence_Field,
    pub n_in_sequence: c_int,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDescrObject {
    pub ob_base: PyObject,
    pub d_type: *mut PyTypeObject,
    pub d_name: *mut PyObject,
    pub d_qualname: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMethodDescrObject {
    pub d_common: PyDescrObject,
    pub d_method: *mut PyMethodDef,
    pub vectorcall: Option<vectorcallfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMemberDescrObject {
    pub d_common: PyDescrObject,
    pub d_member: *mut PyMemberDef,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyGetSetDescrObject {
    pub d_common: PyDescrObject,
    pub d_getset: *mut PyGetSetDef,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyWrapperDescrObject {
    pub d_common: PyDescrObject,
    pub d_base: *mut c_void,
    pub d_wrapped: *mut c_void,
}
crate::assert_offsets! {
    PyAsyncMethods.am_await = 0;
    PyAsyncMethods.am_aiter = 8;
    PyAsyncMethods.am_anext = 16;
    PyAsyncMethods.am_send = 24;
    PyNumberMethods.nb_add = 0;
    PyNumberMethods.nb_subtract = 8;
    PyNumberMethods.nb_multiply = 16;
    PyNumberMethods.nb_remainder = 24;
    PyNumberMethods.nb_divmod = 32;
    PyNumberMethods.nb_power = 40;
    PyNumberMethods.nb_negative = 48;
    PyNumberMethods.nb_positive = 56;
    PyNumberMethods.nb_absolute = 64;
    PyNumberMethods.nb_bool = 72;
    PyNumberMethods.nb_invert = 80;
    PyNumberMethods.nb_lshift = 88;
    PyNumberMethods.nb_rshift = 96;
    PyNumberMethods.nb_and = 104;
    PyNumberMethods.nb_xor = 112;
    PyNumberMethods.nb_or = 120;
    PyNumberMethods.nb_int = 128;
    PyNumberMethods.nb_reserved = 136;
    PyNumberMethods.nb_float = 144;
    PyNumberMethods.nb_inplace_add = 152;
    PyNumberMethods.nb_inplace_subtract = 160;
    PyNumberMethods.nb_inplace_multiply = 168;
    PyNumberMethods.nb_inplace_remainder = 176;
    PyNumberMethods.nb_inplace_power = 184;
    PyNumberMethods.nb_inplace_lshift = 192;
    PyNumberMethods.nb_inplace_rshift = 200;
    PyNumberMethods.nb_inplace_and = 208;
    PyNumberMethods.nb_inplace_xor = 216;
    PyNumberMethods.nb_inplace_or = 224;
    PyNumberMethods.nb_floor_divide = 232;
    PyNumberMethods.nb_true_divide = 240;
    PyNumberMethods.nb_inplace_floor_divide = 248;
    PyNumberMethods.nb_inplace_true_divide = 256;
    PyNumberMethods.nb_index = 264;
    PyNumberMethods.nb_matrix_multiply = 272;
    PyNumberMethods.nb_inplace_matrix_multiply = 280;
    PySequenceMethods.sq_length = 0;
    PySequenceMethods.sq_concat = 8;
    PySequenceMethods.sq_repeat = 16;
    PySequenceMethods.sq_item = 24;
    PySequenceMethods.was_sq_slice = 32;
    PySequenceMethods.sq_ass_item = 40;
    PySequenceMethods.was_sq_ass_slice = 48;
    PySequenceMethods.sq_contains = 56;
    PySequenceMethods.sq_inplace_concat = 64;
    PySequenceMethods.sq_inplace_repeat = 72;
    PyMappingMethods.mp_length = 0;
    PyMappingMethods.mp_subscript = 8;
    PyMappingMethods.mp_ass_subscript = 16;
    PyBufferProcs.bf_getbuffer = 0;
    PyBufferProcs.bf_releasebuffer = 8;
    PyMethodDef.ml_name = 0;
    PyMethodDef.ml_meth = 8;
    PyMethodDef.ml_flags = 16;
    PyMethodDef.ml_doc = 24;
    PyMemberDef.name = 0;
    PyMemberDef.r#type = 8;
    PyMemberDef.offset = 16;
    PyMemberDef.flags = 24;
    PyMemberDef.doc = 32;
    PyGetSetDef.name = 0;
    PyGetSetDef.get = 8;
    PyGetSetDef.set = 16;
    PyGetSetDef.doc = 24;
    PyGetSetDef.closure = 32;
    PyTypeObject.ob_base = 0;
    PyTypeObject.tp_name = 24;
    PyTypeObject.tp_basicsize = 32;
    PyTypeObject.tp_itemsize = 40;
    PyTypeObject.tp_dealloc = 48;
    PyTypeObject.tp_vectorcall_offset = 56;
    PyTypeObject.tp_getattr = 64;
    PyTypeObject.tp_setattr = 72;
    PyTypeObject.tp_as_async = 80;
    PyTypeObject.tp_repr = 88;
    PyTypeObject.tp_as_number = 96;
    PyTypeObject.tp_as_sequence = 104;
    PyTypeObject.tp_as_mapping = 112;
    PyTypeObject.tp_hash = 120;
    PyTypeObject.tp_call = 128;
    PyTypeObject.tp_str = 136;
    PyTypeObject.tp_getattro = 144;
    PyTypeObject.tp_setattro = 152;
    PyTypeObject.tp_as_buffer = 160;
    PyTypeObject.tp_flags = 168;
    PyTypeObject.tp_doc = 176;
    PyTypeObject.tp_traverse = 184;
    PyTypeObject.tp_clear = 192;
    PyTypeObject.tp_richcompare = 200;
    PyTypeObject.tp_weaklistoffset = 208;
    PyTypeObject.tp_iter = 216;
    PyTypeObject.tp_iternext = 224;
    PyTypeObject.tp_methods = 232;
    PyTypeObject.tp_members = 240;
    PyTypeObject.tp_getset = 248;
    PyTypeObject.tp_base = 256;
    PyTypeObject.tp_dict = 264;
    PyTypeObject.tp_descr_get = 272;
    PyTypeObject.tp_descr_set = 280;
    PyTypeObject.tp_dictoffset = 288;
    PyTypeObject.tp_init = 296;
    PyTypeObject.tp_alloc = 304;
    PyTypeObject.tp_new = 312;
    PyTypeObject.tp_free = 320;
    PyTypeObject.tp_is_gc = 328;
    PyTypeObject.tp_bases = 336;
    PyTypeObject.tp_mro = 344;
    PyTypeObject.tp_cache = 352;
    PyTypeObject.tp_subclasses = 360;
    PyTypeObject.tp_weaklist = 368;
    PyTypeObject.tp_del = 376;
    PyTypeObject.tp_version_tag = 384;
    PyTypeObject.tp_finalize = 392;
    PyTypeObject.tp_vectorcall = 400;
    PyHeapTypeObject.ht_type = 0;
    PyHeapTypeObject.as_async = 408;
    PyHeapTypeObject.as_number = 440;
    PyHeapTypeObject.as_mapping = 728;
    PyHeapTypeObject.as_sequence = 752;
    PyHeapTypeObject.as_buffer = 832;
    PyHeapTypeObject.ht_name = 848;
    PyHeapTypeObject.ht_slots = 856;
    PyHeapTypeObject.ht_qualname = 864;
    PyHeapTypeObject.ht_cached_keys = 872;
    PyHeapTypeObject.ht_module = 880;
    PyHeapTypeObject._ht_tpname = 888;
    PyHeapTypeObject._spec_cache = 896;
    PyType_Slot.slot = 0;
    PyType_Slot.pfunc = 8;
    PyType_Spec.name = 0;
    PyType_Spec.basicsize = 8;
    PyType_Spec.itemsize = 12;
    PyType_Spec.flags = 16;
    PyType_Spec.slots = 24;
    PyStructSequence_Field.name = 0;
    PyStructSequence_Field.doc = 8;
    PyStructSequence_Desc.name = 0;
    PyStructSequence_Desc.doc = 8;
    PyStructSequence_Desc.fields = 16;
    PyStructSequence_Desc.n_in_sequence = 24;
    PyDescrObject.ob_base = 0;
    PyDescrObject.d_type = 16;
    PyDescrObject.d_name = 24;
    PyDescrObject.d_qualname = 32;
    PyMethodDescrObject.d_common = 0;
    PyMethodDescrObject.d_method = 40;
    PyMethodDescrObject.vectorcall = 48;
    PyMemberDescrObject.d_common = 0;
    PyMemberDescrObject.d_member = 40;
    PyGetSetDescrObject.d_common = 0;
    PyGetSetDescrObject.d_getset = 40;
    PyWrapperDescrObject.d_common = 0;
    PyWrapperDescrObject.d_base = 40;
    PyWrapperDescrObject.d_wrapped = 48;
}
