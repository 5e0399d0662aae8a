//! `code` objects: CPython's attributes over our bodies.

use crate::code::{self, Code};
use crate::shown_bytecode::get_code;
use pyrs_bytecode::Position;
use pyrs_object::layout::*;
use std::ffi::{c_int, c_void};

use pyrs_object::{
    Args, CmpOp, PyResult, Ref, Signature, Value, ValueExt, audit, getset, heap, list, methods,
    ops, py_type, raise, str, tuple, ty,
};

unsafe extern "C" fn code_dealloc(object: *mut PyObject) {
    // SAFETY: called once with a dead code object whose fields own their objects.
    unsafe {
        let co = object.cast::<PyCodeObject>();
        if pyrs_object::gc::is_tracked(object) {
            pyrs_object::gc::untrack(object);
            code_clear(object);
        }
        if !(*co).co_weakreflist.is_null() {
            pyrs_object::weakref::clear_refs(object);
        }
        crate::code_extra::end(co);
        for field in [
            &raw mut (*co).co_consts,
            &raw mut (*co).co_names,
            &raw mut (*co).co_exceptiontable,
            &raw mut (*co).co_localsplusnames,
            &raw mut (*co).co_localspluskinds,
            &raw mut (*co).co_filename,
            &raw mut (*co).co_name,
            &raw mut (*co).co_qualname,
            &raw mut (*co).co_linetable,
            &raw mut (*co)._co_code,
        ] {
            heap::clear_field(field);
        }
        code::drop_body(co);
        heap::finish_dealloc(object);
    }
}

/// Code objects are collected, unlike CPython's: compiled code that belongs to one refers to globals, and these to functions
/// with that code. Those that can have such code, or code objects among their constants, are [tracked](code::track).
unsafe extern "C" fn code_traverse(
    object: *mut PyObject,
    visit: visitproc,
    arg: *mut c_void,
) -> c_int {
    // SAFETY: a live code object; what C has given for an unread body is kept.
    unsafe {
        let Some(code) = code::read(object.cast()) else {
            return 0;
        };
        let consts = (*object.cast::<PyCodeObject>()).co_consts;
        let nested = code.all_constants().iter().filter(|v| code::is_code(**v));
        for o in nested
            .map(|v| v.as_ptr())
            .chain((!consts.is_null()).then_some(consts))
        {
            let r = visit(o, arg);
            if r != 0 {
                return r;
            }
        }
        crate::jit::visit_kept(code, &mut |v| visit(v.as_ptr(), arg))
    }
}
unsafe extern "C" fn code_clear(object: *mut PyObject) -> c_int {
    // SAFETY: a live code object.
    unsafe {
        if let Some(code) = code::read(object.cast()) {
            crate::jit::forget(code);
        }
        0
    }
}

pub(crate) fn object(v: Value) -> *mut PyCodeObject {
    v.as_ptr().cast()
}
/// The body of a code object, if it has one.
pub fn body_of(v: Value) -> Option<&'static Code> {
    // SAFETY: a live code object; its body lives as long.
    unsafe { code::body(v.as_ptr()).as_ref() }
}

fn get_varnames(v: Value) -> PyResult {
    Ok(body_of(v).map_or_else(tuple::empty, |c| tuple::from_slice(c.varnames())))
}
fn get_cellvars(v: Value) -> PyResult {
    Ok(body_of(v).map_or_else(tuple::empty, |c| tuple::from_slice(&c.cellvars)))
}
fn get_freevars(v: Value) -> PyResult {
    Ok(body_of(v).map_or_else(tuple::empty, |c| tuple::from_slice(c.freevars())))
}
fn get_names(v: Value) -> PyResult {
    body_of(v);
    // SAFETY: a live code object; asking for the body fills the field.
    let names = unsafe { Value::from_object((*object(v)).co_names) };
    Ok(names.non_empty().map_or_else(tuple::empty, Ref::new))
}
fn get_consts(v: Value) -> PyResult {
    Ok(code::constants(v))
}
/// CPython's table, if an extension has made the code; else what `code(...)` makes code of.
fn get_linetable(v: Value) -> PyResult {
    body_of(v);
    // SAFETY: a live code object; asking for the body fills the field.
    let (bytecode, table) = unsafe { ((*object(v))._co_code, (*object(v)).co_linetable) };
    match Value::from_object(table).non_empty() {
        Some(table) if !bytecode.is_null() => Ok(Ref::new(table)),
        _ => crate::code_new::linetable(v),
    }
}
/// CPython's table, if an extension has made the code; pyrs' own is with the instructions.
fn get_exceptiontable(v: Value) -> PyResult {
    body_of(v);
    // SAFETY: as above.
    let table = unsafe { Value::from_object((*object(v)).co_exceptiontable) };
    Ok(table
        .non_empty()
        .map_or_else(|| pyrs_object::bytes::new(&[]), Ref::new))
}
fn option(n: Option<u32>) -> Ref {
    n.map_or_else(Ref::none, |n| Ref::int(i64::from(n)))
}

