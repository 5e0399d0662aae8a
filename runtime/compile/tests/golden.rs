//! Bytecode of key constructs, as text; and errors, compared with CPython's.

use pyrs_compile::{CompileError, Options, compile};

fn run(source: &str) -> Result<pyrs_bytecode::CodeUnit, Box<CompileError>> {
    let parsed = pyrs_syntax::parse(
        source.as_bytes(),
        pyrs_syntax::Mode::Exec,
        &Default::default(),
    )
    .unwrap_or_else(|e| panic!("{source}: {e:?}"));
    compile(&parsed.module, &Options::default()).map(|c| c.unit)
}

/// The disassembly of the function that `source` defines, without word numbers and exception table.
fn function(source: &str) -> String {
    let unit = run(source).unwrap_or_else(|e| panic!("{e}"));
    let code = unit.consts.iter().find_map(|c| match c {
        pyrs_bytecode::Const::Code(unit) => Some(unit),
        _ => None,
    });
    let text = pyrs_bytecode::disassemble(code.expect("a function"));
    let body = text.split("\n\n").next().unwrap_or("");
    let lines = body.lines().skip(1).filter(|l| !l.starts_with("  except"));
    lines
        .map(|l| l.get(7..).unwrap_or("").to_owned() + "\n")
        .collect()
}

#[test]
fn loop_body_works_on_locals() {
    let text =
        function("def f(n):\n s = 0\n for i in range(n):\n  if i > 5: s += i * 2\n return s\n");
    assert_eq!(
        text,
        "LOADK s, 0\nLOAD_GLOBAL t0, .range\nMOVE t2, n\nCALL [t0], #1, t0\nGET_ITER t0, t0\nFOR_ITER t0, i\n\
         JUMP -> 22\nCOMPARE_JUMP i, 5, -> 20 > if false\nMUL t1, i, 2\nADD s, s, t1! in-place\nJUMP_BACK -> 11\n\
         RETURN s\n"
    );
}

#[test]
fn a_target_is_not_clobbered_by_a_part_of_its_value() {
    let text = function("def f(a, x):\n x = a and x\n return x\n");
    assert_eq!(
        text,
        "MOVE t0, a\nJUMP_IF_FALSE t0, -> 3 fallkill\nMOVE t0, x\nMOVE x, t0!\nRETURN x\n"
    );
    // The left operand is copied where an assignment expression could change it.
    let text = function("def f(a):\n return a + (a := 1)\n");
    assert_eq!(
        text,
        "MOVE t0, a\nLOADK t1, 1\nMOVE a, t1\nADD t0, t0, t1!\nRETURN t0!\n"
    );
}

#[test]
fn checks_only_where_a_local_may_be_unbound() {
    assert!(!function("def f(a):\n x = a\n return x\n").contains("CHECK_LOCAL"));
    assert!(function("def f(a):\n if a: x = a\n return x\n").contains("CHECK_LOCAL x"));
    assert!(function("def f(a):\n del a\n return a\n").contains("CHECK_LOCAL a"));
    assert!(!function("def f(a):\n while a:\n  x = 1\n  x += 1\n").contains("CHECK_LOCAL"));
    assert!(
        function("def f(a):\n try: x = a()\n except E: pass\n return x\n")
            .contains("CHECK_LOCAL x")
    );
}

#[test]
fn a_method_call_has_no_bound_method() {
    let text = function("def f(o, x):\n return o.m(x, k=1)\n");
    assert_eq!(
        text,
        "LOAD_METHOD [t0], o, .m\nMOVE t2, x\nLOADK t3, 1\nCALL_KW [t0], #2, t0, (\"k\") method\nRETURN t0!\n"
    );
}

#[test]
fn finally_runs_before_the_value_is_returned() {
    let text = function("def f(a, b):\n try:\n  return a\n finally:\n  b()\n");
    assert_eq!(
        text,
        "NOP\nMOVE t0, a\nMOVE t1, b\nCALL [t1], #0, t1\nCLEAR t1\nRETURN t0!\nPUSH_EXC t0\nMOVE t2, b\n\
         CALL [t2], #0, t2\nCLEAR t2\nMOVE t2, t0\nPOP_EXCEPT t0\nRERAISE t2\n\
         POP_EXCEPT t0\nRERAISE t2\n"
    );
}

