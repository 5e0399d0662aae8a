//! Tests of the crate as a whole; answers are CPython 3.11's. The scripts under `tests/` compare far more with a
//! live CPython.

use crate::ast::{
    AsdlType, Constant, ExprKind, FieldInfo, Ident, Mod, NodeClass, Place, Reflect, Sink, Source,
    Span, StmtKind,
};
use crate::{ErrorKind, Mode, Options, Parsed, SyntaxError, WarningCategory, parse, parse_str};

fn exec(source: &str) -> Result<Parsed, SyntaxError> {
    parse_str(source, Mode::Exec, &Options::default())
}

/// `(message, lineno, offset, end_lineno, end_offset)` of the error in a source.
fn error(source: &str) -> (String, i64, i64, i64, i64) {
    let e = exec(source).expect_err("the source is invalid");
    (e.message, e.lineno, e.offset, e.end_lineno, e.end_offset)
}

fn check(source: &str, message: &str, place: (i64, i64, i64, i64)) {
    assert_eq!(
        error(source),
        (message.to_string(), place.0, place.1, place.2, place.3),
        "{source:?}"
    );
}

#[test]
fn errors_have_cpython_s_words_and_places() {
    check(
        "f(a b)",
        "invalid syntax. Perhaps you forgot a comma?",
        (1, 3, 1, 6),
    );
    check("a b c", "invalid syntax", (1, 3, 1, 4));
    check("f(a, b", "'(' was never closed", (1, 2, 1, 0));
    check(
        "print x",
        "Missing parentheses in call to 'print'. Did you mean print(...)?",
        (1, 1, 1, 8),
    );
    check("if x\n  pass", "expected ':'", (1, 5, 1, 5));
    check(
        "f() = 1",
        "cannot assign to function call here. Maybe you meant '==' instead of '='?",
        (1, 1, 1, 4),
    );
    check(
        "x = 'a",
        "unterminated string literal (detected at line 1)",
        (1, 5, 1, 5),
    );
    check(
        "f'{a b}'",
        "f-string: invalid syntax. Perhaps you forgot a comma?",
        (1, 2, 1, 5),
    );
    check(
        "a = 1 + \\\n b \\ c",
        "unexpected character after line continuation character",
        (2, 15, 2, 0),
    );
    check(
        "x = ('\\x', 1)",
        "(unicode error) 'unicodeescape' codec can't decode bytes in position 0-1: truncated \\xXX escape",
        (1, 10, 1, 11),
    );
    check("a€b", "invalid character '€' (U+20AC)", (1, 2, 1, 2));
    check(
        "if 1:\n    x\n  y",
        "unindent does not match any outer indentation level",
        (3, 4, 3, -1),
    );
}

#[test]
fn kinds_of_errors() {
    assert_eq!(
        exec("  x").map_err(|e| e.kind).err(),
        Some(ErrorKind::Indentation)
    );
    assert_eq!(
        exec("if 1:\n\tx\n        y").map_err(|e| e.kind).err(),
        Some(ErrorKind::Tab)
    );
    assert_eq!(
        exec("a\0b").map_err(|e| e.kind).err(),
        Some(ErrorKind::Value)
    );
}

#[test]
fn numbers_beyond_the_digit_limit() {
    let digits = "1".repeat(5000);
    let message = exec(&digits)
        .map(|_| ())
        .map_err(|e| e.message)
        .expect_err("too many digits");
    assert!(message.starts_with(
        "Exceeds the limit (4300 digits) for integer string conversion: value has 5000 digits;"
    ));
    assert!(exec(&format!("0x{digits}")).is_ok());
    let unlimited = Options {
        int_max_str_digits: 0,
        ..Options::default()
    };
    assert!(parse_str(&digits, Mode::Exec, &unlimited).is_ok());
}

