//! Checks a code unit so that an interpreter may run it without bounds checks: whatever the code cache or
//! `marshal` hands in passes through here.

use crate::op::*;
use crate::{Access, CodeUnit, Const, ExceptionEntry, Positions, register_effects};
use std::fmt;

/// What is wrong and at which word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Invalid {
    pub qualname: String,
    pub word: usize,
    pub problem: &'static str,
}

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "invalid bytecode in {} at word {}: {}",
            self.qualname, self.word, self.problem
        )
    }
}
impl std::error::Error for Invalid {}

/// What the checks need to know of a constant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum ConstKind {
    Code,
    Tuple { length: usize, strings: bool },
    Other,
}

/// What the checks need to know of a unit, whether it is a [`CodeUnit`] or lies in an image.
pub(crate) struct Facts<'a> {
    pub(crate) registers: u32,
    pub(crate) first_cell: u32,
    pub(crate) first_temp: u32,
    pub(crate) argcount: u32,
    pub(crate) posonlyargcount: u32,
    pub(crate) parameters: u32,
    /// Which of the registers below `first_cell` are cells.
    pub(crate) cell_parameters: Vec<bool>,
    pub(crate) names: usize,
    pub(crate) consts: Vec<ConstKind>,
    pub(crate) instructions: &'a [u64],
    pub(crate) exception_table: &'a [ExceptionEntry],
    pub(crate) positions: Positions<'a>,
}

