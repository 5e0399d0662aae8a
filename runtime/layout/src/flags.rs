//! `tp_flags`, `ml_flags`, member types, compare operators and buffer flags, with CPython's values.

/// `tp_flags` bits.
pub mod tpflags {
    pub const SEQUENCE: u64 = 1 << 5;
    pub const MAPPING: u64 = 1 << 6;
    pub const HAVE_FINALIZE: u64 = 1;
    pub const MANAGED_DICT: u64 = 1 << 4;
    pub const DISALLOW_INSTANTIATION: u64 = 1 << 7;
    pub const IMMUTABLETYPE: u64 = 1 << 8;
    pub const HEAPTYPE: u64 = 1 << 9;
    /// Of ours alone: instances are bound to a list or tuple that C has not seen, perhaps.
    pub const HOLDS_SELF: u64 = 1 << 3;
    /// Of ours alone: descriptors that read a field of the object and run nothing.
    pub const READS_FIELD: u64 = 1 << 2;
    pub const BASETYPE: u64 = 1 << 10;
    pub const HAVE_VECTORCALL: u64 = 1 << 11;
    pub const READY: u64 = 1 << 12;
    pub const READYING: u64 = 1 << 13;
    pub const HAVE_GC: u64 = 1 << 14;
    pub const HAVE_STACKLESS_EXTENSION: u64 = 3 << 15;
    pub const METHOD_DESCRIPTOR: u64 = 1 << 17;
    pub const HAVE_VERSION_TAG: u64 = 1 << 18;
    pub const VALID_VERSION_TAG: u64 = 1 << 19;
    pub const IS_ABSTRACT: u64 = 1 << 20;
    pub const MATCH_SELF: u64 = 1 << 22;
    pub const LONG_SUBCLASS: u64 = 1 << 24;
    pub const LIST_SUBCLASS: u64 = 1 << 25;
    pub const TUPLE_SUBCLASS: u64 = 1 << 26;
    pub const BYTES_SUBCLASS: u64 = 1 << 27;
    pub const UNICODE_SUBCLASS: u64 = 1 << 28;
    pub const DICT_SUBCLASS: u64 = 1 << 29;
    pub const BASE_EXC_SUBCLASS: u64 = 1 << 30;
    pub const TYPE_SUBCLASS: u64 = 1 << 31;
    pub const DEFAULT: u64 = HAVE_VERSION_TAG;
}

/// `ml_flags` bits.
pub mod methflags {
    pub const VARARGS: i32 = 0x0001;
    pub const KEYWORDS: i32 = 0x0002;
    pub const NOARGS: i32 = 0x0004;
    pub const O: i32 = 0x0008;
    pub const CLASS: i32 = 0x0010;
    pub const STATIC: i32 = 0x0020;
    pub const COEXIST: i32 = 0x0040;
    pub const FASTCALL: i32 = 0x0080;
    pub const METHOD: i32 = 0x0200;
}

/// `PyMemberDef.type`.
pub mod membertype {
    pub const SHORT: i32 = 0;
    pub const INT: i32 = 1;
    pub const LONG: i32 = 2;
    pub const FLOAT: i32 = 3;
    pub const DOUBLE: i32 = 4;
    pub const STRING: i32 = 5;
    pub const OBJECT: i32 = 6;
    pub const CHAR: i32 = 7;
    pub const BYTE: i32 = 8;
    pub const UBYTE: i32 = 9;
    pub const USHORT: i32 = 10;
    pub const UINT: i32 = 11;
    pub const ULONG: i32 = 12;
    pub const STRING_INPLACE: i32 = 13;
    pub const BOOL: i32 = 14;
    pub const OBJECT_EX: i32 = 16;
    pub const LONGLONG: i32 = 17;
    pub const ULONGLONG: i32 = 18;
    pub const PYSSIZET: i32 = 19;
    pub const NONE: i32 = 20;
    pub const READONLY: i32 = 1;
    /// Reading is an audit event.
    pub const AUDIT_READ: i32 = 2;
}

