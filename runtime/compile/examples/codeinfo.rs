//! Prints one line of facts for each code object of the files named on standard input, for comparison with CPython.

use pyrs_bytecode::{CodeUnit, Const};
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
    for c in &unit.consts {
        if let Const::Code(inner) = c {
            show(inner);
        }
    }
}

fn main() {
    for path in std::io::stdin().lock().lines().map_while(Result::ok) {
        let source = std::fs::read(&path).unwrap_or_default();
        println!("FILE {path}");
        let parsed = match pyrs_syntax::parse(&source, pyrs_syntax::Mode::Exec, &Default::default()) {
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
            Err(e) => println!("ERROR {}|{}|{}|{}|{}", e.message, e.lineno, e.offset, e.end_lineno, e.end_offset),
        }
    }
}
