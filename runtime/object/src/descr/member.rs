//! `PyMember_GetOne` and `PyMember_SetOne`: struct fields as attributes.

use crate::boundary::canonical;
use crate::layout::membertype::*;
use crate::layout::*;
use crate::native::c_str;
use crate::{PyResult, Ref, Value, ValueExt, audit, heap, int, ops, raise};
use std::ffi::c_char;

/// Reads a member; `object` is the same as `base`, for messages.
///
/// # Safety
/// `base` is a live object with the layout that `m` describes.
pub unsafe fn member_get(base: *mut PyObject, m: &PyMemberDef, object: Value) -> PyResult {
    if m.flags & AUDIT_READ != 0 {
        // SAFETY: a member has a name.
        audit!("object.__getattr__", object, unsafe { c_str(m.name) })?;
    }
    // SAFETY: by contract.
    unsafe {
        let p = base.cast::<u8>().offset(m.offset);
        macro_rules! int {
            ($t:ty) => {
                Ok(Ref::int(p.cast::<$t>().read_unaligned() as i64))
            };
        }
        match m.r#type {
            BOOL => Ok(Ref::bool(*p != 0)),
            BYTE => int!(i8),
            UBYTE => int!(u8),
            SHORT => int!(i16),
            USHORT => int!(u16),
            INT => int!(i32),
            UINT => int!(u32),
            LONG | LONGLONG | PYSSIZET => int!(i64),
            ULONG | ULONGLONG => Ok(int::from_u64(*p.cast::<u64>())),
            FLOAT => Ok(Ref::float(f64::from(*p.cast::<f32>()))),
            DOUBLE => Ok(Ref::float(*p.cast::<f64>())),
            STRING => {
                let s = *p.cast::<*const c_char>();
                Ok(if s.is_null() {
                    Ref::none()
                } else {
                    Ref::str(c_str(s))
                })
            }
            STRING_INPLACE => Ok(Ref::str(c_str(p.cast()))),
            CHAR => Ok(crate::str::from_char(u32::from(*p))),
            OBJECT => Ok(match (*p.cast::<Value>()).non_empty() {
                Some(v) => Ref::new(canonical(v)),
                None => Ref::none(),
            }),
            OBJECT_EX => match (*p.cast::<Value>()).non_empty() {
                Some(v) => Ok(Ref::new(canonical(v))),
                None => Err(raise!(
                    AttributeError,
                    "'{}' object has no attribute '{}'",
                    object.ty().message_name(),
                    c_str(m.name)
                )),
            },
            NONE => Ok(Ref::none()),
            _ => Err(raise!(SystemError, "bad memberdescr type")),
        }
    }
}

fn integer(value: Value) -> PyResult<i64> {
    let i = ops::index(value)?;
    int::to_i64(i.value())
        .ok_or_else(|| raise!(OverflowError, "Python int too large to convert to C long"))
}

/// Writes a member; an empty value deletes.
///
/// # Safety
/// As [`member_get`].
pub unsafe fn member_set(base: *mut PyObject, m: &PyMemberDef, value: Value) -> PyResult<()> {
    // SAFETY: by contract.
    unsafe { member_store(base, m, value, true) }
}

/// [`member_set`]; without `boxed` an object member may hold an immediate (`__slots__`, which C does not read).
///
/// # Safety
/// As [`member_get`].
pub unsafe fn member_store(
    base: *mut PyObject,
    m: &PyMemberDef,
    value: Value,
    boxed: bool,
) -> PyResult<()> {
    if m.flags & READONLY != 0 {
        return Err(raise!(AttributeError, "readonly attribute"));
    }
    // SAFETY: by contract; object fields own what they hold, boxed because C reads them.
    unsafe {
        let p = base.cast::<u8>().offset(m.offset);
        if value.is_empty() {
            if m.r#type == OBJECT_EX {
                if (*p.cast::<Value>()).is_empty() {
                    return Err(raise!(AttributeError, "{}", c_str(m.name)));
                }
            } else if m.r#type != OBJECT {
                return Err(raise!(TypeError, "can't delete numeric/char attribute"));
            }
        }
        macro_rules! narrow {
            ($t:ty, $what:literal) => {{
                let n = integer(value)?;
                p.cast::<$t>().write_unaligned(n as $t);
                if n as $t as i64 != n {
                    (crate::hooks().warn)(
                        crate::exceptions::RuntimeWarning,
                        concat!("Truncation of value to ", $what),
                        1,
                    )?;
                }
            }};
        }
        match m.r#type {
            BOOL => {
                if !value.is_true_const() && !value.is_false_const() {
                    return Err(raise!(TypeError, "attribute value type must be bool"));
                }
                *p = value.is_true_const() as u8;
            }
            BYTE => narrow!(i8, "char"),
            UBYTE => narrow!(u8, "unsigned char"),
            SHORT => narrow!(i16, "short"),
            USHORT => narrow!(u16, "unsigned short"),
            INT => narrow!(i32, "int"),
            UINT => {
                let n = integer(value)?;
                *p.cast::<u32>() = n as u32;
                if n < 0 {
                    (crate::hooks().warn)(
                        crate::exceptions::RuntimeWarning,
                        "Writing negative value into unsigned field",
                        1,
                    )?;
                } else if n > i64::from(u32::MAX) {
                    (crate::hooks().warn)(
                        crate::exceptions::RuntimeWarning,
                        "Truncation of value to unsigned int",
                        1,
                    )?;
                }
            }
            LONG | LONGLONG => *p.cast::<i64>() = integer(value)?,
            PYSSIZET => *p.cast::<isize>() = ops::index_as_isize(value)?,
            ULONG | ULONGLONG => {
                let i = ops::index(value)?;
                *p.cast::<u64>() = if int::is_negative(i.value()) {
                    let n = integer(i.value())?;
                    (crate::hooks().warn)(
                        crate::exceptions::RuntimeWarning,
                        "Writing negative value into unsigned field",
                        1,
                    )?;
                    n as u64
                } else {
                    int::to_u64(i.value()).ok_or_else(|| {
                        raise!(
                            OverflowError,
                            "Python int too large to convert to C unsigned long"
                        )
                    })?
                };
            }
            FLOAT => *p.cast::<f32>() = ops::as_f64(value)? as f32,
            DOUBLE => *p.cast::<f64>() = ops::as_f64(value)?,
            OBJECT | OBJECT_EX => {
                let new = if value.is_empty() {
                    Value::EMPTY
                } else if !boxed {
                    Ref::new(value).into_value()
                } else {
                    Value::from_object(crate::boundary::to_c(Ref::new(value)))
                };
                let old = p.cast::<Value>().replace(new);
                heap::decref(old);
            }
            CHAR => {
                if !value.has_flag(tpflags::UNICODE_SUBCLASS) || crate::str::len(value) != 1 {
                    return Err(raise!(
                        TypeError,
                        "bad argument type for built-in operation"
                    ));
                }
                *p = crate::str::char_at(value, 0) as u8;
            }
            STRING | STRING_INPLACE => return Err(raise!(TypeError, "readonly attribute")),
            _ => return Err(raise!(SystemError, "bad memberdescr type")),
        }
        Ok(())
    }
}
