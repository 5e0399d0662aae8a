//! Running a program with a time limit: a hang is a failure, not a stuck test run.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// The binary under test.
pub(crate) const PYRS: &str = env!("CARGO_BIN_EXE_pyrs");
/// How long one program may take before it counts as a hang. The longest take 10 seconds alone (a code generator in a
/// debug build) and run beside three others on two processors, so this leaves room for machines a quarter as fast.
pub(crate) const LIMIT: Duration = Duration::from_secs(150);

/// What a program did.
pub(crate) struct Outcome {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// The exit code, or 128 + signal as shells say it.
    pub(crate) code: i32,
    pub(crate) timed_out: bool,
}

/// The root of the repository.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The binary under test with an environment that does not depend on who runs the tests.
pub(crate) fn pyrs() -> Command {
    let mut command = Command::new(PYRS);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("PYTHON") && name != "PYTHONHOME" {
            command.env_remove(name);
        }
    }
    command.env("PYTHONHASHSEED", "0").env("LC_ALL", "C.UTF-8");
    command
}

/// Runs `command` to its end or to the limit.
pub(crate) fn run(mut command: Command, input: &str) -> Outcome {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("cannot start {:?}: {e}", command.get_program()));
    let mut stdin = child.stdin.take().expect("piped");
    let input = input.to_owned();
    let feeder = std::thread::spawn(move || {
        // A program that does not read its input closes the pipe: no failure.
        let _ = stdin.write_all(input.as_bytes());
    });
    let mut out = child.stdout.take().expect("piped");
    let mut err = child.stderr.take().expect("piped");
    let out = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = out.read_to_end(&mut bytes);
        bytes
    });
    let err = std::thread::spawn(move || {
        let mut bytes = Vec::new();
        let _ = err.read_to_end(&mut bytes);
        bytes
    });
    let start = Instant::now();
    let mut timed_out = false;
    let status = loop {
        if let Some(status) = child.try_wait().expect("wait") {
            break status;
        }
        if start.elapsed() > LIMIT {
            timed_out = true;
            let _ = child.kill();
            break child.wait().expect("wait");
        }
        std::thread::sleep(Duration::from_millis(2));
    };
    let _ = feeder.join();
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    use std::os::unix::process::ExitStatusExt;
    Outcome {
        stdout: text(out.join().expect("reader")),
        stderr: text(err.join().expect("reader")),
        code: status
            .code()
            .unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        timed_out,
    }
}

/// A folder for the files of one test, emptied first.
pub(crate) fn scratch(name: &str) -> PathBuf {
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&dir);
    std::fs::create_dir_all(&dir).expect("scratch folder");
    dir
}

/// The unified diff of two texts.
pub(crate) fn unified(expected: &str, actual: &str, dir: &Path) -> String {
    let (a, b) = (dir.join("expected"), dir.join("actual"));
    std::fs::write(&a, expected).expect("write");
    std::fs::write(&b, actual).expect("write");
    match Command::new("diff").arg("-u").arg(&a).arg(&b).output() {
        Ok(o) => String::from_utf8_lossy(&o.stdout)
            .lines()
            .take(40)
            .collect::<Vec<_>>()
            .join("\n"),
        Err(e) => format!("(no diff: {e})\nexpected:\n{expected}\nactual:\n{actual}"),
    }
}
