//! Binary form of a code unit, for the code cache: versioned, checked on the way in.

use crate::positions::{read_varint, unzigzag, write_varint, zigzag};
use crate::{CodeUnit, Const, ExceptionEntry, Invalid, Op, PositionTable, validate};
use std::fmt;

/// Changes whenever the format or the meaning of an instruction does.
pub const FORMAT_VERSION: u32 = 1;
const MAGIC: [u8; 4] = *b"pyrc";
/// Nesting of code and tuples beyond this is taken for damage; the compiler's own limits are lower.
const MAX_DEPTH: u32 = 400;

/// Why bytes are not a code unit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum DecodeError {
    /// Another program's or version's file.
    Version,
    /// Cut off or damaged.
    Corrupt,
    /// Well formed, but the code is not valid.
    Invalid(Invalid),
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Version => f.write_str("compiled code of another version"),
            DecodeError::Corrupt => f.write_str("compiled code is damaged"),
            DecodeError::Invalid(e) => e.fmt(f),
        }
    }
}
impl std::error::Error for DecodeError {}

/// A number that differs between opcode tables, so that a cache of an older table is refused.
fn table_hash() -> u32 {
    let mut hash = 0x811C_9DC5u32;
    for op in Op::ALL {
        for &b in op
            .name()
            .as_bytes()
            .iter()
            .chain(&[op.info().extra, op.info().flags])
        {
            hash = (hash ^ u32::from(b)).wrapping_mul(0x0100_0193);
        }
    }
    hash
}

/// The bytes of `unit`.
pub fn encode(unit: &CodeUnit) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend(FORMAT_VERSION.to_le_bytes());
    out.extend(table_hash().to_le_bytes());
    put_unit(&mut out, unit);
    out
}

/// The unit in `bytes`, validated.
pub fn decode(bytes: &[u8]) -> Result<CodeUnit, DecodeError> {
    let body = bytes.strip_prefix(&MAGIC).ok_or(DecodeError::Version)?;
    let body = body
        .strip_prefix(&FORMAT_VERSION.to_le_bytes())
        .ok_or(DecodeError::Version)?;
    let mut body = body
        .strip_prefix(&table_hash().to_le_bytes())
        .ok_or(DecodeError::Version)?;
    let unit = get_unit(&mut body, 0).ok_or(DecodeError::Corrupt)?;
    if !body.is_empty() {
        return Err(DecodeError::Corrupt);
    }
    validate(&unit, true).map_err(DecodeError::Invalid)?;
    Ok(unit)
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    write_varint(out, bytes.len() as u64);
    out.extend(bytes);
}
fn put_names(out: &mut Vec<u8>, names: &[String]) {
    write_varint(out, names.len() as u64);
    for name in names {
        put_bytes(out, name.as_bytes());
    }
}

fn put_unit(out: &mut Vec<u8>, unit: &CodeUnit) {
    for text in [&unit.name, &unit.qualname, &unit.filename] {
        put_bytes(out, text.as_bytes());
    }
    for n in [
        unit.first_line,
        unit.flags,
        unit.argcount,
        unit.posonlyargcount,
        unit.kwonlyargcount,
        unit.registers,
        unit.stack_size,
    ] {
        write_varint(out, n.into());
    }
    for names in [&unit.varnames, &unit.cellvars, &unit.freevars, &unit.names] {
        put_names(out, names);
    }
    write_varint(out, unit.instructions.len() as u64);
    for word in &unit.instructions {
        out.extend(word.to_le_bytes());
    }
    write_varint(out, unit.exception_table.len() as u64);
    for e in &unit.exception_table {
        for n in [e.start, e.end, e.target, e.depth.into()] {
            write_varint(out, n.into());
        }
    }
    put_bytes(out, &unit.positions.bytes);
    put_consts(out, &unit.consts);
}

fn put_consts(out: &mut Vec<u8>, consts: &[Const]) {
    write_varint(out, consts.len() as u64);
    for c in consts {
        put_const(out, c);
    }
}

