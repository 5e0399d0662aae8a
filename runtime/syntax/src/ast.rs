//! The AST of Python 3.11: exactly the classes and fields of its ASDL, as an owned tree.
//!
//! The two tables below (`sum!` and `product!`) are the only place where a class is declared. The Rust types, the
//! reflection ([`ASDL_TYPES`], [`Reflect`]) and the generic conversion to and from Python objects all come from them.
//! A node is a struct with a `span` and a `kind`; single children are [`P`], statement lists [`Body`], because both
//! drop and walk without overflowing the stack however deep the tree.

use std::rc::Rc;

pub use crate::reflect::{
    AsdlType, FieldInfo, FieldType, NodeClass, Place, Quantifier, Reflect, Sink, Source,
};
pub use crate::tree::{Body, P, with_stack};

/// An identifier, NFKC-normalised. One parse shares equal names.
pub type Ident = Rc<str>;

/// Where a node is: lines from 1, columns in UTF-8 bytes from 0, end exclusive.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Span {
    pub lineno: u32,
    pub col_offset: u32,
    pub end_lineno: u32,
    pub end_col_offset: u32,
}

impl Span {
    /// From the start of `self` to the end of `end`.
    #[inline]
    pub fn to(self, end: Span) -> Span {
        Span {
            lineno: self.lineno,
            col_offset: self.col_offset,
            ..end
        }
    }
}

/// The value of a literal.
#[derive(Clone, PartialEq, Debug)]
pub enum Constant {
    None,
    True,
    False,
    Ellipsis,
    Int(i64),
    /// An integer beyond `i64`: its digits without underscores, with the prefix `0x`, `0o` or `0b` (lower case) if it
    /// had one.
    BigInt(Box<str>),
    Float(f64),
    /// An imaginary number.
    Complex(f64),
    /// Generalized UTF-8 (WTF-8): lone surrogates are encoded as three bytes.
    Str(Box<[u8]>),
    Bytes(Box<[u8]>),
    /// Never made by the parser; trees built by hand (and the optimizer) may hold it.
    Tuple(Vec<Constant>),
    /// Never made by the parser; trees built by hand (and the optimizer) may hold it.
    FrozenSet(Vec<Constant>),
}

macro_rules! fields {
    ($($field:ident $(= $name:literal)? : $type:ty),*) => {
        &[$(FieldInfo {
            name: field_name!($field $(= $name)?),
            field_type: <$type as Reflect>::TYPE,
            quantifier: <$type as Reflect>::QUANTIFIER,
        }),*]
    };
}

macro_rules! field_name {
    ($field:ident = $name:literal) => {
        $name
    };
    ($field:ident) => {
        stringify!($field)
    };
}

