//! `co_code`: what pyrs' instructions look like to readers of CPython's bytecode.

use crate::codeobject::{body_of, object};
use pyrs_bytecode::{Instr, Kind, Op};
use pyrs_object::{PyResult, Ref, Value, ValueExt};

/// Two bytes for each word, so that `co_code[f_lasti]` is the running instruction: CPython's number where the operation
/// is one of CPython's (pandas looks for subscript assignments), else that of `NOP`; 0 for caches, as there. The second
/// byte is CPython's argument where that is a name or a comparison (`dis` looks them up, and `cloudpickle` finds globals
/// with it), else an operand's low byte. The instructions themselves lie elsewhere.
pub(crate) fn get_code(v: Value) -> PyResult {
    // SAFETY: a live code object.
    let given = unsafe { Value::from_object((*object(v))._co_code) };
    if let Some(given) = given.non_empty() {
        return Ok(Ref::new(given));
    }
    let words = body_of(v).map_or_else(Vec::new, |c| {
        // SAFETY: the body has `word_count` words.
        (0..c.word_count as usize)
            .map(|i| unsafe { *c.instructions.add(i) })
            .collect()
    });
    Ok(pyrs_object::bytes::new(&shown(&words)))
}

/// `co_code` for instructions of ours.
pub(crate) fn shown(words: &[u64]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(words.len() * 2);
    let mut i = 0;
    while let Some(word) = words.get(i) {
        let instr = Instr(*word);
        let n = 1 + instr.op().map_or(0, Op::extra);
        write(&mut bytes, instr, n);
        i += n;
    }
    bytes
}

/// An instruction of that many words. The higher bytes of an argument stand in front, in the place of caches.
fn write(bytes: &mut Vec<u8>, instr: Instr, words: usize) {
    let end = bytes.len() + words * 2;
    let op = instr.op().map(Op::family);
    let (number, argument) = op.map_or((NOP, 0), |op| number_and_argument(instr, op));
    let whole = |number: u8, argument: u32| {
        let high = (1..4)
            .map(|k| (argument >> (8 * k)) as u8)
            .rev()
            .skip_while(|byte| *byte == 0);
        let mut all: Vec<u8> = high.flat_map(|byte| [EXTENDED_ARG, byte]).collect();
        all.extend([number, argument as u8]);
        all
    };
    match op {
        Some(Op::LOAD_GLOBAL | Op::STORE_GLOBAL) => {
            // `LOAD_GLOBAL` has more caches in CPython: `dis` skips the beginning of what follows. So that it finds all
            // names, they are in the later words, too, with the operation that has a name and no caches; alone where
            // the argument would need another word.
            if op == Some(Op::LOAD_GLOBAL) && argument < 128 {
                bytes.extend([number, (argument << 1) as u8]);
            }
            while bytes.len() < end {
                bytes.extend(whole(STORE_GLOBAL, argument));
            }
        }
        _ => match whole(number, argument) {
            all if all.len() <= words * 2 => bytes.extend(all),
            _ => bytes.extend([NOP, 0]),
        },
    }
    bytes.resize(end, 0);
}

/// CPython's number and argument.
fn number_and_argument(instr: Instr, op: Op) -> (u8, u32) {
    let info = op.info();
    let name = [
        (info.a, instr.a()),
        (info.b, instr.b()),
        (info.c, instr.c()),
    ]
    .into_iter()
    .find_map(|(kind, field)| (kind == Kind::Name).then_some(u32::from(field)));
    let argument = match op {
        Op::COMPARE => Some(u32::from(instr.d() & 7)),
        Op::IS | Op::CONTAINS => Some(u32::from(instr.d() & 1)),
        Op::CALL | Op::CALL_KW => Some(u32::from(instr.b())),
        _ => name,
    };
    let argument = argument.unwrap_or(u32::from(instr.a() & 0xFF));
    (cpython_number(op), argument)
}

const NOP: u8 = 9;
const EXTENDED_ARG: u8 = 144;
const STORE_GLOBAL: u8 = 97;

fn cpython_number(op: Op) -> u8 {
    match op {
        Op::STORE_SUBSCR => 60,
        Op::DELETE_SUBSCR => 61,
        Op::STORE_NAME => 90,
        Op::DELETE_NAME => 91,
        Op::STORE_ATTR => 95,
        Op::DELETE_ATTR => 96,
        Op::STORE_GLOBAL => STORE_GLOBAL,
        Op::DELETE_GLOBAL => 98,
        Op::LOAD_NAME => 101,
        Op::LOAD_ATTR | Op::LOAD_METHOD => 106,
        Op::COMPARE => 107,
        Op::IMPORT_NAME => 108,
        Op::IMPORT_FROM => 109,
        Op::LOAD_GLOBAL => 116,
        Op::IS => 117,
        Op::CONTAINS => 118,
        Op::CALL_EX => 142,
        Op::CALL | Op::CALL_KW => 171,
        _ => NOP,
    }
}