fn co_positions(v: Value) -> PyResult {
    let l = list::new();
    if let Some(c) = body_of(v) {
        for (words, p) in c.positions().runs() {
            for _ in 0..words {
                list::append(l.value(), position_tuple(p))?;
            }
        }
    }
    ops::iter(l.value())
}
/// Where the instruction at a byte of `co_code` comes from; `None` beyond the end and for code without a body.
pub fn position_at(v: Value, byte: usize) -> Option<Position> {
    let mut left = byte / 2;
    for (words, p) in body_of(v)?.positions().runs() {
        let words = words as usize;
        if left < words {
            return Some(p);
        }
        left -= words;
    }
    None
}
fn position_tuple(mut p: Position) -> Ref {
    if !crate::source::debug_ranges() {
        (p.end_line, p.column, p.end_column) = (p.line, None, None);
    }
    let line = |n: u32| if n == 0 { None } else { Some(n) };
    tuple::from_vec(vec![
        option(line(p.line)),
        option(line(p.end_line)),
        option(p.column),
        option(p.end_column),
    ])
}

fn co_lines(v: Value) -> PyResult {
    let l = list::new();
    if let Some(c) = body_of(v) {
        // The line of the definition has no instructions of its own: a range of no width. A module's is 0.
        // SAFETY: a live code object.
        let (name, line) = unsafe { ((*object(v)).co_name, (*object(v)).co_firstlineno) };
        let is_module = str::eq_str(Value::from_object(name), "<module>");
        let first = if is_module { 0 } else { i64::from(line) };
        list::append(
            l.value(),
            tuple::from_vec(vec![Ref::int(0), Ref::int(0), Ref::int(first)]),
        )?;
        let mut start = 0i64;
        let mut pending: Option<(i64, i64, u32)> = None;
        for (words, p) in c.positions().runs() {
            let end = start + i64::from(words) * 2;
            pending = Some(match pending {
                Some((s, _, line)) if line == p.line => (s, end, line),
                other => {
                    push_line(l.value(), other)?;
                    (start, end, p.line)
                }
            });
            start = end;
        }
        push_line(l.value(), pending)?;
    }
    ops::iter(l.value())
}
fn push_line(l: Value, row: Option<(i64, i64, u32)>) -> PyResult<()> {
    if let Some((start, end, line)) = row {
        let line = if line == 0 {
            Ref::none()
        } else {
            Ref::int(i64::from(line))
        };
        list::append(
            l,
            tuple::from_vec(vec![Ref::int(start), Ref::int(end), line]),
        )?;
    }
    Ok(())
}

fn repr(v: Value) -> PyResult {
    // SAFETY: a live code object.
    unsafe {
        let co = object(v);
        Ok(str::new(&format!(
            "<code object {} at {:#x}, file \"{}\", line {}>",
            str::to_string_lossy(Value::from_object((*co).co_name)),
            v.bits(),
            str::to_string_lossy(Value::from_object((*co).co_filename)),
            if (*co).co_firstlineno != 0 {
                (*co).co_firstlineno
            } else {
                -1
            },
        )))
    }
}

/// What equality looks at beside the constants.
fn same_body(a: &Code, b: &Code) -> bool {
    // SAFETY: live code objects; names are interned.
    let same_name = unsafe { (*a.object).co_name == (*b.object).co_name };
    same_name
        && a.word_count == b.word_count
        && a.flags == b.flags
        && a.argcount == b.argcount
        && a.posonly == b.posonly
        && a.kwonly == b.kwonly
        && a.first_line == b.first_line
        && a.names == b.names
        && a.varname_count == b.varname_count
        && a.local_names == b.local_names
        && a.cellvars == b.cellvars
        && a.positions() == b.positions()
        && pristine_words(a) == pristine_words(b)
}

