//! `types.CodeType(...)`: code from its parts.
//!
//! `co_linetable` carries the body (instructions, registers, handlers, positions), so that the parts of a code object make
//! one again that runs; what pickles functions does that. Parts with other bytecode make what extensions get from
//! `PyCode_NewWithPosOnlyArgs`.

use crate::code;
use crate::code_from_c::{Parts, foreign};
use pyrs_bytecode::CodeUnit;
use pyrs_object::{
    Args, PyResult, Type, Value, ValueExt, audit, bytes, check_positional, ops, raise, str, tuple,
};

/// What the `co_linetable` of our own code begins with.
const MARK: &[u8] = b"pyrs:";

/// `co_linetable` of a code object with a body.
pub(crate) fn linetable(v: Value) -> PyResult {
    Ok(bytes::new(&[MARK, &code::bare_image(v)?].concat()))
}

/// The unit that [`linetable`] has written.
fn carried(linetable: &[u8]) -> Option<CodeUnit> {
    pyrs_bytecode::decode(linetable.strip_prefix(MARK)?).ok()
}

fn typed(given: &[Value], i: usize, ok: fn(Value) -> bool, wanted: &str) -> PyResult<()> {
    match given.get(i) {
        Some(v) if !ok(*v) => {
            let got = if v.is_none() {
                "None"
            } else {
                v.ty().message_name()
            };
            Err(raise!(
                TypeError,
                "code() argument {} must be {wanted}, not {got}",
                i + 1
            ))
        }
        _ => Ok(()),
    }
}
fn number(v: Value) -> PyResult<i32> {
    i32::try_from(ops::index_as_isize(v)?)
        .map_err(|_| raise!(OverflowError, "Python int too large to convert to C int"))
}
fn not_negative(n: i32, what: &str) -> PyResult<u32> {
    u32::try_from(n).map_err(|_| raise!(ValueError, "code: {what} must not be negative"))
}
fn names(v: Value) -> PyResult<Vec<String>> {
    tuple::items(v)
        .iter()
        .map(|name| {
            if str::is_str(*name) {
                return Ok(str::to_string_lossy(*name));
            }
            Err(raise!(
                TypeError,
                "name tuples must contain only strings, not '{}'",
                name.ty().message_name()
            ))
        })
        .collect()
}

/// The slot.
pub(crate) fn new(_: Type, args: Args<'_>) -> PyResult {
    args.no_keywords("code")?;
    let given = args.positional();
    check_positional("code", given.len(), 16, 18)?;
    let mut counts = [0; 6];
    for (to, from) in counts.iter_mut().zip(given) {
        *to = number(*from)?;
    }
    typed(given, 6, bytes::is_bytes, "bytes")?;
    for i in 7..10 {
        typed(given, i, tuple::is_tuple, "tuple")?;
    }
    for i in 10..13 {
        typed(given, i, str::is_str, "str")?;
    }
    let first_line = number(given[13])?;
    for i in 14..16 {
        typed(given, i, bytes::is_bytes, "bytes")?;
    }
    for i in 16..18 {
        typed(given, i, tuple::is_tuple, "tuple")?;
    }
    let [argcount, posonly, kwonly, nlocals, stack_size, flags] = counts;
    audit!(
        "code.__new__",
        given[6],
        given[10],
        given[11],
        argcount,
        posonly,
        kwonly,
        nlocals,
        stack_size,
        flags
    )?;
    let nothing = tuple::empty();
    let optional = |i: usize| given.get(i).copied().unwrap_or(nothing.value());
    let parts = Parts {
        argcount: not_negative(argcount, "argcount")?,
        posonly: not_negative(posonly, "posonlyargcount")?,
        kwonly: not_negative(kwonly, "kwonlyargcount")?,
        nlocals: not_negative(nlocals, "nlocals")?,
        stack_size: stack_size as u32,
        flags: flags as u32,
        first_line: first_line as u32,
        code: bytes::data(given[6]),
        consts: given[7],
        names: given[8],
        varnames: given[9],
        freevars: optional(16),
        cellvars: optional(17),
        filename: given[10],
        name: given[11],
        qualname: given[12],
        linetable: given[14],
        exceptiontable: given[15],
    };
    match carried(bytes::data(parts.linetable)) {
        Some(unit) => own(unit, &parts),
        None => {
            for v in [parts.names, parts.varnames, parts.freevars, parts.cellvars] {
                names(v)?;
            }
            foreign(&parts)
        }
    }
}

/// The body of `unit` with the metadata of `parts`; foreign code if the bytecode is not that body's.
fn own(mut unit: CodeUnit, parts: &Parts<'_>) -> PyResult {
    for (field, given) in [
        (&mut unit.names, parts.names),
        (&mut unit.varnames, parts.varnames),
        (&mut unit.freevars, parts.freevars),
        (&mut unit.cellvars, parts.cellvars),
    ] {
        let new = names(given)?;
        if new.len() != field.len() {
            // The instructions refer to as many as there were.
            return foreign(parts);
        }
        *field = new;
    }
    if crate::shown_bytecode::shown(&unit.instructions) != parts.code {
        return foreign(parts);
    }
    if parts.nlocals as usize != unit.varnames.len() {
        return Err(raise!(ValueError, "code: co_nlocals != len(co_varnames)"));
    }
    unit.consts = code::stand_ins(parts.consts);
    unit.argcount = parts.argcount;
    unit.posonlyargcount = parts.posonly;
    unit.kwonlyargcount = parts.kwonly;
    unit.stack_size = parts.stack_size;
    unit.flags = parts.flags;
    unit.first_line = parts.first_line;
    unit.name = str::to_string_lossy(parts.name);
    unit.qualname = str::to_string_lossy(parts.qualname);
    if pyrs_bytecode::validate(&unit, false).is_err() {
        return Err(raise!(ValueError, "code: the parts do not belong together"));
    }
    let made = code::from_unit(&unit, parts.filename)?;
    code::set_constants(made.value(), parts.consts)?;
    Ok(made)
}
