//! The command line: what scripts and shells rely on, i.e. exit codes, streams and messages.

use super::process::{Outcome, PYRS, pyrs, run, scratch};
use std::process::{Command, Stdio};

fn with(args: &[&str]) -> Outcome {
    with_input(args, "")
}

fn with_input(args: &[&str], input: &str) -> Outcome {
    let mut command = pyrs();
    command.args(args);
    let got = run(command, input);
    assert!(!got.timed_out, "{args:?} timed out");
    got
}

#[track_caller]
fn expect(got: &Outcome, code: i32, stdout: &str) {
    assert_eq!(
        (got.code, got.stdout.as_str()),
        (code, stdout),
        "stderr: {}",
        got.stderr
    );
}

fn last_line(got: &Outcome) -> &str {
    got.stderr.lines().last().unwrap_or("")
}

#[test]
fn version() {
    let got = with(&["-V"]);
    assert_eq!(got.code, 0);
    assert!(got.stdout.starts_with("Python 3.11."), "{}", got.stdout);
    assert_eq!(with(&["--version"]).stdout, got.stdout);
}

#[test]
fn help() {
    let got = with(&["-h"]);
    assert_eq!(got.code, 0);
    assert!(
        got.stdout.starts_with("usage: ") && got.stdout.contains("--jit-threshold"),
        "{}",
        got.stdout
    );
}

#[test]
fn unknown_options() {
    let got = with(&["-Z"]);
    assert_eq!(got.code, 2);
    assert!(
        got.stderr.starts_with("Unknown option: -Z\nusage: "),
        "{}",
        got.stderr
    );
    let got = with(&["--nothing"]);
    assert_eq!(got.code, 2);
    assert!(
        got.stderr.starts_with("unknown option --nothing"),
        "{}",
        got.stderr
    );
    let got = with(&["-c"]);
    assert_eq!(got.code, 2);
    assert!(
        got.stderr
            .starts_with("Argument expected for the -c option"),
        "{}",
        got.stderr
    );
    assert_eq!(with(&["--jit-threshold", "many", "-c", "pass"]).code, 2);
}

#[test]
fn commands() {
    expect(
        &with(&["-c", "import sys; print(sys.argv)", "a", "-b"]),
        0,
        "['-c', 'a', '-b']\n",
    );
    expect(&with(&["-c", "raise SystemExit"]), 0, "");
    expect(&with(&["-c", "raise SystemExit(3)"]), 3, "");
    expect(&with(&["-c", "import sys; sys.exit(258)"]), 2, "");
    let got = with(&["-c", "import sys; sys.exit('so long')"]);
    assert_eq!((got.code, got.stderr.as_str()), (1, "so long\n"));
    expect(
        &with(&["-O", "-c", "assert False; print(__debug__)"]),
        0,
        "False\n",
    );
    expect(
        &with(&[
            "-c",
            "import sys; print(sys.version_info[:2], sys.implementation.name)",
        ]),
        0,
        "(3, 11) pyrs\n",
    );
}

#[test]
fn uncaught_exception() {
    let got = with(&["-c", "def f():\n    return 1 / 0\nf()"]);
    expect(&got, 1, "");
    assert_eq!(
        got.stderr,
        "Traceback (most recent call last):\n  File \"<string>\", line 3, in <module>\n  \
         File \"<string>\", line 2, in f\nZeroDivisionError: division by zero\n"
    );
}

#[test]
fn traceback_with_source_and_carets() {
    let dir = scratch("cli-traceback");
    let file = dir.join("boom.py");
    std::fs::write(&file, "def f(a, b):\n    return a + b / 0\n\nf(1, 2)\n").expect("write");
    let shown = file.display().to_string();
    let got = with(&[&shown]);
    expect(&got, 1, "");
    let expected = format!(
        "Traceback (most recent call last):\n  File \"{shown}\", line 4, in <module>\n    f(1, 2)\n  \
         File \"{shown}\", line 2, in f\n    return a + b / 0\n               ~~^~~\nZeroDivisionError: division by zero\n"
    );
    assert_eq!(got.stderr, expected);
}

#[test]
fn syntax_errors() {
    let got = with(&["-c", "x = (1,\n"]);
    assert_eq!(got.code, 1);
    assert_eq!(
        got.stderr,
        "  File \"<string>\", line 1\n    x = (1,\n        ^\nSyntaxError: '(' was never closed\n"
    );
    let got = with(&["-c", "if x = 3:\n  pass\n"]);
    assert_eq!(got.code, 1);
    assert_eq!(
        got.stderr,
        "  File \"<string>\", line 1\n    if x = 3:\n       ^^^^^\nSyntaxError: invalid syntax. Maybe you meant '==' or ':=' instead of '='?\n"
    );
    let got = with(&["-c", "  x = 1\n"]);
    assert_eq!(
        (got.code, last_line(&got)),
        (1, "IndentationError: unexpected indent")
    );
}

