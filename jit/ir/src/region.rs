//! Regions: the CFG with block parameters that is optimized and compiled as one unit.
//!
//! Blocks own their instructions; a value is a number into `values`. An instruction that can leave names an
//! [`Exit`]; the exit's snapshot says how the interpreter goes on. When an exit has become hot its instruction is
//! made the last of its block and the block ends in [`Terminator::Bridge`]: the failing edge leads to the spliced
//! path instead of the exit.

use crate::ops::{ImmKind, Op, Output, Type};
use crate::tables::{HelperId, LayoutId, Tables};
use std::fmt;
use std::sync::Arc;

macro_rules! entity {
    ($(#[$doc:meta])* $name:ident, $prefix:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(pub u32);
        impl $name {
            /// As an index.
            pub const fn index(self) -> usize { self.0 as usize }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!($prefix, "{}"), self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { write!(f, concat!($prefix, "{}"), self.0) }
        }
    };
}
entity!(
    /// An SSA value.
    ValueId, "v");
entity!(
    /// A block.
    BlockId, "b");
entity!(
    /// A side exit.
    ExitId, "x");

/// Alias tag: accesses with different tags never touch the same memory.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub struct Alias(pub u8);

impl Alias {
    /// `ob_type` of objects.
    pub const OBJECT_TYPE: Alias = Alias(0);
    /// Inline attribute slots of instances.
    pub const FIELD: Alias = Alias(1);
    /// Shape of instances.
    pub const SHAPE: Alias = Alias(2);
    /// Size and item pointer of lists.
    pub const LIST: Alias = Alias(3);
    /// Items of lists.
    pub const LIST_ITEM: Alias = Alias(4);
    /// Contents that never change once made (tuple items, str, code).
    pub const IMMUTABLE: Alias = Alias(5);
    /// Dict internals.
    pub const DICT: Alias = Alias(6);
    /// Closure cells.
    pub const CELL: Alias = Alias(7);
    /// Iterator state.
    pub const ITER: Alias = Alias(8);
    /// Type objects (version tags).
    pub const TYPE: Alias = Alias(9);
    /// Bytes of bytearrays, arrays, buffers.
    pub const BUFFER: Alias = Alias(10);
    /// Globals and builtins caches.
    pub const GLOBAL: Alias = Alias(11);
    /// Arguments on their way to another region.
    pub const ARGUMENTS: Alias = Alias(13);
    /// `__slots__` of instances.
    pub const MEMBER: Alias = Alias(14);
    /// State of generators.
    pub const GENERATOR: Alias = Alias(15);
    /// Registers of generators' frames.
    pub const REGISTER: Alias = Alias(16);
    /// Anything else.
    pub const OTHER: Alias = Alias(12);
    /// The tag's bit in effect masks.
    pub const fn bit(self) -> u32 {
        1 << (self.0 & 31)
    }
}

/// Memory type of an access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum MemType {
    /// 64-bit integer
    I64,
    /// 64-bit integer that is never negative: how many items something has
    Size,
    /// 32-bit, sign-extended
    I32,
    /// 32-bit, zero-extended
    U32,
    /// 16-bit, sign-extended
    I16,
    /// 16-bit, zero-extended
    U16,
    /// 8-bit, sign-extended
    I8,
    /// 8-bit, zero-extended
    U8,
    /// Double
    F64,
    /// Object pointer, not NULL
    Ptr,
    /// Value
    Boxed,
}

