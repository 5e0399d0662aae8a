//! The code generator: one [`Unit`] per scope, a stack of temporaries instead of a value stack.
//!
//! The idea to know: an expression is asked either for an *operand* (a variable's own register or a constant
//! costs no instruction; anything else lands in a new temporary) or to write its value *into* a given register.
//! Only an expression's last instruction writes that register, so a local may be the target directly.
//! Temporaries are a stack: whatever lies below `top` is alive, and each is killed by the op that consumes it.

mod call;
mod control;
mod display;
mod expr;
mod function;
mod pattern;
mod stmt;
mod warn;

use crate::assemble::{self, NO_POSITION};
use crate::error::{CompileError, Result, SyntaxWarning};
use crate::fold;
use crate::future::{FUTURE_MASK, Future, future_features};
use crate::ir::*;
use crate::symtable::*;
use pyrs_bytecode::{
    CodeUnit, Const, KILL_A, KILL_B, KILL_C, Op, Position, RERAISE_IN_PLACE, code_flags,
};
use pyrs_syntax::ast::*;
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};

/// How to compile.
#[derive(Clone, Debug, Default)]
pub struct Options {
    pub filename: String,
    /// 0, 1 (no asserts), 2 (no docstrings either).
    pub optimize: u8,
    /// Future features (`co_flags` bits) and `ALLOW_TOP_LEVEL_AWAIT` in force besides what the module asks for.
    pub flags: u32,
    /// Whether positions have columns and end lines.
    pub columns: bool,
}

/// A compiled module and the warnings on the way.
#[derive(Debug)]
pub struct Compiled {
    pub unit: CodeUnit,
    pub warnings: Vec<SyntaxWarning>,
    /// Future features in force, for later `compile()` calls in the same place.
    pub future: u32,
}

/// Compiles a tree; its kind (`Module`, `Interactive`, `Expression`) decides the mode.
pub fn compile(
    module: &Mod,
    options: &Options,
) -> std::result::Result<Compiled, Box<CompileError>> {
    let mut future = future_features(module)?;
    future.flags |= options.flags;
    let table = build_symbol_table(module, future)?;
    let mut c = Compiler {
        table: &table,
        units: Vec::new(),
        filename: &options.filename,
        optimize: options.optimize,
        future,
        columns: options.columns,
        interactive: matches!(module, Mod::Interactive { .. }),
        warnings: Vec::new(),
        not_constant: RefCell::default(),
    };
    let unit = c.module(module)?;
    Ok(Compiled {
        unit,
        warnings: c.warnings,
        future: future.flags & FUTURE_MASK,
    })
}

/// What kind of body a unit is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum ScopeKind {
    Module,
    Class,
    Function,
    AsyncFunction,
    Lambda,
    Comprehension,
}

/// A block that `return`, `break` and `continue` must leave properly.
#[derive(Clone)]
enum BlockKind<'a> {
    Loop {
        /// Where `break` goes.
        exit: Label,
        /// Where `continue` goes.
        start: Label,
        /// The iterator's temporary.
        iter: Option<u32>,
    },
    /// Protected body without code of its own.
    Try,
    FinallyTry(&'a [Stmt]),
    /// Inside a `finally` body that an exception led to; the exception's temporary.
    FinallyEnd(u32),
    With {
        base: u32,
        span: Span,
        is_async: bool,
    },
    /// Inside an `except` body.
    HandlerCleanup {
        /// The exception's temporary, unless the body belongs to `except*`.
        exc: Option<u32>,
        name: Option<Ident>,
    },
    ExceptionGroupHandler,
    /// A value kept while a `finally` body runs.
    PopValue(u32),
}

#[derive(Clone)]
struct Block<'a> {
    kind: BlockKind<'a>,
    /// The handler outside this block.
    outer: HandlerId,
}

/// Names in order of first use.
#[derive(Default)]
struct NameList {
    names: Vec<Ident>,
    index: HashMap<Ident, u32, FastHash>,
}

