//! The operations of the IR, declared once.
//!
//! `for_each_ir_op!` gives each op its name, text, operand kinds, result, immediate, whether it can leave
//! through an exit, and its effect. The builder's checks, printer, parser, validator and interpreter derive from
//! it: a new op is one line here plus its meaning in `eval.rs` (or `interp.rs`) and in the native lowering.

use std::fmt;

/// Type of an SSA value.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Type {
    /// Raw 64-bit integer.
    I64,
    /// Raw double.
    F64,
    /// 0 or 1.
    Bool,
    /// Pointer to a `PyObject`, never an immediate.
    Ptr,
    /// A Value: immediate, pointer or empty.
    Boxed,
}

impl Type {
    /// Whether values of the type can own a reference.
    pub const fn is_ref(self) -> bool {
        matches!(self, Type::Ptr | Type::Boxed)
    }
    /// Text form.
    pub const fn name(self) -> &'static str {
        match self {
            Type::I64 => "i64",
            Type::F64 => "f64",
            Type::Bool => "bool",
            Type::Ptr => "ptr",
            Type::Boxed => "boxed",
        }
    }
    /// From the text form.
    pub fn from_name(s: &str) -> Option<Type> {
        Some(match s {
            "i64" => Type::I64,
            "f64" => Type::F64,
            "bool" => Type::Bool,
            "ptr" => Type::Ptr,
            "boxed" => Type::Boxed,
            _ => return None,
        })
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What an operand may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    /// `i64`
    I64,
    /// `f64`
    F64,
    /// `bool`
    Bool,
    /// `ptr`
    Ptr,
    /// `boxed`
    Boxed,
    /// `ptr` or `boxed`
    Ref,
    /// An address: `ptr` or `i64`
    Addr,
    /// Any type
    Any,
}

impl Operand {
    /// Whether a value of type `ty` fits.
    pub const fn accepts(self, ty: Type) -> bool {
        match self {
            Operand::I64 => matches!(ty, Type::I64),
            Operand::F64 => matches!(ty, Type::F64),
            Operand::Bool => matches!(ty, Type::Bool),
            Operand::Ptr => matches!(ty, Type::Ptr),
            Operand::Boxed => matches!(ty, Type::Boxed),
            Operand::Ref => matches!(ty, Type::Ptr | Type::Boxed),
            Operand::Addr => matches!(ty, Type::Ptr | Type::I64),
            Operand::Any => true,
        }
    }
}

/// What an op gives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Output {
    /// Nothing.
    None,
    /// `i64`
    I64,
    /// `f64`
    F64,
    /// `bool`
    Bool,
    /// `ptr`
    Ptr,
    /// `boxed`
    Boxed,
    /// Given by the memory type, helper or layout.
    Dynamic,
}

/// What stands beside the operands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImmKind {
    /// Nothing.
    None,
    /// A 64-bit number (address, bits, slot).
    Int,
    /// Memory access.
    Mem,
    /// Helper.
    Helper,
    /// Layout of a virtual.
    Layout,
}

/// Whether the op can leave.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ExitUse {
    /// Never.
    No,
    /// Always carries an exit.
    Yes,
    /// Depends on the helper.
    Maybe,
}

/// How passes may treat an op.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Effect {
    /// Depends on operands alone, cannot leave: may be folded, shared, removed.
    Pure,
    /// Gives a value or leaves; shared with a dominating equal one, removable only when proven not to leave.
    Fallible,
    /// Only leaves.
    Guard,
    /// Reads heap memory (alias tag in the immediate).
    Load,
    /// Writes heap memory.
    Store,
    /// Reads a frame slot.
    SlotRead,
    /// Writes a frame slot.
    SlotWrite,
    /// As the helper declares.
    Call,
    /// Allocates; no other effect.
    Alloc,
    /// Changes a reference count.
    Refcount,
}

