//! `bool`
#![allow(unused, reason = "contract, to be replaced by the implementation")]
use crate::layout::*;
use crate::{Args, PyResult, Raised, Ref, Type, Value};

py_type! {
    pub static PyBool_Type: crate::singletons::BoolObject = "bool" { flags: LONG_SUBCLASS | MATCH_SELF; }
}