impl NameList {
    fn add(&mut self, name: &Ident) -> u32 {
        if let Some(&n) = self.index.get(name) {
            return n;
        }
        let n = self.names.len() as u32;
        self.names.push(name.clone());
        self.index.insert(name.clone(), n);
        n
    }
    fn into_strings(self) -> Vec<String> {
        self.names.iter().map(|n| n.to_string()).collect()
    }
}

struct Unit<'a> {
    block: BlockId,
    kind: ScopeKind,
    name: Ident,
    qualname: String,
    /// Class whose private names are mangled.
    private: Option<Ident>,
    first_line: u32,
    argcount: u32,
    posonlyargcount: u32,
    kwonlyargcount: u32,
    parameters: u32,
    /// Locals by internal number; `local_order` is the order of `co_varnames` (first use, as CPython counts it).
    varnames: NameList,
    local_order: Vec<u32>,
    /// Which locals are in `local_order`.
    local_marked: Vec<bool>,
    names: NameList,
    /// All cells (parameters first, then by name), and for each its register.
    cells: Vec<(Ident, Reg)>,
    frees: Vec<Ident>,
    own_cells: u32,
    consts: Vec<Const>,
    const_index: HashMap<Vec<u8>, u32, FastHash>,
    walrus: HashSet<Ident, FastHash>,
    code: Vec<Ins>,
    labels: Vec<u32>,
    handlers: Vec<Handler>,
    handler: HandlerId,
    blocks: Vec<Block<'a>>,
    /// First dead temporary.
    top: u32,
    /// Number of temporaries.
    temps: u32,
    position: Position,
}

struct Compiler<'a> {
    table: &'a SymbolTable,
    units: Vec<Unit<'a>>,
    filename: &'a str,
    optimize: u8,
    future: Future,
    columns: bool,
    interactive: bool,
    warnings: Vec<SyntaxWarning>,
    /// Nodes of long operator chains that do not fold.
    not_constant: RefCell<HashSet<usize, FastHash>>,
}

/// Operator chains longer than this are remembered when they do not fold.
const LONG_CHAIN: usize = 16;

/// CPython's limit on nested blocks in one unit.
const MAX_BLOCKS: usize = 20;

pub(crate) fn position(span: Span) -> Position {
    Position {
        line: span.lineno,
        end_line: span.end_lineno,
        column: Some(span.col_offset),
        end_column: Some(span.end_col_offset),
    }
}

impl<'a> Compiler<'a> {
    fn module(&mut self, module: &'a Mod) -> Result<CodeUnit> {
        self.enter(self.table.top(), ScopeKind::Module, "<module>".into(), 1);
        match module {
            Mod::Module { body, .. } => {
                if let Some(first) = body.first() {
                    self.at(first.span);
                }
                self.module_body(body)?;
            }
            Mod::Interactive { body } => {
                if has_annotations(body) {
                    self.emit(
                        Op::SETUP_ANNOTATIONS,
                        0,
                        Field::None,
                        Field::None,
                        Field::None,
                    );
                }
                self.body(body)?;
            }
            Mod::Expression { body } => {
                let value = self.operand(body)?;
                self.return_value(value);
            }
            Mod::FunctionType { .. } => {
                return Err(CompileError::value(
                    "this compiler does not handle FunctionTypes",
                ));
            }
        }
        self.leave()
    }

    /// The body of a module or class: annotations, docstring, statements.
    fn module_body(&mut self, body: &'a [Stmt]) -> Result<()> {
        if has_annotations(body) {
            self.emit(
                Op::SETUP_ANNOTATIONS,
                0,
                Field::None,
                Field::None,
                Field::None,
            );
        }
        let mut rest = body;
        if let (Some((first, tail)), Some(text)) = (body.split_first(), docstring(body))
            && self.optimize < 2
        {
            rest = tail;
            let span = match &first.kind {
                StmtKind::Expr { value } => value.span,
                _ => first.span,
            };
            self.at(span);
            let k = self.constant(Const::Str(text.into()));
            self.store_name(&"__doc__".into(), Operand::Const(k))?;
        }
        self.body(rest)
    }