/// A sum type: `sum!("expr" Expr ExprKind { Class { field: Type, ... } ... })` with positions, or
/// `sum!("mod" Mod { ... })` without.
macro_rules! sum {
    ($asdl:literal $node:ident $kind:ident { $($class:ident { $($field:ident $(= $name:literal)? : $type:ty),* $(,)? }),* $(,)? }) => {
        #[derive(Clone, PartialEq, Debug)]
        pub struct $node {
            pub span: Span,
            pub kind: $kind,
        }

        #[derive(Clone, PartialEq, Debug)]
        pub enum $kind {
            $($class { $($field: $type),* }),*
        }

        impl $node {
            pub const ASDL: &'static AsdlType = &AsdlType {
                name: $asdl,
                constructors: &[$(NodeClass { name: stringify!($class), fields: fields!($($field $(= $name)? : $type),*) }),*],
                located: true,
                product: false,
            };
        }

        impl Reflect for $node {
            const TYPE: FieldType = FieldType::Node($asdl);
            fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
                #[derive(Clone, Copy)]
                #[allow(clippy::enum_variant_names, reason = "all patterns begin with Match; the names are the classes'")]
                enum Index { $($class),* }
                match &self.kind {
                    $($kind::$class { $($field),* } => {
                        let fields = vec![$($field.emit(sink)?),*];
                        sink.node(Self::ASDL, &Self::ASDL.constructors[Index::$class as usize], Some(self.span), fields)
                    })*
                }
            }
            fn read<S: Source>(source: &mut S, value: Option<S::Value>, place: Place) -> Result<Self, S::Error> {
                let Some(value) = value else { return Err(source.missing(place.0, place.1)) };
                let index = source.constructor(&value, Self::ASDL)?;
                let Some(class) = Self::ASDL.constructors.get(index) else {
                    return Err(source.missing(place.0, place.1));
                };
                let span = source.span(&value, Self::ASDL)?;
                $(if class.name == stringify!($class) {
                    let mut _infos = class.fields.iter();
                    $(let $field = read_field::<$type, S>(source, &value, class, _infos.next())?;)*
                    return Ok($node { span, kind: $kind::$class { $($field),* } });
                })*
                Err(source.missing(place.0, place.1))
            }
        }
    };
    ($asdl:literal $node:ident { $($class:ident { $($field:ident $(= $name:literal)? : $type:ty),* $(,)? }),* $(,)? }) => {
        #[derive(Clone, PartialEq, Debug)]
        pub enum $node {
            $($class { $($field: $type),* }),*
        }

        impl $node {
            pub const ASDL: &'static AsdlType = &AsdlType {
                name: $asdl,
                constructors: &[$(NodeClass { name: stringify!($class), fields: fields!($($field $(= $name)? : $type),*) }),*],
                located: false,
                product: false,
            };
        }

        impl Reflect for $node {
            const TYPE: FieldType = FieldType::Node($asdl);
            fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
                #[derive(Clone, Copy)]
                enum Index { $($class),* }
                match self {
                    $($node::$class { $($field),* } => {
                        let fields = vec![$($field.emit(sink)?),*];
                        sink.node(Self::ASDL, &Self::ASDL.constructors[Index::$class as usize], None, fields)
                    })*
                }
            }
            fn read<S: Source>(source: &mut S, value: Option<S::Value>, place: Place) -> Result<Self, S::Error> {
                let Some(value) = value else { return Err(source.missing(place.0, place.1)) };
                let index = source.constructor(&value, Self::ASDL)?;
                let Some(class) = Self::ASDL.constructors.get(index) else {
                    return Err(source.missing(place.0, place.1));
                };
                $(if class.name == stringify!($class) {
                    let mut _infos = class.fields.iter();
                    $(let $field = read_field::<$type, S>(source, &value, class, _infos.next())?;)*
                    return Ok($node::$class { $($field),* });
                })*
                Err(source.missing(place.0, place.1))
            }
        }
    };
}

/// A sum of classes without fields: a plain enum.
macro_rules! operators {
    ($asdl:literal $node:ident { $($class:ident),* $(,)? }) => {
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum $node {
            $($class),*
        }

        impl $node {
            pub const ASDL: &'static AsdlType = &AsdlType {
                name: $asdl,
                constructors: &[$(NodeClass { name: stringify!($class), fields: &[] }),*],
                located: false,
                product: false,
            };
            const ALL: &'static [$node] = &[$($node::$class),*];
        }

        impl Reflect for $node {
            const TYPE: FieldType = FieldType::Node($asdl);
            fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
                sink.node(Self::ASDL, &Self::ASDL.constructors[*self as usize], None, Vec::new())
            }
            fn read<S: Source>(source: &mut S, value: Option<S::Value>, place: Place) -> Result<Self, S::Error> {
                let Some(value) = value else { return Err(source.missing(place.0, place.1)) };
                let index = source.constructor(&value, Self::ASDL)?;
                match Self::ALL.get(index) {
                    Some(operator) => Ok(*operator),
                    None => Err(source.missing(place.0, place.1)),
                }
            }
        }
    };
}

