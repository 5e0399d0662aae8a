//! Every region that the programs of `tests/diff` and `tests/trace` make is also lowered for AArch64.

use super::diff::programs;
use super::process::{pyrs, run};
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

const TARGET: &str = "aarch64-unknown-linux-gnu";

/// Regions that were lowered, and what went wrong.
fn lower(program: &Path) -> (u32, String) {
    let mut command = pyrs();
    command
        .args(["--jit-threshold", "4", "--jit-sync", "--jit-cross", TARGET])
        .arg(program.file_name().expect("a file"))
        .current_dir(program.parent().expect("a folder"));
    let got = run(command, "");
    if got.timed_out {
        return (0, String::from("timed out\n"));
    }
    let (mut lowered, mut wrong) = (0, String::new());
    let mut reported = false;
    // Forked children report, too.
    for line in got.stderr.lines().filter(|l| l.starts_with("jit: ")) {
        let numbers: Vec<u32> = line
            .split([' ', ','])
            .filter_map(|word| word.parse().ok())
            .collect();
        match numbers[..] {
            [n, 0] if line.contains(TARGET) => {
                lowered += n;
                reported = true;
            }
            _ => {
                let _ = writeln!(wrong, "{line}");
            }
        }
    }
    if !reported {
        let _ = writeln!(wrong, "no report: {}", got.stderr);
    }
    (lowered, wrong)
}

#[test]
fn every_region_lowers_for_aarch64() {
    let mut all = programs("tests/trace");
    all.extend(programs("tests/diff"));
    let next = AtomicUsize::new(0);
    let results = Mutex::new((0, String::new()));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while let Some(program) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let (lowered, wrong) = lower(program);
                    let mut results = results.lock().expect("no panics");
                    results.0 += lowered;
                    if !wrong.is_empty() {
                        let _ = writeln!(results.1, "--- {}\n{wrong}", program.display());
                    }
                }
            });
        }
    });
    let (lowered, wrong) = results.into_inner().expect("no panics");
    assert!(wrong.is_empty(), "{wrong}");
    println!("{lowered} regions of {} programs", all.len());
    assert!(lowered as usize > all.len(), "only {lowered} regions");
}
