//! `floatobject.h`.

use crate::*;
use pyrs_numeric::float::half;
use pyrs_object::{float, ops};

capi! {
    fn PyFloat_FromDouble(x: f64) -> O { float::box_float(x) }
    fn PyFloat_AsDouble(o: O) -> f64 {
        if o.is_null() { let _ = raise!(TypeError, "bad argument type for built-in operation"); return -1.0; }
        if (*o).ob_type == &raw mut float::PyFloat_Type { return (*o.cast::<PyFloatObject>()).ob_fval; }
        ops::as_f64(val(o)).unwrap_or(-1.0)
    }
    fn PyFloat_FromString(o: O) -> O { ret(float::from_object(val(o))) }
    fn PyFloat_GetMax() -> f64 { f64::MAX }
    fn PyFloat_GetMin() -> f64 { f64::MIN_POSITIVE }
    fn PyFloat_GetInfo() -> O { ret(pyrs_vm::import::sys_attr("float_info").ok_or_else(bad_call)) }
    fn PyFloat_Pack8(x: f64, p: *mut c_char, little: c_int) -> c_int {
        let b = if little != 0 { x.to_le_bytes() } else { x.to_be_bytes() };
        std::ptr::copy_nonoverlapping(b.as_ptr(), p.cast(), 8);
        0
    }
    fn PyFloat_Pack4(x: f64, p: *mut c_char, little: c_int) -> c_int {
        let f = x as f32;
        if f.is_infinite() && !x.is_infinite() {
            let _ = raise!(OverflowError, "float too large to pack with f format");
            return -1;
        }
        let b = if little != 0 { f.to_le_bytes() } else { f.to_be_bytes() };
        std::ptr::copy_nonoverlapping(b.as_ptr(), p.cast(), 4);
        0
    }
    fn PyFloat_Unpack8(p: *const c_char, little: c_int) -> f64 {
        let b = *p.cast::<[u8; 8]>();
        if little != 0 { f64::from_le_bytes(b) } else { f64::from_be_bytes(b) }
    }
    fn PyFloat_Unpack4(p: *const c_char, little: c_int) -> f64 {
        let b = *p.cast::<[u8; 4]>();
        (if little != 0 { f32::from_le_bytes(b) } else { f32::from_be_bytes(b) }).into()
    }
    fn PyFloat_Pack2(x: f64, p: *mut c_char, little: c_int) -> c_int {
        let Some(h) = half::pack(x) else {
            let _ = raise!(OverflowError, "float too large to pack with e format");
            return -1;
        };
        let b = if little != 0 { h.to_le_bytes() } else { h.to_be_bytes() };
        std::ptr::copy_nonoverlapping(b.as_ptr(), p.cast(), 2);
        0
    }
    fn PyFloat_Unpack2(p: *const c_char, little: c_int) -> f64 {
        let b = *p.cast::<[u8; 2]>();
        half::unpack(if little != 0 { u16::from_le_bytes(b) } else { u16::from_be_bytes(b) })
    }
}