impl MemType {
    /// All.
    pub const ALL: [MemType; 11] = [
        MemType::I64,
        MemType::Size,
        MemType::I32,
        MemType::U32,
        MemType::I16,
        MemType::U16,
        MemType::I8,
        MemType::U8,
        MemType::F64,
        MemType::Ptr,
        MemType::Boxed,
    ];
    /// The SSA type.
    pub const fn ty(self) -> Type {
        match self {
            MemType::F64 => Type::F64,
            MemType::Ptr => Type::Ptr,
            MemType::Boxed => Type::Boxed,
            _ => Type::I64,
        }
    }
    /// Bytes.
    pub const fn size(self) -> u32 {
        match self {
            MemType::I32 | MemType::U32 => 4,
            MemType::I16 | MemType::U16 => 2,
            MemType::I8 | MemType::U8 => 1,
            _ => 8,
        }
    }
    /// Text form.
    pub const fn name(self) -> &'static str {
        match self {
            MemType::I64 => "i64",
            MemType::Size => "size",
            MemType::I32 => "i32",
            MemType::U32 => "u32",
            MemType::I16 => "i16",
            MemType::I8 => "i8",
            MemType::U16 => "u16",
            MemType::U8 => "u8",
            MemType::F64 => "f64",
            MemType::Ptr => "ptr",
            MemType::Boxed => "boxed",
        }
    }
}

/// A memory access.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Mem {
    /// Byte offset.
    pub offset: i32,
    /// Type in memory.
    pub ty: MemType,
    /// Alias tag.
    pub alias: Alias,
}

/// What stands beside the operands of an instruction.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Imm {
    /// Nothing.
    None,
    /// Number.
    Int(u64),
    /// Memory access.
    Mem(Mem),
    /// Helper.
    Helper(HelperId),
    /// Layout.
    Layout(LayoutId),
}

impl Imm {
    /// The number, 0 if there is none.
    pub const fn int(self) -> u64 {
        match self {
            Imm::Int(n) => n,
            _ => 0,
        }
    }
    /// The kind.
    pub const fn kind(self) -> ImmKind {
        match self {
            Imm::None => ImmKind::None,
            Imm::Int(_) => ImmKind::Int,
            Imm::Mem(_) => ImmKind::Mem,
            Imm::Helper(_) => ImmKind::Helper,
            Imm::Layout(_) => ImmKind::Layout,
        }
    }
    /// The memory access, if it is one.
    pub const fn mem(self) -> Option<Mem> {
        match self {
            Imm::Mem(m) => Some(m),
            _ => None,
        }
    }
}

/// An instruction.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Inst {
    /// Operation.
    pub op: Op,
    /// Operands.
    pub args: Vec<ValueId>,
    /// Immediate.
    pub imm: Imm,
    /// Result.
    pub result: Option<ValueId>,
    /// Where it leaves.
    pub exit: Option<ExitId>,
}

/// An edge with the arguments of the target's parameters.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edge {
    /// Target.
    pub block: BlockId,
    /// Arguments.
    pub args: Vec<ValueId>,
}

/// End of a block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Terminator {
    /// Not finished yet (only while recording).
    Open,
    /// Unconditional.
    Jump(Edge),
    /// On a Bool.
    Branch(ValueId, Edge, Edge),
    /// The last instruction succeeded (first edge) or would have left (second edge).
    Bridge(Edge, Edge),
    /// Back to the interpreter.
    Exit(ExitId),
    /// The function's frame returns this Value, which is owned by the context then.
    Return(ValueId),
}

impl Terminator {
    /// Edges out.
    pub fn edges(&self) -> Vec<&Edge> {
        match self {
            Terminator::Jump(e) => vec![e],
            Terminator::Branch(_, a, b) | Terminator::Bridge(a, b) => vec![a, b],
            _ => Vec::new(),
        }
    }
    /// Edges out, to change.
    pub fn edges_mut(&mut self) -> Vec<&mut Edge> {
        match self {
            Terminator::Jump(e) => vec![e],
            Terminator::Branch(_, a, b) | Terminator::Bridge(a, b) => vec![a, b],
            _ => Vec::new(),
        }
    }
}

/// A block.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Block {
    /// Parameters.
    pub params: Vec<ValueId>,
    /// Instructions.
    pub insts: Vec<Inst>,
    /// End.
    pub term: Terminator,
    /// Whether back edges lead here.
    pub is_loop: bool,
    /// Whether it is hardly ever executed: a pass made it for what should not happen.
    pub cold: bool,
    /// Whether it belongs to the region still (passes drop blocks).
    pub live: bool,
}

