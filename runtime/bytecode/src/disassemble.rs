//! Text form of a code unit, one line an instruction: for tests and people.

use crate::op::*;
use crate::{CodeUnit, Const};
use std::fmt::Write;

/// The whole unit and the units in its constants.
pub fn disassemble(unit: &CodeUnit) -> String {
    let mut out = String::new();
    one(unit, &mut out);
    out
}

fn one(unit: &CodeUnit, out: &mut String) {
    let _ = writeln!(
        out,
        "{} (registers {}, flags {:#x})",
        unit.qualname, unit.registers, unit.flags
    );
    let mut pc = 0usize;
    while let Some(&word) = unit.instructions.get(pc) {
        let instr = Instr(word);
        let Some(op) = instr.op() else {
            let _ = writeln!(out, "  {pc:4} <bad opcode {}>", instr.op_byte());
            pc += 1;
            continue;
        };
        let _ = writeln!(out, "  {pc:4} {}", instruction(unit, pc, op, instr));
        pc += 1 + op.extra();
    }
    for e in &unit.exception_table {
        let _ = writeln!(
            out,
            "  except {}..{} -> {} depth {}",
            e.start,
            e.end,
            e.target,
            register(unit, e.depth.into())
        );
    }
    for constant in &unit.consts {
        if let Const::Code(inner) = constant {
            out.push('\n');
            one(inner, out);
        }
    }
}

fn register(unit: &CodeUnit, r: u32) -> String {
    match unit.register_name(r) {
        Some(name) => name.to_owned(),
        None => format!("t{}", r.wrapping_sub(unit.first_temp())),
    }
}

fn constant(unit: &CodeUnit, index: u32) -> String {
    unit.consts
        .get(index as usize)
        .map_or_else(|| format!("<constant {index}?>"), const_text)
}

/// Python's spelling, roughly.
fn const_text(c: &Const) -> String {
    let list = |items: &[Const]| items.iter().map(const_text).collect::<Vec<_>>().join(", ");
    match c {
        Const::None => "None".into(),
        Const::True => "True".into(),
        Const::False => "False".into(),
        Const::Ellipsis => "...".into(),
        Const::Int(n) => n.to_string(),
        Const::BigInt(n) => n.clone(),
        Const::Float(x) => format!("{x:?}"),
        Const::Complex(re, im) => format!("({re:?}+{im:?}j)"),
        Const::Str(s) => format!("{:?}", String::from_utf8_lossy(s)),
        Const::Bytes(s) => format!("b{:?}", String::from_utf8_lossy(s)),
        Const::Tuple(items) => format!("({})", list(items)),
        Const::FrozenSet(items) => format!("frozenset({{{}}})", list(items)),
        Const::Code(unit) => format!("<code {}>", unit.qualname),
    }
}

fn instruction(unit: &CodeUnit, pc: usize, op: Op, instr: Instr) -> String {
    let info = op.info();
    let mut text = info.name.to_owned();
    let mut separator = " ";
    let extra = |n: usize| unit.instructions.get(pc + 1 + n).copied().unwrap_or(0);
    let next = (pc + 1 + op.extra()) as i64;
    let mut push = |part: String| {
        text.push_str(separator);
        text.push_str(&part);
        separator = ", ";
    };
    let d = instr.d();
    for (kind, field, kill) in [
        (info.a, instr.a(), KILL_A),
        (info.b, instr.b(), KILL_B),
        (info.c, instr.c(), KILL_C),
    ] {
        match kind {
            Kind::None => {}
            Kind::R => {
                let unused = (op.family() == Op::FORMAT_VALUE
                    && kill == KILL_C
                    && d & HAS_SPEC == 0)
                    || (op.family() == Op::RAISE && (d & 3) < if kill == KILL_A { 1 } else { 2 });
                if unused {
                    continue;
                }
                let mut part = match Operand::decode(field) {
                    Operand::Register(r) => register(unit, r.into()),
                    Operand::Constant(k) => constant(unit, k),
                };
                if d & kill != 0 {
                    part.push('!');
                }
                push(part);
            }
            Kind::Name => push(format!(
                ".{}",
                unit.names.get(field as usize).map_or("?", String::as_str)
            )),
            Kind::Konst => push(constant(unit, field.into())),
            Kind::Konst32 => push(constant(unit, instr.wide())),
            Kind::Imm => push(format!("#{field}")),
            Kind::Off => push(format!("-> {}", next + i64::from(instr.offset()))),
            Kind::Win => push(format!("[{}]", register(unit, field.into()))),
            _ => push(register(unit, field.into())),
        }
    }
    if op.has(flags::JUMP_EXTRA) {
        push(format!("-> {}", next + i64::from(extra(0) as u32 as i32)));
    }
    match op.family() {
        Op::CALL_KW | Op::BUILD_CONST_KEY_MAP => push(constant(unit, extra(0) as u32)),
        Op::MATCH_CLASS => push(format!(
            "{}, #{}",
            constant(unit, extra(0) as u32),
            extra(0) >> 32
        )),
        Op::IMPORT_NAME => push(format!("level {}", extra(0))),
        _ => {}
    }
    match info.aux {
        Aux::None => {}
        Aux::Bin if d & IN_PLACE != 0 => text.push_str(" in-place"),
        Aux::Bin => {}
        Aux::Cmp => {
            let name = ["<", "<=", "==", "!=", ">", ">="]
                .get((d & CMP_MASK) as usize)
                .unwrap_or(&"?");
            let _ = write!(text, " {name}");
            if op.family() == Op::COMPARE_JUMP {
                text.push_str(if d & SENSE != 0 {
                    " if true"
                } else {
                    " if false"
                });
            }
        }
        Aux::Call if d & CALL_METHOD_FLAG != 0 => text.push_str(" method"),
        Aux::Ex if d & CALL_EX_KWARGS != 0 => text.push_str(" kwargs"),
        Aux::FallKill if d & FALL_KILL != 0 => text.push_str(" fallkill"),
        Aux::Invert if d & INVERTED != 0 => text.push_str(" not"),
        Aux::Call | Aux::Ex | Aux::FallKill | Aux::Invert => {}
        Aux::Format | Aux::Func | Aux::Await | Aux::Count => {
            let _ = write!(text, " d={}", d & 15);
        }
    }
    text
}