    // Units

    fn enter(&mut self, block: BlockId, kind: ScopeKind, name: Ident, first_line: u32) {
        let table = self.table;
        let b = table.block(block);
        let mut varnames = NameList::default();
        for name in &b.varnames {
            varnames.add(name);
        }
        let mut cells = Vec::new();
        let mut frees = Vec::new();
        for (name, flags) in b.symbols.iter() {
            let scope = scope_of(flags);
            if scope == Scope::Cell {
                cells.push(name.clone());
            } else if scope == Scope::Free || flags & def::FREE_CLASS != 0 {
                frees.push(name.clone());
            }
        }
        if b.needs_class_closure {
            cells.push("__class__".into());
        }
        cells.sort();
        // Stable: parameters in their order, the rest by name.
        cells.sort_by_key(|name| varnames.index.get(name).map_or(u32::MAX, |&n| n));
        frees.sort();
        let mut own_cells = 0;
        let cells = cells
            .into_iter()
            .map(|name| {
                let reg = match varnames.index.get(&name) {
                    Some(&n) => Reg::Local(n),
                    None => {
                        own_cells += 1;
                        Reg::Cell(own_cells - 1)
                    }
                };
                (name, reg)
            })
            .collect();
        let private = self.units.last().and_then(|u| u.private.clone());
        let qualname = self.qualified_name(&name, kind);
        self.units.push(Unit {
            block,
            kind,
            name,
            qualname,
            private,
            first_line,
            argcount: 0,
            posonlyargcount: 0,
            kwonlyargcount: 0,
            parameters: b.varnames.len() as u32,
            local_marked: vec![true; b.varnames.len()],
            local_order: (0..b.varnames.len() as u32).collect(),
            varnames,
            names: NameList::default(),
            cells,
            frees,
            own_cells,
            consts: Vec::new(),
            const_index: HashMap::default(),
            walrus: b.walrus.iter().cloned().collect(),
            code: Vec::new(),
            labels: Vec::new(),
            handlers: Vec::new(),
            handler: HandlerId(None),
            blocks: Vec::new(),
            top: 0,
            temps: 0,
            position: Position {
                line: first_line,
                end_line: first_line,
                column: None,
                end_column: None,
            },
        });
        for n in 0..self.u().cells.len() {
            let reg = self.u().cells[n].1;
            self.emit(Op::MAKE_CELL, 0, Field::Reg(reg), Field::None, Field::None);
        }
        if b.generator || b.coroutine && self.is_async_unit() {
            self.emit(
                Op::RETURN_GENERATOR,
                0,
                Field::None,
                Field::None,
                Field::None,
            );
        }
    }

    /// Whether a coroutine flag of the block makes this unit a coroutine (a function that merely holds an
    /// asynchronous comprehension has it too, but that is an error elsewhere).
    fn is_async_unit(&self) -> bool {
        self.unit().kind != ScopeKind::Class
            && (self.unit().kind != ScopeKind::Module || self.future.top_level_await())
    }

    fn qualified_name(&self, name: &Ident, kind: ScopeKind) -> String {
        let Some(parent) = self.units.last() else {
            return name.to_string();
        };
        if matches!(
            kind,
            ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Class
        ) {
            let mangled = mangle_ident(parent.private.as_deref(), name);
            if self.table.block(parent.block).scope(&mangled) == Scope::GlobalExplicit {
                return name.to_string();
            }
        }
        match parent.kind {
            ScopeKind::Module => name.to_string(),
            ScopeKind::Function | ScopeKind::AsyncFunction | ScopeKind::Lambda => {
                format!("{}.<locals>.{name}", parent.qualname)
            }
            ScopeKind::Class | ScopeKind::Comprehension => format!("{}.{name}", parent.qualname),
        }
    }

