//! `_json.make_encoder`: objects to JSON text, written into one builder.

use super::plain_bytes;
use crate::util::{alloc, is_str};
use pyrs_layout::{PyObject, membertype, tpflags};
use pyrs_object::str::{Builder, StrView};
use pyrs_object::{
    Args, PyResult, Ref, Signature, Type, Value, ValueExt, dict, each_width, float, gc, heap,
    hooks, int, intern, list, members, ops, py_type, raise, str, tuple, ty,
};
use std::ffi::{c_int, c_void};
use std::mem::offset_of;

#[repr(C)]
pub(super) struct EncoderObject {
    ob_base: PyObject,
    markers: *mut PyObject,
    default: *mut PyObject,
    encoder: *mut PyObject,
    indent: *mut PyObject,
    key_separator: *mut PyObject,
    item_separator: *mut PyObject,
    sort_keys: u8,
    skipkeys: u8,
    allow_nan: u8,
    /// The encoder of strings is this module's: 1 ASCII only, 2 plain, 0 another.
    native: u8,
}
members! { static MEMBERS = [
    "markers" OBJECT, offset_of!(EncoderObject, markers), membertype::READONLY, "markers";
    "default" OBJECT, offset_of!(EncoderObject, default), membertype::READONLY, "default";
    "encoder" OBJECT, offset_of!(EncoderObject, encoder), membertype::READONLY, "encoder";
    "indent" OBJECT, offset_of!(EncoderObject, indent), membertype::READONLY, "indent";
    "key_separator" OBJECT, offset_of!(EncoderObject, key_separator), membertype::READONLY, "key_separator";
    "item_separator" OBJECT, offset_of!(EncoderObject, item_separator), membertype::READONLY, "item_separator";
    "sort_keys" BOOL, offset_of!(EncoderObject, sort_keys), membertype::READONLY, "sort_keys";
    "skipkeys" BOOL, offset_of!(EncoderObject, skipkeys), membertype::READONLY, "skipkeys";
] }
py_type! {
    pub(super) static JsonEncoder_Type: EncoderObject = "_json.Encoder" {
        flags: HAVE_GC;
        doc: "Encoder(markers, default, encoder, indent, key_separator, item_separator, sort_keys, skipkeys, allow_nan)";
        raw { tp_dealloc: dealloc, tp_traverse: traverse }
        slots { tp_call: call, tp_new: new }
        members: MEMBERS;
    }
}
unsafe extern "C" fn dealloc(o: *mut PyObject) {
    let s = o.cast::<EncoderObject>();
    // SAFETY: a dead encoder owns its fields.
    unsafe {
        gc::untrack(o);
        heap::clear_field(&raw mut (*s).markers);
        heap::clear_field(&raw mut (*s).default);
        heap::clear_field(&raw mut (*s).encoder);
        heap::clear_field(&raw mut (*s).indent);
        heap::clear_field(&raw mut (*s).key_separator);
        heap::clear_field(&raw mut (*s).item_separator);
        heap::finish_dealloc(o);
    }
}
unsafe extern "C" fn traverse(
    o: *mut PyObject,
    visit: pyrs_layout::visitproc,
    arg: *mut c_void,
) -> c_int {
    let s = o.cast::<EncoderObject>();
    // SAFETY: called by the collector for a live encoder.
    unsafe {
        pyrs_object::visit_fields!(
            visit,
            arg,
            Value::from_object((*s).markers),
            Value::from_object((*s).default),
            Value::from_object((*s).encoder),
            Value::from_object((*s).indent)
        )
    }
}
fn new(t: Type, args: Args<'_>) -> PyResult {
    const NEW: Signature<9> = Signature {
        name: "make_encoder",
        params: [
            "markers",
            "default",
            "encoder",
            "indent",
            "key_separator",
            "item_separator",
            "sort_keys",
            "skipkeys",
            "allow_nan",
        ],
        posonly: 0,
        positional: 9,
        required: 9,
    };
    let [
        markers,
        default,
        encoder,
        indent,
        key_separator,
        item_separator,
        sort_keys,
        skipkeys,
        allow_nan,
    ] = args.bind(&NEW)?;
    for (i, v) in [(5, key_separator), (6, item_separator)] {
        if !is_str(v) {
            return Err(raise!(
                TypeError,
                "make_encoder() argument {i} must be str, not {}",
                v.ty().message_name()
            ));
        }
    }
    if !markers.is_none() && !dict::is_dict(markers) {
        return Err(raise!(
            TypeError,
            "make_encoder() argument 1 must be dict or None, not {}",
            markers.ty().message_name()
        ));
    }
    let flags = [
        ops::is_true(sort_keys)?,
        ops::is_true(skipkeys)?,
        ops::is_true(allow_nan)?,
    ];
    let native = match ops::native_function(encoder) {
        Some((def, _)) => match &def.native {
            pyrs_object::native::NativeFn::O(_) => native_kind(encoder)?,
            _ => 0,
        },
        None => 0,
    };
    let made = alloc(t)?;
    let own = |v: Value| pyrs_object::boundary::to_c(Ref::new(v));
    // SAFETY: a new encoder takes its fields over.
    unsafe {
        let e = made.value().as_ptr().cast::<EncoderObject>();
        (*e).markers = own(markers);
        (*e).default = own(default);
        (*e).encoder = own(encoder);
        (*e).indent = own(indent);
        (*e).key_separator = own(key_separator);
        (*e).item_separator = own(item_separator);
        [(*e).sort_keys, (*e).skipkeys, (*e).allow_nan] = flags.map(u8::from);
        (*e).native = native;
    }
    Ok(made)
}
fn native_kind(encoder: Value) -> PyResult<u8> {
    let module = ops::getattr_opt(encoder, intern!("__module__"))?;
    if !module.is_some_and(|m| is_str(m.value()) && str::eq_str(m.value(), "_json")) {
        return Ok(0);
    }
    let name = ops::getattr(encoder, intern!("__name__"))?;
    Ok(if str::eq_str(name.value(), "encode_basestring_ascii") {
        1
    } else if str::eq_str(name.value(), "encode_basestring") {
        2
    } else {
        0
    })
}
fn call(v: Value, args: Args<'_>) -> PyResult {
    const CALL: Signature<2> = Signature {
        name: "_iterencode",
        params: ["obj", "_current_indent_level"],
        posonly: 0,
        positional: 2,
        required: 2,
    };
    let [object, level] = args.bind(&CALL)?;
    let level = ops::index_as_isize(level)?;
    // SAFETY: a live encoder, whose fields do not change.
    let e = unsafe { &*v.as_ptr().cast::<EncoderObject>() };
    let mut out = Builder::new();
    encode(e, &mut out, object, level)?;
    Ok(tuple::from_vec(vec![out.finish()?]))
}

