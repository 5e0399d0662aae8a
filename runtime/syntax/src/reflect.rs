//! Reflection over the AST: class names, fields and generic conversion both ways.
//!
//! Everything here is derived from the one table in `ast.rs`. The `_ast` module builds its classes from [`SUMS`]
//! (re-exported by `ast`), turns trees into objects with a [`Sink`] and reads them back through a [`Source`].

use crate::ast::{Constant, Ident, Span};
use crate::tree::{Body, P, with_stack};

/// What a field holds, in ASDL's terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FieldType {
    Identifier,
    Int,
    String,
    Constant,
    /// A node of the named ASDL type (`"expr"`, `"arguments"`, ...).
    Node(&'static str),
}

/// ASDL's `T`, `T?`, `T*`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Quantifier {
    One,
    Optional,
    Sequence,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FieldInfo {
    pub name: &'static str,
    pub field_type: FieldType,
    pub quantifier: Quantifier,
}

/// One concrete node class, such as `BinOp` or `arguments`.
#[derive(PartialEq, Eq, Debug)]
pub struct NodeClass {
    pub name: &'static str,
    pub fields: &'static [FieldInfo],
}

/// One ASDL type: a sum (`expr`, `operator`) or a product (`arg`), which is a sum of one class of its own name.
#[derive(PartialEq, Eq, Debug)]
pub struct AsdlType {
    pub name: &'static str,
    pub constructors: &'static [NodeClass],
    /// Has `lineno, col_offset, end_lineno, end_col_offset`.
    pub located: bool,
    /// The type's only class is the type itself (`arg`, `alias`, ...).
    pub product: bool,
}

/// Receives a tree, children first.
pub trait Sink {
    type Value;
    type Error;
    fn node(
        &mut self,
        asdl_type: &'static AsdlType,
        class: &'static NodeClass,
        span: Option<Span>,
        fields: Vec<Self::Value>,
    ) -> Result<Self::Value, Self::Error>;
    fn list(&mut self, items: Vec<Self::Value>) -> Result<Self::Value, Self::Error>;
    fn none(&mut self) -> Result<Self::Value, Self::Error>;
    fn identifier(&mut self, name: &Ident) -> Result<Self::Value, Self::Error>;
    fn int(&mut self, value: i64) -> Result<Self::Value, Self::Error>;
    fn string(&mut self, text: &str) -> Result<Self::Value, Self::Error>;
    fn constant(&mut self, value: &Constant) -> Result<Self::Value, Self::Error>;
}

/// Hands out a tree that lives elsewhere (Python objects).
pub trait Source {
    type Value;
    type Error;
    /// The index of the value's class in `asdl_type.constructors`, or the error
    /// "expected some sort of expr, but got ...".
    fn constructor(
        &mut self,
        value: &Self::Value,
        asdl_type: &'static AsdlType,
    ) -> Result<usize, Self::Error>;
    fn span(
        &mut self,
        value: &Self::Value,
        asdl_type: &'static AsdlType,
    ) -> Result<Span, Self::Error>;
    /// `None`: the attribute is absent, or it is Python's `None` and the field is not a constant.
    fn field(
        &mut self,
        value: &Self::Value,
        class: &'static NodeClass,
        field: &'static FieldInfo,
    ) -> Result<Option<Self::Value>, Self::Error>;
    /// The items of a list field; an item is `None` where the list holds Python's `None`.
    fn list(
        &mut self,
        value: Self::Value,
        class: &'static NodeClass,
        field: &'static FieldInfo,
    ) -> Result<Vec<Option<Self::Value>>, Self::Error>;
    /// Before each item of a list is read.
    fn at_item(&mut self) {}
    /// The error `required field "..." missing from ...`.
    fn missing(&mut self, class: &'static NodeClass, field: &'static FieldInfo) -> Self::Error;
    fn identifier(&mut self, value: Self::Value) -> Result<Ident, Self::Error>;
    fn int(&mut self, value: Self::Value) -> Result<i64, Self::Error>;
    fn string(&mut self, value: Self::Value) -> Result<Box<str>, Self::Error>;
    fn constant(&mut self, value: Self::Value) -> Result<Constant, Self::Error>;
    /// Before a field of a node of that class is read, and ([`Source::leave`]) after it: a tree that lives elsewhere may
    /// contain itself.
    fn enter(&mut self, _class: &'static NodeClass) -> Result<(), Self::Error> {
        Ok(())
    }
    fn leave(&mut self) {}
}

