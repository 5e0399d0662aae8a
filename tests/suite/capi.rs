//! The C API: what the executable exports, and extension modules compiled against CPython's installed headers whose
//! programs print what they print under CPython (`tests/capi/*.py`, recorded in `*.out`).

use super::layout::headers;
use super::process::{PYRS, pyrs, root, run, scratch};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

macro_rules! table {
    ($(($symbol:ident, $kind:ident, $header:literal, $stable:ident, $refs:ident))*) => {
        const TABLE: &[(&str, &str)] = &[$((stringify!($symbol), stringify!($kind))),*];
    };
}
pyrs_cpyext::for_each_capi!(table);

/// The C symbols that the executable exports, with `func` or `data`.
fn exported() -> Option<BTreeMap<String, &'static str>> {
    let out = Command::new("nm")
        .args(["-D", "--defined-only", PYRS])
        .output()
        .ok()?;
    assert!(out.status.success(), "nm failed");
    let text = String::from_utf8(out.stdout).expect("text");
    let mut all = BTreeMap::new();
    for line in text.lines() {
        let mut words = line.split_whitespace().skip(1);
        let (Some(kind), Some(name)) = (words.next(), words.next()) else {
            continue;
        };
        if name.trim_start_matches('_').starts_with("Py") {
            let kind = if matches!(kind, "T" | "W" | "t" | "i") {
                "func"
            } else {
                "data"
            };
            all.insert(name.to_owned(), kind);
        }
    }
    Some(all)
}

#[test]
fn the_table_is_what_is_exported() {
    let Some(exported) = exported() else {
        eprintln!("skipped: no nm");
        return;
    };
    let table: BTreeMap<String, &str> = TABLE.iter().map(|(n, k)| ((*n).to_owned(), *k)).collect();
    let only = |a: &BTreeMap<String, &'static str>, b: &BTreeMap<String, &str>| {
        let rows = a.iter().filter(|(n, k)| b.get(*n) != Some(*k));
        rows.map(|(n, k)| format!("{n} ({k})")).collect::<Vec<_>>()
    };
    let table_only = only(&table, &exported);
    let exported_only = only(&exported, &table);
    assert!(
        table_only.is_empty() && exported_only.is_empty(),
        "in the table only: {table_only:?}\nexported only: {exported_only:?} (cpyext/gen_table.py writes the table)"
    );
}

#[test]
fn what_wheels_import_is_exported() {
    let Some(exported) = exported() else {
        eprintln!("skipped: no nm");
        return;
    };
    let wanted =
        std::fs::read_to_string(root().join("tests/capi/wheel-symbols.tsv")).expect("the list");
    let mut missing = Vec::new();
    for line in wanted.lines() {
        let (name, kind) = line.split_once('\t').expect("name and kind");
        if exported.get(name) != Some(&kind) {
            missing.push(name);
        }
    }
    assert!(missing.is_empty(), "missing: {missing:?}");
}

/// Builds every extension of `tests/capi` into a folder of its own for each test.
fn build_extensions(include: &Path, test: &str) -> Option<PathBuf> {
    let dir = scratch(&format!("capi-{test}"));
    let sources = std::fs::read_dir(root().join("tests/capi")).expect("tests/capi");
    for source in sources.flatten().map(|e| e.path()) {
        if source.extension().is_none_or(|e| e != "c") {
            continue;
        }
        let name = source
            .file_stem()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-w", "-I"])
            .arg(include)
            .arg(&source)
            .arg("-o")
            .arg(dir.join(format!("{name}.cpython-311-x86_64-linux-gnu.so")))
            .output();
        match built {
            Ok(o) => assert!(o.status.success(), "{}", String::from_utf8_lossy(&o.stderr)),
            Err(e) => {
                eprintln!("skipped: no C compiler ({e})");
                return None;
            }
        }
    }
    Some(dir)
}

#[test]
fn extensions_print_what_they_print_under_cpython() {
    let Some(include) = headers() else {
        eprintln!("skipped: no CPython 3.11 headers (Debian: apt-get install libpython3.11-dev)");
        return;
    };
    let Some(dir) = build_extensions(&include, "programs") else {
        return;
    };
    let mut wrong = Vec::new();
    for program in std::fs::read_dir(root().join("tests/capi"))
        .expect("tests/capi")
        .flatten()
    {
        let program = program.path();
        if program.extension().is_none_or(|e| e != "py") {
            continue;
        }
        let expected =
            std::fs::read_to_string(program.with_extension("out")).expect("a recorded output");
        for audit in ["off", "audit=50"] {
            let mut command = pyrs();
            command.args(["--no-jit", "-X", audit]);
            command.arg(&program).arg(&dir);
            let outcome = run(command, "");
            if outcome.code != 0 || outcome.stdout != expected {
                let line = outcome
                    .stdout
                    .lines()
                    .zip(expected.lines())
                    .find(|(a, b)| a != b);
                wrong.push(format!(
                    "{}, -X {audit}: exit code {}, first difference {line:?}\n{}",
                    program.display(),
                    outcome.code,
                    outcome.stderr
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What breaks the rules of the boundary, and what `-X audit` says of it.
const FAULTS: [(&str, &str); 5] = [
    (
        "x = [1]\nheld = [x]\nf.lose(x)",
        "references to it were found",
    ),
    ("x = [1]\nf.remember(x)\ndel x\nf.touch()", "was written to"),
    ("x = [1]\nf.remember(x)\ndel x\nf.give()", "is dead"),
    ("f.both()", "with an exception set"),
    ("f.spoil(([],))", "is an immediate"),
];

#[test]
fn audits_find_what_breaks_the_rules() {
    let Some(include) = headers() else {
        eprintln!("skipped: no CPython 3.11 headers (Debian: apt-get install libpython3.11-dev)");
        return;
    };
    let Some(dir) = build_extensions(&include, "faults") else {
        return;
    };
    for (code, said) in FAULTS {
        let path = dir.display();
        let program = format!(
            "import sys\nsys.path.insert(0, {:?})\nimport _pyrs_capi_faults as f\n{code}\nfor i in range(100):\n    f.remember(i)\nprint('survived')\n",
            path.to_string()
        );
        let mut command = pyrs();
        command.args(["-X", "audit=1", "-c", &program]);
        let outcome = run(command, "");
        let found = outcome.stderr.contains("pyrs: audit: ") && outcome.stderr.contains(said);
        assert!(
            found && outcome.code == 134,
            "{code}\nexit code {}: {}{}",
            outcome.code,
            outcome.stdout,
            outcome.stderr
        );
    }
}

#[test]
fn threads_of_libraries_end_with_the_program() {
    let Some(include) = headers() else {
        eprintln!("skipped: no CPython 3.11 headers (Debian: apt-get install libpython3.11-dev)");
        return;
    };
    let Some(dir) = build_extensions(&include, "exit") else {
        return;
    };
    let mut command = pyrs();
    let program = format!(
        "import sys\nsys.path.insert(0, {:?})\nimport _pyrs_capi_exit\n_pyrs_capi_exit.start([1], 0)",
        dir.display().to_string()
    );
    command.args(["-c", &program]);
    let outcome = run(command, "");
    // Behind the end of Python, a thread that the exit waits for still gets the GIL.
    assert_eq!(
        (outcome.code, outcome.stdout.as_str(), outcome.timed_out),
        (0, "given up\njoined\n", false),
        "{}",
        outcome.stderr
    );
}