/// Calls the macro `$m` with one line for each op:
/// name, text, operands, output, immediate kind, exit use, effect.
#[macro_export]
macro_rules! for_each_ir_op {
    ($m:ident) => {
        $m! {
            // Constants. Float bits, pointers and Values are the immediate.
            IConst "iconst" () I64 Int No Pure;
            FConst "fconst" () F64 Int No Pure;
            BConst "bconst" () Bool Int No Pure;
            PConst "pconst" () Ptr Int No Pure;
            VConst "vconst" () Boxed Int No Pure;
            // Integers. Plain ones wrap, `_ovf` leave when the result is not an i64.
            IAdd "iadd" (I64 I64) I64 None No Pure;
            ISub "isub" (I64 I64) I64 None No Pure;
            IMul "imul" (I64 I64) I64 None No Pure;
            IAddOvf "iadd_ovf" (I64 I64) I64 None Yes Fallible;
            ISubOvf "isub_ovf" (I64 I64) I64 None Yes Fallible;
            IMulOvf "imul_ovf" (I64 I64) I64 None Yes Fallible;
            // Python's floor division and modulo; leave at zero and on overflow.
            IFloorDiv "ifloordiv" (I64 I64) I64 None Yes Fallible;
            IMod "imod" (I64 I64) I64 None Yes Fallible;
            INegOvf "ineg_ovf" (I64) I64 None Yes Fallible;
            // Shifts leave on negative counts; left also when bits are lost.
            IShl "ishl" (I64 I64) I64 None Yes Fallible;
            IShr "ishr" (I64 I64) I64 None Yes Fallible;
            IAnd "iand" (I64 I64) I64 None No Pure;
            IOr "ior" (I64 I64) I64 None No Pure;
            IXor "ixor" (I64 I64) I64 None No Pure;
            INot "inot" (I64) I64 None No Pure;
            // The operand, which is known to fit an immediate.
            INarrow "inarrow" (I64) I64 None No Pure;
            // The operand, in a register of its own: where a loop needs it more than what is around the loop.
            Near "near" (I64) I64 None No Pure;
            IEq "ieq" (I64 I64) Bool None No Pure;
            INe "ine" (I64 I64) Bool None No Pure;
            ILt "ilt" (I64 I64) Bool None No Pure;
            ILe "ile" (I64 I64) Bool None No Pure;
            IGt "igt" (I64 I64) Bool None No Pure;
            IGe "ige" (I64 I64) Bool None No Pure;
            IULt "iult" (I64 I64) Bool None No Pure;
            ISelect "iselect" (Bool I64 I64) I64 None No Pure;
            // Floats: IEEE, no exceptions (the recorder guards division by zero).
            FAdd "fadd" (F64 F64) F64 None No Pure;
            FSub "fsub" (F64 F64) F64 None No Pure;
            FMul "fmul" (F64 F64) F64 None No Pure;
            FDiv "fdiv" (F64 F64) F64 None No Pure;
            FNeg "fneg" (F64) F64 None No Pure;
            FAbs "fabs" (F64) F64 None No Pure;
            FSqrt "fsqrt" (F64) F64 None No Pure;
            FFloor "ffloor" (F64) F64 None No Pure;
            FCeil "fceil" (F64) F64 None No Pure;
            FTrunc "ftrunc" (F64) F64 None No Pure;
            FEq "feq" (F64 F64) Bool None No Pure;
            FNe "fne" (F64 F64) Bool None No Pure;
            FLt "flt" (F64 F64) Bool None No Pure;
            FLe "fle" (F64 F64) Bool None No Pure;
            FGt "fgt" (F64 F64) Bool None No Pure;
            FGe "fge" (F64 F64) Bool None No Pure;
            FSelect "fselect" (Bool F64 F64) F64 None No Pure;
            I2F "i2f" (I64) F64 None No Pure;
            // Truncates; leaves when the result is not an i64 or the operand is NaN.
            F2I "f2i" (F64) I64 None Yes Fallible;
            // Booleans.
            BNot "bnot" (Bool) Bool None No Pure;
            BAnd "band" (Bool Bool) Bool None No Pure;
            BOr "bor" (Bool Bool) Bool None No Pure;
            B2I "b2i" (Bool) I64 None No Pure;
            // Boxing. `box_int` leaves beyond 49 bits, `box_float` at NaN; `_nc` are proven not to.
            BoxInt "box_int" (I64) Boxed None Yes Fallible;
            BoxIntNc "box_int_nc" (I64) Boxed None No Pure;
            BoxFloat "box_float" (F64) Boxed None Yes Fallible;
            BoxFloatNc "box_float_nc" (F64) Boxed None No Pure;
            // Unboxing requires the kind (a dominating guard).
            UnboxInt "unbox_int" (Boxed) I64 None No Pure;
            UnboxFloat "unbox_float" (Boxed) F64 None No Pure;
            // A Value as the number that its bits are.
            Bits "bits" (Boxed) I64 None No Pure;
            AsPtr "as_ptr" (Boxed) Ptr None No Pure;
            AsValue "as_value" (Ptr) Boxed None No Pure;
            // Ptr to its address as a number.
            AddrOf "addr_of" (Ptr) I64 None No Pure;
            VSelect "vselect" (Bool Boxed Boxed) Boxed None No Pure;
            IsInt "is_int" (Boxed) Bool None No Pure;
            IsFloat "is_float" (Boxed) Bool None No Pure;
            IsPtr "is_ptr" (Boxed) Bool None No Pure;
            // Identity of two references.
            RefEq "ref_eq" (Ref Ref) Bool None No Pure;
            // Guards. Kind guards with immediate 1 are weak: dropped when nothing relies on them.
            GuardTrue "guard_true" (Bool) None None Yes Guard;
            GuardFalse "guard_false" (Bool) None None Yes Guard;
            GuardInt "guard_int" (Boxed) None Int Yes Guard;
            GuardFloat "guard_float" (Boxed) None Int Yes Guard;
            GuardPtr "guard_ptr" (Boxed) None Int Yes Guard;
            GuardNotEmpty "guard_not_empty" (Boxed) None None Yes Guard;
            // `ob_type` is the address in the immediate.
            GuardType "guard_type" (Ptr) None Int Yes Guard;
            // The Value's bits, the pointer, the number are the immediate.
            GuardValue "guard_value" (Boxed) None Int Yes Guard;
            GuardIs "guard_is" (Ptr) None Int Yes Guard;
            GuardIEq "guard_ieq" (I64) None Int Yes Guard;
            // index < length, both as numbers without sign: within, if the length is none below 0.
            GuardBounds "guard_bounds" (I64 I64) None None Yes Guard;
            // The u32 at the absolute address is 0: watchpoints, which only running Python code changes; and pending
            // signals and lock requests, which change at any time (never removed).
            GuardCell "guard_cell" () None Int Yes Guard;
            Poll "poll" () None Int Yes Guard;
            // As many more frames as the immediate fit below the recursion limit and on the native stack.
            GuardDepth "guard_depth" () None Int Yes Guard;
            // Memory. Indexed: base + index * size + offset; a Value read there (an item of a list or tuple) is never empty.
            Load "load" (Addr) Dynamic Mem No Load;
            Store "store" (Addr Any) None Mem No Store;
            LoadIdx "load_idx" (Addr I64) Dynamic Mem No Load;
            StoreIdx "store_idx" (Addr I64 Any) None Mem No Store;
            // Slots of the frame the region was entered with. `slot_take` moves the reference out (slot becomes empty),
            // `slot_write` takes one and drops what was there, `slot_init` takes one and drops nothing.
            SlotRead "slot_read" () Boxed Int No SlotRead;
            SlotTake "slot_take" () Boxed Int No SlotWrite;
            SlotWrite "slot_write" (Boxed) None Int No SlotWrite;
            SlotInit "slot_init" (Boxed) None Int No SlotWrite;
            FrameBase "frame_base" () I64 None No Pure;
            ContextBase "context_base" () I64 None No Pure;
            // A register that held the value gives it up: where its destructor may run. The immediate is the value's class
            // where that is known, or 0.
            Release "release" (Ref) None Int No Refcount;
            // Inserted by the refcount pass.
            Inc "inc" (Ref) None None No Refcount;
            Dec "dec" (Ref) None None No Refcount;
            // Calls.
            Call "call" (*) Dynamic Helper Maybe Call;
            // Enters the region whose entry cell is at the immediate, with the registers at the operand. Leaves when the
            // callee left (its snapshot ends with the callee's frame); gives the callee's result otherwise.
            CallRegion "call_region" (I64) Boxed Int Yes Call;
            // Allocation of an object of a declared layout; operands are its fields.
            New "new" (*) Ptr Layout No Alloc;
        }
    };
}