#[test]
fn incomplete_interactive_input() {
    let options = Options {
        allow_incomplete: true,
        dont_imply_dedent: true,
        ..Options::default()
    };
    let message = |source: &str| {
        parse_str(source, Mode::Single, &options)
            .map(|_| ())
            .map_err(|e| e.message)
    };
    assert_eq!(message("if x:\n  y"), Err("incomplete input".to_string()));
    assert_eq!(message("if x:\n  y\n"), Ok(()));
    assert_eq!(message("f(1,"), Err("incomplete input".to_string()));
    assert_eq!(message("'''abc"), Err("incomplete input".to_string()));
    assert_eq!(message("f(1 1"), Err("incomplete input".to_string()));
    assert_eq!(message("a b\n"), Err("invalid syntax".to_string()));
}

fn deep_source(piece: &str, count: usize) -> String {
    format!("x = {}1", piece.repeat(count))
}

#[test]
fn deep_trees_neither_overflow_nor_leak_the_stack() {
    // Left-recursive constructs are unbounded, on a small stack too.
    let run = || {
        for source in [
            deep_source("a+", 100_000),
            format!("x{}", ".a".repeat(100_000)),
            format!("x{}", "()".repeat(100_000)),
        ] {
            let parsed = exec(&source).expect("valid");
            let copy = parsed.module.clone();
            drop(parsed);
            assert!(matches!(copy, Mod::Module { .. }));
        }
        let elifs = format!("if 1:\n pass\n{}", "elif 1:\n pass\n".repeat(5000));
        assert!(exec(&elifs).is_ok());
        for piece in ["-", "not ", "lambda:", "1 if a else ", "a**"] {
            assert!(exec(&deep_source(piece, 1000)).is_ok(), "{piece}");
            let kind = exec(&deep_source(piece, 100_000))
                .map(|_| ())
                .map_err(|e| e.kind);
            assert_eq!(kind, Err(ErrorKind::RecursionLimit), "{piece}");
        }
        assert!(exec(&format!("x={}{}", "(".repeat(200), ")".repeat(200))).is_ok());
        let nested = format!("x={}1 1{}", "(".repeat(200), ")".repeat(200));
        assert!(error(&nested).0.starts_with("invalid syntax"));
        assert_eq!(error(&"(".repeat(201)).0, "too many nested parentheses");
    };
    std::thread::Builder::new()
        .stack_size(512 * 1024)
        .spawn(run)
        .expect("a thread")
        .join()
        .expect("no overflow");
}

#[test]
fn arbitrary_bytes_never_panic() {
    let pieces: &[&[u8]] = &[
        b"(",
        b")",
        b"[",
        b"]",
        b"{",
        b"}",
        b":",
        b",",
        b"=",
        b"*",
        b"**",
        b".",
        b" ",
        b"\n",
        b"\n ",
        b"\t",
        b"\\",
        b"\\\n",
        b"'",
        b"\"\"\"",
        b"f'",
        b"f'{",
        b"}'",
        b"rb'",
        b"if",
        b"else",
        b"for",
        b"in",
        b"x",
        b"1",
        b"0x",
        b"1e",
        b"\xff",
        b"\xe2\x82",
        b"\xc3\xa9",
        b"lambda",
        b"match",
        b"case",
        b"_",
        b"def",
        b"class",
        b"try",
        b"except",
        b"async",
        b"await",
        b"yield",
        b":=",
        b"->",
        b"!",
        b"#",
        b"# coding: latin-1",
        b"\r",
        b"\x0c",
        b"\\N{",
        b"\\x",
        b";",
        b"@",
        b"with",
        b"as",
        b"not",
    ];
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut next = |bound: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % bound as u64) as usize
    };
    for _ in 0..20_000 {
        let mut source = Vec::new();
        for _ in 0..next(16) {
            source.extend_from_slice(pieces[next(pieces.len())]);
            if next(3) == 0 {
                source.push(b' ');
            }
        }
        for mode in [Mode::Exec, Mode::Eval, Mode::Single, Mode::FuncType] {
            let _ = parse(&source, mode, &Options::default());
        }
    }
}

