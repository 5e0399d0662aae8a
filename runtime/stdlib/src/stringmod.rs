//! `_string`: the scanners of `str.format` markup for `string.Formatter`.

use pyrs_object::layout::tpflags;
use pyrs_object::str::{Field, Markup};
use pyrs_object::{PyResult, Ref, Value, ValueExt, list, methods, module, ops, raise, str, tuple};

fn need_str(v: Value) -> PyResult<()> {
    if v.has_flag(tpflags::UNICODE_SUBCLASS) {
        Ok(())
    } else {
        Err(raise!(
            TypeError,
            "expected str, got {}",
            v.ty().message_name()
        ))
    }
}

/// The pieces of the markup as an iterator of (literal, field name, format spec, conversion).
fn formatter_parser(_: Value, v: Value) -> PyResult {
    need_str(v)?;
    let mut markup = Markup::new(Ref::new(v));
    let rows = list::new();
    while let Some(piece) = markup.next_piece()? {
        let literal = markup.text(piece.literal);
        let (name, spec, conversion) = match piece.field {
            None => (Ref::none(), Ref::none(), Ref::none()),
            Some(f) => (
                markup.text(f.name),
                markup.text(f.spec),
                f.conversion.map_or_else(Ref::none, str::from_char),
            ),
        };
        list::append(
            rows.value(),
            tuple::from_vec(vec![literal, name, spec, conversion]),
        )?;
    }
    ops::iter(rows.value())
}

fn field(v: Value, f: Field) -> Ref {
    match f {
        Field::Index(n) => Ref::int(n as i64),
        Field::Name(r) => str::substring(v, r.start, r.end),
    }
}

/// (first, iterator of (is attribute, name or index)).
fn formatter_field_name_split(_: Value, v: Value) -> PyResult {
    need_str(v)?;
    let (first, mut path) = str::field_name_split(str::view(v), 0..str::len(v))
        .map_err(|m| raise!(ValueError, "{m}"))?;
    let rows = list::new();
    while let Some((attribute, f)) = path
        .step(str::view(v))
        .map_err(|m| raise!(ValueError, "{m}"))?
    {
        list::append(
            rows.value(),
            tuple::from_vec(vec![Ref::bool(attribute), field(v, f)]),
        )?;
    }
    Ok(tuple::from_vec(vec![
        field(v, first),
        ops::iter(rows.value())?,
    ]))
}

methods! { static FUNCTIONS = [
    "formatter_field_name_split" O formatter_field_name_split, "split the argument as a field name";
    "formatter_parser" O formatter_parser, "parse the argument as a format string";
] }

pub fn init() -> PyResult {
    let m = module::new("_string");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    Ok(m)
}