    /// Ends the unit, with `return None` where control may reach its end.
    fn leave(&mut self) -> Result<CodeUnit> {
        let falls = self.unit().code.last().is_none_or(|i| i.op.falls_through())
            || self
                .unit()
                .labels
                .iter()
                .any(|&l| l as usize == self.unit().code.len());
        if falls {
            self.nowhere();
            let none = self.constant(Const::None);
            self.emit(Op::RETURN, 0, Field::Const(none), Field::None, Field::None);
        }
        let flags = self.code_flags();
        let Some(unit) = self.units.pop() else {
            return Err(CompileError::value("no unit"));
        };
        debug_assert_eq!(unit.top, 0, "temporaries left in {}", unit.qualname);
        let mut unit = unit;
        let locals = unit.varnames.names.len() as u32;
        let mut final_number = vec![u32::MAX; locals as usize];
        for id in 0..locals {
            if !unit.local_marked.get(id as usize).copied().unwrap_or(false) {
                unit.local_order.push(id);
            }
        }
        for (n, &id) in unit.local_order.iter().enumerate() {
            final_number[id as usize] = n as u32;
        }
        for ins in &mut unit.code {
            for field in [&mut ins.a, &mut ins.b, &mut ins.c] {
                if let Field::Reg(Reg::Local(id)) = field {
                    *id = final_number[*id as usize];
                }
            }
        }
        let varnames = unit
            .local_order
            .iter()
            .map(|&id| unit.varnames.names[id as usize].to_string())
            .collect();
        let output = assemble::assemble(assemble::Input {
            code: unit.code,
            labels: unit.labels,
            handlers: unit.handlers,
            parameters: unit.parameters,
            locals,
            cells: unit.own_cells,
            frees: unit.frees.len() as u32,
            temps: unit.temps,
            columns: self.columns,
        })?;
        Ok(CodeUnit {
            name: unit.name.to_string(),
            qualname: unit.qualname,
            filename: self.filename.to_owned(),
            first_line: unit.first_line,
            flags,
            argcount: unit.argcount,
            posonlyargcount: unit.posonlyargcount,
            kwonlyargcount: unit.kwonlyargcount,
            varnames,
            cellvars: unit.cells.iter().map(|(n, _)| n.to_string()).collect(),
            freevars: unit.frees.iter().map(|n| n.to_string()).collect(),
            names: unit.names.into_strings(),
            consts: unit.consts,
            instructions: output.instructions,
            registers: output.registers,
            exception_table: output.exception_table,
            positions: output.positions,
            stack_size: unit.temps.max(1),
        })
    }

    fn code_flags(&self) -> u32 {
        let unit = self.unit();
        let block = self.table.block(unit.block);
        let mut flags = 0;
        if block.block_type == BlockType::Function {
            flags |= code_flags::NEWLOCALS | code_flags::OPTIMIZED;
            if block.nested {
                flags |= code_flags::NESTED;
            }
            flags |= match (block.generator, block.coroutine) {
                (true, false) => code_flags::GENERATOR,
                (false, true) => code_flags::COROUTINE,
                (true, true) => code_flags::ASYNC_GENERATOR,
                (false, false) => 0,
            };
            if block.varargs {
                flags |= code_flags::VARARGS;
            }
            if block.varkeywords {
                flags |= code_flags::VARKEYWORDS;
            }
        } else if block.block_type == BlockType::Module
            && block.coroutine
            && self.future.top_level_await()
        {
            flags |= code_flags::COROUTINE;
        }
        flags | self.future.flags & FUTURE_MASK
    }

