//! Differential programs: `tests/diff/*.py` against what CPython 3.11 printed (`*.out`, and `*.exit` where the exit code
//! is not 0), recorded by `tests/record.sh`. One test a mode, so that a report says at once which tier is wrong.

use super::process::{pyrs, root, run, scratch, unified};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The programs in a folder of the repository.
pub(crate) fn programs(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(root().join(folder))
        .expect(folder)
        .map(|e| e.expect("entry").path())
        .filter(|p| p.extension().is_some_and(|e| e == "py"))
        .collect();
    files.sort();
    // PYRS_DIFF=name,name runs a few while working on them.
    if let Ok(only) = std::env::var("PYRS_DIFF") {
        let only: Vec<&str> = only.split(',').collect();
        files.retain(|p| only.iter().any(|o| p.file_stem().is_some_and(|s| s == *o)));
    }
    files
}

/// Why the program failed, if it did.
fn check(program: &Path, options: &[&str], dir: &Path) -> Option<String> {
    let expected = std::fs::read_to_string(program.with_extension("out"))
        .unwrap_or_else(|e| panic!("{}: {e}; run tests/record.sh", program.display()));
    let code = std::fs::read_to_string(program.with_extension("exit"))
        .map_or(0, |s| s.trim().parse().expect("an exit code"));
    let name = program.file_name().expect("a file");
    let mut command = pyrs();
    command
        .args(options)
        .arg(name)
        .current_dir(program.parent().expect("a folder"));
    let got = run(command, "");
    if got.timed_out {
        return Some(String::from("timed out"));
    }
    if got.stdout == expected && got.code == code {
        return None;
    }
    let dir = dir.join(program.file_stem().expect("a name"));
    std::fs::create_dir_all(&dir).expect("scratch");
    let mut why = format!("exit code {} (expected {code})\n", got.code);
    if got.stdout != expected {
        why += &unified(&expected, &got.stdout, &dir);
        why.push('\n');
    }
    let tail: Vec<&str> = got.stderr.lines().rev().take(12).collect();
    for line in tail.iter().rev() {
        let _ = writeln!(why, "stderr: {line}");
    }
    Some(why)
}

fn all(mode: &str, options: &[&str]) {
    let programs = programs("tests/diff");
    let dir = scratch(&format!("diff-{mode}"));
    let next = AtomicUsize::new(0);
    let failures = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Some(why) = check(program, options, &dir) {
                        failures
                            .lock()
                            .expect("no panics")
                            .push((program.clone(), why));
                    }
                }
            });
        }
    });
    let mut failures = failures.into_inner().expect("no panics");
    failures.sort();
    let mut report = String::new();
    for (program, why) in &failures {
        let _ = writeln!(report, "--- {}\n{why}", program.display());
    }
    assert!(
        failures.is_empty(),
        "{} of {} programs differ from CPython under {options:?}:\n{report}",
        failures.len(),
        programs.len()
    );
}

#[test]
fn interpreter() {
    all("no-jit", &["--no-jit"]);
}

#[test]
fn default() {
    all("default", &[]);
}

#[test]
fn jit_soon() {
    all("soon", &["--jit", "--jit-threshold", "4", "--jit-sync"]);
}

#[test]
fn jit_every_trace() {
    all(
        "every",
        &[
            "--jit",
            "--jit-stress=every",
            "--jit-threshold",
            "2",
            "--jit-sync",
        ],
    );
}

#[test]
fn jit_every_exit() {
    all(
        "exits",
        &[
            "--jit",
            "--jit-stress=exits",
            "--jit-threshold",
            "2",
            "--jit-sync",
        ],
    );
}

#[test]
fn every_program_is_recorded() {
    let programs = programs("tests/diff");
    assert!(!programs.is_empty());
    for p in &programs {
        assert!(
            p.with_extension("out").is_file(),
            "{} has no .out: run tests/record.sh",
            p.display()
        );
    }
}