fn richcompare(a: Value, b: Value, op: CmpOp) -> PyResult {
    if !matches!(op, CmpOp::Eq | CmpOp::Ne) || !code::is_code(b) {
        return Ok(Ref::not_implemented());
    }
    let equal = a == b
        || match (body_of(a), body_of(b)) {
            (Some(x), Some(y)) => {
                same_body(x, y) && ops::eq(code::constants(a).value(), code::constants(b).value())?
            }
            _ => false,
        };
    Ok(Ref::bool(equal == (op == CmpOp::Eq)))
}
fn hash(v: Value) -> PyResult<i64> {
    // SAFETY: a live code object.
    unsafe {
        let name = str::hash(Value::from_object((*object(v)).co_name));
        Ok(
            name ^ i64::from((*object(v)).co_argcount) << 8
                ^ i64::from((*object(v)).co_firstlineno),
        )
    }
}

const REPLACE: Signature<18> = Signature {
    name: "replace",
    params: [
        "co_argcount",
        "co_posonlyargcount",
        "co_kwonlyargcount",
        "co_nlocals",
        "co_stacksize",
        "co_flags",
        "co_firstlineno",
        "co_code",
        "co_consts",
        "co_names",
        "co_varnames",
        "co_freevars",
        "co_cellvars",
        "co_filename",
        "co_name",
        "co_qualname",
        "co_linetable",
        "co_exceptiontable",
    ],
    posonly: 0,
    positional: 0,
    required: 0,
};

/// `code.replace(...)`: a copy with other metadata. The instructions themselves cannot be replaced.
fn replace(v: Value, args: Args<'_>) -> PyResult {
    replace_with(v, &args.bind(&REPLACE)?)
}
fn replace_with(v: Value, bound: &[Value; 18]) -> PyResult {
    let mut numbers = [None; 7];
    for (i, slot) in numbers.iter_mut().enumerate() {
        *slot = number(bound, i)?;
    }
    check_kinds(bound)?;
    audit_replace(v, &numbers, bound)?;
    // SAFETY: a live code object.
    let is_foreign = unsafe { !(*object(v))._co_code.is_null() };
    if is_foreign || !bound[7].is_empty() && !ops::eq(bound[7], get_code(v)?.value())? {
        return replace_foreign(v, numbers, bound);
    }
    let new_names = [
        name_tuple(v, bound, 9, get_names)?,
        name_tuple(v, bound, 10, get_varnames)?,
        name_tuple(v, bound, 11, get_freevars)?,
        name_tuple(v, bound, 12, get_cellvars)?,
    ];
    check_counts(v, &numbers)?;
    // SAFETY: a live code object.
    let filename = unsafe {
        let old = Value::from_object((*object(v)).co_filename);
        if bound[13].is_empty() { old } else { bound[13] }
    };
    let copy = code::copy_with(v, filename, |unit| {
        let fields = [
            &mut unit.names,
            &mut unit.varnames,
            &mut unit.freevars,
            &mut unit.cellvars,
        ];
        for (field, new) in fields.into_iter().zip(new_names) {
            if let Some(new) = new {
                *field = new;
            }
        }
        let [argcount, posonly, kwonly, _, stack_size, flags, first_line] = numbers;
        for (field, new) in [
            (&mut unit.argcount, argcount),
            (&mut unit.posonlyargcount, posonly),
            (&mut unit.kwonlyargcount, kwonly),
            (&mut unit.stack_size, stack_size),
            (&mut unit.flags, flags),
            (&mut unit.first_line, first_line),
        ] {
            *field = new.unwrap_or(*field);
        }
        if !bound[14].is_empty() {
            unit.name = str::to_string_lossy(bound[14]);
        }
        if !bound[15].is_empty() {
            unit.qualname = str::to_string_lossy(bound[15]);
        }
    })?;
    if !bound[8].is_empty() {
        code::set_constants(copy.value(), bound[8])?;
    }
    Ok(copy)
}