/// Word and problem.
type Problem = (usize, &'static str);

/// Checks `unit`; units in its constants have been checked if they came through this function themselves
/// (`deep` checks them too).
pub fn validate(unit: &CodeUnit, deep: bool) -> Result<(), Invalid> {
    let kind = |c: &Const| match c {
        Const::Code(_) => ConstKind::Code,
        Const::Tuple(items) => ConstKind::Tuple {
            length: items.len(),
            strings: items.iter().all(|c| matches!(c, Const::Str(_))),
        },
        _ => ConstKind::Other,
    };
    let facts = Facts {
        registers: unit.registers,
        first_cell: unit.first_cell(),
        first_temp: unit.first_temp(),
        argcount: unit.argcount,
        posonlyargcount: unit.posonlyargcount,
        parameters: unit.parameter_count(),
        cell_parameters: unit
            .varnames
            .iter()
            .map(|v| unit.cellvars.contains(v))
            .collect(),
        names: unit.names.len(),
        consts: unit.consts.iter().map(kind).collect(),
        instructions: &unit.instructions,
        exception_table: &unit.exception_table,
        positions: unit.positions.view(),
    };
    facts.check().map_err(|(word, problem)| Invalid {
        qualname: unit.qualname.clone(),
        word,
        problem,
    })?;
    if deep {
        for c in &unit.consts {
            if let Const::Code(inner) = c {
                validate(inner, true)?;
            }
        }
    }
    Ok(())
}

impl Facts<'_> {
    pub(crate) fn check(&self) -> Result<(), Problem> {
        let unit = self;
        let fail = |word, problem| Err((word, problem));
        let starts = self.boundaries()?;
        if unit.registers > Operand::LIMIT || unit.first_temp > unit.registers {
            return fail(0, "register count");
        }
        if unit.parameters > unit.first_cell || unit.posonlyargcount > unit.argcount {
            return fail(0, "parameter count");
        }
        let mut pc = 0;
        while pc < unit.instructions.len() {
            let instr = Instr(unit.instructions[pc]);
            let Some(op) = instr.op() else {
                return fail(pc, "opcode");
            };
            if let Err(problem) = self.instruction(pc, op, instr, &starts) {
                return fail(pc, problem);
            }
            let next = pc + 1 + op.extra();
            if next >= unit.instructions.len() && op.falls_through() {
                return fail(pc, "control falls off the end");
            }
            pc = next;
        }
        if unit.instructions.is_empty() {
            return fail(0, "no instructions");
        }
        let mut last = 0;
        for e in unit.exception_table {
            let at = |n: u32| starts.get(n as usize).copied().unwrap_or(false);
            let end_ok = e.end as usize == unit.instructions.len() || at(e.end);
            if e.start < last || e.start >= e.end || !at(e.start) || !end_ok || !at(e.target) {
                return fail(e.start as usize, "exception table range");
            }
            if u32::from(e.depth) < unit.first_temp || u32::from(e.depth) >= unit.registers {
                return fail(e.start as usize, "exception table depth");
            }
            last = e.end;
        }
        if unit.positions.covered() != Some(unit.instructions.len() as u64) {
            return fail(0, "positions do not cover the code");
        }
        Ok(())
    }

    /// Which words begin an instruction.
    fn boundaries(&self) -> Result<Vec<bool>, Problem> {
        let unit = self;
        let mut starts = vec![false; unit.instructions.len()];
        let mut pc = 0;
        while pc < unit.instructions.len() {
            starts[pc] = true;
            let Some(op) = Instr(unit.instructions[pc]).op() else {
                return Err((pc, "opcode"));
            };
            pc += 1 + op.extra();
            if pc > unit.instructions.len() {
                return Err((unit.instructions.len(), "extra words missing"));
            }
        }
        Ok(starts)
    }

    fn instruction(
        &self,
        pc: usize,
        op: Op,
        instr: Instr,
        starts: &[bool],
    ) -> Result<(), &'static str> {
        let unit = self;
        let info = op.info();
        let next = pc + 1 + op.extra();
        let jump = |offset: i32| {
            let target = next as i64 + i64::from(offset);
            match usize::try_from(target).ok().and_then(|t| starts.get(t)) {
                Some(true) => Ok(()),
                _ => Err("jump target"),
            }
        };
        let constant = |index: u32| unit.consts.get(index as usize).ok_or("constant index");
        for (kind, field) in [
            (info.a, instr.a()),
            (info.b, instr.b()),
            (info.c, instr.c()),
        ] {
            // Fields that the auxiliary bits declare unused may hold anything.
            let unused = match op.family() {
                Op::RAISE => kind == Kind::R,
                Op::FORMAT_VALUE => kind == Kind::R && instr.d() & HAS_SPEC == 0,
                _ => false,
            };
            if unused {
                continue;
            }
            match kind {
                Kind::R => match Operand::decode(field) {
                    Operand::Constant(k) => drop(constant(k)?),
                    Operand::Register(r) if u32::from(r) >= unit.registers => {
                        return Err("register");
                    }
                    Operand::Register(_) => {}
                },
                Kind::Name if usize::from(field) >= unit.names => return Err("name index"),
                Kind::Konst => drop(constant(field.into())?),
                Kind::Konst32 => drop(constant(instr.wide())?),
                Kind::Off => jump(instr.offset())?,
                Kind::W
                | Kind::Reg
                | Kind::Rw
                | Kind::Take
                | Kind::Maybe
                | Kind::MaybeTake
                | Kind::Win
                    if u32::from(field) >= unit.registers =>
                {
                    return Err("register");
                }
                Kind::Cell | Kind::MakeCell => {
                    let r = u32::from(field);
                    let is_cell = match unit.cell_parameters.get(r as usize) {
                        Some(is) => *is,
                        None => r < unit.first_temp,
                    };
                    if !is_cell {
                        return Err("cell register");
                    }
                }
                Kind::None
                | Kind::Imm
                | Kind::Name
                | Kind::W
                | Kind::Reg
                | Kind::Rw
                | Kind::Take
                | Kind::Maybe
                | Kind::MaybeTake
                | Kind::Win
                | Kind::PushExc
                | Kind::PopExc => {}
            }
        }
        let mut in_range = true;
        register_effects(instr, |r, _: Access| in_range &= r < unit.registers);
        if !in_range {
            return Err("register");
        }
        let extra = unit.instructions.get(pc + 1).copied().unwrap_or(0);
        if op.has(flags::JUMP_EXTRA) {
            jump(extra as u32 as i32)?;
        }
        let tuple = |index: u64| match *constant(index as u32)? {
            ConstKind::Tuple { length, strings } => Ok((length, strings)),
            _ => Err("constant is not a tuple"),
        };
        match op.family() {
            Op::FOR_ITER => {
                if unit.instructions.get(next).map(|&w| Instr(w).op()) != Some(Some(Op::JUMP)) {
                    return Err("FOR_ITER without JUMP");
                }
                if next + 1 >= unit.instructions.len() {
                    return Err("control falls off the end");
                }
            }
            Op::JUMP_BACK if instr.offset() >= 0 => return Err("JUMP_BACK goes forward"),
            Op::CALL_KW => {
                let (length, strings) = tuple(extra & 0xFFFF_FFFF)?;
                if !strings || length > usize::from(instr.b()) {
                    return Err("keyword names");
                }
            }
            Op::BUILD_CONST_KEY_MAP if tuple(extra)?.0 != usize::from(instr.c()) => {
                return Err("keys");
            }
            Op::MATCH_CLASS if !tuple(extra & 0xFFFF_FFFF)?.1 => return Err("keyword names"),
            Op::MAKE_FUNCTION if *constant(instr.c().into())? != ConstKind::Code => {
                return Err("no code constant");
            }
            Op::BUILD_SLICE if !matches!(instr.c(), 2 | 3) => return Err("slice length"),
            Op::COMPARE | Op::COMPARE_JUMP if instr.d() & CMP_MASK > 5 => return Err("comparison"),
            Op::RAISE => {
                let count = instr.d() & 15;
                if count > 2 {
                    return Err("operand count");
                }
                for field in [instr.a(), instr.b()].into_iter().take(count.into()) {
                    if let Operand::Constant(k) = Operand::decode(field) {
                        constant(k)?;
                    }
                }
            }
            Op::FORMAT_VALUE => {
                if let Operand::Constant(k) = Operand::decode(instr.b()) {
                    constant(k)?;
                }
            }
            Op::IMPORT_NAME if extra > i32::MAX as u64 => return Err("import level"),
            _ => {}
        }
        Ok(())
    }
}
