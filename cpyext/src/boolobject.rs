//! `boolobject.h`.
use crate::*;
use std::ffi::c_long;

capi! {
    fn PyBool_FromLong(n: c_long) -> O { new_ref(pyrs_object::singletons::bool_value(n != 0)) }
}
