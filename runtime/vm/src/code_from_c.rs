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

/// What code with somebody else's bytecode is made of. Its body is made when somebody asks: extensions make thousands of
/// code objects when they are imported, and hardly any of them is looked at.
pub(crate) struct Given {
    argcount: u32,
    posonly: u32,
    kwonly: u32,
    stack_size: u32,
    flags: u32,
    first_line: u32,
    /// Cells that are not variables.
    own_cells: u32,
    consts: Ref,
    names: Ref,
    varnames: Ref,
    freevars: Ref,
    cellvars: Ref,
    linetable: Ref,
    exceptiontable: Ref,
}

/// Code with somebody else's bytecode.
pub fn foreign(parts: &Parts<'_>) -> PyResult {
    if parts.argcount < parts.posonly {
        return Err(errors::bad_internal_call());
    }
    if !parts.code.len().is_multiple_of(2) {
        return Err(raise!(ValueError, "code: co_code is malformed"));
    }
    let varnames = tuple::items(parts.varnames);
    if parts.nlocals as usize != varnames.len() {
        return Err(raise!(ValueError, "code: co_nlocals != len(co_varnames)"));
    }
    for names in [parts.varnames, parts.cellvars, parts.freevars] {
        for name in tuple::items(names) {
            str::as_utf8(*name)?;
        }
    }
    let parameters =
        pyrs_bytecode::parameter_count(parts.flags, parts.argcount, parts.kwonly) as usize;
    if parameters > varnames.len() {
        return Err(raise!(ValueError, "code: co_varnames is too small"));
    }
    let cells = tuple::items(parts.cellvars).iter();
    let own = cells.filter(|c| !varnames.iter().any(|v| str::eq(*v, **c)));
    let given = Given {
        argcount: parts.argcount,
        posonly: parts.posonly,
        kwonly: parts.kwonly,
        stack_size: parts.stack_size,
        flags: parts.flags,
        first_line: parts.first_line,
        own_cells: own.count() as u32,
        consts: Ref::new(parts.consts),
        names: Ref::new(parts.names),
        varnames: Ref::new(parts.varnames),
        freevars: Ref::new(parts.freevars),
        cellvars: Ref::new(parts.cellvars),
        linetable: Ref::new(parts.linetable),
        exceptiontable: Ref::new(parts.exceptiontable),
    };
    Ok(code::from_c(
        pyrs_object::bytes::new(parts.code),
        parts.filename,
        parts.name,
        parts.qualname,
        given,
    ))
}

impl Given {
    fn local_count(&self) -> usize {
        tuple::len(self.varnames.value())
            + self.own_cells as usize
            + tuple::len(self.freevars.value())
    }

    /// Writes the fields that are numbers.
    ///
    /// # Safety
    /// `object` is a code object.
    pub(crate) unsafe fn fill(&self, object: *mut PyCodeObject) {
        // SAFETY: by contract.
        unsafe {
            (*object).co_flags = self.flags as i32;
            (*object).co_argcount = self.argcount as i32;
            (*object).co_posonlyargcount = self.posonly as i32;
            (*object).co_kwonlyargcount = self.kwonly as i32;
            (*object).co_stacksize = self.stack_size as i32;
            (*object).co_firstlineno = self.first_line as i32;
            (*object).co_nlocalsplus = self.local_count() as i32;
            (*object).co_nlocals = tuple::len(self.varnames.value()) as i32;
            (*object).co_ncellvars = tuple::len(self.cellvars.value()) as i32;
            (*object).co_nplaincellvars = self.own_cells as i32;
            (*object).co_nfreevars = tuple::len(self.freevars.value()) as i32;
        }
    }

    /// A unit with this metadata whose body raises.
    pub(crate) fn unit(&self, object: *mut PyCodeObject) -> PyResult<CodeUnit> {
        let statement = "raise SystemError('unknown opcode')";
        let body = raising(statement, self.local_count())?;
        let varnames = texts(self.varnames.value())?;
        // The order that `co_cellvars` has in CPython: that of the variables, then the cells of their own.
        let cells = texts(self.cellvars.value())?;
        let own = cells.iter().filter(|c| !varnames.contains(c));
        let cellvars = varnames.iter().filter(|v| cells.contains(v)).chain(own);
        // SAFETY: a live code object; its fields hold strings.
        let (name, qualname) = unsafe {
            let text = |p: *mut PyObject| str::to_string_lossy(Value::from_object(p));
            (text((*object).co_name), text((*object).co_qualname))
        };
        Ok(CodeUnit {
            name,
            qualname,
            first_line: self.first_line,
            flags: self.flags,
            argcount: self.argcount,
            posonlyargcount: self.posonly,
            kwonlyargcount: self.kwonly,
            stack_size: self.stack_size,
            positions: on_line(&body.instructions, self.first_line),
            cellvars: cellvars.cloned().collect(),
            freevars: texts(self.freevars.value())?,
            varnames,
            ..body
        })
    }

    /// Puts what was given in place of what the body has brought along.
    pub(crate) fn show(&self, object: *mut PyCodeObject) {
        // SAFETY: a code object whose body has been made; its fields own their objects or are null.
        unsafe {
            for (field, new) in [
                (&raw mut (*object).co_consts, &self.consts),
                (&raw mut (*object).co_names, &self.names),
                (&raw mut (*object).co_linetable, &self.linetable),
                (&raw mut (*object).co_exceptiontable, &self.exceptiontable),
            ] {
                heap::xdecref_ptr(std::mem::replace(&mut *field, new.clone().into_ptr()));
            }
        }
    }
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