#[test]
fn strings_keep_lone_surrogates() {
    let parsed = exec("'\\ud800\\U0001f600\\xe9'").expect("valid");
    let Mod::Module { body, .. } = &parsed.module else {
        panic!("a module")
    };
    let StmtKind::Expr { value } = &body[0].kind else {
        panic!("an expression")
    };
    let ExprKind::Constant {
        value: Constant::Str(text),
        ..
    } = &value.kind
    else {
        panic!("a string")
    };
    assert_eq!(&**text, b"\xed\xa0\x80\xf0\x9f\x98\x80\xc3\xa9");
}

#[test]
fn encodings() {
    let options = Options::default();
    let parsed = parse(b"# coding: latin-1\nx = '\xe9'\n", Mode::Exec, &options).expect("valid");
    assert_eq!(parsed.encoding.as_deref(), Some("iso-8859-1"));
    assert_eq!(
        parse(b"\xef\xbb\xbfx = 1", Mode::Exec, &options)
            .expect("valid")
            .encoding
            .as_deref(),
        Some("utf-8")
    );
    let unknown = parse(b"# coding: foo\n", Mode::Exec, &options).expect_err("unknown");
    assert_eq!(unknown.message, "unknown encoding: foo");
    let decode = |name: &str, bytes: &[u8]| match name {
        "foo" => Ok(format!("y{}", bytes.len())),
        _ => Err(String::from("no codec")),
    };
    let options = Options {
        decode: Some(&decode),
        ..options
    };
    assert!(parse(b"# coding: foo\n", Mode::Exec, &options).is_ok());
}

#[test]
fn warnings_are_listed() {
    let parsed = exec("x = '\\d'\ny = 1if x else 2\n").expect("valid");
    let found: Vec<_> = parsed
        .warnings
        .iter()
        .map(|w| (w.lineno, w.category, w.message.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (
                1,
                WarningCategory::Deprecation,
                "invalid escape sequence '\\d'"
            ),
            (2, WarningCategory::Syntax, "invalid decimal literal"),
        ]
    );
}

