//! The opcode enum, its metadata and the instruction word.

/// What a 16-bit operand field holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    None,
    /// Register that is written.
    W,
    /// Operand that is read: register or (negative) constant; killable.
    R,
    /// Register that is read and stays.
    Reg,
    /// Register that is read and replaced.
    Rw,
    /// Register whose content is always taken.
    Take,
    /// Register that is read and may be empty.
    Maybe,
    /// Register whose content, if any, is taken.
    MaybeTake,
    /// Register holding a cell.
    Cell,
    /// Register that becomes a cell.
    MakeCell,
    /// First register of a window that the op defines.
    Win,
    /// `PUSH_EXC`: read, and the next register is written.
    PushExc,
    /// `POP_EXCEPT`: taken together with the next register.
    PopExc,
    /// Index into `names`.
    Name,
    /// Index into `consts`.
    Konst,
    /// Index into `consts`, in the 32 bits of `b` and `c`.
    Konst32,
    /// Plain number.
    Imm,
    /// Signed word offset in the 32 bits of `b` and `c`, from the next instruction.
    Off,
}

/// What the `d` field holds beside the kill bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aux {
    None,
    /// [`CALL_METHOD_FLAG`].
    Call,
    /// [`CALL_EX_KWARGS`].
    Ex,
    /// [`IN_PLACE`].
    Bin,
    /// Comparison in the low 3 bits; `COMPARE_JUMP`: [`SENSE`].
    Cmp,
    /// Bit 0: inverted.
    Invert,
    /// [`FALL_KILL`].
    FallKill,
    /// Conversion and [`HAS_SPEC`].
    Format,
    /// Which of the optional function parts are there.
    Func,
    /// Which awaitable.
    Await,
    /// Number of operands.
    Count,
}

/// `d`: the operand in `a`, `b` or `c` is a temporary that dies here.
pub const KILL_A: u8 = 0x10;
pub const KILL_B: u8 = 0x20;
pub const KILL_C: u8 = 0x40;
/// `d` of binary operators: augmented assignment.
pub const IN_PLACE: u8 = 0x80;
/// `d` of `COMPARE_JUMP`: jump if the result is this.
pub const SENSE: u8 = 8;
/// `d` of `COMPARE` and `COMPARE_JUMP`: which comparison.
pub const CMP_MASK: u8 = 7;
/// `d` of `IS` and `CONTAINS`.
pub const INVERTED: u8 = 1;
/// `d` of `JUMP_IF_TRUE` and `JUMP_IF_FALSE`: release the operand when the jump is not taken.
pub const FALL_KILL: u8 = 1;
/// `d` of `CALL` and `CALL_KW`: register a+1 is self or empty (after `LOAD_METHOD`); without it a+1 is unused.
pub const CALL_METHOD_FLAG: u8 = 1;
/// `d` of `CALL_EX`: register a+3 holds the keyword mapping.
pub const CALL_EX_KWARGS: u8 = 1;
/// `d` of `RERAISE`: when the exception leaves the frame, that stays where the exception was raised in it.
pub const RERAISE_IN_PLACE: u8 = 1;
/// `d` of `FORMAT_VALUE`: `c` is the format spec.
pub const HAS_SPEC: u8 = 4;
/// `d` of `FORMAT_VALUE`: the conversion bits.
pub const CONVERSION_MASK: u8 = 3;
/// `d` of `MAKE_FUNCTION`.
pub const FUNC_DEFAULTS: u8 = 1;
pub const FUNC_KWDEFAULTS: u8 = 2;
pub const FUNC_ANNOTATIONS: u8 = 4;
pub const FUNC_CLOSURE: u8 = 8;

/// Effect flags of an op.
pub mod flags {
    /// May raise.
    pub const RAISES: u8 = 1;
    /// May run Python code (operators, destructors).
    pub const CALLS: u8 = 2;
    /// Jump offset in `b`,`c`.
    pub const JUMP: u8 = 4;
    /// Jump offset in the low half of the first extra word.
    pub const JUMP_EXTRA: u8 = 8;
    /// Control never reaches the next instruction.
    pub const END: u8 = 16;
    /// Leaves the frame and comes back.
    pub const SUSPENDS: u8 = 32;
}

