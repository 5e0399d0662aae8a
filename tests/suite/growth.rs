//! Programs that run again and again in one process do not make it grow (`tests/growth.py`). `PYRS_GROWTH` sets another
//! number of runs, for all programs.

use super::diff::programs;
use super::process::{pyrs, root, run};

/// Programs that define classes, functions and generators, and what compiled code takes over from the interpreter.
const SOME: [&str; 9] = [
    "arguments",
    "classes",
    "closures_decorators",
    "comprehensions",
    "generators",
    "inheritance",
    "lists",
    "match_statement",
    "with_statement",
];

/// `more` are run beside those.
fn grow(mode: &[&str], more: &[&str]) {
    let runs = std::env::var("PYRS_GROWTH").ok();
    let mut report = String::new();
    for program in programs("tests/diff") {
        let name = program.file_stem().unwrap_or_default().to_string_lossy();
        if runs.is_none() && !SOME.contains(&&*name) && !more.contains(&&*name) {
            continue;
        }
        let mut command = pyrs();
        command
            .args(mode)
            .arg(root().join("tests/growth.py"))
            .arg(runs.as_deref().unwrap_or("100"))
            .arg(&program);
        let got = run(command, "");
        assert!(!got.timed_out, "{name} timed out");
        print!("{}", got.stdout);
        if got.code != 0 {
            report += &got.stdout;
            report += &got.stderr;
        }
    }
    assert!(report.is_empty(), "{report}");
}

#[test]
fn of_the_interpreter() {
    // Many classes: shapes die with them. With compilation on the running thread it would take too long.
    grow(&["--no-jit"], &["hot_classes"]);
}

#[test]
fn of_compiled_code() {
    grow(&["--jit-threshold", "4", "--jit-sync"], &[]);
}