    fn u(&mut self) -> &mut Unit<'a> {
        let last = self.units.len() - 1;
        &mut self.units[last]
    }
    fn unit(&self) -> &Unit<'a> {
        &self.units[self.units.len() - 1]
    }
    /// Whether `await` may stand here although this is not a coroutine function.
    pub(super) fn top_level_await(&self) -> bool {
        self.future.top_level_await() && self.block().block_type == BlockType::Module
    }
    fn block(&self) -> &'a crate::symtable::Block {
        let table: &'a SymbolTable = self.table;
        table.block(self.unit().block)
    }
    fn node_block<T>(&self, node: &T) -> Result<BlockId> {
        self.table
            .by_node
            .get(&node_key(node))
            .copied()
            .ok_or_else(|| CompileError::value("tree changed while compiling"))
    }

    // Emission

    fn at(&mut self, span: Span) {
        self.u().position = position(span);
    }
    fn nowhere(&mut self) {
        self.u().position = NO_POSITION;
    }
    fn emit(&mut self, op: Op, d: u8, a: Field, b: Field, c: Field) -> usize {
        let u = self.u();
        u.code.push(Ins {
            op,
            d,
            a,
            b,
            c,
            extra: 0,
            target: None,
            position: u.position,
            handler: u.handler,
        });
        u.code.len() - 1
    }
    fn emit_extra(&mut self, op: Op, d: u8, a: Field, b: Field, c: Field, extra: u64) {
        let n = self.emit(op, d, a, b, c);
        self.u().code[n].extra = extra;
    }
    fn emit_jump(&mut self, op: Op, d: u8, a: Field, b: Field, target: Label) {
        let n = self.emit(op, d, a, b, Field::None);
        self.u().code[n].target = Some(target);
    }
    fn jump(&mut self, target: Label) {
        self.emit_jump(Op::JUMP, 0, Field::None, Field::None, target);
    }
    fn jump_back(&mut self, target: Label) {
        self.emit_jump(Op::JUMP_BACK, 0, Field::None, Field::None, target);
    }
    fn label(&mut self) -> Label {
        let u = self.u();
        u.labels.push(u32::MAX);
        Label(u.labels.len() as u32 - 1)
    }
    fn place(&mut self, label: Label) {
        let u = self.u();
        u.labels[label.0 as usize] = u.code.len() as u32;
    }
    fn here(&mut self) -> Label {
        let label = self.label();
        self.place(label);
        label
    }
    fn new_handler(&mut self, target: Label, depth: u32) -> HandlerId {
        let u = self.u();
        u.handlers.push(Handler { target, depth });
        u.temps = u.temps.max(depth + 1);
        HandlerId(Some(u.handlers.len() as u32 - 1))
    }

    // Temporaries

    fn temp(&mut self) -> u32 {
        self.temps(1)
    }
    fn temps(&mut self, count: u32) -> u32 {
        let u = self.u();
        let first = u.top;
        u.top += count;
        u.temps = u.temps.max(u.top);
        first
    }
    fn set_top(&mut self, top: u32) {
        let u = self.u();
        u.top = top;
        u.temps = u.temps.max(top);
    }
    fn clear(&mut self, temp: u32) {
        self.emit(
            Op::CLEAR,
            0,
            Field::Reg(Reg::Temp(temp)),
            Field::None,
            Field::None,
        );
    }
    /// Whether `temp` is the newest temporary, so that a window may begin at it.
    fn is_newest(&self, temp: u32) -> bool {
        self.unit().top == temp + 1
    }

    /// The field of an operand and its kill bit; a temporary that is also the destination needs none.
    fn field(&self, operand: Operand, dst: Option<Reg>, kill: u8) -> (Field, u8) {
        match operand {
            Operand::Var(r) => (Field::Reg(r), 0),
            Operand::Const(k) => (Field::Const(k), 0),
            Operand::Keep(t) => (Field::Reg(Reg::Temp(t)), 0),
            Operand::Temp(t) => {
                let r = Reg::Temp(t);
                (Field::Reg(r), if dst == Some(r) { 0 } else { kill })
            }
        }
    }
    /// `op dst, operand`.
    fn emit_unary(&mut self, op: Op, d: u8, dst: Reg, b: Operand) {
        let (b, kill) = self.field(b, Some(dst), KILL_B);
        self.emit(op, d | kill, Field::Reg(dst), b, Field::None);
    }
    /// `op dst, left, right`.
    fn emit_binary(&mut self, op: Op, d: u8, dst: Reg, b: Operand, c: Operand) {
        let (b, kill_b) = self.field(b, Some(dst), KILL_B);
        let (c, kill_c) = self.field(c, Some(dst), KILL_C);
        self.emit(op, d | kill_b | kill_c, Field::Reg(dst), b, c);
    }
    /// `op dst, operand, name`.
    fn emit_named(&mut self, op: Op, dst: Reg, b: Operand, name: &Ident) {
        let (b, kill) = self.field(b, Some(dst), KILL_B);
        let name = self.name_index(name);
        self.emit(op, kill, Field::Reg(dst), b, Field::Imm(name));
    }
    /// `op operand [, operand [, operand]]` without destination.
    fn emit_effect(&mut self, op: Op, d: u8, operands: &[Operand]) {
        let mut fields = [Field::None; 3];
        let mut bits = d;
        for ((slot, &operand), kill) in fields
            .iter_mut()
            .zip(operands)
            .zip([KILL_A, KILL_B, KILL_C])
        {
            let (field, k) = self.field(operand, None, kill);
            *slot = field;
            bits |= k;
        }
        self.emit(op, bits, fields[0], fields[1], fields[2]);
    }
    /// Moves an operand into a register.
    fn move_to(&mut self, dst: Reg, from: Operand) {
        match from {
            Operand::Const(k) => {
                self.emit(Op::LOADK, 0, Field::Reg(dst), Field::Wide(k), Field::None);
            }
            Operand::Var(r) if r == dst => {}
            Operand::Temp(t) | Operand::Keep(t) if Reg::Temp(t) == dst => {}
            from => self.emit_unary(Op::MOVE, 0, dst, from),
        }
    }
    fn load_none(&mut self, temp: u32) {
        let none = self.constant(Const::None);
        self.move_to(Reg::Temp(temp), Operand::Const(none));
    }
    fn return_value(&mut self, value: Operand) {
        if let Operand::Temp(t) = value {
            self.set_top(t);
        }
        self.emit_effect(Op::RETURN, 0, &[value]);
    }

    // Constants and names

    fn constant(&mut self, value: Const) -> u32 {
        let u = self.u();
        let mut key = Vec::new();
        if const_key(&value, &mut key) {
            if let Some(&n) = u.const_index.get(&key) {
                return n;
            }
            u.const_index.insert(key, u.consts.len() as u32);
        } else if let Const::Code(unit) = &value {
            // A body that is compiled twice (in `finally`) is one constant.
            let same = |c: &Const| matches!(c, Const::Code(have) if have.first_line == unit.first_line && have == unit);
            if let Some(n) = u.consts.iter().position(same) {
                return n as u32;
            }
        }
        u.consts.push(value);
        u.consts.len() as u32 - 1
    }
    /// A constant as operand: those with high numbers go through a temporary.
    fn const_operand(&mut self, value: Const) -> Operand {
        let k = self.constant(value);
        if k < pyrs_bytecode::Operand::LIMIT {
            return Operand::Const(k);
        }
        let t = self.temp();
        self.move_to(Reg::Temp(t), Operand::Const(k));
        Operand::Temp(t)
    }
    fn mangle(&self, name: &Ident) -> Ident {
        mangle_ident(self.unit().private.as_deref(), name)
    }
    /// Index of a name (mangled) in `co_names`.
    fn name_index(&mut self, name: &Ident) -> u32 {
        let mangled = self.mangle(name);
        self.u().names.add(&mangled)
    }
    fn fold(&self, e: &Expr) -> Option<Const> {
        if matches!(e.kind, ExprKind::BinOp { .. }) && !self.may_fold(e) {
            return None;
        }
        fold::fold(e, self.optimize == 0)
    }

    /// False if the leftmost operand of a long chain is known not to be constant. Without this a chain of n
    /// operators would be walked n times.
    fn may_fold(&self, e: &Expr) -> bool {
        let mut spine = Vec::new();
        let mut node = e;
        while let ExprKind::BinOp { left, .. } = &node.kind {
            if self.not_constant.borrow().contains(&node_key(node)) {
                return false;
            }
            spine.push(node_key(node));
            node = left;
        }
        if spine.len() > LONG_CHAIN && fold::fold(node, self.optimize == 0).is_none() {
            self.not_constant.borrow_mut().extend(spine);
            return false;
        }
        true
    }

    // Errors

    /// An error at the current position.
    fn error<T>(&mut self, message: impl Into<String>) -> Result<T> {
        let p = self.u().position;
        let span = Span {
            lineno: p.line,
            col_offset: p.column.unwrap_or(0),
            end_lineno: p.end_line,
            end_col_offset: p.end_column.unwrap_or(0),
        };
        Err(CompileError::at(span, message))
    }
    fn push_block(&mut self, kind: BlockKind<'a>, outer: HandlerId) -> Result<()> {
        if self.u().blocks.len() >= MAX_BLOCKS {
            return self.error("too many statically nested blocks");
        }
        self.u().blocks.push(Block { kind, outer });
        Ok(())
    }
    fn pop_block(&mut self) {
        self.u().blocks.pop();
    }
}

