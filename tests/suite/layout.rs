//! `tests/layout/offsets.tsv` (struct, field, offset, size) against the headers of an installed CPython 3.11: a C probe
//! is generated, compiled and run. Without headers or compiler the test says so and passes.

use super::process::{root, scratch};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

pub(crate) fn headers() -> Option<PathBuf> {
    let mut places = vec![
        PathBuf::from("/usr/include/python3.11"),
        PathBuf::from("/usr/local/include/python3.11"),
    ];
    if let Ok(home) = std::env::var("PYTHONHOME") {
        places.insert(0, Path::new(&home).join("include/python3.11"));
    }
    places.into_iter().find(|p| p.join("Python.h").is_file())
}

fn facts() -> Vec<(String, String, u64, u64)> {
    let text = std::fs::read_to_string(root().join("tests/layout/offsets.tsv"))
        .expect("tests/layout/offsets.tsv");
    text.lines()
        .filter(|l| !l.starts_with('#') && !l.is_empty())
        .map(|l| {
            let c: Vec<&str> = l.split('\t').collect();
            (
                c[0].to_string(),
                c[1].to_string(),
                c[2].parse().expect("offset"),
                c[3].parse().expect("size"),
            )
        })
        .collect()
}

#[test]
fn offsets_are_those_of_the_headers() {
    let Some(include) = headers() else {
        eprintln!("skipped: no CPython 3.11 headers (Debian: apt-get install libpython3.11-dev)");
        return;
    };
    let facts = facts();
    assert!(facts.len() > 300, "the table of facts is incomplete");
    let mut c = String::from(
        "#define PY_SSIZE_T_CLEAN\n#define Py_BUILD_CORE 1\n#include <Python.h>\n#include <structmember.h>\n\
         #include <frameobject.h>\n#include <datetime.h>\n#include <internal/pycore_frame.h>\n#include <internal/pycore_dict.h>\n#include <stddef.h>\n\
         #include <stdio.h>\nint main(void) {\n",
    );
    for (name, field, _, _) in &facts {
        let _ = if field == "<sizeof>" {
            writeln!(c, "printf(\"%zu %zu\\n\", (size_t)0, sizeof({name}));")
        } else {
            writeln!(
                c,
                "printf(\"%zu %zu\\n\", offsetof({name}, {field}), sizeof((({name} *)0)->{field}));"
            )
        };
    }
    c.push_str("return 0; }\n");
    let dir = scratch("layout");
    let (source, probe) = (dir.join("probe.c"), dir.join("probe"));
    std::fs::write(&source, c).expect("write");
    let built = match Command::new("cc")
        .arg("-w")
        .arg("-I")
        .arg(&include)
        .arg(&source)
        .arg("-o")
        .arg(&probe)
        .output()
    {
        Ok(o) => o,
        Err(e) => {
            eprintln!("skipped: no C compiler ({e})");
            return;
        }
    };
    assert!(
        built.status.success(),
        "{}",
        String::from_utf8_lossy(&built.stderr)
    );
    let out = Command::new(&probe).output().expect("probe");
    let text = String::from_utf8(out.stdout).expect("text");
    let mut wrong = Vec::new();
    let mut lines = text.lines();
    for (name, field, offset, size) in &facts {
        let line = lines.next().expect("a line for each fact");
        if line != format!("{offset} {size}") {
            wrong.push(format!(
                "{name}.{field}: headers say {line}, table says {offset} {size}"
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