/// Argument `i` of `replace`, a number, if it is given.
fn number(bound: &[Value; 18], i: usize) -> PyResult<Option<u32>> {
    let Some(given) = bound[i].non_empty() else {
        return Ok(None);
    };
    let n = i32::try_from(ops::index_as_isize(given)?)
        .map_err(|_| raise!(OverflowError, "Python int too large to convert to C int"))?;
    match u32::try_from(n) {
        Ok(n) => Ok(Some(n)),
        Err(_) => Err(raise!(
            ValueError,
            "{} must be a positive integer",
            REPLACE.params[i]
        )),
    }
}

/// The types of those arguments of `replace` that are no numbers.
fn check_kinds(bound: &[Value; 18]) -> PyResult<()> {
    for (i, v) in bound.iter().enumerate().skip(7) {
        if v.is_empty() {
            continue;
        }
        let (ok, kind) = match i {
            7 | 16 | 17 => (pyrs_object::bytes::is_bytes(*v), "bytes"),
            13..=15 => (str::is_str(*v), "str"),
            _ => (tuple::is_tuple(*v), "tuple"),
        };
        if !ok {
            return Err(raise!(
                TypeError,
                "replace() argument '{}' must be {kind}, not {}",
                REPLACE.params[i],
                if v.is_none() {
                    "None"
                } else {
                    v.ty().message_name()
                }
            ));
        }
    }
    Ok(())
}

/// The copy that is asked for, as an event.
fn audit_replace(v: Value, numbers: &[Option<u32>; 7], bound: &[Value; 18]) -> PyResult<()> {
    if !pyrs_object::events::listening() {
        return Ok(());
    }
    // SAFETY: a live code object.
    let co = unsafe { &*object(v) };
    let [argcount, posonly, kwonly, nlocals, stack_size, flags, _] = *numbers;
    let text = |i: usize, old| bound[i].non_empty().unwrap_or(Value::from_object(old));
    let code = match bound[7].non_empty() {
        Some(code) => Ref::new(code),
        None => get_code(v)?,
    };
    audit!(
        "code.__new__",
        code,
        text(13, co.co_filename),
        text(14, co.co_name),
        argcount.unwrap_or(co.co_argcount as u32),
        posonly.unwrap_or(co.co_posonlyargcount as u32),
        kwonly.unwrap_or(co.co_kwonlyargcount as u32),
        nlocals.unwrap_or(co.co_nlocals as u32),
        stack_size.unwrap_or(co.co_stacksize as u32),
        flags.unwrap_or(co.co_flags as u32),
    )
}

/// The names that argument `i` of `replace` gives instead of those that `old` reads: as many, because the instructions stay.
fn name_tuple(
    v: Value,
    bound: &[Value; 18],
    i: usize,
    old: fn(Value) -> PyResult,
) -> PyResult<Option<Vec<String>>> {
    let Some(new) = bound[i].non_empty() else {
        return Ok(None);
    };
    let what = REPLACE.params[i];
    if !tuple::is_tuple(new) {
        return Err(raise!(
            TypeError,
            "replace() argument '{what}' must be tuple, not {}",
            new.ty().message_name()
        ));
    }
    let mut names = Vec::new();
    for name in tuple::items(new) {
        if !str::is_str(*name) {
            return Err(raise!(SystemError, "non-string found in code slot"));
        }
        names.push(str::to_string_lossy(*name));
    }
    let count = tuple::len(old(v)?.value());
    if names.len() == count {
        return Ok(Some(names));
    }
    // SAFETY: a live code object.
    let parameters = unsafe {
        let c = &*object(v);
        let more = [coflags::VARARGS, coflags::VARKEYWORDS];
        let more = more.iter().filter(|f| c.co_flags & **f != 0);
        (c.co_argcount + c.co_kwonlyargcount) as usize + more.count()
    };
    Err(match what {
        "co_varnames" if names.len() < parameters => {
            raise!(ValueError, "code: co_varnames is too small")
        }
        "co_varnames" => raise!(ValueError, "code: co_nlocals != len(co_varnames)"),
        _ => raise!(
            ValueError,
            "code: {what} must have {count} names, as many as the instructions refer to"
        ),
    })
}

