//! `_tokenize`: the compiler's tokens of a text, one after the other.

use pyrs_object::layout::*;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, errors, heap, module, py_type, raise,
    str, tuple, ty,
};
use pyrs_syntax::tokenize::{PlainToken, Tokens, tokens};

#[repr(C)]
struct TokenizerIter {
    ob_base: PyObject,
    rest: Option<Box<Rest>>,
}
/// What has not been given yet.
struct Rest {
    tokens: std::vec::IntoIter<PlainToken>,
    error: Option<pyrs_syntax::SyntaxError>,
}

py_type! {
    static TokenizerIter_Type: TokenizerIter = "_tokenize.TokenizerIter" {
        flags: DEFAULT;
        raw { tp_dealloc: dealloc }
        slots { tp_iter: pyrs_object::iterobject::self_iter, tp_iternext: next, tp_new: new }
    }
}

fn rest<'a>(v: Value) -> &'a mut Option<Box<Rest>> {
    // SAFETY: `v` is a live iterator; nothing that runs Python code holds the borrow.
    unsafe { &mut (*v.as_ptr().cast::<TokenizerIter>()).rest }
}

fn new(t: Type, args: Args<'_>) -> PyResult {
    const NEW: Signature<1> = Signature {
        name: "tokenizeriter",
        params: ["source"],
        posonly: 0,
        positional: 1,
        required: 1,
    };
    let [source] = args.bind(&NEW)?;
    if !source.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "tokenizeriter() argument 'source' must be str, not {}",
            source.ty().message_name()
        ));
    }
    let text = str::as_utf8(source)?;
    if text.contains('\0') {
        return Err(raise!(ValueError, "embedded null character"));
    }
    let Tokens { tokens, error } = tokens(text);
    let alloc = t.tp_alloc.unwrap_or(heap::generic_alloc);
    let rest = Box::new(Rest {
        tokens: tokens.into_iter(),
        error,
    });
    // SAFETY: a ready type; the layout is ours, and the field is written before anyone reads it.
    unsafe {
        let object = alloc(t.as_ptr(), 0);
        if object.is_null() {
            return Err(errors::no_memory());
        }
        std::ptr::write(&raw mut (*object.cast::<TokenizerIter>()).rest, Some(rest));
        Ok(Ref::from_owned_ptr(object))
    }
}
unsafe extern "C" fn dealloc(object: *mut PyObject) {
    // SAFETY: a dead iterator.
    unsafe {
        std::ptr::drop_in_place(&raw mut (*object.cast::<TokenizerIter>()).rest);
        heap::finish_dealloc(object);
    }
}
fn next(v: Value) -> PyResult<Option<Ref>> {
    let Some(state) = rest(v) else {
        return Ok(None);
    };
    if let Some(token) = state.tokens.next() {
        let number = |n: i64| Ref::int(n);
        return Ok(Some(tuple::from_vec(vec![
            str::new(&token.text),
            number(i64::from(token.kind)),
            number(i64::from(token.lineno)),
            number(i64::from(token.end_lineno)),
            number(token.column),
            number(token.end_column),
            str::new(&token.line),
        ])));
    }
    let error = state.error.take();
    *rest(v) = None;
    match error {
        Some(e) => Err(pyrs_vm::source::syntax_error(&e, "<string>")),
        None => Ok(None),
    }
}

pub fn init() -> PyResult {
    let m = module::new("_tokenize");
    module::add_type(m.value(), ty!(TokenizerIter_Type))?;
    Ok(m)
}
