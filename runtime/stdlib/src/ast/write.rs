//! Trees to Python objects.

use super::{LOCATION, class_named};
use pyrs_object::{
    PyResult, Raised, Ref, Value, bytes, complex, dict, int, list, raise, set, singletons, str,
    tuple, typeobject,
};
use pyrs_syntax::ast::{AsdlType, Constant, Ident, Mod, NodeClass, Reflect, Sink, Span};

pub(super) fn to_object(module: &Mod) -> PyResult {
    module.emit(&mut Objects)
}

struct Objects;

impl Sink for Objects {
    type Value = Ref;
    type Error = Raised;

    fn node(
        &mut self,
        _: &'static AsdlType,
        class: &'static NodeClass,
        span: Option<Span>,
        fields: Vec<Ref>,
    ) -> PyResult {
        let known = class_named(class.name)?;
        if let Some(one) = known.singleton {
            return Ok(Ref::new(one));
        }
        let node = crate::util::alloc(known.class)?;
        let d = dict::with_capacity(fields.len() + 4);
        for (field, value) in class.fields.iter().zip(fields) {
            dict::set_str(d.value(), field.name, value.value());
        }
        if let Some(span) = span {
            let numbers = [
                span.lineno,
                span.col_offset,
                span.end_lineno,
                span.end_col_offset,
            ];
            for (name, n) in LOCATION.into_iter().zip(numbers) {
                dict::set_str(d.value(), name, Value::int_unchecked(i64::from(n)));
            }
        }
        match typeobject::dict_ptr(node.value())? {
            // SAFETY: a new node has no dict; the place takes the count over.
            Some(place) => unsafe {
                let old = std::mem::replace(&mut *place, d.into_ptr());
                pyrs_object::heap::xdecref_ptr(old);
            },
            None => return Err(raise!(SystemError, "AST node without a dict")),
        }
        Ok(node)
    }
    fn list(&mut self, items: Vec<Ref>) -> PyResult {
        Ok(list::from_vec(items))
    }
    fn none(&mut self) -> PyResult {
        Ok(Ref::none())
    }
    fn identifier(&mut self, name: &Ident) -> PyResult {
        Ok(str::intern(name))
    }
    fn int(&mut self, value: i64) -> PyResult {
        Ok(Ref::int(value))
    }
    fn string(&mut self, text: &str) -> PyResult {
        Ok(str::new(text))
    }
    fn constant(&mut self, value: &Constant) -> PyResult {
        constant(value)
    }
}

fn constant(value: &Constant) -> PyResult {
    Ok(match value {
        Constant::None => Ref::none(),
        Constant::True => Ref::bool(true),
        Constant::False => Ref::bool(false),
        Constant::Ellipsis => Ref::new(singletons::ellipsis()),
        Constant::Int(n) => Ref::int(*n),
        Constant::BigInt(text) => {
            let (digits, base) = match text.get(..2) {
                Some("0x") => (&text[2..], 16),
                Some("0o") => (&text[2..], 8),
                Some("0b") => (&text[2..], 2),
                _ => (&**text, 10),
            };
            int::parse(digits, base).ok_or_else(|| raise!(ValueError, "invalid integer literal"))?
        }
        Constant::Float(x) => Ref::float(*x),
        Constant::Complex(x) => complex::new(0.0, *x),
        Constant::Str(text) => str::from_wtf8(text),
        Constant::Bytes(data) => bytes::new(data),
        Constant::Tuple(items) => {
            tuple::from_vec(items.iter().map(constant).collect::<PyResult<_>>()?)
        }
        Constant::FrozenSet(items) => {
            set::new_frozen(items.iter().map(constant).collect::<PyResult<_>>()?)?
        }
    })
}
