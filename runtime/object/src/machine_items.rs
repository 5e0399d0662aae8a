//! Where sequences of machine numbers keep their items: what compiled code needs to read and write them without a call.
//!
//! `bytes` and `bytearray` are known here; `array.array` is added by its module ([`register`]).

use crate::layout::{PyByteArrayObject, PyBytesObject};
use crate::{Type, Value, ValueExt, ty};
use std::mem::offset_of;
use std::sync::OnceLock;

/// How an item lies in memory. Items are in the machine's byte order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Item {
    I8,
    U8,
    I16,
    U16,
    I32,
    U32,
    I64,
    F64,
}

impl Item {
    /// Smallest and largest int that an item holds; `None` for floats.
    pub const fn bounds(self) -> Option<(i64, i64)> {
        Some(match self {
            Item::I8 => (i8::MIN as i64, i8::MAX as i64),
            Item::U8 => (0, u8::MAX as i64),
            Item::I16 => (i16::MIN as i64, i16::MAX as i64),
            Item::U16 => (0, u16::MAX as i64),
            Item::I32 => (i32::MIN as i64, i32::MAX as i64),
            Item::U32 => (0, u32::MAX as i64),
            Item::I64 => (i64::MIN, i64::MAX),
            Item::F64 => return None,
        })
    }
}

/// Where the items start.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// In the object, at that offset.
    Inside(usize),
    /// Where the pointer at that offset leads.
    Behind(usize),
}

/// The layout of a class. The number of items is its `ob_size`.
#[derive(Clone, Copy, Debug)]
pub struct Layout {
    pub place: Place,
    /// A word of the object, constant for its life, that says how items lie; and what it says of an object.
    pub decided_by: Option<usize>,
    pub item: fn(Value) -> Option<Item>,
    /// Whether items can be set.
    pub mutable: bool,
}

static ARRAY: OnceLock<(usize, Layout)> = OnceLock::new();

/// Says how instances of `class`, a static one, keep their items. Later calls are ignored.
pub fn register(class: Type, layout: Layout) {
    let _ = ARRAY.set((class.as_ptr() as usize, layout));
}

/// How `v`, which is exactly of a class with such items, keeps them.
pub fn of(v: Value) -> Option<Layout> {
    if !v.is_object() {
        return None;
    }
    let plain = |place, mutable| Layout {
        place,
        decided_by: None,
        item: |_| Some(Item::U8),
        mutable,
    };
    if v.is_exact(ty!(crate::bytes::PyBytes_Type)) {
        return Some(plain(
            Place::Inside(offset_of!(PyBytesObject, ob_sval)),
            false,
        ));
    }
    if v.is_exact(ty!(crate::bytearray::PyByteArray_Type)) {
        return Some(plain(
            Place::Behind(offset_of!(PyByteArrayObject, ob_start)),
            true,
        ));
    }
    let (class, layout) = ARRAY.get()?;
    (v.ty().as_ptr() as usize == *class).then_some(*layout)
}