#[test]
fn scripts_modules_and_folders() {
    let dir = scratch("cli-scripts");
    std::fs::write(
        dir.join("script.py"),
        "import sys\nprint(__name__, sys.argv[1:])\n",
    )
    .expect("write");
    let script = dir.join("script.py").display().to_string();
    expect(&with(&[&script, "x", "--y"]), 0, "__main__ ['x', '--y']\n");

    std::fs::create_dir_all(dir.join("app")).expect("folder");
    std::fs::write(
        dir.join("app/__main__.py"),
        "import helper\nprint('app', helper.ANSWER)\n",
    )
    .expect("write");
    std::fs::write(dir.join("app/helper.py"), "ANSWER = 42\n").expect("write");
    expect(
        &with(&[&dir.join("app").display().to_string()]),
        0,
        "app 42\n",
    );

    std::fs::create_dir_all(dir.join("pkg")).expect("folder");
    std::fs::write(dir.join("pkg/__init__.py"), "").expect("write");
    std::fs::write(dir.join("pkg/tool.py"), "print(__name__, __package__)\n").expect("write");
    let mut command = pyrs();
    command.args(["-m", "pkg.tool"]).current_dir(&dir);
    expect(&run(command, ""), 0, "__main__ pkg\n");

    let got = with(&["-m", "no_such_module_anywhere"]);
    assert_eq!(got.code, 1);
    assert!(
        got.stderr
            .ends_with(": No module named no_such_module_anywhere\n"),
        "{}",
        got.stderr
    );
}

#[test]
fn compiled_scripts() {
    let dir = scratch("cli-compiled");
    let source = "print(__name__, __loader__.__class__.__name__, __file__[-11:])\n\
                  print(__import__('sys').argv[1:])\n1 / 0\n";
    std::fs::write(dir.join("script.py"), source).expect("write");
    let compile =
        "import py_compile, sys; py_compile.compile(sys.argv[1], sys.argv[2], 'shown.py')";
    let [script, made, renamed, broken] =
        ["script.py", "script.pyc", "a.program", "broken.pyc"].map(|name| dir.join(name));
    let shown = |p: &std::path::Path| p.display().to_string();
    expect(
        &with(&["-c", compile, &shown(&script), &shown(&made)]),
        0,
        "",
    );
    let got = with(&[&shown(&made), "x"]);
    expect(
        &got,
        1,
        "__main__ SourcelessFileLoader /script.pyc\n['x']\n",
    );
    assert!(
        got.stderr
            .contains("File \"shown.py\", line 3, in <module>"),
        "{}",
        got.stderr
    );
    // What it is shows in its first bytes, too.
    std::fs::copy(&made, &renamed).expect("copy");
    let got = with(&[&shown(&renamed)]);
    assert!(
        got.stdout.starts_with("__main__ Sourceless"),
        "{}",
        got.stdout
    );
    std::fs::write(&broken, source).expect("write");
    let got = with(&[&shown(&broken)]);
    assert_eq!(got.code, 1);
    assert_eq!(
        last_line(&got),
        "RuntimeError: Bad magic number in .pyc file"
    );
}

#[test]
fn checking_compiled_files() {
    let print = "import _imp; print(_imp.check_hash_based_pycs)";
    expect(&with(&["-c", print]), 0, "default\n");
    for how in ["always", "never", "default"] {
        let got = with(&["--check-hash-based-pycs", how, "-c", print]);
        expect(&got, 0, &format!("{how}\n"));
    }
}

#[test]
fn the_debugger_runs_a_script() {
    let dir = scratch("cli-debugger");
    std::fs::write(dir.join("script.py"), "a = 1\nb = a + 1\n").expect("write");
    let script = dir.join("script.py").display().to_string();
    let got = with_input(&["-m", "pdb", &script], "next\nnext\np a + b\nquit\n");
    assert_eq!(got.code, 0, "{}", got.stderr);
    assert!(got.stdout.contains("(Pdb) 3\n"), "{}", got.stdout);
}

#[test]
fn missing_file() {
    let dir = scratch("cli-missing");
    let path = dir.join("nothing.py").display().to_string();
    let got = with(&[&path]);
    assert_eq!(got.code, 2);
    assert!(
        got.stderr.contains(&format!(
            "can't open file '{path}': [Errno 2] No such file or directory"
        )),
        "{}",
        got.stderr
    );
    let got = with(&[&dir.display().to_string()]);
    assert_eq!(got.code, 1);
    assert!(
        got.stderr.contains("can't find '__main__' module in"),
        "{}",
        got.stderr
    );
}