/// Per-op facts.
#[derive(Clone, Copy, Debug)]
pub struct OpInfo {
    pub name: &'static str,
    pub aux: Aux,
    pub a: Kind,
    pub b: Kind,
    pub c: Kind,
    /// Words that follow.
    pub extra: u8,
    pub flags: u8,
    /// The op that this one is a quickened form of (itself if none).
    pub family: Op,
    pub meaning: &'static str,
}

macro_rules! kind {
    (NONE) => {
        Kind::None
    };
    (W) => {
        Kind::W
    };
    (R) => {
        Kind::R
    };
    (REG) => {
        Kind::Reg
    };
    (RW) => {
        Kind::Rw
    };
    (TAKE) => {
        Kind::Take
    };
    (MAYBE) => {
        Kind::Maybe
    };
    (MAYBETAKE) => {
        Kind::MaybeTake
    };
    (CELL) => {
        Kind::Cell
    };
    (MAKECELL) => {
        Kind::MakeCell
    };
    (WIN) => {
        Kind::Win
    };
    (PUSHEXC) => {
        Kind::PushExc
    };
    (POPEXC) => {
        Kind::PopExc
    };
    (NAME) => {
        Kind::Name
    };
    (KONST) => {
        Kind::Konst
    };
    (KONST32) => {
        Kind::Konst32
    };
    (IMM) => {
        Kind::Imm
    };
    (OFF) => {
        Kind::Off
    };
}
macro_rules! aux {
    (NONE) => {
        Aux::None
    };
    (CALL) => {
        Aux::Call
    };
    (EX) => {
        Aux::Ex
    };
    (BIN) => {
        Aux::Bin
    };
    (CMP) => {
        Aux::Cmp
    };
    (INVERT) => {
        Aux::Invert
    };
    (FALLKILL) => {
        Aux::FallKill
    };
    (FORMAT) => {
        Aux::Format
    };
    (FUNC) => {
        Aux::Func
    };
    (AWAIT) => {
        Aux::Await
    };
    (COUNT) => {
        Aux::Count
    };
}

macro_rules! define {
    ($($name:ident $aux:ident ($a:ident $b:ident $c:ident) $extra:literal $flags:tt {$($form:ident)*} $doc:literal;)*) => {
        /// An opcode. The names are the field's spelling of opcodes.
        #[expect(non_camel_case_types, reason = "opcodes are written in capitals")]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        #[repr(u8)]
        pub enum Op {
            $(#[doc = $doc] $name, $(#[doc = concat!("Quickened form of `", stringify!($name), "`.")] $form,)*)*
        }

        impl Op {
            /// Every op, by number.
            pub const ALL: &'static [Op] = &[$(Op::$name, $(Op::$form,)*)*];
            const INFO: &'static [OpInfo] = &[$(
                op_info!(stringify!($name), $name, $aux $a $b $c $extra $flags $doc),
                $(op_info!(stringify!($form), $name, $aux $a $b $c $extra $flags $doc),)*
            )*];
        }
    };
}
macro_rules! op_info {
    ($text:expr, $family:ident, $aux:ident $a:ident $b:ident $c:ident $extra:literal [$($flag:ident)*] $doc:literal) => {
        OpInfo {
            name: $text,
            aux: aux!($aux),
            a: kind!($a),
            b: kind!($b),
            c: kind!($c),
            extra: $extra,
            flags: $(flags::$flag |)* 0,
            family: Op::$family,
            meaning: $doc,
        }
    };
}
crate::for_each_op!(define);

const _: () = assert!(Op::ALL.len() <= 256);

impl Op {
    /// Number of opcodes.
    pub const COUNT: usize = Self::ALL.len();

    #[inline]
    pub fn from_u8(byte: u8) -> Option<Op> {
        Self::ALL.get(byte as usize).copied()
    }
    #[inline]
    pub const fn info(self) -> &'static OpInfo {
        &Self::INFO[self as usize]
    }
    pub const fn name(self) -> &'static str {
        self.info().name
    }
    /// The unquickened op of this one's family.
    #[inline]
    pub const fn family(self) -> Op {
        self.info().family
    }
    /// Words that follow the instruction.
    #[inline]
    pub const fn extra(self) -> usize {
        self.info().extra as usize
    }
    #[inline]
    pub const fn has(self, flag: u8) -> bool {
        self.info().flags & flag != 0
    }
    /// Whether this is the base of its family (what the compiler emits).
    pub fn is_base(self) -> bool {
        self.family() == self
    }
    /// Whether control can reach the next instruction.
    pub const fn falls_through(self) -> bool {
        !self.has(flags::END)
    }
}