/// `text` in quotes, escaped.
pub(super) fn quote(out: &mut Builder, text: Value, ascii: bool) {
    out.push(0x22);
    if let StrView::Latin1(s) = str::view(text) {
        let mut rest = s;
        loop {
            let n = if ascii {
                plain_bytes::<true>(rest)
            } else {
                plain_bytes::<false>(rest)
            };
            out.push_latin1(&rest[..n]);
            let Some(&c) = rest.get(n) else { break };
            escape(out, c.into());
            rest = &rest[n + 1..];
        }
    } else {
        each_width!(str::view(text), s => {
            let mut from = 0;
            for (i, &c) in s.iter().enumerate() {
                #[allow(clippy::useless_conversion, reason = "none in the other widths")]
                let c = u32::from(c);
                if c >= 0x20 && c != 0x22 && c != 0x5c && (!ascii || c < 0x7f) {
                    continue;
                }
                out.push_units(&s[from..i]);
                from = i + 1;
                escape(out, c);
            }
            out.push_units(&s[from..]);
        });
    }
    out.push(0x22);
}
fn escape(out: &mut Builder, c: u32) {
    let short = match u8::try_from(c).unwrap_or(0) {
        c @ (b'"' | b'\\') => c,
        8 => b'b',
        12 => b'f',
        b'\n' => b'n',
        b'\r' => b'r',
        b'\t' => b't',
        _ => 0,
    };
    if short != 0 {
        return out.push_latin1(&[b'\\', short]);
    }
    let mut unit = |u: u32| {
        let digit = |shift: u32| b"0123456789abcdef"[(u >> shift & 15) as usize];
        out.push_latin1(&[b'\\', b'u', digit(12), digit(8), digit(4), digit(0)]);
    };
    match c.checked_sub(0x10000) {
        None => unit(c),
        Some(c) => {
            unit(0xd800 + (c >> 10));
            unit(0xdc00 + (c & 0x3ff));
        }
    }
}
fn encode_str(e: &EncoderObject, out: &mut Builder, v: Value) -> PyResult<()> {
    match e.native {
        0 => {
            let encoded = ops::call(Value::from_object(e.encoder), &[v])?;
            if !is_str(encoded.value()) {
                let name = encoded.value().ty().message_name();
                return Err(raise!(
                    TypeError,
                    "encoder() must return a string, not {name}"
                ));
            }
            out.push_value(encoded.value());
        }
        kind => quote(out, v, kind == 1),
    }
    Ok(())
}
fn push_float(e: &EncoderObject, out: &mut Builder, v: Value) -> PyResult<()> {
    let x = float::value(v);
    if x.is_finite() {
        out.push_latin1(float::repr_f64(x).as_bytes());
        return Ok(());
    }
    if e.allow_nan == 0 {
        return Err(raise!(
            ValueError,
            "Out of range float values are not JSON compliant"
        ));
    }
    out.push_str(if x.is_nan() {
        "NaN"
    } else if x > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    });
    Ok(())
}
fn push_int(out: &mut Builder, v: Value) -> PyResult<()> {
    let Some(n) = v.as_int() else {
        out.push_str(&int::to_text(v, 10)?);
        return Ok(());
    };
    out.push_latin1(ops::decimal_digits(n, &mut [0; 20]));
    Ok(())
}
/// Marks a container as being written; an object met inside itself is an error.
fn enter(e: &EncoderObject, v: Value) -> PyResult<Option<Ref>> {
    let markers = Value::from_object(e.markers);
    if markers.is_none() {
        return Ok(None);
    }
    let id = int::from_u64(ops::id(v));
    if dict::contains(markers, id.value())? {
        return Err(raise!(ValueError, "Circular reference detected"));
    }
    dict::set_item(markers, id.value(), v)?;
    Ok(Some(id))
}
fn leave(e: &EncoderObject, id: Option<Ref>) -> PyResult<()> {
    if let Some(id) = id {
        dict::del_item(Value::from_object(e.markers), id.value())?;
    }
    Ok(())
}
fn encode(e: &EncoderObject, out: &mut Builder, v: Value, level: isize) -> PyResult<()> {
    if v.is_none() {
        out.push_str("null");
    } else if v.is_true_const() {
        out.push_str("true");
    } else if v.is_false_const() {
        out.push_str("false");
    } else if is_str(v) {
        encode_str(e, out, v)?;
    } else if int::is_int_instance(v) {
        push_int(out, v)?;
    } else if float::is_float_instance(v) {
        push_float(e, out, v)?;
    } else if v.has_flag(tpflags::LIST_SUBCLASS) || v.has_flag(tpflags::TUPLE_SUBCLASS) {
        let _guard = hooks().enter_counted(" while encoding a JSON object")?;
        encode_list(e, out, v, level)?;
    } else if dict::is_dict(v) {
        let _guard = hooks().enter_counted(" while encoding a JSON object")?;
        encode_dict(e, out, v, level)?;
    } else {
        let id = enter(e, v)?;
        let other = ops::call(Value::from_object(e.default), &[v])?;
        {
            let _guard = hooks().enter_counted(" while encoding a JSON object")?;
            encode(e, out, other.value(), level)?;
        }
        leave(e, id)?;
    }
    Ok(())
}
fn encode_list(e: &EncoderObject, out: &mut Builder, v: Value, level: isize) -> PyResult<()> {
    // What is no list or tuple itself is asked for its items; others may change while they are written.
    let copy = match ops::exact_items(v) {
        Some(_) => None,
        None => Some(ops::to_list(v)?),
    };
    let sequence = copy.as_ref().map_or(v, Ref::value);
    let item = |i: usize| {
        let items = ops::exact_items(sequence).unwrap_or(&[]);
        items
            .get(i)
            .map(|v| pyrs_object::list::common::item_ref(*v))
    };
    let Some(mut next) = item(0) else {
        out.push_str("[]");
        return Ok(());
    };
    let id = enter(e, v)?;
    out.push(u32::from(b'['));
    let mut i = 0;
    loop {
        encode(e, out, next.value(), level)?;
        i += 1;
        match item(i) {
            Some(more) => next = more,
            None => break,
        }
        out.push_value(Value::from_object(e.item_separator));
    }
    leave(e, id)?;
    out.push(u32::from(b']'));
    Ok(())
}
fn encode_dict(e: &EncoderObject, out: &mut Builder, v: Value, level: isize) -> PyResult<()> {
    if dict::len(v) == 0 {
        out.push_str("{}");
        return Ok(());
    }
    let id = enter(e, v)?;
    out.push(u32::from(b'{'));
    let mut first = true;
    let mut pair = |key: Value, value: Value| encode_pair(e, out, key, value, level, &mut first);
    if e.sort_keys == 0 && v.is_exact(ty!(dict::PyDict_Type)) {
        // The dict may change while its values are written.
        let mut pairs: smallvec::SmallVec<[(Ref, Ref); 16]> =
            smallvec::SmallVec::with_capacity(dict::len(v));
        dict::for_each(v, |key, value| pairs.push((Ref::new(key), Ref::new(value))));
        for (key, value) in &pairs {
            pair(key.value(), value.value())?;
        }
    } else {
        let items = ops::mapping_list(v, "items")?;
        if e.sort_keys != 0 {
            list::sort(items.value(), Value::EMPTY, false)?;
        }
        for item in ops::collect(items.value())? {
            let item = item.value();
            if !tuple::is_tuple(item) || tuple::len(item) != 2 {
                return Err(raise!(ValueError, "items must return 2-tuples"));
            }
            pair(tuple::get(item, 0), tuple::get(item, 1))?;
        }
    }
    leave(e, id)?;
    out.push(u32::from(b'}'));
    Ok(())
}
fn encode_pair(
    e: &EncoderObject,
    out: &mut Builder,
    key: Value,
    value: Value,
    level: isize,
    first: &mut bool,
) -> PyResult<()> {
    let text = if is_str(key) {
        Ref::new(key)
    } else if float::is_float_instance(key) {
        let mut text = Builder::new();
        push_float(e, &mut text, key)?;
        text.finish()?
    } else if key.is_none() {
        Ref::str("null")
    } else if key.is_true_const() {
        Ref::str("true")
    } else if key.is_false_const() {
        Ref::str("false")
    } else if int::is_int_instance(key) {
        Ref::str(&int::to_text(key, 10)?)
    } else if e.skipkeys != 0 {
        return Ok(());
    } else {
        let name = key.ty().message_name();
        return Err(raise!(
            TypeError,
            "keys must be str, int, float, bool or None, not {name}"
        ));
    };
    if !std::mem::take(first) {
        out.push_value(Value::from_object(e.item_separator));
    }
    encode_str(e, out, text.value())?;
    out.push_value(Value::from_object(e.key_separator));
    encode(e, out, value, level)
}