/// Rich comparison operators, `Py_LT`...`Py_GE`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(i32)]
pub enum CmpOp {
    Lt = 0,
    Le = 1,
    Eq = 2,
    Ne = 3,
    Gt = 4,
    Ge = 5,
}

impl CmpOp {
    pub const ALL: [CmpOp; 6] = [
        CmpOp::Lt,
        CmpOp::Le,
        CmpOp::Eq,
        CmpOp::Ne,
        CmpOp::Gt,
        CmpOp::Ge,
    ];

    #[inline]
    pub const fn from_index(n: usize) -> Option<CmpOp> {
        if n < 6 { Some(Self::ALL[n]) } else { None }
    }
    /// The operator with its operands exchanged.
    #[inline]
    pub const fn swapped(self) -> CmpOp {
        match self {
            CmpOp::Lt => CmpOp::Gt,
            CmpOp::Le => CmpOp::Ge,
            CmpOp::Gt => CmpOp::Lt,
            CmpOp::Ge => CmpOp::Le,
            other => other,
        }
    }
    pub const fn symbol(self) -> &'static str {
        match self {
            CmpOp::Lt => "<",
            CmpOp::Le => "<=",
            CmpOp::Eq => "==",
            CmpOp::Ne => "!=",
            CmpOp::Gt => ">",
            CmpOp::Ge => ">=",
        }
    }
    /// The answer for operands that compare as `ordering`.
    #[inline]
    pub const fn holds(self, ordering: std::cmp::Ordering) -> bool {
        use std::cmp::Ordering::*;
        match self {
            CmpOp::Lt => matches!(ordering, Less),
            CmpOp::Le => !matches!(ordering, Greater),
            CmpOp::Eq => matches!(ordering, Equal),
            CmpOp::Ne => !matches!(ordering, Equal),
            CmpOp::Gt => matches!(ordering, Greater),
            CmpOp::Ge => !matches!(ordering, Less),
        }
    }
}

/// `PyObject_GetBuffer` request flags.
pub mod bufflags {
    pub const SIMPLE: i32 = 0;
    pub const WRITABLE: i32 = 1;
    pub const FORMAT: i32 = 4;
    pub const ND: i32 = 8;
    pub const STRIDES: i32 = 0x10 | ND;
    pub const C_CONTIGUOUS: i32 = 0x20 | STRIDES;
    pub const F_CONTIGUOUS: i32 = 0x40 | STRIDES;
    pub const ANY_CONTIGUOUS: i32 = 0x80 | STRIDES;
    pub const INDIRECT: i32 = 0x100 | STRIDES;
    pub const FULL_RO: i32 = INDIRECT | FORMAT;
    pub const FULL: i32 = INDIRECT | WRITABLE | FORMAT;
    pub const CONTIG_RO: i32 = ND;
    pub const STRIDED_RO: i32 = STRIDES;
    pub const RECORDS_RO: i32 = STRIDES | FORMAT;
}

/// `co_flags` bits.
pub mod coflags {
    pub const OPTIMIZED: i32 = 0x1;
    pub const NEWLOCALS: i32 = 0x2;
    pub const VARARGS: i32 = 0x4;
    pub const VARKEYWORDS: i32 = 0x8;
    pub const NESTED: i32 = 0x10;
    pub const GENERATOR: i32 = 0x20;
    pub const COROUTINE: i32 = 0x80;
    pub const ITERABLE_COROUTINE: i32 = 0x100;
    pub const ASYNC_GENERATOR: i32 = 0x200;
    pub const FUTURE_DIVISION: i32 = 0x20000;
    pub const FUTURE_ABSOLUTE_IMPORT: i32 = 0x40000;
    pub const FUTURE_WITH_STATEMENT: i32 = 0x80000;
    pub const FUTURE_PRINT_FUNCTION: i32 = 0x100000;
    pub const FUTURE_UNICODE_LITERALS: i32 = 0x200000;
    pub const FUTURE_BARRY_AS_BDFL: i32 = 0x400000;
    pub const FUTURE_GENERATOR_STOP: i32 = 0x800000;
    pub const FUTURE_ANNOTATIONS: i32 = 0x1000000;
}