macro_rules! operands {
    (*) => { None };
    ($($o:ident)*) => { Some(&[$(Operand::$o),*]) };
}

macro_rules! declare_ops {
    ($($name:ident $text:literal ($($operand:tt)*) $out:ident $imm:ident $exit:ident $effect:ident;)*) => {
        /// An operation.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        #[repr(u8)]
        pub enum Op { $(#[doc = $text] $name),* }

        impl Op {
            /// All ops.
            pub const ALL: &'static [Op] = &[$(Op::$name),*];
            /// Text form.
            pub const fn text(self) -> &'static str {
                match self { $(Op::$name => $text),* }
            }
            /// Operand kinds; `None` for variadic ops.
            pub const fn operands(self) -> Option<&'static [Operand]> {
                match self { $(Op::$name => operands!($($operand)*)),* }
            }
            /// Result.
            pub const fn output(self) -> Output {
                match self { $(Op::$name => Output::$out),* }
            }
            /// Immediate.
            pub const fn imm_kind(self) -> ImmKind {
                match self { $(Op::$name => ImmKind::$imm),* }
            }
            /// Exit.
            pub const fn exit_use(self) -> ExitUse {
                match self { $(Op::$name => ExitUse::$exit),* }
            }
            /// Effect.
            pub const fn effect(self) -> Effect {
                match self { $(Op::$name => Effect::$effect),* }
            }
        }
    };
}
for_each_ir_op!(declare_ops);

impl Op {
    /// From the text form.
    pub fn from_text(s: &str) -> Option<Op> {
        Op::ALL.iter().copied().find(|op| op.text() == s)
    }
    /// Whether operands may be exchanged.
    pub const fn is_commutative(self) -> bool {
        use Op::*;
        matches!(
            self,
            IAdd | IMul
                | IAddOvf
                | IMulOvf
                | IAnd
                | IOr
                | IXor
                | IEq
                | INe
                | FAdd
                | FMul
                | FEq
                | FNe
                | BAnd
                | BOr
                | RefEq
        )
    }
    /// Whether the op is a constant.
    pub const fn is_const(self) -> bool {
        matches!(
            self,
            Op::IConst | Op::FConst | Op::BConst | Op::PConst | Op::VConst
        )
    }
    /// The wrapping op for an overflow-checked one.
    pub const fn unchecked(self) -> Option<Op> {
        Some(match self {
            Op::IAddOvf => Op::IAdd,
            Op::ISubOvf => Op::ISub,
            Op::IMulOvf => Op::IMul,
            Op::BoxInt => Op::BoxIntNc,
            Op::BoxFloat => Op::BoxFloatNc,
            _ => return None,
        })
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
