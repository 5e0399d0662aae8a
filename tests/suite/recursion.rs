//! Deep recursion on a small native stack (`tests/recursion/deep.py`). `PYRS_DEEP` sets another depth: a release build
//! does 1,000,000.

use super::process::{PYRS, pyrs, root, run};
use std::process::Command;

#[test]
fn through_everything_that_runs_python_code() {
    deep("--no-jit");
}

#[test]
fn through_compiled_code() {
    deep("--jit");
}

fn deep(mode: &str) {
    let depth = std::env::var("PYRS_DEEP").unwrap_or_else(|_| String::from("4000"));
    let mut command = Command::new("sh");
    command.args(["-c", "ulimit -s 1024; exec \"$@\"", "sh", PYRS, mode]);
    for (name, value) in pyrs().get_envs() {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command
        .arg(root().join("tests/recursion/deep.py"))
        .arg(&depth);
    let got = run(command, "");
    assert!(!got.timed_out, "timed out: {}", got.stdout);
    assert_eq!(got.code, 0, "{}\n{}", got.stdout, got.stderr);
}
