//! Development tool: prints syntax trees or errors in a form that `tests/compare_ast.py` and
//! `tests/compare_errors.py` also make from CPython's.
//!
//! `dump_ast FILE...` prints trees; `dump_ast --sums` reads paths from stdin and prints `crc length path`;
//! `dump_ast --errors [MODE]` reads sources separated by null bytes from stdin and prints one line for each;
//! `dump_ast --classes` prints the reflected classes; `--warnings` reads paths and prints warnings;
//! `dump_ast --time FILE...` parses each file repeatedly and prints MB/s.
//! `PYRS_UNICODE_NAMES` names a file of `name<TAB>hex` lines for `\N{...}`.

use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::{BufWriter, Read, Write};

use pyrs_syntax::ast::{
    AsdlType, Constant, FieldInfo, FieldType, Ident, NodeClass, Quantifier, Reflect, Sink, Span,
};
use pyrs_syntax::{ErrorKind, Mode, Options, parse};

struct Text;

impl Sink for Text {
    type Value = String;
    type Error = std::convert::Infallible;

    fn node(
        &mut self,
        _asdl_type: &'static AsdlType,
        class: &'static NodeClass,
        span: Option<Span>,
        fields: Vec<String>,
    ) -> Result<String, Self::Error> {
        let mut out = String::with_capacity(64 + fields.iter().map(String::len).sum::<usize>());
        out.push_str(class.name);
        if let Some(s) = span {
            let _ = write!(
                out,
                "@{}:{}-{}:{}",
                s.lineno, s.col_offset, s.end_lineno, s.end_col_offset
            );
        }
        out.push('(');
        for (FieldInfo { name, .. }, value) in class.fields.iter().zip(&fields) {
            let _ = write!(out, "{name}={value},");
        }
        out.push(')');
        Ok(out)
    }

    fn list(&mut self, items: Vec<String>) -> Result<String, Self::Error> {
        let mut out = String::from("[");
        for item in items {
            out.push_str(&item);
            out.push(',');
        }
        out.push(']');
        Ok(out)
    }

    fn none(&mut self) -> Result<String, Self::Error> {
        Ok("None".into())
    }

    fn identifier(&mut self, name: &Ident) -> Result<String, Self::Error> {
        Ok(format!("'{name}'"))
    }

    fn int(&mut self, value: i64) -> Result<String, Self::Error> {
        Ok(value.to_string())
    }

    fn string(&mut self, text: &str) -> Result<String, Self::Error> {
        Ok(format!("'{text}'"))
    }

    fn constant(&mut self, value: &Constant) -> Result<String, Self::Error> {
        Ok(match value {
            Constant::None => "None".into(),
            Constant::True => "True".into(),
            Constant::False => "False".into(),
            Constant::Ellipsis => "Ellipsis".into(),
            Constant::Int(value) => format!("i{value}"),
            Constant::BigInt(_) => "big".into(),
            Constant::Float(value) => format!("f{:016x}", value.to_bits()),
            Constant::Complex(value) => format!("j{:016x}", value.to_bits()),
            Constant::Str(text) => format!("s{}", hex(text)),
            Constant::Bytes(bytes) => format!("b{}", hex(bytes)),
            Constant::Tuple(_) | Constant::FrozenSet(_) => "never".into(),
        })
    }
}

fn hex(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        let _ = write!(out, "{byte:02x}");
    }
    out
}

fn crc32(data: &[u8]) -> u32 {
    let mut table = [0u32; 256];
    for (i, entry) in table.iter_mut().enumerate() {
        let mut value = i as u32;
        for _ in 0..8 {
            value = if value & 1 != 0 {
                0xedb8_8320 ^ (value >> 1)
            } else {
                value >> 1
            };
        }
        *entry = value;
    }
    !data.iter().fold(!0u32, |crc, byte| {
        table[((crc ^ u32::from(*byte)) & 0xff) as usize] ^ (crc >> 8)
    })
}

fn dump(parsed: &pyrs_syntax::Parsed) -> String {
    match parsed.module.emit(&mut Text) {
        Ok(text) => text,
        Err(never) => match never {},
    }
}

fn escape(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('\n', "\\n")
        .replace('\t', "\\t")
        .replace('\r', "\\r")
}

fn kind_name(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::Syntax | ErrorKind::Encoding => "SyntaxError",
        ErrorKind::Indentation => "IndentationError",
        ErrorKind::Tab => "TabError",
        ErrorKind::Value => "ValueError",
        ErrorKind::RecursionLimit => "MemoryError",
    }
}

