//! The list of static types, readied in order at start.
use crate::{PyResult, Type};

/// Readies all static types of this crate. Called once, first of all.
pub fn init() -> PyResult<()> {
    for &t in TYPES {
        crate::typeobject::ready(t)?;
    }
    Ok(())
}

static TYPES: &[Type] = &[];