/// A tree without types, as Python objects are: written by a sink, read by a source.
#[derive(Clone)]
enum Object {
    Node(&'static NodeClass, Option<Span>, Vec<Object>),
    List(Vec<Object>),
    None,
    Name(Ident),
    Int(i64),
    Text(Box<str>),
    Constant(Constant),
}

struct Objects;

impl Sink for Objects {
    type Value = Object;
    type Error = String;
    fn node(
        &mut self,
        _: &'static AsdlType,
        class: &'static NodeClass,
        span: Option<Span>,
        fields: Vec<Object>,
    ) -> Result<Object, String> {
        Ok(Object::Node(class, span, fields))
    }
    fn list(&mut self, items: Vec<Object>) -> Result<Object, String> {
        Ok(Object::List(items))
    }
    fn none(&mut self) -> Result<Object, String> {
        Ok(Object::None)
    }
    fn identifier(&mut self, name: &Ident) -> Result<Object, String> {
        Ok(Object::Name(name.clone()))
    }
    fn int(&mut self, value: i64) -> Result<Object, String> {
        Ok(Object::Int(value))
    }
    fn string(&mut self, text: &str) -> Result<Object, String> {
        Ok(Object::Text(text.into()))
    }
    fn constant(&mut self, value: &Constant) -> Result<Object, String> {
        Ok(Object::Constant(value.clone()))
    }
}

impl Source for Objects {
    type Value = Object;
    type Error = String;
    fn constructor(
        &mut self,
        value: &Object,
        asdl_type: &'static AsdlType,
    ) -> Result<usize, String> {
        let Object::Node(class, ..) = value else {
            return Err("not a node".into());
        };
        let index = asdl_type
            .constructors
            .iter()
            .position(|candidate| std::ptr::eq(candidate, *class) || candidate == *class);
        index.ok_or_else(|| {
            format!(
                "expected some sort of {}, but got {}",
                asdl_type.name, class.name
            )
        })
    }
    fn span(&mut self, value: &Object, _: &'static AsdlType) -> Result<Span, String> {
        match value {
            Object::Node(_, Some(span), _) => Ok(*span),
            _ => Err("no position".into()),
        }
    }
    fn field(
        &mut self,
        value: &Object,
        class: &'static NodeClass,
        field: &'static FieldInfo,
    ) -> Result<Option<Object>, String> {
        let Object::Node(_, _, fields) = value else {
            return Err("not a node".into());
        };
        let index = class
            .fields
            .iter()
            .position(|candidate| candidate.name == field.name);
        Ok(index
            .and_then(|index| fields.get(index).cloned())
            .filter(|value| !matches!(value, Object::None)))
    }
    fn list(
        &mut self,
        value: Object,
        _: &'static NodeClass,
        _: &'static FieldInfo,
    ) -> Result<Vec<Option<Object>>, String> {
        let Object::List(items) = value else {
            return Err("not a list".into());
        };
        Ok(items
            .into_iter()
            .map(|item| {
                if matches!(item, Object::None) {
                    None
                } else {
                    Some(item)
                }
            })
            .collect())
    }
    fn missing(&mut self, class: &'static NodeClass, field: &'static FieldInfo) -> String {
        format!(
            "required field \"{}\" missing from {}",
            field.name, class.name
        )
    }
    fn identifier(&mut self, value: Object) -> Result<Ident, String> {
        if let Object::Name(name) = value {
            Ok(name)
        } else {
            Err("not a name".into())
        }
    }
    fn int(&mut self, value: Object) -> Result<i64, String> {
        if let Object::Int(value) = value {
            Ok(value)
        } else {
            Err("not an int".into())
        }
    }
    fn string(&mut self, value: Object) -> Result<Box<str>, String> {
        if let Object::Text(text) = value {
            Ok(text)
        } else {
            Err("not a string".into())
        }
    }
    fn constant(&mut self, value: Object) -> Result<Constant, String> {
        if let Object::Constant(value) = value {
            Ok(value)
        } else {
            Err("not a constant".into())
        }
    }
}

const PLACE: Place = (
    &Mod::ASDL.constructors[0],
    &Mod::ASDL.constructors[0].fields[0],
);

#[test]
fn trees_survive_the_way_to_objects_and_back() {
    let source = "@d\nasync def f(a, /, b: int = 1, *c, d, e=2, **g) -> x:\n    async with a as b, c: await q\n\
                  class C(B, metaclass=M): x: int = {**a, 1: (yield)}\n\
                  try: raise X from y\nexcept* E as e: del a[1:2, ::3], b.c\nelse: pass\nfinally: global z\n\
                  match x:\n  case [1, *_, {'k': None, **r}] | C(1, a=-1+2j) as n if n > 0: x = f'{a!r:>{w}}' b'' if 0 else [i async for i in y if i]\n"
        .replace("b'' if", "if");
    let parsed = exec(&source).expect("valid");
    let object = parsed.module.emit(&mut Objects).expect("objects");
    let back = Mod::read(&mut Objects, Some(object), PLACE).expect("a tree");
    assert_eq!(back, parsed.module);
}

#[test]
fn missing_fields_are_named() {
    let parsed = exec("x = 1").expect("valid");
    let Ok(Object::Node(class, span, mut fields)) = parsed.module.emit(&mut Objects) else {
        panic!("a node")
    };
    let Some(Object::List(statements)) = fields.first_mut() else {
        panic!("a body")
    };
    let Some(Object::Node(_, _, assign)) = statements.first_mut() else {
        panic!("an assignment")
    };
    assign[1] = Object::None;
    let result = Mod::read(&mut Objects, Some(Object::Node(class, span, fields)), PLACE);
    assert_eq!(
        result,
        Err("required field \"value\" missing from Assign".to_string())
    );
}