/// How a snapshot holds a reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ownership {
    /// The handler adds a count.
    Borrowed,
    /// The compiled code's count moves to the slot.
    Owned,
}

/// One slot in a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapSlot {
    /// Register number.
    pub slot: u32,
    /// Its value; any type, boxed by the handler by kind. A value made by a virtual `new` is described in
    /// [`Exit::virtuals`].
    pub value: ValueId,
    /// Ownership, set by the refcount pass.
    pub ownership: Ownership,
}

/// What the frame of a generator has in memory at a register, as against the value the region works with.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Held {
    /// The same (nothing, if the register has no value).
    Same,
    /// A stale number, or nothing: may be overwritten.
    Number,
    /// A stale reference, to be dropped when it is overwritten.
    Reference,
}

/// Where the frame of a suspended generator is found that memory does not have as it is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Parked {
    /// The frame of the snapshot, before this one, that holds the generator.
    pub owner: u32,
    /// In this register.
    pub register: u32,
    /// Address of the instruction that it is suspended at.
    pub at: u64,
}

/// One frame in a snapshot, outermost first. Frame 0 is the one the region was entered with. Those of suspended generators
/// come last.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapFrame {
    /// Function or code, as the recorder numbers it (usually an address).
    pub code: u64,
    /// Where the interpreter resumes (inlined callers: the instruction after the call).
    pub pc: u32,
    /// Register of the caller that takes this frame's result; meaningless in frame 0.
    pub result_slot: u32,
    /// Extra word for the recorder (kind of call: `__init__`, generator, property).
    pub kind: u32,
    /// Dirty registers; in inlined frames all live ones.
    pub slots: Vec<SnapSlot>,
    /// Of a frame that lies in its generator, by register; registers that are [`Held::Same`] are not in `slots`.
    pub held: Option<Vec<Held>>,
    /// Of a frame that is suspended.
    pub parked: Option<Parked>,
}

/// An object that exists only in a snapshot.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SnapVirtual {
    /// The removed allocation's value.
    pub value: ValueId,
    /// Layout to rebuild.
    pub layout: LayoutId,
    /// Field values (may be virtual too).
    pub fields: Vec<(ValueId, Ownership)>,
}

/// A store that was moved out of the path and is done when leaving.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PendingStore {
    /// Base address.
    pub base: ValueId,
    /// Where.
    pub mem: Mem,
    /// What (never counted: I64, F64).
    pub value: ValueId,
}

/// A side exit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Exit {
    /// The exit of the recorded region this one is a copy of (itself if it is none): where to splice.
    pub origin: ExitId,
    /// Frames, outermost first.
    pub frames: Vec<SnapFrame>,
    /// Virtuals the frames refer to.
    pub virtuals: Vec<SnapVirtual>,
    /// Owned references nobody wants on this exit: the handler drops them after the frames are rebuilt.
    pub drops: Vec<ValueId>,
    /// Stores done by the compiled code while leaving.
    pub stores: Vec<PendingStore>,
    /// The snapshot is that of the other way of a branch: true only when the guard failed. Stress modes force the others.
    pub other_way: bool,
}

impl Exit {
    /// The running frames: those that the others are suspended in.
    pub fn running(&self) -> impl DoubleEndedIterator<Item = &SnapFrame> {
        self.frames.iter().filter(|f| f.parked.is_none())
    }
    /// Every value the exit refers to, except removed allocations.
    pub fn for_each_value(&self, mut f: impl FnMut(ValueId)) {
        let is_virtual = |v: ValueId| self.virtuals.iter().any(|d| d.value == v);
        for s in self.frames.iter().flat_map(|fr| fr.slots.iter()) {
            if !is_virtual(s.value) {
                f(s.value);
            }
        }
        for (v, _) in self.virtuals.iter().flat_map(|d| d.fields.iter()) {
            if !is_virtual(*v) {
                f(*v);
            }
        }
        for v in &self.drops {
            f(*v);
        }
        for s in &self.stores {
            f(s.base);
            f(s.value);
        }
    }
    /// Every reference to a value, to change.
    pub fn for_each_value_mut(&mut self, mut f: impl FnMut(&mut ValueId)) {
        for s in self.frames.iter_mut().flat_map(|fr| fr.slots.iter_mut()) {
            f(&mut s.value);
        }
        for d in &mut self.virtuals {
            f(&mut d.value);
            for (v, _) in &mut d.fields {
                f(v);
            }
        }
        for v in &mut self.drops {
            f(v);
        }
        for s in &mut self.stores {
            f(&mut s.base);
            f(&mut s.value);
        }
    }
}

