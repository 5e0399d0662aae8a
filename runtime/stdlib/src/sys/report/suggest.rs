//! "Did you mean": the name nearest to one that was not found.

use pyrs_object::layout::*;
use pyrs_object::{Ref, Value, ValueExt, errors, exceptions, ops, str, traceback};
use pyrs_vm::code::Code;
use pyrs_vm::frameobject;

const MAX_CANDIDATES: usize = 750;
const MAX_LENGTH: usize = 40;
const MOVE: usize = 2;
const CASE: usize = 1;

/// The suggestion for a `NameError` or `AttributeError`.
pub(super) fn for_exception(exc: Value) -> Option<Ref> {
    let found = if !exc.is_object() {
        None
    } else if exc.ty() == exceptions::AttributeError {
        attribute(exc)
    } else if exc.ty() == exceptions::NameError {
        name(exc)
    } else {
        None
    };
    errors::clear();
    found
}

fn field(p: *mut PyObject) -> Option<Ref> {
    (!p.is_null()).then(|| Ref::new(Value::from_object(p)))
}

fn attribute(exc: Value) -> Option<Ref> {
    // SAFETY: an AttributeError; its fields are null or objects.
    let (obj, name) = unsafe {
        let e = exc.as_ptr().cast::<PyAttributeErrorObject>();
        (field((*e).obj)?, field((*e).name)?)
    };
    let dir = pyrs_object::dict::get_str(pyrs_vm::builtins_dict(), "dir")?;
    let names = ops::call(dir.value(), &[obj.value()])
        .and_then(|l| ops::collect(l.value()))
        .ok()?;
    nearest(name.value(), &names)
}

fn name(exc: Value) -> Option<Ref> {
    // SAFETY: a NameError; its field is null or an object.
    let name = unsafe { field((*exc.as_ptr().cast::<PyNameErrorObject>()).name)? };
    let mut tb = exceptions::traceback_of(exc)?;
    while let Some(next) = traceback::next_of(tb.value()) {
        tb = next;
    }
    let frame = traceback::frame_of(tb.value());
    if !frameobject::is_frame(frame.value()) || frameobject::frame_of(frame.value()).is_null() {
        return None;
    }
    // SAFETY: the frame object keeps its frame.
    let (locals, globals, builtins) = unsafe {
        let raw = frameobject::frame_of(frame.value());
        let code = &*(*raw).code.cast::<Code>();
        let locals: Vec<Ref> = code.varnames().iter().map(|n| Ref::new(*n)).collect();
        (
            locals,
            Ref::new(Value::from_object((*raw).globals)),
            Ref::new(Value::from_object((*raw).builtins)),
        )
    };
    if let Some(found) = nearest(name.value(), &locals) {
        return Some(found);
    }
    for space in [globals, builtins] {
        let names = ops::collect(space.value()).ok()?;
        if let Some(found) = nearest(name.value(), &names) {
            return Some(found);
        }
    }
    None
}

fn nearest(name: Value, candidates: &[Ref]) -> Option<Ref> {
    if candidates.len() >= MAX_CANDIDATES || !str::is_str(name) {
        return None;
    }
    let wanted = str::to_wtf8(name);
    let mut best: Option<(usize, &Ref)> = None;
    for item in candidates {
        if !str::is_str(item.value()) {
            return None;
        }
        let text = str::to_wtf8(item.value());
        if text == wanted {
            continue;
        }
        // No more than a third of the characters may need a change.
        let mut limit = (wanted.len() + text.len() + 3) * MOVE / 6;
        if let Some((d, _)) = best {
            match d.checked_sub(1) {
                Some(d) => limit = limit.min(d),
                None => break,
            }
        }
        let d = distance(&wanted, &text, limit);
        if d <= limit {
            best = Some((d, item));
        }
    }
    best.map(|(_, item)| item.clone())
}

fn substitution(a: u8, b: u8) -> usize {
    if a & 31 != b & 31 {
        MOVE
    } else if a == b {
        0
    } else if a.eq_ignore_ascii_case(&b) {
        CASE
    } else {
        MOVE
    }
}

/// Edit distance in which a change of case costs half; more than `limit` is only known to be more.
fn distance<'a>(mut a: &'a [u8], mut b: &'a [u8], limit: usize) -> usize {
    let prefix = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    (a, b) = (&a[prefix..], &b[prefix..]);
    let suffix = a
        .iter()
        .rev()
        .zip(b.iter().rev())
        .take_while(|(x, y)| x == y)
        .count();
    (a, b) = (&a[..a.len() - suffix], &b[..b.len() - suffix]);
    if a.is_empty() || b.is_empty() {
        return (a.len() + b.len()) * MOVE;
    }
    if a.len() > MAX_LENGTH || b.len() > MAX_LENGTH {
        return limit + 1;
    }
    if b.len() < a.len() {
        (a, b) = (b, a);
    }
    if (b.len() - a.len()) * MOVE > limit {
        return limit + 1;
    }
    let mut row: Vec<usize> = (1..=a.len()).map(|i| i * MOVE).collect();
    let mut result = 0;
    for (j, code) in b.iter().enumerate() {
        let mut diagonal = j * MOVE;
        result = diagonal;
        let mut minimum = usize::MAX;
        for (i, cell) in row.iter_mut().enumerate() {
            let replaced = diagonal + substitution(*code, a[i]);
            diagonal = *cell;
            result = (result.min(diagonal) + MOVE).min(replaced);
            *cell = result;
            minimum = minimum.min(result);
        }
        if minimum > limit {
            return limit + 1;
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::distance;

    #[test]
    fn distances() {
        assert_eq!(distance(b"abc", b"abc", 10), 0);
        assert_eq!(distance(b"abc", b"abd", 10), 2);
        assert_eq!(distance(b"Abc", b"abc", 10), 1);
        assert_eq!(distance(b"blech", b"bluch", 10), 2);
    }
}
