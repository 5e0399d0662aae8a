//! The symbol table: one block per scope, built in one walk over the tree (`build`) and resolved in a second pass
//! over the blocks (`analyze`).
//!
//! Flags and numbers are CPython's, because the `_symtable` module shows them.

mod analyze;
mod build;

pub use build::build_symbol_table;

use pyrs_syntax::ast::{Ident, Span};
use std::borrow::Cow;
use std::collections::HashMap;

/// Flags of a symbol in a block.
pub mod def {
    pub const GLOBAL: u32 = 1;
    pub const LOCAL: u32 = 2;
    pub const PARAM: u32 = 4;
    pub const NONLOCAL: u32 = 8;
    pub const USE: u32 = 0x10;
    pub const FREE: u32 = 0x20;
    pub const FREE_CLASS: u32 = 0x40;
    pub const IMPORT: u32 = 0x80;
    pub const ANNOT: u32 = 0x100;
    pub const COMP_ITER: u32 = 0x200;
    pub const BOUND: u32 = LOCAL | PARAM | IMPORT;
    /// The scope is stored above the flags.
    pub const SCOPE_OFFSET: u32 = 11;
    pub const SCOPE_MASK: u32 = GLOBAL | LOCAL | PARAM | NONLOCAL;
}

/// Where a name lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Scope {
    Unknown = 0,
    Local = 1,
    GlobalExplicit = 2,
    GlobalImplicit = 3,
    Free = 4,
    Cell = 5,
}

/// CPython's numbers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum BlockType {
    Function = 0,
    Class = 1,
    Module = 2,
    Annotation = 3,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ComprehensionKind {
    None,
    List,
    Dict,
    Set,
    Generator,
}

/// A map from names to flags that keeps the order of first mention.
#[derive(Clone, Debug, Default)]
pub struct Symbols {
    entries: Vec<(Ident, u32)>,
    index: HashMap<Ident, usize, FastHash>,
}

impl Symbols {
    pub fn get(&self, name: &str) -> u32 {
        self.index.get(name).map_or(0, |&n| self.entries[n].1)
    }
    pub(crate) fn set(&mut self, name: &Ident, flags: u32) {
        match self.index.get(name) {
            Some(&n) => self.entries[n].1 = flags,
            None => {
                self.index.insert(name.clone(), self.entries.len());
                self.entries.push((name.clone(), flags));
            }
        }
    }
    pub fn iter(&self) -> impl Iterator<Item = (&Ident, u32)> {
        self.entries.iter().map(|(n, f)| (n, *f))
    }
    pub fn contains(&self, name: &str) -> bool {
        self.index.contains_key(name)
    }
    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = (&Ident, &mut u32)> {
        self.entries.iter_mut().map(|(n, f)| (&*n, f))
    }
}

/// One scope.
#[derive(Clone, Debug)]
pub struct Block {
    pub name: Ident,
    pub block_type: BlockType,
    pub symbols: Symbols,
    /// Parameters in order.
    pub varnames: Vec<Ident>,
    pub children: Vec<BlockId>,
    pub span: Span,
    pub nested: bool,
    /// Has free variables (itself, a child).
    pub free: bool,
    pub child_free: bool,
    pub generator: bool,
    pub coroutine: bool,
    pub comprehension: ComprehensionKind,
    pub varargs: bool,
    pub varkeywords: bool,
    pub returns_value: bool,
    pub needs_class_closure: bool,
    /// Targets of assignment expressions of this scope.
    pub(crate) walrus: Vec<Ident>,
    pub(crate) comp_iter_target: bool,
    pub(crate) comp_iter_expr: u32,
    /// `global` and `nonlocal` statements: where they are.
    pub(crate) directives: Vec<(Ident, Span)>,
}

impl Block {
    pub fn scope(&self, mangled: &str) -> Scope {
        scope_of(self.symbols.get(mangled))
    }
}

/// The scope part of a symbol's flags.
pub fn scope_of(flags: u32) -> Scope {
    match (flags >> def::SCOPE_OFFSET) & def::SCOPE_MASK {
        1 => Scope::Local,
        2 => Scope::GlobalExplicit,
        3 => Scope::GlobalImplicit,
        4 => Scope::Free,
        5 => Scope::Cell,
        _ => Scope::Unknown,
    }
}

/// Index of a block.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BlockId(pub u32);

/// All blocks of a module; the first is the module itself.
#[derive(Debug, Default)]
pub struct SymbolTable {
    pub blocks: Vec<Block>,
    /// From the address of the defining node. Only used while that tree is borrowed.
    pub(crate) by_node: HashMap<usize, BlockId, FastHash>,
}

impl SymbolTable {
    pub fn top(&self) -> BlockId {
        BlockId(0)
    }
    pub fn block(&self, id: BlockId) -> &Block {
        &self.blocks[id.0 as usize]
    }
}

/// The key of a node in [`SymbolTable::by_node`].
pub(crate) fn node_key<T>(node: &T) -> usize {
    std::ptr::from_ref(node) as usize
}

/// `__name` inside class `class` is `_class__name`.
pub fn mangle<'a>(class: Option<&str>, name: &'a str) -> Cow<'a, str> {
    let Some(class) = class else {
        return Cow::Borrowed(name);
    };
    if !name.starts_with("__") || name.ends_with("__") || name.contains('.') {
        return Cow::Borrowed(name);
    }
    let class = class.trim_start_matches('_');
    if class.is_empty() {
        return Cow::Borrowed(name);
    }
    Cow::Owned(format!("_{class}{name}"))
}

/// [`mangle`] on shared names.
pub(crate) fn mangle_ident(class: Option<&str>, name: &Ident) -> Ident {
    match mangle(class, name) {
        Cow::Borrowed(_) => name.clone(),
        Cow::Owned(mangled) => mangled.into(),
    }
}

/// A fast hash for short names and addresses (multiply and rotate); keys come from one source file, and a
/// collision only costs time.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct FastHash;

impl std::hash::BuildHasher for FastHash {
    type Hasher = FastHasher;
    fn build_hasher(&self) -> FastHasher {
        FastHasher(0)
    }
}

pub(crate) struct FastHasher(u64);

impl FastHasher {
    fn mix(&mut self, n: u64) {
        self.0 = (self.0.rotate_left(5) ^ n).wrapping_mul(0x517C_C1B7_2722_0A95);
    }
}

impl std::hash::Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.0 ^ (self.0 >> 32)
    }
    fn write(&mut self, bytes: &[u8]) {
        let mut chunks = bytes.chunks_exact(8);
        for chunk in &mut chunks {
            let mut word = [0; 8];
            word.copy_from_slice(chunk);
            self.mix(u64::from_le_bytes(word));
        }
        for &b in chunks.remainder() {
            self.mix(b.into());
        }
    }
    fn write_u8(&mut self, n: u8) {
        self.mix(n.into());
    }
    fn write_usize(&mut self, n: usize) {
        self.mix(n as u64);
    }
}