/// Whether the numbers that are given go together with those that stay: the parameters are the first local variables.
fn check_counts(v: Value, numbers: &[Option<u32>; 7]) -> PyResult<()> {
    // SAFETY: a live code object.
    let co = unsafe { &*object(v) };
    let [argcount, posonly, kwonly, nlocals, _, flags, _] = *numbers;
    if nlocals.is_some_and(|n| n != co.co_nlocals as u32) {
        return Err(raise!(ValueError, "code: co_nlocals != len(co_varnames)"));
    }
    let argcount = argcount.unwrap_or(co.co_argcount as u32);
    if posonly.unwrap_or(co.co_posonlyargcount as u32) > argcount {
        return Err(pyrs_object::errors::bad_internal_call());
    }
    let flags = flags.unwrap_or(co.co_flags as u32);
    let more = [coflags::VARARGS, coflags::VARKEYWORDS];
    let more = more.iter().filter(|f| flags & **f as u32 != 0).count();
    let parameters =
        argcount as usize + kwonly.unwrap_or(co.co_kwonlyargcount as u32) as usize + more;
    if parameters > co.co_nlocals as usize {
        return Err(raise!(ValueError, "code: co_varnames is too small"));
    }
    Ok(())
}

/// `replace` where the bytecode is not pyrs' own: extensions make their code objects this way, too.
fn replace_foreign(v: Value, numbers: [Option<u32>; 7], bound: &[Value; 18]) -> PyResult {
    let or = |i: usize, old: fn(Value) -> PyResult| -> PyResult {
        match bound[i].non_empty() {
            Some(new) => Ok(Ref::new(new)),
            None => old(v),
        }
    };
    let typed = |i: usize, v: Ref, ok: bool, kind: &str| -> PyResult {
        if ok {
            return Ok(v);
        }
        Err(raise!(
            TypeError,
            "replace() argument '{}' must be {kind}, not {}",
            REPLACE.params[i],
            v.ty().message_name()
        ))
    };
    let bytes = |i: usize, old: fn(Value) -> PyResult| -> PyResult {
        let v = or(i, old)?;
        let ok = pyrs_object::bytes::is_bytes(v.value());
        typed(i, v, ok, "bytes")
    };
    let tuple = |i: usize, old: fn(Value) -> PyResult| -> PyResult {
        let v = or(i, old)?;
        let ok = tuple::is_tuple(v.value());
        typed(i, v, ok, "tuple")
    };
    let text = |i: usize, old: *mut PyObject| -> PyResult {
        let v = Ref::new(bound[i].non_empty().unwrap_or(Value::from_object(old)));
        let ok = str::is_str(v.value());
        typed(i, v, ok, "str")
    };
    let code = bytes(7, get_code)?;
    let (consts, names) = (tuple(8, get_consts)?, tuple(9, get_names)?);
    let varnames = tuple(10, get_varnames)?;
    let (freevars, cellvars) = (tuple(11, get_freevars)?, tuple(12, get_cellvars)?);
    let (linetable, exceptiontable) = (bytes(16, get_linetable)?, bytes(17, get_exceptiontable)?);
    // SAFETY: a live code object.
    let co = unsafe { &*object(v) };
    let (filename, name) = (text(13, co.co_filename)?, text(14, co.co_name)?);
    let qualname = text(15, co.co_qualname)?;
    let [
        argcount,
        posonly,
        kwonly,
        nlocals,
        stack_size,
        flags,
        first_line,
    ] = numbers;
    crate::code_from_c::foreign(&crate::code_from_c::Parts {
        argcount: argcount.unwrap_or(co.co_argcount as u32),
        posonly: posonly.unwrap_or(co.co_posonlyargcount as u32),
        kwonly: kwonly.unwrap_or(co.co_kwonlyargcount as u32),
        nlocals: nlocals.unwrap_or(co.co_nlocals as u32),
        stack_size: stack_size.unwrap_or(co.co_stacksize as u32),
        flags: flags.unwrap_or(co.co_flags as u32),
        first_line: first_line.unwrap_or(co.co_firstlineno as u32),
        code: pyrs_object::bytes::data(code.value()),
        consts: consts.value(),
        names: names.value(),
        varnames: varnames.value(),
        freevars: freevars.value(),
        cellvars: cellvars.value(),
        filename: filename.value(),
        name: name.value(),
        qualname: qualname.value(),
        linetable: linetable.value(),
        exceptiontable: exceptiontable.value(),
    })
}

