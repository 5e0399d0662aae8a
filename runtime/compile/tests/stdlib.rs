//! The whole standard library compiles, validates and keeps its registers in order.

mod common;

use pyrs_bytecode::{decode, encode, validate};
use std::path::{Path, PathBuf};

fn python_files(dir: &Path, out: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(dir) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path
                .file_name()
                .is_none_or(|n| n != "site-packages" && n != "dist-packages")
            {
                python_files(&path, out);
            }
        } else if path.extension().is_some_and(|e| e == "py") {
            out.push(path);
        }
    }
}

#[test]
fn standard_library_compiles() {
    let mut files = Vec::new();
    let root = std::env::var("PYRS_TEST_LIB").unwrap_or_else(|_| "/usr/lib/python3.11".into());
    python_files(Path::new(&root), &mut files);
    files.sort();
    assert!(files.len() > 500, "no standard library at {root}");
    let mut failures = Vec::new();
    let mut compiled_count = 0;
    for path in &files {
        let Ok(source) = std::fs::read(path) else {
            continue;
        };
        // Files that are wrong on purpose are the parser's tests.
        let Ok(parsed) = pyrs_syntax::parse(&source, pyrs_syntax::Mode::Exec, &Default::default())
        else {
            continue;
        };
        let options = pyrs_compile::Options {
            filename: path.display().to_string(),
            ..Default::default()
        };
        let result = std::panic::catch_unwind(|| {
            let unit = match pyrs_compile::compile(&parsed.module, &options) {
                Ok(compiled) => compiled.unit,
                Err(e) => return Err(format!("{e:?}")),
            };
            validate(&unit, true).map_err(|e| e.to_string())?;
            common::check(&unit)?;
            if decode(&encode(&unit)).as_ref() != Ok(&unit) {
                return Err("serial form does not round-trip".into());
            }
            Ok(())
        });
        compiled_count += 1;
        let result = result.unwrap_or_else(|p| {
            let text = p
                .downcast_ref::<String>()
                .cloned()
                .or_else(|| p.downcast_ref::<&str>().map(|s| s.to_string()));
            Err(format!("panic: {}", text.unwrap_or_default()))
        });
        if let Err(e) = result {
            failures.push(format!("{}: {e}", path.display()));
        }
    }
    let bad_on_purpose = |f: &&String| !f.contains("bad_coding") && !f.contains("badsyntax");
    let failures: Vec<&String> = failures.iter().filter(bad_on_purpose).collect();
    let shown: Vec<String> = failures
        .iter()
        .take(5)
        .map(|f| f.chars().take(3000).collect())
        .collect();
    assert!(
        failures.is_empty(),
        "{} of {compiled_count} fail:\n{}",
        failures.len(),
        shown.join("\n\n")
    );
    assert!(compiled_count > 500, "only {compiled_count} files parsed");
}
