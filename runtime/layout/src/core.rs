//! The built-in data types that compiled extensions read without a call. Field names, order and offsets are CPython 3.11's (x86-64 and AArch64 Linux agree).

use crate::*;
use std::ffi::{c_char, c_int, c_uchar, c_uint, c_void};

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyLongObject {
    pub ob_base: PyVarObject,
    pub ob_digit: [u32; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyFloatObject {
    pub ob_base: PyObject,
    pub ob_fval: f64,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Py_complex {
    pub real: f64,
    pub imag: f64,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyComplexObject {
    pub ob_base: PyObject,
    pub cval: Py_complex,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyASCIIObject {
    pub ob_base: PyObject,
    pub length: isize,
    pub hash: isize,
    pub state: UnicodeState,
    pub wstr: *mut i32,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCompactUnicodeObject {
    pub _base: PyASCIIObject,
    pub utf8_length: isize,
    pub utf8: *mut c_char,
    pub wstr_length: isize,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyUnicodeObject {
    pub _base: PyCompactUnicodeObject,
    pub data: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyBytesObject {
    pub ob_base: PyVarObject,
    pub ob_shash: isize,
    pub ob_sval: [c_char; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyByteArrayObject {
    pub ob_base: PyVarObject,
    pub ob_alloc: isize,
    pub ob_bytes: *mut c_char,
    pub ob_start: *mut c_char,
    pub ob_exports: isize,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyTupleObject {
    pub ob_base: PyVarObject,
    pub ob_item: [*mut PyObject; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyListObject {
    pub ob_base: PyVarObject,
    pub ob_item: *mut *mut PyObject,
    pub allocated: isize,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyDictObject {
    pub ob_base: PyObject,
    pub ma_used: isize,
    pub ma_version_tag: u64,
    pub ma_keys: *mut c_void,
    pub ma_values: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct setentry {
    pub key: *mut PyObject,
    pub hash: isize,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PySetObject {
    pub ob_base: PyObject,
    pub fill: isize,
    pub used: isize,
    pub mask: isize,
    pub table: *mut setentry,
    pub hash: isize,
    pub finger: isize,
    pub smalltable: [setentry; 8],
    pub weakreflist: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PySliceObject {
    pub ob_base: PyObject,
    pub start: *mut PyObject,
    pub stop: *mut PyObject,
    pub step: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCellObject {
    pub ob_base: PyObject,
    pub ob_ref: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Py_buffer {
    pub buf: *mut c_void,
    pub obj: *mut PyObject,
    pub len: isize,
    pub itemsize: isize,
    pub readonly: c_int,
    pub ndim: c_int,
    pub format: *mut c_char,
    pub shape: *mut isize,
    pub strides: *mut isize,
    pub suboffsets: *mut isize,
    pub internal: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyManagedBufferObject {
    pub ob_base: PyObject,
    pub flags: c_int,
    pub exports: isize,
    pub master: Py_buffer,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMemoryViewObject {
    pub ob_base: PyVarObject,
    pub mbuf: *mut _PyManagedBufferObject,
    pub hash: isize,
    pub flags: c_int,
    pub exports: isize,
    pub view: Py_buffer,
    pub weakreflist: *mut PyObject,
    pub ob_array: [isize; 0],
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyWeakReference {
    pub ob_base: PyObject,
    pub wr_object: *mut PyObject,
    pub wr_callback: *mut PyObject,
    pub hash: isize,
    pub wr_prev: *mut PyWeakReference,
    pub wr_next: *mut PyWeakReference,
    pub vectorcall: Option<vectorcallfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct _PyUnicodeWriter {
    pub buffer: *mut PyObject,
    pub data: *mut c_void,
    pub kind: c_uint,
    pub maxchar: u32,
    pub size: isize,
    pub pos: isize,
    pub min_length: isize,
    pub min_char: u32,
    pub overallocate: c_uchar,
    pub readonly: c_uchar,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyModuleDef_Base {
    pub ob_base: PyObject,
    pub m_init: Option<unsafe extern "C" fn()>,
    pub m_index: isize,
    pub m_copy: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyModuleDef_Slot {
    pub slot: c_int,
    pub value: *mut c_void,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyModuleDef {
    pub m_base: PyModuleDef_Base,
    pub m_name: *mut c_char,
    pub m_doc: *mut c_char,
    pub m_size: isize,
    pub m_methods: *mut PyMethodDef,
    pub m_slots: *mut PyModuleDef_Slot,
    pub m_traverse: Option<traverseproc>,
    pub m_clear: Option<inquiry>,
    pub m_free: Option<freefunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyModuleObject {
    pub ob_base: PyObject,
    pub md_dict: *mut PyObject,
    pub md_def: *mut PyModuleDef,
    pub md_state: *mut c_void,
    pub md_weaklist: *mut PyObject,
    pub md_name: *mut PyObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCFunctionObject {
    pub ob_base: PyObject,
    pub m_ml: *mut PyMethodDef,
    pub m_self: *mut PyObject,
    pub m_module: *mut PyObject,
    pub m_weakreflist: *mut PyObject,
    pub vectorcall: Option<vectorcallfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyCMethodObject {
    pub func: PyCFunctionObject,
    pub mm_class: *mut PyTypeObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyMethodObject {
    pub ob_base: PyObject,
    pub im_func: *mut PyObject,
    pub im_self: *mut PyObject,
    pub im_weakreflist: *mut PyObject,
    pub vectorcall: Option<vectorcallfunc>,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyInstanceMethodObject {
    pub ob_base: PyObject,
    pub func: *mut PyObject,
}
crate::assert_offsets! {
    PyLongObject.ob_base = 0;
    PyLongObject.ob_digit = 24;
    PyFloatObject.ob_base = 0;
    PyFloatObject.ob_fval = 16;
    Py_complex.real = 0;
    Py_complex.imag = 8;
    PyComplexObject.ob_base = 0;
    PyComplexObject.cval = 16;
    PyASCIIObject.ob_base = 0;
    PyASCIIObject.length = 16;
    PyASCIIObject.hash = 24;
    PyASCIIObject.state = 32;
    PyASCIIObject.wstr = 40;
    PyCompactUnicodeObject._base = 0;
    PyCompactUnicodeObject.utf8_length = 48;
    PyCompactUnicodeObject.utf8 = 56;
    PyCompactUnicodeObject.wstr_length = 64;
    PyUnicodeObject._base = 0;
    PyUnicodeObject.data = 72;
    PyBytesObject.ob_base = 0;
    PyBytesObject.ob_shash = 24;
    PyBytesObject.ob_sval = 32;
    PyByteArrayObject.ob_base = 0;
    PyByteArrayObject.ob_alloc = 24;
    PyByteArrayObject.ob_bytes = 32;
    PyByteArrayObject.ob_start = 40;
    PyByteArrayObject.ob_exports = 48;
    PyTupleObject.ob_base = 0;
    PyTupleObject.ob_item = 24;
    PyListObject.ob_base = 0;
    PyListObject.ob_item = 24;
    PyListObject.allocated = 32;
    PyDictObject.ob_base = 0;
    PyDictObject.ma_used = 16;
    PyDictObject.ma_version_tag = 24;
    PyDictObject.ma_keys = 32;
    PyDictObject.ma_values = 40;
    setentry.key = 0;
    setentry.hash = 8;
    PySetObject.ob_base = 0;
    PySetObject.fill = 16;
    PySetObject.used = 24;
    PySetObject.mask = 32;
    PySetObject.table = 40;
    PySetObject.hash = 48;
    PySetObject.finger = 56;
    PySetObject.smalltable = 64;
    PySetObject.weakreflist = 192;
    PySliceObject.ob_base = 0;
    PySliceObject.start = 16;
    PySliceObject.stop = 24;
    PySliceObject.step = 32;
    PyCellObject.ob_base = 0;
    PyCellObject.ob_ref = 16;
    Py_buffer.buf = 0;
    Py_buffer.obj = 8;
    Py_buffer.len = 16;
    Py_buffer.itemsize = 24;
    Py_buffer.readonly = 32;
    Py_buffer.ndim = 36;
    Py_buffer.format = 40;
    Py_buffer.shape = 48;
    Py_buffer.strides = 56;
    Py_buffer.suboffsets = 64;
    Py_buffer.internal = 72;
    _PyManagedBufferObject.ob_base = 0;
    _PyManagedBufferObject.flags = 16;
    _PyManagedBufferObject.exports = 24;
    _PyManagedBufferObject.master = 32;
    PyMemoryViewObject.ob_base = 0;
    PyMemoryViewObject.mbuf = 24;
    PyMemoryViewObject.hash = 32;
    PyMemoryViewObject.flags = 40;
    PyMemoryViewObject.exports = 48;
    PyMemoryViewObject.view = 56;
    PyMemoryViewObject.weakreflist = 136;
    PyMemoryViewObject.ob_array = 144;
    PyWeakReference.ob_base = 0;
    PyWeakReference.wr_object = 16;
    PyWeakReference.wr_callback = 24;
    PyWeakReference.hash = 32;
    PyWeakReference.wr_prev = 40;
    PyWeakReference.wr_next = 48;
    PyWeakReference.vectorcall = 56;
    _PyUnicodeWriter.buffer = 0;
    _PyUnicodeWriter.data = 8;
    _PyUnicodeWriter.kind = 16;
    _PyUnicodeWriter.maxchar = 20;
    _PyUnicodeWriter.size = 24;
    _PyUnicodeWriter.pos = 32;
    _PyUnicodeWriter.min_length = 40;
    _PyUnicodeWriter.min_char = 48;
    _PyUnicodeWriter.overallocate = 52;
    _PyUnicodeWriter.readonly = 53;
    PyModuleDef_Base.ob_base = 0;
    PyModuleDef_Base.m_init = 16;
    PyModuleDef_Base.m_index = 24;
    PyModuleDef_Base.m_copy = 32;
    PyModuleDef_Slot.slot = 0;
    PyModuleDef_Slot.value = 8;
    PyModuleDef.m_base = 0;
    PyModuleDef.m_name = 40;
    PyModuleDef.m_doc = 48;
    PyModuleDef.m_size = 56;
    PyModuleDef.m_methods = 64;
    PyModuleDef.m_slots = 72;
    PyModuleDef.m_traverse = 80;
    PyModuleDef.m_clear = 88;
    PyModuleDef.m_free = 96;
    PyModuleObject.ob_base = 0;
    PyModuleObject.md_dict = 16;
    PyModuleObject.md_def = 24;
    PyModuleObject.md_state = 32;
    PyModuleObject.md_weaklist = 40;
    PyModuleObject.md_name = 48;
    PyCFunctionObject.ob_base = 0;
    PyCFunctionObject.m_ml = 16;
    PyCFunctionObject.m_self = 24;
    PyCFunctionObject.m_module = 32;
    PyCFunctionObject.m_weakreflist = 40;
    PyCFunctionObject.vectorcall = 48;
    PyCMethodObject.func = 0;
    PyCMethodObject.mm_class = 56;
    PyMethodObject.ob_base = 0;
    PyMethodObject.im_func = 16;
    PyMethodObject.im_self = 24;
    PyMethodObject.im_weakreflist = 32;
    PyMethodObject.vectorcall = 40;
    PyInstanceMethodObject.ob_base = 0;
    PyInstanceMethodObject.func = 16;
}

/// The bit-field word of a str: interned:2, kind:3, compact:1, ascii:1, ready:1 from the lowest bit.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(transparent)]
pub struct UnicodeState(pub u32);

impl UnicodeState {
    /// `kind` is the bytes per character: 1, 2 or 4.
    #[inline]
    pub const fn new(kind: u32, compact: bool, ascii: bool) -> Self {
        Self((kind << 2) | ((compact as u32) << 5) | ((ascii as u32) << 6) | (1 << 7))
    }
    #[inline]
    pub const fn kind(self) -> u32 {
        (self.0 >> 2) & 7
    }
    #[inline]
    pub const fn is_compact(self) -> bool {
        self.0 & (1 << 5) != 0
    }
    #[inline]
    pub const fn is_ascii(self) -> bool {
        self.0 & (1 << 6) != 0
    }
    #[inline]
    pub const fn is_ready(self) -> bool {
        self.0 & (1 << 7) != 0
    }
    #[inline]
    pub const fn interned(self) -> u32 {
        self.0 & 3
    }
    #[must_use]
    #[inline]
    pub const fn with_interned(self, how: u32) -> Self {
        Self((self.0 & !3) | how)
    }
}
