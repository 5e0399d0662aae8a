//! Criterion suites over `benches/scripts`: each script as "full pipeline" (a whole process of the `pyrs` binary, start-up
//! included) and as "execution only" (the script times its own workload inside one process and reports it).
//!
//! `PYRS_BENCH_SCALE` sets the size of the workloads (default 0.05, so that a CI run takes about two minutes);
//! `PYRS_BENCH_OPTIONS` adds options to `pyrs`, for example `--no-jit`.

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Duration;

const GROUPS: &[(&str, &[&str])] = &[
    ("arithmetic", &["fib_iterative", "loop_sum"]),
    ("function_calls", &["fib_recursive", "function_calls"]),
    ("control_flow", &["nested_loops"]),
    ("strings", &["string_concat"]),
    (
        "collections",
        &["list_operations", "dict_operations", "comprehensions"],
    ),
    ("object_model", &["class_creation", "method_dispatch"]),
    (
        "closures_generators",
        &["closure_calls", "generator_iteration"],
    ),
    ("exceptions", &["exception_handling"]),
];

fn script(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("benches/scripts")
        .join(name)
        .with_extension("py")
}

fn command(name: &str) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_pyrs"));
    if let Ok(options) = std::env::var("PYRS_BENCH_OPTIONS") {
        c.args(options.split_whitespace());
    }
    c.arg(script(name))
        .env("PYTHONHASHSEED", "0")
        .stdin(Stdio::null());
    if std::env::var_os("PYRS_BENCH_SCALE").is_none() {
        c.env("PYRS_BENCH_SCALE", "0.05");
    }
    c
}

fn process(name: &str) {
    let output = command(name).output().expect("pyrs starts");
    assert!(
        output.status.success(),
        "{name}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// The time of `rounds` rounds of the workload, measured by the script itself.
fn execution(name: &str, rounds: u64) -> Duration {
    let output = command(name)
        .env("PYRS_BENCH_REPORT", "1")
        .env("PYRS_BENCH_ROUNDS", rounds.to_string())
        .output()
        .expect("pyrs starts");
    let report = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name}: {report}");
    let seconds: f64 = report.lines().filter_map(|l| l.parse::<f64>().ok()).sum();
    Duration::from_secs_f64(seconds)
}

fn suites(c: &mut Criterion) {
    for (group, scripts) in GROUPS {
        let mut g = c.benchmark_group(*group);
        for name in *scripts {
            g.bench_function(BenchmarkId::new(*name, "execution only"), |b| {
                b.iter_custom(|rounds| execution(name, rounds));
            });
        }
        g.finish();
    }
    // Every script as a process, in the same run: the two views of one workload stand side by side in the report.
    let mut g = c.benchmark_group("full_pipeline");
    for (_, scripts) in GROUPS {
        for name in *scripts {
            g.bench_function(BenchmarkId::new(*name, "full pipeline"), |b| {
                b.iter(|| process(name))
            });
        }
    }
    g.finish();
}

fn settings() -> Criterion {
    Criterion::default()
        .sample_size(10)
        .warm_up_time(Duration::from_millis(300))
        .measurement_time(Duration::from_secs(3))
}

criterion_group! { name = benches; config = settings(); targets = suites }
criterion_main!(benches);