/// A product type, with (`located`) or without (`plain`) positions.
macro_rules! product {
    (located $asdl:literal $class:literal $node:ident { $($field:ident $(= $name:literal)? : $type:ty),* $(,)? }) => {
        #[derive(Clone, PartialEq, Debug)]
        pub struct $node {
            pub span: Span,
            $(pub $field: $type),*
        }
        product!(@reflect $asdl $class $node true { $($field $(= $name)? : $type),* });
        impl Reflect for $node {
            const TYPE: FieldType = FieldType::Node($asdl);
            fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
                let fields = vec![$(self.$field.emit(sink)?),*];
                sink.node(Self::ASDL, &Self::ASDL.constructors[0], Some(self.span), fields)
            }
            fn read<S: Source>(source: &mut S, value: Option<S::Value>, place: Place) -> Result<Self, S::Error> {
                let Some(value) = value else { return Err(source.missing(place.0, place.1)) };
                source.constructor(&value, Self::ASDL)?;
                let span = source.span(&value, Self::ASDL)?;
                let class = &Self::ASDL.constructors[0];
                let mut infos = class.fields.iter();
                $(let $field = read_field::<$type, S>(source, &value, class, infos.next())?;)*
                Ok($node { span, $($field),* })
            }
        }
    };
    (plain $asdl:literal $class:literal $node:ident { $($field:ident $(= $name:literal)? : $type:ty),* $(,)? }) => {
        #[derive(Clone, PartialEq, Debug)]
        pub struct $node {
            $(pub $field: $type),*
        }
        product!(@reflect $asdl $class $node false { $($field $(= $name)? : $type),* });
        impl Reflect for $node {
            const TYPE: FieldType = FieldType::Node($asdl);
            fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
                let fields = vec![$(self.$field.emit(sink)?),*];
                sink.node(Self::ASDL, &Self::ASDL.constructors[0], None, fields)
            }
            fn read<S: Source>(source: &mut S, value: Option<S::Value>, place: Place) -> Result<Self, S::Error> {
                let Some(value) = value else { return Err(source.missing(place.0, place.1)) };
                source.constructor(&value, Self::ASDL)?;
                let class = &Self::ASDL.constructors[0];
                let mut infos = class.fields.iter();
                $(let $field = read_field::<$type, S>(source, &value, class, infos.next())?;)*
                Ok($node { $($field),* })
            }
        }
    };
    (@reflect $asdl:literal $class:literal $node:ident $located:literal { $($field:ident $(= $name:literal)? : $type:ty),* }) => {
        impl $node {
            pub const ASDL: &'static AsdlType = &AsdlType {
                name: $asdl,
                constructors: &[NodeClass { name: $class, fields: fields!($($field $(= $name)? : $type),*) }],
                located: $located,
                product: matches!($class.as_bytes()[0], b'a'..=b'z'),
            };
        }
    };
}

fn read_field<T: Reflect, S: Source>(
    source: &mut S,
    value: &S::Value,
    class: &'static NodeClass,
    info: Option<&'static FieldInfo>,
) -> Result<T, S::Error> {
    let info = info.expect("the table gives each field its description");
    source.enter(class)?;
    let read = match source.field(value, class, info) {
        Ok(field) => T::read(source, field, (class, info)),
        Err(e) => Err(e),
    };
    source.leave();
    read
}

sum!("mod" Mod {
    Module { body: Body<Stmt>, type_ignores: Vec<TypeIgnore> },
    Interactive { body: Body<Stmt> },
    Expression { body: P<Expr> },
    FunctionType { argtypes: Vec<Expr>, returns: P<Expr> },
});

