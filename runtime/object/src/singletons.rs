//! `None`, `NotImplemented`, `Ellipsis`, `True`, `False`: static objects that C code refers to by symbol.

use crate::Value;
use pyrs_layout::*;

#[allow(non_upper_case_globals, reason = "the symbol names are CPython's")]
mod symbols {
    use super::*;

    const fn object(ty: *mut PyTypeObject) -> PyObject {
        PyObject {
            ob_refcnt: IMMORTAL_REFCNT,
            ob_type: ty,
        }
    }

    /// `False` and `True` are ints: one digit each.
    #[repr(C)]
    pub struct BoolObject {
        pub ob_base: PyVarObject,
        pub digit: [u32; 2],
    }
    const fn boolean(n: u32) -> BoolObject {
        BoolObject {
            ob_base: PyVarObject {
                ob_base: object(&raw mut crate::bool::PyBool_Type),
                ob_size: n as isize,
            },
            digit: [n, 0],
        }
    }

    #[unsafe(no_mangle)]
    pub static mut _Py_NoneStruct: PyObject = object(&raw mut crate::none::_PyNone_Type);
    #[unsafe(no_mangle)]
    pub static mut _Py_NotImplementedStruct: PyObject =
        object(&raw mut crate::none::_PyNotImplemented_Type);
    #[unsafe(no_mangle)]
    pub static mut _Py_EllipsisObject: PyObject = object(&raw mut crate::none::PyEllipsis_Type);
    #[unsafe(no_mangle)]
    pub static mut _Py_FalseStruct: BoolObject = boolean(0);
    #[unsafe(no_mangle)]
    pub static mut _Py_TrueStruct: BoolObject = boolean(1);
}
pub use symbols::*;

#[inline(always)]
pub fn none() -> Value {
    Value::from_object(&raw mut _Py_NoneStruct)
}
#[inline(always)]
pub fn not_implemented() -> Value {
    Value::from_object(&raw mut _Py_NotImplementedStruct)
}
#[inline(always)]
pub fn ellipsis() -> Value {
    Value::from_object(&raw mut _Py_EllipsisObject)
}
#[inline(always)]
pub fn bool_value(b: bool) -> Value {
    if b {
        Value::from_object((&raw mut _Py_TrueStruct).cast())
    } else {
        Value::from_object((&raw mut _Py_FalseStruct).cast())
    }
}