/// An instruction word: op, d, a, b, c from the low bits up.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
#[repr(transparent)]
pub struct Instr(pub u64);

impl Instr {
    #[inline]
    pub const fn new(op: Op, d: u8, a: u16, b: u16, c: u16) -> Instr {
        Instr(op as u64 | (d as u64) << 8 | (a as u64) << 16 | (b as u64) << 32 | (c as u64) << 48)
    }
    /// With a 32-bit value in `b` and `c`.
    #[inline]
    pub const fn new_wide(op: Op, d: u8, a: u16, wide: u32) -> Instr {
        Instr(op as u64 | (d as u64) << 8 | (a as u64) << 16 | (wide as u64) << 32)
    }
    #[inline(always)]
    pub const fn op_byte(self) -> u8 {
        self.0 as u8
    }
    #[inline]
    pub fn op(self) -> Option<Op> {
        Op::from_u8(self.0 as u8)
    }
    #[inline(always)]
    pub const fn d(self) -> u8 {
        (self.0 >> 8) as u8
    }
    #[inline(always)]
    pub const fn a(self) -> u16 {
        (self.0 >> 16) as u16
    }
    #[inline(always)]
    pub const fn b(self) -> u16 {
        (self.0 >> 32) as u16
    }
    #[inline(always)]
    pub const fn c(self) -> u16 {
        (self.0 >> 48) as u16
    }
    /// `b` and `c` as one unsigned number.
    #[inline(always)]
    pub const fn wide(self) -> u32 {
        (self.0 >> 32) as u32
    }
    /// `b` and `c` as a jump offset.
    #[inline(always)]
    pub const fn offset(self) -> i32 {
        (self.0 >> 32) as u32 as i32
    }
    /// This instruction with another op byte (quickening).
    #[inline(always)]
    pub const fn with_op(self, op: Op) -> Instr {
        Instr(self.0 & !0xFF | op as u64)
    }
    #[inline]
    pub const fn with_wide(self, wide: u32) -> Instr {
        Instr(self.0 & 0xFFFF_FFFF | (wide as u64) << 32)
    }
}

/// An `R` operand field, decoded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operand {
    Register(u16),
    Constant(u32),
}

impl Operand {
    /// Registers and in-place constants are below this.
    pub const LIMIT: u32 = 0x8000;

    #[inline]
    pub const fn decode(field: u16) -> Operand {
        if (field as i16) >= 0 {
            Operand::Register(field)
        } else {
            Operand::Constant((-(field as i16 as i32) - 1) as u32)
        }
    }
    /// The field, if the index is small enough.
    #[inline]
    pub const fn encode(self) -> Option<u16> {
        match self {
            Operand::Register(r) if (r as u32) < Self::LIMIT => Some(r),
            Operand::Constant(k) if k < Self::LIMIT => Some((-(k as i32) - 1) as i16 as u16),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_round_trip() {
        let i = Instr::new(Op::ADD, KILL_B, 3, 0xFFFF, 7);
        assert_eq!(
            (i.op(), i.d(), i.a(), i.b(), i.c()),
            (Some(Op::ADD), KILL_B, 3, 0xFFFF, 7)
        );
        assert_eq!(Instr::new_wide(Op::JUMP, 0, 0, (-5i32) as u32).offset(), -5);
        assert_eq!(i.with_op(Op::ADD_INT).a(), 3);
        for operand in [
            Operand::Register(0),
            Operand::Register(32767),
            Operand::Constant(0),
            Operand::Constant(32767),
        ] {
            assert_eq!(operand.encode().map(Operand::decode), Some(operand));
        }
        assert_eq!(Operand::Constant(32768).encode(), None);
    }

    #[test]
    fn numbers_match_the_list() {
        for (n, op) in Op::ALL.iter().enumerate() {
            assert_eq!(*op as usize, n);
            assert_eq!(op.family().family(), op.family());
        }
    }
}