#[test]
fn standard_input() {
    expect(&with_input(&[], "print(6 * 7)\n"), 0, "42\n");
    expect(
        &with_input(&["-", "arg"], "import sys\nprint(sys.argv)\n"),
        0,
        "['-', 'arg']\n",
    );
    expect(
        &with_input(&["-c", "print(input() + '!')"], "hello\n"),
        0,
        "hello!\n",
    );
    let got = with_input(&["-c", "input()"], "");
    assert_eq!(
        (got.code, last_line(&got)),
        (1, "EOFError: EOF when reading a line")
    );
}

#[test]
fn keyboard_interrupt() {
    let mut command = Command::new(PYRS);
    let mut child = command
        .args(["-c", "print('ready', flush=True)\nwhile True: pass"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("start");
    use std::io::{BufRead, BufReader};
    let mut line = String::new();
    BufReader::new(child.stdout.take().expect("piped"))
        .read_line(&mut line)
        .expect("read");
    let killed = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .expect("kill");
    assert!(killed.success());
    let start = std::time::Instant::now();
    while child.try_wait().expect("wait").is_none() {
        if start.elapsed().as_secs() > 20 {
            let _ = child.kill();
            let _ = child.wait();
            panic!("SIGINT did not stop the program");
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    let output = child.wait_with_output().expect("wait");
    use std::os::unix::process::ExitStatusExt;
    // CPython ends itself with the signal, which a shell shows as 130.
    let code = output
        .status
        .code()
        .unwrap_or_else(|| 128 + output.status.signal().unwrap_or(0));
    assert_eq!((line.as_str(), code), ("ready\n", 130));
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("KeyboardInterrupt\n"));
}

#[test]
fn the_jit_can_be_switched() {
    let program = "s = 0\nfor i in range(3000):\n    s += i * i\nprint(s)";
    for options in [
        &["--jit"][..],
        &["--no-jit"],
        &["--jit-threshold=2", "--jit-sync"],
    ] {
        let mut args = options.to_vec();
        args.extend(["-c", program]);
        expect(&with(&args), 0, "8995500500\n");
    }
}

#[test]
fn the_prompt_without_a_terminal() {
    let typed = "x = 6\nx * 7\nif x:\n    print('block')\n\n1/0\n(1,\n2)\nraise SystemExit(3)\n";
    let got = with_input(&["-i", "-q"], typed);
    expect(&got, 3, "42\nblock\n(1, 2)\n");
    assert_eq!(
        got.stderr,
        ">>> >>> >>> ... ... >>> Traceback (most recent call last):\n  File \"<stdin>\", line 1, in <module>\n\
         ZeroDivisionError: division by zero\n>>> ... >>> "
    );
    let got = with_input(&["-i", "-q"], "1+\ndef f(");
    assert_eq!(
        got.stderr,
        ">>>   File \"<stdin>\", line 1\n    1+\n      ^\nSyntaxError: invalid syntax\n>>> ... \n  \
         File \"<stdin>\", line 1\n    def f(\n         ^\nSyntaxError: '(' was never closed\n"
    );
    let got = with_input(&["-i", "-c", "x = 5; raise SystemExit(2)"], "x\n");
    expect(&got, 0, "5\n");
    assert!(got.stderr.contains("SystemExit: 2\n>>> "), "{}", got.stderr);
}

#[test]
fn settings_without_sense() {
    let got = with(&["-X", "utf8=2", "-c", "pass"]);
    assert_eq!(got.code, 1);
    assert!(
        got.stderr.starts_with(
            "Fatal Python error: preconfig_init_utf8_mode: invalid -X utf8 option value"
        ),
        "{}",
        got.stderr
    );
    assert_eq!(with(&["-X", "int_max_str_digits=10", "-c", "pass"]).code, 1);
    assert_eq!(with(&["--check-hash-based-pycs", "x"]).code, 2);
    let got = with(&["-bb", "-c", "b'a' == 'a'"]);
    assert_eq!(
        (got.code, last_line(&got)),
        (1, "BytesWarning: Comparison between bytes and string")
    );
    expect(
        &with(&["-X", "utf8", "-c", "import sys; print(sys.flags.utf8_mode)"]),
        0,
        "1\n",
    );
}

#[test]
fn files_that_are_no_programs() {
    let dir = scratch("cli-files");
    let file = |name: &str, text: &[u8]| {
        let path = dir.join(name);
        std::fs::write(&path, text).expect("write");
        path.to_string_lossy().into_owned()
    };
    let got = with(&[&file("enc.py", b"# coding: nonsense\n")]);
    assert_eq!(
        (got.code, got.stderr.as_str()),
        (1, "SyntaxError: encoding problem: nonsense\n")
    );
    let got = with(&[&file("bad.py", b"x = 1\ny = '\xff'\n")]);
    assert!(
        got.stderr
            .starts_with("SyntaxError: Non-UTF-8 code starting with '\\xff' in file "),
        "{}",
        got.stderr
    );
    expect(
        &with(&[&file("nul.py", b"print(1)\0rest\nprint(2)\n")]),
        0,
        "1\n2\n",
    );
    // Errors show the line of the file, also where a statement is continued.
    let continued = file("continued.py", b"a = 1 \\\n  b\n");
    let got = with(&[&continued]);
    let shown = format!("  File \"{continued}\", line 2\n    b\n    ^\n");
    assert_eq!(got.stderr, shown + "SyntaxError: invalid syntax\n");
    let got = with(&[&file("range.py", b"x = (1 +\n  2 3)\n")]);
    assert!(
        got.stderr.contains("\n    x = (1 +\n         ^^^\n"),
        "{}",
        got.stderr
    );
    let got = with(&[&dir.to_string_lossy()]);
    assert_eq!(got.code, 1);
    assert!(
        got.stderr.contains("can't find '__main__' module in "),
        "{}",
        got.stderr
    );
}

/// A virtual environment may be named by a relative path, and is found from anywhere afterwards.
#[test]
fn relative_virtual_environment() {
    let dir = scratch("relative_venv");
    let packages = dir.join("env/lib/python3.11/site-packages");
    std::fs::create_dir_all(&packages).unwrap();
    let settings = "home = /usr/bin\ninclude-system-site-packages = false\nversion = 3.11.2\n";
    std::fs::write(dir.join("env/pyvenv.cfg"), settings).unwrap();
    std::fs::write(packages.join("only_there.py"), "where = __file__\n").unwrap();
    let mut command = pyrs();
    command.env("VIRTUAL_ENV", "env").current_dir(&dir);
    command.args([
        "-c",
        "import os, sys; os.chdir('/'); import only_there; print(sys.prefix, only_there.where)",
    ]);
    let env = dir.join("env");
    let wanted = format!(
        "{} {}\n",
        env.display(),
        packages.join("only_there.py").display()
    );
    expect(&run(command, ""), 0, &wanted);
}

/// Code of files that may have no `.pyc` is kept in the user's cache, and is never that of another source.
#[test]
fn code_is_kept_where_no_pyc_may_be_written() {
    let dir = scratch("code_cache");
    let (cache, file) = (dir.join("cache"), dir.join("kept_module.py"));
    let import = |cache: &std::path::Path| {
        let mut command = pyrs();
        command.env("PYRS_CACHE", cache).env("PYTHONPATH", &dir);
        command.args(["-B", "-c", "import kept_module; print(kept_module.f())"]);
        run(command, "")
    };
    let kept = || {
        let folders = std::fs::read_dir(&cache).unwrap().flatten();
        let folders = folders.filter(|f| f.file_name().to_string_lossy().starts_with("code-"));
        let files = folders.flat_map(|f| std::fs::read_dir(f.path()).unwrap().flatten());
        files.map(|f| f.path()).collect::<Vec<_>>()
    };
    let write = |text: &str| std::fs::write(&file, text).unwrap();
    write("def f(): return 'one'\n");
    expect(&import(&cache), 0, "one\n");
    let first = kept();
    assert_eq!(first.len(), 1, "{first:?}");
    assert!(!dir.join("__pycache__").exists());
    expect(&import(&cache), 0, "one\n");
    assert_eq!(kept(), first);
    // Same size, and often the same time.
    write("def f(): return 'two'\n");
    expect(&import(&cache), 0, "two\n");
    assert_eq!(kept().len(), 2);
    // Damaged files are made anew.
    for path in kept() {
        std::fs::write(path, b"\0\x01rubbish").unwrap();
    }
    expect(&import(&cache), 0, "two\n");
    assert!(
        kept()
            .iter()
            .any(|p| std::fs::metadata(p).unwrap().len() > 100)
    );
    // What the compiler warns of it says each time.
    write("def f(): return 3 is 3\n");
    for _ in 0..2 {
        let got = import(&cache);
        expect(&got, 0, "True\n");
        assert!(got.stderr.contains("SyntaxWarning"), "{}", got.stderr);
    }
    // Not wanted, not written.
    let elsewhere = dir.join("0");
    write("def f(): return 'four'\n");
    let mut command = pyrs();
    command
        .env("PYRS_CACHE", "0")
        .env("PYTHONPATH", &dir)
        .current_dir(&dir);
    command.args(["-B", "-c", "import kept_module; print(kept_module.f())"]);
    expect(&run(command, ""), 0, "four\n");
    assert!(!elsewhere.exists());
    assert_eq!(kept().len(), 2);
}
