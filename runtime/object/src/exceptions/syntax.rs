//! `SyntaxError` and its place in the source.

use super::base::{self, load, store};
use crate::layout::*;
use crate::{Args, PyResult, Ref, Value, ValueExt, ops, raise};
use std::mem::offset_of;

fn fields(v: Value) -> *mut PySyntaxErrorObject {
    v.as_ptr().cast()
}

pub(super) fn init(v: Value, args: Args<'_>) -> PyResult<()> {
    base::init(v, args)?;
    let given = args.positional();
    let f = fields(v);
    // SAFETY: a SyntaxError.
    unsafe {
        if let Some(msg) = given.first() {
            store(&raw mut (*f).msg, Some(Ref::new(*msg)));
        }
        if let [_, info] = given {
            let info = ops::to_tuple(*info)?;
            let n = crate::tuple::len(info.value());
            if !(4..=6).contains(&n) {
                let (how, limit) = if n < 4 {
                    ("at least", 4)
                } else {
                    ("at most", 6)
                };
                return Err(raise!(
                    TypeError,
                    "function takes {how} {limit} arguments ({n} given)"
                ));
            }
            let places = [
                &raw mut (*f).filename,
                &raw mut (*f).lineno,
                &raw mut (*f).offset,
                &raw mut (*f).text,
                &raw mut (*f).end_lineno,
                &raw mut (*f).end_offset,
            ];
            for (i, place) in places.into_iter().enumerate() {
                let item = (i < n).then(|| Ref::new(crate::tuple::get(info.value(), i)));
                store(place, item);
            }
            if n == 5 {
                return Err(raise!(
                    TypeError,
                    "end_offset must be provided when end_lineno is provided"
                ));
            }
        }
    }
    Ok(())
}

pub(super) fn str_of(v: Value) -> PyResult {
    // SAFETY: a SyntaxError.
    let (msg, filename, lineno) = unsafe {
        let f = fields(v);
        (
            load(&raw const (*f).msg),
            load(&raw const (*f).filename),
            load(&raw const (*f).lineno),
        )
    };
    let filename = filename.filter(|n| n.has_flag(tpflags::UNICODE_SUBCLASS));
    let lineno = lineno.filter(|n| n.is_exact(crate::ty!(crate::int::PyLong_Type)));
    let msg = ops::str_of(msg.unwrap_or_else(Ref::none).value())?;
    if filename.is_none() && lineno.is_none() {
        return Ok(msg);
    }
    let mut b = crate::str::Builder::new();
    b.push_value(msg.value());
    b.push_str(" (");
    if let Some(name) = &filename {
        // The last component of the path.
        let n = crate::str::len(name.value());
        let start = (0..n)
            .rev()
            .find(|i| crate::str::char_at(name.value(), *i) == u32::from(b'/'))
            .map_or(0, |i| i + 1);
        b.push_value(crate::str::substring(name.value(), start, n).value());
        if lineno.is_some() {
            b.push_str(", ");
        }
    }
    if let Some(line) = lineno {
        b.push_str("line ");
        b.push_str(&crate::int::to_i64(line.value()).unwrap_or(-1).to_string());
    }
    b.push_str(")");
    b.finish()
}

crate::members! {
    pub(super) static MEMBERS = [
        "msg" OBJECT, offset_of!(PySyntaxErrorObject, msg), 0, "exception msg";
        "filename" OBJECT, offset_of!(PySyntaxErrorObject, filename), 0, "exception filename";
        "lineno" OBJECT, offset_of!(PySyntaxErrorObject, lineno), 0, "exception lineno";
        "offset" OBJECT, offset_of!(PySyntaxErrorObject, offset), 0, "exception offset";
        "text" OBJECT, offset_of!(PySyntaxErrorObject, text), 0, "exception text";
        "end_lineno" OBJECT, offset_of!(PySyntaxErrorObject, end_lineno), 0, "exception end lineno";
        "end_offset" OBJECT, offset_of!(PySyntaxErrorObject, end_offset), 0, "exception end offset";
        "print_file_and_line" OBJECT, offset_of!(PySyntaxErrorObject, print_file_and_line), 0,
            "exception print_file_and_line";
    ]
}
