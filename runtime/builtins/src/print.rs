//! `print`.

use pyrs_object::layout::tpflags;
use pyrs_object::{
    Args, PyResult, Ref, Signature, Value, ValueExt, hooks, intern, ops, raise, typeobject,
};

const PRINT: Signature<4> = Signature {
    name: "print",
    params: ["sep", "end", "file", "flush"],
    posonly: 0,
    positional: 0,
    required: 0,
};

fn text_option(v: Value, name: &str) -> PyResult<Option<Value>> {
    if v.is_empty() || v.is_none() {
        return Ok(None);
    }
    if !v.has_flag(tpflags::UNICODE_SUBCLASS) {
        return Err(raise!(
            TypeError,
            "{name} must be None or a string, not {}",
            v.ty().message_name()
        ));
    }
    Ok(Some(v))
}

pub(crate) fn builtin_print(_: Value, args: Args<'_>) -> PyResult {
    let items = args.positional();
    let named = Args {
        values: &args.values[items.len()..],
        kwnames: args.kwnames,
    };
    let [sep, end, file, flush] = named.bind(&PRINT)?;
    let file = if file.is_empty() || file.is_none() {
        match (hooks().sys_attr)("stdout") {
            Some(f) if f.is_none() => return Ok(Ref::none()),
            Some(f) => f,
            None => return Err(raise!(RuntimeError, "lost sys.stdout")),
        }
    } else {
        Ref::new(file)
    };
    let sep = text_option(sep, "sep")?;
    let end = text_option(end, "end")?;
    let write = |text: Value| ops::call_method(file.value(), intern!("write"), &[text]).map(drop);
    for (i, v) in items.iter().enumerate() {
        if i > 0 {
            write(sep.unwrap_or(intern!(" ")))?;
        }
        // The method is looked up before the text is made.
        let method = typeobject::get_method(file.value(), intern!("write"))?;
        let text = ops::str_of(*v)?;
        method.call(&[text.value()])?;
    }
    write(end.unwrap_or(intern!("\n")))?;
    if !flush.is_empty() && ops::is_true(flush)? {
        ops::call_method(file.value(), intern!("flush"), &[])?;
    }
    Ok(Ref::none())
}