sum!("stmt" Stmt StmtKind {
    FunctionDef {
        name: Ident, args: P<Arguments>, body: Body<Stmt>, decorator_list: Vec<Expr>, returns: Option<P<Expr>>,
        type_comment: Option<Box<str>>,
    },
    AsyncFunctionDef {
        name: Ident, args: P<Arguments>, body: Body<Stmt>, decorator_list: Vec<Expr>, returns: Option<P<Expr>>,
        type_comment: Option<Box<str>>,
    },
    ClassDef {
        name: Ident, bases: Vec<Expr>, keywords: Vec<Keyword>, body: Body<Stmt>, decorator_list: Vec<Expr>,
    },
    Return { value: Option<P<Expr>> },
    Delete { targets: Vec<Expr> },
    Assign { targets: Vec<Expr>, value: P<Expr>, type_comment: Option<Box<str>> },
    AugAssign { target: P<Expr>, op: Operator, value: P<Expr> },
    AnnAssign { target: P<Expr>, annotation: P<Expr>, value: Option<P<Expr>>, simple: i32 },
    For { target: P<Expr>, iter: P<Expr>, body: Body<Stmt>, orelse: Body<Stmt>, type_comment: Option<Box<str>> },
    AsyncFor { target: P<Expr>, iter: P<Expr>, body: Body<Stmt>, orelse: Body<Stmt>, type_comment: Option<Box<str>> },
    While { test: P<Expr>, body: Body<Stmt>, orelse: Body<Stmt> },
    If { test: P<Expr>, body: Body<Stmt>, orelse: Body<Stmt> },
    With { items: Vec<WithItem>, body: Body<Stmt>, type_comment: Option<Box<str>> },
    AsyncWith { items: Vec<WithItem>, body: Body<Stmt>, type_comment: Option<Box<str>> },
    Match { subject: P<Expr>, cases: Body<MatchCase> },
    Raise { exc: Option<P<Expr>>, cause: Option<P<Expr>> },
    Try { body: Body<Stmt>, handlers: Body<ExceptHandler>, orelse: Body<Stmt>, finalbody: Body<Stmt> },
    TryStar { body: Body<Stmt>, handlers: Body<ExceptHandler>, orelse: Body<Stmt>, finalbody: Body<Stmt> },
    Assert { test: P<Expr>, msg: Option<P<Expr>> },
    Import { names: Vec<Alias> },
    ImportFrom { module: Option<Ident>, names: Vec<Alias>, level: Option<i32> },
    Global { names: Vec<Ident> },
    Nonlocal { names: Vec<Ident> },
    Expr { value: P<Expr> },
    Pass {},
    Break {},
    Continue {},
});

sum!("expr" Expr ExprKind {
    BoolOp { op: BoolOperator, values: Vec<Expr> },
    NamedExpr { target: P<Expr>, value: P<Expr> },
    BinOp { left: P<Expr>, op: Operator, right: P<Expr> },
    UnaryOp { op: UnaryOperator, operand: P<Expr> },
    Lambda { args: P<Arguments>, body: P<Expr> },
    IfExp { test: P<Expr>, body: P<Expr>, orelse: P<Expr> },
    // A missing key is `**value`.
    Dict { keys: Vec<Option<Expr>>, values: Vec<Expr> },
    Set { elts: Vec<Expr> },
    ListComp { elt: P<Expr>, generators: Vec<Comprehension> },
    SetComp { elt: P<Expr>, generators: Vec<Comprehension> },
    DictComp { key: P<Expr>, value: P<Expr>, generators: Vec<Comprehension> },
    GeneratorExp { elt: P<Expr>, generators: Vec<Comprehension> },
    Await { value: P<Expr> },
    Yield { value: Option<P<Expr>> },
    YieldFrom { value: P<Expr> },
    Compare { left: P<Expr>, ops: Vec<CmpOp>, comparators: Vec<Expr> },
    Call { func: P<Expr>, args: Vec<Expr>, keywords: Vec<Keyword> },
    // `conversion` is -1 or the character `s`, `r`, `a`.
    FormattedValue { value: P<Expr>, conversion: i32, format_spec: Option<P<Expr>> },
    JoinedStr { values: Vec<Expr> },
    Constant { value: Constant, kind: Option<Box<str>> },
    Attribute { value: P<Expr>, attr: Ident, ctx: ExprContext },
    Subscript { value: P<Expr>, slice: P<Expr>, ctx: ExprContext },
    Starred { value: P<Expr>, ctx: ExprContext },
    Name { id: Ident, ctx: ExprContext },
    List { elts: Vec<Expr>, ctx: ExprContext },
    Tuple { elts: Vec<Expr>, ctx: ExprContext },
    Slice { lower: Option<P<Expr>>, upper: Option<P<Expr>>, step: Option<P<Expr>> },
});

