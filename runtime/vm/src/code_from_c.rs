//! Code objects that extensions make: `PyCode_NewEmpty` and `PyCode_NewWithPosOnlyArgs`.
//!
//! Extensions make them for introspection and for the frames of their tracebacks. The metadata is theirs; CPython's
//! bytecode cannot run here, so the body raises.

use crate::code;
use crate::source::{CompileOptions, compile_unit};
use pyrs_bytecode::{CodeUnit, Const, Position, PositionTable, PositionWriter};
use pyrs_object::layout::*;
use pyrs_object::{PyResult, Ref, Value, errors, heap, raise, str, tuple};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Mutex;

/// What `PyCode_NewWithPosOnlyArgs` is given. Tuples hold strings, but for the constants.
pub struct Parts<'a> {
    pub argcount: u32,
    pub posonly: u32,
    pub kwonly: u32,
    pub nlocals: u32,
    pub stack_size: u32,
    pub flags: u32,
    pub first_line: u32,
    pub code: &'a [u8],
    pub consts: Value,
    pub names: Value,
    pub varnames: Value,
    pub freevars: Value,
    pub cellvars: Value,
    pub filename: Value,
    pub name: Value,
    pub qualname: Value,
    pub linetable: Value,
    pub exceptiontable: Value,
}

/// A body that raises and has `locals` registers for variables. Extensions make thousands of code objects when they are
/// imported, which are compiled once for each number of variables.
fn raising(statement: &'static str, locals: usize) -> PyResult<CodeUnit> {
    static MADE: Mutex<BTreeMap<(&str, usize), CodeUnit>> = Mutex::new(BTreeMap::new());
    let made = || {
        MADE.lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
    };
    if let Some(unit) = made().get(&(statement, locals)) {
        return Ok(unit.clone());
    }
    let unit = compile_raising(statement, locals)?;
    if locals < MOST_KEPT {
        made().insert((statement, locals), unit.clone());
    }
    Ok(unit)
}
/// Bodies with at least that many variables are rare.
const MOST_KEPT: usize = 64;

fn compile_raising(statement: &str, locals: usize) -> PyResult<CodeUnit> {
    let mut text = String::from("def f(");
    for i in 0..locals {
        let _ = write!(text, "v{i},");
    }
    let _ = write!(text, "): {statement}");
    let options = CompileOptions {
        filename: "",
        flags: 0,
        optimize: 0,
    };
    let module = compile_unit(text.as_bytes(), pyrs_syntax::Mode::Exec, &options)?;
    let function = module.consts.into_iter().find_map(|c| match c {
        Const::Code(unit) => Some(*unit),
        _ => None,
    });
    function.ok_or_else(errors::bad_internal_call)
}

/// The table that puts all instructions on one line.
fn on_line(instructions: &[u64], line: u32) -> PositionTable {
    let mut table = PositionWriter::new();
    let position = Position {
        line,
        end_line: line,
        ..Position::default()
    };
    table.add(instructions.len() as u32, position);
    table.finish()
}

/// Code that only names a place; running it raises `AssertionError`.
pub fn empty(filename: &str, name: &str, line: u32) -> PyResult {
    let mut unit = raising("raise AssertionError", 0)?;
    unit.name = name.to_owned();
    unit.qualname = name.to_owned();
    unit.first_line = line;
    unit.flags = 0;
    unit.positions = on_line(&unit.instructions, line);
    let code = code::from_unit(&unit, str::new(filename).value())?;
    let nothing = tuple::empty();
    set_visible(code.value(), nothing.value(), nothing.value());
    Ok(code)
}

/// Code with somebody else's bytecode.
pub fn foreign(parts: &Parts<'_>) -> PyResult {
    if parts.argcount < parts.posonly {
        return Err(errors::bad_internal_call());
    }
    if !parts.code.len().is_multiple_of(2) {
        return Err(raise!(ValueError, "code: co_code is malformed"));
    }
    if parts.nlocals as usize != tuple::len(parts.varnames) {
        return Err(raise!(ValueError, "code: co_nlocals != len(co_varnames)"));
    }
    let mut given = CodeUnit {
        flags: parts.flags,
        argcount: parts.argcount,
        posonlyargcount: parts.posonly,
        kwonlyargcount: parts.kwonly,
        varnames: texts(parts.varnames)?,
        cellvars: texts(parts.cellvars)?,
        freevars: texts(parts.freevars)?,
        ..CodeUnit::default()
    };
    // The order that `co_cellvars` has in CPython: that of the variables, then the cells of their own.
    let cells = std::mem::take(&mut given.cellvars);
    let (varnames, is_cell) = (&given.varnames, |v: &&String| cells.contains(v));
    given.cellvars = varnames.iter().filter(is_cell).cloned().collect();
    given
        .cellvars
        .extend(cells.iter().filter(|c| !varnames.contains(c)).cloned());
    if given.parameter_count() as usize > given.varnames.len() {
        return Err(raise!(ValueError, "code: co_varnames is too small"));
    }
    let body = raising(
        "raise SystemError('unknown opcode')",
        given.first_temp() as usize,
    )?;
    given.name = str::to_string_lossy(parts.name);
    given.qualname = str::to_string_lossy(parts.qualname);
    given.first_line = parts.first_line;
    given.stack_size = parts.stack_size;
    given.positions = on_line(&body.instructions, parts.first_line);
    given.names = body.names;
    given.consts = body.consts;
    given.instructions = body.instructions;
    given.registers = body.registers;
    let made = code::from_unit(&given, parts.filename)?;
    set_visible(made.value(), parts.consts, parts.names);
    // SAFETY: a fresh code object whose body has been read; its fields own their objects.
    unsafe {
        let co = made.value().as_ptr().cast::<PyCodeObject>();
        for (field, new) in [
            (&raw mut (*co).co_linetable, Ref::new(parts.linetable)),
            (
                &raw mut (*co).co_exceptiontable,
                Ref::new(parts.exceptiontable),
            ),
            (&raw mut (*co)._co_code, pyrs_object::bytes::new(parts.code)),
        ] {
            heap::xdecref_ptr(std::mem::replace(&mut *field, new.into_ptr()));
        }
    }
    Ok(made)
}

fn texts(names: Value) -> PyResult<Vec<String>> {
    tuple::items(names)
        .iter()
        .map(|n| Ok(str::as_utf8(*n)?.to_owned()))
        .collect()
}

/// What `co_consts` and `co_names` show; the body has its own.
fn set_visible(made: Value, consts: Value, names: Value) {
    // SAFETY: a fresh code object; reading the body fills the fields.
    unsafe {
        code::body(made.as_ptr());
        let co = made.as_ptr().cast::<PyCodeObject>();
        for (field, new) in [
            (&raw mut (*co).co_consts, consts),
            (&raw mut (*co).co_names, names),
        ] {
            let old = std::mem::replace(&mut *field, Ref::new(new).into_ptr());
            heap::xdecref_ptr(old);
        }
    }
}
