//! The benchmark scripts print the same on pyrs as their recorded CPython output, at a small scale.

use super::process::{pyrs, root, run};

#[test]
fn scripts_compute_the_right_thing() {
    let dir = root().join("benches/scripts");
    let expected =
        std::fs::read_to_string(dir.join("expected.tsv")).expect("benches/scripts/expected.tsv");
    let mut wrong = Vec::new();
    for line in expected.lines() {
        let (name, result) = line.split_once('\t').expect("name and result");
        let mut command = pyrs();
        command
            .arg(dir.join(name).with_extension("py"))
            .env("PYRS_BENCH_SCALE", "0.02");
        let got = run(command, "");
        if got.stdout.trim_end() != result || got.code != 0 || got.timed_out {
            wrong.push(format!(
                "{name}: expected {result}, got {:?}\n{}",
                got.stdout, got.stderr
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