fn put_const(out: &mut Vec<u8>, c: &Const) {
    match c {
        Const::None => out.push(0),
        Const::True => out.push(1),
        Const::False => out.push(2),
        Const::Ellipsis => out.push(3),
        Const::Int(n) => {
            out.push(4);
            write_varint(out, zigzag(*n));
        }
        Const::BigInt(text) => {
            out.push(5);
            put_bytes(out, text.as_bytes());
        }
        Const::Float(x) => {
            out.push(6);
            out.extend(x.to_bits().to_le_bytes());
        }
        Const::Complex(re, im) => {
            out.push(7);
            out.extend(re.to_bits().to_le_bytes());
            out.extend(im.to_bits().to_le_bytes());
        }
        Const::Str(s) => {
            out.push(8);
            put_bytes(out, s);
        }
        Const::Bytes(s) => {
            out.push(9);
            put_bytes(out, s);
        }
        Const::Tuple(items) => {
            out.push(10);
            put_consts(out, items);
        }
        Const::FrozenSet(items) => {
            out.push(11);
            put_consts(out, items);
        }
        Const::Code(unit) => {
            out.push(12);
            put_unit(out, unit);
        }
    }
}

fn get_bytes<'a>(input: &mut &'a [u8]) -> Option<&'a [u8]> {
    let n = usize::try_from(read_varint(input)?).ok()?;
    let (bytes, rest) = input.split_at_checked(n)?;
    *input = rest;
    Some(bytes)
}
fn get_text(input: &mut &[u8]) -> Option<String> {
    String::from_utf8(get_bytes(input)?.to_vec()).ok()
}
fn get_u32(input: &mut &[u8]) -> Option<u32> {
    u32::try_from(read_varint(input)?).ok()
}
fn get_u64_fixed(input: &mut &[u8]) -> Option<u64> {
    let (bytes, rest) = input.split_first_chunk::<8>()?;
    *input = rest;
    Some(u64::from_le_bytes(*bytes))
}
/// A length, checked against what is left at `size` bytes an item, so that damage cannot ask for much memory.
fn get_length(input: &mut &[u8], size: usize) -> Option<usize> {
    let n = usize::try_from(read_varint(input)?).ok()?;
    (n.checked_mul(size)? <= input.len()).then_some(n)
}
fn get_names(input: &mut &[u8]) -> Option<Vec<String>> {
    (0..get_length(input, 1)?)
        .map(|_| get_text(input))
        .collect()
}

fn get_unit(input: &mut &[u8], depth: u32) -> Option<CodeUnit> {
    if depth > MAX_DEPTH {
        return None;
    }
    let mut unit = CodeUnit {
        name: get_text(input)?,
        qualname: get_text(input)?,
        filename: get_text(input)?,
        first_line: get_u32(input)?,
        flags: get_u32(input)?,
        argcount: get_u32(input)?,
        posonlyargcount: get_u32(input)?,
        kwonlyargcount: get_u32(input)?,
        registers: get_u32(input)?,
        stack_size: get_u32(input)?,
        varnames: get_names(input)?,
        cellvars: get_names(input)?,
        freevars: get_names(input)?,
        names: get_names(input)?,
        ..CodeUnit::default()
    };
    // Sums of these must not overflow in the validator.
    if [unit.argcount, unit.posonlyargcount, unit.kwonlyargcount]
        .iter()
        .any(|&n| n > 1 << 20)
    {
        return None;
    }
    let words = get_length(input, 8)?;
    unit.instructions = (0..words)
        .map(|_| get_u64_fixed(input))
        .collect::<Option<_>>()?;
    let rows = get_length(input, 4)?;
    unit.exception_table = (0..rows)
        .map(|_| {
            Some(ExceptionEntry {
                start: get_u32(input)?,
                end: get_u32(input)?,
                target: get_u32(input)?,
                depth: u16::try_from(read_varint(input)?).ok()?,
            })
        })
        .collect::<Option<_>>()?;
    unit.positions = PositionTable {
        bytes: get_bytes(input)?.to_vec(),
    };
    unit.consts = get_consts(input, depth)?;
    Some(unit)
}