/// Bytes that are equal exactly for constants that may share a slot; `false`: never shared.
fn const_key(value: &Const, key: &mut Vec<u8>) -> bool {
    let text = |key: &mut Vec<u8>, tag: u8, bytes: &[u8]| {
        key.push(tag);
        key.extend((bytes.len() as u64).to_le_bytes());
        key.extend(bytes);
        true
    };
    match value {
        Const::None => key.push(0),
        Const::True => key.push(1),
        Const::False => key.push(2),
        Const::Ellipsis => key.push(3),
        Const::Int(n) => {
            key.push(4);
            key.extend(n.to_le_bytes());
        }
        Const::BigInt(s) => return text(key, 5, s.as_bytes()),
        Const::Float(x) => {
            key.push(6);
            key.extend(x.to_bits().to_le_bytes());
        }
        Const::Complex(re, im) => {
            key.push(7);
            key.extend(re.to_bits().to_le_bytes());
            key.extend(im.to_bits().to_le_bytes());
        }
        Const::Str(s) => return text(key, 8, s),
        Const::Bytes(s) => return text(key, 9, s),
        Const::Tuple(items) | Const::FrozenSet(items) => {
            key.push(if matches!(value, Const::Tuple(_)) {
                10
            } else {
                11
            });
            key.extend((items.len() as u64).to_le_bytes());
            return items.iter().all(|c| const_key(c, key));
        }
        Const::Code(_) => return false,
    }
    true
}