/// What is known of a value from its definition on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ValueData {
    /// Type.
    pub ty: Type,
    /// Exact class (address of the type object), if known from the definition.
    pub class: Option<u64>,
}

/// Static objects and functions the ops need by address.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Statics {
    /// `True`
    pub true_object: u64,
    /// `False`
    pub false_object: u64,
    /// `None`
    pub none_object: u64,
    /// `extern "C" fn(*mut PyObject)`: called when a count reaches zero.
    pub dealloc: u64,
}

/// A region.
#[derive(Clone, Debug)]
pub struct Region {
    /// For dumps and the perf map.
    pub name: String,
    /// Number the driver gave it (part of the status it returns).
    pub id: u32,
    /// Values.
    pub values: Vec<ValueData>,
    /// Blocks; `b0` is the entry and has no parameters.
    pub blocks: Vec<Block>,
    /// Exits.
    pub exits: Vec<Exit>,
    /// Helpers and layouts.
    pub tables: Arc<Tables>,
    /// Static objects.
    pub statics: Statics,
}

/// Where a value is defined.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Def {
    /// Nowhere (removed).
    None,
    /// Parameter `.1` of a block.
    Param(BlockId, u32),
    /// Instruction `.1` of a block.
    Inst(BlockId, u32),
}

impl Region {
    /// An empty region with its entry block.
    pub fn new(name: impl Into<String>, tables: Arc<Tables>, statics: Statics) -> Region {
        let mut region = Region {
            name: name.into(),
            id: 0,
            values: Vec::new(),
            blocks: Vec::new(),
            exits: Vec::new(),
            tables,
            statics,
        };
        region.new_block();
        region
    }
    /// The entry block.
    pub const fn entry(&self) -> BlockId {
        BlockId(0)
    }
    /// A new value.
    pub fn new_value(&mut self, ty: Type) -> ValueId {
        self.values.push(ValueData { ty, class: None });
        ValueId(self.values.len() as u32 - 1)
    }
    /// A new, open block.
    pub fn new_block(&mut self) -> BlockId {
        self.blocks.push(Block {
            params: Vec::new(),
            insts: Vec::new(),
            term: Terminator::Open,
            is_loop: false,
            cold: false,
            live: true,
        });
        BlockId(self.blocks.len() as u32 - 1)
    }
    /// A new exit.
    pub fn new_exit(&mut self, frames: Vec<SnapFrame>) -> ExitId {
        let id = ExitId(self.exits.len() as u32);
        self.exits.push(Exit {
            origin: id,
            frames,
            virtuals: Vec::new(),
            drops: Vec::new(),
            stores: Vec::new(),
            other_way: false,
        });
        id
    }
    /// A copy of an exit for a duplicated instruction.
    pub fn clone_exit(&mut self, exit: ExitId) -> ExitId {
        let copy = self.exits[exit.index()].clone();
        self.exits.push(copy);
        ExitId(self.exits.len() as u32 - 1)
    }
    /// Adds a parameter.
    pub fn add_param(&mut self, block: BlockId, ty: Type) -> ValueId {
        let v = self.new_value(ty);
        self.blocks[block.index()].params.push(v);
        v
    }
    /// A block.
    pub fn block(&self, b: BlockId) -> &Block {
        &self.blocks[b.index()]
    }
    /// A block, to change.
    pub fn block_mut(&mut self, b: BlockId) -> &mut Block {
        &mut self.blocks[b.index()]
    }
    /// A value's type.
    pub fn ty(&self, v: ValueId) -> Type {
        self.values[v.index()].ty
    }
    /// Ids of the live blocks.
    pub fn block_ids(&self) -> impl Iterator<Item = BlockId> + use<> {
        let live: Vec<_> = (0..self.blocks.len())
            .filter(|&i| self.blocks[i].live)
            .map(|i| BlockId(i as u32))
            .collect();
        live.into_iter()
    }
    /// The result type of an instruction.
    pub fn result_type(&self, op: Op, imm: Imm) -> Option<Type> {
        Some(match op.output() {
            Output::None => return None,
            Output::I64 => Type::I64,
            Output::F64 => Type::F64,
            Output::Bool => Type::Bool,
            Output::Ptr => Type::Ptr,
            Output::Boxed => Type::Boxed,
            Output::Dynamic => match imm {
                Imm::Mem(m) => m.ty.ty(),
                Imm::Helper(h) => return self.tables.helper(h).ret.map(|r| r.ty),
                _ => return None,
            },
        })
    }
    /// Definition of every value.
    pub fn defs(&self) -> Vec<Def> {
        let mut defs = vec![Def::None; self.values.len()];
        for b in self.block_ids() {
            for (i, p) in self.block(b).params.iter().enumerate() {
                defs[p.index()] = Def::Param(b, i as u32);
            }
            for (i, inst) in self.block(b).insts.iter().enumerate() {
                if let Some(r) = inst.result {
                    defs[r.index()] = Def::Inst(b, i as u32);
                }
            }
        }
        defs
    }
    /// The instruction that defines a value.
    pub fn def_inst<'a>(&'a self, defs: &[Def], v: ValueId) -> Option<&'a Inst> {
        match defs.get(v.index())? {
            Def::Inst(b, i) => self.block(*b).insts.get(*i as usize),
            _ => None,
        }
    }
    /// The constant bits of a value.
    pub fn const_bits(&self, defs: &[Def], v: ValueId) -> Option<u64> {
        self.def_inst(defs, v)
            .filter(|i| i.op.is_const())
            .map(|i| i.imm.int())
    }
    /// Whether the last instruction of `b` is bridged: its result and what it proves hold on the first edge only.
    pub fn is_bridged(&self, b: BlockId, index: usize) -> bool {
        let block = self.block(b);
        matches!(block.term, Terminator::Bridge(..)) && index + 1 == block.insts.len()
    }
    /// Replaces values everywhere: `map[v]` stands for `v` (chains are followed).
    pub fn replace_values(&mut self, map: &[ValueId]) {
        if map.iter().enumerate().all(|(n, v)| v.index() == n) {
            return;
        }
        let resolve = |v: &mut ValueId| {
            let mut steps = 0;
            while map[v.index()] != *v && steps < map.len() {
                *v = map[v.index()];
                steps += 1;
            }
        };
        for b in &mut self.blocks {
            for i in &mut b.insts {
                i.args.iter_mut().for_each(resolve);
            }
            match &mut b.term {
                Terminator::Branch(v, ..) | Terminator::Return(v) => resolve(v),
                _ => {}
            }
            for e in b.term.edges_mut() {
                e.args.iter_mut().for_each(resolve);
            }
        }
        for e in &mut self.exits {
            e.for_each_value_mut(resolve);
        }
    }
    /// The identity map for [`Region::replace_values`].
    pub fn identity_map(&self) -> Vec<ValueId> {
        (0..self.values.len() as u32).map(ValueId).collect()
    }
    /// Number of guards and other leaving instructions.
    pub fn guard_count(&self) -> usize {
        self.block_ids()
            .map(|b| {
                self.block(b)
                    .insts
                    .iter()
                    .filter(|i| i.exit.is_some())
                    .count()
            })
            .sum()
    }
}