fn get_consts(input: &mut &[u8], depth: u32) -> Option<Vec<Const>> {
    (0..get_length(input, 1)?)
        .map(|_| get_const(input, depth + 1))
        .collect()
}

fn get_const(input: &mut &[u8], depth: u32) -> Option<Const> {
    if depth > MAX_DEPTH {
        return None;
    }
    let (&tag, rest) = input.split_first()?;
    *input = rest;
    Some(match tag {
        0 => Const::None,
        1 => Const::True,
        2 => Const::False,
        3 => Const::Ellipsis,
        4 => Const::Int(unzigzag(read_varint(input)?)),
        5 => {
            let text = get_text(input)?;
            let digits = text.strip_prefix('-').unwrap_or(&text);
            let ok = match digits.strip_prefix("0x") {
                Some(hex) => !hex.is_empty() && hex.bytes().all(|b| b.is_ascii_hexdigit()),
                None => !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()),
            };
            return ok.then_some(Const::BigInt(text));
        }
        6 => Const::Float(f64::from_bits(get_u64_fixed(input)?)),
        7 => Const::Complex(
            f64::from_bits(get_u64_fixed(input)?),
            f64::from_bits(get_u64_fixed(input)?),
        ),
        8 => Const::Str(get_bytes(input)?.into()),
        9 => Const::Bytes(get_bytes(input)?.into()),
        10 => Const::Tuple(get_consts(input, depth)?),
        11 => Const::FrozenSet(get_consts(input, depth)?),
        12 => Const::Code(Box::new(get_unit(input, depth + 1)?)),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Instr, Operand, Position, PositionWriter, disassemble};

    fn sample() -> CodeUnit {
        let k = Operand::Constant(0).encode().unwrap_or(0);
        let instructions = vec![
            Instr::new(Op::ADD, 0, 1, 0, k).0,
            0,
            Instr::new(Op::RETURN, crate::KILL_A, 1, 0, 0).0,
        ];
        let mut positions = PositionWriter::new();
        positions.add(
            3,
            Position {
                line: 1,
                end_line: 1,
                column: Some(0),
                end_column: Some(4),
            },
        );
        CodeUnit {
            name: "f".into(),
            qualname: "f".into(),
            argcount: 1,
            varnames: vec!["x".into()],
            registers: 2,
            consts: vec![
                Const::Int(-3),
                Const::Tuple(vec![
                    Const::Float(-0.0),
                    Const::BigInt("-99999999999999999999".into()),
                ]),
            ],
            instructions,
            positions: positions.finish(),
            ..CodeUnit::default()
        }
    }

    #[test]
    fn round_trip() {
        let mut outer = sample();
        outer.consts.push(Const::Code(Box::new(sample())));
        assert_eq!(decode(&encode(&outer)), Ok(outer));
    }

    #[test]
    fn damage_gives_errors_not_panics() {
        let bytes = encode(&sample());
        for n in 0..bytes.len() {
            assert!(decode(&bytes[..n]).is_err());
            for bit in 0..8 {
                let mut damaged = bytes.clone();
                damaged[n] ^= 1 << bit;
                if let Ok(unit) = decode(&damaged) {
                    disassemble(&unit);
                }
            }
        }
    }

    #[test]
    fn validator_refuses_what_would_run_wild() {
        let check = |change: fn(&mut CodeUnit)| {
            let mut unit = sample();
            change(&mut unit);
            validate(&unit, true).err().map(|e| e.problem)
        };
        assert_eq!(check(|_| {}), None);
        assert_eq!(check(|u| u.registers = 1), Some("register"));
        assert_eq!(check(|u| u.consts.clear()), Some("constant index"));
        assert_eq!(
            check(|u| u.instructions.truncate(2)),
            Some("control falls off the end")
        );
        assert_eq!(
            check(|u| u.instructions.truncate(1)),
            Some("extra words missing")
        );
        assert_eq!(
            check(|u| u.instructions[2] = Instr::new_wide(Op::JUMP, 0, 0, -2i32 as u32).0),
            Some("jump target")
        );
        assert_eq!(check(|u| u.instructions[2] = 255), Some("opcode"));
    }
}
