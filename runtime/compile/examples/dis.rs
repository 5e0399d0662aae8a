//! Prints the bytecode of a Python file: `dis FILE`, or of its argument: `dis -c CODE`.

fn main() {
    let mut args = std::env::args().skip(1);
    let first = args.next().unwrap_or_default();
    let source = if first == "-c" {
        args.next().unwrap_or_default().into_bytes()
    } else {
        std::fs::read(&first).unwrap_or_default()
    };
    let parsed = match pyrs_syntax::parse(&source, pyrs_syntax::Mode::Exec, &Default::default()) {
        Ok(parsed) => parsed,
        Err(e) => return println!("{e:?}"),
    };
    let options = pyrs_compile::Options {
        filename: first,
        ..Default::default()
    };
    match pyrs_compile::compile(&parsed.module, &options) {
        Ok(compiled) => {
            for w in compiled.warnings {
                println!("warning: {} (line {})", w.message, w.span.lineno);
            }
            println!("{}", pyrs_bytecode::disassemble(&compiled.unit));
        }
        Err(e) => println!("{e:?}"),
    }
}
