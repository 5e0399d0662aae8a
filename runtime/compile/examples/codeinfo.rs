//! Prints one line of facts for each code object of the files named on standard input, for comparison with CPython.

use pyrs_bytecode::{CodeUnit, Const, Instr};
use std::io::BufRead;

fn show(unit: &CodeUnit) {
    println!(
        "{}|{}|{:#x}|{}|{}|{}|{}|{}|{}|{}",
        unit.qualname,
        unit.first_line,
        unit.flags,
        unit.argcount,
        unit.posonlyargcount,
        unit.kwonlyargcount,
        unit.varnames.join(","),
        unit.cellvars.join(","),
        unit.freevars.join(","),
        unit.names.join(","),
    );
    if std::env::var_os("POSITIONS").is_some() {
        positions(unit);
    }
    for c in &unit.consts {
        if let Const::Code(inner) = c {
            show(inner);
        }
    }
}

fn positions(unit: &CodeUnit) {
    let mut pc = 0;
    while pc < unit.instructions.len() {
        let Some(op) = Instr(unit.instructions[pc]).op() else {
            return;
        };
        if let Some(p) = unit.positions.lookup(pc as u32) {
            let column = |c: Option<u32>| c.map_or(-1, i64::from);
            println!(
                "@{} {} {} {} {}",
                op.name(),
                p.line,
                p.end_line,
                column(p.column),
                column(p.end_column)
            );
        }
        pc += 1 + op.extra();
    }
}

fn main() {
    for path in std::io::stdin().lock().lines().map_while(Result::ok) {
        let source = std::fs::read(&path).unwrap_or_default();
        println!("FILE {path}");
        let parsed = match pyrs_syntax::parse(&source, pyrs_syntax::Mode::Exec, &Default::default())
        {
            Ok(parsed) => parsed,
            Err(e) => {
                println!("PARSE {e:?}");
                continue;
            }
        };
        match pyrs_compile::compile(&parsed.module, &Default::default()) {
            Ok(compiled) => {
                for w in &compiled.warnings {
                    println!("WARN {} {}", w.span.lineno, w.message);
                }
                show(&compiled.unit);
            }
            Err(e) => println!(
                "ERROR {}|{}|{}|{}|{}",
                e.message, e.lineno, e.offset, e.end_lineno, e.end_offset
            ),
        }
    }
}