/// Where a value is being read from: the class and the field.
pub type Place = (&'static NodeClass, &'static FieldInfo);

/// A type that can stand in a field of a node.
pub trait Reflect: Sized {
    const TYPE: FieldType;
    const QUANTIFIER: Quantifier = Quantifier::One;
    fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error>;
    fn read<S: Source>(
        source: &mut S,
        value: Option<S::Value>,
        place: Place,
    ) -> Result<Self, S::Error>;
}

impl<T: Reflect> Reflect for P<T> {
    const TYPE: FieldType = T::TYPE;
    fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
        with_stack(|| (**self).emit(sink))
    }
    fn read<S: Source>(
        source: &mut S,
        value: Option<S::Value>,
        place: Place,
    ) -> Result<P<T>, S::Error> {
        with_stack(|| T::read(source, value, place)).map(P::new)
    }
}

impl<T: Reflect> Reflect for Option<T> {
    const TYPE: FieldType = T::TYPE;
    const QUANTIFIER: Quantifier = Quantifier::Optional;
    fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
        match self {
            Some(value) => value.emit(sink),
            None => sink.none(),
        }
    }
    fn read<S: Source>(
        source: &mut S,
        value: Option<S::Value>,
        place: Place,
    ) -> Result<Option<T>, S::Error> {
        match value {
            Some(_) => T::read(source, value, place).map(Some),
            None => Ok(None),
        }
    }
}

impl<T: Reflect> Reflect for Vec<T> {
    const TYPE: FieldType = T::TYPE;
    const QUANTIFIER: Quantifier = Quantifier::Sequence;
    fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
        emit_list(self, sink)
    }
    fn read<S: Source>(
        source: &mut S,
        value: Option<S::Value>,
        place: Place,
    ) -> Result<Vec<T>, S::Error> {
        let Some(value) = value else {
            return Ok(Vec::new());
        };
        let items = source.list(value, place.0, place.1)?;
        let mut result = Vec::with_capacity(items.len());
        for item in items {
            source.at_item();
            result.push(with_stack(|| T::read(source, item, place))?);
        }
        Ok(result)
    }
}

impl<T: Reflect> Reflect for Body<T> {
    const TYPE: FieldType = T::TYPE;
    const QUANTIFIER: Quantifier = Quantifier::Sequence;
    fn emit<S: Sink>(&self, sink: &mut S) -> Result<S::Value, S::Error> {
        emit_list(self, sink)
    }
    fn read<S: Source>(
        source: &mut S,
        value: Option<S::Value>,
        place: Place,
    ) -> Result<Body<T>, S::Error> {
        Vec::read(source, value, place).map(Body::new)
    }
}

fn emit_list<T: Reflect, S: Sink>(items: &[T], sink: &mut S) -> Result<S::Value, S::Error> {
    let mut values = Vec::with_capacity(items.len());
    for item in items {
        values.push(with_stack(|| item.emit(sink))?);
    }
    sink.list(values)
}

macro_rules! leaf {
    ($type:ty, $field_type:expr, |$sink:ident, $this:ident| $emit:expr, |$source:ident, $value:ident| $read:expr) => {
        impl Reflect for $type {
            const TYPE: FieldType = $field_type;
            fn emit<S: Sink>(&self, $sink: &mut S) -> Result<S::Value, S::Error> {
                let $this = self;
                $emit
            }
            fn read<S: Source>(
                $source: &mut S,
                value: Option<S::Value>,
                place: Place,
            ) -> Result<Self, S::Error> {
                match value {
                    Some($value) => $read,
                    None => Err($source.missing(place.0, place.1)),
                }
            }
        }
    };
}

leaf!(
    Ident,
    FieldType::Identifier,
    |sink, this| sink.identifier(this),
    |source, value| source.identifier(value)
);
leaf!(
    Box<str>,
    FieldType::String,
    |sink, this| sink.string(this),
    |source, value| source.string(value)
);
leaf!(
    Constant,
    FieldType::Constant,
    |sink, this| sink.constant(this),
    |source, value| source.constant(value)
);
leaf!(
    i32,
    FieldType::Int,
    |sink, this| sink.int(i64::from(*this)),
    |source, value| {
        // ASDL's int is C's: a value out of range is the source's to refuse; clamp what is left.
        let wide = source.int(value)?;
        Ok(i32::try_from(wide).unwrap_or(if wide < 0 { i32::MIN } else { i32::MAX }))
    }
);