/// [`pristine`] of a body.
pub(crate) fn pristine_words(code: &Code) -> Vec<u64> {
    // SAFETY: the body has `word_count` words.
    pristine(
        &(0..code.word_count as usize)
            .map(|i| unsafe { *code.instructions.add(i) })
            .collect::<Vec<_>>(),
    )
}

/// The words without quickening and caches (extra words that hold operands stay).
fn pristine(words: &[u64]) -> Vec<u64> {
    let mut out = Vec::with_capacity(words.len());
    let mut i = 0;
    while i < words.len() {
        let instr = pyrs_bytecode::Instr(words[i]);
        let Some(op) = instr.op() else {
            out.push(words[i]);
            i += 1;
            continue;
        };
        out.push(instr.with_op(op.family()).0);
        for k in 0..op.extra() {
            let word = words.get(i + 1 + k).copied().unwrap_or(0);
            let keep = match op.family() {
                pyrs_bytecode::Op::COMPARE_JUMP | pyrs_bytecode::Op::EXC_MATCH_JUMP => {
                    word & 0xFFFF_FFFF
                }
                pyrs_bytecode::Op::CALL_KW if k == 0 => word,
                pyrs_bytecode::Op::BUILD_CONST_KEY_MAP
                | pyrs_bytecode::Op::IMPORT_NAME
                | pyrs_bytecode::Op::MATCH_CLASS => word,
                _ => 0,
            };
            out.push(keep);
        }
        i += 1 + op.extra();
    }
    out
}

fn varname_from_oparg(v: Value, n: Value) -> PyResult {
    let i = ops::index_as_isize(n)?;
    body_of(v)
        .and_then(|c| usize::try_from(i).ok().and_then(|i| c.local_names.get(i)))
        .map(|n| Ref::new(*n))
        .ok_or_else(|| raise!(IndexError, "tuple index out of range"))
}

methods! { static CODE_METHODS = [
    "replace" KW replace, "replace($self, /, **changes)\n--\n\nA copy with some fields changed.";
    "co_lines" NOARGS co_lines, "co_lines($self, /)\n--\n\nIterator of (start, end, line).";
    "co_positions" NOARGS co_positions, "co_positions($self, /)\n--\n\nIterator of (line, end line, column, end column) for each unit.";
    "_varname_from_oparg" O varname_from_oparg, "";
] }
getset! { static CODE_GETSET = [
    "co_varnames" get_varnames, None, "";
    "co_cellvars" get_cellvars, None, "";
    "co_freevars" get_freevars, None, "";
    "co_consts" get_consts, None, "";
    "co_names" get_names, None, "";
    "co_linetable" get_linetable, None, "";
    "co_exceptiontable" get_exceptiontable, None, "";
    "co_code" get_code, None, "";
    "_co_code_adaptive" get_code, None, "";
] }
macro_rules! field {
    ($f:ident) => {
        std::mem::offset_of!(PyCodeObject, $f)
    };
}
pyrs_object::members! { static CODE_MEMBERS = [
    "co_argcount" INT, field!(co_argcount), 1, "";
    "co_posonlyargcount" INT, field!(co_posonlyargcount), 1, "";
    "co_kwonlyargcount" INT, field!(co_kwonlyargcount), 1, "";
    "co_stacksize" INT, field!(co_stacksize), 1, "";
    "co_flags" INT, field!(co_flags), 1, "";
    "co_nlocals" INT, field!(co_nlocals), 1, "";
    "co_filename" OBJECT, field!(co_filename), 1, "";
    "co_name" OBJECT, field!(co_name), 1, "";
    "co_qualname" OBJECT, field!(co_qualname), 1, "";
    "co_firstlineno" INT, field!(co_firstlineno), 1, "";
] }

py_type! {
    /// `code`.
    pub static PyCode_Type: PyCodeObject = "code" {
        flags: HAVE_GC;
        fields { tp_weaklistoffset: std::mem::offset_of!(PyCodeObject, co_weakreflist) as isize }
        raw { tp_dealloc: code_dealloc, tp_traverse: code_traverse, tp_clear: code_clear }
        slots { tp_repr: repr, tp_hash: hash, tp_richcompare: richcompare, tp_new: crate::code_new::new }
        methods: CODE_METHODS;
        getset: CODE_GETSET;
        members: CODE_MEMBERS;
    }
}

/// The type handle.
pub fn code_type() -> pyrs_object::Type {
    ty!(PyCode_Type)
}
