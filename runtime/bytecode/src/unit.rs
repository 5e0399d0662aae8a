//! `CodeUnit`: a compiled body before it becomes a code object.

use crate::PositionTable;

/// CPython's `co_flags`.
pub mod code_flags {
    pub const OPTIMIZED: u32 = 0x1;
    pub const NEWLOCALS: u32 = 0x2;
    pub const VARARGS: u32 = 0x4;
    pub const VARKEYWORDS: u32 = 0x8;
    pub const NESTED: u32 = 0x10;
    pub const GENERATOR: u32 = 0x20;
    pub const COROUTINE: u32 = 0x80;
    pub const ITERABLE_COROUTINE: u32 = 0x100;
    pub const ASYNC_GENERATOR: u32 = 0x200;
    pub const FUTURE_DIVISION: u32 = 0x20000;
    pub const FUTURE_ABSOLUTE_IMPORT: u32 = 0x40000;
    pub const FUTURE_WITH_STATEMENT: u32 = 0x80000;
    pub const FUTURE_PRINT_FUNCTION: u32 = 0x100000;
    pub const FUTURE_UNICODE_LITERALS: u32 = 0x200000;
    pub const FUTURE_BARRY_AS_BDFL: u32 = 0x400000;
    pub const FUTURE_GENERATOR_STOP: u32 = 0x800000;
    pub const FUTURE_ANNOTATIONS: u32 = 0x1000000;
}

/// A constant. Floats compare by bits, so that `0.0` and `-0.0` stay apart.
#[derive(Clone, Debug)]
pub enum Const {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// Decimal or `0x` text of an integer outside `i64`, possibly with a minus sign.
    BigInt(String),
    Float(f64),
    Complex(f64, f64),
    /// WTF-8 (UTF-8 that may hold lone surrogates).
    Str(Box<[u8]>),
    Bytes(Box<[u8]>),
    Tuple(Vec<Const>),
    FrozenSet(Vec<Const>),
    Code(Box<CodeUnit>),
}

impl PartialEq for Const {
    fn eq(&self, other: &Const) -> bool {
        use Const::*;
        match (self, other) {
            (None, None) | (True, True) | (False, False) | (Ellipsis, Ellipsis) => true,
            (Int(a), Int(b)) => a == b,
            (BigInt(a), BigInt(b)) => a == b,
            (Float(a), Float(b)) => a.to_bits() == b.to_bits(),
            (Complex(a, b), Complex(c, d)) => {
                a.to_bits() == c.to_bits() && b.to_bits() == d.to_bits()
            }
            (Str(a), Str(b)) | (Bytes(a), Bytes(b)) => a == b,
            (Tuple(a), Tuple(b)) | (FrozenSet(a), FrozenSet(b)) => a == b,
            (Code(a), Code(b)) => a == b,
            _ => false,
        }
    }
}
impl Eq for Const {}

impl Const {
    pub fn str(text: &str) -> Const {
        Const::Str(text.as_bytes().into())
    }
}

/// One row of the exception table: words `start..end` are covered; the unwinder releases the registers from
/// `depth` on, stores the exception in register `depth` and goes on at `target`. Rows are disjoint and sorted,
/// so that a handler is found by binary search.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ExceptionEntry {
    pub start: u32,
    pub end: u32,
    pub target: u32,
    pub depth: u16,
}

/// See the module text. Names are WTF-8-free: identifiers are valid UTF-8.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct CodeUnit {
    pub name: String,
    pub qualname: String,
    pub filename: String,
    pub first_line: u32,
    /// CPython's values, see [`code_flags`].
    pub flags: u32,
    /// Positional parameters, positional-only ones included.
    pub argcount: u32,
    pub posonlyargcount: u32,
    pub kwonlyargcount: u32,
    /// Parameters, then the other locals that are not cells: registers 0 and up.
    pub varnames: Vec<String>,
    /// All cells, parameters that are cells included.
    pub cellvars: Vec<String>,
    pub freevars: Vec<String>,
    pub names: Vec<String>,
    pub consts: Vec<Const>,
    pub instructions: Vec<u64>,
    /// Number of registers, temporaries included.
    pub registers: u32,
    pub exception_table: Vec<ExceptionEntry>,
    pub positions: PositionTable,
    /// What `co_stacksize` reports.
    pub stack_size: u32,
}

pub fn parameter_count(flags: u32, argcount: u32, kwonly: u32) -> u32 {
    argcount
        + kwonly
        + u32::from(flags & code_flags::VARARGS != 0)
        + u32::from(flags & code_flags::VARKEYWORDS != 0)
}

impl CodeUnit {
    /// Registers that hold parameters.
    pub fn parameter_count(&self) -> u32 {
        parameter_count(self.flags, self.argcount, self.kwonlyargcount)
    }
    /// The cells that have a register of their own, in register order.
    pub fn own_cells(&self) -> impl Iterator<Item = &str> {
        self.cellvars
            .iter()
            .map(String::as_str)
            .filter(|c| !self.varnames.iter().any(|v| v == c))
    }
    /// First register of the cells that are not parameters.
    pub fn first_cell(&self) -> u32 {
        self.varnames.len() as u32
    }
    /// First register of the free variables.
    pub fn first_free(&self) -> u32 {
        self.first_cell() + self.own_cells().count() as u32
    }
    /// First register of the temporaries.
    pub fn first_temp(&self) -> u32 {
        self.first_free() + self.freevars.len() as u32
    }
    /// The variable that lives in a register, if it is not a temporary.
    pub fn register_name(&self, register: u32) -> Option<&str> {
        let n = register as usize;
        if n < self.varnames.len() {
            return self.varnames.get(n).map(String::as_str);
        }
        let n = n - self.varnames.len();
        let cells = self.own_cells().count();
        if n < cells {
            self.own_cells().nth(n)
        } else {
            self.freevars.get(n - cells).map(String::as_str)
        }
    }
    /// The register of a cell or free variable.
    pub fn cell_register(&self, name: &str) -> Option<u32> {
        if let Some(n) = self.freevars.iter().position(|v| v == name) {
            return Some(self.first_free() + n as u32);
        }
        if !self.cellvars.iter().any(|v| v == name) {
            return None;
        }
        if let Some(n) = self.varnames.iter().position(|v| v == name) {
            return Some(n as u32);
        }
        self.own_cells()
            .position(|v| v == name)
            .map(|n| self.first_cell() + n as u32)
    }
    /// The handler of the word at `index`.
    pub fn handler(&self, index: u32) -> Option<&ExceptionEntry> {
        let n = self.exception_table.partition_point(|e| e.end <= index);
        self.exception_table.get(n).filter(|e| e.start <= index)
    }
}