fn main() -> std::io::Result<()> {
    let mut names = HashMap::new();
    if let Ok(path) = std::env::var("PYRS_UNICODE_NAMES") {
        for line in std::fs::read_to_string(path)?.lines() {
            if let Some((name, code)) = line.split_once('\t')
                && let Ok(code) = u32::from_str_radix(code, 16)
            {
                names.insert(name.to_string(), code);
            }
        }
    }
    let lookup = |name: &str| names.get(&name.to_ascii_uppercase()).copied();
    let options = Options {
        unicode_name: Some(&lookup),
        ..Options::default()
    };
    let args: Vec<String> = std::env::args().skip(1).collect();
    let mut out = BufWriter::new(std::io::stdout());
    match args.first().map(String::as_str) {
        Some("--sums") => {
            let mut paths = String::new();
            std::io::stdin().read_to_string(&mut paths)?;
            for path in paths.lines() {
                match parse(&std::fs::read(path)?, Mode::Exec, &options) {
                    Ok(parsed) => {
                        let text = dump(&parsed);
                        writeln!(out, "{:08x} {} {path}", crc32(text.as_bytes()), text.len())?;
                    }
                    Err(error) => writeln!(out, "error 0 {path} {}", escape(&error.to_string()))?,
                }
            }
        }
        Some("--errors") => {
            let mode = match args.get(1).map(String::as_str) {
                Some("eval") => Mode::Eval,
                Some("single") => Mode::Single,
                Some("func_type") => Mode::FuncType,
                _ => Mode::Exec,
            };
            let as_bytes = args.iter().any(|arg| arg == "bytes");
            let incomplete = args.iter().any(|arg| arg == "incomplete");
            let options = Options {
                allow_incomplete: incomplete,
                dont_imply_dedent: incomplete,
                ..options
            };
            let mut sources = Vec::new();
            std::io::stdin().read_to_end(&mut sources)?;
            for source in sources.split(|byte| *byte == 0) {
                let result = match std::str::from_utf8(source) {
                    Ok(text) if !as_bytes => pyrs_syntax::parse_str(text, mode, &options),
                    _ => parse(source, mode, &options),
                };
                match result {
                    Ok(parsed) => writeln!(out, "OK\t{:08x}", crc32(dump(&parsed).as_bytes()))?,
                    Err(e) => writeln!(
                        out,
                        "{}\t{}\t{}\t{}\t{}\t{}\t{}",
                        kind_name(e.kind),
                        escape(&e.message),
                        e.lineno,
                        e.offset,
                        e.end_lineno,
                        e.end_offset,
                        escape(e.text.as_deref().unwrap_or("None"))
                    )?,
                }
            }
        }
        Some("--warnings") => {
            let mut paths = String::new();
            std::io::stdin().read_to_string(&mut paths)?;
            for path in paths.lines() {
                if let Ok(parsed) = parse(&std::fs::read(path)?, Mode::Exec, &options) {
                    for warning in parsed.warnings {
                        writeln!(
                            out,
                            "{path}\t{}\t{:?}\t{}",
                            warning.lineno, warning.category, warning.message
                        )?;
                    }
                }
            }
        }
        Some("--classes") => {
            for asdl_type in pyrs_syntax::ast::ASDL_TYPES {
                for class in asdl_type.constructors {
                    write!(
                        out,
                        "{}\t{}\t{}\t",
                        asdl_type.name, class.name, asdl_type.located
                    )?;
                    for field in class.fields {
                        let kind = match field.field_type {
                            FieldType::Identifier => "identifier",
                            FieldType::Int => "int",
                            FieldType::String => "string",
                            FieldType::Constant => "constant",
                            FieldType::Node(name) => name,
                        };
                        let mark = match field.quantifier {
                            Quantifier::One => "",
                            Quantifier::Optional => "?",
                            Quantifier::Sequence => "*",
                        };
                        write!(out, "{kind}{mark} {},", field.name)?;
                    }
                    writeln!(out)?;
                }
            }
        }
        Some("--time") => {
            for path in &args[1..] {
                let source = std::fs::read(path)?;
                let rounds = 1 + 20_000_000 / source.len().max(1);
                let begin = std::time::Instant::now();
                for _ in 0..rounds {
                    std::hint::black_box(parse(&source, Mode::Exec, &options).is_ok());
                }
                let seconds = begin.elapsed().as_secs_f64();
                writeln!(
                    out,
                    "{:.1} MB/s {path}",
                    (source.len() * rounds) as f64 / seconds / 1e6
                )?;
            }
        }
        _ => {
            for path in &args {
                match parse(&std::fs::read(path)?, Mode::Exec, &options) {
                    Ok(parsed) => writeln!(out, "{}", dump(&parsed))?,
                    Err(error) => writeln!(out, "{}: {error:?}", kind_name(error.kind))?,
                }
            }
        }
    }
    out.flush()
}
