//! `_string`: the scanner of `str.format` for `string.Formatter`.

use pyrs_object::layout::*;
use pyrs_object::str::{Field, FieldPath, Markup, field_name_split};
use pyrs_object::{PyResult, Raised, Ref, Value, ValueExt, heap, methods, module, py_type, raise, str, tuple, ty, typeobject};

#[repr(C)]
struct FormatterIterator {
    ob_base: PyObject,
    markup: Option<Markup>,
}
#[repr(C)]
struct FieldNameIterator {
    ob_base: PyObject,
    text: Value,
    path: Option<FieldPath>,
}

fn wrong(v: Value) -> Raised {
    raise!(TypeError, "expected str, got {}", v.ty().message_name())
}
fn formatter_parser(_: Value, v: Value) -> PyResult {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong(v));
    }
    let object = heap::alloc_zeroed(ty!(FormatterIterator_Type), size_of::<FormatterIterator>());
    // SAFETY: freshly allocated with that layout.
    unsafe {
        std::ptr::write(&raw mut (*object.cast::<FormatterIterator>()).markup, Some(Markup::new(Ref::new(v))));
        Ok(Ref::from_owned_ptr(object))
    }
}
fn same(v: Value) -> PyResult {
    Ok(Ref::new(v))
}
fn parser_next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: a live iterator; parsing runs no Python code.
    let it = unsafe { &mut *v.as_ptr().cast::<FormatterIterator>() };
    let Some(markup) = &mut it.markup else { return Ok(None) };
    let Some(piece) = markup.next_piece()? else { return Ok(None) };
    let literal = markup.text(piece.literal);
    let fields = match piece.field {
        None => vec![literal, Ref::none(), Ref::none(), Ref::none()],
        Some(f) => {
            let conversion = f.conversion.map_or_else(Ref::none, str::from_char);
            vec![literal, markup.text(f.name), markup.text(f.spec), conversion]
        }
    };
    Ok(Some(tuple::from_vec(fields)))
}
unsafe extern "C" fn parser_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        std::ptr::drop_in_place(&raw mut (*object.cast::<FormatterIterator>()).markup);
        heap::finish_dealloc(object);
    }
}
py_type! {
    static FormatterIterator_Type: FormatterIterator = "formatteriterator" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: parser_dealloc }
        slots { tp_iter: same, tp_iternext: parser_next }
    }
}

fn value_error(message: &str) -> Raised {
    raise!(ValueError, "{message}")
}
fn field_object(text: Value, f: Field) -> Ref {
    match f {
        Field::Index(n) => Ref::int(n as i64),
        Field::Name(range) => str::substring(text, range.start, range.end),
    }
}
fn formatter_field_name_split(_: Value, v: Value) -> PyResult {
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(wrong(v));
    }
    let (first, path) = field_name_split(str::view(v), 0..str::len(v)).map_err(value_error)?;
    let object = heap::alloc_zeroed(ty!(FieldNameIterator_Type), size_of::<FieldNameIterator>());
    // SAFETY: freshly allocated with that layout.
    let rest = unsafe {
        let it = object.cast::<FieldNameIterator>();
        (*it).text = Ref::new(v).into_value();
        std::ptr::write(&raw mut (*it).path, Some(path));
        Ref::from_owned_ptr(object)
    };
    Ok(tuple::from_vec(vec![field_object(v, first), rest]))
}
fn path_next(v: Value) -> PyResult<Option<Ref>> {
    // SAFETY: a live iterator; parsing runs no Python code.
    let it = unsafe { &mut *v.as_ptr().cast::<FieldNameIterator>() };
    let Some(path) = &mut it.path else { return Ok(None) };
    let text = it.text;
    match path.step(str::view(text)).map_err(value_error)? {
        None => Ok(None),
        Some((is_attribute, f)) => Ok(Some(tuple::from_vec(vec![Ref::bool(is_attribute), field_object(text, f)]))),
    }
}
unsafe extern "C" fn path_dealloc(object: *mut PyObject) {
    // SAFETY: the count is zero.
    unsafe {
        let it = object.cast::<FieldNameIterator>();
        heap::clear_field(&raw mut (*it).text);
        std::ptr::drop_in_place(&raw mut (*it).path);
        heap::finish_dealloc(object);
    }
}
py_type! {
    static FieldNameIterator_Type: FieldNameIterator = "fieldnameiterator" {
        flags: DISALLOW_INSTANTIATION;
        raw { tp_dealloc: path_dealloc }
        slots { tp_iter: same, tp_iternext: path_next }
    }
}
methods! {
    static FUNCTIONS = [
        "formatter_field_name_split" O formatter_field_name_split, "split the argument as a field name";
        "formatter_parser" O formatter_parser, "parse the argument as a format string";
    ]
}
pub fn init() -> PyResult {
    let m = module::new("_string");
    module::add_functions(m.value(), (&raw mut FUNCTIONS).cast());
    typeobject::ready(ty!(FormatterIterator_Type))?;
    typeobject::ready(ty!(FieldNameIterator_Type))?;
    Ok(m)
}
