//! What the driver declares: helpers that compiled code calls and layouts of objects that can be virtual.

use crate::ops::Type;
use crate::region::{Alias, Mem, MemType};
use std::fmt;

/// A helper.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct HelperId(pub u32);
/// A layout.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct LayoutId(pub u32);

impl fmt::Display for HelperId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "h{}", self.0)
    }
}
impl fmt::Display for LayoutId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "l{}", self.0)
    }
}

/// A helper's parameter.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Param {
    /// Type.
    pub ty: Type,
    /// Whether the callee takes over the reference.
    pub steals: bool,
}

/// A helper's result.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ret {
    /// Type.
    pub ty: Type,
    /// Whether the caller owns it (references only).
    pub owned: bool,
    /// Exact class, if always the same.
    pub class: Option<u64>,
}

/// How a helper says that it raised; the exception itself is in the thread state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Raises {
    /// Never.
    Never,
    /// The result is 0 (NULL, empty) or, for `bool`, neither 0 nor 1.
    ByResult,
    /// Returns 0, or something else when it raised, and has no result.
    ByStatus,
}

/// What a helper does besides its result.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Effects {
    /// Alias tags read (bits).
    pub reads: u32,
    /// Alias tags written (bits).
    pub writes: u32,
    /// May run Python code, hence anything: counts as reading and writing everything.
    pub calls_python: bool,
    /// Depends on its operands alone: may be shared, and removed when unused.
    pub pure: bool,
}

impl Effects {
    /// A function of its operands.
    pub const PURE: Effects = Effects {
        reads: 0,
        writes: 0,
        calls_python: false,
        pure: true,
    };
    /// Anything.
    pub const ANY: Effects = Effects {
        reads: !0,
        writes: !0,
        calls_python: true,
        pure: false,
    };
    /// Reads and writes the given tags.
    pub const fn heap(reads: u32, writes: u32) -> Effects {
        Effects {
            reads,
            writes,
            calls_python: false,
            pure: false,
        }
    }
    /// Tags that hold something else afterwards.
    pub const fn clobbers(&self) -> u32 {
        if self.calls_python { !0 } else { self.writes }
    }
}

/// A function compiled code can call.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Helper {
    /// Name in the text form.
    pub name: String,
    /// `extern "C"` address.
    pub address: u64,
    /// Whether `*mut JitContext` is passed first.
    pub takes_context: bool,
    /// Parameters.
    pub params: Vec<Param>,
    /// Result.
    pub ret: Option<Ret>,
    /// Effects.
    pub effects: Effects,
    /// Errors.
    pub raises: Raises,
}

/// A field of a layout.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Field {
    /// Byte offset.
    pub offset: i32,
    /// Type in memory.
    pub ty: MemType,
    /// Alias tag.
    pub alias: Alias,
}

/// An object that may stay virtual: tuple, iterator, range, bound method, cell, float, instance of a shape.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Layout {
    /// Name.
    pub name: String,
    /// Type object; 0 if the first field says it: objects of such a layout may change their class.
    pub class: u64,
    /// Fields, in operand order of `new`.
    pub fields: Vec<Field>,
    /// Helper that makes the object: takes the fields (stealing references), gives an owned `ptr`, never 0.
    pub allocate: HelperId,
    /// For the driver (which kind of thing to rebuild).
    pub tag: u64,
}

/// Appending to a list: done in line while there is room, by the helper otherwise.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Append {
    /// Takes the list and the item, which it steals.
    pub helper: HelperId,
    /// Offset of the number of items.
    pub size: i32,
    /// Offset of the number of items there is room for.
    pub room: i32,
    /// Offset of the pointer to the items.
    pub items: i32,
    /// Offset of a word with bits that make it the helper's business.
    pub flags: i32,
    /// Those bits.
    pub special: u64,
}

/// Generators whose frames compiled code suspends.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Generators {
    /// What the generator does.
    pub state: Mem,
    /// What that is while it is suspended.
    pub suspended: i64,
    /// Address of the instruction that its frame is at.
    pub pc: Mem,
    /// The frame's first register; the others follow.
    pub registers: Mem,
    /// Makes a Value of any int.
    pub box_int: HelperId,
    /// Makes a Value of any float.
    pub box_float: HelperId,
}
impl Generators {
    /// A register of the frame.
    pub fn register(&self, r: u32) -> Mem {
        Mem {
            offset: self.registers.offset + 8 * r as i32,
            ..self.registers
        }
    }
}

/// All helpers and layouts.
#[derive(Clone, Default, Debug)]
pub struct Tables {
    /// Helpers.
    pub helpers: Vec<Helper>,
    /// Layouts.
    pub layouts: Vec<Layout>,
    /// Classes whose destructor runs no Python code and touches no other object (`int`, `float`, `str`, `bytes`, ...).
    pub simple_classes: Vec<u64>,
    /// How items are appended to lists.
    pub append: Option<Append>,
    /// How frames of generators lie in them.
    pub generators: Option<Generators>,
}

impl Tables {
    /// Adds a helper.
    pub fn add_helper(&mut self, helper: Helper) -> HelperId {
        self.helpers.push(helper);
        HelperId(self.helpers.len() as u32 - 1)
    }
    /// Adds a layout.
    pub fn add_layout(&mut self, layout: Layout) -> LayoutId {
        self.layouts.push(layout);
        LayoutId(self.layouts.len() as u32 - 1)
    }
    /// A helper.
    pub fn helper(&self, id: HelperId) -> &Helper {
        &self.helpers[id.0 as usize]
    }
    /// A layout.
    pub fn layout(&self, id: LayoutId) -> &Layout {
        &self.layouts[id.0 as usize]
    }
    /// Finds a helper by name.
    pub fn find_helper(&self, name: &str) -> Option<HelperId> {
        self.helpers
            .iter()
            .position(|h| h.name == name)
            .map(|i| HelperId(i as u32))
    }
    /// Finds a layout by name.
    pub fn find_layout(&self, name: &str) -> Option<LayoutId> {
        self.layouts
            .iter()
            .position(|l| l.name == name)
            .map(|i| LayoutId(i as u32))
    }
}