/// The docstring of a body.
fn docstring(body: &[Stmt]) -> Option<&[u8]> {
    match &body.first()?.kind {
        StmtKind::Expr { value } => match &value.kind {
            ExprKind::Constant {
                value: Constant::Str(s),
                ..
            } => Some(s),
            _ => None,
        },
        _ => None,
    }
}

/// Whether statements of this scope (nested blocks included, nested scopes not) hold an annotation.
fn has_annotations(body: &[Stmt]) -> bool {
    body.iter().any(|s| {
        with_stack(|| match &s.kind {
            StmtKind::AnnAssign { .. } => true,
            StmtKind::For { body, orelse, .. }
            | StmtKind::AsyncFor { body, orelse, .. }
            | StmtKind::While { body, orelse, .. }
            | StmtKind::If { body, orelse, .. } => has_annotations(body) || has_annotations(orelse),
            StmtKind::With { body, .. } | StmtKind::AsyncWith { body, .. } => has_annotations(body),
            StmtKind::Match { cases, .. } => cases.iter().any(|c| has_annotations(&c.body)),
            StmtKind::Try {
                body,
                handlers,
                orelse,
                finalbody,
            }
            | StmtKind::TryStar {
                body,
                handlers,
                orelse,
                finalbody,
            } => {
                has_annotations(body)
                    || handlers.iter().any(|h| has_annotations(&h.body))
                    || has_annotations(orelse)
                    || has_annotations(finalbody)
            }
            _ => false,
        })
    })
}
