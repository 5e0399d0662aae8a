//! The two headers every object starts with. Field names, order and offsets are CPython 3.11's (x86-64 and AArch64 Linux agree).

#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyObject {
    pub ob_refcnt: isize,
    pub ob_type: *mut crate::PyTypeObject,
}
#[repr(C)]
#[derive(Clone, Copy)]
pub struct PyVarObject {
    pub ob_base: PyObject,
    pub ob_size: isize,
}
crate::assert_offsets! {
    PyObject.ob_refcnt = 0;
    PyObject.ob_type = 8;
    PyVarObject.ob_base = 0;
    PyVarObject.ob_size = 16;
}