#[test]
fn constants_fold_within_limits() {
    assert_eq!(
        function("def f(): return (1 + 2) * 3 - -4, 'a' * 3\n"),
        "RETURN (13, \"aaa\")\n"
    );
    assert_eq!(
        function("def f(): return 2 ** 40\n"),
        "RETURN 1099511627776\n"
    );
    assert!(function("def f(): return 2 ** 4000\n").contains("POW"));
    assert!(function("def f(): return 1 / 0\n").contains("TRUEDIV"));
    assert_eq!(
        function("def f(x): return x in [1, 2]\n"),
        "CONTAINS t0, x, (1, 2)\nRETURN t0!\n"
    );
    assert_eq!(function("def f(): return 1 - 2j\n"), "RETURN (1.0+-2.0j)\n");
}

#[test]
fn deep_trees_do_not_overflow_the_stack() {
    let deep = format!("x = {}1\n", "a + ".repeat(20_000));
    assert!(run(&deep).is_ok());
    let deep = format!("x = a{}\n", " + 1".repeat(20_000));
    assert!(run(&deep).is_ok());
    let deep = format!("x = a{}\n", ".b()".repeat(20_000));
    assert!(run(&deep).is_ok());
    let branches = format!("if a: pass\n{}", "elif b: pass\n".repeat(5_000));
    assert!(run(&branches).is_ok());
}

/// Sources whose errors come from the compiler, not the parser.
const WRONG: &str = include_str!("errors.txt");

#[test]
fn errors_are_those_of_cpython() {
    let script = "import sys\nfor c in sys.stdin.read().split('\\n---\\n'):\n try: compile(c + '\\n', 'f', 'exec'); \
                  print('ok')\n except SyntaxError as e: print(e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset or 0)\n";
    use std::io::Write;
    let mut child = match std::process::Command::new("/usr/bin/python3.11")
        .args(["-W", "ignore", "-c", script])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
    {
        Ok(child) => child,
        Err(_) => return eprintln!("no CPython 3.11 to compare with"),
    };
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(WRONG.as_bytes()).expect("python reads");
    }
    let output = child.wait_with_output().expect("python runs");
    let expected = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut compared = 0;
    for (case, expected) in WRONG.split("\n---\n").zip(expected.lines()) {
        let source = format!("{case}\n");
        let Ok(parsed) = pyrs_syntax::parse(
            source.as_bytes(),
            pyrs_syntax::Mode::Exec,
            &Default::default(),
        ) else {
            continue;
        };
        let got = match compile(&parsed.module, &Options::default()) {
            Ok(_) => "ok".to_owned(),
            Err(e) => format!(
                "{} {} {} {} {}",
                e.message, e.lineno, e.offset, e.end_lineno, e.end_offset
            ),
        };
        assert_eq!(got, expected, "{case}");
        compared += 1;
    }
    assert!(compared > 80, "only {compared} cases");
}

#[test]
fn annotations_unparse_as_in_cpython() {
    let source = "from __future__ import annotations\ndef f(a: x[1, 'b']|None, b: lambda q, *r, k=1: (q)**-2, \
                  c: (yield_ if not a else [*b]), d: {1: 2, **z}, e: f'{a!r:>{w}}x{{', g: 1e300*1e10j, \
                  h: a.b(c=1)[1:2, ::3], i: (x for x in y if z), j: -1 .real): pass\n";
    let unit = run(source).unwrap_or_else(|e| panic!("{e}"));
    let text = pyrs_bytecode::disassemble(&unit);
    for part in [
        "x[1, 'b'] | None",
        "lambda q, *r, k=1: q ** (-2)",
        "yield_ if not a else [*b]",
        "{1: 2, **z}",
        "1e+300 * 10000000000j",
        "a.b(c=1)[1:2, ::3]",
        "(x for x in y if z)",
        "-1 .real",
    ] {
        assert!(text.contains(part), "{part} not in {text}");
    }
}