operators!("expr_context" ExprContext { Load, Store, Del });
operators!("boolop" BoolOperator { And, Or });
operators!("operator" Operator {
    Add, Sub, Mult, MatMult, Div, Mod, Pow, LShift, RShift, BitOr, BitXor, BitAnd, FloorDiv,
});
operators!("unaryop" UnaryOperator { Invert, Not, UAdd, USub });
operators!("cmpop" CmpOp { Eq, NotEq, Lt, LtE, Gt, GtE, Is, IsNot, In, NotIn });

product!(plain "comprehension" "comprehension" Comprehension {
    target: P<Expr>, iter: P<Expr>, ifs: Vec<Expr>, is_async: i32,
});
product!(located "excepthandler" "ExceptHandler" ExceptHandler {
    type_ = "type": Option<P<Expr>>, name: Option<Ident>, body: Body<Stmt>,
});
// `defaults` belong to the last of `posonlyargs + args`; `kw_defaults` has one entry for each of `kwonlyargs`.
product!(plain "arguments" "arguments" Arguments {
    posonlyargs: Vec<Arg>, args: Vec<Arg>, vararg: Option<P<Arg>>, kwonlyargs: Vec<Arg>,
    kw_defaults: Vec<Option<Expr>>, kwarg: Option<P<Arg>>, defaults: Vec<Expr>,
});
product!(located "arg" "arg" Arg { arg: Ident, annotation: Option<P<Expr>>, type_comment: Option<Box<str>> });
// No `arg` means `**value`.
product!(located "keyword" "keyword" Keyword { arg: Option<Ident>, value: P<Expr> });
product!(located "alias" "alias" Alias { name: Ident, asname: Option<Ident> });
product!(plain "withitem" "withitem" WithItem { context_expr: P<Expr>, optional_vars: Option<P<Expr>> });
product!(plain "match_case" "match_case" MatchCase { pattern: P<Pattern>, guard: Option<P<Expr>>, body: Body<Stmt> });

sum!("pattern" Pattern PatternKind {
    MatchValue { value: P<Expr> },
    MatchSingleton { value: Constant },
    MatchSequence { patterns: Vec<Pattern> },
    MatchMapping { keys: Vec<Expr>, patterns: Vec<Pattern>, rest: Option<Ident> },
    MatchClass { cls: P<Expr>, patterns: Vec<Pattern>, kwd_attrs: Vec<Ident>, kwd_patterns: Vec<Pattern> },
    MatchStar { name: Option<Ident> },
    MatchAs { pattern: Option<P<Pattern>>, name: Option<Ident> },
    MatchOr { patterns: Vec<Pattern> },
});

product!(plain "type_ignore" "TypeIgnore" TypeIgnore { lineno: i32, tag: Box<str> });

/// Every ASDL type, in the order of the ASDL: what the `_ast` module makes classes from.
pub const ASDL_TYPES: &[&AsdlType] = &[
    Mod::ASDL,
    Stmt::ASDL,
    Expr::ASDL,
    ExprContext::ASDL,
    BoolOperator::ASDL,
    Operator::ASDL,
    UnaryOperator::ASDL,
    CmpOp::ASDL,
    Comprehension::ASDL,
    ExceptHandler::ASDL,
    Arguments::ASDL,
    Arg::ASDL,
    Keyword::ASDL,
    Alias::ASDL,
    WithItem::ASDL,
    MatchCase::ASDL,
    Pattern::ASDL,
    TypeIgnore::ASDL,
];

impl Expr {
    #[inline]
    pub fn new(span: Span, kind: ExprKind) -> Expr {
        Expr { span, kind }
    }
}

impl Stmt {
    #[inline]
    pub fn new(span: Span, kind: StmtKind) -> Stmt {
        Stmt { span, kind }
    }
}
